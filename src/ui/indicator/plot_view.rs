//! A plot on the screen: drawn from its drawing, pointed at, clicked, written to a file.

use eframe::egui::containers::menu::MenuButton;
use eframe::egui::epaint::Mesh;
use eframe::egui::{
    self, Align2, Button, Color32, Context, EventFilter, FontId, Key, Modifiers, Pos2, Rect, Response,
    RichText, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use crate::indicator::Filter;
use crate::report::{Anchor, Drawing, Ink, Mark, draw};
use crate::ui::hall::queue::one_line;
use crate::ui::{Palette, Scene, icons, theme};

use super::count::Narrow;
use super::export::FileKind;
use super::figure::{Pick, Shown, is_picked};

/// Height of a plot's heading, in points.
const HEAD: f32 = 32.0;

/// The keys that move from datum to datum, and don't lead away.
const ARROWS: EventFilter = EventFilter {
    horizontal_arrows: true,
    vertical_arrows: true,
    tab: false,
    escape: false,
};

/// What was done with a plot.
#[derive(Clone, Debug, PartialEq)]
pub enum PlotDo {
    /// A datum was clicked.
    Pick(Pick),
    /// The plot is to be written to a file.
    Export(FileKind),
}

/// A plot that is shown.
pub struct PlotView {
    /// The plot.
    pub shown: Shown,
    made: Option<Made>,
    /// The datum that the keys are at: its place among the drawing's spots.
    cursor: Option<usize>,
}

/// The shapes of a plot of one size in one theme.
struct Made {
    size: Vec2,
    dark: bool,
    drawing: Drawing,
    shapes: Vec<Shape>,
    /// Where their upper left corner was for the last frame: while the page stands still, nothing is moved.
    at: Pos2,
}

impl Made {
    fn move_to(&mut self, at: Pos2) {
        if at == self.at {
            return;
        }
        for shape in &mut self.shapes {
            shape.translate(at - self.at);
        }
        self.at = at;
    }
}

impl PlotView {
    /// Shows a plot.
    pub fn new(shown: Shown) -> Self {
        Self {
            shown,
            made: None,
            cursor: None,
        }
    }

    /// Draws it into `rect`; `extra` draws into its heading, from the right.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        rect: Rect,
        id: &str,
        (filter, narrow): (&Filter, &[Narrow]),
        extra: impl FnOnce(&mut Ui),
    ) -> Option<PlotDo> {
        if !ui.is_rect_visible(rect) {
            // Out of sight it is still found by the Tab key.
            ui.interact(rect, egui::Id::unique(("plot", id)), Sense::click());
            return None;
        }
        let head = Rect::from_min_size(rect.min, vec2(rect.width(), HEAD));
        let mut done = self.head(ui, scene, head, extra);
        let body = Rect::from_min_max(pos2(rect.left(), head.bottom() + 4.0), rect.max);
        self.make(ui.ctx(), scene.colors, body.size());
        let plot_id = egui::Id::unique(("plot", id));
        let response = ui.interact(body, plot_id, Sense::click());
        let words = format!("{}, {}", self.shown.figure.title, self.shown.figure.subtitle);
        response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Image, true, &words));
        self.paint(ui, scene, body, (filter, narrow));
        if let Some(pick) = self.pointed(ui, scene, body, response) {
            done = Some(PlotDo::Pick(pick));
        }
        if let Some(pick) = self.spoken(ui, body, plot_id) {
            done = Some(PlotDo::Pick(pick));
        }
        done
    }

    fn head(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        rect: Rect,
        extra: impl FnOnce(&mut Ui),
    ) -> Option<PlotDo> {
        let mut done = None;
        let layout = egui::Layout::right_to_left(egui::Align::Center);
        let mut right = ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(layout));
        right.spacing_mut().button_padding = vec2(5.0, 4.0);
        let title = &self.shown.figure.title;
        let icon = icons::icon(icons::DOWNLOAD, scene.colors.weak);
        let button = Button::image(icon).frame_when_inactive(false);
        let (response, _) = MenuButton::from_button(button).ui(&mut right, |ui| {
            for kind in FileKind::ALL {
                let name = scene.words.t(match kind {
                    FileKind::Png => "page-save-png",
                    FileKind::Svg => "page-save-svg",
                    FileKind::Csv => "page-save-csv",
                    FileKind::Xlsx => "page-save-xlsx",
                });
                if ui.button(name).clicked() {
                    done = Some(PlotDo::Export(kind));
                    ui.close();
                }
            }
        });
        let save = scene.words.f("page-save", &[("plot", title.as_str().into())]);
        response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Button, true, &save));
        response.on_hover_text(&save);
        extra(&mut right);
        let end = right.min_rect().left() - theme::GRID;
        let at = pos2(rect.left(), rect.center().y);
        bold_line(ui, at, end, title, scene.colors.text);
        done
    }

    fn make(&mut self, ctx: &Context, colors: &Palette, size: Vec2) {
        let fits = |made: &Made| made.size == size && made.dark == colors.dark;
        if self.made.as_ref().is_some_and(fits) {
            return;
        }
        let drawing = draw(&self.shown.figure, size.into());
        self.made = Some(Made {
            size,
            dark: colors.dark,
            shapes: shapes(ctx, colors, &drawing),
            drawing,
            at: Pos2::ZERO,
        });
    }

    fn paint(&mut self, ui: &Ui, scene: Scene<'_>, body: Rect, (filter, narrow): (&Filter, &[Narrow])) {
        let Some(made) = &mut self.made else { return };
        let painter = ui
            .painter()
            .with_clip_rect(body.expand(2.0).intersect(ui.clip_rect()));
        made.move_to(body.min);
        painter.extend(made.shapes.iter().cloned());
        let edge = Stroke::new(2.0, scene.colors.accent);
        for spot in &made.drawing.spots {
            let picked = self.shown.picks.get(spot.datum).and_then(Option::as_ref);
            if picked.is_some_and(|pick| is_picked(pick, filter, narrow)) {
                outline(&painter, body, spot.rect, &spot.outline, edge);
            }
        }
    }

    /// What the pointer, or the keys, are at.
    fn pointed(&mut self, ui: &mut Ui, scene: Scene<'_>, body: Rect, response: Response) -> Option<Pick> {
        let mut chosen = None;
        if response.has_focus() {
            ui.memory_mut(|m| m.set_focus_lock_filter(response.id, ARROWS));
            let edge = Stroke::new(1.5, scene.colors.accent);
            ui.painter()
                .rect_stroke(body.expand(3.0), 4.0, edge, StrokeKind::Outside);
            chosen = self.by_keys(ui);
        } else {
            self.cursor = None;
        }
        let made = self.made.as_ref()?;
        let pointer = response.hover_pos().map(|at| (at - body.min).into());
        let hovered: Option<usize> = pointer.and_then(|at| made.drawing.datum_at(at));
        let at_keys = self.cursor.and_then(|i| made.drawing.spots.get(i));
        let datum = hovered.or(at_keys.map(|spot| spot.datum))?;
        let edge = Stroke::new(1.5, scene.colors.text);
        for spot in made.drawing.spots.iter().filter(|spot| spot.datum == datum) {
            outline(ui.painter(), body, spot.rect, &spot.outline, edge);
        }
        let pick = || self.shown.picks.get(datum).cloned().flatten();
        let mut tip = self
            .shown
            .figure
            .tips()
            .get(datum)
            .copied()
            .unwrap_or_default()
            .to_owned();
        if let Some(pick) = pick() {
            let hint = match pick {
                Pick::Period(_) => "page-click-period",
                Pick::Key(_) | Pick::Narrow(_) => "page-click-filter",
            };
            tip = format!("{tip}\n{}", scene.words.t(hint));
        }
        let clicked = response.clicked() && hovered.is_some();
        match hovered {
            Some(_) => {
                response.on_hover_text_at_pointer(tip);
            }
            None => response.show_tooltip_text(tip),
        }
        if clicked || chosen.is_some() {
            return pick();
        }
        None
    }

    /// Arrows go to the next datum that way; Enter chooses it.
    fn by_keys(&mut self, ui: &Ui) -> Option<usize> {
        let spots = &self.made.as_ref()?.drawing.spots;
        let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        let ways = [
            (Key::ArrowRight, [1.0, 0.0]),
            (Key::ArrowLeft, [-1.0, 0.0]),
            (Key::ArrowDown, [0.0, 1.0]),
            (Key::ArrowUp, [0.0, -1.0]),
        ];
        for (key, way) in ways {
            if pressed(key) {
                self.cursor = match self.cursor {
                    None => (!spots.is_empty()).then_some(0),
                    Some(here) => next(spots, here, way).or(Some(here)),
                };
            }
        }
        let entered = pressed(Key::Enter) || pressed(Key::Space);
        self.cursor.filter(|_| entered)
    }

    /// Every datum is a button to whoever hears the plot and does not see it.
    fn spoken(&self, ui: &mut Ui, body: Rect, id: egui::Id) -> Option<Pick> {
        let heard = ui.ctx().accesskit_node_builder(id, |_| ()).is_some();
        let made = self.made.as_ref().filter(|_| heard)?;
        let tips = self.shown.figure.tips();
        let mut chosen = None;
        for (i, spot) in made.drawing.spots.iter().enumerate() {
            let Some(pick) = self.shown.picks.get(spot.datum).and_then(Option::as_ref) else {
                continue;
            };
            let rect = on_screen(body, spot.rect);
            // It senses no clicks: those of the pointer are the plot's own, which knows exact outlines.
            let response = ui.interact(rect, id.with(("datum", i)), Sense::hover());
            let tip = tips.get(spot.datum).copied().unwrap_or_default();
            response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Button, true, tip));
            let click = egui::accesskit::Action::Click;
            ui.ctx()
                .accesskit_node_builder(response.id, |node| node.add_action(click));
            if ui.input(|input| input.has_accesskit_action_request(response.id, click)) {
                chosen = Some(pick.clone());
            }
        }
        chosen
    }
}

/// One line of heavier text that ends in an ellipsis where it would pass `right`.
fn bold_line(ui: &Ui, left_center: Pos2, right: f32, text: &str, color: Color32) {
    let font = theme::strong_font(theme::BODY);
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width((right - left_center.x).max(0.0));
    let galley = ui.painter().layout_job(job);
    let at = left_center - vec2(0.0, galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
}

/// What is said in the place of a plot that can't be drawn, or is not there yet.
pub fn placeholder(ui: &Ui, scene: Scene<'_>, rect: Rect, title: &str, words: &str) {
    let at = pos2(rect.left(), rect.top() + HEAD / 2.0);
    bold_line(ui, at, rect.right(), title, scene.colors.text);
    let mid = pos2(rect.left(), rect.center().y);
    one_line(ui, mid, rect.right(), words, scene.colors.weak);
}

/// The spot that is nearest in a direction, those straight ahead first.
fn next(spots: &[crate::report::Spot], here: usize, [dx, dy]: [f32; 2]) -> Option<usize> {
    let middle = |i: usize| {
        let [x, y, w, h] = spots[i].rect;
        [x + w / 2.0, y + h / 2.0]
    };
    let [x, y] = middle(spots.get(here).map(|_| here)?);
    let cost = |i: usize| {
        let [nx, ny] = middle(i);
        let (ahead, aside) = (
            (nx - x) * dx + (ny - y) * dy,
            ((nx - x) * dy).abs() + ((ny - y) * dx).abs(),
        );
        (ahead > 0.5).then_some(ahead + 3.0 * aside)
    };
    let others = (0..spots.len()).filter(|i| spots[*i].datum != spots[here].datum);
    others
        .filter_map(|i| Some((i, cost(i)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(i, _)| i)
}

fn on_screen(body: Rect, [x, y, w, h]: [f32; 4]) -> Rect {
    Rect::from_min_size(body.min + vec2(x, y), vec2(w, h))
}

fn outline(painter: &egui::Painter, body: Rect, rect: [f32; 4], points: &[[f32; 2]], stroke: Stroke) {
    if points.is_empty() {
        painter.rect_stroke(on_screen(body, rect), 1.0, stroke, StrokeKind::Inside);
        return;
    }
    let points = points.iter().map(|[x, y]| body.min + vec2(*x, *y)).collect();
    painter.add(Shape::closed_line(points, stroke));
}

/// The colour of an ink.
fn color(colors: &Palette, ink: Ink) -> Color32 {
    match ink {
        Ink::Text => colors.text,
        Ink::Weak => colors.weak,
        Ink::Line => colors.line,
        Ink::Mark => colors.community,
        Ink::Faint => colors.faint,
        Ink::Out => colors.red,
        Ink::Ground => colors.panel,
        Ink::Tone(t) => colors.tone_low.lerp_to_gamma(colors.tone_high, t.clamp(0.0, 1.0)),
    }
}

/// The shapes of a drawing, with the origin at its upper left corner.
fn shapes(ctx: &Context, colors: &Palette, drawing: &Drawing) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let mut mesh = Mesh::default();
    for mark in &drawing.marks {
        let ink = |ink: &Ink| color(colors, *ink);
        let at = |[x, y]: [f32; 2]| pos2(x, y);
        let line = |points: &[[f32; 2]]| points.iter().map(|point| at(*point)).collect::<Vec<Pos2>>();
        match mark {
            // One mesh holds all rectangles that follow each other.
            Mark::Rect(rect, fill) => {
                mesh.add_colored_rect(on_screen(Rect::ZERO, *rect), ink(fill));
                continue;
            }
            Mark::Area(points, fill, _) => fill_area(&mut mesh, points, ink(fill)),
            _ => {}
        }
        if !mesh.is_empty() {
            shapes.push(Shape::mesh(std::mem::take(&mut mesh)));
        }
        match mark {
            Mark::Rect(..) => {}
            Mark::Frame(rect, edge) => shapes.push(Shape::rect_stroke(
                on_screen(Rect::ZERO, *rect),
                0.0,
                Stroke::new(1.0, ink(edge)),
                StrokeKind::Middle,
            )),
            Mark::Line(points, wide, edge) => {
                shapes.push(Shape::line(line(points), Stroke::new(*wide, ink(edge))));
            }
            Mark::Area(points, _, edge) => {
                let edge = Stroke::new(0.75, ink(edge));
                shapes.push(Shape::closed_line(line(points), edge));
            }
            Mark::Dot(point, radius, fill) => {
                shapes.push(Shape::circle_filled(at(*point), *radius, ink(fill)));
            }
            Mark::Text(point, anchor, fill, text) => {
                let font = FontId::proportional(theme::BODY);
                let color = ink(fill);
                let galley = ctx.fonts_mut(|fonts| fonts.layout_no_wrap(text.clone(), font, color));
                let anchor = match anchor {
                    Anchor::Left => Align2::LEFT_CENTER,
                    Anchor::Middle => Align2::CENTER_CENTER,
                    Anchor::Right => Align2::RIGHT_CENTER,
                };
                let rect = anchor.anchor_size(at(*point), galley.size());
                shapes.push(Shape::galley(rect.min, galley, color));
            }
        }
    }
    if !mesh.is_empty() {
        shapes.push(Shape::mesh(mesh));
    }
    shapes
}

/// Cuts an area into triangles, ear by ear: areas of places are no convex shapes. One that crosses itself is filled as far
/// as it goes.
fn fill_area(mesh: &mut Mesh, points: &[[f32; 2]], color: Color32) {
    let cross =
        |a: [f32; 2], b: [f32; 2], c: [f32; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    let ends = points.iter().zip(points.iter().cycle().skip(1));
    let area: f32 = ends.map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    let turn = area.signum();
    let start = mesh.vertices.len() as u32;
    for [x, y] in points {
        mesh.colored_vertex(pos2(*x, *y), color);
    }
    let mut left: Vec<usize> = (0..points.len()).collect();
    while left.len() >= 3 {
        let count = left.len();
        let corner = |i: usize| [left[(i + count - 1) % count], left[i], left[(i + 1) % count]];
        let is_ear = |i: &usize| {
            let [a, b, c] = corner(*i).map(|i| points[i]);
            if cross(a, b, c) * turn < 0.0 {
                return false;
            }
            let mut others = left.iter().filter(|other| !corner(*i).contains(other));
            others.all(|other| {
                let p = points[*other];
                let sides = [cross(a, b, p), cross(b, c, p), cross(c, a, p)];
                sides.iter().any(|side| side * turn <= 0.0)
            })
        };
        let ear = (0..count).find(is_ear).unwrap_or(0);
        let [a, b, c] = corner(ear).map(|i| start + i as u32);
        mesh.add_triangle(a, b, c);
        left.remove(ear);
    }
}

/// A heading within the page.
pub fn heading(text: &str) -> RichText {
    RichText::new(text).font(theme::strong_font(theme::TITLE))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The area that a mesh covers.
    fn covered(mesh: &Mesh) -> f32 {
        let triangles = mesh.indices.chunks(3);
        let area = triangles.map(|t| {
            let [a, b, c] = [t[0], t[1], t[2]].map(|i| mesh.vertices[i as usize].pos);
            ((b - a).x * (c - a).y - (b - a).y * (c - a).x).abs() / 2.0
        });
        area.sum()
    }

    #[test]
    fn areas_with_bays_are_filled_exactly() {
        let mut mesh = Mesh::default();
        let horseshoe = [
            [0.0, 0.0],
            [10.0, 0.0],
            [10.0, 10.0],
            [7.0, 10.0],
            [7.0, 3.0],
            [3.0, 3.0],
            [3.0, 10.0],
            [0.0, 10.0],
        ];
        fill_area(&mut mesh, &horseshoe, Color32::WHITE);
        assert!((covered(&mesh) - 72.0).abs() < 1e-3, "{}", covered(&mesh));
        let mut mesh = Mesh::default();
        let mut other_way = horseshoe;
        other_way.reverse();
        fill_area(&mut mesh, &other_way, Color32::WHITE);
        assert!((covered(&mesh) - 72.0).abs() < 1e-3);
    }

    #[test]
    fn shapes_follow_their_plot() {
        let dot = Shape::circle_filled(pos2(3.0, 4.0), 1.0, Color32::WHITE);
        let mut made = Made {
            size: Vec2::ZERO,
            dark: false,
            drawing: Drawing::default(),
            shapes: vec![dot],
            at: Pos2::ZERO,
        };
        for at in [pos2(100.0, 50.0), pos2(100.0, 50.0), pos2(100.0, 20.0)] {
            made.move_to(at);
            let Shape::Circle(dot) = &made.shapes[0] else {
                panic!("{:?}", made.shapes)
            };
            assert_eq!(dot.center, at + vec2(3.0, 4.0));
        }
    }

    #[test]
    fn arrows_go_straight_ahead_first() {
        let spots: Vec<crate::report::Spot> = (0..9)
            .map(|i| crate::report::Spot {
                datum: i,
                rect: [(i % 3) as f32 * 10.0, (i / 3) as f32 * 10.0, 10.0, 10.0],
                outline: Vec::new(),
            })
            .collect();
        assert_eq!(next(&spots, 4, [1.0, 0.0]), Some(5));
        assert_eq!(next(&spots, 4, [0.0, -1.0]), Some(1));
        assert_eq!(next(&spots, 5, [1.0, 0.0]), None);
    }
}
