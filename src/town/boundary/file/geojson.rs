//! Boundaries as GeoJSON: one feature for each place, with the properties that a town's own file has.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::town::boundary::Shape;

use super::{Feature, kind_word};

/// Features of a file.
pub(super) fn read(path: &Path) -> Result<Vec<Feature>, String> {
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let value: Value = serde_json::from_slice(bytes).map_err(|e| format!("is no JSON: {e}"))?;
    let features = value.get("features").and_then(Value::as_array);
    let is_collection = value.get("type").and_then(Value::as_str) == Some("FeatureCollection");
    let features = features
        .filter(|_| is_collection)
        .ok_or("is no GeoJSON FeatureCollection with an array of features")?;
    if features.len() > usize::from(u16::MAX) {
        return Err(format!(
            "holds {} features, at most 65535 are read",
            features.len()
        ));
    }
    let number = 1..;
    Ok(number
        .zip(features)
        .map(|(n, value): (usize, _)| feature(n, value))
        .collect())
}

fn feature(number: usize, value: &Value) -> Feature {
    let mut properties = BTreeMap::new();
    for (name, value) in value
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => continue,
        };
        properties.insert(name.to_lowercase(), text);
    }
    Feature {
        at: format!("feature {number}"),
        properties,
        outline: outline(value.get("geometry").unwrap_or(&Value::Null)),
    }
}

fn outline(geometry: &Value) -> Result<Vec<Vec<Vec<[f64; 2]>>>, String> {
    let coordinates = geometry.get("coordinates").unwrap_or(&Value::Null);
    match geometry.get("type").and_then(Value::as_str) {
        Some("Polygon") => Ok(vec![polygon(coordinates)?]),
        Some("MultiPolygon") => list(coordinates)?.iter().map(polygon).collect(),
        Some(other) => {
            let name: String = other.chars().take(40).collect();
            Err(format!("found a {name}, expected a Polygon or MultiPolygon"))
        }
        None => Err("has no geometry: expected a Polygon or MultiPolygon".to_owned()),
    }
}

fn list(value: &Value) -> Result<&Vec<Value>, String> {
    value
        .as_array()
        .ok_or_else(|| "its coordinates are no lists of positions".to_owned())
}

fn polygon(value: &Value) -> Result<Vec<Vec<[f64; 2]>>, String> {
    let position = |value: &Value| {
        let numbers = list(value)?;
        // What is no number is told as such, with its place.
        let number = |i: usize| numbers.get(i).and_then(Value::as_f64).unwrap_or(f64::NAN);
        Ok([number(0), number(1)])
    };
    let ring = |value: &Value| {
        list(value)?
            .iter()
            .map(position)
            .collect::<Result<Vec<_>, String>>()
    };
    list(value)?.iter().map(ring).collect()
}

/// Places as the text of a file, a feature on each line.
pub(super) fn text(shapes: &[Arc<Shape>]) -> String {
    let mut text = String::from("{\"type\":\"FeatureCollection\",\"features\":[");
    for (i, shape) in shapes.iter().enumerate() {
        text.push_str(if i == 0 { "\n" } else { ",\n" });
        text.push_str(&of_shape(shape).to_string());
    }
    text.push_str("\n]}\n");
    text
}

fn of_shape(shape: &Shape) -> Value {
    let mut drawn = shape.drawn();
    let geometry = if drawn.outline.len() == 1 {
        json!({ "type": "Polygon", "coordinates": drawn.outline.remove(0) })
    } else {
        json!({ "type": "MultiPolygon", "coordinates": drawn.outline })
    };
    let mut properties = json!({
        "code": shape.code,
        "kind": kind_word(shape.kind),
        "name_zh": shape.name.zh,
        "name_en": shape.name.en,
        "parent": shape.parent,
        "schematic": shape.schematic,
        "source": shape.source,
    });
    if !shape.members.is_empty() {
        properties["base_grids"] = json!(shape.members);
    }
    json!({ "type": "Feature", "properties": properties, "geometry": geometry })
}
