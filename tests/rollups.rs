//! What a book keeps for figures is what its journal makes, whatever happened: random histories through the desk and through
//! imports, with a town that changes meanwhile.

mod journal;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use yipanqi::case::fact::spot;
use yipanqi::case::{
    Action, CaseId, CodeKind, Codes, DutyAction, Fact, Origin, Outcome, Report, Source, Stage, Step,
    Whereabouts,
};
use yipanqi::desk::{Args, NewReport, Order, Part};
use yipanqi::indicator::{Against, Definitions, Dimension, Engine, Flag, Period, Question};
use yipanqi::store::facts::recount;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Draft, Facts, Store, Which};
use yipanqi::town::{Class, Handler, Level, PlaceKind, Standing, Town, Wgs84};

use journal::{Journal, TOWN, entitled, start};

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("book.db")).unwrap()
}

/// A fact with its codes instead of their numbers, which differ from book to book.
fn told(fact: &Fact, codes: &Codes) -> (Fact, [String; 3]) {
    let code = |kind, place| codes.get(kind, place).to_owned();
    let words = [
        code(CodeKind::Area, fact.area),
        code(CodeKind::Item, fact.item),
        code(CodeKind::Unit, fact.unit),
    ];
    let bare = Fact {
        area: 0,
        item: 0,
        unit: 0,
        ..*fact
    };
    (bare, words)
}

fn all(facts: &dyn Facts, which: Which) -> BTreeMap<CaseId, (Fact, [String; 3])> {
    let mut found = BTreeMap::new();
    facts
        .each(which, &mut |slice| {
            for fact in slice {
                let twice = found.insert(fact.case, told(fact, facts.codes()));
                assert!(twice.is_none(), "{which:?} gives case {} twice", fact.case);
            }
        })
        .unwrap();
    found
}

/// The store's facts are those of the recount, by every way in which they are found.
fn assert_same(store: &dyn Store, definitions: &Definitions, town: &Town, now: DateTime<Utc>) {
    let counted = recount(store).unwrap();
    let day = 86_400_000;
    let (first, last) = (now.timestamp_millis() - 900 * day, now.timestamp_millis() + day);
    store
        .read_facts(&mut |facts| {
            assert_eq!(facts.basis()?.0, counted.facts.len() as u64);
            assert_eq!(facts.first_ms()?, counted.first_ms()?);
            assert_eq!(facts.seats(first, last)?, counted.seats(first, last)?);
            let mut spans = vec![(first, last), (last, last + day)];
            spans.extend((0..12).map(|n| (last - (n + 1) * 7 * day / 3 - n * 1234, last - n * 7 * day / 3)));
            for (from, until) in spans {
                for which in [
                    Which::Reported(from, until),
                    Which::Ended(from, until),
                    Which::Dispatched(from, until),
                    Which::OpenAt(from),
                ] {
                    assert_eq!(all(facts, which), all(&counted, which), "{which:?}");
                }
            }
            Ok(())
        })
        .unwrap();
    // The same figures come out, in all.
    let today = now.with_timezone(&town.timezone).date_naive();
    let questions = questions(definitions, today);
    let from_book = Engine::on(store, definitions, town, now, |engine| {
        questions
            .iter()
            .map(|(q, by)| Ok((engine.ask(q)?, by.map(|by| engine.by(q, by)).transpose()?)))
            .collect::<Result<Vec<_>, _>>()
    })
    .unwrap();
    let engine = Engine {
        definitions,
        town,
        facts: &counted,
        now,
        only: None,
    };
    for ((question, by), (answer, groups)) in questions.iter().zip(from_book) {
        assert_eq!(answer, engine.ask(question).unwrap());
        assert_eq!(groups, by.map(|by| engine.by(question, by).unwrap()));
        let lists = answer.cases.unwrap();
        assert_eq!(lists.counted.len() as u64, answer.value.n, "{question:?}");
        if let Some(groups) = groups.filter(|_| answer.value.of.is_none()) {
            let sum: u64 = groups.iter().map(|group| group.value.n).sum();
            assert_eq!(sum, answer.value.n, "{question:?}");
        }
    }
    let verdict = store.verify().unwrap();
    assert!(verdict.ok, "{:?}", verdict.faults);
}

fn questions(definitions: &Definitions, today: NaiveDate) -> Vec<(Question, Option<Dimension>)> {
    let mut questions = Vec::new();
    for (i, definition) in definitions.iter().enumerate() {
        for (j, period) in ["2026", "2026-11", "last-30-days", "2026-11-26", "2025-12"]
            .into_iter()
            .enumerate()
        {
            let mut question = Question::new(&definition.id, Period::parse(period, today).unwrap());
            question.against = Some(Against::ALL[(i + j) % 2]);
            question.list = true;
            let of_cases = definition.id != "alarms-per-seat";
            if of_cases && j == 1 {
                question.filter = question.filter.and_area(&TOWN, "GL01").unwrap();
            }
            questions.push((
                question,
                of_cases.then(|| Dimension::ALL[(i + j) % Dimension::ALL.len()]),
            ));
        }
    }
    questions
}

/// One random thing that happens.
#[derive(Clone, Debug)]
enum Happens {
    /// A command: post, case, other case, step, unit, minutes since the one before.
    Command(usize, i64, i64, usize, usize, i64),
    /// A report at a spot of the town.
    Report(usize, usize),
    /// Rows of the past: how many, and how many days ago.
    Import(u8, i64),
    /// The town's boundaries or calendar change.
    Town(u8),
    /// The book is closed and opened again.
    Reopen,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        16 => (0..6_usize, 1..12_i64, 1..12_i64, 0..60_usize, 0..8_usize, 0..900_i64)
            .prop_map(|(p, c, o, s, u, m)| Happens::Command(p, c, o, s, u, m)),
        4 => (0..40_usize, 0..4_usize).prop_map(|(spot, item)| Happens::Report(spot, item)),
        2 => (1..6_u8, 0..400_i64).prop_map(|(rows, days)| Happens::Import(rows, days)),
        1 => (0..3_u8).prop_map(Happens::Town),
        1 => Just(Happens::Reopen),
    ]
}

const POSTS: [&str; 6] = ["D-GRID", "D-GOV", "L-DUTY", "L-DUTY-2", "I-1", "DEP01-O"];
const ITEMS: [&str; 4] = ["GL-A01", "GL-B01", "GL-C01", "GL-A02"];

fn place(spot: usize) -> Whereabouts {
    match spot % 8 {
        0 => Whereabouts::Area {
            code: TOWN
                .places
                .of_kind(PlaceKind::ALL[1 + spot % 4])
                .next()
                .unwrap()
                .1
                .code
                .as_str()
                .into(),
            stated: "".into(),
        },
        1 => Whereabouts::Stated {
            stated: "街上".into(),
        },
        _ => Whereabouts::Point {
            at: Wgs84 {
                lon: 114.03 + (spot % 7) as f64 * 0.01,
                lat: 22.71 + (spot % 5) as f64 * 0.008,
            },
            stated: "".into(),
            grid: None,
        },
    }
}

fn team(n: usize) -> Handler {
    Handler::Team(TOWN.teams[n].code.as_str().into())
}

fn args(journal: &Journal, case: i64, other: i64, unit: usize, now: DateTime<Utc>) -> Args {
    let units = journal.cases.get(&CaseId(case)).map(|case| entitled(&case.item));
    let to = units.and_then(|units| units.get(unit % units.len().max(1)).cloned());
    Args {
        note: "写明原因".into(),
        to,
        photos: Vec::new(),
        item: Some(["GL-A02", "GL-B02", "GL-C02"][unit % 3].into()),
        other: Some(CaseId(other)),
        until: Some(now + TimeDelta::days(1 + unit as i64 % 3)),
        hours: Some(4.0),
        helpers: vec![team((unit + 1) % 8)],
        level: unit.is_multiple_of(3).then_some(Level::Joint),
        mark: Some(4),
        owner: "区水务局".into(),
        parts: vec![Part {
            item: "GL-A01".into(),
            text: String::new(),
        }],
    }
}

/// What a command asks: a step of any kind; or straight ahead, so that histories get far; or something of the hall.
fn order(journal: &Journal, case: i64, other: i64, step: usize, unit: usize, now: DateTime<Utc>) -> Order {
    if let Some(step) = Step::ALL.get(step).copied() {
        return journal.step(CaseId(case), step, args(journal, case, other, unit, now));
    }
    if step == 59 {
        let alarm = format!("overdue:{case}:whole").into();
        return Order::Duty(match unit % 2 {
            0 => DutyAction::Acknowledge { alarm },
            _ => DutyAction::SignIn { relieves: None },
        });
    }
    let straight = journal.cases.get(&CaseId(case)).and_then(|case| {
        let way = [
            Step::Accept,
            Step::Dispatch,
            Step::Arrive,
            Step::Rectify,
            Step::Verify,
            Step::Close,
            Step::Reopen,
        ];
        way.into_iter().find(|step| case.allows(*step))
    });
    match straight {
        Some(step) => journal.step(CaseId(case), step, args(journal, case, other, unit, now)),
        None => report(unit, unit),
    }
}

fn report(spot: usize, item: usize) -> Order {
    Order::Report(NewReport {
        item: ITEMS[item % ITEMS.len()].into(),
        text: "测试".into(),
        place: place(spot),
        source: Source::ALL[spot % 7],
        reported_at: None,
        photos: Vec::new(),
    })
}

/// A row of a file: of the past, with its ending, without one, or with one of which the time is not known.
fn row(key: usize, now: DateTime<Utc>, days: i64) -> Draft {
    let item = TOWN.catalogue.by_code(ITEMS[key % ITEMS.len()]).unwrap();
    let reported_at = now - TimeDelta::days(days) - TimeDelta::minutes(key as i64 * 37);
    // Some ended before they were reported, some after months.
    let minutes = if key % 7 == 3 {
        100_000
    } else {
        (key as i64 % 5 - 1) * 3000
    };
    let ended = reported_at + TimeDelta::minutes(minutes);
    let outcome = match key % 4 {
        0 => None,
        1 => Some(Outcome {
            at: None,
            in_time: None,
        }),
        n => Some(Outcome {
            at: Some(ended),
            in_time: Some(n == 2),
        }),
    };
    let report = Report {
        item: item.code.as_str().into(),
        class: item.class,
        centre: item.centre,
        severity: item.severity,
        text: String::new(),
        place: place(key),
        source: Source::Hotline,
        reported_at,
        due_at: key.is_multiple_of(3).then(|| reported_at + TimeDelta::hours(36)),
        photos: Vec::new(),
        origin: Some(Origin {
            profile: "file".into(),
            key: key.to_string().into(),
        }),
        outcome,
        limits: None,
        item_version: 0,
        split_from: None,
    };
    Draft {
        case: None,
        based_on: 0,
        at: now,
        actor: "D-GRID".into(),
        seat: "1".into(),
        action: Action::Report(Box::new(report)),
    }
}

/// The town with communities that have swapped their outlines, or without a calendar.
fn changed_town(how: u8) -> Standing {
    let mut standing = Standing::of(&TOWN);
    match how {
        0 => {}
        1 => standing.calendar.years = None,
        _ => {
            let mut places: Vec<_> = TOWN.places.iter().map(|(_, place)| place.clone()).collect();
            let communities: Vec<usize> = (0..places.len())
                .filter(|i| places[*i].kind == PlaceKind::Community)
                .collect();
            let (a, b) = (communities[0], communities[1]);
            let outline = places[a].outline.clone();
            places[a].outline = places[b].outline.clone();
            places[b].outline = outline;
            standing.places = yipanqi::town::Places::new(places);
        }
    }
    standing
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_happens_the_book_keeps_what_its_journal_makes(
        happenings in prop::collection::vec(happens(), 1..140),
        told_at_first: bool,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        if told_at_first {
            store.set_standing(&Arc::new(Standing::of(&TOWN))).unwrap();
        }
        let definitions = Definitions::load().unwrap();
        let mut journal = Journal::default();
        let mut now = start();
        let mut rows = 0;
        for happening in happenings {
            let drafts = match happening {
                Happens::Command(post, case, other, step, unit, minutes) => {
                    now += TimeDelta::minutes(minutes);
                    let order = order(&journal, case, other, step, unit, now);
                    journal.decide(now, POSTS[post], order).unwrap_or_default()
                }
                Happens::Report(spot, item) => {
                    journal.decide(now, "D-GRID", report(spot, item)).unwrap()
                }
                Happens::Import(n, days) => {
                    let batch: Vec<Draft> = (0..usize::from(n)).map(|i| row(rows + i, now, days)).collect();
                    rows += usize::from(n);
                    store.append_new(batch.clone()).unwrap();
                    journal.append(batch);
                    continue;
                }
                Happens::Town(how) => {
                    store.set_standing(&Arc::new(changed_town(how))).unwrap();
                    continue;
                }
                Happens::Reopen => {
                    drop(store);
                    store = open(folder.path());
                    continue;
                }
            };
            if !drafts.is_empty() {
                store.append(drafts.clone(), &[]).unwrap();
                journal.append(drafts);
            }
        }
        prop_assert_eq!(store.last_seq().unwrap(), journal.seq);
        let town = Town::clone(&TOWN);
        assert_same(&store, &definitions, &town, now);
        store.rebuild().unwrap();
        assert_same(&store, &definitions, &town, now);
    }
}

#[test]
fn a_case_of_the_past_that_is_opened_again_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let now = start();
    store
        .append_new((0..40).map(|key| row(key, now, 100)).collect())
        .unwrap();
    let definitions = Definitions::load().unwrap();
    let past = (1..=40)
        .map(CaseId)
        .find(|id| store.case(*id).unwrap().unwrap().stage == Stage::Closed)
        .unwrap();
    let draft = |based_on, action| Draft {
        case: Some(past),
        based_on,
        at: now,
        actor: "D-GRID".into(),
        seat: "1".into(),
        action,
    };
    let reopen = Action::Reopen {
        reason: "又来了".into(),
        due_at: None,
    };
    store.append(vec![draft(1, reopen)], &[]).unwrap();
    assert_same(&store, &definitions, &TOWN, now);
    let question = Question::new("cases-open", Period::day(now.date_naive()));
    let open_cases = Engine::on(&store, &definitions, &TOWN, now, |engine| engine.ask(&question)).unwrap();
    assert_eq!(open_cases.value.n, store.counts().unwrap().1);
    // Even in the transaction in which it was imported.
    let report = row(102, now, 100);
    let next = Draft {
        case: Some(CaseId(41)),
        ..draft(
            1,
            Action::Answer {
                text: "已答复".into(),
            },
        )
    };
    store.append(vec![report, next], &[]).unwrap();
    assert_same(&store, &definitions, &TOWN, now);
}

#[test]
fn old_cases_stay_where_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    store.set_standing(&Arc::new(Standing::of(&TOWN))).unwrap();
    let communities: Vec<_> = TOWN
        .places
        .of_kind(PlaceKind::Community)
        .map(|(_, place)| place)
        .collect();
    let (a, b) = (communities[0], communities[1]);
    let now = start();
    let at_label = |key: usize| {
        let mut draft = row(key, now, 0);
        if let Action::Report(report) = &mut draft.action {
            report.place = Whereabouts::Point {
                at: a.label_at,
                stated: "".into(),
                grid: None,
            };
        }
        draft
    };
    store.append_new(vec![at_label(2)]).unwrap();
    // The two communities swap their outlines.
    store.set_standing(&Arc::new(changed_town(2))).unwrap();
    store.append_new(vec![at_label(6), at_label(8)]).unwrap();
    let definitions = Definitions::load().unwrap();
    let count = |store: &dyn Store, code: &str| {
        let mut question = Question::new("cases-in", Period::parse("2026", now.date_naive()).unwrap());
        question.filter = question.filter.and_area(&TOWN, code).unwrap();
        Engine::on(store, &definitions, &TOWN, now, |engine| engine.ask(&question))
            .unwrap()
            .value
            .n
    };
    assert_eq!((count(&store, &a.code), count(&store, &b.code)), (1, 2));
    store.rebuild().unwrap();
    assert_eq!((count(&store, &a.code), count(&store, &b.code)), (1, 2));
    assert!(store.verify().unwrap().ok);
}

#[test]
fn a_town_comes_back_to_the_last_bit() {
    let standing = Standing::of(&TOWN);
    let bytes = standing.to_bytes().unwrap();
    let again = Standing::from_bytes(&bytes).unwrap();
    assert_eq!(again.to_bytes().unwrap(), bytes);
    for spot in 0..40 {
        if let Some(at) = place(spot).point() {
            assert_eq!(again.around(at, None), standing.around(at, None));
        }
    }
    assert_eq!(
        (again.timezone, &again.calendar.years, &again.calendar.hours),
        (TOWN.timezone, &TOWN.calendar.years, &TOWN.calendar.hours)
    );
    for broken in [&b""[..], b"{}", b"[1,2]", &bytes[..bytes.len() / 2]] {
        assert!(Standing::from_bytes(broken).is_err());
    }
}

#[test]
fn spots_are_about_fifty_metres() {
    let at = |lon: f64, lat: f64| {
        spot(&Whereabouts::Point {
            at: Wgs84 { lon, lat },
            stated: "".into(),
            grid: None,
        })
    };
    assert_eq!(at(114.072_05, 22.725_05), at(114.072_2, 22.725_2));
    assert_ne!(at(114.072_05, 22.725_05), at(114.072_6, 22.725_05));
    assert_ne!(at(114.072_05, 22.725_05), at(114.072_05, 22.725_6));
    assert_eq!(at(f64::NAN, 22.7), 0);
    assert_eq!(spot(&Whereabouts::Stated { stated: "x".into() }), 0);
}

/// Xinlan in 2018 and 2019, as the report's figures need it: 227 reported and 88 closed after 180 hours each in the mean, then
/// 622 and 602 after 24.3 hours. All of it goes in as entries of cases that live here.
fn xinlan(store: &mut dyn Store) -> DateTime<Utc> {
    let area = TOWN.places.by_name(PlaceKind::Community, "新澜社区").unwrap();
    let code: Arc<str> = TOWN.places.get(area).code.as_str().into();
    let item = TOWN
        .catalogue
        .iter()
        .map(|(_, item)| item)
        .find(|item| item.class == Class::B)
        .unwrap();
    for (year, reported, closed, mean_minutes) in [(2018, 227, 88, 180 * 60), (2019, 622, 602, 24 * 60 + 18)]
    {
        for n in 0..reported {
            let at = NaiveDate::from_ymd_opt(year, 1, 15)
                .unwrap()
                .and_hms_opt(1, 0, 0)
                .unwrap()
                .and_utc()
                + TimeDelta::hours(n * 12);
            let report = Report {
                item: item.code.as_str().into(),
                class: item.class,
                centre: item.centre,
                severity: item.severity,
                text: String::new(),
                place: Whereabouts::Area {
                    code: code.clone(),
                    stated: "".into(),
                },
                source: Source::Patrol,
                reported_at: at,
                due_at: None,
                photos: Vec::new(),
                origin: None,
                outcome: None,
                limits: Some(item.limits()),
                item_version: 0,
                split_from: None,
            };
            // Pairs around the mean, so that the median is another figure.
            let spread = if n % 2 == 0 { -60 } else { 60 };
            let end = at + TimeDelta::minutes(mean_minutes + spread);
            let draft = |case, based_on, at, action| Draft {
                case,
                based_on,
                at,
                actor: "D-GRID".into(),
                seat: "1".into(),
                action,
            };
            let id = store
                .append(vec![draft(None, 0, at, Action::Report(Box::new(report)))], &[])
                .unwrap()[0]
                .case;
            if n >= closed {
                continue;
            }
            let note = String::new;
            let way = [
                (at, Action::Accept { note: note() }),
                (
                    at,
                    Action::Dispatch {
                        to: team(0),
                        note: note(),
                    },
                ),
                (at, Action::Arrive { note: note() }),
                (
                    at,
                    Action::Rectify {
                        note: note(),
                        photos: Vec::new(),
                    },
                ),
                (end, Action::Verify { note: note() }),
                (end, Action::Close { note: note() }),
            ];
            let way = way
                .into_iter()
                .enumerate()
                .map(|(i, (at, action))| draft(Some(id), i as u32 + 1, at, action));
            store.append(way.collect(), &[]).unwrap();
        }
    }
    "2020-06-01T00:00:00Z".parse().unwrap()
}

#[test]
fn xinlan_s_figures_come_out_of_its_journal() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    store.set_standing(&Arc::new(Standing::of(&TOWN))).unwrap();
    let now = xinlan(&mut store);
    let definitions = Definitions::load().unwrap();
    let ask = |id: &str, area: &str| {
        let mut question = Question::new(id, Period::parse("2019", now.date_naive()).unwrap());
        question.filter = question.filter.and_area(&TOWN, area).unwrap();
        question.against = Some(Against::LastYear);
        question.list = true;
        Engine::on(&store, &definitions, &TOWN, now, |engine| engine.ask(&question)).unwrap()
    };
    let tenth = |value: f64| (value * 10.0).round() / 10.0;
    let change = |id: &str| tenth(ask(id, "新澜社区").change().unwrap().value);
    assert_eq!(change("hazards-rectified"), 584.1);
    assert_eq!(change("mean-time-to-rectify"), -86.5);
    assert_eq!(change("disposition-rate"), 58.0);
    let rate = ask("disposition-rate", "xinlan");
    assert_eq!(tenth(rate.value.value.unwrap()), 96.8);
    assert_eq!((rate.value.n, rate.value.of), (602, Some(622)));
    let lists = rate.cases.unwrap();
    assert_eq!((lists.counted.len(), lists.of.unwrap().len()), (602, 622));
    let interval = rate.value.interval.unwrap();
    assert!(interval.low > 95.0 && interval.low < 96.8 && interval.high > 96.8 && interval.high < 98.1);
    let mean = ask("mean-time-to-rectify", "新澜");
    assert_eq!(tenth(mean.value.value.unwrap()), 24.3);
    // The 20 of 2019 that still run are said beside it.
    assert_eq!((mean.value.running, mean.value.reported), (Some(20), Some(622)));
    assert!(mean.value.flags.contains(&Flag::StillRunning));
    for (id, value) in [
        ("hazards-rectified-change", 584.1),
        ("mean-time-to-rectify-change", -86.5),
        ("disposition-rate-points", 58.0),
    ] {
        assert_eq!(tenth(ask(id, "GL01").value.value.unwrap()), value, "{id}");
    }
    // Another community has none of it.
    let elsewhere = ask("disposition-rate", "牛湖");
    assert_eq!((elsewhere.value.value, elsewhere.change()), (None, None));
    assert_same(&store, &definitions, &TOWN, now);
}
