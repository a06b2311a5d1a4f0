//! The time machine in the window: any minute of the book by keys, played, beside another, and nothing to command there.

mod seat;

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use tempfile::TempDir;
use yipanqi::case::{Action, CaseId, Report, Source, Stage, Whereabouts};
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Draft, Store};
use yipanqi::town::{Class, Lang, Town};
use yipanqi::ui::app::Hall;

use seat::{aohu, open, press, press_shift, settle, stage, town};

/// Two hours of work that ended ten minutes ago: case 1 comes up, is accepted, and closed as not ours; case 2 comes up later and
/// stays open.
fn book(dir: &TempDir, town: &Town) -> DateTime<Utc> {
    let now = Utc::now();
    let at = |minutes_ago: i64| now - TimeDelta::minutes(minutes_ago);
    let item = town.catalogue.by_code("GL-A01").unwrap();
    let report = |minutes_ago| {
        Action::Report(Box::new(Report {
            item: item.code.as_str().into(),
            class: item.class,
            centre: item.centre,
            severity: item.severity,
            text: "测试".into(),
            place: Whereabouts::Point {
                at: aohu(town),
                stated: "".into(),
                grid: None,
            },
            source: Source::Patrol,
            reported_at: at(minutes_ago),
            due_at: Some(at(minutes_ago) + TimeDelta::hours(1)),
            photos: Vec::new(),
            origin: None,
            outcome: None,
            limits: Some(item.limits()),
            item_version: 0,
            split_from: None,
        }))
    };
    let draft = |case: Option<i64>, based_on, minutes_ago, action| Draft {
        case: case.map(CaseId),
        based_on,
        at: at(minutes_ago),
        actor: town.posts[0].code.as_str().into(),
        seat: "1".into(),
        action,
    };
    let mut store = SqliteStore::open(&dir.path().join("book.db")).unwrap();
    let drafts = vec![
        draft(None, 0, 130, report(130)),
        draft(Some(1), 1, 100, Action::Accept { note: String::new() }),
        draft(None, 0, 70, report(70)),
        draft(
            Some(1),
            2,
            40,
            Action::Refuse {
                reason: "不是本街道".into(),
                owner: String::new(),
            },
        ),
        draft(Some(2), 1, 10, Action::Accept { note: String::new() }),
    ];
    store.append(drafts, &[]).unwrap();
    now
}

fn open_machine(dir: &TempDir, town: &std::sync::Arc<Town>) -> Harness<'static, Hall> {
    let mut hall = open(dir, town, Lang::Zh);
    hall.key_press_modifiers(Modifiers::COMMAND, Key::T);
    settle(&mut hall);
    hall
}

fn shown(hall: &Harness<'_, Hall>) -> Vec<(i64, Stage)> {
    let mut cases: Vec<(i64, Stage)> = hall
        .state()
        .shown_board()
        .iter()
        .map(|l| (l.case.id.0, l.case.stage))
        .collect();
    cases.sort_unstable();
    cases
}

fn minutes_back(hall: &Harness<'_, Hall>) -> i64 {
    let at = hall.state().looks_back_to().expect("the past is shown");
    ((Utc::now() - at).num_seconds() as f64 / 60.0).round() as i64
}

/// Runs frames until `done`.
fn wait(hall: &mut Harness<'_, Hall>, what: &str, done: impl Fn(&Harness<'_, Hall>) -> bool) {
    let patience = Instant::now() + Duration::from_secs(30);
    while !done(hall) {
        assert!(Instant::now() < patience, "{what}");
        std::thread::sleep(Duration::from_millis(2));
        hall.run_steps(1);
    }
}

#[test]
fn keys_go_to_any_minute_and_end_goes_back_to_now() {
    let dir = TempDir::new().unwrap();
    let town = town();
    book(&dir, &town);
    let mut hall = open_machine(&dir, &town);
    // The bar alone changes nothing.
    assert_eq!(hall.state().looks_back_to(), None);
    assert_eq!(shown(&hall), [(2, Stage::Accepted)]);
    press(&mut hall, Key::ArrowLeft);
    assert_eq!(minutes_back(&hall), 1);
    assert!(
        hall.query_by_label("回放").is_some(),
        "the band says that it is a replay"
    );
    press_shift(&mut hall, Key::ArrowLeft);
    assert_eq!(minutes_back(&hall), 61);
    assert_eq!(shown(&hall), [(1, Stage::Accepted), (2, Stage::Reported)]);
    assert!(
        hall.query_by_label_contains("待受理 1").is_some(),
        "counters show the past"
    );
    press_shift(&mut hall, Key::ArrowLeft);
    assert_eq!(shown(&hall), [(1, Stage::Reported)]);
    press_shift(&mut hall, Key::ArrowRight);
    press(&mut hall, Key::PageUp);
    assert_eq!(minutes_back(&hall), 61 + 24 * 60);
    assert!(shown(&hall).is_empty());
    assert!(hall.query_by_label_contains("此前台账还没有记录").is_some());
    press(&mut hall, Key::End);
    assert_eq!(hall.state().looks_back_to(), None);
    assert_eq!(shown(&hall), [(2, Stage::Accepted)]);
    assert!(hall.query_by_label("回放").is_none());
    // What is not past yet is now.
    press(&mut hall, Key::PageDown);
    assert_eq!(hall.state().looks_back_to(), None);
    hall.key_press_modifiers(Modifiers::COMMAND, Key::T);
    settle(&mut hall);
    assert!(hall.query_by_label("关闭时间机").is_none(), "the bar is closed");
}

#[test]
fn escape_closes_the_bar_at_now_and_leaves_a_moment_alone() {
    let dir = TempDir::new().unwrap();
    let town = town();
    book(&dir, &town);
    let mut hall = open_machine(&dir, &town);
    press_shift(&mut hall, Key::ArrowLeft);
    press(&mut hall, Key::Escape);
    press(&mut hall, Key::Escape);
    assert!(hall.state().looks_back_to().is_some());
    press(&mut hall, Key::End);
    assert!(hall.query_by_label("关闭时间机").is_some());
    press(&mut hall, Key::Escape);
    assert!(hall.query_by_label("关闭时间机").is_none());
}

#[test]
fn in_the_past_nothing_can_be_commanded_and_the_hall_goes_on() {
    let dir = TempDir::new().unwrap();
    let town = town();
    book(&dir, &town);
    let mut hall = open_machine(&dir, &town);
    press_shift(&mut hall, Key::ArrowLeft);
    let of_class_a: Vec<CaseId> = hall.state().shown_board().queue(Class::A, None).to_vec();
    hall.state_mut().select(of_class_a[0]);
    settle(&mut hall);
    assert_eq!(hall.state().selection().case, Some(CaseId(1)));
    // The sheet shows the case as it was, and its steps can't be taken.
    let button = hall.get_by_label_contains("派遣  D");
    assert!(button.accesskit_node().is_disabled(), "a step of the past");
    for key in [Key::A, Key::D, Key::Enter, Key::X] {
        press(&mut hall, key);
    }
    hall.key_press_modifiers(Modifiers::COMMAND, Key::N);
    settle(&mut hall);
    assert!(hall.query_by_label_contains("正在回放，不能下命令").is_some());
    // The command line doesn't get through either.
    hall.state_mut().type_line("受理 2");
    settle(&mut hall);
    hall.key_press(Key::Enter);
    settle(&mut hall);
    hall.key_press(Key::Escape);
    settle(&mut hall);
    let store = SqliteStore::open(&dir.path().join("book.db")).unwrap();
    assert_eq!(store.last_seq().unwrap(), 5, "nothing was written");
    drop(store);
    // Another seat goes on working: the band counts it, and the past stays.
    let id = seat::report(&dir.path().join("book.db"), &town, "GL-A01", aohu(&town));
    wait(&mut hall, "the other seat's case arrives", |hall| {
        stage(hall, id).is_some()
    });
    hall.run_steps(2);
    assert!(hall.query_by_label_contains("现在：+1 条").is_some());
    assert!(!shown(&hall).iter().any(|(case, _)| *case == id.0));
    press(&mut hall, Key::End);
    assert!(shown(&hall).iter().any(|(case, _)| *case == id.0));
}

#[test]
fn the_past_is_played_up_to_now() {
    let dir = TempDir::new().unwrap();
    let town = town();
    book(&dir, &town);
    let mut hall = open_machine(&dir, &town);
    for _ in 0..3 {
        press_shift(&mut hall, Key::ArrowLeft);
    }
    assert!(shown(&hall).is_empty());
    for _ in 0..5 {
        press(&mut hall, Key::Period);
    }
    // Frames of tests are a quarter of a second: at 3600×, a quarter of an hour.
    hall.key_press(Key::Space);
    let mut seen = vec![shown(&hall)];
    let patience = Instant::now() + Duration::from_secs(60);
    while hall.state().looks_back_to().is_some() {
        assert!(Instant::now() < patience, "the past is played to its end");
        hall.run_steps(1);
        let now = shown(&hall);
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let reported = |id| (id, Stage::Reported);
    let accepted = |id| (id, Stage::Accepted);
    assert_eq!(seen.first(), Some(&Vec::new()));
    assert!(
        seen.contains(&vec![reported(1)]) || seen.contains(&vec![accepted(1)]),
        "{seen:?}"
    );
    assert_eq!(seen.last(), Some(&vec![accepted(2)]));
    hall.run_steps(2);
    assert!(hall.query_by_label_contains("已放到现在").is_some());
}

#[test]
fn a_moment_can_be_typed_and_two_moments_stand_side_by_side() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let now = book(&dir, &town);
    let mut hall = open_machine(&dir, &town);
    let at = (now - TimeDelta::minutes(61)).with_timezone(&town.timezone);
    hall.get_by_label("时刻").focus();
    hall.run_steps(2);
    hall.key_press_modifiers(Modifiers::COMMAND, Key::A);
    hall.run_steps(1);
    seat::type_text(&mut hall, &at.format("%Y-%m-%d %H:%M").to_string());
    press(&mut hall, Key::Enter);
    assert_eq!(shown(&hall), [(1, Stage::Accepted), (2, Stage::Reported)]);
    hall.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::T);
    settle(&mut hall);
    assert!(hall.query_by_label("新增 0 件").is_some());
    assert!(hall.query_by_label("已了结 1 件").is_some());
    assert!(hall.query_by_label("两刻都未结 1 件").is_some());
    // A case of the list is looked at.
    hall.get_by_label_contains("1  A ").click();
    settle(&mut hall);
    assert_eq!(hall.state().selection().case, Some(CaseId(1)));
    // The second moment can be moved by itself.
    hall.get_by_label("乙刻 B").click();
    settle(&mut hall);
    press_shift(&mut hall, Key::ArrowLeft);
    press_shift(&mut hall, Key::ArrowLeft);
    assert!(
        hall.query_by_label("已了结 1 件").is_some(),
        "from A to a B before it, case 2 is gone"
    );
    assert_eq!(
        shown(&hall),
        [(1, Stage::Accepted), (2, Stage::Reported)],
        "A stays"
    );
    hall.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::T);
    settle(&mut hall);
    assert!(hall.query_by_label("已了结 1 件").is_none());
}

#[test]
fn the_bar_speaks_english_too() {
    let dir = TempDir::new().unwrap();
    let town = town();
    book(&dir, &town);
    let mut hall = open_machine(&dir, &town);
    press_shift(&mut hall, Key::ArrowLeft);
    press(&mut hall, Key::L);
    assert!(hall.query_by_label("Replay").is_some());
    assert!(hall.query_by_label_contains("Slider of time").is_some());
}
