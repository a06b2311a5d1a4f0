//! Bands from one key to another.

use super::super::figure::Flow;
use super::{Anchor, Drawing, GAP, Ink, Mark, ROW, Spot, TEXT, fitted, widest, width_of};

/// Width of the blocks that stand for the keys, in points.
const BLOCK: f32 = 10.0;
/// Points of a band's edge.
const STEPS: usize = 24;

pub(super) fn flow(out: &mut Drawing, plot: &Flow) {
    let [width, height] = out.size;
    let all: u64 = plot.bands.iter().map(|band| band.n).sum();
    let keys = plot.keys.len();
    let top = ROW + 4.0;
    // Below the last block its label may need some room.
    let room = height - top - TEXT - GAP * keys.saturating_sub(1) as f32;
    let per_case = room.max(1.0) / all.max(1) as f32;
    let label = widest(plot.keys.iter().map(String::as_str), width / 4.0);
    let side = label + GAP + width_of(&all.to_string()) + GAP;
    let (left, right) = (side, width - side);
    let heading = |out: &mut Drawing, x, anchor, name: &str| {
        out.text(
            [x, TEXT / 2.0],
            anchor,
            Ink::Weak,
            fitted(name, width / 2.0 - GAP),
        );
    };
    heading(out, 0.0, Anchor::Left, &plot.from_name);
    heading(out, width, Anchor::Right, &plot.to_name);
    let mut starts = [
        stack(plot, per_case, top, |band| band.from),
        stack(plot, per_case, top, |band| band.to),
    ];
    for (i, band) in plot.bands.iter().enumerate().filter(|(_, band)| band.n > 0) {
        let thick = band.n as f32 * per_case;
        let (Some(a), Some(b)) = (starts[0].get(band.from).copied(), starts[1].get(band.to).copied()) else {
            continue;
        };
        starts[0][band.from] += thick;
        starts[1][band.to] += thick;
        let outline = outline([left + BLOCK, a], [right - BLOCK, b], thick);
        // What stays where it is is ordinary; what moves is looked for.
        let ink = if band.from == band.to {
            Ink::Faint
        } else {
            Ink::Mark
        };
        out.marks.push(Mark::Area(outline.clone(), ink, Ink::Ground));
        let (low, high) = (a.min(b), a.max(b) + thick);
        let mut spot = Spot::new(i, [left + BLOCK, low, right - left - 2.0 * BLOCK, high - low]);
        spot.outline = outline;
        out.spots.push(spot);
    }
    let mut lowest = [f32::NEG_INFINITY; 2];
    for (key, name) in plot.keys.iter().enumerate() {
        let sum = |of: fn(&super::super::figure::Band) -> usize| -> u64 {
            let own = plot.bands.iter().filter(|band| of(band) == key);
            own.map(|band| band.n).sum()
        };
        let (from, to) = (sum(|band| band.from), sum(|band| band.to));
        let sides = [
            (from, starts[0][key], left, left - GAP, Anchor::Right),
            (to, starts[1][key], right - BLOCK, right + GAP, Anchor::Left),
        ];
        for ((n, end, x, words_at, anchor), lowest) in sides.into_iter().zip(&mut lowest) {
            if n == 0 {
                continue;
            }
            let thick = n as f32 * per_case;
            out.rect([x, end - thick, BLOCK, thick.max(1.0)], Ink::Text);
            let words = match anchor {
                Anchor::Left => format!("{n}  {}", fitted(name, label)),
                _ => format!("{}  {n}", fitted(name, label)),
            };
            // Labels of thin blocks stand below each other.
            let y = (end - thick / 2.0).max(*lowest + TEXT + 2.0);
            *lowest = y;
            out.text([words_at, y], anchor, Ink::Text, words);
        }
    }
}

/// Where the blocks of one side begin, from the top down.
fn stack(plot: &Flow, per_case: f32, top: f32, of: fn(&super::super::figure::Band) -> usize) -> Vec<f32> {
    let mut y = top;
    let key = |key: usize| {
        let start = y;
        let n: u64 = plot
            .bands
            .iter()
            .filter(|band| of(band) == key)
            .map(|band| band.n)
            .sum();
        // A key without cases takes no room.
        if n > 0 {
            y += n as f32 * per_case + GAP;
        }
        start
    };
    (0..plot.keys.len()).map(key).collect()
}

/// A band that leaves and arrives level.
fn outline([ax, ay]: [f32; 2], [bx, by]: [f32; 2], thick: f32) -> Vec<[f32; 2]> {
    let point = |i: usize, down: f32| {
        let t = i as f32 / STEPS as f32;
        let eased = t * t * (3.0 - 2.0 * t);
        [ax + (bx - ax) * t, ay + (by - ay) * eased + down]
    };
    let upper = (0..=STEPS).map(|i| point(i, 0.0));
    let lower = (0..=STEPS).rev().map(|i| point(i, thick));
    upper.chain(lower).collect()
}
