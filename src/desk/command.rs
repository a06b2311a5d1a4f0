//! What a seat can ask of the desk.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::case::{CaseId, Photo, Source, Step, Whereabouts};
use crate::town::Handler;

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
    /// Move a case on.
    Move {
        /// The case.
        case: CaseId,
        /// Its version as the seat saw it.
        based_on: u32,
        /// Which step.
        step: Step,
        /// Whom to send, for a dispatch.
        to: Option<Handler>,
        /// Note or reason, as the step needs it.
        note: String,
        /// Photos, for a rectification.
        photos: Vec<Photo>,
    },
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
