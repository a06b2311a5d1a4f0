//! What the window does in a round: takes keys and intents, and gives commands to the desk.

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::Datelike;
use eframe::egui;

use crate::case::{Case, CaseId, Step};
use crate::desk::{self, Command, NewReport, Order, Refusal, Situation};
use crate::indicator::Figures;
use crate::store::{PhotoFile, Store};
use crate::town::load::calendar_file;
use crate::town::{Calendar, Lang};
use crate::ui::calendar_window::CalendarWindow;
use crate::ui::hall::draft::is_plain;
use crate::ui::hall::{Draft, sheet};
use crate::ui::indicator::count::Reply;
use crate::ui::keys::{self, Deed};
use crate::ui::map::Layer;
use crate::ui::refusal_words::refusal_words;
use crate::ui::{Intent, figures_window, theme};

use super::{Answer, Hall, Overlay, Pending, tell_standing};

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
        if !self.is_locked() && self.overlay == Overlay::None {
            self.map.take_keys(ctx, &self.town, &self.board, &self.selection);
        }
        let focused = ctx.memory(|m| m.focused().is_some());
        self.mind_the_seat(ctx);
        self.mind_finding(ctx);
        // In a form or window, arrows and letters belong to what has the focus, too.
        let in_form = self.report.is_open() || self.import.is_some() || self.overlay != Overlay::None;
        let typing = ctx.text_edit_focused() || (in_form && focused);
        // Enter and Space belong to a button that has the focus.
        if !self.is_locked() {
            let past = self
                .past_has_keys()
                .then(|| keys::pressed_past(ctx, typing, focused));
            for deed in past
                .into_iter()
                .flatten()
                .chain(keys::pressed(ctx, typing, focused))
            {
                self.act(deed);
            }
        }
        for intent in std::mem::take(&mut self.intents) {
            self.handle(intent);
        }
        self.play();
        self.mind_the_past(ctx);
        self.look_at_the_ground();
        self.look_at_boundaries();
        self.act_by_itself();
        self.go_on_with_many();
        self.ask_history();
        self.count_indicators();
        self.ask_for_layers();
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
                Answer::Boundary(answer) => self.boundary_answer(answer),
                Answer::CatalogueWritten(result) => self.catalogue_written(result),
                Answer::ManyWritten(result) => self.many_written(result),
                Answer::FigureWritten(result) => self.figure_written(result),
                Answer::FindNames(names) => self.find.panel.set_names(Some(names)),
                Answer::FoundWritten(written) => self.found_written(written),
            }
        }
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
        if self.past_bars_deed(deed) {
            return;
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
        if !self.page.is_open() && self.map.tool_deed(deed) {
            return;
        }
        if self.seat_deed(deed)
            || self.find_deed(deed)
            || self.boundary_deed(deed)
            || self.indicator_deed(deed)
        {
            return;
        }
        let in_report = self.report.is_open() && self.looks_back_to().is_none();
        if in_report && matches!(deed, Deed::Step(_) | Deed::NextStep | Deed::Up | Deed::Down) {
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
                let scene = scene!(self);
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
            Deed::Measure => self.map.toggle_measure(),
            Deed::PanLeft => self.map.pan(egui::vec2(-PAN, 0.0)),
            Deed::PanRight => self.map.pan(egui::vec2(PAN, 0.0)),
            Deed::PanUp => self.map.pan(egui::vec2(0.0, -PAN)),
            Deed::PanDown => self.map.pan(egui::vec2(0.0, PAN)),
            Deed::SelectArea if self.boundaries.is_open() => {
                let text = self.words.t("map-select-editing").to_owned();
                self.say(text, true);
            }
            Deed::SelectArea => self.map.set_selecting(!self.map.is_selecting()),
            Deed::SelectInView => self.selection.many = self.map.in_view(),
            Deed::Layers => self.map.toggle_layers(),
            Deed::Heat => self.map.toggle_layer(Layer::Heat),
            Deed::Choropleth => self.map.toggle_layer(Layer::Choropleth),
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
            // Done already, as are those of the page and of the editor.
            Deed::Boundaries
            | Deed::CornerAfter
            | Deed::CornerBefore
            | Deed::CornerWest
            | Deed::CornerEast
            | Deed::CornerInsert
            | Deed::CornerDelete
            | Deed::Redo => {}
            Deed::Indicators | Deed::PeriodBefore | Deed::PeriodAfter | Deed::ClearFilters => {}
            Deed::Settings => self.overlay = Overlay::Settings,
            Deed::OfflineMap => self.overlay = Overlay::OfflineMap,
            Deed::Help => self.overlay = Overlay::Help,
            Deed::Past(deed) => self.past_deed(deed),
            // Done already.
            Deed::Line | Deed::Palette | Deed::Find => {}
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

    pub(super) fn count_figures(&mut self) {
        let (town, now) = (self.town.clone(), self.now);
        let count = move |store: &mut dyn Store| {
            let figures = Figures::count(store, &town, now, figures_window::DAYS)?;
            Ok(Box::new(figures) as Box<dyn Any + Send>)
        };
        self.keeper.ask_for(0, "figures", Box::new(count));
    }

    /// Takes in what a job on the store's thread made: its type says what it is.
    pub(super) fn asked(&mut self, answer: Box<dyn Any + Send>) {
        let answer = match answer.downcast::<Figures>() {
            Ok(figures) => {
                self.figures = Some((*figures, self.now));
                return;
            }
            Err(other) => other,
        };
        let answer = match self.map.layers_answered(answer, &mut self.board, self.now) {
            Ok(()) => return,
            Err(other) => other,
        };
        match answer.downcast::<Reply>() {
            Ok(reply) => self.page.arrived(*reply, &self.words, &self.town),
            Err(other) => self.past_reader_came(other),
        }
    }

    fn look_at_case(&mut self) {
        let live = self.selection.case.and_then(|id| scene!(self).board.get(id));
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
        } else if self.map.close_layers() {
            // Only that.
        } else if self.map.is_measuring() {
            self.map.toggle_measure();
        } else if self.map.back() {
            // It was something on the map.
        } else if self.report.is_open() {
            self.report.close();
            self.map.set_picking(false);
        } else if let Some(id) = self.open_draft() {
            self.close_form(id);
        } else if self.find.panel.is_open() {
            self.close_find();
        } else if self.many.shows_list() {
            self.many.set_list(false);
        } else if !self.selection.many.is_empty() {
            self.selection.many = Default::default();
        } else if self.selection.place.is_some() {
            self.selection.place = None;
        } else if self.selection.case.is_some() {
            self.selection.case = None;
        } else if self.past.open && self.past.shown().is_none() && self.past.beside.is_none() {
            // Only End leaves a moment that somebody has looked for.
            self.close_past();
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
    pub(super) fn refuse(&mut self, id: CaseId, why: String) {
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
        if self.past_bars_intent(&intent) {
            return;
        }
        match intent {
            Intent::Select(id) => {
                self.selection.case = id;
                if let Some(live) = id.and_then(|id| scene!(self).board.get(id)) {
                    self.queue.class = live.case.class;
                    // What is selected is in view.
                    if self.queue.level.is_some_and(|level| level != live.case.level()) {
                        self.queue.level = None;
                    }
                }
            }
            Intent::SelectMany(many) => self.selection.many = many,
            Intent::Many(what) => self.many_do(what),
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
                Deed::Calendar | Deed::OfflineMap => {
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
            Intent::Boundary(what) => self.boundary_do(what),
            Intent::ExportCatalogue => self.export_catalogue(),
            Intent::WriteCalendar(calendars) => self.write_calendar(*calendars),
            Intent::OpenCase(id) => {
                self.page.set_open(false);
                self.handle(Intent::Select(Some(id)));
            }
            Intent::Find(what) => self.find_do(what),
            Intent::DrawnZone(drawn) => self.zone_drawn(Some(*drawn)),
            Intent::SaveFigure(figure, kind) => self.save_figure(*figure, kind),
            Intent::Say(text) => self.say(text, false),
            Intent::Line(what) => self.line_do(what),
            Intent::Past(what) => self.past_do(what),
        }
    }
}
