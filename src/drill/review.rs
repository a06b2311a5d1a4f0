//! How well a desk did, worked out from its journal: how long matters waited, whether the first unit was the right one,
//! what was late. The same for a trainee and for the automatic dispatcher, so that the two can be set beside each other.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::case::clock::deadline;
use crate::case::{Action, Case, CaseId, Entry, FoldError, Stage};
use crate::town::{Class, Town};

/// How long something took, in minutes. Nothing where nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Minutes {
    /// How many were measured.
    pub n: u64,
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// The middle one; of an even number, the mean of the two in the middle.
    pub median: Option<f64>,
    /// So long or shorter were nine in ten: the smallest measured time of which that is true.
    pub p90: Option<f64>,
}

/// How well a desk did up to a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Review {
    /// Cases that were reported.
    pub cases: u64,
    /// Of those, the ones that still wait for the desk: to be accepted or to be dispatched.
    pub waiting: u64,
    /// From report until the desk accepted, refused or merged it.
    pub accept: Minutes,
    /// From acceptance to the first dispatch.
    pub dispatch: Minutes,
    /// From the first dispatch until somebody was on the spot.
    pub arrive: Minutes,
    /// Cases that were dispatched.
    pub dispatched: u64,
    /// Of those, the ones whose first unit was the right one: neither sent on nor handed back.
    pub first_right: u64,
    /// Cases whose deadline has come, or that ended before it.
    pub due: u64,
    /// Of those, the ones that were not settled by then.
    pub late: u64,
    /// Acceptances and dispatches that have a limit.
    pub limits: u64,
    /// Of those, the ones that came after it, or have not come although it is over.
    pub overrun: u64,
    /// Alarms of class D: cases that a joint meeting or the command is to settle, to be accepted at once.
    pub alarms: u64,
    /// Of those, the ones that were missed: not answered within the limit of acceptance.
    pub missed: u64,
}

impl Review {
    /// Share of dispatches whose first unit was the right one; `None` where nothing was dispatched.
    pub fn first_right_share(&self) -> Option<f64> {
        share(self.first_right, self.dispatched)
    }

    /// Share of deadlines that were missed; `None` where none has come.
    pub fn late_share(&self) -> Option<f64> {
        share(self.late, self.due)
    }

    /// Share of the desk's own limits that were overrun; `None` where there was none.
    pub fn overrun_share(&self) -> Option<f64> {
        share(self.overrun, self.limits)
    }

    /// Share of alarms of class D that were missed; `None` where there was none.
    pub fn missed_share(&self) -> Option<f64> {
        share(self.missed, self.alarms)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// What is known of one case.
#[derive(Clone, Debug)]
struct Seen {
    /// Its class when it was reported: the alarm was raised then, whatever it turned out to be.
    class: Class,
    stage: Stage,
    reported: DateTime<Utc>,
    answered: Option<DateTime<Utc>>,
    /// Until when it is to be accepted, and to be dispatched.
    answer_due: Option<DateTime<Utc>>,
    accepted: Option<DateTime<Utc>>,
    dispatch_due: Option<DateTime<Utc>>,
    dispatched: Option<DateTime<Utc>>,
    arrived: Option<DateTime<Utc>>,
    right: bool,
    due: Option<DateTime<Utc>>,
    ended: Option<DateTime<Utc>>,
}

/// Reads a journal entry by entry.
#[derive(Clone, Debug, Default)]
pub struct Reviewer {
    seen: HashMap<CaseId, Seen>,
}

impl Reviewer {
    /// Reads an entry; `case` is what its case is after it.
    pub fn hear(&mut self, town: &Town, entry: &Entry, case: &Case) {
        let limit = |hours: Option<f64>| {
            let limits = case.life.limits?;
            let ends = deadline(
                entry.at,
                hours?,
                limits.working,
                &[],
                &[],
                &town.calendar,
                town.timezone,
            );
            Some(ends.due)
        };
        let of_limits = |pick: fn(crate::case::Limits) -> Option<f64>| limit(case.life.limits.and_then(pick));
        let seen = self.seen.entry(case.id).or_insert_with(|| Seen {
            class: case.class,
            stage: case.stage,
            reported: entry.at,
            answered: None,
            answer_due: of_limits(|limits| limits.accept),
            accepted: None,
            dispatch_due: None,
            dispatched: None,
            arrived: None,
            right: true,
            due: case.due_at,
            ended: None,
        });
        seen.stage = case.stage;
        seen.due = case.due_at;
        seen.ended = case.ended_at;
        seen.right = case.life.first_dispatch.as_ref().is_none_or(|first| first.right);
        if case.stage != Stage::Reported {
            seen.answered.get_or_insert(entry.at);
        }
        match &entry.action {
            Action::Accept { .. } if seen.accepted.is_none() => {
                seen.accepted = Some(entry.at);
                seen.dispatch_due = of_limits(|limits| limits.dispatch);
            }
            Action::Dispatch { .. } => drop(seen.dispatched.get_or_insert(entry.at)),
            Action::Arrive { .. } => drop(seen.arrived.get_or_insert(entry.at)),
            _ => {}
        }
    }

    /// How well the desk did up to `until`.
    pub fn review(&self, until: DateTime<Utc>) -> Review {
        let mut review = Review {
            cases: self.seen.len() as u64,
            ..Review::default()
        };
        let (mut accept, mut dispatch, mut arrive) = (Vec::new(), Vec::new(), Vec::new());
        for seen in self.seen.values() {
            let from_to = |from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>| {
                from.zip(to)
                    .map(|(from, to)| (to - from).num_milliseconds() as f64 / 60_000.0)
            };
            accept.extend(from_to(Some(seen.reported), seen.answered));
            dispatch.extend(from_to(seen.accepted, seen.dispatched));
            arrive.extend(from_to(seen.dispatched, seen.arrived));
            seen.count(until, &mut review);
        }
        review.accept = minutes(accept);
        review.dispatch = minutes(dispatch);
        review.arrive = minutes(arrive);
        review
    }
}

impl Seen {
    fn count(&self, until: DateTime<Utc>, review: &mut Review) {
        review.waiting += u64::from(matches!(self.stage, Stage::Reported | Stage::Accepted));
        review.dispatched += u64::from(self.dispatched.is_some());
        review.first_right += u64::from(self.dispatched.is_some() && self.right);
        // A suspended case waits with its clock standing; what was merged or refused is settled elsewhere.
        let counts = !matches!(
            self.stage,
            Stage::Suspended | Stage::Merged | Stage::Refused | Stage::Withdrawn
        );
        if let Some(due) = self
            .due
            .filter(|due| counts && (self.ended.is_some() || *due <= until))
        {
            review.due += 1;
            review.late += u64::from(self.ended.unwrap_or(until) > due);
        }
        let ran_out = |due: Option<DateTime<Utc>>, done: Option<DateTime<Utc>>| {
            due.is_some_and(|due| done.unwrap_or(until) > due)
        };
        let unanswered = ran_out(self.answer_due, self.answered);
        let undispatched = self.accepted.is_some()
            && self.stage != Stage::Suspended
            && ran_out(self.dispatch_due, self.dispatched.or(self.ended));
        let has = |due: Option<DateTime<Utc>>| u64::from(due.is_some());
        review.limits += has(self.answer_due) + has(self.dispatch_due);
        review.overrun += u64::from(unanswered) + u64::from(undispatched);
        let alarm = self.class == Class::D && self.answer_due.is_some();
        review.alarms += u64::from(alarm);
        review.missed += u64::from(alarm && unanswered);
    }
}

/// The review of a whole journal up to `until`.
///
/// # Errors
/// Where the journal does not fold.
pub fn review(entries: &[Entry], town: &Town, until: DateTime<Utc>) -> Result<Review, FoldError> {
    let mut cases: HashMap<CaseId, Case> = HashMap::new();
    let mut reviewer = Reviewer::default();
    for entry in entries.iter().filter(|entry| entry.case != CaseId::HALL) {
        match cases.get_mut(&entry.case) {
            Some(case) => case.apply(entry)?,
            None => drop(cases.insert(entry.case, Case::open(entry)?)),
        }
        if let Some(case) = cases.get(&entry.case) {
            reviewer.hear(town, entry, case);
        }
    }
    Ok(reviewer.review(until))
}

fn minutes(mut all: Vec<f64>) -> Minutes {
    if all.is_empty() {
        return Minutes::default();
    }
    // In order, so that the sum does not depend on how they came.
    all.sort_by(f64::total_cmp);
    let n = all.len();
    let middle = (all[(n - 1) / 2] + all[n / 2]) / 2.0;
    let nine_tenths = (n * 9).div_ceil(10).clamp(1, n) - 1;
    Minutes {
        n: n as u64,
        mean: Some(all.iter().sum::<f64>() / n as f64),
        median: Some(middle),
        p90: Some(all[nine_tenths]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_worked_out_as_they_say() {
        assert_eq!(minutes(Vec::new()), Minutes::default());
        let of_ten = minutes((1..=10).map(f64::from).collect());
        assert_eq!(
            (of_ten.mean, of_ten.median, of_ten.p90),
            (Some(5.5), Some(5.5), Some(9.0))
        );
        let of_one = minutes(vec![4.0]);
        assert_eq!(
            (of_one.mean, of_one.median, of_one.p90),
            (Some(4.0), Some(4.0), Some(4.0))
        );
    }
}
