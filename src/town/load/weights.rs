//! Reads the weights of a town: whole numbers under headings, each of them needed.

use std::ops::RangeInclusive;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::town::forces::Weights;

use super::settings::line_of;
use super::{Faults, quoted, read_text};

/// A weight: its heading, its name, what it may be, and where it goes.
type Field = (
    &'static str,
    &'static str,
    RangeInclusive<i64>,
    fn(&mut Weights) -> &mut i32,
);

/// Most points that one reason can give or take.
const POINTS: RangeInclusive<i64> = -1000..=1000;
const FOR: RangeInclusive<i64> = 0..=1000;
const METRES: RangeInclusive<i64> = 1..=100_000;

const FIELDS: [Field; 25] = [
    ("duty", "block", POINTS, |w| &mut w.block),
    ("duty", "base_grid", POINTS, |w| &mut w.base_grid),
    ("duty", "party_grid", POINTS, |w| &mut w.party_grid),
    ("duty", "community", POINTS, |w| &mut w.community),
    ("duty", "town", POINTS, |w| &mut w.town),
    ("duty", "elsewhere", POINTS, |w| &mut w.elsewhere),
    ("matter", "listed", FOR, |w| &mut w.listed),
    ("matter", "lead_department", FOR, |w| &mut w.lead_department),
    ("matter", "community_force", FOR, |w| &mut w.community_force),
    ("matter", "skill", FOR, |w| &mut w.skill),
    ("distance", "near", FOR, |w| &mut w.near),
    ("distance", "within_m", METRES, |w| &mut w.near_within_m),
    ("load", "full", -1000..=0, |w| &mut w.full),
    ("load", "post_capacity", 1..=1000, |w| &mut w.post_capacity),
    ("shift", "on", FOR, |w| &mut w.on_shift),
    ("twin", "same_item", FOR, |w| &mut w.twin.same_item),
    ("twin", "same_domain", FOR, |w| &mut w.twin.same_domain),
    ("twin", "near", FOR, |w| &mut w.twin.near),
    ("twin", "within_m", 1..=1000, |w| &mut w.twin.within_m),
    ("twin", "same_area", FOR, |w| &mut w.twin.same_area),
    ("twin", "recent", FOR, |w| &mut w.twin.recent),
    ("twin", "within_hours", 1..=8784, |w| &mut w.twin.within_hours),
    ("twin", "text", FOR, |w| &mut w.twin.text),
    ("twin", "least", FOR, |w| &mut w.twin.least),
    ("twin", "at_most", 1..=20, |w| &mut w.twin.at_most),
];

type Value<'a> = Spanned<DeValue<'a>>;

/// Reads the weights; `None` where a fault tells why.
pub(super) fn read(file: &Path, faults: &mut Faults) -> Option<Weights> {
    let before = faults.len();
    let text = read_text(file, faults)?;
    let (table, errors) = DeTable::parse_recoverable(&text);
    for error in &errors {
        let line = error.span().map_or(1, |span| line_of(&text, span.start));
        let what = format!("is no TOML: {}", error.message());
        faults.add(file, format!("line {line}"), "", what);
    }
    if !errors.is_empty() {
        return None;
    }
    let at = |byte: usize| format!("line {}", line_of(&text, byte));
    let table = table.get_ref();
    for (key, value) in table {
        let heading = key.get_ref().as_ref();
        let of_heading = || FIELDS.iter().filter(move |field| field.0 == heading);
        let Some(inner) = value
            .get_ref()
            .as_table()
            .filter(|_| of_heading().next().is_some())
        else {
            let what =
                "is no heading of weights: expected [duty], [matter], [distance], [load], [shift], [twin]";
            faults.add(file, at(key.span().start), heading, what);
            continue;
        };
        for name in inner.keys() {
            if !of_heading().any(|field| field.1 == name.get_ref().as_ref()) {
                let expected = of_heading().map(|field| field.1).collect::<Vec<_>>().join(", ");
                let what = format!("is no weight: expected one of {expected}");
                let field = format!("{heading}.{}", name.get_ref());
                faults.add(file, at(name.span().start), &field, what);
            }
        }
    }
    let mut weights = Weights::default();
    for (heading, name, range, slot) in FIELDS {
        let key = format!("{heading}.{name}");
        let value = table
            .get(heading)
            .and_then(|inner| inner.get_ref().as_table()?.get(name));
        let Some(value) = value else {
            faults.add(file, "", &key, "is missing");
            continue;
        };
        match whole(value).filter(|number| range.contains(number)) {
            Some(number) => *slot(&mut weights) = number as i32,
            None => {
                let raw = text.get(value.span()).unwrap_or_default();
                let (min, max) = (range.start(), range.end());
                let what = format!(
                    "found {}, expected a whole number from {min} to {max}",
                    quoted(raw)
                );
                faults.add(file, at(value.span().start), &key, what);
            }
        }
    }
    (faults.len() == before).then_some(weights)
}

fn whole(value: &Value) -> Option<i64> {
    match value.get_ref() {
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok(),
        _ => None,
    }
}
