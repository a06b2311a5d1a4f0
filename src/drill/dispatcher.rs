//! The automatic dispatcher, who sits at the desk where no trainee does: accepts, refuses, merges, dispatches, as well and
//! as fast as its skill lets it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::dice::Dice;
use super::life::{Truth, desk_of};
use super::people::World;
use super::units;
use crate::case::Case;
use crate::desk::suggest::is_entitled;
use crate::town::{Answerable, Body, Centre, Handler, PlaceKind, PostId, Role, Team, TeamKind, Town};

/// Matters that wait for a desk of three at which nobody has to hurry.
const AT_EASE: f64 = 10.0;
/// So often somebody is looked for who would be a mistake; where nobody is found, none is made.
const MISTAKES_TRIED: usize = 24;
/// However many wait, nothing takes longer than so many times as long.
const SLOWEST: f64 = 8.0;

/// An automatic dispatcher.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dispatcher {
    /// 0 (slow, often wrong) to 1 (fast, nearly always right).
    pub skill: f64,
}

impl Dispatcher {
    /// Whether it sees that something is wrong with a report.
    pub fn notices(self, dice: &mut Dice) -> bool {
        dice.chance(0.3 + 0.65 * self.skill)
    }

    /// When it gets to a matter that waits since now. What is dangerous goes first; a queue makes everything slower.
    pub fn looks_at(self, world: &World<'_>, case: &Case, scale: f64, dice: &mut Dice) -> DateTime<Utc> {
        let counts = world.board.counts(None);
        let waiting = (counts.reported + counts.accepted) as f64 / scale.max(1.0);
        let queue = (1.0 + (waiting - AT_EASE).max(0.0) / AT_EASE).min(SLOWEST);
        let urgent = if case.severity >= 4 { 0.35 } else { 1.0 };
        let minutes = (1.5 + 16.0 * (1.0 - self.skill)) * queue * urgent;
        let wait = TimeDelta::milliseconds((dice.around(minutes, 0.6) * 60_000.0) as i64);
        world.now + wait.max(TimeDelta::seconds(15))
    }

    /// Whom it sends. `known` says that somebody has told it how the matter really is.
    pub fn sends(
        self,
        world: &World<'_>,
        case: &Case,
        truth: &Truth,
        scale: f64,
        known: bool,
        dice: &mut Dice,
    ) -> Option<Handler> {
        let accuracy = if known {
            0.9 + 0.1 * self.skill
        } else {
            0.6 + 0.38 * self.skill
        };
        let best = choose(world, case, truth, scale, known);
        if dice.chance(accuracy) {
            return best;
        }
        other_than(world.town, case, truth, dice).or(best)
    }
}

/// Somebody who may be sent, but to whom the matter does not belong: for another place, or because its item is another.
fn other_than(town: &Town, case: &Case, truth: &Truth, dice: &mut Dice) -> Option<Handler> {
    let draw = |dice: &mut Dice| {
        if dice.chance(0.5) {
            dice.pick(&town.teams).map(team_handler)
        } else {
            dice.pick(&town.posts)
                .map(|post| Handler::Post(post.code.as_str().into()))
        }
    };
    let fits = |unit: &Handler| {
        may_be_sent(town, case, unit)
            && case.handler.as_ref() != Some(unit)
            && !units::is_right(town, case, truth, unit)
    };
    (0..MISTAKES_TRIED).filter_map(|_| draw(dice)).find(fits)
}

/// Whether the desk lets somebody be sent to the case.
fn may_be_sent(town: &Town, case: &Case, unit: &Handler) -> bool {
    town.who(unit).is_some_and(|who| is_entitled(town, case, who))
}

fn team_handler(team: &Team) -> Handler {
    Handler::Team(team.code.as_str().into())
}

/// The unit to which a matter belongs, by the list of powers and duties and by who answers for its place: the first on the
/// list that is on shift and has a hand free, else the first. Without `known`, the place is what the report says.
fn choose(world: &World<'_>, case: &Case, truth: &Truth, scale: f64, known: bool) -> Option<Handler> {
    let town = world.town;
    let item = match town.catalogue.by_code(&case.item) {
        Some(item) if !known => item,
        _ => town.catalogue.get(truth.item),
    };
    let told = Truth {
        grid: stated_grid(town, case),
        ..truth.clone()
    };
    let found = units::answerable(town, case, if known { truth } else { &told }).unwrap_or_default();
    let may_go = |handler: &Handler| {
        case.handler.as_ref() != Some(handler) && !case.life.handed_back.contains(handler)
    };
    let bodies = town.powers.of(item).iter().map(|power| &power.body);
    let entitled: Vec<Handler> = bodies
        .filter_map(|body| unit_of(town, body, &item.lead_department, &found))
        .collect();
    let all: Vec<Handler> = entitled.iter().filter(|unit| may_go(unit)).cloned().collect();
    let free = |handler: &&Handler| {
        let capacity = capacity(town, handler) * scale.max(1.0);
        f64::from(world.board.load(handler)) < capacity && town.on_shift(handler, world.now) != Some(false)
    };
    let first = all.iter().find(free).or(all.first()).cloned();
    // Where all of them have handed it back, the first is told once more that it is its own.
    let first = first.or_else(|| {
        entitled
            .into_iter()
            .find(|unit| case.handler.as_ref() != Some(unit))
    });
    // A town without a list, or a place that nobody knows: whoever is nearest and may be sent, then any team that may.
    let may = |unit: &Handler| may_go(unit) && may_be_sent(town, case, unit);
    first
        .or_else(|| found.grid_officer.map(|id| post(town, id)).filter(may))
        .or_else(|| found.community_officer.map(|id| post(town, id)).filter(may))
        .or_else(|| town.teams.iter().map(team_handler).find(may))
}

/// The grid that a report names where it lies near a boundary.
fn stated_grid(town: &Town, case: &Case) -> Option<crate::town::PlaceId> {
    match &case.place {
        crate::case::Whereabouts::Point { grid: Some(grid), .. } => town.places.by_code(grid),
        _ => None,
    }
}

fn post(town: &Town, id: PostId) -> Handler {
    Handler::Post(town.posts[usize::from(id.0)].code.as_str().into())
}

fn capacity(town: &Town, handler: &Handler) -> f64 {
    match handler {
        Handler::Team(code) => town
            .team(code)
            .map_or(1.0, |team| f64::from(team.capacity.max(1))),
        Handler::Post(_) => f64::from(town.weights.post_capacity.max(1)),
    }
}

/// The post or team that a row of the list of powers means, where the matter lies.
fn unit_of(town: &Town, body: &Body, lead: &str, found: &Answerable) -> Option<Handler> {
    let department = |name: &str| {
        let mut teams = town.teams.iter();
        teams.find(|team| team.kind == TeamKind::Department && team.name.zh == name)
    };
    let team = match body {
        Body::Role(role) => {
            let id = match role {
                Role::GridOfficer => found.grid_officer,
                Role::PartyGridChief => found.party_grid_chief,
                Role::StreetChief => found.street_chief,
                Role::CommunityOfficer => found.community_officer,
                _ => None,
            };
            return id.map(|id| post(town, id));
        }
        Body::Team(TeamKind::PartyGridTeam) => found.party_grid_team.map(|id| &town.teams[usize::from(id.0)]),
        Body::Team(kind) => {
            let here = |place| {
                Some(place) == found.community || town.places.get(place).kind == PlaceKind::SubDistrict
            };
            town.teams
                .iter()
                .find(|team| team.kind == *kind && here(team.place))
        }
        Body::LeadDepartment => department(lead),
        Body::Department(name) => department(name),
    };
    team.map(team_handler)
}

/// The desk of that centre, or whichever dispatcher is on shift.
pub fn desk_at(town: &Town, centre: Centre, now: DateTime<Utc>) -> Arc<str> {
    let own = desk_of(town, centre);
    let on = |code: &Arc<str>| town.on_shift(&Handler::Post(code.clone()), now) != Some(false);
    if on(&own) {
        return own;
    }
    let desks = town.posts.iter().filter(|post| post.role == Role::Dispatcher);
    let mut desks = desks.map(|post| Arc::<str>::from(post.code.as_str()));
    desks.find(on).unwrap_or(own)
}

/// Whoever verifies at that time: an inspector who is on shift, else a duty leader.
pub fn verifier_at(town: &Town, now: DateTime<Utc>) -> Arc<str> {
    of_roles(town, &[Role::Inspector, Role::DutyLeader], now)
}

/// The duty leader at that time.
pub fn leader_at(town: &Town, now: DateTime<Utc>) -> Arc<str> {
    of_roles(town, &[Role::DutyLeader], now)
}

fn of_roles(town: &Town, roles: &[Role], now: DateTime<Utc>) -> Arc<str> {
    let all = || {
        roles
            .iter()
            .flat_map(|role| town.posts.iter().filter(move |post| post.role == *role))
            .map(|post| Arc::<str>::from(post.code.as_str()))
    };
    let on = |code: &Arc<str>| town.on_shift(&Handler::Post(code.clone()), now) != Some(false);
    all()
        .find(on)
        .or_else(|| all().next())
        .unwrap_or_else(|| desk_of(town, Centre::Grid))
}
