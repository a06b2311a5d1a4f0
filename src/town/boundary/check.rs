//! What may be wrong with boundaries: gaps, overlaps, self-crossings and the like, each with the spot where it is.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use geo::{
    BooleanOps, BoundingRect, Euclidean, InteriorPoint, Intersects, Length, MultiPolygon, Polygon, Rect,
    unary_union,
};

use crate::town::{PlaceKind, Wgs84};

use super::cut::{self, Side};
use super::shape::{Shape, area_m2, wgs84};

/// A gap or an overlap of at most so many square metres is left to rounding: it is told, but nothing is refused for it.
pub const TOLERANCE_M2: f64 = 1.0;

/// What is smaller than that, in square metres, is not told at all.
const NOISE_M2: f64 = 0.02;

/// So many faults are listed at most; whoever mends these will look again.
const MAX_FAULTS: usize = 500;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// What a file says can't be read at all.
    Unreadable,
    /// A coordinate that is no number.
    NotANumber,
    /// A coordinate that is not on the globe.
    OffTheGlobe,
    /// Longitude and latitude seem to be swapped.
    Swapped,
    /// It lies far from the town.
    FarAway,
    /// A ring of less than three corners.
    TooFew,
    /// A ring of more corners than are kept.
    TooMany,
    /// A code that stands there twice.
    DuplicateCode,
    /// A place whose parent is missing or of the wrong kind.
    NoParent,
    /// A ring that crosses or touches itself.
    SelfCrossing,
    /// So many edges on one spot that they can't be looked at in good time.
    TooTangled,
    /// A hole that lies outside its outer ring.
    HoleOutside,
    /// Two places of one kind lie over each other.
    Overlap,
    /// A part of a place lies outside the one that contains it.
    OutsideParent,
    /// A party grid is not the union of base grids.
    NotAUnion,
    /// Nothing of a kind that tiles its parent lies there.
    Gap,
    /// A ring that is not closed; it was closed.
    NotClosed,
    /// A ring that turns the wrong way; it was turned.
    Winding,
    /// A gap or overlap within the tolerance, or a part that is all edge.
    Sliver,
    /// A place with a hole.
    Hole,
}

/// How much a fault weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It is only told.
    Note,
    /// It is taken with a reason in words.
    NeedsReason,
    /// It is not taken.
    Blocks,
}

impl FaultKind {
    /// How much it weighs.
    pub fn weight(self) -> Weight {
        match self {
            Self::Gap => Weight::NeedsReason,
            Self::NotClosed | Self::Winding | Self::Sliver | Self::Hole => Weight::Note,
            _ => Weight::Blocks,
        }
    }

    /// The word that stands for it in data and among the words of the interface.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotANumber => "not-a-number",
            Self::OffTheGlobe => "off-the-globe",
            Self::Swapped => "swapped",
            Self::FarAway => "far-away",
            Self::TooFew => "too-few",
            Self::TooMany => "too-many",
            Self::DuplicateCode => "duplicate-code",
            Self::NoParent => "no-parent",
            Self::SelfCrossing => "self-crossing",
            Self::TooTangled => "too-tangled",
            Self::HoleOutside => "hole-outside",
            Self::Overlap => "overlap",
            Self::OutsideParent => "outside-parent",
            Self::NotAUnion => "not-a-union",
            Self::Gap => "gap",
            Self::NotClosed => "not-closed",
            Self::Winding => "winding",
            Self::Sliver => "sliver",
            Self::Hole => "hole",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// The places that it concerns, by code; what a file calls a feature without one.
    pub of: Vec<String>,
    /// Where, as far as it has a place.
    pub at: Option<Wgs84>,
    /// Its area in square metres, where it has one.
    pub area_m2: f64,
    /// Its outline, where it has one.
    pub outline: Option<Box<MultiPolygon<f64>>>,
    /// More about it, as data has it; may be empty.
    pub detail: String,
}

impl Fault {
    /// A fault at a spot.
    pub fn at(kind: FaultKind, of: &[&str], at: Option<Wgs84>) -> Self {
        Self {
            kind,
            of: of.iter().map(|code| (*code).to_owned()).collect(),
            at,
            area_m2: 0.0,
            outline: None,
            detail: String::new(),
        }
    }

    fn area(kind: FaultKind, of: &[&str], part: Polygon<f64>, area_m2: f64) -> Self {
        let inside = part.interior_point();
        Self {
            at: inside.map(|p| Wgs84 {
                lon: p.x(),
                lat: p.y(),
            }),
            area_m2,
            outline: Some(Box::new(part.into())),
            ..Self::at(kind, of, None)
        }
    }
}

/// Checks all places, and how they lie to each other. The heaviest faults come first.
pub fn check(shapes: &[Arc<Shape>]) -> Vec<Fault> {
    check_some(shapes, &|_| true)
}

/// Checks those faults only that concern places of which `is_meant` says so.
pub fn check_some(shapes: &[Arc<Shape>], is_meant: &dyn Fn(&str) -> bool) -> Vec<Fault> {
    let mut checker = Checker {
        shapes,
        is_meant,
        outlines: HashMap::new(),
        sound: HashSet::new(),
        faults: Vec::new(),
    };
    checker.codes();
    for shape in shapes {
        checker.rings(shape);
    }
    checker.tiles();
    checker.overlaps();
    checker.parents();
    checker.unions();
    let mut faults = checker.faults;
    faults.sort_by(|a, b| {
        let weight = b.kind.weight().cmp(&a.kind.weight());
        weight
            .then(a.kind.cmp(&b.kind))
            .then(b.area_m2.total_cmp(&a.area_m2))
            .then(a.of.cmp(&b.of))
    });
    faults.truncate(MAX_FAULTS);
    faults
}

struct Checker<'a> {
    shapes: &'a [Arc<Shape>],
    is_meant: &'a dyn Fn(&str) -> bool,
    outlines: HashMap<&'a str, (MultiPolygon<f64>, Rect<f64>)>,
    /// Places whose rings are sound: areas of others mean nothing.
    sound: HashSet<&'a str>,
    faults: Vec<Fault>,
}

impl<'a> Checker<'a> {
    fn is_full(&self) -> bool {
        self.faults.len() >= MAX_FAULTS
    }

    fn codes(&mut self) {
        let mut seen = HashSet::new();
        for shape in self.shapes {
            if !seen.insert(shape.code.as_str()) {
                let at = shape.rings().flatten().next().map(|n| wgs84(*n));
                self.faults
                    .push(Fault::at(FaultKind::DuplicateCode, &[&shape.code], at));
            }
        }
    }

    fn rings(&mut self, shape: &'a Shape) {
        let outline = shape.outline();
        let Some(bounds) = outline.bounding_rect() else {
            self.faults
                .push(Fault::at(FaultKind::TooFew, &[&shape.code], None));
            return;
        };
        self.outlines.insert(&shape.code, (outline, bounds));
        if !(self.is_meant)(&shape.code) {
            self.sound.insert(&shape.code);
            return;
        }
        let before = self.faults.len();
        let add = |faults: &mut Vec<Fault>, kind, at: Option<super::Node>| {
            faults.push(Fault::at(kind, &[&shape.code], at.map(wgs84)));
        };
        for rings in &shape.polygons {
            if let Some(long) = rings.iter().find(|ring| ring.len() > super::MAX_RING) {
                add(&mut self.faults, FaultKind::TooMany, long.first().copied());
            }
            match cut::crossing_within(rings) {
                Ok(None) => {}
                Ok(at) => add(&mut self.faults, FaultKind::SelfCrossing, at),
                Err(_) => add(&mut self.faults, FaultKind::TooTangled, rings[0].first().copied()),
            }
            for hole in &rings[1..] {
                let outside = hole.iter().find(|n| cut::side(**n, &rings[0]) == Side::Out);
                match outside {
                    Some(at) => add(&mut self.faults, FaultKind::HoleOutside, Some(*at)),
                    None => add(&mut self.faults, FaultKind::Hole, hole.first().copied()),
                }
            }
        }
        if !self.faults[before..]
            .iter()
            .any(|f| f.kind.weight() == Weight::Blocks)
        {
            self.sound.insert(&shape.code);
            self.thin(shape);
        }
    }

    /// Tells of parts that are all edge.
    fn thin(&mut self, shape: &Shape) {
        /// Metres of the mean width below which a part is a sliver.
        const WIDTH_M: f64 = 0.5;
        const DEGREE_M: f64 = 111_195.0;
        let Some((outline, _)) = self.outlines.get(shape.code.as_str()) else {
            return;
        };
        for part in outline {
            // Longer than it is, in the east: the width comes out smaller by a little.
            let around = Euclidean.length(part.exterior()) * DEGREE_M;
            let area = area_m2(&MultiPolygon(vec![part.clone()]));
            if area < around / 2.0 * WIDTH_M {
                self.faults
                    .push(Fault::area(FaultKind::Sliver, &[&shape.code], part.clone(), area));
            }
        }
    }

    fn sound(&self, shape: &Shape) -> Option<&(MultiPolygon<f64>, Rect<f64>)> {
        let code = shape.code.as_str();
        self.outlines.get(code).filter(|_| self.sound.contains(code))
    }

    /// Looks for gaps between the communities of the sub-district and the base grids of each community.
    fn tiles(&mut self) {
        for parent in self.shapes {
            let kind = match parent.kind {
                PlaceKind::SubDistrict => PlaceKind::Community,
                PlaceKind::Community => PlaceKind::BaseGrid,
                _ => continue,
            };
            let of_parent =
                |s: &&Arc<Shape>| s.kind == kind && s.parent.as_deref() == Some(parent.code.as_str());
            let children: Vec<&Arc<Shape>> = self.shapes.iter().filter(of_parent).collect();
            let meant = (self.is_meant)(&parent.code) || children.iter().any(|s| (self.is_meant)(&s.code));
            let Some((around, _)) = self.sound(parent).filter(|_| meant && !children.is_empty()) else {
                continue;
            };
            let outlines: Option<Vec<_>> = children.iter().map(|s| self.sound(s).map(|(o, _)| o)).collect();
            let Some(outlines) = outlines else { continue };
            let missing = around.difference(&unary_union(outlines));
            self.parts(missing, FaultKind::Gap, &[&parent.code]);
        }
    }

    /// Tells of each part that is large enough.
    fn parts(&mut self, parts: MultiPolygon<f64>, kind: FaultKind, of: &[&str]) {
        for part in parts {
            let area = area_m2(&MultiPolygon(vec![part.clone()]));
            let kind = if area > TOLERANCE_M2 {
                kind
            } else {
                FaultKind::Sliver
            };
            if area > NOISE_M2 && !self.is_full() {
                self.faults.push(Fault::area(kind, of, part, area));
            }
        }
    }

    fn overlaps(&mut self) {
        let kinds = [PlaceKind::Community, PlaceKind::BaseGrid, PlaceKind::PartyGrid];
        for kind in kinds {
            let all: Vec<&Arc<Shape>> = self.shapes.iter().filter(|s| s.kind == kind).collect();
            for (i, a) in all.iter().enumerate() {
                for b in &all[i + 1..] {
                    let meant = (self.is_meant)(&a.code) || (self.is_meant)(&b.code);
                    let (Some((of_a, box_a)), Some((of_b, box_b))) = (self.sound(a), self.sound(b)) else {
                        continue;
                    };
                    if !meant || a.code == b.code || !box_a.intersects(box_b) || self.is_full() {
                        continue;
                    }
                    let shared = of_a.intersection(of_b);
                    self.parts(shared, FaultKind::Overlap, &[&a.code, &b.code]);
                }
            }
        }
    }

    fn parents(&mut self) {
        for shape in self.shapes.iter().filter(|s| s.kind != PlaceKind::SubDistrict) {
            let parent = shape
                .parent
                .as_ref()
                .and_then(|code| self.shapes.iter().find(|s| s.code == *code));
            let Some(parent) = parent.filter(|p| may_contain(p.kind, shape.kind)) else {
                if (self.is_meant)(&shape.code) {
                    let at = shape.rings().flatten().next().map(|n| wgs84(*n));
                    self.faults
                        .push(Fault::at(FaultKind::NoParent, &[&shape.code], at));
                }
                continue;
            };
            let meant = (self.is_meant)(&shape.code) || (self.is_meant)(&parent.code);
            let (Some((outline, _)), Some((around, _))) = (self.sound(shape), self.sound(parent)) else {
                continue;
            };
            if meant && !self.is_full() {
                let outside = outline.difference(around);
                self.parts(outside, FaultKind::OutsideParent, &[&shape.code, &parent.code]);
            }
        }
    }

    /// Looks whether every party grid is the union of base grids of its community.
    fn unions(&mut self) {
        for party in self.shapes.iter().filter(|s| s.kind == PlaceKind::PartyGrid) {
            let grids = self
                .shapes
                .iter()
                .filter(|s| s.kind == PlaceKind::BaseGrid && s.parent == party.parent);
            let grids: Vec<&Arc<Shape>> = grids.collect();
            let meant = (self.is_meant)(&party.code) || grids.iter().any(|s| (self.is_meant)(&s.code));
            let Some((outline, bounds)) = self.sound(party).filter(|_| meant) else {
                continue;
            };
            // What of a base grid lies in it, where that is neither nothing nor all.
            let mut cut_off = Vec::new();
            for grid in grids {
                let Some((of_grid, of_box)) = self.sound(grid).filter(|(_, b)| b.intersects(bounds)) else {
                    continue;
                };
                let _ = of_box;
                let inside = of_grid.intersection(outline);
                let share = area_m2(&inside) / area_m2(of_grid).max(1e-9);
                if share > 0.5 {
                    cut_off.push((grid.code.as_str(), of_grid.difference(outline)));
                } else {
                    cut_off.push((grid.code.as_str(), inside));
                }
            }
            for (grid, parts) in cut_off {
                self.parts(parts, FaultKind::NotAUnion, &[&party.code, grid]);
            }
        }
    }
}

/// Whether a place of the first kind may contain one of the second.
fn may_contain(parent: PlaceKind, child: PlaceKind) -> bool {
    match child {
        PlaceKind::SubDistrict => false,
        PlaceKind::Community => parent == PlaceKind::SubDistrict,
        PlaceKind::BaseGrid | PlaceKind::PartyGrid => parent == PlaceKind::Community,
        PlaceKind::Block => matches!(parent, PlaceKind::Community | PlaceKind::SubDistrict),
    }
}
