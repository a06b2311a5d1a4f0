//! stub
// PLACEHOLDER so that the tree builds: whoever owns this module replaces the whole file.
use super::*;
use eframe::egui;
/// What to do with an empty book (`empty`), or the way back from the sample day (`sample`).
pub fn show(_ui: &mut egui::Ui, _scene: Scene<'_>, _empty: bool, _sample: bool, _intents: &mut Vec<Intent>) {}
