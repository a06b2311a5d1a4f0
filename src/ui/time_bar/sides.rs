//! Two moments side by side: what stands above each map, and the list of what changed between them.

use chrono::{DateTime, Utc};
use eframe::egui::{self, Align, Button, Layout, RichText, ScrollArea, Ui, vec2};

use super::moment_words;
use crate::case::CaseId;
use crate::past::Difference;
use crate::ui::hall::queue;
use crate::ui::{Intent, Scene, theme};

/// Height of what stands above a map, in points.
pub const HEAD: f32 = 34.0;
/// Height of the list of changes, in points.
pub const LIST: f32 = 168.0;

/// A map narrower than that has a shorter head, in points.
const NARROW: f32 = 400.0;

/// What stands above one of the two maps: which moment, and its counters.
pub fn head(ui: &mut Ui, scene: Scene<'_>, letter: &str, at: Option<DateTime<Utc>>) {
    let (words, colors) = (scene.words, scene.colors);
    let centre = scene.selection.centre;
    ui.horizontal_centered(|ui| {
        ui.label(
            RichText::new(letter)
                .font(theme::strong_font(theme::TITLE))
                .color(colors.accent),
        );
        let moment = match at {
            Some(at) if ui.available_width() < NARROW => at
                .with_timezone(&scene.town.timezone)
                .format("%m-%d %H:%M")
                .to_string(),
            Some(at) => moment_words(scene, at),
            None => words.t("past-now").to_owned(),
        };
        ui.label(RichText::new(moment).font(theme::strong_font(theme::BODY)));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let overdue = scene.board.overdue(centre, scene.now);
            let red = if overdue > 0 { colors.red_text } else { colors.weak };
            ui.label(RichText::new(words.n("strip-overdue", overdue)).color(red));
            let open = scene.board.counts(centre).total;
            ui.label(RichText::new(words.n("past-open", open)).color(colors.weak));
        });
    });
}

/// What changed from the first moment to the second, as three lists.
pub fn list(ui: &mut Ui, scenes: [Scene<'_>; 2], difference: &Difference, intents: &mut Vec<Intent>) {
    let [first, second] = scenes;
    let lists = [
        ("past-new", &difference.new, second),
        ("past-gone", &difference.gone, first),
        ("past-both", &difference.both, first),
    ];
    ui.columns(lists.len(), |columns| {
        for (ui, (words, cases, scene)) in columns.iter_mut().zip(lists) {
            let title = scene.words.n(words, cases.len());
            ui.label(RichText::new(title).font(theme::strong_font(theme::BODY)))
                .on_hover_text(scene.words.t("past-difference-hint"));
            rows(ui, words, scene, cases, intents);
        }
    });
}

fn rows(ui: &mut Ui, salt: &str, scene: Scene<'_>, cases: &[CaseId], intents: &mut Vec<Intent>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let area = ScrollArea::vertical().id_salt(salt).auto_shrink(false);
    area.show_rows(ui, theme::HIT, cases.len(), |ui, range| {
        ui.with_layout(Layout::top_down_justified(Align::Min), |ui| {
            for id in &cases[range] {
                row(ui, scene, *id, intents);
            }
        });
    });
}

fn row(ui: &mut Ui, scene: Scene<'_>, id: CaseId, intents: &mut Vec<Intent>) {
    let title = scene.board.get(id).map_or(String::new(), |live| {
        format!("{id}  {} {}", live.case.class.letter(), queue::title(scene, live))
    });
    let chosen = scene.selection.case == Some(id);
    let button = Button::selectable(chosen, title)
        .truncate()
        .min_size(vec2(0.0, theme::HIT));
    let response = ui.add(button);
    if response.clicked() {
        intents.push(Intent::Select(Some(id)));
    }
    if response.hovered() {
        intents.push(Intent::Hover(id));
    }
}

/// The frame of the list of changes.
pub fn list_frame() -> egui::Frame {
    egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 6))
}
