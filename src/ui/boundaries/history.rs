//! What was changed in boundaries: when, by whom, why; and the way back.

use eframe::egui::{self, Button, RichText, ScrollArea, Ui};

use crate::case::{BoundaryEdit, DutyAction};
use crate::town::boundary::Change;
use crate::ui::{Intent, Scene, theme};

use super::{BoundaryDo, BoundaryEditor};

impl BoundaryEditor {
    /// Draws the list, the last change first.
    pub(super) fn history_ui(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        may: Result<(), &'static str>,
        intents: &mut Vec<Intent>,
    ) {
        let w = scene.words;
        if scene.duty.boundaries.is_empty() {
            ui.label(RichText::new(w.t("bounds-history-none")).color(scene.colors.weak));
            return;
        }
        ui.add(egui::Label::new(RichText::new(w.t("bounds-history-note")).color(scene.colors.weak)).wrap());
        super::field(ui, w.t("bounds-reason"), &mut self.save.reason, 250.0);
        ui.add_space(theme::GRID);
        ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt("boundshistory")
            .show(ui, |ui| {
                for edit in scene.duty.boundaries.iter().rev() {
                    self.edit_ui(ui, scene, edit, may, intents);
                    ui.separator();
                }
            });
    }

    fn edit_ui(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        edit: &BoundaryEdit,
        may: Result<(), &'static str>,
        intents: &mut Vec<Intent>,
    ) {
        let w = scene.words;
        let zone = scene.town.timezone;
        let who = |code: &str| {
            let post = scene.town.post(code);
            post.map_or(code.to_owned(), |post| post.title.get(w.lang).to_owned())
        };
        let head = w.f(
            "bounds-history-line",
            &[
                ("number", edit.number.into()),
                ("when", w.moment(edit.at, scene.now, zone).into()),
                ("who", who(&edit.by).into()),
            ],
        );
        ui.label(RichText::new(head).font(theme::strong_font(theme::BODY)));
        ui.add(egui::Label::new(edit.reason.as_str()).wrap());
        if !edit.gaps.is_empty() {
            let gaps = format!("{} {}", w.t("bounds-gaps-reason"), edit.gaps);
            ui.add(egui::Label::new(RichText::new(gaps).color(scene.colors.amber_text)).wrap());
        }
        let codes = edit.change.drawn.iter().map(|d| d.code.as_str());
        let gone = edit.change.gone.iter().map(|gone| gone.code.as_str());
        let codes: Vec<&str> = codes.chain(gone).take(12).collect();
        ui.add(egui::Label::new(RichText::new(codes.join("  ")).color(scene.colors.weak)).wrap());
        let comes = edit.from > scene.now;
        if let Some((by, at)) = &edit.withdrawn {
            let args = [
                ("when", w.moment(*at, scene.now, zone).into()),
                ("who", who(by).into()),
            ];
            ui.label(RichText::new(w.f("bounds-withdrawn", &args)).color(scene.colors.weak));
            return;
        }
        let from = [("when", w.moment(edit.from, scene.now, zone).into())];
        let key = if comes { "bounds-comes" } else { "bounds-holds" };
        ui.label(w.f(key, &from));
        let (text, hint) = if comes {
            ("bounds-withdraw", "bounds-withdraw-hint")
        } else {
            ("bounds-restore", "bounds-restore-hint")
        };
        let drawn = self.is_changed().then_some("bounds-save-first");
        let unsaid = self
            .save
            .reason
            .trim()
            .is_empty()
            .then_some("bounds-reason-missing");
        let sent = self.save.is_sent().then_some("bounds-sent");
        let waits = scene.duty.boundaries_to_come(scene.now).is_some() && !comes;
        let waits = waits.then_some("refusal-duty-boundary-waits");
        let why = may.err().or(sent).or(drawn).or(waits).or(unsaid);
        let mut response = ui.add_enabled(why.is_none(), Button::new(w.t(text)));
        response = match why {
            Some(why) => response.on_disabled_hover_text(w.t(why)),
            None => response.on_hover_text(w.t(hint)),
        };
        if response.clicked() {
            let action = self.back_to(scene, edit, comes);
            intents.push(Intent::Boundary(BoundaryDo::Save(Box::new(action))));
        }
        if let Some(why) = &self.save.refused {
            ui.add(egui::Label::new(RichText::new(why).color(scene.colors.red_text)).wrap());
        }
    }

    /// What brings back the boundaries before a change, or withdraws one that is still to come.
    fn back_to(&self, scene: Scene<'_>, edit: &BoundaryEdit, comes: bool) -> DutyAction {
        let change = if comes {
            Change::default()
        } else {
            // As they were in the last moment before it held.
            let before = scene
                .town
                .places_at(edit.from - chrono::TimeDelta::milliseconds(1));
            Change::between(&scene.town.places, before)
        };
        DutyAction::Redraw {
            number: scene.duty.last_redraw + 1,
            change: Box::new(change),
            from: None,
            reason: self.save.reason.trim().to_owned(),
            gaps: edit.gaps.clone(),
            withdraws: comes.then_some(edit.number),
        }
    }
}
