//! The band that says on every screen that this is a drill, with the drill's clock under the hand of whoever trains.

use eframe::egui::{self, Align, Button, Image, Layout, RichText, Ui};

use crate::drill::clock::SPEEDS;

use super::keys::{self, Deed};
use super::{Intent, Scene, icons, theme};

/// Height of the band, in points.
pub const HEIGHT: f32 = 36.0;

/// What the band shows.
pub struct BarState<'a> {
    /// What the drill is called.
    pub name: &'a str,
    /// How its clock stands; `None` for a drill's book that is only looked at.
    pub clock: Option<ClockState>,
}

/// How the clock of a drill stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockState {
    /// Minutes of the drill in a minute.
    pub speed: f64,
    /// Whether it stands.
    pub paused: bool,
    /// Whether the drill has come to its end.
    pub over: bool,
}

/// Draws the band. Where the seat is locked, only its words.
pub fn show(ui: &mut Ui, scene: Scene<'_>, state: &BarState<'_>, locked: bool, intents: &mut Vec<Intent>) {
    ui.horizontal_centered(|ui| {
        let words = scene.words;
        let mark = RichText::new(words.t("drill-mark")).font(theme::strong_font(theme::TITLE));
        ui.label(mark.color(scene.colors.amber_text));
        let what = words.f("drill-band", &[("name", state.name.into())]);
        if let (Some(clock), false) = (state.clock, locked) {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                controls(ui, scene, clock, intents);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(egui::Label::new(RichText::new(what).color(scene.colors.text)).truncate());
                });
            });
        } else {
            ui.add(egui::Label::new(RichText::new(what).color(scene.colors.text)).truncate());
        }
    });
}

/// From the right: the end, the review, the speeds, the pause.
fn controls(ui: &mut Ui, scene: Scene<'_>, clock: ClockState, intents: &mut Vec<Intent>) {
    let words = scene.words;
    let mut deed = |ui: &mut Ui, deed: Deed, text: &str| {
        let button = ui.button(text).on_hover_text(keys::hint(words, deed));
        if button.clicked() {
            intents.push(Intent::Do(deed));
        }
    };
    deed(ui, Deed::Drill, words.t("drill-end"));
    deed(ui, Deed::DrillReview, words.t("drill-review"));
    ui.separator();
    let why_over = words.t("drill-over-hint");
    for speed in SPEEDS.into_iter().rev() {
        let chosen = clock.speed == speed && !clock.paused;
        let text = format!("×{speed:.0}");
        let button = ui.add_enabled(!clock.over, Button::selectable(chosen, text));
        let button = button
            .on_hover_text(words.f("drill-speed-hint", &[("speed", speed.into())]))
            .on_disabled_hover_text(why_over);
        if button.clicked() {
            intents.push(Intent::DrillSpeed(speed));
        }
    }
    let (icon, name) = if clock.paused {
        (icons::PLAY, "drill-go-on")
    } else {
        (icons::PAUSE, "drill-pause")
    };
    let image: Image<'_> = icons::icon(icon, scene.colors.text);
    let button = ui
        .add_enabled(!clock.over, Button::image(image))
        .on_hover_text(keys::hint(words, Deed::DrillPause))
        .on_disabled_hover_text(why_over);
    button
        .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, !clock.over, words.t(name)));
    if button.clicked() {
        intents.push(Intent::Do(Deed::DrillPause));
    }
    if clock.over {
        ui.label(RichText::new(words.t("drill-over")).color(scene.colors.amber_text));
    }
}
