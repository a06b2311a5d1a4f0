//! Boundaries in the window: the ground that holds now, on top of that of the town's file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};

use crate::case::DutyAction;
use crate::desk::Order;
use crate::town::Town;
use crate::town::boundary::file::{self, Found};
use crate::town::datum::Datum;
use crate::ui::Intent;
use crate::ui::boundaries::BoundaryDo;
use crate::ui::boundaries::look::{Looked, look};
use crate::ui::keys::Deed;

use super::files::NO_DIALOG;
use super::{Answer, Hall, Pending, tell_standing};

/// How near the map comes to a fault.
const FAULT_ZOOM: f64 = 17.5;

/// What a thread has done for the editor.
pub(super) enum BoundaryAnswer {
    /// It has looked at what is drawn.
    Looked(Box<Looked>),
    /// The system's dialog gave a file.
    Chose(PathBuf),
    /// A file was read, or not.
    Read(PathBuf, Result<Found, String>),
    /// A file was written, or not.
    Written(Result<PathBuf, String>),
}

/// The ground as the town's file has it, and what of a book's changes holds on it.
#[derive(Debug, Default)]
pub(super) struct Ground {
    /// The town before any change; `None` while nothing was ever changed.
    file: Option<Arc<Town>>,
    /// The changes that hold, by number.
    in_force: Vec<u32>,
    /// When the next one comes into force.
    next: Option<DateTime<Utc>>,
}

impl Ground {
    /// The town before any change, where there was one.
    pub fn of_file(&self) -> Option<Arc<Town>> {
        self.file.clone()
    }
}

impl Hall {
    /// Looks whether a change of boundaries comes into force.
    pub(super) fn look_at_the_ground(&mut self) {
        if self.ground.next.is_some_and(|next| next <= self.now) && self.redraw_ground() {
            tell_standing(&self.keeper, &self.town);
        }
    }

    /// Puts the town on the ground that holds now: everything that shows or asks for places follows. Answers whether it
    /// became another one.
    pub(super) fn redraw_ground(&mut self) -> bool {
        self.ground.next = self.duty.boundaries_to_come(self.now).map(|edit| edit.from);
        let edits = self.duty.boundaries_in_force(self.now);
        let in_force: Vec<u32> = edits.iter().map(|edit| edit.number).collect();
        if in_force == self.ground.in_force {
            return false;
        }
        self.ground.in_force = in_force;
        let file = self.ground.file.get_or_insert_with(|| self.town.clone()).clone();
        let mut town = match self.duty.ground(&file.places, self.now) {
            Some(ground) => file.on_ground(ground),
            None => Town::clone(&file),
        };
        town.catalogue = self.town.catalogue.clone();
        town.calendar = self.town.calendar.clone();
        let selected = self
            .selection
            .place
            .map(|id| self.town.places.get(id).code.clone());
        self.town = Arc::new(town);
        self.selection.place = selected.and_then(|code| self.town.place_now(&code));
        // What is looked back at was made on the ground before.
        if self.past.open {
            self.close_past();
        }
        self.map.boundaries_changed(&self.town);
        let cases = self.board.iter().map(|live| live.case.clone()).collect();
        self.board.reset(cases, &self.town);
        self.boundaries.ground_changed(&self.town, &self.duty);
        self.history_asked = None;
        self.line.names = None;
        self.names_are_old();
        self.report.places_changed();
        true
    }

    /// Opens the editor, or puts it away; what is drawn stays.
    fn toggle_boundaries(&mut self) {
        if self.boundaries.is_open() {
            self.leave_boundaries();
            return;
        }
        self.page.set_open(false);
        self.report.close();
        self.map.set_picking(false);
        self.map.set_editing(true);
        self.boundaries.open(&self.town, &self.duty);
    }

    fn leave_boundaries(&mut self) {
        self.boundaries.close();
        self.map.set_editing(false);
    }

    /// Does what a key asks of the editor; false where it is none of its keys.
    pub(super) fn boundary_deed(&mut self, deed: Deed) -> bool {
        if deed == Deed::Boundaries {
            self.toggle_boundaries();
            return true;
        }
        if !self.boundaries.is_open() || self.past.shown().is_some() {
            let of_the_editor = matches!(
                deed,
                Deed::CornerAfter
                    | Deed::CornerBefore
                    | Deed::CornerWest
                    | Deed::CornerEast
                    | Deed::CornerInsert
                    | Deed::CornerDelete
                    | Deed::Redo
            );
            if of_the_editor {
                let text = self.words.t("bounds-open-first").to_owned();
                self.say(text, true);
            }
            return of_the_editor;
        }
        match deed {
            // They take its place.
            Deed::NewReport | Deed::Indicators => {
                self.leave_boundaries();
                return false;
            }
            _ => {}
        }
        let mut intents = Vec::new();
        let mut editor = std::mem::take(&mut self.boundaries);
        let done = editor.act(deed, scene!(self), &self.map, &mut intents);
        self.boundaries = editor;
        for intent in intents {
            self.handle(intent);
        }
        done
    }

    /// Has a thread look at what is drawn, where that is due.
    pub(super) fn look_at_boundaries(&mut self) {
        let scene = scene!(self);
        let Some(ask) = self.boundaries.to_look_at(scene, &self.town) else {
            return;
        };
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        self.spawn("boundaries", move || {
            let looked = Box::new(look(&ask));
            send.send(Answer::Boundary(BoundaryAnswer::Looked(looked))).ok();
            ctx.request_repaint();
        });
    }

    /// Does what the editor asks.
    pub(super) fn boundary_do(&mut self, what: BoundaryDo) {
        match what {
            BoundaryDo::Save(action) => self.save_boundaries(*action),
            BoundaryDo::FlyTo(at) => self.map.look_at(at, Some(FAULT_ZOOM)),
            BoundaryDo::Fit(low, high) => self.map.fit(low, high),
            BoundaryDo::Choose { write } => self.choose_boundary_file(write),
            BoundaryDo::Read(path, datum) => self.read_boundaries(path, datum),
            BoundaryDo::Write(path) => self.write_boundaries(path),
            BoundaryDo::Leave => self.leave_boundaries(),
        }
    }

    fn save_boundaries(&mut self, action: DutyAction) {
        match self.command(Order::Duty(action), Vec::new(), Pending::Duty) {
            Ok(ticket) => self.boundaries.given(ticket),
            Err(refusal) => {
                let text = self.refusal_words(&refusal);
                self.boundaries.refused(text);
            }
        }
    }

    /// The journal has a command; answers whether it was a change of boundaries.
    pub(super) fn boundary_given(&mut self, ticket: u64) -> bool {
        if !self.boundaries.waits_for(ticket) {
            return false;
        }
        self.boundaries.saved(&self.town, &self.duty);
        let text = self.words.t("bounds-saved").to_owned();
        self.say(text, false);
        true
    }

    fn choose_boundary_file(&mut self, write: bool) {
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        let title = self.words.t("bounds-title").to_owned();
        let name = format!("{}-boundaries.geojson", self.town.id);
        self.spawn("dialog", move || {
            let dialog = rfd::FileDialog::new()
                .set_title(title)
                .add_filter("GeoJSON, GeoPackage", &["geojson", "json", "gpkg"]);
            let asked = Instant::now();
            let chosen = if write {
                dialog.set_file_name(name).save_file()
            } else {
                dialog.pick_file()
            };
            let answer = match chosen {
                Some(path) => Answer::Boundary(BoundaryAnswer::Chose(path)),
                // A desktop without a dialog looks like a hand that cancels, but no hand is as quick.
                None if asked.elapsed() < NO_DIALOG => Answer::NoSaveDialog,
                None => return,
            };
            send.send(answer).ok();
            ctx.request_repaint();
        });
    }

    fn read_boundaries(&mut self, path: PathBuf, datum: Datum) {
        let (send, ctx, town) = (self.answers.0.clone(), self.ctx.clone(), self.town.clone());
        self.spawn("boundaries", move || {
            let read = file::read(&path, datum, &town.places, town.center).map_err(|error| error.to_string());
            send.send(Answer::Boundary(BoundaryAnswer::Read(path, read))).ok();
            ctx.request_repaint();
        });
    }

    fn write_boundaries(&mut self, path: PathBuf) {
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        let shapes = self.boundaries.plan().shapes().to_vec();
        self.spawn("boundaries", move || {
            let written = file::write(&path, &shapes).map_err(|error| error.to_string());
            let answer = BoundaryAnswer::Written(written.map(|()| path));
            send.send(Answer::Boundary(answer)).ok();
            ctx.request_repaint();
        });
    }

    /// Takes in what a thread has done for the editor.
    pub(super) fn boundary_answer(&mut self, answer: BoundaryAnswer) {
        match answer {
            BoundaryAnswer::Looked(looked) => self.boundaries.looked(*looked),
            BoundaryAnswer::Chose(path) => self.boundaries.chose(path),
            BoundaryAnswer::Read(path, read) => self.boundaries.file_read(path, read),
            BoundaryAnswer::Written(written) => self.boundaries.file_written(written),
        }
    }

    /// Where a position of the map is on the screen, in points, as of the last frame.
    pub fn on_screen(&self, at: crate::town::Wgs84) -> eframe::egui::Pos2 {
        self.map.screen(at)
    }

    /// Opens the editor of boundaries, as its key would.
    pub fn open_boundaries(&mut self) {
        self.intents.push(Intent::Do(Deed::Boundaries));
    }
}
