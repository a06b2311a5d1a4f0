//! stub
// PLACEHOLDER so that the tree builds: whoever owns this module replaces the whole file.
use super::*;
use eframe::egui;
#[derive(Default)]
pub struct ReportForm {
    open: bool,
}
impl ReportForm {
    pub fn is_open(&self) -> bool {
        self.open
    }
    pub fn open(&mut self) {
        self.open = true;
    }
    pub fn close(&mut self) {
        self.open = false;
    }
    pub fn picked(&mut self, _at: Wgs84) {}
    pub fn add_photo(&mut self, _file: PhotoFile) {}
    pub fn submit(&mut self, _intents: &mut Vec<Intent>) {}
    pub fn accepted(&mut self) {}
    pub fn refused(&mut self, _why: String) {}
    pub fn show(&mut self, _ui: &mut egui::Ui, _scene: Scene<'_>, _intents: &mut Vec<Intent>) {}
}
