//! Characters to glyphs, and paragraphs to lines, by the rules of Chinese typesetting.

use std::collections::HashMap;
use std::sync::Arc;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use unicode_linebreak::{BreakOpportunity, linebreaks};

use super::PdfError;
use crate::report::font;

/// Closing marks that fill only the left half of their square: at the end of a line the other half needs no room.
const HALF_AT_END: &str = "，。、；：！？）」』》】〉〕";

/// The fonts of documents.
pub struct Type {
    regular: Face,
    bold: Face,
}

struct Face {
    font: Font,
    /// Number and advance (in parts of the size) of each character's glyph.
    glyphs: HashMap<char, (u32, f32)>,
}

impl Face {
    fn new(bytes: &'static [u8]) -> Option<Self> {
        let read = FontRef::new(bytes).ok()?;
        let metrics = read.glyph_metrics(Size::unscaled(), LocationRef::default());
        let units = f32::from(
            read.metrics(Size::unscaled(), LocationRef::default())
                .units_per_em,
        );
        let glyph = |(code, glyph): (u32, skrifa::GlyphId)| {
            let advance = metrics.advance_width(glyph)? / units;
            Some((char::from_u32(code)?, (glyph.to_u32(), advance)))
        };
        Some(Self {
            glyphs: read.charmap().mappings().filter_map(glyph).collect(),
            font: Font::new(bytes.into(), 0)?,
        })
    }
}

/// A part of a text in one font.
pub struct Run<'a> {
    /// The font.
    pub font: Font,
    /// The text.
    pub text: &'a str,
    /// Its glyphs.
    pub glyphs: Vec<KrillaGlyph>,
    /// How wide it is.
    pub width: f32,
}

impl Type {
    /// Reads the fonts that come with the program.
    ///
    /// # Errors
    /// [`PdfError::Font`].
    pub fn load() -> Result<Arc<Self>, PdfError> {
        let face = |bytes| Face::new(bytes).ok_or(PdfError::Font);
        Ok(Arc::new(Self {
            regular: face(font::REGULAR)?,
            bold: face(font::SEMIBOLD)?,
        }))
    }

    /// The face that has the character: a bold one only where it does, and the regular one's empty box where none has it.
    fn face(&self, c: char, bold: bool) -> (&Face, u32, f32) {
        let faces = match bold {
            true => [&self.bold, &self.regular],
            false => [&self.regular, &self.bold],
        };
        for face in faces {
            if let Some((glyph, advance)) = face.glyphs.get(&c) {
                return (face, *glyph, *advance);
            }
        }
        let (glyph, advance) = self.regular.glyphs.get(&'□').copied().unwrap_or((0, 1.0));
        (&self.regular, glyph, advance)
    }

    /// How wide a text is.
    pub fn width(&self, text: &str, size: f32, bold: bool) -> f32 {
        size * text.chars().map(|c| self.face(c, bold).2).sum::<f32>()
    }

    /// How wide a text is as a whole line: see [`HALF_AT_END`].
    fn width_as_line(&self, text: &str, size: f32, bold: bool) -> f32 {
        let text = text.trim_end();
        let half = text.chars().next_back().is_some_and(|c| HALF_AT_END.contains(c));
        self.width(text, size, bold) - if half { size / 2.0 } else { 0.0 }
    }

    /// The parts of a text that are in one font each; `spread` is room after each character.
    pub fn runs<'a>(&self, text: &'a str, size: f32, bold: bool, spread: f32) -> Vec<Run<'a>> {
        let mut runs: Vec<Run<'a>> = Vec::new();
        let mut start = 0;
        for (at, c) in text.char_indices() {
            let (face, glyph, advance) = self.face(c, bold);
            let end = at + c.len_utf8();
            let advance = advance + spread / size;
            if runs.last().is_none_or(|run| run.font != face.font) {
                start = at;
                runs.push(Run {
                    font: face.font.clone(),
                    text: "",
                    glyphs: Vec::new(),
                    width: 0.0,
                });
            }
            if let Some(run) = runs.last_mut() {
                run.text = &text[start..end];
                run.width += advance * size;
                run.glyphs.push(KrillaGlyph {
                    glyph_id: GlyphId::new(glyph),
                    text_range: at - start..end - start,
                    x_advance: advance,
                    x_offset: 0.0,
                    y_offset: 0.0,
                    y_advance: 0.0,
                    location: None,
                });
            }
        }
        runs
    }

    /// Breaks a paragraph into lines that are at most `room` wide, the first one at most `room - indent`. No line begins with
    /// closing punctuation or ends with opening punctuation (UAX #14); a word that is wider than a line is broken anywhere,
    /// after one character at least: without any room (`room` may be negative) each character has a line.
    pub fn lines(&self, text: &str, size: f32, bold: bool, room: f32, indent: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        let mut start = 0;
        for (at, kind) in linebreaks(text) {
            let must = kind == BreakOpportunity::Mandatory;
            if !must && is_between_number_and_unit(text, at) {
                continue;
            }
            let piece = text[start..at].trim_end_matches(['\n', '\r']);
            start = at;
            let room_here = |lines: &Vec<String>| if lines.is_empty() { room - indent } else { room };
            let longer = format!("{line}{piece}");
            if line.is_empty() || self.width_as_line(&longer, size, bold) <= room_here(&lines) {
                line = longer;
            } else {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                line = piece.to_owned();
            }
            // Where there is no room at all, even nothing is too wide.
            while !line.is_empty() && self.width_as_line(&line, size, bold) > room_here(&lines) {
                let rest = self.cut(&mut line, size, bold, room_here(&lines));
                lines.push(std::mem::replace(&mut line, rest));
            }
            if must && at < text.len() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
        }
        if !line.trim_end().is_empty() || lines.is_empty() {
            lines.push(line.trim_end().to_owned());
        }
        lines
    }

    /// Cuts a word where the room ends, after one character at least; gives the rest.
    fn cut(&self, line: &mut String, size: f32, bold: bool, room: f32) -> String {
        let mut width = 0.0;
        let over = line.char_indices().skip(1).find(|(at, c)| {
            if *at == c.len_utf8() || width == 0.0 {
                width = self.width(&line[..*at], size, bold);
            }
            width += size * self.face(*c, bold).2;
            width > room
        });
        let at = over.map_or(line.len(), |(at, _)| at);
        line.split_off(at)
    }
}

/// "96.8 %" and "602 件" stay together; a day and an hour need not.
fn is_between_number_and_unit(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at(at);
    let mut chars = before.chars().rev();
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    chars.next() == Some(' ') && is_digit(chars.next()) && !is_digit(after.chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLOSING: &str = "，。、；：！？）」』》】";
    const OPENING: &str = "（「『《【";

    proptest! {
        #[test]
        fn lines_keep_to_their_room_and_begin_and_end_well(
            text in "[一二三街道社区案件a-c0-9 ，。、；：！？（）「」《》]{1,120}",
            room in 60.0_f32..300.0,
        ) {
            let kind = Type::load().unwrap();
            let lines = kind.lines(&text, 10.0, false, room, 20.0);
            let without = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(without(&lines.concat()), without(&text));
            for (i, line) in lines.iter().enumerate() {
                let room = if i == 0 { room - 20.0 } else { room };
                prop_assert!(kind.width_as_line(line, 10.0, false) <= room + 0.01, "{line}");
            }
        }
    }

    #[test]
    fn no_line_begins_with_closing_or_ends_with_opening_punctuation() {
        let kind = Type::load().unwrap();
        let text = "截至今日，观澜街道（含十个社区）共上报案件 602 件，其中「安全隐患」类 388 件；处置率 96.8 %，同比提高 58.0 \
                    个百分点。《关于加强和改进基层治理工作的意见（试行）》要求：小事不出社区、大事不出街道！";
        for room in 40..300 {
            for line in kind.lines(text, 10.0, false, room as f32, 0.0) {
                let first = line.chars().next().unwrap();
                let last = line.chars().next_back().unwrap();
                assert!(
                    !CLOSING.contains(first) && !OPENING.contains(last),
                    "{room}: {line}"
                );
            }
        }
    }

    #[test]
    fn without_any_room_every_character_has_a_line() {
        let kind = Type::load().unwrap();
        for room in [-8.0, 0.0, 1.0] {
            assert_eq!(kind.lines("A", 9.0, false, room, 0.0), ["A"]);
            assert_eq!(kind.lines("一二", 9.0, false, room, 20.0), ["一", "二"]);
            assert_eq!(kind.lines(" ", 9.0, false, room, 0.0).concat().trim(), "");
        }
    }

    #[test]
    fn numbers_stay_with_their_units_and_long_words_are_cut() {
        let kind = Type::load().unwrap();
        let lines = kind.lines("处置率 96.8 %", 10.0, false, 55.0, 0.0);
        assert_eq!(lines, ["处置率", "96.8 %"]);
        let lines = kind.lines("2026-03-01 08:30", 10.0, false, 62.0, 0.0);
        assert_eq!(lines, ["2026-03-01", "08:30"]);
        let hash = "0123456789abcdef".repeat(4);
        let lines = kind.lines(&hash, 10.0, false, 100.0, 0.0);
        assert!(lines.len() > 2 && lines.concat() == hash, "{lines:?}");
        assert!(lines.iter().all(|line| kind.width(line, 10.0, false) <= 100.0));
    }
}
