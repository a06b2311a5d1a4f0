//! The marks of cases as pixels: form and letter by class, fill by clock state, size by severity, a small badge for the
//! centre. Each is made once for a theme and a scale, pixel by pixel, so that it is sharp at any of them.

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{Color32, Vec2, vec2};

use crate::town::{Centre, Class};
use crate::ui::Palette;

use super::atlas::{Letters, MARK_RADIUS, SIGN, SIGN_EDGE, Urgency, form, severity_scale};

/// The severities that a mark's size tells.
pub const SEVERITIES: usize = 5;
/// Half the size of a mark where marks are small, in points.
pub const SMALL_RADIUS: f32 = 4.0;
/// How far a badge lies from a mark's middle, and half its width, as parts of the mark's radius.
const BADGE: (f32, f32) = (0.86, 0.42);
/// Width of the dark edge around a mark, in points.
const EDGE: f32 = 1.5;
/// The ring of a case that is selected together with others: its radius beyond the mark and its width, in points.
const RING: (f32, f32) = (4.0, 2.0);

/// How a case's mark looks, in one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Look(u16);

impl Look {
    /// The mark of such a case; severity 1 to 5.
    pub fn new(class: Class, urgency: Urgency, centre: Centre, severity: u8) -> Self {
        let severity = u16::from(severity.clamp(1, SEVERITIES as u8) - 1);
        Self(class as u16 | (urgency as u16) << 2 | (centre as u16) << 4 | severity << 6)
    }

    /// The same, with the ring of a case that is selected together with others.
    pub fn picked(self, on: bool) -> Self {
        Self(self.0 & !(1 << 9) | u16::from(on) << 9)
    }

    /// The same as a small form without letter and badge.
    pub fn small(self, on: bool) -> Self {
        Self(self.0 & !(1 << 10) | u16::from(on) << 10)
    }

    /// As a number below [`Look::COUNT`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// All looks.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT as u16).map(Self)
    }

    /// So many numbers are taken by looks.
    pub const COUNT: usize = 1 << 11;

    /// Its class.
    pub fn class(self) -> Class {
        Class::ALL[usize::from(self.0 & 3)]
    }

    /// Its urgency.
    pub fn urgency(self) -> Urgency {
        Urgency::ALL[usize::from(self.0 >> 2 & 3).min(2)]
    }

    /// Its centre.
    pub fn centre(self) -> Centre {
        Centre::ALL[usize::from(self.0 >> 4 & 3).min(2)]
    }

    fn severity(self) -> usize {
        usize::from(self.0 >> 6 & 7).min(SEVERITIES - 1)
    }

    fn is_picked(self) -> bool {
        self.0 >> 9 & 1 == 1
    }

    fn is_small(self) -> bool {
        self.0 >> 10 & 1 == 1
    }

    /// What is drawn above what: the later and the graver a case, the higher it lies.
    pub fn rank(self) -> u16 {
        self.urgency() as u16 * SEVERITIES as u16 + self.severity() as u16
    }
}

/// A small picture. Its pixels are red, green, blue and alpha from the lowest byte up, premultiplied, in gamma space, as
/// the interface's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sprite {
    /// Pixels across and down.
    pub size: [i32; 2],
    /// Where its upper left pixel lies, from the pixel that it marks.
    pub corner: [i32; 2],
    /// Row by row.
    pub pixels: Vec<u32>,
}

/// Paints a sprite whose middle is the middle of a pixel.
struct Easel {
    half: i32,
    pixels: Vec<Color32>,
}

impl Easel {
    /// Room for `reach` pixels on each side of the middle.
    fn new(reach: f32) -> Self {
        let half = reach.ceil().max(0.0) as i32;
        let side = (2 * half + 1) as usize;
        Self {
            half,
            pixels: vec![Color32::TRANSPARENT; side * side],
        }
    }

    fn over(&mut self, x: i32, y: i32, color: Color32) {
        let side = 2 * self.half + 1;
        let (column, row) = (x + self.half, y + self.half);
        if (0..side).contains(&column) && (0..side).contains(&row) {
            let pixel = &mut self.pixels[(row * side + column) as usize];
            *pixel = pixel.gamma_multiply(1.0 - f32::from(color.a()) / 255.0) + color;
        }
    }

    /// Fills a form, given as the distance of a pixel from its edge, negative inside.
    fn fill(&mut self, color: Color32, distance: impl Fn(Vec2) -> f32) {
        for y in -self.half..=self.half {
            for x in -self.half..=self.half {
                let cover = (0.5 - distance(vec2(x as f32, y as f32))).clamp(0.0, 1.0);
                if cover > 0.0 {
                    self.over(x, y, color.gamma_multiply(cover));
                }
            }
        }
    }

    /// Puts a letter's middle there.
    fn letter(&mut self, letter: &super::atlas::Glyph, at: Vec2, color: Color32) {
        let [width, height] = letter.size;
        let left = (at.x - width as f32 / 2.0 + 0.5).round() as i32;
        let top = (at.y - height as f32 / 2.0 + 0.5).round() as i32;
        for (i, cover) in letter.coverage.iter().enumerate().filter(|(_, c)| **c > 0) {
            let (x, y) = (left + (i % width) as i32, top + (i / width) as i32);
            self.over(x, y, color.gamma_multiply(f32::from(*cover) / 255.0));
        }
    }

    fn sprite(self) -> Sprite {
        let side = 2 * self.half + 1;
        Sprite {
            size: [side; 2],
            corner: [-self.half; 2],
            pixels: self
                .pixels
                .iter()
                .map(|color| u32::from_le_bytes(color.to_array()))
                .collect(),
        }
    }
}

/// All sprites of one theme and scale, each made when it is first wanted.
pub struct Sprites {
    letters: Arc<Letters>,
    palette: &'static Palette,
    marks: Vec<Option<Box<Sprite>>>,
    discs: HashMap<u32, Sprite>,
    digits: Vec<Sprite>,
}

impl Sprites {
    /// Sprites with those letters, in the colours and the scale that they were made for.
    pub fn new(letters: Arc<Letters>) -> Self {
        let palette = Palette::of(letters.dark);
        let digits = letters.digits.iter().map(|glyph| {
            let reach = glyph.size.iter().max().copied().unwrap_or(0) as f32 / 2.0;
            let mut easel = Easel::new(reach);
            easel.letter(glyph, Vec2::ZERO, palette.text);
            easel.sprite()
        });
        Self {
            digits: digits.collect(),
            palette,
            marks: vec![None; Look::COUNT],
            discs: HashMap::new(),
            letters,
        }
    }

    /// The letters that they are made with.
    pub fn letters(&self) -> &Arc<Letters> {
        &self.letters
    }

    /// The colours that they are made in.
    pub fn palette(&self) -> &'static Palette {
        self.palette
    }

    /// A mark.
    pub fn mark(&mut self, look: Look) -> &Sprite {
        let (letters, palette) = (&self.letters, self.palette);
        self.marks[look.index()].get_or_insert_with(|| Box::new(mark(look, letters, palette)))
    }

    /// A digit.
    pub fn digit(&self, digit: usize) -> &Sprite {
        &self.digits[digit]
    }

    /// The disc of a group's sign, its ring of that radius in pixels.
    pub fn disc(&mut self, radius: u32) -> &Sprite {
        let palette = self.palette;
        self.discs.entry(radius).or_insert_with(|| disc(radius, palette))
    }
}

/// How far the disc of a sign reaches whose ring has that radius.
fn disc_edge(radius: f32) -> f32 {
    radius * SIGN_EDGE / SIGN.0
}

fn disc(radius: u32, palette: &Palette) -> Sprite {
    let radius = radius as f32;
    let mut easel = Easel::new(disc_edge(radius) + 1.0);
    for (radius, color) in [
        (disc_edge(radius), palette.case_edge),
        (radius, Urgency::Calm.fill(palette)),
        (radius * SIGN.1 / SIGN.0, palette.panel),
    ] {
        easel.fill(color, |p| p.length() - radius);
    }
    easel.sprite()
}

fn mark(look: Look, letters: &Letters, palette: &Palette) -> Sprite {
    let ppp = letters.pixels_per_point;
    let (class, urgency) = (look.class(), look.urgency());
    let scale = severity_scale(look.severity() as u8 + 1);
    // Forms are described for a mark of middle severity.
    let size = if look.is_small() {
        scale * SMALL_RADIUS / MARK_RADIUS
    } else {
        scale
    };
    let unit = size * ppp;
    let inside = |p: Vec2| form(class, p / unit) * unit;
    let edge = if look.is_small() { 0.75 } else { EDGE } * ppp;
    let ring = MARK_RADIUS * unit + RING.0 * ppp;
    let reach = if look.is_picked() {
        ring + RING.1 * ppp
    } else {
        // A diamond and a triangle reach farthest.
        MARK_RADIUS * 1.3 * unit + edge
    };
    let mut easel = Easel::new(reach + 1.0);
    if look.is_picked() {
        let around = |p: Vec2| (p.length() - ring).abs();
        easel.fill(palette.case_edge, |p| around(p) - RING.1 * ppp);
        easel.fill(palette.accent, |p| around(p) - RING.1 / 2.0 * ppp);
    }
    easel.fill(palette.case_edge, |p| inside(p) - edge);
    easel.fill(urgency.fill(palette), inside);
    if look.is_small() {
        return easel.sprite();
    }
    if urgency == Urgency::Overdue {
        hatch(&mut easel, palette, ppp, &inside);
    }
    let sink = if class == Class::C {
        MARK_RADIUS * 0.22 * unit
    } else {
        0.0
    };
    let color = if palette.dark {
        palette.ground
    } else {
        palette.panel
    };
    let letter = &letters.classes[look.severity()][class as usize];
    easel.letter(letter, vec2(0.0, sink), color);
    badge(&mut easel, look.centre(), palette, unit);
    easel.sprite()
}

/// Stripes in a band along the edge, so that the letter stays clear.
fn hatch(easel: &mut Easel, palette: &Palette, ppp: f32, inside: &impl Fn(Vec2) -> f32) {
    let period = 4.5 * ppp;
    let stripe = |p: Vec2| ((p.x + p.y).rem_euclid(period) - period / 2.0).abs() - 0.8 * ppp;
    let band = |p: Vec2| inside(p).max(-3.0 * ppp - inside(p));
    easel.fill(palette.case_edge, |p| stripe(p).max(band(p)));
}

/// The badge of a centre, where it lies on a mark of middle severity.
pub fn badge_sprite(centre: Centre, palette: &Palette, ppp: f32) -> Sprite {
    let mut easel = Easel::new(MARK_RADIUS * 1.5 * ppp);
    badge(&mut easel, centre, palette, ppp);
    easel.sprite()
}

/// The centre's badge at the upper right: a bar, a cross, or four dots.
fn badge(easel: &mut Easel, centre: Centre, palette: &Palette, unit: f32) {
    let radius = MARK_RADIUS * unit;
    // On whole pixels, else its lines would be soft.
    let middle = (vec2(1.0, -1.0) * radius * BADGE.0 * std::f32::consts::FRAC_1_SQRT_2 * 1.12).round();
    let half = radius * BADGE.1;
    easel.fill(palette.case_edge, |p| (p - middle).length() - half - 1.0);
    easel.fill(palette.panel, |p| (p - middle).length() - half);
    let thin = (half * 0.24).max(0.5);
    let long = half * 0.68;
    let block = |p: Vec2, x: f32, y: f32| (p.x.abs() - x).max(p.y.abs() - y);
    match centre {
        Centre::Governance => easel.fill(palette.text, |p| block(p - middle, long, thin)),
        Centre::Emergency => easel.fill(palette.text, |p| {
            block(p - middle, long, thin).min(block(p - middle, thin, long))
        }),
        Centre::Grid => easel.fill(palette.text, |p| {
            let away = ((p - middle).abs() - Vec2::splat(half * 0.42)).abs();
            away.x.max(away.y) - (half * 0.22).max(0.5)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sprites(ppp: f32) -> Sprites {
        Sprites::new(Arc::new(Letters::blank(ppp, true)))
    }

    #[test]
    fn a_look_gives_back_what_it_was_made_of() {
        for class in Class::ALL {
            for urgency in Urgency::ALL {
                for centre in Centre::ALL {
                    for severity in 1..=5 {
                        let look = Look::new(class, urgency, centre, severity).picked(true);
                        assert_eq!((look.class(), look.urgency()), (class, urgency));
                        assert_eq!(
                            (look.centre(), look.severity()),
                            (centre, usize::from(severity) - 1)
                        );
                        assert!(look.is_picked() && !look.is_small() && look.index() < Look::COUNT);
                        assert_eq!(look.picked(false), Look::new(class, urgency, centre, severity));
                    }
                }
            }
        }
    }

    #[test]
    fn a_mark_has_its_fill_in_the_middle_its_edge_around_and_nothing_at_its_corners() {
        for ppp in [1.0, 1.25, 1.5, 2.0] {
            let mut sprites = sprites(ppp);
            for (class, urgency) in Class::ALL.into_iter().zip(Urgency::ALL.into_iter().cycle()) {
                let look = Look::new(class, urgency, Centre::Grid, 3);
                let sprite = sprites.mark(look).clone();
                let side = sprite.size[0] as usize;
                assert_eq!(sprite.pixels.len(), side * side);
                let fill = u32::from_le_bytes(urgency.fill(&Palette::DARK).to_array());
                assert_eq!(
                    sprite.pixels[side * (side / 2) + side / 2],
                    fill,
                    "{class:?} at {ppp}"
                );
                for corner in [0, side * (side - 1), side * side - 1] {
                    assert_eq!(sprite.pixels[corner], 0);
                }
            }
        }
    }

    #[test]
    fn colours_are_premultiplied() {
        let mut sprites = sprites(1.25);
        let look = Look::new(Class::D, Urgency::Overdue, Centre::Emergency, 5).picked(true);
        for pixel in &sprites.mark(look).pixels {
            let [r, g, b, a] = pixel.to_le_bytes();
            assert!(r.max(g).max(b) <= a, "{pixel:x}");
        }
    }
}
