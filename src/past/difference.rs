//! What changed between two moments.

use crate::board::Board;
use crate::case::CaseId;

/// The open cases of two boards, side by side; each list in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Open in the second only.
    pub new: Vec<CaseId>,
    /// Open in the first only.
    pub gone: Vec<CaseId>,
    /// Open in both.
    pub both: Vec<CaseId>,
}

impl Difference {
    /// From the first board to the second.
    pub fn between(first: &Board, second: &Board) -> Self {
        let mut difference = Self::default();
        for live in first.iter() {
            let list = match second.get(live.case.id) {
                Some(_) => &mut difference.both,
                None => &mut difference.gone,
            };
            list.push(live.case.id);
        }
        let new = second.iter().map(|live| live.case.id);
        difference.new = new.filter(|id| first.get(*id).is_none()).collect();
        difference.new.sort_unstable();
        difference.gone.sort_unstable();
        difference.both.sort_unstable();
        difference
    }
}
