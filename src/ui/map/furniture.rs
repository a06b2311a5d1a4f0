//! What stands on the map: buttons, scale bar, coordinates, notes, tips and lists.

use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align, Align2, Area, Button, Color32, Frame, Id, ImageSource, Key, Layout, Margin, Order, Pos2, Rect,
    Response, RichText, ScrollArea, Sense, Stroke, StrokeKind, Tooltip, Ui, UiBuilder, Vec2, WidgetInfo,
    pos2, vec2,
};

use chrono::{DateTime, Utc};

use crate::case::CaseId;
use crate::town::{Class, PlaceKind, Wgs84};
use crate::ui::keys::{self, Deed};
use crate::ui::{Intent, Scene, icons, theme};

use super::camera::{Bounds, View, mercator, scale_bar, wgs84};
use super::layers::draw::kinds;
use super::pixels::Sign;
use super::server::Condition;
use super::server_words::fault_words;
use super::{MapView, NoBase, legend};

/// Distance of all furniture from the map's edge, in points.
const MARGIN: f32 = 8.0;
/// Height of the line at the map's foot, in points.
const FOOT: f32 = 24.0;
/// The longest a scale bar may be, in points.
const SCALE_ROOM: f32 = 120.0;
/// On a map that is not as wide as this, the position at the foot needs room that the scale bar has elsewhere.
const NARROW: f32 = 720.0;
/// Width of the column of buttons, in points.
const COLUMN: f32 = theme::HIT + 4.0;

const LAYERS: ImageSource<'static> = eframe::egui::include_image!("../../../assets/icons/layers.svg");
const ZOOM_IN: ImageSource<'static> = eframe::egui::include_image!("../../../assets/icons/zoom-in.svg");
const ZOOM_OUT: ImageSource<'static> = eframe::egui::include_image!("../../../assets/icons/zoom-out.svg");
const HOME: ImageSource<'static> = eframe::egui::include_image!("../../../assets/icons/maximize.svg");
const RULER: ImageSource<'static> = eframe::egui::include_image!("../../../assets/icons/ruler.svg");
const LASSO: ImageSource<'static> = eframe::egui::include_image!("../../../assets/icons/lasso-select.svg");
const LIST: ImageSource<'static> = eframe::egui::include_image!("../../../assets/icons/list.svg");

impl MapView {
    /// Draws all that stands on the map.
    pub(super) fn furniture(
        &mut self,
        ui: &mut Ui,
        map: &Response,
        scene: &Scene<'_>,
        view: &View,
        _intents: &mut Vec<Intent>,
    ) {
        let area = view.rect.shrink(MARGIN);
        if !self.is_second {
            self.buttons(ui, scene, area);
        }
        self.foot(ui, map, scene, view);
        let notes = self.notes(ui, scene, view, area);
        let cards = Rect::from_min_max(area.min, pos2(area.right(), area.bottom() - FOOT));
        self.cards(ui, scene, cards);
        if self.settings.legend && !self.panel.is_open {
            self.legend(ui, scene, area);
        }
        self.layer_panel(ui, scene, cards, area.right() - COLUMN - MARGIN);
        if self.picking {
            hint(
                ui,
                area,
                notes,
                scene.words.t("map-pick-hint"),
                scene.colors.accent,
            );
        } else if self.is_selecting() {
            hint(
                ui,
                area,
                notes,
                scene.words.t("map-select-hint"),
                scene.colors.accent,
            );
        }
    }

    fn buttons(&mut self, ui: &mut Ui, scene: &Scene<'_>, area: Rect) {
        let column = Rect::from_min_max(pos2(area.right() - COLUMN, area.top()), area.max);
        let mut child = ui.new_child(
            UiBuilder::new()
                .max_rect(column)
                .layout(Layout::top_down(Align::Max))
                .id_salt("map buttons"),
        );
        let ui = &mut child;
        ui.spacing_mut().item_spacing.y = 4.0;
        let layers = icon_button(
            ui,
            LAYERS,
            scene,
            scene.words.t("map-layers"),
            &keys::hint(scene.words, Deed::Layers),
        );
        if layers.clicked() {
            self.toggle_layers();
        }
        let legend = icon_button(
            ui,
            LIST,
            scene,
            scene.words.t("map-legend"),
            scene.words.t("map-legend"),
        );
        if legend.clicked() {
            self.settings.legend = !self.settings.legend;
        }
        let hint = |deed| keys::hint(scene.words, deed);
        // Its hand belongs to the corners while boundaries are edited.
        let lasso = ui.add_enabled_ui(!self.editing, |ui| {
            icon_button(
                ui,
                LASSO,
                scene,
                scene.words.t("deed-select-area"),
                &hint(Deed::SelectArea),
            )
        });
        let lasso = lasso
            .inner
            .on_disabled_hover_text(scene.words.t("map-select-editing"));
        if self.is_selecting() {
            let stroke = Stroke::new(2.0, scene.colors.accent);
            ui.painter()
                .rect_stroke(lasso.rect, 4.0, stroke, StrokeKind::Inside);
        }
        if lasso.clicked() {
            self.set_selecting(!self.is_selecting());
        }
        ui.add_space(4.0);
        if icon_button(
            ui,
            ZOOM_IN,
            scene,
            scene.words.t("deed-zoom-in"),
            &hint(Deed::ZoomIn),
        )
        .clicked()
        {
            self.zoom_in();
        }
        if icon_button(
            ui,
            ZOOM_OUT,
            scene,
            scene.words.t("deed-zoom-out"),
            &hint(Deed::ZoomOut),
        )
        .clicked()
        {
            self.zoom_out();
        }
        if icon_button(ui, HOME, scene, scene.words.t("deed-home"), &hint(Deed::Home)).clicked() {
            self.home(scene.town);
        }
        let measure = icon_button(
            ui,
            RULER,
            scene,
            scene.words.t("deed-measure"),
            &hint(Deed::Measure),
        );
        if measure.clicked() {
            self.toggle_measure();
        }
    }

    /// The line at the foot: scale, position under the pointer, whom to name, and that boundaries are drafts.
    fn foot(&self, ui: &mut Ui, map: &Response, scene: &Scene<'_>, view: &View) {
        let rect = Rect::from_min_max(pos2(view.rect.left(), view.rect.bottom() - FOOT), view.rect.max);
        let (scale_room, share) = match rect.width() < NARROW {
            true => (SCALE_ROOM / 2.0, 0.55),
            false => (SCALE_ROOM, 0.5),
        };
        let middle = rect.left() + share * rect.width();
        let left = Rect::from_min_max(rect.min + vec2(MARGIN, 0.0), pos2(middle, rect.bottom()));
        let mut child = ui.new_child(
            UiBuilder::new()
                .max_rect(left)
                .layout(Layout::left_to_right(Align::Center))
                .id_salt("map foot"),
        );
        draw_scale(&mut child, scene, view, scale_room);
        if let Some(at) = map.hover_pos() {
            let text = position_text(scene, wgs84(view.unscreen(at)));
            plate(&mut child, &text, scene.colors.text, scene);
        }
        // Whom to name has all the room that is left.
        let left = child.min_rect().right() + MARGIN;
        let right = Rect::from_min_max(pos2(left, rect.top()), rect.max - vec2(MARGIN, 0.0));
        let mut child = ui.new_child(
            UiBuilder::new()
                .max_rect(right)
                .layout(Layout::right_to_left(Align::Center))
                .id_salt("map notes"),
        );
        let kinds = kinds(&self.shown);
        let boundaries = kinds.communities || kinds.base_grids || kinds.party_grids || kinds.blocks;
        if boundaries && self.outlines.schematic_in_view(view) {
            let note = plate(
                &mut child,
                scene.words.t("map-schematic"),
                scene.colors.weak,
                scene,
            );
            note.on_hover_text(scene.town.note.get(scene.words.lang));
        }
        if let Some(text) = self.base.attribution() {
            plate(&mut child, text, scene.colors.weak, scene);
        }
    }

    /// Notes at the upper left: why there is no ground, cases without a place, cases out of sight. Answers the ground that
    /// they take.
    fn notes(&mut self, ui: &mut Ui, scene: &Scene<'_>, view: &View, area: Rect) -> Rect {
        let column = Rect::from_min_max(
            area.min,
            pos2(area.right() - COLUMN - MARGIN, area.bottom() - FOOT),
        );
        let mut child = ui.new_child(
            UiBuilder::new()
                .max_rect(column)
                .layout(Layout::top_down(Align::Min))
                .id_salt("map left"),
        );
        let ui = &mut child;
        ui.spacing_mut().item_spacing.y = 4.0;
        let fault = if self.shown.base_map {
            self.base.fault(ui.ctx())
        } else {
            None
        };
        if let Some(text) = fault
            .as_ref()
            .filter(|f| **f != NoBase::Off)
            .and_then(|f| f.words(scene.words))
        {
            let shown = note(ui, scene, &text, scene.colors.amber_text);
            if let Some(NoBase::Server(Some(fault))) = &fault {
                shown.on_hover_text(fault.to_string());
            }
        }
        if let Some(condition) = self.base.condition().filter(|condition| condition.is_poor()) {
            let text = condition_words(condition, scene);
            let shown = note(ui, scene, &text, scene.colors.amber_text);
            if let Some(fault) = &condition.fault {
                shown.on_hover_text(fault.to_string());
            }
        }
        if self.hides_now {
            note(ui, scene, scene.words.t("past-layers"), scene.colors.text);
        }
        if !self.shown.cases {
            return ui.min_rect();
        }
        let unplaced = scene.board.unplaced();
        if unplaced > 0 {
            let text = scene.words.n("map-unplaced", unplaced);
            note(ui, scene, &text, scene.colors.text).on_hover_text(scene.words.t("map-unplaced-tip"));
        }
        self.outside(ui, scene, view);
        ui.min_rect()
    }

    /// A button that shows the cases which lie outside the town, where some do and are out of sight.
    fn outside(&mut self, ui: &mut Ui, scene: &Scene<'_>, view: &View) {
        let mut home = self.outlines.all_bounds();
        let seen = view.bounds(0.0);
        home.add(seen.min);
        home.add(seen.max);
        let mut count = self.cases.outside(&home);
        let mut rough = Bounds::NOTHING;
        for (key, areas) in scene.board.areas() {
            if let crate::board::AreaKey::Elsewhere { about, .. } = key {
                let at = mercator(*about);
                rough.add(at);
                if !home.contains(at) {
                    count += areas.total(scene.selection.centre) as usize;
                }
            }
        }
        if count > 0 && ui.button(scene.words.n("map-outside", count)).clicked() {
            let all = self.cases.bounds();
            self.camera.fit(Bounds::around(
                [all.min, all.max, rough.min, rough.max, seen.min, seen.max]
                    .into_iter()
                    .filter(|p| p[0].is_finite()),
            ));
        }
    }

    fn legend(&self, ui: &Ui, scene: &Scene<'_>, area: Rect) {
        let Some(atlas) = &self.atlas else { return };
        let corner = pos2(area.right() - COLUMN - MARGIN, area.top());
        Area::new(Id::unique("map legend"))
            .order(Order::Middle)
            .pivot(Align2::RIGHT_TOP)
            .fixed_pos(corner)
            .constrain_to(area)
            .movable(false)
            .show(ui.ctx(), |ui| {
                Frame::popup(ui.style()).show(ui, |ui| legend::show(ui, scene, atlas));
            });
    }
}

fn icon_button(
    ui: &mut Ui,
    icon: ImageSource<'static>,
    scene: &Scene<'_>,
    name: &str,
    hint: &str,
) -> Response {
    let button = Button::image(icons::icon(icon, scene.colors.text)).min_size(Vec2::splat(theme::HIT));
    let response = ui.add(button).on_hover_text(hint);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    response
}

/// Words on a small ground of their own, one line.
fn plate(ui: &mut Ui, text: &str, color: Color32, scene: &Scene<'_>) -> Response {
    let frame = Frame::new()
        .fill(scene.colors.panel)
        .corner_radius(3)
        .inner_margin(Margin::symmetric(6, 0));
    frame
        .show(ui, |ui| {
            ui.add(eframe::egui::Label::new(RichText::new(text).color(color)).truncate())
        })
        .inner
}

/// How many tiles in view are missing or old, since when, and why.
fn condition_words(condition: &Condition, scene: &Scene<'_>) -> String {
    let words = scene.words;
    let mut lines = Vec::new();
    if condition.missing > 0 {
        lines.push(words.n("tiles-missing", condition.missing));
    }
    if let Some(oldest) = condition
        .oldest_ms
        .and_then(DateTime::<Utc>::from_timestamp_millis)
    {
        let day = oldest
            .with_timezone(&scene.town.timezone)
            .format("%Y-%m-%d %H:%M");
        let args = [("n", condition.stale.into()), ("day", day.to_string().into())];
        lines.push(words.f("tiles-stale", &args));
    }
    lines.extend(condition.fault.as_ref().map(|fault| fault_words(fault, words)));
    lines.join("\n")
}

/// A note with room for a few lines.
fn note(ui: &mut Ui, scene: &Scene<'_>, text: &str, color: Color32) -> Response {
    let frame = Frame::new()
        .fill(scene.colors.panel)
        .stroke(Stroke::new(1.0, scene.colors.line))
        .corner_radius(4)
        .inner_margin(Margin::symmetric(8, 4));
    let shown = frame.show(ui, |ui| {
        ui.set_max_width(ui.available_width().min(420.0));
        ui.label(RichText::new(text).color(color))
    });
    shown.inner
}

/// What the next click is for, above the map's middle; below the notes where it would cover them.
fn hint(ui: &mut Ui, area: Rect, notes: Rect, text: &str, color: Color32) {
    let room = area.width() - COLUMN - MARGIN;
    let at = pos2(area.center().x.min(area.left() + room / 2.0), area.top() + 16.0);
    let mut rect = Rect::from_center_size(at, vec2(room.min(520.0), 32.0));
    if notes.is_positive() && notes.intersects(rect) {
        rect = rect.translate(vec2(0.0, notes.bottom() + MARGIN - rect.top()));
    }
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(rect)
            .layout(Layout::centered_and_justified(eframe::egui::Direction::TopDown)),
    );
    let fill = child.visuals().panel_fill;
    Frame::new()
        .fill(fill)
        .stroke(Stroke::new(1.5, color))
        .corner_radius(4)
        .show(&mut child, |ui| {
            // A drag that begins here is the map's.
            ui.add(eframe::egui::Label::new(text).selectable(false))
        });
}

fn draw_scale(ui: &mut Ui, scene: &Scene<'_>, view: &View, room: f32) {
    let (metres, points) = scale_bar(view, room);
    let text = if metres < 1000.0 {
        scene.words.n("distance-m", metres.round() as usize)
    } else {
        scene.words.f(
            "distance-km",
            &[("km", (metres / 1000.0).round().to_string().into())],
        )
    };
    let label = plate(ui, &text, scene.colors.text, scene);
    let (rect, _) = ui.allocate_exact_size(vec2(points, FOOT), Sense::hover());
    let y = label.rect.bottom() - 3.0;
    let bar = [
        pos2(rect.left(), y - 6.0),
        pos2(rect.left(), y),
        pos2(rect.right(), y),
        pos2(rect.right(), y - 6.0),
    ];
    let painter = ui.painter();
    painter.line(bar.to_vec(), Stroke::new(4.0, scene.colors.ground));
    painter.line(bar.to_vec(), Stroke::new(1.5, scene.colors.text));
}

fn position_text(scene: &Scene<'_>, at: Wgs84) -> String {
    let mut text = format!("{:.5}, {:.5}", at.lat, at.lon);
    for kind in [PlaceKind::Community, PlaceKind::BaseGrid] {
        if let Some(place) = scene.town.places.at(at, kind) {
            text.push_str(" · ");
            text.push_str(scene.town.places.get(place).name.get(scene.words.lang));
        }
    }
    text
}

/// A case in one line: number, item, time.
pub fn case_line(scene: &Scene<'_>, case: CaseId) -> String {
    let Some(live) = scene.board.get(case) else {
        return case.to_string();
    };
    let case = &live.case;
    let item = item_name(scene, case);
    format!(
        "{} {} {} · {}",
        case.class.letter(),
        case.id,
        item,
        scene.words.time_left(&live.time_left(scene.now))
    )
}

fn item_name<'a>(scene: &Scene<'a>, case: &'a crate::case::Case) -> &'a str {
    scene
        .town
        .catalogue
        .by_code(&case.item)
        .map_or(&*case.item, |item| item.name.get(scene.words.lang))
}

/// The tip of a case under the pointer.
pub fn case_tip(map: &Response, scene: &Scene<'_>, case: CaseId) {
    let Some(live) = scene.board.get(case) else { return };
    Tooltip::for_enabled(map).at_pointer().gap(14.0).show(|ui| {
        let case = &live.case;
        let time = live.time_left(scene.now);
        let title = format!("{} {} {}", case.class.letter(), case.id, item_name(scene, case));
        ui.label(RichText::new(title).font(theme::strong_font(theme::BODY)));
        let clock = RichText::new(scene.words.time_left(&time)).color(scene.colors.clock_text(time.state));
        ui.horizontal(|ui| {
            ui.label(scene.words.stage(case.stage));
            ui.label(clock);
        });
        if let Some(handler) = &case.handler {
            ui.label(scene.town.handler_name(handler, scene.words.lang));
        }
    });
}

/// The tip of a group under the pointer: how many of each class, how many late.
pub fn group_tip(map: &Response, scene: &Scene<'_>, group: &Sign) {
    Tooltip::for_enabled(map).at_pointer().gap(14.0).show(|ui| {
        let title = scene.words.n("map-group", group.count());
        ui.label(RichText::new(title).font(theme::strong_font(theme::BODY)));
        let classes = Class::ALL.into_iter().filter(|c| group.classes[*c as usize] > 0);
        let parts: Vec<String> = classes
            .map(|c| format!("{} {}", c.letter(), group.classes[c as usize]))
            .collect();
        ui.label(parts.join(" · "));
        let [_, soon, overdue] = group.urgencies;
        if overdue > 0 {
            ui.label(
                RichText::new(scene.words.n("map-group-overdue", overdue as usize))
                    .color(scene.colors.red_text),
            );
        }
        if soon > 0 {
            ui.label(
                RichText::new(scene.words.n("map-group-soon", soon as usize)).color(scene.colors.amber_text),
            );
        }
    });
}

/// A group in one line: how many cases, of which classes, how many late.
pub fn group_line(scene: &Scene<'_>, group: &Sign) -> String {
    let mut parts = vec![scene.words.n("map-group", group.count())];
    let classes = Class::ALL.into_iter().filter(|c| group.classes[*c as usize] > 0);
    parts.extend(classes.map(|c| format!("{} {}", c.letter(), group.classes[c as usize])));
    let [_, soon, overdue] = group.urgencies;
    for (n, words) in [(overdue, "map-group-overdue"), (soon, "map-group-soon")] {
        if n > 0 {
            parts.push(scene.words.n(words, n as usize));
        }
    }
    parts.join(" · ")
}

/// A tip of plain words.
pub fn tip(map: &Response, text: &str) {
    Tooltip::for_enabled(map)
        .at_pointer()
        .gap(14.0)
        .show(|ui| ui.label(text));
}

/// What became of a list of cases.
pub enum ListAnswer {
    /// It stays.
    Open,
    /// It was left.
    Close,
    /// This case was chosen.
    Chose(CaseId),
}

/// The list of cases that lie on one spot.
pub fn case_list(ui: &Ui, at: Pos2, cases: &[CaseId], scene: &Scene<'_>) -> ListAnswer {
    let mut answer = ListAnswer::Open;
    let area = Area::new(Id::unique("map list"))
        .order(Order::Foreground)
        .fixed_pos(at + vec2(16.0, -8.0));
    area.constrain(true).show(ui.ctx(), |ui| {
        Frame::popup(ui.style()).show(ui, |ui| {
            ScrollArea::vertical()
                .max_height(320.0)
                .show_rows(ui, theme::HIT, cases.len(), |ui, range| {
                    for case in &cases[range] {
                        let button = Button::new(case_line(scene, *case)).frame(false);
                        if ui.add(button.min_size(vec2(240.0, theme::HIT))).clicked() {
                            answer = ListAnswer::Chose(*case);
                        }
                    }
                });
        });
    });
    if ui.input(|i| i.key_pressed(Key::Escape)) {
        return ListAnswer::Close;
    }
    answer
}
