//! The cases of a view as pixels, for machines whose graphics card is a program: there every pixel that goes through a
//! shader is dear, and copying ready sprites is cheap. The world is cut into square tiles; one is drawn only when what
//! lies in it has changed, so a map that is moved draws the tiles that come into view.

use super::brush::{Brush, draw_sign, sign_reach};
use super::camera::{Mercator, View};
use super::symbols::{Look, Sprite, Sprites};

/// Side of a tile, in pixels.
pub const TILE: i32 = 128;
/// Pixels of a tile.
const AREA: usize = (TILE * TILE) as usize;

/// A position in the web-Mercator square in units of 2⁻³² of its side, eastward and southward: 9 mm at the equator. Whole
/// numbers, so that sums of them are exact.
pub type Spot = [u32; 2];

/// How many units a [`Spot`] has to a side of the world.
pub const SPOTS: f64 = 4_294_967_296.0;

/// The spot of a position.
pub fn spot(m: Mercator) -> Spot {
    // The cast saturates, so that what lies outside of the square lies on its edge.
    m.map(|v| (v * SPOTS) as u32)
}

/// The position of a spot: its middle, so that it is the same spot again.
pub fn position(spot: Spot) -> Mercator {
    spot.map(|v| (f64::from(v) + 0.5) / SPOTS)
}

/// The mark of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where.
    pub at: Spot,
    /// How it looks.
    pub look: Look,
}

/// One sign that stands for several cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sign {
    /// The middle of its cases.
    pub at: Spot,
    /// How many, by urgency.
    pub urgencies: [u32; 3],
    /// How many, by class.
    pub classes: [u32; 4],
    /// How many of them are selected together with others.
    pub picked: u32,
}

impl Sign {
    /// How many cases it stands for.
    pub fn count(&self) -> usize {
        self.classes.iter().sum::<u32>() as usize
    }

    /// Its size on the screen: half the width, in points.
    pub fn radius(&self) -> f32 {
        (14.0 + 2.1 * (self.count().max(1) as f32).ln()).min(32.0)
    }
}

/// All that is drawn of the cases, the lowest first; signs lie below marks.
#[derive(Debug, Default)]
pub struct Drawing {
    /// Changes with what follows.
    pub version: u64,
    /// Signs of groups.
    pub signs: Vec<Sign>,
    /// Marks of cases.
    pub marks: Vec<Mark>,
}

/// How the world becomes pixels in one frame. The map moves by whole pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aim {
    /// The pixel of the world that lies at the view's upper left corner.
    pub origin: [i64; 2],
    /// Where that corner is on the screen, in pixels.
    pub corner: [i32; 2],
    /// Pixels across and down.
    pub size: [i32; 2],
    /// Pixels per unit of a [`Spot`].
    pub scale: f64,
    /// Pixels per point.
    pub pixels_per_point: f32,
}

impl Aim {
    /// The aim of that view.
    pub fn of(view: &View, pixels_per_point: f32) -> Self {
        let ppp = f64::from(pixels_per_point);
        let world = view.scale() * ppp;
        let (min, max, middle) = (view.rect.min, view.rect.max, view.rect.center());
        let pixel = |v: f32| (f64::from(v) * ppp).round();
        let corner = [pixel(min.x), pixel(min.y)];
        let offset = [
            f64::from(middle.x) * ppp - corner[0],
            f64::from(middle.y) * ppp - corner[1],
        ];
        Self {
            origin: [0, 1].map(|i| (view.center[i] * world - offset[i]).round() as i64),
            corner: corner.map(|v| v as i32),
            size: [
                (pixel(max.x) - corner[0]) as i32,
                (pixel(max.y) - corner[1]) as i32,
            ],
            scale: world / SPOTS,
            pixels_per_point,
        }
    }

    /// The pixel of the world that a spot lies in.
    fn pixel(&self, at: Spot) -> [i64; 2] {
        at.map(|v| (f64::from(v) * self.scale).floor() as i64)
    }

    /// The tiles in view: the first, and how many across and down.
    fn tiles(&self) -> ([i64; 2], [i64; 2]) {
        let tile = i64::from(TILE);
        let first = self.origin.map(|v| v.div_euclid(tile));
        let last = [0, 1].map(|i| (self.origin[i] + i64::from(self.size[i].max(1)) - 1).div_euclid(tile));
        (first, [last[0] - first[0] + 1, last[1] - first[1] + 1])
    }
}

/// What a place of the texture holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    tile: [i64; 2],
    /// Tells apart what is drawn in it.
    content: u64,
    /// The part that is not empty: from, up to.
    filled: Option<[[u8; 2]; 2]>,
}

/// A rectangle of the texture and where it lies on the screen, both in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quad {
    /// On the screen: left, top, right, bottom.
    pub screen: [i32; 4],
    /// In the texture: left, top.
    pub texture: [i32; 2],
}

/// Which tiles were binned, and for what.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Key {
    version: u64,
    scale: f64,
    first: [i64; 2],
    count: [i64; 2],
}

/// A thing that is drawn in a tile: a sign by its number, or a mark by its number after all signs.
type Thing = u32;

/// Which tile of the texture holds which tile of the world. The texture is wound around the view, so that a tile stays where
/// it is while the map is moved.
#[derive(Debug, Default)]
pub struct Canvas {
    grid: [i64; 2],
    slots: Vec<Slot>,
    key: Option<Key>,
    /// Where each thing lies, in pixels from the first tile's corner.
    places: Vec<[i32; 2]>,
    bins: Bins,
}

impl Canvas {
    /// Tiles that a view of that size needs at most, across and down.
    pub fn grid(size: [i32; 2]) -> [u32; 2] {
        size.map(|v| (v.max(1) as u32).div_ceil(TILE as u32) + 1)
    }

    /// A canvas for a texture of so many tiles.
    pub fn new(grid: [u32; 2]) -> Self {
        Self {
            grid: grid.map(i64::from),
            slots: vec![Slot::default(); (grid[0] * grid[1]) as usize],
            ..Self::default()
        }
    }

    /// Forgets what the texture holds: other sprites are drawn from now on.
    pub fn forget(&mut self) {
        self.slots.fill(Slot::default());
        self.key = None;
    }

    /// Draws the tiles of the view that have changed, and hands each over with its place in the texture.
    pub fn update(
        &mut self,
        drawing: &Drawing,
        aim: &Aim,
        sprites: &mut Sprites,
        hand_over: &mut dyn FnMut([u32; 2], &[u32]),
    ) {
        let (first, count) = aim.tiles();
        let (version, scale) = (drawing.version, aim.scale);
        let key = Key {
            version,
            scale,
            first,
            count,
        };
        if self.key == Some(key) || count[0] > self.grid[0] || count[1] > self.grid[1] {
            return;
        }
        self.key = Some(key);
        self.bin(drawing, aim, sprites, first, count);
        let mut pixels = vec![0; AREA];
        for row in 0..count[1] {
            for column in 0..count[0] {
                let things = self.bins.of((row * count[0] + column) as usize);
                let corner = [column as i32 * TILE, row as i32 * TILE];
                let content = content(things, &self.places, corner, drawing);
                let tile = [first[0] + column, first[1] + row];
                let place = [0, 1].map(|i| tile[i].rem_euclid(self.grid[i]));
                let slot = &mut self.slots[(place[1] * self.grid[0] + place[0]) as usize];
                if (slot.tile, slot.content) == (tile, content) {
                    continue;
                }
                let filled = if things.is_empty() {
                    None
                } else {
                    pixels.fill(0);
                    let mut brush = Brush::new(&mut pixels);
                    for thing in things {
                        let at = self.places[*thing as usize];
                        let at = [at[0] - corner[0], at[1] - corner[1]];
                        draw_thing(*thing, at, drawing, sprites, &mut brush);
                    }
                    brush.filled()
                };
                *slot = Slot {
                    tile,
                    content,
                    filled,
                };
                if filled.is_some() {
                    hand_over(place.map(|v| v as u32 * TILE as u32), &pixels);
                }
            }
        }
    }

    /// Finds out which things lie in which tiles.
    fn bin(&mut self, drawing: &Drawing, aim: &Aim, sprites: &mut Sprites, first: [i64; 2], count: [i64; 2]) {
        let corner = first.map(|v| v * i64::from(TILE));
        // What lies far outside is drawn nowhere, and its numbers stay small.
        let near = |at: Spot| -> [i32; 2] {
            let pixel = aim.pixel(at);
            [0, 1].map(|i| (pixel[i] - corner[i]).clamp(-1_000_000, 1_000_000) as i32)
        };
        self.places.clear();
        self.bins.begin(count);
        for sign in &drawing.signs {
            let at = near(sign.at);
            let reach = sign_reach(sign, sprites);
            self.bins.add(
                self.places.len() as Thing,
                at.map(|v| v - reach),
                at.map(|v| v + reach),
            );
            self.places.push(at);
        }
        for mark in &drawing.marks {
            let at = near(mark.at);
            let Sprite { size, corner, .. } = sprites.mark(mark.look);
            let min = [at[0] + corner[0], at[1] + corner[1]];
            let max = [min[0] + size[0] - 1, min[1] + size[1] - 1];
            self.bins.add(self.places.len() as Thing, min, max);
            self.places.push(at);
        }
        self.bins.end();
    }

    /// What is to be copied to the screen: the parts of tiles in view that are not empty.
    pub fn quads(&self, aim: &Aim) -> impl Iterator<Item = Quad> {
        let (first, count) = aim.tiles();
        let (corner, origin) = (aim.corner, aim.origin);
        let range = move |i: usize| first[i]..first[i] + count[i];
        let tiles = range(1).flat_map(move |y| range(0).map(move |x| [x, y]));
        tiles.filter_map(move |tile| {
            let place = [0, 1].map(|i| tile[i].rem_euclid(self.grid[i].max(1)));
            let slot = self.slots.get((place[1] * self.grid[0] + place[0]) as usize)?;
            let [from, to] = slot.filled.filter(|_| slot.tile == tile)?;
            let side = i64::from(TILE);
            let left = [0, 1].map(|i| (tile[i] * side - origin[i]) as i32 + corner[i]);
            Some(Quad {
                screen: [
                    left[0] + i32::from(from[0]),
                    left[1] + i32::from(from[1]),
                    left[0] + i32::from(to[0]),
                    left[1] + i32::from(to[1]),
                ],
                texture: [0, 1].map(|i| place[i] as i32 * TILE + i32::from(from[i])),
            })
        })
    }
}

/// Which things touch which tiles, in the order of the things.
#[derive(Debug, Default)]
struct Bins {
    count: [i64; 2],
    /// Tile and thing, as they came.
    pairs: Vec<(u32, Thing)>,
    /// The things of tile `i` stand from `starts[i]` to `starts[i + 1]`.
    starts: Vec<u32>,
    things: Vec<Thing>,
}

impl Bins {
    fn begin(&mut self, count: [i64; 2]) {
        self.count = count;
        self.pairs.clear();
        self.starts.clear();
        self.starts.resize((count[0] * count[1]) as usize + 1, 0);
    }

    /// A thing that covers pixels from `min` to `max`, both included.
    fn add(&mut self, thing: Thing, min: [i32; 2], max: [i32; 2]) {
        let last = self.count.map(|v| v as i32 - 1);
        let from = min.map(|v| v.div_euclid(TILE).max(0));
        let to = [0, 1].map(|i| max[i].div_euclid(TILE).min(last[i]));
        for row in from[1]..=to[1] {
            for column in from[0]..=to[0] {
                let tile = (row * (last[0] + 1) + column) as u32;
                self.pairs.push((tile, thing));
                self.starts[tile as usize + 1] += 1;
            }
        }
    }

    fn end(&mut self) {
        for i in 1..self.starts.len() {
            self.starts[i] += self.starts[i - 1];
        }
        let mut next = self.starts.clone();
        self.things.clear();
        self.things.resize(self.pairs.len(), 0);
        for (tile, thing) in &self.pairs {
            let at = &mut next[*tile as usize];
            self.things[*at as usize] = *thing;
            *at += 1;
        }
    }

    fn of(&self, tile: usize) -> &[Thing] {
        &self.things[self.starts[tile] as usize..self.starts[tile + 1] as usize]
    }
}

/// A number that tells apart what is drawn in a tile; zero where nothing is.
fn content(things: &[Thing], places: &[[i32; 2]], corner: [i32; 2], drawing: &Drawing) -> u64 {
    let mix = |hash: u64, value: u64| (hash.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut hash = u64::from(!things.is_empty());
    for thing in things {
        let at = places[*thing as usize];
        let x = (at[0] - corner[0]) as u16;
        let y = (at[1] - corner[1]) as u16;
        let mut word = u64::from(x) << 16 | u64::from(y);
        match drawing.signs.get(*thing as usize) {
            Some(sign) => {
                let numbers = sign.urgencies.iter().chain(&sign.classes).chain([&sign.picked]);
                hash = numbers.fold(hash, |hash, n| mix(hash, u64::from(*n) | 1 << 40));
            }
            None => {
                let mark = drawing.marks[*thing as usize - drawing.signs.len()];
                word |= (mark.look.index() as u64) << 32 | 1 << 60;
            }
        }
        hash = mix(hash, word);
    }
    hash
}

fn draw_thing(thing: Thing, at: [i32; 2], drawing: &Drawing, sprites: &mut Sprites, brush: &mut Brush<'_>) {
    match drawing.signs.get(thing as usize) {
        Some(sign) => draw_sign(sign, at, sprites, brush),
        None => {
            let mark = drawing.marks[thing as usize - drawing.signs.len()];
            brush.stamp(sprites.mark(mark.look), at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use eframe::egui::{Rect, pos2};
    use proptest::prelude::*;

    use crate::town::{Centre, Class};

    use super::super::atlas::{Letters, Urgency};
    use super::super::camera::MAX_ZOOM;
    use super::*;

    fn sprites() -> Sprites {
        Sprites::new(Arc::new(Letters::blank(1.0, true)))
    }

    fn aim(center: Mercator, zoom: f64, size: (f32, f32)) -> Aim {
        let rect = Rect::from_min_max(pos2(10.0, 20.0), pos2(10.0 + size.0, 20.0 + size.1));
        Aim::of(&View { center, zoom, rect }, 1.0)
    }

    fn look(i: usize) -> Look {
        let urgency = Urgency::ALL[i % 3];
        Look::new(Class::ALL[i % 4], urgency, Centre::ALL[i % 3], (i % 5) as u8 + 1)
    }

    fn drawing(version: u64, points: &[(f64, f64)]) -> Drawing {
        let at = |p: &(f64, f64)| spot([0.8168 + p.0 * 1e-5, 0.435 + p.1 * 1e-5]);
        let mark = |(i, p): (usize, &(f64, f64))| Mark {
            at: at(p),
            look: look(i),
        };
        let sign = |p: &(f64, f64)| Sign {
            at: at(p),
            urgencies: [10, 20, 12],
            classes: [40, 0, 1, 1],
            picked: 5,
        };
        Drawing {
            version,
            signs: points.iter().take(2).map(sign).collect(),
            marks: points.iter().enumerate().skip(2).map(mark).collect(),
        }
    }

    /// The screen as it looks with that canvas and the tiles that it has handed over.
    #[derive(Default)]
    struct Screen {
        canvas: Canvas,
        texture: BTreeMap<[u32; 2], Vec<u32>>,
        drawn: usize,
    }

    impl Screen {
        fn new(aim: &Aim) -> Self {
            Self {
                canvas: Canvas::new(Canvas::grid(aim.size)),
                ..Self::default()
            }
        }

        fn show(&mut self, drawing: &Drawing, aim: &Aim) -> Vec<u32> {
            self.drawn = 0;
            let (texture, drawn) = (&mut self.texture, &mut self.drawn);
            self.canvas
                .update(drawing, aim, &mut sprites(), &mut |at, pixels| {
                    texture.insert(at, pixels.to_vec());
                    *drawn += 1;
                });
            let [width, height] = aim.size;
            let mut screen = vec![0; (width * height) as usize];
            for quad in self.canvas.quads(aim) {
                let [left, top, right, bottom] = quad.screen;
                for y in top..bottom {
                    for x in left..right {
                        let (column, row) = (quad.texture[0] + x - left, quad.texture[1] + y - top);
                        let corner = [column, row].map(|v| (v / TILE * TILE) as u32);
                        let pixel = self.texture[&corner][(row % TILE * TILE + column % TILE) as usize];
                        let (x, y) = (x - aim.corner[0], y - aim.corner[1]);
                        if (0..width).contains(&x) && (0..height).contains(&y) {
                            screen[(y * width + x) as usize] = pixel;
                        }
                    }
                }
            }
            screen
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Tiles that are kept show the same as all of them drawn anew, wherever the map was before.
        #[test]
        fn a_moved_map_looks_as_if_drawn_anew(
            points in prop::collection::vec((0.0..1.0f64, 0.0..1.0f64), 0..60),
            moves in prop::collection::vec((-200.0..200.0f64, -200.0..200.0f64, 0..3usize), 1..6),
        ) {
            let zoom = 15.0;
            let unit = 1.0 / (256.0 * 2f64.powf(zoom));
            let mut center = [0.8168 + 5e-6, 0.435 + 5e-6];
            let mut screen = Screen::new(&aim(center, zoom, (301.0, 230.0)));
            for (i, (x, y, fewer)) in moves.into_iter().enumerate() {
                center = [center[0] + x * unit, center[1] + y * unit];
                let aim = aim(center, zoom, (301.0, 230.0));
                let shown = drawing(i as u64, &points[..points.len() - fewer.min(points.len())]);
                prop_assert_eq!(screen.show(&shown, &aim), Screen::new(&aim).show(&shown, &aim));
            }
        }
    }

    #[test]
    fn a_map_that_moves_a_little_draws_nothing_anew_and_one_case_only_its_tiles() {
        let points: Vec<(f64, f64)> = (0..200)
            .map(|i| ((i % 20) as f64 / 20.0, i as f64 / 200.0))
            .collect();
        let center = [0.8168 + 5e-6, 0.435 + 5e-6];
        let aim = aim(center, 17.0, (700.0, 500.0));
        let mut screen = Screen::new(&aim);
        screen.show(&drawing(1, &points), &aim);
        assert!(screen.drawn > 4);
        let moved = Aim {
            origin: [aim.origin[0], aim.origin[1].div_euclid(128) * 128 + 3],
            ..aim
        };
        screen.show(&drawing(1, &points), &moved);
        let further = Aim {
            origin: [moved.origin[0], moved.origin[1] + 5],
            ..moved
        };
        screen.show(&drawing(1, &points), &further);
        assert_eq!(screen.drawn, 0);
        let mut other = drawing(2, &points);
        other.marks[90].look = other.marks[90].look.picked(true);
        screen.show(&other, &further);
        assert!((1..=4).contains(&screen.drawn), "{}", screen.drawn);
    }

    #[test]
    fn a_pixel_lies_where_the_view_says() {
        for zoom in [3.0, 11.3, MAX_ZOOM] {
            let rect = Rect::from_min_max(pos2(33.3, 20.0), pos2(733.0, 520.7));
            let center = [0.8168123, 0.4350456];
            let view = View { center, zoom, rect };
            for ppp in [1.0, 1.25, 2.0] {
                let aim = Aim::of(&view, ppp);
                let at = [center[0] + 100.0 / view.scale(), center[1] - 77.0 / view.scale()];
                let pixel = aim.pixel(spot(at));
                let screen = view.screen(at);
                for (i, expected) in [screen.x, screen.y].into_iter().enumerate() {
                    let found = (pixel[i] - aim.origin[i]) as f32 + aim.corner[i] as f32 + 0.5;
                    assert!(
                        (found - expected * ppp).abs() <= 1.1,
                        "{zoom} {ppp}: {found} {expected}"
                    );
                }
            }
        }
    }
}
