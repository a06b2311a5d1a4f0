//! Whom the desk proposes, and why: duty, matter, distance, load, shift, and what stands in the way.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use yipanqi::board::Board;
use yipanqi::case::duty::Until;
use yipanqi::case::{Action, Case, CaseId, Duty, Entry, Report, Source, Whereabouts};
use yipanqi::desk::suggest::{Cannot, Proposal, ReasonKind, suggest};
use yipanqi::town::{Class, Handler, Level, PlaceKind, TeamKind, Town, Wgs84};

static GUANLAN: LazyLock<Town> = LazyLock::new(|| {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Town::load(&dir).unwrap_or_else(|faults| panic!("{faults}"))
});

/// At half past ten in the morning, when everybody is on shift.
fn now() -> DateTime<Utc> {
    "2026-11-25T02:30:00Z".parse().unwrap()
}

fn middle(code: &str) -> Wgs84 {
    let id = GUANLAN.places.by_code(code).unwrap();
    GUANLAN.places.get(id).label_at
}

fn at(point: Wgs84) -> Whereabouts {
    Whereabouts::Point {
        at: point,
        stated: "".into(),
        grid: None,
    }
}

fn entry(id: i64, version: u32, action: Action) -> Entry {
    Entry {
        seq: id * 100 + i64::from(version),
        case: CaseId(id),
        version,
        at: now(),
        actor: "D-GRID".into(),
        seat: "1".into(),
        action,
    }
}

/// A case that was reported and accepted.
fn case(id: i64, item: &str, place: Whereabouts) -> Case {
    let item = GUANLAN.catalogue.by_code(item).unwrap();
    let report = Report {
        item: item.code.as_str().into(),
        class: item.class,
        centre: item.centre,
        severity: item.severity,
        text: String::new(),
        place,
        source: Source::Patrol,
        reported_at: now(),
        due_at: None,
        limits: None,
        item_version: 0,
        photos: Vec::new(),
        origin: None,
        outcome: None,
        split_from: None,
    };
    let mut case = Case::open(&entry(id, 1, Action::Report(Box::new(report)))).unwrap();
    case.apply(&entry(id, 2, Action::Accept { note: String::new() }))
        .unwrap();
    case
}

fn dispatched(id: i64, item: &str, place: Whereabouts, to: &Handler) -> Case {
    let mut case = case(id, item, place);
    let action = Action::Dispatch {
        to: to.clone(),
        note: String::new(),
    };
    case.apply(&entry(id, 3, action)).unwrap();
    case
}

fn proposals_of(town: &Town, board: &Board, duty: &Duty, id: i64) -> Vec<Proposal> {
    suggest(town, board, duty, board.get(CaseId(id)).unwrap(), now())
}

fn proposals(cases: Vec<Case>, duty: &Duty) -> Vec<Proposal> {
    proposals_of(&GUANLAN, &Board::new(cases, &GUANLAN), duty, 1)
}

fn team(code: &str) -> Handler {
    Handler::Team(code.into())
}

fn post(code: &str) -> Handler {
    Handler::Post(code.into())
}

fn of<'a>(all: &'a [Proposal], handler: &Handler) -> &'a Proposal {
    all.iter().find(|proposal| proposal.handler == *handler).unwrap()
}

fn codes(all: &[Proposal]) -> Vec<String> {
    all.iter().map(|proposal| proposal.handler.to_string()).collect()
}

#[test]
fn every_item_of_the_catalogue_finds_somebody_everywhere() {
    for (_, item) in GUANLAN.catalogue.iter() {
        for (_, community) in GUANLAN.places.of_kind(PlaceKind::Community) {
            let all = proposals(
                vec![case(1, &item.code, at(community.label_at))],
                &Duty::default(),
            );
            assert!(
                all.first().is_some_and(|first| first.cannot.is_none()),
                "{} in {}",
                item.code,
                community.code
            );
        }
    }
}

#[test]
fn an_ordinary_violation_goes_to_the_community_s_own_forces_first() {
    // Refuse and spoil in the Huishi block of Xinlan.
    let all = proposals(vec![case(1, "GL-B01", at(middle("GL-S4")))], &Duty::default());
    let grid = GUANLAN.answerable(middle("GL-S4")).party_grid_team.unwrap();
    let own = [
        "T-GL01-CM",
        "T-GL01-VO",
        GUANLAN.teams[usize::from(grid.0)].code.as_str(),
    ];
    for proposal in &all[..3] {
        let Handler::Team(code) = &proposal.handler else {
            panic!("{proposal:?}")
        };
        assert!(own.contains(&&**code), "{code}");
        assert!(
            proposal
                .reasons
                .iter()
                .any(|reason| reason.kind == ReasonKind::CommunityForce)
        );
    }
    // Neighbours can help, and come later; safety has no say in refuse.
    let neighbour = of(&all, &team("T-GL02-CM"));
    assert!(neighbour.cannot.is_none() && neighbour.score < all[2].score);
    assert_eq!(of(&all, &team("T-GL01-SA")).cannot, Some(Cannot::NotEntitled));
}

#[test]
fn a_department_s_matter_goes_to_the_department_that_leads() {
    let item = GUANLAN
        .catalogue
        .iter()
        .map(|(_, item)| item)
        .find(|item| item.class == Class::C && item.lead_department == "市场监管所")
        .unwrap();
    let all = proposals(
        vec![case(1, &item.code, at(middle("GL01-G01")))],
        &Duty::default(),
    );
    assert_eq!(all[0].handler, team("T-DEP07"));
    assert!(
        all[0]
            .reasons
            .iter()
            .any(|reason| reason.kind == ReasonKind::LeadDepartment)
    );
    assert_eq!(of(&all, &team("T-DEP01")).cannot, Some(Cannot::NotEntitled));
}

#[test]
fn in_a_block_a_small_matter_goes_to_the_chief_elsewhere_to_the_grid_officer() {
    let all = proposals(vec![case(1, "GL-A01", at(middle("GL-S1")))], &Duty::default());
    assert_eq!(all[0].handler, post("GL-S1-C"));
    let all = proposals(vec![case(1, "GL-A01", at(middle("GL05-G03")))], &Duty::default());
    assert_eq!(all[0].handler, post("GL05-G03-O"));
    assert_eq!(of(&all, &post("GL05-G02-O")).cannot, Some(Cannot::Elsewhere));
}

#[test]
fn a_side_that_was_chosen_counts_not_the_side_of_the_point() {
    let point = middle("GL05-G03");
    let chosen = Whereabouts::Point {
        at: point,
        stated: "".into(),
        grid: Some("GL05-G02".into()),
    };
    let all = proposals(vec![case(1, "GL-A01", chosen)], &Duty::default());
    assert_eq!(all[0].handler, post("GL05-G02-O"));
}

#[test]
fn whoever_can_t_take_it_is_told_why_and_stands_below() {
    let busy = team("T-GL01-CM");
    let capacity = GUANLAN.team("T-GL01-CM").unwrap().capacity;
    let place = at(middle("GL01-G01"));
    // It has this case, and all other hands full.
    let mut cases = vec![dispatched(1, "GL-B01", place.clone(), &busy)];
    assert_eq!(
        of(&proposals(cases.clone(), &Duty::default()), &busy).cannot,
        Some(Cannot::AlreadyThere)
    );
    cases[0] = case(1, "GL-B01", place.clone());
    cases.extend((0..i64::from(capacity)).map(|i| dispatched(10 + i, "GL-B02", place.clone(), &busy)));
    let full = proposals(cases, &Duty::default());
    assert_eq!(of(&full, &busy).cannot, Some(Cannot::Full));
    assert_ne!(full[0].handler, busy);
    let first_cannot = full.iter().position(|p| p.cannot.is_some()).unwrap();
    assert!(full[first_cannot..].iter().all(|p| p.cannot.is_some()));

    let one = || vec![case(1, "GL-B01", place.clone())];
    let until = |on| Until {
        on,
        until: now() + TimeDelta::hours(1),
        reason: "修车".into(),
    };
    let mut duty = Duty::default();
    duty.away.insert(busy.clone(), until(false));
    assert_eq!(
        of(&proposals(one(), &duty), &busy).cannot,
        Some(Cannot::Unavailable)
    );
    let mut duty = Duty::default();
    duty.shifts.insert(busy.clone(), until(false));
    assert_eq!(of(&proposals(one(), &duty), &busy).cannot, Some(Cannot::OffShift));

    let mut handed_back = one();
    handed_back[0].life_mut().handed_back.push(busy.clone());
    assert_eq!(
        of(&proposals(handed_back, &Duty::default()), &busy).cannot,
        Some(Cannot::HandedBack)
    );
}

#[test]
fn volunteers_are_not_sent_at_night() {
    let board = Board::new(vec![case(1, "GL-B01", at(middle("GL01-G01")))], &GUANLAN);
    let night = now() + TimeDelta::hours(15);
    let live = board.get(CaseId(1)).unwrap();
    let all = suggest(&GUANLAN, &board, &Duty::default(), live, night);
    assert_eq!(of(&all, &team("T-GL01-VO")).cannot, Some(Cannot::OffShift));
    // The roster knows better than the data.
    let mut duty = Duty::default();
    let on = Until {
        on: true,
        until: night + TimeDelta::hours(1),
        reason: String::new(),
    };
    duty.shifts.insert(team("T-GL01-VO"), on);
    let all = suggest(&GUANLAN, &board, &duty, live, night);
    assert_eq!(of(&all, &team("T-GL01-VO")).cannot, None);
}

#[test]
fn a_case_that_has_risen_may_go_to_departments() {
    let mut risen = case(1, "GL-B01", at(middle("GL01-G01")));
    let department = team("T-DEP03");
    let all = proposals(vec![risen.clone()], &Duty::default());
    assert_eq!(of(&all, &department).cannot, Some(Cannot::NotEntitled));
    risen.life_mut().level = Some(Level::Street);
    let all = proposals(vec![risen], &Duty::default());
    assert_eq!(of(&all, &department).cannot, None);
}

#[test]
fn where_no_point_is_known_officers_of_the_area_are_still_there() {
    let area = Whereabouts::Area {
        code: "GL05".into(),
        stated: "".into(),
    };
    let all = proposals(vec![case(1, "GL-B01", area)], &Duty::default());
    assert_eq!(of(&all, &post("GL05-SM")).cannot, None);
    assert_eq!(of(&all, &post("GL05-G02-O")).cannot, Some(Cannot::NotEntitled));
    assert_eq!(of(&all, &post("GL06-SM")).cannot, Some(Cannot::Elsewhere));
    let words = Whereabouts::Stated {
        stated: "观澜大道".into(),
    };
    let all = proposals(vec![case(1, "GL-B01", words)], &Duty::default());
    assert_eq!(of(&all, &post("GL06-SM")).cannot, None);
    assert!(all.iter().all(|proposal| proposal.distance_m().is_none()));
}

fn any_point() -> impl Strategy<Value = Wgs84> {
    let (min, max) = GUANLAN.places.bounds().unwrap();
    (min.lon..max.lon, min.lat..max.lat).prop_map(|(lon, lat)| Wgs84 { lon, lat })
}

fn any_item() -> impl Strategy<Value = Arc<str>> {
    (0..GUANLAN.catalogue.len()).prop_map(|i| {
        let (_, item) = GUANLAN.catalogue.iter().nth(i).unwrap();
        item.code.as_str().into()
    })
}

/// The score of one team for the case with number 1.
fn score(town: &Town, cases: Vec<Case>, handler: &Handler) -> i32 {
    let board = Board::new(cases, town);
    of(&proposals_of(town, &board, &Duty::default(), 1), handler).score
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reasons_add_up_and_the_order_is_that_of_the_scores(item in any_item(), point in any_point()) {
        let all = proposals(vec![case(1, &item, at(point))], &Duty::default());
        for proposal in &all {
            prop_assert_eq!(proposal.score, proposal.reasons.iter().map(|r| r.points).sum::<i32>());
        }
        for pair in all.windows(2) {
            let rank = |p: &Proposal| (p.cannot.is_some(), -p.score);
            prop_assert!(rank(&pair[0]) <= rank(&pair[1]));
        }
    }

    #[test]
    fn the_order_does_not_depend_on_the_order_of_the_data(
        item in any_item(), point in any_point(), turn in 0_usize..58
    ) {
        let board = Board::new(vec![case(1, &item, at(point))], &GUANLAN);
        let mut turned = GUANLAN.clone();
        turned.teams.rotate_left(turn);
        turned.posts.rotate_left(turn);
        let one = proposals_of(&GUANLAN, &board, &Duty::default(), 1);
        let other = proposals_of(&turned, &board, &Duty::default(), 1);
        prop_assert_eq!(codes(&one), codes(&other));
    }

    #[test]
    fn more_in_hand_never_helps(item in any_item(), point in any_point(), i in 0_usize..58, few in 0_i64..6, more in 1_i64..6) {
        let team = &GUANLAN.teams[i];
        let handler = Handler::Team(team.code.as_str().into());
        let load = |n: i64| {
            let others = (0..n).map(|k| dispatched(10 + k, "GL-B02", at(point), &handler));
            std::iter::once(case(1, &item, at(point))).chain(others).collect()
        };
        prop_assert!(score(&GUANLAN, load(few), &handler) >= score(&GUANLAN, load(few + more), &handler));
    }

    #[test]
    fn nearer_never_hurts(item in any_item(), point in any_point(), i in 0_usize..58, here in any_point(), there in any_point()) {
        let handler = Handler::Team(GUANLAN.teams[i].code.as_str().into());
        let (near, far) = if point.distance_m(here) < point.distance_m(there) { (here, there) } else { (there, here) };
        let from = |station| {
            let mut town = GUANLAN.clone();
            town.teams[i].station = station;
            score(&town, vec![case(1, &item, at(point))], &handler)
        };
        prop_assert!(from(near) >= from(far));
    }
}

#[test]
fn teams_of_all_kinds_are_looked_at() {
    let all = proposals(vec![case(1, "GL-A01", at(middle("GL01-G01")))], &Duty::default());
    for kind in [TeamKind::Department, TeamKind::Emergency, TeamKind::Volunteers] {
        let team = GUANLAN.teams.iter().find(|team| team.kind == kind).unwrap();
        of(&all, &Handler::Team(team.code.as_str().into()));
    }
}
