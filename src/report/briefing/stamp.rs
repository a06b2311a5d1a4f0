//! What a briefing rests on, in one line that stands in both of its files, so that it can be counted again.
//!
//! The hash is SHA-256, in lower-case hexadecimal, over lines of UTF-8 text, each of which ends with a line feed. The first
//! is `yipanqi-briefing/1`. Then comes one line for each case, in the order of their numbers, that was reported, first
//! dispatched or has ended in the period, in the period before or in the same period one year before, or that was open at
//! the end of one of these (for a period that is not over: at the briefing's moment). Cases of all areas are among them. A
//! line has these fields, with a tab between them and `-` for what is not known:
//!
//! case, reported, ended, due, first dispatched (milliseconds since 1970 UTC), how it stands (`open suspended closed refused
//! merged withdrawn`), class (`A`–`D`), centre, source, level (codes as in the town's data), area, item, unit (codes),
//! imported with its ending (0 or 1), first dispatch right (0 or 1), in time as its file says (0, 1, `-`), the five steps
//! (each 0 not judged, 1 in time, 2 not known, 3 late), times sent back, moved, reopened, twins, spot.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::case::{CaseId, CodeKind, Codes, Fact};
use crate::indicator::{Against, Period, PeriodError, PeriodKind};
use crate::store::facts::recount_until;
use crate::store::{Facts, Store, StoreError, Which};
use crate::town::Town;

/// With what the line begins, and the first line of what is hashed.
const VERSION: &str = "yipanqi-briefing/1";

/// Bytes of the largest briefing that is looked at.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// What a briefing rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The period.
    pub period: Period,
    /// The moment of the briefing; milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// The last entry of the book.
    pub entries: i64,
    /// Cases of the book.
    pub cases: u64,
    /// Cases that are hashed.
    pub facts: u64,
    /// The hash.
    pub sha256: String,
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            period,
            at_ms,
            entries,
            cases,
            facts,
            sha256,
        } = self;
        write!(
            f,
            "{VERSION} period={period} at={at_ms} entries={entries} cases={cases} facts={facts} sha256={sha256}"
        )
    }
}

/// Why a briefing can't be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It can't be read.
    #[error("{0}: can't be read: {1}")]
    Read(String, std::io::Error),
    /// It is too large.
    #[error("{0}: has {1} bytes; no briefing is so large")]
    TooLarge(String, u64),
    /// It has no stamp.
    #[error(
        "{0}: bears no line that begins with '{VERSION}': give a PDF or XLSX file that yipanqi briefing has written"
    )]
    NoStamp(String),
    /// Its stamp is damaged.
    #[error("{0}: its line '{1}' is damaged: {2}")]
    Damaged(String, String, String),
    /// The book can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came out of a check.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Checked {
    /// Whether the hash comes out of the journal again.
    pub same: bool,
    /// The hash that the file bears.
    pub sha256: String,
    /// The hash that comes out of the journal, up to the entry that was the last one then.
    pub found: String,
    /// The period.
    pub period: Period,
    /// The last entry of the book then.
    pub entries: i64,
    /// Whether the journal has that entry.
    pub has_entries: bool,
}

impl Stamp {
    /// Makes the stamp of a period from facts, as they are at `now`.
    ///
    /// # Errors
    /// Where the book can't be read.
    pub fn make(
        facts: &dyn Facts,
        town: &Town,
        period: Period,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let at_ms = now.timestamp_millis();
        let (count, sha256) = hash(facts, town, period, at_ms)?;
        let (cases, entries) = facts.basis()?;
        Ok(Self {
            period,
            at_ms,
            entries,
            cases,
            facts: count,
            sha256,
        })
    }

    /// Finds the stamp in a file that was written: PDF or XLSX.
    ///
    /// # Errors
    /// [`CheckError`].
    pub fn read(path: &Path) -> Result<Self, CheckError> {
        let name = path.display().to_string();
        let unreadable = |error| CheckError::Read(name.clone(), error);
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_BYTES {
            return Err(CheckError::TooLarge(name, size));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let line = match bytes.starts_with(b"PK") {
            true => line_of_workbook(bytes),
            false => line_of_bytes(&bytes),
        };
        let line = line.ok_or_else(|| CheckError::NoStamp(name.clone()))?;
        Self::parse(&line).map_err(|what| CheckError::Damaged(name, line, what))
    }

    fn parse(line: &str) -> Result<Self, String> {
        let field = |key: &str| {
            let mut fields = line.split_whitespace().filter_map(|part| part.split_once('='));
            let found = fields.find(|(name, _)| *name == key);
            found.map(|(_, value)| value).ok_or(format!("'{key}' is missing"))
        };
        fn number<T: std::str::FromStr>(key: &str, text: &str) -> Result<T, String> {
            text.parse().map_err(|_| format!("'{key}' is no number"))
        }
        let period = field("period")?;
        let sha256 = field("sha256")?;
        if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err("'sha256' is no hash of 64 digits".to_owned());
        }
        Ok(Self {
            period: Period::parse(period, DateTime::<Utc>::default().date_naive())
                .map_err(|error: PeriodError| error.to_string())?,
            at_ms: number("at", field("at")?)?,
            entries: number("entries", field("entries")?)?,
            cases: number("cases", field("cases")?)?,
            facts: number("facts", field("facts")?)?,
            sha256: sha256.to_owned(),
        })
    }

    /// Counts the facts from the journal again, as they were at the last entry then, and compares the hashes.
    ///
    /// # Errors
    /// Where the book can't be read, or its journal is damaged.
    pub fn check(&self, store: &dyn Store, town: &Town) -> Result<Checked, StoreError> {
        let facts = recount_until(store, self.entries)?;
        let (_, found) = hash(&facts, town, self.period, self.at_ms)?;
        Ok(Checked {
            same: found == self.sha256,
            sha256: self.sha256.clone(),
            found,
            period: self.period,
            entries: self.entries,
            has_entries: store.last_seq()? >= self.entries,
        })
    }
}

fn line_of_bytes(bytes: &[u8]) -> Option<String> {
    let at = bytes
        .windows(VERSION.len())
        .position(|window| window == VERSION.as_bytes())?;
    let line = bytes[at..].iter().take(400);
    let line = line.take_while(|b| matches!(b, b' ' | b'-'..=b'9' | b'=' | b'A'..=b'Z' | b'a'..=b'z'));
    Some(line.map(|b| char::from(*b)).collect())
}

fn line_of_workbook(bytes: Vec<u8>) -> Option<String> {
    let mut book = Xlsx::new(Cursor::new(bytes)).ok()?;
    let sheets = book.worksheets();
    let cells = sheets.iter().flat_map(|(_, range)| range.used_cells());
    let mut texts = cells.filter_map(|(_, _, cell)| match cell {
        Data::String(text) => Some(text),
        _ => None,
    });
    texts.find(|text| text.starts_with(VERSION)).cloned()
}

/// How many cases are hashed, and their hash.
fn hash(facts: &dyn Facts, town: &Town, period: Period, at_ms: i64) -> Result<(u64, String), StoreError> {
    // The line names the last N days by their first and last one: what it says must give the same facts again.
    let period = match period.kind {
        PeriodKind::Rolling => Period::range(period.first, period.last).unwrap_or(period),
        _ => period,
    };
    let mut found: BTreeMap<CaseId, Fact> = BTreeMap::new();
    let others = Against::ALL
        .into_iter()
        .filter_map(|against| period.against(against));
    for period in std::iter::once(period).chain(others) {
        let (from, until) = period.bounds(town.timezone);
        let (from, until) = (from.timestamp_millis(), until.timestamp_millis());
        let spans = [
            Which::Reported(from, until),
            Which::Dispatched(from, until),
            Which::Ended(from, until),
            Which::OpenAt(until.min(at_ms + 1)),
        ];
        for which in spans {
            facts.each(which, &mut |facts| {
                found.extend(facts.iter().map(|fact| (fact.case, *fact)));
            })?;
        }
    }
    let mut hasher = Sha256::new();
    hasher.update(format!("{VERSION}\n"));
    for fact in found.values() {
        hasher.update(line_of(fact, facts.codes()));
    }
    let hex = hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok((found.len() as u64, hex))
}

fn line_of(fact: &Fact, codes: &Codes) -> String {
    let known = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string());
    let end = ["open", "suspended", "closed", "refused", "merged", "withdrawn"][fact.end as usize];
    let steps: String = fact
        .steps
        .now
        .iter()
        .map(|judged| (*judged as u8).to_string())
        .collect();
    let fields = [
        fact.case.0.to_string(),
        fact.reported_ms.to_string(),
        known(fact.ended_ms),
        known(fact.due_ms),
        known(fact.dispatched_ms),
        end.to_owned(),
        fact.class.letter().to_owned(),
        fact.centre.code().to_owned(),
        fact.source.code().to_owned(),
        fact.level.code().to_owned(),
        codes.get(CodeKind::Area, fact.area).to_owned(),
        codes.get(CodeKind::Item, fact.item).to_owned(),
        codes.get(CodeKind::Unit, fact.unit).to_owned(),
        u8::from(fact.elsewhere).to_string(),
        u8::from(fact.first_right).to_string(),
        known(fact.in_time.map(i64::from)),
        steps,
        fact.sent_back.to_string(),
        fact.moved.to_string(),
        fact.reopened.to_string(),
        fact.twins.to_string(),
        fact.spot.to_string(),
    ];
    format!("{}\n", fields.join("\t"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::Definitions;
    use crate::store::FactList;

    #[test]
    fn the_last_days_are_checked_as_they_were_hashed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let town = Town::load(&root.join("assets/town/guanlan")).unwrap();
        let definitions = Definitions::load().unwrap();
        let (mut facts, codes) = definitions.get("cases-in").unwrap().example.facts().unwrap();
        facts.truncate(1);
        // Thirty days back from 10 March 2027 begin a day earlier than 10 February, the first day of 2028's thirty.
        let day = |text: &str| format!("{text}T04:00:00Z").parse::<DateTime<Utc>>().unwrap();
        facts[0].reported_ms = day("2027-02-09").timestamp_millis();
        facts[0].ended_ms = Some(facts[0].reported_ms + 1);
        facts[0].dispatched_ms = None;
        facts[0].end = crate::case::End::Closed;
        let facts = FactList {
            facts,
            codes,
            seats: Vec::new(),
        };
        let last = "2028-03-10".parse().unwrap();
        let period = Period::rolling(30, last).unwrap();
        let made = Stamp::make(&facts, &town, period, day("2028-03-11")).unwrap();
        let read = Stamp::parse(&made.to_string()).unwrap();
        let (count, found) = hash(&facts, &town, read.period, read.at_ms).unwrap();
        assert_eq!((count, found), (made.facts, made.sha256));
    }
}
