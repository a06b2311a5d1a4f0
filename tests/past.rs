//! The past: a moment that is found by the index is what folding the journal from its start says, for whatever history.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use yipanqi::case::{
    Action, Case, CaseId, Change, Duty, DutyAction, Entry, Folding, Origin, Outcome, Report, Source, Step,
    Whereabouts,
};
use yipanqi::past::{Front, MARKS_BYTES_MAX, Moment, Timeline, Traveller, Turn, cut};
use yipanqi::store::memory::MemoryStore;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Draft, Store};
use yipanqi::town::{Centre, Class, Handler};

mod shared;

use shared::Shared;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-10-09T08:00:00Z")
        .unwrap()
        .to_utc()
        + TimeDelta::minutes(minutes)
}

fn report(reported: i64) -> Report {
    Report {
        item: "X1".into(),
        class: Class::A,
        centre: Centre::Grid,
        severity: 3,
        text: "words".into(),
        place: Whereabouts::Stated {
            stated: "by the river".into(),
        },
        source: Source::Patrol,
        reported_at: at(reported),
        due_at: Some(at(reported + 60)),
        photos: Vec::new(),
        origin: None,
        outcome: None,
        limits: None,
        item_version: 0,
        split_from: None,
    }
}

/// Something that is written into the journal.
#[derive(Clone, Debug)]
enum Event {
    Report {
        minutes_before: i64,
    },
    Import {
        reported: i64,
        ended: Option<Option<i64>>,
    },
    Step {
        case: usize,
        step: Step,
    },
    Watch {
        case: usize,
        on: bool,
    },
}

/// Each with the minute at which it is written, which is mostly later than the one before, but not always.
fn events() -> impl Strategy<Value = Vec<(i64, Event)>> {
    let event = prop_oneof![
        3 => (0..30_i64).prop_map(|minutes_before| Event::Report { minutes_before }),
        2 => (-200..500_i64, prop::option::of(prop::option::weighted(0.8, -250..600_i64)))
            .prop_map(|(reported, ended)| Event::Import { reported, ended }),
        12 => (0..12_usize, prop::sample::select(Step::ALL.to_vec()))
            .prop_map(|(case, step)| Event::Step { case, step }),
        1 => (0..12_usize, any::<bool>()).prop_map(|(case, on)| Event::Watch { case, on }),
    ];
    prop::collection::vec((-3..10_i64, event), 1..60)
}

fn action_of(step: Step, history: &[Entry], now: DateTime<Utc>) -> Option<Action> {
    let note = "done".to_owned();
    Some(match step {
        Step::Accept => Action::Accept { note },
        Step::Refuse => Action::Refuse {
            reason: note,
            owner: String::new(),
        },
        Step::Dispatch => Action::Dispatch {
            to: Handler::Post("P".into()),
            note,
        },
        Step::HandBack => Action::HandBack { reason: note },
        Step::Arrive => Action::Arrive { note },
        Step::Rectify => Action::Rectify {
            note,
            photos: Vec::new(),
        },
        Step::Verify => Action::Verify { note },
        Step::SendBack => Action::SendBack { reason: note },
        Step::Close => Action::Close { note },
        Step::Merge => Action::Merge {
            into: CaseId(1),
            reason: note,
        },
        Step::Unmerge => Action::Unmerge { reason: note },
        Step::AskSuspend => Action::AskSuspend {
            until: now + TimeDelta::hours(3),
            reason: note,
        },
        Step::Suspend => Action::Suspend {
            until: now + TimeDelta::hours(3),
            due_at: None,
            note,
        },
        Step::Resume => Action::Resume { due_at: None, note },
        Step::Reopen => Action::Reopen {
            reason: note,
            due_at: None,
        },
        Step::Answer => Action::Answer { text: note },
        Step::Undo => {
            let (first, rest) = history.split_first()?;
            let mut folding = Folding::open(first).ok()?;
            rest.iter().for_each(|entry| folding.apply(entry).unwrap());
            let undone = history.last()?.action.step();
            Action::Undo {
                undone,
                was: Box::new(folding.undone(now)),
            }
        }
        _ => return None,
    })
}

/// Writes what can be written of these events; what the journal refuses is left out.
fn write(store: &mut dyn Store, events: &[(i64, Event)], first: usize) {
    let mut minute = first as i64 * 4;
    for (number, (later, event)) in (first..).zip(events) {
        minute += later;
        let now = at(minute);
        let cases = store.counts().unwrap().0 as usize;
        let some_case = |case: usize| CaseId((case % cases.max(1)) as i64 + 1);
        let (case, action) = match event {
            Event::Report { minutes_before } => (
                None,
                Some(Action::Report(Box::new(report(minute - minutes_before)))),
            ),
            Event::Import { reported, ended } => {
                let report = Report {
                    origin: Some(Origin {
                        profile: "p".into(),
                        key: number.to_string().into(),
                    }),
                    outcome: ended.map(|ended| Outcome {
                        at: ended.map(at),
                        in_time: None,
                    }),
                    ..report(*reported)
                };
                (None, Some(Action::Report(Box::new(report))))
            }
            Event::Step { case, step } => {
                let case = some_case(*case);
                (Some(case), action_of(*step, &store.history(case).unwrap(), now))
            }
            Event::Watch { case, on } => {
                let action = DutyAction::Watch {
                    case: some_case(*case),
                    on: *on,
                };
                (Some(CaseId::HALL), Some(Action::Duty(Box::new(action))))
            }
        };
        let Some(action) = action else { continue };
        let draft = Draft {
            case,
            based_on: if case.is_none() { 0 } else { Draft::ANY_VERSION },
            at: now,
            actor: "D".into(),
            seat: "1".into(),
            action,
        };
        let _ = store.append(vec![draft], &[]);
    }
}

/// The open cases and the hall at a moment, folded from the first entry on, as the rules of the past say it.
fn folded(entries: &[Entry], now: DateTime<Utc>) -> (BTreeMap<CaseId, Case>, Duty) {
    let mut happened: Vec<(i64, i64, bool, &Entry)> = Vec::new();
    let mut reached: BTreeMap<CaseId, i64> = BTreeMap::new();
    for entry in entries {
        let (mut from, mut until) = (entry.at.timestamp_millis(), None);
        if let Action::Report(report) = &entry.action
            && report.origin.is_some()
        {
            let written = from;
            from = report.reported_at.timestamp_millis().min(written);
            let ended = report.outcome.as_ref().and_then(|outcome| outcome.at);
            until = ended.map(|ended| ended.timestamp_millis().clamp(from, written));
        }
        let from = reached.get(&entry.case).map_or(from, |before| from.max(*before));
        happened.push((from, entry.seq, false, entry));
        happened.extend(until.map(|until| (until, entry.seq, true, entry)));
        reached.insert(entry.case, until.unwrap_or(from).max(from));
    }
    happened.sort_by_key(|(at, seq, end, _)| (*at, *seq, *end));
    let (mut cases, mut duty): (BTreeMap<CaseId, Case>, Duty) = Default::default();
    for (_, _, end, entry) in happened
        .into_iter()
        .take_while(|(at, ..)| *at <= now.timestamp_millis())
    {
        if entry.case == CaseId::HALL {
            duty.apply(entry).unwrap();
            continue;
        }
        match &entry.action {
            Action::Report(report) if !end && report.outcome.as_ref().is_some_and(|o| o.at.is_some()) => {
                let mut still_open = entry.clone();
                still_open.action = Action::Report(Box::new(Report {
                    outcome: None,
                    ..report.as_ref().clone()
                }));
                cases.insert(entry.case, Case::open(&still_open).unwrap());
            }
            Action::Report(_) => drop(cases.insert(entry.case, Case::open(entry).unwrap())),
            _ => cases.get_mut(&entry.case).unwrap().apply(entry).unwrap(),
        }
    }
    cases.retain(|_, case| case.stage.is_open());
    (cases, duty)
}

fn by_number(moment: &Moment) -> BTreeMap<CaseId, Case> {
    moment.cases.iter().map(|case| (case.id, case.clone())).collect()
}

/// Goes on from a moment up to another, a few turns at a time.
fn played(traveller: &mut Traveller, from: &Moment, until: DateTime<Utc>) -> (BTreeMap<CaseId, Case>, Duty) {
    let (mut cases, mut duty) = (by_number(from), from.duty.clone());
    let mut front = Front::at(from);
    loop {
        let turns = traveller.follow(&mut front, 3).unwrap();
        let mut over = turns.is_empty();
        for turn in turns {
            if turn.at() > until {
                over = true;
                break;
            }
            match turn {
                Turn::Case(_, case) => drop(cases.insert(case.id, *case)),
                Turn::Gone(_, id) => drop(cases.remove(&id)),
                Turn::Hall(_, entry) => duty.apply(&entry).unwrap(),
            }
        }
        if over {
            return (cases, duty);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_moment_is_what_the_journal_folded_up_to_it_says(
        events in events(),
        moments in prop::collection::vec(-300..700_i64, 1..6),
        split in 0.0..1.0_f64,
        step in 1..20_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Shared::of(folder.path());
        let timeline = Timeline::with_limits(step, MARKS_BYTES_MAX);
        let mut traveller = Traveller::with_timeline(Box::new(Shared::of(folder.path())), timeline);
        // The index is made in two goes, as it is where entries arrive while somebody looks back.
        let half = (events.len() as f64 * split) as usize;
        write(&mut store, &events[..half], 0);
        traveller.catch_up(&mut |_, _| true).unwrap();
        write(&mut store, &events[half..], half);
        traveller.catch_up(&mut |_, _| true).unwrap();
        let entries = store.entries_after(0, u32::MAX).unwrap();
        let mut before: Option<Moment> = None;
        let mut moments = moments;
        moments.sort_unstable();
        for minute in moments {
            let moment = traveller.go_to(at(minute)).unwrap();
            let (cases, duty) = folded(&entries, at(minute));
            prop_assert_eq!(by_number(&moment), cases.clone());
            prop_assert_eq!(&moment.duty, &duty);
            // A case by itself, as the sheet shows it.
            for id in 1..=entries.len() as i64 {
                let own: Vec<Entry> = entries.iter().filter(|entry| entry.case == CaseId(id)).cloned().collect();
                let cut = cut(&own, at(minute)).unwrap();
                let open = cut.map(|cut| cut.case).filter(|case| case.stage.is_open());
                prop_assert_eq!(open.as_ref(), cases.get(&CaseId(id)));
            }
            let counts = traveller.timeline().open_counts(at(minute).timestamp_millis(), 1, 1);
            prop_assert_eq!(counts, [cases.len() as u32]);
            if let Some(before) = before {
                prop_assert_eq!(played(&mut traveller, &before, at(minute)), (cases, duty));
            }
            before = Some(moment);
        }
    }
}

/// The latest moment of all is the board as it is now, whatever the dates of imports.
#[test]
fn the_latest_moment_is_now() {
    let mut store = MemoryStore::new();
    let import = |reported, ended| Event::Import { reported, ended };
    write(
        &mut store,
        &[
            (0, Event::Report { minutes_before: 5 }),
            (1, import(-100, Some(Some(-50)))),
            (1, import(900_000, None)),
            (1, import(-100, Some(Some(900_000)))),
            (1, import(-100, Some(None))),
            (
                1,
                Event::Step {
                    case: 0,
                    step: Step::Accept,
                },
            ),
        ],
        0,
    );
    let open = store.open_cases().unwrap();
    let mut traveller = Traveller::new(Box::new(store));
    traveller.catch_up(&mut |_, _| true).unwrap();
    assert_eq!(traveller.go_to(at(100)).unwrap().cases, open);
    assert_eq!(traveller.go_to(DateTime::<Utc>::MAX_UTC).unwrap().cases, open);
    // Before anything: nothing, and no fault.
    assert!(
        traveller
            .go_to(DateTime::<Utc>::MIN_UTC)
            .unwrap()
            .cases
            .is_empty()
    );
}

/// Both engines tell the same of the past, the glances included.
#[test]
fn a_book_tells_the_same_as_a_journal_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = SqliteStore::open(&folder.path().join("book.db")).unwrap();
    let mut memory = MemoryStore::new();
    let events: Vec<(i64, Event)> = (0..40)
        .map(|i| match i % 5 {
            0 => (3, Event::Report { minutes_before: 1 }),
            1 => (
                1,
                Event::Import {
                    reported: i - 60,
                    ended: (i % 2 == 0).then_some(Some(i - 30)),
                },
            ),
            2 => (
                1,
                Event::Step {
                    case: i as usize,
                    step: Step::Accept,
                },
            ),
            3 => (
                1,
                Event::Step {
                    case: i as usize,
                    step: Step::Refuse,
                },
            ),
            _ => (
                1,
                Event::Step {
                    case: i as usize,
                    step: Step::Undo,
                },
            ),
        })
        .collect();
    write(&mut book, &events, 0);
    write(&mut memory, &events, 0);
    assert_eq!(
        book.glances_after(0, 1_000).unwrap(),
        memory.glances_after(0, 1_000).unwrap()
    );
    assert!(
        memory
            .glances_after(0, 1_000)
            .unwrap()
            .iter()
            .any(|g| g.change == Change::Ends)
    );
    let reader = book.reader().unwrap().expect("a book can be read beside");
    let mut travellers = [Traveller::new(reader), Traveller::new(Box::new(memory))];
    for traveller in &mut travellers {
        traveller.catch_up(&mut |_, _| true).unwrap();
    }
    for minute in (-60..120).step_by(7) {
        let [of_book, of_memory] = travellers.each_mut().map(|t| t.go_to(at(minute)).unwrap());
        assert_eq!(by_number(&of_book), by_number(&of_memory));
    }
    // What is written later is found after another look.
    write(&mut book, &[(500, Event::Report { minutes_before: 0 })], 40);
    let before = travellers[0].go_to(at(900)).unwrap().cases.len();
    travellers[0].catch_up(&mut |_, _| true).unwrap();
    assert_eq!(travellers[0].go_to(at(900)).unwrap().cases.len(), before + 1);
}
