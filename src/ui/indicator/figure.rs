//! Plots of the page as plain data, in the words of the interface, with what a click on each datum does.

use chrono::{DateTime, TimeDelta, Utc};

use crate::indicator::{
    Cohort, Definition, Dimension, Direction, Filter, Flow, Group, Interval, Key, Matrix, Period, PeriodKind,
    Value,
};
use crate::report::figure::{
    Area, AreaMap, Band, Bar, Calendar, Day, Flow as FlowPlot, Histogram, Matrix as MatrixPlot, Pareto,
    RankRow, Ranking, Trend, TrendPoint,
};
use crate::report::{Figure, Plot};
use crate::town::{Level, Town};
use crate::words::{Words, indicator as say};

use super::count::{Ask, CardData, Data, Narrow, SPANS_HOURS, Times, TrendData};

/// So many items are told apart.
const ITEMS_MAX: usize = 40;

/// What a click on a datum does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Lets only these cases through, or no longer.
    Key(Key),
    /// The same.
    Narrow(Narrow),
    /// Goes to this period.
    Period(Period),
}

/// A plot, and what a click on each of its data does, in the order of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The plot.
    pub figure: Figure,
    /// What a click does.
    pub picks: Vec<Option<Pick>>,
}

/// In which words, of what.
pub struct Telling<'a> {
    /// The words.
    pub words: &'a Words,
    /// The town.
    pub town: &'a Town,
    /// The chosen indicator.
    pub definition: &'a Definition,
    /// What was asked.
    pub ask: &'a Ask,
    /// When it was counted.
    pub at: DateTime<Utc>,
    /// Cases of the whole book, where they are known.
    pub book_cases: Option<u64>,
    /// What every picture and file must say of the book: that it is a drill's, or the sample day.
    pub mark: Option<&'a str>,
}

impl Telling<'_> {
    /// The plot of an answer; `None` where it is none.
    pub fn plot(&self, data: &Data, areas: bool) -> Option<Shown> {
        let (title, plot, picks) = match data {
            Data::Trend(trend) => self.trend(trend),
            Data::Times(times) => self.times(times),
            Data::Items(items) => self.items(items),
            Data::Hours(matrix, cohort) => self.hours(matrix, *cohort),
            Data::Days(days) => self.days(days),
            Data::Flow(flows) => self.flow(flows),
            Data::Places(groups, _) if areas => self.map(groups),
            Data::Places(groups, all) => self.ranking(groups, all),
            Data::Definitions(_) | Data::Card(_) | Data::Cases(_) => return None,
        };
        let mut note = self.basis();
        let unplaced = self.unplaced(data);
        if unplaced > 0 {
            note = format!("{note}\n{}", self.words.n("plot-unplaced", unplaced as usize));
        }
        if matches!(plot, Plot::Ranking(_)) {
            note = format!("{note}\n{}", self.words.t("plot-ranking-note"));
        }
        let figure = Figure {
            title,
            subtitle: self.of_what(),
            note,
            empty: self.words.t("plot-empty").to_owned(),
            plot,
        };
        Some(Shown { figure, picks })
    }

    fn name(&self) -> &str {
        self.definition.name.get(self.words.lang)
    }

    fn value(&self, value: f64) -> String {
        say::value_text(self.words, self.definition, value)
    }

    fn cases(&self, n: u64) -> String {
        self.words.n("indicator-n", n as usize)
    }

    fn titled(&self, key: &str) -> String {
        self.words.f(key, &[("name", self.name().into())])
    }

    /// The period and the filter in one line.
    fn of_what(&self) -> String {
        let mut text = self.ask.period.name();
        if let Some(mark) = self.mark {
            text = format!("{mark} · {text}");
        }
        for key in &self.ask.filter.keys {
            text += &format!(" · {}", key_words(self.words, self.town, key));
        }
        for narrow in &self.ask.narrow {
            text += &format!(" · {}", narrow_words(self.words, *narrow));
        }
        text
    }

    fn basis(&self) -> String {
        let until = say::until_text(self.ask.period, self.town, self.at);
        let Some(cases) = self.book_cases else {
            return until;
        };
        let args = [("n", cases.into()), ("until", until.into())];
        self.words.f("indicator-basis", &args)
    }

    /// How many cases stand nowhere in a plot by places.
    fn unplaced(&self, data: &Data) -> u64 {
        let Data::Places(groups, _) = data else { return 0 };
        let nowhere = groups.iter().find(|group| group.key.code.is_empty());
        nowhere.map_or(0, |group| group.value.n)
    }

    fn trend(&self, data: &TrendData) -> (String, Plot, Vec<Option<Pick>>) {
        let w = self.words;
        let year_before = |period: &Period| period.last_year().map(|p| p.name()).unwrap_or_default();
        let has_before = data.before.iter().any(Option::is_some);
        let point = |((period, value), before): (&(Period, Value), &Option<f64>)| {
            let label = period.name();
            let said = value
                .value
                .map_or_else(|| w.t("indicator-none").to_owned(), |v| self.value(v));
            let mut tip = format!("{label}  {said} ({})", say::basis_text(w, value));
            if let Some(before) = before {
                tip += &format!("\n{}  {}", year_before(period), self.value(*before));
            }
            TrendPoint {
                short: short_name(period),
                label,
                value: value.value,
                before: *before,
                n: value.n,
                tip,
            }
        };
        let points = data.now.iter().zip(&data.before).map(point).collect();
        let last_year = || w.t("plot-last-year").to_owned();
        let trend = Trend {
            parts_name: w.t("plot-time").to_owned(),
            name: w.t("plot-this-period").to_owned(),
            before_name: if has_before { last_year() } else { String::new() },
            n_name: w.t("plot-n").to_owned(),
            points,
            decimals: self.definition.decimals,
        };
        let picks = data.now.iter().map(|(part, _)| Some(Pick::Period(*part)));
        (
            format!("{} · {}", self.titled("plot-trend"), self.unit()),
            Plot::Trend(trend),
            picks.collect(),
        )
    }

    fn unit(&self) -> String {
        let unit = format!("indicator-unit-{}", self.definition.unit.code());
        let text = self.words.f(&unit, &[("v", "".into())]);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn times(&self, times: &Times) -> (String, Plot, Vec<Option<Pick>>) {
        let w = self.words;
        let span = |hours: f64| w.duration(TimeDelta::seconds((hours * 3600.0) as i64));
        let bars = times.classes.iter().enumerate().map(|(class, n)| {
            let label = span_words(w, class);
            let tip = format!("{label}  {}", self.cases(*n));
            Bar { label, n: *n, tip }
        });
        let marks = [("plot-median", times.median), ("plot-p90", times.p90)];
        let marks = marks.into_iter().filter_map(|(key, hours)| {
            let hours = hours?;
            Some((place_of(hours), w.f(key, &[("v", span(hours).into())])))
        });
        let plot = Histogram {
            classes_name: w.t("plot-span").to_owned(),
            n_name: w.t("plot-n").to_owned(),
            bars: bars.collect(),
            marks: marks.collect(),
        };
        let picks = (0..times.classes.len()).map(|class| Some(Pick::Narrow(Narrow::Span(class))));
        let title = w.t("plot-times").to_owned();
        (title, Plot::Histogram(plot), picks.collect())
    }

    fn items(&self, items: &[(std::sync::Arc<str>, u64)]) -> (String, Plot, Vec<Option<Pick>>) {
        let w = self.words;
        let all: u64 = items.iter().map(|(_, n)| n).sum();
        let mut so_far = 0;
        let bar = |(code, n): &(std::sync::Arc<str>, u64)| {
            so_far += n;
            let key = Key::new(Dimension::Item, code.to_string());
            let label = say::key_text(w, self.town, &key);
            let share = 100.0 * so_far as f64 / all.max(1) as f64;
            let args = [("share", format!("{share:.0}").into())];
            let tip = format!("{label}  {}\n{}", self.cases(*n), w.f("plot-cumulative", &args));
            let pick = (!code.is_empty()).then_some(Pick::Key(key));
            (Bar { label, n: *n, tip }, pick)
        };
        let (bars, picks) = items.iter().take(ITEMS_MAX).map(bar).unzip();
        let plot = Pareto {
            bars_name: w.t("indicator-by-item").to_owned(),
            n_name: w.t("plot-n").to_owned(),
            share_name: w.t("plot-share").to_owned(),
            bars,
            all,
        };
        (self.titled("plot-items"), Plot::Pareto(plot), picks)
    }

    fn hours(&self, matrix: &Matrix, cohort: Cohort) -> (String, Plot, Vec<Option<Pick>>) {
        let w = self.words;
        let rows: Vec<String> = weekdays(w).collect();
        let mut plot = MatrixPlot {
            rows_name: w.t("plot-weekday").to_owned(),
            columns: (0..24).map(|hour| hour.to_string()).collect(),
            n_name: w.t("plot-n").to_owned(),
            ..MatrixPlot::default()
        };
        let mut picks = Vec::new();
        for (day, hours) in matrix.iter().enumerate() {
            for (hour, n) in hours.iter().enumerate() {
                let narrow = Narrow::Hour(cohort, day as u8, hour as u8);
                plot.cells.push(*n);
                plot.tips
                    .push(format!("{}  {}", narrow_words(w, narrow), self.cases(*n)));
                picks.push(Some(Pick::Narrow(narrow)));
            }
        }
        plot.rows = rows;
        (self.titled("plot-hours"), Plot::Matrix(plot), picks)
    }

    fn days(&self, days: &[(chrono::NaiveDate, u64)]) -> (String, Plot, Vec<Option<Pick>>) {
        let w = self.words;
        let today = self.at.with_timezone(&self.town.timezone).date_naive();
        let period = self.ask.period;
        let day = |(date, n): &(chrono::NaiveDate, u64)| Day {
            date: *date,
            n: (*date <= today).then_some(*n),
            within: (period.first..=period.last).contains(date),
            tip: match *date <= today {
                true => format!("{date}  {}", self.cases(*n)),
                false => date.to_string(),
            },
        };
        let plot = Calendar {
            days_name: w.t("plot-day").to_owned(),
            n_name: w.t("plot-n").to_owned(),
            days: days.iter().map(day).collect(),
            weekdays: weekdays(w).collect(),
            months: w
                .t("calendar-months")
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        };
        let pick =
            |(date, _): &(chrono::NaiveDate, u64)| (*date <= today).then(|| Pick::Period(Period::day(*date)));
        let picks = days.iter().map(pick).collect();
        (self.titled("plot-days"), Plot::Calendar(plot), picks)
    }

    fn flow(&self, flows: &[Flow]) -> (String, Plot, Vec<Option<Pick>>) {
        let w = self.words;
        let band = |flow: &Flow| Band {
            from: flow.from as usize,
            to: flow.to as usize,
            n: flow.cases,
            tip: format!(
                "{}  {}",
                narrow_words(w, Narrow::Flow(flow.from, flow.to)),
                self.cases(flow.cases)
            ),
        };
        let plot = FlowPlot {
            from_name: w.t("plot-level-from").to_owned(),
            to_name: w.t("plot-level-to").to_owned(),
            n_name: w.t("plot-n").to_owned(),
            keys: Level::ALL.map(|level| w.level(level).to_owned()).to_vec(),
            bands: flows.iter().map(band).collect(),
        };
        let pick = |flow: &Flow| Some(Pick::Narrow(Narrow::Flow(flow.from, flow.to)));
        let picks = flows.iter().map(pick).collect();
        (self.titled("plot-flow"), Plot::Flow(plot), picks)
    }

    fn ranking(&self, groups: &[Group], all: &Value) -> (String, Plot, Vec<Option<Pick>>) {
        let w = self.words;
        let mut ranked = ranked(groups, self.definition.direction);
        let count = ranked.len();
        // Counts add up: a group is compared with the mean of them.
        let whole = match (self.definition.unit, all.value) {
            (crate::indicator::Unit::Cases, _) if count > 0 => {
                let sum: f64 = ranked.iter().map(|one| one.value).sum();
                Some((sum / count as f64, "plot-mean"))
            }
            (_, value) => value.map(|value| (value, "plot-all")),
        };
        for one in &mut ranked {
            one.apart = whole
                .zip(one.interval)
                .is_some_and(|((whole, _), interval)| whole < interval.low || whole > interval.high);
        }
        let row = |one: &Ranked<'_>| {
            let label = say::key_text(w, self.town, &one.group.key);
            let text = self.value(one.value);
            let mut tip = format!("{label}  {text} ({})", say::basis_text(w, &one.group.value));
            if let Some(interval) = one.interval {
                let interval = say::interval_text(w, self.definition, interval);
                tip += &format!("\n{} {interval}", w.t("indicator-interval"));
            }
            tip += &format!("\n{}", w.f("plot-rank", &[("rank", one.rank.clone().into())]));
            if !one.apart {
                tip += &format!("\n{}", w.t("plot-not-apart"));
            }
            RankRow {
                label,
                rank: one.rank.clone(),
                value: one.value,
                text,
                interval: one.interval.map(|interval| (interval.low, interval.high)),
                n: one.group.value.n,
                apart: one.apart,
                out: one.group.out_of_band && one.apart,
                tip,
            }
        };
        let (low, high) = (w.t("plot-low").to_owned(), w.t("plot-high").to_owned());
        let plot = Ranking {
            rows_name: w.t("indicator-by-community").to_owned(),
            value_name: format!("{} · {}", self.name(), self.unit()),
            rank_name: w.t("plot-places").to_owned(),
            interval_names: (low, high),
            n_name: w.t("plot-n").to_owned(),
            rows: ranked.iter().map(row).collect(),
            all: whole.map(|(value, key)| (value, w.f(key, &[("v", self.value(value).into())]))),
            decimals: self.definition.decimals,
        };
        let picks = ranked.iter().map(|one| Some(Pick::Key(one.group.key.clone())));
        (self.titled("plot-ranking"), Plot::Ranking(plot), picks.collect())
    }

    fn map(&self, groups: &[Group]) -> (String, Plot, Vec<Option<Pick>>) {
        let w = self.words;
        let by = self.ask.map_by;
        let mut picks = Vec::new();
        let mut areas = Vec::new();
        let places = by
            .place_kind()
            .into_iter()
            .flat_map(|kind| self.town.places.of_kind(kind));
        for (_, place) in places {
            let group = groups.iter().find(|group| group.key.code == place.code);
            let value = group.and_then(|group| group.value.value);
            let name = place.name.get(w.lang);
            let text = value.map_or_else(|| w.t("indicator-none").to_owned(), |v| self.value(v));
            let basis = group.map(|group| format!(" ({})", say::basis_text(w, &group.value)));
            areas.push(Area {
                // Of many small places, the names would cover what they name.
                label: match by {
                    Dimension::Community => name.trim_end_matches("社区").to_owned(),
                    _ => String::new(),
                },
                rings: rings(&place.outline),
                label_at: [place.label_at.lon, place.label_at.lat],
                value,
                tip: format!("{name}  {text}{}", basis.unwrap_or_default()),
                text,
                n: group.map_or(0, |group| group.value.n),
            });
            picks.push(Some(Pick::Key(Key::new(by, place.code.clone()))));
        }
        let values = || areas.iter().filter_map(|area| area.value);
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        let end = |value: f64| match value.is_finite() {
            true => self.value(value),
            false => String::new(),
        };
        let plot = AreaMap {
            areas_name: say::dimension_text(w, by).to_owned(),
            value_name: format!("{} · {}", self.name(), self.unit()),
            n_name: w.t("plot-n").to_owned(),
            ends: (end(low), end(high)),
            areas,
            none: w.t("indicator-none").to_owned(),
        };
        (self.titled("plot-map"), Plot::Map(plot), picks)
    }
}

/// A group on its way into a ranking.
struct Ranked<'a> {
    group: &'a Group,
    value: f64,
    interval: Option<Interval>,
    rank: String,
    apart: bool,
}

/// The groups with values, the best first, each with the places that its interval lets it have.
fn ranked(groups: &[Group], direction: Direction) -> Vec<Ranked<'_>> {
    let known = groups.iter().filter(|group| !group.key.code.is_empty());
    let mut ranked: Vec<Ranked<'_>> = known
        .filter_map(|group| {
            Some(Ranked {
                group,
                value: group.value.value?,
                interval: group.value.interval.or_else(|| of_count(&group.value)),
                rank: String::new(),
                apart: false,
            })
        })
        .collect();
    let less = direction == Direction::Less;
    ranked.sort_by(|a, b| match less {
        true => a.value.total_cmp(&b.value),
        false => b.value.total_cmp(&a.value),
    });
    let wholly_before = |a: Option<Interval>, b: Option<Interval>| match (a, b) {
        (Some(a), Some(b)) if less => a.high < b.low,
        (Some(a), Some(b)) => a.low > b.high,
        // What is not known to be apart may stand anywhere.
        _ => false,
    };
    let intervals: Vec<Option<Interval>> = ranked.iter().map(|one| one.interval).collect();
    let all = intervals.len();
    for (one, own) in ranked.iter_mut().zip(&intervals) {
        let first = 1 + intervals
            .iter()
            .filter(|other| wholly_before(**other, *own))
            .count();
        let last = all
            - intervals
                .iter()
                .filter(|other| wholly_before(*own, **other))
                .count();
        one.rank = match first == last {
            true => first.to_string(),
            false => format!("{first}–{last}"),
        };
    }
    ranked
}

/// Where a count lies with 95 % confidence, taken as Poisson's: Byar's approximation (Breslow and Day 1987, II, p. 69).
fn of_count(value: &Value) -> Option<Interval> {
    const Z: f64 = 1.959_963_984_540_054;
    let is_count = value.of.is_none() && value.value == Some(value.n as f64);
    if !is_count {
        return None;
    }
    let n = value.n as f64;
    let end = |n: f64, z: f64| n * (1.0 - 1.0 / (9.0 * n) + z / (3.0 * n.sqrt())).powi(3);
    Some(Interval {
        low: if value.n == 0 { 0.0 } else { end(n, -Z) },
        high: end(n + 1.0, Z),
    })
}

fn rings(outline: &geo::MultiPolygon<f64>) -> Vec<Vec<[f64; 2]>> {
    let ring = |polygon: &geo::Polygon<f64>| polygon.exterior().0.iter().map(|at| [at.x, at.y]).collect();
    outline.iter().map(ring).collect()
}

/// Where a time stands among the classes, in units of bars.
fn place_of(hours: f64) -> f64 {
    let class = SPANS_HOURS.iter().take_while(|end| hours >= **end).count();
    let from = class.checked_sub(1).map_or(0.0, |before| SPANS_HOURS[before]);
    match SPANS_HOURS.get(class) {
        Some(until) => class as f64 + (hours - from) / (until - from),
        None => class as f64 + 0.5,
    }
}

/// A part of time where there is little room.
fn short_name(period: &Period) -> String {
    match period.kind {
        PeriodKind::Day => period.first.format("%m-%d").to_string(),
        PeriodKind::Week => period.first.format("W%V").to_string(),
        _ => period.name(),
    }
}

/// A class of times in words: "<8 时".
pub fn span_words(words: &Words, class: usize) -> String {
    let span = |hours: f64| match hours < 24.0 {
        true => words.n("span-hours", hours as usize),
        false => words.n("span-days", (hours / 24.0) as usize),
    };
    match (SPANS_HOURS.get(class), SPANS_HOURS.last()) {
        (Some(until), _) => format!("<{}", span(*until)),
        (None, Some(last)) => format!(">{}", span(*last)),
        (None, None) => String::new(),
    }
}

fn weekdays(words: &Words) -> impl Iterator<Item = String> {
    words.t("plot-weekdays").split_whitespace().map(str::to_owned)
}

/// A key of a filter in words: "社区 新澜社区".
pub fn key_words(words: &Words, town: &Town, key: &Key) -> String {
    let dimension = say::dimension_text(words, key.dimension);
    format!("{dimension} {}", say::key_text(words, town, key))
}

/// A limit in words.
pub fn narrow_words(words: &Words, narrow: Narrow) -> String {
    match narrow {
        Narrow::Hour(_, day, hour) => {
            let day = weekdays(words).nth(usize::from(day)).unwrap_or_default();
            words.f("plot-hour-of", &[("day", day.into()), ("hour", hour.into())])
        }
        Narrow::Span(class) => format!("{} {}", words.t("plot-span"), span_words(words, class)),
        Narrow::Flow(from, to) => format!("{} → {}", words.level(from), words.level(to)),
    }
}

/// Whether a filter holds what a click on a datum would put there.
pub fn is_picked(pick: &Pick, filter: &Filter, narrow: &[Narrow]) -> bool {
    match pick {
        Pick::Key(key) => filter.keys.contains(key),
        Pick::Narrow(one) => narrow.contains(one),
        Pick::Period(_) => false,
    }
}

/// What a card says to those who don't see it, and when the pointer rests on it: the value, what it rests on, the interval,
/// the comparison, what must be known, the rule.
pub fn card_words(words: &Words, definition: &Definition, card: &CardData) -> String {
    let value = &card.answer.value;
    let lang = words.lang;
    let mut text = format!(
        "{}\n{} ({})",
        definition.name.get(lang),
        say::value_or_none(words, definition, value),
        say::basis_text(words, value)
    );
    if let Some(interval) = value.interval {
        let interval = say::interval_text(words, definition, interval);
        text += &format!("\n{} {interval}", words.t("indicator-interval"));
    }
    if let Some(compared) = &card.answer.compared {
        let period = compared.period.map(|period| period.name()).unwrap_or_default();
        let then = say::value_or_none(words, definition, &compared.value);
        text += &format!("\n{} {period}  {then}", words.t("indicator-against"));
    }
    if let Some(median) = value.median_with_running {
        let median = say::value_text(words, definition, median);
        text += &format!(
            "\n{}",
            words.f("indicator-median-with-running", &[("v", median.into())])
        );
    }
    for flag in &value.flags {
        text += &format!("\n· {}", say::flag_text(words, *flag, value));
    }
    if let Some(band) = definition.band {
        let ends = [("≥", band.min), ("≤", band.max)];
        let ends = ends
            .into_iter()
            .filter_map(|(sign, end)| Some(format!("{sign} {}", say::value_text(words, definition, end?))));
        let ends = ends.collect::<Vec<_>>().join(", ");
        text += &format!("\n{}", words.f("plot-band", &[("band", ends.into())]));
    }
    format!("{text}\n{}", definition.rule.get(lang))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(code: &str, part: u64, whole: u64) -> Group {
        let value = Value {
            value: Some(100.0 * part as f64 / whole as f64),
            n: part,
            of: Some(whole),
            interval: crate::indicator::measure::wilson(part, whole),
            ..Value::default()
        };
        Group {
            key: Key::new(Dimension::Community, code),
            value,
            compared: None,
            out_of_band: false,
        }
    }

    #[test]
    fn places_that_overlap_share_their_ranks() {
        let groups = [
            group("far", 100, 1000),
            group("a", 900, 1000),
            group("b", 905, 1000),
            group("", 1, 1),
        ];
        let found = ranked(&groups, Direction::More);
        let said: Vec<(&str, &str)> = found
            .iter()
            .map(|one| (one.group.key.code.as_str(), one.rank.as_str()))
            .collect();
        assert_eq!(said, [("b", "1–2"), ("a", "1–2"), ("far", "3")]);
        let found = ranked(&groups, Direction::Less);
        assert_eq!(
            (found[0].group.key.code.as_str(), found[0].rank.as_str()),
            ("far", "1")
        );
    }

    #[test]
    fn counts_have_the_interval_of_the_tables() {
        let count = |n: u64| Value {
            value: Some(n as f64),
            n,
            ..Value::default()
        };
        // Exact limits for 10: 4.80 to 18.39 (Haenszel et al. 1962).
        let interval = of_count(&count(10)).unwrap();
        assert!(
            (interval.low - 4.80).abs() < 0.02 && (interval.high - 18.39).abs() < 0.02,
            "{interval:?}"
        );
        let none = of_count(&count(0)).unwrap();
        assert!(none.low == 0.0 && (none.high - 3.69).abs() < 0.1, "{none:?}");
        assert_eq!(of_count(&group("a", 1, 2).value), None);
    }

    #[test]
    fn times_stand_within_their_class() {
        assert!((place_of(0.5) - 0.5).abs() < 1e-9);
        assert!((place_of(6.0) - 3.5).abs() < 1e-9);
        assert!((place_of(1e6) - 11.5).abs() < 1e-9);
    }
}
