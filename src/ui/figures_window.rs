//! The figures that the desk is measured by, with what each counts.

use chrono::{DateTime, Utc};
use eframe::egui::{self, Align2, RichText, Ui, Vec2};

use crate::indicator::{Figures, Value};
use crate::ui::{Scene, theme};

/// The period, in days up to today.
pub const DAYS: u32 = 30;

/// Draws the window; false once it is closed. `counted` are the figures and when they were counted.
pub fn show(ctx: &egui::Context, scene: Scene<'_>, counted: Option<&(Figures, DateTime<Utc>)>) -> bool {
    let mut open = true;
    let title = scene.words.n("figures-title", DAYS as usize);
    egui::Window::new(RichText::new(title).font(theme::strong_font(theme::TITLE)))
        .id(egui::Id::unique("figures"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .default_width(620.0)
        .anchor(Align2::CENTER_CENTER, Vec2::ZERO)
        .show(ctx, |ui| match counted {
            None => {
                ui.spinner();
            }
            Some((figures, at)) => all(ui, scene, figures, *at),
        });
    open
}

fn all(ui: &mut Ui, scene: Scene<'_>, f: &Figures, at: DateTime<Utc>) {
    let w = scene.words;
    let of = |value: &Value| format!("{} / {}", value.n, value.of.unwrap_or(value.n));
    let days = |value: Option<f64>| value.map(|v| w.f("figures-days", &[("days", format!("{v:.1}").into())]));
    let shares = [
        (&f.accuracy, "figures-accuracy", w.t("figures-accuracy-rule")),
        (
            &f.in_community,
            "figures-community",
            w.t("figures-community-rule"),
        ),
        (
            &f.in_sub_district,
            "figures-sub-district",
            w.t("figures-sub-district-rule"),
        ),
    ];
    for (value, name, rule) in shares {
        let share = value.value.map(|v| format!("{v:.1} %"));
        figure(ui, scene, share, name, &of(value), rule);
    }
    let rule = w.f("figures-saved-rule", &[("old", f.before_days.into())]);
    let mean = match days(f.direct_mean_days()) {
        Some(mean) => w.f(
            "figures-direct",
            &[("n", f.saved.n.into()), ("mean", mean.into())],
        ),
        None => of(&f.saved),
    };
    figure(ui, scene, days(f.saved.value), "figures-saved", &mean, &rule);
    ui.separator();
    let age = (scene.now - at).num_seconds().max(0) as usize;
    ui.label(RichText::new(w.n("figures-age", age)).color(scene.colors.weak));
}

/// One figure: its value large, what it is called, what it is made of, by which rule.
fn figure(ui: &mut Ui, scene: Scene<'_>, value: Option<String>, name: &str, parts: &str, rule: &str) {
    ui.horizontal_top(|ui| {
        let (rect, response) = ui.allocate_exact_size(Vec2::new(132.0, 44.0), egui::Sense::hover());
        let none = scene.words.t("figures-none");
        let text = value.as_deref().unwrap_or(none);
        ui.painter().text(
            rect.right_center(),
            Align2::RIGHT_CENTER,
            text,
            theme::strong_font(theme::LARGE),
            if value.is_some() {
                scene.colors.text
            } else {
                scene.colors.weak
            },
        );
        response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, text));
        ui.add_space(2.0 * theme::GRID);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.label(
                RichText::new(format!("{}  {parts}", scene.words.t(name)))
                    .font(theme::strong_font(theme::BODY)),
            );
            ui.add(egui::Label::new(RichText::new(rule).color(scene.colors.weak)).wrap());
        });
    });
    ui.add_space(2.0 * theme::GRID);
}
