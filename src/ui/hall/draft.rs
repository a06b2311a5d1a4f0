//! What was typed for a step and not yet acknowledged. Nothing typed is lost by a refusal or by looking elsewhere.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::case::{CaseId, PhotoPhase, Step};
use crate::desk::{Args, PhotoDraft};
use crate::town::{Handler, Town};

use super::step_form::More;

/// The draft of a step with one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Which step.
    pub step: Step,
    /// Note or reason.
    pub note: String,
    /// Whom to send, for a dispatch.
    pub to: Option<Handler>,
    /// What the list of handlers is narrowed to.
    pub narrow: String,
    /// What the step needs besides.
    pub more: More,
    /// Photos of before and after.
    pub photos: Vec<PhotoDraft>,
    /// The ticket under which it was given to the journal.
    pub sent: Option<u64>,
    /// Why it was refused, in the interface's language.
    pub refused: Option<String>,
    /// Whether the form was just opened and its field should take the focus.
    pub fresh: bool,
    /// Whether the form is shown; a form that was closed keeps its words until the case moves on.
    pub open: bool,
}

impl Draft {
    /// An empty draft.
    pub fn new(step: Step) -> Self {
        Self {
            step,
            note: String::new(),
            to: None,
            narrow: String::new(),
            more: More::default(),
            photos: Vec::new(),
            sent: None,
            refused: None,
            fresh: true,
            open: true,
        }
    }

    /// What the desk is given.
    pub fn args(&self, town: &Town, now: DateTime<Utc>) -> Args {
        let more = &self.more;
        Args {
            note: self.note.clone(),
            to: self
                .to
                .clone()
                .filter(|_| matches!(self.step, Step::Dispatch | Step::SendOn)),
            photos: self.photos.iter().map(PhotoDraft::photo).collect(),
            item: more.item.clone(),
            other: more.other(),
            until: more.until(town, now),
            hours: more.hours(),
            helpers: more.helpers.clone().unwrap_or_default(),
            level: None,
            mark: more.mark,
            owner: more.owner.clone(),
            parts: more.parts.clone(),
        }
    }

    /// Whether closing the form would lose nothing.
    pub fn is_empty(&self) -> bool {
        self.note.trim().is_empty() && self.photos.is_empty() && self.more.is_empty()
    }

    /// Its photos of one phase.
    pub fn photos_of(&self, phase: PhotoPhase) -> impl Iterator<Item = &PhotoDraft> {
        self.photos.iter().filter(move |p| p.phase == phase)
    }
}

/// All drafts, one per case at most.
pub type Drafts = HashMap<CaseId, Draft>;

/// Whether the step is taken at once, without a form.
pub fn is_plain(step: Step) -> bool {
    matches!(
        step,
        Step::Accept | Step::Arrive | Step::Verify | Step::Close | Step::Resume | Step::Undo
    )
}
