//! Asks: an indicator, of a period, of some cases, against another period.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use crate::case::{CaseId, Fact, Judged};
use crate::store::{Facts, Store, StoreError, Which};
use crate::town::Town;

use super::answer::{Answer, CaseLists, Change, ChangeUnit, Compared, Flag, Group, Value};
use super::definition::{Cohort, Condition, Definition, Definitions, Formula, Unit};
use super::filter::{Dimension, Filter, Key, Sieve, Sorter};
use super::measure::{Gather, Tally};
use super::period::{Against, Period, PeriodKind};

/// A case is a repeat where the same item was reported from the same spot not longer before than so.
pub const REPEAT_WITHIN: TimeDelta = TimeDelta::days(30);

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// The indicator's id.
    pub indicator: String,
    /// The period.
    pub period: Period,
    /// Of which cases.
    pub filter: Filter,
    /// With which other period it is compared.
    pub against: Option<Against>,
    /// Whether the cases behind the figure are wanted, too.
    pub list: bool,
}

impl Question {
    /// Asks for an indicator of a period, of all cases.
    pub fn new(indicator: impl Into<String>, period: Period) -> Self {
        Self {
            indicator: indicator.into(),
            period,
            filter: Filter::default(),
            against: None,
            list: false,
        }
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no indicator with that id.
    #[error("there is no indicator '{0}': see yipanqi indicator --list")]
    Unknown(String),
    /// The indicator counts no cases, so that they can't be filtered or told apart.
    #[error("'{0}' is not counted from cases: it can't be told by community, class and so on")]
    NotOfCases(String),
    /// The book can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Answers questions from facts, as they are at `now`.
#[derive(Clone, Copy)]
pub struct Engine<'a> {
    /// What indicators there are.
    pub definitions: &'a Definitions,
    /// The town: its time zone, its calendar.
    pub town: &'a Town,
    /// The facts.
    pub facts: &'a dyn Facts,
    /// Now.
    pub now: DateTime<Utc>,
    /// Of which cases, where that is more than a [`Filter`] can say; `None` for all. It limits what is counted, as a filter
    /// does, and not what is known: an earlier report makes a case a repeat whether it is let through or not.
    pub only: Option<&'a dyn Fn(&Fact) -> bool>,
}

/// A set of cases, one bit for each number up to the highest: cases are numbered without gaps. No number beyond
/// [`CaseSet::MOST`] is taken in: only a damaged book has one, and memory is not for it to spend.
#[derive(Default)]
struct CaseSet(Vec<u64>);

impl CaseSet {
    const MOST: usize = 1 << 31;

    fn place(case: CaseId) -> Option<(usize, u32)> {
        let number = usize::try_from(case.0)
            .ok()
            .filter(|number| *number <= Self::MOST)?;
        Some((number / 64, (number % 64) as u32))
    }

    fn insert(&mut self, case: CaseId) {
        let Some((word, bit)) = Self::place(case) else {
            return;
        };
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << bit;
    }

    fn contains(&self, case: CaseId) -> bool {
        let found = Self::place(case).and_then(|(word, bit)| Some(self.0.get(word)? >> bit & 1));
        found == Some(1)
    }
}

/// A period, as facts are looked for.
#[derive(Clone, Copy)]
struct Span {
    from_ms: i64,
    until_ms: i64,
    /// The end of the period, or now where that comes first: later is not looked at.
    cutoff_ms: i64,
}

impl Span {
    fn which(self, cohort: Cohort) -> Which {
        match cohort {
            Cohort::Reported => Which::Reported(self.from_ms, self.until_ms),
            Cohort::Ended => Which::Ended(self.from_ms, self.until_ms),
            Cohort::Dispatched => Which::Dispatched(self.from_ms, self.until_ms),
            Cohort::Open => Which::OpenAt(self.cutoff_ms),
        }
    }
}

/// A figure of one group, with the cases behind it.
type Counted = (Value, CaseLists);

impl<'a> Engine<'a> {
    /// Opens the facts of a book for `work`, all of one moment.
    ///
    /// # Errors
    /// Those of `work`, and where the book can't be read.
    pub fn on<T>(
        store: &dyn Store,
        definitions: &Definitions,
        town: &Town,
        now: DateTime<Utc>,
        mut work: impl FnMut(&Engine<'_>) -> Result<T, AskError>,
    ) -> Result<T, AskError> {
        let mut result = None;
        store.read_facts(&mut |facts| {
            result = Some(work(&Engine {
                definitions,
                town,
                facts,
                now,
                only: None,
            }));
            Ok(())
        })?;
        result.unwrap_or_else(|| Err(StoreError::Engine("it has no facts to give".to_owned()).into()))
    }

    fn definition(&self, id: &str) -> Result<&'a Definition, AskError> {
        self.definitions
            .get(id)
            .ok_or_else(|| AskError::Unknown(id.to_owned()))
    }

    /// Answers a question.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn ask(&self, question: &Question) -> Result<Answer, AskError> {
        let definition = self.definition(&question.indicator)?;
        let (value, lists) = self.one(definition, question.period, question)?;
        let compared = match question.against {
            Some(against) => {
                let other = question.period.against(against);
                let then = match other {
                    Some(period) => self.one(definition, period, &without_list(question))?.0,
                    None => Value::default(),
                };
                Some(compare(definition.unit, against, other, &value, then))
            }
            None => None,
        };
        Ok(Answer {
            indicator: definition.id.clone(),
            period: question.period,
            unit: definition.unit,
            out_of_band: is_out_of_band(definition, &value),
            value,
            compared,
            cases: question.list.then_some(lists),
        })
    }

    /// Answers a question for each community, class, item…, those with cases, in the order of their codes; the cases of
    /// which it is not known come first, under an empty code. Lists are not given: ask for one group alone.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn by(&self, question: &Question, dimension: Dimension) -> Result<Vec<Group>, AskError> {
        let definition = self.definition(&question.indicator)?;
        let question = &without_list(question);
        let now = self.groups(definition, question.period, question, dimension)?;
        let compared = match question.against {
            Some(against) => {
                let other = question.period.against(against);
                let then = match other {
                    Some(period) => self.groups(definition, period, question, dimension)?,
                    None => HashMap::new(),
                };
                Some((against, other, then))
            }
            None => None,
        };
        let mut groups: Vec<Group> = now
            .into_iter()
            .map(|(code, value)| Group {
                compared: compared.as_ref().map(|(against, other, then)| {
                    let then = then.get(&code).cloned().unwrap_or_else(|| nothing(definition));
                    compare(definition.unit, *against, *other, &value, then)
                }),
                key: Key::new(dimension, code),
                out_of_band: is_out_of_band(definition, &value),
                value,
            })
            .collect();
        groups.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(groups)
    }

    /// Answers a question for each part of its period: the days of a month, the months of a year. At most `most` parts,
    /// the last ones. Parts that have not begun have no value: of a day that has not come nothing is known, not even that
    /// there is nothing.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn series(
        &self,
        question: &Question,
        parts: PeriodKind,
        most: usize,
    ) -> Result<Vec<(Period, Value)>, AskError> {
        let definition = self.definition(&question.indicator)?;
        let question = &without_list(question);
        let value = |part: Period| {
            if part.bounds(self.town.timezone).0 > self.now {
                let flags = vec![Flag::NotOver];
                return Ok((
                    part,
                    Value {
                        flags,
                        ..Value::default()
                    },
                ));
            }
            Ok((part, self.one(definition, part, question)?.0))
        };
        question
            .period
            .parts(parts, most)
            .into_iter()
            .map(value)
            .collect()
    }

    /// The facts that an indicator looks at, those that the filter lets through, one by one: for plots. An indicator that
    /// is made of another has the facts of that one.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn each(&self, question: &Question, mut each: impl FnMut(&Fact)) -> Result<(), AskError> {
        let mut definition = self.definition(&question.indicator)?;
        while let Some(part) = definition.formula.parts().first() {
            definition = self.definition(part)?;
        }
        let Some(set) = definition.formula.set() else {
            return Err(AskError::NotOfCases(definition.id.clone()));
        };
        let span = self.span(question.period);
        let sieve = Sieve::new(&question.filter, self.facts.codes());
        let repeats = self.repeats(&definition.formula, span)?;
        self.facts.each(span.which(set.cohort), &mut |facts| {
            for fact in facts.iter().filter(|fact| self.lets_through(&sieve, fact)) {
                if set.holds(fact, span.cutoff_ms, repeats.contains(fact.case)) {
                    each(fact);
                }
            }
        })?;
        Ok(())
    }

    fn lets_through(&self, sieve: &Sieve, fact: &Fact) -> bool {
        sieve.lets_through(fact) && self.only.is_none_or(|only| only(fact))
    }

    fn span(&self, period: Period) -> Span {
        let (from, until) = period.bounds(self.town.timezone);
        let (from_ms, until_ms) = (from.timestamp_millis(), until.timestamp_millis());
        // What happened in this very millisecond is behind us.
        let now_ms = self.now.timestamp_millis() + 1;
        Span {
            from_ms,
            until_ms,
            cutoff_ms: until_ms.min(now_ms),
        }
    }

    /// The figure of one period, and the cases behind it.
    fn one(&self, definition: &Definition, period: Period, question: &Question) -> Result<Counted, AskError> {
        let (mut value, lists) = match &definition.formula {
            Formula::AlarmsPerSeat => self.alarms(definition, period, question)?,
            Formula::Change { of, against } | Formula::Points { of, against } => {
                let of = self.definition(of)?;
                let now = self.one(of, period, question)?;
                let then = match period.against(*against) {
                    Some(other) => self.one(of, other, &without_list(question))?.0,
                    None => Value::default(),
                };
                (changed(of.unit, &now.0, &then), now.1)
            }
            Formula::Ratio { of, to: other } | Formula::Difference { of, minus: other } => {
                let now = self.one(self.definition(of)?, period, question)?;
                let other = self
                    .one(self.definition(other)?, period, &without_list(question))?
                    .0;
                (combined(&definition.formula, &now.0, &other), now.1)
            }
            formula => {
                let mut tallies = self.gather(formula, period, question, None)?;
                let tally = tallies.pop().unwrap_or_default();
                self.finish(definition, tally)
            }
        };
        self.flag_period(definition, period, &mut value)?;
        Ok((value, lists))
    }

    fn groups(
        &self,
        definition: &Definition,
        period: Period,
        question: &Question,
        dimension: Dimension,
    ) -> Result<HashMap<String, Value>, AskError> {
        let mut groups = match &definition.formula {
            Formula::AlarmsPerSeat => return Err(AskError::NotOfCases(definition.id.clone())),
            Formula::Change { of, against } | Formula::Points { of, against } => {
                let of = self.definition(of)?;
                let now = self.groups(of, period, question, dimension)?;
                let then = match period.against(*against) {
                    Some(other) => self.groups(of, other, question, dimension)?,
                    None => HashMap::new(),
                };
                let none = nothing(of);
                now.into_iter()
                    .map(|(code, value)| {
                        let changed = changed(of.unit, &value, then.get(&code).unwrap_or(&none));
                        (code, changed)
                    })
                    .collect()
            }
            Formula::Ratio { of, to: other } | Formula::Difference { of, minus: other } => {
                let now = self.groups(self.definition(of)?, period, question, dimension)?;
                let other = self.definition(other)?;
                let others = self.groups(other, period, question, dimension)?;
                let none = nothing(other);
                now.into_iter()
                    .map(|(code, value)| {
                        let other = others.get(&code).unwrap_or(&none);
                        let combined = combined(&definition.formula, &value, other);
                        (code, combined)
                    })
                    .collect()
            }
            formula => {
                let sorter = Sorter::new(dimension, self.facts.codes());
                let tallies = self.gather(formula, period, question, Some(&sorter))?;
                let with_cases = sorter
                    .codes
                    .into_iter()
                    .zip(tallies)
                    .filter(|(_, tally)| tally.has_cases());
                with_cases
                    .map(|(code, tally)| (code, self.finish(definition, tally).0))
                    .collect::<HashMap<_, _>>()
            }
        };
        for value in groups.values_mut() {
            self.flag_period(definition, period, value)?;
        }
        Ok(groups)
    }

    fn finish(&self, definition: &Definition, mut tally: Tally) -> Counted {
        let mut counted = std::mem::take(&mut tally.counted);
        let mut of = std::mem::take(&mut tally.of);
        counted.sort_unstable();
        of.sort_unstable();
        let is_share = matches!(definition.formula, Formula::Share { .. });
        let lists = CaseLists {
            counted,
            of: is_share.then_some(of),
        };
        (tally.value(&definition.formula, definition.unit), lists)
    }

    /// Gathers the cases of a formula, in one group or in those of `sorter`.
    fn gather(
        &self,
        formula: &Formula,
        period: Period,
        question: &Question,
        sorter: Option<&Sorter>,
    ) -> Result<Vec<Tally>, AskError> {
        let Some(set) = formula.set() else {
            return Ok(Vec::new());
        };
        let span = self.span(period);
        let sieve = Sieve::new(&question.filter, self.facts.codes());
        let repeats = self.repeats(formula, span)?;
        let gather = Gather {
            formula,
            cutoff_ms: span.cutoff_ms,
            list: question.list,
        };
        let mut tallies = vec![Tally::default(); sorter.map_or(1, |sorter| sorter.codes.len())];
        let group = |fact: &Fact| sorter.map_or(0, |sorter| sorter.group(fact));
        self.facts.each(span.which(set.cohort), &mut |facts| {
            for fact in facts.iter().filter(|fact| self.lets_through(&sieve, fact)) {
                let repeat = repeats.contains(fact.case);
                gather.add(&mut tallies[group(fact)], fact, repeat);
            }
        })?;
        if set.cohort == Cohort::Ended {
            let reported = Which::Reported(span.from_ms, span.cutoff_ms.max(span.from_ms));
            self.facts.each(reported, &mut |facts| {
                for fact in facts.iter().filter(|fact| self.lets_through(&sieve, fact)) {
                    gather.add_life(&mut tallies[group(fact)], fact);
                }
            })?;
        }
        Ok(tallies)
    }

    /// The cases of a span that are repeats, where the formula asks for that.
    fn repeats(&self, formula: &Formula, span: Span) -> Result<CaseSet, StoreError> {
        let mut found = CaseSet::default();
        if !formula
            .conditions()
            .any(|condition| condition == Condition::Repeat)
        {
            return Ok(found);
        }
        let within = REPEAT_WITHIN.num_milliseconds();
        // Item and spot, when, which case; apart by spots, so that each part is sorted within the processor's cache.
        let mut parts: Vec<Vec<(u64, i64, CaseId)>> = vec![Vec::new(); 256];
        let which = Which::Reported(span.from_ms - within, span.until_ms);
        self.facts.each(which, &mut |facts| {
            let at_a_spot = facts
                .iter()
                .filter(|fact| fact.spot != 0 && !Condition::Withdrawn.holds(fact, span.cutoff_ms, false));
            for fact in at_a_spot {
                let place = u64::from(fact.item) << 32 | u64::from(fact.spot);
                let part = (fact.spot ^ fact.spot >> 16) as usize & 255;
                parts[part].push((place, fact.reported_ms, fact.case));
            }
        })?;
        for reports in &mut parts {
            reports.sort_unstable();
            for pair in reports.windows(2) {
                let ((place, before, _), (place_after, after, case)) = (pair[0], pair[1]);
                if place == place_after && after - before <= within && after >= span.from_ms {
                    found.insert(case);
                }
            }
        }
        Ok(found)
    }

    fn alarms(
        &self,
        definition: &Definition,
        period: Period,
        question: &Question,
    ) -> Result<Counted, AskError> {
        if !question.filter.keys.is_empty() || self.only.is_some() {
            return Err(AskError::NotOfCases(definition.id.clone()));
        }
        let span = self.span(period);
        let events = self.facts.seats(span.from_ms, span.cutoff_ms)?;
        let seats: HashSet<&str> = events.iter().map(|event| &*event.seat).collect();
        let alarms = events.iter().filter_map(|event| event.alarm);
        let mut counted: Vec<CaseId> = alarms.collect();
        counted.sort_unstable();
        let n = counted.len() as u64;
        let mut value = Value {
            value: (!seats.is_empty()).then(|| n as f64 / seats.len() as f64),
            n,
            of: Some(seats.len() as u64),
            ..Value::default()
        };
        if seats.is_empty() {
            value.flag(Flag::Nothing);
        }
        let lists = CaseLists { counted, of: None };
        Ok((value, lists))
    }

    /// Says what the period itself does to a figure.
    fn flag_period(
        &self,
        definition: &Definition,
        period: Period,
        value: &mut Value,
    ) -> Result<(), AskError> {
        let span = self.span(period);
        if span.cutoff_ms < span.until_ms {
            value.flag(Flag::NotOver);
        }
        if self.facts.first_ms()?.is_none_or(|first| span.until_ms <= first) {
            value.flag(Flag::BeforeFirstCase);
        }
        let by_working_time = definition
            .formula
            .conditions()
            .any(|condition| matches!(condition, Condition::Judged(_) | Condition::StepInTime(_)));
        let knows = |year: i32| {
            let years = self.town.calendar.years.as_ref();
            years.is_some_and(|years| years.contains(&year))
        };
        let (first, last) = (period.first.year(), period.last.year());
        if by_working_time && !(first..=last).all(knows) {
            value.flag(Flag::NoCalendar);
        }
        Ok(())
    }

    /// How many cases the book has, and its last entry: what all figures of this engine are based on.
    ///
    /// # Errors
    /// Where the book can't be read.
    pub fn basis(&self) -> Result<(u64, i64), AskError> {
        Ok(self.facts.basis()?)
    }

    /// For how many cases of an indicator's set it is not known whether a step was in time, because the calendar does not
    /// know all the days.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn not_judged(&self, question: &Question) -> Result<u64, AskError> {
        let mut unknown = 0;
        self.each(question, |fact| {
            unknown += u64::from(fact.steps.now.contains(&Judged::Unknown));
        })?;
        Ok(unknown)
    }
}

fn without_list(question: &Question) -> Question {
    Question {
        list: false,
        ..question.clone()
    }
}

/// The figure of a group without any case: none of them, or nothing to divide by.
fn nothing(definition: &Definition) -> Value {
    Tally::default().value(&definition.formula, definition.unit)
}

fn is_out_of_band(definition: &Definition, value: &Value) -> bool {
    match (definition.band, value.value) {
        (Some(band), Some(value)) => band.is_out(value),
        _ => false,
    }
}

/// By how much a value in `unit` has changed; `None` where there is nothing to compare with: no value, a base of nothing,
/// or a period before the first case.
fn change(unit: Unit, now: &Value, then: &Value) -> Option<Change> {
    if then.flags.contains(&Flag::BeforeFirstCase) {
        return None;
    }
    let (now, then) = (now.value?, then.value?);
    let unit = ChangeUnit::of(unit);
    let value = match unit {
        ChangeUnit::Percent if then == 0.0 => return None,
        ChangeUnit::Percent => 100.0 * (now - then) / then.abs(),
        ChangeUnit::Points | ChangeUnit::Own => now - then,
    };
    value.is_finite().then_some(Change { value, unit })
}

fn compare(unit: Unit, against: Against, period: Option<Period>, now: &Value, mut then: Value) -> Compared {
    let change = change(unit, now, &then);
    if change.is_none() {
        then.flag(Flag::NoComparison);
    }
    Compared {
        against,
        period,
        value: then,
        change,
    }
}

/// A change as a value of its own.
fn changed(unit: Unit, now: &Value, then: &Value) -> Value {
    let change = change(unit, now, then);
    let mut value = Value {
        value: change.map(|change| change.value),
        n: now.n,
        of: now.of,
        ..Value::default()
    };
    for flag in &now.flags {
        value.flag(*flag);
    }
    // A change is as unsure as the less sure of its two ends.
    if then.flags.contains(&Flag::SmallNumber) {
        value.flag(Flag::SmallNumber);
    }
    if change.is_none() {
        value.flag(Flag::NoComparison);
    }
    value
}

/// One value divided by another, or less another.
fn combined(formula: &Formula, now: &Value, other: &Value) -> Value {
    let result = match (formula, now.value, other.value) {
        (Formula::Ratio { .. }, Some(_), Some(0.0)) => None,
        (Formula::Ratio { .. }, Some(a), Some(b)) => Some(a / b),
        (_, Some(a), Some(b)) => Some(a - b),
        _ => None,
    };
    let mut value = Value {
        value: result.filter(|value| value.is_finite()),
        n: now.n,
        of: now.of,
        ..Value::default()
    };
    for flag in now.flags.iter().chain(&other.flags) {
        value.flag(*flag);
    }
    if value.value.is_none() {
        value.flag(Flag::Nothing);
    }
    value
}
