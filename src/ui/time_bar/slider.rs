//! The slider: the curve of open cases over a span, and the hand that moves through it.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use eframe::egui::{
    self, Align2, FontId, Mesh, Pos2, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, accesskit, pos2, vec2,
};

use super::{BarState, Curve, PastDo, Scale, moment_words};
use crate::past::Slot;
use crate::ui::{Intent, Palette, Scene, theme};

/// So many steps the curve has.
pub const STEPS: i64 = 360;
/// Height of the words under the curve, in points.
const AXIS: f32 = 18.0;
/// Height of the slider, in points.
const HEIGHT: f32 = 68.0;
/// Room for words above the curve, in points.
const HEADROOM: f32 = 18.0;
/// Room for the words that say how many cases there were at most, in points.
const MOST_ROOM: f32 = 120.0;
/// Size of the words, in points.
const SMALL: f32 = 12.0;

/// Moments and places along the slider.
struct Axis {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    plot: Rect,
}

impl Axis {
    fn x(&self, at: DateTime<Utc>) -> f32 {
        let share = (at - self.from).num_milliseconds() as f64 / self.length_ms() as f64;
        self.plot.left() + (share.clamp(0.0, 1.0) as f32) * self.plot.width()
    }

    fn at(&self, x: f32) -> DateTime<Utc> {
        let share = f64::from((x - self.plot.left()) / self.plot.width().max(1.0)).clamp(0.0, 1.0);
        let at = self.from + TimeDelta::milliseconds((share * self.length_ms() as f64) as i64);
        at.duration_round(TimeDelta::minutes(1)).unwrap_or(at)
    }

    fn length_ms(&self) -> i64 {
        (self.until - self.from).num_milliseconds().max(1)
    }

    fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at <= self.until
    }
}

/// Draws the slider and answers where a hand moves it to.
pub fn show(ui: &mut Ui, scene: Scene<'_>, state: &BarState<'_>, scale: Scale, intents: &mut Vec<Intent>) {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click_and_drag());
    let (from, until) = scale.bounds(state.at, scene.town.timezone);
    let plot = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - AXIS));
    let axis = Axis { from, until, plot };
    let colors = scene.colors;
    let painter = ui.painter_at(rect.expand2(vec2(8.0, 0.0)));
    painter.rect_filled(plot, 3.0, colors.sunken);
    for (at, words) in scale.marks(from, until, scene.town.timezone) {
        let x = axis.x(at);
        painter.vline(
            x,
            plot.y_range(),
            Stroke::new(1.0, colors.line.gamma_multiply(0.6)),
        );
        painter.text(
            pos2(x + 2.0, rect.bottom()),
            Align2::LEFT_BOTTOM,
            words,
            FontId::proportional(SMALL),
            colors.weak,
        );
    }
    if let Some(curve) = state.curve.filter(|curve| curve.from == from) {
        draw_curve(&painter, curve, &axis, state.now, scene);
    }
    now_line(&painter, &axis, state.now, scene);
    let letter = |slot: Slot| match slot {
        Slot::Shown => "A",
        Slot::Beside => "B",
    };
    if let Some(other) = state.other.filter(|other| axis.holds(*other)) {
        let slot = match state.holds {
            Slot::Shown => Slot::Beside,
            Slot::Beside => Slot::Shown,
        };
        hand(
            &painter,
            axis.x(other),
            plot,
            colors.weak,
            Some(letter(slot)),
            colors,
        );
    }
    let own = state.other.map(|_| letter(state.holds));
    hand(&painter, axis.x(state.at), plot, colors.accent, own, colors);

    let value = moment_words(scene, state.at);
    let name = format!("{} {value}", scene.words.t("past-slider"));
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(accesskit::Role::Slider, true, &name);
        info.value = Some((state.at - from).num_minutes() as f64);
        info
    });
    if let Some(pointer) = response.interact_pointer_pos()
        && (response.clicked() || response.dragged())
    {
        intents.push(Intent::Past(PastDo::GoTo(axis.at(pointer.x))));
    }
    if let Some(pointer) = response.hover_pos() {
        painter.vline(pointer.x, plot.y_range(), Stroke::new(1.0, colors.weak));
        let at = axis.at(pointer.x);
        let mut tip = moment_words(scene, at);
        if let Some(open) = state
            .curve
            .and_then(|curve| open_at(curve, at))
            .filter(|_| at <= state.now)
        {
            tip = format!("{tip}\n{}", scene.words.n("past-open", open as usize));
        }
        response.on_hover_text_at_pointer(tip);
    }
}

fn open_at(curve: &Curve, at: DateTime<Utc>) -> Option<u32> {
    let step = (at - curve.from).num_milliseconds() / curve.step_ms.max(1);
    usize::try_from(step)
        .ok()
        .and_then(|step| curve.counts.get(step))
        .copied()
}

fn draw_curve(painter: &egui::Painter, curve: &Curve, axis: &Axis, now: DateTime<Utc>, scene: Scene<'_>) {
    let colors = scene.colors;
    let most = curve.counts.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return;
    }
    let plot = axis.plot;
    let height = plot.height() - HEADROOM;
    let mut line: Vec<Pos2> = Vec::with_capacity(curve.counts.len());
    for (i, count) in curve.counts.iter().enumerate() {
        let at = curve.from + TimeDelta::milliseconds(curve.step_ms.saturating_mul(i as i64));
        if at > now {
            break;
        }
        line.push(pos2(
            axis.x(at),
            plot.bottom() - height * *count as f32 / most as f32,
        ));
    }
    let fill = colors.tone_high.gamma_multiply(0.28);
    let mut mesh = Mesh::default();
    for point in &line {
        mesh.colored_vertex(*point, fill);
        mesh.colored_vertex(pos2(point.x, plot.bottom()), fill);
    }
    for i in 1..line.len() as u32 {
        let (a, b) = (2 * i - 2, 2 * i);
        mesh.add_triangle(a, a + 1, b);
        mesh.add_triangle(a + 1, b + 1, b);
    }
    painter.add(Shape::mesh(mesh));
    painter.add(Shape::line(line, Stroke::new(1.5, colors.weak)));
    // Where now is near the beginning, its word stands on the left.
    let (at, align) = match axis.holds(now) && axis.x(now) < plot.left() + MOST_ROOM {
        true => (plot.right_top() + vec2(-6.0, 2.0), Align2::RIGHT_TOP),
        false => (plot.left_top() + vec2(6.0, 2.0), Align2::LEFT_TOP),
    };
    painter.text(
        at,
        align,
        scene.words.n("past-most", most as usize),
        FontId::proportional(SMALL),
        colors.weak,
    );
}

/// Where now is, if the slider shows it.
fn now_line(painter: &egui::Painter, axis: &Axis, now: DateTime<Utc>, scene: Scene<'_>) {
    if !axis.holds(now) {
        return;
    }
    let x = axis.x(now);
    painter.vline(x, axis.plot.y_range(), Stroke::new(1.0, scene.colors.text));
    let near_edge = x > axis.plot.right() - 44.0;
    let (at, align) = match near_edge {
        true => (pos2(x - 4.0, axis.plot.top() + 2.0), Align2::RIGHT_TOP),
        false => (pos2(x + 4.0, axis.plot.top() + 2.0), Align2::LEFT_TOP),
    };
    let font = FontId::proportional(SMALL);
    painter.text(at, align, scene.words.t("past-now"), font, scene.colors.text);
}

fn hand(
    painter: &egui::Painter,
    x: f32,
    plot: Rect,
    color: egui::Color32,
    letter: Option<&str>,
    colors: &Palette,
) {
    painter.vline(x, plot.y_range(), Stroke::new(2.0, color));
    let grip = pos2(x, plot.bottom());
    painter.circle(grip, 7.0, color, Stroke::new(2.0, colors.panel));
    if let Some(letter) = letter {
        painter.text(
            grip,
            Align2::CENTER_CENTER,
            letter,
            theme::strong_font(10.0),
            colors.on_accent,
        );
    }
}
