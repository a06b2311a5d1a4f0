//! What comes out of a question.

use serde::Serialize;

use crate::case::CaseId;

use super::definition::Unit;
use super::filter::Key;
use super::period::{Against, Period};

/// A figure that rests on fewer cases than this is flagged: with fewer than 20 events the relative standard error of a rate
/// is above 22 percent (1/√20), from where on the US National Center for Health Statistics marks rates as unreliable.
pub const SMALL_NUMBER: u64 = 20;

/// Something that a reader of a figure must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// It rests on fewer than [`SMALL_NUMBER`] cases.
    SmallNumber,
    /// Nothing was there to divide by, or to take a mean of.
    Nothing,
    /// Its period lies before the first case of the book.
    BeforeFirstCase,
    /// Its period has not ended yet: it holds up to now.
    NotOver,
    /// Some cases of the cohort still run: those that take longest are not among the settled ones.
    StillRunning,
    /// Some cases ended before they were reported, by their times; they are left out of times.
    ClockBackwards,
    /// Of the cases reported in the period, some ended nobody knows when: their file does not say. They are not counted by
    /// their end, nor in times.
    EndUnknown,
    /// The working calendar does not know a year of the period: steps whose limits count working time are left out.
    NoCalendar,
    /// There is nothing to compare with.
    NoComparison,
}

impl Flag {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::SmallNumber,
        Self::Nothing,
        Self::BeforeFirstCase,
        Self::NotOver,
        Self::StillRunning,
        Self::ClockBackwards,
        Self::EndUnknown,
        Self::NoCalendar,
        Self::NoComparison,
    ];

    /// The word that stands for it in data, and the last part of its key in the words of the interface.
    pub fn code(self) -> &'static str {
        [
            "small-number",
            "nothing",
            "before-first-case",
            "not-over",
            "still-running",
            "clock-backwards",
            "end-unknown",
            "no-calendar",
            "no-comparison",
        ][self as usize]
    }
}

/// Where the true value lies with 95 % confidence, if the cases are taken as a sample of what goes on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// From.
    pub low: f64,
    /// To.
    pub high: f64,
}

/// A figure of one period.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Value {
    /// The figure in the indicator's unit; `None` where nothing is there to divide by. Always finite.
    pub value: Option<f64>,
    /// How many cases it counts: the count itself, the part of a share, the cases of a mean. So many are in the list.
    pub n: u64,
    /// The whole that a share is of.
    pub of: Option<u64>,
    /// Its interval: Wilson's for shares; for means the normal one, from [`SMALL_NUMBER`] cases on; for medians and 90th
    /// percentiles by ranks.
    pub interval: Option<Interval>,
    /// For times: how many cases that were reported in the period still run at its cut-off.
    pub running: Option<u64>,
    /// For times: how many were reported in the period.
    pub reported: Option<u64>,
    /// For times: the median time of the cases reported in the period, the running ones counted as far as they have come
    /// (Kaplan and Meier 1958). `None` where fewer than half of them have ended.
    pub median_with_running: Option<f64>,
    /// What a reader must know.
    pub flags: Vec<Flag>,
}

impl Value {
    /// Adds a flag once.
    pub(super) fn flag(&mut self, flag: Flag) {
        if !self.flags.contains(&flag) {
            self.flags.push(flag);
        }
    }
}

/// What a change is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeUnit {
    /// Percent of the value before.
    Percent,
    /// Percentage points: the difference of two shares.
    Points,
    /// The indicator's own unit: the difference.
    Own,
}

impl ChangeUnit {
    /// How a value in `unit` changes: shares by points, what is a change already by its difference, the rest by percent.
    pub fn of(unit: Unit) -> Self {
        match unit {
            Unit::Percent => Self::Points,
            Unit::Points => Self::Own,
            _ => Self::Percent,
        }
    }
}

/// By how much a value has changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// How much; always finite.
    pub value: f64,
    /// In what.
    pub unit: ChangeUnit,
}

/// The figure of the other period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// Which one it is.
    pub against: Against,
    /// The period; `None` where there is none, at the beginning of time.
    pub period: Option<Period>,
    /// Its figure.
    pub value: Value,
    /// The change from there; `None` where there is nothing to compare with.
    pub change: Option<Change>,
}

/// The cases behind a figure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CaseLists {
    /// Those that it counts: [`Value::n`] of them, in the order of their numbers.
    pub counted: Vec<CaseId>,
    /// For a share, the whole: [`Value::of`] of them.
    pub of: Option<Vec<CaseId>>,
}

/// What comes out of a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The indicator's id.
    pub indicator: String,
    /// The period.
    pub period: Period,
    /// What the values are counted in.
    pub unit: Unit,
    /// The figure.
    pub value: Value,
    /// The figure of the other period, where one was asked for.
    pub compared: Option<Compared>,
    /// Whether the value lies outside the indicator's band.
    pub out_of_band: bool,
    /// The cases behind the figure, where they were asked for.
    pub cases: Option<CaseLists>,
}

impl Answer {
    /// The change, where there is one.
    pub fn change(&self) -> Option<Change> {
        self.compared.as_ref()?.change
    }
}

/// A figure of one community, class, item…
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Which one.
    pub key: Key,
    /// Its figure.
    pub value: Value,
    /// That of the other period, where one was asked for.
    pub compared: Option<Compared>,
    /// Whether the value lies outside the indicator's band.
    pub out_of_band: bool,
}
