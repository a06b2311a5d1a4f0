//! Budget: duplicate candidates among 100,000 open cases ≤ 2 ms. Asked for a point, for a community, and where all cases
//! lie within a few streets.

mod cpu;
mod fixture;
mod open;

use std::hint::black_box;

use chrono::Utc;
use yipanqi::board::Board;
use yipanqi::case::{Case, Whereabouts};
use yipanqi::desk::duplicate::{Query, twins};
use yipanqi::town::Town;

const CASES: usize = 100_000;
const TEXTS: [&str; 4] = [
    "小区门口堆了很多建筑垃圾，已经三天没有人清理，味道很大，请尽快处理",
    "路口井盖破损，晚上容易绊倒人",
    "有人占道经营，把人行道全部堵住，行人只能走到车行道上",
    "楼道里停满了电动车，还拉线充电，有火灾隐患",
];

fn cases(town: &Town) -> Vec<Case> {
    let mut cases = open::cases(fixture::drafts(town, CASES));
    for (i, case) in cases.iter_mut().enumerate() {
        case.text = TEXTS[i % TEXTS.len()].into();
    }
    cases
}

/// Microseconds of the processor for one query, and how many twins all of them find.
fn measure(town: &Town, board: &Board, queries: &[(String, Whereabouts)]) -> (f64, usize) {
    let (now, mut found) = (Utc::now(), 0);
    let seconds = cpu::seconds(|| {
        for (item, place) in queries {
            let query = Query {
                item,
                place,
                reported_at: now,
                text: TEXTS[0],
                case: None,
            };
            found += black_box(twins(town, board, &query)).len();
        }
    });
    (seconds * 1e6 / queries.len() as f64, found)
}

fn main() {
    let town = fixture::town();
    let spread = cases(&town);
    let asked = |cases: &[Case]| -> Vec<(String, Whereabouts)> {
        cases
            .iter()
            .step_by(331)
            .map(|case| (case.item.to_string(), case.place.clone()))
            .collect()
    };
    let points = asked(&spread);
    let areas: Vec<_> = points
        .iter()
        .enumerate()
        .map(|(i, (item, _))| {
            let code = format!("GL{:02}", i % 10 + 1).as_str().into();
            let stated = "".into();
            (item.clone(), Whereabouts::Area { code, stated })
        })
        .collect();
    let mut dense = spread.clone();
    for case in &mut dense {
        if let Whereabouts::Point { at, .. } = &mut case.place {
            at.lon = 114.05 + (at.lon - 114.05) / 40.0;
            at.lat = 22.73 + (at.lat - 22.73) / 40.0;
        }
    }
    let crowded = asked(&dense);
    let (spread, dense) = (Board::new(spread, &town), Board::new(dense, &town));
    println!("duplicate candidates among {CASES} open cases (budget 2,000 µs):");
    for (name, board, queries) in [
        ("at a point, cases all over the town", &spread, &points),
        ("in a community, cases all over the town", &spread, &areas),
        ("at a point, all cases within 200 m", &dense, &crowded),
    ] {
        let (micros, found) = measure(&town, board, queries);
        println!("  {name}: {micros:.0} µs of the processor each, {found} found");
    }
}
