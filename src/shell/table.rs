//! Columns on a terminal, where a Chinese character is two cells wide.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` without anything that would move a terminal's cursor or change its colours: free words come from outside.
pub fn plain(text: &str) -> String {
    let harmless = |c: char| if c.is_control() || is_bidi(c) { ' ' } else { c };
    text.chars().map(harmless).collect()
}

/// Marks that turn the direction of writing, and could make a line read as another.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` as a column of `width` cells: cut with an ellipsis, or filled with spaces.
pub fn column(text: &str, width: usize) -> String {
    let mut text = cut(&plain(text), width);
    let used = text.width();
    text.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    text
}

/// `text` in at most `width` cells, with an ellipsis where something is missing.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_say() {
        for text in ["", "abc", "消防通道堵塞", "a消b防c通d道", "ééé"] {
            for width in 1..14 {
                assert_eq!(column(text, width).width(), width, "{text} {width}");
            }
        }
        assert_eq!(cut("消防通道", 5), "消防…");
    }

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(plain("a\u{1b}[2Jb\r\nc\u{202e}d"), "a [2Jb  c d");
    }
}
