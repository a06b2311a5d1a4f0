//! Budgets: any indicator of any month over 1,000,000 cases ≤ 100 ms, with the list of its cases; over 20,000,000 ≤ 1 s, and
//! ≤ 2 × the same from 1,000,000 where the months are of one size; counting all of 1,000,000 again ≤ 3 × a bare SQL aggregate
//! over one table.
//!
//! Cases go straight into the store, as an import hands them over. `YIPANQI_BENCH_CASES` sets another number than
//! 1,000,000, a year's; `YIPANQI_BENCH_MORE` a second book of so many cases with months of the same size, and
//! `YIPANQI_BENCH_CITY` a third one of so many cases in one year (20,000,000 need some 12 GB of disk and minutes each).
//! `YIPANQI_BENCH_LIVE` makes a book of so many cases that live here, each with seven entries.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use yipanqi::case::{Action, CaseId, Origin, Outcome, Report, Source, Whereabouts};
use yipanqi::indicator::{Definitions, Dimension, Engine, Period, Question};
use yipanqi::store::facts::recount;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{By, Draft, Ready, Store, Which};
use yipanqi::town::{Handler, PlaceKind, Standing, Town, Wgs84};

const BATCH: usize = 10_000;

fn main() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<usize>().ok());
    let town = Town::load(&yipanqi::assets::find("assets/town/guanlan").unwrap()).unwrap();
    let cases = number("YIPANQI_BENCH_CASES").unwrap_or(1_000_000);
    let per_day = cases / 365;
    let slowest = past(&town, "a year", cases, per_day, true);
    if let Some(more) = number("YIPANQI_BENCH_MORE") {
        let other = past(&town, "many years", more, per_day, false);
        println!(
            "  ratio of the slowest to that of a year {:.2} (budget 2)",
            other / slowest
        );
    }
    if let Some(city) = number("YIPANQI_BENCH_CITY") {
        past(&town, "a city's year", city, city / 365, false);
    }
    if let Some(live) = number("YIPANQI_BENCH_LIVE") {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path(), &town);
        let start = Instant::now();
        fill_live(&mut store, &town, live);
        println!(
            "{live} cases that live here: made in {:.1} s",
            start.elapsed().as_secs_f64()
        );
        months(&store, &town, 24);
    }
}

/// A book of cases of the past. Answers the milliseconds of its slowest month.
fn past(town: &Town, what: &str, cases: usize, per_day: usize, and_recount: bool) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path(), town);
    let start = Instant::now();
    fill(&mut store, town, cases, per_day);
    println!(
        "{cases} cases, {what}: made in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    let slowest = months(&store, town, cases / per_day / 30);
    if and_recount {
        all_again(&store, folder.path(), town);
    }
    slowest
}

fn open(folder: &Path, town: &Town) -> SqliteStore {
    let mut store = SqliteStore::open(&folder.join("book.db")).unwrap();
    store.set_standing(&Arc::new(Standing::of(town))).unwrap();
    store
}

fn first_day() -> DateTime<Utc> {
    let day = NaiveDate::from_ymd_opt(2005, 1, 1).unwrap();
    day.and_hms_opt(0, 0, 0).unwrap().and_utc()
}

/// A number that looks like chance, the same in every run.
fn chance(i: usize) -> u64 {
    let mut x = (i as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ x >> 32
}

fn report(town: &Town, i: usize, cases: usize, per_day: usize) -> Report {
    let items = town.catalogue.len();
    let item = town
        .catalogue
        .get(yipanqi::town::ItemId((chance(i) % items as u64) as u16));
    let reported_at = first_day() + TimeDelta::seconds((i as f64 / per_day as f64 * 86_400.0) as i64);
    // Most within days, some within months: the tenth power has a long tail.
    let share = (chance(i) >> 16 & 0xffff) as f64 / 65_536.0;
    let minutes = 20.0 + 2_000.0 * share + 200_000.0 * share.powi(10);
    let ended = reported_at + TimeDelta::minutes(minutes as i64);
    // Whatever has not ended on the last day is open.
    let last_day = first_day() + TimeDelta::days((cases / per_day) as i64);
    let outcome = (ended < last_day).then_some(Outcome {
        at: Some(ended),
        in_time: None,
    });
    Report {
        item: item.code.as_str().into(),
        class: item.class,
        centre: item.centre,
        severity: item.severity,
        text: String::new(),
        place: Whereabouts::Point {
            at: Wgs84 {
                lon: 114.02 + (chance(i) >> 8 & 0xfff) as f64 / 4096.0 * 0.08,
                lat: 22.71 + (chance(i) >> 24 & 0xfff) as f64 / 4096.0 * 0.05,
            },
            stated: "".into(),
            grid: None,
        },
        source: Source::ALL[(chance(i) >> 40) as usize % 7],
        reported_at,
        due_at: Some(reported_at + TimeDelta::hours(36)),
        photos: Vec::new(),
        origin: Some(Origin {
            profile: "bench".into(),
            key: i.to_string().into(),
        }),
        outcome,
        limits: None,
        item_version: 0,
        split_from: None,
    }
}

fn fill(store: &mut SqliteStore, town: &Town, cases: usize, per_day: usize) {
    let standing = store.standings().unwrap().last().cloned();
    let mut done = 0;
    while done < cases {
        let mut ready = Ready::for_town(standing.clone());
        ready.entered_by(By {
            at_ms: first_day().timestamp_millis(),
            actor: "D-GRID".into(),
            seat: "1".into(),
        });
        let batch = BATCH.min(cases - done);
        for i in done..done + batch {
            ready.push(report(town, i, cases, per_day));
        }
        store.append_ready(ready).unwrap();
        done += batch;
    }
}

/// Cases that live here: reported, accepted, dispatched, arrived, rectified, verified, closed.
fn fill_live(store: &mut SqliteStore, town: &Town, cases: usize) {
    let per_day = (cases / 730).max(1);
    let draft = |case, based_on, at, action| Draft {
        case,
        based_on,
        at,
        actor: "D-GRID".into(),
        seat: "1".into(),
        action,
    };
    let mut done = 0;
    while done < cases {
        let batch = 1000.min(cases - done);
        let mut drafts = Vec::new();
        for i in done..done + batch {
            let mut report = report(town, i, cases, per_day);
            let (at, id) = (report.reported_at, CaseId(i as i64 + 1));
            let end = report.outcome.take().and_then(|outcome| outcome.at);
            report.origin = None;
            report.limits = town
                .catalogue
                .by_code(&report.item)
                .map(yipanqi::town::Item::limits);
            drafts.push(draft(None, 0, at, Action::Report(Box::new(report))));
            let Some(end) = end else { continue };
            let to = Handler::Team(town.teams[i % town.teams.len()].code.as_str().into());
            let note = String::new;
            let way = [
                Action::Accept { note: note() },
                Action::Dispatch { to, note: note() },
                Action::Arrive { note: note() },
                Action::Rectify {
                    note: note(),
                    photos: Vec::new(),
                },
                Action::Verify { note: note() },
                Action::Close { note: note() },
            ];
            for (step, action) in way.into_iter().enumerate() {
                let at = at + (end - at) / 6 * (step as i32 + 1);
                drafts.push(draft(Some(id), step as u32 + 1, at, action));
            }
        }
        store.append(drafts, &[]).unwrap();
        done += batch;
    }
}

/// Asks for every indicator of some months, of all and of one community, with the cases. Answers the milliseconds of the slowest.
fn months(store: &SqliteStore, town: &Town, months: usize) -> f64 {
    let definitions = Definitions::load().unwrap();
    let now = first_day() + TimeDelta::days(30 * months as i64 + 200);
    let area = town
        .places
        .of_kind(PlaceKind::Community)
        .next()
        .unwrap()
        .1
        .code
        .clone();
    let ask = |id: &str, month: usize, area: Option<&str>, by: Option<Dimension>| {
        let period = Period::month(2005 + month as i32 / 12, month as u32 % 12 + 1).unwrap();
        let mut question = Question::new(id, period);
        question.list = by.is_none();
        if let Some(area) = area {
            question.filter = question.filter.and_area(town, area).unwrap();
        }
        let start = Instant::now();
        let n = Engine::on(store, &definitions, town, now, |engine| match by {
            Some(by) => Ok(engine.by(&question, by)?.len() as u64),
            None => Ok(engine.ask(&question)?.value.n),
        })
        .unwrap();
        (start.elapsed().as_secs_f64() * 1e3, n)
    };
    let mut slowest = (0.0, String::new());
    let mut all = Vec::new();
    for definition in &definitions {
        let of_cases = definition.id != "alarms-per-seat";
        for month in [2, months / 2, months.saturating_sub(2)] {
            let ways = [
                (None, None),
                (Some(area.as_str()), None),
                (None, Some(Dimension::Community)),
            ];
            for (area, by) in ways.into_iter().filter(|way| of_cases || *way == (None, None)) {
                let (took, n) = ask(&definition.id, month, area, by);
                all.push(took);
                if took > slowest.0 {
                    slowest = (
                        took,
                        format!("{} of month {month}, {n} cases or groups", definition.id),
                    );
                }
            }
        }
    }
    all.sort_by(f64::total_cmp);
    println!(
        "  {} questions: median {:.1} ms, slowest {:.1} ms ({})",
        all.len(),
        all[all.len() / 2],
        slowest.0,
        slowest.1
    );
    slowest.0
}

/// Counts everything again: from what the book keeps, and from the journal itself; beside an SQL aggregate over one table.
fn all_again(store: &SqliteStore, folder: &Path, town: &Town) {
    let bare = rusqlite::Connection::open(folder.join("bare.db")).unwrap();
    bare.execute_batch(
        "PRAGMA journal_mode = OFF; CREATE TABLE t (item TEXT, community TEXT, class TEXT, reported INTEGER, ended INTEGER); BEGIN;",
    )
    .unwrap();
    store
        .read_facts(&mut |facts| {
            facts.each(Which::Reported(i64::MIN / 2, i64::MAX / 2), &mut |slice| {
                for fact in slice {
                    bare.prepare_cached("INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5)")
                        .unwrap()
                        .execute((
                            facts.codes().get(yipanqi::case::CodeKind::Item, fact.item),
                            facts.codes().get(yipanqi::case::CodeKind::Area, fact.area),
                            fact.class.letter(),
                            fact.reported_ms,
                            fact.ended_ms,
                        ))
                        .unwrap();
                }
            })
        })
        .unwrap();
    bare.execute_batch("COMMIT").unwrap();
    let sql = "SELECT class, count(*), count(ended), avg(ended - reported) FROM t GROUP BY class";
    let best = |work: &dyn Fn()| {
        let timed = (0..3).map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        });
        timed.fold(f64::INFINITY, f64::min)
    };
    let aggregate = best(&|| {
        let mut statement = bare.prepare(sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        while rows.next().unwrap().is_some() {}
    });
    let definitions = Definitions::load().unwrap();
    let now = first_day() + TimeDelta::days(600);
    let kept = best(&|| {
        let question = Question::new("disposition-rate", Period::year(2005).unwrap());
        Engine::on(store, &definitions, town, now, |engine| {
            engine.by(&question, Dimension::Class)
        })
        .unwrap();
    });
    let start = Instant::now();
    let cases = recount(store).unwrap().facts.len();
    let journal = start.elapsed().as_secs_f64();
    println!(
        "  all {cases} cases by class: bare aggregate {:.0} ms, from what is kept {:.0} ms, ratio {:.2} (budget 3); from the journal itself {:.1} s",
        aggregate * 1e3,
        kept * 1e3,
        kept / aggregate,
        journal
    );
}
