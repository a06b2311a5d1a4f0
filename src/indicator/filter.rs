//! Of which cases: a community, a class, an item, and so on.

use serde::Serialize;

use crate::case::{Area, CodeKind, Codes, Fact, Source};
use crate::town::{Centre, Class, Handler, Lang, PlaceKind, Town};

/// By what cases can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    /// 社区
    Community,
    /// 基础网格
    BaseGrid,
    /// 党建网格
    PartyGrid,
    /// 街区
    Block,
    /// 中心
    Centre,
    /// 类别
    Class,
    /// 事项
    Item,
    /// 来源
    Source,
    /// 处置单位: who has it in hand, or had it last
    Unit,
}

impl Dimension {
    /// All of them, in the order of menus.
    pub const ALL: [Self; 9] = [
        Self::Community,
        Self::BaseGrid,
        Self::PartyGrid,
        Self::Block,
        Self::Centre,
        Self::Class,
        Self::Item,
        Self::Source,
        Self::Unit,
    ];

    /// The word that stands for it on the shell, and the last part of its key in the words of the interface.
    pub fn code(self) -> &'static str {
        [
            "community",
            "base-grid",
            "party-grid",
            "block",
            "centre",
            "class",
            "item",
            "source",
            "unit",
        ][self as usize]
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.code() == text)
    }

    /// The kind of place that it tells apart, if any.
    pub fn place_kind(self) -> Option<PlaceKind> {
        Some(match self {
            Self::Community => PlaceKind::Community,
            Self::BaseGrid => PlaceKind::BaseGrid,
            Self::PartyGrid => PlaceKind::PartyGrid,
            Self::Block => PlaceKind::Block,
            _ => return None,
        })
    }

    /// The dimension of a kind of place; `None` for the sub-district, which is all of it.
    pub fn of_place(kind: PlaceKind) -> Option<Self> {
        [Self::Community, Self::BaseGrid, Self::PartyGrid, Self::Block]
            .into_iter()
            .find(|dimension| dimension.place_kind() == Some(kind))
    }
}

/// One community, class, item…
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// By what it is told apart.
    pub dimension: Dimension,
    /// Its code in the town's data: a place's, an item's, a handler's (`team:CODE`), a letter, a word. Empty for the cases
    /// of which it is not known.
    pub code: String,
}

impl Key {
    /// A key.
    pub fn new(dimension: Dimension, code: impl Into<String>) -> Self {
        Self {
            dimension,
            code: code.into(),
        }
    }

    /// What the town calls it. `None` for classes, centres and sources, which the words of the interface name, for what the
    /// town no longer knows, and for the cases of which it is not known.
    pub fn name<'a>(&self, town: &'a Town, lang: Lang) -> Option<&'a str> {
        match self.dimension {
            Dimension::Community | Dimension::BaseGrid | Dimension::PartyGrid | Dimension::Block => {
                let id = town.places.by_code(&self.code)?;
                Some(town.places.get(id).name.get(lang))
            }
            Dimension::Item => Some(town.catalogue.by_code(&self.code)?.name.get(lang)),
            Dimension::Unit => match Handler::try_from(self.code.clone()).ok()? {
                Handler::Post(code) => Some(town.post(&code)?.title.get(lang)),
                Handler::Team(code) => Some(town.team(&code)?.name.get(lang)),
            },
            Dimension::Centre | Dimension::Class | Dimension::Source => None,
        }
    }
}

/// Why a filter can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// No place has that name or code.
    #[error("'{0}' is no community, grid or block of the town, by name or by code")]
    Area(String),
    /// Several places have that name.
    #[error("'{0}' names several places ({1}): give one of these codes")]
    AreaTwice(String, String),
    /// Not a value of that dimension.
    #[error("'{0}' is no {1} of the town, by name or by code")]
    Value(String, &'static str),
}

/// Of which cases. Several keys of one dimension let the cases of any of them through; keys of different dimensions only
/// those of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Filter {
    /// The keys. None lets everything through.
    pub keys: Vec<Key>,
}

impl Filter {
    /// Lets only the cases of `key` through, besides what it lets through already.
    #[must_use]
    pub fn and(mut self, key: Key) -> Self {
        self.keys.push(key);
        self
    }

    /// Lets only the cases of an area through: a community, grid or block, by code or by name in either language. The
    /// sub-district itself lets everything through.
    ///
    /// # Errors
    /// [`FilterError::Area`], [`FilterError::AreaTwice`].
    pub fn and_area(self, town: &Town, text: &str) -> Result<Self, FilterError> {
        let text = text.trim();
        let places = &town.places;
        if let Some(id) = places.by_code(text) {
            return Ok(self.and_place(places.get(id)));
        }
        let mut found = Vec::new();
        for kind in PlaceKind::ALL {
            let bare = |name: &str| name.trim().trim_end_matches("社区").to_lowercase();
            let wanted = bare(text);
            let named = places.of_kind(kind).filter(|(_, place)| {
                !wanted.is_empty()
                    && (bare(&place.name.zh) == wanted || place.name.en.to_lowercase() == wanted)
            });
            found.extend(named.map(|(_, place)| place));
            // The widest place of that name is meant.
            if !found.is_empty() {
                break;
            }
        }
        match found.as_slice() {
            [] => Err(FilterError::Area(text.to_owned())),
            [place] => Ok(self.and_place(place)),
            several => {
                let codes: Vec<&str> = several.iter().map(|place| place.code.as_str()).collect();
                Err(FilterError::AreaTwice(text.to_owned(), codes.join(", ")))
            }
        }
    }

    fn and_place(self, place: &crate::town::Place) -> Self {
        match Dimension::of_place(place.kind) {
            Some(dimension) => self.and(Key::new(dimension, place.code.clone())),
            None => self,
        }
    }

    /// Lets only the cases of that class, centre, item, source or unit through, by code or by name.
    ///
    /// # Errors
    /// [`FilterError`].
    pub fn and_value(self, town: &Town, dimension: Dimension, text: &str) -> Result<Self, FilterError> {
        let text = text.trim();
        let code = match dimension {
            Dimension::Community | Dimension::BaseGrid | Dimension::PartyGrid | Dimension::Block => {
                return self.and_area(town, text);
            }
            Dimension::Class => Class::parse(text).map(|class| class.letter().to_owned()),
            Dimension::Centre => Centre::parse(text).map(|centre| centre.code().to_owned()),
            Dimension::Source => Source::parse(text).map(|source| source.code().to_owned()),
            Dimension::Item => item(town, text),
            Dimension::Unit => unit(town, text),
        };
        let code = code.ok_or_else(|| FilterError::Value(text.to_owned(), dimension.code()))?;
        Ok(self.and(Key::new(dimension, code)))
    }
}

fn item(town: &Town, text: &str) -> Option<String> {
    town.catalogue
        .iter()
        .map(|(_, item)| item)
        .find(|item| item.code.eq_ignore_ascii_case(text) || item.name.zh == text || item.name.en == text)
        .map(|item| item.code.clone())
}

fn unit(town: &Town, text: &str) -> Option<String> {
    if let Ok(handler) = Handler::try_from(text.to_owned()) {
        return Some(handler.to_string());
    }
    let team = town
        .teams
        .iter()
        .find(|team| team.code == text || team.name.zh == text || team.name.en == text)
        .map(|team| Handler::Team(team.code.as_str().into()));
    let post = || {
        town.posts
            .iter()
            .find(|post| post.code == text || post.title.zh == text || post.title.en == text)
            .map(|post| Handler::Post(post.code.as_str().into()))
    };
    team.or_else(post).map(|handler| handler.to_string())
}

/// A filter in the numbers of one book.
pub(crate) struct Sieve {
    areas: Option<Vec<bool>>,
    items: Option<Vec<bool>>,
    units: Option<Vec<bool>>,
    classes: Option<[bool; 4]>,
    centres: Option<[bool; 3]>,
    sources: Option<[bool; 7]>,
}

impl Sieve {
    /// The filter in the numbers of the book.
    pub(crate) fn new(filter: &Filter, codes: &Codes) -> Self {
        let of = |dimension: Dimension| {
            filter
                .keys
                .iter()
                .filter(move |key| key.dimension == dimension)
                .map(|key| key.code.as_str())
        };
        let any = |dimension| of(dimension).next().is_some();
        let list = |dimension, kind| {
            any(dimension).then(|| {
                let wanted = |code: &std::sync::Arc<str>| of(dimension).any(|key| key == &**code);
                codes.all(kind).iter().map(wanted).collect::<Vec<bool>>()
            })
        };
        Self {
            areas: areas(filter, codes),
            items: list(Dimension::Item, CodeKind::Item),
            units: list(Dimension::Unit, CodeKind::Unit),
            classes: any(Dimension::Class)
                .then(|| Class::ALL.map(|class| of(Dimension::Class).any(|key| key == class.letter()))),
            centres: any(Dimension::Centre)
                .then(|| Centre::ALL.map(|centre| of(Dimension::Centre).any(|key| key == centre.code()))),
            sources: any(Dimension::Source)
                .then(|| Source::ALL.map(|source| of(Dimension::Source).any(|key| key == source.code()))),
        }
    }

    pub(super) fn lets_through(&self, fact: &Fact) -> bool {
        self.lets(
            fact.area,
            fact.item,
            fact.unit,
            fact.class,
            fact.centre,
            fact.source,
        )
    }

    /// Whether a case with these numbers is let through.
    pub(crate) fn lets(
        &self,
        area: u16,
        item: u16,
        unit: u16,
        class: Class,
        centre: Centre,
        source: Source,
    ) -> bool {
        let listed = |list: &Option<Vec<bool>>, place: u16| {
            list.as_ref()
                .is_none_or(|list| list.get(usize::from(place)).copied().unwrap_or(false))
        };
        listed(&self.areas, area)
            && self.classes.is_none_or(|wanted| wanted[class as usize])
            && listed(&self.items, item)
            && listed(&self.units, unit)
            && self.centres.is_none_or(|wanted| wanted[centre as usize])
            && self.sources.is_none_or(|wanted| wanted[source as usize])
    }
}

const PLACES: [Dimension; 4] = [
    Dimension::Community,
    Dimension::BaseGrid,
    Dimension::PartyGrid,
    Dimension::Block,
];

/// Which areas of the book a filter lets through; `None` for all.
fn areas(filter: &Filter, codes: &Codes) -> Option<Vec<bool>> {
    let wanted: Vec<(Dimension, Vec<&str>)> = PLACES
        .into_iter()
        .map(|dimension| {
            let keys = filter.keys.iter().filter(|key| key.dimension == dimension);
            (dimension, keys.map(|key| key.code.as_str()).collect())
        })
        .filter(|(_, keys): &(_, Vec<&str>)| !keys.is_empty())
        .collect();
    if wanted.is_empty() {
        return None;
    }
    let lets_through = |code: &std::sync::Arc<str>| {
        let area = Area::parse(code);
        wanted
            .iter()
            .all(|(dimension, keys)| keys.contains(&place_of(&area, *dimension)))
    };
    Some(codes.all(CodeKind::Area).iter().map(lets_through).collect())
}

fn place_of(area: &Area, dimension: Dimension) -> &str {
    match dimension {
        Dimension::BaseGrid => &area.base_grid,
        Dimension::PartyGrid => &area.party_grid,
        Dimension::Block => &area.block,
        _ => &area.community,
    }
}

/// Sorts the facts of one book into groups, which are numbered from 0.
pub(super) struct Sorter {
    dimension: Dimension,
    /// The codes of the groups.
    pub(super) codes: Vec<String>,
    /// The group of each area.
    of_area: Vec<usize>,
}

impl Sorter {
    pub(super) fn new(dimension: Dimension, codes: &Codes) -> Self {
        let mut sorter = Self {
            dimension,
            codes: Vec::new(),
            of_area: Vec::new(),
        };
        let list = |kind| codes.all(kind).iter().map(ToString::to_string).collect();
        match dimension {
            Dimension::Class => sorter.codes = Class::ALL.map(|class| class.letter().to_owned()).into(),
            Dimension::Centre => sorter.codes = Centre::ALL.map(|centre| centre.code().to_owned()).into(),
            Dimension::Source => sorter.codes = Source::ALL.map(|source| source.code().to_owned()).into(),
            Dimension::Item => sorter.codes = list(CodeKind::Item),
            Dimension::Unit => sorter.codes = list(CodeKind::Unit),
            _ => {
                for code in codes.all(CodeKind::Area) {
                    let area = Area::parse(code);
                    let place = place_of(&area, dimension);
                    let known = sorter.codes.iter().position(|code| code == place);
                    let group = known.unwrap_or_else(|| {
                        sorter.codes.push(place.to_owned());
                        sorter.codes.len() - 1
                    });
                    sorter.of_area.push(group);
                }
            }
        }
        sorter
    }

    /// The group of a fact.
    pub(super) fn group(&self, fact: &Fact) -> usize {
        match self.dimension {
            Dimension::Class => fact.class as usize,
            Dimension::Centre => fact.centre as usize,
            Dimension::Source => fact.source as usize,
            Dimension::Item => usize::from(fact.item),
            Dimension::Unit => usize::from(fact.unit),
            _ => self.of_area.get(usize::from(fact.area)).copied().unwrap_or(0),
        }
    }
}
