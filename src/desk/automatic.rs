//! What the desk does by itself when time has passed: see [`crate::case::rise`].

use chrono::{DateTime, Utc};

use crate::board::Board;
use crate::case::rise;

use super::permission::DESK;
use super::{Args, Command, Order};

/// The commands that are due at `now`, at most `limit` of them. Given again and again they end: each changes what made
/// it due.
pub fn commands(board: &Board, now: DateTime<Utc>, limit: usize) -> Vec<Command> {
    board
        .waking(now)
        .filter_map(|id| board.get(id))
        .filter_map(|live| Some((&live.case, rise::wakes(&live.case)?.1)))
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
