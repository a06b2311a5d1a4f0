//! `yipanqi`: opens the hall in a window.

use std::panic::AssertUnwindSafe;
use std::path::Path;

use anyhow::anyhow;
use chrono::Utc;
use eframe::egui::{self, Vec2};

use crate::store::sqlite::SqliteStore;
use crate::ui::Palette;
use crate::ui::app::{Hall, HallParts, Paths};
use crate::ui::settings::Settings;

use super::{Done, Shell};

/// The name under which desktops know the program.
const APP_ID: &str = "yipanqi";
/// The smallest window, in points.
const SIZE_MIN: Vec2 = Vec2::new(1024.0, 640.0);
/// The first window, in points.
const SIZE_FIRST: Vec2 = Vec2::new(1440.0, 900.0);

/// Opens the hall and comes back when it is closed.
pub fn open(shell: &Shell) -> anyhow::Result<Done> {
    let town = shell.town()?;
    let book = shell.book()?;
    let store = SqliteStore::open(&book)?;
    let settings_path = Settings::default_path();
    let (settings, trouble) = match &settings_path {
        // Read once more, because the hall may set a broken file aside.
        Some(path) if shell.trouble.is_some() => Settings::read(path),
        _ => (shell.settings.clone(), None),
    };
    let settings = Settings {
        lang: shell.lang(),
        ..settings
    };
    let options = options(shell, &settings);
    let parts = HallParts {
        town,
        store: Box::new(store),
        paths: Paths {
            sample: sample_beside(&book),
            book,
            settings: settings_path,
        },
        settings,
        trouble: trouble.map(|why| shell.words.f("shell-settings-aside", &[("why", why.into())])),
        clock: Box::new(Utc::now),
    };
    let run = || {
        eframe::run_native(
            APP_ID,
            options,
            Box::new(|cc| {
                crate::ui::map::install(&cc.egui_ctx, cc.wgpu_render_state.as_ref());
                Ok(Box::new(Hall::new(&cc.egui_ctx, parts)))
            }),
        )
    };
    // The libraries of the window system end in a panic where one of them is missing.
    match std::panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => Ok(Done::Wholly),
        Ok(Err(error)) => Err(anyhow!("{}", explain(shell, &error))),
        Err(_) => Err(anyhow!("{}", shell.words.t("shell-window-broke"))),
    }
}

fn options(shell: &Shell, settings: &Settings) -> eframe::NativeOptions {
    // Settings keep points of the interface; the window system counts points before the interface is scaled.
    let size = settings.window.map_or(SIZE_FIRST, |size| {
        Vec2::from(size) * settings.scale.clamp(0.5, 3.0)
    });
    let size = if size.is_finite() {
        size.max(SIZE_MIN)
    } else {
        SIZE_FIRST
    };
    let viewport = egui::ViewportBuilder::default()
        .with_title(shell.words.t("app-long-name"))
        .with_app_id(APP_ID)
        .with_icon(icon())
        .with_inner_size(size)
        .with_min_inner_size(SIZE_MIN)
        .with_maximized(settings.maximized);
    eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Wgpu,
        // Every machine draws the same characters.
        system_font_fallback: false,
        ..eframe::NativeOptions::default()
    }
}

/// The brand mark of the hall's strip: a white cross on party red.
fn icon() -> egui::IconData {
    const SIDE: u32 = 64;
    let brand = Palette::of(true).brand;
    let pixel = |i: u32| {
        let (x, y) = (i % SIDE, i / SIDE);
        // Distances from the middle and from the edge, in pixels.
        let (dx, dy) = (x.abs_diff(SIDE / 2), y.abs_diff(SIDE / 2));
        let cross = (dx < 3 && dy < 17) || (dy < 3 && dx < 17);
        let corner = dx + dy > SIDE - 8;
        match (cross, corner) {
            (true, _) => [255; 4],
            (_, true) => [0; 4],
            _ => brand.to_array(),
        }
    };
    egui::IconData {
        rgba: (0..SIDE * SIDE).flat_map(pixel).collect(),
        width: SIDE,
        height: SIDE,
    }
}

fn explain(shell: &Shell, error: &eframe::Error) -> String {
    let key = match error {
        eframe::Error::AppCreation(_) => return error.to_string(),
        eframe::Error::Wgpu(_) => "shell-no-driver",
        _ => "shell-no-display",
    };
    // The window system's errors begin with places in its own source text.
    let why = error.to_string();
    let why = why
        .rsplit(".rs:")
        .next()
        .unwrap_or(&why)
        .trim_start_matches(|c: char| !c.is_alphabetic());
    shell.words.f(key, &[("why", why.trim_end_matches('.').into())])
}

/// The sample day has a book of its own, beside the real one.
fn sample_beside(book: &Path) -> std::path::PathBuf {
    book.with_extension("sample.db")
}
