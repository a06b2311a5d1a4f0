//! What stands in a briefing, as data: `assets/briefings/*.toml`. A mistake is told with file, line and field.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::indicator::{Against, Definitions, Dimension, Fault, LoadError, PeriodKind};
use crate::town::Name;

/// Bytes of the largest template that is read.
const MAX_BYTES: u64 = 256 * 1024;

/// Rows of a table or a list where the template does not say: at most so many are wanted.
const ROWS: usize = 20;

/// At most so many rows can be asked for.
const ROWS_MAX: u64 = 1000;

/// A table on paper has room for so many columns of figures at most.
const COLUMNS_MAX: usize = 12;

/// Days of a trend, where the template asks for more than its period has: at most so many.
const DAYS_MAX: u64 = 400;

/// What stands in a briefing.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Its name: that of its file, without the ending.
    pub name: String,
    /// What the briefing is called.
    pub title: Name,
    /// For which kind of period it is made.
    pub period: PeriodKind,
    /// With which period figures are compared.
    pub against: Against,
    /// The sections, in order.
    pub sections: Vec<Part>,
}

/// One section of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its heading.
    pub title: Name,
    /// What stands in it.
    pub content: Content,
}

/// What stands in a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A paragraph with placeholders: see [`PLACEHOLDERS`].
    Text(Name),
    /// Indicators with their comparison.
    Cards(Vec<String>),
    /// Indicators by community, class, item…
    Table {
        /// By what.
        by: Dimension,
        /// The indicators, a column each; the rows are sorted by the first.
        indicators: Vec<String>,
        /// At most so many rows.
        rows: usize,
    },
    /// A line over the days, weeks or months of the period.
    Trend {
        /// The indicator.
        indicator: String,
        /// What one point stands for.
        parts: PeriodKind,
        /// Over the last so many days of the period, where that is more than the period has.
        days: Option<u32>,
    },
    /// Counts by item, class…, the largest first.
    Pareto {
        /// The indicator.
        indicator: String,
        /// By what.
        by: Dimension,
        /// At most so many bars.
        rows: usize,
    },
    /// How the times of an indicator's cases are spread.
    Histogram(String),
    /// Communities, items… with their intervals.
    Ranking {
        /// The indicator.
        indicator: String,
        /// By what.
        by: Dimension,
        /// At most so many rows.
        rows: usize,
    },
    /// The communities, shaded by an indicator.
    Map(String),
    /// The cases that are overdue for longest.
    Overdue(usize),
    /// The rules of all indicators that the briefing uses, and what the hash is of.
    Rules,
}

impl Content {
    /// The indicators that it uses.
    pub fn indicators(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => {
                let mut ids = used_by(&text.zh);
                for id in used_by(&text.en) {
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
                ids
            }
            Self::Cards(ids) | Self::Table { indicators: ids, .. } => {
                ids.iter().map(String::as_str).collect()
            }
            Self::Trend { indicator, .. }
            | Self::Pareto { indicator, .. }
            | Self::Ranking { indicator, .. }
            | Self::Histogram(indicator)
            | Self::Map(indicator) => vec![indicator],
            Self::Overdue(_) => vec![OVERDUE],
            Self::Rules => Vec::new(),
        }
    }

    /// Whether it tells cases apart by place, for which a book must know its boundaries.
    pub fn asks_for_places(&self) -> bool {
        match self {
            Self::Table { by, .. } | Self::Pareto { by, .. } | Self::Ranking { by, .. } => {
                by.place_kind().is_some()
            }
            Self::Map(_) => true,
            _ => false,
        }
    }
}

/// The indicator whose cases the list of overdue cases has.
pub const OVERDUE: &str = "cases-overdue";

/// What may stand in braces in a paragraph: words, and `value:ID`, `change:ID`, `before:ID` of an indicator.
pub const PLACEHOLDERS: [&str; 5] = ["town", "area", "period", "until", "cases"];

const OF_INDICATORS: [&str; 3] = ["value", "change", "before"];

/// The pieces of a paragraph: plain words, and placeholders in order.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once('{') {
        pieces.push(Piece::Plain(plain));
        match after.split_once('}') {
            Some((inside, after)) => {
                pieces.push(Piece::Placeholder(inside));
                rest = after;
            }
            None => {
                pieces.push(Piece::Unclosed);
                return pieces;
            }
        }
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

/// A piece of a paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Words as they are.
    Plain(&'a str),
    /// What stands in braces.
    Placeholder(&'a str),
    /// A brace that is not closed.
    Unclosed,
}

fn used_by(text: &str) -> Vec<&str> {
    let id = |piece| match piece {
        Piece::Placeholder(inside) => inside.split_once(':').map(|(_, id)| id),
        _ => None,
    };
    pieces(text).into_iter().filter_map(id).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTemplate {
    title: Spanned<RawName>,
    period: Spanned<String>,
    against: Option<Spanned<String>>,
    #[serde(default)]
    section: Vec<Spanned<RawSection>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawName {
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSection {
    kind: Spanned<String>,
    title: Option<Spanned<RawName>>,
    text: Option<Spanned<RawName>>,
    indicators: Option<Spanned<Vec<Spanned<String>>>>,
    indicator: Option<Spanned<String>>,
    by: Option<Spanned<String>>,
    parts: Option<Spanned<String>>,
    days: Option<Spanned<u64>>,
    rows: Option<Spanned<u64>>,
}

impl Template {
    /// The folder of the templates that come with the program.
    pub fn folder() -> PathBuf {
        crate::assets::find("assets/briefings").unwrap_or_else(|| "assets/briefings".into())
    }

    /// The names of the templates that come with the program, in order.
    pub fn names() -> Vec<String> {
        let entries = std::fs::read_dir(Self::folder()).into_iter().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .collect();
        names.sort();
        names
    }

    /// The name of the template for a period of that kind.
    pub fn name_for(kind: PeriodKind) -> &'static str {
        match kind {
            PeriodKind::Day => "daily",
            PeriodKind::Week => "weekly",
            _ => "monthly",
        }
    }

    /// Reads a template: the name of one that comes with the program, or a file whose name ends in `.toml`.
    ///
    /// # Errors
    /// Every mistake, with file, line and field.
    pub fn load(name: &str, definitions: &Definitions) -> Result<Self, LoadError> {
        let path = match name.ends_with(".toml") {
            true => PathBuf::from(name),
            false => Self::folder().join(format!("{name}.toml")),
        };
        let unreadable = |what: String| {
            let (file, field) = (path.clone(), String::new());
            LoadError(vec![Fault {
                file,
                line: 1,
                field,
                what,
            }])
        };
        let size = std::fs::metadata(&path).map_err(|error| {
            let known = Self::names().join(", ");
            unreadable(format!(
                "can't be read: {error}. Give a file whose name ends in .toml, or one of: {known}"
            ))
        })?;
        if size.len() > MAX_BYTES {
            let what = format!("it has {} bytes, at most {MAX_BYTES} are read", size.len());
            return Err(unreadable(what));
        }
        let text =
            std::fs::read_to_string(&path).map_err(|error| unreadable(format!("can't be read: {error}")))?;
        Self::parse(&path, &text, definitions)
    }

    /// Reads the text of a template.
    ///
    /// # Errors
    /// Every mistake, with file, line and field.
    pub fn parse(path: &Path, text: &str, definitions: &Definitions) -> Result<Self, LoadError> {
        let mut reader = Reader {
            path,
            text,
            definitions,
            faults: Vec::new(),
        };
        let raw: RawTemplate = match toml::from_str(text) {
            Ok(raw) => raw,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                reader.fault(at, "", error.message().to_owned());
                return Err(LoadError(reader.faults));
            }
        };
        let template = reader.template(raw);
        match reader.faults.is_empty() {
            true => Ok(template),
            false => Err(LoadError(reader.faults)),
        }
    }
}

/// Reads one template, and gathers its mistakes.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    definitions: &'a Definitions,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, at: usize, field: &str, what: String) {
        let before = self.text.get(..at).unwrap_or_default();
        self.faults.push(Fault {
            file: self.path.to_owned(),
            line: before.matches('\n').count() + 1,
            field: field.to_owned(),
            what,
        });
    }

    fn template(&mut self, raw: RawTemplate) -> Template {
        let kinds = [PeriodKind::Day, PeriodKind::Week, PeriodKind::Month];
        let period = match raw.period.get_ref().as_str() {
            "day" => kinds[0],
            "week" => kinds[1],
            "month" => kinds[2],
            other => {
                let what = format!("'{other}': expected day, week or month");
                self.fault(raw.period.span().start, "period", what);
                kinds[2]
            }
        };
        let against = raw.against.map_or(Against::LastPeriod, |text| {
            Against::parse(text.get_ref()).unwrap_or_else(|| {
                let what = format!("'{}': expected last-period or last-year", text.get_ref());
                self.fault(text.span().start, "against", what);
                Against::LastPeriod
            })
        });
        if raw.section.is_empty() {
            self.fault(
                0,
                "section",
                "there is none: add at least one [[section]]".to_owned(),
            );
        }
        let title = self.name(raw.title, "title");
        let mut sections = Vec::new();
        for (i, section) in raw.section.into_iter().enumerate() {
            let at = section.span().start;
            sections.extend(self.section(section.into_inner(), at, i + 1));
        }
        let name = self.path.file_stem().and_then(|stem| stem.to_str());
        Template {
            name: name.unwrap_or_default().to_owned(),
            title,
            period,
            against,
            sections,
        }
    }

    fn name(&mut self, raw: Spanned<RawName>, field: &str) -> Name {
        let at = raw.span().start;
        let RawName { zh, en } = raw.into_inner();
        if zh.trim().is_empty() || en.trim().is_empty() {
            let what = "is empty in one language: expected words in zh and in en".to_owned();
            self.fault(at, field, what);
        }
        Name { zh, en }
    }

    fn section(&mut self, mut raw: RawSection, at: usize, number: usize) -> Option<Part> {
        let field = |name: &str| format!("section {number}.{name}");
        let kind = raw.kind.get_ref().clone();
        let needs_title = kind != "text";
        let title = match raw.title.take() {
            Some(title) => self.name(title, &field("title")),
            None => {
                if needs_title {
                    self.fault(at, &field("title"), "is missing".to_owned());
                }
                Name::default()
            }
        };
        let content = match kind.as_str() {
            "text" => {
                let text = self.needed(raw.text.take(), at, &field("text"))?;
                Content::Text(self.paragraph(text, &field("text")))
            }
            "cards" => Content::Cards(self.indicators(&mut raw, at, &field("indicators"))?),
            "table" => Content::Table {
                indicators: self.columns(&mut raw, at, &field("indicators"))?,
                by: self.dimension(&mut raw, at, &field("by"))?,
                rows: self.rows(&mut raw, &field("rows")),
            },
            "trend" => Content::Trend {
                indicator: self.indicator(&mut raw, at, &field("indicator"))?,
                parts: self.parts(&mut raw, &field("parts")),
                days: self.days(&mut raw, &field("days")),
            },
            "pareto" => Content::Pareto {
                indicator: self.of_cases(&mut raw, at, &field("indicator"))?,
                by: self.dimension(&mut raw, at, &field("by"))?,
                rows: self.rows(&mut raw, &field("rows")),
            },
            "ranking" => Content::Ranking {
                indicator: self.of_cases(&mut raw, at, &field("indicator"))?,
                by: self.dimension(&mut raw, at, &field("by"))?,
                rows: self.rows(&mut raw, &field("rows")),
            },
            "histogram" => Content::Histogram(self.of_cases(&mut raw, at, &field("indicator"))?),
            "map" => Content::Map(self.of_cases(&mut raw, at, &field("indicator"))?),
            "overdue" => {
                self.check_overdue(raw.kind.span().start, &field("kind"));
                Content::Overdue(self.rows(&mut raw, &field("rows")))
            }
            "rules" => Content::Rules,
            other => {
                let what = format!(
                    "'{other}': expected text, cards, table, trend, pareto, ranking, histogram, map, overdue or rules"
                );
                self.fault(raw.kind.span().start, &field("kind"), what);
                return None;
            }
        };
        self.leftovers(&raw, &kind, number);
        Some(Part { title, content })
    }

    /// A field that a kind of section does not know would be without effect.
    fn leftovers(&mut self, raw: &RawSection, kind: &str, number: usize) {
        let left = [
            ("text", raw.text.as_ref().map(Spanned::span)),
            ("indicators", raw.indicators.as_ref().map(Spanned::span)),
            ("indicator", raw.indicator.as_ref().map(Spanned::span)),
            ("by", raw.by.as_ref().map(Spanned::span)),
            ("parts", raw.parts.as_ref().map(Spanned::span)),
            ("days", raw.days.as_ref().map(Spanned::span)),
            ("rows", raw.rows.as_ref().map(Spanned::span)),
        ];
        for (name, span) in left {
            if let Some(span) = span {
                let what = format!("a section of the kind '{kind}' has no such field");
                self.fault(span.start, &format!("section {number}.{name}"), what);
            }
        }
    }

    fn needed<T>(&mut self, value: Option<T>, at: usize, field: &str) -> Option<T> {
        if value.is_none() {
            self.fault(at, field, "is missing".to_owned());
        }
        value
    }

    fn paragraph(&mut self, raw: Spanned<RawName>, field: &str) -> Name {
        let at = raw.span().start;
        let name = self.name(raw, field);
        for text in [&name.zh, &name.en] {
            for piece in pieces(text) {
                match piece {
                    Piece::Plain(_) => {}
                    Piece::Placeholder(inside) => {
                        if let Some(what) = self.placeholder_fault(inside) {
                            self.fault(at, field, what);
                        }
                    }
                    Piece::Unclosed => self.fault(at, field, "a '{' is not closed by '}'".to_owned()),
                }
            }
        }
        name
    }

    fn placeholder_fault(&self, inside: &str) -> Option<String> {
        match inside.split_once(':') {
            None if PLACEHOLDERS.contains(&inside) => None,
            Some((what, id)) if OF_INDICATORS.contains(&what) => {
                let known = self.definitions.get(id).is_some();
                (!known).then(|| format!("{{{inside}}}: there is no indicator '{id}'"))
            }
            _ => Some(format!(
                "{{{inside}}} is no placeholder: expected one of {}, or value:ID, change:ID, before:ID of an indicator",
                PLACEHOLDERS.join(", ")
            )),
        }
    }

    fn known(&mut self, id: Spanned<String>, field: &str) -> Option<String> {
        let at = id.span().start;
        let id = id.into_inner();
        if self.definitions.get(&id).is_none() {
            let what = format!("there is no indicator '{id}': see yipanqi indicator --list");
            self.fault(at, field, what);
            return None;
        }
        Some(id)
    }

    fn indicator(&mut self, raw: &mut RawSection, at: usize, field: &str) -> Option<String> {
        let id = self.needed(raw.indicator.take(), at, field)?;
        self.known(id, field)
    }

    /// An indicator whose cases are told apart.
    fn of_cases(&mut self, raw: &mut RawSection, at: usize, field: &str) -> Option<String> {
        let id = self.needed(raw.indicator.take(), at, field)?;
        let at = id.span().start;
        let id = self.known(id, field)?;
        self.check_of_cases(&id, at, field);
        Some(id)
    }

    fn check_of_cases(&mut self, id: &str, at: usize, field: &str) {
        if !self.definitions.is_of_cases(id) {
            let what = format!(
                "'{id}' is not counted from cases, so that they can't be told apart: expected another indicator, or a section \
                 of the kind cards or trend"
            );
            self.fault(at, field, what);
        }
    }

    /// The list has the cases of [`OVERDUE`], which a hall's own definitions may lack.
    fn check_overdue(&mut self, at: usize, field: &str) {
        if self.definitions.get(OVERDUE).is_none() {
            let what =
                format!("a section of the kind 'overdue' needs the indicator '{OVERDUE}', and there is none");
            self.fault(at, field, what);
            return;
        }
        self.check_of_cases(OVERDUE, at, field);
    }

    /// The indicators of a table, a column each.
    fn columns(&mut self, raw: &mut RawSection, at: usize, field: &str) -> Option<Vec<String>> {
        if let Some(list) = &raw.indicators {
            let columns = list.get_ref().len();
            if columns > COLUMNS_MAX {
                let what = format!(
                    "{columns} indicators: a table has room for at most {COLUMNS_MAX}; divide it into two sections"
                );
                self.fault(list.span().start, field, what);
            }
            let known = |id: &&Spanned<String>| self.definitions.get(id.get_ref()).is_some();
            let known: Vec<&Spanned<String>> = list.get_ref().iter().filter(known).collect();
            for id in known {
                self.check_of_cases(id.get_ref(), id.span().start, field);
            }
        }
        self.indicators(raw, at, field)
    }

    fn indicators(&mut self, raw: &mut RawSection, at: usize, field: &str) -> Option<Vec<String>> {
        let list = self.needed(raw.indicators.take(), at, field)?;
        let at = list.span().start;
        let list = list.into_inner();
        if list.is_empty() {
            self.fault(at, field, "is empty: expected at least one indicator".to_owned());
        }
        let mut ids = Vec::new();
        for id in list {
            ids.extend(self.known(id, field));
        }
        Some(ids)
    }

    fn dimension(&mut self, raw: &mut RawSection, at: usize, field: &str) -> Option<Dimension> {
        let text = self.needed(raw.by.take(), at, field)?;
        let found = Dimension::parse(text.get_ref());
        if found.is_none() {
            let all = Dimension::ALL.map(Dimension::code).join(", ");
            let what = format!("'{}': expected one of {all}", text.get_ref());
            self.fault(text.span().start, field, what);
        }
        found
    }

    fn parts(&mut self, raw: &mut RawSection, field: &str) -> PeriodKind {
        let Some(text) = raw.parts.take() else {
            return PeriodKind::Day;
        };
        match text.get_ref().as_str() {
            "day" => PeriodKind::Day,
            "week" => PeriodKind::Week,
            "month" => PeriodKind::Month,
            other => {
                let what = format!("'{other}': expected day, week or month");
                self.fault(text.span().start, field, what);
                PeriodKind::Day
            }
        }
    }

    fn days(&mut self, raw: &mut RawSection, field: &str) -> Option<u32> {
        let days = raw.days.take()?;
        let within = self.within(&days, DAYS_MAX, field)?;
        u32::try_from(within).ok()
    }

    fn rows(&mut self, raw: &mut RawSection, field: &str) -> usize {
        let rows = raw
            .rows
            .take()
            .and_then(|rows| self.within(&rows, ROWS_MAX, field));
        rows.and_then(|rows| usize::try_from(rows).ok()).unwrap_or(ROWS)
    }

    fn within(&mut self, number: &Spanned<u64>, most: u64, field: &str) -> Option<u64> {
        let value = *number.get_ref();
        if (1..=most).contains(&value) {
            return Some(value);
        }
        let what = format!("{value}: expected a whole number from 1 to {most}");
        self.fault(number.span().start, field, what);
        None
    }
}
