//! Units at their last known places with the age of that, and where they came to today: as far as the journal tells.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2};

use crate::board::presence::{By, Seen, Sightings, sighting};
use crate::case::{Action, Case, CaseId, Entry, Source};
use crate::indicator::Period;
use crate::store::{Store, StoreError};
use crate::town::{Handler, Lang, Town};
use crate::ui::{Palette, Scene};

use super::camera::{Bounds, Mercator, View, mercator};
use super::labels::Beside;

/// Half the size of a unit's mark, in points.
const UNIT: f32 = 8.0;
/// From this zoom level on units are named.
const NAMES_FROM: f64 = 12.5;
/// Those whose place is an old story, only from here on.
const STALE_NAMES_FROM: f64 = 14.0;
/// The journal is read back so far.
const BACK: TimeDelta = TimeDelta::days(2);
/// And at most so many entries.
const ENTRIES_MOST: u32 = 10_000;

/// Where units were in the last two days, from the journal. Runs on the store's thread.
///
/// # Errors
/// Where the book can't be read.
pub fn read(store: &dyn Store, town: &Town, now: DateTime<Utc>) -> Result<Sightings, StoreError> {
    let seq = store.last_seq()?;
    let mut found = Vec::new();
    let entries = store.entries_since(now - BACK, ENTRIES_MOST)?;
    for entry in entries.iter().filter(|entry| tells(entry)) {
        // The case as it is now has the place it had then; its handler may be another by now, so the entry's own case is
        // folded up to it.
        let Some(case) = case_then(store, entry)? else {
            continue;
        };
        found.extend(sighting(entry, &case, town));
    }
    Ok((found, seq))
}

/// Whether an entry may tell where somebody was.
fn tells(entry: &Entry) -> bool {
    match &entry.action {
        Action::Arrive { .. } | Action::Rectify { .. } => true,
        // Those of an import are many, and tell of nobody.
        Action::Report(report) => report.source == Source::Patrol && report.origin.is_none(),
        _ => false,
    }
}

/// The case as it was after that entry.
fn case_then(store: &dyn Store, entry: &Entry) -> Result<Option<Case>, StoreError> {
    let history = store.history(entry.case)?;
    let mut entries = history.iter().take_while(|other| other.version <= entry.version);
    let Some(Ok(mut case)) = entries.next().map(Case::open) else {
        return Ok(None);
    };
    for entry in entries {
        if case.apply(entry).is_err() {
            return Ok(None);
        }
    }
    Ok(Some(case))
}

/// A unit on the map.
#[derive(Clone, Debug)]
struct Unit {
    who: Handler,
    at: Mercator,
    seen: Seen,
    label: Arc<str>,
    stale: bool,
}

/// The layer.
#[derive(Default)]
pub struct Units {
    key: Option<(u64, i64, Lang)>,
    units: Vec<Unit>,
    version: u64,
}

/// The beginning of the town's day.
fn midnight(now: DateTime<Utc>, town: &Town) -> DateTime<Utc> {
    let today = now.with_timezone(&town.timezone).date_naive();
    Period::day(today).bounds(town.timezone).0
}

impl Units {
    /// Takes over what has changed: units, and once a minute their ages.
    fn update(&mut self, scene: &Scene<'_>) {
        let presence = scene.board.presence();
        let key = (
            presence.version(),
            scene.now.timestamp().div_euclid(60),
            scene.words.lang,
        );
        if self.key == Some(key) {
            return;
        }
        self.key = Some(key);
        self.version += 1;
        let unit = |(who, seen): (&Handler, &Seen)| {
            let name = scene.town.handler_name(who, scene.words.lang);
            let age = scene.words.duration(seen.age(scene.now));
            let args = [("unit", name.to_owned().into()), ("age", age.into())];
            Unit {
                who: who.clone(),
                at: mercator(seen.at),
                label: scene.words.f("map-unit-label", &args).into(),
                stale: seen.is_stale(scene.now),
                seen: seen.clone(),
            }
        };
        self.units = presence.last(scene.now).map(unit).collect();
        // The freshest lie above and are named first.
        self.units
            .sort_by(|a, b| a.seen.when.cmp(&b.seen.when).then_with(|| a.who.cmp(&b.who)));
    }

    /// A number that changes with the units and their ages.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Draws the units in view.
    pub fn draw(&mut self, painter: &Painter, view: &View, scene: &Scene<'_>) {
        self.update(scene);
        let seen = view.bounds(UNIT);
        for unit in self.units.iter().filter(|unit| seen.contains(unit.at)) {
            unit_mark(painter, view.screen(unit.at), unit.stale, scene.colors);
        }
    }

    /// The marks and names of units, for the placement of names.
    pub fn names(&mut self, view: &View, scene: &Scene<'_>, signs: &mut Vec<Rect>, names: &mut Vec<Beside>) {
        self.update(scene);
        let seen = view.bounds(UNIT);
        for unit in self.units.iter().rev() {
            if seen.contains(unit.at) {
                signs.push(Rect::from_center_size(
                    view.screen(unit.at),
                    Vec2::splat(2.0 * UNIT),
                ));
            }
            if view.zoom >= if unit.stale { STALE_NAMES_FROM } else { NAMES_FROM } {
                names.push(Beside {
                    text: unit.label.to_string(),
                    at: unit.at,
                    mark: UNIT,
                    size: 12.0,
                    color: if unit.stale {
                        scene.colors.weak
                    } else {
                        scene.colors.text
                    },
                    rank: if unit.stale { 5 } else { 2 },
                });
            }
        }
    }

    /// The unit at that point of the screen: what is to be said of it, and the case that told its place.
    pub fn at(&self, pos: Pos2, view: &View, scene: &Scene<'_>) -> Option<(String, CaseId)> {
        let near = self
            .units
            .iter()
            .rev()
            .map(|unit| (view.screen(unit.at).distance(pos), unit));
        let (_, unit) = near
            .filter(|(d, _)| *d <= UNIT + 2.0)
            .min_by(|a, b| a.0.total_cmp(&b.0))?;
        let mut text = unit.label.to_string();
        let by = match unit.seen.by {
            By::Report => "map-unit-by-report",
            By::Arrive => "map-unit-by-arrive",
            By::Rectify => "map-unit-by-rectify",
        };
        let when = scene.words.moment(unit.seen.when, scene.now, scene.town.timezone);
        let args = [("when", when.into()), ("case", unit.seen.case.0.into())];
        text.push('\n');
        text.push_str(&scene.words.f(by, &args));
        if unit.stale {
            text.push('\n');
            text.push_str(scene.words.t("map-unit-stale"));
        }
        Some((text, unit.seen.case))
    }

    /// Draws where units came to today, one after the other. Between two places nothing is known: the line is straight and
    /// says so by its dashes.
    pub fn draw_traces(&mut self, painter: &Painter, view: &View, scene: &Scene<'_>) {
        let since = midnight(scene.now, scene.town);
        let colors = scene.colors;
        let stroke = Stroke::new(1.5, colors.weak);
        let seen = view.bounds(0.0);
        for (_, places) in scene.board.presence().traces(since, scene.now) {
            let at = |place: &Seen| view.screen(mercator(place.at));
            let bounds = Bounds::around(places.iter().map(|p| mercator(p.at)));
            if !bounds.touches(&seen) {
                continue;
            }
            for two in places.windows(2) {
                let (from, to) = (at(&two[0]), at(&two[1]));
                painter.extend(Shape::dashed_line(&[from, to], stroke, 6.0, 4.0));
                arrow(painter, from, to, colors.weak);
            }
            for place in places {
                painter.circle(at(place), 3.0, colors.weak, Stroke::new(1.0, colors.ground));
            }
        }
    }
}

/// A small head in the middle of a way, where there is room for one.
fn arrow(painter: &Painter, from: Pos2, to: Pos2, color: Color32) {
    let way = to - from;
    if way.length() < 24.0 {
        return;
    }
    let along = way.normalized() * 5.0;
    let tip = from + way / 2.0 + along;
    let side = along.rot90() * 0.7;
    let corners = vec![tip, tip - 2.0 * along + side, tip - 2.0 * along - side];
    painter.add(Shape::convex_polygon(corners, color, Stroke::NONE));
}

/// The mark of a unit: a ring with a full middle; hollow where its place is an old story.
pub fn unit_mark(painter: &Painter, at: Pos2, stale: bool, colors: &Palette) {
    if stale {
        painter.circle(
            at,
            UNIT - 1.0,
            colors.ground.gamma_multiply(0.6),
            Stroke::new(1.5, colors.faint),
        );
        painter.circle_stroke(at, 2.5, Stroke::new(1.2, colors.faint));
        return;
    }
    painter.circle(at, UNIT, colors.panel, Stroke::new(2.0, colors.text));
    painter.circle_filled(at, 3.5, colors.text);
}
