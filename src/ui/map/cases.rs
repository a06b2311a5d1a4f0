//! Cases on the map: marks where a point is known, gathered where they would cover each other.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use eframe::egui::{Context, Mesh, Pos2, Rect, Vec2, pos2, vec2};

use crate::board::Board;
use crate::case::CaseId;
use crate::ui::{Palette, Selection};

use super::atlas::{Atlas, MARK_RADIUS, Urgency, form, severity_scale};
use super::camera::{Bounds, MAX_ZOOM, View};
use super::cluster::{Group, Square};
use super::levels::Levels;
use super::pixels::{Drawing, Mark, SPOTS, Sign, Spot, position, spot};
use super::points::{Change, Point, Points};

/// A click this near takes a mark, in points.
const REACH: f32 = 14.0;
/// Cases are gathered this far beyond the view, in points, so that small moves of the map gather nothing anew.
const MARGIN: f32 = 192.0;
/// Cases this far beyond the view may reach into it, in points.
const OVERLAP: f32 = 48.0;
/// A box that holds every view, whatever lies beyond the edge of the world.
const EVERYWHERE: Bounds = Bounds {
    min: [f64::NEG_INFINITY; 2],
    max: [f64::INFINITY; 2],
};
/// Where nothing is gathered, marks are small below this zoom level.
const SMALL_BELOW: f64 = 15.5;

/// What lies under the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A case.
    Case(CaseId),
    /// A group, by the square of its fullest heap.
    Group(Square),
}

/// What was gathered, and for what.
struct Shown {
    step: (i64, bool),
    version: u32,
    covers: Bounds,
    small: bool,
    groups: Vec<(Square, Sign)>,
    /// Places of single cases, the most urgent last.
    singles: Vec<u32>,
}

/// The cases of the map.
#[derive(Default)]
pub struct Cases {
    points: Points,
    levels: Levels,
    /// Grows with every change of what the levels hold.
    version: u32,
    shown: Option<Shown>,
    drawing: Arc<Drawing>,
}

/// The step of a zoom level.
fn step(zoom: f64) -> i64 {
    (zoom * 2.0).floor() as i64
}

impl Cases {
    /// Takes over what has changed: the board's cases, their clocks, the selection, the view. With `gather`, one sign stands
    /// for cases that would cover each other.
    pub fn update(
        &mut self,
        ctx: &Context,
        board: &Board,
        selection: &Selection,
        now: DateTime<Utc>,
        view: &View,
        gather: bool,
    ) {
        let (levels, version) = (&mut self.levels, &mut self.version);
        let mut follow = |change: Change| {
            levels.follow(change);
            *version = version.wrapping_add(1);
        };
        let followed = self
            .points
            .update(board, selection.centre, now, &selection.many, &mut follow);
        if !followed {
            self.levels.forget();
            self.version = self.version.wrapping_add(1);
        }
        let step = (step(view.zoom), gather);
        if self.levels.want(step, &self.points, ctx) {
            self.version = self.version.wrapping_add(1);
        }
        self.gather(view, step);
    }

    /// Gathers what is in view and around it, where that was not done already.
    fn gather(&mut self, view: &View, step: (i64, bool)) {
        let small = !step.1 && view.zoom < SMALL_BELOW;
        let fits = self.shown.as_ref().is_some_and(|shown| {
            (shown.version, shown.small, shown.step) == (self.version, small, step)
                && shown.covers.holds(&view.bounds(OVERLAP))
        });
        // While a level is being made, what was shown stays.
        let Some(level) = self.levels.shown().filter(|_| !fits) else {
            return;
        };
        let mut covers = view.bounds(MARGIN);
        let gather = |covers: &Bounds| level.gather((spot(covers.min), spot(covers.max)), self.points.list());
        let mut gathered = gather(&covers);
        // Where most of all cases are near, moving the map is to gather nothing anew at all.
        let near = gathered
            .groups
            .iter()
            .map(|(_, sign)| sign.count())
            .sum::<usize>()
            + gathered.singles.len();
        if 2 * near > self.points.len() {
            covers = EVERYWHERE;
            gathered = gather(&covers);
        }
        let points = self.points.list();
        let rank = |place: u32| u64::from(points[place as usize].look().rank()) << 32 | u64::from(place);
        let mut ranked: Vec<u64> = gathered.singles.iter().map(|place| rank(*place)).collect();
        ranked.sort_unstable();
        let singles: Vec<u32> = ranked.iter().map(|rank| *rank as u32).collect();
        let mark = |place: &u32| {
            let point = &points[*place as usize];
            Mark {
                at: point.at,
                look: point.look().small(small),
            }
        };
        self.drawing = Arc::new(Drawing {
            version: self.drawing.version + 1,
            signs: gathered.groups.iter().map(|(_, sign)| *sign).collect(),
            marks: singles.iter().map(mark).collect(),
        });
        self.shown = Some(Shown {
            step,
            version: self.version,
            covers,
            small,
            groups: gathered.groups,
            singles,
        });
    }

    /// Whether something is still being gathered.
    pub fn is_waiting(&self) -> bool {
        self.levels.is_waiting()
    }

    /// All that is drawn of the cases but what is brought forward.
    pub fn drawing(&self) -> &Arc<Drawing> {
        &self.drawing
    }

    fn groups_in<'a>(&'a self, seen: &'a Bounds) -> impl Iterator<Item = &'a (Square, Sign)> {
        let groups = self.shown.iter().flat_map(|shown| &shown.groups);
        groups.filter(|(_, sign)| seen.contains(position(sign.at)))
    }

    /// Single cases in that box, the most urgent last. What is shown of points that are no longer there is left out.
    fn singles_in<'a>(&'a self, seen: &'a Bounds) -> impl DoubleEndedIterator<Item = &'a Point> {
        let singles = self.shown.iter().flat_map(|shown| &shown.singles);
        let points = singles.filter_map(|place| self.points.list().get(*place as usize));
        points.filter(|point| seen.contains(position(point.at)))
    }

    /// The signs and marks in view, which names step aside for. Of a crowd of marks only the first are told: where so
    /// many stand there is no room for names.
    pub fn signs(&self, view: &View) -> Vec<Rect> {
        const MARKS: usize = 400;
        let seen = view.bounds(60.0);
        let around =
            |at, radius| Rect::from_center_size(view.screen(position(at)), Vec2::splat(2.0 * radius));
        let groups = self.groups_in(&seen);
        let groups = groups.map(|(_, sign)| around(sign.at, sign.radius() + 4.0));
        let marks = self.singles_in(&seen);
        let marks = marks.map(|point| around(point.at, MARK_RADIUS * severity_scale(point.severity)));
        groups.chain(marks.take(MARKS)).collect()
    }

    /// A number that changes with the groups.
    pub fn groups_version(&self) -> (i64, u32) {
        let step = self.shown.as_ref().map_or(0, |shown| shown.step.0);
        (step, self.drawing.version as u32)
    }

    /// Adds the signs of groups.
    pub fn draw_signs(&self, mesh: &mut Mesh, view: &View, atlas: &Atlas, colors: &Palette) {
        for (_, sign) in self.groups_in(&view.bounds(OVERLAP)) {
            draw_sign(mesh, view.screen(position(sign.at)), sign, atlas, colors);
        }
    }

    /// Adds the marks of single cases.
    pub fn draw_marks(&self, mesh: &mut Mesh, view: &View, atlas: &Atlas, colors: &Palette) {
        for point in self.singles_in(&view.bounds(OVERLAP)) {
            draw_mark(mesh, view.screen(position(point.at)), point, atlas, colors);
        }
    }

    /// Adds the marks that are brought forward, with their rings.
    pub fn draw_front(
        &self,
        mesh: &mut Mesh,
        view: &View,
        atlas: &Atlas,
        selection: &Selection,
        colors: &Palette,
    ) {
        // They are shown even where a group stands for them; the selected one comes last.
        let hovered = selection.hovered.filter(|id| Some(*id) != selection.case);
        for id in [hovered, selection.case].into_iter().flatten() {
            let Some(point) = self.points.get(id) else {
                continue;
            };
            let at = view.screen(position(point.at));
            let scale = severity_scale(point.severity);
            draw_mark(mesh, at, point, atlas, colors);
            if Some(id) == selection.case {
                atlas.ring(mesh, at, scale, colors.accent);
            } else {
                atlas.hover_ring(mesh, at, scale, colors.text);
            }
        }
    }

    /// The topmost thing at that point of the screen: a mark that the point lies in, else a sign, else the nearest mark.
    pub fn hit(&self, at: Pos2, view: &View, selected: Option<CaseId>) -> Option<Hit> {
        let mut inside: Option<(bool, u16, CaseId)> = None;
        let mut near: Option<(f32, CaseId)> = None;
        let mut test = |point: &Point| {
            let from = at - view.screen(position(point.at));
            let scale = severity_scale(point.severity);
            // The dark edge around a mark belongs to it.
            if form(point.class, from / scale) * scale <= 1.5 {
                let rank = (Some(point.id) == selected, point.look().rank(), point.id);
                inside = inside.max(Some(rank));
            }
            let distance = from.length();
            if distance <= REACH && near.is_none_or(|(nearest, _)| distance < nearest) {
                near = Some((distance, point.id));
            }
        };
        if let Some(point) = selected.and_then(|id| self.points.get(id)) {
            test(point);
        }
        if let Some(level) = self.levels.shown() {
            let reach = f64::from(REACH + 4.0) / view.scale() * SPOTS;
            level.visit_singles(spot(view.unscreen(at)), reach as u32, &mut |place| {
                test(&self.points.list()[place as usize]);
            });
        }
        if let Some((.., id)) = inside {
            return Some(Hit::Case(id));
        }
        let seen = view.bounds(OVERLAP);
        let mut groups = self.groups_in(&seen);
        let group =
            groups.find(|(_, sign)| view.screen(position(sign.at)).distance(at) <= sign.radius() + 2.5);
        group
            .map(|(square, _)| Hit::Group(*square))
            .or(near.map(|(_, id)| Hit::Case(id)))
    }

    /// The group around that heap.
    pub fn group(&self, square: Square) -> Option<Group> {
        self.levels.shown()?.group(square, self.points.list())
    }

    /// The cases of a group, the most urgent first.
    pub fn members(&self, group: &Group) -> Vec<CaseId> {
        let mut members: Vec<&Point> = group
            .members
            .iter()
            .map(|place| &self.points.list()[*place as usize])
            .collect();
        members.sort_by_key(|point| (std::cmp::Reverse(point.urgency), point.due_ms(), point.id));
        members.iter().map(|point| point.id).collect()
    }

    /// The point of a case.
    pub fn point(&self, id: CaseId) -> Option<&Point> {
        self.points.get(id)
    }

    /// How many cases are in view, those of groups counted in.
    pub fn visible(&self, view: &View) -> usize {
        let seen = view.bounds(0.0);
        let groups = self.groups_in(&seen).map(|(_, sign)| sign.count());
        groups.sum::<usize>() + self.singles_in(&seen).count()
    }

    /// The most urgent single cases in view with their places on the screen, at most `most`.
    pub fn most_urgent(&self, view: &View, most: usize) -> Vec<(CaseId, Pos2)> {
        let seen = view.bounds(0.0);
        let singles = self.singles_in(&seen).rev().take(most);
        singles
            .map(|point| (point.id, view.screen(position(point.at))))
            .collect()
    }

    /// The groups in view with the most overdue cases, at most `most`.
    pub fn worst_groups(&self, view: &View, most: usize) -> Vec<(Square, Sign, Pos2)> {
        let seen = view.bounds(0.0);
        let mut groups: Vec<_> = self.groups_in(&seen).copied().collect();
        groups.sort_by_key(|(square, sign)| {
            let [_, soon, overdue] = sign.urgencies;
            (std::cmp::Reverse((overdue, soon, sign.count())), *square)
        });
        groups.truncate(most);
        let place = |(square, sign): (Square, Sign)| (square, sign, view.screen(position(sign.at)));
        groups.into_iter().map(place).collect()
    }

    /// All cases whose point a test holds for, of those in the box.
    pub fn within(&self, area: &Bounds, test: impl Fn(Spot) -> bool) -> Vec<CaseId> {
        let (min, max) = (spot(area.min), spot(area.max));
        let inside = |at: Spot| (0..2).all(|i| min[i] <= at[i] && at[i] <= max[i]);
        let found = self
            .points
            .iter()
            .filter(|(_, point)| inside(point.at) && test(point.at));
        found.map(|(_, point)| point.id).collect()
    }

    /// How many cases lie outside a box.
    pub fn outside(&self, inside: &Bounds) -> usize {
        if inside.holds(&self.points.reach()) {
            return 0;
        }
        let (min, max) = (spot(inside.min), spot(inside.max));
        let holds = |at: Spot| (0..2).all(|i| min[i] <= at[i] && at[i] <= max[i]);
        self.points.iter().filter(|(_, point)| !holds(point.at)).count()
    }

    /// The box around all cases.
    pub fn bounds(&self) -> Bounds {
        Bounds::around(self.points.iter().map(|(_, point)| position(point.at)))
    }

    /// Where a click on a group leads: nearer, or to its cases where they lie on one spot.
    pub fn lies_on_one_spot(group: &Group, view: &View) -> bool {
        let span = (group.bounds.max[0] - group.bounds.min[0]).max(group.bounds.max[1] - group.bounds.min[1]);
        let closest = 256.0 * MAX_ZOOM.exp2();
        view.zoom >= MAX_ZOOM - 0.01 || span * closest < 24.0
    }
}

fn draw_mark(mesh: &mut Mesh, at: Pos2, point: &Point, atlas: &Atlas, colors: &Palette) {
    let scale = severity_scale(point.severity);
    if point.picked {
        atlas.hover_ring(mesh, at, scale, colors.accent);
    }
    atlas.case(mesh, at, point.look(), scale);
}

/// A disc with the count, around it the shares of time (overdue is thicker, too), inside it the shares of the classes.
fn draw_sign(mesh: &mut Mesh, at: Pos2, sign: &Sign, atlas: &Atlas, colors: &Palette) {
    let n = sign.count();
    let radius = sign.radius().max(atlas.number_width(n) / 2.0 + 6.0);
    let inside = atlas.sign(mesh, at, radius + 2.5);
    let share_of = |part: u32| part as f32 / n.max(1) as f32;
    let mut from = 0.0;
    for urgency in [Urgency::Overdue, Urgency::Soon] {
        let share = share_of(sign.urgencies[urgency as usize]);
        if share > 0.0 {
            let out = radius + if urgency == Urgency::Overdue { 4.5 } else { 2.5 };
            let color = urgency.fill(colors);
            atlas.arc(mesh, at, (inside, out), (from, from + share), color);
        }
        from += share;
    }
    if sign.picked > 0 {
        let radii = (radius + 5.5, radius + 7.5);
        atlas.arc(mesh, at, radii, (0.0, share_of(sign.picked)), colors.accent);
    }
    atlas.number(mesh, at - vec2(0.0, 2.5), n, colors.text);
    let most = sign.classes.iter().copied().max().unwrap_or(1).max(1) as f32;
    let left = at.x - 8.5;
    for (i, count) in sign.classes.iter().enumerate().filter(|(_, c)| **c > 0) {
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
    use chrono::TimeDelta;
    use eframe::egui::Rect;
    use proptest::prelude::*;

    use crate::town::Town;
    use crate::ui::many::Many;
    use crate::ui::map::camera::mercator;
    use crate::ui::map::testing::{case_at, reported_at, town};

    use super::*;

    fn view(zoom: f64) -> View {
        let center = mercator([114.05, 22.73].into());
        let rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(1000.0, 700.0));
        View { center, zoom, rect }
    }

    fn update(cases: &mut Cases, board: &Board, selection: &Selection, minutes: i64, view: &View) {
        let now = reported_at() + TimeDelta::minutes(minutes);
        cases.update(&Context::default(), board, selection, now, view, true);
    }

    /// What is shown, however it came about.
    fn told(cases: &Cases, view: &View) -> (Vec<Sign>, Vec<Point>, usize) {
        let seen = view.bounds(0.0);
        let mut singles: Vec<Point> = cases.singles_in(&seen).copied().collect();
        singles.sort_by_key(|point| point.id);
        (
            cases.groups_in(&seen).map(|(_, sign)| *sign).collect(),
            singles,
            cases.visible(view),
        )
    }

    fn somewhere(town: &Town, n: i64, seed: u64) -> Board {
        let at = |i: i64| {
            let mix = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(seed);
            let share = |bits: u64| (bits & 0xffff) as f64 / 65536.0;
            case_at(
                i,
                114.03 + 0.04 * share(mix >> 40),
                22.72 + 0.02 * share(mix >> 20),
            )
        };
        Board::new((1..=n).map(at).collect(), town)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// A map that has followed everything shows the same as one that was just opened.
        #[test]
        fn a_map_that_has_followed_shows_the_same_as_a_new_one(
            history in prop::collection::vec((1..60i64, 0..4u32, 0.0..1.0f64, 0i64..200), 1..30), seed in any::<u64>(),
        ) {
            let town = town();
            let mut board = somewhere(&town, 40, seed);
            let (mut followed, mut selection, mut minutes) = (Cases::default(), Selection::default(), 0);
            let view = view(14.5);
            for (id, what, share, later) in history {
                match what {
                    0 => { board.remove(CaseId(id)); }
                    1 => selection.many = selection.many.with(&[CaseId(id), CaseId(id + 1)]),
                    2 => selection.many = Many::of([CaseId(id)]),
                    _ => board.insert(case_at(id, 114.03 + 0.04 * share, 22.725), &town),
                }
                // The clock goes on, and now and then back.
                minutes = if later < 5 { 0 } else { minutes + later };
                update(&mut followed, &board, &selection, minutes, &view);
                let mut new = Cases::default();
                update(&mut new, &board, &selection, minutes, &view);
                prop_assert_eq!(told(&followed, &view), told(&new, &view));
            }
        }
    }

    #[test]
    fn inside_a_mark_the_topmost_is_hit_beside_it_the_nearest() {
        let town = town();
        // At this zoom three cases make no group. The second one is the graver one and lies on top.
        let board = Board::new(
            vec![case_at(8, 114.05, 22.73), case_at(4, 114.0501, 22.73)],
            &town,
        );
        let mut cases = Cases::default();
        let view = view(16.0);
        update(&mut cases, &board, &Selection::default(), 0, &view);
        let at = |id| view.screen(position(cases.point(CaseId(id)).unwrap().at));
        let (left, right) = (at(8), at(4));
        assert!((right.x - left.x - 4.66).abs() < 0.2, "{left} {right}");
        let hit = |x: f32, selected| cases.hit(pos2(x, left.y), &view, selected);
        assert_eq!(hit(left.x + 2.0, None), Some(Hit::Case(CaseId(4))));
        assert_eq!(hit(left.x + 2.0, Some(CaseId(8))), Some(Hit::Case(CaseId(8))));
        assert_eq!(hit(left.x - 13.5, None), Some(Hit::Case(CaseId(8))));
        assert_eq!(hit(right.x + 13.5, None), Some(Hit::Case(CaseId(4))));
        assert_eq!(hit(right.x + 40.0, None), None);
    }

    #[test]
    fn every_corner_of_a_form_is_hit_and_nothing_beside_it() {
        let town = town();
        // Number 6 is of class C: a triangle, with its apex above.
        let board = Board::new(vec![case_at(6, 114.05, 22.73)], &town);
        let mut cases = Cases::default();
        let view = view(16.0);
        update(&mut cases, &board, &Selection::default(), 0, &view);
        let at = view.screen(position(cases.point(CaseId(6)).unwrap().at));
        for (x, y) in [(0.0, -10.5), (9.0, 8.0), (-9.0, 8.0)] {
            assert_eq!(
                cases.hit(at + vec2(x, y), &view, None),
                Some(Hit::Case(CaseId(6)))
            );
        }
        assert_eq!(cases.hit(at + vec2(0.0, 15.0), &view, None), None);
    }
}
