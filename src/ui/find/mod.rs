//! Finding in the hall: one box for places and cases, its filters, what was found, and what is done with it.
//!
//! The panel takes the place of the queue while it is open. It only draws and remembers; what it wants is told in
//! [`FindDo`]s, and `ui/app/find.rs` does it.

mod filters;
mod results;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use eframe::egui::containers::menu::{MenuButton, MenuConfig};
use eframe::egui::{
    self, Align, Button, EventFilter, Id, Key, Layout, Margin, Modifiers, PopupCloseBehavior, RichText,
    TextEdit, Ui,
};
use serde::{Deserialize, Serialize};

use crate::case::CaseId;
use crate::find::finder::Progress;
use crate::find::spoken::{Field, written};
use crate::find::{Found, PlaceHit, PlaceIndex, Query, Shown, Speech, Spoken, SpokenFault, Zone};
use crate::report::found::FoundFile;
use crate::town::Town;
use crate::words::Words;

use super::keys::{self, Deed};
use super::{Intent, Scene, choose, icons, theme};

/// The longest text that can be typed, in characters.
const TEXT_MAX: usize = 2000;
/// At most so many places are listed.
const PLACES_MAX: usize = 6;

/// What a hand wants of finding.
#[derive(Clone, Debug, PartialEq)]
pub enum FindDo {
    /// Fly there, and select it.
    Go(Box<PlaceHit>),
    /// Show this case, and where it is.
    Open(CaseId),
    /// Draw an area on the map, or give it up.
    Draw(bool),
    /// Show all that was found on the map.
    Fit,
    /// Write what was found to a file that the system's dialog chooses.
    Export(FoundFile),
    /// Stop writing.
    StopExport,
    /// Close the panel.
    Close,
}

/// A filter with a name, which is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFilter {
    /// Its name.
    pub name: String,
    /// What is typed for it, a drawn area included.
    pub text: String,
}

/// The names of a town, prepared once.
#[derive(Debug)]
pub struct Names {
    /// Names of filters.
    pub speech: Speech,
    /// Names of places.
    pub places: PlaceIndex,
}

impl Names {
    /// Prepares the names of a town.
    pub fn of(town: &Town) -> Self {
        Self {
            speech: Speech::of(town),
            places: PlaceIndex::of(town),
        }
    }
}

/// How a file is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Export {
    /// None is being written.
    #[default]
    Idle,
    /// One is being written.
    Writing,
}

/// The panel, and what it remembers from frame to frame.
#[derive(Default)]
pub struct FindPanel {
    open: bool,
    text: String,
    zone: Option<Arc<Zone>>,
    /// The field is to get the keys.
    fresh: bool,
    names: Option<Arc<Names>>,
    /// What the text was read from and as.
    read: Option<(String, NaiveDate)>,
    spoken: Spoken,
    places: Vec<PlaceHit>,
    found: Option<Found>,
    progress: Progress,
    failed: Option<String>,
    /// The row that Enter opens: places first, then cases.
    row: usize,
    follow: bool,
    shows_filters: bool,
    /// The name that is being typed for a filter.
    naming: String,
    /// How a file is doing.
    pub export: Export,
}

impl FindPanel {
    /// Opens it, with the keys in its box.
    pub fn open(&mut self) {
        self.open = true;
        self.fresh = true;
    }

    /// Closes it. What was typed stays.
    pub fn close(&mut self) {
        self.open = false;
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Types this, as a hand would.
    pub fn type_text(&mut self, text: &str) {
        self.text = text.to_owned();
        self.row = 0;
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The drawn area that is searched.
    pub fn zone(&self) -> Option<&Arc<Zone>> {
        self.zone.as_ref()
    }

    /// Searches this area, or no area.
    pub fn set_zone(&mut self, zone: Option<Arc<Zone>>) {
        self.zone = zone;
        self.row = 0;
    }

    /// Whether it knows the names of the town.
    pub fn has_names(&self) -> bool {
        self.names.is_some()
    }

    /// Takes over the names of the town; `None` where the town has changed.
    pub fn set_names(&mut self, names: Option<Arc<Names>>) {
        self.names = names;
        self.read = None;
    }

    /// Another book is searched from now on.
    pub fn other_book(&mut self) {
        (self.found, self.failed) = (None, None);
        self.progress = Progress::default();
        self.row = 0;
    }

    /// What cases are looked for; `None` where nothing is asked, or something is not understood.
    pub fn query(&mut self, town: &Town, today: NaiveDate) -> Option<Query> {
        self.read_text(town, today);
        if self.names.is_none() || self.spoken.fault().is_some() {
            return None;
        }
        let mut query = self.spoken.query.clone();
        if self.zone.is_some() {
            query.zone = self.zone.clone();
        }
        (!query.is_empty()).then_some(query)
    }

    fn read_text(&mut self, town: &Town, today: NaiveDate) {
        let Some(names) = &self.names else { return };
        if self
            .read
            .as_ref()
            .is_some_and(|(text, day)| *text == self.text && *day == today)
        {
            return;
        }
        self.spoken = names.speech.read(&self.text, town, today);
        let only_words = self.spoken.chips.is_empty();
        self.places = if only_words {
            names.places.find(&self.text, PLACES_MAX)
        } else {
            Vec::new()
        };
        self.read = Some((self.text.clone(), today));
    }

    /// Cases were found.
    pub fn arrived(&mut self, found: Found) {
        (self.progress, self.failed) = (found.progress, None);
        self.found = Some(found);
    }

    /// More of the book was read, while nothing is looked for.
    pub fn progressed(&mut self, progress: Progress) {
        (self.progress, self.failed) = (progress, None);
    }

    /// Nothing is looked for any more.
    pub fn nothing_asked(&mut self) {
        self.found = None;
    }

    /// The book can't be searched.
    pub fn failed(&mut self, why: String) {
        self.failed = Some(why);
    }

    /// What was found last.
    pub fn found(&self) -> Option<&Found> {
        self.found.as_ref()
    }

    /// The cases that were found, and in what, for the map.
    pub fn shown(&self) -> Option<(Arc<[CaseId]>, Shown)> {
        let found = self.found.as_ref().filter(|_| self.open)?;
        Some((found.ids.clone(), found.shown.clone()))
    }

    fn rows(&self) -> usize {
        self.places.len() + self.found.as_ref().map_or(0, |found| found.ids.len())
    }

    /// Marks another row, as the arrows do.
    pub fn step(&mut self, by: isize) {
        self.row = choose::stepped(self.row, by, self.rows());
        self.follow = true;
    }

    /// Marks the row of a case that a hand has opened: the arrows go on from there.
    pub fn mark(&mut self, id: CaseId) {
        let place = self
            .found
            .as_ref()
            .and_then(|found| found.ids.iter().position(|other| *other == id));
        if let Some(place) = place {
            self.row = self.places.len() + place;
        }
    }

    /// Opens the marked row, as Enter does.
    pub fn enter(&self) -> Option<FindDo> {
        if let Some(place) = self.places.get(self.row) {
            return Some(FindDo::Go(Box::new(place.clone())));
        }
        let found = self.found.as_ref()?;
        found
            .ids
            .get(self.row - self.places.len())
            .map(|id| FindDo::Open(*id))
    }

    /// What is typed for the filter as it stands, the drawn area included.
    fn whole_text(&self) -> String {
        match &self.zone {
            Some(zone) => {
                let zone = written(Field::Zone, &[zone.word()], crate::town::Lang::Zh);
                format!("{} {zone}", self.text.trim()).trim().to_owned()
            }
            None => self.text.trim().to_owned(),
        }
    }

    /// Draws the panel.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        kept: &mut Vec<KeptFilter>,
        intents: &mut Vec<Intent>,
    ) {
        let today = scene.now.with_timezone(&scene.town.timezone).date_naive();
        self.read_text(scene.town, today);
        self.take_zone();
        self.head(ui, scene, intents);
        self.chips(ui, scene);
        self.tools(ui, scene, kept, intents);
        if self.shows_filters {
            ui.separator();
            filters::show(ui, scene, &mut self.text, &self.spoken.chips, today);
        }
        ui.separator();
        results::show(self, ui, scene, intents);
    }

    /// An area that was typed, or came with a kept filter, is the drawn area.
    fn take_zone(&mut self) {
        let typed = self
            .spoken
            .chips
            .iter()
            .find(|chip| chip.field == Field::Zone && chip.fault.is_none());
        if let Some(chip) = typed {
            self.text = crate::find::spoken::without(&self.text, &chip.span);
            self.zone = self.spoken.query.zone.clone();
        }
    }

    fn head(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let w = scene.words;
        ui.horizontal(|ui| {
            ui.add(icons::icon(icons::SEARCH, scene.colors.weak));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let close = ui.add(Button::image(icons::icon(icons::CLOSE, scene.colors.weak)));
                close.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, w.t("find-close"))
                });
                if close
                    .on_hover_text(format!("{} [Esc]", w.t("find-close")))
                    .clicked()
                {
                    intents.push(Intent::Find(FindDo::Close));
                }
                self.field(ui, scene, intents);
            });
        });
    }

    fn field(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let id = Id::unique("find field");
        if ui.memory(|m| m.has_focus(id)) {
            // Arrows choose in the lists; they don't lead to the next field.
            let filter = EventFilter {
                horizontal_arrows: true,
                vertical_arrows: true,
                tab: false,
                escape: false,
            };
            ui.memory_mut(|m| m.set_focus_lock_filter(id, filter));
            let key = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
            let step = isize::from(key(Key::ArrowDown)) - isize::from(key(Key::ArrowUp));
            let page = isize::from(key(Key::PageDown)) - isize::from(key(Key::PageUp));
            if step != 0 || page != 0 {
                self.step(step + 8 * page);
            }
        }
        let edit = TextEdit::singleline(&mut self.text)
            .id(id)
            .hint_text(scene.words.t("find-hint"))
            .char_limit(TEXT_MAX)
            .desired_width(f32::INFINITY)
            .margin(Margin::symmetric(8, 5));
        let response = ui.add(edit);
        choose::name_field(&response, &self.text, scene.words.t("find-box"));
        if response.changed() {
            (self.row, self.follow) = (0, true);
            ui.ctx().request_repaint();
        }
        let entered = response.lost_focus() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter));
        if entered {
            intents.extend(self.enter().map(Intent::Find));
        }
        if entered || std::mem::take(&mut self.fresh) {
            response.request_focus();
        }
    }

    /// The filters that were typed, each with what it was understood as; a click takes one away.
    fn chips(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        if self.spoken.chips.is_empty() && self.zone.is_none() {
            return;
        }
        let (w, colors) = (scene.words, scene.colors);
        let mut gone = None;
        let mut zone_gone = false;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(theme::GRID, theme::GRID);
            for chip in &self.spoken.chips {
                let (text, color) = match &chip.fault {
                    None => (filters::chip_words(scene, chip), colors.text),
                    Some(_) => (
                        self.text.get(chip.span.clone()).unwrap_or_default().to_owned(),
                        colors.red_text,
                    ),
                };
                if chip_button(ui, w, &text, color) {
                    gone = Some(chip.span.clone());
                }
            }
            if let Some(zone) = &self.zone {
                let text = w.n("find-zone-chip", zone.corners());
                zone_gone = chip_button(ui, w, &text, colors.text);
            }
        });
        if let Some(fault) = self.spoken.fault() {
            ui.label(RichText::new(fault_words(w, fault)).color(colors.red_text));
        }
        if let Some(span) = gone {
            self.text = crate::find::spoken::without(&self.text, &span);
            self.row = 0;
        }
        if zone_gone {
            self.set_zone(None);
        }
    }

    fn tools(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        kept: &mut Vec<KeptFilter>,
        intents: &mut Vec<Intent>,
    ) {
        let w = scene.words;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = theme::GRID;
            if ui
                .add(Button::new(w.t("find-filters")).selected(self.shows_filters))
                .clicked()
            {
                self.shows_filters = !self.shows_filters;
            }
            let draw = ui.button(w.t("find-draw")).on_hover_text(w.t("find-draw-hint"));
            if draw.clicked() {
                intents.push(Intent::Find(FindDo::Draw(true)));
            }
            self.kept(ui, scene, kept);
            let any = self.found.as_ref().is_some_and(|found| !found.ids.is_empty());
            let fit = ui.add_enabled(any, Button::new(w.t("find-fit")));
            if fit
                .on_hover_text(w.t("find-fit-hint"))
                .on_disabled_hover_text(w.t("find-nothing-yet"))
                .clicked()
            {
                intents.push(Intent::Find(FindDo::Fit));
            }
            self.export_menu(ui, scene, any, intents);
        });
    }

    fn export_menu(&mut self, ui: &mut Ui, scene: Scene<'_>, any: bool, intents: &mut Vec<Intent>) {
        let w = scene.words;
        if self.export == Export::Writing {
            ui.spinner();
            if ui.button(w.t("find-export-stop")).clicked() {
                intents.push(Intent::Find(FindDo::StopExport));
            }
            return;
        }
        if !any || !self.progress.whole {
            let button = ui.add_enabled(false, Button::new(w.t("find-export")));
            button.on_disabled_hover_text(w.t("find-nothing-yet"));
            return;
        }
        ui.menu_button(w.t("find-export"), |ui| {
            for kind in FoundFile::ALL {
                if ui.button(kind.ending().to_uppercase()).clicked() {
                    intents.push(Intent::Find(FindDo::Export(kind)));
                    ui.close();
                }
            }
        });
    }

    /// The filters that have a name: one is taken, deleted, or added.
    fn kept(&mut self, ui: &mut Ui, scene: Scene<'_>, kept: &mut Vec<KeptFilter>) {
        let (w, colors) = (scene.words, scene.colors);
        let now = self.whole_text();
        // A click into its field is not one that closes it.
        let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let menu = MenuButton::new(w.t("find-kept")).config(config);
        menu.ui(ui, |ui| {
            ui.set_min_width(260.0);
            if kept.is_empty() {
                ui.label(RichText::new(w.t("find-kept-none")).color(colors.weak));
            }
            let mut gone = None;
            for (i, filter) in kept.iter().enumerate() {
                ui.horizontal(|ui| {
                    if ui.button(&filter.name).on_hover_text(&filter.text).clicked() {
                        self.text = filter.text.clone();
                        self.zone = None;
                        self.row = 0;
                        ui.close();
                    }
                    let label = w.f("find-kept-delete", &[("name", filter.name.as_str().into())]);
                    let delete = ui.add(Button::image(icons::icon(icons::CLOSE, colors.weak)).frame(false));
                    delete.widget_info(|| {
                        egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &label)
                    });
                    if delete.on_hover_text(&label).clicked() {
                        gone = Some(i);
                    }
                });
            }
            if let Some(gone) = gone {
                kept.remove(gone);
            }
            ui.separator();
            let edit = TextEdit::singleline(&mut self.naming)
                .hint_text(w.t("find-keep-name"))
                .char_limit(40);
            let field = ui.add(edit);
            choose::name_field(&field, &self.naming, w.t("find-keep-name"));
            let name = self.naming.trim().to_owned();
            let may = !name.is_empty() && !now.is_empty() && self.spoken.fault().is_none();
            let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            let keep = ui.add_enabled(may, Button::new(w.t("find-keep")));
            if keep.on_disabled_hover_text(w.t("find-keep-why-not")).clicked() || entered && may {
                kept.retain(|filter| filter.name != name);
                kept.push(KeptFilter { name, text: now });
                self.naming.clear();
                ui.close();
            }
        });
    }
}

fn chip_button(ui: &mut Ui, w: &Words, text: &str, color: egui::Color32) -> bool {
    let label = w.f("find-chip-remove", &[("chip", text.into())]);
    let button = Button::new(RichText::new(format!("{text}  ×")).color(color)).corner_radius(10);
    let response = ui.add(button);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &label));
    response.on_hover_text(&label).clicked()
}

/// Why a filter is not understood.
pub fn fault_words(w: &Words, fault: &SpokenFault) -> String {
    match fault {
        SpokenFault::Missing => w.t("find-fault-missing").to_owned(),
        SpokenFault::Unknown(value) => w.f("find-fault-unknown", &[("value", value.into())]),
        SpokenFault::Period(_) => w.t("find-fault-period").to_owned(),
        SpokenFault::Zone(fault) => zone_words(w, fault),
    }
}

/// Why an area can't be.
pub fn zone_words(w: &Words, fault: &crate::find::ZoneFault) -> String {
    use crate::find::ZoneFault as Fault;
    match fault {
        Fault::TooFew { corners, .. } => w.n("zone-too-few", *corners),
        Fault::NoPlace { .. } => w.t("zone-no-place").to_owned(),
        Fault::TooMany(corners) => w.n("zone-too-many", *corners),
        Fault::Tangled => w.t("zone-tangled").to_owned(),
        Fault::File(why) => why.clone(),
    }
}

/// The button that opens the panel, with its key.
pub fn open_hint(w: &Words) -> String {
    keys::hint(w, Deed::Find)
}

/// A file name for what was found.
pub fn file_name(w: &Words, kind: FoundFile, now: DateTime<Utc>) -> PathBuf {
    format!(
        "{}-{}.{}",
        w.t("found-sheet"),
        now.format("%Y%m%d-%H%M"),
        kind.ending()
    )
    .into()
}
