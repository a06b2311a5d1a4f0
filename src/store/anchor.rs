//! Anchors: the last hash of a day, to be kept where whoever can write the book can't write.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Begins the line that stands for an anchor; the number is that of its format.
const MARK: &str = "yipanqi-anchor 1";

/// The end of a day in the journal. Whoever has it can tell later whether any entry up to there was altered, taken out,
/// put in or moved.
///
/// Shown, and read, as one line: `yipanqi-anchor 1 book=… town=… timezone=… day=… entries=… seq=… hash=…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The book's id.
    pub book: String,
    /// The id of the town that the book belongs to, may be empty.
    pub town: String,
    /// In whose time the day is meant.
    pub timezone: chrono_tz::Tz,
    /// The day.
    pub day: NaiveDate,
    /// Entries of that day, by their own times.
    pub entries: u64,
    /// The last of them in the journal.
    pub seq: i64,
    /// Its hash, which all entries up to it are part of: 64 hexadecimal digits.
    pub hash: String,
}

/// Why a text has no anchors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// A line that begins like an anchor is none.
    #[error("line {line}: {what}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// There is none in it.
    #[error(
        "there is no anchor in it: expected lines that begin with '{MARK}', or JSON from yipanqi anchor --json"
    )]
    Nothing,
}

impl Anchor {
    /// Reads the anchors of a text, whatever stands between them: one a line, as they are shown or as JSON.
    ///
    /// # Errors
    /// Where one of them can't be read, or there is none.
    pub fn read_all(text: &str) -> Result<Vec<Self>, AnchorError> {
        let mut anchors = Vec::new();
        for (number, line) in text.lines().enumerate() {
            // A file that a spreadsheet or an editor has saved may begin with a mark.
            let line = line.trim_start_matches('\u{FEFF}').trim();
            let read = if line.starts_with(MARK) {
                line.parse()
            } else if line.starts_with('{') {
                serde_json::from_str::<Self>(line)
                    .map_err(|e| e.to_string())
                    .and_then(Self::checked)
            } else {
                continue;
            };
            anchors.push(read.map_err(|what| AnchorError::Line {
                line: number + 1,
                what,
            })?);
        }
        if anchors.is_empty() {
            Err(AnchorError::Nothing)
        } else {
            Ok(anchors)
        }
    }

    fn checked(self) -> Result<Self, String> {
        let hexadecimal = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        if self.seq < 1 {
            Err(format!("seq={}: expected 1 or more", self.seq))
        } else if self.hash.len() != 64 || !hexadecimal(&self.hash) {
            Err(format!("hash={}: expected 64 hexadecimal digits", self.hash))
        } else if self.book.is_empty() {
            Err("the book's id is missing".to_owned())
        } else {
            Ok(self)
        }
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            book,
            town,
            timezone,
            day,
            entries,
            seq,
            hash,
        } = self;
        write!(
            f,
            "{MARK} book={book} town={town} timezone={timezone} day={day} entries={entries} seq={seq} hash={hash}"
        )
    }
}

impl FromStr for Anchor {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let rest = line
            .strip_prefix(MARK)
            .ok_or_else(|| format!("expected '{MARK}'"))?;
        let field = |name: &str| {
            let found = rest.split_ascii_whitespace().find_map(|part| {
                let (key, value) = part.split_once('=')?;
                (key == name).then_some(value)
            });
            found.ok_or_else(|| format!("{name}= is missing"))
        };
        /// A field, read as what it is to be.
        fn read<T: FromStr>(name: &str, text: &str) -> Result<T, String> {
            text.parse().map_err(|_| format!("{name}={text} can't be read"))
        }
        Self {
            book: field("book")?.to_owned(),
            town: field("town")?.to_owned(),
            timezone: read("timezone", field("timezone")?)?,
            day: read("day", field("day")?)?,
            entries: read("entries", field("entries")?)?,
            seq: read("seq", field("seq")?)?,
            hash: field("hash")?.to_ascii_lowercase(),
        }
        .checked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor() -> Anchor {
        Anchor {
            book: "0123456789abcdef".into(),
            town: "guanlan".into(),
            timezone: chrono_tz::Asia::Shanghai,
            day: NaiveDate::from_ymd_opt(2026, 11, 25).unwrap(),
            entries: 3,
            seq: 17,
            hash: "ab".repeat(32),
        }
    }

    #[test]
    fn anchors_come_back_from_a_sheet_and_from_json() {
        let json = serde_json::to_string(&anchor()).unwrap();
        let text = format!(
            "\u{FEFF}观澜 2026-11-25\n\n  {}  \n签名：____\n{json}\n",
            anchor()
        );
        assert_eq!(Anchor::read_all(&text), Ok(vec![anchor(), anchor()]));
    }

    #[test]
    fn a_town_without_an_id_comes_back_too() {
        let anchor = Anchor {
            town: String::new(),
            ..anchor()
        };
        assert_eq!(Anchor::read_all(&anchor.to_string()), Ok(vec![anchor]));
    }

    #[test]
    fn what_is_wrong_with_an_anchor_is_told_with_its_line() {
        let line = anchor().to_string();
        for (wrong, what) in [
            (line.replace("abab", "abax"), "hexadecimal"),
            (line.replace("seq=17", "seq=0"), "1 or more"),
            (line.replace("2026-11-25", "2026-11-31"), "day=2026-11-31"),
            (line.replace(" book=", " b="), "book="),
            ("{\"book\": 1}".to_owned(), "invalid type"),
        ] {
            let error = Anchor::read_all(&format!("\n{wrong}")).unwrap_err().to_string();
            assert!(error.contains("line 2") && error.contains(what), "{error}");
        }
        assert_eq!(Anchor::read_all("nothing\n"), Err(AnchorError::Nothing));
    }
}
