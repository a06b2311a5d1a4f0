//! The bar of the time machine under the map, and the band that marks a replay on every part of the screen.

mod scale;
pub mod sides;
mod slider;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use eframe::egui::{
    self, Align, Button, ComboBox, Key, Layout, Margin, ProgressBar, RichText, Stroke, StrokeKind, TextEdit,
    Ui, WidgetInfo, accesskit, vec2,
};
use fluent_bundle::FluentValue;

use crate::past::{Slot, parse_moment};

use super::keys::{self, Deed, PastDeed};
use super::{Intent, Scene, choose, icons, theme};

pub use scale::Scale;

/// Seconds of the past in a second.
pub const SPEEDS: [f64; 6] = [1.0, 10.0, 60.0, 300.0, 900.0, 3600.0];
/// Height of the bar, in points.
pub const HEIGHT: f32 = 116.0;
/// Height of the band, in points.
pub const BAND_HEIGHT: f32 = 36.0;
/// Width of the frame around a replay, in points.
const FRAME: f32 = 3.0;
/// Below this width the bar says less.
const NARROW: f32 = 760.0;

/// What a view asks of the time machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PastDo {
    /// Go to this moment with the slot that the bar holds.
    GoTo(DateTime<Utc>),
    /// Go back to now.
    Now,
    /// Go back to now and close the bar.
    Close,
    /// Play, or stop.
    Play(bool),
    /// Play so fast: a place in [`SPEEDS`].
    Speed(usize),
    /// Show this moment beside the first; now where `None`.
    Beside(Option<DateTime<Utc>>),
    /// Show one moment only.
    One,
    /// Let the bar move this one of the two.
    Hold(Slot),
}

/// How many cases were open over a span.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The first moment.
    pub from: DateTime<Utc>,
    /// Milliseconds from one to the next.
    pub step_ms: i64,
    /// How many cases were open at each.
    pub counts: Vec<u32>,
}

/// What the bar and the band show.
pub struct BarState<'a> {
    /// The moment that the bar holds.
    pub at: DateTime<Utc>,
    /// Whether that is in the past.
    pub is_past: bool,
    /// Where two moments are shown: the other one.
    pub other: Option<DateTime<Utc>>,
    /// Which of the two the bar holds.
    pub holds: Slot,
    /// The hall's own time.
    pub now: DateTime<Utc>,
    /// Whether it plays.
    pub plays: bool,
    /// How fast: a place in [`SPEEDS`].
    pub speed: usize,
    /// Whether the journal has been read.
    pub ready: bool,
    /// So many entries of so many have been read.
    pub reading: Option<(i64, i64)>,
    /// From when to when anything happened.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What went wrong.
    pub failed: Option<&'a str>,
    /// The open cases over the span of the bar.
    pub curve: Option<&'a Curve>,
    /// Entries that have come since the past is looked at.
    pub arrived: usize,
    /// Alarms of now that nobody has acknowledged.
    pub alarms: usize,
}

/// What the bar remembers.
#[derive(Debug, Default)]
pub struct TimeBar {
    scale: Scale,
    /// What is being typed as a moment; `None` while nobody types.
    typed: Option<String>,
    /// Whether what was typed is no moment.
    wrong: bool,
}

impl TimeBar {
    /// Of which moments the curve is wanted: the first, the milliseconds between two, and how many.
    pub fn curve_wanted(&self, at: DateTime<Utc>, tz: Tz) -> (DateTime<Utc>, i64, usize) {
        let (from, until) = self.scale.bounds(at, tz);
        let step_ms = ((until - from).num_milliseconds() / slider::STEPS).max(1);
        (from, step_ms, slider::STEPS as usize + 1)
    }

    /// When the day of a moment began in the town.
    pub fn day_start(&self, at: DateTime<Utc>, tz: Tz) -> DateTime<Utc> {
        Scale::Day.bounds(at, tz).0
    }

    /// Draws the bar.
    pub fn show(&mut self, ui: &mut Ui, scene: Scene<'_>, state: &BarState<'_>, intents: &mut Vec<Intent>) {
        ui.spacing_mut().item_spacing = vec2(theme::GRID, theme::GRID);
        let narrow = ui.available_width() < NARROW;
        ui.horizontal(|ui| {
            ui.set_height(32.0);
            self.controls(ui, scene, state, narrow, intents);
        });
        match (state.failed, state.ready) {
            (Some(error), _) => {
                ui.label(RichText::new(error).color(scene.colors.red_text));
            }
            (None, false) => reading(ui, scene, state),
            (None, true) => slider::show(ui, scene, state, self.scale, intents),
        }
    }

    fn controls(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        state: &BarState<'_>,
        narrow: bool,
        intents: &mut Vec<Intent>,
    ) {
        let words = scene.words;
        if narrow {
            ui.spacing_mut().button_padding.x = theme::GRID;
        }
        if state.other.is_some() {
            holds(ui, scene, state, narrow, intents);
            ui.separator();
        }
        let back = Deed::Past(PastDeed::Days(-1));
        icon_button(ui, scene, icons::BEFORE, "deed-past-day-back", back, intents);
        self.moment_field(ui, scene, state, intents);
        let on = Deed::Past(PastDeed::Days(1));
        icon_button(ui, scene, icons::FOLDED, "deed-past-day-on", on, intents);
        self.scales(ui, scene, narrow && state.other.is_some());
        ui.separator();
        play(ui, scene, state, intents);
        speed(ui, scene, state, intents);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            icon_button(
                ui,
                scene,
                icons::CLOSE,
                "past-close",
                Deed::Past(PastDeed::Open),
                intents,
            );
            let beside = Deed::Past(PastDeed::Beside);
            let text = words.t(if narrow {
                "past-beside-short"
            } else {
                "past-beside"
            });
            let button = ui.add(Button::selectable(state.other.is_some(), text));
            if button.on_hover_text(keys::hint(words, beside)).clicked() {
                intents.push(Intent::Do(beside));
            }
            if !narrow {
                let note = RichText::new(words.t("past-rule")).color(scene.colors.weak);
                ui.add(egui::Label::new(note).truncate())
                    .on_hover_text(words.t("past-rule-hint"));
            }
        });
    }

    /// How much time the slider shows: a button for each, or where there is little room, a list.
    fn scales(&mut self, ui: &mut Ui, scene: Scene<'_>, as_list: bool) {
        let words = scene.words;
        if !as_list {
            for scale in Scale::ALL {
                let button = ui.add(Button::selectable(self.scale == scale, words.t(scale.words())));
                if button.on_hover_text(words.t("past-scale-hint")).clicked() {
                    self.scale = scale;
                }
            }
            return;
        }
        let list = ComboBox::from_id_salt("past scale")
            .selected_text(words.t(self.scale.words()))
            .width(60.0)
            .show_ui(ui, |ui| {
                for scale in Scale::ALL {
                    ui.selectable_value(&mut self.scale, scale, words.t(scale.words()));
                }
            });
        let response = list.response.on_hover_text(words.t("past-scale-hint"));
        let name = words.t("past-scale-hint");
        response.widget_info(|| WidgetInfo::labeled(accesskit::Role::ComboBox, true, name));
    }

    /// The moment, which can be typed.
    fn moment_field(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        state: &BarState<'_>,
        intents: &mut Vec<Intent>,
    ) {
        let shown = state
            .at
            .with_timezone(&scene.town.timezone)
            .format("%Y-%m-%d %H:%M")
            .to_string();
        let mut text = self.typed.clone().unwrap_or(shown);
        let name = scene.words.t("past-moment");
        let field = TextEdit::singleline(&mut text)
            .desired_width(128.0)
            .char_limit(40)
            .text_color_opt(self.wrong.then_some(scene.colors.red_text));
        let response = ui.add(field);
        choose::name_field(&response, &text, name);
        let hint = format!(
            "{}\n{}",
            scene.words.t("past-moment-hint"),
            scene.words.t("past-rule-hint")
        );
        let response = response.on_hover_text(hint);
        if response.changed() {
            self.wrong = false;
            self.typed = Some(text.clone());
        }
        if response.lost_focus() {
            let entered = ui.input(|i| i.key_pressed(Key::Enter));
            let read = parse_moment(&text, state.at, scene.town.timezone);
            self.wrong = entered && read.is_none();
            if self.wrong {
                response.request_focus();
                intents.push(Intent::Say(scene.words.t("past-moment-hint").to_owned()));
                return;
            }
            if let (Some(at), true) = (read, entered && self.typed.is_some()) {
                intents.push(Intent::Past(PastDo::GoTo(at)));
            }
            self.typed = None;
        }
    }
}

/// Which of two moments the bar moves.
fn holds(ui: &mut Ui, scene: Scene<'_>, state: &BarState<'_>, narrow: bool, intents: &mut Vec<Intent>) {
    for (slot, key, letter) in [
        (Slot::Shown, "past-first", "A"),
        (Slot::Beside, "past-second", "B"),
    ] {
        let words = scene.words.t(key);
        let text = if narrow { letter } else { words };
        let button = ui.add(Button::selectable(state.holds == slot, text));
        let button = button.on_hover_text(scene.words.t("past-holds-hint"));
        let chosen = state.holds == slot;
        button.widget_info(|| WidgetInfo::selected(accesskit::Role::Button, true, chosen, words));
        if button.clicked() {
            intents.push(Intent::Past(PastDo::Hold(slot)));
        }
    }
}

fn icon_button(
    ui: &mut Ui,
    scene: Scene<'_>,
    icon: egui::ImageSource<'static>,
    name: &str,
    deed: Deed,
    intents: &mut Vec<Intent>,
) {
    let image = icons::icon(icon, scene.colors.text);
    let button = ui
        .add(Button::image(image))
        .on_hover_text(keys::hint(scene.words, deed));
    let name = scene.words.t(name);
    button.widget_info(|| WidgetInfo::labeled(accesskit::Role::Button, true, name));
    if button.clicked() {
        intents.push(Intent::Do(deed));
    }
}

fn play(ui: &mut Ui, scene: Scene<'_>, state: &BarState<'_>, intents: &mut Vec<Intent>) {
    let words = scene.words;
    let deed = Deed::Past(PastDeed::Play);
    let (icon, name) = match state.plays {
        true => (icons::PAUSE, "past-pause"),
        false => (icons::PLAY, "past-play"),
    };
    let may = state.is_past && state.ready;
    let button = ui
        .add_enabled(may, Button::image(icons::icon(icon, scene.colors.text)))
        .on_hover_text(keys::hint(words, deed))
        .on_disabled_hover_text(words.t("past-choose-first"));
    button.widget_info(|| WidgetInfo::labeled(accesskit::Role::Button, may, words.t(name)));
    if button.clicked() {
        intents.push(Intent::Do(deed));
    }
}

fn speed(ui: &mut Ui, scene: Scene<'_>, state: &BarState<'_>, intents: &mut Vec<Intent>) {
    let words = scene.words;
    let text = |speed: usize| format!("×{:.0}", SPEEDS[speed.min(SPEEDS.len() - 1)]);
    let chosen = ComboBox::from_id_salt("past speed")
        .selected_text(text(state.speed))
        .width(76.0)
        .show_ui(ui, |ui| {
            for speed in 0..SPEEDS.len() {
                if ui.selectable_label(state.speed == speed, text(speed)).clicked() {
                    intents.push(Intent::Past(PastDo::Speed(speed)));
                }
            }
        });
    let slower = keys::key_name(Deed::Past(PastDeed::Slower));
    let faster = keys::key_name(Deed::Past(PastDeed::Faster));
    let args = [("slower", FluentValue::from(slower)), ("faster", faster.into())];
    let name = format!("{} {}", words.t("past-speed"), text(state.speed));
    let response = chosen.response.on_hover_text(words.f("past-speed-hint", &args));
    response.widget_info(|| WidgetInfo::labeled(accesskit::Role::ComboBox, true, &name));
}

fn reading(ui: &mut Ui, scene: Scene<'_>, state: &BarState<'_>) {
    let share = state
        .reading
        .map_or(0.0, |(read, all)| read as f32 / all.max(1) as f32);
    let percent = (share * 100.0) as i64;
    let text = scene.words.f("past-reading", &[("percent", percent.into())]);
    ui.add_space(2.0 * theme::GRID);
    ui.add(ProgressBar::new(share).text(text));
}

/// Draws the band that says that this is a replay, of which moment, and how to go back.
pub fn band(ui: &mut Ui, scene: Scene<'_>, state: &BarState<'_>, intents: &mut Vec<Intent>) {
    let (words, colors) = (scene.words, scene.colors);
    ui.horizontal_centered(|ui| {
        let mark = RichText::new(words.t("past-mark")).font(theme::strong_font(theme::TITLE));
        ui.label(mark.color(colors.accent));
        let moment = RichText::new(moment_words(scene, scene.now)).font(theme::strong_font(theme::TITLE));
        ui.label(moment.color(colors.text));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let deed = Deed::Past(PastDeed::Now);
            let text = format!("{}  {}", words.t("past-back"), keys::key_name(deed));
            let button = Button::new(RichText::new(text).color(colors.on_accent)).fill(colors.accent);
            if ui.add(button).on_hover_text(words.t("past-back-hint")).clicked() {
                intents.push(Intent::Past(PastDo::Now));
            }
            if state.alarms > 0 {
                ui.label(RichText::new(words.n("past-alarms", state.alarms)).color(colors.amber_text));
            }
            if state.arrived > 0 {
                ui.label(RichText::new(words.n("past-arrived", state.arrived)).color(colors.text));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let before = state.span.is_some_and(|(first, _)| scene.now < first);
                let note = match (before, state.plays) {
                    (true, _) => words.t("past-before").to_owned(),
                    (false, true) => words.f("past-plays", &[("speed", SPEEDS[state.speed].into())]),
                    (false, false) => words.t("past-band").to_owned(),
                };
                ui.add(egui::Label::new(RichText::new(note).color(colors.weak)).truncate());
            });
        });
    });
}

/// A moment in full: `2026-10-01 周四 08:15`.
pub fn moment_words(scene: Scene<'_>, at: DateTime<Utc>) -> String {
    use chrono::Datelike;
    let local = at.with_timezone(&scene.town.timezone);
    let days: Vec<&str> = scene.words.t("past-weekdays").split(' ').collect();
    let day = days
        .get(local.weekday().num_days_from_monday() as usize)
        .copied()
        .unwrap_or_default();
    format!("{} {day} {}", local.format("%Y-%m-%d"), local.format("%H:%M:%S"))
}

/// The frame around the whole window.
pub fn frame(ui: &Ui, scene: Scene<'_>) {
    let rect = ui.ctx().content_rect();
    let layer = egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("past frame"));
    ui.ctx().layer_painter(layer).rect_stroke(
        rect,
        0.0,
        Stroke::new(FRAME, scene.colors.accent),
        StrokeKind::Inside,
    );
}

/// Margins of the bar's panel.
pub const MARGIN: Margin = Margin {
    left: 12,
    right: 12,
    top: 6,
    bottom: 6,
};
