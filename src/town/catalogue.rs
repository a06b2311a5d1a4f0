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

/// Who settles an item, from the nearest to the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
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

impl Level {
    /// All four, from the nearest to the highest.
    pub const ALL: [Self; 4] = [Self::Grid, Self::Community, Self::Street, Self::Joint];

    /// The word that stands for it in data files.
    pub fn code(self) -> &'static str {
        ["grid", "community", "street", "joint"][self as usize]
    }

    /// Reads [`Self::code`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.code() == text)
    }

    /// The level that settles cases of a class.
    pub fn of(class: Class) -> Self {
        Self::ALL[class as usize]
    }

    /// The next one up; `None` at the top.
    pub fn next(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }
}

/// How many hours each step of a case may take, and all of them together. `None` where there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Limits {
    /// 受理, from the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept: Option<f64>,
    /// 派遣, from the acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<f64>,
    /// 到场, from the dispatch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrive: Option<f64>,
    /// 整改, from the arrival.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rectify: Option<f64>,
    /// 核查, from the rectification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<f64>,
    /// All of it, from the report to the closure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<f64>,
    /// Whether working hours are counted, not hours of the clock.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub working: bool,
}

/// A kind of hazard.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
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
    /// Hours of each step; [`Self::limits`] adds the whole.
    #[serde(default)]
    pub steps: Limits,
    /// 0 as the catalogue's file has it, then one more with each change in the hall.
    #[serde(default)]
    pub version: u32,
    /// Whether no new case is opened under it.
    #[serde(default)]
    pub retired: bool,
}

impl Item {
    /// The limits that a case opened under it has.
    pub fn limits(&self) -> Limits {
        Limits {
            total: Some(self.limit_hours),
            working: self.working_time,
            ..self.steps
        }
    }
}

/// All items, found by code. An item that was changed keeps its earlier versions for the cases opened under them.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    items: Vec<Item>,
    by_code: HashMap<String, ItemId>,
    earlier: Vec<Item>,
}

impl Catalogue {
    /// Indexes items whose codes are unique.
    pub fn new(items: Vec<Item>) -> Self {
        let by_code = items
            .iter()
            .enumerate()
            .map(|(i, item)| (item.code.clone(), ItemId(i as u16)))
            .collect();
        Self {
            items,
            by_code,
            earlier: Vec::new(),
        }
    }

    /// Adds an item, or puts a later version in the place of the one that is there. A version that is not later
    /// changes nothing.
    pub fn edit(&mut self, item: Item) {
        match self.by_code.get(&item.code) {
            Some(id) => {
                let there = &mut self.items[id.0 as usize];
                if item.version > there.version {
                    self.earlier.push(std::mem::replace(there, item));
                }
            }
            None => {
                self.by_code
                    .insert(item.code.clone(), ItemId(self.items.len() as u16));
                self.items.push(item);
            }
        }
    }

    /// The item with that code as it was in that version; as it is now where that version is not known.
    pub fn version(&self, code: &str, version: u32) -> Option<&Item> {
        let now = self.by_code(code)?;
        if now.version == version {
            return Some(now);
        }
        let earlier = |item: &&Item| item.code == code && item.version == version;
        Some(self.earlier.iter().find(earlier).unwrap_or(now))
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
