//! Budget: UI thread per frame (view code and tessellation, no GPU) with 10,000 open cases on map and queue, panning:
//! ≤ 4 ms median, and ≤ 2 × the frame with 100 cases.
//!
//! Both halls are drawn in turn in one run, with the base map where there is a Vulkan driver.

mod fixture;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use eframe::egui::{self, Event, Modifiers, PointerButton, Pos2, RawInput, Rect, Vec2};
use yipanqi::store::Store;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::ui::app::{Hall, HallParts, Paths};
use yipanqi::ui::settings::Settings;

const FRAMES: usize = 300;
const SIZE: Vec2 = Vec2::new(1920.0, 1080.0);

struct Bench {
    ctx: egui::Context,
    hall: Hall,
    frame: usize,
    times: Vec<Duration>,
    _dir: tempfile::TempDir,
}

impl Bench {
    fn new(cases: usize, gpu: Option<&eframe::egui_wgpu::RenderState>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let book = dir.path().join("book.db");
        let town = Arc::new(fixture::town());
        let mut store = SqliteStore::open(&book).unwrap();
        store.append(fixture::drafts(&town, cases), &[]).unwrap();
        let ctx = egui::Context::default();
        yipanqi::ui::map::install(&ctx, gpu);
        let paths = Paths {
            sample: dir.path().join("sample.db"),
            book,
            settings: None,
        };
        let parts = HallParts {
            town,
            store: Box::new(store),
            paths,
            settings: Settings::default(),
            trouble: None,
            clock: Box::new(Utc::now),
        };
        let hall = Hall::new(&ctx, parts);
        let mut bench = Self {
            ctx,
            hall,
            frame: 0,
            times: Vec::new(),
            _dir: dir,
        };
        let until = Instant::now() + Duration::from_secs(30);
        while !bench.hall.is_settled() && Instant::now() < until {
            bench.draw(Vec::new());
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(bench.hall.board().len(), cases);
        bench
    }

    fn draw(&mut self, events: Vec<Event>) -> Duration {
        self.frame += 1;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.frame as f64 / 60.0),
            events,
            ..RawInput::default()
        };
        let start = Instant::now();
        let output = self.ctx.run_ui(input, |ui| self.hall.frame(ui));
        let meshes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        let took = start.elapsed();
        std::hint::black_box(meshes);
        took
    }

    /// One frame of a hand that drags the map in a circle.
    fn pan(&mut self, i: usize) {
        let middle = Pos2::new(SIZE.x * 0.45, SIZE.y * 0.5);
        let angle = i as f32 * 0.08;
        let pos = middle + 160.0 * Vec2::new(angle.cos(), angle.sin());
        let mut events = vec![Event::PointerMoved(pos)];
        if i == 0 {
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            events.push(Event::PointerButton {
                pos,
                button,
                pressed: true,
                modifiers,
            });
        }
        let took = self.draw(events);
        self.times.push(took);
    }

    /// Median and 99th percentile, in milliseconds.
    fn result(&mut self) -> (f64, f64) {
        self.times.sort();
        let ms = |share: f64| self.times[(self.times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
        (ms(0.5), ms(0.99))
    }
}

fn main() {
    let gpu = std::panic::catch_unwind(|| {
        let setup = egui_kittest::wgpu::default_wgpu_setup();
        egui_kittest::wgpu::create_render_state(setup, Default::default())
    })
    .ok();
    let base = if gpu.is_some() {
        "with"
    } else {
        "without (no Vulkan driver)"
    };
    let mut few = Bench::new(100, gpu.as_ref());
    let mut many = Bench::new(10_000, gpu.as_ref());
    for i in 0..FRAMES {
        few.pan(i);
        many.pan(i);
    }
    let ((few, few_p99), (many, many_p99)) = (few.result(), many.result());
    println!("frame while panning at {SIZE:?}, {base} base map, {FRAMES} frames each:");
    println!("     100 cases: median {few:.2} ms, p99 {few_p99:.2} ms");
    println!("  10,000 cases: median {many:.2} ms, p99 {many_p99:.2} ms (budget 4 ms)");
    println!("  ratio of medians {:.2} (budget 2)", many / few);
}
