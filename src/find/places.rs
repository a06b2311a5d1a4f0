//! Places by name: in Chinese, as pinyin, as initials, in English, by code, and with a slip of the finger; or by coordinates.

use crate::case::CaseId;
use crate::line::spelling::{GAPS, Rank, Spelling, Typed, normal, spellings};
use crate::town::notation::{ReadCoordinates, parse_coordinates};
use crate::town::{Handler, Name, PlaceId, PlaceKind, Town, Wgs84};

/// It is spelled nearly so.
pub const NEARLY: Rank = GAPS + 1;

/// What kind of thing was found, in the order in which they are listed where they fit alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceKindFound {
    /// A case, by its number.
    Case,
    /// A point, by its coordinates.
    Point,
    /// 街道
    SubDistrict,
    /// 社区
    Community,
    /// 街区
    Block,
    /// 党建网格
    PartyGrid,
    /// 基础网格
    BaseGrid,
    /// A facility of the town.
    Facility,
    /// A road, a lane, a building, a water that the base map names.
    Landmark,
    /// A dwelling.
    Dwelling,
    /// A team, where it sets out from.
    Team,
    /// A post, where it answers for.
    Post,
}

impl PlaceKindFound {
    /// The last part of its key in the words of the interface, and its word in data.
    pub fn code(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Point => "point",
            Self::SubDistrict => "sub-district",
            Self::Community => "community",
            Self::Block => "block",
            Self::PartyGrid => "party-grid",
            Self::BaseGrid => "base-grid",
            Self::Facility => "facility",
            Self::Landmark => "landmark",
            Self::Dwelling => "dwelling",
            Self::Team => "team",
            Self::Post => "post",
        }
    }
}

/// What is shown where a place is chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A place of the town.
    Place(PlaceId),
    /// A team or post.
    Unit(Handler),
    /// A case.
    Case(CaseId),
    /// Coordinates as they were read.
    Point(ReadCoordinates),
    /// Only the spot.
    Spot,
}

/// A place that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceHit {
    /// What kind of thing it is.
    pub kind: PlaceKindFound,
    /// What it is called.
    pub name: Name,
    /// Where it is.
    pub at: Wgs84,
    /// The box around it, south-west and north-east, where it has ground.
    pub bounds: Option<(Wgs84, Wgs84)>,
    /// What is shown when it is chosen.
    pub target: Target,
}

struct Entry {
    spelling: Spelling,
    /// A community's name as it is called in short, which is its whole name, too.
    short: Option<Spelling>,
    /// The ways of writing it that slips of the finger are looked for in: Chinese, pinyin, English.
    written: [Box<[char]>; 3],
    hit: PlaceHit,
}

/// The names of a town, prepared once.
#[derive(Default)]
pub struct PlaceIndex {
    entries: Vec<Entry>,
}

impl std::fmt::Debug for PlaceIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlaceIndex")
            .field("entries", &self.entries.len())
            .finish()
    }
}

impl Entry {
    fn rank(&self, typed: &Typed) -> Option<Rank> {
        let short = || self.short.as_ref().and_then(|short| short.rank(typed));
        let rank = self.spelling.rank(typed)?;
        Some(short().map_or(rank, |short| short.min(rank)))
    }
}

impl PlaceIndex {
    /// The places, teams and posts of a town.
    pub fn of(town: &Town) -> Self {
        let mut index = Self::default();
        for (id, place) in town.places.iter() {
            let hit = PlaceHit {
                kind: kind_of(place.kind),
                name: place.name.clone(),
                at: place.label_at,
                bounds: town.places.bounds_of(id),
                target: Target::Place(id),
            };
            index.add(hit, &place.code);
        }
        for facility in town.sites.facilities.iter().flatten() {
            index.add_spot(
                PlaceKindFound::Facility,
                &facility.name,
                facility.at,
                &facility.code,
            );
        }
        for dwelling in town.sites.dwellings.iter().flatten() {
            index.add_spot(
                PlaceKindFound::Dwelling,
                &dwelling.name,
                dwelling.at,
                &dwelling.code,
            );
        }
        for team in &town.teams {
            let handler = Handler::Team(team.code.as_str().into());
            index.add_unit(
                PlaceKindFound::Team,
                &team.name,
                handler,
                team.station,
                &team.code,
            );
        }
        for post in town.posts.iter().filter(|post| !post.role.is_of_the_hall()) {
            let handler = Handler::Post(post.code.as_str().into());
            let at = town.places.get(post.place).label_at;
            index.add_unit(PlaceKindFound::Post, &post.title, handler, at, &post.code);
        }
        if let Some(map) = &town.base_map {
            index.add_landmarks(&map.with_extension("names.csv"));
        }
        index
    }

    fn add_spot(&mut self, kind: PlaceKindFound, name: &Name, at: Wgs84, code: &str) {
        let hit = PlaceHit {
            kind,
            name: name.clone(),
            at,
            bounds: None,
            target: Target::Spot,
        };
        self.add(hit, code);
    }

    fn add_unit(&mut self, kind: PlaceKindFound, name: &Name, handler: Handler, at: Wgs84, code: &str) {
        let hit = PlaceHit {
            kind,
            name: name.clone(),
            at,
            bounds: None,
            target: Target::Unit(handler),
        };
        self.add(hit, code);
    }

    /// Adds anything that has a name and a place. Its code may be empty.
    pub fn add(&mut self, hit: PlaceHit, code: &str) {
        let chars = |text: &str| text.chars().collect::<Box<[char]>>();
        let [zh, pinyin, _] = spellings(&hit.name.zh);
        self.entries.push(Entry {
            spelling: Spelling::new(&hit.name.zh, &hit.name.en, code),
            short: hit
                .name
                .zh
                .strip_suffix("社区")
                .map(|short| Spelling::new(short, "", "")),
            written: [chars(&zh), chars(&pinyin), chars(&normal(&hit.name.en))],
            hit,
        });
    }

    /// Adds the names that stand beside a base map, `name_zh,name_en,lon,lat` a line. A map without such a file has none; a row
    /// that is broken is left out and logged.
    fn add_landmarks(&mut self, path: &std::path::Path) {
        let Ok(mut rows) = csv::Reader::from_path(path) else {
            return;
        };
        for row in rows.deserialize::<(String, String, f64, f64)>() {
            match row {
                Ok((zh, en, lon, lat)) if (Wgs84 { lon, lat }).is_valid() => {
                    self.add_spot(PlaceKindFound::Landmark, &Name { zh, en }, Wgs84 { lon, lat }, "");
                }
                Ok((zh, ..)) => tracing::warn!("{}: '{zh}' is no place on the globe", path.display()),
                Err(error) => tracing::warn!("{}: {error}", path.display()),
            }
        }
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The places that fit what was typed, the best first, at most `most`. Coordinates come before all names.
    pub fn find(&self, text: &str, most: usize) -> Vec<PlaceHit> {
        let mut found: Vec<PlaceHit> = point(text).into_iter().collect();
        let typed = Typed::new(text);
        let mut ranked: Vec<(Rank, &Entry)> = self
            .entries
            .iter()
            .filter_map(|entry| Some((entry.rank(&typed)?, entry)))
            .collect();
        // Who finds nothing has made a mistake, perhaps.
        if ranked.is_empty() && found.is_empty() {
            let typed: Vec<char> = normal(text).chars().collect();
            let nearly = self.entries.iter().filter(|entry| is_nearly(&typed, entry));
            ranked.extend(nearly.map(|entry| (NEARLY, entry)));
        }
        ranked.sort_by_key(|(rank, entry)| (*rank, entry.hit.kind, entry.hit.name.zh.len()));
        found.extend(ranked.into_iter().map(|(_, entry)| entry.hit.clone()));
        found.truncate(most);
        found
    }
}

fn kind_of(kind: PlaceKind) -> PlaceKindFound {
    match kind {
        PlaceKind::SubDistrict => PlaceKindFound::SubDistrict,
        PlaceKind::Community => PlaceKindFound::Community,
        PlaceKind::Block => PlaceKindFound::Block,
        PlaceKind::PartyGrid => PlaceKindFound::PartyGrid,
        PlaceKind::BaseGrid => PlaceKindFound::BaseGrid,
    }
}

/// The point that coordinates mean.
fn point(text: &str) -> Option<PlaceHit> {
    let read = parse_coordinates(text).ok()?;
    let name = format!("{:.6}, {:.6}", read.at.lat, read.at.lon);
    Some(PlaceHit {
        kind: PlaceKindFound::Point,
        name: Name {
            zh: name.clone(),
            en: name,
        },
        at: read.at,
        bounds: None,
        target: Target::Point(read),
    })
}

/// Whether what was typed stands in a name with a slip or two: a sign that is wrong, missing, or too many. Very short words
/// would be nearly everything.
fn is_nearly(typed: &[char], entry: &Entry) -> bool {
    let is_latin = typed.iter().all(char::is_ascii);
    let slips = match (is_latin, typed.len()) {
        (true, 0..4) | (false, 0..3) | (_, 40..) => return false,
        (true, 4..9) | (false, 3..7) => 1,
        _ => 2,
    };
    let written = if is_latin {
        &entry.written[1..]
    } else {
        &entry.written[..1]
    };
    written.iter().any(|name| slips_within(typed, name) <= slips)
}

/// So many signs must be changed, left out or put in that `typed` stands somewhere in `name`.
fn slips_within(typed: &[char], name: &[char]) -> usize {
    // Of each beginning of the name, the fewest slips with which what was typed ends there.
    let mut before: Vec<usize> = vec![0; name.len() + 1];
    let mut here = before.clone();
    for (i, a) in typed.iter().enumerate() {
        here[0] = i + 1;
        for (j, b) in name.iter().enumerate() {
            let changed = before[j] + usize::from(a != b);
            here[j + 1] = changed.min(before[j + 1] + 1).min(here[j] + 1);
        }
        std::mem::swap(&mut before, &mut here);
    }
    before.into_iter().min().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::LazyLock;

    use super::*;

    static TOWN: LazyLock<Town> = LazyLock::new(|| {
        Town::load(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan")).unwrap()
    });
    static INDEX: LazyLock<PlaceIndex> = LazyLock::new(|| PlaceIndex::of(&TOWN));

    fn first(text: &str) -> Option<(PlaceKindFound, String)> {
        INDEX
            .find(text, 20)
            .into_iter()
            .next()
            .map(|hit| (hit.kind, hit.name.zh))
    }

    #[test]
    fn places_are_found_in_every_way_of_typing_them() {
        let community = Some((PlaceKindFound::Community, "新澜社区".to_owned()));
        for text in [
            "新澜",
            "xinlan",
            "xlsq",
            "Xinlan",
            "新澜社区",
            "ＸＩＮＬＡＮ",
            "xinlna",
            "新蓝社区",
        ] {
            assert_eq!(first(text), community, "{text}");
        }
        assert_eq!(
            first("观澜大道").map(|(kind, _)| kind),
            Some(PlaceKindFound::Landmark)
        );
        assert_eq!(
            first("gldd").map(|(kind, _)| kind),
            Some(PlaceKindFound::Landmark)
        );
        assert_eq!(first("没有这样的地方"), None);
        assert_eq!(first(""), None);
    }

    #[test]
    fn coordinates_are_a_place_and_their_datum_is_told() {
        let hits = INDEX.find("高德 114.0576,22.7184", 5);
        assert_eq!(hits[0].kind, PlaceKindFound::Point);
        let Target::Point(read) = &hits[0].target else {
            panic!()
        };
        assert_eq!(read.datum, crate::town::Datum::Gcj02);
        assert!(
            hits[0].at.distance_m(Wgs84 {
                lon: 114.0576,
                lat: 22.7184
            }) > 300.0
        );
    }

    #[test]
    fn slips_are_counted() {
        let slips = |typed: &str, name: &str| {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            slips_within(&chars(typed), &chars(name))
        };
        assert_eq!(slips("xinlan", "xinlanshequ"), 0);
        assert_eq!(slips("shequ", "xinlanshequ"), 0);
        assert_eq!(slips("xinlna", "xinlanshequ"), 1);
        assert_eq!(slips("xilan", "xinlanshequ"), 1);
        assert_eq!(slips("dafu", "xinlanshequ"), 3);
        assert_eq!(slips("", "x"), 0);
    }
}
