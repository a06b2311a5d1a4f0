//! A drill in the window: its button, its mark, its clock, its people, its review, and the way back.

mod seat;

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tempfile::TempDir;
use yipanqi::case::Stage;
use yipanqi::store::Store;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::Lang;
use yipanqi::ui::app::{Hall, HallParts, Paths};
use yipanqi::ui::settings::Settings;

use seat::{press, settle, town};

/// A hall on an empty book, with a machine's clock that the test moves.
struct Room {
    dir: TempDir,
    clock: Rc<Cell<DateTime<Utc>>>,
    hall: Harness<'static, Hall>,
}

impl Room {
    fn new() -> Self {
        Self::with(|_| {})
    }

    /// `prepare` does something to the real book before the hall is opened.
    fn with(prepare: impl FnOnce(&mut SqliteStore)) -> Self {
        let dir = TempDir::new().unwrap();
        let clock = Rc::new(Cell::new("2026-11-25T02:00:00Z".parse().unwrap()));
        let book = dir.path().join("book.db");
        let shown = clock.clone();
        prepare(&mut SqliteStore::open(&book).unwrap());
        let parts = HallParts {
            town: town(),
            store: Box::new(SqliteStore::open(&book).unwrap()),
            paths: Paths {
                sample: dir.path().join("sample.db"),
                book,
                settings: None,
            },
            settings: Settings {
                lang: Lang::Zh,
                motion: false,
                ..Settings::default()
            },
            trouble: None,
            clock: Box::new(move || shown.get()),
        };
        let mut hall = Harness::builder()
            .with_size([1600.0, 900.0])
            .build_eframe(move |cc| Hall::new(&cc.egui_ctx, parts));
        settle(&mut hall);
        Self { dir, clock, hall }
    }

    fn drilling() -> Self {
        Self::new().begin()
    }

    fn begin(mut self) -> Self {
        let room = &mut self;
        room.hall.get_by_label_contains("开始一场演练").click();
        room.hall.run_steps(2);
        settle(&mut room.hall);
        assert!(room.hall.state().is_drill());
        self
    }

    /// Seconds of the machine pass, a frame each; the journal answers in between.
    fn pass(&mut self, secs: i64) {
        for _ in 0..secs {
            self.clock.set(self.clock.get() + TimeDelta::seconds(1));
            self.hall.run_steps(1);
            settle(&mut self.hall);
        }
    }

    fn until(&mut self, what: &str, is: impl Fn(&Harness<'static, Hall>) -> bool) {
        let patience = Instant::now() + Duration::from_secs(30);
        while !is(&self.hall) {
            assert!(Instant::now() < patience, "{what}");
            self.pass(1);
        }
    }

    fn shows(&self, label: &str) -> bool {
        self.hall.query_all_by_label_contains(label).next().is_some()
    }
}

#[test]
fn a_trainee_dispatches_and_simulated_units_answer() {
    let mut room = Room::drilling();
    assert!(room.shows("演练") && room.shows("案件均为模拟"));
    assert!(room.hall.state().board().is_empty(), "nothing has happened yet");
    room.hall.get_by_label("×600").click();
    room.hall.run_steps(2);
    room.until("nobody reports", |hall| !hall.state().board().is_empty());

    // Nobody accepts but the trainee.
    room.pass(6);
    assert!(
        room.hall
            .state()
            .board()
            .iter()
            .all(|live| live.case.stage == Stage::Reported)
    );
    press(&mut room.hall, Key::F8);
    let before = room.hall.state().board().len();
    room.pass(5);
    assert_eq!(room.hall.state().board().len(), before, "the clock stands");
    press(&mut room.hall, Key::ArrowDown);
    let id = room.hall.state().selection().case.unwrap();
    press(&mut room.hall, Key::A);
    press(&mut room.hall, Key::D);
    press(&mut room.hall, Key::Enter);
    let stage = |hall: &Harness<'_, Hall>| hall.state().board().get(id).map(|live| live.case.stage);
    assert_eq!(stage(&room.hall), Some(Stage::Dispatched));

    // The unit goes there, settles it, and an inspector closes it; or the unit hands it back.
    press(&mut room.hall, Key::F8);
    room.until("no unit answers", |hall| stage(hall) != Some(Stage::Dispatched));
}

#[test]
fn a_drill_ends_with_a_review_and_the_real_book_is_as_it_was() {
    let mut room = Room::drilling();
    room.hall.get_by_label("×600").click();
    room.hall.run_steps(2);
    room.pass(30);
    // Nothing is imported into a drill.
    room.hall.state_mut().import("cases.csv".into());
    room.hall.run_steps(2);
    assert!(room.shows("演练台账不导入"));

    press(&mut room.hall, Key::F6);
    assert!(room.shows("演练复盘") && room.shows("本席"));
    let own = room.hall.state().board().len();
    let patience = Instant::now() + Duration::from_secs(60);
    while !room.shows("中位") {
        assert!(
            Instant::now() < patience,
            "the automatic dispatcher does not come to an end"
        );
        std::thread::sleep(Duration::from_millis(20));
        room.hall.run_steps(1);
    }
    // Both have met as many reports: the number stands in both columns, and beside what still waits for the trainee.
    assert!(
        room.hall.query_all_by_label(&own.to_string()).count() >= 3,
        "{own}"
    );
    room.hall.get_by_label("回到我的台账").click();
    room.hall.run_steps(2);
    settle(&mut room.hall);
    assert!(!room.hall.state().is_drill());
    assert!(!room.shows("案件均为模拟"));
    assert!(room.shows("开始一场演练"), "the real book is empty");

    let open = |name: &str| SqliteStore::open(&room.dir.path().join(name)).unwrap();
    let real = open("book.db");
    assert_eq!((real.last_seq().unwrap(), real.drill().unwrap()), (0, None));
    let drill = open("book.drill.db");
    assert_eq!(drill.counts().unwrap().0 as usize, own);
    let mark = drill.drill().unwrap().unwrap();
    assert_eq!((mark.scenario.as_str(), mark.skill), ("ordinary-day", None));
    assert!(drill.verify().unwrap().ok);
    let (last, seed) = (drill.last_seq().unwrap(), mark.seed);
    drop((real, drill));

    // Another drill is another one; the last one is put aside, not lost.
    room.pass(2);
    room.hall
        .key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::D);
    room.hall.run_steps(2);
    settle(&mut room.hall);
    assert!(room.hall.state().is_drill());
    let old = SqliteStore::open(&room.dir.path().join("book.drill.old.db")).unwrap();
    assert_eq!(
        (old.last_seq().unwrap(), old.drill().unwrap().unwrap().seed),
        (last, seed)
    );
    let new = SqliteStore::open(&room.dir.path().join("book.drill.db")).unwrap();
    assert_ne!(new.drill().unwrap().unwrap().seed, seed);
}

#[test]
fn without_a_drill_its_keys_say_so() {
    let mut room = Room::new();
    press(&mut room.hall, Key::F8);
    assert!(room.shows("现在没有进行中的演练"));
    // A file that is in the way of a drill's book is left alone.
    let book = room.dir.path().join("book.drill.db");
    std::fs::write(&book, "a text").unwrap();
    room.hall
        .key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::D);
    room.hall.run_steps(2);
    assert!(!room.hall.state().is_drill());
    assert!(room.shows("book.drill.db"));
    assert_eq!(std::fs::read_to_string(&book).unwrap(), "a text");
}

#[test]
fn a_day_goes_by_to_its_end_and_the_review_opens_by_itself() {
    let mut room = Room::drilling();
    room.hall.get_by_label("×600").click();
    room.hall.run_steps(2);
    // A day at ten minutes a frame.
    room.pass(146);
    assert!(room.shows("演练已结束") && room.shows("演练复盘"));
    let seen = room.hall.state().board().len();
    room.pass(5);
    assert_eq!(room.hall.state().board().len(), seen);
}

#[test]
fn what_the_real_hall_has_changed_in_the_catalogue_does_not_hold_in_a_drill() {
    use yipanqi::case::{Action, CaseId, DutyAction};
    use yipanqi::store::Draft;

    let added = |store: &mut SqliteStore| {
        let mut item = town().catalogue.by_code("GL-A01").unwrap().clone();
        item.code = "X-1".into();
        item.version = 1;
        let action = DutyAction::EditItem {
            item: Box::new(item),
            reason: "试".into(),
        };
        let draft = Draft {
            case: Some(CaseId::HALL),
            based_on: 1,
            at: "2026-11-25T01:00:00Z".parse().unwrap(),
            actor: "L-DUTY".into(),
            seat: "1".into(),
            action: Action::Duty(Box::new(action)),
        };
        store.append(vec![draft], &[]).unwrap();
    };
    let room = Room::with(added);
    assert!(room.hall.state().town().catalogue.by_code("X-1").is_some());
    let mut room = room.begin();
    room.hall.get_by_label("×600").click();
    room.hall.run_steps(2);
    room.pass(12);
    assert!(room.hall.state().town().catalogue.by_code("X-1").is_none());
    assert!(!room.hall.state().board().is_empty());
}

#[test]
fn a_seat_that_is_locked_shows_the_mark_too() {
    use yipanqi::case::{Action, CaseId, DutyAction};
    use yipanqi::store::{Draft, DrillMark, secret};

    let mut room = Room::with(|store| {
        let draft = Draft {
            case: Some(CaseId::HALL),
            based_on: 1,
            at: "2026-11-25T01:00:00Z".parse().unwrap(),
            actor: "D-GOV".into(),
            seat: "1".into(),
            action: Action::Duty(Box::new(DutyAction::Passphrase { post: "D-GOV".into() })),
        };
        let mark = DrillMark {
            scenario: "ordinary-day".into(),
            seed: 3,
            cases: None,
            skill: Some(0.5),
        };
        store.set_drill(&mark).unwrap();
        store
            .set_secret(draft, "D-GOV", Some(&secret::hash("geheim!!").unwrap()))
            .unwrap();
    });
    assert!(room.hall.state().is_locked());
    room.hall.run_steps(2);
    assert!(room.shows("演练") && room.shows("ordinary-day"));
    assert!(!room.shows("×600"), "nothing can be done at a locked seat");
}
