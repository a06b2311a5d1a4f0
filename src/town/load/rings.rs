//! Checks the rings of an outline: closed, on the globe, not too small, not crossing themselves.

use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{Area, BoundingRect, Coord, Line, LineString, MultiPolygon, Polygon, Validation};
use geojson::{Geometry, GeometryValue, Position};

use crate::town::Wgs84;

use super::{Frame, position_fault};

/// Points of the largest ring. Checking a ring takes up to the square of this.
const MAX_RING: usize = 20_000;

/// Square degrees of the smallest ring, about a tenth of a square metre.
const MIN_AREA: f64 = 1e-11;

/// The outline that a geometry gives, or what is wrong with it.
pub(super) fn outline(geometry: Geometry, frame: Frame) -> Result<MultiPolygon<f64>, Vec<String>> {
    let parts = match geometry.value {
        GeometryValue::Polygon { coordinates } => vec![coordinates],
        GeometryValue::MultiPolygon { coordinates } => coordinates,
        other => {
            return Err(vec![format!(
                "found a {}, expected a Polygon or MultiPolygon",
                other.type_name()
            )]);
        }
    };
    if parts.is_empty() {
        return Err(vec!["is empty, expected at least one polygon".into()]);
    }
    let mut faults = Vec::new();
    let mut polygons = Vec::with_capacity(parts.len());
    for (i, rings) in (1..).zip(&parts) {
        let of_part = if parts.len() > 1 {
            format!("polygon {i}, ")
        } else {
            String::new()
        };
        if rings.is_empty() {
            faults.push(format!("{of_part}no ring: expected an outer ring"));
        }
        let mut lines = Vec::with_capacity(rings.len());
        for (j, positions) in (1..).zip(rings) {
            match ring(positions, frame) {
                Ok(line) => lines.push(line),
                Err(what) => faults.push(format!("{of_part}ring {j}: {what}")),
            }
        }
        if lines.len() == rings.len() && !lines.is_empty() {
            let outer = lines.remove(0);
            polygons.push(Polygon::new(outer, lines));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let outline = MultiPolygon(polygons);
    // Each ring is sound by now; how they lie to each other is left to the library, where there is more than one.
    let single = matches!(outline.0.as_slice(), [polygon] if polygon.interiors().is_empty());
    if !single && let Err(error) = outline.check_validation() {
        return Err(vec![error.to_string()]);
    }
    Ok(outline)
}

fn ring(positions: &[Position], frame: Frame) -> Result<LineString<f64>, String> {
    let count = positions.len();
    if count > MAX_RING {
        return Err(format!(
            "has {count} positions, at most {MAX_RING} are expected: simplify it"
        ));
    }
    let mut points = Vec::with_capacity(count);
    for (i, position) in (1..).zip(positions) {
        let [lon, lat, ..] = position.as_slice() else {
            return Err(format!("position {i} has less than two numbers"));
        };
        let at = frame
            .on_globe(*lon, *lat)
            .map_err(|what| format!("position {i}: {what}"))?;
        points.push(Coord { x: at.lon, y: at.lat });
    }
    if points.first() != points.last() {
        return Err("is not closed: expected the first position again at its end".into());
    }
    points.dedup();
    let mut distinct = points.clone();
    distinct.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    distinct.dedup();
    if distinct.len() < 3 {
        return Err(format!(
            "has {} different positions, expected at least 3",
            distinct.len()
        ));
    }
    let line = LineString(points);
    far_fault(&line, frame.centre).map_or(Ok(()), Err)?;
    if let Some(at) = crossing(&line) {
        return Err(format!(
            "crosses or touches itself near [{:.6}, {:.6}]",
            at.x, at.y
        ));
    }
    let area = Polygon::new(line.clone(), Vec::new()).unsigned_area();
    if area < MIN_AREA {
        return Err("encloses less than a tenth of a square metre".into());
    }
    Ok(line)
}

/// What is wrong where a corner of the box around the ring lies far from the town.
fn far_fault(line: &LineString<f64>, centre: Option<Wgs84>) -> Option<String> {
    let rect = line.bounding_rect()?;
    let corners = [rect.min(), rect.max()];
    corners
        .into_iter()
        .find_map(|corner| position_fault(corner.x, corner.y, centre))
}

/// A position at which a closed line without repeated points meets itself, other than where neighbours are joined.
fn crossing(ring: &LineString<f64>) -> Option<Coord<f64>> {
    let edges: Vec<Line<f64>> = ring.lines().collect();
    let west = |i: usize| edges[i].start.x.min(edges[i].end.x);
    let east = |i: usize| edges[i].start.x.max(edges[i].end.x);
    let south = |i: usize| edges[i].start.y.min(edges[i].end.y);
    let north = |i: usize| edges[i].start.y.max(edges[i].end.y);
    // From west to east, so that each edge is compared with those only that begin before it ends.
    let mut order: Vec<usize> = (0..edges.len()).collect();
    order.sort_by(|a, b| west(*a).total_cmp(&west(*b)));
    for (k, &i) in order.iter().enumerate() {
        let reach = east(i);
        for &j in order[k + 1..].iter().take_while(|j| west(**j) <= reach) {
            if south(j) > north(i) || north(j) < south(i) {
                continue;
            }
            // Neighbours meet where they are joined. Where one goes back over the other, it meets a third edge as well.
            let joined = (i + 1) % edges.len() == j || (j + 1) % edges.len() == i;
            match line_intersection(edges[i], edges[j]).filter(|_| !joined) {
                Some(LineIntersection::SinglePoint { intersection, .. }) => return Some(intersection),
                Some(LineIntersection::Collinear { intersection }) => return Some(intersection.start),
                None => {}
            }
        }
    }
    None
}
