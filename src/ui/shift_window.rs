//! Who is on shift now and next; putting somebody on or off shift, and marking somebody as away.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use eframe::egui::{self, Align2, Button, FontId, Id, Pos2, Rect, RichText, TextEdit, Ui};

use crate::case::{Duty, DutyAction};
use crate::town::{Handler, Role};

use super::choose::{self, List};
use super::hall::queue::one_line;
use super::{Intent, Scene, theme};

/// Width of the window, in points.
const WIDTH: f32 = 640.0;
/// For how long somebody is on or off shift where the roster knows no shift.
const WITHOUT_SHIFT: TimeDelta = TimeDelta::hours(8);
/// Most characters of a reason.
const REASON_MAX_CHARS: usize = 200;
/// How long somebody can be away, in hours, in the order of the choices; the last choice is the end of the shift.
const AWAY_HOURS: [i64; 4] = [1, 4, 24, 72];

/// What the window holds of the screen.
#[derive(Debug, Default)]
pub struct ShiftWindow {
    filter: String,
    chosen: usize,
    fresh: bool,
    away: usize,
    reason: String,
}

/// Whether `who` is on shift at `now`: as somebody said, else by the town's data. A post that they don't name always is.
pub fn on_shift(scene: Scene<'_>, who: &Handler) -> bool {
    let rostered = || scene.town.on_shift(who, scene.now).unwrap_or(true);
    scene.duty.on_shift(who, scene.now).unwrap_or_else(rostered)
}

impl ShiftWindow {
    /// The window is opened: the field gets the focus.
    pub fn open(&mut self) {
        self.fresh = true;
    }

    /// Draws the window; false where it is closed.
    pub fn show(
        &mut self,
        ctx: &egui::Context,
        scene: Scene<'_>,
        role: Role,
        intents: &mut Vec<Intent>,
    ) -> bool {
        let mut open = true;
        let title = RichText::new(scene.words.t("deed-shifts")).font(theme::strong_font(theme::TITLE));
        egui::Window::new(title)
            .id(Id::unique("shift window"))
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, egui::Vec2::ZERO)
            .show(ctx, |ui| {
                ui.set_width(WIDTH);
                now_and_next(ui, scene);
                self.list(ui, scene, role, intents);
            });
        open
    }

    fn list(&mut self, ui: &mut Ui, scene: Scene<'_>, role: Role, intents: &mut Vec<Intent>) {
        let id = Id::unique("shift filter");
        let hint = scene.words.t("shift-filter");
        let keys = choose::field(ui, id, &mut self.filter, hint, std::mem::take(&mut self.fresh));
        let people = people(scene, &self.filter);
        if keys.changed {
            self.chosen = 0;
        }
        self.chosen = choose::stepped(self.chosen, keys.step, people.len());
        if people.is_empty() {
            ui.label(RichText::new(scene.words.t("dispatch-nobody")).color(scene.colors.weak));
            return;
        }
        let list = List {
            id: Id::unique("shift list"),
            rows: people.len(),
            row_height: 34.0,
            in_view: 8.5,
            chosen: self.chosen,
            follow: keys.changed || keys.step != 0,
        };
        let clicked = choose::list(ui, scene.colors, &list, |ui, rect, index| {
            row(ui, scene, rect, &people[index])
        });
        if let Some(clicked) = clicked {
            self.chosen = clicked;
        }
        ui.separator();
        if let Some(who) = people.get(self.chosen) {
            self.person(ui, scene, role, who, intents);
        }
    }

    fn person(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        role: Role,
        who: &Handler,
        intents: &mut Vec<Intent>,
    ) {
        let words = scene.words;
        let name = scene.town.handler_name(who, words.lang);
        ui.label(RichText::new(name).font(theme::strong_font(theme::BODY)));
        let until = end_of_shift(scene);
        let until_text = words.moment(until, scene.now, scene.town.timezone);
        let (on, may) = (
            on_shift(scene, who),
            scene.town.permissions.may_at_all(role, "shift"),
        );
        let key = if on { "shift-put-off" } else { "shift-put-on" };
        let button = Button::new(words.f(key, &[("until", until_text.into())]));
        let response = ui
            .add_enabled(may, button)
            .on_disabled_hover_text(words.t("step-not-yours"));
        if response.clicked() {
            let who = who.clone();
            intents.push(Intent::Duty(vec![DutyAction::Shift { who, on: !on, until }]));
        }
        let may = scene.town.permissions.may_at_all(role, "availability");
        if scene.duty.away(who, scene.now).is_some() {
            let back = ui
                .add_enabled(may, Button::new(words.t("shift-back")))
                .on_disabled_hover_text(words.t("step-not-yours"));
            if back.clicked() {
                intents.push(Intent::Duty(vec![DutyAction::Availability {
                    who: who.clone(),
                    away_until: None,
                    reason: String::new(),
                }]));
            }
            return;
        }
        self.away(ui, scene, may, who, intents);
    }

    fn away(&mut self, ui: &mut Ui, scene: Scene<'_>, may: bool, who: &Handler, intents: &mut Vec<Intent>) {
        let words = scene.words;
        let mut labels: Vec<String> = AWAY_HOURS
            .iter()
            .map(|hours| words.duration(TimeDelta::hours(*hours)))
            .collect();
        labels.push(words.t("shift-till-end").to_owned());
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        ui.horizontal(|ui| {
            ui.label(RichText::new(words.t("shift-away")).color(scene.colors.weak));
            let id = Id::unique("shift away");
            let done = choose::one_of(
                ui,
                scene.colors,
                id,
                words.t("shift-away"),
                &labels,
                self.away,
                false,
            );
            if let Some(chosen) = done.chosen {
                self.away = chosen;
            }
        });
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut self.reason)
                .id(Id::unique("shift reason"))
                .hint_text(words.t("shift-reason"))
                .char_limit(REASON_MAX_CHARS)
                .desired_width(380.0);
            let response = ui.add(field);
            choose::name_field(&response, &self.reason, words.t("shift-reason"));
            let ready = may && !self.reason.trim().is_empty();
            let why = if may { "shift-reason" } else { "step-not-yours" };
            let button = ui
                .add_enabled(ready, Button::new(words.t("shift-mark-away")))
                .on_disabled_hover_text(words.t(why));
            if button.clicked() {
                let hours = AWAY_HOURS.get(self.away);
                let until = hours.map_or(end_of_shift(scene), |hours| scene.now + TimeDelta::hours(*hours));
                intents.push(Intent::Duty(vec![DutyAction::Availability {
                    who: who.clone(),
                    away_until: Some(until),
                    reason: std::mem::take(&mut self.reason).trim().to_owned(),
                }]));
            }
        });
    }
}

/// The shift that runs, and the next.
fn now_and_next(ui: &mut Ui, scene: Scene<'_>) {
    let (words, tz) = (scene.words, scene.town.timezone);
    let roster = &scene.town.roster;
    let line = |key: &str, span: Option<crate::town::roster::Span<'_>>| match span {
        Some(span) => {
            let moment = |at| words.moment(at, scene.now, tz);
            let args = [
                ("shift", span.shift.name.get(words.lang).into()),
                ("from", moment(span.from).into()),
                ("until", moment(span.until).into()),
            ];
            words.f(key, &args)
        }
        None => words.t("shift-none").to_owned(),
    };
    ui.label(line("shift-now", roster.current(scene.now, tz)));
    if let Some(next) = roster.next(scene.now, tz) {
        ui.label(RichText::new(line("shift-next", Some(next))).color(scene.colors.weak));
    }
    ui.label(RichText::new(words.t("shift-roster-note")).color(scene.colors.weak));
}

/// When the running shift ends; a while from now where none runs.
fn end_of_shift(scene: Scene<'_>) -> DateTime<Utc> {
    let span = scene.town.roster.current(scene.now, scene.town.timezone);
    span.map_or(scene.now + WITHOUT_SHIFT, |span| span.until)
}

fn people(scene: Scene<'_>, filter: &str) -> Vec<Handler> {
    let filter = filter.trim().to_lowercase();
    let posts = (scene.town.posts.iter()).map(|post| Handler::Post(post.code.as_str().into()));
    let teams = (scene.town.teams.iter()).map(|team| Handler::Team(team.code.as_str().into()));
    let fits = |who: &Handler| {
        let name = scene.town.handler_name(who, scene.words.lang);
        filter.is_empty()
            || name.to_lowercase().contains(&filter)
            || who.to_string().to_lowercase().contains(&filter)
    };
    posts.chain(teams).filter(fits).collect()
}

/// One line of words: on shift or not and why, away or not, and the next shift.
fn row(ui: &Ui, scene: Scene<'_>, rect: Rect, who: &Handler) -> String {
    let (words, tz) = (scene.words, scene.town.timezone);
    let moment = |at| words.moment(at, scene.now, tz);
    let name = scene.town.handler_name(who, words.lang);
    let on = on_shift(scene, who);
    let mut state = words.t(if on { "shift-on" } else { "shift-off" }).to_owned();
    if let Some(said) = said_until(scene.duty, who, scene.now) {
        state = words.f(
            "shift-by-hand",
            &[("state", state.into()), ("until", moment(said).into())],
        );
    }
    let away = scene.duty.away(who, scene.now).map(|away| {
        let args = [
            ("until", moment(away.until).into()),
            ("reason", away.reason.as_str().into()),
        ];
        words.f("shift-is-away", &args)
    });
    let next = match scene.town.roster.next_shift(who, scene.now, tz) {
        Some(next) => {
            let args = [
                ("shift", next.shift.name.get(words.lang).into()),
                ("from", moment(next.from).into()),
            ];
            words.f("shift-next-of", &args)
        }
        None if scene.town.roster.names(who) => String::new(),
        None => match team_hours(scene, who) {
            Some((from, to)) => format!("{}–{}", from.format("%H:%M"), to.format("%H:%M")),
            None => words.t("shift-always").to_owned(),
        },
    };
    let center = rect.center().y;
    let mark = Pos2::new(rect.left() + 14.0, center);
    let stroke = egui::Stroke::new(1.5, scene.colors.weak);
    if on && away.is_none() {
        ui.painter().circle_filled(mark, 5.0, scene.colors.text);
    } else {
        ui.painter().circle_stroke(mark, 5.0, stroke);
    }
    one_line(
        ui,
        Pos2::new(rect.left() + 28.0, center),
        rect.left() + 270.0,
        name,
        scene.colors.text,
    );
    let shown = match &away {
        Some(away) => away.clone(),
        None => state.clone(),
    };
    let color = if away.is_some() {
        scene.colors.amber_text
    } else {
        scene.colors.text
    };
    let next_left = rect.right() - 190.0;
    one_line(
        ui,
        Pos2::new(rect.left() + 278.0, center),
        next_left - 8.0,
        &shown,
        color,
    );
    ui.painter().text(
        Pos2::new(rect.right() - 8.0, center),
        Align2::RIGHT_CENTER,
        &next,
        FontId::proportional(theme::BODY),
        scene.colors.weak,
    );
    format!("{name}, {shown}, {next}")
}

/// The hours of a team that no shift of the roster names.
fn team_hours(scene: Scene<'_>, who: &Handler) -> Option<(NaiveTime, NaiveTime)> {
    match who {
        Handler::Team(code) => scene.town.team(code)?.shift,
        Handler::Post(_) => None,
    }
}

fn said_until(duty: &Duty, who: &Handler, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    duty.on_shift(who, now)?;
    duty.shifts.get(who).map(|said| said.until)
}
