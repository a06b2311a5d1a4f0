//! Budgets: the first picture of the density of 1,000,000 cases of the past ≤ 1 s, and no slower than the query that a server
//! of maps would have to make for it (points gathered into squares by SQL over one bare table); a frame while panning
//! afterwards costs the UI thread ≤ 1.2 × one without the layer. Beside it: areas coloured by an indicator.
//!
//! `YIPANQI_BENCH_CASES` sets another number than 1,000,000.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::{self, Event, Modifiers, PointerButton, Pos2, RawInput, Rect, Vec2};
use yipanqi::board::Board;
use yipanqi::case::{Duty, Origin, Outcome, Report, Source, Whereabouts};
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::worker::{Done, Keeper};
use yipanqi::store::{By, Ready, Store};
use yipanqi::town::{ItemId, Lang, Standing, Town, Wgs84};
use yipanqi::ui::map::{BaseChoice, HeatOf, MapSettings, MapView};
use yipanqi::ui::{Palette, Scene, Selection, Words, theme};

const BATCH: usize = 10_000;
const FRAMES: usize = 300;
const SIZE: Vec2 = Vec2::new(1920.0, 1080.0);

fn main() {
    let cases = std::env::var("YIPANQI_BENCH_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    let cases: usize = cases.unwrap_or(1_000_000);
    let town = Town::load(&yipanqi::assets::find("assets/town/guanlan").unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(&folder.path().join("book.db")).unwrap();
    store.set_standing(&Arc::new(Standing::of(&town))).unwrap();
    let start = Instant::now();
    fill(&mut store, &town, cases);
    println!("{cases} cases: made in {:.1} s", start.elapsed().as_secs_f64());
    let peer = gathered_by_sql(cases);

    let mut bench = Bench::new(town, store);
    let mut plain = bench.pan();
    let first = bench.until_settled(|settings| {
        settings.layers.heat = true;
        settings.heat.of = HeatOf::Reported;
        settings.heat.days = 0;
    });
    println!(
        "  first picture {first:.0} ms (budget 1000), {:.2} x squares by SQL, {peer:.0} ms (budget 1)",
        first / peer
    );
    let mut with = bench.pan();
    let moved = bench.until_settled(|settings| settings.heat.radius_m = 600.0);
    println!("  another radius, or a view farther off: {moved:.0} ms");
    let ((median, p99), (median_with, p99_with)) = (percentiles(&mut plain), percentiles(&mut with));
    println!("  panning at {SIZE:?}: without the layer median {median:.2} ms, p99 {p99:.2} ms");
    println!(
        "                    with the layer median {median_with:.2} ms, p99 {p99_with:.2} ms, ratio of medians {:.2} (budget 1.2)",
        median_with / median
    );
    let areas = bench.until_settled(|settings| {
        settings.layers.heat = false;
        settings.layers.choropleth = true;
        settings.areas.indicator = "disposition-rate".into();
        settings.areas.days = 365;
    });
    println!("  areas by an indicator of a year: {areas:.0} ms");
    let mut areas = bench.pan();
    let (median_areas, _) = percentiles(&mut areas);
    println!(
        "  panning with areas: median {median_areas:.2} ms, ratio {:.2}",
        median_areas / median
    );
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

/// A number that looks like chance, the same in every run.
fn chance(i: usize) -> u64 {
    let mut x = (i as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ x >> 32
}

/// Half of the cases lie anywhere, half around a few hundred places.
fn place(i: usize) -> Wgs84 {
    let any = |x: u64| Wgs84 {
        lon: 114.02 + (x >> 8 & 0xffff) as f64 / 65_536.0 * 0.08,
        lat: 22.71 + (x >> 24 & 0xffff) as f64 / 65_536.0 * 0.05,
    };
    let (own, spot) = (any(chance(i)), any(chance(i % 317)));
    if i.is_multiple_of(2) {
        return own;
    }
    Wgs84 {
        lon: spot.lon + (own.lon - 114.06) / 40.0,
        lat: spot.lat + (own.lat - 22.735) / 40.0,
    }
}

fn fill(store: &mut SqliteStore, town: &Town, cases: usize) {
    let standing = store.standings().unwrap().last().cloned();
    let items = town.catalogue.len();
    for first in (0..cases).step_by(BATCH) {
        let mut ready = Ready::for_town(standing.clone());
        ready.entered_by(By {
            at_ms: now().timestamp_millis(),
            actor: "D-GRID".into(),
            seat: "1".into(),
        });
        for i in first..(first + BATCH).min(cases) {
            let item = town.catalogue.get(ItemId((chance(i) % items as u64) as u16));
            // Over three years, all settled within a few days.
            let reported_at = now() - TimeDelta::minutes(5 * 1440 + (i as i64 * 1_570_000) / cases as i64);
            ready.push(Report {
                item: item.code.as_str().into(),
                class: item.class,
                centre: item.centre,
                severity: item.severity,
                text: String::new(),
                place: Whereabouts::Point {
                    at: place(i),
                    stated: "".into(),
                    grid: None,
                },
                source: Source::Resident,
                reported_at,
                due_at: Some(reported_at + TimeDelta::hours(36)),
                photos: Vec::new(),
                origin: Some(Origin {
                    profile: "bench".into(),
                    key: i.to_string().into(),
                }),
                outcome: Some(Outcome {
                    at: Some(reported_at + TimeDelta::minutes((chance(i) >> 40 & 0xfff) as i64)),
                    in_time: None,
                }),
                limits: None,
                item_version: 0,
                split_from: None,
            });
        }
        store.append_ready(ready).unwrap();
    }
}

/// Milliseconds of the query, the best of three.
fn gathered_by_sql(cases: usize) -> f64 {
    let bare = rusqlite::Connection::open_in_memory().unwrap();
    bare.execute_batch("PRAGMA temp_store = MEMORY; CREATE TABLE t (lon REAL, lat REAL); BEGIN;")
        .unwrap();
    for i in 0..cases {
        let at = place(i);
        let mut insert = bare.prepare_cached("INSERT INTO t VALUES (?1, ?2)").unwrap();
        insert.execute((at.lon, at.lat)).unwrap();
    }
    bare.execute_batch("COMMIT").unwrap();
    let sql = "SELECT CAST(lon / 0.0005 AS INTEGER) x, CAST(lat / 0.0005 AS INTEGER) y, count(*) FROM t GROUP BY x, y";
    let timed = (0..3).map(|_| {
        let start = Instant::now();
        let mut statement = bare.prepare(sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        while rows.next().unwrap().is_some() {}
        start.elapsed().as_secs_f64() * 1e3
    });
    timed.fold(f64::INFINITY, f64::min)
}

struct Bench {
    ctx: egui::Context,
    town: Arc<Town>,
    board: Board,
    keeper: Keeper,
    words: Words,
    map: MapView,
    frame: usize,
}

impl Bench {
    fn new(town: Town, store: SqliteStore) -> Self {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        egui_extras::install_image_loaders(&ctx);
        let settings = MapSettings {
            base: BaseChoice::None,
            ..MapSettings::default()
        };
        let mut map = MapView::new(&ctx, &town, settings);
        map.set_motion(false);
        let mut bench = Self {
            ctx,
            board: Board::new(Vec::new(), &town),
            town: Arc::new(town),
            keeper: Keeper::start(Box::new(store), Arc::new(|| {})),
            words: Words::new(Lang::Zh),
            map,
            frame: 0,
        };
        bench.until_settled(|_| {});
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
        let output = self.ctx.run_ui(input, |ui| {
            self.map
                .ask_layers(&self.keeper, &self.town, &self.board, None, now());
            while let Some(done) = self.keeper.poll() {
                if let Done::Asked { answer, .. } = done {
                    let _ = self.map.layers_answered(answer, &mut self.board, now());
                }
            }
            let scene = Scene {
                town: &self.town,
                board: &self.board,
                duty: &Duty::default(),
                words: &self.words,
                colors: &Palette::DARK,
                now: now(),
                selection: &Selection::default(),
                past: false,
            };
            self.map.show(ui, scene, &mut Vec::new());
        });
        let meshes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        let took = start.elapsed();
        std::hint::black_box(meshes);
        took
    }

    /// Milliseconds until all is read and worked out that these settings ask for.
    fn until_settled(&mut self, change: impl FnOnce(&mut MapSettings)) -> f64 {
        change(self.map.settings_mut());
        let start = Instant::now();
        self.draw(Vec::new());
        while !self.map.is_settled() {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "the layers do not settle"
            );
            std::thread::sleep(Duration::from_millis(1));
            self.draw(Vec::new());
        }
        start.elapsed().as_secs_f64() * 1e3
    }

    /// The frames of a hand that drags the map in a circle.
    fn pan(&mut self) -> Vec<Duration> {
        let at = |i: usize| {
            let angle = i as f32 * 0.08;
            Pos2::new(SIZE.x * 0.45, SIZE.y * 0.5) + 160.0 * Vec2::new(angle.cos(), angle.sin())
        };
        let button = |pos, pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.draw(vec![Event::PointerMoved(at(0)), button(at(0), true)]);
        let frames = (0..FRAMES).map(|i| self.draw(vec![Event::PointerMoved(at(i))]));
        let frames = frames.collect();
        self.draw(vec![button(at(FRAMES), false)]);
        frames
    }
}

/// Median and 99th percentile, in milliseconds.
fn percentiles(times: &mut [Duration]) -> (f64, f64) {
    times.sort();
    let ms = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
    (ms(0.5), ms(0.99))
}
