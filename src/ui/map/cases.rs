//! Cases on the map: marks where a point is known, gathered where they would cover each other.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use eframe::egui::{Mesh, Pos2, Rect, Vec2, pos2, vec2};

use crate::board::{Board, MapPoint};
use crate::case::CaseId;
use crate::town::{Centre, Class};
use crate::ui::{Palette, Selection};

use super::atlas::{Atlas, MARK_RADIUS, Urgency, severity_scale};
use super::camera::{Bounds, MAX_ZOOM, Mercator, View};
use super::pixels::{Drawing, Mark, Sign, spot};
use super::symbols::Look;

/// A click this near takes a mark, in points.
const REACH: f32 = 14.0;

/// From this zoom level on, signs are small and few: neighbours are not joined any more.
const JOIN_BELOW: f64 = 16.0;

/// How cases are gathered at a zoom level: width of a group in points, and how many cases make one.
fn gathering(zoom: f64) -> (f64, usize) {
    match zoom {
        z if z < 14.0 => (58.0, 4),
        z if z < 16.0 => (52.0, 5),
        z if z < 17.5 => (30.0, 4),
        _ => (16.0, 2),
    }
}

/// A case on the map.
#[derive(Clone, Copy, Debug)]
struct Item {
    id: CaseId,
    at: Mercator,
    class: Class,
    centre: Centre,
    severity: u8,
    soon_ms: Option<i64>,
    due_ms: Option<i64>,
    urgency: Urgency,
}

/// Cases that lie so near to each other that one sign stands for them.
#[derive(Clone, Debug)]
pub struct Group {
    /// The middle of its cases.
    pub at: Mercator,
    /// The box around its cases.
    pub bounds: Bounds,
    /// How many, by urgency.
    pub urgencies: [usize; 3],
    /// How many, by class.
    pub classes: [usize; 4],
    /// Where its cases are in the list of all.
    members: std::ops::Range<usize>,
}

impl Group {
    /// How many cases it stands for.
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// Its size on the screen: half the width, in points.
    fn radius(&self) -> f32 {
        (14.0 + 2.1 * (self.count() as f32).ln()).min(32.0)
    }
}

/// What lies under the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A case.
    Case(CaseId),
    /// A group, by its place in the list of groups.
    Group(usize),
}

#[derive(Clone, PartialEq)]
struct ItemsKey {
    generation: u64,
    centre: Option<Centre>,
}

/// What was drawn in the last frame, for the pointer.
struct Drawn {
    at: Pos2,
    radius: f32,
    hit: Hit,
}

/// The cases of the map.
#[derive(Default)]
pub struct Cases {
    items_key: Option<ItemsKey>,
    items: Vec<Item>,
    /// The second for which the urgencies hold.
    second: i64,
    groups_key: Option<(i64, u32)>,
    version: u32,
    /// Items in the order of the squares they lie in.
    order: Vec<u32>,
    groups: Vec<Group>,
    /// Items that stand alone, the most urgent last.
    singles: Vec<u32>,
    drawn: Vec<Drawn>,
    visible: usize,
    drawing: Arc<Drawing>,
}

impl Cases {
    /// Takes over what has changed: the board's cases, the urgencies once a second, the groups of the zoom level.
    pub fn update(&mut self, board: &Board, centre: Option<Centre>, now: DateTime<Utc>, zoom: f64) {
        let key = ItemsKey {
            generation: board.generation(),
            centre,
        };
        let second = now.timestamp();
        if self.items_key.as_ref() != Some(&key) {
            self.items.clear();
            let shown = board
                .points()
                .iter()
                .filter(|p| centre.is_none_or(|c| p.centre == c));
            self.items.extend(shown.map(item));
            self.items_key = Some(key);
            self.urge(now);
            self.version = self.version.wrapping_add(1);
        } else if second != self.second && self.urge(now) {
            self.version = self.version.wrapping_add(1);
        }
        self.second = second;
        let step = (zoom * 2.0).floor() as i64;
        if self.groups_key != Some((step, self.version)) {
            self.gather(step as f64 / 2.0);
            self.groups_key = Some((step, self.version));
        }
    }

    /// Brings the urgencies up to date. Answers whether one has changed.
    fn urge(&mut self, now: DateTime<Utc>) -> bool {
        let now = now.timestamp_millis();
        let mut changed = false;
        for item in &mut self.items {
            let urgency = urgency(item.soon_ms, item.due_ms, now);
            changed |= urgency != item.urgency;
            item.urgency = urgency;
        }
        changed
    }

    /// Gathers cases in two steps: squares first, then squares that lie near to each other, the fullest first. Where a
    /// square's border runs through a crowd there is still one sign, and signs don't cover each other.
    fn gather(&mut self, zoom: f64) {
        let (width, least) = gathering(zoom);
        let joined = zoom < JOIN_BELOW;
        let unit = width / (256.0 * zoom.exp2());
        let heaps = heaps(&self.items, if joined { unit / 2.0 } else { unit });
        let members = if joined {
            join(&heaps, unit, least)
        } else {
            (0..heaps.len()).map(|i| vec![i]).collect()
        };
        self.order.clear();
        self.groups.clear();
        self.singles.clear();
        for together in members {
            let start = self.order.len();
            self.order.extend(together.iter().flat_map(|i| &heaps[*i].items));
            let members = start..self.order.len();
            if members.len() >= least {
                self.groups
                    .push(group(&self.items, &self.order[members.clone()], members));
            } else {
                self.singles.extend(&self.order[members]);
            }
        }
        let items = &self.items;
        self.singles.sort_unstable_by_key(|i| {
            let item = &items[*i as usize];
            (item.urgency, item.severity, *i)
        });
        let sign = |g: &Group| Sign {
            at: spot(g.at),
            urgencies: g.urgencies.map(|n| n as u32),
            classes: g.classes.map(|n| n as u32),
            picked: 0,
        };
        let mark = |i: &u32| {
            let item = &items[*i as usize];
            let look = Look::new(item.class, item.urgency, item.centre, item.severity);
            let at = spot(item.at);
            Mark { at, look }
        };
        self.drawing = Arc::new(Drawing {
            version: self.drawing.version + 1,
            signs: self.groups.iter().map(sign).collect(),
            marks: self.singles.iter().map(mark).collect(),
        });
    }

    /// All that is drawn of the cases but what is brought forward.
    pub fn drawing(&self) -> &Arc<Drawing> {
        &self.drawing
    }

    /// The signs and marks in view, which names step aside for. Of a crowd of marks only the first are told: where so
    /// many stand there is no room for names.
    pub fn signs(&self, view: &View) -> impl Iterator<Item = Rect> {
        const MARKS: usize = 400;
        let seen = view.bounds(60.0);
        let around = |at, radius| Rect::from_center_size(view.screen(at), Vec2::splat(2.0 * radius));
        let groups = self.groups.iter().filter(move |g| seen.contains(g.at));
        let groups = groups.map(move |g| around(g.at, g.radius() + 4.0));
        let marks = self.singles.iter().map(|i| &self.items[*i as usize]);
        let marks = marks.filter(move |item| seen.contains(item.at));
        let marks = marks.map(move |item| around(item.at, MARK_RADIUS * severity_scale(item.severity)));
        groups.chain(marks.take(MARKS))
    }

    /// A number that changes with the groups.
    pub fn groups_version(&self) -> (i64, u32) {
        self.groups_key.unwrap_or_default()
    }

    /// Finds out what is in view, and draws it as one mesh: all of it, or only what is brought forward.
    pub fn draw(
        &mut self,
        view: &View,
        atlas: &Atlas,
        selection: &Selection,
        colors: &Palette,
        all: bool,
    ) -> Mesh {
        let mut mesh = atlas.mesh();
        self.drawn.clear();
        self.visible = 0;
        let seen = view.bounds(36.0);
        for (i, group) in self
            .groups
            .iter()
            .enumerate()
            .filter(|(_, g)| seen.contains(g.at))
        {
            let at = view.screen(group.at);
            if all {
                draw_group(&mut mesh, at, group, atlas, colors);
            }
            self.drawn.push(Drawn {
                at,
                radius: group.radius(),
                hit: Hit::Group(i),
            });
            self.visible += group.count();
        }
        let (selected, hovered) = (selection.case, selection.hovered);
        let mut brought_forward = Vec::new();
        for index in &self.singles {
            let item = &self.items[*index as usize];
            if !seen.contains(item.at) {
                continue;
            }
            self.visible += 1;
            let at = view.screen(item.at);
            self.drawn.push(Drawn {
                at,
                radius: REACH,
                hit: Hit::Case(item.id),
            });
            if Some(item.id) == selected || Some(item.id) == hovered {
                brought_forward.push(*item);
            } else if all {
                atlas.mark(
                    &mut mesh,
                    at,
                    item.class,
                    item.urgency,
                    severity_scale(item.severity),
                );
            }
        }
        self.bring_forward(selection, &mut brought_forward);
        for item in brought_forward.iter().filter(|item| seen.contains(item.at)) {
            let at = view.screen(item.at);
            let scale = severity_scale(item.severity);
            atlas.mark(&mut mesh, at, item.class, item.urgency, scale);
            if Some(item.id) == selected {
                atlas.ring(&mut mesh, at, scale, colors.accent);
                self.drawn.push(Drawn {
                    at,
                    radius: REACH,
                    hit: Hit::Case(item.id),
                });
            } else {
                atlas.hover_ring(&mut mesh, at, scale, colors.text);
            }
        }
        mesh
    }

    /// The selected and the hovered case are shown even where a group stands for them; the selected one comes last.
    fn bring_forward(&self, selection: &Selection, items: &mut Vec<Item>) {
        for wanted in [selection.hovered, selection.case].into_iter().flatten() {
            if items.iter().all(|item| item.id != wanted) {
                items.extend(self.items.iter().find(|item| item.id == wanted));
            }
        }
        items.sort_by_key(|item| Some(item.id) == selection.case);
    }

    /// The topmost thing near that point of the screen.
    pub fn hit(&self, at: Pos2) -> Option<Hit> {
        let mut best: Option<(f32, Hit)> = None;
        for drawn in self.drawn.iter().rev() {
            let distance = drawn.at.distance(at);
            // Inside the mark itself the topmost wins, around it the nearest.
            let rank = if distance <= MARK_RADIUS * 0.8 {
                0.0
            } else {
                distance
            };
            if distance <= drawn.radius && best.is_none_or(|(b, _)| rank < b) {
                best = Some((rank, drawn.hit));
            }
        }
        best.map(|(_, hit)| hit)
    }

    /// The group in that place of the list.
    pub fn group(&self, index: usize) -> Option<&Group> {
        self.groups.get(index)
    }

    /// The cases of a group, the most urgent first.
    pub fn members(&self, group: &Group) -> Vec<CaseId> {
        let mut members: Vec<&Item> = self.order[group.members.clone()]
            .iter()
            .filter_map(|i| self.items.get(*i as usize))
            .collect();
        members.sort_by_key(|item| {
            (
                std::cmp::Reverse(item.urgency),
                item.due_ms.unwrap_or(i64::MAX),
                item.id,
            )
        });
        members.iter().map(|item| item.id).collect()
    }

    /// How many cases are in view, those of groups counted in.
    pub fn visible(&self) -> usize {
        self.visible
    }

    /// The most urgent single cases in view with their places on the screen, at most `most`.
    pub fn most_urgent(&self, most: usize) -> impl Iterator<Item = (CaseId, Pos2)> {
        let singles = self.drawn.iter().rev().filter_map(|d| match d.hit {
            Hit::Case(id) => Some((id, d.at)),
            Hit::Group(_) => None,
        });
        singles.take(most)
    }

    /// Cases outside a box: how many, and the box around all cases.
    pub fn outside(&self, inside: &Bounds) -> (usize, Bounds) {
        let count = self.items.iter().filter(|item| !inside.contains(item.at)).count();
        (count, Bounds::around(self.items.iter().map(|item| item.at)))
    }

    /// Where a click on a group leads: nearer, or to a list of its cases where they lie on one spot.
    pub fn opens_list(group: &Group, view: &View) -> bool {
        let span = (group.bounds.max[0] - group.bounds.min[0]).max(group.bounds.max[1] - group.bounds.min[1]);
        let closest = 256.0 * MAX_ZOOM.exp2();
        view.zoom >= MAX_ZOOM - 0.01 || span * closest < 24.0
    }
}

fn item(point: &MapPoint) -> Item {
    Item {
        id: point.id,
        at: point.mercator,
        class: point.class,
        centre: point.centre,
        severity: point.severity,
        soon_ms: point.soon_at.map(|soon| soon.timestamp_millis()),
        due_ms: point.due_at.map(|due| due.timestamp_millis()),
        urgency: Urgency::Calm,
    }
}

fn urgency(soon_ms: Option<i64>, due_ms: Option<i64>, now_ms: i64) -> Urgency {
    let reached = |moment: Option<i64>| moment.is_some_and(|ms| now_ms >= ms);
    if reached(due_ms) {
        Urgency::Overdue
    } else if reached(soon_ms) {
        Urgency::Soon
    } else {
        Urgency::Calm
    }
}

/// Cases in one square of the map.
struct Heap {
    square: (i64, i64),
    /// The middle of its cases.
    at: Mercator,
    items: Vec<u32>,
}

/// All cases by the squares they lie in; `side` in units of the map.
fn heaps(items: &[Item], side: f64) -> Vec<Heap> {
    let square = |m: Mercator| ((m[0] / side) as i64, (m[1] / side) as i64);
    let mut keyed: Vec<((i64, i64), u32)> = items
        .iter()
        .enumerate()
        .map(|(i, item)| (square(item.at), i as u32))
        .collect();
    keyed.sort_unstable();
    let heap = |run: &[((i64, i64), u32)]| {
        let n = run.len() as f64;
        let sum = run
            .iter()
            .map(|(_, i)| items[*i as usize].at)
            .fold([0.0; 2], |s, p| [s[0] + p[0], s[1] + p[1]]);
        Heap {
            square: run[0].0,
            at: [sum[0] / n, sum[1] / n],
            items: run.iter().map(|(_, i)| *i).collect(),
        }
    };
    keyed.chunk_by(|a, b| a.0 == b.0).map(heap).collect()
}

/// Which heaps belong together: around each, the fullest first, all within `reach` if they make a group of `least`
/// cases, else it stays alone.
fn join(heaps: &[Heap], reach: f64, least: usize) -> Vec<Vec<usize>> {
    let places: HashMap<(i64, i64), usize> = heaps.iter().enumerate().map(|(i, h)| (h.square, i)).collect();
    let mut seeds: Vec<usize> = (0..heaps.len()).collect();
    seeds.sort_by_key(|i| std::cmp::Reverse(heaps[*i].items.len()));
    let mut taken = vec![false; heaps.len()];
    let mut joined = Vec::new();
    for seed in seeds {
        if taken[seed] {
            continue;
        }
        let (x, y) = heaps[seed].square;
        let near = |i: &usize| {
            let (a, b) = (heaps[*i].at, heaps[seed].at);
            !taken[*i] && (a[0] - b[0]).hypot(a[1] - b[1]) < reach
        };
        // Squares are half as wide as the reach.
        let around = (y - 2..=y + 2).flat_map(|y| (x - 2..=x + 2).map(move |x| (x, y)));
        let together: Vec<usize> = around
            .filter_map(|s| places.get(&s).copied())
            .filter(near)
            .collect();
        let enough = together.iter().map(|i| heaps[*i].items.len()).sum::<usize>() >= least;
        let together = if enough { together } else { vec![seed] };
        for i in &together {
            taken[*i] = true;
        }
        joined.push(together);
    }
    joined
}

fn group(items: &[Item], indices: &[u32], members: std::ops::Range<usize>) -> Group {
    let (mut urgencies, mut classes) = ([0; 3], [0; 4]);
    let mut sum = [0.0; 2];
    let mut bounds = Bounds::NOTHING;
    for item in indices.iter().map(|i| &items[*i as usize]) {
        urgencies[item.urgency as usize] += 1;
        classes[item.class as usize] += 1;
        sum = [sum[0] + item.at[0], sum[1] + item.at[1]];
        bounds.add(item.at);
    }
    let n = indices.len().max(1) as f64;
    Group {
        at: [sum[0] / n, sum[1] / n],
        bounds,
        urgencies,
        classes,
        members,
    }
}

/// A disc with the count, around it the shares of time (overdue is thicker, too), inside it the shares of the classes.
fn draw_group(mesh: &mut Mesh, at: Pos2, group: &Group, atlas: &Atlas, colors: &Palette) {
    let n = group.count();
    let radius = group.radius().max(atlas.number_width(n) / 2.0 + 6.0);
    let inside = atlas.sign(mesh, at, radius + 2.5);
    let mut from = 0.0;
    for urgency in [Urgency::Overdue, Urgency::Soon] {
        let share = group.urgencies[urgency as usize] as f32 / n.max(1) as f32;
        if share > 0.0 {
            let out = radius + if urgency == Urgency::Overdue { 4.5 } else { 2.5 };
            atlas.arc(
                mesh,
                at,
                (inside, out),
                (from, from + share),
                urgency.fill(colors),
            );
        }
        from += share;
    }
    atlas.number(mesh, at - vec2(0.0, 2.5), n, colors.text);
    let most = group.classes.iter().copied().max().unwrap_or(1).max(1) as f32;
    let left = at.x - 8.5;
    for (i, count) in group.classes.iter().enumerate().filter(|(_, c)| **c > 0) {
        let height = (1.0 + 4.0 * *count as f32 / most).round();
        let bottom = at.y + 10.5;
        let x = left + i as f32 * 4.5;
        atlas.bar(
            mesh,
            Rect::from_min_max(pos2(x, bottom - height), pos2(x + 3.5, bottom)),
            colors.weak,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn items(points: &[(f64, f64)]) -> Vec<Item> {
        let item = |(i, (x, y)): (usize, &(f64, f64))| Item {
            id: CaseId(i as i64 + 1),
            at: [0.8168 + x * 1e-4, 0.435 + y * 1e-4],
            class: Class::ALL[i % 4],
            centre: Centre::ALL[i % 3],
            severity: (i % 5) as u8 + 1,
            soon_ms: Some(0),
            due_ms: Some(1000 * (i as i64 + 1)),
            urgency: Urgency::Calm,
        };
        points.iter().enumerate().map(item).collect()
    }

    proptest! {
        /// No case is lost or counted twice by gathering, at any zoom.
        #[test]
        fn gathering_keeps_every_case(
            points in prop::collection::vec((0.0..1.0f64, 0.0..1.0f64), 0..300), zoom in 7.0..19.0f64, now in 0i64..400_000,
        ) {
            let mut cases = Cases { items: items(&points), ..Cases::default() };
            cases.urge(DateTime::from_timestamp_millis(now).unwrap());
            cases.gather((zoom * 2.0).floor() / 2.0);
            let mut ids: Vec<CaseId> = cases.singles.iter().map(|i| cases.items[*i as usize].id).collect();
            for group in &cases.groups {
                prop_assert_eq!(group.urgencies.iter().sum::<usize>(), group.count());
                prop_assert_eq!(group.classes.iter().sum::<usize>(), group.count());
                prop_assert!(group.bounds.contains(group.at) || group.bounds.min == group.bounds.max);
                ids.extend(cases.members(group));
            }
            ids.sort();
            prop_assert_eq!(ids, (1..=points.len() as i64).map(CaseId).collect::<Vec<_>>());
        }

        /// What is left alone is no crowd: within half a group's width of a single case there are fewer than a group.
        #[test]
        fn crowds_are_gathered(points in prop::collection::vec((0.0..1.0f64, 0.0..1.0f64), 1..200), step in 14..31i64) {
            let zoom = step as f64 / 2.0;
            let mut cases = Cases { items: items(&points), ..Cases::default() };
            cases.gather(zoom);
            let (width, least) = gathering(zoom);
            // A square's diagonal is the farthest that one heap's cases lie apart.
            let same = width / (256.0 * zoom.exp2()) / 4.0;
            for a in &cases.singles {
                let at = cases.items[*a as usize].at;
                let near = cases.singles.iter().filter(|b| {
                    let other = cases.items[**b as usize].at;
                    (other[0] - at[0]).hypot(other[1] - at[1]) < same
                });
                prop_assert!(near.count() < least * 4);
            }
        }
    }

    #[test]
    fn the_nearest_mark_is_hit() {
        let mut cases = Cases::default();
        for (id, x) in [(1, 100.0), (2, 112.0)] {
            cases.drawn.push(Drawn {
                at: pos2(x, 50.0),
                radius: REACH,
                hit: Hit::Case(CaseId(id)),
            });
        }
        assert_eq!(cases.hit(pos2(97.0, 50.0)), Some(Hit::Case(CaseId(1))));
        assert_eq!(cases.hit(pos2(110.0, 52.0)), Some(Hit::Case(CaseId(2))));
        // Inside both marks: the one that lies on top.
        assert_eq!(cases.hit(pos2(106.0, 50.0)), Some(Hit::Case(CaseId(2))));
        assert_eq!(cases.hit(pos2(140.0, 50.0)), None);
    }
}
