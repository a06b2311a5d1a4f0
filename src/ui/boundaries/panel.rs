//! The panel: places and their tools, what is wrong, files, and what was changed before.

use std::sync::Arc;

use eframe::egui::{self, Button, Id, Panel, Response, RichText, ScrollArea, Ui};

use crate::town::PlaceKind;
use crate::town::boundary::{Fault, Shape, Weight, wgs84};
use crate::town::{Role, Wgs84};
use crate::ui::keys::{self, Deed};
use crate::ui::{Intent, Scene, choose, theme};

use super::{BoundaryDo, BoundaryEditor, COMMAND, Tab, Tool, field, hectares, kind_text};

/// The kinds of place in the order of their buttons.
const KINDS: [PlaceKind; 4] = [
    PlaceKind::BaseGrid,
    PlaceKind::PartyGrid,
    PlaceKind::Block,
    PlaceKind::Community,
];
/// Height of the list of places, in points.
const LIST: f32 = 160.0;
/// What stands below the list while no place is chosen, in points.
const BELOW_LIST: f32 = 120.0;
/// Height of a row, in points.
const ROW: f32 = theme::HIT;

/// Who looks at the panel, and where.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    /// The role of the post at this seat.
    pub role: Role,
    /// This is a drill's book: its town is played on, not changed.
    pub drill: bool,
}

impl Seat {
    /// Whether boundaries may be changed from here; else why not.
    fn may(self, scene: Scene<'_>) -> Result<(), &'static str> {
        if self.drill {
            return Err("bounds-not-in-drill");
        }
        let may = scene.town.permissions.may_at_all(self.role, COMMAND);
        if may { Ok(()) } else { Err("bounds-not-yours") }
    }
}

impl BoundaryEditor {
    /// Draws the panel.
    pub fn show(&mut self, ui: &mut Ui, scene: Scene<'_>, seat: Seat, intents: &mut Vec<Intent>) {
        let w = scene.words;
        let may = seat.may(scene);
        ui.horizontal(|ui| {
            ui.label(RichText::new(w.t("bounds-title")).font(theme::strong_font(theme::TITLE)));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let close = ui
                    .button(w.t("bounds-close"))
                    .on_hover_text(keys::hint(w, Deed::Back));
                if close.clicked() {
                    self.leaving = self.is_changed();
                    if !self.leaving {
                        intents.push(Intent::Boundary(BoundaryDo::Leave));
                    }
                }
            });
        });
        if self.leaving {
            self.leaving_ui(ui, scene, intents);
        }
        if self.stale {
            self.stale_ui(ui, scene);
        }
        if let Some(edit) = scene.duty.boundaries_to_come(scene.now) {
            let args = [
                ("number", edit.number.into()),
                ("when", w.moment(edit.from, scene.now, scene.town.timezone).into()),
            ];
            let text = RichText::new(w.f("bounds-to-come", &args)).color(scene.colors.amber_text);
            ui.add(egui::Label::new(text).wrap());
        }
        self.tabs(ui, scene);
        ui.add_space(theme::GRID);
        match self.tab {
            Tab::Draw => self.draw_ui(ui, scene, may, intents),
            Tab::Check => self.check_ui(ui, scene, intents),
            Tab::Files => self.files_ui(ui, scene, intents),
            Tab::History => self.history_ui(ui, scene, may, intents),
        }
    }

    fn tabs(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let w = scene.words;
        let count = self.looked.as_ref().map_or(0, |looked| {
            let told = looked.faults.iter().filter(|f| f.kind.weight() != Weight::Note);
            told.count()
        });
        let check = if count > 0 {
            w.n("bounds-tab-check-n", count)
        } else {
            w.t("bounds-tab-check").to_owned()
        };
        let labels = [
            w.t("bounds-tab-draw"),
            &check,
            w.t("bounds-tab-files"),
            w.t("bounds-tab-history"),
        ];
        let all = [Tab::Draw, Tab::Check, Tab::Files, Tab::History];
        let chosen = all.iter().position(|tab| *tab == self.tab).unwrap_or(0);
        let id = Id::unique("boundstabs");
        let done = choose::one_of(ui, scene.colors, id, w.t("bounds-title"), &labels, chosen, false);
        if let Some(tab) = done.chosen {
            self.tab = all[tab];
        }
    }

    fn leaving_ui(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let w = scene.words;
        let question = RichText::new(w.t("bounds-leave-ask")).color(scene.colors.amber_text);
        ui.add(egui::Label::new(question).wrap());
        ui.horizontal(|ui| {
            if ui.button(w.t("bounds-leave-keep")).clicked() {
                self.leaving = false;
                intents.push(Intent::Boundary(BoundaryDo::Leave));
            }
            if ui.button(w.t("bounds-leave-drop")).clicked() {
                self.begin(scene.town, scene.duty);
                self.leaving = false;
                intents.push(Intent::Boundary(BoundaryDo::Leave));
            }
            if ui.button(w.t("bounds-leave-stay")).clicked() {
                self.leaving = false;
            }
        });
    }

    fn stale_ui(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let w = scene.words;
        let text = RichText::new(w.t("bounds-stale")).color(scene.colors.amber_text);
        ui.add(egui::Label::new(text).wrap());
        if ui.button(w.t("bounds-stale-begin")).clicked() {
            self.begin(scene.town, scene.duty);
        }
    }

    fn draw_ui(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        may: Result<(), &'static str>,
        intents: &mut Vec<Intent>,
    ) {
        let w = scene.words;
        let kind = *self.kind.get_or_insert(PlaceKind::BaseGrid);
        let labels = KINDS.map(|kind| kind_text(w, kind));
        let chosen = KINDS.iter().position(|k| *k == kind).unwrap_or(0);
        let id = Id::unique("boundskinds");
        let done = choose::one_of(ui, scene.colors, id, w.t("bounds-kinds"), &labels, chosen, false);
        if let Some(kind) = done.chosen {
            self.kind = Some(KINDS[kind]);
            self.choose(None);
        }
        let find = field(ui, w.t("bounds-find"), &mut self.find, 250.0);
        if std::mem::take(&mut self.focus) {
            find.request_focus();
        }
        let entered = find.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        if self.is_changed() {
            // Always in sight, however long the rest is.
            Panel::bottom("boundssave")
                .resizable(false)
                .frame(egui::Frame::NONE)
                .show(ui, |ui| self.save_ui(ui, scene, may, intents));
        }
        self.list_ui(ui, scene, entered, intents);
        ui.horizontal(|ui| {
            let (back, again) = self.plan.steps();
            let undo = ui.add_enabled(back > 0, Button::new(w.t("bounds-undo")));
            if undo
                .on_hover_text(keys::hint(w, Deed::Step(crate::case::Step::Undo)))
                .clicked()
            {
                self.undo();
            }
            let redo = ui.add_enabled(again > 0, Button::new(w.t("deed-redo")));
            if redo.on_hover_text(keys::hint(w, Deed::Redo)).clicked() {
                self.redo();
            }
            let mut snap = !self.loose;
            ui.checkbox(&mut snap, w.t("bounds-snap"))
                .on_hover_text(w.t("bounds-snap-hint"));
            self.loose = !snap;
        });
        ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt("boundsdraw")
            .show(ui, |ui| {
                self.tool_ui(ui, scene);
                self.place_ui(ui, scene, intents);
                if let Some((text, bad)) = &self.said {
                    let color = if *bad {
                        scene.colors.red_text
                    } else {
                        scene.colors.weak
                    };
                    ui.add(egui::Label::new(RichText::new(text).color(color)).wrap());
                }
            });
    }

    /// The places of the chosen kind, each a button; Enter in the field above takes the first.
    fn list_ui(&mut self, ui: &mut Ui, scene: Scene<'_>, entered: bool, intents: &mut Vec<Intent>) {
        let (w, kind) = (scene.words, self.kind);
        let wanted = self.find.trim().to_lowercase();
        let fits = |s: &&Arc<Shape>| {
            Some(s.kind) == kind
                && (wanted.is_empty()
                    || s.code.to_lowercase().contains(&wanted)
                    || s.name.zh.contains(&wanted)
                    || s.name.en.to_lowercase().contains(&wanted))
        };
        let rows: Vec<Arc<Shape>> = self.plan.shapes().iter().filter(fits).cloned().collect();
        if rows.is_empty() {
            ui.label(RichText::new(w.t("bounds-list-none")).color(scene.colors.weak));
        }
        let place = rows.iter().position(|s| Some(&s.code) == self.chosen.as_ref());
        // Until a place is chosen there is nothing below that needs the room.
        let height = match self.chosen {
            None => (ui.available_height() - BELOW_LIST).max(LIST),
            Some(_) => LIST,
        };
        let mut area = ScrollArea::vertical()
            .id_salt("boundslist")
            .max_height(height)
            .auto_shrink([false, true]);
        if let Some(place) = place.filter(|_| std::mem::take(&mut self.follow)) {
            let step = ROW + ui.spacing().item_spacing.y;
            area = area.vertical_scroll_offset((place as f32 * step - LIST / 2.0).max(0.0));
        }
        let first = rows.first().filter(|_| entered);
        let mut clicked = first.map(|shape| shape.code.clone());
        area.show_rows(ui, ROW, rows.len(), |ui, range| {
            for shape in &rows[range] {
                let before = self.plan.before(&shape.code);
                let mark = match before {
                    None => w.t("bounds-mark-new"),
                    Some(before) if before.polygons != shape.polygons => w.t("bounds-mark-changed"),
                    Some(_) => "",
                };
                let text = format!("{} · {}  {mark}", shape.code, shape.name.get(w.lang));
                let is_chosen = self.chosen.as_ref() == Some(&shape.code);
                let button =
                    Button::selectable(is_chosen, text).min_size(egui::vec2(ui.available_width(), ROW));
                if ui.add(button).clicked() {
                    clicked = Some(shape.code.clone());
                }
            }
        });
        let Some(code) = clicked else { return };
        if self.tool == Tool::Merge && self.chosen.as_ref() != Some(&code) {
            self.merge_with(w, &code);
            return;
        }
        intents.extend(self.fit(&code));
        self.choose(Some(code));
        self.follow = false;
    }

    /// What the hand on the map does now, and how that ends.
    fn tool_ui(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let w = scene.words;
        let (hint, points) = match &self.tool {
            Tool::Pick => return,
            Tool::Cut(line) => ("bounds-cut-hint", Some(line.len())),
            Tool::Draw(line) => ("bounds-draw-hint", Some(line.len())),
            Tool::Merge => ("bounds-merge-hint", None),
        };
        ui.add(egui::Label::new(RichText::new(w.t(hint)).color(scene.colors.accent)).wrap());
        if let Some(points) = points {
            field(ui, w.t("bounds-code"), &mut self.form.code, 150.0);
            field(ui, w.t("bounds-name-zh"), &mut self.form.zh, 200.0);
            field(ui, w.t("bounds-name-en"), &mut self.form.en, 200.0);
            ui.label(w.n("bounds-points", points));
        }
        ui.horizontal(|ui| {
            if let Some(points) = points {
                let done = ui.add_enabled(points >= 2, Button::new(w.t("bounds-done")));
                let done = done
                    .on_hover_text(keys::hint(w, Deed::NextStep))
                    .on_disabled_hover_text(w.t(hint));
                if done.clicked() {
                    self.finish(w);
                }
            }
            if ui
                .button(w.t("bounds-cancel"))
                .on_hover_text(keys::hint(w, Deed::Back))
                .clicked()
            {
                self.tool = Tool::Pick;
            }
        });
        ui.separator();
    }

    fn place_ui(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let w = scene.words;
        let shape = self
            .chosen
            .as_ref()
            .and_then(|code| self.plan.shape(code))
            .cloned();
        let Some(shape) = shape else {
            ui.add(egui::Label::new(RichText::new(w.t("bounds-choose")).color(scene.colors.weak)).wrap());
            self.new_block_ui(ui, scene);
            return;
        };
        let head = format!("{} · {}", shape.code, shape.name.get(w.lang));
        ui.label(RichText::new(head).font(theme::strong_font(theme::BODY)));
        let before = self
            .plan
            .before(&shape.code)
            .map(|before| hectares(w, before.area_m2()));
        let now = hectares(w, shape.area_m2());
        let area = match before {
            Some(before) if before != now => format!("{before} → {now}"),
            _ => now,
        };
        ui.label(RichText::new(area).color(scene.colors.weak));
        ui.horizontal_wrapped(|ui| self.place_tools(ui, scene, &shape));
        if shape.kind == PlaceKind::PartyGrid {
            self.members_ui(ui, scene, &shape);
        } else {
            self.corner_ui(ui, scene, &shape, intents);
        }
    }

    fn place_tools(&mut self, ui: &mut Ui, scene: Scene<'_>, shape: &Shape) {
        let w = scene.words;
        let cuts = matches!(shape.kind, PlaceKind::BaseGrid | PlaceKind::Block);
        let not = w.t("bounds-cannot-kind");
        let cut = ui
            .add_enabled(cuts, Button::new(w.t("bounds-cut")))
            .on_disabled_hover_text(not);
        if cut.on_hover_text(w.t("bounds-cut-hint")).clicked() {
            self.form.code = self.free_code(shape);
            self.tool = Tool::Cut(Vec::new());
            self.said = None;
        }
        let merge = ui
            .add_enabled(cuts, Button::new(w.t("bounds-merge")))
            .on_disabled_hover_text(not);
        if merge.on_hover_text(w.t("bounds-merge-hint")).clicked() {
            self.tool = Tool::Merge;
            self.said = None;
        }
        if shape.kind == PlaceKind::Block {
            if ui.button(w.t("bounds-delete-block")).clicked() {
                let code = shape.code.clone();
                if self.step(w, |plan| plan.delete_block(&code)) {
                    self.choose(None);
                }
            }
            self.new_block_ui(ui, scene);
        }
    }

    fn new_block_ui(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let w = scene.words;
        if self.kind != Some(PlaceKind::Block) || self.tool != Tool::Pick {
            return;
        }
        let draw = ui
            .button(w.t("bounds-draw"))
            .on_hover_text(w.t("bounds-draw-hint"));
        if draw.clicked() {
            let block = self
                .plan
                .shapes()
                .iter()
                .rfind(|s| s.kind == PlaceKind::Block)
                .cloned();
            self.form.code = block.map(|block| self.free_code(&block)).unwrap_or_default();
            self.tool = Tool::Draw(Vec::new());
            self.chosen = None;
            self.said = None;
        }
    }

    /// A code like that of a place, with the next number that is free.
    fn free_code(&self, like: &Shape) -> String {
        let stem = like.code.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = like.code.len() - stem.len();
        let number = |code: &str| code.strip_prefix(stem)?.parse::<u32>().ok();
        let all = self.plan.shapes().iter().filter_map(|s| number(&s.code));
        format!("{stem}{:0digits$}", all.max().unwrap_or(0) + 1)
    }

    fn corner_ui(&mut self, ui: &mut Ui, scene: Scene<'_>, shape: &Shape, intents: &mut Vec<Intent>) {
        let w = scene.words;
        let here = self
            .corner
            .and_then(|corner| self.plan.next_corner(&shape.code, Some(corner), 0));
        let text = match here.filter(|here| Some(here.node) == self.corner) {
            Some(here) => {
                let at: Wgs84 = wgs84(here.node);
                w.f(
                    "bounds-corner",
                    &[
                        ("number", (here.number + 1).into()),
                        ("of", here.of.into()),
                        ("lon", format!("{:.6}", at.lon).into()),
                        ("lat", format!("{:.6}", at.lat).into()),
                    ],
                )
            }
            None => w.n("bounds-corners", shape.corners()),
        };
        ui.label(text);
        let some = self.corner.is_some();
        ui.horizontal_wrapped(|ui| {
            let mut button = |deed: Deed, enabled: bool| {
                let words = keys::bound(deed).map_or("", |bound| bound.words);
                let button = ui.add_enabled(enabled, Button::new(w.t(words)));
                let button = button.on_hover_text(keys::hint(w, deed));
                if button.on_disabled_hover_text(w.t("bounds-corner-none")).clicked() {
                    intents.push(Intent::Do(deed));
                }
            };
            button(Deed::CornerBefore, true);
            button(Deed::CornerAfter, true);
            button(Deed::CornerInsert, some);
            button(Deed::CornerDelete, some);
        });
        ui.add(egui::Label::new(RichText::new(w.t("bounds-corner-hint")).color(scene.colors.weak)).wrap());
    }

    /// The base grids of a party grid's community: which of them belong to it.
    fn members_ui(&mut self, ui: &mut Ui, scene: Scene<'_>, party: &Shape) {
        let w = scene.words;
        ui.add(egui::Label::new(RichText::new(w.t("bounds-members")).color(scene.colors.weak)).wrap());
        let of_community = |s: &&Arc<Shape>| s.kind == PlaceKind::BaseGrid && s.parent == party.parent;
        let grids: Vec<Arc<Shape>> = self.plan.shapes().iter().filter(of_community).cloned().collect();
        for grid in grids {
            let is_member = party.members.contains(&grid.code);
            let mut on = is_member;
            let text = format!("{} · {}", grid.code, grid.name.get(w.lang));
            if ui.checkbox(&mut on, text).changed() {
                self.step(w, |plan| match on {
                    true => plan.give_member(&party.code, &grid.code),
                    false => plan.take_member(&party.code, &grid.code),
                });
            }
        }
    }

    fn check_ui(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let w = scene.words;
        let note = RichText::new(w.t("bounds-check-note")).color(scene.colors.weak);
        ui.add(egui::Label::new(note).wrap());
        let Some(looked) = self.looked_now() else {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(w.t("bounds-looking"));
            });
            return;
        };
        if looked.faults.is_empty() {
            ui.label(w.t("bounds-sound"));
            return;
        }
        let mut chosen = None;
        ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt("boundsfaults")
            .show(ui, |ui| {
                for (i, fault) in looked.faults.iter().enumerate() {
                    if fault_row(ui, scene, fault, self.fault == Some(i)).clicked() {
                        chosen = Some((i, fault.at));
                    }
                }
            });
        if let Some((i, at)) = chosen {
            self.fault = Some(i);
            intents.extend(at.map(|at| Intent::Boundary(BoundaryDo::FlyTo(at))));
        }
    }
}

/// A fault in words.
pub(super) fn fault_text(scene: Scene<'_>, fault: &Fault) -> String {
    let w = scene.words;
    let mut text = format!("{} · {}", w.t(fault_key(fault)), fault.of.join(" / "));
    if fault.area_m2 > 0.0 {
        let m2 = if fault.area_m2 < 100.0 {
            format!("{:.2}", fault.area_m2)
        } else {
            format!("{:.0}", fault.area_m2)
        };
        text.push_str(" · ");
        text.push_str(&w.f("bounds-square-metres", &[("m2", m2.into())]));
    }
    if !fault.detail.is_empty() {
        text.push_str(" · ");
        text.push_str(&fault.detail);
    }
    text
}

fn fault_key(fault: &Fault) -> &'static str {
    use crate::town::boundary::FaultKind as K;
    match fault.kind {
        K::Unreadable => "bounds-fault-unreadable",
        K::NotANumber => "bounds-fault-not-a-number",
        K::OffTheGlobe => "bounds-fault-off-the-globe",
        K::Swapped => "bounds-fault-swapped",
        K::FarAway => "bounds-fault-far-away",
        K::TooFew => "bounds-fault-too-few",
        K::TooMany => "bounds-fault-too-many",
        K::DuplicateCode => "bounds-fault-duplicate-code",
        K::NoParent => "bounds-fault-no-parent",
        K::SelfCrossing => "bounds-fault-self-crossing",
        K::TooTangled => "bounds-fault-too-tangled",
        K::HoleOutside => "bounds-fault-hole-outside",
        K::Overlap => "bounds-fault-overlap",
        K::OutsideParent => "bounds-fault-outside-parent",
        K::NotAUnion => "bounds-fault-not-a-union",
        K::Gap => "bounds-fault-gap",
        K::NotClosed => "bounds-fault-not-closed",
        K::Winding => "bounds-fault-winding",
        K::Sliver => "bounds-fault-sliver",
        K::Hole => "bounds-fault-hole",
    }
}

/// A fault as a row that can be clicked.
pub(super) fn fault_row(ui: &mut Ui, scene: Scene<'_>, fault: &Fault, chosen: bool) -> Response {
    let (color, mark) = match fault.kind.weight() {
        Weight::Blocks => (scene.colors.red_text, "bounds-weight-blocks"),
        Weight::NeedsReason => (scene.colors.amber_text, "bounds-weight-reason"),
        Weight::Note => (scene.colors.weak, "bounds-weight-note"),
    };
    let text = format!("{}  {}", scene.words.t(mark), fault_text(scene, fault));
    // On the ground of what is chosen, the colour would be hard to read.
    let color = if chosen { scene.colors.text } else { color };
    let button = Button::selectable(chosen, RichText::new(text).color(color)).wrap();
    ui.add(button.min_size(egui::vec2(ui.available_width(), theme::HIT)))
}
