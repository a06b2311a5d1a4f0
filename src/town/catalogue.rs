//! The catalogue of hazards: 124 items in four classes (the report's row M9). Its rows are a reconstruction.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::Name;
use super::load::{MAX_CODE, MAX_NAME, MAX_REMARK};

/// The columns that a catalogue's file must have.
pub const COLUMNS: [&str; 13] = [
    "code",
    "class",
    "domain",
    "centre",
    "name_zh",
    "name_en",
    "level",
    "lead_department_zh",
    "limit_hours",
    "working_time",
    "severity",
    "evidence",
    "basis",
];

/// The columns with the hours of single steps.
pub const STEP_COLUMNS: [&str; 5] = [
    "accept_hours",
    "dispatch_hours",
    "arrive_hours",
    "rectify_hours",
    "verify_hours",
];

/// The columns that a catalogue's file may do without: [`STEP_COLUMNS`], and whether an item is retired.
pub const OPTIONAL_COLUMNS: [&str; 6] = [
    "accept_hours",
    "dispatch_hours",
    "arrive_hours",
    "rectify_hours",
    "verify_hours",
    "retired",
];

/// What a limit may be, in hours: up to a year, nothing takes longer.
pub const HOURS: RangeInclusive<f64> = 0.01..=8784.0;

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

impl Limits {
    /// Hours of the five steps, in the order of [`STEP_COLUMNS`].
    pub fn steps(&self) -> [Option<f64>; 5] {
        [self.accept, self.dispatch, self.arrive, self.rectify, self.verify]
    }

    /// Limits of the five steps, in the order of [`STEP_COLUMNS`], and of nothing else.
    pub fn of_steps([accept, dispatch, arrive, rectify, verify]: [Option<f64>; 5]) -> Self {
        Self {
            accept,
            dispatch,
            arrive,
            rectify,
            verify,
            ..Self::default()
        }
    }
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

/// A part of an item that can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemPart {
    /// Its code.
    Code,
    /// Its Chinese name.
    NameZh,
    /// Its English name.
    NameEn,
    /// Its domain.
    Domain,
    /// The department that leads.
    Department,
    /// Hours of the whole.
    Limit,
    /// Hours of a step, in the order of [`STEP_COLUMNS`].
    Step(usize),
    /// How severe it is.
    Severity,
    /// The evidence asked for.
    Evidence,
    /// Where it comes from.
    Basis,
}

/// What is wrong with a part of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrong {
    /// It is missing.
    Empty,
    /// It has too many characters.
    TooLong {
        /// So many are possible.
        max: usize,
    },
    /// It holds characters that are not possible there.
    Character,
    /// It is outside its range.
    Range,
}

impl Item {
    /// All that is wrong with it: what a catalogue's file could not say either.
    pub fn faults(&self) -> Vec<(ItemPart, Wrong)> {
        let texts = [
            (ItemPart::Code, &self.code, MAX_CODE, false),
            (ItemPart::NameZh, &self.name.zh, MAX_NAME, false),
            (ItemPart::NameEn, &self.name.en, MAX_NAME, true),
            (ItemPart::Domain, &self.domain, MAX_NAME, false),
            (ItemPart::Department, &self.lead_department, MAX_NAME, false),
            (ItemPart::Evidence, &self.evidence, MAX_NAME, false),
            (ItemPart::Basis, &self.basis, MAX_REMARK, true),
        ];
        let of_text = |(part, text, max, may_be_empty): (ItemPart, &String, usize, bool)| {
            let wrong = if text.trim().is_empty() && !may_be_empty {
                Wrong::Empty
            } else if text.chars().count() > max {
                Wrong::TooLong { max }
            } else if text
                .chars()
                .any(|c| stray(c) || part == ItemPart::Code && c.is_whitespace())
            {
                Wrong::Character
            } else {
                return None;
            };
            Some((part, wrong))
        };
        let mut faults: Vec<_> = texts.into_iter().filter_map(of_text).collect();
        let outside = |part, hours: f64| (!HOURS.contains(&hours)).then_some((part, Wrong::Range));
        faults.extend(outside(ItemPart::Limit, self.limit_hours));
        let steps = self.steps.steps().into_iter().enumerate();
        faults.extend(steps.filter_map(|(n, hours)| outside(ItemPart::Step(n), hours?)));
        if !(1..=5).contains(&self.severity) {
            faults.push((ItemPart::Severity, Wrong::Range));
        }
        faults
    }

    /// Its fields, in the order of [`COLUMNS`] and [`STEP_COLUMNS`].
    fn fields(&self) -> Vec<String> {
        let mut fields = vec![
            self.code.clone(),
            self.class.letter().to_owned(),
            self.domain.clone(),
            self.centre.code().to_owned(),
            self.name.zh.clone(),
            self.name.en.clone(),
            self.level.code().to_owned(),
            self.lead_department.clone(),
            self.limit_hours.to_string(),
            self.working_time.to_string(),
            self.severity.to_string(),
            self.evidence.clone(),
            self.basis.clone(),
        ];
        let hours = |hours: Option<f64>| hours.map(|hours| hours.to_string()).unwrap_or_default();
        fields.extend(self.steps.steps().map(hours));
        fields
    }

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

    /// The whole catalogue as it is now, as the file of a town: UTF-8 with the mark that spreadsheets ask for. Where an
    /// item is retired, a further column says so; versions are not in it.
    ///
    /// # Errors
    /// Where the table can't be made; none is known.
    pub fn to_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let retired = self.items.iter().any(|item| item.retired);
        let mut table = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
        let mut head: Vec<&str> = COLUMNS.into_iter().chain(STEP_COLUMNS).collect();
        head.extend(retired.then_some("retired"));
        table.write_record(head)?;
        for item in &self.items {
            let mut fields = item.fields();
            fields.extend(retired.then(|| item.retired.to_string()));
            table.write_record(fields)?;
        }
        table.into_inner().map_err(|error| error.into_error().into())
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

/// Control characters that a text can't hold; lines and tabs may be.
fn stray(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::town::Town;

    fn town() -> Town {
        Town::load(&crate::assets::find("assets/town/guanlan").unwrap()).unwrap()
    }

    #[test]
    fn what_is_written_as_a_file_is_read_as_the_same_catalogue() {
        let mut catalogue = town().catalogue;
        let mut item = catalogue.by_code("GL-A01").unwrap().clone();
        item.version = 1;
        item.retired = true;
        item.basis = "会议纪要，\"第 3 号\"\n第二行".to_owned();
        catalogue.edit(item);
        let mut added = catalogue.by_code("GL-C03").unwrap().clone();
        added.code = "GL-C99".to_owned();
        added.version = 1;
        added.steps = Limits::default();
        catalogue.edit(added);

        // A town beside the one that comes with the program, with this catalogue in place of its own.
        let from = crate::assets::find("assets/town/guanlan").unwrap();
        let dir = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(&from).unwrap() {
            let path = file.unwrap().path();
            std::fs::copy(&path, dir.path().join(path.file_name().unwrap())).unwrap();
        }
        let calendar = from.join("../../calendar/cn-mainland.csv");
        std::fs::copy(calendar, dir.path().join("calendar.csv")).unwrap();
        std::fs::write(dir.path().join("catalogue.csv"), catalogue.to_csv().unwrap()).unwrap();
        let settings = std::fs::read_to_string(from.join("town.toml")).unwrap();
        let settings = settings
            .replace("../../catalogue/guanlan.csv", "catalogue.csv")
            .replace("../../calendar/cn-mainland.csv", "calendar.csv");
        std::fs::write(dir.path().join("town.toml"), settings).unwrap();
        let read = Town::load(dir.path()).unwrap().catalogue;

        assert_eq!(read.len(), catalogue.len());
        for (_, item) in catalogue.iter() {
            let found = read.by_code(&item.code).unwrap();
            assert_eq!(
                found,
                &Item {
                    version: 0,
                    ..item.clone()
                }
            );
        }
    }

    #[test]
    fn a_catalogue_without_retired_items_has_the_columns_of_the_file_it_came_from() {
        let from = crate::assets::find("assets/catalogue/guanlan.csv").unwrap();
        let file = std::fs::read_to_string(from).unwrap();
        let written = String::from_utf8(town().catalogue.to_csv().unwrap()).unwrap();
        let head = |text: &str| {
            text.trim_start_matches('\u{feff}')
                .lines()
                .next()
                .map(str::to_owned)
        };
        assert_eq!(head(&written), head(&file));
    }

    #[test]
    fn each_part_that_is_wrong_is_named() {
        let good = town().catalogue.by_code("GL-A01").unwrap().clone();
        assert_eq!(good.faults(), []);
        let long = "长".repeat(201);
        let change = |change: &dyn Fn(&mut Item)| {
            let mut item = good.clone();
            change(&mut item);
            item.faults()
        };
        assert_eq!(change(&|i| i.code = " ".into()), [(ItemPart::Code, Wrong::Empty)]);
        assert_eq!(
            change(&|i| i.code = "A 1".into()),
            [(ItemPart::Code, Wrong::Character)]
        );
        assert_eq!(
            change(&|i| i.name.zh = long.clone()),
            [(ItemPart::NameZh, Wrong::TooLong { max: 200 })]
        );
        assert_eq!(change(&|i| i.name.en = String::new()), []);
        assert_eq!(
            change(&|i| i.evidence = "\u{7}".into()),
            [(ItemPart::Evidence, Wrong::Character)]
        );
        for hours in [0.0, -1.0, 8784.1, f64::NAN] {
            let fault = [(ItemPart::Limit, Wrong::Range)];
            assert_eq!(change(&|i| i.limit_hours = hours), fault, "{hours}");
            let fault = [(ItemPart::Step(2), Wrong::Range)];
            assert_eq!(change(&|i| i.steps.arrive = Some(hours)), fault, "{hours}");
        }
        assert_eq!(change(&|i| i.severity = 6), [(ItemPart::Severity, Wrong::Range)]);
    }
}
