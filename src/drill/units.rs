//! Units as simulated people have them: whether a matter is theirs, how long they take to get there and to settle it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::dice::Dice;
use super::life::{Truth, desk_of};
use super::people::World;
use super::scenario::Units;
use crate::case::{Case, Step, Whereabouts};
use crate::desk::permission;
use crate::desk::suggest::risen_to;
use crate::town::{
    Answerable, Handler, Item, PlaceId, PlaceKind, Post, Role, Team, TeamKind, Town, Wgs84, Who,
};

/// A unit to which a matter does not belong says so in so large a share of cases; else it goes all the same.
const SAYS_SO: f64 = 0.9;
/// So much longer everything takes with each further matter that the unit has in hand beyond [`AT_EASE`].
const BUSY: f64 = 0.12;
/// So many matters a unit has in hand at ease.
const AT_EASE: f64 = 2.0;

/// How a unit answers when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It hands the matter back then.
    HandBack(DateTime<Utc>),
    /// It is on the spot then.
    Arrive(DateTime<Utc>),
}

/// When a unit has settled a matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Then.
    pub at: DateTime<Utc>,
    /// Whether it took a multiple of its time.
    pub late: bool,
}

/// A matter that a unit has, and what bears on its time.
pub struct Job<'a> {
    /// The case as it stands.
    pub case: &'a Case,
    /// What is so.
    pub truth: &'a Truth,
    /// The scenario's units.
    pub units: &'a Units,
    /// How much larger the town's forces are than its data says, because more is reported than there.
    pub scale: f64,
}

/// Who answers for the place at which a matter truly is.
pub fn answerable(town: &Town, case: &Case, truth: &Truth) -> Option<Answerable> {
    match (&case.place, truth.grid) {
        (Whereabouts::Point { at, .. }, Some(grid)) => Some(town.answerable_on_side(*at, grid)),
        // Known in words only, but it is somewhere.
        (Whereabouts::Stated { .. }, Some(grid)) => Some(town.answerable_in(grid)),
        _ => permission::answerable(town, case),
    }
}

/// Whether the matter belongs to that unit: it may settle it, and answers for its place.
pub fn is_right(town: &Town, case: &Case, truth: &Truth, handler: &Handler) -> bool {
    let Some(who) = town.who(handler) else {
        return false;
    };
    let item = town.catalogue.get(truth.item);
    let may = town.powers.may_settle(item, who) || risen_to(case, who).is_some();
    may && truth.ours && answers_for(town, case, truth, place_of(who))
}

fn place_of(who: Who<'_>) -> PlaceId {
    match who {
        Who::Post(post) => post.place,
        Who::Team(team) => team.place,
    }
}

fn answers_for(town: &Town, case: &Case, truth: &Truth, place: PlaceId) -> bool {
    let there = town.places.get(place);
    if there.kind == PlaceKind::SubDistrict {
        return true;
    }
    // Nobody knows where it is, so that nobody can say that it is not theirs.
    let Some(found) = answerable(town, case, truth) else {
        return true;
    };
    let own = [found.community, found.base_grid, found.party_grid, found.block];
    let may_lie_in = found.base_grid.is_none() && there.parent.is_some() && there.parent == found.community;
    own.contains(&Some(place)) || may_lie_in
}

/// Where a unit sets out from.
fn station(town: &Town, who: Who<'_>) -> Wgs84 {
    match who {
        Who::Post(post) => town.places.get(post.place).label_at,
        Who::Team(team) => team.station,
    }
}

/// How a unit answers when it is sent now.
pub fn answer(world: &World<'_>, job: &Job<'_>, to: &Handler, dice: &mut Dice) -> Answer {
    let right = is_right(world.town, job.case, job.truth, to);
    let refuses = dice.chance(if right { job.units.hand_back } else { SAYS_SO });
    let begins = on_shift_from(world, to);
    let ready = dice.around(job.units.ready_minutes, 0.6) * busy(world, job, to);
    if refuses {
        return Answer::HandBack(counted(world, job, begins, ready * 1.5));
    }
    let metres = match (job.case.place.point(), world.town.who(to)) {
        (Some(at), Some(who)) => {
            let shrink = at.lat.to_radians().cos();
            at.near_distance_m(station(world.town, who), shrink)
        }
        // Whoever has to look for the place takes a while.
        _ => 2500.0,
    };
    // Streets are no straight lines.
    let way = 1.35 * metres / job.units.metres_per_minute * dice.around(1.0, 0.3) * job.truth.slow;
    Answer::Arrive(counted(world, job, begins, ready + way))
}

/// When a unit that is on the spot now has settled the matter.
pub fn settle(world: &World<'_>, job: &Job<'_>, by: Option<&Handler>, dice: &mut Dice) -> Settled {
    let item = world.town.catalogue.get(job.truth.item);
    let late = dice.chance(job.units.late);
    let mut hours = item.steps.rectify.unwrap_or(item.limit_hours * 0.4) * dice.around(0.5, 0.45);
    hours *= job.units.pace * job.truth.slow;
    if let Some(by) = by {
        hours *= busy(world, job, by);
        if let Some(Who::Team(team)) = world.town.who(by) {
            hours *= skill(team, item);
        }
    }
    if late {
        hours *= dice.between(2.0, 4.5);
    }
    Settled {
        at: counted(world, job, world.now, (hours * 60.0).max(2.0)),
        late,
    }
}

fn skill(team: &Team, item: &Item) -> f64 {
    if team.skills.is_empty() {
        1.0
    } else if team.skills.contains(&item.domain) {
        0.85
    } else {
        1.3
    }
}

fn busy(world: &World<'_>, job: &Job<'_>, unit: &Handler) -> f64 {
    let load = f64::from(world.board.load(unit)) / job.scale.max(1.0);
    1.0 + BUSY * (load - AT_EASE).max(0.0)
}

/// The moment so many minutes after `from`, of the kind of time that the matter's item counts.
fn counted(world: &World<'_>, job: &Job<'_>, from: DateTime<Utc>, minutes: f64) -> DateTime<Utc> {
    let town = world.town;
    let working = town.catalogue.get(job.truth.item).working_time;
    let end = town.calendar.after(from, minutes / 60.0, working, town.timezone);
    // A unit that comes back at the very moment at which it was sent would be no unit.
    end.max(world.now + TimeDelta::seconds(30))
}

/// When the unit is on shift: now, or from a later hour on.
fn on_shift_from(world: &World<'_>, unit: &Handler) -> DateTime<Utc> {
    let on = |at| {
        world
            .duty
            .on_shift(unit, at)
            .or_else(|| world.town.on_shift(unit, at))
    };
    if on(world.now) != Some(false) {
        return world.now;
    }
    let hour = |n| world.now + TimeDelta::hours(n);
    (1..=72)
        .map(hour)
        .find(|at| on(*at) != Some(false))
        .unwrap_or(world.now)
}

/// The post that tells the hall of a unit's step: its own where the town's rules let it, else the desk that takes the call.
pub fn teller(town: &Town, case: &Case, unit: Option<&Handler>, step: Step) -> Arc<str> {
    let post = unit.and_then(|unit| match unit {
        Handler::Post(code) => town.post(code),
        Handler::Team(code) => officer_of(town, town.team(code)?),
    });
    let may = |post: &&Post| {
        permission::may(town, post.role, step, case.level()) && permission::in_own_area(town, post, case)
    };
    match post.filter(may) {
        Some(post) => post.code.as_str().into(),
        None => desk_of(town, case.centre),
    }
}

/// The officer who speaks for a team: that of its department, or of its community.
fn officer_of<'t>(town: &'t Town, team: &Team) -> Option<&'t Post> {
    let speaks = |post: &&Post| match team.kind {
        TeamKind::Department => {
            post.role == Role::DepartmentOfficer && post.title.zh.starts_with(&team.name.zh)
        }
        _ => post.role == Role::CommunityOfficer && post.place == team.place,
    };
    town.posts.iter().find(speaks)
}
