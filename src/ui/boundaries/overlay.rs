//! What the editor draws on the map, and what a hand does there.

use eframe::egui::{
    Align2, Color32, CursorIcon, FontId, Id, Painter, Pos2, Rect, Sense, Shape as Mark, Stroke, StrokeKind,
    Ui, Vec2,
};

use crate::town::PlaceKind;
use crate::town::boundary::{Fault, Node, Plan, Ring, Shape, Weight, node, wgs84};
use crate::ui::map::MapView;
use crate::ui::{Intent, Scene, theme};

use super::{BoundaryEditor, Drag, Tool, is_seen, panel};

/// A corner is under the hand within so many points.
const REACH: f32 = 10.0;
/// A corner goes to a neighbour that is nearer than that, in points.
const SNAP: f32 = 9.0;
/// Handles keep that distance to each other, in points.
const APART: f32 = 7.0;
/// Side of a handle, in points.
const HANDLE: f32 = 7.0;

/// The place of that kind around a corner.
pub(super) fn place_at(plan: &Plan, kind: PlaceKind, at: Node) -> Option<String> {
    let holds = |shape: &Shape| {
        shape.polygons.iter().any(|rings| {
            let inside = |ring: &Ring| contains(ring, at);
            inside(&rings[0]) && !rings[1..].iter().any(inside)
        })
    };
    let found = plan.shapes().iter().find(|s| s.kind == kind && holds(s));
    found.map(|s| s.code.clone())
}

fn contains(ring: &Ring, p: Node) -> bool {
    let mut inside = false;
    for i in 0..ring.len() {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        if (a[1] > p[1]) != (b[1] > p[1]) {
            let along = (p[1] - a[1]) as f64 / (b[1] - a[1]) as f64;
            let x = a[0] as f64 + along * (b[0] - a[0]) as f64;
            inside ^= (p[0] as f64) < x;
        }
    }
    inside
}

/// What lies under the hand.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Under {
    Corner(Node),
    Edge([Node; 2], Node),
}

impl BoundaryEditor {
    /// Draws what is being drawn, and follows the hand.
    pub fn on_map(&mut self, ui: &Ui, scene: Scene<'_>, map: &MapView, intents: &mut Vec<Intent>) {
        let rect = map.rect();
        if !self.is_open() || !is_seen(rect) {
            return;
        }
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        if !map.has_tool() {
            self.hand(ui, scene, map, intents);
        }
        self.paint_kind(&painter, scene, map);
        self.paint_changed(&painter, scene, map);
        self.paint_faults(&painter, scene, map);
        self.paint_chosen(&painter, scene, map);
        self.paint_drag(&painter, scene, map);
        self.paint_line(ui, &painter, scene, map);
        self.paint_hint(&painter, scene, rect);
    }

    fn hand(&mut self, ui: &Ui, scene: Scene<'_>, map: &MapView, intents: &mut Vec<Intent>) {
        let Some(response) = ui.ctx().read_response(map.widget()) else {
            return;
        };
        let pointer = ui
            .input(|i| i.pointer.latest_pos())
            .filter(|at| map.rect().contains(*at));
        if self.drag.is_some() {
            self.dragging(ui, scene, map, pointer);
            return;
        }
        let picks = self.tool == Tool::Pick && self.chosen_is_drawn();
        let free = response.contains_pointer() || self.handle_has_pointer(ui);
        let under = pointer
            .filter(|_| picks && free)
            .and_then(|at| self.under(map, at));
        if let Some(under) = under {
            self.handle(ui, scene, map, under);
        }
        if response.clicked()
            && let Some(at) = response.interact_pointer_pos()
        {
            self.click(scene, map, at, intents);
        }
        if self.tool != Tool::Pick && response.hovered() {
            ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        }
    }

    /// Whether the chosen place is one whose corners are moved by hand.
    fn chosen_is_drawn(&self) -> bool {
        let shape = self.chosen.as_ref().and_then(|code| self.plan.shape(code));
        shape.is_some_and(|shape| shape.kind != PlaceKind::PartyGrid)
    }

    fn handle_id() -> Id {
        Id::unique("boundary handle")
    }

    fn handle_has_pointer(&self, ui: &Ui) -> bool {
        let response = ui.ctx().read_response(Self::handle_id());
        response.is_some_and(|response| response.contains_pointer())
    }

    /// The corner or edge of the chosen place that lies under the hand.
    fn under(&self, map: &MapView, at: Pos2) -> Option<Under> {
        let code = self.chosen.as_ref()?;
        let far = |n: &Node| map.screen(wgs84(*n)).distance(at);
        let corners = self.plan.corners(code);
        let nearest = corners.iter().min_by(|a, b| far(a).total_cmp(&far(b)));
        if let Some(corner) = nearest.filter(|n| far(n) <= REACH) {
            return Some(Under::Corner(*corner));
        }
        let (edge, on, _) = self.plan.nearest_edge(code, map.unscreen(at))?;
        (map.screen(wgs84(on)).distance(at) <= REACH * 0.7).then_some(Under::Edge(edge, on))
    }

    /// A handle that lies above the map while the hand is on it, so that the map does not move along.
    fn handle(&mut self, ui: &Ui, scene: Scene<'_>, map: &MapView, under: Under) {
        let (Under::Corner(at) | Under::Edge(_, at)) = under;
        let place = Rect::from_center_size(map.screen(wgs84(at)), Vec2::splat(2.0 * REACH));
        let response = ui.interact(place, Self::handle_id(), Sense::click_and_drag());
        let painter = ui.painter().with_clip_rect(map.rect());
        if let Under::Edge(..) = under {
            painter.circle(
                place.center(),
                4.0,
                scene.colors.panel,
                Stroke::new(1.5, scene.colors.accent),
            );
        }
        ui.ctx().set_cursor_icon(CursorIcon::Grab);
        let began = response.drag_started();
        if !began && !response.clicked() {
            return;
        }
        let corner = match under {
            Under::Corner(corner) => corner,
            Under::Edge(edge, on) => {
                let Some(code) = self.chosen.clone() else { return };
                if !self.step(scene.words, |plan| plan.insert_corner(&code, edge, on)) {
                    return;
                }
                on
            }
        };
        self.corner = Some(corner);
        if began {
            self.drag = Some(Drag {
                from: corner,
                to: corner,
                seen: Ok(Vec::new()),
            });
        }
    }

    fn dragging(&mut self, ui: &Ui, scene: Scene<'_>, map: &MapView, pointer: Option<Pos2>) {
        let (Some(mut drag), Some(code)) = (self.drag.take(), self.chosen.clone()) else {
            return;
        };
        // The handle goes along, so that the hand keeps it.
        let place = pointer.unwrap_or_else(|| map.screen(wgs84(drag.to)));
        let rect = Rect::from_center_size(place, Vec2::splat(2.0 * REACH));
        let response = ui.interact(rect, Self::handle_id(), Sense::click_and_drag());
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        if let Some(at) = pointer {
            let to = self.snapped(map, at, Some(drag.from));
            if to != drag.to {
                drag.to = to;
                drag.seen = if to == drag.from {
                    Ok(Vec::new())
                } else {
                    self.plan.moved(&code, drag.from, to)
                };
            }
        }
        let held = ui.input(|i| i.pointer.any_down());
        if held && !response.drag_stopped() {
            self.drag = Some(drag);
        } else if drag.to != drag.from
            && self.step(scene.words, |plan| plan.move_corner(&code, drag.from, drag.to))
        {
            self.corner = Some(drag.to);
        }
    }

    /// Where a corner goes that is put there: to a neighbour that is near, unless that is not wanted.
    fn snapped(&self, map: &MapView, at: Pos2, corner: Option<Node>) -> Node {
        let place = map.unscreen(at);
        let metres = f64::from(SNAP) * map.metres_per_point();
        let code = self.chosen.as_deref().unwrap_or_default();
        let snap = self
            .plan
            .snap(code, corner, place, metres)
            .filter(|_| !self.loose);
        snap.map_or(node(place), |snap| snap.node)
    }

    fn click(&mut self, scene: Scene<'_>, map: &MapView, at: Pos2, intents: &mut Vec<Intent>) {
        let place = self.snapped(map, at, None);
        match &mut self.tool {
            Tool::Cut(line) | Tool::Draw(line) => line.push(place),
            Tool::Pick => {
                let kind = self.kind.unwrap_or(PlaceKind::BaseGrid);
                let found = place_at(&self.plan, kind, node(map.unscreen(at)));
                self.choose(found);
            }
            Tool::Merge => {
                let kind = self
                    .chosen
                    .as_ref()
                    .and_then(|code| self.plan.shape(code))
                    .map(|s| s.kind);
                let found = kind.and_then(|kind| place_at(&self.plan, kind, node(map.unscreen(at))));
                if let Some(other) = found {
                    self.merge_with(scene.words, &other);
                }
            }
        }
        intents.push(Intent::SelectPlace(None));
    }

    /// All places of the kind that is drawn, whatever layers the map shows.
    fn paint_kind(&self, painter: &Painter, scene: Scene<'_>, map: &MapView) {
        let kind = self.kind.unwrap_or(PlaceKind::BaseGrid);
        for shape in self.plan.shapes().iter().filter(|s| s.kind == kind) {
            outline(painter, map, shape, Stroke::new(1.0, scene.colors.weak));
        }
    }

    fn paint_changed(&self, painter: &Painter, scene: Scene<'_>, map: &MapView) {
        let kind = self.kind.unwrap_or(PlaceKind::BaseGrid);
        for shape in self.plan.shapes().iter().filter(|s| s.kind == kind) {
            let before = self.plan.before(&shape.code);
            if before.is_none_or(|before| before.polygons != shape.polygons) {
                outline(painter, map, shape, Stroke::new(2.0, scene.colors.text));
            }
        }
    }

    fn paint_chosen(&self, painter: &Painter, scene: Scene<'_>, map: &MapView) {
        let Some(shape) = self.chosen.as_ref().and_then(|code| self.plan.shape(code)) else {
            return;
        };
        outline(painter, map, shape, Stroke::new(2.5, scene.colors.accent));
        if !self.chosen_is_drawn() {
            return;
        }
        let seen = map.rect().expand(HANDLE);
        let mut last: Option<Pos2> = None;
        for corner in shape.rings().flatten() {
            let at = map.screen(wgs84(*corner));
            let here = self.corner == Some(*corner);
            let near = last.is_some_and(|last| last.distance(at) < APART);
            if !seen.contains(at) || (near && !here) {
                continue;
            }
            last = Some(at);
            let side = if here { HANDLE + 4.0 } else { HANDLE };
            let handle = Rect::from_center_size(at, Vec2::splat(side));
            let fill = if here {
                scene.colors.accent
            } else {
                scene.colors.panel
            };
            let edge = Stroke::new(1.5, scene.colors.accent);
            painter.rect(handle, 1.0, fill, edge, StrokeKind::Middle);
        }
    }

    fn paint_drag(&self, painter: &Painter, scene: Scene<'_>, map: &MapView) {
        let Some(drag) = &self.drag else { return };
        let at = map.screen(wgs84(drag.to));
        match &drag.seen {
            Ok(shapes) => {
                for shape in shapes {
                    outline(painter, map, shape, Stroke::new(1.5, scene.colors.accent));
                }
                painter.circle_filled(at, 5.0, scene.colors.accent);
            }
            Err(why) => {
                painter.circle_stroke(at, 7.0, Stroke::new(2.0, scene.colors.red));
                let text = scene.words.t(super::cannot_key(why));
                label(
                    painter,
                    at + Vec2::new(12.0, -12.0),
                    text,
                    scene,
                    scene.colors.red_text,
                );
            }
        }
    }

    fn paint_line(&self, ui: &Ui, painter: &Painter, scene: Scene<'_>, map: &MapView) {
        let (Tool::Cut(line) | Tool::Draw(line)) = &self.tool else {
            return;
        };
        let stroke = Stroke::new(2.0, scene.colors.accent);
        let mut points: Vec<Pos2> = line.iter().map(|n| map.screen(wgs84(*n))).collect();
        for at in &points {
            painter.circle_filled(*at, 4.0, scene.colors.accent);
        }
        let pointer = ui
            .input(|i| i.pointer.hover_pos())
            .filter(|at| map.rect().contains(*at));
        if let Some(at) = pointer {
            let next = map.screen(wgs84(self.snapped(map, at, None)));
            painter.circle_stroke(next, 4.0, stroke);
            points.push(next);
        }
        if matches!(self.tool, Tool::Draw(_)) && points.len() > 2 {
            painter.add(Mark::closed_line(points, stroke));
        } else if points.len() > 1 {
            painter.add(Mark::line(points, stroke));
        }
    }

    fn paint_faults(&self, painter: &Painter, scene: Scene<'_>, map: &MapView) {
        let Some(looked) = &self.looked else { return };
        for (i, fault) in looked.faults.iter().enumerate() {
            let color = match fault.kind.weight() {
                Weight::Blocks => scene.colors.red,
                Weight::NeedsReason => scene.colors.amber,
                // Notes are shown where somebody asks for them.
                Weight::Note if self.fault != Some(i) => continue,
                Weight::Note => scene.colors.weak,
            };
            self.paint_fault(painter, scene, map, fault, (color, self.fault == Some(i)));
        }
    }

    fn paint_fault(
        &self,
        painter: &Painter,
        scene: Scene<'_>,
        map: &MapView,
        fault: &Fault,
        (color, chosen): (Color32, bool),
    ) {
        for polygon in fault.outline.iter().flat_map(|outline| outline.iter()) {
            let points = polygon.exterior().coords().map(|c| {
                let at = crate::town::Wgs84 { lon: c.x, lat: c.y };
                map.screen(at)
            });
            let points: Vec<Pos2> = thinned(points);
            painter.add(Mark::closed_line(points, Stroke::new(2.0, color)));
        }
        let Some(at) = fault
            .at
            .map(|at| map.screen(at))
            .filter(|at| map.rect().contains(*at))
        else {
            return;
        };
        // A mark of its own form, so that not the colour alone tells.
        let half = if chosen { 9.0 } else { 6.0 };
        for across in [Vec2::new(half, half), Vec2::new(half, -half)] {
            painter.line_segment([at - across, at + across], Stroke::new(2.5, color));
        }
        if chosen {
            painter.circle_stroke(at, half + 6.0, Stroke::new(2.0, color));
            let text = panel::fault_text(scene, fault);
            label(
                painter,
                at + Vec2::new(20.0, -10.0),
                &text,
                scene,
                scene.colors.text,
            );
        }
    }

    /// Says at the map's head that it is being drawn on.
    fn paint_hint(&self, painter: &Painter, scene: Scene<'_>, rect: Rect) {
        let w = scene.words;
        let key = match &self.tool {
            Tool::Pick if self.chosen_is_drawn() => "bounds-map-corners",
            Tool::Pick => "bounds-map-choose",
            Tool::Cut(_) => "bounds-cut-hint",
            Tool::Draw(_) => "bounds-draw-hint",
            Tool::Merge => "bounds-merge-hint",
        };
        let at = rect.center_top() + Vec2::new(0.0, 12.0);
        let font = FontId::proportional(theme::BODY);
        let galley = painter.layout(w.t(key).to_owned(), font, scene.colors.text, rect.width() * 0.7);
        let size = galley.size();
        let place = Rect::from_min_size(at - Vec2::new(size.x / 2.0, 0.0), size);
        let frame = place.expand2(Vec2::new(12.0, 6.0));
        let edge = Stroke::new(1.0, scene.colors.accent);
        painter.rect(frame, 6.0, scene.colors.panel, edge, StrokeKind::Inside);
        painter.galley(place.min, galley, scene.colors.text);
    }
}

fn outline(painter: &Painter, map: &MapView, shape: &Shape, stroke: Stroke) {
    let seen = map.rect().expand(100.0);
    for ring in shape.rings() {
        let points = thinned(ring.iter().map(|n| map.screen(wgs84(*n))));
        let around = Rect::from_points(&points);
        if points.len() > 1 && around.intersects(seen) {
            painter.add(Mark::closed_line(points, stroke));
        }
    }
}

/// Without points that fall onto the one before.
fn thinned(points: impl Iterator<Item = Pos2>) -> Vec<Pos2> {
    let mut kept: Vec<Pos2> = Vec::new();
    for at in points {
        if kept.last().is_none_or(|last| last.distance(at) > 0.7) {
            kept.push(at);
        }
    }
    kept
}

fn label(painter: &Painter, at: Pos2, text: &str, scene: Scene<'_>, color: Color32) {
    let font = FontId::proportional(theme::BODY);
    let galley = painter.layout_no_wrap(text.to_owned(), font, color);
    let place = Align2::LEFT_CENTER.anchor_size(at, galley.size());
    painter.rect_filled(place.expand(4.0), 4.0, scene.colors.panel);
    painter.galley(place.min, galley, color);
}
