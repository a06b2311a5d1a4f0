//! The seat through the window: passphrases, the lock, taking over, the handover with two posts, alarms.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tempfile::TempDir;
use yipanqi::board::Board;
use yipanqi::case::{Action, CaseId, Duty, DutyAction, Entry, Source, Whereabouts};
use yipanqi::desk::{self, Command, NewReport, Order, Situation};
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Draft, Store, secret};
use yipanqi::town::{Lang, Town};
use yipanqi::ui::app::{Hall, HallParts, Paths};
use yipanqi::ui::settings::Settings;

const PASSPHRASE: &str = "观澜 2026";

/// A hall on a book in a folder of its own, with a clock that the test moves.
struct Seat {
    dir: TempDir,
    town: Arc<Town>,
    ahead_secs: Arc<AtomicI64>,
}

impl Seat {
    fn new() -> Self {
        let town = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
        Self {
            dir: TempDir::new().unwrap(),
            town: Arc::new(Town::load(&town).unwrap()),
            ahead_secs: Arc::new(AtomicI64::new(0)),
        }
    }

    fn book(&self) -> PathBuf {
        self.dir.path().join("book.db")
    }

    fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.book()).unwrap()
    }

    fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(self.ahead_secs.load(Ordering::Relaxed))
    }

    fn wait(&self, secs: i64) {
        self.ahead_secs.fetch_add(secs, Ordering::Relaxed);
    }

    /// Opens a case, as a phone would.
    fn report(&self, item: &str) -> CaseId {
        let board = Board::new(Vec::new(), &self.town);
        let situation = Situation {
            town: &self.town,
            cases: &board,
            duty: &Duty::default(),
            now: self.now(),
        };
        let new = NewReport {
            item: item.into(),
            text: "测试".into(),
            place: Whereabouts::Stated {
                stated: "桥下".into(),
            },
            source: Source::Patrol,
            reported_at: None,
            photos: Vec::new(),
        };
        let command = Command {
            actor: "D-GOV".into(),
            seat: "9".into(),
            order: Order::Report(new),
        };
        let drafts = desk::decide(&situation, command).unwrap();
        self.store().append(drafts, &[]).unwrap()[0].case
    }

    /// Gives the post a passphrase.
    fn guard(&self, post: &str) {
        let draft = Draft {
            case: Some(CaseId::HALL),
            based_on: Draft::ANY_VERSION,
            at: self.now(),
            actor: post.into(),
            seat: "1".into(),
            action: Action::Duty(Box::new(DutyAction::Passphrase { post: post.into() })),
        };
        let phc = secret::hash(PASSPHRASE).unwrap();
        self.store().set_secret(draft, post, Some(&phc)).unwrap();
    }

    fn open(&self, lang: Lang, seat: &str) -> Harness<'static, Hall> {
        let settings = Settings {
            lang,
            motion: false,
            seat: seat.into(),
            ..Settings::default()
        };
        let paths = Paths {
            book: self.book(),
            sample: self.dir.path().join("sample.db"),
            settings: None,
        };
        let ahead = self.ahead_secs.clone();
        let parts = HallParts {
            town: self.town.clone(),
            store: Box::new(self.store()),
            paths,
            settings,
            trouble: None,
            clock: Box::new(move || Utc::now() + TimeDelta::seconds(ahead.load(Ordering::Relaxed))),
        };
        let mut harness = Harness::builder()
            .with_size([1366.0, 768.0])
            .build_eframe(move |cc| Hall::new(&cc.egui_ctx, parts));
        settle(&mut harness);
        harness
    }

    fn hall_entries(&self) -> Vec<Entry> {
        self.store().history(CaseId::HALL).unwrap()
    }

    fn codes(&self) -> Vec<String> {
        let line = |entry: &Entry| match &entry.action {
            Action::Duty(action) => format!("{} {}", entry.actor, action.code()),
            _ => String::new(),
        };
        self.hall_entries().iter().map(line).collect()
    }
}

/// Runs frames until the journal and every worker has answered.
fn settle(harness: &mut Harness<'_, Hall>) {
    let patience = Instant::now() + Duration::from_secs(30);
    harness.run_steps(3);
    while !harness.state().is_settled() {
        assert!(Instant::now() < patience, "the hall does not settle");
        std::thread::sleep(Duration::from_millis(5));
        harness.run_steps(1);
    }
    harness.run_steps(3);
}

fn press(harness: &mut Harness<'_, Hall>, key: Key) {
    harness.key_press(key);
    settle(harness);
}

fn chord(harness: &mut Harness<'_, Hall>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    settle(harness);
}

fn type_text(harness: &mut Harness<'_, Hall>, text: &str) {
    harness.event(Event::Text(text.to_owned()));
    settle(harness);
}

fn click(harness: &mut Harness<'_, Hall>, text: &str) {
    harness.get_by_label(text).click();
    settle(harness);
}

fn shows(harness: &Harness<'_, Hall>, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

fn fill(harness: &mut Harness<'_, Hall>, field: &str, text: &str) {
    harness.get_by_role_and_label(Role::PasswordInput, field).focus();
    harness.run_steps(2);
    type_text(harness, text);
}

/// Signs another post in through the window of the seat.
fn take_over(harness: &mut Harness<'_, Hall>, post: &str) {
    press(harness, Key::F2);
    harness.get_by_role(Role::ComboBox).click();
    settle(harness);
    harness.get_by_label_contains(&format!("{post} · ")).click();
    settle(harness);
    harness.get_by_role_and_label(Role::Button, "上岗").click();
    settle(harness);
    press(harness, Key::Escape);
}

#[test]
fn a_fresh_book_opens_free_and_a_passphrase_set_there_is_asked_for_at_the_next_start() {
    let seat = Seat::new();
    seat.report("GL-A01");
    let mut hall = seat.open(Lang::Zh, "1");
    assert!(!hall.state().is_locked());
    assert!(shows(&hall, "待受理 1"));
    press(&mut hall, Key::F10);
    assert!(!hall.state().is_locked(), "there is nothing to lock it with");

    press(&mut hall, Key::F2);
    assert!(shows(&hall, "本席未设口令"));
    fill(&mut hall, "新口令", PASSPHRASE);
    fill(&mut hall, "再输一次", "别的口令");
    hall.get_by_role_and_label(Role::Button, "设置口令").click();
    settle(&mut hall);
    assert!(seat.store().secrets().unwrap().is_empty(), "the two differ");
    hall.get_by_role_and_label(Role::PasswordInput, "再输一次")
        .focus();
    hall.run_steps(2);
    chord(&mut hall, Modifiers::COMMAND, Key::A);
    type_text(&mut hall, PASSPHRASE);
    hall.get_by_role_and_label(Role::Button, "设置口令").click();
    settle(&mut hall);
    assert!(shows(&hall, "口令已设置"));
    drop(hall);
    let secrets = seat.store().secrets().unwrap();
    assert_eq!(secrets[0].0, "D-GOV");
    assert!(secret::verify(PASSPHRASE, &secrets[0].1).unwrap());
    assert_eq!(seat.codes(), ["D-GOV passphrase"]);
    let text = format!("{:?}", seat.hall_entries());
    assert!(!text.contains("argon2") && !text.contains(PASSPHRASE), "{text}");
    assert!(seat.store().verify().unwrap().ok);

    let hall = seat.open(Lang::Zh, "1");
    assert!(hall.state().is_locked());
}

#[test]
fn a_locked_seat_shows_no_case_takes_no_key_and_opens_to_the_right_passphrase_only() {
    let seat = Seat::new();
    seat.report("GL-A01");
    seat.guard("D-GOV");
    let mut hall = seat.open(Lang::Zh, "1");
    for hidden in ["待受理", "测试", "告警", "暴露垃圾"] {
        assert!(!shows(&hall, hidden), "{hidden}");
    }
    press(&mut hall, Key::Tab);
    for key in [Key::ArrowDown, Key::F2, Key::F4, Key::Questionmark] {
        press(&mut hall, key);
    }
    chord(&mut hall, Modifiers::COMMAND, Key::N);
    chord(&mut hall, Modifiers::COMMAND, Key::D);
    assert_eq!(hall.state().selection().case, None);
    assert!(hall.state().is_locked());

    fill(&mut hall, "口令", "不是它");
    press(&mut hall, Key::Enter);
    assert!(hall.state().is_locked());
    assert!(shows(&hall, "口令不对"));
    assert!(shows(&hall, "请等 1 秒"));
    seat.wait(2);
    fill(&mut hall, "口令", PASSPHRASE);
    press(&mut hall, Key::Enter);
    assert!(!hall.state().is_locked());
    assert!(shows(&hall, "待受理 1"));
    let seated = hall.state().duty().seats.get("1").unwrap();
    assert_eq!(&*seated.post, "D-GOV");

    // Nobody has touched anything for a quarter of an hour.
    hall.run_steps(2);
    seat.wait(15 * 60 - 5);
    hall.run_steps(2);
    assert!(!hall.state().is_locked());
    seat.wait(10);
    hall.run_steps(3);
    assert!(hall.state().is_locked());
    fill(&mut hall, "口令", PASSPHRASE);
    press(&mut hall, Key::Enter);
    assert!(!hall.state().is_locked());
    assert_eq!(
        seat.codes(),
        ["D-GOV passphrase", "D-GOV sign_in"],
        "unlocking is no new sign-in"
    );
}

#[test]
fn another_post_takes_over_and_open_drafts_are_kept() {
    let seat = Seat::new();
    let id = seat.report("GL-A01");
    let mut hall = seat.open(Lang::Zh, "1");
    take_over(&mut hall, "综治调度席");
    press(&mut hall, Key::ArrowDown);
    assert_eq!(hall.state().selection().case, Some(id));
    press(&mut hall, Key::X);
    type_text(&mut hall, "写了一半");
    take_over(&mut hall, "应急调度席");
    assert!(
        hall.query_all_by_value("写了一半").next().is_some(),
        "the draft is kept"
    );
    let duty = hall.state().duty();
    assert_eq!(&*duty.seats.get("1").unwrap().post, "D-EME");
    let entries = seat.hall_entries();
    let Action::Duty(last) = &entries.last().unwrap().action else {
        panic!("no entry of the hall");
    };
    let relieves = Some("D-GOV".into());
    assert_eq!(**last, DutyAction::SignIn { relieves });
    // The new post acts from now on.
    hall.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    settle(&mut hall);
    let history = seat.store().history(id).unwrap();
    assert_eq!(&*history.last().unwrap().actor, "D-EME");
}

#[test]
fn a_handover_is_drawn_up_completed_signed_and_taken_over_by_another_post() {
    let seat = Seat::new();
    seat.report("GL-A01");
    let mut hall = seat.open(Lang::Zh, "1");
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::A);
    press(&mut hall, Key::W);
    press(&mut hall, Key::F4);
    type_text(&mut hall, "手写补充。");
    click(&mut hall, "签字交班");
    let handover = hall.state().duty().open_handover().unwrap().clone();
    for line in ["未结 1 件", "关注 1 件", "受理 1", "手写补充。"] {
        assert!(handover.text.contains(line), "{line}: {}", handover.text);
    }
    // Whoever handed over can't take over.
    assert!(shows(&hall, "接班要由另一个岗位签字"));
    click(&mut hall, "签字接班");
    assert_eq!(hall.state().duty().handovers[0].taken, None);
    press(&mut hall, Key::Escape);
    take_over(&mut hall, "应急调度席");
    press(&mut hall, Key::F4);
    type_text(&mut hall, "已阅");
    click(&mut hall, "签字接班");
    let taken = hall.state().duty().handovers[0].taken.clone().unwrap();
    assert_eq!((&*taken.0, taken.2.as_str()), ("D-EME", "已阅"));
    assert!(shows(&hall, "1 · "), "it can be read again");
    assert_eq!(
        seat.codes(),
        [
            "D-GOV watch",
            "D-GOV handover",
            "D-EME sign_in",
            "D-EME take_over"
        ]
    );
}

#[test]
fn an_alarm_is_acknowledged_for_all_seats() {
    let seat = Seat::new();
    let of_class_d = |(_, item): &(_, &yipanqi::town::Item)| item.class == yipanqi::town::Class::D;
    let item = seat
        .town
        .catalogue
        .iter()
        .find(of_class_d)
        .unwrap()
        .1
        .code
        .clone();
    let id = seat.report(&item);
    let mut first = seat.open(Lang::Zh, "1");
    let mut second = seat.open(Lang::En, "2");
    assert!(shows(&first, "告警 1"));
    assert!(shows(&first, "D 类未受理"));
    assert!(shows(&second, "Alarms 1"));
    chord(&mut first, Modifiers::SHIFT, Key::L);
    assert!(shows(&first, "告警 0"));
    let patience = Instant::now() + Duration::from_secs(20);
    while !shows(&second, "Alarms 0") {
        assert!(Instant::now() < patience, "the other seat does not hear of it");
        second.run_steps(1);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(first.state().alarms().lists().acknowledged[0].case, id);

    // By the list: shelved with a reason, and back at its end.
    chord(&mut first, Modifiers::COMMAND, Key::L);
    click(&mut first, "已确认 1");
    click(&mut first, "搁置");
    let field = first.get_by_role_and_label(Role::TextInput, "为什么搁置（必填）");
    field.focus();
    first.run_steps(2);
    type_text(&mut first, "等会议");
    press(&mut first, Key::Enter);
    assert_eq!(first.state().alarms().lists().shelved.len(), 1);
    seat.wait(15 * 60 + 2);
    first.run_steps(4);
    assert_eq!(first.state().alarms().lists().new.len(), 1);
}

#[test]
fn somebody_is_put_off_shift_and_marked_away() {
    let seat = Seat::new();
    let mut hall = seat.open(Lang::Zh, "1");
    press(&mut hall, Key::F3);
    type_text(&mut hall, "新澜社区城管队");
    let off = hall.get_by_label_contains("改为不在岗，到");
    off.click();
    settle(&mut hall);
    assert!(shows(&hall, "不在岗（人工指定到"));
    let field = hall.get_by_role_and_label(Role::TextInput, "原因（必填）");
    field.focus();
    hall.run_steps(2);
    type_text(&mut hall, "车坏了");
    click(&mut hall, "标为暂不可派");
    assert!(shows(&hall, "暂不可派，到"));
    let who = yipanqi::town::Handler::Team("T-GL01-CM".into());
    let duty = hall.state().duty();
    let now = seat.now();
    assert_eq!(duty.on_shift(&who, now), Some(false));
    assert_eq!(duty.away(&who, now).unwrap().reason, "车坏了");
    click(&mut hall, "恢复可派");
    assert_eq!(hall.state().duty().away(&who, seat.now()), None);
}
