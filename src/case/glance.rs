//! What an entry does to the list of open cases, and when: all that an index of the past needs of it.
//!
//! Of most entries that is told by their first word; so it is read many times faster than the whole entry.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Action, CaseId, Entry, Report, Stage};

/// An entry at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glance {
    /// See [`Entry::seq`].
    pub seq: i64,
    /// See [`Entry::case`].
    pub case: CaseId,
    /// When the entry was made; milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// What it does.
    pub change: Change,
}

/// What an entry does to the list of open cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A case comes up.
    Report {
        /// When it was reported; milliseconds since 1970 UTC.
        reported_ms: i64,
        /// Whether it was read from a file, mostly long after it was reported.
        imported: bool,
        /// For a case that had ended before it came here: when it ended, where that is known.
        ended: Option<Option<i64>>,
    },
    /// The case is open from now on, whatever it was.
    Opens,
    /// The case is not open from now on.
    Ends,
    /// An open case stays open, one that has ended stays so.
    Stays,
}

impl Glance {
    /// A glance at an entry.
    pub fn of(entry: &Entry) -> Self {
        Self {
            seq: entry.seq,
            case: entry.case,
            at_ms: entry.at.timestamp_millis(),
            change: Change::of(&entry.action),
        }
    }
}

impl Change {
    /// What an action does.
    pub fn of(action: &Action) -> Self {
        match action {
            Action::Report(report) => Self::of_report(report),
            Action::Undo { was, .. } => Self::to(was.stage),
            Action::Refuse { .. } | Action::Close { .. } | Action::Merge { .. } => Self::Ends,
            Action::Reopen { .. } | Action::Unmerge { .. } => Self::Opens,
            _ => Self::Stays,
        }
    }

    fn of_report(report: &Report) -> Self {
        let ms = |at: DateTime<Utc>| at.timestamp_millis();
        Self::Report {
            reported_ms: ms(report.reported_at),
            imported: report.origin.is_some(),
            ended: report.outcome.as_ref().map(|outcome| outcome.at.map(ms)),
        }
    }

    fn to(stage: Stage) -> Self {
        if stage.is_open() { Self::Opens } else { Self::Ends }
    }

    /// Reads what an action of the journal does, without the rest of it.
    ///
    /// # Errors
    /// Where it is none.
    pub fn from_json(text: &[u8]) -> serde_json::Result<Self> {
        let text = std::str::from_utf8(text).map_err(serde::de::Error::custom)?;
        let words: Words = serde_json::from_str(text)?;
        Ok(match words.what.as_str() {
            "report" => Self::Report {
                reported_ms: words
                    .reported_at
                    .ok_or_else(|| serde::de::Error::missing_field("reported_at"))?
                    .timestamp_millis(),
                imported: words.origin.is_some(),
                ended: words
                    .outcome
                    .map(|outcome| outcome.at.map(|at| at.timestamp_millis())),
            },
            "undo" => match words.was {
                Some(was) => Self::to(was.stage),
                None => return Err(serde::de::Error::missing_field("was")),
            },
            "refuse" | "close" | "merge" => Self::Ends,
            "reopen" | "unmerge" => Self::Opens,
            _ => Self::Stays,
        })
    }
}

/// The few words of an action that matter here.
#[derive(Deserialize)]
struct Words {
    #[serde(rename = "do")]
    what: String,
    #[serde(default, with = "super::instant::option")]
    reported_at: Option<DateTime<Utc>>,
    #[serde(default)]
    origin: Option<IgnoredAny>,
    #[serde(default)]
    outcome: Option<End>,
    #[serde(default)]
    was: Option<Was>,
}

#[derive(Deserialize)]
struct End {
    #[serde(default, with = "super::instant::option")]
    at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Was {
    stage: Stage,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Kept, Outcome, Source, Step, Whereabouts};
    use crate::town::{Centre, Class};

    fn report(origin: bool, outcome: Option<Outcome>) -> Action {
        Action::Report(Box::new(Report {
            item: "i".into(),
            class: Class::A,
            centre: Centre::Grid,
            severity: 1,
            text: "\"do\":\"close\" \u{4e00}".into(),
            place: Whereabouts::Stated { stated: "x".into() },
            source: Source::Patrol,
            reported_at: DateTime::from_timestamp_millis(1_700_000_000_123).unwrap(),
            due_at: None,
            photos: Vec::new(),
            origin: origin.then(|| crate::case::Origin {
                profile: "p".into(),
                key: "k".into(),
            }),
            outcome,
            limits: None,
            item_version: 0,
            split_from: None,
        }))
    }

    fn kept(stage: Stage) -> Box<Kept> {
        Box::new(Kept {
            stage,
            item: "i".into(),
            class: Class::A,
            centre: Centre::Grid,
            severity: 1,
            due_at: None,
            ended_at: None,
            handler: None,
            life: Default::default(),
        })
    }

    /// What is read of the journal's text is what the whole action says.
    #[test]
    fn a_glance_at_the_text_sees_what_the_whole_action_says() {
        let note = String::new;
        let undo = |stage| Action::Undo {
            undone: Some(Step::Close),
            was: kept(stage),
        };
        let at = DateTime::from_timestamp_millis(1_700_000_100_000);
        let actions = [
            (report(false, None), None),
            (report(true, None), None),
            (report(true, Some(Outcome { at, in_time: None })), None),
            (
                report(
                    true,
                    Some(Outcome {
                        at: None,
                        in_time: Some(true),
                    }),
                ),
                None,
            ),
            (Action::Accept { note: note() }, Some(Change::Stays)),
            (Action::Close { note: note() }, Some(Change::Ends)),
            (
                Action::Refuse {
                    reason: note(),
                    owner: note(),
                },
                Some(Change::Ends),
            ),
            (
                Action::Merge {
                    into: CaseId(3),
                    reason: note(),
                },
                Some(Change::Ends),
            ),
            (Action::Absorb { case: CaseId(3) }, Some(Change::Stays)),
            (Action::Unmerge { reason: note() }, Some(Change::Opens)),
            (
                Action::Reopen {
                    reason: note(),
                    due_at: None,
                },
                Some(Change::Opens),
            ),
            (Action::Answer { text: note() }, Some(Change::Stays)),
            (undo(Stage::Verified), Some(Change::Opens)),
            (undo(Stage::Withdrawn), Some(Change::Ends)),
            (
                Action::Duty(Box::new(crate::case::DutyAction::SignOut)),
                Some(Change::Stays),
            ),
        ];
        for (action, expected) in actions {
            let json = serde_json::to_vec(&action).unwrap();
            let read = Change::from_json(&json).unwrap();
            assert_eq!(read, Change::of(&action), "{action:?}");
            if let Some(expected) = expected {
                assert_eq!(read, expected, "{action:?}");
            }
        }
        assert!(Change::from_json(b"{\"do\":\"report\"}").is_err());
        assert!(Change::from_json(b"nothing").is_err());
    }
}
