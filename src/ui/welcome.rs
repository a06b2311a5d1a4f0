//! What to do with an empty book, and the way back from the sample day. Both lie over the map.

use eframe::egui::{self, Button, Frame, Image, Margin, Rect, RichText, Sense, Stroke, Ui, UiBuilder, Vec2};

use super::keys::{self, Deed};
use super::{Intent, Scene, icons, theme};

/// Width of the page for an empty book, in points.
const CARD_WIDTH: f32 = 480.0;
/// Its height before it was drawn once, in points.
const CARD_HEIGHT: f32 = 360.0;
/// Height of its buttons, in points.
const BUTTON_HEIGHT: f32 = 52.0;
/// Height of the sample day's bar, in points.
pub const BAR_HEIGHT: f32 = 40.0;

/// Draws what to do with an empty book (`empty`), or the way back from the sample day (`sample`), over the map that was
/// drawn into `ui`.
pub fn show(ui: &mut Ui, scene: Scene<'_>, empty: bool, sample: bool, intents: &mut Vec<Intent>) {
    let map = ui.min_rect().union(ui.max_rect());
    if sample {
        sample_bar(ui, scene, map, intents);
    } else if empty {
        card(ui, scene, map, intents);
    }
}

/// A frame over the map that takes the clicks on itself and on nothing else.
fn over_map(
    ui: &mut Ui,
    scene: Scene<'_>,
    name: &str,
    rect: Rect,
    margin: Margin,
    add: impl FnOnce(&mut Ui),
) -> Rect {
    ui.interact(rect, ui.scope_id().with(name), Sense::CLICK | Sense::DRAG);
    ui.painter().rect_filled(rect, 6.0, scene.colors.panel);
    let line = Stroke::new(1.0, scene.colors.line);
    ui.painter()
        .rect_stroke(rect, 6.0, line, egui::StrokeKind::Inside);
    let mut inner = ui.new_child(UiBuilder::new().id_salt(name).max_rect(rect - margin));
    Frame::NONE.show(&mut inner, add);
    inner.min_rect() + margin
}

fn card(ui: &mut Ui, scene: Scene<'_>, map: Rect, intents: &mut Vec<Intent>) {
    // The height follows from the words; it is known once the page was drawn.
    let height_id = ui.scope_id().with("welcome height");
    let height = ui.data(|data| data.get_temp(height_id)).unwrap_or(CARD_HEIGHT);
    let size = Vec2::new(CARD_WIDTH.min(map.width() - 32.0), height);
    let rect = Rect::from_center_size(map.center(), size);
    let drawn = over_map(ui, scene, "welcome", rect, Margin::same(24), |ui| {
        ui.spacing_mut().item_spacing.y = 2.0 * theme::GRID;
        let title = RichText::new(scene.words.t("welcome-title")).font(theme::strong_font(theme::LARGE));
        ui.label(title.color(scene.colors.text));
        let town = scene.town.name.get(scene.words.lang);
        let what = scene.words.f("welcome-what", &[("town", town.into())]);
        ui.add(egui::Label::new(RichText::new(what).color(scene.colors.text)).wrap());
        ui.add_space(2.0 * theme::GRID);
        let buttons = [
            (
                icons::UPLOAD,
                "welcome-import",
                Deed::Import,
                Intent::ChooseImport,
            ),
            (
                icons::PLUS,
                "welcome-report",
                Deed::NewReport,
                Intent::Do(Deed::NewReport),
            ),
            (
                icons::CLOCK,
                "welcome-sample",
                Deed::SampleDay,
                Intent::SampleDay(true),
            ),
            (
                icons::TRAIN,
                "welcome-drill",
                Deed::Drill,
                Intent::Do(Deed::Drill),
            ),
        ];
        for (icon, words, deed, intent) in buttons {
            let image: Image<'_> = icons::icon(icon, scene.colors.text);
            let key = RichText::new(keys::key_name(deed)).color(scene.colors.weak);
            let button = Button::image_and_text(image, scene.words.t(words))
                .right_text(key)
                .min_size(Vec2::new(ui.available_width(), BUTTON_HEIGHT));
            let response = ui.add(button);
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, scene.words.t(words))
            });
            if response.clicked() {
                intents.push(intent);
            }
        }
        let drop = RichText::new(scene.words.t("welcome-drop")).color(scene.colors.weak);
        ui.add(egui::Label::new(drop).wrap());
    });
    if (drawn.height() - height).abs() > 0.5 {
        ui.data_mut(|data| data.insert_temp(height_id, drawn.height()));
        ui.ctx().request_repaint();
    }
}

fn sample_bar(ui: &mut Ui, scene: Scene<'_>, map: Rect, intents: &mut Vec<Intent>) {
    let rect = Rect::from_min_size(map.min, Vec2::new(map.width(), BAR_HEIGHT));
    over_map(ui, scene, "samplebar", rect, Margin::symmetric(12, 6), |ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let back = format!(
                "{}  {}",
                scene.words.t("sample-back"),
                keys::key_name(Deed::SampleDay)
            );
            if ui.button(back).clicked() {
                intents.push(Intent::SampleDay(false));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let text = RichText::new(scene.words.t("sample-bar")).color(scene.colors.amber_text);
                ui.add(egui::Label::new(text).truncate());
            });
        });
    });
}
