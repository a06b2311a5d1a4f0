//! Whom a number means: the n-th proposal for a case, in the order in which the hall proposes them.

use crate::board::{Board, Live};
use crate::town::{Handler, PlaceId, PlaceKind, Role, TeamKind, Town, Wgs84};

/// Everybody who could be sent to this case: by duty, then street chiefs and party-grid teams first, then distance.
pub fn proposals(town: &Town, board: &Board, live: &Live) -> Vec<Handler> {
    let at = live.case.place.point();
    let posts = town.posts.iter().filter(|post| {
        let anywhere = matches!(post.role, Role::StreetChief | Role::CommunityOfficer);
        anywhere || (post.role == Role::GridOfficer && live.answerable.base_grid == Some(post.place))
    });
    let rank = |handler: Handler, place: PlaceId, from: Wgs84, first: bool| {
        let metres = at.map_or(f64::MAX, |at| at.distance_m(from));
        (
            duty(town, live, place),
            !first,
            metres,
            board.load(&handler),
            handler,
        )
    };
    let mut ranked: Vec<(u8, bool, f64, u32, Handler)> = posts
        .map(|post| {
            let from = town.places.get(post.place).label_at;
            let handler = Handler::Post(post.code.as_str().into());
            rank(handler, post.place, from, post.role == Role::StreetChief)
        })
        .chain(town.teams.iter().map(|team| {
            let handler = Handler::Team(team.code.as_str().into());
            rank(
                handler,
                team.place,
                team.station,
                team.kind == TeamKind::PartyGridTeam,
            )
        }))
        .collect();
    ranked.sort_by(|a, b| {
        (a.0, a.1)
            .cmp(&(b.0, b.1))
            .then(a.2.total_cmp(&b.2))
            .then(a.3.cmp(&b.3))
    });
    ranked.into_iter().map(|(.., handler)| handler).collect()
}

/// 0 answers for the case's block or party grid, 1 for its community or grid, 2 for the whole town, 3 for elsewhere.
fn duty(town: &Town, live: &Live, place: PlaceId) -> u8 {
    let found = &live.answerable;
    let is = |other: Option<PlaceId>| other == Some(place);
    if is(found.block) || is(found.party_grid) {
        0
    } else if is(found.community) || is(found.base_grid) {
        1
    } else if town.places.get(place).kind == PlaceKind::SubDistrict {
        2
    } else {
        3
    }
}
