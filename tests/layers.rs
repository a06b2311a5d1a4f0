//! Layers of the map: what they ask of a book, what they say, and what a hand can change.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Event, Modifiers, PointerButton, Pos2, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use yipanqi::board::{Board, presence};
use yipanqi::case::{Action, CaseId, Duty, Report, Source, Whereabouts};
use yipanqi::store::memory::MemoryStore;
use yipanqi::store::worker::{Done, Keeper};
use yipanqi::store::{Draft, Store};
use yipanqi::town::{Centre, Class, Handler, Lang, PlaceKind, Standing, Town, Wgs84};
use yipanqi::ui::map::{BaseChoice, HeatOf, Layer, Layers, MapSettings, MapView};
use yipanqi::ui::{Intent, Palette, Scene, Selection, Words, theme};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn guanlan() -> Town {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    Town::load(&root.join("assets/town/guanlan")).unwrap()
}

fn draft(case: Option<CaseId>, base: u32, actor: &str, minutes_ago: i64, action: Action) -> Draft {
    Draft {
        case,
        based_on: base,
        at: now() - TimeDelta::minutes(minutes_ago),
        actor: actor.into(),
        seat: "1".into(),
        action,
    }
}

fn report(town: &Town, at: Wgs84, source: Source, days_ago: i64) -> Action {
    let item = town.catalogue.iter().next().unwrap().1;
    Action::Report(Box::new(Report {
        item: item.code.as_str().into(),
        class: Class::A,
        centre: Centre::Grid,
        severity: 2,
        text: String::new(),
        place: Whereabouts::Point {
            at,
            stated: "".into(),
            grid: None,
        },
        source,
        reported_at: now() - TimeDelta::days(days_ago) - TimeDelta::hours(3),
        due_at: None,
        photos: Vec::new(),
        origin: None,
        outcome: None,
        limits: None,
        item_version: 0,
        split_from: None,
    }))
}

struct Desk {
    town: Arc<Town>,
    board: Board,
    keeper: Keeper,
    words: Words,
    selection: Selection,
    map: MapView,
    intents: Vec<Intent>,
}

impl Desk {
    fn ask(&mut self) {
        self.map
            .ask_layers(&self.keeper, &self.town, &self.board, None, now());
        while let Some(done) = self.keeper.poll() {
            if let Done::Asked { answer, .. } = done {
                assert!(self.map.layers_answered(answer, &mut self.board, now()).is_ok());
            }
        }
    }
}

fn desk<'a>(town: Town, mut store: MemoryStore, settings: MapSettings) -> Harness<'a, Desk> {
    store.set_standing(&Arc::new(Standing::of(&town))).unwrap();
    let board = Board::new(store.open_cases().unwrap(), &town);
    let settings = MapSettings {
        base: BaseChoice::None,
        ..settings
    };
    let map = MapView::new(&Default::default(), &town, settings);
    let state = Desk {
        town: Arc::new(town),
        board,
        keeper: Keeper::start(Box::new(store), Arc::new(|| {})),
        words: Words::new(Lang::Zh),
        selection: Selection::default(),
        map,
        intents: Vec::new(),
    };
    let set_up = |ctx: &egui::Context| {
        theme::install(ctx);
        egui_extras::install_image_loaders(ctx);
    };
    let mut harness = Harness::builder()
        .with_max_steps(30)
        .with_size(Vec2::new(1100.0, 900.0))
        .with_context_setup(set_up)
        .build_ui_state(
            |ui, desk: &mut Desk| {
                desk.map.set_motion(false);
                desk.ask();
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
                desk.map.show(ui, scene, &mut desk.intents);
            },
            state,
        );
    settle(&mut harness);
    harness
}

/// Runs frames until nothing is being read or worked out.
fn settle(harness: &mut Harness<'_, Desk>) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        harness.step();
        harness.step();
        if harness.state().map.is_settled() {
            harness.run_ok();
            return;
        }
        assert!(Instant::now() < until, "the layers do not settle");
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn layers(change: impl FnOnce(&mut Layers)) -> MapSettings {
    let mut settings = MapSettings::default();
    change(&mut settings.layers);
    settings
}

fn click(harness: &mut Harness<'_, Desk>, pos: Pos2) {
    for pressed in [true, false] {
        harness.event(Event::PointerMoved(pos));
        harness.event(Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        // No more than one: a button that is held long is no click.
        harness.step();
    }
    harness.run_ok();
}

/// A text is said, by the card's own node and by those within it.
fn says(harness: &Harness<'_, Desk>, text: &str) {
    let found = harness.query_all_by_label_contains(text).next().is_some();
    assert!(found, "nothing says {text}");
}

fn open(harness: &mut Harness<'_, Desk>, layer: &str) {
    if harness.query_by_label("关闭图层面板").is_none() {
        harness.get_by_role_and_label(Role::Button, "图层").click();
        settle(harness);
    }
    let unfold = format!("展开“{layer}”");
    harness.get_by_label(&unfold).click();
    settle(harness);
}

/// Three cases in one community, one of them of the past.
fn book(town: &Town) -> (MemoryStore, Wgs84) {
    let (_, community) = town.places.of_kind(PlaceKind::Community).next().unwrap();
    let at = community.label_at;
    let mut store = MemoryStore::new();
    let drafts = [0, 0, 40].map(|days| draft(None, 0, "D1", 60, report(town, at, Source::Resident, days)));
    store.append(drafts.to_vec(), &[]).unwrap();
    (store, at)
}

#[test]
fn areas_are_counted_by_the_book_and_told_by_legend_and_pointer() {
    let town = guanlan();
    let (store, at) = book(&town);
    let mut settings = layers(|l| {
        l.choropleth = true;
        l.cases = false;
        l.labels = false;
    });
    settings.areas.by = yipanqi::indicator::Dimension::Community;
    let mut harness = desk(town, store, settings);
    // Nine communities have no open case, one has three.
    says(&harness, "3（1 个）");
    says(&harness, "0（9 个）");
    says(&harness, "分位数，2 级");
    let pos = harness.state().map.screen(at);
    harness.hover_at(pos);
    for _ in 0..60 {
        harness.step();
    }
    harness.get_by_label_contains("新澜社区\n3 件");
    click(&mut harness, pos);
    let place = harness.state().town.places.by_name(PlaceKind::Community, "新澜");
    assert!(harness.state().intents.contains(&Intent::SelectPlace(place)));
}

#[test]
fn a_share_of_nothing_has_no_value_and_says_so() {
    let town = guanlan();
    let (store, _) = book(&town);
    let mut settings = layers(|l| l.choropleth = true);
    settings.areas.by = yipanqi::indicator::Dimension::Community;
    settings.areas.indicator = "disposition-rate".into();
    let harness = desk(town, store, settings);
    says(&harness, "0.0（1 个）");
    says(&harness, "（9 个）");
}

#[test]
fn the_density_is_of_open_cases_or_of_a_period() {
    let town = guanlan();
    let (store, _) = book(&town);
    let mut harness = desk(town, store, layers(|l| l.heat = true));
    says(&harness, "在办案件, ");
    says(&harness, "半径 300 m，3 件，每级加倍");
    open(&mut harness, "案件密度（热力）");
    let of = |harness: &Harness<'_, Desk>| harness.state().map.settings().heat.of;
    assert_eq!(of(&harness), HeatOf::Open);

    let town = guanlan();
    let (store, _) = book(&town);
    let mut settings = layers(|l| l.heat = true);
    settings.heat.of = HeatOf::Reported;
    settings.heat.days = 30;
    let harness = desk(town, store, settings);
    says(&harness, "时段内上报的案件 · 近 30 天");
    says(&harness, "半径 300 m，2 件，每级加倍");
}

#[test]
fn a_legend_opens_its_options_and_a_search_finds_layers() {
    let town = guanlan();
    let (store, _) = book(&town);
    let mut harness = desk(town, store, layers(|l| l.heat = true));
    harness.get_by_label_contains("案件密度，件/平方公里, ").click();
    settle(&mut harness);
    harness.get_by_label("收起“案件密度（热力）”");
    harness
        .get_by_role_and_label(Role::SearchInput, "查找图层")
        .focus();
    harness.run_ok();
    harness
        .get_by_role_and_label(Role::SearchInput, "查找图层")
        .type_text("网格");
    settle(&mut harness);
    harness.get_by_role_and_label(Role::CheckBox, "基础网格");
    assert!(harness.query_by_role_and_label(Role::CheckBox, "街区").is_none());
}

#[test]
fn layers_are_moved_by_buttons_and_reset() {
    let town = guanlan();
    let (store, _) = book(&town);
    let mut harness = desk(town, store, MapSettings::default());
    open(&mut harness, "街区");
    harness.get_by_role_and_label(Role::Button, "上移一层").click();
    settle(&mut harness);
    let place = |harness: &Harness<'_, Desk>, layer| {
        let order = harness.state().map.settings().arrangement.order();
        order.iter().position(|l| *l == layer).unwrap()
    };
    assert_eq!(
        place(&harness, Layer::Facilities),
        place(&harness, Layer::Blocks) + 1
    );
    harness.get_by_role_and_label(Role::CheckBox, "街区").click();
    settle(&mut harness);
    assert!(!harness.state().map.settings().layers.blocks);
    // What was changed survives a file.
    let text = toml::to_string(harness.state().map.settings()).unwrap();
    assert_eq!(
        toml::from_str::<MapSettings>(&text).unwrap(),
        *harness.state().map.settings()
    );
    harness.get_by_role_and_label(Role::Button, "恢复默认").click();
    settle(&mut harness);
    assert_eq!(harness.state().map.settings().layers, Layers::default());
    assert_eq!(harness.state().map.settings().arrangement, Default::default());
}

#[test]
fn units_stand_where_the_journal_saw_them_last() {
    let town = guanlan();
    let (mut store, _) = book(&town);
    let team = Handler::Team(town.teams[0].code.as_str().into());
    let name = town.handler_name(&team, Lang::Zh).to_owned();
    let note = String::new;
    let steps = [
        (50, Action::Accept { note: note() }),
        (
            40,
            Action::Dispatch {
                to: team.clone(),
                note: note(),
            },
        ),
        (12, Action::Arrive { note: note() }),
    ];
    for (version, (minutes, action)) in (1..).zip(steps) {
        let step = draft(Some(CaseId(1)), version, "D1", minutes, action);
        store.append(vec![step], &[]).unwrap();
    }
    let mut settings = layers(|l| {
        l.units = true;
        l.traces = true;
        l.cases = false;
    });
    settings.zoom = Some(16.0);
    settings.center = Some(
        town.places
            .of_kind(PlaceKind::Community)
            .next()
            .unwrap()
            .1
            .label_at,
    );
    let mut harness = desk(town, store, settings);
    let state = harness.state();
    let (who, seen) = state.board.presence().last(now()).next().unwrap();
    assert_eq!((who, seen.case), (&team, CaseId(1)));
    assert_eq!(seen.by, presence::By::Arrive);
    let pos = state.map.screen(seen.at);
    harness.hover_at(pos);
    for _ in 0..60 {
        harness.step();
    }
    harness.get_by_label_contains(&format!("{name} 12 分前"));
    harness.get_by_label_contains("到场，1 号案件");
    click(&mut harness, pos);
    assert!(harness.state().intents.contains(&Intent::Select(Some(CaseId(1)))));
}

#[test]
fn facilities_and_dwellings_say_that_they_are_drafts() {
    let town = guanlan();
    let facility = town.sites.facilities.as_ref().unwrap()[0].clone();
    let mut settings = layers(|l| {
        l.facilities = true;
        l.dwellings = true;
        l.cases = false;
    });
    settings.zoom = Some(16.5);
    settings.center = Some(facility.at);
    let mut harness = desk(town, MemoryStore::new(), settings);
    let pos = harness.state().map.screen(facility.at);
    harness.hover_at(pos);
    for _ in 0..60 {
        harness.step();
    }
    harness.get_by_label_contains(&facility.name.zh);
    harness.get_by_label_contains("位置为示意");
}

#[test]
fn guanlans_dwellings_speak_of_no_persons() {
    let town = guanlan();
    let dwellings = town.sites.dwellings.unwrap();
    assert!(dwellings.len() > 400);
    for dwelling in &dwellings {
        assert!(
            dwelling.schematic && dwelling.name.zh.contains("样例"),
            "{dwelling:?}"
        );
        assert!(town.places.contains(dwelling.at), "{dwelling:?}");
    }
    for facility in town.sites.facilities.unwrap() {
        assert!(
            facility.schematic && town.places.contains(facility.at),
            "{facility:?}"
        );
    }
}
