//! Open cases without a book.

use yipanqi::case::{Case, CaseId, Entry};
use yipanqi::store::Draft;

/// The cases that these reports open, numbered from 1.
pub fn cases(drafts: Vec<Draft>) -> Vec<Case> {
    let open = |(i, draft): (usize, Draft)| {
        let entry = Entry {
            seq: i as i64 + 1,
            case: CaseId(i as i64 + 1),
            version: 1,
            at: draft.at,
            actor: draft.actor,
            seat: draft.seat,
            action: draft.action,
        };
        Case::open(&entry).unwrap()
    };
    drafts.into_iter().enumerate().map(open).collect()
}
