//! `yipanqi drill` as it is built: what it says, what it writes, and what it refuses to mix.

mod program;

use std::path::PathBuf;
use std::process::Stdio;

use chrono::{DateTime, Utc};
use serde_json::Value;
use yipanqi::report::briefing::Stamp;
use yipanqi::store::Store;
use yipanqi::store::sqlite::SqliteStore;

use program::{BOOK, Home};

impl Home {
    /// What it says on standard output; it must have worked.
    fn says(&self, args: &[&str]) -> String {
        let answer = self.run(args);
        assert_eq!(answer.status, 0, "{args:?}: {}", answer.err);
        answer.out
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.says(args)).unwrap()
    }

    /// What it says on standard error; it must have failed with that status.
    fn fails(&self, status: i32, args: &[&str]) -> String {
        let answer = self.run(args);
        assert_eq!(answer.status, status, "{args:?}: {}{}", answer.out, answer.err);
        answer.err
    }
}

#[test]
fn a_drill_is_played_gone_on_with_and_marked_wherever_it_is_shown() {
    let home = Home::new();
    let drill = [
        "drill",
        "--scenario",
        "urban-village-fire",
        "--seed",
        "5",
        "--db",
        "d.db",
    ];
    let with = |more: &[&'static str]| [&drill[..], more].concat();
    let part = home.json(&with(&["--until", "4h", "--json"]));
    assert_eq!(part["there_before"], 0);
    assert_eq!(part["stopped"], false);
    let whole = home.json(&with(&["--until", "end", "--json"]));
    assert_eq!(whole["there_before"], part["entries"]);
    assert!(whole["entries"].as_i64() > part["entries"].as_i64());
    assert!(whole["note"]["zh"].as_str().unwrap().contains("模拟"));
    assert_eq!(whole["refused"], 0);
    let text = home.says(&with(&["--until", "end", "--lang", "en"]));
    assert!(text.contains("skill of the automatic dispatcher 0.80"), "{text}");

    let briefing = ["briefing", "--period", "2026-11", "--out", "out", "--force"];
    for args in [
        &["cases"][..],
        &["show", "1"],
        &["verify"],
        &["figures"],
        &["indicator", "cases-in"],
        &briefing,
        &["briefing", "--check", "out/briefing-2026-11.zh.pdf"],
    ] {
        let args = [args, &["--db", "d.db", "--lang", "zh"]].concat();
        let text = home.says(&args);
        assert!(text.starts_with("演练"), "{args:?}: {text}");
        let json = home.json(&[&args[..], &["--json"]].concat());
        assert_eq!(json["drill"]["scenario"], "urban-village-fire", "{args:?}");
        assert_eq!(json["drill"]["seed"], 5, "{args:?}");
    }
    assert_eq!(home.json(&["verify", "--db", "d.db", "--json"])["ok"], true);
}

#[test]
fn figures_of_a_drill_are_counted_at_its_own_time() {
    let home = Home::new();
    home.says(&["drill", "--until", "6h", "--db", "d.db"]);
    let store = SqliteStore::open_read_only(&home.path("d.db")).unwrap();
    let entries = store.entries_after(0, u32::MAX).unwrap();
    let last = entries.last().unwrap().at;
    let json = home.json(&["indicator", "cases-in", "--db", "d.db", "--json"]);
    let as_of: DateTime<Utc> = json["as_of"].as_str().unwrap().parse().unwrap();
    assert_eq!(as_of, last);
    home.says(&[
        "briefing",
        "--period",
        "2026-11-25",
        "--out",
        "out",
        "--db",
        "d.db",
    ]);
    for ending in ["pdf", "xlsx"] {
        let file = home.path(&format!("out/briefing-2026-11-25.zh.{ending}"));
        assert_eq!(Stamp::read(&file).unwrap().at_ms, last.timestamp_millis());
    }
}

#[test]
fn the_halls_own_book_never_becomes_a_drills() {
    let home = Home::new();
    let real = BOOK;
    let whole = home.path(real).display().to_string();
    let refuses = |path: &str| {
        for until in [&["--until", "2h"][..], &[]] {
            let told = home.fails(1, &[&["drill", "--db", path], until].concat());
            assert!(told.contains(path) && told.contains("real cases"), "{told}");
        }
    };
    // It is not there yet, it is there and empty, and it is named by other ways.
    refuses(&whole);
    assert!(!home.path(real).exists());
    std::fs::create_dir_all(home.path("XDG_DATA_HOME/yipanqi")).unwrap();
    drop(SqliteStore::open(&home.path(real)).unwrap());
    std::fs::create_dir(home.path("XDG_DATA_HOME/other")).unwrap();
    for path in [&whole, real, "XDG_DATA_HOME/other/../yipanqi/book.db"] {
        refuses(path);
    }
    let store = SqliteStore::open_read_only(&home.path(real)).unwrap();
    assert_eq!(store.drill().unwrap(), None);
}

#[test]
fn a_moment_that_the_book_is_past_is_no_other_drill() {
    let home = Home::new();
    let until = |until: &'static str| ["drill", "--db", "d.db", "--lang", "en", "--until", until];
    home.says(&until("3h"));
    let told = home.fails(1, &until("2h"));
    assert!(
        told.contains("d.db") && told.contains("further than --until 2026-11-25T09:00:00"),
        "{told}"
    );
    let zh = home.fails(1, &["drill", "--db", "d.db", "--lang", "zh", "--until", "2h"]);
    assert!(zh.contains("晚于 --until 2026-11-25T09:00:00"), "{zh}");
    home.says(&until("3h"));
}

#[test]
fn drills_and_real_work_are_kept_apart() {
    let home = Home::new();
    home.says(&["drill", "--until", "2h", "--db", "d.db"]);
    let told = home.fails(1, &["do", "--as", "L-DUTY", "--db", "d.db", "accept 1"]);
    assert!(told.contains("d.db") && told.contains("演练"), "{told}");
    let table = home.path("cases.csv");
    std::fs::write(&table, "id,type\n1,x\n").unwrap();
    let import = [
        "import",
        "cases.csv",
        "--profile",
        "pingshan-appeals",
        "--db",
        "d.db",
    ];
    let told = home.fails(1, &import);
    assert!(told.contains("演练"), "{told}");
    // The hall itself does not open it as a real book; it says so before it looks for a display.
    let told = home.fails(1, &["--db", "d.db"]);
    assert!(told.contains("演练"), "{told}");

    home.says(&[
        "do",
        "--as",
        "D-GOV",
        "--db",
        "real.db",
        "report GL-A01 @GL03 垃圾",
    ]);
    let told = home.fails(1, &["drill", "--until", "end", "--db", "real.db"]);
    assert!(told.contains("real.db"), "{told}");
    assert_eq!(
        home.json(&["cases", "--db", "real.db", "--json"])["cases"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    for other in [
        ["--seed", "2"],
        ["--skill", "0.3"],
        ["--scenario", "typhoon-night"],
        ["--cases", "4"],
    ] {
        let told = home.fails(
            1,
            &[&["drill", "--until", "end", "--db", "d.db"], &other[..]].concat(),
        );
        assert!(
            told.contains("d.db") && told.contains("ordinary-day"),
            "{other:?}: {told}"
        );
    }
}

#[test]
fn without_a_name_a_drill_lies_beside_the_real_book() {
    let home = Home::new();
    let drill = home.json(&["drill", "--until", "end", "--cases", "7", "--json"]);
    assert_eq!(drill["cases"], 7);
    let book = PathBuf::from(drill["book"].as_str().unwrap());
    assert_eq!(book, home.path("XDG_DATA_HOME/yipanqi/book.drill.db"));
    assert!(book.exists() && !home.path(BOOK).exists());
}

#[test]
fn a_drill_that_was_killed_is_whole_and_goes_on() {
    let home = Home::new();
    let args = [
        "drill",
        "--scenario",
        "ordinary-year",
        "--until",
        "90d",
        "--db",
        "d.db",
        "--json",
    ];
    let mut child = home
        .command(&args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Until the first transaction is there.
    let entries = || {
        let store = SqliteStore::open_read_only(&home.path("d.db"));
        store.and_then(|store| store.last_seq()).unwrap_or_default()
    };
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while entries() == 0 {
        assert!(std::time::Instant::now() < patience, "nothing is written");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let there = entries();
    assert_eq!(home.json(&["verify", "--db", "d.db", "--json"])["ok"], true);
    let whole = home.json(&args);
    assert_eq!(whole["there_before"], there);
    let mut again = args;
    again[6] = "e.db";
    assert_eq!(home.json(&again)["entries"], whole["entries"]);
    assert_eq!(home.json(&["verify", "--db", "d.db", "--json"])["ok"], true);
}

#[test]
fn wrong_usage_is_told() {
    let home = Home::new();
    for (args, expected) in [
        (&["--until", "soon"][..], "36h"),
        (&["--until", "end", "--skill", "2"], "from 0 to 1"),
        (&["--until", "end", "--speed", "0"], "from 0.1 to 3600"),
        (&["--until", "end", "--cases", "many"], "--cases"),
    ] {
        let told = home.fails(2, &[&["drill"], args].concat());
        assert!(told.contains(expected), "{args:?}: {told}");
    }
    let told = home.fails(
        1,
        &["drill", "--scenario", "war", "--until", "end", "--lang", "en"],
    );
    assert!(told.contains("war") && told.contains("typhoon-night"), "{told}");
    std::fs::write(home.path("bad.toml"), "format = 1\nfrom = 2026-01-01\n[rates]\n").unwrap();
    let told = home.fails(1, &["drill", "--scenario", "bad.toml", "--until", "end"]);
    assert!(told.contains("bad.toml: line 3: rates"), "{told}");
    assert!(told.contains("until"), "{told}");
    assert!(!home.path("XDG_DATA_HOME").exists(), "no book was made");
    let told = home.fails(
        1,
        &[
            "drill",
            "--scenario",
            "xinlan-2018-2019",
            "--cases",
            "5",
            "--until",
            "end",
            "--db",
            "x.db",
        ],
    );
    assert!(told.contains("quota"), "{told}");
}

#[test]
fn scenarios_are_listed() {
    let home = Home::new();
    let text = home.says(&["drill", "--list", "--lang", "zh"]);
    assert!(
        text.contains("xinlan-2018-2019") && text.contains("台风夜"),
        "{text}"
    );
    let json = home.json(&["drill", "--list", "--json"]);
    assert_eq!(json["scenarios"].as_array().unwrap().len(), 6);
}
