//! What the map remembers, and the page on which its ground is chosen.

use std::path::PathBuf;

use eframe::egui::{RichText, TextEdit, Ui};
use serde::{Deserialize, Serialize};

use crate::town::Wgs84;
use crate::ui::{Palette, Words};

use super::base::{BaseChoice, NoBase, Server};

/// Which layers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layers {
    /// The ground.
    pub base_map: bool,
    /// Communities and the sub-district's edge.
    pub communities: bool,
    /// Base grids.
    pub base_grids: bool,
    /// Party grids.
    pub party_grids: bool,
    /// Blocks.
    pub blocks: bool,
    /// Names.
    pub labels: bool,
    /// Cases.
    pub cases: bool,
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            base_map: true,
            communities: true,
            base_grids: true,
            party_grids: false,
            blocks: true,
            labels: true,
            cases: true,
        }
    }
}

impl Layers {
    /// Each layer with the key of its words, in the order of the menu.
    pub fn rows(&mut self) -> [(&'static str, &mut bool); 7] {
        [
            ("map-layer-cases", &mut self.cases),
            ("map-layer-communities", &mut self.communities),
            ("map-layer-base-grids", &mut self.base_grids),
            ("map-layer-party-grids", &mut self.party_grids),
            ("map-layer-blocks", &mut self.blocks),
            ("map-layer-labels", &mut self.labels),
            ("map-layer-base-map", &mut self.base_map),
        ]
    }
}

/// What the map remembers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MapSettings {
    /// Which ground is chosen.
    pub base: BaseChoice,
    /// Another PMTiles file.
    pub file: Option<PathBuf>,
    /// The middle of the map; the town's where empty.
    pub center: Option<Wgs84>,
    /// The zoom level; the town's where empty.
    pub zoom: Option<f64>,
    /// Whether the legend is open.
    pub legend: bool,
    /// Whether each case has a mark of its own, however they cover each other.
    pub loose: bool,
    /// Which layers are shown.
    pub layers: Layers,
    /// A server of tiles.
    pub server: Server,
}

/// Draws the choice of the ground, each mistake beside its field.
pub fn settings_ui(
    ui: &mut Ui,
    settings: &mut MapSettings,
    file_draft: &mut String,
    fault: Option<NoBase>,
    words: &Words,
    colors: &Palette,
) {
    let choices = [
        (BaseChoice::Town, "map-base-choice-town"),
        (BaseChoice::File, "map-base-choice-file"),
        (BaseChoice::Server, "map-base-choice-server"),
        (BaseChoice::None, "map-base-choice-none"),
    ];
    for (choice, key) in choices {
        ui.radio_value(&mut settings.base, choice, words.t(key));
        if choice != settings.base {
            continue;
        }
        ui.indent(key, |ui| {
            match choice {
                BaseChoice::File => file_field(ui, settings, file_draft, words),
                BaseChoice::Server => server_fields(ui, &mut settings.server, words, colors),
                BaseChoice::Town | BaseChoice::None => {}
            }
            let said_already = matches!(fault, Some(NoBase::Template(_)));
            let shown = fault
                .as_ref()
                .filter(|_| settings.layers.base_map && !said_already);
            if let Some(text) = shown.and_then(|f| f.words(words)) {
                ui.label(RichText::new(text).color(colors.amber_text));
            }
        });
    }
}

fn file_field(ui: &mut Ui, settings: &mut MapSettings, draft: &mut String, words: &Words) {
    let label = ui.label(words.t("map-base-file"));
    let field = ui
        .add(TextEdit::singleline(draft).desired_width(f32::INFINITY))
        .labelled_by(label.id);
    // The file is opened when the field is left, not at every letter.
    if field.lost_focus() {
        let path = draft.trim();
        settings.file = (!path.is_empty()).then(|| PathBuf::from(path));
    }
    let dropped = ui.input(|i| i.raw.dropped_files.first().map(|f| f.path().to_owned()));
    if let Some(path) = dropped {
        *draft = path.display().to_string();
        settings.file = Some(path);
    }
}

fn server_fields(ui: &mut Ui, server: &mut Server, words: &Words, colors: &Palette) {
    ui.label(RichText::new(words.t("map-server-datum")).color(colors.weak));
    let field = |ui: &mut Ui, key: &'static str, text: &mut String, hint: &str| {
        let label = ui.label(words.t(key));
        let edit = TextEdit::singleline(text)
            .hint_text(hint.to_owned())
            .desired_width(f32::INFINITY);
        ui.add(edit).labelled_by(label.id);
    };
    field(
        ui,
        "map-server-template",
        &mut server.template,
        "https://…/{z}/{x}/{y}.png",
    );
    if let Err(fault) = server.check() {
        ui.label(RichText::new(fault.words(words)).color(colors.amber_text));
    }
    field(ui, "map-server-key", &mut server.key, "");
    field(ui, "map-server-attribution", &mut server.attribution, "");
    ui.label(RichText::new(words.t("map-server-cache")).color(colors.weak));
}
