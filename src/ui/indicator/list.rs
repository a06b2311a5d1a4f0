//! The cases behind a figure: as many as it counts.

use chrono::{DateTime, Utc};
use eframe::egui::{self, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2, pos2};

use crate::case::End;
use crate::ui::hall::marks;
use crate::ui::hall::queue::one_line;
use crate::ui::{Intent, Scene, icons};
use crate::words::indicator as say;

use super::count::{CaseRow, Cases};
use super::{IndicatorPage, plot_view};

/// Height of one row, in points.
const ROW: f32 = 48.0;

impl IndicatorPage {
    /// Draws the list of the chosen indicator's cases.
    pub(super) fn list(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let w = scene.words;
        ui.horizontal(|ui| {
            let name = self.definition().map_or("", |d| d.name.get(w.lang));
            ui.label(plot_view::heading(name));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let close = ui.add(egui::Button::image(icons::icon(icons::CLOSE, scene.colors.weak)));
                let hide = w.t("page-list-hide");
                close.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, hide));
                if close.on_hover_text(hide).clicked() {
                    self.list_open = false;
                }
            });
        });
        let counted = self.cases.as_ref();
        let counted = counted.filter(|(ask, _)| ask.indicator == self.indicator && self.is_current(ask));
        let cases = match counted {
            None => {
                ui.spinner();
                return;
            }
            Some((_, Err(why))) => {
                ui.label(RichText::new(why).color(scene.colors.weak));
                return;
            }
            Some((_, Ok(cases))) => cases,
        };
        let card = self
            .cards
            .get(&self.indicator)
            .and_then(|(_, card)| card.as_ref().ok());
        if let (Some(card), Some(definition)) = (card, self.definition()) {
            let value = say::value_or_none(w, definition, &card.answer.value);
            let basis = say::basis_text(w, &card.answer.value);
            ui.label(RichText::new(format!("{value}  ({basis})")).color(scene.colors.weak));
        }
        ui.label(w.n("page-list-count", cases.rows.len()));
        ui.separator();
        if cases.rows.is_empty() {
            ui.label(RichText::new(w.t("plot-empty")).color(scene.colors.weak));
            return;
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt(("indicator cases", &self.indicator))
            .show_rows(ui, ROW, cases.rows.len(), |ui, range| {
                for row in &cases.rows[range] {
                    one(ui, scene, cases, row, intents);
                }
            });
    }
}

fn one(ui: &mut Ui, scene: Scene<'_>, cases: &Cases, row: &CaseRow, intents: &mut Vec<Intent>) {
    let (colors, w) = (scene.colors, scene.words);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::click());
    if response.hovered() || scene.selection.case == Some(row.id) {
        ui.painter().rect_filled(rect, 4.0, colors.raised);
    }
    if response.has_focus() {
        let edge = Stroke::new(1.5, colors.accent);
        ui.painter()
            .rect_stroke(rect.shrink(1.0), 4.0, edge, StrokeKind::Inside);
    }
    let (first, second) = words(scene, cases, row);
    let left = rect.left() + 34.0;
    if let Some((class, ..)) = row.fact {
        let at = pos2(rect.left() + 16.0, rect.center().y);
        marks::class_mark(
            ui.painter(),
            at,
            18.0,
            class,
            colors.case_fill,
            marks::letter_on(colors),
        );
    }
    one_line(
        ui,
        pos2(left, rect.top() + 14.0),
        rect.right() - 6.0,
        &first,
        colors.text,
    );
    one_line(
        ui,
        pos2(left, rect.top() + 34.0),
        rect.right() - 6.0,
        &second,
        colors.weak,
    );
    response.widget_info(|| {
        let words = format!("{first}, {second}");
        egui::WidgetInfo::labeled(egui::accesskit::Role::ListBoxOption, true, words)
    });
    if response.on_hover_text(w.t("page-list-open")).clicked() {
        intents.push(Intent::OpenCase(row.id));
    }
}

/// What a row says: which case, what it is; when it was reported, and how it stands.
fn words(scene: Scene<'_>, cases: &Cases, row: &CaseRow) -> (String, String) {
    let w = scene.words;
    let Some((_, item, reported, ended, end)) = row.fact else {
        return (row.id.to_string(), String::new());
    };
    let code = cases.items.get(usize::from(item)).map_or("", |code| code);
    let item = scene.town.catalogue.by_code(code);
    let name = item.map_or(code, |item| item.name.get(w.lang));
    let day = |ms: i64| {
        let at = DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or_default();
        at.with_timezone(&scene.town.timezone)
            .format("%Y-%m-%d %H:%M")
            .to_string()
    };
    let stands = w.t(match end {
        End::Open => "page-end-open",
        End::Suspended => "stage-suspended",
        End::Closed => "stage-closed",
        End::Refused => "stage-refused",
        End::Merged => "stage-merged",
        End::Withdrawn => "stage-withdrawn",
    });
    let until = ended.map(|ms| format!(" → {}", day(ms))).unwrap_or_default();
    (
        format!("{} {name}", row.id),
        format!("{}{until} · {stands}", day(reported)),
    )
}
