//! What is drawn of the time machine: the bar at the map's foot, and the band and frame that mark a replay.

use eframe::egui;

use crate::past::Slot;
use crate::ui::app::Hall;
use crate::ui::time_bar::{self, BarState};
use crate::ui::{Intent, flat};

impl Hall {
    fn bar_state(&self) -> BarState<'_> {
        let past = &self.past;
        let other = match past.holds {
            Slot::Shown => Slot::Beside,
            Slot::Beside => Slot::Shown,
        };
        let other = past.beside.as_ref().map(|_| past.goal(other).unwrap_or(self.now));
        BarState {
            at: self.bar_moment(),
            is_past: past.shown.is_some() || past.wishes[Slot::Shown as usize].next.is_some(),
            other,
            holds: past.holds,
            now: self.now,
            plays: past.plays(),
            speed: past.speed,
            ready: past.ready,
            reading: past.reading,
            span: past.span,
            failed: past.failed.as_deref(),
            curve: past.curve.as_ref(),
            arrived: past.arrived,
            alarms: self.seats.alarms.lists().new.len(),
        }
    }

    /// Draws the band and the frame that mark a replay, if this is one.
    pub(in crate::ui::app) fn past_band(&self, ui: &mut egui::Ui, intents: &mut Vec<Intent>) {
        if self.past.shown().is_none() {
            return;
        }
        let scene = self.scene();
        let margin = egui::Margin::symmetric(12, 0);
        let band = egui::Panel::top("past")
            .exact_size(time_bar::BAND_HEIGHT)
            .resizable(false)
            .frame(egui::Frame::new().inner_margin(margin));
        let state = self.bar_state();
        flat::below(ui, scene.colors.accent_ground, |ui| {
            let band = band.show(ui, |ui| time_bar::band(ui, scene, &state, intents));
            band.response.rect
        });
        time_bar::frame(ui, scene);
    }

    /// Draws the bar at the map's foot, if it is open.
    pub(in crate::ui::app) fn past_bar(&mut self, ui: &mut egui::Ui, intents: &mut Vec<Intent>) {
        if !self.past.open {
            return;
        }
        let mut bar = std::mem::take(&mut self.time_bar);
        let (scene, state) = (self.scene(), self.bar_state());
        let panel = egui::Panel::bottom("time bar")
            .exact_size(time_bar::HEIGHT)
            .resizable(false)
            .frame(egui::Frame::new().inner_margin(time_bar::MARGIN));
        flat::below(ui, scene.colors.panel, |ui| {
            let shown = panel.show(ui, |ui| bar.show(ui, scene, &state, intents));
            shown.response.rect
        });
        self.time_bar = bar;
    }
}
