//! The catalogue of hazards: 124 items in four classes (the report's row M9). Its rows are a reconstruction.

use std::collections::HashMap;

use super::Name;

/// Index of an item in a [`Catalogue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId(pub u16);

/// The class of a hazard. The report names the classes, their meaning here is this project's reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Class {
    /// Settled on the spot by grid staff.
    A,
    /// The community gathers its own force and settles it.
    B,
    /// A department of the sub-district.
    C,
    /// Joint meeting or emergency command.
    D,
}

impl Class {
    /// All four, in order.
    pub const ALL: [Self; 4] = [Self::A, Self::B, Self::C, Self::D];

    /// `A`, `B`, `C` or `D`.
    pub fn letter(self) -> &'static str {
        ["A", "B", "C", "D"][self as usize]
    }

    /// Reads one letter, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|c| c.letter().eq_ignore_ascii_case(text.trim()))
    }
}

/// One of the three centres that work in one office (the report's row M1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Centre {
    /// 综治中心
    Governance,
    /// 应急指挥中心
    Emergency,
    /// 社区网格管理中心
    Grid,
}

impl Centre {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::Governance, Self::Emergency, Self::Grid];

    /// The word that stands for it in data files.
    pub fn code(self) -> &'static str {
        ["governance", "emergency", "grid"][self as usize]
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.code() == text)
    }
}

/// Who settles an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Grid staff, on the spot.
    Grid,
    /// The community.
    Community,
    /// A department of the sub-district.
    Street,
    /// Joint meeting or command.
    Joint,
}

/// A kind of hazard.
#[derive(Clone, Debug)]
pub struct Item {
    /// Stable code, unique in the catalogue.
    pub code: String,
    /// Its class.
    pub class: Class,
    /// Its domain, in Chinese (城市管理, 消防, …).
    pub domain: String,
    /// The centre it belongs to.
    pub centre: Centre,
    /// What it is called.
    pub name: Name,
    /// Who settles it.
    pub level: Level,
    /// The department that leads, in Chinese.
    pub lead_department: String,
    /// Hours from report to closure.
    pub limit_hours: f64,
    /// Whether the hours are working hours.
    pub working_time: bool,
    /// 1 (nuisance) to 5 (danger to life).
    pub severity: u8,
    /// The evidence asked for at closure, as the catalogue's word.
    pub evidence: String,
    /// Where name and limit come from.
    pub basis: String,
}

/// All items, found by code.
#[derive(Debug, Default)]
pub struct Catalogue {
    items: Vec<Item>,
    by_code: HashMap<String, ItemId>,
}

impl Catalogue {
    /// Indexes items whose codes are unique.
    pub fn new(items: Vec<Item>) -> Self {
        let by_code = items
            .iter()
            .enumerate()
            .map(|(i, item)| (item.code.clone(), ItemId(i as u16)))
            .collect();
        Self { items, by_code }
    }

    /// The item with that id.
    pub fn get(&self, id: ItemId) -> &Item {
        &self.items[id.0 as usize]
    }

    /// The id of the item with that code.
    pub fn id(&self, code: &str) -> Option<ItemId> {
        self.by_code.get(code).copied()
    }

    /// The item with that code.
    pub fn by_code(&self, code: &str) -> Option<&Item> {
        self.id(code).map(|id| self.get(id))
    }

    /// All items, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (ItemId, &Item)> {
        self.items
            .iter()
            .enumerate()
            .map(|(i, item)| (ItemId(i as u16), item))
    }

    /// The domains, in the order in which they first occur.
    pub fn domains(&self) -> Vec<&str> {
        let mut domains: Vec<&str> = Vec::new();
        for item in &self.items {
            if !domains.contains(&item.domain.as_str()) {
                domains.push(&item.domain);
            }
        }
        domains
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}
