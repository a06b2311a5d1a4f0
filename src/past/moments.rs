//! From when on an entry counts: see the rules in [`super`].

use chrono::{DateTime, Utc};

use crate::case::{Action, Case, Change, Entry, FoldError, Glance};

/// From when on an entry counts by itself, and for a case that was read with its ending, until when it was open. Milliseconds
/// since 1970 UTC.
pub(super) fn counts_from(glance: &Glance) -> (i64, Option<i64>) {
    let Change::Report {
        reported_ms,
        imported: true,
        ended,
    } = glance.change
    else {
        return (glance.at_ms, None);
    };
    let from = reported_ms.min(glance.at_ms);
    let until = ended.flatten().map(|ended| ended.clamp(from, glance.at_ms));
    (from, until)
}

/// A case as it was known at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// The case.
    pub case: Case,
    /// Its entries so far. Of a case that was read with its ending, the report does not tell of the ending before it came.
    pub entries: Vec<Entry>,
}

/// A case at `at`, from all of its entries in order; `None` where nothing had happened yet.
///
/// # Errors
/// Where an entry does not follow.
pub fn cut(entries: &[Entry], at: DateTime<Utc>) -> Result<Option<Cut>, FoldError> {
    let mut reached = i64::MIN;
    let mut ended = None;
    let mut known = Vec::new();
    for entry in entries {
        let (from, until) = counts_from(&Glance::of(entry));
        reached = reached.max(from);
        if reached > at.timestamp_millis() {
            break;
        }
        known.push(entry.clone());
        if let Some(until) = until {
            ended = Some(until);
            reached = reached.max(until);
        }
    }
    if known.len() == 1 && ended.is_some_and(|ended| ended > at.timestamp_millis()) {
        forget_ending(&mut known);
    }
    let case = Case::fold(&known)?;
    Ok(case.map(|case| Cut { case, entries: known }))
}

/// Takes from a report what it tells of the ending of its case.
pub(super) fn forget_ending(entries: &mut [Entry]) {
    if let [
        Entry {
            action: Action::Report(report),
            ..
        },
    ] = entries
    {
        report.outcome = None;
    }
}

/// The case that these entries make while it is open: its report may tell of an ending that had not come yet.
///
/// # Errors
/// Where an entry does not follow.
pub(super) fn open_case(mut entries: Vec<Entry>) -> Result<Option<Case>, FoldError> {
    forget_ending(&mut entries);
    Case::fold(&entries)
}
