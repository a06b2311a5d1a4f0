//! Goes to a moment of a journal, and from there forwards.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::moments::open_case;
use super::timeline::{Event, Kind, Place, Timeline};
use crate::case::{Action, Case, CaseId, Duty, Entry, FoldError};
use crate::store::{Store, StoreError};

/// So many entries are read at once while the index is made: a few milliseconds' work, after which the file is let go.
const SLICE: u32 = 10_000;
/// So many entries may lie between two that are wanted, and both are still read in one go.
const GAP: i64 = 64;
/// So many cases are remembered beside those of the moment that was shown last, in case they are wanted again.
const REMEMBERED: usize = 20_000;

/// The hall at one moment.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The moment.
    pub at: DateTime<Utc>,
    /// The cases that were open, by number.
    pub cases: Vec<Case>,
    /// The hall beside its cases.
    pub duty: Duty,
}

/// One thing that happened after a moment.
#[derive(Clone, Debug)]
pub enum Turn {
    /// An open case came up or moved on: it is this from now on.
    Case(DateTime<Utc>, Box<Case>),
    /// A case is no longer open.
    Gone(DateTime<Utc>, CaseId),
    /// Something happened in the hall beside cases.
    Hall(DateTime<Utc>, Box<Entry>),
}

impl Turn {
    /// When.
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Case(at, _) | Self::Gone(at, _) | Self::Hall(at, _) => *at,
        }
    }
}

/// How far somebody has come who goes forwards from a moment.
#[derive(Clone, Debug)]
pub struct Front {
    place: Place,
    open: HashMap<CaseId, Case>,
}

impl Front {
    /// Begins at a moment.
    pub fn at(moment: &Moment) -> Self {
        let open = moment.cases.iter().map(|case| (case.id, case.clone()));
        Self {
            place: Place::after(moment.at.timestamp_millis()),
            open: open.collect(),
        }
    }
}

/// A reader of a journal with an index of all that happened.
pub struct Traveller {
    store: Box<dyn Store>,
    timeline: Timeline,
    /// What happened in the hall beside cases, in order, each with the moment from which it counts.
    hall: Vec<(i64, Entry)>,
    /// Cases that were read, each with the entry that was its last.
    read: HashMap<CaseId, (i64, Case)>,
}

fn damaged(error: FoldError) -> StoreError {
    StoreError::Damaged(error.to_string())
}

fn time(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

impl Traveller {
    /// Of a journal of which nothing was read yet.
    pub fn new(store: Box<dyn Store>) -> Self {
        Self::with_timeline(store, Timeline::default())
    }

    /// The same with an index of other limits, for tests.
    pub fn with_timeline(store: Box<dyn Store>, timeline: Timeline) -> Self {
        Self {
            store,
            timeline,
            hall: Vec::new(),
            read: HashMap::new(),
        }
    }

    /// The index.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The first and the last moment at which anything happened; `None` where nothing has.
    pub fn span(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        self.timeline
            .span_ms()
            .map(|(first, last)| (time(first), time(last)))
    }

    /// Takes what the journal has gained into the index: all of it at first. `go_on` is told how many entries of how many have
    /// been read, and answers whether to go on. Answers false where it was stopped.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn catch_up(&mut self, go_on: &mut dyn FnMut(i64, i64) -> bool) -> Result<bool, StoreError> {
        let last = self.store.last_seq()?;
        let mut seen = self.timeline.last_seq();
        if seen >= last {
            return Ok(true);
        }
        let mut hall = false;
        while seen < last {
            if !go_on(seen, last) {
                return Ok(false);
            }
            let glances = self.store.glances_after(seen, SLICE)?;
            let Some(newest) = glances.last() else { break };
            seen = newest.seq;
            hall |= glances.iter().any(|glance| glance.case == CaseId::HALL);
            self.timeline
                .extend(&glances)
                .map_err(|error| StoreError::Damaged(error.to_string()))?;
        }
        self.timeline.settle();
        if hall {
            self.read_hall(seen)?;
        }
        Ok(go_on(seen, last))
    }

    fn read_hall(&mut self, until: i64) -> Result<(), StoreError> {
        let mut reached = i64::MIN;
        let mut hall = Vec::new();
        for entry in self.store.history(CaseId::HALL)? {
            if entry.seq <= until {
                reached = reached.max(entry.at.timestamp_millis());
                hall.push((reached, entry));
            }
        }
        self.hall = hall;
        Ok(())
    }

    /// Goes to a moment.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where the journal does not fold, and where it can't be read.
    pub fn go_to(&mut self, at: DateTime<Utc>) -> Result<Moment, StoreError> {
        let at_ms = at.timestamp_millis();
        let open = self.timeline.open_at(at_ms);
        self.read_cases(&open)?;
        let cases = open
            .iter()
            .filter_map(|(id, _)| self.read.get(id))
            .map(|(_, case)| case.clone())
            .collect();
        let known = self.hall.partition_point(|(from, _)| *from <= at_ms);
        let duty = Duty::fold(self.hall[..known].iter().map(|(_, entry)| entry)).map_err(damaged)?;
        Ok(Moment { at, cases, duty })
    }

    /// Reads the cases of a moment that were not read already.
    fn read_cases(&mut self, open: &[(CaseId, i64)]) -> Result<(), StoreError> {
        let there = |(id, seq): &&(CaseId, i64)| self.read.get(id).is_some_and(|(read, _)| read == seq);
        let missing: Vec<(CaseId, i64)> = open.iter().filter(|wanted| !there(wanted)).copied().collect();
        if self.read.len() + missing.len() > open.len() + REMEMBERED {
            let wanted: HashMap<CaseId, i64> = open.iter().copied().collect();
            self.read.retain(|id, (seq, _)| wanted.get(id) == Some(seq));
        }
        let mut fault = None;
        let mut wanted = missing.iter();
        let read = &mut self.read;
        self.store.histories(&missing, &mut |id, entries| {
            let seq = wanted.next().map_or(0, |(_, seq)| *seq);
            match open_case(entries) {
                Ok(Some(case)) if case.stage.is_open() => {
                    read.insert(id, (seq, case));
                }
                Ok(_) => {
                    fault = Some(format!(
                        "case {id} is not open after entry {seq}, as it was said to be"
                    ))
                }
                Err(error) => fault = Some(error.to_string()),
            }
            fault.is_none()
        })?;
        fault.map_or(Ok(()), |fault| Err(StoreError::Damaged(fault)))
    }

    /// What happened after the place that `front` has come to, at most about `limit` things, in order; it moves on behind
    /// them. Nothing where nothing more has happened.
    ///
    /// # Errors
    /// As [`Self::go_to`].
    pub fn follow(&mut self, front: &mut Front, limit: usize) -> Result<Vec<Turn>, StoreError> {
        let mut turns = Vec::new();
        while turns.is_empty() {
            let events = self.timeline.after(front.place);
            let events = events[..events.len().min(limit.max(1))].to_vec();
            if events.is_empty() {
                break;
            }
            let entries = self.entries(&events)?;
            for event in &events {
                turns.extend(self.turn(front, *event, entries.get(&event.seq()))?);
                front.place = event.place();
            }
        }
        Ok(turns)
    }

    /// The entries of these events, by number. They mostly stand close together in the journal, and are read in few goes.
    fn entries(&self, events: &[Event]) -> Result<HashMap<i64, Entry>, StoreError> {
        let mut seqs: Vec<i64> = events.iter().map(|event| event.seq()).collect();
        seqs.sort_unstable();
        seqs.dedup();
        let mut entries = HashMap::with_capacity(seqs.len());
        for together in seqs.chunk_by(|a, b| b - a <= GAP) {
            let (first, last) = (together[0], together[together.len() - 1]);
            let read = self.store.entries_after(first - 1, (last - first + 1) as u32)?;
            entries.extend(read.into_iter().map(|entry| (entry.seq, entry)));
        }
        Ok(entries)
    }

    fn turn(
        &self,
        front: &mut Front,
        event: Event,
        entry: Option<&Entry>,
    ) -> Result<Option<Turn>, StoreError> {
        let (id, at) = (event.case(), time(event.at_ms));
        let missing = || StoreError::Damaged(format!("entry {} is missing", event.seq()));
        if id == CaseId::HALL {
            let entry = entry.ok_or_else(missing)?;
            return Ok(Some(Turn::Hall(at, Box::new(entry.clone()))));
        }
        match event.kind() {
            Kind::Ends | Kind::EndsAsTold => {
                front.open.remove(&id);
                return Ok(Some(Turn::Gone(at, id)));
            }
            // After its end a case is answered and appraised: nobody sees that on the board.
            Kind::Stays if !front.open.contains_key(&id) => return Ok(None),
            Kind::Stays | Kind::Opens => {}
        }
        let entry = entry.ok_or_else(missing)?;
        let case = match front.open.remove(&id) {
            Some(mut case) => {
                case.apply(entry).map_err(damaged)?;
                case
            }
            None => {
                let entries = match entry.action {
                    Action::Report(_) => vec![entry.clone()],
                    _ => self.history(id, event.seq())?,
                };
                open_case(entries).map_err(damaged)?.ok_or_else(missing)?
            }
        };
        front.open.insert(id, case.clone());
        Ok(Some(Turn::Case(at, Box::new(case))))
    }

    fn history(&self, id: CaseId, until: i64) -> Result<Vec<Entry>, StoreError> {
        let mut history = Vec::new();
        self.store.histories(&[(id, until)], &mut |_, entries| {
            history = entries;
            true
        })?;
        Ok(history)
    }
}
