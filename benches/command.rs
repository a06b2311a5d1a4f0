//! One acknowledged command beside a bare insert of the same bytes: both fully synchronised, each in a book of its own on
//! the disk that holds the folder for temporary files. The budget is 1.3 times the bare insert.

use std::path::Path;

use chrono::DateTime;
use divan::Bencher;
use rusqlite::Connection;
use yipanqi::case::{Action, CaseId, Report, Source, Whereabouts};
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Draft, Store};
use yipanqi::town::{Centre, Class, Handler};

/// Cases of the book.
const CASES: i64 = 2500;

fn main() {
    divan::main();
}

fn draft(case: Option<CaseId>, based_on: u32, action: Action) -> Draft {
    Draft {
        case,
        based_on,
        at: DateTime::UNIX_EPOCH,
        actor: "dispatcher-1".into(),
        seat: "seat-1".into(),
        action,
    }
}

fn report() -> Action {
    Action::Report(Box::new(Report {
        item: "road-pothole".into(),
        class: Class::B,
        centre: Centre::Grid,
        severity: 2,
        text: "观澜大道 12 号门前路面破损，影响通行".to_owned(),
        place: Whereabouts::Stated {
            stated: "观澜大道 12 号".into(),
        },
        source: Source::Hotline,
        reported_at: DateTime::UNIX_EPOCH,
        due_at: None,
        photos: Vec::new(),
        origin: None,
        outcome: None,
        limits: None,
        item_version: 0,
        split_from: None,
    }))
}

fn dispatch(number: u64) -> Action {
    Action::Dispatch {
        to: Handler::Team(format!("team-{}", number % 9).into()),
        note: "请尽快到场处置并拍照".to_owned(),
    }
}

/// A book with some thousand open cases that have been accepted, more than are dispatched here.
fn book(folder: &Path) -> SqliteStore {
    let mut store = SqliteStore::open(&folder.join("book.db")).unwrap();
    store
        .append((0..CASES).map(|_| draft(None, 0, report())).collect(), &[])
        .unwrap();
    let accepted = (1..=CASES).map(|id| draft(Some(CaseId(id)), 1, Action::Accept { note: String::new() }));
    store.append(accepted.collect(), &[]).unwrap();
    store
}

/// A bare table with as many rows, in the journal mode of a book.
fn bare(folder: &Path) -> Connection {
    let connection = Connection::open(folder.join("bare.db")).unwrap();
    connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
        .unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection
        .execute_batch(
            "CREATE TABLE entry (seq INTEGER PRIMARY KEY, case_id INTEGER, version INTEGER, at_ms INTEGER, \
             actor TEXT, seat TEXT, action TEXT) STRICT; BEGIN;",
        )
        .unwrap();
    for id in 0..2000 {
        insert(&connection, id, &report());
    }
    connection.execute_batch("COMMIT").unwrap();
    connection
}

fn insert(connection: &Connection, id: i64, action: &Action) {
    connection
        .prepare_cached(
            "INSERT INTO entry (case_id, version, at_ms, actor, seat, action) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .unwrap()
        .execute((id, 3, 0, "dispatcher-1", "seat-1", serde_json::to_string(action).unwrap()))
        .unwrap();
}

/// A dispatch of one case after the other, as the desk hands it to the store.
#[divan::bench(sample_count = 2000, sample_size = 1)]
fn acknowledged_command(bencher: Bencher) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = book(folder.path());
    let mut number = 0_i64;
    bencher
        .with_inputs(|| {
            number += 1;
            draft(Some(CaseId(number)), 2, dispatch(number as u64))
        })
        .bench_local_values(|draft| store.append(vec![draft], &[]).unwrap());
}

/// The same bytes into a bare table.
#[divan::bench(sample_count = 2000, sample_size = 1)]
fn bare_insert(bencher: Bencher) {
    let folder = tempfile::tempdir().unwrap();
    let connection = bare(folder.path());
    let mut number = 0;
    bencher
        .with_inputs(|| {
            number += 1;
            dispatch(number)
        })
        .bench_local_values(|action| insert(&connection, 1, &action));
}
