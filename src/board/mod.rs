//! The live situation: all open cases in memory, with the indexes that the views need.
//!
//! One entry of the journal changes it in O(log n) steps and a move of memory: the case leaves the indexes and comes back. A frame reads it and sorts nothing.

pub mod map;
pub mod near;
pub mod presence;
mod queue;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rustc_hash::FxHashMap;

use crate::case::clock::{self, Deadline};
use crate::case::rise;
use crate::case::{Action, Case, CaseId, ClockState, Entry, FoldError, Stage, TimeLeft, Whereabouts};
use crate::town::{Answerable, Centre, Class, Handler, ItemId, Town};

use map::MapIndex;
pub use map::{AreaCount, AreaKey, MapPoint, PointsSeen, mercator};
use near::NearIndex;
pub use near::{Trace, Within};
use presence::{Presence, Sightings};
use queue::{Queue, Queues};

/// An open case, with what the town knows about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// The case.
    pub case: Case,
    /// Its item; `None` where the catalogue no longer has it.
    pub item: Option<ItemId>,
    /// Who answers for its point or area. Empty outside the town, and where the place is known in words only.
    pub answerable: Answerable,
    /// The clock that runs out first: that of its step, or of the whole case.
    pub deadline: Option<Deadline>,
}

impl Live {
    fn new(case: Case, town: &Town) -> Self {
        let item = town.catalogue.id(&case.item);
        let answerable = match &case.place {
            // An old case keeps the places in which it lay when it was reported.
            Whereabouts::Point { at, grid, .. } if at.is_valid() => {
                town.answerable_then(*at, grid.as_deref(), case.reported_at)
            }
            Whereabouts::Area { code, .. } => town
                .place_now(code)
                .map(|place| town.answerable_in(place))
                .unwrap_or_default(),
            _ => Answerable::default(),
        };
        Self {
            item,
            answerable,
            deadline: clock::next_deadline(&case, &town.calendar, town.timezone),
            case,
        }
    }

    /// How the clock that runs out first stands at `now`.
    pub fn time_left(&self, now: DateTime<Utc>) -> TimeLeft {
        self.deadline.map_or(
            TimeLeft {
                state: ClockState::Still,
                left: None,
                used: 0.0,
            },
            |deadline| deadline.time_left(now),
        )
    }
}

/// How many open cases stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// 待受理
    pub reported: usize,
    /// 待派遣
    pub accepted: usize,
    /// 已派遣 and 处置中
    pub in_hand: usize,
    /// 待核查
    pub to_verify: usize,
    /// 待结案
    pub to_close: usize,
    /// 已挂账
    pub suspended: usize,
    /// All of them.
    pub total: usize,
    /// All of them, and those that were merged into them.
    pub raw: usize,
}

/// What an entry did to the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The board has it.
    Done,
    /// The case had ended and is not on the board: whoever wants it has to read it from the journal, and to
    /// [`Board::insert`] it.
    NotHere,
}

/// All open cases, and what the views ask about them.
#[derive(Debug, Default)]
pub struct Board {
    /// In boxes, because they are moved about more often than looked at while a book is opened.
    live: FxHashMap<CaseId, Box<Live>>,
    queues: Queues,
    /// By centre and stage, each in the order of its `ALL`.
    stages: [[usize; Stage::ALL.len()]; Centre::ALL.len()],
    /// By centre: how many cases were merged into open ones.
    twins: [usize; Centre::ALL.len()],
    /// What each post or team has in hand.
    hands: HashMap<Handler, Queue>,
    map: MapIndex,
    near: NearIndex,
    /// When cases move by themselves.
    wakes: BTreeSet<(DateTime<Utc>, CaseId)>,
    presence: Presence,
    generation: u64,
}

/// Whom the case keeps busy: whoever it was sent to and who helps, until it is rectified.
fn busy(case: &Case) -> impl Iterator<Item = &Handler> {
    let working = matches!(case.stage, Stage::Dispatched | Stage::InHand);
    case.handler
        .iter()
        .chain(&case.life.helpers)
        .filter(move |_| working)
}

fn wake(case: &Case) -> Option<(DateTime<Utc>, CaseId)> {
    rise::wakes(case).map(|(at, _)| (at, case.id))
}

/// About what an open case and its places in the indexes take in memory.
pub const LIVE_BYTES: usize = 400;

/// So many cases are worth a second thread.
const MANY: usize = 2_000;

/// Does both, each on a thread of its own where that is worth it.
fn beside<A: Send + Default, B>(
    worth_it: bool,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B,
) -> (A, B) {
    if !worth_it {
        return (one(), other());
    }
    let mut one = Some(one);
    let mut do_one = || one.take().map(|one| one()).unwrap_or_default();
    let (first, second) = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("board".to_owned());
        let thread = thread.spawn_scoped(scope, &mut do_one);
        let second = other();
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(first)) => (Some(first), second),
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => {
                tracing::info!("one thread makes the board: {error}");
                (None, second)
            }
        }
    });
    (first.unwrap_or_else(do_one), second)
}

/// What the town knows about the open ones of these cases, in their order. Of many, two threads do one half each: it is
/// most of what a start waits for.
#[expect(clippy::vec_box, reason = "they go into the board in these boxes")]
fn all_live(mut cases: Vec<Case>, town: &Town) -> Vec<Box<Live>> {
    let half = |cases: Vec<Case>| -> Vec<Box<Live>> {
        let open = cases.into_iter().filter(|case| case.stage.is_open());
        open.map(|case| Box::new(Live::new(case, town))).collect()
    };
    let many = cases.len() >= MANY;
    let rest = cases.split_off(cases.len() / 2);
    let (rest, mut all) = beside(many, || half(rest), || half(cases));
    all.extend(rest);
    all
}

impl Board {
    /// The board of these cases; those that have ended are left out, and of two with one number the later stays.
    pub fn new(cases: Vec<Case>, town: &Town) -> Self {
        let mut live: FxHashMap<CaseId, Box<Live>> =
            FxHashMap::with_capacity_and_hasher(cases.len(), Default::default());
        // The map's points keep the order in which the cases come, so that one journal gives one board.
        let mut order = Vec::with_capacity(cases.len());
        for one in all_live(cases, town) {
            let id = one.case.id;
            if live.insert(id, one).is_none() {
                order.push(id);
            }
        }
        let all: Vec<&Live> = order
            .iter()
            .filter_map(|id| live.get(id))
            .map(Box::as_ref)
            .collect();
        let many = all.len() >= MANY;
        let near_and_queues = || (NearIndex::of(&all, town), Queues::sorted(all.iter().copied()));
        let ((near, queues), mut board) = beside(many, near_and_queues, || Self::of(&all, town));
        board.near = near;
        board.queues = queues;
        board.live = live;
        board
    }

    /// A board of all that is counted and shown of these cases, but for themselves, their queues and what lies near to what.
    fn of(all: &[&Live], town: &Town) -> Self {
        let mut board = Self::default();
        let mut hands: HashMap<Handler, Vec<&Live>> = HashMap::new();
        for live in all {
            board.map.insert(live, town);
            board.count(&live.case, 1);
            board.wakes.extend(wake(&live.case));
            for handler in busy(&live.case) {
                hands.entry(handler.clone()).or_default().push(live);
            }
        }
        board.hands = hands
            .into_iter()
            .map(|(handler, cases)| (handler, Queue::of(cases)))
            .collect();
        board
    }

    /// Takes in one more entry. A report opens a case here unless it tells of one that has ended; a case that ends leaves.
    ///
    /// # Errors
    /// Where the entry does not follow from what the board has; the board is left as it was.
    pub fn apply(&mut self, entry: &Entry, town: &Town) -> Result<Applied, FoldError> {
        let Some(live) = self.live.get(&entry.case) else {
            if !matches!(entry.action, Action::Report(_)) {
                return Ok(Applied::NotHere);
            }
            let case = Case::open(entry)?;
            self.presence.apply(entry, &case, town);
            self.insert(case, town);
            return Ok(Applied::Done);
        };
        let mut case = live.case.clone();
        case.apply(entry)?;
        self.presence.apply(entry, &case, town);
        self.insert(case, town);
        Ok(Applied::Done)
    }

    /// Counts a case in, or out with -1.
    fn count(&mut self, case: &Case, by: isize) {
        let stage = &mut self.stages[case.centre as usize][case.stage as usize];
        *stage = stage.saturating_add_signed(by);
        let twins = &mut self.twins[case.centre as usize];
        *twins = twins.saturating_add_signed(by * case.life.twins.len() as isize);
    }

    /// Adds a case, in place of one with the same number. A case that has ended is not kept.
    pub fn insert(&mut self, case: Case, town: &Town) {
        self.remove(case.id);
        if !case.stage.is_open() {
            return;
        }
        self.generation += 1;
        self.count(&case, 1);
        self.wakes.extend(wake(&case));
        let live = Live::new(case, town);
        self.queues.insert(&live);
        self.map.insert(&live, town);
        self.near.insert(&live.case, town);
        for handler in busy(&live.case) {
            self.hands.entry(handler.clone()).or_default().insert(&live);
        }
        self.live.insert(live.case.id, Box::new(live));
    }

    /// Takes a case away, and gives it back if it was there.
    pub fn remove(&mut self, id: CaseId) -> Option<Live> {
        let live = self.live.remove(&id)?;
        self.generation += 1;
        self.count(&live.case, -1);
        if let Some(wake) = wake(&live.case) {
            self.wakes.remove(&wake);
        }
        self.queues.remove(&live);
        self.map.remove(&live.case);
        self.near.remove(id);
        for handler in busy(&live.case) {
            if let Some(queue) = self.hands.get_mut(handler) {
                queue.remove(&live);
                if queue.ids().is_empty() {
                    self.hands.remove(handler);
                }
            }
        }
        Some(*live)
    }

    /// An open case.
    pub fn get(&self, id: CaseId) -> Option<&Live> {
        self.live.get(&id).map(Box::as_ref)
    }

    /// All open cases, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Live> {
        self.live.values().map(Box::as_ref)
    }

    /// How many cases are open.
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Starts over with these cases. The generation grows, so that every view looks again.
    pub fn reset(&mut self, cases: Vec<Case>, town: &Town) {
        let generation = self.generation + 1;
        *self = Self {
            generation,
            ..Self::new(cases, town)
        };
    }

    /// Where units were last, as far as the journal tells; nothing until the past was read.
    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// Takes in where units were in the past.
    pub fn begin_presence(&mut self, (sightings, seq): Sightings) {
        self.presence.begin(sightings, seq);
    }

    /// The same with another generation, for whoever shows several boards in turn: a view looks again where it differs.
    pub fn of_generation(self, generation: u64) -> Self {
        Self { generation, ..self }
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// A number that grows with every change, so that a view knows when to look again.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Open cases of a class, of one centre or of all, by due time, those without a deadline last.
    pub fn queue(&self, class: Class, centre: Option<Centre>) -> &[CaseId] {
        self.queues.get(class, centre).ids()
    }

    /// How many open cases of one centre, or of all, stand where.
    pub fn counts(&self, centre: Option<Centre>) -> Counts {
        let of = |stage: Stage| match centre {
            Some(centre) => self.stages[centre as usize][stage as usize],
            None => self.stages.iter().map(|by_stage| by_stage[stage as usize]).sum(),
        };
        let mut counts = Counts {
            reported: of(Stage::Reported),
            accepted: of(Stage::Accepted),
            in_hand: of(Stage::Dispatched) + of(Stage::InHand),
            to_verify: of(Stage::Rectified),
            to_close: of(Stage::Verified),
            suspended: of(Stage::Suspended),
            total: 0,
            raw: 0,
        };
        counts.total = counts.reported
            + counts.accepted
            + counts.in_hand
            + counts.to_verify
            + counts.to_close
            + counts.suspended;
        let twins = match centre {
            Some(centre) => self.twins[centre as usize],
            None => self.twins.iter().sum(),
        };
        counts.raw = counts.total + twins;
        counts
    }

    /// How many open cases of one centre, or of all, are overdue at `now`. A few binary searches.
    pub fn overdue(&self, centre: Option<Centre>, now: DateTime<Utc>) -> usize {
        self.queues.overdue(centre, now)
    }

    /// The cases that move by themselves at `now` or before, the longest due first.
    pub fn waking(&self, now: DateTime<Utc>) -> impl Iterator<Item = CaseId> {
        self.wakes
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .map(|(_, id)| *id)
    }

    /// When the next case moves by itself; `None` where none does.
    pub fn next_wake(&self) -> Option<DateTime<Utc>> {
        self.wakes.first().map(|(at, _)| *at)
    }

    /// The open cases that are overdue at `now`, class by class, the longest first.
    pub fn overdue_cases(&self, now: DateTime<Utc>) -> impl Iterator<Item = CaseId> {
        Class::ALL.into_iter().flat_map(move |class| {
            let queue = self.queues.get(class, None);
            queue.ids()[..queue.overdue(now)].iter().copied()
        })
    }

    /// The open cases whose clock ran out after `since` and at `now` or before. A few binary searches.
    pub fn due_between(&self, since: DateTime<Utc>, now: DateTime<Utc>) -> impl Iterator<Item = CaseId> {
        Class::ALL.into_iter().flat_map(move |class| {
            let queue = self.queues.get(class, None);
            let end = queue.overdue(now);
            queue.ids()[queue.overdue(since).min(end)..end].iter().copied()
        })
    }

    /// How many open cases of one centre, or of all, are soon due (amber) at `now`. A few binary searches.
    pub fn soon(&self, centre: Option<Centre>, now: DateTime<Utc>) -> usize {
        self.queues.soon(centre, now)
    }

    /// How many cases the post or team has in hand: sent to it and not yet rectified.
    pub fn load(&self, handler: &Handler) -> u32 {
        self.cases_of(handler).len() as u32
    }

    /// The cases that the post or team has in hand, by due time, those without a deadline last.
    pub fn cases_of(&self, handler: &Handler) -> &[CaseId] {
        self.hands.get(handler).map_or(&[], Queue::ids)
    }

    /// Open cases whose point is known, in no particular order.
    pub fn points(&self) -> &[MapPoint] {
        &self.map.points
    }

    /// The point of an open case, where it has one.
    pub fn point(&self, id: CaseId) -> Option<&MapPoint> {
        self.map.point(id)
    }

    /// How far [`Self::points`] have come, to be given to [`Self::points_since`] later.
    pub fn points_seen(&self) -> PointsSeen {
        self.map.changes.seen()
    }

    /// The cases whose points have come, changed or gone since then, some of them several times; `None` where that is too
    /// long ago, or was another board: then all points are to be read.
    pub fn points_since(&self, seen: PointsSeen) -> Option<impl Iterator<Item = CaseId>> {
        self.map.changes.since(seen)
    }

    /// Visits open cases of the item's domain that lie there, in no particular order, without looking at others.
    pub fn visit_near(&self, town: &Town, item: ItemId, within: Within<'_>, visit: &mut dyn FnMut(&Trace)) {
        self.near.visit(town, item, within, visit);
    }

    /// Areas that open cases are known to be in, nothing nearer: the town's places first, then areas elsewhere by name.
    pub fn areas(&self) -> impl Iterator<Item = (&AreaKey, &AreaCount)> {
        self.map.areas.iter()
    }

    /// How many open cases have a place in words only, or one that this town does not know.
    pub fn unplaced(&self) -> usize {
        self.map.unplaced
    }
}
