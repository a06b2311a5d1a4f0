//! Boundaries as a GeoPackage: a SQLite file with one table of features.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use geo::BoundingRect;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, params};

use crate::town::boundary::Shape;

use super::{Feature, kind_word, wkb};

/// `GPKG`, which stands in the file's head.
const APPLICATION: i32 = 0x4750_4b47;
/// Version 1.3 of the format.
const VERSION: i32 = 10_300;
/// WGS-84 as EPSG counts.
const WGS84: i32 = 4326;
/// CGCS2000 as EPSG counts.
const CGCS2000: i32 = 4490;
/// Rows of all tables.
const MAX_ROWS: usize = u16::MAX as usize;

const WKT: &str = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]"#;

const TABLES: &str = "
    CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
        organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
    CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
        description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
        min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
        CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
    CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
        srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
        CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
        CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
        CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
    CREATE TABLE boundaries (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom MULTIPOLYGON, code TEXT UNIQUE, kind TEXT,
        name_zh TEXT, name_en TEXT, parent TEXT, schematic BOOLEAN, source TEXT);";

/// Writes places to a new file.
pub(super) fn write(path: &Path, shapes: &[Arc<Shape>]) -> Result<(), String> {
    let told = |error: rusqlite::Error| error.to_string();
    let mut connection = Connection::open(path).map_err(told)?;
    connection
        .pragma_update(None, "application_id", APPLICATION)
        .map_err(told)?;
    connection
        .pragma_update(None, "user_version", VERSION)
        .map_err(told)?;
    let all = connection.transaction().map_err(told)?;
    fill(&all, shapes).map_err(told)?;
    all.commit().map_err(told)?;
    connection.close().map_err(|(_, error)| told(error))
}

fn fill(connection: &Connection, shapes: &[Arc<Shape>]) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    let srs = "INSERT INTO gpkg_spatial_ref_sys VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let undefined = "undefined";
    connection.execute(
        srs,
        params!["WGS 84", WGS84, "EPSG", WGS84, WKT, "longitude, latitude"],
    )?;
    connection.execute(
        srs,
        params!["Undefined cartesian", -1, "NONE", -1, undefined, undefined],
    )?;
    connection.execute(
        srs,
        params!["Undefined geographic", 0, "NONE", 0, undefined, undefined],
    )?;
    let boxes = shapes.iter().filter_map(|shape| shape.outline().bounding_rect());
    let bounds = boxes.reduce(|a, b| {
        let (low, high) = (a.min(), a.max());
        let (min, max) = (b.min(), b.max());
        geo::Rect::new(
            (low.x.min(min.x), low.y.min(min.y)),
            (high.x.max(max.x), high.y.max(max.y)),
        )
    });
    let [west, south, east, north] = bounds.map_or([None; 4], |b| {
        [b.min().x, b.min().y, b.max().x, b.max().y].map(Some)
    });
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id)
         VALUES ('boundaries', 'features', 'boundaries', ?1, ?2, ?3, ?4, ?5)",
        params![west, south, east, north, WGS84],
    )?;
    let column = "INSERT INTO gpkg_geometry_columns VALUES ('boundaries', 'geom', 'MULTIPOLYGON', ?1, 0, 0)";
    connection.execute(column, [WGS84])?;
    let mut row = connection.prepare(
        "INSERT INTO boundaries (geom, code, kind, name_zh, name_en, parent, schematic, source)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for shape in shapes {
        let (geom, kind) = (wkb::write(shape, WGS84), kind_word(shape.kind));
        let Shape {
            code,
            name,
            parent,
            schematic,
            source,
            ..
        } = shape.as_ref();
        row.execute(params![
            geom, code, kind, name.zh, name.en, parent, schematic, source
        ])?;
    }
    Ok(())
}

/// Features of a file.
pub(super) fn read(path: &Path) -> Result<Vec<Feature>, String> {
    let no_package = |error: rusqlite::Error| format!("is no GeoPackage: {error}");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(no_package)?;
    connection
        .pragma_update(None, "trusted_schema", false)
        .map_err(no_package)?;
    let mut layers = connection
        .prepare(
            "SELECT g.table_name, g.column_name, s.organization_coordsys_id FROM gpkg_geometry_columns g
             JOIN gpkg_contents c USING (table_name)
             LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id WHERE c.data_type = 'features' ORDER BY 1",
        )
        .map_err(no_package)?;
    let layers: Vec<(String, String, Option<i32>)> = layers
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .and_then(Iterator::collect)
        .map_err(no_package)?;
    if layers.is_empty() {
        return Err("holds no layer of features".to_owned());
    }
    let mut features = Vec::new();
    for (table, column, srs) in layers {
        if !matches!(srs, Some(WGS84 | CGCS2000)) {
            let srs = srs.map_or("unknown".to_owned(), |srs| srs.to_string());
            return Err(format!(
                "the layer {table} has the coordinate system {srs}: save it with EPSG:4326 (degrees) first"
            ));
        }
        rows(&connection, &table, &column, &mut features)
            .map_err(|error| format!("the layer {table} can't be read: {error}"))?;
        if features.len() > MAX_ROWS {
            return Err(format!("holds more than {MAX_ROWS} features"));
        }
    }
    Ok(features)
}

fn rows(
    connection: &Connection,
    table: &str,
    column: &str,
    features: &mut Vec<Feature>,
) -> rusqlite::Result<()> {
    let quoted = table.replace('"', "\"\"");
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{quoted}\" LIMIT {}", MAX_ROWS + 1))?;
    let names: Vec<String> = statement
        .column_names()
        .iter()
        .map(|n| n.to_lowercase())
        .collect();
    let geometry = column.to_lowercase();
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let mut feature = Feature {
            at: format!("{table}, row {}", features.len() + 1),
            properties: BTreeMap::new(),
            outline: Err("has no geometry: expected a Polygon or MultiPolygon".to_owned()),
        };
        for (i, name) in names.iter().enumerate() {
            let value = row.get_ref(i)?;
            if *name == geometry {
                if let ValueRef::Blob(blob) = value {
                    feature.outline = wkb::read(blob);
                }
                continue;
            }
            let text = match value {
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                ValueRef::Integer(number) => number.to_string(),
                _ => continue,
            };
            feature.properties.insert(name.clone(), text);
        }
        features.push(feature);
    }
    Ok(())
}
