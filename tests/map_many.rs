//! Many cases at once: selected on the map by box, lasso or key, and accepted, dispatched or watched together.

mod seat;

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tempfile::TempDir;
use yipanqi::case::{CaseId, Stage};
use yipanqi::town::{Lang, Town, Wgs84};
use yipanqi::ui::app::Hall;

use seat::{aohu, open, press, press_shift, report, settle, stage, town};

/// A hall with three cases in the block Aohu, some hundred metres apart.
fn hall(dir: &TempDir, town: &Arc<Town>) -> (Harness<'static, Hall>, Vec<CaseId>) {
    let book = dir.path().join("book.db");
    let at = aohu(town);
    let beside = |i: i32| Wgs84 {
        lon: at.lon + f64::from(i) * 1e-3,
        lat: at.lat,
    };
    let ids = (0..3).map(|i| report(&book, town, "GL-A01", beside(i))).collect();
    (open(dir, town, Lang::Zh), ids)
}

fn press_ctrl(hall: &mut Harness<'_, Hall>, key: Key) {
    hall.key_press_modifiers(Modifiers::COMMAND, key);
    settle(hall);
}

fn selected(hall: &Harness<'_, Hall>) -> Vec<CaseId> {
    hall.state().selection().many.ids().to_vec()
}

/// Drags from point to point with these keys held.
fn drag(hall: &mut Harness<'_, Hall>, modifiers: Modifiers, points: &[Pos2]) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers,
    };
    hall.event(Event::ModifiersChanged(modifiers));
    hall.event(Event::PointerMoved(points[0]));
    hall.run_steps(1);
    hall.event(button(points[0], true));
    hall.run_steps(1);
    for point in &points[1..] {
        hall.event(Event::PointerMoved(*point));
        hall.run_steps(2);
    }
    hall.event(button(points[points.len() - 1], false));
    hall.run_steps(1);
    hall.event(Event::ModifiersChanged(Modifiers::NONE));
    settle(hall);
}

/// The corners of the map, with room for what stands at its edges.
fn corners(hall: &Harness<'_, Hall>) -> [Pos2; 4] {
    let map = hall.get_by_label_contains("地图，视野内").rect().shrink(50.0);
    [
        map.left_top(),
        map.right_top(),
        map.right_bottom(),
        map.left_bottom(),
    ]
}

#[test]
fn all_in_view_are_selected_accepted_and_dispatched_together() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let (mut hall, ids) = hall(&dir, &town);
    press_ctrl(&mut hall, Key::A);
    assert_eq!(selected(&hall), ids);
    hall.get_by_label("已选 3 件");
    hall.get_by_role_and_label(Role::Button, "受理 3 件").click();
    settle(&mut hall);
    for id in &ids {
        assert_eq!(stage(&hall, *id), Some(Stage::Accepted));
    }
    hall.get_by_label("受理：已办 3 件，共 3 件");
    // Taken back, and done again.
    hall.get_by_role_and_label(Role::Button, "撤销 3 件").click();
    settle(&mut hall);
    for id in &ids {
        assert_eq!(stage(&hall, *id), Some(Stage::Reported));
    }
    hall.get_by_role_and_label(Role::Button, "受理 3 件").click();
    settle(&mut hall);
    hall.get_by_role_and_label(Role::Button, "知道了").click();
    settle(&mut hall);

    hall.get_by_role_and_label(Role::Button, "派遣 3 件…").click();
    settle(&mut hall);
    hall.get_by_role_and_label(Role::Button, "每件派给首选建议")
        .click();
    settle(&mut hall);
    let chief = town.answerable(aohu(&town)).street_chief.unwrap();
    let chief = format!("post:{}", town.posts[chief.0 as usize].code);
    let case = |id| &hall.state().board().get(id).unwrap().case;
    assert_eq!(case(ids[0]).stage, Stage::Dispatched);
    assert_eq!(case(ids[0]).handler.as_ref().unwrap().to_string(), chief);

    // Escape drops the selection.
    press(&mut hall, Key::Escape);
    assert!(selected(&hall).is_empty() && hall.query_by_label("已选 3 件").is_none());
}

#[test]
fn what_the_desk_refuses_is_listed_and_the_others_go_on() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let (mut hall, ids) = hall(&dir, &town);
    press_ctrl(&mut hall, Key::A);
    hall.get_by_role_and_label(Role::Button, "受理 3 件").click();
    settle(&mut hall);
    // A department's unit is not named for litter on the street by the list of powers.
    hall.get_by_role_and_label(Role::Button, "派遣 3 件…").click();
    settle(&mut hall);
    let refused = town.teams.iter().find(|team| {
        let handler = yipanqi::town::Handler::Team(team.code.as_str().into());
        let live = hall.state().board().get(ids[0]).unwrap();
        let all = yipanqi::desk::suggest::suggest(
            &town,
            hall.state().board(),
            hall.state().duty(),
            live,
            chrono::Utc::now(),
        );
        all.iter()
            .any(|p| p.handler == handler && p.cannot == Some(yipanqi::desk::suggest::Cannot::NotEntitled))
    });
    let name = refused.unwrap().name.get(Lang::Zh).to_owned();
    let field = "或全部派给一个单位，可输入名称查找";
    hall.get_by_role_and_label(Role::TextInput, field).focus();
    settle(&mut hall);
    seat::type_text(&mut hall, &name);
    hall.get_all_by_role_and_label(Role::Button, &name)
        .next()
        .unwrap()
        .click();
    settle(&mut hall);
    hall.get_by_label("3 件未办");
    for id in &ids {
        assert_eq!(stage(&hall, *id), Some(Stage::Accepted));
    }
}

#[test]
fn a_box_and_a_lasso_select_and_ctrl_and_alt_add_and_take_away() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let (mut hall, ids) = hall(&dir, &town);
    let [a, b, c, d] = corners(&hall);
    drag(&mut hall, Modifiers::SHIFT, &[a, b, c]);
    assert_eq!(selected(&hall), ids);
    drag(&mut hall, Modifiers::SHIFT | Modifiers::ALT, &[a, b, c]);
    assert_eq!(selected(&hall), []);
    // The tool: a lasso around everything, then an empty one, which begins anew, or adds nothing.
    press_shift(&mut hall, Key::S);
    drag(&mut hall, Modifiers::NONE, &[a, b, c, d]);
    assert_eq!(selected(&hall), ids);
    let corner = Pos2::new(a.x + 30.0, a.y + 90.0);
    let nothing = [
        corner,
        corner + eframe::egui::vec2(12.0, 0.0),
        corner + eframe::egui::vec2(6.0, 12.0),
    ];
    drag(&mut hall, Modifiers::COMMAND, &nothing);
    assert_eq!(selected(&hall), ids);
    drag(&mut hall, Modifiers::NONE, &nothing);
    assert_eq!(selected(&hall), []);
    // Escape ends the tool: a drag moves the map again.
    press(&mut hall, Key::Escape);
    drag(&mut hall, Modifiers::NONE, &[a, b, c, d]);
    assert_eq!(selected(&hall), []);
}

#[test]
fn selected_cases_are_watched_listed_and_walked_through() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let (mut hall, ids) = hall(&dir, &town);
    press_ctrl(&mut hall, Key::A);
    hall.get_by_role_and_label(Role::Button, "关注").click();
    settle(&mut hall);
    assert_eq!(hall.state().duty().watched.len(), 3);
    hall.get_by_role_and_label(Role::Button, "取消关注").click();
    settle(&mut hall);
    assert!(hall.state().duty().watched.is_empty());
    hall.get_by_label("列表").click();
    settle(&mut hall);
    let rows = hall.get_all_by_role(Role::ListBoxOption).count();
    assert!(rows >= 6, "those of the queue and those of the list: {rows}");
    // Escape closes the list, then drops the selection.
    press(&mut hall, Key::Escape);
    assert_eq!(selected(&hall), ids);
    press(&mut hall, Key::Escape);
    assert_eq!(selected(&hall), []);
}

#[test]
fn the_map_has_keys_of_its_own_while_it_has_the_focus() {
    let dir = TempDir::new().unwrap();
    let town = town();
    let (mut hall, ids) = hall(&dir, &town);
    let map = |hall: &Harness<'_, Hall>| hall.get_by_label_contains("地图，视野内").rect().center();
    let before = map(&hall);
    hall.get_by_label_contains("地图，视野内").focus();
    settle(&mut hall);
    // Arrows don't go through the queue now.
    press(&mut hall, Key::ArrowDown);
    assert_eq!((hall.state().selection().case, map(&hall)), (None, before));
    // F shows the selection: two of three are far out of sight after the map was moved away.
    press_ctrl(&mut hall, Key::A);
    for _ in 0..12 {
        press(&mut hall, Key::ArrowRight);
    }
    assert!(hall.query_by_label("地图，视野内 3 件").is_none());
    press(&mut hall, Key::F);
    hall.get_by_label("地图，视野内 3 件");
    assert_eq!(selected(&hall), ids);
}
