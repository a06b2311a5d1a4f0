//! Areas whose tone tells a value.

use super::super::figure::{Area, AreaMap};
use super::cells::ramp;
use super::{Anchor, Drawing, GAP, Ink, Mark, ROW, Spot, TEXT, fitted, width_of};

/// Longitude and latitude onto the plot: degrees of longitude are shortened as they are in the middle of the town.
struct Fit {
    west: f64,
    north: f64,
    shrink: f64,
    per_degree: f64,
    left: f64,
    top: f64,
}

impl Fit {
    fn new(areas: &[Area], [width, height]: [f32; 2]) -> Option<Self> {
        let points = || areas.iter().flat_map(|area| area.rings.iter().flatten());
        let (mut west, mut south) = points().copied().next().map(|[lon, lat]| (lon, lat))?;
        let (mut east, mut north) = (west, south);
        for [lon, lat] in points() {
            (west, east) = (west.min(*lon), east.max(*lon));
            (south, north) = (south.min(*lat), north.max(*lat));
        }
        let shrink = ((south + north) / 2.0).to_radians().cos().max(0.01);
        let (wide, high) = ((east - west) * shrink, north - south);
        if wide <= 0.0 || high <= 0.0 {
            return None;
        }
        let per_degree = (f64::from(width) / wide).min(f64::from(height) / high);
        Some(Self {
            west,
            north,
            shrink,
            per_degree,
            left: (f64::from(width) - wide * per_degree) / 2.0,
            top: (f64::from(height) - high * per_degree) / 2.0,
        })
    }

    fn point(&self, [lon, lat]: [f64; 2]) -> [f32; 2] {
        let x = self.left + (lon - self.west) * self.shrink * self.per_degree;
        let y = self.top + (self.north - lat) * self.per_degree;
        [x as f32, y as f32]
    }
}

pub(super) fn map(out: &mut Drawing, plot: &AreaMap) {
    let [width, height] = out.size;
    let Some(fit) = Fit::new(&plot.areas, [width, height - ROW - GAP]) else {
        return;
    };
    let values = || plot.areas.iter().filter_map(|area| area.value);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let tone = |value: f64| match high - low {
        // All alike: a middle tone.
        span if span <= 0.0 => 0.5,
        span => 0.08 + 0.92 * ((value - low) / span) as f32,
    };
    for (i, area) in plot.areas.iter().enumerate() {
        for ring in &area.rings {
            let outline: Vec<[f32; 2]> = thin(ring.iter().map(|point| fit.point(*point)));
            if outline.len() < 3 {
                continue;
            }
            let ink = area.value.map_or(Ink::Ground, |value| Ink::Tone(tone(value)));
            let mut spot = Spot::new(i, bounds(&outline));
            spot.outline.clone_from(&outline);
            out.spots.push(spot);
            out.marks.push(Mark::Area(outline, ink, Ink::Weak));
        }
    }
    names(out, plot, &fit, &tone);
    legend(out, plot);
}

/// Names of areas that have room for them; those on dark tones in the ground's colour.
fn names(out: &mut Drawing, plot: &AreaMap, fit: &Fit, tone: &dyn Fn(f64) -> f32) {
    let mut taken: Vec<[f32; 4]> = Vec::new();
    for area in &plot.areas {
        let [x, y] = fit.point(area.label_at);
        let half = width_of(&area.label) / 2.0 + 2.0;
        let own = [x - half, y - TEXT / 2.0, 2.0 * half, TEXT];
        let meets = |other: &[f32; 4]| {
            own[0] < other[0] + other[2]
                && other[0] < own[0] + own[2]
                && own[1] < other[1] + other[3]
                && other[1] < own[1] + own[3]
        };
        let beyond = own[0] < 0.0 || own[0] + own[2] > out.size[0];
        if beyond || taken.iter().any(meets) {
            continue;
        }
        taken.push(own);
        let on_strong = area.value.is_some_and(|value| tone(value) > 0.5);
        let ink = if on_strong { Ink::Ground } else { Ink::Text };
        out.text([x, y], Anchor::Middle, ink, area.label.as_str());
    }
}

fn legend(out: &mut Drawing, plot: &AreaMap) {
    let [width, height] = out.size;
    let y = height - ROW / 2.0;
    let (low, high) = &plot.ends;
    let mut x = width - width_of(high);
    out.text([x, y], Anchor::Left, Ink::Weak, high.as_str());
    x -= GAP + 80.0;
    ramp(out, [x, y - 5.0, 80.0, 10.0]);
    out.text([x - GAP, y], Anchor::Right, Ink::Weak, low.as_str());
    if plot.areas.iter().any(|area| area.value.is_none()) {
        out.marks.push(Mark::Frame([0.5, y - 5.0, 16.0, 10.0], Ink::Weak));
        let room = x - GAP - width_of(low) - 24.0 - GAP;
        out.text([24.0, y], Anchor::Left, Ink::Weak, fitted(&plot.none, room));
    }
}

/// Points that lie closer together than half a point are one.
fn thin(points: impl Iterator<Item = [f32; 2]>) -> Vec<[f32; 2]> {
    let mut kept: Vec<[f32; 2]> = Vec::new();
    let near = |a: &[f32; 2], b: &[f32; 2]| (a[0] - b[0]).abs() + (a[1] - b[1]).abs() < 0.5;
    for point in points {
        if kept.last().is_none_or(|last| !near(last, &point)) {
            kept.push(point);
        }
    }
    // A ring of a map ends where it begins.
    if kept.len() > 1 && kept.first().zip(kept.last()).is_some_and(|(a, b)| near(a, b)) {
        kept.pop();
    }
    kept
}

fn bounds(outline: &[[f32; 2]]) -> [f32; 4] {
    let start = [f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
    let [left, top, right, bottom] = outline.iter().fold(start, |[l, t, r, b], [x, y]| {
        [l.min(*x), t.min(*y), r.max(*x), b.max(*y)]
    });
    [left, top, right - left, bottom - top]
}
