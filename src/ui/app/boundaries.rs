//! Boundaries in the window: the ground that holds now, on top of that of the town's file.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::town::Town;

use super::{Hall, tell_standing};

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
        self.map.boundaries_changed(&self.town);
        let cases = self.board.iter().map(|live| live.case.clone()).collect();
        self.board.reset(cases, &self.town);
        self.history_asked = None;
        self.line.names = None;
        true
    }
}
