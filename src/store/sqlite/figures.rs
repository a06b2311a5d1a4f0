//! Counts the figures of a period from the case table.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::rows;
use super::trouble::Trouble;
use crate::case::Case;
use crate::store::Figures;

/// Counts what was dispatched and settled from `from` on and before `until`. Reads the cases that were touched since.
///
/// # Errors
/// Where the database can't be read.
pub fn count(connection: &Connection, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Figures, Trouble> {
    let sql = format!(
        "{} AND c.kept IS NOT NULL AND c.updated_ms >= ?1",
        rows::SELECT_CASES
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query([from.timestamp_millis()])?;
    let mut figures = Figures::default();
    while let Some(row) = found.next()? {
        let case: Case = rows::case(row)?;
        figures.add(&case.kept(), case.reported_at, from, until);
    }
    Ok(figures)
}
