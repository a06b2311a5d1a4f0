//! The page of indicators: a mode of the hall. Cards, the plots of the one that is chosen, and the cases behind it.
//!
//! Everything is counted on the store's thread, piece by piece ([`count`]); what came out is told once ([`figure`]) and laid
//! out once (`plot_view`). A frame only draws.

mod cards;
pub mod count;
pub mod export;
pub mod figure;
mod head;
mod list;
mod plot_view;

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use eframe::egui::{self, Rect, ScrollArea, Ui, Vec2, vec2};

use crate::indicator::{Against, Definition, Definitions, Dimension, Filter, Key, Period};
use crate::report::Figure;
use crate::store::Store;
use crate::store::worker::Keeper;
use crate::town::{Lang, Town};
use crate::ui::{Intent, Scene, Words, theme};

use cards::CardView;
use count::{Ask, CardData, Cases, Data, Narrow, Piece, Reply};
use export::FileKind;
use figure::{Pick, Telling};
use plot_view::{PlotDo, PlotView, placeholder};

/// What the store is asked for, should it fail.
pub const WHAT: &str = "indicators";

/// The indicators that have a card.
const MAIN: [&str; 12] = [
    "cases-in",
    "cases-settled",
    "cases-open",
    "cases-overdue",
    "disposition-rate",
    "hazards-rectified",
    "median-time-to-rectify",
    "p90-time-to-rectify",
    "on-time-rate",
    "first-dispatch-accuracy",
    "sent-back-rate",
    "settled-in-community",
];

/// The plots, in the order of the page, with their ids.
const PLOTS: [(Piece, &str); 8] = [
    (Piece::Trend, "trend"),
    (Piece::Times, "times"),
    (Piece::Items, "items"),
    (Piece::Hours, "hours"),
    (Piece::Days, "days"),
    (Piece::Flow, "flow"),
    (Piece::Places, "places"),
    (Piece::Areas, "areas"),
];

/// After a change of the cases it is counted again, but not more often than so.
const AGAIN_AFTER: TimeDelta = TimeDelta::seconds(5);
/// Without a change it is counted again after so long: cases become overdue by time alone.
const OLD_AFTER: TimeDelta = TimeDelta::seconds(60);

/// Least width of a plot, in points.
const PLOT_WIDTH: f32 = 440.0;
/// Height of a row of plots, in points: at least, at most.
const PLOT_HEIGHT: (f32, f32) = (300.0, 460.0);
/// Room between plots, in points.
const GAP: f32 = 16.0;

/// What was counted of one plot.
struct Counted {
    ask: Ask,
    at: DateTime<Utc>,
    data: Result<Data, String>,
}

/// What is shown of one plot.
enum View {
    Plot(Box<PlotView>),
    Words(String),
}

/// The page.
pub struct IndicatorPage {
    is_open: bool,
    head: head::Head,
    against: Against,
    filter: Filter,
    narrow: Vec<Narrow>,
    indicator: String,
    map_by: Dimension,
    list_open: bool,
    definitions: Option<Arc<Definitions>>,
    trouble: Option<String>,
    /// The round of counting that is going on, or was last.
    round: u64,
    asked: Option<Ask>,
    begun: DateTime<Utc>,
    generation: u64,
    waiting: VecDeque<Piece>,
    /// Pieces of this round, all together.
    pieces: usize,
    /// Whether a job is with the store.
    at_work: bool,
    cards: HashMap<String, (Ask, Result<Box<CardData>, String>)>,
    card_views: HashMap<String, CardView>,
    cases: Option<(Ask, Result<Box<Cases>, String>)>,
    counted: HashMap<&'static str, Counted>,
    views: HashMap<&'static str, View>,
    /// What the page and its files say of the book: that it is a drill's, or the sample day.
    pub mark: Option<String>,
    /// The language of the views.
    lang: Option<Lang>,
    /// Cases of the whole book; `None` while no card has said so.
    book_cases: Option<u64>,
}

impl IndicatorPage {
    /// A page that is closed; `now` is any moment.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            is_open: false,
            head: head::Head::default(),
            against: Against::LastPeriod,
            filter: Filter::default(),
            narrow: Vec::new(),
            indicator: MAIN[0].to_owned(),
            map_by: Dimension::Community,
            list_open: false,
            definitions: None,
            trouble: None,
            round: 0,
            asked: None,
            begun: now,
            generation: 0,
            waiting: VecDeque::new(),
            pieces: 0,
            at_work: false,
            cards: HashMap::new(),
            card_views: HashMap::new(),
            cases: None,
            counted: HashMap::new(),
            views: HashMap::new(),
            mark: None,
            lang: None,
            book_cases: None,
        }
    }

    /// Whether it is shown.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Shows it, or no longer.
    pub fn set_open(&mut self, open: bool) {
        self.is_open = open;
    }

    /// Whether nothing is being counted.
    pub fn is_settled(&self) -> bool {
        let idle = self.waiting.is_empty() && !self.at_work && self.asked.is_some();
        !self.is_open || self.trouble.is_some() || idle
    }

    /// Another book: nothing of what was counted holds.
    pub fn other_book(&mut self, now: DateTime<Utc>) {
        let open = self.is_open;
        *self = Self::new(now);
        self.is_open = open;
    }

    /// Closes the list of cases; false where none was open.
    pub fn close_list(&mut self) -> bool {
        std::mem::take(&mut self.list_open)
    }

    /// Goes one period on, or back.
    pub fn step_period(&mut self, forward: bool, today: NaiveDate) {
        self.head.step(forward, today);
    }

    /// Looks at that period.
    pub fn look_at(&mut self, period: Period) {
        self.head.go_to(period);
    }

    /// Takes all limits away.
    pub fn clear(&mut self) {
        self.filter = Filter::default();
        self.narrow.clear();
    }

    /// The period that is looked at, today being `today`.
    pub fn period(&self, today: NaiveDate) -> Period {
        self.head.period(today)
    }

    /// What is let through.
    pub fn filter(&self) -> (&Filter, &[Narrow]) {
        (&self.filter, &self.narrow)
    }

    /// The plots that are there, as plain data.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        PLOTS.iter().filter_map(|(_, id)| match self.views.get(id)? {
            View::Plot(view) => Some(&view.shown.figure),
            View::Words(_) => None,
        })
    }

    fn ask(&self, today: NaiveDate) -> Ask {
        Ask {
            period: self.head.period(today),
            against: self.against,
            filter: self.filter.clone(),
            narrow: self.narrow.clone(),
            indicator: self.indicator.clone(),
            map_by: self.map_by,
        }
    }

    /// Gives the store its next job, where something is to be counted. `generation` is the board's.
    pub fn tick(&mut self, keeper: &Keeper, town: &Arc<Town>, now: DateTime<Utc>, generation: u64) {
        if !self.is_open || self.trouble.is_some() {
            return;
        }
        let ask = self.ask(now.with_timezone(&town.timezone).date_naive());
        let age = now - self.begun;
        let idle = self.waiting.is_empty() && !self.at_work;
        let moved = generation != self.generation && age > AGAIN_AFTER;
        if self.asked.as_ref() != Some(&ask) {
            let pieces = needed(self.asked.as_ref(), &ask, &self.waiting);
            self.begin(ask, pieces, now, generation);
        } else if idle && (moved || age > OLD_AFTER) {
            let pieces = needed(None, &ask, &VecDeque::new());
            self.begin(ask, pieces, now, generation);
        }
        if self.at_work {
            return;
        }
        let Some(ask) = self.asked.clone() else { return };
        let piece = match self.definitions {
            None => Piece::Definitions,
            Some(_) => match self.waiting.pop_front() {
                Some(piece) => piece,
                None => return,
            },
        };
        self.at_work = true;
        let (round, at) = (self.round, self.begun);
        let (town, definitions) = (town.clone(), self.definitions.clone());
        let job = move |store: &mut dyn Store| {
            let data = count::count(&*store, definitions.as_ref(), &town, at, &ask, &piece);
            Ok(Box::new(Reply { round, piece, data }) as Box<dyn Any + Send>)
        };
        keeper.ask_for(0, WHAT, Box::new(job));
    }

    fn begin(&mut self, ask: Ask, pieces: VecDeque<Piece>, now: DateTime<Utc>, generation: u64) {
        self.round += 1;
        self.asked = Some(ask);
        self.begun = now;
        self.generation = generation;
        self.pieces = pieces.len();
        self.waiting = pieces;
    }

    /// The store's job failed as a whole.
    pub fn failed(&mut self) {
        self.at_work = false;
    }

    /// A job is done.
    pub fn arrived(&mut self, reply: Reply, words: &Words, town: &Town) {
        self.at_work = false;
        let (piece, data) = (reply.piece, reply.data);
        if piece == Piece::Definitions {
            match data {
                Ok(Data::Definitions(definitions)) => self.definitions = Some(definitions),
                Ok(_) => {}
                Err(why) => self.trouble = Some(why),
            }
            return;
        }
        // The answer to a question that is no longer asked.
        let Some(ask) = self.asked.clone().filter(|_| reply.round == self.round) else {
            return;
        };
        match (piece, data) {
            (Piece::Card(id), Ok(Data::Card(card))) => {
                self.book_cases = Some(card.book_cases);
                self.cards.insert(id.clone(), (ask, Ok(card)));
                self.tell_card(&id, words);
            }
            (Piece::Card(id), Err(why)) => {
                self.cards.insert(id.clone(), (ask, Err(why)));
                self.tell_card(&id, words);
            }
            (Piece::Cases, Ok(Data::Cases(cases))) => self.cases = Some((ask, Ok(cases))),
            (Piece::Cases, Err(why)) => self.cases = Some((ask, Err(why))),
            (piece, data) => {
                let Some((_, id)) = PLOTS.iter().find(|(plot, _)| *plot == piece) else {
                    return;
                };
                let at = self.begun;
                self.counted.insert(*id, Counted { ask, at, data });
                self.tell_plot(id, words, town);
            }
        }
    }

    fn tell_card(&mut self, id: &str, words: &Words) {
        let (Some(definitions), Some((ask, card))) = (&self.definitions, self.cards.get(id)) else {
            return;
        };
        if let Some(definition) = definitions.get(id) {
            let view = CardView::new(words, definition, ask, card.as_deref());
            self.card_views.insert(id.to_owned(), view);
        }
    }

    fn tell_plot(&mut self, id: &'static str, words: &Words, town: &Town) {
        let (Some(definitions), Some(counted)) = (&self.definitions, self.counted.get(id)) else {
            return;
        };
        let Some(definition) = definitions.get(&counted.ask.indicator) else {
            return;
        };
        let telling = Telling {
            words,
            town,
            definition,
            ask: &counted.ask,
            at: counted.at,
            book_cases: self.book_cases,
            mark: self.mark.as_deref(),
        };
        let view = match &counted.data {
            Err(why) => View::Words(why.clone()),
            Ok(data) => match telling.plot(data, id == "areas") {
                Some(shown) => View::Plot(Box::new(PlotView::new(shown))),
                None => return,
            },
        };
        self.views.insert(id, view);
    }

    /// Tells everything again in another language.
    fn tell_all(&mut self, words: &Words, town: &Town) {
        if self.lang == Some(words.lang) {
            return;
        }
        self.lang = Some(words.lang);
        let ids: Vec<String> = self.cards.keys().cloned().collect();
        for id in ids {
            self.tell_card(&id, words);
        }
        for (_, id) in PLOTS {
            self.tell_plot(id, words, town);
        }
    }

    fn definition(&self) -> Option<&Definition> {
        self.definitions.as_ref()?.get(&self.indicator)
    }

    /// Whether what was counted for `ask` is what is asked now; what is not looks faint.
    fn is_current(&self, ask: &Ask) -> bool {
        let same =
            |now: &Ask| now.period == ask.period && now.filter == ask.filter && now.narrow == ask.narrow;
        self.asked.as_ref().is_some_and(same)
    }

    /// Draws the page.
    pub fn show(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        self.tell_all(scene.words, scene.town);
        if self.list_open {
            let panel = egui::Panel::right("indicator list")
                .default_size(380.0)
                .size_range(300.0..=560.0)
                .frame(egui::Frame::new().inner_margin(egui::Margin {
                    left: 12,
                    ..Default::default()
                }));
            panel.show(ui, |ui| self.list(ui, scene, intents));
        }
        // Beside the list the page keeps off its edge.
        let right = if self.list_open { 12 } else { 0 };
        let margin = egui::Margin {
            right,
            ..Default::default()
        };
        egui::Frame::new()
            .inner_margin(margin)
            .show(ui, |ui| self.body(ui, scene, intents));
    }

    fn body(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        self.head(ui, scene, intents);
        ui.separator();
        if let Some(why) = &self.trouble {
            ui.add_space(8.0 * theme::GRID);
            ui.label(egui::RichText::new(why).color(scene.colors.red_text));
            return;
        }
        if let Some(why) = self.why_nothing() {
            ui.add_space(8.0 * theme::GRID);
            ui.add(egui::Label::new(egui::RichText::new(why).color(scene.colors.red_text)).wrap());
            return;
        }
        if self.book_cases == Some(0) {
            ui.add_space(10.0 * theme::GRID);
            ui.vertical_centered(|ui| ui.label(scene.words.t("page-no-cases")));
            return;
        }
        let view = ui.available_height();
        ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt("indicators")
            .show(ui, |ui| {
                let top = ui.cursor().top();
                self.cards(ui, scene);
                self.chosen(ui, scene);
                let left = view - (ui.cursor().top() - top);
                self.plots(ui, scene, left, intents);
            });
    }

    /// Why nothing could be counted, where no card has a figure.
    fn why_nothing(&self) -> Option<&str> {
        let why = |id: &&str| self.cards.get(*id)?.1.as_ref().err().map(String::as_str);
        let all_failed = MAIN.iter().all(|id| why(id).is_some());
        MAIN.iter().find_map(why).filter(|_| all_failed)
    }

    /// Which indicator the plots below are of; any of them can be chosen.
    fn chosen(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let Some(definitions) = self.definitions.clone() else {
            return;
        };
        let w = scene.words;
        ui.add_space(2.0 * theme::GRID);
        ui.horizontal(|ui| {
            let name = definitions
                .get(&self.indicator)
                .map_or(self.indicator.as_str(), |definition| definition.name.get(w.lang));
            let choice = egui::ComboBox::from_id_salt(("indicator", "choice"))
                .width(240.0)
                .selected_text(plot_view::heading(name));
            let mut wanted = None;
            let choice = choice.show_ui(ui, |ui| {
                for definition in definitions.iter() {
                    let is_it = definition.id == self.indicator;
                    let label = ui.selectable_label(is_it, definition.name.get(w.lang));
                    if label.on_hover_text(definition.words.get(w.lang)).clicked() {
                        wanted = Some(definition.id.clone());
                    }
                }
            });
            let label = format!("{} {name}", w.t("page-indicator"));
            choice
                .response
                .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::ComboBox, true, &label));
            if let Some(id) = wanted {
                self.indicator = id;
            }
            let listed = self.list_open;
            let text = w.t(if listed {
                "page-list-hide"
            } else {
                "page-list-show"
            });
            if ui.button(text).clicked() {
                self.list_open = !listed;
            }
            if let Some(definition) = self.definition() {
                let rule = definition.rule.get(w.lang);
                let text = egui::RichText::new(definition.words.get(w.lang)).color(scene.colors.weak);
                ui.add(egui::Label::new(text).truncate()).on_hover_text(rule);
            }
        });
        ui.add_space(theme::GRID);
    }

    fn plots(&mut self, ui: &mut Ui, scene: Scene<'_>, room: f32, intents: &mut Vec<Intent>) {
        let wide = ui.available_width();
        let columns = ((wide + GAP) / (PLOT_WIDTH + GAP)).floor().clamp(1.0, 4.0) as usize;
        let rows = PLOTS.len().div_ceil(columns);
        let (least, most) = PLOT_HEIGHT;
        let high = ((room - GAP * rows as f32) / rows as f32).clamp(least, most);
        for row in PLOTS.chunks(columns) {
            // A row that is not full shares the whole width.
            let width = (wide - GAP * (row.len() - 1) as f32) / row.len() as f32;
            let (rect, _) = ui.allocate_exact_size(vec2(wide, high), egui::Sense::hover());
            for (i, (_, id)) in row.iter().enumerate() {
                let left = rect.left() + i as f32 * (width + GAP);
                let own =
                    Rect::from_min_size(egui::pos2(left.round(), rect.top()), vec2(width.floor(), high));
                self.plot(ui, scene, own, id, intents);
            }
            ui.add_space(GAP);
        }
    }

    fn plot(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        rect: Rect,
        id: &'static str,
        intents: &mut Vec<Intent>,
    ) {
        let current = self
            .counted
            .get(id)
            .is_some_and(|counted| self.is_current(&counted.ask) && counted.ask.indicator == self.indicator);
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt(("plot", id)));
        if !current {
            ui.set_opacity(0.5);
        }
        let mut map_by = self.map_by;
        let limits = (&self.filter, self.narrow.as_slice());
        let done = match self.views.get_mut(id) {
            Some(View::Plot(view)) => view.show(&mut ui, scene, rect, id, limits, |ui| {
                if id == "areas" {
                    choose_places(ui, scene, &mut map_by);
                }
            }),
            Some(View::Words(why)) => {
                placeholder(&ui, scene, rect, "", why);
                None
            }
            None => {
                ui.put(
                    Rect::from_center_size(rect.center(), Vec2::splat(24.0)),
                    egui::Spinner::new(),
                );
                None
            }
        };
        self.map_by = map_by;
        match done {
            None => {}
            Some(PlotDo::Pick(pick)) => self.pick(pick),
            Some(PlotDo::Export(kind)) => {
                if let Some(View::Plot(view)) = self.views.get(id) {
                    let figure = Box::new(view.shown.figure.clone());
                    intents.push(Intent::SaveFigure(figure, kind));
                }
            }
        }
    }

    /// What a click on a datum does: it limits everything to that, or no longer.
    fn pick(&mut self, pick: Pick) {
        match pick {
            Pick::Key(key) => self.toggle(key),
            Pick::Narrow(narrow) => {
                let before = self.narrow.len();
                self.narrow.retain(|other| *other != narrow);
                if self.narrow.len() == before {
                    self.narrow.push(narrow);
                }
            }
            Pick::Period(period) => self.head.go_to(period),
        }
    }

    fn toggle(&mut self, key: Key) {
        let before = self.filter.keys.len();
        self.filter.keys.retain(|other| *other != key);
        if self.filter.keys.len() == before {
            self.filter.keys.push(key);
        }
    }
}

fn choose_places(ui: &mut Ui, scene: Scene<'_>, by: &mut Dimension) {
    for dimension in [Dimension::BaseGrid, Dimension::Community] {
        let name = crate::words::indicator::dimension_text(scene.words, dimension);
        if ui.selectable_label(*by == dimension, name).clicked() {
            *by = dimension;
        }
    }
}

/// What must be counted for `ask`, if `before` was asked last and `waiting` of it was not counted.
fn needed(before: Option<&Ask>, ask: &Ask, waiting: &VecDeque<Piece>) -> VecDeque<Piece> {
    let of_indicator = || {
        let plots = PLOTS.iter().map(|(piece, _)| piece.clone());
        std::iter::once(Piece::Cases).chain(plots)
    };
    let chosen = Piece::Card(ask.indicator.clone());
    if let Some(before) = before {
        let only_map = Ask {
            map_by: before.map_by,
            ..ask.clone()
        };
        let mut pieces = waiting.clone();
        if only_map == *before {
            pieces.retain(|piece| *piece != Piece::Areas);
            pieces.push_front(Piece::Areas);
            return pieces;
        }
        let only_indicator = Ask {
            indicator: before.indicator.clone(),
            ..only_map
        };
        if only_indicator == *before {
            pieces.retain(|piece| matches!(piece, Piece::Card(_)) && *piece != chosen);
            let first = std::iter::once(chosen).chain(of_indicator());
            return first.chain(pieces).collect();
        }
    }
    let cards = MAIN.iter().map(|id| Piece::Card((*id).to_owned()));
    let others = cards.filter(|card| *card != chosen);
    let mut pieces: VecDeque<Piece> = others.collect();
    pieces.push_front(chosen);
    pieces.extend(of_indicator());
    pieces
}

impl IndicatorPage {
    /// Writes one of its plots to a file: what its menu does once the file is chosen. `plot` counts from nought, in the order
    /// of the page.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub fn write_plot(&self, plot: usize, kind: FileKind, path: &std::path::Path) -> Result<(), String> {
        let figure = self.figures().nth(plot);
        let figure = figure.ok_or_else(|| format!("there is no plot {plot}"))?;
        export::write(figure, kind, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask() -> Ask {
        Ask {
            period: Period::year(2019).unwrap(),
            against: Against::LastYear,
            filter: Filter::default(),
            narrow: Vec::new(),
            indicator: MAIN[0].to_owned(),
            map_by: Dimension::Community,
        }
    }

    #[test]
    fn only_what_changes_is_counted_again() {
        let none = VecDeque::new();
        let all = needed(None, &ask(), &none);
        assert_eq!(all.len(), MAIN.len() + 1 + PLOTS.len());
        let mut grids = ask();
        grids.map_by = Dimension::BaseGrid;
        assert_eq!(needed(Some(&ask()), &grids, &none), [Piece::Areas]);
        let mut other = ask();
        other.indicator = "reopened".to_owned();
        let pieces = needed(Some(&ask()), &other, &none);
        assert_eq!(pieces.len(), 2 + PLOTS.len());
        assert_eq!(pieces[0], Piece::Card("reopened".to_owned()));
        let mut period = ask();
        period.period = Period::year(2020).unwrap();
        assert_eq!(needed(Some(&ask()), &period, &none).len(), all.len());
    }

    #[test]
    fn a_book_that_can_t_be_read_is_not_taken_for_an_empty_one() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let town = Town::load(&root.join("assets/town/guanlan")).unwrap();
        let words = Words::new(Lang::En);
        let mut page = IndicatorPage::new(DateTime::UNIX_EPOCH);
        page.begin(ask(), VecDeque::new(), DateTime::UNIX_EPOCH, 0);
        for (i, id) in MAIN.iter().enumerate() {
            assert_eq!(
                (page.why_nothing(), page.book_cases),
                (None, None),
                "{i} have failed"
            );
            let reply = Reply {
                round: page.round,
                piece: Piece::Card((*id).to_owned()),
                data: Err("the disk is gone".to_owned()),
            };
            page.arrived(reply, &words, &town);
        }
        assert_eq!(page.why_nothing(), Some("the disk is gone"));
        assert_eq!(page.book_cases, None);
    }
}
