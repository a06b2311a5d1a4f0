//! A map of the past, and a second one beside the first, which looks where the first looks and shows the same layers.

use eframe::egui::Context;

use super::{Layers, MapSettings, MapView};
use crate::town::Town;

impl MapView {
    /// A second map that shows what `first` shows.
    pub fn beside(ctx: &Context, town: &Town, first: &Self) -> Self {
        let mut map = Self::new(ctx, town, first.settings.clone());
        map.is_second = true;
        map.look_as(first);
        map
    }

    /// Is at once where the other one is.
    pub fn look_as(&mut self, other: &Self) {
        let view = other.camera.view();
        self.camera.jump(view.center, view.zoom);
    }

    /// Shows the layers of the first map on the same ground.
    pub fn dress_as(&mut self, first: &Self) {
        self.settings = MapSettings {
            legend: false,
            center: self.settings.center,
            zoom: self.settings.zoom,
            ..first.settings.clone()
        };
    }
}

/// Takes out the layers that are counted for now, and answers whether there were any: on a map of the past they would lie.
pub(super) fn hide_now(layers: &mut Layers) -> bool {
    let of_now = [
        &mut layers.units,
        &mut layers.traces,
        &mut layers.heat,
        &mut layers.choropleth,
    ];
    let mut any = false;
    for shown in of_now {
        any |= std::mem::take(shown);
    }
    any
}
