//! `yipanqi boundaries`: what the built program says of boundaries, and does with files of them.

mod program;

use serde_json::Value;

use program::Home;

const LEADER: &str = "L-DUTY";

/// Moves one corner of one base grid in an exported file, wherever that corner stands in it.
fn move_a_corner(home: &Home, from: &str, to: &str) {
    let text = std::fs::read_to_string(home.path(from)).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let features = file["features"].as_array().unwrap();
    let grid = features
        .iter()
        .find(|f| f["properties"]["code"] == "GL01-G05")
        .unwrap();
    let corner = &grid["geometry"]["coordinates"][0][4];
    let (lon, lat) = (corner[0].as_f64().unwrap(), corner[1].as_f64().unwrap());
    let old = format!("[{lon},{lat}]");
    let new = format!("[{:.6},{:.6}]", lon + 0.00001, lat + 0.00001);
    assert!(text.contains(&old));
    home.write(to, &text.replace(&old, &new));
}

#[test]
fn boundaries_go_out_are_checked_and_come_back() {
    let home = Home::new();
    let check = home.run(&["boundaries", "check", "--json"]);
    assert_eq!(check.status, 0, "{}", check.err);
    assert_eq!(check.json()["ok"], true);
    assert_eq!(check.json()["tolerance_m2"], 1.0);
    for name in ["a.geojson", "a.gpkg"] {
        let out = home.run(&["boundaries", "export", name, "--json"]);
        assert_eq!(
            (out.status, out.json()["places"].as_u64()),
            (0, Some(113)),
            "{}",
            out.err
        );
        let same = home
            .run(&["boundaries", "import", name, "--dry-run", "--json"])
            .json();
        assert_eq!(
            (&same["same"], same["changed"].as_array().unwrap().len()),
            (&Value::from(113), 0)
        );
        assert_eq!(home.run(&["boundaries", "check", name]).status, 0);
    }
    move_a_corner(&home, "a.geojson", "b.geojson");
    let dry = home.run(&["boundaries", "import", "b.geojson", "--dry-run", "--json"]);
    assert_eq!(dry.status, 0, "{}", dry.err);
    let dry = dry.json();
    let changed = dry["changed"].as_array().unwrap();
    assert!(
        changed.contains(&Value::from("GL01-G05")) && changed.len() > 1,
        "{dry}"
    );
    assert_eq!(dry["number"], Value::Null);
    assert!(!home.path(program::BOOK).exists());
    let done = home.run(&[
        "boundaries",
        "import",
        "b.geojson",
        "--as",
        LEADER,
        "--reason",
        "测绘更新",
        "--json",
    ]);
    assert_eq!(
        (done.status, done.json()["number"].as_u64()),
        (0, Some(1)),
        "{}",
        done.err
    );
    // The book has them now; the file says nothing new.
    let again = home
        .run(&["boundaries", "import", "b.geojson", "--dry-run", "--json"])
        .json();
    assert_eq!(again["changed"].as_array().unwrap().len(), 0);
    let nothing = home.run(&[
        "boundaries",
        "import",
        "b.geojson",
        "--as",
        LEADER,
        "--reason",
        "再来",
    ]);
    nothing.says(1, &["没有任何变化"]);
    let out = home.run(&["boundaries", "export", "c.geojson"]);
    assert_eq!(out.status, 0, "{}", out.err);
    let (b, c) = ["b.geojson", "c.geojson"]
        .map(|name| std::fs::read_to_string(home.path(name)).unwrap())
        .into();
    let sorted = |text: &str| {
        let file: Value = serde_json::from_str(text).unwrap();
        let mut all: Vec<String> = file["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["properties"]["code"].to_string())
            .collect();
        all.sort();
        all
    };
    assert_eq!(sorted(&b), sorted(&c));
    assert_eq!(home.run(&["verify", "--json"]).json()["ok"], true);
}

#[test]
fn what_is_wrong_is_refused_and_says_where() {
    let home = Home::new();
    assert_eq!(home.run(&["boundaries", "export", "a.shp"]).status, 2);
    assert_eq!(home.run(&["boundaries"]).status, 2);
    home.run(&["boundaries", "export", "a.geojson"]);
    assert_eq!(home.run(&["boundaries", "import", "a.geojson"]).status, 2);
    let missing = home.run(&["boundaries", "check", "missing.geojson"]);
    assert_eq!(missing.status, 1);
    assert!(missing.err.contains("missing.geojson"), "{}", missing.err);
    let bow = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"GL-S1"},
        "geometry":{"type":"Polygon","coordinates":[[[114.05,22.72],[114.06,22.73],[114.06,22.72],[114.05,22.73],[114.05,22.72]]]}}]}"#;
    home.write("bow.geojson", bow);
    let check = home.run(&["boundaries", "check", "bow.geojson", "--json"]);
    assert_eq!(check.status, 1);
    let check = check.json();
    let fault = &check["faults"][0];
    assert_eq!(
        (&fault["kind"], &fault["weight"]),
        (&Value::from("self-crossing"), &Value::from("blocks"))
    );
    assert!((fault["lon"].as_f64().unwrap() - 114.055).abs() < 1e-6, "{fault}");
    let refused = home.run(&[
        "boundaries",
        "import",
        "bow.geojson",
        "--as",
        LEADER,
        "--reason",
        "x",
    ]);
    refused.says(1, &["不能保存"]);
    let dry = home.run(&["boundaries", "import", "bow.geojson", "--dry-run"]);
    assert_eq!(dry.status, 1, "{}", dry.out);
    // Who may not is told so, and a moment that is none is wrong usage.
    move_a_corner(&home, "a.geojson", "b.geojson");
    let other = home.run(&[
        "boundaries",
        "import",
        "b.geojson",
        "--as",
        "D-GOV",
        "--reason",
        "x",
    ]);
    assert_eq!(other.status, 1, "{}", other.err);
    let when = home.run(&[
        "boundaries",
        "import",
        "b.geojson",
        "--as",
        LEADER,
        "--reason",
        "x",
        "--from",
        "soon",
    ]);
    when.says(2, &["soon"]);
    let later = home.run(&[
        "boundaries",
        "import",
        "b.geojson",
        "--as",
        LEADER,
        "--reason",
        "x",
        "--from",
        "2020-01-01",
    ]);
    assert_eq!(later.status, 1);
}
