//! How a town stands after its boundaries were changed: the places of its file, and every change that is in force.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use geo::{Contains, Coord, InteriorPoint, LineString, MultiPolygon, Polygon};

use crate::town::{Place, PlaceId, Places, Town, Wgs84};

use super::{Change, Drawn};

/// The ground of a town after changes.
#[derive(Clone, Debug)]
pub struct Redrawn {
    /// The places as they are.
    pub places: Places,
    /// The places as they were before each change, with the moment until which they were so; the oldest first.
    pub past: Vec<(DateTime<Utc>, Arc<Places>)>,
    /// What places that are no more have become, by code.
    pub successors: HashMap<String, String>,
}

/// The ground of the town `file` after `changes`, each with the moment from which it holds, in the order in which they
/// came into force.
pub fn redrawn<'a>(file: &Places, changes: impl IntoIterator<Item = (DateTime<Utc>, &'a Change)>) -> Redrawn {
    let mut found = Redrawn {
        places: file.clone(),
        past: Vec::new(),
        successors: HashMap::new(),
    };
    for (from, change) in changes {
        let next = changed(&found.places, change, &mut found.successors);
        let before = std::mem::replace(&mut found.places, next);
        found.past.push((from, Arc::new(before)));
    }
    found
}

/// Places after one change. Those that are there keep their order; new ones come last.
fn changed(places: &Places, change: &Change, successors: &mut HashMap<String, String>) -> Places {
    let parent_of = |place: &Place| place.parent.map(|id| places.get(id).code.clone());
    let mut all: Vec<(Place, Option<String>)> = places
        .iter()
        .map(|(_, place)| (place.clone(), parent_of(place)))
        .collect();
    for gone in &change.gone {
        let parent = all.iter().find(|(place, _)| place.code == gone.code);
        let into = gone
            .into
            .clone()
            .or_else(|| parent.and_then(|(_, parent)| parent.clone()));
        successors.extend(into.map(|into| (gone.code.clone(), into)));
        all.retain(|(place, _)| place.code != gone.code);
    }
    for drawn in &change.drawn {
        successors.remove(&drawn.code);
        let new = place(drawn);
        match all.iter_mut().find(|(place, _)| place.code == drawn.code) {
            Some(slot) => *slot = (new, drawn.parent.clone()),
            None => all.push((new, drawn.parent.clone())),
        }
    }
    let ids: HashMap<String, PlaceId> = all
        .iter()
        .enumerate()
        .map(|(i, (place, _))| (place.code.clone(), PlaceId(i as u16)))
        .collect();
    let linked = all.into_iter().map(|(mut place, parent)| {
        place.parent = parent.and_then(|code| ids.get(&code).copied());
        place
    });
    Places::new(linked.collect())
}

/// The outline of a drawn place.
pub(super) fn outline(drawn: &Drawn) -> MultiPolygon<f64> {
    let line = |ring: &Vec<[f64; 2]>| ring.iter().map(|p| Coord::from(*p)).collect::<LineString<f64>>();
    let polygon = |rings: &Vec<Vec<[f64; 2]>>| {
        let mut lines = rings.iter().map(line);
        let outer = lines.next().unwrap_or_else(|| LineString(Vec::new()));
        Polygon::new(outer, lines.collect())
    };
    MultiPolygon(drawn.outline.iter().map(polygon).collect())
}

fn place(drawn: &Drawn) -> Place {
    let outline = outline(drawn);
    let inside = outline.interior_point().filter(|point| outline.contains(point));
    let first = || outline.iter().find_map(|p| p.exterior().coords().next().copied());
    let label = inside.map(|p| p.0).or_else(first).unwrap_or_default();
    Place {
        code: drawn.code.clone(),
        kind: drawn.kind,
        name: drawn.name.clone(),
        parent: None,
        label_at: Wgs84 {
            lon: label.x,
            lat: label.y,
        },
        outline,
        schematic: drawn.schematic,
        source: drawn.source.clone(),
    }
}

impl Change {
    /// What has to be drawn so that places that are as `now` become as `then` again.
    pub fn between(now: &Places, then: &Places) -> Self {
        let told = |places: &Places, place: &Place| super::Shape::of(places, place).drawn();
        let mut change = Self::default();
        for (_, place) in then.iter() {
            let wanted = told(then, place);
            let there = now.by_code(&place.code).map(|id| told(now, now.get(id)));
            if there.is_none_or(|there| there != wanted) {
                change.drawn.push(wanted);
            }
        }
        for (_, place) in now
            .iter()
            .filter(|(_, place)| then.by_code(&place.code).is_none())
        {
            let into = then
                .at(place.label_at, place.kind)
                .map(|id| then.get(id).code.clone());
            change.gone.push(super::Gone {
                code: place.code.clone(),
                into,
            });
        }
        change
    }
}

impl Town {
    /// This town, whose places are those of its file, on other ground: with it go its posts and teams. Of a place that is no
    /// more, they go to the one that it has become.
    pub fn on_ground(&self, ground: Redrawn) -> Self {
        let mut town = self.clone();
        let to = |id: PlaceId| {
            let code = &self.places.get(id).code;
            ground.place_now(code).unwrap_or(PlaceId(0))
        };
        for post in &mut town.posts {
            post.place = to(post.place);
        }
        for team in &mut town.teams {
            team.place = to(team.place);
        }
        town.stand_on(ground);
        town
    }
}

impl Redrawn {
    /// The place that a code means now: it, or what it has become.
    pub fn place_now(&self, code: &str) -> Option<PlaceId> {
        place_now(&self.places, &self.successors, code)
    }
}

/// The place that a code means now: it, or what it has become.
pub(in crate::town) fn place_now(
    places: &Places,
    successors: &HashMap<String, String>,
    code: &str,
) -> Option<PlaceId> {
    let mut code = code;
    // What data says may go round in a circle.
    for _ in 0..=successors.len() {
        if let Some(id) = places.by_code(code) {
            return Some(id);
        }
        code = successors.get(code)?;
    }
    None
}
