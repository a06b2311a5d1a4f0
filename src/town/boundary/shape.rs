//! One place as it is being drawn: rings of corners on the lattice, and exact questions about edges.

use geo::{Coord, GeodesicArea, LineString, MultiPolygon, Polygon};

use crate::town::{Name, Place, PlaceKind, Places, Wgs84};

use super::Drawn;

/// Lattice steps in one degree.
const STEPS: f64 = 1e8;

/// A corner: steps east and north.
pub type Node = [i64; 2];

/// A closed line of corners, the first of which is not said again at the end.
pub type Ring = Vec<Node>;

/// The corner nearest to a position. A position that is no number becomes the origin: whoever reads data asks before.
pub fn node(at: Wgs84) -> Node {
    [(at.lon * STEPS).round() as i64, (at.lat * STEPS).round() as i64]
}

/// The position of a corner.
pub fn wgs84(node: Node) -> Wgs84 {
    Wgs84 {
        lon: node[0] as f64 / STEPS,
        lat: node[1] as f64 / STEPS,
    }
}

/// A place as it is being drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its code.
    pub code: String,
    /// What it is.
    pub kind: PlaceKind,
    /// What it is called.
    pub name: Name,
    /// The code of the place that contains it.
    pub parent: Option<String>,
    /// Polygons of rings: the first ring of each is the outer one and turns left, holes turn right.
    pub polygons: Vec<Vec<Ring>>,
    /// The base grids that a party grid consists of, by code; empty for all others.
    pub members: Vec<String>,
    /// Whether the outline is a draft.
    pub schematic: bool,
    /// Where the outline comes from.
    pub source: String,
}

impl Shape {
    /// A place of a town. The members of a party grid are found out elsewhere.
    pub fn of(places: &Places, place: &Place) -> Self {
        Self {
            code: place.code.clone(),
            kind: place.kind,
            name: place.name.clone(),
            parent: place.parent.map(|id| places.get(id).code.clone()),
            polygons: polygons(&place.outline),
            members: Vec::new(),
            schematic: place.schematic,
            source: place.source.clone(),
        }
    }

    /// All its rings.
    pub fn rings(&self) -> impl Iterator<Item = &Ring> {
        self.polygons.iter().flatten()
    }

    /// All its rings, to be changed.
    pub fn rings_mut(&mut self) -> impl Iterator<Item = &mut Ring> {
        self.polygons.iter_mut().flatten()
    }

    /// All its edges.
    pub fn edges(&self) -> impl Iterator<Item = [Node; 2]> + '_ {
        self.rings().flat_map(|ring| edges(ring))
    }

    /// How many corners it has.
    pub fn corners(&self) -> usize {
        self.rings().map(Vec::len).sum()
    }

    /// Whether it belongs to the fabric of places that tile each other; blocks lie over it as they like.
    pub fn is_fabric(&self) -> bool {
        self.kind != PlaceKind::Block
    }

    /// Whether a point inside another place lies in this one.
    pub(super) fn holds_middle_of(&self, other: &Self) -> bool {
        use geo::{Contains, InteriorPoint};
        let inside = other.outline().interior_point();
        inside.is_some_and(|point| self.outline().contains(&point))
    }

    /// Its outline in degrees.
    pub fn outline(&self) -> MultiPolygon<f64> {
        let line = |ring: &Ring| -> LineString<f64> {
            let degrees = |n: &Node| {
                let at = wgs84(*n);
                Coord { x: at.lon, y: at.lat }
            };
            let mut line: Vec<_> = ring.iter().map(degrees).collect();
            line.extend(line.first().copied());
            LineString(line)
        };
        let polygon = |rings: &Vec<Ring>| {
            let mut lines = rings.iter().map(line);
            let outer = lines.next().unwrap_or_else(|| LineString(Vec::new()));
            Polygon::new(outer, lines.collect())
        };
        MultiPolygon(self.polygons.iter().map(polygon).collect())
    }

    /// Its area in square metres, on the ellipsoid.
    pub fn area_m2(&self) -> f64 {
        area_m2(&self.outline())
    }

    /// As a change of boundaries tells it.
    pub fn drawn(&self) -> Drawn {
        let ring = |ring: &Ring| {
            let mut points: Vec<[f64; 2]> = ring.iter().map(|n| wgs84(*n).into()).collect();
            points.extend(points.first().copied());
            points
        };
        Drawn {
            code: self.code.clone(),
            kind: self.kind,
            name: self.name.clone(),
            parent: self.parent.clone(),
            outline: self
                .polygons
                .iter()
                .map(|rings| rings.iter().map(ring).collect())
                .collect(),
            schematic: self.schematic,
            source: self.source.clone(),
        }
    }
}

/// Whether a closed list of corners encloses anything at all.
fn is_ring(ring: &Ring) -> bool {
    ring.len() >= 3
}

/// The polygons of an outline on the lattice, each ring the right way round. Repeated corners and rings of less than three
/// are left out.
pub(super) fn polygons(outline: &MultiPolygon<f64>) -> Vec<Vec<Ring>> {
    let ring = |line: &LineString<f64>, left: bool| {
        let mut ring: Ring = line
            .coords()
            .map(|c| node(Wgs84 { lon: c.x, lat: c.y }))
            .collect();
        tidy(&mut ring);
        turn(&mut ring, left);
        ring
    };
    let polygon = |polygon: &Polygon<f64>| {
        let outer = ring(polygon.exterior(), true);
        let holes = polygon.interiors().iter().map(|line| ring(line, false));
        std::iter::once(outer)
            .chain(holes.filter(is_ring))
            .collect::<Vec<_>>()
    };
    outline
        .iter()
        .map(polygon)
        .filter(|rings| is_ring(&rings[0]))
        .collect()
}

/// Takes out corners that are said twice in a row.
pub(super) fn tidy(ring: &mut Ring) {
    ring.dedup();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
}

/// Sees to it that a ring turns left, or right.
pub(super) fn turn(ring: &mut Ring, left: bool) {
    if (twice_area(ring) > 0) != left {
        ring.reverse();
    }
}

/// Twice the signed area of a ring in square steps: positive where it turns left.
pub(super) fn twice_area(ring: &[Node]) -> i128 {
    let Some(first) = ring.first() else { return 0 };
    ring.windows(2).map(|w| cross(*first, w[0], w[1])).sum()
}

/// The edges of a ring.
pub(super) fn edges(ring: &[Node]) -> impl Iterator<Item = [Node; 2]> + '_ {
    (0..ring.len()).map(|i| [ring[i], ring[(i + 1) % ring.len()]])
}

/// Positive where `c` lies left of the way from `a` to `b`, 0 on its line.
pub(super) fn cross(a: Node, b: Node, c: Node) -> i128 {
    let d = |p: Node, q: Node, i: usize| i128::from(q[i]) - i128::from(p[i]);
    d(a, b, 0) * d(a, c, 1) - d(a, b, 1) * d(a, c, 0)
}

/// Whether `p` lies on the edge, its ends among it.
pub(super) fn is_on(p: Node, [a, b]: [Node; 2]) -> bool {
    let within = |i: usize| p[i] >= a[i].min(b[i]) && p[i] <= a[i].max(b[i]);
    within(0) && within(1) && cross(a, b, p) == 0
}

/// Where two edges meet other than in an end that they share; edges that are the same meet nowhere.
pub(super) fn meeting(e: [Node; 2], f: [Node; 2]) -> Option<Node> {
    let apart =
        |i: usize| e[0][i].max(e[1][i]) < f[0][i].min(f[1][i]) || f[0][i].max(f[1][i]) < e[0][i].min(e[1][i]);
    if apart(0) || apart(1) || e == f || (e[0] == f[1] && e[1] == f[0]) {
        return None;
    }
    let shared = |p: &Node| f.contains(p);
    // An end of one inside the other: a touch, or two that lie on each other.
    let inside = |p: Node, edge: [Node; 2]| !edge.contains(&p) && is_on(p, edge);
    let touch = e
        .iter()
        .find(|p| inside(**p, f))
        .or(f.iter().find(|p| inside(**p, e)));
    if let Some(p) = touch {
        return Some(*p);
    }
    if e.iter().any(shared) {
        return None;
    }
    let sides =
        |a: [Node; 2], p: [Node; 2]| cross(a[0], a[1], p[0]).signum() * cross(a[0], a[1], p[1]).signum();
    (sides(e, f) < 0 && sides(f, e) < 0).then(|| intersection(e, f))
}

/// Where the lines of two edges that cross do so, to the nearest corner of the lattice.
fn intersection(e: [Node; 2], f: [Node; 2]) -> Node {
    let (to_start, to_end) = (cross(f[0], f[1], e[0]) as f64, cross(f[0], f[1], e[1]) as f64);
    let along = to_start / (to_start - to_end);
    let at = |i: usize| e[0][i] + ((e[1][i] - e[0][i]) as f64 * along).round() as i64;
    [at(0), at(1)]
}

/// The area of an outline in square metres, on the ellipsoid, whichever way round its rings are drawn.
pub fn area_m2(outline: &MultiPolygon<f64>) -> f64 {
    let ring = |line: &LineString<f64>| {
        let filled = Polygon::new(line.clone(), Vec::new());
        filled.geodesic_area_signed().abs()
    };
    let net =
        |polygon: &Polygon<f64>| ring(polygon.exterior()) - polygon.interiors().iter().map(ring).sum::<f64>();
    outline.iter().map(net).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_meet_where_they_cross_or_touch_and_not_at_an_end_they_share() {
        let e = [[0, 0], [10, 0]];
        assert_eq!(meeting(e, [[5, -5], [5, 5]]), Some([5, 0]));
        assert_eq!(meeting(e, [[5, 0], [5, 5]]), Some([5, 0]));
        assert_eq!(meeting(e, [[10, 0], [10, 5]]), None);
        assert_eq!(meeting(e, [[10, 0], [0, 0]]), None);
        assert_eq!(meeting(e, [[10, 0], [20, 0]]), None);
        // They lie on each other.
        assert_eq!(meeting(e, [[0, 0], [5, 0]]), Some([5, 0]));
        assert_eq!(meeting(e, [[5, 0], [15, 0]]), Some([10, 0]));
        assert_eq!(meeting(e, [[0, 1], [10, 1]]), None);
    }

    #[test]
    fn a_position_goes_to_the_lattice_and_back() {
        let at = Wgs84 {
            lon: 114.060_038_27,
            lat: 22.724_172_41,
        };
        assert_eq!(wgs84(node(at)), at);
        let text = serde_json::to_string(&wgs84(node(at))).unwrap();
        assert_eq!(serde_json::from_str::<Wgs84>(&text).unwrap(), at);
    }

    #[test]
    fn rings_turn_the_way_they_should() {
        let mut ring = vec![[0, 0], [0, 10], [10, 10], [10, 0]];
        assert!(twice_area(&ring) < 0);
        turn(&mut ring, true);
        assert_eq!(twice_area(&ring), 200);
    }
}
