//! What would be wrong with boundaries after a change that was not wrong before it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::town::Places;

use super::check::{Fault, FaultKind, TOLERANCE_M2, Weight, check_some};
use super::plan::{Plan, outline_of};
use super::shape::Shape;
use super::{Change, Drawn};

/// The faults that a change would bring, the heaviest first. What was wrong before, and gets no worse, is left alone.
pub fn judge(places: &Places, change: &Change) -> Vec<Fault> {
    let before = Plan::of(places);
    let mut after: Vec<Arc<Shape>> = before.shapes().to_vec();
    after.retain(|shape| change.gone.iter().all(|gone| gone.code != shape.code));
    let mut faults = Vec::new();
    for drawn in &change.drawn {
        let shape = shape(drawn);
        match after.iter_mut().find(|s| s.code == shape.code) {
            Some(there) if there.kind != shape.kind => {
                faults.push(Fault::at(FaultKind::NoParent, &[&shape.code], None));
            }
            Some(there) => *there = Arc::new(shape),
            None => after.push(Arc::new(shape)),
        }
    }
    if after.len() > usize::from(u16::MAX) {
        faults.push(Fault::at(FaultKind::TooMany, &[], None));
        return faults;
    }
    let gone: HashSet<&str> = change.gone.iter().map(|gone| gone.code.as_str()).collect();
    let orphans = after
        .iter()
        .filter(|s| s.parent.as_deref().is_some_and(|p| gone.contains(p)));
    let mut meant: HashSet<String> = orphans.map(|s| s.code.clone()).collect();
    meant.extend(change.drawn.iter().map(|drawn| drawn.code.clone()));
    meant.extend(gone.iter().map(|code| (*code).to_owned()));
    // Where something was, there may be a gap now.
    meant.extend(
        change
            .gone
            .iter()
            .filter_map(|gone| before.shape(&gone.code)?.parent.clone()),
    );
    faults.extend(check_some(&after, &|code| meant.contains(code)));
    if faults.iter().any(|fault| fault.kind.weight() != Weight::Note) {
        let known = check_some(before.shapes(), &|code| meant.contains(code));
        faults.retain(|fault| !known.iter().any(|known| is_no_worse(fault, known)));
    }
    faults
}

fn is_no_worse(fault: &Fault, known: &Fault) -> bool {
    let same = fault.kind == known.kind && fault.of == known.of;
    let near = match (fault.at, known.at) {
        (Some(a), Some(b)) => a.distance_m(b) < 50.0,
        (a, b) => a == b,
    };
    same && near && fault.area_m2 <= known.area_m2 + TOLERANCE_M2
}

/// What was drawn, as a shape.
pub(super) fn shape(drawn: &Drawn) -> Shape {
    Shape {
        code: drawn.code.clone(),
        kind: drawn.kind,
        name: drawn.name.clone(),
        parent: drawn.parent.clone(),
        polygons: outline_of(drawn),
        members: Vec::new(),
        schematic: drawn.schematic,
        source: drawn.source.clone(),
    }
}
