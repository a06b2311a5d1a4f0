//! Killed in the middle of imports and commands, a book keeps what it acknowledged and nothing by halves.
//!
//! This test program starts itself a second time as the one that is killed, see [`child_writer`].

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use yipanqi::case::{Action, CaseId, Origin, Report, Source, Whereabouts};
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{CaseQuery, Draft, Store};
use yipanqi::town::{Centre, Class, Handler};

/// Names the book to the child; without it the child's test has nothing to do.
const BOOK: &str = "YIPANQI_CRASH_TEST_BOOK";
const BATCH: u64 = 400;
const KILLS: u64 = 20;

fn draft(case: Option<CaseId>, based_on: u32, action: Action) -> Draft {
    let at = DateTime::<Utc>::from_timestamp_millis(1_772_000_000_000).unwrap();
    Draft {
        case,
        based_on,
        at,
        actor: "p".into(),
        seat: "s".into(),
        action,
    }
}

fn report(text: String, origin: Option<Origin>) -> Action {
    Action::Report(Box::new(Report {
        item: "road-pothole".into(),
        class: Class::C,
        centre: Centre::Grid,
        severity: 2,
        text,
        place: Whereabouts::Stated {
            stated: "观澜大道".into(),
        },
        source: Source::Hotline,
        reported_at: DateTime::UNIX_EPOCH,
        due_at: None,
        photos: Vec::new(),
        origin,
        outcome: None,
        limits: None,
        item_version: 0,
        split_from: None,
    }))
}

/// The rows of import batch `batch`; its number is the profile's name, so that each batch can be counted.
fn batch(batch: u64) -> Vec<Draft> {
    let profile: Arc<str> = batch.to_string().into();
    let row = |key: u64| {
        let origin = Origin {
            profile: profile.clone(),
            key: key.to_string().into(),
        };
        draft(None, 0, report("路面破损 ".repeat(20), Some(origin)))
    };
    (0..BATCH).map(row).collect()
}

/// The program that is killed: imports a batch, then opens a case and sends it out, on and on. It says each thing after the
/// store has acknowledged it, and before a batch that it begins.
#[test]
fn child_writer() {
    let Some(book) = std::env::var_os(BOOK) else {
        return;
    };
    let mut store = SqliteStore::open(Path::new(&book)).unwrap();
    let mut out = std::io::stdout().lock();
    let mut say = |line: String| {
        // Where the parent is gone, nobody is left to kill this program.
        out.write_all(line.as_bytes()).and_then(|()| out.flush()).unwrap();
    };
    let first = store.counts().unwrap().0;
    for number in first.. {
        say(format!("\nbegin {number}\n"));
        store.append_new(batch(number)).unwrap();
        say(format!("batch {number}\n"));
        for _ in 0..5 {
            let mut case = None;
            for (based_on, action) in [
                report("新事件".to_owned(), None),
                Action::Accept {
                    note: "受理".to_owned(),
                },
                Action::Dispatch {
                    to: Handler::Team("t".into()),
                    note: String::new(),
                },
            ]
            .into_iter()
            .enumerate()
            {
                let entry = store
                    .append(vec![draft(case, based_on as u32, action)], &[])
                    .unwrap()
                    .remove(0);
                case = Some(entry.case);
                say(format!("entry {} {}\n", entry.case, entry.version));
            }
        }
    }
}

/// What the killed program had acknowledged.
#[derive(Default)]
struct Acknowledged {
    begun: Vec<u64>,
    batches: Vec<u64>,
    entries: Vec<(CaseId, u32)>,
}

impl Acknowledged {
    /// Takes in a line; answers whether it acknowledged something. A line that was cut off by the kill counts for nothing.
    fn take(&mut self, line: &str) -> bool {
        let Some(line) = line.strip_suffix('\n') else {
            return false;
        };
        match *line.split(' ').collect::<Vec<_>>() {
            ["begin", number] => self.begun.push(number.parse().unwrap()),
            ["batch", number] => self.batches.push(number.parse().unwrap()),
            ["entry", case, version] => {
                self.entries
                    .push((CaseId(case.parse().unwrap()), version.parse().unwrap()));
            }
            _ => return false,
        }
        !line.starts_with("begin")
    }
}

fn start_child(book: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_writer", "--nocapture", "--test-threads=1"])
        .env(BOOK, book)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

#[test]
fn killed_twenty_times_it_keeps_what_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("book.db");
    let mut known = Acknowledged::default();
    for kill in 0..KILLS {
        let (mut child, mut out) = start_child(&book);
        // Every kill strikes elsewhere: after another number of acknowledgements, in a batch or between two steps; and
        // every third one right after a batch has begun.
        let patience = 1 + (kill * 7) % 37;
        let mut acknowledged = 0;
        let mut line = String::new();
        while out.read_line(&mut line).unwrap() > 0 {
            acknowledged += u64::from(known.take(&line));
            let in_batch = line.starts_with("begin") || kill % 3 != 0;
            if acknowledged >= patience && in_batch {
                break;
            }
            line.clear();
        }
        assert!(acknowledged >= patience, "the child ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before it died was acknowledged too.
        loop {
            line.clear();
            if out.read_line(&mut line).unwrap() == 0 {
                break;
            }
            known.take(&line);
        }
        check(&book, &known, kill);
    }
    assert!(
        known.batches.len() > 10 && known.entries.len() > 50,
        "too little was done to mean anything"
    );
}

fn check(book: &Path, known: &Acknowledged, kill: u64) {
    let store = SqliteStore::open(book).unwrap();
    let verdict = store.verify().unwrap();
    assert!(verdict.ok, "kill {kill}: {:?}", verdict.faults);
    for (case, version) in &known.entries {
        let there = store.case(*case).unwrap().map_or(0, |case| case.version);
        assert!(
            there >= *version,
            "kill {kill}: case {case} is at {there}, {version} was acknowledged"
        );
    }
    let mut rows = std::collections::HashMap::<u64, u64>::new();
    store
        .cases(&CaseQuery::default(), &mut |case| {
            if let Some(origin) = case.origin {
                *rows.entry(origin.profile.parse().unwrap()).or_default() += 1;
            }
            true
        })
        .unwrap();
    for number in &known.batches {
        assert_eq!(
            rows.get(number),
            Some(&BATCH),
            "kill {kill}: batch {number} was acknowledged"
        );
    }
    for number in &known.begun {
        let there = rows.get(number).copied().unwrap_or_default();
        assert!(
            there == 0 || there == BATCH,
            "kill {kill}: batch {number} has {there} of {BATCH} rows"
        );
    }
}
