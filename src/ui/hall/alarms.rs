//! Alarms on screen: the bell of the strip, the line under the queue, and the list with its history.

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::{
    self, Align, Align2, Button, EventFilter, FontId, Id, Key, Layout, Modifiers, Pos2, Rect, RichText,
    ScrollArea, Sense, Stroke, TextEdit, Ui, Vec2,
};

use crate::case::{CaseId, DutyAction, Stage, Step};
use crate::desk::alarm::{Alarm, AlarmKind, Alarms, Clock, FLOOD, Priority, SPAN, SPANS, STEADY};
use crate::town::Role;
use crate::ui::bell::{Bell, Sound};
use crate::ui::keys::{self, Deed};
use crate::ui::{Intent, Scene, choose, icons, theme};

use super::queue::{self, one_line};

/// Width of the list, in points.
const WIDTH: f32 = 720.0;
/// Height of one row, in points.
const ROW: f32 = 32.0;
/// Rows in view.
const ROWS: f32 = 9.5;
/// How long alarms can be shelved, in minutes.
const SHELVE_MINUTES: [i64; 4] = [15, 60, 240, 1440];
/// For how long the call for attention can be muted, in minutes. There is no choice without an end.
const MUTE_MINUTES: [i64; 3] = [10, 30, 60];
/// So many alarms are acknowledged at once at most: they become one entry each.
const AT_ONCE: usize = 100;
/// The keys that choose in the list.
const ARROWS: EventFilter = EventFilter {
    horizontal_arrows: false,
    vertical_arrows: true,
    tab: false,
    escape: false,
};

/// What an alarm is about, without its case: "整改超时", "D 类未受理".
pub fn kind_words(scene: Scene<'_>, kind: AlarmKind) -> String {
    let words = scene.words;
    match kind {
        AlarmKind::Joint => words.t("alarm-joint").to_owned(),
        AlarmKind::Overdue(Clock::Whole) => words.t("alarm-overdue").to_owned(),
        AlarmKind::Overdue(Clock::Step(stage)) => {
            let step = match stage {
                Stage::Reported => Step::Accept,
                Stage::Accepted => Step::Dispatch,
                Stage::Dispatched => Step::Arrive,
                Stage::InHand => Step::Rectify,
                _ => Step::Verify,
            };
            words.f("alarm-overdue-step", &[("step", words.step(step).into())])
        }
        AlarmKind::Risen(level) => words.f("alarm-risen", &[("level", words.level(level).into())]),
        AlarmKind::Resumed => words.t("alarm-resumed").to_owned(),
    }
}

/// The alarm in one line: "17 消防通道堵塞 · 整改超时 · 12 分前".
pub fn alarm_words(scene: Scene<'_>, alarm: &Alarm) -> String {
    let title = scene
        .board
        .get(alarm.case)
        .map_or("", |live| queue::title(scene, live));
    let span = scene.now - alarm.since;
    let ago = if span < TimeDelta::minutes(1) {
        scene.words.t("alarm-just-now").to_owned()
    } else {
        let span = scene.words.duration(span);
        scene.words.f("alarm-ago", &[("span", span.into())])
    };
    format!(
        "{} {title} · {} · {ago}",
        alarm.case,
        kind_words(scene, alarm.kind)
    )
}

fn priority_color(scene: Scene<'_>, priority: Priority) -> egui::Color32 {
    match priority {
        Priority::High => scene.colors.red_text,
        Priority::Medium => scene.colors.amber_text,
        Priority::Low => scene.colors.text,
    }
}

/// The bell of the strip: how many alarms nobody has acknowledged. Where there is little room, without words.
pub fn bell(ui: &mut Ui, scene: Scene<'_>, alarms: &Alarms, wide: bool, intents: &mut Vec<Intent>) {
    let new = &alarms.lists().new;
    let color = new
        .first()
        .map_or(scene.colors.weak, |first| priority_color(scene, first.priority));
    let words = scene.words.n("alarm-bell", new.len());
    let text = if wide {
        words.clone()
    } else {
        new.len().to_string()
    };
    let image = icons::icon(icons::CIRCLE_ALERT, color);
    let button = Button::image_and_text(image, RichText::new(text).color(color));
    let button = ui
        .add_enabled(!scene.past, button)
        .on_hover_text(keys::hint(scene.words, Deed::Alarms))
        .on_disabled_hover_text(scene.words.t("past-bars"));
    button.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &words));
    if button.clicked() {
        intents.push(Intent::Do(Deed::Alarms));
    }
}

/// The line under the queue: the first alarm that nobody has acknowledged, or how many came in a flood. Draws nothing
/// where there is none.
pub fn line(ui: &mut Ui, scene: Scene<'_>, alarms: &Alarms, intents: &mut Vec<Intent>) {
    let Some(first) = alarms.lists().new.first() else {
        return;
    };
    let flood = alarms.flood(scene.now);
    egui::Panel::bottom("alarm line")
        .resizable(false)
        .frame(egui::Frame::new().inner_margin(egui::Margin {
            top: 8,
            ..egui::Margin::ZERO
        }))
        .show(ui, |ui| {
            let words = scene.words;
            let text = match flood {
                Some(n) => words.f(
                    "alarm-flood",
                    &[("n", n.into()), ("waiting", alarms.lists().new.len().into())],
                ),
                None => alarm_words(scene, first),
            };
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if flood.is_none() {
                    let text = format!(
                        "{} {}",
                        words.t("alarm-acknowledge"),
                        keys::key_name(Deed::Acknowledge)
                    );
                    if ui
                        .button(text)
                        .on_hover_text(keys::hint(words, Deed::Acknowledge))
                        .clicked()
                    {
                        intents.push(Intent::Do(Deed::Acknowledge));
                    }
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let color = priority_color(scene, first.priority);
                    let button = Button::new(RichText::new(&text).color(color))
                        .truncate()
                        .frame(false);
                    let width = ui.available_width();
                    if ui
                        .add_sized([width, theme::HIT], button)
                        .on_hover_text(&text)
                        .clicked()
                    {
                        let deed = if flood.is_some() { None } else { Some(first.case) };
                        intents.push(match deed {
                            Some(case) => Intent::Select(Some(case)),
                            None => Intent::Do(Deed::Alarms),
                        });
                    }
                });
            });
        });
}

/// Which alarms the list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    New,
    Acknowledged,
    Shelved,
}

/// What the list holds of the screen.
#[derive(Debug, Default)]
pub struct AlarmList {
    shown: Shown,
    chosen: usize,
    fresh: bool,
    shelving: bool,
    minutes: usize,
    reason: String,
    /// Until then the hall does not call for attention.
    pub muted_until: Option<DateTime<Utc>>,
    /// What calls then, beside the window's mark in the task bar.
    pub bell: Bell,
}

impl AlarmList {
    /// The list is opened: its rows get the focus.
    pub fn open(&mut self) {
        self.fresh = true;
        self.shown = Shown::New;
        self.chosen = 0;
        self.shelving = false;
    }

    /// Draws the list in a window; false where it is closed.
    pub fn show(
        &mut self,
        ctx: &egui::Context,
        scene: Scene<'_>,
        (alarms, role): (&Alarms, Role),
        intents: &mut Vec<Intent>,
    ) -> bool {
        let mut open = true;
        let title = RichText::new(scene.words.t("deed-alarms")).font(theme::strong_font(theme::TITLE));
        egui::Window::new(title)
            .id(Id::unique("alarm list"))
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, Vec2::ZERO)
            .show(ctx, |ui| {
                ui.set_width(WIDTH);
                history(ui, scene, alarms);
                self.mute(ui, scene);
                ui.separator();
                self.tabs(ui, scene, alarms);
                let lists = alarms.lists();
                let list = match self.shown {
                    Shown::New => &lists.new,
                    Shown::Acknowledged => &lists.acknowledged,
                    Shown::Shelved => &lists.shelved,
                };
                self.rows(ui, scene, list, intents);
                ui.separator();
                self.actions(ui, scene, list, role, intents);
            });
        open
    }

    fn tabs(&mut self, ui: &mut Ui, scene: Scene<'_>, alarms: &Alarms) {
        let lists = alarms.lists();
        ui.horizontal(|ui| {
            for (shown, key, n) in [
                (Shown::New, "alarm-tab-new", lists.new.len()),
                (
                    Shown::Acknowledged,
                    "alarm-tab-acknowledged",
                    lists.acknowledged.len(),
                ),
                (Shown::Shelved, "alarm-tab-shelved", lists.shelved.len()),
            ] {
                let button = Button::selectable(self.shown == shown, scene.words.n(key, n));
                if ui.add(button.min_size(Vec2::new(0.0, theme::HIT))).clicked() {
                    self.shown = shown;
                    self.chosen = 0;
                    self.shelving = false;
                    self.fresh = true;
                }
            }
        });
    }

    fn rows(&mut self, ui: &mut Ui, scene: Scene<'_>, list: &[Alarm], intents: &mut Vec<Intent>) {
        self.chosen = self.chosen.min(list.len().saturating_sub(1));
        let height = ROWS * ROW;
        let id = Id::unique("alarm rows");
        let mut step = 0;
        if ui.memory(|m| m.has_focus(id)) {
            ui.memory_mut(|m| m.set_focus_lock_filter(id, ARROWS));
            let key = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
            step = isize::from(key(Key::ArrowDown)) - isize::from(key(Key::ArrowUp));
            if key(Key::Enter)
                && let Some(alarm) = list.get(self.chosen)
            {
                intents.push(Intent::Select(Some(alarm.case)));
                intents.push(Intent::Do(Deed::Back));
            }
        }
        self.chosen = choose::stepped(self.chosen, step, list.len());
        let area = ui.allocate_ui(Vec2::new(WIDTH, height), |ui| {
            ui.set_min_height(height);
            if list.is_empty() {
                ui.label(RichText::new(scene.words.t("alarm-none")).color(scene.colors.weak));
                return;
            }
            ui.spacing_mut().item_spacing.y = 0.0;
            let mut scroll = ScrollArea::vertical().id_salt("alarm scroll").auto_shrink(false);
            if step != 0 {
                let top = (self.chosen as f32 * ROW - height / 2.0).max(0.0);
                scroll = scroll.vertical_scroll_offset(top);
            }
            scroll.show_rows(ui, ROW, list.len(), |ui, shown| {
                for index in shown {
                    if let Some(alarm) = list.get(index)
                        && row(ui, scene, alarm, index == self.chosen)
                    {
                        self.chosen = index;
                        intents.push(Intent::Select(Some(alarm.case)));
                    }
                }
            });
        });
        let group = ui.interact(area.response.rect, id, Sense::focusable_noninteractive());
        group.widget_info(|| {
            egui::WidgetInfo::labeled(egui::accesskit::Role::ListBox, true, scene.words.t("deed-alarms"))
        });
        if std::mem::take(&mut self.fresh) {
            group.request_focus();
        }
    }

    fn actions(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        list: &[Alarm],
        role: Role,
        intents: &mut Vec<Intent>,
    ) {
        let words = scene.words;
        let chosen = list.get(self.chosen);
        let may = |command| permission_of(scene, role, command);
        ui.horizontal(|ui| {
            let button = |ui: &mut Ui, text: String, on: bool, allowed: bool| {
                let why = if allowed { "alarm-none" } else { "step-not-yours" };
                ui.add_enabled(on && allowed, Button::new(text).min_size(Vec2::new(0.0, 32.0)))
                    .on_disabled_hover_text(words.t(why))
                    .clicked()
            };
            let acknowledge = may("acknowledge");
            if self.shown == Shown::New {
                if button(
                    ui,
                    words.t("alarm-acknowledge").to_owned(),
                    chosen.is_some(),
                    acknowledge,
                ) && let Some(alarm) = chosen
                {
                    intents.push(Intent::Duty(vec![acknowledged(alarm)]));
                }
                let n = list.len().min(AT_ONCE);
                let text = words.n("alarm-acknowledge-all", n);
                if button(ui, text, n > 1, acknowledge) {
                    intents.push(Intent::Duty(
                        list.iter().take(AT_ONCE).map(acknowledged).collect(),
                    ));
                }
            }
            let shelve = may("shelve");
            if self.shown != Shown::Shelved
                && button(ui, words.t("alarm-shelve").to_owned(), chosen.is_some(), shelve)
            {
                self.shelving = !self.shelving;
            }
        });
        if self.shown == Shown::Shelved
            && let Some(seen) = chosen.and_then(|alarm| scene.duty.alarms.get(&alarm.key))
        {
            let until = seen.shelved_until.unwrap_or(scene.now);
            let by = scene
                .town
                .post(&seen.by)
                .map_or(&*seen.by, |post| post.title.get(words.lang));
            let args = [
                (
                    "until",
                    words.moment(until, scene.now, scene.town.timezone).into(),
                ),
                ("by", by.into()),
                ("reason", seen.reason.as_str().into()),
            ];
            ui.label(RichText::new(words.f("alarm-shelved-line", &args)).color(scene.colors.weak));
        }
        if self.shelving
            && let Some(alarm) = chosen
        {
            self.shelve_form(ui, scene, alarm, intents);
        }
    }

    fn shelve_form(&mut self, ui: &mut Ui, scene: Scene<'_>, alarm: &Alarm, intents: &mut Vec<Intent>) {
        let words = scene.words;
        let labels: Vec<String> = SHELVE_MINUTES
            .iter()
            .map(|minutes| words.duration(TimeDelta::minutes(*minutes)))
            .collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let id = Id::unique("shelve minutes");
        let name = words.t("alarm-shelve-for");
        ui.horizontal(|ui| {
            ui.label(RichText::new(name).color(scene.colors.weak));
            if let Some(chosen) =
                choose::one_of(ui, scene.colors, id, name, &labels, self.minutes, false).chosen
            {
                self.minutes = chosen;
            }
        });
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut self.reason)
                .id(Id::unique("shelve reason"))
                .hint_text(words.t("alarm-shelve-reason"))
                .char_limit(200)
                .desired_width(420.0);
            let response = ui.add(field);
            choose::name_field(&response, &self.reason, words.t("alarm-shelve-reason"));
            let entered = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            let ready = !self.reason.trim().is_empty();
            let button = ui
                .add_enabled(ready, Button::new(words.t("alarm-shelve")))
                .on_disabled_hover_text(words.t("alarm-shelve-reason"));
            if ready && (button.clicked() || entered) {
                let minutes = SHELVE_MINUTES
                    .get(self.minutes)
                    .copied()
                    .unwrap_or(SHELVE_MINUTES[0]);
                intents.push(Intent::Duty(vec![DutyAction::Shelve {
                    alarm: alarm.key.clone(),
                    until: scene.now + TimeDelta::minutes(minutes),
                    reason: std::mem::take(&mut self.reason).trim().to_owned(),
                }]));
                self.shelving = false;
                self.fresh = true;
            }
        });
    }

    /// What is known about the sound, and a button that tries it.
    fn sound(&self, ui: &mut Ui, scene: Scene<'_>) {
        let words = scene.words;
        let sound = self.bell.sound();
        let (text, color) = match &sound {
            Sound::Untried | Sound::Playing => (words.t("alarm-sound").to_owned(), scene.colors.weak),
            Sound::Played(player) => {
                let text = words.f("alarm-sound-played", &[("player", player.as_str().into())]);
                (text, scene.colors.weak)
            }
            Sound::Mute(None) => (words.t("alarm-sound-none").to_owned(), scene.colors.amber_text),
            Sound::Mute(Some(why)) => {
                let text = words.f("alarm-sound-broken", &[("why", why.as_str().into())]);
                (text, scene.colors.amber_text)
            }
        };
        ui.add(egui::Label::new(RichText::new(text).color(color)).wrap())
            .on_hover_text(words.t("alarm-sound-hint"));
        let playing = sound == Sound::Playing;
        let button = ui.add_enabled(!playing, Button::new(words.t("alarm-sound-try")));
        if button.clicked() {
            self.bell.ring();
        }
        if playing {
            ui.ctx()
                .request_repaint_after(std::time::Duration::from_millis(200));
        }
    }

    fn mute(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let words = scene.words;
        ui.horizontal_wrapped(|ui| {
            self.sound(ui, scene);
            match self.muted_until.filter(|until| *until > scene.now) {
                Some(until) => {
                    let until = words.moment(until, scene.now, scene.town.timezone);
                    ui.label(words.f("alarm-muted", &[("until", until.into())]));
                    if ui.button(words.t("alarm-unmute")).clicked() {
                        self.muted_until = None;
                    }
                }
                None => {
                    for minutes in MUTE_MINUTES {
                        let span = words.duration(TimeDelta::minutes(minutes));
                        if ui
                            .button(words.f("alarm-mute", &[("span", span.into())]))
                            .clicked()
                        {
                            self.muted_until = Some(scene.now + TimeDelta::minutes(minutes));
                        }
                    }
                }
            }
        });
    }
}

fn permission_of(scene: Scene<'_>, role: Role, command: &'static str) -> bool {
    scene.town.permissions.may_at_all(role, command)
}

/// The command that acknowledges it.
pub fn acknowledged(alarm: &Alarm) -> DutyAction {
    DutyAction::Acknowledge {
        alarm: alarm.key.clone(),
    }
}

/// One alarm; true where it was clicked.
fn row(ui: &mut Ui, scene: Scene<'_>, alarm: &Alarm, chosen: bool) -> bool {
    let colors = scene.colors;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::CLICK);
    if chosen || response.hovered() {
        let fill = if chosen {
            colors.accent_ground
        } else {
            colors.raised
        };
        ui.painter()
            .rect_filled(rect.shrink2(Vec2::new(0.0, 1.0)), 4.0, fill);
    }
    let center = rect.center().y;
    let color = priority_color(scene, alarm.priority);
    // Priority has a form, too: a filled, a hollow, and a small mark.
    let mark = Rect::from_center_size(Pos2::new(rect.left() + 12.0, center), Vec2::splat(9.0));
    match alarm.priority {
        Priority::High => {
            ui.painter().rect_filled(mark, 1.0, color);
        }
        Priority::Medium => {
            let stroke = Stroke::new(1.5, color);
            ui.painter()
                .rect_stroke(mark, 1.0, stroke, egui::StrokeKind::Inside);
        }
        Priority::Low => {
            ui.painter().rect_filled(mark.shrink(3.0), 0.0, color);
        }
    }
    let text = alarm_words(scene, alarm);
    one_line(
        ui,
        Pos2::new(rect.left() + 26.0, center),
        rect.right() - 8.0,
        &text,
        color,
    );
    response.widget_info(|| {
        egui::WidgetInfo::selected(egui::accesskit::Role::ListBoxOption, true, chosen, &text)
    });
    response.clicked()
}

/// Alarms of this seat in each ten minutes of the last four hours, against EEMUA's figures.
fn history(ui: &mut Ui, scene: Scene<'_>, alarms: &Alarms) {
    let bars = alarms.history(scene.now);
    let words = scene.words;
    let args = [
        ("n", bars[SPANS - 1].into()),
        ("steady", STEADY.into()),
        ("flood", FLOOD.into()),
    ];
    let text = words.f("alarm-rate", &args);
    ui.label(&text);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(WIDTH, 64.0), Sense::hover());
    let hours = (SPAN * SPANS as i32).num_hours();
    response
        .on_hover_text(words.n("alarm-rate-hint", hours as usize))
        .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Image, true, &text));
    let plot = Rect::from_min_max(rect.min, Pos2::new(rect.right() - 34.0, rect.bottom() - 2.0));
    let top = bars.iter().copied().max().unwrap_or(0).max(FLOOD + 2) as f32;
    let y = |n: usize| plot.bottom() - plot.height() * n as f32 / top;
    let width = plot.width() / SPANS as f32;
    let painter = ui.painter();
    painter.hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, scene.colors.line));
    for (index, n) in bars.iter().enumerate().filter(|(_, n)| **n > 0) {
        let left = plot.left() + index as f32 * width;
        let bar = Rect::from_min_max(
            Pos2::new(left + 2.0, y(*n)),
            Pos2::new(left + width - 2.0, plot.bottom()),
        );
        let color = if *n >= FLOOD {
            scene.colors.red
        } else if *n > STEADY {
            scene.colors.amber
        } else {
            scene.colors.case_fill
        };
        painter.rect_filled(bar, 1.0, color);
    }
    for (n, color) in [(STEADY, scene.colors.weak), (FLOOD, scene.colors.red_text)] {
        let line = painter.hline(plot.x_range(), y(n), Stroke::new(1.0, color));
        let _ = line;
        painter.text(
            Pos2::new(plot.right() + 6.0, y(n)),
            Align2::LEFT_CENTER,
            n.to_string(),
            FontId::proportional(theme::BODY),
            color,
        );
    }
}

/// Lets the hall keep an eye on a case, or no longer.
pub fn watch_button(ui: &mut Ui, scene: Scene<'_>, case: CaseId, role: Role, intents: &mut Vec<Intent>) {
    let on = scene.duty.watched.contains_key(&case);
    let key = if on { "watched" } else { "watch" };
    let text = format!("{}  {}", scene.words.t(key), keys::key_name(Deed::Watch));
    let button = Button::selectable(on, text).min_size(Vec2::new(0.0, 32.0));
    let response = ui
        .add_enabled(permission_of(scene, role, "watch") && !scene.past, button)
        .on_hover_text(keys::hint(scene.words, Deed::Watch))
        .on_disabled_hover_text(
            scene
                .words
                .t(if scene.past { "past-bars" } else { "step-not-yours" }),
        );
    if response.clicked() {
        intents.push(Intent::Do(Deed::Watch));
    }
}
