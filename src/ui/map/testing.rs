//! What tests of the map share.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::case::{Case, CaseId, Source, Stage, Whereabouts};
use crate::town::{
    Calendar, Catalogue, Centre, Class, Name, Permissions, Places, Powers, Town, TownParts, Weights, Wgs84,
};

/// A town without anything in it.
pub fn town() -> Town {
    Town::new(TownParts {
        id: "test".into(),
        name: Name::default(),
        note: Name::default(),
        center: Wgs84 {
            lon: 114.05,
            lat: 22.73,
        },
        zoom: 14.0,
        timezone: chrono_tz::Asia::Shanghai,
        base_map: None,
        places: Places::new(Vec::new()),
        catalogue: Catalogue::default(),
        calendar: Calendar {
            days: BTreeMap::new(),
            years: None,
            hours: Vec::new(),
            ..Calendar::default()
        },
        posts: Vec::new(),
        teams: Vec::new(),
        powers: Powers::default(),
        weights: Weights::default(),
        permissions: Permissions::default(),
        roster: Default::default(),
    })
}

/// When the cases of tests were reported.
pub fn reported_at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// An open case at that point, due five hours after it was reported.
pub fn case_at(id: i64, lon: f64, lat: f64) -> Case {
    Case {
        id: CaseId(id),
        version: 1,
        stage: Stage::Reported,
        item: "item".into(),
        class: Class::ALL[id as usize % 4],
        centre: Centre::ALL[id as usize % 3],
        severity: (id % 5) as u8 + 1,
        place: Whereabouts::Point {
            at: Wgs84 { lon, lat },
            stated: "".into(),
            grid: None,
        },
        source: Source::Patrol,
        text: "".into(),
        reported_at: reported_at(),
        due_at: Some(reported_at() + TimeDelta::hours(5)),
        updated_at: reported_at(),
        ended_at: None,
        handler: None,
        origin: None,
        life: Default::default(),
    }
}
