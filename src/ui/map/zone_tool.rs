//! Drawing an area on the map: corner by corner, with the mouse or with keys alone; and the area that was drawn.

use std::sync::Arc;

use eframe::egui::{
    Align2, Color32, Context, CursorIcon, FontId, Key, Modifiers, Painter, Pos2, Rect, Response, Shape,
    Stroke, Ui, Vec2, pos2, vec2,
};

use super::camera::{Mercator, View, mercator, wgs84};
use crate::find::{Zone, ZoneFault};
use crate::ui::{Palette, Scene, theme};

/// A click this near to the first corner closes the area, in points.
const CLOSE: f32 = 10.0;
/// An outline with more corners is drawn with every so many of them only.
const DRAWN_MAX: usize = 4000;

/// What became of a drawing.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawn {
    /// It is closed.
    Done(Arc<Zone>),
    /// It can't be an area.
    Wrong(ZoneFault),
    /// It was given up.
    GivenUp,
}

/// The tool that draws an area, and the area that is shown.
#[derive(Default)]
pub struct ZoneTool {
    /// The corners so far, while it draws.
    corners: Option<Vec<Mercator>>,
    shown: Option<Arc<Zone>>,
    /// The shown area in the map's own measure.
    outline: Vec<Vec<Mercator>>,
}

impl ZoneTool {
    /// Begins a new area.
    pub fn begin(&mut self) {
        self.corners = Some(Vec::new());
    }

    /// Whether an area is being drawn.
    pub fn is_drawing(&self) -> bool {
        self.corners.is_some()
    }

    /// Gives up what was drawn.
    pub fn give_up(&mut self) {
        self.corners = None;
    }

    /// Shows this area, or none.
    pub fn show_zone(&mut self, zone: Option<&Arc<Zone>>) {
        let same = match (&self.shown, zone) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        self.shown = zone.cloned();
        let rings = zone.map(|zone| zone.rings()).unwrap_or_default();
        self.outline = rings
            .iter()
            .map(|ring| {
                ring.iter()
                    .step_by(ring.len().div_ceil(DRAWN_MAX).max(1))
                    .map(|at| mercator(*at))
                    .collect()
            })
            .collect();
    }

    /// Keys of a drawing: Enter closes, Backspace takes the last corner back, Escape gives up, Space sets a corner in the middle of
    /// the map.
    pub fn keys(&mut self, ctx: &Context, view: &View) -> Option<Drawn> {
        let corners = self.corners.as_mut()?;
        let key = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        if key(Key::Escape) {
            self.corners = None;
            return Some(Drawn::GivenUp);
        }
        if key(Key::Backspace) {
            corners.pop();
        }
        if key(Key::Space) {
            corners.push(view.center);
        }
        if key(Key::Enter) {
            return self.close();
        }
        None
    }

    fn close(&mut self) -> Option<Drawn> {
        let corners = self.corners.as_ref()?;
        let ring = corners.iter().map(|at| wgs84(*at)).collect();
        Some(match Zone::new(vec![ring]) {
            Ok(zone) => {
                self.corners = None;
                Drawn::Done(Arc::new(zone))
            }
            // Whoever draws goes on.
            Err(fault) => Drawn::Wrong(fault),
        })
    }

    /// What the pointer does while an area is drawn.
    pub fn pointer(&mut self, ui: &Ui, response: &Response, view: &View) -> Option<Drawn> {
        let corners = self.corners.as_mut()?;
        if response.hovered() {
            ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        }
        if response.double_clicked() {
            return self.close();
        }
        let at = response.interact_pointer_pos().filter(|_| response.clicked())?;
        let closes = corners.len() > 2
            && corners
                .first()
                .is_some_and(|first| view.screen(*first).distance(at) < CLOSE);
        if closes {
            return self.close();
        }
        corners.push(view.unscreen(at));
        None
    }

    /// Draws the area that is shown, and the one that is being drawn. What a hand can do stands within `room`.
    pub fn draw(&self, ui: &Ui, response: &Response, scene: &Scene<'_>, (view, room): (&View, Rect)) {
        let painter = ui.painter().with_clip_rect(view.rect.intersect(ui.clip_rect()));
        let colors = scene.colors;
        if self.corners.is_none() {
            for ring in &self.outline {
                let points: Vec<Pos2> = ring.iter().map(|at| view.screen(*at)).collect();
                painter.add(Shape::closed_line(
                    points,
                    Stroke::new(4.0, colors.ground.gamma_multiply(0.6)),
                ));
                let points: Vec<Pos2> = ring.iter().map(|at| view.screen(*at)).collect();
                painter.add(Shape::closed_line(points, Stroke::new(2.0, colors.accent)));
            }
            return;
        }
        let corners = self.corners.as_deref().unwrap_or_default();
        let points: Vec<Pos2> = corners.iter().map(|at| view.screen(*at)).collect();
        draw_corners(&painter, &points, response.hover_pos(), colors);
        cross(&painter, view.rect.center(), colors.weak);
        hint(&painter, room, scene.words.n("zone-hint", corners.len()), colors);
    }
}

fn draw_corners(painter: &Painter, points: &[Pos2], pointer: Option<Pos2>, colors: &Palette) {
    let line = Stroke::new(2.0, colors.accent);
    for pair in points.windows(2) {
        painter.line_segment([pair[0], pair[1]], line);
    }
    if let (Some(first), Some(last), Some(pointer)) = (points.first(), points.last(), pointer) {
        let thin = Stroke::new(1.0, colors.accent);
        painter.extend(Shape::dashed_line(&[*last, pointer], thin, 5.0, 4.0));
        painter.extend(Shape::dashed_line(&[pointer, *first], thin, 5.0, 4.0));
    }
    for (i, at) in points.iter().enumerate() {
        let fill = if i == 0 { colors.accent } else { colors.panel };
        painter.circle(*at, 4.5, fill, line);
    }
}

/// Where Space sets a corner.
fn cross(painter: &Painter, at: Pos2, color: Color32) {
    let line = Stroke::new(1.0, color);
    painter.hline(at.x - 7.0..=at.x + 7.0, at.y, line);
    painter.vline(at.x, at.y - 7.0..=at.y + 7.0, line);
}

fn hint(painter: &Painter, rect: Rect, text: String, colors: &Palette) {
    let font = FontId::proportional(theme::BODY);
    let galley = painter.layout(text, font, colors.text, (rect.width() - 60.0).max(80.0));
    let size = galley.size() + vec2(24.0, 12.0);
    // Below the notes: legends and what is done with many cases stand at the map's foot.
    let at = Align2::CENTER_TOP.anchor_size(pos2(rect.center().x, rect.top() + 48.0), size);
    painter.rect(
        at,
        6.0,
        colors.panel,
        Stroke::new(1.0, colors.line),
        eframe::egui::StrokeKind::Inside,
    );
    painter.galley(at.min + Vec2::new(12.0, 6.0), galley, colors.text);
}
