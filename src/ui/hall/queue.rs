//! The queues by class: only the rows in view are drawn, the most urgent first.

use eframe::egui::{
    self, Align2, Button, FontId, Pos2, Rect, RichText, ScrollArea, Sense, Ui, Vec2, text::LayoutJob,
};

use crate::board::Live;
use crate::case::{Case, CaseId};
use crate::town::{Centre, Class, Item, Level};
use crate::ui::keys::{self, Deed};
use crate::ui::{Intent, Scene, theme};

use super::marks;

/// What the queue holds of the screen.
#[derive(Debug)]
pub struct Queue {
    /// The class that is shown.
    pub class: Class,
    /// Only cases of this level are shown: the desk of a community, of a department, of the joint meeting.
    pub level: Option<Level>,
    /// The rows, where only one level is shown, and what they were made of.
    rows: Option<(Made, Vec<CaseId>)>,
    /// The selection that was last scrolled to.
    followed: Option<CaseId>,
}

impl Queue {
    /// Shows that class first.
    pub fn new(class: Class) -> Self {
        Self {
            class,
            level: None,
            rows: None,
            followed: None,
        }
    }

    /// The rows that are shown. They are chosen anew only where the board has changed.
    fn ids<'a>(&'a mut self, scene: Scene<'a>) -> &'a [CaseId] {
        let all = scene.board.queue(self.class, scene.selection.centre);
        let Some(level) = self.level else { return all };
        let made = Made {
            generation: scene.board.generation(),
            class: self.class,
            centre: scene.selection.centre,
            level,
        };
        if self.rows.as_ref().is_none_or(|(before, _)| *before != made) {
            let of_level = |id: &&CaseId| {
                scene
                    .board
                    .get(**id)
                    .is_some_and(|live| live.case.level() == level)
            };
            self.rows = Some((made, all.iter().filter(of_level).copied().collect()));
        }
        self.rows.as_ref().map_or(&[], |(_, rows)| rows)
    }

    /// The case `step` rows below the selected one; the first where none is selected.
    pub fn neighbour(&mut self, scene: Scene<'_>, step: isize) -> Option<CaseId> {
        let ids = self.ids(scene);
        let here = scene.selection.case.and_then(|id| position(ids, id));
        let index = match here {
            Some(index) => index.saturating_add_signed(step).min(ids.len().saturating_sub(1)),
            None => 0,
        };
        ids.get(index).copied()
    }

    /// Draws tabs and rows.
    pub fn show(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        self.tabs(ui, scene);
        ui.label(RichText::new(scene.words.class(self.class)).color(scene.colors.weak));
        self.levels(ui, scene);
        ui.add_space(theme::GRID);
        if self.ids(scene).is_empty() {
            self.empty(ui, scene);
            return;
        }
        let mut area = ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt(("queue", self.class));
        if let Some(offset) = self.follow(ui, scene) {
            area = area.vertical_scroll_offset(offset);
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        let ids = self.ids(scene);
        area.show_rows(ui, theme::ROW_HEIGHT, ids.len(), |ui, rows| {
            for id in &ids[rows] {
                if let Some(live) = scene.board.get(*id) {
                    row(ui, scene, live, intents);
                }
            }
        });
    }

    fn tabs(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 3.0 * ui.spacing().item_spacing.x) / 4.0;
            for class in Class::ALL {
                let n = scene.board.queue(class, scene.selection.centre).len();
                let text =
                    RichText::new(format!("{} {n}", class.letter())).font(theme::strong_font(theme::TITLE));
                let button = Button::selectable(self.class == class, text).min_size(Vec2::new(width, 34.0));
                let hint = keys::hint(scene.words, Deed::Queue(class));
                let response = ui.add(button).on_hover_text(hint);
                if response.clicked() {
                    self.class = class;
                }
            }
        });
    }

    /// Whose desk is shown: all, or one level of the ladder.
    fn levels(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for level in std::iter::once(None).chain(Level::ALL.map(Some)) {
                let name = scene.words.t(match level {
                    None => "level-tab-all",
                    Some(Level::Grid) => "level-tab-grid",
                    Some(Level::Community) => "level-tab-community",
                    Some(Level::Street) => "level-tab-street",
                    Some(Level::Joint) => "level-tab-joint",
                });
                let button =
                    Button::selectable(self.level == level, name).min_size(Vec2::new(0.0, theme::HIT));
                let response = ui.add(button).on_hover_text(scene.words.t("level-hint"));
                if response.clicked() {
                    self.level = level;
                }
            }
        });
    }

    fn empty(&self, ui: &mut Ui, scene: Scene<'_>) {
        ui.add_space(8.0 * theme::GRID);
        ui.vertical_centered(|ui| {
            ui.label(scene.words.t("queue-empty"));
            let others = scene.board.counts(scene.selection.centre).total;
            let all = scene.board.len();
            if others > 0 {
                ui.label(RichText::new(scene.words.n("queue-empty-others", others)).color(scene.colors.weak));
            } else if all > 0 {
                ui.label(RichText::new(scene.words.n("queue-empty-centre", all)).color(scene.colors.weak));
            }
        });
    }

    /// Where to scroll so that a selection made elsewhere comes into view; `None` where it was followed already.
    fn follow(&mut self, ui: &Ui, scene: Scene<'_>) -> Option<f32> {
        let selected = scene.selection.case;
        if self.followed == selected {
            return None;
        }
        // No jump while a hand is on it.
        if ui.input(|i| i.pointer.any_down()) {
            return None;
        }
        self.followed = selected;
        let index = position(self.ids(scene), selected?)? as f32;
        Some((index * theme::ROW_HEIGHT - ui.available_height() / 2.0).max(0.0))
    }

    /// The selection was made in the queue itself: it is in view already.
    pub fn has_followed(&mut self, id: CaseId) {
        self.followed = Some(id);
    }
}

/// What the rows of one level were made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Made {
    generation: u64,
    class: Class,
    centre: Option<Centre>,
    level: Level,
}

fn position(ids: &[CaseId], id: CaseId) -> Option<usize> {
    ids.iter().position(|other| *other == id)
}

/// Draws one case as a row of a queue.
pub fn row(ui: &mut Ui, scene: Scene<'_>, live: &Live, intents: &mut Vec<Intent>) {
    let (colors, case) = (scene.colors, &live.case);
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(ui.available_width(), theme::ROW_HEIGHT), Sense::click());
    let selected = scene.selection.case == Some(case.id);
    let hovered = response.hovered() || scene.selection.hovered == Some(case.id);
    let painter = ui.painter();
    if selected || hovered {
        let ground = if selected {
            colors.accent_ground
        } else {
            colors.raised
        };
        painter.rect_filled(rect.shrink2(Vec2::new(0.0, 1.0)), 4.0, ground);
    }
    let time = live.time_left(scene.now);
    let mark = Pos2::new(rect.left() + 18.0, rect.center().y);
    marks::class_mark(
        painter,
        mark,
        20.0,
        case.class,
        colors.clock(time.state),
        marks::letter_on(colors),
    );

    let watched = scene.duty.watched.contains_key(&case.id);
    if watched {
        marks::watch_mark(painter, Pos2::new(rect.left() + 5.0, rect.top() + 8.0), colors);
    }

    let left = rect.left() + 38.0;
    let right = rect.right() - 10.0;
    let font = FontId::proportional(theme::BODY);
    let clock = painter.text(
        Pos2::new(right, rect.top() + 15.0),
        Align2::RIGHT_CENTER,
        scene.words.time_left(&time),
        font.clone(),
        colors.clock_text(time.state),
    );
    let stage = painter.text(
        Pos2::new(right, rect.top() + 36.0),
        Align2::RIGHT_CENTER,
        scene.words.stage(case.stage),
        font.clone(),
        colors.weak,
    );
    let title = format!("{} {}", case.id, title(scene, live));
    one_line(
        ui,
        Pos2::new(left, rect.top() + 15.0),
        clock.left() - 8.0,
        &title,
        colors.text,
    );
    let place = place_line(scene, live);
    one_line(
        ui,
        Pos2::new(left, rect.top() + 36.0),
        stage.left() - 8.0,
        &place,
        colors.weak,
    );
    let bar = Rect::from_min_max(
        Pos2::new(left, rect.bottom() - 5.0),
        Pos2::new(right, rect.bottom() - 3.0),
    );
    if time.left.is_some() && !matches!(time.state, crate::case::ClockState::Running) {
        marks::clock_bar(ui.painter(), bar, &time, colors);
    }

    response.widget_info(|| {
        let mut spoken = format!(
            "{} {title}, {place}, {}",
            case.class.letter(),
            scene.words.time_left(&time)
        );
        if watched {
            spoken.push_str(", ");
            spoken.push_str(scene.words.t("watched"));
        }
        egui::WidgetInfo::selected(egui::accesskit::Role::ListBoxOption, true, selected, spoken)
    });
    if response.hovered() {
        intents.push(Intent::Hover(case.id));
    }
    if response.clicked() {
        intents.push(Intent::Select(Some(case.id)));
    }
}

/// One line of text that ends in an ellipsis where it would pass `right`.
pub fn one_line(ui: &Ui, left_center: Pos2, right: f32, text: &str, color: egui::Color32) {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), FontId::proportional(theme::BODY), color);
    job.wrap = egui::text::TextWrapping::truncate_at_width((right - left_center.x).max(0.0));
    let galley = ui.painter().layout_job(job);
    ui.painter()
        .galley(left_center - Vec2::new(0.0, galley.size().y / 2.0), galley, color);
}

/// What a case is called: its item's name.
pub fn title<'a>(scene: Scene<'a>, live: &'a Live) -> &'a str {
    item_name(scene, &live.case)
}

/// The item of a case, in the version that it was opened under.
pub fn item<'a>(scene: Scene<'a>, case: &Case) -> Option<&'a Item> {
    scene.town.catalogue.version(&case.item, case.life.item_version)
}

/// What a case's item was called when the case was opened; its code where the catalogue no longer has it.
pub fn item_name<'a>(scene: Scene<'a>, case: &'a Case) -> &'a str {
    item(scene, case).map_or(&*case.item, |item| item.name.get(scene.words.lang))
}

/// Where a case is, in a few words: block or grid and community, else as it was stated.
pub fn place_line(scene: Scene<'_>, live: &Live) -> String {
    let lang = scene.words.lang;
    let name = |id| scene.town.places.get(id).name.get(lang);
    let found = &live.answerable;
    let stated = live.case.place.stated();
    let mut parts: Vec<&str> = Vec::new();
    parts.extend(found.community.map(name));
    parts.extend(found.block.or(found.base_grid).map(name));
    if (parts.is_empty() || (found.block.is_none() && !stated.is_empty() && found.base_grid.is_none()))
        && !stated.is_empty()
        && parts.first() != Some(&stated)
    {
        parts.push(stated);
    }
    if parts.is_empty() {
        return match live.case.place.point() {
            Some(_) => scene.words.t("place-outside").to_owned(),
            None => scene.words.t("place-unknown").to_owned(),
        };
    }
    parts.join(" · ")
}
