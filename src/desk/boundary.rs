//! What the desk checks of a change of boundaries: that it follows from those that are there, that it begins in time, that
//! nothing crosses or lies over another, and that somebody says why.

use chrono::TimeDelta;

use crate::case::DutyAction;
use crate::town::boundary::{MAX_CHANGE, Weight, judge};

use super::Situation;
use super::refusal::{DutyFault, Refusal};

/// Boundaries may begin to hold so many days ahead. This project's own bound.
pub const AHEAD_MAX_DAYS: i64 = 366;

/// Checks a change of boundaries, or that one is withdrawn.
///
/// # Errors
/// Where it does not follow, or the boundaries would not be sound.
pub fn check(at: &Situation<'_>, action: &DutyAction) -> Result<(), Refusal> {
    let fault = |duty| Err(Refusal::Duty { duty });
    let DutyAction::Redraw {
        number,
        change,
        from,
        reason,
        gaps,
        withdraws,
    } = action
    else {
        return Ok(());
    };
    if *number != at.duty.last_redraw + 1 {
        return fault(DutyFault::BoundaryVersion);
    }
    if reason.trim().is_empty() {
        return fault(DutyFault::WordsMissing);
    }
    let waits = at.duty.boundaries_to_come(at.now);
    if let Some(withdrawn) = withdraws {
        let is_it = waits.is_some_and(|edit| edit.number == *withdrawn) && change.is_empty();
        return if is_it {
            Ok(())
        } else {
            fault(DutyFault::BoundaryNothing)
        };
    }
    if waits.is_some() {
        return fault(DutyFault::BoundaryWaits);
    }
    if change.is_empty() {
        return fault(DutyFault::BoundaryNothing);
    }
    let latest = at.now + TimeDelta::days(AHEAD_MAX_DAYS);
    if from.is_some_and(|from| from <= at.now || from > latest) {
        return fault(DutyFault::BoundaryDate);
    }
    if change.corners() > MAX_CHANGE || !change.is_on_the_globe() {
        return fault(DutyFault::BoundaryUnsound);
    }
    let faults = judge(&at.town.places, change);
    match faults.iter().map(|fault| fault.kind.weight()).max() {
        Some(Weight::Blocks) => fault(DutyFault::BoundaryUnsound),
        Some(Weight::NeedsReason) if gaps.trim().is_empty() => fault(DutyFault::BoundaryGaps),
        _ => Ok(()),
    }
}
