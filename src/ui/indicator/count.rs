//! What the page of indicators counts: piece by piece, each a short job on the store's thread, so that commands to the
//! journal come in between.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

use crate::case::{CaseId, CodeKind, End, Fact};
use crate::indicator::{
    Against, Answer, AskError, Cohort, Definitions, Dimension, Engine, Filter, Flow, Group, Matrix, Period,
    PeriodKind, Question, Value,
};
use crate::store::Store;
use crate::town::{Class, Level, Town};

/// Upper ends of the classes of time from report to end, in hours; the last class has none.
pub const SPANS_HOURS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 24.0, 48.0, 72.0, 168.0, 336.0, 720.0, 2160.0];

/// Of which times the distribution is shown, whichever indicator is looked at.
pub const TIMES: &str = "median-time-to-rectify";

/// At most so many parts of a trend.
const PARTS_MAX: usize = 62;

/// At most so many years of the calendar of days: with more, days are too narrow to be told apart.
const CALENDAR_YEARS: i32 = 3;

/// A limit to cases that no filter of the engine knows, set by a click on a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Narrow {
    /// Reported, ended or dispatched at that hour of that weekday (0 is Monday), by the clocks of the town.
    Hour(Cohort, u8, u8),
    /// Took so long from report to end: a class of [`SPANS_HOURS`].
    Span(usize),
    /// Went from the level of its class to that level.
    Flow(Level, Level),
}

impl Narrow {
    /// Whether another one is of the same kind, so that either will do.
    pub fn is_like(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    fn lets_through(self, fact: &Fact, town: &Town) -> bool {
        match self {
            Self::Hour(cohort, weekday, hour) => {
                let ms = match cohort {
                    Cohort::Ended => fact.ended_ms,
                    Cohort::Dispatched => fact.dispatched_ms,
                    Cohort::Reported | Cohort::Open => Some(fact.reported_ms),
                };
                let at = ms.and_then(DateTime::<Utc>::from_timestamp_millis);
                at.map(|at| at.with_timezone(&town.timezone)).is_some_and(|at| {
                    let day = at.weekday().num_days_from_monday();
                    (day, at.hour()) == (u32::from(weekday), u32::from(hour))
                })
            }
            Self::Span(class) => fact.span_ms().is_some_and(|ms| ms >= 0 && class_of(ms) == class),
            Self::Flow(from, to) => (Level::of(fact.class), fact.level) == (from, to),
        }
    }
}

/// The class of a time in milliseconds.
fn class_of(ms: i64) -> usize {
    let hours = ms as f64 / 3_600_000.0;
    SPANS_HOURS.iter().take_while(|end| hours >= **end).count()
}

/// Whether all limits let a fact through: of those that are alike, one will do.
fn all_let_through(narrow: &[Narrow], fact: &Fact, town: &Town) -> bool {
    narrow.iter().all(|one| {
        let mut alike = narrow.iter().filter(|other| other.is_like(*one));
        alike.any(|other| other.lets_through(fact, town))
    })
}

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The period.
    pub period: Period,
    /// With which other one it is compared.
    pub against: Against,
    /// Of which cases.
    pub filter: Filter,
    /// Of which of those.
    pub narrow: Vec<Narrow>,
    /// The indicator whose plots are shown.
    pub indicator: String,
    /// By which places the map is drawn.
    pub map_by: Dimension,
}

impl Ask {
    fn question(&self, indicator: &str) -> Question {
        Question {
            indicator: indicator.to_owned(),
            period: self.period,
            filter: self.filter.clone(),
            against: None,
            list: false,
        }
    }

    /// The same without the limits that a plot itself sets, so that its other values stay in sight.
    fn without(&self, piece: &Piece) -> Self {
        let mut ask = self.clone();
        let own = match piece {
            Piece::Items => Some(Dimension::Item),
            Piece::Places => Some(Dimension::Community),
            Piece::Areas => Some(self.map_by),
            _ => None,
        };
        ask.filter.keys.retain(|key| Some(key.dimension) != own);
        ask.narrow.retain(|narrow| {
            !matches!(
                (piece, narrow),
                (Piece::Times, Narrow::Span(_))
                    | (Piece::Hours, Narrow::Hour(..))
                    | (Piece::Flow, Narrow::Flow(..))
            )
        });
        ask
    }
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Which indicators there are.
    Definitions,
    /// The card of an indicator.
    Card(String),
    /// The cases behind the chosen indicator.
    Cases,
    /// The chosen indicator over the period, and a year before.
    Trend,
    /// How long cases took.
    Times,
    /// Which items.
    Items,
    /// Which hours.
    Hours,
    /// Which days.
    Days,
    /// Which levels.
    Flow,
    /// Which communities.
    Places,
    /// Which places of the map.
    Areas,
}

/// What came out of a job.
#[derive(Debug)]
pub enum Data {
    /// The indicators.
    Definitions(Arc<Definitions>),
    /// A card.
    Card(Box<CardData>),
    /// A list of cases.
    Cases(Box<Cases>),
    /// A trend.
    Trend(TrendData),
    /// Times.
    Times(Times),
    /// How many cases of each item, by code, the most first.
    Items(Vec<(Arc<str>, u64)>),
    /// By weekday and hour, and by which moment.
    Hours(Box<Matrix>, Cohort),
    /// By day.
    Days(Vec<(NaiveDate, u64)>),
    /// Between levels.
    Flow(Vec<Flow>),
    /// By place, and all together.
    Places(Vec<Group>, Box<Value>),
}

/// A job is done.
#[derive(Debug)]
pub struct Reply {
    /// Of which round of counting.
    pub round: u64,
    /// Which job.
    pub piece: Piece,
    /// What came out, or why nothing did.
    pub data: Result<Data, String>,
}

/// The figure of a card.
#[derive(Debug)]
pub struct CardData {
    /// The figure and what it is compared with.
    pub answer: Answer,
    /// The parts of its period.
    pub spark: Vec<Option<f64>>,
    /// How many cases the whole book has.
    pub book_cases: u64,
}

/// The cases behind a figure.
#[derive(Debug, Default)]
pub struct Cases {
    /// The cases, in the order of their numbers: as many as the figure counts.
    pub rows: Vec<CaseRow>,
    /// Codes of items, by their numbers.
    pub items: Vec<Arc<str>>,
}

/// One case of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// Which.
    pub id: CaseId,
    /// Its class, its item, when it was reported, when it ended, and how; `None` where the figure is not counted from facts.
    pub fact: Option<(Class, u16, i64, Option<i64>, End)>,
}

/// A trend.
#[derive(Debug, Default)]
pub struct TrendData {
    /// The parts of the period.
    pub now: Vec<(Period, Value)>,
    /// Those of the year before, in the same order.
    pub before: Vec<Option<f64>>,
}

/// How long cases took.
#[derive(Debug, Default, PartialEq)]
pub struct Times {
    /// By class of [`SPANS_HOURS`].
    pub classes: Vec<u64>,
    /// The middle time, in hours.
    pub median: Option<f64>,
    /// The time that nine in ten do not exceed, in hours.
    pub p90: Option<f64>,
}

/// Counts one piece. Runs on the store's thread.
pub fn count(
    store: &dyn Store,
    definitions: Option<&Arc<Definitions>>,
    town: &Town,
    now: DateTime<Utc>,
    ask: &Ask,
    piece: &Piece,
) -> Result<Data, String> {
    if *piece == Piece::Definitions {
        let loaded = Definitions::load().map_err(|error| error.to_string())?;
        return Ok(Data::Definitions(Arc::new(loaded)));
    }
    let Some(definitions) = definitions else {
        return Err("the definitions of indicators are not read yet".to_owned());
    };
    let ask = ask.without(piece);
    let mut result = Err("the book has no facts to give".to_owned());
    let only = |fact: &Fact| all_let_through(&ask.narrow, fact, town);
    let read = store.read_facts(&mut |facts| {
        let engine = Engine {
            definitions,
            town,
            facts,
            now,
            only: (!ask.narrow.is_empty()).then_some(&only),
        };
        result = one(&engine, &ask, piece).map_err(|error| error.to_string());
        Ok(())
    });
    read.map_err(|error| error.to_string())?;
    result
}

fn one(engine: &Engine<'_>, ask: &Ask, piece: &Piece) -> Result<Data, AskError> {
    let chosen = ask.question(&ask.indicator);
    Ok(match piece {
        Piece::Definitions => Data::Definitions(Arc::new(engine.definitions.clone())),
        Piece::Card(id) => Data::Card(Box::new(card(engine, ask, id)?)),
        Piece::Cases => Data::Cases(Box::new(cases(engine, &chosen)?)),
        Piece::Trend => Data::Trend(trend(engine, &chosen)?),
        Piece::Times => Data::Times(times(engine.times(&ask.question(TIMES))?)),
        Piece::Items => Data::Items(items(engine, &chosen)?),
        Piece::Hours => Data::Hours(Box::new(engine.matrix(&chosen)?), engine.cohort(&chosen)),
        Piece::Days => Data::Days(days(engine, &chosen)?),
        Piece::Flow => Data::Flow(engine.flow(&chosen)?),
        Piece::Places => places(engine, &chosen, Dimension::Community)?,
        Piece::Areas => places(engine, &chosen, ask.map_by)?,
    })
}

fn card(engine: &Engine<'_>, ask: &Ask, id: &str) -> Result<CardData, AskError> {
    let mut question = ask.question(id);
    question.against = Some(ask.against);
    let answer = engine.ask(&question)?;
    // One day has no parts: its two weeks are shown.
    if ask.period.kind == PeriodKind::Day
        && let Some(weeks) = Period::rolling(14, ask.period.last)
    {
        question.period = weeks;
    }
    let parts = parts_of(&question.period);
    let spark = engine.series(&question, parts, PARTS_MAX)?;
    Ok(CardData {
        answer,
        spark: spark.into_iter().map(|(_, value)| value.value).collect(),
        book_cases: engine.basis()?.0,
    })
}

/// Into what a period is divided.
pub fn parts_of(period: &Period) -> PeriodKind {
    match (period.kind, period.days()) {
        (PeriodKind::Quarter, _) | (_, 63..=190) => PeriodKind::Week,
        (_, 0..=62) => PeriodKind::Day,
        (_, 191..=1830) => PeriodKind::Month,
        _ => PeriodKind::Year,
    }
}

fn cases(engine: &Engine<'_>, question: &Question) -> Result<Cases, AskError> {
    let question = Question {
        list: true,
        ..question.clone()
    };
    let counted = engine.ask(&question)?.cases.unwrap_or_default().counted;
    let mut facts = HashMap::with_capacity(counted.len());
    let read = engine.each(&question, |fact| {
        let said = (fact.class, fact.item, fact.reported_ms, fact.ended_ms, fact.end);
        facts.insert(fact.case, said);
    });
    match read {
        Ok(()) | Err(AskError::NotOfCases(_)) => {}
        Err(error) => return Err(error),
    }
    let row = |id: CaseId| CaseRow {
        id,
        fact: facts.get(&id).copied(),
    };
    Ok(Cases {
        rows: counted.into_iter().map(row).collect(),
        items: engine.facts.codes().all(CodeKind::Item).to_vec(),
    })
}

fn trend(engine: &Engine<'_>, question: &Question) -> Result<TrendData, AskError> {
    let mut question = question.clone();
    if question.period.kind == PeriodKind::Day
        && let Some(weeks) = Period::rolling(14, question.period.last)
    {
        question.period = weeks;
    }
    let now = engine.series(&question, parts_of(&question.period), PARTS_MAX)?;
    let mut before = Vec::with_capacity(now.len());
    for (part, _) in &now {
        let value = match part.last_year() {
            Some(period) => {
                let then = Question {
                    period,
                    ..question.clone()
                };
                engine.ask(&then)?.value.value
            }
            None => None,
        };
        before.push(value);
    }
    // A year before the first case is no line of noughts.
    let empty = match question.period.last_year() {
        Some(year) => {
            let then = Question {
                period: year,
                ..question.clone()
            };
            let flags = engine.ask(&then)?.value.flags;
            flags.contains(&crate::indicator::Flag::BeforeFirstCase)
        }
        None => true,
    };
    let nought = before.iter().all(|value| value.is_none_or(|value| value == 0.0));
    if empty || nought {
        before.fill(None);
    }
    Ok(TrendData { now, before })
}

/// Sorted times by class.
fn times(sorted: Vec<f64>) -> Times {
    let mut classes = vec![0; SPANS_HOURS.len() + 1];
    for hours in &sorted {
        classes[SPANS_HOURS.iter().take_while(|end| *hours >= **end).count()] += 1;
    }
    let upper = sorted.get(sorted.len() / 2);
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2);
    let rank = (sorted.len() * 9).div_ceil(10).checked_sub(1);
    Times {
        classes,
        median: upper.zip(lower).map(|(a, b)| (a + b) / 2.0),
        p90: rank.and_then(|rank| sorted.get(rank)).copied(),
    }
}

fn items(engine: &Engine<'_>, question: &Question) -> Result<Vec<(Arc<str>, u64)>, AskError> {
    let codes = engine.facts.codes().all(CodeKind::Item);
    let mut counts = vec![0_u64; codes.len()];
    engine.each(question, |fact| {
        if let Some(count) = counts.get_mut(usize::from(fact.item)) {
            *count += 1;
        }
    })?;
    let mut items: Vec<(Arc<str>, u64)> = codes.iter().cloned().zip(counts).collect();
    items.retain(|(_, count)| *count > 0);
    items.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(items)
}

/// The days of the calendar: the year in which the period ends, and from the period's first day on where that comes earlier;
/// at most [`CALENDAR_YEARS`] years of the calendar, the last ones.
fn calendar_of(period: Period) -> Period {
    let last = period.last.year();
    let year = Period::year(last).unwrap_or(period);
    let earliest = Period::year(last + 1 - CALENDAR_YEARS).unwrap_or(year);
    let first = year.first.min(period.first).max(earliest.first);
    Period::range(first, year.last).unwrap_or(period)
}

/// Every day of the calendar; days that have not come have no cases.
fn days(engine: &Engine<'_>, question: &Question) -> Result<Vec<(NaiveDate, u64)>, AskError> {
    let whole = calendar_of(question.period);
    let question = Question {
        period: whole,
        ..question.clone()
    };
    let counts: BTreeMap<NaiveDate, u64> = engine.days(&question)?;
    let day = |date: NaiveDate| (date, counts.get(&date).copied().unwrap_or(0));
    Ok(whole
        .first
        .iter_days()
        .take_while(|date| *date <= whole.last)
        .map(day)
        .collect())
}

fn places(engine: &Engine<'_>, question: &Question, by: Dimension) -> Result<Data, AskError> {
    let groups = engine.by(question, by)?;
    let all = engine.ask(question)?.value;
    Ok(Data::Places(groups, Box::new(all)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_fall_into_their_classes() {
        let hour = 3_600_000;
        assert_eq!(class_of(0), 0);
        assert_eq!(class_of(hour - 1), 0);
        assert_eq!(class_of(hour), 1);
        assert_eq!(class_of(2160 * hour), SPANS_HOURS.len());
        let counted = times(vec![0.5, 1.0, 3.0, 100.0]);
        assert_eq!(counted.classes.iter().sum::<u64>(), 4);
        assert_eq!((counted.classes[0], counted.classes[1]), (1, 1));
        assert_eq!((counted.median, counted.p90), (Some(2.0), Some(100.0)));
        assert_eq!(times(Vec::new()).median, None);
    }

    #[test]
    fn periods_have_parts_that_can_be_seen() {
        let parts = |text: &str| {
            let period = Period::parse(text, NaiveDate::default()).unwrap();
            period.parts(parts_of(&period), PARTS_MAX).len()
        };
        assert_eq!(parts("2026-11"), 30);
        assert_eq!(parts("2026-Q4"), 14);
        assert_eq!(parts("2026"), 12);
        assert_eq!(parts("2000-01-01..2025-12-31"), 26);
    }

    #[test]
    fn the_calendar_has_the_period_and_the_rest_of_its_last_year() {
        let days = |text: &str| {
            let period = Period::parse(text, NaiveDate::default()).unwrap();
            calendar_of(period).name()
        };
        assert_eq!(days("2026-03"), "2026-01-01..2026-12-31");
        assert_eq!(days("2026"), "2026-01-01..2026-12-31");
        assert_eq!(days("2025-10-15..2026-02-03"), "2025-10-15..2026-12-31");
        assert_eq!(days("2020-W53"), "2020-12-28..2021-12-31");
        assert_eq!(days("2000-01-01..2026-02-03"), "2024-01-01..2026-12-31");
        assert_eq!(days("1900"), "1900-01-01..1900-12-31");
    }

    #[test]
    fn a_click_on_an_hour_leaves_repeats_what_they_are() {
        let definitions = Definitions::load().unwrap();
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut town = Town::load(&root.join("assets/town/guanlan")).unwrap();
        town.timezone = chrono_tz::UTC;
        let example = &definitions.get("repeats").unwrap().example;
        let (mut facts, codes) = example.facts().unwrap();
        // The earlier report came at another hour of another weekday than the one that makes it come back.
        facts.retain(|fact| fact.spot == 7);
        let facts = crate::store::FactList {
            facts,
            codes,
            seats: Vec::new(),
        };
        // Sunday, 10 March 2019, at eight.
        let narrow = [Narrow::Hour(Cohort::Reported, 6, 8)];
        assert!(!all_let_through(&narrow, &facts.facts[0], &town));
        assert!(all_let_through(&narrow, &facts.facts[1], &town));
        let only = |fact: &Fact| all_let_through(&narrow, fact, &town);
        let engine = Engine {
            definitions: &definitions,
            town: &town,
            facts: &facts,
            now: "2026-11-25T00:00:00Z".parse().unwrap(),
            only: Some(&only),
        };
        let period = Period::parse("2019-03", NaiveDate::default()).unwrap();
        let value = |id: &str| engine.ask(&Question::new(id, period)).unwrap().value.value;
        assert_eq!((value("repeats"), value("repeat-rate")), (Some(1.0), Some(100.0)));
    }
}
