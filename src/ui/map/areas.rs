//! Cases of which only an area is known: a count in a dashed box, never a mark on a point.

use eframe::egui::{Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};

use crate::board::{AreaCount, AreaKey};
use crate::town::{Centre, Class};
use crate::ui::{Scene, theme};

use super::atlas::{Atlas, MARK_RADIUS, Urgency};
use super::camera::{View, mercator};
use super::labels::Labels;

/// Half the size of the small marks in a box, in points.
const SMALL: f32 = 6.5;
/// Height of a box, in points.
const HEIGHT: f32 = 22.0;
/// A box lies this far below the place's name, in points.
const BELOW: f32 = 16.0;
/// Half the width of the ring of an area outside the town, in points.
const RING: f32 = 24.0;

/// The boxes of the last frame, for the pointer.
#[derive(Default)]
pub struct Areas {
    drawn: Vec<(Rect, String)>,
}

impl Areas {
    /// Draws the boxes of all areas in view; they cover neither names of places nor the signs of groups.
    pub fn draw(
        &mut self,
        painter: &Painter,
        view: &View,
        scene: &Scene<'_>,
        atlas: &Atlas,
        labels: &Labels,
        signs: &[Rect],
    ) {
        self.drawn.clear();
        let centre = scene.selection.centre;
        let taken: Vec<Rect> = labels.names(view).chain(signs.iter().copied()).collect();
        let mut mesh = atlas.mesh();
        for (key, count) in scene.board.areas() {
            let total = count.total(centre) as usize;
            if total == 0 {
                continue;
            }
            match key {
                AreaKey::Place(place) => {
                    let aside = labels.aside(*place).unwrap_or(vec2(0.0, -BELOW));
                    let place = scene.town.places.get(*place);
                    let at = view.screen(mercator(place.label_at));
                    if !view.rect.expand(80.0).contains(at) {
                        continue;
                    }
                    let below = at + aside + vec2(0.0, BELOW + HEIGHT / 2.0);
                    let size = vec2(box_width(atlas, count, centre), HEIGHT);
                    let rect = self.free(Rect::from_center_size(below, size), &taken);
                    draw_box(painter, &mut mesh, rect, count, centre, atlas, scene);
                    let name = place.name.get(scene.words.lang).to_owned();
                    let tip = scene
                        .words
                        .f("map-area-tip", &[("place", name.into()), ("n", total.into())]);
                    self.drawn.push((rect, tip));
                }
                AreaKey::Elsewhere { name, about } => {
                    let at = view.screen(mercator(*about));
                    if !view.rect.expand(80.0).contains(at) {
                        continue;
                    }
                    let args = [("place", name.to_string().into()), ("n", total.into())];
                    let label = scene.words.f("map-elsewhere", &args);
                    let rect = draw_ring(painter, at, total, &label, scene);
                    self.drawn.push((rect, scene.words.f("map-elsewhere-tip", &args)));
                }
            }
        }
        if !mesh.is_empty() {
            painter.add(Shape::mesh(mesh));
        }
    }

    /// Moves a box down until it covers no other box and nothing that stands there already.
    fn free(&self, mut rect: Rect, taken: &[Rect]) -> Rect {
        for _ in 0..8 {
            let boxes = self.drawn.iter().map(|(r, _)| r);
            let Some(other) = boxes.chain(taken).find(|r| r.intersects(rect)) else {
                break;
            };
            rect = rect.translate(vec2(0.0, other.bottom() + 2.0 - rect.top()));
        }
        rect
    }

    /// What is to be said of the box at that point of the screen.
    pub fn tip(&self, at: Pos2) -> Option<&str> {
        self.drawn
            .iter()
            .rev()
            .find(|(rect, _)| rect.contains(at))
            .map(|(_, tip)| tip.as_str())
    }
}

fn parts(count: &AreaCount, centre: Option<Centre>) -> impl Iterator<Item = (Class, usize)> + '_ {
    Class::ALL
        .into_iter()
        .map(move |class| (class, count.of(class, centre) as usize))
        .filter(|(_, n)| *n > 0)
}

fn box_width(atlas: &Atlas, count: &AreaCount, centre: Option<Centre>) -> f32 {
    let part = |(_, n): (Class, usize)| 2.0 * SMALL + 3.0 + atlas.number_width(n) + 7.0;
    8.0 + parts(count, centre).map(part).sum::<f32>()
}

fn draw_box(
    painter: &Painter,
    mesh: &mut eframe::egui::Mesh,
    rect: Rect,
    count: &AreaCount,
    centre: Option<Centre>,
    atlas: &Atlas,
    scene: &Scene<'_>,
) {
    let colors = scene.colors;
    painter.rect_filled(rect, 4.0, colors.panel);
    let corners = [
        rect.left_top(),
        rect.right_top(),
        rect.right_bottom(),
        rect.left_bottom(),
        rect.left_top(),
    ];
    painter.extend(Shape::dashed_line(
        &corners,
        Stroke::new(1.0, colors.weak),
        4.0,
        3.0,
    ));
    let mut x = rect.left() + 6.0;
    for (class, n) in parts(count, centre) {
        let middle = rect.center().y;
        atlas.mark(
            mesh,
            pos2(x + SMALL, middle),
            class,
            Urgency::Calm,
            SMALL / MARK_RADIUS,
        );
        x += 2.0 * SMALL + 3.0;
        let width = atlas.number_width(n);
        atlas.number(mesh, pos2(x + width / 2.0, middle), n, colors.text);
        x += width + 7.0;
    }
}

/// An area outside the town: its whereabouts are rough, and so is the ring.
fn draw_ring(painter: &Painter, at: Pos2, total: usize, label: &str, scene: &Scene<'_>) -> Rect {
    let colors = scene.colors;
    let ring: Vec<Pos2> = (0..=48)
        .map(|i| at + Vec2::angled(i as f32 / 48.0 * std::f32::consts::TAU) * RING)
        .collect();
    painter.circle_filled(at, RING, colors.panel);
    painter.extend(Shape::dashed_line(&ring, Stroke::new(1.5, colors.weak), 5.0, 4.0));
    let center = |text: String, font: FontId, at: Pos2, color: Color32| {
        let galley = painter.layout_no_wrap(text, font, color);
        let rect = Rect::from_center_size(at, galley.size());
        painter.galley(rect.min, galley, color);
        rect
    };
    center(
        total.to_string(),
        theme::strong_font(theme::BODY),
        at,
        colors.text,
    );
    let below = center(
        label.to_owned(),
        FontId::proportional(theme::BODY),
        at + vec2(0.0, RING + 12.0),
        colors.text,
    );
    Rect::from_center_size(at, Vec2::splat(2.0 * RING)).union(below)
}
