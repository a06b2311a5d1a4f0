//! Alarms: what asks somebody in the hall for an action, in the sense of EEMUA 191 and ISA-18.2.
//!
//! An alarm is computed, not kept: it follows from a case and the time ([`of_case`]), and goes with its cause. Only that
//! somebody acknowledged (确认) or shelved (搁置) it is in the journal, for all seats. [`Alarms`] holds what stands now and
//! follows the board at a cost of what changed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::board::{Board, Live};
use crate::case::duty::Seen;
use crate::case::{Case, CaseId, Duty, Stage};
use crate::town::{Class, Level};

/// Alarms are counted in spans of so long, as EEMUA 191 counts them.
pub const SPAN: TimeDelta = TimeDelta::minutes(10);

/// So many alarms in one [`SPAN`] are what a person can take in steadily (EEMUA 191: about one in ten minutes).
pub const STEADY: usize = 1;

/// From so many alarms in one [`SPAN`] on it is a flood (EEMUA 191: more than ten in ten minutes).
pub const FLOOD: usize = 10;

/// How many spans the history shows.
pub const SPANS: usize = 24;

/// The clock that ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Clock {
    /// That of the whole case.
    Whole,
    /// That of the step that the case waits for in this stage.
    Step(Stage),
}

/// What an alarm is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlarmKind {
    /// A case of class D that nobody has accepted.
    Joint,
    /// A clock ran out.
    Overdue(Clock),
    /// A case rose to a level, whose queue is to see it.
    Risen(Level),
    /// A suspension ended by itself.
    Resumed,
}

impl AlarmKind {
    /// Whether it may call for attention beyond the screen (screens.md: class D and overdue only).
    pub fn calls(self) -> bool {
        matches!(self, Self::Joint | Self::Overdue(_))
    }

    fn code(self) -> &'static str {
        match self {
            Self::Joint => "joint",
            Self::Overdue(_) => "overdue",
            Self::Risen(_) => "risen",
            Self::Resumed => "resumed",
        }
    }

    /// The same for as long as the alarm is the same: `overdue:17:rectify`.
    fn key(self, case: CaseId) -> Arc<str> {
        let code = self.code();
        match self {
            Self::Joint | Self::Resumed => format!("{code}:{case}"),
            Self::Overdue(Clock::Whole) => format!("{code}:{case}:whole"),
            Self::Overdue(Clock::Step(stage)) => format!("{code}:{case}:{}", step_code(stage)),
            Self::Risen(level) => format!("{code}:{case}:{}", level.code()),
        }
        .into()
    }
}

/// The step that a case waits for in this stage.
fn step_code(stage: Stage) -> &'static str {
    match stage {
        Stage::Reported => "accept",
        Stage::Accepted => "dispatch",
        Stage::Dispatched => "arrive",
        Stage::InHand => "rectify",
        Stage::Rectified | Stage::Verified => "verify",
        other => other.code(),
    }
}

/// How soon an alarm wants an answer. The first is the most urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Priority {
    /// At once.
    High,
    /// Within the shift.
    Medium,
    /// To be known.
    Low,
}

/// Something that asks somebody in the hall for an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The same for as long as the alarm is the same; acknowledgements name it.
    pub key: Arc<str>,
    /// What it is about.
    pub kind: AlarmKind,
    /// The case.
    pub case: CaseId,
    /// When its cause came about. A later cause of the same key is a new alarm.
    pub since: DateTime<Utc>,
    /// How soon it wants an answer.
    pub priority: Priority,
}

/// How an alarm stands with those in the hall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State<'a> {
    /// Nobody has acknowledged it.
    New,
    /// Somebody has.
    Acknowledged(&'a Seen),
    /// It is put aside until the time that is given.
    Shelved(&'a Seen, DateTime<Utc>),
}

/// How `alarm` stands at `now`. An acknowledgement holds for the cause that was there when it was given; shelving ends at
/// its time, and the alarm is new again.
pub fn state<'a>(alarm: &Alarm, duty: &'a Duty, now: DateTime<Utc>) -> State<'a> {
    match duty.alarms.get(&alarm.key) {
        Some(seen) => match seen.shelved_until {
            Some(until) if now < until => State::Shelved(seen, until),
            None if seen.at >= alarm.since => State::Acknowledged(seen),
            _ => State::New,
        },
        None => State::New,
    }
}

/// The alarms of one open case at `now`, at most one of each kind.
///
/// Where the whole case is overdue, that stands for its step, too. A case of another system raises nothing until
/// somebody here has done something with it: its clock was not this hall's.
pub fn of_case(live: &Live, now: DateTime<Utc>) -> Vec<Alarm> {
    let case = &live.case;
    if case.origin.is_some() && case.version == 1 {
        return Vec::new();
    }
    let joint = (case.class == Class::D && case.stage == Stage::Reported)
        .then(|| (AlarmKind::Joint, case.stage_since(), Priority::High));
    // A case of class D that nobody has accepted asks for that from the first minute: no second alarm for the same step.
    let asks_already = |clock: Clock| joint.is_some() && clock != Clock::Whole;
    let overdue = overdue(live, now)
        .filter(|(clock, _)| !asks_already(*clock))
        .map(|(clock, since)| {
            let priority = if case.severity >= 4 {
                Priority::High
            } else {
                Priority::Medium
            };
            (AlarmKind::Overdue(clock), since, priority)
        });
    // What was done since has taken notice of it.
    let last = |at: &DateTime<Utc>| *at == case.updated_at;
    let risen =
        (case.life.risen_at.filter(last)).map(|at| (AlarmKind::Risen(case.level()), at, Priority::Medium));
    let resumed = resumed_at(case)
        .filter(last)
        .map(|at| (AlarmKind::Resumed, at, Priority::Low));
    [joint, overdue, risen, resumed]
        .into_iter()
        .flatten()
        .map(|(kind, since, priority)| Alarm {
            key: kind.key(case.id),
            kind,
            case: case.id,
            since,
            priority,
        })
        .collect()
}

fn overdue(live: &Live, now: DateTime<Utc>) -> Option<(Clock, DateTime<Utc>)> {
    let case = &live.case;
    // The clock of a suspension is no case's delay: the desk resumes it.
    if case.stage == Stage::Suspended {
        return None;
    }
    if let Some(due) = case.due_at.filter(|due| *due <= now) {
        return Some((Clock::Whole, due));
    }
    let due = live.deadline.map(|deadline| deadline.due)?;
    (due <= now).then_some((Clock::Step(case.stage), due))
}

/// When the last suspension ended because its time was over; `None` where somebody ended it.
fn resumed_at(case: &Case) -> Option<DateTime<Utc>> {
    let pause = case.life.pauses.last()?;
    pause.ended.filter(|ended| *ended >= pause.until)
}

/// The alarms that stand in the hall. Cheap to keep: one case at a time, and whichever clocks ran out since the last look.
#[derive(Clone, Debug, Default)]
pub struct Alarms {
    standing: BTreeMap<CaseId, Vec<Alarm>>,
    /// When the whole time of cases runs out whose step is overdue already.
    again: BTreeSet<(DateTime<Utc>, CaseId)>,
    /// The last look.
    looked: Option<DateTime<Utc>>,
    /// When causes came about, of the last [`SPANS`].
    raised: VecDeque<DateTime<Utc>>,
    lists: Lists,
    /// What [`Self::lists`] was made of: whether the alarms have changed since, the duty's version, the end of a shelving.
    stale: bool,
    duty_version: u32,
    shelf_ends: Option<DateTime<Utc>>,
}

/// The alarms by how they stand, each list the most urgent first, then the oldest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// Nobody has acknowledged them.
    pub new: Vec<Alarm>,
    /// Somebody has, and the cause is still there.
    pub acknowledged: Vec<Alarm>,
    /// They are put aside.
    pub shelved: Vec<Alarm>,
}

impl Alarms {
    /// Looks at every open case.
    pub fn of(board: &Board, duty: &Duty, now: DateTime<Utc>) -> Self {
        let mut alarms = Self {
            looked: Some(now),
            stale: true,
            ..Self::default()
        };
        for live in board.iter() {
            alarms.note(live, now);
        }
        alarms.raised.make_contiguous().sort_unstable();
        alarms.pass(board, duty, now);
        alarms
    }

    /// A case has changed, or has left the board.
    pub fn changed(&mut self, board: &Board, id: CaseId, now: DateTime<Utc>) {
        match board.get(id) {
            Some(live) => self.note(live, now),
            None => self.stale |= self.standing.remove(&id).is_some(),
        }
    }

    /// Time has passed, or somebody acknowledged something: brings the lists up to `now`.
    pub fn pass(&mut self, board: &Board, duty: &Duty, now: DateTime<Utc>) {
        if let Some(since) = self.looked.filter(|since| *since < now) {
            let ran_out: Vec<CaseId> = board.due_between(since, now).collect();
            let mut again = self
                .again
                .split_off(&(now + TimeDelta::nanoseconds(1), CaseId(0)));
            std::mem::swap(&mut again, &mut self.again);
            for id in ran_out.into_iter().chain(again.into_iter().map(|(_, id)| id)) {
                self.changed(board, id, now);
            }
            self.looked = Some(now);
            let oldest = now - SPAN * SPANS as i32;
            while self.raised.front().is_some_and(|at| *at <= oldest) {
                self.raised.pop_front();
            }
        }
        let ended = self.shelf_ends.is_some_and(|ends| ends <= now);
        if self.stale || ended || self.duty_version != duty.version {
            self.list(duty, now);
        }
    }

    fn note(&mut self, live: &Live, now: DateTime<Utc>) {
        let case = &live.case;
        let alarms = of_case(live, now);
        if let Some(due) = case.due_at.filter(|due| *due > now)
            && !alarms.is_empty()
        {
            self.again.insert((due, case.id));
        }
        let known = self.standing.get(&case.id).map_or(&[][..], Vec::as_slice);
        if known == alarms {
            return;
        }
        for alarm in alarms.iter().filter(|alarm| !known.contains(alarm)) {
            // Mostly the newest; what stood before the hall was opened comes in any order, and is sorted then.
            self.raised.push_back(alarm.since);
        }
        self.stale = true;
        if alarms.is_empty() {
            self.standing.remove(&case.id);
        } else {
            self.standing.insert(case.id, alarms);
        }
    }

    fn list(&mut self, duty: &Duty, now: DateTime<Utc>) {
        let mut lists = Lists::default();
        self.shelf_ends = None;
        for alarm in self.standing.values().flatten() {
            match state(alarm, duty, now) {
                State::New => &mut lists.new,
                State::Acknowledged(_) => &mut lists.acknowledged,
                State::Shelved(_, until) => {
                    self.shelf_ends = Some(self.shelf_ends.map_or(until, |ends| ends.min(until)));
                    &mut lists.shelved
                }
            }
            .push(alarm.clone());
        }
        for list in [&mut lists.new, &mut lists.acknowledged, &mut lists.shelved] {
            list.sort_unstable_by_key(|alarm| (alarm.priority, alarm.since, alarm.case, alarm.kind));
        }
        self.lists = lists;
        self.stale = false;
        self.duty_version = duty.version;
    }

    /// Whether something has changed since the lists were made, other than the time.
    pub fn is_stale(&self, duty: &Duty) -> bool {
        self.stale || self.duty_version != duty.version
    }

    /// The alarms as they stood at the last [`Self::pass`].
    pub fn lists(&self) -> &Lists {
        &self.lists
    }

    /// How many causes came about in each of the last [`SPANS`] spans, the one that ends at `now` last.
    pub fn history(&self, now: DateTime<Utc>) -> [usize; SPANS] {
        let mut bars = [0; SPANS];
        for at in &self.raised {
            let spans = (now - *at).num_milliseconds().max(0) / SPAN.num_milliseconds();
            if let Some(bar) = usize::try_from(spans)
                .ok()
                .and_then(|n| bars.iter_mut().rev().nth(n))
            {
                *bar += 1;
            }
        }
        bars
    }

    /// How many causes came about in the last [`SPAN`], where that is a flood.
    pub fn flood(&self, now: DateTime<Utc>) -> Option<usize> {
        let recent = self.history(now)[SPANS - 1];
        (recent >= FLOOD).then_some(recent)
    }
}
