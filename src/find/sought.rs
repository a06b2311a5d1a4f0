//! A query made ready for one book, and its plain meaning.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::fold::Word;
use super::query::{Query, State};
use super::rows::Row;
use super::zone::Zone;
use crate::case::{CaseId, CodeKind, Codes, Stage};
use crate::indicator::filter::Sieve;
use crate::town::Town;

/// What a book's numbers and codes are called, and the time: all that a query needs to be told.
#[derive(Clone, Debug)]
pub struct Told {
    /// The time, by which cases are overdue.
    pub now: DateTime<Utc>,
    /// The town's time zone, in which days begin and end.
    pub timezone: Tz,
    /// The names of items in both languages, by code.
    pub items: Arc<HashMap<String, String>>,
}

impl Told {
    /// What a town tells.
    pub fn of(town: &Town, now: DateTime<Utc>) -> Self {
        let name =
            |item: &crate::town::Item| (item.code.clone(), format!("{}\n{}", item.name.zh, item.name.en));
        Self {
            now,
            timezone: town.timezone,
            items: Arc::new(town.catalogue.iter().map(|(_, item)| name(item)).collect()),
        }
    }
}

/// A word, and the items in whose name it stands, by their number.
pub struct SoughtWord {
    /// The word.
    pub word: Word,
    /// Of each item whether its name has the word; empty where none has.
    pub items: Vec<bool>,
}

impl SoughtWord {
    /// Whether the name of the item with that number has the word.
    pub fn is_in_item(&self, item: u16) -> bool {
        self.items.get(usize::from(item)).copied().unwrap_or(false)
    }
}

/// A query in the numbers of one book.
pub struct Sought {
    /// See [`Query::words`].
    pub words: Vec<SoughtWord>,
    /// See [`Query::numbers`].
    pub numbers: Vec<CaseId>,
    /// See [`Query::zone`].
    pub zone: Option<Arc<Zone>>,
    states: Option<States>,
    span: Option<(i64, i64)>,
    sieve: Option<Sieve>,
    now_ms: i64,
}

/// Stages, a bit each, and whether overdue ones are let through whatever their stage.
struct States {
    stages: u16,
    overdue: bool,
}

impl Sought {
    /// Makes a query ready for a book.
    pub fn new(query: &Query, codes: &Codes, told: &Told) -> Self {
        let items = |word: &Word| {
            let named = |code: &Arc<str>| told.items.get(&**code).is_some_and(|name| word.is_in(name));
            let named: Vec<bool> = codes.all(CodeKind::Item).iter().map(named).collect();
            if named.contains(&true) { named } else { Vec::new() }
        };
        let words = query.words.iter().map(|word| {
            let word = Word::new(word);
            let items = items(&word);
            SoughtWord { word, items }
        });
        let span = query.period.map(|period| {
            let (from, until) = period.bounds(told.timezone);
            (from.timestamp_millis(), until.timestamp_millis())
        });
        let has_keys = !query.filter.keys.is_empty();
        Self {
            words: words.collect(),
            numbers: query.numbers.clone(),
            zone: query.zone.clone(),
            states: States::of(&query.states),
            span,
            sieve: has_keys.then(|| Sieve::new(&query.filter, codes)),
            now_ms: told.now.timestamp_millis(),
        }
    }

    /// The plain meaning of a query: whether a case is one of those that are looked for. `text` is its searchable text.
    pub fn fits(&self, row: &Row, text: &str) -> bool {
        let has_word = |word: &SoughtWord| word.word.is_in(text) || word.is_in_item(row.item);
        let in_zone = |zone: &Arc<Zone>| row.at.is_some_and(|at| zone.contains_plainly(at));
        self.fits_numbers(row.id)
            && self.fits_kind(row)
            && self.zone.as_ref().is_none_or(in_zone)
            && self.words.iter().all(has_word)
    }

    /// Whether its number is one of those that are looked for, where there are any.
    pub fn fits_numbers(&self, id: CaseId) -> bool {
        self.numbers.is_empty() || self.numbers.contains(&id)
    }

    /// Whether anything is asked that [`Self::fits_kind`] answers.
    pub fn asks_kind(&self) -> bool {
        self.states.is_some() || self.span.is_some() || self.sieve.is_some()
    }

    /// Whether class, item, state, unit, period and area are those that are looked for.
    pub fn fits_kind(&self, row: &Row) -> bool {
        let in_span = |(from, until)| row.reported_ms >= from && row.reported_ms < until;
        self.span.is_none_or(in_span)
            && self
                .states
                .as_ref()
                .is_none_or(|states| states.have(row, self.now_ms))
            && self.sieve.as_ref().is_none_or(|sieve| {
                sieve.lets(row.area, row.item, row.unit, row.class, row.centre, row.source)
            })
    }
}

impl States {
    fn of(states: &[State]) -> Option<Self> {
        if states.is_empty() {
            return None;
        }
        let mut found = Self {
            stages: 0,
            overdue: false,
        };
        for state in states {
            match state {
                State::Overdue => found.overdue = true,
                State::Stage(stage) => found.stages |= 1 << *stage as u16,
                State::Open | State::Ended => {
                    let open = *state == State::Open;
                    let of_kind = super::rows::STAGES
                        .into_iter()
                        .filter(|stage| stage.is_open() == open);
                    of_kind.for_each(|stage| found.stages |= 1 << stage as u16);
                }
            }
        }
        Some(found)
    }

    fn have(&self, row: &Row, now_ms: i64) -> bool {
        self.stages >> row.stage as u16 & 1 == 1 || (self.overdue && is_overdue(row, now_ms))
    }
}

/// Whether a case is open, its clock runs, and its deadline is past.
pub fn is_overdue(row: &Row, now_ms: i64) -> bool {
    row.stage.is_open() && row.stage != Stage::Suspended && row.due_ms.is_some_and(|due| due <= now_ms)
}
