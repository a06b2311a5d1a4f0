//! How the cases of an indicator are spread: over hours and weekdays, over days, over times, between levels.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use serde::Serialize;

use crate::case::Fact;
use crate::town::Level;

use super::definition::Cohort;
use super::engine::{AskError, Engine, Question};

/// Days of a week, from Monday on.
pub const WEEKDAYS: usize = 7;

/// Cases by weekday, from Monday on, and hour, by the clocks of the town.
pub type Matrix = [[u64; 24]; WEEKDAYS];

/// So many cases went from the level of their class to the level that settles them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// The level of their class.
    pub from: Level,
    /// The level that they have risen to, or the same.
    pub to: Level,
    /// How many.
    pub cases: u64,
}

impl Engine<'_> {
    /// The moment by which a case belongs to the indicator's period, by the clocks of the town.
    fn moment(&self, cohort: Cohort, fact: &Fact) -> Option<DateTime<chrono_tz::Tz>> {
        let ms = match cohort {
            Cohort::Reported | Cohort::Open => Some(fact.reported_ms),
            Cohort::Ended => fact.ended_ms,
            Cohort::Dispatched => fact.dispatched_ms,
        };
        let at: DateTime<Utc> = DateTime::from_timestamp_millis(ms?)?;
        Some(at.with_timezone(&self.town.timezone))
    }

    /// By which moment the cases of an indicator belong to a period; of one that is made of another, those of that one.
    pub fn cohort(&self, question: &Question) -> Cohort {
        let mut definition = self.definitions.get(&question.indicator);
        while let Some(part) = definition.and_then(|d| d.formula.parts().first().map(|id| (*id).to_owned())) {
            definition = self.definitions.get(&part);
        }
        let set = definition.and_then(|d| d.formula.set());
        set.map_or(Cohort::Reported, |set| set.cohort)
    }

    /// The cases of an indicator by weekday and hour, of the moment by which they belong to the period.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn matrix(&self, question: &Question) -> Result<Matrix, AskError> {
        let cohort = self.cohort(question);
        let mut matrix = Matrix::default();
        self.each(question, |fact| {
            if let Some(at) = self.moment(cohort, fact) {
                matrix[at.weekday().num_days_from_monday() as usize][at.hour() as usize] += 1;
            }
        })?;
        Ok(matrix)
    }

    /// The cases of an indicator by day.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn days(&self, question: &Question) -> Result<BTreeMap<NaiveDate, u64>, AskError> {
        let cohort = self.cohort(question);
        let mut days = BTreeMap::new();
        self.each(question, |fact| {
            if let Some(at) = self.moment(cohort, fact) {
                *days.entry(at.date_naive()).or_default() += 1;
            }
        })?;
        Ok(days)
    }

    /// The times from report to end of an indicator's cases, in hours, the shortest first. Cases without a known end, and
    /// those that ended before they were reported, are left out.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn times(&self, question: &Question) -> Result<Vec<f64>, AskError> {
        let mut spans = Vec::new();
        self.each(question, |fact| {
            spans.extend(fact.span_ms().filter(|span| *span >= 0));
        })?;
        spans.sort_unstable();
        Ok(spans.into_iter().map(|ms| ms as f64 / 3_600_000.0).collect())
    }

    /// How the cases of an indicator went between levels, those that stayed included; by levels.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn flow(&self, question: &Question) -> Result<Vec<Flow>, AskError> {
        let mut counts = BTreeMap::new();
        self.each(question, |fact| {
            *counts.entry((Level::of(fact.class), fact.level)).or_default() += 1;
        })?;
        let flow = counts
            .into_iter()
            .map(|((from, to), cases)| Flow { from, to, cases });
        Ok(flow.collect())
    }
}
