//! Budget: from start to the first frame with 10,000 open cases ≤ 1.5 × an empty eframe window.
//!
//! Runs both as whole processes until that frame was shown, in turn, and prints the median of the ratios. Needs a display (`xvfb-run cargo bench
//! --bench start`). Called with `empty`, this program is the empty window.

mod fixture;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Store, TownMark};
use yipanqi::town::Standing;

const CASES: usize = 10_000;
const RUNS: usize = 25;
/// The hall's first window, in points.
const SIZE: [f32; 2] = [1440.0, 900.0];

/// Ends once its first frame was shown, as the hall does: what comes after is no part of a start.
struct Empty;

impl eframe::App for Empty {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        if ctx.cumulative_frame_nr() > 0 {
            std::process::exit(0);
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        ui.ctx().request_repaint();
    }
}

/// A book as a hall leaves it that was closed: it knows its town, and all of it stands in one file.
fn write_book(book: &Path) {
    let town = fixture::town();
    let mut store = SqliteStore::open(book).unwrap();
    store.set_town(&TownMark::of(&town)).unwrap();
    store.set_standing(&Arc::new(Standing::of(&town))).unwrap();
    store.append(fixture::drafts(&town, CASES), &[]).unwrap();
}

fn main() {
    if std::env::args().any(|arg| arg == "empty") {
        // As large as the hall: where there is no graphics card, a window costs by its pixels.
        let options = eframe::NativeOptions {
            viewport: egui::ViewportBuilder::default().with_inner_size(SIZE),
            renderer: eframe::Renderer::Wgpu,
            ..Default::default()
        };
        eframe::run_native("empty", options, Box::new(|_| Ok(Box::new(Empty)))).unwrap();
        return;
    }
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        println!("start: no display, nothing measured (xvfb-run cargo bench --bench start)");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let book = dir.path().join("book.db");
    write_book(&book);
    let this = std::env::current_exe().unwrap();
    let time = |command: &mut Command| {
        let start = Instant::now();
        assert!(command.status().unwrap().success());
        start.elapsed()
    };
    let mut rows: Vec<(f64, Duration, Duration)> = (0..=RUNS)
        .map(|_| {
            let empty = time(Command::new(&this).arg("empty"));
            let hall = time(
                Command::new(env!("CARGO_BIN_EXE_yipanqi"))
                    .arg("--db")
                    .arg(&book)
                    .env("XDG_CONFIG_HOME", dir.path())
                    .env(yipanqi::ui::app::QUIT_WHEN_DRAWN, "1"),
            );
            (hall.as_secs_f64() / empty.as_secs_f64(), hall, empty)
        })
        .skip(1)
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, hall, empty) = rows[RUNS / 2];
    println!(
        "start with {CASES} open cases: {hall:.0?}, empty window: {empty:.0?}, ratio {ratio:.2} (budget 1.5)"
    );
}
