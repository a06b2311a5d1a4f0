//! What cases are looked for, as data.

use std::sync::Arc;

use super::zone::Zone;
use crate::case::{CaseId, Stage};
use crate::indicator::{Filter, Period};

/// How a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// It still needs somebody.
    Open,
    /// It has ended, whichever way.
    Ended,
    /// It is open, its clock runs, and its deadline is past.
    Overdue,
    /// It is in this stage.
    Stage(Stage),
}

impl State {
    /// The word that stands for it on the shell and in kept filters.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ended => "ended",
            Self::Overdue => "overdue",
            Self::Stage(stage) => stage.code(),
        }
    }
}

/// Which cases. Every part that is not empty must hold; within one part any of its values will do, but all words must be there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Words, each of which stands in the case's text ([`crate::case::searchable_text`]) or in the name of its item.
    pub words: Vec<String>,
    /// Numbers of cases.
    pub numbers: Vec<CaseId>,
    /// How they stand.
    pub states: Vec<State>,
    /// Class, centre, item, source, unit, and areas as they were when the cases were reported.
    pub filter: Filter,
    /// When they were reported.
    pub period: Option<Period>,
    /// Where they are: of cases whose exact point is known.
    pub zone: Option<Arc<Zone>>,
}

impl Query {
    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
