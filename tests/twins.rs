//! Likely duplicates: found through the index as a look at all open cases would find them.

use std::path::Path;
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use yipanqi::board::Board;
use yipanqi::case::{Action, Case, CaseId, Entry, Report, Source, Whereabouts};
use yipanqi::desk::duplicate::{LikenessKind, Query, Twin, compare, text_alike, twins};
use yipanqi::town::{Town, Wgs84};

static GUANLAN: LazyLock<Town> = LazyLock::new(|| {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Town::load(&dir).unwrap_or_else(|faults| panic!("{faults}"))
});

fn now() -> DateTime<Utc> {
    "2026-11-25T02:30:00Z".parse().unwrap()
}

fn entry(id: i64, version: u32, action: Action) -> Entry {
    Entry {
        seq: id * 100 + i64::from(version),
        case: CaseId(id),
        version,
        at: now(),
        actor: "D-GRID".into(),
        seat: "1".into(),
        action,
    }
}

fn case(id: i64, item: &str, place: Whereabouts, minutes_ago: i64, text: &str) -> Case {
    let item = GUANLAN.catalogue.by_code(item).unwrap();
    let report = Report {
        item: item.code.as_str().into(),
        class: item.class,
        centre: item.centre,
        severity: item.severity,
        text: text.into(),
        place,
        source: Source::Patrol,
        reported_at: now() - TimeDelta::minutes(minutes_ago),
        due_at: None,
        limits: None,
        item_version: 0,
        photos: Vec::new(),
        origin: None,
        outcome: None,
        split_from: None,
    };
    Case::open(&entry(id, 1, Action::Report(Box::new(report)))).unwrap()
}

/// So many metres east of the middle of a base grid of Xinlan.
fn east(metres: f64) -> Whereabouts {
    let grid = GUANLAN.places.by_code("GL01-G02").unwrap();
    let middle = GUANLAN.places.get(grid).label_at;
    let degrees = metres / (111_195.0 * middle.lat.to_radians().cos());
    Whereabouts::Point {
        at: Wgs84 {
            lon: middle.lon + degrees,
            lat: middle.lat,
        },
        stated: "".into(),
        grid: None,
    }
}

fn area(code: &str) -> Whereabouts {
    Whereabouts::Area {
        code: code.into(),
        stated: "".into(),
    }
}

fn ask(cases: Vec<Case>, item: &str, place: &Whereabouts, text: &str) -> Vec<Twin> {
    let board = Board::new(cases, &GUANLAN);
    let query = Query {
        item,
        place,
        reported_at: now(),
        text,
        case: None,
    };
    twins(&GUANLAN, &board, &query)
}

fn numbers(found: &[Twin]) -> Vec<i64> {
    found.iter().map(|twin| twin.case.0).collect()
}

#[test]
fn the_same_matter_close_by_and_just_now_comes_first() {
    let cases = vec![
        case(1, "GL-B01", east(120.0), 60 * 30, "路边有渣土"),
        case(2, "GL-B01", east(40.0), 20, "小区门口堆了很多建筑垃圾"),
        case(3, "GL-B01", east(400.0), 20, "小区门口堆了很多建筑垃圾"),
        case(4, "GL-B15", east(10.0), 20, "小区门口堆了很多建筑垃圾"),
        case(5, "GL-B01", east(20.0), 60 * 24 * 9, "小区门口堆了很多建筑垃圾"),
    ];
    let found = ask(cases, "GL-B01", &east(0.0), "小区门口堆建筑垃圾没人清");
    // Too far, of another domain, too long ago: these are not the same.
    assert_eq!(numbers(&found), [2, 1]);
    let kinds: Vec<LikenessKind> = found[0].reasons.iter().map(|reason| reason.kind).collect();
    assert_eq!(kinds[0], LikenessKind::SameItem);
    assert!(matches!(kinds[1], LikenessKind::Near(metres) if (metres - 40.0).abs() < 1.0));
    assert_eq!(kinds[2], LikenessKind::Recent(TimeDelta::minutes(20)));
    assert!(matches!(kinds[3], LikenessKind::Text(share) if share > 0.5));
    assert_eq!(
        found[0].score,
        found[0].reasons.iter().map(|reason| reason.points).sum::<i32>()
    );
}

#[test]
fn a_case_is_not_its_own_twin_and_ended_ones_are_none() {
    let mut ended = case(2, "GL-B01", east(5.0), 5, "");
    let refuse = Action::Refuse {
        reason: "重复".into(),
        owner: String::new(),
    };
    ended.apply(&entry(2, 2, refuse)).unwrap();
    let board = Board::new(vec![case(1, "GL-B01", east(0.0), 5, ""), ended], &GUANLAN);
    let place = east(0.0);
    let query = |case| Query {
        item: "GL-B01",
        place: &place,
        reported_at: now(),
        text: "",
        case,
    };
    assert_eq!(numbers(&twins(&GUANLAN, &board, &query(None))), [1]);
    assert!(twins(&GUANLAN, &board, &query(Some(CaseId(1)))).is_empty());
}

#[test]
fn areas_and_words_are_compared_too() {
    let words = Whereabouts::Stated {
        stated: "观澜大道 12 号".into(),
    };
    let cases = || {
        vec![
            case(1, "GL-B01", area("GL01"), 5, ""),
            case(2, "GL-B01", area("GL02"), 5, ""),
            case(3, "GL-B01", words.clone(), 5, ""),
            case(4, "GL-B01", east(0.0), 5, ""),
        ]
    };
    assert!(ask(cases(), "GL-B01", &east(30_000.0), "").is_empty());
    let here = GUANLAN.answerable(east(0.0).point().unwrap()).community;
    assert_eq!(here, GUANLAN.places.by_code("GL01"));
    assert_eq!(numbers(&ask(cases(), "GL-B01", &east(0.0), "")), [4, 1]);
    assert_eq!(numbers(&ask(cases(), "GL-B01", &area("GL01"), "")), [1, 4]);
    assert_eq!(numbers(&ask(cases(), "GL-B01", &words, "")), [3]);
}

#[test]
fn texts_are_compared_by_pairs_of_characters() {
    assert!((text_alike("井盖破损", "井盖破损！") - 1.0).abs() < 1e-9);
    assert_eq!(text_alike("井盖破损", "路灯不亮"), 0.0);
    assert_eq!(text_alike("", "路灯不亮"), 0.0);
    assert_eq!(text_alike("井", "井"), 1.0);
    // 井盖, 盖破, 破损 and 井盖, 盖丢, 丢失: one of three each.
    assert!((text_alike("井盖破损", "井盖丢失") - 1.0 / 3.0).abs() < 1e-9);
    assert_eq!(text_alike("哈哈哈哈", "哈哈"), 0.5);
}

fn any_place() -> impl Strategy<Value = Whereabouts> {
    // A corner of two communities and some blocks, so that much lies close to much.
    let point = (114.045..114.056, 22.722..22.732).prop_map(|(lon, lat)| Whereabouts::Point {
        at: Wgs84 { lon, lat },
        stated: "".into(),
        grid: None,
    });
    let area = prop::sample::select(vec!["GL01", "GL02", "GL01-P1", "GL-S3", "GL", "NONE"]).prop_map(area);
    let words = prop::sample::select(vec!["观澜大道", "汇食街", ""]).prop_map(|stated| Whereabouts::Stated {
        stated: stated.into(),
    });
    prop_oneof![6 => point, 2 => area, 1 => words]
}

const ITEMS: [&str; 6] = ["GL-A01", "GL-A02", "GL-B01", "GL-B02", "GL-B15", "GL-C01"];
const TEXTS: [&str; 5] = [
    "",
    "门口堆放垃圾",
    "门口有垃圾堆放很久",
    "井盖破损",
    "garbage at the gate",
];

fn any_case() -> impl Strategy<Value = (Whereabouts, &'static str, i64, &'static str)> {
    let (items, texts) = (prop::sample::select(&ITEMS[..]), prop::sample::select(&TEXTS[..]));
    (any_place(), items, 0_i64..6000, texts)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn twins_are_those_that_a_look_at_all_cases_finds(
        cases in prop::collection::vec(any_case(), 0..120),
        gone in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        (place, item, ago, text) in any_case(),
    ) {
        let made = cases.iter().zip(1..).map(|((place, item, ago, text), id)| case(id, item, place.clone(), *ago, text));
        let mut board = Board::new(Vec::new(), &GUANLAN);
        for case in made {
            board.insert(case, &GUANLAN);
        }
        for index in gone.iter().filter(|_| !cases.is_empty()) {
            board.remove(CaseId(index.index(cases.len()) as i64 + 1));
        }
        let query = Query {
            item,
            place: &place,
            reported_at: now() - TimeDelta::minutes(ago),
            text,
            case: Some(CaseId(1)),
        };
        let mut expected: Vec<Twin> = board.iter().filter_map(|live| compare(&GUANLAN, &query, live)).collect();
        expected.sort_by_key(|twin| (-twin.score, twin.case));
        expected.truncate(5);
        prop_assert_eq!(twins(&GUANLAN, &board, &query), expected);
        prop_assert!(twins(&GUANLAN, &board, &query).iter().all(|twin| twin.case != CaseId(1)));
    }
}
