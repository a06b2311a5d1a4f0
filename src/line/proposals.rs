//! Whom a number means: the n-th proposal for a case, in the order in which the hall proposes them.

use chrono::{DateTime, Utc};

use crate::board::{Board, Live};
use crate::case::Duty;
use crate::desk::suggest::{Proposal, suggest};
use crate::town::Town;

/// Everybody who can be sent to this case, the best first. Who can't is named in full, if at all.
pub fn proposals(town: &Town, board: &Board, duty: &Duty, live: &Live, now: DateTime<Utc>) -> Vec<Proposal> {
    let mut all = suggest(town, board, duty, live, now);
    all.retain(|proposal| proposal.cannot.is_none());
    all
}
