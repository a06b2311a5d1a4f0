//! The panel of layers: which are shown, in which order, how strongly, at which scales.

use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align, Align2, Area, Button, Color32, CursorIcon, Frame, Id, ImageSource, Label, Layout, Order, Rect,
    Response, RichText, ScrollArea, Sense, Slider, TextEdit, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use crate::ui::keys::{self, Deed};
use crate::ui::{Scene, Words, icons, theme};

use super::super::MapView;
use super::super::camera::{MAX_ZOOM, MIN_ZOOM};
use super::{Arrangement, Layer, Layers, Manner, options, symbol};

/// Width of the panel, in points.
pub const WIDTH: f32 = 344.0;
/// Its margins, and what stands between it and the map's right edge, in points.
const BESIDE: f32 = 72.0;
/// Height of a row, in points.
const ROW: f32 = 30.0;
/// Millimetres of a point on a screen of 96 points to the inch.
const POINT_MM: f64 = 0.264_583;

const UP: ImageSource<'static> = eframe::egui::include_image!("../../../../assets/icons/chevron-up.svg");
const DOWN: ImageSource<'static> = eframe::egui::include_image!("../../../../assets/icons/chevron-down.svg");
const RIGHT: ImageSource<'static> =
    eframe::egui::include_image!("../../../../assets/icons/chevron-right.svg");
const CLOSE: ImageSource<'static> = eframe::egui::include_image!("../../../../assets/icons/x.svg");

/// What the panel remembers while the map is open.
#[derive(Default)]
pub struct LayerPanel {
    /// Whether it is shown.
    pub is_open: bool,
    /// The row whose options are shown.
    pub unfolded: Option<Layer>,
    search: String,
    /// Height of the legends of the layers in the last frame, in points.
    pub cards_height: Option<f32>,
    /// Whether they had another height in the frame before.
    pub cards_moved: bool,
    /// The layer that a hand drags.
    dragged: Option<Layer>,
    /// The row that is to be brought into view.
    scroll_to: Option<Layer>,
}

impl LayerPanel {
    /// How far it and the buttons beside it reach into the map from its right edge, in points.
    pub fn reach(&self) -> f32 {
        if self.is_open {
            WIDTH + BESIDE
        } else {
            BESIDE - 16.0
        }
    }

    /// Shows the options of a layer.
    pub fn unfold(&mut self, layer: Layer) {
        self.is_open = true;
        self.search.clear();
        self.unfolded = Some(layer);
        self.scroll_to = Some(layer);
    }
}

impl MapView {
    /// Shows the panel of layers, or no longer.
    pub fn toggle_layers(&mut self) {
        self.panel.is_open = !self.panel.is_open;
    }

    /// Closes the panel of layers; false where it was not open.
    pub fn close_layers(&mut self) -> bool {
        std::mem::take(&mut self.panel.is_open)
    }

    /// Switches a layer on or off.
    pub fn toggle_layer(&mut self, layer: Layer) {
        let on = self.settings.layers.switch(layer);
        *on = !*on;
    }

    /// Draws the panel, where it is open, with its upper right corner there.
    pub(in crate::ui::map) fn layer_panel(&mut self, ui: &Ui, scene: &Scene<'_>, area: Rect, right: f32) {
        if !self.panel.is_open {
            return;
        }
        let height = area.height() - 8.0;
        Area::new(Id::unique("map layers"))
            .order(Order::Middle)
            .pivot(Align2::RIGHT_TOP)
            .fixed_pos(pos2(right, area.top()))
            .constrain_to(area)
            .movable(false)
            .show(ui.ctx(), |ui| {
                Frame::popup(ui.style()).show(ui, |ui| {
                    ui.set_width(WIDTH.min(area.width() - 24.0));
                    self.head(ui, scene);
                    ui.separator();
                    ScrollArea::vertical()
                        .max_height((height - 130.0).max(120.0))
                        .auto_shrink([false, true])
                        .show(ui, |ui| self.rows(ui, scene));
                    ui.separator();
                    self.reset(ui, scene.words);
                });
            });
    }

    fn head(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let words = scene.words;
        ui.horizontal(|ui| {
            ui.label(RichText::new(words.t("map-layers")).font(theme::strong_font(theme::BODY)));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let close = words.t("map-layers-close");
                if small_button(ui, CLOSE, close, close, scene.colors.text).clicked() {
                    self.panel.is_open = false;
                }
                ui.label(RichText::new(keys::key_name(Deed::Layers)).color(scene.colors.weak));
            });
        });
        let search = TextEdit::singleline(&mut self.panel.search)
            .hint_text(words.t("map-layers-search"))
            .desired_width(f32::INFINITY);
        let field = ui.add(search);
        field.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, words.t("map-layers-search")));
    }

    fn reset(&mut self, ui: &mut Ui, words: &Words) {
        ui.horizontal(|ui| {
            let reset = ui.button(words.t("map-layers-reset"));
            if reset.on_hover_text(words.t("map-layers-reset-tip")).clicked() {
                self.settings.layers = Layers::default();
                self.settings.arrangement = Arrangement::default();
                self.settings.heat = Default::default();
                self.settings.areas = Default::default();
            }
        });
    }

    fn rows(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        ui.spacing_mut().item_spacing.y = 2.0;
        let wanted = self.panel.search.trim().to_lowercase();
        let order = self.settings.arrangement.order();
        let found: Vec<Layer> = order
            .into_iter()
            .filter(|layer| scene.words.t(layer.words()).to_lowercase().contains(&wanted))
            .collect();
        if found.is_empty() {
            ui.label(RichText::new(scene.words.t("map-layers-none")).color(scene.colors.weak));
        }
        let mut tops = Vec::with_capacity(found.len());
        for layer in &found {
            let row = self.row(ui, *layer, scene, wanted.is_empty());
            tops.push((*layer, row.top(), row.center().y));
            if self.panel.unfolded == Some(*layer) {
                self.details(ui, *layer, scene);
            }
        }
        self.drag(ui, &tops);
    }

    fn row(&mut self, ui: &mut Ui, layer: Layer, scene: &Scene<'_>, can_move: bool) -> Rect {
        let words = scene.words;
        let name = words.t(layer.words());
        let lacks = self.lacks(layer, scene);
        let row = ui.horizontal(|ui| {
            ui.set_min_height(ROW);
            self.handle(ui, layer, name, scene, can_move && layer != Layer::BaseMap);
            let (rect, _) = ui.allocate_exact_size(vec2(symbol::WIDTH, ROW - 4.0), Sense::hover());
            symbol::draw(ui.painter(), rect, layer, scene.colors, self.atlas.as_ref());
            ui.add_enabled_ui(lacks.is_none(), |ui| {
                let switch = ui.checkbox(self.settings.layers.switch(layer), name);
                if let Some(lacks) = &lacks {
                    switch.on_disabled_hover_text(lacks);
                }
            });
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let open = self.panel.unfolded == Some(layer);
                let (icon, key) = if open {
                    (DOWN, "map-layers-fold")
                } else {
                    (RIGHT, "map-layers-unfold")
                };
                let hint = words.f(key, &[("layer", name.to_owned().into())]);
                if small_button(ui, icon, &hint, &hint, scene.colors.text).clicked() {
                    self.panel.unfolded = (!open).then_some(layer);
                }
                if let Some(note) = self.state(layer, scene) {
                    ui.add(Label::new(RichText::new(note).color(scene.colors.weak)).truncate());
                }
            });
        });
        if let Some(lacks) = lacks {
            ui.horizontal(|ui| {
                ui.add_space(28.0);
                ui.add(Label::new(RichText::new(lacks).color(scene.colors.weak)).wrap());
            });
        }
        if self.panel.scroll_to == Some(layer) {
            self.panel.scroll_to = None;
            ui.scroll_to_rect(row.response.rect, Some(Align::TOP));
        }
        row.response.rect
    }

    /// Six dots that a hand can take hold of.
    fn handle(&mut self, ui: &mut Ui, layer: Layer, name: &str, scene: &Scene<'_>, can_move: bool) {
        let sense = if can_move { Sense::drag() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(14.0, ROW - 4.0), sense);
        if !can_move {
            return;
        }
        let color = if response.hovered() || response.dragged() {
            scene.colors.text
        } else {
            scene.colors.faint
        };
        for (x, y) in [
            (-2.5, -5.0),
            (2.5, -5.0),
            (-2.5, 0.0),
            (2.5, 0.0),
            (-2.5, 5.0),
            (2.5, 5.0),
        ] {
            ui.painter().circle_filled(rect.center() + vec2(x, y), 1.3, color);
        }
        let hint = scene
            .words
            .f("map-layers-drag", &[("layer", name.to_owned().into())]);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, hint.as_str()));
        if response.drag_started() {
            self.panel.dragged = Some(layer);
        }
        if response.drag_stopped() {
            self.panel.dragged = None;
        }
        response.on_hover_cursor(CursorIcon::Grab).on_hover_text(&hint);
    }

    /// Moves the row that a hand drags to where the pointer is.
    fn drag(&mut self, ui: &Ui, rows: &[(Layer, f32, f32)]) {
        let Some(layer) = self.panel.dragged else { return };
        if !ui.input(|i| i.pointer.any_down()) {
            self.panel.dragged = None;
            return;
        }
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        let Some(pointer) = ui.input(|i| i.pointer.interact_pos()) else {
            return;
        };
        // The rows above the pointer's, but for the one that is dragged.
        let above = rows
            .iter()
            .filter(|(other, _, middle)| *other != layer && *middle < pointer.y);
        self.settings.arrangement.place(layer, above.count());
    }

    fn details(&mut self, ui: &mut Ui, layer: Layer, scene: &Scene<'_>) {
        let words = scene.words;
        ui.indent(("layer options", layer), |ui| {
            ui.spacing_mut().slider_width = 130.0;
            let mut manner = self.settings.arrangement.manner(layer);
            let percent = |n: f64, _| format!("{:.0} %", n * 100.0);
            let opacity = Slider::new(&mut manner.opacity, 0.0..=1.0)
                .step_by(0.05)
                .custom_formatter(percent)
                .custom_parser(|text| Some(text.trim_end_matches('%').trim().parse::<f64>().ok()? / 100.0))
                .text(words.t("map-layers-opacity"));
            ui.add(opacity);
            let per_point = self.camera.view().metres_per_point() * self.camera.view().zoom.exp2();
            let scale = |zoom: f64, _: std::ops::RangeInclusive<usize>| match zoom {
                // The widest and the nearest view are no limits.
                MIN_ZOOM | MAX_ZOOM => words.t("map-scale-any").to_owned(),
                zoom => scale_text(words, per_point, zoom),
            };
            let ends = [
                (&mut manner.from, "map-layers-from"),
                (&mut manner.to, "map-layers-to"),
            ];
            for (zoom, key) in ends {
                let slider = Slider::new(zoom, MIN_ZOOM..=MAX_ZOOM)
                    .step_by(0.5)
                    .custom_formatter(scale)
                    .text(words.t(key));
                ui.add(slider);
            }
            manner.to = manner.to.max(manner.from);
            if manner != self.settings.arrangement.manner(layer) {
                self.settings.arrangement.set_manner(layer, manner);
            }
            if layer != Layer::BaseMap {
                self.move_buttons(ui, layer, scene);
            }
            options::show(self, ui, layer, scene);
            ui.add_space(6.0);
        });
    }

    fn move_buttons(&mut self, ui: &mut Ui, layer: Layer, scene: &Scene<'_>) {
        let words = scene.words;
        let order = self.settings.arrangement.order();
        let place = order.iter().position(|other| *other == layer).unwrap_or(0);
        ui.horizontal(|ui| {
            ui.label(words.t("map-layers-order"));
            let moves = [
                (UP, "map-layers-up", -1, place > 0),
                (DOWN, "map-layers-down", 1, place + 2 < order.len()),
            ];
            for (icon, key, by, can) in moves {
                ui.add_enabled_ui(can, |ui| {
                    if small_button(ui, icon, words.t(key), words.t(key), scene.colors.text).clicked() {
                        self.settings.arrangement.move_by(layer, by);
                    }
                });
            }
        });
    }

    /// What the town's data lacks for a layer, and which file would give it.
    fn lacks(&self, layer: Layer, scene: &Scene<'_>) -> Option<String> {
        let words = scene.words;
        let has = |kind| scene.town.places.of_kind(kind).next().is_some();
        use crate::town::PlaceKind;
        let key = match layer {
            Layer::Facilities if scene.town.sites.facilities.is_none() => "map-lacks-facilities",
            Layer::Dwellings if scene.town.sites.dwellings.is_none() => "map-lacks-dwellings",
            Layer::PartyGrids if !has(PlaceKind::PartyGrid) => "map-lacks-party-grids",
            Layer::Blocks if !has(PlaceKind::Block) => "map-lacks-blocks",
            Layer::BaseGrids if !has(PlaceKind::BaseGrid) => "map-lacks-base-grids",
            Layer::Communities if !has(PlaceKind::Community) => "map-lacks-communities",
            _ => return None,
        };
        Some(words.t(key).to_owned())
    }

    /// How a layer that is on stands: not at this scale, still being worked out, nothing to show.
    fn state(&self, layer: Layer, scene: &Scene<'_>) -> Option<String> {
        if !self.settings.layers.is_on(layer) {
            return None;
        }
        let manner: Manner = self.settings.arrangement.manner(layer);
        let zoom = self.camera.view().zoom;
        let key = if zoom < manner.from {
            "map-layers-too-wide"
        } else if !manner.is_in_range(zoom) {
            "map-layers-too-near"
        } else if layer == Layer::Heat && self.heat.is_busy()
            || layer == Layer::Choropleth && self.choropleth.is_busy()
        {
            "map-layers-busy"
        } else if matches!(layer, Layer::Units | Layer::Traces) {
            let presence = scene.board.presence();
            if self.presence.is_asked() {
                "map-layers-busy"
            } else if presence.last(scene.now).next().is_none() {
                "map-units-none"
            } else {
                return None;
            }
        } else {
            return None;
        };
        Some(scene.words.t(key).to_owned())
    }
}

/// A zoom level as a scale on a common screen: "1:17000". `per_point` is metres per point at zoom 0.
fn scale_text(words: &Words, per_point: f64, zoom: f64) -> String {
    let one_to = per_point / zoom.exp2() / (POINT_MM / 1000.0);
    // Two digits are enough to tell them apart.
    let power = 10.0_f64.powf(one_to.max(1.0).log10().floor() - 1.0);
    let round = (one_to / power).round() * power;
    words.f("map-scale", &[("n", format!("{round:.0}").into())])
}

fn small_button(ui: &mut Ui, icon: ImageSource<'static>, name: &str, hint: &str, color: Color32) -> Response {
    let button = Button::image(icons::icon(icon, color))
        .frame(false)
        .min_size(Vec2::splat(26.0));
    let response = ui.add(button).on_hover_text(hint);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::town::Lang;

    #[test]
    fn zoom_levels_are_told_as_scales() {
        let words = Words::new(Lang::Zh);
        // Metres per point at zoom 0, at 22.7 degrees.
        let per_point = 144_415.0;
        assert_eq!(scale_text(&words, per_point, 15.0), "1:17000");
        assert_eq!(scale_text(&words, per_point, 18.0), "1:2100");
        let words = Words::new(Lang::En);
        assert_eq!(scale_text(&words, per_point, 12.0), "1:130000");
    }
}
