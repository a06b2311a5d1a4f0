//! Reads the tables of a town: posts, teams, the catalogue, the calendar.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::path::Path;

use chrono::NaiveDate;
use csv::StringRecord;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::town::calendar::DayKind;
use crate::town::{Calendar, Catalogue, Item, Name, PlaceId, PlaceKind, Post, Role, Team, TeamKind, Wgs84};

use super::features::Known;
use super::relations::kind_word;
use super::settings::Hours;
use super::{
    Faults, MAX_NAME, MAX_REMARK, MAX_ROWS, code_fault, position_fault, quoted, read_text, text_fault, word,
};

/// Reads the posts; `known` are the places, where those could be read.
pub(super) fn posts(file: &Path, known: Option<&Known>, faults: &mut Faults) -> Option<Vec<Post>> {
    let columns = [
        "code", "role", "title_zh", "title_en", "name_zh", "name_en", "place", "sample",
    ];
    let mut codes = HashMap::new();
    rows(file, &columns, None, faults, |row| {
        let (code, role) = (row.code(&mut codes), row.word::<Role>("role"));
        let (title, holder) = (row.name("title_zh", "title_en"), row.name("name_zh", "name_en"));
        let (place, sample) = (row.place(known, role.and_then(place_of_role)), row.flag("sample"));
        Some(Post {
            code: code?,
            role: role?,
            title: title?,
            holder: holder?,
            place: place?,
            sample: sample?,
        })
    })
}

/// The kind of place that posts of this role answer for; `None` where it may be any.
fn place_of_role(role: Role) -> Option<PlaceKind> {
    match role {
        Role::CommunityOfficer => Some(PlaceKind::Community),
        Role::StreetChief => Some(PlaceKind::Block),
        Role::PartyGridChief | Role::PartyInstructor | Role::PartyGridLiaison | Role::PartyGridMember => {
            Some(PlaceKind::PartyGrid)
        }
        Role::GridOfficer => Some(PlaceKind::BaseGrid),
        Role::Dispatcher | Role::DutyLeader | Role::Inspector | Role::Administrator => None,
    }
}

/// Reads the teams of a town around `centre`; `known` are the places, where those could be read.
pub(super) fn teams(
    file: &Path,
    known: Option<&Known>,
    centre: Option<Wgs84>,
    faults: &mut Faults,
) -> Option<Vec<Team>> {
    let columns = [
        "code", "kind", "name_zh", "name_en", "place", "lon", "lat", "capacity", "sample",
    ];
    let mut codes = HashMap::new();
    rows(file, &columns, None, faults, |row| {
        let (code, kind, name) = (
            row.code(&mut codes),
            row.word::<TeamKind>("kind"),
            row.name("name_zh", "name_en"),
        );
        let of_kind = kind
            .filter(|kind| *kind == TeamKind::PartyGridTeam)
            .map(|_| PlaceKind::PartyGrid);
        let (place, station) = (row.place(known, of_kind), row.position(centre));
        let (capacity, sample) = (row.whole("capacity", 1..=1000), row.flag("sample"));
        Some(Team {
            code: code?,
            kind: kind?,
            name: name?,
            place: place?,
            station: station?,
            capacity: capacity?,
            sample: sample?,
        })
    })
}

/// Reads the catalogue of hazards.
pub(super) fn catalogue(file: &Path, faults: &mut Faults) -> Option<Catalogue> {
    let columns = [
        "code",
        "class",
        "domain",
        "centre",
        "name_zh",
        "name_en",
        "level",
        "lead_department_zh",
        "limit_hours",
        "working_time",
        "severity",
        "evidence",
        "basis",
    ];
    let mut codes = HashMap::new();
    let items = rows(file, &columns, None, faults, |row| {
        let (code, class, domain) = (
            row.code(&mut codes),
            row.word("class"),
            row.text("domain", MAX_NAME, false),
        );
        let (centre, name, level) = (
            row.word("centre"),
            row.name("name_zh", "name_en"),
            row.word("level"),
        );
        let lead_department = row.text("lead_department_zh", MAX_NAME, false);
        // A year of hours; nothing takes longer.
        let limit_hours = row.number("limit_hours", 0.01..=8784.0);
        let (working_time, severity) = (row.flag("working_time"), row.whole("severity", 1..=5));
        let (evidence, basis) = (
            row.text("evidence", MAX_NAME, false),
            row.text("basis", MAX_REMARK, true),
        );
        Some(Item {
            code: code?,
            class: class?,
            domain: domain?,
            centre: centre?,
            name: name?,
            level: level?,
            lead_department: lead_department?,
            limit_hours: limit_hours?,
            working_time: working_time?,
            severity: severity? as u8,
            evidence: evidence?,
            basis: basis?,
        })
    })?;
    if items.is_empty() {
        faults.add(file, "", "", "holds no item, expected at least one");
    }
    Some(Catalogue::new(items))
}

/// The words for [`DayKind`] in data.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum DayWord {
    Holiday,
    Workday,
}

/// Reads the calendar. A line `# years: 2017-2026` says for which years it is complete.
pub(super) fn calendar(file: &Path, hours: Hours, faults: &mut Faults) -> Option<Calendar> {
    let text = read_text(file, faults)?;
    let years = years(file, &text, faults);
    let mut dates = HashMap::new();
    let days = rows_of(
        file,
        &text,
        &["date", "kind", "name_zh", "source"],
        Some(b'#'),
        faults,
        |row| {
            let (date, name) = (row.date(&mut dates), row.text("name_zh", MAX_NAME, false));
            let kind = match row.word("kind")? {
                DayWord::Holiday => DayKind::Holiday,
                DayWord::Workday => DayKind::Workday,
            };
            Some((date?, (kind, name?)))
        },
    )?;
    Some(Calendar {
        days: BTreeMap::from_iter(days),
        years,
        hours,
    })
}

fn years(file: &Path, text: &str, faults: &mut Faults) -> Option<RangeInclusive<i32>> {
    let comments = (1..)
        .zip(text.lines())
        .filter_map(|(n, line)| Some((n, line.strip_prefix('#')?.trim())));
    let (line, stated) = comments
        .filter_map(|(n, line)| Some((n, line.strip_prefix("years:")?)))
        .next()?;
    let stated = stated.split(';').next().unwrap_or_default().trim();
    let (first, last) = stated.split_once(['-', '–']).unwrap_or((stated, stated));
    let year = |text: &str| {
        text.trim()
            .parse()
            .ok()
            .filter(|year| (1900..=2999).contains(year))
    };
    match (year(first), year(last)) {
        (Some(first), Some(last)) if first <= last => Some(first..=last),
        _ => {
            let what = format!(
                "found {}, expected the first and last year, such as 2017-2026",
                quoted(stated)
            );
            faults.add(file, format!("line {line}"), "years", what);
            None
        }
    }
}

/// Reads a table and makes `T` of each row; `None` from `each` where a fault tells why.
fn rows<T>(
    file: &Path,
    columns: &[&'static str],
    comment: Option<u8>,
    faults: &mut Faults,
    each: impl FnMut(&mut Row) -> Option<T>,
) -> Option<Vec<T>> {
    let text = read_text(file, faults)?;
    rows_of(file, &text, columns, comment, faults, each)
}

fn rows_of<T>(
    file: &Path,
    text: &str,
    columns: &[&'static str],
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
    let places = header_places(file, at(&header), &header, columns, faults)?;
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
    columns: &[&'static str],
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
    (places.len() == columns.len()).then_some(places)
}

/// A row of a table, and where to tell of what is wrong with it.
struct Row<'a> {
    file: &'a Path,
    line: u64,
    record: &'a StringRecord,
    places: &'a HashMap<&'static str, usize>,
    faults: &'a mut Faults,
}

impl<'a> Row<'a> {
    fn fault<T>(&mut self, column: &str, what: impl Into<String>) -> Option<T> {
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

    fn text(&mut self, column: &str, max: usize, may_be_empty: bool) -> Option<String> {
        let found = self.field(column);
        match text_fault(found, max, may_be_empty) {
            Some(what) => self.fault(column, what),
            None => Some(found.to_owned()),
        }
    }

    /// A name in Chinese and English, of which the English one may be empty.
    fn name(&mut self, zh: &str, en: &str) -> Option<Name> {
        let (zh, en) = (self.text(zh, MAX_NAME, false), self.text(en, MAX_NAME, true));
        Some(Name { zh: zh?, en: en? })
    }

    /// The row's own code, which no other row may have.
    fn code(&mut self, seen: &mut HashMap<String, u64>) -> Option<String> {
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

    fn word<T: DeserializeOwned>(&mut self, column: &str) -> Option<T> {
        word(self.field(column))
            .map_err(|what| self.fault::<()>(column, what))
            .ok()
    }

    fn flag(&mut self, column: &str) -> Option<bool> {
        match self.field(column) {
            "true" => Some(true),
            "false" => Some(false),
            other => self.fault(column, format!("found {}, expected true or false", quoted(other))),
        }
    }

    fn number(&mut self, column: &str, range: RangeInclusive<f64>) -> Option<f64> {
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

    fn whole(&mut self, column: &str, range: RangeInclusive<u16>) -> Option<u16> {
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

    fn position(&mut self, centre: Option<Wgs84>) -> Option<Wgs84> {
        let (lon, lat) = (self.field("lon"), self.field("lat"));
        let (Ok(lon), Ok(lat)) = (lon.parse(), lat.parse()) else {
            let found = quoted(&format!("{lon},{lat}"));
            return self.fault(
                "lon,lat",
                format!("found {found}, expected longitude and latitude in WGS-84 degrees"),
            );
        };
        match position_fault(lon, lat, centre) {
            Some(what) => self.fault("lon,lat", what),
            None => Some(Wgs84 { lon, lat }),
        }
    }

    /// A place of the town, of one kind where only that answers. Anything goes where the places could not be read.
    fn place(&mut self, known: Option<&Known>, expected: Option<PlaceKind>) -> Option<PlaceId> {
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

    /// The day of a calendar's row, which no other row may have.
    fn date(&mut self, seen: &mut HashMap<NaiveDate, u64>) -> Option<NaiveDate> {
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
