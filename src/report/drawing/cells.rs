//! Cells whose tone tells a count: by two keys, and by day.

use chrono::{Datelike, NaiveDate};

use super::super::figure::{Calendar, Matrix};
use super::{Anchor, Drawing, GAP, Ink, Mark, ROW, Spot, TEXT, widest, width_of};

pub(super) fn matrix(out: &mut Drawing, plot: &Matrix) {
    let [width, height] = out.size;
    let (rows, columns) = (plot.rows.len().max(1), plot.columns.len().max(1));
    let left = widest(plot.rows.iter().map(String::as_str), width / 4.0) + GAP;
    let bottom = height - ROW - ROW - GAP;
    let (wide, high) = ((width - left) / columns as f32, bottom / rows as f32);
    let most = plot.cells.iter().copied().max().unwrap_or(0).max(1);
    for (i, n) in plot.cells.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let rect = [left + column as f32 * wide, row as f32 * high, wide, high];
        cell(out, rect, *n, most);
        out.spots.push(Spot::new(i, rect));
    }
    for (i, name) in plot.rows.iter().enumerate() {
        let at = [left - GAP, (i as f32 + 0.5) * high];
        out.text(at, Anchor::Right, Ink::Weak, name.as_str());
    }
    let room = widest(plot.columns.iter().map(String::as_str), width) + 6.0;
    let every = ((room / wide.max(0.1)).ceil() as usize).max(1);
    // Hours: every third or sixth reads better than every fourth.
    let every = [1, 2, 3, 6, 12]
        .into_iter()
        .find(|n| *n >= every)
        .unwrap_or(every);
    for (i, name) in plot.columns.iter().enumerate().step_by(every) {
        let at = [left + (i as f32 + 0.5) * wide, bottom + ROW / 2.0];
        out.text(at, Anchor::Middle, Ink::Weak, name.as_str());
    }
    legend(out, most, &plot.n_name);
}

fn cell(out: &mut Drawing, [x, y, wide, high]: [f32; 4], n: u64, most: u64) {
    let tone = match n {
        0 => Ink::Tone(0.0),
        // Few are seen to be more than none.
        n => Ink::Tone(0.08 + 0.92 * n as f32 / most as f32),
    };
    let inner = [x + 0.5, y + 0.5, (wide - 1.0).max(0.5), (high - 1.0).max(0.5)];
    out.rect(inner, tone);
}

/// The tones from none to the most, at the lower right.
pub(super) fn legend(out: &mut Drawing, most: u64, name: &str) {
    let [width, height] = out.size;
    let y = height - ROW / 2.0;
    let most = most.to_string();
    let mut x = width - width_of(&most);
    out.text([x, y], Anchor::Left, Ink::Weak, most);
    x -= GAP + 80.0;
    ramp(out, [x, y - 5.0, 80.0, 10.0]);
    out.text(
        [x - GAP, y],
        Anchor::Right,
        Ink::Weak,
        format!("{name} 0").trim_start(),
    );
}

/// A strip of all tones.
pub(super) fn ramp(out: &mut Drawing, [x, y, wide, high]: [f32; 4]) {
    const STEPS: usize = 16;
    let step = wide / STEPS as f32;
    for i in 0..STEPS {
        let tone = Ink::Tone(i as f32 / (STEPS - 1) as f32);
        out.rect([x + i as f32 * step, y, step + 0.2, high], tone);
    }
}

pub(super) fn calendar(out: &mut Drawing, plot: &Calendar) {
    let [width, height] = out.size;
    let Some(first) = plot.days.first().map(|day| day.date) else {
        return;
    };
    let before = first.weekday().num_days_from_monday() as usize;
    let weeks = (before + plot.days.len()).div_ceil(7).max(1);
    let left = widest(plot.weekdays.iter().map(String::as_str), 60.0) + GAP;
    let top = ROW;
    let wide = (width - left) / weeks as f32;
    let high = ((height - top - ROW - GAP) / 7.0).min(wide * 3.6);
    let most = plot.days.iter().filter_map(|day| day.n).max().unwrap_or(0).max(1);
    for (i, name) in plot.weekdays.iter().enumerate().step_by(2) {
        let at = [left - GAP, top + (i as f32 + 0.5) * high];
        out.text(at, Anchor::Right, Ink::Weak, name.as_str());
    }
    let mut said = f32::NEG_INFINITY;
    for (i, day) in plot.days.iter().enumerate() {
        let (week, weekday) = ((before + i) / 7, (before + i) % 7);
        let rect = [left + week as f32 * wide, top + weekday as f32 * high, wide, high];
        if day.date.day() == 1 {
            let name = month(plot, day.date);
            if rect[0] >= said && rect[0] + width_of(name) <= width {
                said = rect[0] + width_of(name) + GAP;
                out.text([rect[0], TEXT / 2.0], Anchor::Left, Ink::Weak, name);
            }
        }
        match day.n {
            Some(n) => cell(out, rect, n, most),
            None => out.marks.push(Mark::Frame(
                [
                    rect[0] + 1.0,
                    rect[1] + 1.0,
                    (wide - 2.0).max(0.5),
                    (high - 2.0).max(0.5),
                ],
                Ink::Line,
            )),
        }
        out.spots.push(Spot::new(i, rect));
    }
    around_period(out, plot, before, [left, top, wide, high]);
    legend(out, most, &plot.n_name);
}

fn month(plot: &Calendar, date: NaiveDate) -> &str {
    plot.months.get(date.month0() as usize).map_or("", String::as_str)
}

/// A line around the days of the period, where that is not all of them.
fn around_period(out: &mut Drawing, plot: &Calendar, before: usize, [left, top, wide, high]: [f32; 4]) {
    let within = |place: usize| {
        let day = place.checked_sub(before).and_then(|i| plot.days.get(i));
        day.is_some_and(|day| day.within)
    };
    if plot.days.iter().all(|day| day.within) {
        return;
    }
    for place in before..before + plot.days.len() {
        let (x, y) = (left + (place / 7) as f32 * wide, top + (place % 7) as f32 * high);
        let here = within(place);
        let above = place % 7 > 0 && within(place - 1);
        let to_left = place >= 7 && within(place - 7);
        if here != above && (here || place % 7 > 0) {
            out.marks
                .push(Mark::Line(vec![[x, y], [x + wide, y]], 1.5, Ink::Text));
        }
        if here && place % 7 == 6 {
            let y = y + high;
            out.marks
                .push(Mark::Line(vec![[x, y], [x + wide, y]], 1.5, Ink::Text));
        }
        if here != to_left && (here || place >= 7) {
            out.marks
                .push(Mark::Line(vec![[x, y], [x, y + high]], 1.5, Ink::Text));
        }
        if here && !within(place + 7) && place + 7 >= before + plot.days.len() {
            let x = x + wide;
            out.marks
                .push(Mark::Line(vec![[x, y], [x, y + high]], 1.5, Ink::Text));
        }
    }
}
