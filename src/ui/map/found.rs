//! Cases that were found, as quiet dots below the marks of open cases. Dots that would cover each other are one.

use std::collections::HashMap;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use eframe::egui::epaint::Vertex;
use eframe::egui::{Color32, Context, Mesh, Painter, Pos2, Shape, Stroke, TextureId, pos2, vec2};

use super::camera::{Bounds, Mercator, View, mercator};
use crate::case::CaseId;
use crate::find::Shown;
use crate::ui::Palette;

/// Width of the cells of which each has one dot, in points.
const CELL: f64 = 5.0;
/// Radius of a dot, in points.
const RADIUS: f32 = 2.5;
/// Radius of the ring around the mark of an open case that was found, in points; drawn where they are so few that they help.
const RING: f32 = 15.0;
const RINGS_MAX: usize = 60;
/// A click this near takes a dot, in points.
const REACH: f32 = 8.0;
/// So many dots are round; more of them are squares, which are drawn faster.
const ROUND_MAX: usize = 1500;

/// One dot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Where.
    pub at: Mercator,
    /// The case, or the one of several that was reported last.
    pub case: CaseId,
    /// How many cases it stands for.
    pub count: u32,
    /// Whether one of them is open: then it has a mark, which the dot lies under.
    pub open: bool,
}

/// What the dots were made of, and for which zoom.
type Made = (u64, i32);

/// The dots of the cases that were found.
#[derive(Default)]
pub struct FoundDots {
    source: Option<(Arc<[CaseId]>, Shown)>,
    version: u64,
    dots: Vec<Dot>,
    made: Option<Made>,
    coming: Option<(Made, Receiver<Vec<Dot>>)>,
    drawn: Vec<(Pos2, Dot)>,
}

impl FoundDots {
    /// Shows these cases, the one that was reported last in front; or none.
    pub fn set(&mut self, found: Option<(Arc<[CaseId]>, Shown)>) {
        let same = match (&self.source, &found) {
            (Some((a, _)), Some((b, _))) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        self.version += 1;
        if found.is_none() {
            (self.dots, self.made, self.coming) = (Vec::new(), None, None);
        }
        self.source = found;
    }

    /// Whether all dots are made that are to be shown.
    pub fn is_settled(&self) -> bool {
        self.coming.is_none()
    }

    /// Has dots made for this view, on a thread; until they come, those that are there are shown.
    pub fn update(&mut self, ctx: &Context, view: &View) {
        if let Some((made, coming)) = &self.coming {
            match coming.try_recv() {
                Ok(dots) => {
                    (self.dots, self.made) = (dots, Some(*made));
                    self.coming = None;
                }
                Err(crossbeam_channel::TryRecvError::Empty) => return,
                Err(crossbeam_channel::TryRecvError::Disconnected) => self.coming = None,
            }
        }
        let Some((ids, shown)) = &self.source else { return };
        let step = (view.zoom * 2.0).floor() as i32;
        let wanted = (self.version, step);
        if self.made == Some(wanted) {
            return;
        }
        let (send, receive) = crossbeam_channel::bounded(1);
        let (ids, shown, ctx) = (ids.clone(), shown.clone(), ctx.clone());
        let work = move || {
            // Nobody waits any more where this can't be sent.
            let _ = send.send(gather(&ids, &shown, f64::from(step) / 2.0));
            ctx.request_repaint();
        };
        match std::thread::Builder::new().name("dots".to_owned()).spawn(work) {
            Ok(_) => self.coming = Some((wanted, receive)),
            Err(error) => tracing::warn!("no dots are drawn: {error}"),
        }
    }

    /// Draws the dots in view, and a ring around the selected case.
    pub fn draw(&mut self, painter: &Painter, view: &View, selected: Option<CaseId>, colors: &Palette) {
        self.drawn.clear();
        if self.source.is_none() {
            return;
        }
        let seen = view.bounds(RADIUS + 1.0);
        let in_view = self.dots.iter().filter(|dot| seen.contains(dot.at));
        self.drawn.extend(in_view.map(|dot| (view.screen(dot.at), *dot)));
        if self.drawn.len() <= ROUND_MAX {
            if self.drawn.len() <= RINGS_MAX {
                let ring = Stroke::new(1.5, colors.accent);
                for (at, _) in self.drawn.iter().filter(|(_, dot)| dot.open) {
                    painter.circle_stroke(*at, RING, ring);
                }
            }
            let edge = Stroke::new(1.0, colors.case_edge);
            for (at, dot) in &self.drawn {
                painter.circle(*at, radius(dot), colors.weak, edge);
            }
        } else {
            painter.add(Shape::mesh(squares(&self.drawn, colors.weak)));
        }
        let point = selected.and_then(|id| self.source.as_ref()?.1.row(id)?.at);
        if let Some(at) = point.map(|at| view.screen(mercator(at))) {
            painter.circle_stroke(at, 9.0, Stroke::new(4.0, colors.ground.gamma_multiply(0.6)));
            painter.circle_stroke(at, 9.0, Stroke::new(2.5, colors.accent));
        }
    }

    /// The dot near that point of the screen.
    pub fn hit(&self, at: Pos2) -> Option<Dot> {
        let near = self.drawn.iter().map(|(there, dot)| (there.distance(at), dot));
        let near = near.filter(|(distance, _)| *distance <= REACH);
        near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, dot)| *dot)
    }

    /// The box around all of them.
    pub fn bounds(&self) -> Option<Bounds> {
        let (ids, shown) = self.source.as_ref()?;
        let points = ids.iter().filter_map(|id| shown.row(*id)?.at);
        let bounds = Bounds::around(points.map(mercator));
        (bounds.min[0] <= bounds.max[0]).then_some(bounds)
    }
}

fn radius(dot: &Dot) -> f32 {
    // A crowd is a little larger, so that it is not taken for one.
    RADIUS + (dot.count as f32).log10().min(2.0)
}

/// One dot for each cell of a lattice that lies still on the ground, so that dots do not jump while the map moves.
fn gather(ids: &[CaseId], shown: &Shown, zoom: f64) -> Vec<Dot> {
    let per_cell = CELL / (256.0 * zoom.exp2());
    let mut places: HashMap<(i64, i64), usize> = HashMap::new();
    let mut dots: Vec<Dot> = Vec::new();
    for case in ids {
        let Some(row) = shown.row(*case) else { continue };
        let (Some(at), open) = (row.at, row.stage.is_open()) else {
            continue;
        };
        let at = mercator(at);
        let cell = (
            (at[0] / per_cell).floor() as i64,
            (at[1] / per_cell).floor() as i64,
        );
        match places.entry(cell) {
            std::collections::hash_map::Entry::Occupied(place) => {
                let dot = &mut dots[*place.get()];
                dot.count += 1;
                dot.open |= open;
            }
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(dots.len());
                dots.push(Dot {
                    at,
                    case: *case,
                    count: 1,
                    open,
                });
            }
        }
    }
    dots
}

fn squares(dots: &[(Pos2, Dot)], color: Color32) -> Mesh {
    let mut mesh = Mesh::with_texture(TextureId::default());
    mesh.vertices.reserve(dots.len() * 4);
    mesh.indices.reserve(dots.len() * 6);
    for (at, dot) in dots {
        let r = radius(dot) * 0.85;
        let first = mesh.vertices.len() as u32;
        for corner in [vec2(-r, -r), vec2(r, -r), vec2(r, r), vec2(-r, r)] {
            mesh.vertices.push(Vertex {
                pos: *at + corner,
                uv: pos2(0.0, 0.0),
                color,
            });
        }
        mesh.indices.extend([0, 1, 2, 0, 2, 3].map(|i| first + i));
    }
    mesh
}
