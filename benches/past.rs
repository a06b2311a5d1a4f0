//! Budget: to any minute of a year with 1,000,000 entries in ≤ 200 ms; played at 3600×, a frame of 1/30 s takes ≤ 33 ms of the
//! processor; commands are answered as quickly while somebody looks back.
//!
//! `YIPANQI_BENCH_CASES=130000 cargo bench --bench past` says how many cases the year has; each makes some eight entries.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use yipanqi::board::Board;
use yipanqi::drill::run::{Settings, run};
use yipanqi::drill::scenario::Scenario;
use yipanqi::past::{Front, Traveller, Turn};
use yipanqi::store::Store;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::Town;

mod fixture;

const SEEKS: i64 = 400;
const FRAMES: i64 = 3_000;

fn main() {
    let cases = std::env::var("YIPANQI_BENCH_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    let town = fixture::town();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    make(&town, &path, cases.unwrap_or(130_000));
    let mut traveller = index(&path);
    seeks(&mut traveller, &town);
    play(&mut traveller, &town);
    commands(&path, &town);
}

fn make(town: &Town, path: &Path, cases: u64) {
    let scenario = Scenario::load(&Scenario::find("ordinary-year").unwrap(), town).unwrap();
    let settings = Settings {
        seed: 1,
        cases: Some(cases),
        skill: None,
        until: None,
    };
    let mut store = SqliteStore::open(path).unwrap();
    let done = run(town, &Arc::new(scenario), &settings, &mut store, &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    println!("a year of {} cases, {} entries", done.cases, done.entries);
}

fn index(path: &Path) -> Traveller {
    let book = SqliteStore::open(path).unwrap();
    let mut traveller = Traveller::new(book.reader().unwrap().unwrap());
    let begun = Instant::now();
    traveller.catch_up(&mut |_, _| true).unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let bytes = traveller.timeline().bytes();
    println!(
        "the index is made in {seconds:.2} s and takes {:.1} MB",
        bytes as f64 / 1e6
    );
    traveller
}

/// Some minute between the first and the last, another for each `i`.
fn some_minute((first, last): (DateTime<Utc>, DateTime<Utc>), i: i64) -> DateTime<Utc> {
    let minutes = (last - first).num_minutes().max(1);
    first + TimeDelta::minutes((i * 7_919 * 101) % minutes)
}

fn seeks(traveller: &mut Traveller, town: &Town) {
    let span = traveller.span().unwrap();
    let (mut times, mut open) = (Vec::new(), 0);
    for i in 1..=SEEKS {
        let at = some_minute(span, i);
        let begun = Instant::now();
        let moment = traveller.go_to(at).unwrap();
        let board = Board::new(moment.cases, town);
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        open = open.max(board.len());
    }
    println!(
        "{SEEKS} seeks, at most {open} open cases (budget 200 ms): {}",
        told(&mut times)
    );
}

fn told(times: &mut [f64]) -> String {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    format!(
        "median {:.2} ms, p99 {:.2} ms, slowest {:.2} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    )
}

/// At 3600×, a frame of 1/30 s is two minutes of the hall's time.
fn play(traveller: &mut Traveller, town: &Town) {
    let (first, last) = traveller.span().unwrap();
    let begin = first + (last - first) / 2;
    let moment = traveller.go_to(begin).unwrap();
    let mut front = Front::at(&moment);
    let mut board = Board::new(moment.cases, town);
    let mut duty = moment.duty;
    let (mut waiting, mut read) = (std::collections::VecDeque::new(), 0.0);
    let (mut times, mut applied) = (Vec::new(), 0);
    for frame in 1..=FRAMES {
        let now = begin + TimeDelta::seconds(120 * frame);
        while waiting.back().is_none_or(|turn: &Turn| turn.at() <= now) {
            let begun = Instant::now();
            let turns = traveller.follow(&mut front, 500).unwrap();
            read += begun.elapsed().as_secs_f64() * 1e3;
            if turns.is_empty() {
                break;
            }
            waiting.extend(turns);
        }
        let begun = Instant::now();
        while let Some(turn) = waiting.pop_front_if(|turn| turn.at() <= now) {
            applied += 1;
            match turn {
                Turn::Case(_, case) => board.insert(*case, town),
                Turn::Gone(_, id) => drop(board.remove(id)),
                Turn::Hall(_, entry) => duty.apply(&entry).unwrap(),
            }
        }
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    println!(
        "{FRAMES} frames at 3600×, {applied} turns (budget 33 ms a frame): {}; beside it, on the other thread, {:.2} ms a frame",
        told(&mut times),
        read / FRAMES as f64
    );
}

/// Commands while nobody looks back, and while somebody does without a pause.
fn commands(path: &Path, town: &Town) {
    let mut store = SqliteStore::open(path).unwrap();
    let mut drafts = fixture::drafts(town, 2_000).into_iter();
    let mut give = |n: usize| {
        let mut times = Vec::new();
        for draft in drafts.by_ref().take(n) {
            let begun = Instant::now();
            store.append(vec![draft], &[]).unwrap();
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        told(&mut times)
    };
    give(100);
    println!("commands alone: {}", give(600));
    let stop = AtomicBool::new(false);
    let reader = SqliteStore::open(path).unwrap().reader().unwrap().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut traveller = Traveller::new(reader);
            traveller
                .catch_up(&mut |_, _| !stop.load(Ordering::Relaxed))
                .unwrap();
            let span = traveller.span().unwrap_or_default();
            let mut i = 0;
            while !stop.load(Ordering::Relaxed) {
                i += 1;
                traveller.go_to(some_minute(span, i)).unwrap();
            }
        });
        println!(
            "commands while the index is made and moments are sought: {}",
            give(1_200)
        );
        stop.store(true, Ordering::Relaxed);
    });
}
