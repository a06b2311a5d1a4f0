//! Small drawings that recur: the mark of a class, the bar of a clock, a chip.

use eframe::egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Response, Sense, Shape, Stroke, Ui, Vec2,
};

use crate::case::{ClockState, Stage, TimeLeft};
use crate::town::Class;
use crate::ui::theme::{self, Palette};

/// Draws the mark of a class: A circle, B square, C triangle, D diamond, each with its letter.
pub fn class_mark(painter: &Painter, at: Pos2, size: f32, class: Class, fill: Color32, letter: Color32) {
    let r = size / 2.0;
    match class {
        Class::A => {
            painter.circle_filled(at, r, fill);
        }
        Class::B => {
            painter.rect_filled(Rect::from_center_size(at, Vec2::splat(size * 0.9)), 2.0, fill);
        }
        Class::C => {
            let points = [(0.0, -1.05), (1.1, 0.85), (-1.1, 0.85)];
            painter.add(polygon(at, r, &points, fill));
        }
        Class::D => {
            let points = [(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)];
            painter.add(polygon(at, r, &points, fill));
        }
    }
    // The triangle's middle lies lower than that of the others.
    let sink = if class == Class::C { r * 0.2 } else { 0.0 };
    let font = theme::strong_font(size * 0.62);
    painter.text(
        at + Vec2::new(0.0, sink),
        Align2::CENTER_CENTER,
        class.letter(),
        font,
        letter,
    );
}

fn polygon(at: Pos2, r: f32, points: &[(f32, f32)], fill: Color32) -> Shape {
    let points = points.iter().map(|(x, y)| at + Vec2::new(x * r, y * r)).collect();
    Shape::convex_polygon(points, fill, Stroke::NONE)
}

/// The letter's colour on a class mark of that fill.
pub fn letter_on(colors: &Palette) -> Color32 {
    if colors.dark { colors.ground } else { colors.panel }
}

/// A thin bar that fills with the time that is used; hatched where it has run out.
pub fn clock_bar(painter: &Painter, rect: Rect, time: &TimeLeft, colors: &Palette) {
    painter.rect_filled(rect, CornerRadius::same(2), colors.raised);
    if time.left.is_none() {
        return;
    }
    let used = time.used.clamp(0.0, 1.0) as f32;
    let mut filled = rect;
    filled.set_width(rect.width() * used);
    painter.rect_filled(filled, CornerRadius::same(2), colors.clock(time.state));
    if time.state == ClockState::Overdue {
        let hatch = Stroke::new(1.0, colors.panel);
        let mut x = rect.left() + 2.0;
        while x < rect.right() {
            painter.line_segment(
                [
                    Pos2::new(x, rect.bottom()),
                    Pos2::new(x + rect.height(), rect.top()),
                ],
                hatch,
            );
            x += 6.0;
        }
    }
}

/// A small flag: the hall keeps an eye on the case. `at` is its upper left corner.
pub fn watch_mark(painter: &Painter, at: Pos2, colors: &Palette) {
    let pole = Stroke::new(1.5, colors.text);
    painter.line_segment([at, at + Vec2::new(0.0, 12.0)], pole);
    let flag = vec![at, at + Vec2::new(7.0, 3.5), at + Vec2::new(0.0, 7.0)];
    painter.add(eframe::egui::Shape::convex_polygon(
        flag,
        colors.text,
        Stroke::NONE,
    ));
}

/// A stage as a quiet chip.
pub fn stage_chip(ui: &mut Ui, text: &str, stage: Stage, colors: &Palette) -> Response {
    let color = if stage.is_open() { colors.text } else { colors.weak };
    chip(ui, text, color, colors.raised)
}

/// Words on a small ground of their own.
pub fn chip(ui: &mut Ui, text: &str, color: Color32, ground: Color32) -> Response {
    let font = eframe::egui::FontId::proportional(theme::BODY);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, color);
    let size = galley.size() + Vec2::new(4.0 * theme::GRID, theme::GRID);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(4), ground);
    ui.painter()
        .galley(rect.center() - galley.size() / 2.0, galley, color);
    response
        .widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::accesskit::Role::Label, true, text));
    response
}
