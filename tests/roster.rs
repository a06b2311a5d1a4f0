//! The roster's file: mistakes are named with their line and field; the one that comes with the program is sound.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Asia::Shanghai;
use yipanqi::town::{Handler, Town, TownFault};

fn guanlan() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan")
}

/// Guanlan with another roster.
fn with_roster(text: &str) -> Result<Town, Vec<TownFault>> {
    let dir = tempfile::tempdir().unwrap();
    let town = dir.path().join("town/guanlan");
    std::fs::create_dir_all(&town).unwrap();
    let assets = guanlan().join("../..");
    for name in ["catalogue/guanlan.csv", "calendar/cn-mainland.csv"] {
        let to = dir.path().join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(assets.join(name), to).unwrap();
    }
    for name in ["town.toml", "places.geojson", "posts.csv", "teams.csv"] {
        std::fs::copy(guanlan().join(name), town.join(name)).unwrap();
    }
    for file in std::fs::read_dir(guanlan()).unwrap() {
        let file = file.unwrap().path();
        let to = town.join(file.file_name().unwrap());
        if file.is_file() && !to.exists() && file.metadata().unwrap().len() < 4 << 20 {
            std::fs::copy(&file, to).unwrap();
        }
    }
    std::fs::write(town.join("roster.toml"), text).unwrap();
    Town::load(Path::new(&town)).map_err(|error| error.0)
}

fn faults(text: &str) -> Vec<String> {
    let faults = with_roster(text).unwrap_err();
    faults
        .iter()
        .map(|fault| format!("{}: {}: {}", fault.at, fault.field, fault.what))
        .collect()
}

const SHIFT: &str =
    "[[shift]]\ncode = \"a\"\nname = { zh = \"早班\", en = \"\" }\nfrom = \"08:00\"\nto = \"16:00\"\n";

fn moment(text: &str) -> DateTime<Utc> {
    let local = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    Shanghai.from_local_datetime(&local).unwrap().to_utc()
}

#[test]
fn the_roster_that_comes_with_the_program_covers_the_whole_day() {
    let town = Town::load(&guanlan()).unwrap();
    let name = |text| {
        let span = town.roster.current(moment(text), Shanghai);
        span.map(|span| span.shift.name.zh.clone())
    };
    assert_eq!(name("2026-11-25 08:00").as_deref(), Some("早班"));
    assert_eq!(name("2026-11-25 23:59").as_deref(), Some("中班"));
    assert_eq!(name("2026-11-26 00:00").as_deref(), Some("夜班"));
    let on = |code: &str, text| {
        town.roster
            .on_shift(&Handler::Post(code.into()), moment(text), Shanghai)
    };
    assert!(on("D-EME", "2026-11-26 03:00"));
    assert!(!on("D-GOV", "2026-11-26 03:00"));
    assert!(
        on("I-1", "2026-11-27 10:00") && !on("I-1", "2026-11-28 10:00"),
        "a Saturday"
    );
    assert!(on("GL01-SM", "2026-11-28 03:00"), "whoever is not named");
}

#[test]
fn mistakes_are_named_with_line_and_field() {
    assert_eq!(
        faults(&SHIFT.replace("08:00", "8 Uhr")),
        ["line 1: from: found '8 Uhr', expected a time such as \"08:00\""]
    );
    assert_eq!(
        faults(&format!("{SHIFT}{SHIFT}")),
        ["line 6: code: 'a' stands there twice"]
    );
    let duty = |body: &str| faults(&format!("{SHIFT}\n[[duty]]\n{body}\n"));
    assert_eq!(
        duty("shift = \"b\"\nposts = [\"D-GOV\"]"),
        ["line 7: shift: found 'b', expected one of a"]
    );
    assert_eq!(
        duty("shift = \"a\"\nposts = [\"D-XXX\"]\nteams = [\"T-0\"]"),
        [
            "line 7: posts: there is no post 'D-XXX' in this town",
            "line 7: teams: there is no team 'T-0' in this town"
        ]
    );
    assert_eq!(
        duty("shift = \"a\"\ndays = [\"monday\"]\nposts = [\"D-GOV\"]"),
        ["line 7: days: found 'monday', expected one of mon, tue, wed, thu, fri, sat, sun"]
    );
    assert_eq!(
        duty("shift = \"a\""),
        ["line 7: posts: names nobody: expected posts or teams"]
    );
    let unknown = duty("shift = \"a\"\npost = [\"D-GOV\"]");
    assert!(
        unknown[0].starts_with("line 9: : unknown field `post`"),
        "{unknown:?}"
    );
    assert!(with_roster(SHIFT).is_ok());
}
