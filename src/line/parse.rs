//! Reads a line. What it can't read, it says: which word, in which column, and what was expected there.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::case::{CaseId, DutyAction, Source, Whereabouts};
use crate::desk::{Args, NewReport, Part};
use crate::town::{Handler, Level, PlaceId, Wgs84};

use super::names::best;
use super::spelling::{Rank, narrow, normal, spellings};
use super::tokens::{Token, column, tokens};
use super::verbs::{Act, Slot, Verb};
use super::{Context, Parsed, when};

/// What was expected where something else stands, or nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// A verb.
    Verb,
    /// The number of a case.
    Case,
    /// A team or post.
    Unit,
    /// The number of a proposal, of which there are so many.
    Proposal {
        /// How many.
        of: usize,
    },
    /// A longer name: the short one fits several.
    Longer {
        /// Codes of those that it fits.
        fits: Vec<String>,
    },
    /// An item of the catalogue.
    Item,
    /// `@` and a place.
    Place,
    /// A point in time in the future.
    Until,
    /// A number of hours.
    Hours,
    /// A mark from 1 to 5.
    Mark,
    /// The end of the line.
    End,
}

impl Expected {
    /// A short word for it, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Verb => "verb",
            Self::Case => "case",
            Self::Unit => "unit",
            Self::Proposal { .. } => "proposal",
            Self::Longer { .. } => "longer",
            Self::Item => "item",
            Self::Place => "place",
            Self::Until => "until",
            Self::Hours => "hours",
            Self::Mark => "mark",
            Self::End => "end",
        }
    }
}

/// Why a line can't be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("column {column}: expected {}, found '{word}'", expected.code())]
pub struct Fault {
    /// The column of the word, in characters from 1.
    pub column: usize,
    /// The word; empty at the end of the line.
    pub word: String,
    /// What was expected there.
    pub expected: Expected,
}

/// A line as far as it was read.
#[derive(Debug)]
pub struct Reading<'a> {
    /// Its verb.
    pub verb: Option<&'a Verb>,
    /// The case that it is about.
    pub case: Option<CaseId>,
    /// What could stand where the line ends; the last of it is needed, unless all was read.
    pub wants: Vec<Slot>,
    /// What it asks for.
    pub result: Result<Parsed, Fault>,
}

/// What a line asks for.
///
/// # Errors
/// Where it can't be read: the word, its column, and what was expected.
pub fn parse(line: &str, ctx: &Context<'_>) -> Result<Parsed, Fault> {
    read(line, ctx).result
}

/// Reads a line, and keeps what was learned on the way.
pub fn read<'a>(line: &str, ctx: &Context<'a>) -> Reading<'a> {
    let mut reader = Reader {
        line,
        ctx,
        tokens: words_of(line),
        at: 0,
        wants: Vec::new(),
        case: None,
        args: Args::default(),
        place: None,
    };
    let verb = reader.verb();
    let result = match verb {
        Some(verb) => reader.slots(verb).and_then(|()| reader.parsed(verb)),
        None => Err(reader.fault(Expected::Verb)),
    };
    Reading {
        verb,
        case: reader.case,
        wants: reader.wants,
        result,
    }
}

/// The words of a line. The `/` that opens the line may stand before them.
fn words_of(line: &str) -> Vec<Token> {
    let mut words = tokens(line);
    if let Some(first) = words.first_mut().filter(|first| !first.quoted) {
        let bare = first.text.trim_start_matches(['/', '／']);
        first.span.start += first.text.len() - bare.len();
        first.text = bare.to_owned();
        if first.text.is_empty() {
            words.remove(0);
        }
    }
    words
}

/// The number of a case: `17`, `#17`, `17号`.
pub fn case_number(text: &str) -> Option<CaseId> {
    let text: String = text.chars().map(narrow).collect();
    let text = text.trim_start_matches('#');
    let text = text.strip_suffix("案件").unwrap_or(text);
    let text = text.strip_suffix('号').unwrap_or(text);
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|n| *n > 0)?;
    is_number.then_some(CaseId(number))
}

struct Reader<'a, 'c> {
    line: &'c str,
    ctx: &'c Context<'a>,
    tokens: Vec<Token>,
    at: usize,
    wants: Vec<Slot>,
    case: Option<CaseId>,
    args: Args,
    place: Option<Whereabouts>,
}

impl<'a> Reader<'a, '_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    /// The next word says something else than `expected`, or there is none.
    fn fault(&self, expected: Expected) -> Fault {
        let (at, word) = self.peek().map_or((self.line.len(), ""), |token| {
            (token.span.start, token.text.as_str())
        });
        Fault {
            column: column(self.line, at),
            word: word.to_owned(),
            expected,
        }
    }

    /// The longest beginning of the line that is a verb: three words, two, one, or the letters before a number.
    fn verb(&mut self) -> Option<&'a Verb> {
        for count in (1..=3).rev() {
            let Some(words) = self.tokens.get(..count) else {
                continue;
            };
            if words.iter().any(|word| word.quoted) {
                continue;
            }
            let joined: String = words.iter().map(|word| normal(&word.text)).collect();
            if let Some(verb) = self.ctx.grammar.find(&joined) {
                self.at = count;
                return Some(verb);
            }
        }
        self.glued_verb()
    }

    /// `pd17` and `派17号` are a verb and a number.
    fn glued_verb(&mut self) -> Option<&'a Verb> {
        let first = self.tokens.first()?;
        let split = first
            .text
            .char_indices()
            .find(|(_, c)| narrow(*c).is_ascii_digit())
            .map(|(at, _)| at)?;
        let (head, number) = first.text.split_at(split);
        case_number(number)?;
        let verb = self.ctx.grammar.find(&normal(head))?;
        let (start, end) = (first.span.start, first.span.end);
        let rest = Token {
            text: number.to_owned(),
            span: start + split..end,
            quoted: false,
        };
        self.tokens[0] = Token {
            text: head.to_owned(),
            span: start..start + split,
            quoted: false,
        };
        self.tokens.insert(1, rest);
        self.at = 1;
        Some(verb)
    }

    fn slots(&mut self, verb: &Verb) -> Result<(), Fault> {
        for slot in verb.slots {
            if self.peek().is_none() {
                self.wants.push(*slot);
            }
            self.slot(*slot)?;
        }
        if self.peek().is_some() {
            return Err(self.fault(Expected::End));
        }
        Ok(())
    }

    fn slot(&mut self, slot: Slot) -> Result<(), Fault> {
        match slot {
            Slot::Case => self.case_slot()?,
            Slot::Unit => self.args.to = self.unit()?,
            Slot::Units => self.args.helpers = self.units()?,
            Slot::Item => {
                let token = self.take(Expected::Item)?;
                let item = self.item(&token.text).map_err(|expected| self.back(expected))?;
                self.args.item = Some(item);
            }
            Slot::Place => self.place = Some(self.place()?),
            Slot::Other => {
                let token = self.take(Expected::Case)?;
                let other = case_number(&token.text);
                self.args.other = Some(other.ok_or_else(|| self.back(Expected::Case))?);
            }
            Slot::Until => self.args.until = Some(self.until()?),
            Slot::MaybeUntil => {
                if self.peek().is_some() && self.moment().is_some() {
                    self.args.until = Some(self.until()?);
                }
            }
            Slot::Hours => self.args.hours = Some(self.hours()?),
            Slot::MaybeHours => {
                if self.peek().is_some() && self.read_hours().is_some() {
                    self.args.hours = Some(self.hours()?);
                }
            }
            Slot::Mark => {
                let token = self.take(Expected::Mark)?;
                let mark = token.text.trim_end_matches('分').parse();
                let mark = mark.ok().filter(|mark| (1..=5).contains(mark));
                self.args.mark = Some(mark.ok_or_else(|| self.back(Expected::Mark))?);
            }
            Slot::MaybeLevel => {
                self.args.level = self.peek().and_then(|token| level(&token.text));
                self.at += usize::from(self.args.level.is_some());
            }
            Slot::MaybeOwner => self.owner(),
            Slot::Parts => self.parts()?,
            Slot::Note => self.note(),
        }
        Ok(())
    }

    /// Takes the next word; a fault where there is none.
    fn take(&mut self, expected: Expected) -> Result<Token, Fault> {
        let token = self.peek().cloned().ok_or_else(|| self.fault(expected))?;
        self.at += 1;
        Ok(token)
    }

    /// The word that was just taken was not what was expected.
    fn back(&mut self, expected: Expected) -> Fault {
        self.at = self.at.saturating_sub(1);
        self.fault(expected)
    }

    /// A first word that is a number, or `.`, is the case; without it, the selected case is meant.
    fn case_slot(&mut self) -> Result<(), Fault> {
        let named = self.peek().filter(|token| !token.quoted).map(|token| {
            let dot = matches!(token.text.as_str(), "." | "。" | "．");
            (dot, case_number(&token.text))
        });
        let selected = self.ctx.selected;
        self.case = match named {
            Some((_, Some(number))) => {
                self.at += 1;
                Some(number)
            }
            Some((true, None)) if selected.is_some() => {
                self.at += 1;
                selected
            }
            _ => selected,
        };
        match self.case {
            Some(_) => Ok(()),
            None => Err(self.fault(Expected::Case)),
        }
    }

    fn unit(&mut self) -> Result<Option<Handler>, Fault> {
        let token = self.take(Expected::Unit)?;
        let digits: String = token.text.chars().map(narrow).collect();
        if !token.quoted && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty() {
            return self.proposal(&digits);
        }
        // `team T-GL01-P1`: the kind may stand before the code.
        let kind = matches!(normal(&token.text).as_str(), "team" | "post" | "队" | "岗");
        if kind && let Some(handler) = self.peek().and_then(|next| self.by_code(&next.text)) {
            self.at += 1;
            return Ok(Some(handler));
        }
        self.unit_named(&token.text).map(Some)
    }

    fn proposal(&mut self, digits: &str) -> Result<Option<Handler>, Fault> {
        let Some(case) = self.case.filter(|id| self.ctx.case(*id).is_some()) else {
            // The desk says what is wrong with the case itself.
            return if self.case.is_some() {
                Ok(None)
            } else {
                Err(self.back(Expected::Unit))
            };
        };
        let all = (self.ctx.proposals)(case);
        let index = digits.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        match index.and_then(|index| all.get(index)) {
            Some(handler) => Ok(Some(handler.clone())),
            None => Err(self.back(Expected::Proposal { of: all.len() })),
        }
    }

    fn by_code(&self, text: &str) -> Option<Handler> {
        let handler = |text: &str| Handler::try_from(text.to_owned()).ok();
        let town = self.ctx.town;
        let known = |handler: &Handler| match handler {
            Handler::Post(code) => town.post(code).is_some(),
            Handler::Team(code) => town.team(code).is_some(),
        };
        let team = || Handler::Team(text.into());
        let post = || Handler::Post(text.into());
        [handler(text), Some(team()), Some(post())]
            .into_iter()
            .flatten()
            .find(known)
    }

    /// The unit that the word just taken names.
    fn unit_named(&mut self, text: &str) -> Result<Handler, Fault> {
        if let Some(handler) = self.by_code(text) {
            return Ok(handler);
        }
        let names = self.ctx.names;
        let found = names.units(text);
        let Some((first, alike)) = best(&found) else {
            return Err(self.back(Expected::Unit));
        };
        if alike == 1 {
            return Ok(first.clone());
        }
        if self.ctx.strict {
            let fits = found[..alike]
                .iter()
                .map(|(_, handler)| handler.to_string())
                .collect();
            return Err(self.back(longer(fits)));
        }
        Ok(preferred(self.ctx, self.case, &found[..alike])
            .unwrap_or(first)
            .clone())
    }

    fn units(&mut self) -> Result<Vec<Handler>, Fault> {
        let token = self.take(Expected::Unit)?;
        if matches!(token.text.as_str(), "-" | "－" | "无") {
            return Ok(Vec::new());
        }
        let names: Vec<&str> = token
            .text
            .split([',', '，', '、'])
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        let mut units = Vec::new();
        for name in names {
            units.push(self.unit_named(name)?);
        }
        Ok(units)
    }

    /// The item that `text` names.
    fn item(&self, text: &str) -> Result<Arc<str>, Expected> {
        if let Some(item) = self.ctx.town.catalogue.by_code(text) {
            return Ok(item.code.as_str().into());
        }
        let found = self.ctx.names.items(text);
        match best(&found) {
            Some((_, alike)) if alike > 1 && self.ctx.strict => {
                let fits = found[..alike].iter().map(|(_, code)| code.to_string()).collect();
                Err(longer(fits))
            }
            Some((first, _)) => Ok(first.clone()),
            None => Err(Expected::Item),
        }
    }

    /// `@` and a position, a name, or free words.
    fn place(&mut self) -> Result<Whereabouts, Fault> {
        let token = self.take(Expected::Place)?;
        let text = token
            .text
            .strip_prefix(['@', '＠'])
            .unwrap_or_default()
            .trim()
            .to_owned();
        if text.is_empty() {
            return Err(self.back(Expected::Place));
        }
        if let Some(at) = position(&text, self.ctx.town.center) {
            let stated = "".into();
            return Ok(Whereabouts::Point {
                at,
                stated,
                grid: None,
            });
        }
        if token.quoted {
            let stated = text.into();
            return Ok(Whereabouts::Stated { stated });
        }
        let names = self.ctx.names;
        let found = names.places(&text);
        let code = |id: &PlaceId| self.ctx.town.places.get(*id).code.clone();
        match best(&found) {
            Some((_, alike)) if alike > 1 && self.ctx.strict => {
                let fits = found[..alike].iter().map(|(_, id)| code(id)).collect();
                Err(self.back(longer(fits)))
            }
            Some((first, _)) => Ok(Whereabouts::Area {
                code: code(first).into(),
                stated: "".into(),
            }),
            None => {
                let stated = text.into();
                Ok(Whereabouts::Stated { stated })
            }
        }
    }

    /// The point in time that the next words name, and how many they are.
    fn moment(&self) -> Option<(DateTime<Utc>, usize)> {
        let first = self.peek().filter(|token| !token.quoted)?;
        let second = self.tokens.get(self.at + 1).filter(|token| !token.quoted);
        let second = second.map(|token| token.text.as_str());
        when::moment(&first.text, second, self.ctx.now, self.ctx.town.timezone)
    }

    fn until(&mut self) -> Result<DateTime<Utc>, Fault> {
        let (at, words) = self.moment().ok_or_else(|| self.fault(Expected::Until))?;
        if at <= self.ctx.now {
            return Err(self.fault(Expected::Until));
        }
        self.at += words;
        Ok(at)
    }

    /// Hours as the next word gives them. A day has as many as the case's own limit counts in a day.
    fn read_hours(&self) -> Option<f64> {
        let token = self.peek().filter(|token| !token.quoted)?;
        let limits = self
            .case
            .and_then(|id| self.ctx.case(id))
            .and_then(|case| case.life.limits);
        let working = limits.is_some_and(|limits| limits.working);
        let calendar = &self.ctx.town.calendar;
        let in_a_day: TimeDelta = calendar.hours.iter().map(|(from, to)| *to - *from).sum();
        let day = if working && !in_a_day.is_zero() {
            in_a_day.num_minutes() as f64 / 60.0
        } else {
            24.0
        };
        when::hours(&token.text, day).filter(|hours| *hours > 0.0)
    }

    fn hours(&mut self) -> Result<f64, Fault> {
        let hours = self.read_hours().ok_or_else(|| self.fault(Expected::Hours))?;
        self.at += 1;
        Ok(hours)
    }

    fn owner(&mut self) {
        let owner = self
            .peek()
            .and_then(|token| token.text.strip_prefix(['@', '＠']))
            .map(|owner| owner.trim().to_owned());
        if let Some(owner) = owner.filter(|owner| !owner.is_empty()) {
            self.args.owner = owner;
            self.at += 1;
        }
    }

    /// `ITEM words + ITEM words; reason`
    fn parts(&mut self) -> Result<(), Fault> {
        let Some(first) = self.peek() else {
            return Err(self.fault(Expected::Item));
        };
        let begin = first.span.start;
        let raw = &self.line[begin..];
        let end = raw.find([';', '；']).unwrap_or(raw.len());
        let (parts, reason) = raw.split_at(end);
        for (offset, part) in pieces(parts) {
            let words = tokens(part);
            let fault = |at: usize, word: &str, expected| Fault {
                column: column(self.line, begin + offset + at),
                word: word.to_owned(),
                expected,
            };
            let Some(item) = words.first() else {
                return Err(fault(part.len(), "", Expected::Item));
            };
            let code = self
                .item(&item.text)
                .map_err(|expected| fault(item.span.start, &item.text, expected))?;
            self.args.parts.push(Part {
                item: code,
                text: unquoted(&part[item.span.end..]),
            });
        }
        self.args.note = unquoted(reason.trim_start_matches([';', '；']));
        self.at = self.tokens.len();
        Ok(())
    }

    /// The rest of the line, as it was typed.
    fn note(&mut self) {
        if let Some(token) = self.peek() {
            self.args.note = unquoted(&self.line[token.span.start..]);
            self.at = self.tokens.len();
        }
    }

    fn parsed(&mut self, verb: &Verb) -> Result<Parsed, Fault> {
        let (args, place) = (std::mem::take(&mut self.args), self.place.take());
        let missing = |expected| self.fault(expected);
        let case = || self.case.ok_or_else(|| self.fault(Expected::Case));
        let unit = |to: Option<Handler>| to.ok_or_else(|| self.fault(Expected::Unit));
        Ok(match verb.act {
            Act::Step(step) => Parsed::Step {
                step,
                case: case()?,
                args: Box::new(args),
            },
            // As in the form: what is typed in at a seat came by telephone most often.
            Act::Report => Parsed::Report(Box::new(NewReport {
                item: args.item.ok_or_else(|| missing(Expected::Item))?,
                text: args.note,
                place: place.ok_or_else(|| missing(Expected::Place))?,
                source: Source::Hotline,
                reported_at: None,
                photos: Vec::new(),
            })),
            Act::Look => Parsed::Look(case()?),
            Act::Watch(on) => Parsed::Duty(DutyAction::Watch { case: case()?, on }),
            Act::Away(_) => Parsed::Duty(DutyAction::Availability {
                who: unit(args.to)?,
                away_until: args.until,
                reason: args.note,
            }),
            Act::Shift(on) => Parsed::Duty(DutyAction::Shift {
                who: unit(args.to)?,
                on,
                until: args.until.ok_or_else(|| missing(Expected::Until))?,
            }),
            Act::Window(index) => Parsed::Window(index),
        })
    }
}

fn longer(fits: Vec<String>) -> Expected {
    Expected::Longer { fits }
}

/// Of several that fit alike, the one that is proposed first.
fn preferred<'f>(
    ctx: &Context<'_>,
    case: Option<CaseId>,
    fits: &[(Rank, &'f Handler)],
) -> Option<&'f Handler> {
    let all: HashSet<&'f Handler> = fits.iter().map(|(_, handler)| *handler).collect();
    let proposals = (ctx.proposals)(case?);
    proposals.iter().find_map(|proposed| all.get(proposed).copied())
}

/// Parts that are joined by `+`, with where they begin.
fn pieces(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut begin = 0;
    for (at, sign) in text.match_indices(['+', '＋']) {
        found.push((begin, &text[begin..at]));
        begin = at + sign.len();
    }
    found.push((begin, &text[begin..]));
    found
}

/// Free words without spaces around them, and without the quotes if they are quoted as a whole.
fn unquoted(raw: &str) -> String {
    let raw = raw.trim();
    match tokens(raw).as_slice() {
        [only] if only.quoted && !only.text.starts_with('@') => only.text.clone(),
        _ => raw.to_owned(),
    }
}

/// Two numbers are a position: whichever order lies nearer to the town.
fn position(text: &str, town: Wgs84) -> Option<Wgs84> {
    let (a, b) = text.split_once([',', '，'])?;
    let (a, b): (f64, f64) = (a.trim().parse().ok()?, b.trim().parse().ok()?);
    let both = [Wgs84 { lon: a, lat: b }, Wgs84 { lon: b, lat: a }];
    both.into_iter()
        .filter(|at| at.is_valid())
        .min_by(|a, b| a.distance_m(town).total_cmp(&b.distance_m(town)))
}

/// The words of the levels.
const LEVELS: [(Level, &[&str]); 4] = [
    (Level::Grid, &["网格"]),
    (Level::Community, &["社区"]),
    (Level::Street, &["街道部门", "街道", "部门"]),
    (Level::Joint, &["联席会议", "联席"]),
];

fn level(text: &str) -> Option<Level> {
    let typed = normal(text);
    let fits = |words: &[&str]| words.iter().any(|word| spellings(word).contains(&typed));
    LEVELS
        .into_iter()
        .find(|(level, words)| typed == level.code() || fits(words))
        .map(|(level, _)| level)
}

/// The levels with their names, for completion.
pub(super) fn levels() -> impl Iterator<Item = (Level, &'static str)> {
    LEVELS
        .into_iter()
        .map(|(level, words)| (level, words.first().copied().unwrap_or_default()))
}
