//! Cards of cases: what is looked for, read from the journal without the rest of its entries.

use std::borrow::Cow;

use rusqlite::{Connection, Row};
use serde::Deserialize;

use super::trouble::Trouble;
use crate::case::card::add_part;
use crate::case::{Card, CaseId, Stage};
use crate::store::StoreError;
use crate::town::Wgs84;

/// What a card needs of the report that opened a case. Borrowed where it can be: a book has millions of them.
#[derive(Deserialize)]
struct Opening<'a> {
    #[serde(borrow, default)]
    text: Cow<'a, str>,
    severity: u8,
    #[serde(borrow)]
    place: Place<'a>,
}

#[derive(Deserialize)]
struct Place<'a> {
    at: Option<Wgs84>,
    #[serde(borrow, default)]
    stated: Cow<'a, str>,
}

/// What a card needs of a later entry: one of the names under which an action has its free words.
#[derive(Deserialize)]
struct Later<'a> {
    #[serde(borrow, default)]
    note: Cow<'a, str>,
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
    #[serde(borrow, default)]
    text: Cow<'a, str>,
    severity: Option<u8>,
    was: Option<Was>,
}

/// What an undo brings back.
#[derive(Deserialize)]
struct Was {
    severity: u8,
}

/// See [`crate::store::Store::cards`].
///
/// # Errors
/// Where the database can't be read.
pub fn cards(
    connection: &Connection,
    from: CaseId,
    limit: u32,
    each: &mut dyn FnMut(Card),
) -> Result<(), Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT c.case_id, c.version, c.stage, c.opened_seq, e.action FROM case_row c \
         CROSS JOIN entry e ON e.seq = c.opened_seq WHERE c.case_id >= ?1 ORDER BY c.case_id LIMIT ?2",
    )?;
    let mut rows = statement.query([from.0, i64::from(limit)])?;
    while let Some(row) = rows.next()? {
        let mut card = opening(row)?;
        if row.get::<_, u32>(1)? > 1 {
            add_later(connection, &mut card)?;
        }
        each(card);
    }
    Ok(())
}

fn opening(row: &Row<'_>) -> Result<Card, Trouble> {
    let (id, seq): (i64, i64) = (row.get(0)?, row.get(3)?);
    let stage = row.get_ref(2)?.as_str().unwrap_or_default();
    let stage = Stage::parse(stage)
        .ok_or_else(|| StoreError::Damaged(format!("case {id} has the stage '{stage}' in the case table")))?;
    let opening: Opening<'_> = read(seq, row.get_ref(4)?.as_bytes().unwrap_or_default())?;
    let mut text = String::with_capacity(opening.text.len() + opening.place.stated.len() + 1);
    add_part(&mut text, &opening.text);
    add_part(&mut text, &opening.place.stated);
    Ok(Card {
        id: CaseId(id),
        stage,
        severity: opening.severity,
        at: opening.place.at.filter(|at| at.is_valid()),
        text,
    })
}

fn add_later(connection: &Connection, card: &mut Card) -> Result<(), Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, action FROM entry WHERE case_id = ?1 AND version > 1 ORDER BY version",
    )?;
    let mut rows = statement.query([card.id.0])?;
    while let Some(row) = rows.next()? {
        let later: Later<'_> = read(row.get(0)?, row.get_ref(1)?.as_bytes().unwrap_or_default())?;
        for part in [&later.note, &later.reason, &later.text] {
            add_part(&mut card.text, part);
        }
        if let Some(severity) = later.severity.or(later.was.map(|was| was.severity)) {
            card.severity = severity;
        }
    }
    Ok(())
}

fn read<'a, T: Deserialize<'a>>(seq: i64, json: &'a [u8]) -> Result<T, StoreError> {
    serde_json::from_slice(json).map_err(|e| StoreError::Damaged(format!("entry {seq} can't be read ({e})")))
}
