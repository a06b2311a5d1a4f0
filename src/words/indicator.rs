//! Indicators in words: values with their unit, changes, flags, groups. For the shell, the page and the briefings alike.

use chrono::{DateTime, Utc};

use crate::case::Source;
use crate::indicator::{Change, ChangeUnit, Definition, Dimension, Flag, Interval, Key, Period, Unit, Value};
use crate::town::{Centre, Class, Town};

use super::Words;

/// A number with so many decimals and a true minus sign; never "−0".
pub fn number(value: f64, decimals: u8) -> String {
    let text = format!("{value:.0$}", usize::from(decimals));
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().any(|c| ('1'..='9').contains(&c)) => format!("−{rest}"),
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// A value with its unit: "96.8 %", "602 件".
pub fn value_text(words: &Words, definition: &Definition, value: f64) -> String {
    with_unit(words, definition.unit, &number(value, definition.decimals))
}

fn with_unit(words: &Words, unit: Unit, number: &str) -> String {
    words.f(
        &format!("indicator-unit-{}", unit.code()),
        &[("v", number.to_owned().into())],
    )
}

/// A unit by itself, for headings: "%", "小时". Empty for plain numbers.
pub fn unit_text(words: &Words, unit: Unit) -> String {
    let with_nothing = with_unit(words, unit, "");
    with_nothing.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a change is counted in, by itself.
pub fn change_unit_text(words: &Words, definition: &Definition, unit: ChangeUnit) -> String {
    let unit = match unit {
        ChangeUnit::Percent => Unit::Percent,
        ChangeUnit::Points => Unit::Points,
        ChangeUnit::Own => definition.unit,
    };
    unit_text(words, unit)
}

/// A value, or that there is none.
pub fn value_or_none(words: &Words, definition: &Definition, value: &Value) -> String {
    match value.value {
        Some(value) => value_text(words, definition, value),
        None => words.t("indicator-none").to_owned(),
    }
}

/// A change with its sign and unit: "+584.1 %", "+58.0 个百分点".
pub fn change_text(words: &Words, definition: &Definition, change: Change) -> String {
    let (unit, decimals) = match change.unit {
        ChangeUnit::Percent => (Unit::Percent, 1),
        ChangeUnit::Points => (Unit::Points, 1),
        ChangeUnit::Own => (definition.unit, definition.decimals),
    };
    let plain = number(change.value, decimals);
    let rises = change.value > 0.0 && plain.chars().any(|c| ('1'..='9').contains(&c));
    let signed = if rises { format!("+{plain}") } else { plain };
    with_unit(words, unit, &signed)
}

/// An interval in the indicator's unit: "94.9 – 98.0 %".
pub fn interval_text(words: &Words, definition: &Definition, interval: Interval) -> String {
    let end = |value| number(value, definition.decimals.max(1));
    let both = format!("{} – {}", end(interval.low), end(interval.high));
    with_unit(words, definition.unit, &both)
}

/// What a value rests on: "602 / 622", or how many cases.
pub fn basis_text(words: &Words, value: &Value) -> String {
    match value.of {
        Some(of) => format!("{} / {of}", value.n),
        None => words.n("indicator-n", value.n as usize),
    }
}

/// What a reader must know of a value, in a sentence.
pub fn flag_text(words: &Words, flag: Flag, value: &Value) -> String {
    match flag {
        Flag::StillRunning => words.f(
            "indicator-still-running",
            &[
                ("n", value.running.unwrap_or(0).into()),
                ("of", value.reported.unwrap_or(0).into()),
            ],
        ),
        other => words.t(&format!("indicator-flag-{}", other.code())).to_owned(),
    }
}

/// What a dimension is called.
pub fn dimension_text(words: &Words, dimension: Dimension) -> &str {
    words.t(match dimension {
        Dimension::Community => "indicator-by-community",
        Dimension::BaseGrid => "indicator-by-base-grid",
        Dimension::PartyGrid => "indicator-by-party-grid",
        Dimension::Block => "indicator-by-block",
        Dimension::Centre => "indicator-by-centre",
        Dimension::Class => "indicator-by-class",
        Dimension::Item => "indicator-by-item",
        Dimension::Source => "indicator-by-source",
        Dimension::Unit => "indicator-by-unit",
    })
}

/// What a community, class, item… is called; its code where the town no longer knows it.
pub fn key_text(words: &Words, town: &Town, key: &Key) -> String {
    if key.code.is_empty() {
        return words.t("indicator-unknown").to_owned();
    }
    let known = match key.dimension {
        Dimension::Class => Class::parse(&key.code).map(|class| words.class(class)),
        Dimension::Centre => Centre::parse(&key.code).map(|centre| words.centre(centre)),
        Dimension::Source => Source::parse(&key.code).map(|source| words.source(source)),
        _ => key.name(town, words.lang),
    };
    known.unwrap_or(&key.code).to_owned()
}

/// Until when figures of a period hold: its last day, or now where it is not over.
pub fn until_text(period: Period, town: &Town, now: DateTime<Utc>) -> String {
    let (_, until) = period.bounds(town.timezone);
    if until <= now {
        period.last.to_string()
    } else {
        now.with_timezone(&town.timezone)
            .format("%Y-%m-%d %H:%M")
            .to_string()
    }
}
