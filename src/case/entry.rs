//! Journal entries: what happened to a case, who did it, when, from which seat, and on which version.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::town::{Centre, Class, Handler, Wgs84};

use super::Step;

/// The number of a case, given by the journal, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub i64);

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
    },
    /// 派遣
    Dispatch {
        /// To whom.
        to: Handler,
        /// Free words, may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
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
    /// 退回
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
}

impl Action {
    /// The step that this action takes; `None` for the report that opens a case.
    pub fn step(&self) -> Option<Step> {
        Some(match self {
            Self::Report(_) => return None,
            Self::Accept { .. } => Step::Accept,
            Self::Refuse { .. } => Step::Refuse,
            Self::Dispatch { .. } => Step::Dispatch,
            Self::Arrive { .. } => Step::Arrive,
            Self::Rectify { .. } => Step::Rectify,
            Self::Verify { .. } => Step::Verify,
            Self::SendBack { .. } => Step::SendBack,
            Self::Close { .. } => Step::Close,
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
            | Self::Close { note } => note,
            Self::Refuse { reason } | Self::SendBack { reason } => reason,
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
}

/// Where a case is, as well as it is known. Never an invented point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "known", rename_all = "snake_case")]
pub enum Whereabouts {
    /// At a point.
    Point {
        /// WGS-84.
        at: Wgs84,
        /// The place as it was stated, may be empty.
        #[serde(default, skip_serializing_if = "str::is_empty")]
        stated: Arc<str>,
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
