//! What a book knows once for many cases: the town as it stood when entries were made, and what the numbers in facts stand
//! for. Both are only ever added to, so that what was read once holds.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::rows;
use super::trouble::Trouble;
use crate::case::{Area, CaseId, CodeKind, Codes, Fact, Report};
use crate::store::StoreError;
use crate::town::{Standing, Standings};

/// The tables. They do not follow from the journal: boundaries and calendars are data of the town, and numbers of codes
/// stay what they are when the case table is made anew.
pub const TABLES: &str = "
    CREATE TABLE standing (
        id INTEGER PRIMARY KEY,
        since_seq INTEGER NOT NULL,
        bytes BLOB NOT NULL
    ) STRICT;
    CREATE TABLE code (
        id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL,
        code TEXT NOT NULL
    ) STRICT;
    CREATE INDEX entry_hall ON entry (at_ms) WHERE case_id = 0;
    DROP TABLE IF EXISTS case_row; DROP TABLE IF EXISTS origin;";

/// What was read of it so far.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What the numbers in facts stand for.
    pub codes: Codes,
    /// The town as it stood.
    pub standings: Standings,
    /// How many codes of each kind are in the book; the first, empty one is not.
    saved: [usize; 3],
    last_code: i64,
    last_standing: i64,
    /// The engine's mark of what other programs have written, when it was last read.
    seen: Option<i64>,
}

impl Known {
    /// Reads all of it.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub fn read(connection: &Connection) -> Result<Self, Trouble> {
        let mut known = Self::default();
        known.refresh(connection)?;
        Ok(known)
    }

    /// Reads what was added since.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where it can't be read.
    pub fn refresh(&mut self, connection: &Connection) -> Result<(), Trouble> {
        // Changes only where another connection has written; what this one wrote is here already.
        let mark: i64 = connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if self.seen == Some(mark) {
            return Ok(());
        }
        self.read_new(connection)?;
        self.seen = Some(mark);
        Ok(())
    }

    fn read_new(&mut self, connection: &Connection) -> Result<(), Trouble> {
        let mut statement =
            connection.prepare_cached("SELECT id, kind, code FROM code WHERE id > ?1 ORDER BY id")?;
        let mut found = statement.query([self.last_code])?;
        while let Some(row) = found.next()? {
            let (id, kind): (i64, i64) = (row.get(0)?, row.get(1)?);
            let damaged = || StoreError::Damaged(format!("the code {id} is of no kind, or stands twice"));
            let kind = usize::try_from(kind)
                .ok()
                .and_then(|kind| CodeKind::ALL.get(kind))
                .ok_or_else(damaged)?;
            let code = row.get_ref(2)?.as_str().unwrap_or_default();
            let place = self
                .codes
                .id(*kind, code)
                .map_err(|e| StoreError::Damaged(e.to_string()))?;
            let slot = &mut self.saved[*kind as usize];
            if usize::from(place) != *slot + 1 {
                return Err(damaged().into());
            }
            *slot += 1;
            self.last_code = id;
        }
        let mut statement = connection
            .prepare_cached("SELECT id, since_seq, bytes FROM standing WHERE id > ?1 ORDER BY id")?;
        let mut found = statement.query([self.last_standing])?;
        while let Some(row) = found.next()? {
            let id: i64 = row.get(0)?;
            let standing =
                Standing::from_bytes(row.get_ref(2)?.as_blob().unwrap_or_default()).map_err(|what| {
                    StoreError::Damaged(format!("the town as it stood ({id}) can't be read: {what}"))
                })?;
            self.standings.push(row.get(1)?, Arc::new(standing));
            self.last_standing = id;
        }
        Ok(())
    }

    /// The fact that a report makes, which is the entry `seq`.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] where there are too many codes.
    pub fn fact(&mut self, case: CaseId, seq: i64, report: &Report) -> Result<Fact, Trouble> {
        let standing = self.standings.at(seq).map(AsRef::as_ref);
        let fact = Area::id(&report.place, standing, &mut self.codes)
            .and_then(|area| Fact::of_report(case, report, area, &mut self.codes));
        Ok(fact.map_err(|e| StoreError::Unfit(e.to_string()))?)
    }

    /// Writes codes that are new. A transaction that is not committed afterwards leaves this of no use.
    ///
    /// # Errors
    /// Where the database can't be written.
    pub fn save(&mut self, connection: &Connection) -> Result<(), Trouble> {
        for kind in CodeKind::ALL {
            let slot = &mut self.saved[kind as usize];
            for code in &self.codes.all(kind)[*slot + 1..] {
                connection
                    .prepare_cached("INSERT INTO code (kind, code) VALUES (?1, ?2)")?
                    .execute(params![kind as i64, code.as_ref()])?;
                self.last_code = connection.last_insert_rowid();
                *slot += 1;
            }
        }
        Ok(())
    }

    /// Says how the town stands from the next entry on. Answers whether that is the first that the book hears of it.
    ///
    /// # Errors
    /// Where the database can't be read or written.
    pub fn stand(
        &mut self,
        connection: &Connection,
        standing: &Arc<Standing>,
        bytes: &[u8],
    ) -> Result<bool, Trouble> {
        if self.stands(connection, standing, bytes)? {
            return Ok(false);
        }
        let is_first = self.standings.is_empty();
        let since = rows::last_seq(connection)? + 1;
        connection.execute(
            "INSERT INTO standing (since_seq, bytes) VALUES (?1, ?2)",
            params![since, bytes],
        )?;
        self.last_standing = connection.last_insert_rowid();
        self.standings.push(since, standing.clone());
        Ok(is_first)
    }

    /// Whether the book knows already that the town stands so. `bytes` are those of `standing`.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub fn stands(
        &mut self,
        connection: &Connection,
        standing: &Arc<Standing>,
        bytes: &[u8],
    ) -> Result<bool, Trouble> {
        let last: Option<Vec<u8>> = connection
            .query_row("SELECT bytes FROM standing ORDER BY id DESC LIMIT 1", [], |row| {
                row.get(0)
            })
            .optional()?;
        let same = last.is_some_and(|last| last == bytes);
        if same {
            // The caller's is known to be the same, and its ground may be indexed already.
            self.standings.replace_last(standing.clone());
        }
        Ok(same)
    }
}
