//! Which places lie around a point, and how near their boundaries are. Built once from the outlines, on first use.

use std::fmt;
use std::sync::OnceLock;

use geo::{Contains, Intersects, Line, Orient, indexed::IntervalTreeMultiPolygon, orient::Direction};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, Envelope, RTree};

use super::{Place, PlaceId, PlaceKind, Wgs84};

/// So near to a boundary nobody knows from a map alone on which side a matter lies, in metres.
pub const ASK_WITHIN_M: f64 = 15.0;

/// Metres in one degree of latitude, on the sphere that [`Wgs84::distance_m`] takes.
const METRES_PER_DEGREE: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0;

/// A boundary that a point is near to, and what lies on its two sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearBoundary {
    /// Boundary between places of this kind.
    pub kind: PlaceKind,
    /// The place that the point lies in; `None` where it lies in none of that kind.
    pub here: Option<PlaceId>,
    /// The place on the other side; `None` where nothing of that kind lies beyond.
    pub other: Option<PlaceId>,
    /// Metres between the point and the boundary.
    pub distance_m: f64,
}

/// The places around a point, one of each kind, in the order of [`PlaceKind`]'s variants.
pub type Around = [Option<PlaceId>; PlaceKind::ALL.len()];

type Boxed = GeomWithData<Rectangle<[f64; 2]>, PlaceId>;
type Edge = GeomWithData<rstar::primitives::Line<[f64; 2]>, PlaceId>;

/// The outlines of all places, indexed.
pub(super) struct Ground {
    kinds: Vec<PlaceKind>,
    boxes: RTree<Boxed>,
    insides: Vec<IntervalTreeMultiPolygon<f64>>,
    lines: Vec<(PlaceId, Line<f64>)>,
    /// The same by where they lie. Only points on or near a boundary ask for it; to say where the cases of a book lie, the
    /// cells are enough, and they are made many times faster.
    edges: OnceLock<RTree<Edge>>,
    cells: Cells,
}

/// Cells across and up. More of them answer a little faster, and take longer to be found out about while a book is opened.
const CELLS: usize = 64;

/// A lattice over the box around all places.
struct Cells {
    min: [f64; 2],
    /// Degrees across and up of one cell.
    size: [f64; 2],
    all: Vec<Cell>,
}

/// What a cell tells of all points in it.
#[derive(Clone, Default)]
struct Cell {
    /// Places whose boundary may run through it, each once, in the order of the file.
    crossing: Vec<PlaceId>,
    /// Places that hold all of it, of each kind the first of the file. Found out when somebody first asks for it.
    inside: OnceLock<Around>,
}

impl Cells {
    fn over(bounds: AABB<[f64; 2]>) -> Self {
        let (min, max) = (bounds.lower(), bounds.upper());
        // A box without width, or none at all, still has cells.
        let side = |i: usize| ((max[i] - min[i]) / CELLS as f64).max(1e-9);
        Self {
            min,
            size: [side(0), side(1)],
            all: vec![Cell::default(); CELLS * CELLS],
        }
    }

    /// Notes that a line of the boundary of `id` runs through the cells of the box around it, or may do so. Places come in
    /// the order of the file.
    fn cross(&mut self, id: PlaceId, line: &Line<f64>) {
        // A hair wider than the line, so that rounding leaves no cell out.
        let reach = |a: f64, b: f64, i: usize| {
            let cell = |degrees: f64| (degrees - self.min[i]) / self.size[i];
            let last = (CELLS - 1) as f64;
            let (low, high) = (cell(a.min(b)) - 2e-6, cell(a.max(b)) + 2e-6);
            low.clamp(0.0, last) as usize..=high.clamp(0.0, last) as usize
        };
        let columns = reach(line.start.x, line.end.x, 0);
        for row in reach(line.start.y, line.end.y, 1) {
            for cell in &mut self.all[row * CELLS..][columns.clone()] {
                if cell.crossing.last() != Some(&id) {
                    cell.crossing.push(id);
                }
            }
        }
    }

    /// The cell that a point lies in, counted from west and south; `None` outside of all.
    fn at(&self, at: Wgs84) -> Option<[usize; 2]> {
        let along = |degrees: f64, i: usize| {
            let cells = (degrees - self.min[i]) / self.size[i];
            // The last edge belongs to the last cell; a little more is left to rounding.
            let inside = (0.0..=CELLS as f64 + 1e-6).contains(&cells);
            inside.then(|| (cells as usize).min(CELLS - 1))
        };
        Some([along(at.lon, 0)?, along(at.lat, 1)?])
    }

    /// The box around a cell, a hair wider, so that rounding leaves no point out.
    fn bounds(&self, [x, y]: [usize; 2]) -> AABB<[f64; 2]> {
        let corner = |x: f64, y: f64| [self.min[0] + x * self.size[0], self.min[1] + y * self.size[1]];
        let (x, y) = (x as f64, y as f64);
        AABB::from_corners(corner(x - 1e-6, y - 1e-6), corner(x + 1.0 + 1e-6, y + 1.0 + 1e-6))
    }
}

impl fmt::Debug for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ground")
            .field("places", &self.kinds.len())
            .finish_non_exhaustive()
    }
}

fn ids(all: &[Place]) -> impl Iterator<Item = (PlaceId, &Place)> {
    all.iter()
        .enumerate()
        .map(|(i, place)| (PlaceId(i as u16), place))
}

impl Ground {
    pub(super) fn new(all: &[Place]) -> Self {
        use geo::{BoundingRect, LinesIter};
        let boxes = ids(all).filter_map(|(id, place)| {
            let rect = place.outline.bounding_rect()?;
            let corners = Rectangle::from_corners(rect.min().into(), rect.max().into());
            Some(GeomWithData::new(corners, id))
        });
        let boxes: RTree<Boxed> = RTree::bulk_load(boxes.collect());
        let lines = ids(all).flat_map(|(id, place)| place.outline.lines_iter().map(move |line| (id, line)));
        let lines: Vec<_> = lines.collect();
        let mut cells = Cells::over(boxes.root().envelope());
        for (id, line) in &lines {
            cells.cross(*id, line);
        }
        Self {
            kinds: all.iter().map(|place| place.kind).collect(),
            cells,
            boxes,
            // The index counts turns, so that holes have to turn against their outer ring.
            insides: all
                .iter()
                .map(|place| IntervalTreeMultiPolygon::new(&place.outline.orient(Direction::Default)))
                .collect(),
            lines,
            edges: OnceLock::new(),
        }
    }

    fn edges(&self) -> &RTree<Edge> {
        self.edges.get_or_init(|| {
            let edge = |(id, line): &(PlaceId, Line<f64>)| {
                let line = rstar::primitives::Line::new(line.start.into(), line.end.into());
                GeomWithData::new(line, *id)
            };
            RTree::bulk_load(self.lines.iter().map(edge).collect())
        })
    }

    /// Finds out which places hold all of a cell.
    fn inside(&self, place: [usize; 2], crossing: &[PlaceId]) -> Around {
        let bounds = self.cells.bounds(place);
        // No boundary of the others runs through it: they hold all of it or nothing.
        let middle = bounds.center();
        let point = geo::Point::new(middle[0], middle[1]);
        let mut inside = Around::default();
        for id in self
            .boxes
            .locate_in_envelope_intersecting(bounds)
            .map(|boxed| boxed.data)
        {
            if crossing.binary_search(&id).is_err() && self.insides[usize::from(id.0)].contains(&point) {
                keep_first(&mut inside[self.kind(id) as usize], id);
            }
        }
        inside
    }

    fn kind(&self, id: PlaceId) -> PlaceKind {
        self.kinds[usize::from(id.0)]
    }

    /// The places around the point. A point on a shared edge belongs to the first of the file.
    pub(super) fn around(&self, at: Wgs84) -> Around {
        self.search(at, None)
    }

    /// The place of that kind around the point.
    pub(super) fn at(&self, at: Wgs84, kind: PlaceKind) -> Option<PlaceId> {
        self.search(at, Some(kind))[kind as usize]
    }

    fn search(&self, at: Wgs84, only: Option<PlaceKind>) -> Around {
        let Some(place) = self.cells.at(at) else {
            return Around::default();
        };
        let cell = &self.cells.all[place[1] * CELLS + place[0]];
        let point = geo::Point::new(at.lon, at.lat);
        let inside = || self.inside(place, &cell.crossing);
        let mut found = *cell.inside.get_or_init(inside);
        let mut missed = Around::default();
        for id in cell.crossing.iter().copied() {
            let kind = self.kind(id);
            let earlier = found[kind as usize].is_some_and(|first| first < id);
            if earlier || only.is_some_and(|only| only != kind) {
                continue;
            }
            if self.insides[usize::from(id.0)].contains(&point) {
                found[kind as usize] = Some(id);
            } else {
                missed[kind as usize] = Some(id);
            }
        }
        let touching = (0..found.len()).any(|kind| found[kind].is_none() && missed[kind].is_some());
        if touching {
            self.touching(at, only, &mut found);
        }
        found
    }

    /// Fills in places whose boundary the point lies on, where it lies inside of none.
    fn touching(&self, at: Wgs84, only: Option<PlaceKind>, found: &mut Around) {
        let point = geo::Point::new(at.lon, at.lat);
        let mut touched = Around::default();
        for edge in self
            .edges()
            .locate_in_envelope_intersecting(AABB::from_point([at.lon, at.lat]))
        {
            let kind = self.kind(edge.data);
            let line = Line::new(edge.geom().from, edge.geom().to);
            if only.is_none_or(|only| only == kind) && line.intersects(&point) {
                keep_first(&mut touched[kind as usize], edge.data);
            }
        }
        for (found, touched) in found.iter_mut().zip(touched) {
            *found = found.or(touched);
        }
    }

    /// Boundaries at most `metres` from the point, those of wide places first, the nearest first.
    pub(super) fn near_boundary(&self, at: Wgs84, metres: f64) -> Vec<NearBoundary> {
        let mut near: Vec<(PlaceId, f64)> = Vec::new();
        for (id, distance) in self.edges_within(at, metres) {
            match near.iter_mut().find(|(known, _)| *known == id) {
                Some((_, least)) => *least = least.min(distance),
                None => near.push((id, distance)),
            }
        }
        if near.is_empty() {
            return Vec::new();
        }
        near.sort_by(|(a, a_m), (b, b_m)| a_m.total_cmp(b_m).then(a.cmp(b)));
        let around = self.around(at);
        let kinds = PlaceKind::ALL
            .into_iter()
            .filter(|kind| *kind != PlaceKind::SubDistrict);
        kinds
            .flat_map(|kind| {
                let here = around[kind as usize];
                let of_kind = near.iter().copied().filter(|(id, _)| self.kind(*id) == kind);
                let (own, others): (Vec<_>, Vec<_>) = of_kind.partition(|(id, _)| Some(*id) == here);
                let beyond_nothing = own.first().filter(|_| others.is_empty());
                let sides = others
                    .into_iter()
                    .map(|(id, m)| (Some(id), m))
                    .chain(beyond_nothing.map(|(_, m)| (None, *m)));
                sides
                    .map(|(other, distance_m)| NearBoundary {
                        kind,
                        here,
                        other,
                        distance_m,
                    })
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    /// Edges that come within `metres` of the point, with their distance on the plane that touches the globe there.
    fn edges_within(&self, at: Wgs84, metres: f64) -> impl Iterator<Item = (PlaceId, f64)> {
        let (north, east) = (
            METRES_PER_DEGREE,
            METRES_PER_DEGREE * at.lat.to_radians().cos().max(1e-6),
        );
        let (dx, dy) = (metres / east, metres / north);
        let window = AABB::from_corners([at.lon - dx, at.lat - dy], [at.lon + dx, at.lat + dy]);
        let plane = move |[lon, lat]: [f64; 2]| [(lon - at.lon) * east, (lat - at.lat) * north];
        self.edges()
            .locate_in_envelope_intersecting(window)
            .map(move |edge| {
                (
                    edge.data,
                    from_origin(plane(edge.geom().from), plane(edge.geom().to)),
                )
            })
            .filter(move |(_, distance)| *distance <= metres)
    }
}

fn keep_first(slot: &mut Option<PlaceId>, id: PlaceId) {
    if slot.is_none_or(|first| id < first) {
        *slot = Some(id);
    }
}

/// The distance of the segment from `a` to `b` from the origin.
fn from_origin(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length = dx * dx + dy * dy;
    let along = if length > 0.0 {
        (-(a[0] * dx + a[1] * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (a[0] + along * dx).hypot(a[1] + along * dy)
}
