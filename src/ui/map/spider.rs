//! Cases that lie on one spot, spread around it on legs, so that each can be seen and clicked.

use eframe::egui::{Painter, Pos2, Shape, Stroke, Vec2};

use crate::case::CaseId;
use crate::ui::{Palette, Selection};

use super::atlas::{Atlas, severity_scale};
use super::camera::View;
use super::cases::Cases;
use super::pixels::{Spot, position};

/// So many cases are spread; more are listed.
pub const MOST: usize = 24;
/// So many stand in one ring; more make a spiral.
const RING: usize = 10;
/// Distance between neighbours, in points.
const APART: f32 = 27.0;
/// A pointer this near to a mark is on it, in points.
const REACH: f32 = 13.0;

/// The cases of one spot, and where they stand around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spider {
    at: Spot,
    legs: Vec<(CaseId, Vec2)>,
}

impl Spider {
    /// Spreads these cases around a spot.
    pub fn new(at: Spot, cases: &[CaseId]) -> Self {
        let places = places(cases.len());
        Self {
            at,
            legs: cases.iter().copied().zip(places).collect(),
        }
    }

    /// The case whose mark is at that point of the screen.
    pub fn hit(&self, at: Pos2, view: &View) -> Option<CaseId> {
        let from = at - view.screen(position(self.at));
        let mut near = self
            .legs
            .iter()
            .filter(|(_, leg)| (from - *leg).length() <= REACH);
        near.next().map(|(id, _)| *id)
    }

    /// The cases that are still there, with their places on the screen.
    pub fn cases(&self, view: &View) -> impl Iterator<Item = (CaseId, Pos2)> {
        let middle = view.screen(position(self.at));
        self.legs.iter().map(move |(id, leg)| (*id, middle + *leg))
    }

    /// Draws legs and marks.
    pub fn draw(
        &self,
        painter: &Painter,
        view: &View,
        (cases, atlas): (&Cases, &Atlas),
        selection: &Selection,
        colors: &Palette,
    ) {
        let middle = view.screen(position(self.at));
        let there = |(id, at): (CaseId, Pos2)| Some((cases.point(id)?, at));
        let legs: Vec<_> = self.cases(view).filter_map(there).collect();
        for (_, at) in &legs {
            painter.line_segment([middle, *at], Stroke::new(3.5, colors.case_edge));
            painter.line_segment([middle, *at], Stroke::new(1.5, colors.weak));
        }
        painter.circle_filled(middle, 4.5, colors.case_edge);
        painter.circle_filled(middle, 3.0, colors.weak);
        let mut mesh = atlas.mesh();
        for (point, at) in legs {
            let scale = severity_scale(point.severity);
            atlas.case(&mut mesh, at, point.look(), scale);
            if selection.case == Some(point.id) {
                atlas.ring(&mut mesh, at, scale, colors.accent);
            } else if point.picked {
                atlas.hover_ring(&mut mesh, at, scale, colors.accent);
            } else if selection.hovered == Some(point.id) {
                atlas.hover_ring(&mut mesh, at, scale, colors.text);
            }
        }
        painter.add(Shape::mesh(mesh));
    }
}

/// Where so many marks stand around a spot, in points: in a ring, the first above, or in a spiral.
fn places(n: usize) -> Vec<Vec2> {
    let turn = std::f32::consts::TAU;
    if n <= RING {
        let radius = (n as f32 * APART / turn).max(34.0);
        let angle = |i: usize| i as f32 / n as f32 * turn - turn / 4.0;
        return (0..n).map(|i| radius * Vec2::angled(angle(i))).collect();
    }
    // Each step goes on along the spiral by the distance between neighbours.
    let mut angle = -turn / 4.0;
    (0..n)
        .map(|_| {
            let radius = 38.0 + (angle + turn / 4.0) * (APART * 1.15 / turn);
            let place = radius * Vec2::angled(angle);
            angle += APART / radius;
            place
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_one_spot_do_not_cover_each_other() {
        for n in 2..=MOST {
            let places = places(n);
            assert_eq!(places.len(), n);
            for (i, a) in places.iter().enumerate() {
                assert!(a.length() > 30.0);
                for b in &places[..i] {
                    assert!((*a - *b).length() > 22.0, "{n}: {a} {b}");
                }
            }
        }
    }
}
