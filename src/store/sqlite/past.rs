//! Reads the journal for those who look back: many cases as they once were, and entries at a glance.

use rusqlite::{Connection, Row};

use super::rows;
use super::trouble::Trouble;
use crate::case::{CaseId, Change, Entry, Glance};
use crate::store::StoreError;

/// Entries after `seq` at a glance, in order, at most `limit`.
///
/// # Errors
/// Where the database can't be read.
pub fn glances_after(connection: &Connection, seq: i64, limit: u32) -> Result<Vec<Glance>, Trouble> {
    let sql = "SELECT seq, case_id, at_ms, action FROM entry WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([seq, i64::from(limit)])?;
    let mut glances = Vec::with_capacity(limit as usize);
    while let Some(row) = found.next()? {
        glances.push(glance(row)?);
    }
    Ok(glances)
}

fn glance(row: &Row<'_>) -> Result<Glance, Trouble> {
    let seq: i64 = row.get(0)?;
    let action = row.get_ref(3)?.as_bytes().unwrap_or_default();
    let change = Change::from_json(action)
        .map_err(|e| StoreError::Damaged(format!("entry {seq} can't be read ({e})")))?;
    Ok(Glance {
        seq,
        case: CaseId(row.get(1)?),
        at_ms: row.get(2)?,
        change,
    })
}

/// The entries of one case up to the entry numbered `until`, in order.
///
/// # Errors
/// Where the database can't be read.
pub fn history(connection: &Connection, id: CaseId, until: i64) -> Result<Vec<Entry>, Trouble> {
    let columns = rows::ENTRY;
    let sql = format!(
        "SELECT {columns} FROM entry WHERE seq = (SELECT opened_seq FROM case_row WHERE case_id = ?1) AND seq <= ?2 \
         UNION ALL SELECT {columns} FROM entry WHERE case_id = ?1 AND version > 1 AND seq <= ?2 ORDER BY 3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query([id.0, until])?;
    let mut entries = Vec::new();
    while let Some(row) = found.next()? {
        entries.push(rows::entry(row)?);
    }
    Ok(entries)
}

/// The entries of many cases, of each up to the entry that stands beside it.
///
/// # Errors
/// Where the database can't be read.
pub fn histories(
    connection: &Connection,
    wanted: &[(CaseId, i64)],
    each: &mut dyn FnMut(CaseId, Vec<Entry>) -> bool,
) -> Result<(), Trouble> {
    for (id, until) in wanted {
        if !each(*id, history(connection, *id, *until)?) {
            break;
        }
    }
    Ok(())
}
