//! Draws sprites, and the signs of groups, into a tile.

use crate::ui::theme::Palette;

use super::atlas::{SIGN, Urgency, digits};
use super::pixels::{Sign, TILE};
use super::symbols::{Sprite, Sprites};

/// The radius of a sign in points, wide enough for its number.
fn sign_radius(sign: &Sign, sprites: &Sprites) -> f32 {
    let number = sprites.letters().number_width(sign.count());
    sign.radius().max(number / 2.0 + 6.0)
}

/// The radius of the ring of a sign's disc, in whole pixels.
fn ring(radius: f32, ppp: f32) -> u32 {
    ((radius + 2.5) * ppp).round().max(1.0) as u32
}

/// How far a sign reaches from its middle, in pixels.
pub fn sign_reach(sign: &Sign, sprites: &Sprites) -> i32 {
    let ppp = sprites.letters().pixels_per_point;
    ((sign_radius(sign, sprites) + 8.0) * ppp).ceil() as i32
}

/// A disc with the count, around it the shares of time (overdue is thicker, too), inside it the shares of the classes.
pub fn draw_sign(sign: &Sign, at: [i32; 2], sprites: &mut Sprites, brush: &mut Brush<'_>) {
    let letters = sprites.letters().clone();
    let (palette, ppp) = (sprites.palette(), letters.pixels_per_point);
    let radius = sign_radius(sign, sprites);
    let ring = ring(radius, ppp);
    brush.stamp(sprites.disc(ring), at);
    let inside = ring as f32 * SIGN.1 / SIGN.0;
    let n = sign.count();
    let mut from = 0.0;
    for urgency in [Urgency::Overdue, Urgency::Soon] {
        let share = sign.urgencies[urgency as usize] as f32 / n.max(1) as f32;
        let out = radius + if urgency == Urgency::Overdue { 4.5 } else { 2.5 };
        brush.arc(
            at,
            (inside, out * ppp),
            (from, from + share),
            color(urgency.fill(palette)),
        );
        from += share;
    }
    if sign.picked > 0 {
        let share = sign.picked as f32 / n.max(1) as f32;
        let inner = (radius + 5.5) * ppp;
        brush.arc(
            at,
            (inner, inner + 2.0 * ppp),
            (0.0, share),
            color(palette.accent),
        );
    }
    draw_number(n, [at[0], at[1] - (2.5 * ppp).round() as i32], sprites, brush);
    draw_bars(sign, at, palette, ppp, brush);
}

fn draw_number(n: usize, at: [i32; 2], sprites: &Sprites, brush: &mut Brush<'_>) {
    let letters = sprites.letters();
    let ppp = letters.pixels_per_point;
    let mut x = -letters.number_width(n) / 2.0;
    for d in digits(n) {
        let advance = letters.digits[d].advance;
        let middle = ((x + advance / 2.0) * ppp).round() as i32;
        brush.stamp(sprites.digit(d), [at[0] + middle, at[1]]);
        x += advance;
    }
}

/// The shares of the classes as four bars below the number.
fn draw_bars(sign: &Sign, at: [i32; 2], palette: &Palette, ppp: f32, brush: &mut Brush<'_>) {
    let most = sign.classes.iter().copied().max().unwrap_or(1).max(1) as f32;
    let pixel = |points: f32| (points * ppp).round() as i32;
    for (i, count) in sign.classes.iter().enumerate().filter(|(_, c)| **c > 0) {
        let height = (1.0 + 4.0 * *count as f32 / most).round();
        let left = at[0] + pixel(-8.5 + 4.5 * i as f32);
        let bottom = at[1] + pixel(10.5);
        let min = [left, bottom - pixel(height)];
        brush.block(min, [left + pixel(3.5).max(1), bottom], color(palette.weak));
    }
}

fn color(color: eframe::egui::Color32) -> u32 {
    u32::from_le_bytes(color.to_array())
}

/// Lays a colour over another one; both premultiplied.
pub fn over(below: u32, above: u32) -> u32 {
    const ODD: u32 = 0x00ff_00ff;
    let rest = 255 - (above >> 24);
    // Two channels at once, each divided by 255 and rounded.
    let scaled = |two: u32| {
        let product = two * rest + 0x0080_0080;
        (product + (product >> 8 & ODD)) >> 8 & ODD
    };
    above.wrapping_add(scaled(below & ODD) | scaled(below >> 8 & ODD) << 8)
}

/// Draws into one tile, and keeps in mind what of it is not empty.
pub struct Brush<'a> {
    pixels: &'a mut [u32],
    min: [i32; 2],
    max: [i32; 2],
}

impl<'a> Brush<'a> {
    /// A brush for an empty tile.
    pub fn new(pixels: &'a mut [u32]) -> Self {
        Self {
            pixels,
            min: [TILE; 2],
            max: [0; 2],
        }
    }

    /// The part that is not empty: from, up to.
    pub fn filled(&self) -> Option<[[u8; 2]; 2]> {
        let some = self.min[0] < self.max[0] && self.min[1] < self.max[1];
        some.then(|| [self.min.map(|v| v as u8), self.max.map(|v| v as u8)])
    }

    /// The part of a rectangle that lies in the tile.
    fn clip(&mut self, min: [i32; 2], max: [i32; 2]) -> Option<([i32; 2], [i32; 2])> {
        let min = min.map(|v| v.max(0));
        let max = max.map(|v| v.min(TILE));
        if min[0] >= max[0] || min[1] >= max[1] {
            return None;
        }
        for i in 0..2 {
            self.min[i] = self.min[i].min(min[i]);
            self.max[i] = self.max[i].max(max[i]);
        }
        Some((min, max))
    }

    /// Lays a sprite over what is there.
    pub fn stamp(&mut self, sprite: &Sprite, at: [i32; 2]) {
        let left = [at[0] + sprite.corner[0], at[1] + sprite.corner[1]];
        let right = [left[0] + sprite.size[0], left[1] + sprite.size[1]];
        let Some((min, max)) = self.clip(left, right) else {
            return;
        };
        for y in min[1]..max[1] {
            let from = ((y - left[1]) * sprite.size[0] + min[0] - left[0]) as usize;
            let width = (max[0] - min[0]) as usize;
            let to = (y * TILE + min[0]) as usize;
            let row = self.pixels[to..to + width].iter_mut();
            for (below, above) in row.zip(&sprite.pixels[from..from + width]) {
                match above >> 24 {
                    0 => {}
                    255 => *below = *above,
                    _ => *below = over(*below, *above),
                }
            }
        }
    }

    /// A rectangle of an opaque colour.
    fn block(&mut self, min: [i32; 2], max: [i32; 2], color: u32) {
        let Some((min, max)) = self.clip(min, max) else {
            return;
        };
        for y in min[1]..max[1] {
            let row = (y * TILE) as usize;
            self.pixels[row + min[0] as usize..row + max[0] as usize].fill(color);
        }
    }

    /// An arc of a ring of an opaque colour, soft at its edges; angles in turns, clockwise from above.
    fn arc(&mut self, at: [i32; 2], radii: (f32, f32), turns: (f32, f32), color: u32) {
        let share = turns.1 - turns.0;
        if share <= 0.0 {
            return;
        }
        let reach = radii.1.ceil() as i32 + 1;
        let Some((min, max)) = self.clip(at.map(|v| v - reach), at.map(|v| v + reach + 1)) else {
            return;
        };
        let direction = |turn: f32| {
            let (sin, cos) = (turn * std::f32::consts::TAU).sin_cos();
            [sin, -cos]
        };
        let (from, to) = (direction(turns.0), direction(turns.1));
        // How far a pixel lies clockwise of a direction, in pixels.
        let clockwise = |d: [f32; 2], x: f32, y: f32| d[0] * y - d[1] * x;
        let [r, g, b, _] = color.to_le_bytes();
        for y in min[1]..max[1] {
            for x in min[0]..max[0] {
                let (dx, dy) = ((x - at[0]) as f32, (y - at[1]) as f32);
                let square = dx * dx + dy * dy;
                let (inner, outer) = ((radii.0 - 0.5).max(0.0), radii.1 + 0.5);
                if square < inner * inner || square > outer * outer {
                    continue;
                }
                let distance = square.sqrt();
                let across = (distance - radii.0 + 0.5).min(radii.1 + 0.5 - distance);
                let after = 0.5 + clockwise(from, dx, dy);
                let before = 0.5 - clockwise(to, dx, dy);
                let along = if share >= 0.999 {
                    1.0
                } else if share <= 0.5 {
                    after.min(before)
                } else {
                    after.max(before)
                };
                let cover = (across.min(along).clamp(0.0, 1.0) * 255.0) as u32;
                if cover > 0 {
                    let part = |c: u8| (u32::from(c) * cover / 255) as u8;
                    let above = u32::from_le_bytes([part(r), part(g), part(b), cover as u8]);
                    let pixel = &mut self.pixels[(y * TILE + x) as usize];
                    *pixel = over(*pixel, above);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Laying over by whole numbers is right to one step of 255.
        #[test]
        fn laying_over_is_exact(below in any::<[u8; 4]>(), above in any::<[u8; 4]>()) {
            let legal = |[r, g, b, a]: [u8; 4]| [r.min(a), g.min(a), b.min(a), a];
            let (below, above) = (legal(below), legal(above));
            let found = over(u32::from_le_bytes(below), u32::from_le_bytes(above)).to_le_bytes();
            for i in 0..4 {
                let exact = f64::from(above[i]) + f64::from(below[i]) * (1.0 - f64::from(above[3]) / 255.0);
                prop_assert!((f64::from(found[i]) - exact).abs() <= 1.0);
            }
        }
    }

    #[test]
    fn an_arc_covers_its_turns_and_no_others() {
        let mut pixels = vec![0; (TILE * TILE) as usize];
        let mut brush = Brush::new(&mut pixels);
        let red = 0xff00_00ff;
        brush.arc([64, 64], (20.0, 26.0), (0.0, 0.25), red);
        brush.arc([64, 64], (40.0, 46.0), (0.25, 1.0), red);
        let at = |x: i32, y: i32| pixels[((64 + y) * TILE + 64 + x) as usize];
        assert_eq!(
            (at(16, -16), at(-16, -16), at(16, 16), at(-16, 16)),
            (red, 0, 0, 0)
        );
        assert_eq!(
            (at(30, -30), at(-30, -30), at(30, 30), at(-30, 30)),
            (0, red, red, red)
        );
        assert_eq!(at(0, 0), 0);
    }
}
