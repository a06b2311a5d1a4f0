//! When a case moves by itself: what was suspended comes back at its end, what is overdue rises to the next level.
//!
//! "Small matters do not leave the community, big ones do not leave the sub-district" (the report's row M11) is a ladder:
//! grid, community, department, joint meeting.

use chrono::{DateTime, TimeDelta, Utc};

use crate::town::Level;

use super::{Case, Rise, Stage, Step};

/// A case that is overdue rises one level when so much more time has passed as it had from its report to its deadline:
/// a case that was to be settled within four hours rises four hours after they have passed, and then every four hours.
/// At least [`RISE_MIN`]. This project's own rule.
pub const RISE_SHARE: f64 = 1.0;

/// No case rises sooner than so after its deadline, or after it rose.
pub const RISE_MIN: TimeDelta = TimeDelta::hours(1);

/// A case that stands for so many twins, or that was opened again so often, is no small matter any more: it rises one
/// level at once. This project's own rule.
pub const REPEATED_TWINS: usize = 3;
/// See [`REPEATED_TWINS`].
pub const REPEATED_REOPENED: u16 = 2;

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
    if is_repeated(case) && case.life.level.is_none() {
        return Some((case.updated_at, Step::Escalate));
    }
    Some((rises_at(case)?, Step::Escalate))
}

/// Whether the case came again and again.
pub fn is_repeated(case: &Case) -> bool {
    case.life.twins.len() >= REPEATED_TWINS || case.life.reopened >= REPEATED_REOPENED
}

/// Why the case rises by itself now.
pub fn why(case: &Case) -> Rise {
    if is_repeated(case) && case.life.level.is_none() {
        Rise::Repeated
    } else {
        Rise::Overdue
    }
}

/// When the case rises to the next level if nobody settles it before; `None` without a deadline.
pub fn rises_at(case: &Case) -> Option<DateTime<Utc>> {
    let due = case.due_at?;
    let limit = (due - case.clock_from()).num_milliseconds() as f64;
    let wait = TimeDelta::milliseconds((limit * RISE_SHARE) as i64).max(RISE_MIN);
    let risen = case.level() as i32 - Level::of(case.class) as i32;
    due.checked_add_signed(wait.checked_mul(risen.max(0) + 1)?)
}
