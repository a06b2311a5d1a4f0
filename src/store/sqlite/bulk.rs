//! Appends the reports of an import. Where all of them are new, as nearly always, one statement writes many rows: that is
//! most of what an import costs.

use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, params};

use super::rows::{Writer, report_of};
use super::sheet;
use super::trouble::Trouble;
use crate::case::{CaseId, Stage};
use crate::store::Bulk;
use crate::store::chain::link;
use crate::store::ready::{By, Ready, ReadyRow, Translation};
use crate::town::Class;

/// Reports that one statement of each kind writes.
const RUN: usize = 40;

/// The statements that write a run, prepared.
pub struct Runs<'c> {
    origins: CachedStatement<'c>,
    entries: CachedStatement<'c>,
    cases: CachedStatement<'c>,
    forget: CachedStatement<'c>,
}

impl<'c> Runs<'c> {
    /// # Errors
    /// Where the database can't be read.
    fn new(connection: &'c Connection) -> Result<Self, Trouble> {
        Ok(Self {
            origins: connection.prepare_cached(&origins_sql())?,
            entries: connection.prepare_cached(&entries_sql())?,
            cases: connection.prepare_cached(&cases_sql())?,
            forget: connection.prepare_cached("DELETE FROM origin WHERE hash = ?1 AND opened_seq = ?2")?,
        })
    }

    /// Makes the origins of a run those of the reports from `seq` on. Answers false, and leaves all as it was, where one of
    /// them is taken.
    fn claim(&mut self, run: &[ReadyRow], seq: i64) -> Result<bool, Trouble> {
        self.origins.raw_bind_parameter(1, seq)?;
        for (i, row) in run.iter().enumerate() {
            self.origins.raw_bind_parameter(2 + i, row.origin_hash)?;
        }
        if self.origins.raw_execute()? == run.len() {
            return Ok(true);
        }
        for (seq, row) in (seq..).zip(run) {
            self.forget.execute([row.origin_hash, seq])?;
        }
        Ok(false)
    }
}

/// Parameters: the first number, then the hashes.
fn origins_sql() -> String {
    let rows = values(|i| format!("(?{}, ?1 + {i})", 2 + i));
    format!("INSERT INTO origin (hash, opened_seq) VALUES {rows} ON CONFLICT DO NOTHING")
}

/// Parameters: the first number, the first case, when, who, from which seat; then of each row its hash and what it says.
fn entries_sql() -> String {
    let rows = values(|i| {
        let (hash, action) = (6 + 2 * i, 7 + 2 * i);
        format!("(?1 + {i}, ?2 + {i}, 1, ?3, ?4, ?5, ?{hash}, ?{action})")
    });
    format!("INSERT INTO entry (seq, case_id, version, at_ms, actor, seat, hash, action) VALUES {rows}")
}

/// Parameters: the first number, the first case, when; then of each row the place of its class in [`Class::ALL`], whether it
/// is open, and when it ended. A number is bound much faster than a text.
fn cases_sql() -> String {
    let [rest @ .., last] = Class::ALL;
    let whens: String = (0..)
        .zip(rest)
        .map(|(i, class)| format!(" WHEN {i} THEN '{}'", class.letter()))
        .collect();
    let last = last.letter();
    let (open, ended) = (Stage::Reported.code(), Stage::Closed.code());
    let rows = values(|i| {
        let (class, is_open, ended_ms) = (4 + 3 * i, 5 + 3 * i, 6 + 3 * i);
        format!(
            "(?2 + {i}, ?1 + {i}, 1, iif(?{is_open}, '{open}', '{ended}'), \
             CASE ?{class}{whens} ELSE '{last}' END, ?3, ?{ended_ms}, ?{is_open})"
        )
    });
    format!(
        "INSERT INTO case_row (case_id, opened_seq, version, stage, class, updated_ms, ended_ms, open) VALUES {rows}"
    )
}

fn values(row: impl Fn(usize) -> String) -> String {
    let rows: Vec<String> = (0..RUN).map(row).collect();
    rows.join(", ")
}

impl Writer<'_> {
    /// Appends the reports of an import; those whose origin is already there are only counted.
    ///
    /// # Errors
    /// `Unfit` where there are too many codes, or the engine's.
    pub fn append_all(&mut self, ready: &Ready) -> Result<Bulk, Trouble> {
        let translation = self.translate(ready)?;
        let translation = translation.as_ref();
        let mut bulk = Bulk::default();
        // Where one row is there already, its neighbours mostly are, too.
        let mut all_new = true;
        let mut rest = ready.rows();
        while let Some((row, behind)) = rest.split_first() {
            if all_new && let Some((run, behind)) = run_of(ready, rest) {
                all_new = self.append_run(ready, run, translation)?;
                if all_new {
                    bulk.added += run.len() as u64;
                    rest = behind;
                    continue;
                }
            }
            if self.append_ready(ready, row, translation)? {
                bulk.added += 1;
            } else {
                bulk.already_there += 1;
            }
            rest = behind;
        }
        Ok(bulk)
    }

    /// Where the codes of a batch stand in the book's list. `None` where the batch was made ready for the town as it does
    /// not stand now: then its reports are looked at again.
    fn translate(&mut self, ready: &Ready) -> Result<Option<Translation>, Trouble> {
        let same = match (ready.standing(), self.known.standings.at(self.last_seq + 1)) {
            (Some(theirs), Some(ours)) => Arc::ptr_eq(theirs, ours),
            (None, None) => true,
            _ => false,
        };
        Ok(if same {
            Some(ready.translate(&mut self.known.codes)?)
        } else {
            None
        })
    }

    /// Appends a run of reports. Answers false, and writes nothing, where one of their origins is already there.
    fn append_run(
        &mut self,
        ready: &Ready,
        run: &[ReadyRow],
        translation: Option<&Translation>,
    ) -> Result<bool, Trouble> {
        let mut runs = match self.runs.take() {
            Some(runs) => runs,
            None => Runs::new(self.connection)?,
        };
        let (seq, case) = (self.last_seq + 1, self.last_case + 1);
        let is_new = runs.claim(run, seq)?;
        if is_new {
            if let Some(row) = run.first() {
                let By { at_ms, actor, seat } = ready.by(row);
                runs.cases.raw_bind_parameter(3, at_ms)?;
                runs.entries.raw_bind_parameter(3, at_ms)?;
                runs.entries.raw_bind_parameter(4, actor)?;
                runs.entries.raw_bind_parameter(5, seat)?;
            }
            for statement in [&mut runs.entries, &mut runs.cases] {
                statement.raw_bind_parameter(1, seq)?;
                statement.raw_bind_parameter(2, case)?;
            }
            for (i, row) in run.iter().enumerate() {
                self.last_seq += 1;
                self.last_case += 1;
                self.last_hash = link(&self.last_hash, self.last_seq, self.last_case, 1, &row.body);
                let json = ToSqlOutput::Borrowed(ValueRef::Text(ready.json(row)));
                runs.entries.raw_bind_parameter(6 + 2 * i, self.last_hash)?;
                runs.entries.raw_bind_parameter(7 + 2 * i, json)?;
                runs.cases.raw_bind_parameter(4 + 3 * i, row.class as i64)?;
                runs.cases.raw_bind_parameter(5 + 3 * i, row.stage.is_open())?;
                runs.cases.raw_bind_parameter(6 + 3 * i, row.ended_ms)?;
                self.keep_fact(ready, row, translation)?;
            }
            runs.entries.raw_execute()?;
            runs.cases.raw_execute()?;
        }
        self.runs = Some(runs);
        Ok(is_new)
    }

    /// Appends one report. Answers false, and writes nothing, where its origin is already there.
    fn append_ready(
        &mut self,
        ready: &Ready,
        row: &ReadyRow,
        translation: Option<&Translation>,
    ) -> Result<bool, Trouble> {
        let (seq, case) = (self.last_seq + 1, self.last_case + 1);
        if !self.claim_origin_at(row.origin_hash, seq, || ready.origin(row))? {
            return Ok(false);
        }
        let By { at_ms, actor, seat } = ready.by(row);
        let hash = link(&self.last_hash, seq, case, 1, &row.body);
        let json = ToSqlOutput::Borrowed(ValueRef::Text(ready.json(row)));
        self.insert_entry
            .execute(params![seq, case, 1, at_ms, actor, seat, hash, json])?;
        let (stage, open, class) = (row.stage.code(), row.stage.is_open(), row.class.letter());
        let none = None::<&str>;
        self.insert_case.execute(params![
            case,
            seq,
            1,
            stage,
            class,
            at_ms,
            row.ended_ms,
            none,
            open,
            none
        ])?;
        (self.last_seq, self.last_hash, self.last_case) = (seq, hash, case);
        self.keep_fact(ready, row, translation)?;
        Ok(true)
    }

    /// Keeps the fact of the report that was appended last.
    fn keep_fact(
        &mut self,
        ready: &Ready,
        row: &ReadyRow,
        translation: Option<&Translation>,
    ) -> Result<(), Trouble> {
        let (seq, case) = (self.last_seq, CaseId(self.last_case));
        let fact = match translation {
            Some(translation) => translation.fact(row, case),
            None => self.known.fact(case, seq, &report_of(seq, ready.json(row))?)?,
        };
        if fact.elsewhere {
            self.past.push(self.connection, &fact)
        } else {
            sheet::write_fact(self.connection, None, &fact)
        }
    }
}

/// The run that the reports begin with, and what comes behind it. `None` where there are too few, or they differ in what a
/// run has in common.
fn run_of<'r>(ready: &Ready, rows: &'r [ReadyRow]) -> Option<(&'r [ReadyRow], &'r [ReadyRow])> {
    let (run, behind) = rows.split_at_checked(RUN)?;
    let by = ready.by(run.first()?);
    let alike = |row: &ReadyRow| {
        std::ptr::eq(ready.by(row), by) && matches!(row.stage, Stage::Reported | Stage::Closed)
    };
    run.iter().all(alike).then_some((run, behind))
}
