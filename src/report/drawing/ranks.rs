//! Values with their intervals, by rank.

use super::super::figure::{RankRow, Ranking};
use super::{Anchor, Drawing, GAP, Ink, Mark, ROW, Scale, Spot, TEXT, fitted, widest};

pub(super) fn ranking(out: &mut Drawing, plot: &Ranking) {
    let [width, height] = out.size;
    let bottom = height - ROW - 4.0;
    let top = ROW + 2.0;
    let count = plot.rows.len().min(((bottom - top) / 17.0) as usize).max(1);
    let row = ((bottom - top) / count as f32).min(36.0);
    let shown = || plot.rows.iter().take(count);
    let ranks = widest(
        shown()
            .map(|row| row.rank.as_str())
            .chain([plot.rank_name.as_str()]),
        80.0,
    );
    let labels = widest(shown().map(|row| row.label.as_str()), width * 0.34);
    let texts = widest(shown().map(|row| row.text.as_str()), width * 0.25);
    let left = ranks + GAP + labels + GAP;
    let right = width - texts - GAP;
    let ends = shown().flat_map(|row| {
        let (low, high) = row.interval.unzip();
        [Some(row.value), low, high]
    });
    let all = plot.all.as_ref().map(|(value, _)| *value);
    let values = ends.flatten().chain(all);
    let scale = Scale::new(values, ((right - left) / 70.0) as usize, false);
    let x = |value: f64| left + 6.0 + scale.at(value) * (right - left - 12.0).max(1.0);
    let end = top + row * count as f32;
    for (value, text) in scale.ticks() {
        out.line([x(value), top], [x(value), end], Ink::Line);
        out.text([x(value), end + ROW / 2.0 + 2.0], Anchor::Middle, Ink::Weak, text);
    }
    out.text(
        [0.0, TEXT / 2.0],
        Anchor::Left,
        Ink::Weak,
        plot.rank_name.as_str(),
    );
    if let Some((value, words)) = &plot.all {
        let at = x(*value);
        out.marks
            .push(Mark::Line(vec![[at, ROW - 4.0], [at, end]], 1.5, Ink::Weak));
        let half = super::width_of(words) / 2.0;
        let at = at.clamp((ranks + GAP + half).min(width - half), width - half);
        out.text([at, TEXT / 2.0 - 2.0], Anchor::Middle, Ink::Weak, words.as_str());
    }
    for (i, one) in shown().enumerate() {
        let middle = top + (i as f32 + 0.5) * row;
        one_row(out, one, middle, [ranks, labels, width], &x);
        out.spots
            .push(Spot::new(i, [0.0, middle - row / 2.0, width, row]));
    }
}

fn one_row(
    out: &mut Drawing,
    row: &RankRow,
    y: f32,
    [ranks, labels, width]: [f32; 3],
    x: &dyn Fn(f64) -> f32,
) {
    let ink = match (row.out, row.apart) {
        (true, _) => Ink::Out,
        (_, true) => Ink::Text,
        _ => Ink::Faint,
    };
    out.text([ranks, y], Anchor::Right, Ink::Weak, row.rank.as_str());
    let label = fitted(&row.label, labels);
    out.text([ranks + GAP, y], Anchor::Left, Ink::Text, label);
    if let Some((low, high)) = row.interval {
        out.marks
            .push(Mark::Line(vec![[x(low), y], [x(high), y]], 2.0, ink));
    }
    out.marks.push(Mark::Dot([x(row.value), y], 4.0, ink));
    out.text([width, y], Anchor::Right, Ink::Text, row.text.as_str());
}
