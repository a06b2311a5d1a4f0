//! Which role may take which step. The matrix is small in this version and stands here as one table.

use crate::case::Step;
use crate::town::Role;

/// Whether `role` may open cases.
pub fn may_report(role: Role) -> bool {
    !matches!(role, Role::Inspector | Role::Administrator)
}

/// Whether `role` may take `step`.
pub fn may(role: Role, step: Step) -> bool {
    use Step::{Accept, Arrive, Close, Dispatch, Rectify, Refuse, SendBack, Verify};
    match role {
        Role::Dispatcher | Role::DutyLeader => true,
        Role::CommunityOfficer => matches!(step, Accept | Refuse | Dispatch | Arrive | Rectify),
        Role::StreetChief | Role::PartyGridChief => matches!(step, Dispatch | Arrive | Rectify),
        Role::PartyInstructor | Role::PartyGridLiaison | Role::PartyGridMember | Role::GridOfficer => {
            matches!(step, Arrive | Rectify)
        }
        Role::Inspector => matches!(step, Verify | SendBack | Close),
        Role::Administrator => false,
    }
}
