//! Files of cases replayed through the desk: what a file says was opened and closed is opened, sent, settled and closed by
//! commands, each of which the desk decides. Sums must add up.
//!
//! The small files beside this test are always replayed. `YIPANQI_REPLAY` names others, each as `PROFILE=FILE`, separated
//! by semicolons; their sums are printed.

mod journal;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use chrono::{TimeDelta, Utc};
use yipanqi::case::{Case, Report, Stage, Step};
use yipanqi::desk::{Args, NewReport, Order, Refusal};
use yipanqi::intake::profile::Profile;
use yipanqi::intake::run::{self, Setting};
use yipanqi::intake::table::Table;
use yipanqi::store::Bulk;
use yipanqi::town::Class;

use journal::{Journal, TOWN, entitled};

/// What became of a file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    rows: u64,
    left_out: u64,
    without_place: u64,
    without_place_open: u64,
    opened: u64,
    closed: u64,
    in_time: u64,
    late: u64,
    open: u64,
    by_class: BTreeMap<&'static str, u64>,
}

fn replay(file: &Path, profile: &str) -> Sums {
    let profile = Profile::load(
        &PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("assets/import")
            .join(format!("{profile}.toml")),
    )
    .unwrap();
    let table = Table::open(file).unwrap();
    let mut reports: Vec<Report> = Vec::new();
    let mut keep = |batch: Vec<Report>| {
        let added = batch.len() as u64;
        reports.extend(batch);
        Ok(Bulk {
            added,
            already_there: 0,
        })
    };
    let setting = Setting {
        profile: &profile,
        town: &TOWN,
        now: Utc::now(),
    };
    let summary = run::import(
        &table,
        setting,
        &mut keep,
        &mut |_| ControlFlow::Continue(()),
        None,
    )
    .unwrap();

    let mut journal = Journal::default();
    let mut sums = Sums {
        rows: summary.rows,
        left_out: summary.rejected + summary.already_there,
        ..Sums::default()
    };
    for report in reports {
        let at = report.reported_at;
        let new = NewReport {
            item: report.item.clone(),
            text: report.text.clone(),
            place: report.place.clone(),
            source: report.source,
            reported_at: Some(at),
            photos: Vec::new(),
        };
        // A file may leave out where it was; the desk opens no such case by hand.
        let id = match journal.give(at, "D-GRID", Order::Report(new)) {
            Ok(id) => id,
            Err(Refusal::PlaceMissing) => {
                sums.without_place += 1;
                sums.without_place_open += u64::from(report.outcome.is_none());
                continue;
            }
            Err(other) => panic!("{other}"),
        };
        sums.opened += 1;
        *sums.by_class.entry(report.class.letter()).or_default() += 1;
        let Some(outcome) = &report.outcome else { continue };
        let end = outcome.at.unwrap_or(at + TimeDelta::hours(1)).max(at);
        // Between report and closure, the steps of the straight way one after the other.
        let part = (end - at) / 6;
        let able = entitled(&report.item);
        let unit = able[sums.opened as usize % able.len()].clone();
        let way = [
            (Step::Accept, Args::default()),
            (
                Step::Dispatch,
                Args {
                    to: Some(unit),
                    ..Args::default()
                },
            ),
            (Step::Arrive, Args::default()),
            (Step::Rectify, Args::note("按原记录")),
            (Step::Verify, Args::default()),
            (Step::Close, Args::default()),
        ];
        for (n, (step, args)) in (1..).zip(way) {
            let now = if step == Step::Close { end } else { at + part * n };
            journal.take(now, "D-GRID", id, step, args).unwrap();
        }
    }
    for (id, entries) in &journal.entries {
        let case = Case::fold(entries).unwrap().unwrap();
        assert_eq!(&case, journal.at(*id));
        match case.stage {
            Stage::Closed => {
                sums.closed += 1;
                let late = case.ended_at > case.due_at;
                *(if late { &mut sums.late } else { &mut sums.in_time }) += 1;
            }
            Stage::Reported => sums.open += 1,
            other => panic!("{id}: {other:?}"),
        }
    }
    // What was read is what was opened, and what was opened is closed or still open, and of one class.
    assert_eq!(sums.rows, sums.opened + sums.without_place + sums.left_out);
    assert_eq!(sums.opened + sums.without_place, summary.imported);
    assert_eq!(sums.opened, sums.closed + sums.open);
    assert_eq!(sums.open + sums.without_place_open, summary.open);
    assert_eq!(sums.closed, sums.in_time + sums.late);
    assert_eq!(sums.by_class.values().sum::<u64>(), sums.opened);
    let classes = Class::ALL.map(Class::letter);
    assert!(sums.by_class.keys().all(|class| classes.contains(class)));
    sums
}

#[test]
fn files_add_up() {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/import");
    for (file, profile) in [
        ("appeals.csv", "pingshan-appeals"),
        ("requests.csv", "baltimore-311"),
    ] {
        let sums = replay(&data.join(file), profile);
        assert!(sums.opened > 0, "{file}: {sums:?}");
        assert!(sums.closed > 0, "{file}: {sums:?}");
    }
    for pair in std::env::var("YIPANQI_REPLAY")
        .unwrap_or_default()
        .split_terminator(';')
    {
        let (profile, file) = pair.split_once('=').unwrap();
        println!("{file}: {:#?}", replay(Path::new(file), profile));
    }
}
