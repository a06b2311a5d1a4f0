use super::*;

use crate::tiles::serving::{Answer, Asked, png, serve, server};

const ID: TileId = TileId { x: 3, y: 4, zoom: 5 };

fn supply(server: Server, dir: Option<&tempfile::TempDir>) -> Supply {
    Supply {
        server,
        disk: dir.map(|dir| dir.path().join("tiles.db")),
        limit: 64 << 20,
    }
}

fn open(server: Server, dir: Option<&tempfile::TempDir>) -> ServerTiles {
    ServerTiles::open(supply(server, dir), Color32::GRAY, &Context::default())
}

/// One frame that shows these tiles.
fn frame(tiles: &mut ServerTiles, ids: &[TileId]) -> Vec<Option<TilePiece>> {
    tiles.begin();
    let pieces = ids.iter().map(|id| tiles.at(*id)).collect();
    tiles.end();
    pieces
}

/// Runs frames until this holds.
fn wait(tiles: &mut ServerTiles, ids: &[TileId], until: impl Fn(&ServerTiles, &[Option<TilePiece>]) -> bool) {
    let patience = Instant::now() + Duration::from_secs(30);
    loop {
        let pieces = frame(tiles, ids);
        if until(tiles, &pieces) {
            return;
        }
        assert!(Instant::now() < patience, "it does not come to that");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_there(_: &ServerTiles, pieces: &[Option<TilePiece>]) -> bool {
    pieces.iter().all(Option::is_some)
}

#[test]
fn a_picture_of_a_server_becomes_a_tile_and_is_asked_for_once() {
    let (address, asked) = serve(|_, _| Answer::picture(""));
    let mut tiles = open(server(address), None);
    assert!(frame(&mut tiles, &[ID])[0].is_none());
    assert!(tiles.busy() && tiles.silent().is_none());
    wait(&mut tiles, &[ID], is_there);
    assert!(!tiles.busy() && tiles.silent().is_none() && !tiles.condition().is_poor());
    for _ in 0..20 {
        frame(&mut tiles, &[ID]);
    }
    assert_eq!(asked.try_iter().count(), 1);
}

#[test]
fn names_lie_above_the_ground() {
    let names = || {
        let mut image = image::RgbaImage::new(256, 256);
        image.put_pixel(7, 7, image::Rgba([255, 0, 0, 255]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let joined = join([png().as_slice(), names().as_slice()].into_iter())
        .unwrap()
        .unwrap();
    assert_eq!(joined.get_pixel(7, 7).0, [255, 0, 0, 255]);
    assert_eq!(joined.get_pixel(8, 7).0, [9, 120, 40, 255]);
    let (address, asked) = serve(move |request: &Asked, _| {
        if request.0[0].contains("/names/") {
            Answer::Http("200 OK", String::new(), names())
        } else {
            Answer::picture("")
        }
    });
    let mut server = server(address);
    server.overlay = format!("http://{address}/names/{{z}}/{{x}}/{{y}}.png");
    let mut tiles = open(server, None);
    wait(&mut tiles, &[ID], is_there);
    assert_eq!(asked.try_iter().count(), 2);
}

#[test]
fn tiles_are_there_without_a_network_and_known_to_be_old() {
    let dir = tempfile::tempdir().unwrap();
    // Never fresh: a second start has to ask.
    let (address, _asked) = serve(|_, number| match number {
        0 => Answer::picture("cache-control: no-cache\r\n"),
        _ => Answer::HangUp,
    });
    let mut first = open(server(address), Some(&dir));
    wait(&mut first, &[ID], is_there);
    drop(first);
    let mut second = open(server(address), Some(&dir));
    wait(&mut second, &[ID], |tiles, pieces| {
        pieces[0].is_some() && tiles.condition().stale == 1
    });
    let condition = second.condition();
    assert_eq!(condition.missing, 0);
    assert!(condition.oldest_ms.unwrap() > 1_700_000_000_000);
    assert!(
        matches!(condition.fault, Some(Fault::Unreachable(_))),
        "{condition:?}"
    );
    assert!(second.silent().is_none(), "there is something to see");
}

#[test]
fn an_old_tile_is_shown_before_the_server_answers() {
    let dir = tempfile::tempdir().unwrap();
    let (address, _asked) = serve(|_, number| match number {
        0 => Answer::picture("cache-control: no-cache\r\n"),
        _ => Answer::Hang,
    });
    let mut first = open(server(address), Some(&dir));
    wait(&mut first, &[ID], is_there);
    let begun = Instant::now();
    let mut second = open(server(address), Some(&dir));
    wait(&mut second, &[ID], is_there);
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "it waited for the server"
    );
    assert!(!second.condition().is_poor(), "it may still be renewed");
}

#[test]
fn a_missing_tile_is_hatched_and_counted_or_stood_in_for_by_a_wider_one() {
    let wider = TileId { x: 1, y: 2, zoom: 4 };
    let elsewhere = TileId {
        x: 30,
        y: 30,
        zoom: 5,
    };
    let (address, _asked) = serve(|request: &Asked, _| {
        if request.0[0].contains("/4/1/2.png") {
            Answer::picture("")
        } else {
            Answer::Http("200 OK", String::new(), b"<html>".to_vec())
        }
    });
    let mut tiles = open(server(address), None);
    wait(&mut tiles, &[wider], is_there);
    wait(&mut tiles, &[ID, elsewhere], |tiles, _| {
        tiles.condition().missing == 2
    });
    let pieces = frame(&mut tiles, &[ID, elsewhere]);
    let [stand_in, hatched] = [0, 1].map(|i| pieces[i].as_ref().unwrap().uv);
    assert_eq!(stand_in, Rect::from_min_max(pos2(0.5, 0.0), pos2(1.0, 0.5)));
    assert_eq!(hatched, Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)));
    assert_eq!(tiles.condition().fault, Some(Fault::NotPicture("HTML".into())));
}

#[test]
fn a_tile_that_the_server_does_not_have_is_not_missing() {
    let (address, asked) = serve(|_, _| Answer::status("404 Not Found", ""));
    let mut tiles = open(server(address), None);
    wait(&mut tiles, &[ID], |tiles, _| !tiles.busy());
    assert!(!tiles.condition().is_poor());
    for _ in 0..10 {
        frame(&mut tiles, &[ID]);
    }
    assert_eq!(asked.try_iter().count(), 1);
}

#[test]
fn a_server_without_tiles_says_why() {
    let answers = [
        (Answer::status("403 Forbidden", ""), Fault::Refused(403)),
        (
            Answer::status("429 Too Many Requests", "retry-after: 77\r\n"),
            Fault::TooMany { after_secs: 77 },
        ),
        (Answer::Endless, Fault::TooLarge),
        (
            Answer::Http("200 OK", String::new(), b"{}".to_vec()),
            Fault::NotPicture("JSON".into()),
        ),
    ];
    for (answer, fault) in answers {
        let (address, _asked) = serve(move |_, _| answer.clone());
        let mut tiles = open(server(address), None);
        wait(&mut tiles, &[ID], |tiles, _| tiles.silent().is_some());
        assert_eq!(tiles.silent(), Some(Some(fault)));
    }
}

#[test]
fn a_server_that_never_answers_is_told_after_a_while() {
    let (address, asked) = serve(|_, _| Answer::Hang);
    let mut tiles = open(server(address), None);
    frame(&mut tiles, &[ID]);
    asked.recv_timeout(Duration::from_secs(20)).unwrap();
    frame(&mut tiles, &[ID]);
    assert_eq!(tiles.silent(), None);
    tiles.now += PATIENCE * 2;
    assert_eq!(tiles.silent(), Some(None));
}

#[test]
fn tiles_closer_than_the_server_has_are_parts_of_its_closest() {
    let (address, asked) = serve(|_, _| Answer::picture(""));
    let mut server = server(address);
    server.max_zoom = 4;
    let mut tiles = open(server, None);
    wait(&mut tiles, &[ID], is_there);
    assert!(asked.recv().unwrap().0[0].contains("/4/1/2.png"));
}
