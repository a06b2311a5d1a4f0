//! The catalogue of items: all of them by class, and an editor that makes a new version of one.
//!
//! What is typed for an item stays when another one is looked at and when the window is closed; only whoever typed it
//! drops it, and is asked before.

mod editor;
pub mod form;
mod history;
mod list;

use std::collections::BTreeMap;

use eframe::egui::{self, Align2, Button, Id, Panel, RichText, Ui};

use crate::case::{Duty, DutyAction};
use crate::town::{Class, Item, Role, Town};

use super::{Intent, Scene, theme};
use form::Form;

/// The command that changes the catalogue, as the matrix of permissions has it.
pub const COMMAND: &str = "edit_item";
/// Largest size of the window, in points.
const SIZE: egui::Vec2 = egui::vec2(1240.0, 900.0);
/// What the window leaves free of the hall around it, in points.
const AROUND: egui::Vec2 = egui::vec2(60.0, 84.0);
/// Width of the list, in points.
const LIST_WIDTH: f32 = 400.0;
/// The key of a draft whose item is not in the catalogue yet.
const NEW: &str = "";

/// What the window reads beside the scene.
#[derive(Clone, Copy)]
pub struct CatalogueState<'a> {
    /// The hall beside its cases: it has the history of items.
    pub duty: &'a Duty,
    /// The role of the post at this seat.
    pub role: Role,
}

impl CatalogueState<'_> {
    fn may_edit(&self, town: &Town) -> bool {
        town.permissions.may_at_all(self.role, COMMAND)
    }
}

/// What was typed for one item.
#[derive(Clone, Debug)]
struct Draft {
    /// The item as it was when the draft began.
    base: Form,
    /// As it is typed.
    form: Form,
    /// The item's version when the draft began.
    based_on: u32,
    reason: String,
    /// Somebody tried to save it: what is missing is said.
    tried: bool,
    /// Why it was refused, in the interface's language.
    refused: Option<String>,
}

impl Draft {
    fn new(base: Form, based_on: u32) -> Self {
        Self {
            form: base.clone(),
            base,
            based_on,
            reason: String::new(),
            tried: false,
            refused: None,
        }
    }

    fn is_changed(&self) -> bool {
        self.form != self.base || !self.reason.trim().is_empty()
    }

    /// Goes on from the item as it is now; what was typed stays.
    fn rebase(&mut self, item: &Item) {
        let latest = Form::of(item);
        self.form = self.form.rebased(&self.base, &latest);
        self.base = latest;
        self.based_on = item.version;
        self.refused = None;
    }
}

/// What was asked of the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// The draft, as a new version or a new item.
    Save,
    /// The item as it is, retired or in use again. What else was typed stays a draft.
    Retire,
}

/// A change that the journal has not answered yet.
#[derive(Clone, Debug)]
struct Sent {
    key: String,
    code: String,
    change: Change,
    ticket: Option<u64>,
}

/// The window.
#[derive(Debug, Default)]
pub struct CatalogueWindow {
    /// What the list is narrowed to.
    find: String,
    /// Code of the item that is shown; [`NEW`] for one that is being added, `None` before anything is chosen.
    shown: Option<String>,
    drafts: BTreeMap<String, Draft>,
    sent: Option<Sent>,
    /// Whether dropping what was typed was asked for and not answered.
    dropping: bool,
    /// Whether the field above the list takes the focus.
    focus: bool,
    /// Whether the chosen row comes into view.
    follow: bool,
}

impl CatalogueWindow {
    /// The window was opened: the keys go to its list.
    pub fn opened(&mut self) {
        self.focus = true;
        self.follow = true;
    }

    /// The command was given to the journal under this ticket.
    pub fn given(&mut self, ticket: u64) {
        if let Some(sent) = &mut self.sent {
            sent.ticket = Some(ticket);
        }
    }

    /// Whether a change of the catalogue was given under this ticket.
    pub fn waits_for(&self, ticket: u64) -> bool {
        self.sent.as_ref().is_some_and(|sent| sent.ticket == Some(ticket))
    }

    /// The journal has it: the code of the item. The draft has done its work.
    pub fn saved(&mut self, town: &Town) -> Option<String> {
        let sent = self.sent.take()?;
        match (sent.change, town.catalogue.by_code(&sent.code)) {
            (Change::Retire, Some(item)) => {
                if let Some(draft) = self.drafts.get_mut(&sent.key) {
                    draft.rebase(item);
                    draft.reason.clear();
                    draft.tried = false;
                }
            }
            _ => {
                self.drafts.remove(&sent.key);
            }
        }
        if self.shown.as_ref() == Some(&sent.key) {
            self.follow = sent.key == NEW;
            self.shown = Some(sent.code.clone());
        }
        Some(sent.code)
    }

    /// It was refused: the reason is shown, everything typed stays.
    pub fn refused(&mut self, why: String) {
        let Some(sent) = self.sent.take() else { return };
        if let Some(draft) = self.drafts.get_mut(&sent.key) {
            draft.refused = Some(why);
        }
    }

    /// Another book is open: its journal knows nothing of what was given before. What was typed stays.
    pub fn other_book(&mut self) {
        self.sent = None;
    }

    /// Asks for the shown draft to be saved where it is whole; else says what is missing.
    pub fn submit(&mut self, scene: Scene<'_>, state: CatalogueState<'_>, intents: &mut Vec<Intent>) {
        let Some(key) = self.shown.clone().filter(|_| self.sent.is_none()) else {
            return;
        };
        if !state.may_edit(scene.town) {
            return;
        }
        let now = scene.town.catalogue.by_code(&key);
        let Some(draft) = self.drafts.get_mut(&key) else {
            return;
        };
        draft.tried = true;
        if key != NEW && draft.form == draft.base {
            draft.refused = Some(scene.words.t("catalogue-unchanged").to_owned());
            return;
        }
        let retired = now.is_some_and(|item| item.retired);
        let is_taken = key == NEW && editor::is_taken(scene.town, &draft.form);
        match draft.form.item(draft.based_on + 1, retired) {
            Ok(item) if !draft.reason.trim().is_empty() && !is_taken => {
                self.send(key, item, Change::Save, intents);
            }
            _ => draft.refused = Some(scene.words.t("catalogue-incomplete").to_owned()),
        }
    }

    /// Asks for the shown item to be retired, or to be in use again.
    fn retire(&mut self, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let Some(item) = self
            .shown
            .as_ref()
            .and_then(|code| scene.town.catalogue.by_code(code))
        else {
            return;
        };
        let Some(draft) = self.drafts.get_mut(&item.code) else {
            return;
        };
        draft.tried = true;
        if draft.reason.trim().is_empty() {
            draft.refused = Some(scene.words.t("catalogue-reason-missing").to_owned());
            return;
        }
        let next = Item {
            version: draft.based_on + 1,
            retired: !item.retired,
            ..item.clone()
        };
        self.send(next.code.clone(), next, Change::Retire, intents);
    }

    fn send(&mut self, key: String, item: Item, change: Change, intents: &mut Vec<Intent>) {
        let Some(draft) = self.drafts.get_mut(&key) else {
            return;
        };
        draft.refused = None;
        self.dropping = false;
        self.sent = Some(Sent {
            key,
            code: item.code.clone(),
            change,
            ticket: None,
        });
        intents.push(Intent::Duty(vec![DutyAction::EditItem {
            reason: draft.reason.trim().to_owned(),
            item: Box::new(item),
        }]));
    }

    /// Shows an item, or a new one. What was typed for the one before stays where there is anything.
    fn look_at(&mut self, key: String) {
        if self.shown.as_ref() != Some(&key) {
            self.dropping = false;
            self.shown = Some(key);
        }
    }

    /// Sees to it that the shown item has a draft that begins with the item as it is, and that no other one has a
    /// draft in which nothing was typed.
    fn prepare(&mut self, town: &Town) {
        let sent = self.sent.as_ref().map(|sent| sent.key.clone());
        let shown = self.shown.clone();
        self.drafts.retain(|key, draft| {
            draft.is_changed() || Some(key) == sent.as_ref() || Some(key) == shown.as_ref()
        });
        let Some(key) = shown else { return };
        if key == NEW {
            self.drafts
                .entry(key)
                .or_insert_with(|| Draft::new(Form::new(&town.catalogue, Class::A), 0));
            return;
        }
        let Some(item) = town.catalogue.by_code(&key) else {
            // An item of another book. What was typed waits until that book is open again.
            self.shown = None;
            return;
        };
        let fresh = || Draft::new(Form::of(item), item.version);
        let is_sent = sent.as_ref() == Some(&key);
        let draft = self.drafts.entry(key).or_insert_with(fresh);
        if draft.based_on != item.version && !draft.is_changed() && !is_sent {
            *draft = fresh();
        }
    }

    /// Draws it; false where it is to be closed.
    pub fn show(
        &mut self,
        ctx: &egui::Context,
        scene: Scene<'_>,
        state: CatalogueState<'_>,
        intents: &mut Vec<Intent>,
    ) -> bool {
        if self.shown.is_none() {
            self.shown = list::first(scene, &self.find);
        }
        self.prepare(scene.town);
        let mut open = true;
        let title = RichText::new(scene.words.t("catalogue-title")).font(theme::strong_font(theme::TITLE));
        egui::Window::new(title)
            .id(Id::unique("catalogue"))
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, egui::Vec2::ZERO)
            .fixed_size((ctx.content_rect().size() - AROUND).min(SIZE))
            .show(ctx, |ui| self.contents(ui, scene, state, intents));
        open
    }

    fn contents(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        state: CatalogueState<'_>,
        intents: &mut Vec<Intent>,
    ) {
        let note = RichText::new(scene.words.t("catalogue-note")).color(scene.colors.weak);
        ui.add(egui::Label::new(note).wrap());
        ui.add_space(theme::GRID);
        Panel::left("cataloguelist")
            .exact_size(LIST_WIDTH)
            .resizable(false)
            .frame(egui::Frame::NONE)
            .show(ui, |ui| self.left(ui, scene, state, intents));
        let right = egui::Frame::new().inner_margin(egui::Margin {
            left: 12,
            ..egui::Margin::ZERO
        });
        egui::CentralPanel::default()
            .frame(right)
            .show(ui, |ui| self.editor(ui, scene, state, intents));
    }

    fn left(&mut self, ui: &mut Ui, scene: Scene<'_>, state: CatalogueState<'_>, intents: &mut Vec<Intent>) {
        let words = scene.words;
        Panel::bottom("catalogueleftfoot")
            .resizable(false)
            .frame(egui::Frame::NONE)
            .show(ui, |ui| {
                ui.add_space(theme::GRID);
                ui.horizontal(|ui| {
                    let add = Button::new(words.t("catalogue-add"));
                    let may = state.may_edit(scene.town);
                    let response = ui
                        .add_enabled(may, add)
                        .on_disabled_hover_text(words.t("catalogue-not-yours"));
                    if response.clicked() {
                        self.look_at(NEW.to_owned());
                    }
                    let export = ui
                        .button(words.t("catalogue-export"))
                        .on_hover_text(words.t("catalogue-export-hint"));
                    if export.clicked() {
                        intents.push(Intent::ExportCatalogue);
                    }
                });
            });
        self.list(ui, scene);
    }
}
