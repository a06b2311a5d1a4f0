//! Permission, lifecycle, routing, in that order.

use chrono::{DateTime, TimeDelta, Utc};

use crate::case::{Action, Case, CaseId, Report, Source, Stage, Step, Whereabouts};
use crate::store::Draft;
use crate::town::{Handler, Item, Town};

use super::permission;
use super::{Command, NewReport, Order};

/// Why a command was refused: a value that says what is wrong and what would be right.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The actor is not a post of this town.
    #[error("there is no post '{actor}' in this town")]
    UnknownPost {
        /// The code that was given.
        actor: String,
    },
    /// The post may not do this.
    #[error("the post '{actor}' may not do this ({step})")]
    NotAllowed {
        /// The post.
        actor: String,
        /// The step's code, or `report`.
        step: &'static str,
    },
    /// There is no such case among the open ones.
    #[error("case {case} is not open")]
    NotOpen {
        /// The number that was given.
        case: CaseId,
    },
    /// Somebody else moved the case on in between.
    #[error("case {case} has moved on to '{}' in between: look at it again", stage.code())]
    MovedOn {
        /// The case.
        case: CaseId,
        /// Where it stands now.
        stage: Stage,
    },
    /// The step is not legal from here.
    #[error("'{}' is not possible in stage '{}'", step.code(), stage.code())]
    NotNow {
        /// The step.
        step: Step,
        /// Where the case stands.
        stage: Stage,
    },
    /// A reason or note is missing.
    #[error("'{}' needs a reason or note in words", step.code())]
    WordsMissing {
        /// The step.
        step: Step,
    },
    /// A dispatch names nobody.
    #[error("a dispatch needs a post or team to send")]
    NobodyToSend,
    /// The post or team is not known in this town.
    #[error("there is no '{handler}' in this town")]
    UnknownHandler {
        /// What was given.
        handler: String,
    },
    /// The case is already with that post or team.
    #[error("the case is already with '{handler}'")]
    AlreadyThere {
        /// The post or team.
        handler: String,
    },
    /// The item is not in the catalogue.
    #[error("there is no item '{item}' in the catalogue")]
    UnknownItem {
        /// What was given.
        item: String,
    },
    /// A report without a place.
    #[error("say where: a point on the map, a community, or the place in words")]
    PlaceMissing,
    /// The point is not on the globe, or the place is not in the town.
    #[error("the place {place} is not in this town")]
    PlaceWrong {
        /// What was given.
        place: String,
    },
    /// The time of the report lies in the future.
    #[error("the report is dated in the future")]
    InTheFuture,
}

/// Note lengths beyond this are refused by forms, and cut nowhere.
pub const NOTE_MAX_CHARS: usize = 4000;

/// Decides on one command. `case` is the open case that a [`Order::Move`] names, as the board has it now.
///
/// # Errors
/// A refusal changes nothing.
pub fn decide(
    town: &Town,
    case: Option<&Case>,
    now: DateTime<Utc>,
    command: Command,
) -> Result<Draft, Refusal> {
    let Command { actor, seat, order } = command;
    let Some(post) = town.post(&actor) else {
        return Err(Refusal::UnknownPost {
            actor: actor.to_string(),
        });
    };
    let not_allowed = |step| {
        Err(Refusal::NotAllowed {
            actor: actor.to_string(),
            step,
        })
    };
    match order {
        Order::Report(report) => {
            if !permission::may_report(post.role) {
                return not_allowed("report");
            }
            let action = Action::Report(Box::new(open(town, now, report)?));
            Ok(Draft {
                case: None,
                based_on: 0,
                at: now,
                actor,
                seat,
                action,
            })
        }
        Order::Move {
            case: id,
            based_on,
            step,
            to,
            note,
            photos,
        } => {
            if !permission::may(post.role, step) {
                return not_allowed(step.code());
            }
            let case = case
                .filter(|c| c.id == id && c.stage.is_open())
                .ok_or(Refusal::NotOpen { case: id })?;
            if case.version != based_on {
                return Err(Refusal::MovedOn {
                    case: id,
                    stage: case.stage,
                });
            }
            if case.stage.after(step).is_none() {
                return Err(Refusal::NotNow {
                    step,
                    stage: case.stage,
                });
            }
            let note = note.trim().to_owned();
            let words_needed = matches!(step, Step::Refuse | Step::SendBack | Step::Rectify);
            if words_needed && note.is_empty() {
                return Err(Refusal::WordsMissing { step });
            }
            let action = match step {
                Step::Accept => Action::Accept { note },
                Step::Refuse => Action::Refuse { reason: note },
                Step::Dispatch => Action::Dispatch {
                    to: dispatch_to(town, case, to)?,
                    note,
                },
                Step::Arrive => Action::Arrive { note },
                Step::Rectify => Action::Rectify { note, photos },
                Step::Verify => Action::Verify { note },
                Step::SendBack => Action::SendBack { reason: note },
                Step::Close => Action::Close { note },
            };
            Ok(Draft {
                case: Some(id),
                based_on,
                at: now,
                actor,
                seat,
                action,
            })
        }
    }
}

fn dispatch_to(town: &Town, case: &Case, to: Option<Handler>) -> Result<Handler, Refusal> {
    let to = to.ok_or(Refusal::NobodyToSend)?;
    let known = match &to {
        Handler::Post(code) => town.post(code).is_some(),
        Handler::Team(code) => town.team(code).is_some(),
    };
    if !known {
        return Err(Refusal::UnknownHandler {
            handler: to.to_string(),
        });
    }
    let already = case.stage != Stage::Accepted && case.handler.as_ref() == Some(&to);
    if already {
        return Err(Refusal::AlreadyThere {
            handler: to.to_string(),
        });
    }
    Ok(to)
}

fn open(town: &Town, now: DateTime<Utc>, new: NewReport) -> Result<Report, Refusal> {
    let item = town
        .catalogue
        .by_code(&new.item)
        .ok_or_else(|| Refusal::UnknownItem {
            item: new.item.to_string(),
        })?;
    check_place(town, &new.place)?;
    let reported_at = new.reported_at.unwrap_or(now);
    // Clocks of two machines differ a little; a minute ahead is not the future.
    if reported_at > now + TimeDelta::minutes(1) {
        return Err(Refusal::InTheFuture);
    }
    let due_at = due(town, item, reported_at);
    Ok(report_of(
        item,
        new.place,
        new.source,
        new.text,
        reported_at,
        Some(due_at),
        new.photos,
    ))
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
    }
}

fn check_place(town: &Town, place: &Whereabouts) -> Result<(), Refusal> {
    match place {
        Whereabouts::Point { at, .. } if !at.is_valid() => Err(Refusal::PlaceWrong {
            place: format!("{}, {}", at.lat, at.lon),
        }),
        Whereabouts::Area { code, .. } if town.places.by_code(code).is_none() => Err(Refusal::PlaceWrong {
            place: code.to_string(),
        }),
        Whereabouts::Stated { stated } if stated.trim().is_empty() => Err(Refusal::PlaceMissing),
        _ => Ok(()),
    }
}
