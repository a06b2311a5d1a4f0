//! What the desk decides about a case's clock: suspensions (挂账), extensions (延时), and when a case is due.

use chrono::{DateTime, TimeDelta, Utc};

use crate::case::{Action, Case, Extension, Limits, Pause, Request, Step, clock};
use crate::town::Town;

use super::decide::{EXTEND_MAX_HOURS, SUSPEND_MAX_DAYS};
use super::refusal::{Need, Refusal};
use super::{Args, Situation};

/// When the case is to be settled under these limits, with the pauses and extensions that it has.
pub fn due(town: &Town, case: &Case, limits: &Limits) -> Option<DateTime<Utc>> {
    due_with(town, case, limits, &case.life.pauses, &case.life.extensions)
}

/// When a case that is opened again now is to be settled.
pub fn due_again(at: &Situation<'_>, case: &Case) -> Option<DateTime<Utc>> {
    let limits = case.life.limits?;
    let deadline = clock::deadline(
        at.now,
        limits.total?,
        limits.working,
        &[],
        &[],
        &at.town.calendar,
        at.town.timezone,
    );
    Some(deadline.due)
}

fn due_with(
    town: &Town,
    case: &Case,
    limits: &Limits,
    pauses: &[Pause],
    extensions: &[Extension],
) -> Option<DateTime<Utc>> {
    let deadline = clock::deadline(
        case.clock_from(),
        limits.total?,
        limits.working,
        pauses,
        extensions,
        &town.calendar,
        town.timezone,
    );
    Some(deadline.due)
}

/// The limits of a case; an imported one has none but its file's deadline, which a pause moves by the clock.
fn due_now(town: &Town, case: &Case, pauses: &[Pause], extensions: &[Extension]) -> Option<DateTime<Utc>> {
    match case.life.limits {
        Some(limits) => due_with(town, case, &limits, pauses, extensions),
        None => moved_by_last_pause(case.due_at, pauses),
    }
}

/// A suspension that begins gives all of its time; one that is ended before its time takes the rest back.
fn moved_by_last_pause(due: Option<DateTime<Utc>>, pauses: &[Pause]) -> Option<DateTime<Utc>> {
    let (due, pause) = (due?, pauses.last()?);
    Some(match pause.ended {
        None => due + (pause.until - pause.from),
        Some(ended) => due - (pause.until - ended).max(TimeDelta::zero()),
    })
}

/// What the step does to the clock.
///
/// # Errors
/// Where a date or a number of hours is missing or out of range, or where whoever asked would decide.
pub fn action(
    at: &Situation<'_>,
    actor: &str,
    case: &Case,
    step: Step,
    args: Args,
) -> Result<Action, Refusal> {
    let Args { note, .. } = args;
    if matches!(step, Step::Suspend | Step::Extend | Step::Deny)
        && case
            .life
            .request
            .as_ref()
            .is_some_and(|asked| &**asked.by() == actor)
    {
        return Err(Refusal::AskedYourself);
    }
    Ok(match step {
        Step::AskSuspend => Action::AskSuspend {
            until: end_of_pause(at, step, args.until)?,
            reason: note,
        },
        Step::Suspend => {
            let asked = match &case.life.request {
                Some(Request::Suspend { until, .. }) => Some(*until),
                _ => None,
            };
            let until = end_of_pause(at, step, args.until.or(asked))?;
            let mut pauses = case.life.pauses.clone();
            pauses.push(Pause {
                from: at.now,
                until,
                ended: None,
                by: actor.into(),
                reason: String::new(),
            });
            Action::Suspend {
                until,
                due_at: due_now(at.town, case, &pauses, &case.life.extensions),
                note,
            }
        }
        Step::AskExtend => Action::AskExtend {
            hours: more_hours(step, args.hours)?,
            reason: note,
        },
        Step::Extend => {
            let asked = match &case.life.request {
                Some(Request::Extend { hours, .. }) => Some(*hours),
                _ => None,
            };
            let hours = more_hours(step, args.hours.or(asked))?;
            let mut extensions = case.life.extensions.clone();
            extensions.push(Extension {
                hours,
                at: at.now,
                by: actor.into(),
                reason: String::new(),
            });
            Action::Extend {
                hours,
                due_at: extended(at.town, case, &extensions, hours),
                note,
            }
        }
        Step::Deny => Action::Deny { reason: note },
        _ => {
            let mut pauses = case.life.pauses.clone();
            if let Some(pause) = pauses.last_mut() {
                pause.ended = Some(at.now);
            }
            Action::Resume {
                due_at: due_now(at.town, case, &pauses, &case.life.extensions),
                note,
            }
        }
    })
}

/// An imported case's own deadline moves by hours of the clock.
fn extended(town: &Town, case: &Case, extensions: &[Extension], hours: f64) -> Option<DateTime<Utc>> {
    match case.life.limits {
        Some(limits) => due_with(town, case, &limits, &case.life.pauses, extensions),
        None => case
            .due_at
            .map(|due| due + TimeDelta::seconds((hours * 3600.0) as i64)),
    }
}

fn end_of_pause(
    at: &Situation<'_>,
    step: Step,
    until: Option<DateTime<Utc>>,
) -> Result<DateTime<Utc>, Refusal> {
    let latest = at.now + TimeDelta::days(SUSPEND_MAX_DAYS);
    until
        .filter(|until| *until > at.now && *until <= latest)
        .and_then(|until| DateTime::from_timestamp_millis(until.timestamp_millis()))
        .ok_or(Refusal::Missing {
            step,
            need: Need::Until,
        })
}

fn more_hours(step: Step, hours: Option<f64>) -> Result<f64, Refusal> {
    hours
        .filter(|hours| *hours > 0.0 && *hours <= EXTEND_MAX_HOURS)
        .ok_or(Refusal::Missing {
            step,
            need: Need::Hours,
        })
}
