//! Follows the chain of hashes (see [`crate::store::chain`]) through the table of entries.

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OptionalExtension, Row, Rows};

use super::trouble::Trouble;
use crate::store::chain::{Hash, body, link, start};
use crate::store::{ChainFault, ChainFaultKind, StoreError};

/// So many entries can be missing without a gap in the numbers, and still be told from a change.
const SHIFT_MAX: i64 = 1000;

/// Columns that [`Link::read`] reads.
const LINK: &str = "seq, case_id, version, at_ms, actor, seat, action, hash";

/// The id of the book, drawn at random when it was made.
///
/// # Errors
/// [`StoreError::Damaged`] where it has none.
pub fn book_id(connection: &Connection) -> Result<String, Trouble> {
    let sql = "SELECT value FROM book WHERE name = 'id'";
    let id: Option<String> = connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(id.ok_or_else(|| StoreError::Damaged("the book has lost its id".to_owned()))?)
}

/// The number and the hash of the last entry; of an empty journal 0 and the start of the chain.
///
/// # Errors
/// Where the database can't be read.
pub fn last(connection: &Connection) -> Result<(i64, Hash), Trouble> {
    let sql = "SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1";
    let last = connection
        .prepare_cached(sql)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match last {
        Some(last) => Ok(last),
        None => Ok((0, start(&book_id(connection)?))),
    }
}

/// Computes the hashes of all entries of `from`, which has none, into `to`, which is empty.
///
/// # Errors
/// Where the database can't be read or written.
pub fn copy(connection: &Connection, from: &str, to: &str) -> Result<(), Trouble> {
    let mut previous = start(&book_id(connection)?);
    let columns = "seq, case_id, version, at_ms, actor, seat, action";
    let mut read = connection.prepare(&format!("SELECT {columns}, NULL FROM {from} ORDER BY seq"))?;
    let sql = format!("INSERT INTO {to} ({columns}, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    let mut write = connection.prepare(&sql)?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        previous = Link::read(row)?.after(&previous);
        for column in 0..7 {
            write.raw_bind_parameter(column + 1, ToSqlOutput::Borrowed(row.get_ref(column)?))?;
        }
        write.raw_bind_parameter(8, previous)?;
        write.raw_execute()?;
    }
    Ok(())
}

/// An entry as the chain sees it.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its number.
    pub seq: i64,
    /// Its own time; milliseconds since 1970 UTC.
    pub at_ms: i64,
    case: i64,
    version: i64,
    body: Hash,
    /// The hash that stands beside it; `None` where that is none.
    hash: Option<Hash>,
}

impl Link {
    fn read(row: &Row<'_>) -> Result<Self, Trouble> {
        let bytes = |column: usize| Ok::<_, Trouble>(row.get_ref(column)?.as_bytes().unwrap_or_default());
        let at_ms = row.get(3)?;
        Ok(Self {
            seq: row.get(0)?,
            at_ms,
            case: row.get(1)?,
            version: row.get(2)?,
            body: body(at_ms, bytes(4)?, bytes(5)?, bytes(6)?),
            hash: row
                .get_ref(7)?
                .as_bytes()
                .ok()
                .and_then(|hash| hash.try_into().ok()),
        })
    }

    /// The hash that this entry must have after `previous`.
    fn after(&self, previous: &Hash) -> Hash {
        self.at(self.seq, previous)
    }

    /// The hash that it would have as entry `seq` after `previous`.
    fn at(&self, seq: i64, previous: &Hash) -> Hash {
        link(previous, seq, self.case, self.version, &self.body)
    }
}

/// How far the chain holds.
#[derive(Clone, Debug)]
pub struct Walked {
    /// The last entry that fits, 0 where none does.
    pub seq: i64,
    /// Its hash, or the start of the chain.
    pub hash: Hash,
    /// The first entry that does not.
    pub fault: Option<ChainFault>,
}

/// Follows the chain from its start to the first entry that does not fit, and shows every one that does to `each`.
///
/// # Errors
/// Where the database can't be read.
pub fn walk(connection: &Connection, mut each: impl FnMut(&Link, &Hash)) -> Result<Walked, Trouble> {
    let mut walked = Walked {
        seq: 0,
        hash: start(&book_id(connection)?),
        fault: None,
    };
    let mut statement = links(connection)?;
    let mut rows = statement.query([i64::MIN])?;
    while let Some(entry) = next(&mut rows)? {
        if entry.seq != walked.seq + 1 {
            walked.fault = Some(gap(walked.seq + 1, entry.seq));
            break;
        }
        let hash = entry.after(&walked.hash);
        if entry.hash != Some(hash) {
            walked.fault = Some(diagnose(connection, &entry, &walked.hash)?);
            break;
        }
        each(&entry, &hash);
        (walked.seq, walked.hash) = (entry.seq, hash);
    }
    Ok(walked)
}

fn links(connection: &Connection) -> Result<rusqlite::Statement<'_>, Trouble> {
    Ok(connection.prepare(&format!("SELECT {LINK} FROM entry WHERE seq >= ?1 ORDER BY seq"))?)
}

fn next(rows: &mut Rows<'_>) -> Result<Option<Link>, Trouble> {
    rows.next()?.map(Link::read).transpose()
}

fn gap(expected: i64, found: i64) -> ChainFault {
    let (entry, kind) = if found < expected {
        (found, ChainFaultKind::Added)
    } else {
        (expected, ChainFaultKind::Missing)
    };
    let words = match (kind, found - 1) {
        (ChainFaultKind::Added, _) => format!("entry {found} is numbered before the first"),
        (_, last) if last == expected => format!("entry {expected} is missing"),
        (_, last) => format!("entries {expected} to {last} are missing"),
    };
    ChainFault { entry, kind, words }
}

/// Says what was done to the journal, given the first entry that does not fit and the hash of the one before it.
fn diagnose(connection: &Connection, entry: &Link, previous: &Hash) -> Result<ChainFault, Trouble> {
    let n = entry.seq;
    let fault = |kind, words| {
        Ok(ChainFault {
            entry: n,
            kind,
            words,
        })
    };
    if let Some(moved) = moved(connection, entry, previous)? {
        let to = moved.to;
        if moved.with_those_after_it {
            let words =
                format!("entry {n} was put in: what was entry {n} now stands at number {to}, and so on");
            return fault(ChainFaultKind::Added, words);
        }
        let words =
            format!("the entries are not in their order: what was entry {n} now stands at number {to}");
        return fault(ChainFaultKind::Reordered, words);
    }
    let mut statement = links(connection)?;
    let mut rows = statement.query([n + 1])?;
    let Some(next) = next(&mut rows)? else {
        return fault(
            ChainFaultKind::Altered,
            format!("entry {n}, the last one, was altered"),
        );
    };
    let follows = |hash: &Hash, shift: i64| next.hash == Some(next.at(next.seq + shift, hash));
    if follows(&entry.after(previous), 0) {
        let words = format!("the hash of entry {n} was altered; what it says is as it was");
        return fault(ChainFaultKind::Altered, words);
    }
    let Some(hash) = &entry.hash else {
        return fault(ChainFaultKind::Altered, format!("entry {n} has lost its hash"));
    };
    if follows(hash, 0) {
        let or = match n {
            1 => String::new(),
            _ => format!(" (or entry {} was, and its hash made anew)", n - 1),
        };
        return fault(ChainFaultKind::Altered, format!("entry {n} was altered{or}"));
    }
    for shift in 1..=SHIFT_MAX {
        if follows(hash, shift) {
            let words = format!("before entry {n}, {shift} are missing; those after it were numbered anew");
            return fault(ChainFaultKind::Missing, words);
        }
    }
    fault(
        ChainFaultKind::Altered,
        format!("entry {n} and entry {} were altered", n + 1),
    )
}

/// Where an entry was found that belongs elsewhere.
struct Moved {
    to: i64,
    with_those_after_it: bool,
}

/// Looks for the entry that belongs to the place of `entry`. It took its hash along, or left it.
fn moved(connection: &Connection, entry: &Link, previous: &Hash) -> Result<Option<Moved>, Trouble> {
    let mut statement = links(connection)?;
    let mut rows = statement.query([entry.seq + 1])?;
    while let Some(other) = next(&mut rows)? {
        let hash = other.at(entry.seq, previous);
        if other.hash == Some(hash) || entry.hash == Some(hash) {
            let after = next(&mut rows)?;
            return Ok(Some(Moved {
                to: other.seq,
                with_those_after_it: after
                    .is_some_and(|after| after.hash == Some(after.at(entry.seq + 1, &hash))),
            }));
        }
    }
    Ok(None)
}
