//! Reads `places.geojson`: one feature for each place.

use std::collections::HashMap;
use std::path::Path;

use geo::{Contains, InteriorPoint, MultiPolygon, Point};
use geojson::{Geometry, JsonObject, JsonValue};

use crate::town::{Name, Place, PlaceId, PlaceKind, Wgs84};

use super::{
    Faults, Frame, MAX_NAME, MAX_REMARK, MAX_ROWS, code_fault, quoted, read_text, relations, rings,
    text_fault, word,
};

/// The places that codes name, also those with mistakes, so that posts and teams can be checked.
pub(super) type Known = HashMap<String, (PlaceId, Option<PlaceKind>)>;

/// What a file of places gave.
pub(super) struct Found {
    pub known: Known,
    /// Only where no mistake was found.
    pub places: Option<Vec<Place>>,
}

/// A feature as far as it could be read. What is missing has a fault that tells why.
pub(super) struct Feature {
    /// Where it stands: `feature 3 (GL01)`.
    pub at: String,
    pub code: Option<String>,
    pub kind: Option<PlaceKind>,
    pub name: Option<Name>,
    /// The code of its parent; the inner is `None` where it says that there is none.
    pub parent: Option<Option<String>>,
    pub schematic: Option<bool>,
    pub source: Option<String>,
    /// The base grids that a party grid says to consist of.
    pub base_grids: Vec<String>,
    pub outline: Option<MultiPolygon<f64>>,
    /// A point inside the outline.
    pub inside: Option<Point<f64>>,
}

/// Reads the places of a town; `None` where the file holds no features at all.
pub(super) fn read(file: &Path, frame: Frame, faults: &mut Faults) -> Option<Found> {
    let before = faults.len();
    let features = collection(file, faults)?;
    if features.len() > MAX_ROWS {
        let what = format!(
            "holds {} features, at most {MAX_ROWS} are expected",
            features.len()
        );
        faults.add(file, "", "features", what);
        return None;
    }
    let mut read = Vec::with_capacity(features.len());
    for (number, value) in (1..).zip(features) {
        read.push(feature(file, number, value, frame, faults));
        if faults.is_full() {
            return None;
        }
    }
    let known = known(file, &read, faults);
    relations::check(file, &read, &known, faults);
    let places = (faults.len() == before).then(|| places(file, read, &known, faults));
    Some(Found {
        known,
        places: places.filter(|_| faults.len() == before),
    })
}

pub(super) fn collection(file: &Path, faults: &mut Faults) -> Option<Vec<JsonValue>> {
    let text = read_text(file, faults)?;
    let mut value: JsonValue = serde_json::from_str(&text)
        .map_err(|error| {
            // The library ends its message with the place, which stands in a field of its own here.
            let message = error.to_string();
            let message = message
                .rsplit_once(" at line")
                .map_or(message.as_str(), |(words, _)| words);
            let at = format!("line {}, column {}", error.line(), error.column());
            faults.add(file, at, "", format!("is no JSON: {message}"));
        })
        .ok()?;
    let is_collection = value.get("type").and_then(JsonValue::as_str) == Some("FeatureCollection");
    match value.get_mut("features").map(JsonValue::take) {
        Some(JsonValue::Array(features)) if is_collection => Some(features),
        _ => {
            faults.add(
                file,
                "",
                "",
                "is no GeoJSON FeatureCollection with an array of features",
            );
            None
        }
    }
}

/// The properties of one feature, and where to tell of what is wrong with them.
pub(super) struct Properties<'a> {
    file: &'a Path,
    at: String,
    pub map: JsonObject,
    faults: &'a mut Faults,
}

impl Properties<'_> {
    pub fn fault<T>(&mut self, field: &str, what: impl Into<String>) -> Option<T> {
        self.faults.add(self.file, self.at.as_str(), field, what);
        None
    }

    pub fn text(&mut self, field: &str, max: usize, may_be_empty: bool) -> Option<String> {
        match self.map.get(field) {
            Some(JsonValue::String(text)) => match text_fault(text, max, may_be_empty) {
                Some(what) => self.fault(field, what),
                None => Some(text.clone()),
            },
            Some(other) => {
                let what = format!("found {}, expected a text", quoted(&other.to_string()));
                self.fault(field, what)
            }
            None => self.fault(field, "is missing"),
        }
    }

    pub fn code(&mut self, field: &str) -> Option<String> {
        let code = self.text(field, MAX_NAME, false)?;
        match code_fault(&code) {
            Some(what) => self.fault(field, what),
            None => Some(code),
        }
    }

    fn kind(&mut self) -> Option<PlaceKind> {
        let found = self.text("kind", MAX_NAME, true)?;
        word(&found).map_err(|what| self.fault::<()>("kind", what)).ok()
    }

    pub fn name(&mut self) -> Option<Name> {
        let (zh, en) = (
            self.text("name_zh", MAX_NAME, false),
            self.text("name_en", MAX_NAME, true),
        );
        Some(Name { zh: zh?, en: en? })
    }

    fn parent(&mut self) -> Option<Option<String>> {
        match self.map.get("parent") {
            Some(JsonValue::Null) => Some(None),
            None => self.fault("parent", "is missing: expected the code of a place, or null"),
            Some(_) => self.code("parent").map(Some),
        }
    }

    pub fn schematic(&mut self) -> Option<bool> {
        let found = self.map.get("schematic").cloned();
        match found {
            Some(JsonValue::Bool(schematic)) => Some(schematic),
            Some(other) => self.fault("schematic", format!("found {other}, expected true or false")),
            None => self.fault("schematic", "is missing: expected true or false"),
        }
    }

    fn base_grids(&mut self) -> Vec<String> {
        let found = match self.map.get("base_grids") {
            None | Some(JsonValue::Null) => return Vec::new(),
            Some(found) => found,
        };
        let texts = |all: &Vec<JsonValue>| all.iter().map(|v| v.as_str().map(str::to_owned)).collect();
        let codes: Option<Vec<String>> = found.as_array().and_then(texts);
        codes.unwrap_or_else(|| {
            self.fault::<()>("base_grids", "expected a list of codes");
            Vec::new()
        })
    }
}

/// The properties of a feature, counted from 1, and its geometry, whatever that is.
pub(super) fn properties<'a>(
    file: &'a Path,
    number: usize,
    value: JsonValue,
    faults: &'a mut Faults,
) -> (Properties<'a>, JsonValue) {
    let mut at = format!("feature {number}");
    let (mut map, mut geometry) = (JsonObject::new(), JsonValue::Null);
    if let JsonValue::Object(mut object) = value {
        geometry = object.remove("geometry").unwrap_or_default();
        if let Some(JsonValue::Object(properties)) = object.remove("properties") {
            map = properties;
        } else {
            faults.add(file, at.as_str(), "properties", "are missing");
        }
    } else {
        faults.add(file, at.as_str(), "", "is no GeoJSON feature");
    }
    if let Some(JsonValue::String(code)) = map.get("code") {
        at = format!("feature {number} ({})", quoted(code).trim_matches('\''));
    }
    let properties = Properties {
        file,
        at,
        map,
        faults,
    };
    (properties, geometry)
}

fn feature(file: &Path, number: usize, value: JsonValue, frame: Frame, faults: &mut Faults) -> Feature {
    let (mut properties, geometry) = properties(file, number, value, faults);
    let outline = read_outline(geometry, frame).map_err(|wrong| {
        for what in wrong {
            properties.fault::<()>("geometry", what);
        }
    });
    Feature {
        code: properties.code("code"),
        kind: properties.kind(),
        name: properties.name(),
        parent: properties.parent(),
        schematic: properties.schematic(),
        source: properties.text("source", MAX_REMARK, false),
        base_grids: properties.base_grids(),
        inside: outline.as_ref().ok().and_then(InteriorPoint::interior_point),
        outline: outline.ok(),
        at: properties.at,
    }
}

fn read_outline(geometry: JsonValue, frame: Frame) -> Result<MultiPolygon<f64>, Vec<String>> {
    if geometry.is_null() {
        return Err(vec!["is missing: expected a Polygon or MultiPolygon".into()]);
    }
    let geometry: Geometry = serde_json::from_value(geometry).map_err(|error| vec![error.to_string()])?;
    rings::outline(geometry, frame)
}

/// Indexes the codes; a code that stands there twice is a fault.
fn known(file: &Path, features: &[Feature], faults: &mut Faults) -> Known {
    let mut known = Known::with_capacity(features.len());
    for (i, feature) in features.iter().enumerate() {
        let Some(code) = &feature.code else { continue };
        if let Some((first, _)) = known.get(code) {
            let what = format!("is already the code of feature {}", first.0 + 1);
            faults.add(file, feature.at.as_str(), "code", what);
        } else {
            known.insert(code.clone(), (PlaceId(i as u16), feature.kind));
        }
    }
    known
}

/// Makes places of features without a fault.
fn places(file: &Path, features: Vec<Feature>, known: &Known, faults: &mut Faults) -> Vec<Place> {
    let mut places = Vec::with_capacity(features.len());
    for feature in features {
        let at = feature.at.clone();
        match place(feature, known) {
            Some(place) => places.push(place),
            None => faults.add(file, at, "geometry", "has no point inside: expected an area"),
        }
    }
    places
}

fn place(feature: Feature, known: &Known) -> Option<Place> {
    let outline = feature.outline?;
    let label = feature.inside.filter(|point| outline.contains(point))?;
    let parent = feature
        .parent?
        .and_then(|code| known.get(&code))
        .map(|(id, _)| *id);
    Some(Place {
        code: feature.code?,
        kind: feature.kind?,
        name: feature.name?,
        parent,
        label_at: Wgs84 {
            lon: label.x(),
            lat: label.y(),
        },
        outline,
        schematic: feature.schematic?,
        source: feature.source?,
    })
}
