//! Handover (交班): what the leaving shift leaves behind, read from the board, the duty and the journal.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::board::Board;
use crate::case::{Action, CaseId, Duty, Entry, Stage, Step};
use crate::town::{Class, Handler, Town};

use super::alarm::Alarm;

/// What was promised until then is named in the handover.
pub const SOON: TimeDelta = TimeDelta::hours(24);

/// Of each list so many are named; the rest is counted.
pub const NAMED_MAX: usize = 50;

/// What was promised to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// An approved suspension ends.
    SuspendedUntil,
    /// A case whose time was extended is due.
    ExtendedUntil,
}

/// What the leaving shift leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Handover {
    /// Since when the shift has run.
    pub from: DateTime<Utc>,
    /// When it was drawn up.
    pub at: DateTime<Utc>,
    /// Open cases by class and stage, each in the order of its `ALL`.
    pub open: [[usize; Stage::ALL.len()]; Class::ALL.len()],
    /// Overdue cases, the longest first within each class; at most [`NAMED_MAX`].
    pub overdue: Vec<CaseId>,
    /// How many are overdue.
    pub overdue_count: usize,
    /// What ends or is due within [`SOON`], the next first; at most [`NAMED_MAX`].
    pub promised: Vec<(DateTime<Utc>, CaseId, Promise)>,
    /// Cases that the hall keeps an eye on.
    pub watched: Vec<CaseId>,
    /// Who is away, why, and until when.
    pub away: Vec<(Handler, String, DateTime<Utc>)>,
    /// Alarms that nobody has acknowledged; at most [`NAMED_MAX`].
    pub alarms: Vec<Alarm>,
    /// How many of them there are.
    pub alarm_count: usize,
    /// What was done in the shift.
    pub done: Done,
}

/// What was done since a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Cases that were reported here.
    pub reported: usize,
    /// Cases that were imported.
    pub imported: usize,
    /// Steps, by how often.
    pub steps: BTreeMap<Step, usize>,
    /// Entries of the hall itself.
    pub duty: usize,
}

impl Done {
    /// Counts these entries.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut done = Self::default();
        for entry in entries {
            match &entry.action {
                Action::Report(report) if report.origin.is_some() => done.imported += 1,
                Action::Report(_) => done.reported += 1,
                Action::Duty(_) => done.duty += 1,
                action => {
                    if let Some(step) = action.step() {
                        *done.steps.entry(step).or_default() += 1;
                    }
                }
            }
        }
        done
    }
}

/// Draws up the handover of the shift that began at `from`; `entries` are those of the journal since then, `alarms`
/// those that nobody has acknowledged. Looks at every open case once.
pub fn draft<'a>(
    town: &Town,
    board: &Board,
    duty: &Duty,
    alarms: &[Alarm],
    entries: impl IntoIterator<Item = &'a Entry>,
    (from, now): (DateTime<Utc>, DateTime<Utc>),
) -> Handover {
    let mut open = [[0; Stage::ALL.len()]; Class::ALL.len()];
    let mut promised = Vec::new();
    let soon = |at: &DateTime<Utc>| *at <= now + SOON;
    for live in board.iter() {
        let case = &live.case;
        open[case.class as usize][case.stage as usize] += 1;
        let suspended = (case.stage == Stage::Suspended)
            .then(|| case.life.pauses.last().map(|pause| pause.until))
            .flatten();
        if let Some(until) = suspended {
            promised.extend(soon(&until).then_some((until, case.id, Promise::SuspendedUntil)));
        } else if !case.life.extensions.is_empty()
            && let Some(due) = case.due_at.filter(|due| *due > now).filter(soon)
        {
            promised.push((due, case.id, Promise::ExtendedUntil));
        }
    }
    promised.sort_unstable();
    promised.truncate(NAMED_MAX);
    // Posts and teams of the town only, in its order: whoever it no longer knows can't be away.
    let posts = town
        .posts
        .iter()
        .map(|post| Handler::Post(post.code.as_str().into()));
    let teams = town
        .teams
        .iter()
        .map(|team| Handler::Team(team.code.as_str().into()));
    let away = posts
        .chain(teams)
        .filter_map(|who| {
            let away = duty.away(&who, now)?;
            Some((who, away.reason.clone(), away.until))
        })
        .collect();
    Handover {
        from,
        at: now,
        open,
        overdue: board.overdue_cases(now).take(NAMED_MAX).collect(),
        overdue_count: board.overdue(None, now),
        promised,
        watched: duty.watched.keys().copied().collect(),
        away,
        alarms: alarms.iter().take(NAMED_MAX).cloned().collect(),
        alarm_count: alarms.len(),
        done: Done::of(entries),
    }
}
