//! What the map shows of the open cases: points where a point is known, counts where only an area is.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

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

/// Points and areas of all open cases.
#[derive(Debug, Default)]
pub(super) struct MapIndex {
    pub(super) points: Vec<MapPoint>,
    pub(super) areas: BTreeMap<AreaKey, AreaCount>,
    pub(super) unplaced: usize,
    spots: HashMap<CaseId, Spot>,
}

impl MapIndex {
    /// Adds a case that is not there yet.
    pub(super) fn insert(&mut self, live: &Live, town: &Town) {
        let case = &live.case;
        let spot = match &case.place {
            Whereabouts::Point { at, .. } if at.is_valid() => {
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

    /// Takes a case away that was added with the same class and centre.
    pub(super) fn remove(&mut self, case: &Case) {
        match self.spots.remove(&case.id) {
            Some(Spot::Point(i)) => {
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
