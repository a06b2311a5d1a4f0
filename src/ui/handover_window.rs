//! The handover: drawn up from the journal, completed by hand, signed by the leaving post, read and signed by the
//! arriving one. Past handovers are kept and can be read and exported.

use std::fmt::Write;

use eframe::egui::{self, Align2, Button, Id, RichText, ScrollArea, TextEdit, Ui, Vec2};

use crate::case::duty;
use crate::case::{CaseId, Duty, DutyAction, Stage};
use crate::desk::handover::{Handover, Promise};
use crate::town::{Class, Post};

use super::hall::{alarms, queue};
use super::{Intent, Scene, choose, theme};

/// Width of the window, in points.
const WIDTH: f32 = 760.0;
/// Most characters of a handover.
const TEXT_MAX_CHARS: usize = 20_000;
/// Most characters of what the arriving post adds.
const NOTE_MAX_CHARS: usize = 1000;

/// What the window holds of the screen.
#[derive(Debug, Default)]
pub struct HandoverWindow {
    /// The text that is being completed; `None` until it was drawn up.
    text: Option<String>,
    /// The draft is being drawn up.
    pub waiting: bool,
    /// Somebody asked for a new draft.
    pub wanted: bool,
    note: String,
    /// The number of the past handover that is read.
    reading: Option<u32>,
    /// A handover that is to be written into a file.
    pub export: Option<u32>,
    fresh: bool,
}

impl HandoverWindow {
    /// The window is opened. A draft is drawn up unless one is being written or waits to be taken over.
    pub fn open(&mut self, duty: &Duty) {
        self.fresh = true;
        self.reading = None;
        self.wanted = self.text.is_none() && duty.open_handover().is_none();
    }

    /// The draft was drawn up.
    pub fn drawn_up(&mut self, text: String) {
        self.waiting = false;
        self.text = Some(text);
        self.fresh = true;
    }

    /// The journal has a new handover: the text that was written is kept there.
    pub fn signed(&mut self) {
        self.text = None;
        self.note.clear();
    }

    /// Draws the window; false where it is closed.
    pub fn show(
        &mut self,
        ctx: &egui::Context,
        scene: Scene<'_>,
        post: Option<&Post>,
        intents: &mut Vec<Intent>,
    ) -> bool {
        let mut open = true;
        let height = (ctx.content_rect().height() - 150.0).max(240.0);
        let title = RichText::new(scene.words.t("deed-handover")).font(theme::strong_font(theme::TITLE));
        egui::Window::new(title)
            .id(Id::unique("handover window"))
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, Vec2::ZERO)
            .show(ctx, |ui| {
                ui.set_width(WIDTH);
                self.past(ui, scene);
                ui.separator();
                let reading = self
                    .reading
                    .and_then(|number| scene.duty.handovers.iter().find(|h| h.number == number));
                let open_one = scene.duty.open_handover();
                match (reading, open_one) {
                    (Some(past), _) => self.read(ui, scene, past, height),
                    (None, Some(waiting)) => self.take_over(ui, scene, waiting, post, height, intents),
                    (None, None) => self.write(ui, scene, post, height, intents),
                }
            });
        open
    }

    /// One button for the present, and one for each past handover, the last first.
    fn past(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        ScrollArea::horizontal().id_salt("past handovers").show(ui, |ui| {
            ui.horizontal(|ui| {
                let present = if scene.duty.open_handover().is_some() {
                    "handover-waits"
                } else {
                    "handover-new"
                };
                let button = Button::selectable(self.reading.is_none(), scene.words.t(present));
                if ui.add(button).clicked() {
                    self.reading = None;
                    self.fresh = true;
                }
                for past in scene.duty.handovers.iter().rev().filter(|h| h.taken.is_some()) {
                    let at = scene.words.moment(past.at, scene.now, scene.town.timezone);
                    let text = format!("{} · {} {at}", past.number, past.shift);
                    if ui
                        .add(Button::selectable(self.reading == Some(past.number), text))
                        .clicked()
                    {
                        self.reading = Some(past.number);
                    }
                }
            });
        });
    }

    fn read(&mut self, ui: &mut Ui, scene: Scene<'_>, past: &duty::Handover, height: f32) {
        text_area(ui, &past.text, height - 150.0);
        for line in signatures(scene, past) {
            ui.label(line);
        }
        self.export_button(ui, scene, past.number);
    }

    fn export_button(&mut self, ui: &mut Ui, scene: Scene<'_>, number: u32) {
        if ui.button(scene.words.t("handover-export")).clicked() {
            self.export = Some(number);
        }
    }

    fn take_over(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        waiting: &duty::Handover,
        post: Option<&Post>,
        height: f32,
        intents: &mut Vec<Intent>,
    ) {
        let words = scene.words;
        text_area(ui, &waiting.text, height - 190.0);
        for line in signatures(scene, waiting) {
            ui.label(line);
        }
        let other = post.is_some_and(|post| *post.code != *waiting.by);
        let may = post.is_some_and(|post| scene.town.permissions.may_at_all(post.role, "take_over"));
        ui.horizontal(|ui| {
            let hint = words.t("handover-note");
            let field = TextEdit::singleline(&mut self.note)
                .id(Id::unique("handover note"))
                .hint_text(hint)
                .char_limit(NOTE_MAX_CHARS)
                .desired_width(380.0);
            let response = ui.add(field);
            choose::name_field(&response, &self.note, hint);
            if std::mem::take(&mut self.fresh) {
                response.request_focus();
            }
            let button = primary(scene, words.t("handover-take"));
            let why = if other {
                "step-not-yours"
            } else {
                "handover-other-post"
            };
            let response = ui
                .add_enabled(other && may, button)
                .on_disabled_hover_text(words.t(why));
            if response.clicked() {
                intents.push(Intent::Duty(vec![DutyAction::TakeOver {
                    number: waiting.number,
                    note: self.note.trim().to_owned(),
                }]));
            }
            self.export_button(ui, scene, waiting.number);
        });
        if !other {
            ui.label(RichText::new(words.t("handover-other-post")).color(scene.colors.weak));
        }
    }

    fn write(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        post: Option<&Post>,
        height: f32,
        intents: &mut Vec<Intent>,
    ) {
        let words = scene.words;
        let Some(text) = &mut self.text else {
            if self.waiting {
                ui.spinner();
            } else if ui.button(words.t("handover-draw-up")).clicked() {
                self.wanted = true;
            }
            return;
        };
        ui.label(RichText::new(words.t("handover-complete")).color(scene.colors.weak));
        ScrollArea::vertical()
            .id_salt("handover text")
            .max_height(height - 130.0)
            .show(ui, |ui| {
                let field = TextEdit::multiline(text)
                    .id(Id::unique("handover text field"))
                    .char_limit(TEXT_MAX_CHARS)
                    .desired_rows(((height - 170.0) / 20.0) as usize)
                    .desired_width(f32::INFINITY);
                let response = ui.add(field);
                choose::name_field(&response, text, words.t("handover-text"));
                if std::mem::take(&mut self.fresh) {
                    response.request_focus();
                }
            });
        let may = post.is_some_and(|post| scene.town.permissions.may_at_all(post.role, "handover"));
        let ready = may && !text.trim().is_empty();
        let mut again = false;
        ui.horizontal(|ui| {
            let response = ui
                .add_enabled(ready, primary(scene, words.t("handover-sign")))
                .on_disabled_hover_text(words.t(if may { "handover-text" } else { "step-not-yours" }));
            if response.clicked() {
                intents.push(Intent::Duty(vec![DutyAction::Handover {
                    number: scene.duty.handovers.len() as u32 + 1,
                    shift: shift_name(scene),
                    text: text.trim().to_owned(),
                }]));
            }
            again = ui.button(words.t("handover-draw-again")).clicked();
        });
        if again {
            self.wanted = true;
        }
    }
}

fn primary<'a>(scene: Scene<'_>, text: &str) -> Button<'a> {
    Button::new(RichText::new(text).color(scene.colors.on_accent))
        .fill(scene.colors.accent)
        .min_size(Vec2::new(0.0, 32.0))
}

fn text_area(ui: &mut Ui, text: &str, height: f32) {
    ScrollArea::vertical()
        .id_salt("handover read")
        .auto_shrink(false)
        .max_height(height)
        .show(ui, |ui| {
            ui.add(egui::Label::new(text).wrap().selectable(true));
        });
}

/// The shift that runs; empty where the roster knows none.
pub fn shift_name(scene: Scene<'_>) -> String {
    let span = scene.town.roster.current(scene.now, scene.town.timezone);
    span.map_or("", |span| span.shift.name.get(scene.words.lang))
        .to_owned()
}

/// Who signed, and when.
fn signatures(scene: Scene<'_>, handover: &duty::Handover) -> Vec<String> {
    let words = scene.words;
    let line = |key: &str, by: &str, at| {
        let name = scene.town.post(by).map_or(by, |post| post.title.get(words.lang));
        let at = words.moment(at, scene.now, scene.town.timezone);
        words.f(key, &[("post", name.into()), ("at", at.into())])
    };
    let mut lines = vec![line("handover-signed", &handover.by, handover.at)];
    match &handover.taken {
        Some((by, at, note)) => {
            let mut taken = line("handover-taken", by, *at);
            if !note.is_empty() {
                let _ = write!(taken, " · {note}");
            }
            lines.push(taken);
        }
        None => lines.push(words.t("handover-not-taken").to_owned()),
    }
    lines
}

/// A handover as a text file holds it: the text as it was signed, then both signatures.
pub fn file_text(scene: Scene<'_>, handover: &duty::Handover) -> String {
    let mut text = handover.text.clone();
    text.push_str("\n\n");
    for line in signatures(scene, handover) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The draft in words.
pub fn draft_text(scene: Scene<'_>, drawn: &Handover) -> String {
    let (words, tz, lang) = (scene.words, scene.town.timezone, scene.words.lang);
    let moment = |at| words.moment(at, scene.now, tz);
    let mut text = String::new();
    let mut add = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    let args = [
        ("shift", shift_name(scene).into()),
        ("from", moment(drawn.from).into()),
        ("at", moment(drawn.at).into()),
    ];
    add(words.f("handover-head", &args));
    add(String::new());
    let total: usize = drawn.open.iter().flatten().sum();
    add(words.n("handover-open", total));
    for class in Class::ALL {
        let stages: Vec<String> = Stage::ALL
            .into_iter()
            .map(|stage| (stage, drawn.open[class as usize][stage as usize]))
            .filter(|(_, n)| *n > 0)
            .map(|(stage, n)| format!("{} {n}", words.stage(stage)))
            .collect();
        if !stages.is_empty() {
            add(format!(
                "  {}: {}",
                class.letter(),
                stages.join(words.t("settings-comma"))
            ));
        }
    }
    let case_line = |id: CaseId| match scene.board.get(id) {
        Some(live) => {
            let time = words.time_left(&live.time_left(scene.now));
            let stage = words.stage(live.case.stage);
            format!("  {id} {} · {stage} · {time}", queue::title(scene, live))
        }
        None => format!("  {id}"),
    };
    let more = |all: usize, named: usize| {
        (all > named).then(|| format!("  {}", words.n("handover-more", all - named)))
    };
    add(words.n("handover-overdue", drawn.overdue_count));
    drawn.overdue.iter().for_each(|id| add(case_line(*id)));
    if let Some(more) = more(drawn.overdue_count, drawn.overdue.len()) {
        add(more);
    }
    add(words.n("handover-promised", drawn.promised.len()));
    for (at, id, promise) in &drawn.promised {
        let key = match promise {
            Promise::SuspendedUntil => "handover-suspended-until",
            Promise::ExtendedUntil => "handover-extended-until",
        };
        add(format!(
            "{} · {}",
            case_line(*id),
            words.f(key, &[("until", moment(*at).into())])
        ));
    }
    add(words.n("handover-watched", drawn.watched.len()));
    drawn.watched.iter().for_each(|id| add(case_line(*id)));
    add(words.n("handover-away", drawn.away.len()));
    for (who, reason, until) in &drawn.away {
        let args = [
            ("until", moment(*until).into()),
            ("reason", reason.as_str().into()),
        ];
        add(format!(
            "  {} · {}",
            scene.town.handler_name(who, lang),
            words.f("shift-is-away", &args)
        ));
    }
    add(words.n("handover-alarms", drawn.alarm_count));
    for alarm in &drawn.alarms {
        add(format!("  {}", alarms::alarm_words(scene, alarm)));
    }
    if let Some(more) = more(drawn.alarm_count, drawn.alarms.len()) {
        add(more);
    }
    let args = [
        ("reported", drawn.done.reported.into()),
        ("imported", drawn.done.imported.into()),
    ];
    add(words.f("handover-done", &args));
    let steps: Vec<String> = drawn
        .done
        .steps
        .iter()
        .map(|(step, n)| format!("{} {n}", words.step(*step)))
        .collect();
    if !steps.is_empty() {
        add(format!("  {}", steps.join(words.t("settings-comma"))));
    }
    add(String::new());
    add(words.t("handover-remarks").to_owned());
    text
}
