//! The forms of the hall by keyboard and by pointer: a case entered by hand, the settings, the first start.

use std::path::Path;

use chrono::{DateTime, Utc};
use eframe::egui::{self, Event, Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable};
use yipanqi::board::Board;
use yipanqi::case::{Duty, Photo, PhotoPhase, Source, Whereabouts};
use yipanqi::desk::NewReport;
use yipanqi::store::PhotoFile;
use yipanqi::town::{Lang, Role, Town, Wgs84};
use yipanqi::ui::keys::{self, Deed};
use yipanqi::ui::map::{MapSettings, MapView};
use yipanqi::ui::report_form::ReportForm;
use yipanqi::ui::settings::Settings;
use yipanqi::ui::{Intent, Palette, PhotoTarget, Scene, Selection, Words, settings_window, theme, welcome};

fn town() -> Town {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Town::load(&dir).unwrap_or_else(|faults| panic!("{faults}"))
}

fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-24T10:41:00+08:00")
        .unwrap()
        .to_utc()
}

/// What the views read, and what they asked for.
struct World {
    town: Town,
    board: Board,
    duty: Duty,
    words: Words,
    selection: Selection,
    dark: bool,
    intents: Vec<Intent>,
}

impl World {
    fn new(lang: Lang) -> Self {
        let town = town();
        let board = Board::new(Vec::new(), &town);
        let (words, selection) = (Words::new(lang), Selection::default());
        Self {
            town,
            board,
            duty: Duty::default(),
            words,
            selection,
            dark: true,
            intents: Vec::new(),
        }
    }

    fn scene(&self) -> Scene<'_> {
        Scene {
            town: &self.town,
            board: &self.board,
            duty: &self.duty,
            words: &self.words,
            colors: Palette::of(self.dark),
            now: now(),
            selection: &self.selection,
            past: false,
        }
    }
}

fn set_up(ctx: &egui::Context) {
    theme::install(ctx);
    egui_extras::install_image_loaders(ctx);
}

type FormHarness = Harness<'static, (World, ReportForm)>;

/// The report form alone, with the keys of the hall before it.
fn form(lang: Lang) -> FormHarness {
    let mut form = ReportForm::default();
    form.open();
    let builder = Harness::builder()
        .with_size(egui::vec2(400.0, 1100.0))
        .with_max_steps(8);
    let mut harness = builder.with_context_setup(set_up).build_ui_state(
        |ui, (world, form): &mut (World, ReportForm)| {
            let mut intents = std::mem::take(&mut world.intents);
            for deed in keys::pressed(ui.ctx(), true, true) {
                match deed {
                    Deed::Confirm => form.submit(&mut intents),
                    Deed::Back => form.close(),
                    _ => {}
                }
            }
            if form.is_open() {
                form.show(ui, world.scene(), Role::Dispatcher, &mut intents);
            }
            world.intents = intents;
        },
        (World::new(lang), form),
    );
    harness.run();
    harness
}

fn press(harness: &mut FormHarness, keys: &[Key]) {
    for key in keys {
        harness.key_press(*key);
        harness.run();
    }
}

/// Types into whatever has the focus.
fn type_in(harness: &mut FormHarness, text: &str) {
    harness.event(Event::Text(text.to_owned()));
    harness.run();
}

fn confirm(harness: &mut FormHarness) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    harness.run_steps(3);
}

fn reported(harness: &FormHarness) -> Option<&NewReport> {
    harness.state().0.intents.iter().find_map(|intent| match intent {
        Intent::Report(report, _) => Some(&**report),
        _ => None,
    })
}

fn shows(harness: &FormHarness, key: &str) -> bool {
    let text = harness.state().0.words.t(key).to_owned();
    harness.query_by_label(&text).is_some()
}

#[test]
fn the_keyboard_alone_leads_from_opening_to_the_report() {
    for lang in [Lang::Zh, Lang::En] {
        let mut harness = form(lang);
        // Domains: the first is city management, the second fire safety; its third item is GL-A21.
        press(
            &mut harness,
            &[
                Key::ArrowDown,
                Key::Enter,
                Key::ArrowDown,
                Key::ArrowDown,
                Key::Enter,
            ],
        );
        // Map, then community; the second community of the town.
        press(
            &mut harness,
            &[Key::ArrowRight, Key::Enter, Key::ArrowDown, Key::Enter],
        );
        type_in(&mut harness, "3 栋 2 楼");
        // Source: from the hotline one to the left, to the residents.
        press(&mut harness, &[Key::Enter, Key::ArrowLeft, Key::Enter]);
        type_in(&mut harness, "楼道漆黑");
        press(&mut harness, &[Key::Enter]);
        type_in(&mut harness, "请处理");
        confirm(&mut harness);
        let report = reported(&harness).unwrap();
        let catalogue = &harness.state().0.town.catalogue;
        let item = catalogue
            .iter()
            .filter(|(_, item)| item.domain == catalogue.domains()[1])
            .nth(2)
            .unwrap()
            .1;
        assert_eq!(&*report.item, item.code);
        let second = harness
            .state()
            .0
            .town
            .places
            .of_kind(yipanqi::town::PlaceKind::Community)
            .nth(1)
            .unwrap()
            .1;
        let place = Whereabouts::Area {
            code: second.code.as_str().into(),
            stated: "3 栋 2 楼".into(),
        };
        assert_eq!(report.place, place);
        assert_eq!(report.source, Source::Resident);
        assert_eq!(report.text, "楼道漆黑\n请处理");
    }
}

#[test]
fn a_fast_hand_loses_no_key() {
    // One frame for each key: the next field has the keys of the next frame.
    let mut harness = form(Lang::Zh);
    let text = |harness: &FormHarness, text: &str| harness.event(Event::Text(text.to_owned()));
    text(&harness, "井盖");
    for key in [Key::Enter, Key::ArrowRight, Key::ArrowRight, Key::Enter] {
        harness.step();
        harness.key_press(key);
    }
    harness.step();
    text(&harness, "观澜大道");
    for key in [Key::Enter, Key::ArrowLeft, Key::Enter] {
        harness.step();
        harness.key_press(key);
    }
    harness.step();
    text(&harness, "缺了一角");
    harness.step();
    confirm(&mut harness);
    let report = reported(&harness).unwrap();
    assert_eq!(
        (&*report.item, report.source, &*report.text),
        ("GL-C04", Source::Resident, "缺了一角")
    );
    assert_eq!(
        report.place,
        Whereabouts::Stated {
            stated: "观澜大道".into()
        }
    );
}

#[test]
fn an_item_is_found_by_either_name_or_by_its_code() {
    for (text, code) in [("井盖", "GL-C04"), ("manhole", "GL-C04"), ("gl-d08", "GL-D08")] {
        let mut harness = form(Lang::Zh);
        type_in(&mut harness, text);
        press(
            &mut harness,
            &[Key::Enter, Key::ArrowRight, Key::ArrowRight, Key::Enter],
        );
        type_in(&mut harness, "观澜大道");
        confirm(&mut harness);
        let report = reported(&harness).unwrap();
        assert_eq!(&*report.item, code, "{text}");
        assert_eq!(
            report.place,
            Whereabouts::Stated {
                stated: "观澜大道".into()
            }
        );
    }
}

#[test]
fn backspace_in_the_empty_field_leads_back_to_the_domains() {
    let mut harness = form(Lang::Zh);
    press(&mut harness, &[Key::Enter]);
    assert!(harness.query_by_label_contains("暴露垃圾").is_some());
    press(&mut harness, &[Key::Backspace]);
    assert!(harness.query_by_label_contains("暴露垃圾").is_none());
    // The keys still belong to the field: the last domain by PageDown, and it opens.
    press(&mut harness, &[Key::PageDown, Key::PageDown, Key::Enter]);
    let catalogue = &harness.state().0.town.catalogue;
    let last = *catalogue.domains().last().unwrap();
    let first_item = catalogue
        .iter()
        .find(|(_, item)| item.domain == last)
        .unwrap()
        .1
        .name
        .zh
        .clone();
    assert!(harness.query_by_label_contains(&first_item).is_some());
}

#[test]
fn what_is_missing_is_said_beside_it_and_nothing_is_sent() {
    let mut harness = form(Lang::Zh);
    confirm(&mut harness);
    assert!(reported(&harness).is_none());
    assert!(shows(&harness, "report-item-missing"));
    assert!(shows(&harness, "report-place-missing"));
    type_in(&mut harness, "井盖");
    press(&mut harness, &[Key::Enter]);
    confirm(&mut harness);
    assert!(reported(&harness).is_none());
    assert!(!shows(&harness, "report-item-missing"));
    assert!(shows(&harness, "report-place-missing"));
    // Words that are blanks are no place.
    press(&mut harness, &[Key::ArrowRight, Key::ArrowRight, Key::Enter]);
    type_in(&mut harness, "   ");
    confirm(&mut harness);
    assert!(reported(&harness).is_none());
}

/// A form that was sent with a point of the map.
fn sent() -> FormHarness {
    let mut harness = form(Lang::Zh);
    type_in(&mut harness, "井盖");
    press(&mut harness, &[Key::Enter]);
    harness.state_mut().1.picked(Wgs84 {
        lon: 114.0490,
        lat: 22.7271,
    });
    harness.run();
    type_in(&mut harness, "北门外");
    press(&mut harness, &[Key::Enter, Key::Enter]);
    type_in(&mut harness, "井盖缺了一半");
    confirm(&mut harness);
    assert!(reported(&harness).is_some());
    harness
}

#[test]
fn a_point_of_the_map_is_asked_for_and_named() {
    let mut harness = form(Lang::Zh);
    assert_eq!(harness.state().0.intents, [Intent::PickPoint(true)]);
    harness.state_mut().1.picked(Wgs84 {
        lon: 114.0490,
        lat: 22.7271,
    });
    harness.run();
    assert!(harness.query_by_label_contains("22.72710, 114.04900").is_some());
    assert!(harness.query_by_label_contains("新澜社区").is_some());
    assert!(harness.query_by_label_contains("阳光花园").is_some());
    harness.state_mut().1.picked(Wgs84 {
        lon: 113.9,
        lat: 22.5,
    });
    harness.run();
    assert!(shows(&harness, "report-outside"));
}

#[test]
fn no_point_is_asked_for_where_the_place_is_given_otherwise() {
    let mut harness = form(Lang::Zh);
    type_in(&mut harness, "井盖");
    press(&mut harness, &[Key::Enter, Key::ArrowRight]);
    assert_eq!(
        harness.state().0.intents,
        [Intent::PickPoint(true), Intent::PickPoint(false)]
    );
    press(&mut harness, &[Key::ArrowLeft]);
    assert_eq!(harness.state().0.intents.last(), Some(&Intent::PickPoint(true)));
}

#[test]
fn a_refusal_keeps_every_word_and_can_be_sent_again() {
    let mut harness = sent();
    let first = reported(&harness).unwrap().clone();
    harness.state_mut().0.intents.clear();
    // Not twice while the journal has not answered.
    confirm(&mut harness);
    assert!(reported(&harness).is_none());
    harness.state_mut().1.refused("磁盘已满".into());
    harness.run_steps(2);
    assert!(harness.query_by_label("磁盘已满").is_some());
    confirm(&mut harness);
    assert_eq!(reported(&harness), Some(&first));
    assert_eq!(
        first.place,
        Whereabouts::Point {
            at: Wgs84 {
                lon: 114.0490,
                lat: 22.7271
            },
            stated: "北门外".into(),
            grid: None,
        }
    );
    assert_eq!(first.text, "井盖缺了一半");
}

#[test]
fn closing_keeps_the_draft_and_acceptance_clears_it() {
    let mut harness = form(Lang::Zh);
    type_in(&mut harness, "井盖");
    press(
        &mut harness,
        &[Key::Enter, Key::ArrowRight, Key::ArrowRight, Key::Enter],
    );
    type_in(&mut harness, "观澜大道");
    press(&mut harness, &[Key::Escape]);
    assert!(!harness.state().1.is_open());
    harness.state_mut().1.open();
    harness.run();
    assert!(shows(&harness, "report-kept"));
    confirm(&mut harness);
    assert_eq!(&*reported(&harness).unwrap().item, "GL-C04");
    harness.state_mut().1.accepted();
    assert!(!harness.state().1.is_open());
    harness.state_mut().0.intents.clear();
    harness.state_mut().1.open();
    harness.run();
    assert!(!shows(&harness, "report-kept"));
    confirm(&mut harness);
    assert!(reported(&harness).is_none());
}

#[test]
fn photos_are_chosen_shown_and_sent() {
    let mut harness = form(Lang::Zh);
    let add = harness.state().0.words.t("report-photo-add").to_owned();
    harness.get_by_label(&add).click();
    harness.run();
    let intents = &harness.state().0.intents;
    assert!(intents.contains(&Intent::ChoosePhotos(PhotoTarget::Report)));
    let file = |name: &str| PhotoFile {
        hash: name.into(),
        width: 40,
        height: 30,
        bytes: [1, 2].into(),
    };
    harness.state_mut().1.add_photo(file("a"));
    harness.state_mut().1.add_photo(file("b"));
    harness.run();
    harness
        .get_all_by_label_contains("40 × 30")
        .next()
        .unwrap()
        .click();
    harness.run();
    // The click has taken the focus from the first field.
    harness.state_mut().1.open();
    harness.run();
    type_in(&mut harness, "井盖");
    press(&mut harness, &[Key::Enter]);
    harness.state_mut().1.picked(Wgs84 {
        lon: 114.0490,
        lat: 22.7271,
    });
    confirm(&mut harness);
    let sent = harness.state().0.intents.iter().find_map(|intent| match intent {
        Intent::Report(report, files) => Some((report.photos.clone(), files.clone())),
        _ => None,
    });
    let photo = Photo {
        phase: PhotoPhase::Before,
        hash: "b".into(),
        width: 40,
        height: 30,
    };
    assert_eq!(sent, Some((vec![photo], vec![file("b")])));
}

struct Seat {
    world: World,
    settings: Settings,
    map: MapView,
    open: bool,
}

fn settings() -> Harness<'static, Seat> {
    let world = World::new(Lang::Zh);
    let ctx = egui::Context::default();
    let map = MapView::new(&ctx, &world.town, MapSettings::default());
    let seat = Seat {
        world,
        settings: Settings::default(),
        map,
        open: true,
    };
    let builder = Harness::builder()
        .with_size(egui::vec2(1366.0, 768.0))
        .with_max_steps(8);
    let mut harness = builder.with_context_setup(set_up).build_ui_state(
        |ui, seat: &mut Seat| {
            let scene = seat.world.scene();
            seat.open &= settings_window::show(
                ui.ctx(),
                scene,
                &mut seat.settings,
                &mut seat.map,
                &mut Vec::new(),
            );
            if seat.world.words.lang != seat.settings.lang {
                seat.world.words = Words::new(seat.settings.lang);
            }
            seat.world.dark = seat.settings.dark;
        },
        seat,
    );
    harness.run();
    harness
}

fn choose(harness: &mut Harness<'static, Seat>, key: &str) {
    let label = harness.state().world.words.t(key).to_owned();
    harness.get_by_label(&label).click();
    harness.run();
}

#[test]
fn settings_apply_at_once() {
    let mut harness = settings();
    choose(&mut harness, "settings-english");
    assert_eq!(harness.state().settings.lang, Lang::En);
    assert!(harness.query_all_by_label("Language").next().is_some());
    choose(&mut harness, "settings-light");
    assert!(!harness.state().settings.dark);
    assert_eq!(harness.ctx.theme(), egui::Theme::Light);
    choose(&mut harness, "settings-motion-on");
    assert!(!harness.state().settings.motion);
    assert_eq!(harness.ctx.global_style().animation_time, 0.0);
    for _ in 0..8 {
        choose(&mut harness, "settings-smaller");
    }
    assert_eq!(harness.state().settings.scale, 0.75);
    assert_eq!(harness.ctx.zoom_factor(), 0.75);
}

#[test]
fn the_post_at_the_seat_is_chosen_and_says_what_it_may_do() {
    let mut harness = settings();
    let here = harness.get_by_role(egui::accesskit::Role::ComboBox);
    assert!(here.value().unwrap_or_default().contains("综治调度席"));
    assert!(harness.query_by_label_contains("录入案件、受理").is_some());
    harness.get_by_role(egui::accesskit::Role::ComboBox).click();
    harness.run();
    harness.get_by_label_contains("督查员 · ").click();
    harness.run();
    assert_eq!(harness.state().settings.post, "I-1");
    assert!(
        harness
            .query_by_label_contains("可以：核查通过、核查退回、结案、重开、评价")
            .is_some()
    );
    // Every entry names its seat: an empty name is not kept.
    harness.state_mut().settings.seat.clear();
    harness.run();
    assert_eq!(harness.state().settings.seat, "1");
}

#[test]
fn the_settings_close_by_their_button() {
    let mut harness = settings();
    assert!(harness.state().open);
    let close = harness
        .get_all_by_role(egui::accesskit::Role::Button)
        .find(|node| node.rect().min.y < 200.0);
    close.unwrap().click();
    harness.run();
    assert!(!harness.state().open);
}

/// A map that counts clicks, with what lies over it.
fn over_map(empty: bool, sample: bool) -> Harness<'static, (World, usize)> {
    let builder = Harness::builder()
        .with_size(egui::vec2(900.0, 700.0))
        .with_max_steps(8);
    let mut harness = builder.with_context_setup(set_up).build_ui_state(
        move |ui, (world, clicks): &mut (World, usize)| {
            let map = ui.allocate_response(ui.available_size(), egui::Sense::click_and_drag());
            *clicks += usize::from(map.clicked());
            let mut intents = std::mem::take(&mut world.intents);
            welcome::show(ui, world.scene(), empty, sample, &mut intents);
            world.intents = intents;
        },
        (World::new(Lang::Zh), 0),
    );
    harness.run();
    harness
}

fn click_at(harness: &mut Harness<'static, (World, usize)>, x: f32, y: f32) {
    let at = egui::pos2(x, y);
    harness.drag_at(at);
    harness.run();
    harness.drop_at(at);
    harness.run();
}

#[test]
fn an_empty_book_offers_three_ways_to_begin() {
    for (key, intent) in [
        ("welcome-import", Intent::ChooseImport),
        ("welcome-report", Intent::Do(Deed::NewReport)),
        ("welcome-sample", Intent::SampleDay(true)),
    ] {
        let mut harness = over_map(true, false);
        let label = harness.state().0.words.t(key).to_owned();
        harness.get_by_label(&label).click();
        harness.run();
        assert_eq!(harness.state().0.intents, [intent]);
    }
}

#[test]
fn the_map_takes_the_clicks_beside_the_page_and_not_those_on_it() {
    let mut harness = over_map(true, false);
    click_at(&mut harness, 60.0, 60.0);
    assert_eq!(harness.state().1, 1);
    // The margin of the page, above its title.
    let title = harness
        .get_by_label(harness.state().0.words.t("welcome-title"))
        .rect();
    click_at(&mut harness, title.center().x, title.min.y - 10.0);
    assert_eq!(harness.state().1, 1);
}

#[test]
fn the_sample_day_says_so_and_leads_back() {
    let mut harness = over_map(false, true);
    assert!(
        harness
            .query_by_label(harness.state().0.words.t("sample-bar"))
            .is_some()
    );
    let back = harness.state().0.words.t("sample-back").to_owned();
    harness.get_by_label_contains(&back).click();
    harness.run();
    assert_eq!(harness.state().0.intents, [Intent::SampleDay(false)]);
    click_at(&mut harness, 450.0, 400.0);
    assert_eq!(harness.state().1, 1);
}

#[test]
fn with_cases_in_the_book_nothing_lies_over_the_map() {
    let mut harness = over_map(false, false);
    click_at(&mut harness, 450.0, 20.0);
    click_at(&mut harness, 450.0, 350.0);
    assert_eq!(harness.state().1, 2);
}
