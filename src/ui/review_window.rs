//! A drill's review: how the trainee did, beside the automatic dispatcher on the same town life.

use eframe::egui::{self, Align2, RichText, Ui, Vec2};

use super::keys::Deed;
use super::{Intent, Scene, review_words, theme};
use crate::drill::Review;

/// What the window shows.
pub struct ReviewState<'a> {
    /// What the drill is called.
    pub name: &'a str,
    /// Its seed.
    pub seed: u64,
    /// The trainee's figures.
    pub own: &'a Review,
    /// Those of the automatic dispatcher, once they are worked out; or why they can't be.
    pub automatic: Option<&'a Result<Review, String>>,
    /// The skill of that dispatcher, 0 to 1.
    pub skill: f64,
    /// Whether the drill has come to its end, so that there is nothing to go on with.
    pub over: bool,
}

/// Draws the window; false once it is closed.
pub fn show(
    ctx: &egui::Context,
    scene: Scene<'_>,
    state: &ReviewState<'_>,
    intents: &mut Vec<Intent>,
) -> bool {
    let mut open = true;
    let mut closed = false;
    let title = scene.words.f("review-title", &[("name", state.name.into())]);
    egui::Window::new(RichText::new(title).font(theme::strong_font(theme::TITLE)))
        .id(egui::Id::unique("drill review"))
        .open(&mut open)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, Vec2::ZERO)
        .show(ctx, |ui| {
            table(ui, scene, state);
            ui.add_space(2.0 * theme::GRID);
            let words = scene.words;
            let rule = RichText::new(words.t("review-rule")).color(scene.colors.weak);
            ui.add(egui::Label::new(rule).wrap());
            let args = [("seed", state.seed.to_string().into())];
            ui.label(RichText::new(words.f("review-seed", &args)).color(scene.colors.weak));
            ui.add_space(2.0 * theme::GRID);
            ui.horizontal(|ui| {
                if ui.button(words.t("review-leave")).clicked() {
                    intents.push(Intent::LeaveDrill);
                }
                let go_on = ui.add_enabled(!state.over, egui::Button::new(words.t("review-go-on")));
                if go_on.on_disabled_hover_text(words.t("drill-over-hint")).clicked() {
                    intents.push(Intent::Do(Deed::DrillPause));
                    closed = true;
                }
            });
        });
    open && !closed
}

fn table(ui: &mut Ui, scene: Scene<'_>, state: &ReviewState<'_>) {
    let words = scene.words;
    let strong = |text: &str| RichText::new(text).font(theme::strong_font(theme::BODY));
    let own = review_words::rows(words, state.own);
    let automatic = match state.automatic {
        Some(Ok(review)) => Some(review_words::rows(words, review)),
        _ => None,
    };
    ui.set_min_width(720.0);
    let grid = egui::Grid::new("review").num_columns(3).spacing([24.0, 8.0]);
    grid.show(ui, |ui| {
        ui.label("");
        ui.label(strong(words.t("review-own")));
        let skill = [("skill", format!("{:.2}", state.skill).into())];
        ui.label(strong(&words.f("review-automatic", &skill)));
        ui.end_row();
        for (row, (name, value)) in own.iter().enumerate() {
            ui.label(*name);
            ui.label(strong(value));
            match (&automatic, state.automatic) {
                (Some(rows), _) => drop(ui.label(&rows[row].1)),
                (None, None) if row == 0 => drop(ui.spinner()),
                _ => drop(ui.label("")),
            }
            ui.end_row();
        }
    });
    if let Some(Err(why)) = state.automatic {
        let text = words.f("review-no-automatic", &[("why", why.as_str().into())]);
        ui.label(RichText::new(text).color(scene.colors.red_text));
    }
}
