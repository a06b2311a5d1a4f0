//! `yipanqi find`, by the built program: what is found, how it is listed and written, and what is refused.

mod program;

use calamine::Reader;
use program::Home;
use serde_json::Value;

const TABLE: &str = "id,type,what,when,closed,lon,lat\n\
    1,litter,巷口有垃圾,2026-10-03 09:00,2026-10-04 09:00,114.0502,22.7203\n\
    2,stairs,楼道堆放 HP-B,2026-10-05 09:00,,114.0511,22.7212\n\
    3,litter,=1+1 河边垃圾桶,2026-11-03 09:00,2026-11-04 09:00,114.0803,22.7404\n\
    4,stairs,消防通道,2026-11-05 09:00,,114.0505,22.7205\n";

const SQUARE: &str = r#"{"type":"Feature","properties":{},"geometry":{"type":"Polygon",
    "coordinates":[[[114.04,22.71],[114.06,22.71],[114.06,22.73],[114.04,22.73],[114.04,22.71]]]}}"#;

fn filled() -> Home {
    let home = Home::new();
    home.write("cases.csv", TABLE);
    home.write("square.geojson", SQUARE);
    let answer = home.run(&["import", "cases.csv", "--profile", "counter.toml"]);
    assert_eq!(answer.status, 0, "{}", answer.err);
    home
}

fn ids(home: &Home, args: &[&str]) -> Vec<i64> {
    let args: Vec<&str> = ["find", "--json"].iter().chain(args).copied().collect();
    let answer = home.run(&args);
    assert_eq!(answer.status, 0, "{args:?}: {}", answer.err);
    let found = answer.json();
    let cases = found["cases"].as_array().unwrap();
    assert_eq!(found["count"].as_u64().unwrap() as usize, cases.len());
    cases.iter().map(|case| case["id"].as_i64().unwrap()).collect()
}

#[test]
fn cases_are_found_by_words_filters_period_and_polygon_newest_first() {
    let home = filled();
    // The item's name has the word, too.
    assert_eq!(ids(&home, &["垃圾"]), [3, 1]);
    assert_eq!(ids(&home, &["ｈｐ-b"]), [2]);
    assert_eq!(ids(&home, &[]), [4, 3, 2, 1]);
    assert_eq!(ids(&home, &["--class", "A", "--state", "ended"]), [3, 1]);
    assert_eq!(ids(&home, &["状态:未结 2026-11"]), [4]);
    assert_eq!(
        ids(&home, &["--from", "2026-10-04", "--to", "2026-11-03"]),
        [3, 2]
    );
    assert_eq!(ids(&home, &["--polygon", "square.geojson"]), [4, 2, 1]);
    assert_eq!(ids(&home, &["垃圾", "--polygon", "square.geojson"]), [1]);
    assert_eq!(ids(&home, &["#2", "no:4"]), [4, 2]);
    let limited = home.run(&["find", "--json", "--limit", "1"]).json();
    assert_eq!(
        (
            limited["count"].as_u64(),
            limited["cases"].as_array().unwrap().len()
        ),
        (Some(4), 1)
    );
    let listed = home.run(&["find", "垃圾"]);
    assert_eq!((listed.out.lines().count(), listed.err.trim()), (3, "找到 2 件"));
}

#[test]
fn what_is_found_is_written_as_tables_and_as_points() {
    let home = filled();
    let write = |file: &str| {
        let flag = if file.ends_with(".csv") { "--csv" } else { "--out" };
        let answer = home.run(&["find", "垃圾", flag, file]);
        assert_eq!((answer.status, answer.out.as_str()), (0, ""), "{}", answer.err);
        home.path(file)
    };
    let text = std::fs::read_to_string(write("found.csv")).unwrap();
    let mut table = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(table.headers().unwrap().get(0), Some("编号"));
    assert_eq!(rows.iter().map(|row| &row[0]).collect::<Vec<_>>(), ["3", "1"]);
    // Nothing in it is a formula.
    assert_eq!(&rows[0][17], "'=1+1 河边垃圾桶");
    assert_eq!((&rows[1][15], &rows[1][16]), ("114.0502", "22.7203"));
    let points: Value = serde_json::from_slice(&std::fs::read(write("found.geojson")).unwrap()).unwrap();
    let features = points["features"].as_array().unwrap();
    assert_eq!(features.len(), 2);
    assert_eq!(
        features[1]["geometry"]["coordinates"],
        serde_json::json!([114.0502, 22.7203])
    );
    assert_eq!(features[1]["properties"]["text"], "巷口有垃圾");
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(write("found.xlsx")).unwrap();
    let sheet = book.worksheet_range("查找结果").unwrap();
    assert_eq!(sheet.height(), 3);
}

#[test]
fn what_is_not_understood_is_2_and_says_what_would_be_right() {
    let home = filled();
    home.write(
        "line.geojson",
        r#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#,
    );
    home.write(
        "swapped.geojson",
        &SQUARE.replace("[114.04,22.71]", "[22.71,114.04]"),
    );
    for (args, said) in [
        (&["find", "类:X"][..], "X"),
        (&["find", "--area", "没有这个地方"], "没有这个地方"),
        (&["find", "--period", "2026-13"], "2026-11"),
        (&["find", "--polygon", "line.geojson"], "polygon"),
        (&["find", "--polygon", "swapped.geojson"], "corner 1"),
    ] {
        let answer = home.run(args);
        assert_eq!((answer.status, answer.out.as_str()), (2, ""), "{args:?}");
        assert!(answer.err.contains(said), "{args:?}: {}", answer.err);
    }
    assert_eq!(home.run(&["find", "--polygon", "none.geojson"]).status, 1);
    assert_eq!(home.run(&["find", "--out", "found.docx"]).status, 2);
}
