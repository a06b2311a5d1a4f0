//! The clock of a case: how much of its time is used, and how that is called.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Case, Stage};
use crate::town::Calendar;
use crate::town::calendar::span_of_hours;

pub use crate::town::Limits;

/// An approved suspension (挂账), in which the clock of a case stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    /// Since when.
    #[serde(with = "super::instant")]
    pub from: DateTime<Utc>,
    /// Until when at the latest: it ends by itself.
    #[serde(with = "super::instant")]
    pub until: DateTime<Utc>,
    /// When it was ended, where somebody did.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::instant::option"
    )]
    pub ended: Option<DateTime<Utc>>,
    /// The post that approved it.
    pub by: Arc<str>,
    /// Why.
    pub reason: String,
}

/// An approved extension (延时) of a case's limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extension {
    /// So many hours more, of the kind that the limit counts.
    pub hours: f64,
    /// When it was approved.
    #[serde(with = "super::instant")]
    pub at: DateTime<Utc>,
    /// The post that approved it.
    pub by: Arc<str>,
    /// Why.
    pub reason: String,
}

/// Share of the time after which a case is soon due (amber).
pub const SOON_SHARE: f64 = 0.8;

/// How a case stands with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockState {
    /// No deadline, or the case has ended.
    Still,
    /// Less than 80 % of the time is used.
    Running,
    /// 80 % or more is used.
    Soon,
    /// The deadline has passed.
    Overdue,
}

/// The moments of one clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Since when it runs.
    pub from: DateTime<Utc>,
    /// When 80 % of its time are used (amber).
    pub soon: DateTime<Utc>,
    /// When all of it is used (red).
    pub due: DateTime<Utc>,
}

impl Deadline {
    /// Between two moments by the wall clock.
    pub fn wall(from: DateTime<Utc>, due: DateTime<Utc>) -> Self {
        let whole = (due - from).num_milliseconds().max(1);
        let nearly = (whole as f64 * SOON_SHARE).ceil() as i64;
        // The product is rounded, so the very first millisecond may lie one beside it.
        let reached = |ms: &i64| *ms as f64 / whole as f64 >= SOON_SHARE;
        let wait = [nearly - 1, nearly, nearly + 1]
            .into_iter()
            .find(reached)
            .unwrap_or(nearly);
        let soon = TimeDelta::try_milliseconds(wait).and_then(|wait| from.checked_add_signed(wait));
        Self {
            from,
            soon: soon.map_or(due, |soon| soon.min(due)),
            due,
        }
    }

    /// How it is called at `now`.
    pub fn state(&self, now: DateTime<Utc>) -> ClockState {
        if now >= self.due {
            ClockState::Overdue
        } else if now >= self.soon {
            ClockState::Soon
        } else {
            ClockState::Running
        }
    }

    /// Time left at `now`. The share that is used goes evenly to 80 % at [`Self::soon`], and evenly on to 100 %.
    pub fn time_left(&self, now: DateTime<Utc>) -> TimeLeft {
        let ms = |span: TimeDelta| span.num_milliseconds() as f64;
        let used = if now >= self.due {
            1.0 + ms(now - self.due) / ms(self.due - self.from).max(1.0)
        } else if now >= self.soon {
            let share = ms(now - self.soon) / ms(self.due - self.soon).max(1.0);
            SOON_SHARE + share * (1.0 - SOON_SHARE)
        } else {
            SOON_SHARE * ms(now - self.from) / ms(self.soon - self.from).max(1.0)
        };
        TimeLeft {
            state: self.state(now),
            left: Some(self.due - now),
            used,
        }
    }
}

/// A limit of time and all that bears on it.
#[derive(Clone, Copy, Debug)]
pub struct Term<'a> {
    /// Since when the clock runs.
    pub from: DateTime<Utc>,
    /// The limit in hours, without extensions.
    pub hours: f64,
    /// Whether only working time counts.
    pub working: bool,
    /// Approved suspensions; what lies in one does not count.
    pub pauses: &'a [Pause],
    /// Approved extensions; they are added to the limit.
    pub extensions: &'a [Extension],
    /// The working days and hours.
    pub calendar: &'a Calendar,
    /// The time zone of the working hours.
    pub tz: Tz,
}

impl Pause {
    /// When it ended or will end: by itself, unless somebody ended it before.
    pub fn end(&self) -> DateTime<Utc> {
        self.ended.map_or(self.until, |ended| ended.min(self.until))
    }
}

impl Term<'_> {
    /// The limit with its extensions.
    pub fn limit(&self) -> TimeDelta {
        span_of_hours(self.hours) + self.extended()
    }

    /// By how much it was extended.
    pub fn extended(&self) -> TimeDelta {
        self.extensions.iter().map(|e| span_of_hours(e.hours)).sum()
    }

    /// The moments of its clock.
    pub fn deadline(&self) -> Deadline {
        let limit = self.limit();
        let soon_limit = soon_of(limit);
        let soon = self.reached(self.from, soon_limit);
        Deadline {
            from: self.from,
            soon,
            due: self.reached(soon, limit - soon_limit),
        }
    }

    /// How much of the time between the start and `until` counts.
    pub fn counted(&self, until: DateTime<Utc>) -> TimeDelta {
        self.runs(until)
            .into_iter()
            .map(|(from, to)| self.calendar.counted(from, to, self.working, self.tz))
            .sum()
    }

    /// Whether every day between the start and `until` is in the calendar. The wall clock needs none.
    pub fn knows(&self, until: DateTime<Utc>) -> bool {
        !self.working || self.calendar.knows_span(self.from, until, self.tz)
    }

    /// The first moment by which so much has counted since `from`.
    pub(super) fn reached(&self, from: DateTime<Utc>, limit: TimeDelta) -> DateTime<Utc> {
        let (mut at, mut left) = (from, limit);
        for (from, to) in self.stops() {
            if to <= at {
                continue;
            }
            let counted = self.calendar.counted(at, from, self.working, self.tz);
            if counted >= left {
                break;
            }
            (at, left) = (to, left - counted);
        }
        self.calendar.reached(at, left, self.working, self.tz)
    }

    /// When the clock stands, since it runs: in order, apart from each other.
    fn stops(&self) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let mut spans: Vec<_> = self
            .pauses
            .iter()
            .map(|pause| (pause.from.max(self.from), pause.end()))
            .filter(|(from, to)| from < to)
            .collect();
        spans.sort_unstable();
        let mut apart: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::with_capacity(spans.len());
        for (from, to) in spans {
            match apart.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => apart.push((from, to)),
            }
        }
        apart
    }

    /// When the clock runs, until `until`.
    fn runs(&self, until: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let mut runs = Vec::new();
        let mut at = self.from;
        for (from, to) in self.stops() {
            runs.push((at, from.min(until)));
            at = to;
        }
        runs.push((at, until));
        runs.retain(|(from, to)| from < to);
        runs
    }
}

/// The part of a limit after which it is soon reached.
pub(super) fn soon_of(limit: TimeDelta) -> TimeDelta {
    let ms = limit.num_milliseconds() as f64 * SOON_SHARE;
    TimeDelta::try_milliseconds(ms.round() as i64).unwrap_or(limit)
}

/// The clock that runs since `from` for so many hours, of the working calendar or of the wall clock. Pauses do not
/// count, extensions are added.
pub fn deadline(
    from: DateTime<Utc>,
    hours: f64,
    working: bool,
    pauses: &[Pause],
    extensions: &[Extension],
    calendar: &Calendar,
    tz: Tz,
) -> Deadline {
    let term = Term {
        from,
        hours,
        working,
        pauses,
        extensions,
        calendar,
        tz,
    };
    term.deadline()
}

/// The limit of the step that a case is in, where that step has one.
pub fn step_term<'a>(case: &'a Case, calendar: &'a Calendar, tz: Tz) -> Option<Term<'a>> {
    let limits = case.life.limits?;
    let hours = match case.stage {
        Stage::Reported => limits.accept,
        Stage::Accepted => limits.dispatch,
        Stage::Dispatched => limits.arrive,
        Stage::InHand => limits.rectify,
        Stage::Rectified | Stage::Verified => limits.verify,
        _ => None,
    }?;
    Some(Term {
        from: case.stage_since(),
        hours,
        working: limits.working,
        pauses: &case.life.pauses,
        extensions: &[],
        calendar,
        tz,
    })
}

/// The limit of the whole case, where it has a deadline. One without limits of its own, as an imported one, has the
/// time until its deadline by the wall clock.
pub fn whole_term<'a>(case: &'a Case, calendar: &'a Calendar, tz: Tz) -> Option<Term<'a>> {
    let from = case.clock_from();
    let of_item = case
        .life
        .limits
        .and_then(|limits| Some((limits.total?, limits.working)));
    let (hours, working) = match of_item {
        Some(of_item) => of_item,
        None => (
            (case.due_at? - from).num_milliseconds() as f64 / 3_600_000.0,
            false,
        ),
    };
    let (pauses, extensions) = match of_item {
        Some(_) => (case.life.pauses.as_slice(), case.life.extensions.as_slice()),
        None => (&[][..], &[][..]),
    };
    Some(Term {
        from,
        hours,
        working,
        pauses,
        extensions,
        calendar,
        tz,
    })
}

/// The clock of the step that a case is in, where that step has a limit.
pub fn step_deadline(case: &Case, calendar: &Calendar, tz: Tz) -> Option<Deadline> {
    step_term(case, calendar, tz).map(|term| term.deadline())
}

/// The clock of the whole case, where it has a deadline. A suspended case has that of its suspension.
pub fn whole_deadline(case: &Case, calendar: &Calendar, tz: Tz) -> Option<Deadline> {
    if !case.stage.is_open() {
        return None;
    }
    if case.stage == Stage::Suspended {
        let pause = case.life.pauses.last()?;
        return Some(Deadline::wall(pause.from, pause.until));
    }
    let due = case.due_at?;
    if case.life.limits.is_none_or(|limits| limits.total.is_none()) {
        return Some(Deadline::wall(case.clock_from(), due));
    }
    let computed = whole_term(case, calendar, tz)?.deadline();
    // What the journal promised holds, also where the calendar was changed since.
    Some(Deadline {
        soon: computed.soon.min(due),
        due,
        ..computed
    })
}

/// The clock that runs out first: that of the case's step, or that of the whole case.
pub fn next_deadline(case: &Case, calendar: &Calendar, tz: Tz) -> Option<Deadline> {
    let whole = whole_deadline(case, calendar, tz);
    let step = step_deadline(case, calendar, tz);
    match (whole, step) {
        (Some(whole), Some(step)) if step.due < whole.due => Some(step),
        (None, step) => step,
        (whole, _) => whole,
    }
}

/// Time left until the deadline, or past it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeLeft {
    /// How it is called.
    pub state: ClockState,
    /// Until the deadline; negative past it.
    pub left: Option<TimeDelta>,
    /// Share of the time that is used, 0 to 1 and beyond.
    pub used: f64,
}

impl Case {
    /// How the case stands with its time at `now`. A case that has ended stands still.
    pub fn time_left(&self, now: DateTime<Utc>) -> TimeLeft {
        match self.due_at {
            Some(due) if self.stage.is_open() => time_left(self.reported_at, due, now),
            _ => TimeLeft {
                state: ClockState::Still,
                left: None,
                used: 0.0,
            },
        }
    }
}

/// How a matter reported at `from` and due at `due` stands at `now`.
pub fn time_left(from: DateTime<Utc>, due: DateTime<Utc>, now: DateTime<Utc>) -> TimeLeft {
    let whole = (due - from).num_milliseconds().max(1) as f64;
    let used = (now - from).num_milliseconds() as f64 / whole;
    let state = if now >= due {
        ClockState::Overdue
    } else if used >= SOON_SHARE {
        ClockState::Soon
    } else {
        ClockState::Running
    };
    TimeLeft {
        state,
        left: Some(due - now),
        used,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amber_at_eighty_percent_and_red_at_the_deadline() {
        let from = DateTime::UNIX_EPOCH;
        let due = from + TimeDelta::minutes(100);
        let state = |minutes| time_left(from, due, from + TimeDelta::minutes(minutes)).state;
        assert_eq!(state(79), ClockState::Running);
        assert_eq!(state(80), ClockState::Soon);
        assert_eq!(state(99), ClockState::Soon);
        assert_eq!(state(100), ClockState::Overdue);
    }
}
