//! Plots as SVG, and SVG as PNG.
//!
//! The text of an SVG stays text: whoever opens it needs a font with Chinese. A PNG is drawn with the fonts of the program.

use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use resvg::{tiny_skia, usvg};

use super::drawing::{Anchor, Drawing, Ink, Mark, ROW, TEXT, draw, fitted, width_of};
use super::figure::Figure;

/// A colour: red, green, blue.
pub type Rgb = [u8; 3];

/// The colours of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Behind everything.
    pub ground: Rgb,
    /// See [`Ink::Text`].
    pub text: Rgb,
    /// See [`Ink::Weak`].
    pub weak: Rgb,
    /// See [`Ink::Line`].
    pub line: Rgb,
    /// See [`Ink::Mark`].
    pub mark: Rgb,
    /// See [`Ink::Faint`].
    pub faint: Rgb,
    /// See [`Ink::Out`].
    pub out: Rgb,
    /// The tone of the least and of the most: one hue, so that lightness tells.
    pub tones: [Rgb; 2],
}

impl Look {
    /// On paper.
    pub const PAPER: Self = Self {
        ground: [0xff, 0xff, 0xff],
        text: [0x1a, 0x1e, 0x22],
        weak: [0x48, 0x50, 0x58],
        line: [0xdd, 0xe1, 0xe5],
        mark: [0x55, 0x5f, 0x69],
        faint: [0xb4, 0xbc, 0xc4],
        out: [0xc8, 0x1e, 0x1e],
        tones: [[0xee, 0xf1, 0xf4], [0x1d, 0x4e, 0x7e]],
    };

    /// The colour of an ink.
    pub fn color(&self, ink: Ink) -> Rgb {
        match ink {
            Ink::Text => self.text,
            Ink::Weak => self.weak,
            Ink::Line => self.line,
            Ink::Mark => self.mark,
            Ink::Faint => self.faint,
            Ink::Out => self.out,
            Ink::Ground => self.ground,
            Ink::Tone(t) => {
                let t = t.clamp(0.0, 1.0);
                let [low, high] = self.tones;
                let mix = |i: usize| {
                    let (a, b) = (f32::from(low[i]), f32::from(high[i]));
                    (a + (b - a) * t).round() as u8
                };
                [mix(0), mix(1), mix(2)]
            }
        }
    }
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The SVG can't be read.
    #[error("the picture can't be drawn: {0}")]
    Svg(String),
    /// It has no size, or one that is too large.
    #[error("a picture of {0}×{1} pixels can't be drawn: both sides lie between 1 and {MAX_SIDE}")]
    Size(u32, u32),
}

/// The longest side of a PNG, in pixels.
pub const MAX_SIDE: u32 = 16_384;

/// Room around the plot, in points.
const EDGE: f32 = 16.0;
/// Size of the title, in points.
const TITLE: f32 = 17.0;

/// A whole file: title, subtitle, plot, note. `size` is that of the file, in points.
pub fn file(figure: &Figure, size: [f32; 2], look: &Look) -> String {
    let [width, height] = size;
    let mut out = Out::new(size, look, &figure.title);
    let room = width - 2.0 * EDGE;
    let title = fitted(&figure.title, room * TEXT / TITLE);
    out.text(
        [EDGE, EDGE + TITLE / 2.0],
        Anchor::Left,
        TITLE,
        look.text,
        true,
        &title,
    );
    let mut top = EDGE + TITLE + 6.0;
    if !figure.subtitle.is_empty() {
        let words = fitted(&figure.subtitle, room);
        out.text(
            [EDGE, top + TEXT / 2.0],
            Anchor::Left,
            TEXT,
            look.weak,
            false,
            &words,
        );
        top += ROW;
    }
    top += 10.0;
    let notes = wrapped(&figure.note, room);
    let bottom = height - EDGE - ROW * notes.len() as f32;
    let drawing = draw(figure, [room, bottom - top - 6.0]);
    out.group(&drawing, [EDGE, top]);
    for (i, line) in notes.iter().enumerate() {
        let y = bottom + (i as f32 + 0.5) * ROW;
        out.text([EDGE, y], Anchor::Left, TEXT, look.weak, false, line);
    }
    out.end()
}

/// The plot alone, without its title: for a page that has its own.
pub fn plot(figure: &Figure, size: [f32; 2], look: &Look) -> String {
    let mut out = Out::new(size, look, &figure.title);
    out.group(&draw(figure, size), [0.0, 0.0]);
    out.end()
}

/// Breaks a text into lines of at most `room` points: at spaces, or between Chinese characters.
fn wrapped(text: &str, room: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines().filter(|line| !line.is_empty()) {
        let mut line = String::new();
        for word in words(paragraph) {
            if !line.is_empty() && width_of(&line) + width_of(word.trim_end()) > room {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            line.push_str(word);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Pieces between which a line may break.
fn words(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let closing = "，。、；：）》！？”".contains(c);
        let may_break = before == ' ' || !c.is_ascii() && c > '\u{2e80}' || before > '\u{2e80}';
        if at > start && may_break && !closing && !"（《“".contains(before) {
            pieces.push(&text[start..at]);
            start = at;
        }
        before = c;
    }
    pieces.push(&text[start..]);
    pieces
}

/// An SVG that is being written.
struct Out<'a> {
    svg: String,
    look: &'a Look,
}

impl<'a> Out<'a> {
    fn new([width, height]: [f32; 2], look: &'a Look, title: &str) -> Self {
        let ground = hex(look.ground);
        let title = escaped(title);
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"'Noto Sans SC','Noto Sans CJK SC','Source Han Sans SC',sans-serif\" font-size=\"{TEXT}\">\n\
             <title>{title}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>\n"
        );
        Self { svg, look }
    }

    fn end(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }

    /// Writes one element. Writing to a string can't fail.
    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = self.svg.write_fmt(element);
    }

    fn group(&mut self, drawing: &Drawing, [x, y]: [f32; 2]) {
        self.push(format_args!("<g transform=\"translate({x} {y})\">\n"));
        for mark in &drawing.marks {
            self.mark(mark);
        }
        self.svg.push_str("</g>\n");
    }

    fn mark(&mut self, mark: &Mark) {
        let color = |ink: &Ink| hex(self.look.color(*ink));
        match mark {
            Mark::Rect([x, y, w, h], ink) => {
                let fill = color(ink);
                self.push(format_args!(
                    "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{w:.2}\" height=\"{h:.2}\" fill=\"{fill}\"/>\n"
                ));
            }
            Mark::Frame([x, y, w, h], ink) => {
                let edge = color(ink);
                self.push(format_args!(
                    "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{w:.2}\" height=\"{h:.2}\" fill=\"none\" stroke=\"{edge}\"/>\n"
                ));
            }
            Mark::Line(points, wide, ink) => {
                let (points, edge) = (path(points), color(ink));
                self.push(format_args!(
                    "<polyline points=\"{points}\" fill=\"none\" stroke=\"{edge}\" stroke-width=\"{wide}\" \
                     stroke-linejoin=\"round\"/>\n"
                ));
            }
            Mark::Area(points, ink, edge) => {
                let (points, fill, edge) = (path(points), color(ink), color(edge));
                self.push(format_args!(
                    "<polygon points=\"{points}\" fill=\"{fill}\" stroke=\"{edge}\" stroke-width=\"0.75\"/>\n"
                ));
            }
            Mark::Dot([x, y], radius, ink) => {
                let fill = color(ink);
                self.push(format_args!(
                    "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius}\" fill=\"{fill}\"/>\n"
                ));
            }
            Mark::Text(at, anchor, ink, text) => {
                self.text(*at, *anchor, TEXT, self.look.color(*ink), false, text);
            }
        }
    }

    fn text(&mut self, [x, y]: [f32; 2], anchor: Anchor, size: f32, color: Rgb, bold: bool, text: &str) {
        let anchor = match anchor {
            Anchor::Left => "start",
            Anchor::Middle => "middle",
            Anchor::Right => "end",
        };
        // Half of a capital's height below the middle: not every reader knows `dominant-baseline`.
        let baseline = y + size * 0.36;
        let (fill, text) = (hex(color), escaped(text));
        let weight = if bold { " font-weight=\"600\"" } else { "" };
        self.push(format_args!(
            "<text x=\"{x:.2}\" y=\"{baseline:.2}\" text-anchor=\"{anchor}\" font-size=\"{size}\"{weight} fill=\"{fill}\" \
             xml:space=\"preserve\">{text}</text>\n"
        ));
    }
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn path(points: &[[f32; 2]]) -> String {
    let mut text = String::with_capacity(points.len() * 14);
    for [x, y] in points {
        let _ = write!(text, "{x:.2},{y:.2} ");
    }
    text
}

/// A text as XML; characters that XML has no place for are left out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => safe.push(c),
        }
    }
    safe
}

/// The fonts that come with the program.
fn fonts() -> Arc<usvg::fontdb::Database> {
    static FONTS: OnceLock<Arc<usvg::fontdb::Database>> = OnceLock::new();
    let load = || {
        let mut fonts = usvg::fontdb::Database::new();
        let (regular, semibold) = (super::font::REGULAR, super::font::SEMIBOLD);
        fonts.load_font_data(regular.to_vec());
        fonts.load_font_data(semibold.to_vec());
        // The heavier face holds fewer characters: what it lacks is found in the regular one.
        let family = fonts
            .faces()
            .next()
            .and_then(|face| face.families.first().cloned());
        if let Some((family, _)) = family {
            fonts.set_sans_serif_family(family);
        }
        Arc::new(fonts)
    };
    FONTS.get_or_init(load).clone()
}

/// Reads an SVG of this module, for whatever draws it.
///
/// # Errors
/// [`PictureError::Svg`].
pub fn tree(svg: &str) -> Result<usvg::Tree, PictureError> {
    let options = usvg::Options {
        fontdb: fonts(),
        ..usvg::Options::default()
    };
    usvg::Tree::from_str(svg, &options).map_err(|error| PictureError::Svg(error.to_string()))
}

/// An SVG as the bytes of a PNG file, with `scale` pixels to a point.
///
/// # Errors
/// [`PictureError`].
pub fn png(svg: &str, scale: f32) -> Result<Vec<u8>, PictureError> {
    let tree = tree(svg)?;
    let side = |points: f32| (points * scale).ceil().max(0.0) as u32;
    let (width, height) = (side(tree.size().width()), side(tree.size().height()));
    if width.max(height) > MAX_SIDE {
        return Err(PictureError::Size(width, height));
    }
    let mut pixels = tiny_skia::Pixmap::new(width, height).ok_or(PictureError::Size(width, height))?;
    let transform = tiny_skia::Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    pixels
        .encode_png()
        .map_err(|error| PictureError::Svg(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::figure::{Bar, Pareto, Plot};
    use super::*;

    fn figure() -> Figure {
        let bar = |label: &str, n| Bar {
            label: label.to_owned(),
            n,
            tip: String::new(),
        };
        Figure {
            title: "事项 <A & B>".to_owned(),
            subtitle: "2026-11".to_owned(),
            note: "根据 12 件案件，截至 2026-11-25 09:00。".to_owned(),
            empty: "没有案件".to_owned(),
            plot: Plot::Pareto(Pareto {
                bars_name: "事项".to_owned(),
                n_name: "件数".to_owned(),
                share_name: "累计 %".to_owned(),
                bars: vec![bar("暴露垃圾", 9), bar("占道\u{1}经营", 3)],
                all: 12,
            }),
        }
    }

    #[test]
    fn a_file_is_read_back_with_all_its_words() {
        let svg = file(&figure(), [640.0, 400.0], &Look::PAPER);
        let read = tree(&svg).unwrap();
        assert_eq!((read.size().width(), read.size().height()), (640.0, 400.0));
        for words in [
            "事项 &lt;A &amp; B&gt;",
            "暴露垃圾",
            "占道经营",
            "75 %",
            "100 %",
            "截至",
        ] {
            assert!(svg.contains(words), "{words}");
        }
    }

    #[test]
    fn a_png_has_its_size_and_dark_text_on_a_light_ground() {
        let svg = file(&figure(), [640.0, 400.0], &Look::PAPER);
        let png = png(&svg, 2.0).unwrap();
        let picture = image::load_from_memory(&png).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (1280, 800));
        assert_eq!(picture.get_pixel(0, 0).0, Look::PAPER.ground);
        // The title is there: ink within its row.
        let title = (16..68).flat_map(|y| (32..200).map(move |x| (x, y)));
        let dark = title
            .filter(|(x, y)| picture.get_pixel(*x, *y).0[0] < 0x60)
            .count();
        assert!(dark > 100, "{dark} dark pixels in the title");
    }

    #[test]
    fn a_picture_without_end_is_refused() {
        let svg = file(&figure(), [640.0, 400.0], &Look::PAPER);
        assert!(matches!(png(&svg, 100.0), Err(PictureError::Size(64_000, _))));
        assert!(matches!(png("<svg", 1.0), Err(PictureError::Svg(_))));
    }

    #[test]
    fn notes_break_between_characters_not_before_a_full_stop() {
        let lines = wrapped("根据台账案件。截至今天", 6.2 * TEXT);
        assert_eq!(lines, ["根据台账案", "件。截至今天"].map(str::to_owned).to_vec());
    }
}
