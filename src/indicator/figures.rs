//! The four figures that the desk is measured by, as the hall shows them together: first-dispatch accuracy, the two shares of
//! settlement (the report's row M11), and the days that direct disposal saves (M14).

use chrono::{DateTime, Utc};

use crate::store::{Store, StoreError};
use crate::town::Town;

use super::answer::Value;
use super::definition::{Definitions, Formula};
use super::engine::{AskError, Engine, Question};
use super::period::{Period, PeriodError};

/// The ids of the four, in the order in which they are shown.
pub const IDS: [&str; 4] = [
    "first-dispatch-accuracy",
    "settled-in-community",
    "settled-in-sub-district",
    "days-saved",
];

/// The four figures of the last days.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// The period.
    pub period: Period,
    /// Share of first dispatches that were neither sent on nor handed back, in percent.
    pub accuracy: Value,
    /// Share of what was settled by grid or community, in percent.
    pub in_community: Value,
    /// Share of what was settled below the joint meeting, in percent.
    pub in_sub_district: Value,
    /// Days that a case of direct disposal takes less than before.
    pub saved: Value,
    /// How many days it took before.
    pub before_days: f64,
}

/// Why the four can't be counted.
#[derive(Debug, thiserror::Error)]
pub enum FiguresError {
    /// The definitions have mistakes.
    #[error(transparent)]
    Load(#[from] super::LoadError),
    /// There are no such days.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// They have no answer.
    #[error(transparent)]
    Ask(#[from] AskError),
}

impl Figures {
    /// Counts the four of the last `days` days up to `now`, by the definitions that come with the program.
    ///
    /// # Errors
    /// [`FiguresError`].
    pub fn count(
        store: &dyn Store,
        town: &Town,
        now: DateTime<Utc>,
        days: u32,
    ) -> Result<Self, FiguresError> {
        let definitions = Definitions::load()?;
        let today = now.with_timezone(&town.timezone).date_naive();
        let period = Period::parse(&format!("last-{days}-days"), today)?;
        Ok(Engine::on(store, &definitions, town, now, |engine| {
            Self::of(engine, period)
        })?)
    }

    /// Asks for the four.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn of(engine: &Engine<'_>, period: Period) -> Result<Self, AskError> {
        let ask = |id: &str| Ok::<_, AskError>(engine.ask(&Question::new(id, period))?.value);
        let [accuracy, in_community, in_sub_district, saved] = IDS;
        let before_days = match engine
            .definitions
            .get(saved)
            .map(|definition| &definition.formula)
        {
            Some(Formula::Saved { before_days, .. }) => *before_days,
            _ => return Err(AskError::Unknown(saved.to_owned())),
        };
        Ok(Self {
            period,
            accuracy: ask(accuracy)?,
            in_community: ask(in_community)?,
            in_sub_district: ask(in_sub_district)?,
            saved: ask(saved)?,
            before_days,
        })
    }

    /// Mean days from report to closure of direct disposal; `None` where there was nothing.
    pub fn direct_mean_days(&self) -> Option<f64> {
        self.saved.value.map(|saved| self.before_days - saved)
    }
}

impl From<FiguresError> for StoreError {
    fn from(error: FiguresError) -> Self {
        match error {
            FiguresError::Ask(AskError::Store(error)) => error,
            other => Self::Engine(other.to_string()),
        }
    }
}
