//! Boundaries of places. Edges that several places share are found once, drawn once, and kept as a mesh while the map
//! is only moved.

use std::cell::OnceCell;
use std::sync::Arc;

use eframe::egui::epaint::{Mesh, TessellationOptions, Tessellator};
use eframe::egui::{Color32, Pos2, Shape, Stroke, vec2};

use crate::town::{PlaceId, PlaceKind, Places, Wgs84};
use crate::ui::Palette;

use super::camera::{Bounds, Mercator, View, mercator};
use super::layers::Layer;

/// Lines are drawn this far beyond the window, in points, so that small moves need no new mesh.
const MARGIN: f32 = 400.0;
/// The largest deviation of a simplified line, in points.
const TOLERANCE: f64 = 0.4;

/// Which boundaries are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds {
    /// Communities, and the sub-district's own edge.
    pub communities: bool,
    /// Base grids.
    pub base_grids: bool,
    /// Party grids.
    pub party_grids: bool,
    /// Blocks.
    pub blocks: bool,
}

/// A set of kinds of place, as bits.
type Mask = u8;

fn bit(kind: PlaceKind) -> Mask {
    match kind {
        PlaceKind::SubDistrict => 1,
        PlaceKind::Community => 2,
        PlaceKind::PartyGrid => 4,
        PlaceKind::BaseGrid => 8,
        PlaceKind::Block => 16,
    }
}

/// A line that separates the same kinds of place all along.
struct Chain {
    mask: Mask,
    points: Vec<Mercator>,
    bounds: Bounds,
}

/// The rings of one place.
struct Rings {
    rings: Vec<Vec<Mercator>>,
    bounds: Bounds,
    schematic: bool,
}

/// All boundaries of a town.
pub struct Outlines {
    /// Their lines, each with the kinds of place that it bounds.
    lines: Vec<([Vertex; 2], Mask)>,
    /// The lines put together; made when they are first drawn, which is after the first frame.
    chains: OnceCell<Vec<Chain>>,
    places: Vec<Rings>,
    /// By layer, in the order in which [`pens`] gives them.
    caches: [Option<Cache>; 4],
}

struct Cache {
    zoom: f64,
    kinds: Kinds,
    dark: bool,
    pixels_per_point: f32,
    /// What the mesh covers.
    covers: Bounds,
    /// Where the mesh's origin lies.
    origin: Mercator,
    mesh: Arc<Mesh>,
    /// Where the mesh was moved to for the last frame.
    at: Pos2,
}

impl Outlines {
    /// Finds the lines of all places.
    pub fn new(places: &Places) -> Self {
        let mut lines = Vec::new();
        let mut all = Vec::new();
        for (_, place) in places.iter() {
            let mut rings = Vec::new();
            for polygon in &place.outline {
                for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                    for line in ring.lines() {
                        let (a, b) = (vertex(line.start), vertex(line.end));
                        if a != b {
                            lines.push(([a.min(b), a.max(b)], bit(place.kind)));
                        }
                    }
                    rings.push(
                        ring.coords()
                            .map(|c| mercator(Wgs84 { lon: c.x, lat: c.y }))
                            .collect(),
                    );
                }
            }
            let bounds = Bounds::around(rings.iter().flatten().copied());
            all.push(Rings {
                rings,
                bounds,
                schematic: place.schematic,
            });
        }
        Self {
            lines,
            chains: OnceCell::new(),
            places: all,
            caches: Default::default(),
        }
    }

    /// The box around all places.
    pub fn all_bounds(&self) -> Bounds {
        Bounds::around(
            self.places
                .iter()
                .flat_map(|p| [p.bounds.min, p.bounds.max])
                .filter(|p| p[0].is_finite()),
        )
    }

    /// Whether a place in view has a drafted outline.
    pub fn schematic_in_view(&self, view: &View) -> bool {
        let seen = view.bounds(0.0);
        self.places.iter().any(|p| p.schematic && p.bounds.touches(&seen))
    }

    /// The boundaries of a layer in this view, drawn so that they go with those of other layers that are shown: where one
    /// line stands for two kinds of place, it is drawn once.
    pub fn shape(
        &mut self,
        layer: Layer,
        view: &View,
        kinds: Kinds,
        colors: &Palette,
        pixels_per_point: f32,
    ) -> Shape {
        let Some(slot) = slot(layer) else {
            return Shape::Noop;
        };
        let fits = self.caches[slot].as_ref().is_some_and(|c| {
            (c.zoom, c.kinds, c.dark, c.pixels_per_point) == (view.zoom, kinds, colors.dark, pixels_per_point)
                && c.covers.holds(&view.bounds(0.0))
        });
        if !fits {
            self.caches[slot] = Some(self.draw(slot, view, kinds, colors, pixels_per_point));
        }
        let Some(cache) = &mut self.caches[slot] else {
            return Shape::Noop;
        };
        let at = view.screen(cache.origin);
        // Whole pixels keep thin lines crisp while the map moves.
        let at = at.round_to_pixels(pixels_per_point);
        if at != cache.at {
            Arc::make_mut(&mut cache.mesh).translate(at - cache.at);
            cache.at = at;
        }
        Shape::Mesh(cache.mesh.clone())
    }

    fn draw(&self, slot: usize, view: &View, kinds: Kinds, colors: &Palette, pixels_per_point: f32) -> Cache {
        let covers = view.bounds(MARGIN);
        let origin = view.center;
        let scale = view.scale();
        let to_screen = |m: &Mercator| {
            Pos2::new(
                ((m[0] - origin[0]) * scale) as f32,
                ((m[1] - origin[1]) * scale) as f32,
            )
        };
        let mut shapes = Vec::new();
        let chains = self.chains.get_or_init(|| chains(&Net::new(self.lines.clone())));
        for chain in chains.iter().filter(|c| c.bounds.touches(&covers)) {
            let pens = pens(chain.mask, kinds, view.zoom, colors);
            let Some(pen) = pens.into_iter().nth(slot).flatten() else {
                continue;
            };
            let points: Vec<Pos2> = simplify(&chain.points, TOLERANCE / scale)
                .iter()
                .map(to_screen)
                .collect();
            match pen {
                Pen::Solid(stroke) => shapes.push(Shape::line(points, stroke)),
                Pen::Dashed(stroke, dash, gap) => {
                    shapes.extend(Shape::dashed_line(&points, stroke, dash, gap))
                }
            }
        }
        let mut mesh = Mesh::default();
        let mut tessellator = Tessellator::new(
            pixels_per_point,
            TessellationOptions::default(),
            [1, 1],
            Vec::new(),
        );
        for shape in shapes {
            tessellator.tessellate_shape(shape, &mut mesh);
        }
        let (zoom, dark) = (view.zoom, colors.dark);
        Cache {
            zoom,
            kinds,
            dark,
            pixels_per_point,
            covers,
            origin,
            mesh: Arc::new(mesh),
            at: Pos2::ZERO,
        }
    }

    /// A place's outline, brought forward: a wide soft line and a thin clear one. No fill: it would cost a whole window.
    pub fn highlight(&self, place: PlaceId, view: &View, color: Color32) -> Vec<Shape> {
        let Some(rings) = self.places.get(usize::from(place.0)) else {
            return Vec::new();
        };
        if !rings.bounds.touches(&view.bounds(8.0)) {
            return Vec::new();
        }
        let outline = |ring: &Vec<Mercator>| {
            let points: Vec<Pos2> = simplify(ring, TOLERANCE / view.scale())
                .iter()
                .map(|m| view.screen(*m))
                .collect();
            let soft = Shape::closed_line(points.clone(), Stroke::new(8.0, color.gamma_multiply(0.22)));
            [soft, Shape::closed_line(points, Stroke::new(2.0, color))]
        };
        rings.rings.iter().flat_map(outline).collect()
    }
}

/// Where a layer's boundaries stand among the pens.
fn slot(layer: Layer) -> Option<usize> {
    match layer {
        Layer::BaseGrids => Some(0),
        Layer::Communities => Some(1),
        Layer::PartyGrids => Some(2),
        Layer::Blocks => Some(3),
        _ => None,
    }
}

enum Pen {
    Solid(Stroke),
    Dashed(Stroke, f32, f32),
}

/// How an edge between those kinds of place is drawn. The wider kind's line stands for the narrower one's; party grids
/// and blocks, which follow other lines, are laid over.
fn pens(mask: Mask, kinds: Kinds, zoom: f64, colors: &Palette) -> [Option<Pen>; 4] {
    let has = |kind: PlaceKind| mask & bit(kind) != 0;
    let town = kinds.communities && has(PlaceKind::SubDistrict);
    let community = kinds.communities && has(PlaceKind::Community);
    // Grids fade in as the map comes nearer.
    let near = ((zoom - 12.0) / 1.5).clamp(0.35, 1.0) as f32;
    let base =
        (kinds.base_grids && has(PlaceKind::BaseGrid) && !town && !community && zoom > 11.0).then(|| {
            Pen::Solid(Stroke::new(
                if zoom < 13.0 { 0.7 } else { 1.0 },
                colors.base_grid.gamma_multiply(near),
            ))
        });
    let edge = if town {
        Some(Pen::Solid(Stroke::new(2.5, colors.community)))
    } else if community {
        Some(Pen::Solid(Stroke::new(1.5, colors.community)))
    } else {
        None
    };
    let party = (kinds.party_grids && has(PlaceKind::PartyGrid))
        .then(|| Pen::Dashed(Stroke::new(1.5, colors.party_grid), 9.0, 5.0));
    let block = (kinds.blocks && has(PlaceKind::Block))
        .then(|| Pen::Dashed(Stroke::new(3.0, colors.block), 2.5, 4.0));
    [base, edge, party, block]
}

/// The style of a kind's line, for the legend: stroke and, where it is not solid, dash and gap in points.
pub fn legend_line(kind: PlaceKind, colors: &Palette) -> (Stroke, Option<(f32, f32)>) {
    match kind {
        PlaceKind::SubDistrict => (Stroke::new(2.5, colors.community), None),
        PlaceKind::Community => (Stroke::new(1.5, colors.community), None),
        PlaceKind::BaseGrid => (Stroke::new(1.0, colors.base_grid), None),
        PlaceKind::PartyGrid => (Stroke::new(1.5, colors.party_grid), Some((9.0, 5.0))),
        PlaceKind::Block => (Stroke::new(3.0, colors.block), Some((2.5, 4.0))),
    }
}

/// A corner, in units of 1e-7 degrees (about a centimetre), so that equal ones are found.
type Vertex = (i64, i64);

fn vertex(c: geo::Coord<f64>) -> Vertex {
    ((c.x * 1e7).round() as i64, (c.y * 1e7).round() as i64)
}

fn position(v: Vertex) -> Mercator {
    mercator(Wgs84 {
        lon: v.0 as f64 / 1e7,
        lat: v.1 as f64 / 1e7,
    })
}

/// A line between two corners, and what it separates.
#[derive(Clone, Copy)]
struct Edge {
    ends: [u32; 2],
    mask: Mask,
}

/// All edges, each once. Corners are numbered, because a town has thousands and a start waits for this.
struct Net {
    corners: Vec<Vertex>,
    edges: Vec<Edge>,
    /// The edges at each corner: those at corner `i` stand in `at` from `first[i]` to `first[i + 1]`.
    first: Vec<u32>,
    at: Vec<u32>,
}

impl Net {
    /// The net of lines of which some are there several times, once for each place that they bound.
    fn new(mut lines: Vec<([Vertex; 2], Mask)>) -> Self {
        lines.sort_unstable();
        lines.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 |= if same { next.1 } else { 0 };
            same
        });
        let mut corners: Vec<Vertex> = lines.iter().flat_map(|(ends, _)| *ends).collect();
        corners.sort_unstable();
        corners.dedup();
        let number = |corner: Vertex| corners.partition_point(|c| *c < corner) as u32;
        let edges: Vec<Edge> = lines
            .iter()
            .map(|(ends, mask)| Edge {
                ends: ends.map(number),
                mask: *mask,
            })
            .collect();
        let mut first = vec![0_u32; corners.len() + 1];
        for end in edges.iter().flat_map(|edge| edge.ends) {
            first[end as usize + 1] += 1;
        }
        for i in 1..first.len() {
            first[i] += first[i - 1];
        }
        let mut next = first.clone();
        let mut at = vec![0; 2 * edges.len()];
        for (i, edge) in (0..).zip(&edges) {
            for end in edge.ends {
                at[next[end as usize] as usize] = i;
                next[end as usize] += 1;
            }
        }
        Self {
            corners,
            edges,
            first,
            at,
        }
    }

    fn at(&self, corner: u32) -> &[u32] {
        &self.at[self.first[corner as usize] as usize..self.first[corner as usize + 1] as usize]
    }

    /// The edge that goes on beyond `corner`, where it is no junction.
    fn beyond(&self, edge: u32, corner: u32) -> Option<u32> {
        let mask = |edge: u32| self.edges[edge as usize].mask;
        match *self.at(corner) {
            [a, b] if mask(a) == mask(b) => Some(if a == edge { b } else { a }),
            _ => None,
        }
    }

    /// The corners of the line that begins with `edge` at `from`.
    fn walk(&self, done: &mut [bool], mut edge: u32, mut from: u32) -> Vec<Vertex> {
        let mut line = vec![self.corners[from as usize]];
        while !std::mem::replace(&mut done[edge as usize], true) {
            let [a, b] = self.edges[edge as usize].ends;
            from = if a == from { b } else { a };
            line.push(self.corners[from as usize]);
            match self.beyond(edge, from) {
                Some(next) => edge = next,
                None => break,
            }
        }
        line
    }
}

/// Joins edges of equal masks into lines that end only where three or more meet.
fn chains(net: &Net) -> Vec<Chain> {
    let mut done = vec![false; net.edges.len()];
    let mut chains = Vec::new();
    // Lines that begin at a junction come first, then the rings that have none.
    for junctions_only in [true, false] {
        for (i, edge) in (0..).zip(&net.edges) {
            for from in edge.ends {
                if done[i as usize] || (junctions_only && net.beyond(i, from).is_some()) {
                    continue;
                }
                let points: Vec<Mercator> = net.walk(&mut done, i, from).into_iter().map(position).collect();
                let bounds = Bounds::around(points.iter().copied());
                chains.push(Chain {
                    mask: edge.mask,
                    points,
                    bounds,
                });
            }
        }
    }
    chains
}

/// Leaves out points that lie within `tolerance` of the line without them (Douglas and Peucker 1973). Ends stay, so
/// that lines which meet still meet.
fn simplify(points: &[Mercator], tolerance: f64) -> Vec<Mercator> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut keep = vec![false; points.len()];
    let last = points.len() - 1;
    (keep[0], keep[last]) = (true, true);
    // A ring has no line between its ends: its farthest point is a third end.
    let mut spans = vec![(0, last)];
    while let Some((start, end)) = spans.pop() {
        let (mut worst, mut at) = (tolerance * tolerance, None);
        for i in start + 1..end {
            let d = distance2(points[i], points[start], points[end]);
            if d > worst {
                (worst, at) = (d, Some(i));
            }
        }
        if let Some(i) = at {
            keep[i] = true;
            spans.extend([(start, i), (i, end)]);
        }
    }
    points
        .iter()
        .zip(&keep)
        .filter(|(_, k)| **k)
        .map(|(p, _)| *p)
        .collect()
}

fn distance2(p: Mercator, a: Mercator, b: Mercator) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let len2 = dx * dx + dy * dy;
    let t = if len2 > 0.0 {
        (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / len2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let (x, y) = (a[0] + t * dx - p[0], a[1] + t * dy - p[1]);
    x * x + y * y
}

trait RoundToPixels {
    fn round_to_pixels(self, pixels_per_point: f32) -> Self;
}

impl RoundToPixels for Pos2 {
    fn round_to_pixels(self, pixels_per_point: f32) -> Self {
        (vec2(self.x, self.y) * pixels_per_point).round().to_pos2() / pixels_per_point
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(list: &[(Vertex, Vertex, Mask)]) -> Net {
        let lines = list.iter().map(|(a, b, m)| ([*a.min(b), *a.max(b)], *m));
        Net::new(lines.collect())
    }

    #[test]
    fn shared_edges_become_one_line_between_junctions() {
        // Two squares side by side: three lines between two junctions.
        let net = net(&[
            ((0, 0), (1, 0), 8),
            ((1, 0), (2, 0), 8),
            ((2, 0), (2, 1), 8),
            ((2, 1), (1, 1), 8),
            ((1, 1), (0, 1), 8),
            ((0, 1), (0, 0), 8),
            ((1, 0), (1, 1), 8),
        ]);
        let found = chains(&net);
        assert_eq!(found.len(), 3);
        assert_eq!(
            found.iter().map(|c| c.points.len() - 1).sum::<usize>(),
            net.edges.len()
        );
    }

    #[test]
    fn an_edge_of_two_places_is_one_that_separates_both() {
        let net = net(&[((0, 0), (1, 0), 8), ((1, 0), (0, 0), 2), ((1, 0), (2, 0), 8)]);
        let masks: Vec<Mask> = net.edges.iter().map(|edge| edge.mask).collect();
        assert_eq!(masks, [10, 8]);
        assert_eq!(chains(&net).len(), 2, "they separate different kinds");
    }

    #[test]
    fn a_ring_without_junctions_closes() {
        let net = net(&[((0, 0), (5, 0), 2), ((5, 0), (5, 5), 2), ((5, 5), (0, 0), 2)]);
        let found = chains(&net);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].points.first(), found[0].points.last());
    }

    #[test]
    fn simplifying_keeps_ends_and_stays_near() {
        let points: Vec<Mercator> = (0..100)
            .map(|i| [f64::from(i), (f64::from(i) * 0.7).sin() * 0.3])
            .collect();
        let simple = simplify(&points, 0.5);
        assert_eq!(simple, [points[0], points[99]]);
        let ring: Vec<Mercator> = vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]];
        assert_eq!(simplify(&ring, 0.5), ring);
    }
}
