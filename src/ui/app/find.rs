//! Finding in the window: reads the book aside, asks, flies there, draws on the map, writes files.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui;

use crate::find::finder::Reply;
use crate::find::{Finder, PlaceHit, Query, Shown, State, Target, Told};
use crate::report::found::{FoundCases, FoundFile, FoundFileError};
use crate::store::Store;
use crate::store::sqlite::SqliteStore;
use crate::ui::Intent;
use crate::ui::find::{Export, FindDo, FindPanel, Names, file_name, zone_words};
use crate::ui::keys::Deed;
use crate::ui::map::Drawn;

use super::files::NO_DIALOG;
use super::{Answer, Hall};

/// So near the map comes at least to a place that has no ground of its own.
const NEAR: f64 = 16.0;

/// What is overdue is looked for again after so long.
const OVERDUE_AGAIN: TimeDelta = TimeDelta::seconds(30);

/// What of finding belongs to the window.
#[derive(Default)]
pub(super) struct Finding {
    /// The panel.
    pub panel: FindPanel,
    /// Reads the book and answers, once somebody has looked for something.
    finder: Option<Finder>,
    /// All cases of the book, as far as they were read.
    cases: Option<Shown>,
    asked: Option<Query>,
    /// When: what is overdue changes with time.
    asked_at: DateTime<Utc>,
    ticket: u64,
    /// The names of the town are being prepared.
    names_begun: bool,
    /// How often the catalogue had been changed when its names were prepared.
    edits: usize,
    /// Set, it stops the file that is being written.
    stop: Arc<AtomicBool>,
}

impl Hall {
    /// The panel for finding.
    pub fn finding(&self) -> &FindPanel {
        &self.find.panel
    }

    /// Opens the panel for finding with this text, as typing it would.
    pub fn find_text(&mut self, text: &str) {
        self.open_find();
        self.find.panel.type_text(text);
    }

    pub(super) fn open_find(&mut self) {
        self.page.set_open(false);
        self.find.panel.open();
        self.prepare_finding();
    }

    /// All cases of the book in memory, read aside: `None` until they are there. Whoever asks has them read.
    pub fn all_cases(&mut self) -> Option<&Shown> {
        self.start_finder();
        self.find.cases.as_ref()
    }

    /// Whether nothing of finding is under way.
    pub(super) fn finding_is_settled(&self) -> bool {
        let panel = &self.find.panel;
        let found = panel
            .found()
            .is_some_and(|found| found.ticket == self.find.ticket && found.progress.whole);
        !panel.is_open() || (panel.has_names() && (self.find.asked.is_none() || found))
    }

    /// Places have become others: their names are prepared anew.
    pub(super) fn names_are_old(&mut self) {
        self.find.panel.set_names(None);
        self.find.names_begun = false;
        if self.find.panel.is_open() {
            self.prepare_finding();
        }
    }

    fn prepare_finding(&mut self) {
        let edits = self.duty.items.len();
        if self.find.edits != edits {
            self.find.panel.set_names(None);
            self.find.names_begun = false;
        }
        if self.find.names_begun {
            return;
        }
        (self.find.names_begun, self.find.edits) = (true, edits);
        let (send, ctx, town) = (self.answers.0.clone(), self.ctx.clone(), self.town.clone());
        self.spawn("names", move || {
            send.send(Answer::FindNames(Arc::new(Names::of(&town)))).ok();
            ctx.request_repaint();
        });
    }

    fn start_finder(&mut self) {
        if self.find.finder.is_some() || !self.loaded {
            return;
        }
        let (path, ctx) = (self.book_path(), self.ctx.clone());
        let open = move || Ok(Box::new(SqliteStore::open_read_only(&path)?) as Box<dyn Store>);
        self.find.finder = Some(Finder::start(
            Box::new(open),
            Arc::new(move || ctx.request_repaint()),
        ));
    }

    /// The file of the book that the hall works on.
    pub(super) fn book_path(&self) -> PathBuf {
        match (self.sample, self.drill_book()) {
            (true, _) => self.paths.sample.clone(),
            (false, Some(drill)) => drill,
            (false, None) => self.paths.book.clone(),
        }
    }

    /// Another book is searched from now on. The thread of the old one ends by itself.
    pub(super) fn find_in_other_book(&mut self) {
        if let Some(finder) = self.find.finder.take() {
            self.spawn("finder", move || drop(finder));
        }
        (self.find.cases, self.find.asked) = (None, None);
        self.find.panel.other_book();
        self.map.found.set(None);
    }

    /// The journal has more entries.
    pub(super) fn find_looks_again(&self) {
        if let Some(finder) = &self.find.finder {
            finder.look();
        }
    }

    /// Takes in what was found, and asks for what is typed now.
    pub(super) fn mind_finding(&mut self, ctx: &egui::Context) {
        while let Some(reply) = self.find.finder.as_ref().and_then(Finder::poll) {
            match reply {
                Reply::Found(found) => {
                    self.find.cases = Some(found.shown.clone());
                    if found.ticket == self.find.ticket {
                        self.find.panel.arrived(*found);
                    }
                }
                Reply::Read(shown, progress) => {
                    self.find.cases = Some(shown);
                    self.find.panel.progressed(progress);
                }
                Reply::Failed(why) => self.find.panel.failed(why),
            }
        }
        if self.find.panel.is_open() {
            self.prepare_finding();
            self.start_finder();
            self.ask_finder();
        }
        if self.map.is_drawing() && !ctx.text_edit_focused() {
            let drawn = self.map.drawing_keys(ctx);
            self.zone_drawn(drawn);
        }
        let shown = self.find.panel.shown();
        self.map.found.set(shown);
        let zone = self.find.panel.zone().filter(|_| self.find.panel.is_open());
        self.map.zone.show_zone(zone);
    }

    fn ask_finder(&mut self) {
        let today = self.now.with_timezone(&self.town.timezone).date_naive();
        let query = self.find.panel.query(&self.town, today);
        let Some(finder) = &self.find.finder else { return };
        let by_time = query
            .as_ref()
            .is_some_and(|query| query.states.contains(&State::Overdue));
        let is_old = by_time && self.now - self.find.asked_at > OVERDUE_AGAIN;
        if query == self.find.asked && !is_old {
            return;
        }
        self.find.asked_at = self.now;
        match &query {
            Some(query) => {
                self.find.ticket += 1;
                finder.find(self.find.ticket, query.clone(), Told::of(&self.town, self.now));
            }
            None => {
                finder.forget();
                self.find.panel.nothing_asked();
            }
        }
        self.find.asked = query;
    }

    /// Does what the panel asks.
    pub(super) fn find_do(&mut self, what: FindDo) {
        match what {
            FindDo::Go(hit) => self.go_to(&hit),
            FindDo::Open(id) => {
                let at = self.find.panel.found().and_then(|found| found.shown.row(id)?.at);
                self.find.panel.mark(id);
                self.handle(Intent::OpenCase(id));
                if let Some(at) = at {
                    self.map.look_at(at, None);
                }
            }
            FindDo::Draw(true) => {
                // Its keys are those of the map now.
                self.ctx.memory_mut(egui::Memory::stop_text_input);
                self.map.begin_zone();
            }
            FindDo::Draw(false) => self.map.zone.give_up(),
            FindDo::Fit => {
                if !self.map.fit_found() {
                    let text = self.words.t("find-fit-none").to_owned();
                    self.say(text, true);
                }
            }
            FindDo::Export(kind) => self.export_found(kind),
            FindDo::StopExport => self.find.stop.store(true, Ordering::Relaxed),
            FindDo::Close => self.close_find(),
        }
    }

    /// Closes the panel, and gives up what is drawn for it.
    pub(super) fn close_find(&mut self) {
        self.map.zone.give_up();
        self.map.point_at(None);
        self.find.panel.close();
    }

    /// Keys while the panel is open; false where the hall is to do it.
    pub(super) fn find_deed(&mut self, deed: Deed) -> bool {
        match deed {
            Deed::Find => self.open_find(),
            Deed::Down | Deed::Up if self.find.panel.is_open() && !self.report.is_open() => {
                self.find.panel.step(if deed == Deed::Down { 1 } else { -1 });
            }
            _ => return false,
        }
        true
    }

    fn go_to(&mut self, hit: &PlaceHit) {
        match &hit.target {
            Target::Case(id) => return self.find_do(FindDo::Open(*id)),
            Target::Place(place) => self.selection.place = Some(*place),
            Target::Unit(_) | Target::Point(_) | Target::Spot => self.selection.place = None,
        }
        match hit.bounds {
            Some((min, max)) => self.map.fit(min, max),
            None => self.map.look_at(hit.at, Some(NEAR)),
        }
        self.map.point_at(hit.at);
    }

    /// An area was drawn, or given up, or can't be.
    pub(super) fn zone_drawn(&mut self, drawn: Option<Drawn>) {
        match drawn {
            None | Some(Drawn::GivenUp) => {}
            Some(Drawn::Done(zone)) => self.find.panel.set_zone(Some(zone)),
            Some(Drawn::Wrong(fault)) => {
                let text = zone_words(&self.words, &fault);
                self.say(text, true);
            }
        }
    }

    /// Lets the system's dialog choose a file, and writes what was found into it, both on a thread.
    fn export_found(&mut self, kind: FoundFile) {
        let Some(found) = self.find.panel.found().cloned() else {
            return;
        };
        self.find.panel.export = Export::Writing;
        self.find.stop = Arc::default();
        let (send, ctx, stop) = (self.answers.0.clone(), self.ctx.clone(), self.find.stop.clone());
        let (town, words) = (self.town.clone(), self.words.clone());
        let mark = match (self.is_drill(), self.sample) {
            (true, _) => words.t("drill-mark").to_owned(),
            (_, true) => words.t("strip-sample").to_owned(),
            _ => String::new(),
        };
        let folder = self.settings.import_folder.clone();
        let name = file_name(&words, kind, self.now);
        let title = words.t("find-export-title").to_owned();
        self.spawn("dialog", move || {
            let mut dialog = rfd::FileDialog::new()
                .set_title(title)
                .set_file_name(name.display().to_string())
                .add_filter(kind.ending(), &[kind.ending()]);
            if let Some(folder) = folder {
                dialog = dialog.set_directory(folder);
            }
            let asked = Instant::now();
            let written = match dialog.save_file() {
                Some(path) => {
                    let cases = FoundCases {
                        ids: &found.ids,
                        shown: &found.shown,
                        town: &town,
                        words: &words,
                        mark: &mark,
                        stop: &stop,
                    };
                    Some(cases.write(kind, &path).map(|()| path))
                }
                // A desktop without a dialog looks like a hand that cancels, but no hand is as quick.
                None if asked.elapsed() < NO_DIALOG => {
                    send.send(Answer::NoSaveDialog).ok();
                    None
                }
                None => None,
            };
            send.send(Answer::FoundWritten(written)).ok();
            ctx.request_repaint();
        });
    }

    /// What was found was written to a file, or not; `None` where no file was chosen.
    pub(super) fn found_written(&mut self, written: Option<Result<PathBuf, FoundFileError>>) {
        self.find.panel.export = Export::Idle;
        match written {
            None | Some(Err(FoundFileError::Stopped)) => {}
            Some(Ok(path)) => {
                let args = [("path", path.display().to_string().into())];
                let text = self.words.f("page-saved", &args);
                self.say(text, false);
            }
            Some(Err(FoundFileError::TooMany(n))) => {
                let text = self.words.n("find-export-too-many", n);
                self.say(text, true);
            }
            Some(Err(error)) => self.say(error.to_string(), true),
        }
    }
}
