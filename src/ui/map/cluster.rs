//! Cases that would cover each other, gathered: one level of the index for one zoom level. The plane is cut into squares;
//! the cases of a square are a heap; heaps that lie near to each other belong together, the fullest first.
//!
//! A level follows the changes of single cases, and is always what it would be if it were made anew: all its numbers are
//! whole, and which heap belongs to which depends on nothing but the heaps.

use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::camera::Bounds;
use super::pixels::{SPOTS, Sign, Spot, position};
use super::points::{Change, Point};

/// From this zoom level on, signs are small and few: neighbours are not joined any more.
const JOIN_BELOW: f64 = 16.0;
/// Width of a square where nothing is gathered, in points.
const LOOSE: f64 = 32.0;
/// After so many cases it shows how many squares they will take.
const TRIED: usize = 2_000;
/// No case.
const NONE: u32 = u32::MAX;

/// How cases are gathered at a zoom level: width of a group in points, and how many cases make one.
fn gathering(zoom: f64) -> (f64, u32) {
    match zoom {
        z if z < 14.0 => (58.0, 4),
        z if z < 16.0 => (52.0, 5),
        z if z < 17.5 => (30.0, 4),
        _ => (16.0, 2),
    }
}

/// How a level gathers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Side of a square, in units of a [`Spot`].
    side: u32,
    /// Heaps nearer than this belong together, in the same units; none do where it is zero.
    reach: i64,
    /// So many cases make a group.
    least: u32,
}

impl Rule {
    /// The rule of a zoom level, counted in halves; or the one by which nothing is gathered.
    pub fn at(step: i64, gather: bool) -> Self {
        let zoom = step as f64 / 2.0;
        let unit = |points: f64| points * SPOTS / (256.0 * zoom.exp2());
        let side = |unit: f64| unit.clamp(1.0, f64::from(u32::MAX)) as u32;
        if !gather {
            return Self {
                side: side(unit(LOOSE)),
                reach: 0,
                least: u32::MAX,
            };
        }
        let (width, least) = gathering(zoom);
        let joined = zoom < JOIN_BELOW;
        Self {
            side: side(unit(width) / if joined { 2.0 } else { 1.0 }),
            reach: if joined { unit(width) as i64 } else { 0 },
            least,
        }
    }

    fn square(&self, at: Spot) -> Square {
        Square([at[0] / self.side, at[1] / self.side])
    }
}

/// A square of the plane, by its numbers eastward and southward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Square([u32; 2]);

impl Square {
    /// The squares at most two away, itself included.
    fn around(self) -> impl Iterator<Item = Self> {
        (-2..=2).flat_map(move |y| (-2..=2).filter_map(move |x| self.beside([x, y])))
    }

    fn beside(self, by: [i32; 2]) -> Option<Self> {
        let x = self.0[0].checked_add_signed(by[0])?;
        let y = self.0[1].checked_add_signed(by[1])?;
        Some(Self([x, y]))
    }
}

/// The cases of one square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Heap {
    count: u32,
    urgencies: [u32; 3],
    classes: [u32; 4],
    picked: u32,
    /// The sum of its cases' places.
    sum: [u64; 2],
    /// The heap that it belongs to; itself where it belongs to no other.
    owner: Square,
    /// The first of its cases.
    first: u32,
}

impl Heap {
    fn empty(square: Square) -> Self {
        Self {
            count: 0,
            urgencies: [0; 3],
            classes: [0; 4],
            picked: 0,
            sum: [0; 2],
            owner: square,
            first: NONE,
        }
    }

    fn middle(&self) -> [i64; 2] {
        self.sum.map(|sum| (sum / u64::from(self.count.max(1))) as i64)
    }

    fn add(&mut self, point: &Point) {
        self.count += 1;
        self.urgencies[point.urgency as usize] += 1;
        self.classes[point.class as usize] += 1;
        self.picked += u32::from(point.picked);
        self.sum = [0, 1].map(|i| self.sum[i] + u64::from(point.at[i]));
    }

    fn take(&mut self, point: &Point) {
        self.count -= 1;
        self.urgencies[point.urgency as usize] -= 1;
        self.classes[point.class as usize] -= 1;
        self.picked -= u32::from(point.picked);
        self.sum = [0, 1].map(|i| self.sum[i] - u64::from(point.at[i]));
    }
}

/// A heap's turn: the fullest comes first, of two as full the one further north and west.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn(u32, std::cmp::Reverse<Square>);

/// Cases that one sign stands for.
#[derive(Clone, Debug)]
pub struct Group {
    /// How it is drawn.
    pub sign: Sign,
    /// The box around its cases.
    pub bounds: Bounds,
    /// Their places in the list of points.
    pub members: Vec<u32>,
}

/// What is to be drawn of a part of the plane.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Groups, by the squares of their fullest heaps.
    pub groups: Vec<(Square, Sign)>,
    /// Cases that stand alone, by their places in the list of points; in no particular order.
    pub singles: Vec<u32>,
}

/// All cases, gathered for one zoom level.
#[derive(Debug)]
pub struct Level {
    rule: Rule,
    heaps: FxHashMap<Square, Heap>,
    /// By a case's place: the cases before and after it in its heap.
    links: Vec<[u32; 2]>,
}

impl Level {
    /// Gathers these cases, given with their places; about so many are `expected`.
    pub fn new<'a>(rule: Rule, expected: usize, points: impl Iterator<Item = (u32, &'a Point)>) -> Self {
        let mut level = Self {
            rule,
            heaps: FxHashMap::default(),
            links: Vec::new(),
        };
        for (i, (place, point)) in points.enumerate() {
            // Where most squares hold one case only, there will be as many heaps as cases.
            if i == TRIED && level.heaps.len() > TRIED / 2 {
                level.heaps.reserve(expected);
            }
            level.put(place, point);
        }
        level.join_all();
        level
    }

    /// Follows a change.
    pub fn follow(&mut self, change: &Change) {
        match change {
            Change::Came(place, point) => {
                self.put(*place, point);
                self.settle(self.rule.square(point.at));
            }
            Change::Went(place, point) => {
                self.take(*place, point);
                self.settle(self.rule.square(point.at));
            }
            Change::Turned(_, before, after) => {
                if let Some(heap) = self.heaps.get_mut(&self.rule.square(before.at)) {
                    heap.take(before);
                    heap.add(after);
                }
            }
        }
    }

    fn put(&mut self, place: u32, point: &Point) {
        let square = self.rule.square(point.at);
        let heap = self.heaps.entry(square).or_insert_with(|| Heap::empty(square));
        heap.add(point);
        let next = std::mem::replace(&mut heap.first, place);
        if self.links.len() <= place as usize {
            self.links.resize(place as usize + 1, [NONE; 2]);
        }
        self.links[place as usize] = [NONE, next];
        if next != NONE {
            self.links[next as usize][0] = place;
        }
    }

    fn take(&mut self, place: u32, point: &Point) {
        let square = self.rule.square(point.at);
        let Some(heap) = self.heaps.get_mut(&square) else {
            return;
        };
        heap.take(point);
        let [before, after] = self.links[place as usize];
        if before == NONE {
            heap.first = after;
        } else {
            self.links[before as usize][1] = after;
        }
        if after != NONE {
            self.links[after as usize][0] = before;
        }
        if heap.count == 0 {
            self.heaps.remove(&square);
        }
    }

    fn turn(&self, square: Square) -> Option<Turn> {
        let heap = self.heaps.get(&square)?;
        Some(Turn(heap.count, std::cmp::Reverse(square)))
    }

    fn is_near(&self, a: &Heap, b: &Heap) -> bool {
        let (a, b) = (a.middle(), b.middle());
        let (x, y) = (a[0] - b[0], a[1] - b[1]);
        x * x + y * y < self.rule.reach * self.rule.reach
    }

    /// Finds out anew which heaps belong together: each that belongs to none yet, the fullest first, takes those around it.
    fn join_all(&mut self) {
        if self.rule.reach == 0 {
            return;
        }
        let mut turns: Vec<Turn> = self
            .heaps
            .iter()
            .map(|(s, heap)| Turn(heap.count, std::cmp::Reverse(*s)))
            .collect();
        turns.sort_unstable_by(|a, b| b.cmp(a));
        let mut taken: FxHashMap<Square, Square> = FxHashMap::default();
        for Turn(_, std::cmp::Reverse(seed)) in turns {
            if taken.contains_key(&seed) {
                continue;
            }
            let heap = self.heaps[&seed];
            for square in seed.around() {
                let near = || self.heaps.get(&square).is_some_and(|h| self.is_near(h, &heap));
                if square == seed || !taken.contains_key(&square) && near() {
                    taken.insert(square, seed);
                }
            }
        }
        for (square, owner) in taken {
            if let Some(heap) = self.heaps.get_mut(&square) {
                heap.owner = owner;
            }
        }
    }

    /// Brings up to date which heaps belong together after the heap of that square has changed, come or gone. A heap depends
    /// on fuller ones only, so the fullest of those that may have changed is looked at first, and each once.
    fn settle(&mut self, changed: Square) {
        if self.rule.reach == 0 {
            return;
        }
        // Those that belonged to it may belong to another one now, even where they have become the fuller ones.
        let its_own = |square: &Square| {
            let heap = self.heaps.get(square);
            *square == changed || heap.is_some_and(|heap| heap.owner == changed)
        };
        let own = changed.around().filter(its_own);
        let mut waiting: BinaryHeap<Turn> = own.filter_map(|s| self.turn(s)).collect();
        let mut last = None;
        while let Some(turn) = waiting.pop() {
            if last == Some(turn) {
                continue;
            }
            last = Some(turn);
            let square = turn.1.0;
            let owner = self.owner_of(square, turn);
            let Some(heap) = self.heaps.get_mut(&square) else {
                continue;
            };
            let was_seed = std::mem::replace(&mut heap.owner, owner) == square;
            let is_seed = owner == square;
            if was_seed == is_seed && !(is_seed && square == changed) {
                continue;
            }
            let lower = square.around().filter(|other| *other != square);
            waiting.extend(lower.filter_map(|other| {
                let its_turn = self.turn(other).filter(|its_turn| *its_turn < turn)?;
                self.may_change(other, square, turn).then_some(its_turn)
            }));
        }
    }

    /// Whether a heap may belong to another one now that a fuller heap has begun to stand for itself, has ceased to, or has
    /// moved: not where one that is fuller still has it.
    fn may_change(&self, square: Square, fuller: Square, its_turn: Turn) -> bool {
        let owner = self.heaps[&square].owner;
        owner == fuller || self.turn(owner).is_none_or(|owner| owner < its_turn)
    }

    /// The fullest heap near that one which belongs to no other and is fuller; the heap itself where there is none.
    fn owner_of(&self, square: Square, turn: Turn) -> Square {
        let Some(heap) = self.heaps.get(&square) else {
            return square;
        };
        let mut best = turn;
        for other in square.around().filter(|other| *other != square) {
            let Some(seed) = self.heaps.get(&other) else {
                continue;
            };
            let its_turn = Turn(seed.count, std::cmp::Reverse(other));
            let fuller = its_turn > turn && (best == turn || its_turn > best);
            if seed.owner == other && fuller && self.is_near(seed, heap) {
                best = its_turn;
            }
        }
        best.1.0
    }

    /// The heaps that belong to that one, itself first.
    fn owned(&self, seed: Square) -> impl Iterator<Item = &Heap> {
        let own = self.heaps.get(&seed);
        let joined = self.rule.reach > 0;
        let others = seed.around().filter(move |square| joined && *square != seed);
        let others = others
            .filter_map(|square| self.heaps.get(&square))
            .filter(move |heap| heap.owner == seed);
        own.into_iter().chain(others)
    }

    /// The sign of the group around that heap; `None` where its cases are too few for a group.
    fn sign(&self, seed: Square) -> Option<Sign> {
        let mut sum = Heap::empty(seed);
        for heap in self.owned(seed) {
            sum.count += heap.count;
            sum.picked += heap.picked;
            sum.urgencies = std::array::from_fn(|i| sum.urgencies[i] + heap.urgencies[i]);
            sum.classes = std::array::from_fn(|i| sum.classes[i] + heap.classes[i]);
            sum.sum = [0, 1].map(|i| sum.sum[i] + heap.sum[i]);
        }
        (sum.count >= self.rule.least).then(|| Sign {
            at: sum.middle().map(|v| v as u32),
            urgencies: sum.urgencies,
            classes: sum.classes,
            picked: sum.picked,
        })
    }

    fn members(&self, heap: &Heap) -> impl Iterator<Item = u32> {
        let next = |place: u32| Some(place).filter(|place| *place != NONE);
        std::iter::successors(next(heap.first), move |place| {
            next(self.links[*place as usize][1])
        })
    }

    /// The group around that heap, with its cases.
    pub fn group(&self, seed: Square, points: &[Point]) -> Option<Group> {
        let sign = self.sign(seed)?;
        let members: Vec<u32> = self.owned(seed).flat_map(|heap| self.members(heap)).collect();
        let at = |place: &u32| position(points[*place as usize].at);
        Some(Group {
            sign,
            bounds: Bounds::around(members.iter().map(at)),
            members,
        })
    }

    /// All that is to be drawn from the north-western to the south-eastern corner, both included.
    pub fn gather(&self, (min, max): (Spot, Spot), points: &[Point]) -> Gathered {
        let inside = |at: Spot| (0..2).all(|i| min[i] <= at[i] && at[i] <= max[i]);
        let mut gathered = Gathered::default();
        let mut look_at = |square: Square, heap: &Heap| {
            if heap.owner != square {
                return;
            }
            match self.sign(square) {
                Some(sign) if inside(sign.at) => gathered.groups.push((square, sign)),
                Some(_) => {}
                None => {
                    let members = self.owned(square).flat_map(|heap| self.members(heap));
                    let shown = members.filter(|place| inside(points[*place as usize].at));
                    gathered.singles.extend(shown);
                }
            }
        };
        // A case may lie so far from the heap that its own belongs to.
        let margin = if self.rule.reach > 0 { 4 } else { 1 };
        let (Square(from), Square(to)) = (self.rule.square(min), self.rule.square(max));
        let (from, to) = (from.map(|v| v.saturating_sub(margin)), to.map(|v| v + margin));
        let squares = u64::from(to[0] - from[0] + 1) * u64::from(to[1] - from[1] + 1);
        if squares > self.heaps.len() as u64 {
            for (square, heap) in &self.heaps {
                if (0..2).all(|i| from[i] <= square.0[i] && square.0[i] <= to[i]) {
                    look_at(*square, heap);
                }
            }
        } else {
            for square in (from[1]..=to[1]).flat_map(|y| (from[0]..=to[0]).map(move |x| Square([x, y]))) {
                if let Some(heap) = self.heaps.get(&square) {
                    look_at(square, heap);
                }
            }
        }
        gathered.groups.sort_unstable_by_key(|(square, _)| *square);
        gathered
    }

    /// Visits the cases that stand alone and may lie that near to a spot, in units of it.
    pub fn visit_singles(&self, at: Spot, reach: u32, visit: &mut dyn FnMut(u32)) {
        let min = self.rule.square(at.map(|v| v.saturating_sub(reach))).0;
        let max = self.rule.square(at.map(|v| v.saturating_add(reach))).0;
        for square in (min[1]..=max[1]).flat_map(|y| (min[0]..=max[0]).map(move |x| Square([x, y]))) {
            let Some(heap) = self.heaps.get(&square) else {
                continue;
            };
            if self.sign(heap.owner).is_none() {
                for place in self.members(heap) {
                    visit(place);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use crate::board::MapPoint;
    use crate::case::{CaseId, Stage};
    use crate::town::{Centre, Class};
    use crate::ui::map::atlas::Urgency;

    use super::*;

    fn point(id: u32, x: f64, y: f64) -> Point {
        let class = Class::ALL[id as usize % 4];
        let ms = |n: u32| DateTime::from_timestamp_millis(i64::from(n));
        Point::fresh(&MapPoint {
            id: CaseId(i64::from(id)),
            at: [0.0, 0.0].into(),
            mercator: [0.8168 + x * 1e-4, 0.435 + y * 1e-4],
            class,
            centre: Centre::Grid,
            severity: 3,
            stage: Stage::Reported,
            soon_at: ms(id),
            due_at: ms(id + 50),
        })
    }

    /// What a level holds, in an order that does not depend on how it came to be.
    fn told(level: &Level) -> Vec<(Square, Heap, Vec<u32>)> {
        let mut heaps: Vec<_> = level
            .heaps
            .iter()
            .map(|(square, heap)| {
                let mut members: Vec<u32> = level.members(heap).collect();
                members.sort_unstable();
                (*square, Heap { first: 0, ..*heap }, members)
            })
            .collect();
        heaps.sort_by_key(|(square, ..)| *square);
        heaps
    }

    /// Points in a few crowds, so that they are gathered, and alone.
    fn somewhere() -> impl Strategy<Value = (f64, f64)> {
        prop_oneof![
            (0.0..1.0f64, 0.0..1.0f64),
            (0.40..0.44f64, 0.40..0.44f64),
            (0..8u32).prop_map(|i| (f64::from(i) / 8.0, 0.5)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// After any history, a level is what it would be if it were made anew.
        #[test]
        fn followed_is_made_anew(
            first in prop::collection::vec(somewhere(), 0..80),
            history in prop::collection::vec((0..120u32, somewhere(), 0..3u32), 0..60),
            step in 14..38i64,
            gather in prop::bool::weighted(0.9),
        ) {
            let rule = Rule::at(step, gather);
            let mut points: Vec<Option<Point>> =
                first.iter().enumerate().map(|(i, (x, y))| Some(point(i as u32, *x, *y))).collect();
            points.resize(120, None);
            let all = |points: &[Option<Point>]| {
                let there = points.iter().enumerate().filter_map(|(i, p)| Some((i as u32, (*p)?)));
                there.collect::<Vec<_>>()
            };
            let new = |points: &[Option<Point>]| {
                let all = all(points);
                Level::new(rule, 0, all.iter().map(|(i, p)| (*i, p)))
            };
            let mut level = new(&points);
            for (place, (x, y), what) in history {
                let slot = &mut points[place as usize];
                match (*slot, what) {
                    (Some(old), 0) => {
                        let mut picked = old;
                        (picked.picked, picked.urgency) = (!old.picked, Urgency::ALL[place as usize % 3]);
                        level.follow(&Change::Turned(place, old, picked));
                        *slot = Some(picked);
                    }
                    (Some(old), 1) => {
                        level.follow(&Change::Went(place, old));
                        *slot = None;
                    }
                    (old, _) => {
                        if let Some(old) = old {
                            level.follow(&Change::Went(place, old));
                        }
                        let there = point(place, x, y);
                        level.follow(&Change::Came(place, there));
                        *slot = Some(there);
                    }
                }
            }
            prop_assert_eq!(told(&level), told(&new(&points)));
        }

        /// No case is lost or counted twice by gathering, at any zoom.
        #[test]
        fn gathering_keeps_every_case(points in prop::collection::vec(somewhere(), 0..300), step in 14..38i64) {
            let points: Vec<Point> = points.iter().enumerate().map(|(i, (x, y))| point(i as u32, *x, *y)).collect();
            let level = Level::new(Rule::at(step, true), points.len(), points.iter().enumerate().map(|(i, p)| (i as u32, p)));
            let gathered = level.gather(([0; 2], [u32::MAX; 2]), &points);
            let mut places = gathered.singles.clone();
            for (seed, sign) in &gathered.groups {
                let group = level.group(*seed, &points).unwrap();
                prop_assert_eq!(group.sign, *sign);
                prop_assert_eq!(sign.count(), group.members.len());
                prop_assert_eq!(sign.urgencies.iter().sum::<u32>() as usize, sign.count());
                prop_assert!(sign.count() >= level.rule.least as usize);
                places.extend(group.members);
            }
            places.sort_unstable();
            prop_assert_eq!(places, (0..points.len() as u32).collect::<Vec<_>>());
        }

        /// A part of the plane shows the same as that part of the whole.
        #[test]
        fn a_part_is_a_part_of_the_whole(points in prop::collection::vec(somewhere(), 0..200), step in 24..38i64) {
            let points: Vec<Point> = points.iter().enumerate().map(|(i, (x, y))| point(i as u32, *x, *y)).collect();
            let level = Level::new(Rule::at(step, true), points.len(), points.iter().enumerate().map(|(i, p)| (i as u32, p)));
            let window = (point(0, 0.3, 0.3).at, point(0, 0.45, 0.6).at);
            let inside = |at: Spot| (0..2).all(|i| window.0[i] <= at[i] && at[i] <= window.1[i]);
            let whole = level.gather(([0; 2], [u32::MAX; 2]), &points);
            let part = level.gather(window, &points);
            let groups: Vec<_> = whole.groups.into_iter().filter(|(_, sign)| inside(sign.at)).collect();
            prop_assert_eq!(part.groups, groups);
            let sorted = |mut places: Vec<u32>| {
                places.sort_unstable();
                places
            };
            let singles = whole.singles.into_iter().filter(|place| inside(points[*place as usize].at));
            prop_assert_eq!(sorted(part.singles), sorted(singles.collect()));
        }
    }

    #[test]
    fn signs_do_not_lie_on_each_other() {
        let points: Vec<Point> = (0..900)
            .map(|i| point(i, f64::from(i % 30) / 30.0, f64::from(i / 30) / 30.0))
            .collect();
        let rule = Rule::at(28, true);
        let level = Level::new(
            rule,
            points.len(),
            points.iter().enumerate().map(|(i, p)| (i as u32, p)),
        );
        let seeds: Vec<_> = level
            .heaps
            .iter()
            .filter(|(square, heap)| heap.owner == **square)
            .collect();
        for (square, heap) in &seeds {
            let others = seeds.iter().filter(|(other, _)| other != square);
            assert!(others.clone().all(|(_, other)| !level.is_near(heap, other)));
        }
    }
}
