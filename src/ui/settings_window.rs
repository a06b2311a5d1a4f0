//! stub
// PLACEHOLDER so that the tree builds: whoever owns this module replaces the whole file.
use super::*;
use eframe::egui;
/// Draws the settings; false where they are closed.
pub fn show(
    _ctx: &egui::Context,
    _scene: Scene<'_>,
    _settings: &mut settings::Settings,
    _map: &mut map::MapView,
) -> bool {
    true
}
