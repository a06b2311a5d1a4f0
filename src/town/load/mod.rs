//! Reads a town from its folder. A mistake is reported with file, line or feature, field, and what was expected;
//! nothing is half loaded.

pub mod calendar_file;
mod features;
mod powers;
mod relations;
mod rings;
mod roster;
mod rows;
mod settings;
mod sites;
mod tables;
mod weights;

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::de::value::{Error as WordError, StrDeserializer};

use super::{Places, Roster, Sites, Town, TownParts};

/// One mistake in a town's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TownFault {
    /// The file.
    pub file: PathBuf,
    /// Line, feature (counted from 1) or key: `line 12`, `feature 3 (GL01)`. Empty where the whole file is meant.
    pub at: String,
    /// The field or column, may be empty.
    pub field: String,
    /// What was found and what was expected.
    pub what: String,
}

impl fmt::Display for TownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        for part in [&self.at, &self.field] {
            if !part.is_empty() {
                write!(f, ": {part}")?;
            }
        }
        write!(f, ": {}", self.what)
    }
}

/// Every mistake that was found in a town's data. Nothing was loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct TownError(pub Vec<TownFault>);

/// At most so many mistakes are listed; whoever mends these will look again.
const MAX_FAULTS: usize = 100;

/// Bytes of the largest file that is read. The whole of Guanlan takes a third of a megabyte.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Rows or features that an index of 16 bits can name.
const MAX_ROWS: usize = u16::MAX as usize;

/// Characters of a code.
pub(super) const MAX_CODE: usize = 64;

/// Characters of a name.
pub(super) const MAX_NAME: usize = 200;

/// Characters of a remark, such as where an outline comes from.
pub(super) const MAX_REMARK: usize = 4000;

/// Kilometres between the town's centre and anything of it. Only a wrong position lies beyond.
const MAX_KM: f64 = 200.0;

impl Town {
    /// Reads the town in `dir`.
    ///
    /// # Errors
    /// Every mistake found, at most the first 100.
    pub fn load(dir: &Path) -> Result<Self, TownError> {
        let mut faults = Faults::default();
        let parts = read(dir, &mut faults);
        match parts {
            Some((parts, sites)) if faults.list.is_empty() => Ok(Self {
                sites,
                ..Self::new(parts)
            }),
            _ => Err(TownError(faults.list)),
        }
    }
}

/// Reads every file, so that the mistakes of all of them are found at once. The result is only of use without a fault.
fn read(dir: &Path, faults: &mut Faults) -> Option<(TownParts, Sites)> {
    let settings = settings::read(dir, faults)?;
    let frame = Frame {
        centre: settings.center,
        datum: settings.datum,
    };
    let read_places = |file: &PathBuf| features::read(file, frame, faults);
    let found = settings.places.as_ref().and_then(read_places);
    let known = found.as_ref().map(|found| &found.known);
    let posts = settings
        .posts
        .as_ref()
        .and_then(|file| tables::posts(file, known, faults));
    let catalogue = settings
        .catalogue
        .as_ref()
        .and_then(|file| tables::catalogue(file, faults));
    let teams = settings
        .teams
        .as_ref()
        .and_then(|file| tables::teams(file, known, frame, catalogue.as_ref(), faults));
    let calendar = settings
        .calendar
        .as_ref()
        .and_then(|file| tables::calendar(file, settings.hours?, faults));
    let permissions = tables::permissions(settings.permissions.as_deref(), faults);
    let roster = match &settings.roster {
        Some(file) => {
            let people = roster::People {
                posts: posts.as_deref(),
                teams: teams.as_deref(),
            };
            roster::read(file, &people, faults)
        }
        None => Some(Roster::default()),
    };
    let powers = settings
        .powers
        .as_ref()
        .map(|file| powers::read(file, catalogue.as_ref(), teams.as_deref(), faults));
    let weights = settings.weights.as_ref().map(|file| weights::read(file, faults));
    let mut sites = Sites::default();
    if let Some(file) = &settings.facilities {
        sites.facilities = sites::facilities(file, frame, faults);
    }
    if let Some(file) = &settings.dwellings {
        sites.dwellings = sites::dwellings(file, frame, faults);
    }
    let parts = TownParts {
        id: settings.id?,
        name: settings.name?,
        note: settings.note?,
        center: settings.center?,
        zoom: settings.zoom?,
        timezone: settings.timezone?,
        base_map: settings.base_map,
        places: Places::new(found?.places?),
        catalogue: catalogue?,
        calendar: calendar?,
        posts: posts?,
        teams: teams?,
        // A file that is named and can't be read has left a fault.
        powers: powers.flatten().unwrap_or_default(),
        weights: weights.flatten().unwrap_or_default(),
        permissions: permissions?,
        roster: roster?,
    };
    Some((parts, sites))
}

/// The mistakes found so far.
#[derive(Default)]
struct Faults {
    list: Vec<TownFault>,
}

impl Faults {
    fn add(&mut self, file: &Path, at: impl Into<String>, field: &str, what: impl Into<String>) {
        if !self.is_full() {
            let (at, field, what) = (at.into(), field.to_owned(), what.into());
            self.list.push(TownFault {
                file: file.to_owned(),
                at,
                field,
                what,
            });
        }
    }

    /// Whether looking further is of no use.
    fn is_full(&self) -> bool {
        self.list.len() >= MAX_FAULTS
    }

    fn len(&self) -> usize {
        self.list.len()
    }
}

/// The text of a file, without a byte-order mark.
fn read_text(file: &Path, faults: &mut Faults) -> Option<String> {
    let bytes = read_bytes(file)
        .map_err(|what| faults.add(file, "", "", what))
        .ok()?;
    let mut text = String::from_utf8(bytes)
        .map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + good.iter().filter(|b| **b == b'\n').count();
            faults.add(
                file,
                format!("line {line}"),
                "",
                "is not UTF-8: save the file again with the encoding UTF-8",
            );
        })
        .ok()?;
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Some(text)
}

fn read_bytes(file: &Path) -> Result<Vec<u8>, String> {
    let cannot = |error: std::io::Error| format!("can't be read: {error}");
    // Asked before it is opened, because opening a pipe waits for somebody to write into it.
    let about = std::fs::metadata(file).map_err(cannot)?;
    if !about.is_file() {
        return Err("is not a file".into());
    }
    let too_big = |bytes: u64| {
        format!(
            "has {} MB, at most {} MB are read",
            bytes.div_ceil(1024 * 1024),
            MAX_BYTES / 1024 / 1024
        )
    };
    if about.len() > MAX_BYTES {
        return Err(too_big(about.len()));
    }
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|f| f.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(cannot)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_big(bytes.len() as u64));
    }
    Ok(bytes)
}

/// What was found, in quotes, cut where it is long.
fn quoted(found: &str) -> String {
    let mut chars = found.chars();
    let start: String = chars.by_ref().take(60).collect();
    let more = if chars.next().is_some() { "…" } else { "" };
    // Control characters would tear the message apart.
    let start: String = start
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    format!("'{start}{more}'")
}

/// Reads one of the words that stand for the variants of `T` in data.
fn word<T: DeserializeOwned>(found: &str) -> Result<T, String> {
    T::deserialize(StrDeserializer::<WordError>::new(found)).map_err(|error| {
        let error = error.to_string();
        let expected = error
            .rsplit_once("expected ")
            .map_or("another word", |(_, words)| words)
            .replace('`', "");
        format!("found {}, expected {expected}", quoted(found))
    })
}

/// What is wrong with a text of at most `max` characters; `None` where nothing is.
fn text_fault(found: &str, max: usize, may_be_empty: bool) -> Option<String> {
    if found.trim().is_empty() && !may_be_empty {
        return Some("is empty".into());
    }
    let chars = found.chars().count();
    if chars > max {
        return Some(format!("has {chars} characters, at most {max} are expected"));
    }
    let strange = found
        .chars()
        .find(|c| c.is_control() && *c != '\n' && *c != '\t')?;
    Some(format!(
        "holds the control character U+{:04X}",
        u32::from(strange)
    ))
}

/// What is wrong with a code; `None` where nothing is.
fn code_fault(found: &str) -> Option<String> {
    text_fault(found, MAX_CODE, false).or_else(|| {
        let strange = found.chars().find(|c| c.is_whitespace())?;
        Some(format!(
            "found {}, expected a code without {strange:?}",
            quoted(found)
        ))
    })
}

/// What the positions of a town's files are counted from, and about where they lie.
#[derive(Clone, Copy)]
struct Frame {
    centre: Option<super::Wgs84>,
    datum: super::Datum,
}

impl Frame {
    /// A position as it stands in a file.
    ///
    /// # Errors
    /// Where it is not on the globe, or far from the town.
    fn place(self, lon: f64, lat: f64) -> Result<super::Wgs84, String> {
        let at = self.on_globe(lon, lat)?;
        position_fault(at.lon, at.lat, self.centre).map_or(Ok(at), Err)
    }

    /// The same without asking how far from the town it lies.
    fn on_globe(self, lon: f64, lat: f64) -> Result<super::Wgs84, String> {
        position_fault(lon, lat, None).map_or_else(|| Ok(self.datum.to_wgs84(lon, lat)), Err)
    }
}

/// What is wrong with a position (WGS-84 degrees) of a town around `centre`; `None` where nothing is.
fn position_fault(lon: f64, lat: f64, centre: Option<super::Wgs84>) -> Option<String> {
    let at = super::Wgs84 { lon, lat };
    if !at.is_valid() {
        let swapped = if lon.abs() <= 90.0 && lat.abs() <= 180.0 {
            "; are they swapped?"
        } else {
            ""
        };
        return Some(format!(
            "longitude {lon}, latitude {lat} is not on the globe: expected degrees, longitude first{swapped}"
        ));
    }
    let km = centre?.distance_m(at) / 1000.0;
    let swapped = centre.is_some_and(|c| c.distance_m(super::Wgs84 { lon: lat, lat: lon }) < MAX_KM * 1000.0);
    let hint = if swapped {
        "longitude and latitude are swapped"
    } else {
        "expected longitude, latitude in WGS-84"
    };
    (km > MAX_KM).then(|| {
        format!("longitude {lon}, latitude {lat} lies {km:.0} km from the town's center, at most {MAX_KM} km: {hint}")
    })
}
