//! Selecting many cases on the map: a box with Shift, a lasso where the tool is on. Ctrl adds to what is selected, Alt takes
//! away from it.

use eframe::egui::{Color32, Modifiers, Painter, Pos2, Rect, Shape, Stroke};

use crate::case::CaseId;
use crate::ui::many::Many;

use super::camera::{Bounds, Mercator, View};
use super::cases::Cases;
use super::pixels::position;

/// A lasso gets a new corner when the pointer has moved that far, in points.
const CORNER: f32 = 3.0;
/// A drag smaller than this selects nothing, in points.
const LEAST: f32 = 4.0;

/// What becomes of what was selected before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Anew,
    Add,
    Take,
}

impl How {
    fn of(modifiers: Modifiers) -> Self {
        if modifiers.alt {
            Self::Take
        } else if modifiers.command || modifiers.ctrl {
            Self::Add
        } else {
            Self::Anew
        }
    }

    fn apply(self, before: &Many, found: &[CaseId]) -> Many {
        match self {
            Self::Anew => Many::of(found.iter().copied()),
            Self::Add => before.with(found),
            Self::Take => before.without(found),
        }
    }
}

/// An area that a hand is drawing.
#[derive(Debug)]
struct Drag {
    is_box: bool,
    how: How,
    /// Of a lasso all corners, of a box the first and the last.
    corners: Vec<Pos2>,
}

/// The tool.
#[derive(Debug, Default)]
pub struct Select {
    /// Whether a drag selects instead of moving the map.
    pub on: bool,
    drag: Option<Drag>,
}

impl Select {
    /// A drag begins at that point. Answers whether it is one that selects.
    pub fn begin(&mut self, at: Pos2, modifiers: Modifiers) -> bool {
        if !self.on && !modifiers.shift {
            return false;
        }
        self.drag = Some(Drag {
            is_box: modifiers.shift,
            how: How::of(modifiers),
            corners: vec![at],
        });
        true
    }

    /// Whether an area is being drawn.
    pub fn is_drawing(&self) -> bool {
        self.drag.is_some()
    }

    /// The hand has come to that point.
    pub fn drag(&mut self, at: Pos2) {
        let Some(drag) = &mut self.drag else { return };
        if drag.is_box {
            drag.corners.truncate(1);
            drag.corners.push(at);
        } else if drag.corners.last().is_none_or(|last| last.distance(at) >= CORNER) {
            drag.corners.push(at);
        }
    }

    /// Nothing is drawn any more.
    pub fn cancel(&mut self) {
        self.drag = None;
    }

    /// The hand lets go. Answers what is selected from now on; `None` where the area is too small to be meant.
    pub fn finish(&mut self, before: &Many, cases: &Cases, view: &View) -> Option<Many> {
        let drag = self.drag.take()?;
        let around = Rect::from_points(&drag.corners);
        if around.width() < LEAST && around.height() < LEAST {
            return None;
        }
        let corners: Vec<Mercator> = drag.outline().iter().map(|at| view.unscreen(*at)).collect();
        let bounds = Bounds::around(corners.iter().copied());
        let found = cases.within(&bounds, |at| drag.is_box || contains(&corners, position(at)));
        Some(drag.how.apply(before, &found))
    }

    /// Draws the area.
    pub fn draw(&self, painter: &Painter, color: Color32) {
        let Some(drag) = &self.drag else { return };
        let mut line = drag.outline();
        line.extend(line.first().copied());
        // No fill: on a machine without a graphics card it would cost more than all that is on the map.
        painter.add(Shape::line(
            line.clone(),
            Stroke::new(4.0, color.gamma_multiply(0.3)),
        ));
        painter.extend(Shape::dashed_line(&line, Stroke::new(1.5, color), 6.0, 4.0));
    }
}

impl Drag {
    fn outline(&self) -> Vec<Pos2> {
        if !self.is_box {
            return self.corners.clone();
        }
        let rect = Rect::from_points(&self.corners);
        vec![
            rect.left_top(),
            rect.right_top(),
            rect.right_bottom(),
            rect.left_bottom(),
        ]
    }
}

/// Whether a point lies in a polygon; where the polygon covers itself twice, it does not.
fn contains(corners: &[Mercator], p: Mercator) -> bool {
    let mut inside = false;
    let mut before = corners.last().copied().unwrap_or_default();
    for corner in corners {
        let ([x0, y0], [x1, y1]) = (before, *corner);
        if (y0 > p[1]) != (y1 > p[1]) && p[0] < x0 + (p[1] - y0) / (y1 - y0) * (x1 - x0) {
            inside = !inside;
        }
        before = *corner;
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polygon_holds_what_is_inside_and_a_bow_tie_both_its_halves() {
        let square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        assert!(contains(&square, [0.5, 0.5]) && !contains(&square, [1.5, 0.5]));
        let tie = [[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]];
        for (p, inside) in [
            ([0.1, 0.5], true),
            ([0.9, 0.5], true),
            ([0.5, 0.1], false),
            ([0.5, 0.9], false),
        ] {
            assert_eq!(contains(&tie, p), inside, "{p:?}");
        }
        assert!(!contains(&[], [0.0, 0.0]));
    }

    #[test]
    fn ctrl_adds_alt_takes_away_and_neither_begins_anew() {
        let many = |ids: &[i64]| Many::of(ids.iter().copied().map(CaseId));
        let (before, found) = (many(&[1, 2, 3]), [CaseId(3), CaseId(4)]);
        let after = |modifiers| How::of(modifiers).apply(&before, &found);
        assert_eq!(after(Modifiers::NONE), many(&[3, 4]));
        assert_eq!(after(Modifiers::COMMAND | Modifiers::SHIFT), many(&[1, 2, 3, 4]));
        assert_eq!(after(Modifiers::ALT), many(&[1, 2]));
    }
}
