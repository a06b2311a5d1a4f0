//! The legend: what forms, letters, colours and lines mean.

use eframe::egui::{Pos2, Rect, RichText, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};

use crate::town::{Centre, Class, PlaceKind};
use crate::ui::{Palette, Scene};

use super::atlas::{Atlas, Urgency};
use super::outlines::legend_line;
use super::symbols::Look;

/// Width of a drawing in the legend, in points.
const WIDTH: f32 = 34.0;
/// Height of a row of the legend, in points.
const ROW: f32 = 24.0;

/// Draws all rows.
pub fn show(ui: &mut Ui, scene: &Scene<'_>, atlas: &Atlas) {
    let colors = scene.colors;
    ui.spacing_mut().item_spacing.y = 0.0;
    for class in Class::ALL {
        mark_row(ui, scene.words.class(class), atlas, class, Urgency::Calm);
    }
    ui.add_space(4.0);
    mark_row(
        ui,
        scene.words.t("map-legend-soon"),
        atlas,
        Class::A,
        Urgency::Soon,
    );
    mark_row(
        ui,
        scene.words.t("map-legend-overdue"),
        atlas,
        Class::A,
        Urgency::Overdue,
    );
    for centre in Centre::ALL {
        let look = Look::new(Class::A, Urgency::Calm, centre, 3);
        row(ui, scene.words.centre(centre), |rect| {
            let mut mesh = atlas.mesh();
            atlas.case(&mut mesh, rect.center(), look, 0.85);
            vec![Shape::mesh(mesh)]
        });
    }
    row(ui, scene.words.t("map-legend-area"), |rect| {
        dashed_box(rect, colors)
    });
    ui.add_space(4.0);
    let lines = [
        (PlaceKind::Community, "map-layer-communities"),
        (PlaceKind::BaseGrid, "map-layer-base-grids"),
        (PlaceKind::PartyGrid, "map-layer-party-grids"),
        (PlaceKind::Block, "map-layer-blocks"),
    ];
    for (kind, key) in lines {
        row(ui, scene.words.t(key), |rect| line(rect, kind, colors));
    }
    ui.add_space(4.0);
    ui.label(RichText::new(scene.words.t("map-schematic")).color(colors.weak));
}

fn mark_row(ui: &mut Ui, text: &str, atlas: &Atlas, class: Class, urgency: Urgency) {
    row(ui, text, |rect| {
        let mut mesh = atlas.mesh();
        atlas.mark(&mut mesh, rect.center(), class, urgency, 0.85);
        vec![Shape::mesh(mesh)]
    });
}

fn row(ui: &mut Ui, text: &str, draw: impl FnOnce(Rect) -> Vec<Shape>) {
    ui.horizontal(|ui| {
        ui.set_min_height(ROW);
        let (rect, _) = ui.allocate_exact_size(vec2(WIDTH, ROW), Sense::hover());
        ui.painter().extend(draw(rect));
        ui.label(text);
    });
}

fn line(rect: Rect, kind: PlaceKind, colors: &Palette) -> Vec<Shape> {
    let ends: [Pos2; 2] = [
        rect.left_center() + vec2(2.0, 0.0),
        rect.right_center() - vec2(2.0, 0.0),
    ];
    match legend_line(kind, colors) {
        (stroke, None) => vec![Shape::line_segment(ends, stroke)],
        (stroke, Some((dash, gap))) => Shape::dashed_line(&ends, stroke, dash, gap),
    }
}

fn dashed_box(rect: Rect, colors: &Palette) -> Vec<Shape> {
    let r = Rect::from_center_size(rect.center(), Vec2::new(26.0, 15.0));
    let corners = [
        r.left_top(),
        r.right_top(),
        r.right_bottom(),
        r.left_bottom(),
        pos2(r.left(), r.top()),
    ];
    Shape::dashed_line(&corners, Stroke::new(1.0, colors.weak), 4.0, 3.0)
}
