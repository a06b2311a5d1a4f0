//! What the desk checks of commands of the hall itself: seats, alarms, handovers, the catalogue's changes.

use chrono::{DateTime, TimeDelta, Utc};

use crate::case::DutyAction;

use crate::store::Draft;

use super::refusal::{DutyFault, Refusal};
use super::{Situation, boundary};

/// Shelving, absences and changes of a shift end within so many days. This project's own bound.
pub const UNTIL_MAX_DAYS: i64 = 31;

/// Checks a command of the hall itself, which the post may give.
///
/// # Errors
/// Where the hall is not as the command expects it.
pub fn check(at: &Situation<'_>, actor: &str, seat: &str, action: &DutyAction) -> Result<(), Refusal> {
    let fault = |duty| Err(Refusal::Duty { duty });
    match action {
        DutyAction::SignOut => {
            let seated = at.duty.seats.values().any(|seated| &*seated.post == actor);
            if !seated {
                return fault(DutyFault::NotSeated);
            }
        }
        DutyAction::SignIn { relieves } => {
            let there = at.duty.seats.get(seat).map(|seated| &*seated.post);
            if relieves.as_deref() != there.filter(|post| *post != actor) {
                return fault(DutyFault::NotSeated);
            }
        }
        DutyAction::Shift { until, .. } => end(at, *until)?,
        DutyAction::Availability { away_until, .. } => {
            if let Some(until) = away_until {
                end(at, *until)?;
            }
        }
        DutyAction::Shelve { until, reason, .. } => {
            end(at, *until)?;
            if reason.trim().is_empty() {
                return fault(DutyFault::WordsMissing);
            }
        }
        DutyAction::Handover { number, text, .. } => {
            let next = at.duty.handovers.len() as u32 + 1;
            if *number != next || at.duty.open_handover().is_some() {
                return fault(DutyFault::Handover);
            }
            if text.trim().is_empty() {
                return fault(DutyFault::WordsMissing);
            }
        }
        DutyAction::TakeOver { number, .. } => {
            // Two signatures are those of two posts.
            let waits = at
                .duty
                .open_handover()
                .is_some_and(|h| h.number == *number && &*h.by != actor);
            if !waits {
                return fault(DutyFault::Handover);
            }
        }
        DutyAction::EditItem { item, reason } => {
            let there = at.town.catalogue.by_code(&item.code);
            if item.version != there.map_or(0, |there| there.version) + 1 {
                return fault(DutyFault::ItemVersion);
            }
            if reason.trim().is_empty() {
                return fault(DutyFault::WordsMissing);
            }
            if !item.faults().is_empty() {
                return fault(DutyFault::Item);
            }
        }
        DutyAction::Redraw { .. } => boundary::check(at, action)?,
        DutyAction::Passphrase { .. } | DutyAction::Acknowledge { .. } | DutyAction::Watch { .. } => {}
    }
    Ok(())
}

/// The version that the entry is based on. Where it does not matter what other seats do at the same moment, any: two
/// seats that acknowledge two alarms are not in each other's way.
pub fn based_on(at: &Situation<'_>, action: &DutyAction) -> u32 {
    match action {
        DutyAction::Handover { .. }
        | DutyAction::TakeOver { .. }
        | DutyAction::EditItem { .. }
        | DutyAction::Redraw { .. } => at.duty.version,
        _ => Draft::ANY_VERSION,
    }
}

fn end(at: &Situation<'_>, until: DateTime<Utc>) -> Result<(), Refusal> {
    let latest = at.now + TimeDelta::days(UNTIL_MAX_DAYS);
    if until > at.now && until <= latest {
        Ok(())
    } else {
        Err(Refusal::Duty {
            duty: DutyFault::Until,
        })
    }
}
