//! Where everything of a plot stands: marks in points, the same for the screen and for files.
//!
//! Text is measured by its characters, since files are made without the interface: Chinese characters are as wide as they are
//! high, those of Latin about half of that.

mod areas;
mod bands;
mod bars;
mod cells;
mod lines;
mod ranks;

use unicode_width::UnicodeWidthChar;

use super::figure::{Figure, Plot};

/// Height of all text of a plot, in points.
pub const TEXT: f32 = 14.0;
/// Room between things, in points.
pub const GAP: f32 = 8.0;
/// Height of a row of text, in points.
pub const ROW: f32 = 20.0;

/// What something is drawn in; the consumer knows the colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ink {
    /// Text.
    Text,
    /// Text of less weight.
    Weak,
    /// Axes and grid lines.
    Line,
    /// Data.
    Mark,
    /// Data of less weight: another period, what can't be told apart.
    Faint,
    /// What is out of order.
    Out,
    /// A tone between the least (0) and the most (1).
    Tone(f32),
    /// The ground, for lines between areas.
    Ground,
}

/// Which part of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its left end, halfway up.
    Left,
    /// Its middle.
    Middle,
    /// Its right end, halfway up.
    Right,
}

/// Something drawn. Points are `[x, y]` from the upper left corner, in points.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A filled rectangle: left, top, width, height.
    Rect([f32; 4], Ink),
    /// The outline of a rectangle.
    Frame([f32; 4], Ink),
    /// A line through points, and its width.
    Line(Vec<[f32; 2]>, f32, Ink),
    /// A filled area with any outline, and the ink of its edge.
    Area(Vec<[f32; 2]>, Ink, Ink),
    /// A filled circle and its radius.
    Dot([f32; 2], f32, Ink),
    /// A text.
    Text([f32; 2], Anchor, Ink, String),
}

/// Where a datum can be pointed at.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// Its place in the figure's data.
    pub datum: usize,
    /// Left, top, width, height.
    pub rect: [f32; 4],
    /// The exact outline, where that is no rectangle.
    pub outline: Vec<[f32; 2]>,
}

impl Spot {
    fn new(datum: usize, rect: [f32; 4]) -> Self {
        Self {
            datum,
            rect,
            outline: Vec::new(),
        }
    }

    /// Whether a point lies on it.
    pub fn holds(&self, [x, y]: [f32; 2]) -> bool {
        let [left, top, width, height] = self.rect;
        let within = x >= left && x < left + width && y >= top && y < top + height;
        within && (self.outline.is_empty() || is_inside(&self.outline, [x, y]))
    }
}

/// Whether a point lies inside an outline, by how often a ray from it crosses that.
fn is_inside(outline: &[[f32; 2]], [x, y]: [f32; 2]) -> bool {
    let ends = outline.iter().zip(outline.iter().cycle().skip(1));
    let crossed = ends
        .filter(|([ax, ay], [bx, by])| (*ay > y) != (*by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax);
    crossed.count() % 2 == 1
}

/// A plot that is laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    /// Width and height, in points.
    pub size: [f32; 2],
    /// The marks, the lowest first.
    pub marks: Vec<Mark>,
    /// Where data can be pointed at; the last one that holds a point is meant.
    pub spots: Vec<Spot>,
}

/// Lays a plot out in the given width and height, in points. What does not fit is left out, never drawn beyond the edge.
pub fn draw(figure: &Figure, size: [f32; 2]) -> Drawing {
    let mut drawing = Drawing {
        size,
        ..Drawing::default()
    };
    let [width, height] = size;
    if width < 120.0 || height < 60.0 {
        return drawing;
    }
    if figure.is_empty() {
        let words = fitted(&figure.empty, width - 2.0 * GAP);
        drawing.text([width / 2.0, height / 2.0], Anchor::Middle, Ink::Weak, words);
        return drawing;
    }
    match &figure.plot {
        Plot::Trend(plot) => lines::trend(&mut drawing, plot),
        Plot::Histogram(plot) => bars::histogram(&mut drawing, plot),
        Plot::Pareto(plot) => bars::pareto(&mut drawing, plot),
        Plot::Matrix(plot) => cells::matrix(&mut drawing, plot),
        Plot::Calendar(plot) => cells::calendar(&mut drawing, plot),
        Plot::Flow(plot) => bands::flow(&mut drawing, plot),
        Plot::Ranking(plot) => ranks::ranking(&mut drawing, plot),
        Plot::Map(plot) => areas::map(&mut drawing, plot),
    }
    drawing
}

impl Drawing {
    fn text(&mut self, at: [f32; 2], anchor: Anchor, ink: Ink, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.marks.push(Mark::Text(at, anchor, ink, text));
        }
    }

    fn line(&mut self, from: [f32; 2], to: [f32; 2], ink: Ink) {
        self.marks.push(Mark::Line(vec![from, to], 1.0, ink));
    }

    fn rect(&mut self, rect: [f32; 4], ink: Ink) {
        self.marks.push(Mark::Rect(rect, ink));
    }

    /// The datum at a point.
    pub fn datum_at(&self, at: [f32; 2]) -> Option<usize> {
        let spot = self.spots.iter().rev().find(|spot| spot.holds(at))?;
        Some(spot.datum)
    }
}

/// About how wide a text is, in points.
pub fn width_of(text: &str) -> f32 {
    let wide = |c: char| match c {
        ' ' | '.' | ',' | ':' | 'i' | 'l' | 'j' | '·' => 0.28,
        'm' | 'w' | 'M' | 'W' | '%' | '—' => 0.9,
        'A'..='Z' => 0.66,
        c if c.width() == Some(2) => 1.0,
        _ => 0.56,
    };
    TEXT * text.chars().map(wide).sum::<f32>()
}

/// A text that is cut with an ellipsis where it is wider than `room`.
pub fn fitted(text: &str, room: f32) -> String {
    // A hair is rounding.
    if width_of(text) <= room + 0.1 {
        return text.to_owned();
    }
    let mut cut: String = text.to_owned();
    while cut.pop().is_some() {
        if width_of(&cut) + TEXT <= room {
            return format!("{}…", cut.trim_end());
        }
    }
    String::new()
}

/// The width of the widest text, at most `most`.
fn widest<'a>(texts: impl Iterator<Item = &'a str>, most: f32) -> f32 {
    texts.map(width_of).fold(0.0, f32::max).min(most)
}

/// A scale of round numbers around values.
struct Scale {
    low: f64,
    high: f64,
    step: f64,
    decimals: usize,
}

impl Scale {
    /// Around `values`, with at most about `steps` steps; from zero on where `zero`.
    fn new(values: impl Iterator<Item = f64>, steps: usize, zero: bool) -> Self {
        let (mut low, mut high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if zero {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        if high - low < 1e-9 {
            high = low + 1.0;
        }
        let rough = (high - low) / steps.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|digit| digit * power)
            .find(|step| *step >= rough * 0.999)
            .unwrap_or(10.0 * power);
        let decimals = (0..6).find(|d| {
            let scaled = step * 10_f64.powi(*d);
            (scaled - scaled.round()).abs() < 1e-6
        });
        Self {
            low: (low / step + 1e-9).floor() * step,
            high: (high / step - 1e-9).ceil() * step,
            step,
            decimals: decimals.unwrap_or(0) as usize,
        }
    }

    /// Around counts: whole steps only.
    fn of_counts(most: u64, steps: usize) -> Self {
        let mut scale = Self::new(std::iter::once(most as f64), steps, true);
        if scale.step < 1.0 {
            scale = Self {
                low: 0.0,
                high: most.max(1) as f64,
                step: 1.0,
                decimals: 0,
            };
        }
        scale
    }

    /// Where a value stands between the ends, 0 to 1.
    fn at(&self, value: f64) -> f32 {
        (((value - self.low) / (self.high - self.low)) as f32).clamp(0.0, 1.0)
    }

    /// The values that are marked, with their words.
    fn ticks(&self) -> impl Iterator<Item = (f64, String)> + '_ {
        let count = ((self.high - self.low) / self.step).round() as usize;
        (0..=count.min(40)).map(|i| {
            let value = self.low + i as f64 * self.step;
            let text = format!("{value:.*}", self.decimals);
            // "-0" is nought.
            let text = match text.trim_start_matches(['-', '0', '.']) {
                "" => text.trim_start_matches('-').to_owned(),
                _ => text.replace('-', "−"),
            };
            (value, text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scales_are_round_and_hold_their_values() {
        let ticks = |values: &[f64]| -> Vec<String> {
            let scale = Scale::new(values.iter().copied(), 4, true);
            scale.ticks().map(|(_, text)| text).collect()
        };
        assert_eq!(ticks(&[0.0, 97.0]), ["0", "25", "50", "75", "100"]);
        assert_eq!(ticks(&[-3.0, 4.0]), ["−4", "−2", "0", "2", "4"]);
        assert_eq!(ticks(&[]), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
        let counts: Vec<String> = Scale::of_counts(2, 4).ticks().map(|(_, text)| text).collect();
        assert_eq!(counts, ["0", "1", "2"]);
    }

    #[test]
    fn texts_are_cut_to_their_room() {
        assert_eq!(fitted("新澜社区", 100.0), "新澜社区");
        assert_eq!(fitted("新澜社区", 50.0), "新澜…");
        assert_eq!(fitted("新澜社区", 3.0), "");
    }

    proptest! {
        #[test]
        fn any_values_lie_on_their_scale(values in prop::collection::vec(-1e9..1e9_f64, 1..30), zero: bool) {
            let scale = Scale::new(values.iter().copied(), 5, zero);
            for value in values {
                prop_assert!(scale.low <= value + scale.step * 1e-6 && value <= scale.high + scale.step * 1e-6);
            }
            prop_assert!(scale.ticks().count() >= 2);
        }
    }
}
