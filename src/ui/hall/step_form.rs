//! The fields that a step needs besides its words: an item, another case, a date, hours, helpers, a mark, parts.

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use eframe::egui::{self, Button, Id, RichText, TextEdit, Ui, Vec2};
use fluent_bundle::FluentValue;

use crate::case::{Case, CaseId, Request, Step};
use crate::desk::Part;
use crate::town::{Handler, Item, Town};
use crate::ui::choose::{self, FieldKeys, List};
use crate::ui::{Scene, theme};

use super::Draft;

/// What was filled in besides words, people and photos.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct More {
    /// What the list of items or helpers is narrowed to.
    pub narrow: String,
    /// The row of that list that the arrows are on.
    pub row: usize,
    /// Code of the chosen item.
    pub item: Option<Arc<str>>,
    /// The other case's number, as it was typed.
    pub other: String,
    /// Until when, as it was typed: `2026-11-30 18:00`, or days from now.
    pub until: String,
    /// Hours, as they were typed.
    pub hours: String,
    /// Who helps.
    pub helpers: Option<Vec<Handler>>,
    /// Whose matter it is.
    pub owner: String,
    /// The mark.
    pub mark: Option<u8>,
    /// What the case falls into.
    pub parts: Vec<Part>,
}

impl More {
    /// Whether nothing was filled in.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The number of the other case, where one was typed.
    pub fn other(&self) -> Option<CaseId> {
        self.other.trim().parse().ok().map(CaseId)
    }

    /// The number of hours, where one was typed.
    pub fn hours(&self) -> Option<f64> {
        self.hours.trim().parse().ok().filter(|h: &f64| h.is_finite())
    }

    /// Until when, where that can be read: a day and time of the town's clock, a day (its working end, 18:00), or a
    /// number of days from now.
    pub fn until(&self, town: &Town, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let text = self.until.trim();
        if let Ok(days) = text.parse::<i64>() {
            return (1..=3650).contains(&days).then(|| now + TimeDelta::days(days));
        }
        let at = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M")
            .ok()
            .or_else(|| {
                let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
                Some(day.and_time(NaiveTime::from_hms_opt(18, 0, 0)?))
            })?;
        let at = town.timezone.from_local_datetime(&at).earliest()?;
        Some(at.with_timezone(&Utc))
    }
}

/// Height of a row of a list, in points.
const ROW: f32 = 30.0;

/// Draws the fields of the draft's step. Whoever has them all typed confirms with the form's own key.
pub fn show(ui: &mut Ui, scene: Scene<'_>, case: &Case, draft: &mut Draft) {
    let id = Id::unique(("fields of a step", case.id.0));
    match draft.step {
        Step::Refuse => owner(ui, scene, &mut draft.more, id),
        Step::Reclassify => item(ui, scene, case, &mut draft.more, id, draft.fresh),
        Step::Split => parts(ui, scene, &mut draft.more, id, draft.fresh),
        Step::Merge => other(ui, scene, case, &mut draft.more, id, draft.fresh),
        Step::AskSuspend => until(ui, scene, &mut draft.more, id, draft.fresh),
        Step::AskExtend => hours(ui, scene, &mut draft.more, id, draft.fresh),
        Step::Suspend | Step::Extend | Step::Deny => asked(ui, scene, case),
        Step::CoHandle => helpers(ui, scene, case, &mut draft.more, id, draft.fresh),
        Step::Appraise => mark(ui, scene, &mut draft.more, id, draft.fresh),
        Step::Escalate => {
            if let Some(level) = case.level().next() {
                let args = [
                    ("from", FluentValue::from(scene.words.level(case.level()))),
                    ("to", scene.words.level(level).into()),
                ];
                ui.label(scene.words.f("form-escalate", &args));
            }
        }
        _ => {}
    }
}

fn line(ui: &mut Ui, text: &mut String, id: Id, name: &str, focus: bool) {
    let field = TextEdit::singleline(text)
        .id(id)
        .hint_text(name)
        .char_limit(200)
        .desired_width(f32::INFINITY);
    let response = ui.add(field);
    choose::name_field(&response, text, name);
    if focus {
        response.request_focus();
    }
}

fn owner(ui: &mut Ui, scene: Scene<'_>, more: &mut More, id: Id) {
    line(
        ui,
        &mut more.owner,
        id.with("owner"),
        scene.words.t("form-owner"),
        false,
    );
}

fn item(ui: &mut Ui, scene: Scene<'_>, case: &Case, more: &mut More, id: Id, fresh: bool) {
    let lang = scene.words.lang;
    if let Some(chosen) = more
        .item
        .as_deref()
        .and_then(|code| scene.town.catalogue.by_code(code))
    {
        let text = format!("{}  ×", item_line(scene, chosen));
        let button = Button::new(text).min_size(Vec2::new(0.0, theme::HIT));
        if ui
            .add(button)
            .on_hover_text(scene.words.t("form-choose-again"))
            .clicked()
        {
            more.item = None;
        }
        return;
    }
    let keys = choose::field(
        ui,
        id.with("item"),
        &mut more.narrow,
        scene.words.t("form-item"),
        fresh,
    );
    let narrow = more.narrow.trim().to_lowercase();
    let fits = |item: &&Item| {
        let named = item.name.get(lang).to_lowercase().contains(&narrow);
        !item.retired && item.code != *case.item && (named || item.code.to_lowercase().contains(&narrow))
    };
    let found: Vec<&Item> = scene
        .town
        .catalogue
        .iter()
        .map(|(_, item)| item)
        .filter(fits)
        .collect();
    let taken = rows(ui, scene, more, id, found.len(), keys, |i| {
        item_line(scene, found[i])
    });
    if let Some(item) = taken.and_then(|i| found.get(i)) {
        more.item = Some(item.code.as_str().into());
        more.narrow.clear();
    }
}

fn item_line(scene: Scene<'_>, item: &Item) -> String {
    format!(
        "{} {} · {}",
        item.class.letter(),
        item.name.get(scene.words.lang),
        item.code
    )
}

/// Draws a list under its field; the row that is taken by Enter or a click.
fn rows(
    ui: &mut Ui,
    scene: Scene<'_>,
    more: &mut More,
    id: Id,
    count: usize,
    keys: FieldKeys,
    text: impl Fn(usize) -> String,
) -> Option<usize> {
    if keys.changed {
        more.row = 0;
    }
    more.row = choose::stepped(more.row, keys.step, count);
    if count == 0 {
        ui.label(RichText::new(scene.words.t("form-nothing-fits")).color(scene.colors.weak));
        return None;
    }
    let list = List {
        id: id.with("list"),
        rows: count,
        row_height: ROW,
        in_view: 5.5,
        chosen: more.row,
        follow: keys.step != 0 || keys.changed,
    };
    let clicked = choose::list(ui, scene.colors, &list, |ui, rect, index| {
        let words = text(index);
        let at = rect.left_center() + Vec2::new(8.0, 0.0);
        let font = egui::FontId::proportional(theme::BODY);
        ui.painter().with_clip_rect(rect).text(
            at,
            egui::Align2::LEFT_CENTER,
            &words,
            font,
            scene.colors.text,
        );
        words
    });
    clicked.or(keys.entered.then_some(more.row))
}

fn other(ui: &mut Ui, scene: Scene<'_>, case: &Case, more: &mut More, id: Id, fresh: bool) {
    let name = scene.words.t("form-other-case");
    line(ui, &mut more.other, id.with("other"), name, fresh);
    let Some(other) = more.other() else { return };
    let found = scene.board.get(other).filter(|_| other != case.id);
    let text = match found {
        Some(live) => format!(
            "{} · {} · {}",
            live.case.id,
            super::queue::title(scene, live),
            super::queue::place_line(scene, live)
        ),
        None => scene
            .words
            .f("refusal-not-open", &[("case", other.to_string().into())]),
    };
    let color = if found.is_some() {
        scene.colors.text
    } else {
        scene.colors.red_text
    };
    ui.label(RichText::new(text).color(color));
}

/// A field with a few ready answers beside it.
fn quick(
    ui: &mut Ui,
    scene: Scene<'_>,
    text: &mut String,
    (id, name, fresh): (Id, &str, bool),
    (key, answers): (&str, &[usize]),
) {
    line(ui, text, id, name, fresh);
    ui.horizontal_wrapped(|ui| {
        for n in answers {
            let button = Button::selectable(text.trim() == n.to_string(), scene.words.n(key, *n));
            if ui.add(button.min_size(Vec2::new(0.0, theme::HIT))).clicked() {
                *text = n.to_string();
            }
        }
    });
}

fn until(ui: &mut Ui, scene: Scene<'_>, more: &mut More, id: Id, fresh: bool) {
    let name = scene.words.t("form-until");
    let field = (id.with("until"), name, fresh);
    quick(
        ui,
        scene,
        &mut more.until,
        field,
        ("span-days", &[1, 3, 7, 15, 30]),
    );
    if let Some(until) = more.until(scene.town, scene.now) {
        let text = scene.words.moment(until, scene.now, scene.town.timezone);
        let text = scene.words.f("form-until-is", &[("until", text.into())]);
        ui.label(RichText::new(text).color(scene.colors.weak));
    }
}

fn hours(ui: &mut Ui, scene: Scene<'_>, more: &mut More, id: Id, fresh: bool) {
    let name = scene.words.t("form-hours");
    let field = (id.with("hours"), name, fresh);
    quick(
        ui,
        scene,
        &mut more.hours,
        field,
        ("span-hours", &[4, 8, 24, 48, 72]),
    );
}

/// What was asked for, for whoever decides on it.
fn asked(ui: &mut Ui, scene: Scene<'_>, case: &Case) {
    if let Some(request) = &case.life.request {
        ui.label(request_line(scene, request));
    }
}

/// A request in words: "申请挂账到 11-30 18:00 · 大富社区 · 等材料".
pub fn request_line(scene: Scene<'_>, request: &Request) -> String {
    let lang = scene.words.lang;
    let who = |by: &str| {
        scene
            .town
            .post(by)
            .map_or(by.to_owned(), |post| post.title.get(lang).to_owned())
    };
    match request {
        Request::Suspend { until, reason, by } => {
            let until = scene.words.moment(*until, scene.now, scene.town.timezone);
            let asked = scene.words.f("asked-suspend", &[("until", until.into())]);
            format!("{asked} · {} · {reason}", who(by))
        }
        Request::Extend { hours, reason, by } => {
            let asked = scene.words.f("asked-extend", &[("hours", (*hours).into())]);
            format!("{asked} · {} · {reason}", who(by))
        }
    }
}

fn helpers(ui: &mut Ui, scene: Scene<'_>, case: &Case, more: &mut More, id: Id, fresh: bool) {
    let lang = scene.words.lang;
    let mut chosen = more.helpers.clone().unwrap_or_else(|| case.life.helpers.clone());
    let mut dropped = None;
    ui.horizontal_wrapped(|ui| {
        for (i, helper) in chosen.iter().enumerate() {
            let name = scene.town.handler_name(helper, lang);
            let button = Button::new(format!("{name}  ×")).min_size(Vec2::new(0.0, theme::HIT));
            if ui.add(button).clicked() {
                dropped = Some(i);
            }
        }
    });
    if let Some(i) = dropped {
        chosen.remove(i);
    }
    let keys = choose::field(
        ui,
        id.with("helpers"),
        &mut more.narrow,
        scene.words.t("form-helpers"),
        fresh,
    );
    let narrow = more.narrow.trim().to_lowercase();
    let everybody = scene
        .town
        .teams
        .iter()
        .map(|team| Handler::Team(team.code.as_str().into()))
        .chain(
            scene
                .town
                .posts
                .iter()
                .filter(|post| !post.role.is_of_the_hall())
                .map(|post| Handler::Post(post.code.as_str().into())),
        );
    let found: Vec<Handler> = everybody
        .filter(|who| {
            let name = scene.town.handler_name(who, lang).to_lowercase();
            let fits = name.contains(&narrow) || who.to_string().to_lowercase().contains(&narrow);
            fits && !chosen.contains(who) && case.handler.as_ref() != Some(who)
        })
        .collect();
    let name = |i: usize| scene.town.handler_name(&found[i], lang).to_owned();
    if let Some(who) = rows(ui, scene, more, id, found.len(), keys, name).and_then(|i| found.get(i)) {
        chosen.push(who.clone());
        more.narrow.clear();
    }
    more.helpers = Some(chosen);
}

fn mark(ui: &mut Ui, scene: Scene<'_>, more: &mut More, id: Id, fresh: bool) {
    let labels = ["1", "2", "3", "4", "5"];
    let chosen = usize::from(more.mark.unwrap_or(5).clamp(1, 5)) - 1;
    let name = scene.words.t("form-mark");
    ui.label(RichText::new(name).color(scene.colors.weak));
    let done = choose::one_of(ui, scene.colors, id.with("mark"), name, &labels, chosen, fresh);
    more.mark = Some(done.chosen.unwrap_or(chosen) as u8 + 1);
}

fn parts(ui: &mut Ui, scene: Scene<'_>, more: &mut More, id: Id, fresh: bool) {
    let lang = scene.words.lang;
    let mut dropped = None;
    for (i, part) in more.parts.iter_mut().enumerate() {
        ui.horizontal(|ui| {
            let item = scene.town.catalogue.by_code(&part.item);
            let name = item.map_or(&*part.item, |item| item.name.get(lang)).to_owned();
            if ui.button(format!("{name}  ×")).clicked() {
                dropped = Some(i);
            }
            line(
                ui,
                &mut part.text,
                id.with(("part", i)),
                scene.words.t("form-part-text"),
                false,
            );
        });
    }
    if let Some(i) = dropped {
        more.parts.remove(i);
    }
    let keys = choose::field(
        ui,
        id.with("parts"),
        &mut more.narrow,
        scene.words.t("form-part"),
        fresh,
    );
    let narrow = more.narrow.trim().to_lowercase();
    let found: Vec<&Item> = scene
        .town
        .catalogue
        .iter()
        .map(|(_, item)| item)
        .filter(|item| {
            let named = item.name.get(lang).to_lowercase().contains(&narrow);
            !item.retired && (named || item.code.to_lowercase().contains(&narrow))
        })
        .collect();
    let name = |i: usize| item_line(scene, found[i]);
    if let Some(item) = rows(ui, scene, more, id, found.len(), keys, name).and_then(|i| found.get(i)) {
        more.parts.push(Part {
            item: item.code.as_str().into(),
            text: String::new(),
        });
        more.narrow.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_read_as_days_or_as_the_towns_time() {
        let town = Town::load(&crate::assets::find("assets/town/guanlan").unwrap()).unwrap();
        let now = DateTime::parse_from_rfc3339("2026-11-25T09:00:00+08:00")
            .unwrap()
            .to_utc();
        let read = |text: &str| {
            let more = More {
                until: text.to_owned(),
                ..More::default()
            };
            more.until(&town, now)
        };
        assert_eq!(read(" 3 "), Some(now + TimeDelta::days(3)));
        let evening = DateTime::parse_from_rfc3339("2026-11-30T18:00:00+08:00")
            .unwrap()
            .to_utc();
        assert_eq!(read("2026-11-30 18:00"), Some(evening));
        assert_eq!(read("2026-11-30"), Some(evening));
        for wrong in ["", "soon", "-1", "0", "2026-13-01", "99999"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
