//! A second map beside the first: it looks where the first looks, and shows the same layers.

use eframe::egui::Context;

use super::{MapSettings, MapView};
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
