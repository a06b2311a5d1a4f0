//! What stands in the town: facilities and dwellings. Of a dwelling only the building is known: who lives there is
//! nobody's matter here, and there is no place for it.

use super::{Name, Wgs84};

/// What a facility is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FacilityKind {
    /// 党群服务中心
    PartyMassCentre,
    /// V 站: a point of the volunteers
    VStation,
    /// 服务窗口
    ServiceWindow,
}

impl FacilityKind {
    /// All of them, in the order of legends.
    pub const ALL: [Self; 3] = [Self::PartyMassCentre, Self::VStation, Self::ServiceWindow];
}

/// A facility.
#[derive(Clone, Debug, PartialEq)]
pub struct Facility {
    /// Stable code, unique among facilities.
    pub code: String,
    /// What it is.
    pub kind: FacilityKind,
    /// What it is called.
    pub name: Name,
    /// Where it is.
    pub at: Wgs84,
    /// Whether its whereabouts are a draft that no public source gives.
    pub schematic: bool,
    /// Where its whereabouts come from.
    pub source: String,
}

/// A building that people live in.
#[derive(Clone, Debug, PartialEq)]
pub struct Dwelling {
    /// Its code (建筑编码), unique among dwellings.
    pub code: String,
    /// What it is called.
    pub name: Name,
    /// A point in it.
    pub at: Wgs84,
    /// Its outline, where it is known; WGS-84 degrees, without the last corner that is the first again.
    pub outline: Vec<Wgs84>,
    /// Whether it is a draft that no public source gives.
    pub schematic: bool,
    /// Where it comes from.
    pub source: String,
}

/// Facilities and dwellings of a town.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sites {
    /// Facilities; `None` where the town's data names no file of them.
    pub facilities: Option<Vec<Facility>>,
    /// Dwellings; `None` where the town's data names no file of them.
    pub dwellings: Option<Vec<Dwelling>>,
}
