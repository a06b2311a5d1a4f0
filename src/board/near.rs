//! Open cases by where they are and what they are about, so that those which may be one and the same are found without
//! looking at all. One more or one less costs the same, however many there are.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustc_hash::FxHashMap;

use super::Live;
use crate::case::{Case, CaseId, Whereabouts};
use crate::town::{ItemId, PlaceId, Town, Wgs84};

/// Side of a cell, in degrees: about 110 m from north to south, and 100 m from west to east in the south of China.
const CELL: f64 = 0.001;
/// Metres in one degree of latitude, a little less than anywhere, so that a window is rather too wide than too narrow.
const METRES_PER_DEGREE: f64 = 110_500.0;
/// A window of more cells than this is not searched cell by cell.
const MOST_CELLS: i64 = 20_000;

/// As much of an open case as a first comparison needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The case.
    pub id: CaseId,
    /// Its item.
    pub item: ItemId,
    /// Its point, where it is known.
    pub at: Option<Wgs84>,
    /// When it was reported.
    pub reported_at: DateTime<Utc>,
}

/// Where to look for cases.
#[derive(Clone, Copy, Debug)]
pub enum Within<'a> {
    /// Points at most so many metres from this one, and some around them.
    Metres(Wgs84, f64),
    /// Points from this south-western to this north-eastern corner, and some around them.
    Box(Wgs84, Wgs84),
    /// Cases of which only this area is known.
    Area(PlaceId),
    /// Cases whose place is known by these words only.
    Words(&'a Arc<str>),
}

/// Where the index keeps a case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Spot {
    /// The cell of its point, counted from west and south.
    Cell(i32, i32),
    /// A place of the town, nothing nearer.
    Area(PlaceId),
    /// Words, or an area outside the town.
    Words(Arc<str>),
}

/// Cases in one spot that are of one domain. The domain stands for itself as the first item of the catalogue that has it.
type Drawer = (Spot, ItemId);

/// The index.
#[derive(Debug, Default)]
pub(super) struct NearIndex {
    drawers: FxHashMap<Drawer, Vec<Trace>>,
    /// In which drawer a case lies, and at which place in it.
    spots: FxHashMap<CaseId, (Drawer, usize)>,
    /// The first item of each item's domain.
    domains: Vec<ItemId>,
}

/// The first item of the catalogue that has the domain of that one.
fn first_of_domain(item: ItemId, town: &Town) -> ItemId {
    let domain = &town.catalogue.get(item).domain;
    let earlier = (0..item.0).map(ItemId);
    let mut same = earlier.filter(|other| town.catalogue.get(*other).domain == *domain);
    same.next().unwrap_or(item)
}

fn cell(at: Wgs84) -> (i32, i32) {
    // Positions on the globe fit by far.
    ((at.lon / CELL).floor() as i32, (at.lat / CELL).floor() as i32)
}

fn spot(place: &Whereabouts, town: &Town) -> Option<Spot> {
    match place {
        Whereabouts::Point { at, .. } if at.is_valid() => {
            let (x, y) = cell(*at);
            Some(Spot::Cell(x, y))
        }
        Whereabouts::Point { .. } => None,
        Whereabouts::Area { code, .. } => town.place_now(code).map(Spot::Area),
        Whereabouts::Elsewhere { stated, .. } | Whereabouts::Stated { stated } => {
            Some(Spot::Words(stated.clone()))
        }
    }
}

impl NearIndex {
    /// The index of these cases.
    pub(super) fn of(all: &[&Live], town: &Town) -> Self {
        let mut index = Self {
            spots: FxHashMap::with_capacity_and_hasher(all.len(), Default::default()),
            ..Self::default()
        };
        for live in all {
            index.insert(&live.case, town);
        }
        index
    }

    fn domain(&mut self, item: ItemId, town: &Town) -> ItemId {
        let wanted = usize::from(item.0);
        while self.domains.len() <= wanted {
            let next = ItemId(self.domains.len() as u16);
            self.domains.push(first_of_domain(next, town));
        }
        self.domains[wanted]
    }

    /// Adds a case that is not there yet. One whose item or place is not known can't be compared and is left out.
    pub(super) fn insert(&mut self, case: &Case, town: &Town) {
        let (Some(item), Some(spot)) = (town.catalogue.id(&case.item), spot(&case.place, town)) else {
            return;
        };
        let trace = Trace {
            id: case.id,
            item,
            at: case.place.point(),
            reported_at: case.reported_at,
        };
        let key = (spot, self.domain(item, town));
        let drawer = self.drawers.entry(key.clone()).or_default();
        self.spots.insert(case.id, (key, drawer.len()));
        drawer.push(trace);
    }

    /// Takes a case away, if it is there.
    pub(super) fn remove(&mut self, id: CaseId) {
        let Some((key, i)) = self.spots.remove(&id) else {
            return;
        };
        let Some(drawer) = self.drawers.get_mut(&key) else {
            return;
        };
        drawer.swap_remove(i);
        if let Some(moved) = drawer.get(i)
            && let Some((_, place)) = self.spots.get_mut(&moved.id)
        {
            *place = i;
        }
        if drawer.is_empty() {
            self.drawers.remove(&key);
        }
    }

    /// Visits the cases of the item's domain that lie there, in no particular order; of cells all of their cases.
    pub(super) fn visit(&self, town: &Town, item: ItemId, within: Within<'_>, visit: &mut dyn FnMut(&Trace)) {
        let known = self.domains.get(usize::from(item.0)).copied();
        let domain = known.unwrap_or_else(|| first_of_domain(item, town));
        match within {
            Within::Metres(at, metres) => {
                let dlat = metres / METRES_PER_DEGREE;
                let dlon = dlat / at.lat.to_radians().cos().max(0.01);
                let corner = |east: f64, north: f64| Wgs84 {
                    lon: at.lon + east * dlon,
                    lat: at.lat + north * dlat,
                };
                self.visit_box(domain, corner(-1.0, -1.0), corner(1.0, 1.0), visit);
            }
            Within::Box(min, max) => self.visit_box(domain, min, max, visit),
            Within::Area(area) => self.visit_drawer(Spot::Area(area), domain, visit),
            Within::Words(words) => self.visit_drawer(Spot::Words(words.clone()), domain, visit),
        }
    }

    fn visit_box(&self, domain: ItemId, min: Wgs84, max: Wgs84, visit: &mut dyn FnMut(&Trace)) {
        let ((left, bottom), (right, top)) = (cell(min), cell(max));
        let cells = i64::from(right - left + 1) * i64::from(top - bottom + 1);
        if cells <= MOST_CELLS {
            for x in left..=right {
                for y in bottom..=top {
                    self.visit_drawer(Spot::Cell(x, y), domain, visit);
                }
            }
            return;
        }
        let inside = |x: i32, y: i32| (left..=right).contains(&x) && (bottom..=top).contains(&y);
        for ((spot, _), drawer) in self.drawers.iter().filter(|((_, of), _)| *of == domain) {
            if matches!(spot, Spot::Cell(x, y) if inside(*x, *y)) {
                drawer.iter().for_each(&mut *visit);
            }
        }
    }

    fn visit_drawer(&self, spot: Spot, domain: ItemId, visit: &mut dyn FnMut(&Trace)) {
        if let Some(drawer) = self.drawers.get(&(spot, domain)) {
            drawer.iter().for_each(visit);
        }
    }
}
