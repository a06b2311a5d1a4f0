//! What figures need of a case: one flat [`Fact`], kept up to date with every entry.
//!
//! A fact follows from the entries of its case and from the town as it stood when they were made ([`Standing`]): the
//! areas from that of the report, whether a step was in time from that of the step. So a boundary that is moved later
//! moves no old case.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::town::{Around, Calendar, Centre, Class, Level, PlaceKind, Standing};

use super::clock::{self, ClockState};
use super::{Action, Case, CaseId, Entry, FoldError, Folding, Kept, Report, Source, Stage, Whereabouts};

/// How a case stands, or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// It is open.
    Open,
    /// It is open, and its clock stands.
    Suspended,
    /// 已结案: closed as rectified or removed.
    Closed,
    /// 不予受理
    Refused,
    /// 已并案
    Merged,
    /// 已撤销
    Withdrawn,
}

impl End {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Open,
        Self::Suspended,
        Self::Closed,
        Self::Refused,
        Self::Merged,
        Self::Withdrawn,
    ];

    /// How a case in this stage stands.
    pub fn of(stage: Stage) -> Self {
        match stage {
            Stage::Closed => Self::Closed,
            Stage::Refused => Self::Refused,
            Stage::Merged => Self::Merged,
            Stage::Withdrawn => Self::Withdrawn,
            Stage::Suspended => Self::Suspended,
            _ => Self::Open,
        }
    }

    /// Whether the case still needs somebody.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Suspended)
    }
}

/// Moments further than this from 1970 are taken to be so far: some 4,400 years, what 48 bits hold. Milliseconds.
pub const FAR_MS: i64 = (1 << 47) - 1;

/// A moment as facts hold it: milliseconds since 1970 UTC, at most [`FAR_MS`] away.
pub fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis().clamp(-FAR_MS, FAR_MS)
}

/// A step that has a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimedStep {
    /// 受理, or 不予受理
    Accept,
    /// 派遣
    Dispatch,
    /// 到场
    Arrive,
    /// 整改
    Rectify,
    /// 核查, whichever way it goes
    Verify,
}

impl TimedStep {
    /// All five, in the order of a case's way.
    pub const ALL: [Self; 5] = [
        Self::Accept,
        Self::Dispatch,
        Self::Arrive,
        Self::Rectify,
        Self::Verify,
    ];

    /// The word that stands for it in data.
    pub fn code(self) -> &'static str {
        ["accept", "dispatch", "arrive", "rectify", "verify"][self as usize]
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == text)
    }

    /// The step that `action` takes from `stage`, where it is one of the five.
    fn of(stage: Stage, action: &Action) -> Option<Self> {
        Some(match (stage, action) {
            (Stage::Reported, Action::Accept { .. } | Action::Refuse { .. }) => Self::Accept,
            (Stage::Accepted, Action::Dispatch { .. }) => Self::Dispatch,
            (Stage::Dispatched, Action::Arrive { .. }) => Self::Arrive,
            (Stage::InHand, Action::Rectify { .. }) => Self::Rectify,
            (Stage::Rectified, Action::Verify { .. } | Action::SendBack { .. }) => Self::Verify,
            _ => return None,
        })
    }
}

/// Whether a step was taken within its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Judged {
    /// It was not taken, or had no limit.
    #[default]
    Not,
    /// Each time within its limit.
    InTime,
    /// Its limit counts working time, and the calendar does not know all the days.
    Unknown,
    /// Not within its limit, at least once.
    Late,
}

/// How the steps of a case were judged, in the order of [`TimedStep::ALL`]; and before its last entry, which an undo brings back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// Now.
    pub now: [Judged; 5],
    /// Before the last entry.
    pub before: [Judged; 5],
}

impl Steps {
    /// After one more entry. `case` is as it was before it; `standing` is the town as it stood then.
    #[must_use]
    pub fn after(self, case: &Case, entry: &Entry, standing: Option<&Standing>) -> Self {
        let mut now = match entry.action {
            Action::Undo { .. } => self.before,
            _ => self.now,
        };
        if let Some((step, judged)) = judge(case, entry, standing) {
            let slot = &mut now[step as usize];
            *slot = judged.max(*slot);
        }
        Self {
            now,
            before: self.now,
        }
    }
}

/// Whether the step that `entry` takes is within its limit: whether the hall showed its clock as run out then. `None`
/// where it has no limit.
fn judge(case: &Case, entry: &Entry, standing: Option<&Standing>) -> Option<(TimedStep, Judged)> {
    let step = TimedStep::of(case.stage, &entry.action)?;
    let no_calendar = Calendar::default();
    let (calendar, tz) = match standing {
        Some(standing) => (&standing.calendar, standing.timezone),
        None => (&no_calendar, chrono_tz::UTC),
    };
    let mut term = clock::step_term(case, calendar, tz)?;
    // To the millisecond, as facts and entries are, so that a case judges alike whether its report is at hand or not.
    term.from = DateTime::from_timestamp_millis(millis(term.from)).unwrap_or(term.from);
    let judged = if !term.knows(entry.at) {
        Judged::Unknown
    } else if term.deadline().state(entry.at) == ClockState::Overdue {
        Judged::Late
    } else {
        Judged::InTime
    };
    Some((step, judged))
}

/// What figures need of a case. Items, units and areas are numbers of a list: see [`Codes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The case.
    pub case: CaseId,
    /// When it was reported; milliseconds since 1970 UTC.
    pub reported_ms: i64,
    /// When it was closed, refused, merged or taken back. `None` while it is open, and where an imported file does not say.
    pub ended_ms: Option<i64>,
    /// When it is, or was, to be settled.
    pub due_ms: Option<i64>,
    /// When it was first dispatched.
    pub dispatched_ms: Option<i64>,
    /// How it stands, or ended.
    pub end: End,
    /// Its class.
    pub class: Class,
    /// Its centre.
    pub centre: Centre,
    /// By which way it came.
    pub source: Source,
    /// The level that settles it: that of its class, or the one that it has risen to.
    pub level: Level,
    /// Number of its [`Area`].
    pub area: u16,
    /// Number of its item.
    pub item: u16,
    /// Number of who has it in hand, or had it last.
    pub unit: u16,
    /// Whether it came with an import.
    pub imported: bool,
    /// Whether nothing of its life happened here: it was imported with its ending.
    pub elsewhere: bool,
    /// Whether its first dispatch was neither sent on nor handed back.
    pub first_right: bool,
    /// Whether it ended in time, where an imported file says so.
    pub in_time: Option<bool>,
    /// How its steps were judged.
    pub steps: Steps,
    /// How often its rectification was sent back; 255 for more.
    pub sent_back: u8,
    /// How often it was sent on or handed back; 255 for more.
    pub moved: u8,
    /// How often it was opened again; 255 for more.
    pub reopened: u8,
    /// For how many other cases it stands; 255 for more.
    pub twins: u8,
    /// Its spot: see [`spot`]; 0 where its point is not known.
    pub spot: u32,
}

impl Fact {
    /// What a report says; `area` is the number of its area. Whatever its life changes comes by [`Self::take`].
    ///
    /// # Errors
    /// [`TooManyCodes`].
    pub fn of_report(
        case: CaseId,
        report: &Report,
        area: u16,
        codes: &mut Codes,
    ) -> Result<Self, TooManyCodes> {
        let (stage, ended) = Case::opening(report);
        let mut fact = Self::blank(case, report, area);
        fact.imported = report.origin.is_some();
        fact.elsewhere = report.outcome.is_some();
        fact.in_time = report.outcome.as_ref().and_then(|outcome| outcome.in_time);
        fact.end = End::of(stage);
        fact.ended_ms = ended.map(millis);
        fact.due_ms = report.due_at.map(millis);
        fact.class = report.class;
        fact.centre = report.centre;
        fact.level = Level::of(report.class);
        fact.item = codes.id(CodeKind::Item, &report.item)?;
        Ok(fact)
    }

    fn blank(case: CaseId, report: &Report, area: u16) -> Self {
        Self {
            case,
            reported_ms: millis(report.reported_at),
            ended_ms: None,
            due_ms: None,
            dispatched_ms: None,
            end: End::Open,
            class: Class::A,
            centre: Centre::Grid,
            source: report.source,
            level: Level::Grid,
            area,
            item: 0,
            unit: 0,
            imported: false,
            elsewhere: false,
            first_right: false,
            in_time: None,
            steps: Steps::default(),
            sent_back: 0,
            moved: 0,
            reopened: 0,
            twins: 0,
            spot: spot(&report.place),
        }
    }

    /// Takes in what the case's life has made of it: all that can change but the steps.
    ///
    /// # Errors
    /// [`TooManyCodes`].
    pub fn take(&mut self, kept: &Kept, codes: &mut Codes) -> Result<(), TooManyCodes> {
        let life = &kept.life;
        let of_class = Level::of(kept.class);
        let small = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
        self.elsewhere = false;
        self.end = End::of(kept.stage);
        self.ended_ms = kept.ended_at.map(millis);
        self.due_ms = kept.due_at.map(millis);
        self.class = kept.class;
        self.centre = kept.centre;
        self.level = life.level.map_or(of_class, |risen| risen.max(of_class));
        self.item = codes.id(CodeKind::Item, &kept.item)?;
        self.unit = match &kept.handler {
            Some(handler) => codes.id(CodeKind::Unit, &handler.to_string())?,
            None => 0,
        };
        self.dispatched_ms = life.first_dispatch.as_ref().map(|first| millis(first.at));
        self.first_right = life.first_dispatch.as_ref().is_some_and(|first| first.right);
        self.sent_back = small(life.sent_back.into());
        self.moved = small(usize::from(life.sent_on) + life.handed_back.len());
        self.reopened = small(life.reopened.into());
        self.twins = small(life.twins.len());
        Ok(())
    }

    /// From the report to its end. `None` while it is open, and where the end is not known.
    pub fn span_ms(&self) -> Option<i64> {
        Some(self.ended_ms? - self.reported_ms)
    }

    /// Whether it was open at that moment.
    pub fn is_open_at(&self, at_ms: i64) -> bool {
        self.reported_ms < at_ms
            && match self.ended_ms {
                Some(ended) => ended >= at_ms,
                // A file that does not say when a case ended says that it has.
                None => self.end.is_open(),
            }
    }
}

/// A case on its way through its whole history, with how its steps were judged.
#[derive(Clone, Debug)]
pub struct Recount {
    /// The case so far, which also checks that undos bring back what was there.
    pub folding: Folding,
    /// Its steps so far.
    pub steps: Steps,
    base: Fact,
}

impl Recount {
    /// Begins with the report. `standing` is the town as it stood then.
    ///
    /// # Errors
    /// Where the entry is no report.
    pub fn open(entry: &Entry, standing: Option<&Standing>, codes: &mut Codes) -> Result<Self, RecountError> {
        let folding = Folding::open(entry)?;
        let Action::Report(report) = &entry.action else {
            let (seq, case) = (entry.seq, entry.case);
            return Err(FoldError::NotReported { seq, case }.into());
        };
        Ok(Self {
            base: Fact::of_report(
                entry.case,
                report,
                Area::id(&report.place, standing, codes)?,
                codes,
            )?,
            folding,
            steps: Steps::default(),
        })
    }

    /// Takes in one more entry. `standing` is the town as it stood then.
    ///
    /// # Errors
    /// Where the entry does not follow.
    pub fn apply(&mut self, entry: &Entry, standing: Option<&Standing>) -> Result<(), FoldError> {
        let steps = self.steps.after(&self.folding.case, entry, standing);
        self.folding.apply(entry)?;
        self.steps = steps;
        Ok(())
    }

    /// The fact of the case as it stands.
    ///
    /// # Errors
    /// [`TooManyCodes`].
    pub fn fact(&self, codes: &mut Codes) -> Result<Fact, TooManyCodes> {
        let case = &self.folding.case;
        let mut fact = self.base;
        if case.version > 1 {
            fact.take(&case.kept(), codes)?;
            fact.steps = self.steps;
        }
        Ok(fact)
    }
}

/// Why a case can't be counted again.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RecountError {
    /// An entry does not follow.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// See [`TooManyCodes`].
    #[error(transparent)]
    Codes(#[from] TooManyCodes),
}

/// The places around a case, by code, as they were when it was reported; empty where there is none, or none is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// 社区
    pub community: Arc<str>,
    /// 基础网格
    pub base_grid: Arc<str>,
    /// 党建网格
    pub party_grid: Arc<str>,
    /// 街区
    pub block: Arc<str>,
}

impl Area {
    /// The number of the area around `place`; 0 where nothing of it is known.
    ///
    /// # Errors
    /// [`TooManyCodes`].
    pub fn id(
        place: &Whereabouts,
        standing: Option<&Standing>,
        codes: &mut Codes,
    ) -> Result<u16, TooManyCodes> {
        match standing.and_then(|standing| Some(Self::code(standing, &Self::around(place, standing)?))) {
            Some(code) => codes.id(CodeKind::Area, &code),
            None => Ok(0),
        }
    }

    /// The places around `place`. Where somebody said on which side of a boundary it lies, that holds. Of an area, only the
    /// places that contain all of it are known.
    pub fn around(place: &Whereabouts, standing: &Standing) -> Option<Around> {
        let places = &standing.places;
        match place {
            Whereabouts::Point { at, grid, .. } if at.is_valid() => {
                let side = grid.as_deref().and_then(|code| places.by_code(code));
                Some(standing.around(*at, side))
            }
            Whereabouts::Area { code, .. } => Some(standing.above(places.by_code(code)?)),
            _ => None,
        }
    }

    /// The codes of four of these places as one text, which [`Self::parse`] reads; empty where there are none.
    pub fn code(standing: &Standing, around: &Around) -> String {
        let kinds = [
            PlaceKind::Community,
            PlaceKind::BaseGrid,
            PlaceKind::PartyGrid,
            PlaceKind::Block,
        ];
        if kinds.iter().all(|kind| around[*kind as usize].is_none()) {
            return String::new();
        }
        let code = |kind: PlaceKind| around[kind as usize].map_or("", |id| &standing.places.get(id).code);
        kinds.map(code).join("\t")
    }

    /// Reads [`Self::code`]. What is missing is empty.
    pub fn parse(code: &str) -> Self {
        let mut parts = code.split('\t').map(Arc::from);
        let mut next = || parts.next().unwrap_or_default();
        Self {
            community: next(),
            base_grid: next(),
            party_grid: next(),
            block: next(),
        }
    }
}

/// Degrees of a side of a spot: about 50 m north to south, and about 46 m west to east in Shenzhen.
pub const SPOT_DEGREES: f64 = 0.000_45;

/// The spot that a point lies in, a square of a lattice over the globe that is told apart within 29 degrees. 0 where the
/// point is not known.
pub fn spot(place: &Whereabouts) -> u32 {
    let Some(at) = place.point().filter(|at| at.is_valid()) else {
        return 0;
    };
    let along = |degrees: f64| ((degrees / SPOT_DEGREES).floor() as i64 & 0xffff) as u32;
    (along(at.lon) << 16 | along(at.lat)).max(1)
}

/// What the numbers in facts stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeKind {
    /// Codes of items.
    Item,
    /// Handlers as text.
    Unit,
    /// [`Area::code`].
    Area,
}

impl CodeKind {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Item, Self::Unit, Self::Area];
}

/// More than 65,535 items, units or areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are more than 65,535 different items, units or areas")]
pub struct TooManyCodes;

/// Lists of codes: a fact holds places in them. Place 0 is the empty code. Only ever appended to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    lists: [Vec<Arc<str>>; 3],
    places: [HashMap<Arc<str>, u16>; 3],
}

impl Default for Codes {
    fn default() -> Self {
        let none: Arc<str> = Arc::default();
        Self {
            lists: std::array::from_fn(|_| vec![none.clone()]),
            places: std::array::from_fn(|_| HashMap::from([(none.clone(), 0)])),
        }
    }
}

impl Codes {
    /// The place of `code`, which is appended where it is new.
    ///
    /// # Errors
    /// [`TooManyCodes`].
    pub fn id(&mut self, kind: CodeKind, code: &str) -> Result<u16, TooManyCodes> {
        let (list, places) = (&mut self.lists[kind as usize], &mut self.places[kind as usize]);
        if let Some(place) = places.get(code) {
            return Ok(*place);
        }
        let place = u16::try_from(list.len()).map_err(|_| TooManyCodes)?;
        let code: Arc<str> = code.into();
        list.push(code.clone());
        places.insert(code, place);
        Ok(place)
    }

    /// The code at a place; the empty one where there is none.
    pub fn get(&self, kind: CodeKind, place: u16) -> &str {
        self.lists[kind as usize]
            .get(usize::from(place))
            .map_or("", |code| code)
    }

    /// All codes of a kind; the first is the empty one.
    pub fn all(&self, kind: CodeKind) -> &[Arc<str>] {
        &self.lists[kind as usize]
    }

    /// The place of a code that is there.
    pub fn find(&self, kind: CodeKind, code: &str) -> Option<u16> {
        self.places[kind as usize].get(code).copied()
    }
}
