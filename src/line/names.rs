//! The names of a town, prepared once so that each key finds among them quickly.

use std::collections::HashMap;
use std::sync::Arc;

use crate::town::{Handler, PlaceId, PlaceKind, Town};

use super::spelling::{GAPS, Rank, Spelling, Typed, normal};

/// Teams, posts, items and places with all ways to type them.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Teams first, then posts: whoever is sent is mostly a team.
    units: Vec<(Handler, Spelling)>,
    /// How many of them have a Chinese name.
    unit_names: HashMap<String, u32>,
    items: Vec<(Arc<str>, Spelling)>,
    places: Vec<(PlaceId, Spelling)>,
}

/// What fits what was typed, the best first, and in the order of the town's files where it fits alike.
pub type Found<'a, T> = Vec<(Rank, &'a T)>;

impl Names {
    /// Prepares the names of `town`. Retired items are left out.
    pub fn of(town: &Town) -> Self {
        let teams = town.teams.iter().map(|team| {
            let handler = Handler::Team(team.code.as_str().into());
            (handler, Spelling::new(&team.name.zh, &team.name.en, &team.code))
        });
        let posts = town.posts.iter().map(|post| {
            let handler = Handler::Post(post.code.as_str().into());
            (handler, Spelling::new(&post.title.zh, &post.title.en, &post.code))
        });
        let items = town
            .catalogue
            .iter()
            .filter(|(_, item)| !item.retired)
            .map(|(_, item)| {
                let spelling = Spelling::new(&item.name.zh, &item.name.en, &item.code);
                (item.code.as_str().into(), spelling)
            });
        let places = [
            PlaceKind::Community,
            PlaceKind::Block,
            PlaceKind::PartyGrid,
            PlaceKind::BaseGrid,
        ]
        .into_iter()
        .flat_map(|kind| town.places.of_kind(kind))
        .map(|(id, place)| (id, Spelling::new(&place.name.zh, &place.name.en, &place.code)));
        let mut unit_names = HashMap::new();
        let teams_names = town.teams.iter().map(|team| &team.name.zh);
        for name in teams_names.chain(town.posts.iter().map(|post| &post.title.zh)) {
            *unit_names.entry(normal(name)).or_default() += 1;
        }
        Self {
            unit_names,
            units: teams.chain(posts).collect(),
            items: items.collect(),
            places: places.collect(),
        }
    }

    /// Teams and posts that `typed` fits.
    pub fn units(&self, typed: &str) -> Found<'_, Handler> {
        found(&self.units, typed)
    }

    /// Whether exactly one team or post has this Chinese name.
    pub fn is_one_unit(&self, name: &str) -> bool {
        self.unit_names.get(&normal(name)) == Some(&1)
    }

    /// Codes of the items that `typed` fits.
    pub fn items(&self, typed: &str) -> Found<'_, Arc<str>> {
        found(&self.items, typed)
    }

    /// Places that `typed` fits: communities first, then blocks and grids.
    pub fn places(&self, typed: &str) -> Found<'_, PlaceId> {
        found(&self.places, typed)
    }

    /// All teams and posts.
    pub fn all_units(&self) -> impl Iterator<Item = &Handler> {
        self.units.iter().map(|(handler, _)| handler)
    }

    /// The codes of all items that are not retired.
    pub fn all_items(&self) -> impl Iterator<Item = &Arc<str>> {
        self.items.iter().map(|(code, _)| code)
    }

    /// All places but the sub-district itself.
    pub fn all_places(&self) -> impl Iterator<Item = PlaceId> {
        self.places.iter().map(|(id, _)| *id)
    }
}

fn found<'a, T>(all: &'a [(T, Spelling)], typed: &str) -> Found<'a, T> {
    let typed = Typed::new(typed);
    let ranked = all
        .iter()
        .filter_map(|(thing, spelling)| Some((spelling.rank(&typed)?, thing)));
    let mut by_rank: [Vec<(Rank, &T)>; GAPS as usize + 1] = Default::default();
    for (rank, thing) in ranked {
        by_rank[usize::from(rank.min(GAPS))].push((rank, thing));
    }
    by_rank.into_iter().flatten().collect()
}

/// What a short name means: the one that fits best, and how many fit as well.
pub fn best<'a, T>(found: &[(Rank, &'a T)]) -> Option<(&'a T, usize)> {
    let (rank, first) = *found.first()?;
    let alike = found.iter().take_while(|(other, _)| *other == rank).count();
    Some((first, alike))
}
