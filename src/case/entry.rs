//! Journal entries: what happened to a case, who did it, when, from which seat, and on which version.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::town::{Centre, Class, Handler, Level, Wgs84};

use super::clock::Limits;
use super::{Kept, Step};

/// The number of a case, given by the journal, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub i64);

impl CaseId {
    /// The number under which the journal keeps what happens in the hall beside cases.
    pub const HALL: Self = Self(0);
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One entry of the journal. Never changed once written.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Place in the journal, from 1, without gaps.
    pub seq: i64,
    /// The case.
    pub case: CaseId,
    /// The version of the case after this entry, from 1. It was based on the version before.
    pub version: u32,
    /// When, to the millisecond.
    pub at: DateTime<Utc>,
    /// Who: the code of a post.
    pub actor: Arc<str>,
    /// From which seat.
    pub seat: Arc<str>,
    /// What.
    pub action: Action,
}

/// What an entry does to its case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Action {
    /// The case opens.
    Report(Box<Report>),
    /// 受理
    Accept {
        /// Free words, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// 不予受理
    Refuse {
        /// Why.
        reason: String,
        /// Whose matter it is, where it is somebody else's.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        owner: String,
    },
    /// 派遣
    Dispatch {
        /// To whom.
        to: Handler,
        /// Free words, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// 转派
    SendOn {
        /// To whom.
        to: Handler,
        /// Why.
        reason: String,
    },
    /// 退单
    HandBack {
        /// Why.
        reason: String,
    },
    /// 到场
    Arrive {
        /// Free words, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// 整改
    Rectify {
        /// What was done.
        note: String,
        /// Photos of before and after.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<Photo>,
    },
    /// 核查通过
    Verify {
        /// Free words, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// 核查退回
    SendBack {
        /// Why.
        reason: String,
    },
    /// 结案
    Close {
        /// Free words, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// 改类: the case goes on as one of another item.
    Reclassify(Box<Reclassified>),
    /// 拆分: so many parts were reported as cases of their own, in the same transaction.
    Split {
        /// How many.
        parts: u16,
        /// Why.
        reason: String,
    },
    /// 并案: another case stands for this one.
    Merge {
        /// The case that stands for it.
        into: CaseId,
        /// Why, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// The other half of a merge: this case stands for that one, too.
    Absorb {
        /// The case that was merged into this one.
        case: CaseId,
    },
    /// 撤并
    Unmerge {
        /// Why.
        reason: String,
    },
    /// The other half of an unmerge.
    Release {
        /// The case that stands for itself again.
        case: CaseId,
    },
    /// 申请挂账
    AskSuspend {
        /// Until when.
        #[serde(with = "super::instant")]
        until: DateTime<Utc>,
        /// Why.
        reason: String,
    },
    /// 批准挂账
    Suspend {
        /// Until when at the latest.
        #[serde(with = "super::instant")]
        until: DateTime<Utc>,
        /// When the case is to be settled now, if the suspension lasts as long as it may.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "super::instant::option"
        )]
        due_at: Option<DateTime<Utc>>,
        /// Free words, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// 申请延时
    AskExtend {
        /// So many hours more, of the kind that the case's limit counts.
        hours: f64,
        /// Why.
        reason: String,
    },
    /// 批准延时
    Extend {
        /// So many hours more.
        hours: f64,
        /// When the case is to be settled now.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "super::instant::option"
        )]
        due_at: Option<DateTime<Utc>>,
        /// Free words, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// 不批准
    Deny {
        /// Why.
        reason: String,
    },
    /// 恢复
    Resume {
        /// When the case is to be settled now.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "super::instant::option"
        )]
        due_at: Option<DateTime<Utc>>,
        /// Free words, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// 协办: who helps the one who leads.
    CoHandle {
        /// All who help from now on.
        helpers: Vec<Handler>,
        /// Free words, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// 上提
    Escalate {
        /// To this level.
        to: Level,
        /// What made it rise.
        why: Rise,
        /// Free words, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// 重开
    Reopen {
        /// Why.
        reason: String,
        /// When the case is to be settled now.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "super::instant::option"
        )]
        due_at: Option<DateTime<Utc>>,
    },
    /// 评价
    Appraise {
        /// 1 (bad) to 5 (good).
        mark: u8,
        /// Free words, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// 答复
    Answer {
        /// What whoever reported it was told.
        text: String,
    },
    /// 撤销: the entry before is compensated.
    Undo {
        /// What the entry was that is compensated.
        undone: Option<Step>,
        /// The case as it was before that entry.
        was: Box<Kept>,
    },
    /// Something of the hall beside cases; only in entries of [`CaseId::HALL`].
    Duty(Box<super::duty::DutyAction>),
}

/// What a case is from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reclassified {
    /// Code of the item.
    pub item: Arc<str>,
    /// The item's version; 0 for the catalogue's file.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub item_version: u32,
    /// Its class.
    pub class: Class,
    /// Its centre.
    pub centre: Centre,
    /// Its severity, 1 to 5.
    pub severity: u8,
    /// Its limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// When the case is to be settled now.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::instant::option"
    )]
    pub due_at: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
}

/// What made a case rise to the next level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rise {
    /// Somebody decided so.
    ByHand,
    /// Its time had run out.
    Overdue,
    /// It came back to the same spot again and again.
    Repeated,
}

impl Rise {
    /// The word that stands for it in data and in the words of the interface.
    pub fn code(self) -> &'static str {
        ["by_hand", "overdue", "repeated"][self as usize]
    }
}

/// How a report begins in the journal.
const REPORT: &[u8] = br#"{"do":"report","#;

impl Action {
    /// Reads an action as the journal has it.
    ///
    /// A tag within the value makes serde read a tree of values first and the action from that. Most entries that a
    /// start reads are reports, and their tag stands first: the rest is read at once, which takes a third of the time.
    ///
    /// # Errors
    /// Where it is none.
    pub fn from_json(text: &[u8]) -> serde_json::Result<Self> {
        // Looked through once: else each of its texts is looked through by itself, which takes longer.
        let text = std::str::from_utf8(text).map_err(serde::de::Error::custom)?;
        if text.as_bytes().starts_with(REPORT) {
            return serde_json::from_str(text).map(Self::Report);
        }
        serde_json::from_str(text)
    }

    /// The step that this action takes; `None` for the report that opens a case, for the other halves of merges, and for
    /// what is no action on a case.
    pub fn step(&self) -> Option<Step> {
        Some(match self {
            Self::Report(_) | Self::Absorb { .. } | Self::Release { .. } | Self::Duty(_) => return None,
            Self::Accept { .. } => Step::Accept,
            Self::Refuse { .. } => Step::Refuse,
            Self::Dispatch { .. } => Step::Dispatch,
            Self::SendOn { .. } => Step::SendOn,
            Self::HandBack { .. } => Step::HandBack,
            Self::Arrive { .. } => Step::Arrive,
            Self::Rectify { .. } => Step::Rectify,
            Self::Verify { .. } => Step::Verify,
            Self::SendBack { .. } => Step::SendBack,
            Self::Close { .. } => Step::Close,
            Self::Reclassify(_) => Step::Reclassify,
            Self::Split { .. } => Step::Split,
            Self::Merge { .. } => Step::Merge,
            Self::Unmerge { .. } => Step::Unmerge,
            Self::AskSuspend { .. } => Step::AskSuspend,
            Self::Suspend { .. } => Step::Suspend,
            Self::AskExtend { .. } => Step::AskExtend,
            Self::Extend { .. } => Step::Extend,
            Self::Deny { .. } => Step::Deny,
            Self::Resume { .. } => Step::Resume,
            Self::CoHandle { .. } => Step::CoHandle,
            Self::Escalate { .. } => Step::Escalate,
            Self::Reopen { .. } => Step::Reopen,
            Self::Appraise { .. } => Step::Appraise,
            Self::Answer { .. } => Step::Answer,
            Self::Undo { .. } => Step::Undo,
        })
    }

    /// The free words that came with it.
    pub fn note(&self) -> &str {
        match self {
            Self::Report(report) => &report.text,
            Self::Accept { note }
            | Self::Dispatch { note, .. }
            | Self::Arrive { note }
            | Self::Rectify { note, .. }
            | Self::Verify { note }
            | Self::Close { note }
            | Self::Suspend { note, .. }
            | Self::Extend { note, .. }
            | Self::Resume { note, .. }
            | Self::CoHandle { note, .. }
            | Self::Escalate { note, .. }
            | Self::Appraise { note, .. } => note,
            Self::Refuse { reason, .. }
            | Self::SendOn { reason, .. }
            | Self::HandBack { reason }
            | Self::SendBack { reason }
            | Self::Split { reason, .. }
            | Self::Merge { reason, .. }
            | Self::Unmerge { reason }
            | Self::AskSuspend { reason, .. }
            | Self::AskExtend { reason, .. }
            | Self::Deny { reason }
            | Self::Reopen { reason, .. } => reason,
            Self::Reclassify(to) => &to.reason,
            Self::Answer { text } => text,
            Self::Absorb { .. } | Self::Release { .. } | Self::Undo { .. } | Self::Duty(_) => "",
        }
    }

    /// The photos that came with it.
    pub fn photos(&self) -> &[Photo] {
        match self {
            Self::Report(report) => &report.photos,
            Self::Rectify { photos, .. } => photos,
            _ => &[],
        }
    }
}

/// What is known when a case opens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Code of the item of the catalogue.
    pub item: Arc<str>,
    /// The item's class when the case was opened.
    pub class: Class,
    /// The item's centre when the case was opened.
    pub centre: Centre,
    /// The item's severity when the case was opened, 1 to 5.
    pub severity: u8,
    /// What was said, may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Where.
    pub place: Whereabouts,
    /// By which way it came.
    pub source: Source,
    /// When it was reported (an imported case was reported before it was entered).
    #[serde(with = "super::instant")]
    pub reported_at: DateTime<Utc>,
    /// When it is to be settled.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::instant::option"
    )]
    pub due_at: Option<DateTime<Utc>>,
    /// Photos of what was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<Photo>,
    /// The row of a file that it was read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// How it had ended before it came here, for a case of the past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The limits of the item's version when the case was opened. An imported case has its file's deadline only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// The version of the item when the case was opened; 0 for the catalogue's file.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub item_version: u32,
    /// The case that this one was split from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_from: Option<CaseId>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// Where a case is, as well as it is known. Never an invented point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "known", rename_all = "snake_case", try_from = "PlainWhereabouts")]
pub enum Whereabouts {
    /// At a point.
    Point {
        /// WGS-84.
        at: Wgs84,
        /// The place as it was stated, may be empty.
        #[serde(default, skip_serializing_if = "str::is_empty")]
        stated: Arc<str>,
        /// Code of the base grid that it belongs to, where somebody chose one because the point lies near a boundary.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grid: Option<Arc<str>>,
    },
    /// Somewhere in a place of the town.
    Area {
        /// Code of the place.
        code: Arc<str>,
        /// The place as it was stated, may be empty.
        #[serde(default, skip_serializing_if = "str::is_empty")]
        stated: Arc<str>,
    },
    /// Somewhere in a named area outside the town, whose rough whereabouts the import profile gives.
    Elsewhere {
        /// The area as it was stated.
        stated: Arc<str>,
        /// Rough middle of the area, WGS-84; drawn as an area's count, never as a case.
        about: Wgs84,
    },
    /// Stated in words only.
    Stated {
        /// The place as it was stated, may be empty.
        #[serde(default, skip_serializing_if = "str::is_empty")]
        stated: Arc<str>,
    },
}

/// All fields that [`Whereabouts`] can have, side by side: read many times faster than the tagged form, see
/// [`Action::from_json`].
#[derive(Deserialize)]
struct PlainWhereabouts {
    known: Known,
    at: Option<Wgs84>,
    #[serde(default)]
    stated: Arc<str>,
    grid: Option<Arc<str>>,
    code: Option<Arc<str>>,
    about: Option<Wgs84>,
}

/// Names of the ways in which a place is known.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Known {
    Point,
    Area,
    Elsewhere,
    Stated,
}

impl TryFrom<PlainWhereabouts> for Whereabouts {
    type Error = &'static str;

    fn try_from(plain: PlainWhereabouts) -> Result<Self, Self::Error> {
        let stated = plain.stated;
        Ok(match plain.known {
            Known::Point => Self::Point {
                at: plain.at.ok_or("missing field `at` of a point")?,
                stated,
                grid: plain.grid,
            },
            Known::Area => Self::Area {
                code: plain.code.ok_or("missing field `code` of an area")?,
                stated,
            },
            Known::Elsewhere => Self::Elsewhere {
                stated,
                about: plain.about.ok_or("missing field `about` of an area elsewhere")?,
            },
            Known::Stated => Self::Stated { stated },
        })
    }
}

impl Whereabouts {
    /// The place in the words in which it was stated.
    pub fn stated(&self) -> &str {
        match self {
            Self::Point { stated, .. }
            | Self::Area { stated, .. }
            | Self::Elsewhere { stated, .. }
            | Self::Stated { stated } => stated,
        }
    }

    /// The exact point, where there is one.
    pub fn point(&self) -> Option<Wgs84> {
        match self {
            Self::Point { at, .. } => Some(*at),
            _ => None,
        }
    }
}

/// By which way a case came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// 巡查
    Patrol,
    /// 居民上报
    Resident,
    /// 热线
    Hotline,
    /// 检查
    Inspection,
    /// 来信来访
    Petition,
    /// 媒体网络
    Media,
    /// 其他
    Other,
}

impl Source {
    /// All ways, in the order of menus.
    pub const ALL: [Self; 7] = [
        Self::Patrol,
        Self::Resident,
        Self::Hotline,
        Self::Inspection,
        Self::Petition,
        Self::Media,
        Self::Other,
    ];

    /// The word that stands for it in data and in the words of the interface.
    pub fn code(self) -> &'static str {
        [
            "patrol",
            "resident",
            "hotline",
            "inspection",
            "petition",
            "media",
            "other",
        ][self as usize]
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == text)
    }
}

/// The row of a file that a case was read from. Importing it again adds nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Name of the import profile.
    pub profile: Arc<str>,
    /// The file's own key of the row.
    pub key: Arc<str>,
}

/// How a case had ended before it came here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// When, where the file says so.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::instant::option"
    )]
    pub at: Option<DateTime<Utc>>,
    /// Whether it ended in time, where the file says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_time: Option<bool>,
}

/// When a photo was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoPhase {
    /// 整改前
    Before,
    /// 整改后
    After,
}

/// SHA-256 of a photo's file, as 64 hexadecimal digits: its name in the store.
pub type PhotoHash = Arc<str>;

/// A photo that belongs to an entry. Its bytes are kept by the store under its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// Before or after.
    pub phase: PhotoPhase,
    /// SHA-256 of the file.
    pub hash: PhotoHash,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(place: Whereabouts) -> Action {
        let at = DateTime::from_timestamp_millis(1_790_000_000_123).unwrap_or_default();
        Action::Report(Box::new(Report {
            item: "GL-A01".into(),
            class: Class::A,
            centre: Centre::Grid,
            severity: 2,
            text: "门口 \"堆\" 物".to_owned(),
            place,
            source: Source::Resident,
            reported_at: at,
            due_at: Some(at),
            photos: Vec::new(),
            origin: Some(Origin {
                profile: "p".into(),
                key: "1".into(),
            }),
            outcome: None,
            limits: None,
            item_version: 0,
            split_from: None,
        }))
    }

    #[test]
    fn actions_are_read_from_the_journal_as_they_were_written() {
        let at = Wgs84 {
            lon: 114.0,
            lat: 22.7,
        };
        let stated: Arc<str> = "牛湖".into();
        let places = [
            Whereabouts::Point {
                at,
                stated: stated.clone(),
                grid: Some("GL01-G01".into()),
            },
            Whereabouts::Point {
                at,
                stated: "".into(),
                grid: None,
            },
            Whereabouts::Area {
                code: "GL01".into(),
                stated: stated.clone(),
            },
            Whereabouts::Elsewhere {
                stated: stated.clone(),
                about: at,
            },
            Whereabouts::Stated { stated },
        ];
        let others = [
            Action::Accept { note: String::new() },
            Action::Split {
                parts: 2,
                reason: "两件事".to_owned(),
            },
        ];
        for action in places.map(report).into_iter().chain(others) {
            let text = serde_json::to_vec(&action).unwrap();
            assert_eq!(Action::from_json(&text).unwrap(), action);
            // In any other order of its fields it is the same.
            let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(
                Action::from_json(&serde_json::to_vec(&value).unwrap()).unwrap(),
                action
            );
        }
    }

    #[test]
    fn a_place_that_lacks_what_it_is_known_by_is_none() {
        for place in [
            r#"{"known":"point"}"#,
            r#"{"known":"area","stated":"x"}"#,
            r#"{"known":"elsewhere"}"#,
            r#"{"known":"nowhere"}"#,
            r#"{"stated":"x"}"#,
        ] {
            assert!(serde_json::from_str::<Whereabouts>(place).is_err(), "{place}");
        }
    }
}
