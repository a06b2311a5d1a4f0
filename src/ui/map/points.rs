//! The points of the board as the map needs them: each in a place of its own that it keeps, with how its clock stands. What
//! changes is followed case by case; all of them are read only where a board is new.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{DateTime, Utc};
use rustc_hash::FxHashMap;

use crate::board::{Board, MapPoint, PointsSeen};
use crate::case::CaseId;
use crate::town::{Centre, Class};
use crate::ui::many::Many;

use super::atlas::Urgency;
use super::camera::Bounds;
use super::pixels::{Spot, position, spot};
use super::symbols::Look;

/// So many cases are put in order when all are read.
const MANY: usize = 20_000;

/// A case on the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The case.
    pub id: CaseId,
    /// Where.
    pub at: Spot,
    /// Its class.
    pub class: Class,
    /// Its centre.
    pub centre: Centre,
    /// 1 to 5.
    pub severity: u8,
    /// How its clock stands.
    pub urgency: Urgency,
    /// Whether it is selected together with others.
    pub picked: bool,
    /// When its clock turns amber, in milliseconds; beyond all times where it doesn't.
    soon_ms: i64,
    /// When it turns red.
    due_ms: i64,
}

impl Point {
    fn of(point: &MapPoint, now_ms: i64, picked: bool) -> Self {
        let ms = |moment: Option<DateTime<Utc>>| moment.map_or(i64::MAX, |at| at.timestamp_millis());
        let (soon_ms, due_ms) = (ms(point.soon_at), ms(point.due_at));
        Self {
            id: point.id,
            at: spot(point.mercator),
            class: point.class,
            centre: point.centre,
            severity: point.severity,
            urgency: urgency(soon_ms, due_ms, now_ms),
            picked,
            soon_ms,
            due_ms,
        }
    }

    /// A point as it is before its clock has run, selected together with no others.
    pub fn fresh(point: &MapPoint) -> Self {
        Self::of(point, i64::MIN, false)
    }

    /// Its mark.
    pub fn look(&self) -> Look {
        Look::new(self.class, self.urgency, self.centre, self.severity).picked(self.picked)
    }

    /// When it is due, in milliseconds; beyond all times where it has no deadline.
    pub fn due_ms(&self) -> i64 {
        self.due_ms
    }

    /// When its clock turns next, where it still does.
    fn next_turn(&self) -> Option<i64> {
        let next = match self.urgency {
            Urgency::Calm => self.soon_ms.min(self.due_ms),
            Urgency::Soon => self.due_ms,
            Urgency::Overdue => return None,
        };
        (next < i64::MAX).then_some(next)
    }
}

fn urgency(soon_ms: i64, due_ms: i64, now_ms: i64) -> Urgency {
    if now_ms >= due_ms {
        Urgency::Overdue
    } else if now_ms >= soon_ms {
        Urgency::Soon
    } else {
        Urgency::Calm
    }
}

/// What happened to one point. Its place is its number in the list of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new in that place.
    Came(u32, Point),
    /// It is no longer in that place.
    Went(u32, Point),
    /// Its clock or its being picked has changed, nothing else: as it was, as it is.
    Turned(u32, Point, Point),
}

/// All that is shown, and what it was made of.
#[derive(Debug, Default)]
pub struct Points {
    made: Option<(PointsSeen, Option<Centre>)>,
    list: Vec<Point>,
    /// Whether the place is taken.
    taken: Vec<bool>,
    free: Vec<u32>,
    places: FxHashMap<CaseId, u32>,
    /// When clocks turn next, the first first. Some have changed since: each is looked at again.
    turns: BinaryHeap<Reverse<(i64, u32)>>,
    now_ms: i64,
    picked: Many,
    /// A box that holds all points, perhaps more than is needed.
    reach: Option<[Spot; 2]>,
}

impl Points {
    /// The points by their places; those of empty places are to be left alone.
    pub fn list(&self) -> &[Point] {
        &self.list
    }

    /// All that are there, with their places.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Point)> {
        let all = self.list.iter().zip(&self.taken).enumerate();
        all.filter(|(_, (_, taken))| **taken)
            .map(|(place, (point, _))| (place as u32, point))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The point of a case.
    pub fn get(&self, id: CaseId) -> Option<&Point> {
        self.places.get(&id).map(|place| &self.list[*place as usize])
    }

    /// A box that holds all of them: where some have gone, it may be larger than it need be.
    pub fn reach(&self) -> Bounds {
        match self.reach {
            Some([min, max]) => Bounds::around([position(min), position(max)]),
            None => Bounds::NOTHING,
        }
    }

    fn grow(&mut self, at: Spot) {
        let [min, max] = self.reach.get_or_insert([at, at]);
        for i in 0..2 {
            min[i] = min[i].min(at[i]);
            max[i] = max[i].max(at[i]);
        }
    }

    /// Follows the board, the clock and the selection. Tells each change in order; answers `false`, and tells none, where all
    /// of it was read anew.
    pub fn update(
        &mut self,
        board: &Board,
        centre: Option<Centre>,
        now: DateTime<Utc>,
        picked: &Many,
        tell: &mut dyn FnMut(Change),
    ) -> bool {
        let now_ms = now.timestamp_millis();
        let seen = board.points_seen();
        let known = self.made.filter(|(_, of)| *of == centre);
        // A clock that goes back, as a played-back one may, turns clocks back: that is all of them.
        let ids = known
            .filter(|_| now_ms >= self.now_ms)
            .and_then(|(before, _)| board.points_since(before));
        self.made = Some((seen, centre));
        let Some(ids) = ids else {
            self.read(board, centre, now_ms, picked);
            return false;
        };
        self.now_ms = now_ms;
        for id in ids {
            let new = board.point(id).filter(|p| centre.is_none_or(|c| p.centre == c));
            self.replace(id, new, tell);
        }
        self.turn(tell);
        self.pick(picked, tell);
        true
    }

    fn read(&mut self, board: &Board, centre: Option<Centre>, now_ms: i64, picked: &Many) {
        *self = Self {
            made: self.made,
            now_ms,
            picked: picked.clone(),
            ..Self::default()
        };
        let shown = board.points().iter();
        let shown = shown.filter(|p| centre.is_none_or(|c| p.centre == c));
        self.list
            .extend(shown.map(|point| Point::of(point, now_ms, picked.contains(point.id))));
        // Of many, neighbours on the map are neighbours in memory, too: most of the time goes into fetching them.
        if self.list.len() > MANY {
            self.list
                .sort_unstable_by_key(|point| (point.at[1] >> 14, point.at[0], point.id));
        }
        for place in 0..self.list.len() {
            self.grow(self.list[place].at);
        }
        self.taken = vec![true; self.list.len()];
        self.places.reserve(self.list.len());
        for (place, point) in self.list.iter().enumerate() {
            self.places.insert(point.id, place as u32);
        }
        self.collect_turns();
    }

    fn collect_turns(&mut self) {
        let turn = |(place, point): (u32, &Point)| Some(Reverse((point.next_turn()?, place)));
        self.turns = self.iter().filter_map(turn).collect::<Vec<_>>().into();
    }

    fn replace(&mut self, id: CaseId, new: Option<&MapPoint>, tell: &mut dyn FnMut(Change)) {
        let new = new.map(|point| Point::of(point, self.now_ms, self.picked.contains(id)));
        let place = self.places.get(&id).copied();
        let old = place.map(|place| self.list[place as usize]);
        if old == new {
            return;
        }
        if let (Some(place), Some(old)) = (place, old) {
            self.places.remove(&id);
            self.taken[place as usize] = false;
            self.free.push(place);
            tell(Change::Went(place, old));
        }
        let Some(new) = new else { return };
        self.grow(new.at);
        let place = self.free.pop().unwrap_or(self.list.len() as u32);
        if place as usize == self.list.len() {
            self.list.push(new);
            self.taken.push(true);
        } else {
            self.list[place as usize] = new;
            self.taken[place as usize] = true;
        }
        self.places.insert(id, place);
        if let Some(turn) = new.next_turn() {
            self.turns.push(Reverse((turn, place)));
        }
        tell(Change::Came(place, new));
    }

    /// Turns the clocks whose moment has come.
    fn turn(&mut self, tell: &mut dyn FnMut(Change)) {
        while let Some(Reverse((moment, place))) = self.turns.peek().copied() {
            if moment > self.now_ms {
                break;
            }
            self.turns.pop();
            if !self.taken[place as usize] {
                continue;
            }
            let point = &mut self.list[place as usize];
            let before = *point;
            point.urgency = urgency(point.soon_ms, point.due_ms, self.now_ms);
            if point.urgency == before.urgency {
                continue;
            }
            let after = *point;
            if let Some(turn) = after.next_turn() {
                self.turns.push(Reverse((turn, place)));
            }
            tell(Change::Turned(place, before, after));
        }
        // Moments of cases that have gone are not kept for ever.
        if self.turns.len() > 2 * self.list.len() + 1024 {
            self.collect_turns();
        }
    }

    fn pick(&mut self, picked: &Many, tell: &mut dyn FnMut(Change)) {
        if picked.is_same(&self.picked) {
            return;
        }
        let before = std::mem::replace(&mut self.picked, picked.clone());
        for id in before.differing(picked) {
            let Some(place) = self.places.get(&id) else {
                continue;
            };
            let point = &mut self.list[*place as usize];
            let before = *point;
            point.picked = picked.contains(id);
            if point.picked != before.picked {
                tell(Change::Turned(*place, before, *point));
            }
        }
    }
}
