//! The fold: entries in, case out.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::town::{Centre, Class, Handler};

use super::{Action, CaseId, Entry, Origin, Source, Stage, Whereabouts};

/// A case as its entries make it: one row of the case table.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its number.
    pub id: CaseId,
    /// How many entries it has.
    pub version: u32,
    /// Where it stands.
    pub stage: Stage,
    /// Code of its item.
    pub item: Arc<str>,
    /// Its class.
    pub class: Class,
    /// Its centre.
    pub centre: Centre,
    /// 1 to 5.
    pub severity: u8,
    /// Where it is.
    pub place: Whereabouts,
    /// By which way it came.
    pub source: Source,
    /// What was said.
    pub text: Arc<str>,
    /// When it was reported.
    pub reported_at: DateTime<Utc>,
    /// When it is to be settled.
    pub due_at: Option<DateTime<Utc>>,
    /// When its last entry was made.
    pub updated_at: DateTime<Utc>,
    /// When it was closed or refused, where that is known.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who has it in hand, or had it last.
    pub handler: Option<Handler>,
    /// The row of a file that it was read from.
    pub origin: Option<Origin>,
}

/// An entry that does not follow from the entries before it: the journal is damaged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FoldError {
    /// The first entry of a case is not a report.
    #[error("entry {seq} of case {case} comes before the case's report")]
    NotReported {
        /// The entry.
        seq: i64,
        /// Its case.
        case: CaseId,
    },
    /// A case is reported twice.
    #[error("entry {seq} reports case {case} a second time")]
    ReportedTwice {
        /// The entry.
        seq: i64,
        /// Its case.
        case: CaseId,
    },
    /// Versions do not follow each other.
    #[error("entry {seq} makes version {found} of case {case}, expected {expected}")]
    Version {
        /// The entry.
        seq: i64,
        /// Its case.
        case: CaseId,
        /// The version after the last entry, plus one.
        expected: u32,
        /// The entry's version.
        found: u32,
    },
    /// The step is not legal from the case's stage.
    #[error("entry {seq} takes the step '{step}' with case {case} in stage '{stage}'")]
    Step {
        /// The entry.
        seq: i64,
        /// Its case.
        case: CaseId,
        /// The stage it was in.
        stage: &'static str,
        /// The step it took.
        step: &'static str,
    },
}

impl Case {
    /// The case that `entry` opens.
    ///
    /// # Errors
    /// Where the entry is not a report, or not its case's first.
    pub fn open(entry: &Entry) -> Result<Self, FoldError> {
        let Action::Report(report) = &entry.action else {
            return Err(FoldError::NotReported {
                seq: entry.seq,
                case: entry.case,
            });
        };
        if entry.version != 1 {
            let (seq, case, found) = (entry.seq, entry.case, entry.version);
            return Err(FoldError::Version {
                seq,
                case,
                expected: 1,
                found,
            });
        }
        Ok(Self {
            id: entry.case,
            version: 1,
            stage: if report.outcome.is_some() {
                Stage::Closed
            } else {
                Stage::Reported
            },
            item: report.item.clone(),
            class: report.class,
            centre: report.centre,
            severity: report.severity,
            place: report.place.clone(),
            source: report.source,
            text: report.text.as_str().into(),
            reported_at: report.reported_at,
            due_at: report.due_at,
            updated_at: entry.at,
            ended_at: report.outcome.as_ref().and_then(|outcome| outcome.at),
            handler: None,
            origin: report.origin.clone(),
        })
    }

    /// The case after one more entry.
    ///
    /// # Errors
    /// Where the entry does not follow; the case is left as it was.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), FoldError> {
        let (seq, case) = (entry.seq, entry.case);
        let Some(step) = entry.action.step() else {
            return Err(FoldError::ReportedTwice { seq, case });
        };
        if entry.version != self.version + 1 {
            return Err(FoldError::Version {
                seq,
                case,
                expected: self.version + 1,
                found: entry.version,
            });
        }
        let Some(stage) = self.stage.after(step) else {
            return Err(FoldError::Step {
                seq,
                case,
                stage: self.stage.code(),
                step: step.code(),
            });
        };
        self.stage = stage;
        self.version = entry.version;
        self.updated_at = entry.at;
        if let Action::Dispatch { to, .. } = &entry.action {
            self.handler = Some(to.clone());
        }
        if !stage.is_open() {
            self.ended_at = Some(entry.at);
        }
        Ok(())
    }

    /// Folds the whole history of one case.
    ///
    /// # Errors
    /// Where an entry does not follow. `None` for an empty history.
    pub fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Option<Self>, FoldError> {
        let mut entries = entries.into_iter();
        let Some(first) = entries.next() else {
            return Ok(None);
        };
        let mut case = Self::open(first)?;
        for entry in entries {
            case.apply(entry)?;
        }
        Ok(Some(case))
    }
}
