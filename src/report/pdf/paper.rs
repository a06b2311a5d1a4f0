//! Breaks headings, paragraphs, tables and drawings into pages.

use std::sync::Arc;

use super::typeset::Type;
use super::{A4, Op};
use crate::report::drawing::{Anchor, Drawing, Mark, TEXT};
use crate::report::svg::{Look, Rgb};

/// Size of running text.
pub const TEXT_SIZE: f32 = 10.0;

/// Room at the left and at the right.
const SIDE: f32 = 56.0;
/// Where the text of a page begins and ends.
const TOP: f32 = 64.0;
const BOTTOM: f32 = A4[1] - 70.0;
/// From one line to the next, in parts of the size.
const LEADING: f32 = 1.62;
/// Size of tables and notes.
const SMALL: f32 = 9.0;
const TINY: f32 = 8.0;
/// Room in a cell, at each side and above and below.
const CELL_SIDE: f32 = 5.0;
const CELL_ROOM: f32 = 3.6;
/// A column of words is at least so wide, where there is too little room for all.
const NARROW: f32 = 42.0;
/// A word in a column is not broken up to this width.
const WORD_WIDE: f32 = 96.0;
/// Headings of columns of figures are broken where they are wider.
const HEAD_WIDE: f32 = 56.0;
/// Where the baseline lies below the middle of a line, in parts of the size.
const DROP: f32 = 0.36;

/// Where a text stands in its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At the left: words.
    Left,
    /// At the right: figures.
    Right,
}

/// A figure, as it stands beside others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The figure.
    pub value: &'a str,
    /// Two lines below.
    pub below: [&'a str; 2],
    /// Whether it is out of order.
    pub out: bool,
    /// Whether there is none, which the value says.
    pub none: bool,
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What it says.
    pub text: String,
    /// Where it and its cells stand.
    pub align: Align,
}

/// Pages that are being filled.
pub struct Paper {
    kind: Arc<Type>,
    look: Look,
    pages: Vec<Vec<Op>>,
    /// Where the next thing goes.
    y: f32,
}

impl Paper {
    /// Width of the text.
    pub const WIDTH: f32 = A4[0] - 2.0 * SIDE;
    /// The left end of the text.
    pub const LEFT: f32 = SIDE;

    /// One empty page.
    pub fn new(kind: Arc<Type>) -> Self {
        Self {
            kind,
            look: Look::PAPER,
            pages: vec![Vec::new()],
            y: TOP,
        }
    }

    /// The pages.
    pub fn finish(self) -> Vec<Vec<Op>> {
        self.pages
    }

    fn push(&mut self, op: Op) {
        if let Some(page) = self.pages.last_mut() {
            page.push(op);
        }
    }

    /// Goes on to the next page where less than `height` is left. True if it did.
    fn need(&mut self, height: f32) -> bool {
        if self.y + height <= BOTTOM || self.y <= TOP {
            return false;
        }
        self.pages.push(Vec::new());
        self.y = TOP;
        true
    }

    /// Leaves room.
    pub fn gap(&mut self, height: f32) {
        self.y += height;
    }

    fn text_at(&mut self, at: [f32; 2], size: f32, bold: bool, color: Rgb, text: &str) {
        if !text.is_empty() {
            self.push(Op::Text {
                at,
                size,
                bold,
                color,
                text: text.to_owned(),
                spread: 0.0,
            });
        }
    }

    fn rule(&mut self, y: f32, width: f32, color: Rgb) {
        self.push(Op::Line(vec![[SIDE, y], [SIDE + Self::WIDTH, y]], width, color));
    }

    /// The head of the first page: whose it is, what it is, of which days.
    pub fn title(&mut self, of: &str, title: &str, days: &str) {
        let (text, weak) = (self.look.text, self.look.weak);
        self.y += 10.0;
        self.text_at([SIDE, self.y], 11.0, false, weak, of);
        self.y += 28.0;
        for line in self.kind.clone().lines(title, 24.0, true, Self::WIDTH, 0.0) {
            self.text_at([SIDE, self.y], 24.0, true, text, &line);
            self.y += 30.0;
        }
        self.y -= 8.0;
        self.text_at([SIDE, self.y], 11.0, false, weak, days);
        self.y += 14.0;
        self.rule(self.y, 1.0, text);
        self.y += 20.0;
    }

    /// A heading; it stays with at least `with` of what follows.
    pub fn heading(&mut self, text: &str, with: f32) {
        if text.is_empty() {
            return;
        }
        self.need(34.0 + with);
        if self.y > TOP {
            self.y += 12.0;
        }
        self.y += 14.0;
        self.text_at([SIDE, self.y], 13.0, true, self.look.text, text);
        self.y += 14.0;
    }

    /// A paragraph. In Chinese its first line is indented by two characters, and lines are filled to the right edge.
    pub fn paragraph(&mut self, text: &str, chinese: bool) {
        let indent = if chinese { 2.0 * TEXT_SIZE } else { 0.0 };
        let lines = self.kind.lines(text, TEXT_SIZE, false, Self::WIDTH, indent);
        let last = lines.len().saturating_sub(1);
        for (i, line) in lines.iter().enumerate() {
            let left = if i == 0 { indent } else { 0.0 };
            self.need(TEXT_SIZE * LEADING);
            self.y += TEXT_SIZE * LEADING;
            let slack = Self::WIDTH - left - self.kind.width(line, TEXT_SIZE, false);
            let gaps = line.chars().count().saturating_sub(1).max(1) as f32;
            let fill = chinese && i < last && slack > 0.0 && slack < 2.5 * TEXT_SIZE;
            let (at, color) = ([SIDE + left, self.y - 3.0], self.look.text);
            self.push(Op::Text {
                at,
                size: TEXT_SIZE,
                bold: false,
                color,
                text: line.clone(),
                spread: if fill { slack / gaps } else { 0.0 },
            });
        }
        self.y += 6.0;
    }

    /// Small lines below something.
    pub fn notes(&mut self, notes: &[String]) {
        for note in notes {
            for line in self.kind.clone().lines(note, TINY, false, Self::WIDTH, 0.0) {
                self.need(TINY * 1.5);
                self.y += TINY * 1.5;
                self.text_at([SIDE, self.y - 2.0], TINY, false, self.look.weak, &line);
            }
        }
        if !notes.is_empty() {
            self.y += 4.0;
        }
    }

    /// A word that must be seen, in a frame.
    pub fn boxed(&mut self, text: &str) {
        let lines = self.kind.lines(text, TEXT_SIZE, false, Self::WIDTH - 24.0, 0.0);
        let height = lines.len() as f32 * TEXT_SIZE * LEADING + 14.0;
        self.need(height);
        let (top, line) = (self.y, self.look.faint);
        self.push(Op::Line(frame([SIDE, top, Self::WIDTH, height]), 0.8, line));
        self.y += 4.0;
        for line in &lines {
            self.y += TEXT_SIZE * LEADING;
            self.text_at(
                [SIDE + 12.0, self.y - 1.0],
                TEXT_SIZE,
                false,
                self.look.text,
                line,
            );
        }
        self.y = top + height + 10.0;
    }

    /// Figures side by side, three to a row.
    pub fn tiles(&mut self, tiles: &[Tile<'_>]) {
        const ACROSS: usize = 3;
        const HEIGHT: f32 = 66.0;
        const BETWEEN: f32 = 14.0;
        let wide = (Self::WIDTH - BETWEEN * (ACROSS as f32 - 1.0)) / ACROSS as f32;
        let look = self.look.clone();
        for row in tiles.chunks(ACROSS) {
            self.need(HEIGHT);
            for (i, tile) in row.iter().enumerate() {
                let x = SIDE + i as f32 * (wide + BETWEEN);
                let top = self.y;
                self.push(Op::Line(vec![[x, top], [x + wide, top]], 0.8, look.faint));
                let name = self.fitted(tile.name, SMALL, wide);
                self.text_at([x, top + 14.0], SMALL, false, look.weak, &name);
                let color = match (tile.none, tile.out) {
                    (true, _) => look.weak,
                    (false, true) => look.out,
                    (false, false) => look.text,
                };
                let too_wide = self.kind.width(tile.value, 17.0, true) > wide;
                let size = if tile.none || too_wide { 12.0 } else { 17.0 };
                self.text_at([x, top + 35.0], size, !tile.none, color, tile.value);
                for (line, y) in tile.below.iter().zip([47.5, 58.0]) {
                    let line = self.fitted(line, TINY, wide);
                    self.text_at([x, top + y], TINY, false, look.weak, &line);
                }
            }
            self.y += HEIGHT + 2.0;
        }
        self.y += 2.0;
    }

    /// A text that is cut with an ellipsis where it is wider than `room`.
    fn fitted(&self, text: &str, size: f32, room: f32) -> String {
        if self.kind.width(text, size, false) <= room {
            return text.to_owned();
        }
        let mut cut = text.to_owned();
        while cut.pop().is_some() {
            if self.kind.width(&cut, size, false) + size <= room {
                break;
            }
        }
        format!("{}…", cut.trim_end())
    }

    /// A table, whose heads stand again on every page. `total`: the last row is of all together.
    pub fn table(&mut self, heads: &[Head], rows: &[Vec<String>], total: bool) {
        let widths = self.widths(heads, rows);
        let texts: Vec<String> = heads.iter().map(|head| head.text.clone()).collect();
        let head = self.cells(&texts, &widths, true);
        let mut is_fresh = true;
        for (i, row) in rows.iter().enumerate() {
            let is_total = total && i + 1 == rows.len();
            let cells = self.cells(row, &widths, is_total);
            let mut height = row_height(&cells);
            if is_fresh {
                height += row_height(&head);
            }
            if self.need(height) || is_fresh {
                self.row(&head, heads, &widths, true);
                self.rule(self.y, 0.9, self.look.mark);
                is_fresh = false;
            } else {
                let (width, color) = match is_total {
                    true => (0.9, self.look.mark),
                    false => (0.5, self.look.line),
                };
                self.rule(self.y, width, color);
            }
            self.row(&cells, heads, &widths, is_total);
        }
        self.rule(self.y, 0.9, self.look.mark);
        self.y += 8.0;
    }

    fn cells(&self, texts: &[String], widths: &[f32], bold: bool) -> Vec<Vec<String>> {
        let cell = |(text, width): (&String, &f32)| {
            let room = width - 2.0 * CELL_SIDE;
            self.kind.lines(text, SMALL, bold, room, 0.0)
        };
        texts.iter().zip(widths).map(cell).collect()
    }

    fn row(&mut self, cells: &[Vec<String>], heads: &[Head], widths: &[f32], bold: bool) {
        let mut x = SIDE;
        for ((lines, head), width) in cells.iter().zip(heads).zip(widths) {
            for (i, line) in lines.iter().enumerate() {
                let y = self.y + CELL_ROOM + SMALL * 1.3 * (i as f32 + 0.5) + SMALL * DROP;
                let left = match head.align {
                    Align::Left => x + CELL_SIDE,
                    Align::Right => x + width - CELL_SIDE - self.kind.width(line, SMALL, bold),
                };
                self.text_at([left, y], SMALL, bold, self.look.text, line);
            }
            x += width;
        }
        self.y += row_height(cells);
    }

    /// Widths of columns: as wide as their cells; what is left is shared out; what is lacking is taken from words.
    fn widths(&self, heads: &[Head], rows: &[Vec<String>]) -> Vec<f32> {
        let natural = |(i, head): (usize, &Head)| {
            let cells = rows.iter().filter_map(|row| row.get(i));
            let cells = cells.map(|text| self.kind.width(text, SMALL, true));
            let of_head = self.kind.width(&head.text, SMALL, true);
            let of_head = match head.align {
                Align::Right => of_head.min(HEAD_WIDE),
                Align::Left => of_head,
            };
            cells.fold(of_head, f32::max) + 2.0 * CELL_SIDE + 0.5
        };
        let mut widths: Vec<f32> = heads.iter().enumerate().map(natural).collect();
        let sum: f32 = widths.iter().sum();
        if sum <= Self::WIDTH {
            let more = (Self::WIDTH - sum) / widths.len().max(1) as f32;
            for width in &mut widths {
                *width += more;
            }
            return widths;
        }
        // Words can be broken, figures can't.
        let least = |(i, head): (usize, &Head)| match head.align {
            Align::Right => widths[i],
            Align::Left => self
                .longest_word(head, rows, i)
                .clamp(NARROW, WORD_WIDE)
                .min(widths[i]),
        };
        let least: Vec<f32> = heads.iter().enumerate().map(least).collect();
        let all_spare: f32 = sum - least.iter().sum::<f32>();
        let lacking = sum - Self::WIDTH;
        if all_spare > lacking {
            for (width, least) in widths.iter_mut().zip(least) {
                *width -= lacking * (*width - least) / all_spare;
            }
        } else {
            for width in &mut widths {
                *width *= Self::WIDTH / sum;
            }
        }
        widths
    }

    /// The widest word of a column, between blanks, with the cell's own room.
    fn longest_word(&self, head: &Head, rows: &[Vec<String>], column: usize) -> f32 {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let texts = std::iter::once(&head.text).chain(cells);
        // A day with its hour is one word here: both stand side by side.
        let is_moment = |text: &str| text.chars().all(|c| c.is_ascii_digit() || "-: ".contains(c));
        let words = texts.flat_map(|text| match is_moment(text) {
            true => vec![text.as_str()],
            false => text.split_whitespace().collect(),
        });
        let widths = words.map(|word| self.kind.width(word, SMALL, true));
        widths.fold(0.0, f32::max) + 2.0 * CELL_SIDE + 0.5
    }

    /// A drawing over the whole width. `height` is a share of the width.
    pub fn drawing(&mut self, height: f32, draw: impl FnOnce([f32; 2]) -> Drawing) {
        // So that the text of the drawing is as large as notes are.
        let scale = TINY * 1.06 / TEXT;
        let size = [Self::WIDTH / scale, Self::WIDTH * height / scale];
        self.need(Self::WIDTH * height);
        let top = self.y;
        for mark in draw(size).marks {
            self.mark(mark, scale, top);
        }
        self.y = top + Self::WIDTH * height + 6.0;
    }

    fn mark(&mut self, mark: Mark, scale: f32, top: f32) {
        let at = |[x, y]: [f32; 2]| [SIDE + x * scale, top + y * scale];
        let all = |points: Vec<[f32; 2]>| points.into_iter().map(at).collect::<Vec<_>>();
        let box_of = |[x, y, w, h]: [f32; 4]| {
            let [x, y] = at([x, y]);
            frame([x, y, w * scale, h * scale])
        };
        match mark {
            Mark::Rect(rect, ink) => self.push(Op::Fill(box_of(rect), self.look.color(ink))),
            Mark::Frame(rect, ink) => self.push(Op::Line(box_of(rect), 0.6, self.look.color(ink))),
            Mark::Line(points, width, ink) => {
                self.push(Op::Line(all(points), width * scale, self.look.color(ink)));
            }
            Mark::Area(points, fill, edge) => {
                let mut points = all(points);
                self.push(Op::Fill(points.clone(), self.look.color(fill)));
                points.extend(points.first().copied());
                self.push(Op::Line(points, 0.6, self.look.color(edge)));
            }
            Mark::Dot([x, y], radius, ink) => {
                let round = (0..24).map(|i| {
                    let turn = i as f32 * std::f32::consts::TAU / 24.0;
                    at([x + radius * turn.cos(), y + radius * turn.sin()])
                });
                self.push(Op::Fill(round.collect(), self.look.color(ink)));
            }
            Mark::Text(point, anchor, ink, text) => {
                let size = TEXT * scale;
                let wide = self.kind.width(&text, size, false);
                let [x, y] = at(point);
                let left = match anchor {
                    Anchor::Left => x,
                    Anchor::Middle => x - wide / 2.0,
                    Anchor::Right => x - wide,
                };
                self.text_at([left, y + size * DROP], size, false, self.look.color(ink), &text);
            }
        }
    }

    /// Terms with what is said of them.
    pub fn terms(&mut self, terms: &[(String, String)]) {
        let kind = self.kind.clone();
        for (term, said) in terms {
            let lines = kind.lines(said, TINY + 0.5, false, Self::WIDTH, 0.0);
            self.need(14.0 + lines.len().min(2) as f32 * 13.0);
            self.y += 13.0;
            self.text_at([SIDE, self.y], SMALL, true, self.look.text, term);
            self.y += 2.0;
            for line in lines {
                self.need(13.0);
                self.y += 12.5;
                self.text_at([SIDE, self.y], TINY + 0.5, false, self.look.weak, &line);
            }
            self.y += 4.0;
        }
    }
}

fn row_height(cells: &[Vec<String>]) -> f32 {
    let lines = cells.iter().map(Vec::len).max().unwrap_or(1).max(1);
    lines as f32 * SMALL * 1.3 + 2.0 * CELL_ROOM
}

/// The corners of a rectangle (left, top, width, height), back to the first.
fn frame([x, y, w, h]: [f32; 4]) -> Vec<[f32; 2]> {
    vec![[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]]
}
