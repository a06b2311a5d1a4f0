//! Import profiles: what the columns of a kind of file mean, as plain TOML that a user can read and change.
//!
//! Profiles that come with the program stand in `assets/import/`; a user's own, in the configuration folder, go
//! before them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use chrono::format::{Item as TimeItem, StrftimeItems};
use serde::{Deserialize, Serialize};

use crate::case::Source;
use crate::town::{Catalogue, Datum, Item, Lang, Wgs84};

use super::table::column;

/// What the columns of a kind of file mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Short stable name, the name of its file; part of the origin of every case.
    pub name: String,
    /// What it is called.
    #[serde(default)]
    pub title: Title,
    /// What a reader must know about it, may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether `&amp;` and `&#40;` stand for characters.
    #[serde(default)]
    pub entities: bool,
    /// Which column means what.
    pub columns: Columns,
    /// How times are written.
    #[serde(default)]
    pub time: Time,
    /// How coordinates are written.
    #[serde(default)]
    pub coordinates: Coordinates,
    /// Cells that mean nothing.
    #[serde(default)]
    pub null: Null,
    /// Which cells say that a case is closed.
    #[serde(default)]
    pub closed: Closed,
    /// What is taken where nothing is mapped.
    #[serde(default)]
    pub defaults: Defaults,
    /// The file's words for a way of reporting, and the ways: `patrol`, `resident`, `hotline`, `inspection`,
    /// `petition`, `media`, `other`.
    #[serde(default)]
    pub sources: BTreeMap<String, String>,
    /// Rough middles of areas outside the town, by the file's name for them.
    #[serde(default)]
    pub areas: BTreeMap<String, Area>,
    /// Types that are no matter for the hall, and why not.
    #[serde(default)]
    pub skip: BTreeMap<String, String>,
    /// The file's types, and codes of items of the catalogue.
    #[serde(default)]
    pub items: BTreeMap<String, String>,
}

/// A title in the two languages of the interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// Chinese.
    #[serde(default)]
    pub zh: String,
    /// English.
    #[serde(default)]
    pub en: String,
}

impl Title {
    /// The title in `lang`, or in the other language where that is empty.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En if !self.en.is_empty() => &self.en,
            Lang::Zh if self.zh.is_empty() => &self.en,
            _ => &self.zh,
        }
    }
}

/// Which column means what. Names are those of the file's header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The file's own key of a row. Where there is none, a hash of the row stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Ways to the type, tried in order. `A > B` looks up the cells of both, joined by ` > `.
    #[serde(default, rename = "type", skip_serializing_if = "Vec::is_empty")]
    pub kind: Vec<String>,
    /// What was said, joined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
    /// When it was reported.
    pub reported_at: String,
    /// When it was to be settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    /// When it was closed. A row with such a time is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
    /// How it stands, in the words of `closed.status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Whether it was closed in time, in the words of `closed.yes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_time: Option<String>,
    /// Whether it was closed too late, in the words of `closed.yes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<String>,
    /// By which way it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Degrees east.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<String>,
    /// Degrees north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<String>,
    /// Community or neighbourhood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// The place in words, joined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub address: Vec<String>,
}

/// How times are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Formats, tried in order, e.g. `%Y-%m-%d %H:%M:%S`.
    pub formats: Vec<String>,
    /// The time zone of times that name none.
    pub timezone: chrono_tz::Tz,
}

impl Default for Time {
    fn default() -> Self {
        let formats = [
            "%Y-%m-%d %H:%M:%S",
            "%Y-%m-%d %H:%M",
            "%Y/%m/%d %H:%M:%S",
            "%Y/%m/%d %H:%M",
            "%Y-%m-%dT%H:%M:%S%.f",
            "%Y-%m-%dT%H:%M:%S%.f%#z",
            "%Y年%m月%d日 %H:%M:%S",
            "%Y年%m月%d日 %H:%M",
            "%Y年%m月%d日%H时%M分",
            "%Y-%m-%d",
            "%Y/%m/%d",
            "%Y年%m月%d日",
        ];
        Self {
            formats: formats.map(str::to_owned).to_vec(),
            timezone: chrono_tz::Asia::Shanghai,
        }
    }
}

/// How coordinates are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Coordinates {
    /// What they are counted from: `wgs84`, `gcj02` (高德, 腾讯), `bd09` (百度) or `cgcs2000`. Cases are kept in WGS-84.
    pub datum: Datum,
    /// A coordinate with fewer decimals was rounded: its case is not placed at a point.
    pub min_decimals: u32,
    /// Cells that stand for a missing coordinate.
    pub missing: Vec<String>,
    /// Where the file's points lie, as they stand there: west, south, east, north. Tells coordinates that are swapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<[f64; 4]>,
}

impl Default for Coordinates {
    fn default() -> Self {
        Self {
            datum: Datum::Wgs84,
            min_decimals: 3,
            missing: vec!["0".into(), "0.0".into()],
            within: None,
        }
    }
}

/// Cells that mean nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Null {
    /// The cells; an empty one always means nothing.
    pub values: Vec<String>,
}

impl Default for Null {
    fn default() -> Self {
        Self {
            values: ["-", "—", "--", "/", "无", "N/A", "NULL", "null"]
                .map(str::to_owned)
                .to_vec(),
        }
    }
}

/// Which cells say that a case is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Closed {
    /// Words of the status column that mean closed.
    pub status: Vec<String>,
    /// Words of the columns `in_time` and `late` that mean yes.
    pub yes: Vec<String>,
}

impl Default for Closed {
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            status: words(&["Closed", "closed", "已结案", "已办结", "办结", "结案", "已完成"]),
            yes: words(&["1", "true", "TRUE", "yes", "Y", "是"]),
        }
    }
}

/// What is taken where nothing is mapped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// Code of an item for types that are not mapped; without it they are rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// A way of reporting; `other` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A named area outside the town.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Rough middle, degrees east (WGS-84).
    pub lon: f64,
    /// Rough middle, degrees north (WGS-84).
    pub lat: f64,
}

impl From<Area> for Wgs84 {
    fn from(area: Area) -> Self {
        Self {
            lon: area.lon,
            lat: area.lat,
        }
    }
}

/// A mistake in a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFault {
    /// The file; empty for a profile that was made on screen.
    pub file: PathBuf,
    /// The key in the file, e.g. `columns.reported_at`. Empty where the whole file is meant.
    pub key: String,
    /// What was found and what was expected.
    pub what: String,
}

impl fmt::Display for ProfileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.as_os_str().is_empty() {
            write!(f, "{}: ", self.file.display())?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.what)
    }
}

/// Every mistake that was found in a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ProfileError(pub Vec<ProfileFault>);

/// Where the profiles that come with the program stand.
pub fn shipped_dir() -> Option<PathBuf> {
    crate::assets::find("assets/import")
}

/// Where a user's own profiles stand; `None` where the system names no such folder.
pub fn user_dir() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "yipanqi").map(|dirs| dirs.config_dir().join("import"))
}

/// All profiles of these folders, by name; one of a later folder replaces one of an earlier folder. A profile with
/// mistakes is left out and its mistakes are listed. A folder that does not exist has no profiles.
pub fn load_all(dirs: &[PathBuf]) -> (Vec<Profile>, Vec<ProfileFault>) {
    let mut profiles: BTreeMap<String, Profile> = BTreeMap::new();
    let mut faults = Vec::new();
    for dir in dirs {
        let Ok(files) = std::fs::read_dir(dir) else {
            continue;
        };
        let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|e| e == "toml"));
        paths.sort();
        for path in paths {
            match Profile::load(&path) {
                Ok(profile) => {
                    profiles.insert(profile.name.clone(), profile);
                }
                Err(error) => faults.extend(error.0),
            }
        }
    }
    (profiles.into_values().collect(), faults)
}

/// The folders of profiles: those that come with the program, then the user's own.
pub fn dirs() -> Vec<PathBuf> {
    [shipped_dir(), user_dir()].into_iter().flatten().collect()
}

/// The profile that fits a file best: most of its columns are there. `None` where no profile finds all columns that
/// it needs.
pub fn best_profile<'a>(header: &[String], profiles: &'a [Profile]) -> Option<&'a Profile> {
    let fits = |profile: &&Profile| profile.missing_columns(header).is_empty();
    profiles
        .iter()
        .filter(fits)
        .max_by_key(|profile| profile.columns.names().len())
}

/// The item whose name shares most with the file's word for a type, for a first proposal.
pub fn suggest_item<'a>(catalogue: &'a Catalogue, kind: &str) -> Option<&'a Item> {
    let live = catalogue.iter().filter(|(_, item)| !item.retired);
    let scored = live.map(|(_, item)| {
        (
            likeness(kind, &item.name.zh).max(likeness(kind, &item.name.en)),
            item,
        )
    });
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 >= 0.34).then_some(best.1)
}

/// Share of neighbouring pairs of characters that two names have in common, 0 to 1.
fn likeness(a: &str, b: &str) -> f64 {
    let pairs = |s: &str| -> Vec<(char, char)> {
        let chars: Vec<char> = s.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        chars.windows(2).map(|pair| (pair[0], pair[1])).collect()
    };
    let (a, b) = (pairs(a), pairs(b));
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let common = a.iter().filter(|pair| b.contains(pair)).count();
    common as f64 * 2.0 / (a.len() + b.len()) as f64
}

impl Columns {
    /// Every column that is named, once.
    pub fn names(&self) -> Vec<&str> {
        let single = [
            &self.key,
            &self.due_at,
            &self.closed_at,
            &self.status,
            &self.in_time,
            &self.late,
            &self.source,
            &self.lon,
            &self.lat,
            &self.area,
        ];
        let kinds = self.kind.iter().flat_map(|way| way.split('>')).map(str::trim);
        let lists = self.text.iter().chain(&self.address).map(String::as_str);
        let mut names: Vec<&str> = std::iter::once(self.reported_at.as_str())
            .chain(single.into_iter().flatten().map(String::as_str))
            .chain(kinds)
            .chain(lists)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Profile {
    /// Reads and checks the profile in `path`.
    ///
    /// # Errors
    /// Every mistake found, with file, key, and what was expected.
    pub fn load(path: &Path) -> Result<Self, ProfileError> {
        let fault = |what: String| {
            ProfileError(vec![ProfileFault {
                file: path.to_path_buf(),
                key: String::new(),
                what,
            }])
        };
        let text = std::fs::read_to_string(path).map_err(|e| fault(format!("can't be read: {e}")))?;
        let profile: Self = toml::from_str(&text).map_err(|e| fault(e.to_string().trim_end().to_owned()))?;
        let mut faults = profile.faults();
        if path
            .file_stem()
            .is_some_and(|stem| stem.to_string_lossy() != profile.name)
        {
            let what = format!("'{}', expected the file's own name without .toml", profile.name);
            faults.push(ProfileFault {
                file: PathBuf::new(),
                key: "name".into(),
                what,
            });
        }
        for fault in &mut faults {
            fault.file = path.to_path_buf();
        }
        if faults.is_empty() {
            Ok(profile)
        } else {
            Err(ProfileError(faults))
        }
    }

    /// Writes the profile into `dir` as `NAME.toml`, replacing one of that name.
    ///
    /// # Errors
    /// Where it has mistakes or the file can't be written.
    pub fn save(&self, dir: &Path) -> Result<PathBuf, ProfileError> {
        let faults = self.faults();
        if !faults.is_empty() {
            return Err(ProfileError(faults));
        }
        let path = dir.join(format!("{}.toml", self.name));
        let fault = |what: String| {
            ProfileError(vec![ProfileFault {
                file: path.clone(),
                key: String::new(),
                what,
            }])
        };
        let text = toml::to_string_pretty(self).map_err(|e| fault(e.to_string()))?;
        std::fs::create_dir_all(dir).map_err(|e| fault(format!("can't be written: {e}")))?;
        let draft = path.with_extension("toml.part");
        std::fs::write(&draft, text)
            .and_then(|()| std::fs::rename(&draft, &path))
            .map_err(|e| fault(format!("can't be written: {e}")))?;
        Ok(path)
    }

    /// Every mistake that the profile shows by itself.
    pub fn faults(&self) -> Vec<ProfileFault> {
        let mut faults = Vec::new();
        let mut fault = |key: &str, what: String| {
            faults.push(ProfileFault {
                file: PathBuf::new(),
                key: key.to_owned(),
                what,
            });
        };
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        if self.name.is_empty() || self.name.chars().count() > 80 || !self.name.chars().all(plain) {
            fault(
                "name",
                format!("'{}', expected letters, digits, - and _, at most 80", self.name),
            );
        }
        if self.columns.reported_at.trim().is_empty() {
            fault(
                "columns.reported_at",
                "expected the column that holds the time of the report".into(),
            );
        }
        if self.columns.kind.is_empty() && self.defaults.item.is_none() {
            fault(
                "columns.type",
                "expected the column that holds the type, or a defaults.item for all rows".into(),
            );
        }
        if self.columns.lon.is_some() != self.columns.lat.is_some() {
            fault(
                "columns.lon",
                "expected columns for both lon and lat, or for neither".into(),
            );
        }
        if self.time.formats.is_empty() {
            fault(
                "time.formats",
                "expected at least one format, e.g. %Y-%m-%d %H:%M:%S".into(),
            );
        }
        for format in &self.time.formats {
            if StrftimeItems::new(format).any(|item| matches!(item, TimeItem::Error)) {
                fault(
                    "time.formats",
                    format!("'{format}' is no format; expected e.g. %Y-%m-%d %H:%M:%S"),
                );
            }
        }
        if self.coordinates.min_decimals > 12 {
            fault("coordinates.min_decimals", "expected 0 to 12".into());
        }
        if let Some([west, south, east, north]) = self.coordinates.within {
            let corners = [
                Wgs84 {
                    lon: west,
                    lat: south,
                },
                Wgs84 {
                    lon: east,
                    lat: north,
                },
            ];
            if !corners.iter().all(|c| c.is_valid()) || west >= east || south >= north {
                fault(
                    "coordinates.within",
                    "expected [west, south, east, north] in degrees".into(),
                );
            }
        }
        for (name, area) in &self.areas {
            if !Wgs84::from(*area).is_valid() {
                fault(
                    &format!("areas.\"{name}\""),
                    "expected lon -180 to 180 and lat -90 to 90".into(),
                );
            }
        }
        let codes = Source::ALL.map(Source::code).join(", ");
        for (word, code) in &self.sources {
            if Source::parse(code).is_none() {
                fault(
                    &format!("sources.\"{word}\""),
                    format!("'{code}', expected one of {codes}"),
                );
            }
        }
        if let Some(code) = self
            .defaults
            .source
            .as_ref()
            .filter(|code| Source::parse(code).is_none())
        {
            fault("defaults.source", format!("'{code}', expected one of {codes}"));
        }
        for kind in self.skip.keys().filter(|kind| self.items.contains_key(*kind)) {
            fault(
                &format!("skip.\"{kind}\""),
                "is in [items] too; expected it in one of the two".into(),
            );
        }
        faults
    }

    /// Every item that the profile names and the catalogue does not have.
    pub fn faults_with(&self, catalogue: &Catalogue) -> Vec<ProfileFault> {
        let mapped = self
            .items
            .iter()
            .map(|(kind, code)| (format!("items.\"{kind}\""), code));
        let default = self
            .defaults
            .item
            .iter()
            .map(|code| ("defaults.item".to_owned(), code));
        let example = catalogue
            .iter()
            .next()
            .map_or("GL-A01", |(_, item)| item.code.as_str());
        mapped
            .chain(default)
            .filter(|(_, code)| catalogue.id(code).is_none())
            .map(|(key, code)| ProfileFault {
                file: PathBuf::new(),
                key,
                what: format!("there is no item '{code}' in the catalogue; expected a code like {example}"),
            })
            .collect()
    }

    /// The columns that the profile names and the header does not have.
    pub fn missing_columns(&self, header: &[String]) -> Vec<&str> {
        self.columns
            .names()
            .into_iter()
            .filter(|name| column(header, name).is_none())
            .collect()
    }

    /// A profile for an unknown file, guessed from the names of its columns. Types are not mapped yet; the columns
    /// of time and type may be missing where nothing looks like them.
    pub fn guess(header: &[String]) -> Self {
        let mut taken = vec![false; header.len()];
        let mut pick = |words: &[&str], not: &[&str]| -> Option<String> {
            let scored = header.iter().enumerate().filter(|(i, _)| !taken[*i]);
            let scored = scored.map(|(i, name)| (name_score(name, words, not), i));
            let (score, best) = scored.max_by_key(|(score, i)| (*score, std::cmp::Reverse(*i)))?;
            if score == 0 {
                return None;
            }
            taken[best] = true;
            Some(header[best].clone())
        };
        // Narrow meanings go first, so that a wide word like 时间 does not take the column of another meaning.
        let due_at = pick(&["截止时间", "截止", "办理时限", "期限", "应结案", "due"], &IDS);
        let closed_words = [
            "结案时间",
            "办结时间",
            "完成时间",
            "办结",
            "结案",
            "closed",
            "close",
            "completed",
        ];
        let closed_at = pick(&closed_words, &IDS);
        let reported_words = [
            "上报时间",
            "受理时间",
            "创建时间",
            "发生时间",
            "登记时间",
            "时间",
            "日期",
            "created",
            "create",
            "reported",
            "opened",
            "requested",
            "date",
            "time",
        ];
        let reported_at = pick(&reported_words, &["status", "activity", "num"]);
        let lon = pick(&["经度", "longitude", "lon", "lng", "long", "x"], &IDS);
        let lat = pick(&["纬度", "latitude", "lat", "y"], &IDS);
        let narrow = pick(&["小类", "子类", "sub_type", "subtype", "sub"], &IDS);
        let wide_words = [
            "问题类型",
            "事项类型",
            "类型",
            "类别",
            "大类",
            "事项",
            "main_type",
            "type",
            "category",
        ];
        let wide = pick(&wide_words, &IDS);
        let area = pick(
            &["社区", "community", "neighborhood", "neighbourhood", "村居"],
            &IDS,
        );
        let address_words = ["详细地址", "地址", "地点", "位置", "address", "location", "place"];
        let address = pick(&address_words, &IDS);
        let source = pick(&["来源", "渠道", "source", "src", "channel", "method"], &IDS);
        let status = pick(&["状态", "status"], &["date", "time", "id"]);
        let key_words = [
            "案件编号",
            "工单编号",
            "编号",
            "工单号",
            "案号",
            "流水号",
            "rec_id",
            "record_id",
            "request_id",
            "case_id",
            "id",
            "key",
            "num",
            "number",
            "序号",
        ];
        let not_keys = [
            "type",
            "src",
            "source",
            "street",
            "district",
            "community",
            "unit",
            "property",
            "report",
            "archive",
            "operate",
            "phone",
            "user",
        ];
        let key = pick(&key_words, &not_keys);
        let texts = [
            pick(&["标题", "主题", "title", "subject"], &IDS),
            pick(
                &[
                    "描述",
                    "内容",
                    "诉求",
                    "详情",
                    "description",
                    "text",
                    "content",
                    "comment",
                    "note",
                ],
                &IDS,
            ),
        ];
        let kind: Vec<String> = [narrow, wide].into_iter().flatten().collect();
        let mut text: Vec<String> = texts.into_iter().flatten().collect();
        if text.is_empty() {
            text.clone_from(&kind);
        }
        let (lon, lat) = if lon.is_some() && lat.is_some() {
            (lon, lat)
        } else {
            (None, None)
        };
        let columns = Columns {
            key,
            kind,
            text,
            reported_at: reported_at.unwrap_or_default(),
            due_at,
            closed_at,
            status,
            source,
            lon,
            lat,
            area,
            address: address.into_iter().collect(),
            ..Columns::default()
        };
        let mut time = Time::default();
        time.formats
            .extend(["%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M"].map(str::to_owned));
        Self {
            name: "new".into(),
            entities: true,
            columns,
            time,
            ..Self::default()
        }
    }

    /// How much of a file's meaning the profile knows, 0 to 1: the time and the type count most.
    pub fn score(&self) -> f64 {
        let c = &self.columns;
        let parts = [
            (0.3, !c.reported_at.is_empty()),
            (0.3, !c.kind.is_empty()),
            (0.1, c.key.is_some()),
            (0.1, !c.text.is_empty()),
            (0.2, c.lon.is_some() || c.area.is_some() || !c.address.is_empty()),
        ];
        parts
            .iter()
            .filter(|(_, known)| *known)
            .map(|(weight, _)| weight)
            .sum()
    }
}

/// Parts of a name that say that a column holds numbers of another table.
const IDS: [&str; 2] = ["id", "num"];

/// How well a column's name fits one of the words: the whole name, a part of it between marks or capitals, or
/// somewhere in it. Earlier words fit better. A name with one of the parts in `not` does not fit.
fn name_score(name: &str, words: &[&str], not: &[&str]) -> usize {
    let parts = name_parts(name);
    if not.iter().any(|not| parts.iter().any(|part| part == not)) {
        return 0;
    }
    let joined = parts.join("_");
    let fit = |(rank, word): (usize, &&str)| {
        let part = parts.iter().any(|part| part == *word);
        // Short Latin words are too common inside other words (id in "width").
        let within = (word.chars().count() >= 4 || !word.is_ascii()) && joined.contains(*word);
        let grade = if joined == **word {
            3
        } else if part {
            2
        } else {
            usize::from(within)
        };
        if grade == 0 {
            0
        } else {
            grade * 100 + (99 - rank.min(99))
        }
    };
    words.iter().enumerate().map(fit).max().unwrap_or(0)
}

/// `CreatedDate` and `CREATED_DATE` are `created` and `date`.
fn name_parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase()) {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| c.is_alphanumeric()) {
            part.extend(c.to_lowercase());
        }
        before = c;
    }
    parts.retain(|part| !part.is_empty());
    parts
}
