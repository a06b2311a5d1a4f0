//! What `--at` asks: the book as it was at a moment, from the engine that the hall's time machine has.

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::past::{Moment, Traveller, parse_moment};
use crate::store::sqlite::SqliteStore;

use super::Shell;

/// The moment that `--at` names, in the town's time. `None` where it is none, or not past yet; that is told.
pub fn moment_of(shell: &Shell, text: &str, now: DateTime<Utc>, tz: Tz) -> Option<DateTime<Utc>> {
    let args = [("at", text.to_owned().into())];
    match parse_moment(text, now, tz) {
        None => shell.tell(&shell.words.f("shell-at-wrong", &args)),
        Some(at) if at > now => shell.tell(&shell.words.f("shell-at-future", &args)),
        Some(at) => return Some(at),
    }
    None
}

/// The book at that moment. Where it had no entries yet, that is told.
pub fn look_back(shell: &Shell, book: SqliteStore, at: DateTime<Utc>) -> anyhow::Result<Moment> {
    let mut traveller = Traveller::new(Box::new(book));
    if !traveller.catch_up(&mut |_, _| true)? {
        return Err(anyhow!("the journal was not read to its end"));
    }
    if traveller.span().is_none_or(|(first, _)| at < first) {
        shell.tell(shell.words.t("past-before"));
    }
    Ok(traveller.go_to(at)?)
}
