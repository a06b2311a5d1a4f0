//! Those who answer in a drill: whoever reports, the units, the verifiers, the duty leader, and an automatic dispatcher
//! where nobody sits at the desk.
//!
//! They read the journal ([`People::hear`]) and give commands to the desk when their time has come ([`People::act`]); they
//! do nothing else. What they do with a matter depends on its own dice, so that all that differs between two drills of one
//! seed follows from what the desk did.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::dice::{Dice, Topic};
use super::dispatcher::{Dispatcher, desk_at, leader_at, verifier_at};
use super::life::{Life, Truth};
use super::photo;
use super::scenario::Scenario;
use super::units::{self, Answer, Job};
use crate::board::Board;
use crate::case::{Action, Case, CaseId, Duty, Entry, Photo, PhotoPhase, Request, Source, Stage, Step};
use crate::desk::{Args, Cases, Command, Order};
use crate::store::PhotoFile;
use crate::town::Town;

/// The seat that simulated people act from.
pub const SEAT: &str = "drill";
/// So many matters are remembered, to which duplicates can be merged.
const NUMBERS: usize = 4096;
/// The catalogue's word for items that ask for photos of before and after.
const EVIDENCE: &str = "before_after_photo";
/// What could not be done is tried again after so long.
const RETRY: TimeDelta = TimeDelta::minutes(1);
/// Limits of what may be asked for, far below the desk's own.
const EXTEND_MOST_HOURS: f64 = 240.0;
const SUSPEND_MOST_DAYS: f64 = 60.0;
/// So long a matter of a quota is suspended, in days: as long as the desk allows.
const QUOTA_SUSPEND_DAYS: i64 = 179;

/// The situation that people look at.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The standing world.
    pub town: &'a Town,
    /// The open cases.
    pub board: &'a Board,
    /// Where cases are found, also such that have ended a short while ago.
    pub cases: &'a dyn Cases,
    /// The hall beside its cases.
    pub duty: &'a Duty,
    /// The time.
    pub now: DateTime<Utc>,
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Accept,
    Dispatch,
    HandBack,
    Arrive,
    AskExtend,
    AskSuspend,
    Decide,
    Settle,
    Verify,
    SendBack,
    Close,
    Answer,
    Reopen,
    /// The next step of a matter's plan.
    Planned,
}

/// When somebody wants to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Due {
    at: DateTime<Utc>,
    /// Of two at one moment, the one that was thought of first comes first.
    order: u64,
    case: CaseId,
    /// Holds as long as the matter's turn is this one.
    turn: u32,
    deed: Deed,
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// A matter that people have to do with.
#[derive(Clone, Debug)]
struct Matter {
    truth: Truth,
    /// Grows with every step that makes what was intended void.
    turn: u32,
    /// How many steps of its plan are taken.
    planned: usize,
    /// Whether it took a multiple of its time.
    late: bool,
}

/// A command that somebody gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// The command.
    pub command: Command,
    /// The files of the photos that it names.
    pub photos: Vec<PhotoFile>,
    cause: Cause,
}

/// What somebody gives a command for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// To report the matter of that number.
    Report(u64),
    /// To do what was due.
    Due(Due),
}

/// A report that came to nothing.
#[derive(Clone, Debug)]
struct Again {
    /// When it is given again.
    at: DateTime<Utc>,
    command: Command,
    truth: Truth,
}

/// All people of a drill but a trainee.
#[derive(Debug)]
pub struct People {
    seed: u64,
    scenario: Arc<Scenario>,
    life: Life,
    dispatcher: Option<Dispatcher>,
    queue: BinaryHeap<Reverse<Due>>,
    order: u64,
    matters: HashMap<CaseId, Matter>,
    /// Reports that were given and are not in the journal yet, in order.
    awaited: VecDeque<Truth>,
    /// Reports that are to be given again, in order.
    again: VecDeque<Again>,
    /// Cases by the numbers of matters, of the last [`NUMBERS`].
    numbers: HashMap<u64, CaseId>,
    numbered: VecDeque<u64>,
}

impl People {
    /// The people of a scenario. Without a dispatcher, somebody else has to accept and to dispatch.
    pub fn new(
        scenario: Arc<Scenario>,
        town: &Town,
        seed: u64,
        cases: Option<u64>,
        dispatcher: Option<Dispatcher>,
    ) -> Self {
        Self {
            seed,
            life: Life::new(scenario.clone(), town, seed, cases),
            scenario,
            dispatcher,
            queue: BinaryHeap::new(),
            order: 0,
            matters: HashMap::new(),
            awaited: VecDeque::new(),
            again: VecDeque::new(),
            numbers: HashMap::new(),
            numbered: VecDeque::new(),
        }
    }

    /// When somebody wants to do something next; `None` where nothing more will happen by itself.
    pub fn next_at(&self) -> Option<DateTime<Utc>> {
        let due = self.queue.peek().map(|Reverse(due)| due.at);
        let again = self.again.front().map(|again| again.at);
        [due, again, self.life.next_at()].into_iter().flatten().min()
    }

    /// How many reports are still to come, without those of quotas.
    pub fn cases(&self) -> u64 {
        self.life.cases
    }

    /// What is done next, where its time has come by now; `None` where nothing is to be done, or where what was intended
    /// has become void: ask again until [`Self::next_at`] lies ahead.
    pub fn act(&mut self, world: &World<'_>) -> Option<Act> {
        if let Some(again) = self.again.pop_front_if(|again| again.at <= world.now) {
            return Some(self.report(again.command, again.truth));
        }
        let due = self.queue.peek().map(|Reverse(due)| due.at);
        let report = self.life.next_at();
        if report.is_some_and(|at| at <= world.now && due.is_none_or(|due| at <= due)) {
            let incident = self.life.next(world.town)?;
            let command = Command {
                actor: incident.actor,
                seat: SEAT.into(),
                order: Order::Report(incident.report),
            };
            return Some(self.report(command, incident.truth));
        }
        if due.is_none_or(|due| due > world.now) {
            return None;
        }
        let Reverse(due) = self.queue.pop()?;
        let matter = self.matters.get(&due.case)?;
        if matter.turn != due.turn {
            return None;
        }
        let matter = matter.clone();
        let Some(case) = world.cases.case(due.case) else {
            self.matters.remove(&due.case);
            return None;
        };
        let mut command = self.command(world, case, &matter, due)?;
        let photos = add_photos(world.town, &matter.truth, &mut command);
        Some(Act {
            command,
            photos,
            cause: Cause::Due(due),
        })
    }

    /// An act came to nothing: another seat was faster, or the desk refused it. It is tried again a little later, unless
    /// the matter has moved on by then.
    pub fn failed(&mut self, act: &Act, now: DateTime<Utc>) {
        match act.cause {
            Cause::Due(due) => self.push(due.case, due.turn, now + RETRY, due.deed),
            Cause::Report(n) => {
                let again = |truth| Again {
                    at: now + RETRY,
                    command: act.command.clone(),
                    truth,
                };
                let again = self.no_longer_awaited(n).map(again);
                self.again.extend(again);
            }
        }
    }

    /// An act was refused for good.
    pub fn refused(&mut self, act: &Act) {
        if let Cause::Report(n) = act.cause {
            self.no_longer_awaited(n);
        }
    }

    /// Gives a report and waits for it.
    fn report(&mut self, command: Command, truth: Truth) -> Act {
        let cause = Cause::Report(truth.n);
        self.awaited.push_back(truth);
        Act {
            command,
            photos: Vec::new(),
            cause,
        }
    }

    fn no_longer_awaited(&mut self, n: u64) -> Option<Truth> {
        let index = self.awaited.iter().position(|truth| truth.n == n)?;
        self.awaited.remove(index)
    }

    fn push(&mut self, case: CaseId, turn: u32, at: DateTime<Utc>, deed: Deed) {
        self.order += 1;
        self.queue.push(Reverse(Due {
            at,
            order: self.order,
            case,
            turn,
            deed,
        }));
    }

    /// An entry was made, whoever made it; `world` is that after it. Those whom it concerns make up their minds.
    pub fn hear(&mut self, world: &World<'_>, entry: &Entry) {
        let id = entry.case;
        if id == CaseId::HALL {
            return;
        }
        let world = &World {
            now: entry.at,
            ..*world
        };
        if let Action::Report(report) = &entry.action {
            let of_life = &*entry.seat == SEAT && report.split_from.is_none();
            if let Some(truth) = of_life.then(|| self.awaited.pop_front()).flatten() {
                self.number(truth.n, id);
                self.matters.insert(id, Matter::new(truth));
            }
        }
        let Some(case) = world.cases.case(id) else {
            self.matters.remove(&id);
            return;
        };
        match &entry.action {
            Action::Extend { .. }
            | Action::Deny { .. }
            | Action::Escalate { .. }
            | Action::Absorb { .. }
            | Action::Release { .. }
            | Action::CoHandle { .. }
            | Action::Reclassify(_)
            | Action::Split { .. }
            | Action::Appraise { .. }
            | Action::Answer { .. } => {}
            Action::AskExtend { .. } | Action::AskSuspend { .. } => self.hear_request(world, case),
            _ => self.hear_turn(world, case),
        }
    }

    fn number(&mut self, n: u64, id: CaseId) {
        if self.numbered.len() == NUMBERS
            && let Some(oldest) = self.numbered.pop_front()
        {
            self.numbers.remove(&oldest);
        }
        self.numbered.push_back(n);
        self.numbers.insert(n, id);
    }

    /// Dice of a matter; every turn of it has its own.
    fn dice(&self, topic: Topic, matter: &Matter, more: u64) -> Dice {
        let n = matter.truth.n ^ (u64::from(matter.turn) << 44) ^ (more << 58);
        Dice::of(self.seed, topic, n)
    }

    fn hear_request(&mut self, world: &World<'_>, case: &Case) {
        let Some(matter) = self.matters.get(&case.id) else {
            return;
        };
        if matter.truth.plan.is_some() {
            self.plan_on(case.id);
            return;
        }
        let turn = matter.turn;
        let mut dice = self.dice(Topic::Verifier, matter, 3);
        let wait = minutes(dice.around(35.0, 0.7));
        self.push(case.id, turn, world.now + wait, Deed::Decide);
    }

    /// The case stands elsewhere now: what was intended is void, somebody else is next.
    fn hear_turn(&mut self, world: &World<'_>, case: &Case) {
        let id = case.id;
        let town = world.town;
        let matter = self
            .matters
            .entry(id)
            .or_insert_with(|| Matter::new(plain(town, case)));
        matter.turn += 1;
        if matter.truth.plan.is_some() {
            if case.stage.is_open() {
                self.plan_on(id);
            } else {
                self.matters.remove(&id);
            }
            return;
        }
        match case.stage {
            Stage::Reported => self.expect_desk(world, case, Deed::Accept),
            Stage::Accepted => self.expect_desk(world, case, Deed::Dispatch),
            Stage::Dispatched => self.expect_unit(world, case),
            Stage::InHand => self.expect_settling(world, case),
            Stage::Rectified => self.expect_verifier(world, case),
            Stage::Verified => self.expect_closure(world, case),
            Stage::Closed => self.expect_echo(world, case),
            Stage::Suspended => {}
            Stage::Refused | Stage::Merged | Stage::Withdrawn => drop(self.matters.remove(&id)),
        }
    }

    /// The next step of a matter's plan, if one is left.
    fn plan_on(&mut self, id: CaseId) {
        let Some(matter) = self.matters.get(&id) else {
            return;
        };
        let steps = matter
            .truth
            .plan
            .as_ref()
            .map_or(&[][..], |plan| plan.steps.as_slice());
        // One that has come to its plan's end is kept: nothing else may become of it.
        if let Some((at, _)) = steps.get(matter.planned) {
            let (at, turn) = (*at, matter.turn);
            self.push(id, turn, at, Deed::Planned);
        }
    }

    fn expect_desk(&mut self, world: &World<'_>, case: &Case, deed: Deed) {
        let (Some(dispatcher), Some(matter)) = (self.dispatcher, self.matters.get(&case.id)) else {
            return;
        };
        let mut dice = self.dice(Topic::Dispatcher, matter, 0);
        let (at, turn) = (
            dispatcher.looks_at(world, case, self.life.scale, &mut dice),
            matter.turn,
        );
        self.push(case.id, turn, at, deed);
    }

    fn expect_unit(&mut self, world: &World<'_>, case: &Case) {
        let (Some(matter), Some(to)) = (self.matters.get(&case.id), &case.handler) else {
            return;
        };
        let mut dice = self.dice(Topic::Unit, matter, 0);
        let (at, deed) = match units::answer(world, &self.job(case, matter), to, &mut dice) {
            Answer::HandBack(at) => (at, Deed::HandBack),
            Answer::Arrive(at) => (at, Deed::Arrive),
        };
        let turn = matter.turn;
        self.push(case.id, turn, at, deed);
    }

    fn job<'a>(&'a self, case: &'a Case, matter: &'a Matter) -> Job<'a> {
        Job {
            case,
            truth: &matter.truth,
            units: &self.scenario.units,
            scale: self.life.scale,
        }
    }

    fn expect_settling(&mut self, world: &World<'_>, case: &Case) {
        let Some(matter) = self.matters.get(&case.id) else {
            return;
        };
        let turn = matter.turn;
        let mut dice = self.dice(Topic::Unit, matter, 1);
        let settled = units::settle(world, &self.job(case, matter), case.handler.as_ref(), &mut dice);
        let units = self.scenario.units;
        let part = |part: f64| {
            let long = (settled.at - world.now).num_milliseconds() as f64;
            world.now + TimeDelta::milliseconds((long * part) as i64)
        };
        // Whoever has not asked before may ask once.
        let first = case.life.pauses.is_empty() && case.life.extensions.is_empty();
        if first && dice.chance(units.suspend) {
            self.push(case.id, turn, part(0.3), Deed::AskSuspend);
        } else if first && settled.late && dice.chance(units.extend) {
            self.push(case.id, turn, part(0.4), Deed::AskExtend);
        }
        self.push(case.id, turn, settled.at, Deed::Settle);
        if let Some(matter) = self.matters.get_mut(&case.id) {
            matter.late = settled.late;
        }
    }

    fn expect_verifier(&mut self, world: &World<'_>, case: &Case) {
        let Some(matter) = self.matters.get(&case.id) else {
            return;
        };
        let mut dice = self.dice(Topic::Verifier, matter, 0);
        // Somebody looks in about half of the time that there is for it.
        let limit = world.town.catalogue.get(matter.truth.item).steps.verify;
        let at = world.now
            + minutes(
                dice.around(60.0 * limit.unwrap_or(1.5) * 0.4, 0.6)
                    .clamp(2.0, 480.0),
            );
        let worse = if matter.late { 1.6 } else { 1.0 };
        // Nobody is sent back for ever.
        let again = case.life.sent_back < 3 && dice.chance(self.scenario.units.send_back * worse);
        let deed = if again { Deed::SendBack } else { Deed::Verify };
        let turn = matter.turn;
        self.push(case.id, turn, at, deed);
    }

    fn expect_closure(&mut self, world: &World<'_>, case: &Case) {
        let Some(matter) = self.matters.get(&case.id) else {
            return;
        };
        let mut dice = self.dice(Topic::Verifier, matter, 1);
        let (at, turn) = (world.now + minutes(dice.around(3.0, 0.6)), matter.turn);
        self.push(case.id, turn, at, Deed::Close);
    }

    /// Whoever reported it is told, or finds that it is there again.
    fn expect_echo(&mut self, world: &World<'_>, case: &Case) {
        let Some(matter) = self.matters.get(&case.id) else {
            return;
        };
        let turn = matter.turn;
        let mut dice = self.dice(Topic::Verifier, matter, 2);
        let told = matches!(case.source, Source::Resident | Source::Hotline | Source::Petition);
        if case.life.reopened < 2 && dice.chance(self.scenario.units.reopen) {
            let at = world.now + minutes(dice.around(20.0 * 60.0, 0.8));
            self.push(case.id, turn, at, Deed::Reopen);
        } else if told && dice.chance(0.6) {
            let at = world.now + minutes(dice.around(90.0, 0.8));
            self.push(case.id, turn, at, Deed::Answer);
        } else {
            self.matters.remove(&case.id);
        }
    }

    /// The command of a deed; `None` where it makes no sense any more.
    fn command(&mut self, world: &World<'_>, case: &Case, matter: &Matter, due: Due) -> Option<Command> {
        let (town, now) = (world.town, world.now);
        let unit = case.handler.as_ref();
        let teller = |step| units::teller(town, case, unit, step);
        match due.deed {
            Deed::Accept => self.accept(world, case, matter, due),
            Deed::Dispatch => self.dispatch(world, case, matter, due),
            Deed::HandBack => {
                let why = if matter.truth.ours {
                    "不属本单位职责范围"
                } else {
                    "不在辖区内"
                };
                Some(step(
                    case,
                    teller(Step::HandBack),
                    Step::HandBack,
                    Args::note(why),
                ))
            }
            Deed::Arrive => Some(step(case, teller(Step::Arrive), Step::Arrive, Args::default())),
            Deed::Settle => {
                let args = Args::note(settled_words(&mut self.dice(Topic::Unit, matter, 2)));
                Some(step(case, teller(Step::Rectify), Step::Rectify, args))
            }
            Deed::AskExtend => {
                let limit = town.catalogue.get(matter.truth.item).limit_hours;
                let args = Args {
                    hours: Some((limit * 0.5).round().clamp(1.0, EXTEND_MOST_HOURS)),
                    ..Args::note("现场情况复杂,需要更多时间")
                };
                let asks = case.allows(Step::AskExtend);
                asks.then(|| step(case, teller(Step::AskExtend), Step::AskExtend, args))
            }
            Deed::AskSuspend => {
                let mut dice = self.dice(Topic::Unit, matter, 3);
                let days = dice.around(6.0, 0.8).clamp(1.0, SUSPEND_MOST_DAYS);
                let args = Args {
                    until: Some(now + minutes(days * 1440.0)),
                    ..Args::note("等待配件或第三方配合")
                };
                let asks = case.allows(Step::AskSuspend);
                asks.then(|| step(case, teller(Step::AskSuspend), Step::AskSuspend, args))
            }
            Deed::Decide => {
                let deed = match &case.life.request {
                    Some(Request::Suspend { .. }) => Step::Suspend,
                    Some(Request::Extend { .. }) => Step::Extend,
                    None => return None,
                };
                let grants = self.dice(Topic::Verifier, matter, 4).chance(0.75);
                let (deed, args) = if grants {
                    (deed, Args::default())
                } else {
                    (Step::Deny, Args::note("理由不充分,按原时限处置"))
                };
                Some(step(case, leader_at(town, now), deed, args))
            }
            Deed::Verify => Some(step(case, verifier_at(town, now), Step::Verify, Args::default())),
            Deed::SendBack => {
                let args = Args::note("整改不到位,请重新处置");
                Some(step(case, verifier_at(town, now), Step::SendBack, args))
            }
            Deed::Close => Some(step(case, verifier_at(town, now), Step::Close, Args::default())),
            Deed::Answer => {
                self.matters.remove(&case.id);
                let args = Args::note("您反映的问题已处置完毕");
                Some(step(case, desk_at(town, case.centre, now), Step::Answer, args))
            }
            Deed::Reopen => {
                let args = Args::note("群众反映问题再次出现");
                Some(step(case, desk_at(town, case.centre, now), Step::Reopen, args))
            }
            Deed::Planned => self.planned(world, case, matter),
        }
    }

    /// Looks at a report: refuses it, merges it, corrects it, or accepts it.
    fn accept(&mut self, world: &World<'_>, case: &Case, matter: &Matter, due: Due) -> Option<Command> {
        let dispatcher = self.dispatcher?;
        let desk = desk_at(world.town, case.centre, world.now);
        let mut dice = self.dice(Topic::Dispatcher, matter, 1);
        let truth = &matter.truth;
        let notices = dispatcher.notices(&mut dice);
        if notices && !truth.ours {
            let args = Args {
                owner: "相邻街道".to_owned(),
                ..Args::note("不在辖区内,已告知反映人")
            };
            return Some(step(case, desk, Step::Refuse, args));
        }
        let twin = truth.same_as.and_then(|n| self.numbers.get(&n)).copied();
        let open = |id: &CaseId| world.board.get(*id).is_some() && *id != case.id;
        if notices
            && case.life.twins.is_empty()
            && let Some(twin) = twin.filter(open)
        {
            let args = Args {
                other: Some(twin),
                ..Args::note("同一事项")
            };
            return Some(step(case, desk, Step::Merge, args));
        }
        let right = &world.town.catalogue.get(truth.item).code;
        if notices && **right != *case.item {
            self.push(due.case, due.turn, world.now + RETRY, Deed::Accept);
            return Some(reclassify(case, desk, right));
        }
        Some(step(case, desk, Step::Accept, Args::default()))
    }

    /// Sends somebody. What a unit has told in handing it back is known from then on.
    fn dispatch(&mut self, world: &World<'_>, case: &Case, matter: &Matter, due: Due) -> Option<Command> {
        let dispatcher = self.dispatcher?;
        let desk = desk_at(world.town, case.centre, world.now);
        let truth = &matter.truth;
        let known = !case.life.handed_back.is_empty();
        if known && !truth.ours {
            let args = Args::note("经核实不在辖区内");
            return Some(step(case, desk, Step::Refuse, args));
        }
        let right = &world.town.catalogue.get(truth.item).code;
        if known && **right != *case.item {
            self.push(due.case, due.turn, world.now + RETRY, Deed::Dispatch);
            return Some(reclassify(case, desk, right));
        }
        let mut dice = self.dice(Topic::Dispatcher, matter, 2);
        let to = dispatcher.sends(world, case, truth, self.life.scale, known, &mut dice)?;
        let args = Args {
            to: Some(to),
            ..Args::default()
        };
        Some(step(case, desk, Step::Dispatch, args))
    }

    /// The next step of a matter's plan.
    fn planned(&mut self, world: &World<'_>, case: &Case, matter: &Matter) -> Option<Command> {
        let (town, now) = (world.town, world.now);
        let (_, next) = *matter.truth.plan.as_ref()?.steps.get(matter.planned)?;
        if let Some(matter) = self.matters.get_mut(&case.id) {
            matter.planned += 1;
        }
        let mut dice = self.dice(Topic::Dispatcher, matter, 3);
        let (actor, args) = match next {
            Step::Dispatch => {
                let best = Dispatcher { skill: 1.0 };
                let to = best.sends(world, case, &matter.truth, f64::MAX, true, &mut dice);
                let args = Args {
                    to,
                    ..Args::default()
                };
                (desk_at(town, case.centre, now), args)
            }
            Step::Arrive => (
                units::teller(town, case, case.handler.as_ref(), next),
                Args::default(),
            ),
            Step::Rectify => {
                let args = Args::note(settled_words(&mut dice));
                (units::teller(town, case, case.handler.as_ref(), next), args)
            }
            Step::Verify | Step::Close => (verifier_at(town, now), Args::default()),
            Step::AskSuspend => {
                let args = Args {
                    until: Some(now + TimeDelta::days(QUOTA_SUSPEND_DAYS)),
                    ..Args::note("等待上级协调")
                };
                (desk_at(town, case.centre, now), args)
            }
            Step::Suspend => (leader_at(town, now), Args::default()),
            _ => (desk_at(town, case.centre, now), Args::default()),
        };
        Some(step(case, actor, next, args))
    }
}

impl Matter {
    fn new(truth: Truth) -> Self {
        Self {
            truth,
            turn: 0,
            planned: 0,
            late: false,
        }
    }
}

/// A case that nobody of the drill has reported is what it says.
fn plain(town: &Town, case: &Case) -> Truth {
    Truth {
        n: (1 << 41) + case.id.0.unsigned_abs(),
        item: town.catalogue.id(&case.item).unwrap_or(crate::town::ItemId(0)),
        same_as: None,
        ours: true,
        grid: None,
        slow: 1.0,
        plan: None,
    }
}

fn step(case: &Case, actor: Arc<str>, step: Step, args: Args) -> Command {
    Command {
        actor,
        seat: SEAT.into(),
        order: Order::Move {
            case: case.id,
            based_on: case.version,
            step,
            args,
        },
    }
}

/// Adds photos to a rectification where the item asks for them, and gives their files.
fn add_photos(town: &Town, truth: &Truth, command: &mut Command) -> Vec<PhotoFile> {
    let Order::Move {
        step: Step::Rectify,
        args,
        ..
    } = &mut command.order
    else {
        return Vec::new();
    };
    if town.catalogue.get(truth.item).evidence != EVIDENCE {
        return Vec::new();
    }
    let photos = photo::of(truth.n);
    let named = |(phase, file): &(PhotoPhase, PhotoFile)| Photo {
        phase: *phase,
        hash: file.hash.clone(),
        width: file.width,
        height: file.height,
    };
    args.photos = photos.iter().map(named).collect();
    photos.into_iter().map(|(_, file)| file).collect()
}

fn reclassify(case: &Case, actor: Arc<str>, item: &str) -> Command {
    let args = Args {
        item: Some(item.into()),
        ..Args::note("按现场情况更正事项")
    };
    step(case, actor, Step::Reclassify, args)
}

fn settled_words(dice: &mut Dice) -> &'static str {
    const WORDS: [&str; 5] = [
        "已清理完毕,现场恢复",
        "已督促整改到位",
        "已拆除并清运",
        "已修复,恢复正常使用",
        "已处置,告知当事人",
    ];
    dice.pick(&WORDS).copied().unwrap_or(WORDS[0])
}

fn minutes(n: f64) -> TimeDelta {
    TimeDelta::milliseconds((n * 60_000.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_failed_is_given_again_and_the_others_are_still_awaited() {
        let town = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
        let town = Town::load(&town).unwrap();
        let path = Scenario::find("ordinary-day").unwrap();
        let scenario = Arc::new(Scenario::load(&path, &town).unwrap());
        let mut people = People::new(scenario, &town, 1, Some(9), None);
        let board = Board::default();
        let duty = Duty::default();
        let world = |now| World {
            town: &town,
            board: &board,
            cases: &board,
            duty: &duty,
            now,
        };
        let mut now = DateTime::UNIX_EPOCH;
        let mut give = |people: &mut People| {
            now = people.next_at().unwrap();
            (people.act(&world(now)).unwrap(), now)
        };
        let numbers = |people: &People| people.awaited.iter().map(|truth| truth.n).collect::<Vec<_>>();
        let (_, _) = give(&mut people);
        let (second, at) = give(&mut people);
        let (third, _) = give(&mut people);
        let all = numbers(&people);
        people.failed(&second, at);
        assert_eq!(numbers(&people), [all[0], all[2]]);
        let (again, then) = give(&mut people);
        assert_eq!((&again, then), (&second, at + RETRY));
        assert_eq!(numbers(&people), [all[0], all[2], all[1]]);
        // One that is refused for good is not.
        people.refused(&third);
        assert_eq!(numbers(&people), [all[0], all[1]]);
        assert!(people.again.is_empty());
    }
}
