//! Finding in the hall through the accessibility tree, by keys alone: places, cases, filters, a drawn area, kept filters.

mod seat;

use std::path::Path;
use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tempfile::TempDir;
use yipanqi::case::{Action, CaseId, Origin, Outcome, Report, Source, Whereabouts};
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Draft, Store};
use yipanqi::town::{Lang, Standing, Town, Wgs84};
use yipanqi::ui::app::Hall;

use seat::{open, press, settle, town};

/// A case at a point of the town; of the past, or open.
fn a_case(town: &Town, n: i64, text: &str, at: Wgs84, past: bool) -> Draft {
    let (_, item) = town
        .catalogue
        .iter()
        .find(|(_, item)| item.code == "GL-B05")
        .unwrap();
    let reported_at = Utc::now() - TimeDelta::days(n);
    let outcome = Outcome {
        at: Some(reported_at + TimeDelta::hours(4)),
        in_time: Some(true),
    };
    let report = Report {
        item: item.code.as_str().into(),
        class: item.class,
        centre: item.centre,
        severity: item.severity,
        text: text.into(),
        place: Whereabouts::Point {
            at,
            stated: "".into(),
            grid: None,
        },
        source: Source::Hotline,
        reported_at,
        due_at: Some(reported_at + TimeDelta::hours(48)),
        photos: Vec::new(),
        origin: Some(Origin {
            profile: "test".into(),
            key: n.to_string().into(),
        }),
        outcome: past.then_some(outcome),
        limits: None,
        item_version: 0,
        split_from: None,
    };
    Draft {
        case: None,
        based_on: 0,
        at: Utc::now(),
        actor: town.posts[0].code.as_str().into(),
        seat: "1".into(),
        action: Action::Report(Box::new(report)),
    }
}

fn fill(book: &Path, town: &Town) {
    let mut store = SqliteStore::open(book).unwrap();
    store.set_standing(&Arc::new(Standing::of(town))).unwrap();
    let at = |n: i64| Wgs84 {
        lon: 114.04 + n as f64 * 0.001,
        lat: 22.72,
    };
    let drafts = (1..=30).map(|n| {
        let text = if n % 3 == 0 {
            "河边有垃圾"
        } else {
            "路面破损"
        };
        a_case(town, n, text, at(n), n != 1)
    });
    store.append(drafts.collect(), &[]).unwrap();
}

fn opened(dir: &TempDir) -> Harness<'static, Hall> {
    let town = town();
    fill(&dir.path().join("book.db"), &town);
    let mut hall = open(dir, &town, Lang::Zh);
    hall.key_press_modifiers(Modifiers::COMMAND, Key::F);
    settle(&mut hall);
    hall
}

fn type_text(hall: &mut Harness<'_, Hall>, text: &str) {
    hall.get_by_label("查找框").focus();
    settle(hall);
    seat::type_text(hall, text);
}

fn found(hall: &Harness<'_, Hall>) -> Vec<i64> {
    let found = hall.state().finding().found();
    found
        .map(|found| found.ids.iter().map(|id| id.0).collect())
        .unwrap_or_default()
}

#[test]
fn a_case_of_the_past_is_found_and_opened_by_keys_alone() {
    let dir = TempDir::new().unwrap();
    let mut hall = opened(&dir);
    type_text(&mut hall, "垃圾");
    assert_eq!(found(&hall), [3, 6, 9, 12, 15, 18, 21, 24, 27, 30]);
    assert!(hall.query_by_label_contains("找到 10 件").is_some());
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::Enter);
    assert_eq!(hall.state().selection().case, Some(CaseId(6)));
    // The sheet tells its history.
    assert!(hall.query_all_by_label_contains("已结案").next().is_some());
    press(&mut hall, Key::Escape);
    assert!(!hall.state().finding().is_open());
}

#[test]
fn a_place_is_flown_to_and_selected() {
    let dir = TempDir::new().unwrap();
    let mut hall = opened(&dir);
    type_text(&mut hall, "xinlan");
    press(&mut hall, Key::Enter);
    let place = hall.state().selection().place.unwrap();
    assert_eq!(hall.state().town().places.get(place).name.zh, "新澜社区");
}

#[test]
fn filters_are_clicked_shown_and_taken_away() {
    let dir = TempDir::new().unwrap();
    let mut hall = opened(&dir);
    hall.get_by_label("筛选").click_accesskit();
    settle(&mut hall);
    hall.get_by_label("未结").click_accesskit();
    settle(&mut hall);
    assert_eq!(hall.state().finding().text(), "状态:未结");
    assert_eq!(found(&hall), [1]);
    hall.get_by_label("去掉条件：状态 未结").click_accesskit();
    settle(&mut hall);
    assert_eq!(hall.state().finding().text(), "");
    type_text(&mut hall, "类:X");
    assert!(hall.query_by_label_contains("本地没有“X”").is_some());
    assert_eq!(found(&hall), Vec::<i64>::new());
}

#[test]
fn an_area_is_drawn_by_keys_and_limits_what_is_found() {
    let dir = TempDir::new().unwrap();
    let mut hall = opened(&dir);
    type_text(&mut hall, "22.72, 114.05");
    press(&mut hall, Key::Enter);
    hall.get_by_label("圈画").click_accesskit();
    settle(&mut hall);
    // Three corners around where the map looks: north-west, north-east, south.
    let pan = |hall: &mut Harness<'_, Hall>, key, times| {
        for _ in 0..times {
            hall.key_press_modifiers(Modifiers::SHIFT, key);
            settle(hall);
        }
    };
    for (key, times) in [(Key::ArrowUp, 1), (Key::ArrowDown, 2), (Key::ArrowLeft, 2)] {
        pan(&mut hall, key, times);
        press(&mut hall, Key::Space);
    }
    press(&mut hall, Key::Enter);
    assert!(hall.state().finding().zone().is_some());
    assert!(
        hall.query_by_label_contains("去掉条件：圈画范围（3 个角点）")
            .is_some()
    );
    press(&mut hall, Key::Escape);
}

#[test]
fn a_filter_is_kept_under_a_name_and_taken_again() {
    let dir = TempDir::new().unwrap();
    let mut hall = opened(&dir);
    type_text(&mut hall, "垃圾 类:B");
    let count = found(&hall).len();
    hall.get_by_label("已存").click_accesskit();
    settle(&mut hall);
    hall.get_by_label("条件名称").focus();
    settle(&mut hall);
    seat::type_text(&mut hall, "B类垃圾");
    hall.get_by_label("保存当前条件").click_accesskit();
    settle(&mut hall);
    hall.state_mut().find_text("");
    settle(&mut hall);
    assert_eq!(found(&hall).len(), 0);
    hall.get_by_label("已存").click_accesskit();
    settle(&mut hall);
    hall.get_by_label("B类垃圾").click_accesskit();
    settle(&mut hall);
    assert_eq!(hall.state().finding().text(), "垃圾 类:B");
    assert_eq!(found(&hall).len(), count);
}

#[test]
fn the_arrows_go_on_from_the_case_that_was_clicked() {
    let dir = TempDir::new().unwrap();
    let mut hall = opened(&dir);
    type_text(&mut hall, "垃圾");
    hall.query_all_by_label_contains("B 9 ").next().unwrap().click();
    settle(&mut hall);
    assert_eq!(hall.state().selection().case, Some(CaseId(9)));
    hall.get_by_label("查找框").focus();
    settle(&mut hall);
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::Enter);
    assert_eq!(hall.state().selection().case, Some(CaseId(12)));
}
