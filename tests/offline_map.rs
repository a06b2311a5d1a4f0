//! The window for days without a network: it counts, fetches, stops, clears, and keeps to what a server's owner allows.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::DateTime;
use eframe::egui::Vec2;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use yipanqi::board::Board;
use yipanqi::case::Duty;
use yipanqi::tiles::Preset;
use yipanqi::tiles::disk::{Disk, Held};
use yipanqi::tiles::server::Server;
use yipanqi::town::{Datum, Lang, Town};
use yipanqi::ui::map::{BaseChoice, CacheSettings, MapSettings, MapView};
use yipanqi::ui::{Palette, Scene, Selection, Words, theme};

/// Serves one picture for every tile, on threads that end with the test.
fn tile_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut picture = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(256, 256, image::Rgb([40, 60, 50]))
        .write_to(&mut picture, image::ImageFormat::Png)
        .unwrap();
    let picture = picture.into_inner();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            lines.find(|line| line.as_ref().map_or(true, String::is_empty));
            let head = format!(
                "HTTP/1.1 200 OK\r\ncache-control: max-age=9000\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                picture.len()
            );
            // Whoever asked may have gone.
            let _ = stream.write_all(&[head.as_bytes(), &picture].concat());
        }
    });
    address
}

struct Desk {
    town: Town,
    board: Board,
    words: Words,
    map: MapView,
    selection: Selection,
    open: bool,
}

/// A desk with the window open, whose tiles are kept in `dir`.
fn desk<'a>(server: Server, dir: &Path) -> Harness<'a, Desk> {
    limited(server, dir, CacheSettings::default().limit_mb)
}

/// The same, and at most so many megabytes of them.
fn limited<'a>(server: Server, dir: &Path, limit_mb: u32) -> Harness<'a, Desk> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let town = Town::load(&root.join("assets/town/guanlan")).unwrap();
    let settings = MapSettings {
        base: BaseChoice::Server,
        server,
        cache: CacheSettings { limit_mb },
        ..MapSettings::default()
    };
    let mut map = MapView::new(&Default::default(), &town, settings);
    map.set_motion(false);
    map.keep_tiles_in(Some(dir.join("tiles.db")));
    let state = Desk {
        board: Board::new(Vec::new(), &town),
        town,
        words: Words::new(Lang::Zh),
        map,
        selection: Selection::default(),
        open: true,
    };
    let set_up = |ctx: &eframe::egui::Context| {
        theme::install(ctx);
        egui_extras::install_image_loaders(ctx);
    };
    Harness::builder()
        .with_max_steps(16)
        .with_size(Vec2::new(900.0, 700.0))
        .with_context_setup(set_up)
        .build_ui_state(
            |ui, desk: &mut Desk| {
                let scene = Scene {
                    town: &desk.town,
                    board: &desk.board,
                    duty: &Duty::default(),
                    words: &desk.words,
                    colors: &Palette::DARK,
                    now: DateTime::from_timestamp(1_790_000_000, 0).unwrap(),
                    selection: &desk.selection,
                    past: false,
                };
                desk.open &= desk.map.offline_window(ui.ctx(), scene);
            },
            state,
        )
}

fn own(address: SocketAddr) -> Server {
    Server {
        template: format!("http://{address}/{{z}}/{{x}}/{{y}}.png"),
        datum: Datum::Gcj02,
        max_zoom: 13,
        ..Server::default()
    }
}

/// Runs frames until something on screen holds this text.
fn wait_for(harness: &mut Harness<'_, Desk>, text: &str) {
    let patience = Instant::now() + Duration::from_secs(60);
    while harness.query_all_by_label_contains(text).next().is_none() {
        assert!(Instant::now() < patience, "'{text}' does not appear");
        std::thread::sleep(Duration::from_millis(10));
        harness.run_steps(1);
    }
}

fn click(harness: &mut Harness<'_, Desk>, text: &str) {
    harness.get_by_label(text).click();
    harness.run_steps(2);
}

#[test]
fn an_area_is_counted_fetched_and_taken_off_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut harness = desk(own(tile_server()), dir.path());
    harness.run_steps(2);
    // Levels 11 to 13 of the town.
    wait_for(&mut harness, "0 块，0.0 MB");
    let count = harness.get_by_label_contains("每秒最多取 4 块");
    let count: u64 = {
        let text = count
            .accesskit_node()
            .value()
            .or(count.accesskit_node().label())
            .unwrap();
        text.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    assert!((4..40).contains(&count), "{count}");
    click(&mut harness, "开始下载");
    wait_for(&mut harness, "停止");
    wait_for(&mut harness, &format!("{count} / {count} 块，其中已有 0，失败 0"));
    wait_for(&mut harness, "开始下载");
    let held = Disk::open(&dir.path().join("tiles.db"), 1 << 30).unwrap().held();
    assert_eq!(held.tiles, count);
    wait_for(&mut harness, &format!("{count} 块，0.0 MB"));
    click(&mut harness, "清空缓存");
    wait_for(&mut harness, "0 块，0.0 MB");
    let held = Disk::open(&dir.path().join("tiles.db"), 1 << 30).unwrap().held();
    assert_eq!(held, Held::default());
}

#[test]
fn a_service_that_forbids_it_is_not_asked_beforehand() {
    let dir = tempfile::tempdir().unwrap();
    for preset in [Preset::Osm, Preset::TiandituVector] {
        let mut harness = desk(preset.server("k"), dir.path());
        harness.run_steps(3);
        harness.get_by_label_contains("这个服务不允许预先下载");
        let start = harness.get_by_label("开始下载");
        assert!(start.accesskit_node().is_disabled());
        assert!(harness.query_by_label_contains("每秒最多取").is_none());
    }
}

#[test]
fn too_much_is_refused_before_it_begins() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = own("127.0.0.1:9".parse().unwrap());
    server.max_zoom = 19;
    // The town down to single houses is a thousand tiles, about 20 MB.
    let mut harness = limited(server, dir.path(), 16);
    wait_for(&mut harness, "超过缓存上限");
    assert!(harness.get_by_label("开始下载").accesskit_node().is_disabled());
    // Nor without a folder for them.
    harness.state_mut().map.keep_tiles_in(None);
    harness.run_steps(2);
    assert!(
        harness
            .query_all_by_label_contains("没有可存放瓦片的文件夹")
            .next()
            .is_some()
    );
}
