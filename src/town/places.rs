//! Places of a town and who contains what. Positions are WGS-84 degrees throughout.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use geo::{BoundingRect, Distance, Haversine};

use super::Name;
use super::ground::{Around, Ground, NearBoundary};

/// Index of a place in [`Places`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlaceId(pub u16);

/// A position: WGS-84 longitude and latitude in degrees.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(from = "[f64; 2]", into = "[f64; 2]")]
pub struct Wgs84 {
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
}

impl From<[f64; 2]> for Wgs84 {
    fn from([lon, lat]: [f64; 2]) -> Self {
        Self { lon, lat }
    }
}

impl From<Wgs84> for [f64; 2] {
    fn from(p: Wgs84) -> Self {
        [p.lon, p.lat]
    }
}

impl From<Wgs84> for geo::Point<f64> {
    fn from(p: Wgs84) -> Self {
        geo::Point::new(p.lon, p.lat)
    }
}

impl Wgs84 {
    /// Great-circle distance in metres.
    pub fn distance_m(self, other: Self) -> f64 {
        Haversine.distance(self.into(), other.into())
    }

    /// Metres to a point in the same town, on the flat: within a few thousandths of [`Self::distance_m`], and many times
    /// faster. `shrink` is the cosine of the latitude here.
    pub fn near_distance_m(self, other: Self, shrink: f64) -> f64 {
        // Metres of a degree of latitude on the sphere that the other distance is measured on.
        const DEGREE_M: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0;
        let (x, y) = ((other.lon - self.lon) * shrink, other.lat - self.lat);
        DEGREE_M * (x * x + y * y).sqrt()
    }

    /// Whether both degrees are finite and on the globe.
    pub fn is_valid(self) -> bool {
        self.lon.is_finite() && self.lat.is_finite() && self.lon.abs() <= 180.0 && self.lat.abs() <= 90.0
    }
}

/// What a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// 街道
    SubDistrict,
    /// 社区 (working community)
    Community,
    /// 基础网格
    BaseGrid,
    /// 党建网格, a union of base grids
    PartyGrid,
    /// 街区, under a street chief
    Block,
}

impl PlaceKind {
    /// All kinds, from the widest to the narrowest.
    pub const ALL: [Self; 5] = [
        Self::SubDistrict,
        Self::Community,
        Self::PartyGrid,
        Self::BaseGrid,
        Self::Block,
    ];
}

/// A community, a grid, a block, or the sub-district itself.
#[derive(Clone, Debug)]
pub struct Place {
    /// Stable code, unique in the town.
    pub code: String,
    /// What it is.
    pub kind: PlaceKind,
    /// What it is called.
    pub name: Name,
    /// The place that contains it.
    pub parent: Option<PlaceId>,
    /// Its outline, WGS-84 degrees.
    pub outline: geo::MultiPolygon<f64>,
    /// A point inside it, where its label stands.
    pub label_at: Wgs84,
    /// Whether the outline is a draft that no public source gives.
    pub schematic: bool,
    /// Where the outline comes from.
    pub source: String,
}

impl Place {
    /// Its area in square metres, on the ellipsoid. Worked out anew each time: about a microsecond for each corner.
    pub fn area_m2(&self) -> f64 {
        super::boundary::area_m2(&self.outline)
    }
}

/// All places, found by code or by point.
#[derive(Clone, Debug)]
pub struct Places {
    all: Vec<Place>,
    by_code: HashMap<String, PlaceId>,
    ground: OnceLock<Arc<Ground>>,
}

impl Places {
    /// Indexes places whose codes are unique.
    pub fn new(all: Vec<Place>) -> Self {
        let by_code = all
            .iter()
            .enumerate()
            .map(|(i, p)| (p.code.clone(), PlaceId(i as u16)))
            .collect();
        Self {
            all,
            by_code,
            ground: OnceLock::new(),
        }
    }

    fn ground(&self) -> &Ground {
        self.ground.get_or_init(|| Arc::new(Ground::new(&self.all)))
    }

    /// The place with that id.
    pub fn get(&self, id: PlaceId) -> &Place {
        &self.all[id.0 as usize]
    }

    /// The place with that code.
    pub fn by_code(&self, code: &str) -> Option<PlaceId> {
        self.by_code.get(code).copied()
    }

    /// The place of that kind with that Chinese or English name; a trailing 社区 may be missing.
    pub fn by_name(&self, kind: PlaceKind, name: &str) -> Option<PlaceId> {
        let bare = |s: &str| s.trim().trim_end_matches("社区").to_lowercase();
        let wanted = bare(name);
        self.of_kind(kind)
            .find(|(_, p)| bare(&p.name.zh) == wanted || p.name.en.to_lowercase() == wanted)
            .map(|(id, _)| id)
    }

    /// All places of that kind, in the order of the file.
    pub fn of_kind(&self, kind: PlaceKind) -> impl Iterator<Item = (PlaceId, &Place)> {
        self.iter().filter(move |(_, p)| p.kind == kind)
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All places, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (PlaceId, &Place)> {
        self.all.iter().enumerate().map(|(i, p)| (PlaceId(i as u16), p))
    }

    /// The place of that kind around the point. A point on a shared edge belongs to the first of the file.
    pub fn at(&self, at: Wgs84, kind: PlaceKind) -> Option<PlaceId> {
        self.ground().at(at, kind)
    }

    /// The places around the point, one of each kind, indexed by [`PlaceKind`]. A point on a shared edge belongs to the
    /// first of the file.
    pub fn around(&self, at: Wgs84) -> Around {
        self.ground().around(at)
    }

    /// Boundaries of communities, party grids, base grids and blocks that are at most `metres` from the point: wide
    /// places first, and of one kind the nearest first.
    pub fn near_boundary(&self, at: Wgs84, metres: f64) -> Vec<NearBoundary> {
        self.ground().near_boundary(at, metres)
    }

    /// The smallest box around all places: south-west and north-east corner.
    pub fn bounds(&self) -> Option<(Wgs84, Wgs84)> {
        let mut rects = self.all.iter().filter_map(|p| p.outline.bounding_rect());
        let first = rects.next()?;
        let (mut min, mut max) = (first.min(), first.max());
        for rect in rects {
            min.x = min.x.min(rect.min().x);
            min.y = min.y.min(rect.min().y);
            max.x = max.x.max(rect.max().x);
            max.y = max.y.max(rect.max().y);
        }
        Some((
            Wgs84 {
                lon: min.x,
                lat: min.y,
            },
            Wgs84 {
                lon: max.x,
                lat: max.y,
            },
        ))
    }

    /// The smallest box around that place: south-west and north-east corner.
    pub fn bounds_of(&self, id: PlaceId) -> Option<(Wgs84, Wgs84)> {
        let rect = self.get(id).outline.bounding_rect()?;
        let corner = |at: geo::Coord<f64>| Wgs84 { lon: at.x, lat: at.y };
        Some((corner(rect.min()), corner(rect.max())))
    }

    /// Whether the point lies in the sub-district.
    pub fn contains(&self, at: Wgs84) -> bool {
        self.at(at, PlaceKind::SubDistrict).is_some() || self.at(at, PlaceKind::Community).is_some()
    }
}
