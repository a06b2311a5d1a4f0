//! Lengths, areas and walking distances on the ground. All as the crow flies: there is no network of streets here.

use geo::{Destination, GeodesicArea, Haversine, Intersects, Line};

use super::{Handler, PlaceId, Town, Wgs84};

/// Length of a path in metres, along great circles.
pub fn length_m(path: &[Wgs84]) -> f64 {
    path.windows(2).map(|pair| pair[0].distance_m(pair[1])).sum()
}

/// Area in square metres inside a ring that closes itself, on the ellipsoid; none below three corners.
pub fn area_m2(ring: &[Wgs84]) -> f64 {
    if ring.len() < 3 {
        return 0.0;
    }
    let line = geo::LineString::from_iter(ring.iter().map(|at| (at.lon, at.lat)));
    geo::Polygon::new(line, Vec::new()).geodesic_area_signed().abs()
}

/// Whether sides of a ring that closes itself cross each other: then it has no single inside, and its area means nothing.
pub fn crosses_itself(ring: &[Wgs84]) -> bool {
    let n = ring.len();
    let side = |i: usize| {
        let (a, b) = (ring[i], ring[(i + 1) % n]);
        Line::new((a.lon, a.lat), (b.lon, b.lat))
    };
    let apart = |i: usize, j: usize| j > i + 1 && (i, j) != (0, n - 1);
    (0..n).any(|i| (i + 2..n).any(|j| apart(i, j) && side(i).intersects(&side(j))))
}

/// A circle of `radius_m` metres around a point, as that many corners.
pub fn circle(around: Wgs84, radius_m: f64, corners: usize) -> Vec<Wgs84> {
    let corner = |i: usize| {
        let bearing = 360.0 * i as f64 / corners.max(1) as f64;
        let at = Haversine.destination(around.into(), bearing, radius_m);
        Wgs84 {
            lon: at.x(),
            lat: at.y(),
        }
    };
    (0..corners).map(corner).collect()
}

/// How far somebody comes in so many minutes, in metres, at a steady speed in km/h.
pub fn walk_m(minutes: f64, speed_kmh: f64) -> f64 {
    minutes / 60.0 * speed_kmh * 1000.0
}

/// A unit, and how far it is from a point.
#[derive(Clone, Debug, PartialEq)]
pub struct NearUnit {
    /// Who.
    pub handler: Handler,
    /// What it answers for.
    pub place: PlaceId,
    /// From where: a team's station, the middle of a post's own place.
    pub from: Wgs84,
    /// Metres to the point.
    pub metres: f64,
}

/// The units that take cases, the nearest first, at most `most`. Where they stand at the moment is not known: a team is
/// taken to be at its station, a post in the middle of its place.
pub fn nearest_units(town: &Town, at: Wgs84, most: usize) -> Vec<NearUnit> {
    let unit = |handler, place, from: Wgs84| NearUnit {
        handler,
        place,
        from,
        metres: from.distance_m(at),
    };
    let posts = town.posts.iter().filter(|post| post.role.is_sent()).map(|post| {
        let from = town.places.get(post.place).label_at;
        unit(Handler::Post(post.code.as_str().into()), post.place, from)
    });
    let teams = town
        .teams
        .iter()
        .map(|team| unit(Handler::Team(team.code.as_str().into()), team.place, team.station));
    let mut all: Vec<NearUnit> = posts.chain(teams).collect();
    all.sort_by(|a, b| {
        a.metres
            .total_cmp(&b.metres)
            .then_with(|| a.handler.cmp(&b.handler))
    });
    all.truncate(most);
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HERE: Wgs84 = Wgs84 {
        lon: 114.06,
        lat: 22.72,
    };

    fn beside(east: f64, north: f64) -> Wgs84 {
        let (lon, lat) = (HERE.lon + east / 102_700.0, HERE.lat + north / 110_760.0);
        Wgs84 { lon, lat }
    }

    #[test]
    fn a_square_of_a_hundred_metres_is_a_hectare_and_four_hundred_metres_around() {
        let square = [
            beside(0.0, 0.0),
            beside(100.0, 0.0),
            beside(100.0, 100.0),
            beside(0.0, 100.0),
        ];
        assert!((area_m2(&square) - 10_000.0).abs() < 50.0, "{}", area_m2(&square));
        let around = length_m(&square) + square[3].distance_m(square[0]);
        assert!((around - 400.0).abs() < 2.0, "{around}");
        assert!(!crosses_itself(&square));
        let bow = [square[0], square[1], square[3], square[2]];
        assert!(crosses_itself(&bow));
    }

    #[test]
    fn nothing_is_measured_where_there_is_too_little() {
        assert_eq!(length_m(&[]), 0.0);
        assert_eq!(length_m(&[HERE]), 0.0);
        assert_eq!(area_m2(&[HERE, beside(5.0, 5.0)]), 0.0);
        assert!(!crosses_itself(&[]));
    }

    #[test]
    fn a_quarter_of_an_hour_at_four_kilometres_an_hour_is_a_kilometre() {
        assert!((walk_m(15.0, 4.0) - 1000.0).abs() < 1e-9);
    }

    proptest! {
        /// Each corner of a circle is as far away as the circle says.
        #[test]
        fn a_circle_is_round(radius in 1.0..5000.0f64, corners in 3usize..100) {
            let ring = circle(HERE, radius, corners);
            prop_assert_eq!(ring.len(), corners);
            for corner in ring {
                prop_assert!((corner.distance_m(HERE) - radius).abs() < 1e-3 * radius.max(1.0));
            }
        }

        /// It does not matter at which corner a ring begins, nor which way round it goes.
        #[test]
        fn an_area_does_not_depend_on_where_the_ring_begins(
            corners in prop::collection::vec((-500.0..500.0f64, -500.0..500.0f64), 3..12), turn in 0usize..12,
        ) {
            let mut ring: Vec<Wgs84> = corners.iter().map(|(x, y)| beside(*x, *y)).collect();
            let (area, crosses) = (area_m2(&ring), crosses_itself(&ring));
            let n = ring.len();
            ring.rotate_left(turn % n);
            prop_assert!((area_m2(&ring) - area).abs() < 1e-3);
            prop_assert_eq!(crosses_itself(&ring), crosses);
            ring.reverse();
            prop_assert!((area_m2(&ring) - area).abs() < 1e-3);
        }
    }
}
