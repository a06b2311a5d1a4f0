//! Draws the layers in their order, each as strongly as was chosen.

use eframe::egui::{Painter, Rect, Ui};

use crate::ui::Scene;
use crate::ui::map::install_is_due;

use super::super::MapView;
use super::super::camera::View;
use super::super::labels;
use super::super::outlines::Kinds;
use super::{Layer, Layers};

/// The boundaries that are shown.
pub fn kinds(layers: &Layers) -> Kinds {
    Kinds {
        communities: layers.communities,
        base_grids: layers.base_grids,
        party_grids: layers.party_grids,
        blocks: layers.blocks,
    }
}

impl MapView {
    /// Draws all layers but the ground, which lies below them already.
    pub(in crate::ui::map) fn draw_layers(
        &mut self,
        ui: &mut Ui,
        scene: &Scene<'_>,
        view: &View,
        signs: &[Rect],
    ) {
        // They come with the ground, once the cases are shown.
        let cases_only = install_is_due(ui.ctx());
        if !cases_only {
            self.place_names(ui, scene, view, signs);
        }
        let before = ui.opacity();
        for layer in self.settings.arrangement.order().into_iter().rev() {
            if !self.shown.is_on(layer) || cases_only && layer != Layer::Cases {
                continue;
            }
            ui.set_opacity(before * self.settings.arrangement.manner(layer).opacity);
            self.draw_layer(ui, layer, scene, view, signs);
        }
        ui.set_opacity(before);
        if let Some(place) = scene.selection.place.filter(|_| !cases_only) {
            let painter = ui.painter().with_clip_rect(view.rect.intersect(ui.clip_rect()));
            painter.extend(self.outlines.highlight(place, view, scene.colors.accent));
        }
        self.rest_layers();
    }

    fn draw_layer(&mut self, ui: &Ui, layer: Layer, scene: &Scene<'_>, view: &View, signs: &[Rect]) {
        let painter = ui.painter().with_clip_rect(view.rect.intersect(ui.clip_rect()));
        let colors = scene.colors;
        match layer {
            Layer::Cases => self.draw_cases(ui, scene, view, signs),
            Layer::Labels => self.labels.draw(&painter, view, colors),
            Layer::Communities | Layer::BaseGrids | Layer::PartyGrids | Layer::Blocks => {
                let ppp = ui.ctx().pixels_per_point();
                let kinds = kinds(&self.shown);
                painter.add(self.outlines.shape(layer, view, kinds, colors, ppp));
            }
            Layer::Heat => {
                let (centre, settings) = (scene.selection.centre, self.settings.heat);
                let look = (colors.dark, ui.opacity());
                self.heat
                    .update(ui.ctx(), view, scene.board, centre, settings, look);
                self.heat.draw(&painter, view);
            }
            Layer::Choropleth => {
                let places = &scene.town.places;
                self.choropleth.update(&self.settings.areas, places);
                self.choropleth.draw(&painter, view, places, colors);
            }
            Layer::BaseMap => veil(&painter, view, scene),
            Layer::Facilities => self.sites.draw_facilities(&painter, view, scene),
            Layer::Dwellings => self.sites.draw_dwellings(&painter, view, scene),
            Layer::Units => self.units.draw(&painter, view, scene),
            Layer::Traces => self.units.draw_traces(&painter, view, scene),
        }
    }

    fn place_names(&mut self, ui: &Ui, scene: &Scene<'_>, view: &View, signs: &[Rect]) {
        if !self.shown.labels {
            self.labels.clear();
            return;
        }
        let mut signs = signs.to_vec();
        let mut more = Vec::new();
        if self.shown.facilities {
            self.sites.facilities(view, scene, &mut signs, &mut more);
        }
        if self.shown.dwellings {
            self.sites.dwellings(view, scene, &mut more);
        }
        if self.shown.units {
            self.units.names(view, scene, &mut signs, &mut more);
        }
        let wanted = labels::Wanted {
            places: &scene.town.places,
            kinds: Some(kinds(&self.shown)),
            base: &self.base,
            show_base: self.shown.base_map,
            lang: scene.words.lang,
            signs: &signs,
            signs_version: if self.shown.cases {
                self.cases.groups_version()
            } else {
                Default::default()
            },
            more: &more,
            more_version: self.units.version(),
        };
        let painter = ui.painter().with_clip_rect(view.rect.intersect(ui.clip_rect()));
        self.labels.place(&painter, view, &wanted, scene.colors);
    }

    /// What layers that are off need not keep.
    fn rest_layers(&mut self) {
        if !self.settings.layers.heat {
            self.heat.rest();
        }
    }
}

/// Weakens the ground: what draws it knows no opacity.
fn veil(painter: &Painter, view: &View, scene: &Scene<'_>) {
    let through = painter.opacity();
    if through < 1.0 {
        let mut painter = painter.clone();
        painter.set_opacity(1.0);
        painter.rect_filled(view.rect, 0.0, scene.colors.ground.gamma_multiply(1.0 - through));
    }
}
