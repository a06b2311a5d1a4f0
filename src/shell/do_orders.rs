//! `yipanqi do`: lines of the command line without a window.

use std::io::{self, BufRead, Write};
use std::sync::Arc;

use anyhow::anyhow;
use chrono::Utc;
use serde::Serialize;

use crate::board::{Applied, Board};
use crate::case::{Action, Case, CaseId, Duty, DutyAction, Entry, Step};
use crate::desk::{self, Command, Situation, WithHistory};
use crate::line::proposals::proposals;
use crate::line::{self, Context, Grammar, Names, Parsed, to_order};
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError, TownMark};
use crate::town::{Handler, Standing, Town};
use crate::ui::keys;
use crate::ui::line_words::LineWords;
use crate::ui::refusal_words::refusal_words;

use super::args::DoOrders;
use super::table::plain;
use super::{Done, Shell};

/// So many codes of posts are named where an unknown one was given.
const POSTS_NAMED: usize = 8;
/// So many entries of other seats are read at once.
const SLICE: u32 = 5_000;

/// What became of a line, as `--json` gives it.
#[derive(Serialize)]
struct LineRow {
    line: String,
    ok: bool,
    /// The case that it was about, or that it opened.
    case: Option<i64>,
    /// The version of the case afterwards.
    version: Option<u32>,
    /// What it says, in words; empty where it can't be read.
    what: String,
    refusal: Option<RefusalRow>,
}

/// Why a line was refused.
#[derive(Serialize)]
struct RefusalRow {
    code: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    done: usize,
    refused: usize,
    lines: &'a [LineRow],
    /// Why it stopped before the last line; what is counted as done is in the book.
    error: Option<String>,
}

/// Gives each line to the desk, and what the desk allows to the journal.
pub fn run(shell: &Shell, args: &DoOrders) -> anyhow::Result<Done> {
    let town = Town::clone(&*shell.town()?);
    let Some(post) = town.post(&args.post) else {
        shell.tell(&no_post(shell, &town, &args.post));
        return Ok(Done::WrongUsage);
    };
    let (post, seat) = (post.code.clone(), args.seat.clone());
    let mut seat = Seat::open(shell, town, post, seat)?;
    let mut rows = Vec::new();
    let given = give_all(shell, args, &mut seat, &mut rows);
    let refused = rows.iter().filter(|row: &&LineRow| !row.ok).count();
    if shell.args.json {
        let answer = Answer {
            done: rows.len() - refused,
            refused,
            lines: &rows,
            error: given.as_ref().err().map(|error| format!("{error:#}")),
        };
        shell.answer(&answer, |_| Ok(()))?;
    }
    given?;
    Ok(if refused > 0 { Done::Refused } else { Done::Wholly })
}

fn no_post(shell: &Shell, town: &Town, post: &str) -> String {
    let some: Vec<&str> = town
        .posts
        .iter()
        .take(POSTS_NAMED)
        .map(|p| p.code.as_str())
        .collect();
    let args = [("post", post.into()), ("some", some.join(", ").into())];
    shell.words.f("shell-no-post", &args)
}

/// Lines from the arguments, or from standard input as they come.
fn give_all(
    shell: &Shell,
    args: &DoOrders,
    seat: &mut Seat<'_>,
    rows: &mut Vec<LineRow>,
) -> anyhow::Result<()> {
    for line in &args.lines {
        if line != "-" {
            give_one(shell, seat, line, rows)?;
            continue;
        }
        for line in io::stdin().lock().lines() {
            let line = line.map_err(|why| {
                anyhow!(
                    "{}",
                    shell
                        .words
                        .f("shell-line-read", &[("why", why.to_string().into())])
                )
            })?;
            give_one(shell, seat, &line, rows)?;
        }
    }
    Ok(())
}

fn give_one(shell: &Shell, seat: &mut Seat<'_>, line: &str, rows: &mut Vec<LineRow>) -> anyhow::Result<()> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(());
    }
    let row = seat.give(line)?;
    if !shell.args.json {
        match &row.refusal {
            None => writeln!(io::stdout(), "{}", plain(&row.what))?,
            Some(refusal) => shell.tell(&plain(&format!("{line}: {}", refusal.text))),
        }
    }
    rows.push(row);
    Ok(())
}

/// A seat without a window: the book, the board and whoever acts.
struct Seat<'a> {
    shell: &'a Shell,
    town: Town,
    post: String,
    seat: String,
    store: SqliteStore,
    board: Board,
    duty: Duty,
    /// The last entry that the board knows.
    seq: i64,
    /// The town as its files have it.
    file: Town,
    /// The changes of boundaries that the town stands on.
    in_force: Vec<u32>,
    grammar: Grammar,
    names: Names,
    /// The case of the line before, which `.` stands for.
    last: Option<CaseId>,
}

/// A case that is looked at beside the board, with its entries.
type Beside = Option<(Case, Vec<Entry>)>;

impl<'a> Seat<'a> {
    fn open(shell: &'a Shell, town: Town, post: String, seat: String) -> anyhow::Result<Self> {
        let book = shell.book()?;
        let mut store = SqliteStore::open(&book)?;
        store.check_real(&book)?;
        store.set_town(&TownMark::of(&town))?;
        // What happens between the two is taken in by the first line.
        let duty = Duty::fold(&store.history(CaseId::HALL)?)?;
        let (cases, seq) = store.open_cases_as_of()?;
        let mut new = Self {
            board: Board::new(cases, &town),
            file: town.clone(),
            in_force: Vec::new(),
            duty,
            grammar: keys::grammar().1,
            names: Names::default(),
            shell,
            post,
            seat,
            store,
            seq,
            last: None,
            town,
        };
        new.duty.amend(&mut new.town.catalogue);
        if !new.redraw()? {
            new.store.set_standing(&Arc::new(Standing::of(&new.town)))?;
        }
        new.names = Names::of(&new.town);
        Ok(new)
    }

    /// Stands on the ground that holds now, and says so to the book; false where it does already.
    fn redraw(&mut self) -> anyhow::Result<bool> {
        let now = Utc::now();
        let in_force: Vec<u32> = self
            .duty
            .boundaries_in_force(now)
            .iter()
            .map(|edit| edit.number)
            .collect();
        if in_force == self.in_force {
            return Ok(false);
        }
        self.in_force = in_force;
        let catalogue = std::mem::take(&mut self.town.catalogue);
        self.town = match self.duty.ground(&self.file.places, now) {
            Some(ground) => self.file.on_ground(ground),
            None => self.file.clone(),
        };
        self.town.catalogue = catalogue;
        self.store.set_standing(&Arc::new(Standing::of(&self.town)))?;
        let cases = self.board.iter().map(|live| live.case.clone()).collect();
        self.board.reset(cases, &self.town);
        self.names = Names::of(&self.town);
        Ok(true)
    }

    /// Takes in what other seats have done since.
    fn catch_up(&mut self) -> anyhow::Result<()> {
        while self.store.last_seq()? > self.seq {
            let entries = self.store.entries_after(self.seq, SLICE)?;
            if entries.is_empty() {
                break;
            }
            self.apply(&entries)?;
        }
        self.redraw()?;
        Ok(())
    }

    fn apply(&mut self, entries: &[Entry]) -> anyhow::Result<()> {
        for entry in entries {
            if entry.seq <= self.seq {
                continue;
            }
            self.seq = entry.seq;
            if entry.case == CaseId::HALL {
                self.apply_duty(entry)?;
            } else if self.board.apply(entry, &self.town)? == Applied::NotHere
                && let Some(case) = self.store.case(entry.case)?
            {
                self.board.insert(case, &self.town);
            }
        }
        Ok(())
    }

    fn apply_duty(&mut self, entry: &Entry) -> anyhow::Result<()> {
        if entry.version <= self.duty.version {
            return Ok(());
        }
        self.duty.apply(entry)?;
        if let Action::Duty(action) = &entry.action
            && let DutyAction::EditItem { item, .. } = action.as_ref()
        {
            self.town.catalogue.edit(item.as_ref().clone());
            self.names = Names::of(&self.town);
        }
        Ok(())
    }

    fn give(&mut self, line: &str) -> anyhow::Result<LineRow> {
        self.catch_up()?;
        let mut row = LineRow {
            line: line.to_owned(),
            ok: false,
            case: None,
            version: None,
            what: String::new(),
            refusal: None,
        };
        let refused = |code, text| Some(RefusalRow { code, text });
        let parsed = match self.read(line) {
            Ok(parsed) => parsed,
            Err(fault) => {
                let text = self.words(&None).fault(&fault);
                row.refusal = refused(fault.expected.code(), text);
                return Ok(row);
            }
        };
        row.case = parsed.case().map(|id| id.0);
        let beside = self.beside(&parsed)?;
        row.what = self.words(&beside).describe(&parsed);
        if matches!(parsed, Parsed::Window(_) | Parsed::Look(_)) {
            let args = [("what", row.what.as_str().into())];
            row.refusal = refused("window-only", self.shell.words.f("shell-window-only", &args));
            return Ok(row);
        }
        match self.order(parsed, &beside)? {
            Ok(entries) => {
                let entry = entries.first();
                row.ok = true;
                row.case = row.case.or(entry.map(|e| e.case.0).filter(|id| *id > 0));
                row.version = entry.filter(|e| e.case != CaseId::HALL).map(|e| e.version);
                row.what = self.done_words(&row);
                self.last = row.case.map(CaseId).or(self.last);
            }
            Err((code, text)) => row.refusal = refused(code, text),
        }
        Ok(row)
    }

    /// What was done; a new case is told with its number.
    fn done_words(&self, row: &LineRow) -> String {
        let what = ("what", row.what.as_str().into());
        match row.case {
            Some(case) if row.version == Some(1) => {
                let args = [what, ("case", case.to_string().into())];
                self.shell.words.f("command-done-new", &args)
            }
            _ => self.shell.words.f("command-done", &[what]),
        }
    }

    fn read(&self, line: &str) -> Result<Parsed, line::Fault> {
        let now = Utc::now();
        let proposed = |id: CaseId| {
            let live = self.board.get(id);
            let all = live.map(|live| proposals(&self.town, &self.board, &self.duty, live, now));
            all.into_iter()
                .flatten()
                .map(|proposal| proposal.handler)
                .collect()
        };
        // Nothing is completed here.
        let why = |_: CaseId, _: &Handler| String::new();
        let context = Context {
            grammar: &self.grammar,
            names: &self.names,
            town: &self.town,
            board: &self.board,
            cases: &self.board,
            selected: self.last,
            now,
            lang: self.shell.lang(),
            proposals: &proposed,
            why: &why,
            strict: true,
        };
        line::parse(line, &context)
    }

    /// The case of the line with its entries, where it is not on the board or its last entry counts.
    fn beside(&self, parsed: &Parsed) -> anyhow::Result<Beside> {
        let Some(id) = parsed.case() else {
            return Ok(None);
        };
        let undo = matches!(parsed, Parsed::Step { step: Step::Undo, .. });
        if self.board.get(id).is_some() && !undo {
            return Ok(None);
        }
        let entries = self.store.history(id)?;
        Ok(Case::fold(&entries)?.map(|case| (case, entries)))
    }

    fn cases<'s>(&'s self, beside: Option<&'s (Case, Vec<Entry>)>) -> WithHistory<'s> {
        WithHistory {
            board: &self.board,
            history: beside.map(|(case, entries)| (case, entries.as_slice())),
        }
    }

    /// Decides and writes. The inner error is a refusal: its code and its words.
    fn order(
        &mut self,
        parsed: Parsed,
        beside: &Beside,
    ) -> anyhow::Result<Result<Vec<Entry>, (&'static str, String)>> {
        let words = &self.shell.words;
        let now = Utc::now();
        let cases = self.cases(beside.as_ref());
        let version = parsed
            .case()
            .and_then(|id| desk::Cases::case(&cases, id))
            .map_or(0, |case| case.version);
        let Some(order) = to_order(parsed, version) else {
            return Ok(Ok(Vec::new()));
        };
        let situation = Situation {
            town: &self.town,
            cases: &cases,
            duty: &self.duty,
            now,
        };
        let command = Command {
            actor: self.post.as_str().into(),
            seat: self.seat.as_str().into(),
            order,
        };
        let drafts = match desk::decide(&situation, command) {
            Ok(drafts) => drafts,
            Err(refusal) => return Ok(Err((refusal.code(), refusal_words(words, &self.town, &refusal)))),
        };
        match self.store.append(drafts, &[]) {
            Ok(entries) => {
                self.apply(&entries)?;
                Ok(Ok(entries))
            }
            // Another seat was faster: as for a refusal, nothing was written.
            Err(StoreError::Conflict { .. }) => Ok(Err(("moved-on", words.t("refusal-moved-on").to_owned()))),
            Err(error) => Err(error.into()),
        }
    }

    fn words<'s>(&'s self, beside: &'s Beside) -> Sentences<'s> {
        Sentences {
            seat: self,
            cases: self.cases(beside.as_ref()),
        }
    }
}

/// Sentences about a line, with the case that they are about.
struct Sentences<'s> {
    seat: &'s Seat<'s>,
    cases: WithHistory<'s>,
}

impl Sentences<'_> {
    fn line(&self) -> LineWords<'_> {
        LineWords {
            words: &self.seat.shell.words,
            town: &self.seat.town,
            cases: &self.cases,
            grammar: &self.seat.grammar,
            now: Utc::now(),
        }
    }

    fn describe(&self, parsed: &Parsed) -> String {
        self.line().describe(parsed)
    }

    fn fault(&self, fault: &line::Fault) -> String {
        self.line().fault(fault)
    }
}
