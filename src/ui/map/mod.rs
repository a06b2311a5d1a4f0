//! The map: ground, boundaries, cases, and what helps to read them.
//!
//! Frames are cheap: the ground is drawn by the graphics card from tiles that a thread has read, boundaries and marks are
//! one mesh each, names are placed anew only when others come into view. An idle map asks for no frame.

mod areas;
mod atlas;
mod base;
mod beside;
mod brush;
mod camera;
mod cases;
mod choropleth;
mod cluster;
mod finding;
mod found;
mod furniture;
mod hand;
mod heat;
mod heat_paint;
mod instances;
mod labels;
mod layers;
mod legend;
mod levels;
mod measure;
mod offline;
mod outlines;
mod paint;
mod pixels;
mod points;
mod select;
mod server;
mod server_words;
mod settings;
mod shifted;
mod sites;
mod spider;
mod style;
mod symbols;
mod tile_file;
mod tiles;
mod units;
mod zone_tool;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use eframe::egui::accesskit::{Action, Role};
use eframe::egui::{
    Context, CursorIcon, DragPanButtons, Id, Key, PointerButton, Pos2, Rect, Response, Sense, Shape, Stroke,
    Ui, UiBuilder, Vec2, WidgetInfo,
};

use crate::case::CaseId;
use crate::town::{Town, Wgs84};

use super::keys::Deed;
use super::{Intent, Scene};

use areas::Areas;
use atlas::Atlas;
use base::{BaseMap, Wish};
use camera::{Bounds, Camera, View, mercator, wgs84};
use cases::{Cases, Hit};
use labels::Labels;
use layers::ask::PresenceAsk;
use layers::panel::LayerPanel;
use measure::Measure;
use offline::Offline;
use outlines::Outlines;
use pixels::Aim;
use select::Select;
use spider::Spider;

pub use base::{BaseChoice, NoBase, install, install_is_due, install_later};
pub use choropleth::AreaSettings;
pub use cluster::{Level, Rule};
pub use heat::{HeatOf, HeatSettings};
pub use layers::ask::WHAT as LAYERS_ASK;
pub use layers::{Arrangement, Layer, Layers, Manner};
pub use paint::{WAY, Way, install_cases, prefer_way, warm_up};
pub use points::{Change, Point};
pub use server_words::template_words;
pub use settings::{CacheSettings, MapSettings};
pub use tile_file::BaseError;
pub use zone_tool::Drawn;

/// The number of the next map that is made.
static NEXT_MAP: AtomicU64 = AtomicU64::new(0);
/// Zoom levels per point of the wheel.
const WHEEL: f64 = 1.0 / 120.0;
/// A selected case this near to the edge counts as out of sight, in points.
const EDGE: f32 = 48.0;
/// At most so many cases are told to a screen reader one by one.
const SPOKEN_CASES: usize = 50;

/// The map and what it remembers from frame to frame.
pub struct MapView {
    /// Tells apart the maps of a window.
    id: u64,
    /// Whether it stands beside a first one, which has the buttons.
    is_second: bool,
    settings: MapSettings,
    camera: Camera,
    base: BaseMap,
    outlines: Outlines,
    labels: Labels,
    cases: Cases,
    areas: Areas,
    atlas: Option<Atlas>,
    picking: bool,
    /// Somebody draws boundaries: what a hand does is theirs, but for moving the map.
    editing: bool,
    /// A page lies over the map: its legends would stand on it.
    is_covered: bool,
    /// The measuring tool, while it is in the hand.
    measure: Option<Measure>,
    /// The selected case that the map has followed, or that was selected on the map.
    followed: Option<CaseId>,
    /// A click on the map has selected a place: it is in sight already.
    place_is_in_sight: bool,
    /// The tool that selects many cases.
    select: Select,
    /// Cases that lie on one spot, spread around it.
    spider: Option<Spider>,
    /// Cases that lie on one spot, listed there.
    list: Option<(Pos2, Vec<CaseId>)>,
    file_draft: String,
    offline: Offline,
    /// The database of servers' tiles.
    tiles_on_disk: Option<PathBuf>,
    panel: LayerPanel,
    /// The layers of this frame: those that are on and in their range of scales.
    shown: Layers,
    /// Whether layers that tell of now only are left out, because the map shows the past.
    hides_now: bool,
    heat: heat::Heat,
    choropleth: choropleth::Choropleth,
    sites: sites::Sites,
    units: units::Units,
    presence: PresenceAsk,
    /// Cases that were found.
    pub(super) found: found::FoundDots,
    /// The area that is searched, and the tool that draws it.
    pub(super) zone: zone_tool::ZoneTool,
    /// Where a place is that was found.
    pointed: Option<Wgs84>,
}

/// What a screen reader does with something on the map.
struct Spoken {
    /// It is pressed.
    asked: bool,
    /// It has the focus.
    focused: bool,
}

impl MapView {
    /// A map of the town, as it was left.
    pub fn new(_ctx: &Context, town: &Town, settings: MapSettings) -> Self {
        let center = settings.center.filter(|c| c.is_valid()).unwrap_or(town.center);
        let zoom = settings.zoom.filter(|z| z.is_finite()).unwrap_or(town.zoom);
        let file_draft = settings
            .file
            .as_ref()
            .map(|f| f.display().to_string())
            .unwrap_or_default();
        let mut camera = Camera::new(center, zoom);
        // A first start shows the whole town, whatever the size of the window.
        if settings.center.is_none()
            && let Some((min, max)) = town.places.bounds()
        {
            camera.fit(Bounds::around([mercator(min), mercator(max)]));
        }
        Self {
            id: NEXT_MAP.fetch_add(1, Ordering::Relaxed),
            is_second: false,
            camera,
            settings,
            base: BaseMap::default(),
            outlines: Outlines::new(&town.places),
            labels: Labels::default(),
            cases: Cases::default(),
            areas: Areas::default(),
            atlas: None,
            picking: false,
            editing: false,
            is_covered: false,
            measure: None,
            followed: None,
            place_is_in_sight: false,
            select: Select::default(),
            spider: None,
            list: None,
            file_draft,
            panel: LayerPanel::default(),
            shown: Layers::default(),
            hides_now: false,
            heat: heat::Heat::default(),
            choropleth: choropleth::Choropleth::default(),
            sites: sites::Sites::default(),
            units: units::Units::default(),
            presence: PresenceAsk::default(),
            offline: Offline::default(),
            tiles_on_disk: offline::tiles_on_disk(),
            found: Default::default(),
            zone: Default::default(),
            pointed: None,
        }
    }

    /// Boundaries of the town have changed.
    pub fn boundaries_changed(&mut self, town: &Town) {
        self.outlines = Outlines::new(&town.places);
        self.labels = Labels::default();
        self.areas = Areas::default();
        self.choropleth.boundaries_changed();
        self.list = None;
    }

    /// Brings a position into the middle; with a zoom level, at least as near as that.
    pub fn look_at(&mut self, at: Wgs84, zoom: Option<f64>) {
        if std::mem::take(&mut self.place_is_in_sight) || !at.is_valid() {
            return;
        }
        let (_, current) = self.camera.goal();
        self.camera
            .fly(mercator(at), zoom.unwrap_or(current).max(current));
    }

    /// Shows the whole town.
    pub fn home(&mut self, town: &Town) {
        match town.places.bounds() {
            Some((min, max)) => self.fit(min, max),
            None => self.camera.fly(mercator(town.center), town.zoom),
        }
    }

    /// Shows everything between the south-west and the north-east corner.
    pub fn fit(&mut self, min: Wgs84, max: Wgs84) {
        self.camera.fit(Bounds::around([mercator(min), mercator(max)]));
    }

    /// One step nearer.
    pub fn zoom_in(&mut self) {
        self.camera.fly_zoom_at(None, 1.0);
    }

    /// One step wider.
    pub fn zoom_out(&mut self) {
        self.camera.fly_zoom_at(None, -1.0);
    }

    /// Moves what is seen by that many points: positive x looks further east, positive y further south.
    pub fn pan(&mut self, by: Vec2) {
        self.camera.pan(by);
    }

    /// Whether the next click answers with its position.
    pub fn is_picking(&self) -> bool {
        self.picking
    }

    /// Asks that the next click answers with its position, or no longer.
    pub fn set_picking(&mut self, on: bool) {
        self.picking = on;
    }

    /// The map's own widget.
    pub fn widget(&self) -> Id {
        hand::map_id(self.is_second)
    }

    /// Whether one of the map's own tools has the hand.
    pub fn has_tool(&self) -> bool {
        self.measure.is_some() || self.zone.is_drawing() || self.is_selecting()
    }

    /// Leaves clicks to whoever draws on the map, or takes them again.
    pub fn set_editing(&mut self, on: bool) {
        self.editing = on;
        if on {
            self.set_selecting(false);
        }
        self.measure = None;
    }

    /// The rectangle of the screen in which the map is, as of the last frame.
    pub fn rect(&self) -> Rect {
        self.camera.view().rect
    }

    /// Which position is at that point of the screen, as of the last frame.
    pub fn unscreen(&self, at: Pos2) -> Wgs84 {
        wgs84(self.camera.view().unscreen(at))
    }

    /// Metres per point in the middle of the map.
    pub fn metres_per_point(&self) -> f64 {
        self.camera.view().metres_per_point()
    }

    /// Tells whether a page lies over the map.
    pub fn set_covered(&mut self, covered: bool) {
        self.is_covered = covered;
    }

    /// Takes the measuring tool into the hand, or puts it away.
    pub fn toggle_measure(&mut self) {
        self.set_selecting(false);
        self.measure = match self.measure {
            Some(_) => None,
            None => Some(Measure::default()),
        };
    }

    /// Whether something is being measured.
    pub fn is_measuring(&self) -> bool {
        self.measure.is_some()
    }

    /// Does what a key asks of the tool in the hand. Answers whether it asked it.
    pub fn tool_deed(&mut self, deed: Deed) -> bool {
        let (middle, _) = self.looks_at();
        self.measure.as_mut().is_some_and(|tool| tool.deed(deed, middle))
    }

    /// Whether moves are shown as a short flight; else the map jumps.
    pub fn set_motion(&mut self, on: bool) {
        self.camera.motion = on;
    }

    /// Whether all that is in view has been read and nothing moves.
    pub fn is_settled(&self) -> bool {
        !self.base.busy()
            && !self.camera.is_moving()
            && !self.cases.is_waiting()
            && !self.layers_are_busy()
            && self.found.is_settled()
    }

    /// What the map remembers between two starts.
    pub fn settings(&self) -> &MapSettings {
        &self.settings
    }

    /// What the map remembers, to be changed.
    pub fn settings_mut(&mut self) -> &mut MapSettings {
        &mut self.settings
    }

    /// The middle of the map and its zoom level.
    pub fn looks_at(&self) -> (Wgs84, f64) {
        let view = self.camera.view();
        (wgs84(view.center), view.zoom)
    }

    /// Where a position is on the screen, in points, as of the last frame.
    pub fn screen(&self, at: Wgs84) -> Pos2 {
        self.camera.view().screen(mercator(at))
    }

    /// The case whose mark is at that point of the screen, as of the last frame; none where a group's sign is.
    pub fn case_at(&self, at: Pos2) -> Option<CaseId> {
        match self.cases.hit(at, &self.camera.view(), None)? {
            Hit::Case(id) => Some(id),
            Hit::Group(_) => None,
        }
    }

    /// Draws the map into all of `ui` and answers what a hand asked for.
    pub fn show(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let rect = ui.available_rect_before_wrap();
        ui.allocate_rect(rect, Sense::hover());
        if !rect.is_positive() {
            return;
        }
        let id = hand::map_id(self.is_second);
        if !self.select_area(ui, &scene, intents) {
            self.gestures(ui, id);
        }
        let time = ui.input(|i| i.time);
        if self.camera.begin(rect, time) {
            ui.ctx().request_repaint();
        }
        self.follow(ui, &scene);
        let view = self.camera.view();
        self.remember(&view);
        let gather = !self.settings.loose;
        let (board, selection) = (scene.board, scene.selection);
        self.shown = self.settings.arrangement.drawn(self.settings.layers, view.zoom);
        self.hides_now = scene.past && beside::hide_now(&mut self.shown);
        self.cases
            .update(ui.ctx(), board, selection, scene.now, &view, gather);
        Atlas::renew(&mut self.atlas, ui.ctx(), scene.colors);

        self.draw_base(ui, &scene, rect);
        let signs: Vec<Rect> = if self.shown.cases {
            self.cases.signs(&view)
        } else {
            Vec::new()
        };
        self.draw_layers(ui, &scene, &view, &signs);
        self.draw_found(ui, &scene, &view);
        self.draw_hand(ui, &scene, &view);
        let response = ui.interact(rect, id, Sense::click_and_drag());
        self.show_focus(ui, &response, &scene);
        self.say(ui, &response, &scene, &view, intents);
        self.pointer(ui, &response, &scene, &view, intents);
        self.zone.draw(ui, &response, &scene, (&view, self.room(&view)));
        self.furniture(ui, &response, &scene, &view, intents);
        self.show_list(ui, &scene, intents);
    }

    /// Follows the hand. The answer of the map's own widget is read before it is drawn, so that the map doesn't lag.
    fn gestures(&mut self, ui: &Ui, id: Id) {
        let Some(response) = ui.ctx().read_response(id) else {
            return;
        };
        if response.dragged_by(PointerButton::Primary) || response.dragged_by(PointerButton::Middle) {
            let delta = response.drag_delta();
            if delta != Vec2::ZERO {
                self.camera.drag(delta);
                self.list = None;
            }
        }
        let drawing = self.measure.is_some() || self.zone.is_drawing();
        if response.double_clicked() && !self.picking && !drawing {
            self.camera.fly_zoom_at(response.interact_pointer_pos(), 1.0);
        }
        let Some(pointer) = response.hover_pos().filter(|_| response.contains_pointer()) else {
            return;
        };
        let (scroll, pinch) = ui.input(|i| (i.smooth_scroll_delta().y, i.zoom_delta()));
        let levels = f64::from(scroll) * WHEEL + f64::from(pinch).log2();
        if levels.abs() > 1e-4 && levels.is_finite() {
            self.camera.zoom_at(pointer, levels);
            (self.list, self.spider) = (None, None);
        }
    }

    /// Brings a case that was selected elsewhere into sight, unless a hand is on the map.
    fn follow(&mut self, ui: &Ui, scene: &Scene<'_>) {
        let selected = scene.selection.case;
        if selected == self.followed || ui.input(|i| i.pointer.any_down()) {
            return;
        }
        self.followed = selected;
        let at = selected
            .and_then(|id| scene.board.get(id))
            .and_then(|live| live.case.place.point());
        let Some(at) = at else { return };
        let view = self.camera.view();
        if !view.rect.shrink(EDGE).contains(view.screen(mercator(at))) {
            let (_, zoom) = self.camera.goal();
            self.camera.fly(mercator(at), zoom);
            ui.ctx().request_repaint();
        }
    }

    fn remember(&mut self, view: &View) {
        self.settings.center = Some(wgs84(view.center));
        self.settings.zoom = Some(view.zoom);
    }

    fn draw_base(&mut self, ui: &mut Ui, scene: &Scene<'_>, rect: Rect) {
        let choice = if self.shown.base_map {
            self.settings.base
        } else {
            BaseChoice::None
        };
        let wish = Wish {
            choice,
            file: self.settings.file.as_deref(),
            server: &self.settings.server,
            disk: self.tiles_on_disk.as_deref(),
            limit: self.settings.cache.bytes(),
            colors: scene.colors,
            lang: scene.words.lang,
        };
        let ctx = ui.ctx().clone();
        if install_is_due(&ctx) {
            return;
        }
        self.base.begin(&ctx, scene.town, &wish);
        let datum = self.base.datum();
        if let Some(tiles) = self.base.tiles(&ctx) {
            let view = self.camera.view();
            if !datum.is_wgs84() {
                shifted::draw(&ui.painter().with_clip_rect(rect), &view, datum, tiles);
                return self.base.end();
            }
            let center = wgs84(view.center);
            let center = walkers::lon_lat(center.lon, center.lat);
            let mut memory = walkers::MapMemory::default();
            memory.center_at(center);
            // The camera keeps the zoom within bounds that the library accepts.
            let _ = memory.set_zoom(view.zoom);
            let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("base map"));
            // The map has gestures of its own: the library only draws.
            child.add(
                walkers::Map::new(Some(tiles), &mut memory, center)
                    .zoom_gesture(false)
                    .panning(false)
                    .drag_pan_buttons(DragPanButtons::empty()),
            );
        }
        self.base.end();
    }

    fn draw_cases(&mut self, ui: &Ui, scene: &Scene<'_>, view: &View, signs: &[Rect]) {
        let Some(atlas) = self.atlas.as_ref().filter(|_| self.shown.cases) else {
            return;
        };
        let painter = ui.painter().with_clip_rect(view.rect.intersect(ui.clip_rect()));
        self.areas.draw(&painter, view, scene, atlas, &self.labels, signs);
        // What draws pixels or instances knows no opacity.
        let way = match paint::way(ui.ctx()) {
            _ if ui.opacity() < 1.0 => Way::Mesh,
            way => way,
        };
        let cases = &self.cases;
        let mut mesh = atlas.mesh();
        if way != Way::Pixels {
            cases.draw_signs(&mut mesh, view, atlas, scene.colors);
        }
        if way == Way::Mesh {
            cases.draw_marks(&mut mesh, view, atlas, scene.colors);
        } else {
            if !mesh.is_empty() {
                painter.add(Shape::mesh(std::mem::replace(&mut mesh, atlas.mesh())));
            }
            let job = paint::Job {
                map: self.id,
                drawing: cases.drawing().clone(),
                aim: Aim::of(view, ui.ctx().pixels_per_point()),
                letters: atlas.letters().clone(),
            };
            painter.add(job.shape(view.rect));
        }
        cases.draw_front(&mut mesh, view, atlas, scene.selection, scene.colors);
        if !mesh.is_empty() {
            painter.add(Shape::mesh(mesh));
        }
    }

    /// Tells a screen reader what is on the map. Its nodes take no clicks of the pointer: those are the map's.
    fn say(
        &mut self,
        ui: &Ui,
        response: &Response,
        scene: &Scene<'_>,
        view: &View,
        intents: &mut Vec<Intent>,
    ) {
        response.widget_info(|| {
            let shown = if self.shown.cases {
                self.cases.visible(view)
            } else {
                0
            };
            WidgetInfo::labeled(Role::Canvas, true, scene.words.n("map-label", shown))
        });
        if !self.shown.cases || !ui.ctx().has_accesskit_node(response.id) {
            return;
        }
        for (case, at) in self.cases.most_urgent(view, SPOKEN_CASES) {
            let id = response.id.with(case.0);
            self.say_case(ui, id, case, at, scene, intents);
        }
        self.say_groups(ui, response, scene, view, SPOKEN_CASES, intents);
    }

    fn say_case(
        &self,
        ui: &Ui,
        id: Id,
        case: CaseId,
        at: Pos2,
        scene: &Scene<'_>,
        intents: &mut Vec<Intent>,
    ) {
        let node = self.spoken(ui, id, at, furniture::case_line(scene, case));
        if node.asked {
            intents.push(Intent::Select(Some(case)));
        }
        if node.focused {
            intents.push(Intent::Hover(case));
        }
    }

    /// Something on the map that a screen reader can walk to and press.
    fn spoken(&self, ui: &Ui, id: Id, at: Pos2, text: String) -> Spoken {
        let rect = Rect::from_center_size(at, Vec2::splat(20.0));
        let node = ui.interact(rect, id, Sense::focusable_noninteractive());
        node.widget_info(|| WidgetInfo::labeled(Role::Button, true, text.clone()));
        ui.ctx()
            .accesskit_node_builder(id, |n| n.add_action(Action::Click));
        let focused = node.has_focus();
        let asked = ui.input(|i| {
            i.has_accesskit_action_request(id, Action::Click)
                || focused && (i.key_pressed(Key::Enter) || i.key_pressed(Key::Space))
        });
        Spoken { asked, focused }
    }

    fn pointer(
        &mut self,
        ui: &Ui,
        response: &Response,
        scene: &Scene<'_>,
        view: &View,
        intents: &mut Vec<Intent>,
    ) {
        if self.picking {
            return self.pick(ui, response, view, intents);
        }
        if self.zone.is_drawing() {
            let drawn = self.zone.pointer(ui, response, view);
            return intents.extend(drawn.map(|drawn| Intent::DrawnZone(Box::new(drawn))));
        }
        let room = self.room(view);
        if let Some(tool) = &mut self.measure {
            if !tool.show(ui, response, scene, (view, room), intents) {
                self.measure = None;
            }
            return;
        }
        if self.editing {
            return;
        }
        let dragging = response.dragged();
        let pointer = response.hover_pos().filter(|_| !dragging);
        let hit = pointer.and_then(|at| self.hit(at, view, scene));
        if self.select.on {
            ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        } else if dragging && !self.select.is_drawing() {
            ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        }
        match hit {
            Some(Hit::Case(case)) => {
                intents.push(Intent::Hover(case));
                ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
                furniture::case_tip(response, scene, case);
            }
            Some(Hit::Group(square)) => {
                ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
                if let Some(group) = self.cases.group(square) {
                    furniture::group_tip(response, scene, &group.sign);
                }
            }
            None => {
                if let Some(dot) = pointer.and_then(|at| self.found.hit(at)) {
                    self.found_tip(ui, response, scene, dot);
                } else if let Some(name) = pointer.and_then(|at| self.areas.tip(at)) {
                    furniture::tip(response, name);
                } else if pointer.is_some() {
                    self.layer_tip(response, scene, view);
                }
            }
        }
        if response.clicked()
            && let Some(at) = response.interact_pointer_pos()
        {
            self.click(ui, at, scene, view, intents);
        }
    }

    /// The part of the map that the panel of layers and the buttons leave free.
    fn room(&self, view: &View) -> Rect {
        view.rect.with_max_x(view.rect.right() - self.panel.reach())
    }

    fn click(&mut self, ui: &Ui, at: Pos2, scene: &Scene<'_>, view: &View, intents: &mut Vec<Intent>) {
        self.list = None;
        let hit = self.hit(at, view, scene);
        if self.click_many(ui, hit, scene, intents) {
            return;
        }
        // Choosing one of the cases that are spread keeps them spread.
        if !matches!(hit, Some(Hit::Case(_))) {
            self.spider = None;
        }
        match hit {
            Some(Hit::Case(case)) => {
                self.followed = Some(case);
                intents.push(Intent::Select(Some(case)));
            }
            Some(Hit::Group(square)) => self.open_group(square, view, false),
            None if self.found.hit(at).is_some() => {
                let dot = self.found.hit(at);
                intents.extend(dot.map(|dot| Intent::OpenCase(dot.case)));
            }
            None => match self.labels.place_at(at, view) {
                Some(place) => {
                    self.place_is_in_sight = true;
                    intents.push(Intent::SelectPlace(Some(place)));
                }
                None => match self.layer_click(at, scene, view) {
                    Some(intent) => {
                        self.place_is_in_sight = matches!(intent, Intent::SelectPlace(_));
                        intents.push(intent);
                    }
                    None if scene.selection.place.is_some() => intents.push(Intent::SelectPlace(None)),
                    None => {}
                },
            },
        }
    }

    /// Waits for a click that tells a point.
    fn pick(&mut self, ui: &Ui, response: &Response, view: &View, intents: &mut Vec<Intent>) {
        if response.hovered() {
            ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        }
        if let Some(at) = response.hover_pos() {
            let painter = ui.painter().with_clip_rect(view.rect);
            let stroke = Stroke::new(1.0, ui.visuals().hyperlink_color);
            painter.hline(view.rect.x_range(), at.y, stroke);
            painter.vline(at.x, view.rect.y_range(), stroke);
        }
        if response.clicked()
            && let Some(at) = response.interact_pointer_pos()
        {
            self.picking = false;
            intents.push(Intent::PickedPoint(wgs84(view.unscreen(at))));
        }
    }

    fn show_list(&mut self, ui: &Ui, scene: &Scene<'_>, intents: &mut Vec<Intent>) {
        let Some((at, cases)) = &self.list else { return };
        match furniture::case_list(ui, *at, cases, scene) {
            furniture::ListAnswer::Open => {}
            furniture::ListAnswer::Close => self.list = None,
            furniture::ListAnswer::Chose(case) => {
                self.followed = Some(case);
                self.list = None;
                intents.push(Intent::Select(Some(case)));
            }
        }
    }

    /// The settings of the base map, as a part of the settings window.
    pub fn settings_ui(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let fault = self.base.fault(ui.ctx());
        settings::settings_ui(
            ui,
            &mut self.settings,
            &mut self.file_draft,
            fault,
            scene.words,
            scene.colors,
        );
    }
}

impl std::fmt::Debug for MapView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MapView")
            .field("settings", &self.settings)
            .field("camera", &self.camera)
            .finish()
    }
}

// Last, since the test of the words takes what stands before the first test for the product.
#[cfg(test)]
mod paint_tests;
#[cfg(test)]
mod testing;
