//! Rows of the tables, read and written.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use super::bulk::Runs;
use super::chain;
use super::known::Known;
use super::sheet::{self, Pending};
use super::trouble::Trouble;
use crate::case::{Action, Case, CaseId, Entry, Fact, Kept, Origin, PhotoHash, Report, Stage};
use crate::store::chain::{Hash, body, link};
use crate::store::ready;
use crate::store::{Draft, PhotoFile, StoreError, origin};
use crate::town::{Class, Handler};

/// Columns that [`entry`] reads.
pub const ENTRY: &str = "seq, case_id, version, at_ms, actor, seat, action";

/// All open cases, as [`case`] reads them; a condition can follow.
pub const SELECT_OPEN: &str = "SELECT c.*, e.at_ms, e.action FROM case_row c \
     CROSS JOIN entry e ON e.seq = c.opened_seq WHERE c.open = 1";

/// All cases, as [`case`] reads them; a condition can follow.
pub const SELECT_CASES: &str = "SELECT c.*, e.at_ms, e.action FROM case_row c \
     CROSS JOIN entry e ON e.seq = c.opened_seq WHERE 1";

/// All cases with their facts, as [`CaseRow::read`] reads them; a condition can follow.
pub const SELECT_ROWS: &str = "SELECT c.*, f.fact, f.reported_day, f.dispatched_day, f.ended_day FROM case_row c \
     LEFT JOIN fact f ON f.case_id = c.case_id WHERE 1";

/// What the case table keeps of a case: what changes in its life, and its class.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseRow {
    /// See [`Case::id`].
    pub id: CaseId,
    /// The entry that opened it.
    pub opened_seq: i64,
    /// See [`Case::version`].
    pub version: u32,
    /// See [`Case::stage`].
    pub stage: Stage,
    /// See [`Case::class`].
    pub class: Class,
    /// See [`Case::updated_at`]; milliseconds since 1970 UTC.
    pub updated_ms: i64,
    /// See [`Case::ended_at`]; milliseconds since 1970 UTC.
    pub ended_ms: Option<i64>,
    /// See [`Case::handler`].
    pub handler: Option<Handler>,
    /// What its life has changed; `None` while it was only reported.
    pub kept: Option<Box<Kept>>,
    /// What figures need of it; `None` for a case of the past, whose fact stands on sheets.
    pub fact: Option<Fact>,
}

impl CaseRow {
    /// The row that `case` makes, which the entry `opened_seq` opened, with its fact.
    pub fn of(case: &Case, opened_seq: i64, fact: &Fact) -> Self {
        Self {
            id: case.id,
            opened_seq,
            version: case.version,
            stage: case.stage,
            class: case.class,
            updated_ms: case.updated_at.timestamp_millis(),
            ended_ms: case.ended_at.map(|at| at.timestamp_millis()),
            handler: case.handler.clone(),
            kept: (case.version > 1).then(|| Box::new(case.kept())),
            fact: (!fact.elsewhere).then_some(*fact),
        }
    }

    /// Reads a row of [`SELECT_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where a value is none that the program writes.
    pub fn read(row: &Row<'_>) -> Result<Self, Trouble> {
        let mut read = Self::read_case(row)?;
        read.fact = sheet::fact_of_row(row, 0, 10)?;
        let days: [Option<i64>; 3] = [row.get(11)?, row.get(12)?, row.get(13)?];
        if days != read.fact.as_ref().map_or([None; 3], sheet::days) {
            let id = read.id;
            return Err(
                StoreError::Damaged(format!("case {id} stands under other days than its fact")).into(),
            );
        }
        Ok(read)
    }

    /// The same without the fact.
    fn read_case(row: &Row<'_>) -> Result<Self, Trouble> {
        let id: i64 = row.get(0)?;
        let wrong = |what: &str, found: &str| {
            StoreError::Damaged(format!("case {id} has the {what} '{found}' in the case table"))
        };
        let stage = row.get_ref(3)?.as_str().unwrap_or_default();
        let class = row.get_ref(4)?.as_str().unwrap_or_default();
        let stage = Stage::parse(stage).ok_or_else(|| wrong("stage", stage))?;
        let open: i64 = row.get(8)?;
        if open != i64::from(stage.is_open()) {
            let words = format!(
                "case {id}: the mark that it is open does not fit its stage '{}'",
                stage.code()
            );
            return Err(StoreError::Damaged(words).into());
        }
        let handler: Option<String> = row.get(7)?;
        let handler = handler
            .map(|text| Handler::try_from(text.clone()).map_err(|_| wrong("handler", &text)))
            .transpose()?;
        Ok(Self {
            id: CaseId(id),
            opened_seq: row.get(1)?,
            version: row.get(2)?,
            stage,
            class: Class::parse(class).ok_or_else(|| wrong("class", class))?,
            updated_ms: row.get(5)?,
            ended_ms: row.get(6)?,
            handler,
            kept: kept(id, row.get_ref(9)?)?,
            fact: None,
        })
    }
}

fn kept(id: i64, value: ValueRef<'_>) -> Result<Option<Box<Kept>>, StoreError> {
    let Some(text) = value.as_bytes_or_null().unwrap_or_default() else {
        return Ok(None);
    };
    serde_json::from_slice(text).map(Some).map_err(|e| {
        StoreError::Damaged(format!(
            "case {id}: what the case table keeps of it can't be read ({e})"
        ))
    })
}

impl CaseRow {
    /// A case that has only what a step changes, the rest is empty: enough to apply one, and a command need not read the
    /// report for it. `None` where the case was only reported: then all of it comes from the report.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where a time is impossible.
    fn outline(self) -> Result<Option<Case>, Trouble> {
        let Some(kept) = self.kept else {
            return Ok(None);
        };
        let updated_at = time(self.opened_seq, self.updated_ms)?;
        let mut case = Case {
            id: self.id,
            version: self.version,
            stage: self.stage,
            item: Arc::default(),
            class: self.class,
            centre: crate::town::Centre::Grid,
            severity: 0,
            place: crate::case::Whereabouts::Stated {
                stated: Arc::default(),
            },
            source: crate::case::Source::Other,
            text: Arc::default(),
            // Only a fact has it beside the report.
            reported_at: match &self.fact {
                Some(fact) => time(self.opened_seq, fact.reported_ms)?,
                None => updated_at,
            },
            due_at: None,
            updated_at,
            ended_at: self.ended_ms.map(|ms| time(self.opened_seq, ms)).transpose()?,
            handler: self.handler,
            origin: None,
            life: Default::default(),
        };
        case.restore(&kept);
        Ok(Some(case))
    }
}

/// Reads a case from a row of [`SELECT_CASES`] or [`SELECT_OPEN`].
///
/// # Errors
/// [`StoreError::Damaged`] where it can't be read.
pub fn case(row: &Row<'_>) -> Result<Case, Trouble> {
    let kept = CaseRow::read_case(row)?;
    let seq = kept.opened_seq;
    let opening = Entry {
        seq,
        case: kept.id,
        version: 1,
        at: time(seq, row.get(10)?)?,
        actor: Arc::default(),
        seat: Arc::default(),
        action: action(seq, row.get_ref(11)?)?,
    };
    let mut case = Case::open(&opening).map_err(|e| StoreError::Damaged(e.to_string()))?;
    if kept.version > 1 {
        case.version = kept.version;
        case.updated_at = time(seq, kept.updated_ms)?;
        if let Some(kept) = &kept.kept {
            case.restore(kept);
        }
    }
    Ok(case)
}

/// Reads an entry from a row of the columns [`ENTRY`].
///
/// # Errors
/// [`StoreError::Damaged`] where it can't be read.
pub fn entry(row: &Row<'_>) -> Result<Entry, Trouble> {
    let seq: i64 = row.get(0)?;
    let text = |column: usize| match row.get_ref(column).map(|value| value.as_str()) {
        Ok(Ok(text)) => Ok(Arc::<str>::from(text)),
        _ => Err(StoreError::Damaged(format!(
            "entry {seq} has no readable post or seat"
        ))),
    };
    Ok(Entry {
        seq,
        case: CaseId(row.get(1)?),
        version: row
            .get(2)
            .map_err(|e| StoreError::Damaged(format!("entry {seq} has no readable version: {e}")))?,
        at: time(seq, row.get(3)?)?,
        actor: text(4)?,
        seat: text(5)?,
        action: action(seq, row.get_ref(6)?)?,
    })
}

fn time(seq: i64, ms: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(ms)
        .ok_or_else(|| StoreError::Damaged(format!("entry {seq} has the impossible time {ms} ms")))
}

fn action(seq: i64, value: ValueRef<'_>) -> Result<Action, StoreError> {
    let bytes = value.as_bytes().unwrap_or_default();
    Action::from_json(bytes).map_err(|e| StoreError::Damaged(format!("entry {seq} can't be read ({e})")))
}

/// The case numbered `id`, open or not.
///
/// # Errors
/// Where the database can't be read.
pub fn case_by_id(connection: &Connection, id: CaseId) -> Result<Option<Case>, Trouble> {
    let mut statement = connection.prepare_cached(&format!("{SELECT_CASES} AND c.case_id = ?1"))?;
    let mut rows = statement.query([id.0])?;
    rows.next()?.map(case).transpose()
}

/// What a step changes of the case numbered `id` (see [`CaseRow::outline`]), its fact where it has one in its row, and the entry
/// that opened it.
fn outline(connection: &Connection, id: CaseId) -> Result<Option<(Case, Option<Fact>, i64)>, Trouble> {
    let mut statement = connection.prepare_cached(&format!("{SELECT_ROWS} AND c.case_id = ?1"))?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let row = CaseRow::read(row)?;
    let (fact, opened_seq) = (row.fact, row.opened_seq);
    let case = match row.outline()? {
        Some(case) => Some(case),
        None => case_by_id(connection, id)?,
    };
    Ok(case.map(|case| (case, fact, opened_seq)))
}

/// The fact of a case; `None` where there is no such case.
///
/// # Errors
/// Where the database can't be read.
pub fn fact_of_case(connection: &Connection, known: &mut Known, id: CaseId) -> Result<Option<Fact>, Trouble> {
    let sql = "SELECT c.opened_seq, c.case_id, f.fact FROM case_row c \
         LEFT JOIN fact f ON f.case_id = c.case_id WHERE c.case_id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(match sheet::fact_of_row(row, 1, 2)? {
        Some(fact) => fact,
        None => fact_of_report(connection, known, id, row.get(0)?)?,
    }))
}

/// The fact that the report `seq` makes by itself.
fn fact_of_report(connection: &Connection, known: &mut Known, id: CaseId, seq: i64) -> Result<Fact, Trouble> {
    let mut statement = connection.prepare_cached("SELECT action FROM entry WHERE seq = ?1")?;
    let mut rows = statement.query([seq])?;
    let opening = match rows.next()? {
        Some(row) => action(seq, row.get_ref(0)?)?,
        None => return Err(StoreError::Damaged(format!("entry {seq} is missing")).into()),
    };
    match opening {
        Action::Report(report) => known.fact(id, seq, &report),
        _ => Err(StoreError::Damaged(format!("entry {seq} is no report")).into()),
    }
}

/// The origin that the report `seq` has, and its case.
fn origin_of(connection: &Connection, seq: i64) -> Result<(CaseId, Option<Origin>), Trouble> {
    /// The one part of a report that is needed here.
    #[derive(serde::Deserialize)]
    struct Opening {
        origin: Option<Origin>,
    }
    let mut statement = connection.prepare_cached("SELECT case_id, action FROM entry WHERE seq = ?1")?;
    let mut rows = statement.query([seq])?;
    let Some(row) = rows.next()? else {
        let fault = format!("the list of origins names entry {seq}, which is missing");
        return Err(StoreError::Damaged(fault).into());
    };
    let opening: Opening = serde_json::from_slice(row.get_ref(1)?.as_bytes().unwrap_or_default())
        .map_err(|e| StoreError::Damaged(format!("entry {seq} can't be read ({e})")))?;
    Ok((CaseId(row.get(0)?), opening.origin))
}

/// The case that has `origin`, if any.
///
/// # Errors
/// Where the database can't be read.
pub fn case_with_origin(connection: &Connection, origin: &Origin) -> Result<Option<CaseId>, Trouble> {
    let mut hash = origin::hash(origin);
    while let Some(seq) = origin_at(connection, hash)? {
        let (id, there) = origin_of(connection, seq)?;
        if there.as_ref() == Some(origin) {
            return Ok(Some(id));
        }
        hash = hash.wrapping_add(1);
    }
    Ok(None)
}

/// The report that stands under `hash`.
fn origin_at(connection: &Connection, hash: i64) -> Result<Option<i64>, Trouble> {
    let mut statement = connection.prepare_cached("SELECT opened_seq FROM origin WHERE hash = ?1")?;
    Ok(statement.query_row([hash], |row| row.get(0)).optional()?)
}

/// Appends within one transaction, which ends with [`Writer::finish`]. Numbers of entries and cases follow those that the
/// journal has.
pub struct Writer<'c> {
    pub(super) connection: &'c Connection,
    pub(super) known: &'c mut Known,
    /// Facts that wait for their sheets.
    pub(super) past: Pending,
    pub(super) last_seq: i64,
    /// The hash of the last entry, which goes into that of the next.
    pub(super) last_hash: Hash,
    pub(super) last_case: i64,
    pub(super) insert_entry: CachedStatement<'c>,
    pub(super) insert_case: CachedStatement<'c>,
    insert_origin: CachedStatement<'c>,
    /// What imports write with; prepared when the first one does.
    pub(super) runs: Option<Runs<'c>>,
    /// Kept for the next entry, so that a long import allocates it once.
    json: Vec<u8>,
}

impl<'c> Writer<'c> {
    /// A writer on `connection`, which is in a transaction that nobody else can write beside.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn new(connection: &'c Connection, known: &'c mut Known) -> Result<Self, Trouble> {
        let (last_seq, last_hash) = chain::last(connection)?;
        known.refresh(connection)?;
        Ok(Self {
            connection,
            known,
            past: Pending::default(),
            last_seq,
            last_hash,
            last_case: last_case(connection)?,
            insert_entry: connection.prepare_cached(
                "INSERT INTO entry (seq, case_id, version, at_ms, actor, seat, hash, action) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            insert_case: connection.prepare_cached(
                "INSERT INTO case_row (case_id, opened_seq, version, stage, class, updated_ms, ended_ms, handler, open, kept) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            insert_origin: connection
                .prepare_cached("INSERT INTO origin (hash, opened_seq) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?,
            runs: None,
            json: Vec::with_capacity(1024),
        })
    }

    /// Appends one draft of any kind and brings the case table up to it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::NoCase`], [`StoreError::Unfit`], or the engine's.
    pub fn append(&mut self, draft: Draft) -> Result<Entry, Trouble> {
        let Some(id) = draft.case else {
            return self.open(draft);
        };
        if id == CaseId::HALL {
            return self.append_duty(draft);
        }
        let (mut case, there, opened_seq) = outline(self.connection, id)?.ok_or(StoreError::NoCase(id))?;
        let based_on = if draft.based_on == Draft::ANY_VERSION {
            case.version
        } else {
            draft.based_on
        };
        if case.version != based_on {
            return Err(StoreError::Conflict {
                case: id,
                based_on,
                found: case.version,
            }
            .into());
        }
        let entry = Entry {
            seq: self.last_seq + 1,
            case: id,
            version: based_on + 1,
            at: to_millisecond(draft.at),
            actor: draft.actor,
            seat: draft.seat,
            action: draft.action,
        };
        let was_open = case.stage.is_open();
        let standing = self.known.standings.at(entry.seq).map(AsRef::as_ref);
        let steps = there
            .map(|fact| fact.steps)
            .unwrap_or_default()
            .after(&case, &entry, standing);
        case.apply(&entry).map_err(|e| StoreError::Unfit(e.to_string()))?;
        self.write_entry(&entry)?;
        let mut fact = match there {
            Some(fact) => fact,
            None => self.back_to_life(id, opened_seq)?,
        };
        let kept = case.kept();
        fact.take(&kept, &mut self.known.codes).map_err(unfit)?;
        fact.steps = steps;
        update_case(self.connection, &case, &kept, was_open)?;
        sheet::write_fact(self.connection, there.as_ref(), &fact)?;
        Ok(entry)
    }

    /// The fact of a case of the past, which is taken off its sheets: from now on it stands in the case's row.
    fn back_to_life(&mut self, id: CaseId, opened_seq: i64) -> Result<Fact, Trouble> {
        // It may have been imported in this same transaction.
        self.past.write(self.connection)?;
        let fact = fact_of_report(self.connection, self.known, id, opened_seq)?;
        if fact.elsewhere {
            sheet::take_back(self.connection, &fact)?;
        }
        Ok(fact)
    }

    /// Writes what waits for the end of the transaction.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn finish(mut self) -> Result<(), Trouble> {
        self.past.write(self.connection)?;
        self.known.save(self.connection)
    }

    /// Appends what happened in the hall beside cases.
    fn append_duty(&mut self, draft: Draft) -> Result<Entry, Trouble> {
        let found = duty_version(self.connection)?;
        if draft.based_on != Draft::ANY_VERSION && draft.based_on != found {
            return Err(StoreError::Conflict {
                case: CaseId::HALL,
                based_on: draft.based_on,
                found,
            }
            .into());
        }
        if !matches!(draft.action, Action::Duty(_)) {
            return Err(StoreError::Unfit("it is an action on a case, but names none".to_owned()).into());
        }
        let entry = Entry {
            seq: self.last_seq + 1,
            case: CaseId::HALL,
            version: found + 1,
            at: to_millisecond(draft.at),
            actor: draft.actor,
            seat: draft.seat,
            action: draft.action,
        };
        self.write_entry(&entry)?;
        Ok(entry)
    }

    fn open(&mut self, draft: Draft) -> Result<Entry, Trouble> {
        if draft.based_on != 0 {
            return Err(StoreError::Unfit("a new case is based on version 0".to_owned()).into());
        }
        let (entry, case) = self.opening(draft)?;
        if let Action::Report(report) = &entry.action
            && let Some(origin) = &report.origin
            && !self.claim_origin(origin, entry.seq)?
        {
            let Origin { profile, key } = origin;
            return Err(StoreError::Unfit(format!("the row '{key}' of '{profile}' is already there")).into());
        }
        let Action::Report(report) = &entry.action else {
            return Err(StoreError::Unfit("a new case begins with a report".to_owned()).into());
        };
        let fact = self.known.fact(entry.case, entry.seq, report)?;
        self.write_entry(&entry)?;
        self.insert_case_row(&CaseRow::of(&case, entry.seq, &fact), &fact)?;
        self.last_case = entry.case.0;
        Ok(entry)
    }

    fn opening(&self, draft: Draft) -> Result<(Entry, Case), Trouble> {
        let entry = Entry {
            seq: self.last_seq + 1,
            case: CaseId(self.last_case + 1),
            version: 1,
            at: to_millisecond(draft.at),
            actor: draft.actor,
            seat: draft.seat,
            action: draft.action,
        };
        let case = Case::open(&entry).map_err(|e| StoreError::Unfit(e.to_string()))?;
        Ok((entry, case))
    }

    /// Makes `origin` that of the report `seq`. Answers false where another report has it.
    ///
    /// # Errors
    /// Where the database can't be read or written.
    pub fn claim_origin(&mut self, origin: &Origin, seq: i64) -> Result<bool, Trouble> {
        self.claim_origin_at(origin::hash(origin), seq, || Ok(origin.clone()))
    }

    /// The same, where the hash of an origin is known; what it is itself is asked only where another has that hash.
    ///
    /// # Errors
    /// Where the database can't be read or written.
    pub fn claim_origin_at(
        &mut self,
        mut hash: i64,
        seq: i64,
        origin: impl Fn() -> Result<Origin, StoreError>,
    ) -> Result<bool, Trouble> {
        while self.insert_origin.execute([hash, seq])? == 0 {
            if let Some(holder) = origin_at(self.connection, hash)?
                && origin_of(self.connection, holder)?.1 == Some(origin()?)
            {
                return Ok(false);
            }
            hash = hash.wrapping_add(1);
        }
        Ok(true)
    }

    fn write_entry(&mut self, entry: &Entry) -> Result<(), Trouble> {
        ready::check_numbers(&entry.action)?;
        self.json.clear();
        serde_json::to_writer(&mut self.json, &entry.action).map_err(|e| StoreError::Unfit(e.to_string()))?;
        let json = ToSqlOutput::Borrowed(ValueRef::Text(&self.json));
        let Entry {
            seq,
            case,
            version,
            at,
            actor,
            seat,
            ..
        } = entry;
        let at_ms = at.timestamp_millis();
        let body = body(at_ms, actor.as_bytes(), seat.as_bytes(), &self.json);
        let hash = link(&self.last_hash, *seq, case.0, i64::from(*version), &body);
        let row = params![
            seq,
            case.0,
            version,
            at_ms,
            actor.as_ref(),
            seat.as_ref(),
            hash,
            json
        ];
        self.insert_entry.execute(row)?;
        (self.last_seq, self.last_hash) = (entry.seq, hash);
        Ok(())
    }

    /// Adds a row to the case table, and a case of the past to its sheets.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn insert_case_row(&mut self, row: &CaseRow, fact: &Fact) -> Result<(), Trouble> {
        match &row.fact {
            Some(fact) => sheet::write_fact(self.connection, None, fact)?,
            None => self.past.push(self.connection, fact)?,
        }
        let handler = row.handler.as_ref().map(ToString::to_string);
        let kept = row.kept.as_deref().map(to_json).transpose()?;
        self.insert_case.execute(params![
            row.id.0,
            row.opened_seq,
            row.version,
            row.stage.code(),
            row.class.letter(),
            row.updated_ms,
            row.ended_ms,
            handler,
            row.stage.is_open(),
            kept
        ])?;
        Ok(())
    }

    /// What is known once for many cases.
    pub fn known(&mut self) -> &mut Known {
        self.known
    }
}

fn unfit(error: crate::case::TooManyCodes) -> StoreError {
    StoreError::Unfit(error.to_string())
}

/// The report that the entry `seq` is.
///
/// # Errors
/// [`StoreError::Damaged`] where it is none.
pub fn report_of(seq: i64, json: &[u8]) -> Result<Report, Trouble> {
    match Action::from_json(json) {
        Ok(Action::Report(report)) => Ok(*report),
        _ => Err(StoreError::Damaged(format!("entry {seq} is no report")).into()),
    }
}

/// Writes what changes in the life of a case. A case that stays open, or stays ended, leaves the index of open cases
/// alone.
fn update_case(connection: &Connection, case: &Case, kept: &Kept, was_open: bool) -> Result<(), Trouble> {
    const SET: &str = "UPDATE case_row SET version = ?2, stage = ?3, class = ?4, updated_ms = ?5, ended_ms = ?6, \
         handler = ?7, kept = ?8";
    let open = match (was_open, case.stage.is_open()) {
        (true, false) => ", open = 0",
        (false, true) => ", open = 1",
        _ => "",
    };
    let sql = format!("{SET}{open} WHERE case_id = ?1");
    connection.prepare_cached(&sql)?.execute(params![
        case.id.0,
        case.version,
        case.stage.code(),
        case.class.letter(),
        case.updated_at.timestamp_millis(),
        case.ended_at.map(|at| at.timestamp_millis()),
        case.handler.as_ref().map(ToString::to_string),
        to_json(kept)?
    ])?;
    Ok(())
}

fn to_json(kept: &Kept) -> Result<String, Trouble> {
    Ok(serde_json::to_string(kept).map_err(|e| StoreError::Unfit(e.to_string()))?)
}

/// The version of the hall itself, which its next entry is based on.
fn duty_version(connection: &Connection) -> Result<u32, Trouble> {
    let sql = "SELECT coalesce(max(version), 1) FROM entry WHERE case_id = 0 AND version > 1";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Adds photos that are not there yet.
///
/// # Errors
/// Where the database can't be written.
pub fn insert_photos(connection: &Connection, photos: &[PhotoFile]) -> Result<(), Trouble> {
    for photo in photos {
        let PhotoFile {
            hash,
            width,
            height,
            bytes,
        } = photo;
        connection
            .prepare_cached(
                "INSERT INTO photo (hash, width, height, bytes) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            )?
            .execute(params![hash.as_ref(), width, height, bytes.as_ref()])?;
    }
    Ok(())
}

/// Sees to it that the store has every one of these photos.
///
/// # Errors
/// [`StoreError::Unfit`] where one is missing.
pub fn check_photos<'a>(
    connection: &Connection,
    photos: impl IntoIterator<Item = &'a PhotoHash>,
) -> Result<(), Trouble> {
    for hash in photos {
        let there = connection
            .prepare_cached("SELECT 1 FROM photo WHERE hash = ?1")?
            .exists([hash.as_ref()])?;
        if !there {
            return Err(StoreError::Unfit(format!("the photo {hash} did not come with it")).into());
        }
    }
    Ok(())
}

fn to_millisecond(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at)
}

/// How many open cases there are.
///
/// # Errors
/// Where the database can't be read.
pub fn count_open(connection: &Connection) -> Result<usize, Trouble> {
    let sql = "SELECT count(*) FROM case_row WHERE open = 1";
    let open: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(usize::try_from(open).unwrap_or(0))
}

/// The number of the last entry; 0 for an empty journal.
///
/// # Errors
/// Where the database can't be read.
pub fn last_seq(connection: &Connection) -> Result<i64, Trouble> {
    let sql = "SELECT coalesce(max(seq), 0) FROM entry";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// The number of the last case; 0 for an empty journal.
fn last_case(connection: &Connection) -> Result<i64, Trouble> {
    let sql = "SELECT coalesce(max(case_id), 0) FROM case_row";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}
