//! The ways beside the straight one, by keyboard alone: each step's key, form and refusal.

mod seat;

use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tempfile::TempDir;
use yipanqi::case::{Case, CaseId, Stage};
use yipanqi::store::Store;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::{Class, Lang, Level};
use yipanqi::ui::app::Hall;

use seat::{aohu, confirm, open, open_as, press, press_shift, report, settle, stage, town, type_text};

fn case(hall: &Harness<'_, Hall>, id: CaseId) -> Case {
    hall.state().board().get(id).unwrap().case.clone()
}

fn ctrl_z(hall: &mut Harness<'_, Hall>) {
    hall.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(hall);
}

#[test]
fn a_suspension_is_asked_for_at_one_seat_and_approved_at_another() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let id = report(&dir.path().join("book.db"), &town, "GL-A01", aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::A);
    press(&mut hall, Key::Z);
    type_text(&mut hall, "3");
    confirm(&mut hall);
    // The reason is missing; the date that was typed is kept.
    assert!(hall.query_by_label_contains("需要写明原因或情况").is_some());
    let reason = hall.get_by_label_contains("写明原因（必填）");
    reason.focus();
    hall.run_steps(2);
    type_text(&mut hall, "等供电公司停电");
    confirm(&mut hall);
    assert!(case(&hall, id).life.request.is_some());
    // The post that asked may not approve.
    press_shift(&mut hall, Key::Z);
    confirm(&mut hall);
    assert_eq!(stage(&hall, id), Some(Stage::Accepted));
    drop(hall);

    let mut hall = open_as(&dir, &town, Lang::Zh, "L-DUTY");
    press(&mut hall, Key::ArrowDown);
    assert!(
        hall.query_all_by_label_contains("等供电公司停电")
            .next()
            .is_some()
    );
    press_shift(&mut hall, Key::Z);
    confirm(&mut hall);
    assert_eq!(stage(&hall, id), Some(Stage::Suspended));
    assert_eq!(&*case(&hall, id).life.pauses[0].by, "L-DUTY");
    press_shift(&mut hall, Key::R);
    assert_eq!(stage(&hall, id), Some(Stage::Accepted));
}

#[test]
fn twins_are_merged_and_taken_apart_again() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let book = dir.path().join("book.db");
    let master = report(&book, &town, "GL-A01", aohu(&town));
    let twin = report(&book, &town, "GL-A01", aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::ArrowDown);
    assert_eq!(hall.state().selection().case, Some(twin));
    press(&mut hall, Key::M);
    type_text(&mut hall, &twin.to_string());
    confirm(&mut hall);
    assert!(
        hall.query_by_label_contains("它是本案").is_some(),
        "a case is not merged with itself"
    );
    hall.key_press(Key::Backspace);
    let other = hall.get_by_label_contains("并入哪一件案件");
    other.focus();
    hall.run_steps(2);
    hall.key_press(Key::Backspace);
    hall.run_steps(2);
    type_text(&mut hall, &master.to_string());
    confirm(&mut hall);
    assert_eq!(stage(&hall, twin), None);
    assert_eq!(case(&hall, master).life.twins, [twin]);
    assert_eq!(hall.state().board().counts(None).raw, 2);

    // The merged case is still selected: it comes back from the sheet.
    press_shift(&mut hall, Key::M);
    type_text(&mut hall, "不是一回事");
    confirm(&mut hall);
    settle(&mut hall);
    assert_eq!(stage(&hall, twin), Some(Stage::Reported));
    assert!(case(&hall, master).life.twins.is_empty());
}

#[test]
fn ones_own_last_step_is_undone_and_everything_else_is_not() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let id = report(&dir.path().join("book.db"), &town, "GL-A01", aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::A);
    assert_eq!(stage(&hall, id), Some(Stage::Accepted));
    assert!(hall.query_by_label_contains("撤销上一步（").is_some());
    ctrl_z(&mut hall);
    assert_eq!(stage(&hall, id), Some(Stage::Reported));
    drop(hall);

    // Another post can't undo it.
    let mut hall = open_as(&dir, &town, Lang::Zh, "D-GRID");
    press(&mut hall, Key::ArrowDown);
    ctrl_z(&mut hall);
    assert_eq!(case(&hall, id).version, 3);
}

#[test]
fn a_case_that_is_selected_again_shows_its_history_again() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let id = report(&dir.path().join("book.db"), &town, "GL-A01", aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::Escape);
    assert_eq!(hall.state().selection().case, None);
    // Settling waits for the history.
    press(&mut hall, Key::ArrowDown);
    assert_eq!(hall.state().selection().case, Some(id));
}

#[test]
fn a_case_is_reclassified_split_raised_and_helped() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let id = report(&dir.path().join("book.db"), &town, "GL-A01", aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::I);
    type_text(&mut hall, "GL-B05");
    press(&mut hall, Key::Enter);
    let reason = hall.get_by_label_contains("写明原因（必填）");
    reason.focus();
    hall.run_steps(2);
    type_text(&mut hall, "不是垃圾");
    confirm(&mut hall);
    let now = case(&hall, id);
    assert_eq!((now.class, &*now.item), (Class::B, "GL-B05"));
    assert_eq!(now.level(), Level::Community);

    press(&mut hall, Key::U);
    confirm(&mut hall);
    assert_eq!(case(&hall, id).level(), Level::Street);

    press(&mut hall, Key::A);
    press(&mut hall, Key::D);
    press(&mut hall, Key::Enter);
    assert_eq!(stage(&hall, id), Some(Stage::Dispatched));
    press(&mut hall, Key::Q);
    type_text(&mut hall, "应急分队");
    press(&mut hall, Key::Enter);
    confirm(&mut hall);
    assert_eq!(case(&hall, id).life.helpers.len(), 1);

    // Handed back: the desk has it again, and the first dispatch was not right.
    press(&mut hall, Key::H);
    type_text(&mut hall, "不归我队");
    confirm(&mut hall);
    let now = case(&hall, id);
    assert_eq!((now.stage, now.handler), (Stage::Accepted, None));
    assert!(!now.life.first_dispatch.as_ref().unwrap().right);

    // Split: a part is a case of its own, of the same place.
    press(&mut hall, Key::P);
    type_text(&mut hall, "GL-C0");
    press(&mut hall, Key::Enter);
    let reason = hall.get_by_label_contains("写明原因（必填）");
    reason.focus();
    hall.run_steps(2);
    type_text(&mut hall, "其中一处是大件");
    confirm(&mut hall);
    assert_eq!(case(&hall, id).life.parts, 1);
    let part = case(&hall, CaseId(id.0 + 1));
    assert_eq!((part.life.split_from, part.class), (Some(id), Class::C));
    assert_eq!(part.place, case(&hall, id).place);
    drop(hall);
    let store = SqliteStore::open(&dir.path().join("book.db")).unwrap();
    assert!(store.verify().unwrap().ok);
}

#[test]
fn a_closed_case_is_appraised_and_opened_again() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let id = report(&dir.path().join("book.db"), &town, "GL-A01", aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::A);
    press(&mut hall, Key::D);
    press(&mut hall, Key::Enter);
    press(&mut hall, Key::R);
    press(&mut hall, Key::F);
    type_text(&mut hall, "已清理");
    confirm(&mut hall);
    press(&mut hall, Key::V);
    press(&mut hall, Key::C);
    assert_eq!(stage(&hall, id), None);
    press(&mut hall, Key::O);
    press(&mut hall, Key::ArrowLeft);
    confirm(&mut hall);
    press_shift(&mut hall, Key::O);
    type_text(&mut hall, "又有垃圾");
    confirm(&mut hall);
    settle(&mut hall);
    assert_eq!(stage(&hall, id), Some(Stage::Accepted));
    assert_eq!(case(&hall, id).life.reopened, 1);
    drop(hall);
    let store = SqliteStore::open(&dir.path().join("book.db")).unwrap();
    let marks: Vec<u8> = store
        .history(id)
        .unwrap()
        .iter()
        .filter_map(|entry| match entry.action {
            yipanqi::case::Action::Appraise { mark, .. } => Some(mark),
            _ => None,
        })
        .collect();
    assert_eq!(marks, [4]);
    assert!(store.verify().unwrap().ok);
}
