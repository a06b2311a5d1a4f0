//! Facts of cases, as figures need them: found by when cases were reported, ended or were dispatched, or by whether they
//! were open.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Store, StoreError};
use crate::case::duty::DutyAction;
use crate::case::{Action, CaseId, Codes, Entry, Fact, Recount, RecountError};

/// Which facts. Moments are milliseconds since 1970 UTC; a span begins with its first moment and ends before its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Of cases that were reported in the span.
    Reported(i64, i64),
    /// Of cases that ended in the span.
    Ended(i64, i64),
    /// Of cases that were first dispatched in the span.
    Dispatched(i64, i64),
    /// Of cases that were open at that moment.
    OpenAt(i64),
}

impl Which {
    /// Whether it means this one.
    pub fn means(self, fact: &Fact) -> bool {
        let within = |at: Option<i64>, from, until| at.is_some_and(|at| at >= from && at < until);
        match self {
            Self::Reported(from, until) => within(Some(fact.reported_ms), from, until),
            Self::Ended(from, until) => within(fact.ended_ms, from, until),
            Self::Dispatched(from, until) => within(fact.dispatched_ms, from, until),
            Self::OpenAt(at) => fact.is_open_at(at),
        }
    }
}

/// An alarm that somebody acknowledged or shelved, or that somebody signed in at a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatEvent {
    /// When; milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// The seat.
    pub seat: Arc<str>,
    /// The alarm's case; `None` where somebody signed in.
    pub alarm: Option<CaseId>,
}

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// The day of a moment, in UTC: days since 1970. Books find facts by it; what a day is in the town's time is for those who ask.
pub fn day_of(ms: i64) -> i64 {
    ms.div_euclid(DAY_MS)
}

/// The facts of one moment of a book, or of a list.
pub trait Facts {
    /// What the numbers in facts stand for.
    fn codes(&self) -> &Codes;

    /// Gives all facts that are meant, in no particular order, some at a time.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn each(&self, which: Which, each: &mut dyn FnMut(&[Fact])) -> Result<(), StoreError>;

    /// The beginning of the day (UTC) on which the first case was reported; `None` where there is none.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn first_ms(&self) -> Result<Option<i64>, StoreError>;

    /// What happened at seats in the span.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn seats(&self, from_ms: i64, until_ms: i64) -> Result<Vec<SeatEvent>, StoreError>;

    /// How many cases there are, and the number of the last entry: what figures are based on.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn basis(&self) -> Result<(u64, i64), StoreError>;
}

/// Facts in memory: of a worked example, or counted from the journal again.
#[derive(Clone, Debug, Default)]
pub struct FactList {
    /// The facts.
    pub facts: Vec<Fact>,
    /// What their numbers stand for.
    pub codes: Codes,
    /// What happened at seats.
    pub seats: Vec<SeatEvent>,
}

impl Facts for FactList {
    fn codes(&self) -> &Codes {
        &self.codes
    }

    fn each(&self, which: Which, each: &mut dyn FnMut(&[Fact])) -> Result<(), StoreError> {
        let meant: Vec<Fact> = self
            .facts
            .iter()
            .filter(|fact| which.means(fact))
            .copied()
            .collect();
        each(&meant);
        Ok(())
    }

    fn first_ms(&self) -> Result<Option<i64>, StoreError> {
        Ok(self
            .facts
            .iter()
            .map(|fact| day_of(fact.reported_ms) * DAY_MS)
            .min())
    }

    fn seats(&self, from_ms: i64, until_ms: i64) -> Result<Vec<SeatEvent>, StoreError> {
        let within = |event: &&SeatEvent| event.at_ms >= from_ms && event.at_ms < until_ms;
        Ok(self.seats.iter().filter(within).cloned().collect())
    }

    fn basis(&self) -> Result<(u64, i64), StoreError> {
        Ok((self.facts.len() as u64, 0))
    }
}

/// Counts all facts from the journal again, from its first entry to its last: slowly, and with all of them in memory. What
/// a store keeps must equal it.
///
/// # Errors
/// [`StoreError::Damaged`] where an entry does not follow, and where the journal can't be read.
pub fn recount<S: Store + ?Sized>(store: &S) -> Result<FactList, StoreError> {
    recount_until(store, i64::MAX)
}

/// As [`recount`], but only up to the entry with the number `last`, that one included: the facts as they were then.
///
/// # Errors
/// As [`recount`].
pub fn recount_until<S: Store + ?Sized>(store: &S, last: i64) -> Result<FactList, StoreError> {
    const SLICE: u32 = 10_000;
    let damaged = |error: RecountError| StoreError::Damaged(error.to_string());
    let standings = store.standings()?;
    let mut list = FactList::default();
    let mut cases: BTreeMap<CaseId, Recount> = BTreeMap::new();
    let mut seq = 0;
    loop {
        let entries = store.entries_after(seq, SLICE)?;
        for entry in entries.iter().take_while(|entry| entry.seq <= last) {
            seq = entry.seq;
            let standing = standings.at(entry.seq).map(AsRef::as_ref);
            match (&entry.action, cases.get_mut(&entry.case)) {
                (Action::Duty(action), _) => list.seats.extend(seat_event(entry, action)),
                (_, Some(case)) => case.apply(entry, standing).map_err(|e| damaged(e.into()))?,
                (_, None) => {
                    let case = Recount::open(entry, standing, &mut list.codes).map_err(damaged)?;
                    cases.insert(entry.case, case);
                }
            }
        }
        let reached = entries.last().is_none_or(|entry| entry.seq >= last);
        if entries.len() < SLICE as usize || reached {
            break;
        }
    }
    for case in cases.values() {
        let fact = case.fact(&mut list.codes).map_err(|e| damaged(e.into()))?;
        list.facts.push(fact);
    }
    Ok(list)
}

/// What an entry of the hall says of a seat, where it is that somebody answered an alarm or signed in.
pub fn seat_event(entry: &Entry, action: &DutyAction) -> Option<SeatEvent> {
    let alarm = match action {
        DutyAction::Acknowledge { alarm } | DutyAction::Shelve { alarm, .. } => Some(case_of_alarm(alarm)?),
        DutyAction::SignIn { .. } => None,
        _ => return None,
    };
    Some(SeatEvent {
        at_ms: entry.at.timestamp_millis(),
        seat: entry.seat.clone(),
        alarm,
    })
}

/// The case in an alarm's key: `overdue:17:whole`.
fn case_of_alarm(key: &str) -> Option<CaseId> {
    key.split(':').nth(1)?.parse().ok().map(CaseId)
}
