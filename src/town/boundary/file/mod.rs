//! Boundaries in files, both ways: GeoJSON and GeoPackage. A file is judged before anything of it is taken over.

mod geojson;
mod geopackage;
mod wkb;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::town::datum::Datum;
use crate::town::{Name, PlaceKind, Places, Wgs84};

use super::check::{Fault, FaultKind};
use super::shape::{Node, Ring, Shape, node, tidy, turn, twice_area};
use super::{Drawn, MAX_RING, outline_of};

/// Bytes of the largest file that is read.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Positions of all features of one file.
const MAX_POSITIONS: usize = 2_000_000;

/// Kilometres from the middle of the town beyond which only a wrong position lies.
const MAX_KM: f64 = 200.0;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GeoJSON (RFC 7946), `.geojson` or `.json`.
    GeoJson,
    /// GeoPackage (OGC 12-128), `.gpkg`.
    GeoPackage,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::GeoJson, Self::GeoPackage];

    /// The kind that a file's ending names.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "geojson" | "json" => Some(Self::GeoJson),
            "gpkg" => Some(Self::GeoPackage),
            _ => None,
        }
    }

    /// The ending of its files, without a dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::GeoPackage => "gpkg",
        }
    }
}

/// Why a file can't be read or written at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Neither of the two kinds.
    #[error("{}: expected a name that ends with .geojson or .gpkg", .0.display())]
    Kind(PathBuf),
    /// What the system or the reader says.
    #[error("{}: {what}", .path.display())]
    Bad {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl FileError {
    fn bad(path: &Path, what: impl ToString) -> Self {
        Self::Bad {
            path: path.to_owned(),
            what: what.to_string(),
        }
    }
}

/// What a file says, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The places whose outline could be read.
    pub shapes: Vec<Shape>,
    /// What is wrong with features by themselves.
    pub faults: Vec<Fault>,
}

/// A feature of a file, before it is understood.
#[derive(Debug)]
struct Feature {
    /// What it is called in messages: `feature 3`.
    at: String,
    /// Its properties as text, by name.
    properties: BTreeMap<String, String>,
    /// Polygons of rings of degrees, or what is wrong with them.
    outline: Result<Vec<Vec<Vec<[f64; 2]>>>, String>,
}

/// Reads the places of a file whose coordinates are in `datum`, for a town with these places around `centre`.
///
/// # Errors
/// Where the file can't be read at all; faults of single features stand in what was found.
pub fn read(path: &Path, datum: Datum, places: &Places, centre: Wgs84) -> Result<Found, FileError> {
    let format = Format::of(path).ok_or_else(|| FileError::Kind(path.to_owned()))?;
    let about = std::fs::metadata(path).map_err(|e| FileError::bad(path, e))?;
    if !about.is_file() {
        return Err(FileError::bad(path, "is not a file"));
    }
    if about.len() > MAX_BYTES {
        let most = MAX_BYTES / 1024 / 1024;
        return Err(FileError::bad(path, format!("has more than {most} MB")));
    }
    let features = match format {
        Format::GeoJson => geojson::read(path),
        Format::GeoPackage => geopackage::read(path),
    };
    let features = features.map_err(|what| FileError::bad(path, what))?;
    let positions: usize = features
        .iter()
        .filter_map(|f| f.outline.as_ref().ok())
        .flat_map(|outline| outline.iter().flatten())
        .map(Vec::len)
        .sum();
    if positions > MAX_POSITIONS {
        let what = format!("holds {positions} positions, at most {MAX_POSITIONS} are read: simplify it");
        return Err(FileError::bad(path, what));
    }
    let mut found = Found::default();
    let mut codes = HashSet::new();
    for feature in features {
        let reader = Reader {
            datum,
            places,
            centre,
            faults: &mut found.faults,
        };
        let Some(shape) = reader.shape(feature) else {
            continue;
        };
        if codes.insert(shape.code.clone()) {
            found.shapes.push(shape);
        } else {
            let at = shape.rings().flatten().next().map(|n| super::wgs84(*n));
            found
                .faults
                .push(Fault::at(FaultKind::DuplicateCode, &[&shape.code], at));
        }
    }
    Ok(found)
}

/// Writes places to a file, wholly or not at all. Coordinates are WGS-84.
///
/// # Errors
/// Where the file can't be written.
pub fn write(path: &Path, shapes: &[Arc<Shape>]) -> Result<(), FileError> {
    let format = Format::of(path).ok_or_else(|| FileError::Kind(path.to_owned()))?;
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    std::fs::remove_file(&part).ok();
    let written = match format {
        Format::GeoJson => std::fs::write(&part, geojson::text(shapes)).map_err(|e| e.to_string()),
        Format::GeoPackage => geopackage::write(&part, shapes),
    };
    let moved = written.and_then(|()| std::fs::rename(&part, path).map_err(|e| e.to_string()));
    moved.map_err(|what| {
        std::fs::remove_file(&part).ok();
        FileError::bad(path, what)
    })
}

/// Understands one feature.
struct Reader<'a> {
    datum: Datum,
    places: &'a Places,
    centre: Wgs84,
    faults: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, kind: FaultKind, of: &str, at: Option<Wgs84>, detail: impl Into<String>) {
        self.faults.push(Fault {
            detail: detail.into(),
            ..Fault::at(kind, &[of], at)
        });
    }

    fn shape(mut self, feature: Feature) -> Option<Shape> {
        let get = |names: &[&str]| {
            let found = names.iter().find_map(|name| feature.properties.get(*name));
            found
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let Some(code) = get(&["code", "编码", "网格编码"]) else {
            self.fault(FaultKind::Unreadable, &feature.at, None, "has no property 'code'");
            return None;
        };
        let of = format!("{} ({code})", feature.at);
        if code.len() > 64 || code.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.fault(
                FaultKind::Unreadable,
                &of,
                None,
                "its code is too long or holds spaces",
            );
            return None;
        }
        let there = self.places.by_code(&code).map(|id| self.places.get(id));
        let kind = match get(&["kind", "类型"]) {
            Some(text) => kind_of(&text),
            None => there.map(|place| place.kind),
        };
        let zh = get(&["name_zh", "name", "名称"]).or_else(|| there.map(|place| place.name.zh.clone()));
        let (Some(kind), Some(zh)) = (kind, zh) else {
            let what = "needs the properties 'kind' (base_grid, party_grid, block, community) and 'name_zh'";
            self.fault(FaultKind::Unreadable, &of, None, what);
            return None;
        };
        let parent = get(&["parent", "上级"]).or_else(|| Some(self.places.get(there?.parent?).code.clone()));
        let en = get(&["name_en"]).or_else(|| there.map(|place| place.name.en.clone()));
        let schematic = get(&["schematic"]).map(|text| matches!(text.as_str(), "true" | "1"));
        let source = get(&["source", "来源"]).or_else(|| there.map(|place| place.source.clone()));
        let polygons = self.polygons(&of, feature.outline)?;
        Some(Shape {
            code,
            kind,
            name: Name {
                zh,
                en: en.unwrap_or_default(),
            },
            parent,
            polygons,
            members: Vec::new(),
            schematic: schematic.unwrap_or_else(|| there.is_some_and(|place| place.schematic)),
            source: source.unwrap_or_default(),
        })
    }

    fn polygons(
        &mut self,
        of: &str,
        outline: Result<Vec<Vec<Vec<[f64; 2]>>>, String>,
    ) -> Option<Vec<Vec<Ring>>> {
        let outline = match outline {
            Ok(outline) => outline,
            Err(what) => {
                self.fault(FaultKind::Unreadable, of, None, what);
                return None;
            }
        };
        let mut polygons = Vec::new();
        for (i, rings) in outline.iter().enumerate() {
            let mut read = Vec::new();
            for (j, positions) in rings.iter().enumerate() {
                let name = format!("polygon {}, ring {}", i + 1, j + 1);
                read.push(self.ring(of, &name, positions, j == 0)?);
            }
            if !read.is_empty() {
                polygons.push(read);
            }
        }
        if polygons.is_empty() {
            self.fault(FaultKind::TooFew, of, None, "encloses nothing");
            return None;
        }
        Some(polygons)
    }

    fn ring(&mut self, of: &str, name: &str, positions: &[[f64; 2]], outer: bool) -> Option<Ring> {
        if positions.len() > MAX_RING + 1 {
            let at = positions
                .first()
                .map(|[lon, lat]| self.datum.to_wgs84(*lon, *lat));
            let at = at.filter(|at| at.is_valid());
            let what = format!(
                "{name} has {} positions, at most {MAX_RING}: simplify it",
                positions.len()
            );
            self.fault(FaultKind::TooMany, of, at, what);
            return None;
        }
        let mut ring: Ring = Vec::with_capacity(positions.len());
        for (k, position) in positions.iter().enumerate() {
            ring.push(self.corner(of, || format!("{name}, position {}", k + 1), *position)?);
        }
        if ring.len() > 1 && ring.first() != ring.last() {
            let at = ring.last().map(|n| super::wgs84(*n));
            self.fault(FaultKind::NotClosed, of, at, name);
        }
        tidy(&mut ring);
        let at = ring.first().map(|n| super::wgs84(*n));
        if ring.len() < 3 {
            self.fault(FaultKind::TooFew, of, at, name);
            return None;
        }
        if (twice_area(&ring) > 0) != outer {
            self.fault(FaultKind::Winding, of, at, name);
            turn(&mut ring, outer);
        }
        Some(ring)
    }

    fn corner(&mut self, of: &str, name: impl Fn() -> String, [lon, lat]: [f64; 2]) -> Option<Node> {
        let said = || format!("{}: {lon}, {lat}", name());
        if !lon.is_finite() || !lat.is_finite() {
            self.fault(FaultKind::NotANumber, of, None, said());
            return None;
        }
        let at = self.datum.to_wgs84(lon, lat);
        let turned = self.datum.to_wgs84(lat, lon);
        let km = |at: Wgs84| self.centre.distance_m(at) / 1000.0;
        let is_swapped = turned.is_valid() && km(turned) < MAX_KM;
        if !at.is_valid() {
            let kind = if is_swapped {
                FaultKind::Swapped
            } else {
                FaultKind::OffTheGlobe
            };
            self.fault(kind, of, None, said());
            return None;
        }
        if km(at) > MAX_KM {
            let kind = if is_swapped {
                FaultKind::Swapped
            } else {
                FaultKind::FarAway
            };
            self.fault(kind, of, Some(at), said());
            return None;
        }
        Some(node(at))
    }
}

/// Words that stand for kinds of place in files.
fn kind_of(text: &str) -> Option<PlaceKind> {
    Some(match text {
        "sub_district" | "街道" => PlaceKind::SubDistrict,
        "community" | "社区" => PlaceKind::Community,
        "base_grid" | "基础网格" | "网格" => PlaceKind::BaseGrid,
        "party_grid" | "党建网格" => PlaceKind::PartyGrid,
        "block" | "街区" => PlaceKind::Block,
        _ => return None,
    })
}

/// The word for a kind of place in files.
pub fn kind_word(kind: PlaceKind) -> &'static str {
    match kind {
        PlaceKind::SubDistrict => "sub_district",
        PlaceKind::Community => "community",
        PlaceKind::BaseGrid => "base_grid",
        PlaceKind::PartyGrid => "party_grid",
        PlaceKind::Block => "block",
    }
}

/// How the places of a file lie to those that are there, by code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Not there yet.
    pub new: Vec<String>,
    /// There, with another outline, name or parent.
    pub changed: Vec<String>,
    /// There, and the same.
    pub same: Vec<String>,
    /// There, of a kind that the file has, and not in the file.
    pub gone: Vec<String>,
}

/// Compares the places of a file with those that are there.
pub fn compare(found: &Found, there: &[Arc<Shape>]) -> Comparison {
    let mut compared = Comparison::default();
    let plain = |drawn: &Drawn| (drawn.name.clone(), drawn.parent.clone(), drawn.kind);
    for shape in &found.shapes {
        let list = match there.iter().find(|s| s.code == shape.code) {
            None => &mut compared.new,
            Some(old) => {
                let (a, b) = (old.drawn(), shape.drawn());
                let same = plain(&a) == plain(&b) && same_outline(&outline_of(&a), &outline_of(&b));
                if same {
                    &mut compared.same
                } else {
                    &mut compared.changed
                }
            }
        };
        list.push(shape.code.clone());
    }
    let kinds: HashSet<PlaceKind> = found.shapes.iter().map(|s| s.kind).collect();
    let codes: HashSet<&str> = found.shapes.iter().map(|s| s.code.as_str()).collect();
    let missing = there
        .iter()
        .filter(|s| kinds.contains(&s.kind) && !codes.contains(s.code.as_str()));
    compared.gone = missing.map(|s| s.code.clone()).collect();
    compared
}

/// Whether two outlines are the same, wherever their rings begin.
fn same_outline(a: &[Vec<Ring>], b: &[Vec<Ring>]) -> bool {
    let turned = |ring: &Ring| {
        let mut ring = ring.clone();
        let first = ring
            .iter()
            .enumerate()
            .min_by_key(|(_, n)| **n)
            .map_or(0, |(i, _)| i);
        ring.rotate_left(first);
        ring
    };
    let sorted = |polygons: &[Vec<Ring>]| {
        let mut all: Vec<Vec<Ring>> = polygons
            .iter()
            .map(|rings| rings.iter().map(turned).collect())
            .collect();
        all.sort();
        all
    };
    sorted(a) == sorted(b)
}
