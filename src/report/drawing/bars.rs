//! Bars: upright ones by classes, lying ones by rank.

use super::super::figure::{Histogram, Pareto};
use super::{Anchor, Drawing, GAP, Ink, Mark, ROW, Scale, Spot, TEXT, fitted, widest, width_of};

pub(super) fn histogram(out: &mut Drawing, plot: &Histogram) {
    let [width, height] = out.size;
    let most = plot.bars.iter().map(|bar| bar.n).max().unwrap_or(0);
    let scale = Scale::of_counts(most, 4);
    let ticks: Vec<(f64, String)> = scale.ticks().collect();
    let left = widest(ticks.iter().map(|(_, text)| text.as_str()), 90.0) + GAP;
    let (top, bottom) = (plot.marks.len() as f32 * ROW + 4.0, height - ROW - 4.0);
    for (value, text) in &ticks {
        let y = bottom - scale.at(*value) * (bottom - top);
        out.line([left, y], [width - 4.0, y], Ink::Line);
        out.text([left - GAP, y], Anchor::Right, Ink::Weak, text.as_str());
    }
    let step = (width - left - GAP) / plot.bars.len().max(1) as f32;
    let room = plot
        .bars
        .iter()
        .map(|bar| width_of(&bar.label))
        .fold(0.0, f32::max)
        + 6.0;
    let every = ((room / step.max(0.1)).ceil() as usize).max(1);
    for (i, bar) in plot.bars.iter().enumerate() {
        let x = left + i as f32 * step;
        let high = scale.at(bar.n as f64) * (bottom - top);
        out.rect([x + 1.0, bottom - high, (step - 2.0).max(1.0), high], Ink::Mark);
        out.spots.push(Spot::new(i, [x, top, step, height - top]));
        if i % every == 0 {
            let at = [x + step / 2.0, height - ROW / 2.0];
            out.text(at, Anchor::Middle, Ink::Weak, bar.label.as_str());
        }
    }
    for (i, (at, words)) in plot.marks.iter().enumerate() {
        let x = left + *at as f32 * step;
        let y = i as f32 * ROW + TEXT / 2.0;
        out.marks
            .push(Mark::Line(vec![[x, y], [x, bottom]], 1.5, Ink::Text));
        let wide = width_of(words) + 6.0;
        match x + wide < width {
            true => out.text([x + 6.0, y], Anchor::Left, Ink::Text, words.as_str()),
            false => out.text([x - 6.0, y], Anchor::Right, Ink::Text, words.as_str()),
        }
    }
}

pub(super) fn pareto(out: &mut Drawing, plot: &Pareto) {
    let [width, height] = out.size;
    let count = plot.bars.len().min(((height - ROW) / ROW) as usize);
    let row = ((height - ROW) / count.max(1) as f32).min(30.0);
    let labels = plot.bars.iter().take(count).map(|bar| bar.label.as_str());
    let left = widest(labels, width * 0.42) + GAP;
    let shares = width_of("100 %");
    let numbers = width_of(&plot.all.to_string()) + GAP;
    let right = width - shares - GAP;
    let most = plot.bars.iter().map(|bar| bar.n).max().unwrap_or(1).max(1);
    out.text(
        [width, TEXT / 2.0],
        Anchor::Right,
        Ink::Weak,
        fitted(&plot.share_name, width / 2.0),
    );
    out.text(
        [left, TEXT / 2.0],
        Anchor::Left,
        Ink::Weak,
        fitted(&plot.n_name, width / 3.0),
    );
    for (i, bar) in plot.bars.iter().take(count).enumerate() {
        let middle = ROW + (i as f32 + 0.5) * row;
        let label = fitted(&bar.label, left - GAP);
        out.text([left - GAP, middle], Anchor::Right, Ink::Text, label);
        let long = (right - numbers - left).max(1.0) * bar.n as f32 / most as f32;
        out.rect([left, middle - row * 0.32, long.max(1.0), row * 0.64], Ink::Mark);
        out.text(
            [left + long + 6.0, middle],
            Anchor::Left,
            Ink::Weak,
            bar.n.to_string(),
        );
        let share = format!("{:.0} %", plot.cumulative(i + 1));
        out.text([width, middle], Anchor::Right, Ink::Weak, share);
        out.spots
            .push(Spot::new(i, [0.0, middle - row / 2.0, width, row]));
    }
}
