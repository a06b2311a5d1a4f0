//! Boundaries that change: an entry of the hall, from a moment on; what was reported before keeps the grid it was in.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, TimeDelta, Utc};
use yipanqi::board::Board;
use yipanqi::case::{Area, Case, CaseId, CodeKind, Duty, DutyAction, Source, Whereabouts};
use yipanqi::desk::{self, Command, DutyFault, NewReport, Order, Refusal, Situation};
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Store, Which};
use yipanqi::town::boundary::{Change, Node, Plan, nudged, wgs84};
use yipanqi::town::{Name, PlaceKind, Role, Standing, Town, Wgs84};

static GUANLAN: LazyLock<Arc<Town>> = LazyLock::new(|| {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Arc::new(Town::load(&dir).unwrap_or_else(|faults| panic!("{faults}")))
});

fn post(role: Role) -> Arc<str> {
    let post = GUANLAN.posts.iter().find(|post| post.role == role);
    post.unwrap().code.as_str().into()
}

/// A hall without a window: its book, its town, its time.
struct Hall {
    _dir: tempfile::TempDir,
    store: SqliteStore,
    duty: Duty,
    town: Town,
    now: DateTime<Utc>,
}

impl Hall {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&dir.path().join("book.db")).unwrap();
        let mut hall = Self {
            _dir: dir,
            store,
            duty: Duty::default(),
            town: Town::clone(&GUANLAN),
            now: DateTime::from_timestamp(1_790_000_000, 0).unwrap(),
        };
        hall.stand();
        hall
    }

    /// Stands on the ground that holds now.
    fn stand(&mut self) {
        self.town = match self.duty.ground(&GUANLAN.places, self.now) {
            Some(ground) => GUANLAN.on_ground(ground),
            None => Town::clone(&GUANLAN),
        };
        self.store
            .set_standing(&Arc::new(Standing::of(&self.town)))
            .unwrap();
    }

    fn later(&mut self, by: TimeDelta) {
        self.now += by;
        self.stand();
    }

    fn give(&mut self, role: Role, order: Order) -> Result<CaseId, Refusal> {
        let command = Command {
            actor: post(role),
            seat: "1".into(),
            order,
        };
        let cases = Board::new(self.store.open_cases().unwrap(), &self.town);
        let situation = Situation {
            town: &self.town,
            cases: &cases,
            duty: &self.duty,
            now: self.now,
        };
        let drafts = desk::decide(&situation, command)?;
        let entries = self.store.append(drafts, &[]).unwrap();
        for entry in entries.iter().filter(|entry| entry.case == CaseId::HALL) {
            self.duty.apply(entry).unwrap();
        }
        self.stand();
        Ok(entries[0].case)
    }

    fn redraw(&mut self, change: Change, from: Option<DateTime<Utc>>) -> Result<(), Refusal> {
        let action = DutyAction::Redraw {
            number: self.duty.last_redraw + 1,
            change: Box::new(change),
            from,
            reason: "网格调整".into(),
            gaps: String::new(),
            withdraws: None,
        };
        self.give(Role::DutyLeader, Order::Duty(action)).map(|_| ())
    }

    fn report(&mut self, at: Wgs84) -> CaseId {
        let new = NewReport {
            item: GUANLAN.catalogue.iter().next().unwrap().1.code.as_str().into(),
            text: "测试".into(),
            place: Whereabouts::Point {
                at,
                stated: "".into(),
                grid: None,
            },
            source: Source::Patrol,
            reported_at: None,
            photos: Vec::new(),
        };
        self.give(Role::Dispatcher, Order::Report(new)).unwrap()
    }

    /// The base grid that the board, the sheet's own question and the facts give a case.
    fn grids(&self, id: CaseId) -> [String; 3] {
        let cases = self.store.open_cases().unwrap();
        let board = Board::new(cases, &self.town);
        let live = board.get(id).unwrap();
        let code = |id: Option<yipanqi::town::PlaceId>| {
            id.map_or(String::new(), |id| self.town.places.get(id).code.clone())
        };
        let fresh: Case = self.store.case(id).unwrap().unwrap();
        let asked = desk::permission::answerable(&self.town, &fresh).unwrap();
        let mut of_fact = String::new();
        self.store
            .read_facts(&mut |book| {
                book.each(Which::Reported(i64::MIN, i64::MAX), &mut |facts| {
                    for fact in facts.iter().filter(|fact| fact.case == id) {
                        let area = book.codes().get(CodeKind::Area, fact.area);
                        of_fact = Area::parse(area).base_grid.to_string();
                    }
                })
            })
            .unwrap();
        [code(live.answerable.base_grid), code(asked.base_grid), of_fact]
    }

    fn verified(&self) -> bool {
        self.store.verify_with(&[]).unwrap().ok
    }
}

/// Two base grids of one community and a corner that only they share, and a point that changes sides when it is moved.
fn border() -> (Plan, String, String, Node, Node, Wgs84) {
    let plan = Plan::of(&GUANLAN.places);
    let grids: Vec<_> = plan
        .shapes()
        .iter()
        .filter(|s| s.kind == PlaceKind::BaseGrid)
        .cloned()
        .collect();
    for a in &grids {
        for b in grids.iter().filter(|b| b.parent == a.parent && b.code != a.code) {
            for n in a.rings().flatten().filter(|n| b.rings().any(|r| r.contains(n))) {
                for (east, north) in [(25.0, 0.0), (-25.0, 0.0), (0.0, 25.0), (0.0, -25.0)] {
                    let to = nudged(*n, east, north);
                    let between = wgs84(nudged(*n, east / 3.0, north / 3.0));
                    let side = GUANLAN.places.at(between, PlaceKind::BaseGrid);
                    if side != GUANLAN.places.by_code(&b.code) {
                        continue;
                    }
                    let mut drawn = plan.clone();
                    if drawn.move_corner(&a.code, *n, to).is_err() {
                        continue;
                    }
                    let town = GUANLAN.on_ground(yipanqi::town::boundary::redrawn(
                        &GUANLAN.places,
                        [(DateTime::UNIX_EPOCH, &drawn.change())],
                    ));
                    if town.places.at(between, PlaceKind::BaseGrid) == town.places.by_code(&a.code) {
                        return (plan, a.code.clone(), b.code.clone(), *n, to, between);
                    }
                }
            }
        }
    }
    panic!("no such corner");
}

#[test]
fn an_old_case_keeps_the_grid_it_was_in_and_a_new_one_lies_in_the_new() {
    let (mut plan, a, b, from, to, at) = border();
    plan.move_corner(&a, from, to).unwrap();
    let mut hall = Hall::new();
    let old = hall.report(at);
    assert_eq!(hall.grids(old), [b.clone(), b.clone(), b.clone()]);
    hall.later(TimeDelta::hours(1));
    hall.redraw(plan.change(), None).unwrap();
    hall.later(TimeDelta::minutes(1));
    let new = hall.report(at);
    assert_eq!(hall.grids(old), [b.clone(), b.clone(), b.clone()]);
    assert_eq!(hall.grids(new), [a.clone(), a.clone(), a.clone()]);
    // Who is asked about the point follows at once.
    let officer = hall.town.answerable(at).grid_officer;
    assert_eq!(
        officer,
        GUANLAN
            .answerable_in(GUANLAN.places.by_code(&a).unwrap())
            .grid_officer
    );
    assert!(hall.verified());
    // Brought back by another entry, the line is where it was; the case in between keeps its grid, too.
    hall.later(TimeDelta::hours(1));
    let back = Change::between(&hall.town.places, &GUANLAN.places);
    hall.redraw(back, None).unwrap();
    let last = hall.report(at);
    assert_eq!(hall.grids(old)[0], b);
    assert_eq!(hall.grids(new), [a.clone(), a.clone(), a]);
    assert_eq!(hall.grids(last), [b.clone(), b.clone(), b]);
    assert!(hall.verified());
    hall.store.rebuild().unwrap();
    assert!(hall.verified());
}

#[test]
fn a_change_may_begin_later_and_be_withdrawn_until_then() {
    let (mut plan, a, b, from, to, at) = border();
    plan.move_corner(&a, from, to).unwrap();
    let mut hall = Hall::new();
    let begins = hall.now + TimeDelta::days(2);
    hall.redraw(plan.change(), Some(begins)).unwrap();
    let before = hall.report(at);
    assert_eq!(hall.grids(before)[0], b);
    let fault = |result: Result<(), Refusal>| match result {
        Err(Refusal::Duty { duty }) => duty,
        other => panic!("{other:?}"),
    };
    // Another change waits for this one.
    assert_eq!(fault(hall.redraw(plan.change(), None)), DutyFault::BoundaryWaits);
    let withdraw = |hall: &Hall| DutyAction::Redraw {
        number: hall.duty.last_redraw + 1,
        change: Box::default(),
        from: None,
        reason: "改期".into(),
        gaps: String::new(),
        withdraws: Some(hall.duty.boundaries.last().unwrap().number),
    };
    let action = withdraw(&hall);
    hall.give(Role::DutyLeader, Order::Duty(action)).unwrap();
    hall.later(TimeDelta::days(3));
    assert_eq!(
        hall.town.places.at(at, PlaceKind::BaseGrid),
        GUANLAN.places.by_code(&b)
    );
    // Once more, and it comes.
    let begins = hall.now + TimeDelta::days(1);
    hall.redraw(plan.change(), Some(begins)).unwrap();
    hall.later(TimeDelta::hours(23));
    let still = hall.report(at);
    hall.later(TimeDelta::hours(2));
    let then = hall.report(at);
    assert_eq!(hall.grids(still), [b.clone(), b.clone(), b]);
    assert_eq!(hall.grids(then), [a.clone(), a.clone(), a]);
    let action = withdraw(&hall);
    let late = hall.give(Role::DutyLeader, Order::Duty(action)).map(|_| ());
    assert_eq!(fault(late), DutyFault::BoundaryNothing);
    assert!(hall.verified());
}

#[test]
fn the_desk_takes_only_sound_boundaries_from_those_who_may() {
    let (mut plan, a, _, from, to, _) = border();
    let mut hall = Hall::new();
    plan.move_corner(&a, from, to).unwrap();
    let good = plan.change();
    let mut fault = |change: Change, from: Option<DateTime<Utc>>| match hall.redraw(change, from) {
        Err(Refusal::Duty { duty }) => duty,
        other => panic!("{other:?}"),
    };
    let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    assert_eq!(fault(Change::default(), None), DutyFault::BoundaryNothing);
    assert_eq!(fault(good.clone(), Some(now)), DutyFault::BoundaryDate);
    assert_eq!(
        fault(good.clone(), Some(now + TimeDelta::days(400))),
        DutyFault::BoundaryDate
    );
    // One side only: they lie over each other, or a gap opens.
    let mut lone = good.clone();
    lone.drawn.retain(|drawn| drawn.code == a);
    assert_eq!(fault(lone, None), DutyFault::BoundaryUnsound);
    let mut bow = good.clone();
    bow.drawn[0].outline[0][0].swap(1, 3);
    assert_eq!(fault(bow, None), DutyFault::BoundaryUnsound);
    let mut nowhere = good.clone();
    nowhere.drawn[0].outline[0][0][0] = [f64::NAN, 22.7];
    assert_eq!(fault(nowhere, None), DutyFault::BoundaryUnsound);
    // A grid that goes and leaves a hole needs words.
    let gone = Change {
        gone: vec![yipanqi::town::boundary::Gone {
            code: "GL05-G01".into(),
            into: None,
        }],
        ..Change::default()
    };
    assert_eq!(fault(gone.clone(), None), DutyFault::BoundaryGaps);
    let with_words = DutyAction::Redraw {
        number: 1,
        change: Box::new(gone),
        from: None,
        reason: "撤并".into(),
        gaps: "待测绘".into(),
        withdraws: None,
    };
    let may_not = hall.give(Role::Dispatcher, Order::Duty(with_words.clone()));
    assert!(matches!(may_not, Err(Refusal::NotAllowed { .. })), "{may_not:?}");
    hall.give(Role::DutyLeader, Order::Duty(with_words)).unwrap();
    assert!(hall.town.places.by_code("GL05-G01").is_none());
    let community = hall.town.places.by_code("GL05").unwrap();
    assert_eq!(hall.town.place_now("GL05-G01"), Some(community));
}

#[test]
fn the_people_of_a_merged_grid_go_to_the_one_that_stays() {
    let mut plan = Plan::of(&GUANLAN.places);
    let grids: Vec<String> = plan
        .shapes()
        .iter()
        .filter(|s| s.parent.as_deref() == Some("GL05") && s.kind == PlaceKind::BaseGrid)
        .map(|s| s.code.clone())
        .collect();
    let pair = grids.iter().flat_map(|a| grids.iter().map(move |b| (a, b)));
    let (kept, gone) = pair
        .clone()
        .find(|(a, b)| plan.clone().merge(a, b).is_ok())
        .unwrap();
    plan.merge(kept, gone).unwrap();
    let mut hall = Hall::new();
    let inside = GUANLAN.places.get(GUANLAN.places.by_code(gone).unwrap()).label_at;
    let old = hall.report(inside);
    hall.later(TimeDelta::hours(1));
    hall.redraw(plan.change(), None).unwrap();
    let of_gone = |town: &Town, code: &str| {
        town.posts
            .iter()
            .filter(|p| town.places.get(p.place).code == code)
            .count()
    };
    assert_eq!(
        of_gone(&hall.town, kept),
        of_gone(&GUANLAN, kept) + of_gone(&GUANLAN, gone)
    );
    // The old case is now in the hands of the grid that its own has become; its figures stay where they were.
    let [board, asked, fact] = hall.grids(old);
    assert_eq!([&board, &asked, &fact], [kept, kept, gone]);
    // A cut makes a grid that has nobody yet.
    let mut plan = Plan::of(&hall.town.places);
    let shape = plan.shape(kept).unwrap().clone();
    let corners: Vec<Node> = shape.rings().flatten().copied().collect();
    let cut = corners.iter().flat_map(|a| corners.iter().map(move |b| [*a, *b]));
    let name = Name {
        zh: "新网格".into(),
        en: String::new(),
    };
    let done = cut
        .take(4000)
        .any(|line| plan.split(kept, &line, ("GL05-G99", name.clone())).is_ok());
    assert!(done);
    hall.redraw(plan.change(), None).unwrap();
    assert_eq!(of_gone(&hall.town, "GL05-G99"), 0);
    assert!(hall.verified());
}
