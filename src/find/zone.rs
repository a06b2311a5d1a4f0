//! An area that somebody drew: which points lie in it, exactly, and fast for a million of them.
//!
//! Rings are taken by the even-odd rule: a point is inside where a line from it to far away crosses the rings an odd number
//! of times. So a hole is a ring like any other, a hole outside adds its own ground, and of a bow tie both halves count. A point
//! on an edge is inside.

use std::fmt::Write;

use geo::Coord;
use geo::kernels::{Kernel, Orientation, RobustKernel};

use crate::town::Wgs84;

/// Rows and columns of the lattice over a zone's box.
const CELLS: usize = 256;

/// So many times may edges pass through rows of the lattice: an outline with a few hundred thousand corners passes, lines that
/// go to and fro across all of the zone a thousand times do not.
const PASSES_MAX: usize = 1_000_000;

/// More corners are none that a hand or an office draws.
const CORNERS_MAX: usize = 500_000;

/// Why rings are no zone.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ZoneFault {
    /// No ring with three corners.
    #[error("a polygon needs at least three corners; ring {ring} has {corners}")]
    TooFew {
        /// Which ring, from 1.
        ring: usize,
        /// How many corners it has.
        corners: usize,
    },
    /// A corner that is no place on the globe.
    #[error(
        "corner {corner} of ring {ring} is no place on the globe: {lon}, {lat} (longitude first, degrees)"
    )]
    NoPlace {
        /// Which ring, from 1.
        ring: usize,
        /// Which corner, from 1.
        corner: usize,
        /// Its longitude.
        lon: f64,
        /// Its latitude.
        lat: f64,
    },
    /// Too many corners.
    #[error("the polygon has {0} corners; at most {max} can be searched: simplify it", max = CORNERS_MAX)]
    TooMany(usize),
    /// Edges that go to and fro too often.
    #[error("the polygon's edges cross all of it too often to be searched: draw it simpler")]
    Tangled,
    /// The file is no polygon.
    #[error("{0}")]
    File(String),
}

/// Where the points of a box lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lies {
    /// All inside.
    Inside,
    /// All outside.
    Outside,
    /// Some may lie on either side.
    Mixed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Outside,
    Inside,
    Edge,
}

/// A drawn area, ready to be searched.
#[derive(Clone, Debug)]
pub struct Zone {
    rings: Vec<Vec<Wgs84>>,
    min: [f64; 2],
    max: [f64; 2],
    /// Cells per degree.
    per_degree: [f64; 2],
    cells: Vec<Cell>,
    /// Of each row of the lattice, the edges that pass through it, by [`Self::starts`].
    edges: Vec<[[f64; 2]; 2]>,
    starts: Vec<u32>,
    /// How many cells to the north-west of each corner are inside, and how many are not outside.
    sums: Vec<[u32; 2]>,
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.rings == other.rings
    }
}

impl Zone {
    /// A zone of these rings, each closed by itself; a last corner that repeats the first is left out.
    ///
    /// # Errors
    /// [`ZoneFault`].
    pub fn new(rings: Vec<Vec<Wgs84>>) -> Result<Self, ZoneFault> {
        let rings: Vec<Vec<Wgs84>> = rings.into_iter().map(without_repeats).collect();
        check(&rings)?;
        let (mut min, mut max) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for corner in rings.iter().flatten().map(|at| <[f64; 2]>::from(*at)) {
            for i in 0..2 {
                min[i] = min[i].min(corner[i]);
                max[i] = max[i].max(corner[i]);
            }
        }
        // A zone without width still has cells.
        let per_degree = [0, 1].map(|i| CELLS as f64 / (max[i] - min[i]).max(1e-9));
        let mut zone = Self {
            rings,
            min,
            max,
            per_degree,
            cells: vec![Cell::Outside; CELLS * CELLS],
            edges: Vec::new(),
            starts: Vec::new(),
            sums: Vec::new(),
        };
        zone.sort_edges()?;
        zone.mark_edges();
        zone.fill();
        zone.add_up();
        Ok(zone)
    }

    /// Reads the first polygon, or all polygons of a multi-polygon, of a GeoJSON text: a geometry, a feature, or a
    /// collection of which every polygon counts.
    ///
    /// # Errors
    /// [`ZoneFault`].
    pub fn from_geojson(text: &str) -> Result<Self, ZoneFault> {
        let fault = |what: String| ZoneFault::File(what);
        let read: geojson::GeoJson = text
            .parse()
            .map_err(|e| fault(format!("this is no GeoJSON: {e}")))?;
        let mut rings = Vec::new();
        match read {
            geojson::GeoJson::Geometry(geometry) => add_rings(&geometry, &mut rings),
            geojson::GeoJson::Feature(feature) => {
                feature
                    .geometry
                    .iter()
                    .for_each(|geometry| add_rings(geometry, &mut rings));
            }
            geojson::GeoJson::FeatureCollection(all) => {
                let geometries = all
                    .features
                    .iter()
                    .filter_map(|feature| feature.geometry.as_ref());
                geometries.for_each(|geometry| add_rings(geometry, &mut rings));
            }
        }
        if rings.is_empty() {
            return Err(fault("the file has no polygon".to_owned()));
        }
        Self::new(rings)
    }

    /// Its rings, not closed.
    pub fn rings(&self) -> &[Vec<Wgs84>] {
        &self.rings
    }

    /// How many corners it has.
    pub fn corners(&self) -> usize {
        self.rings.iter().map(Vec::len).sum()
    }

    /// Its south-western and its north-eastern corner.
    pub fn bounds(&self) -> (Wgs84, Wgs84) {
        (self.min.into(), self.max.into())
    }

    /// Whether the point is inside: the plain meaning, edge by edge.
    pub fn contains_plainly(&self, at: Wgs84) -> bool {
        let edges = self.rings.iter().flat_map(|ring| edges(ring));
        at.is_valid() && is_inside(at, edges)
    }

    /// Whether the point is inside.
    pub fn contains(&self, at: Wgs84) -> bool {
        let Some([column, row]) = self.cell(at) else {
            return false;
        };
        match self.cells[row * CELLS + column] {
            Cell::Inside => true,
            Cell::Outside => false,
            Cell::Edge => is_inside(at, self.row_edges(row).iter().copied()),
        }
    }

    /// Where all points of the box from `min` to `max` lie.
    pub fn lies(&self, min: Wgs84, max: Wgs84) -> Lies {
        let apart =
            min.lon > self.max[0] || max.lon < self.min[0] || min.lat > self.max[1] || max.lat < self.min[1];
        if apart {
            return Lies::Outside;
        }
        let within = min.lon >= self.min[0]
            && max.lon <= self.max[0]
            && min.lat >= self.min[1]
            && max.lat <= self.max[1];
        let clamp = |at: Wgs84| Wgs84 {
            lon: at.lon.clamp(self.min[0], self.max[0]),
            lat: at.lat.clamp(self.min[1], self.max[1]),
        };
        let (Some([left, bottom]), Some([right, top])) = (self.cell(clamp(min)), self.cell(clamp(max)))
        else {
            return Lies::Mixed;
        };
        let sum = |which: usize| {
            let at = |column: usize, row: usize| self.sums[row * (CELLS + 1) + column][which];
            at(right + 1, top + 1) + at(left, bottom) - at(left, top + 1) - at(right + 1, bottom)
        };
        let all = ((right + 1 - left) * (top + 1 - bottom)) as u32;
        if within && sum(0) == all {
            Lies::Inside
        } else if sum(1) == 0 {
            Lies::Outside
        } else {
            Lies::Mixed
        }
    }

    /// The cell that a point of the box lies in.
    fn cell(&self, at: Wgs84) -> Option<[usize; 2]> {
        let along = |degrees: f64, i: usize| {
            let inside = degrees >= self.min[i] && degrees <= self.max[i];
            inside.then(|| (((degrees - self.min[i]) * self.per_degree[i]) as usize).min(CELLS - 1))
        };
        Some([along(at.lon, 0)?, along(at.lat, 1)?])
    }

    /// Columns or rows that degrees from `from` to `to` touch, one more on either side for the sake of rounding.
    fn span(&self, from: f64, to: f64, i: usize) -> std::ops::RangeInclusive<usize> {
        let along = |degrees: f64| (degrees - self.min[i]) * self.per_degree[i];
        let (low, high) = (along(from.min(to)) - 1e-3, along(from.max(to)) + 1e-3);
        let last = (CELLS - 1) as f64;
        (low.clamp(0.0, last) as usize)..=(high.clamp(0.0, last) as usize)
    }

    fn sort_edges(&mut self) -> Result<(), ZoneFault> {
        let mut counts = vec![0_u32; CELLS + 1];
        let mut passes = 0;
        let all = || self.rings.iter().flat_map(|ring| edges(ring));
        for [a, b] in all() {
            let rows = self.span(a[1], b[1], 1);
            passes += rows.end() + 1 - rows.start();
            for row in rows {
                counts[row + 1] += 1;
            }
        }
        if passes > PASSES_MAX {
            return Err(ZoneFault::Tangled);
        }
        for row in 0..CELLS {
            counts[row + 1] += counts[row];
        }
        let mut next = counts.clone();
        let mut sorted = vec![[[0.0; 2]; 2]; passes];
        for edge in all() {
            for row in self.span(edge[0][1], edge[1][1], 1) {
                sorted[next[row] as usize] = edge;
                next[row] += 1;
            }
        }
        (self.edges, self.starts) = (sorted, counts);
        Ok(())
    }

    fn row_edges(&self, row: usize) -> &[[[f64; 2]; 2]] {
        &self.edges[self.starts[row] as usize..self.starts[row + 1] as usize]
    }

    /// Marks the cells that edges pass through, and perhaps a few more.
    fn mark_edges(&mut self) {
        let mut cells = std::mem::take(&mut self.cells);
        for row in 0..CELLS {
            let low = self.min[1] + row as f64 / self.per_degree[1];
            let high = self.min[1] + (row + 1) as f64 / self.per_degree[1];
            let slack = (high - low) * 1e-3;
            for [a, b] in self.row_edges(row) {
                let (mut from, mut to) = (a[0], b[0]);
                if a[1] != b[1] {
                    // The part of the edge that lies in the row.
                    let at = |lat: f64| {
                        let share = ((lat - a[1]) / (b[1] - a[1])).clamp(0.0, 1.0);
                        a[0] + share * (b[0] - a[0])
                    };
                    (from, to) = (at(low - slack), at(high + slack));
                }
                for column in self.span(from, to, 0) {
                    cells[row * CELLS + column] = Cell::Edge;
                }
            }
        }
        self.cells = cells;
    }

    /// Tells of the other cells on which side they lie: what stands side by side, without an edge between, lies alike.
    fn fill(&mut self) {
        let mut cells = std::mem::take(&mut self.cells);
        for row in 0..CELLS {
            let lat = self.min[1] + (row as f64 + 0.5) / self.per_degree[1];
            let mut before = None;
            for column in 0..CELLS {
                let cell = &mut cells[row * CELLS + column];
                if *cell == Cell::Edge {
                    before = None;
                    continue;
                }
                let lon = self.min[0] + (column as f64 + 0.5) / self.per_degree[0];
                let here = before.unwrap_or_else(|| {
                    let inside = is_inside(Wgs84 { lon, lat }, self.row_edges(row).iter().copied());
                    if inside { Cell::Inside } else { Cell::Outside }
                });
                *cell = here;
                before = Some(here);
            }
        }
        self.cells = cells;
    }

    fn add_up(&mut self) {
        let width = CELLS + 1;
        let mut sums = vec![[0_u32; 2]; width * width];
        for row in 0..CELLS {
            for column in 0..CELLS {
                let cell = self.cells[row * CELLS + column];
                let here = [u32::from(cell == Cell::Inside), u32::from(cell != Cell::Outside)];
                for (which, here) in here.into_iter().enumerate() {
                    let at = |column: usize, row: usize| sums[row * width + column][which];
                    let sum = here + at(column, row + 1) + at(column + 1, row) - at(column, row);
                    sums[(row + 1) * width + column + 1][which] = sum;
                }
            }
        }
        self.sums = sums;
    }

    /// Its corners as one word, which [`Self::parse`] reads: longitude and latitude with seven digits, rings between `|`.
    pub fn word(&self) -> String {
        let mut word = String::new();
        for (i, ring) in self.rings.iter().enumerate() {
            if i > 0 {
                word.push('|');
            }
            for (i, at) in ring.iter().enumerate() {
                let between = if i > 0 { ";" } else { "" };
                // Writing into a text can't fail.
                let _ = write!(word, "{between}{},{}", short(at.lon), short(at.lat));
            }
        }
        word
    }

    /// Reads [`Self::word`].
    ///
    /// # Errors
    /// [`ZoneFault`].
    pub fn parse(word: &str) -> Result<Self, ZoneFault> {
        let corner = |text: &str| -> Option<Wgs84> {
            let (lon, lat) = text.split_once(',')?;
            Some(Wgs84 {
                lon: lon.trim().parse().ok()?,
                lat: lat.trim().parse().ok()?,
            })
        };
        let ring = |text: &str| -> Option<Vec<Wgs84>> { text.split(';').map(corner).collect() };
        let rings: Option<Vec<Vec<Wgs84>>> = word.split('|').map(ring).collect();
        let expected = || {
            ZoneFault::File(
                "a polygon is written as longitude,latitude;longitude,latitude;… in degrees".to_owned(),
            )
        };
        Self::new(rings.ok_or_else(expected)?)
    }
}

/// A number of degrees to a centimetre.
fn short(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

fn without_repeats(mut ring: Vec<Wgs84>) -> Vec<Wgs84> {
    ring.dedup();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    ring
}

fn check(rings: &[Vec<Wgs84>]) -> Result<(), ZoneFault> {
    let corners = rings.iter().map(Vec::len).sum();
    if corners > CORNERS_MAX {
        return Err(ZoneFault::TooMany(corners));
    }
    if rings.is_empty() {
        return Err(ZoneFault::TooFew { ring: 1, corners: 0 });
    }
    for (ring, corners) in rings.iter().enumerate() {
        let wrong = corners.iter().position(|at| !at.is_valid());
        if let Some(corner) = wrong {
            let at = corners[corner];
            return Err(ZoneFault::NoPlace {
                ring: ring + 1,
                corner: corner + 1,
                lon: at.lon,
                lat: at.lat,
            });
        }
        if corners.len() < 3 {
            return Err(ZoneFault::TooFew {
                ring: ring + 1,
                corners: corners.len(),
            });
        }
    }
    Ok(())
}

fn add_rings(geometry: &geojson::Geometry, rings: &mut Vec<Vec<Wgs84>>) {
    // A corner without two numbers is no place, which is told with its place in the ring.
    let corner = |position: &geojson::Position| Wgs84 {
        lon: position.as_slice().first().copied().unwrap_or(f64::NAN),
        lat: position.as_slice().get(1).copied().unwrap_or(f64::NAN),
    };
    let mut polygon = |polygon: &Vec<Vec<geojson::Position>>| {
        rings.extend(
            polygon
                .iter()
                .map(|ring| ring.iter().map(corner).collect::<Vec<_>>()),
        );
    };
    match &geometry.value {
        geojson::GeometryValue::Polygon { coordinates } => polygon(coordinates),
        geojson::GeometryValue::MultiPolygon { coordinates } => coordinates.iter().for_each(polygon),
        geojson::GeometryValue::GeometryCollection { geometries } => {
            geometries.iter().for_each(|geometry| add_rings(geometry, rings));
        }
        _ => {}
    }
}

/// The edges of a ring, the closing one last.
fn edges(ring: &[Wgs84]) -> impl Iterator<Item = [[f64; 2]; 2]> {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| [[a.lon, a.lat], [b.lon, b.lat]])
}

/// The even-odd rule over edges that hold all which pass the point's latitude. Exact: on which side of an edge the point lies
/// is decided without rounding.
fn is_inside(at: Wgs84, edges: impl Iterator<Item = [[f64; 2]; 2]>) -> bool {
    let mut inside = false;
    for [a, b] in edges {
        let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
        if at.lat < low[1] || at.lat > high[1] {
            continue;
        }
        let (west, east) = (a[0].min(b[0]), a[0].max(b[0]));
        if at.lon > east {
            continue;
        }
        // To the west of an edge no side need be looked at.
        let side = if at.lon < west {
            Orientation::CounterClockwise
        } else {
            let point = |[x, y]: [f64; 2]| Coord { x, y };
            RobustKernel::orient2d(point(low), point(high), Coord { x: at.lon, y: at.lat })
        };
        match side {
            Orientation::Collinear => return true,
            Orientation::CounterClockwise if low[1] <= at.lat && at.lat < high[1] => inside = !inside,
            _ => {}
        }
    }
    inside
}
