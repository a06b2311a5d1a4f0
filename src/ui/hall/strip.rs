//! The strip above everything: whose cases, how many at which stage, how old the data is, who sits here, what time it is.

use chrono::{DateTime, Utc};
use eframe::egui::{self, Align, Button, Layout, RichText, Ui};
use fluent_bundle::FluentValue;

use crate::desk::alarm::Alarms;
use crate::town::{Centre, Lang};
use crate::ui::keys::{self, Deed};
use crate::ui::{Intent, Scene, icons, theme};

use super::alarms;

/// What the strip shows beside the board's own numbers.
pub struct StripState<'a> {
    /// When the journal last answered.
    pub data_at: DateTime<Utc>,
    /// Whether the journal's thread has failed.
    pub failed: bool,
    /// Name of the seat.
    pub seat: &'a str,
    /// What the post at this seat is called.
    pub post: &'a str,
    /// Whether that post has a passphrase.
    pub guarded: bool,
    /// The alarms of the hall.
    pub alarms: &'a Alarms,
    /// Whether the book is the sample day.
    pub sample: bool,
}

/// Room that the words of the sample day take, in points.
const SAMPLE_ROOM: f32 = 96.0;

/// After so many seconds without a word from the journal its age is shown as stale.
const STALE_SECS: i64 = 10;

/// Draws the strip.
pub fn show(ui: &mut Ui, scene: Scene<'_>, state: &StripState<'_>, intents: &mut Vec<Intent>) {
    // English words are longer.
    let wide = ui.available_width()
        > if scene.words.lang == Lang::En {
            1750.0
        } else {
            1500.0
        };
    ui.horizontal_centered(|ui| {
        if !wide {
            ui.spacing_mut().item_spacing.x = theme::GRID;
            ui.spacing_mut().button_padding.x = 1.5 * theme::GRID;
        }
        brand(ui, scene);
        ui.separator();
        centres(ui, scene, intents);
        ui.separator();
        let tight = std::mem::replace(&mut ui.spacing_mut().item_spacing.x, 2.0 * theme::GRID);
        counters(ui, scene);
        ui.spacing_mut().item_spacing.x = tight;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            clock(ui, scene);
            actions(ui, scene, wide, intents);
            data_age(ui, scene, state, wide);
            alarms::bell(ui, scene, state.alarms, wide, intents);
            seat(ui, scene, state, intents);
            // Where there is no room for it, the bar above the map says the same.
            if state.sample && wide && ui.available_width() > SAMPLE_ROOM {
                ui.label(RichText::new(scene.words.t("strip-sample")).color(scene.colors.amber_text));
            }
        });
    });
}

/// The shift, the seat and who sits there; the longest of its wordings that there is room for. Where there is none, its
/// key is left.
fn seat(ui: &mut Ui, scene: Scene<'_>, state: &StripState<'_>, intents: &mut Vec<Intent>) {
    let words = scene.words;
    let shift = scene.town.roster.current(scene.now, scene.town.timezone);
    let shift = shift.map_or("", |span| span.shift.name.get(words.lang));
    let args = [
        ("seat", FluentValue::from(state.seat)),
        ("post", state.post.into()),
    ];
    let whole = words.f("strip-seat", &args);
    let short = words.f("strip-seat-short", &args[..1]);
    let room = ui.available_width() - 6.0 * theme::GRID;
    let fits = |text: &String| {
        let font = egui::FontId::proportional(theme::BODY);
        let galley = ui.painter().layout_no_wrap(text.clone(), font, scene.colors.weak);
        galley.size().x <= room
    };
    let wordings = [format!("{shift} {whole}"), format!("{shift} {short}"), short];
    let Some(text) = wordings.into_iter().find(fits) else {
        return;
    };
    let mut hint = format!("{shift} {whole}\n{}", keys::hint(words, Deed::Seat));
    if !state.guarded {
        hint = format!("{hint}\n{}", words.t("seat-no-passphrase"));
    }
    let text = RichText::new(text.trim_start()).color(scene.colors.weak);
    let button = Button::new(text).frame(false);
    let button = ui.add_enabled(!scene.past, button).on_hover_text(hint);
    if button.on_disabled_hover_text(words.t("past-bars")).clicked() {
        intents.push(Intent::Do(Deed::Seat));
    }
}

fn brand(ui: &mut Ui, scene: Scene<'_>) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(20.0, 20.0), egui::Sense::hover());
    ui.painter().rect_filled(rect, 4.0, scene.colors.brand);
    let inner = rect.shrink(5.0);
    let line = egui::Stroke::new(1.5, egui::Color32::WHITE);
    ui.painter()
        .line_segment([inner.left_center(), inner.right_center()], line);
    ui.painter()
        .line_segment([inner.center_top(), inner.center_bottom()], line);
    ui.label(RichText::new(scene.words.t("app-name")).font(theme::strong_font(theme::TITLE)))
        .on_hover_text(scene.town.name.get(scene.words.lang));
}

fn centres(ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
    let all = std::iter::once(None).chain(Centre::ALL.map(Some));
    for centre in all {
        let name = match centre {
            None => scene.words.t("centre-all"),
            Some(centre) => scene.words.centre(centre),
        };
        let total = scene.board.counts(centre).total;
        let label = format!("{name} {total}");
        let chosen = scene.selection.centre == centre;
        let deed = Deed::Centre(centre);
        if ui
            .add(Button::selectable(chosen, label))
            .on_hover_text(keys::hint(scene.words, deed))
            .clicked()
        {
            intents.push(Intent::Do(deed));
        }
    }
}

fn counters(ui: &mut Ui, scene: Scene<'_>) {
    let centre = scene.selection.centre;
    let counts = scene.board.counts(centre);
    let overdue = scene.board.overdue(centre, scene.now);
    let quiet = scene.colors.weak;
    let mut counter = |key: &str, n: usize, color| {
        let text = scene.words.n(key, n);
        ui.label(RichText::new(text).color(color))
            .on_hover_text(scene.words.t("strip-counter-hint"));
    };
    counter("strip-reported", counts.reported, quiet);
    counter("strip-accepted", counts.accepted, quiet);
    counter("strip-in-hand", counts.in_hand, quiet);
    counter("strip-to-verify", counts.to_verify, quiet);
    counter("strip-to-close", counts.to_close, quiet);
    counter(
        "strip-overdue",
        overdue,
        if overdue > 0 { scene.colors.red_text } else { quiet },
    );
}

/// How old the data is; where there is little room, only once it is stale.
fn data_age(ui: &mut Ui, scene: Scene<'_>, state: &StripState<'_>, wide: bool) {
    let age = (scene.now - state.data_at).num_seconds().max(0);
    let stale = state.failed || age >= STALE_SECS;
    if !stale && (!wide || scene.past) {
        return;
    }
    let text = match (state.failed, age) {
        (true, _) => scene.words.t("strip-failed").to_owned(),
        (false, 0..=2) => scene.words.t("strip-fresh").to_owned(),
        (false, age) => scene.words.n("strip-age", age as usize),
    };
    let color = if stale {
        scene.colors.red_text
    } else {
        scene.colors.weak
    };
    ui.label(RichText::new(text).color(color))
        .on_hover_text(scene.words.t("strip-age-hint"));
}

fn clock(ui: &mut Ui, scene: Scene<'_>) {
    let now = scene.now.with_timezone(&scene.town.timezone);
    let time = now.format("%H:%M:%S").to_string();
    let mut time = RichText::new(time).font(theme::strong_font(theme::TITLE));
    if scene.past {
        time = time.color(scene.colors.accent);
    }
    ui.label(time)
        .on_hover_text(format!("{} {}", now.format("%Y-%m-%d"), scene.town.timezone));
}

fn actions(ui: &mut Ui, scene: Scene<'_>, wide: bool, intents: &mut Vec<Intent>) {
    let theme_icon = if scene.colors.dark {
        icons::SUN
    } else {
        icons::MOON
    };
    let buttons = [
        (Deed::Find, icons::SEARCH, "deed-find", false),
        (Deed::Indicators, icons::INDICATORS, "deed-indicators", false),
        (Deed::Figures, icons::CLIPBOARD_CHECK, "strip-figures", false),
        (Deed::Help, icons::KEYBOARD, "deed-help", false),
        (Deed::Settings, icons::SETTINGS, "deed-settings", false),
        (Deed::Theme, theme_icon, "deed-theme", false),
        (Deed::Import, icons::UPLOAD, "strip-import", true),
        (Deed::NewReport, icons::PLUS, "strip-report", true),
    ];
    for (deed, icon, words, text) in buttons {
        let image = icons::icon(icon, scene.colors.text);
        let button = if text && wide {
            Button::image_and_text(image, scene.words.t(words))
        } else {
            Button::image(image)
        };
        let may = !scene.past
            || !matches!(
                deed,
                Deed::NewReport | Deed::Import | Deed::Indicators | Deed::Figures
            );
        let response = ui
            .add_enabled(may, button)
            .on_hover_text(keys::hint(scene.words, deed))
            .on_disabled_hover_text(scene.words.t("past-bars"));
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::accesskit::Role::Button, may, scene.words.t(words))
        });
        if response.clicked() {
            intents.push(Intent::Do(deed));
        }
    }
}
