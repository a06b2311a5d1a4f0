//! The board: whatever happens, its indexes say what a board made anew from the same cases would say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use yipanqi::board::{Applied, AreaKey, Board, Counts, MapPoint};
use yipanqi::case::clock::{self, Deadline};
use yipanqi::case::{
    Action, Case, CaseId, ClockState, Entry, Outcome, Reclassified, Report, Rise, Source, Stage, Step,
    Whereabouts,
};
use yipanqi::town::{
    Calendar, Catalogue, Centre, Class, Handler, Level, Name, Permissions, Place, PlaceId, PlaceKind, Places,
    Post, Powers, Role, Town, TownParts, Weights, Wgs84,
};

const CENTRES: [Option<Centre>; 4] = [
    None,
    Some(Centre::Governance),
    Some(Centre::Emergency),
    Some(Centre::Grid),
];

fn square(west: f64, east: f64) -> geo::MultiPolygon<f64> {
    geo::MultiPolygon(vec![geo::Rect::new((west, 22.70), (east, 22.72)).to_polygon()])
}

fn place(code: &str, kind: PlaceKind, parent: Option<u16>, west: f64, east: f64) -> Place {
    Place {
        code: code.into(),
        kind,
        name: Name {
            zh: code.into(),
            en: String::new(),
        },
        parent: parent.map(PlaceId),
        outline: square(west, east),
        label_at: Wgs84 {
            lon: (west + east) / 2.0,
            lat: 22.71,
        },
        schematic: true,
        source: String::new(),
    }
}

fn post(code: &str, role: Role, place: u16) -> Post {
    let name = Name::default();
    Post {
        code: code.into(),
        role,
        title: name.clone(),
        holder: name,
        place: PlaceId(place),
        sample: true,
    }
}

/// Two communities side by side, the western one with a base grid that covers it.
fn town() -> Town {
    Town::new(TownParts {
        id: "test".into(),
        name: Name::default(),
        note: Name::default(),
        center: Wgs84 {
            lon: 114.02,
            lat: 22.71,
        },
        zoom: 13.0,
        timezone: chrono_tz::Asia::Shanghai,
        base_map: None,
        places: Places::new(vec![
            place("T", PlaceKind::SubDistrict, None, 114.00, 114.04),
            place("T1", PlaceKind::Community, Some(0), 114.00, 114.02),
            place("T2", PlaceKind::Community, Some(0), 114.02, 114.04),
            place("T1-01", PlaceKind::BaseGrid, Some(1), 114.00, 114.02),
        ]),
        catalogue: Catalogue::default(),
        calendar: Calendar {
            days: BTreeMap::new(),
            years: None,
            hours: Vec::new(),
            ..Calendar::default()
        },
        posts: vec![
            post("O1", Role::CommunityOfficer, 1),
            post("G1", Role::GridOfficer, 3),
        ],
        teams: Vec::new(),
        powers: Powers::default(),
        weights: Weights::default(),
        permissions: Permissions::default(),
        roster: Default::default(),
    })
}

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-10-09T08:00:00Z")
        .unwrap()
        .to_utc()
        + TimeDelta::minutes(minutes)
}

fn post_handler(n: u8) -> Handler {
    Handler::Post(format!("P{n}").into())
}

fn action_of(step: Step, to: u8) -> Action {
    let note = "done".to_owned();
    match step {
        Step::Accept => Action::Accept { note },
        Step::Refuse => Action::Refuse {
            reason: note,
            owner: String::new(),
        },
        Step::Dispatch => Action::Dispatch {
            to: post_handler(to),
            note,
        },
        Step::SendOn => Action::SendOn {
            to: post_handler(to),
            reason: note,
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
        Step::Reclassify => Action::Reclassify(Box::new(Reclassified {
            item: "X2".into(),
            item_version: 0,
            class: Class::ALL[usize::from(to) % 4],
            centre: Centre::ALL[usize::from(to) % 3],
            severity: 2,
            limits: None,
            due_at: Some(at(i64::from(to) * 30)),
            reason: note,
        })),
        Step::Split => Action::Split {
            parts: 2,
            reason: note,
        },
        Step::Merge => Action::Merge {
            into: CaseId(i64::from(to) + 100),
            reason: note,
        },
        Step::Unmerge => Action::Unmerge { reason: note },
        Step::AskSuspend => Action::AskSuspend {
            until: at(90),
            reason: note,
        },
        Step::Suspend => Action::Suspend {
            until: at(90),
            due_at: Some(at(150)),
            note,
        },
        Step::AskExtend => Action::AskExtend {
            hours: 2.0,
            reason: note,
        },
        Step::Extend => Action::Extend {
            hours: 2.0,
            due_at: Some(at(170)),
            note,
        },
        Step::Deny => Action::Deny { reason: note },
        Step::Resume => Action::Resume {
            due_at: Some(at(120)),
            note,
        },
        Step::CoHandle => Action::CoHandle {
            helpers: vec![post_handler(to.wrapping_add(1) % 3)],
            note,
        },
        Step::Escalate => Action::Escalate {
            to: Level::Street,
            why: Rise::ByHand,
            note,
        },
        Step::Reopen => Action::Reopen {
            reason: note,
            due_at: Some(at(140)),
        },
        Step::Appraise => Action::Appraise { mark: 4, note },
        Step::Answer => Action::Answer { text: note },
        // Nothing to go back to without a history; the desk's own tests undo.
        Step::Undo => Action::Absorb { case: CaseId(200) },
    }
}

fn report(place: Whereabouts) -> Report {
    Report {
        item: "X1".into(),
        class: Class::A,
        centre: Centre::Grid,
        severity: 3,
        text: "words".into(),
        place,
        source: Source::Patrol,
        reported_at: at(0),
        due_at: Some(at(60)),
        photos: Vec::new(),
        origin: None,
        outcome: None,
        limits: None,
        item_version: 0,
        split_from: None,
    }
}

fn entry(seq: i64, case: i64, version: u32, action: Action) -> Entry {
    Entry {
        seq,
        case: CaseId(case),
        version,
        at: at(seq),
        actor: "D".into(),
        seat: "s1".into(),
        action,
    }
}

fn opened(id: i64, report: Report) -> Case {
    Case::open(&entry(id, id, 1, Action::Report(Box::new(report)))).unwrap()
}

fn stated() -> Whereabouts {
    Whereabouts::Stated {
        stated: "by the river".into(),
    }
}

fn anywhere() -> impl Strategy<Value = Whereabouts> {
    let none: Arc<str> = "".into();
    let point = (113.99..114.05_f64, 22.69..22.73_f64, Just(none.clone())).prop_map(|(lon, lat, stated)| {
        Whereabouts::Point {
            at: Wgs84 { lon, lat },
            stated,
            grid: None,
        }
    });
    let area = (
        prop::sample::select(vec!["T", "T1", "T2", "T1-01", "gone"]),
        Just(none),
    )
        .prop_map(|(code, stated)| Whereabouts::Area {
            code: code.into(),
            stated,
        });
    let elsewhere = (prop::sample::select(vec!["Harbour", "Hill"]), -2..2_i8).prop_map(|(name, lon)| {
        Whereabouts::Elsewhere {
            stated: name.into(),
            about: Wgs84 {
                lon: f64::from(lon),
                lat: 40.0,
            },
        }
    });
    let nowhere = Just(Whereabouts::Point {
        at: Wgs84 {
            lon: f64::NAN,
            lat: 0.0,
        },
        stated: "".into(),
        grid: None,
    });
    prop_oneof![4 => point, 2 => area, 1 => elsewhere, 1 => Just(stated()), 1 => nowhere]
}

fn any_report() -> impl Strategy<Value = Report> {
    let class = prop::sample::select(Class::ALL.to_vec());
    let centre = prop::sample::select(Centre::ALL.to_vec());
    // Few distinct times, so that cases share them; some are due before they are reported.
    let due = prop::option::weighted(0.8, -2..6_i64);
    (
        anywhere(),
        class,
        centre,
        0..4_i64,
        due,
        prop::bool::weighted(0.1),
    )
        .prop_map(|(place, class, centre, reported, due, ended)| Report {
            class,
            centre,
            reported_at: at(reported * 7),
            due_at: due.map(|d| at(d * 30)),
            outcome: ended.then_some(Outcome {
                at: None,
                in_time: None,
            }),
            ..report(place)
        })
}

/// Something that may befall a case: a report, a step (legal or not), a step with a version that does not follow.
#[derive(Clone, Debug)]
enum Event {
    Report(Box<Report>),
    Step {
        step: Step,
        to: u8,
    },
    Stale(Step),
    /// Not by the journal: taken away and put back.
    Again,
}

fn event() -> impl Strategy<Value = (i64, Event)> {
    let step = || prop::sample::select(Step::ALL.to_vec());
    let what = prop_oneof![
        4 => any_report().prop_map(|report| Event::Report(Box::new(report))),
        12 => (step(), 0..3_u8).prop_map(|(step, to)| Event::Step { step, to }),
        1 => step().prop_map(Event::Stale),
        1 => Just(Event::Again),
    ];
    (1..12_i64, what)
}

fn handlers() -> impl Iterator<Item = Handler> {
    (0..4).map(post_handler)
}

fn points(board: &Board) -> Vec<MapPoint> {
    let mut points = board.points().to_vec();
    points.sort_by_key(|p| p.id);
    points
}

fn assert_same(board: &Board, fresh: &Board) {
    assert_eq!(board.len(), fresh.len());
    for live in fresh.iter() {
        // NaN is not equal to itself, so cases are compared by their words.
        assert_eq!(
            format!("{:?}", board.get(live.case.id)),
            format!("{:?}", Some(live))
        );
    }
    for centre in CENTRES {
        assert_eq!(board.counts(centre), fresh.counts(centre), "{centre:?}");
        for class in Class::ALL {
            assert_eq!(
                board.queue(class, centre),
                fresh.queue(class, centre),
                "{class:?} {centre:?}"
            );
        }
        for minutes in -61..181 {
            let now = at(minutes);
            assert_eq!(board.overdue(centre, now), fresh.overdue(centre, now));
            assert_eq!(board.soon(centre, now), fresh.soon(centre, now));
        }
    }
    for handler in handlers() {
        assert_eq!(board.load(&handler), fresh.load(&handler), "{handler}");
        assert_eq!(board.cases_of(&handler), fresh.cases_of(&handler), "{handler}");
    }
    assert_eq!(points(board), points(fresh));
    assert_eq!(
        board.areas().collect::<Vec<_>>(),
        fresh.areas().collect::<Vec<_>>()
    );
    assert_eq!(board.unplaced(), fresh.unplaced());
}

fn clock(case: &Case, town: &Town) -> Option<Deadline> {
    clock::next_deadline(case, &town.calendar, town.timezone)
}

/// What the indexes must say, by looking at every case.
fn assert_true(board: &Board, town: &Town) {
    for centre in CENTRES {
        let cases: Vec<&Case> = board
            .iter()
            .map(|l| &l.case)
            .filter(|c| centre.is_none_or(|centre| c.centre == centre))
            .collect();
        let with = |stages: &[Stage]| cases.iter().filter(|c| stages.contains(&c.stage)).count();
        let expected = Counts {
            reported: with(&[Stage::Reported]),
            accepted: with(&[Stage::Accepted]),
            in_hand: with(&[Stage::Dispatched, Stage::InHand]),
            to_verify: with(&[Stage::Rectified]),
            to_close: with(&[Stage::Verified]),
            suspended: with(&[Stage::Suspended]),
            total: cases.len(),
            raw: cases.iter().map(|c| 1 + c.life.twins.len()).sum(),
        };
        assert_eq!(board.counts(centre), expected);
        for minutes in -61..181 {
            let now = at(minutes);
            let state = |state| {
                let stands = |c: &&&Case| clock(c, town).is_some_and(|d| d.state(now) == state);
                cases.iter().filter(stands).count()
            };
            assert_eq!(board.overdue(centre, now), state(ClockState::Overdue), "{now}");
            assert_eq!(board.soon(centre, now), state(ClockState::Soon), "{now}");
        }
        for class in Class::ALL {
            let mut expected: Vec<&Case> = cases.iter().copied().filter(|c| c.class == class).collect();
            expected.sort_by_key(|c| {
                let due = clock(c, town).map(|d| d.due);
                (due.is_none(), due, c.id)
            });
            assert_eq!(
                board.queue(class, centre),
                expected.iter().map(|c| c.id).collect::<Vec<_>>()
            );
        }
    }
    for handler in handlers() {
        let busy = |c: &Case| {
            let has = c.handler.as_ref() == Some(&handler) || c.life.helpers.contains(&handler);
            has && matches!(c.stage, Stage::Dispatched | Stage::InHand)
        };
        let ids: BTreeSet<CaseId> = board
            .iter()
            .map(|l| &l.case)
            .filter(|c| busy(c))
            .map(|c| c.id)
            .collect();
        assert_eq!(
            board.cases_of(&handler).iter().copied().collect::<BTreeSet<_>>(),
            ids
        );
        assert_eq!(board.load(&handler) as usize, ids.len());
    }
    let in_areas: u32 = board.areas().map(|(_, count)| count.total(None)).sum();
    assert_eq!(
        board.points().len() + in_areas as usize + board.unplaced(),
        board.len()
    );
    for point in board.points() {
        let live = board.get(point.id).unwrap();
        assert_eq!(
            (point.stage, point.due_at, point.class),
            (
                live.case.stage,
                clock(&live.case, town).map(|d| d.due),
                live.case.class
            )
        );
        assert_eq!(live.answerable, town.answerable(point.at));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_board_after_any_history_equals_one_made_from_the_folded_cases(
        events in prop::collection::vec(event(), 0..120)
    ) {
        let town = town();
        let mut board = Board::new(Vec::new(), &town);
        let mut cases: BTreeMap<CaseId, Case> = BTreeMap::new();
        for (seq, (id, event)) in (1..).zip(events) {
            let known = cases.get(&CaseId(id)).cloned();
            let version = known.as_ref().map_or(0, |c| c.version);
            let entry = match event {
                Event::Report(report) => entry(seq, id, 1, Action::Report(report)),
                Event::Step { step, to } => entry(seq, id, version + 1, action_of(step, to)),
                Event::Stale(step) => entry(seq, id, version + 2, action_of(step, 0)),
                Event::Again => {
                    if let Some(live) = board.remove(CaseId(id)) {
                        assert!(board.get(CaseId(id)).is_none());
                        board.insert(live.case, &town);
                    }
                    continue;
                }
            };
            let generation = board.generation();
            let open = known.as_ref().is_some_and(|c| c.stage.is_open());
            if !open && !matches!(entry.action, Action::Report(_)) {
                // A case that has ended is read from the journal, and comes back where it was opened again.
                prop_assert_eq!(board.apply(&entry, &town), Ok(Applied::NotHere));
                if let Some(mut case) = known
                    && case.apply(&entry).is_ok()
                {
                    board.insert(case.clone(), &town);
                    cases.insert(case.id, case);
                }
                continue;
            }
            if known.is_some() && !open {
                continue;
            }
            let mut folded = known.clone();
            let expected = match &mut folded {
                Some(case) => case.apply(&entry),
                None => Case::open(&entry).map(|case| folded = Some(case)),
            };
            prop_assert_eq!(board.apply(&entry, &town), expected.clone().map(|()| Applied::Done));
            let joins_or_stays = folded.as_ref().is_some_and(|c| c.stage.is_open());
            let changed = expected.is_ok() && (open || joins_or_stays);
            prop_assert_eq!(board.generation() != generation, changed);
            if let (Ok(()), Some(case)) = (expected, folded) {
                cases.insert(case.id, case);
            }
        }
        assert_same(&board, &Board::new(cases.into_values().collect(), &town));
        assert_true(&board, &town);
    }

    #[test]
    fn amber_and_red_agree_with_the_clock_to_the_millisecond(
        whole in prop_oneof![-10..200_i64, 0..400_000_000_000_i64], from in 0..1000_i64
    ) {
        let town = town();
        let reported_at = at(0) + TimeDelta::milliseconds(from);
        let due_at = reported_at + TimeDelta::milliseconds(whole);
        let case = opened(1, Report { reported_at, due_at: Some(due_at), ..report(stated()) });
        let board = Board::new(vec![case.clone()], &town);
        for near in [0, whole * 4 / 5, whole] {
            for beside in -3..4 {
                let now = reported_at + TimeDelta::milliseconds(near + beside);
                let state = case.time_left(now).state;
                prop_assert_eq!(board.overdue(None, now) == 1, state == ClockState::Overdue);
                prop_assert_eq!(board.soon(None, now) == 1, state == ClockState::Soon);
            }
        }
    }
}

#[test]
fn a_case_knows_who_answers_for_its_point_or_area() {
    let town = town();
    let place = |place: Whereabouts| Board::new(vec![opened(1, report(place))], &town);
    let answerable = |board: &Board| board.get(CaseId(1)).unwrap().answerable.clone();
    let inside = place(Whereabouts::Point {
        at: Wgs84 {
            lon: 114.01,
            lat: 22.71,
        },
        stated: "".into(),
        grid: None,
    });
    let found = answerable(&inside);
    assert_eq!(found.community, town.places.by_code("T1"));
    assert!(found.community_officer.is_some() && found.grid_officer.is_some());
    let area = |code: &str| {
        place(Whereabouts::Area {
            code: code.into(),
            stated: "".into(),
        })
    };
    let found = answerable(&area("T1"));
    assert!(found.community_officer.is_some() && found.grid_officer.is_none() && found.base_grid.is_none());
    let found = answerable(&area("T1-01"));
    assert!(found.community_officer.is_some() && found.grid_officer.is_some());
    let outside = place(Whereabouts::Point {
        at: Wgs84 {
            lon: -76.6,
            lat: 39.3,
        },
        stated: "".into(),
        grid: None,
    });
    assert_eq!(answerable(&outside), yipanqi::town::Answerable::default());
}

#[test]
fn areas_come_sorted_and_count_by_class_and_centre() {
    let town = town();
    let elsewhere = |name: &str| Whereabouts::Elsewhere {
        stated: name.into(),
        about: Wgs84 { lon: 1.0, lat: 2.0 },
    };
    let area = |code: &str| Whereabouts::Area {
        code: code.into(),
        stated: "".into(),
    };
    let places = [
        elsewhere("b"),
        area("T2"),
        elsewhere("a"),
        area("T1"),
        area("T2"),
        stated(),
    ];
    let cases = (1..)
        .zip(places)
        .map(|(id, place)| opened(id, report(place)))
        .collect();
    let mut board = Board::new(cases, &town);
    let keys = |board: &Board| -> Vec<String> {
        board
            .areas()
            .map(|(key, count)| match key {
                AreaKey::Place(id) => format!("{} {}", town.places.get(*id).code, count.total(None)),
                AreaKey::Elsewhere { name, .. } => {
                    format!("{name} {}", count.of(Class::A, Some(Centre::Grid)))
                }
            })
            .collect()
    };
    assert_eq!(keys(&board), ["T1 1", "T2 2", "a 1", "b 1"]);
    assert_eq!(board.unplaced(), 1);
    board.remove(CaseId(4));
    board.remove(CaseId(2));
    assert_eq!(keys(&board), ["T2 1", "a 1", "b 1"]);
}

#[test]
fn a_hundred_thousand_cases_are_taken_in_at_once() {
    let town = town();
    let case = |id: i64| {
        let (lon, lat) = (
            113.99 + (id % 317) as f64 * 0.0002,
            22.69 + (id % 211) as f64 * 0.0002,
        );
        let (class, centre) = (Class::ALL[id as usize % 4], Centre::ALL[id as usize % 3]);
        let due_at = (id % 10 != 0).then(|| at(id * 7919 % 100_000));
        let place = Whereabouts::Point {
            at: Wgs84 { lon, lat },
            stated: "".into(),
            grid: None,
        };
        opened(
            id,
            Report {
                class,
                centre,
                due_at,
                ..report(place)
            },
        )
    };
    let mut board = Board::new((1..=100_000).map(case).collect(), &town);
    assert_eq!((board.len(), board.points().len()), (100_000, 100_000));
    assert_eq!(board.counts(None).reported, 100_000);
    let in_queues: usize = Class::ALL
        .into_iter()
        .map(|class| board.queue(class, None).len())
        .sum();
    assert_eq!(in_queues, 100_000);
    assert_eq!(board.overdue(None, at(1_000_000)), 90_000);
    let first = board.queue(Class::B, None)[0];
    for (version, step) in [(2, Step::Accept), (3, Step::Refuse)] {
        let entry = entry(100_000 + i64::from(version), first.0, version, action_of(step, 0));
        board.apply(&entry, &town).unwrap();
    }
    assert_ne!(board.queue(Class::B, None)[0], first);
    assert_eq!(board.len(), 99_999);
}
