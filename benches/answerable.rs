//! Budget: a point to everybody answerable, ≥ 500,000 per second per core over 500 polygons; beside it, boundaries within
//! 15 m of a point, and the town as it comes with the program.

mod cpu;

use std::hint::black_box;

use yipanqi::town::ground::ASK_WITHIN_M;
use yipanqi::town::{
    Name, Permissions, Place, PlaceId, PlaceKind, Places, Post, Powers, Role, Team, TeamKind, Town,
    TownParts, Weights, Wgs84,
};

const POINTS: usize = 1_000_000;

/// The town that comes with the program.
fn guanlan() -> Town {
    Town::load(&yipanqi::assets::find("assets/town/guanlan").unwrap()).unwrap()
}

/// Edges of one side of a cell.
const BENDS: usize = 16;

/// A corner or bend of the lattice between cells: straight lines would be too easy.
fn lattice(x: f64, y: f64) -> geo::Coord<f64> {
    let wave = |a: f64, b: f64| (a * 37.0).sin() * (b * 11.0).cos() * 0.12;
    geo::Coord {
        x: 114.0 + (x + wave(x, y)) * 0.005,
        y: 22.7 + (y + wave(y, x)) * 0.005,
    }
}

/// The outline of the cells from `(x, y)` on, so many across and up.
fn outline(x: usize, y: usize, across: usize, up: usize) -> geo::MultiPolygon<f64> {
    let corners = [(x, y), (x + across, y), (x + across, y + up), (x, y + up), (x, y)];
    let mut ring = Vec::new();
    for pair in corners.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let steps = BENDS * x0.abs_diff(x1).max(y0.abs_diff(y1));
        for step in 0..steps {
            let share = step as f64 / steps as f64;
            let between = |a: usize, b: usize| a as f64 + (b as f64 - a as f64) * share;
            ring.push(lattice(between(x0, x1), between(y0, y1)));
        }
    }
    geo::MultiPolygon(vec![geo::Polygon::new(geo::LineString(ring), Vec::new())])
}

/// 20 × 18 base grids, 45 communities, 90 party grids, 5 blocks: 500 polygons.
fn wide() -> Town {
    let guanlan = guanlan();
    let mut places: Vec<Place> = Vec::new();
    let mut add = |kind, parent, (x, y, across, up)| {
        let outline = outline(x, y, across, up);
        let middle = lattice(x as f64 + across as f64 / 2.0, y as f64 + up as f64 / 2.0);
        let id = PlaceId(places.len() as u16);
        places.push(Place {
            code: format!("P{}", id.0),
            kind,
            name: Name::default(),
            parent,
            outline,
            label_at: Wgs84 {
                lon: middle.x,
                lat: middle.y,
            },
            schematic: true,
            source: String::new(),
        });
        id
    };
    for (column, row) in (0..5).flat_map(|x| (0..9).map(move |y| (x * 4, y * 2))) {
        let community = Some(add(PlaceKind::Community, None, (column, row, 4, 2)));
        for half in [0, 2] {
            add(PlaceKind::PartyGrid, community, (column + half, row, 2, 2));
        }
        for (x, y) in (0..4).flat_map(|x| (0..2).map(move |y| (column + x, row + y))) {
            add(PlaceKind::BaseGrid, community, (x, y, 1, 1));
        }
    }
    for x in 0..5 {
        add(PlaceKind::Block, None, (x * 4, 3, 1, 1));
    }
    let role = |kind| match kind {
        PlaceKind::Community | PlaceKind::SubDistrict => Role::CommunityOfficer,
        PlaceKind::PartyGrid => Role::PartyGridChief,
        PlaceKind::BaseGrid => Role::GridOfficer,
        PlaceKind::Block => Role::StreetChief,
    };
    let ids = || places.iter().zip(0..).map(|(place, i)| (place, PlaceId(i)));
    let posts = ids()
        .map(|(place, id)| Post {
            place: id,
            role: role(place.kind),
            code: format!("O{}", id.0),
            ..guanlan.posts[0].clone()
        })
        .collect();
    let teams = ids()
        .filter(|(place, _)| place.kind == PlaceKind::PartyGrid)
        .map(|(_, id)| Team {
            place: id,
            kind: TeamKind::PartyGridTeam,
            code: format!("T{}", id.0),
            ..guanlan.teams[0].clone()
        })
        .collect();
    Town::new(TownParts {
        id: "wide".into(),
        name: Name::default(),
        note: Name::default(),
        center: guanlan.center,
        zoom: guanlan.zoom,
        timezone: guanlan.timezone,
        base_map: None,
        places: Places::new(places),
        catalogue: guanlan.catalogue,
        calendar: guanlan.calendar,
        posts,
        teams,
        powers: Powers::default(),
        weights: Weights::default(),
        permissions: Permissions::default(),
        roster: guanlan.roster,
    })
}

/// Points all over the box around the town.
fn points(town: &Town) -> Vec<Wgs84> {
    let (min, max) = town.places.bounds().unwrap();
    let spread = |i: usize, step: usize| (i * step % 100_003) as f64 / 100_003.0;
    let point = |i: usize| Wgs84 {
        lon: min.lon + (max.lon - min.lon) * spread(i, 7919),
        lat: min.lat + (max.lat - min.lat) * spread(i, 35_711),
    };
    (0..POINTS).map(point).collect()
}

/// Points per second of the processor.
fn per_second(points: &[Wgs84], each: impl Fn(Wgs84)) -> f64 {
    let seconds = cpu::seconds(|| points.iter().for_each(|point| each(*point)));
    points.len() as f64 / seconds
}

fn main() {
    for (name, town) in [("guanlan", guanlan()), ("500 polygons", wide())] {
        let points = points(&town);
        let polygons = town.places.len();
        let answerable = per_second(&points, |at| {
            black_box(town.answerable(black_box(at)));
        });
        let near = per_second(&points, |at| {
            black_box(town.places.near_boundary(black_box(at), ASK_WITHIN_M));
        });
        println!("{name} ({polygons} polygons, {} points):", points.len());
        println!("  answerable    {answerable:>12.0} per second (budget 500,000 over 500 polygons)");
        println!("  near_boundary {near:>12.0} per second");
    }
}
