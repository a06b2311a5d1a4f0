//! What the map remembers, and the page on which its ground is chosen.

use std::path::PathBuf;

use eframe::egui::{ComboBox, Label, RichText, TextEdit, Ui};
use serde::{Deserialize, Serialize};

use crate::tiles::server::Owner;
use crate::tiles::{Preset, Server};
use crate::town::{Datum, Wgs84};
use crate::ui::{Palette, Words};

use super::base::{BaseChoice, NoBase};
use super::choropleth::AreaSettings;
use super::heat::HeatSettings;
use super::layers::{Arrangement, Layers};
use super::server_words::template_words;

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
    /// How they lie and are drawn.
    pub arrangement: Arrangement,
    /// What the density is of.
    pub heat: HeatSettings,
    /// What areas are coloured by.
    pub areas: AreaSettings,
    /// A server of tiles.
    pub server: Server,
    /// What of its tiles is kept on disk.
    pub cache: CacheSettings,
}

/// What is kept of servers' tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CacheSettings {
    /// How large it may become, in millions of bytes.
    pub limit_mb: u32,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self { limit_mb: 512 }
    }
}

impl CacheSettings {
    /// The limit in bytes.
    pub fn bytes(&self) -> u64 {
        u64::from(self.limit_mb) * 1_000_000
    }
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
    preset_choice(ui, server, words);
    let weak = |text: &str| Label::new(RichText::new(text).color(colors.weak)).wrap();
    ui.add(weak(policy(server.owner(), words)));
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
    field(ui, "map-server-overlay", &mut server.overlay, "");
    if let Err(fault) = server.check() {
        ui.label(RichText::new(template_words(fault, words)).color(colors.amber_text));
    }
    field(ui, "map-server-key", &mut server.key, "");
    field(ui, "map-server-attribution", &mut server.attribution, "");
    datum_choice(ui, server, words);
    ui.add(weak(words.t("map-server-datum-hint")));
}

/// Services whose address need not be typed. Choosing one keeps the key.
fn preset_choice(ui: &mut Ui, server: &mut Server, words: &Words) {
    let name = |preset: Preset| {
        words.t(match preset {
            Preset::Osm => "map-preset-osm",
            Preset::TiandituVector => "map-preset-tianditu-vector",
            Preset::TiandituImagery => "map-preset-tianditu-imagery",
            Preset::Gcj02 => "map-preset-gcj02",
            Preset::Other => "map-preset-other",
        })
    };
    let here = Preset::of(server);
    let mut chosen = here;
    ui.horizontal(|ui| {
        let label = ui.label(words.t("map-preset"));
        let list = ComboBox::from_id_salt("map preset")
            .width(300.0)
            .selected_text(name(here))
            .show_ui(ui, |ui| {
                for preset in Preset::ALL {
                    let hint = policy(preset.server("").owner(), words);
                    ui.selectable_value(&mut chosen, preset, name(preset))
                        .on_hover_text(hint);
                }
            });
        list.response.labelled_by(label.id);
    });
    if chosen != here {
        *server = chosen.server(&server.key);
    }
}

fn datum_choice(ui: &mut Ui, server: &mut Server, words: &Words) {
    ui.horizontal(|ui| {
        let label = ui.label(words.t("map-server-datum"));
        let list = ComboBox::from_id_salt("map server datum")
            .width(300.0)
            .selected_text(words.datum(server.datum))
            .show_ui(ui, |ui| {
                // 百度's tiles are cut in a scheme of their own, so that its datum alone would not place them.
                for datum in Datum::ALL.into_iter().filter(|datum| *datum != Datum::Bd09) {
                    ui.selectable_value(&mut server.datum, datum, words.datum(datum));
                }
            });
        list.response.labelled_by(label.id);
    });
}

/// What a server's owner allows.
pub fn policy(owner: Owner, words: &Words) -> &str {
    words.t(match owner {
        Owner::Osm => "map-policy-osm",
        Owner::Tianditu => "map-policy-tianditu",
        Owner::Commercial => "map-policy-commercial",
        Owner::Own => "map-policy-own",
    })
}
