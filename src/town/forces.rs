//! What weighs how much where forces are proposed for a case, and where two cases are taken for one. The weights are
//! data of the town; those that stand here are for a town that brings none.

use super::{Class, TeamKind};

/// Points that speak for or against a proposal, and what is compared. Whole numbers, so that the reasons that are shown
/// add up to the score that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Points for who answers for the case's block.
    pub block: i32,
    /// Points for who answers for its party grid.
    pub party_grid: i32,
    /// Points for who answers for its base grid.
    pub base_grid: i32,
    /// Points for who answers for its community.
    pub community: i32,
    /// Points for who answers for the whole town.
    pub town: i32,
    /// Points for who answers for another place.
    pub elsewhere: i32,
    /// Points where the list of powers and duties names the body for the item.
    pub listed: i32,
    /// Points for the item's lead department.
    pub lead_department: i32,
    /// Points for the community's own forces, for a case of class B (the report's row M14).
    pub community_force: i32,
    /// Points for a team that knows the item's domain.
    pub skill: i32,
    /// Points at no distance; they fade to none.
    pub near: i32,
    /// Metres from which on nearness gives no points.
    pub near_within_m: i32,
    /// Points, below zero, of somebody who has all hands full; they grow with the load.
    pub full: i32,
    /// How many cases a post can have in hand.
    pub post_capacity: i32,
    /// Points for who is on shift.
    pub on_shift: i32,
    /// What makes two cases alike.
    pub twin: TwinWeights,
}

/// What makes two cases alike, and from which score on that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwinWeights {
    /// Points for the same item.
    pub same_item: i32,
    /// Points for another item of the same domain.
    pub same_domain: i32,
    /// Points at no distance; they fade to none.
    pub near: i32,
    /// Metres from which on two points are not compared.
    pub within_m: i32,
    /// Points where one of them is known by its area only, and the other lies there, too.
    pub same_area: i32,
    /// Points for the same moment; they fade to none.
    pub recent: i32,
    /// Hours from which on two cases are not compared.
    pub within_hours: i32,
    /// Points for the same words; less alike gives less.
    pub text: i32,
    /// From how many points on a case is shown.
    pub least: i32,
    /// At most so many are shown.
    pub at_most: i32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            block: 56,
            party_grid: 36,
            base_grid: 50,
            community: 28,
            town: 10,
            elsewhere: 0,
            listed: 20,
            lead_department: 24,
            community_force: 30,
            skill: 8,
            near: 12,
            near_within_m: 3000,
            full: -18,
            post_capacity: 6,
            on_shift: 6,
            twin: TwinWeights {
                same_item: 40,
                same_domain: 15,
                near: 30,
                within_m: 150,
                same_area: 10,
                recent: 20,
                within_hours: 72,
                text: 30,
                least: 55,
                at_most: 5,
            },
        }
    }
}

/// Whether teams of this kind are a community's own forces (the report's rows M5, M6 and M14).
pub fn is_community_force(kind: TeamKind) -> bool {
    matches!(
        kind,
        TeamKind::CityManagement
            | TeamKind::Safety
            | TeamKind::PublicOrder
            | TeamKind::PartyGridTeam
            | TeamKind::Volunteers
    )
}

/// Whether the community's own forces come first in that class, so that an ordinary violation is settled at once.
pub fn community_first(class: Class) -> bool {
    class == Class::B
}
