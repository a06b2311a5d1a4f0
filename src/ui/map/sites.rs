//! Facilities and dwellings on the map: quiet marks with a form of their own, no colour.

use eframe::egui::epaint::{Mesh, Vertex, WHITE_UV};
use eframe::egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, vec2};

use crate::town::{Dwelling, Facility, FacilityKind, Lang, Town};
use crate::ui::{Palette, Scene, theme};

use super::camera::{Mercator, View, mercator};
use super::labels::Beside;

/// Half the size of a facility's mark, in points.
const FACILITY: f32 = 9.0;
/// Half the size of a dwelling's mark where its outline is too small to be seen, in points.
const DWELLING: f32 = 2.5;
/// From this zoom level on dwellings are drawn with their outlines.
const OUTLINES_FROM: f64 = 16.0;
/// From this zoom level on dwellings are named.
const NAMES_FROM: f64 = 17.5;
/// From this zoom level on facilities are named.
const FACILITY_NAMES_FROM: f64 = 13.5;

/// Where the sites of a town lie, worked out once.
#[derive(Default)]
pub struct Sites {
    known: bool,
    facilities: Vec<Mercator>,
    dwellings: Vec<(Mercator, Vec<Mercator>)>,
}

/// A site under the pointer.
pub enum Site<'a> {
    /// A facility.
    Facility(&'a Facility),
    /// A dwelling.
    Dwelling(&'a Dwelling),
}

impl Site<'_> {
    /// What is to be said of it: its name, its code, whether it is a draft, and where it comes from.
    pub fn words(&self, scene: &Scene<'_>) -> String {
        let (name, code, schematic, source) = match self {
            Self::Facility(f) => (f.name.get(scene.words.lang), &f.code, f.schematic, &f.source),
            Self::Dwelling(d) => (d.name.get(scene.words.lang), &d.code, d.schematic, &d.source),
        };
        let kind = match self {
            Self::Facility(f) => scene.words.t(facility_words(f.kind)),
            Self::Dwelling(_) => scene.words.t("map-layer-dwellings"),
        };
        let mut text = format!("{name}\n{kind} · {code}");
        if schematic {
            text.push('\n');
            text.push_str(scene.words.t("map-site-schematic"));
        }
        text.push('\n');
        text.push_str(source);
        text
    }
}

/// The key of the words of a kind of facility.
pub fn facility_words(kind: FacilityKind) -> &'static str {
    match kind {
        FacilityKind::PartyMassCentre => "map-facility-party-mass-centre",
        FacilityKind::VStation => "map-facility-v-station",
        FacilityKind::ServiceWindow => "map-facility-service-window",
    }
}

fn facilities_of(town: &Town) -> &[Facility] {
    town.sites.facilities.as_deref().unwrap_or_default()
}

fn dwellings_of(town: &Town) -> &[Dwelling] {
    town.sites.dwellings.as_deref().unwrap_or_default()
}

impl Sites {
    fn know(&mut self, town: &Town) {
        if std::mem::replace(&mut self.known, true) {
            return;
        }
        self.facilities = facilities_of(town).iter().map(|f| mercator(f.at)).collect();
        let outline = |d: &Dwelling| d.outline.iter().map(|c| mercator(*c)).collect();
        self.dwellings = dwellings_of(town)
            .iter()
            .map(|d| (mercator(d.at), outline(d)))
            .collect();
    }

    /// The facilities in view that have room for a mark, the more important first: on a wide map neighbours are thinned.
    fn visible<'a>(&'a self, view: &View, town: &'a Town) -> Vec<(Pos2, Mercator, &'a Facility)> {
        let seen = view.bounds(FACILITY);
        let mut found: Vec<(Pos2, Mercator, &Facility)> = Vec::new();
        for kind in FacilityKind::ALL {
            for (at, facility) in self.facilities.iter().zip(facilities_of(town)) {
                if facility.kind != kind || !seen.contains(*at) {
                    continue;
                }
                let pos = view.screen(*at);
                if found
                    .iter()
                    .all(|(other, ..)| other.distance(pos) >= 1.8 * FACILITY)
                {
                    found.push((pos, *at, facility));
                }
            }
        }
        found
    }

    /// Draws the facilities in view.
    pub fn draw_facilities(&mut self, painter: &Painter, view: &View, scene: &Scene<'_>) {
        self.know(scene.town);
        for (pos, _, facility) in self.visible(view, scene.town) {
            facility_mark(painter, pos, facility.kind, scene.colors);
        }
    }

    /// Draws the dwellings in view.
    pub fn draw_dwellings(&mut self, painter: &Painter, view: &View, scene: &Scene<'_>) {
        self.know(scene.town);
        let seen = view.bounds(40.0);
        let stroke = Stroke::new(1.0, scene.colors.weak);
        let mut marks = Mesh::default();
        for (at, outline) in self.dwellings.iter().filter(|(at, _)| seen.contains(*at)) {
            if view.zoom >= OUTLINES_FROM && outline.len() > 2 {
                let points = outline.iter().map(|m| view.screen(*m)).collect();
                painter.add(Shape::closed_line(points, stroke));
            } else {
                square(&mut marks, view.screen(*at), DWELLING, scene.colors.weak);
            }
        }
        painter.add(Shape::mesh(marks));
    }

    /// The marks and names of facilities, for the placement of names.
    pub fn facilities(
        &mut self,
        view: &View,
        scene: &Scene<'_>,
        signs: &mut Vec<Rect>,
        names: &mut Vec<Beside>,
    ) {
        self.know(scene.town);
        let named = view.zoom >= FACILITY_NAMES_FROM;
        for (pos, at, facility) in self.visible(view, scene.town) {
            signs.push(Rect::from_center_size(pos, Vec2::splat(2.0 * FACILITY)));
            if named {
                names.push(beside(
                    &facility.name,
                    at,
                    scene.words.lang,
                    (FACILITY, 12.0, 3),
                    scene.colors,
                ));
            }
        }
    }

    /// The names of dwellings, for the placement of names.
    pub fn dwellings(&mut self, view: &View, scene: &Scene<'_>, names: &mut Vec<Beside>) {
        self.know(scene.town);
        if view.zoom < NAMES_FROM {
            return;
        }
        let seen = view.bounds(view.rect.width().max(view.rect.height()) / 2.0);
        for ((at, _), dwelling) in self.dwellings.iter().zip(dwellings_of(scene.town)) {
            if seen.contains(*at) {
                names.push(beside(
                    &dwelling.name,
                    *at,
                    scene.words.lang,
                    (DWELLING, 12.0, 6),
                    scene.colors,
                ));
            }
        }
    }

    /// The site at that point of the screen, of those layers that are shown.
    pub fn at<'a>(
        &self,
        pos: Pos2,
        view: &View,
        town: &'a Town,
        (facilities, dwellings): (bool, bool),
    ) -> Option<Site<'a>> {
        let reach = |at: &Mercator| view.screen(*at).distance(pos);
        if facilities {
            let all = self.facilities.iter().zip(facilities_of(town));
            let near = all
                .map(|(at, f)| (reach(at), f))
                .filter(|(d, _)| *d <= FACILITY + 2.0);
            if let Some((_, found)) = near.min_by(|a, b| a.0.total_cmp(&b.0)) {
                return Some(Site::Facility(found));
            }
        }
        if dwellings {
            let all = self.dwellings.iter().zip(dwellings_of(town));
            let near = all.map(|((at, _), d)| (reach(at), d)).filter(|(d, _)| *d <= 8.0);
            if let Some((_, found)) = near.min_by(|a, b| a.0.total_cmp(&b.0)) {
                return Some(Site::Dwelling(found));
            }
        }
        None
    }
}

fn beside(
    name: &crate::town::Name,
    at: Mercator,
    lang: Lang,
    (mark, size, rank): (f32, f32, u8),
    colors: &Palette,
) -> Beside {
    Beside {
        text: name.get(lang).to_owned(),
        at,
        mark,
        size,
        color: colors.weak,
        rank,
    }
}

fn square(mesh: &mut Mesh, at: Pos2, half: f32, color: Color32) {
    let first = mesh.vertices.len() as u32;
    for (x, y) in [(-half, -half), (half, -half), (half, half), (-half, half)] {
        mesh.vertices.push(Vertex {
            pos: at + vec2(x, y),
            uv: WHITE_UV,
            color,
        });
    }
    mesh.indices.extend([0, 1, 2, 0, 2, 3].map(|i: u32| first + i));
}

/// The mark of a facility: a house, a circle or a square, with a character.
pub fn facility_mark(painter: &Painter, at: Pos2, kind: FacilityKind, colors: &Palette) {
    let stroke = Stroke::new(1.2, colors.text);
    let r = FACILITY;
    let text = match kind {
        FacilityKind::PartyMassCentre => {
            let house = [(-r, -0.35 * r), (0.0, -1.15 * r), (r, -0.35 * r), (r, r), (-r, r)];
            let house = house.map(|(x, y)| at + vec2(x, y)).to_vec();
            painter.add(Shape::convex_polygon(house, colors.panel, stroke));
            "党"
        }
        FacilityKind::VStation => {
            painter.circle(at, r, colors.panel, stroke);
            "V"
        }
        FacilityKind::ServiceWindow => {
            let rect = Rect::from_center_size(at, Vec2::splat(2.0 * r - 2.0));
            painter.rect(rect, 2.0, colors.panel, stroke, StrokeKind::Middle);
            "窗"
        }
    };
    let down = if kind == FacilityKind::PartyMassCentre {
        1.0
    } else {
        0.0
    };
    let font = FontId::new(11.0, theme::strong());
    painter.text(
        at + vec2(0.0, down),
        Align2::CENTER_CENTER,
        text,
        font,
        colors.text,
    );
}

/// The mark of a dwelling, for legends: a small building from above.
pub fn dwelling_mark(painter: &Painter, at: Pos2, colors: &Palette) {
    let rect = Rect::from_center_size(at, vec2(15.0, 10.0));
    painter.rect_stroke(rect, 0.0, Stroke::new(1.2, colors.weak), StrokeKind::Inside);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_dwellings_are_one_mesh() {
        let mut mesh = Mesh::default();
        for i in 0..3 {
            square(
                &mut mesh,
                Pos2::new(i as f32 * 10.0, 0.0),
                DWELLING,
                Color32::WHITE,
            );
        }
        assert_eq!((mesh.vertices.len(), mesh.indices.len()), (12, 18));
        assert!(mesh.is_valid());
    }
}
