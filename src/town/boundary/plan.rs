//! Boundaries while somebody draws them: every step keeps the fabric of places whole, or is refused and changes nothing.
//!
//! Sub-district, communities, party grids and base grids are one fabric: a corner that several of them share is one corner,
//! and an edge that they share is one edge, so that no gap opens when it is moved. Blocks lie over the fabric and share
//! corners among themselves only.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::town::{Name, Place, PlaceKind, Places, Wgs84};

use super::fabric::{State, weld_all};
use super::shape::{Node, Ring, Shape, edges, node, polygons, tidy, twice_area, wgs84};
use super::{Change, Gone, cut};

/// Metres of a lattice step from south to north.
const STEP_M: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0 * 1e-8;

/// Why a step can't be taken. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cannot {
    /// No place has this code, or the place has no such corner or edge.
    Missing,
    /// Edges would cross or touch there.
    Crosses(Node),
    /// A ring would have less than three corners.
    TooFew,
    /// More than two edges meet at this corner: without it a gap would open.
    Junction,
    /// The line does not cut the place in two.
    NoCut,
    /// The two places share no edge.
    NotNeighbours,
    /// The two are not of one kind, one parent and one party grid.
    NotAlike,
    /// This can't be done with places of that kind.
    NotThisKind,
    /// A place has that code already.
    CodeTaken,
    /// The code is empty or holds spaces.
    CodeUnfit,
    /// It is the last base grid of its party grid.
    LastMember,
}

/// A corner of a place, for those who walk along them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corner {
    /// Where.
    pub node: Node,
    /// Its number among all corners of the place, from 0.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

/// Where a corner could be put so that it meets a neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snap {
    /// There.
    pub node: Node,
    /// Whether that is inside an edge, not at a corner.
    pub on_edge: bool,
}

/// Boundaries as they are being drawn, with every step back and forth.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    base: Vec<Arc<Shape>>,
    now: State,
    undone: Vec<State>,
    done: Vec<State>,
}

impl Plan {
    /// Begins with the places of a town as they are.
    pub fn of(places: &Places) -> Self {
        let mut shapes: Vec<Shape> = places.iter().map(|(_, place)| Shape::of(places, place)).collect();
        weld_all(&mut shapes);
        for (i, (_, place)) in places.iter().enumerate() {
            if place.kind == PlaceKind::PartyGrid {
                shapes[i].members = members(places, place);
            }
        }
        let base: Vec<_> = shapes.into_iter().map(Arc::new).collect();
        Self {
            now: State {
                shapes: base.clone(),
                gone: Vec::new(),
            },
            base,
            ..Self::default()
        }
    }

    /// All places as they are drawn now.
    pub fn shapes(&self) -> &[Arc<Shape>] {
        &self.now.shapes
    }

    /// A place as it is drawn now.
    pub fn shape(&self, code: &str) -> Option<&Arc<Shape>> {
        self.now.shapes.iter().find(|s| s.code == code)
    }

    /// A place as it was before anything was drawn.
    pub fn before(&self, code: &str) -> Option<&Arc<Shape>> {
        self.base.iter().find(|s| s.code == code)
    }

    /// Whether anything is different from before.
    pub fn is_changed(&self) -> bool {
        !self.change().is_empty()
    }

    /// What is different from before.
    pub fn change(&self) -> Change {
        let old: HashMap<&str, &Arc<Shape>> = self.base.iter().map(|s| (s.code.as_str(), s)).collect();
        let is_new = |shape: &&Arc<Shape>| {
            let before = old.get(shape.code.as_str());
            before.is_none_or(|before| !Arc::ptr_eq(before, shape) && before.drawn() != shape.drawn())
        };
        let there: HashSet<&str> = self.now.shapes.iter().map(|s| s.code.as_str()).collect();
        let missing = self.base.iter().filter(|s| !there.contains(s.code.as_str()));
        let gone = missing.map(|shape| {
            let told = self.now.gone.iter().find(|gone| gone.code == shape.code);
            let into = told.and_then(|gone| gone.into.clone());
            Gone {
                code: shape.code.clone(),
                into: into.filter(|code| there.contains(code.as_str())),
            }
        });
        Change {
            drawn: self.now.shapes.iter().filter(is_new).map(|s| s.drawn()).collect(),
            gone: gone.collect(),
        }
    }

    /// Takes the last step back; false where there is none.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.done.pop() else {
            return false;
        };
        self.undone.push(std::mem::replace(&mut self.now, before));
        true
    }

    /// Takes the step again that was taken back; false where there is none.
    pub fn redo(&mut self) -> bool {
        let Some(after) = self.undone.pop() else {
            return false;
        };
        self.done.push(std::mem::replace(&mut self.now, after));
        true
    }

    /// How many steps can be taken back, and again.
    pub fn steps(&self) -> (usize, usize) {
        (self.done.len(), self.undone.len())
    }

    /// Takes a step, or leaves all as it is.
    fn step(&mut self, step: impl FnOnce(&mut State) -> Result<(), Cannot>) -> Result<(), Cannot> {
        let mut next = self.now.clone();
        step(&mut next)?;
        self.done.push(std::mem::replace(&mut self.now, next));
        self.undone.clear();
        Ok(())
    }

    /// Moves a corner of a place, and with it that of every place that shares it.
    ///
    /// # Errors
    /// See [`Cannot`].
    pub fn move_corner(&mut self, code: &str, from: Node, to: Node) -> Result<(), Cannot> {
        self.step(|state| state.move_corner(code, from, to))
    }

    /// What the places that change would look like if a corner were moved.
    ///
    /// # Errors
    /// See [`Cannot`].
    pub fn moved(&self, code: &str, from: Node, to: Node) -> Result<Vec<Arc<Shape>>, Cannot> {
        let mut next = self.now.clone();
        next.move_corner(code, from, to)?;
        let changed = next.shapes.into_iter().zip(&self.now.shapes);
        Ok(changed
            .filter(|(new, old)| !Arc::ptr_eq(new, old))
            .map(|(new, _)| new)
            .collect())
    }

    /// Puts a corner into an edge of a place, and of every place that shares the edge.
    ///
    /// # Errors
    /// See [`Cannot`].
    pub fn insert_corner(&mut self, code: &str, edge: [Node; 2], at: Node) -> Result<(), Cannot> {
        self.step(|state| {
            let fabric = state.shape(code)?.is_fabric();
            if edge.contains(&at) || !state.shape(code)?.edges().any(|e| e == edge) {
                return Err(Cannot::Missing);
            }
            state.insert(fabric, edge, at);
            state.verify(code, at)
        })
    }

    /// Takes a corner out of a place, and of every place that shares it.
    ///
    /// # Errors
    /// See [`Cannot`].
    pub fn delete_corner(&mut self, code: &str, corner: Node) -> Result<(), Cannot> {
        self.step(|state| state.delete_corner(code, corner))
    }

    /// Cuts a base grid or a block in two along a line. The larger part keeps the code.
    ///
    /// # Errors
    /// See [`Cannot`].
    pub fn split(&mut self, code: &str, line: &[Node], new: (&str, Name)) -> Result<(), Cannot> {
        let (new_code, name) = new;
        self.step(|state| {
            let fabric = state.shape(code)?.is_fabric();
            state.free(new_code)?;
            let shape = state.shape(code)?.clone();
            if !matches!(shape.kind, PlaceKind::BaseGrid | PlaceKind::Block) {
                return Err(Cannot::NotThisKind);
            }
            let line = cut::trim(&shape, line)?;
            for end in [line[0], line[line.len() - 1]] {
                let is_corner = shape.rings().any(|ring| ring.contains(&end));
                let crossed = state.shape(code)?.edges().find(|e| cut::is_near(end, *e));
                if let Some(edge) = crossed.filter(|_| !is_corner) {
                    state.insert(fabric, edge, end);
                }
            }
            let (large, small) = cut::halves(state.shape(code)?, &line)?;
            let tangled = |part: &Vec<Vec<Ring>>| part.iter().find_map(|rings| cut::self_crossing(&rings[0]));
            if let Some(at) = tangled(&large).or_else(|| tangled(&small)) {
                return Err(Cannot::Crosses(at));
            }
            let crossing = |e: [Node; 2]| state.meets(fabric, code, e);
            if let Some(at) = line.windows(2).find_map(|w| crossing([w[0], w[1]])) {
                return Err(Cannot::Crosses(at));
            }
            state.change(code, |shape| shape.polygons = large);
            let mut new = Shape::clone(state.shape(code)?);
            new.code = new_code.to_owned();
            new.name = name;
            new.polygons = small;
            state.shapes.push(Arc::new(new));
            let party = state.party_of(code);
            if let Some(party) = party {
                state.change(&party, |shape| shape.members.push(new_code.to_owned()));
            }
            Ok(())
        })
    }

    /// Makes one base grid or block of two that share an edge; `kept` keeps its code, the people of the other go to it.
    ///
    /// # Errors
    /// See [`Cannot`].
    pub fn merge(&mut self, kept: &str, other: &str) -> Result<(), Cannot> {
        self.step(|state| {
            let (a, b) = (state.shape(kept)?.clone(), state.shape(other)?.clone());
            if !matches!(a.kind, PlaceKind::BaseGrid | PlaceKind::Block) {
                return Err(Cannot::NotThisKind);
            }
            let alike = a.kind == b.kind && a.parent == b.parent && a.code != b.code;
            if !alike || state.party_of(kept) != state.party_of(other) {
                return Err(Cannot::NotAlike);
            }
            let polygons = cut::union(&[&a, &b]).ok_or(Cannot::NotNeighbours)?;
            state.change(kept, |shape| shape.polygons = polygons);
            state.remove(other, Some(kept));
            Ok(())
        })
    }

    /// Draws a new block.
    ///
    /// # Errors
    /// See [`Cannot`].
    pub fn draw_block(
        &mut self,
        (code, name): (&str, Name),
        parent: &str,
        corners: &[Node],
    ) -> Result<(), Cannot> {
        self.step(|state| {
            state.free(code)?;
            state.shape(parent)?;
            let mut ring: Ring = corners.to_vec();
            tidy(&mut ring);
            if ring.len() < 3 {
                return Err(Cannot::TooFew);
            }
            if let Some(at) = cut::self_crossing(&ring) {
                return Err(Cannot::Crosses(at));
            }
            if twice_area(&ring) == 0 {
                return Err(Cannot::TooFew);
            }
            super::shape::turn(&mut ring, true);
            state.shapes.push(Arc::new(Shape {
                code: code.to_owned(),
                kind: PlaceKind::Block,
                name,
                parent: Some(parent.to_owned()),
                polygons: vec![vec![ring]],
                members: Vec::new(),
                schematic: false,
                source: String::new(),
            }));
            Ok(())
        })
    }

    /// Takes a block away. Its people go to the place that contained it.
    ///
    /// # Errors
    /// See [`Cannot`].
    pub fn delete_block(&mut self, code: &str) -> Result<(), Cannot> {
        self.step(|state| {
            if state.shape(code)?.kind != PlaceKind::Block {
                return Err(Cannot::NotThisKind);
            }
            state.remove(code, None);
            Ok(())
        })
    }

    /// Gives a base grid to a party grid of its community. It leaves the one that it belonged to.
    ///
    /// # Errors
    /// See [`Cannot`].
    pub fn give_member(&mut self, party: &str, grid: &str) -> Result<(), Cannot> {
        self.step(|state| {
            let (to, from) = (state.shape(party)?.clone(), state.party_of(grid));
            let shape = state.shape(grid)?;
            if to.kind != PlaceKind::PartyGrid
                || shape.kind != PlaceKind::BaseGrid
                || shape.parent != to.parent
            {
                return Err(Cannot::NotAlike);
            }
            if let Some(from) = from {
                state.leave(&from, grid)?;
            }
            state.change(party, |shape| shape.members.push(grid.to_owned()));
            state.unite(party)
        })
    }

    /// Takes a base grid out of its party grid.
    ///
    /// # Errors
    /// See [`Cannot`].
    pub fn take_member(&mut self, party: &str, grid: &str) -> Result<(), Cannot> {
        self.step(|state| state.leave(party, grid))
    }

    /// Gives a place another name.
    ///
    /// # Errors
    /// See [`Cannot`].
    pub fn rename(&mut self, code: &str, name: Name) -> Result<(), Cannot> {
        self.step(|state| {
            state.shape(code)?;
            state.change(code, |shape| shape.name = name);
            Ok(())
        })
    }

    /// Takes over what a file says: whole outlines, new places, places that are no more. Party grids that the file does not
    /// name follow their base grids.
    ///
    /// # Errors
    /// See [`Cannot`].
    pub fn take_over(&mut self, drawn: Vec<Shape>, gone: &[String]) -> Result<(), Cannot> {
        self.step(|state| {
            for code in gone {
                state.remove(code, None);
            }
            let named: HashSet<String> = drawn.iter().map(|shape| shape.code.clone()).collect();
            for shape in drawn {
                match state.shapes.iter_mut().find(|s| s.code == shape.code) {
                    Some(slot) => *slot = Arc::new(shape),
                    None => state.shapes.push(Arc::new(shape)),
                }
            }
            state.find_members(&named)
        })
    }

    /// The corners of a place, one after the other.
    pub fn corners(&self, code: &str) -> Vec<Node> {
        self.shape(code)
            .map(|shape| shape.rings().flatten().copied().collect())
            .unwrap_or_default()
    }

    /// The corner before or after one of a place, going round; the first where `corner` is not one of them.
    pub fn next_corner(&self, code: &str, corner: Option<Node>, by: isize) -> Option<Corner> {
        let all = self.corners(code);
        let here = corner.and_then(|corner| all.iter().position(|n| *n == corner));
        let number = match here {
            Some(here) => (here as isize + by).rem_euclid(all.len() as isize) as usize,
            None => 0,
        };
        Some(Corner {
            node: *all.get(number)?,
            number,
            of: all.len(),
        })
    }

    /// The edge of a place that comes nearest to a point, with the point on it and the metres between.
    pub fn nearest_edge(&self, code: &str, at: Wgs84) -> Option<([Node; 2], Node, f64)> {
        let shrink = at.lat.to_radians().cos();
        let edges = self.shape(code)?.edges();
        edges
            .map(|edge| {
                let on = foot(node(at), edge, shrink);
                (edge, on, metres(node(at), on, shrink))
            })
            .min_by(|a, b| a.2.total_cmp(&b.2))
    }

    /// Where a corner of a place that is to go to `at` would meet a neighbour within `metres`: a corner before an edge.
    /// Corners of the fabric meet the fabric; those of blocks meet anything.
    pub fn snap(&self, code: &str, corner: Option<Node>, at: Wgs84, within_m: f64) -> Option<Snap> {
        let fabric_only = self.shape(code).is_some_and(|shape| shape.is_fabric());
        let shrink = at.lat.to_radians().cos();
        let target = node(at);
        let reach = within_m / STEP_M;
        let near = |n: &Node| {
            (n[1] - target[1]).abs() as f64 <= reach && ((n[0] - target[0]) as f64 * shrink).abs() <= reach
        };
        let shapes = || self.now.shapes.iter().filter(|s| s.is_fabric() || !fabric_only);
        // Rings that have the corner themselves go along with it.
        let is_other = |ring: &&Ring| corner.is_none_or(|corner| !ring.contains(&corner));
        let rings = || shapes().flat_map(|s| s.rings()).filter(is_other);
        let (mut best, mut least): (Option<Snap>, f64) = (None, within_m);
        for n in rings().flatten() {
            if near(n) {
                let m = metres(target, *n, shrink);
                if m <= least {
                    (best, least) = (
                        Some(Snap {
                            node: *n,
                            on_edge: false,
                        }),
                        m,
                    );
                }
            }
        }
        if best.is_some() {
            return best;
        }
        for edge in rings().flat_map(|ring| edges(ring)) {
            if is_far(target, edge, reach, shrink) {
                continue;
            }
            let on = foot(target, edge, shrink);
            let m = metres(target, on, shrink);
            if m <= least {
                (best, least) = (
                    Some(Snap {
                        node: on,
                        on_edge: true,
                    }),
                    m,
                );
            }
        }
        best
    }
}

/// The base grids of a party grid: those of its community of which a point inside lies in it.
fn members(places: &Places, party: &Place) -> Vec<String> {
    use geo::Contains;
    let grids = places.of_kind(PlaceKind::BaseGrid).map(|(_, grid)| grid);
    grids
        .filter(|grid| grid.parent == party.parent)
        .filter(|grid| party.outline.contains(&geo::Point::from(grid.label_at)))
        .map(|grid| grid.code.clone())
        .collect()
}

/// Whether an edge lies further away than `reach` steps.
fn is_far(p: Node, [a, b]: [Node; 2], reach: f64, shrink: f64) -> bool {
    let reach = [reach / shrink.max(0.01), reach];
    (0..2).any(|i| (a[i].min(b[i]) - p[i]) as f64 > reach[i] || (p[i] - a[i].max(b[i])) as f64 > reach[i])
}

/// The corner of the lattice on an edge that is nearest to `p`.
pub(super) fn foot(p: Node, [a, b]: [Node; 2], shrink: f64) -> Node {
    let d = |q: Node| [(q[0] - a[0]) as f64 * shrink, (q[1] - a[1]) as f64];
    let (along, to) = (d(b), d(p));
    let length = along[0] * along[0] + along[1] * along[1];
    let t = if length > 0.0 {
        ((along[0] * to[0] + along[1] * to[1]) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let at = |i: usize| a[i] + ((b[i] - a[i]) as f64 * t).round() as i64;
    [at(0), at(1)]
}

fn metres(p: Node, q: Node, shrink: f64) -> f64 {
    STEP_M * ((p[0] - q[0]) as f64 * shrink).hypot((p[1] - q[1]) as f64)
}

/// A corner moved by metres east and north.
pub fn nudged(corner: Node, east_m: f64, north_m: f64) -> Node {
    let shrink = wgs84(corner).lat.to_radians().cos().max(0.01);
    [
        corner[0] + (east_m / STEP_M / shrink).round() as i64,
        corner[1] + (north_m / STEP_M).round() as i64,
    ]
}

/// The outline of a place of a file on the lattice, as a new shape of a plan.
pub fn outline_of(drawn: &super::Drawn) -> Vec<Vec<Ring>> {
    polygons(&super::apply::outline(drawn))
}
