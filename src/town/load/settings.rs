//! Reads `town.toml`: what the town is called, where it lies, and which files describe it.

use std::path::{Path, PathBuf};

use chrono::NaiveTime;
use chrono_tz::Tz;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::town::{Datum, Name, Wgs84};

use super::{Faults, MAX_NAME, MAX_REMARK, code_fault, position_fault, quoted, read_text, text_fault};

const KEYS: [&str; 20] = [
    "id",
    "name",
    "note",
    "timezone",
    "center",
    "coordinates",
    "zoom",
    "working_hours",
    "catalogue",
    "calendar",
    "places",
    "posts",
    "teams",
    "powers",
    "weights",
    "facilities",
    "dwellings",
    "base_map",
    "permissions",
    "roster",
];

/// Working hours of a day: opening and closing times.
pub(super) type Hours = Vec<(NaiveTime, NaiveTime)>;

/// What `town.toml` says. A part is missing where a fault tells why (the powers, the weights, the sites and the base map also
/// where none are named).
#[derive(Default)]
pub(super) struct Settings {
    pub id: Option<String>,
    pub name: Option<Name>,
    pub note: Option<Name>,
    pub timezone: Option<Tz>,
    pub center: Option<Wgs84>,
    /// What all positions of the town's files are counted from.
    pub datum: Datum,
    pub zoom: Option<f64>,
    pub hours: Option<Hours>,
    pub catalogue: Option<PathBuf>,
    pub calendar: Option<PathBuf>,
    pub places: Option<PathBuf>,
    pub posts: Option<PathBuf>,
    pub teams: Option<PathBuf>,
    pub powers: Option<PathBuf>,
    pub weights: Option<PathBuf>,
    pub facilities: Option<PathBuf>,
    pub dwellings: Option<PathBuf>,
    pub base_map: Option<PathBuf>,
    /// `None` where the town brings no matrix of its own.
    pub permissions: Option<PathBuf>,
    /// `None` where the town has no roster.
    pub roster: Option<PathBuf>,
}

/// Reads `town.toml` in `dir`; `None` where it is no TOML at all.
pub(super) fn read(dir: &Path, faults: &mut Faults) -> Option<Settings> {
    let file = dir.join("town.toml");
    let text = read_text(&file, faults)?;
    let (table, errors) = DeTable::parse_recoverable(&text);
    if !errors.is_empty() {
        let mut last = 0;
        for error in errors {
            let line = error.span().map_or(1, |span| line_of(&text, span.start));
            // What follows on the same line mostly follows from it.
            if line != last {
                let what = format!("is no TOML: {}", error.message());
                faults.add(&file, format!("line {line}"), "", what);
            }
            last = line;
        }
        return None;
    }
    let mut keys = Keys {
        file: &file,
        text: &text,
        table: table.get_ref(),
        faults,
    };
    keys.refuse_unknown();
    let datum = keys.datum();
    let center = keys
        .value("center")
        .and_then(|v| keys.position("center", v, datum));
    Some(Settings {
        id: keys.value("id").and_then(|v| keys.code("id", v)),
        name: keys
            .value("name")
            .and_then(|v| keys.name("name", v, MAX_NAME, false)),
        note: match keys.table.get("note") {
            Some(note) => keys.name("note", note, MAX_REMARK, true),
            None => Some(Name::default()),
        },
        timezone: keys.value("timezone").and_then(|v| keys.timezone(v)),
        center,
        datum,
        zoom: keys.value("zoom").and_then(|v| keys.zoom(v)),
        hours: keys.value("working_hours").and_then(|v| keys.hours(v)),
        catalogue: keys.file_named("catalogue", dir),
        calendar: keys.file_named("calendar", dir),
        places: keys.file_named("places", dir),
        posts: keys.file_named("posts", dir),
        teams: keys.file_named("teams", dir),
        powers: keys.file_maybe("powers", dir),
        weights: keys.file_maybe("weights", dir),
        facilities: keys.file_maybe("facilities", dir),
        dwellings: keys.file_maybe("dwellings", dir),
        base_map: keys.base_map(dir),
        permissions: match keys.table.get("permissions") {
            Some(_) => keys.file_named("permissions", dir),
            None => None,
        },
        roster: match keys.table.get("roster") {
            Some(_) => keys.file_named("roster", dir),
            None => None,
        },
    })
}

pub(super) fn line_of(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|b| *b == b'\n').count()
}

type Value<'a> = Spanned<DeValue<'a>>;

struct Keys<'a> {
    file: &'a Path,
    text: &'a str,
    table: &'a DeTable<'a>,
    faults: &'a mut Faults,
}

impl<'a> Keys<'a> {
    fn fault<T>(&mut self, key: &str, byte: usize, what: impl Into<String>) -> Option<T> {
        let line = line_of(self.text, byte);
        self.faults.add(self.file, format!("line {line}"), key, what);
        None
    }

    fn wrong<T>(&mut self, key: &str, found: &Value, expected: &str) -> Option<T> {
        let raw = self.text.get(found.span()).unwrap_or_default();
        let words = found.get_ref().as_str().unwrap_or(raw);
        let what = format!("found {}, expected {expected}", quoted(words));
        self.fault(key, found.span().start, what)
    }

    fn refuse_unknown(&mut self) {
        for key in self
            .table
            .keys()
            .filter(|key| !KEYS.contains(&key.get_ref().as_ref()))
        {
            let what = format!("is not a key of a town: expected one of {}", KEYS.join(", "));
            self.fault::<()>(key.get_ref(), key.span().start, what);
        }
    }

    /// The value of a key that must be there.
    fn value(&mut self, key: &str) -> Option<&'a Value<'a>> {
        let found = self.table.get(key);
        if found.is_none() {
            self.faults.add(self.file, "", key, "is missing");
        }
        found
    }

    fn text(&mut self, key: &str, value: &'a Value<'a>, max: usize, may_be_empty: bool) -> Option<&'a str> {
        let Some(text) = value.get_ref().as_str() else {
            return self.wrong(key, value, "a text in quotes");
        };
        match text_fault(text, max, may_be_empty) {
            Some(what) => self.fault(key, value.span().start, what),
            None => Some(text),
        }
    }

    fn code(&mut self, key: &str, value: &'a Value<'a>) -> Option<String> {
        let code = self.text(key, value, MAX_NAME, false)?;
        match code_fault(code) {
            Some(what) => self.fault(key, value.span().start, what),
            None => Some(code.to_owned()),
        }
    }

    /// A name in two languages, of which the English one may be empty, or both.
    fn name(&mut self, key: &str, value: &'a Value<'a>, max: usize, may_be_empty: bool) -> Option<Name> {
        let expected = "{ zh = \"…\", en = \"…\" }";
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong(key, value, expected);
        };
        let (Some(zh), Some(en)) = (table.get("zh"), table.get("en")) else {
            return self.wrong(key, value, expected);
        };
        for other in table
            .keys()
            .filter(|k| !["zh", "en"].contains(&k.get_ref().as_ref()))
        {
            let what = format!("is not a language of the interface: expected {expected}");
            self.fault::<()>(&format!("{key}.{}", other.get_ref()), other.span().start, what);
        }
        let zh = self.text(&format!("{key}.zh"), zh, max, may_be_empty)?;
        let en = self.text(&format!("{key}.en"), en, max, true)?;
        Some(Name {
            zh: zh.to_owned(),
            en: en.to_owned(),
        })
    }

    fn timezone(&mut self, value: &'a Value<'a>) -> Option<Tz> {
        let name = self.text("timezone", value, MAX_NAME, false)?;
        name.parse().ok().or_else(|| {
            self.wrong(
                "timezone",
                value,
                "a time zone of the IANA list, such as \"Asia/Shanghai\"",
            )
        })
    }

    /// WGS-84 where nothing is said.
    fn datum(&mut self) -> Datum {
        let Some(value) = self.table.get("coordinates") else {
            return Datum::default();
        };
        let named = value.get_ref().as_str().and_then(Datum::parse);
        named.unwrap_or_else(|| {
            let expected = "\"wgs84\", \"gcj02\", \"bd09\" or \"cgcs2000\"";
            self.wrong("coordinates", value, expected).unwrap_or_default()
        })
    }

    fn position(&mut self, key: &str, value: &'a Value<'a>, datum: Datum) -> Option<Wgs84> {
        let numbers: Vec<f64> = value
            .get_ref()
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(number)
            .collect();
        let all = value.get_ref().as_array().map_or(0, |array| array.len());
        let (2, [lon, lat]) = (all, numbers.as_slice()) else {
            return self.wrong(key, value, "[longitude, latitude] in degrees");
        };
        match position_fault(*lon, *lat, None) {
            Some(what) => self.fault(key, value.span().start, what),
            None => Some(datum.to_wgs84(*lon, *lat)),
        }
    }

    fn zoom(&mut self, value: &'a Value<'a>) -> Option<f64> {
        number(value)
            .filter(|zoom| (1.0..=22.0).contains(zoom))
            .or_else(|| self.wrong("zoom", value, "a number from 1 to 22"))
    }

    fn hours(&mut self, value: &'a Value<'a>) -> Option<Hours> {
        let expected = "pairs of times in order, such as [[\"09:00\", \"12:00\"], [\"14:00\", \"18:00\"]]";
        let spans = value.get_ref().as_array().filter(|spans| !spans.is_empty());
        let Some(spans) = spans else {
            return self.wrong("working_hours", value, expected);
        };
        let mut hours = Hours::new();
        for span in spans {
            let times: Vec<NaiveTime> = span
                .get_ref()
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(time_of_day)
                .collect();
            let after = hours.last().map(|(_, closes)| *closes);
            match times.as_slice() {
                [opens, closes] if opens < closes && after.is_none_or(|after| after <= *opens) => {
                    hours.push((*opens, *closes));
                }
                _ => return self.wrong("working_hours", span, expected),
            }
        }
        Some(hours)
    }

    fn file_named(&mut self, key: &str, dir: &Path) -> Option<PathBuf> {
        let value = self.value(key)?;
        Some(dir.join(self.text(key, value, MAX_REMARK, false)?))
    }

    /// Like [`Self::file_named`], of a key that need not be there.
    fn file_maybe(&mut self, key: &str, dir: &Path) -> Option<PathBuf> {
        self.table.get(key)?;
        self.file_named(key, dir)
    }

    /// The base map beside the town or among the maps that come with the program.
    fn base_map(&mut self, dir: &Path) -> Option<PathBuf> {
        let value = self.table.get("base_map")?;
        let name = self.text("base_map", value, MAX_REMARK, false)?;
        let beside = dir.join(name);
        let found = if beside.exists() {
            Some(beside)
        } else {
            crate::assets::find(Path::new("maps").join(name))
        };
        let expected = format!(
            "a file in {} or among the maps of the program, or no such key",
            dir.display()
        );
        found.or_else(|| self.wrong("base_map", value, &expected))
    }
}

fn number(value: &Value) -> Option<f64> {
    let number = match value.get_ref() {
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok()? as f64,
        DeValue::Float(n) => n.as_str().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

fn time_of_day(value: &Value) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(value.get_ref().as_str()?, "%H:%M").ok()
}
