//! Works a briefing out: asks the engine, and puts the answers into words.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use crate::case::{Area as FactArea, CodeKind, Fact};
use crate::indicator::{
    Against, Answer, AskError, Definition, Dimension, Direction, Engine, Filter, Flag, Formula, Group, Key,
    Period, PeriodKind, Question, Unit, Value,
};
use crate::report::figure::{
    Area, AreaMap, Bar, Figure, Histogram, Pareto, Plot, RankRow, Ranking, Trend, TrendPoint,
};
use crate::town::{Lang, PlaceKind};
use crate::words::{Words, indicator as say};

use super::sheet::{Body, Card, Column, Entry, Grid, Section, Sheet, SheetWords};
use super::stamp::Stamp;
use super::template::{Content, OVERDUE, Part, Piece, Template, pieces};

/// Points of a trend at most.
const POINTS_MAX: usize = 400;

/// Upper ends of the classes of times, in hours; the last class has none.
const TIME_CLASSES: [f64; 8] = [4.0, 8.0, 24.0, 72.0, 168.0, 360.0, 720.0, 2160.0];

const HOURS_OF_DAY: f64 = 24.0;
const DAY_MS: f64 = 86_400_000.0;

/// What a briefing is made of.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// What stands in it.
    pub template: &'a Template,
    /// Of which days.
    pub period: Period,
    /// Of which cases.
    pub filter: &'a Filter,
}

/// Why a briefing can't be worked out.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// A question has no answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The calendar has no such days.
    #[error("the briefing has no period that can be counted")]
    NoPeriod,
}

impl From<crate::store::StoreError> for MakeError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Ask(error.into())
    }
}

impl Sheet {
    /// Works a briefing out, of one moment of the book.
    ///
    /// # Errors
    /// [`MakeError`].
    pub fn make(engine: &Engine<'_>, words: &Words, order: Order<'_>) -> Result<Self, MakeError> {
        let stamp = Stamp::make(engine.facts, engine.town, order.period, engine.now)?;
        let mut maker = Maker {
            engine,
            w: words,
            order,
            answers: HashMap::new(),
            cases: 0,
        };
        let mut sections = Vec::new();
        for part in &order.template.sections {
            let body = maker.body(part)?;
            sections.push(Section {
                title: part.title.get(words.lang).to_owned(),
                body,
            });
        }
        let empty = (maker.cases == 0).then(|| words.t("briefing-empty").to_owned());
        let basis = [("n", stamp.cases.into()), ("until", maker.until().into())];
        Ok(Self {
            lang: words.lang,
            of: maker.area(),
            title: order.template.title.get(words.lang).to_owned(),
            days: maker.days(),
            basis: words.f("indicator-basis", &basis),
            empty,
            sections,
            words: sheet_words(words),
            stamp,
        })
    }
}

fn sheet_words(w: &Words) -> SheetWords {
    let heads = [
        "briefing-column-indicator",
        "briefing-column-value",
        "briefing-column-unit",
        "briefing-column-n",
        "briefing-column-of",
        "briefing-column-other",
        "briefing-column-before",
        "briefing-column-change",
        "briefing-column-change-unit",
    ];
    SheetWords {
        page: w.f("briefing-page", &[("n", "{n}".into()), ("of", "{of}".into())]),
        hash: w.t("briefing-hash").to_owned(),
        cards: heads.map(|key| w.t(key).to_owned()),
        cover: w.t("briefing-cover").to_owned(),
    }
}

/// What a period is called: "2026 年 11 月".
pub fn period_text(w: &Words, period: Period) -> String {
    let (first, last) = (period.first, period.last);
    let month = match w.lang {
        Lang::Zh => first.month().to_string(),
        Lang::En => first.format("%B").to_string(),
    };
    let (year, month) = (("y", first.year().to_string().into()), ("m", month.into()));
    match period.kind {
        PeriodKind::Day => w.f(
            "briefing-day",
            &[year, month, ("d", first.day().to_string().into())],
        ),
        PeriodKind::Week => {
            let week = first.iso_week();
            w.f(
                "briefing-week",
                &[
                    ("y", week.year().to_string().into()),
                    ("w", week.week().to_string().into()),
                ],
            )
        }
        PeriodKind::Month => w.f("briefing-month", &[year, month]),
        _ => w.f(
            "briefing-days",
            &[
                ("from", first.to_string().into()),
                ("to", last.to_string().into()),
            ],
        ),
    }
}

struct Maker<'a> {
    engine: &'a Engine<'a>,
    w: &'a Words,
    order: Order<'a>,
    /// What was asked for already: no figure is counted twice, or stands with two values.
    answers: HashMap<String, Answer>,
    /// Cases behind all figures so far.
    cases: u64,
}

impl Maker<'_> {
    fn question(&self, id: &str) -> Question {
        Question {
            filter: self.order.filter.clone(),
            against: Some(self.order.template.against),
            ..Question::new(id, self.order.period)
        }
    }

    fn definition(&self, id: &str) -> Result<&Definition, MakeError> {
        let found = self.engine.definitions.get(id);
        Ok(found.ok_or_else(|| AskError::Unknown(id.to_owned()))?)
    }

    fn ask(&mut self, id: &str) -> Result<Answer, MakeError> {
        if let Some(answer) = self.answers.get(id) {
            return Ok(answer.clone());
        }
        let answer = self.engine.ask(&self.question(id))?;
        self.cases += answer.value.n;
        self.answers.insert(id.to_owned(), answer.clone());
        Ok(answer)
    }

    fn by(&mut self, id: &str, by: Dimension) -> Result<Vec<Group>, MakeError> {
        let groups = self.engine.by(&self.question(id), by)?;
        self.cases += groups.iter().map(|group| group.value.n).sum::<u64>();
        Ok(groups)
    }

    fn body(&mut self, part: &Part) -> Result<Body, MakeError> {
        Ok(match &part.content {
            Content::Text(text) => self.text(text.get(self.w.lang))?,
            Content::Cards(ids) => self.cards(ids)?,
            Content::Table { by, indicators, rows } => Body::Table(self.table(*by, indicators, *rows)?),
            Content::Trend {
                indicator,
                parts,
                days,
            } => {
                let plot = self.trend(indicator, *parts, *days)?;
                self.plot(indicator, part, plot, 0.3)?
            }
            Content::Pareto { indicator, by, rows } => {
                let plot = self.pareto(indicator, *by, *rows)?;
                let rows = match &plot {
                    Plot::Pareto(pareto) => pareto.bars.len(),
                    _ => 0,
                };
                self.plot(indicator, part, plot, row_share(rows))?
            }
            Content::Ranking { indicator, by, rows } => {
                let plot = self.ranking(indicator, *by, *rows)?;
                let rows = match &plot {
                    Plot::Ranking(ranking) => ranking.rows.len(),
                    _ => 0,
                };
                self.plot(indicator, part, plot, row_share(rows))?
            }
            Content::Histogram(indicator) => {
                let plot = self.histogram(indicator)?;
                self.plot(indicator, part, plot, 0.32)?
            }
            Content::Map(indicator) => {
                let plot = self.map(indicator)?;
                self.plot(indicator, part, plot, 0.68)?
            }
            Content::Overdue(rows) => Body::Table(self.overdue(*rows)?),
            Content::Rules => self.rules()?,
        })
    }

    fn until(&self) -> String {
        say::until_text(self.order.period, self.engine.town, self.engine.now)
    }

    fn area(&self) -> String {
        let (w, town) = (self.w, self.engine.town);
        let keys = self.order.filter.keys.iter();
        let names: Vec<String> = keys.map(|key| say::key_text(w, town, key)).collect();
        match names.is_empty() {
            true => town.name.get(w.lang).to_owned(),
            false => names.join("、"),
        }
    }

    fn days(&self) -> String {
        let period = self.order.period;
        let name = heading(&period_text(self.w, period));
        if matches!(period.kind, PeriodKind::Week | PeriodKind::Month) {
            let (from, to) = (period.first.to_string(), period.last.to_string());
            let days = self
                .w
                .f("briefing-days", &[("from", from.into()), ("to", to.into())]);
            let args = [("name", name.into()), ("days", days.into())];
            return self.w.f("briefing-title-days", &args);
        }
        name
    }

    fn text(&mut self, text: &str) -> Result<Body, MakeError> {
        let mut out = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Plain(plain) => out += plain,
                Piece::Placeholder(inside) => out += &self.placeholder(inside)?,
                // A template with such a brace is not read.
                Piece::Unclosed => {}
            }
        }
        if self.w.lang == Lang::Zh {
            out = without_gaps(&out);
        }
        let paragraphs = out.split('\n').map(str::trim).filter(|line| !line.is_empty());
        Ok(Body::Text(paragraphs.map(str::to_owned).collect()))
    }

    fn placeholder(&mut self, inside: &str) -> Result<String, MakeError> {
        let Some((what, id)) = inside.split_once(':') else {
            return Ok(match inside {
                "town" => self.engine.town.name.get(self.w.lang).to_owned(),
                "area" => self.area(),
                "period" => period_text(self.w, self.order.period),
                "until" => self.until(),
                _ => self.engine.basis()?.0.to_string(),
            });
        };
        let answer = self.ask(id)?;
        let (w, definition) = (self.w, self.definition(id)?);
        let before = answer.compared.as_ref();
        Ok(match what {
            "value" => say::value_or_none(w, definition, &answer.value),
            "before" => match before {
                Some(compared) => say::value_or_none(w, definition, &compared.value),
                None => w.t("indicator-none").to_owned(),
            },
            _ => match answer.change() {
                Some(change) => say::change_text(w, definition, change),
                None => w.t("indicator-no-comparison").to_owned(),
            },
        })
    }

    fn cards(&mut self, ids: &[String]) -> Result<Body, MakeError> {
        let mut cards = Vec::new();
        let mut notes: Vec<(String, Vec<String>)> = Vec::new();
        for id in ids {
            let answer = self.ask(id)?;
            let card = self.card(self.definition(id)?, &answer);
            for flag in answer
                .value
                .flags
                .iter()
                .filter(|flag| **flag != Flag::NoComparison)
            {
                let text = say::flag_text(self.w, *flag, &answer.value);
                match notes.iter_mut().find(|(known, _)| *known == text) {
                    Some((_, names)) => names.push(card.name.clone()),
                    None => notes.push((text, vec![card.name.clone()])),
                }
            }
            cards.push(card);
        }
        let between = self.w.t("briefing-names-between");
        let note = |(text, names): (String, Vec<String>)| match names.len() == cards.len() {
            true => text,
            false => {
                let names = names.join(between);
                self.w
                    .f("briefing-note", &[("names", names.into()), ("text", text.into())])
            }
        };
        let notes = notes.into_iter().map(note).collect();
        Ok(Body::Cards(cards, notes))
    }

    fn card(&self, definition: &Definition, answer: &Answer) -> Card {
        let (w, value) = (self.w, &answer.value);
        let compared = answer.compared.as_ref();
        let change = answer.change();
        let other = compared.and_then(|compared| compared.period);
        let vs = match compared.map(|compared| compared.against) {
            Some(Against::LastYear) => w.t("briefing-against-year"),
            _ => w.t("briefing-against-period"),
        };
        let change_text = change.map_or_else(
            || w.t("indicator-no-comparison").to_owned(),
            |change| format!("{vs} {}", say::change_text(w, definition, change)),
        );
        Card {
            id: definition.id.clone(),
            name: definition.name.get(w.lang).to_owned(),
            value: value.value,
            text: say::value_or_none(w, definition, value),
            unit: say::unit_text(w, definition.unit),
            decimals: definition.decimals,
            n: value.n,
            of: value.of,
            basis: match (definition.unit, value.of) {
                // The figure itself says it.
                (Unit::Cases, None) => String::new(),
                _ => say::basis_text(w, value),
            },
            other: other.map(|period| period.name()).unwrap_or_default(),
            before: compared.and_then(|compared| compared.value.value),
            change: change_text,
            changed: change.map(|change| change.value),
            change_unit: change
                .map(|change| say::change_unit_text(w, definition, change.unit))
                .unwrap_or_default(),
            out: answer.out_of_band,
        }
    }

    fn table(&mut self, by: Dimension, ids: &[String], most: usize) -> Result<Grid, MakeError> {
        let mut columns = vec![Column {
            name: heading(say::dimension_text(self.w, by)),
            decimals: None,
        }];
        let mut rows: BTreeMap<Key, Vec<Option<Value>>> = BTreeMap::new();
        let mut all = Vec::new();
        for (i, id) in ids.iter().enumerate() {
            for group in self.by(id, by)? {
                let row = rows.entry(group.key).or_insert_with(|| vec![None; ids.len()]);
                row[i] = Some(group.value);
            }
            all.push(self.ask(id)?.value);
            let definition = self.definition(id)?;
            columns.push(Column {
                name: with_unit(self.w, definition),
                decimals: Some(definition.decimals),
            });
        }
        let first = |row: &[Option<Value>]| row.first().and_then(|v| v.as_ref()?.value);
        let mut rows: Vec<(Key, Vec<Option<Value>>)> = rows.into_iter().collect();
        rows.sort_by(|(a, x), (b, y)| {
            let unknown = a.code.is_empty().cmp(&b.code.is_empty());
            unknown.then(descending(first(x), first(y))).then(a.cmp(b))
        });
        let found = rows.len();
        rows.truncate(most);
        let mut grid = Grid {
            columns,
            empty: self.w.t("briefing-no-rows").to_owned(),
            ..Grid::default()
        };
        if found > most {
            let args = [("n", most.into()), ("of", found.into())];
            grid.notes.push(self.w.f("briefing-rows-cut", &args));
        }
        for (key, values) in &rows {
            let name = heading(&say::key_text(self.w, self.engine.town, key));
            grid.rows.push(self.row(name, ids, values)?);
        }
        if found > 0 {
            let all: Vec<Option<Value>> = all.into_iter().map(Some).collect();
            grid.rows
                .push(self.row(self.w.t("briefing-all").to_owned(), ids, &all)?);
            grid.total = true;
        }
        Ok(grid)
    }

    fn row(&self, name: String, ids: &[String], values: &[Option<Value>]) -> Result<Vec<Entry>, MakeError> {
        let mut row = vec![Entry::Words(name)];
        for (id, value) in ids.iter().zip(values) {
            let definition = self.definition(id)?;
            let number = match value {
                Some(value) => value.value,
                // A group that is not there has none of them.
                None => matches!(definition.formula, Formula::Count(_)).then_some(0.0),
            };
            row.push(match number {
                Some(number) => Entry::Number(number, say::number(number, definition.decimals)),
                None => Entry::Words("—".to_owned()),
            });
        }
        Ok(row)
    }

    fn plot(&mut self, id: &str, part: &Part, plot: Plot, height: f32) -> Result<Body, MakeError> {
        let definition = self.definition(id)?;
        let w = self.w;
        let figure = Figure {
            title: part.title.get(w.lang).to_owned(),
            subtitle: period_text(w, self.order.period),
            note: match &plot {
                Plot::Histogram(histogram) => {
                    let n: u64 = histogram.bars.iter().map(|bar| bar.n).sum();
                    w.f("briefing-times-note", &[("n", n.into())])
                }
                Plot::Map(_) if self.engine.town.places.iter().any(|(_, place)| place.schematic) => {
                    let (words, drawn) = (definition.words.get(w.lang), w.t("briefing-map-schematic"));
                    match w.lang {
                        Lang::Zh => format!("{words}；{drawn}"),
                        Lang::En => format!("{words}. {drawn}"),
                    }
                }
                _ => definition.words.get(w.lang).to_owned(),
            },
            empty: w.t("briefing-no-rows").to_owned(),
            plot,
        };
        Ok(Body::Plot(Box::new(figure), height))
    }

    fn trend(&mut self, id: &str, parts: PeriodKind, days: Option<u32>) -> Result<Plot, MakeError> {
        self.ask(id)?;
        let definition = self.definition(id)?;
        let own = self.order.period;
        let longer = days.filter(|days| *days > own.days());
        let span = match longer {
            Some(days) => Period::rolling(days, own.last).ok_or(MakeError::NoPeriod)?,
            None => own,
        };
        let ask = |period: Period| {
            let question = Question {
                period,
                against: None,
                ..self.question(id)
            };
            self.engine.series(&question, parts, POINTS_MAX)
        };
        let series = ask(span)?;
        let other = match longer {
            // The days before stand in the line itself.
            Some(_) => None,
            None => own.against(self.order.template.against),
        };
        let before = other.map(ask).transpose()?.unwrap_or_default();
        let name = |period: Option<Period>| period.map(|period| period_text(self.w, period));
        let mut points = Vec::new();
        for (i, (part, value)) in series.into_iter().enumerate() {
            points.push(TrendPoint {
                label: part.name(),
                short: short(part),
                value: value.value,
                before: before.get(i).and_then(|(_, value)| value.value),
                n: value.n,
                tip: String::new(),
            });
        }
        Ok(Plot::Trend(Trend {
            parts_name: self.w.t("briefing-column-part").to_owned(),
            name: match longer {
                Some(_) => definition.name.get(self.w.lang).to_owned(),
                None => period_text(self.w, own),
            },
            before_name: name(other).unwrap_or_default(),
            n_name: self.w.t("briefing-column-n").to_owned(),
            points,
            decimals: definition.decimals,
        }))
    }

    fn pareto(&mut self, id: &str, by: Dimension, most: usize) -> Result<Plot, MakeError> {
        let mut groups = self.by(id, by)?;
        let all = self.ask(id)?.value.n;
        groups.sort_by(|a, b| b.value.n.cmp(&a.value.n).then(a.key.cmp(&b.key)));
        let bar = |group: &Group| Bar {
            label: say::key_text(self.w, self.engine.town, &group.key),
            n: group.value.n,
            tip: String::new(),
        };
        Ok(Plot::Pareto(Pareto {
            bars_name: heading(say::dimension_text(self.w, by)),
            n_name: self.w.t("briefing-column-n").to_owned(),
            share_name: self.w.t("briefing-column-share").to_owned(),
            bars: groups.iter().take(most).map(bar).collect(),
            all,
        }))
    }

    fn histogram(&mut self, id: &str) -> Result<Plot, MakeError> {
        self.ask(id)?;
        let times = self.engine.times(&self.question(id))?;
        let class = |hours: f64| TIME_CLASSES.iter().position(|end| hours < *end);
        let mut counts = [0_u64; TIME_CLASSES.len() + 1];
        for hours in &times {
            counts[class(*hours).unwrap_or(TIME_CLASSES.len())] += 1;
        }
        let bars = counts.iter().enumerate().map(|(i, n)| Bar {
            label: self.class_text(i),
            n: *n,
            tip: String::new(),
        });
        Ok(Plot::Histogram(Histogram {
            classes_name: self.w.t("briefing-column-time").to_owned(),
            n_name: self.w.t("briefing-column-n").to_owned(),
            bars: bars.collect(),
            marks: Vec::new(),
        }))
    }

    /// What a class of times is called: "8–24 小时".
    fn class_text(&self, class: usize) -> String {
        let ends = [0.0].into_iter().chain(TIME_CLASSES).collect::<Vec<f64>>();
        let (low, high) = (ends[class], ends.get(class + 1));
        let in_days = low >= HOURS_OF_DAY;
        let shown = |hours: f64| match in_days {
            true => say::number(hours / HOURS_OF_DAY, 0),
            false => say::number(hours, 0),
        };
        let span = match high {
            Some(high) => format!("{}–{}", shown(low), shown(*high)),
            None => format!("≥ {}", shown(low)),
        };
        let key = match in_days {
            true => "briefing-span-days",
            false => "briefing-span-hours",
        };
        self.w.f(key, &[("v", span.into())])
    }

    fn ranking(&mut self, id: &str, by: Dimension, most: usize) -> Result<Plot, MakeError> {
        let mut groups = self.by(id, by)?;
        groups.retain(|group| !group.key.code.is_empty() && group.value.value.is_some());
        let all = self.ask(id)?.value;
        let definition = self.definition(id)?;
        let better_is_less = definition.direction == Direction::Less;
        groups.sort_by(|a, b| {
            let order = descending(a.value.value, b.value.value);
            let order = if better_is_less { order.reverse() } else { order };
            order.then(a.key.cmp(&b.key))
        });
        let ends = |value: &Value| match (value.interval, value.value) {
            (Some(interval), _) => (interval.low, interval.high),
            // Without an interval nothing is known but that it may lie anywhere.
            (None, _) => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let rank = |group: &Group| {
            let (low, high) = ends(&group.value);
            let above = groups.iter().filter(|other| ends(&other.value).0 > high).count();
            let below = groups.iter().filter(|other| ends(&other.value).1 < low).count();
            let (better, worse) = if better_is_less {
                (below, above)
            } else {
                (above, below)
            };
            (better + 1, groups.len() - worse)
        };
        let row = |group: &Group| {
            let (best, worst) = rank(group);
            let value = group.value.value.unwrap_or_default();
            let (low, high) = ends(&group.value);
            RankRow {
                label: say::key_text(self.w, self.engine.town, &group.key),
                rank: match best == worst {
                    true => best.to_string(),
                    false => format!("{best}–{worst}"),
                },
                value,
                text: say::value_text(self.w, definition, value),
                interval: group.value.interval.map(|interval| (interval.low, interval.high)),
                n: group.value.n,
                apart: all.value.is_some_and(|all| all < low || all > high),
                out: group.out_of_band,
                tip: String::new(),
            }
        };
        let whole = all.value.map(|value| {
            let text = say::value_text(self.w, definition, value);
            (value, format!("{} {text}", self.w.t("briefing-all")))
        });
        Ok(Plot::Ranking(Ranking {
            rows_name: heading(say::dimension_text(self.w, by)),
            value_name: with_unit(self.w, definition),
            rank_name: self.w.t("briefing-column-rank").to_owned(),
            interval_names: (
                self.w.t("briefing-column-low").to_owned(),
                self.w.t("briefing-column-high").to_owned(),
            ),
            n_name: self.w.t("briefing-column-n").to_owned(),
            rows: groups.iter().take(most).map(row).collect(),
            all: whole,
            decimals: definition.decimals,
        }))
    }

    fn map(&mut self, id: &str) -> Result<Plot, MakeError> {
        let groups = self.by(id, Dimension::Community)?;
        let definition = self.definition(id)?;
        // Where no case is known to lie anywhere, a map of zeros would say what nobody knows.
        let any_known = groups.iter().any(|group| !group.key.code.is_empty());
        let counts = any_known && matches!(definition.formula, Formula::Count(_));
        let (w, places) = (self.w, &self.engine.town.places);
        let area = |place: &crate::town::Place| {
            let group = groups.iter().find(|group| group.key.code == place.code);
            let value = match group {
                Some(group) => group.value.value,
                None => counts.then_some(0.0),
            };
            let rings = place.outline.iter().map(|polygon| {
                let ring = polygon.exterior().coords();
                ring.map(|at| [at.x, at.y]).collect()
            });
            Area {
                label: place.name.get(w.lang).to_owned(),
                rings: rings.collect(),
                label_at: place.label_at.into(),
                value,
                text: match value {
                    Some(value) => say::value_text(w, definition, value),
                    None => w.t("indicator-none").to_owned(),
                },
                n: group.map_or(0, |group| group.value.n),
                tip: String::new(),
            }
        };
        let areas: Vec<Area> = places
            .of_kind(PlaceKind::Community)
            .map(|(_, p)| area(p))
            .collect();
        let values = || areas.iter().filter_map(|area| area.value);
        let end = |value: f64| match value.is_finite() {
            true => say::value_text(w, definition, value),
            false => String::new(),
        };
        let ends = (
            end(values().fold(f64::INFINITY, f64::min)),
            end(values().fold(f64::NEG_INFINITY, f64::max)),
        );
        Ok(Plot::Map(AreaMap {
            areas_name: heading(say::dimension_text(w, Dimension::Community)),
            value_name: with_unit(w, definition),
            n_name: w.t("briefing-column-n").to_owned(),
            ends,
            none: w.t("indicator-none").to_owned(),
            areas,
        }))
    }

    fn overdue(&mut self, most: usize) -> Result<Grid, MakeError> {
        let all = self.ask(OVERDUE)?.value.n;
        let mut facts: Vec<Fact> = Vec::new();
        self.engine
            .each(&self.question(OVERDUE), |fact| facts.push(*fact))?;
        facts.sort_by_key(|fact| (fact.due_ms, fact.case));
        facts.truncate(most);
        let w = self.w;
        let column = |key: &str, decimals| Column {
            name: w.t(key).to_owned(),
            decimals,
        };
        let place = heading(say::dimension_text(w, Dimension::Community));
        let columns = vec![
            column("briefing-column-case", Some(0)),
            column("briefing-column-item", None),
            column("briefing-column-class", None),
            Column {
                name: place,
                decimals: None,
            },
            column("briefing-column-unit-in-charge", None),
            column("briefing-column-reported", None),
            column("briefing-column-due", None),
            column("briefing-column-over", Some(1)),
        ];
        let mut notes = Vec::new();
        if all > facts.len() as u64 {
            let args = [("n", facts.len().into()), ("of", all.into())];
            notes.push(w.f("briefing-overdue-cut", &args));
        }
        Ok(Grid {
            columns,
            rows: facts.iter().map(|fact| self.overdue_row(fact)).collect(),
            notes,
            empty: w.t("briefing-no-overdue").to_owned(),
            total: false,
        })
    }

    fn overdue_row(&self, fact: &Fact) -> Vec<Entry> {
        let (w, town, codes) = (self.w, self.engine.town, self.engine.facts.codes());
        let name = |dimension, code: &str| {
            let text = match code.is_empty() {
                true => "—".to_owned(),
                false => say::key_text(w, town, &Key::new(dimension, code)),
            };
            Entry::Words(text)
        };
        let moment = |ms: i64, form: &str| {
            let at: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(ms);
            let at = at.with_timezone(&town.timezone);
            Entry::Words(at.format(form).to_string())
        };
        let (_, until) = self.order.period.bounds(town.timezone);
        let cutoff_ms = until.min(self.engine.now).timestamp_millis();
        let due_ms = fact.due_ms.unwrap_or(cutoff_ms);
        let over = (cutoff_ms - due_ms).max(0) as f64 / DAY_MS;
        let area = FactArea::parse(codes.get(CodeKind::Area, fact.area));
        vec![
            Entry::Number(fact.case.0 as f64, fact.case.0.to_string()),
            name(Dimension::Item, codes.get(CodeKind::Item, fact.item)),
            Entry::Words(fact.class.letter().to_owned()),
            name(Dimension::Community, &area.community),
            name(Dimension::Unit, codes.get(CodeKind::Unit, fact.unit)),
            moment(fact.reported_ms, "%Y-%m-%d"),
            moment(due_ms, "%Y-%m-%d %H:%M"),
            Entry::Number(over, say::number(over, 1)),
        ]
    }

    fn rules(&mut self) -> Result<Body, MakeError> {
        let mut ids: Vec<&str> = Vec::new();
        for part in &self.order.template.sections {
            for id in part.content.indicators() {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        let w = self.w;
        let mut rules = Vec::new();
        for id in ids {
            let definition = self.definition(id)?;
            let (name, rule) = (definition.name.get(w.lang), definition.rule.get(w.lang));
            rules.push((name.to_owned(), rule.to_owned()));
        }
        let note = self.engine.town.note.get(w.lang);
        if !note.is_empty() {
            rules.push((w.t("briefing-about-data").to_owned(), note.to_owned()));
        }
        let (_, entries) = self.engine.basis()?;
        let about = w.f("briefing-about-hash", &[("entries", entries.into())]);
        rules.push((w.t("briefing-hash").to_owned(), about));
        Ok(Body::Rules(rules))
    }
}

/// A placeholder's words need no gap before and after them where Chinese characters stand on both sides.
fn without_gaps(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_wide = |i: Option<usize>| {
        let c = i.and_then(|i| chars.get(i));
        c.is_some_and(|c| *c >= '\u{2e80}')
    };
    let keeps = |(i, c): (usize, &char)| {
        let between = is_wide(i.checked_sub(1)) && is_wide(Some(i + 1));
        (*c != ' ' || !between).then_some(*c)
    };
    chars.iter().enumerate().filter_map(keeps).collect()
}

/// The height of a plot with so many rows, as a share of its width: as much as one row of text needs for each.
fn row_share(rows: usize) -> f32 {
    ((rows as f32 + 2.0) * 0.0335).clamp(0.12, 1.1)
}

/// The larger one first; what has no value last.
fn descending(a: Option<f64>, b: Option<f64>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// A word at the head of a column, with a capital.
fn heading(word: &str) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// An indicator's name with its unit, for headings.
fn with_unit(w: &Words, definition: &Definition) -> String {
    let name = definition.name.get(w.lang);
    let unit = say::unit_text(w, definition.unit);
    match (definition.unit, w.lang) {
        (Unit::Number, _) | (Unit::Cases, Lang::En) => name.to_owned(),
        (_, Lang::Zh) => format!("{name}（{unit}）"),
        (_, Lang::En) => format!("{name} ({unit})"),
    }
}

/// A part of a trend where there is little room.
fn short(part: Period) -> String {
    match part.kind {
        PeriodKind::Month => part.first.format("%Y-%m").to_string(),
        PeriodKind::Week => format!("W{:02}", part.first.iso_week().week()),
        _ => part.first.format("%m-%d").to_string(),
    }
}
