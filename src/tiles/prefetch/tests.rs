use std::time::Instant;

use super::super::serving::{Answer, Asked, png, serve, server};
use super::*;

fn town() -> Area {
    Area {
        min: Wgs84 {
            lon: 114.02,
            lat: 22.70,
        },
        max: Wgs84 {
            lon: 114.10,
            lat: 22.77,
        },
    }
}

#[test]
fn the_tiles_of_an_area_are_counted_before_they_are_named() {
    let plan = Plan::new(town(), Datum::Wgs84, 10..=16);
    let tiles: Vec<TileKey> = plan.tiles().collect();
    assert_eq!(plan.count(), tiles.len() as u64);
    // About 8.2 by 7.8 km in tiles of 564 m.
    let closest = tiles.iter().filter(|tile| tile.z == 16).count();
    assert_eq!(closest, 16 * 15);
    assert_eq!(tiles[0].z, 10);
    // The middle is among them, by the usual formula.
    assert!(
        tiles.contains(&TileKey {
            z: 14,
            x: 13382,
            y: 7129
        }),
        "{:?}",
        tiles.iter().find(|t| t.z == 14)
    );
}

#[test]
fn tiles_of_another_datum_have_other_numbers() {
    let of = |datum: Datum| -> Vec<TileKey> { Plan::new(town(), datum, 17..=17).tiles().collect() };
    let (wgs84, gcj02) = (of(Datum::Wgs84), of(Datum::Gcj02));
    assert_eq!(of(Datum::Cgcs2000), wgs84);
    // 520 m to the east and 290 m to the south are one or two tiles of 282 m.
    assert!((1..=2).contains(&(gcj02[0].x - wgs84[0].x)));
    assert!((1..=2).contains(&(gcj02[0].y - wgs84[0].y)));
}

#[test]
fn the_whole_world_has_an_end() {
    let world = Area {
        min: Wgs84 {
            lon: -180.0,
            lat: -90.0,
        },
        max: Wgs84 {
            lon: 180.0,
            lat: 90.0,
        },
    };
    assert_eq!(Plan::new(world, Datum::Wgs84, 0..=2).count(), 1 + 4 + 16);
    assert!(Plan::new(world, Datum::Wgs84, 0..=20).count() > MOST_TILES);
}

fn order(dir: &tempfile::TempDir, server: Server) -> Order {
    Order {
        server,
        plan: Plan::new(town(), Datum::Wgs84, 12..=13),
        disk: dir.path().join("tiles.db"),
        limit: 64 << 20,
    }
}

fn start(order: Order) -> Prefetch {
    Prefetch::start_at(order, Client::new(None).unwrap(), Duration::ZERO, || {}).unwrap()
}

fn wait(prefetch: &Prefetch, until: impl Fn(&Progress) -> bool) -> Progress {
    let patience = Instant::now() + Duration::from_secs(30);
    loop {
        let progress = prefetch.progress();
        if until(&progress) {
            return progress;
        }
        assert!(Instant::now() < patience, "{progress:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn an_area_is_fetched_once_and_a_second_start_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (address, asked) = serve(|_, _| Answer::picture("cache-control: max-age=9000\r\n"));
    let server = server(address);
    let first = wait(&start(order(&dir, server.clone())), |p| p.end.is_some());
    assert_eq!(first.end, Some(End::Wholly));
    assert_eq!((first.done, first.failed, first.there), (first.all, 0, 0));
    assert_eq!(first.bytes, first.all * png().len() as u64);
    assert_eq!(asked.try_iter().count() as u64, first.all);
    let second = wait(&start(order(&dir, server.clone())), |p| p.end.is_some());
    assert_eq!(
        (second.done, second.there, second.bytes),
        (second.all, second.all, 0)
    );
    assert_eq!(asked.try_iter().count(), 0, "all is there");
    let disk = Disk::open(&dir.path().join("tiles.db"), 64 << 20).unwrap();
    let known = disk.held();
    assert_eq!(known.tiles, first.all);
    assert_eq!(
        estimate(&disk, &server, 100),
        100 * TILE_GUESS,
        "few tiles say nothing yet"
    );
}

#[test]
fn a_hand_stops_it_and_what_came_stays() {
    let dir = tempfile::tempdir().unwrap();
    let (address, _asked) = serve(|_, number| match number {
        0..3 => Answer::picture("cache-control: max-age=9000\r\n"),
        _ => Answer::Hang,
    });
    let prefetch = start(order(&dir, server(address)));
    wait(&prefetch, |p| p.done == 3);
    prefetch.cancel();
    let disk = Disk::open(&dir.path().join("tiles.db"), 64 << 20).unwrap();
    assert_eq!(disk.held().tiles, 3);
}

#[test]
fn it_waits_as_long_as_the_server_asks_and_then_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (address, asked) = serve(|_, number| match number {
        1 => Answer::status("429 Too Many Requests", "retry-after: 1\r\n"),
        _ => Answer::picture("cache-control: max-age=9000\r\n"),
    });
    let prefetch = start(order(&dir, server(address)));
    let waiting = wait(&prefetch, |p| p.waits_until_ms.is_some());
    assert_eq!(waiting.fault, Some(Fault::TooMany { after_secs: 1 }));
    let done = wait(&prefetch, |p| p.end.is_some());
    assert_eq!(
        (done.end, done.failed, done.waits_until_ms),
        (Some(End::Wholly), 0, None)
    );
    assert_eq!(asked.try_iter().count() as u64, done.all + 1);
}

#[test]
fn a_server_that_has_no_pictures_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let page = |_: &Asked, _| Answer::Http("200 OK", String::new(), b"<html>Log in".to_vec());
    let (address, asked) = serve(page);
    let mut order = order(&dir, server(address));
    order.plan = Plan::new(town(), Datum::Wgs84, 14..=15);
    let done = wait(&start(order), |p| p.end.is_some());
    assert!(
        matches!(&done.end, Some(End::GaveUp(why)) if why.contains("HTML")),
        "{done:?}"
    );
    assert_eq!(asked.try_iter().count() as u32, FAILURES_MOST);
}
