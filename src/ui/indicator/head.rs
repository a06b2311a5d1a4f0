//! The head of the page: which period, compared with what, of which cases, as of when.

use chrono::{Datelike, NaiveDate};
use eframe::egui::containers::menu::{MenuButton, SubMenuButton};
use eframe::egui::{self, Align, Button, Layout, RichText, ScrollArea, TextEdit, Ui};

use crate::case::Source;
use crate::indicator::{Against, Dimension, Key, Period, PeriodKind};
use crate::town::{Centre, Class, Handler};
use crate::ui::choose::name_field;
use crate::ui::keys::{self, Deed};
use crate::ui::{Intent, Scene, icons, theme};
use crate::words::indicator as say;

use super::figure::{key_words, narrow_words};
use super::{IndicatorPage, plot_view};

/// Days of the rolling periods that can be chosen.
const ROLLING: [u32; 4] = [7, 30, 90, 365];

/// Which period.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Head {
    /// So many days up to today, whichever day that is; else the period below.
    rolling: Option<u32>,
    fixed: Option<Period>,
    /// The two days that are being typed.
    typed: (String, String),
}

impl Default for Head {
    fn default() -> Self {
        Self {
            rolling: Some(30),
            fixed: None,
            typed: Default::default(),
        }
    }
}

impl Head {
    pub fn period(&self, today: NaiveDate) -> Period {
        let rolling = self.rolling.and_then(|days| Period::rolling(days, today));
        rolling.or(self.fixed).unwrap_or_else(|| Period::day(today))
    }

    pub fn go_to(&mut self, period: Period) {
        self.rolling = None;
        self.fixed = Some(period);
        self.typed = (period.first.to_string(), period.last.to_string());
    }

    /// The period after this one, or before it. Nothing lies after today.
    pub fn step(&mut self, forward: bool, today: NaiveDate) {
        let period = self.period(today);
        let other = match forward {
            true => after(&period).filter(|next| next.first <= today),
            false => period.previous(),
        };
        if let Some(other) = other {
            self.go_to(other);
        }
    }
}

/// The period just after, of the same kind and length.
fn after(period: &Period) -> Option<Period> {
    let next = period.last.succ_opt()?;
    match period.kind {
        PeriodKind::Day => Some(Period::day(next)),
        PeriodKind::Week => Period::week_of(next),
        PeriodKind::Month => Period::month(next.year(), next.month()),
        PeriodKind::Quarter => Period::quarter(next.year(), next.month0() / 3 + 1),
        PeriodKind::Year => Period::year(next.year()),
        PeriodKind::Rolling => Period::rolling(
            period.days(),
            next + chrono::Days::new(u64::from(period.days()) - 1),
        ),
        PeriodKind::Range => Period::range(next, next + chrono::Days::new(u64::from(period.days()) - 1)),
    }
}

/// The kinds of period that can be chosen, each at the day that is looked at.
fn kinds(day: NaiveDate) -> [(&'static str, Option<Period>); 5] {
    [
        ("page-day", Some(Period::day(day))),
        ("page-week", Period::week_of(day)),
        ("page-month", Period::month(day.year(), day.month())),
        ("page-quarter", Period::quarter(day.year(), day.month0() / 3 + 1)),
        ("page-year", Period::year(day.year())),
    ]
}

impl IndicatorPage {
    /// Draws the head.
    pub(super) fn head(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let today = scene.now.with_timezone(&scene.town.timezone).date_naive();
        ui.horizontal(|ui| {
            ui.label(plot_view::heading(scene.words.t("page-title")));
            ui.add_space(theme::GRID);
            self.choose_period(ui, scene, today);
            ui.separator();
            self.choose_against(ui, scene);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let close = ui.add(Button::image(icons::icon(icons::CLOSE, scene.colors.text)));
                let hint = scene.words.t("page-close");
                close.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, hint));
                if close.on_hover_text(hint).clicked() {
                    intents.push(Intent::Do(Deed::Indicators));
                }
                self.age(ui, scene);
                if let Some(words) = &self.mark {
                    ui.label(RichText::new(words).color(scene.colors.amber_text));
                }
            });
        });
        ui.horizontal_wrapped(|ui| self.chips(ui, scene));
    }

    fn choose_period(&mut self, ui: &mut Ui, scene: Scene<'_>, today: NaiveDate) {
        let w = scene.words;
        let period = self.head.period(today);
        let name = match (self.head.rolling, period.kind) {
            (Some(days), _) => w.n("page-rolling", days as usize),
            (_, PeriodKind::Day) => w.t("page-day").to_owned(),
            (_, PeriodKind::Week) => w.t("page-week").to_owned(),
            (_, PeriodKind::Month) => w.t("page-month").to_owned(),
            (_, PeriodKind::Quarter) => w.t("page-quarter").to_owned(),
            (_, PeriodKind::Year) => w.t("page-year").to_owned(),
            _ => w.t("page-range").to_owned(),
        };
        let mut go = None;
        let menu = egui::ComboBox::from_id_salt("indicator period")
            .selected_text(name.as_str())
            .width(110.0)
            .show_ui(ui, |ui| {
                for (key, other) in kinds(period.last.min(today)) {
                    let chosen = other == Some(period);
                    if ui.selectable_label(chosen, w.t(key)).clicked() {
                        go = other;
                    }
                }
                for days in ROLLING {
                    let chosen = self.head.rolling == Some(days);
                    if ui
                        .selectable_label(chosen, w.n("page-rolling", days as usize))
                        .clicked()
                    {
                        self.head.rolling = Some(days);
                    }
                }
                let chosen = self.head.rolling.is_none() && period.kind == PeriodKind::Range;
                if ui.selectable_label(chosen, w.t("page-range")).clicked() {
                    go = Period::range(period.first, period.last);
                }
            });
        let label = format!("{} {name}", w.t("page-period"));
        menu.response
            .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::ComboBox, true, &label));
        if let Some(period) = go {
            self.head.go_to(period);
        }
        if step_button(ui, scene, icons::BEFORE, Deed::PeriodBefore, true) {
            self.head.step(false, today);
        }
        if self.head.rolling.is_none() && period.kind == PeriodKind::Range {
            self.type_range(ui, scene);
        } else {
            let text = RichText::new(period.name()).font(theme::strong_font(theme::BODY));
            ui.label(text);
        }
        let next = after(&period).is_some_and(|next| next.first <= today);
        if step_button(ui, scene, icons::FOLDED, Deed::PeriodAfter, next) {
            self.head.step(true, today);
        }
    }

    /// The first and the last day as text; what is no period is said beside it and changes nothing.
    fn type_range(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let w = scene.words;
        let (from, until) = &mut self.head.typed;
        let mut changed = false;
        for (text, key) in [(from, "page-from"), (until, "page-until")] {
            let field = ui.add(TextEdit::singleline(text).desired_width(92.0));
            name_field(&field, text, w.t(key));
            changed |= field.on_hover_text(w.t(key)).changed();
        }
        let (from, until) = &self.head.typed;
        // Any day will do for a period that names its own.
        match Period::parse(&format!("{from}..{until}"), NaiveDate::default()) {
            Ok(period) if changed => {
                self.head.rolling = None;
                self.head.fixed = Some(period);
            }
            Ok(_) => {}
            Err(_) => {
                let words = w.t("page-range-wrong");
                ui.label(RichText::new(words).color(scene.colors.red_text));
            }
        }
    }

    fn choose_against(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let w = scene.words;
        for against in Against::ALL {
            let name = w.t(match against {
                Against::LastPeriod => "page-against-last-period",
                Against::LastYear => "page-against-last-year",
            });
            if ui.selectable_label(self.against == against, name).clicked() {
                self.against = against;
            }
        }
    }

    /// As of when the figures are, and how far the counting is.
    fn age(&self, ui: &mut Ui, scene: Scene<'_>) {
        let w = scene.words;
        let at = w.moment(self.begun, scene.now, scene.town.timezone);
        let left = self.waiting.len() + usize::from(self.at_work);
        let busy = left > 0 || self.asked.is_none();
        if busy {
            let args = [
                ("done", self.pieces.saturating_sub(left).into()),
                ("all", self.pieces.into()),
            ];
            ui.label(RichText::new(w.f("page-counting", &args)).color(scene.colors.weak));
            ui.spinner();
        } else {
            let text = w.f("page-as-of", &[("at", at.into())]);
            ui.label(RichText::new(text).color(scene.colors.weak));
        }
    }

    /// What the cases are limited to, each with a way to take it away, and a way to add to it.
    fn chips(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let w = scene.words;
        self.add_filter(ui, scene);
        if self.filter.keys.is_empty() && self.narrow.is_empty() {
            ui.label(RichText::new(w.t("page-all-cases")).color(scene.colors.weak));
            return;
        }
        let mut gone: (Option<Key>, Option<_>) = (None, None);
        for key in &self.filter.keys {
            if chip(ui, scene, &key_words(w, scene.town, key)) {
                gone.0 = Some(key.clone());
            }
        }
        for narrow in &self.narrow {
            if chip(ui, scene, &narrow_words(w, *narrow)) {
                gone.1 = Some(*narrow);
            }
        }
        let (key, narrow) = gone;
        self.filter.keys.retain(|other| Some(other) != key.as_ref());
        self.narrow.retain(|other| Some(*other) != narrow);
        let clear = ui.button(w.t("page-clear"));
        if clear.on_hover_text(keys::hint(w, Deed::ClearFilters)).clicked() {
            self.clear();
        }
    }

    fn add_filter(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let w = scene.words;
        let icon = icons::icon(icons::PLUS, scene.colors.text);
        let button = Button::image_and_text(icon, w.t("page-filter"));
        let mut chosen = None;
        let (response, _) = MenuButton::from_button(button).ui(ui, |ui| {
            for dimension in Dimension::ALL {
                SubMenuButton::new(say::dimension_text(w, dimension)).ui(ui, |ui| {
                    ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
                        for key in keys_of(scene, dimension) {
                            if ui.button(say::key_text(w, scene.town, &key)).clicked() {
                                chosen = Some(key);
                                ui.close();
                            }
                        }
                    });
                });
            }
        });
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, w.t("page-filter"))
        });
        if let Some(key) = chosen.filter(|key| !self.filter.keys.contains(key)) {
            self.filter.keys.push(key);
        }
    }
}

/// Everything that cases can be told apart by in a dimension.
fn keys_of(scene: Scene<'_>, dimension: Dimension) -> Vec<Key> {
    let town = scene.town;
    let codes: Vec<String> = match dimension {
        Dimension::Class => Class::ALL.map(|class| class.letter().to_owned()).to_vec(),
        Dimension::Centre => Centre::ALL.map(|centre| centre.code().to_owned()).to_vec(),
        Dimension::Source => Source::ALL.map(|source| source.code().to_owned()).to_vec(),
        Dimension::Item => town.catalogue.iter().map(|(_, item)| item.code.clone()).collect(),
        Dimension::Unit => {
            let teams = town
                .teams
                .iter()
                .map(|team| Handler::Team(team.code.as_str().into()));
            let posts = town
                .posts
                .iter()
                .map(|post| Handler::Post(post.code.as_str().into()));
            teams.chain(posts).map(|handler| handler.to_string()).collect()
        }
        _ => {
            let places = dimension
                .place_kind()
                .into_iter()
                .flat_map(|kind| town.places.of_kind(kind));
            places.map(|(_, place)| place.code.clone()).collect()
        }
    };
    codes.into_iter().map(|code| Key::new(dimension, code)).collect()
}

/// A limit that a click takes away.
fn chip(ui: &mut Ui, scene: Scene<'_>, words: &str) -> bool {
    let icon = icons::icon(icons::CLOSE, scene.colors.weak);
    let response = ui.add(Button::image_and_text(icon, words).selected(true));
    let remove = scene.words.f("page-remove", &[("what", words.into())]);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &remove));
    response.on_hover_text(&remove).clicked()
}

fn step_button(
    ui: &mut Ui,
    scene: Scene<'_>,
    icon: egui::ImageSource<'static>,
    deed: Deed,
    enabled: bool,
) -> bool {
    let button = Button::image(icons::icon(icon, scene.colors.text));
    let response = ui.add_enabled(enabled, button);
    let hint = keys::hint(scene.words, deed);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, enabled, &hint));
    response
        .on_hover_text(&hint)
        .on_disabled_hover_text(scene.words.t("page-no-later"))
        .clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_go_on_and_back() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 25).unwrap();
        for text in [
            "2026-10",
            "2026-Q3",
            "2025",
            "2026-W40",
            "2026-11-20",
            "2026-01-01..2026-01-10",
        ] {
            let period = Period::parse(text, today).unwrap();
            let mut head = Head::default();
            head.go_to(period);
            head.step(true, today);
            assert_eq!(head.period(today), after(&period).unwrap(), "{text}");
            assert_eq!(head.period(today).first, period.last.succ_opt().unwrap());
            head.step(false, today);
            assert_eq!(head.period(today), period);
        }
    }

    #[test]
    fn nothing_lies_after_today() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 25).unwrap();
        let mut head = Head::default();
        head.step(true, today);
        assert_eq!(head, Head::default());
        head.step(false, today);
        assert_eq!(head.period(today).name(), "2026-09-27..2026-10-26");
        head.step(true, today);
        assert_eq!(head.period(today), Period::rolling(30, today).unwrap());
    }
}
