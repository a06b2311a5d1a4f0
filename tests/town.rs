//! The town that comes with the program, and what a mistake in a town's data is answered with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use chrono::NaiveDate;
use geo::{Contains, Intersects};
use proptest::prelude::*;
use yipanqi::town::{Class, Lang, Place, PlaceId, PlaceKind, Role, TeamKind, Town, Wgs84};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

static GUANLAN: LazyLock<Town> = LazyLock::new(|| {
    Town::load(&root().join("assets/town/guanlan")).unwrap_or_else(|faults| panic!("{faults}"))
});

fn named(kind: PlaceKind, zh: &str) -> PlaceId {
    GUANLAN
        .places
        .by_name(kind, zh)
        .unwrap_or_else(|| panic!("no {kind:?} {zh}"))
}

fn children(kind: PlaceKind, parent: PlaceId) -> Vec<(PlaceId, &'static Place)> {
    GUANLAN
        .places
        .of_kind(kind)
        .filter(|(_, place)| place.parent == Some(parent))
        .collect()
}

const PILOTS: [&str; 3] = ["新澜社区", "大富社区", "牛湖社区"];

#[test]
fn guanlan_has_the_places_that_the_report_names() {
    let town = &*GUANLAN;
    assert_eq!(
        (town.id.as_str(), town.name.get(Lang::Zh)),
        ("guanlan", "观澜街道")
    );
    assert_eq!(town.timezone, chrono_tz::Asia::Shanghai);
    assert!(town.base_map.as_ref().is_some_and(|map| map.is_file()));
    assert!(town.places.contains(town.center));
    let communities = town.places.of_kind(PlaceKind::Community).count();
    assert_eq!(communities, 10);
    for community in PILOTS {
        let party_grids = children(PlaceKind::PartyGrid, named(PlaceKind::Community, community));
        assert_eq!(party_grids.len(), 3, "{community}");
        for (grid, _) in party_grids {
            for role in [
                Role::PartyGridChief,
                Role::PartyInstructor,
                Role::PartyGridLiaison,
                Role::PartyGridMember,
            ] {
                assert!(
                    town.posts.iter().any(|p| p.role == role && p.place == grid),
                    "{community} {role:?}"
                );
            }
            assert!(
                town.teams
                    .iter()
                    .any(|t| t.kind == TeamKind::PartyGridTeam && t.place == grid)
            );
        }
    }
    for (community, _) in town.places.of_kind(PlaceKind::Community) {
        assert!(!children(PlaceKind::BaseGrid, community).is_empty());
    }
    for (block, en) in [
        ("鳌湖艺术村", "Aohu Art Village"),
        ("陂老村", "Beilao Old Village"),
        ("阳光花园", "Sunshine Garden"),
        ("汇食街", "Huishi Street"),
    ] {
        let id = named(PlaceKind::Block, block);
        assert_eq!(town.places.get(id).name.get(Lang::En), en);
        assert!(
            town.posts
                .iter()
                .any(|p| p.role == Role::StreetChief && p.place == id),
            "{block}"
        );
    }
    // 34.60 km² are published.
    let whole = town
        .places
        .of_kind(PlaceKind::SubDistrict)
        .map(|(_, place)| place.area_m2())
        .sum::<f64>();
    assert!((whole / 1e6 - 34.60).abs() < 0.1, "{whole}");
}

#[test]
fn guanlan_s_catalogue_has_its_124_items_in_four_classes() {
    let of = |class| {
        GUANLAN
            .catalogue
            .iter()
            .filter(|(_, item)| item.class == class)
            .count()
    };
    assert_eq!(GUANLAN.catalogue.len(), 124);
    assert_eq!(Class::ALL.map(of), [38, 46, 27, 13]);
}

#[test]
fn guanlan_s_calendar_knows_swapped_days() {
    let day = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap();
    let calendar = &GUANLAN.calendar;
    assert!(calendar.knows(day(1, 1)) && !calendar.knows(NaiveDate::from_ymd_opt(2099, 1, 1).unwrap()));
    assert!(!calendar.is_working_day(day(10, 1)));
    assert!(
        calendar
            .days
            .values()
            .any(|(kind, _)| *kind == yipanqi::town::calendar::DayKind::Workday)
    );
    assert_eq!(calendar.hours.len(), 2);
}

#[test]
fn labels_stand_inside_and_communities_tile_the_sub_district() {
    let mut area: BTreeMap<PlaceKind, f64> = BTreeMap::new();
    for (_, place) in GUANLAN.places.iter() {
        assert!(
            place.outline.contains(&geo::Point::from(place.label_at)),
            "{}",
            place.code
        );
        *area.entry(place.kind).or_default() += place.area_m2();
    }
    let whole = area[&PlaceKind::SubDistrict];
    for kind in [PlaceKind::Community, PlaceKind::BaseGrid] {
        assert!(
            (area[&kind] / whole - 1.0).abs() < 0.001,
            "{kind:?} {}",
            area[&kind]
        );
    }
}

#[test]
fn somebody_answers_for_every_base_grid_and_every_block_of_the_pilots() {
    let town = &*GUANLAN;
    for community in PILOTS {
        let id = named(PlaceKind::Community, community);
        for (grid, place) in children(PlaceKind::BaseGrid, id) {
            let found = town.answerable(place.label_at);
            assert_eq!(
                (found.community, found.base_grid),
                (Some(id), Some(grid)),
                "{}",
                place.code
            );
            assert!(
                found.community_officer.is_some() && found.grid_officer.is_some(),
                "{}",
                place.code
            );
            // Not every base grid lies in a party grid; where one does, its people are there.
            let complete = found.party_grid_chief.is_some() && found.party_grid_team.is_some();
            assert_eq!(found.party_grid.is_some(), complete, "{}", place.code);
        }
        for kind in [PlaceKind::PartyGrid, PlaceKind::Block] {
            for (id, place) in children(kind, id) {
                let found = town.answerable(place.label_at);
                let of_kind = if kind == PlaceKind::Block {
                    found.block
                } else {
                    found.party_grid
                };
                assert_eq!(of_kind, Some(id), "{}", place.code);
                let people = if kind == PlaceKind::Block {
                    found.street_chief
                } else {
                    found.party_grid_chief
                };
                assert!(people.is_some(), "{}", place.code);
                assert_eq!(town.answerable_in(id).community, found.community);
            }
        }
    }
}

fn anywhere_around() -> impl Strategy<Value = Wgs84> {
    let (min, max) = GUANLAN.places.bounds().unwrap();
    (min.lon..max.lon, min.lat..max.lat).prop_map(|(lon, lat)| Wgs84 { lon, lat })
}

/// Any corner of any outline, where places meet.
fn a_corner() -> impl Strategy<Value = Wgs84> {
    any::<prop::sample::Index>().prop_map(|index| {
        let polygons = GUANLAN.places.iter().flat_map(|(_, place)| place.outline.iter());
        let corners: Vec<_> = polygons.flat_map(|polygon| polygon.exterior().coords()).collect();
        let corner = index.get(&corners);
        Wgs84 {
            lon: corner.x,
            lat: corner.y,
        }
    })
}

/// The first place around the point, else the first that it touches, by looking at all.
fn by_looking_at_all(at: Wgs84, kind: PlaceKind) -> Option<PlaceId> {
    let point = geo::Point::from(at);
    let first = |hit: &dyn Fn(&Place) -> bool| {
        GUANLAN
            .places
            .of_kind(kind)
            .find(|(_, place)| hit(place))
            .map(|(id, _)| id)
    };
    first(&|place| place.outline.contains(&point))
        .or_else(|| first(&|place| place.outline.intersects(&point)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_point_is_found_where_a_look_at_all_places_finds_it(
        at in prop_oneof![3 => anywhere_around(), 1 => a_corner()]
    ) {
        for kind in PlaceKind::ALL {
            prop_assert_eq!(GUANLAN.places.at(at, kind), by_looking_at_all(at, kind), "{:?}", kind);
        }
    }

    #[test]
    fn the_base_grid_at_a_point_belongs_to_the_community_at_the_point(at in anywhere_around()) {
        let (community, grid) = (
            GUANLAN.places.at(at, PlaceKind::Community),
            GUANLAN.places.at(at, PlaceKind::BaseGrid),
        );
        prop_assert_eq!(grid.is_some(), community.is_some());
        prop_assert_eq!(grid.and_then(|grid| GUANLAN.places.get(grid).parent), community);
        let found = GUANLAN.answerable(at);
        prop_assert_eq!(found.community_officer.is_some(), community.is_some());
        prop_assert_eq!(found.grid_officer.is_some(), grid.is_some());
    }
}
