//! The command line in words: what a line will do, and what is wrong with one that can't be read.

use fluent_bundle::FluentValue;

use chrono::{DateTime, Utc};

use crate::case::{Case, CaseId, DutyAction, Step, Whereabouts};
use crate::desk::{Args, Cases, NewReport};
use crate::line::{Act, Expected, Fault, Grammar, Parsed};
use crate::town::{Handler, Town};

use super::Words;

/// So many of several that fit are named.
const FITS_NAMED: usize = 5;

/// What sentences about a line look at.
#[derive(Clone, Copy)]
pub struct LineWords<'a> {
    /// The words.
    pub words: &'a Words,
    /// The town.
    pub town: &'a Town,
    /// Where a case is looked up.
    pub cases: &'a dyn Cases,
    /// The verbs.
    pub grammar: &'a Grammar,
    /// The time.
    pub now: DateTime<Utc>,
}

impl LineWords<'_> {
    /// The sentence that says what Enter will do.
    pub fn describe(&self, parsed: &Parsed) -> String {
        let w = self.words;
        match parsed {
            Parsed::Step { step, case, args } => {
                let mut parts = vec![self.head(*step, *case)];
                parts.extend(self.details(*step, self.cases.case(*case), args));
                parts.join(" ")
            }
            Parsed::Report(new) => self.report(new),
            Parsed::Look(case) => w.f("command-look", &[("case", case.to_string().into())]),
            Parsed::Duty(action) => self.duty(action),
            Parsed::Window(_) => {
                let verb = self.grammar.verbs().iter().find(|verb| match (verb.act, parsed) {
                    (Act::Window(a), Parsed::Window(b)) => a == *b,
                    _ => false,
                });
                verb.map(|verb| verb.name(w.lang).to_owned()).unwrap_or_default()
            }
        }
    }

    fn head(&self, step: Step, id: CaseId) -> String {
        let w = self.words;
        let case = [
            ("step", FluentValue::from(w.step(step))),
            ("case", id.to_string().into()),
        ];
        match self.cases.case(id) {
            Some(case_of) => {
                let item = [("item", FluentValue::from(self.item(&case_of.item)))];
                let args: Vec<_> = case.into_iter().chain(item).collect();
                w.f("command-step", &args)
            }
            None => w.f("command-step-unknown", &case),
        }
    }

    fn details(&self, step: Step, case: Option<&Case>, args: &Args) -> Vec<String> {
        let w = self.words;
        let one = |key: &str, name: &'static str, value: FluentValue<'_>| w.f(key, &[(name, value)]);
        let mut parts = Vec::new();
        if let Some(to) = &args.to {
            parts.push(one("command-to", "to", self.name(to).into()));
        }
        if step == Step::CoHandle {
            let names: Vec<&str> = args.helpers.iter().map(|h| self.name(h)).collect();
            parts.push(if names.is_empty() {
                w.t("command-no-helpers").to_owned()
            } else {
                one(
                    "command-helpers",
                    "names",
                    names.join(w.t("settings-comma")).into(),
                )
            });
        }
        if let Some(item) = &args.item {
            parts.push(one("command-item", "item", self.item(item).into()));
        }
        if let Some(other) = args.other {
            parts.push(one("command-other", "other", other.to_string().into()));
        }
        if let Some(until) = args.until {
            parts.push(one("command-until", "until", self.moment(until).into()));
        }
        if let Some(hours) = args.hours {
            parts.push(one("fact-hours", "hours", hours.into()));
        }
        if let Some(mark) = args.mark {
            parts.push(one("command-mark", "mark", mark.into()));
        }
        if step == Step::Escalate
            && let Some(level) = args.level.or_else(|| case.and_then(|case| case.level().next()))
        {
            parts.push(one("command-level", "level", w.level(level).into()));
        }
        if !args.owner.is_empty() {
            parts.push(one("timeline-owner", "owner", args.owner.as_str().into()));
        }
        for part in &args.parts {
            let item = self.item(&part.item);
            let what = if part.text.is_empty() {
                item.to_owned()
            } else {
                format!("{item} {}", part.text)
            };
            parts.push(one("command-part", "item", what.into()));
        }
        if !args.note.is_empty() {
            parts.push(one("command-note", "note", args.note.as_str().into()));
        }
        parts
    }

    fn report(&self, new: &NewReport) -> String {
        let w = self.words;
        let place = match &new.place {
            Whereabouts::Point { at, .. } => format!("{:.5}, {:.5}", at.lat, at.lon),
            Whereabouts::Area { code, .. } => self.town.places.by_code(code).map_or(code.to_string(), |id| {
                self.town.places.get(id).name.get(w.lang).to_owned()
            }),
            // Words that no place of the town fits are told as words, so that a slip is seen.
            other => w.f("command-place-words", &[("place", other.stated().into())]),
        };
        let args = [
            ("item", FluentValue::from(self.item(&new.item))),
            ("place", place.into()),
        ];
        let mut text = w.f("command-report", &args);
        if !new.text.is_empty() {
            text.push(' ');
            text.push_str(&w.f("command-note", &[("note", new.text.as_str().into())]));
        }
        text
    }

    fn duty(&self, action: &DutyAction) -> String {
        let w = self.words;
        let who_until = |who: &Handler, until: DateTime<Utc>| {
            [
                ("who", FluentValue::from(self.name(who).to_owned())),
                ("until", self.moment(until).into()),
            ]
        };
        match action {
            DutyAction::Watch { case, on } => {
                let key = if *on { "command-watch" } else { "command-unwatch" };
                w.f(key, &[("case", case.to_string().into())])
            }
            DutyAction::Availability {
                who,
                away_until: Some(until),
                ..
            } => w.f("command-away", &who_until(who, *until)),
            DutyAction::Availability { who, .. } => w.f("command-back", &[("who", self.name(who).into())]),
            DutyAction::Shift { who, on, until } => {
                let key = if *on {
                    "command-on-shift"
                } else {
                    "command-off-shift"
                };
                w.f(key, &who_until(who, *until))
            }
            other => other.code().to_owned(),
        }
    }

    /// What is wrong with a line that can't be read.
    pub fn fault(&self, fault: &Fault) -> String {
        let w = self.words;
        let expected = match &fault.expected {
            Expected::Verb => w.t("command-expected-verb").to_owned(),
            Expected::Case => w.t("command-expected-case").to_owned(),
            Expected::Unit => w.t("command-expected-unit").to_owned(),
            Expected::Proposal { of } => w.n("command-expected-proposal", *of),
            Expected::Longer { fits } => {
                let named: Vec<&str> = fits.iter().take(FITS_NAMED).map(String::as_str).collect();
                let more = if fits.len() > FITS_NAMED { " …" } else { "" };
                let fits = format!("{}{more}", named.join(w.t("settings-comma")));
                w.f("command-expected-longer", &[("fits", fits.into())])
            }
            Expected::Item => w.t("command-expected-item").to_owned(),
            Expected::Place => w.t("command-expected-place").to_owned(),
            Expected::Until => w.t("command-expected-until").to_owned(),
            Expected::Hours => w.t("command-expected-hours").to_owned(),
            Expected::Mark => w.t("refusal-needs-mark").to_owned(),
            Expected::End => w.t("command-expected-end").to_owned(),
        };
        if fault.word.is_empty() {
            return w.f("command-fault-end", &[("expected", expected.into())]);
        }
        let args = [
            ("column", FluentValue::from(fault.column)),
            ("word", fault.word.as_str().into()),
            ("expected", expected.into()),
        ];
        w.f("command-fault", &args)
    }

    fn name<'t>(&'t self, handler: &'t Handler) -> &'t str {
        self.town.handler_name(handler, self.words.lang)
    }

    fn item<'t>(&'t self, code: &'t str) -> &'t str {
        let item = self.town.catalogue.by_code(code);
        item.map_or(code, |item| item.name.get(self.words.lang))
    }

    fn moment(&self, at: DateTime<Utc>) -> String {
        self.words.moment(at, self.now, self.town.timezone)
    }
}
