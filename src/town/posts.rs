//! People as posts, and teams: who can be sent and who may decide (the report's rows M5–M7).

use std::fmt;
use std::sync::Arc;

use chrono::NaiveTime;

use super::{Name, PlaceId, Wgs84};

/// Index of a post in [`super::Town::posts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PostId(pub u16);

/// Index of a team in [`super::Town::teams`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TeamId(pub u16);

/// What a post is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 调度员, at a seat of the hall
    Dispatcher,
    /// 值班长
    DutyLeader,
    /// 社区社会管理片区办公室
    CommunityOfficer,
    /// 街长
    StreetChief,
    /// 党建网格长
    PartyGridChief,
    /// 党建指导员
    PartyInstructor,
    /// 党建网格联络员
    PartyGridLiaison,
    /// 党建网格员
    PartyGridMember,
    /// 网格员 of a base grid
    GridOfficer,
    /// 部门经办
    DepartmentOfficer,
    /// 督查员
    Inspector,
    /// 会议主持, shows the hall and changes nothing
    Presenter,
    /// 系统管理员
    Administrator,
}

impl Role {
    /// All roles, in the order of the matrix of permissions.
    pub const ALL: [Self; 13] = [
        Self::Dispatcher,
        Self::DutyLeader,
        Self::CommunityOfficer,
        Self::DepartmentOfficer,
        Self::StreetChief,
        Self::PartyGridChief,
        Self::PartyInstructor,
        Self::PartyGridLiaison,
        Self::PartyGridMember,
        Self::GridOfficer,
        Self::Inspector,
        Self::Presenter,
        Self::Administrator,
    ];

    /// The word that stands for it in data.
    pub fn code(self) -> &'static str {
        match self {
            Self::Dispatcher => "dispatcher",
            Self::DutyLeader => "duty_leader",
            Self::CommunityOfficer => "community_officer",
            Self::DepartmentOfficer => "department_officer",
            Self::StreetChief => "street_chief",
            Self::PartyGridChief => "party_grid_chief",
            Self::PartyInstructor => "party_instructor",
            Self::PartyGridLiaison => "party_grid_liaison",
            Self::PartyGridMember => "party_grid_member",
            Self::GridOfficer => "grid_officer",
            Self::Inspector => "inspector",
            Self::Presenter => "presenter",
            Self::Administrator => "administrator",
        }
    }

    /// Whether posts of this role are sent to cases, and take them themselves.
    pub fn is_sent(self) -> bool {
        matches!(
            self,
            Self::StreetChief | Self::CommunityOfficer | Self::PartyGridChief | Self::GridOfficer
        )
    }

    /// Whether posts of this role act for the whole sub-district, not for the place of their post only.
    pub fn is_of_the_hall(self) -> bool {
        matches!(
            self,
            Self::Dispatcher
                | Self::DutyLeader
                | Self::DepartmentOfficer
                | Self::Inspector
                | Self::Presenter
                | Self::Administrator
        )
    }
}

/// One post. A person's name is data of the post, marked where it is a sample.
#[derive(Clone, Debug)]
pub struct Post {
    /// Stable code, unique in the town.
    pub code: String,
    /// What it is for.
    pub role: Role,
    /// What it is called.
    pub title: Name,
    /// Who holds it.
    pub holder: Name,
    /// The place it answers for.
    pub place: PlaceId,
    /// Whether the holder is made up.
    pub sample: bool,
}

/// What a team is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TeamKind {
    /// 党建网格服务队
    PartyGridTeam,
    /// 城管队
    CityManagement,
    /// 安全队
    Safety,
    /// 治安队
    PublicOrder,
    /// A department of the sub-district
    Department,
    /// 应急分队
    Emergency,
    /// 维修养护
    Maintenance,
    /// 志愿者
    Volunteers,
}

/// A team that can be sent.
#[derive(Clone, Debug)]
pub struct Team {
    /// Stable code, unique in the town.
    pub code: String,
    /// What it is.
    pub kind: TeamKind,
    /// What it is called.
    pub name: Name,
    /// The place it answers for.
    pub place: PlaceId,
    /// Where it sets out from.
    pub station: Wgs84,
    /// How many matters it can have in hand at once.
    pub capacity: u16,
    /// Domains of the catalogue, in Chinese, that it knows well; empty where it is for everything.
    pub skills: Vec<String>,
    /// The time of day, in the town's time zone, at which it works; it may go over midnight. Always where `None`.
    pub shift: Option<(NaiveTime, NaiveTime)>,
    /// Whether it is made up.
    pub sample: bool,
}

impl Team {
    /// Whether it works at that time of day.
    pub fn works_at(&self, time: NaiveTime) -> bool {
        match self.shift {
            None => true,
            Some((from, to)) if from < to => from <= time && time < to,
            Some((from, to)) => from <= time || time < to,
        }
    }
}

/// Who a case is given to: a post (a street chief, say) or a team. Written `post:CODE` or `team:CODE`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Handler {
    /// A post, by code.
    Post(Arc<str>),
    /// A team, by code.
    Team(Arc<str>),
}

impl fmt::Display for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Post(code) => write!(f, "post:{code}"),
            Self::Team(code) => write!(f, "team:{code}"),
        }
    }
}

impl From<Handler> for String {
    fn from(handler: Handler) -> Self {
        handler.to_string()
    }
}

impl TryFrom<String> for Handler {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("post", code)) => Ok(Self::Post(code.into())),
            Some(("team", code)) => Ok(Self::Team(code.into())),
            _ => Err(format!("'{text}' is neither 'post:CODE' nor 'team:CODE'")),
        }
    }
}
