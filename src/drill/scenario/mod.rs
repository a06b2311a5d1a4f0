//! What happens in a drill: a file of data, `assets/scenarios/*.toml`, checked against the town. The README beside those
//! files says what each value means.

mod read;

use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use toml::de::DeTable;

use super::hours::Hours;
use crate::assets;
use crate::case::Source;
use crate::town::roster::moment;
use crate::town::{Class, ItemId, Name, PlaceId, PlaceKind, Town, Wgs84};

use read::{Faults, Section};

/// Where the scenarios lie that come with the program.
pub const FOLDER: &str = "assets/scenarios";
/// Bytes of the longest file that is read.
const FILE_MAX_BYTES: u64 = 1 << 20;
/// A scenario lasts at most so many days.
const DAYS_MAX: i64 = 3660;
/// Factors of rates and times.
const FACTOR: RangeInclusive<f64> = 0.0..=100.0;
/// Reports that a scenario brings at most, without those of quotas: as many as can be asked for on the shell.
pub const REPORTS_MAX: u64 = 100_000_000;
/// Reports a day, before events.
const PER_DAY: RangeInclusive<f64> = 0.0..=100_000.0;

/// One mistake in a scenario's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioFault {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// The field, such as `event[2].from`; may be empty.
    pub field: String,
    /// What was found and what was expected.
    pub what: String,
}

impl fmt::Display for ScenarioFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ": line {}", self.line)?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Every mistake that was found in a scenario's file, at most the first 100.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ScenarioError(pub Vec<ScenarioFault>);

/// A scenario, checked against a town.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its file's name, without `.toml`.
    pub id: String,
    /// What it is called.
    pub name: Name,
    /// What a reader must know of it: what is made up, where figures come from.
    pub note: Name,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it ends; nothing is reported at that moment or later.
    pub until: DateTime<Utc>,
    /// How much is reported, and when.
    pub rate: Rate,
    /// What is reported, where, and by which way.
    pub mix: Mix,
    /// What is wrong with reports.
    pub faults: Shares,
    /// How units answer.
    pub units: Units,
    /// How good the automatic dispatcher is, 0 to 1.
    pub skill: f64,
    /// Kinds of weather.
    pub weather: Vec<Weather>,
    /// Spots at which the same comes back again and again.
    pub hot_spots: Vec<HotSpot>,
    /// What happens once.
    pub events: Vec<Event>,
    /// Figures that are met exactly.
    pub quotas: Vec<Quota>,
}

/// How much is reported, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// Reports on a day whose factors are all 1.
    pub per_day: f64,
    /// Weights of the hours of a day.
    pub hours: [f64; 24],
    /// Factors of the days of a week, from Monday on. Days that are worked in exchange count as Mondays.
    pub weekdays: [f64; 7],
    /// Factor of holidays, in place of their weekday's.
    pub holiday: f64,
}

/// What is reported, where, and by which way.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    /// Weights of items, by the catalogue's order.
    pub items: Vec<f64>,
    /// Weights of communities.
    pub places: Vec<(PlaceId, f64)>,
    /// Weights of sources, in the order of [`Source::ALL`].
    pub sources: [f64; 7],
}

/// Shares of reports with which something is wrong, 0 to 1 each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// It tells of a matter that was reported shortly before.
    pub duplicate: f64,
    /// It names another item of the same domain.
    pub wrong_item: f64,
    /// It lies near a boundary between base grids.
    pub near_boundary: f64,
    /// Of those, the ones that name the wrong side.
    pub wrong_side: f64,
    /// Its place is known as an area only.
    pub area_only: f64,
    /// Its place is known in words only.
    pub words_only: f64,
    /// It is not the sub-district's matter.
    pub not_ours: f64,
}

/// How units answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Units {
    /// Minutes until a unit sets out, in the middle.
    pub ready_minutes: f64,
    /// Metres that it makes in a minute.
    pub metres_per_minute: f64,
    /// Factor of the time that settling takes.
    pub pace: f64,
    /// Share of matters for which a unit takes a multiple of its time.
    pub late: f64,
    /// Share of matters that a unit hands back although they are its own.
    pub hand_back: f64,
    /// Share of rectifications that the verifier sends back.
    pub send_back: f64,
    /// Share of late matters for which a unit asks for more time.
    pub extend: f64,
    /// Share of matters for which a suspension is asked.
    pub suspend: f64,
    /// Share of closed matters that are opened again.
    pub reopen: f64,
}

/// A kind of weather, drawn for each day.
#[derive(Clone, Debug, PartialEq)]
pub struct Weather {
    /// What it is called.
    pub name: Name,
    /// Months in which it comes, 1 to 12; all where empty.
    pub months: Vec<u32>,
    /// Share of their days.
    pub chance: f64,
    /// Factor of the rate.
    pub rate: f64,
    /// Factor of ways and of the time that settling takes.
    pub slow: f64,
    /// Weights of the items that it brings.
    pub items: Vec<(ItemId, f64)>,
    /// Share of the day's reports that are of those items.
    pub share: f64,
}

/// Where something happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spot {
    /// Anywhere in a place.
    Place(PlaceId),
    /// Around a point.
    Around {
        /// The middle.
        at: Wgs84,
        /// So far from it at most.
        radius_m: f64,
    },
}

/// A spot at which the same comes back again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct HotSpot {
    /// What it is called; stands in the reports.
    pub name: Name,
    /// Where.
    pub spot: Spot,
    /// Weights of its items.
    pub items: Vec<(ItemId, f64)>,
    /// Share of all reports, while it is active.
    pub share: f64,
    /// From and until which hour of the day, by the town's clocks; may go over midnight.
    pub hours: (u32, u32),
}

/// Something that happens once.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What it is called.
    pub name: Name,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it ends.
    pub until: DateTime<Utc>,
    /// Reports an hour that it brings.
    pub per_hour: f64,
    /// Factor of the ordinary rate while it lasts.
    pub rate: f64,
    /// Factor of ways and of the time that settling takes.
    pub slow: f64,
    /// Weights of its items.
    pub items: Vec<(ItemId, f64)>,
    /// Where; in the whole town where empty.
    pub spots: Vec<Spot>,
    /// Weights of sources, in the order of [`Source::ALL`]; those of the mix where `None`.
    pub sources: Option<[f64; 7]>,
    /// Share of its reports that tell of a matter that was reported shortly before.
    pub duplicate: f64,
}

/// Figures of one area and one year that the journal meets exactly, whatever the seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    /// The year, by the town's clocks: from the later of its beginning and the scenario's to the earlier of their ends.
    pub year: i32,
    /// When its reports begin.
    pub from: DateTime<Utc>,
    /// Until when reports and closures count.
    pub until: DateTime<Utc>,
    /// The area.
    pub area: PlaceId,
    /// So many cases are reported in it.
    pub reported: u64,
    /// Of those, so many are closed within the year; the others are not closed as long as the scenario lasts.
    pub settled: u64,
    /// Arithmetic mean of the hours from report to closure, of those that are closed.
    pub mean_hours: f64,
}

impl Scenario {
    /// Finds a scenario: a file where `name` ends in `.toml`, else one of those that come with the program.
    pub fn find(name: &str) -> Option<PathBuf> {
        if name.ends_with(".toml") {
            return Some(PathBuf::from(name)).filter(|path| path.exists());
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            return None;
        }
        assets::find(format!("{FOLDER}/{name}.toml"))
    }

    /// The names of the scenarios that come with the program, in order.
    pub fn names() -> Vec<String> {
        let folder = assets::find(FOLDER).and_then(|folder| std::fs::read_dir(folder).ok());
        let mut names: Vec<String> = folder
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let name = entry.ok()?.file_name().into_string().ok()?;
                Some(name.strip_suffix(".toml")?.to_owned())
            })
            .collect();
        names.sort();
        names
    }

    /// Reads a scenario and checks it against the town.
    ///
    /// # Errors
    /// Every mistake, with line and field.
    pub fn load(path: &Path, town: &Town) -> Result<Self, ScenarioError> {
        let whole = |what: String| {
            ScenarioError(vec![ScenarioFault {
                file: path.to_owned(),
                line: 0,
                field: String::new(),
                what,
            }])
        };
        let size = std::fs::metadata(path)
            .map_err(|error| whole(error.to_string()))?
            .len();
        if size > FILE_MAX_BYTES {
            return Err(whole(format!(
                "has {size} bytes, a scenario has at most {FILE_MAX_BYTES}"
            )));
        }
        let text = std::fs::read_to_string(path).map_err(|error| whole(error.to_string()))?;
        let id = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Self::read(&id, path, &text, town)
    }

    /// Reads a scenario from `text`, which stands in the file `path`.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn read(id: &str, path: &Path, text: &str, town: &Town) -> Result<Self, ScenarioError> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let faults = Faults::new(path, text);
        for error in &errors {
            let byte = error.span().map_or(0, |span| span.start);
            faults.add(byte, "", format!("is no TOML: {}", error.message()));
        }
        let scenario = if errors.is_empty() {
            Reader { town }.scenario(id, &Section::root(&faults, table.get_ref()))
        } else {
            None
        };
        let found = faults.finish();
        match scenario {
            Some(scenario) if found.is_empty() => Ok(scenario),
            _ => Err(ScenarioError(found)),
        }
    }

    /// How long it lasts.
    pub fn length(&self) -> TimeDelta {
        self.until - self.from
    }
}

/// From when until when a scenario lasts, where that could be read.
type Span = Option<(DateTime<Utc>, DateTime<Utc>)>;

/// Reads the parts of a scenario. Values that are wrong are told to the section; what comes back is used only where
/// nothing was wrong.
struct Reader<'t> {
    town: &'t Town,
}

/// Weights of the hours of a day where a scenario has none: little at night, most before noon and in the afternoon.
const HOURS: [f64; 24] = [
    1.0, 0.7, 0.5, 0.4, 0.5, 1.0, 2.5, 5.5, 8.5, 9.0, 8.0, 6.5, 4.5, 5.0, 7.0, 7.5, 7.0, 7.5, 6.5, 5.5, 5.0,
    4.0, 2.5, 1.5,
];

impl Reader<'_> {
    fn scenario(&self, id: &str, root: &Section<'_>) -> Option<Scenario> {
        root.whole("format", 1..=1);
        let (from, until) = self.span(root);
        // Where the span is wrong, the rest is read all the same, so that its mistakes are told, too.
        let known = from.zip(until);
        let (from, until) = known.unwrap_or_default();
        let rate = self.rate(root);
        let mut scenario = Scenario {
            id: id.to_owned(),
            name: root.name("name"),
            note: root.name("note"),
            from,
            until,
            rate,
            mix: self.mix(root),
            faults: shares(root),
            units: units(root),
            skill: root.number("skill", 0.0..=1.0, Some(0.8)),
            weather: root
                .sections("weather")
                .into_iter()
                .map(|s| self.weather(s))
                .collect(),
            hot_spots: root
                .sections("hot_spot")
                .into_iter()
                .filter_map(|s| self.hot_spot(s))
                .collect(),
            events: root
                .sections("event")
                .into_iter()
                .filter_map(|s| self.event(s, known))
                .collect(),
            quotas: self.quotas(root, known),
        };
        let brings = scenario.rate.per_day > 0.0
            || !scenario.quotas.is_empty()
            || scenario.events.iter().any(|event| event.per_hour > 0.0);
        // A rate that could not be read is told already.
        if !brings && !root.has_faults() {
            root.fault(
                "rate",
                "nothing is ever reported: rate.per_day is 0, and no event or quota brings anything",
            );
        }
        if !root.has_faults() {
            self.check_reports(root, &scenario);
        }
        self.keep_quotas_free(root, &mut scenario);
        root.tell_unknown();
        known.map(|_| scenario)
    }

    fn span(&self, root: &Section<'_>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let (from, until) = (self.at(root, "from"), self.at(root, "until"));
        if let (Some(from), Some(until)) = (from, until) {
            if until <= from {
                root.fault("until", "is not after 'from'");
                return (None, None);
            }
            if until - from > TimeDelta::days(DAYS_MAX) {
                root.fault("until", format!("is more than {DAYS_MAX} days after 'from'"));
                return (None, None);
            }
        }
        (from, until)
    }

    /// Values that are allowed one by one can bring more together than ever could be played.
    fn check_reports(&self, root: &Section<'_>, scenario: &Scenario) {
        // The weather of one seed stands for that of all.
        let expected = Hours::new(scenario, self.town, 0).expected();
        if !(0.0..=REPORTS_MAX as f64).contains(&expected) {
            let what = format!(
                "with weather and events, {expected:.1e} reports are expected; at most {REPORTS_MAX} can be played"
            );
            root.fault("rate", what);
        }
    }

    /// Nothing but its quota happens in a community that has one.
    fn keep_quotas_free(&self, root: &Section<'_>, scenario: &mut Scenario) {
        let closed: Vec<PlaceId> = scenario.quotas.iter().map(|quota| quota.area).collect();
        if closed.is_empty() {
            return;
        }
        scenario.mix.places.retain(|(place, _)| !closed.contains(place));
        if scenario.mix.places.is_empty() && scenario.rate.per_day > 0.0 {
            root.fault("rate", "reports have no community to come from: each has a quota");
        }
        let community = |spot: &Spot| match spot {
            Spot::Place(place) => self.town.answerable_in(*place).community,
            Spot::Around { at, .. } => self.town.places.at(*at, PlaceKind::Community),
        };
        let is_closed = |spot: &Spot| community(spot).is_some_and(|place| closed.contains(&place));
        for spot in scenario.hot_spots.iter().filter(|spot| is_closed(&spot.spot)) {
            let what = format!("'{}' lies in a community with a quota", spot.name.zh);
            root.fault("hot_spot", what);
        }
        for event in scenario
            .events
            .iter()
            .filter(|event| event.spots.iter().any(is_closed))
        {
            root.fault(
                "event",
                format!("'{}' lies in a community with a quota", event.name.zh),
            );
        }
    }

    fn at(&self, section: &Section<'_>, key: &'static str) -> Option<DateTime<Utc>> {
        let local = section.moment(key)?;
        let at = moment(local, self.town.timezone);
        if at.is_none() {
            section.fault(key, "does not exist by the town's clocks");
        }
        at
    }

    fn rate(&self, root: &Section<'_>) -> Rate {
        const WEEKDAYS: [f64; 7] = [1.0, 1.0, 1.0, 1.0, 1.0, 0.75, 0.65];
        let Some(section) = root.section("rate") else {
            return Rate {
                per_day: 0.0,
                hours: HOURS,
                weekdays: WEEKDAYS,
                holiday: 0.6,
            };
        };
        let rate = Rate {
            per_day: section.number("per_day", PER_DAY, None),
            hours: section.numbers("hours", 0.0..=1e6, HOURS),
            weekdays: section.numbers("weekdays", FACTOR, WEEKDAYS),
            holiday: section.number("holiday", FACTOR, Some(0.6)),
        };
        if rate.hours.iter().all(|weight| *weight == 0.0) {
            section.fault("hours", "all weights are 0");
        }
        section.finish();
        rate
    }

    fn mix(&self, root: &Section<'_>) -> Mix {
        let communities = || self.town.places.of_kind(PlaceKind::Community);
        let Some(section) = root.section("mix") else {
            return Mix {
                items: self.items(&[], &[], &[]),
                places: communities().map(|(id, place)| (id, place.area_m2())).collect(),
                sources: SOURCES,
            };
        };
        let class = |word: &str| Class::parse(word).ok_or_else(|| "a class, A to D".to_owned());
        let classes = section.weights("classes", class);
        let domains = section.weights("domains", |word| self.domain(word));
        let items = section.weights("items", |word| self.item(word));
        let mut places = section.weights("places", |word| self.place(word, Some(PlaceKind::Community)));
        if places.is_empty() {
            places = communities().map(|(id, place)| (id, place.area_m2())).collect();
        }
        let mix = Mix {
            items: self.items(&classes, &domains, &items),
            places,
            sources: sources(&section).unwrap_or(SOURCES),
        };
        if mix.items.iter().all(|weight| *weight == 0.0) {
            section.fault("classes", "with 'domains' and 'items', no item is left");
        }
        section.finish();
        mix
    }

    /// The weight of every item: its class's, shared among the items of the class, times its domain's, times its own.
    fn items(
        &self,
        classes: &[(Class, f64)],
        domains: &[(String, f64)],
        items: &[(ItemId, f64)],
    ) -> Vec<f64> {
        const CLASSES: [f64; 4] = [58.0, 30.0, 11.5, 0.5];
        let catalogue = &self.town.catalogue;
        let of_class = |class: Class| catalogue.iter().filter(|(_, item)| item.class == class).count() as f64;
        let counts = Class::ALL.map(of_class);
        let weight = |id: ItemId, item: &crate::town::Item| {
            if item.retired {
                return 0.0;
            }
            let class = if classes.is_empty() {
                CLASSES[item.class as usize]
            } else {
                find(classes, &item.class).unwrap_or_default()
            };
            let domain = find(domains, &item.domain).unwrap_or(1.0);
            class / counts[item.class as usize].max(1.0) * domain * find(items, &id).unwrap_or(1.0)
        };
        catalogue.iter().map(|(id, item)| weight(id, item)).collect()
    }

    fn weather(&self, section: Section<'_>) -> Weather {
        let weather = Weather {
            name: section.name("name"),
            months: section.wholes("months", 1..=12),
            chance: section.share("chance", 0.0),
            rate: section.number("rate", FACTOR, Some(1.0)),
            slow: section.number("slow", 0.1..=100.0, Some(1.0)),
            items: section.weights("items", |word| self.item(word)),
            share: section.share("share", 0.0),
        };
        if weather.share > 0.0 && weather.items.is_empty() {
            section.fault("share", "needs 'items'");
        }
        section.finish();
        weather
    }

    fn hot_spot(&self, section: Section<'_>) -> Option<HotSpot> {
        let name = section.name("name");
        let spots = self.spots(&section);
        let hours = section.wholes("hours", 0..=24);
        let hours = match *hours.as_slice() {
            [] => Some((0, 24)),
            [from, until] if from != until => Some((from, until)),
            _ => {
                section.fault("hours", "expected two different hours, such as [17, 23]");
                None
            }
        };
        let items = section.weights("items", |word| self.item(word));
        if items.is_empty() {
            section.fault("items", "expected at least one item: { CODE = WEIGHT }");
        }
        let share = section.number("share", 0.0..=1.0, None);
        if spots.len() != 1 {
            section.fault(
                "places",
                "a hot spot has exactly one place, or 'at' and 'radius_m'",
            );
        }
        section.finish();
        Some(HotSpot {
            name,
            spot: spots.into_iter().next()?,
            items,
            share,
            hours: hours?,
        })
    }

    fn event(&self, section: Section<'_>, within: Span) -> Option<Event> {
        let name = section.name("name");
        let (from, until) = (self.at(&section, "from"), self.at(&section, "until"));
        for (key, at) in [("from", from), ("until", until)] {
            let outside = |at| within.is_some_and(|(from, until)| !(from..=until).contains(&at));
            if at.is_some_and(outside) {
                section.fault(key, "lies outside of the scenario's 'from' and 'until'");
            }
        }
        if until.zip(from).is_some_and(|(until, from)| until <= from) {
            section.fault("until", "is not after 'from'");
        }
        let per_hour = section.number("per_hour", 0.0..=10_000.0, Some(0.0));
        let items = section.weights("items", |word| self.item(word));
        if per_hour > 0.0 && items.is_empty() {
            section.fault("items", "expected at least one item: { CODE = WEIGHT }");
        }
        let event = Event {
            name,
            from: from.unwrap_or_default(),
            until: until.unwrap_or_default(),
            per_hour,
            rate: section.number("rate", FACTOR, Some(1.0)),
            slow: section.number("slow", 0.1..=100.0, Some(1.0)),
            items,
            spots: self.spots(&section),
            sources: sources(&section),
            duplicate: section.share("duplicate", 0.0),
        };
        section.finish();
        from.and(until).map(|_| event)
    }

    /// Places by code, or a point with a radius.
    fn spots(&self, section: &Section<'_>) -> Vec<Spot> {
        let places = section.words("places", |word| self.place(word, None));
        let mut spots: Vec<Spot> = places.into_iter().map(Spot::Place).collect();
        if section.has("at") || section.has("radius_m") {
            let [lon, lat] = section.numbers("at", -180.0..=180.0, [0.0; 2]);
            let at = Wgs84 { lon, lat };
            if !section.has("at") || !self.town.places.contains(at) {
                section.fault(
                    "at",
                    "expected [longitude, latitude] in WGS-84 degrees, inside the town",
                );
            }
            let radius_m = section.number("radius_m", 1.0..=5000.0, None);
            spots.push(Spot::Around { at, radius_m });
        }
        spots
    }

    fn quotas(&self, root: &Section<'_>, within: Span) -> Vec<Quota> {
        let mut quotas: Vec<Quota> = Vec::new();
        for section in root.sections("quota") {
            let Some(quota) = self.quota(&section, within) else {
                section.finish();
                continue;
            };
            if quotas
                .iter()
                .any(|q| q.year == quota.year && q.area == quota.area)
            {
                section.fault("year", "has a quota for that area already");
            }
            section.finish();
            quotas.push(quota);
        }
        quotas
    }

    fn quota(&self, section: &Section<'_>, within: Span) -> Option<Quota> {
        let year = section.whole("year", 1970..=2200) as i32;
        let area = section.text("area");
        let area = area.and_then(|word| match self.place(&word, Some(PlaceKind::Community)) {
            Ok(area) => Some(area),
            Err(expected) => {
                section.fault("area", format!("found {word}, expected {expected}"));
                None
            }
        });
        let reported = section.whole("reported", 0..=1_000_000);
        let settled = section.whole("settled", 0..=1_000_000);
        let mean_hours = section.number("mean_hours", 0.05..=8784.0, None);
        if settled > reported {
            section.fault(
                "settled",
                format!("is more than the {reported} that are reported"),
            );
        }
        let first = |year: i32| {
            let day = chrono::NaiveDate::from_ymd_opt(year, 1, 1)?;
            moment(day.and_time(NaiveTime::MIN), self.town.timezone)
        };
        let (from, until) = within?;
        let quota = Quota {
            year,
            from: first(year)?.max(from),
            until: first(year + 1)?.min(until),
            area: area?,
            reported,
            settled,
            mean_hours,
        };
        if quota.from >= quota.until {
            section.fault("year", "lies outside of the scenario's 'from' and 'until'");
        } else if (quota.until - quota.from).num_minutes() as f64 / 60.0 <= mean_hours * 2.0 {
            section.fault(
                "mean_hours",
                "is too long for the time that the scenario leaves to that year",
            );
        }
        Some(quota)
    }

    fn item(&self, word: &str) -> Result<ItemId, String> {
        let live = |id: &ItemId| !self.town.catalogue.get(*id).retired;
        let found = self.town.catalogue.id(word).filter(live);
        found.ok_or_else(|| "the code of an item of the town's catalogue, such as GL-A01".to_owned())
    }

    fn domain(&self, word: &str) -> Result<String, String> {
        let known = self.town.catalogue.iter().any(|(_, item)| item.domain == word);
        if known {
            Ok(word.to_owned())
        } else {
            Err("a domain of the town's catalogue, in Chinese".to_owned())
        }
    }

    /// A place by its code or name; of that kind where one is given.
    fn place(&self, word: &str, kind: Option<PlaceKind>) -> Result<PlaceId, String> {
        let places = &self.town.places;
        let by_name = || kind.and_then(|kind| places.by_name(kind, word));
        let found = places.by_code(word).or_else(by_name);
        let found = found.filter(|id| kind.is_none_or(|kind| places.get(*id).kind == kind));
        found.ok_or_else(|| match kind {
            Some(_) => "the code or name of a community".to_owned(),
            None => "the code of a place of the town".to_owned(),
        })
    }
}

/// Weights of sources where a scenario has none, in the order of [`Source::ALL`].
const SOURCES: [f64; 7] = [52.0, 20.0, 16.0, 6.0, 4.0, 1.5, 0.5];

fn find<K: PartialEq>(all: &[(K, f64)], key: &K) -> Option<f64> {
    all.iter()
        .find(|(there, _)| there == key)
        .map(|(_, weight)| *weight)
}

fn sources(section: &Section<'_>) -> Option<[f64; 7]> {
    let names = || format!("one of {}", Source::ALL.map(Source::code).join(", "));
    let weights = section.weights("sources", |word| Source::parse(word).ok_or_else(names));
    if weights.is_empty() {
        return None;
    }
    Some(Source::ALL.map(|source| find(&weights, &source).unwrap_or_default()))
}

fn shares(root: &Section<'_>) -> Shares {
    let empty = Shares {
        duplicate: 0.0,
        wrong_item: 0.0,
        near_boundary: 0.0,
        wrong_side: 0.0,
        area_only: 0.0,
        words_only: 0.0,
        not_ours: 0.0,
    };
    let Some(section) = root.section("faults") else {
        return empty;
    };
    let shares = Shares {
        duplicate: section.share("duplicate", 0.0),
        wrong_item: section.share("wrong_item", 0.0),
        near_boundary: section.share("near_boundary", 0.0),
        wrong_side: section.share("wrong_side", 0.0),
        area_only: section.share("area_only", 0.0),
        words_only: section.share("words_only", 0.0),
        not_ours: section.share("not_ours", 0.0),
    };
    if shares.near_boundary + shares.area_only + shares.words_only > 1.0 {
        section.fault(
            "near_boundary",
            "with 'area_only' and 'words_only', it is more than 1",
        );
    }
    section.finish();
    shares
}

fn units(root: &Section<'_>) -> Units {
    let default = Units {
        ready_minutes: 9.0,
        metres_per_minute: 230.0,
        pace: 1.0,
        late: 0.0,
        hand_back: 0.0,
        send_back: 0.0,
        extend: 0.0,
        suspend: 0.0,
        reopen: 0.0,
    };
    let Some(section) = root.section("units") else {
        return default;
    };
    let units = Units {
        ready_minutes: section.number("ready_minutes", 0.1..=1440.0, Some(default.ready_minutes)),
        metres_per_minute: section.number(
            "metres_per_minute",
            10.0..=2000.0,
            Some(default.metres_per_minute),
        ),
        pace: section.number("pace", 0.05..=50.0, Some(1.0)),
        late: section.share("late", 0.0),
        hand_back: section.share("hand_back", 0.0),
        send_back: section.share("send_back", 0.0),
        extend: section.share("extend", 0.0),
        suspend: section.share("suspend", 0.0),
        reopen: section.share("reopen", 0.0),
    };
    section.finish();
    units
}
