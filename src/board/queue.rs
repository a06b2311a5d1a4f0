//! The live queue of open cases: one sorted list for each class and centre, and the moments of their clocks.

use chrono::{DateTime, Utc};

use super::Live;
use crate::case::CaseId;
use crate::town::{Centre, Class};

/// A case's place in a queue: by the time of the clock that runs out first, cases without one last, then by number.
type Rank = (DateTime<Utc>, CaseId);

fn rank(live: &Live) -> Rank {
    let due = live.deadline.map_or(DateTime::<Utc>::MAX_UTC, |d| d.due);
    (due, live.case.id)
}

fn amber_from(live: &Live) -> Option<DateTime<Utc>> {
    live.deadline.map(|deadline| deadline.soon)
}

/// Open cases in the order in which they are due. The due times stand in a list of their own, so that the numbers can
/// be lent out as a slice and the deadlines searched without looking up any case.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Queue {
    ids: Vec<CaseId>,
    due: Vec<DateTime<Utc>>,
}

impl Queue {
    fn sorted(mut ranks: Vec<Rank>) -> Self {
        ranks.sort_unstable();
        let (due, ids) = ranks.into_iter().unzip();
        Self { ids, due }
    }

    /// All of these cases, sorted once.
    pub(super) fn of<'a>(cases: impl IntoIterator<Item = &'a Live>) -> Self {
        Self::sorted(cases.into_iter().map(rank).collect())
    }

    pub(super) fn ids(&self) -> &[CaseId] {
        &self.ids
    }

    pub(super) fn insert(&mut self, live: &Live) {
        let rank = rank(live);
        if let Err(i) = self.find(rank) {
            self.due.insert(i, rank.0);
            self.ids.insert(i, rank.1);
        }
    }

    pub(super) fn remove(&mut self, live: &Live) {
        if let Ok(i) = self.find(rank(live)) {
            self.due.remove(i);
            self.ids.remove(i);
        }
    }

    /// Where the case stands, or where it would.
    fn find(&self, (due, id): Rank) -> Result<usize, usize> {
        let first = self.due.partition_point(|d| *d < due);
        let same = self.due[first..].partition_point(|d| *d == due);
        match self.ids[first..first + same].binary_search(&id) {
            Ok(i) => Ok(first + i),
            Err(i) => Err(first + i),
        }
    }

    /// How many of them are overdue at `now`.
    pub(super) fn overdue(&self, now: DateTime<Utc>) -> usize {
        self.due.partition_point(|due| *due <= now)
    }
}

/// Sets of centres that a list is kept for: each centre, and all of them.
const SETS: usize = Centre::ALL.len() + 1;

fn set(centre: Option<Centre>) -> usize {
    centre.map_or(SETS - 1, |c| c as usize)
}

/// The queues of each class, for each centre and for all; and when each case turns amber.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Queues {
    by_class: [[Queue; SETS]; Class::ALL.len()],
    /// When each case with a deadline turns amber, sorted.
    amber: [Vec<DateTime<Utc>>; SETS],
}

impl Queues {
    /// The queues of all of these cases, each sorted once.
    pub(super) fn sorted<'a>(cases: impl Iterator<Item = &'a Live>) -> Self {
        let mut ranks: [[Vec<Rank>; SETS]; Class::ALL.len()] = Default::default();
        let mut amber: [Vec<DateTime<Utc>>; SETS] = Default::default();
        for live in cases {
            for set in [set(Some(live.case.centre)), set(None)] {
                ranks[live.case.class as usize][set].push(rank(live));
                amber[set].extend(amber_from(live));
            }
        }
        amber.iter_mut().for_each(|moments| moments.sort_unstable());
        Self {
            by_class: ranks.map(|sets| sets.map(Queue::sorted)),
            amber,
        }
    }

    pub(super) fn get(&self, class: Class, centre: Option<Centre>) -> &Queue {
        &self.by_class[class as usize][set(centre)]
    }

    pub(super) fn insert(&mut self, live: &Live) {
        for set in [set(Some(live.case.centre)), set(None)] {
            self.by_class[live.case.class as usize][set].insert(live);
            if let Some(moment) = amber_from(live) {
                let moments = &mut self.amber[set];
                moments.insert(moments.partition_point(|m| *m < moment), moment);
            }
        }
    }

    pub(super) fn remove(&mut self, live: &Live) {
        for set in [set(Some(live.case.centre)), set(None)] {
            self.by_class[live.case.class as usize][set].remove(live);
            // Moments are alike: whichever of the equal ones goes, the same list is left.
            if let Some(moment) = amber_from(live)
                && let Ok(i) = self.amber[set].binary_search(&moment)
            {
                self.amber[set].remove(i);
            }
        }
    }

    pub(super) fn overdue(&self, centre: Option<Centre>, now: DateTime<Utc>) -> usize {
        Class::ALL
            .into_iter()
            .map(|class| self.get(class, centre).overdue(now))
            .sum()
    }

    pub(super) fn soon(&self, centre: Option<Centre>, now: DateTime<Utc>) -> usize {
        // Every overdue case has turned amber before, or in the same moment.
        self.amber[set(centre)].partition_point(|m| *m <= now) - self.overdue(centre, now)
    }
}
