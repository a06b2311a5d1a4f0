//! The sample day: it obeys the desk, shows every stage and class, and says where its file is wrong.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use yipanqi::board::Board;
use yipanqi::case::{Case, ClockState, Source, Stage, Whereabouts};
use yipanqi::intake::sample;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{CaseQuery, Store};
use yipanqi::town::{Centre, Class, Town};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn town() -> Town {
    Town::load(&root().join("assets/town/guanlan")).unwrap_or_else(|faults| panic!("{faults}"))
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// A working morning, a night before a Sunday, the middle of the longest holiday, and the turn of a year.
fn moments() -> [DateTime<Utc>; 4] {
    [
        at("2026-11-24T10:41:00+08:00"),
        at("2026-11-22T03:05:07.250+08:00"),
        at("2026-02-19T15:30:00+08:00"),
        at("2027-01-01T00:00:30+08:00"),
    ]
}

/// The book as the sample day fills it, and the folder that it lies in.
fn filled(town: &Town, now: DateTime<Utc>) -> (SqliteStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(&folder.path().join("sample.db")).unwrap();
    sample::fill(&mut store, town, now).unwrap();
    (store, folder)
}

fn all(store: &SqliteStore) -> Vec<Case> {
    let mut cases = Vec::new();
    let keep = &mut |case| {
        cases.push(case);
        true
    };
    store.cases(&CaseQuery::default(), keep).unwrap();
    cases
}

#[test]
fn every_stage_class_centre_and_source_is_there_at_any_time_of_the_year() {
    let town = town();
    for now in moments() {
        let (store, _folder) = filled(&town, now);
        let cases = all(&store);
        assert!(cases.len() >= 55, "{}", cases.len());
        let stages: HashSet<Stage> = cases.iter().map(|case| case.stage).collect();
        // All of the straight way and its refusals; a day has no suspended, merged or withdrawn case.
        assert!(
            Stage::ALL[..8].iter().all(|stage| stages.contains(stage)),
            "{stages:?}"
        );
        let open: Vec<&Case> = cases.iter().filter(|case| case.stage.is_open()).collect();
        let classes: BTreeSet<Class> = open.iter().map(|case| case.class).collect();
        assert_eq!(classes.len(), Class::ALL.len());
        let centres: BTreeSet<Centre> = open.iter().map(|case| case.centre).collect();
        assert_eq!(centres.len(), Centre::ALL.len());
        let sources: HashSet<Source> = cases.iter().map(|case| case.source).collect();
        assert!(sources.len() >= Source::ALL.len() - 1, "{sources:?}");
        let clocks = |state| {
            open.iter()
                .filter(|case| case.time_left(now).state == state)
                .count()
        };
        assert!(
            clocks(ClockState::Soon) >= 5,
            "{} soon at {now}",
            clocks(ClockState::Soon)
        );
        assert!(
            clocks(ClockState::Overdue) >= 3,
            "{} overdue at {now}",
            clocks(ClockState::Overdue)
        );
        assert!(
            clocks(ClockState::Running) >= 10,
            "{} in time at {now}",
            clocks(ClockState::Running)
        );
        assert!(store.verify().unwrap().ok);
    }
}

#[test]
fn cases_lie_in_every_community_and_pilot_block_and_are_marked_as_samples() {
    let town = town();
    let (store, _folder) = filled(&town, moments()[0]);
    let board = Board::new(store.open_cases().unwrap(), &town);
    let (mut communities, mut blocks) = (HashSet::new(), HashSet::new());
    for live in board.iter() {
        communities.extend(live.answerable.community);
        blocks.extend(live.answerable.block);
        if live.case.place.point().is_some() {
            assert!(live.answerable.base_grid.is_some(), "case {}", live.case.id);
        }
    }
    assert_eq!((communities.len(), blocks.len()), (10, 4));
    let cases = all(&store);
    assert!(cases.iter().all(|case| case.text.starts_with("【样例】")));
    let areas = cases
        .iter()
        .filter(|case| matches!(case.place, Whereabouts::Area { .. }))
        .count();
    let words = cases
        .iter()
        .filter(|case| matches!(case.place, Whereabouts::Stated { .. }))
        .count();
    assert!(areas >= 3 && words >= 2, "{areas} areas, {words} in words");
}

#[test]
fn the_same_moment_gives_the_same_day_and_a_book_with_cases_is_left_alone() {
    let town = town();
    let now = moments()[0];
    let path = root().join(sample::FILE);
    assert_eq!(
        sample::tell(&town, now, &path).unwrap(),
        sample::tell(&town, now, &path).unwrap()
    );
    let (mut store, _folder) = filled(&town, now);
    let before = (store.counts().unwrap(), store.last_seq().unwrap());
    sample::fill(&mut store, &town, moments()[3]).unwrap();
    assert_eq!((store.counts().unwrap(), store.last_seq().unwrap()), before);
}

const HEAD: &str = "case,minutes_ago,who,do,item,source,lon,lat,area,stated,to,words";

fn faults(lines: &[&str]) -> (String, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.csv");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let error = sample::tell(&town(), moments()[0], &path).unwrap_err();
    (error.to_string(), path)
}

#[test]
fn mistakes_of_the_file_are_named_by_line_and_field() {
    let report = "1,50,D-GRID,report,GL-A01,hotline,114.05,22.73,,,,words";
    for (bad, line, field, words) in [
        ("x,5,D-GRID,accept,,,,,,,,", 3, "case", "whole number"),
        ("1,-5,D-GRID,accept,,,,,,,,", 3, "minutes_ago", "whole number"),
        (
            "1,60,D-GRID,accept,,,,,,,,",
            3,
            "minutes_ago",
            "before the case's last entry",
        ),
        ("1,5,D-NOBODY,accept,,,,,,,,", 3, "who", "D-NOBODY"),
        ("1,5,I-1,accept,,,,,,,,", 3, "who", "may not"),
        ("1,5,D-GRID,jump,,,,,,,,", 3, "do", "accept"),
        ("1,5,D-GRID,close,,,,,,,,", 3, "do", "reported"),
        ("1,5,D-GRID,refuse,,,,,,,,", 3, "words", "reason"),
        ("2,5,D-GRID,accept,,,,,,,,", 3, "case", "no report"),
        (report, 3, "case", "second time"),
        (
            "2,5,D-GRID,report,GL-Z99,hotline,114.05,22.73,,,,words",
            3,
            "item",
            "GL-Z99",
        ),
        (
            "2,5,D-GRID,report,GL-A01,pigeon,114.05,22.73,,,,words",
            3,
            "source",
            "hotline",
        ),
        (
            "2,5,D-GRID,report,GL-A01,hotline,114.05,,,,,words",
            3,
            "lat",
            "degrees",
        ),
        (
            "2,5,D-GRID,report,GL-A01,hotline,,,GL99,,,words",
            3,
            "area",
            "GL99",
        ),
        (
            "2,5,D-GRID,report,GL-A01,hotline,114.05,22.73,GL01,,,words",
            3,
            "area",
            "a point is given",
        ),
        (
            "2,5,D-GRID,report,GL-A01,hotline,,,,,,words",
            3,
            "stated",
            "say where",
        ),
        ("1,5,D-GRID", 3, "", "3 cells"),
    ] {
        let (text, path) = faults(&[HEAD, report, bad]);
        let place = if field.is_empty() {
            String::new()
        } else {
            format!(": {field}")
        };
        let begin = format!("{}: line {line}{place}: ", path.display());
        assert!(text.starts_with(&begin), "{bad}: {text}");
        assert!(text.contains(words), "{bad}: {text}");
    }
    let to = [
        "1,40,D-GRID,accept,,,,,,,,",
        "1,30,D-GRID,dispatch,,,,,,,team:NONE,",
    ];
    let (text, path) = faults(&[HEAD, report, to[0], to[1]]);
    assert!(
        text.starts_with(&format!("{}: line 4: to: ", path.display())),
        "{text}"
    );
}

#[test]
fn a_file_that_is_something_else_is_named() {
    for text in ["", "a,b,c\n1,2,3", "\u{0}\u{1}\u{2}"] {
        let (found, path) = faults(&[text]);
        assert!(found.starts_with(&path.display().to_string()), "{found}");
        assert!(found.contains(HEAD), "{found}");
    }
    let missing = sample::tell(&town(), moments()[0], Path::new("no/such/day.csv")).unwrap_err();
    assert!(missing.to_string().starts_with("no/such/day.csv: "), "{missing}");
}
