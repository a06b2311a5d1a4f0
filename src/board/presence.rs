//! Where units were last, as far as the journal tells: who arrives at a case or rectifies it was at its point then, and so
//! was a patrol that reported one. Nothing else is known of anybody's whereabouts.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::case::{Action, Case, CaseId, Entry, Source};
use crate::town::{Handler, Town, Wgs84};

/// From this age on a last known place looks stale: a matter takes about so long, and a unit has gone on by then.
pub const STALE_AFTER: TimeDelta = TimeDelta::hours(2);

/// At most so many places are kept for each unit.
const SEEN_MOST: usize = 200;

/// What told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// It reported a case on patrol.
    Report,
    /// It arrived at a case.
    Arrive,
    /// It rectified a case.
    Rectify,
}

/// A unit was at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Where.
    pub at: Wgs84,
    /// When.
    pub when: DateTime<Utc>,
    /// Of which case.
    pub case: CaseId,
    /// What told it.
    pub by: By,
}

impl Seen {
    /// How old that is at `now`; not less than nothing.
    pub fn age(&self, now: DateTime<Utc>) -> TimeDelta {
        (now - self.when).max(TimeDelta::zero())
    }

    /// Whether it is so old that the unit has probably gone on.
    pub fn is_stale(&self, now: DateTime<Utc>) -> bool {
        self.age(now) >= STALE_AFTER
    }
}

/// Where units were, each from its first known place to its last.
#[derive(Clone, Debug, Default)]
pub struct Presence {
    seen: HashMap<Handler, Vec<Seen>>,
    /// The last entry that was taken in; `None` until the past was read, and entries wait for that.
    seq: Option<i64>,
    version: u64,
}

/// Who was where, if an entry tells. `case` is the case after the entry.
pub fn sighting(entry: &Entry, case: &Case, town: &Town) -> Option<(Handler, Seen)> {
    let at = case.place.point().filter(|at| at.is_valid())?;
    let acting = Handler::Post(entry.actor.clone());
    let by = match &entry.action {
        Action::Arrive { .. } => By::Arrive,
        Action::Rectify { .. } => By::Rectify,
        // What was read from a file is an old story; and somebody at a seat is in the hall, whoever was on patrol.
        Action::Report(report) if report.source == Source::Patrol && report.origin.is_none() => By::Report,
        _ => return None,
    };
    let in_hall = town
        .post(&entry.actor)
        .is_none_or(|post| post.role.is_of_the_hall());
    let who = match (by, in_hall) {
        (By::Report, true) => return None,
        (By::Report, false) => acting,
        // The hall notes down what the unit tells; else the unit that has it acts itself.
        _ => case.handler.clone().unwrap_or(acting),
    };
    let seen = Seen {
        at,
        when: entry.at,
        case: entry.case,
        by,
    };
    Some((who, seen))
}

impl Presence {
    /// Starts over with what is known up to the entry with that number.
    pub fn begin(&mut self, sightings: Vec<(Handler, Seen)>, seq: i64) {
        self.seen.clear();
        self.seq = Some(seq);
        for (who, seen) in sightings {
            self.add(who, seen);
        }
        self.version += 1;
    }

    /// Takes in one more entry; `case` is the case after it. Entries that are known already change nothing, and so do
    /// those that come before the past was read: they are read with it.
    pub fn apply(&mut self, entry: &Entry, case: &Case, town: &Town) {
        if self.seq.is_none_or(|seq| entry.seq <= seq) {
            return;
        }
        self.seq = Some(entry.seq);
        if let Some((who, seen)) = sighting(entry, case, town) {
            self.add(who, seen);
            self.version += 1;
        }
    }

    fn add(&mut self, who: Handler, seen: Seen) {
        let all = self.seen.entry(who).or_default();
        // Other seats' clocks may go a little wrong: the order is that of the times.
        let place = all.partition_point(|other| other.when <= seen.when);
        all.insert(place, seen);
        if all.len() > SEEN_MOST {
            all.remove(0);
        }
    }

    /// The last known place of each unit at `now`, in no particular order. What comes later is not known yet.
    pub fn last(&self, now: DateTime<Utc>) -> impl Iterator<Item = (&Handler, &Seen)> {
        self.seen.iter().filter_map(move |(who, all)| {
            let last = all.partition_point(|seen| seen.when <= now).checked_sub(1)?;
            Some((who, all.get(last)?))
        })
    }

    /// The places of each unit from `since` to `now`, in order; units with none are left out.
    pub fn traces(
        &self,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (&Handler, &[Seen])> {
        self.seen.iter().filter_map(move |(who, all)| {
            let first = all.partition_point(|seen| seen.when < since);
            let end = all.partition_point(|seen| seen.when <= now);
            let part = all.get(first..end)?;
            (!part.is_empty()).then_some((who, part))
        })
    }

    /// A number that grows with every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether the past was read.
    pub fn is_known(&self) -> bool {
        self.seq.is_some()
    }
}

/// What the last entries of a book tell: who was where, and the number of the last entry of all.
pub type Sightings = (Vec<(Handler, Seen)>, i64);

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::case::{Stage, Whereabouts};
    use crate::town::{Centre, Class};

    fn town() -> Town {
        Town::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan")).unwrap()
    }

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + 60 * minutes, 0).unwrap()
    }

    fn entry(seq: i64, actor: &str, when: DateTime<Utc>, action: Action) -> Entry {
        Entry {
            seq,
            case: CaseId(7),
            version: 3,
            at: when,
            actor: actor.into(),
            seat: "1".into(),
            action,
        }
    }

    fn arrive() -> Action {
        Action::Arrive { note: String::new() }
    }

    fn case(town: &Town, handler: Option<Handler>) -> Case {
        Case {
            id: CaseId(7),
            version: 3,
            stage: Stage::InHand,
            item: "".into(),
            class: Class::A,
            centre: Centre::Grid,
            severity: 3,
            place: Whereabouts::Point {
                at: town.center,
                stated: "".into(),
                grid: None,
            },
            source: Source::Patrol,
            text: "".into(),
            reported_at: at(0),
            due_at: None,
            updated_at: at(0),
            ended_at: None,
            handler,
            origin: None,
            life: Default::default(),
        }
    }

    #[test]
    fn who_arrives_was_at_the_case_and_not_who_noted_it_down() {
        let town = town();
        let team = Handler::Team(town.teams[0].code.as_str().into());
        let dispatcher = town.posts.iter().find(|p| p.role.is_of_the_hall()).unwrap();
        let noted = entry(5, &dispatcher.code, at(10), arrive());
        let (who, seen) = sighting(&noted, &case(&town, Some(team.clone())), &town).unwrap();
        assert_eq!((who, seen.by, seen.when), (team, By::Arrive, at(10)));
        let closed = Action::Close { note: String::new() };
        let closed = entry(6, &dispatcher.code, at(11), closed);
        assert!(sighting(&closed, &case(&town, None), &town).is_none());
    }

    #[test]
    fn the_last_place_is_the_last_before_now_and_grows_stale() {
        let town = town();
        let team = Handler::Team(town.teams[0].code.as_str().into());
        let case = case(&town, Some(team));
        let mut presence = Presence::default();
        presence.apply(&entry(1, "D1", at(0), arrive()), &case, &town);
        assert!(!presence.is_known() && presence.last(at(60)).next().is_none());
        presence.begin(Vec::new(), 1);
        for (seq, minutes) in [(2, 10), (4, 30), (3, 20), (5, 20)] {
            presence.apply(&entry(seq, "D1", at(minutes), arrive()), &case, &town);
        }
        let last = |now| presence.last(now).next().map(|(_, seen)| seen.clone());
        assert_eq!(last(at(25)).unwrap().when, at(20));
        let newest = last(at(60)).unwrap();
        assert_eq!(newest.when, at(30));
        assert!(!newest.is_stale(at(149)) && newest.is_stale(at(150)));
        assert!(last(at(5)).is_none());
        // The entry that came late and was known already is not there twice.
        let (_, trace) = presence.traces(at(0), at(60)).next().unwrap();
        assert_eq!(trace.len(), 3);
    }
}
