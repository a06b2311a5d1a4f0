//! What happens in a town: matters that come up, and how they are reported.
//!
//! Times are drawn first: so many reports, spread over the scenario's span by its rates (a Poisson process, given their
//! number). What each is depends on its own dice and on what was reported shortly before, never on what the desk does.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use geo::{BoundingRect, LinesIter};

use super::dice::{Dice, Topic, Weights};
use super::hours::Hours;
use super::quota::{self, Plan};
use super::scenario::{REPORTS_MAX, Scenario, Spot};
use crate::case::{Source, Whereabouts};
use crate::desk::NewReport;
use crate::town::{Centre, Item, ItemId, PlaceId, PlaceKind, Town, Wgs84};

/// So many reports are remembered, of which the next can be duplicates.
const RECENT: usize = 24;
/// Nobody reports again what is older.
const RECENT_HOURS: i64 = 30;
/// How often a point inside an outline is tried for.
const TRIES: usize = 64;
/// So near to a boundary between grids a report lies that is about its side, in metres.
const BOUNDARY_M: f64 = 9.0;
/// Metres in a degree of latitude.
const DEGREE_M: f64 = 111_195.0;
/// Matters of quotas have numbers from here on.
const QUOTA_FROM: u64 = 1 << 40;

/// A matter, as it is reported and as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Its number, the same for the same seed.
    pub n: u64,
    /// When it is reported.
    pub at: DateTime<Utc>,
    /// Who reports it, or writes down what was reported: the code of a post.
    pub actor: Arc<str>,
    /// What is reported.
    pub report: NewReport,
    /// What is so.
    pub truth: Truth,
}

/// What a matter is, whatever its report says.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Its number.
    pub n: u64,
    /// Its item.
    pub item: ItemId,
    /// The matter that it is, where it was reported before.
    pub same_as: Option<u64>,
    /// Whether it is the sub-district's matter.
    pub ours: bool,
    /// The base grid that it belongs to, where the report may say otherwise.
    pub grid: Option<PlaceId>,
    /// Factor of ways and of the time that settling takes: weather and events.
    pub slow: f64,
    /// What becomes of it, where a quota says so.
    pub plan: Option<Plan>,
}

/// Draws what happens, in order.
#[derive(Debug)]
pub struct Life {
    seed: u64,
    scenario: Arc<Scenario>,
    clock: Hours,
    /// How many reports there are, without those of quotas.
    pub cases: u64,
    /// How much more is reported than the scenario says, because so many cases are wanted.
    pub scale: f64,
    items: Weights,
    items_of_weather: Vec<Weights>,
    items_of_spots: Vec<Weights>,
    items_of_events: Vec<Weights>,
    places: Weights,
    sources: Weights,
    sources_of_events: Vec<Option<Weights>>,
    ground: Ground,
    recent: VecDeque<Recent>,
    planned: VecDeque<quota::Planned>,
    /// The reports drawn so far, and the waiting times up to the last one.
    drawn: u64,
    waited: f64,
    waits: f64,
    times: Dice,
    next: Option<DateTime<Utc>>,
}

/// Something that was reported shortly before.
#[derive(Clone, Debug)]
struct Recent {
    n: u64,
    at: DateTime<Utc>,
    item: ItemId,
    place: Whereabouts,
    event: Option<usize>,
    grid: Option<PlaceId>,
}

impl Life {
    /// The life of a scenario. With `cases`, exactly so many are reported, however many the scenario would bring; quotas
    /// come on top.
    pub fn new(scenario: Arc<Scenario>, town: &Town, seed: u64, cases: Option<u64>) -> Self {
        let clock = Hours::new(&scenario, town, seed);
        let expected = clock.sum();
        let mut times = Dice::of(seed, Topic::Times, 0);
        // Weather can bring more with this seed than with the one that the scenario was checked with.
        let drawn = poisson(expected, &mut times).min(REPORTS_MAX);
        let cases = if expected > 0.0 { cases.unwrap_or(drawn) } else { 0 };
        // The waiting times are drawn twice: once for their sum, once for themselves.
        let mut first = times.clone();
        let waits = (0..=cases).map(|_| first.exponential()).sum();
        let mix = &scenario.mix;
        let of = |items: &[(ItemId, f64)]| Weights::new(items.iter().map(|(_, weight)| *weight));
        let mut life = Self {
            seed,
            scale: if expected > 0.0 {
                cases as f64 / expected
            } else {
                1.0
            },
            clock,
            cases,
            items: Weights::new(mix.items.iter().copied()),
            items_of_weather: scenario.weather.iter().map(|w| of(&w.items)).collect(),
            items_of_spots: scenario.hot_spots.iter().map(|s| of(&s.items)).collect(),
            items_of_events: scenario.events.iter().map(|e| of(&e.items)).collect(),
            places: Weights::new(mix.places.iter().map(|(_, weight)| *weight)),
            sources: Weights::new(mix.sources),
            sources_of_events: scenario
                .events
                .iter()
                .map(|e| e.sources.map(Weights::new))
                .collect(),
            ground: Ground::new(town, &scenario),
            recent: VecDeque::with_capacity(RECENT),
            planned: quota::plan(&scenario, town, seed).into(),
            drawn: 0,
            waited: 0.0,
            waits,
            times,
            next: None,
            scenario,
        };
        life.draw_time();
        life
    }

    /// When the next matter is reported; `None` where nothing more comes.
    pub fn next_at(&self) -> Option<DateTime<Utc>> {
        let planned = self.planned.front().map(|planned| planned.at);
        match (self.next, planned) {
            (Some(next), Some(planned)) => Some(next.min(planned)),
            (next, planned) => next.or(planned),
        }
    }

    /// The next matter.
    pub fn next(&mut self, town: &Town) -> Option<Incident> {
        let planned_first = match (self.next, self.planned.front()) {
            (Some(next), Some(planned)) => planned.at < next,
            (next, _) => next.is_none(),
        };
        if planned_first {
            let planned = self.planned.pop_front()?;
            return Some(self.planned(town, planned));
        }
        let (at, n) = (self.next?, self.drawn);
        self.draw_time();
        Some(self.incident(town, at, n))
    }

    fn draw_time(&mut self) {
        if self.drawn >= self.cases {
            self.next = None;
            return;
        }
        self.drawn += 1;
        self.waited += self.times.exponential();
        self.next = Some(self.clock.at(self.waited / self.waits));
    }

    /// The factor of ways and of settling at a moment: weather and events.
    fn slow(&self, weather: Option<usize>, at: DateTime<Utc>) -> f64 {
        let weather = weather.map_or(1.0, |w| self.scenario.weather[w].slow);
        let events = self.scenario.events.iter();
        let events = events.filter(|event| event.from <= at && at < event.until);
        events.fold(weather, |slow, event| slow * event.slow)
    }

    fn incident(&mut self, town: &Town, at: DateTime<Utc>, n: u64) -> Incident {
        let mut dice = Dice::of(self.seed, Topic::Matter, n);
        let scenario = self.scenario.clone();
        let hour = self.clock.hour(at);
        let (local_hour, weather) = (hour.local_hour, hour.weather);
        let event = hour.draw_event(&mut dice);
        let slow = self.slow(weather, at);
        self.forget(at);
        let share = event.map_or(scenario.faults.duplicate, |event| {
            scenario.events[event].duplicate
        });
        if dice.chance(share)
            && let Some(first) = self.draw_recent(event, &mut dice)
        {
            return self.duplicate(town, &first, at, n, slow, dice);
        }
        let hot_spot = match event {
            Some(_) => None,
            None => self.draw_hot_spot(local_hour, &mut dice),
        };
        let item = self.draw_item(event, hot_spot, weather, &mut dice);
        let spot = match (event, hot_spot) {
            (Some(event), _) => dice.pick(&scenario.events[event].spots).copied(),
            (_, Some(hot_spot)) => Some(scenario.hot_spots[hot_spot].spot),
            _ => None,
        };
        let named = match (event, hot_spot) {
            (Some(event), _) => Some(scenario.events[event].name.zh.as_str()),
            (_, Some(hot_spot)) => Some(scenario.hot_spots[hot_spot].name.zh.as_str()),
            _ => None,
        };
        let (place, grid) = self.draw_place(town, spot, named, &mut dice);
        let source = self.draw_source(event, &mut dice);
        self.remember(Recent {
            n,
            at,
            item,
            place: place.clone(),
            event,
            grid,
        });
        let told = if dice.chance(scenario.faults.wrong_item) {
            other_item(town, item, &mut dice)
        } else {
            item
        };
        let ours = !dice.chance(scenario.faults.not_ours);
        let truth = Truth {
            n,
            item,
            same_as: None,
            ours,
            grid,
            slow,
            plan: None,
        };
        reported(town, at, told, place, source, truth, &mut dice)
    }

    /// A matter that was reported before, told by somebody else from a few steps away.
    fn duplicate(
        &mut self,
        town: &Town,
        first: &Recent,
        at: DateTime<Utc>,
        n: u64,
        slow: f64,
        mut dice: Dice,
    ) -> Incident {
        let place = match &first.place {
            Whereabouts::Point { at, stated, .. } => {
                let near = self.ground.around(town, *at, 35.0, &mut dice);
                Whereabouts::Point {
                    at: near,
                    stated: stated.clone(),
                    grid: None,
                }
            }
            other => other.clone(),
        };
        let told = if dice.chance(0.15) {
            other_item(town, first.item, &mut dice)
        } else {
            first.item
        };
        let source = *dice
            .pick(&[Source::Resident, Source::Hotline, Source::Patrol, Source::Media])
            .unwrap_or(&Source::Hotline);
        let truth = Truth {
            n,
            item: first.item,
            same_as: Some(first.n),
            ours: true,
            grid: first.grid,
            slow,
            plan: None,
        };
        reported(town, at, told, place, source, truth, &mut dice)
    }

    fn planned(&self, town: &Town, planned: quota::Planned) -> Incident {
        let n = QUOTA_FROM + planned.n;
        let mut dice = Dice::of(self.seed, Topic::Matter, n);
        // What a joint meeting decides, and what is dangerous at once, is in no quota's ordinary course.
        let ordinary = |item: ItemId| town.catalogue.get(item).severity < 5;
        let item = (0..TRIES)
            .filter_map(|_| self.items.draw(&mut dice))
            .map(|index| ItemId(index as u16))
            .find(|item| ordinary(*item))
            .unwrap_or(ItemId(0));
        let at = self.ground.in_place(town, planned.area, &mut dice);
        let (place, grid) = point(town, at, None);
        let source = self.draw_source(None, &mut dice);
        let truth = Truth {
            n,
            item,
            same_as: None,
            ours: true,
            grid,
            slow: 1.0,
            plan: Some(planned.plan),
        };
        reported(town, planned.at, item, place, source, truth, &mut dice)
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        let oldest = now - TimeDelta::hours(RECENT_HOURS);
        while self.recent.front().is_some_and(|recent| recent.at < oldest) {
            self.recent.pop_front();
        }
    }

    fn remember(&mut self, recent: Recent) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(recent);
    }

    fn draw_recent(&self, event: Option<usize>, dice: &mut Dice) -> Option<Recent> {
        let of_event: Vec<&Recent> = self.recent.iter().filter(|r| r.event == event).collect();
        dice.pick(&of_event).map(|recent| (*recent).clone())
    }

    fn draw_hot_spot(&self, hour: u32, dice: &mut Dice) -> Option<usize> {
        let mut part = dice.unit();
        for (index, spot) in self.scenario.hot_spots.iter().enumerate() {
            if !is_within(hour, spot.hours) {
                continue;
            }
            if part < spot.share {
                return Some(index);
            }
            part -= spot.share;
        }
        None
    }

    fn draw_item(
        &self,
        event: Option<usize>,
        hot_spot: Option<usize>,
        weather: Option<usize>,
        dice: &mut Dice,
    ) -> ItemId {
        let scenario = &self.scenario;
        let of = |weights: &Weights, items: &[(ItemId, f64)], dice: &mut Dice| {
            weights
                .draw(dice)
                .and_then(|index| items.get(index))
                .map(|(item, _)| *item)
        };
        let special = match (event, hot_spot, weather) {
            (Some(e), _, _) => of(&self.items_of_events[e], &scenario.events[e].items, dice),
            (_, Some(s), _) => of(&self.items_of_spots[s], &scenario.hot_spots[s].items, dice),
            (_, _, Some(w)) if dice.chance(scenario.weather[w].share) => {
                of(&self.items_of_weather[w], &scenario.weather[w].items, dice)
            }
            _ => None,
        };
        special.unwrap_or_else(|| ItemId(self.items.draw(dice).unwrap_or_default() as u16))
    }

    fn draw_source(&self, event: Option<usize>, dice: &mut Dice) -> Source {
        let of_event = event.and_then(|event| self.sources_of_events[event].as_ref());
        let index = of_event.unwrap_or(&self.sources).draw(dice).unwrap_or_default();
        Source::ALL.get(index).copied().unwrap_or(Source::Patrol)
    }

    fn draw_place(
        &self,
        town: &Town,
        spot: Option<Spot>,
        named: Option<&str>,
        dice: &mut Dice,
    ) -> (Whereabouts, Option<PlaceId>) {
        let faults = &self.scenario.faults;
        let at = match spot {
            Some(Spot::Place(place)) => self.ground.free_in(town, Some(place), dice),
            Some(Spot::Around { at, radius_m }) => self.ground.around(town, at, radius_m, dice),
            None => {
                let index = self.places.draw(dice).unwrap_or_default();
                let place = self.scenario.mix.places.get(index).map(|(place, _)| *place);
                let how = dice.unit();
                if how < faults.near_boundary
                    && let Some(found) = self.near_boundary(town, place, dice)
                {
                    return found;
                }
                let at = self.ground.free_in(town, place, dice);
                let how = how - faults.near_boundary;
                if (0.0..faults.area_only).contains(&how) {
                    return self.area(town, at);
                }
                if (faults.area_only..faults.area_only + faults.words_only).contains(&how) {
                    return (in_words(town, at), town.places.at(at, PlaceKind::BaseGrid));
                }
                at
            }
        };
        point(town, at, named)
    }

    fn area(&self, town: &Town, at: Wgs84) -> (Whereabouts, Option<PlaceId>) {
        match town.places.at(at, PlaceKind::Community) {
            Some(community) => {
                let place = town.places.get(community);
                let area = Whereabouts::Area {
                    code: place.code.as_str().into(),
                    stated: place.name.zh.as_str().into(),
                };
                (area, None)
            }
            None => point(town, at, None),
        }
    }

    /// A point near a boundary between base grids, with the side that the report names and the side that is so.
    fn near_boundary(
        &self,
        town: &Town,
        community: Option<PlaceId>,
        dice: &mut Dice,
    ) -> Option<(Whereabouts, Option<PlaceId>)> {
        let edges = self.ground.edges(community?)?;
        let edge = dice.pick(edges)?;
        let part = dice.unit();
        let on = Wgs84 {
            lon: edge.0.lon + (edge.1.lon - edge.0.lon) * part,
            lat: edge.0.lat + (edge.1.lat - edge.0.lat) * part,
        };
        let at = self.ground.around(town, on, BOUNDARY_M, dice);
        let sides = town.sides(at);
        let truly = *sides.first()?;
        let other = *sides.get(1)?;
        if sides.iter().any(|side| self.ground.is_closed(town, *side)) {
            return None;
        }
        let told = if dice.chance(self.scenario.faults.wrong_side) {
            other
        } else {
            truly
        };
        let grid = town.places.get(told);
        let place = Whereabouts::Point {
            at,
            stated: grid.name.zh.as_str().into(),
            grid: Some(grid.code.as_str().into()),
        };
        Some((place, Some(truly)))
    }
}

/// A number around `mean` as a Poisson process has it; for many, by the normal distribution.
fn poisson(mean: f64, dice: &mut Dice) -> u64 {
    if mean > 60.0 {
        return (mean + mean.sqrt() * dice.normal()).round().max(0.0) as u64;
    }
    let (mut waited, mut n) = (dice.exponential(), 0);
    while waited < mean {
        waited += dice.exponential();
        n += 1;
    }
    n
}

/// Whether the hour lies in the span, which may go over midnight.
fn is_within(hour: u32, (from, until): (u32, u32)) -> bool {
    if from < until {
        (from..until).contains(&hour)
    } else {
        hour >= from || hour < until
    }
}

/// Another item of the same domain, of another class where there is one.
fn other_item(town: &Town, item: ItemId, dice: &mut Dice) -> ItemId {
    let right = town.catalogue.get(item);
    let alike = |other: &Item| !other.retired && other.domain == right.domain && other.code != right.code;
    let of_domain: Vec<(ItemId, &Item)> = town.catalogue.iter().filter(|(_, other)| alike(other)).collect();
    let other_class: Vec<ItemId> = of_domain
        .iter()
        .filter(|(_, other)| other.class != right.class)
        .map(|(id, _)| *id)
        .collect();
    let any: Vec<ItemId> = of_domain.iter().map(|(id, _)| *id).collect();
    let from = if other_class.is_empty() {
        &any
    } else {
        &other_class
    };
    dice.pick(from).copied().unwrap_or(item)
}

/// A point as a report states it: with a name, where it has one, else with the name of its grid or block.
fn point(town: &Town, at: Wgs84, named: Option<&str>) -> (Whereabouts, Option<PlaceId>) {
    let around = town.places.around(at);
    let block = around[PlaceKind::Block as usize];
    let grid = around[PlaceKind::BaseGrid as usize];
    let name = || {
        block
            .or(grid)
            .map(|place| town.places.get(place).name.zh.as_str())
    };
    let place = Whereabouts::Point {
        at,
        stated: named.or_else(name).unwrap_or_default().into(),
        grid: None,
    };
    (place, grid)
}

fn in_words(town: &Town, at: Wgs84) -> Whereabouts {
    let community = town.places.at(at, PlaceKind::Community);
    let name = community.map_or("", |place| town.places.get(place).name.zh.as_str());
    Whereabouts::Stated {
        stated: format!("{name}附近,具体位置不详").into(),
    }
}

/// What is said in a report, around the item's name.
const SAYINGS: [(&str, &str); 6] = [
    ("发现", ""),
    ("", ",请派人处理"),
    ("居民反映", ""),
    ("", ",影响通行"),
    ("再次出现", ""),
    ("现场有", ",需尽快处置"),
];

fn reported(
    town: &Town,
    at: DateTime<Utc>,
    told: ItemId,
    place: Whereabouts,
    source: Source,
    truth: Truth,
    dice: &mut Dice,
) -> Incident {
    let item = town.catalogue.get(told);
    let name = if truth.ours {
        item.name.zh.as_str()
    } else {
        "辖区外事项"
    };
    let (before, after) = dice.pick(&SAYINGS).copied().unwrap_or_default();
    let report = NewReport {
        item: item.code.as_str().into(),
        text: format!("{before}{name}{after}"),
        place,
        source,
        reported_at: None,
        photos: Vec::new(),
    };
    Incident {
        n: truth.n,
        at,
        actor: reporter(town, source, item, &report.place),
        report,
        truth,
    }
}

/// Who reports: the grid officer on patrol, an officer who inspects, else the desk that takes the call.
fn reporter(town: &Town, source: Source, item: &Item, place: &Whereabouts) -> Arc<str> {
    let answerable = match place {
        Whereabouts::Point { at, .. } => Some(town.answerable(*at)),
        Whereabouts::Area { code, .. } => town.places.by_code(code).map(|place| town.answerable_in(place)),
        _ => None,
    };
    let post = answerable.and_then(|found| match source {
        Source::Patrol => found.grid_officer.or(found.community_officer),
        Source::Inspection => found.community_officer,
        _ => None,
    });
    match post {
        Some(post) => town.posts[usize::from(post.0)].code.as_str().into(),
        None => desk_of(town, item.centre),
    }
}

/// The post at the desk of a centre: the first dispatcher for the first centre, and so on; the last where there are fewer.
pub fn desk_of(town: &Town, centre: Centre) -> Arc<str> {
    let desks = town
        .posts
        .iter()
        .filter(|post| post.role == crate::town::Role::Dispatcher);
    let desks: Vec<&str> = desks.map(|post| post.code.as_str()).collect();
    let code = desks.get(centre as usize).or(desks.last()).copied();
    code.or(town.posts.first().map(|post| post.code.as_str()))
        .unwrap_or_default()
        .into()
}

/// Two ends of a stretch of a boundary.
type Edge = (Wgs84, Wgs84);

/// Draws points.
#[derive(Debug)]
struct Ground {
    /// Boundaries of the base grids of each community.
    edges: Vec<(PlaceId, Vec<Edge>)>,
    /// Communities that have a quota: nothing else happens there.
    closed: Vec<PlaceId>,
}

impl Ground {
    fn new(town: &Town, scenario: &Scenario) -> Self {
        let communities = town.places.of_kind(PlaceKind::Community);
        let edges = communities.map(|(community, _)| {
            let grids = town.places.of_kind(PlaceKind::BaseGrid);
            let own = grids.filter(|(_, grid)| grid.parent == Some(community));
            let lines = own.flat_map(|(_, grid)| grid.outline.lines_iter());
            let edge = |line: geo::Line<f64>| {
                let end = |at: geo::Coord<f64>| Wgs84 { lon: at.x, lat: at.y };
                (end(line.start), end(line.end))
            };
            (community, lines.map(edge).collect())
        });
        Self {
            edges: edges.collect(),
            closed: scenario.quotas.iter().map(|quota| quota.area).collect(),
        }
    }

    fn edges(&self, community: PlaceId) -> Option<&[Edge]> {
        let found = self.edges.iter().find(|(id, _)| *id == community);
        found.map(|(_, edges)| edges.as_slice())
    }

    /// Whether a place lies in a community that has a quota.
    fn is_closed(&self, town: &Town, place: PlaceId) -> bool {
        let community = town.answerable_in(place).community;
        community.is_some_and(|community| self.closed.contains(&community))
    }

    /// A point in the place, in none that has a quota.
    fn free_in(&self, town: &Town, place: Option<PlaceId>, dice: &mut Dice) -> Wgs84 {
        let Some(place) = place else { return town.center };
        for _ in 0..TRIES {
            let at = self.in_place(town, place, dice);
            if self.is_free(town, at) {
                return at;
            }
        }
        town.center
    }

    fn is_free(&self, town: &Town, at: Wgs84) -> bool {
        let community = || town.places.at(at, PlaceKind::Community);
        self.closed.is_empty() || !community().is_some_and(|community| self.closed.contains(&community))
    }

    /// A point in the place.
    fn in_place(&self, town: &Town, place: PlaceId, dice: &mut Dice) -> Wgs84 {
        let there = town.places.get(place);
        let Some(rect) = there.outline.bounding_rect() else {
            return there.label_at;
        };
        for _ in 0..TRIES {
            let at = rounded(
                dice.between(rect.min().x, rect.max().x),
                dice.between(rect.min().y, rect.max().y),
            );
            if town.places.at(at, there.kind) == Some(place) {
                return at;
            }
        }
        there.label_at
    }

    /// A point at most `radius_m` from another, inside the town and in no community that has a quota.
    fn around(&self, town: &Town, middle: Wgs84, radius_m: f64, dice: &mut Dice) -> Wgs84 {
        let shrink = middle.lat.to_radians().cos().max(0.01);
        for _ in 0..TRIES {
            let (angle, part) = (dice.unit() * std::f64::consts::TAU, dice.unit().sqrt());
            let at = rounded(
                middle.lon + angle.cos() * part * radius_m / (DEGREE_M * shrink),
                middle.lat + angle.sin() * part * radius_m / DEGREE_M,
            );
            if town.places.contains(at) && self.is_free(town, at) {
                return at;
            }
        }
        middle
    }
}

/// A point to a millionth of a degree, a tenth of a metre: nobody reports more exactly.
fn rounded(lon: f64, lat: f64) -> Wgs84 {
    let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
    Wgs84 {
        lon: round(lon),
        lat: round(lat),
    }
}
