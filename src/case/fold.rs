//! The fold: entries in, case out.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::town::{Centre, Class, Handler, Level};

use super::clock::{Extension, Pause};
use super::stage::{Guard, To};
use super::{
    Action, CaseId, Entry, FirstDispatch, Kept, Life, Origin, Report, Request, Source, Stage, Step,
    Whereabouts,
};

/// A case as its entries make it: one row of the case table.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its number.
    pub id: CaseId,
    /// How many entries it has.
    pub version: u32,
    /// Where it stands.
    pub stage: Stage,
    /// Code of its item.
    pub item: Arc<str>,
    /// Its class.
    pub class: Class,
    /// Its centre.
    pub centre: Centre,
    /// 1 to 5.
    pub severity: u8,
    /// Where it is.
    pub place: Whereabouts,
    /// By which way it came.
    pub source: Source,
    /// What was said.
    pub text: Arc<str>,
    /// When it was reported.
    pub reported_at: DateTime<Utc>,
    /// When it is to be settled.
    pub due_at: Option<DateTime<Utc>>,
    /// When its last entry was made.
    pub updated_at: DateTime<Utc>,
    /// When it was closed or refused, where that is known.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who has it in hand, or had it last.
    pub handler: Option<Handler>,
    /// The row of a file that it was read from.
    pub origin: Option<Origin>,
    /// What its life has added.
    pub life: Arc<Life>,
}

/// An entry that does not follow from the entries before it: the journal is damaged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FoldError {
    /// The first entry of a case is not a report.
    #[error("entry {seq} of case {case} comes before the case's report")]
    NotReported {
        /// The entry.
        seq: i64,
        /// Its case.
        case: CaseId,
    },
    /// A case is reported twice.
    #[error("entry {seq} reports case {case} a second time")]
    ReportedTwice {
        /// The entry.
        seq: i64,
        /// Its case.
        case: CaseId,
    },
    /// Versions do not follow each other.
    #[error("entry {seq} makes version {found} of case {case}, expected {expected}")]
    Version {
        /// The entry.
        seq: i64,
        /// Its case.
        case: CaseId,
        /// The version after the last entry, plus one.
        expected: u32,
        /// The entry's version.
        found: u32,
    },
    /// The step is not legal from the case's stage.
    #[error("entry {seq} takes the step '{step}' with case {case} in stage '{stage}'")]
    Step {
        /// The entry.
        seq: i64,
        /// Its case.
        case: CaseId,
        /// The stage it was in.
        stage: &'static str,
        /// The step it took.
        step: &'static str,
    },
    /// An undo that brings back something else than what was there.
    #[error("entry {seq} undoes entry {} of case {case}, but brings back another state", version - 1)]
    Undo {
        /// The entry.
        seq: i64,
        /// Its case.
        case: CaseId,
        /// The version that the undo makes.
        version: u32,
    },
}

impl Case {
    /// The case that `entry` opens.
    ///
    /// # Errors
    /// Where the entry is not a report, or not its case's first.
    pub fn open(entry: &Entry) -> Result<Self, FoldError> {
        let Action::Report(report) = &entry.action else {
            return Err(FoldError::NotReported {
                seq: entry.seq,
                case: entry.case,
            });
        };
        if entry.version != 1 {
            let (seq, case, found) = (entry.seq, entry.case, entry.version);
            return Err(FoldError::Version {
                seq,
                case,
                expected: 1,
                found,
            });
        }
        let (stage, ended_at) = Self::opening(report);
        Ok(Self {
            id: entry.case,
            version: 1,
            stage,
            item: report.item.clone(),
            class: report.class,
            centre: report.centre,
            severity: report.severity,
            place: report.place.clone(),
            source: report.source,
            text: report.text.as_str().into(),
            reported_at: report.reported_at,
            due_at: report.due_at,
            updated_at: entry.at,
            ended_at,
            handler: None,
            origin: report.origin.clone(),
            life: Self::life_of(report),
        })
    }

    /// What a report itself tells of its case's life.
    fn life_of(report: &Report) -> Arc<Life> {
        match (report.limits, report.item_version, report.split_from) {
            (None, 0, None) => Life::none(),
            (limits, item_version, split_from) => Arc::new(Life {
                limits,
                item_version,
                split_from,
                ..Life::default()
            }),
        }
    }

    /// The stage in which a report opens its case, and when that had ended before it came here.
    pub fn opening(report: &Report) -> (Stage, Option<DateTime<Utc>>) {
        match &report.outcome {
            Some(outcome) => (Stage::Closed, outcome.at),
            None => (Stage::Reported, None),
        }
    }

    /// The case after one more entry.
    ///
    /// # Errors
    /// Where the entry does not follow; the case is left as it was.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), FoldError> {
        let (seq, case) = (entry.seq, entry.case);
        if entry.version != self.version + 1 {
            return Err(FoldError::Version {
                seq,
                case,
                expected: self.version + 1,
                found: entry.version,
            });
        }
        match &entry.action {
            Action::Report(_) | Action::Duty(_) => return Err(FoldError::ReportedTwice { seq, case }),
            Action::Absorb { case } => self.life_mut().twins.push(*case),
            Action::Release { case } => self.life_mut().twins.retain(|twin| twin != case),
            action => self.take_step(entry, action)?,
        }
        self.version = entry.version;
        self.updated_at = entry.at;
        Ok(())
    }

    /// Its life, to be changed: its own from now on, where it was shared with others.
    pub fn life_mut(&mut self) -> &mut Life {
        Arc::make_mut(&mut self.life)
    }

    fn take_step(&mut self, entry: &Entry, action: &Action) -> Result<(), FoldError> {
        let step = action.step().unwrap_or(Step::Undo);
        let Some(stage) = self.after(step, action) else {
            return Err(FoldError::Step {
                seq: entry.seq,
                case: entry.case,
                stage: self.stage.code(),
                step: step.code(),
            });
        };
        if let Action::Undo { was, .. } = action {
            self.restore(was);
            return Ok(());
        }
        let from = self.stage;
        self.change(entry, action, from);
        if stage != from {
            self.life_mut().stage_since = Some(entry.at);
        }
        self.stage = stage;
        if !stage.is_open() && from.is_open() {
            self.ended_at = Some(entry.at);
            self.life_mut().request = None;
        } else if stage.is_open() {
            self.ended_at = None;
        }
        Ok(())
    }

    /// Where `step` leads from here; `None` where it is not legal now.
    fn after(&self, step: Step, action: &Action) -> Option<Stage> {
        let transition = self.stage.transition(step)?;
        if !self.meets(transition.guard) {
            return None;
        }
        match (transition.to, action) {
            (To::Stage(stage), _) => Some(stage),
            (To::Same, _) => Some(self.stage),
            (To::Back, Action::Undo { was, .. }) => Some(was.stage),
            (To::Back, _) => self.life.back_to,
        }
    }

    /// Whether what a guard asks for holds.
    pub fn meets(&self, guard: Guard) -> bool {
        let request = self.life.request.as_ref();
        match guard {
            Guard::Free => true,
            Guard::NothingAsked => request.is_none(),
            Guard::SuspensionAsked => matches!(request, Some(Request::Suspend { .. })),
            Guard::ExtensionAsked => matches!(request, Some(Request::Extend { .. })),
            Guard::SomethingAsked => request.is_some(),
        }
    }

    /// Whether `step` is legal now, by the table of stages and its guards.
    pub fn allows(&self, step: Step) -> bool {
        self.stage
            .transition(step)
            .is_some_and(|transition| self.meets(transition.guard))
    }

    /// The steps that are legal now, in the order of [`Step::ALL`].
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        Step::ALL.into_iter().filter(|step| self.allows(*step))
    }

    /// What a step changes besides the stage.
    fn change(&mut self, entry: &Entry, action: &Action, from: Stage) {
        let life = Arc::make_mut(&mut self.life);
        match action {
            Action::Dispatch { to, .. } => {
                if life.first_dispatch.is_none() {
                    life.first_dispatch = Some(FirstDispatch {
                        at: entry.at,
                        to: to.clone(),
                        right: true,
                    });
                }
                life.helpers.retain(|helper| helper != to);
                self.handler = Some(to.clone());
            }
            Action::SendOn { to, .. } => {
                life.sent_on += 1;
                life.helpers.retain(|helper| helper != to);
                self.handler = Some(to.clone());
                self.first_was_wrong();
            }
            Action::HandBack { .. } => {
                life.handed_back.extend(self.handler.take());
                life.helpers.clear();
                self.first_was_wrong();
            }
            Action::SendBack { .. } => life.sent_back += 1,
            Action::Reclassify(to) => {
                life.limits = to.limits;
                life.item_version = to.item_version;
                self.item = to.item.clone();
                self.class = to.class;
                self.centre = to.centre;
                self.severity = to.severity;
                self.due_at = to.due_at;
            }
            Action::Split { parts, .. } => life.parts += parts,
            Action::Merge { into, .. } => {
                life.back_to = Some(from);
                life.merged_into = Some(*into);
            }
            Action::Unmerge { .. } => {
                life.back_to = None;
                life.merged_into = None;
            }
            Action::CoHandle { helpers, .. } => {
                life.helpers.clone_from(helpers);
                // Whoever leads does not help itself.
                let lead = &self.handler;
                life.helpers.retain(|helper| Some(helper) != lead.as_ref());
                life.helpers.dedup();
            }
            Action::Escalate { to, .. } => {
                life.level = Some(*to);
                life.risen_at = Some(entry.at);
            }
            Action::Reopen { due_at, .. } => {
                life.reopened += 1;
                life.clock_from = Some(entry.at);
                life.pauses.clear();
                life.extensions.clear();
                life.helpers.clear();
                life.appraisal = None;
                life.answered_at = None;
                self.handler = None;
                self.due_at = *due_at;
            }
            Action::Appraise { mark, .. } => life.appraisal = Some(*mark),
            Action::Answer { .. } => life.answered_at = Some(entry.at),
            _ => self.change_clock(entry, action, from),
        }
    }

    /// What a step changes of the case's clock.
    fn change_clock(&mut self, entry: &Entry, action: &Action, from: Stage) {
        let life = Arc::make_mut(&mut self.life);
        let by = entry.actor.clone();
        match action {
            Action::AskSuspend { until, reason } => {
                life.request = Some(Request::Suspend {
                    until: *until,
                    reason: reason.clone(),
                    by,
                });
            }
            Action::AskExtend { hours, reason } => {
                life.request = Some(Request::Extend {
                    hours: *hours,
                    reason: reason.clone(),
                    by,
                });
            }
            Action::Suspend { until, due_at, .. } => {
                let reason = match life.request.take() {
                    Some(Request::Suspend { reason, .. } | Request::Extend { reason, .. }) => reason,
                    None => String::new(),
                };
                life.pauses.push(Pause {
                    from: entry.at,
                    until: *until,
                    ended: None,
                    by,
                    reason,
                });
                life.back_to = Some(from);
                self.due_at = *due_at;
            }
            Action::Extend { hours, due_at, .. } => {
                let reason = match life.request.take() {
                    Some(Request::Suspend { reason, .. } | Request::Extend { reason, .. }) => reason,
                    None => String::new(),
                };
                life.extensions.push(Extension {
                    hours: *hours,
                    at: entry.at,
                    by,
                    reason,
                });
                self.due_at = *due_at;
            }
            Action::Deny { .. } => life.request = None,
            Action::Resume { due_at, .. } => {
                if let Some(pause) = life.pauses.last_mut() {
                    pause.ended = Some(entry.at);
                }
                life.back_to = None;
                self.due_at = *due_at;
            }
            _ => {}
        }
    }

    fn first_was_wrong(&mut self) {
        if let Some(first) = &mut self.life_mut().first_dispatch {
            first.right = false;
        }
    }

    /// All of it that its life can change.
    pub fn kept(&self) -> Kept {
        Kept {
            stage: self.stage,
            item: self.item.clone(),
            class: self.class,
            centre: self.centre,
            severity: self.severity,
            due_at: self.due_at,
            ended_at: self.ended_at,
            handler: self.handler.clone(),
            life: self.life.clone(),
        }
    }

    /// Puts back what its life had made of it.
    pub fn restore(&mut self, kept: &Kept) {
        self.stage = kept.stage;
        self.item = kept.item.clone();
        self.class = kept.class;
        self.centre = kept.centre;
        self.severity = kept.severity;
        self.due_at = kept.due_at;
        self.ended_at = kept.ended_at;
        self.handler.clone_from(&kept.handler);
        self.life = kept.life.clone();
    }

    /// What an undo of the report leaves: a case that was taken back.
    pub fn withdrawn(&self, at: DateTime<Utc>) -> Kept {
        Kept {
            stage: Stage::Withdrawn,
            ended_at: Some(at),
            ..self.kept()
        }
    }

    /// The level that settles it: the one that it has risen to, else that of its class.
    pub fn level(&self) -> Level {
        let of_class = Level::of(self.class);
        self.life.level.map_or(of_class, |risen| risen.max(of_class))
    }

    /// Since when it is in its stage.
    pub fn stage_since(&self) -> DateTime<Utc> {
        self.life.stage_since.unwrap_or(self.reported_at)
    }

    /// Since when its clock runs: since its report, or since it was opened again.
    pub fn clock_from(&self) -> DateTime<Utc> {
        self.life.clock_from.unwrap_or(self.reported_at)
    }

    /// Folds the whole history of one case.
    ///
    /// # Errors
    /// Where an entry does not follow. `None` for an empty history.
    pub fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Option<Self>, FoldError> {
        let mut entries = entries.into_iter();
        let Some(first) = entries.next() else {
            return Ok(None);
        };
        let mut folding = Folding::open(first)?;
        for entry in entries {
            folding.apply(entry)?;
        }
        Ok(Some(folding.case))
    }
}

/// A case on its way through its whole history, which also checks that an undo brings back what was there.
#[derive(Clone, Debug)]
pub struct Folding {
    /// The case so far.
    pub case: Case,
    /// What it was before its last entry; `None` before the second.
    pub before: Option<Kept>,
}

impl Folding {
    /// Begins with the report.
    ///
    /// # Errors
    /// See [`Case::open`].
    pub fn open(entry: &Entry) -> Result<Self, FoldError> {
        Ok(Self {
            case: Case::open(entry)?,
            before: None,
        })
    }

    /// Takes in one more entry.
    ///
    /// # Errors
    /// Where the entry does not follow; the case is left as it was.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), FoldError> {
        let before = self.case.kept();
        if let Action::Undo { was, .. } = &entry.action
            && **was != self.undone(entry.at)
        {
            return Err(FoldError::Undo {
                seq: entry.seq,
                case: entry.case,
                version: entry.version,
            });
        }
        self.case.apply(entry)?;
        self.before = Some(before);
        Ok(())
    }

    /// What the case would be if its last entry were undone at `at`.
    pub fn undone(&self, at: DateTime<Utc>) -> Kept {
        self.before.clone().unwrap_or_else(|| self.case.withdrawn(at))
    }
}
