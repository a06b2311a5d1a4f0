//! Lines over time.

use super::super::figure::Trend;
use super::{Anchor, Drawing, GAP, Ink, Mark, ROW, Scale, Spot, TEXT, widest, width_of};

pub(super) fn trend(out: &mut Drawing, plot: &Trend) {
    let [width, height] = out.size;
    let both = plot.points.iter().flat_map(|point| [point.value, point.before]);
    let values: Vec<f64> = both.flatten().collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // A line need not begin at nought: where it moves little, it would show nothing.
    let scale = Scale::new(values.into_iter(), 4, low < (high - low) * 2.0);
    let ticks: Vec<(f64, String)> = scale.ticks().collect();
    let left = widest(ticks.iter().map(|(_, text)| text.as_str()), 90.0) + GAP;
    let (top, bottom) = (ROW + GAP, height - ROW - 4.0);
    legend(out, plot);
    for (value, text) in &ticks {
        let y = bottom - scale.at(*value) * (bottom - top);
        out.line([left, y], [width - 4.0, y], Ink::Line);
        out.text([left - GAP, y], Anchor::Right, Ink::Weak, text.as_str());
    }
    let count = plot.points.len();
    let step = (width - left - GAP) / count.max(1) as f32;
    let x = |i: usize| left + (i as f32 + 0.5) * step;
    let y = |value: f64| bottom - scale.at(value) * (bottom - top);
    let before = plot.points.iter().map(|point| point.before);
    runs(out, before.enumerate(), 1.5, Ink::Faint, &x, &y);
    let now = plot.points.iter().map(|point| point.value);
    runs(out, now.enumerate(), 2.0, Ink::Mark, &x, &y);
    // A label needs some room: every second, third… one is shown.
    let room = plot.points.iter().map(|p| width_of(&p.short)).fold(0.0, f32::max) + GAP;
    let every = ((room / step.max(0.1)).ceil() as usize).max(1);
    for (i, point) in plot.points.iter().enumerate() {
        out.spots.push(Spot::new(
            i,
            [x(i) - step / 2.0, top - GAP, step, height - top + GAP],
        ));
        if i % every == 0 {
            let half = width_of(&point.short) / 2.0;
            let at = x(i).clamp(half, (width - half).max(half));
            out.text(
                [at, height - ROW / 2.0],
                Anchor::Middle,
                Ink::Weak,
                point.short.as_str(),
            );
        }
    }
}

fn legend(out: &mut Drawing, plot: &Trend) {
    let mut x = out.size[0];
    for (name, ink) in [(&plot.before_name, Ink::Faint), (&plot.name, Ink::Mark)] {
        if name.is_empty() {
            continue;
        }
        x -= width_of(name);
        out.text([x, TEXT / 2.0], Anchor::Left, Ink::Weak, name.as_str());
        x -= 22.0;
        out.marks.push(Mark::Line(
            vec![[x, TEXT / 2.0], [x + 16.0, TEXT / 2.0]],
            2.0,
            ink,
        ));
        x -= 2.0 * GAP;
    }
}

/// Draws a line through the values that are there, with gaps, and a dot where one stands alone.
fn runs(
    out: &mut Drawing,
    values: impl Iterator<Item = (usize, Option<f64>)>,
    wide: f32,
    ink: Ink,
    x: &dyn Fn(usize) -> f32,
    y: &dyn Fn(f64) -> f32,
) {
    let mut run: Vec<[f32; 2]> = Vec::new();
    let mut end = |run: &mut Vec<[f32; 2]>| match run.len() {
        0 => {}
        1 => out.marks.push(Mark::Dot(run.remove(0), wide + 1.0, ink)),
        _ => out.marks.push(Mark::Line(std::mem::take(run), wide, ink)),
    };
    for (i, value) in values {
        match value {
            Some(value) => run.push([x(i), y(value)]),
            None => end(&mut run),
        }
    }
    end(&mut run);
}
