//! How the base map is drawn: quiet, so that cases stand out. One style, two sets of colours.
//!
//! The ground itself is not drawn, it is the colour behind the map: each fill of the whole window costs time.

use serde_json::{Value, json};
use walkers::Style;

use crate::town::Lang;

/// The colours of a base map.
struct Inks {
    green: &'static str,
    built: &'static str,
    works: &'static str,
    water: &'static str,
    building: &'static str,
    path: &'static str,
    lane: &'static str,
    street: &'static str,
    main: &'static str,
    motorway: &'static str,
    rail: &'static str,
    border: &'static str,
}

const DARK: Inks = Inks {
    green: "#1a201d",
    built: "#191b1f",
    works: "#1a1b1e",
    water: "#1b2530",
    building: "#212429",
    path: "#25282c",
    lane: "#272a2f",
    street: "#2d3136",
    main: "#363b41",
    motorway: "#40464d",
    rail: "#34383d",
    border: "#4a5058",
};

const LIGHT: Inks = Inks {
    green: "#dfe7df",
    built: "#e5e7e9",
    works: "#e3e4e7",
    water: "#cfdde8",
    building: "#d9dce0",
    path: "#f4f5f6",
    lane: "#f4f5f6",
    street: "#f8f9f9",
    main: "#fdfdfd",
    motorway: "#ffffff",
    rail: "#c6cace",
    border: "#a8afb7",
};

/// The style for a theme, with names in that language. Zoom levels count tiles of 512 points.
pub fn style(dark: bool, lang: Lang) -> Style {
    let inks = if dark { &DARK } else { &LIGHT };
    // Ours, so it can be read; a mistake would leave the ground bare, and a test finds it.
    serde_json::from_value(document(inks, lang)).unwrap_or_default()
}

fn document(inks: &Inks, lang: Lang) -> Value {
    let green = [
        "forest",
        "wood",
        "park",
        "grass",
        "scrub",
        "golf_course",
        "pitch",
        "nature_reserve",
        "cemetery",
    ];
    let built = ["residential", "commercial", "school", "hospital", "university"];
    let works = ["industrial", "railway", "aerodrome"];
    let kind = |kinds: &[&str]| {
        let mut filter = vec![json!("in"), json!("kind")];
        filter.extend(kinds.iter().map(|k| json!(k)));
        Value::Array(filter)
    };
    let detail = |kinds: &[&str]| {
        let mut filter = vec![json!("in"), json!("kind_detail")];
        filter.extend(kinds.iter().map(|k| json!(k)));
        Value::Array(filter)
    };
    let fill = |layer: &str, filter: Value, color: &str| json!({"type": "fill", "source-layer": layer, "filter": filter, "paint": {"fill-color": color}});
    let polygon = json!(["==", ["geometry-type"], "Polygon"]);
    let line = |layer: &str, filter: Value, color: &str, widths: &[(f64, f64)]| {
        json!({"type": "line", "source-layer": layer, "filter": filter,
            "paint": {"line-color": color, "line-width": by_zoom(widths)}})
    };
    let smallest = ["service", "residential", "tertiary", "unclassified", "pedestrian"];
    json!({"layers": [
        fill("landuse", kind(&built), inks.built),
        fill("landuse", kind(&works), inks.works),
        fill("landuse", kind(&green), inks.green),
        fill("water", polygon.clone(), inks.water),
        fill("buildings", polygon, inks.building),
        line("water", json!(["all", ["==", ["geometry-type"], "LineString"], kind(&["stream", "river", "canal"])]),
            inks.water, &[(11.0, 0.8), (15.0, 1.5)]),
        line("roads", kind(&["path"]), inks.path, &[(13.0, 0.6), (16.0, 1.6)]),
        line("roads", json!(["all", kind(&["minor_road"]), ["!", detail(&["residential", "tertiary"])]]),
            inks.lane, &[(13.0, 0.6), (16.0, 3.0)]),
        line("roads", json!(["all", kind(&["minor_road"]), detail(&["residential"])]),
            inks.lane, &[(12.0, 0.6), (14.0, 1.6), (16.0, 5.0)]),
        line("roads", json!(["all", kind(&["minor_road"]), detail(&["tertiary"])]),
            inks.street, &[(11.0, 0.6), (14.0, 2.4), (16.0, 7.0)]),
        line("roads", json!(["all", kind(&["major_road"]), ["!", detail(&smallest)], ["!", detail(&["primary"])]]),
            inks.street, &[(10.0, 0.8), (13.0, 2.4), (16.0, 10.0)]),
        line("roads", json!(["all", kind(&["major_road"]), detail(&["primary"])]),
            inks.main, &[(9.0, 0.8), (13.0, 3.2), (16.0, 13.0)]),
        line("roads", kind(&["highway"]), inks.motorway, &[(8.0, 0.8), (13.0, 3.6), (16.0, 14.0)]),
        json!({"type": "line", "source-layer": "roads", "filter": kind(&["rail"]),
            "paint": {"line-color": inks.rail, "line-width": by_zoom(&[(10.0, 0.8), (15.0, 1.6)]),
                "line-dasharray": [5, 3]}}),
        json!({"type": "line", "source-layer": "boundaries",
            "paint": {"line-color": inks.border, "line-width": 1.0, "line-dasharray": [6, 4]}}),
        names("roads", kind(&["minor_road", "path"]), 14.0, 11.0, lang),
        names("water", kind(&["stream", "river", "lake", "canal", "ocean", "sea"]), 11.0, 11.0, lang),
        names("pois", kind(&["park", "golf", "museum", "attraction", "school"]), 14.0, 11.0, lang),
        names("landuse", kind(&["park", "forest", "golf_course"]), 12.0, 11.0, lang),
        names("roads", kind(&["major_road", "highway", "rail"]), 12.0, 11.0, lang),
        names("pois", kind(&["station", "townhall", "hospital"]), 13.0, 11.0, lang),
        names("places", kind(&["neighbourhood"]), 14.0, 12.0, lang),
        names("places", kind(&["locality"]), 0.0, 13.0, lang),
    ]})
}

fn by_zoom(stops: &[(f64, f64)]) -> Value {
    let mut expression = vec![json!("interpolate"), json!(["exponential", 1.5]), json!(["zoom"])];
    for (zoom, value) in stops {
        expression.extend([json!(zoom), json!(value)]);
    }
    Value::Array(expression)
}

/// Names carry no colour here: the map draws them itself.
fn names(layer: &str, filter: Value, min_zoom: f64, size: f64, lang: Lang) -> Value {
    let field = match lang {
        Lang::Zh => json!(["coalesce", ["get", "name:zh-Hans"], ["get", "name"]]),
        Lang::En => json!(["coalesce", ["get", "name:en"], ["get", "name"]]),
    };
    json!({"type": "symbol", "source-layer": layer, "minzoom": min_zoom, "filter": filter,
        "layout": {"text-field": field, "text-size": size}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_styles_can_be_read_whole() {
        for dark in [true, false] {
            for lang in [Lang::Zh, Lang::En] {
                assert_eq!(style(dark, lang).layers.len(), 23);
            }
        }
    }
}
