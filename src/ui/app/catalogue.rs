//! The catalogue in the window: the hall's changes on top of the file, commands of the hall itself, the export.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::board::Live;
use crate::case::DutyAction;
use crate::desk::Order;
use crate::town::Role;
use crate::ui::Scene;
use crate::ui::catalogue_window::CatalogueState;

use super::files::NO_DIALOG;
use super::{Answer, Hall, Overlay, Pending};

impl Hall {
    /// Opens the catalogue, or puts it away.
    pub(super) fn toggle_catalogue(&mut self) {
        if self.overlay == Overlay::Catalogue {
            self.overlay = Overlay::None;
        } else {
            self.overlay = Overlay::Catalogue;
            self.catalogue.opened();
        }
    }

    /// Saves what is typed in the catalogue.
    pub(super) fn submit_item(&mut self) {
        let state = CatalogueState {
            duty: &self.duty,
            role: self.post().map_or(Role::Presenter, |post| post.role),
        };
        let scene = Scene {
            town: &self.town,
            board: &self.board,
            duty: &self.duty,
            words: &self.words,
            colors: crate::ui::Palette::of(self.settings.dark),
            now: self.now,
            selection: &self.selection,
            past: false,
        };
        let mut intents = Vec::new();
        let mut window = std::mem::take(&mut self.catalogue);
        window.submit(scene, state, &mut intents);
        self.catalogue = window;
        self.intents.append(&mut intents);
    }

    /// The catalogue as the town's file has it, with what this book's hall has changed.
    pub(super) fn amend_catalogue(&mut self) {
        let mut catalogue = self.catalogue_of_file.clone();
        self.duty.amend(&mut catalogue);
        Arc::make_mut(&mut self.town).catalogue = catalogue;
        // Cases under an item that was added in the hall came to the board before the item was known.
        let unknown = |live: &Live| live.item.is_none() && self.town.catalogue.id(&live.case.item).is_some();
        if self.board.iter().any(unknown) {
            let cases = self.board.iter().map(|live| live.case.clone()).collect();
            self.board.reset(cases, &self.town);
        }
    }

    /// Gives commands of the hall itself. A refused change of the catalogue keeps its form and every typed word.
    pub(super) fn duty_intent(&mut self, actions: Vec<DutyAction>) {
        let edits = |action: &DutyAction| matches!(action, DutyAction::EditItem { .. });
        let (edits, others): (Vec<_>, Vec<_>) = actions.into_iter().partition(edits);
        if !others.is_empty() {
            let actor = self.acting();
            self.order_duty(&actor, others);
        }
        for edit in edits {
            match self.command(Order::Duty(edit), Vec::new(), Pending::Duty) {
                Ok(ticket) => self.catalogue.given(ticket),
                Err(refusal) => {
                    let text = self.refusal_words(&refusal);
                    self.catalogue.refused(text);
                }
            }
        }
    }

    /// The journal has a command of the hall itself.
    pub(super) fn duty_given(&mut self, ticket: u64) {
        if self.boundary_given(ticket) || !self.catalogue.waits_for(ticket) {
            return;
        }
        if let Some(item) = self.catalogue.saved(&self.town) {
            let text = self.words.f("catalogue-saved", &[("item", item.into())]);
            self.say(text, false);
        }
    }

    /// The journal does not take a command of the hall itself.
    pub(super) fn duty_refused(&mut self, ticket: u64, why: String) {
        if self.boundaries.waits_for(ticket) {
            self.boundaries.refused(why);
        } else if self.catalogue.waits_for(ticket) {
            self.catalogue.refused(why);
        } else {
            self.say(why, true);
        }
    }

    /// Lets the system's dialog choose a file, and writes the whole catalogue into it, both on a thread.
    pub(super) fn export_catalogue(&mut self) {
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        let folder = self.settings.import_folder.clone();
        let title = self.words.t("dialog-catalogue").to_owned();
        let kind = self.words.t("dialog-kind-tables").to_owned();
        let name = format!("{}-catalogue.csv", self.town.id);
        let table = match self.town.catalogue.to_csv() {
            Ok(table) => table,
            Err(error) => {
                self.say(error.to_string(), true);
                return;
            }
        };
        self.spawn("dialog", move || {
            let mut dialog = rfd::FileDialog::new()
                .set_title(title)
                .set_file_name(name)
                .add_filter(kind, &["csv"]);
            if let Some(folder) = folder {
                dialog = dialog.set_directory(folder);
            }
            let asked = Instant::now();
            let answer = match dialog.save_file() {
                Some(path) => Answer::CatalogueWritten(write(&path, &table).map(|()| path)),
                // A desktop without a dialog looks like a hand that cancels, but no hand is as quick.
                None if asked.elapsed() < NO_DIALOG => Answer::NoSaveDialog,
                None => return,
            };
            send.send(answer).ok();
            ctx.request_repaint();
        });
    }

    /// The catalogue was written to a file, or not.
    pub(super) fn catalogue_written(&mut self, result: Result<std::path::PathBuf, String>) {
        match result {
            Ok(path) => {
                let args = [
                    ("path", path.display().to_string().into()),
                    ("n", self.town.catalogue.len().into()),
                ];
                let text = self.words.f("catalogue-written", &args);
                self.say(text, false);
            }
            Err(why) => self.say(why, true),
        }
    }
}

fn write(path: &Path, table: &[u8]) -> Result<(), String> {
    std::fs::write(path, table).map_err(|error| format!("{}: {error}", path.display()))
}
