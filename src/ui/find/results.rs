//! What was found: places first, then cases, in one list that arrows go through.

use eframe::egui::{
    self, Align, Layout, Rect, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2, pos2,
};

use crate::case::card::BETWEEN;
use crate::case::{Area, CaseId, CodeKind};
use crate::find::fold::Word;
use crate::find::sought::is_overdue;
use crate::find::{Found, PlaceHit, PlaceKindFound, Target};
use crate::ui::hall::marks;
use crate::ui::hall::queue::one_line;
use crate::ui::{Intent, Scene, theme};

use super::filters::moment;
use super::{FindDo, FindPanel};

/// Height of a place's row, in points.
const PLACE: f32 = 30.0;
/// Height of a case's row, in points.
const CASE: f32 = 64.0;

/// Draws the lists.
pub fn show(panel: &mut FindPanel, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
    let (w, colors) = (scene.words, scene.colors);
    if let Some(why) = &panel.failed {
        ui.label(RichText::new(w.f("find-failed", &[("why", why.into())])).color(colors.red_text));
    }
    if panel.names.is_none() {
        ui.spinner();
        return;
    }
    if !panel.places.is_empty() {
        ui.label(RichText::new(w.t("find-places")).color(colors.weak));
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for index in 0..panel.places.len() {
                place(panel, ui, scene, index, intents);
            }
        });
        ui.add_space(theme::GRID);
    }
    let is_asked = panel.spoken.fault().is_none() && (!panel.text.trim().is_empty() || panel.zone.is_some());
    if !is_asked {
        if panel.places.is_empty() && panel.spoken.fault().is_none() {
            help(ui, scene);
        }
        return;
    }
    count(panel, ui, scene);
    cases(panel, ui, scene, intents);
}

/// What an empty box says.
fn help(ui: &mut Ui, scene: Scene<'_>) {
    ui.add_space(2.0 * theme::GRID);
    for line in scene.words.t("find-help").lines() {
        ui.label(RichText::new(line).color(scene.colors.weak));
    }
}

fn count(panel: &FindPanel, ui: &mut Ui, scene: Scene<'_>) {
    let (w, colors) = (scene.words, scene.colors);
    let progress = panel.progress;
    ui.horizontal(|ui| {
        match &panel.found {
            Some(found) => {
                let text = w.n("find-count", found.ids.len());
                ui.label(RichText::new(text).font(theme::strong_font(theme::BODY)));
            }
            None => {
                ui.spinner();
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if panel.found.is_some() && progress.whole {
                ui.label(RichText::new(w.t("find-newest-first")).color(colors.weak));
            } else {
                let args = [("read", progress.read.into()), ("all", progress.all.into())];
                ui.label(RichText::new(w.f("find-reading", &args)).color(colors.amber_text));
            }
        });
        if scene.past {
            // What is searched is the book as it is, whatever moment the hall shows.
            ui.label(RichText::new(w.t("find-not-past")).color(colors.amber_text));
        }
    });
}

fn cases(panel: &mut FindPanel, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
    let follow = std::mem::take(&mut panel.follow);
    let Some(found) = &panel.found else { return };
    if found.ids.is_empty() {
        if panel.progress.whole {
            ui.label(RichText::new(scene.words.t("find-none")).color(scene.colors.weak));
        }
        return;
    }
    let words: Vec<Word> = panel
        .spoken
        .query
        .words
        .iter()
        .map(|word| Word::new(word))
        .collect();
    let marked = panel.row.checked_sub(panel.places.len());
    let mut area = ScrollArea::vertical()
        .id_salt("found cases")
        .auto_shrink([false, false]);
    if follow && let Some(row) = marked {
        let height = ui.available_height();
        let (from, state) = (
            row as f32 * CASE,
            ui.make_persistent_id(egui::IdSalt::new("found cases")),
        );
        let offset =
            egui::scroll_area::State::load(ui.ctx(), state).map_or(0.0, |state| state.clamped_offset().y);
        if from < offset || from + CASE > offset + height {
            area = area.vertical_scroll_offset((from - height / 2.0 + CASE / 2.0).max(0.0));
        }
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    area.show_rows(ui, CASE, found.ids.len(), |ui, rows| {
        for row in rows {
            if let Some(id) = found.ids.get(row) {
                case(ui, scene, found, *id, &words, marked == Some(row), intents);
            }
        }
    });
}

fn ground(ui: &Ui, scene: Scene<'_>, rect: Rect, marked: bool, response: &egui::Response) {
    let rect = rect.shrink2(Vec2::new(0.0, 1.0));
    if marked || response.hovered() {
        let fill = if marked {
            scene.colors.accent_ground
        } else {
            scene.colors.raised
        };
        ui.painter().rect_filled(rect, 4.0, fill);
    }
    if response.has_focus() {
        let edge = Stroke::new(1.5, scene.colors.accent);
        ui.painter().rect_stroke(rect, 4.0, edge, StrokeKind::Inside);
    }
}

fn place(panel: &mut FindPanel, ui: &mut Ui, scene: Scene<'_>, index: usize, intents: &mut Vec<Intent>) {
    let Some(hit) = panel.places.get(index) else {
        return;
    };
    let size = Vec2::new(ui.available_width(), PLACE);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    ground(ui, scene, rect, panel.row == index, &response);
    let (name, what) = place_words(scene, hit);
    let font = egui::FontId::proportional(theme::BODY);
    let what_at = ui.painter().text(
        pos2(rect.right() - 8.0, rect.center().y),
        egui::Align2::RIGHT_CENTER,
        &what,
        font,
        scene.colors.weak,
    );
    one_line(
        ui,
        pos2(rect.left() + 8.0, rect.center().y),
        what_at.left() - 8.0,
        &name,
        scene.colors.text,
    );
    response.widget_info(|| {
        let words = format!("{name}, {what}");
        egui::WidgetInfo::selected(
            egui::accesskit::Role::ListBoxOption,
            true,
            panel.row == index,
            words,
        )
    });
    if response.clicked() {
        intents.push(Intent::Find(FindDo::Go(Box::new(hit.clone()))));
    }
}

/// What a place is called, and what it is. Of coordinates, in which datum they were taken, and whether that was only assumed.
fn place_words(scene: Scene<'_>, hit: &PlaceHit) -> (String, String) {
    let w = scene.words;
    let name = hit.name.get(w.lang).to_owned();
    if let Target::Point(read) = &hit.target {
        let what = w.datum(read.datum).to_owned();
        return (name, what);
    }
    let what = w.t(match hit.kind {
        PlaceKindFound::Case => "find-kind-case",
        PlaceKindFound::Point => "find-kind-point",
        PlaceKindFound::SubDistrict => "find-kind-sub-district",
        PlaceKindFound::Community => "find-kind-community",
        PlaceKindFound::Block => "find-kind-block",
        PlaceKindFound::PartyGrid => "find-kind-party-grid",
        PlaceKindFound::BaseGrid => "find-kind-base-grid",
        PlaceKindFound::Facility => "find-kind-facility",
        PlaceKindFound::Landmark => "find-kind-landmark",
        PlaceKindFound::Dwelling => "find-kind-dwelling",
        PlaceKindFound::Team => "find-kind-team",
        PlaceKindFound::Post => "find-kind-post",
    });
    (name, what.to_owned())
}

fn case(
    ui: &mut Ui,
    scene: Scene<'_>,
    found: &Found,
    id: CaseId,
    words: &[Word],
    marked: bool,
    intents: &mut Vec<Intent>,
) {
    let (w, colors) = (scene.words, scene.colors);
    let size = Vec2::new(ui.available_width(), CASE);
    let (rect, response) = ui
        .push_id(id.0, |ui| ui.allocate_exact_size(size, Sense::click()))
        .inner;
    let Some(row) = found.shown.row(id) else { return };
    ground(
        ui,
        scene,
        rect,
        marked || scene.selection.case == Some(id),
        &response,
    );
    let overdue = is_overdue(&row, scene.now.timestamp_millis());
    let fill = if overdue { colors.red } else { colors.case_fill };
    let mark = pos2(rect.left() + 16.0, rect.top() + 17.0);
    marks::class_mark(
        ui.painter(),
        mark,
        18.0,
        row.class,
        fill,
        marks::letter_on(colors),
    );
    let codes = &found.shown.rows().codes;
    let code = codes.get(CodeKind::Item, row.item);
    let item = scene
        .town
        .catalogue
        .by_code(code)
        .map_or(code, |item| item.name.get(w.lang));
    let title = format!("{id} {item}");
    let stage = if overdue {
        w.t("find-state-overdue")
    } else {
        w.stage(row.stage)
    };
    let (left, right) = (rect.left() + 34.0, rect.right() - 8.0);
    let stage_at = ui.painter().text(
        pos2(right, rect.top() + 17.0),
        egui::Align2::RIGHT_CENTER,
        stage,
        egui::FontId::proportional(theme::BODY),
        if overdue { colors.red_text } else { colors.weak },
    );
    one_line(
        ui,
        pos2(left, rect.top() + 17.0),
        stage_at.left() - 8.0,
        &title,
        colors.text,
    );
    let area = Area::parse(codes.get(CodeKind::Area, row.area));
    let community = scene.town.places.by_code(&area.community);
    let community = community.map_or("", |id| scene.town.places.get(id).name.get(w.lang));
    let when = format!("{} · {community}", moment(scene, row.reported_ms));
    one_line(
        ui,
        pos2(left, rect.top() + 34.0),
        right,
        when.trim_end_matches(" · "),
        colors.weak,
    );
    let said = snippet(&found.shown.text(id), words);
    one_line(ui, pos2(left, rect.top() + 51.0), right, &said, colors.weak);
    response.widget_info(|| {
        let words = format!("{} {title}, {stage}, {when}, {said}", row.class.letter());
        egui::WidgetInfo::selected(egui::accesskit::Role::ListBoxOption, true, marked, words)
    });
    if response.hovered() {
        intents.push(Intent::Hover(id));
    }
    if response.clicked() {
        intents.push(Intent::Find(FindDo::Open(id)));
    }
}

/// The part of a text in which the first word stands, in one line.
fn snippet(text: &str, words: &[Word]) -> String {
    /// So many characters stand before the word.
    const BEFORE: usize = 8;
    let at = words
        .iter()
        .find_map(|word| word.place(text))
        .map_or(0, |place| place.start);
    let start = text[..at]
        .char_indices()
        .rev()
        .take(BEFORE)
        .last()
        .map_or(at, |(at, _)| at);
    let start = if start <= 3 * BEFORE { 0 } else { start };
    let dots = if start > 0 { "…" } else { "" };
    let line: String = text[start..]
        .chars()
        .take(80)
        .map(|c| if c == BETWEEN { '·' } else { c })
        .collect();
    format!("{dots}{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_shows_the_word_and_what_stands_before_it() {
        let text = "居民反映市容环卫问题请尽快处理，楼下的垃圾堆了三天\n观澜大道";
        let words = [Word::new("垃圾")];
        assert_eq!(snippet(text, &words), "…尽快处理，楼下的垃圾堆了三天·观澜大道");
        assert_eq!(snippet("有垃圾", &words), "有垃圾");
        assert_eq!(snippet("", &words), "");
        assert!(snippet(text, &[]).starts_with("居民"));
    }
}
