//! The words of a line, and where they stand.

use std::ops::Range;

use super::spelling::narrow;

/// One word of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The word; without its quotes.
    pub text: String,
    /// Where it stands, in bytes of the line; with its quotes.
    pub span: Range<usize>,
    /// Whether it was quoted.
    pub quoted: bool,
}

/// The sign that ends what `open` begins.
fn closing(open: char) -> Option<char> {
    match open {
        '"' => Some('"'),
        '\'' => Some('\''),
        '“' => Some('”'),
        '‘' => Some('’'),
        '「' => Some('」'),
        _ => None,
    }
}

/// Splits a line at spaces. A word that begins with a quote goes on to the quote that ends it, or to the end of the
/// line; `@"…"` is one word, too.
pub fn tokens(line: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = line.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if narrow(c).is_whitespace() {
            continue;
        }
        let at = if narrow(c) == '@' { Some(c) } else { None };
        let quote = match at {
            Some(_) => rest.peek().and_then(|(_, next)| closing(*next)),
            None => closing(c),
        };
        let mut text = String::new();
        let mut end = start + c.len_utf8();
        if let Some(quote) = quote {
            text.extend(at.map(narrow));
            if at.is_some()
                && let Some((open, mark)) = rest.next()
            {
                end = open + mark.len_utf8();
            }
            for (index, c) in rest.by_ref() {
                end = index + c.len_utf8();
                if c == quote {
                    break;
                }
                text.push(c);
            }
        } else {
            text.push(c);
            while let Some((index, c)) = rest.next_if(|(_, c)| !narrow(*c).is_whitespace()) {
                end = index + c.len_utf8();
                text.push(c);
            }
        }
        found.push(Token {
            text,
            span: start..end,
            quoted: quote.is_some(),
        });
    }
    found
}

/// The column of a byte of the line, in characters from 1.
pub fn column(line: &str, at: usize) -> usize {
    line.get(..at)
        .map_or_else(|| line.chars().count(), |before| before.chars().count())
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        tokens(line).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn words_are_split_at_spaces_of_every_width() {
        assert_eq!(words("pd 17　1"), ["pd", "17", "1"]);
        assert_eq!(words("  "), Vec::<String>::new());
        assert_eq!(
            words("jb \"East road\" @“牛湖 老街” 完了"),
            ["jb", "East road", "@牛湖 老街", "完了"]
        );
        assert_eq!(words("整改 17 '还没写完"), ["整改", "17", "还没写完"]);
        assert_eq!(words("＠nh x"), ["＠nh", "x"]);
    }

    #[test]
    fn spans_hold_the_quotes_and_columns_count_characters() {
        let line = "派遣 “新澜 队” x";
        let all = tokens(line);
        assert_eq!(&line[all[1].span.clone()], "“新澜 队”");
        assert_eq!(column(line, all[1].span.start), 4);
        assert_eq!(column(line, line.len()), line.chars().count() + 1);
    }

    #[test]
    fn any_text_is_split_without_a_panic() {
        for line in ["@", "\"", "@\"", "“”", "@‘", "\u{3000}", "a\"b\" c", "’"] {
            for token in tokens(line) {
                assert!(line.get(token.span.clone()).is_some(), "{line}");
            }
        }
    }
}
