//! Photos of a drill: drawn, not taken, and marked so in the picture itself.

use std::io::Cursor;
use std::sync::LazyLock;

use image::{ImageFormat, Rgb, RgbImage};

use crate::case::PhotoPhase;
use crate::store::{PhotoFile, photo};

/// Pixels across and down.
const WIDTH: u32 = 240;
const HEIGHT: u32 = 180;
/// Height of the band with the mark.
const BAND: u32 = 48;
/// So many different scenes there are.
const SCENES: u32 = 4;

/// 演练, as it stands in every photo.
const MARK: [&str; 32] = [
    ".................####..................##..........####...........",
    "...###...........#####.................####........####...........",
    "..######..........####................####.........####...........",
    "..#############################.......####.........####...........",
    "....###########################.......####...####################.",
    ".....###.######################......####....####################.",
    ".........####..............####......####....####################.",
    ".........####..............####.....####..........####............",
    ".........######################.....####..###.....###.............",
    "............#################......####..#####...####.##..........",
    ".###........#################......####..####.############........",
    "######............####............###########.############........",
    "#######...........####............##########..############........",
    ".######....###################....#########.....####..####........",
    "...###....####################.....##..####....####...####........",
    ".....#....####################........####.....####...####........",
    "..........####....####....####.......####.....##################..",
    "..........####....####....####.......####..##.##################..",
    "......#...####################......#########.##################..",
    ".....###..####################.....##########..#################..",
    ".....####.####################....###########.........####........",
    "....#####.####....####....####.....#######......###...####...##...",
    "....####..####....####....####.....###..........####..####.####...",
    "...#####..####################.............##..####...####.#####..",
    "...####...####################..........#####..####...####..####..",
    "...####....###################.......########.####....####..#####.",
    "..####........####....#####........#########.#####....####...####.",
    ".#####......#######...######......########...####.....####...#####",
    ".#####...########......#######....######....####......####....####",
    ".####...########.........######....###.......###..########....###.",
    "...##....#####.............####...............#...#######.........",
    "..........##................##.....................#####..........",
];

/// All scenes, each before and after. Drawn once; empty where the encoder fails, and then there are no photos.
static DRAWN: LazyLock<Vec<[PhotoFile; 2]>> = LazyLock::new(|| {
    let scene = |scene| Some([file(&draw(scene, true))?, file(&draw(scene, false))?]);
    (0..SCENES).filter_map(scene).collect()
});

/// The photos of the matter `n`, before and after; none where they could not be drawn.
pub fn of(n: u64) -> Vec<(PhotoPhase, PhotoFile)> {
    let Some(at) = n.checked_rem(DRAWN.len() as u64) else {
        return Vec::new();
    };
    let [before, after] = &DRAWN[at as usize];
    vec![
        (PhotoPhase::Before, before.clone()),
        (PhotoPhase::After, after.clone()),
    ]
}

fn file(picture: &RgbImage) -> Option<PhotoFile> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).ok()?;
    photo::from_bytes(bytes.into_inner()).ok()
}

/// A wall and a pavement, with a heap on it or without, and the band with the mark.
fn draw(scene: u32, before: bool) -> RgbImage {
    let wall =
        [[120, 116, 108], [132, 126, 120], [104, 112, 118], [126, 118, 104]][(scene % SCENES) as usize];
    let heap = |x: u32, y: u32| {
        let (x, y) = (i64::from(x) - 60 - 34 * i64::from(scene), i64::from(y) - 118);
        before && (-18..=0).contains(&y) && x.abs() < 34 + y && (x + y) % 7 != 0
    };
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| match y {
        _ if y >= HEIGHT - BAND => band(x, y + BAND - HEIGHT),
        _ if heap(x, y) => Rgb([70, 62, 52]),
        0..90 if x % 48 < 2 || y % 30 < 2 => Rgb(wall.map(|c: u8| c - 20)),
        0..90 => Rgb(wall),
        _ => Rgb([88, 90, 92]),
    })
}

fn band(x: u32, y: u32) -> Rgb<u8> {
    let row = y.checked_sub(8).and_then(|y| MARK.get(y as usize));
    let column = x.checked_sub(16).map(|x| x as usize);
    let set = row
        .zip(column)
        .and_then(|(row, column)| row.as_bytes().get(column));
    match set {
        Some(b'#') => Rgb([0xff, 0xc2, 0x5e]),
        _ => Rgb([0x22, 0x26, 0x2b]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_are_drawn_and_differ_before_and_after() {
        assert_eq!(DRAWN.len() as u32, SCENES);
        for n in 0..9 {
            let photos = of(n);
            assert_eq!(
                photos.iter().map(|(phase, _)| *phase).collect::<Vec<_>>(),
                [PhotoPhase::Before, PhotoPhase::After]
            );
            assert_ne!(photos[0].1.hash, photos[1].1.hash);
            assert_eq!((photos[0].1.width, photos[0].1.height), (WIDTH, HEIGHT));
        }
        let marked = |picture: &RgbImage| picture.pixels().filter(|p| p.0 == [0xff, 0xc2, 0x5e]).count();
        assert!(marked(&draw(0, true)) > 500 && marked(&draw(3, false)) > 500);
    }
}
