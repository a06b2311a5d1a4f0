//! The filters to be clicked. Each click changes what is typed, so that the box always says all of it.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use eframe::egui::{self, Button, ComboBox, RichText, Ui};

use crate::find::State;
use crate::find::spoken::{Chip, Field, states, toggled};
use crate::indicator::{Dimension, Key, Period};
use crate::town::{Class, Handler, PlaceKind};
use crate::ui::{Scene, theme};

/// Draws the filters.
pub fn show(ui: &mut Ui, scene: Scene<'_>, text: &mut String, chips: &[Chip], today: NaiveDate) {
    let lang = scene.words.lang;
    let mut clicked: Option<(Field, String)> = None;
    let has = |field: Field, value: &str| {
        chips
            .iter()
            .any(|chip| chip.field == field && chip.values.iter().any(|there| there == value))
    };
    let mut toggle = |ui: &mut Ui, field: Field, value: String, label: &str| {
        if ui.add(Button::selectable(has(field, &value), label)).clicked() {
            clicked = Some((field, value));
        }
    };
    let row = |ui: &mut Ui, label: &str, add: &mut dyn FnMut(&mut Ui)| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = theme::GRID;
            ui.spacing_mut().button_padding.x = 1.5 * theme::GRID;
            ui.add_sized(
                [40.0, theme::HIT],
                egui::Label::new(RichText::new(label).color(scene.colors.weak)),
            );
            add(ui);
        });
    };
    let w = scene.words;
    row(ui, w.t("find-field-class"), &mut |ui| {
        for class in Class::ALL {
            toggle(ui, Field::Class, class.letter().to_owned(), class.letter());
        }
    });
    row(ui, w.t("find-field-state"), &mut |ui| {
        for state in [State::Open, State::Ended, State::Overdue] {
            toggle(
                ui,
                Field::State,
                state.code().to_owned(),
                state_label(scene, state),
            );
        }
        let stages = states().filter(|state| matches!(state, State::Stage(_)));
        let options = stages.map(|state| (state.code().to_owned(), state_label(scene, state).to_owned()));
        more(ui, w.t("find-more-stages"), options, |ui, value, label| {
            toggle(ui, Field::State, value, label);
        });
    });
    row(ui, w.t("find-field-time"), &mut |ui| {
        for (key, period) in periods(today) {
            let value = period.map(|period| period.name()).unwrap_or_default();
            toggle(ui, Field::Time, value, w.t(key));
        }
    });
    row(ui, w.t("find-field-more"), &mut |ui| {
        let items = scene.town.catalogue.iter().filter(|(_, item)| !item.retired);
        let items = items.map(|(_, item)| (item.code.clone(), item.name.get(lang).to_owned()));
        more(ui, w.t("find-field-item"), items, |ui, value, label| {
            toggle(ui, Field::Item, value, label)
        });
        let kinds = [
            PlaceKind::Community,
            PlaceKind::Block,
            PlaceKind::PartyGrid,
            PlaceKind::BaseGrid,
        ];
        let places = kinds.into_iter().flat_map(|kind| scene.town.places.of_kind(kind));
        let places = places.map(|(_, place)| (place.code.clone(), place.name.get(lang).to_owned()));
        more(ui, w.t("find-field-area"), places, |ui, value, label| {
            toggle(ui, Field::Area, value, label)
        });
        let teams = scene.town.teams.iter().map(|team| {
            let handler = Handler::Team(team.code.as_str().into());
            (handler.to_string(), team.name.get(lang).to_owned())
        });
        more(ui, w.t("find-field-unit"), teams, |ui, value, label| {
            toggle(ui, Field::Unit, value, label)
        });
    });
    if let Some((field, value)) = clicked {
        *text = toggled(text, chips, field, &value, lang);
    }
}

/// A menu of many values.
fn more(
    ui: &mut Ui,
    label: &str,
    options: impl Iterator<Item = (String, String)>,
    mut each: impl FnMut(&mut Ui, String, &str),
) {
    let combo = ComboBox::from_id_salt(label)
        .selected_text(label)
        .width(72.0)
        .height(420.0);
    let combo = combo.close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
    let response = combo.show_ui(ui, |ui| {
        for (value, name) in options {
            each(ui, value, &name);
        }
    });
    response
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::ComboBox, true, label));
}

/// Periods to be clicked.
fn periods(today: NaiveDate) -> [(&'static str, Option<Period>); 5] {
    let month = Period::month(today.year(), today.month());
    [
        ("find-time-today", Some(Period::day(today))),
        ("find-time-week", Period::week_of(today)),
        ("find-time-month", month),
        ("find-time-last-month", month.and_then(|month| month.previous())),
        ("find-time-year", Period::year(today.year())),
    ]
}

/// How a state is called.
pub fn state_label<'a>(scene: Scene<'a>, state: State) -> &'a str {
    match state {
        State::Open => scene.words.t("find-state-open"),
        State::Ended => scene.words.t("find-state-ended"),
        State::Overdue => scene.words.t("find-state-overdue"),
        State::Stage(stage) => scene.words.stage(stage),
    }
}

/// What a filter was understood as.
pub fn chip_words(scene: Scene<'_>, chip: &Chip) -> String {
    /// So many values are named.
    const NAMED: usize = 2;
    let w = scene.words;
    let field = match chip.field {
        Field::Class => "find-field-class",
        Field::State => "find-field-state",
        Field::Item => "find-field-item",
        Field::Area => "find-field-area",
        Field::Unit => "find-field-unit",
        Field::Time => "find-field-time",
        Field::Centre => "find-field-centre",
        Field::Source => "find-field-source",
        Field::Number => "find-field-number",
        Field::Zone => "find-field-zone",
    };
    let named: Vec<String> = chip
        .values
        .iter()
        .take(NAMED)
        .map(|value| value_words(scene, chip.field, value))
        .collect();
    let rest = chip.values.len() - named.len();
    let more = if rest > 0 {
        format!(" +{rest}")
    } else {
        String::new()
    };
    format!("{} {}{more}", w.t(field), named.join("、"))
}

fn value_words(scene: Scene<'_>, field: Field, value: &str) -> String {
    let (w, town) = (scene.words, scene.town);
    let named = |dimension| {
        let key = Key::new(dimension, value);
        key.name(town, w.lang).map(str::to_owned)
    };
    let word = match field {
        Field::State => states()
            .find(|state| state.code() == value)
            .map(|state| state_label(scene, state).to_owned()),
        Field::Item => named(Dimension::Item),
        Field::Unit => named(Dimension::Unit),
        Field::Area => town
            .places
            .by_code(value)
            .map(|id| town.places.get(id).name.get(w.lang).to_owned()),
        Field::Centre => crate::town::Centre::parse(value).map(|centre| w.centre(centre).to_owned()),
        Field::Source => crate::case::Source::parse(value).map(|source| w.source(source).to_owned()),
        Field::Class | Field::Time | Field::Number | Field::Zone => None,
    };
    word.unwrap_or_else(|| value.to_owned())
}

/// A moment by the town's clocks.
pub fn moment(scene: Scene<'_>, ms: i64) -> String {
    let at = DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or_default();
    at.with_timezone(&scene.town.timezone)
        .format("%Y-%m-%d %H:%M")
        .to_string()
}
