//! Checks the whole book: follows the chain of hashes, and folds the journal again to compare it with the case table, or to
//! make that table anew.
//!
//! The fold reads the journal once, case by case, and holds no more than one case at a time.

use chrono::{DateTime, NaiveDate};
use rusqlite::{Connection, OptionalExtension, Row, Rows};
use sha2::{Digest, Sha256};

use super::known::Known;
use super::rows::{self, CaseRow, Writer};
use super::sheet::Sums;
use super::trouble::Trouble;
use super::{chain, schema};
use crate::case::{Case, CaseId, Duty, Entry, Fact, Recount};
use crate::store::chain::shown;
use crate::store::{Anchor, ChainFault, ChainFaultKind, StoreError, TownMark, Verdict};

/// So many faults are told; the rest are only counted.
const FAULTS_TOLD: usize = 20;

/// Faults in the order in which they were found.
#[derive(Default)]
struct Faults {
    told: Vec<String>,
    more: u64,
}

impl Faults {
    fn add(&mut self, fault: impl Into<String>) {
        if self.told.len() < FAULTS_TOLD {
            self.told.push(fault.into());
        } else {
            self.more += 1;
        }
    }

    fn extend(&mut self, faults: impl IntoIterator<Item = String>) {
        for fault in faults {
            self.add(fault);
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.told.push(format!("and {} more", self.more));
        }
        self.told
    }
}

/// Checks the whole book, and against anchors that were kept elsewhere. The connection is in a transaction, so that everything is seen at one moment.
///
/// # Errors
/// Where the database can't be read at all.
pub fn verify(connection: &Connection, anchors: &[Anchor]) -> Result<Verdict, Trouble> {
    let mut faults = Faults::default();
    let mut verdict = Verdict::default();
    check_file(connection, &mut faults)?;
    check_triggers(connection, &mut faults)?;
    check_chain(connection, anchors, &mut verdict, &mut faults)?;
    if schema::has_derived(connection)? {
        compare(connection, &mut verdict, &mut faults)?;
    } else {
        faults.add("the case table is missing");
    }
    check_photos(connection, &mut faults)?;
    verdict.faults = faults.finish();
    verdict.ok = verdict.faults.is_empty();
    Ok(verdict)
}

/// The engine's own check of pages and indexes.
fn check_file(connection: &Connection, faults: &mut Faults) -> Result<(), Trouble> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let line: String = row.get(0)?;
        if line != "ok" {
            faults.add(format!("the file: {line}"));
        }
    }
    Ok(())
}

fn check_triggers(connection: &Connection, faults: &mut Faults) -> Result<(), Trouble> {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'entry' AND name = ?1";
    let mut statement = connection.prepare(sql)?;
    for (name, made_by) in schema::TRIGGERS {
        let there: Option<String> = statement.query_row([name], |row| row.get(0)).optional()?;
        let wrong = match there {
            None => "missing",
            Some(sql) if sql != made_by => "another one",
            Some(_) => continue,
        };
        faults.add(format!(
            "the trigger {name}, which protects the journal, is {wrong}"
        ));
    }
    Ok(())
}

/// Follows the chain of hashes, and compares it with the anchors.
fn check_chain(
    connection: &Connection,
    anchors: &[Anchor],
    verdict: &mut Verdict,
    faults: &mut Faults,
) -> Result<(), Trouble> {
    let mut wanted: Vec<&Anchor> = anchors.iter().collect();
    wanted.sort_by_key(|anchor| anchor.seq);
    let book = chain::book_id(connection)?;
    let mut fault = None;
    let mut held = 0;
    let mut waiting = wanted.iter().peekable();
    let walked = chain::walk(connection, |entry, hash| {
        while let Some(anchor) = waiting.next_if(|anchor| anchor.seq <= entry.seq) {
            if anchor.seq == entry.seq && anchor.book == book && anchor.hash == shown(hash) {
                held = entry.seq;
            } else if fault.is_none() {
                fault = Some(against(anchor, &book, held));
            }
        }
    })?;
    // What is left is beyond the end of the journal, or beyond the first entry that does not fit.
    if fault.is_none() && walked.fault.is_none() {
        fault = waiting.next().map(|anchor| match anchor.book == book {
            true => cut(anchor, walked.seq),
            false => against(anchor, &book, held),
        });
    }
    verdict.book = book;
    verdict.last_seq = walked.seq;
    verdict.last_hash = shown(&walked.hash);
    verdict.anchors = anchors.len() as u64;
    verdict.chain = match (walked.fault, fault) {
        (Some(chain), Some(anchor)) if anchor.entry < chain.entry => Some(anchor),
        (Some(chain), _) => Some(chain),
        (None, anchor) => anchor,
    };
    if let Some(fault) = &verdict.chain {
        faults.add(format!("the chain of the journal: {}", fault.words));
    }
    Ok(())
}

fn against(anchor: &Anchor, book: &str, held: i64) -> ChainFault {
    let (day, seq) = (anchor.day, anchor.seq);
    let (kind, words) = if anchor.book == book {
        let since = match held {
            0 => format!("entries up to {seq} were"),
            held => format!("something after entry {held} and up to entry {seq} was"),
        };
        let words = format!("entry {seq} is not the one that the anchor of {day} names: {since} rewritten");
        (ChainFaultKind::Rewritten, words)
    } else {
        let theirs = &anchor.book;
        let words = format!("the anchor of {day} belongs to the book {theirs}, this is the book {book}");
        (ChainFaultKind::OtherBook, words)
    };
    ChainFault {
        entry: seq,
        kind,
        words,
    }
}

fn cut(anchor: &Anchor, last: i64) -> ChainFault {
    let (day, seq) = (anchor.day, anchor.seq);
    let words = format!(
        "the journal ends with entry {last}, but the anchor of {day} names entry {seq}: the last ones were cut off"
    );
    ChainFault {
        entry: last + 1,
        kind: ChainFaultKind::Cut,
        words,
    }
}

/// Makes the anchor of `day`, or of the last entry's day. The connection is in a transaction.
///
/// # Errors
/// [`StoreError::Damaged`] where the chain does not hold: an anchor of it would vouch for what was altered.
pub fn anchor(
    connection: &Connection,
    town: &TownMark,
    day: Option<NaiveDate>,
) -> Result<Option<Anchor>, Trouble> {
    let day_of = |ms: i64| {
        Some(
            DateTime::from_timestamp_millis(ms)?
                .with_timezone(&town.timezone)
                .date_naive(),
        )
    };
    let day = match day {
        Some(day) => Some(day),
        None => {
            let sql = "SELECT at_ms FROM entry ORDER BY seq DESC LIMIT 1";
            let last: Option<i64> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
            last.and_then(day_of)
        }
    };
    let Some(day) = day else { return Ok(None) };
    let mut entries = 0;
    let mut last = None;
    let walked = chain::walk(connection, |entry, hash| {
        if day_of(entry.at_ms) == Some(day) {
            entries += 1;
            last = Some((entry.seq, *hash));
        }
    })?;
    if let Some(fault) = walked.fault {
        return Err(StoreError::Damaged(format!("the chain does not hold: {}", fault.words)).into());
    }
    let book = chain::book_id(connection)?;
    Ok(last.map(|(seq, hash)| Anchor {
        book,
        town: town.id.clone(),
        timezone: town.timezone,
        day,
        entries,
        seq,
        hash: shown(&hash),
    }))
}

/// Folds the journal case by case beside the case table, both in the order of case numbers.
fn compare(connection: &Connection, verdict: &mut Verdict, faults: &mut Faults) -> Result<(), Trouble> {
    let mut table = connection.prepare(&format!("{} ORDER BY c.case_id", rows::SELECT_ROWS))?;
    let mut table = Table::new(table.query([])?)?;
    let mut with_origin = 0_i64;
    let mut known = Known::read(connection)?;
    let mut sums = Sums::default();
    let mut live = 0_i64;
    fold(connection, &mut known, |folded, _| {
        match folded {
            Folded::Case {
                case,
                opened_seq,
                fact,
            } => {
                verdict.cases += 1;
                table.compare(&CaseRow::of(&case, opened_seq, &fact), faults)?;
                if fact.elsewhere {
                    sums.add(&fact);
                } else {
                    live += 1;
                }
                if let Some(origin) = &case.origin {
                    with_origin += 1;
                    if rows::case_with_origin(connection, origin)? != Some(case.id) {
                        faults.add(format!(
                            "case {} is not found by its origin '{}'",
                            case.id, origin.key
                        ));
                    }
                }
            }
            Folded::Fault(fault) => faults.add(fault),
            Folded::Entry => verdict.entries += 1,
        }
        Ok(())
    })?;
    table.finish(faults)?;
    let facts: i64 = connection.query_row("SELECT count(*) FROM fact", [], |row| row.get(0))?;
    if facts != live {
        faults.add(format!("{live} cases live here, {facts} have a fact for figures"));
    }
    match Sums::read(connection) {
        Ok(sheets) => faults.extend(sums.difference(&sheets)),
        Err(Trouble::Store(StoreError::Damaged(fault))) => faults.add(fault),
        Err(trouble) => return Err(trouble),
    }
    let origins: i64 = connection.query_row("SELECT count(*) FROM origin", [], |row| row.get(0))?;
    if origins != with_origin {
        faults.add(format!(
            "{with_origin} cases have an origin, {origins} are listed"
        ));
    }
    Ok(())
}

/// The case table, read once from top to bottom beside the fold.
struct Table<'s> {
    rows: Rows<'s>,
    next: Option<Result<CaseRow, (i64, String)>>,
}

impl<'s> Table<'s> {
    fn new(rows: Rows<'s>) -> Result<Self, Trouble> {
        let mut table = Self { rows, next: None };
        table.advance()?;
        Ok(table)
    }

    fn advance(&mut self) -> Result<(), Trouble> {
        self.next = self
            .rows
            .next()?
            .map(|row| CaseRow::read(row).map_err(|trouble| unreadable(row, trouble)));
        Ok(())
    }

    fn next_id(&self) -> Option<i64> {
        self.next.as_ref().map(|next| match next {
            Ok(row) => row.id.0,
            Err((id, _)) => *id,
        })
    }

    fn compare(&mut self, folded: &CaseRow, faults: &mut Faults) -> Result<(), Trouble> {
        while let Some(id) = self.next_id().filter(|id| *id < folded.id.0) {
            faults.add(format!(
                "case {id} is in the case table, but the journal does not make it"
            ));
            self.advance()?;
        }
        if self.next_id() != Some(folded.id.0) {
            faults.add(format!("case {} is missing from the case table", folded.id));
            return Ok(());
        }
        match &self.next {
            Some(Ok(row)) if row == folded => {}
            Some(Ok(row)) => faults.add(difference(row, folded)),
            Some(Err((_, fault))) => faults.add(fault.clone()),
            None => {}
        }
        self.advance()
    }

    fn finish(&mut self, faults: &mut Faults) -> Result<(), Trouble> {
        while let Some(id) = self.next_id() {
            faults.add(format!(
                "case {id} is in the case table, but the journal does not make it"
            ));
            self.advance()?;
        }
        Ok(())
    }
}

fn unreadable(row: &Row<'_>, trouble: Trouble) -> (i64, String) {
    let fault = match trouble {
        Trouble::Sql(error) => format!("a row of the case table can't be read ({error})"),
        Trouble::Store(StoreError::Damaged(fault)) => fault,
        Trouble::Store(error) => error.to_string(),
    };
    (row.get(0).unwrap_or_default(), fault)
}

/// Names the first field in which the table and the fold differ.
fn difference(table: &CaseRow, folded: &CaseRow) -> String {
    let who = |row: &CaseRow| {
        row.handler
            .as_ref()
            .map_or("nobody".to_owned(), ToString::to_string)
    };
    let (field, theirs, ours) = if table.version != folded.version {
        ("version", table.version.to_string(), folded.version.to_string())
    } else if table.stage != folded.stage {
        (
            "stage",
            table.stage.code().to_owned(),
            folded.stage.code().to_owned(),
        )
    } else if table.class != folded.class {
        (
            "class",
            table.class.letter().to_owned(),
            folded.class.letter().to_owned(),
        )
    } else if table.opened_seq != folded.opened_seq {
        (
            "first entry",
            table.opened_seq.to_string(),
            folded.opened_seq.to_string(),
        )
    } else if table.handler != folded.handler {
        ("handler", who(table), who(folded))
    } else if (table.updated_ms, table.ended_ms) != (folded.updated_ms, folded.ended_ms) {
        let times = |row: &CaseRow| format!("{} ms, {:?} ms", row.updated_ms, row.ended_ms);
        ("times", times(table), times(folded))
    } else if table.kept != folded.kept {
        let kept = |row: &CaseRow| serde_json::to_string(&row.kept).unwrap_or_default();
        ("state", kept(table), kept(folded))
    } else {
        let fact = |row: &CaseRow| format!("{:?}", row.fact);
        ("fact for figures", fact(table), fact(folded))
    };
    format!(
        "case {}: its {field} is {theirs} in the case table, the journal makes it {ours}",
        folded.id
    )
}

/// What the fold of the journal comes to, piece by piece.
enum Folded {
    /// An entry was read.
    Entry,
    /// A case is complete.
    Case {
        /// The case.
        case: Box<Case>,
        /// The entry that opened it.
        opened_seq: i64,
        /// What figures need of it.
        fact: Fact,
    },
    /// An entry can't be read or does not follow; the rest of its case is left out.
    Fault(String),
}

/// Folds the journal in the order of cases: reports in the order of the journal, which numbers cases from 1 without gaps,
/// and beside them the later entries in the order of their index.
fn fold(
    connection: &Connection,
    known: &mut Known,
    mut each: impl FnMut(Folded, &mut Known) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let columns = rows::ENTRY;
    fold_duty(connection, &mut |folded| each(folded, known))?;
    let sql = format!("SELECT {columns} FROM entry WHERE version = 1 ORDER BY seq");
    let mut reports = connection.prepare(&sql)?;
    let mut reports = reports.query([])?;
    let sql = format!(
        "SELECT {columns} FROM entry INDEXED BY entry_step WHERE version > 1 AND case_id <> 0 \
         ORDER BY case_id, version"
    );
    let mut steps = connection.prepare(&sql)?;
    let mut steps = Steps::new(steps.query([])?)?;
    let mut last = 0;
    while let Some(row) = reports.next()? {
        each(Folded::Entry, known)?;
        let (opened_seq, id): (i64, i64) = (row.get(0)?, row.get(1)?);
        if id != last + 1 {
            let expected = last + 1;
            let fault = format!("entry {opened_seq} opens case {id}, expected case {expected}");
            each(Folded::Fault(fault), known)?;
            if id <= last {
                continue;
            }
        }
        last = id;
        steps.skip_before(id, &mut |folded| each(folded, known))?;
        let mut case = opened(row, known)?;
        while steps.next_id() == Some(id) {
            each(Folded::Entry, known)?;
            case = match case {
                Ok(case) => steps.take_into(case, known)?,
                broken => broken,
            };
            steps.advance()?;
        }
        let folded =
            match case.and_then(|case| Ok((case.fact(&mut known.codes).map_err(|e| e.to_string())?, case))) {
                Ok((fact, recount)) => Folded::Case {
                    case: Box::new(recount.folding.case),
                    opened_seq,
                    fact,
                },
                Err(fault) => Folded::Fault(fault),
            };
        each(folded, known)?;
    }
    steps.skip_before(i64::MAX, &mut |folded| each(folded, known))
}

/// Folds what happened in the hall beside cases.
fn fold_duty(
    connection: &Connection,
    each: &mut impl FnMut(Folded) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let columns = rows::ENTRY;
    let sql = format!("SELECT {columns} FROM entry WHERE case_id = ?1 AND version > 1 ORDER BY version");
    let mut entries = connection.prepare(&sql)?;
    let mut entries = entries.query([CaseId::HALL.0])?;
    let mut duty = Duty::default();
    while let Some(row) = entries.next()? {
        each(Folded::Entry)?;
        let applied = readable(row)?.and_then(|entry| duty.apply(&entry).map_err(|e| e.to_string()));
        if let Err(fault) = applied {
            each(Folded::Fault(fault))?;
        }
    }
    Ok(())
}

/// A case so far, or what is wrong with the journal.
type CaseSoFar = Result<Recount, String>;

/// The entries after the reports, read once in the order of cases.
struct Steps<'s> {
    rows: Rows<'s>,
    next: Option<(i64, Result<Entry, String>)>,
}

impl<'s> Steps<'s> {
    fn new(rows: Rows<'s>) -> Result<Self, Trouble> {
        let mut steps = Self { rows, next: None };
        steps.advance()?;
        Ok(steps)
    }

    fn advance(&mut self) -> Result<(), Trouble> {
        self.next = match self.rows.next()? {
            None => None,
            Some(row) => Some((row.get(1)?, readable(row)?)),
        };
        Ok(())
    }

    fn next_id(&self) -> Option<i64> {
        self.next.as_ref().map(|(id, _)| *id)
    }

    /// Applies the next entry to its case.
    fn take_into(&mut self, mut case: Recount, known: &Known) -> Result<CaseSoFar, Trouble> {
        Ok(match &self.next {
            Some((_, Ok(entry))) => match case.apply(entry, known.standings.at(entry.seq).map(AsRef::as_ref))
            {
                Ok(()) => Ok(case),
                Err(error) => Err(error.to_string()),
            },
            Some((_, Err(fault))) => Err(fault.clone()),
            None => Ok(case),
        })
    }

    /// Names the entries of cases before `id`, which have no report.
    fn skip_before(
        &mut self,
        id: i64,
        each: &mut impl FnMut(Folded) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        while let Some((orphan, entry)) = self.next.take_if(|(next, _)| *next < id) {
            each(Folded::Entry)?;
            let fault = match entry {
                Ok(entry) => format!(
                    "entry {} belongs to case {orphan}, which no entry opens",
                    entry.seq
                ),
                Err(fault) => fault,
            };
            each(Folded::Fault(fault))?;
            self.advance()?;
        }
        Ok(())
    }
}

fn opened(row: &Row<'_>, known: &mut Known) -> Result<CaseSoFar, Trouble> {
    Ok(readable(row)?.and_then(|entry| {
        let standing = known.standings.at(entry.seq).map(AsRef::as_ref);
        Recount::open(&entry, standing, &mut known.codes).map_err(|e| e.to_string())
    }))
}

/// Reads an entry. The inner error is a fault of the journal.
fn readable(row: &Row<'_>) -> Result<Result<Entry, String>, Trouble> {
    match rows::entry(row) {
        Ok(entry) => Ok(Ok(entry)),
        Err(Trouble::Store(StoreError::Damaged(fault))) => Ok(Err(fault)),
        Err(trouble) => Err(trouble),
    }
}

/// Reads every photo and compares it with its name.
fn check_photos(connection: &Connection, faults: &mut Faults) -> Result<(), Trouble> {
    let mut statement = connection.prepare("SELECT hash, bytes FROM photo")?;
    let mut photos = statement.query([])?;
    while let Some(row) = photos.next()? {
        let hash: String = row.get(0)?;
        let bytes = row.get_ref(1)?.as_bytes().unwrap_or_default();
        if crate::store::photo::hex(&Sha256::digest(bytes)) != hash {
            faults.add(format!("the photo {hash} is not what it was"));
        }
    }
    Ok(())
}

/// Makes the case table, the sheets and the list of origins anew. The connection is in a transaction.
///
/// # Errors
/// [`StoreError::Damaged`] with the first entry that does not follow.
pub fn rebuild(connection: &Connection, known: &mut Known) -> Result<u64, Trouble> {
    connection.execute_batch(schema::DROP_DERIVED)?;
    schema::make_derived(connection)?;
    known.refresh(connection)?;
    let mut of_fold = known.clone();
    let mut writer = Writer::new(connection, known)?;
    let mut cases = 0;
    fold(connection, &mut of_fold, |folded, _| {
        match folded {
            Folded::Entry => {}
            Folded::Fault(fault) => return Err(StoreError::Damaged(fault).into()),
            Folded::Case {
                case,
                opened_seq,
                fact,
            } => {
                cases += 1;
                if let Some(origin) = &case.origin
                    && !writer.claim_origin(origin, opened_seq)?
                {
                    let fault = format!("case {} has the origin '{}' of another case", case.id, origin.key);
                    return Err(StoreError::Damaged(fault).into());
                }
                writer.insert_case_row(&CaseRow::of(&case, opened_seq, &fact), &fact)?;
            }
        }
        Ok(())
    })?;
    // The numbers in the facts are of that list, which begins like the writer's.
    writer.known().codes = of_fold.codes;
    writer.finish()?;
    Ok(cases)
}
