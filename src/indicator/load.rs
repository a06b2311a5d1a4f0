//! Reads definitions from `assets/indicators/*.toml`. A mistake is told with file, line, field, and what was expected; nothing is
//! half loaded.

use std::fmt;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use serde::Deserialize;
use toml::Spanned;

use crate::case::{End, Judged, TimedStep};
use crate::town::{Class, Level, Name};

use super::definition::{
    Band, Cohort, Condition, Definition, Definitions, Direction, Example, ExampleCase, Formula, Set,
    Statistic, Unit,
};
use super::period::{Against, Period};

/// Bytes of the largest file that is read.
const MAX_BYTES: u64 = 1024 * 1024;

/// The longest text of a definition, in characters.
const MAX_TEXT: usize = 2000;

/// An indicator that is made of others, which are made of others…: so many times at most. One figure then takes at most 2 to
/// this power of counts.
const DEEP_MAX: usize = 4;

/// So many cases in a worked example at most.
const MAX_CASES: u32 = 10_000;

/// One mistake in a file of definitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The field, after the indicator's id: `disposition-rate.formula.of`.
    pub field: String,
    /// What was found and what was expected.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: line {}: ", self.file.display(), self.line)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.what)
    }
}

/// Every mistake that was found. Nothing was loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct LoadError(pub Vec<Fault>);

impl Definitions {
    /// Reads the definitions that come with the program.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn load() -> Result<Self, LoadError> {
        let folder = crate::assets::find("assets/indicators").unwrap_or_else(|| "assets/indicators".into());
        Self::load_from(&folder)
    }

    /// Reads all `.toml` files of a folder, in the order of their names.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn load_from(folder: &Path) -> Result<Self, LoadError> {
        let unreadable = |file: &Path, error: &dyn fmt::Display| {
            LoadError(vec![Fault {
                file: file.to_owned(),
                line: 1,
                field: String::new(),
                what: format!("can't be read: {error}"),
            }])
        };
        let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
            .collect();
        files.sort();
        let mut texts = Vec::new();
        for file in files {
            let size = std::fs::metadata(&file)
                .map_err(|error| unreadable(&file, &error))?
                .len();
            if size > MAX_BYTES {
                return Err(unreadable(
                    &file,
                    &format!("it has {size} bytes, at most {MAX_BYTES} are read"),
                ));
            }
            let text = std::fs::read_to_string(&file).map_err(|error| unreadable(&file, &error))?;
            texts.push((file, text));
        }
        Self::parse(&texts)
    }

    /// Reads the texts of files.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn parse(files: &[(PathBuf, String)]) -> Result<Self, LoadError> {
        let mut faults = Vec::new();
        let mut found: Vec<Found> = Vec::new();
        for (path, text) in files {
            let mut reader = Reader {
                path,
                text,
                faults: &mut faults,
                id: String::new(),
            };
            reader.read(&mut found);
        }
        check_ids(&found, &mut faults);
        check_parts(&found, &mut faults);
        if found.is_empty() && faults.is_empty() {
            faults.push(Fault {
                file: files.first().map_or_else(PathBuf::new, |(path, _)| path.clone()),
                line: 1,
                field: String::new(),
                what: "has no [[indicator]]".to_owned(),
            });
        }
        if faults.is_empty() {
            Ok(Self::new(
                found.into_iter().map(|found| found.definition).collect(),
            ))
        } else {
            Err(LoadError(faults))
        }
    }
}

/// A definition, and where it stands.
struct Found {
    definition: Definition,
    file: PathBuf,
    line: usize,
    formula_line: usize,
}

impl Found {
    fn fault(&self, line: usize, field: &str, what: String) -> Fault {
        Fault {
            file: self.file.clone(),
            line,
            field: format!("{}.{field}", self.definition.id),
            what,
        }
    }
}

fn check_ids(found: &[Found], faults: &mut Vec<Fault>) {
    for (i, one) in found.iter().enumerate() {
        let twin = found[..i]
            .iter()
            .find(|other| other.definition.id == one.definition.id);
        if let Some(twin) = twin {
            let what = format!(
                "stands already in {}, line {}: give it another id",
                twin.file.display(),
                twin.line
            );
            faults.push(one.fault(one.line, "id", what));
        }
    }
}

/// What formulas that are made of other indicators must keep to: these exist, fit together, and don't go round in a circle.
fn check_parts(found: &[Found], faults: &mut Vec<Fault>) {
    let get = |id: &str| found.iter().find(|other| other.definition.id == id);
    for one in found {
        let formula = &one.definition.formula;
        let before = faults.len();
        for part in formula.parts() {
            if get(part).is_none() {
                faults.push(one.fault(
                    one.formula_line,
                    "formula",
                    format!("there is no indicator '{part}'"),
                ));
            }
        }
        if faults.len() > before {
            continue;
        }
        let units: Vec<Unit> = formula
            .parts()
            .into_iter()
            .filter_map(get)
            .map(|d| d.definition.unit)
            .collect();
        if let Some(what) = units_fault(formula, &units, one.definition.unit) {
            faults.push(one.fault(one.formula_line, "formula", what));
        }
        if let Some(what) = way_fault(one, &get) {
            faults.push(one.fault(one.formula_line, "formula", what));
        }
    }
}

fn units_fault(formula: &Formula, units: &[Unit], own: Unit) -> Option<String> {
    let is = |unit: Unit| unit.code();
    match (formula, units) {
        (Formula::Change { .. }, [Unit::Percent | Unit::Points]) => {
            Some("a share changes by percentage points: expected points = \"…\"".to_owned())
        }
        (Formula::Points { .. }, [unit]) if *unit != Unit::Percent => Some(format!(
            "only shares change by percentage points, this one is counted in {}: expected change = \"…\"",
            is(*unit)
        )),
        (Formula::Ratio { .. } | Formula::Difference { .. }, [a, b]) if a != b => Some(format!(
            "the two are counted in {} and {}: they can't be set against each other",
            is(*a),
            is(*b)
        )),
        (Formula::Difference { .. }, [a, _]) => {
            let expected = match a {
                Unit::Percent => Unit::Points,
                other => *other,
            };
            (expected != own).then(|| {
                format!(
                    "the difference is counted in {}, but its unit is {}",
                    is(expected),
                    is(own)
                )
            })
        }
        _ => None,
    }
}

/// What is wrong with the ways from a formula down to what it is made of: one leads back to it, or goes too deep.
fn way_fault<'a>(start: &'a Found, get: &impl Fn(&str) -> Option<&'a Found>) -> Option<String> {
    fn walk<'a>(
        at: &'a Found,
        get: &impl Fn(&str) -> Option<&'a Found>,
        way: &mut Vec<&'a str>,
    ) -> Option<String> {
        let id = at.definition.id.as_str();
        if way.contains(&id) {
            way.push(id);
            return (way[0] == id).then(|| format!("goes round in a circle: {}", way.join(" → ")));
        }
        way.push(id);
        // The way ends here, whatever follows: their number doubles with each step.
        if way.len() > DEEP_MAX + 1 {
            return Some(format!(
                "is made of others more than {DEEP_MAX} deep: {}",
                way.join(" → ")
            ));
        }
        let fault = at
            .definition
            .formula
            .parts()
            .into_iter()
            .find_map(|part| walk(get(part)?, get, &mut way.clone()));
        way.pop();
        fault
    }
    walk(start, get, &mut Vec::new())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    indicator: Vec<Spanned<RawIndicator>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIndicator {
    id: Spanned<String>,
    name: Spanned<RawName>,
    words: Spanned<RawName>,
    rule: Spanned<RawName>,
    source: Spanned<String>,
    unit: Spanned<String>,
    direction: Spanned<String>,
    decimals: Option<Spanned<u8>>,
    band: Option<Spanned<RawBand>>,
    formula: Spanned<RawFormula>,
    example: Spanned<RawExample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawName {
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawBand {
    at_least: Option<f64>,
    at_most: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawFormula {
    count: Option<Spanned<String>>,
    share: Option<Spanned<Vec<Spanned<String>>>>,
    mean: Option<Spanned<String>>,
    median: Option<Spanned<String>>,
    p90: Option<Spanned<String>>,
    saved: Option<Spanned<f64>>,
    alarms_per_seat: Option<Spanned<bool>>,
    change: Option<Spanned<String>>,
    points: Option<Spanned<String>>,
    ratio: Option<Spanned<String>>,
    difference: Option<Spanned<String>>,
    of: Option<Spanned<String>>,
    is: Option<Spanned<Vec<Spanned<String>>>>,
    not: Option<Spanned<Vec<Spanned<String>>>>,
    against: Option<Spanned<String>>,
    to: Option<Spanned<String>>,
    minus: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExample {
    zh: String,
    en: String,
    period: Spanned<String>,
    against: Option<Spanned<String>>,
    value: Spanned<f64>,
    change: Option<Spanned<f64>>,
    #[serde(default)]
    cases: Vec<Spanned<RawCase>>,
    #[serde(default)]
    alarms: Vec<Spanned<RawAlarm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawCase {
    n: Option<u32>,
    reported: String,
    closed: Option<String>,
    refused: Option<String>,
    merged: Option<String>,
    due: Option<String>,
    dispatched: Option<String>,
    #[serde(default)]
    wrong: bool,
    class: Option<String>,
    level: Option<String>,
    #[serde(default)]
    sent_back: u8,
    #[serde(default)]
    reopened: u8,
    step: Option<String>,
    #[serde(default)]
    late: bool,
    #[serde(default)]
    spot: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAlarm {
    seat: String,
    at: String,
}

/// Reads one file.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    faults: &'a mut Vec<Fault>,
    /// The id of the indicator that is being read.
    id: String,
}

impl Reader<'_> {
    fn line(&self, byte: usize) -> usize {
        1 + self.text.bytes().take(byte).filter(|b| *b == b'\n').count()
    }

    fn fault(&mut self, at: std::ops::Range<usize>, field: &str, what: impl Into<String>) {
        let field = match (self.id.as_str(), field) {
            ("", field) => field.to_owned(),
            (id, "") => id.to_owned(),
            (id, field) => format!("{id}.{field}"),
        };
        self.faults.push(Fault {
            file: self.path.to_owned(),
            line: self.line(at.start),
            field,
            what: what.into(),
        });
    }

    fn read(&mut self, found: &mut Vec<Found>) {
        let raw: RawFile = match toml::from_str(self.text) {
            Ok(raw) => raw,
            Err(error) => {
                let at = error.span().unwrap_or(0..0);
                let field = self.key_at(at.start);
                self.fault(at, &field, error.message());
                return;
            }
        };
        for raw in raw.indicator {
            let at = raw.span();
            let raw = raw.into_inner();
            self.id = raw.id.get_ref().clone();
            let line = self.line(at.start);
            let formula_line = self.line(raw.formula.span().start);
            let before = self.faults.len();
            let definition = self.definition(raw);
            if let Some(definition) = definition.filter(|_| self.faults.len() == before) {
                found.push(Found {
                    definition,
                    file: self.path.to_owned(),
                    line,
                    formula_line,
                });
            }
            self.id.clear();
        }
    }

    /// The key of the line that a byte lies in, for mistakes that are not told with their field.
    fn key_at(&self, byte: usize) -> String {
        let start = self.text[..byte.min(self.text.len())]
            .rfind('\n')
            .map_or(0, |end| end + 1);
        let line = self.text[start..].lines().next().unwrap_or_default();
        match line.split_once('=') {
            Some((key, _)) if !key.trim().is_empty() && key.len() < 40 => key.trim().to_owned(),
            _ => String::new(),
        }
    }

    fn definition(&mut self, raw: RawIndicator) -> Option<Definition> {
        let id = raw.id.get_ref();
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || id.len() > 64 || !id.chars().all(good) {
            self.fault(
                raw.id.span(),
                "id",
                "expected small letters, digits and hyphens, at most 64",
            );
        }
        let name = self.name(&raw.name, "name");
        let words = self.name(&raw.words, "words");
        let rule = self.name(&raw.rule, "rule");
        if raw.source.get_ref().trim().is_empty() {
            self.fault(
                raw.source.span(),
                "source",
                "is empty: expected where the rule comes from",
            );
        }
        let unit = self.word(&raw.unit, "unit", Unit::parse, &Unit::ALL.map(Unit::code));
        let direction = self.word(
            &raw.direction,
            "direction",
            Direction::parse,
            &Direction::ALL.map(Direction::code),
        );
        let decimals = raw.decimals.as_ref().map_or(1, |decimals| *decimals.get_ref());
        if let Some(given) = raw.decimals.as_ref().filter(|given| *given.get_ref() > 3) {
            self.fault(given.span(), "decimals", "expected 0 to 3");
        }
        let band = raw.band.as_ref().and_then(|band| self.band(band, direction?));
        let formula = self.formula(&raw.formula);
        if let (Some(formula), Some(unit)) = (&formula, unit) {
            self.check_unit(formula, unit, &raw.unit);
        }
        let example = self.example(&raw.example);
        Some(Definition {
            id: raw.id.into_inner(),
            name,
            words,
            rule,
            source: raw.source.into_inner(),
            formula: formula?,
            unit: unit?,
            decimals,
            direction: direction?,
            band,
            example: example?,
        })
    }

    fn name(&mut self, raw: &Spanned<RawName>, field: &str) -> Name {
        let RawName { zh, en } = raw.get_ref();
        for (lang, text) in [("zh", zh), ("en", en)] {
            if text.trim().is_empty() || text.chars().count() > MAX_TEXT {
                self.fault(
                    raw.span(),
                    &format!("{field}.{lang}"),
                    format!("expected 1 to {MAX_TEXT} characters"),
                );
            }
        }
        Name {
            zh: zh.clone(),
            en: en.clone(),
        }
    }

    fn word<T>(
        &mut self,
        raw: &Spanned<String>,
        field: &str,
        parse: impl Fn(&str) -> Option<T>,
        known: &[&str],
    ) -> Option<T> {
        let found = parse(raw.get_ref());
        if found.is_none() {
            let what = format!("found '{}', expected one of {}", raw.get_ref(), known.join(", "));
            self.fault(raw.span(), field, what);
        }
        found
    }

    fn band(&mut self, raw: &Spanned<RawBand>, direction: Direction) -> Option<Band> {
        let RawBand { at_least, at_most } = raw.get_ref();
        let finite = |limit: &Option<f64>| limit.is_none_or(f64::is_finite);
        let wrong = match (at_least, at_most, direction) {
            _ if !finite(at_least) || !finite(at_most) => "expected numbers",
            (None, None, _) => "expected at-least, at-most, or both",
            (Some(min), Some(max), _) if min > max => "at-least is more than at-most",
            (None, Some(_), Direction::More) => {
                "the more the better, but only a most is given: expected at-least"
            }
            (Some(_), None, Direction::Less) => {
                "the less the better, but only a least is given: expected at-most"
            }
            _ => {
                return Some(Band {
                    min: *at_least,
                    max: *at_most,
                });
            }
        };
        self.fault(raw.span(), "band", wrong);
        None
    }

    /// Reads the one of the ways of counting that is given.
    fn formula(&mut self, raw: &Spanned<RawFormula>) -> Option<Formula> {
        let f = raw.get_ref();
        let heads: Vec<&str> = [
            ("count", f.count.is_some()),
            ("share", f.share.is_some()),
            ("mean", f.mean.is_some()),
            ("median", f.median.is_some()),
            ("p90", f.p90.is_some()),
            ("saved", f.saved.is_some()),
            ("alarms-per-seat", f.alarms_per_seat.is_some()),
            ("change", f.change.is_some()),
            ("points", f.points.is_some()),
            ("ratio", f.ratio.is_some()),
            ("difference", f.difference.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        let [head] = heads.as_slice() else {
            let what = format!(
                "expected one of count, share, mean, median, p90, saved, alarms-per-seat, change, points, ratio, \
                 difference; found {}",
                if heads.is_empty() {
                    "none".to_owned()
                } else {
                    heads.join(" and ")
                }
            );
            self.fault(raw.span(), "formula", what);
            return None;
        };
        self.check_belongings(raw, head)?;
        match *head {
            "count" => Some(Formula::Count(self.set(f, f.count.as_ref()?)?)),
            "share" => self.share(f),
            "mean" => self.time(f, Statistic::Mean, f.mean.as_ref()?),
            "median" => self.time(f, Statistic::Median, f.median.as_ref()?),
            "p90" => self.time(f, Statistic::P90, f.p90.as_ref()?),
            "saved" => self.saved(f, f.saved.as_ref()?, raw),
            "alarms-per-seat" => Some(Formula::AlarmsPerSeat),
            "change" => Some(Formula::Change {
                of: f.change.as_ref()?.get_ref().clone(),
                against: self.against(f, raw)?,
            }),
            "points" => Some(Formula::Points {
                of: f.points.as_ref()?.get_ref().clone(),
                against: self.against(f, raw)?,
            }),
            "ratio" => {
                let (of, to) = (f.ratio.as_ref()?, self.needed(f.to.as_ref(), "to", raw)?);
                if of.get_ref() == to.get_ref() {
                    self.fault(
                        to.span(),
                        "formula.to",
                        "is divided by itself: that is always 1, or nothing",
                    );
                }
                Some(Formula::Ratio {
                    of: of.get_ref().clone(),
                    to: to.get_ref().clone(),
                })
            }
            _ => {
                let (of, minus) = (
                    f.difference.as_ref()?,
                    self.needed(f.minus.as_ref(), "minus", raw)?,
                );
                if of.get_ref() == minus.get_ref() {
                    self.fault(
                        minus.span(),
                        "formula.minus",
                        "is taken from itself: that is always 0",
                    );
                }
                Some(Formula::Difference {
                    of: of.get_ref().clone(),
                    minus: minus.get_ref().clone(),
                })
            }
        }
    }

    /// Fields that belong to another way of counting contradict the one that is given.
    fn check_belongings(&mut self, raw: &Spanned<RawFormula>, head: &str) -> Option<()> {
        let f = raw.get_ref();
        let of_cases = matches!(head, "count" | "share" | "mean" | "median" | "p90" | "saved");
        let given: [(&str, Option<std::ops::Range<usize>>, bool); 6] = [
            (
                "of",
                f.of.as_ref().map(Spanned::span),
                matches!(head, "share" | "saved"),
            ),
            ("is", f.is.as_ref().map(Spanned::span), of_cases),
            ("not", f.not.as_ref().map(Spanned::span), of_cases),
            (
                "against",
                f.against.as_ref().map(Spanned::span),
                matches!(head, "change" | "points"),
            ),
            ("to", f.to.as_ref().map(Spanned::span), head == "ratio"),
            ("minus", f.minus.as_ref().map(Spanned::span), head == "difference"),
        ];
        let before = self.faults.len();
        for (field, at, belongs) in given {
            if let Some(at) = at.filter(|_| !belongs) {
                self.fault(
                    at,
                    &format!("formula.{field}"),
                    format!("does not belong to {head}"),
                );
            }
        }
        (self.faults.len() == before).then_some(())
    }

    fn needed<'r>(
        &mut self,
        given: Option<&'r Spanned<String>>,
        field: &str,
        raw: &Spanned<RawFormula>,
    ) -> Option<&'r Spanned<String>> {
        if given.is_none() {
            self.fault(raw.span(), &format!("formula.{field}"), "is missing");
        }
        given
    }

    fn against(&mut self, f: &RawFormula, raw: &Spanned<RawFormula>) -> Option<Against> {
        let given = self.needed(f.against.as_ref(), "against", raw)?;
        self.word(
            given,
            "formula.against",
            Against::parse,
            &Against::ALL.map(Against::code),
        )
    }

    fn conditions(&mut self, raw: &[Spanned<String>], field: &str) -> Vec<Condition> {
        let known: Vec<String> = Condition::all().map(Condition::code).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        raw.iter()
            .filter_map(|word| self.word(word, field, Condition::parse, &known))
            .collect()
    }

    /// The cases of a cohort, and what must hold of them.
    fn set(&mut self, f: &RawFormula, cohort: &Spanned<String>) -> Option<Set> {
        let is = f.is.as_ref().map_or(&[][..], |list| list.get_ref());
        let not = f.not.as_ref().map_or(&[][..], |list| list.get_ref());
        let is = self.conditions(is, "formula.is");
        let not = self.conditions(not, "formula.not");
        let at = cohort.span();
        let cohort = self.word(cohort, "formula", Cohort::parse, &Cohort::ALL.map(Cohort::code))?;
        let set = Set { cohort, is, not };
        if let Some(what) = contradiction(&set.is, &set.not, cohort) {
            self.fault(at, "formula", what);
            return None;
        }
        Some(set)
    }

    fn share(&mut self, f: &RawFormula) -> Option<Formula> {
        let raw = f.share.as_ref()?;
        let part = self.conditions(raw.get_ref(), "formula.share");
        let Some(of) = &f.of else {
            self.fault(
                raw.span(),
                "formula.of",
                "is missing: expected the whole that the share is of",
            );
            return None;
        };
        let among = self.set(f, of)?;
        if part.is_empty() {
            self.fault(
                raw.span(),
                "formula.share",
                "is empty: expected what holds of the part",
            );
            return None;
        }
        if part.iter().all(|condition| among.is.contains(condition)) {
            self.fault(
                raw.span(),
                "formula.share",
                "holds of the whole anyway: that is always 100 %",
            );
            return None;
        }
        let both: Vec<Condition> = among.is.iter().chain(&part).copied().collect();
        if let Some(what) = contradiction(&both, &among.not, among.cohort) {
            self.fault(raw.span(), "formula.share", format!("can never hold: {what}"));
            return None;
        }
        Some(Formula::Share { part, among })
    }

    fn time(&mut self, f: &RawFormula, statistic: Statistic, cohort: &Spanned<String>) -> Option<Formula> {
        let of = self.set(f, cohort)?;
        if of.cohort == Cohort::Open || !of.is.contains(&Condition::Closed) {
            let what = "times go from the report to the closure: expected is = [\"closed\"]";
            self.fault(cohort.span(), "formula", what);
            return None;
        }
        Some(Formula::Time { statistic, of })
    }

    fn saved(&mut self, f: &RawFormula, days: &Spanned<f64>, raw: &Spanned<RawFormula>) -> Option<Formula> {
        let before_days = *days.get_ref();
        if !(before_days.is_finite() && before_days > 0.0) {
            self.fault(
                days.span(),
                "formula.saved",
                "expected how many days it took before, more than 0",
            );
            return None;
        }
        let of = self.needed(f.of.as_ref(), "of", raw)?;
        match self.time(f, Statistic::Mean, of)? {
            Formula::Time { of, .. } => Some(Formula::Saved { before_days, of }),
            _ => None,
        }
    }

    fn check_unit(&mut self, formula: &Formula, unit: Unit, raw: &Spanned<String>) {
        let fitting: &[Unit] = match formula {
            Formula::Count(_) => &[Unit::Cases],
            Formula::Share { .. } | Formula::Change { .. } => &[Unit::Percent],
            Formula::Time { .. } => &[Unit::Hours, Unit::Days],
            Formula::Saved { .. } => &[Unit::Days],
            Formula::AlarmsPerSeat => &[Unit::PerSeat],
            Formula::Points { .. } => &[Unit::Points],
            Formula::Ratio { .. } => &[Unit::Number],
            // That of its parts, which are looked at when all are known.
            Formula::Difference { .. } => return,
        };
        if !fitting.contains(&unit) {
            let expected: Vec<&str> = fitting.iter().map(|unit| unit.code()).collect();
            let what = format!(
                "found '{}', but the formula gives {}",
                unit.code(),
                expected.join(" or ")
            );
            self.fault(raw.span(), "unit", what);
        }
    }

    fn example(&mut self, raw: &Spanned<RawExample>) -> Option<Example> {
        let before = self.faults.len();
        let e = raw.get_ref();
        // Any day will do: an example's period is never counted from today.
        let today = chrono::DateTime::UNIX_EPOCH.date_naive();
        if let Err(error) = Period::parse(e.period.get_ref(), today) {
            self.fault(e.period.span(), "example.period", error.to_string());
        }
        let against = e.against.as_ref().and_then(|word| {
            self.word(
                word,
                "example.against",
                Against::parse,
                &Against::ALL.map(Against::code),
            )
        });
        if let Some(change) = e.change.as_ref().filter(|_| e.against.is_none()) {
            self.fault(change.span(), "example.change", "needs example.against");
        }
        for number in [Some(&e.value), e.change.as_ref()].into_iter().flatten() {
            if !number.get_ref().is_finite() {
                self.fault(number.span(), "example", "expected a number");
            }
        }
        let cases: Vec<ExampleCase> = e.cases.iter().filter_map(|case| self.case(case)).collect();
        if cases.iter().map(|case| u64::from(case.count)).sum::<u64>() > u64::from(MAX_CASES) {
            self.fault(
                raw.span(),
                "example.cases",
                format!("expected at most {MAX_CASES} cases"),
            );
        }
        let mut alarms = Vec::new();
        for alarm in &e.alarms {
            if let Some(at) = self.moment(&alarm.get_ref().at, alarm.span(), "example.alarms.at") {
                alarms.push((alarm.get_ref().seat.clone(), at));
            }
        }
        (self.faults.len() == before).then(|| Example {
            words: Name {
                zh: e.zh.clone(),
                en: e.en.clone(),
            },
            period: e.period.get_ref().clone(),
            against,
            value: *e.value.get_ref(),
            change: e.change.as_ref().map(|change| *change.get_ref()),
            cases,
            alarms,
        })
    }

    fn case(&mut self, raw: &Spanned<RawCase>) -> Option<ExampleCase> {
        let c = raw.get_ref();
        let at = || raw.span();
        let reported_ms = self.moment(&c.reported, at(), "example.cases.reported")?;
        let mut time = |text: &Option<String>, field: &str| match text {
            Some(text) => self.moment(text, at(), field).map(Some),
            None => Some(None),
        };
        let closed = time(&c.closed, "example.cases.closed")?;
        let refused = time(&c.refused, "example.cases.refused")?;
        let merged = time(&c.merged, "example.cases.merged")?;
        let due_ms = time(&c.due, "example.cases.due")?;
        let dispatched_ms = time(&c.dispatched, "example.cases.dispatched")?;
        let (end, ended_ms) = match (closed, refused, merged) {
            (None, None, None) => (End::Open, None),
            (Some(at), None, None) => (End::Closed, Some(at)),
            (None, Some(at), None) => (End::Refused, Some(at)),
            (None, None, Some(at)) => (End::Merged, Some(at)),
            _ => {
                self.fault(at(), "example.cases", "expected one of closed, refused, merged");
                return None;
            }
        };
        let class = match &c.class {
            Some(text) => Class::parse(text),
            None => Some(Class::B),
        };
        let level = match &c.level {
            Some(text) => Level::parse(text).map(Some),
            None => Some(None),
        };
        let step = match &c.step {
            Some(text) => TimedStep::parse(text).map(Some),
            None => Some(None),
        };
        let (Some(class), Some(level), Some(step)) = (class, level, step) else {
            self.fault(at(), "example.cases", "expected a class A to D, a level, a step");
            return None;
        };
        Some(ExampleCase {
            count: c.n.unwrap_or(1).min(MAX_CASES + 1),
            reported_ms,
            ended_ms,
            end,
            due_ms,
            dispatched_ms,
            right: dispatched_ms.is_some() && !c.wrong,
            class,
            level,
            sent_back: c.sent_back,
            reopened: c.reopened,
            step: step.map(|step| (step, if c.late { Judged::Late } else { Judged::InTime })),
            spot: c.spot,
        })
    }

    fn moment(&mut self, text: &str, at: std::ops::Range<usize>, field: &str) -> Option<i64> {
        match NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M") {
            Ok(moment) => Some(moment.and_utc().timestamp_millis()),
            Err(_) => {
                self.fault(
                    at,
                    field,
                    format!("found '{text}', expected a moment such as 2019-03-01 09:30"),
                );
                None
            }
        }
    }
}

/// Why nothing can be in a set; `None` where something can.
fn contradiction(is: &[Condition], not: &[Condition], cohort: Cohort) -> Option<String> {
    let both = is.iter().find(|condition| not.contains(condition));
    if let Some(condition) = both {
        return Some(format!(
            "'{}' both holds and does not: nothing can be in it",
            condition.code()
        ));
    }
    let mut endings = is.iter().filter(|condition| condition.is_ending());
    if let (Some(one), Some(other)) = (endings.next(), endings.next())
        && one != other
    {
        return Some(format!(
            "no case is '{}' and '{}' at once: nothing can be in it",
            one.code(),
            other.code()
        ));
    }
    let never = |condition: &&Condition| match cohort {
        Cohort::Open => matches!(
            condition,
            Condition::Closed | Condition::Refused | Condition::Merged | Condition::InTime
        ),
        Cohort::Ended => **condition == Condition::Overdue,
        _ => false,
    };
    if let Some(condition) = is.iter().find(never) {
        return Some(format!(
            "no case of the cohort '{}' is '{}': nothing can be in it",
            cohort.code(),
            condition.code()
        ));
    }
    let repeat = is
        .iter()
        .chain(not)
        .any(|condition| *condition == Condition::Repeat);
    if repeat && cohort != Cohort::Reported {
        return Some(
            "'repeat' is looked for among cases that were reported: expected the cohort 'reported'"
                .to_owned(),
        );
    }
    None
}
