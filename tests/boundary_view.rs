//! The editor of boundaries in the hall: by keys, by hand, and what the journal then says.

mod seat;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use yipanqi::case::{Action, CaseId, DutyAction};
use yipanqi::store::Store;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::{Lang, PlaceKind};
use yipanqi::ui::app::Hall;

use seat::{open_as, press, settle, town};

fn leader() -> String {
    let town = town();
    let post = town
        .posts
        .iter()
        .find(|p| p.role == yipanqi::town::Role::DutyLeader);
    post.unwrap().code.clone()
}

fn editor(dir: &tempfile::TempDir, post: &str) -> Harness<'static, Hall> {
    let mut harness = open_as(dir, &town(), Lang::Zh, post);
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::E);
    settle(&mut harness);
    harness
}

fn changes(dir: &tempfile::TempDir) -> usize {
    let store = SqliteStore::open_read_only(&dir.path().join("book.db")).unwrap();
    let entries = store.history(CaseId::HALL).unwrap();
    let redraws = entries.iter().filter(|entry| {
        matches!(&entry.action, Action::Duty(duty) if matches!(duty.as_ref(), DutyAction::Redraw { .. }))
    });
    redraws.count()
}

fn click(harness: &mut Harness<'_, Hall>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(3);
}

fn type_into(harness: &mut Harness<'_, Hall>, label: &str, text: &str) {
    let field = harness.get_by_role_and_label(Role::TextInput, label);
    field.focus();
    harness.run_steps(2);
    harness
        .get_by_role_and_label(Role::TextInput, label)
        .type_text(text);
    harness.run_steps(2);
}

/// Leaves the field that is typed into, so that single keys are keys again.
fn leave_field(harness: &mut Harness<'_, Hall>) {
    harness.ctx.memory_mut(|m| {
        if let Some(id) = m.focused() {
            m.surrender_focus(id);
        }
    });
    harness.run_steps(1);
}

#[test]
fn a_corner_is_moved_by_keys_and_saved() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = editor(&dir, &leader());
    let grid = town().places.by_code("GL01-G01").unwrap();
    let before = town().places.get(grid).clone();
    type_into(&mut harness, "查找", "GL01-G01");
    click(&mut harness, &format!("GL01-G01 · {}  ", before.name.zh));
    leave_field(&mut harness);
    press(&mut harness, Key::N);
    // One of the ways is free.
    for key in [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown] {
        press(&mut harness, key);
    }
    press(&mut harness, Key::ArrowRight);
    press(&mut harness, Key::ArrowRight);
    settle(&mut harness);
    assert!(harness.query_by_label("保存前请看").is_some());
    assert!(harness.query_by_label("请填写调整原因").is_some());
    type_into(&mut harness, "调整原因", "测绘更新");
    settle(&mut harness);
    click(&mut harness, "保存边界");
    settle(&mut harness);
    assert_eq!(changes(&dir), 1);
    let town = harness.state().town();
    let now = town.places.get(town.places.by_code("GL01-G01").unwrap());
    assert_ne!(now.outline, before.outline);
    // Undone by another entry.
    click(&mut harness, "记录");
    type_into(&mut harness, "调整原因", "有误");
    click(&mut harness, "恢复到此前");
    settle(&mut harness);
    assert_eq!(changes(&dir), 2);
    let town = harness.state().town();
    let now = town.places.get(town.places.by_code("GL01-G01").unwrap());
    assert!((now.area_m2() - before.area_m2()).abs() < 0.01);
    // Another seat that opens the book has both, and the town as it is.
    drop(harness);
    let harness = open_as(&dir, &seat::town(), Lang::Zh, &leader());
    assert_eq!(harness.state().town().places.len(), seat::town().places.len());
}

#[test]
fn leaving_with_something_drawn_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = editor(&dir, &leader());
    let grid = town()
        .places
        .get(town().places.by_code("GL02-G02").unwrap())
        .clone();
    type_into(&mut harness, "查找", "GL02-G02");
    click(&mut harness, &format!("GL02-G02 · {}  ", grid.name.zh));
    leave_field(&mut harness);
    press(&mut harness, Key::N);
    press(&mut harness, Key::Insert);
    settle(&mut harness);
    // Out of the corner, out of the place, and then the question.
    for _ in 0..3 {
        press(&mut harness, Key::Escape);
    }
    harness.run_steps(2);
    assert!(
        harness
            .query_by_label("有未保存的边界。留着下次再画，还是放弃？")
            .is_some()
    );
    click(&mut harness, "留着并关闭");
    settle(&mut harness);
    assert!(harness.query_by_label("边界编辑").is_none());
    // It is still there.
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::E);
    settle(&mut harness);
    assert!(harness.query_by_label("保存前请看").is_some());
    leave_field(&mut harness);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut harness);
    assert!(harness.query_by_label("保存前请看").is_none());
    assert_eq!(changes(&dir), 0);
}

#[test]
fn who_may_not_save_may_look() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = editor(&dir, "");
    let grid = town()
        .places
        .get(town().places.by_code("GL02-G02").unwrap())
        .clone();
    type_into(&mut harness, "查找", "GL02-G02");
    click(&mut harness, &format!("GL02-G02 · {}  ", grid.name.zh));
    leave_field(&mut harness);
    press(&mut harness, Key::N);
    press(&mut harness, Key::Insert);
    settle(&mut harness);
    assert!(
        harness
            .query_by_label("只有值班长或管理员可以保存边界（见权限表）")
            .is_some()
    );
    click(&mut harness, "检查");
    settle(&mut harness);
    click(&mut harness, "文件");
    click(&mut harness, "记录");
    assert!(harness.query_by_label("还没有调整过边界。").is_some());
}

#[test]
fn a_grid_is_cut_by_hand_and_merged_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = editor(&dir, &leader());
    let grid = town()
        .places
        .get(town().places.by_code("GL03-G04").unwrap())
        .clone();
    type_into(&mut harness, "查找", "GL03-G04");
    click(&mut harness, &format!("GL03-G04 · {}  ", grid.name.zh));
    settle(&mut harness);
    click(&mut harness, "分割…");
    type_into(&mut harness, "名称", "十一网格");
    leave_field(&mut harness);
    // A stroke right across, west to east, at the height of its label.
    let bounds = town()
        .places
        .bounds_of(town().places.by_code("GL03-G04").unwrap())
        .unwrap();
    for lon in [bounds.0.lon - 0.0005, bounds.1.lon + 0.0005] {
        let at = yipanqi::town::Wgs84 {
            lon,
            lat: grid.label_at.lat,
        };
        let at = harness.state().on_screen(at);
        tap(&mut harness, at);
    }
    press(&mut harness, Key::Enter);
    settle(&mut harness);
    assert!(harness.query_by_label_contains("十一网格").is_some());
    type_into(&mut harness, "调整原因", "网格过大");
    click(&mut harness, "保存边界");
    settle(&mut harness);
    assert_eq!(changes(&dir), 1);
    let town_now = harness.state().town();
    assert_eq!(town_now.places.len(), town().places.len() + 1);
    let both: f64 = town_now
        .places
        .of_kind(PlaceKind::BaseGrid)
        .filter(|(_, place)| place.parent == town_now.places.by_code("GL03"))
        .map(|(_, place)| place.area_m2())
        .sum();
    let community = town()
        .places
        .get(town().places.by_code("GL03").unwrap())
        .area_m2();
    assert!((both - community).abs() < 1.0, "{both} {community}");
}

fn tap(harness: &mut Harness<'_, Hall>, at: Pos2) {
    harness.hover_at(at);
    harness.run_steps(2);
    for pressed in [true, false] {
        harness.event(Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        harness.run_steps(1);
    }
    harness.run_steps(2);
}

#[test]
fn a_corner_is_dragged_with_the_hand_and_its_neighbours_come_along() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = editor(&dir, &leader());
    let place = town()
        .places
        .get(town().places.by_code("GL03-G04").unwrap())
        .clone();
    type_into(&mut harness, "查找", "GL03-G04");
    click(&mut harness, &format!("GL03-G04 · {}  ", place.name.zh));
    settle(&mut harness);
    leave_field(&mut harness);
    let mut moved = false;
    for corner in place.outline.0[0].exterior().coords().step_by(5) {
        let at = yipanqi::town::Wgs84 {
            lon: corner.x,
            lat: corner.y,
        };
        let from = harness.state().on_screen(at);
        harness.hover_at(from);
        harness.run_steps(3);
        let button = |pressed, pos| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        harness.event(button(true, from));
        harness.run_steps(1);
        for step in 1..=6 {
            let by = step as f32 * 3.0;
            harness.event(Event::PointerMoved(from + eframe::egui::vec2(by, by)));
            harness.run_steps(1);
        }
        let to = from + eframe::egui::vec2(18.0, 18.0);
        harness.event(button(false, to));
        settle(&mut harness);
        // The map stayed where it was.
        assert!(harness.state().on_screen(at).distance(from) < 1.0);
        if harness.query_by_label("保存前请看").is_some() {
            moved = true;
            break;
        }
    }
    assert!(moved);
    // No gap and no overlap.
    assert!(harness.query_by_label("检查无误").is_some());
}
