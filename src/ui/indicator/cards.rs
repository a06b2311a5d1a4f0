//! The cards: a figure each, how it has changed, and how it went.

use eframe::egui::{self, Align2, FontId, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};

use crate::indicator::{Against, Change, Definition, Direction, Flag};
use crate::ui::hall::queue::one_line;
use crate::ui::{Scene, theme};
use crate::words::{Words, indicator as say};

use super::count::{Ask, CardData};
use super::figure::card_words;
use super::{IndicatorPage, MAIN};

/// Height of a card, in points.
const HEIGHT: f32 = 92.0;
/// Least width of a card, in points.
const WIDTH: f32 = 196.0;
/// Room between cards, in points.
const GAP: f32 = 8.0;

/// A card, told.
pub struct CardView {
    ask: Ask,
    name: String,
    /// The value, or why there is none.
    value: Result<String, String>,
    basis: String,
    change: String,
    small: bool,
    out: bool,
    words: String,
    spark: Vec<Option<f64>>,
}

impl CardView {
    /// Tells a card.
    pub fn new(words: &Words, definition: &Definition, ask: &Ask, card: Result<&CardData, &String>) -> Self {
        let name = definition.name.get(words.lang).to_owned();
        let card = match card {
            Ok(card) => card,
            Err(why) => {
                return Self {
                    ask: ask.clone(),
                    words: format!("{name}\n{why}"),
                    name,
                    value: Err(why.clone()),
                    basis: String::new(),
                    change: String::new(),
                    small: false,
                    out: false,
                    spark: Vec::new(),
                };
            }
        };
        let value = &card.answer.value;
        let text = say::value_or_none(words, definition, value);
        let is_count = value.of.is_none() && value.value == Some(value.n as f64);
        let change = change_words(words, definition, ask.against, card.answer.change());
        let mut spoken = card_words(words, definition, card);
        if card.answer.out_of_band {
            spoken = format!("{}: {spoken}", words.t("page-out-of-band"));
        }
        Self {
            ask: ask.clone(),
            name,
            value: match value.value {
                Some(_) => Ok(text),
                None => Err(text),
            },
            basis: match is_count {
                true => String::new(),
                false => say::basis_text(words, value),
            },
            change,
            small: value.flags.contains(&Flag::SmallNumber),
            out: card.answer.out_of_band,
            words: spoken,
            spark: card.spark.clone(),
        }
    }
}

/// "↑ +12.3 % on last year, worse".
fn change_words(words: &Words, definition: &Definition, against: Against, change: Option<Change>) -> String {
    let Some(change) = change else {
        return words.t("indicator-no-comparison").to_owned();
    };
    let (arrow, rises) = match change.value {
        value if value > 0.05 => ("↑", Some(true)),
        value if value < -0.05 => ("↓", Some(false)),
        _ => ("→", None),
    };
    let good = match definition.direction {
        Direction::More => rises,
        Direction::Less => rises.map(|rises| !rises),
        Direction::Neutral => None,
    };
    let judged = match good {
        Some(true) => words.t("page-better"),
        Some(false) => words.t("page-worse"),
        None => "",
    };
    let than = words.t(match against {
        Against::LastPeriod => "page-on-last-period",
        Against::LastYear => "page-on-last-year",
    });
    let change = say::change_text(words, definition, change);
    format!("{arrow} {change} {than} {judged}").trim_end().to_owned()
}

impl IndicatorPage {
    /// Draws the cards; a click chooses one and opens its cases.
    pub(super) fn cards(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let wide = ui.available_width();
        let fit = ((wide + GAP) / (WIDTH + GAP)).floor() as usize;
        // Rows of one length.
        let columns = [12, 6, 4, 3, 2, 1].into_iter().find(|n| *n <= fit).unwrap_or(1);
        let width = (wide - GAP * (columns - 1) as f32) / columns as f32;
        let mut clicked = None;
        for row in MAIN.chunks(columns) {
            let (rect, _) = ui.allocate_exact_size(vec2(wide, HEIGHT), Sense::hover());
            for (i, id) in row.iter().enumerate() {
                let left = (rect.left() + i as f32 * (width + GAP)).round();
                let own = Rect::from_min_size(pos2(left, rect.top()), vec2(width.floor(), HEIGHT));
                if self.card(ui, scene, own, id) {
                    clicked = Some(*id);
                }
            }
        }
        if let Some(id) = clicked {
            self.list_open = !(self.list_open && self.indicator == id);
            self.indicator = id.to_owned();
        }
    }

    fn card(&self, ui: &mut Ui, scene: Scene<'_>, rect: Rect, id: &str) -> bool {
        let colors = scene.colors;
        let response = ui.interact(rect, egui::Id::unique(("card", id)), Sense::click());
        let chosen = self.indicator == id;
        let (edge, ground) = match (chosen, response.hovered()) {
            (true, _) => (Stroke::new(1.5, colors.accent), colors.accent_ground),
            (_, true) => (Stroke::new(1.0, colors.weak), colors.raised),
            _ => (Stroke::new(1.0, colors.line), colors.panel),
        };
        let painter = ui.painter();
        painter.rect(rect, 4.0, ground, edge, StrokeKind::Inside);
        if response.has_focus() {
            let focus = Stroke::new(1.5, colors.accent);
            painter.rect_stroke(rect.expand(2.0), 5.0, focus, StrokeKind::Outside);
        }
        let inner = rect.shrink2(Vec2::new(12.0, 8.0));
        let Some(view) = self.card_views.get(id) else {
            let name = self.definitions.as_ref().and_then(|all| all.get(id));
            let name = name.map_or("", |definition| definition.name.get(scene.words.lang));
            let at = pos2(inner.left(), inner.top() + 10.0);
            one_line(ui, at, inner.right(), name, colors.weak);
            response.widget_info(|| {
                egui::WidgetInfo::selected(egui::accesskit::Role::Button, true, chosen, name)
            });
            return response.clicked();
        };
        let current =
            self.is_current(&view.ask) && self.asked.as_ref().is_some_and(|a| a.against == view.ask.against);
        draw(ui, scene, inner, view, current);
        response.widget_info(|| {
            let words = view.words.replace('\n', ", ");
            egui::WidgetInfo::selected(egui::accesskit::Role::Button, true, chosen, words)
        });
        let clicked = response.clicked();
        response.on_hover_text(&view.words);
        clicked
    }
}

fn draw(ui: &mut Ui, scene: Scene<'_>, rect: Rect, view: &CardView, current: bool) {
    let (colors, w) = (scene.colors, scene.words);
    let text = if current { colors.text } else { colors.faint };
    let weak = if current { colors.weak } else { colors.faint };
    let font = FontId::proportional(theme::BODY);
    let row = |y: f32| pos2(rect.left(), rect.top() + y);
    let mut right = rect.right();
    let out_color = if current { colors.red_text } else { colors.faint };
    let tags = [
        (view.out, w.t("page-out"), out_color),
        (view.small, w.t("page-small"), weak),
    ];
    for (_, words, color) in tags.into_iter().filter(|(holds, ..)| *holds) {
        let at = pos2(right, rect.top() + 8.0);
        let tag = ui
            .painter()
            .text(at, Align2::RIGHT_CENTER, words, font.clone(), color);
        right = tag.left() - 6.0;
    }
    one_line(ui, row(8.0), right, &view.name, weak);
    let (value, color) = match &view.value {
        Ok(value) if view.out && current => (value, colors.red_text),
        Ok(value) => (value, text),
        Err(why) => (why, weak),
    };
    let large = match view.value {
        Ok(_) => theme::strong_font(theme::LARGE),
        Err(_) => font.clone(),
    };
    let mut job = egui::text::LayoutJob::simple_singleline(value.clone(), large, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width());
    let galley = ui.painter().layout_job(job);
    let end = rect.left() + galley.size().x;
    let at = row(38.0) - vec2(0.0, galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
    // What it rests on stands where there is room for it beside the line.
    let spark = Rect::from_min_max(
        pos2((rect.right() - 84.0).max(end + 12.0), rect.top() + 26.0),
        pos2(rect.right(), rect.top() + 52.0),
    );
    if spark.width() > 24.0 {
        sparkline(
            ui,
            spark,
            &view.spark,
            if current { colors.community } else { colors.faint },
        );
    }
    let change = view.change.clone();
    let basis = ui
        .painter()
        .layout_no_wrap(view.basis.clone(), font.clone(), weak);
    let room = rect.right() - basis.size().x - if view.basis.is_empty() { 0.0 } else { 8.0 };
    let change_wide = ui.painter().layout_no_wrap(change.clone(), font, weak).size().x;
    let fits = rect.left() + change_wide <= room;
    one_line(
        ui,
        row(68.0),
        if fits { room } else { rect.right() },
        &change,
        weak,
    );
    if fits {
        let at = pos2(rect.right() - basis.size().x, row(68.0).y - basis.size().y / 2.0);
        ui.painter().galley(at, basis, weak);
    }
}

/// How the figure went: a line without an axis, from its least to its most.
fn sparkline(ui: &Ui, rect: Rect, values: &[Option<f64>], color: egui::Color32) {
    let known = || values.iter().flatten();
    let low = known().copied().fold(f64::INFINITY, f64::min);
    let high = known().copied().fold(f64::NEG_INFINITY, f64::max);
    if values.len() < 2 || low > high {
        return;
    }
    let span = if high > low { high - low } else { 1.0 };
    let step = rect.width() / (values.len() - 1) as f32;
    let point = |(i, value): (usize, &f64)| {
        let up = if high > low {
            ((value - low) / span) as f32
        } else {
            0.5
        };
        Pos2::new(rect.left() + i as f32 * step, rect.bottom() - up * rect.height())
    };
    let stroke = Stroke::new(1.25, color);
    let mut run = Vec::new();
    for (i, value) in values.iter().enumerate() {
        match value {
            Some(value) => run.push(point((i, value))),
            None if run.len() > 1 => {
                ui.painter().line(std::mem::take(&mut run), stroke);
            }
            None => run.clear(),
        }
    }
    if run.len() > 1 {
        ui.painter().line(run, stroke);
    }
}
