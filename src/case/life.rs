//! What the life of a case adds to what was known when it opened.

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::town::{Centre, Class, Handler, Level};

use super::clock::{Extension, Limits, Pause};
use super::{CaseId, Stage};

/// What was asked for and is not decided yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// 申请挂账
    Suspend {
        /// Until when.
        #[serde(with = "super::instant")]
        until: DateTime<Utc>,
        /// Why.
        reason: String,
        /// The post that asks.
        by: Arc<str>,
    },
    /// 申请延时
    Extend {
        /// So many hours more.
        hours: f64,
        /// Why.
        reason: String,
        /// The post that asks.
        by: Arc<str>,
    },
}

impl Request {
    /// The post that asks.
    pub fn by(&self) -> &Arc<str> {
        match self {
            Self::Suspend { by, .. } | Self::Extend { by, .. } => by,
        }
    }
}

/// How the first dispatch of a case turned out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstDispatch {
    /// When.
    #[serde(with = "super::instant")]
    pub at: DateTime<Utc>,
    /// To whom.
    pub to: Handler,
    /// Whether it was right so far: neither sent on nor handed back.
    pub right: bool,
}

/// What the life of a case adds to what was known when it opened. Empty for a case that was only reported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Life {
    /// Since when the case is in its stage; since its report where `None`.
    #[serde(skip_serializing_if = "Option::is_none", with = "super::instant::option")]
    pub stage_since: Option<DateTime<Utc>>,
    /// The limits that hold for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// The version of its item; 0 for the catalogue's file.
    #[serde(skip_serializing_if = "is_zero")]
    pub item_version: u32,
    /// The level that it has risen to; that of its class where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// When it rose to that level.
    #[serde(skip_serializing_if = "Option::is_none", with = "super::instant::option")]
    pub risen_at: Option<DateTime<Utc>>,
    /// Who helps the one who leads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub helpers: Vec<Handler>,
    /// What was asked for and is not decided yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// Approved suspensions, in order; the last one may be under way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// Approved extensions, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    /// The stage that it had before it was suspended or merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_to: Option<Stage>,
    /// The case that stands for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<CaseId>,
    /// The cases that it stands for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub twins: Vec<CaseId>,
    /// The case that it was split from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split_from: Option<CaseId>,
    /// How many cases were split from it.
    #[serde(skip_serializing_if = "is_zero_u16")]
    pub parts: u16,
    /// Its first dispatch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_dispatch: Option<FirstDispatch>,
    /// Who handed it back, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub handed_back: Vec<Handler>,
    /// How often it was sent on to somebody else.
    #[serde(skip_serializing_if = "is_zero_u16")]
    pub sent_on: u16,
    /// How often its rectification was sent back.
    #[serde(skip_serializing_if = "is_zero_u16")]
    pub sent_back: u16,
    /// How often it was opened again.
    #[serde(skip_serializing_if = "is_zero_u16")]
    pub reopened: u16,
    /// When it was opened again; its clock runs from then.
    #[serde(skip_serializing_if = "Option::is_none", with = "super::instant::option")]
    pub clock_from: Option<DateTime<Utc>>,
    /// How it was appraised, 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appraisal: Option<u8>,
    /// When whoever reported it was told how it ended.
    #[serde(skip_serializing_if = "Option::is_none", with = "super::instant::option")]
    pub answered_at: Option<DateTime<Utc>>,
}

/// That of all cases of which nothing is to be told: most of those that were read from files.
static NONE: LazyLock<Arc<Life>> = LazyLock::new(Arc::default);

impl Life {
    /// That of a case of which nothing is to be told beyond its report.
    pub fn none() -> Arc<Self> {
        NONE.clone()
    }
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

fn is_zero_u16(n: &u16) -> bool {
    *n == 0
}

/// All of a case that its life can change: what an undo brings back, and what the case table keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// See [`super::Case::stage`].
    pub stage: Stage,
    /// See [`super::Case::item`].
    pub item: Arc<str>,
    /// See [`super::Case::class`].
    pub class: Class,
    /// See [`super::Case::centre`].
    pub centre: Centre,
    /// See [`super::Case::severity`].
    pub severity: u8,
    /// See [`super::Case::due_at`].
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::instant::option"
    )]
    pub due_at: Option<DateTime<Utc>>,
    /// See [`super::Case::ended_at`].
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::instant::option"
    )]
    pub ended_at: Option<DateTime<Utc>>,
    /// See [`super::Case::handler`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<Handler>,
    /// See [`super::Case::life`].
    #[serde(default = "Life::none")]
    pub life: Arc<Life>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Action, Case, Entry, Outcome, Report, Source, Whereabouts};

    fn opened(version: u32) -> Case {
        let at = DateTime::from_timestamp_millis(0).unwrap();
        let report = Report {
            item: "i".into(),
            class: Class::A,
            centre: Centre::Grid,
            severity: 1,
            text: String::new(),
            place: Whereabouts::Stated { stated: "x".into() },
            source: Source::Patrol,
            reported_at: at,
            due_at: None,
            photos: Vec::new(),
            origin: None,
            outcome: None::<Outcome>,
            limits: None,
            item_version: version,
            split_from: None,
        };
        let entry = Entry {
            seq: 1,
            case: CaseId(1),
            version: 1,
            at,
            actor: "p".into(),
            seat: "1".into(),
            action: Action::Report(Box::new(report)),
        };
        Case::open(&entry).unwrap()
    }

    #[test]
    fn cases_of_which_nothing_is_told_share_their_life_until_it_is_changed() {
        let (mut one, other, versioned) = (opened(0), opened(0), opened(3));
        assert!(Arc::ptr_eq(&one.life, &other.life));
        assert_eq!((other.life.item_version, versioned.life.item_version), (0, 3));
        one.life_mut().twins.push(CaseId(7));
        assert!(other.life.twins.is_empty() && opened(0).life.twins.is_empty());
        assert_eq!(one.life.twins, [CaseId(7)]);
    }
}
