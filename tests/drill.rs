//! Drills: the same town life again and again, through the desk, into a journal that holds.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Datelike, Utc};
use yipanqi::case::{Action, Case, CaseId, Entry, Stage};
use yipanqi::drill::run::{DrillError, Outcome, Settings, run};
use yipanqi::drill::scenario::Scenario;
use yipanqi::store::memory::MemoryStore;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{CaseQuery, DrillMark, Store, StoreError};
use yipanqi::town::{PlaceKind, Town};

static TOWN: LazyLock<Town> = LazyLock::new(|| {
    Town::load(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan")).unwrap()
});

fn scenario(name: &str) -> Arc<Scenario> {
    let path = Scenario::find(name).unwrap();
    Arc::new(Scenario::load(&path, &TOWN).unwrap())
}

fn settings(seed: u64) -> Settings {
    Settings {
        seed,
        cases: None,
        skill: None,
        until: None,
    }
}

fn play(name: &str, settings: &Settings) -> (MemoryStore, Outcome) {
    let mut store = MemoryStore::new();
    let outcome = run(&TOWN, &scenario(name), settings, &mut store, &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    (store, outcome)
}

/// The journal as text, one entry a line.
fn text(entries: &[Entry]) -> String {
    let line = |e: &Entry| {
        let action = serde_json::to_string(&e.action).unwrap();
        format!(
            "{} {} {} {} {} {} {action}\n",
            e.seq, e.case, e.version, e.at, e.actor, e.seat
        )
    };
    entries.iter().map(line).collect()
}

#[test]
fn every_scenario_that_comes_with_the_program_is_read() {
    let names = Scenario::names();
    let expected = [
        "inspection-campaign",
        "ordinary-day",
        "ordinary-year",
        "typhoon-night",
        "urban-village-fire",
        "xinlan-2018-2019",
    ];
    assert_eq!(names, expected);
    for name in names {
        scenario(&name);
    }
}

#[test]
fn the_same_seed_gives_the_same_journal_and_another_seed_another() {
    for name in ["ordinary-day", "typhoon-night", "urban-village-fire"] {
        let (first, outcome) = play(name, &settings(3));
        let (again, _) = play(name, &settings(3));
        assert_eq!(text(first.entries()), text(again.entries()), "{name}");
        let (other, _) = play(name, &settings(4));
        assert_ne!(text(first.entries()), text(other.entries()), "{name}");
        assert_eq!(outcome.refusals, Vec::<String>::new(), "{name}");
        assert_eq!(outcome.refused, 0, "{name}");
    }
}

#[test]
fn a_journal_folds_and_every_way_that_a_case_can_go_is_gone() {
    let (store, outcome) = play("inspection-campaign", &settings(1));
    let verdict = store.verify().unwrap();
    assert!(verdict.ok, "{:?}", verdict.faults);
    assert_eq!(verdict.cases as i64, outcome.cases);
    let mut steps: HashMap<&str, u32> = HashMap::new();
    for step in store.entries().iter().filter_map(|entry| entry.action.step()) {
        *steps.entry(step.code()).or_default() += 1;
    }
    for step in [
        "accept",
        "refuse",
        "dispatch",
        "hand_back",
        "arrive",
        "rectify",
        "verify",
        "send_back",
        "close",
        "reclassify",
        "merge",
        "ask_extend",
        "extend",
        "escalate",
        "answer",
    ] {
        assert!(steps.contains_key(step), "{step} of {steps:?}");
    }
    let times: Vec<DateTime<Utc>> = store.entries().iter().map(|entry| entry.at).collect();
    assert!(times.is_sorted());
}

#[test]
fn in_a_file_it_is_the_same_and_a_part_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drill.db");
    let (memory, whole) = play("ordinary-day", &settings(9));
    let scenario = scenario("ordinary-day");
    let part = Settings {
        until: Some(scenario.from + scenario.length() / 3),
        ..settings(9)
    };
    for settings in [part, settings(9), settings(9)] {
        let mut store = SqliteStore::open(&path).unwrap();
        run(&TOWN, &scenario, &settings, &mut store, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
    }
    let mut store = SqliteStore::open(&path).unwrap();
    let entries = store.entries_after(0, u32::MAX).unwrap();
    assert_eq!(text(&entries), text(memory.entries()));
    assert_eq!(entries.len() as i64, whole.entries);
    let verdict = store.verify().unwrap();
    assert!(verdict.ok, "{:?}", verdict.faults);
    // Another seed is another drill.
    let other = run(&TOWN, &scenario, &settings(8), &mut store, &mut |_| {
        ControlFlow::Continue(())
    });
    assert!(
        matches!(other, Err(DrillError::OtherDrill { seq: 1 })),
        "{other:?}"
    );
    assert_eq!(store.last_seq().unwrap(), whole.entries);
}

#[test]
fn a_journal_that_goes_further_is_told_and_a_stop_while_comparing_is_no_error() {
    let scenario = scenario("ordinary-day");
    let until = |hours| Settings {
        until: Some(scenario.from + chrono::TimeDelta::hours(hours)),
        ..settings(9)
    };
    let mut store = MemoryStore::new();
    let mut on = |_| ControlFlow::Continue(());
    run(&TOWN, &scenario, &until(4), &mut store, &mut on).unwrap();
    let last = store.entries().last().unwrap().at;
    let shorter = run(&TOWN, &scenario, &until(2), &mut store, &mut on);
    assert!(
        matches!(shorter, Err(DrillError::Further { last: found, until: at })
            if found == last && Some(at) == until(2).until),
        "{shorter:?}"
    );
    // A year has enough entries for somebody to be asked before they are all compared.
    let scenario = self::scenario("ordinary-year");
    let weeks = Settings {
        until: Some(scenario.from + chrono::TimeDelta::days(40)),
        ..settings(9)
    };
    let mut store = MemoryStore::new();
    let there = run(&TOWN, &scenario, &weeks, &mut store, &mut on)
        .unwrap()
        .entries;
    let stopped = run(&TOWN, &scenario, &weeks, &mut store, &mut |_| {
        ControlFlow::Break(())
    })
    .unwrap();
    assert!(stopped.stopped && stopped.entries < there, "{stopped:?}");
    assert_eq!(stopped.there_before, stopped.entries);
    assert_eq!(store.last_seq().unwrap(), there);
}

#[test]
fn so_many_cases_as_are_asked_for_are_reported() {
    for cases in [0, 1, 500] {
        let settings = Settings {
            cases: Some(cases),
            ..settings(2)
        };
        let (store, outcome) = play("ordinary-day", &settings);
        assert_eq!(outcome.cases as u64, cases);
        assert_eq!(store.counts().unwrap().0, cases);
    }
}

#[test]
fn a_better_dispatcher_does_better() {
    let settled = |skill| {
        let settings = Settings {
            skill: Some(skill),
            ..settings(5)
        };
        let (store, _) = play("inspection-campaign", &settings);
        let (mut first, mut right, mut settled) = (0, 0, 0);
        let mut count = |case: Case| {
            let dispatch = case.life.first_dispatch.as_ref();
            first += u32::from(dispatch.is_some());
            right += u32::from(dispatch.is_some_and(|first| first.right));
            settled += u32::from(case.stage == Stage::Closed);
            true
        };
        store.cases(&CaseQuery::default(), &mut count).unwrap();
        (f64::from(right) / f64::from(first), settled)
    };
    let (good, bad) = (settled(1.0), settled(0.0));
    assert!(good.0 > bad.0 + 0.15, "{good:?} {bad:?}");
    assert!(good.1 > bad.1, "{good:?} {bad:?}");
}

#[test]
fn reports_do_not_depend_on_how_well_the_desk_works() {
    let reports = |skill| {
        let settings = Settings {
            skill: Some(skill),
            ..settings(6)
        };
        let (store, _) = play("typhoon-night", &settings);
        let of_life = |entry: &&Entry| matches!(entry.action, Action::Report(_));
        let all = store.entries().iter().filter(of_life);
        all.map(|entry| (entry.at, serde_json::to_string(&entry.action).unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(reports(1.0), reports(0.1));
}

/// What the report says of Xinlan, counted from the journal: reported in the year, closed in the year, hours of the closed.
fn counted(entries: &[Entry], year: i32) -> (usize, usize, i64, usize) {
    let xinlan = TOWN.places.by_name(PlaceKind::Community, "新澜").unwrap();
    let in_year = |at: DateTime<Utc>| at.with_timezone(&TOWN.timezone).year() == year;
    let mut reported = HashMap::new();
    let (mut of_year, mut closed, mut ms, mut of_both) = (0, 0, 0, 0);
    for entry in entries {
        match &entry.action {
            Action::Report(report) => {
                let at = report.place.point();
                let here = at.and_then(|at| TOWN.answerable(at).community) == Some(xinlan);
                let stated = serde_json::to_string(&report.place).unwrap();
                assert!(here || !stated.contains("GL01"), "{stated}");
                if here {
                    reported.insert(entry.case, report.reported_at);
                    of_year += usize::from(in_year(report.reported_at));
                }
            }
            Action::Close { .. } if in_year(entry.at) => {
                if let Some(from) = reported.get(&entry.case) {
                    closed += 1;
                    ms += (entry.at - *from).num_milliseconds();
                    of_both += usize::from(in_year(*from));
                }
            }
            _ => {}
        }
    }
    (of_year, closed, ms, of_both)
}

#[test]
fn xinlan_has_exactly_the_figures_of_the_report() {
    for seed in [1, 77] {
        let (store, outcome) = play("xinlan-2018-2019", &settings(seed));
        assert_eq!(outcome.refusals, Vec::<String>::new());
        let verdict = store.verify().unwrap();
        assert!(verdict.ok, "{:?}", verdict.faults);
        let hour = 3_600_000;
        assert_eq!(counted(store.entries(), 2018), (227, 88, 88 * 180 * hour, 88));
        assert_eq!(
            counted(store.entries(), 2019),
            (622, 602, 602 * 243 * hour / 10, 602)
        );
        let round = |x: f64| (x * 10.0).round() / 10.0;
        assert_eq!(round((602.0 / 88.0 - 1.0) * 100.0), 584.1);
        assert_eq!(round((24.3 / 180.0 - 1.0) * 100.0), -86.5);
        assert_eq!(round(602.0 / 622.0 * 100.0), 96.8);
        assert_eq!(round((602.0 / 622.0 - 88.0 / 227.0) * 100.0), 58.0);
        // What is not closed is open: nothing was refused, merged or taken back.
        let xinlan = TOWN.places.by_name(PlaceKind::Community, "新澜").unwrap();
        let mut stages: HashMap<Stage, usize> = HashMap::new();
        store
            .cases(&Default::default(), &mut |case: Case| {
                let community = case.place.point().and_then(|at| TOWN.answerable(at).community);
                if community == Some(xinlan) {
                    *stages.entry(case.stage).or_default() += 1;
                }
                true
            })
            .unwrap();
        assert_eq!(stages[&Stage::Closed], 88 + 602);
        let open: usize = stages
            .iter()
            .filter(|(stage, _)| stage.is_open())
            .map(|(_, n)| n)
            .sum();
        assert_eq!(open, 227 - 88 + 622 - 602, "{stages:?}");
    }
}

#[test]
fn quotas_bear_no_other_number_of_cases() {
    let settings = Settings {
        cases: Some(10),
        ..settings(1)
    };
    let mut store = MemoryStore::new();
    let mut on = |_| ControlFlow::Continue(());
    let result = run(
        &TOWN,
        &scenario("xinlan-2018-2019"),
        &settings,
        &mut store,
        &mut on,
    );
    assert!(
        matches!(result, Err(DrillError::CasesWithQuotas(_))),
        "{result:?}"
    );
}

/// The faults of a scenario that is changed so: each as `line field`.
fn faults(change: impl Fn(String) -> String) -> Vec<String> {
    let path = Scenario::find("ordinary-day").unwrap();
    let text = change(std::fs::read_to_string(path).unwrap());
    let error = Scenario::read("x", Path::new("x.toml"), &text, &TOWN).unwrap_err();
    error
        .0
        .iter()
        .map(|fault| format!("{} {}", fault.line, fault.field))
        .collect()
}

#[test]
fn mistakes_are_told_with_line_and_field_all_at_once() {
    let replace = |from: &'static str, to: &'static str| {
        move |text: String| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        }
    };
    let cases = [
        ("per_day = 110", "per_day = -1", "10 rate.per_day"),
        ("per_day = 110", "per_day = nan", "10 rate.per_day"),
        ("per_day = 110", "per_days = 110", "10 rate.per_days"),
        ("format = 1", "format = 2", "2 format"),
        (
            "until = 2026-11-26T07:00:00",
            "until = 2026-11-25T07:00:00",
            "6 until",
        ),
        (
            "until = 2026-11-26T07:00:00",
            "until = 2086-11-25T07:00:00",
            "6 until",
        ),
        (
            "from = 2026-11-25T07:00:00",
            "from = 2026-11-25T07:00:00Z",
            "5 from",
        ),
        ("from = 2026-11-25T07:00:00", "from = \"now\"", "5 from"),
        ("A = 58", "E = 58", "13 mix.classes.E"),
        ("A = 58", "A = -58", "13 mix.classes.A"),
        ("patrol = 50", "rumour = 50", "14 mix.sources.rumour"),
        ("duplicate = 0.06", "duplicate = 1.6", "17 faults.duplicate"),
        ("GL-A37 = 3", "GL-Z99 = 3", "38 weather[1].items.GL-Z99"),
        (
            "places = [\"GL-S2\"]",
            "places = [\"GL-S9\"]",
            "50 hot_spot[2].places",
        ),
        ("hours = [17, 24]", "hours = [17]", "46 hot_spot[1].hours"),
        ("share = 0.14\n", "", "41 hot_spot[1].share"),
        (
            "name = { zh = \"平常一天\", en = \"An ordinary day\" }",
            "name = { zh = \"平常一天\" }",
            "3 name.en",
        ),
    ];
    for (from, to, expected) in cases {
        let found = faults(replace(from, to));
        assert!(
            found.iter().any(|fault| fault == expected),
            "{to}: {found:?}, not {expected}"
        );
    }
    let both = faults(|text| {
        text.replace("per_day = 110", "per_day = -1")
            .replace("A = 58", "E = 58")
    });
    assert_eq!(both, ["10 rate.per_day", "13 mix.classes.E"]);
    // Each value is allowed for itself; together they would take years.
    let event = "[[event]]\nname = { zh = \"x\", en = \"x\" }\nfrom = 2026-11-25T08:00:00\nuntil = 2026-11-26T06:00:00\nrate = 100\n";
    for events in [3, 200] {
        let found = faults(|text| text.replace("per_day = 110", "per_day = 1e5") + &event.repeat(events));
        assert_eq!(found, ["9 rate"], "{events}");
    }
    let broken = faults(|text| text.replace("[rate]", "[rate"));
    assert!(broken[0].starts_with("9 "), "{broken:?}");
}

#[test]
fn mistakes_of_events_and_quotas_are_told() {
    let event = "\n[[event]]\nname = { zh = \"x\", en = \"x\" }\nfrom = 2027-01-01\nuntil = 2026-11-25T09:00:00\nper_hour = 2\nat = [0, 0]\nradius_m = 10\n";
    let lines = std::fs::read_to_string(Scenario::find("ordinary-day").unwrap())
        .unwrap()
        .lines()
        .count();
    let found = faults(|text| text + event);
    let at = |line: usize, field: &str| format!("{} {field}", lines + line);
    for expected in [
        at(4, "event[1].from"),
        at(5, "event[1].until"),
        at(7, "event[1].at"),
        at(2, "event[1].items"),
    ] {
        assert!(found.contains(&expected), "{expected}: {found:?}");
    }
    let quota = "\n[[quota]]\nyear = 2026\narea = \"西澜\"\nreported = 2\nsettled = 3\nmean_hours = 20\n";
    let found = faults(|text| text + quota);
    for expected in [at(4, "quota[1].area"), at(6, "quota[1].settled")] {
        assert!(found.contains(&expected), "{expected}: {found:?}");
    }
    let long = quota
        .replace("西澜", "新澜")
        .replace("settled = 3", "settled = 1");
    // Its hot spot in Xinlan is in the way of a quota there.
    let found = faults(|text| text + &long);
    assert!(found.contains(&at(7, "quota[1].mean_hours")), "{found:?}");
    assert!(found.contains(&"41 hot_spot".to_owned()), "{found:?}");
}

#[test]
fn a_drill_is_never_written_beside_real_cases_nor_real_cases_beside_a_drill() {
    let mark = DrillMark {
        scenario: "ordinary-day".into(),
        seed: 1,
        cases: None,
        skill: Some(0.8),
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.db");
    let mut stores: Vec<Box<dyn Store>> = vec![
        Box::new(SqliteStore::open(&path).unwrap()),
        Box::new(MemoryStore::new()),
    ];
    for store in &mut stores {
        store.check_real(&path).unwrap();
        store.set_drill(&mark).unwrap();
        assert_eq!(store.drill().unwrap(), Some(mark.clone()));
        let real = store.check_real(&path);
        assert!(matches!(real, Err(StoreError::DrillBook { .. })), "{real:?}");
        let other = DrillMark {
            seed: 2,
            ..mark.clone()
        };
        store.set_drill(&other).unwrap();
        let (played, _) = play(
            "ordinary-day",
            &Settings {
                cases: Some(3),
                ..settings(2)
            },
        );
        let report = |entry: &Entry| yipanqi::store::Draft {
            case: None,
            based_on: 0,
            at: entry.at,
            actor: entry.actor.clone(),
            seat: entry.seat.clone(),
            action: entry.action.clone(),
        };
        let reports = played
            .entries()
            .iter()
            .filter(|entry| entry.version == 1)
            .map(report);
        store.append(reports.collect(), &[]).unwrap();
        assert_eq!(store.case(CaseId(1)).unwrap().unwrap().stage, Stage::Reported);
        store.set_drill(&other).unwrap();
        let changed = store.set_drill(&mark);
        assert!(
            matches!(changed, Err(StoreError::OtherDrill { .. })),
            "{changed:?}"
        );
    }
    let real = folder.path().join("real.db");
    let mut real: Vec<Box<dyn Store>> = vec![
        Box::new(SqliteStore::open(&real).unwrap()),
        Box::new(MemoryStore::new()),
    ];
    for store in &mut real {
        let draft = yipanqi::store::Draft {
            case: Some(CaseId::HALL),
            based_on: 1,
            at: DateTime::UNIX_EPOCH,
            actor: "D-GOV".into(),
            seat: "1".into(),
            action: Action::Duty(Box::new(yipanqi::case::DutyAction::SignIn { relieves: None })),
        };
        store.append(vec![draft], &[]).unwrap();
        let refused = store.set_drill(&mark);
        assert!(matches!(refused, Err(StoreError::RealBook { .. })), "{refused:?}");
        assert_eq!(store.drill().unwrap(), None);
    }
}

#[test]
fn a_review_is_what_is_worked_out_by_hand() {
    use yipanqi::case::Step;
    use yipanqi::desk::{self, Args, Cases, Command, NewReport, Order, Situation};
    use yipanqi::drill::review::review;
    use yipanqi::town::Handler;

    struct AtHand(HashMap<CaseId, Case>);
    impl Cases for AtHand {
        fn case(&self, id: CaseId) -> Option<&Case> {
            self.0.get(&id)
        }
    }

    let nine: DateTime<Utc> = "2026-11-25T09:00:00+08:00".parse().unwrap();
    let at = |minutes: i64| nine + chrono::TimeDelta::minutes(minutes);
    let mut store = MemoryStore::new();
    let mut give = |minutes: i64, order: Order| {
        let mut cases = HashMap::new();
        for id in 1..=3 {
            cases.extend(store.case(CaseId(id)).unwrap().map(|case| (CaseId(id), case)));
        }
        let cases = AtHand(cases);
        let situation = Situation {
            town: &TOWN,
            cases: &cases,
            duty: &yipanqi::case::Duty::default(),
            now: at(minutes),
        };
        let command = Command {
            actor: "L-DUTY".into(),
            seat: "1".into(),
            order,
        };
        let drafts = desk::decide(&situation, command).unwrap();
        store.append(drafts, &[]).unwrap();
        store.entries().to_vec()
    };
    let report = |item: &str| {
        Order::Report(NewReport {
            item: item.into(),
            text: String::new(),
            place: yipanqi::case::Whereabouts::Stated {
                stated: "街上".into(),
            },
            source: yipanqi::case::Source::Patrol,
            reported_at: None,
            photos: Vec::new(),
        })
    };
    let step = |case: i64, based_on: u32, step: Step, to: Option<&str>| Order::Move {
        case: CaseId(case),
        based_on,
        step,
        args: Args {
            to: to.map(|code| Handler::Team(code.into())),
            ..Args::note("好")
        },
    };
    // GL-A23 is to be settled within an hour of the clock, and accepted within 6 minutes (0.1 h).
    give(0, report("GL-A23"));
    // GL-D08 is to be accepted within 3 minutes (0.05 h).
    give(1, report("GL-D08"));
    give(2, report("GL-A23"));
    give(4, step(1, 1, Step::Accept, None)); // 4 minutes
    give(6, step(2, 1, Step::Accept, None)); // 5 minutes: too late
    give(9, step(1, 2, Step::Dispatch, Some("T-GL01-P1"))); // 5 minutes
    give(9, step(2, 2, Step::Dispatch, Some("T-DEP13"))); // 3 minutes
    give(12, step(2, 3, Step::HandBack, None)); // so the first unit was not the right one
    give(14, step(2, 4, Step::Dispatch, Some("T-EME")));
    give(20, step(1, 3, Step::Arrive, None)); // 11 minutes
    give(24, step(2, 5, Step::Arrive, None)); // 15 minutes since the first dispatch
    give(30, step(1, 4, Step::Rectify, None));
    give(31, step(1, 5, Step::Verify, None));
    let entries = give(32, step(1, 6, Step::Close, None));

    let found = review(&entries, &TOWN, at(40)).unwrap();
    assert_eq!((found.cases, found.waiting), (3, 1));
    assert_eq!(
        (found.accept.n, found.accept.median, found.accept.mean),
        (2, Some(4.5), Some(4.5))
    );
    assert_eq!((found.dispatch.n, found.dispatch.median), (2, Some(4.0)));
    assert_eq!(
        (found.arrive.n, found.arrive.median, found.arrive.p90),
        (2, Some(13.0), Some(15.0))
    );
    assert_eq!((found.dispatched, found.first_right), (2, 1));
    // The fire was to be out within half an hour; the third still has time.
    assert_eq!((found.due, found.late), (2, 1));
    // Accepted too late: the fire, and the third, which waits for longer than 6 minutes.
    assert_eq!((found.alarms, found.missed), (1, 1));
    let limits = |code: &str| TOWN.catalogue.by_code(code).unwrap().limits();
    let dispatch_due = |code: &str| limits(code).dispatch.unwrap() * 60.0;
    let late_dispatches = u64::from(5.0 > dispatch_due("GL-A23")) + u64::from(3.0 > dispatch_due("GL-D08"));
    assert_eq!((found.limits, found.overrun), (5, 2 + late_dispatches));
    // Later on, its hour is over, too.
    let later = review(&entries, &TOWN, at(70)).unwrap();
    assert_eq!((later.due, later.late), (3, 2));
    // Nothing gives no figures, and no NaN.
    let nothing = review(&[], &TOWN, at(0)).unwrap();
    assert_eq!((nothing.first_right_share(), nothing.accept.median), (None, None));
}
