//! Choosing by hand or by keys: one of a few that are all in view, or one of many in a list under a field.

use eframe::egui::{
    self, Button, EventFilter, Id, Key, Modifiers, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind,
    TextEdit, Ui, Vec2, WidgetInfo,
};

use super::{Palette, theme};

/// The keys that choose, and don't lead to another field.
const ARROWS: EventFilter = EventFilter {
    horizontal_arrows: true,
    vertical_arrows: true,
    tab: false,
    escape: false,
};

/// What was done with a group of choices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OneOf {
    /// The choice that was made in this frame.
    pub chosen: Option<usize>,
    /// Enter was pressed: the hand goes on to the next field.
    pub entered: bool,
}

/// Draws a few choices side by side. The group is one stop of the Tab key; arrows choose, Enter goes on.
/// `name` is what the group is called for those who don't see it; `focus` gives it the keys.
pub fn one_of(
    ui: &mut Ui,
    colors: &Palette,
    id: Id,
    name: &str,
    labels: &[&str],
    chosen: usize,
    focus: bool,
) -> OneOf {
    let mut done = OneOf::default();
    let inner = ui.horizontal_wrapped(|ui| {
        for (index, label) in labels.iter().enumerate() {
            // Only the group takes the focus, not each of its choices.
            let button = Button::selectable(index == chosen, *label).sense(Sense::CLICK);
            let response = ui.add(button.min_size(Vec2::new(0.0, theme::HIT)));
            response.widget_info(|| {
                WidgetInfo::selected(
                    egui::accesskit::Role::RadioButton,
                    ui.is_enabled(),
                    index == chosen,
                    *label,
                )
            });
            if response.clicked() {
                done.chosen = Some(index);
            }
        }
    });
    let group = ui.interact(inner.response.rect, id, Sense::focusable_noninteractive());
    group.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::RadioGroup, ui.is_enabled(), name));
    if focus {
        group.request_focus();
        group.scroll_to_me(None);
    }
    if ui.memory(|m| m.has_focus(id)) {
        ui.memory_mut(|m| m.set_focus_lock_filter(id, ARROWS));
        let edge = Stroke::new(1.5, colors.accent);
        ui.painter()
            .rect_stroke(group.rect.expand(3.0), 4.0, edge, StrokeKind::Outside);
        let key = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        let last = labels.len().saturating_sub(1);
        if key(Key::ArrowRight) | key(Key::ArrowDown) {
            done.chosen = Some((chosen + 1).min(last));
        }
        if key(Key::ArrowLeft) | key(Key::ArrowUp) {
            done.chosen = Some(chosen.saturating_sub(1));
        }
        done.entered = key(Key::Enter);
    }
    done
}

/// What the keys did in the field above a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldKeys {
    /// How far the choice moves down; negative is up.
    pub step: isize,
    /// Enter was pressed: take what is chosen.
    pub entered: bool,
    /// Backspace was pressed in the empty field: one level back.
    pub back: bool,
    /// The text has changed: the choice begins at the top.
    pub changed: bool,
}

/// Says what a field is called, for those who don't see it.
pub fn name_field(response: &Response, text: &str, name: &str) {
    response.widget_info(|| {
        let mut info = WidgetInfo::text_edit(response.enabled(), text, text, name);
        info.label = Some(name.to_owned());
        info
    });
}

/// The field above a list: it narrows the list, and its arrows and Enter choose in it.
pub fn field(ui: &mut Ui, id: Id, text: &mut String, hint: &str, focus: bool) -> FieldKeys {
    let was_empty = text.is_empty();
    let edit = TextEdit::singleline(text)
        .id(id)
        .hint_text(hint)
        .char_limit(100)
        .desired_width(f32::INFINITY);
    let response = ui.add(edit);
    name_field(&response, text, hint);
    if focus {
        response.request_focus();
        response.scroll_to_me(None);
    }
    let mut keys = FieldKeys {
        changed: response.changed(),
        ..FieldKeys::default()
    };
    if ui.memory(|m| m.has_focus(id)) {
        // Arrows choose in the list; they don't lead to the next field.
        ui.memory_mut(|m| m.set_focus_lock_filter(id, ARROWS));
        let key = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        keys.step = isize::from(key(Key::ArrowDown)) - isize::from(key(Key::ArrowUp));
        let page = isize::from(key(Key::PageDown)) - isize::from(key(Key::PageUp));
        keys.step += page * PAGE;
        keys.back = was_empty && key(Key::Backspace);
    }
    // A line of text gives up the focus at Enter; it gets it back unless the choice leads on.
    keys.entered = response.lost_focus() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter));
    if keys.entered {
        response.request_focus();
    }
    keys
}

/// How many rows PageDown and PageUp go.
const PAGE: isize = 6;

/// How a list is drawn.
pub struct List {
    /// Its id.
    pub id: Id,
    /// How many rows it has.
    pub rows: usize,
    /// Height of a row, in points.
    pub row_height: f32,
    /// How many rows are in view at most.
    pub in_view: f32,
    /// The chosen row.
    pub chosen: usize,
    /// Whether the chosen row is to be brought into view.
    pub follow: bool,
}

/// Draws a list whose keys come from a [`field`]; the row that was clicked. `row` paints one row into its rectangle and
/// gives its words for those who don't see it.
pub fn list(
    ui: &mut Ui,
    colors: &Palette,
    list: &List,
    mut row: impl FnMut(&Ui, Rect, usize) -> String,
) -> Option<usize> {
    let mut clicked = None;
    let height = (list.rows as f32).min(list.in_view) * list.row_height;
    let area = ScrollArea::vertical()
        .id_salt(list.id)
        .max_height(height)
        .auto_shrink([false, true]);
    area.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for index in 0..list.rows {
            let size = Vec2::new(ui.available_width(), list.row_height);
            // The field has the focus; rows would only be in the way of the Tab key.
            let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
            let chosen = index == list.chosen;
            if chosen && list.follow {
                response.scroll_to_me_animation(None, egui::style::ScrollAnimation::none());
            }
            if !ui.is_rect_visible(rect) {
                continue;
            }
            ground(ui, colors, rect, chosen, &response);
            let spoken = row(ui, rect, index);
            response.widget_info(|| {
                WidgetInfo::selected(
                    egui::accesskit::Role::ListBoxOption,
                    ui.is_enabled(),
                    chosen,
                    &spoken,
                )
            });
            if response.clicked() {
                clicked = Some(index);
            }
        }
    });
    clicked
}

fn ground(ui: &Ui, colors: &Palette, rect: Rect, chosen: bool, response: &Response) {
    if chosen || response.hovered() {
        let fill = if chosen {
            colors.accent_ground
        } else {
            colors.raised
        };
        ui.painter()
            .rect_filled(rect.shrink2(Vec2::new(0.0, 1.0)), 4.0, fill);
    }
}

/// The row that a step of the keys leads to.
pub fn stepped(chosen: usize, step: isize, rows: usize) -> usize {
    chosen.saturating_add_signed(step).min(rows.saturating_sub(1))
}
