//! Cutting a place in two, and making one of several: by their corners and edges, so that not a step of area is lost.

use std::collections::{HashMap, HashSet};

use geo::unary_union;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::fabric::near_edge;
use super::plan::Cannot;
use super::shape::{Node, Ring, Shape, cross, edges, is_on, meeting, polygons, tidy, twice_area};

/// Pairs of edges that are compared at most before a ring counts as too tangled to be checked.
const MAX_PAIRS: usize = 20_000_000;

/// The two parts of a place: polygons of rings.
type Halves = (Vec<Vec<Ring>>, Vec<Vec<Ring>>);

/// Whether a corner lies inside an edge, or as good as.
pub(super) fn is_near(p: Node, edge: [Node; 2]) -> bool {
    near_edge(p, edge)
}

/// How a point lies to a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    In,
    On,
    Out,
}

/// On which side of a ring a point lies.
pub(super) fn side(p: Node, ring: &[Node]) -> Side {
    let mut inside = false;
    for [a, b] in edges(ring) {
        if is_on(p, [a, b]) {
            return Side::On;
        }
        if (a[1] > p[1]) != (b[1] > p[1]) && (cross(a, b, p) > 0) == (b[1] > a[1]) {
            inside = !inside;
        }
    }
    if inside { Side::In } else { Side::Out }
}

/// Cuts a line down to the part of it that runs through a place. An end inside the place goes to its nearest edge.
pub(super) fn trim(shape: &Shape, line: &[Node]) -> Result<Vec<Node>, Cannot> {
    let mut line = line.to_vec();
    line.dedup();
    if line.len() < 2 {
        return Err(Cannot::NoCut);
    }
    let is_out = |p: Node| shape.polygons.iter().all(|rings| side(p, &rings[0]) == Side::Out);
    // A stroke right across has both ends outside.
    for _ in 0..2 {
        while line.len() > 2
            && is_out(line[0])
            && is_out(line[1])
            && crossings(shape, [line[0], line[1]]).is_empty()
        {
            line.remove(0);
        }
        if is_out(line[0]) {
            let cuts = crossings(shape, [line[0], line[1]]);
            line[0] = *cuts.first().ok_or(Cannot::NoCut)?;
        } else {
            line[0] = on_edge(shape, line[0]).ok_or(Cannot::NoCut)?;
        }
        line.reverse();
    }
    tidy(&mut line);
    if line.len() < 2 {
        return Err(Cannot::NoCut);
    }
    Ok(line)
}

/// Where an edge crosses the outer rings of a place, from its start on.
fn crossings(shape: &Shape, edge: [Node; 2]) -> Vec<Node> {
    let outer = shape.polygons.iter().flat_map(|rings| edges(&rings[0]));
    let mut found: Vec<Node> = outer.filter_map(|e| meeting(edge, e)).collect();
    let from_start = |n: &Node| i128::from(n[0] - edge[0][0]).pow(2) + i128::from(n[1] - edge[0][1]).pow(2);
    found.sort_by_key(from_start);
    found
}

/// The corner or point of an edge of the outer rings that is nearest to `p`; corners are taken where they are near.
fn on_edge(shape: &Shape, p: Node) -> Option<Node> {
    /// Lattice steps within which a corner is meant, about two metres.
    const CORNER: f64 = 1_800.0;
    let outer = || shape.polygons.iter().map(|rings| &rings[0]);
    let far = |q: &Node| ((q[0] - p[0]) as f64).hypot((q[1] - p[1]) as f64);
    let corner = outer().flatten().min_by(|a, b| far(a).total_cmp(&far(b)))?;
    if far(corner) <= CORNER {
        return Some(*corner);
    }
    let feet = outer().flat_map(|ring| edges(ring)).map(|edge| {
        let [a, b] = edge.map(|n| [n[0] as f64, n[1] as f64]);
        let (d, to) = (
            [b[0] - a[0], b[1] - a[1]],
            [p[0] as f64 - a[0], p[1] as f64 - a[1]],
        );
        let t = ((d[0] * to[0] + d[1] * to[1]) / (d[0] * d[0] + d[1] * d[1]).max(1.0)).clamp(0.0, 1.0);
        [(a[0] + t * d[0]).round() as i64, (a[1] + t * d[1]).round() as i64]
    });
    feet.min_by(|a, b| far(a).total_cmp(&far(b)))
}

/// The two parts into which a line cuts a place, the larger first. Its ends are corners of the place.
pub(super) fn halves(shape: &Shape, line: &[Node]) -> Result<Halves, Cannot> {
    let (start, end) = (line[0], line[line.len() - 1]);
    let cut = |rings: &Vec<Ring>| rings[0].contains(&start) && rings[0].contains(&end);
    let which = shape.polygons.iter().position(cut).ok_or(Cannot::NoCut)?;
    let outer = &shape.polygons[which][0];
    let inner = &line[1..line.len() - 1];
    if inner.iter().any(|n| side(*n, outer) != Side::In) {
        return Err(Cannot::NoCut);
    }
    let place = |n: Node| outer.iter().position(|m| *m == n).ok_or(Cannot::NoCut);
    let (i, j) = (place(start)?, place(end)?);
    let along = |from: usize, to: usize| {
        let count = (to + outer.len() - from) % outer.len();
        (0..=count).map(move |k| outer[(from + k) % outer.len()])
    };
    let first: Ring = along(i, j).chain(inner.iter().rev().copied()).collect();
    let second: Ring = along(j, i).chain(inner.iter().copied()).collect();
    // A line that runs outside, or along an edge, leaves a part that encloses nothing or is turned inside out.
    if i == j
        || [&first, &second]
            .iter()
            .any(|ring| ring.len() < 3 || twice_area(ring) <= 0)
    {
        return Err(Cannot::NoCut);
    }
    let mut parts = (vec![vec![first]], vec![vec![second]]);
    for hole in &shape.polygons[which][1..] {
        let in_first = hole.iter().any(|n| side(*n, &parts.0[0][0]) == Side::In);
        let polygon = if in_first {
            &mut parts.0[0]
        } else {
            &mut parts.1[0]
        };
        polygon.push(hole.clone());
    }
    if area(&parts.0) < area(&parts.1) {
        std::mem::swap(&mut parts.0, &mut parts.1);
    }
    let others = shape.polygons.iter().enumerate().filter(|(k, _)| *k != which);
    parts.0.extend(others.map(|(_, rings)| rings.clone()));
    Ok(parts)
}

fn area(polygons: &[Vec<Ring>]) -> i128 {
    polygons.iter().flatten().map(|ring| twice_area(ring)).sum()
}

/// One place of several of which at least two share an edge; `None` where none do.
pub(super) fn union(shapes: &[&Shape]) -> Option<Vec<Vec<Ring>>> {
    let (rest, cancelled) = without_shared(shapes);
    (cancelled > 0).then(|| polygons_of(rest))
}

/// One place of several, whether they touch or not. Where they don't share their edges exactly, it is found by area.
pub(super) fn together(shapes: &[&Shape]) -> Vec<Vec<Ring>> {
    let (rest, _) = without_shared(shapes);
    let exact = polygons_of(rest);
    let sum: i128 = shapes.iter().map(|shape| area(&shape.polygons)).sum();
    if area(&exact) == sum {
        return exact;
    }
    let outlines: Vec<_> = shapes.iter().map(|shape| shape.outline()).collect();
    polygons(&unary_union(&outlines))
}

/// The edges of all, without those that two have in common, and how many those are.
fn without_shared(shapes: &[&Shape]) -> (Vec<[Node; 2]>, usize) {
    let all: Vec<[Node; 2]> = shapes.iter().flat_map(|shape| shape.edges()).collect();
    let there: HashSet<[Node; 2]> = all.iter().copied().collect();
    let count = all.len();
    let rest: Vec<_> = all
        .into_iter()
        .filter(|[a, b]| !there.contains(&[*b, *a]))
        .collect();
    let cancelled = (count - rest.len()) / 2;
    (rest, cancelled)
}

/// The polygons that directed edges enclose on their left.
fn polygons_of(edges: Vec<[Node; 2]>) -> Vec<Vec<Ring>> {
    let mut outer: Vec<Vec<Ring>> = Vec::new();
    let mut holes = Vec::new();
    for ring in rings_of(edges) {
        match twice_area(&ring) {
            0 => {}
            area if area > 0 => outer.push(vec![ring]),
            _ => holes.push(ring),
        }
    }
    for hole in holes {
        // Of several that hold it, the smallest is the one that it is a hole of.
        let holds = |rings: &&mut Vec<Ring>| hole.iter().all(|n| side(*n, &rings[0]) != Side::Out);
        let smallest = outer
            .iter_mut()
            .filter(holds)
            .min_by_key(|rings| twice_area(&rings[0]));
        if let Some(rings) = smallest {
            rings.push(hole);
        }
    }
    outer
}

/// Closed lines that visit no corner twice, of directed edges that come and go at every corner alike.
fn rings_of(edges: Vec<[Node; 2]>) -> Vec<Ring> {
    let mut next: HashMap<Node, Vec<Node>> = HashMap::new();
    for [a, b] in &edges {
        next.entry(*a).or_default().push(*b);
    }
    let mut rings = Vec::new();
    for [start, _] in edges {
        let mut way: Vec<Node> = vec![start];
        let mut places: HashMap<Node, usize> = HashMap::from([(start, 0)]);
        while let Some(to) = way.last().and_then(|at| next.get_mut(at)).and_then(Vec::pop) {
            match places.get(&to).copied() {
                // A loop is closed: it is a ring, and the way goes on from where it began.
                Some(since) => {
                    let ring: Ring = way.drain(since + 1..).collect();
                    for n in &ring {
                        places.remove(n);
                    }
                    let mut ring: Ring = std::iter::once(to).chain(ring).collect();
                    tidy(&mut ring);
                    rings.push(ring);
                }
                None => {
                    places.insert(to, way.len());
                    way.push(to);
                }
            }
        }
    }
    rings.retain(|ring| ring.len() >= 3);
    rings
}

/// A place where a ring meets itself other than where neighbours are joined. Answers the first that is found.
pub(super) fn self_crossing(ring: &Ring) -> Option<Node> {
    crossing_within(std::slice::from_ref(ring)).unwrap_or(ring.first().copied())
}

/// A place where rings of one polygon meet themselves or each other; `Err` where there are too many edges on one spot to
/// look at all of them.
pub(super) fn crossing_within(rings: &[Ring]) -> Result<Option<Node>, TooTangled> {
    type Edge = GeomWithData<Rectangle<[f64; 2]>, (usize, [Node; 2])>;
    let float = |n: Node| [n[0] as f64, n[1] as f64];
    let all: Vec<[Node; 2]> = rings.iter().flat_map(|ring| edges(ring)).collect();
    // A corner that is visited twice.
    let mut seen: HashSet<Node> = HashSet::with_capacity(all.len());
    if let Some([twice, _]) = all.iter().find(|[a, _]| !seen.insert(*a)) {
        return Ok(Some(*twice));
    }
    let boxed =
        |(i, e): (usize, &[Node; 2])| Edge::new(Rectangle::from_corners(float(e[0]), float(e[1])), (i, *e));
    let tree: RTree<Edge> = RTree::bulk_load(all.iter().enumerate().map(boxed).collect());
    let mut pairs = 0;
    for (i, edge) in all.iter().enumerate() {
        let bounds = AABB::from_corners(float(edge[0]), float(edge[1]));
        for other in tree.locate_in_envelope_intersecting(bounds) {
            let (j, other) = other.data;
            if j <= i {
                continue;
            }
            pairs += 1;
            if pairs > MAX_PAIRS {
                return Err(TooTangled);
            }
            if let Some(at) = meeting(*edge, other) {
                return Ok(Some(at));
            }
        }
    }
    Ok(None)
}

/// Too many edges lie on one spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooTangled;

#[cfg(test)]
mod tests {
    use super::super::shape::turn;
    use super::*;

    #[test]
    fn a_bow_tie_is_found_and_a_comb_is_not_mistaken_for_one() {
        assert_eq!(
            self_crossing(&vec![[0, 0], [10, 10], [10, 0], [0, 10]]),
            Some([5, 5])
        );
        assert_eq!(self_crossing(&vec![[0, 0], [10, 0], [10, 10], [0, 10]]), None);
        // An edge that goes back over another one.
        assert!(self_crossing(&vec![[0, 0], [10, 0], [4, 0], [4, 5]]).is_some());
    }

    #[test]
    fn a_hundred_thousand_corners_are_looked_at_in_no_time() {
        let comb: Ring = (0..50_000)
            .flat_map(|i| [[i * 2, 0], [i * 2 + 1, 1_000_000]])
            .chain([[100_000, 2_000_000], [-1, 2_000_000]])
            .collect();
        assert_eq!(self_crossing(&comb), None);
        let circle: Ring = (0..100_000)
            .map(|i| f64::from(i) / 100_000.0 * std::f64::consts::TAU)
            .map(|a| [(a.cos() * 1e9) as i64, (a.sin() * 1e9) as i64])
            .collect();
        assert_eq!(self_crossing(&circle), None);
    }

    #[test]
    fn rings_that_touch_in_a_corner_stay_apart() {
        let square = |x: i64, y: i64| vec![[x, y], [x + 10, y], [x + 10, y + 10], [x, y + 10]];
        let edges_of = |ring: &Ring| edges(ring).collect::<Vec<_>>();
        let all = [edges_of(&square(0, 0)), edges_of(&square(10, 10))].concat();
        let found = polygons_of(all);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|rings| twice_area(&rings[0]) == 200));
    }

    #[test]
    fn points_are_told_apart_by_a_ring() {
        let ring = vec![[0, 0], [10, 0], [10, 10], [5, 5], [0, 10]];
        assert_eq!(side([5, 2], &ring), Side::In);
        assert_eq!(side([5, 8], &ring), Side::Out);
        assert_eq!(side([5, 5], &ring), Side::On);
        let mut right = ring.clone();
        turn(&mut right, false);
        assert_eq!(side([5, 2], &right), Side::In);
    }
}
