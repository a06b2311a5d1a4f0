//! Drives a drill through a journal without a window: from event to event, as fast as it goes.
//!
//! The desk decides on every command; the entries are folded here as a store would fold them, and handed to the store in
//! large transactions. A journal that already holds the beginning of the same drill is gone on with: the beginning is
//! played again and compared, entry by entry.

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::dispatcher::Dispatcher;
use super::people::{People, World};
use super::review::{Review, Reviewer};
use super::scenario::Scenario;
use crate::board::Board;
use crate::case::{Action, Case, CaseId, Duty, Entry, FoldError, PhotoHash, Stage};
use crate::desk::{self, Cases, Command, Refusal, Situation, automatic};
use crate::store::{Draft, PhotoFile, Store, StoreError};
use crate::town::Town;

/// So many entries are handed to the store in one transaction.
const BATCH: usize = 4_000;
/// So many entries are read at once where the journal has some already.
const SLICE: u32 = 4_000;
/// Cases that ended are at hand for so long: then nobody opens them again or answers any more.
const REMEMBERED: TimeDelta = TimeDelta::days(21);
/// So many cases move by themselves at one moment at most; the rest follow.
const AUTOMATIC: usize = 64;

/// A drill with more cases is not reviewed: that takes memory for each of them.
pub const REVIEWED: u64 = 200_000;

/// How a drill is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// What is drawn follows from it.
    pub seed: u64,
    /// So many reports, however many the scenario would bring.
    pub cases: Option<u64>,
    /// How good the automatic dispatcher is, 0 to 1; as the scenario says where `None`.
    pub skill: Option<f64>,
    /// Until when; to the scenario's end where `None`.
    pub until: Option<DateTime<Utc>>,
}

/// How far a drill is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The drill's time.
    pub now: DateTime<Utc>,
    /// Entries so far.
    pub entries: i64,
    /// Cases so far.
    pub cases: i64,
    /// Share of the time that has passed, in thousandths.
    pub thousandths: u32,
}

/// What a drill did.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Outcome {
    /// Entries of the journal that it came to: all, unless it was stopped.
    pub entries: i64,
    /// Of those, the ones that were there before.
    pub there_before: i64,
    /// Cases.
    pub cases: i64,
    /// Of those, the ones that are open at the end.
    pub open: usize,
    /// Commands that the desk was given.
    pub commands: u64,
    /// Of those, the ones that it refused.
    pub refused: u64,
    /// The first few of its refusals, in words.
    pub refusals: Vec<String>,
    /// Until when the drill was run.
    pub until: DateTime<Utc>,
    /// Whether it was stopped before that.
    pub stopped: bool,
    /// How well the automatic dispatcher did; none of a drill with more than [`REVIEWED`] cases.
    pub review: Option<Review>,
}

/// Why a drill ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The journal is not the beginning of this drill.
    #[error(
        "entry {seq} of the book is not that of this drill: it was made with another scenario, seed, skill, town or version, or by hand; name a new file with --db"
    )]
    OtherDrill {
        /// The first entry that is another.
        seq: i64,
    },
    /// The journal goes on after the moment until which the drill was to be run.
    #[error(
        "the book goes to {last}, which is further than --until {until}: name a later moment, or a new file with --db"
    )]
    Further {
        /// When the journal's last entry was made.
        last: DateTime<Utc>,
        /// Until when the drill was to be run.
        until: DateTime<Utc>,
    },
    /// Somebody else has written into the journal meanwhile.
    #[error(
        "somebody else has written into the book while the drill ran: close the other program and start the drill again"
    )]
    Disturbed,
    /// A quota is met only with as many reports as the scenario says.
    #[error("the scenario '{0}' has quotas: with another number of cases they could not be met")]
    CasesWithQuotas(String),
    /// The store could not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The program's own fault: what time alone does is refused, so that time can't go on.
    #[error("the desk refuses what it does by itself: {0}")]
    Stuck(String),
    /// The program's own fault: an entry that does not follow.
    #[error("an entry of the drill does not follow from those before it: {0}")]
    Fold(#[from] FoldError),
}

/// Runs a drill with the automatic dispatcher and puts it into `store`. `progress` is asked now and then whether to go on.
///
/// # Errors
/// See [`DrillError`]; whole batches stay in the journal, and the drill can be gone on with.
pub fn run(
    town: &Town,
    scenario: &Arc<Scenario>,
    settings: &Settings,
    store: &mut dyn Store,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Outcome, DrillError> {
    if settings.cases.is_some() && !scenario.quotas.is_empty() {
        return Err(DrillError::CasesWithQuotas(scenario.id.clone()));
    }
    let dispatcher = Dispatcher {
        skill: settings.skill.unwrap_or(scenario.skill),
    };
    let mut people = People::new(
        scenario.clone(),
        town,
        settings.seed,
        settings.cases,
        Some(dispatcher),
    );
    let until = settings
        .until
        .map_or(scenario.until, |until| until.min(scenario.until));
    let mut run = Run::new(town, store, scenario.from)?;
    run.reviewer = (people.cases() <= REVIEWED).then(Reviewer::default);
    let stopped = run.until(&mut people, until, (scenario.from, until), progress)?;
    run.flush()?;
    if !stopped && run.seq < run.there_before {
        return Err(run.more_there(until, scenario.until)?);
    }
    Ok(Outcome {
        entries: run.seq,
        there_before: run.there_before.min(run.seq),
        cases: run.cases,
        open: run.at_hand.board.len(),
        commands: run.commands,
        refused: run.refused,
        refusals: run.refusals,
        review: run.reviewer.map(|reviewer| reviewer.review(until)),
        until,
        stopped,
    })
}

/// The cases at hand: those that are open, and those that have ended a short while ago.
#[derive(Debug, Default)]
pub struct AtHand {
    /// The open ones.
    pub board: Board,
    ended: HashMap<CaseId, Case>,
    order: VecDeque<(DateTime<Utc>, CaseId)>,
}

impl Cases for AtHand {
    fn case(&self, id: CaseId) -> Option<&Case> {
        self.board.case(id).or_else(|| self.ended.get(&id))
    }
}

impl AtHand {
    /// Takes in an entry.
    ///
    /// # Errors
    /// Where it does not follow from what is at hand.
    pub fn apply(&mut self, entry: &Entry, town: &Town) -> Result<(), FoldError> {
        let case = match self.case(entry.case) {
            None => Case::open(entry)?,
            Some(case) => {
                let mut case = case.clone();
                case.apply(entry)?;
                case
            }
        };
        if case.stage.is_open() {
            self.ended.remove(&case.id);
            self.board.insert(case, town);
        } else {
            self.board.remove(case.id);
            self.end(case, entry.at);
        }
        Ok(())
    }

    /// A case has ended.
    fn end(&mut self, case: Case, now: DateTime<Utc>) {
        self.order.push_back((now, case.id));
        self.ended.insert(case.id, case);
        while self.order.front().is_some_and(|(at, _)| now - *at > REMEMBERED) {
            let Some((_, id)) = self.order.pop_front() else {
                break;
            };
            // One that had another entry since comes again with its later turn; one that was merged is answered when
            // the other is closed, which mostly takes longer.
            let is_over = |case: &Case| {
                let waits = case.stage == Stage::Merged && case.life.answered_at.is_none();
                now - case.updated_at > REMEMBERED && !waits
            };
            if self.ended.get(&id).is_some_and(is_over) {
                self.ended.remove(&id);
            }
        }
    }
}

struct Run<'a> {
    town: &'a Town,
    store: &'a mut dyn Store,
    at_hand: AtHand,
    duty: Duty,
    now: DateTime<Utc>,
    seq: i64,
    cases: i64,
    /// Entries that the journal had before; they are compared.
    there_before: i64,
    before: VecDeque<Entry>,
    drafts: Vec<Draft>,
    /// Photos that the drafts name and the store may not have yet.
    photos: HashMap<PhotoHash, PhotoFile>,
    reviewer: Option<Reviewer>,
    commands: u64,
    refused: u64,
    refusals: Vec<String>,
}

impl<'a> Run<'a> {
    fn new(town: &'a Town, store: &'a mut dyn Store, from: DateTime<Utc>) -> Result<Self, DrillError> {
        Ok(Self {
            town,
            there_before: store.last_seq()?,
            store,
            at_hand: AtHand::default(),
            duty: Duty::default(),
            now: from,
            seq: 0,
            cases: 0,
            before: VecDeque::new(),
            drafts: Vec::with_capacity(BATCH),
            photos: HashMap::new(),
            reviewer: None,
            commands: 0,
            refused: 0,
            refusals: Vec::new(),
        })
    }

    /// Goes on until nothing more happens before `until`. Answers whether it was stopped before.
    fn until(
        &mut self,
        people: &mut People,
        until: DateTime<Utc>,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<bool, DrillError> {
        let mut told = 0;
        loop {
            let by_itself = self.at_hand.board.next_wake();
            let next = match (by_itself, people.next_at()) {
                (Some(wake), Some(deed)) => wake.min(deed),
                (Some(at), None) | (None, Some(at)) => at,
                (None, None) => return Ok(false),
            };
            if next >= until {
                return Ok(false);
            }
            // What is overdue for the desk itself may lie in the past of a case that has just become so.
            self.now = self.now.max(next);
            if by_itself.is_some_and(|wake| wake <= self.now) {
                self.by_itself(people)?;
            } else {
                self.act(people)?;
            }
            if self.seq - told >= BATCH as i64 {
                told = self.seq;
                let share = (self.now - from).num_milliseconds() as f64
                    / (to - from).num_milliseconds().max(1) as f64;
                let asked = progress(Progress {
                    now: self.now,
                    entries: self.seq,
                    cases: self.cases,
                    thousandths: (share * 1000.0) as u32,
                });
                if asked.is_break() {
                    return Ok(true);
                }
            }
        }
    }

    /// What time alone does.
    fn by_itself(&mut self, people: &mut People) -> Result<(), DrillError> {
        for command in automatic::commands(&self.at_hand.board, self.now, AUTOMATIC) {
            match self.decide(command) {
                Ok(drafts) => self.take(drafts, people)?,
                Err(refusal) => return Err(DrillError::Stuck(refusal.to_string())),
            }
        }
        Ok(())
    }

    fn act(&mut self, people: &mut People) -> Result<(), DrillError> {
        let Some(act) = people.act(&self.world()) else {
            return Ok(());
        };
        match self.decide(act.command.clone()) {
            Ok(drafts) => {
                let files = act.photos.into_iter().map(|file| (file.hash.clone(), file));
                self.photos.extend(files);
                self.take(drafts, people)
            }
            Err(refusal) => {
                people.refused(&act);
                self.note_refusal(&refusal);
                Ok(())
            }
        }
    }

    fn world(&self) -> World<'_> {
        World {
            town: self.town,
            board: &self.at_hand.board,
            cases: &self.at_hand,
            duty: &self.duty,
            now: self.now,
        }
    }

    fn decide(&mut self, command: Command) -> Result<Vec<Draft>, Refusal> {
        self.commands += 1;
        let situation = Situation {
            town: self.town,
            cases: &self.at_hand,
            duty: &self.duty,
            now: self.now,
        };
        desk::decide(&situation, command)
    }

    fn note_refusal(&mut self, refusal: &Refusal) {
        self.refused += 1;
        if self.refusals.len() < 5 {
            self.refusals.push(refusal.to_string());
        }
    }

    /// Makes entries of drafts as a store would, and tells the people of them.
    fn take(&mut self, drafts: Vec<Draft>, people: &mut People) -> Result<(), DrillError> {
        for draft in drafts {
            if let Some(id) = draft.case.filter(|id| self.at_hand.case(*id).is_none()) {
                self.recall(id)?;
            }
            let entry = self.entry(&draft);
            self.at_hand.apply(&entry, self.town)?;
            if self.seq <= self.there_before {
                self.compare(&entry)?;
            } else {
                self.drafts.push(draft);
            }
            if let (Some(reviewer), Some(case)) = (&mut self.reviewer, self.at_hand.case(entry.case)) {
                reviewer.hear(self.town, &entry, case);
            }
            people.hear(&self.world(), &entry);
        }
        if self.drafts.len() >= BATCH {
            self.flush()?;
        }
        Ok(())
    }

    /// Reads a case that ended long ago, and that something follows for all the same: a twin is answered whenever the case
    /// that stands for it is closed, also for a second time.
    fn recall(&mut self, id: CaseId) -> Result<(), DrillError> {
        self.flush()?;
        let history = self.store.history(id)?;
        let known = history.iter().filter(|entry| entry.seq <= self.seq);
        if let Some(case) = Case::fold(known)? {
            self.at_hand.end(case, self.now);
        }
        Ok(())
    }

    fn entry(&mut self, draft: &Draft) -> Entry {
        self.seq += 1;
        let case = draft.case.unwrap_or_else(|| {
            self.cases += 1;
            CaseId(self.cases)
        });
        let version = self.at_hand.case(case).map_or(0, |case| case.version) + 1;
        Entry {
            seq: self.seq,
            case,
            version,
            at: draft.at,
            actor: draft.actor.clone(),
            seat: draft.seat.clone(),
            action: draft.action.clone(),
        }
    }

    /// Sees to it that the journal has this very entry.
    fn compare(&mut self, entry: &Entry) -> Result<(), DrillError> {
        if self.before.is_empty() {
            self.before = self.store.entries_after(entry.seq - 1, SLICE)?.into();
        }
        match self.before.pop_front() {
            Some(there) if there == *entry => Ok(()),
            _ => Err(DrillError::OtherDrill { seq: entry.seq }),
        }
    }

    /// Why the journal has more entries than the drill that was run until then.
    fn more_there(&self, until: DateTime<Utc>, end: DateTime<Utc>) -> Result<DrillError, StoreError> {
        let next = self.store.entries_after(self.seq, 1)?;
        let goes_on = until < end && next.first().is_some_and(|next| next.at >= until);
        let last = self.store.entries_after(self.there_before - 1, 1)?;
        Ok(match last.first() {
            Some(last) if goes_on => DrillError::Further { last: last.at, until },
            _ => DrillError::OtherDrill { seq: self.seq + 1 },
        })
    }

    /// Hands what was made to the store.
    fn flush(&mut self) -> Result<(), DrillError> {
        if self.drafts.is_empty() {
            return Ok(());
        }
        let drafts = std::mem::replace(&mut self.drafts, Vec::with_capacity(BATCH));
        let photos: Vec<PhotoFile> = std::mem::take(&mut self.photos).into_values().collect();
        let entries = self.store.append(drafts, &photos)?;
        let last = entries.last();
        let cases = entries
            .iter()
            .filter(|entry| matches!(entry.action, Action::Report(_)))
            .map(|entry| entry.case.0)
            .max();
        let in_order = last.is_some_and(|last| last.seq == self.seq);
        if !in_order || cases.is_some_and(|last| last != self.cases) {
            return Err(DrillError::Disturbed);
        }
        Ok(())
    }
}
