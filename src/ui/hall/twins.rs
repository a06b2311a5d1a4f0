//! Open cases that may be the same matter as the one that is being entered, with what is alike.

use chrono::TimeDelta;
use eframe::egui::{self, RichText, ScrollArea, Ui, Vec2};
use fluent_bundle::FluentValue;

use crate::case::{CaseId, Whereabouts};
use crate::desk::duplicate::{Likeness, LikenessKind, Query, Twin, twins};
use crate::ui::{Intent, Scene, theme};

use super::{dispatch, marks, queue};

/// Room for the buttons of a row, in points.
const BUTTONS: f32 = 154.0;

/// What is to be done with a case that may be the same matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Look at it.
    Look(CaseId),
    /// Enter this one, and merge it into that.
    Merge(CaseId),
}

/// What the form says of the matter so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Code of the item.
    pub item: std::sync::Arc<str>,
    /// Where.
    pub place: Whereabouts,
    /// What was said.
    pub text: String,
}

/// Twins of what is being entered, looked for again only when something changed.
#[derive(Debug, Default)]
pub struct Twins {
    key: Option<(Asked, u64, i64)>,
    found: Vec<Twin>,
}

impl Twins {
    /// Looks for twins; nothing is asked where item or place are not there yet.
    pub fn look(&mut self, scene: Scene<'_>, asked: Option<Asked>) {
        // "20 minutes ago" grows old by itself.
        let minute = scene.now.timestamp() / 60;
        let key = asked.map(|asked| (asked, scene.board.generation(), minute));
        if key == self.key {
            return;
        }
        self.found = key.as_ref().map_or_else(Vec::new, |(asked, ..)| {
            let query = Query {
                item: &asked.item,
                place: &asked.place,
                reported_at: scene.now,
                text: &asked.text,
                case: None,
            };
            twins(scene.town, scene.board, &query)
        });
        self.key = key;
    }

    /// What was found, the best first.
    pub fn found(&self) -> &[Twin] {
        &self.found
    }

    /// Draws what was found; nothing where nothing was. Answers what is to be done with one of the cases.
    pub fn show(
        &self,
        ui: &mut Ui,
        scene: Scene<'_>,
        may_merge: bool,
        intents: &mut Vec<Intent>,
    ) -> Option<Choice> {
        if self.found.is_empty() {
            return None;
        }
        let mut choice = None;
        let title = scene.words.n("twins-title", self.found.len());
        ui.label(RichText::new(title).font(theme::strong_font(theme::BODY)))
            .on_hover_text(scene.words.t("twins-hint"));
        ScrollArea::vertical()
            .id_salt("twins")
            .max_height(140.0)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for twin in &self.found {
                    choice = row(ui, scene, twin, may_merge, intents).or(choice);
                }
            });
        choice
    }
}

/// One case with what is alike, and what can be done with it.
fn row(
    ui: &mut Ui,
    scene: Scene<'_>,
    twin: &Twin,
    may_merge: bool,
    intents: &mut Vec<Intent>,
) -> Option<Choice> {
    let live = scene.board.get(twin.case)?;
    let inner = ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(24.0), egui::Sense::hover());
        let letter = marks::letter_on(scene.colors);
        let state = live.case.time_left(scene.now).state;
        let fill = scene.colors.clock(state);
        marks::class_mark(ui.painter(), rect.center(), 20.0, live.case.class, fill, letter);
        let wide = ui.available_width() - BUTTONS;
        ui.allocate_ui(Vec2::new(wide.max(120.0), 0.0), |ui| {
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                let stage = scene.words.stage(live.case.stage);
                let line = format!("{} · {} · {stage}", twin.case, queue::title(scene, live));
                ui.add(egui::Label::new(line).truncate());
                let why: Vec<String> = twin.reasons.iter().map(|like| words(scene, like)).collect();
                let why = RichText::new(why.join(" · ")).color(scene.colors.weak);
                ui.add(egui::Label::new(why).wrap());
            });
        });
        buttons(ui, scene, twin.case, may_merge)
    });
    if inner.response.contains_pointer() {
        intents.push(Intent::Hover(twin.case));
    }
    inner.inner
}

fn buttons(ui: &mut Ui, scene: Scene<'_>, case: CaseId, may_merge: bool) -> Option<Choice> {
    let look = ui
        .button(scene.words.t("twins-look"))
        .on_hover_text(scene.words.t("twins-look-hint"));
    let merge = ui
        .add_enabled(may_merge, egui::Button::new(scene.words.t("twins-merge")))
        .on_hover_text(scene.words.t("twins-merge-hint"))
        .on_disabled_hover_text(scene.words.t("twins-merge-not"));
    if look.clicked() {
        return Some(Choice::Look(case));
    }
    merge.clicked().then_some(Choice::Merge(case))
}

/// What is alike, in words, with its points.
pub fn words(scene: Scene<'_>, like: &Likeness) -> String {
    let words = scene.words;
    let said = match like.kind {
        LikenessKind::SameItem => words.t("twins-same-item").to_owned(),
        LikenessKind::SameDomain => words.t("twins-same-domain").to_owned(),
        LikenessKind::Near(metres) => {
            let distance = words.distance(metres);
            words.f("twins-near", &[("distance", distance.into())])
        }
        LikenessKind::SameArea(area) => {
            let name = scene.town.places.get(area).name.get(words.lang);
            words.f("twins-same-area", &[("place", FluentValue::from(name))])
        }
        LikenessKind::SameWords => words.t("twins-same-words").to_owned(),
        LikenessKind::Recent(apart) if apart < TimeDelta::minutes(1) => words.t("twins-now").to_owned(),
        LikenessKind::Recent(apart) => {
            let span = words.duration(apart);
            words.f("twins-recent", &[("span", span.into())])
        }
        LikenessKind::Text(share) => {
            let percent = FluentValue::from((share * 100.0).round() as i64);
            words.f("twins-text", &[("percent", percent)])
        }
    };
    format!("{said}{}", dispatch::points(scene, like.points))
}
