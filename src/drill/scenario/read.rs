//! Reads tables of TOML value by value, so that every mistake is told at once, with its line and its field.

use std::cell::RefCell;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ScenarioFault;
use crate::town::Name;

/// So many mistakes are listed at most.
const FAULTS_MAX: usize = 100;
/// Longest name or text, in characters.
const TEXT_MAX: usize = 2000;

type Value<'a> = Spanned<DeValue<'a>>;

/// The mistakes of one file.
pub(super) struct Faults<'a> {
    file: PathBuf,
    text: &'a str,
    found: RefCell<Vec<ScenarioFault>>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(file: &Path, text: &'a str) -> Self {
        Self {
            file: file.to_owned(),
            text,
            found: RefCell::default(),
        }
    }

    pub(super) fn add(&self, byte: usize, field: &str, what: impl Into<String>) {
        let line = 1 + self.text.bytes().take(byte).filter(|b| *b == b'\n').count();
        self.found.borrow_mut().push(ScenarioFault {
            file: self.file.clone(),
            line,
            field: field.to_owned(),
            what: what.into(),
        });
    }

    /// In the order of the file.
    pub(super) fn finish(self) -> Vec<ScenarioFault> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|fault| fault.line);
        found.truncate(FAULTS_MAX);
        found
    }
}

/// One table of the file.
pub(super) struct Section<'a> {
    faults: &'a Faults<'a>,
    table: &'a DeTable<'a>,
    /// Where it stands in the file, and how it is called there: `event[2].`, or nothing for the file itself.
    span: Range<usize>,
    path: String,
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    pub(super) fn root(faults: &'a Faults<'a>, table: &'a DeTable<'a>) -> Self {
        Self::at(faults, table, 0..0, String::new())
    }

    fn at(faults: &'a Faults<'a>, table: &'a DeTable<'a>, span: Range<usize>, path: String) -> Self {
        Self {
            faults,
            table,
            span,
            path,
            known: RefCell::default(),
        }
    }

    fn get(&self, key: &'static str) -> Option<&'a Value<'a>> {
        self.known.borrow_mut().push(key);
        self.table.get(key)
    }

    fn field(&self, key: &str) -> String {
        format!("{}{key}", self.path)
    }

    /// Tells a mistake of one of its values, or of the whole section where the value is missing.
    pub(super) fn fault(&self, key: &str, what: impl Into<String>) {
        let byte = self
            .table
            .get(key)
            .map_or(self.span.start, |value| value.span().start);
        self.faults.add(byte, &self.field(key), what);
    }

    fn wrong(&self, key: &str, value: &Value<'_>, expected: &str) {
        let raw = self.faults.text.get(value.span()).unwrap_or_default();
        let raw: String = raw.chars().take(60).collect();
        let what = format!("found {raw}, expected {expected}");
        self.faults.add(value.span().start, &self.field(key), what);
    }

    fn missing(&self, key: &str, expected: &str) {
        self.fault(key, format!("is missing, expected {expected}"));
    }

    /// A number within `range`; `default` where it is not there, which is a mistake where there is none.
    pub(super) fn number(&self, key: &'static str, range: RangeInclusive<f64>, default: Option<f64>) -> f64 {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        let Some(value) = self.get(key) else {
            if default.is_none() {
                self.missing(key, &expected);
            }
            return default.unwrap_or(*range.start());
        };
        match number(value).filter(|number| range.contains(number)) {
            Some(number) => number,
            None => {
                self.wrong(key, value, &expected);
                *range.start()
            }
        }
    }

    /// A share, 0 to 1.
    pub(super) fn share(&self, key: &'static str, default: f64) -> f64 {
        self.number(key, 0.0..=1.0, Some(default))
    }

    /// A whole number within `range`.
    pub(super) fn whole(&self, key: &'static str, range: RangeInclusive<u64>) -> u64 {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let Some(value) = self.get(key) else {
            self.missing(key, &expected);
            return *range.start();
        };
        let read = number(value).filter(|n| n.fract() == 0.0 && *n >= 0.0);
        match read.map(|n| n as u64).filter(|n| range.contains(n)) {
            Some(number) => number,
            None => {
                self.wrong(key, value, &expected);
                *range.start()
            }
        }
    }

    /// Exactly `N` numbers within `range`.
    pub(super) fn numbers<const N: usize>(
        &self,
        key: &'static str,
        range: RangeInclusive<f64>,
        default: [f64; N],
    ) -> [f64; N] {
        let Some(value) = self.get(key) else {
            return default;
        };
        let numbers = value.get_ref().as_array().and_then(|array| {
            let all: Option<Vec<f64>> = array.iter().map(number).collect();
            <[f64; N]>::try_from(all?).ok()
        });
        match numbers.filter(|all| all.iter().all(|n| range.contains(n))) {
            Some(numbers) => numbers,
            None => {
                let expected = format!("{N} numbers from {} to {}", range.start(), range.end());
                self.wrong(key, value, &expected);
                default
            }
        }
    }

    /// A text that is not empty.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        let value = self.get(key)?;
        let text = value.get_ref().as_str().map(str::trim);
        match text.filter(|text| !text.is_empty() && text.chars().count() <= TEXT_MAX) {
            Some(text) => Some(text.to_owned()),
            None => {
                self.wrong(key, value, "a text");
                None
            }
        }
    }

    /// A name in both languages, needed.
    pub(super) fn name(&self, key: &'static str) -> Name {
        let Some(section) = self.section(key) else {
            if self.table.get(key).is_none() {
                self.missing(key, "{ zh = \"…\", en = \"…\" }");
            }
            return Name::default();
        };
        let word = |lang: &'static str| {
            let text = section.text(lang);
            if section.table.get(lang).is_none() {
                section.missing(lang, "a text");
            }
            text.unwrap_or_default()
        };
        let name = Name {
            zh: word("zh"),
            en: word("en"),
        };
        section.finish();
        name
    }

    /// A date with a time of day, or the beginning of a date, by the town's clocks.
    pub(super) fn moment(&self, key: &'static str) -> Option<NaiveDateTime> {
        const EXPECTED: &str = "a date, or a date and time without an offset, such as 2026-11-25T07:30:00";
        let Some(value) = self.get(key) else {
            self.missing(key, EXPECTED);
            return None;
        };
        let text = match value.get_ref() {
            DeValue::Datetime(at) if at.date.is_some() && at.offset.is_none() => at.to_string(),
            _ => {
                self.wrong(key, value, EXPECTED);
                return None;
            }
        };
        let read = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok());
        let read = read.or_else(|| {
            let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?;
            Some(day.and_time(NaiveTime::MIN))
        });
        if read.is_none() {
            self.wrong(key, value, EXPECTED);
        }
        read
    }

    /// A list of words; each is checked by `check`, which says what it expected instead.
    pub(super) fn words<T>(&self, key: &'static str, check: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(key, value, "a list of texts");
            return Vec::new();
        };
        let mut found = Vec::new();
        for value in array {
            match value.get_ref().as_str().map(&check) {
                Some(Ok(word)) => found.push(word),
                Some(Err(expected)) => self.wrong(key, value, &expected),
                None => self.wrong(key, value, "a text"),
            }
        }
        found
    }

    /// Whole numbers within `range`.
    pub(super) fn wholes(&self, key: &'static str, range: RangeInclusive<u32>) -> Vec<u32> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let expected = format!(
            "a list of whole numbers from {} to {}",
            range.start(),
            range.end()
        );
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(key, value, &expected);
            return Vec::new();
        };
        let mut found = Vec::new();
        for value in array {
            let whole = number(value).filter(|n| n.fract() == 0.0 && *n >= 0.0);
            match whole.map(|n| n as u32).filter(|n| range.contains(n)) {
                Some(whole) => found.push(whole),
                None => self.wrong(key, value, &expected),
            }
        }
        found
    }

    /// Weights by name; each name is checked by `check`.
    pub(super) fn weights<T>(
        &self,
        key: &'static str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<(T, f64)> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(key, value, "{ NAME = WEIGHT, … }");
            return Vec::new();
        };
        let mut found = Vec::new();
        for (name, value) in table {
            let field = format!("{}.{}", self.field(key), name.get_ref());
            let weight = number(value).filter(|weight| (0.0..=1e6).contains(weight));
            match (check(name.get_ref()), weight) {
                (Ok(name), Some(weight)) => found.push((name, weight)),
                (Err(expected), _) => {
                    let what = format!("found {}, expected {expected}", name.get_ref());
                    self.faults.add(name.span().start, &field, what);
                }
                (_, None) => {
                    let what = "expected a weight, a number from 0 to 1000000";
                    self.faults.add(value.span().start, &field, what);
                }
            }
        }
        if !found.is_empty() && found.iter().all(|(_, weight)| *weight == 0.0) {
            self.fault(key, "all weights are 0");
        }
        found
    }

    /// A table inside.
    pub(super) fn section(&self, key: &'static str) -> Option<Section<'a>> {
        let value = self.get(key)?;
        match value.get_ref().as_table() {
            Some(table) => Some(Self::at(
                self.faults,
                table,
                value.span(),
                format!("{}{key}.", self.path),
            )),
            None => {
                self.wrong(key, value, "a table");
                None
            }
        }
    }

    /// Tables inside, each under `[[key]]`.
    pub(super) fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(key, value, &format!("tables, each under [[{key}]]"));
            return Vec::new();
        };
        let mut found = Vec::new();
        for (n, value) in array.iter().enumerate() {
            let path = format!("{}{key}[{}]", self.path, n + 1);
            match value.get_ref().as_table() {
                Some(table) => found.push(Self::at(self.faults, table, value.span(), format!("{path}."))),
                None => self.faults.add(value.span().start, &path, "expected a table"),
            }
        }
        found
    }

    /// Whether the value is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether a mistake was found anywhere in the file so far.
    pub(super) fn has_faults(&self) -> bool {
        !self.faults.found.borrow().is_empty()
    }

    /// See [`Self::tell_unknown`]; the section is not needed any more.
    pub(super) fn finish(self) {
        self.tell_unknown();
    }

    /// Tells of keys that nobody asked for.
    pub(super) fn tell_unknown(&self) {
        let known = self.known.borrow();
        for name in self.table.keys() {
            let word = name.get_ref().as_ref();
            if !known.contains(&word) {
                let what = format!("is not known here, expected one of {}", known.join(", "));
                self.faults
                    .add(name.span().start, &format!("{}{word}", self.path), what);
            }
        }
    }
}

fn number(value: &Value<'_>) -> Option<f64> {
    let number = match value.get_ref() {
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok()? as f64,
        DeValue::Float(n) => n.as_str().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}
