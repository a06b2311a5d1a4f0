//! What a hand does on the map beside moving it: selecting many cases, spreading a spot, and the map's own keys.

use eframe::egui::PointerButton;
use eframe::egui::{
    Context, CursorIcon, EventFilter, Id, Key, Modifiers, Pos2, Response, Stroke, StrokeKind, Ui, vec2,
};

use crate::board::Board;
use crate::case::CaseId;
use crate::town::Town;
use crate::ui::many::Many;
use crate::ui::{Intent, Scene, Selection};

use super::camera::{Bounds, View, mercator};
use super::cases::{Cases, Hit};
use super::pixels::position;
use super::spider::{self, Spider};
use super::{MapView, furniture};

/// How far one arrow key moves the map that has the focus, in points.
const STEP: f32 = 120.0;

/// The map's own widget; the second where two are shown side by side.
pub(super) fn map_id(second: bool) -> Id {
    Id::unique(("map", second))
}

impl MapView {
    /// Whether a drag selects cases instead of moving the map.
    pub fn is_selecting(&self) -> bool {
        self.select.on
    }

    /// Switches the tool that selects many cases; what else was in the hand is put away. While boundaries are drawn, a drag
    /// is theirs.
    pub fn set_selecting(&mut self, on: bool) {
        self.select.on = on && !self.editing;
        if self.select.on {
            self.measure = None;
            self.zone.give_up();
        }
        self.select.cancel();
    }

    /// Closes what is open on the map, the last first. Answers whether there was anything.
    pub fn back(&mut self) -> bool {
        if self.select.is_drawing() {
            self.select.cancel();
        } else if self.spider.take().is_some() || self.list.take().is_some() {
        } else if self.select.on {
            self.select.on = false;
        } else {
            return false;
        }
        true
    }

    /// All cases in view whose point is known.
    pub fn in_view(&self) -> Many {
        Many::of(self.cases.within(&self.camera.view().bounds(0.0), |_| true))
    }

    /// Shows all of these cases that lie on the map, else the selected one.
    pub fn fit_selection(&mut self, board: &Board, selection: &Selection) {
        let one = selection.case.iter().filter(|_| selection.many.is_empty());
        let ids = selection.many.ids().iter().chain(one);
        let places = ids.filter_map(|id| Some(mercator(board.get(*id)?.case.place.point()?)));
        let bounds = Bounds::around(places);
        if bounds.min[0].is_finite() {
            self.camera.fit(bounds);
        }
    }

    /// The keys of the map while it has the focus: they don't mean what they mean elsewhere.
    pub fn take_keys(&mut self, ctx: &Context, town: &Town, board: &Board, selection: &Selection) {
        if !ctx.memory(|memory| memory.has_focus(map_id(self.is_second))) {
            return;
        }
        let pressed = |key, modifiers| ctx.input_mut(|input| input.consume_key(modifiers, key));
        let plain = |key| pressed(key, Modifiers::NONE);
        for (key, by) in [
            (Key::ArrowLeft, vec2(-STEP, 0.0)),
            (Key::ArrowRight, vec2(STEP, 0.0)),
            (Key::ArrowUp, vec2(0.0, -STEP)),
            (Key::ArrowDown, vec2(0.0, STEP)),
        ] {
            if plain(key) {
                self.pan(by);
            }
        }
        if plain(Key::Plus) || plain(Key::Equals) || pressed(Key::Plus, Modifiers::SHIFT) {
            self.zoom_in();
        }
        if plain(Key::Minus) {
            self.zoom_out();
        }
        if plain(Key::Num0) || plain(Key::Home) {
            self.home(town);
        }
        if plain(Key::F) {
            self.fit_selection(board, selection);
        }
    }

    /// Shows that the map has the focus, and keeps its arrows from going on to the next widget.
    pub(super) fn show_focus(&self, ui: &Ui, response: &Response, scene: &Scene<'_>) {
        if !response.has_focus() {
            return;
        }
        let arrows = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        let stroke = Stroke::new(2.0, scene.colors.accent);
        let painter = ui.painter();
        painter.rect_stroke(response.rect.shrink(1.0), 0.0, stroke, StrokeKind::Inside);
    }

    /// Follows a hand that draws an area. Answers whether one does.
    pub(super) fn select_area(&mut self, ui: &Ui, scene: &Scene<'_>, intents: &mut Vec<Intent>) -> bool {
        let Some(response) = ui.ctx().read_response(map_id(self.is_second)) else {
            return false;
        };
        if response.drag_started_by(PointerButton::Primary)
            && !self.picking
            && !self.editing
            && self.shown.cases
        {
            let (from, modifiers) = ui.input(|i| (i.pointer.press_origin(), i.modifiers));
            if let Some(from) = from {
                self.select.begin(from, modifiers);
            }
        }
        if !self.select.is_drawing() {
            return false;
        }
        ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        if let Some(at) = response.interact_pointer_pos() {
            self.select.drag(at);
        }
        if response.drag_stopped() {
            let view = self.camera.view();
            let many = self.select.finish(&scene.selection.many, &self.cases, &view);
            intents.extend(many.map(Intent::SelectMany));
        } else if !response.dragged() {
            self.select.cancel();
        }
        true
    }

    /// Draws the area, and the cases that are spread around a spot.
    pub(super) fn draw_hand(&self, ui: &Ui, scene: &Scene<'_>, view: &View) {
        let painter = ui.painter().with_clip_rect(view.rect.intersect(ui.clip_rect()));
        if let (Some(spider), Some(atlas)) = (&self.spider, &self.atlas) {
            let (cases, selection) = ((&self.cases, atlas), scene.selection);
            spider.draw(&painter, view, cases, selection, scene.colors);
        }
        self.select.draw(&painter, scene.colors.accent);
    }

    /// What lies under the pointer; cases that are spread around a spot lie above all else.
    pub(super) fn hit(&self, at: Pos2, view: &View, scene: &Scene<'_>) -> Option<Hit> {
        if !self.shown.cases {
            return None;
        }
        let spread = self.spider.as_ref().and_then(|spider| spider.hit(at, view));
        let other = || self.cases.hit(at, view, scene.selection.case);
        spread.map(Hit::Case).or_else(other)
    }

    /// A click with Ctrl adds what is under it to the selected ones, or takes it away. Answers whether it was one.
    pub(super) fn click_many(
        &mut self,
        ui: &Ui,
        hit: Option<Hit>,
        scene: &Scene<'_>,
        intents: &mut Vec<Intent>,
    ) -> bool {
        if !ui.input(|i| i.modifiers.command) {
            return false;
        }
        let ids = match hit {
            Some(Hit::Case(id)) => vec![id],
            Some(Hit::Group(square)) => {
                let group = self.cases.group(square);
                group.map_or_else(Vec::new, |group| self.cases.members(&group))
            }
            None => return true,
        };
        let many = &scene.selection.many;
        let all_in = ids.iter().all(|id| many.contains(*id));
        let many = if all_in {
            many.without(&ids)
        } else {
            many.with(&ids)
        };
        intents.push(Intent::SelectMany(many));
        true
    }

    /// Opens a group: nearer, or, where its cases lie on one spot, around that spot or as a list.
    pub(super) fn open_group(&mut self, square: super::cluster::Square, view: &View, as_list: bool) {
        let Some(group) = self.cases.group(square) else {
            return;
        };
        if !Cases::lies_on_one_spot(&group, view) {
            let zoom = view.zoom;
            self.camera.fit_within(group.bounds, (zoom + 1.0, zoom + 3.0));
            return;
        }
        let members: Vec<CaseId> = self.cases.members(&group);
        if as_list || members.len() > spider::MOST {
            self.list = Some((view.screen(position(group.sign.at)), members));
        } else {
            self.spider = Some(Spider::new(group.sign.at, &members));
        }
    }

    /// Tells a screen reader of the groups in view, the worst first, and of the cases that are spread around a spot.
    pub(super) fn say_groups(
        &mut self,
        ui: &Ui,
        response: &Response,
        scene: &Scene<'_>,
        view: &View,
        most: usize,
        intents: &mut Vec<Intent>,
    ) {
        for (square, sign, at) in self.cases.worst_groups(view, most) {
            let id = response.id.with(square);
            let text = furniture::group_line(scene, &sign);
            if self.spoken(ui, id, at, text).asked {
                self.open_group(square, view, true);
            }
        }
        let spread: Vec<(CaseId, Pos2)> = self.spider.iter().flat_map(|spider| spider.cases(view)).collect();
        for (case, at) in spread {
            let id = response.id.with(("spread", case.0));
            self.say_case(ui, id, case, at, scene, intents);
        }
    }
}
