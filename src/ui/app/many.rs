//! What the window does with many selected cases at once. Each is a command of its own to the desk: what is refused is
//! listed with its reason, the others go on.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::case::{Case, CaseId, ClockState, DutyAction, Entry, Step};
use crate::desk::{self, Args, Order, Refusal, Situation, WithHistory};
use crate::line::proposals::proposals;
use crate::report::figure::{Cell, Table};
use crate::report::sheet;
use crate::town::Handler;
use crate::ui::hall::queue;
use crate::ui::many_bar::{ManyDo, Progress};

use super::files::NO_DIALOG;
use super::{Answer, Hall, Pending};

/// So long a frame may work on it.
const SHARE: Duration = Duration::from_millis(5);
/// So many commands may be on their way to the journal: what a hand does meanwhile comes between them.
const ON_THE_WAY: usize = 32;

/// What is done with each case.
#[derive(Clone, Debug)]
enum Act {
    Accept,
    DispatchFirst,
    Dispatch(Handler),
    Watch(bool),
    Undo,
}

/// Something that is being done with many cases, or was.
pub(super) struct Batch {
    act: Act,
    /// What is done, in words.
    what: String,
    waiting: VecDeque<CaseId>,
    of: usize,
    done: Vec<CaseId>,
    refused: Vec<(CaseId, String)>,
    on_the_way: usize,
}

impl Batch {
    fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.on_the_way == 0
    }

    /// What the bar shows of it.
    pub(super) fn progress(&self) -> Progress<'_> {
        Progress {
            what: &self.what,
            done: (self.done.len(), self.of),
            over: self.is_over(),
            undoable: match self.act {
                Act::Undo => 0,
                _ => self.done.len(),
            },
            refused: &self.refused,
        }
    }
}

impl Hall {
    /// Does what the bar asks.
    pub(super) fn many_do(&mut self, what: ManyDo) {
        let busy = self.batch.as_ref().is_some_and(|batch| !batch.is_over());
        match what {
            ManyDo::Fit => self.map.fit_selection(&self.board, &self.selection),
            ManyDo::Export => self.export_many(),
            ManyDo::Read => self.batch = self.batch.take().filter(|_| busy),
            ManyDo::Stop => {
                if let Some(batch) = &mut self.batch {
                    batch.of -= batch.waiting.len();
                    batch.waiting.clear();
                    // What is on its way still comes; nobody waits for it.
                    batch.on_the_way = 0;
                }
            }
            ManyDo::Accept if !busy => self.begin_many(Act::Accept),
            ManyDo::DispatchFirst if !busy => self.begin_many(Act::DispatchFirst),
            ManyDo::Dispatch(handler) if !busy => self.begin_many(Act::Dispatch(handler)),
            ManyDo::Watch(on) if !busy => self.begin_many(Act::Watch(on)),
            ManyDo::Undo if !busy => self.undo_many(),
            // One thing at a time: the buttons say so.
            ManyDo::Undo
            | ManyDo::Accept
            | ManyDo::DispatchFirst
            | ManyDo::Dispatch(_)
            | ManyDo::Watch(_) => {}
        }
    }

    /// Whether something is being done with many cases.
    pub(super) fn works_on_many(&self) -> bool {
        self.batch.as_ref().is_some_and(|batch| !batch.is_over())
    }

    fn begin_many(&mut self, act: Act) {
        let ids = self.selection.many.clone();
        self.begin_with(act, ids.ids());
    }

    fn begin_with(&mut self, act: Act, ids: &[CaseId]) {
        let concerned = |id: &CaseId| {
            let case = self.board.get(*id).map(|live| &live.case);
            match &act {
                Act::Accept => case.is_some_and(|case| case.allows(Step::Accept)),
                Act::DispatchFirst | Act::Dispatch(_) => case.is_some_and(|case| case.allows(Step::Dispatch)),
                Act::Watch(on) => self.duty.watched.contains_key(id) != *on,
                Act::Undo => true,
            }
        };
        let waiting: VecDeque<CaseId> = ids.iter().copied().filter(concerned).collect();
        let what = match &act {
            Act::Accept => self.words.step(Step::Accept).to_owned(),
            Act::DispatchFirst => self.words.step(Step::Dispatch).to_owned(),
            Act::Dispatch(handler) => {
                let name = self.town.handler_name(handler, self.words.lang);
                format!("{} → {name}", self.words.step(Step::Dispatch))
            }
            Act::Watch(true) => self.words.t("many-watch").to_owned(),
            Act::Watch(false) => self.words.t("many-unwatch").to_owned(),
            Act::Undo => self.words.step(Step::Undo).to_owned(),
        };
        self.batch = Some(Batch {
            act,
            what,
            of: waiting.len(),
            waiting,
            done: Vec::new(),
            refused: Vec::new(),
            on_the_way: 0,
        });
    }

    /// Goes on with what is done with many cases, for a part of a frame.
    pub(super) fn go_on_with_many(&mut self) {
        let until = Instant::now() + SHARE;
        loop {
            let Some(batch) = &mut self.batch else { return };
            if batch.on_the_way >= ON_THE_WAY {
                return;
            }
            let Some(id) = batch.waiting.pop_front() else {
                return;
            };
            let act = batch.act.clone();
            if matches!(act, Act::Undo) {
                // The desk looks at all that a case has gone through: it comes with a later frame.
                batch.on_the_way += 1;
                self.read_history(id);
                continue;
            }
            let given = self
                .order_one(&act, id)
                .map(|order| self.command(order, Vec::new(), Pending::Many(id)));
            match given {
                Ok(Ok(_)) => {
                    if let Some(batch) = &mut self.batch {
                        batch.on_the_way += 1;
                    }
                }
                Ok(Err(refusal)) => {
                    let why = self.refusal_words(&refusal);
                    self.many_refused(id, why);
                }
                Err(why) => self.many_refused(id, why),
            }
            if Instant::now() > until {
                self.ctx.request_repaint();
                return;
            }
        }
    }

    /// The order for one of the cases, or why there is none.
    fn order_one(&self, act: &Act, case: CaseId) -> Result<Order, String> {
        if let Act::Watch(on) = act {
            return Ok(Order::Duty(DutyAction::Watch { case, on: *on }));
        }
        let Some(live) = self.board.get(case) else {
            return Err(self.refusal_words(&Refusal::NotOpen { case }));
        };
        let (step, to) = match act {
            Act::DispatchFirst => {
                let all = proposals(&self.town, &self.board, &self.duty, live, self.now);
                let first = all.into_iter().next().map(|proposal| proposal.handler);
                let nobody = || self.words.t("dispatch-nobody").to_owned();
                (Step::Dispatch, Some(first.ok_or_else(nobody)?))
            }
            Act::Dispatch(handler) => (Step::Dispatch, Some(handler.clone())),
            Act::Accept | Act::Watch(_) | Act::Undo => (Step::Accept, None),
        };
        Ok(Order::Move {
            case,
            based_on: live.case.version,
            step,
            args: Args {
                to,
                ..Args::default()
            },
        })
    }

    /// Takes back what was done last with many cases, of those for which it was done.
    fn undo_many(&mut self) {
        let Some(batch) = self.batch.take() else { return };
        let act = match batch.act {
            Act::Watch(on) => Act::Watch(!on),
            _ => Act::Undo,
        };
        self.begin_with(act, &batch.done);
    }

    /// All that a case has gone through has come: its last step is taken back, if that is what it was read for.
    pub(super) fn many_history_came(&mut self, case: &Case, entries: &[Entry]) {
        let undoes = |batch: &Batch| matches!(batch.act, Act::Undo) && !batch.done.contains(&case.id);
        if !self.batch.as_ref().is_some_and(undoes) {
            return;
        }
        let order = Order::Move {
            case: case.id,
            based_on: case.version,
            step: Step::Undo,
            args: Args::default(),
        };
        let cases = WithHistory {
            board: &self.board,
            history: Some((case, entries)),
        };
        let situation = Situation {
            town: &self.town,
            cases: &cases,
            duty: &self.duty,
            now: self.now,
        };
        match desk::decide(&situation, self.own_command(order)) {
            Ok(drafts) => {
                let ticket = self.next_ticket;
                self.next_ticket += 1;
                self.pending.insert(ticket, Pending::Many(case.id));
                self.keeper.append(ticket, drafts, Vec::new());
            }
            Err(refusal) => {
                let why = self.refusal_words(&refusal);
                self.many_answered(case.id, Some(why));
            }
        }
    }

    fn many_refused(&mut self, id: CaseId, why: String) {
        if let Some(batch) = &mut self.batch {
            batch.refused.push((id, why));
        }
    }

    /// The journal has answered for one of them.
    pub(super) fn many_answered(&mut self, id: CaseId, refused: Option<String>) {
        let Some(batch) = &mut self.batch else { return };
        batch.on_the_way = batch.on_the_way.saturating_sub(1);
        match refused {
            None => batch.done.push(id),
            Some(why) => batch.refused.push((id, why)),
        }
    }

    /// The selected cases as a table, those that have ended meanwhile left out.
    fn table_of_many(&self) -> Table {
        let heads = [
            "number", "class", "item", "stage", "clock", "centre", "severity", "place", "lon", "lat",
            "reported", "due",
        ];
        let scene = self.scene();
        let zone = self.town.timezone;
        let when = |at: chrono::DateTime<chrono::Utc>| {
            Cell::Text(at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string())
        };
        let row = |live: &crate::board::Live| {
            let case = &live.case;
            let at = case.place.point();
            let clock = live.deadline.map(|deadline| match deadline.state(self.now) {
                ClockState::Overdue => "overdue",
                ClockState::Soon => "soon",
                ClockState::Running | ClockState::Still => "running",
            });
            vec![
                Cell::Number(case.id.0 as f64),
                Cell::Text(case.class.letter().to_owned()),
                Cell::Text(queue::item_name(scene, case).to_owned()),
                Cell::Text(self.words.stage(case.stage).to_owned()),
                Cell::Text(clock.unwrap_or_default().to_owned()),
                Cell::Text(case.centre.code().to_owned()),
                Cell::Number(f64::from(case.severity)),
                Cell::Text(queue::place_line(scene, live)),
                at.map(|at| at.lon).into(),
                at.map(|at| at.lat).into(),
                when(case.reported_at),
                live.deadline.map_or(Cell::Empty, |deadline| when(deadline.due)),
            ]
        };
        let ids = self.selection.many.ids().iter();
        Table {
            columns: heads.map(str::to_owned).to_vec(),
            rows: ids.filter_map(|id| self.board.get(*id)).map(row).collect(),
        }
    }

    /// Lets the system's dialog choose a file, and writes the selected cases into it, both on a thread.
    fn export_many(&mut self) {
        let table = self.table_of_many();
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        let title = self.words.t("many-export").to_owned();
        let kind = self.words.t("dialog-kind-tables").to_owned();
        let mark = match (self.sample, self.is_drill()) {
            (true, _) => self.words.t("many-of-sample"),
            (_, true) => self.words.t("drill-mark"),
            _ => "",
        };
        let mark = mark.to_owned();
        let rows = table.rows.len();
        self.spawn("dialog", move || {
            let dialog = rfd::FileDialog::new()
                .set_title(title)
                .set_file_name("cases.csv")
                .add_filter(kind, &["csv"]);
            let asked = Instant::now();
            let answer = match dialog.save_file() {
                Some(path) => Answer::ManyWritten(write(&table, &mark, &path).map(|()| (path, rows))),
                None if asked.elapsed() < NO_DIALOG => Answer::NoSaveDialog,
                None => return,
            };
            send.send(answer).ok();
            ctx.request_repaint();
        });
    }

    pub(super) fn many_written(&mut self, result: Result<(PathBuf, usize), String>) {
        match result {
            Ok((path, n)) => {
                let args = [("path", path.display().to_string().into()), ("n", n.into())];
                let text = self.words.f("many-written", &args);
                self.say(text, false);
            }
            Err(why) => self.say(why, true),
        }
    }
}

fn write(table: &Table, mark: &str, path: &std::path::Path) -> Result<(), String> {
    let bytes = sheet::csv(table, "of", mark).map_err(|error| error.to_string())?;
    std::fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}
