//! Who may do what: by the town's matrix of roles, commands and levels, and within one's own area.

use crate::case::{Case, Step, Whereabouts};
use crate::town::{Answerable, Level, Post, Role, Town};

/// The post under whose name the desk itself acts: it resumes what was suspended and raises what is overdue.
pub const DESK: &str = "desk";

/// The steps that the desk takes by itself.
pub const OF_THE_DESK: [Step; 2] = [Step::Escalate, Step::Resume];

/// Whether `role` may open cases of `level`.
pub fn may_report(town: &Town, role: Role, level: Level) -> bool {
    town.permissions.may(role, "report", level)
}

/// Whether `role` may take `step` with cases of `level`.
pub fn may(town: &Town, role: Role, step: Step, level: Level) -> bool {
    town.permissions.may(role, step.code(), level)
}

/// Whether the case lies where the post answers. Posts of the hall answer everywhere; a case whose place is known in
/// words only lies everywhere.
pub fn in_own_area(town: &Town, post: &Post, case: &Case) -> bool {
    if post.role.is_of_the_hall() {
        return true;
    }
    match answerable(town, case) {
        Some(found) => [found.community, found.base_grid, found.party_grid, found.block]
            .into_iter()
            .flatten()
            .any(|place| place == post.place),
        None => matches!(case.place, Whereabouts::Stated { .. }),
    }
}

/// Who answers for a case's place, which lies where it lay when the case was reported; `None` where that is not in the
/// town.
pub fn answerable(town: &Town, case: &Case) -> Option<Answerable> {
    match &case.place {
        Whereabouts::Point { at, .. } if at.is_valid() => {
            Some(town.answerable_then(*at, None, case.reported_at))
        }
        Whereabouts::Area { code, .. } => town.place_now(code).map(|place| town.answerable_in(place)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::duty::DutyAction;
    use crate::town::permissions::COMMANDS;

    #[test]
    fn the_matrix_names_every_command_and_no_other() {
        let mut codes = vec!["report"];
        codes.extend(Step::ALL.map(Step::code));
        codes.extend(DutyAction::CODES);
        assert_eq!(codes, COMMANDS);
    }
}
