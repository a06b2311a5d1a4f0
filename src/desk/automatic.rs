//! What the desk does by itself when time has passed: it resumes what was suspended until now, and raises what is
//! overdue to the next level. "Small matters do not leave the community, big ones do not leave the sub-district"
//! (the report's row M11) is a ladder: grid, community, department, joint meeting.

use chrono::{DateTime, TimeDelta, Utc};

use crate::board::Board;
use crate::case::{Case, Stage, Step};
use crate::town::Level;

use super::permission::DESK;
use super::{Args, Command, Order};

/// A case that is overdue rises one level when so much more of its time has passed as its limit had: a case that was
/// to be settled within four hours rises four hours after they have passed, and then every four hours. At least
/// [`RISE_MIN`]. This project's own rule.
pub const RISE_SHARE: f64 = 1.0;

/// No case rises sooner than so after its deadline, or after it rose.
pub const RISE_MIN: TimeDelta = TimeDelta::hours(1);

/// Overdue cases rise by themselves up to this level; a joint meeting is called by hand.
pub const RISE_TO: Level = Level::Street;

/// The commands that are due at `now`, at most `limit` of them. Given again and again they end: each changes what made
/// it due.
pub fn commands(board: &Board, now: DateTime<Utc>, limit: usize) -> Vec<Command> {
    board
        .overdue_cases(now)
        .filter_map(|id| board.get(id))
        .filter_map(|live| Some((&live.case, due_step(&live.case, now)?)))
        .take(limit)
        .map(|(case, step)| Command {
            actor: DESK.into(),
            seat: DESK.into(),
            order: Order::Move {
                case: case.id,
                based_on: case.version,
                step,
                args: Args::default(),
            },
        })
        .collect()
}

/// The step that the desk takes with the case at `now`, if any.
pub fn due_step(case: &Case, now: DateTime<Utc>) -> Option<Step> {
    if case.stage == Stage::Suspended {
        let until = case.life.pauses.last().map(|pause| pause.until)?;
        return (now >= until).then_some(Step::Resume);
    }
    // A case of the past, or of another system, is nobody's to raise.
    if case.origin.is_some() || !case.allows(Step::Escalate) || case.level() >= RISE_TO {
        return None;
    }
    let rises = rises_at(case)?;
    (now >= rises).then_some(Step::Escalate)
}

/// When the case rises to the next level if nobody settles it before.
pub fn rises_at(case: &Case) -> Option<DateTime<Utc>> {
    let due = case.due_at?;
    let limit = due - case.clock_from();
    let wait = TimeDelta::milliseconds((limit.num_milliseconds() as f64 * RISE_SHARE) as i64).max(RISE_MIN);
    let risen = case.level() as i32 - Level::of(case.class) as i32;
    Some(due + wait * (risen.max(0) + 1))
}
