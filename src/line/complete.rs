//! What could come next in a line, the likeliest first.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use crate::board::Live;
use crate::case::{Case, CaseId, Stage};
use crate::town::{Handler, Lang};

use super::Context;
use super::parse::{Reading, levels, read};
use super::spelling::normal;
use super::tokens::{Token, tokens};
use super::verbs::{Act, Slot, Verb};

/// So many completions are given at most.
pub const MANY: usize = 50;
/// So many proposals are offered by their number.
const BY_NUMBER: usize = 9;

/// Something that could come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The bytes of the line that it stands for.
    pub replaces: Range<usize>,
    /// What is put there, with a space behind it where more can follow.
    pub insert: String,
    /// What is shown.
    pub label: String,
    /// How else it can be typed, or why it is proposed; may be empty.
    pub hint: String,
    /// The key that does the same, may be empty.
    pub key: String,
    /// The verb that it is, where it is one.
    pub act: Option<Act>,
}

/// What could stand at the end of `line`: the cursor is there, or the word before it is unfinished.
pub fn complete(line: &str, ctx: &Context<'_>) -> Vec<Completion> {
    let all = tokens(line);
    // A word that ends at the cursor is unfinished; after a space, a new one begins.
    let unfinished = all.last().filter(|last| last.span.end == line.len());
    let (head, typed) = match unfinished {
        Some(last) => (&line[..last.span.start], last.text.clone()),
        None => (line, String::new()),
    };
    let begin = head.len();
    let completer = Completer {
        ctx,
        typed: &typed,
        replaces: begin..line.len(),
    };
    if all.len() <= usize::from(unfinished.is_some()) {
        return completer.verbs(line);
    }
    let reading = read(head, ctx);
    let mut found = Vec::new();
    // Verbs of several words go on: `send` may become `send on`.
    if all.len() <= 3 {
        found.extend(completer.longer_verbs(line, &all));
    }
    if let Some(verb) = reading.verb {
        for slot in &reading.wants {
            found.extend(completer.slot(verb, *slot, &reading));
        }
    } else if found.is_empty() && all.len() <= 3 {
        return completer.verbs(line);
    }
    found.truncate(MANY);
    found
}

struct Completer<'a> {
    ctx: &'a Context<'a>,
    /// The unfinished word.
    typed: &'a str,
    replaces: Range<usize>,
}

impl Completer<'_> {
    fn completion(&self, insert: &str, label: String, hint: String) -> Completion {
        Completion {
            replaces: self.replaces.clone(),
            insert: format!("{insert} "),
            label,
            hint,
            key: String::new(),
            act: None,
        }
    }

    /// Verbs that what was typed so far fits: the steps that the selected case can take first.
    fn verbs(&self, line: &str) -> Vec<Completion> {
        verbs_for(line, self.ctx)
            .into_iter()
            .map(|verb| self.verb(verb, line))
            .collect()
    }

    fn verb(&self, verb: &Verb, line: &str) -> Completion {
        let lang = self.ctx.lang;
        let word = match lang {
            Lang::Zh => verb.chinese.as_str(),
            Lang::En => verb.english.as_str(),
        };
        // A word with spaces in it is typed by its code or its initials.
        let insert = if word.contains(char::is_whitespace) && self.ctx.grammar.find(&normal(word)).is_none() {
            verb.short.as_str()
        } else {
            word
        };
        let more = if verb.slots.is_empty() { "" } else { " " };
        Completion {
            replaces: line.len() - line.trim_start_matches(['/', '／']).len()..line.len(),
            insert: format!("{insert}{more}"),
            label: word.to_owned(),
            hint: ways(verb, lang),
            key: verb.key.clone(),
            act: Some(verb.act),
        }
    }

    /// Verbs of several words, of which some are there.
    fn longer_verbs(&self, line: &str, all: &[Token]) -> Vec<Completion> {
        if all.iter().any(|token| token.quoted) {
            return Vec::new();
        }
        let typed: String = all.iter().map(|token| normal(&token.text)).collect();
        let longer = |verb: &&Verb| {
            let word = normal(&verb.english);
            verb.english.contains(' ') && word.starts_with(&typed) && word != typed
        };
        let verbs = self.ctx.grammar.verbs().iter().filter(longer);
        verbs.map(|verb| self.verb(verb, line)).collect()
    }

    fn slot(&self, verb: &Verb, slot: Slot, reading: &Reading<'_>) -> Vec<Completion> {
        match slot {
            Slot::Case => self.cases(verb),
            Slot::Other => self.other_cases(reading.case),
            Slot::Unit => self.units(reading.case),
            Slot::Units => self.helpers(reading.case),
            Slot::Item | Slot::Parts => self.items(),
            Slot::Place => self.places(),
            Slot::Until | Slot::MaybeUntil => self.fixed(&["+1d", "+3d", "+7d", "+30d", "+4h"]),
            Slot::Hours | Slot::MaybeHours => self.fixed(&["+4h", "+8h", "+24h", "+48h", "+72h"]),
            Slot::Mark => self.fixed(&["5", "4", "3", "2", "1"]),
            Slot::MaybeLevel => self.levels(),
            Slot::MaybeOwner | Slot::Note => Vec::new(),
        }
    }

    /// Open cases with which the verb is possible now: the selected one first, then those whose clock runs out first.
    fn cases(&self, verb: &Verb) -> Vec<Completion> {
        let fits = |live: &&Live| match verb.act {
            Act::Step(step) => live.case.allows(step),
            _ => true,
        };
        self.case_rows(&fits)
    }

    fn other_cases(&self, not: Option<CaseId>) -> Vec<Completion> {
        self.case_rows(&|live| Some(live.case.id) != not && live.case.stage != Stage::Merged)
    }

    fn case_rows(&self, fits: &dyn Fn(&&Live) -> bool) -> Vec<Completion> {
        let typed = normal(self.typed);
        let typed = typed.trim_start_matches('#');
        if !typed.is_empty() && !typed.bytes().all(|b| b.is_ascii_digit()) {
            return Vec::new();
        }
        let mut text = String::new();
        let mut begins = |id: CaseId| {
            use std::fmt::Write as _;
            text.clear();
            write!(text, "{id}").is_ok() && text.starts_with(typed)
        };
        let mut rows: Vec<&Live> = self
            .ctx
            .board
            .iter()
            .filter(|live| begins(live.case.id))
            .filter(fits)
            .collect();
        let rank = |live: &&Live| {
            let exact = live.case.id.0.to_string() == typed;
            let selected = Some(live.case.id) == self.ctx.selected;
            let due = live
                .deadline
                .map_or(i64::MAX, |deadline| deadline.due.timestamp());
            (Reverse(exact), Reverse(selected), due, live.case.id)
        };
        if rows.len() > MANY {
            rows.select_nth_unstable_by_key(MANY - 1, rank);
            rows.truncate(MANY);
        }
        rows.sort_by_cached_key(rank);
        rows.into_iter()
            .map(|live| {
                let id = live.case.id.to_string();
                let item = self.case_name(&live.case);
                self.completion(
                    &id,
                    format!("{id}  {item}"),
                    live.case.text.chars().take(40).collect(),
                )
            })
            .collect()
    }

    /// What a case's item was called when the case was opened.
    fn case_name(&self, case: &Case) -> String {
        let item = self
            .ctx
            .town
            .catalogue
            .version(&case.item, case.life.item_version);
        item.map_or(&*case.item, |item| item.name.get(self.ctx.lang))
            .to_owned()
    }

    fn item_name(&self, code: &str) -> String {
        let item = self.ctx.town.catalogue.by_code(code);
        item.map_or(code, |item| item.name.get(self.ctx.lang)).to_owned()
    }

    /// Proposals for the case, by number; with something typed, everybody whose name it fits.
    fn units(&self, case: Option<CaseId>) -> Vec<Completion> {
        let proposals = self.proposals(case);
        let typed = normal(self.typed);
        let by_number = typed.bytes().all(|b| b.is_ascii_digit());
        if by_number && !(typed.is_empty() && proposals.is_empty()) {
            let numbered = proposals.iter().enumerate().map(|(n, handler)| (n + 1, handler));
            return numbered
                .filter(|(n, _)| n.to_string().starts_with(&typed))
                .take(BY_NUMBER)
                .map(|(n, handler)| self.proposal(n, handler, case))
                .collect();
        }
        self.named_units(&typed, &proposals)
            .iter()
            .map(|handler| self.unit(handler, case, self.typed.len()))
            .collect()
    }

    fn proposals(&self, case: Option<CaseId>) -> Vec<Handler> {
        case.map(|id| (self.ctx.proposals)(id)).unwrap_or_default()
    }

    /// The one that fits best first; among equals whoever is proposed first, then in the order of the town.
    fn named_units(&self, typed: &str, proposals: &[Handler]) -> Vec<Handler> {
        if typed.is_empty() {
            return self.ctx.names.all_units().take(MANY).cloned().collect();
        }
        let places: HashMap<&Handler, usize> = proposals
            .iter()
            .enumerate()
            .map(|(n, handler)| (handler, n))
            .collect();
        let mut found = self.ctx.names.units(typed);
        found.sort_by_key(|(rank, handler)| (*rank, places.get(handler).copied().unwrap_or(usize::MAX)));
        found
            .into_iter()
            .take(MANY)
            .map(|(_, handler)| handler.clone())
            .collect()
    }

    fn why(&self, case: Option<CaseId>, handler: &Handler) -> String {
        case.map(|id| (self.ctx.why)(id, handler)).unwrap_or_default()
    }

    fn proposal(&self, number: usize, handler: &Handler, case: Option<CaseId>) -> Completion {
        let name = self.ctx.town.handler_name(handler, self.ctx.lang);
        let label = format!("{number}  {name}");
        self.completion(&number.to_string(), label, self.why(case, handler))
    }

    /// A unit; the last `typed` bytes of the line are what was typed of it.
    fn unit(&self, handler: &Handler, case: Option<CaseId>, typed: usize) -> Completion {
        let (town, lang) = (self.ctx.town, self.ctx.lang);
        let name = town.handler_name(handler, lang);
        let code = match handler {
            Handler::Post(code) | Handler::Team(code) => &**code,
        };
        let whole = lang == Lang::Zh && !name.contains(char::is_whitespace);
        let insert = if whole && self.ctx.names.is_one_unit(name) {
            name
        } else {
            code
        };
        let why = self.why(case, handler);
        let hint = if why.is_empty() { code.to_owned() } else { why };
        let end = self.replaces.end;
        Completion {
            replaces: end - typed..end,
            ..self.completion(insert, name.to_owned(), hint)
        }
    }

    /// Helpers are joined by commas: only the one behind the last comma is completed.
    fn helpers(&self, case: Option<CaseId>) -> Vec<Completion> {
        let behind = self.typed.rfind([',', '，', '、']);
        let last = behind.map_or(self.typed, |at| {
            self.typed[at..].trim_start_matches([',', '，', '、'])
        });
        let typed = normal(last);
        let proposals = self.proposals(case);
        let handlers = if typed.is_empty() && !proposals.is_empty() {
            proposals.into_iter().take(BY_NUMBER).collect()
        } else {
            self.named_units(&typed, &proposals)
        };
        handlers
            .iter()
            .map(|handler| self.unit(handler, case, last.len()))
            .collect()
    }

    fn items(&self) -> Vec<Completion> {
        let typed = normal(self.typed);
        let codes: Vec<_> = if typed.is_empty() {
            self.ctx.names.all_items().take(MANY).collect()
        } else {
            let found = self.ctx.names.items(&typed);
            found.into_iter().take(MANY).map(|(_, code)| code).collect()
        };
        codes
            .into_iter()
            .map(|code| self.completion(code, self.item_name(code), code.to_string()))
            .collect()
    }

    fn places(&self) -> Vec<Completion> {
        let typed = normal(self.typed.trim_start_matches(['@', '＠']));
        let places = &self.ctx.town.places;
        let ids: Vec<_> = if typed.is_empty() {
            self.ctx.names.all_places().take(MANY).collect()
        } else {
            let found = self.ctx.names.places(&typed);
            found.into_iter().take(MANY).map(|(_, id)| *id).collect()
        };
        ids.into_iter()
            .map(|id| {
                let place = places.get(id);
                let label = place.name.get(self.ctx.lang).to_owned();
                self.completion(&format!("@{}", place.code), label, place.code.clone())
            })
            .collect()
    }

    fn levels(&self) -> Vec<Completion> {
        let typed = normal(self.typed);
        levels()
            .filter(|(level, name)| level.code().starts_with(&typed) || name.starts_with(&typed))
            .map(|(level, name)| match self.ctx.lang {
                Lang::Zh => self.completion(name, name.to_owned(), level.code().to_owned()),
                Lang::En => self.completion(level.code(), level.code().to_owned(), name.to_owned()),
            })
            .collect()
    }

    fn fixed(&self, words: &[&str]) -> Vec<Completion> {
        words
            .iter()
            .filter(|word| word.starts_with(self.typed))
            .map(|word| self.completion(word, (*word).to_owned(), String::new()))
            .collect()
    }
}

/// How else a verb can be typed: its initials, and its name in the other language.
pub fn ways(verb: &Verb, lang: Lang) -> String {
    let other = match lang {
        Lang::Zh => &verb.english,
        Lang::En => &verb.chinese,
    };
    if other.is_empty() || *other == verb.short {
        return verb.short.clone();
    }
    format!("{} · {other}", verb.short)
}

/// Verbs that `typed` fits, the best first. Among equals, steps that the selected case can take come first, then all
/// others in the order of the table.
pub fn verbs_for<'a>(typed: &str, ctx: &Context<'a>) -> Vec<&'a Verb> {
    let typed = typed.trim_start_matches(['/', '／']);
    let case = ctx.selected.and_then(|id| ctx.cases.case(id));
    let possible = |verb: &Verb| match verb.act {
        Act::Step(step) => case.is_some_and(|case| case.allows(step)),
        _ => false,
    };
    let mut found: Vec<_> = ctx
        .grammar
        .verbs()
        .iter()
        .filter_map(|verb| Some((verb.rank(typed)?, !possible(verb), verb)))
        .collect();
    found.sort_by_key(|(rank, not_now, _)| (*rank, *not_now));
    found.into_iter().map(|(_, _, verb)| verb).collect()
}
