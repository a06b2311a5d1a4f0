//! A hall in a window of its own, on a book in a temporary folder, driven by keys.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test that sits at a seat uses other parts of it"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use tempfile::TempDir;
use yipanqi::board::Board;
use yipanqi::case::{Case, CaseId, Duty, Source, Stage, Whereabouts};
use yipanqi::desk::{self, Command, NewReport, Order, Situation};
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Draft, Store};
use yipanqi::town::{Lang, Town, Wgs84};
use yipanqi::ui::app::{Hall, HallParts, Paths};
use yipanqi::ui::settings::Settings;

pub fn town() -> Arc<Town> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Arc::new(Town::load(&dir).unwrap())
}

/// What the desk makes of a command of another seat.
pub fn decide(town: &Town, case: Option<Case>, command: Command) -> Vec<Draft> {
    let board = Board::new(case.into_iter().collect(), town);
    let situation = Situation {
        town,
        cases: &board,
        duty: &Duty::default(),
        now: Utc::now(),
    };
    desk::decide(&situation, command).unwrap()
}

/// Opens a case in the book, as a phone or an import would.
pub fn report(book: &Path, town: &Town, item: &str, at: Wgs84) -> CaseId {
    let mut store = SqliteStore::open(book).unwrap();
    let new = NewReport {
        item: item.into(),
        text: "测试".into(),
        place: Whereabouts::Point {
            at,
            stated: "".into(),
            grid: None,
        },
        source: Source::Patrol,
        reported_at: None,
        photos: Vec::new(),
    };
    let actor = town.posts[0].code.as_str().into();
    let command = Command {
        actor,
        seat: "1".into(),
        order: Order::Report(new),
    };
    let drafts = decide(town, None, command);
    store.append(drafts, &[]).unwrap()[0].case
}

pub fn open(dir: &TempDir, town: &Arc<Town>, lang: Lang) -> Harness<'static, Hall> {
    open_as(dir, town, lang, "")
}

/// Opens the hall with a post at its seat; the first dispatcher where `post` is empty.
pub fn open_as(dir: &TempDir, town: &Arc<Town>, lang: Lang, post: &str) -> Harness<'static, Hall> {
    let book = dir.path().join("book.db");
    let settings = Settings {
        lang,
        motion: false,
        post: post.to_owned(),
        ..Settings::default()
    };
    let paths = Paths {
        book: book.clone(),
        sample: dir.path().join("sample.db"),
        settings: None,
    };
    let parts = HallParts {
        town: town.clone(),
        store: Box::new(SqliteStore::open(&book).unwrap()),
        paths,
        settings,
        trouble: None,
        clock: Box::new(Utc::now),
    };
    let mut harness = Harness::builder()
        .with_size([1366.0, 768.0])
        .build_eframe(move |cc| Hall::new(&cc.egui_ctx, parts));
    settle(&mut harness);
    harness
}

/// Runs frames until the journal has answered everything.
pub fn settle(harness: &mut Harness<'_, Hall>) {
    let patience = Instant::now() + Duration::from_secs(20);
    harness.run_steps(3);
    while !harness.state().is_settled() {
        assert!(Instant::now() < patience, "the hall does not settle");
        std::thread::sleep(Duration::from_millis(5));
        harness.run_steps(1);
    }
    harness.run_steps(3);
}

pub fn press(harness: &mut Harness<'_, Hall>, key: Key) {
    harness.key_press(key);
    settle(harness);
}

pub fn type_text(harness: &mut Harness<'_, Hall>, text: &str) {
    harness.event(eframe::egui::Event::Text(text.to_owned()));
    settle(harness);
}

pub fn stage(harness: &Harness<'_, Hall>, id: CaseId) -> Option<Stage> {
    harness.state().board().get(id).map(|live| live.case.stage)
}

/// A point in the block Aohu Art Village.
pub fn aohu(town: &Town) -> Wgs84 {
    town.places.get(town.places.by_code("GL-S1").unwrap()).label_at
}

/// Ctrl and Enter: the open form is confirmed.
pub fn confirm(harness: &mut Harness<'_, Hall>) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    settle(harness);
}

/// A key with Shift.
pub fn press_shift(harness: &mut Harness<'_, Hall>, key: Key) {
    harness.key_press_modifiers(Modifiers::SHIFT, key);
    settle(harness);
}
