//! Mistakes in a town's data: each is told with its file, line or feature, field, and what would be right.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};
use yipanqi::town::{Datum, Town, TownFault, Wgs84};

const FILES: [&str; 6] = [
    "town.toml",
    "places.geojson",
    "posts.csv",
    "teams.csv",
    "catalogue.csv",
    "calendar.csv",
];

const SETTINGS: &str = r#"# A town of two communities.
id = "testtown"
name = { zh = "测试街道", en = "Test Town" }
timezone = "Asia/Shanghai"
center = [114.02, 22.71]
zoom = 13.2
catalogue = "catalogue.csv"
calendar = "calendar.csv"
places = "places.geojson"
posts = "posts.csv"
teams = "teams.csv"
working_hours = [["09:00", "12:00"], ["14:00", "18:00"]]
"#;

const POSTS: &str = "code,role,title_zh,title_en,name_zh,name_en,place,sample
D1,dispatcher,调度席,Dispatch seat,样例甲,Sample A,T,true
D2,dispatcher,调度席二,Second seat,样例乙,Sample B,T,true
O1,community_officer,片区办公室,Office,样例丙,Sample C,T1,true
";

const TEAMS: &str = "code,kind,name_zh,name_en,place,lon,lat,capacity,sample
P1,party_grid_team,服务队,Service Team,T1-P1,114.005,22.71,4,true
";

const CATALOGUE: &str =
    "code,class,domain,centre,name_zh,name_en,level,lead_department_zh,limit_hours,working_time,severity,evidence,basis
A01,A,城市管理,grid,暴露垃圾,Exposed litter,grid,社区网格员,4,true,1,photo,drafted
A02,A,城市管理,grid,绿地垃圾,Litter in planted areas,grid,社区网格员,2.5,true,1,photo,
";

const CALENDAR: &str = "# years: 2017-2026; after the yearly notices
# holiday: a day off by notice
date,kind,name_zh,source
2017-01-01,holiday,元旦,notice
2017-01-02,holiday,元旦,notice
2017-01-22,workday,春节调休,notice
";

/// A feature with a rectangle from `west` to `east`, in hundredths of a degree east of 114°.
fn place(code: &str, kind: &str, parent: Option<&str>, west: f64, east: f64) -> Value {
    let (west, east) = (114.0 + west / 100.0, 114.0 + east / 100.0);
    let ring = json!([
        [west, 22.70],
        [east, 22.70],
        [east, 22.72],
        [west, 22.72],
        [west, 22.70]
    ]);
    json!({
        "type": "Feature",
        "properties": {
            "code": code, "kind": kind, "name_zh": code, "name_en": "", "parent": parent,
            "schematic": true, "source": "drawn for a test"
        },
        "geometry": { "type": "Polygon", "coordinates": [ring] }
    })
}

/// Two communities side by side, the western one with two base grids, a party grid and a block.
fn places() -> Value {
    let mut party_grid = place("T1-P1", "party_grid", Some("T1"), 0.0, 1.0);
    party_grid["properties"]["base_grids"] = json!(["T1-1"]);
    json!({
        "type": "FeatureCollection",
        "features": [
            place("T", "sub_district", None, 0.0, 4.0),
            place("T1", "community", Some("T"), 0.0, 2.0),
            place("T2", "community", Some("T"), 2.0, 4.0),
            place("T1-1", "base_grid", Some("T1"), 0.0, 1.0),
            place("T1-2", "base_grid", Some("T1"), 1.0, 2.0),
            party_grid,
            place("T-S1", "block", Some("T1"), 0.5, 1.5),
        ]
    })
}

/// Where the features of [`places`] stand.
fn at(code: &str) -> String {
    format!(
        "feature {} ({code})",
        number(places()["features"].as_array().unwrap(), code)
    )
}

/// The folder of a small town, to be broken.
struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    fn new() -> Self {
        let copy = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let texts = [SETTINGS, &places().to_string(), POSTS, TEAMS, CATALOGUE, CALENDAR];
        for (file, text) in FILES.iter().zip(texts) {
            copy.write(file, text);
        }
        copy
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(file), bytes).unwrap();
    }

    fn replace(&self, file: &str, from: &str, to: &str) -> &Self {
        let text = self.read(file);
        assert!(text.contains(from), "{file} has no {from}");
        self.write(file, text.replacen(from, to, 1));
        self
    }

    /// Changes the features of the places.
    fn features(&self, change: impl FnOnce(&mut Vec<Value>)) -> &Self {
        let mut all: Value = serde_json::from_str(&self.read("places.geojson")).unwrap();
        change(all["features"].as_array_mut().unwrap());
        self.write("places.geojson", all.to_string());
        self
    }

    /// Changes the feature with that code.
    fn feature(&self, code: &str, change: impl FnOnce(&mut Value)) -> &Self {
        self.features(|all| {
            let i = number(all, code) - 1;
            change(&mut all[i]);
        })
    }

    fn load(&self) -> Result<Town, Vec<TownFault>> {
        Town::load(&self.path("")).map_err(|error| error.0)
    }

    fn faults(&self) -> Vec<TownFault> {
        self.load()
            .map(|town| town.id)
            .expect_err("the town must not load")
    }

    /// The town has this one mistake, and nothing else is blamed for it.
    fn has_one(&self, file: &str, at: &str, field: &str, words: &[&str]) {
        let faults = self.faults();
        let [fault] = faults.as_slice() else {
            panic!("expected one fault, found {faults:#?}")
        };
        check(fault, file, at, field, words);
    }

    /// The town has this mistake among those that follow from it.
    fn has(&self, file: &str, at: &str, field: &str, words: &[&str]) {
        let faults = self.faults();
        let fault = faults
            .iter()
            .find(|f| f.at == at && f.field == field && words.iter().all(|w| f.what.contains(w)));
        check(
            fault.unwrap_or_else(|| panic!("{at} {field} {words:?} is not in {faults:#?}")),
            file,
            at,
            field,
            words,
        );
    }
}

fn check(fault: &TownFault, file: &str, at: &str, field: &str, words: &[&str]) {
    assert!(fault.file.ends_with(file), "{fault}");
    assert_eq!((fault.at.as_str(), fault.field.as_str()), (at, field), "{fault}");
    for word in words {
        assert!(fault.what.contains(word), "'{word}' is not in: {fault}");
    }
}

/// The number of the feature with that code, from 1.
fn number(all: &[Value], code: &str) -> usize {
    1 + all
        .iter()
        .position(|f| f["properties"]["code"] == code)
        .unwrap_or_else(|| panic!("no {code}"))
}

/// One file, what it says, what it says instead, and where and how that is told.
fn replaced(file: &str, from: &str, to: &str, line: &str, field: &str, words: &[&str]) {
    let copy = Copy::new();
    copy.replace(file, from, to);
    copy.has_one(file, line, field, words);
}

#[test]
fn a_copy_without_a_mistake_loads() {
    assert!(Copy::new().load().is_ok());
}

#[test]
fn a_fault_reads_as_file_place_field_and_words() {
    let copy = Copy::new();
    copy.replace("posts.csv", "D1,dispatcher", "D1,dispacher");
    let error = Town::load(&copy.path("")).unwrap_err().to_string();
    let end = "posts.csv: line 2: role: found 'dispacher', expected one of dispatcher, duty_leader, \
        community_officer, street_chief, party_grid_chief, party_instructor, party_grid_liaison, party_grid_member, \
        grid_officer, department_officer, inspector, presenter, administrator";
    assert!(error.ends_with(end), "{error}");
}

#[test]
fn mistakes_of_all_files_are_told_at_once() {
    let copy = Copy::new();
    copy.replace("town.toml", "zoom = 13.2", "zoom = 99");
    copy.feature("T1", |f| f["properties"]["kind"] = json!("village"));
    copy.replace("posts.csv", "D1,dispatcher", "D1,clerk");
    copy.replace("teams.csv", ",4,true", ",none,true");
    copy.replace("catalogue.csv", "A01,A", "A01,E");
    copy.replace("calendar.csv", "2017-01-01,holiday", "2017-01-01,feast");
    let faults = copy.faults();
    for file in FILES {
        assert!(
            faults.iter().any(|fault| fault.file.ends_with(file)),
            "{file} is not in {faults:#?}"
        );
    }
}

#[test]
fn at_most_a_hundred_mistakes_are_listed() {
    let copy = Copy::new();
    let rows = (0..150).map(|i| format!("X{i},clerk,席,Seat,样例,Sample,T,true\n"));
    copy.write("posts.csv", POSTS.to_owned() + &rows.collect::<String>());
    assert_eq!(copy.faults().len(), 100);
}

// Files.

#[test]
fn a_folder_that_is_not_there() {
    let faults = Town::load(Path::new("/nowhere/at/all")).unwrap_err().0;
    check(&faults[0], "town.toml", "", "", &["can't be read"]);
}

#[test]
fn a_file_that_is_not_there_or_is_a_folder() {
    let copy = Copy::new();
    fs::remove_file(copy.path("teams.csv")).unwrap();
    copy.has_one("teams.csv", "", "", &["can't be read"]);
    fs::create_dir(copy.path("teams.csv")).unwrap();
    copy.has_one("teams.csv", "", "", &["is not a file"]);
}

#[test]
fn places_that_are_not_there_are_told_once_and_not_by_every_post() {
    let copy = Copy::new();
    fs::remove_file(copy.path("places.geojson")).unwrap();
    copy.has_one("places.geojson", "", "", &["can't be read"]);
}

#[test]
fn a_file_of_half_a_gigabyte() {
    for file in FILES {
        let copy = Copy::new();
        fs::OpenOptions::new()
            .write(true)
            .open(copy.path(file))
            .unwrap()
            .set_len(500 << 20)
            .unwrap();
        copy.has_one(file, "", "", &["500 MB", "at most 64 MB"]);
    }
}

#[test]
fn a_file_in_another_encoding() {
    let copy = Copy::new();
    let bytes = encoding_rs::GB18030
        .encode(&copy.read("posts.csv"))
        .0
        .into_owned();
    copy.write("posts.csv", bytes);
    copy.has_one("posts.csv", "line 2", "", &["is not UTF-8", "save"]);
    let utf16: Vec<u8> = copy
        .read("teams.csv")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    copy.write("posts.csv", [&[0xff, 0xfe], utf16.as_slice()].concat());
    copy.has_one("posts.csv", "line 1", "", &["is not UTF-8"]);
}

#[test]
fn byte_order_marks_and_windows_line_ends_are_no_mistake() {
    let copy = Copy::new();
    for file in FILES {
        copy.write(file, format!("\u{feff}{}", copy.read(file).replace('\n', "\r\n")));
    }
    let town = copy.load().unwrap();
    assert_eq!(town.calendar.years, Some(2017..=2026));
    assert_eq!(town.posts[0].code, "D1");
}

#[test]
fn empty_files() {
    for file in FILES {
        let copy = Copy::new();
        copy.write(file, "");
        assert!(
            copy.faults().iter().all(|fault| fault.file.ends_with(file)),
            "{file}"
        );
    }
}

// town.toml

#[test]
fn settings_that_are_no_toml() {
    replaced(
        "town.toml",
        "zoom = 13.2",
        "zoom = = 13.2",
        "line 6",
        "",
        &["is no TOML"],
    );
}

#[test]
fn a_key_that_nobody_knows_or_that_is_missing() {
    replaced(
        "town.toml",
        "zoom = 13.2",
        "zoom = 13.2\nzom = 13",
        "line 7",
        "zom",
        &["not a key", "base_map"],
    );
    replaced("town.toml", "zoom = 13.2\n", "", "", "zoom", &["is missing"]);
    replaced(
        "town.toml",
        "places = \"places.geojson\"\n",
        "",
        "",
        "places",
        &["is missing"],
    );
}

#[test]
fn values_of_the_settings_that_can_t_be() {
    let wrong = |from: &str, to: &str, (line, key): (&str, &str), words: &[&str]| {
        replaced("town.toml", from, to, line, key, words);
    };
    let (id, name, center) = (("line 2", "id"), ("line 3", "name"), ("line 5", "center"));
    wrong("\"testtown\"", "\"test town\"", id, &["'test town'"]);
    wrong("\"testtown\"", "7", id, &["'7'", "text in quotes"]);
    wrong(
        "en = \"Test Town\"",
        "fr = \"Test\"",
        name,
        &["zh = \"…\", en = \"…\""],
    );
    wrong(
        "en = ",
        "fr = \"\", en = ",
        ("line 3", "name.fr"),
        &["not a language"],
    );
    wrong(
        "Asia/Shanghai",
        "China/Test",
        ("line 4", "timezone"),
        &["'China/Test'", "IANA"],
    );
    wrong(
        "[114.02, 22.71]",
        "[22.71, 114.02]",
        center,
        &["114.02", "swapped"],
    );
    wrong(
        "[114.02, 22.71]",
        "[nan, 22.7]",
        center,
        &["[longitude, latitude]"],
    );
    wrong(
        "[114.02, 22.71]",
        "[114, 22, 7]",
        center,
        &["[longitude, latitude]"],
    );
    wrong("13.2", "-1", ("line 6", "zoom"), &["'-1'", "1 to 22"]);
    for (from, to) in [("18:00", "13:00"), ("14:00", "11:00"), ("14:00", "25:00")] {
        wrong(from, to, ("line 12", "working_hours"), &[to, "in order"]);
    }
    wrong(
        "[[\"09:00\", \"12:00\"], [\"14:00\", \"18:00\"]]",
        "[]",
        ("line 12", "working_hours"),
        &["pairs"],
    );
    let maps = "zoom = 13.2\nbase_map = \"moon.pmtiles\"";
    wrong(
        "zoom = 13.2",
        maps,
        ("line 7", "base_map"),
        &["'moon.pmtiles'", "among the maps"],
    );
}

// places.geojson

#[test]
fn places_that_are_no_json() {
    let copy = Copy::new();
    copy.replace("places.geojson", "[[[", "[[[NaN,");
    let faults = copy.faults();
    let [fault] = faults.as_slice() else {
        panic!("{faults:#?}")
    };
    assert!(
        fault.at.starts_with("line 1, column ") && fault.what.contains("is no JSON"),
        "{fault}"
    );
    copy.write("places.geojson", "[]");
    copy.has_one("places.geojson", "", "", &["FeatureCollection"]);
}

#[test]
fn more_places_than_can_be_numbered() {
    let copy = Copy::new();
    let many = vec!["{}"; 65_536].join(",");
    copy.write(
        "places.geojson",
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{many}]}}"),
    );
    copy.has_one("places.geojson", "", "features", &["65536", "65535"]);
}

#[test]
fn properties_that_are_missing_or_wrong() {
    let wrong = |code: &str, field: &str, value: Value, words: &[&str]| {
        let copy = Copy::new();
        copy.feature(code, |f| match value {
            Value::Null => drop(f["properties"].as_object_mut().unwrap().remove(field)),
            value => f["properties"][field] = value,
        });
        copy.has("places.geojson", &at(code), field, words);
    };
    wrong("T1-1", "kind", json!("grid"), &["'grid'", "base_grid"]);
    wrong("T1-1", "name_zh", json!(" "), &["is empty"]);
    wrong("T1-1", "name_zh", json!("长".repeat(201)), &["201 characters"]);
    wrong("T1-1", "name_en", json!(7), &["'7'", "a text"]);
    wrong("T1-1", "schematic", json!("yes"), &["true or false"]);
    wrong("T1-1", "source", Value::Null, &["is missing"]);
    wrong("T1-1", "parent", Value::Null, &["is missing"]);
    wrong("T1-1", "parent", json!("T99"), &["no place", "'T99'"]);
    wrong(
        "T1-1",
        "parent",
        json!("T"),
        &["'T' is a sub_district", "lies in a community"],
    );
    wrong("T", "parent", json!("T1"), &["'T1'", "expected null"]);
    wrong("T1-P1", "base_grids", json!("T1-1"), &["list of codes"]);
    let others = json!(["T1-1", "T2"]);
    wrong("T1-P1", "base_grids", others, &["'T2'", "same community"]);
    wrong(
        "T1-P1",
        "base_grids",
        json!(["T1-2"]),
        &["'T1-2' does not lie in it"],
    );
}

#[test]
fn a_party_grid_that_is_larger_than_its_base_grids() {
    let copy = Copy::new();
    let wide = place("T1-P1", "party_grid", Some("T1"), 0.0, 2.0)["geometry"].clone();
    copy.feature("T1-P1", |f| f["geometry"] = wide);
    copy.has_one(
        "places.geojson",
        &at("T1-P1"),
        "base_grids",
        &["50.0 % of its area"],
    );
}

#[test]
fn a_feature_without_a_code_or_with_that_of_another() {
    let copy = Copy::new();
    copy.features(|all| {
        let mut again = all[number(all, "T-S1") - 1].clone();
        again["properties"]["name_zh"] = json!("重复");
        all.push(again);
        all.push(json!({ "type": "Feature", "properties": { "code": "X Y" } }));
        all.push(json!("feature"));
    });
    let first = at("T-S1");
    let first = first.trim_end_matches(" (T-S1)");
    copy.has("places.geojson", "feature 8 (T-S1)", "code", &[first]);
    copy.has("places.geojson", "feature 9 (X Y)", "code", &["X Y"]);
    copy.has("places.geojson", "feature 9 (X Y)", "geometry", &["is missing"]);
    copy.has("places.geojson", "feature 10", "", &["no GeoJSON feature"]);
}

#[test]
fn places_that_contain_each_other() {
    let copy = Copy::new();
    copy.feature("T1", |f| f["properties"]["parent"] = json!("T2"));
    copy.feature("T2", |f| f["properties"]["parent"] = json!("T1"));
    copy.has(
        "places.geojson",
        &at("T1"),
        "parent",
        &["contains itself: T1 → T2 → T1"],
    );
}

#[test]
fn not_one_sub_district_or_no_community() {
    let copy = Copy::new();
    copy.features(|all| all.retain(|f| f["properties"]["kind"] == "sub_district"));
    copy.has("places.geojson", "", "features", &["none of kind community"]);
    copy.features(Vec::clear);
    copy.has(
        "places.geojson",
        "",
        "features",
        &["found 0 of kind sub_district"],
    );
}

/// Gives the block T-S1 another geometry, which is refused with these words.
fn geometry(geometry: Value, words: &[&str]) {
    let copy = Copy::new();
    copy.feature("T-S1", |f| f["geometry"] = geometry);
    copy.has_one("places.geojson", &at("T-S1"), "geometry", words);
}

fn polygon(rings: Value) -> Value {
    json!({ "type": "Polygon", "coordinates": rings })
}

#[test]
fn geometries_that_are_no_area() {
    geometry(
        json!({ "type": "Point", "coordinates": [114.0, 22.7] }),
        &["found a Point", "expected a Polygon"],
    );
    geometry(json!({ "type": "Polygon" }), &["coordinates"]);
    geometry(json!({ "type": "Polygone", "coordinates": [] }), &["Polygone"]);
    geometry(
        json!({ "type": "MultiPolygon", "coordinates": [] }),
        &["is empty"],
    );
    geometry(polygon(json!([])), &["no ring"]);
    geometry(polygon(json!([[["114.0", "22.7"]]])), &["invalid type"]);
    geometry(polygon(json!([[[114.0], [114.0], [114.0], [114.0]]])), &["two"]);
    geometry(Value::Null, &["is missing"]);
}

#[test]
fn rings_that_enclose_nothing() {
    let (a, b, c) = (
        json!([114.05, 22.73]),
        json!([114.06, 22.73]),
        json!([114.06, 22.74]),
    );
    geometry(polygon(json!([[a, b, c]])), &["ring 1", "not closed"]);
    geometry(polygon(json!([[]])), &["ring 1", "0 different positions"]);
    geometry(polygon(json!([[a, b, a]])), &["ring 1", "2 different positions"]);
    geometry(
        polygon(json!([[a, b, b, a, a]])),
        &["ring 1", "2 different positions"],
    );
    let tiny = json!([[
        [114.05, 22.73],
        [114.050001, 22.73],
        [114.050001, 22.730001],
        [114.05, 22.73]
    ]]);
    geometry(polygon(tiny), &["ring 1", "square metre"]);
}

#[test]
fn rings_that_cross_or_touch_themselves() {
    let bow_tie = json!([[
        [114.05, 22.73],
        [114.06, 22.74],
        [114.06, 22.73],
        [114.05, 22.74],
        [114.05, 22.73]
    ]]);
    geometry(
        polygon(bow_tie),
        &["ring 1", "crosses", "[114.055000, 22.735000]"],
    );
    let spike = json!([[
        [114.05, 22.73],
        [114.06, 22.73],
        [114.08, 22.73],
        [114.06, 22.73],
        [114.06, 22.74],
        [114.05, 22.73]
    ]]);
    geometry(polygon(spike), &["ring 1", "touches itself"]);
    let hole_outside = json!([
        [[114.05, 22.73], [114.06, 22.73], [114.06, 22.74], [114.05, 22.73]],
        [[114.07, 22.73], [114.08, 22.73], [114.08, 22.74], [114.07, 22.73]]
    ]);
    geometry(polygon(hole_outside), &["interior ring", "not contained"]);
    let part = json!([[[114.05, 22.73], [114.06, 22.73], [114.06, 22.74], [114.05, 22.73]]]);
    geometry(
        json!({ "type": "MultiPolygon", "coordinates": [part, part] }),
        &["overlap"],
    );
}

#[test]
fn a_ring_of_more_points_than_any_place_has() {
    let ring: Vec<_> = (0..30_000)
        .map(|i| json!([114.05 + f64::from(i) * 1e-7, 22.73]))
        .collect();
    geometry(polygon(json!([ring])), &["ring 1", "30000 positions", "simplify"]);
}

#[test]
fn positions_of_a_town_in_another_datum_become_wgs84() {
    let plain = Copy::new();
    let expected = plain.load().unwrap();
    for datum in [Datum::Gcj02, Datum::Bd09, Datum::Cgcs2000] {
        let copy = Copy::new();
        let shifted = |lon: f64, lat: f64| datum.of_wgs84(Wgs84 { lon, lat });
        let [lon, lat] = shifted(114.02, 22.71);
        copy.replace(
            "town.toml",
            "[114.02, 22.71]",
            &format!("[{lon}, {lat}]\ncoordinates = \"{}\"", datum.code()),
        );
        let [lon, lat] = shifted(114.005, 22.71);
        copy.replace("teams.csv", "114.005,22.71", &format!("{lon},{lat}"));
        copy.features(|all| {
            for feature in all {
                for position in feature["geometry"]["coordinates"][0].as_array_mut().unwrap() {
                    let [lon, lat] = shifted(position[0].as_f64().unwrap(), position[1].as_f64().unwrap());
                    *position = json!([lon, lat]);
                }
            }
        });
        let town = copy.load().unwrap_or_else(|faults| panic!("{datum}: {faults:?}"));
        assert!(town.center.distance_m(expected.center) < 0.001);
        for ((_, found), (_, place)) in town.places.iter().zip(expected.places.iter()) {
            assert!(
                found.label_at.distance_m(place.label_at) < 0.01,
                "{datum} {}",
                place.code
            );
        }
        let stations = [&town, &expected].map(|town| town.teams[0].station);
        assert!(stations[0].distance_m(stations[1]) < 0.001);
    }
    replaced(
        "town.toml",
        "zoom = 13.2",
        "zoom = 13.2\ncoordinates = \"mars\"",
        "line 7",
        "coordinates",
        &["'mars'", "gcj02"],
    );
}

#[test]
fn coordinates_off_the_globe_swapped_or_far_away() {
    let ring = |points: [[f64; 2]; 3]| polygon(json!([[points[0], points[1], points[2], points[0]]]));
    geometry(
        ring([[22.73, 114.05], [22.73, 114.06], [22.74, 114.06]]),
        &["position 1", "globe", "swapped?"],
    );
    geometry(
        ring([[114.05, 22.73], [1140.6, 22.73], [114.06, 22.74]]),
        &["position 2", "1140.6", "globe"],
    );
    geometry(
        ring([[14.05, 22.73], [14.06, 22.73], [14.06, 22.74]]),
        &["km from the town's center", "WGS-84"],
    );
    let copy = Copy::new();
    let null = json!([[[null, 22.73], [114.06, 22.73], [114.06, 22.74], [null, 22.73]]]);
    copy.feature("T-S1", |f| f["geometry"] = polygon(null));
    copy.has_one("places.geojson", &at("T-S1"), "geometry", &["null"]);
}

#[test]
fn swapped_coordinates_are_noticed_where_both_are_on_the_globe() {
    let copy = Copy::new();
    copy.replace("town.toml", "[114.02, 22.71]", "[22.7360, 51.0]");
    copy.feature("T-S1", |f| {
        let ring = json!([[[51.0, 22.73], [51.01, 22.73], [51.01, 22.74], [51.0, 22.73]]]);
        f["geometry"] = polygon(ring);
    });
    copy.has(
        "places.geojson",
        &at("T-S1"),
        "geometry",
        &["longitude and latitude are swapped"],
    );
}

#[test]
fn base_grids_that_leave_a_part_of_their_community_out() {
    let copy = Copy::new();
    copy.features(|all| all.retain(|f| f["properties"]["code"] != "T1-1"));
    copy.has(
        "places.geojson",
        &at("T1"),
        "geometry",
        &["base grids cover", "expected all of it"],
    );
}

#[test]
fn base_grids_over_each_other() {
    let copy = Copy::new();
    copy.features(|all| {
        let outline = all[number(all, "T1-1") - 1]["geometry"].clone();
        let other = number(all, "T1-2") - 1;
        all[other]["geometry"] = outline;
    });
    let (first, second) = (at("T1-1"), at("T1-2"));
    copy.has(
        "places.geojson",
        &second,
        "geometry",
        &["lies over", &first, "100.0 %"],
    );
}

#[test]
fn a_community_outside_its_sub_district() {
    let copy = Copy::new();
    copy.feature("T1", |f| {
        f["geometry"] = polygon(json!([[
            [114.2, 22.73],
            [114.21, 22.73],
            [114.21, 22.74],
            [114.2, 22.73]
        ]]));
    });
    copy.has(
        "places.geojson",
        &at("T1"),
        "geometry",
        &["100.0 %", "outside its parent T"],
    );
}

// Tables.

#[test]
fn columns_that_are_missing_or_stand_there_twice() {
    replaced(
        "posts.csv",
        "code,role",
        "code,rolle",
        "line 1",
        "role",
        &["is missing", "rolle", "code,role,title_zh"],
    );
    replaced(
        "posts.csv",
        "title_en,name_zh",
        "title_en,name_zh,name_zh",
        "line 1",
        "name_zh",
        &["twice"],
    );
}

#[test]
fn a_column_more_is_no_mistake() {
    let copy = Copy::new();
    let with_phone: Vec<String> = copy
        .read("posts.csv")
        .lines()
        .map(|line| format!("{line},0755"))
        .collect();
    copy.write("posts.csv", with_phone.join("\n"));
    assert!(copy.load().is_ok());
}

#[test]
fn rows_with_a_field_too_few_or_with_an_open_quote() {
    replaced(
        "posts.csv",
        "D1,dispatcher,",
        "D1,",
        "line 2",
        "",
        &["has 7 fields, expected 8"],
    );
    let copy = Copy::new();
    copy.replace("posts.csv", "D1,dispatcher,调度席", "D1,dispatcher,\"调度席");
    copy.has_one("posts.csv", "line 2", "", &["fields, expected 8"]);
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let copy = Copy::new();
    copy.replace(
        "posts.csv",
        "D1,dispatcher,调度席,",
        "\n\n\"D1\",dispatcher,\"调度\n席\",",
    );
    copy.replace("posts.csv", "D2,dispatcher", "\n\nD2,dispacher");
    // The header is line 1, two empty ones, a row of two lines, two empty ones.
    copy.has_one("posts.csv", "line 8", "role", &["dispacher"]);
}

#[test]
fn posts_that_can_t_be() {
    let wrong = |from: &str, to: &str, line: &str, column: &str, words: &[&str]| {
        replaced("posts.csv", from, to, line, column, words);
    };
    wrong("D2,", "D1,", "line 3", "code", &["'D1'", "line 2"]);
    wrong("D2,", ",", "line 3", "code", &["is empty"]);
    wrong("样例乙", "", "line 3", "name_zh", &["is empty"]);
    wrong(
        "Sample B,T,",
        "Sample B,T77,",
        "line 3",
        "place",
        &["no place", "'T77'"],
    );
    wrong(
        "Sample B,T,true",
        "Sample B,T,yes",
        "line 3",
        "sample",
        &["'yes'", "true or false"],
    );
    wrong(
        "O1,community_officer",
        "O1,street_chief",
        "line 4",
        "place",
        &["'T1' is a community", "block"],
    );
    let long = "长".repeat(10 << 20);
    wrong(
        "样例乙",
        &long,
        "line 3",
        "name_zh",
        &["10485760 characters", "at most 200"],
    );
}

#[test]
fn teams_that_can_t_be() {
    let wrong = |from: &str, to: &str, column: &str, words: &[&str]| {
        replaced("teams.csv", from, to, "line 2", column, words);
    };
    wrong(
        "party_grid_team",
        "party_team",
        "kind",
        &["'party_team'", "party_grid_team"],
    );
    wrong(",T1-P1,", ",T1,", "place", &["'T1' is a community", "party_grid"]);
    wrong(",4,true", ",0,true", "capacity", &["'0'", "1 to 1000"]);
    wrong(",4,true", ",1.5,true", "capacity", &["'1.5'", "whole number"]);
    wrong(",4,true", ",-4,true", "capacity", &["'-4'"]);
    wrong(
        "114.005,22.71",
        "22.71,114.005",
        "lon,lat",
        &["not on the globe", "swapped"],
    );
    wrong("114.005,22.71", "NaN,22.71", "lon,lat", &["not on the globe"]);
    wrong(
        "114.005,22.71",
        ",22.71",
        "lon,lat",
        &["expected longitude and latitude"],
    );
    wrong(
        "114.005,22.71",
        "104.005,22.71",
        "lon,lat",
        &["km from the town's center"],
    );
}

#[test]
fn items_that_can_t_be() {
    let wrong = |from: &str, to: &str, column: &str, words: &[&str]| {
        replaced("catalogue.csv", from, to, "line 2", column, words);
    };
    wrong("A01,A,", "A01,E,", "class", &["'E'", "A, B, C, D"]);
    wrong(
        ",grid,暴露垃圾",
        ",gird,暴露垃圾",
        "centre",
        &["'gird'", "governance, emergency, grid"],
    );
    wrong(
        "Exposed litter,grid",
        "Exposed litter,city",
        "level",
        &["'city'", "street"],
    );
    wrong(
        "社区网格员,4,true,1",
        "社区网格员,0,true,1",
        "limit_hours",
        &["'0'", "0.01 to 8784"],
    );
    wrong(
        "社区网格员,4,true,1",
        "社区网格员,NaN,true,1",
        "limit_hours",
        &["'NaN'"],
    );
    wrong(
        "社区网格员,4,true,1",
        "社区网格员,1e12,true,1",
        "limit_hours",
        &["'1e12'"],
    );
    wrong(
        "社区网格员,4,true,1",
        "社区网格员,4,true,6",
        "severity",
        &["'6'", "1 to 5"],
    );
    wrong(
        "社区网格员,4,true,1",
        "社区网格员,4,TRUE,1",
        "working_time",
        &["'TRUE'", "true or false"],
    );
    replaced(
        "catalogue.csv",
        "A02,",
        "A01,",
        "line 3",
        "code",
        &["'A01'", "line 2"],
    );
}

#[test]
fn a_catalogue_without_an_item() {
    let copy = Copy::new();
    let header = copy.read("catalogue.csv").lines().next().unwrap().to_owned();
    copy.write("catalogue.csv", header);
    copy.has_one("catalogue.csv", "", "", &["no item"]);
}

#[test]
fn days_that_can_t_be() {
    let wrong = |from: &str, to: &str, line: &str, column: &str, words: &[&str]| {
        replaced("calendar.csv", from, to, line, column, words);
    };
    wrong(
        "2017-01-02",
        "2017-02-30",
        "line 5",
        "date",
        &["'2017-02-30'", "such as"],
    );
    wrong(
        "2017-01-02",
        "2017-01-01",
        "line 5",
        "date",
        &["2017-01-01", "line 4"],
    );
    wrong(
        "2017-01-01,holiday",
        "2017-01-01,feast",
        "line 4",
        "kind",
        &["'feast'", "holiday or workday"],
    );
    wrong(
        "years: 2017-2026",
        "years: 2026-2017",
        "line 1",
        "years",
        &["'2026-2017'", "2017-2026"],
    );
    wrong("years: 2017-2026", "years: some", "line 1", "years", &["'some'"]);
}

#[test]
fn a_calendar_that_names_no_years_knows_none() {
    let copy = Copy::new();
    copy.replace("calendar.csv", "# years", "# yeahs");
    assert_eq!(copy.load().unwrap().calendar.years, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever a file holds, loading it ends with a town or with a list of mistakes.
    #[test]
    fn no_damage_stops_the_loader_from_answering(
        file in prop::sample::select(FILES.to_vec()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6)
    ) {
        let copy = Copy::new();
        let mut bytes = fs::read(copy.path(file)).unwrap();
        for (index, byte, how) in damage {
            let at = index.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        copy.write(file, bytes);
        if let Err(faults) = copy.load() {
            prop_assert!(!faults.is_empty() && faults.len() <= 100);
            prop_assert!(faults.iter().all(|fault| !fault.what.is_empty()));
        }
    }
}

fn site(code: &str, more: Value, geometry: Value) -> Value {
    let mut properties =
        json!({"code": code, "name_zh": "楼", "name_en": "", "schematic": true, "source": "drafted"});
    for (key, value) in more.as_object().unwrap() {
        properties[key] = value.clone();
    }
    json!({"type": "Feature", "properties": properties, "geometry": geometry})
}

/// The town with a file of sites.
fn with_sites(key: &str, features: &[Value]) -> (Copy, String) {
    let copy = Copy::new();
    let file = format!("{key}.geojson");
    copy.replace(
        "town.toml",
        "zoom = 13.2",
        &format!("zoom = 13.2\n{key} = \"{file}\""),
    );
    let collection = json!({"type": "FeatureCollection", "features": features});
    copy.write(&file, collection.to_string());
    (copy, file)
}

#[test]
fn facilities_that_are_wrong() {
    let point = json!({"type": "Point", "coordinates": [114.02, 22.71]});
    let kind = json!({"kind": "v_station"});
    let fault = |features: &[Value], at: &str, field: &str, words: &[&str]| {
        let (copy, file) = with_sites("facilities", features);
        copy.has(&file, at, field, words);
    };
    let good = site("F1", kind.clone(), point.clone());
    let (copy, _) = with_sites("facilities", std::slice::from_ref(&good));
    let town = copy.load().unwrap();
    assert_eq!(town.sites.facilities.unwrap().len(), 1);
    assert!(town.sites.dwellings.is_none());
    let twice = [good.clone(), good];
    fault(
        &twice,
        "feature 2 (F1)",
        "code",
        &["already the code of feature 1"],
    );
    let pub_ = [site("F1", json!({"kind": "pub"}), point.clone())];
    fault(&pub_, "feature 1 (F1)", "kind", &["'pub'", "v_station"]);
    let line = json!({"type": "LineString", "coordinates": [[114.0, 22.7], [114.1, 22.7]]});
    fault(
        &[site("F1", kind.clone(), line)],
        "feature 1 (F1)",
        "geometry",
        &["expected a Point"],
    );
    let swapped = json!({"type": "Point", "coordinates": [22.71, 114.02]});
    fault(
        &[site("F1", kind.clone(), swapped)],
        "feature 1 (F1)",
        "geometry",
        &["swapped"],
    );
    fault(
        &[site("F1", kind, Value::Null)],
        "feature 1 (F1)",
        "geometry",
        &["is missing"],
    );
    let (copy, file) = with_sites("facilities", &[]);
    copy.write(&file, "{");
    copy.has(&file, "line 1, column 1", "", &["is no JSON"]);
}

#[test]
fn dwellings_are_buildings_and_speak_of_nobody() {
    let ring = json!([[
        [114.02, 22.71],
        [114.0201, 22.71],
        [114.0201, 22.7101],
        [114.02, 22.71]
    ]]);
    let polygon = json!({"type": "Polygon", "coordinates": ring});
    let point = json!({"type": "Point", "coordinates": [114.03, 22.71]});
    let good = [
        site("B1", json!({}), polygon.clone()),
        site("B2", json!({}), point),
    ];
    let (copy, _) = with_sites("dwellings", &good);
    let dwellings = copy.load().unwrap().sites.dwellings.unwrap();
    assert_eq!((dwellings[0].outline.len(), dwellings[1].outline.len()), (3, 0));
    let (copy, file) = with_sites("dwellings", &[site("B1", json!({"residents": 12}), polygon)]);
    copy.has(&file, "feature 1 (B1)", "residents", &["nothing of persons"]);
    let bow = json!([[
        [114.02, 22.71],
        [114.021, 22.711],
        [114.021, 22.71],
        [114.02, 22.711],
        [114.02, 22.71]
    ]]);
    let bow = json!({"type": "Polygon", "coordinates": bow});
    let (copy, file) = with_sites("dwellings", &[site("B1", json!({}), bow)]);
    copy.has(&file, "feature 1 (B1)", "geometry", &["ring 1"]);
}
