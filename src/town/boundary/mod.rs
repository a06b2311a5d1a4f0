//! Boundaries that the hall draws itself: shapes on an exact lattice, what can be done with them, what may be wrong with
//! them, and how a town stands after they were changed.
//!
//! Positions are whole numbers of a hundred-millionth of a degree (about a millimetre), so that neighbours share their
//! corners exactly, nothing is lost between the journal and memory, and whether two edges meet is never a question of
//! rounding.

mod apply;
mod check;
mod cut;
mod fabric;
pub mod file;
mod judge;
mod plan;
mod shape;

use serde::{Deserialize, Serialize};

use super::{Name, PlaceKind};

pub(super) use apply::place_now;
pub use apply::{Redrawn, redrawn};
pub use check::{Fault, FaultKind, TOLERANCE_M2, Weight, check, check_some};
pub use judge::judge;
pub use plan::{Cannot, Corner, Plan, Snap, nudged, outline_of};
pub use shape::{Node, Ring, Shape, area_m2, node, wgs84};

/// Corners of the longest ring that is kept. The files of towns know the same bound.
pub const MAX_RING: usize = 20_000;

/// Corners of all outlines of one change.
pub const MAX_CHANGE: usize = 200_000;

/// A place as it is drawn from some moment on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// Its code.
    pub code: String,
    /// What it is.
    pub kind: PlaceKind,
    /// What it is called.
    pub name: Name,
    /// The code of the place that contains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Polygons of rings of WGS-84 degrees, longitude first; the first ring of each is the outer one.
    pub outline: Vec<Vec<Vec<[f64; 2]>>>,
    /// Whether the outline is a draft that no public source gives.
    #[serde(default)]
    pub schematic: bool,
    /// Where the outline comes from.
    #[serde(default)]
    pub source: String,
}

/// A place that is no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// Its code.
    pub code: String,
    /// The place that its people belong to from then on; the one that contained it where `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
}

/// What becomes different in the boundaries of a town, at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// New places, and those that are there with their new outline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drawn: Vec<Drawn>,
    /// Places that are no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Gone>,
}

impl Change {
    /// Whether nothing becomes different.
    pub fn is_empty(&self) -> bool {
        self.drawn.is_empty() && self.gone.is_empty()
    }

    /// Corners of all its outlines.
    pub fn corners(&self) -> usize {
        self.drawn
            .iter()
            .flat_map(|d| d.outline.iter().flatten())
            .map(Vec::len)
            .sum()
    }

    /// Whether every number in it is one, and on the globe.
    pub fn is_on_the_globe(&self) -> bool {
        let mut all = self
            .drawn
            .iter()
            .flat_map(|d| d.outline.iter().flatten().flatten());
        all.all(|[lon, lat]| super::Wgs84 { lon: *lon, lat: *lat }.is_valid())
    }
}
