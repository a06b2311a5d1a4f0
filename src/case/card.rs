//! What of a case is looked for: its words and its point.

use super::{Action, CaseId, Entry, Stage};
use crate::town::Wgs84;

/// What finding needs of a case beside its fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The case.
    pub id: CaseId,
    /// Where it stands.
    pub stage: Stage,
    /// 1 to 5.
    pub severity: u8,
    /// Its exact point, where there is one; WGS-84.
    pub at: Option<Wgs84>,
    /// See [`searchable_text`].
    pub text: String,
}

/// Stands between the parts of a searchable text; no word that is looked for has it.
pub const BETWEEN: char = '\n';

/// The text in which a case is found: what was said when it was reported, its place as it was stated, and what was said at
/// each later step, a line each. Line breaks within a part become spaces, so that no word is found across two parts.
pub fn searchable_text(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        add_part(&mut text, entry.action.note());
        if let Action::Report(report) = &entry.action {
            add_part(&mut text, report.place.stated());
        }
    }
    text
}

/// Adds a part to a searchable text.
pub fn add_part(text: &mut String, part: &str) {
    let part = part.trim();
    if part.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push(BETWEEN);
    }
    if part.contains(['\n', '\r', '\0']) {
        let plain = |c| if matches!(c, '\n' | '\r' | '\0') { ' ' } else { c };
        text.extend(part.chars().map(plain));
    } else {
        text.push_str(part);
    }
}
