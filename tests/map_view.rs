//! The map: what a hand does on it, and what it says when something is missing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Modifiers, PointerButton, Pos2, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use yipanqi::board::Board;
use yipanqi::case::{Case, CaseId, Duty, Source, Stage, Whereabouts};
use yipanqi::tiles::TemplateFault;
use yipanqi::town::{
    Calendar, Catalogue, Centre, Class, Lang, Name, Permissions, Place, PlaceId, PlaceKind, Places, Powers,
    Town, TownParts, Weights, Wgs84,
};
use yipanqi::ui::map::{BaseChoice, MapSettings, MapView, template_words};
use yipanqi::ui::{Intent, Palette, Scene, Selection, Words, theme};

const SIZE: Vec2 = Vec2::new(1000.0, 700.0);
const MIDDLE: Wgs84 = Wgs84 {
    lon: 114.06,
    lat: 22.72,
};
const EAST: Wgs84 = Wgs84 {
    lon: 114.07,
    lat: 22.725,
};
const FAR: Wgs84 = Wgs84 {
    lon: -73.97,
    lat: 40.78,
};

struct Desk {
    town: Town,
    board: Board,
    words: Words,
    selection: Selection,
    map: MapView,
    settings_open: bool,
    intents: Vec<Intent>,
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn place(code: &str, kind: PlaceKind, zh: &str, corners: (Wgs84, Wgs84)) -> Place {
    let (min, max) = corners;
    Place {
        code: code.into(),
        kind,
        name: Name {
            zh: zh.into(),
            en: format!("{code} in English"),
        },
        parent: None,
        outline: geo::MultiPolygon(vec![
            geo::Rect::new((min.lon, min.lat), (max.lon, max.lat)).to_polygon(),
        ]),
        label_at: Wgs84 {
            lon: (min.lon + max.lon) / 2.0,
            lat: (min.lat + max.lat) / 2.0,
        },
        schematic: true,
        source: String::new(),
    }
}

fn town(base_map: Option<PathBuf>) -> Town {
    let corner = |lon, lat| Wgs84 { lon, lat };
    let west = (corner(114.03, 22.70), corner(114.06, 22.74));
    let east = (corner(114.06, 22.70), corner(114.09, 22.74));
    let places = vec![
        place("W", PlaceKind::Community, "西社区", west),
        place("E", PlaceKind::Community, "东社区", east),
        place("E1", PlaceKind::BaseGrid, "01网格", east),
    ];
    Town::new(TownParts {
        id: "test".into(),
        name: Name::default(),
        note: Name {
            zh: "边界为示意".into(),
            en: "drafts".into(),
        },
        center: MIDDLE,
        zoom: 14.0,
        timezone: chrono_tz::Asia::Shanghai,
        base_map,
        places: Places::new(places),
        catalogue: Catalogue::default(),
        calendar: Calendar {
            days: BTreeMap::new(),
            years: None,
            hours: Vec::new(),
            ..Calendar::default()
        },
        posts: Vec::new(),
        teams: Vec::new(),
        powers: Powers::default(),
        weights: Weights::default(),
        permissions: Permissions::default(),
        roster: Default::default(),
    })
}

fn case(id: i64, place: Whereabouts) -> Case {
    Case {
        id: CaseId(id),
        version: 1,
        stage: Stage::Reported,
        item: "暴露垃圾".into(),
        class: Class::A,
        centre: Centre::Grid,
        severity: 3,
        place,
        source: Source::Patrol,
        text: "".into(),
        reported_at: now() - TimeDelta::hours(1),
        due_at: Some(now() + TimeDelta::hours(5)),
        updated_at: now(),
        ended_at: None,
        handler: None,
        origin: None,
        life: Default::default(),
    }
}

fn at(id: i64, at: Wgs84) -> Case {
    case(
        id,
        Whereabouts::Point {
            at,
            stated: "".into(),
            grid: None,
        },
    )
}

fn nearby(i: i64) -> Wgs84 {
    Wgs84 {
        lon: MIDDLE.lon + i as f64 * 2e-5,
        lat: MIDDLE.lat,
    }
}

fn desk<'a>(base_map: Option<PathBuf>, settings: MapSettings, cases: Vec<Case>) -> Harness<'a, Desk> {
    let town = town(base_map);
    let board = Board::new(cases, &town);
    // A first start would fit the town into the window.
    let settings = MapSettings {
        center: Some(MIDDLE),
        zoom: settings.zoom.or(Some(14.0)),
        ..settings
    };
    let mut map = MapView::new(&Default::default(), &town, settings);
    map.set_motion(false);
    let state = Desk {
        town,
        board,
        words: Words::new(Lang::Zh),
        selection: Selection::default(),
        map,
        settings_open: false,
        intents: Vec::new(),
    };
    let set_up = |ctx: &eframe::egui::Context| {
        theme::install(ctx);
        egui_extras::install_image_loaders(ctx);
    };
    let mut harness = Harness::builder()
        // Tiles come when their thread has them; each is a frame.
        .with_max_steps(16)
        .with_size(SIZE)
        .with_context_setup(set_up)
        .build_ui_state(
            |ui, desk: &mut Desk| {
                let scene = Scene {
                    town: &desk.town,
                    board: &desk.board,
                    duty: &Duty::default(),
                    words: &desk.words,
                    colors: &Palette::DARK,
                    now: now(),
                    selection: &desk.selection,
                    past: false,
                };
                if desk.settings_open {
                    desk.map.settings_ui(ui, scene);
                } else {
                    desk.map.show(ui, scene, &mut desk.intents);
                }
            },
            state,
        );
    harness.run();
    harness
}

fn quiet<'a>(cases: Vec<Case>) -> Harness<'a, Desk> {
    desk(
        None,
        MapSettings {
            base: BaseChoice::None,
            ..MapSettings::default()
        },
        cases,
    )
}

fn button(pos: Pos2, pressed: bool) -> Event {
    let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
    Event::PointerButton {
        pos,
        button,
        pressed,
        modifiers,
    }
}

fn press(harness: &mut Harness<'_, Desk>, pos: Pos2, pressed: bool) {
    harness.event(button(pos, pressed));
    harness.run();
}

fn click(harness: &mut Harness<'_, Desk>, pos: Pos2) {
    harness.hover_at(pos);
    harness.run();
    // One frame lies between them: where the map asks for more, as it does while tiles come, the press would be too long for a click.
    harness.event(button(pos, true));
    harness.step();
    press(harness, pos, false);
    // The next click is no double click.
    harness.run_steps(40);
}

/// Intents without those of a pointer that only moves.
fn asked(harness: &mut Harness<'_, Desk>) -> Vec<Intent> {
    let intents = std::mem::take(&mut harness.state_mut().intents);
    intents
        .into_iter()
        .filter(|i| !matches!(i, Intent::Hover(_)))
        .collect()
}

fn words(key: &'static str) -> String {
    Words::new(Lang::Zh).t(key).to_owned()
}

/// Runs frames until a label holds the text; the base map is read on a thread of its own.
fn wait_for(harness: &mut Harness<'_, Desk>, text: &str) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        harness.run_ok();
        if harness.query_by_label_contains(text).is_some() {
            return;
        }
        assert!(Instant::now() < until, "no label holds {text:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn layers_are_switched_in_a_panel_with_names() {
    let mut harness = quiet(Vec::new());
    harness.get_by_role_and_label(Role::Button, "图层").click();
    harness.run();
    for key in [
        "map-layer-cases",
        "map-layer-communities",
        "map-layer-base-grids",
        "map-layer-party-grids",
        "map-layer-blocks",
        "map-layer-labels",
        "map-layer-base-map",
    ] {
        harness.get_by_role_and_label(Role::CheckBox, &words(key));
    }
    let before = harness.state().map.settings().layers;
    // The town has no party grids: the row says which file would bring them.
    let lacking = words("map-lacks-party-grids");
    harness.get_by_label(&lacking);
    for key in ["map-layer-base-grids", "map-layer-cases"] {
        harness.get_by_role_and_label(Role::CheckBox, &words(key)).click();
        harness.run();
    }
    let after = harness.state().map.settings().layers;
    assert_eq!(
        (after.base_grids, after.cases),
        (!before.base_grids, !before.cases)
    );
    assert_eq!(after.blocks, before.blocks);
}

#[test]
fn a_click_on_a_mark_selects_its_case_and_beside_it_none() {
    let mut harness = quiet(vec![at(1, MIDDLE), at(2, EAST)]);
    let mark = harness.state().map.screen(EAST);
    click(&mut harness, mark + Vec2::new(5.0, -4.0));
    assert_eq!(asked(&mut harness), [Intent::Select(Some(CaseId(2)))]);
    click(&mut harness, mark + Vec2::new(-60.0, -90.0));
    assert_eq!(asked(&mut harness), []);
}

#[test]
fn the_case_under_the_pointer_is_told() {
    let mut harness = quiet(vec![at(1, MIDDLE)]);
    let mark = harness.state().map.screen(MIDDLE);
    harness.hover_at(mark);
    harness.run();
    assert!(harness.state().intents.contains(&Intent::Hover(CaseId(1))));
}

#[test]
fn a_screen_reader_finds_and_selects_cases() {
    let mut harness = quiet(vec![at(7, MIDDLE), at(8, EAST)]);
    harness.get_by_label("地图，视野内 2 件");
    harness.run();
    harness.get_by_label_contains("A 8 暴露垃圾").click_accesskit();
    harness.run();
    assert_eq!(asked(&mut harness), [Intent::Select(Some(CaseId(8)))]);
}

#[test]
fn picking_answers_with_the_position_under_the_pointer() {
    let mut harness = quiet(vec![at(1, EAST)]);
    harness.state_mut().map.set_picking(true);
    harness.run();
    harness.get_by_label(&words("map-pick-hint"));
    let pos = harness.state().map.screen(EAST);
    click(&mut harness, pos);
    let [Intent::PickedPoint(picked)] = asked(&mut harness)[..] else {
        panic!("one point is picked")
    };
    assert!(picked.distance_m(EAST) < 2.0, "{picked:?}");
    // Picking has ended: the next click selects again.
    click(&mut harness, pos);
    assert_eq!(asked(&mut harness), [Intent::Select(Some(CaseId(1)))]);
}

#[test]
fn a_click_on_a_group_goes_nearer_and_on_one_spot_lists_its_cases() {
    let mut harness = quiet((1..=20).map(|i| at(i, nearby(i))).collect());
    let before = harness.state().map.looks_at().1;
    let group = harness.state().map.screen(nearby(10));
    click(&mut harness, group);
    assert!(harness.state().map.looks_at().1 >= before + 1.0);
    assert_eq!(asked(&mut harness), []);

    let mut harness = quiet((1..=20).map(|i| at(i, MIDDLE)).collect());
    let group = harness.state().map.screen(MIDDLE);
    click(&mut harness, group);
    harness.get_by_label_contains("A 5 暴露垃圾").click();
    harness.run();
    assert_eq!(asked(&mut harness), [Intent::Select(Some(CaseId(5)))]);
}

#[test]
fn a_case_selected_elsewhere_is_brought_into_sight_unless_a_hand_is_on_the_map() {
    let away = Wgs84 {
        lon: 114.2,
        lat: 22.8,
    };
    let mut harness = quiet(vec![at(1, MIDDLE), at(2, away)]);
    let middle = harness.state().map.screen(MIDDLE);
    harness.hover_at(middle + Vec2::new(90.0, 90.0));
    harness.run();
    press(&mut harness, middle + Vec2::new(90.0, 90.0), true);
    harness.state_mut().selection.case = Some(CaseId(2));
    harness.run();
    assert!(harness.state().map.looks_at().0.distance_m(MIDDLE) < 1.0);
    press(&mut harness, middle + Vec2::new(90.0, 90.0), false);
    harness.run();
    assert!(harness.state().map.looks_at().0.distance_m(away) < 1.0);
    // A case that is in sight moves nothing.
    harness.state_mut().map.look_at(MIDDLE, None);
    harness.run();
    harness.state_mut().selection.case = Some(CaseId(1));
    harness.run();
    assert!(harness.state().map.looks_at().0.distance_m(MIDDLE) < 1.0);
}

#[test]
fn a_case_known_only_to_an_area_is_a_count_and_never_a_mark() {
    let area = Whereabouts::Area {
        code: "E".into(),
        stated: "".into(),
    };
    let words_only = Whereabouts::Stated {
        stated: "路口".into(),
    };
    let mut harness = quiet(vec![case(1, area), case(2, words_only)]);
    harness.get_by_label("地图，视野内 0 件");
    harness.get_by_label("1 件只有文字地点");
    let label = harness.state().town.places.get(PlaceId(1)).label_at;
    let label = harness.state().map.screen(label);
    for down in [20.0, 28.0, 36.0] {
        click(&mut harness, label + Vec2::new(0.0, down));
    }
    let selected = asked(&mut harness)
        .into_iter()
        .any(|i| matches!(i, Intent::Select(_)));
    assert!(!selected);
}

#[test]
fn a_click_on_a_places_name_selects_the_place_and_the_map_stays() {
    let mut harness = quiet(Vec::new());
    let label = harness
        .state()
        .map
        .screen(harness.state().town.places.get(PlaceId(1)).label_at);
    click(&mut harness, label);
    assert_eq!(asked(&mut harness), [Intent::SelectPlace(Some(PlaceId(1)))]);
    // The window answers by looking there, which the map knows it does already.
    harness.state_mut().map.look_at(EAST, None);
    harness.run();
    assert!(harness.state().map.looks_at().0.distance_m(MIDDLE) < 1.0);
}

#[test]
fn cases_outside_the_town_are_reached_by_one_button() {
    let mut harness = quiet(vec![at(1, MIDDLE), at(2, FAR)]);
    harness.get_by_label("视野外 1 件 → 全部显示").click();
    harness.run();
    let shown = |harness: &Harness<'_, Desk>, at| {
        let screen = harness.state().map.screen(at);
        screen.x > 0.0 && screen.y > 0.0 && screen.x < SIZE.x && screen.y < SIZE.y
    };
    assert!(shown(&harness, FAR) && shown(&harness, MIDDLE));
    assert!(harness.query_by_label_contains("视野外").is_none());
}

#[test]
fn a_missing_or_broken_base_map_is_named_and_all_else_works() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ground.pmtiles");
    let with = |path: &PathBuf| desk(Some(path.clone()), MapSettings::default(), vec![at(1, MIDDLE)]);

    let mut harness = with(&path);
    wait_for(&mut harness, "找不到底图文件");

    std::fs::write(&path, b"no tiles").unwrap();
    let mut harness = with(&path);
    wait_for(&mut harness, "不是 PMTiles");
    harness.get_by_label_contains("ground.pmtiles");

    // A head without anything behind it.
    let whole = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/maps/guanlan.pmtiles")).unwrap();
    std::fs::write(&path, &whole[..2000]).unwrap();
    let mut harness = with(&path);
    wait_for(&mut harness, "已损坏");

    let mark = harness.state().map.screen(MIDDLE);
    click(&mut harness, mark);
    assert_eq!(asked(&mut harness), [Intent::Select(Some(CaseId(1)))]);
}

#[test]
fn without_a_renderer_the_map_says_so() {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/maps/guanlan.pmtiles"));
    let mut harness = desk(Some(path), MapSettings::default(), Vec::new());
    wait_for(&mut harness, &words("map-base-no-renderer"));
}

#[test]
fn a_servers_address_is_checked_beside_its_field() {
    let settings = MapSettings {
        base: BaseChoice::Server,
        ..MapSettings::default()
    };
    let mut harness = desk(None, settings, Vec::new());
    harness.state_mut().settings_open = true;
    harness.run();
    let fault = |fault: TemplateFault| template_words(fault, &Words::new(Lang::Zh)).to_owned();
    harness.get_by_label(&fault(TemplateFault::Empty));
    let field = || words("map-server-template");
    harness.get_by_role_and_label(Role::TextInput, &field()).focus();
    harness.run();
    harness
        .get_by_role_and_label(Role::TextInput, &field())
        .type_text("https://tiles.example.cn/{z}/{x}.png");
    harness.run();
    harness.get_by_label(&fault(TemplateFault::Placeholder));
    assert_eq!(
        harness.state().map.settings().server.template,
        "https://tiles.example.cn/{z}/{x}.png"
    );
}

#[test]
fn what_the_map_remembers_survives_a_file() {
    let mut harness = quiet(Vec::new());
    harness.state_mut().map.look_at(EAST, Some(16.0));
    harness.run();
    let settings = harness.state().map.settings().clone();
    let text = toml::to_string(&settings).unwrap();
    assert_eq!(toml::from_str::<MapSettings>(&text).unwrap(), settings);
    assert_eq!(settings.zoom, Some(16.0));
}

#[test]
fn an_idle_map_asks_for_no_frame() {
    let mut harness = quiet((1..=50).map(|i| at(i, nearby(i * 30))).collect());
    harness.run();
    let delay = |harness: &Harness<'_, Desk>| {
        harness
            .output()
            .viewport_output
            .values()
            .map(|v| v.repaint_delay)
            .min()
    };
    harness.step();
    assert_eq!(delay(&harness), Some(Duration::MAX));
}
