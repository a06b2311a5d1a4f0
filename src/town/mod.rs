//! The standing world: places, posts, teams, the catalogue of hazards and the working calendar.
//!
//! Loaded once from a folder of data ([`load`]), changed rarely. Knows nobody else in the house.

pub mod boundary;
pub mod calendar;
pub mod catalogue;
pub mod datum;
pub mod forces;
pub mod ground;
pub mod load;
pub mod measure;
pub mod notation;
pub mod permissions;
pub mod places;
pub mod posts;
pub mod powers;
pub mod roster;
pub mod sites;
pub mod standing;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};

pub use calendar::Calendar;
pub use catalogue::{Catalogue, Centre, Class, Item, ItemId, ItemPart, Level, Limits, Wrong};
pub use datum::Datum;
pub use forces::{TwinWeights, Weights};
pub use ground::{Around, NearBoundary};
pub use load::{TownError, TownFault};
pub use permissions::Permissions;
pub use places::{Place, PlaceId, PlaceKind, Places, Wgs84};
pub use posts::{Handler, Post, PostId, Role, Team, TeamId, TeamKind};
pub use powers::{Body, Power, Powers, Scope, Who};
pub use roster::Roster;
pub use sites::{Dwelling, Facility, FacilityKind, Sites};
pub use standing::{Standing, Standings};

/// A name in the two languages of the interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Name {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Name {
    /// The name in `lang`; Chinese where the English one is empty.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En if !self.en.is_empty() => &self.en,
            _ => &self.zh,
        }
    }
}

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// A sub-district as its data folder describes it.
#[derive(Clone, Debug)]
pub struct Town {
    /// Short stable id, e.g. `guanlan`.
    pub id: String,
    /// What it is called.
    pub name: Name,
    /// What a reader must know about the data (drafted boundaries, sample people).
    pub note: Name,
    /// Where the map looks at first.
    pub center: Wgs84,
    /// How close the map looks at first (web-map zoom level).
    pub zoom: f64,
    /// The time zone of its clocks.
    pub timezone: chrono_tz::Tz,
    /// Its offline base map, where the data names one.
    pub base_map: Option<PathBuf>,
    /// Communities, grids and blocks.
    pub places: Places,
    /// The kinds of hazard.
    pub catalogue: Catalogue,
    /// Working days and hours.
    pub calendar: Calendar,
    /// Posts, in the order of the file.
    pub posts: Vec<Post>,
    /// Teams, in the order of the file.
    pub teams: Vec<Team>,
    /// Who may settle what.
    pub powers: Powers,
    /// What weighs how much in proposals.
    pub weights: Weights,
    /// Who may give which command.
    pub permissions: Permissions,
    /// Who is on which shift.
    pub roster: Roster,
    /// Facilities and dwellings.
    pub sites: Sites,
    post_by_code: HashMap<String, PostId>,
    team_by_code: HashMap<String, TeamId>,
    /// The people of each place, indexed by its id.
    people: Vec<People>,
    /// The places as they were, each until that moment; the oldest first.
    past: Vec<(DateTime<Utc>, Arc<Places>)>,
    /// What places that are no more have become, by code.
    successors: HashMap<String, String>,
}

/// Who answers for one place: of each role the first post in the file.
#[derive(Clone, Copy, Debug, Default)]
struct People {
    grid_officer: Option<PostId>,
    party_grid_chief: Option<PostId>,
    party_grid_team: Option<TeamId>,
    street_chief: Option<PostId>,
    community_officer: Option<PostId>,
}

impl People {
    fn of_all(places: &Places, posts: &[Post], teams: &[Team]) -> Vec<Self> {
        let mut people = vec![Self::default(); places.len()];
        for (i, post) in posts.iter().enumerate() {
            let Some(at) = people.get_mut(usize::from(post.place.0)) else {
                continue;
            };
            let slot = match post.role {
                Role::GridOfficer => &mut at.grid_officer,
                Role::PartyGridChief => &mut at.party_grid_chief,
                Role::StreetChief => &mut at.street_chief,
                Role::CommunityOfficer => &mut at.community_officer,
                _ => continue,
            };
            slot.get_or_insert(PostId(i as u16));
        }
        for (i, team) in teams.iter().enumerate() {
            if team.kind == TeamKind::PartyGridTeam
                && let Some(at) = people.get_mut(usize::from(team.place.0))
            {
                at.party_grid_team.get_or_insert(TeamId(i as u16));
            }
        }
        people
    }
}

/// Everybody answerable at one point of the map (the report's row M3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answerable {
    /// The community around the point.
    pub community: Option<PlaceId>,
    /// The base grid around the point.
    pub base_grid: Option<PlaceId>,
    /// The party grid around the point, where there is one.
    pub party_grid: Option<PlaceId>,
    /// The block around the point, where there is one.
    pub block: Option<PlaceId>,
    /// The grid officer of the base grid.
    pub grid_officer: Option<PostId>,
    /// The chief of the party grid.
    pub party_grid_chief: Option<PostId>,
    /// The service team of the party grid.
    pub party_grid_team: Option<TeamId>,
    /// The street chief of the block.
    pub street_chief: Option<PostId>,
    /// The officer of the community's social-management office.
    pub community_officer: Option<PostId>,
}

/// The parts of a [`Town`], before their cross references are indexed.
#[derive(Debug)]
pub struct TownParts {
    /// See [`Town::id`].
    pub id: String,
    /// See [`Town::name`].
    pub name: Name,
    /// See [`Town::note`].
    pub note: Name,
    /// See [`Town::center`].
    pub center: Wgs84,
    /// See [`Town::zoom`].
    pub zoom: f64,
    /// See [`Town::timezone`].
    pub timezone: chrono_tz::Tz,
    /// See [`Town::base_map`].
    pub base_map: Option<PathBuf>,
    /// See [`Town::places`].
    pub places: Places,
    /// See [`Town::catalogue`].
    pub catalogue: Catalogue,
    /// See [`Town::calendar`].
    pub calendar: Calendar,
    /// See [`Town::posts`].
    pub posts: Vec<Post>,
    /// See [`Town::teams`].
    pub teams: Vec<Team>,
    /// See [`Town::powers`].
    pub powers: Powers,
    /// See [`Town::weights`].
    pub weights: Weights,
    /// See [`Town::permissions`].
    pub permissions: Permissions,
    /// See [`Town::roster`].
    pub roster: Roster,
}

impl Town {
    /// Joins loaded parts; codes are known to be unique.
    pub fn new(parts: TownParts) -> Self {
        let post_by_code = parts
            .posts
            .iter()
            .enumerate()
            .map(|(i, p)| (p.code.clone(), PostId(i as u16)))
            .collect();
        let team_by_code = parts
            .teams
            .iter()
            .enumerate()
            .map(|(i, t)| (t.code.clone(), TeamId(i as u16)))
            .collect();
        let TownParts {
            id,
            name,
            note,
            center,
            zoom,
            timezone,
            base_map,
            places,
            catalogue,
            calendar,
            posts,
            teams,
            powers,
            weights,
            permissions,
            roster,
        } = parts;
        let people = People::of_all(&places, &posts, &teams);
        Self {
            id,
            name,
            note,
            center,
            zoom,
            timezone,
            base_map,
            places,
            catalogue,
            calendar,
            posts,
            teams,
            powers,
            weights,
            permissions,
            roster,
            sites: Sites::default(),
            post_by_code,
            team_by_code,
            people,
            past: Vec::new(),
            successors: HashMap::new(),
        }
    }

    /// Takes other ground for the one that it has. Posts and teams belong to it already.
    fn stand_on(&mut self, ground: boundary::Redrawn) {
        self.people = People::of_all(&ground.places, &self.posts, &self.teams);
        self.places = ground.places;
        self.past = ground.past;
        self.successors = ground.successors;
    }

    /// The places as they were at a moment: what has come since lies in those as they are.
    pub fn places_at(&self, when: DateTime<Utc>) -> &Places {
        let until = self.past.partition_point(|(until, _)| *until <= when);
        self.past.get(until).map_or(&self.places, |(_, places)| places)
    }

    /// The place that a code means now: it, or what it has become.
    pub fn place_now(&self, code: &str) -> Option<PlaceId> {
        boundary::place_now(&self.places, &self.successors, code)
    }

    /// The post with that code.
    pub fn post(&self, code: &str) -> Option<&Post> {
        self.post_by_code.get(code).map(|id| &self.posts[id.0 as usize])
    }

    /// The team with that code.
    pub fn team(&self, code: &str) -> Option<&Team> {
        self.team_by_code.get(code).map(|id| &self.teams[id.0 as usize])
    }

    /// The post or team that is meant.
    pub fn who(&self, handler: &Handler) -> Option<Who<'_>> {
        match handler {
            Handler::Post(code) => self.post(code).map(Who::Post),
            Handler::Team(code) => self.team(code).map(Who::Team),
        }
    }

    /// What `handler` is called, in `lang`; its code where the town no longer knows it.
    pub fn handler_name<'a>(&'a self, handler: &'a Handler, lang: Lang) -> &'a str {
        match handler {
            Handler::Post(code) => self.post(code).map_or(code, |p| p.title.get(lang)),
            Handler::Team(code) => self.team(code).map_or(code, |t| t.name.get(lang)),
        }
    }

    /// Who answers for the point `at` (WGS-84). All empty outside the town.
    pub fn answerable(&self, at: Wgs84) -> Answerable {
        let around = self.places.around(at);
        let mut found = Answerable {
            community: around[PlaceKind::Community as usize],
            base_grid: around[PlaceKind::BaseGrid as usize],
            party_grid: around[PlaceKind::PartyGrid as usize],
            block: around[PlaceKind::Block as usize],
            ..Answerable::default()
        };
        self.fill_people(&mut found);
        found
    }

    /// Who answers for the point `at`, which somebody said belongs to that base grid: those of the grid, and of the places
    /// around the grid.
    pub fn answerable_on_side(&self, at: Wgs84, grid: PlaceId) -> Answerable {
        let place = self.places.get(grid);
        let mut found = Answerable {
            community: place.parent,
            base_grid: Some(grid),
            // Party grids are unions of base grids, so that any point of the grid tells.
            party_grid: self.places.at(place.label_at, PlaceKind::PartyGrid),
            block: self.places.at(at, PlaceKind::Block),
            ..Answerable::default()
        };
        self.fill_people(&mut found);
        found
    }

    /// Who answers for a point that was told of at `when`: a matter keeps the places in which it lay then. `side` is the
    /// base grid that somebody said it belongs to.
    pub fn answerable_then(&self, at: Wgs84, side: Option<&str>, when: DateTime<Utc>) -> Answerable {
        let then = self.places_at(when);
        let side = side.and_then(|code| then.by_code(code));
        if std::ptr::eq(then, &raw const self.places) {
            return match side {
                Some(grid) => self.answerable_on_side(at, grid),
                None => self.answerable(at),
            };
        }
        let mut around = then.around(at);
        if let Some(grid) = side {
            let place = then.get(grid);
            around[PlaceKind::BaseGrid as usize] = Some(grid);
            around[PlaceKind::Community as usize] = place.parent;
            around[PlaceKind::PartyGrid as usize] = then.at(place.label_at, PlaceKind::PartyGrid);
        }
        let now = |kind: PlaceKind| {
            let id = self.place_now(&then.get(around[kind as usize]?).code)?;
            // What has gone to the place around it is no longer of its kind.
            (self.places.get(id).kind == kind).then_some(id)
        };
        let mut found = Answerable {
            community: now(PlaceKind::Community),
            base_grid: now(PlaceKind::BaseGrid),
            party_grid: now(PlaceKind::PartyGrid),
            block: now(PlaceKind::Block),
            ..Answerable::default()
        };
        self.fill_people(&mut found);
        found
    }

    /// The base grids that a point near a boundary may belong to, the one that it lies in first; empty where there is
    /// no question.
    pub fn sides(&self, at: Wgs84) -> Vec<PlaceId> {
        let near = self.places.near_boundary(at, ground::ASK_WITHIN_M);
        let of_grids = || near.iter().filter(|near| near.kind == PlaceKind::BaseGrid);
        let here = of_grids().find_map(|near| near.here);
        let all: Vec<PlaceId> = here
            .into_iter()
            .chain(of_grids().filter_map(|near| near.other))
            .collect();
        if all.len() < 2 { Vec::new() } else { all }
    }

    /// Who answers for the whole of a place, where the exact point is not known: those of the place itself and of the
    /// places that contain it.
    pub fn answerable_in(&self, place: PlaceId) -> Answerable {
        let mut found = Answerable::default();
        let mut next = Some(place);
        while let Some(id) = next {
            let place = self.places.get(id);
            let slot = match place.kind {
                PlaceKind::SubDistrict => break,
                PlaceKind::Community => &mut found.community,
                PlaceKind::BaseGrid => &mut found.base_grid,
                PlaceKind::PartyGrid => &mut found.party_grid,
                PlaceKind::Block => &mut found.block,
            };
            *slot = Some(id);
            // Parents are of a wider kind, so this ends.
            next = place.parent;
        }
        self.fill_people(&mut found);
        found
    }

    fn fill_people(&self, found: &mut Answerable) {
        let of = |place: Option<PlaceId>| {
            let people = place.and_then(|place| self.people.get(usize::from(place.0)));
            people.copied().unwrap_or_default()
        };
        found.grid_officer = of(found.base_grid).grid_officer;
        found.party_grid_chief = of(found.party_grid).party_grid_chief;
        found.party_grid_team = of(found.party_grid).party_grid_team;
        found.street_chief = of(found.block).street_chief;
        found.community_officer = of(found.community).community_officer;
    }
}
