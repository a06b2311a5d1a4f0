//! The clock of a case: how much of its time is used, and how that is called.

use chrono::{DateTime, TimeDelta, Utc};

use super::Case;

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
