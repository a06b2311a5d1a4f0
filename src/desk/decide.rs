//! Permission, lifecycle, routing, in that order.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::board::Board;
use crate::case::{
    Action, Case, CaseId, Duty, Entry, Folding, Reclassified, Report, Rise, Source, Step, Whereabouts, rise,
};
use crate::store::Draft;
use crate::town::{Handler, Item, Level, PlaceKind, Post, Town, Wgs84, Who};

use super::permission::{self, DESK};
use super::refusal::{Need, Refusal};
use super::suggest::is_entitled;
use super::{Args, Command, NewReport, Order, clock, duty};

/// Note lengths beyond this are refused, and cut nowhere.
pub const NOTE_MAX_CHARS: usize = 4000;

/// For so long the last command of one's own can be undone, in seconds.
pub const UNDO_SECS: i64 = 60;

/// A suspension (挂账) lasts at most so many days. This project's own bound.
pub const SUSPEND_MAX_DAYS: i64 = 180;

/// An extension (延时) gives at most so many hours. This project's own bound.
pub const EXTEND_MAX_HOURS: f64 = 720.0;

/// Where the desk finds cases.
pub trait Cases {
    /// The case with that number, open or not, where it is at hand.
    fn case(&self, id: CaseId) -> Option<&Case>;

    /// All entries of that case, where they are at hand. Only an undo needs them.
    fn history(&self, id: CaseId) -> Option<&[Entry]> {
        let _ = id;
        None
    }
}

impl Cases for Board {
    fn case(&self, id: CaseId) -> Option<&Case> {
        self.get(id).map(|live| &live.case)
    }
}

/// The board, and one case with its history beside it: what a window has at hand.
#[derive(Clone, Copy)]
pub struct WithHistory<'a> {
    /// The open cases.
    pub board: &'a Board,
    /// A case, open or not, and its entries.
    pub history: Option<(&'a Case, &'a [Entry])>,
}

impl Cases for WithHistory<'_> {
    fn case(&self, id: CaseId) -> Option<&Case> {
        let beside = || self.history.map(|(case, _)| case).filter(|case| case.id == id);
        self.board.case(id).or_else(beside)
    }

    fn history(&self, id: CaseId) -> Option<&[Entry]> {
        self.history
            .filter(|(case, _)| case.id == id)
            .map(|(_, entries)| entries)
    }
}

/// All that a decision looks at.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// The standing world.
    pub town: &'a Town,
    /// Where cases are found.
    pub cases: &'a dyn Cases,
    /// The hall beside its cases.
    pub duty: &'a Duty,
    /// The time of the command.
    pub now: DateTime<Utc>,
}

/// Decides on one command. The drafts go into the journal together or not at all.
///
/// # Errors
/// A refusal changes nothing.
pub fn decide(at: &Situation<'_>, command: Command) -> Result<Vec<Draft>, Refusal> {
    // The journal keeps milliseconds; what an entry says of its own time must agree with it.
    let now = DateTime::from_timestamp_millis(at.now.timestamp_millis()).unwrap_or(at.now);
    let at = &Situation { now, ..*at };
    let Command { actor, seat, order } = command;
    let by = By {
        post: at.town.post(&actor),
        actor,
        seat,
        now,
    };
    if by.post.is_none() && &*by.actor != DESK {
        return Err(Refusal::UnknownPost {
            actor: by.actor.to_string(),
        });
    }
    match order {
        Order::Report(report) => by.report(at, report),
        Order::Move {
            case,
            based_on,
            step,
            args,
        } => {
            let case = by.admit(at, case, based_on, step)?;
            by.step(at, case, step, args)
        }
        Order::Duty(action) => {
            let may = by
                .post
                .is_some_and(|post| at.town.permissions.may_at_all(post.role, action.code()));
            by.allowed(action.code(), Level::Grid, may)?;
            duty::check(at, &by.actor, &by.seat, &action)?;
            let based_on = duty::based_on(at, &action);
            let action = Action::Duty(Box::new(action));
            Ok(vec![by.draft(Some(CaseId::HALL), based_on, action)])
        }
    }
}

/// Who acts, from where, when.
struct By<'a> {
    post: Option<&'a Post>,
    actor: Arc<str>,
    seat: Arc<str>,
    now: DateTime<Utc>,
}

impl By<'_> {
    fn draft(&self, case: Option<CaseId>, based_on: u32, action: Action) -> Draft {
        Draft {
            case,
            based_on,
            at: self.now,
            actor: self.actor.clone(),
            seat: self.seat.clone(),
            action,
        }
    }

    fn report(&self, at: &Situation<'_>, new: NewReport) -> Result<Vec<Draft>, Refusal> {
        let item = live_item(at.town, &new.item)?;
        let level = Level::of(item.class);
        let may = self
            .post
            .is_some_and(|post| permission::may_report(at.town, post.role, level));
        self.allowed("report", level, may)?;
        let report = open(at.town, at.now, item, new)?;
        Ok(vec![self.draft(None, 0, Action::Report(Box::new(report)))])
    }

    fn allowed(&self, command: &'static str, level: Level, may: bool) -> Result<(), Refusal> {
        if may {
            return Ok(());
        }
        Err(Refusal::NotAllowed {
            actor: self.actor.to_string(),
            command,
            level,
        })
    }

    /// Permission, then the lifecycle: whether the step may be taken at all.
    fn admit<'s>(
        &self,
        at: &Situation<'s>,
        id: CaseId,
        based_on: u32,
        step: Step,
    ) -> Result<&'s Case, Refusal> {
        let case = at.cases.case(id).ok_or(Refusal::NotOpen { case: id })?;
        let level = case.level();
        let may = match self.post {
            Some(post) => permission::may(at.town, post.role, step, level),
            None => permission::OF_THE_DESK.contains(&step),
        };
        self.allowed(step.code(), level, may)?;
        if self
            .post
            .is_some_and(|post| !permission::in_own_area(at.town, post, case))
        {
            return Err(Refusal::NotYourArea {
                actor: self.actor.to_string(),
                case: id,
            });
        }
        if case.version != based_on {
            return Err(Refusal::MovedOn {
                case: id,
                stage: case.stage,
            });
        }
        let Some(transition) = case.stage.transition(step) else {
            return Err(Refusal::NotNow {
                step,
                stage: case.stage,
                possible: case.steps().collect(),
            });
        };
        if !case.meets(transition.guard) {
            return Err(Refusal::NotAsked {
                step,
                possible: case.steps().collect(),
            });
        }
        Ok(case)
    }

    /// What the step does, as drafts.
    fn step(
        &self,
        at: &Situation<'_>,
        case: &Case,
        step: Step,
        mut args: Args,
    ) -> Result<Vec<Draft>, Refusal> {
        args.note = args.note.trim().to_owned();
        let chars = args.note.chars().count();
        if chars > NOTE_MAX_CHARS {
            return Err(Refusal::WordsTooLong {
                chars,
                max: NOTE_MAX_CHARS,
            });
        }
        if needs_words(step) && args.note.is_empty() {
            return Err(Refusal::WordsMissing { step });
        }
        let action = match step {
            Step::Merge => return self.merge(at, case, args),
            Step::Unmerge => return Ok(self.unmerge(case, args.note)),
            Step::Split => return self.split(at, case, &args),
            Step::Close => return Ok(self.close(case, args.note)),
            Step::AskSuspend | Step::Suspend | Step::AskExtend | Step::Extend | Step::Deny | Step::Resume => {
                clock::action(at, &self.actor, case, step, args)?
            }
            Step::Reclassify => reclassify(at, case, args)?,
            Step::CoHandle => co_handle(at.town, case, args)?,
            Step::Escalate => self.escalate(case, args)?,
            Step::Undo => self.undo(at, case)?,
            step => plain(at, case, step, args)?,
        };
        Ok(vec![self.draft(Some(case.id), case.version, action)])
    }

    fn merge(&self, at: &Situation<'_>, case: &Case, args: Args) -> Result<Vec<Draft>, Refusal> {
        let other = args.other.ok_or(Refusal::Missing {
            step: Step::Merge,
            need: Need::OtherCase,
        })?;
        let master = at
            .cases
            .case(other)
            .filter(|master| master.id != case.id && master.stage.is_open())
            .ok_or(Refusal::CantMergeInto { other })?;
        if !case.life.twins.is_empty() {
            return Err(Refusal::StandsForOthers {
                twins: case.life.twins.len(),
            });
        }
        let merge = Action::Merge {
            into: other,
            reason: args.note,
        };
        let absorb = Action::Absorb { case: case.id };
        Ok(vec![
            self.draft(Some(case.id), case.version, merge),
            self.draft(Some(other), master.version, absorb),
        ])
    }

    fn unmerge(&self, case: &Case, reason: String) -> Vec<Draft> {
        let mut drafts = vec![self.draft(Some(case.id), case.version, Action::Unmerge { reason })];
        if let Some(master) = case.life.merged_into {
            let release = Action::Release { case: case.id };
            drafts.push(self.draft(Some(master), Draft::ANY_VERSION, release));
        }
        drafts
    }

    fn split(&self, at: &Situation<'_>, case: &Case, args: &Args) -> Result<Vec<Draft>, Refusal> {
        if args.parts.is_empty() || args.parts.len() > 20 {
            return Err(Refusal::Missing {
                step: Step::Split,
                need: Need::Parts,
            });
        }
        let split = Action::Split {
            parts: args.parts.len() as u16,
            reason: args.note.clone(),
        };
        let mut drafts = vec![self.draft(Some(case.id), case.version, split)];
        for part in &args.parts {
            let item = live_item(at.town, &part.item)?;
            let new = NewReport {
                item: part.item.clone(),
                text: part.text.clone(),
                place: case.place.clone(),
                source: case.source,
                reported_at: Some(case.reported_at),
                photos: Vec::new(),
            };
            let mut report = open(at.town, at.now, item, new)?;
            report.split_from = Some(case.id);
            drafts.push(self.draft(None, 0, Action::Report(Box::new(report))));
        }
        Ok(drafts)
    }

    /// A case that is closed answers all who reported it, also through its twins.
    fn close(&self, case: &Case, note: String) -> Vec<Draft> {
        let answer = |twin: &CaseId| {
            let text = if note.is_empty() {
                case.id.to_string()
            } else {
                format!("{}: {note}", case.id)
            };
            self.draft(Some(*twin), Draft::ANY_VERSION, Action::Answer { text })
        };
        let answers: Vec<Draft> = case.life.twins.iter().map(answer).collect();
        let close = self.draft(Some(case.id), case.version, Action::Close { note });
        std::iter::once(close).chain(answers).collect()
    }

    fn escalate(&self, case: &Case, args: Args) -> Result<Action, Refusal> {
        let level = case.level();
        let to = args
            .level
            .or(level.next())
            .filter(|to| *to > level)
            .ok_or(Refusal::NotHigher { level })?;
        let why = if self.post.is_some() {
            Rise::ByHand
        } else {
            rise::why(case)
        };
        Ok(Action::Escalate {
            to,
            why,
            note: args.note,
        })
    }

    fn undo(&self, at: &Situation<'_>, case: &Case) -> Result<Action, Refusal> {
        let missing = Refusal::HistoryMissing { case: case.id };
        let entries = at.cases.history(case.id).ok_or(missing.clone())?;
        let last = entries
            .last()
            .filter(|last| last.version == case.version)
            .ok_or(missing.clone())?;
        if last.actor != self.actor {
            return Err(Refusal::NotYours {
                by: last.actor.to_string(),
            });
        }
        if at.now - last.at > TimeDelta::seconds(UNDO_SECS) {
            return Err(Refusal::TooLate { at: last.at });
        }
        let cant = |why| Err(Refusal::CantUndo { why });
        match &last.action {
            Action::Report(report) if report.origin.is_some() => return cant("import"),
            Action::Report(_) => {}
            Action::Merge { .. }
            | Action::Absorb { .. }
            | Action::Release { .. }
            | Action::Unmerge { .. } => {
                return cant("unmerge");
            }
            Action::Split { .. } => return cant("split"),
            Action::Answer { .. } => return cant("answered"),
            Action::Close { .. } if !case.life.twins.is_empty() => return cant("answered"),
            _ => {}
        }
        let (first, rest) = entries.split_first().ok_or(missing.clone())?;
        let mut folding = Folding::open(first).map_err(|_| missing.clone())?;
        for entry in rest {
            folding.apply(entry).map_err(|_| missing.clone())?;
        }
        Ok(Action::Undo {
            undone: last.action.step(),
            was: Box::new(folding.undone(at.now)),
        })
    }
}

/// Whether the step is refused without words.
pub fn needs_words(step: Step) -> bool {
    matches!(
        step,
        Step::Refuse
            | Step::SendOn
            | Step::HandBack
            | Step::Rectify
            | Step::SendBack
            | Step::Reclassify
            | Step::Split
            | Step::Unmerge
            | Step::AskSuspend
            | Step::AskExtend
            | Step::Deny
            | Step::Reopen
            | Step::Answer
    )
}

/// Steps that need no look at anything else than the case.
fn plain(at: &Situation<'_>, case: &Case, step: Step, args: Args) -> Result<Action, Refusal> {
    let Args { note, .. } = args;
    Ok(match step {
        Step::Refuse => Action::Refuse {
            reason: note,
            owner: args.owner.trim().to_owned(),
        },
        Step::Dispatch => Action::Dispatch {
            to: send_to(at.town, case, args.to)?,
            note,
        },
        Step::SendOn => Action::SendOn {
            to: send_to(at.town, case, args.to)?,
            reason: note,
        },
        Step::HandBack => Action::HandBack { reason: note },
        Step::Arrive => Action::Arrive { note },
        Step::Rectify => Action::Rectify {
            note,
            photos: args.photos,
        },
        Step::Verify => Action::Verify { note },
        Step::SendBack => Action::SendBack { reason: note },
        Step::Reopen => Action::Reopen {
            reason: note,
            due_at: clock::due_again(at, case),
        },
        Step::Appraise => Action::Appraise {
            mark: args
                .mark
                .filter(|m| (1..=5).contains(m))
                .ok_or(Refusal::Missing {
                    step,
                    need: Need::Mark,
                })?,
            note,
        },
        Step::Answer => Action::Answer { text: note },
        _ => Action::Accept { note },
    })
}

fn send_to(town: &Town, case: &Case, to: Option<Handler>) -> Result<Handler, Refusal> {
    let to = to.ok_or(Refusal::NobodyToSend)?;
    let who = known(town, &to)?;
    if !is_entitled(town, case, who) {
        return Err(Refusal::NotEntitled {
            handler: to.to_string(),
            item: case.item.to_string(),
        });
    }
    if case.handler.as_ref() == Some(&to) {
        return Err(Refusal::AlreadyThere {
            handler: to.to_string(),
        });
    }
    Ok(to)
}

fn known<'t>(town: &'t Town, handler: &Handler) -> Result<Who<'t>, Refusal> {
    town.who(handler).ok_or_else(|| Refusal::UnknownHandler {
        handler: handler.to_string(),
    })
}

fn co_handle(town: &Town, case: &Case, args: Args) -> Result<Action, Refusal> {
    let mut helpers = args.helpers;
    helpers.sort();
    helpers.dedup();
    for helper in &helpers {
        known(town, helper)?;
        if case.handler.as_ref() == Some(helper) {
            return Err(Refusal::AlreadyThere {
                handler: helper.to_string(),
            });
        }
    }
    let mut there = case.life.helpers.clone();
    there.sort();
    if helpers == there {
        return Err(Refusal::Missing {
            step: Step::CoHandle,
            need: Need::Helpers,
        });
    }
    Ok(Action::CoHandle {
        helpers,
        note: args.note,
    })
}

fn reclassify(at: &Situation<'_>, case: &Case, args: Args) -> Result<Action, Refusal> {
    let code = args.item.ok_or(Refusal::Missing {
        step: Step::Reclassify,
        need: Need::Item,
    })?;
    let item = live_item(at.town, &code)?;
    if item.code == *case.item && item.version == case.life.item_version {
        return Err(Refusal::SameItem {
            item: code.to_string(),
        });
    }
    let limits = item.limits();
    Ok(Action::Reclassify(Box::new(Reclassified {
        item: code,
        item_version: item.version,
        class: item.class,
        centre: item.centre,
        severity: item.severity,
        limits: Some(limits),
        due_at: clock::due(at.town, case, &limits),
        reason: args.note,
    })))
}

/// An item under which new cases may be opened.
fn live_item<'t>(town: &'t Town, code: &str) -> Result<&'t Item, Refusal> {
    let item = town.catalogue.by_code(code).ok_or_else(|| Refusal::UnknownItem {
        item: code.to_owned(),
    })?;
    if item.retired {
        return Err(Refusal::RetiredItem {
            item: code.to_owned(),
        });
    }
    Ok(item)
}

fn open(town: &Town, now: DateTime<Utc>, item: &Item, new: NewReport) -> Result<Report, Refusal> {
    check_place(town, &new.place)?;
    let reported_at = new.reported_at.unwrap_or(now);
    // Clocks of two machines differ a little; a minute ahead is not the future.
    if reported_at > now + TimeDelta::minutes(1) {
        return Err(Refusal::InTheFuture);
    }
    let due_at = due(town, item, reported_at);
    Ok(Report {
        limits: Some(item.limits()),
        item_version: item.version,
        ..report_of(
            item,
            new.place,
            new.source,
            new.text,
            reported_at,
            Some(due_at),
            new.photos,
        )
    })
}

/// When a matter of `item` reported at `reported_at` is to be settled in this town.
pub fn due(town: &Town, item: &Item, reported_at: DateTime<Utc>) -> DateTime<Utc> {
    town.calendar
        .after(reported_at, item.limit_hours, item.working_time, town.timezone)
}

fn report_of(
    item: &Item,
    place: Whereabouts,
    source: Source,
    text: String,
    reported_at: DateTime<Utc>,
    due_at: Option<DateTime<Utc>>,
    photos: Vec<crate::case::Photo>,
) -> Report {
    Report {
        item: item.code.as_str().into(),
        class: item.class,
        centre: item.centre,
        severity: item.severity,
        text: text.trim().to_owned(),
        place,
        source,
        reported_at,
        due_at,
        photos,
        origin: None,
        outcome: None,
        limits: None,
        item_version: 0,
        split_from: None,
    }
}

/// Whether the point lies in that base grid, or so near to it that it may belong to it.
fn is_side(town: &Town, at: Wgs84, grid: &str) -> bool {
    town.places.by_code(grid).is_some_and(|grid| {
        town.places.at(at, PlaceKind::BaseGrid) == Some(grid) || town.sides(at).contains(&grid)
    })
}

fn check_place(town: &Town, place: &Whereabouts) -> Result<(), Refusal> {
    match place {
        Whereabouts::Point { at, .. } if !at.is_valid() => Err(Refusal::PlaceWrong {
            place: format!("{}, {}", at.lat, at.lon),
        }),
        Whereabouts::Point {
            at, grid: Some(grid), ..
        } if !is_side(town, *at, grid) => Err(Refusal::PlaceWrong {
            place: grid.to_string(),
        }),
        Whereabouts::Area { code, .. } if town.places.by_code(code).is_none() => Err(Refusal::PlaceWrong {
            place: code.to_string(),
        }),
        Whereabouts::Stated { stated } if stated.trim().is_empty() => Err(Refusal::PlaceMissing),
        _ => Ok(()),
    }
}
