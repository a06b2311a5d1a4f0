//! What is found is what a plain scan finds: words, polygons, and whole books under random histories.

mod journal;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use geo::{Intersects, Validation};
use proptest::prelude::*;
use yipanqi::case::{
    Action, Card, Case, CaseId, CodeKind, Codes, Fact, Origin, Outcome, Report, Source, Stage, Step,
    Whereabouts, searchable_text,
};
use yipanqi::desk::{Args, NewReport, Order};
use yipanqi::find::finder::{Did, Reader, Reply};
use yipanqi::find::fold::{Word, fold};
use yipanqi::find::rows::Early;
use yipanqi::find::{Finder, Index, Query, Row, Sought, State, Told, Zone, ZoneFault};
use yipanqi::indicator::{Filter, Period};
use yipanqi::store::facts::recount;
use yipanqi::store::memory::MemoryStore;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Draft, Store};
use yipanqi::town::{Standing, Wgs84};

use journal::{Journal, TOWN, entitled, start};

fn at(lon: f64, lat: f64) -> Wgs84 {
    Wgs84 { lon, lat }
}

fn a_row(id: i64, at: Option<Wgs84>) -> Row {
    let card = Card {
        id: CaseId(id),
        stage: Stage::Closed,
        severity: 1,
        at,
        text: String::new(),
    };
    Early::default().row(&card)
}

static TOLD: LazyLock<Told> = LazyLock::new(|| Told::of(&TOWN, start()));

fn ids(index: &Index, query: &Query) -> Vec<i64> {
    let sought = Sought::new(query, &index.rows().codes, &TOLD);
    let hits = index.find(&sought);
    let found: Vec<i64> = hits.ids().map(|id| id.0).collect();
    assert_eq!(found.len(), hits.count);
    found
}

fn words(text: &str) -> Query {
    Query {
        words: vec![text.to_owned()],
        ..Query::default()
    }
}

// Words.

/// Characters of which texts and words are made: few, so that words are found; of both widths and cases.
fn text() -> impl Strategy<Value = String> {
    "[垃圾桶占道居民 aAbBＡｂ1１é\n😀]{0,14}"
}

fn word() -> impl Strategy<Value = String> {
    "[垃圾桶占道居民 aAbBＡｂ1１é]{0,5}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn words_are_found_as_the_database_finds_them(
        texts in prop::collection::vec(text(), 1..120),
        sought in prop::collection::vec(word(), 1..12),
        indexed in 0..120_usize,
        changes in prop::collection::vec((0..120_usize, text()), 0..10),
    ) {
        let mut index = Index::default();
        let mut texts = texts;
        for (i, text) in texts.iter().enumerate() {
            index.set(&a_row(i as i64 + 1, None), text);
            if i == indexed {
                index.finish();
            }
        }
        for (i, text) in changes {
            if i < texts.len() {
                texts[i] = text;
                index.set(&a_row(i as i64 + 1, None), &texts[i]);
            }
        }
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)").unwrap();
        for (i, text) in texts.iter().enumerate() {
            connection.execute("INSERT INTO t VALUES (?1, ?2)", (i as i64 + 1, fold(text))).unwrap();
        }
        let mut instr = connection.prepare("SELECT id FROM t WHERE instr(text, ?1) > 0 ORDER BY id").unwrap();
        for again in [false, true] {
            for word in &sought {
                let rows = instr.query_map([fold(word)], |row| row.get(0)).unwrap();
                let expected: Vec<i64> = rows.collect::<Result<_, _>>().unwrap();
                prop_assert_eq!(ids(&index, &words(word)), expected, "{} {}", word, again);
            }
            index.finish();
        }
    }
}

// Polygons.

fn corner() -> impl Strategy<Value = Wgs84> {
    // Few latitudes and longitudes, so that corners, edges and points fall together.
    prop_oneof![
        (0..12_u8, 0..12_u8).prop_map(|(x, y)| at(114.0 + f64::from(x) * 0.01, 22.7 + f64::from(y) * 0.01)),
        (0.0..0.12, 0.0..0.12).prop_map(|(x, y)| at(114.0 + x, 22.7 + y)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_lies_in_a_zone_is_what_an_exact_test_says(
        rings in prop::collection::vec(prop::collection::vec(corner(), 3..9), 1..4),
        points in prop::collection::vec(prop::option::weighted(0.9, corner()), 1..700),
        tidied in 0..700_usize,
    ) {
        let Ok(zone) = Zone::new(rings.clone()) else { return Ok(()) };
        let mut index = Index::default();
        for (i, point) in points.iter().enumerate() {
            index.set(&a_row(i as i64 + 1, *point), "");
            if i == tidied {
                index.finish();
            }
        }
        let plain = |point: &Option<Wgs84>| point.is_some_and(|at| zone.contains_plainly(at));
        let expected: Vec<i64> = (1..).zip(&points).filter(|(_, at)| plain(at)).map(|(id, _)| id).collect();
        let query = Query { zone: Some(Arc::new(zone.clone())), ..Query::default() };
        prop_assert_eq!(ids(&index, &query), expected);
        // A single ring that does not cross itself is a polygon as everybody knows it.
        let line: geo::LineString = rings[0].iter().map(|at| (at.lon, at.lat)).collect();
        let polygon = geo::Polygon::new(line, Vec::new());
        if rings.len() == 1 && polygon.is_valid() {
            for point in points.into_iter().flatten() {
                let inside = polygon.intersects(&geo::Point::from(point));
                prop_assert_eq!(zone.contains(point), inside, "{:?}", point);
            }
        }
        // Written and read again it is the same.
        prop_assert_eq!(Zone::parse(&zone.word()).unwrap().corners(), zone.corners());
    }
}

#[test]
fn zones_that_can_not_be_are_told_and_strange_ones_have_a_meaning() {
    let square = |from: f64, to: f64| vec![at(from, from), at(to, from), at(to, to), at(from, to)];
    assert_eq!(
        Zone::new(Vec::new()),
        Err(ZoneFault::TooFew { ring: 1, corners: 0 })
    );
    let line = vec![at(1.0, 1.0), at(2.0, 2.0), at(1.0, 1.0)];
    assert_eq!(
        Zone::new(vec![line]),
        Err(ZoneFault::TooFew { ring: 1, corners: 2 })
    );
    let swapped = vec![at(22.7, 114.0), at(22.8, 114.0), at(22.8, 114.1)];
    assert!(matches!(
        Zone::new(vec![swapped]),
        Err(ZoneFault::NoPlace {
            ring: 1,
            corner: 1,
            ..
        })
    ));
    let nan = vec![at(1.0, 1.0), at(f64::NAN, 1.0), at(1.0, 2.0)];
    assert!(matches!(
        Zone::new(vec![nan]),
        Err(ZoneFault::NoPlace { corner: 2, .. })
    ));
    // A hole outside is ground of its own, a hole inside is none.
    let zone = Zone::new(vec![square(0.0, 4.0), square(1.0, 2.0), square(10.0, 11.0)]).unwrap();
    for (x, inside) in [
        (0.5, true),
        (1.5, false),
        (3.0, true),
        (5.0, false),
        (10.5, true),
        (4.0, true),
    ] {
        assert_eq!(zone.contains(at(x, x)), inside, "{x}");
    }
    // Of a bow tie both halves count.
    let bow = Zone::new(vec![vec![at(0.0, 0.0), at(2.0, 2.0), at(2.0, 0.0), at(0.0, 2.0)]]).unwrap();
    assert!(bow.contains(at(0.2, 1.0)) && bow.contains(at(1.8, 1.0)) && !bow.contains(at(1.0, 1.8)));
    // A line without ground holds what lies on it.
    let flat = Zone::new(vec![vec![at(0.0, 0.0), at(1.0, 0.0), at(2.0, 0.0)]]).unwrap();
    assert!(flat.contains(at(1.5, 0.0)) && !flat.contains(at(1.5, 0.1)));
}

#[test]
fn a_polygon_of_a_hundred_thousand_corners_is_searched_and_a_tangle_is_refused() {
    let round = |n: usize| -> Vec<Wgs84> {
        let corner = |i: usize| {
            let angle = i as f64 / n as f64 * std::f64::consts::TAU;
            let reach = 0.05 + 0.002 * (angle * 997.0).sin();
            at(114.0 + reach * angle.cos(), 22.7 + reach * angle.sin())
        };
        (0..n).map(corner).collect()
    };
    let zone = Zone::new(vec![round(100_000)]).unwrap();
    assert_eq!(zone.corners(), 100_000);
    for i in 0..400 {
        let point = at(
            113.94 + f64::from(i % 20) * 0.006,
            22.64 + f64::from(i / 20) * 0.006,
        );
        assert_eq!(zone.contains(point), zone.contains_plainly(point), "{point:?}");
    }
    let to_and_fro = (0..100_000).map(|i| at(114.0 + f64::from(i) * 1e-6, 22.7 + f64::from(i % 2) * 0.1));
    assert_eq!(Zone::new(vec![to_and_fro.collect()]), Err(ZoneFault::Tangled));
    assert!(matches!(
        Zone::new(vec![round(500_001)]),
        Err(ZoneFault::TooMany(500_001))
    ));
}

#[test]
fn polygons_come_from_geojson() {
    let ring = "[[114,22],[115,22],[115,23],[114,22]]";
    let polygon = format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#);
    let feature = format!(r#"{{"type":"Feature","properties":{{}},"geometry":{polygon}}}"#);
    let all = format!(r#"{{"type":"FeatureCollection","features":[{feature},{feature}]}}"#);
    let multi = format!(r#"{{"type":"MultiPolygon","coordinates":[[{ring}],[{ring}]]}}"#);
    for (text, rings) in [(&polygon, 1), (&feature, 1), (&all, 2), (&multi, 2)] {
        assert_eq!(Zone::from_geojson(text).unwrap().rings().len(), rings, "{text}");
    }
    for text in [
        "",
        "{}",
        "[1]",
        r#"{"type":"Point","coordinates":[1,2]}"#,
        r#"{"type":"Polygon","coordinates":[]}"#,
    ] {
        assert!(
            matches!(Zone::from_geojson(text), Err(ZoneFault::File(_))),
            "{text}"
        );
    }
}

// Books.

/// A row with its codes instead of their numbers, which differ from index to index.
fn told(row: &Row, codes: &Codes) -> (Row, [String; 3]) {
    let code = |kind, place| codes.get(kind, place).to_owned();
    let words = [
        code(CodeKind::Area, row.area),
        code(CodeKind::Item, row.item),
        code(CodeKind::Unit, row.unit),
    ];
    let bare = Row {
        area: 0,
        item: 0,
        unit: 0,
        ..*row
    };
    (bare, words)
}

/// All cases of a journal, folded from its first entry to its last.
fn plainly(store: &dyn Store) -> (Vec<(Row, String)>, Codes) {
    let counted = recount(store).unwrap();
    let facts: BTreeMap<CaseId, &Fact> = counted.facts.iter().map(|fact| (fact.case, fact)).collect();
    let of = |fact: &&Fact| {
        let entries = store.history(fact.case).unwrap();
        let case = Case::fold(&entries).unwrap().unwrap();
        let card = Card {
            id: case.id,
            stage: case.stage,
            severity: case.severity,
            at: case.place.point(),
            text: searchable_text(&entries),
        };
        (Early::of(fact).row(&card), card.text)
    };
    let rows = facts.values().map(of).collect();
    (rows, counted.codes)
}

fn queries() -> Vec<Query> {
    let ring = vec![
        at(114.035, 22.705),
        at(114.075, 22.712),
        at(114.06, 22.74),
        at(114.03, 22.73),
    ];
    let zone = Some(Arc::new(Zone::new(vec![ring]).unwrap()));
    let today = start().date_naive();
    let of = |words: &[&str], states: &[State]| Query {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        states: states.to_vec(),
        ..Query::default()
    };
    let area = |area: &str| Filter::default().and_area(&TOWN, area).unwrap();
    vec![
        Query::default(),
        of(&["垃圾"], &[]),
        of(&["垃"], &[]),
        of(&["写明原因", "垃圾"], &[]),
        of(&["HP"], &[State::Open]),
        of(&[], &[State::Overdue]),
        of(&[], &[State::Ended, State::Overdue]),
        of(
            &["原因"],
            &[State::Stage(Stage::Rectified), State::Stage(Stage::Suspended)],
        ),
        Query {
            zone: zone.clone(),
            ..of(&["垃圾"], &[])
        },
        Query {
            zone,
            filter: area("GL01"),
            ..Query::default()
        },
        Query {
            filter: area("GL02"),
            period: Period::parse("2026-11", today).ok(),
            ..Query::default()
        },
        Query {
            filter: Filter::default()
                .and_value(&TOWN, yipanqi::indicator::Dimension::Class, "A")
                .unwrap()
                .and_value(&TOWN, yipanqi::indicator::Dimension::Item, "GL-A01")
                .unwrap(),
            ..Query::default()
        },
        Query {
            numbers: vec![CaseId(2), CaseId(5), CaseId(999)],
            ..Query::default()
        },
    ]
}

/// The index has what the journal makes, and finds what a plain scan finds.
fn assert_same(index: &Index, store: &dyn Store, now: DateTime<Utc>) {
    let (rows, codes) = plainly(store);
    assert_eq!(index.rows().len(), rows.len());
    for ((row, text), found) in rows.iter().zip(index.rows().iter()) {
        assert_eq!(told(&found, &index.rows().codes), told(row, &codes));
        assert_eq!(&index.text(row.id), text);
    }
    let told = Told { now, ..TOLD.clone() };
    for query in queries() {
        let plain = Sought::new(&query, &codes, &told);
        let mut expected: Vec<&(Row, String)> =
            rows.iter().filter(|(row, text)| plain.fits(row, text)).collect();
        let sought = Sought::new(&query, &index.rows().codes, &told);
        let hits = index.find(&sought);
        assert_eq!(hits.count, expected.len(), "{query:?}");
        expected.sort_by_key(|(row, _)| std::cmp::Reverse((row.reported_ms, row.id)));
        let expected: Vec<CaseId> = expected.iter().map(|(row, _)| row.id).collect();
        assert_eq!(index.newest_first(&hits), expected, "{query:?}");
    }
}

#[derive(Clone, Debug)]
enum Happens {
    /// A command: case, step, unit, minutes since the one before.
    Command(i64, usize, usize, i64),
    /// A report at a spot of the town.
    Report(usize),
    /// Rows of the past: how many, and how many days ago.
    Import(u8, i64),
    /// The index is put in order.
    Finish,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        14 => (1..12_i64, 0..50_usize, 0..8_usize, 0..900_i64).prop_map(|(c, s, u, m)| Happens::Command(c, s, u, m)),
        4 => (0..40_usize).prop_map(Happens::Report),
        2 => (1..6_u8, 0..400_i64).prop_map(|(rows, days)| Happens::Import(rows, days)),
        1 => Just(Happens::Finish),
    ]
}

const TEXTS: [&str; 4] = ["门口有垃圾\n没人管", "HP-B 楼道堆物", "", "垃圾桶满了"];
const ITEMS: [&str; 4] = ["GL-A01", "GL-B01", "GL-C01", "GL-A02"];

fn place(spot: usize) -> Whereabouts {
    match spot % 6 {
        0 => Whereabouts::Area {
            code: "GL01".into(),
            stated: "垃圾站".into(),
        },
        1 => Whereabouts::Stated {
            stated: "街上".into(),
        },
        _ => Whereabouts::Point {
            at: at(
                114.03 + (spot % 7) as f64 * 0.01,
                22.71 + (spot % 5) as f64 * 0.008,
            ),
            stated: "观澜大道".into(),
            grid: None,
        },
    }
}

fn command(journal: &Journal, case: i64, step: usize, unit: usize, now: DateTime<Utc>) -> Option<Order> {
    let open = journal.cases.get(&CaseId(case))?;
    let units = entitled(&open.item);
    let args = Args {
        note: "写明原因".into(),
        to: units.get(unit % units.len().max(1)).cloned(),
        photos: Vec::new(),
        item: Some(["GL-A02", "GL-B02", "GL-C02"][unit % 3].into()),
        other: Some(CaseId(1 + unit as i64)),
        until: Some(now + TimeDelta::days(1 + unit as i64 % 3)),
        hours: Some(4.0),
        helpers: Vec::new(),
        level: None,
        mark: Some(4),
        owner: "区水务局".into(),
        parts: Vec::new(),
    };
    let straight = [
        Step::Accept,
        Step::Dispatch,
        Step::Arrive,
        Step::Rectify,
        Step::Verify,
        Step::Close,
    ];
    let step = Step::ALL.get(step).copied();
    let step = step.or_else(|| straight.into_iter().find(|step| open.allows(*step)))?;
    Some(journal.step(CaseId(case), step, args))
}

fn imported(key: usize, now: DateTime<Utc>, days: i64) -> Draft {
    let item = TOWN.catalogue.by_code(ITEMS[key % ITEMS.len()]).unwrap();
    let reported_at = now - TimeDelta::days(days) - TimeDelta::minutes(key as i64 * 37);
    let outcome = Outcome {
        at: Some(reported_at + TimeDelta::hours(5)),
        in_time: Some(true),
    };
    let report = Report {
        item: item.code.as_str().into(),
        class: item.class,
        centre: item.centre,
        severity: item.severity,
        text: TEXTS[key % 4].to_owned(),
        place: place(key),
        source: Source::Hotline,
        reported_at,
        due_at: key.is_multiple_of(3).then(|| reported_at + TimeDelta::hours(36)),
        photos: Vec::new(),
        origin: Some(Origin {
            profile: "file".into(),
            key: key.to_string().into(),
        }),
        outcome: (!key.is_multiple_of(4)).then_some(outcome),
        limits: None,
        item_version: 0,
        split_from: None,
    };
    Draft {
        case: None,
        based_on: 0,
        at: now,
        actor: "D-GRID".into(),
        seat: "1".into(),
        action: Action::Report(Box::new(report)),
    }
}

fn report(spot: usize) -> Order {
    Order::Report(NewReport {
        item: ITEMS[spot % ITEMS.len()].into(),
        text: TEXTS[spot % 4].into(),
        place: place(spot),
        source: Source::ALL[spot % 7],
        reported_at: None,
        photos: Vec::new(),
    })
}

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("book.db")).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn after_whatever_happens_the_index_is_what_the_journal_makes(
        history in prop::collection::vec(happens(), 1..40),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        store.set_standing(&Arc::new(Standing::of(&TOWN))).unwrap();
        let mut reader = Reader::new(Box::new(
            SqliteStore::open_read_only(&folder.path().join("book.db")).unwrap(),
        ));
        let mut journal = Journal::default();
        let (mut now, mut key) = (start(), 0);
        for one in history {
            let drafts = match one {
                Happens::Command(case, step, unit, minutes) => {
                    now += TimeDelta::minutes(minutes);
                    let order = command(&journal, case, step, unit, now);
                    order.and_then(|order| journal.decide(now, "L-DUTY", order).ok())
                }
                Happens::Report(spot) => journal.decide(now, "D-GRID", report(spot)).ok(),
                Happens::Import(rows, days) => {
                    key += usize::from(rows);
                    Some((key - usize::from(rows)..key).map(|key| imported(key, now, days)).collect())
                }
                Happens::Finish => {
                    reader.index.finish();
                    None
                }
            };
            if let Some(drafts) = drafts {
                store.append(drafts.clone(), &[]).unwrap();
                journal.append(drafts);
            }
            // Some entries wait for the next look.
            if now.timestamp() % 2 == 0 {
                reader.step().unwrap();
            }
        }
        reader.read_all().unwrap();
        prop_assert!(reader.progress().whole);
        assert_same(&reader.index, &store, now);
        // Read at once, from either kind of store, it is the same.
        let mut again = Reader::new(Box::new(open(folder.path())));
        again.read_all().unwrap();
        assert_same(&again.index, &store, now);
    }
}

#[test]
fn a_long_book_is_read_in_slices_and_a_memory_store_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    store.set_standing(&Arc::new(Standing::of(&TOWN))).unwrap();
    let drafts = |from: usize, to: usize| {
        (from..to)
            .map(|key| imported(key, start(), 30))
            .collect::<Vec<_>>()
    };
    store.append_new(drafts(0, 9000)).unwrap();
    let mut reader = Reader::new(Box::new(open(folder.path())));
    assert_eq!(reader.step().unwrap(), Did::Work);
    assert_eq!(reader.step().unwrap(), Did::Changed);
    let progress = reader.progress();
    assert_eq!((progress.read, progress.all, progress.whole), (4096, 9000, false));
    // More comes in while it is being read.
    store.append_new(drafts(9000, 12_500)).unwrap();
    reader.read_all().unwrap();
    assert_eq!(reader.progress().read, 12_500);
    let (rows, codes) = plainly(&store);
    for ((row, text), found) in rows.iter().zip(reader.index.rows().iter()) {
        assert_eq!(told(&found, &reader.index.rows().codes), told(row, &codes));
        assert_eq!(&reader.index.text(row.id), text);
    }
    let mut memory = MemoryStore::new();
    memory.set_standing(&Arc::new(Standing::of(&TOWN))).unwrap();
    memory.append_new(drafts(0, 60)).unwrap();
    let mut reader = Reader::new(Box::new(memory));
    reader.read_all().unwrap();
    assert_eq!(reader.index.rows().len(), 60);
}

#[test]
fn the_finder_answers_and_answers_again_when_the_book_changes() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    store
        .append_new((0..40).map(|key| imported(key, start(), 3)).collect())
        .unwrap();
    let path = folder.path().join("book.db");
    let finder = Finder::start(
        Box::new(move || Ok(Box::new(SqliteStore::open_read_only(&path)?) as Box<dyn Store>)),
        Arc::new(|| {}),
    );
    let wait = || loop {
        match finder.wait(Duration::from_secs(20)) {
            Some(Reply::Found(found)) if found.progress.whole => return found,
            Some(Reply::Found(_) | Reply::Read(..)) => {}
            other => panic!("{other:?}"),
        }
    };
    finder.find(7, words("垃圾"), TOLD.clone());
    let found = wait();
    let word = Word::new("垃圾");
    let has_word = |id: &CaseId| {
        word.is_in(&found.shown.text(*id))
            || found.shown.row(*id).is_some_and(|row| {
                let code = found.shown.rows().codes.get(CodeKind::Item, row.item);
                word.is_in(&TOLD.items[code])
            })
    };
    assert!(!found.ids.is_empty() && found.ids.iter().all(has_word));
    assert_eq!(found.ticket, 7);
    store.append_new(vec![imported(43, start(), 1)]).unwrap();
    finder.look();
    let later = wait();
    assert_eq!(later.ids.len(), found.ids.len() + 1);
    assert_eq!(later.ids.first(), Some(&CaseId(41)));
    // A book that can't be read is told.
    let nowhere = folder.path().join("none.db");
    let finder = Finder::start(
        Box::new(move || Ok(Box::new(SqliteStore::open_read_only(&nowhere)?) as Box<dyn Store>)),
        Arc::new(|| {}),
    );
    assert!(matches!(
        finder.wait(Duration::from_secs(20)),
        Some(Reply::Failed(_))
    ));
}
