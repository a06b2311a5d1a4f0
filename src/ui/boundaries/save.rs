//! Saving: what becomes different, what the check says, from when on it holds, and why.

use chrono::{DateTime, NaiveDateTime, Utc};
use eframe::egui::{self, Button, RichText, TextEdit, Ui};

use crate::case::DutyAction;
use crate::town::boundary::Weight;
use crate::ui::{Intent, Scene, theme};

use super::{BoundaryDo, BoundaryEditor, Tab, hectares, kind_text};

/// So many changed places are listed one by one.
const ROWS: usize = 5;

/// What is typed before boundaries are saved.
#[derive(Clone, Debug, Default)]
pub(super) struct SaveForm {
    pub reason: String,
    pub gaps: String,
    /// It holds from a later moment on.
    pub later: bool,
    /// That moment, as typed.
    pub from: String,
    pub refused: Option<String>,
    pub ticket: Option<u64>,
}

impl SaveForm {
    pub fn is_sent(&self) -> bool {
        self.ticket.is_some()
    }
}

/// A day with or without a time of day, on the town's clocks.
fn moment(text: &str, scene: Scene<'_>) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let whole = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M");
    let day = || {
        chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()?
            .and_hms_opt(0, 0, 0)
    };
    let local = whole.ok().or_else(day)?;
    let at = local.and_local_timezone(scene.town.timezone).earliest()?;
    Some(at.with_timezone(&Utc))
}

impl BoundaryEditor {
    /// Why what is drawn can't be saved now, in words; `None` where it can.
    fn not_now(&self, scene: Scene<'_>, may: Result<(), &'static str>) -> Option<String> {
        let w = scene.words;
        if let Err(key) = may {
            return Some(w.t(key).to_owned());
        }
        if self.save.is_sent() {
            return Some(w.t("bounds-sent").to_owned());
        }
        if self.stale {
            return Some(w.t("bounds-stale").to_owned());
        }
        if !self.is_changed() {
            return Some(w.t("refusal-duty-boundary-nothing").to_owned());
        }
        if scene.duty.boundaries_to_come(scene.now).is_some() {
            return Some(w.t("refusal-duty-boundary-waits").to_owned());
        }
        let Some(looked) = self.looked_now() else {
            return Some(w.t("bounds-looking").to_owned());
        };
        if looked.weight() == Some(Weight::Blocks) {
            return Some(w.t("refusal-duty-boundary-unsound").to_owned());
        }
        if self.save.reason.trim().is_empty() {
            return Some(w.t("bounds-reason-missing").to_owned());
        }
        if looked.weight() == Some(Weight::NeedsReason) && self.save.gaps.trim().is_empty() {
            return Some(w.t("refusal-duty-boundary-gaps").to_owned());
        }
        if self.save.later && moment(&self.save.from, scene).is_none_or(|from| from <= scene.now) {
            return Some(w.t("bounds-from-wrong").to_owned());
        }
        None
    }

    /// Asks for what is drawn to be saved, where it can be; else says what is missing.
    pub(super) fn submit(&mut self, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        self.tab = Tab::Draw;
        if let Some(why) = self.not_now(scene, Ok(())) {
            self.save.refused = Some(why);
            return;
        }
        let from = if self.save.later {
            moment(&self.save.from, scene)
        } else {
            None
        };
        let action = DutyAction::Redraw {
            number: self.based_on + 1,
            change: Box::new(self.plan.change()),
            from,
            reason: self.save.reason.trim().to_owned(),
            gaps: self.save.gaps.trim().to_owned(),
            withdraws: None,
        };
        self.save.refused = None;
        intents.push(Intent::Boundary(BoundaryDo::Save(Box::new(action))));
    }

    /// The summary before it is saved, and the button that saves.
    pub(super) fn save_ui(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        may: Result<(), &'static str>,
        intents: &mut Vec<Intent>,
    ) {
        let w = scene.words;
        ui.label(RichText::new(w.t("bounds-summary")).font(theme::strong_font(theme::BODY)));
        self.summary(ui, scene);
        super::field(ui, w.t("bounds-reason"), &mut self.save.reason, 250.0);
        let gaps = self.looked_now().and_then(super::Looked::weight) == Some(Weight::NeedsReason);
        if gaps {
            super::field(ui, w.t("bounds-gaps-reason"), &mut self.save.gaps, 250.0);
        }
        ui.horizontal(|ui| {
            ui.radio_value(&mut self.save.later, false, w.t("bounds-from-now"));
            ui.radio_value(&mut self.save.later, true, w.t("bounds-from-later"));
            if self.save.later {
                let edit = TextEdit::singleline(&mut self.save.from)
                    .desired_width(130.0)
                    .hint_text("2027-01-01 00:00");
                let response = ui.add(edit);
                let name = w.t("bounds-from");
                response
                    .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, name));
            }
        });
        let why = self.not_now(scene, may);
        ui.horizontal(|ui| {
            let text = RichText::new(w.t("bounds-save")).font(theme::strong_font(theme::BODY));
            let save = Button::new(text).min_size(egui::vec2(0.0, theme::HIT));
            let mut response = ui.add_enabled(why.is_none(), save);
            if let Some(why) = &why {
                response = response.on_disabled_hover_text(why);
            }
            if response.clicked() {
                self.submit(scene, intents);
            }
            if ui.button(w.t("bounds-drop")).clicked() {
                self.leaving = true;
            }
        });
        let told = self.save.refused.clone().or(why);
        if let Some(why) = told {
            let color = if self.save.refused.is_some() {
                scene.colors.red_text
            } else {
                scene.colors.weak
            };
            ui.add(egui::Label::new(RichText::new(why).color(color)).wrap());
        }
    }

    fn summary(&self, ui: &mut Ui, scene: Scene<'_>) {
        let w = scene.words;
        let Some(looked) = self.looked_now() else {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(w.t("bounds-looking"));
            });
            return;
        };
        egui::Grid::new("boundsrows")
            .num_columns(3)
            .spacing([16.0, 2.0])
            .show(ui, |ui| {
                for row in looked.rows.iter().take(ROWS) {
                    ui.label(format!("{} {}", kind_text(w, row.kind), row.code));
                    let area =
                        |m2: Option<f64>, none: &str| m2.map_or(w.t(none).to_owned(), |m2| hectares(w, m2));
                    let (before, after) = (
                        area(row.before_m2, "bounds-new"),
                        area(row.after_m2, "bounds-gone"),
                    );
                    ui.label(format!("{before} → {after}"));
                    ui.end_row();
                }
            });
        if looked.rows.len() > ROWS {
            ui.label(w.n("bounds-more", looked.rows.len() - ROWS));
        }
        ui.label(w.n("bounds-moved", looked.moved));
        let count = |weight| {
            looked
                .brought
                .iter()
                .filter(|f| f.kind.weight() == weight)
                .count()
        };
        let (heavy, gaps) = (count(Weight::Blocks), count(Weight::NeedsReason));
        let (text, color) = match (heavy, gaps) {
            (0, 0) => (w.t("bounds-sound").to_owned(), scene.colors.weak),
            (0, gaps) => (w.n("bounds-with-gaps", gaps), scene.colors.amber_text),
            (heavy, _) => (w.n("bounds-unsound", heavy), scene.colors.red_text),
        };
        ui.label(RichText::new(text).color(color));
    }
}
