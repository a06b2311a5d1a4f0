//! The whole loop through the window, as a keyboard and a screen reader see it: from a report to closure on the board,
//! and again after a new start.

mod seat;

use std::time::{Duration, Instant};

use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tempfile::TempDir;
use yipanqi::case::Stage;
use yipanqi::desk::{Args, Command, Order};
use yipanqi::store::Store;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::{Datum, Lang, PlaceKind};
use yipanqi::ui::app::Hall;

use seat::{aohu, decide, open, press, report, settle, stage, town, type_text};

#[test]
fn one_case_goes_from_report_to_closure_by_keyboard_and_is_there_after_a_new_start() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let id = report(&dir.path().join("book.db"), &town, "GL-A01", aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);

    press(&mut hall, Key::ArrowDown);
    assert_eq!(hall.state().selection().case, Some(id));
    press(&mut hall, Key::A);
    assert_eq!(stage(&hall, id), Some(Stage::Accepted));

    // The first proposal answers for the block: its street chief. Enter takes it.
    press(&mut hall, Key::D);
    press(&mut hall, Key::Enter);
    assert_eq!(stage(&hall, id), Some(Stage::Dispatched));
    let handler = hall
        .state()
        .board()
        .get(id)
        .unwrap()
        .case
        .handler
        .clone()
        .unwrap();
    let chief = town.answerable(aohu(&town)).street_chief.unwrap();
    assert_eq!(
        handler.to_string(),
        format!("post:{}", town.posts[chief.0 as usize].code)
    );
    assert_eq!(hall.state().board().load(&handler), 1);

    press(&mut hall, Key::R);
    assert_eq!(stage(&hall, id), Some(Stage::InHand));

    // Without words a rectification is refused beside its form.
    press(&mut hall, Key::F);
    hall.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    settle(&mut hall);
    assert_eq!(stage(&hall, id), Some(Stage::InHand));
    assert!(hall.query_by_label_contains("需要写明原因或情况").is_some());
    type_text(&mut hall, "已清理");
    hall.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    settle(&mut hall);
    assert_eq!(stage(&hall, id), Some(Stage::Rectified));

    // Sent back, mended, verified, closed.
    press(&mut hall, Key::B);
    type_text(&mut hall, "还有残留");
    hall.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    settle(&mut hall);
    assert_eq!(stage(&hall, id), Some(Stage::InHand));
    press(&mut hall, Key::F);
    type_text(&mut hall, "全部清理完毕");
    hall.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    settle(&mut hall);
    press(&mut hall, Key::V);
    assert_eq!(stage(&hall, id), Some(Stage::Verified));
    press(&mut hall, Key::C);
    assert_eq!(stage(&hall, id), None, "a closed case leaves the board");
    drop(hall);

    let store = SqliteStore::open(&dir.path().join("book.db")).unwrap();
    assert_eq!(store.case(id).unwrap().unwrap().stage, Stage::Closed);
    assert!(store.verify().unwrap().ok);
    let steps: Vec<&str> = store
        .history(id)
        .unwrap()
        .iter()
        .filter_map(|e| e.action.step())
        .map(yipanqi::case::Step::code)
        .collect();
    let expected = [
        "accept",
        "dispatch",
        "arrive",
        "rectify",
        "send_back",
        "rectify",
        "verify",
        "close",
    ];
    assert_eq!(steps, expected);
}

#[test]
fn a_party_grid_team_is_found_by_its_name_and_sent() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let id = report(&dir.path().join("book.db"), &town, "GL-B05", aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);
    press(&mut hall, Key::Num2);
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::A);
    press(&mut hall, Key::D);
    type_text(&mut hall, "党建网格");
    press(&mut hall, Key::Enter);
    let handler = hall
        .state()
        .board()
        .get(id)
        .unwrap()
        .case
        .handler
        .clone()
        .unwrap();
    let team = town.answerable(aohu(&town)).party_grid_team.unwrap();
    assert_eq!(
        handler.to_string(),
        format!("team:{}", town.teams[team.0 as usize].code)
    );
}

#[test]
fn a_seat_that_was_too_slow_is_told_and_keeps_its_words() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let book = dir.path().join("book.db");
    let id = report(&book, &town, "GL-A01", aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::X);
    type_text(&mut hall, "不属于本街道");

    // Another seat accepts the case in between.
    let mut other = SqliteStore::open(&book).unwrap();
    let order = Order::Move {
        case: id,
        based_on: 1,
        step: yipanqi::case::Step::Accept,
        args: Args::default(),
    };
    let case = other.case(id).unwrap();
    let actor = town.posts[0].code.as_str().into();
    let command = Command {
        actor,
        seat: "2".into(),
        order,
    };
    let drafts = decide(&town, case, command);
    other.append(drafts, &[]).unwrap();

    hall.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    settle(&mut hall);
    // Whether the window had heard of the other seat yet or not: nothing is overwritten, and both words are kept.
    let store = SqliteStore::open(&book).unwrap();
    let versions: Vec<u32> = store.history(id).unwrap().iter().map(|e| e.version).collect();
    assert!(store.verify().unwrap().ok);
    if versions == [1, 2] {
        assert!(hall.query_by_label_contains("被其他席位办过").is_some());
        assert!(
            hall.query_all_by_value("不属于本街道").next().is_some(),
            "the typed reason is kept"
        );
    } else {
        assert_eq!(
            versions,
            [1, 2, 3],
            "the seat saw the other's entry first, and refused an accepted case"
        );
    }
}

#[test]
fn both_languages_and_themes_can_be_switched_while_running() {
    let dir = TempDir::new().unwrap();
    let town = town();
    report(&dir.path().join("book.db"), &town, "GL-A01", aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);
    assert!(hall.query_by_label_contains("待受理 1").is_some());
    press(&mut hall, Key::L);
    assert!(hall.query_by_label_contains("To accept 1").is_some());
    press(&mut hall, Key::T);
    press(&mut hall, Key::L);
    assert!(hall.query_by_label_contains("待受理 1").is_some());
    press(&mut hall, Key::Questionmark);
    assert!(
        hall.query_by_label_contains("走下一步").is_some(),
        "the keys are shown"
    );
}

/// Presses the button that holds this text.
fn click(harness: &mut Harness<'_, Hall>, text: &str) {
    harness.get_by_label_contains(text).click();
    settle(harness);
}

/// Runs frames until something on screen holds this text.
fn wait_for(harness: &mut Harness<'_, Hall>, text: &str) {
    let patience = Instant::now() + Duration::from_secs(20);
    while harness.query_all_by_label_contains(text).next().is_none() {
        assert!(Instant::now() < patience, "'{text}' does not appear");
        std::thread::sleep(Duration::from_millis(5));
        harness.run_steps(1);
    }
}

#[test]
fn a_file_of_a_web_map_is_asked_for_its_datum_and_read_in_it() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let file = dir.path().join("上报.csv");
    let mut rows = "编号,问题类型,描述,上报时间,经度,纬度,社区\n".to_owned();
    for (i, (_, grid)) in town.places.of_kind(PlaceKind::BaseGrid).enumerate() {
        let community = &town.places.get(grid.parent.unwrap()).name.zh;
        let [lon, lat] = Datum::Gcj02.of_wgs84(grid.label_at);
        rows.push_str(&format!(
            "{i},暴露垃圾,路边,2026-11-02 09:30:00,{lon:.6},{lat:.6},{community}\n"
        ));
    }
    std::fs::write(&file, rows).unwrap();
    let mut hall = open(&dir, &town, Lang::Zh);
    hall.state_mut().import(file);
    wait_for(&mut hall, "下一步：对应事项");
    assert!(hall.query_by_label_contains("坐标系").is_some());
    click(&mut hall, "下一步：对应事项");
    wait_for(&mut hall, "试导入");
    click(&mut hall, "试导入");
    wait_for(&mut hall, "改按 GCJ-02 重新试导入");
    assert!(hall.query_by_label_contains("GCJ-02？").is_some());
    click(&mut hall, "改按 GCJ-02 重新试导入");
    let go = format!("导入 {} 件", town.places.of_kind(PlaceKind::BaseGrid).count());
    wait_for(&mut hall, &go);
    assert!(hall.query_by_label_contains("GCJ-02？").is_none());
    click(&mut hall, &go);
    wait_for(&mut hall, "导入完成");
    click(&mut hall, "关闭");
    let patience = Instant::now() + Duration::from_secs(20);
    while hall.state().board().is_empty() {
        assert!(Instant::now() < patience);
        hall.run_steps(1);
    }
    let board = hall.state().board();
    let off = board.iter().filter_map(|live| {
        let at = live.case.place.point()?;
        let grid = town.places.at(at, PlaceKind::BaseGrid)?;
        Some(town.places.get(grid).label_at.distance_m(at))
    });
    let off: Vec<f64> = off.collect();
    assert_eq!(off.len(), board.len());
    assert!(off.iter().all(|metres| *metres < 0.2));
}

#[test]
fn a_file_is_mapped_tried_and_imported_in_the_window() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let file = dir.path().join("上报.csv");
    let rows = "编号,问题类型,描述,上报时间,经度,纬度,社区\n\
                1,暴露垃圾,路边一堆,2026-11-02 09:30:00,114.0930,22.7315,\n\
                2,暴露垃圾,桥下,2026-11-02 10:00:00,,,牛湖社区\n\
                3,暴露垃圾,时间不对,2199-11-02 10:00:00,,,牛湖社区\n";
    std::fs::write(&file, rows).unwrap();
    let mut hall = open(&dir, &town, Lang::Zh);
    hall.state_mut().import(file.clone());
    wait_for(&mut hall, "下一步：对应事项");
    click(&mut hall, "下一步：对应事项");
    wait_for(&mut hall, "试导入");
    click(&mut hall, "试导入");
    wait_for(&mut hall, "导入 2 件");
    assert_eq!(hall.state().board().len(), 0, "a dry run writes nothing");
    click(&mut hall, "导入 2 件");
    wait_for(&mut hall, "导入完成");
    click(&mut hall, "关闭");
    let patience = Instant::now() + Duration::from_secs(20);
    while hall.state().board().len() < 2 {
        assert!(
            Instant::now() < patience,
            "the imported cases do not reach the board"
        );
        hall.run_steps(1);
    }
    let rejects = std::fs::read_to_string(file.with_extension("rejects.csv")).unwrap();
    assert!(rejects.contains("时间不对"), "{rejects}");
}
