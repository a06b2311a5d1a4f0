//! What the map shows of the open cases: points where a point is known, counts where only an area is.

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Memory};

use chrono::{DateTime, Utc};
use rustc_hash::FxHashMap;

use super::Live;
use crate::case::{Case, CaseId, Stage, Whereabouts};
use crate::town::{Centre, Class, PlaceId, Town, Wgs84};

/// An open case whose point is known.
#[derive(Clone, Debug, PartialEq)]
pub struct MapPoint {
    /// The case.
    pub id: CaseId,
    /// Where, WGS-84.
    pub at: Wgs84,
    /// Where in the web-Mercator square: 0 to 1 from west to east, 0 to 1 from north to south.
    pub mercator: [f64; 2],
    /// Its class.
    pub class: Class,
    /// Its centre.
    pub centre: Centre,
    /// 1 to 5.
    pub severity: u8,
    /// Where it stands.
    pub stage: Stage,
    /// When its clock turns amber.
    pub soon_at: Option<DateTime<Utc>>,
    /// When its clock turns red.
    pub due_at: Option<DateTime<Utc>>,
}

/// The place of `at` in the web-Mercator square (EPSG:3857), 0 to 1 from west to east and from north to south.
pub fn mercator(at: Wgs84) -> [f64; 2] {
    // Beyond this latitude the square ends.
    let lat = at.lat.clamp(-85.051_128_78, 85.051_128_78).to_radians();
    let x = at.lon / 360.0 + 0.5;
    let y = 0.5 - lat.tan().asinh() / std::f64::consts::TAU;
    [x, y]
}

/// An area that some cases are known to be in, nothing nearer.
#[derive(Clone, Debug)]
pub enum AreaKey {
    /// A place of the town.
    Place(PlaceId),
    /// An area outside the town.
    Elsewhere {
        /// The area as it was stated.
        name: Arc<str>,
        /// Its rough middle, WGS-84.
        about: Wgs84,
    },
}

impl Ord for AreaKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Place(a), Self::Place(b)) => a.cmp(b),
            (Self::Place(_), Self::Elsewhere { .. }) => Ordering::Less,
            (Self::Elsewhere { .. }, Self::Place(_)) => Ordering::Greater,
            (
                Self::Elsewhere { name, about },
                Self::Elsewhere {
                    name: other,
                    about: there,
                },
            ) => name
                .cmp(other)
                .then_with(|| about.lon.total_cmp(&there.lon))
                .then_with(|| about.lat.total_cmp(&there.lat)),
        }
    }
}

impl PartialOrd for AreaKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for AreaKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for AreaKey {}

/// How many open cases are known to be in an area, nothing nearer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AreaCount {
    /// By class and centre, each in the order of its `ALL`.
    pub cases: [[u32; 3]; 4],
}

impl AreaCount {
    /// Cases of one class, of one centre or of all.
    pub fn of(&self, class: Class, centre: Option<Centre>) -> u32 {
        let by_centre = &self.cases[class as usize];
        centre.map_or_else(|| by_centre.iter().sum(), |c| by_centre[c as usize])
    }

    /// Cases of all classes, of one centre or of all.
    pub fn total(&self, centre: Option<Centre>) -> u32 {
        Class::ALL.into_iter().map(|class| self.of(class, centre)).sum()
    }
}

/// As exactly as the map can show a case.
#[derive(Debug)]
enum Spot {
    /// Where it stands in the list of points.
    Point(usize),
    Area(AreaKey),
    Unplaced,
}

/// So many changes of points are kept in mind for those who follow them.
const CHANGES_KEPT: usize = 4096;

/// How far a view has followed the points of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointsSeen {
    board: u64,
    changes: u64,
}

/// The last cases whose points came, changed or went.
#[derive(Debug)]
pub(super) struct Changes {
    /// Tells apart the boards of a program: one that was made anew has nothing in common with the one before.
    board: u64,
    total: u64,
    last: VecDeque<CaseId>,
}

impl Default for Changes {
    fn default() -> Self {
        static BOARDS: AtomicU64 = AtomicU64::new(0);
        Self {
            board: BOARDS.fetch_add(1, Memory::Relaxed),
            total: 0,
            last: VecDeque::new(),
        }
    }
}

/// A copy goes a way of its own.
impl Clone for Changes {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Changes {
    fn note(&mut self, id: CaseId) {
        self.total += 1;
        if self.last.len() == CHANGES_KEPT {
            self.last.pop_front();
        }
        self.last.push_back(id);
    }

    pub(super) fn seen(&self) -> PointsSeen {
        PointsSeen {
            board: self.board,
            changes: self.total,
        }
    }

    pub(super) fn since(&self, seen: PointsSeen) -> Option<impl Iterator<Item = CaseId>> {
        let new = self.total.checked_sub(seen.changes)? as usize;
        let known = self.board == seen.board && new <= self.last.len();
        known.then(|| self.last.range(self.last.len() - new..).copied())
    }
}

/// Points and areas of all open cases.
#[derive(Debug, Default)]
pub(super) struct MapIndex {
    pub(super) changes: Changes,
    pub(super) points: Vec<MapPoint>,
    pub(super) areas: BTreeMap<AreaKey, AreaCount>,
    pub(super) unplaced: usize,
    spots: FxHashMap<CaseId, Spot>,
}

impl MapIndex {
    /// Adds a case that is not there yet.
    pub(super) fn insert(&mut self, live: &Live, town: &Town) {
        let case = &live.case;
        let spot = match &case.place {
            Whereabouts::Point { at, .. } if at.is_valid() => {
                self.changes.note(case.id);
                self.points.push(map_point(live, *at));
                Spot::Point(self.points.len() - 1)
            }
            Whereabouts::Area { code, .. } => match town.place_now(code) {
                Some(place) => Spot::Area(AreaKey::Place(place)),
                None => Spot::Unplaced,
            },
            Whereabouts::Elsewhere { stated, about } if about.is_valid() => Spot::Area(AreaKey::Elsewhere {
                name: stated.clone(),
                about: *about,
            }),
            _ => Spot::Unplaced,
        };
        match &spot {
            Spot::Point(_) => {}
            Spot::Area(key) => {
                let count = self.areas.entry(key.clone()).or_default();
                count.cases[case.class as usize][case.centre as usize] += 1;
            }
            Spot::Unplaced => self.unplaced += 1,
        }
        self.spots.insert(case.id, spot);
    }

    /// The point of a case, where it has one.
    pub(super) fn point(&self, id: CaseId) -> Option<&MapPoint> {
        match self.spots.get(&id)? {
            Spot::Point(i) => self.points.get(*i),
            _ => None,
        }
    }

    /// Takes a case away that was added with the same class and centre.
    pub(super) fn remove(&mut self, case: &Case) {
        match self.spots.remove(&case.id) {
            Some(Spot::Point(i)) => {
                self.changes.note(case.id);
                self.points.swap_remove(i);
                if let Some(moved) = self.points.get(i) {
                    self.spots.insert(moved.id, Spot::Point(i));
                }
            }
            Some(Spot::Area(key)) => {
                if let Some(count) = self.areas.get_mut(&key) {
                    count.cases[case.class as usize][case.centre as usize] -= 1;
                    if count.total(None) == 0 {
                        self.areas.remove(&key);
                    }
                }
            }
            Some(Spot::Unplaced) => self.unplaced -= 1,
            None => {}
        }
    }
}

fn map_point(live: &Live, at: Wgs84) -> MapPoint {
    let case = &live.case;
    MapPoint {
        id: case.id,
        at,
        mercator: mercator(at),
        class: case.class,
        centre: case.centre,
        severity: case.severity,
        stage: case.stage,
        soon_at: live.deadline.map(|deadline| deadline.soon),
        due_at: live.deadline.map(|deadline| deadline.due),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mercator_square_has_its_corners_where_web_maps_have_them() {
        let close = |at: [f64; 2], expected: [f64; 2]| {
            let found = mercator(at.into());
            assert!(
                (found[0] - expected[0]).abs() < 1e-9 && (found[1] - expected[1]).abs() < 1e-9,
                "{found:?}"
            );
        };
        close([0.0, 0.0], [0.5, 0.5]);
        close([-180.0, 85.051_128_78], [0.0, 0.0]);
        close([180.0, -90.0], [1.0, 1.0]);
        // 22.7° north: ln(tan(π/4 + φ/2)) written the other way.
        let y = 0.5
            - (std::f64::consts::FRAC_PI_4 + 22.7_f64.to_radians() / 2.0)
                .tan()
                .ln()
                / std::f64::consts::TAU;
        close([114.06, 22.7], [114.06 / 360.0 + 0.5, y]);
    }
}
