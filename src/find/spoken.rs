//! A query as it is typed: `垃圾 类:B 状态:超期 2026-10..2026-11`, and how its parts are changed by a click.
//!
//! A word with a colon is a filter, in either language, as pinyin or as initials; its values stand between commas. A period needs
//! no key, `#17` is the number of a case, all else are words that are looked for. Quotes hold spaces together, and keep a word
//! from being read as anything else. Pure: nothing here draws or knows the time.

use std::ops::Range;
use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate};

use super::query::{Query, State};
use super::rows::STAGES;
use super::zone::{Zone, ZoneFault};
use crate::case::{CaseId, Source, Stage};
use crate::indicator::{Dimension, Key, Period, PeriodError};
use crate::line::Names;
use crate::line::spelling::{EXACT, Spelling, Typed, narrow};
use crate::town::{Centre, Class, Handler, Lang, PlaceId, Town};

/// By what cases are filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// 类别
    Class,
    /// 状态
    State,
    /// 事项
    Item,
    /// 区域: a community, a grid or a block
    Area,
    /// 单位
    Unit,
    /// 时间, of the report
    Time,
    /// 中心
    Centre,
    /// 来源
    Source,
    /// 编号
    Number,
    /// 圈, a drawn area
    Zone,
}

impl Field {
    /// All, in the order of filters on the screen.
    pub const ALL: [Self; 10] = [
        Self::Class,
        Self::State,
        Self::Item,
        Self::Area,
        Self::Unit,
        Self::Time,
        Self::Centre,
        Self::Source,
        Self::Number,
        Self::Zone,
    ];

    /// What it is called before the colon: the first for each language, then others that are understood.
    fn keys(self) -> (&'static str, &'static str, &'static [&'static str]) {
        match self {
            Self::Class => ("类", "class", &["类别", "分类", "lei", "lb"]),
            Self::State => ("状态", "state", &["阶段", "stage", "zt"]),
            Self::Item => ("事项", "item", &["类型", "type", "sx"]),
            Self::Area => (
                "区域",
                "area",
                &["社区", "网格", "街区", "地区", "qy", "sq", "wg", "jq"],
            ),
            Self::Unit => ("单位", "unit", &["处置", "队伍", "岗位", "team", "post", "dw"]),
            Self::Time => ("时间", "time", &["上报", "日期", "period", "date", "sj"]),
            Self::Centre => ("中心", "centre", &["center", "zx"]),
            Self::Source => ("来源", "source", &["ly"]),
            Self::Number => ("编号", "no", &["案号", "number", "bh"]),
            Self::Zone => ("圈", "zone", &["多边形", "polygon", "quan"]),
        }
    }

    /// What it is called before the colon.
    pub fn key(self, lang: Lang) -> &'static str {
        let (zh, en, _) = self.keys();
        match lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| {
            let (zh, en, also) = field.keys();
            zh == key || en == key || also.contains(&key)
        })
    }
}

/// Why a filter is not understood.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SpokenFault {
    /// No value after the colon.
    #[error("a value is missing after the colon")]
    Missing,
    /// Nothing of the town has that name or code.
    #[error("'{0}' is not known here, by name or by code")]
    Unknown(String),
    /// It is no period.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// It is no area.
    #[error(transparent)]
    Zone(#[from] ZoneFault),
}

/// A filter that was typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    /// By what.
    pub field: Field,
    /// Where it stands in the text, in bytes.
    pub span: Range<usize>,
    /// Its values, as they are kept: letters, codes, `team:CODE`, words of [`State::code`].
    pub values: Vec<String>,
    /// Why it is not understood. Then it lets everything through.
    pub fault: Option<SpokenFault>,
}

/// What was typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spoken {
    /// What it asks for.
    pub query: Query,
    /// Its filters, in their order.
    pub chips: Vec<Chip>,
}

impl Spoken {
    /// The first thing that is not understood.
    pub fn fault(&self) -> Option<&SpokenFault> {
        self.chips.iter().find_map(|chip| chip.fault.as_ref())
    }
}

const STATES: [(State, &str, &str); 14] = [
    (State::Open, "未结", "在办"),
    (State::Ended, "已结", "办结"),
    (State::Overdue, "超期", "逾期"),
    (State::Stage(Stage::Reported), "待受理", ""),
    (State::Stage(Stage::Accepted), "待派遣", ""),
    (State::Stage(Stage::Dispatched), "已派遣", ""),
    (State::Stage(Stage::InHand), "处置中", ""),
    (State::Stage(Stage::Rectified), "待核查", ""),
    (State::Stage(Stage::Verified), "待结案", ""),
    (State::Stage(Stage::Closed), "已结案", ""),
    (State::Stage(Stage::Refused), "不予受理", ""),
    (State::Stage(Stage::Suspended), "已挂账", "挂账"),
    (State::Stage(Stage::Merged), "已并案", "并案"),
    (State::Stage(Stage::Withdrawn), "已撤销", "撤销"),
];

const CENTRES: [&str; 3] = ["综治", "应急", "网格"];
const SOURCES: [&str; 7] = ["巡查", "居民上报", "热线", "检查", "来信来访", "媒体网络", "其他"];

/// The names by which a town's filters are understood, prepared once.
#[derive(Clone, Debug, Default)]
pub struct Speech {
    names: Names,
    states: Vec<(State, Spelling)>,
    centres: Vec<(Centre, Spelling)>,
    sources: Vec<(Source, Spelling)>,
}

impl Speech {
    /// Prepares the names of a town.
    pub fn of(town: &Town) -> Self {
        let also = |(state, _, also): &(State, &str, &str)| (*state, Spelling::new(also, "", ""));
        let states = STATES
            .iter()
            .map(|(state, zh, _)| (*state, Spelling::new(zh, "", state.code())));
        let others = STATES.iter().filter(|(.., also)| !also.is_empty()).map(also);
        let centres = Centre::ALL.into_iter().zip(CENTRES);
        let sources = Source::ALL.into_iter().zip(SOURCES);
        Self {
            names: Names::of(town),
            states: states.chain(others).collect(),
            centres: centres
                .map(|(centre, zh)| (centre, Spelling::new(zh, "", centre.code())))
                .collect(),
            sources: sources
                .map(|(source, zh)| (source, Spelling::new(zh, "", source.code())))
                .collect(),
        }
    }

    /// Reads what was typed. `today` is the day by the town's clocks.
    pub fn read(&self, text: &str, town: &Town, today: NaiveDate) -> Spoken {
        let mut spoken = Spoken::default();
        for word in split(text) {
            match word.filter() {
                Some((field, values)) => {
                    let chip = self.chip(field, values, word.span.clone(), town, today, &mut spoken.query);
                    spoken.chips.push(chip);
                }
                None => self.bare(&word, town, today, &mut spoken),
            }
        }
        spoken
    }

    /// A word without a key: a period, the number of a case, or a word that is looked for.
    fn bare(&self, word: &Piece, town: &Town, today: NaiveDate, spoken: &mut Spoken) {
        let text = word.text.as_str();
        let number = text.strip_prefix(['#', '＃']).filter(|_| !word.quoted);
        let field = match number {
            Some(number) if number.parse::<i64>().is_ok() => Field::Number,
            _ if !word.quoted && text.contains(['-', '.', '年']) && period(text, today).is_ok() => {
                Field::Time
            }
            _ => return spoken.query.words.push(text.to_owned()),
        };
        let value = number.unwrap_or(text).to_owned();
        let chip = self.chip(
            field,
            vec![value],
            word.span.clone(),
            town,
            today,
            &mut spoken.query,
        );
        spoken.chips.push(chip);
    }

    fn chip(
        &self,
        field: Field,
        values: Vec<String>,
        span: Range<usize>,
        town: &Town,
        today: NaiveDate,
        query: &mut Query,
    ) -> Chip {
        let mut chip = Chip {
            field,
            span,
            values: Vec::new(),
            fault: values.is_empty().then_some(SpokenFault::Missing),
        };
        for value in values {
            match self.value(field, &value, town, today, query) {
                Ok(found) => chip.values.extend(found),
                Err(fault) => chip.fault = Some(fault),
            }
        }
        chip
    }

    /// Takes a value into the query, and gives it as it is kept.
    fn value(
        &self,
        field: Field,
        text: &str,
        town: &Town,
        today: NaiveDate,
        query: &mut Query,
    ) -> Result<Vec<String>, SpokenFault> {
        let unknown = || SpokenFault::Unknown(text.to_owned());
        let dimension = match field {
            Field::State => {
                let state = best(&self.states, text).ok_or_else(unknown)?;
                query.states.push(state);
                return Ok(vec![state.code().to_owned()]);
            }
            Field::Number => {
                let number = narrowed(text).parse().map_err(|_| unknown())?;
                query.numbers.push(CaseId(number));
                return Ok(vec![number.to_string()]);
            }
            Field::Time => {
                let found = period(text, today)?;
                query.period = Some(found);
                return Ok(vec![text.to_owned()]);
            }
            Field::Zone => {
                let zone = Zone::parse(text)?;
                query.zone = Some(Arc::new(zone));
                return Ok(vec![text.to_owned()]);
            }
            Field::Area => {
                let (dimension, codes) = self.areas(text, town).ok_or_else(unknown)?;
                let keys = codes.iter().map(|code| Key::new(dimension, code.clone()));
                query.filter.keys.extend(keys);
                return Ok(codes);
            }
            Field::Class => Dimension::Class,
            Field::Item => Dimension::Item,
            Field::Unit => Dimension::Unit,
            Field::Centre => Dimension::Centre,
            Field::Source => Dimension::Source,
        };
        let codes = match field {
            Field::Class => Class::parse(&narrowed(text)).map(|class| vec![class.letter().to_owned()]),
            Field::Centre => best(&self.centres, text).map(|centre| vec![centre.code().to_owned()]),
            Field::Source => best(&self.sources, text).map(|source| vec![source.code().to_owned()]),
            Field::Item => self.items(text, town),
            _ => self.units(text),
        };
        let codes = codes.filter(|codes| !codes.is_empty()).ok_or_else(unknown)?;
        query
            .filter
            .keys
            .extend(codes.iter().map(|code| Key::new(dimension, code.clone())));
        Ok(codes)
    }

    /// The items that fit best, all of them where several fit alike.
    fn items(&self, text: &str, town: &Town) -> Option<Vec<String>> {
        // A retired item is found by its code.
        if let Some(item) = town.catalogue.by_code(text) {
            return Some(vec![item.code.clone()]);
        }
        Some(
            alike(&self.names.items(text))
                .into_iter()
                .map(ToString::to_string)
                .collect(),
        )
    }

    fn units(&self, text: &str) -> Option<Vec<String>> {
        if let Ok(handler) = Handler::try_from(text.to_owned()) {
            return Some(vec![handler.to_string()]);
        }
        Some(
            alike(&self.names.units(text))
                .into_iter()
                .map(ToString::to_string)
                .collect(),
        )
    }

    /// The places that fit best, of one kind, and what they are.
    fn areas(&self, text: &str, town: &Town) -> Option<(Dimension, Vec<String>)> {
        let of = |id: PlaceId| town.places.get(id);
        let found = self.names.places(text);
        let first = of(*found.first()?.1).kind;
        let of_kind = alike(&found)
            .into_iter()
            .map(|id| of(*id))
            .filter(|place| place.kind == first);
        Some((
            Dimension::of_place(first)?,
            of_kind.map(|place| place.code.clone()).collect(),
        ))
    }
}

/// What fits as well as the first, but not more than a list that somebody could look through.
fn alike<'a, T>(found: &[(u8, &'a T)]) -> Vec<&'a T> {
    const MOST: usize = 60;
    let Some((rank, _)) = found.first() else {
        return Vec::new();
    };
    let most = if *rank == EXACT { 1 } else { MOST };
    found
        .iter()
        .take_while(|(other, _)| other == rank)
        .take(most)
        .map(|(_, thing)| *thing)
        .collect()
}

fn best<T: Copy>(all: &[(T, Spelling)], text: &str) -> Option<T> {
    let typed = Typed::new(text);
    let ranked = all
        .iter()
        .filter_map(|(thing, spelling)| Some((spelling.rank(&typed)?, *thing)));
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, thing)| thing)
}

fn narrowed(text: &str) -> String {
    text.trim().chars().map(narrow).collect()
}

/// A period as it is typed: a name of [`Period::parse`], two of them with `..` between, one of which may be missing, or a word
/// such as 上月.
///
/// # Errors
/// [`PeriodError`] with what would be right.
pub fn period(text: &str, today: NaiveDate) -> Result<Period, PeriodError> {
    let text = narrowed(text).to_lowercase().replace('w', "W").replace('q', "Q");
    let form = || PeriodError::Form(text.clone());
    // The letters of words that Period reads are lower-case but these.
    if let Some(found) = said(&text.to_lowercase(), today) {
        return Ok(found);
    }
    if let Some((from, to)) = text.split_once("..") {
        let end = |part: &str, open: NaiveDate| match part.trim() {
            "" => Ok(Period::day(open)),
            part => Period::parse(part, today),
        };
        let beginning = NaiveDate::from_ymd_opt(*crate::indicator::period::YEARS.start(), 1, 1);
        let first = end(from, beginning.unwrap_or(today))?.first;
        let last = end(to, today)?.last;
        return Period::range(first, last).ok_or_else(|| PeriodError::Backwards(text.clone()));
    }
    let plain: String = text
        .to_lowercase()
        .replace("年", "-")
        .replace("月", "-")
        .replace('日', "");
    if plain != text.to_lowercase() {
        let parts: Option<Vec<u32>> = plain
            .split('-')
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().ok())
            .collect();
        let found = match parts.ok_or_else(form)?.as_slice() {
            [year] => Period::year(*year as i32),
            [year, month] => Period::month(*year as i32, *month),
            [year, month, day] => NaiveDate::from_ymd_opt(*year as i32, *month, *day).map(Period::day),
            _ => None,
        };
        return found.ok_or_else(form);
    }
    Period::parse(&text, today)
}

/// A period that has a word of its own.
fn said(text: &str, today: NaiveDate) -> Option<Period> {
    let month = || Period::month(today.year(), today.month());
    match text {
        "今天" | "今日" | "today" => Some(Period::day(today)),
        "昨天" | "昨日" | "yesterday" => Some(Period::day(today.pred_opt()?)),
        "本周" | "this-week" => Period::week_of(today),
        "上周" | "last-week" => Period::week_of(today.checked_sub_days(Days::new(7))?),
        "本月" | "this-month" => month(),
        "上月" | "last-month" => month()?.previous(),
        "今年" | "this-year" => Period::year(today.year()),
        "去年" | "last-year" => Period::year(today.year() - 1),
        _ => {
            let days = text.strip_prefix('近')?.strip_suffix(['天', '日'])?;
            Period::rolling(days.parse().ok()?, today)
        }
    }
}

/// A word of the text.
struct Piece {
    text: String,
    span: Range<usize>,
    /// Whether it begins with a quote.
    quoted: bool,
    /// Where its first colon outside of quotes is, in [`Self::text`].
    colon: Option<usize>,
    /// Where commas outside of quotes are.
    commas: Vec<usize>,
}

impl Piece {
    /// The field before its colon, and its values.
    fn filter(&self) -> Option<(Field, Vec<String>)> {
        let colon = self.colon?;
        let field = Field::parse(&narrowed(&self.text[..colon]).to_lowercase())?;
        let width = self.text[colon..].chars().next().map_or(1, char::len_utf8);
        let start = colon + width;
        if matches!(field, Field::Zone | Field::Time) {
            let whole = self.text[start..].trim();
            return Some((
                field,
                if whole.is_empty() {
                    Vec::new()
                } else {
                    vec![whole.to_owned()]
                },
            ));
        }
        let mut values = Vec::new();
        let mut from = start;
        for comma in self
            .commas
            .iter()
            .copied()
            .filter(|at| *at >= start)
            .chain([self.text.len()])
        {
            let value = self.text[from..comma].trim();
            if !value.is_empty() {
                values.push(value.to_owned());
            }
            let width = self.text[comma..].chars().next().map_or(0, char::len_utf8);
            from = comma + width;
        }
        Some((field, values))
    }
}

/// Splits a text at spaces outside of quotes. A quote that is not ended goes on to the end.
fn split(text: &str) -> Vec<Piece> {
    let closing = |c: char| match c {
        '"' => Some('"'),
        '“' => Some('”'),
        '「' => Some('」'),
        _ => None,
    };
    let mut pieces: Vec<Piece> = Vec::new();
    let mut piece: Option<Piece> = None;
    let mut quote: Option<char> = None;
    for (at, c) in text.char_indices() {
        if quote.is_none() && narrow(c).is_whitespace() {
            pieces.extend(piece.take());
            continue;
        }
        let here = piece.get_or_insert_with(|| Piece {
            text: String::new(),
            span: at..at,
            quoted: closing(c).is_some(),
            colon: None,
            commas: Vec::new(),
        });
        here.span.end = at + c.len_utf8();
        match quote {
            Some(end) if c == end => quote = None,
            None if closing(c).is_some() => quote = closing(c),
            Some(_) => here.text.push(c),
            None => {
                if narrow(c) == ':' && here.colon.is_none() && !here.quoted {
                    here.colon = Some(here.text.len());
                }
                if matches!(c, ',' | '，' | '、') {
                    here.commas.push(here.text.len());
                }
                here.text.push(c);
            }
        }
    }
    pieces.extend(piece);
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

/// Writes a filter so that it is read as these values.
pub fn written(field: Field, values: &[String], lang: Lang) -> String {
    let quoted = |value: &String| {
        if field == Field::State {
            return state_word(value, lang);
        }
        let needs = value.contains(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | '"'));
        if needs && !matches!(field, Field::Zone | Field::Time) {
            format!("\"{}\"", value.replace('"', ""))
        } else {
            value.clone()
        }
    };
    let values: Vec<String> = values.iter().map(quoted).collect();
    format!("{}:{}", field.key(lang), values.join(","))
}

/// The text without the filter at `span`.
pub fn without(text: &str, span: &Range<usize>) -> String {
    let before = text.get(..span.start).unwrap_or(text).trim_end();
    let after = text.get(span.end..).unwrap_or_default().trim_start();
    match (before.is_empty(), after.is_empty()) {
        (true, _) => after.to_owned(),
        (_, true) => before.to_owned(),
        _ => format!("{before} {after}"),
    }
}

/// The text with a value added to the filter of that field, or taken away where it is there. A field that can have one value only
/// gets this one.
pub fn toggled(text: &str, chips: &[Chip], field: Field, value: &str, lang: Lang) -> String {
    let of_field = || chips.iter().filter(|chip| chip.field == field);
    if let Some(chip) = of_field().find(|chip| chip.values.iter().any(|there| there == value)) {
        let rest: Vec<String> = chip
            .values
            .iter()
            .filter(|there| *there != value)
            .cloned()
            .collect();
        if rest.is_empty() {
            return without(text, &chip.span);
        }
        return replaced(text, &chip.span, &written(field, &rest, lang));
    }
    let single = matches!(field, Field::Time | Field::Zone);
    match of_field().next() {
        Some(chip) => {
            let mut values = if single { Vec::new() } else { chip.values.clone() };
            values.push(value.to_owned());
            replaced(text, &chip.span, &written(field, &values, lang))
        }
        None => {
            let filter = written(field, &[value.to_owned()], lang);
            let text = text.trim_end();
            if text.is_empty() {
                filter
            } else {
                format!("{text} {filter}")
            }
        }
    }
}

fn replaced(text: &str, span: &Range<usize>, with: &str) -> String {
    let before = text.get(..span.start).unwrap_or_default();
    let after = text.get(span.end..).unwrap_or_default();
    format!("{before}{with}{after}")
}

/// How a state is written.
pub fn state_word(code: &str, lang: Lang) -> String {
    let named = STATES.iter().find(|(state, ..)| state.code() == code);
    match (named, lang) {
        (Some((_, zh, _)), Lang::Zh) => (*zh).to_owned(),
        _ => code.to_owned(),
    }
}

/// All states, the three that gather others first.
pub fn states() -> impl Iterator<Item = State> {
    [State::Open, State::Ended, State::Overdue]
        .into_iter()
        .chain(STAGES.into_iter().map(State::Stage))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::LazyLock;

    use super::*;
    use proptest::prelude::*;

    static TOWN: LazyLock<Town> = LazyLock::new(|| {
        Town::load(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan")).unwrap()
    });
    static SPEECH: LazyLock<Speech> = LazyLock::new(|| Speech::of(&TOWN));

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 25).unwrap()
    }

    fn read(text: &str) -> Spoken {
        SPEECH.read(text, &TOWN, today())
    }

    #[test]
    fn a_line_of_words_and_filters_is_read() {
        let spoken = read("类:B 状态:超期 2026-10..2026-11 垃圾 #17 “HP B”");
        assert_eq!(spoken.fault(), None);
        let query = spoken.query;
        assert_eq!(query.words, ["垃圾", "HP B"]);
        assert_eq!(query.numbers, [CaseId(17)]);
        assert_eq!(query.states, [State::Overdue]);
        assert_eq!(query.filter.keys, [Key::new(Dimension::Class, "B")]);
        assert_eq!(query.period.unwrap().name(), "2026-10-01..2026-11-30");
    }

    #[test]
    fn keys_and_values_are_understood_in_every_way_of_typing_them() {
        for text in ["class:a,b", "类：A、Ｂ", "LEI:a，b"] {
            let keys = read(text).query.filter.keys;
            assert_eq!(
                keys,
                ["A", "B"].map(|class| Key::new(Dimension::Class, class)),
                "{text}"
            );
        }
        for text in ["状态:cq", "state:overdue", "zt:逾期", "状态:chaoqi"] {
            assert_eq!(read(text).query.states, [State::Overdue], "{text}");
        }
        for text in ["区域:新澜", "area:xinlan", "社区:xl"] {
            let keys = read(text).query.filter.keys;
            assert_eq!(
                keys.first().map(|key| key.dimension),
                Some(Dimension::Community),
                "{text}"
            );
        }
        for text in [
            "事项:GL-A01",
            "来源:热线",
            "中心:应急",
            "source:hotline",
            "编号:3,4",
        ] {
            assert_eq!(read(text).fault(), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said_and_lets_everything_through() {
        for (text, fault) in [
            ("类:X", SpokenFault::Unknown("X".into())),
            ("类:", SpokenFault::Missing),
            ("单位:没有这个队", SpokenFault::Unknown("没有这个队".into())),
            (
                "时间:2026-13",
                SpokenFault::Period(PeriodError::NoSuchDay("2026-13".into())),
            ),
        ] {
            let spoken = read(text);
            assert_eq!(spoken.fault(), Some(&fault), "{text}");
            assert!(spoken.query.is_empty(), "{text}");
        }
        // What only looks like a filter is a word.
        assert_eq!(read("HP:B 12:30 \"类:B\"").query.words, ["HP:B", "12:30", "类:B"]);
    }

    #[test]
    fn periods_are_read_as_they_are_said() {
        for (text, first, last) in [
            ("2026", "2026-01-01", "2026-12-31"),
            ("2026-10..2026-11", "2026-10-01", "2026-11-30"),
            ("2026-10-03..", "2026-10-03", "2026-11-25"),
            ("..2025", "1900-01-01", "2025-12-31"),
            ("上月", "2026-10-01", "2026-10-31"),
            ("今天", "2026-11-25", "2026-11-25"),
            ("近7天", "2026-11-19", "2026-11-25"),
            ("last-30-days", "2026-10-27", "2026-11-25"),
            ("2026-w47", "2026-11-16", "2026-11-22"),
            ("2026-Q4", "2026-10-01", "2026-12-31"),
            ("2026年10月", "2026-10-01", "2026-10-31"),
            ("2026年10月5日", "2026-10-05", "2026-10-05"),
        ] {
            let found = period(text, today()).unwrap();
            assert_eq!(
                (found.first.to_string(), found.last.to_string()),
                (first.into(), last.into()),
                "{text}"
            );
        }
        for text in ["2026-11..2026-10", "明年", "..x", ""] {
            assert!(period(text, today()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_click_changes_the_text_and_changes_it_back() {
        let toggle = |text: &str, field, value| toggled(text, &read(text).chips, field, value, Lang::Zh);
        let text = toggle("垃圾", Field::Class, "B");
        assert_eq!(text, "垃圾 类:B");
        let text = toggle(&text, Field::Class, "C");
        assert_eq!(text, "垃圾 类:B,C");
        let text = toggle(&text, Field::Time, "2026-10");
        let text = toggle(&text, Field::Time, "2026-11");
        assert_eq!(text, "垃圾 类:B,C 时间:2026-11");
        let text = toggle(&text, Field::Class, "B");
        assert_eq!(toggle(&text, Field::Class, "C"), "垃圾 时间:2026-11");
        let unit = "team:A B";
        let with_space = toggle("", Field::Unit, unit);
        assert_eq!(read(&with_space).chips[0].values, [unit]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_its_filters_stand_where_they_say(text in "[a类:：B,，\"“” #1垃.-]{0,24}") {
            let spoken = read(&text);
            for chip in &spoken.chips {
                prop_assert!(text.get(chip.span.clone()).is_some());
                let rest = read(&without(&text, &chip.span));
                prop_assert!(rest.chips.len() < spoken.chips.len());
            }
        }
    }
}
