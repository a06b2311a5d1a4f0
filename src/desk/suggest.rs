//! Whom to send, and why: the teams and posts that could take a case, each with its reasons and what they weigh. What
//! weighs how much is data of the town; who can't take the case is named, too, with what stands in the way.

use chrono::{DateTime, NaiveTime, Utc};

use crate::board::{Board, Live};
use crate::case::{Case, Duty};
use crate::town::forces::{community_first, is_community_force};
use crate::town::roster::Running;
use crate::town::{Handler, Item, Level, PlaceId, PlaceKind, Post, Power, Team, TeamKind, Town, Wgs84, Who};

/// Somebody who could take a case, or can't.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Who.
    pub handler: Handler,
    /// The place it answers for.
    pub place: PlaceId,
    /// Sum of the points of its reasons.
    pub score: i32,
    /// What speaks for it and against it: duty, matter, distance, load, shift, in that order.
    pub reasons: Vec<Reason>,
    /// What stands in its way, where something does.
    pub cannot: Option<Cannot>,
}

/// One reason, and its points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    /// What it is.
    pub kind: ReasonKind,
    /// Points that it gives or takes.
    pub points: i32,
}

/// What speaks for somebody or against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReasonKind {
    /// It answers for this block, grid or community, in which the case lies.
    Duty(PlaceId),
    /// It works in the whole town.
    Town,
    /// It answers for this place, where the case does not lie.
    Elsewhere(PlaceId),
    /// The list of powers and duties names it for the item, on that level.
    Listed(Level),
    /// The case has risen to that level, which is its own.
    Risen(Level),
    /// It is the item's lead department.
    LeadDepartment,
    /// It is one of the community's own forces, which settle a class B case at once (the report's row M14).
    CommunityForce,
    /// It knows the item's domain.
    Skill,
    /// So many metres to the case.
    Distance(f64),
    /// It has that many cases in hand, of as many as it can have.
    Load {
        /// In hand.
        n: u32,
        /// At most.
        of: u32,
    },
    /// It is on shift.
    OnShift,
}

/// What stands in somebody's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cannot {
    /// It has the case already.
    AlreadyThere,
    /// It was reported as not to be had.
    Unavailable,
    /// The list of powers and duties does not name it for the item.
    NotEntitled,
    /// It answers for another place.
    Elsewhere,
    /// It gave the case back as none of its own.
    HandedBack,
    /// It is not on shift.
    OffShift,
    /// It has all hands full.
    Full,
}

impl Cannot {
    /// Whether it may be sent all the same, by somebody who knows better.
    pub fn may_be_overruled(self) -> bool {
        matches!(
            self,
            Self::Elsewhere | Self::HandedBack | Self::OffShift | Self::Full
        )
    }
}

/// Everybody who could take the case, the best first; then everybody who can't, the best first.
pub fn suggest(town: &Town, board: &Board, duty: &Duty, live: &Live, now: DateTime<Utc>) -> Vec<Proposal> {
    let item = live.item.map(|item| town.catalogue.get(item));
    let matter = Matter {
        town,
        board,
        duty,
        now,
        live,
        item,
        rows: item.map_or(&[], |item| town.powers.of(item)),
        at: live.case.place.point().filter(|at| at.is_valid()),
        shrink: live
            .case
            .place
            .point()
            .map_or(1.0, |at| at.lat.to_radians().cos()),
        running: town.roster.running(now, town.timezone),
        time: now.with_timezone(&town.timezone).time(),
    };
    let posts = town
        .posts
        .iter()
        .filter(|post| post.role.is_sent())
        .map(|post| matter.post(post));
    let mut found: Vec<Proposal> = posts
        .chain(town.teams.iter().map(|team| matter.team(team)))
        .collect();
    // Bits of positive numbers sort as the numbers do. Codes differ, so that no two are equal.
    found.sort_by_cached_key(|p| {
        let metres = p.distance_m().unwrap_or(f64::MAX).to_bits();
        (p.cannot.is_some(), -p.score, metres, p.handler.clone())
    });
    found
}

impl Proposal {
    /// Whether it has nothing to do with the case: it works elsewhere, and is not to be sent either.
    pub fn is_far_from_it(&self) -> bool {
        let elsewhere = self
            .reasons
            .iter()
            .any(|reason| matches!(reason.kind, ReasonKind::Elsewhere(_)));
        elsewhere && matches!(self.cannot, Some(Cannot::Elsewhere | Cannot::NotEntitled))
    }

    /// Metres to the case, where its point is known.
    pub fn distance_m(&self) -> Option<f64> {
        self.reasons.iter().find_map(|reason| match reason.kind {
            ReasonKind::Distance(metres) => Some(metres),
            _ => None,
        })
    }
}

/// What all are compared for.
struct Matter<'a> {
    town: &'a Town,
    board: &'a Board,
    duty: &'a Duty,
    now: DateTime<Utc>,
    live: &'a Live,
    item: Option<&'a Item>,
    /// Whose matter it is.
    rows: &'a [Power],
    at: Option<Wgs84>,
    /// How much shorter a degree of longitude is than one of latitude, where the case lies.
    shrink: f64,
    /// Shifts of the roster, and the time by the town's clock. Worked out once: they are asked for everybody.
    running: Running<'a>,
    time: NaiveTime,
}

/// Somebody, as far as all are alike.
struct Candidate<'a> {
    handler: Handler,
    who: Who<'a>,
    place: PlaceId,
    from: Wgs84,
    capacity: u32,
}

impl Matter<'_> {
    fn post(&self, post: &Post) -> Proposal {
        self.weigh(Candidate {
            handler: Handler::Post(post.code.as_str().into()),
            who: Who::Post(post),
            place: post.place,
            from: self.town.places.get(post.place).label_at,
            capacity: self.town.weights.post_capacity.max(1) as u32,
        })
    }

    fn team(&self, team: &Team) -> Proposal {
        self.weigh(Candidate {
            handler: Handler::Team(team.code.as_str().into()),
            who: Who::Team(team),
            place: team.place,
            from: team.station,
            capacity: u32::from(team.capacity.max(1)),
        })
    }

    fn weigh(&self, candidate: Candidate<'_>) -> Proposal {
        let weights = &self.town.weights;
        let duty = self.duty_at(candidate.place);
        let entitling = self
            .item
            .and_then(|item| self.rows.iter().find(|row| row.names(item, candidate.who)));
        let load = self.board.load(&candidate.handler);
        let on_shift = self.on_shift(&candidate);
        let mut reasons = Vec::with_capacity(8);
        let mut add = |kind, points| reasons.push(Reason { kind, points });
        add(duty.0, duty.1);
        if let Some(power) = entitling {
            add(ReasonKind::Listed(power.level), weights.listed);
        } else if let Some(level) = risen_to(&self.live.case, candidate.who) {
            add(ReasonKind::Risen(level), weights.listed);
        }
        if let (Who::Team(team), Some(item)) = (candidate.who, self.item) {
            if team.name.zh == item.lead_department {
                add(ReasonKind::LeadDepartment, weights.lead_department);
            }
            let own = matches!(duty.0, ReasonKind::Duty(_)) && is_community_force(team.kind);
            let allowed = entitling.is_some() || self.town.powers.is_empty();
            if own && allowed && community_first(self.live.case.class) {
                add(ReasonKind::CommunityForce, weights.community_force);
            }
            if team.skills.contains(&item.domain) {
                add(ReasonKind::Skill, weights.skill);
            }
        }
        if let Some(at) = self.at {
            let metres = at.near_distance_m(candidate.from, self.shrink);
            let left = 1.0 - metres / f64::from(weights.near_within_m.max(1));
            add(ReasonKind::Distance(metres), part(weights.near, left));
        }
        let hands = ReasonKind::Load {
            n: load,
            of: candidate.capacity,
        };
        add(
            hands,
            part(weights.full, f64::from(load) / f64::from(candidate.capacity)),
        );
        if on_shift == Some(true) {
            add(ReasonKind::OnShift, weights.on_shift);
        }
        Proposal {
            score: reasons.iter().map(|reason| reason.points).sum(),
            cannot: self.cannot(&candidate, &duty.0, (entitling.is_some(), load, on_shift)),
            handler: candidate.handler,
            place: candidate.place,
            reasons,
        }
    }

    /// Whether it is on shift: as somebody said, else by the roster, else by the team's own hours.
    fn on_shift(&self, candidate: &Candidate<'_>) -> Option<bool> {
        let who = &candidate.handler;
        let own_hours = || match candidate.who {
            Who::Team(team) => Some(team.works_at(self.time)),
            Who::Post(_) => None,
        };
        let said = self.duty.on_shift(who, self.now);
        said.or_else(|| self.running.has(who)).or_else(own_hours)
    }

    /// How the place that somebody answers for lies to the case.
    fn duty_at(&self, place: PlaceId) -> (ReasonKind, i32) {
        let (found, weights) = (&self.live.answerable, &self.town.weights);
        let is = |other: Option<PlaceId>| other == Some(place);
        if is(found.block) {
            (ReasonKind::Duty(place), weights.block)
        } else if is(found.base_grid) {
            (ReasonKind::Duty(place), weights.base_grid)
        } else if is(found.party_grid) {
            (ReasonKind::Duty(place), weights.party_grid)
        } else if is(found.community) {
            (ReasonKind::Duty(place), weights.community)
        } else if self.town.places.get(place).kind == PlaceKind::SubDistrict {
            (ReasonKind::Town, weights.town)
        } else {
            (ReasonKind::Elsewhere(place), weights.elsewhere)
        }
    }

    fn cannot(
        &self,
        candidate: &Candidate<'_>,
        duty: &ReasonKind,
        (listed, load, on_shift): (bool, u32, Option<bool>),
    ) -> Option<Cannot> {
        let has_it = busy_with(self.board, &candidate.handler, self.live);
        // A town without a list forbids nothing.
        let open = self.item.is_none() || self.town.powers.is_empty();
        let entitled = listed || open || risen_to(&self.live.case, candidate.who).is_some();
        let elsewhere = matches!(candidate.who, Who::Post(_))
            && matches!(duty, ReasonKind::Elsewhere(place) if !self.may_lie_in(*place));
        let handed_back = self.live.case.life.handed_back.contains(&candidate.handler);
        let obstacles = [
            (has_it, Cannot::AlreadyThere),
            (
                self.duty.away(&candidate.handler, self.now).is_some(),
                Cannot::Unavailable,
            ),
            (elsewhere, Cannot::Elsewhere),
            (!entitled, Cannot::NotEntitled),
            (handed_back, Cannot::HandedBack),
            (on_shift == Some(false), Cannot::OffShift),
            (load >= candidate.capacity, Cannot::Full),
        ];
        obstacles.into_iter().find(|(is, _)| *is).map(|(_, why)| why)
    }

    /// Whether the case may lie in that place, as far as its own place is known.
    fn may_lie_in(&self, place: PlaceId) -> bool {
        let found = &self.live.answerable;
        let within = |id: PlaceId| {
            let place = self.town.places.get(id);
            place.parent.is_some() && place.parent == found.community
        };
        self.at.is_none() && (found.community.is_none() || (found.base_grid.is_none() && within(place)))
    }
}

/// Whether the list of powers and duties lets `who` settle the case. A town without a list forbids nothing, and nothing
/// is known about an item that the catalogue no longer has.
pub fn is_entitled(town: &Town, case: &Case, who: Who<'_>) -> bool {
    let may_settle = |item: &Item| town.powers.may_settle(item, who);
    let listed = town.catalogue.by_code(&case.item).is_none_or(may_settle);
    listed || risen_to(case, who).is_some()
}

/// The level that the case has risen to, where it is that of `who`: then all forces of the sub-district may be sent,
/// whatever the list says of the item.
pub fn risen_to(case: &Case, who: Who<'_>) -> Option<Level> {
    let level = case.level();
    let own = matches!(who, Who::Team(team) if matches!(
        team.kind,
        TeamKind::Department | TeamKind::Emergency | TeamKind::Maintenance
    ));
    (own && level >= Level::Street && level > Level::of(case.class)).then_some(level)
}

/// Whether the post or team has the case in hand now.
fn busy_with(board: &Board, handler: &Handler, live: &Live) -> bool {
    live.case.handler.as_ref() == Some(handler) && board.cases_of(handler).contains(&live.case.id)
}

/// The part of `points` that `share` of them is, from none to all; rounded.
fn part(points: i32, share: f64) -> i32 {
    (f64::from(points) * share.clamp(0.0, 1.0)).round() as i32
}
