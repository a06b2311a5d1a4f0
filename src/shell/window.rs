//! `yipanqi`: opens the hall in a window.

use std::cell::RefCell;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use anyhow::anyhow;
use chrono::Utc;
use eframe::egui::{self, Vec2};
use eframe::egui_wgpu::wgpu::Backends;
use eframe::egui_wgpu::{WgpuConfiguration, WgpuSetupCreateNew};

use crate::heap;
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, TownMark};
use crate::town::{Standing, Town};
use crate::ui::Palette;
use crate::ui::app::{DrillStart, Hall, HallBase, OpenBook, Paths, prepare, start_keeper};
use crate::ui::settings::Settings;

use super::{Done, Shell};

/// The name under which desktops know the program.
const APP_ID: &str = "yipanqi";
/// The smallest window, in points.
const SIZE_MIN: Vec2 = Vec2::new(1024.0, 640.0);
/// The first window, in points.
const SIZE_FIRST: Vec2 = Vec2::new(1440.0, 900.0);

/// The first frame waits so long for the open cases: one without them costs as much where there is no graphics card.
const CASES_WAIT: Duration = Duration::from_millis(250);

/// About what it takes in memory to read a town, and to keep it.
const TOWN_BYTES: usize = 4 << 20;

/// Opens the hall and comes back when it is closed.
///
/// The window system and the graphics driver take most of a start's time, so the town and the book are read beside them.
pub fn open(shell: &Shell) -> anyhow::Result<Done> {
    open_with(shell, shell.book()?, None)
}

/// The same, and a drill begins at once, in its own book. When it ends, the hall has its own.
pub fn open_drill(shell: &Shell, drill: DrillStart) -> anyhow::Result<Done> {
    open_with(shell, shell.real_book()?, Some(drill))
}

fn open_with(shell: &Shell, book: PathBuf, drill: Option<DrillStart>) -> anyhow::Result<Done> {
    let ctx = context();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new;
        let (ctx, book) = (&ctx, book.as_path());
        let reading = thread().spawn_scoped(scope, move || {
            heap::reserve(TOWN_BYTES);
            if few_cores() {
                let town = town(shell);
                return read(ctx, book, || town);
            }
            let town = thread().spawn_scoped(scope, || town(shell))?;
            read(ctx, book, || joined(town))
        })?;
        let reading = RefCell::new(Some(reading));
        // What went wrong beside the window, to be told with its whole chain.
        let failed = RefCell::new(None);
        let drill = RefCell::new(drill);
        let hall = |cc: &eframe::CreationContext<'_>| {
            // Done while the book is still being read.
            prepare_window(shell, cc);
            let reading = reading.take().ok_or("the hall is opened twice")?;
            match joined(reading) {
                Ok((town, open)) => {
                    let mut hall = hall(shell, cc, town, open, book);
                    if let Some(drill) = drill.take() {
                        hall.begin_drill(drill);
                    }
                    Ok(hall)
                }
                Err(error) => {
                    let told = error.to_string();
                    failed.replace(Some(error));
                    Err(told.into())
                }
            }
        };
        let shown = show(shell, ctx, hall);
        // A town or book that can't be read goes before a display that is missing.
        let unread = reading.take().and_then(|reading| joined(reading).err());
        match failed.take().or(unread) {
            Some(error) => Err(error),
            None => shown,
        }
    })
}

/// Whether the window system, which takes the longest of a start, had to share its core if town and book were read at one time.
fn few_cores() -> bool {
    std::thread::available_parallelism().is_ok_and(|cores| cores.get() <= 2)
}

/// Reads the town, and has it ready to say what lies around a point, which the board asks of every case.
fn town(shell: &Shell) -> anyhow::Result<Arc<Town>> {
    let town = shell.town()?;
    town.answerable(town.center);
    Ok(town)
}

/// Opens the book and makes the board of its open cases, once the town is there. The town's mistakes are told first.
fn read(
    ctx: &egui::Context,
    book: &Path,
    town: impl FnOnce() -> anyhow::Result<Arc<Town>>,
) -> anyhow::Result<(Arc<Town>, OpenBook)> {
    let store = SqliteStore::open(book).and_then(|store| {
        store.check_real(book)?;
        Ok((store.town()?, store))
    });
    let (keeper, town) = match store {
        // The open cases are read while the town is, if it is not there already.
        Ok((Some(mark), store)) => {
            let keeper = start_keeper(ctx, Box::new(store));
            let town = town()?;
            mark.check(&town, book)?;
            (keeper, town)
        }
        Ok((None, mut store)) => {
            let town = town()?;
            store.set_town(&TownMark::of(&town))?;
            store.set_standing(&Arc::new(Standing::of(&town)))?;
            (start_keeper(ctx, Box::new(store)), town)
        }
        Err(error) => {
            town()?;
            return Err(error.into());
        }
    };
    let open = OpenBook::read(keeper, &town, CASES_WAIT);
    Ok((town, open))
}

/// What a thread answered; its panic goes on here.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The interface's context, as the window would make it: made before the window, so that the book can wake it.
fn context() -> egui::Context {
    let ctx = egui::Context::default();
    ctx.set_embed_viewports(false);
    ctx
}

/// Opens the window and comes back when it is closed.
fn show<F>(shell: &Shell, ctx: &egui::Context, hall: F) -> anyhow::Result<Done>
where
    F: FnOnce(&eframe::CreationContext<'_>) -> Result<Hall, Box<dyn Error + Send + Sync>>,
{
    let options = options(shell);
    let run = || {
        let create: eframe::AppCreator<'_> = Box::new(|cc| Ok(Box::new(hall(cc)?)));
        eframe::run_native_ext(APP_ID, options, Some(ctx.clone()), create)
    };
    // The libraries of the window system end in a panic where one of them is missing.
    match std::panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => Ok(Done::Wholly),
        Ok(Err(error)) => Err(anyhow!("{}", explain(shell, &error))),
        Err(_) => Err(anyhow!("{}", shell.words.t("shell-window-broke"))),
    }
}

/// Everything of the window that needs no book.
fn prepare_window(shell: &Shell, cc: &eframe::CreationContext<'_>) {
    let ctx = &cc.egui_ctx;
    crate::ui::meshes::install(ctx, cc.wgpu_render_state.as_ref());
    crate::ui::flat::install(ctx, cc.wgpu_render_state.as_ref());
    crate::ui::map::install_cases(ctx, cc.wgpu_render_state.as_ref());
    crate::ui::warm::up(ctx, cc.wgpu_render_state.as_ref());
    crate::ui::map::install_later(ctx);
    prepare(ctx, &shell.settings);
}

fn hall(
    shell: &Shell,
    cc: &eframe::CreationContext<'_>,
    town: Arc<Town>,
    open: OpenBook,
    book: &Path,
) -> Hall {
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
    let base = HallBase {
        town,
        paths: Paths {
            sample: sample_beside(book),
            book: book.to_owned(),
            settings: settings_path,
        },
        settings,
        trouble: trouble.map(|why| shell.words.f("shell-settings-aside", &[("why", why.into())])),
        clock: Box::new(Utc::now),
        words: shell.words.clone(),
    };
    Hall::opened(&cc.egui_ctx, open, base)
}

fn options(shell: &Shell) -> eframe::NativeOptions {
    let settings = &shell.settings;
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
        wgpu_options: graphics(),
        // It is for gradients, of which the hall has none, and costs every pixel of a machine without a graphics card.
        dithering: false,
        ..eframe::NativeOptions::default()
    }
}

/// Vulkan alone: to look for other kinds of driver costs a good part of the start, and none of them is ever used.
fn graphics() -> WgpuConfiguration {
    let mut setup = WgpuSetupCreateNew::without_display_handle();
    setup.instance_descriptor.backends = Backends::VULKAN;
    WgpuConfiguration {
        wgpu_setup: setup.into(),
        ..WgpuConfiguration::default()
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
