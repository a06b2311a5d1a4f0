//! Entering a case by hand, as a menu: domain, item, place, source, note, photos. The keyboard alone does it.
//!
//! What was typed stays when the form is closed, and goes only when the journal has the case.

use std::sync::Arc;

use eframe::egui::{
    self, Align2, Button, FontId, Id, Key, Modifiers, Panel, Pos2, Rect, RichText, ScrollArea, TextEdit, Ui,
    Vec2, WidgetInfo,
};
use fluent_bundle::FluentValue;

use crate::case::{CaseId, PhotoPhase, Source, Step, Whereabouts};
use crate::desk::{NewReport, PhotoDraft, decide::NOTE_MAX_CHARS, permission};
use crate::store::PhotoFile;
use crate::town::{Class, Item, Level, Place, PlaceId, PlaceKind, Role, Wgs84};

use super::hall::queue::one_line;
use super::hall::twins::{Asked, Choice, Twins};
use super::hall::{marks, sheet, sides};
use super::keys::{self, Deed};
use super::{Intent, PhotoTarget, Scene, choose, icons, theme};

/// Most characters of a place in words.
const PLACE_MAX_CHARS: usize = 200;
/// From so many characters on the note says how many there are.
const NOTE_COUNTED_CHARS: usize = NOTE_MAX_CHARS * 9 / 10;
/// Height of an item's row, in points: two lines.
const ITEM_ROW: f32 = 46.0;
/// Height of a row with one line, in points.
const ROW: f32 = 32.0;

/// How the place is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum PlaceBy {
    /// By a click on the map.
    #[default]
    Map,
    /// As a community or block of a list.
    Area,
    /// In words.
    Words,
}

impl PlaceBy {
    const ALL: [Self; 3] = [Self::Map, Self::Area, Self::Words];
}

/// A field that can be given the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Field {
    Item,
    PlaceBy,
    Side,
    Area,
    Stated,
    Source,
    Note,
}

impl Field {
    fn id(self) -> Id {
        Id::unique(("report field", self))
    }
}

/// The form that opens a case.
#[derive(Debug)]
pub struct ReportForm {
    open: bool,
    /// The form was opened again with what had been typed before.
    kept: bool,
    /// The domain that the list of items shows; all domains where `None`.
    domain: Option<String>,
    find_item: String,
    item_row: usize,
    /// Code of the chosen item.
    item: Option<Arc<str>>,
    place_by: PlaceBy,
    at: Option<Wgs84>,
    /// The base grids that the point may belong to, where it lies near a boundary.
    sides: Vec<PlaceId>,
    /// Code of the one that was chosen of these.
    side: Option<Arc<str>>,
    /// The point was picked just now: the next frame asks which side it belongs to.
    just_picked: bool,
    /// Whether the map was asked for a point.
    picking: bool,
    find_area: String,
    area_row: usize,
    /// Code of the chosen community or block.
    area: Option<Arc<str>>,
    stated: String,
    source: Source,
    note: String,
    photos: Vec<PhotoDraft>,
    /// Open cases that may be the same matter.
    twins: Twins,
    /// It was given to the journal, which has not answered yet.
    sent: bool,
    /// The case that it is to be merged into then.
    merge_into: Option<CaseId>,
    /// Why it was refused, in the interface's language.
    refused: Option<String>,
    /// Somebody tried to send it: what is missing is said.
    tried: bool,
    /// The field that takes the focus in the next frame.
    focus: Option<Field>,
    /// The field that takes it in this one.
    focusing: Option<Field>,
}

impl Default for ReportForm {
    fn default() -> Self {
        Self {
            open: false,
            kept: false,
            domain: None,
            find_item: String::new(),
            item_row: 0,
            item: None,
            place_by: PlaceBy::Map,
            at: None,
            sides: Vec::new(),
            side: None,
            just_picked: false,
            picking: false,
            find_area: String::new(),
            area_row: 0,
            area: None,
            stated: String::new(),
            // What is typed in by hand at a seat came by telephone most often.
            source: Source::Hotline,
            note: String::new(),
            photos: Vec::new(),
            twins: Twins::default(),
            sent: false,
            merge_into: None,
            refused: None,
            tried: false,
            focus: None,
            focusing: None,
        }
    }
}

impl ReportForm {
    /// Whether it is shown.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Shows it, with what was typed before; the first field that still waits for something takes the focus.
    pub fn open(&mut self) {
        if !self.open {
            self.open = true;
            self.kept = self.has_words();
            self.picking = false;
        }
        self.focus = Some(self.first_missing().unwrap_or(Field::Note));
    }

    /// Puts it away. What was typed stays.
    pub fn close(&mut self) {
        self.open = false;
        self.picking = false;
        self.focus = None;
    }

    /// The map gives a point that was asked for.
    pub fn picked(&mut self, at: Wgs84) {
        self.at = Some(at);
        self.side = None;
        self.just_picked = true;
        self.place_by = PlaceBy::Map;
        self.picking = false;
        let next = if self.item.is_none() {
            Field::Item
        } else {
            Field::Stated
        };
        self.focus = Some(next);
    }

    /// A photo was read.
    pub fn add_photo(&mut self, file: PhotoFile) {
        self.photos.push(PhotoDraft {
            phase: PhotoPhase::Before,
            file,
        });
    }

    /// Asks for the case to be opened where item and place are there; else says what is missing.
    pub fn submit(&mut self, intents: &mut Vec<Intent>) {
        self.submit_into(None, intents);
    }

    /// The same; once it is there, it is to be merged into another case.
    fn submit_into(&mut self, into: Option<CaseId>, intents: &mut Vec<Intent>) {
        if self.sent {
            return;
        }
        self.tried = true;
        let (Some(item), Some(place), None) = (self.item.clone(), self.place(), self.first_missing()) else {
            self.focus = self.first_missing();
            return;
        };
        self.sent = true;
        self.merge_into = into;
        self.refused = None;
        let report = NewReport {
            item,
            text: self.note.trim().to_owned(),
            place,
            source: self.source,
            reported_at: None,
            photos: self.photos.iter().map(PhotoDraft::photo).collect(),
        };
        let files = self.photos.iter().map(|photo| photo.file.clone()).collect();
        intents.push(Intent::Report(Box::new(report), files));
    }

    /// The journal has the case: the form is emptied and put away. Answers the case that it is to be merged into.
    pub fn accepted(&mut self) -> Option<CaseId> {
        std::mem::take(self).merge_into
    }

    /// The case was refused, or a photo can't be read: the reason is shown, everything typed stays.
    pub fn refused(&mut self, why: String) {
        self.sent = false;
        self.refused = Some(why);
    }

    fn place(&self) -> Option<Whereabouts> {
        let stated: Arc<str> = self.stated.trim().into();
        match self.place_by {
            PlaceBy::Map => self.at.map(|at| Whereabouts::Point {
                at,
                stated,
                grid: self.side.clone(),
            }),
            PlaceBy::Area => self.area.clone().map(|code| Whereabouts::Area { code, stated }),
            PlaceBy::Words => (!stated.is_empty()).then_some(Whereabouts::Stated { stated }),
        }
    }

    /// Whether the point lies near a boundary, and nobody said yet on which side the matter is.
    fn side_is_open(&self) -> bool {
        self.place_by == PlaceBy::Map && self.at.is_some() && !self.sides.is_empty() && self.side.is_none()
    }

    fn first_missing(&self) -> Option<Field> {
        if self.item.is_none() {
            return Some(Field::Item);
        }
        if self.side_is_open() {
            return Some(Field::Side);
        }
        if self.place().is_some() {
            return None;
        }
        Some(match self.place_by {
            PlaceBy::Map => Field::PlaceBy,
            PlaceBy::Area => Field::Area,
            PlaceBy::Words => Field::Stated,
        })
    }

    fn has_words(&self) -> bool {
        let typed = [&self.find_item, &self.stated, &self.note]
            .into_iter()
            .any(|text| !text.trim().is_empty());
        typed || self.item.is_some() || self.at.is_some() || self.area.is_some() || !self.photos.is_empty()
    }

    /// Whether `field` takes the focus now.
    fn takes_focus(&self, field: Field) -> bool {
        self.focusing == Some(field)
    }

    /// The keys go to `field` now: those of the next frame are its own already.
    fn go_on(&mut self, ui: &Ui, field: Field) {
        self.focus = Some(field);
        ui.memory_mut(|memory| memory.request_focus(field.id()));
    }

    /// Draws the form in the right-hand panel.
    pub fn show(&mut self, ui: &mut Ui, scene: Scene<'_>, role: Role, intents: &mut Vec<Intent>) {
        self.focusing = self.focus.take();
        self.find_sides(scene);
        self.ask_for_point(intents);
        self.head(ui, scene, intents);
        let foot = Panel::bottom("reportfoot")
            .resizable(false)
            .frame(egui::Frame::NONE)
            .show_separator_line(false);
        foot.show(ui, |ui| self.foot(ui, scene, role, intents));
        ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt("reportform")
            .show(ui, |ui| {
                // The focus ring of a field needs room at both sides.
                egui::Frame::new()
                    .inner_margin(egui::Margin::symmetric(4, 4))
                    .show(ui, |ui| {
                        ui.add_enabled_ui(!self.sent, |ui| self.fields(ui, scene, intents));
                    });
            });
        if self.focus.is_some() {
            ui.ctx().request_repaint();
        }
    }

    /// Boundaries have changed: which sides a point may belong to is found out again.
    pub fn places_changed(&mut self) {
        self.sides.clear();
        self.just_picked = self.at.is_some();
    }

    /// Once a point is there, looks whether it lies near a boundary; then the question for the side comes first.
    fn find_sides(&mut self, scene: Scene<'_>) {
        if !std::mem::take(&mut self.just_picked) {
            return;
        }
        self.sides = self.at.map(|at| scene.town.sides(at)).unwrap_or_default();
        if self.side_is_open() && self.focusing == Some(Field::Stated) {
            self.focusing = Some(Field::Side);
        }
    }

    /// What can be compared with open cases so far.
    fn asked(&self) -> Option<Asked> {
        Some(Asked {
            item: self.item.clone()?,
            place: self.place()?,
            text: self.note.trim().to_owned(),
        })
    }

    /// While the place is to come from the map and is not there yet, the map waits for a click.
    fn ask_for_point(&mut self, intents: &mut Vec<Intent>) {
        let wanted = self.place_by == PlaceBy::Map && self.at.is_none() && !self.sent;
        if wanted != self.picking && (wanted || self.place_by != PlaceBy::Map) {
            self.picking = wanted;
            intents.push(Intent::PickPoint(wanted));
        }
    }

    fn head(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        ui.horizontal(|ui| {
            ui.label(RichText::new(scene.words.t("deed-report")).font(theme::strong_font(theme::TITLE)));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let close = Button::new(format!(
                    "{}  {}",
                    scene.words.t("report-close"),
                    keys::key_name(Deed::Back)
                ));
                if ui
                    .add(close)
                    .on_hover_text(scene.words.t("report-close-hint"))
                    .clicked()
                {
                    intents.push(Intent::Do(Deed::Back));
                }
            });
        });
        if self.kept && !self.sent {
            ui.horizontal(|ui| {
                ui.label(RichText::new(scene.words.t("report-kept")).color(scene.colors.weak));
                if ui.button(scene.words.t("report-clear")).clicked() {
                    *self = Self {
                        open: true,
                        focus: Some(Field::Item),
                        picking: self.picking,
                        ..Self::default()
                    };
                }
            });
        }
        ui.add_space(theme::GRID);
    }

    fn foot(&mut self, ui: &mut Ui, scene: Scene<'_>, role: Role, intents: &mut Vec<Intent>) {
        ui.separator();
        // What the journal has taken is a case itself, and would be found as its own twin.
        self.twins.look(scene, self.asked().filter(|_| !self.sent));
        let item = self
            .item
            .as_ref()
            .and_then(|code| scene.town.catalogue.by_code(code));
        let may = |item: &Item| permission::may(scene.town, role, Step::Merge, Level::of(item.class));
        let may_merge = !self.sent && item.is_some_and(may);
        match self.twins.show(ui, scene, may_merge, intents) {
            Some(Choice::Look(case)) => {
                intents.push(Intent::Do(Deed::Back));
                intents.push(Intent::Select(Some(case)));
            }
            Some(Choice::Merge(into)) => self.submit_into(Some(into), intents),
            None => {}
        }
        if let Some(why) = &self.refused {
            ui.add(egui::Label::new(RichText::new(why).color(scene.colors.red_text)).wrap());
        }
        ui.horizontal(|ui| {
            let text = format!(
                "{}  {}",
                scene.words.t("report-send"),
                keys::key_name(Deed::Confirm)
            );
            let button = Button::new(RichText::new(text).color(scene.colors.on_accent))
                .fill(scene.colors.accent)
                .min_size(Vec2::new(0.0, 32.0));
            let response = ui.add_enabled(!self.sent, button);
            if response.clicked() {
                self.submit(intents);
            }
            if self.sent {
                ui.spinner();
                ui.label(scene.words.t("form-writing"));
            } else if self.tried && self.first_missing().is_some() {
                ui.label(RichText::new(scene.words.t("report-missing")).color(scene.colors.red_text));
            }
        });
    }

    fn fields(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let missing_item = self.tried && self.item.is_none();
        heading(
            ui,
            scene,
            "report-item",
            missing_item.then_some("report-item-missing"),
        );
        self.item_field(ui, scene);
        let missing_place = self.tried && self.place().is_none();
        heading(
            ui,
            scene,
            "report-place",
            missing_place.then_some("report-place-missing"),
        );
        self.place_field(ui, scene, intents);
        heading(ui, scene, "report-source", None);
        self.source_field(ui, scene);
        heading(ui, scene, "report-note", None);
        self.note_field(ui, scene);
        heading(ui, scene, "report-photos", None);
        self.photo_field(ui, scene, intents);
    }

    fn item_field(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let note = RichText::new(scene.words.t("report-catalogue-note")).color(scene.colors.weak);
        let chosen = self
            .item
            .as_deref()
            .and_then(|code| scene.town.catalogue.by_code(code));
        if let Some(item) = chosen {
            if self.chosen_item(ui, scene, item) {
                self.item = None;
                self.go_on(ui, Field::Item);
            }
            ui.add(egui::Label::new(note).wrap());
            return;
        }
        if let Some(domain) = self.domain.clone() {
            let domain = scene.words.domain(&domain);
            let back = format!("{} › {domain}", scene.words.t("report-all-domains"));
            if ui
                .add(Button::new(back).frame(false))
                .on_hover_text(scene.words.t("report-domain-back"))
                .clicked()
            {
                self.leave_domain(ui);
            }
        }
        let hint = scene.words.t("report-item-hint");
        let focus = self.takes_focus(Field::Item);
        let keys = choose::field(ui, Field::Item.id(), &mut self.find_item, hint, focus);
        if keys.changed {
            self.item_row = 0;
        }
        if keys.back && self.domain.is_some() {
            self.leave_domain(ui);
        }
        self.item_list(ui, scene, keys);
        ui.add(egui::Label::new(note).wrap());
    }

    fn item_list(&mut self, ui: &mut Ui, scene: Scene<'_>, keys: choose::FieldKeys) {
        let rows = menu(scene, self.domain.as_deref(), &self.find_item);
        self.item_row = choose::stepped(self.item_row, keys.step, rows.len());
        if rows.is_empty() {
            ui.label(scene.words.t("report-item-none"));
            return;
        }
        let domains = matches!(rows[0], MenuRow::Domain(..));
        let list = choose::List {
            id: Id::unique("report items"),
            rows: rows.len(),
            row_height: if domains { ROW } else { ITEM_ROW },
            in_view: if domains { 7.5 } else { 5.5 },
            chosen: self.item_row,
            follow: keys.step != 0,
        };
        let clicked = choose::list(ui, scene.colors, &list, |ui, rect, index| match &rows[index] {
            MenuRow::Domain(domain, count) => domain_row(ui, scene, rect, scene.words.domain(domain), *count),
            MenuRow::Item(item) => item_row(ui, scene, rect, item),
        });
        let taken = clicked.or_else(|| keys.entered.then_some(self.item_row));
        match taken.and_then(|index| rows.get(index)) {
            Some(MenuRow::Domain(domain, _)) => {
                self.domain = Some((*domain).to_owned());
                self.item_row = 0;
                self.go_on(ui, Field::Item);
            }
            Some(MenuRow::Item(item)) => {
                self.item = Some(item.code.as_str().into());
                self.find_item.clear();
                self.go_on(ui, Field::PlaceBy);
            }
            None => return,
        }
        self.refused = None;
    }

    fn leave_domain(&mut self, ui: &Ui) {
        self.domain = None;
        self.item_row = 0;
        self.go_on(ui, Field::Item);
    }

    /// The chosen item; true where another is to be chosen.
    fn chosen_item(&mut self, ui: &mut Ui, scene: Scene<'_>, item: &Item) -> bool {
        let mut again = false;
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 88.0).max(120.0);
            let (rect, response) = ui.allocate_exact_size(Vec2::new(width, ITEM_ROW), egui::Sense::hover());
            let spoken = item_row(ui, scene, rect, item);
            response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Label, true, &spoken));
            response.on_hover_text(format!(
                "{} · {}",
                item.name.get(scene.words.lang),
                item.lead_department
            ));
            let change = ui.button(scene.words.t("report-change"));
            if self.takes_focus(Field::Item) {
                change.request_focus();
            }
            again = change.clicked();
        });
        again
    }

    fn place_field(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let labels = ["report-by-map", "report-by-area", "report-by-words"].map(|key| scene.words.t(key));
        let index = self.place_by as usize;
        let name = scene.words.t("report-place");
        let focus = self.takes_focus(Field::PlaceBy);
        let by = choose::one_of(ui, scene.colors, Field::PlaceBy.id(), name, &labels, index, focus);
        if let Some(index) = by.chosen {
            self.place_by = PlaceBy::ALL[index.min(2)];
        }
        if by.entered {
            let area_open = self.place_by == PlaceBy::Area && self.area.is_none();
            let next = match (area_open, self.side_is_open()) {
                (true, _) => Field::Area,
                (_, true) => Field::Side,
                _ => Field::Stated,
            };
            self.go_on(ui, next);
        }
        match self.place_by {
            PlaceBy::Map => self.map_place(ui, scene, intents),
            PlaceBy::Area => self.area_place(ui, scene),
            PlaceBy::Words => {}
        }
        self.stated_field(ui, scene);
    }

    fn map_place(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let Some(at) = self.at else {
            ui.horizontal(|ui| {
                ui.add(icons::icon(icons::PIN, scene.colors.text));
                ui.add(egui::Label::new(scene.words.t("report-click-map")).wrap());
            });
            return;
        };
        ui.horizontal(|ui| {
            ui.add(icons::icon(icons::PIN, scene.colors.text));
            ui.label(format!("{:.5}, {:.5}", at.lat, at.lon))
                .on_hover_text("WGS-84");
            let again = scene.words.t(if self.picking {
                "report-point-keep"
            } else {
                "report-point-again"
            });
            if ui.button(again).clicked() {
                self.picking = !self.picking;
                intents.push(Intent::PickPoint(self.picking));
            }
        });
        if self.picking {
            ui.add(egui::Label::new(scene.words.t("report-click-map")).wrap());
        }
        let found = scene.town.answerable(at);
        let inside = found.community.is_some() || scene.town.places.contains(at);
        if !inside {
            let text = RichText::new(scene.words.t("report-outside")).color(scene.colors.amber_text);
            ui.add(egui::Label::new(text).wrap());
            return;
        }
        let names: Vec<&str> = [found.community, found.base_grid, found.party_grid, found.block]
            .into_iter()
            .flatten()
            .map(|id| scene.town.places.get(id).name.get(scene.words.lang))
            .collect();
        ui.add(egui::Label::new(names.join(" · ")).wrap());
        self.side_field(ui, scene, at);
    }

    fn side_field(&mut self, ui: &mut Ui, scene: Scene<'_>, at: Wgs84) {
        if self.sides.is_empty() {
            return;
        }
        if self.tried && self.side.is_none() {
            let text = RichText::new(scene.words.t("sides-missing")).color(scene.colors.red_text);
            ui.label(text);
        }
        let field = (Field::Side.id(), self.takes_focus(Field::Side));
        let done = sides::ask(ui, scene, at, &self.sides, &mut self.side, field);
        if done.entered {
            self.go_on(ui, Field::Stated);
        }
    }

    fn area_place(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let lang = scene.words.lang;
        let place_of = |code: &str| {
            scene
                .town
                .places
                .by_code(code)
                .map(|id| scene.town.places.get(id))
        };
        if let Some(place) = self.area.as_deref().and_then(place_of) {
            ui.horizontal(|ui| {
                ui.label(place.name.get(lang));
                let change = ui.button(scene.words.t("report-change"));
                if self.takes_focus(Field::Area) {
                    change.request_focus();
                }
                if change.clicked() {
                    self.area = None;
                    self.go_on(ui, Field::Area);
                }
            });
            return;
        }
        let focus = self.takes_focus(Field::Area);
        let hint = scene.words.t("report-area-hint");
        let keys = choose::field(ui, Field::Area.id(), &mut self.find_area, hint, focus);
        if keys.changed {
            self.area_row = 0;
        }
        let rows = areas(scene, &self.find_area);
        self.area_row = choose::stepped(self.area_row, keys.step, rows.len());
        if rows.is_empty() {
            ui.label(scene.words.t("report-area-none"));
            return;
        }
        let list = choose::List {
            id: Id::unique("report areas"),
            rows: rows.len(),
            row_height: ROW,
            in_view: 6.5,
            chosen: self.area_row,
            follow: keys.step != 0,
        };
        let clicked = choose::list(ui, scene.colors, &list, |ui, rect, index| {
            area_row(ui, scene, rect, rows[index])
        });
        if let Some(index) = clicked.or_else(|| keys.entered.then_some(self.area_row))
            && let Some(place) = rows.get(index)
        {
            self.area = Some(place.code.as_str().into());
            self.find_area.clear();
            self.go_on(ui, Field::Stated);
        }
    }

    fn stated_field(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let key = if self.place_by == PlaceBy::Words {
            "report-stated-needed"
        } else {
            "report-stated-hint"
        };
        let hint = scene.words.t(key);
        let field = TextEdit::singleline(&mut self.stated)
            .id(Field::Stated.id())
            .hint_text(hint)
            .char_limit(PLACE_MAX_CHARS)
            .desired_width(f32::INFINITY);
        let response = ui.add(field);
        choose::name_field(&response, &self.stated, hint);
        if self.takes_focus(Field::Stated) {
            response.request_focus();
            response.scroll_to_me(None);
        }
        if response.lost_focus() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter)) {
            self.go_on(ui, Field::Source);
        }
    }

    fn source_field(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let labels = Source::ALL.map(|source| scene.words.source(source));
        let index = Source::ALL
            .iter()
            .position(|source| *source == self.source)
            .unwrap_or(0);
        let focus = self.takes_focus(Field::Source);
        let name = scene.words.t("report-source");
        let done = choose::one_of(ui, scene.colors, Field::Source.id(), name, &labels, index, focus);
        if let Some(source) = done.chosen.and_then(|index| Source::ALL.get(index)) {
            self.source = *source;
        }
        if done.entered {
            self.go_on(ui, Field::Note);
        }
    }

    fn note_field(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let hint = scene.words.t("report-note-hint");
        let field = TextEdit::multiline(&mut self.note)
            .id(Field::Note.id())
            .hint_text(hint)
            .desired_rows(4)
            .char_limit(NOTE_MAX_CHARS)
            .desired_width(f32::INFINITY);
        let response = ui.add(field);
        choose::name_field(&response, &self.note, hint);
        if self.takes_focus(Field::Note) {
            response.request_focus();
            response.scroll_to_me(None);
        }
        let chars = self.note.chars().count();
        if chars >= NOTE_COUNTED_CHARS {
            let args = [
                ("n", FluentValue::from(chars)),
                ("of", FluentValue::from(NOTE_MAX_CHARS)),
            ];
            ui.label(RichText::new(scene.words.f("report-note-count", &args)).color(scene.colors.weak));
        }
    }

    fn photo_field(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        ui.horizontal_wrapped(|ui| {
            let icon = icons::icon(icons::CAMERA, scene.colors.text);
            let add = ui.add(Button::image_and_text(icon, scene.words.t("report-photo-add")));
            if add.on_hover_text(scene.words.t("photos-hint")).clicked() {
                intents.push(Intent::ChoosePhotos(PhotoTarget::Report));
            }
            let mut dropped = None;
            for (index, photo) in self.photos.iter().enumerate() {
                if sheet::photo_chip(ui, scene, photo) {
                    dropped = Some(index);
                }
            }
            if let Some(index) = dropped {
                self.photos.remove(index);
            }
        });
    }
}

/// A row of the menu of items.
enum MenuRow<'a> {
    /// A domain, and how many items it has.
    Domain(&'a str, usize),
    /// An item.
    Item(&'a Item),
}

/// The menu: domains first, the items of a domain next; with a text, all items that it fits. None that is retired.
fn menu<'a>(scene: Scene<'a>, domain: Option<&str>, text: &str) -> Vec<MenuRow<'a>> {
    let catalogue = &scene.town.catalogue;
    let wanted = text.trim().to_lowercase();
    if wanted.is_empty() && domain.is_none() {
        let count = |domain: &str| {
            let here = |item: &Item| !item.retired && item.domain == domain;
            catalogue.iter().filter(|(_, item)| here(item)).count()
        };
        return catalogue
            .domains()
            .into_iter()
            .map(|domain| (domain, count(domain)))
            .filter(|(_, count)| *count > 0)
            .map(|(domain, count)| MenuRow::Domain(domain, count))
            .collect();
    }
    let fits = |item: &Item| {
        let texts = [&item.code, &item.name.zh, &item.name.en, &item.domain];
        wanted.is_empty()
            || texts
                .into_iter()
                .any(|text| text.to_lowercase().contains(&wanted))
    };
    let here = |item: &Item| domain.is_none_or(|domain| item.domain == domain);
    catalogue
        .iter()
        .map(|(_, item)| item)
        .filter(|item| !item.retired && here(item) && fits(item))
        .map(MenuRow::Item)
        .collect()
}

/// Communities, then blocks, whose name or code the text fits.
fn areas<'a>(scene: Scene<'a>, text: &str) -> Vec<&'a Place> {
    let wanted = text.trim().to_lowercase();
    let fits = |place: &Place| {
        let texts = [&place.code, &place.name.zh, &place.name.en];
        wanted.is_empty()
            || texts
                .into_iter()
                .any(|text| text.to_lowercase().contains(&wanted))
    };
    [PlaceKind::Community, PlaceKind::Block]
        .into_iter()
        .flat_map(|kind| scene.town.places.of_kind(kind))
        .map(|(_, place)| place)
        .filter(|place| fits(place))
        .collect()
}

fn heading(ui: &mut Ui, scene: Scene<'_>, key: &str, missing: Option<&str>) {
    ui.add_space(2.0 * theme::GRID);
    ui.horizontal_wrapped(|ui| {
        ui.label(
            RichText::new(scene.words.t(key))
                .font(theme::strong_font(theme::BODY))
                .color(scene.colors.text),
        );
        if let Some(missing) = missing {
            ui.label(RichText::new(scene.words.t(missing)).color(scene.colors.red_text));
        }
    });
}

fn domain_row(ui: &Ui, scene: Scene<'_>, rect: Rect, domain: &str, count: usize) -> String {
    let count = scene.words.n("report-domain-count", count);
    let font = FontId::proportional(theme::BODY);
    let right = Pos2::new(rect.right() - 10.0, rect.center().y);
    let number = ui.painter().text(
        right,
        Align2::RIGHT_CENTER,
        format!("{count}  ›"),
        font,
        scene.colors.weak,
    );
    let left = Pos2::new(rect.left() + 10.0, rect.center().y);
    one_line(ui, left, number.left() - 8.0, domain, scene.colors.text);
    format!("{domain} {count}")
}

/// Paints an item: its class's mark, its name, its code, domain and limit.
fn item_row(ui: &Ui, scene: Scene<'_>, rect: Rect, item: &Item) -> String {
    let colors = scene.colors;
    let mark = Pos2::new(rect.left() + 18.0, rect.center().y);
    marks::class_mark(
        ui.painter(),
        mark,
        20.0,
        item.class,
        colors.case_fill,
        marks::letter_on(colors),
    );
    let (left, right) = (rect.left() + 38.0, rect.right() - 8.0);
    let name = item.name.get(scene.words.lang);
    let limit = limit(scene, item);
    let second = format!("{} · {} · {limit}", item.code, item.domain);
    one_line(ui, Pos2::new(left, rect.top() + 14.0), right, name, colors.text);
    one_line(
        ui,
        Pos2::new(left, rect.top() + 33.0),
        right,
        &second,
        colors.weak,
    );
    format!("{} {name}, {second}", Class::letter(item.class))
}

/// The time limit of an item, in words.
pub(super) fn limit(scene: Scene<'_>, item: &Item) -> String {
    if item.limit_hours < 1.0 {
        return scene.words.duration(chrono::TimeDelta::seconds(
            (item.limit_hours * 3600.0).round() as i64
        ));
    }
    let key = if item.working_time {
        "report-limit-working"
    } else {
        "report-limit-wall"
    };
    scene
        .words
        .f(key, &[("hours", FluentValue::from(item.limit_hours))])
}

fn area_row(ui: &Ui, scene: Scene<'_>, rect: Rect, place: &Place) -> String {
    let lang = scene.words.lang;
    let name = place.name.get(lang);
    let parent = place
        .parent
        .map(|id| scene.town.places.get(id))
        .filter(|parent| parent.kind != PlaceKind::SubDistrict);
    let text = match parent {
        Some(parent) => format!("{name} · {}", parent.name.get(lang)),
        None => name.to_owned(),
    };
    let left = Pos2::new(rect.left() + 10.0, rect.center().y);
    one_line(ui, left, rect.right() - 8.0, &text, scene.colors.text);
    text
}
