//! The versions of an item: when, who, why, and what became different.

use eframe::egui::{self, RichText, Ui};

use crate::case::ItemEdit;
use crate::town::Item;
use crate::ui::{Scene, Words, theme};

use super::CatalogueState;
use super::form::{Field, Form};

/// Draws the versions, the last one first.
pub(super) fn show(ui: &mut Ui, scene: Scene<'_>, state: CatalogueState<'_>, item: &Item) {
    ui.label(RichText::new(scene.words.t("catalogue-history")).font(theme::strong_font(theme::BODY)));
    let edits: Vec<&ItemEdit> = state
        .duty
        .items
        .iter()
        .filter(|edit| edit.item.code == item.code)
        .collect();
    let of_file = scene
        .town
        .catalogue
        .version(&item.code, 0)
        .filter(|item| item.version == 0);
    for (i, edit) in edits.iter().enumerate().rev() {
        let before = match i.checked_sub(1) {
            Some(before) => Some(&edits[before].item),
            None => of_file,
        };
        version(ui, scene, edit, before);
    }
    if of_file.is_some() {
        ui.label(RichText::new(scene.words.t("catalogue-version-file")).color(scene.colors.weak));
    }
}

fn version(ui: &mut Ui, scene: Scene<'_>, edit: &ItemEdit, before: Option<&Item>) {
    let words = scene.words;
    let when = words.moment(edit.at, scene.now, scene.town.timezone);
    let who = scene
        .town
        .post(&edit.by)
        .map_or(&*edit.by, |post| post.title.get(words.lang));
    let number = words.n("catalogue-version", edit.item.version as usize);
    ui.label(format!("{number} · {when} · {who} · {}", edit.reason));
    let changes = match before {
        Some(before) => differences(words, before, &edit.item),
        None => words.t("catalogue-added").to_owned(),
    };
    if !changes.is_empty() {
        ui.add(egui::Label::new(RichText::new(changes).color(scene.colors.weak)).wrap());
    }
    ui.add_space(theme::GRID);
}

/// What became different, in words.
fn differences(words: &Words, before: &Item, after: &Item) -> String {
    let (old, new) = (Form::of(before), Form::of(after));
    let mut changes: Vec<String> = Vec::new();
    let mut change = |key: &str, old: &str, new: &str| {
        if old != new {
            let or_none = |text: &str| {
                if text.is_empty() {
                    words.t("catalogue-none").to_owned()
                } else {
                    text.to_owned()
                }
            };
            changes.push(format!("{} {} → {}", words.t(key), or_none(old), or_none(new)));
        }
    };
    for field in Field::ALL {
        change(field.key(), old.text(field), new.text(field));
    }
    change("catalogue-class", old.class.letter(), new.class.letter());
    change(
        "catalogue-centre",
        words.centre(old.centre),
        words.centre(new.centre),
    );
    change("fact-level", words.level(old.level), words.level(new.level));
    change(
        "catalogue-severity",
        &old.severity.to_string(),
        &new.severity.to_string(),
    );
    let clock = |working| {
        words.t(if working {
            "catalogue-working"
        } else {
            "catalogue-wall"
        })
    };
    change("catalogue-clock", clock(old.working), clock(new.working));
    if before.retired != after.retired {
        changes.push(
            words
                .t(if after.retired {
                    "catalogue-retired"
                } else {
                    "catalogue-restored"
                })
                .to_owned(),
        );
    }
    changes.join(words.t("catalogue-semicolon"))
}
