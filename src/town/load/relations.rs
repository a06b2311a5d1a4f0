//! Checks how places lie to each other: parents of the right kind, children inside them and not over each other.

use std::collections::BTreeMap;
use std::path::Path;

use geo::{Area, BooleanOps, BoundingRect, Contains, Intersects, MultiPolygon, unary_union};

use crate::town::PlaceKind;

use super::features::{Feature, Known};
use super::{Faults, quoted};

/// Share of an area that may be lost or doubled where people draw lines by hand.
const TOLERANCE: f64 = 0.005;

/// Checks all features against each other.
pub(super) fn check(file: &Path, features: &[Feature], known: &Known, faults: &mut Faults) {
    let mut checker = Checker {
        file,
        features,
        known,
        faults,
    };
    checker.count_kinds();
    for i in 0..features.len() {
        checker.parent(i);
    }
    checker.families();
    for feature in features {
        checker.base_grids(feature);
    }
}

/// The kinds of place that may contain a place of this kind.
fn parent_kinds(kind: PlaceKind) -> &'static [PlaceKind] {
    match kind {
        PlaceKind::SubDistrict => &[],
        PlaceKind::Community => &[PlaceKind::SubDistrict],
        PlaceKind::BaseGrid | PlaceKind::PartyGrid => &[PlaceKind::Community],
        PlaceKind::Block => &[PlaceKind::Community, PlaceKind::SubDistrict],
    }
}

/// The word that stands for a kind in data.
pub(super) fn kind_word(kind: PlaceKind) -> &'static str {
    match kind {
        PlaceKind::SubDistrict => "sub_district",
        PlaceKind::Community => "community",
        PlaceKind::BaseGrid => "base_grid",
        PlaceKind::PartyGrid => "party_grid",
        PlaceKind::Block => "block",
    }
}

fn kind_words(kinds: &[PlaceKind]) -> String {
    kinds
        .iter()
        .map(|kind| kind_word(*kind))
        .collect::<Vec<_>>()
        .join(" or ")
}

/// Shares of areas are the same in degrees and in metres, as long as the areas lie side by side.
fn area(outline: &MultiPolygon<f64>) -> f64 {
    outline.unsigned_area()
}

struct Checker<'a> {
    file: &'a Path,
    features: &'a [Feature],
    known: &'a Known,
    faults: &'a mut Faults,
}

impl<'a> Checker<'a> {
    fn fault(&mut self, feature: &Feature, field: &str, what: String) {
        self.faults.add(self.file, feature.at.as_str(), field, what);
    }

    fn named(&self, code: &str) -> Option<&'a Feature> {
        let (id, _) = self.known.get(code)?;
        self.features.get(usize::from(id.0))
    }

    fn parent_of(&self, feature: &Feature) -> Option<&'a Feature> {
        self.named(feature.parent.as_ref()?.as_ref()?)
    }

    fn count_kinds(&mut self) {
        let of_kind = |kind| self.features.iter().filter(|f| f.kind == Some(kind)).count();
        let (sub_districts, communities) = (of_kind(PlaceKind::SubDistrict), of_kind(PlaceKind::Community));
        if sub_districts != 1 {
            let what = format!("found {sub_districts} of kind sub_district, expected one");
            self.faults.add(self.file, "", "features", what);
        }
        if communities == 0 {
            self.faults.add(
                self.file,
                "",
                "features",
                "found none of kind community, expected at least one",
            );
        }
    }

    fn parent(&mut self, i: usize) {
        let feature = &self.features[i];
        let (Some(kind), Some(parent)) = (feature.kind, &feature.parent) else {
            return;
        };
        let expected = parent_kinds(kind);
        let what = match parent {
            None if expected.is_empty() => return,
            None => format!("is null, expected the code of a {}", kind_words(expected)),
            Some(code) => match self.known.get(code) {
                None => format!("there is no place with the code {}", quoted(code)),
                Some(_) if expected.is_empty() => format!(
                    "found {}, a {} has none: expected null",
                    quoted(code),
                    kind_word(kind)
                ),
                Some((_, Some(found))) if !expected.contains(found) => {
                    let circle = self
                        .circle(feature)
                        .map(|way| format!("; it contains itself: {way}"))
                        .unwrap_or_default();
                    let (found, kind, expected) = (kind_word(*found), kind_word(kind), kind_words(expected));
                    format!(
                        "{} is a {found}, but a {kind} lies in a {expected}{circle}",
                        quoted(code)
                    )
                }
                Some(_) => return,
            },
        };
        self.fault(feature, "parent", what);
    }

    /// The way from a place over its parents back to itself.
    fn circle(&self, start: &Feature) -> Option<String> {
        let mut way = vec![start.code.as_deref()?];
        let mut next = self.parent_of(start);
        while let Some(feature) = next {
            let code = feature.code.as_deref()?;
            if Some(code) == start.code.as_deref() {
                way.push(code);
                return Some(way.join(" → "));
            }
            if way.contains(&code) || way.len() > 10 {
                return None;
            }
            way.push(code);
            next = self.parent_of(feature);
        }
        None
    }

    /// Looks at the children of each place, kind by kind.
    fn families(&mut self) {
        let mut families: BTreeMap<(&str, PlaceKind), Vec<&Feature>> = BTreeMap::new();
        for feature in self.features {
            if let (Some(kind), Some(Some(parent))) = (feature.kind, &feature.parent) {
                families.entry((parent, kind)).or_default().push(feature);
            }
        }
        for ((parent, kind), children) in families {
            let Some(parent) = self.named(parent) else {
                continue;
            };
            let right = parent
                .kind
                .is_some_and(|found| parent_kinds(kind).contains(&found));
            let outlines: Option<Vec<_>> = children.iter().map(|child| child.outline.as_ref()).collect();
            if let (true, Some(outline), Some(outlines)) = (right, &parent.outline, outlines) {
                self.family(parent, outline, kind, &children, &outlines);
            }
            if self.faults.is_full() {
                return;
            }
        }
    }

    fn family(
        &mut self,
        parent: &Feature,
        around: &MultiPolygon<f64>,
        kind: PlaceKind,
        children: &[&Feature],
        outlines: &[&MultiPolygon<f64>],
    ) {
        let union = unary_union(outlines.iter().copied());
        let smallest = outlines
            .iter()
            .map(|outline| area(outline))
            .fold(f64::INFINITY, f64::min);
        // Looked at one by one only where one of them can be meant.
        if area(&union.difference(around)) > TOLERANCE * smallest {
            for (child, outline) in children.iter().zip(outlines) {
                let outside = area(&outline.difference(around)) / area(outline);
                if outside > TOLERANCE {
                    let code = parent.code.as_deref().unwrap_or_default();
                    let what = format!("{:.1} % of it lie outside its parent {code}", outside * 100.0);
                    self.fault(child, "geometry", what);
                }
            }
        }
        let sum: f64 = outlines.iter().map(|outline| area(outline)).sum();
        // Blocks are streets and estates, which may share ground; the others answer for it alone.
        if kind != PlaceKind::Block && sum - area(&union) > TOLERANCE * smallest {
            self.overlaps(children, outlines);
        }
        let covered = area(&union.intersection(around)) / area(around);
        if kind == PlaceKind::BaseGrid && covered < 1.0 - TOLERANCE {
            let what = format!(
                "its {} base grids cover {:.1} % of it, expected all of it",
                children.len(),
                covered * 100.0
            );
            self.fault(parent, "geometry", what);
        }
    }

    fn overlaps(&mut self, children: &[&Feature], outlines: &[&MultiPolygon<f64>]) {
        let rects: Vec<_> = outlines.iter().map(|outline| outline.bounding_rect()).collect();
        for i in 0..children.len() {
            for j in 0..i {
                let apart = match (rects[i], rects[j]) {
                    (Some(a), Some(b)) => !a.intersects(&b),
                    _ => true,
                };
                if self.faults.is_full() {
                    return;
                }
                if apart {
                    continue;
                }
                let shared =
                    area(&outlines[i].intersection(outlines[j])) / area(outlines[i]).min(area(outlines[j]));
                if shared > TOLERANCE {
                    let what = format!(
                        "lies over {}: they share {:.1} % of the smaller",
                        children[j].at,
                        shared * 100.0
                    );
                    self.fault(children[i], "geometry", what);
                }
            }
        }
    }

    /// The base grids that a party grid names: known, in the same community, and together as large as it is.
    fn base_grids(&mut self, feature: &Feature) {
        let mut sum = 0.0;
        let mut whole = !feature.base_grids.is_empty();
        for code in &feature.base_grids {
            let grid = self.named(code);
            let is_grid = grid.is_some_and(|grid| {
                grid.kind == Some(PlaceKind::BaseGrid)
                    && (grid.parent == feature.parent || grid.parent.is_none())
            });
            let Some(grid) = grid.filter(|_| is_grid) else {
                let what = format!("{} is no base_grid of the same community", quoted(code));
                self.fault(feature, "base_grids", what);
                whole = false;
                continue;
            };
            let (Some(outline), Some(around)) = (&grid.outline, &feature.outline) else {
                whole = false;
                continue;
            };
            sum += area(outline);
            if grid.inside.is_none_or(|point| !around.contains(&point)) {
                self.fault(
                    feature,
                    "base_grids",
                    format!("{} does not lie in it", quoted(code)),
                );
                whole = false;
            }
        }
        let Some(outline) = feature.outline.as_ref().filter(|_| whole) else {
            return;
        };
        let share = sum / area(outline);
        if (share - 1.0).abs() > TOLERANCE {
            let what = format!(
                "together they are {:.1} % of its area, expected all of it",
                share * 100.0
            );
            self.fault(feature, "base_grids", what);
        }
    }
}
