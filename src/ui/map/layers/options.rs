//! What can be chosen for single layers, in their rows of the panel.

use eframe::egui::{ComboBox, RichText, Sense, Slider, Ui, vec2};

use crate::indicator::{Dimension, Unit};
use crate::spread::Rule;
use crate::town::{Class, FacilityKind, PlaceKind};
use crate::ui::{Scene, Words};

use super::super::MapView;
use super::super::choropleth::has_period;
use super::super::heat::{HeatOf, RADIUS_M};
use super::super::sites::{facility_mark, facility_words};
use super::{Layer, symbol};

/// The periods that can be chosen, in days; 0 is all time.
const DAYS: [u32; 6] = [1, 7, 30, 90, 365, 0];

/// Draws the options of a layer.
pub fn show(map: &mut MapView, ui: &mut Ui, layer: Layer, scene: &Scene<'_>) {
    match layer {
        Layer::Heat => heat(map, ui, scene),
        Layer::Choropleth => areas(map, ui, scene),
        Layer::Cases => gathering(map, ui, scene),
        Layer::Facilities => facilities(ui, scene),
        Layer::Units | Layer::Traces => {
            ui.label(RichText::new(scene.words.t("map-units-how")).color(scene.colors.weak));
        }
        Layer::Dwellings => {
            ui.label(RichText::new(scene.words.t("map-dwellings-how")).color(scene.colors.weak));
        }
        _ => {}
    }
}

fn gathering(map: &mut MapView, ui: &mut Ui, scene: &Scene<'_>) {
    let mut gathered = !map.settings.loose;
    ui.checkbox(&mut gathered, scene.words.t("map-gather"))
        .on_hover_text(scene.words.t("map-gather-tip"));
    map.settings.loose = !gathered;
}

/// What a period of so many days is called; 0 is all time.
pub fn days_text(words: &Words, days: u32) -> String {
    match days {
        0 => words.t("map-days-all").to_owned(),
        1 => words.t("map-days-today").to_owned(),
        days => words.n("map-days", days as usize),
    }
}

fn choice<T: PartialEq + Clone>(
    ui: &mut Ui,
    (id, label): (&str, &str),
    chosen: &mut T,
    all: impl IntoIterator<Item = T>,
    name: impl Fn(&T) -> String,
) {
    ComboBox::new(id, label)
        .selected_text(name(chosen))
        .width(150.0)
        .show_ui(ui, |ui| {
            for one in all {
                let text = name(&one);
                ui.selectable_value(chosen, one, text);
            }
        });
}

fn heat(map: &mut MapView, ui: &mut Ui, scene: &Scene<'_>) {
    let words = scene.words;
    let settings = &mut map.settings.heat;
    let of = |of: &HeatOf| {
        words
            .t(match of {
                HeatOf::Open => "map-heat-open",
                HeatOf::Reported => "map-heat-reported",
            })
            .to_owned()
    };
    let label = words.t("map-heat-of");
    choice(
        ui,
        ("heat of", label),
        &mut settings.of,
        [HeatOf::Open, HeatOf::Reported],
        of,
    );
    if settings.of == HeatOf::Reported {
        let label = words.t("map-period");
        choice(ui, ("heat days", label), &mut settings.days, DAYS, |d| {
            days_text(words, *d)
        });
    }
    let classes = std::iter::once(None).chain(Class::ALL.map(Some));
    let class = |class: &Option<Class>| match class {
        Some(class) => words.class(*class).to_owned(),
        None => words.t("map-all-classes").to_owned(),
    };
    choice(
        ui,
        ("heat class", words.t("map-class")),
        &mut settings.class,
        classes,
        class,
    );
    let (least, most) = RADIUS_M;
    let radius = Slider::new(&mut settings.radius_m, least..=most)
        .step_by(10.0)
        .logarithmic(true)
        .suffix(" m")
        .text(words.t("map-heat-radius"));
    ui.add(radius);
    ui.label(RichText::new(words.t("map-heat-how")).color(scene.colors.weak));
    if let Some(why) = &map.heat.trouble {
        ui.label(
            RichText::new(words.f("map-layer-trouble", &[("why", why.as_str().into())]))
                .color(scene.colors.amber_text),
        );
    }
}

fn areas(map: &mut MapView, ui: &mut Ui, scene: &Scene<'_>) {
    let words = scene.words;
    let settings = &mut map.settings.areas;
    let kinds = [
        Dimension::Community,
        Dimension::BaseGrid,
        Dimension::PartyGrid,
        Dimension::Block,
    ];
    let label = words.t("map-areas-by");
    choice(ui, ("areas by", label), &mut settings.by, kinds, |by| {
        crate::words::indicator::dimension_text(words, *by).to_owned()
    });
    if let Some(definitions) = &map.choropleth.definitions {
        let of_cases = definitions.iter().filter(|d| definitions.is_of_cases(&d.id));
        let ids = of_cases.map(|d| d.id.clone());
        let name = |id: &String| match definitions.get(id) {
            Some(definition) => definition.name.get(words.lang).to_owned(),
            None => id.clone(),
        };
        let label = words.t("map-areas-indicator");
        choice(ui, ("areas indicator", label), &mut settings.indicator, ids, name);
        let definition = definitions.get(&settings.indicator);
        if definition.is_none_or(has_period) {
            let label = words.t("map-period");
            let days = DAYS.into_iter().filter(|d| *d > 0);
            choice(ui, ("areas days", label), &mut settings.days, days, |d| {
                days_text(words, *d)
            });
        }
        let counts = definition.is_some_and(|d| d.unit == Unit::Cases);
        ui.add_enabled_ui(counts, |ui| {
            let box_ = ui.checkbox(&mut settings.per_km2, words.t("map-areas-per-km2"));
            box_.on_disabled_hover_text(words.t("map-areas-per-km2-none"));
        });
        if let Some(definition) = definition {
            let rule = RichText::new(definition.rule.get(words.lang)).color(scene.colors.weak);
            ui.label(rule);
        }
    }
    let label = words.t("map-areas-rule");
    choice(ui, ("areas rule", label), &mut settings.rule, Rule::ALL, |rule| {
        words.t(rule_words(*rule)).to_owned()
    });
    let mut classes = settings.most_classes();
    ui.add(Slider::new(&mut classes, 2..=7).text(words.t("map-areas-classes")));
    settings.classes = classes;
    if let Some((_, why)) = &map.choropleth.trouble {
        ui.label(
            RichText::new(words.f("map-layer-trouble", &[("why", why.as_str().into())]))
                .color(scene.colors.amber_text),
        );
    }
}

/// The key of the words of a rule.
pub fn rule_words(rule: Rule) -> &'static str {
    match rule {
        Rule::Quantiles => "map-rule-quantiles",
        Rule::EqualSteps => "map-rule-equal-steps",
        Rule::NaturalBreaks => "map-rule-natural-breaks",
    }
}

/// The key of the words of a kind of place, as a layer is called.
pub fn kind_words(kind: PlaceKind) -> &'static str {
    match kind {
        PlaceKind::SubDistrict | PlaceKind::Community => "map-layer-communities",
        PlaceKind::PartyGrid => "map-layer-party-grids",
        PlaceKind::BaseGrid => "map-layer-base-grids",
        PlaceKind::Block => "map-layer-blocks",
    }
}

fn facilities(ui: &mut Ui, scene: &Scene<'_>) {
    let all = scene.town.sites.facilities.as_deref().unwrap_or_default();
    for kind in FacilityKind::ALL {
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(symbol::WIDTH, 24.0), Sense::hover());
            facility_mark(ui.painter(), rect.center(), kind, scene.colors);
            let n = all.iter().filter(|f| f.kind == kind).count();
            ui.label(format!("{} · {n}", scene.words.t(facility_words(kind))));
        });
    }
}
