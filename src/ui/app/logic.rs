//! What the window does: drains answers, keys and intents, gives commands to the desk, applies entries to the board.

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Datelike;
use eframe::egui;

use crate::board::Applied;
use crate::case::{Action, Case, CaseId, Duty, DutyAction, Entry, Step};
use crate::desk::{self, Args, Command, NewReport, Order, PhotoDraft, Refusal, Situation};
use crate::indicator::Figures;
use crate::store::worker::Done;
use crate::store::{PhotoFile, Store, StoreError, photo};
use crate::town::load::calendar_file;
use crate::town::{Calendar, Lang};
use crate::ui::calendar_window::CalendarWindow;
use crate::ui::hall::draft::is_plain;
use crate::ui::hall::{Draft, sheet};
use crate::ui::import::ImportWizard;
use crate::ui::indicator::{self, count::Reply};
use crate::ui::keys::{self, Deed};
use crate::ui::map::MapView;
use crate::ui::refusal_words::refusal_words;
use crate::ui::{Intent, Palette, PhotoTarget, Scene, figures_window, theme};

use super::drill::Drilling;
use super::{Answer, Hall, Overlay, Pending, open_book, start_keeper, tell_standing};

/// How long the answers of one frame may take; the rest waits for the next.
const DRAIN: Duration = Duration::from_millis(10);
/// How often settings are written while they change, in seconds.
const SAVE_SECS: f64 = 2.0;
/// A file dialog that ends sooner was never seen by anybody.
pub(super) const NO_DIALOG: Duration = Duration::from_millis(150);
/// A sample day that was not touched for so long is over.
const SAMPLE_LASTS: Duration = Duration::from_secs(8 * 3600);
/// How often the desk looks for what it does by itself, and how much it does at once.
const DESK_LOOKS: chrono::TimeDelta = chrono::TimeDelta::seconds(1);
const DESK_AT_ONCE: usize = 20;
/// How far one key moves the map, in points.
const PAN: f32 = 120.0;

impl Hall {
    /// One round of everything that is not drawing.
    pub(crate) fn step(&mut self, ctx: &egui::Context) {
        self.look_at_the_clock();
        self.drain_keeper();
        self.drain_answers();
        // What isn't needed for the first frame does not delay it.
        if !self.line_begun && self.has_shown_cases(ctx) {
            self.line_begun = true;
            self.prepare_line_aside();
        }
        self.photos.collect(ctx);
        self.map.set_motion(self.settings.motion);
        for hash in std::mem::take(&mut self.photos.wanted) {
            self.keeper.photo(hash);
        }
        self.take_dropped_files(ctx);
        let focused = ctx.memory(|m| m.focused().is_some());
        self.mind_the_seat(ctx);
        // In a form or window, arrows and letters belong to what has the focus, too.
        let in_form = self.report.is_open() || self.import.is_some() || self.overlay != Overlay::None;
        let typing = ctx.text_edit_focused() || (in_form && focused);
        // Enter and Space belong to a button that has the focus.
        if !self.is_locked() {
            for deed in keys::pressed(ctx, typing, focused) {
                self.act(deed);
            }
        }
        for intent in std::mem::take(&mut self.intents) {
            self.handle(intent);
        }
        self.play();
        self.act_by_itself();
        self.ask_history();
        self.count_indicators();
        self.read_line();
        let time = ctx.input(|i| i.time);
        self.toasts
            .retain(|t| time - t.since < theme::CONFIRM_SECS * if t.bad { 3.0 } else { 1.0 });
        self.remember(false);
        // The clocks of the hall move once a second.
        ctx.request_repaint_after(Duration::from_millis(
            1000 - self.now.timestamp_subsec_millis().min(999) as u64,
        ));
    }

    /// Once a second, gives the commands that the desk gives by itself. Those of other seats come first to the journal,
    /// or these do; whichever is later is refused and no longer due.
    fn act_by_itself(&mut self) {
        let waits = self
            .pending
            .values()
            .any(|pending| matches!(pending, Pending::Desk));
        if !self.loaded || waits || self.now - self.desk_looked < DESK_LOOKS {
            return;
        }
        self.desk_looked = self.now;
        for command in desk::automatic::commands(&self.board, self.now, DESK_AT_ONCE) {
            if let Err(refusal) = self.give(command, Vec::new(), Pending::Desk) {
                tracing::warn!("the desk's own command was refused: {refusal}");
            }
        }
    }

    fn drain_keeper(&mut self) {
        let until = Instant::now() + DRAIN;
        while let Some(done) = self.early.take().or_else(|| self.keeper.poll()) {
            self.data_at = self.real;
            match done {
                Done::Appended { ticket, result } => {
                    self.appended(ticket, result);
                    if self.overlay == Overlay::Figures {
                        self.count_figures();
                    }
                }
                Done::Entries(entries) => self.apply(&entries),
                Done::Reload(cases) => {
                    self.board.reset(cases, &self.town);
                    self.reloaded();
                }
                Done::History { case, entries } => {
                    self.histories_awaited = self.histories_awaited.saturating_sub(1);
                    self.history_came(case, entries);
                }
                Done::Photo { hash, file } => {
                    let missing = self.words.t("photos-missing").to_owned();
                    self.photos.arrived(&self.ctx.clone(), hash, file, &missing);
                }
                Done::Asked { answer, .. } => self.asked(answer),
                Done::Counts { all, .. } => self.known_cases = Some(all),
                Done::Since { from, entries } => self.draw_up_handover(from, &entries),
                Done::Secrets(secrets) => self.secrets_came(secrets),
                Done::Alive => self.failed = false,
                Done::Failed { what, error } => {
                    self.failed = true;
                    if what == indicator::WHAT {
                        self.page.failed();
                    }
                    self.histories_awaited = 0;
                    let args = [("what", what.into()), ("error", error.into())];
                    let text = self.words.f("store-failed", &args);
                    self.say(text, true);
                }
            }
            if Instant::now() > until {
                self.ctx.request_repaint();
                break;
            }
        }
    }

    /// The board has just been made of the open cases.
    pub(super) fn reloaded(&mut self) {
        self.loaded = true;
        self.seats.alarms_unread = true;
        self.history_asked = None;
        self.keeper.counts();
        self.read_history(CaseId::HALL);
    }

    /// Asks the keeper for all entries of a case; they come with a later frame.
    pub(super) fn read_history(&mut self, id: CaseId) {
        self.histories_awaited += 1;
        self.keeper.history(id);
    }

    fn apply(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.drill_hears(entry);
            if entry.case == CaseId::HALL {
                self.apply_duty(entry);
                continue;
            }
            match self.board.apply(entry, &self.town) {
                Ok(Applied::Done) => {}
                // A case that had ended, and may be open again.
                Ok(Applied::NotHere) => self.read_history(entry.case),
                Err(error) => {
                    self.failed = true;
                    self.say(error.to_string(), true);
                }
            }
            self.alarm_of(entry.case);
            if self.selection.case == Some(entry.case) {
                self.history_asked = None;
            }
            self.line_is_old(entry.case);
        }
        if self.known_cases == Some(0) && !self.board.is_empty() {
            self.keeper.counts();
        }
    }

    /// Takes in what happened in the hall beside cases. Where something is missing, all of it is read again.
    fn apply_duty(&mut self, entry: &Entry) {
        if entry.version <= self.duty.version {
            return;
        }
        if self.duty.apply(entry).is_err() {
            self.read_history(CaseId::HALL);
            return;
        }
        if let Some(action) = super::seat::duty_action(entry) {
            self.duty_changed(action);
        }
        if let Action::Duty(action) = &entry.action
            && let DutyAction::EditItem { item, .. } = action.as_ref()
        {
            Arc::make_mut(&mut self.town)
                .catalogue
                .edit(item.as_ref().clone());
        }
    }

    fn duty_came(&mut self, entries: &[Entry]) {
        match Duty::fold(entries) {
            Ok(duty) => {
                self.duty = duty;
                self.seats.door.duty_known = true;
                self.amend_catalogue();
            }
            Err(error) => self.say(error.to_string(), true),
        }
    }

    fn appended(&mut self, ticket: u64, result: Result<Vec<Entry>, StoreError>) {
        let pending = self.pending.remove(&ticket);
        match (pending, result) {
            (pending, Ok(entries)) => {
                self.apply(&entries);
                match pending {
                    Some(Pending::Step(case)) => {
                        if let Some(draft) = self.drafts.remove(&case) {
                            let step = self.words.step(draft.step).to_owned();
                            let args = [("case", case.to_string().into()), ("step", step.into())];
                            let text = self.words.f("said-done", &args);
                            self.say(text, false);
                        }
                    }
                    Some(Pending::Report) => self.reported(&entries),
                    Some(Pending::MergeReported(case, into)) => {
                        let args = [
                            ("case", case.to_string().into()),
                            ("into", into.to_string().into()),
                        ];
                        let text = self.words.f("said-report-merged", &args);
                        self.say(text, false);
                        self.handle(Intent::Select(Some(into)));
                    }
                    Some(Pending::Duty) => self.duty_given(ticket),
                    Some(Pending::Line(sent)) => self.line_answered(sent, Ok(&entries)),
                    Some(Pending::Drill) => self.drill_appended(ticket, None),
                    Some(Pending::Desk) | None => {}
                }
            }
            (Some(Pending::Drill), Err(error)) => self.drill_appended(ticket, Some(&error)),
            (Some(Pending::Desk), Err(error)) => {
                tracing::info!("the desk's own command came too late: {error}")
            }
            (pending, Err(error)) => {
                let text = self.store_words(&error);
                match pending {
                    Some(Pending::Step(case)) => self.refuse(case, text),
                    Some(Pending::Report) => self.report.refused(text),
                    Some(Pending::MergeReported(case, into)) => self.not_merged(case, into, text),
                    Some(Pending::Duty) => self.duty_refused(ticket, text),
                    Some(Pending::Line(sent)) => self.line_answered(sent, Err(text)),
                    Some(Pending::Desk | Pending::Drill) | None => self.say(text, true),
                }
            }
        }
    }

    /// The journal has the case that the form opened.
    fn reported(&mut self, entries: &[Entry]) {
        let into = self.report.accepted();
        self.map.set_picking(false);
        let Some(entry) = entries.first() else {
            return;
        };
        self.handle(Intent::Select(Some(entry.case)));
        match into {
            Some(into) => self.merge_reported(entry, into),
            None => {
                let args = [("case", entry.case.to_string().into())];
                let text = self.words.f("said-reported", &args);
                self.say(text, false);
            }
        }
    }

    /// What was reported is the same matter as an open case: whoever reported it is answered with that one.
    fn merge_reported(&mut self, reported: &Entry, into: CaseId) {
        let case = reported.case;
        let order = Order::Move {
            case,
            based_on: reported.version,
            step: Step::Merge,
            args: Args {
                other: Some(into),
                ..Args::default()
            },
        };
        if let Err(refusal) = self.command(order, Vec::new(), Pending::MergeReported(case, into)) {
            let why = self.refusal_words(&refusal);
            self.not_merged(case, into, why);
        }
    }

    fn not_merged(&mut self, case: CaseId, into: CaseId, why: String) {
        let args = [
            ("case", case.to_string().into()),
            ("into", into.to_string().into()),
            ("why", why.into()),
        ];
        let text = self.words.f("said-not-merged", &args);
        self.say(text, true);
    }

    pub(super) fn store_words(&self, error: &StoreError) -> String {
        match error {
            StoreError::Conflict { .. } => self.words.t("refusal-moved-on").to_owned(),
            StoreError::Full { path } => self
                .words
                .f("store-full", &[("path", path.display().to_string().into())]),
            other => other.to_string(),
        }
    }

    fn history_came(&mut self, id: CaseId, entries: Vec<Entry>) {
        if id == CaseId::HALL {
            self.duty_came(&entries);
            return;
        }
        let folded = crate::case::Case::fold(&entries);
        if let Ok(Some(case)) = &folded {
            // A case that was opened again comes back to the board this way.
            let there = self.board.get(id).map_or(0, |live| live.case.version);
            if case.stage.is_open() && there < case.version {
                self.board.insert(case.clone(), &self.town);
                self.alarm_of(id);
            }
        }
        if self.line.asked == Some(id) {
            let read = folded.as_ref().ok().cloned().flatten();
            self.line_history_came(id, read.map(|case| (case, entries.clone())));
        }
        if self.selection.case != Some(id) {
            return;
        }
        match folded {
            Ok(Some(case)) => self.history = Some((case, entries)),
            Ok(None) => {
                self.selection.case = None;
            }
            Err(error) => self.say(error.to_string(), true),
        }
    }

    fn ask_history(&mut self) {
        let Some(id) = self.selection.case else {
            // Asked again when the same case is selected again.
            (self.history, self.history_asked) = (None, None);
            return;
        };
        let version = self.board.get(id).map_or(0, |live| u64::from(live.case.version));
        if self.history_asked == Some((id, version)) {
            return;
        }
        if self.history.as_ref().is_some_and(|(case, _)| case.id != id) {
            self.history = None;
        }
        self.history_asked = Some((id, version));
        self.read_history(id);
    }

    fn drain_answers(&mut self) {
        while let Ok(answer) = self.answers.1.try_recv() {
            match answer {
                Answer::PhotoPaths(target, paths) => self.read_photos(target, paths),
                Answer::PhotosRead(target, files) => self.photos_read(target, files),
                Answer::ImportPath(path) => self.open_import(path),
                Answer::Looked(looked) => self.looked(looked),
                Answer::DrillReviewed(mark, review) => self.drill_reviewed(&mark, *review),
                Answer::Line(prepared) => self.line_prepared(*prepared),
                Answer::BriefingFolder(folder) => self.briefing.chose(folder),
                Answer::BriefingMade(result) => self.briefing_made(result),
                Answer::CalendarWritten(result) => self.calendar_written(result),
                Answer::NoDialog => {
                    let text = self.words.t("dialog-none").to_owned();
                    self.say(text, true);
                }
                Answer::NoSaveDialog => {
                    let text = self.words.t("dialog-none-save").to_owned();
                    self.say(text, true);
                }
                Answer::CatalogueWritten(result) => self.catalogue_written(result),
                Answer::FigureWritten(result) => self.figure_written(result),
            }
        }
    }

    fn take_dropped_files(&mut self, ctx: &egui::Context) {
        let dropped: Vec<PathBuf> = ctx
            .input_mut(|i| std::mem::take(&mut i.raw.dropped_files))
            .into_iter()
            .map(|f| f.path().to_path_buf())
            .collect();
        if dropped.is_empty() || self.is_locked() {
            return;
        }
        let is_photo = |p: &PathBuf| {
            let ending = p
                .extension()
                .and_then(|e| e.to_str())
                .unwrap_or_default()
                .to_lowercase();
            matches!(ending.as_str(), "jpg" | "jpeg" | "png")
        };
        let (photos, tables): (Vec<_>, Vec<_>) = dropped.into_iter().partition(is_photo);
        if !photos.is_empty() {
            match self.photo_target() {
                Some(target) => self.read_photos(target, photos),
                None => {
                    let text = self.words.t("photos-no-form").to_owned();
                    self.say(text, true);
                }
            }
        }
        if let Some(table) = tables.into_iter().next() {
            self.open_import(table);
        }
    }

    /// Where dropped photos belong: the report form, or a rectification that is being written.
    fn photo_target(&self) -> Option<PhotoTarget> {
        if self.report.is_open() {
            return Some(PhotoTarget::Report);
        }
        let id = self.selection.case?;
        let rectifying = self
            .drafts
            .get(&id)
            .is_some_and(|d| d.open && d.step == Step::Rectify);
        rectifying.then_some(PhotoTarget::Step(id, crate::case::PhotoPhase::After))
    }

    fn read_photos(&mut self, target: PhotoTarget, paths: Vec<PathBuf>) {
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        self.spawn("photos", move || {
            let read = |path: PathBuf| photo::read(&path).map_err(|error| error.to_string());
            send.send(Answer::PhotosRead(target, paths.into_iter().map(read).collect()))
                .ok();
            ctx.request_repaint();
        });
    }

    fn photos_read(&mut self, target: PhotoTarget, files: Vec<Result<PhotoFile, String>>) {
        for file in files {
            match (file, target) {
                (Ok(file), PhotoTarget::Report) => self.report.add_photo(file),
                (Ok(file), PhotoTarget::Step(id, phase)) => {
                    if let Some(draft) = self.drafts.get_mut(&id) {
                        draft.photos.push(PhotoDraft { phase, file });
                    }
                }
                (Err(why), PhotoTarget::Report) => self.report.refused(why),
                (Err(why), PhotoTarget::Step(id, _)) => self.refuse(id, why),
            }
        }
    }

    pub(super) fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = std::thread::Builder::new().name(name.into()).spawn(work) {
            self.say(error.to_string(), true);
        }
    }

    /// Opens the system's dialog on a thread of its own, so that no frame waits for it.
    fn choose_files(&mut self, target: Option<PhotoTarget>) {
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        let folder = self.settings.import_folder.clone();
        let title = self
            .words
            .t(if target.is_some() {
                "dialog-photos"
            } else {
                "dialog-import"
            })
            .to_owned();
        let kind = self
            .words
            .t(if target.is_some() {
                "dialog-kind-photos"
            } else {
                "dialog-kind-tables"
            })
            .to_owned();
        self.spawn("dialog", move || {
            let mut dialog = rfd::FileDialog::new().set_title(title);
            if let Some(folder) = folder {
                dialog = dialog.set_directory(folder);
            }
            let asked = Instant::now();
            let answer = match target {
                Some(target) => {
                    let dialog = dialog.add_filter(kind, &["jpg", "jpeg", "png"]);
                    dialog.pick_files().map(|paths| Answer::PhotoPaths(target, paths))
                }
                None => {
                    let dialog = dialog.add_filter(kind, &["csv", "tsv", "txt", "xlsx"]);
                    dialog.pick_file().map(Answer::ImportPath)
                }
            };
            // A desktop without a dialog looks like a hand that cancels, but no hand is as quick.
            let answer = answer.or((asked.elapsed() < NO_DIALOG).then_some(Answer::NoDialog));
            if let Some(answer) = answer {
                send.send(answer).ok();
                ctx.request_repaint();
            }
        });
    }

    fn open_import(&mut self, path: PathBuf) {
        if self.is_drill() {
            let text = self.words.t("said-drill-no-import").to_owned();
            return self.say(text, true);
        }
        self.settings.import_folder = path.parent().map(PathBuf::from);
        let book = if self.sample {
            &self.paths.sample
        } else {
            &self.paths.book
        };
        let actor = self.post().map(|p| p.code.clone()).unwrap_or_default();
        let wizard = ImportWizard::new(
            &self.ctx,
            path,
            book.clone(),
            self.town.clone(),
            &actor,
            &self.settings.seat,
        );
        self.import = Some(wizard);
    }

    /// Does what a key asks.
    pub(super) fn act(&mut self, deed: Deed) {
        // The line and the palette open from anywhere, above a page of keys or settings, too.
        match deed {
            Deed::Line => return self.open_line(),
            Deed::Palette => return self.open_palette(),
            Deed::Back if self.line.is_open() => return self.line.close(),
            _ => {}
        }
        if self.import.is_some() || self.overlay != Overlay::None {
            match deed {
                Deed::Confirm if self.overlay == Overlay::Catalogue => self.submit_item(),
                Deed::Catalogue if self.overlay == Overlay::Catalogue => self.toggle_catalogue(),
                Deed::DrillPause | Deed::DrillReview if self.overlay == Overlay::DrillReview => {
                    self.drill_deed(deed);
                }
                Deed::Back | Deed::Help => self.back(),
                Deed::Theme | Deed::Language => self.handle(Intent::Do(deed)),
                Deed::Seat
                | Deed::Shifts
                | Deed::Handover
                | Deed::Alarms
                | Deed::Lock
                | Deed::Acknowledge
                    if self.import.is_none() =>
                {
                    self.seat_deed(deed);
                }
                _ => {}
            }
            return;
        }
        if self.seat_deed(deed) || self.indicator_deed(deed) {
            return;
        }
        if self.report.is_open() && matches!(deed, Deed::Step(_) | Deed::NextStep | Deed::Up | Deed::Down) {
            return;
        }
        match deed {
            Deed::Confirm if self.report.is_open() => self.report.submit(&mut self.intents),
            Deed::Confirm => {
                if let Some(id) = self.open_draft() {
                    self.submit(id);
                }
            }
            Deed::Back => self.back(),
            Deed::Step(step) => self.begin(step),
            Deed::NextStep => {
                let case = self.selection.case.and_then(|id| self.case(id));
                if let Some(step) = case.and_then(sheet::next_step) {
                    self.begin(step);
                }
            }
            Deed::Down | Deed::Up => {
                let step = if deed == Deed::Down { 1 } else { -1 };
                let scene = Scene {
                    town: &self.town,
                    board: &self.board,
                    duty: &self.duty,
                    words: &self.words,
                    colors: Palette::of(self.settings.dark),
                    now: self.now,
                    selection: &self.selection,
                };
                if let Some(id) = self.queue.neighbour(scene, step) {
                    self.handle(Intent::Select(Some(id)));
                }
            }
            Deed::Queue(class) => self.queue.class = class,
            Deed::Centre(centre) => self.selection.centre = centre,
            Deed::NewReport => {
                self.report.open();
            }
            Deed::Import => self.choose_files(None),
            Deed::SampleDay => self.switch_book(!self.sample),
            Deed::Drill | Deed::DrillPause | Deed::DrillFaster | Deed::DrillSlower | Deed::DrillReview => {
                self.drill_deed(deed)
            }
            Deed::ZoomIn => self.map.zoom_in(),
            Deed::ZoomOut => self.map.zoom_out(),
            Deed::Home => self.map.home(&self.town.clone()),
            Deed::PanLeft => self.map.pan(egui::vec2(-PAN, 0.0)),
            Deed::PanRight => self.map.pan(egui::vec2(PAN, 0.0)),
            Deed::PanUp => self.map.pan(egui::vec2(0.0, -PAN)),
            Deed::PanDown => self.map.pan(egui::vec2(0.0, PAN)),
            Deed::LookAtCase => self.look_at_case(),
            Deed::Theme => {
                self.settings.dark = !self.settings.dark;
                let theme = if self.settings.dark {
                    egui::Theme::Dark
                } else {
                    egui::Theme::Light
                };
                self.ctx.set_theme(theme);
            }
            Deed::Language => {
                let other = if self.settings.lang == Lang::Zh {
                    Lang::En
                } else {
                    Lang::Zh
                };
                self.set_lang(other);
            }
            Deed::Seat
            | Deed::Lock
            | Deed::Shifts
            | Deed::Handover
            | Deed::Alarms
            | Deed::Acknowledge
            | Deed::Watch => {}
            Deed::Catalogue => self.toggle_catalogue(),
            Deed::ExplainClock if self.selection.case.is_none() => {
                let text = self.words.t("said-select-first").to_owned();
                self.say(text, true);
            }
            Deed::ExplainClock => self.explain_clock = !self.explain_clock,
            Deed::Calendar => self.open_calendar(),
            Deed::Figures => {
                self.overlay = Overlay::Figures;
                self.count_figures();
            }
            Deed::Briefing => self.open_briefing(),
            // Done already, as are those of the page.
            Deed::Indicators | Deed::PeriodBefore | Deed::PeriodAfter | Deed::ClearFilters => {}
            Deed::Settings => self.overlay = Overlay::Settings,
            Deed::Help => self.overlay = Overlay::Help,
            // Done already.
            Deed::Line | Deed::Palette => {}
        }
    }

    /// Opens the calendar: as the town has it, or as it was being edited.
    fn open_calendar(&mut self) {
        let kept = self.calendar.take().filter(CalendarWindow::is_edited);
        let year = self.now.with_timezone(&self.town.timezone).year();
        self.calendar = Some(kept.unwrap_or_else(|| CalendarWindow::new(&self.town.calendar, year)));
        self.overlay = Overlay::Calendar;
    }

    fn write_calendar(&mut self, (read, edited): (Calendar, Calendar)) {
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        self.spawn("calendar", move || {
            let result = match calendar_file::write(&read, &edited) {
                Ok(path) => Ok((Box::new(edited), path)),
                Err(error) => Err(error.to_string()),
            };
            send.send(Answer::CalendarWritten(result)).ok();
            ctx.request_repaint();
        });
    }

    /// What was written holds at once: for new deadlines, and for the clocks of steps. Deadlines that the journal has
    /// promised stay.
    fn calendar_written(&mut self, result: Result<(Box<Calendar>, PathBuf), String>) {
        let result = match result {
            Ok((calendar, path)) => {
                Arc::make_mut(&mut self.town).calendar = (*calendar).clone();
                tell_standing(&self.keeper, &self.town);
                let cases = self.board.iter().map(|live| live.case.clone()).collect();
                self.board.reset(cases, &self.town);
                let path = [("path", path.display().to_string().into())];
                Ok((*calendar, self.words.f("calendar-written", &path)))
            }
            Err(why) => Err(self.words.f("calendar-not-written", &[("why", why.into())])),
        };
        if let Some(window) = &mut self.calendar {
            window.written(result);
        }
    }

    fn count_figures(&mut self) {
        let (town, now) = (self.town.clone(), self.now);
        let count = move |store: &mut dyn Store| {
            let figures = Figures::count(store, &town, now, figures_window::DAYS)?;
            Ok(Box::new(figures) as Box<dyn Any + Send>)
        };
        self.keeper.ask_for(0, "figures", Box::new(count));
    }

    /// Takes in what a job on the store's thread made: its type says what it is.
    fn asked(&mut self, answer: Box<dyn Any + Send>) {
        let answer = match answer.downcast::<Figures>() {
            Ok(figures) => {
                self.figures = Some((*figures, self.now));
                return;
            }
            Err(other) => other,
        };
        if let Ok(reply) = answer.downcast::<Reply>() {
            self.page.arrived(*reply, &self.words, &self.town);
        }
    }

    fn look_at_case(&mut self) {
        let live = self.selection.case.and_then(|id| self.board.get(id));
        let Some(live) = live else { return };
        let area = || {
            live.answerable
                .community
                .map(|c| self.town.places.get(c).label_at)
        };
        if let Some(at) = live.case.place.point().or_else(area) {
            self.map.look_at(at, Some(16.0));
        }
    }

    fn back(&mut self) {
        if self.overlay != Overlay::None {
            self.overlay = Overlay::None;
        } else if let Some(import) = &mut self.import {
            if import.may_close() {
                self.import = None;
            }
        } else if self.map.is_picking() {
            self.map.set_picking(false);
        } else if self.report.is_open() {
            self.report.close();
            self.map.set_picking(false);
        } else if let Some(id) = self.open_draft() {
            self.close_form(id);
        } else if self.selection.place.is_some() {
            self.selection.place = None;
        } else {
            self.selection.case = None;
        }
    }

    /// The selected case, where a form of it is open.
    fn open_draft(&self) -> Option<CaseId> {
        self.selection
            .case
            .filter(|id| self.drafts.get(id).is_some_and(|d| d.open))
    }

    /// Closes the form of a step. Its words are kept; what was given to the journal can't be taken back.
    fn close_form(&mut self, id: CaseId) {
        let Some(draft) = self.drafts.get_mut(&id) else {
            return;
        };
        if draft.sent.is_some() {
            return;
        }
        draft.open = false;
        if draft.is_empty() {
            self.drafts.remove(&id);
        }
    }

    /// A case that is at hand: open, or selected and read.
    fn case(&self, id: CaseId) -> Option<&Case> {
        let read = || {
            self.history
                .as_ref()
                .map(|(case, _)| case)
                .filter(|case| case.id == id)
        };
        self.board.get(id).map(|live| &live.case).or_else(read)
    }

    /// Begins a step with the selected case: at once where it needs no words, else with a form.
    fn begin(&mut self, step: Step) {
        let Some(id) = self.selection.case else {
            let text = self.words.t("said-select-first").to_owned();
            self.say(text, true);
            return;
        };
        let Some(case) = self.case(id) else { return };
        // One key sends whoever has nothing yet, and sends on what somebody has.
        let step = match step {
            Step::Dispatch if !case.allows(step) && case.allows(Step::SendOn) => Step::SendOn,
            step => step,
        };
        if !case.allows(step) {
            let refusal = Refusal::NotNow {
                step,
                stage: case.stage,
                possible: case.steps().collect(),
            };
            let text = self.refusal_words(&refusal);
            self.say(text, true);
            return;
        }
        match self.drafts.get_mut(&id) {
            Some(draft) if draft.sent.is_some() => return,
            // The words stay when another step is chosen: somebody typed them.
            Some(draft) => {
                draft.step = step;
                draft.refused = None;
                draft.fresh = true;
                draft.open = true;
            }
            None => {
                self.drafts.insert(id, Draft::new(step));
            }
        }
        if is_plain(step) {
            self.submit(id);
        }
    }

    /// Gives the draft of a step to the desk, and what the desk allows to the journal.
    fn submit(&mut self, id: CaseId) {
        let Some(draft) = self.drafts.get(&id) else { return };
        if draft.sent.is_some() {
            return;
        }
        let based_on = self.case(id).map_or(0, |case| case.version);
        let photos: Vec<PhotoFile> = draft.photos.iter().map(|p| p.file.clone()).collect();
        let order = Order::Move {
            case: id,
            based_on,
            step: draft.step,
            args: draft.args(&self.town, self.now),
        };
        match self.command(order, photos, Pending::Step(id)) {
            Ok(ticket) => {
                if let Some(draft) = self.drafts.get_mut(&id) {
                    draft.sent = Some(ticket);
                    draft.refused = None;
                }
            }
            Err(refusal) => {
                let text = self.refusal_words(&refusal);
                self.refuse(id, text);
            }
        }
    }

    fn report_case(&mut self, report: NewReport, photos: Vec<PhotoFile>) {
        if let Err(refusal) = self.command(Order::Report(report), photos, Pending::Report) {
            let text = self.refusal_words(&refusal);
            self.report.refused(text);
        }
    }

    pub(super) fn command(
        &mut self,
        order: Order,
        photos: Vec<PhotoFile>,
        pending: Pending,
    ) -> Result<u64, Refusal> {
        let command = self.own_command(order);
        self.give(command, photos, pending)
    }

    /// A command of whoever sits at this seat.
    pub(super) fn own_command(&self, order: Order) -> Command {
        Command {
            actor: self.post().map(|p| p.code.as_str().into()).unwrap_or_default(),
            seat: self.settings.seat.as_str().into(),
            order,
        }
    }

    /// What the desk makes of a command now.
    pub(super) fn decide(&self, command: Command) -> Result<Vec<crate::store::Draft>, Refusal> {
        let case = match &command.order {
            Order::Move { case, .. } => Some(*case),
            Order::Report(_) | Order::Duty(_) => None,
        };
        let cases = self.cases_with(case);
        let situation = Situation {
            town: &self.town,
            cases: &cases,
            duty: &self.duty,
            now: self.now,
        };
        desk::decide(&situation, command)
    }

    /// Gives a command to the desk, and what the desk allows to the journal.
    fn give(&mut self, command: Command, photos: Vec<PhotoFile>, pending: Pending) -> Result<u64, Refusal> {
        let drafts = self.decide(command)?;
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.pending.insert(ticket, pending);
        self.keeper.append(ticket, drafts, photos);
        Ok(ticket)
    }

    /// A refused step keeps its form and every typed word; the reason stands beside it.
    fn refuse(&mut self, id: CaseId, why: String) {
        match self.drafts.get_mut(&id) {
            Some(draft) => {
                draft.sent = None;
                draft.refused = Some(why);
                draft.fresh = true;
                draft.open = true;
            }
            None => self.say(why, true),
        }
    }

    pub(super) fn refusal_words(&self, refusal: &Refusal) -> String {
        refusal_words(&self.words, &self.town, refusal)
    }

    /// Does what a view asks.
    pub(super) fn handle(&mut self, intent: Intent) {
        match intent {
            Intent::Select(id) => {
                self.selection.case = id;
                if let Some(live) = id.and_then(|id| self.board.get(id)) {
                    self.queue.class = live.case.class;
                    // What is selected is in view.
                    if self.queue.level.is_some_and(|level| level != live.case.level()) {
                        self.queue.level = None;
                    }
                }
            }
            Intent::SelectPlace(place) => {
                self.selection.place = place;
                if let Some(place) = place {
                    let at = self.town.places.get(place).label_at;
                    self.map.look_at(at, None);
                }
            }
            Intent::Hover(_) => {}
            Intent::LookAt(at) => self.map.look_at(at, None),
            Intent::PickedPoint(at) => {
                self.map.set_picking(false);
                self.report.picked(at);
            }
            Intent::Do(deed) => match deed {
                Deed::Theme | Deed::Language => {
                    let (overlay, import) = (self.overlay, self.import.take());
                    self.overlay = Overlay::None;
                    self.act(deed);
                    self.overlay = overlay;
                    self.import = import;
                }
                // The settings lead to it.
                Deed::Catalogue if self.overlay == Overlay::Settings => self.toggle_catalogue(),
                Deed::Calendar => {
                    // From the settings, which it takes the place of.
                    self.overlay = Overlay::None;
                    self.act(deed);
                }
                deed => self.act(deed),
            },
            Intent::Submit(id) => self.submit(id),
            Intent::Report(report, photos) => self.report_case(*report, photos),
            Intent::AddPhotos(target, paths) => self.read_photos(target, paths),
            Intent::ChoosePhotos(target) => self.choose_files(Some(target)),
            Intent::PickPoint(on) => self.map.set_picking(on),
            Intent::ImportFile(path) => self.open_import(path),
            Intent::ChooseImport => self.choose_files(None),
            Intent::Imported => self.keeper.refresh(),
            Intent::SampleDay(on) => self.switch_book(on),
            Intent::BeginDrill(start) => self.start_drill(*start),
            Intent::DrillSpeed(speed) => self.set_drill_speed(speed),
            Intent::LeaveDrill => {
                self.overlay = Overlay::None;
                self.switch_book(false);
            }
            Intent::Duty(actions) => self.duty_intent(actions),
            Intent::TakeSeat(post) => self.take_seat(post),
            Intent::MakeBriefing(order) => self.make_briefing(*order),
            Intent::ChooseBriefingFolder => self.choose_briefing_folder(),
            Intent::ExportCatalogue => self.export_catalogue(),
            Intent::WriteCalendar(calendars) => self.write_calendar(*calendars),
            Intent::OpenCase(id) => {
                self.page.set_open(false);
                self.handle(Intent::Select(Some(id)));
            }
            Intent::SaveFigure(figure, kind) => self.save_figure(*figure, kind),
            Intent::Say(text) => self.say(text, false),
            Intent::Line(what) => self.line_do(what),
        }
    }

    /// Goes to the book of the sample day, or back to the real one.
    fn switch_book(&mut self, sample: bool) {
        let path = if sample {
            self.paths.sample.clone()
        } else {
            self.paths.book.clone()
        };
        if sample {
            forget_old_sample(&path);
        }
        let opened = open_book(&path).and_then(|mut store| {
            store.check_real(&path)?;
            if sample {
                crate::intake::sample::fill(store.as_mut(), &self.town, self.real)?;
            }
            Ok(store)
        });
        match opened {
            Ok(store) => self.use_book(store, sample, None),
            Err(error) => {
                let text = self.store_words(&error);
                self.say(text, true);
            }
        }
    }

    /// Works with another book from now on.
    pub(super) fn use_book(&mut self, store: Box<dyn Store>, sample: bool, drill: Option<Drilling>) {
        self.drill = drill;
        self.look_at_the_clock();
        self.desk_looked = self.now;
        self.keeper = start_keeper(&self.ctx, store);
        // The other book's hall has a catalogue of its own.
        self.duty = Duty::default();
        self.amend_catalogue();
        self.catalogue.other_book();
        self.page.other_book(self.now);
        self.board.reset(Vec::new(), &self.town);
        self.loaded = false;
        self.seats.door.duty_known = false;
        self.alarms_anew();
        self.known_cases = None;
        self.sample = sample;
        self.selection.case = None;
        self.drafts.clear();
        self.pending.clear();
        self.history = None;
        self.history_asked = None;
        self.histories_awaited = 0;
        self.line_history = None;
        self.line.asked = None;
    }

    /// Writes the settings where they changed: every few seconds, and at the end.
    pub(super) fn remember(&mut self, at_once: bool) {
        let Some(path) = &self.paths.settings else { return };
        let time = self.ctx.input(|i| i.time);
        if !at_once && time - self.saved_at < SAVE_SECS {
            return;
        }
        self.saved_at = time;
        self.settings.case = if self.sample || self.is_drill() {
            self.saved.case
        } else {
            self.selection.case.map(|id| id.0)
        };
        self.settings.class = Some(self.queue.class);
        self.settings.centre = self.selection.centre;
        self.settings.map = MapView::settings(&self.map).clone();
        self.ctx.input(|i| {
            let viewport = i.viewport();
            self.settings.maximized = viewport.maximized.unwrap_or(false);
            if !self.settings.maximized
                && let Some(rect) = viewport.inner_rect
            {
                self.settings.window = Some([rect.width(), rect.height()]);
            }
        });
        if self.settings != self.saved {
            match self.settings.write(path) {
                Ok(()) => self.saved = self.settings.clone(),
                Err(error) => tracing::warn!("{}: {error}", path.display()),
            }
        }
    }
}

/// The sample day is told from its start: one that was opened on an earlier day is made anew.
fn forget_old_sample(book: &std::path::Path) {
    let modified = std::fs::metadata(book).and_then(|m| m.modified()).ok();
    let age = modified.and_then(|at| at.elapsed().ok());
    if age.is_none_or(|age| age < SAMPLE_LASTS) {
        return;
    }
    for ending in ["", "-wal", "-shm"] {
        let mut file = book.as_os_str().to_owned();
        file.push(ending);
        // What can't be removed is opened as it is: old, but whole.
        std::fs::remove_file(file).ok();
    }
}
