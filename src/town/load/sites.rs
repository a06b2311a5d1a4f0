//! Reads `facilities.geojson` and `dwellings.geojson`: one feature for each.

use std::collections::HashMap;
use std::path::Path;

use geo::{Centroid, Contains, InteriorPoint, MultiPolygon};
use geojson::{Geometry, GeometryValue, JsonValue};

use crate::town::sites::{Dwelling, Facility, FacilityKind};
use crate::town::{Name, Wgs84};

use super::features::{Properties, collection, properties};
use super::{Faults, Frame, MAX_NAME, MAX_REMARK, rings, word};

/// Features of one file.
const MAX_SITES: usize = 200_000;

const COMMON: [&str; 5] = ["code", "name_zh", "name_en", "schematic", "source"];

/// Reads the facilities of a town around `centre`; `None` where a fault was found.
pub(super) fn facilities(file: &Path, frame: Frame, faults: &mut Faults) -> Option<Vec<Facility>> {
    read(file, faults, |p, geometry| {
        p.refuse_others(
            &["kind"],
            "expected one of code, kind, name_zh, name_en, schematic, source",
        );
        let found = p.text("kind", MAX_NAME, true);
        let kind = found.and_then(|found| match word::<FacilityKind>(&found) {
            Ok(kind) => Some(kind),
            Err(what) => p.fault("kind", what),
        });
        let about = about(p);
        let at = match point(geometry, frame) {
            Ok(at) => Some(at),
            Err(what) => p.fault("geometry", what),
        };
        let about = about?;
        Some(Facility {
            code: about.code,
            kind: kind?,
            name: about.name,
            at: at?,
            schematic: about.schematic,
            source: about.source,
        })
    })
}

/// Reads the dwellings of a town around `centre`; `None` where a fault was found.
pub(super) fn dwellings(file: &Path, frame: Frame, faults: &mut Faults) -> Option<Vec<Dwelling>> {
    read(file, faults, |p, geometry| {
        // What is said of people has no place here: see the rules of the house.
        p.refuse_others(
            &[],
            "expected one of code, name_zh, name_en, schematic, source: of a dwelling only the building is kept, nothing of persons",
        );
        let about = about(p);
        let shape = match shape(geometry, frame) {
            Ok(shape) => Some(shape),
            Err(wrong) => {
                for what in wrong {
                    p.fault::<()>("geometry", what);
                }
                None
            }
        };
        let (about, (at, outline)) = (about?, shape?);
        Some(Dwelling {
            code: about.code,
            name: about.name,
            at,
            outline,
            schematic: about.schematic,
            source: about.source,
        })
    })
}

/// What facilities and dwellings have in common.
struct About {
    code: String,
    name: Name,
    schematic: bool,
    source: String,
}

fn about(p: &mut Properties<'_>) -> Option<About> {
    let (code, name) = (p.code("code"), p.name());
    let (schematic, source) = (p.schematic(), p.text("source", MAX_REMARK, false));
    Some(About {
        code: code?,
        name: name?,
        schematic: schematic?,
        source: source?,
    })
}

impl Properties<'_> {
    fn refuse_others(&mut self, also: &[&str], expected: &str) {
        let known = |key: &&String| COMMON.contains(&key.as_str()) || also.contains(&key.as_str());
        let others: Vec<String> = self.map.keys().filter(|key| !known(key)).cloned().collect();
        for key in others {
            self.fault::<()>(&key, format!("is not known here: {expected}"));
        }
    }
}

fn read<T: Coded>(
    file: &Path,
    faults: &mut Faults,
    mut one: impl FnMut(&mut Properties<'_>, JsonValue) -> Option<T>,
) -> Option<Vec<T>> {
    let before = faults.len();
    let features = collection(file, faults)?;
    if features.len() > MAX_SITES {
        let what = format!(
            "holds {} features, at most {MAX_SITES} are expected",
            features.len()
        );
        faults.add(file, "", "features", what);
        return None;
    }
    let mut all = Vec::with_capacity(features.len());
    let mut known: HashMap<String, usize> = HashMap::new();
    for (number, value) in (1..).zip(features) {
        if faults.is_full() {
            return None;
        }
        let (mut p, geometry) = properties(file, number, value, faults);
        let Some(found) = one(&mut p, geometry) else {
            continue;
        };
        match known.get(found.code()) {
            Some(first) => {
                let what = format!("is already the code of feature {first}");
                p.fault::<()>("code", what);
            }
            None => {
                known.insert(found.code().to_owned(), number);
                all.push(found);
            }
        }
    }
    (faults.len() == before).then_some(all)
}

/// Something with a code.
trait Coded {
    fn code(&self) -> &str;
}

impl Coded for Facility {
    fn code(&self) -> &str {
        &self.code
    }
}

impl Coded for Dwelling {
    fn code(&self) -> &str {
        &self.code
    }
}

fn parse(geometry: JsonValue, expected: &str) -> Result<Geometry, String> {
    if geometry.is_null() {
        return Err(format!("is missing: expected {expected}"));
    }
    serde_json::from_value(geometry).map_err(|error| error.to_string())
}

fn point(geometry: JsonValue, frame: Frame) -> Result<Wgs84, String> {
    let geometry = parse(geometry, "a Point")?;
    let GeometryValue::Point { coordinates } = &geometry.value else {
        return Err(format!("is a {}: expected a Point", geometry.value.type_name()));
    };
    let &[lon, lat, ..] = coordinates.as_slice() else {
        return Err("has no longitude and latitude".to_owned());
    };
    frame.place(lon, lat)
}

/// A point of a dwelling, and its outline: only the point where nothing else is known.
fn shape(geometry: JsonValue, frame: Frame) -> Result<(Wgs84, Vec<Wgs84>), Vec<String>> {
    let geometry = parse(geometry, "a Point or Polygon").map_err(|what| vec![what])?;
    if matches!(geometry.value, GeometryValue::Point { .. }) {
        let value = serde_json::to_value(&geometry).unwrap_or_default();
        let at = point(value, frame).map_err(|what| vec![what])?;
        return Ok((at, Vec::new()));
    }
    let outline: MultiPolygon<f64> = rings::outline(geometry, frame)?;
    // Of most buildings the middle lies inside, and is found much faster.
    let middle = outline.centroid().filter(|middle| outline.contains(middle));
    let inside = middle.or_else(|| outline.interior_point());
    let (Some(inside), Some(first)) = (inside, outline.0.first()) else {
        return Err(vec!["has no point inside: expected an area".to_owned()]);
    };
    let corner = |c: &geo::Coord<f64>| Wgs84 { lon: c.x, lat: c.y };
    let mut corners: Vec<Wgs84> = first.exterior().coords().map(corner).collect();
    corners.pop();
    let at = Wgs84 {
        lon: inside.x(),
        lat: inside.y(),
    };
    Ok((at, corners))
}
