//! Measuring on the map of the running hall, by keyboard and by pointer.

mod seat;

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use tempfile::TempDir;
use yipanqi::town::Lang;

use seat::{open, press, settle, town};

#[test]
fn a_distance_is_measured_without_a_pointer_and_put_away_again() {
    let dir = TempDir::new().unwrap();
    let town = town();
    seat::report(&dir.path().join("book.db"), &town, "GL-A01", seat::aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);
    hall.key_press_modifiers(Modifiers::COMMAND, Key::M);
    settle(&mut hall);
    assert!(hall.query_by_label_contains("单击地图加点").is_some());
    press(&mut hall, Key::Enter);
    hall.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    settle(&mut hall);
    press(&mut hall, Key::Enter);
    let told = |hall: &egui_kittest::Harness<'_, yipanqi::ui::app::Hall>| {
        hall.query_all_by_label_contains("公里")
            .chain(hall.query_all_by_label_contains("米"))
            .count()
    };
    let with_two = told(&hall);
    assert!(hall.query_by_label("复制").is_some(), "a length is told");
    press(&mut hall, Key::Backspace);
    assert!(hall.query_by_label("复制").is_none(), "one point has no length");
    assert!(told(&hall) < with_two);
    press(&mut hall, Key::Escape);
    assert!(hall.query_by_label_contains("单击地图加点").is_none());
}

#[test]
fn only_one_tool_is_in_the_hand() {
    let dir = TempDir::new().unwrap();
    let town = town();
    seat::report(&dir.path().join("book.db"), &town, "GL-A01", seat::aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);
    let measures = |hall: &egui_kittest::Harness<'_, yipanqi::ui::app::Hall>| {
        hall.query_by_label_contains("单击地图加点").is_some()
    };
    let selects = |hall: &egui_kittest::Harness<'_, yipanqi::ui::app::Hall>| {
        hall.query_by_label_contains("按住拖动圈选").is_some()
    };
    hall.key_press_modifiers(Modifiers::SHIFT, Key::S);
    settle(&mut hall);
    assert!(selects(&hall) && !measures(&hall));
    hall.key_press_modifiers(Modifiers::COMMAND, Key::M);
    settle(&mut hall);
    assert!(measures(&hall) && !selects(&hall));
    hall.key_press_modifiers(Modifiers::SHIFT, Key::S);
    settle(&mut hall);
    assert!(selects(&hall) && !measures(&hall));
    press(&mut hall, Key::Escape);
    assert!(!selects(&hall) && !measures(&hall));
}

#[test]
fn walking_rings_tell_cases_and_the_nearest_units() {
    let dir = TempDir::new().unwrap();
    let town = town();
    seat::report(&dir.path().join("book.db"), &town, "GL-A01", seat::aohu(&town));
    let mut hall = open(&dir, &town, Lang::Zh);
    hall.key_press_modifiers(Modifiers::COMMAND, Key::M);
    settle(&mut hall);
    hall.get_by_label("步行圈").click();
    settle(&mut hall);
    press(&mut hall, Key::Enter);
    for minutes in ["5 分 ·", "10 分 ·", "15 分 ·"] {
        assert!(hall.query_all_by_label_contains(minutes).count() > 0, "{minutes}");
    }
    assert!(hall.query_by_label("最近的力量").is_some());
    assert!(hall.query_by_label_contains("按直线估算").is_some(), "said so");
    assert!(hall.query_all_by_label_contains("约").count() >= 6);
}
