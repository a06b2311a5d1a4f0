//! Documents on paper: a small layout of A4 pages, and what writes it as PDF.
//!
//! [`Paper`] breaks paragraphs, tables and drawings into pages, which are lists of plain [`Op`]s; [`write()`] writes them with
//! the fonts of the program, embedded and subset. Lengths are points of 1/72 inch from the upper left corner.

mod paper;
mod typeset;

pub use paper::{Align, Head, Paper, TEXT_SIZE, Tile};
pub use typeset::{Run, Type};

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;

use super::svg::Rgb;

/// Width and height of A4.
pub const A4: [f32; 2] = [595.28, 841.89];

/// Something on a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A text on its baseline.
    Text {
        /// Its left end.
        at: [f32; 2],
        /// Its size.
        size: f32,
        /// Whether it is bold.
        bold: bool,
        /// Its colour.
        color: Rgb,
        /// What it says.
        text: String,
        /// So much more room after each character.
        spread: f32,
    },
    /// A filled area.
    Fill(Vec<[f32; 2]>, Rgb),
    /// A line of that width; closed where its ends are the same.
    Line(Vec<[f32; 2]>, f32, Rgb),
}

/// Why a document can't be made.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// A font of the program can't be read.
    #[error("a font of the program can't be read: the program is damaged, install it again")]
    Font,
    /// A page has no size.
    #[error("the pages have no size")]
    Size,
    /// The writer fails.
    #[error("the PDF can't be written: {0}")]
    Write(String),
}

/// What is known of a document beside its pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Its title.
    pub title: String,
    /// What it rests on.
    pub description: String,
    /// Its language: `zh-CN`, `en`.
    pub language: String,
}

/// Writes pages as PDF.
///
/// # Errors
/// [`PdfError`].
pub fn write(pages: &[Vec<Op>], kind: &Type, about: &About) -> Result<Vec<u8>, PdfError> {
    let mut document = Document::new();
    for ops in pages {
        let settings = PageSettings::from_wh(A4[0], A4[1]).ok_or(PdfError::Size)?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for op in ops {
            put(&mut surface, kind, op);
        }
        surface.finish();
        page.finish();
    }
    let metadata = Metadata::new()
        .title(about.title.clone())
        .description(about.description.clone())
        .language(about.language.clone())
        .creator(concat!("Yipanqi ", env!("CARGO_PKG_VERSION")).to_owned());
    document.set_metadata(metadata);
    document
        .finish()
        .map_err(|error| PdfError::Write(format!("{error:?}")))
}

fn paint(surface: &mut Surface<'_>, [r, g, b]: Rgb, width: Option<f32>) {
    let paint = rgb::Color::new(r, g, b).into();
    match width {
        None => {
            surface.set_stroke(None);
            surface.set_fill(Some(Fill {
                paint,
                opacity: NormalizedF32::ONE,
                rule: Default::default(),
            }));
        }
        Some(width) => {
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke {
                paint,
                width,
                ..Stroke::default()
            }));
        }
    }
}

fn put(surface: &mut Surface<'_>, kind: &Type, op: &Op) {
    match op {
        Op::Text {
            at,
            size,
            bold,
            color,
            text,
            spread,
        } => {
            paint(surface, *color, None);
            let mut x = at[0];
            for run in kind.runs(text, *size, *bold, *spread) {
                let start = Point::from_xy(x, at[1]);
                surface.draw_glyphs(start, &run.glyphs, run.font, run.text, *size, false);
                x += run.width;
            }
        }
        Op::Fill(points, color) => {
            if let Some(path) = path(points, true) {
                paint(surface, *color, None);
                surface.draw_path(&path);
            }
        }
        Op::Line(points, width, color) => {
            let closed = points.len() > 2 && points.first() == points.last();
            if let Some(path) = path(points, closed) {
                paint(surface, *color, Some(*width));
                surface.draw_path(&path);
            }
        }
    }
}

/// `None` for fewer than two points, and where a point is not finite.
fn path(points: &[[f32; 2]], closed: bool) -> Option<Path> {
    let finite = points.iter().flatten().all(|v| v.is_finite());
    let (first, rest) = points
        .split_first()
        .filter(|(_, rest)| finite && !rest.is_empty())?;
    let mut builder = PathBuilder::new();
    builder.move_to(first[0], first[1]);
    for [x, y] in rest {
        builder.line_to(*x, *y);
    }
    if closed {
        builder.close();
    }
    builder.finish()
}
