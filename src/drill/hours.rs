//! When how much is reported, hour by hour: rush hours, weekdays, holidays, weather, events.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc};

use super::dice::{Dice, Topic, Weights};
use super::scenario::{Event, Scenario};
use crate::town::Town;
use crate::town::calendar::DayKind;

/// One hour of a scenario.
#[derive(Clone, Debug)]
pub struct Hour {
    from: DateTime<Utc>,
    /// How long, in milliseconds.
    long_ms: f64,
    /// The hour of the day by the town's clocks, 0 to 23.
    pub local_hour: u32,
    /// Index of the weather of its day in the scenario; `None` where nothing is to be said of it.
    pub weather: Option<usize>,
    /// Reports that are expected in it: without events, and by each event that brings some.
    base: f64,
    events: Vec<(usize, f64)>,
}

impl Hour {
    /// Which event a report of this hour belongs to; `None` for an ordinary one.
    pub fn draw_event(&self, dice: &mut Dice) -> Option<usize> {
        let all = self.base + self.events.iter().map(|(_, rate)| rate).sum::<f64>();
        let mut part = dice.unit() * all - self.base;
        if part < 0.0 {
            return None;
        }
        for (event, rate) in &self.events {
            if part < *rate {
                return Some(*event);
            }
            part -= rate;
        }
        None
    }
}

/// When how much is reported, hour by hour.
#[derive(Clone, Debug)]
pub struct Hours {
    hours: Vec<Hour>,
    weights: Weights,
    sums: Vec<f64>,
}

impl Hours {
    /// The hours of a scenario, the last one up to its end.
    pub fn new(scenario: &Scenario, town: &Town, seed: u64) -> Self {
        let mut hours = Vec::new();
        let mut from = scenario.from;
        let per_weight = scenario.rate.per_day / scenario.rate.hours.iter().sum::<f64>().max(1e-9);
        let mut weather: Option<(NaiveDate, Option<usize>)> = None;
        while from < scenario.until {
            let local = from.with_timezone(&town.timezone);
            let day = local.date_naive();
            let of_day = match weather {
                Some((known, of_day)) if known == day => of_day,
                _ => draw_weather(scenario, seed, day),
            };
            weather = Some((day, of_day));
            // Up to the next full hour, so that a scenario may begin at any minute.
            let into = i64::from(local.minute()) * 60 + i64::from(local.second());
            let until = (from + TimeDelta::seconds(3600 - into)).min(scenario.until);
            let share = (until - from).num_milliseconds() as f64 / 3_600_000.0;
            let running = |event: &&Event| event.from < until && event.until > from;
            let factor: f64 = scenario
                .events
                .iter()
                .filter(running)
                .map(|event| event.rate)
                .product();
            let base = per_weight
                * scenario.rate.hours[local.hour() as usize]
                * day_factor(scenario, town, day)
                * of_day.map_or(1.0, |w| scenario.weather[w].rate)
                * factor
                * share;
            let events = scenario
                .events
                .iter()
                .enumerate()
                .filter(|(_, event)| running(event));
            let events = events
                .filter(|(_, event)| event.per_hour > 0.0)
                .map(|(index, event)| {
                    let overlap = event.until.min(until) - event.from.max(from);
                    (
                        index,
                        event.per_hour * overlap.num_milliseconds() as f64 / 3_600_000.0,
                    )
                });
            hours.push(Hour {
                from,
                long_ms: (until - from).num_milliseconds() as f64,
                local_hour: local.hour(),
                weather: of_day,
                base,
                events: events.collect(),
            });
            from = until;
        }
        let of = |hour: &Hour| hour.base + hour.events.iter().map(|(_, rate)| rate).sum::<f64>();
        let rates: Vec<f64> = hours.iter().map(of).collect();
        let sums = rates
            .iter()
            .scan(0.0, |sum, rate| {
                *sum += rate;
                Some(*sum)
            })
            .collect();
        Self {
            weights: Weights::new(rates),
            sums,
            hours,
        }
    }

    /// What all rates come to, also where factors are so large that it is no finite number, of which none would be drawn.
    pub fn expected(&self) -> f64 {
        self.sums.last().copied().unwrap_or_default()
    }

    /// How many reports are expected in all.
    pub fn sum(&self) -> f64 {
        self.weights.sum()
    }

    /// The moment by which `part` of all reports are expected to have come, to the millisecond.
    pub fn at(&self, part: f64) -> DateTime<Utc> {
        let Some(index) = self.weights.at(part) else {
            return self.hours.first().map_or(DateTime::UNIX_EPOCH, |hour| hour.from);
        };
        let hour = &self.hours[index];
        let before = if index == 0 { 0.0 } else { self.sums[index - 1] };
        let into = (part * self.sum() - before) / (self.sums[index] - before).max(1e-12);
        let ms = (into.clamp(0.0, 1.0) * hour.long_ms)
            .floor()
            .min(hour.long_ms - 1.0);
        hour.from + TimeDelta::milliseconds(ms as i64)
    }

    /// The hour that a moment lies in; the first or last one outside of all.
    pub fn hour(&self, at: DateTime<Utc>) -> &Hour {
        let index = self.hours.partition_point(|hour| hour.from <= at);
        &self.hours[index.saturating_sub(1)]
    }
}

fn draw_weather(scenario: &Scenario, seed: u64, day: NaiveDate) -> Option<usize> {
    let mut dice = Dice::of(seed, Topic::Weather, day.num_days_from_ce() as u64);
    let mut part = dice.unit();
    for (index, weather) in scenario.weather.iter().enumerate() {
        if !weather.months.is_empty() && !weather.months.contains(&day.month()) {
            continue;
        }
        if part < weather.chance {
            return Some(index);
        }
        part -= weather.chance;
    }
    None
}

fn day_factor(scenario: &Scenario, town: &Town, day: NaiveDate) -> f64 {
    let rate = &scenario.rate;
    match town.calendar.days.get(&day) {
        Some((DayKind::Holiday, _)) => rate.holiday,
        Some((DayKind::Workday, _)) => rate.weekdays[0],
        None => rate.weekdays[day.weekday().num_days_from_monday() as usize],
    }
}
