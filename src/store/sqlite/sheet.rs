//! Where facts are kept, so that a figure of a month costs what the month has, and not what the book has.
//!
//! A case that lives here has a row in the table `fact`, which is indexed by the days (UTC) on which it was reported, was first
//! dispatched, and ended. A case of the past, which was imported with its ending, stands on two *sheets*: that of the day on
//! which it was reported, and that of the day on which it ended. A sheet has at most [`SHEET_FACTS`] facts of one day,
//! [`PACKED_PAST`] bytes each, so that an import writes one row for a hundred cases. Where a case of the past comes to life after
//! all, a sheet with the sign -1 takes its fact back.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashSet};
use std::hash::Hasher;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

use super::trouble::Trouble;
use crate::case::fact::FAR_MS;
use crate::case::{CaseId, Codes, End, Fact, Judged, Source, Steps};
use crate::store::StoreError;
use crate::store::facts::{DAY_MS, Facts, SeatEvent, Which, day_of, seat_event};
use crate::town::{Centre, Class, Level};

/// Bytes of a fact.
pub const PACKED: usize = 48;

/// Bytes of the fact of a case of the past: it has no dispatch, no unit, no steps, and nothing was sent back.
const PACKED_PAST: usize = 33;

/// Facts of one sheet at most: so many fill one page of the file (4096 bytes, of which a row can have 4061).
const SHEET_FACTS: usize = 120;

/// Facts that are given at once.
const SLICE: usize = 1024;

/// The tables. `low_ms` is the earliest report on a sheet, so that those who look for cases that were open at a moment pass over
/// sheets of later ones. The day of the report stands in the index of ends for the same reason. Most cases are dispatched on the day of
/// their report, so that a dispatch seldom costs an index more.
pub const DERIVED: &str = "
    CREATE TABLE IF NOT EXISTS fact (
        case_id INTEGER PRIMARY KEY,
        fact BLOB NOT NULL,
        reported_day INTEGER NOT NULL,
        dispatched_day INTEGER,
        ended_day INTEGER
    ) STRICT;
    CREATE INDEX IF NOT EXISTS fact_reported ON fact (reported_day);
    CREATE INDEX IF NOT EXISTS fact_dispatched ON fact (dispatched_day) WHERE dispatched_day <> reported_day;
    CREATE INDEX IF NOT EXISTS fact_ended ON fact (ended_day, reported_day) WHERE ended_day IS NOT NULL;
    CREATE INDEX IF NOT EXISTS fact_long ON fact (ended_day, reported_day) WHERE ended_day - reported_day > 32;
    CREATE INDEX IF NOT EXISTS fact_open ON fact (reported_day) WHERE ended_day IS NULL;
    CREATE TABLE IF NOT EXISTS sheet (
        id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL,
        sign INTEGER NOT NULL,
        day INTEGER NOT NULL,
        low_ms INTEGER NOT NULL,
        first_case INTEGER NOT NULL,
        facts BLOB NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS sheet_day ON sheet (kind, sign, day, low_ms);
    CREATE INDEX IF NOT EXISTS sheet_long ON sheet (kind, sign, day, low_ms) WHERE day * 86400000 - low_ms > 2764800000;";

/// Cases that took longer than so many days have an index of their own, in [`DERIVED`]: whoever looks for the cases that were
/// open long ago need not look through all that ended since.
const LONG_DAYS: i64 = 32;

/// By which day a fact stands on a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// That of its report.
    Reported,
    /// That of its end.
    Ended,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Reported, Self::Ended];

    /// The moment by which a fact stands on such a sheet; `None` where it stands on none.
    fn moment(self, fact: &Fact) -> Option<i64> {
        match self {
            Self::Reported => Some(fact.reported_ms),
            Self::Ended => fact.ended_ms,
        }
    }
}

/// The days by which a fact is found: of the report, the first dispatch, the end.
pub fn days(fact: &Fact) -> [Option<i64>; 3] {
    [Some(fact.reported_ms), fact.dispatched_ms, fact.ended_ms].map(|ms| ms.map(day_of))
}

/// No moment.
const NEVER: i64 = -FAR_MS - 1;

/// Writes a fact without the number of its case, for which the first four bytes are left. What a case of the past does not
/// have comes last.
pub fn pack(fact: &Fact) -> [u8; PACKED] {
    let mut bytes = [0; PACKED];
    let mut moment = |place: usize, ms: Option<i64>| {
        let ms = ms.unwrap_or(NEVER).to_le_bytes();
        bytes[place..place + 6].copy_from_slice(&ms[..6]);
    };
    moment(4, Some(fact.reported_ms));
    moment(10, fact.ended_ms);
    moment(16, fact.due_ms);
    moment(33, fact.dispatched_ms);
    bytes[22..24].copy_from_slice(&fact.area.to_le_bytes());
    bytes[24..26].copy_from_slice(&fact.item.to_le_bytes());
    let words = fact.class as u16
        | (fact.centre as u16) << 2
        | (fact.source as u16) << 4
        | (fact.end as u16) << 7
        | (fact.level as u16) << 10
        | u16::from(fact.imported) << 12
        | u16::from(fact.elsewhere) << 13
        | u16::from(fact.first_right) << 14;
    bytes[26..28].copy_from_slice(&words.to_le_bytes());
    bytes[28] = match fact.in_time {
        None => 0,
        Some(false) => 1,
        Some(true) => 2,
    };
    bytes[29..33].copy_from_slice(&fact.spot.to_le_bytes());
    bytes[39..41].copy_from_slice(&fact.unit.to_le_bytes());
    bytes[41..45].copy_from_slice(&[fact.sent_back, fact.moved, fact.reopened, fact.twins]);
    let steps = fact.steps.now.iter().chain(&fact.steps.before);
    let steps = steps.rev().fold(0_u32, |all, judged| all << 2 | *judged as u32);
    bytes[45..48].copy_from_slice(&steps.to_le_bytes()[..3]);
    bytes
}

/// Reads a fact that [`pack`] wrote, or its first [`PACKED_PAST`] bytes.
///
/// # Errors
/// [`StoreError::Damaged`] where it is none.
pub fn unpack(case: CaseId, packed: &[u8]) -> Result<Fact, StoreError> {
    let damaged = || StoreError::Damaged(format!("what figures need of case {case} can't be read"));
    let mut bytes = NOTHING;
    match packed.len() {
        PACKED | PACKED_PAST => bytes[..packed.len()].copy_from_slice(packed),
        _ => return Err(damaged()),
    }
    let two = |place: usize| u16::from_le_bytes([bytes[place], bytes[place + 1]]);
    let moment = |place: usize| {
        let [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map(|i| bytes[place + i]);
        // Shifted up and down again, the sign comes along.
        let ms = i64::from_le_bytes([0, 0, a, b, c, d, e, f]) >> 16;
        (ms != NEVER).then_some(ms)
    };
    let words = usize::from(two(26));
    let steps = u32::from_le_bytes([bytes[45], bytes[46], bytes[47], 0]);
    let judged = |i: usize| JUDGED[(steps >> (2 * i)) as usize & 3];
    Ok(Fact {
        case,
        reported_ms: moment(4).ok_or_else(damaged)?,
        ended_ms: moment(10),
        due_ms: moment(16),
        dispatched_ms: moment(33),
        area: two(22),
        item: two(24),
        unit: two(39),
        class: Class::ALL[words & 3],
        centre: *Centre::ALL.get(words >> 2 & 3).ok_or_else(damaged)?,
        source: *Source::ALL.get(words >> 4 & 7).ok_or_else(damaged)?,
        end: *End::ALL.get(words >> 7 & 7).ok_or_else(damaged)?,
        level: Level::ALL[words >> 10 & 3],
        imported: words >> 12 & 1 == 1,
        elsewhere: words >> 13 & 1 == 1,
        first_right: words >> 14 & 1 == 1,
        in_time: match bytes[28] {
            0 => None,
            1 => Some(false),
            2 => Some(true),
            _ => return Err(damaged()),
        },
        sent_back: bytes[41],
        moved: bytes[42],
        reopened: bytes[43],
        twins: bytes[44],
        steps: Steps {
            now: std::array::from_fn(judged),
            before: std::array::from_fn(|i| judged(i + 5)),
        },
        spot: u32::from_le_bytes([bytes[29], bytes[30], bytes[31], bytes[32]]),
    })
}

/// The bytes of a fact of which nothing is known but that it was not dispatched.
const NOTHING: [u8; PACKED] = {
    let mut bytes = [0; PACKED];
    // The lowest number of 48 bits stands for no moment.
    bytes[38] = 0x80;
    bytes
};

/// In the order of their numbers.
const JUDGED: [Judged; 4] = [Judged::Not, Judged::InTime, Judged::Unknown, Judged::Late];

/// The fact of a case of the past, as a sheet has it: packed once, for both of its sheets.
#[derive(Debug)]
struct Past {
    case: i64,
    reported_ms: i64,
    ended_ms: Option<i64>,
    packed: [u8; PACKED_PAST],
}

impl Past {
    fn of(fact: &Fact) -> Self {
        let mut packed = [0; PACKED_PAST];
        packed.copy_from_slice(&pack(fact)[..PACKED_PAST]);
        Self {
            case: fact.case.0,
            reported_ms: fact.reported_ms,
            ended_ms: fact.ended_ms,
            packed,
        }
    }

    /// The day of such a sheet; `None` where it stands on none.
    fn day(&self, kind: Kind) -> Option<i64> {
        match kind {
            Kind::Reported => Some(day_of(self.reported_ms)),
            Kind::Ended => self.ended_ms.map(day_of),
        }
    }
}

/// Facts of cases of the past that wait for their sheets, to the end of the transaction.
#[derive(Debug, Default)]
pub struct Pending(Vec<Past>);

impl Pending {
    /// Adds one. Written when there are very many, at the latest by [`Self::write`].
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn push(&mut self, connection: &Connection, fact: &Fact) -> Result<(), Trouble> {
        const MANY: usize = 65_536;
        self.0.push(Past::of(fact));
        if self.0.len() >= MANY {
            self.write(connection)
        } else {
            Ok(())
        }
    }

    /// Writes the sheets.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn write(&mut self, connection: &Connection) -> Result<(), Trouble> {
        for kind in Kind::ALL {
            // Day and place in one number each: an import sorts millions of them.
            let keys = (0_i64..).zip(&self.0);
            let mut order: Vec<i64> = keys
                .filter_map(|(i, past)| Some(past.day(kind)? << 32 | i))
                .collect();
            order.sort_unstable();
            for day in order.chunk_by_mut(|a, b| a >> 32 == b >> 32) {
                let past = |key: &i64| &self.0[(key & 0xffff_ffff) as usize];
                // The earliest report of a sheet of ends is looked for; together, early ones leave the other sheets out.
                if kind == Kind::Ended && day.len() > SHEET_FACTS {
                    day.sort_unstable_by_key(|key| past(key).reported_ms);
                }
                for sheet in day.chunks(SHEET_FACTS) {
                    write_sheet(connection, kind, 1, sheet[0] >> 32, sheet.iter().map(past))?;
                }
            }
        }
        self.0.clear();
        Ok(())
    }
}

/// Writes the fact of a case that lives here; `before` is the one that is there.
///
/// # Errors
/// Where the database can't be written.
pub fn write_fact(connection: &Connection, before: Option<&Fact>, fact: &Fact) -> Result<(), Trouble> {
    let (id, packed, now) = (fact.case.0, pack(fact), days(fact));
    match before.map(days) {
        Some(before) if before == now => connection
            .prepare_cached("UPDATE fact SET fact = ?2 WHERE case_id = ?1")?
            .execute(params![id, packed])?,
        Some(_) => connection
            .prepare_cached(
                "UPDATE fact SET fact = ?2, reported_day = ?3, dispatched_day = ?4, ended_day = ?5 WHERE case_id = ?1",
            )?
            .execute(params![id, packed, now[0], now[1], now[2]])?,
        None => connection
            .prepare_cached(
                "INSERT INTO fact (case_id, fact, reported_day, dispatched_day, ended_day) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![id, packed, now[0], now[1], now[2]])?,
    };
    Ok(())
}

/// Takes the fact of a case of the past off its sheets.
///
/// # Errors
/// Where the database can't be written.
pub fn take_back(connection: &Connection, fact: &Fact) -> Result<(), Trouble> {
    let past = Past::of(fact);
    for kind in Kind::ALL {
        if let Some(day) = past.day(kind) {
            write_sheet(connection, kind, -1, day, std::iter::once(&past))?;
        }
    }
    Ok(())
}

fn write_sheet<'a>(
    connection: &Connection,
    kind: Kind,
    sign: i64,
    day: i64,
    facts: impl Iterator<Item = &'a Past> + Clone,
) -> Result<(), Trouble> {
    let first = facts.clone().map(|past| past.case).min().unwrap_or(0);
    let low_ms = facts.clone().map(|past| past.reported_ms).min().unwrap_or(0);
    let mut bytes = Vec::with_capacity(SHEET_FACTS * PACKED_PAST);
    for past in facts {
        let offset = u32::try_from(past.case - first)
            .map_err(|_| StoreError::Unfit("a batch has cases too far from each other".to_owned()))?;
        bytes.extend_from_slice(&offset.to_le_bytes());
        bytes.extend_from_slice(&past.packed[4..]);
    }
    connection
        .prepare_cached(
            "INSERT INTO sheet (kind, sign, day, low_ms, first_case, facts) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![kind as i64, sign, day, low_ms, first, bytes])?;
    Ok(())
}

/// The facts of a row of a sheet: its columns are the first case and the facts.
fn facts_of_sheet(first: i64, bytes: &[u8], mut each: impl FnMut(Fact)) -> Result<(), StoreError> {
    let (facts, rest) = bytes.as_chunks::<PACKED_PAST>();
    if !rest.is_empty() {
        return Err(StoreError::Damaged(format!(
            "the sheet of case {first} is cut off"
        )));
    }
    for packed in facts {
        let [a, b, c, d, ..] = *packed;
        let case = CaseId(first + i64::from(u32::from_le_bytes([a, b, c, d])));
        each(unpack(case, packed)?);
    }
    Ok(())
}

/// The facts of a book, in a transaction.
pub struct BookFacts<'a> {
    /// The book.
    pub connection: &'a Connection,
    /// What the numbers in facts stand for.
    pub codes: &'a Codes,
}

impl Facts for BookFacts<'_> {
    fn codes(&self) -> &Codes {
        self.codes
    }

    fn each(&self, which: Which, each: &mut dyn FnMut(&[Fact])) -> Result<(), StoreError> {
        self.read(which, each).map_err(told)
    }

    fn first_ms(&self) -> Result<Option<i64>, StoreError> {
        let first = |sql: &str| {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.query_row([], |row| row.get::<_, Option<i64>>(0))
        };
        let live = first("SELECT min(reported_day) FROM fact");
        let past = first("SELECT min(day) FROM sheet WHERE kind = 0 AND sign = 1");
        let days = live
            .and_then(|live| Ok([live, past?]))
            .map_err(|e| told(e.into()))?;
        Ok(days.into_iter().flatten().min().map(|day| day * DAY_MS))
    }

    fn seats(&self, from_ms: i64, until_ms: i64) -> Result<Vec<SeatEvent>, StoreError> {
        let read = || -> Result<Vec<SeatEvent>, Trouble> {
            let sql = format!(
                "SELECT {} FROM entry WHERE case_id = 0 AND at_ms >= ?1 AND at_ms < ?2 ORDER BY at_ms, seq",
                super::rows::ENTRY
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut found = statement.query([from_ms, until_ms])?;
            let mut events = Vec::new();
            while let Some(row) = found.next()? {
                let entry = super::rows::entry(row)?;
                if let crate::case::Action::Duty(action) = &entry.action {
                    events.extend(seat_event(&entry, action));
                }
            }
            Ok(events)
        };
        read().map_err(told)
    }

    fn basis(&self) -> Result<(u64, i64), StoreError> {
        // Cases are numbered from 1 without gaps.
        let sql = "SELECT coalesce(max(case_id), 0) FROM case_row";
        let read = || -> Result<(u64, i64), Trouble> {
            let cases: i64 = self
                .connection
                .prepare_cached(sql)?
                .query_row([], |row| row.get(0))?;
            Ok((cases.unsigned_abs(), super::rows::last_seq(self.connection)?))
        };
        read().map_err(told)
    }
}

fn told(trouble: Trouble) -> StoreError {
    match trouble {
        Trouble::Sql(error) => StoreError::Engine(error.to_string()),
        Trouble::Store(error) => error,
    }
}

const ON_SHEETS: &str = "SELECT first_case, facts FROM sheet \
     WHERE kind = ?1 AND sign = 1 AND day >= ?2 AND day <= ?3 AND low_ms < ?4";
const TAKEN_BACK: &str =
    "SELECT first_case FROM sheet WHERE kind = ?1 AND sign = -1 AND day >= ?2 AND day <= ?3";
const ON_LONG_SHEETS: &str = "SELECT first_case, facts FROM sheet INDEXED BY sheet_long \
     WHERE kind = ?1 AND sign = 1 AND day >= ?2 AND day <= ?3 AND low_ms < ?4 AND day * 86400000 - low_ms > 2764800000";
const LONG_ROWS: &str =
    "INDEXED BY fact_long WHERE ended_day >= ?1 AND reported_day <= ?2 AND ended_day - reported_day > 32";

impl BookFacts<'_> {
    fn read(&self, which: Which, each: &mut dyn FnMut(&[Fact])) -> Result<(), Trouble> {
        let mut slice = Slice {
            which,
            facts: Vec::with_capacity(SLICE),
            each,
        };
        match which {
            Which::Reported(from, until) => {
                let days = [day_of(from), day_of(until - 1)];
                self.on_sheets(ON_SHEETS, Kind::Reported, days, i64::MAX, &mut slice)?;
                self.in_rows("WHERE reported_day BETWEEN ?1 AND ?2", days, &mut slice)?;
            }
            Which::Ended(from, until) => {
                let days = [day_of(from), day_of(until - 1)];
                self.on_sheets(ON_SHEETS, Kind::Ended, days, i64::MAX, &mut slice)?;
                self.in_rows("WHERE ended_day BETWEEN ?1 AND ?2", days, &mut slice)?;
            }
            // A case of the past was not dispatched here.
            Which::Dispatched(from, until) => {
                let days = [day_of(from), day_of(until - 1)];
                let same_day = "WHERE reported_day BETWEEN ?1 AND ?2 AND dispatched_day = reported_day";
                self.in_rows(same_day, days, &mut slice)?;
                let other_day = "WHERE dispatched_day BETWEEN ?1 AND ?2 AND dispatched_day <> reported_day";
                self.in_rows(other_day, days, &mut slice)?;
            }
            Which::OpenAt(at) => self.open_at(at, &mut slice)?,
        }
        slice.finish();
        Ok(())
    }

    /// Those that are open now, and those that ended later, each where they were reported before. What ended much later
    /// took long.
    fn open_at(&self, at: i64, slice: &mut Slice<'_>) -> Result<(), Trouble> {
        let day = day_of(at);
        let soon = day + LONG_DAYS;
        self.in_rows(
            "WHERE ended_day IS NULL AND reported_day BETWEEN ?1 AND ?2",
            [i64::MIN, day],
            slice,
        )?;
        for ended in day..=soon {
            self.in_rows("WHERE ended_day = ?1 AND reported_day <= ?2", [ended, day], slice)?;
        }
        self.in_rows(LONG_ROWS, [soon + 1, day], slice)?;
        self.on_sheets(ON_SHEETS, Kind::Ended, [day, soon], at, slice)?;
        self.on_sheets(ON_LONG_SHEETS, Kind::Ended, [soon + 1, i64::MAX], at, slice)
    }

    fn on_sheets(
        &self,
        sql: &str,
        kind: Kind,
        [from, to]: [i64; 2],
        reported_before: i64,
        slice: &mut Slice<'_>,
    ) -> Result<(), Trouble> {
        let mut gone = HashSet::new();
        let mut statement = self.connection.prepare_cached(TAKEN_BACK)?;
        let mut rows = statement.query([kind as i64, from, to])?;
        while let Some(row) = rows.next()? {
            gone.insert(CaseId(row.get(0)?));
        }
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([kind as i64, from, to, reported_before])?;
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(1)?.as_blob().unwrap_or_default();
            facts_of_sheet(row.get(0)?, bytes, |fact| {
                if gone.is_empty() || !gone.contains(&fact.case) {
                    slice.add(fact);
                }
            })?;
        }
        Ok(())
    }

    fn in_rows(&self, rest: &str, days: [i64; 2], slice: &mut Slice<'_>) -> Result<(), Trouble> {
        let sql = format!("SELECT case_id, fact FROM fact {rest}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(days)?;
        while let Some(row) = rows.next()? {
            if let Some(fact) = fact_of_row(row, 0, 1)? {
                slice.add(fact);
            }
        }
        Ok(())
    }
}

/// Reads the fact of a row, where it has one.
///
/// # Errors
/// [`StoreError::Damaged`] where it can't be read.
pub fn fact_of_row(row: &Row<'_>, case: usize, fact: usize) -> Result<Option<Fact>, Trouble> {
    match row.get_ref(fact)? {
        ValueRef::Null => Ok(None),
        value => {
            let bytes = value.as_bytes().unwrap_or_default();
            Ok(Some(unpack(CaseId(row.get(case)?), bytes)?))
        }
    }
}

/// Facts on their way to who asked for them.
struct Slice<'a> {
    which: Which,
    facts: Vec<Fact>,
    each: &'a mut dyn FnMut(&[Fact]),
}

impl Slice<'_> {
    fn add(&mut self, fact: Fact) {
        if !self.which.means(&fact) {
            return;
        }
        self.facts.push(fact);
        if self.facts.len() >= SLICE {
            (self.each)(&self.facts);
            self.facts.clear();
        }
    }

    fn finish(self) {
        if !self.facts.is_empty() {
            (self.each)(&self.facts);
        }
    }
}

/// What sheets hold, day by day: how many facts, and the sum of their hashes. The order does not count, and a fact that was
/// taken back counts for nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<(i64, i64), (i64, u64)>);

impl Sums {
    /// That of the sheets as they are.
    ///
    /// # Errors
    /// Where they can't be read.
    pub fn read(connection: &Connection) -> Result<Self, Trouble> {
        let mut sums = Self::default();
        let mut statement =
            connection.prepare("SELECT kind, sign, day, first_case, facts, low_ms FROM sheet")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (kind, sign, day): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let bytes = row.get_ref(4)?.as_blob().unwrap_or_default();
            let low_ms: i64 = row.get(5)?;
            let mut hides = false;
            facts_of_sheet(row.get(3)?, bytes, |fact| {
                hides |= fact.reported_ms < low_ms;
                sums.add_to(kind, day, sign, &fact);
            })?;
            if hides {
                let words = format!(
                    "a sheet of {} (UTC) hides cases that were reported before it says",
                    date(day)
                );
                return Err(StoreError::Damaged(words).into());
            }
        }
        sums.0.retain(|_, counted| *counted != (0, 0));
        Ok(sums)
    }

    /// Adds a case of the past as the journal has it.
    pub fn add(&mut self, fact: &Fact) {
        for kind in Kind::ALL {
            if let Some(ms) = kind.moment(fact) {
                self.add_to(kind as i64, day_of(ms), 1, fact);
            }
        }
    }

    fn add_to(&mut self, kind: i64, day: i64, sign: i64, fact: &Fact) {
        let mut hasher = DefaultHasher::new();
        hasher.write_i64(fact.case.0);
        hasher.write(&pack(fact));
        let hash = hasher.finish();
        let (count, sum) = self.0.entry((kind, day)).or_default();
        *count += sign;
        *sum = if sign < 0 {
            sum.wrapping_sub(hash)
        } else {
            sum.wrapping_add(hash)
        };
    }

    /// What is wrong with the sheets, where the journal makes `self` of them: the first day on which they differ.
    pub fn difference(&self, sheets: &Self) -> Option<String> {
        let days = self.0.keys().chain(sheets.0.keys());
        let (kind, day) = *days
            .filter(|key| self.0.get(key) != sheets.0.get(key))
            .min_by_key(|key| key.1)?;
        let count = |sums: &Self| sums.0.get(&(kind, day)).map_or(0, |counted| counted.0);
        let date = date(day);
        let what = if kind == 0 { "reported" } else { "ended" };
        Some(format!(
            "the sheets of cases that were {what} on {date} (UTC) hold {} facts, the journal makes {}, or others",
            count(sheets),
            count(self)
        ))
    }
}

/// A day in words.
fn date(day: i64) -> String {
    chrono::DateTime::from_timestamp_millis(day.saturating_mul(DAY_MS))
        .map_or_else(|| day.to_string(), |at| at.date_naive().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moment() -> impl Strategy<Value = i64> {
        prop_oneof![-FAR_MS..=FAR_MS, Just(0), Just(-FAR_MS), Just(FAR_MS), Just(-1)]
    }

    fn any_fact() -> impl Strategy<Value = Fact> {
        let moments = (
            moment(),
            prop::option::of(moment()),
            prop::option::of(moment()),
            prop::option::of(moment()),
        );
        let words = (
            0..4_usize,
            0..3_usize,
            0..7_usize,
            0..6_usize,
            0..4_usize,
            any::<[bool; 3]>(),
        );
        let more = (
            any::<[u16; 3]>(),
            any::<[u8; 4]>(),
            any::<u32>(),
            prop::option::of(any::<bool>()),
        );
        (moments, words, more, prop::array::uniform10(0..4_usize)).prop_map(
            |(moments, words, more, steps)| Fact {
                case: CaseId(7),
                reported_ms: moments.0,
                ended_ms: moments.1,
                due_ms: moments.2,
                dispatched_ms: moments.3,
                class: Class::ALL[words.0],
                centre: Centre::ALL[words.1],
                source: Source::ALL[words.2],
                end: End::ALL[words.3],
                level: Level::ALL[words.4],
                imported: words.5[0],
                elsewhere: words.5[1],
                first_right: words.5[2],
                area: more.0[0],
                item: more.0[1],
                unit: more.0[2],
                sent_back: more.1[0],
                moved: more.1[1],
                reopened: more.1[2],
                twins: more.1[3],
                spot: more.2,
                in_time: more.3,
                steps: Steps {
                    now: std::array::from_fn(|i| JUDGED[steps[i]]),
                    before: std::array::from_fn(|i| JUDGED[steps[i + 5]]),
                },
            },
        )
    }

    proptest! {
        #[test]
        fn facts_come_back_as_they_were(fact in any_fact()) {
            let packed = pack(&fact);
            prop_assert_eq!(unpack(CaseId(7), &packed).unwrap(), fact);
            let past = Fact {
                dispatched_ms: None,
                unit: 0,
                sent_back: 0,
                moved: 0,
                reopened: 0,
                twins: 0,
                steps: Steps::default(),
                ..fact
            };
            prop_assert_eq!(unpack(CaseId(7), &pack(&past)[..PACKED_PAST]).unwrap(), past);
        }

        #[test]
        fn no_bytes_are_fatal(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = unpack(CaseId(7), &bytes);
            let _ = facts_of_sheet(1, &bytes, |_| {});
        }
    }
}
