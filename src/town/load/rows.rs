//! Reads tables row by row, and the fields of a row as what they must be.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::Path;

use chrono::{NaiveDate, NaiveTime};
use csv::StringRecord;
use serde::de::DeserializeOwned;

use crate::town::{Name, PlaceId, PlaceKind, Wgs84, permissions};

use super::features::Known;
use super::relations::kind_word;
use super::{Faults, Frame, MAX_NAME, MAX_ROWS, code_fault, quoted, read_text, text_fault, word};

/// Reads a table and makes `T` of each row; `None` from `each` where a fault tells why.
pub(super) fn rows<T>(
    file: &Path,
    columns: &[&'static str],
    comment: Option<u8>,
    faults: &mut Faults,
    each: impl FnMut(&mut Row) -> Option<T>,
) -> Option<Vec<T>> {
    let text = read_text(file, faults)?;
    rows_of(file, &text, columns, comment, faults, each)
}

/// Like [`rows`], of a text that was read before.
pub(super) fn rows_of<T>(
    file: &Path,
    text: &str,
    columns: &[&'static str],
    comment: Option<u8>,
    faults: &mut Faults,
    each: impl FnMut(&mut Row) -> Option<T>,
) -> Option<Vec<T>> {
    rows_with(file, text, (columns, &[]), comment, faults, each)
}

/// Like [`rows_of`], of a table that has some columns and may have others.
pub(super) fn rows_with<T>(
    file: &Path,
    text: &str,
    (columns, optional): (&[&'static str], &[&'static str]),
    comment: Option<u8>,
    faults: &mut Faults,
    mut each: impl FnMut(&mut Row) -> Option<T>,
) -> Option<Vec<T>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(comment)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let at = |record: &StringRecord| record.position().map_or(1, |p| line_of(text, p, comment));
    let Some(Ok(header)) = records.next() else {
        faults.add(
            file,
            "",
            "",
            format!("is empty, expected the columns {}", columns.join(", ")),
        );
        return None;
    };
    let places = header_places(file, at(&header), &header, (columns, optional), faults)?;
    let mut read = Vec::new();
    for (number, record) in records.enumerate() {
        let Ok(record) = record else { continue };
        if number >= MAX_ROWS {
            faults.add(file, "", "", format!("holds more than {MAX_ROWS} rows"));
            return None;
        }
        let line = at(&record);
        if record.len() != header.len() {
            let what = format!(
                "has {} fields, expected {} as in the first line",
                record.len(),
                header.len()
            );
            faults.add(file, format!("line {line}"), "", what);
        } else {
            read.extend(each(&mut Row {
                file,
                line,
                record: &record,
                places: &places,
                faults,
            }));
        }
        if faults.is_full() {
            return None;
        }
    }
    Some(read)
}

/// The line on which a record begins. The reader's own count stands where the record before it ended, so that empty
/// lines and comments in between have to be stepped over.
fn line_of(text: &str, position: &csv::Position, comment: Option<u8>) -> u64 {
    let rest = usize::try_from(position.byte())
        .ok()
        .and_then(|byte| text.as_bytes().get(byte..))
        .unwrap_or_default();
    let skipped = |line: &&[u8]| {
        line.is_empty() || *line == b"\r" || (comment.is_some() && line.first() == comment.as_ref())
    };
    position.line() + rest.split(|b| *b == b'\n').take_while(skipped).count() as u64
}

/// Where each column stands; all of them are needed, further ones are left alone.
fn header_places(
    file: &Path,
    line: u64,
    header: &StringRecord,
    (columns, optional): (&[&'static str], &[&'static str]),
    faults: &mut Faults,
) -> Option<HashMap<&'static str, usize>> {
    let mut places = HashMap::new();
    for column in columns {
        let mut found = header
            .iter()
            .enumerate()
            .filter(|(_, name)| name.trim() == *column);
        let what = match (found.next(), found.next()) {
            (Some((i, _)), None) => {
                places.insert(*column, i);
                continue;
            }
            (None, _) => {
                let found = header.iter().collect::<Vec<_>>().join(",");
                format!(
                    "the column is missing: found {}, expected {}",
                    quoted(&found),
                    columns.join(",")
                )
            }
            (Some(_), Some(_)) => "the column stands there twice".into(),
        };
        faults.add(file, format!("line {line}"), column, what);
    }
    if places.len() != columns.len() {
        return None;
    }
    // Columns that a table may do without.
    for column in optional {
        if let Some(at) = header.iter().position(|name| name.trim() == *column) {
            places.insert(*column, at);
        }
    }
    Some(places)
}

/// A row of a table, and where to tell of what is wrong with it.
pub(super) struct Row<'a> {
    file: &'a Path,
    line: u64,
    record: &'a StringRecord,
    places: &'a HashMap<&'static str, usize>,
    faults: &'a mut Faults,
}

impl<'a> Row<'a> {
    /// Tells of something that is wrong with the row.
    pub(super) fn fault<T>(&mut self, column: &str, what: impl Into<String>) -> Option<T> {
        self.faults
            .add(self.file, format!("line {}", self.line), column, what);
        None
    }

    fn field(&self, column: &str) -> &'a str {
        self.places
            .get(column)
            .and_then(|i| self.record.get(*i))
            .unwrap_or_default()
            .trim()
    }

    pub(super) fn text(&mut self, column: &str, max: usize, may_be_empty: bool) -> Option<String> {
        let found = self.field(column);
        match text_fault(found, max, may_be_empty) {
            Some(what) => self.fault(column, what),
            None => Some(found.to_owned()),
        }
    }

    /// A name in Chinese and English, of which the English one may be empty.
    pub(super) fn name(&mut self, zh: &str, en: &str) -> Option<Name> {
        let (zh, en) = (self.text(zh, MAX_NAME, false), self.text(en, MAX_NAME, true));
        Some(Name { zh: zh?, en: en? })
    }

    /// The row's own code, which no other row may have.
    pub(super) fn code(&mut self, seen: &mut HashMap<String, u64>) -> Option<String> {
        let code = self.field("code");
        if let Some(what) = code_fault(code) {
            return self.fault("code", what);
        }
        match seen.get(code) {
            Some(line) => self.fault(
                "code",
                format!("{} is already the code of line {line}", quoted(code)),
            ),
            None => {
                seen.insert(code.to_owned(), self.line);
                Some(code.to_owned())
            }
        }
    }

    pub(super) fn word<T: DeserializeOwned>(&mut self, column: &str) -> Option<T> {
        word(self.field(column))
            .map_err(|what| self.fault::<()>(column, what))
            .ok()
    }

    /// A cell of the matrix of permissions.
    pub(super) fn levels(&mut self, column: &str) -> Option<permissions::Levels> {
        permissions::cell(self.field(column))
            .map_err(|what| self.fault::<()>(column, what))
            .ok()
    }

    pub(super) fn flag(&mut self, column: &str) -> Option<bool> {
        match self.field(column) {
            "true" => Some(true),
            "false" => Some(false),
            other => self.fault(column, format!("found {}, expected true or false", quoted(other))),
        }
    }

    /// A flag; false where the field is empty or the table has no such column.
    pub(super) fn optional_flag(&mut self, column: &str) -> Option<bool> {
        if self.field(column).is_empty() {
            return Some(false);
        }
        self.flag(column)
    }

    pub(super) fn number(&mut self, column: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let found = self.field(column);
        found
            .parse()
            .ok()
            .filter(|number| range.contains(number))
            .or_else(|| {
                let (min, max) = range.into_inner();
                self.fault(
                    column,
                    format!("found {}, expected a number from {min} to {max}", quoted(found)),
                )
            })
    }

    /// A number, or nothing where the field is empty or the table has no such column.
    pub(super) fn optional_number(
        &mut self,
        column: &str,
        range: RangeInclusive<f64>,
    ) -> Option<Option<f64>> {
        if self.field(column).is_empty() {
            return Some(None);
        }
        self.number(column, range).map(Some)
    }

    pub(super) fn whole(&mut self, column: &str, range: RangeInclusive<u16>) -> Option<u16> {
        let found = self.field(column);
        found
            .parse()
            .ok()
            .filter(|number| range.contains(number))
            .or_else(|| {
                let (min, max) = range.into_inner();
                self.fault(
                    column,
                    format!(
                        "found {}, expected a whole number from {min} to {max}",
                        quoted(found)
                    ),
                )
            })
    }

    pub(super) fn position(&mut self, frame: Frame) -> Option<Wgs84> {
        let (lon, lat) = (self.field("lon"), self.field("lat"));
        let (Ok(lon), Ok(lat)) = (lon.parse(), lat.parse()) else {
            let found = quoted(&format!("{lon},{lat}"));
            return self.fault(
                "lon,lat",
                format!("found {found}, expected longitude and latitude in degrees"),
            );
        };
        match frame.place(lon, lat) {
            Ok(at) => Some(at),
            Err(what) => self.fault("lon,lat", what),
        }
    }

    /// A place of the town, of one kind where only that answers. Anything goes where the places could not be read.
    pub(super) fn place(&mut self, known: Option<&Known>, expected: Option<PlaceKind>) -> Option<PlaceId> {
        let code = self.field("place");
        let Some((id, kind)) = known?.get(code) else {
            return self.fault(
                "place",
                format!("there is no place with the code {}", quoted(code)),
            );
        };
        if let (Some(kind), Some(expected)) = (kind, expected)
            && *kind != expected
        {
            let (kind, expected) = (kind_word(*kind), kind_word(expected));
            return self.fault(
                "place",
                format!("{} is a {kind}, expected a {expected}", quoted(code)),
            );
        }
        Some(*id)
    }

    /// Words between semicolons; none where the field is empty or not there.
    pub(super) fn list(&mut self, column: &str) -> Option<Vec<String>> {
        let found = self.field(column);
        if found.is_empty() {
            return Some(Vec::new());
        }
        let mut list: Vec<String> = Vec::new();
        for part in found.split(';').map(str::trim) {
            if let Some(what) = text_fault(part, MAX_NAME, false) {
                return self.fault(column, format!("one of the words {what}"));
            }
            list.push(part.to_owned());
        }
        Some(list)
    }

    /// From when to when, in times of day; `None` in it where the field is empty or not there. It may go over midnight.
    pub(super) fn hours(&mut self, column: &str) -> Option<Option<(NaiveTime, NaiveTime)>> {
        let found = self.field(column);
        if found.is_empty() {
            return Some(None);
        }
        let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let hours = found
            .split_once('-')
            .and_then(|(from, to)| Some((time(from)?, time(to)?)));
        match hours.filter(|(from, to)| from != to) {
            Some(hours) => Some(Some(hours)),
            None => self.fault(
                column,
                format!("found {}, expected times such as 09:00-21:00", quoted(found)),
            ),
        }
    }

    /// The day of a calendar's row, which no other row may have.
    pub(super) fn date(&mut self, seen: &mut HashMap<NaiveDate, u64>) -> Option<NaiveDate> {
        let found = self.field("date");
        let Ok(date) = NaiveDate::parse_from_str(found, "%Y-%m-%d") else {
            return self.fault(
                "date",
                format!("found {}, expected a day such as 2026-10-01", quoted(found)),
            );
        };
        match seen.insert(date, self.line) {
            Some(line) => self.fault("date", format!("{date} stands in line {line} already")),
            None => Some(date),
        }
    }
}
