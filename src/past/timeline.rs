//! An index of everything that happened, in the order in which it happened, with the list of open cases kept now and then.

use std::collections::HashMap;

use crate::case::{CaseId, Change, Glance};

use super::moments::counts_from;

/// At first the list of open cases is kept after so many events; where it is long, less often.
const STEP: usize = 4096;

/// So many bytes the kept lists have together at most: where there are more, every other one is dropped.
pub const MARKS_BYTES_MAX: usize = 64 << 20;

/// Bits of an event that tell what it does.
const KIND_BITS: u32 = 2;

/// What an event does to the list of open cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The case stays what it is.
    Stays,
    /// It is open from now on.
    Opens,
    /// It has ended.
    Ends,
    /// It had ended, as its report says which was written later.
    EndsAsTold,
}

/// One event: an entry, or the ending that an imported report tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    /// When; milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// The number of its entry and its [`Kind`], so that events of one moment are in the order of the journal.
    what: u32,
    case: u32,
}

impl Event {
    pub fn seq(self) -> i64 {
        i64::from(self.what >> KIND_BITS)
    }

    pub fn case(self) -> CaseId {
        CaseId(i64::from(self.case))
    }

    pub fn kind(self) -> Kind {
        [Kind::Stays, Kind::Opens, Kind::Ends, Kind::EndsAsTold][(self.what & 3) as usize]
    }

    /// Where it stands in the order of all events.
    pub fn place(self) -> Place {
        Place(self.at_ms, self.what)
    }
}

/// A place in the order of all events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(i64, u32);

impl Place {
    /// After everything that had happened at that moment; milliseconds since 1970 UTC.
    pub fn after(at_ms: i64) -> Self {
        Self(at_ms, u32::MAX)
    }
}

/// The journal has more entries than the index can number, or numbers cases in a way that no journal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the past can't be shown from entry {0} on: it is beyond the first thousand million, or its case has no place in a journal"
)]
pub struct TooLong(pub i64);

/// Open cases, each with the entry that was its last.
type Open = HashMap<u32, u32>;

/// The list of open cases before the event at a position.
#[derive(Clone, Debug)]
struct Mark {
    position: usize,
    open: Box<[(u32, u32)]>,
}

/// What is known of a case while its entries are read.
#[derive(Clone, Copy, Debug)]
struct Known {
    reached_ms: i64,
    open: bool,
}

/// The index. Entries go in by [`Self::extend`], in the order of the journal; [`Self::settle`] makes them findable.
#[derive(Debug)]
pub struct Timeline {
    events: Vec<Event>,
    /// By the number of the case.
    known: Vec<Known>,
    last_seq: i64,
    marks: Vec<Mark>,
    step: usize,
    /// The open cases after the first `folded` events.
    open: Open,
    folded: usize,
    marks_bytes_max: usize,
}

impl Default for Timeline {
    fn default() -> Self {
        Self::with_limits(STEP, MARKS_BYTES_MAX)
    }
}

impl Timeline {
    /// An empty one that keeps its list every `step` events, and all lists in `marks_bytes_max` bytes.
    pub fn with_limits(step: usize, marks_bytes_max: usize) -> Self {
        Self {
            events: Vec::new(),
            known: Vec::new(),
            last_seq: 0,
            marks: Vec::new(),
            step: step.max(1),
            open: Open::new(),
            folded: 0,
            marks_bytes_max,
        }
    }

    /// Takes in entries that come after those it has.
    ///
    /// # Errors
    /// [`TooLong`]; what came before that entry is taken in.
    pub fn extend(&mut self, glances: &[Glance]) -> Result<(), TooLong> {
        let seen = self.last_seq;
        let mut new = glances.iter().filter(|glance| glance.seq > seen);
        new.try_for_each(|glance| self.add(glance))
    }

    fn add(&mut self, glance: &Glance) -> Result<(), TooLong> {
        let seq = u32::try_from(glance.seq)
            .ok()
            .filter(|seq| *seq < 1 << (32 - KIND_BITS));
        let case = u32::try_from(glance.case.0)
            .ok()
            .filter(|_| glance.case.0 <= glance.seq);
        let (Some(seq), Some(case)) = (seq, case) else {
            return Err(TooLong(glance.seq));
        };
        self.last_seq = glance.seq;
        if self.known.len() <= case as usize {
            let nothing = Known {
                reached_ms: i64::MIN,
                open: false,
            };
            self.known.resize(case as usize + 1, nothing);
        }
        let known = &mut self.known[case as usize];
        let (from_ms, until_ms) = counts_from(glance);
        let at_ms = from_ms.max(known.reached_ms);
        let open = match glance.change {
            Change::Report { ended, .. } => ended.is_none() || until_ms.is_some(),
            Change::Opens => true,
            Change::Ends => false,
            Change::Stays => known.open,
        };
        let kind = match (known.open, open) {
            (false, true) => Kind::Opens,
            (true, false) => Kind::Ends,
            _ => Kind::Stays,
        };
        (known.reached_ms, known.open) = (at_ms, open);
        let event = |at_ms, kind: Kind| Event {
            at_ms,
            what: seq << KIND_BITS | kind as u32,
            case,
        };
        self.events.push(event(at_ms, kind));
        if let Some(until_ms) = until_ms {
            (known.reached_ms, known.open) = (until_ms.max(at_ms), false);
            self.events.push(event(known.reached_ms, Kind::EndsAsTold));
        }
        Ok(())
    }

    /// Puts what was taken in since the last time into its place. Quick where it is later than everything before.
    pub fn settle(&mut self) {
        let new = self.folded.saturating_sub(1);
        if !self.events[new..].is_sorted() {
            self.events.sort_unstable();
            self.marks.clear();
            self.open.clear();
            self.folded = 0;
        }
        while self.folded < self.events.len() {
            if self.folded.is_multiple_of(self.step) {
                self.mark();
            }
            apply(&mut self.open, self.events[self.folded]);
            self.folded += 1;
        }
    }

    fn mark(&mut self) {
        let open = self.open.iter().map(|(case, seq)| (*case, *seq)).collect();
        self.marks.push(Mark {
            position: self.folded,
            open,
        });
        while self.marks_bytes() > self.marks_bytes_max && self.marks.len() > 2 {
            self.step *= 2;
            let step = self.step;
            self.marks.retain(|mark| mark.position.is_multiple_of(step));
        }
    }

    /// The number of the last entry that was taken in.
    pub fn last_seq(&self) -> i64 {
        self.last_seq
    }

    /// The first and the last moment at which anything happened; milliseconds since 1970 UTC. `None` for an empty journal.
    pub fn span_ms(&self) -> Option<(i64, i64)> {
        Some((self.events.first()?.at_ms, self.events.last()?.at_ms))
    }

    /// Bytes that the index takes.
    pub fn bytes(&self) -> usize {
        self.events.capacity() * size_of::<Event>()
            + self.known.capacity() * size_of::<Known>()
            + self.open.capacity() * size_of::<(u32, u32)>()
            + self.marks_bytes()
    }

    fn marks_bytes(&self) -> usize {
        let of = |mark: &Mark| mark.open.len() * size_of::<(u32, u32)>() + size_of::<Mark>();
        self.marks.iter().map(of).sum()
    }

    /// The list that is kept before a position, and how far it goes.
    fn kept_before(&self, position: usize) -> (Open, usize) {
        let kept = self.marks.partition_point(|mark| mark.position <= position);
        match kept.checked_sub(1).and_then(|last| self.marks.get(last)) {
            Some(mark) => (mark.open.iter().copied().collect(), mark.position),
            None => (Open::new(), 0),
        }
    }

    fn position(&self, after: Place) -> usize {
        self.events.partition_point(|event| event.place() <= after)
    }

    /// The cases that were open at that moment, each with the entry that was its last, in the order of their numbers.
    pub fn open_at(&self, at_ms: i64) -> Vec<(CaseId, i64)> {
        let position = self.position(Place::after(at_ms));
        let (mut open, from) = self.kept_before(position);
        for event in &self.events[from..position] {
            apply(&mut open, *event);
        }
        let mut open: Vec<(CaseId, i64)> = open
            .into_iter()
            .map(|(case, seq)| (CaseId(i64::from(case)), i64::from(seq)))
            .collect();
        open.sort_unstable();
        open
    }

    /// What happened after a place, in order.
    pub(super) fn after(&self, place: Place) -> &[Event] {
        &self.events[self.position(place)..]
    }

    /// How many cases were open at each of `n` moments, the first at `from_ms`, each `step_ms` after the one before.
    pub fn open_counts(&self, from_ms: i64, step_ms: i64, n: usize) -> Vec<u32> {
        let mut position = self.position(Place::after(from_ms));
        let (mut open, from) = self.kept_before(position);
        for event in &self.events[from..position] {
            apply(&mut open, *event);
        }
        let mut count = open.len() as i64;
        let mut counts = Vec::with_capacity(n);
        for i in 0..n {
            let at_ms = from_ms.saturating_add(step_ms.saturating_mul(i as i64));
            while let Some(event) = self.events.get(position).filter(|event| event.at_ms <= at_ms) {
                count += match event.kind() {
                    Kind::Stays => 0,
                    Kind::Opens => 1,
                    Kind::Ends | Kind::EndsAsTold => -1,
                };
                position += 1;
            }
            counts.push(count.max(0) as u32);
        }
        counts
    }
}

fn apply(open: &mut Open, event: Event) {
    match event.kind() {
        Kind::Opens => {
            open.insert(event.case, event.what >> KIND_BITS);
        }
        Kind::Ends | Kind::EndsAsTold => {
            open.remove(&event.case);
        }
        Kind::Stays => {
            if let Some(seq) = open.get_mut(&event.case) {
                *seq = event.what >> KIND_BITS;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glance(seq: i64, case: i64, at_ms: i64, change: Change) -> Glance {
        Glance {
            seq,
            case: CaseId(case),
            at_ms,
            change,
        }
    }

    fn live(reported_ms: i64) -> Change {
        Change::Report {
            reported_ms,
            imported: false,
            ended: None,
        }
    }

    fn imported(reported_ms: i64, ended: Option<Option<i64>>) -> Change {
        Change::Report {
            reported_ms,
            imported: true,
            ended,
        }
    }

    fn timeline(glances: &[Glance]) -> Timeline {
        let mut timeline = Timeline::with_limits(2, MARKS_BYTES_MAX);
        timeline.extend(glances).unwrap();
        timeline.settle();
        timeline
    }

    fn open(timeline: &Timeline, at_ms: i64) -> Vec<i64> {
        timeline
            .open_at(at_ms)
            .into_iter()
            .map(|(case, _)| case.0)
            .collect()
    }

    #[test]
    fn work_of_the_hall_counts_when_it_was_entered_and_imports_when_they_happened() {
        let timeline = timeline(&[
            // Reported at 5 by telephone, entered at 10.
            glance(1, 1, 10, live(5)),
            // An import at 100 of what was open from 20 to 40, of what is open since 30, and of what ended nobody knows when.
            glance(2, 2, 100, imported(20, Some(Some(40)))),
            glance(3, 3, 100, imported(30, None)),
            glance(4, 4, 100, imported(35, Some(None))),
            // Dates of the future hide nothing.
            glance(5, 5, 100, imported(5_000, None)),
            glance(6, 6, 100, imported(50, Some(Some(7_000)))),
            glance(7, 1, 110, Change::Ends),
        ]);
        assert!(open(&timeline, 4).is_empty());
        assert!(open(&timeline, 9).is_empty());
        assert_eq!(open(&timeline, 10), [1]);
        assert_eq!(open(&timeline, 20), [1, 2]);
        assert_eq!(open(&timeline, 39), [1, 2, 3]);
        assert_eq!(open(&timeline, 40), [1, 3]);
        assert_eq!(open(&timeline, 99), [1, 3, 6]);
        assert_eq!(open(&timeline, 100), [1, 3, 5]);
        assert_eq!(open(&timeline, 110), [3, 5]);
        assert_eq!(timeline.span_ms(), Some((10, 110)));
        assert_eq!(timeline.open_counts(0, 20, 6), [0, 2, 2, 3, 3, 3]);
    }

    #[test]
    fn what_befell_one_case_keeps_its_order() {
        let timeline = timeline(&[
            glance(1, 1, 100, live(100)),
            // Another seat's clock is behind.
            glance(2, 1, 90, Change::Ends),
            glance(3, 1, 95, Change::Opens),
        ]);
        assert!(open(&timeline, 99).is_empty());
        assert_eq!(timeline.open_at(100), [(CaseId(1), 3)]);
    }

    #[test]
    fn what_comes_late_is_put_into_its_place() {
        let mut timeline = timeline(&[glance(1, 1, 10, live(10)), glance(2, 1, 50, Change::Ends)]);
        timeline.extend(&[glance(3, 2, 60, imported(20, None))]).unwrap();
        timeline.settle();
        assert_eq!(open(&timeline, 30), [1, 2]);
        assert_eq!(open(&timeline, 60), [2]);
        // What it has already is not taken in twice.
        timeline.extend(&[glance(3, 2, 60, imported(20, None))]).unwrap();
        timeline.settle();
        assert_eq!(timeline.events.len(), 3);
    }

    #[test]
    fn kept_lists_stay_within_their_bytes() {
        let mut timeline = Timeline::with_limits(4, 4_000);
        let glances: Vec<Glance> = (1..=2_000).map(|i| glance(i, i, i, live(i))).collect();
        timeline.extend(&glances).unwrap();
        timeline.settle();
        assert!(timeline.marks_bytes() <= 20_000, "{}", timeline.marks_bytes());
        for at in [0, 1, 77, 1_999, 2_000, 9_999] {
            assert_eq!(timeline.open_at(at).len() as i64, at.min(2_000));
        }
    }

    #[test]
    fn a_journal_that_can_not_be_is_refused_with_its_entry() {
        let mut timeline = Timeline::default();
        timeline.extend(&[glance(1, 1, 1, live(1))]).unwrap();
        let wrong = [glance(2, 1 << 40, 2, live(2)), glance(1 << 40, 2, 2, live(2))];
        for wrong in wrong {
            assert_eq!(timeline.extend(&[wrong]), Err(TooLong(wrong.seq)));
        }
        timeline.settle();
        assert_eq!(open(&timeline, 5), [1]);
    }
}
