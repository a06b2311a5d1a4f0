//! The settings: everything applies at once.

use eframe::egui::{self, Align2, Button, ComboBox, Id, RichText, ScrollArea, TextEdit, Ui, WidgetInfo};
use fluent_bundle::FluentValue;

use crate::case::Step;
use crate::town::{Lang, Post, Role};

use super::keys::{self, Deed};
use super::map::MapView;
use super::seat_window::SEATED;
use super::settings::Settings;
use super::{Intent, Scene, choose, theme};

/// Least and greatest scale of the interface.
const SCALE: (f32, f32) = (0.75, 2.0);
/// One step of the scale.
const SCALE_STEP: f32 = 0.05;
/// Width of the window, in points.
const WIDTH: f32 = 560.0;
/// Width of the names of fields, in points.
const NAMES: f32 = 96.0;
/// Choices of minutes after which the seat is locked; 0 is never.
const LOCK_MINUTES: [u32; 5] = [0, 5, 15, 30, 60];
/// Most characters of a seat's name.
const SEAT_MAX_CHARS: usize = 20;

/// Draws the settings; false where they are closed.
pub fn show(
    ctx: &egui::Context,
    scene: Scene<'_>,
    settings: &mut Settings,
    map: &mut MapView,
    intents: &mut Vec<Intent>,
) -> bool {
    let mut open = true;
    let height = (ctx.content_rect().height() - 140.0).max(200.0);
    let title = RichText::new(scene.words.t("deed-settings")).font(theme::strong_font(theme::TITLE));
    egui::Window::new(title)
        .id(Id::unique("settings"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .default_size([WIDTH, height])
        .pivot(Align2::CENTER_CENTER)
        .default_pos(ctx.content_rect().center())
        .show(ctx, |ui| {
            ScrollArea::vertical().max_height(height).show(ui, |ui| {
                ui.set_width(WIDTH);
                // The bar at the right would lie over the fields.
                egui::Frame::new()
                    .inner_margin(egui::Margin {
                        right: 16,
                        ..egui::Margin::same(4)
                    })
                    .show(ui, |ui| {
                        looks(ui, scene, settings);
                        section(ui, scene, "settings-seat-title");
                        seat(ui, scene, settings);
                        lock(ui, scene, settings, intents);
                        section(ui, scene, "settings-calendar-title");
                        calendar(ui, scene, intents);
                        section(ui, scene, "settings-map-title");
                        map.settings_ui(ui, scene);
                        offline_map(ui, scene, intents);
                        section(ui, scene, "settings-about-title");
                        catalogue(ui, scene, intents);
                        about(ui, scene);
                    });
            });
        });
    open
}

fn section(ui: &mut Ui, scene: Scene<'_>, key: &str) {
    ui.add_space(2.0 * theme::GRID);
    ui.separator();
    ui.label(
        RichText::new(scene.words.t(key))
            .font(theme::strong_font(theme::BODY))
            .color(scene.colors.text),
    );
}

/// A name on the left, its control on the right.
fn row(ui: &mut Ui, scene: Scene<'_>, key: &str, control: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.scope(|ui| {
            ui.set_min_width(NAMES);
            ui.set_max_width(NAMES);
            ui.add(egui::Label::new(RichText::new(scene.words.t(key)).color(scene.colors.weak)).wrap());
        });
        ui.vertical(control);
    });
}

fn looks(ui: &mut Ui, scene: Scene<'_>, settings: &mut Settings) {
    let words = scene.words;
    row(ui, scene, "settings-language", |ui| {
        // Each language is called by its own name, so that everybody finds it.
        let names = [words.t("settings-chinese"), words.t("settings-english")];
        let chosen = usize::from(settings.lang == Lang::En);
        let id = Id::unique("settings language");
        if let Some(index) = choose::one_of(
            ui,
            scene.colors,
            id,
            words.t("settings-language"),
            &names,
            chosen,
            false,
        )
        .chosen
        {
            settings.lang = if index == 0 { Lang::Zh } else { Lang::En };
        }
    });
    row(ui, scene, "settings-theme", |ui| {
        let names = [words.t("settings-dark"), words.t("settings-light")];
        let chosen = usize::from(!settings.dark);
        let id = Id::unique("settings theme");
        if let Some(index) = choose::one_of(
            ui,
            scene.colors,
            id,
            words.t("settings-theme"),
            &names,
            chosen,
            false,
        )
        .chosen
        {
            settings.dark = index == 0;
            ui.ctx().set_theme(if settings.dark {
                egui::Theme::Dark
            } else {
                egui::Theme::Light
            });
        }
    });
    row(ui, scene, "settings-scale", |ui| scale(ui, scene, settings));
    row(ui, scene, "settings-motion", |ui| {
        if ui
            .checkbox(&mut settings.motion, words.t("settings-motion-on"))
            .changed()
        {
            theme::set_motion(ui.ctx(), settings.motion);
        }
    });
}

/// Buttons instead of a slider: a slider would move away under the hand while everything is scaled.
fn scale(ui: &mut Ui, scene: Scene<'_>, settings: &mut Settings) {
    let mut wanted = settings.scale;
    ui.horizontal(|ui| {
        let button = |ui: &mut Ui, text: &str, spoken: &str, on: bool| {
            let response = ui.add_enabled(on, Button::new(text).min_size(egui::Vec2::splat(theme::HIT)));
            response.widget_info(|| {
                WidgetInfo::labeled(egui::accesskit::Role::Button, on, scene.words.t(spoken))
            });
            response.clicked()
        };
        if button(ui, "−", "settings-smaller", settings.scale > SCALE.0 + 0.001) {
            wanted -= SCALE_STEP;
        }
        ui.label(format!("{:.0} %", settings.scale * 100.0));
        if button(ui, "+", "settings-larger", settings.scale < SCALE.1 - 0.001) {
            wanted += SCALE_STEP;
        }
        let reset = ui.add_enabled((settings.scale - 1.0).abs() > 0.001, Button::new("100 %"));
        if reset.clicked() {
            wanted = 1.0;
        }
    });
    if wanted != settings.scale {
        // Whole steps, so that a hundred clicks don't drift.
        settings.scale = ((wanted / SCALE_STEP).round() * SCALE_STEP).clamp(SCALE.0, SCALE.1);
        ui.ctx().set_zoom_factor(settings.scale);
    }
}

fn seat(ui: &mut Ui, scene: Scene<'_>, settings: &mut Settings) {
    let words = scene.words;
    row(ui, scene, "settings-seat", |ui| {
        let field = TextEdit::singleline(&mut settings.seat)
            .id(Id::unique("settings seat"))
            .char_limit(SEAT_MAX_CHARS)
            .desired_width(160.0);
        let response = ui.add(field);
        choose::name_field(&response, &settings.seat, words.t("settings-seat"));
        // Every entry of the journal names its seat.
        if settings.seat.trim().is_empty() && !response.has_focus() {
            settings.seat = Settings::default().seat;
        }
    });
    let posts = &scene.town.posts;
    let here = scene
        .town
        .post(&settings.post)
        .or_else(|| posts.iter().find(|post| post.role == Role::Dispatcher));
    row(ui, scene, "settings-post", |ui| {
        let shown = here.map(|post| post_line(scene, post)).unwrap_or_default();
        let menu = ComboBox::from_id_salt("settings post")
            .width(340.0)
            .selected_text(shown);
        let response = menu.show_ui(ui, |ui| {
            for post in SEATED
                .iter()
                .flat_map(|role| posts.iter().filter(move |post| post.role == *role))
            {
                let chosen = here.is_some_and(|here| here.code == post.code);
                if ui.selectable_label(chosen, post_line(scene, post)).clicked() {
                    settings.post = post.code.clone();
                }
            }
        });
        response.response.widget_info(|| {
            let mut info =
                WidgetInfo::labeled(egui::accesskit::Role::ComboBox, true, words.t("settings-post"));
            info.current_text_value = here.map(|post| post_line(scene, post));
            info
        });
        let Some(post) = here else { return };
        ui.add(egui::Label::new(RichText::new(may(scene, post.role)).color(scene.colors.weak)).wrap());
        if post.sample {
            ui.add(egui::Label::new(RichText::new(words.t("sample-person")).color(scene.colors.weak)).wrap());
        }
    });
}

/// When the seat is locked, and the way to its passphrases.
fn lock(ui: &mut Ui, scene: Scene<'_>, settings: &mut Settings, intents: &mut Vec<Intent>) {
    let words = scene.words;
    row(ui, scene, "settings-lock", |ui| {
        let spans = LOCK_MINUTES.map(|minutes| match minutes {
            0 => words.t("settings-lock-never").to_owned(),
            minutes => words.n("span-minutes", minutes as usize),
        });
        let labels = spans.each_ref().map(String::as_str);
        let nearest = LOCK_MINUTES
            .iter()
            .position(|minutes| *minutes == settings.lock_minutes)
            .unwrap_or(LOCK_MINUTES.len());
        let name = words.t("settings-lock");
        let id = Id::unique("settings lock");
        if let Some(index) = choose::one_of(ui, scene.colors, id, name, &labels, nearest, false).chosen {
            settings.lock_minutes = LOCK_MINUTES[index];
        }
        let text = format!(
            "{}  {}",
            words.t("settings-passphrases"),
            keys::key_name(Deed::Seat)
        );
        if ui.button(text).clicked() {
            intents.push(Intent::Do(Deed::Seat));
        }
    });
}

fn post_line(scene: Scene<'_>, post: &Post) -> String {
    let lang = scene.words.lang;
    format!("{} · {}", post.title.get(lang), post.holder.get(lang))
}

/// What a role may do, in words.
fn may(scene: Scene<'_>, role: Role) -> String {
    let words = scene.words;
    let mut deeds: Vec<&str> = Vec::new();
    let matrix = &scene.town.permissions;
    deeds.extend(
        matrix
            .may_at_all(role, "report")
            .then(|| words.t("settings-may-report")),
    );
    deeds.extend(
        Step::ALL
            .into_iter()
            .filter(|step| matrix.may_at_all(role, step.code()))
            .map(|step| words.step(step)),
    );
    if deeds.is_empty() {
        return words.t("settings-may-nothing").to_owned();
    }
    words.f(
        "settings-may",
        &[("deeds", deeds.join(words.t("settings-comma")).into())],
    )
}

/// The way to the catalogue of items.
fn catalogue(ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
    let words = scene.words;
    row(ui, scene, "catalogue-title", |ui| {
        let text = format!(
            "{}…  {}",
            words.t("deed-catalogue"),
            keys::key_name(Deed::Catalogue)
        );
        if ui.button(text).clicked() {
            intents.push(Intent::Do(Deed::Catalogue));
        }
    });
}

/// The way to the tiles that are kept for days without a network.
fn offline_map(ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
    let name = scene.words.t("deed-offline-map");
    let text = format!("{name}…  {}", keys::key_name(Deed::OfflineMap));
    if ui.button(text).clicked() {
        intents.push(Intent::Do(Deed::OfflineMap));
    }
}

/// Which years the working calendar knows, and the way to it.
fn calendar(ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
    let words = scene.words;
    let known = match &scene.town.calendar.years {
        Some(years) => {
            let (first, last) = (years.start().to_string(), years.end().to_string());
            words.f(
                "calendar-years",
                &[("first", first.into()), ("last", last.into())],
            )
        }
        None => words.t("calendar-no-years").to_owned(),
    };
    ui.label(RichText::new(known).color(scene.colors.weak));
    let text = format!(
        "{}…  {}",
        words.t("deed-calendar"),
        keys::key_name(Deed::Calendar)
    );
    if ui.button(text).clicked() {
        intents.push(Intent::Do(Deed::Calendar));
    }
}

fn about(ui: &mut Ui, scene: Scene<'_>) {
    let version = [("version", FluentValue::from(env!("CARGO_PKG_VERSION")))];
    ui.label(scene.words.f("about-version", &version));
    let town = format!(
        "{}: {}",
        scene.town.name.get(scene.words.lang),
        scene.town.note.get(scene.words.lang)
    );
    for text in [
        scene.words.t("about-licence"),
        scene.words.t("about-sources"),
        &town,
    ] {
        ui.add(egui::Label::new(RichText::new(text).color(scene.colors.weak)).wrap());
    }
}
