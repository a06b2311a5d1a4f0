//! What the window does with the command line: what was typed goes the way that buttons and keys go.

use std::cell::RefCell;

use crate::case::{Action, Case, CaseId, Entry, Step};
use crate::desk::suggest::Proposal;
use crate::desk::{Cases, Order, Refusal, WithHistory};
use crate::line::complete::verbs_for;
use crate::line::proposals::proposals;
use crate::line::{self, Act, Context, Fault, Grammar, Names, Parsed, to_order};
use crate::town::Handler;
use crate::ui::Intent;
use crate::ui::command_line::{Basis, Found, LineDo, Mode, Said};
use crate::ui::hall::dispatch;
use crate::ui::keys::{self, Deed};
use crate::ui::line_words::LineWords;
use crate::ui::refusal_words::refusal_words;

use super::{Answer, Hall, Pending};

/// A line that was given to the journal.
pub(super) struct SentLine {
    /// As it was typed.
    pub text: String,
    /// What it does, in words.
    pub what: String,
}

/// The verbs with the deeds of the window's own, and the names of the town with the number of changes of its catalogue.
pub(super) struct Prepared {
    verbs: (Vec<Deed>, Grammar),
    names: (usize, Names),
}

impl Hall {
    /// Prepares the verbs, the names and the boundaries on a thread of their own: of a large town, that takes longer than a frame may.
    pub(super) fn prepare_line_aside(&mut self) {
        if self.line.grammar.is_some() {
            return;
        }
        let (send, ctx, town) = (self.answers.0.clone(), self.ctx.clone(), self.town.clone());
        let edits = self.duty.items.len();
        self.spawn("line", move || {
            // The first case that is selected asks which boundary it is near to, in the middle of a frame.
            town.places.near_boundary(town.center, 0.0);
            let prepared = Prepared {
                verbs: keys::grammar(),
                names: (edits, Names::of(&town)),
            };
            send.send(Answer::Line(Box::new(prepared))).ok();
            ctx.request_repaint();
        });
    }

    pub(super) fn line_prepared(&mut self, prepared: Prepared) {
        self.line.grammar.get_or_insert(prepared.verbs);
        self.line.names.get_or_insert(prepared.names);
    }

    pub(super) fn open_line(&mut self) {
        self.prepare_line();
        self.line.open();
    }

    pub(super) fn open_palette(&mut self) {
        self.prepare_line();
        self.line.open_palette();
    }

    /// Makes the verbs and the names, where they are not there or no longer right.
    fn prepare_line(&mut self) {
        if self.line.grammar.is_none() {
            self.line.grammar = Some(keys::grammar());
        }
        let edits = self.duty.items.len();
        if self.line.names.as_ref().is_none_or(|(of, _)| *of != edits) {
            self.line.names = Some((edits, Names::of(&self.town)));
        }
    }

    /// A case with its entries, where both are at hand: the selected one, or one that the line names.
    pub(super) fn history_of(&self, id: CaseId) -> Option<(&Case, &[Entry])> {
        [&self.history, &self.line_history]
            .into_iter()
            .flatten()
            .find(|(case, _)| case.id == id)
            .map(|(case, entries)| (case, entries.as_slice()))
    }

    /// What the desk looks at for a command on this case.
    pub(super) fn cases_with(&self, id: Option<CaseId>) -> WithHistory<'_> {
        WithHistory {
            board: &self.board,
            history: id.and_then(|id| self.history_of(id)),
        }
    }

    fn with_line<T>(&self, run: impl FnOnce(&Context<'_>) -> T) -> Option<T> {
        let (_, grammar) = self.line.grammar.as_ref()?;
        let (_, names) = self.line.names.as_ref()?;
        let cases = self.cases_with(self.line.asked.or(self.selection.case));
        // Reasons are told in words only of those who are shown.
        let last: RefCell<Vec<Proposal>> = RefCell::default();
        let proposed = |id: CaseId| {
            let all = self.proposed(id);
            let handlers = all.iter().map(|proposal| proposal.handler.clone()).collect();
            last.replace(all);
            handlers
        };
        let why = |id: CaseId, handler: &Handler| {
            let live = self.board.get(id);
            let last = last.borrow();
            let proposal = last.iter().find(|proposal| proposal.handler == *handler);
            match (live, proposal) {
                (Some(live), Some(proposal)) => dispatch::reasons(self.scene(), live, proposal).join(" · "),
                _ => String::new(),
            }
        };
        let context = Context {
            grammar,
            names,
            town: &self.town,
            board: &self.board,
            cases: &cases,
            selected: self.selection.case,
            now: self.now,
            lang: self.words.lang,
            proposals: &proposed,
            why: &why,
            strict: false,
        };
        Some(run(&context))
    }

    fn proposed(&self, id: CaseId) -> Vec<Proposal> {
        let live = self.board.get(id);
        live.map(|live| proposals(&self.town, &self.board, &self.duty, live, self.now))
            .unwrap_or_default()
    }

    fn line_words<T>(&self, case: Option<CaseId>, run: impl FnOnce(LineWords<'_>) -> T) -> Option<T> {
        let (_, grammar) = self.line.grammar.as_ref()?;
        let cases = self.cases_with(case);
        Some(run(LineWords {
            words: &self.words,
            town: &self.town,
            cases: &cases,
            grammar,
            now: self.now,
        }))
    }

    /// Finds out what the open line means, where the text or the hall has changed.
    pub(super) fn read_line(&mut self) {
        if !self.line.is_open() {
            return;
        }
        self.prepare_line();
        let basis = Basis {
            text: self.line.open_text().to_owned(),
            generation: self.board.generation(),
            selected: self.selection.case,
            lang: self.words.lang,
            second: self.now.timestamp(),
        };
        if self.line.found.of.as_ref() == Some(&basis) {
            return;
        }
        let palette = self.line.mode == Mode::Palette;
        let completions = if palette {
            self.palette_rows(&basis.text)
        } else {
            self.with_line(|ctx| line::complete(&basis.text, ctx))
                .unwrap_or_default()
        };
        let said = if palette {
            None
        } else {
            self.line_says(&basis.text)
        };
        self.line.found = Found {
            of: Some(basis),
            completions,
            said,
        };
    }

    fn palette_rows(&self, filter: &str) -> Vec<line::Completion> {
        let rows = self.with_line(|ctx| {
            let row = |verb: &line::Verb| line::Completion {
                replaces: 0..0,
                insert: String::new(),
                label: verb.name(ctx.lang).to_owned(),
                hint: line::complete::ways(verb, ctx.lang),
                key: verb.key.clone(),
                act: Some(verb.act),
            };
            verbs_for(filter, ctx).into_iter().map(row).collect()
        });
        rows.unwrap_or_default()
    }

    /// What Enter will do, or why it can't.
    fn line_says(&mut self, text: &str) -> Option<Said> {
        if text.trim().is_empty() {
            return None;
        }
        match self.with_line(|ctx| line::parse(text, ctx))? {
            Err(fault) => Some(
                self.never(text)
                    .unwrap_or_else(|| Said::Missing(self.fault_words(&fault))),
            ),
            Ok(parsed) => {
                self.ask_for_line(&parsed);
                let what = self.line_words(parsed.case(), |w| w.describe(&parsed))?;
                Some(match self.try_line(parsed) {
                    None => Said::Will(self.words.f("command-enter", &[("what", what.into())])),
                    Some(why) => {
                        let args = [("what", what.into()), ("why", why.into())];
                        Said::Cant(self.words.f("command-cant", &args))
                    }
                })
            }
        }
    }

    /// Where the case can't take the step, whatever else is typed: that, so that nobody types it in vain.
    fn never(&self, text: &str) -> Option<Said> {
        let (step, id) = self.with_line(|ctx| {
            let reading = line::parse::read(text, ctx);
            match (reading.verb?.act, reading.case?) {
                (Act::Step(step), id) => Some((step, id)),
                _ => None,
            }
        })??;
        let case = self.board.case(id).filter(|case| !case.allows(step))?;
        let refusal = Refusal::NotNow {
            step,
            stage: case.stage,
            possible: case.steps().collect(),
        };
        Some(Said::Cant(self.refusal_words(&refusal)))
    }

    fn fault_words(&self, fault: &Fault) -> String {
        self.line_words(None, |w| w.fault(fault)).unwrap_or_default()
    }

    /// A case that has ended, or a history that an undo needs, is read when a line first names it.
    fn ask_for_line(&mut self, parsed: &Parsed) {
        let Some(id) = parsed.case() else { return };
        let undo = matches!(parsed, Parsed::Step { step: Step::Undo, .. });
        let there = !undo && self.board.get(id).is_some();
        if there || self.history_of(id).is_some() || self.line.asked == Some(id) {
            return;
        }
        self.line.asked = Some(id);
        self.read_history(id);
    }

    /// The history of a case that the line had asked for.
    pub(super) fn line_history_came(&mut self, id: CaseId, case: Option<(Case, Vec<Entry>)>) {
        if self.line.asked == Some(id) {
            self.line_history = case;
            self.line.found.of = None;
        }
    }

    /// An entry of a case that the line has at hand makes what it has old.
    pub(super) fn line_is_old(&mut self, id: CaseId) {
        if self.line.asked == Some(id) {
            self.line.asked = None;
            self.line_history = None;
        }
    }

    /// Why the desk would refuse it now; `None` where it would not.
    fn try_line(&self, parsed: Parsed) -> Option<String> {
        let order = self.line_order(parsed)?;
        if let Some(why) = self.past_bars() {
            return Some(why);
        }
        let command = self.own_command(order);
        let refusal = self.decide(command).err()?;
        Some(refusal_words(&self.words, &self.town, &refusal))
    }

    fn line_order(&self, parsed: Parsed) -> Option<Order> {
        let case = parsed.case();
        let version = case.and_then(|id| self.cases_with(case).case(id).map(|case| case.version));
        to_order(parsed, version.unwrap_or(0))
    }

    /// Does what the hand wants in the line or the palette.
    pub(super) fn line_do(&mut self, what: LineDo) {
        self.read_line();
        let chosen = match what {
            LineDo::Take(index) => Some(index),
            LineDo::Enter if self.line.mode == Mode::Palette => Some(self.line.row()),
            LineDo::Enter => self.line.chosen(),
        };
        let completion = |hall: &Self, index: usize| hall.line.found.completions.get(index).cloned();
        match (self.line.mode, chosen.and_then(|index| completion(self, index))) {
            (Mode::Palette, Some(completion)) => {
                if let Some(act) = completion.act {
                    self.do_verb(act);
                }
            }
            (Mode::Line, Some(completion)) => {
                self.line.complete(&completion);
                // A deed that was clicked or chosen needs no second Enter.
                if let Some(Act::Window(index)) = completion.act {
                    self.do_window(index);
                }
            }
            (Mode::Line, None) => self.run_line(),
            _ => {}
        }
        self.ctx.request_repaint();
    }

    /// Gives the line to the desk. One that is not complete goes on with its first completion.
    fn run_line(&mut self) {
        let text = self.line.text.clone();
        if self.line.sent.is_some() || text.trim().is_empty() {
            return;
        }
        let Some(parsed) = self.with_line(|ctx| line::parse(&text, ctx)) else {
            return;
        };
        match parsed {
            Err(fault) => match self.line.found.completions.first().cloned() {
                Some(first) => self.line.complete(&first),
                None => {
                    let why = self.fault_words(&fault);
                    self.line.refuse(why);
                }
            },
            Ok(Parsed::Window(index)) => self.do_window(index),
            Ok(Parsed::Look(id)) => {
                self.line.done(text);
                self.handle(Intent::Select(Some(id)));
            }
            Ok(parsed) => self.send_line(text, parsed),
        }
    }

    fn send_line(&mut self, text: String, parsed: Parsed) {
        let what = self
            .line_words(parsed.case(), |w| w.describe(&parsed))
            .unwrap_or_default();
        let Some(order) = self.line_order(parsed) else {
            return;
        };
        if let Some(why) = self.past_bars() {
            return self.line.refuse(why);
        }
        let sent = SentLine { text, what };
        match self.command(order, Vec::new(), Pending::Line(sent)) {
            Ok(ticket) => {
                self.line.sent = Some(ticket);
                self.line.refused = None;
            }
            Err(refusal) => {
                let why = self.refusal_words(&refusal);
                self.line.refuse(why);
            }
        }
    }

    /// The journal has the line, or not.
    pub(super) fn line_answered(&mut self, sent: SentLine, result: Result<&[Entry], String>) {
        match result {
            Ok(entries) => {
                self.line.done(sent.text);
                let new = entries.first().filter(|e| matches!(e.action, Action::Report(_)));
                let what = ("what", sent.what.into());
                let Some(new) = new else {
                    let text = self.words.f("command-done", &[what]);
                    self.say(text, false);
                    return;
                };
                let args = [what, ("case", new.case.to_string().into())];
                let text = self.words.f("command-done-new", &args);
                self.say(text, false);
                // A new case is looked at, as one from the form.
                self.handle(Intent::Select(Some(new.case)));
            }
            Err(why) => self.line.refuse(why),
        }
    }

    /// Does what a row of the palette says: deeds at once; steps begin with the selected case as by their key; what
    /// needs more goes on in the line.
    fn do_verb(&mut self, act: Act) {
        self.line.close();
        match act {
            Act::Window(index) => self.do_window(index),
            Act::Report => self.act(Deed::NewReport),
            Act::Step(step) if self.selection.case.is_some() => self.handle(Intent::Do(Deed::Step(step))),
            act => {
                let verb = self
                    .line
                    .grammar
                    .as_ref()
                    .and_then(|(_, grammar)| grammar.of(act));
                let word = verb.map(|verb| verb.name(self.words.lang).to_owned());
                self.line.open_with(format!("{} ", word.unwrap_or_default()));
            }
        }
    }

    fn do_window(&mut self, index: usize) {
        let deed = self
            .line
            .grammar
            .as_ref()
            .and_then(|(deeds, _)| deeds.get(index).copied());
        let Some(deed) = deed else { return };
        let anywhere = matches!(deed, Deed::Theme | Deed::Language | Deed::Line | Deed::Palette);
        if self.import.is_some() && !anywhere {
            let why = self.words.t("command-import-open").to_owned();
            self.line.open();
            self.line.refuse(why);
            return;
        }
        let text = self.line.text.clone();
        if self.line.mode == Mode::Line {
            self.line.done(text);
        }
        self.line.close();
        self.handle(Intent::Do(deed));
    }
}
