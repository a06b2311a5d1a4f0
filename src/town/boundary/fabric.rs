//! One state of the boundaries that are being drawn, and the single steps that change it. A step that is refused may leave
//! it half changed: whoever takes it works on a copy.

use std::collections::HashSet;
use std::sync::Arc;

use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

use crate::town::PlaceKind;

use super::plan::{Cannot, foot};
use super::shape::{Node, Ring, Shape, edges, is_on, meeting, tidy, twice_area};
use super::{Gone, cut};

/// A corner so near to an edge lies on it: what is rounded to six decimals of a degree. Lattice steps, about 15 cm.
const WELD: f64 = 135.0;

/// All places as they are drawn, and those that are no more.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub shapes: Vec<Arc<Shape>>,
    pub gone: Vec<Gone>,
}

impl State {
    pub(super) fn shape(&self, code: &str) -> Result<&Arc<Shape>, Cannot> {
        self.shapes.iter().find(|s| s.code == code).ok_or(Cannot::Missing)
    }

    pub(super) fn change(&mut self, code: &str, change: impl FnOnce(&mut Shape)) {
        if let Some(shape) = self.shapes.iter_mut().find(|s| s.code == code) {
            change(Arc::make_mut(shape));
        }
    }

    pub(super) fn free(&self, code: &str) -> Result<(), Cannot> {
        if code.is_empty() || code.len() > 64 || code.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(Cannot::CodeUnfit);
        }
        if self.shape(code).is_ok() {
            return Err(Cannot::CodeTaken);
        }
        Ok(())
    }

    pub(super) fn party_of(&self, grid: &str) -> Option<String> {
        let mut parties = self.shapes.iter().filter(|s| s.kind == PlaceKind::PartyGrid);
        parties
            .find(|s| s.members.iter().any(|m| m == grid))
            .map(|s| s.code.clone())
    }

    pub(super) fn remove(&mut self, code: &str, into: Option<&str>) {
        if let Some(party) = self.party_of(code) {
            self.change(&party, |shape| shape.members.retain(|m| m != code));
        }
        self.shapes.retain(|s| s.code != code);
        for gone in &mut self.gone {
            if gone.into.as_deref() == Some(code) {
                gone.into = into.map(str::to_owned);
            }
        }
        self.gone.retain(|gone| gone.code != code);
        self.gone.push(Gone {
            code: code.to_owned(),
            into: into.map(str::to_owned),
        });
    }

    pub(super) fn leave(&mut self, party: &str, grid: &str) -> Result<(), Cannot> {
        let shape = self.shape(party)?;
        if !shape.members.iter().any(|m| m == grid) {
            return Err(Cannot::Missing);
        }
        if shape.members.len() < 2 {
            return Err(Cannot::LastMember);
        }
        self.change(party, |shape| shape.members.retain(|m| m != grid));
        self.unite(party)
    }

    /// After whole outlines were taken over: finds the base grids of party grids that are among them, and draws the others
    /// anew where one of theirs is.
    pub(super) fn find_members(&mut self, named: &HashSet<String>) -> Result<(), Cannot> {
        let parties = self.shapes.iter().filter(|s| s.kind == PlaceKind::PartyGrid);
        let parties: Vec<Arc<Shape>> = parties.cloned().collect();
        for party in parties {
            if named.contains(&party.code) {
                let of_community =
                    |s: &&Arc<Shape>| s.kind == PlaceKind::BaseGrid && s.parent == party.parent;
                let grids = self.shapes.iter().filter(of_community);
                let inside = grids.filter(|grid| party.holds_middle_of(grid));
                let members = inside.map(|grid| grid.code.clone()).collect();
                self.change(&party.code, |shape| shape.members = members);
            } else if party.members.iter().any(|m| named.contains(m)) {
                self.unite(&party.code)?;
            }
        }
        Ok(())
    }

    /// Draws a party grid anew around its base grids.
    pub(super) fn unite(&mut self, party: &str) -> Result<(), Cannot> {
        let members = self.shape(party)?.members.clone();
        let grids: Vec<&Shape> = members
            .iter()
            .filter_map(|m| self.shape(m).ok())
            .map(AsRef::as_ref)
            .collect();
        let polygons = cut::together(&grids);
        self.change(party, |shape| shape.polygons = polygons);
        Ok(())
    }

    /// The shapes that share corners with a place of the fabric, or with a block.
    pub(super) fn layer(&self, fabric: bool) -> impl Iterator<Item = &Arc<Shape>> {
        self.shapes.iter().filter(move |s| s.is_fabric() == fabric)
    }

    pub(super) fn layer_mut(&mut self, fabric: bool) -> impl Iterator<Item = &mut Arc<Shape>> {
        self.shapes.iter_mut().filter(move |s| s.is_fabric() == fabric)
    }

    /// Puts a corner into an edge, wherever that edge is.
    pub(super) fn insert(&mut self, fabric: bool, [a, b]: [Node; 2], at: Node) {
        let is_it = |e: [Node; 2]| e == [a, b] || e == [b, a];
        for shape in self.layer_mut(fabric) {
            if !shape.edges().any(is_it) {
                continue;
            }
            for ring in Arc::make_mut(shape).rings_mut() {
                let found = edges(ring).position(is_it);
                if let Some(i) = found.filter(|_| !ring.contains(&at)) {
                    ring.insert(i + 1, at);
                }
            }
        }
    }

    pub(super) fn move_corner(&mut self, code: &str, from: Node, to: Node) -> Result<(), Cannot> {
        let shape = self.shape(code)?;
        let fabric = shape.is_fabric();
        if !shape.rings().any(|ring| ring.contains(&from)) || from == to {
            return Err(Cannot::Missing);
        }
        for shape in self.layer_mut(fabric) {
            if !shape.rings().any(|ring| ring.contains(&from)) {
                continue;
            }
            for ring in Arc::make_mut(shape).rings_mut() {
                for corner in ring.iter_mut().filter(|n| **n == from) {
                    *corner = to;
                }
                tidy(ring);
                if ring.len() < 3 {
                    return Err(Cannot::TooFew);
                }
                let twice = ring.iter().filter(|n| **n == to).count() > 1;
                if twice {
                    return Err(Cannot::Crosses(to));
                }
            }
        }
        self.weld(fabric, to);
        self.verify(code, to)
    }

    /// Makes a corner that lies on edges of others a corner of those, too.
    pub(super) fn weld(&mut self, fabric: bool, at: Node) {
        let touched: Vec<[Node; 2]> = self
            .layer(fabric)
            .flat_map(|s| s.edges())
            .filter(|e| !e.contains(&at) && cut::is_near(at, *e))
            .collect();
        for edge in touched {
            self.insert(fabric, edge, at);
        }
    }

    pub(super) fn delete_corner(&mut self, code: &str, corner: Node) -> Result<(), Cannot> {
        let fabric = self.shape(code)?.is_fabric();
        let mut ends: Option<[Node; 2]> = None;
        for ring in self.layer(fabric).flat_map(|s| s.rings()) {
            let Some(i) = ring.iter().position(|n| *n == corner) else {
                continue;
            };
            let (before, after) = (
                ring[(i + ring.len() - 1) % ring.len()],
                ring[(i + 1) % ring.len()],
            );
            let both = [before.min(after), before.max(after)];
            if ends.is_some_and(|ends| ends != both) {
                return Err(Cannot::Junction);
            }
            if ring.len() < 4 {
                return Err(Cannot::TooFew);
            }
            ends = Some(both);
        }
        let Some([a, b]) = ends else {
            return Err(Cannot::Missing);
        };
        // Where the edge is there already, places would lie on each other.
        let there = |e: [Node; 2]| e == [a, b] || e == [b, a];
        if self.layer(fabric).flat_map(|s| s.edges()).any(there) {
            return Err(Cannot::TooFew);
        }
        for shape in self.layer_mut(fabric) {
            if shape.rings().any(|ring| ring.contains(&corner)) {
                for ring in Arc::make_mut(shape).rings_mut() {
                    ring.retain(|n| *n != corner);
                }
            }
        }
        match self.meets(fabric, code, [a, b]) {
            Some(at) => Err(Cannot::Crosses(at)),
            None => self.right_way_round(a),
        }
    }

    /// Where an edge meets others other than in corners: of blocks only those of the same block.
    pub(super) fn meets(&self, fabric: bool, code: &str, edge: [Node; 2]) -> Option<Node> {
        self.layer(fabric)
            .filter(|shape| fabric || shape.code == code)
            .flat_map(|shape| shape.edges())
            .find_map(|other| meeting(edge, other))
    }

    /// Whether the edges at a corner that has just been put there meet others only in corners.
    pub(super) fn verify(&self, code: &str, at: Node) -> Result<(), Cannot> {
        let fabric = self.shape(code)?.is_fabric();
        let mut own: Vec<[Node; 2]> = self
            .layer(fabric)
            .flat_map(|s| s.edges())
            .filter(|e| e.contains(&at))
            .map(|[a, b]| [a.min(b), a.max(b)])
            .collect();
        own.sort_unstable();
        own.dedup();
        for edge in own {
            let owners = self
                .layer(fabric)
                .filter(|s| s.edges().any(|e| e == edge || e == [edge[1], edge[0]]));
            for owner in owners.take(if fabric { 1 } else { usize::MAX }) {
                if let Some(at) = self.meets(fabric, &owner.code, edge) {
                    return Err(Cannot::Crosses(at));
                }
            }
        }
        self.right_way_round(at)
    }

    /// Whether the rings at a corner still turn the way they did: one that was turned inside out doesn't.
    pub(super) fn right_way_round(&self, at: Node) -> Result<(), Cannot> {
        for polygon in self.shapes.iter().flat_map(|s| &s.polygons) {
            for (i, ring) in polygon.iter().enumerate().filter(|(_, ring)| ring.contains(&at)) {
                let area = twice_area(ring);
                if area == 0 || (area > 0) != (i == 0) {
                    return Err(Cannot::Crosses(at));
                }
            }
        }
        // Two places of one kind on the same side of an edge lie over each other.
        let mut seen: HashSet<(PlaceKind, [Node; 2])> = HashSet::new();
        for shape in self.layer(true) {
            for edge in shape.edges().filter(|e| e.contains(&at)) {
                if !seen.insert((shape.kind, edge)) {
                    return Err(Cannot::Crosses(at));
                }
            }
        }
        Ok(())
    }
}

/// Makes corners that lie on edges of the same layer corners of those edges, too.
pub(super) fn weld_all(shapes: &mut [Shape]) {
    for fabric in [true, false] {
        let mut nodes: Vec<Node> = shapes
            .iter()
            .filter(|s| s.is_fabric() == fabric)
            .flat_map(|s| s.rings().flatten().copied())
            .collect();
        nodes.sort_unstable();
        nodes.dedup();
        let float = |n: &Node| [n[0] as f64, n[1] as f64];
        let tree: RTree<GeomWithData<[f64; 2], Node>> =
            RTree::bulk_load(nodes.iter().map(|n| GeomWithData::new(float(n), *n)).collect());
        for shape in shapes.iter_mut().filter(|s| s.is_fabric() == fabric) {
            for ring in shape.rings_mut() {
                weld_ring(ring, &tree);
            }
        }
    }
}

fn weld_ring(ring: &mut Ring, tree: &RTree<GeomWithData<[f64; 2], Node>>) {
    let known: HashSet<Node> = ring.iter().copied().collect();
    let mut welded = Ring::with_capacity(ring.len());
    for [a, b] in edges(ring) {
        welded.push(a);
        let low = [0, 1].map(|i| a[i].min(b[i]) as f64 - WELD);
        let high = [0, 1].map(|i| a[i].max(b[i]) as f64 + WELD);
        let mut on: Vec<Node> = tree
            .locate_in_envelope(AABB::from_corners(low, high))
            .map(|n| n.data)
            .filter(|n| !known.contains(n) && cut::is_near(*n, [a, b]))
            .collect();
        let from_a = |n: &Node| (i128::from(n[0] - a[0]).pow(2)) + i128::from(n[1] - a[1]).pow(2);
        on.sort_by_key(from_a);
        welded.extend(on);
    }
    if welded.len() != ring.len() {
        *ring = welded;
    }
}

/// Whether a corner lies inside an edge, as far as files of six decimals can tell.
pub(super) fn near_edge(p: Node, edge: [Node; 2]) -> bool {
    if edge.contains(&p) {
        return false;
    }
    if is_on(p, edge) {
        return true;
    }
    let on = foot(p, edge, 1.0);
    !edge.contains(&on) && ((p[0] - on[0]) as f64).hypot((p[1] - on[1]) as f64) <= WELD
}
