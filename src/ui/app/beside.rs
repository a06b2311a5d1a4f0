//! Two moments side by side in the window: two maps that look at one place, and what changed between them.

use eframe::egui::{self, Frame, Margin, Panel, Rect, Ui, UiBuilder, pos2};

use crate::ui::map::MapView;
use crate::ui::time_bar::sides;
use crate::ui::{Intent, Scene, flat};

use super::Hall;
use super::past::Shown;

/// Width of the line between two maps, in points.
const LINE: f32 = 2.0;

/// What views see of a hall at one of two moments. A macro for the same reason as `scene!`.
macro_rules! scene_of {
    ($hall:ident, $shown:expr) => {{
        let (board, duty, now) = match $shown {
            Some(shown) => (&*shown.board, &*shown.duty, shown.at),
            None => (&$hall.board, &$hall.duty, $hall.now),
        };
        crate::ui::Scene {
            town: &$hall.town,
            board,
            duty,
            words: &$hall.words,
            colors: crate::ui::Palette::of($hall.settings.dark),
            now,
            selection: &$hall.selection,
            past: true,
        }
    }};
}

/// What the sheet sees: the first moment, or the second of two.
macro_rules! sheet_scene {
    ($hall:ident, $second:expr) => {
        match $hall.past.beside.as_ref().filter(|_| $second) {
            Some(beside) => crate::ui::app::beside::scene_of!($hall, beside.shown.as_ref()),
            None => scene!($hall),
        }
    };
}

pub(super) use {scene_of, sheet_scene};

impl Hall {
    /// The second moment, where two are shown and it is in the past.
    pub(super) fn second_shown(&self) -> Option<&Shown> {
        self.past.beside.as_ref().and_then(|beside| beside.shown.as_ref())
    }

    /// Whether the sheet shows its case at the second of two moments: where it was open then only.
    pub(super) fn sheet_is_second(&self) -> bool {
        let Some(id) = self.selection.case.filter(|_| self.past.beside.is_some()) else {
            return false;
        };
        let second = self.second_shown().map_or(&self.board, |shown| &shown.board);
        self.shown_board().get(id).is_none() && second.get(id).is_some()
    }

    /// Draws both maps and the list of what changed.
    pub(super) fn draw_beside(&mut self, ui: &mut Ui, intents: &mut Vec<Intent>) {
        let list = Panel::bottom("past difference")
            .exact_size(sides::LIST)
            .resizable(false)
            .frame(sides::list_frame());
        let scene = self.scene();
        flat::below(ui, scene.colors.panel, |ui| {
            let shown = list.show(ui, |ui| {
                if let Some(beside) = &self.past.beside {
                    let second = scene_of!(self, beside.shown.as_ref());
                    sides::list(ui, [scene, second], &beside.difference, intents);
                }
            });
            shown.response.rect
        });
        let rect = ui.available_rect_before_wrap();
        let middle = rect.center().x;
        let left = Rect::from_min_max(rect.min, pos2(middle - LINE / 2.0, rect.bottom()));
        let right = Rect::from_min_max(pos2(middle + LINE / 2.0, rect.top()), rect.max);
        let mut second = self
            .map_beside
            .take()
            .unwrap_or_else(|| MapView::beside(ui.ctx(), &self.town, &self.map));
        second.set_motion(self.settings.motion);
        second.dress_as(&self.map);
        let before = (self.map.looks_at(), second.looks_at());
        {
            let scene = scene!(self);
            let at = self.past.shown().map(|shown| shown.at);
            let map = &mut self.map;
            pane(
                ui,
                left,
                "A",
                scene,
                intents,
                |ui| sides::head(ui, scene, "A", at),
                |ui, intents| map.show(ui, scene, intents),
            );
        }
        {
            let scene = scene_of!(self, self.second_shown());
            let at = self.second_shown().map(|shown| shown.at);
            pane(
                ui,
                right,
                "B",
                scene,
                intents,
                |ui| sides::head(ui, scene, "B", at),
                |ui, intents| second.show(ui, scene, intents),
            );
        }
        // Whichever a hand has moved leads.
        if second.looks_at() != before.1 {
            self.map.look_as(&second);
        } else if self.map.looks_at() != second.looks_at() {
            second.look_as(&self.map);
        }
        if self.map.looks_at() != before.0 || second.looks_at() != before.1 {
            ui.ctx().request_repaint();
        }
        self.map_beside = Some(second);
    }
}

/// One half: its head, and its map.
fn pane(
    ui: &mut Ui,
    rect: Rect,
    salt: &str,
    scene: Scene<'_>,
    intents: &mut Vec<Intent>,
    head: impl FnOnce(&mut Ui),
    map: impl FnOnce(&mut Ui, &mut Vec<Intent>),
) {
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(("pane", salt)));
    child.set_clip_rect(rect);
    let ui = &mut child;
    let panel = Panel::top(egui::Id::unique(("pane head", salt.to_owned())))
        .exact_size(sides::HEAD)
        .resizable(false)
        .frame(Frame::new().inner_margin(Margin::symmetric(12, 0)));
    flat::below(ui, scene.colors.panel, |ui| panel.show(ui, head).response.rect);
    egui::CentralPanel::default()
        .frame(Frame::NONE)
        .show(ui, |ui| map(ui, intents));
}
