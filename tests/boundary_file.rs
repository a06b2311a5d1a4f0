//! Boundaries in files, both ways, and files that are not what they say.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use tempfile::TempDir;
use yipanqi::town::boundary::file::{Found, compare, read, write};
use yipanqi::town::boundary::{Fault, FaultKind, Node, Plan, Weight, check_some, nudged};
use yipanqi::town::datum::Datum;
use yipanqi::town::{PlaceKind, Town};

static GUANLAN: LazyLock<Town> = LazyLock::new(|| {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Town::load(&dir).unwrap_or_else(|faults| panic!("{faults}"))
});
static PLAN: LazyLock<Plan> = LazyLock::new(|| Plan::of(&GUANLAN.places));

fn read_back(path: &Path, datum: Datum) -> Result<Found, String> {
    read(path, datum, &GUANLAN.places, GUANLAN.center).map_err(|error| error.to_string())
}

fn file(dir: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// A file with one block of these rings.
fn block(rings: &str) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"code":"GL-S1"}},"geometry":{{"type":"Polygon","coordinates":{rings}}}}}]}}"#
    )
}

fn faults_of(text: &str) -> Vec<Fault> {
    let dir = tempfile::tempdir().unwrap();
    let found = read_back(&file(&dir, "a.geojson", text), Datum::Wgs84).unwrap();
    let shapes: Vec<_> = found.shapes.into_iter().map(Arc::new).collect();
    let mut faults = found.faults;
    let others = PLAN
        .shapes()
        .iter()
        .filter(|s| shapes.iter().all(|n| n.code != s.code));
    let all: Vec<_> = others.cloned().chain(shapes.iter().cloned()).collect();
    faults.extend(check_some(&all, &|code| shapes.iter().any(|s| s.code == code)));
    faults
}

fn kinds(text: &str) -> Vec<FaultKind> {
    faults_of(text).into_iter().map(|fault| fault.kind).collect()
}

#[test]
fn what_is_written_is_read_back_the_same() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.geojson", "a.gpkg"] {
        let path = dir.path().join(name);
        write(&path, PLAN.shapes()).unwrap();
        // Once more, over the one that is there.
        write(&path, PLAN.shapes()).unwrap();
        let found = read_back(&path, Datum::Wgs84).unwrap();
        assert_eq!(found.faults, []);
        let compared = compare(&found, PLAN.shapes());
        assert_eq!(compared.same.len(), PLAN.shapes().len());
        assert!(compared.new.is_empty() && compared.changed.is_empty() && compared.gone.is_empty());
        let names: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert!(
            names
                .iter()
                .all(|name| !name.to_string_lossy().ends_with(".part"))
        );
    }
}

#[test]
fn an_exported_town_is_a_town_again() {
    let dir = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let copy = |folder: &str| {
        std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        for entry in std::fs::read_dir(from.join(folder)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                std::fs::copy(entry.path(), dir.path().join(folder).join(entry.file_name())).unwrap();
            }
        }
    };
    for folder in ["town/guanlan", "catalogue", "calendar", "desk"] {
        copy(folder);
    }
    let town = dir.path().join("town/guanlan");
    write(&town.join("places.geojson"), PLAN.shapes()).unwrap();
    let town = Town::load(&town).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(Plan::of(&town.places).shapes().len(), PLAN.shapes().len());
}

#[test]
fn a_change_of_another_datum_lies_where_it_should() {
    let dir = tempfile::tempdir().unwrap();
    let corners = [
        [114.05, 22.72],
        [114.06, 22.72],
        [114.06, 22.73],
        [114.05, 22.73],
        [114.05, 22.72],
    ];
    let shifted = corners.map(|[lon, lat]| Datum::Gcj02.of_wgs84(yipanqi::town::Wgs84 { lon, lat }));
    let path = file(&dir, "a.geojson", &block(&format!("[{shifted:?}]")));
    let found = read_back(&path, Datum::Gcj02).unwrap();
    let outline = found.shapes[0].drawn().outline;
    for (read, meant) in outline[0][0].iter().zip(corners) {
        assert!(
            (read[0] - meant[0]).abs() < 1e-7 && (read[1] - meant[1]).abs() < 1e-7,
            "{read:?} {meant:?}"
        );
    }
}

#[test]
fn each_kind_of_wrong_polygon_is_told_with_its_feature_and_place() {
    let one = |rings: &str, kind: FaultKind| {
        let faults = faults_of(&block(rings));
        let fault = faults.iter().find(|fault| fault.kind == kind);
        let fault = fault.unwrap_or_else(|| panic!("{kind:?} in {faults:?}"));
        assert!(fault.of.iter().any(|of| of.contains("GL-S1")), "{fault:?}");
    };
    one(
        "[[[114.05,22.72],[114.06,22.73],[114.06,22.72],[114.05,22.73],[114.05,22.72]]]",
        FaultKind::SelfCrossing,
    );
    one(
        "[[[114.05,22.72],[null,22.72],[114.06,22.73],[114.05,22.72]]]",
        FaultKind::NotANumber,
    );
    one(
        "[[[22.72,114.05],[22.72,114.06],[22.73,114.06],[22.72,114.05]]]",
        FaultKind::Swapped,
    );
    one(
        "[[[214.05,22.72],[214.06,22.72],[214.06,22.73],[214.05,22.72]]]",
        FaultKind::OffTheGlobe,
    );
    one(
        "[[[121.47,31.23],[121.48,31.23],[121.48,31.24],[121.47,31.23]]]",
        FaultKind::FarAway,
    );
    // In the sea, but near.
    one(
        "[[[114.5,22.2],[114.51,22.2],[114.51,22.21],[114.5,22.2]]]",
        FaultKind::OutsideParent,
    );
    one(
        "[[[114.05,22.72],[114.06,22.72],[114.06,22.73],[114.05,22.73]]]",
        FaultKind::NotClosed,
    );
    one(
        "[[[114.05,22.72],[114.06,22.72],[114.05,22.72]]]",
        FaultKind::TooFew,
    );
    one(
        "[[[114.05,22.72],[114.05,22.73],[114.06,22.73],[114.06,22.72],[114.05,22.72]]]",
        FaultKind::Winding,
    );
    let hole = "[[114.07,22.74],[114.071,22.74],[114.071,22.741],[114.07,22.74]]";
    let outer = "[[114.05,22.72],[114.06,22.72],[114.06,22.73],[114.05,22.73],[114.05,22.72]]";
    one(&format!("[{outer},{hole}]"), FaultKind::HoleOutside);
    one(
        "[[[114.05,22.72],[114.06,22.72],[114.06,22.720001],[114.05,22.720001],[114.05,22.72]]]",
        FaultKind::Sliver,
    );
    let twice = block(&format!("[{outer}]")).replace("]}}]}", "]}},X]}");
    let feature = &block(&format!("[{outer}]"))[40..];
    let feature = &feature[..feature.len() - 2];
    assert!(kinds(&twice.replace('X', feature)).contains(&FaultKind::DuplicateCode));
    let nameless = block(&format!("[{outer}]")).replace("\"code\":\"GL-S1\"", "");
    assert_eq!(kinds(&nameless), [FaultKind::Unreadable]);
}

#[test]
fn polygons_of_a_hundred_thousand_corners_are_answered_within_seconds() {
    let ring = |count: usize, wild: bool| {
        let mut text = String::from("[[");
        for i in 0..count {
            let turn = i as f64 / count as f64 * std::f64::consts::TAU;
            let far = if wild {
                0.001 * (1.0 + (i % 97) as f64) / 97.0
            } else {
                0.004
            };
            let (lon, lat) = (114.055 + far * turn.cos(), 22.725 + far * turn.sin());
            write!(text, "[{lon:.9},{lat:.9}],").unwrap();
        }
        text.push_str("[114.059,22.725]]]");
        block(&text)
    };
    let began = Instant::now();
    assert!(kinds(&ring(100_000, false)).contains(&FaultKind::TooMany));
    assert!(
        kinds(&ring(19_000, true))
            .iter()
            .all(|kind| kind.weight() != Weight::NeedsReason)
    );
    // Far above what it takes, so that a busy machine does not matter.
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn files_that_are_something_else_say_so() {
    let dir = tempfile::tempdir().unwrap();
    let told = |name: &str, text: &str| read_back(&file(&dir, name, text), Datum::Wgs84).unwrap_err();
    assert!(told("a.geojson", "{").contains("is no JSON"));
    assert!(told("a.geojson", "{\"type\":\"Feature\"}").contains("FeatureCollection"));
    assert!(told("a.geojson", "[1e999]").contains("is no JSON"));
    assert!(told("a.gpkg", "PK\u{3}\u{4} this is a zip").contains("is no GeoPackage"));
    assert!(told("a.shp", "").contains(".gpkg"));
    let path = dir.path().join("b.gpkg");
    write(&path, PLAN.shapes()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    // Either it is told as a whole, or its rows are; nothing of it is taken for something else.
    if let Ok(found) = read_back(&path, Datum::Wgs84) {
        assert!(found.shapes.len() < PLAN.shapes().len() || !found.faults.is_empty());
    }
    // Metres, not degrees.
    let path = dir.path().join("c.gpkg");
    write(&path, PLAN.shapes()).unwrap();
    let book = rusqlite::Connection::open(&path).unwrap();
    book.execute_batch("UPDATE gpkg_spatial_ref_sys SET organization_coordsys_id = 3857 WHERE srs_id = 4326")
        .unwrap();
    drop(book);
    assert!(read_back(&path, Datum::Wgs84).unwrap_err().contains("3857"));
}

#[test]
fn a_file_with_one_moved_corner_says_which_places_change() {
    let mut plan = PLAN.clone();
    let grid = plan
        .shapes()
        .iter()
        .find(|s| s.kind == PlaceKind::BaseGrid)
        .unwrap()
        .clone();
    let from: Node = grid.polygons[0][0][3];
    let moved = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]
        .iter()
        .any(|(east, north)| {
            plan.move_corner(&grid.code, from, nudged(from, *east, *north))
                .is_ok()
        });
    assert!(moved);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.gpkg");
    write(&path, plan.shapes()).unwrap();
    let found = read_back(&path, Datum::Wgs84).unwrap();
    let mut changed: Vec<String> = plan
        .change()
        .drawn
        .iter()
        .map(|drawn| drawn.code.clone())
        .collect();
    let mut compared = compare(&found, PLAN.shapes());
    changed.sort();
    compared.changed.sort();
    assert_eq!(compared.changed, changed);
    let mut again = PLAN.clone();
    again.take_over(found.shapes, &[]).unwrap();
    assert_eq!(again.change().drawn.len(), changed.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_bytes_never_panic(cut in 0usize..4000, flips in prop::collection::vec((0usize..4000, any::<u8>()), 0..20)) {
        static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("a.geojson");
            let few: Vec<_> = PLAN.shapes().iter().filter(|s| s.kind == PlaceKind::Block).cloned().collect();
            write(&path, &few).unwrap();
            std::fs::read(path).unwrap()
        });
        let mut bytes = BYTES[..BYTES.len().min(BYTES.len() - cut % BYTES.len())].to_vec();
        for (at, byte) in flips {
            let at = at % bytes.len().max(1);
            if let Some(slot) = bytes.get_mut(at) {
                *slot = byte;
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.geojson");
        std::fs::write(&path, bytes).unwrap();
        let _ = read_back(&path, Datum::Wgs84);
    }
}
