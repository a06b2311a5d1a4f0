//! The list of items, by class.

use eframe::egui::{self, Align2, FontId, Id, Pos2, Rect, RichText, ScrollArea, Sense, Ui, Vec2, WidgetInfo};

use crate::town::{Class, Item};
use crate::ui::hall::marks;
use crate::ui::hall::queue::one_line;
use crate::ui::{Scene, choose, report_form, theme};

use super::{CatalogueWindow, NEW};

/// Height of an item's row, in points: two lines.
const ROW: f32 = 46.0;
/// Height of a class's heading, in points.
const HEAD: f32 = 34.0;

/// The items that a text fits: by code, name or domain, in either language. In the order of classes.
fn found<'a>(scene: Scene<'a>, text: &str) -> Vec<&'a Item> {
    let wanted = text.trim().to_lowercase();
    let fits = |item: &&Item| {
        let domain = scene.words.domain(&item.domain);
        [&item.code, &item.name.zh, &item.name.en, &item.domain]
            .into_iter()
            .map(String::as_str)
            .chain([domain])
            .any(|text| text.to_lowercase().contains(&wanted))
    };
    let catalogue = &scene.town.catalogue;
    Class::ALL
        .into_iter()
        .flat_map(|class| {
            catalogue
                .iter()
                .map(|(_, item)| item)
                .filter(move |item| item.class == class)
        })
        .filter(fits)
        .collect()
}

/// The code of the first item in the list.
pub(super) fn first(scene: Scene<'_>, text: &str) -> Option<String> {
    found(scene, text).first().map(|item| item.code.clone())
}

impl CatalogueWindow {
    pub(super) fn list(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let hint = scene.words.t("catalogue-find");
        let id = Id::unique("catalogue find");
        let keys = choose::field(ui, id, &mut self.find, hint, std::mem::take(&mut self.focus));
        let items = found(scene, &self.find);
        self.sums(ui, scene, items.len());
        let here = items
            .iter()
            .position(|item| self.shown.as_deref() == Some(&item.code));
        if keys.step != 0 || keys.entered {
            let index = here.map_or(0, |here| choose::stepped(here, keys.step, items.len()));
            if let Some(item) = items.get(index) {
                self.look_at(item.code.clone());
                self.follow = true;
            }
        }
        if items.is_empty() {
            ui.label(scene.words.t("form-nothing-fits"));
            return;
        }
        self.rows(ui, scene, &items);
    }

    /// How many there are, and how many of them are shown, retired or changed.
    fn sums(&self, ui: &mut Ui, scene: Scene<'_>, shown: usize) {
        let catalogue = &scene.town.catalogue;
        let retired = catalogue.iter().filter(|(_, item)| item.retired).count();
        let unsaved = self.drafts.values().filter(|draft| draft.is_changed()).count();
        let mut line = scene.words.f(
            "catalogue-sums",
            &[
                ("shown", shown.into()),
                ("n", catalogue.len().into()),
                ("retired", retired.into()),
            ],
        );
        if unsaved > 0 {
            line.push_str(" · ");
            line.push_str(&scene.words.n("catalogue-unsaved", unsaved));
        }
        ui.add(egui::Label::new(RichText::new(line).color(scene.colors.weak)).truncate());
    }

    fn rows(&mut self, ui: &mut Ui, scene: Scene<'_>, items: &[&Item]) {
        let mut clicked = None;
        let follow = std::mem::take(&mut self.follow);
        ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt("catalogue rows")
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let mut class = None;
                if self.drafts.contains_key(NEW) && self.new_row(ui, scene) {
                    clicked = Some(NEW.to_owned());
                }
                for item in items {
                    if class != Some(item.class) {
                        class = Some(item.class);
                        let count = items.iter().filter(|other| other.class == item.class).count();
                        heading(ui, scene, item.class, count);
                    }
                    if self.row(ui, scene, item, follow) {
                        clicked = Some(item.code.clone());
                    }
                }
            });
        if let Some(key) = clicked {
            self.look_at(key);
        }
    }

    /// The row of an item that is being added; true where it was clicked.
    fn new_row(&self, ui: &mut Ui, scene: Scene<'_>) -> bool {
        let chosen = self.shown.as_deref() == Some(NEW);
        let (rect, response) = allocate(ui, ROW);
        ground(ui, scene, rect, chosen, response.hovered());
        let text = scene.words.t("catalogue-new");
        let at = Pos2::new(rect.left() + 10.0, rect.center().y);
        one_line(ui, at, rect.right() - 10.0, text, scene.colors.text);
        response
            .widget_info(|| WidgetInfo::selected(egui::accesskit::Role::ListBoxOption, true, chosen, text));
        response.clicked()
    }

    /// The row of an item; true where it was clicked.
    fn row(&self, ui: &mut Ui, scene: Scene<'_>, item: &Item, follow: bool) -> bool {
        let (rect, response) = allocate(ui, ROW);
        let chosen = self.shown.as_deref() == Some(&item.code);
        if chosen && follow {
            response.scroll_to_me_animation(None, egui::style::ScrollAnimation::none());
        }
        if !ui.is_rect_visible(rect) {
            return false;
        }
        ground(ui, scene, rect, chosen, response.hovered());
        let (colors, words) = (scene.colors, scene.words);
        let (left, right) = (rect.left() + 10.0, rect.right() - 10.0);
        let (upper, lower) = (rect.top() + 14.0, rect.top() + 33.0);
        let changed = self.drafts.get(&item.code).is_some_and(super::Draft::is_changed);
        let state = match (changed, item.retired) {
            (true, _) => words.t("catalogue-changed"),
            (false, true) => words.t("catalogue-retired"),
            (false, false) => "",
        };
        let state_color = if changed { colors.amber_text } else { colors.weak };
        let name_right = at_right(ui, Pos2::new(right, upper), state, state_color);
        let version = match item.version {
            0 => String::new(),
            n => words.n("catalogue-version", n as usize),
        };
        let second_right = at_right(ui, Pos2::new(right, lower), &version, colors.weak);
        let name = item.name.get(words.lang);
        let name_color = if item.retired { colors.weak } else { colors.text };
        one_line(ui, Pos2::new(left, upper), name_right, name, name_color);
        let limit = report_form::limit(scene, item);
        let second = format!("{} · {} · {limit}", item.code, words.domain(&item.domain));
        one_line(ui, Pos2::new(left, lower), second_right, &second, colors.weak);
        response.widget_info(|| {
            let spoken = format!("{} {name}, {second} {state} {version}", item.class.letter());
            WidgetInfo::selected(egui::accesskit::Role::ListBoxOption, true, chosen, spoken)
        });
        response.clicked()
    }
}

fn allocate(ui: &mut Ui, height: f32) -> (Rect, egui::Response) {
    // The field has the focus; rows would only be in the way of the Tab key.
    ui.allocate_exact_size(Vec2::new(ui.available_width(), height), Sense::CLICK)
}

fn ground(ui: &Ui, scene: Scene<'_>, rect: Rect, chosen: bool, hovered: bool) {
    if chosen || hovered {
        let fill = if chosen {
            scene.colors.accent_ground
        } else {
            scene.colors.raised
        };
        ui.painter()
            .rect_filled(rect.shrink2(Vec2::new(0.0, 1.0)), 4.0, fill);
    }
}

/// Paints a text that ends at `right_center`; where the text before it has to end.
fn at_right(ui: &Ui, right_center: Pos2, text: &str, color: egui::Color32) -> f32 {
    if text.is_empty() {
        return right_center.x;
    }
    let font = FontId::proportional(theme::BODY);
    let painted = ui
        .painter()
        .text(right_center, Align2::RIGHT_CENTER, text, font, color);
    painted.left() - 8.0
}

fn heading(ui: &mut Ui, scene: Scene<'_>, class: Class, count: usize) {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), HEAD), Sense::hover());
    let colors = scene.colors;
    let y = rect.bottom() - 15.0;
    marks::class_mark(
        ui.painter(),
        Pos2::new(rect.left() + 18.0, y),
        20.0,
        class,
        colors.case_fill,
        marks::letter_on(colors),
    );
    let count = scene.words.n("report-domain-count", count);
    let right = at_right(ui, Pos2::new(rect.right() - 10.0, y), &count, colors.weak);
    let name = scene.words.class(class);
    one_line(ui, Pos2::new(rect.left() + 36.0, y), right, name, colors.text);
    response
        .widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Label, true, format!("{name} {count}")));
}
