//! The working calendar of the town as twelve small months: days off, swapped working days, where they come from; to be
//! looked at and, by whoever may edit the town's data, put right.

use chrono::{Datelike, NaiveDate, Weekday};
use eframe::egui::{
    self, Align2, Button, Color32, FontId, Id, Key, Modifiers, Pos2, Rect, RichText, ScrollArea, Sense,
    Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo,
};
use fluent_bundle::FluentValue;

use crate::town::Calendar;
use crate::town::calendar::DayKind;

use super::hall::marks;
use super::{Intent, Scene, choose, theme};

/// Side of a day, in points.
const DAY: f32 = theme::HIT;
/// Height of a month's name and of its weekdays, in points.
const HEAD: f32 = 22.0;
/// Width of a month with the gap beside it, in points.
const MONTH: f32 = 7.0 * DAY + 14.0;
/// Years that a calendar's file may name.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2999;
/// Most characters of a day's name.
const NAME_MAX_CHARS: usize = 20;

/// The window of the working calendar, with what was edited and is not written yet.
#[derive(Clone, Debug)]
pub struct CalendarWindow {
    /// As the town has it.
    read: Calendar,
    edited: Calendar,
    year: i32,
    /// The name that the next marked day gets.
    name: String,
    writing: bool,
    /// What came of the last attempt to write, and whether it is bad news.
    said: Option<(String, bool)>,
}

/// One step of a hand on a day.
fn next_entry(
    day: NaiveDate,
    entry: Option<&(DayKind, String)>,
    names: [&str; 2],
) -> Option<(DayKind, String)> {
    let [holiday, workday] = names;
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    match entry.map(|(kind, _)| *kind) {
        None => Some((DayKind::Holiday, holiday.to_owned())),
        // Any other day is worked as it is.
        Some(DayKind::Holiday) if weekend => Some((DayKind::Workday, workday.to_owned())),
        _ => None,
    }
}

impl CalendarWindow {
    /// The window on a calendar, at the year `year`.
    pub fn new(calendar: &Calendar, year: i32) -> Self {
        Self {
            read: calendar.clone(),
            edited: calendar.clone(),
            year: year.clamp(*YEARS.start(), *YEARS.end()),
            name: String::new(),
            writing: false,
            said: None,
        }
    }

    /// Whether something was edited and is not written yet.
    pub fn is_edited(&self) -> bool {
        self.edited != self.read
    }

    /// The calendar was written, with these words, or could not be, for this reason.
    pub fn written(&mut self, result: Result<(Calendar, String), String>) {
        self.writing = false;
        self.said = Some(match result {
            Ok((calendar, text)) => {
                self.read = calendar;
                (text, false)
            }
            Err(why) => (why, true),
        });
    }

    /// Draws the window; false where it is closed.
    pub fn show(
        &mut self,
        ctx: &egui::Context,
        scene: Scene<'_>,
        may_edit: bool,
        intents: &mut Vec<Intent>,
    ) -> bool {
        let mut open = true;
        let screen = ctx.content_rect();
        let columns = [6, 4, 3, 2]
            .into_iter()
            .find(|n| *n as f32 * MONTH + 64.0 <= screen.width())
            .unwrap_or(2);
        let width = columns as f32 * MONTH;
        // What stands around the months keeps its room.
        let height = (screen.height() - 320.0).max(160.0);
        let title = RichText::new(scene.words.t("deed-calendar")).font(theme::strong_font(theme::TITLE));
        egui::Window::new(title)
            .id(Id::unique("calendar"))
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, Vec2::ZERO)
            .show(ctx, |ui| {
                ui.set_width(width);
                self.keys(ui);
                self.year_row(ui, scene, may_edit);
                self.name_row(ui, scene, may_edit);
                ScrollArea::vertical()
                    .max_height(height)
                    .show(ui, |ui| self.months(ui, scene, columns, may_edit));
                ui.separator();
                self.named_days(ui, scene);
                ui.separator();
                self.file_row(ui, scene, may_edit, intents);
            });
        open
    }

    fn keys(&mut self, ui: &Ui) {
        let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
        if pressed(Key::PageUp) {
            self.go(-1);
        }
        if pressed(Key::PageDown) {
            self.go(1);
        }
    }

    fn go(&mut self, years: i32) {
        self.year = (self.year + years).clamp(*YEARS.start(), *YEARS.end());
    }

    fn year_row(&mut self, ui: &mut Ui, scene: Scene<'_>, may_edit: bool) {
        let words = scene.words;
        ui.horizontal(|ui| {
            for (text, key, years) in [("‹", "calendar-before", -1), ("›", "calendar-after", 1)] {
                if years > 0 {
                    let year = RichText::new(self.year.to_string()).font(theme::strong_font(theme::LARGE));
                    ui.label(year);
                }
                let button = ui.add(Button::new(text).min_size(Vec2::splat(theme::HIT)));
                button.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Button, true, words.t(key)));
                if button.on_hover_text(words.t(key)).clicked() {
                    self.go(years);
                }
            }
            ui.add_space(2.0 * theme::GRID);
            let years = match &self.edited.years {
                Some(years) => {
                    let args = [
                        ("first", FluentValue::from(years.start().to_string())),
                        ("last", years.end().to_string().into()),
                    ];
                    words.f("calendar-years", &args)
                }
                None => words.t("calendar-no-years").to_owned(),
            };
            let source = if self.edited.source.is_empty() {
                words.t("calendar-no-source").to_owned()
            } else {
                words.f(
                    "calendar-source",
                    &[("source", self.edited.source.as_str().into())],
                )
            };
            let text = RichText::new(format!("{years} · {source}")).color(scene.colors.weak);
            ui.add(egui::Label::new(text).wrap());
        });
        let known = self.edited.years.as_ref().is_some_and(|y| y.contains(&self.year));
        if known {
            return;
        }
        ui.horizontal(|ui| {
            let text = words.f("calendar-unknown", &[("year", self.year.to_string().into())]);
            ui.label(RichText::new(text).color(scene.colors.amber_text));
            if !may_edit {
                return;
            }
            let longer = self.years_with(self.year);
            let args = [("year", self.year.to_string().into())];
            let button = Button::new(words.f("calendar-complete", &args));
            let button = ui
                .add_enabled(longer.is_some(), button)
                .on_disabled_hover_text(words.t("calendar-gap"));
            if button.clicked() {
                self.edited.years = longer;
            }
        });
    }

    /// The known years with one more; `None` where years in between would be missing.
    fn years_with(&self, year: i32) -> Option<std::ops::RangeInclusive<i32>> {
        match &self.edited.years {
            None => Some(year..=year),
            Some(years) if year == years.end() + 1 => Some(*years.start()..=year),
            Some(years) if year == years.start() - 1 => Some(year..=*years.end()),
            Some(_) => None,
        }
    }

    fn name_row(&mut self, ui: &mut Ui, scene: Scene<'_>, may_edit: bool) {
        let words = scene.words;
        ui.horizontal_wrapped(|ui| {
            if may_edit {
                ui.label(RichText::new(words.t("calendar-name")).color(scene.colors.weak));
                let field = TextEdit::singleline(&mut self.name)
                    .id(Id::unique("calendar name"))
                    .hint_text(words.t("calendar-name-hint"))
                    .char_limit(NAME_MAX_CHARS)
                    .desired_width(160.0);
                let response = ui.add(field);
                choose::name_field(&response, &self.name, words.t("calendar-name"));
                ui.label(RichText::new(words.t("calendar-click")).color(scene.colors.weak));
            } else {
                ui.label(RichText::new(words.t("calendar-not-yours")).color(scene.colors.weak));
            }
            ui.add_space(2.0 * theme::GRID);
            for (kind, key) in [
                (Some(DayKind::Holiday), "calendar-holiday"),
                (Some(DayKind::Workday), "calendar-workday"),
            ] {
                let (rect, _) = ui.allocate_exact_size(Vec2::splat(DAY), Sense::hover());
                draw_day(ui, scene, rect, "1", kind, false);
                ui.label(words.t(key));
            }
        });
    }

    fn months(&mut self, ui: &mut Ui, scene: Scene<'_>, columns: u32, may_edit: bool) {
        let today = scene.now.with_timezone(&scene.town.timezone).date_naive();
        let mut clicked = None;
        for first in (1..=12).step_by(columns as usize) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = MONTH - 7.0 * DAY;
                for month in first..first + columns {
                    clicked = clicked.or(self.month(ui, scene, month, today, may_edit));
                }
            });
        }
        if let Some(day) = clicked.filter(|_| may_edit && !self.writing) {
            self.mark(scene, day);
        }
    }

    fn mark(&mut self, scene: Scene<'_>, day: NaiveDate) {
        let name = self.name.trim();
        let or = |key| if name.is_empty() { scene.words.t(key) } else { name };
        let names = [or("calendar-holiday"), or("calendar-workday")];
        self.said = None;
        match next_entry(day, self.edited.days.get(&day), names) {
            Some(entry) => self.edited.days.insert(day, entry),
            None => self.edited.days.remove(&day),
        };
    }

    /// Draws a month, and answers the day that was clicked.
    fn month(
        &self,
        ui: &mut Ui,
        scene: Scene<'_>,
        month: u32,
        today: NaiveDate,
        may_edit: bool,
    ) -> Option<NaiveDate> {
        let size = Vec2::new(7.0 * DAY, 2.0 * HEAD + 6.0 * DAY);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let first = NaiveDate::from_ymd_opt(self.year, month, 1)?;
        if !ui.is_rect_visible(rect) {
            return None;
        }
        let text = |at: Pos2, text: &str, font: FontId, color: Color32| {
            ui.painter().text(at, Align2::CENTER_CENTER, text, font, color);
        };
        let name = scene
            .words
            .t("calendar-months")
            .split(' ')
            .nth(month as usize - 1);
        let at = Pos2::new(rect.center().x, rect.top() + HEAD / 2.0);
        text(
            at,
            name.unwrap_or_default(),
            theme::strong_font(theme::BODY),
            scene.colors.text,
        );
        for (i, weekday) in scene.words.t("calendar-weekdays").split(' ').enumerate() {
            let at = Pos2::new(rect.left() + (i as f32 + 0.5) * DAY, rect.top() + 1.5 * HEAD);
            text(at, weekday, FontId::proportional(theme::BODY), scene.colors.weak);
        }
        let blank = first.weekday().num_days_from_monday();
        let mut clicked = None;
        for day in first.iter_days().take_while(|day| day.month() == month) {
            let place = blank + day.day0();
            let corner =
                rect.min + Vec2::new((place % 7) as f32 * DAY, 2.0 * HEAD + (place / 7) as f32 * DAY);
            let cell = Rect::from_min_size(corner, Vec2::splat(DAY));
            if self.day(ui, scene, cell, day, day == today, may_edit) {
                clicked = Some(day);
            }
        }
        clicked
    }

    /// Draws a day; true where it was clicked.
    fn day(
        &self,
        ui: &Ui,
        scene: Scene<'_>,
        cell: Rect,
        day: NaiveDate,
        today: bool,
        may_edit: bool,
    ) -> bool {
        let sense = if may_edit { Sense::click() } else { Sense::hover() };
        let response = ui.interact(cell, Id::unique(("calendar day", day)), sense);
        response.widget_info(|| {
            WidgetInfo::labeled(
                egui::accesskit::Role::Button,
                may_edit,
                self.day_words(scene, day),
            )
        });
        let entry = self.edited.days.get(&day);
        let kind = entry.map(|(kind, _)| *kind);
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        if response.hovered() || response.has_focus() {
            let edge = Stroke::new(1.0, scene.colors.accent);
            ui.painter()
                .rect_stroke(cell.shrink(0.5), 4.0, edge, StrokeKind::Inside);
        }
        draw_day(
            ui,
            scene,
            cell,
            &day.day().to_string(),
            kind,
            weekend && kind.is_none(),
        );
        if today {
            let y = cell.bottom() - 2.0;
            let x = cell.left() + 7.0..=cell.right() - 7.0;
            ui.painter().hline(x, y, Stroke::new(2.0, scene.colors.accent));
        }
        if entry != self.read.days.get(&day) {
            // Edited and not written yet.
            let at = cell.right_top() + Vec2::new(-5.0, 5.0);
            ui.painter().circle_filled(at, 3.0, scene.colors.amber);
        }
        let clicked = response.clicked();
        response.on_hover_text(self.day_words(scene, day));
        clicked
    }

    /// A day in words: its date, and what it is.
    fn day_words(&self, scene: Scene<'_>, day: NaiveDate) -> String {
        let words = scene.words;
        let kind = match self.edited.days.get(&day) {
            Some((DayKind::Holiday, name)) => format!("{} · {name}", words.t("calendar-holiday")),
            Some((DayKind::Workday, name)) => format!("{} · {name}", words.t("calendar-workday")),
            None if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) => {
                words.t("calendar-weekend").to_owned()
            }
            None => words.t("calendar-ordinary").to_owned(),
        };
        format!("{day} {kind}")
    }

    /// The year's days with a name, those that follow each other as one.
    fn named_days(&self, ui: &mut Ui, scene: Scene<'_>) {
        let (Some(first), Some(last)) = (
            NaiveDate::from_ymd_opt(self.year, 1, 1),
            NaiveDate::from_ymd_opt(self.year, 12, 31),
        ) else {
            return;
        };
        let mut runs: Vec<(NaiveDate, NaiveDate, &(DayKind, String))> = Vec::new();
        for (day, entry) in self.edited.days.range(first..=last) {
            match runs.last_mut() {
                Some((_, end, of)) if *of == entry && end.succ_opt() == Some(*day) => *end = *day,
                _ => runs.push((*day, *day, entry)),
            }
        }
        if runs.is_empty() {
            ui.label(RichText::new(scene.words.t("calendar-nothing")).color(scene.colors.weak));
            return;
        }
        let short = |day: NaiveDate| day.format("%m-%d").to_string();
        let run = |(from, to, (_, name)): &(NaiveDate, NaiveDate, &(DayKind, String))| {
            let days = if from == to {
                short(*from)
            } else {
                format!("{}–{}", short(*from), short(*to))
            };
            format!("{name} {days}")
        };
        for (kind, key) in [
            (DayKind::Holiday, "calendar-holiday"),
            (DayKind::Workday, "calendar-workday"),
        ] {
            let list: Vec<String> = runs.iter().filter(|run| run.2.0 == kind).map(run).collect();
            if !list.is_empty() {
                let text = format!("{}  {}", scene.words.t(key), list.join(" · "));
                ui.add(egui::Label::new(text).wrap());
            }
        }
    }

    fn file_row(&mut self, ui: &mut Ui, scene: Scene<'_>, may_edit: bool, intents: &mut Vec<Intent>) {
        let words = scene.words;
        let file = self.edited.file.as_ref().map(|file| file.display().to_string());
        if let Some(file) = &file {
            let text = words.f("calendar-file", &[("path", file.as_str().into())]);
            ui.add(egui::Label::new(RichText::new(text).color(scene.colors.weak)).wrap());
        }
        if let Some((text, bad)) = &self.said {
            let color = if *bad {
                scene.colors.red_text
            } else {
                scene.colors.text
            };
            ui.add(egui::Label::new(RichText::new(text).color(color)).wrap());
        }
        if !may_edit {
            return;
        }
        ui.horizontal(|ui| {
            let why_not = if file.is_none() {
                Some("calendar-no-file")
            } else {
                (!self.is_edited()).then_some("calendar-unchanged")
            };
            let save = Button::new(RichText::new(words.t("calendar-save")).color(scene.colors.on_accent))
                .fill(scene.colors.accent)
                .min_size(Vec2::new(0.0, 32.0));
            let save = ui.add_enabled(why_not.is_none() && !self.writing, save);
            let save = save.on_disabled_hover_text(words.t(why_not.unwrap_or("calendar-writing")));
            if save.clicked() {
                self.writing = true;
                self.said = None;
                intents.push(Intent::WriteCalendar(Box::new((
                    self.read.clone(),
                    self.edited.clone(),
                ))));
            }
            let drop = Button::new(words.t("calendar-discard")).min_size(Vec2::new(0.0, 32.0));
            if ui.add_enabled(self.is_edited() && !self.writing, drop).clicked() {
                self.edited = self.read.clone();
                self.said = None;
            }
            if self.writing {
                ui.spinner();
            }
            ui.label(RichText::new(words.t("calendar-promised")).color(scene.colors.weak));
        });
    }
}

/// A day off is a filled disc, a swapped working day a square; never by colour alone.
fn draw_day(ui: &Ui, scene: Scene<'_>, cell: Rect, text: &str, kind: Option<DayKind>, weak: bool) {
    let colors = scene.colors;
    let painter = ui.painter();
    let (font, color) = match kind {
        Some(DayKind::Holiday) => {
            painter.circle_filled(cell.center(), DAY / 2.0 - 2.0, colors.case_fill);
            (theme::strong_font(theme::BODY), marks::letter_on(colors))
        }
        Some(DayKind::Workday) => {
            let edge = Stroke::new(1.5, colors.text);
            painter.rect_stroke(cell.shrink(3.0), 0.0, edge, StrokeKind::Inside);
            (theme::strong_font(theme::BODY), colors.text)
        }
        None if weak => (FontId::proportional(theme::BODY), colors.weak),
        None => (FontId::proportional(theme::BODY), colors.text),
    };
    painter.text(cell.center(), Align2::CENTER_CENTER, text, font, color);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_goes_round() {
        let names = ["off", "on"];
        let round = |day: &str| {
            let day: NaiveDate = day.parse().unwrap();
            let (mut entry, mut kinds) = (None, Vec::new());
            loop {
                entry = next_entry(day, entry.as_ref(), names);
                match &entry {
                    Some((kind, name)) => kinds.push((*kind, name.clone())),
                    None => return kinds,
                }
            }
        };
        let (off, on) = (
            (DayKind::Holiday, "off".to_owned()),
            (DayKind::Workday, "on".to_owned()),
        );
        assert_eq!(round("2026-11-28"), [off.clone(), on], "Saturday");
        assert_eq!(round("2026-11-25"), [off], "Wednesday");
    }

    #[test]
    fn years_grow_without_gaps() {
        let mut window = CalendarWindow::new(&Calendar::default(), 2026);
        assert_eq!(window.years_with(2026), Some(2026..=2026));
        window.edited.years = Some(2017..=2026);
        assert_eq!(window.years_with(2027), Some(2017..=2027));
        assert_eq!(window.years_with(2016), Some(2016..=2026));
        assert_eq!(window.years_with(2028), None);
    }
}
