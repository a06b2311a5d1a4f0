//! The command line's grammar: what is typed becomes a command, in the hall and on the shell alike.
//!
//! A line is a verb, the number of a case, what the step needs, and free words: `pd 17 1` sends case 17 to its first
//! proposal. Verbs stand in one table ([`verbs`]); every name can be typed in Chinese, as pinyin, as pinyin initials or
//! in English ([`spelling`]). Reading ([`mod@parse`]) and completing ([`mod@complete`]) are pure functions of the text and a
//! [`Context`]; nothing here draws, decides or writes.
//!
//! What is short for several things is read as the first of them in a stated order: the exact word before a word that
//! begins so, that before one that contains it, that before one whose characters it names with gaps; among equals, the
//! order of the table of verbs, the proposals for the case, the order of the town's files. The window says what it
//! understood before anything is done. Where nobody looks ([`Context::strict`]), a short name for several units or
//! items is a fault instead.

pub mod complete;
pub mod names;
pub mod parse;
pub mod proposals;
pub mod spelling;
pub mod tokens;
pub mod verbs;
pub mod when;

use chrono::{DateTime, Utc};

use crate::board::Board;
use crate::case::{Case, CaseId, DutyAction, Step};
use crate::desk::{Args, Cases, NewReport, Order};
use crate::town::{Handler, Lang, Town};

pub use complete::{Completion, complete};
pub use names::Names;
pub use parse::{Expected, Fault, parse};
pub use verbs::{Act, Grammar, Verb};

/// All that reading a line looks at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The verbs.
    pub grammar: &'a Grammar,
    /// The names of the town.
    pub names: &'a Names,
    /// The town.
    pub town: &'a Town,
    /// Open cases, to be listed.
    pub board: &'a Board,
    /// Where a case is looked up by its number.
    pub cases: &'a dyn Cases,
    /// The case that `.`, or no number, stands for.
    pub selected: Option<CaseId>,
    /// The time.
    pub now: DateTime<Utc>,
    /// The language in which completions are shown.
    pub lang: Lang,
    /// Who is proposed for a case, the best first.
    pub proposals: &'a dyn Fn(CaseId) -> Vec<Handler>,
    /// Why somebody is proposed for a case, in a few words; asked only of those who are shown.
    pub why: &'a dyn Fn(CaseId, &Handler) -> String,
    /// Whether a short name for several things is refused.
    pub strict: bool,
}

impl Context<'_> {
    fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.case(id)
    }
}

/// What a line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// A step with a case.
    Step {
        /// Which step.
        step: Step,
        /// The case.
        case: CaseId,
        /// What the step needs. Boxed: it is much larger than all else here.
        args: Box<Args>,
    },
    /// A new case.
    Report(Box<NewReport>),
    /// Something of the hall beside cases.
    Duty(DutyAction),
    /// Show a case.
    Look(CaseId),
    /// Something that only a window can do: the index of [`Grammar::window`].
    Window(usize),
}

impl Parsed {
    /// The case that it is about.
    pub fn case(&self) -> Option<CaseId> {
        match self {
            Self::Step { case, .. } | Self::Look(case) => Some(*case),
            Self::Duty(DutyAction::Watch { case, .. }) => Some(*case),
            Self::Report(_) | Self::Duty(_) | Self::Window(_) => None,
        }
    }
}

/// The order for the desk, on a case as it was seen in version `based_on`; `None` for what makes no entry.
pub fn to_order(parsed: Parsed, based_on: u32) -> Option<Order> {
    Some(match parsed {
        Parsed::Step { step, case, args } => Order::Move {
            case,
            based_on,
            step,
            args: *args,
        },
        Parsed::Report(report) => Order::Report(*report),
        Parsed::Duty(action) => Order::Duty(action),
        Parsed::Look(_) | Parsed::Window(_) => return None,
    })
}
