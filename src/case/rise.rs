//! When a case moves by itself: what was suspended comes back at its end, what is overdue rises to the next level.
//!
//! "Small matters do not leave the community, big ones do not leave the sub-district" (the report's row M11) is a ladder:
//! grid, community, department, joint meeting.

use chrono::{DateTime, TimeDelta, Utc};

use crate::town::Level;

use super::{Case, Stage, Step};

/// A case that is overdue rises one level when so much more time has passed as it had from its report to its deadline:
/// a case that was to be settled within four hours rises four hours after they have passed, and then every four hours.
/// At least [`RISE_MIN`]. This project's own rule.
pub const RISE_SHARE: f64 = 1.0;

/// No case rises sooner than so after its deadline, or after it rose.
pub const RISE_MIN: TimeDelta = TimeDelta::hours(1);

/// Overdue cases rise by themselves up to this level; a joint meeting is called by hand.
pub const RISE_TO: Level = Level::Street;

/// When the case moves by itself, and by which step; `None` where it does not.
pub fn wakes(case: &Case) -> Option<(DateTime<Utc>, Step)> {
    if case.stage == Stage::Suspended {
        return Some((case.life.pauses.last()?.until, Step::Resume));
    }
    // A case that was imported has the clock of another system: nobody here was late.
    if case.origin.is_some() || !case.allows(Step::Escalate) || case.level() >= RISE_TO {
        return None;
    }
    Some((rises_at(case)?, Step::Escalate))
}

/// When the case rises to the next level if nobody settles it before; `None` without a deadline.
pub fn rises_at(case: &Case) -> Option<DateTime<Utc>> {
    let due = case.due_at?;
    let limit = (due - case.clock_from()).num_milliseconds() as f64;
    let wait = TimeDelta::milliseconds((limit * RISE_SHARE) as i64).max(RISE_MIN);
    let risen = case.level() as i32 - Level::of(case.class) as i32;
    due.checked_add_signed(wait.checked_mul(risen.max(0) + 1)?)
}
