//! Measuring on the map: a path's length, a ring's area, how far one walks from a point, and which units are near it.

use eframe::egui::{
    Align2, Area, Color32, CursorIcon, DragValue, FontId, Frame, Grid, Id, Margin, Order, Painter, Pos2,
    Rect, Response, RichText, Shape, Stroke, Ui, Vec2, vec2,
};

use crate::town::Wgs84;
use crate::town::measure::{NearUnit, area_m2, circle, crosses_itself, length_m, nearest_units, walk_m};
use crate::ui::keys::{self, Deed};
use crate::ui::{Intent, Scene, theme};

use super::camera::{View, mercator, wgs84};

/// Minutes of the walking rings: those of a living circle on foot (GB 50180-2018).
const RINGS: [u32; 3] = [5, 10, 15];
/// At this speed a quarter of an hour is a kilometre, the living circle's own measure. Kilometres an hour.
const SPEED_KMH: f64 = 4.0;
const SPEEDS_KMH: std::ops::RangeInclusive<f64> = 2.0..=7.0;
/// So many of the nearest units are listed.
const UNITS: usize = 6;
/// More corners than anybody clicks.
const MOST_POINTS: usize = 1000;
const CORNERS: usize = 96;
/// Where the bar stands: at the left, below the notes, so that the middle stays free.
const BESIDE: Vec2 = vec2(8.0, 48.0);
/// Width of the bar, in points: longer sentences are broken.
const WIDEST: f32 = 520.0;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Distance,
    Area,
    Walk,
}

impl Kind {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Distance, "measure-distance"),
        (Self::Area, "measure-area"),
        (Self::Walk, "measure-walk"),
    ];
}

/// What is known around the middle of the rings, worked out when one of these changes.
struct Around {
    middle: Wgs84,
    generation: u64,
    speed_kmh: f64,
    /// Open cases within each ring.
    cases: [usize; 3],
    units: Vec<NearUnit>,
}

/// The tool, while it is in the hand.
pub struct Measure {
    kind: Kind,
    points: Vec<Wgs84>,
    speed_kmh: f64,
    around: Option<Around>,
}

impl Default for Measure {
    fn default() -> Self {
        Self {
            kind: Kind::Distance,
            points: Vec::new(),
            speed_kmh: SPEED_KMH,
            around: None,
        }
    }
}

impl Measure {
    /// Does what a key asks, where it asks the tool. `middle` is what the map looks at: the way without a pointer.
    pub fn deed(&mut self, deed: Deed, middle: Wgs84) -> bool {
        match deed {
            Deed::NextStep => self.add(middle),
            Deed::ClearFilters => drop(self.points.pop()),
            _ => return false,
        }
        true
    }

    fn add(&mut self, at: Wgs84) {
        if self.kind == Kind::Walk {
            self.points.clear();
        }
        // Twice the same point is a double click.
        if at.is_valid() && self.points.len() < MOST_POINTS && self.points.last() != Some(&at) {
            self.points.push(at);
        }
    }

    /// Draws what is measured, and the bar that tells it, which stays within `room`. Answers whether the tool stays in the
    /// hand.
    pub fn show(
        &mut self,
        ui: &Ui,
        map: &Response,
        scene: &Scene<'_>,
        (view, room): (&View, Rect),
        intents: &mut Vec<Intent>,
    ) -> bool {
        if map.clicked()
            && let Some(at) = map.interact_pointer_pos()
        {
            self.add(wgs84(view.unscreen(at)));
        }
        if map.secondary_clicked() {
            self.points.pop();
        }
        if map.hovered() {
            ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        }
        self.look_around(scene);
        let pen = Pen {
            painter: ui.painter().with_clip_rect(view.rect.intersect(ui.clip_rect())),
            view,
            scene,
        };
        let pointer = map.hover_pos().filter(|_| !map.dragged());
        self.draw(&pen, pointer);
        self.bar(ui, scene, room, intents)
    }

    fn look_around(&mut self, scene: &Scene<'_>) {
        let middle = self.points.first().filter(|_| self.kind == Kind::Walk);
        let Some(middle) = middle.copied() else {
            self.around = None;
            return;
        };
        let (generation, speed_kmh) = (scene.board.generation(), self.speed_kmh);
        let known = self.around.as_ref().is_some_and(|around| {
            (around.middle, around.generation, around.speed_kmh) == (middle, generation, speed_kmh)
        });
        if known {
            return;
        }
        let shrink = middle.lat.to_radians().cos();
        let mut cases = [0; RINGS.len()];
        for point in scene.board.points() {
            let metres = point.at.near_distance_m(middle, shrink);
            for (count, minutes) in cases.iter_mut().zip(RINGS) {
                *count += usize::from(metres <= walk_m(f64::from(minutes), speed_kmh));
            }
        }
        self.around = Some(Around {
            middle,
            generation,
            speed_kmh,
            cases,
            units: nearest_units(scene.town, middle, UNITS),
        });
    }

    fn draw(&self, pen: &Pen<'_>, pointer: Option<Pos2>) {
        match self.kind {
            Kind::Walk => self.draw_rings(pen),
            Kind::Distance | Kind::Area => self.draw_path(pen, pointer),
        }
        for point in &self.points {
            pen.dot(*point);
        }
        // Where Enter puts a point.
        pen.cross(pen.view.rect.center());
    }

    fn draw_path(&self, pen: &Pen<'_>, pointer: Option<Pos2>) {
        let mut path: Vec<Pos2> = self.points.iter().map(|at| pen.screen(*at)).collect();
        let closed = self.kind == Kind::Area && path.len() > 2;
        if closed {
            // Sides may cross while it is drawn: only its lines are shown then, for there is no inside.
            pen.line(&[path[path.len() - 1], path[0]], true);
        }
        pen.line(&path, false);
        let Some(last) = path.last().copied() else { return };
        let Some(pointer) = pointer else { return };
        pen.line(&[last, pointer], true);
        let mut points = self.points.clone();
        points.push(wgs84(pen.view.unscreen(pointer)));
        path.push(pointer);
        let text = self.result(pen.scene, &points);
        pen.label(pointer + vec2(12.0, -12.0), &text);
    }

    fn draw_rings(&self, pen: &Pen<'_>) {
        let Some(around) = &self.around else { return };
        for unit in &around.units {
            pen.square(unit.from);
        }
        for minutes in RINGS {
            let metres = walk_m(f64::from(minutes), self.speed_kmh);
            let ring = circle(around.middle, metres, CORNERS);
            let mut path: Vec<Pos2> = ring.iter().map(|at| pen.screen(*at)).collect();
            let north = path[0];
            path.push(north);
            pen.line(&path, false);
            let text = ring_words(pen.scene, minutes, metres);
            pen.label(north, &text);
        }
    }

    /// What was measured, in words.
    fn result(&self, scene: &Scene<'_>, points: &[Wgs84]) -> String {
        let words = scene.words;
        let length = length_words(scene, length_m(points));
        match self.kind {
            Kind::Distance if points.len() > 2 => {
                let last = length_m(&points[points.len() - 2..]);
                let last = length_words(scene, last);
                words.f(
                    "measure-path",
                    &[("length", length.into()), ("last", last.into())],
                )
            }
            Kind::Distance => length,
            Kind::Area if crosses_itself(points) => words.t("measure-crosses").to_owned(),
            Kind::Area => {
                let mut round = points.to_vec();
                round.extend(points.first().copied());
                let around = length_words(scene, length_m(&round));
                let area = area_words(scene, area_m2(points));
                words.f(
                    "measure-ring",
                    &[("area", area.into()), ("around", around.into())],
                )
            }
            Kind::Walk => String::new(),
        }
    }

    fn bar(&mut self, ui: &Ui, scene: &Scene<'_>, room: Rect, intents: &mut Vec<Intent>) -> bool {
        let mut open = true;
        let words = scene.words;
        Area::new(Id::unique("measure"))
            .order(Order::Middle)
            .pivot(Align2::LEFT_TOP)
            .fixed_pos(room.min + BESIDE)
            .constrain_to(room)
            .movable(false)
            .show(ui.ctx(), |ui| {
                let frame = Frame::popup(ui.style()).inner_margin(Margin::symmetric(10, 6));
                frame.show(ui, |ui| {
                    ui.set_max_width((room.width() - 2.0 * BESIDE.x - 22.0).min(WIDEST));
                    ui.horizontal_wrapped(|ui| {
                        self.kinds(ui, scene);
                        let text = RichText::new(words.t("measure-clear"));
                        let some = !self.points.is_empty();
                        if ui.add_enabled(some, eframe::egui::Button::new(text)).clicked() {
                            self.points.clear();
                        }
                        let close = ui.button(words.t("measure-close"));
                        if close.on_hover_text(keys::hint(words, Deed::Measure)).clicked() {
                            open = false;
                        }
                    });
                    self.tell(ui, scene, intents);
                });
            });
        open
    }

    fn kinds(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        for (kind, key) in Kind::ALL {
            let chosen = ui.selectable_label(self.kind == kind, scene.words.t(key));
            if chosen.clicked() && self.kind != kind {
                self.kind = kind;
                if kind == Kind::Walk {
                    self.points.truncate(1);
                }
            }
        }
    }

    fn tell(&mut self, ui: &mut Ui, scene: &Scene<'_>, intents: &mut Vec<Intent>) {
        let words = scene.words;
        if self.kind == Kind::Walk {
            ui.horizontal(|ui| {
                let label = ui.label(words.t("measure-speed"));
                let value = DragValue::new(&mut self.speed_kmh)
                    .range(SPEEDS_KMH)
                    .speed(0.05)
                    .fixed_decimals(1)
                    .suffix(" km/h");
                ui.add(value).labelled_by(label.id);
            });
            let note = RichText::new(words.t("measure-straight")).color(scene.colors.weak);
            ui.label(note);
        }
        let least = if self.kind == Kind::Walk { 1 } else { 2 };
        if self.points.len() < least {
            let key = match self.kind {
                Kind::Walk => "measure-hint-walk",
                Kind::Distance | Kind::Area => "measure-hint",
            };
            ui.label(RichText::new(words.t(key)).color(scene.colors.weak));
            return;
        }
        if self.kind == Kind::Walk {
            self.tell_around(ui, scene, intents);
            return;
        }
        let text = self.result(scene, &self.points);
        ui.horizontal(|ui| {
            ui.label(RichText::new(&text).font(theme::strong_font(theme::BODY)));
            if ui.button(words.t("measure-copy")).clicked() {
                ui.ctx().copy_text(text.clone());
                intents.push(Intent::Say(words.t("measure-copied").to_owned()));
            }
        });
    }

    fn tell_around(&self, ui: &mut Ui, scene: &Scene<'_>, intents: &mut Vec<Intent>) {
        let Some(around) = &self.around else { return };
        let words = scene.words;
        for (minutes, cases) in RINGS.into_iter().zip(around.cases) {
            let ring = ring_words(scene, minutes, walk_m(f64::from(minutes), self.speed_kmh));
            let cases = words.n("measure-cases", cases);
            ui.label(format!("{ring} · {cases}"));
        }
        ui.add_space(4.0);
        let title = RichText::new(words.t("measure-units")).font(theme::strong_font(theme::BODY));
        ui.label(title).on_hover_text(words.t("measure-units-tip"));
        Grid::new("nearest units")
            .num_columns(3)
            .spacing([12.0, 2.0])
            .show(ui, |ui| {
                for unit in &around.units {
                    let name = scene.town.handler_name(&unit.handler, words.lang);
                    if ui.link(name).on_hover_text(words.t("measure-unit-tip")).clicked() {
                        intents.push(Intent::LookAt(unit.from));
                    }
                    ui.label(length_words(scene, unit.metres));
                    let minutes = unit.metres / walk_m(1.0, self.speed_kmh);
                    ui.label(words.n("measure-minutes", minutes.ceil() as usize));
                    ui.end_row();
                }
            });
    }
}

/// Draws in the colours of what is selected, with an edge that shows on any ground.
struct Pen<'a> {
    painter: Painter,
    view: &'a View,
    scene: &'a Scene<'a>,
}

impl Pen<'_> {
    fn screen(&self, at: Wgs84) -> Pos2 {
        self.view.screen(mercator(at))
    }

    fn line(&self, path: &[Pos2], dashed: bool) {
        let (accent, ground) = (self.scene.colors.accent, self.scene.colors.ground);
        if dashed {
            let dashes = Shape::dashed_line(path, Stroke::new(2.0, accent), 6.0, 4.0);
            self.painter.extend(dashes);
            return;
        }
        self.painter.line(path.to_vec(), Stroke::new(5.0, ground));
        self.painter.line(path.to_vec(), Stroke::new(2.0, accent));
    }

    fn dot(&self, at: Wgs84) {
        let at = self.screen(at);
        self.painter.circle(
            at,
            4.5,
            self.scene.colors.accent,
            Stroke::new(1.5, self.scene.colors.ground),
        );
    }

    fn square(&self, at: Wgs84) {
        let rect = Rect::from_center_size(self.screen(at), vec2(8.0, 8.0));
        let edge = Stroke::new(1.5, self.scene.colors.text);
        self.painter.rect(
            rect,
            1.0,
            self.scene.colors.panel,
            edge,
            eframe::egui::StrokeKind::Inside,
        );
    }

    fn cross(&self, at: Pos2) {
        let stroke = Stroke::new(1.0, self.scene.colors.text);
        for by in [vec2(7.0, 0.0), vec2(0.0, 7.0)] {
            self.painter.line_segment([at - by, at + by], stroke);
        }
    }

    /// Words on a small ground, kept inside the map.
    fn label(&self, at: Pos2, text: &str) {
        let font = FontId::proportional(theme::BODY);
        let galley = self
            .painter
            .layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER);
        let rect = Rect::from_min_size(at - vec2(0.0, galley.size().y / 2.0), galley.size()).expand(4.0);
        let inside = self.view.rect.shrink(4.0);
        let by = vec2(
            (inside.right() - rect.right()).min(0.0),
            (inside.top() - rect.top()).max(0.0),
        );
        let rect = rect.translate(by);
        self.painter.rect_filled(rect, 3.0, self.scene.colors.panel);
        self.painter
            .galley(rect.min + vec2(4.0, 4.0), galley, self.scene.colors.text);
    }
}

fn ring_words(scene: &Scene<'_>, minutes: u32, metres: f64) -> String {
    let metres = length_words(scene, metres);
    let args = [("minutes", minutes.into()), ("metres", metres.into())];
    scene.words.f("measure-ring-label", &args)
}

/// A length to the metre, from ten kilometres on to ten metres.
fn length_words(scene: &Scene<'_>, metres: f64) -> String {
    if metres < 1000.0 {
        return scene.words.n("distance-m", metres.round() as usize);
    }
    let digits = if metres < 10_000.0 { 3 } else { 2 };
    let km = format!("{:.digits$}", metres / 1000.0);
    scene.words.f("distance-km", &[("km", km.into())])
}

/// An area: square metres, hectares from one on, square kilometres from one on.
fn area_words(scene: &Scene<'_>, m2: f64) -> String {
    let (key, number) = match m2 {
        m2 if m2 < 10_000.0 => ("area-m2", format!("{m2:.0}")),
        m2 if m2 < 1e6 => ("area-ha", format!("{:.2}", m2 / 1e4)),
        m2 => ("area-km2", format!("{:.3}", m2 / 1e6)),
    };
    scene.words.f(key, &[("n", number.into())])
}
