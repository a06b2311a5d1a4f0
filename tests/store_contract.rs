//! What every engine behind the store's trait must do. An engine joins by adding a line to `ENGINES`.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use yipanqi::case::{
    Action, Case, CaseId, Change, Entry, Glance, Origin, Outcome, Photo, PhotoPhase, Report, Source, Stage,
    Whereabouts,
};
use yipanqi::store::sqlite::{BookLock, PROGRAM_VERSION, SqliteStore, lock_path};
use yipanqi::store::{
    Anchor, Bulk, CaseQuery, ChainFaultKind, Draft, PhotoFile, Store, StoreError, TownMark, photo,
};
use yipanqi::town::{Centre, Class, Handler, Wgs84};

mod shared;

use shared::Shared;

/// Opens a book in a folder; twice on one folder means two programs on one book.
type Engine = fn(&Path) -> Box<dyn Store>;

const ENGINES: [(&str, Engine); 2] = [
    ("sqlite", |folder| Box::new(open(folder))),
    ("memory", |folder| Box::new(Shared::of(folder))),
];

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("book.db")).unwrap()
}

/// Runs `test` on every engine, each in a folder of its own.
fn on_every_engine(test: fn(&mut dyn Store, &dyn Fn() -> Box<dyn Store>)) {
    for (name, engine) in ENGINES {
        println!("engine {name}");
        let folder = tempfile::tempdir().unwrap();
        let mut store = engine(folder.path());
        test(store.as_mut(), &|| engine(folder.path()));
    }
}

/// Runs `test` on the engine whose books are files.
fn on_sqlite(test: fn(&mut dyn Store, &dyn Fn() -> Box<dyn Store>)) {
    let folder = tempfile::tempdir().unwrap();
    test(&mut open(folder.path()), &|| Box::new(open(folder.path())));
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_772_000_000_123).unwrap()
}

fn report(text: &str) -> Report {
    Report {
        item: "road-pothole".into(),
        class: Class::B,
        centre: Centre::Grid,
        severity: 2,
        text: text.to_owned(),
        place: Whereabouts::Point {
            at: Wgs84 {
                lon: 114.0625,
                lat: 22.71875,
            },
            stated: "观澜大道 12 号".into(),
            grid: None,
        },
        source: Source::Hotline,
        reported_at: now() - TimeDelta::hours(3),
        due_at: Some(now() + TimeDelta::hours(21)),
        photos: Vec::new(),
        origin: None,
        outcome: None,
        limits: None,
        item_version: 0,
        split_from: None,
    }
}

fn new_case(text: &str) -> Draft {
    draft(None, 0, Action::Report(Box::new(report(text))))
}

fn draft(case: Option<CaseId>, based_on: u32, action: Action) -> Draft {
    Draft {
        case,
        based_on,
        at: now(),
        actor: "dispatcher-1".into(),
        seat: "seat-1".into(),
        action,
    }
}

fn imported(key: u32) -> Draft {
    let mut report = report(&format!("第 {key} 行"));
    report.origin = Some(origin("sample", key));
    if key.is_multiple_of(2) {
        let at = Some(now() - TimeDelta::minutes(7));
        report.outcome = Some(Outcome {
            at,
            in_time: Some(true),
        });
    }
    draft(None, 0, Action::Report(Box::new(report)))
}

fn origin(profile: &str, key: u32) -> Origin {
    Origin {
        profile: profile.into(),
        key: key.to_string().into(),
    }
}

fn note(text: &str) -> Action {
    Action::Accept {
        note: text.to_owned(),
    }
}

fn dispatch(to: &str) -> Action {
    Action::Dispatch {
        to: Handler::Team(to.into()),
        note: String::new(),
    }
}

/// All steps of the straight way after the report.
fn straight_way() -> Vec<Action> {
    let words = || "已到现场".to_owned();
    vec![
        note("受理"),
        dispatch("team-1"),
        Action::Arrive { note: words() },
        Action::Rectify {
            note: words(),
            photos: Vec::new(),
        },
        Action::Verify { note: words() },
        Action::Close { note: words() },
    ]
}

fn append_one(store: &mut dyn Store, draft: Draft) -> Entry {
    let mut entries = store.append(vec![draft], &[]).unwrap();
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

fn a_photo() -> PhotoFile {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(6, 4, image::Rgb([200, 30, 30]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    photo::from_bytes(bytes.into_inner()).unwrap()
}

fn sorted(mut cases: Vec<Case>) -> Vec<Case> {
    cases.sort_by_key(|case| case.id);
    cases
}

fn all(store: &dyn Store, query: &CaseQuery) -> Vec<Case> {
    let mut cases = Vec::new();
    store
        .cases(query, &mut |case| {
            cases.push(case);
            true
        })
        .unwrap();
    cases
}

#[test]
fn a_case_from_report_to_closure_is_its_history() {
    on_every_engine(|store, again| {
        let mut entries = vec![append_one(store, new_case("路面破损"))];
        let id = entries[0].case;
        assert_eq!(
            (entries[0].seq, id, entries[0].version, entries[0].at),
            (1, CaseId(1), 1, now())
        );
        for (i, action) in straight_way().into_iter().enumerate() {
            // Another case in between, so that the entries of one case are not neighbours.
            append_one(store, new_case("别的事"));
            entries.push(append_one(store, draft(Some(id), i as u32 + 1, action)));
            let folded = Case::fold(&entries).unwrap().unwrap();
            assert_eq!(store.case(id).unwrap().unwrap(), folded);
            assert_eq!(again().case(id).unwrap().unwrap(), folded);
            let open = sorted(store.open_cases().unwrap());
            assert_eq!(
                open.iter().find(|case| case.id == id),
                Some(&folded).filter(|case| case.stage.is_open())
            );
        }
        assert_eq!(store.history(id).unwrap(), entries);
        assert_eq!(store.counts().unwrap(), (7, 6));
        assert_eq!(store.last_seq().unwrap(), 13);
        assert_eq!(store.history(CaseId(99)).unwrap(), []);
        assert_eq!(store.case(CaseId(99)).unwrap(), None);
        let verdict = store.verify().unwrap();
        assert_eq!(
            (verdict.ok, verdict.entries, verdict.cases),
            (true, 13, 7),
            "{:?}",
            verdict.faults
        );
    });
}

#[test]
fn entries_come_in_slices_without_gaps() {
    on_every_engine(|store, _| {
        for i in 0..10 {
            append_one(store, new_case(&i.to_string()));
        }
        let first = store.entries_after(0, 4).unwrap();
        let second = store.entries_after(4, 100).unwrap();
        let seqs: Vec<i64> = first.iter().chain(&second).map(|entry| entry.seq).collect();
        assert_eq!(seqs, (1..=10).collect::<Vec<_>>());
        assert_eq!(store.entries_after(10, 5).unwrap(), []);
        let (cases, seq) = store.open_cases_as_of().unwrap();
        assert_eq!((cases.len(), seq), (10, 10));
    });
}

#[test]
fn entries_are_told_at_a_glance_and_cases_up_to_an_entry() {
    on_every_engine(|store, _| {
        append_one(store, new_case("一"));
        append_one(store, new_case("二"));
        for (version, action) in (1..).zip(straight_way()) {
            append_one(store, draft(Some(CaseId(1)), version, action));
        }
        let entries = store.entries_after(0, 100).unwrap();
        let glances: Vec<Glance> = entries.iter().map(Glance::of).collect();
        assert_eq!(store.glances_after(0, 100).unwrap(), glances);
        assert_eq!(store.glances_after(3, 2).unwrap(), glances[3..5]);
        assert_eq!(glances.last().unwrap().change, Change::Ends);
        let mut read = Vec::new();
        let wanted = [(CaseId(2), 100), (CaseId(1), 1), (CaseId(1), 4), (CaseId(7), 100)];
        let mut each = |id: CaseId, entries: Vec<Entry>| {
            read.push((id.0, entries.iter().map(|entry| entry.seq).collect::<Vec<_>>()));
            true
        };
        store.histories(&wanted, &mut each).unwrap();
        let expected = [(2, vec![2]), (1, vec![1]), (1, vec![1, 3, 4]), (7, vec![])];
        assert_eq!(read, expected);
        let mut first = 0;
        store
            .histories(&wanted, &mut |_, _| {
                first += 1;
                false
            })
            .unwrap();
        assert_eq!(first, 1, "it can be broken off");
    });
    on_sqlite(|store, _| {
        let reader = store.reader().unwrap().expect("a book has another way in");
        append_one(store, new_case("一"));
        assert_eq!(reader.last_seq().unwrap(), 1, "it sees what is written later");
    });
}

#[test]
fn the_second_of_two_seats_is_told_and_nothing_is_written() {
    on_every_engine(|store, again| {
        let mut other = again();
        let id = append_one(store, new_case("占道")).case;
        append_one(other.as_mut(), draft(Some(id), 1, note("先到")));
        // The whole transaction goes with the one draft that comes too late.
        let late = vec![new_case("一起交的"), draft(Some(id), 1, note("后到"))];
        match store.append(late, &[a_photo()]) {
            Err(StoreError::Conflict {
                case,
                based_on: 1,
                found: 2,
            }) => assert_eq!(case, id),
            other => panic!("{other:?}"),
        }
        assert_eq!((store.last_seq().unwrap(), store.counts().unwrap()), (2, (1, 1)));
        assert_eq!(store.photo(&a_photo().hash).unwrap(), None);
        let again = append_one(store, draft(Some(id), 2, dispatch("team-1")));
        assert_eq!((again.seq, again.version), (3, 3));
        assert!(matches!(
            store.append(vec![draft(Some(CaseId(77)), 1, note("x"))], &[]),
            Err(StoreError::NoCase(CaseId(77)))
        ));
        assert!(store.verify().unwrap().ok);
    });
}

#[test]
fn one_transaction_can_take_several_steps_of_one_case() {
    on_every_engine(|store, _| {
        let id = append_one(store, new_case("x")).case;
        let entries = store
            .append(
                vec![
                    draft(Some(id), 1, note("")),
                    draft(Some(id), 2, dispatch("team-1")),
                ],
                &[],
            )
            .unwrap();
        assert_eq!(
            entries.iter().map(|entry| entry.version).collect::<Vec<_>>(),
            [2, 3]
        );
        assert_eq!(store.case(id).unwrap().unwrap().stage, Stage::Dispatched);
    });
}

#[test]
fn what_does_not_follow_is_not_kept() {
    on_every_engine(|store, _| {
        let id = append_one(store, new_case("x")).case;
        let mut nowhere = report("x");
        nowhere.place = Whereabouts::Point {
            at: Wgs84 {
                lon: f64::NAN,
                lat: 1.0,
            },
            stated: "".into(),
            grid: None,
        };
        let unfit = [
            draft(Some(id), 1, Action::Close { note: String::new() }),
            draft(Some(id), 1, Action::Report(Box::new(report("twice")))),
            draft(None, 0, note("no report")),
            draft(None, 3, Action::Report(Box::new(report("x")))),
            draft(None, 0, Action::Report(Box::new(nowhere))),
        ];
        for draft in unfit {
            let words = format!("{draft:?}");
            assert!(
                matches!(store.append(vec![draft], &[]), Err(StoreError::Unfit(_))),
                "{words}"
            );
        }
        for draft in [new_case("no origin"), draft(Some(id), 1, note("no report"))] {
            assert!(matches!(store.append_new(vec![draft]), Err(StoreError::Unfit(_))));
        }
        assert_eq!(store.last_seq().unwrap(), 1);
    });
}

#[test]
fn a_row_is_imported_once() {
    on_every_engine(|store, again| {
        let batch = |keys: std::ops::Range<u32>| keys.map(imported).collect::<Vec<_>>();
        assert_eq!(
            store.append_new(batch(0..2500)).unwrap(),
            Bulk {
                added: 2500,
                already_there: 0
            }
        );
        assert_eq!(
            store.append_new(batch(2000..3000)).unwrap(),
            Bulk {
                added: 500,
                already_there: 500
            }
        );
        // First new ones, then some that are there.
        assert_eq!(
            store
                .append_new((3000..3090).chain(100..150).map(imported).collect())
                .unwrap(),
            Bulk {
                added: 90,
                already_there: 50
            }
        );
        // Twice in one batch, and the same key in another profile.
        let mut elsewhere = report("另一个来源");
        elsewhere.origin = Some(origin("other", 1));
        let mixed = vec![
            imported(5000),
            imported(5000),
            draft(None, 0, Action::Report(Box::new(elsewhere.clone()))),
        ];
        assert_eq!(
            store.append_new(mixed).unwrap(),
            Bulk {
                added: 2,
                already_there: 1
            }
        );
        let single = draft(None, 0, Action::Report(Box::new(elsewhere)));
        assert!(matches!(
            store.append(vec![single], &[]),
            Err(StoreError::Unfit(_))
        ));
        let asked = [
            origin("sample", 1),
            origin("sample", 4000),
            origin("other", 1),
            origin("other", 2),
        ];
        assert_eq!(again().count_known(&asked).unwrap(), 2);
        assert_eq!(store.counts().unwrap(), (3092, 1546));
        let verdict = store.verify().unwrap();
        assert_eq!((verdict.ok, verdict.cases), (true, 3092), "{:?}", verdict.faults);
    });
}

#[test]
fn a_batch_that_fails_leaves_nothing() {
    on_every_engine(|store, _| {
        let batch = vec![imported(1), imported(2), new_case("no origin"), imported(3)];
        assert!(store.append_new(batch).is_err());
        assert_eq!((store.counts().unwrap(), store.last_seq().unwrap()), ((0, 0), 0));
        assert_eq!(store.append_new(vec![imported(1)]).unwrap().added, 1);
    });
}

#[test]
fn an_import_keeps_what_it_was_given() {
    on_every_engine(|store, _| {
        store.append_new(vec![imported(1), imported(2)]).unwrap();
        let closed = store.case(CaseId(2)).unwrap().unwrap();
        let entry = store.history(CaseId(2)).unwrap().remove(0);
        assert_eq!(closed, Case::open(&entry).unwrap());
        assert_eq!(
            (closed.stage, closed.ended_at),
            (Stage::Closed, Some(now() - TimeDelta::minutes(7)))
        );
        assert_eq!(
            sorted(store.open_cases().unwrap())[0].origin,
            Some(origin("sample", 1))
        );
    });
}

#[test]
fn lists_are_filtered_newest_first_and_can_be_broken_off() {
    on_every_engine(|store, _| {
        store.append_new((1..=20).map(imported).collect()).unwrap();
        let ids = |query: &CaseQuery| all(store, query).iter().map(|case| case.id.0).collect::<Vec<_>>();
        assert_eq!(ids(&CaseQuery::default()), (1..=20).rev().collect::<Vec<_>>());
        let open = CaseQuery {
            open: true,
            limit: Some(3),
            ..CaseQuery::default()
        };
        assert_eq!(ids(&open), [19, 17, 15]);
        let closed = CaseQuery {
            stage: Some(Stage::Closed),
            class: Some(Class::B),
            ..CaseQuery::default()
        };
        assert_eq!(ids(&closed).len(), 10);
        assert_eq!(
            ids(&CaseQuery {
                class: Some(Class::A),
                ..CaseQuery::default()
            }),
            [0; 0]
        );
        let mut seen = 0;
        store
            .cases(&CaseQuery::default(), &mut |_| {
                seen += 1;
                seen < 5
            })
            .unwrap();
        assert_eq!(seen, 5);
    });
}

#[test]
fn photos_come_back_and_a_missing_one_is_refused() {
    on_every_engine(|store, again| {
        let file = a_photo();
        let named = Photo {
            phase: PhotoPhase::Before,
            hash: file.hash.clone(),
            width: file.width,
            height: file.height,
        };
        let mut with_photo = report("有照片");
        with_photo.photos = vec![named];
        let draft = draft(None, 0, Action::Report(Box::new(with_photo)));
        assert!(matches!(
            store.append(vec![draft.clone()], &[]),
            Err(StoreError::Unfit(_))
        ));
        store
            .append(vec![draft.clone()], std::slice::from_ref(&file))
            .unwrap();
        // The same photo again: kept once, and it need not come along.
        store
            .append(vec![draft.clone()], std::slice::from_ref(&file))
            .unwrap();
        store.append(vec![draft], &[]).unwrap();
        assert_eq!(again().photo(&file.hash).unwrap(), Some(file));
        assert_eq!(store.photo("0000").unwrap(), None);
        assert!(store.verify().unwrap().ok);
    });
}

#[test]
fn a_book_belongs_to_one_town() {
    on_every_engine(|store, again| {
        let mark = |id: &str, timezone| TownMark {
            id: id.to_owned(),
            timezone,
        };
        assert_eq!(store.town().unwrap(), None);
        store
            .set_town(&mark("guanlan", chrono_tz::Asia::Shanghai))
            .unwrap();
        store.set_town(&mark("guanlan", chrono_tz::Asia::Urumqi)).unwrap();
        assert_eq!(
            again().town().unwrap(),
            Some(mark("guanlan", chrono_tz::Asia::Urumqi))
        );
        let refused = store.set_town(&mark("elsewhere", chrono_tz::Asia::Shanghai));
        assert!(matches!(refused, Err(StoreError::OtherTown { .. })));
    });
}

#[test]
fn a_copy_is_a_book_and_overwrites_nothing() {
    // A journal in memory has no file to be copied.
    on_sqlite(|store, _| {
        let folder = tempfile::tempdir().unwrap();
        store.append_new((0..100).map(imported).collect()).unwrap();
        append_one(store, draft(Some(CaseId(2)), 1, note("受理")));
        let to = folder.path().join("copy.db");
        store.backup(&to).unwrap();
        assert!(matches!(store.backup(&to), Err(StoreError::ReadOnly { .. })));
        assert!(matches!(
            store.backup(&folder.path().join("no/such/folder.db")),
            Err(StoreError::ReadOnly { .. })
        ));
        append_one(store, new_case("after the copy"));
        let beside: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap().file_name())
            .collect();
        assert_eq!(beside, ["copy.db"], "a copy is one file");
        let copy = SqliteStore::open_read_only(&to).unwrap();
        assert_eq!(copy.counts().unwrap(), (100, 50));
        assert!(copy.verify().unwrap().ok);
        drop(copy);
        let mut copy = SqliteStore::open(&to).unwrap();
        assert_eq!(append_one(&mut copy, new_case("x")).seq, 102);
    });
}

/// The town of a caller, which counts only while a book does not name its own.
fn elsewhere() -> TownMark {
    TownMark {
        id: "elsewhere".into(),
        timezone: chrono_tz::UTC,
    }
}

#[test]
fn a_day_has_an_anchor_in_the_time_of_the_town() {
    on_every_engine(|store, again| {
        assert_eq!(store.anchor(&elsewhere(), None).unwrap(), None);
        let town = TownMark {
            id: "guanlan".into(),
            timezone: chrono_tz::Asia::Shanghai,
        };
        store.set_town(&town).unwrap();
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc);
        // The first three are of one day in Shanghai and of two in Greenwich; the fourth was entered late.
        for moment in [
            "2026-03-01T16:00:00Z",
            "2026-03-01T23:59:59Z",
            "2026-03-02T15:59:59Z",
            "2026-03-01T15:59:59Z",
            "2026-03-02T16:00:00Z",
        ] {
            let draft = Draft {
                at: at(moment),
                ..new_case(moment)
            };
            store.append(vec![draft], &[]).unwrap();
        }
        let day = |d| chrono::NaiveDate::from_ymd_opt(2026, 3, d);
        let anchors: Vec<Anchor> = (1..=3)
            .map(|d| store.anchor(&elsewhere(), day(d)).unwrap().unwrap())
            .collect();
        let of = |n: usize| (anchors[n].seq, anchors[n].entries, anchors[n].day);
        assert_eq!(of(0), (4, 1, day(1).unwrap()));
        assert_eq!(of(1), (3, 3, day(2).unwrap()));
        assert_eq!(of(2), (5, 1, day(3).unwrap()));
        assert_eq!(store.anchor(&elsewhere(), day(4)).unwrap(), None);
        assert_eq!(
            store.anchor(&elsewhere(), None).unwrap().as_ref(),
            Some(&anchors[2])
        );
        assert_eq!(
            (anchors[0].town.as_str(), anchors[0].timezone),
            ("guanlan", town.timezone)
        );
        let verdict = again().verify_with(&anchors).unwrap();
        assert!(verdict.ok && verdict.anchors == 3, "{verdict:?}");
        assert_eq!(
            (&verdict.book, &verdict.last_hash),
            (&anchors[2].book, &anchors[2].hash)
        );
        let wrong = Anchor {
            hash: anchors[1].hash.clone(),
            ..anchors[2].clone()
        };
        let fault = store.verify_with(&[wrong]).unwrap().chain.unwrap();
        assert_eq!((fault.entry, fault.kind), (5, ChainFaultKind::Rewritten));
    });
}

// What follows is about files, and so about the SQLite engine alone.

/// A folder with a book of some cases, closed again.
fn a_book() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    store.append_new((0..50).map(imported).collect()).unwrap();
    append_one(&mut store, draft(Some(CaseId(2)), 1, note("受理")));
    append_one(&mut store, draft(Some(CaseId(2)), 2, dispatch("team-1")));
    store.append(vec![new_case("x")], &[a_photo()]).unwrap();
    folder
}

/// Changes the file behind the store's back.
fn tamper(folder: &Path, sql: &str) {
    let raw = rusqlite::Connection::open(folder.join("book.db")).unwrap();
    raw.execute_batch(sql).unwrap();
}

#[test]
fn the_journal_can_only_be_appended_to() {
    let folder = a_book();
    let raw = rusqlite::Connection::open(folder.path().join("book.db")).unwrap();
    for sql in [
        "UPDATE entry SET actor = 'x' WHERE seq = 3",
        "DELETE FROM entry WHERE seq = 3",
    ] {
        let error = raw.execute_batch(sql).unwrap_err().to_string();
        assert!(error.contains("an entry of the journal is never"), "{error}");
    }
}

#[test]
fn every_kind_of_tampering_is_named() {
    const UNLOCK: &str = "DROP TRIGGER entry_is_never_changed; DROP TRIGGER entry_is_never_removed;";
    let journal = [
        ("DELETE FROM entry WHERE seq = 20", "expected case 20"),
        ("DELETE FROM entry WHERE seq = 51", "expected 2"),
        ("UPDATE entry SET version = 7 WHERE seq = 52", "makes version 7"),
        (
            "UPDATE entry SET action = '{\"do\":\"close\"}' WHERE seq = 52",
            "'close'",
        ),
        (
            "UPDATE entry SET action = 'nonsense' WHERE seq = 9",
            "entry 9 can't be read",
        ),
        (
            "UPDATE entry SET case_id = 999 WHERE seq = 52",
            "which no entry opens",
        ),
        (
            "UPDATE entry SET at_ms = at_ms + 1 WHERE seq = 52",
            "case 2: its times",
        ),
    ];
    let derived = [
        (
            "UPDATE case_row SET stage = 'accepted' WHERE case_id = 4",
            "case 4: its stage is accepted",
        ),
        ("UPDATE case_row SET stage = '?' WHERE case_id = 4", "stage '?'"),
        (
            "UPDATE case_row SET handler = 'team:x' WHERE case_id = 4",
            "case 4: its handler",
        ),
        (
            "UPDATE case_row SET opened_seq = 5 WHERE case_id = 4",
            "case 4: its first entry",
        ),
        (
            "UPDATE case_row SET open = 0 WHERE case_id = 4",
            "case 4: the mark that it is open",
        ),
        ("DELETE FROM case_row WHERE case_id = 4", "case 4 is missing"),
        (
            "UPDATE fact SET fact = CAST(substr(fact, 1, 28) || x'02' || substr(fact, 30) AS BLOB) WHERE case_id = 4",
            "case 4: its fact for figures",
        ),
        (
            "UPDATE fact SET fact = x'00' WHERE case_id = 4",
            "what figures need of case 4 can't be read",
        ),
        (
            "UPDATE fact SET reported_day = 0 WHERE case_id = 4",
            "case 4 stands under other days than its fact",
        ),
        (
            "DELETE FROM sheet WHERE kind = 1",
            "the sheets of cases that were ended",
        ),
        (
            "UPDATE sheet SET sign = -1 WHERE kind = 0",
            "the sheets of cases that were reported",
        ),
        (
            "UPDATE sheet SET day = day + 1 WHERE kind = 0",
            "the sheets of cases that were reported",
        ),
        ("UPDATE sheet SET facts = x'0102'", "is cut off"),
        (
            "UPDATE sheet SET low_ms = low_ms + 1 WHERE kind = 1",
            "hides cases",
        ),
        (
            "INSERT INTO case_row SELECT 400, 1, 1, 'closed', 'A', 0, NULL, NULL, 0, NULL",
            "case 400 is in the case table",
        ),
        (
            "DELETE FROM origin WHERE opened_seq = 8",
            "case 8 is not found by its origin",
        ),
        ("UPDATE photo SET bytes = x'00'", "is not what it was"),
        ("DROP TRIGGER entry_is_never_removed", "entry_is_never_removed"),
    ];
    let journal = journal.map(|(sql, fault)| (format!("{UNLOCK} {sql}"), fault));
    let derived = derived.map(|(sql, fault)| (sql.to_owned(), fault));
    for (sql, fault) in journal.into_iter().chain(derived) {
        let folder = a_book();
        assert!(open(folder.path()).verify().unwrap().ok);
        tamper(folder.path(), &sql);
        let verdict = open(folder.path()).verify().unwrap();
        assert!(!verdict.ok, "{sql}");
        assert!(
            verdict.faults.iter().any(|text| text.contains(fault)),
            "{sql}: {:?}",
            verdict.faults
        );
    }
}

/// Takes the journal's protection away, changes it, and puts the protection back as it was: only the chain can tell.
fn forge(folder: &Path, sql: &str) {
    let raw = rusqlite::Connection::open(folder.join("book.db")).unwrap();
    let triggers: Vec<String> = raw
        .prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(triggers.len(), 2);
    raw.execute_batch("DROP TRIGGER entry_is_never_changed; DROP TRIGGER entry_is_never_removed;")
        .unwrap();
    raw.execute_batch(sql).unwrap();
    raw.execute_batch(&triggers.join(";")).unwrap();
}

/// Swaps two entries of the journal, all but their numbers.
fn swap(a: i64, b: i64) -> String {
    format!(
        "UPDATE entry SET seq = -1 WHERE seq = {a}; UPDATE entry SET seq = {a} WHERE seq = {b}; \
         UPDATE entry SET seq = {b} WHERE seq = -1;"
    )
}

#[test]
fn the_first_entry_that_was_forged_is_named() {
    const ALTER: &str = "UPDATE entry SET action = replace(action, '第 8 行', '第 9 行') WHERE seq = 9;";
    let cases = [
        // Free text: the fold makes the same case table of it.
        (
            ALTER.to_owned(),
            9,
            ChainFaultKind::Altered,
            "entry 9 was altered",
        ),
        (
            "UPDATE entry SET seat = 'seat-2' WHERE seq = 52".to_owned(),
            52,
            ChainFaultKind::Altered,
            "entry 52 was altered",
        ),
        (
            "UPDATE entry SET hash = zeroblob(32) WHERE seq = 30".to_owned(),
            30,
            ChainFaultKind::Altered,
            "the hash of entry 30",
        ),
        (
            "UPDATE entry SET seat = 'x' WHERE seq = 53".to_owned(),
            53,
            ChainFaultKind::Altered,
            "the last one",
        ),
        (
            "DELETE FROM entry WHERE seq IN (20, 21)".to_owned(),
            20,
            ChainFaultKind::Missing,
            "entries 20 to 21 are missing",
        ),
        (
            "DELETE FROM entry WHERE seq = 1".to_owned(),
            1,
            ChainFaultKind::Missing,
            "entry 1 is missing",
        ),
        (
            "DELETE FROM entry WHERE seq IN (20, 21); UPDATE entry SET seq = -seq WHERE seq > 21; \
             UPDATE entry SET seq = -seq - 2 WHERE seq < 0;"
                .to_owned(),
            20,
            ChainFaultKind::Missing,
            "before entry 20, 2 are missing",
        ),
        (
            swap(20, 21),
            20,
            ChainFaultKind::Reordered,
            "what was entry 20 now stands at number 21",
        ),
        (
            swap(5, 40),
            5,
            ChainFaultKind::Reordered,
            "what was entry 5 now stands at number 40",
        ),
        (
            "UPDATE entry SET seq = -seq WHERE seq >= 20; UPDATE entry SET seq = 1 - seq WHERE seq < 0; \
             INSERT INTO entry (seq, case_id, version, at_ms, actor, seat, hash, action) \
             SELECT 20, case_id, version, at_ms, actor, seat, hash, action FROM entry WHERE seq = 3;"
                .to_owned(),
            20,
            ChainFaultKind::Added,
            "entry 20 was put in",
        ),
    ];
    for (sql, entry, kind, words) in cases {
        let folder = a_book();
        forge(folder.path(), &sql);
        let verdict = open(folder.path()).verify().unwrap();
        let fault = verdict
            .chain
            .unwrap_or_else(|| panic!("{sql}: nothing was noticed"));
        assert_eq!((fault.entry, fault.kind), (entry, kind), "{sql}: {fault:?}");
        assert!(fault.words.contains(words), "{sql}: {fault:?}");
        assert!(!verdict.ok, "{sql}");
        assert_eq!(verdict.last_seq, entry - 1, "{sql}");
    }
}

/// The hash that belongs to an entry, made by the description of the chain and not by the program.
fn forged_hash(folder: &Path, seq: i64) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let raw = rusqlite::Connection::open(folder.join("book.db")).unwrap();
    let number = |n: i64| n.to_be_bytes();
    let before: Vec<u8> = raw
        .query_row("SELECT hash FROM entry WHERE seq = ?1", [seq - 1], |row| {
            row.get(0)
        })
        .unwrap();
    let sql = "SELECT case_id, version, at_ms, actor, seat, action FROM entry WHERE seq = ?1";
    raw.query_row(sql, [seq], |row| {
        let mut body = Sha256::new_with_prefix(number(row.get(2)?));
        for column in 3..6 {
            let text: String = row.get(column)?;
            body.update(number(text.len() as i64));
            body.update(text);
        }
        let mut hash = Sha256::new_with_prefix(before);
        for part in [seq, row.get(0)?, row.get(1)?] {
            hash.update(number(part));
        }
        hash.update(body.finalize());
        Ok(hash.finalize().to_vec())
    })
    .unwrap()
}

/// Alters entry `from` and makes its hash and those up to `to` anew, as somebody does who knows how the chain is made.
fn forge_hashes(folder: &Path, from: i64, to: i64) {
    forge(
        folder,
        &format!("UPDATE entry SET seat = 'seat-2' WHERE seq = {from}"),
    );
    for seq in from..=to {
        let hash: String = forged_hash(folder, seq)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        forge(
            folder,
            &format!("UPDATE entry SET hash = x'{hash}' WHERE seq = {seq}"),
        );
    }
}

#[test]
fn a_hash_made_anew_shows_at_the_next_entry_and_all_of_them_only_at_an_anchor() {
    let folder = a_book();
    let anchor = open(folder.path()).anchor(&elsewhere(), None).unwrap().unwrap();
    assert_eq!((anchor.seq, anchor.entries), (53, 53));
    let early = Anchor {
        seq: 10,
        hash: hash_at(folder.path(), 10),
        ..anchor.clone()
    };
    assert!(
        open(folder.path())
            .verify_with(&[anchor.clone(), early.clone()])
            .unwrap()
            .ok
    );
    forge_hashes(folder.path(), 30, 30);
    let fault = open(folder.path()).verify().unwrap().chain.unwrap();
    assert_eq!((fault.entry, fault.kind), (31, ChainFaultKind::Altered));
    assert!(
        fault.words.contains("entry 30 was, and its hash made anew"),
        "{fault:?}"
    );
    // All hashes to the end made anew: the chain holds, which is why anchors are kept elsewhere.
    forge_hashes(folder.path(), 30, 53);
    let store = open(folder.path());
    assert!(store.verify().unwrap().ok);
    assert!(store.verify_with(std::slice::from_ref(&early)).unwrap().ok);
    let verdict = store.verify_with(&[anchor, early]).unwrap();
    let fault = verdict.chain.unwrap();
    assert_eq!((fault.entry, fault.kind), (53, ChainFaultKind::Rewritten));
    assert!(fault.words.contains("after entry 10"), "{fault:?}");
    assert!(!verdict.ok);
}

fn hash_at(folder: &Path, seq: i64) -> String {
    let raw = rusqlite::Connection::open(folder.join("book.db")).unwrap();
    let sql = "SELECT lower(hex(hash)) FROM entry WHERE seq = ?1";
    raw.query_row(sql, [seq], |row| row.get(0)).unwrap()
}

#[test]
fn entries_cut_off_at_the_end_are_missed_by_an_anchor() {
    let folder = a_book();
    let anchor = open(folder.path()).anchor(&elsewhere(), None).unwrap().unwrap();
    forge(folder.path(), "DELETE FROM entry WHERE seq > 51");
    // Whoever forges a journal can make the case table fit it.
    let mut store = open(folder.path());
    store.rebuild().unwrap();
    tamper(folder.path(), "DELETE FROM photo");
    assert!(store.verify().unwrap().ok);
    let fault = store.verify_with(&[anchor]).unwrap().chain.unwrap();
    assert_eq!((fault.entry, fault.kind), (52, ChainFaultKind::Cut));
    assert!(fault.words.contains("names entry 53"), "{fault:?}");
}

#[test]
fn a_trigger_that_protects_nothing_is_named() {
    let folder = a_book();
    tamper(
        folder.path(),
        "DROP TRIGGER entry_is_never_changed; \
         CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry BEGIN SELECT 1; END;",
    );
    let faults = open(folder.path()).verify().unwrap().faults;
    assert!(
        faults.iter().any(|fault| fault.contains("is another one")),
        "{faults:?}"
    );
}

#[test]
fn books_of_the_first_format_get_their_chain() {
    let folder = tempfile::tempdir().unwrap();
    let made = a_book();
    let old = rusqlite::Connection::open(folder.path().join("book.db")).unwrap();
    old.execute_batch(&format!(
        "PRAGMA application_id = 1498435889; PRAGMA user_version = 1; \
         CREATE TABLE entry (seq INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, \
         version INTEGER NOT NULL CHECK (version >= 1), at_ms INTEGER NOT NULL, actor TEXT NOT NULL, seat TEXT NOT NULL, \
         action TEXT NOT NULL) STRICT; \
         CREATE UNIQUE INDEX entry_step ON entry (case_id, version) WHERE version > 1; \
         CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'no'); END; \
         CREATE TRIGGER entry_is_never_removed BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'no'); END; \
         CREATE TABLE photo (hash TEXT PRIMARY KEY, width INTEGER NOT NULL, height INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT; \
         CREATE TABLE book (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID; \
         ATTACH '{}' AS made; \
         INSERT INTO entry SELECT seq, case_id, version, at_ms, actor, seat, action FROM made.entry; \
         INSERT INTO photo SELECT * FROM made.photo;",
        made.path().join("book.db").display()
    ))
    .unwrap();
    drop(old);
    let before = all(&open(made.path()), &CaseQuery::default());
    let mut store = open(folder.path());
    assert_eq!(all(&store, &CaseQuery::default()), before);
    let verdict = store.verify().unwrap();
    assert!(verdict.ok && verdict.last_seq == 53, "{verdict:?}");
    // Two books with the same entries have chains of their own.
    let anchor = open(made.path()).anchor(&elsewhere(), None).unwrap().unwrap();
    let fault = store.verify_with(&[anchor]).unwrap().chain.unwrap();
    assert_eq!(fault.kind, ChainFaultKind::OtherBook);
    assert_eq!(append_one(&mut store, new_case("x")).seq, 54);
    assert!(store.verify().unwrap().ok);
    drop(store);
    let raw = rusqlite::Connection::open(folder.path().join("book.db")).unwrap();
    assert!(raw.execute_batch("UPDATE entry SET seat = 'x'").is_err());
    assert!(raw.execute_batch("DELETE FROM entry WHERE seq = 3").is_err());
}

#[test]
fn the_case_table_is_made_again_from_the_journal() {
    let folder = a_book();
    let before = all(&open(folder.path()), &CaseQuery::default());
    tamper(
        folder.path(),
        "UPDATE case_row SET stage = 'closed', handler = 'team:x'; DELETE FROM origin;",
    );
    let mut store = open(folder.path());
    assert!(!store.verify().unwrap().ok);
    assert_eq!(store.rebuild().unwrap(), 51);
    assert!(store.verify().unwrap().ok);
    assert_eq!(all(&store, &CaseQuery::default()), before);
    drop(store);
    // Dropped altogether, it comes back with the next opening.
    tamper(folder.path(), "DROP TABLE case_row; DROP TABLE origin;");
    assert!(matches!(
        SqliteStore::open_read_only(&folder.path().join("book.db")),
        Err(StoreError::NotABook { .. })
    ));
    let mut store = open(folder.path());
    assert_eq!(all(&store, &CaseQuery::default()), before);
    assert_eq!(store.append_new(vec![imported(3)]).unwrap().already_there, 1);
}

#[test]
fn a_journal_that_does_not_fold_leaves_the_table() {
    let folder = a_book();
    let before = all(&open(folder.path()), &CaseQuery::default()).len();
    tamper(
        folder.path(),
        "DROP TRIGGER entry_is_never_changed; UPDATE entry SET version = 7 WHERE seq = 52;",
    );
    let mut store = open(folder.path());
    assert!(matches!(store.rebuild(), Err(StoreError::Damaged(_))));
    assert_eq!(all(&store, &CaseQuery::default()).len(), before);
}

#[test]
fn a_newer_format_is_left_alone() {
    let folder = a_book();
    tamper(folder.path(), "PRAGMA user_version = 99");
    let path = folder.path().join("book.db");
    for error in [
        SqliteStore::open(&path).unwrap_err(),
        SqliteStore::open_read_only(&path).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    }
}

#[test]
fn another_version_of_the_program_is_turned_away() {
    let folder = a_book();
    let path = folder.path().join("book.db");
    let older = BookLock::take(&path, "0.0.1")
        .unwrap()
        .share(&path, "0.0.1")
        .unwrap();
    match SqliteStore::open(&path).unwrap_err() {
        StoreError::OtherVersion { theirs, ours, .. } => {
            assert_eq!((theirs.as_str(), ours.as_str()), ("0.0.1", PROGRAM_VERSION))
        }
        error => panic!("{error}"),
    }
    drop(older);
    let store = SqliteStore::open(&path).unwrap();
    assert!(matches!(
        BookLock::take(&path, "0.0.1"),
        Err(StoreError::OtherVersion { .. })
    ));
    drop(store);
    // What a program that was killed leaves behind holds nobody up.
    std::fs::write(lock_path(&path), "0.0.1").unwrap();
    SqliteStore::open(&path).unwrap();
}

#[test]
fn a_file_of_another_kind_is_named_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cases.db");
    let foreign = {
        let other = folder.path().join("other.db");
        let raw = rusqlite::Connection::open(&other).unwrap();
        raw.execute_batch("CREATE TABLE appeals (id); CREATE TABLE people (id);")
            .unwrap();
        std::fs::read(&other).unwrap()
    };
    let mut broken = b"SQLite format 3\0".to_vec();
    broken.extend_from_slice(&[7; 4096]);
    let files: [(&[u8], &str); 5] = [
        ("编号,内容\n1,路面破损\n".as_bytes(), "a text file"),
        (b"PK\x03\x04........", "XLSX"),
        (&a_photo().bytes, "a PNG picture"),
        (&foreign, "appeals, people"),
        (&broken, "not those of an SQLite database"),
    ];
    for (bytes, words) in files {
        std::fs::write(&path, bytes).unwrap();
        for opened in [SqliteStore::open(&path), SqliteStore::open_read_only(&path)] {
            let error = opened.unwrap_err();
            assert!(matches!(error, StoreError::NotABook { .. }), "{words}: {error}");
            assert!(error.to_string().contains(words), "{error}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{words}");
    }
    assert!(matches!(
        SqliteStore::open(folder.path()),
        Err(StoreError::NotABook { .. })
    ));
}

#[test]
fn an_empty_file_becomes_a_book_and_a_missing_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, "").unwrap();
    assert_eq!(SqliteStore::open(&empty).unwrap().counts().unwrap(), (0, 0));
    let deep = folder.path().join("a/b/书/book.db");
    assert!(SqliteStore::open(&deep).unwrap().verify().unwrap().ok);
    assert!(SqliteStore::open_read_only(&folder.path().join("none.db")).is_err());
}

#[test]
fn where_nothing_can_be_written_the_message_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    // A file where a folder should be can't hold a book, whoever asks.
    let error = SqliteStore::open(&file.join("deeper/book.db")).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    // A folder where the lock should be.
    let path = folder.path().join("book.db");
    std::fs::create_dir(lock_path(&path)).unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn a_write_protected_book_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let protect =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let folder = a_book();
    let path = folder.path().join("book.db");
    std::fs::remove_file(lock_path(&path)).unwrap();
    protect(&path, 0o444);
    protect(folder.path(), 0o555);
    let read = SqliteStore::open_read_only(&path).unwrap();
    assert_eq!(read.counts().unwrap().0, 51);
    drop(read);
    // The system lets its administrator write all the same, so that part can't be seen by one.
    let protected = std::fs::write(folder.path().join("probe"), "x").is_err();
    if protected {
        let error = SqliteStore::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    }
    protect(folder.path(), 0o755);
}

#[test]
fn a_reader_can_not_write() {
    let folder = a_book();
    let mut reader = SqliteStore::open_read_only(&folder.path().join("book.db")).unwrap();
    let error = reader.append(vec![new_case("x")], &[]).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
}

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    store.limit_pages(store.pages().unwrap() + 60).unwrap();
    let (mut entries, mut rows) = (0, 0);
    let error = loop {
        match store.append(vec![new_case(&"字".repeat(500))], &[]) {
            Ok(_) => entries += 1,
            Err(error) => break error,
        }
        let keys = rows as u32..rows as u32 + 10;
        match store.append_new(keys.map(imported).collect()) {
            Ok(bulk) => rows += bulk.added,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(entries > 5 && rows > 50, "{entries} {rows}");
    let whole = entries + rows;
    assert_eq!(store.counts().unwrap().0, whole);
    assert!(store.verify().unwrap().ok);
    drop(store);
    // With space again, the work goes on.
    let mut store = open(folder.path());
    assert_eq!(store.counts().unwrap().0, whole);
    append_one(&mut store, new_case("有空间了"));
    assert!(store.verify().unwrap().ok);
}

#[test]
fn two_programs_write_to_one_book() {
    let folder = tempfile::tempdir().unwrap();
    let path: Arc<Path> = folder.path().into();
    let threads: Vec<_> = (0..3)
        .map(|number| {
            let path = path.clone();
            std::thread::spawn(move || {
                let mut store = open(&path);
                for i in 0..30 {
                    append_one(&mut store, new_case(&format!("{number} {i}")));
                    store.append_new(vec![imported(i)]).unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let store = open(folder.path());
    assert_eq!(store.counts().unwrap().0, 3 * 30 + 30);
    assert!(store.verify().unwrap().ok);
}

#[test]
fn a_command_gets_through_while_another_program_imports() {
    let folder = tempfile::tempdir().unwrap();
    let path: Arc<Path> = folder.path().into();
    let mut store = open(&path);
    let importer = std::thread::spawn(move || {
        let mut store = open(&path);
        for batch in 0..20 {
            let rows = (batch * 500..(batch + 1) * 500).map(imported);
            store.append_new(rows.collect()).unwrap();
        }
    });
    for _ in 0..20 {
        append_one(&mut store, new_case("导入时的新事件"));
    }
    importer.join().unwrap();
    assert_eq!(store.counts().unwrap().0, 20 + 20 * 500);
    assert!(store.verify().unwrap().ok);
}
