//! What a seat can ask of the desk.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::case::{CaseId, DutyAction, Photo, Source, Step, Whereabouts};
use crate::town::{Handler, Level};

/// A wish of a seat, on a case as that seat saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Who asks: the code of a post.
    pub actor: Arc<str>,
    /// From which seat.
    pub seat: Arc<str>,
    /// What is asked.
    pub order: Order,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Open a case.
    Report(NewReport),
    /// Take a step with a case.
    Move {
        /// The case.
        case: CaseId,
        /// Its version as the seat saw it.
        based_on: u32,
        /// Which step.
        step: Step,
        /// What the step needs.
        args: Args,
    },
    /// Something of the hall beside cases.
    Duty(DutyAction),
}

/// What steps need. Each step reads its own fields and leaves the others alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args {
    /// Note or reason, in words.
    pub note: String,
    /// Whom to send: `Dispatch`, `SendOn`.
    pub to: Option<Handler>,
    /// Photos of before and after: `Rectify`.
    pub photos: Vec<Photo>,
    /// Code of the item: `Reclassify`.
    pub item: Option<Arc<str>>,
    /// The other case: `Merge` (the one that stands for this one).
    pub other: Option<CaseId>,
    /// Until when: `AskSuspend`, `Suspend`.
    pub until: Option<DateTime<Utc>>,
    /// How many hours more: `AskExtend`, `Extend`.
    pub hours: Option<f64>,
    /// All who help from now on: `CoHandle`.
    pub helpers: Vec<Handler>,
    /// The level: `Escalate`; the next one up where `None`.
    pub level: Option<Level>,
    /// The mark, 1 to 5: `Appraise`.
    pub mark: Option<u8>,
    /// Whose matter it is: `Refuse`.
    pub owner: String,
    /// What the case falls into: `Split`.
    pub parts: Vec<Part>,
}

impl Args {
    /// Only words.
    pub fn note(note: impl Into<String>) -> Self {
        Self {
            note: note.into(),
            ..Self::default()
        }
    }
}

/// A part of a case that becomes a case of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Code of its item.
    pub item: Arc<str>,
    /// What it is about, may be empty.
    pub text: String,
}

/// A case to be opened by hand or by an import.
#[derive(Clone, Debug, PartialEq)]
pub struct NewReport {
    /// Code of the item.
    pub item: Arc<str>,
    /// What was said.
    pub text: String,
    /// Where.
    pub place: Whereabouts,
    /// By which way it came.
    pub source: Source,
    /// When it was reported; the command's time where `None`.
    pub reported_at: Option<DateTime<Utc>>,
    /// Photos of what was found.
    pub photos: Vec<Photo>,
}

/// A photo that a form holds before it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoDraft {
    /// Before or after.
    pub phase: crate::case::PhotoPhase,
    /// Its file.
    pub file: crate::store::PhotoFile,
}

impl PhotoDraft {
    /// How an entry names this photo.
    pub fn photo(&self) -> Photo {
        let file = &self.file;
        Photo {
            phase: self.phase,
            hash: file.hash.clone(),
            width: file.width,
            height: file.height,
        }
    }
}
