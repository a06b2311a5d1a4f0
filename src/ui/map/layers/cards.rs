//! Legends of density and areas, on the map: what their colours mean. A click opens their options.

use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align, Align2, Area, Color32, Frame, Id, Layout, Margin, Order, Rect, Response, RichText, Sense, Stroke,
    Tooltip, Ui, WidgetInfo, pos2, vec2,
};

use crate::indicator::{Definition, Unit};
use crate::town::Wgs84;
use crate::ui::{Intent, Scene, theme};
use crate::words::indicator as say;

use super::super::MapView;
use super::super::camera::{View, wgs84};
use super::super::choropleth::{AreaValue, Figures, has_period};
use super::super::heat::HeatOf;
use super::Layer;
use super::options::{days_text, kind_words, rule_words};

/// Side of a colour's sample, in points.
const SAMPLE: f32 = 14.0;
/// Width of a card, in points.
const WIDTH: f32 = 232.0;
/// Height of a line of a card, and of its margins, in points.
const LINE: f32 = 22.0;
const MARGINS: f32 = 16.0;
/// Cards that would take more than this share of the map's height tell their classes in one line.
const MOST: f32 = 0.4;

impl MapView {
    /// Draws the legends of the layers that are shown, above the foot of the map.
    pub(in crate::ui::map) fn cards(&mut self, ui: &Ui, scene: &Scene<'_>, area: Rect) {
        let mut cards = Vec::new();
        if self.shown.choropleth {
            cards.push((Layer::Choropleth, self.area_card(scene)));
        }
        if self.shown.heat {
            cards.push((Layer::Heat, self.heat_card(scene)));
        }
        if cards.is_empty() || self.is_covered {
            (self.panel.cards_height, self.panel.cards_moved) = (None, false);
            return;
        }
        let is_short = are_too_high(cards.iter().map(|(_, lines)| lines.len()), area.height());
        let shown = Area::new(Id::unique("map cards"))
            .order(Order::Middle)
            .pivot(Align2::LEFT_BOTTOM)
            .fixed_pos(area.left_bottom())
            .constrain_to(area)
            .movable(false)
            .show(ui.ctx(), |ui| {
                ui.set_width(WIDTH);
                ui.spacing_mut().item_spacing.y = 4.0;
                for (layer, lines) in cards {
                    if card(ui, layer, scene, &lines, is_short).clicked() {
                        self.panel.unfold(layer);
                    }
                }
            });
        // The area stands where its size of the frame before puts it: one that has grown is drawn once more.
        let height = Some(shown.response.rect.height());
        self.panel.cards_moved = self.panel.cards_height != height;
        if self.panel.cards_moved {
            ui.ctx().request_repaint();
        }
        self.panel.cards_height = height;
    }

    fn heat_card(&self, scene: &Scene<'_>) -> Vec<Line> {
        let words = scene.words;
        let settings = &self.settings.heat;
        let mut lines = vec![Line::Title(words.t("map-heat-title").to_owned())];
        let mut what = vec![match settings.of {
            HeatOf::Open => words.t("map-heat-open").to_owned(),
            HeatOf::Reported => format!(
                "{} · {}",
                words.t("map-heat-reported"),
                days_text(words, settings.days)
            ),
        }];
        what.extend(settings.class.map(|class| words.class(class).to_owned()));
        what.extend(
            scene
                .selection
                .centre
                .map(|centre| words.centre(centre).to_owned()),
        );
        lines.push(Line::Note(what.join(" · ")));
        if let Some(why) = &self.heat.trouble {
            lines.push(Line::Note(
                words.f("map-layer-trouble", &[("why", why.as_str().into())]),
            ));
            return lines;
        }
        let Some(legend) = self.heat.legend() else {
            lines.push(Line::Note(words.t("map-layers-busy").to_owned()));
            return lines;
        };
        if legend.from.is_empty() {
            lines.push(Line::Note(words.t("map-heat-none").to_owned()));
            return lines;
        }
        let number = |v: f64| {
            let text = format!("{v:.2}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        let colors = theme::density(scene.colors.dark);
        for (i, color) in colors.iter().enumerate().rev() {
            let Some(from) = legend.from.get(i) else { continue };
            let text = match legend.from.get(i + 1) {
                Some(to) => format!("{} – {}", number(*from), number(*to)),
                None => format!("≥ {}", number(*from)),
            };
            lines.push(Line::Class(Sample::Color(*color), text));
        }
        let radius = format!("{:.0}", settings.radius());
        let args = [("radius", radius.into()), ("n", legend.cases.into())];
        lines.push(Line::Note(words.f("map-heat-note", &args)));
        if settings.of == HeatOf::Reported {
            let args = [("n", self.heat.unplaced().into())];
            lines.push(Line::Note(words.f("map-heat-past-note", &args)));
        }
        lines
    }

    fn area_card(&self, scene: &Scene<'_>) -> Vec<Line> {
        let words = scene.words;
        let settings = &self.settings.areas;
        let Some(definition) = self.choropleth.definition(settings) else {
            let state = match &self.choropleth.trouble {
                Some((_, why)) => words.f("map-layer-trouble", &[("why", why.as_str().into())]),
                None => words.t("map-layers-busy").to_owned(),
            };
            return vec![
                Line::Title(words.t("map-layer-choropleth").to_owned()),
                Line::Note(state),
            ];
        };
        let mut lines = vec![Line::Title(definition.name.get(words.lang).to_owned())];
        let mut what = vec![words.t(kind_words(settings.kind())).to_owned()];
        if has_period(definition) {
            what.push(days_text(words, settings.days));
        }
        what.extend(
            scene
                .selection
                .centre
                .map(|centre| words.centre(centre).to_owned()),
        );
        what.push(unit_text(scene, definition, settings.per_km2));
        what.retain(|part| !part.is_empty());
        lines.push(Line::Note(what.join(" · ")));
        if let Some((_, why)) = &self.choropleth.trouble {
            lines.push(Line::Note(
                words.f("map-layer-trouble", &[("why", why.as_str().into())]),
            ));
            return lines;
        }
        let Some(figures) = &self.choropleth.figures else {
            lines.push(Line::Note(words.t("map-layers-busy").to_owned()));
            return lines;
        };
        lines.extend(classes(scene, definition, figures));
        let at = words.moment(figures.at, scene.now, scene.town.timezone);
        let rule = words.t(rule_words(settings.rule)).to_owned();
        let args = [
            ("rule", rule.into()),
            ("n", figures.classes.len().into()),
            ("at", at.into()),
        ];
        lines.push(Line::Note(words.f("map-areas-note", &args)));
        lines
    }

    /// What is to be said of the layers' things under the pointer.
    pub(in crate::ui::map) fn layer_tip(&self, response: &Response, scene: &Scene<'_>, view: &View) {
        let Some(pos) = response.hover_pos() else { return };
        let text = if let Some((text, _)) = self.unit_at(pos, scene, view) {
            text
        } else if let Some(site) = self.sites.at(
            pos,
            view,
            scene.town,
            (self.shown.facilities, self.shown.dwellings),
        ) {
            site.words(scene)
        } else if let Some(text) = self.area_words(wgs84(view.unscreen(pos)), scene) {
            text
        } else {
            return;
        };
        Tooltip::for_enabled(response)
            .at_pointer()
            .gap(14.0)
            .show(|ui| ui.label(text));
    }

    fn unit_at(
        &self,
        pos: eframe::egui::Pos2,
        scene: &Scene<'_>,
        view: &View,
    ) -> Option<(String, crate::case::CaseId)> {
        let on = self.shown.units;
        on.then(|| self.units.at(pos, view, scene)).flatten()
    }

    /// What a click on the layers' things asks for, if there is one: the case that told a unit's place, an area.
    pub(in crate::ui::map) fn layer_click(
        &self,
        pos: eframe::egui::Pos2,
        scene: &Scene<'_>,
        view: &View,
    ) -> Option<Intent> {
        if let Some((_, case)) = self.unit_at(pos, scene, view) {
            return Some(Intent::Select(Some(case)));
        }
        if !self.shown.choropleth {
            return None;
        }
        let (place, _) = self
            .choropleth
            .at(wgs84(view.unscreen(pos)), &scene.town.places)?;
        Some(Intent::SelectPlace(Some(place)))
    }

    fn area_words(&self, at: Wgs84, scene: &Scene<'_>) -> Option<String> {
        if !self.shown.choropleth {
            return None;
        }
        let definition = self.choropleth.definition(&self.settings.areas)?;
        let (place, area) = self.choropleth.at(at, &scene.town.places)?;
        let name = scene.town.places.get(place).name.get(scene.words.lang);
        Some(area_text(
            scene,
            definition,
            name,
            area,
            self.settings.areas.per_km2,
        ))
    }
}

/// An area in words: its name, its figure, what that rests on, what a reader must know.
fn area_text(
    scene: &Scene<'_>,
    definition: &Definition,
    name: &str,
    area: &AreaValue,
    per_km2: bool,
) -> String {
    let words = scene.words;
    let counted = say::value_or_none(words, definition, &area.value);
    let mut text = match (area.shown, per_km2 && definition.unit == Unit::Cases) {
        (Some(shown), true) => {
            let args = [("v", say::number(shown, 1).into())];
            format!("{name}\n{} ({counted})", words.f("map-per-km2", &args))
        }
        _ => format!("{name}\n{counted}"),
    };
    if definition.unit != Unit::Cases {
        text.push_str(&format!("  ({})", say::basis_text(words, &area.value)));
    }
    if area.shown.is_none() {
        text.push('\n');
        text.push_str(words.t("map-areas-no-value"));
    }
    for flag in &area.value.flags {
        text.push('\n');
        text.push_str(&say::flag_text(words, *flag, &area.value));
    }
    text
}

fn unit_text(scene: &Scene<'_>, definition: &Definition, per_km2: bool) -> String {
    if per_km2 && definition.unit == Unit::Cases {
        let unit = scene.words.f("map-per-km2", &[("v", "".into())]);
        return unit.trim().to_owned();
    }
    say::unit_text(scene.words, definition.unit)
}

fn classes(scene: &Scene<'_>, definition: &Definition, figures: &Figures) -> Vec<Line> {
    let words = scene.words;
    let least = match figures.settings.per_km2 && definition.unit == Unit::Cases {
        true => 1,
        false => definition.decimals,
    };
    let decimals = decimals(&figures.bounds, least);
    let tones = theme::tones(scene.colors, figures.classes.len());
    let mut lines = Vec::new();
    for ((low, high, n), color) in figures.bounds.iter().zip(tones).rev() {
        // A step of equal width may hold no value.
        let range = if *n == 0 {
            words.t("map-areas-empty").to_owned()
        } else {
            let (low, high) = (say::number(*low, decimals), say::number(*high, decimals));
            if low == high {
                low
            } else {
                format!("{low} – {high}")
            }
        };
        let args = [("range", range.into()), ("n", (*n).into())];
        lines.push(Line::Class(
            Sample::Color(color),
            words.f("map-areas-class", &args),
        ));
    }
    if figures.without > 0 {
        let args = [
            ("range", words.t("indicator-none").to_owned().into()),
            ("n", figures.without.into()),
        ];
        lines.push(Line::Class(Sample::Hatch, words.f("map-areas-class", &args)));
    }
    lines
}

/// With so many decimals, at most two more than `least`, no class seems to begin where the one below ends.
fn decimals(bounds: &[(f64, f64, usize)], least: u8) -> u8 {
    let used: Vec<_> = bounds.iter().filter(|(.., n)| *n > 0).collect();
    let apart = |decimals: u8| {
        let text = |value: f64| say::number(value, decimals);
        used.windows(2).all(|two| text(two[0].1) != text(two[1].0))
    };
    (least..least + 2)
        .find(|decimals| apart(*decimals))
        .unwrap_or(least + 2)
}

/// What stands beside a class.
enum Sample {
    Color(Color32),
    Hatch,
}

/// A line of a card.
enum Line {
    Title(String),
    Note(String),
    Class(Sample, String),
}

/// Whether cards of so many lines would take too much of a map of that height.
fn are_too_high(lines: impl Iterator<Item = usize>, height: f32) -> bool {
    lines.map(|n| n as f32 * LINE + MARGINS).sum::<f32>() > MOST * height
}

fn card(ui: &mut Ui, layer: Layer, scene: &Scene<'_>, lines: &[Line], is_short: bool) -> Response {
    let colors = scene.colors;
    let said: Vec<&str> = lines
        .iter()
        .map(|line| match line {
            Line::Title(text) | Line::Note(text) | Line::Class(_, text) => text.as_str(),
        })
        .collect();
    let told = said.join("\n");
    let said = said.join(", ");
    let frame = Frame::new()
        .fill(colors.panel)
        .stroke(Stroke::new(1.0, colors.line))
        .corner_radius(4)
        .inner_margin(Margin::symmetric(8, 6));
    let shown = frame.show(ui, |ui| {
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.set_width(WIDTH - 16.0);
            ui.spacing_mut().item_spacing.y = 2.0;
            if is_short {
                draw_short(ui, scene, lines);
            } else {
                lines.iter().for_each(|line| draw_line(ui, scene, line));
            }
        });
    });
    let response = ui.interact(
        shown.response.rect,
        Id::unique(("map card", layer)),
        Sense::click(),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, said.as_str()));
    if response.hovered() || response.has_focus() {
        let stroke = Stroke::new(1.0, colors.weak);
        ui.painter()
            .rect_stroke(response.rect, 4.0, stroke, eframe::egui::StrokeKind::Inside);
    }
    let tip = scene.words.t("map-card-tip");
    match is_short {
        true => response.on_hover_text(format!("{told}\n{tip}")),
        false => response.on_hover_text(tip),
    }
}

/// The lines of a card with all its classes in one, from the lowest to the highest.
fn draw_short(ui: &mut Ui, scene: &Scene<'_>, lines: &[Line]) {
    let classes: Vec<(Color32, &str)> = lines
        .iter()
        .rev()
        .filter_map(|line| match line {
            Line::Class(Sample::Color(color), text) => Some((*color, text.as_str())),
            _ => None,
        })
        .collect();
    let mut is_drawn = false;
    for line in lines {
        match line {
            Line::Class(Sample::Color(_), _) if is_drawn => {}
            Line::Class(Sample::Color(_), _) => {
                is_drawn = true;
                strip(ui, &classes);
            }
            line => draw_line(ui, scene, line),
        }
    }
}

/// The colours of all classes side by side, with the words of the lowest and the highest below them.
fn strip(ui: &mut Ui, classes: &[(Color32, &str)]) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), SAMPLE), Sense::hover());
    let width = rect.width() / classes.len().max(1) as f32;
    for (i, (color, _)) in classes.iter().enumerate() {
        let left = rect.left() + i as f32 * width;
        let part = Rect::from_min_size(pos2(left, rect.top()), vec2(width - 2.0, SAMPLE));
        ui.painter().rect_filled(part, 2.0, *color);
    }
    ui.horizontal(|ui| {
        let words = |text: &str| eframe::egui::Label::new(text.to_owned()).selectable(false);
        let Some((_, lowest)) = classes.first() else {
            return;
        };
        ui.add(words(lowest));
        if let Some((_, highest)) = classes.last().filter(|_| classes.len() > 1) {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(words(highest)));
        }
    });
}

fn draw_line(ui: &mut Ui, scene: &Scene<'_>, line: &Line) {
    let colors = scene.colors;
    match line {
        Line::Title(text) => {
            let text = RichText::new(text).font(theme::strong_font(theme::BODY));
            ui.add(eframe::egui::Label::new(text).selectable(false));
        }
        Line::Note(text) => {
            let text = RichText::new(text).color(colors.weak);
            ui.add(eframe::egui::Label::new(text).selectable(false).wrap());
        }
        Line::Class(sample, text) => {
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(SAMPLE + 8.0, SAMPLE + 4.0), Sense::hover());
                let rect = Rect::from_center_size(rect.center(), vec2(SAMPLE + 6.0, SAMPLE));
                match sample {
                    Sample::Color(color) => {
                        ui.painter().rect_filled(rect, 2.0, *color);
                    }
                    Sample::Hatch => hatched(ui, rect, colors.faint),
                }
                ui.add(eframe::egui::Label::new(text).selectable(false));
            });
        }
    }
}

fn hatched(ui: &Ui, rect: Rect, color: Color32) {
    let painter = ui.painter().with_clip_rect(rect);
    for i in 0..6 {
        let x = rect.left() + 8.0 * i as f32 - SAMPLE;
        let line = [pos2(x, rect.bottom()), pos2(x + SAMPLE, rect.top())];
        painter.line_segment(line, Stroke::new(1.0, color));
    }
    painter.rect_stroke(
        rect,
        2.0,
        Stroke::new(1.0, color),
        eframe::egui::StrokeKind::Inside,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_legends_are_short_on_a_low_map_and_one_is_whole() {
        assert!(!are_too_high([8].into_iter(), 650.0));
        assert!(are_too_high([8, 8].into_iter(), 650.0));
        assert!(!are_too_high([8, 8].into_iter(), 1900.0));
    }

    #[test]
    fn classes_that_lie_near_to_each_other_are_told_with_more_decimals() {
        assert_eq!(decimals(&[(0.0, 3.0, 2), (4.0, 9.0, 1)], 0), 0);
        assert_eq!(decimals(&[(99.61, 99.72, 2), (99.74, 99.8, 1)], 1), 2);
        assert_eq!(decimals(&[(1.0, 1.0001, 2), (1.0002, 2.0, 1)], 1), 3);
        assert_eq!(
            decimals(
                &[
                    (0.0, 3.0, 2),
                    (f64::INFINITY, f64::NEG_INFINITY, 0),
                    (4.0, 9.0, 1)
                ],
                0
            ),
            0
        );
    }
}
