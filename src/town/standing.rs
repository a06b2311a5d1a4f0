//! The part of a town that old cases are counted by: its boundaries, its working calendar, its time zone, as they stood once.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use chrono_tz::Tz;
use geo::{Coord, LineString, MultiPolygon, Polygon};
use serde::{Deserialize, Serialize};

use super::calendar::DayKind;
use super::{Around, Calendar, Name, Place, PlaceId, PlaceKind, Places, Town, Wgs84};

/// Boundaries, working calendar and time zone of a town, as they stood once. Names and remarks are left out.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Communities, grids and blocks.
    pub places: Places,
    /// Working days and hours.
    pub calendar: Calendar,
    /// The time zone of its clocks.
    pub timezone: Tz,
}

impl Standing {
    /// That of a town as it is. What the town finds out about its ground serves both.
    pub fn of(town: &Town) -> Self {
        // Shared only where it is there before the places are copied.
        town.places.around(town.center);
        Self {
            places: town.places.clone(),
            calendar: town.calendar.clone(),
            timezone: town.timezone,
        }
    }

    /// The places around a point, one of each kind. Where somebody said that it belongs to the base grid `side`, that one
    /// and the places around the grid.
    pub fn around(&self, at: Wgs84, side: Option<PlaceId>) -> Around {
        let mut found = self.places.around(at);
        if let Some(grid) = side {
            let place = self.places.get(grid);
            found[PlaceKind::BaseGrid as usize] = Some(grid);
            found[PlaceKind::Community as usize] = place.parent;
            // Party grids are unions of base grids, so that any point of the grid tells.
            found[PlaceKind::PartyGrid as usize] = self.places.at(place.label_at, PlaceKind::PartyGrid);
        }
        found
    }

    /// A place and those that contain it.
    pub fn above(&self, place: PlaceId) -> Around {
        let mut found = Around::default();
        let mut next = Some(place);
        // What was read from a book may go round in a circle.
        for _ in KINDS {
            let Some(id) = next else { break };
            let place = self.places.get(id);
            found[place.kind as usize] = Some(id);
            next = place.parent;
        }
        found
    }

    /// Writes it in a form that [`Self::from_bytes`] reads back to the last bit. The same standing gives the same bytes.
    ///
    /// # Errors
    /// The serializer's.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec(&Written::of(self)).map_err(|e| e.to_string())
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let written: Written = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        written.read()
    }
}

/// The form in which it is written. Coordinates are written as the bits of their numbers.
#[derive(Serialize, Deserialize)]
struct Written {
    timezone: Tz,
    places: Vec<WrittenPlace>,
    /// Years that are known, first and last.
    years: Option<(i32, i32)>,
    /// Days since the year 1, and whether they are worked.
    days: Vec<(i32, bool)>,
    /// Working hours, in seconds since midnight.
    hours: Vec<(u32, u32)>,
}

#[derive(Serialize, Deserialize)]
struct WrittenPlace {
    code: String,
    kind: u8,
    parent: Option<u16>,
    label_at: [u64; 2],
    /// Polygons of rings of points; the first ring is the outer one.
    outline: Vec<Vec<Vec<[u64; 2]>>>,
}

/// The order of [`PlaceKind`]'s variants.
const KINDS: [PlaceKind; 5] = [
    PlaceKind::SubDistrict,
    PlaceKind::Community,
    PlaceKind::BaseGrid,
    PlaceKind::PartyGrid,
    PlaceKind::Block,
];

impl Written {
    fn of(standing: &Standing) -> Self {
        let Standing {
            places,
            calendar,
            timezone,
        } = standing;
        let seconds = |time: &NaiveTime| time.num_seconds_from_midnight();
        Self {
            timezone: *timezone,
            places: places.iter().map(|(_, place)| WrittenPlace::of(place)).collect(),
            years: calendar
                .years
                .as_ref()
                .map(|years| (*years.start(), *years.end())),
            days: calendar
                .days
                .iter()
                .map(|(day, (kind, _))| (day.num_days_from_ce(), *kind == DayKind::Workday))
                .collect(),
            hours: calendar
                .hours
                .iter()
                .map(|(from, to)| (seconds(from), seconds(to)))
                .collect(),
        }
    }

    fn read(self) -> Result<Standing, String> {
        let time = |seconds| {
            NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0)
                .ok_or_else(|| format!("a day has no second {seconds}"))
        };
        let day = |days| {
            NaiveDate::from_num_days_from_ce_opt(days).ok_or_else(|| format!("there is no day {days}"))
        };
        let mut calendar = Calendar {
            years: self.years.map(|(first, last)| first..=last),
            ..Calendar::default()
        };
        for (days, worked) in self.days {
            let kind = if worked {
                DayKind::Workday
            } else {
                DayKind::Holiday
            };
            calendar.days.insert(day(days)?, (kind, String::new()));
        }
        for (from, to) in self.hours {
            calendar.hours.push((time(from)?, time(to)?));
        }
        let count = self.places.len();
        let places = self.places.into_iter().map(|place| place.read(count));
        Ok(Standing {
            places: Places::new(places.collect::<Result<_, _>>()?),
            calendar,
            timezone: self.timezone,
        })
    }
}

impl WrittenPlace {
    fn of(place: &Place) -> Self {
        let bits = |at: &Coord<f64>| [at.x.to_bits(), at.y.to_bits()];
        let ring = |ring: &LineString<f64>| ring.coords().map(bits).collect::<Vec<_>>();
        let polygon = |polygon: &Polygon<f64>| {
            let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
            rings.map(ring).collect::<Vec<_>>()
        };
        Self {
            code: place.code.clone(),
            kind: place.kind as u8,
            parent: place.parent.map(|id| id.0),
            label_at: [place.label_at.lon.to_bits(), place.label_at.lat.to_bits()],
            outline: place.outline.iter().map(polygon).collect(),
        }
    }

    fn read(self, count: usize) -> Result<Place, String> {
        let kind = KINDS
            .get(usize::from(self.kind))
            .copied()
            .ok_or_else(|| format!("place {} is of the unknown kind {}", self.code, self.kind))?;
        if let Some(parent) = self.parent.filter(|parent| usize::from(*parent) >= count) {
            return Err(format!("place {} lies in the unknown place {parent}", self.code));
        }
        let number = |[x, y]: [u64; 2]| [f64::from_bits(x), f64::from_bits(y)];
        let ring = |points: Vec<[u64; 2]>| {
            points
                .into_iter()
                .map(|point| Coord::from(number(point)))
                .collect::<LineString<f64>>()
        };
        let polygon = |rings: Vec<Vec<[u64; 2]>>| {
            let mut rings = rings.into_iter().map(ring);
            let outer = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
            Polygon::new(outer, rings.collect())
        };
        Ok(Place {
            code: self.code,
            kind,
            name: Name::default(),
            parent: self.parent.map(PlaceId),
            outline: MultiPolygon::new(self.outline.into_iter().map(polygon).collect()),
            label_at: number(self.label_at).into(),
            schematic: false,
            source: String::new(),
        })
    }
}

/// All standings that a book has known, each with the entry from which on it held.
#[derive(Clone, Debug, Default)]
pub struct Standings(Vec<(i64, Arc<Standing>)>);

impl Standings {
    /// Adds a later one, which holds from the entry `since` on.
    pub fn push(&mut self, since: i64, standing: Arc<Standing>) {
        self.0.push((since, standing));
    }

    /// Takes `standing`, which is known to be equal, for the last one.
    pub fn replace_last(&mut self, standing: Arc<Standing>) {
        if let Some((_, last)) = self.0.last_mut() {
            *last = standing;
        }
    }

    /// The one that held when the entry `seq` was made. The first one counts for all entries before it, too.
    pub fn at(&self, seq: i64) -> Option<&Arc<Standing>> {
        let later = self.0.partition_point(|(since, _)| *since <= seq);
        self.0.get(later.max(1) - 1).map(|(_, standing)| standing)
    }

    /// The last one.
    pub fn last(&self) -> Option<&Arc<Standing>> {
        self.0.last().map(|(_, standing)| standing)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
