//! Whom a number means: the n-th proposal for a case, in the order in which the desk proposes them.

use chrono::{DateTime, Utc};

use crate::board::{Board, Live};
use crate::case::Duty;
use crate::desk::suggest::suggest;
use crate::town::{Handler, Town};

/// Everybody who could be sent to this case, the best first. Who can't take it has no number.
pub fn proposals(town: &Town, board: &Board, duty: &Duty, live: &Live, now: DateTime<Utc>) -> Vec<Handler> {
    suggest(town, board, duty, live, now)
        .into_iter()
        .filter(|proposal| proposal.cannot.is_none())
        .map(|proposal| proposal.handler)
        .collect()
}
