//! Makes a report of a row, or says what is wrong with it: line, column, value and reason.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, TimeZone, Utc};

use crate::case::{Origin, Outcome, Report, Source, Whereabouts};
use crate::desk::decide;
use crate::town::{Item, PlaceKind, Town, Wgs84};

use super::moment::{Moment, TimeFormat};
use super::profile::{Profile, ProfileError, ProfileFault};
use super::shift::{DatumDoubt, DatumTally};
use super::table::{CellFault, Row, column};

/// No case of this trade is older than this year.
const FIRST_YEAR: i32 = 1990;
/// A deadline further ahead than this many days is a slip of the pen.
const DUE_WITHIN_DAYS: i64 = 3660;
/// A key longer than this is no key.
const KEY_MAX_CHARS: usize = 200;
/// A town's neighbourhood reaches this many degrees beyond its edge.
const NEIGHBOURHOOD_DEGREES: f64 = 0.5;
/// Most names of areas that are remembered.
const AREAS_REMEMBERED: usize = 10_000;
/// A fault quotes at most so many characters of the cell.
pub const VALUE_MAX_CHARS: usize = 80;

/// The beginning of a text, at most `chars` characters.
pub fn head(text: &str, chars: usize) -> &str {
    text.char_indices()
        .nth(chars)
        .map_or(text, |(end, _)| &text[..end])
}

/// Why a row was not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The profile maps none of the row's types to an item.
    TypeUnmapped,
    /// The profile says that matters of this type are not for the hall.
    TypeSkipped {
        /// Why not, in the profile's words.
        why: String,
    },
    /// The row has no type.
    TypeMissing,
    /// The row has no time of report.
    TimeMissing,
    /// The time is in none of the profile's formats.
    TimeUnreadable,
    /// The time lies before 1990.
    TimeTooEarly,
    /// The time lies in the future, or a deadline beyond ten years from now.
    TimeInFuture,
    /// It was closed, or due, before it was reported.
    TimeOrder,
    /// A coordinate is no number, or its partner is missing.
    CoordinatesUnreadable,
    /// Longitude beyond ±180° or latitude beyond ±90°.
    CoordinatesOffGlobe,
    /// Longitude and latitude in each other's column.
    CoordinatesSwapped,
    /// The row has no key although its file has keys.
    KeyMissing,
    /// The key came before in this file, with other content.
    KeyRepeated,
    /// A cell is too long.
    TooLong,
    /// A cell holds bytes that are no text.
    InvalidBytes,
    /// More or fewer cells than the header has.
    CellCount {
        /// Cells of the row.
        found: usize,
        /// Cells of the header.
        expected: usize,
    },
}

impl Reason {
    /// A stable word for the reason, for `--json` and for translation.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TypeUnmapped => "type_unmapped",
            Self::TypeSkipped { .. } => "type_skipped",
            Self::TypeMissing => "type_missing",
            Self::TimeMissing => "time_missing",
            Self::TimeUnreadable => "time_unreadable",
            Self::TimeTooEarly => "time_too_early",
            Self::TimeInFuture => "time_in_future",
            Self::TimeOrder => "time_order",
            Self::CoordinatesUnreadable => "coordinates_unreadable",
            Self::CoordinatesOffGlobe => "coordinates_off_globe",
            Self::CoordinatesSwapped => "coordinates_swapped",
            Self::KeyMissing => "key_missing",
            Self::KeyRepeated => "key_repeated",
            Self::TooLong => "too_long",
            Self::InvalidBytes => "invalid_bytes",
            Self::CellCount { .. } => "cell_count",
        }
    }

    /// Every code, for a test that all of them have words.
    pub const CODES: [&'static str; 16] = [
        "type_unmapped",
        "type_skipped",
        "type_missing",
        "time_missing",
        "time_unreadable",
        "time_too_early",
        "time_in_future",
        "time_order",
        "coordinates_unreadable",
        "coordinates_off_globe",
        "coordinates_swapped",
        "key_missing",
        "key_repeated",
        "too_long",
        "invalid_bytes",
        "cell_count",
    ];
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TypeUnmapped => "the profile maps this type to no item: add it under [items]",
            Self::TypeSkipped { why } => return write!(f, "the profile skips this type: {why}"),
            Self::TypeMissing => "the type is missing",
            Self::TimeMissing => "the time of the report is missing",
            Self::TimeUnreadable => "the time is in none of the profile's formats",
            Self::TimeTooEarly => "the time lies before 1990",
            Self::TimeInFuture => "the time lies in the future",
            Self::TimeOrder => "the time lies before the time of the report",
            Self::CoordinatesUnreadable => "not a coordinate in degrees, or its partner is missing",
            Self::CoordinatesOffGlobe => "the longitude must be -180 to 180 and the latitude -90 to 90",
            Self::CoordinatesSwapped => "longitude and latitude look swapped",
            Self::KeyMissing => "the key is missing",
            Self::KeyRepeated => "an earlier row of this file has the same key and other content",
            Self::TooLong => "the cell is too long (1 MiB, a key 200 characters), or a quote is never closed",
            Self::InvalidBytes => {
                "the cell holds bytes that are no text, or the sign \u{FFFD} that stands for such"
            }
            Self::CellCount { found, expected } => {
                return write!(f, "the row has {found} cells, the header {expected}");
            }
        })
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The physical line of the file on which the row begins, from 1.
    pub line: u64,
    /// Name of the column; empty where the whole row is meant.
    pub column: String,
    /// What stands there, at most 80 characters.
    pub value: String,
    /// What is wrong.
    pub reason: Reason,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(f, ", {}", self.column)?;
        }
        if !self.value.is_empty() {
            write!(f, " '{}'", self.value)?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Where the columns of a profile stand in a file.
#[derive(Debug, Default)]
struct Places {
    key: Option<usize>,
    kinds: Vec<Vec<usize>>,
    text: Vec<usize>,
    reported_at: usize,
    due_at: Option<usize>,
    closed_at: Option<usize>,
    status: Option<usize>,
    in_time: Option<usize>,
    late: Option<usize>,
    source: Option<usize>,
    lon: Option<usize>,
    lat: Option<usize>,
    area: Option<usize>,
    address: Vec<usize>,
}

/// What a type of the file means.
#[derive(Clone, Copy, Debug)]
enum Kind<'a> {
    Item(usize),
    Skip(&'a str),
}

/// What a name of an area means.
#[derive(Clone, Debug)]
enum AreaOf {
    Town(Arc<str>),
    Elsewhere(Wgs84),
    Unknown,
}

/// Translates the rows of one file by one profile.
pub struct Translator<'a> {
    profile: &'a Profile,
    town: &'a Town,
    header: &'a [String],
    now: DateTime<Utc>,
    places: Places,
    formats: Vec<TimeFormat>,
    items: Vec<(&'a Item, Arc<str>)>,
    kinds: HashMap<&'a str, Kind<'a>>,
    default_item: Option<usize>,
    sources: HashMap<&'a str, Source>,
    default_source: Source,
    areas: HashMap<String, AreaOf>,
    name: Arc<str>,
    neighbourhoods: Vec<[f64; 4]>,
    tally: DatumTally,
}

type Found<T> = Result<T, Box<RowFault>>;

impl<'a> Translator<'a> {
    /// Looks the profile's columns up in `header`, and its items in the town's catalogue.
    ///
    /// # Errors
    /// Every mistake of the profile, every column that the file lacks, every item that the catalogue lacks.
    pub fn new(
        profile: &'a Profile,
        town: &'a Town,
        header: &'a [String],
        now: DateTime<Utc>,
    ) -> Result<Self, ProfileError> {
        let mut faults = profile.faults();
        faults.extend(profile.faults_with(&town.catalogue));
        for missing in profile
            .missing_columns(header)
            .into_iter()
            .filter(|name| !name.is_empty())
        {
            let have = head(&header.join(", "), 600).to_owned();
            let what = format!("the file has no column '{missing}'; it has: {have}");
            faults.push(ProfileFault {
                file: Default::default(),
                key: "columns".into(),
                what,
            });
        }
        if !faults.is_empty() {
            return Err(ProfileError(faults));
        }
        let mut translator = Self {
            profile,
            town,
            header,
            now,
            places: places(profile, header),
            formats: Vec::new(),
            items: Vec::new(),
            kinds: HashMap::new(),
            default_item: None,
            sources: HashMap::new(),
            default_source: Source::Other,
            areas: HashMap::new(),
            name: profile.name.as_str().into(),
            neighbourhoods: Vec::new(),
            tally: DatumTally::new(profile.coordinates.datum),
        };
        translator.fill();
        Ok(translator)
    }

    fn fill(&mut self) {
        let formats = self.profile.time.formats.iter().map(String::as_str);
        // Dates of a workbook are shown in this one format, whatever its cells look like on a screen.
        let formats = formats.chain(["%Y-%m-%d %H:%M:%S"]);
        self.formats.extend(formats.filter_map(TimeFormat::new));
        for (kind, code) in &self.profile.items {
            if let Some(item) = self.item(code) {
                self.kinds.insert(kind, Kind::Item(item));
            }
        }
        for (kind, why) in &self.profile.skip {
            self.kinds.insert(kind, Kind::Skip(why));
        }
        self.default_item = self
            .profile
            .defaults
            .item
            .as_ref()
            .and_then(|code| self.item(code));
        self.default_source = self
            .profile
            .defaults
            .source
            .as_deref()
            .and_then(Source::parse)
            .unwrap_or(Source::Other);
        for (word, code) in &self.profile.sources {
            self.sources
                .insert(word, Source::parse(code).unwrap_or(Source::Other));
        }
        self.neighbourhoods.extend(self.profile.coordinates.within);
        if let Some((min, max)) = self.town.places.bounds() {
            let d = NEIGHBOURHOOD_DEGREES;
            self.neighbourhoods
                .push([min.lon - d, min.lat - d, max.lon + d, max.lat + d]);
        }
    }

    /// The place of an item in the list of those that the profile uses.
    fn item(&mut self, code: &str) -> Option<usize> {
        if let Some(known) = self.items.iter().position(|(item, _)| item.code == code) {
            return Some(known);
        }
        let item = self.town.catalogue.by_code(code)?;
        self.items.push((item, item.code.as_str().into()));
        Some(self.items.len() - 1)
    }

    /// Makes a report of a row. Where the file has keys, the report has its origin.
    ///
    /// # Errors
    /// The first thing that is wrong with the row.
    pub fn translate(&mut self, row: &Row) -> Result<Report, Box<RowFault>> {
        self.check_cells(row)?;
        let origin = self.origin(row)?;
        let item = self.kind(row)?;
        let reported_at = self.reported_at(row)?;
        let given_due = self.due_at(row, reported_at)?;
        let outcome = self.outcome(row, reported_at, given_due)?;
        let mut text = self.joined(row, &self.places.text, " · ").into_owned();
        let place = self.place(row, &mut text)?;
        let source = self.source(row);
        let (item, code) = &self.items[item];
        let due_at = given_due.unwrap_or_else(|| decide::due(self.town, item, reported_at));
        Ok(Report {
            item: code.clone(),
            class: item.class,
            centre: item.centre,
            severity: item.severity,
            text,
            place,
            source,
            reported_at,
            due_at: Some(due_at),
            photos: Vec::new(),
            origin,
            outcome,
            limits: None,
            item_version: item.version,
            split_from: None,
        })
    }

    /// The cells that the profile reads, for a key of a row that has none.
    pub fn cells_that_count<'r>(&self, row: &'r Row) -> Vec<&'r str> {
        let names = self.profile.columns.names();
        let columns = names.iter().filter_map(|name| column(self.header, name));
        columns.map(|column| row.cell(column).trim()).collect()
    }

    /// The file's words for the row's type, by each way of the profile, without blank ones.
    pub fn kind_words(&self, row: &Row) -> Vec<String> {
        let words = self
            .places
            .kinds
            .iter()
            .map(|way| self.kind_word(row, way).into_owned());
        words.filter(|word| !word.is_empty()).collect()
    }

    /// The profile's name, which is part of the origin of every case.
    pub fn name(&self) -> Arc<str> {
        self.name.clone()
    }

    /// The code of the item that this type is mapped to.
    pub fn mapped(&self, kind: &str) -> Option<&str> {
        match self.kinds.get(kind) {
            Some(Kind::Item(item)) => Some(self.items[*item].0.code.as_str()),
            _ => None,
        }
    }

    /// A fault of a row, with the name of the column and the beginning of its cell.
    pub fn fault(&self, row: &Row, column: Option<usize>, reason: Reason) -> Box<RowFault> {
        let name = column.map(|column| match self.header.get(column) {
            Some(name) if !name.is_empty() => name.clone(),
            _ => format!("#{}", column + 1),
        });
        let value = column.map(|column| head(row.cell(column).trim(), VALUE_MAX_CHARS).to_owned());
        Box::new(RowFault {
            line: row.line,
            column: name.unwrap_or_default(),
            value: value.unwrap_or_default(),
            reason,
        })
    }

    /// A reason to ask whether the points of the rows so far are in another datum than the profile declares.
    pub fn datum_doubt(self) -> Option<DatumDoubt> {
        self.tally.doubt()
    }

    /// A row whose key came before with other content.
    pub fn repeated(&self, row: &Row) -> Box<RowFault> {
        self.fault(row, self.places.key, Reason::KeyRepeated)
    }

    fn check_cells(&self, row: &Row) -> Found<()> {
        let (column, reason) = match row.fault() {
            None => return Ok(()),
            Some(CellFault::TooLong { column }) => (Some(*column), Reason::TooLong),
            Some(CellFault::Unreadable { column }) => (Some(*column), Reason::InvalidBytes),
            Some(CellFault::Count { found }) => (
                None,
                Reason::CellCount {
                    found: *found,
                    expected: self.header.len(),
                },
            ),
        };
        Err(self.fault(row, column, reason))
    }

    /// A cell without blanks around it; empty where it means nothing.
    fn value<'r>(&self, row: &'r Row, column: Option<usize>) -> Cow<'r, str> {
        let Some(column) = column else {
            return Cow::Borrowed("");
        };
        let cell = row.cell(column).trim();
        if self.profile.null.values.iter().any(|null| null == cell) {
            return Cow::Borrowed("");
        }
        if self.profile.entities && cell.contains('&') {
            return Cow::Owned(decode_entities(cell));
        }
        Cow::Borrowed(cell)
    }

    fn joined<'r>(&self, row: &'r Row, columns: &[usize], by: &str) -> Cow<'r, str> {
        let mut joined = Cow::Borrowed("");
        for column in columns {
            let value = self.value(row, Some(*column));
            if value.is_empty() {
                continue;
            }
            if joined.is_empty() {
                joined = value;
            } else {
                let joined = joined.to_mut();
                joined.push_str(by);
                joined.push_str(&value);
            }
        }
        joined
    }

    fn origin(&self, row: &Row) -> Found<Option<Origin>> {
        let Some(column) = self.places.key else {
            return Ok(None);
        };
        let key = self.value(row, Some(column));
        if key.is_empty() {
            return Err(self.fault(row, Some(column), Reason::KeyMissing));
        }
        if key.len() > KEY_MAX_CHARS && key.chars().count() > KEY_MAX_CHARS {
            return Err(self.fault(row, Some(column), Reason::TooLong));
        }
        Ok(Some(Origin {
            profile: self.name.clone(),
            key: (&*key).into(),
        }))
    }

    fn kind_word<'r>(&self, row: &'r Row, way: &[usize]) -> Cow<'r, str> {
        match way {
            [column] => self.value(row, Some(*column)),
            columns => self.joined(row, columns, " > "),
        }
    }

    /// The item of the row's type: the first way that is mapped, or the profile's default.
    fn kind(&self, row: &Row) -> Found<usize> {
        let mut named = None;
        for way in &self.places.kinds {
            let word = self.kind_word(row, way);
            if word.is_empty() {
                continue;
            }
            named = named.or_else(|| way.first().copied());
            match self.kinds.get(&*word) {
                Some(Kind::Item(item)) => return Ok(*item),
                Some(Kind::Skip(why)) => {
                    let reason = Reason::TypeSkipped {
                        why: (*why).to_owned(),
                    };
                    return Err(self.fault(row, way.first().copied(), reason));
                }
                None => {}
            }
        }
        if let Some(item) = self.default_item {
            return Ok(item);
        }
        let first = self.places.kinds.first().and_then(|way| way.first().copied());
        Err(match named {
            Some(column) => self.fault(row, Some(column), Reason::TypeUnmapped),
            None => self.fault(row, first, Reason::TypeMissing),
        })
    }

    fn reported_at(&self, row: &Row) -> Found<DateTime<Utc>> {
        let column = Some(self.places.reported_at);
        // Clocks of two machines differ a little; a minute ahead is not the future.
        let latest = self.now + TimeDelta::minutes(1);
        self.time(row, column, latest)?
            .ok_or_else(|| self.fault(row, column, Reason::TimeMissing))
    }

    fn due_at(&self, row: &Row, reported_at: DateTime<Utc>) -> Found<Option<DateTime<Utc>>> {
        let column = self.places.due_at;
        let due = self.time(row, column, self.now + TimeDelta::days(DUE_WITHIN_DAYS))?;
        match due {
            Some(due) if due < reported_at => Err(self.fault(row, column, Reason::TimeOrder)),
            due => Ok(due),
        }
    }

    /// How the case has ended, where the row says that it has.
    fn outcome(
        &self,
        row: &Row,
        reported_at: DateTime<Utc>,
        given_due: Option<DateTime<Utc>>,
    ) -> Found<Option<Outcome>> {
        let column = self.places.closed_at;
        let at = self.time(row, column, self.now + TimeDelta::minutes(1))?;
        if at.is_some_and(|at| at < reported_at) {
            return Err(self.fault(row, column, Reason::TimeOrder));
        }
        let says = |column: Option<usize>, words: &[String]| {
            let value = self.value(row, column);
            !value.is_empty() && words.iter().any(|word| *word == *value)
        };
        let closed = &self.profile.closed;
        let (in_time, late) = (
            says(self.places.in_time, &closed.yes),
            says(self.places.late, &closed.yes),
        );
        if at.is_none() && !in_time && !late && !says(self.places.status, &closed.status) {
            return Ok(None);
        }
        let in_time = match (in_time, late) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            // Both times of the file say it as well; two flags that contradict each other say nothing.
            _ => at.zip(given_due).map(|(at, due)| at <= due),
        };
        Ok(Some(Outcome { at, in_time }))
    }

    /// The time in a cell; `None` where the cell is empty.
    fn time(&self, row: &Row, column: Option<usize>, latest: DateTime<Utc>) -> Found<Option<DateTime<Utc>>> {
        let text = self.value(row, column);
        if text.is_empty() {
            return Ok(None);
        }
        let fail = |reason| Err(self.fault(row, column, reason));
        let Some(at) = self
            .formats
            .iter()
            .find_map(|format| self.moment(format.read(&text)?))
        else {
            return fail(Reason::TimeUnreadable);
        };
        if at.year() < FIRST_YEAR {
            return fail(Reason::TimeTooEarly);
        }
        if at > latest {
            return fail(Reason::TimeInFuture);
        }
        Ok(Some(at))
    }

    fn moment(&self, read: Moment) -> Option<DateTime<Utc>> {
        match read {
            Moment::Utc(at) => Some(at),
            Moment::Local(local) => self.utc(local),
        }
    }

    /// An hour that the clocks skip in spring is read as if they had not; of an hour that comes twice, the first.
    fn utc(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let tz = self.profile.time.timezone;
        let hour = TimeDelta::hours(1);
        let at = tz.from_local_datetime(&local).earliest();
        let skipped = || {
            tz.from_local_datetime(&local.checked_sub_signed(hour)?)
                .earliest()
                .map(|at| at + hour)
        };
        at.or_else(skipped).map(|at| at.with_timezone(&Utc))
    }

    fn source(&self, row: &Row) -> Source {
        let word = self.value(row, self.places.source);
        self.sources.get(&*word).copied().unwrap_or(self.default_source)
    }

    /// Where the case is, as well as the row says it: an exact point, an area, or words. The words of an address that
    /// do not fit in there are added to the text.
    fn place(&mut self, row: &Row, text: &mut String) -> Found<Whereabouts> {
        let address = self.joined(row, &self.places.address, ", ");
        let area = self.value(row, self.places.area);
        if let Some(degrees) = self.degrees(row)? {
            if !area.is_empty() {
                self.measure(degrees, &area);
            }
            let at = self.profile.coordinates.datum.to_wgs84(degrees[0], degrees[1]);
            let stated = if address.is_empty() { &*area } else { &address };
            return Ok(Whereabouts::Point {
                at,
                stated: stated.into(),
                grid: None,
            });
        }
        if area.is_empty() {
            return Ok(Whereabouts::Stated {
                stated: address.into(),
            });
        }
        Ok(match self.area_of(&area) {
            AreaOf::Town(code) => {
                let stated = if address.is_empty() { &*area } else { &address };
                Whereabouts::Area {
                    code,
                    stated: stated.into(),
                }
            }
            AreaOf::Elsewhere(about) => {
                if !address.is_empty() {
                    text.push_str(if text.is_empty() { "" } else { " · " });
                    text.push_str(&address);
                }
                Whereabouts::Elsewhere {
                    stated: (&*area).into(),
                    about,
                }
            }
            AreaOf::Unknown if address.is_empty() => Whereabouts::Stated {
                stated: (&*area).into(),
            },
            AreaOf::Unknown => Whereabouts::Stated {
                stated: format!("{address} ({area})").into(),
            },
        })
    }

    /// Compares a point with the area that its row names, where the town knows that.
    fn measure(&mut self, degrees: [f64; 2], area: &str) {
        if !self.tally.is_open() {
            return;
        }
        let AreaOf::Town(code) = self.area_of(area) else {
            return;
        };
        let places = &self.town.places;
        if let Some(id) = places.by_code(&code) {
            let kind = places.get(id).kind;
            self.tally.take(degrees, &|at| places.at(at, kind) == Some(id));
        }
    }

    fn area_of(&mut self, name: &str) -> AreaOf {
        if let Some(known) = self.areas.get(name) {
            return known.clone();
        }
        let places = &self.town.places;
        let in_town = places
            .by_name(PlaceKind::Community, name)
            .or_else(|| places.by_code(name));
        let area = match (in_town, self.profile.areas.get(name)) {
            (Some(id), _) => AreaOf::Town(places.get(id).code.as_str().into()),
            (None, Some(area)) => AreaOf::Elsewhere((*area).into()),
            (None, None) => AreaOf::Unknown,
        };
        if self.areas.len() < AREAS_REMEMBERED {
            self.areas.insert(name.to_owned(), area.clone());
        }
        area
    }

    /// The degrees of an exact point, longitude first, as they stand in the file; `None` where there is none, or only a
    /// rounded one.
    fn degrees(&self, row: &Row) -> Found<Option<[f64; 2]>> {
        let rules = &self.profile.coordinates;
        let cell = |column| {
            let value = self.value(row, column);
            let missing = rules.missing.iter().any(|missing| *missing == *value);
            if missing { Cow::Borrowed("") } else { value }
        };
        let (lon_text, lat_text) = (cell(self.places.lon), cell(self.places.lat));
        if lon_text.is_empty() && lat_text.is_empty() {
            return Ok(None);
        }
        let degrees = |text: &str, column| {
            let number: Option<f64> = text.parse().ok().filter(|n: &f64| n.is_finite());
            number.ok_or_else(|| self.fault(row, column, Reason::CoordinatesUnreadable))
        };
        let lon = degrees(&lon_text, self.places.lon)?;
        let lat = degrees(&lat_text, self.places.lat)?;
        // A device that found no satellite writes zeros, with as many decimals as it likes.
        if lon == 0.0 && lat == 0.0 {
            return Ok(None);
        }
        let at = Wgs84 { lon, lat };
        if self.looks_swapped(at) {
            return Err(self.fault(row, self.places.lon, Reason::CoordinatesSwapped));
        }
        if !at.is_valid() {
            let column = if lon.abs() > 180.0 {
                self.places.lon
            } else {
                self.places.lat
            };
            return Err(self.fault(row, column, Reason::CoordinatesOffGlobe));
        }
        let rounded = |text: &str| decimals(text) < i64::from(rules.min_decimals);
        Ok((!rounded(&lon_text) && !rounded(&lat_text)).then_some([lon, lat]))
    }

    fn looks_swapped(&self, at: Wgs84) -> bool {
        let near = |lon: f64, lat: f64| {
            let within = |b: &[f64; 4]| lon >= b[0] && lat >= b[1] && lon <= b[2] && lat <= b[3];
            self.neighbourhoods.iter().any(within)
        };
        !near(at.lon, at.lat) && near(at.lat, at.lon)
    }
}

fn places(profile: &Profile, header: &[String]) -> Places {
    let at = |name: &str| column(header, name);
    let one = |name: &Option<String>| name.as_deref().and_then(at);
    let many = |names: &[String]| names.iter().filter_map(|name| at(name)).collect();
    let c = &profile.columns;
    Places {
        key: one(&c.key),
        kinds: c
            .kind
            .iter()
            .map(|way| way.split('>').filter_map(at).collect())
            .collect(),
        text: many(&c.text),
        reported_at: at(&c.reported_at).unwrap_or(usize::MAX),
        due_at: one(&c.due_at),
        closed_at: one(&c.closed_at),
        status: one(&c.status),
        in_time: one(&c.in_time),
        late: one(&c.late),
        source: one(&c.source),
        lon: one(&c.lon),
        lat: one(&c.lat),
        area: one(&c.area),
        address: many(&c.address),
    }
}

/// How many decimals a number is written with; a power of ten moves the point.
fn decimals(number: &str) -> i64 {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let written = mantissa
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len() as i64);
    written.saturating_sub(exponent.parse().unwrap_or(0))
}

/// Turns `&amp;`, `&#40;`, `&#x28;` and the like into their characters; what is none of them stays as it is.
pub fn decode_entities(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        decoded.push_str(&rest[..start]);
        rest = &rest[start..];
        // The longest entity that is known here is &#x10FFFF; with ten characters.
        let end = rest.bytes().take(10).position(|b| b == b';');
        match end.and_then(|end| Some((entity(&rest[1..end])?, end))) {
            Some((character, end)) => {
                decoded.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                decoded.push('&');
                rest = &rest[1..];
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

fn entity(name: &str) -> Option<char> {
    let code = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => match name.strip_prefix('#')? {
            hex if hex.starts_with(['x', 'X']) => code(&hex[1..], 16),
            decimal => code(decimal, 10),
        },
    }
    .filter(|character| !character.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_become_characters_and_loose_ampersands_stay() {
        assert_eq!(decode_entities("路灯&#40;灯光&#41;井盖"), "路灯(灯光)井盖");
        assert_eq!(decode_entities("A &amp; B &x; & &#x4e00;"), "A & B &x; & 一");
        assert_eq!(decode_entities("&#0;&#99999999;&"), "&#0;&#99999999;&");
    }

    #[test]
    fn decimals_count_what_was_written() {
        assert_eq!(decimals("39"), 0);
        assert_eq!(decimals("-76.610"), 3);
        assert_eq!(decimals("1.1406E+02"), 2);
    }

    #[test]
    fn heads_are_whole_characters() {
        assert_eq!(head("观澜街道", 2), "观澜");
        assert_eq!(head("ab", 5), "ab");
    }
}
