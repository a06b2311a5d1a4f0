//! What finding shows on the map: dots, the area that is searched, the place that was chosen.

use eframe::egui::{Context, CursorIcon, Response, Stroke, Ui, Vec2};

use super::camera::{View, mercator};
use super::found::Dot;
use super::zone_tool::Drawn;
use super::{MapView, furniture};
use crate::town::Wgs84;
use crate::ui::Scene;

impl MapView {
    /// Whether an area is being drawn.
    pub fn is_drawing(&self) -> bool {
        self.zone.is_drawing()
    }

    /// Begins to draw an area, in place of what is measured.
    pub fn begin_zone(&mut self) {
        self.measure = None;
        self.set_selecting(false);
        self.zone.begin();
    }

    /// Keys of the tool that draws an area.
    pub fn drawing_keys(&mut self, ctx: &Context) -> Option<Drawn> {
        let view = self.camera.view();
        self.zone.keys(ctx, &view)
    }

    /// Shows all cases that were found; false where the exact place of none is known.
    pub fn fit_found(&mut self) -> bool {
        let Some(bounds) = self.found.bounds() else {
            return false;
        };
        self.camera.fit(bounds);
        true
    }

    /// Marks a place that was found, or none.
    pub fn point_at(&mut self, at: impl Into<Option<Wgs84>>) {
        self.pointed = at.into();
    }

    pub(super) fn draw_found(&mut self, ui: &Ui, scene: &Scene<'_>, view: &View) {
        let painter = ui.painter().with_clip_rect(view.rect.intersect(ui.clip_rect()));
        self.found.update(ui.ctx(), view);
        self.found
            .draw(&painter, view, scene.selection.case, scene.colors);
        if let Some(at) = self.pointed.map(|at| view.screen(mercator(at))) {
            let (halo, line) = (scene.colors.ground.gamma_multiply(0.7), scene.colors.accent);
            for (width, color) in [(4.5, halo), (2.0, line)] {
                painter.circle_stroke(at, 11.0, Stroke::new(width, color));
                for (x, y) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                    let out = Vec2::new(x, y);
                    painter.line_segment([at + out * 11.0, at + out * 18.0], Stroke::new(width, color));
                }
            }
        }
    }

    pub(super) fn found_tip(&self, ui: &Ui, response: &Response, scene: &Scene<'_>, dot: Dot) {
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
        let args = [("case", dot.case.0.into()), ("n", dot.count.into())];
        let words = if dot.count > 1 {
            "find-dot-tip-many"
        } else {
            "find-dot-tip"
        };
        furniture::tip(response, &scene.words.f(words, &args));
    }
}
