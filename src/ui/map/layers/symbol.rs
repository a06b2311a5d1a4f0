//! The drawing beside a layer's name.

use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};

use crate::town::{Class, PlaceKind};
use crate::ui::{Palette, theme};

use super::super::atlas::{Atlas, Urgency};
use super::super::outlines::legend_line;
use super::super::sites;
use super::super::units;
use super::Layer;

/// Width of a symbol, in points.
pub const WIDTH: f32 = 30.0;

/// Draws the symbol of a layer.
pub fn draw(painter: &Painter, rect: Rect, layer: Layer, colors: &Palette, atlas: Option<&Atlas>) {
    let middle = rect.center();
    match layer {
        Layer::Cases => {
            if let Some(atlas) = atlas {
                let mut mesh = atlas.mesh();
                atlas.mark(&mut mesh, middle, Class::A, Urgency::Calm, 0.8);
                painter.add(Shape::mesh(mesh));
            }
        }
        Layer::Communities => line(painter, rect, PlaceKind::Community, colors),
        Layer::BaseGrids => line(painter, rect, PlaceKind::BaseGrid, colors),
        Layer::PartyGrids => line(painter, rect, PlaceKind::PartyGrid, colors),
        Layer::Blocks => line(painter, rect, PlaceKind::Block, colors),
        Layer::Heat => {
            for (i, color) in theme::density(colors.dark).into_iter().enumerate() {
                painter.circle_filled(middle, 9.0 - 2.0 * i as f32, color);
            }
        }
        Layer::Choropleth => {
            for (i, color) in theme::tones(colors, 3).into_iter().enumerate() {
                let left = rect.left() + 3.0 + 8.0 * i as f32;
                let size = vec2(8.0, 14.0);
                painter.rect_filled(Rect::from_min_size(pos2(left, middle.y - 7.0), size), 0.0, color);
            }
        }
        Layer::Labels => {
            let font = theme::strong_font(theme::BODY);
            painter.text(
                middle,
                eframe::egui::Align2::CENTER_CENTER,
                "文",
                font,
                colors.text,
            );
        }
        Layer::BaseMap => ground(painter, rect, colors),
        Layer::Facilities => sites::facility_mark(
            painter,
            middle,
            crate::town::FacilityKind::PartyMassCentre,
            colors,
        ),
        Layer::Dwellings => sites::dwelling_mark(painter, middle, colors),
        Layer::Units => units::unit_mark(painter, middle, false, colors),
        Layer::Traces => trace(painter, rect, colors),
    }
}

fn line(painter: &Painter, rect: Rect, kind: PlaceKind, colors: &Palette) {
    let ends: [Pos2; 2] = [
        rect.left_center() + vec2(2.0, 0.0),
        rect.right_center() - vec2(2.0, 0.0),
    ];
    match legend_line(kind, colors) {
        (stroke, None) => {
            painter.line_segment(ends, stroke);
        }
        (stroke, Some((dash, gap))) => painter.extend(Shape::dashed_line(&ends, stroke, dash, gap)),
    }
}

/// Two streets in a frame.
fn ground(painter: &Painter, rect: Rect, colors: &Palette) {
    let frame = Rect::from_center_size(rect.center(), Vec2::new(22.0, 16.0));
    let stroke = |width: f32, color: Color32| Stroke::new(width, color);
    painter.rect_stroke(
        frame,
        2.0,
        stroke(1.0, colors.weak),
        eframe::egui::StrokeKind::Inside,
    );
    let across = [
        frame.left_bottom() - vec2(0.0, 5.0),
        frame.right_top() + vec2(0.0, 4.0),
    ];
    painter.line_segment(across, stroke(2.0, colors.faint));
    let down = [
        frame.left_top() + vec2(8.0, 0.0),
        frame.left_bottom() + vec2(12.0, 0.0),
    ];
    painter.line_segment(down, stroke(1.5, colors.faint));
}

/// A way through three places.
fn trace(painter: &Painter, rect: Rect, colors: &Palette) {
    let m = rect.center();
    let way = [m + vec2(-11.0, 5.0), m + vec2(-2.0, -5.0), m + vec2(10.0, 3.0)];
    painter.add(Shape::line(way.to_vec(), Stroke::new(1.5, colors.weak)));
    for at in way {
        painter.circle_filled(at, 2.5, colors.weak);
    }
}
