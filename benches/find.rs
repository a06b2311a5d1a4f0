//! Budgets of finding, over 1,000,000 cases of a book: the word 垃圾 with its exact count ≤ 15 ms, a polygon with some 105,000 hits
//! ≤ 5 ms, places ≤ 10 ms a key. Peers in the same run: SQLite's LIKE and instr over the same texts, its R*Tree with a test of
//! each candidate. What is found is compared with theirs, number by number.
//!
//! `YIPANQI_BENCH_CASES` sets another number of cases.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use yipanqi::case::{Action, CaseId, Origin, Outcome, Report, Source, Whereabouts};
use yipanqi::find::finder::Reader;
use yipanqi::find::fold::fold;
use yipanqi::find::{Index, PlaceIndex, Query, Sought, State, Told, Zone};
use yipanqi::indicator::{Filter, Period};
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Draft, Store};
use yipanqi::town::{Standing, Town, Wgs84};

fn main() {
    let cases: usize = std::env::var("YIPANQI_BENCH_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000);
    let dir = tempfile::tempdir().unwrap();
    let book = dir.path().join("book.db");
    let town = Town::load(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan")).unwrap();
    fill(&book, &town, cases);

    let begun = Instant::now();
    let mut reader = Reader::new(Box::new(SqliteStore::open_read_only(&book).unwrap()));
    while !reader.progress().whole {
        reader.step().unwrap();
    }
    let read = begun.elapsed();
    reader.read_all().unwrap();
    println!(
        "{cases} cases: read in {:.2} s, indexed in {:.2} s more",
        read.as_secs_f64(),
        (begun.elapsed() - read).as_secs_f64()
    );
    let index = reader.index;
    let [rows, texts, pairs] = index.bytes().map(|bytes| bytes as f64 / cases as f64);
    println!("memory per case: rows {rows:.0} B, texts {texts:.0} B, index {pairs:.0} B");

    let told = Told::of(&town, now());
    let peer = peer(&index);
    for word in [
        "垃圾",
        "道",
        "占道经营",
        "垃圾桶",
        "请尽快处理",
        "HP-B",
        "没有这个词",
    ] {
        words(&index, &told, &peer, word);
    }
    polygon(&index, &told, &peer);
    filters(&index, &told, &town);
    places(&town);
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

const WHO: [&str; 6] = [
    "居民反映",
    "商户反映",
    "网格员巡查发现",
    "热线来电称",
    "物业报告",
    "路过群众说",
];
const WHERE: [&str; 8] = [
    "小区门口",
    "HP-B 楼道",
    "菜市场东侧",
    "学校对面",
    "河边步道",
    "地铁口",
    "工地围挡外",
    "城中村巷内",
];
const WHAT: [&str; 10] = [
    "有垃圾堆积",
    "垃圾桶满溢",
    "占道经营",
    "消防通道被堵",
    "路面破损积水",
    "井盖松动",
    "乱停乱放电动车",
    "施工噪声扰民",
    "电线私拉乱接",
    "违法搭建",
];
const THEN: [&str; 5] = [
    "请尽快处理",
    "多次反映未解决",
    "望有关部门核实",
    "影响出行",
    "请回复",
];

/// A book of cases of the past, and a few that are open.
fn fill(book: &std::path::Path, town: &Town, cases: usize) {
    let items: Vec<_> = town.catalogue.iter().map(|(_, item)| item.clone()).collect();
    let mut store = SqliteStore::open(book).unwrap();
    store.set_standing(&Arc::new(Standing::of(town))).unwrap();
    let mut dice = Dice(7);
    let mut draft = |i: usize| {
        let item = &items[dice.next(items.len())];
        let mut pick = |from: &[&'static str]| from[dice.next(from.len())];
        let text = format!(
            "{}{}{}，{}（第{i}件）",
            pick(&WHO),
            pick(&WHERE),
            pick(&WHAT),
            pick(&THEN)
        );
        // Crowded around a few spots, as cases are.
        let spot = dice.next(40);
        let spread =
            |dice: &mut Dice| (dice.next(1000) + dice.next(1000) + dice.next(1000)) as f64 / 1500.0 - 1.0;
        let lon = 114.02 + (spot % 8) as f64 * 0.014 + spread(&mut dice) * 0.012;
        let lat = 22.69 + (spot / 8) as f64 * 0.016 + spread(&mut dice) * 0.012;
        let reported_at = now() - TimeDelta::minutes(dice.next(3 * 525_600) as i64);
        let report = Report {
            item: item.code.as_str().into(),
            class: item.class,
            centre: item.centre,
            severity: item.severity,
            text,
            place: Whereabouts::Point {
                at: Wgs84 { lon, lat },
                stated: format!("观澜大道{}号", dice.next(900)).into(),
                grid: None,
            },
            source: Source::ALL[dice.next(7)],
            reported_at,
            due_at: Some(reported_at + TimeDelta::days(3)),
            photos: Vec::new(),
            origin: Some(Origin {
                profile: "bench".into(),
                key: i.to_string().into(),
            }),
            outcome: (!i.is_multiple_of(100)).then(|| Outcome {
                at: Some(reported_at + TimeDelta::hours(40)),
                in_time: Some(true),
            }),
            limits: None,
            item_version: 0,
            split_from: None,
        };
        Draft {
            case: None,
            based_on: 0,
            at: now(),
            actor: "D-GRID".into(),
            seat: "1".into(),
            action: Action::Report(Box::new(report)),
        }
    };
    for from in (0..cases).step_by(20_000) {
        let batch = (from..cases.min(from + 20_000)).map(&mut draft).collect();
        store.append_new(batch).unwrap();
    }
}

/// The same texts and points in a table of SQLite, and in its R*Tree.
fn peer(index: &Index) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT, lon REAL, lat REAL);
             CREATE VIRTUAL TABLE r USING rtree(id, west, east, south, north);
             BEGIN",
        )
        .unwrap();
    {
        let mut row = connection
            .prepare("INSERT INTO t VALUES (?1, ?2, ?3, ?4)")
            .unwrap();
        let mut tree = connection
            .prepare("INSERT INTO r VALUES (?1, ?2, ?2, ?3, ?3)")
            .unwrap();
        for one in index.rows().iter() {
            let Some(at) = one.at else { continue };
            row.execute((one.id.0, fold(&index.text(one.id)), at.lon, at.lat))
                .unwrap();
            tree.execute((one.id.0, at.lon, at.lat)).unwrap();
        }
    }
    connection.execute_batch("COMMIT").unwrap();
    connection
}

/// The median of some runs, and what the last one gave.
fn median<T>(runs: usize, mut work: impl FnMut() -> T) -> (f64, T) {
    let mut times: Vec<Duration> = Vec::new();
    let mut last = None;
    for _ in 0..runs {
        let begun = Instant::now();
        last = Some(work());
        times.push(begun.elapsed());
    }
    times.sort();
    (times[runs / 2].as_secs_f64() * 1e3, last.unwrap())
}

fn ask(index: &Index, told: &Told, query: &Query) -> (f64, f64, Vec<i64>) {
    let (found_ms, hits) = median(21, || index.find(&Sought::new(query, &index.rows().codes, told)));
    let (order_ms, _) = median(5, || index.newest_first(&hits));
    (found_ms, order_ms, hits.ids().map(|id: CaseId| id.0).collect())
}

fn words(index: &Index, told: &Told, peer: &Connection, word: &str) {
    // Names of items are left out, so that the peers look at the same text.
    let bare = Told {
        items: Arc::default(),
        ..told.clone()
    };
    let query = Query {
        words: vec![word.to_owned()],
        ..Query::default()
    };
    let (ours, order, ids) = ask(index, &bare, &query);
    let (with_names, ..) = ask(index, told, &query);
    let ids_of = |sql: &str, word: String| -> Vec<i64> {
        let mut statement = peer.prepare_cached(sql).unwrap();
        let rows = statement.query_map([word], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let like = median(3, || {
        ids_of("SELECT id FROM t WHERE text LIKE ?1", format!("%{}%", fold(word)))
    })
    .0;
    let (instr, theirs) = median(3, || {
        ids_of("SELECT id FROM t WHERE instr(text, ?1) > 0", fold(word))
    });
    assert_eq!(ids, theirs, "{word}");
    println!(
        "{word}: {} cases in {ours:.2} ms ({with_names:.2} with names of items; in order of their reports {order:.2} more), \
         SQLite LIKE {like:.0} ms, instr {instr:.0} ms, ratio {:.4}",
        ids.len(),
        ours / instr
    );
}

fn polygon(index: &Index, told: &Told, peer: &Connection) {
    let corner = |angle: f64, reach: f64| Wgs84 {
        lon: 114.07 + reach * angle.cos(),
        lat: 22.722 + reach * 0.7 * angle.sin(),
    };
    for (name, corners) in [
        ("12 corners", 12),
        ("2,000 corners", 2000),
        ("100,000 corners", 100_000),
    ] {
        let ring: Vec<Wgs84> = (0..corners)
            .map(|i| {
                let angle = i as f64 / corners as f64 * std::f64::consts::TAU;
                corner(angle, 0.0215 + 0.003 * (angle * 5.0).sin())
            })
            .collect();
        let (made, zone) = median(5, || Zone::new(vec![ring.clone()]).unwrap());
        let query = Query {
            zone: Some(Arc::new(zone.clone())),
            ..Query::default()
        };
        let (ours, _, ids) = ask(index, told, &query);
        let plain = |id: &i64| index.rows().get(CaseId(*id)).unwrap().at.unwrap();
        if corners <= 2000 {
            let (min, max) = zone.bounds();
            let (theirs_ms, theirs) = median(3, || {
                let mut statement = peer
                    .prepare_cached(
                        "SELECT id FROM r WHERE west <= ?2 AND east >= ?1 AND south <= ?4 AND north >= ?3",
                    )
                    .unwrap();
                let rows = statement
                    .query_map([min.lon, max.lon, min.lat, max.lat], |row| row.get(0))
                    .unwrap();
                let candidates: Vec<i64> = rows.collect::<Result<_, _>>().unwrap();
                let mut inside: Vec<i64> = candidates
                    .into_iter()
                    .filter(|id| zone.contains(plain(id)))
                    .collect();
                inside.sort_unstable();
                inside
            });
            // The tree keeps 32 bits of each number, with boxes that are a little larger: nothing is lost by it.
            assert_eq!(ids, theirs);
            let all: Vec<i64> = (1..=index.rows().len() as i64)
                .filter(|id| zone.contains_plainly(plain(id)))
                .collect();
            assert_eq!(ids, all);
            println!(
                "polygon of {name}: {} cases in {ours:.2} ms (made ready in {made:.2} ms), SQLite R*Tree and test {theirs_ms:.0} ms, \
                 ratio {:.4}",
                ids.len(),
                ours / theirs_ms
            );
        } else {
            println!(
                "polygon of {name}: {} cases in {ours:.2} ms (made ready in {made:.2} ms)",
                ids.len()
            );
        }
    }
}

fn filters(index: &Index, told: &Told, town: &Town) {
    let today = now().date_naive();
    let area = Filter::default().and_area(town, "新澜").unwrap();
    let period = Period::parse("2026-01", today).ok();
    for (name, query) in [
        ("everything", Query::default()),
        (
            "one community, one month",
            Query {
                filter: area,
                period,
                ..Query::default()
            },
        ),
        (
            "overdue",
            Query {
                states: vec![State::Overdue],
                ..Query::default()
            },
        ),
    ] {
        let (ours, order, ids) = ask(index, told, &query);
        println!(
            "{name}: {} cases in {ours:.2} ms, {order:.2} ms more in order",
            ids.len()
        );
    }
}

fn places(town: &Town) {
    let (made, index) = median(3, || PlaceIndex::of(town));
    let mut slowest = (0.0, String::new());
    let mut all = Vec::new();
    for word in [
        "新澜第一党建网格",
        "xinlandiyidangjianwangge",
        "xldydjwg",
        "guanlandadaozhong",
        "没有这样的地方",
        "qqqqqqqqqqqq",
    ] {
        for (end, c) in word.char_indices() {
            let typed = &word[..end + c.len_utf8()];
            let (took, _) = median(5, || index.find(typed, 20));
            all.push(took);
            if took > slowest.0 {
                slowest = (took, typed.to_owned());
            }
        }
    }
    all.sort_by(f64::total_cmp);
    println!(
        "places: {} names made ready in {made:.1} ms; a key takes {:.2} ms, at most {:.2} ms ({})",
        index.len(),
        all[all.len() / 2],
        slowest.0,
        slowest.1
    );
}
