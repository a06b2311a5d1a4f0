//! The window: its state here, what it does in `logic`, what it draws in `view`.

/// What views see of the hall. A macro, because a view often changes a field of its own meanwhile, and a call of
/// [`Hall::scene`] would borrow that one, too.
macro_rules! scene {
    ($hall:ident) => {{
        // The hall as it is, or as it was at the moment that is looked at.
        let (board, duty, now, past) = match $hall.past.shown() {
            Some(shown) => (&*shown.board, &*shown.duty, shown.at, true),
            None => (&$hall.board, &$hall.duty, $hall.now, false),
        };
        crate::ui::Scene {
            town: &$hall.town,
            board,
            duty,
            words: &$hall.words,
            colors: crate::ui::Palette::of($hall.settings.dark),
            now,
            selection: &$hall.selection,
            past,
        }
    }};
}

mod beside;
mod book;
mod boundaries;
mod briefing;
mod catalogue;
mod drill;
mod files;
mod find;
mod indicator;
mod journal;
mod line;
mod logic;
mod many;
mod past;
mod photos;
mod seat;
mod view;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use crossbeam_channel::{Receiver, Sender};
use eframe::egui;

use crate::board::{Board, LIVE_BYTES};
use crate::case::{Case, CaseId, Duty, Entry};
use crate::heap;
use crate::indicator::Figures;
use crate::store::sqlite::SqliteStore;
use crate::store::worker::{Done, Keeper};
use crate::store::{PhotoFile, Store, StoreError};
use crate::town::{Calendar, Catalogue, Class, Lang, Post, Role, Standing, Town};

use super::boundaries::BoundaryEditor;
use super::briefing_window::BriefingWindow;
use super::calendar_window::CalendarWindow;
use super::catalogue_window::CatalogueWindow;
use super::command_line::CommandLine;
use super::hall::Drafts;
use super::hall::queue::Queue;
use super::import::ImportWizard;
use super::indicator::IndicatorPage;
use super::many_bar::ManyBar;
use super::map::{self, MapView};
use super::report_form::ReportForm;
use super::settings::Settings;
use super::time_bar::TimeBar;
use super::{Intent, Palette, PhotoTarget, Scene, Selection, Words, theme};

use photos::Photos;

pub use drill::DrillStart;

/// Set, it ends the program as soon as the book was drawn, without a word. For measuring how long a start takes.
pub const QUIT_WHEN_DRAWN: &str = "YIPANQI_QUIT_WHEN_DRAWN";

/// The ground of the map waits so long for the open cases, in seconds.
const MAP_WAITS_SECS: f64 = 0.5;

/// Where the hall keeps and finds its things.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The real book.
    pub book: PathBuf,
    /// The book of the sample day.
    pub sample: PathBuf,
    /// The settings; `None` where they are not to be remembered.
    pub settings: Option<PathBuf>,
}

/// What a window of its own lies over the hall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The keys.
    Help,
    /// The settings.
    Settings,
    /// Who sits here.
    Seat,
    /// Who is on shift.
    Shifts,
    /// The handover.
    Handover,
    /// The alarms.
    Alarms,
    /// The catalogue of items.
    Catalogue,
    /// The working calendar.
    Calendar,
    /// The figures.
    Figures,
    /// Making a briefing.
    Briefing,
    /// Map tiles for days without a network.
    OfflineMap,
    /// The review of a drill.
    DrillReview,
}

/// A sentence at the window's foot.
#[derive(Clone, Debug)]
pub struct Toast {
    /// The sentence.
    pub text: String,
    /// Whether something went wrong.
    pub bad: bool,
    /// When it was said, in seconds of the window's clock.
    pub since: f64,
}

/// What a worker of the window answers.
enum Answer {
    /// The system's dialog gave photos.
    PhotoPaths(PhotoTarget, Vec<PathBuf>),
    /// Photos were read, or not.
    PhotosRead(PhotoTarget, Vec<Result<PhotoFile, String>>),
    /// Something for the editor of boundaries.
    Boundary(boundaries::BoundaryAnswer),
    /// The system's dialog gave a file to import.
    ImportPath(PathBuf),
    /// A passphrase was looked at, or a text was written.
    Looked(seat::Looked),
    /// The system's dialog gave a folder for briefings.
    BriefingFolder(PathBuf),
    /// A briefing was written into these files, or not.
    BriefingMade(Result<Vec<PathBuf>, String>),
    /// The calendar was written into this file, or not.
    CalendarWritten(Result<(Box<Calendar>, PathBuf), String>),
    /// The system has no file dialog: it answered before anybody could have.
    NoDialog,
    /// The same, where a file was to be written.
    NoSaveDialog,
    /// The catalogue was written to this file, or not.
    CatalogueWritten(Result<PathBuf, String>),
    /// How the automatic dispatcher did in a drill; the mark tells for which review.
    DrillReviewed(
        Arc<std::sync::atomic::AtomicBool>,
        Box<Result<crate::drill::Review, String>>,
    ),
    /// The names that places and filters are found by were prepared.
    FindNames(Arc<super::find::Names>),
    /// What was found was written to this file, or not; `None` where no file was chosen.
    FoundWritten(Option<Result<PathBuf, crate::report::found::FoundFileError>>),
    /// So many selected cases were written to this file, or not.
    ManyWritten(Result<(PathBuf, usize), String>),
    /// A plot was written to this file, or not.
    FigureWritten(Result<PathBuf, String>),
    /// What the command line knows, prepared before it is first opened.
    Line(Box<line::Prepared>),
}

/// What a ticket that was given to the journal stands for.
enum Pending {
    Step(CaseId),
    Report,
    /// The case that was just reported is merged into that one.
    MergeReported(CaseId, CaseId),
    /// The desk's own.
    Desk,
    /// Of a drill's simulated people.
    Drill,
    /// Of the hall itself.
    Duty,
    Line(line::SentLine),
    /// One of many selected cases.
    Many(CaseId),
}

/// The dispatch hall.
pub struct Hall {
    town: Arc<Town>,
    board: Board,
    /// The hall beside its cases.
    duty: Duty,
    seats: seat::Seats,
    /// The catalogue as the town's file has it; the town's own has this book's changes.
    catalogue_of_file: Catalogue,
    /// The ground as the town's file has it, and what of this book's changes holds.
    ground: boundaries::Ground,
    boundaries: BoundaryEditor,
    keeper: Keeper,
    /// An answer of the keeper that came before the window.
    early: Option<Done>,
    words: Arc<Words>,
    settings: Settings,
    saved: Settings,
    saved_at: f64,
    paths: Paths,
    selection: Selection,
    queue: Queue,
    map: MapView,
    /// What can be done with the cases that are selected together, and what is being done.
    many: ManyBar,
    batch: Option<many::Batch>,
    /// The map of the second moment, where two are shown.
    map_beside: Option<MapView>,
    drafts: Drafts,
    report: ReportForm,
    import: Option<ImportWizard>,
    catalogue: CatalogueWindow,
    briefing: BriefingWindow,
    overlay: Overlay,
    /// The calendar's window; kept while it is closed, for the sake of what was edited.
    calendar: Option<CalendarWindow>,
    /// Whether the sheet explains the clock of its case.
    explain_clock: bool,
    sample: bool,
    /// What is being drilled, where this is a drill's book.
    drill: Option<drill::Drilling>,
    /// The time machine: which moment is looked at, and how it is played.
    past: past::Past,
    /// Its bar.
    time_bar: TimeBar,
    intents: Vec<Intent>,
    pending: HashMap<u64, Pending>,
    next_ticket: u64,
    /// When the desk last looked for what it does by itself.
    desk_looked: DateTime<Utc>,
    history: Option<(Case, Vec<Entry>)>,
    history_asked: Option<(CaseId, u64)>,
    /// So many cases are being read.
    histories_awaited: usize,
    /// The command line and the palette.
    line: CommandLine,
    /// A case that the line names and that is not on the board, with its entries.
    line_history: Option<(Case, Vec<Entry>)>,
    photos: Photos,
    toasts: Vec<Toast>,
    /// The page of indicators, which takes the place of map, queue and sheet while it is open.
    page: IndicatorPage,
    /// What is looked for, and what was found.
    find: find::Finding,
    /// The figures of the last days, and when they were counted.
    figures: Option<(Figures, DateTime<Utc>)>,
    data_at: DateTime<Utc>,
    failed: bool,
    /// All cases of the book, open or not, once they are counted: a book without any shows the first-start page.
    known_cases: Option<u64>,
    /// Whether the open cases have been read.
    loaded: bool,
    /// The frame that showed them first.
    cases_shown_in: Option<u64>,
    /// Whether the command line's words are being made ready.
    line_begun: bool,
    answers: (Sender<Answer>, Receiver<Answer>),
    clock: Box<dyn Fn() -> DateTime<Utc>>,
    /// The hall's time: the machine's, or the drill's.
    now: DateTime<Utc>,
    /// The machine's time, whatever the hall's is.
    real: DateTime<Utc>,
    ctx: egui::Context,
    /// Ends the program once the book is drawn: how long a start takes is measured that way.
    quit_when_drawn: bool,
    /// A view panicked with these words; until somebody asks to go on, only they are shown.
    broken: Option<String>,
}

/// What a hall is made of.
pub struct HallParts {
    /// The standing world.
    pub town: Arc<Town>,
    /// The book, already open.
    pub store: Box<dyn Store>,
    /// Where things are kept.
    pub paths: Paths,
    /// What was remembered.
    pub settings: Settings,
    /// What went wrong before the window opened, to be said in it.
    pub trouble: Option<String>,
    /// Tells the time; tests and pictures give a fixed one.
    pub clock: Box<dyn Fn() -> DateTime<Utc>>,
}

/// A book on its own thread, and what of it was read before there is a window.
pub struct OpenBook {
    keeper: Keeper,
    /// The board of its open cases.
    board: Option<Board>,
    /// The keeper's first answer, where it is another one.
    early: Option<Done>,
}

impl OpenBook {
    /// A book of which nothing was read yet.
    fn unread(keeper: Keeper) -> Self {
        Self {
            keeper,
            board: None,
            early: None,
        }
    }

    /// Waits for the open cases, no longer than `patience`, and makes the board of them.
    pub fn read(keeper: Keeper, town: &Town, patience: Duration) -> Self {
        let (board, early) = match keeper.wait(patience) {
            Some(Done::Reload(cases)) => {
                heap::reserve(cases.len() * LIVE_BYTES);
                (Some(Board::new(cases, town)), None)
            }
            other => (None, other),
        };
        Self { keeper, board, early }
    }
}

/// What a hall is made of, but for its book.
pub struct HallBase {
    /// See [`HallParts::town`].
    pub town: Arc<Town>,
    /// See [`HallParts::paths`].
    pub paths: Paths,
    /// See [`HallParts::settings`].
    pub settings: Settings,
    /// See [`HallParts::trouble`].
    pub trouble: Option<String>,
    /// See [`HallParts::clock`].
    pub clock: Box<dyn Fn() -> DateTime<Utc>>,
    /// The words of the settings' language.
    pub words: Arc<Words>,
}

/// Gets a window ready for the hall as far as no book is needed for it.
pub fn prepare(ctx: &egui::Context, settings: &Settings) {
    theme::install(ctx);
    egui_extras::install_image_loaders(ctx);
    ctx.set_theme(if settings.dark {
        egui::Theme::Dark
    } else {
        egui::Theme::Light
    });
    theme::set_motion(ctx, settings.motion);
    ctx.set_zoom_factor(settings.scale.clamp(0.5, 3.0));
}

impl Hall {
    /// Opens the hall on a book.
    pub fn new(ctx: &egui::Context, parts: HallParts) -> Self {
        let HallParts {
            town,
            store,
            paths,
            settings,
            trouble,
            clock,
        } = parts;
        prepare(ctx, &settings);
        let base = HallBase {
            words: Arc::new(Words::new(settings.lang)),
            town,
            paths,
            settings,
            trouble,
            clock,
        };
        // A book that can't be read tells so with its first answer.
        let mark = store.drill().ok().flatten();
        let mut hall = Self::opened(ctx, OpenBook::unread(start_keeper(ctx, store)), base);
        hall.drill = mark.map(|mark| drill::Drilling::looked_at(&mark));
        hall
    }

    /// Opens the hall on a book that may have been read already, in a window that is prepared.
    pub fn opened(ctx: &egui::Context, book: OpenBook, base: HallBase) -> Self {
        let OpenBook { keeper, board, early } = book;
        let HallBase {
            town,
            paths,
            mut settings,
            trouble,
            clock,
            words,
        } = base;
        settings.scale = settings.scale.clamp(0.5, 3.0);
        let now = clock();
        let is_read = board.is_some();
        // Else the keeper's first answer brings the open cases; the first frame does not wait for them.
        let board = board.unwrap_or_else(|| Board::new(Vec::new(), &town));
        let map = MapView::new(ctx, &town, settings.map.clone());
        let case = settings.case.map(CaseId);
        let class = settings.class.unwrap_or(Class::A);
        let secrets = keeper.secrets_at_start().clone();
        let mut hall = Self {
            keeper,
            early,
            words,
            selection: Selection {
                case,
                centre: settings.centre,
                ..Selection::default()
            },
            queue: Queue::new(class),
            saved: settings.clone(),
            saved_at: 0.0,
            settings,
            paths,
            board,
            duty: Duty::default(),
            seats: seat::Seats::new(now),
            catalogue_of_file: town.catalogue.clone(),
            ground: boundaries::Ground::default(),
            boundaries: BoundaryEditor::default(),
            town,
            map,
            many: ManyBar::default(),
            batch: None,
            map_beside: None,
            drafts: Drafts::new(),
            report: ReportForm::default(),
            import: None,
            catalogue: CatalogueWindow::default(),
            briefing: BriefingWindow::default(),
            overlay: Overlay::None,
            calendar: None,
            explain_clock: false,
            sample: false,
            drill: None,
            past: past::Past::default(),
            time_bar: TimeBar::default(),
            intents: Vec::new(),
            pending: HashMap::new(),
            next_ticket: 1,
            desk_looked: now,
            history: None,
            history_asked: None,
            histories_awaited: 0,
            line: CommandLine::default(),
            line_history: None,
            photos: Photos::default(),
            toasts: Vec::new(),
            page: IndicatorPage::new(now),
            find: find::Finding::default(),
            figures: None,
            data_at: now,
            failed: false,
            known_cases: None,
            loaded: false,
            cases_shown_in: None,
            line_begun: false,
            answers: crossbeam_channel::unbounded(),
            clock,
            now,
            real: now,
            ctx: ctx.clone(),
            quit_when_drawn: std::env::var_os(QUIT_WHEN_DRAWN).is_some(),
            broken: None,
        };
        if is_read {
            hall.reloaded();
        }
        if let Some(text) = trouble {
            hall.say(text, true);
        }
        match secrets {
            Ok(secrets) => hall.secrets_came(secrets),
            Err(error) => hall.say(error, true),
        }
        hall.close_door();
        hall
    }

    /// Selects a case, as a click would.
    pub fn select(&mut self, id: CaseId) {
        self.intents.push(Intent::Select(Some(id)));
    }

    /// Goes to the sample day, as its button would.
    pub fn open_sample_day(&mut self) {
        self.intents.push(Intent::SampleDay(true));
    }

    /// Opens the command line with this text, as typing it would.
    pub fn type_line(&mut self, text: &str) {
        self.open_line();
        self.line.open_with(text.to_owned());
    }

    /// Opens the palette, as its key would.
    pub fn show_palette(&mut self) {
        self.open_palette();
    }

    /// Opens a file for import, as dropping it onto the window does.
    pub fn import(&mut self, path: PathBuf) {
        self.intents.push(Intent::ImportFile(path));
    }

    /// One whole frame, for programs that have no window: benches and pictures.
    pub fn frame(&mut self, ui: &mut egui::Ui) {
        self.step(ui.ctx());
        self.draw(ui);
    }

    /// The live situation.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// The standing world, with what this book's hall has changed in it.
    pub fn town(&self) -> &Town {
        &self.town
    }

    /// What is selected.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Whether nothing is under way: every command was answered, and every case that is to be read is there.
    pub fn is_settled(&self) -> bool {
        let history = self
            .selection
            .case
            .is_none_or(|id| self.history.as_ref().is_some_and(|(c, _)| c.id == id));
        let door = &self.seats.door;
        let answered = self.pending.is_empty() && self.histories_awaited == 0 && !self.works_on_many();
        let at_rest = self.loaded && answered && door.duty_known && !door.busy && !self.past.is_busy();
        // A locked seat draws no map and waits for no case.
        let maps = self.map.is_settled() && self.map_beside.as_ref().is_none_or(MapView::is_settled);
        let hall = history && (self.page.is_open() || maps);
        let shown = door.is_locked() || (hall && self.page.is_settled());
        let drawn = door.is_locked() || self.boundaries.is_settled();
        at_rest && shown && drawn && self.finding_is_settled() && !self.seats.is_waiting()
    }

    fn scene(&self) -> Scene<'_> {
        scene!(self)
    }

    /// The post that sits at this seat: the remembered one, else the town's first dispatcher, else its first post.
    fn post(&self) -> Option<&Post> {
        let remembered = self.town.post(&self.settings.post);
        let dispatcher = || self.town.posts.iter().find(|p| p.role == Role::Dispatcher);
        remembered.or_else(dispatcher).or(self.town.posts.first())
    }

    fn say(&mut self, text: String, bad: bool) {
        if bad {
            tracing::warn!("{text}");
        } else {
            tracing::info!("{text}");
        }
        let since = self.ctx.input(|i| i.time);
        self.toasts.push(Toast { text, bad, since });
    }

    fn set_lang(&mut self, lang: Lang) {
        self.settings.lang = lang;
        self.words = Arc::new(Words::new(lang));
    }
}

/// Puts a book on a thread of its own, which wakes the window with what it has read, and begins with the open cases.
pub fn start_keeper(ctx: &egui::Context, store: Box<dyn Store>) -> Keeper {
    let ctx = ctx.clone();
    Keeper::start(store, Arc::new(move || ctx.request_repaint()))
}

/// Tells a book how the town stands from now on. Nobody waits for it: it goes before whatever is asked later.
pub fn tell_standing(keeper: &Keeper, town: &Town) {
    let standing = Arc::new(Standing::of(town));
    let tell = move |store: &mut dyn Store| {
        match store.set_standing(&standing) {
            // A book that is only looked at learns nothing.
            Err(StoreError::ReadOnly { .. }) => {}
            told => told?,
        }
        Ok(Box::new(()) as Box<dyn std::any::Any + Send>)
    };
    keeper.ask_for(0, "town", Box::new(tell));
}

fn open_book(path: &std::path::Path) -> Result<Box<dyn Store>, StoreError> {
    Ok(Box::new(SqliteStore::open(path)?))
}

impl Hall {
    /// Whether a frame with the open cases has been shown and the window was to be closed then.
    fn is_closing(&self, ctx: &egui::Context) -> bool {
        self.quit_when_drawn && self.has_shown_cases(ctx)
    }

    /// Whether an earlier frame has shown the open cases.
    fn has_shown_cases(&self, ctx: &egui::Context) -> bool {
        self.cases_shown_in.is_some_and(|n| n < ctx.cumulative_frame_nr())
    }

    /// Gets the window ready for the ground of the map, once the cases are shown (or don't come).
    fn install_map(&mut self, ctx: &egui::Context, frame: &eframe::Frame) {
        if !map::install_is_due(ctx) {
            return;
        }
        let waited = ctx.input(|i| i.time) > MAP_WAITS_SECS;
        if self.has_shown_cases(ctx) || self.failed || waited {
            map::install(ctx, frame.wgpu_render_state());
        }
        ctx.request_repaint();
    }
}

impl eframe::App for Hall {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        if self.is_closing(ctx) {
            // The frame before was shown. What comes after that is no part of a start.
            std::process::exit(0);
        }
        self.install_map(ctx, frame);
        self.step(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.draw_safely(ui);
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        Palette::of(self.settings.dark).ground.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self) {
        self.remember(true);
    }
}
