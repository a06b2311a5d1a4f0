//! The assignment panel as a keyboard and a screen reader meet it; both sides of a boundary; likely duplicates in the form.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::{self, Event, Key, Modifiers};
use egui_kittest::{Harness, kittest::NodeT, kittest::Queryable};
use yipanqi::board::Board;
use yipanqi::case::duty::Until;
use yipanqi::case::{Action, Case, CaseId, Duty, Entry, Report, Source, Step, Whereabouts};
use yipanqi::desk::NewReport;
use yipanqi::town::{Handler, Lang, PlaceKind, Role, Town, Wgs84};
use yipanqi::ui::hall::{Draft, dispatch, sides};
use yipanqi::ui::keys::{self, Deed};
use yipanqi::ui::report_form::ReportForm;
use yipanqi::ui::{Intent, Palette, Scene, Selection, Words, theme};

fn now() -> DateTime<Utc> {
    "2026-11-25T02:30:00Z".parse().unwrap()
}

fn town() -> Town {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Town::load(&dir).unwrap_or_else(|faults| panic!("{faults}"))
}

fn at(point: Wgs84) -> Whereabouts {
    Whereabouts::Point {
        at: point,
        stated: "".into(),
        grid: None,
    }
}

/// A case that was reported 20 minutes ago and accepted.
fn case(town: &Town, id: i64, item: &str, place: Whereabouts) -> Case {
    let item = town.catalogue.by_code(item).unwrap();
    let report = Report {
        item: item.code.as_str().into(),
        class: item.class,
        centre: item.centre,
        severity: item.severity,
        text: "门口堆了很多建筑垃圾".into(),
        place,
        source: Source::Patrol,
        reported_at: now() - TimeDelta::minutes(20),
        due_at: None,
        limits: None,
        item_version: 0,
        photos: Vec::new(),
        origin: None,
        outcome: None,
        split_from: None,
    };
    let entry = |version, action| Entry {
        seq: id * 100 + i64::from(version),
        case: CaseId(id),
        version,
        at: now(),
        actor: "D-GRID".into(),
        seat: "1".into(),
        action,
    };
    let mut case = Case::open(&entry(1, Action::Report(Box::new(report)))).unwrap();
    case.apply(&entry(2, Action::Accept { note: String::new() }))
        .unwrap();
    case
}

struct World {
    town: Town,
    board: Board,
    words: Words,
    selection: Selection,
    duty: Duty,
    draft: Draft,
    form: ReportForm,
    intents: Vec<Intent>,
}

impl World {
    fn new(lang: Lang, town: Town, cases: Vec<Case>) -> Self {
        Self {
            board: Board::new(cases, &town),
            town,
            words: Words::new(lang),
            selection: Selection::default(),
            duty: Duty::default(),
            draft: Draft::new(Step::Dispatch),
            form: ReportForm::default(),
            intents: Vec::new(),
        }
    }
}

fn middle(town: &Town, code: &str) -> Wgs84 {
    town.places.get(town.places.by_code(code).unwrap()).label_at
}

type Shown = Harness<'static, World>;

fn harness(world: World, draw: impl Fn(&mut egui::Ui, Scene<'_>, &mut Parts<'_>) + 'static) -> Shown {
    let builder = Harness::builder()
        .with_size(egui::vec2(400.0, 760.0))
        .with_max_steps(8);
    let mut harness = builder
        .with_context_setup(|ctx: &egui::Context| {
            theme::install(ctx);
            egui_extras::install_image_loaders(ctx);
        })
        .build_ui_state(
            move |ui, world: &mut World| {
                let scene = Scene {
                    town: &world.town,
                    board: &world.board,
                    duty: &world.duty,
                    words: &world.words,
                    colors: Palette::of(true),
                    now: now(),
                    selection: &world.selection,
                    past: false,
                };
                let mut parts = Parts {
                    duty: &world.duty,
                    draft: &mut world.draft,
                    form: &mut world.form,
                    intents: &mut world.intents,
                };
                draw(ui, scene, &mut parts);
            },
            world,
        );
    harness.run();
    harness
}

/// What a view may change.
struct Parts<'a> {
    duty: &'a Duty,
    draft: &'a mut Draft,
    form: &'a mut ReportForm,
    intents: &'a mut Vec<Intent>,
}

/// The panel for case 1.
fn panel(world: World) -> Shown {
    harness(world, |ui, scene, parts| {
        let live = scene.board.get(CaseId(1)).unwrap();
        dispatch::show(ui, scene, live, parts.duty, parts.draft, parts.intents);
        parts.draft.fresh = false;
    })
}

fn refuse_in_xinlan(lang: Lang) -> World {
    let town = town();
    let cases = vec![case(&town, 1, "GL-B01", at(middle(&town, "GL01-G02")))];
    World::new(lang, town, cases)
}

/// What a screen reader says of the rows, from top to bottom.
fn rows(harness: &Shown) -> Vec<String> {
    harness
        .query_all_by(|node| node.role() == egui::accesskit::Role::ListBoxOption)
        .filter_map(|node| node.accesskit_node().label())
        .collect()
}

fn press(harness: &mut Shown, key: Key) {
    harness.key_press(key);
    harness.run();
}

fn sent(harness: &Shown) -> bool {
    harness.state().intents.contains(&Intent::Submit(CaseId(1)))
}

#[test]
fn each_proposal_says_why_and_enter_takes_the_first() {
    let mut harness = panel(refuse_in_xinlan(Lang::Zh));
    let rows = rows(&harness);
    assert!(rows.len() >= 3, "{rows:?}");
    for words in [
        "新澜第二党建网格服务队",
        "第二党建网格 责任 +36",
        "权责清单（社区） +20",
        "社区力量先办 +30",
        "米 +11",
        "手上 0/4 件",
        "在岗 +6",
    ] {
        assert!(rows[0].contains(words), "'{words}' is not in: {}", rows[0]);
    }
    assert!(rows[1].contains("新澜社区城管队") && rows[1].contains("擅长城市管理 +8"));
    press(&mut harness, Key::Enter);
    assert!(sent(&harness));
    assert_eq!(harness.state().draft.to, Some(Handler::Team("T-GL01-P2".into())));
}

#[test]
fn arrows_choose_another() {
    let mut harness = panel(refuse_in_xinlan(Lang::En));
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::Enter);
    assert!(sent(&harness));
    let chosen = harness.state().draft.to.clone().unwrap();
    assert_eq!(chosen, Handler::Team("T-GL01-CM".into()));
    let name = harness.state().town.handler_name(&chosen, Lang::En).to_owned();
    assert!(rows(&harness)[1].starts_with(&name));
}

#[test]
fn whoever_can_t_be_sent_is_folded_away_with_the_reason() {
    let mut world = refuse_in_xinlan(Lang::Zh);
    let away = Until {
        on: false,
        until: now() + TimeDelta::hours(2),
        reason: "修车".into(),
    };
    world.duty.away.insert(Handler::Team("T-GL01-CM".into()), away);
    let mut harness = panel(world);
    let before = rows(&harness);
    assert!(
        !before.iter().any(|row| row.contains("新澜社区城管队")),
        "{before:?}"
    );
    harness.get_by_label_contains("不能派（").click();
    harness.run();
    let after = rows(&harness);
    assert!(after.len() > before.len());
    assert!(
        after.contains(&"新澜社区城管队, 已报不能出动".to_owned()),
        "{after:?}"
    );
    // It can't be chosen.
    harness.get_by_label_contains("已报不能出动").click();
    harness.run();
    assert_ne!(harness.state().draft.to, Some(Handler::Team("T-GL01-CM".into())));
}

#[test]
fn a_refusal_by_the_list_says_whose_matter_it_is() {
    let mut harness = panel(refuse_in_xinlan(Lang::Zh));
    harness.event(Event::Text("新澜社区安全队".into()));
    harness.run();
    let rows = rows(&harness);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(
        rows[0].contains("权责清单没有列入") && rows[0].contains("社区城管队"),
        "{rows:?}"
    );
    press(&mut harness, Key::Enter);
    assert!(!sent(&harness));
}

#[test]
fn somebody_off_shift_may_be_sent_by_hand() {
    let mut world = refuse_in_xinlan(Lang::Zh);
    let off = Until {
        on: false,
        until: now() + TimeDelta::hours(2),
        reason: String::new(),
    };
    world.duty.shifts.insert(Handler::Team("T-GL01-CM".into()), off);
    let mut harness = panel(world);
    harness.event(Event::Text("新澜社区城管队".into()));
    harness.run();
    assert_eq!(rows(&harness), ["新澜社区城管队, 不在岗"]);
    press(&mut harness, Key::Enter);
    assert!(sent(&harness));
    assert_eq!(harness.state().draft.to, Some(Handler::Team("T-GL01-CM".into())));
}

/// A point a few metres from the boundary between two base grids.
fn on_the_edge(town: &Town) -> Wgs84 {
    use geo::LinesIter;
    let grid = town.places.get(town.places.by_code("GL01-G02").unwrap());
    let edge = grid
        .outline
        .lines_iter()
        .find(|line| {
            let middle = Wgs84 {
                lon: (line.start.x + line.end.x) / 2.0,
                lat: (line.start.y + line.end.y) / 2.0,
            };
            let near = town.places.near_boundary(middle, 60.0);
            let grids = near.iter().filter(|near| near.kind == PlaceKind::BaseGrid);
            near.iter().all(|near| near.kind == PlaceKind::BaseGrid) && grids.count() == 1
        })
        .unwrap();
    Wgs84 {
        lon: (edge.start.x + edge.end.x) / 2.0 + 0.00005,
        lat: (edge.start.y + edge.end.y) / 2.0,
    }
}

fn form(world: World) -> Shown {
    let mut world = world;
    world.form.open();
    harness(world, |ui, scene, parts| {
        for deed in keys::pressed(ui.ctx(), true, true) {
            match deed {
                Deed::Confirm => parts.form.submit(parts.intents),
                Deed::Back => parts.form.close(),
                _ => {}
            }
        }
        parts.form.show(ui, scene, Role::Dispatcher, parts.intents);
    })
}

fn reported(harness: &Shown) -> Option<&NewReport> {
    harness.state().intents.iter().find_map(|intent| match intent {
        Intent::Report(report, _) => Some(&**report),
        _ => None,
    })
}

/// Chooses the item by its code, as a hand at the keyboard does.
fn choose_item(harness: &mut Shown, code: &str) {
    harness.event(Event::Text(code.into()));
    harness.run();
    press(harness, Key::Enter);
}

fn confirm(harness: &mut Shown) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    harness.run_steps(3);
}

#[test]
fn near_a_boundary_the_form_asks_which_side_and_the_report_says_it() {
    let town = town();
    let point = on_the_edge(&town);
    let sides = town.sides(point);
    assert_eq!(sides.len(), 2);
    let code = |i: usize| town.places.get(sides[i]).code.clone();
    let (here, other) = (code(0), code(1));
    for (keys, expected) in [
        (vec![Key::Enter], here),
        (vec![Key::ArrowRight, Key::ArrowRight, Key::Enter], other),
    ] {
        let mut harness = form(World::new(Lang::Zh, town.clone(), Vec::new()));
        choose_item(&mut harness, "GL-B01");
        harness.state_mut().form.picked(point);
        harness.run();
        assert!(harness.query_by_label_contains("归哪一边？").is_some());
        // Without an answer it is not sent.
        confirm(&mut harness);
        assert!(reported(&harness).is_none());
        assert!(harness.query_by_label("请选择归哪一边").is_some());
        for key in keys {
            press(&mut harness, key);
        }
        confirm(&mut harness);
        let place = &reported(&harness).unwrap().place;
        let Whereabouts::Point { grid: Some(grid), .. } = place else {
            panic!("{place:?}")
        };
        assert_eq!(**grid, *expected);
    }
}

#[test]
fn in_the_middle_of_a_grid_the_form_asks_nothing() {
    let town = town();
    let point = middle(&town, "GL01-G02");
    let mut harness = form(World::new(Lang::Zh, town, Vec::new()));
    choose_item(&mut harness, "GL-B01");
    harness.state_mut().form.picked(point);
    harness.run();
    assert!(harness.query_by_label_contains("归哪一边？").is_none());
    confirm(&mut harness);
    assert_eq!(reported(&harness).unwrap().place, at(point));
}

#[test]
fn the_sheet_shows_the_other_side_with_whoever_answers_there() {
    let town = town();
    let point = on_the_edge(&town);
    let other = town.sides(point)[1];
    let officer = town.answerable_in(other).grid_officer.unwrap();
    let name = town.posts[usize::from(officer.0)].holder.zh.clone();
    let cases = vec![case(&town, 1, "GL-B01", at(point))];
    let harness = harness(World::new(Lang::Zh, town, cases), |ui, scene, parts| {
        let live = scene.board.get(CaseId(1)).unwrap();
        sides::other_sides(ui, scene, live, parts.intents);
    });
    assert!(harness.query_by_label_contains("离基础网格边界").is_some());
    assert!(harness.query_by_label(&name).is_some(), "{name}");
}

#[test]
fn likely_duplicates_are_listed_while_the_form_is_filled_and_can_be_looked_at() {
    let town = town();
    let point = middle(&town, "GL01-G02");
    let cases = vec![case(&town, 7, "GL-B01", at(point))];
    let mut harness = form(World::new(Lang::Zh, town, cases));
    assert!(harness.query_by_label("可能重复（1）").is_none());
    choose_item(&mut harness, "GL-B01");
    harness.state_mut().form.picked(point);
    harness.run();
    assert!(harness.query_by_label("可能重复（1）").is_some());
    assert!(
        harness
            .query_by_label_contains("同一事项 +40 · 相距 0 米 +30 · 20 分前 +20")
            .is_some()
    );
    harness.get_by_label("看这件").click();
    harness.run();
    assert!(harness.state().intents.contains(&Intent::Select(Some(CaseId(7)))));
    assert!(harness.state().intents.contains(&Intent::Do(Deed::Back)));
}

#[test]
fn what_is_entered_can_be_merged_into_its_likely_duplicate_at_once() {
    let town = town();
    let point = middle(&town, "GL01-G02");
    let cases = vec![case(&town, 7, "GL-B01", at(point))];
    let mut harness = form(World::new(Lang::Zh, town, cases));
    choose_item(&mut harness, "GL-B01");
    harness.state_mut().form.picked(point);
    harness.run();
    harness.get_by_label("并入").click();
    // The form waits for the journal now, and turns its wheel.
    harness.run_steps(3);
    let reports = |intent: &&Intent| matches!(intent, Intent::Report(..));
    assert_eq!(harness.state().intents.iter().filter(reports).count(), 1);
    assert_eq!(harness.state_mut().form.accepted(), Some(CaseId(7)));
}
