//! Text as it is compared when words are looked for: letters in lower case, full-width signs as their narrow ones, every
//! space as the plain one. One character stays one character, so that places in the text stay what they are.

use crate::line::spelling::narrow;

/// A character as it is compared.
pub fn fold_char(c: char) -> char {
    match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        '\n' | '!'..='~' => c,
        // By far the most: Chinese.
        '\u{3001}'..='\u{9fff}' => c,
        _ => fold_other(c),
    }
}

fn fold_other(c: char) -> char {
    let c = narrow(c);
    if c.is_whitespace() {
        return ' ';
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) => lower,
        // A letter that becomes several keeps its place.
        _ => c,
    }
}

/// A text as it is compared.
pub fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

/// A word that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    chars: Box<[char]>,
    /// The Chinese characters that it begins with: nothing else is folded to them.
    sure: Box<str>,
}

impl Word {
    /// A word as it was typed. Line breaks in it count as spaces. An empty one is found in every text.
    pub fn new(text: &str) -> Self {
        let plain = |c| if c == '\n' { ' ' } else { fold_char(c) };
        let chars: Box<[char]> = text.chars().map(plain).collect();
        let is_sure = |c: &char| ('\u{3400}'..='\u{9fff}').contains(c);
        let sure: String = chars.iter().copied().take_while(is_sure).collect();
        Self {
            chars,
            sure: sure.into(),
        }
    }

    /// Its characters, folded.
    pub fn chars(&self) -> &[char] {
        &self.chars
    }

    /// Whether it stands in `text`, which is not folded: the plain meaning of a word.
    pub fn is_in(&self, text: &str) -> bool {
        self.is_in_chars(text.chars())
    }

    /// The same of a text's characters.
    pub fn is_in_chars(&self, mut text: impl Iterator<Item = char> + Clone) -> bool {
        let Some((first, rest)) = self.chars.split_first() else {
            return true;
        };
        while let Some(c) = text.next() {
            if fold_char(c) != *first {
                continue;
            }
            let mut following = text.clone().map(fold_char);
            if rest.iter().all(|wanted| following.next() == Some(*wanted)) {
                return true;
            }
        }
        false
    }

    /// The same, faster where the word is Chinese throughout.
    pub fn is_found(&self, text: &str) -> bool {
        if self.sure.len() == 3 * self.chars.len() && !self.sure.is_empty() {
            return text.contains(&*self.sure);
        }
        self.is_in(text)
    }

    /// Where it stands first in `text`, in bytes.
    pub fn place(&self, text: &str) -> Option<std::ops::Range<usize>> {
        let (first, rest) = self.chars.split_first()?;
        text.char_indices().find_map(|(at, c)| {
            if fold_char(c) != *first {
                return None;
            }
            let mut end = at + c.len_utf8();
            let mut following = text.get(end..)?.chars();
            for wanted in rest {
                let c = following.next()?;
                if fold_char(c) != *wanted {
                    return None;
                }
                end += c.len_utf8();
            }
            Some(at..end)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_and_widths_are_one() {
        assert_eq!(fold("ＡＢ c１２　垃圾\n垃圾"), "ab c12 垃圾\n垃圾");
        for (word, text) in [
            ("hp-b", "见ＨＰ－Ｂ楼"),
            ("垃圾", "有垃圾"),
            ("", ""),
            ("É", "café"),
        ] {
            assert!(Word::new(word).is_in(text), "{word}");
            assert!(Word::new(word).is_found(text), "{word}");
        }
        assert!(!Word::new("垃圾桶").is_in("垃圾\n桶"));
        assert!(!Word::new("垃\n圾").is_in("垃\n圾"));
        assert_eq!(Word::new("ｂ楼").place("见HP-B楼").map(|r| r.start), Some(6));
    }

    proptest! {
        #[test]
        fn a_word_is_in_a_text_as_folded_text_is(
            text in "[ab AＡ垃圾桶İßçÉ　\n]{0,12}",
            word in "[ab AＡ垃圾桶İßçÉ　]{0,3}",
        ) {
            let plain = fold(&text).contains(&fold(&word));
            let word = Word::new(&word);
            prop_assert_eq!(word.is_in(&text), plain);
            prop_assert_eq!(word.is_found(&text), plain);
            prop_assert_eq!(word.place(&text).is_some(), plain && !word.chars().is_empty());
        }
    }
}
