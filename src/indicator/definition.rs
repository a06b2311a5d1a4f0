//! What an indicator is: its name, its rule, and its formula, which is one of a small closed set.

use std::collections::HashMap;

use crate::case::{CaseId, CodeKind, Codes, End, Fact, Judged, Steps, TimedStep, TooManyCodes};
use crate::town::{Centre, Class, Level, Name};

use super::period::Against;

/// By which moment cases belong to a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cohort {
    /// They were reported in it.
    Reported,
    /// They ended in it: closed, refused, merged or taken back.
    Ended,
    /// They were first dispatched in it.
    Dispatched,
    /// They were open at its end, or are now where it has not ended yet.
    Open,
}

impl Cohort {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Reported, Self::Ended, Self::Dispatched, Self::Open];

    /// The word that stands for it in data.
    pub fn code(self) -> &'static str {
        ["reported", "ended", "dispatched", "open"][self as usize]
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cohort| cohort.code() == text)
    }
}

/// Something that holds of a case or not, seen from the cut-off: the end of the period, or now where that comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Closed as rectified or removed, before the cut-off.
    Closed,
    /// Not accepted.
    Refused,
    /// Another case stands for it.
    Merged,
    /// Reported by mistake and taken back.
    Withdrawn,
    /// Its life, or a part of it, happened here: it was not imported with its ending.
    Here,
    /// Its first dispatch was neither sent on nor handed back.
    FirstRight,
    /// Settled by the grid or the community (M11: "small matters do not leave the community").
    InCommunity,
    /// Settled below the joint meeting (M11: "big ones do not leave the sub-district").
    InSubDistrict,
    /// Of class B, and settled by the community itself (M14).
    Direct,
    /// It has a deadline, or its file says whether it was in time.
    HasDeadline,
    /// Ended before its deadline.
    InTime,
    /// Open at the cut-off, with its deadline past and its clock running.
    Overdue,
    /// Its rectification was sent back at least once.
    SentBack,
    /// It was sent on or handed back at least once.
    Moved,
    /// It was opened again at least once.
    Reopened,
    /// The same item was reported from the same spot not long before.
    Repeat,
    /// A step was taken, and whether that was in time is known.
    Judged(TimedStep),
    /// A step was taken, each time within its limit.
    StepInTime(TimedStep),
}

impl Condition {
    /// All of them, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        use Condition::{
            Closed, Direct, FirstRight, HasDeadline, Here, InCommunity, InSubDistrict, InTime, Merged, Moved,
            Overdue, Refused, Reopened, Repeat, SentBack, Withdrawn,
        };
        let plain = [
            Closed,
            Refused,
            Merged,
            Withdrawn,
            Here,
            FirstRight,
            InCommunity,
            InSubDistrict,
            Direct,
            HasDeadline,
            InTime,
            Overdue,
            SentBack,
            Moved,
            Reopened,
            Repeat,
        ];
        let of_steps = TimedStep::ALL
            .into_iter()
            .flat_map(|step| [Self::Judged(step), Self::StepInTime(step)]);
        plain.into_iter().chain(of_steps)
    }

    /// The word that stands for it in data.
    pub fn code(self) -> String {
        let plain = match self {
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Merged => "merged",
            Self::Withdrawn => "withdrawn",
            Self::Here => "here",
            Self::FirstRight => "first-right",
            Self::InCommunity => "in-community",
            Self::InSubDistrict => "in-sub-district",
            Self::Direct => "direct",
            Self::HasDeadline => "has-deadline",
            Self::InTime => "in-time",
            Self::Overdue => "overdue",
            Self::SentBack => "sent-back",
            Self::Moved => "moved",
            Self::Reopened => "reopened",
            Self::Repeat => "repeat",
            Self::Judged(step) => return format!("{}-judged", step.code()),
            Self::StepInTime(step) => return format!("{}-in-time", step.code()),
        };
        plain.to_owned()
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::all().find(|condition| condition.code() == text)
    }

    /// Whether it says how a case ended: of these, at most one holds.
    pub fn is_ending(self) -> bool {
        matches!(
            self,
            Self::Closed | Self::Refused | Self::Merged | Self::Withdrawn | Self::Overdue
        )
    }

    /// Whether it holds of a case. `cutoff_ms` is the cut-off; `repeat` whether the case is a repeat, which can't be seen
    /// from it alone.
    pub fn holds(self, fact: &Fact, cutoff_ms: i64, repeat: bool) -> bool {
        let ended = !fact.is_open_at(cutoff_ms);
        match self {
            Self::Closed => fact.end == End::Closed && ended,
            Self::Refused => fact.end == End::Refused && ended,
            Self::Merged => fact.end == End::Merged && ended,
            // Taken back is as if it had never been, also before it was.
            Self::Withdrawn => fact.end == End::Withdrawn,
            Self::Here => !fact.elsewhere,
            Self::FirstRight => fact.dispatched_ms.is_some() && fact.first_right,
            Self::InCommunity => fact.level <= Level::Community,
            Self::InSubDistrict => fact.level <= Level::Street,
            Self::Direct => fact.class == Class::B && fact.level <= Level::Community,
            Self::HasDeadline => fact.due_ms.is_some() || fact.in_time.is_some(),
            Self::InTime => ended && in_time(fact),
            Self::Overdue => {
                let due = fact.due_ms.is_some_and(|due| due <= cutoff_ms);
                due && !ended && fact.end != End::Suspended
            }
            Self::SentBack => fact.sent_back > 0,
            Self::Moved => fact.moved > 0,
            Self::Reopened => fact.reopened > 0,
            Self::Repeat => repeat,
            Self::Judged(step) => matches!(fact.steps.now[step as usize], Judged::InTime | Judged::Late),
            Self::StepInTime(step) => fact.steps.now[step as usize] == Judged::InTime,
        }
    }
}

/// Whether a case ended before its deadline. What an imported file says goes before its times.
fn in_time(fact: &Fact) -> bool {
    if fact.elsewhere
        && let Some(in_time) = fact.in_time
    {
        return in_time;
    }
    match (fact.ended_ms, fact.due_ms) {
        (Some(ended), Some(due)) => ended < due,
        _ => false,
    }
}

/// Which cases are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// By which moment they belong to the period.
    pub cohort: Cohort,
    /// All of these hold.
    pub is: Vec<Condition>,
    /// None of these holds.
    pub not: Vec<Condition>,
}

impl Set {
    /// Whether a case of the cohort is in it.
    pub fn holds(&self, fact: &Fact, cutoff_ms: i64, repeat: bool) -> bool {
        let holds = |condition: &Condition| condition.holds(fact, cutoff_ms, repeat);
        self.is.iter().all(holds) && !self.not.iter().any(holds)
    }
}

/// What is made of many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// The arithmetic mean.
    Mean,
    /// The middle one; between two, halfway.
    Median,
    /// The smallest one that nine in ten do not exceed.
    P90,
}

/// How an indicator is counted.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// How many cases are in the set.
    Count(Set),
    /// The share of the set for which the conditions hold.
    Share {
        /// What holds of the part.
        part: Vec<Condition>,
        /// The whole.
        among: Set,
    },
    /// Time from the report to the end, by the wall clock.
    Time {
        /// Which figure of it.
        statistic: Statistic,
        /// Of these cases.
        of: Set,
    },
    /// So many days less the mean time of the set.
    Saved {
        /// How long it took before.
        before_days: f64,
        /// The cases.
        of: Set,
    },
    /// Alarms that were acknowledged or shelved, for each seat where somebody did or signed in.
    AlarmsPerSeat,
    /// By how many percent another indicator has changed.
    Change {
        /// Its id.
        of: String,
        /// Against which period.
        against: Against,
    },
    /// By how many percentage points another indicator, a share, has changed.
    Points {
        /// Its id.
        of: String,
        /// Against which period.
        against: Against,
    },
    /// One indicator divided by another of the same unit.
    Ratio {
        /// Its id.
        of: String,
        /// The id of the divisor.
        to: String,
    },
    /// One indicator less another of the same unit.
    Difference {
        /// Its id.
        of: String,
        /// The id of what is taken away.
        minus: String,
    },
}

impl Formula {
    /// The set of cases that it looks at; `None` where it is made of other indicators, or of alarms.
    pub fn set(&self) -> Option<&Set> {
        match self {
            Self::Count(set)
            | Self::Share { among: set, .. }
            | Self::Time { of: set, .. }
            | Self::Saved { of: set, .. } => Some(set),
            _ => None,
        }
    }

    /// The ids of the indicators that it is made of.
    pub fn parts(&self) -> Vec<&str> {
        match self {
            Self::Change { of, .. } | Self::Points { of, .. } => vec![of],
            Self::Ratio { of, to: other } | Self::Difference { of, minus: other } => vec![of, other],
            _ => Vec::new(),
        }
    }

    /// Every condition that it looks at.
    pub fn conditions(&self) -> impl Iterator<Item = Condition> {
        let part = match self {
            Self::Share { part, .. } => part.as_slice(),
            _ => &[],
        };
        let set = self.set();
        let is = set.map_or(&[][..], |set| &set.is);
        let not = set.map_or(&[][..], |set| &set.not);
        part.iter().chain(is).chain(not).copied()
    }
}

/// What a value is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Cases.
    Cases,
    /// Percent, 0 to 100 for shares.
    Percent,
    /// Percentage points.
    Points,
    /// Hours by the wall clock.
    Hours,
    /// Days of 24 hours.
    Days,
    /// Alarms for each seat.
    PerSeat,
    /// A plain number.
    Number,
}

impl Unit {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Cases,
        Self::Percent,
        Self::Points,
        Self::Hours,
        Self::Days,
        Self::PerSeat,
        Self::Number,
    ];

    /// The word that stands for it in data, and the last part of its key in the words of the interface.
    pub fn code(self) -> &'static str {
        [
            "cases", "percent", "points", "hours", "days", "per-seat", "number",
        ][self as usize]
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.code() == text)
    }
}

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The more the better.
    More,
    /// The less the better.
    Less,
    /// Neither.
    Neutral,
}

impl Direction {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::More, Self::Less, Self::Neutral];

    /// The word that stands for it in data.
    pub fn code(self) -> &'static str {
        ["more", "less", "neutral"][self as usize]
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|direction| direction.code() == text)
    }
}

/// What a value should lie in. Colour is for what lies outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// At least so much.
    pub min: Option<f64>,
    /// At most so much.
    pub max: Option<f64>,
}

impl Band {
    /// Whether a value lies outside.
    pub fn is_out(&self, value: f64) -> bool {
        self.min.is_some_and(|min| value < min) || self.max.is_some_and(|max| value > max)
    }
}

/// One indicator.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its stable id, such as `disposition-rate`.
    pub id: String,
    /// What it is called.
    pub name: Name,
    /// What it tells, in a few words.
    pub words: Name,
    /// By which rule it is counted: which cases, which clock, which cut-off, what of cases that still run.
    pub rule: Name,
    /// Where the rule comes from.
    pub source: String,
    /// How it is counted.
    pub formula: Formula,
    /// What its value is counted in.
    pub unit: Unit,
    /// So many decimals are shown.
    pub decimals: u8,
    /// Which way is good.
    pub direction: Direction,
    /// What is out of order.
    pub band: Option<Band>,
    /// A worked example, which a test works again.
    pub example: Example,
}

/// A worked example: a few cases, and what comes out.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The example in words.
    pub words: Name,
    /// The period: see [`super::Period::parse`].
    pub period: String,
    /// With which it is compared.
    pub against: Option<Against>,
    /// What comes out, to the decimals that are shown.
    pub value: f64,
    /// By how much it has changed, to one decimal.
    pub change: Option<f64>,
    /// The cases.
    pub cases: Vec<ExampleCase>,
    /// Alarms that were answered: the seat and when, milliseconds since 1970 UTC.
    pub alarms: Vec<(String, i64)>,
}

/// So many like cases of an example. Times are UTC; milliseconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub struct ExampleCase {
    /// How many.
    pub count: u32,
    /// When they were reported.
    pub reported_ms: i64,
    /// When they ended.
    pub ended_ms: Option<i64>,
    /// How they stand.
    pub end: End,
    /// When they were to be settled.
    pub due_ms: Option<i64>,
    /// When they were first dispatched.
    pub dispatched_ms: Option<i64>,
    /// Whether the first dispatch was right.
    pub right: bool,
    /// Their class.
    pub class: Class,
    /// The level that settles them; that of the class where `None`.
    pub level: Option<Level>,
    /// How often they were sent back.
    pub sent_back: u8,
    /// How often they were opened again.
    pub reopened: u8,
    /// The step that was judged, and whether in time.
    pub step: Option<(TimedStep, Judged)>,
    /// A number for their spot; 0 for none.
    pub spot: u32,
}

impl Example {
    /// The cases of the example as facts, numbered from 1.
    ///
    /// # Errors
    /// None in practice: an example has one item.
    pub fn facts(&self) -> Result<(Vec<Fact>, Codes), TooManyCodes> {
        let mut codes = Codes::default();
        let item = codes.id(CodeKind::Item, "item")?;
        let mut facts = Vec::new();
        for case in &self.cases {
            for _ in 0..case.count {
                let id = CaseId(facts.len() as i64 + 1);
                facts.push(case.fact(id, item));
            }
        }
        Ok((facts, codes))
    }
}

impl ExampleCase {
    fn fact(&self, case: CaseId, item: u16) -> Fact {
        let mut steps = Steps::default();
        if let Some((step, judged)) = self.step {
            steps.now[step as usize] = judged;
        }
        Fact {
            case,
            reported_ms: self.reported_ms,
            ended_ms: self.ended_ms,
            due_ms: self.due_ms,
            dispatched_ms: self.dispatched_ms,
            end: self.end,
            class: self.class,
            centre: Centre::Grid,
            source: crate::case::Source::Patrol,
            level: self.level.unwrap_or(Level::of(self.class)),
            area: 0,
            item,
            unit: 0,
            imported: false,
            elsewhere: false,
            first_right: self.right,
            in_time: None,
            steps,
            sent_back: self.sent_back,
            moved: u8::from(self.dispatched_ms.is_some() && !self.right),
            reopened: self.reopened,
            twins: 0,
            spot: self.spot,
        }
    }
}

/// All indicators, in the order of their files.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    list: Vec<Definition>,
    by_id: HashMap<String, usize>,
}

impl Definitions {
    /// Indexes definitions that were checked: see [`super::load`].
    pub(super) fn new(list: Vec<Definition>) -> Self {
        let by_id = list.iter().enumerate().map(|(i, d)| (d.id.clone(), i)).collect();
        Self { list, by_id }
    }

    /// The one with that id.
    pub fn get(&self, id: &str) -> Option<&Definition> {
        self.by_id.get(id).map(|i| &self.list[*i])
    }

    /// Whether it is counted from cases, as everything that it is made of, so that its cases can be told apart by class, place
    /// and so on. False where there is no such indicator.
    pub fn is_of_cases(&self, id: &str) -> bool {
        self.get(id).is_some_and(|definition| {
            let formula = &definition.formula;
            let parts = formula.parts();
            (formula.set().is_some() || !parts.is_empty())
                && parts.into_iter().all(|part| self.is_of_cases(part))
        })
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Definition> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl<'a> IntoIterator for &'a Definitions {
    type Item = &'a Definition;
    type IntoIter = std::slice::Iter<'a, Definition>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
