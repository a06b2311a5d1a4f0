//! Who answers for a point, and what lies across the boundaries that it is near to.

use std::path::Path;
use std::sync::LazyLock;

use geo::{Distance, Euclidean, LinesIter};
use proptest::prelude::*;
use yipanqi::town::ground::ASK_WITHIN_M;
use yipanqi::town::{Answerable, NearBoundary, Place, PlaceId, PlaceKind, Role, TeamKind, Town, Wgs84};

static GUANLAN: LazyLock<Town> = LazyLock::new(|| {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Town::load(&dir).unwrap_or_else(|faults| panic!("{faults}"))
});

const KINDS: [PlaceKind; 4] = [
    PlaceKind::Community,
    PlaceKind::PartyGrid,
    PlaceKind::BaseGrid,
    PlaceKind::Block,
];

/// Metres between a point and the nearest edge of a place, on the plane that touches the globe at the point.
fn metres_to_edge(at: Wgs84, place: &Place) -> f64 {
    let degree = 6_371_008.8_f64.to_radians();
    let east = degree * at.lat.to_radians().cos();
    let plane = |c: geo::Coord<f64>| geo::Coord {
        x: (c.x - at.lon) * east,
        y: (c.y - at.lat) * degree,
    };
    let origin = geo::Point::new(0.0, 0.0);
    place
        .outline
        .lines_iter()
        .map(|line| Euclidean.distance(&origin, &geo::Line::new(plane(line.start), plane(line.end))))
        .fold(f64::INFINITY, f64::min)
}

/// Boundaries within `metres`, by looking at all places.
fn by_looking_at_all(at: Wgs84, metres: f64) -> Vec<NearBoundary> {
    let mut found = Vec::new();
    for kind in KINDS {
        let here = GUANLAN.places.at(at, kind);
        let near: Vec<(PlaceId, f64)> = GUANLAN
            .places
            .of_kind(kind)
            .map(|(id, place)| (id, metres_to_edge(at, place)))
            .filter(|(_, distance)| *distance <= metres)
            .collect();
        let mut sides: Vec<(Option<PlaceId>, f64)> = near
            .iter()
            .filter(|(id, _)| Some(*id) != here)
            .map(|(id, m)| (Some(*id), *m))
            .collect();
        if sides.is_empty() {
            sides.extend(
                near.iter()
                    .find(|(id, _)| Some(*id) == here)
                    .map(|(_, m)| (None, *m)),
            );
        }
        sides.sort_by(|(a, a_m), (b, b_m)| a_m.total_cmp(b_m).then(a.cmp(b)));
        found.extend(sides.into_iter().map(|(other, distance_m)| NearBoundary {
            kind,
            here,
            other,
            distance_m,
        }));
    }
    found
}

/// Points on edges, a little beside them, and anywhere.
fn points() -> impl Strategy<Value = Wgs84> {
    let (min, max) = GUANLAN.places.bounds().unwrap();
    let anywhere = (min.lon..max.lon, min.lat..max.lat).prop_map(|(lon, lat)| Wgs84 { lon, lat });
    let beside = (
        any::<prop::sample::Index>(),
        0.0..1.0,
        -0.0002..0.0002,
        -0.0002..0.0002,
    )
        .prop_map(|(index, along, east, north)| {
            let places = GUANLAN.places.iter();
            let edges: Vec<geo::Line<f64>> =
                places.flat_map(|(_, place)| place.outline.lines_iter()).collect();
            let edge = index.get(&edges);
            Wgs84 {
                lon: edge.start.x + along * edge.dx() + east,
                lat: edge.start.y + along * edge.dy() + north,
            }
        });
    prop_oneof![1 => anywhere, 4 => beside]
}

/// Everybody answerable, by looking at all posts and teams.
fn answerable_by_looking_at_all(at: Wgs84) -> Answerable {
    let town = &*GUANLAN;
    let place = |kind| town.places.at(at, kind);
    let post = |role, place: Option<PlaceId>| {
        let found = town
            .posts
            .iter()
            .position(|p| p.role == role && Some(p.place) == place);
        found.map(|i| yipanqi::town::PostId(i as u16))
    };
    let (community, base_grid) = (place(PlaceKind::Community), place(PlaceKind::BaseGrid));
    let (party_grid, block) = (place(PlaceKind::PartyGrid), place(PlaceKind::Block));
    let team = town
        .teams
        .iter()
        .position(|t| t.kind == TeamKind::PartyGridTeam && Some(t.place) == party_grid);
    Answerable {
        community,
        base_grid,
        party_grid,
        block,
        grid_officer: post(Role::GridOfficer, base_grid),
        party_grid_chief: post(Role::PartyGridChief, party_grid),
        party_grid_team: team.map(|i| yipanqi::town::TeamId(i as u16)),
        street_chief: post(Role::StreetChief, block),
        community_officer: post(Role::CommunityOfficer, community),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn boundaries_are_those_that_a_look_at_all_places_finds(at in points(), metres in 1.0..40.0) {
        let (found, expected) = (GUANLAN.places.near_boundary(at, metres), by_looking_at_all(at, metres));
        prop_assert_eq!(found.len(), expected.len(), "{:#?}\n{:#?}", found, expected);
        for (found, expected) in found.iter().zip(&expected) {
            prop_assert!((found.distance_m - expected.distance_m).abs() < 0.01, "{found:?} {expected:?}");
            prop_assert_eq!((found.kind, found.here), (expected.kind, expected.here));
            // Two that are equally near may stand in either order.
            let sides: Vec<_> = expected_sides(&by_looking_at_all(at, metres), found.kind);
            prop_assert!(sides.contains(&found.other));
        }
    }

    #[test]
    fn everybody_answerable_is_who_a_look_at_all_posts_finds(at in points()) {
        prop_assert_eq!(GUANLAN.answerable(at), answerable_by_looking_at_all(at));
    }

    #[test]
    fn a_question_for_the_side_offers_the_grid_here_and_its_neighbours(at in points()) {
        let sides = GUANLAN.sides(at);
        prop_assert_ne!(sides.len(), 1);
        for side in &sides {
            let place = GUANLAN.places.get(*side);
            prop_assert_eq!(place.kind, PlaceKind::BaseGrid);
            prop_assert!(metres_to_edge(at, place) <= ASK_WITHIN_M + 0.01);
            let chosen = GUANLAN.answerable_on_side(at, *side);
            prop_assert_eq!((chosen.base_grid, chosen.community), (Some(*side), place.parent));
        }
        if let Some(first) = sides.first() {
            // The side on which the point lies makes no difference.
            if Some(*first) == GUANLAN.places.at(at, PlaceKind::BaseGrid) {
                prop_assert_eq!(GUANLAN.answerable_on_side(at, *first), GUANLAN.answerable(at));
            }
        }
    }
}

fn expected_sides(all: &[NearBoundary], kind: PlaceKind) -> Vec<Option<PlaceId>> {
    all.iter()
        .filter(|near| near.kind == kind)
        .map(|near| near.other)
        .collect()
}

#[test]
fn in_the_middle_of_a_grid_there_is_no_question() {
    let grid = GUANLAN.places.by_code("GL01-G01").unwrap();
    let middle = GUANLAN.places.get(grid).label_at;
    let near = GUANLAN.places.near_boundary(middle, ASK_WITHIN_M);
    assert!(near.iter().all(|near| near.kind == PlaceKind::Block), "{near:?}");
    assert!(GUANLAN.sides(middle).is_empty());
}
