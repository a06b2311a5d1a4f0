//! The clock of a case: how much of its time is used, and how that is called.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Case, Stage};
use crate::town::Calendar;

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
    let hours = hours + extensions.iter().map(|e| e.hours).sum::<f64>();
    let after = |hours| {
        let mut at = calendar.after(from, hours, working, tz);
        for pause in pauses.iter().filter(|pause| pause.until > from) {
            if pause.from < at {
                at += pause.ended.unwrap_or(pause.until) - pause.from.max(from);
            }
        }
        at
    };
    Deadline {
        from,
        soon: after(hours * SOON_SHARE),
        due: after(hours),
    }
}

/// The clock of the step that a case is in, where that step has a limit.
pub fn step_deadline(case: &Case, calendar: &Calendar, tz: Tz) -> Option<Deadline> {
    let limits = case.life.limits?;
    let hours = match case.stage {
        Stage::Reported => limits.accept,
        Stage::Accepted => limits.dispatch,
        Stage::Dispatched => limits.arrive,
        Stage::InHand => limits.rectify,
        Stage::Rectified | Stage::Verified => limits.verify,
        _ => None,
    }?;
    let pauses = &case.life.pauses;
    Some(deadline(
        case.stage_since(),
        hours,
        limits.working,
        pauses,
        &[],
        calendar,
        tz,
    ))
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
    let Some((limits, total)) = case.life.limits.and_then(|l| Some((l, l.total?))) else {
        return Some(Deadline::wall(case.clock_from(), due));
    };
    let life = &case.life;
    let computed = deadline(
        case.clock_from(),
        total,
        limits.working,
        &life.pauses,
        &life.extensions,
        calendar,
        tz,
    );
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
