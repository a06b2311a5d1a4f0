//! What the journal answers, and what that does to the board and to the forms that wait for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::board::Applied;
use crate::case::{Action, CaseId, Duty, DutyAction, Entry, Step};
use crate::desk::{Args, Order};
use crate::store::StoreError;
use crate::store::worker::Done;
use crate::ui::{Intent, indicator, map};

use super::{Hall, Overlay, Pending, tell_standing};

/// How long the answers of one frame may take; the rest waits for the next.
const DRAIN: Duration = Duration::from_millis(10);

impl Hall {
    pub(super) fn drain_keeper(&mut self) {
        let until = Instant::now() + DRAIN;
        while let Some(done) = self.early.take().or_else(|| self.keeper.poll()) {
            self.data_at = self.real;
            match done {
                Done::Appended { ticket, result } => {
                    self.appended(ticket, result);
                    if self.overlay == Overlay::Figures {
                        self.count_figures();
                    }
                }
                Done::Entries(entries) => self.apply(&entries),
                Done::Reload(cases) => {
                    self.board.reset(cases, &self.town);
                    self.reloaded();
                }
                Done::History { case, entries } => {
                    self.histories_awaited = self.histories_awaited.saturating_sub(1);
                    self.history_came(case, entries);
                }
                Done::Photo { hash, file } => {
                    let missing = self.words.t("photos-missing").to_owned();
                    self.photos.arrived(&self.ctx.clone(), hash, file, &missing);
                }
                Done::Asked { answer, .. } => self.asked(answer),
                Done::Counts { all, .. } => self.known_cases = Some(all),
                Done::Since { from, entries } => self.draw_up_handover(from, &entries),
                Done::Secrets(secrets) => self.secrets_came(secrets),
                Done::Alive => self.failed = false,
                Done::Failed { what, error } => {
                    self.failed = true;
                    if what == indicator::WHAT {
                        self.page.failed();
                    }
                    if what == map::LAYERS_ASK {
                        self.map.layers_failed(&error);
                    }
                    if what == super::past::WHAT {
                        self.past_failed(&error);
                    }
                    self.histories_awaited = 0;
                    let args = [("what", what.into()), ("error", error.into())];
                    let text = self.words.f("store-failed", &args);
                    self.say(text, true);
                }
            }
            if Instant::now() > until {
                self.ctx.request_repaint();
                break;
            }
        }
    }

    /// The board has just been made of the open cases.
    pub(super) fn reloaded(&mut self) {
        self.loaded = true;
        self.past.note_arrival(0);
        self.find_looks_again();
        self.seats.alarms_unread = true;
        self.history_asked = None;
        self.keeper.counts();
        self.read_history(CaseId::HALL);
    }

    /// Asks the keeper for all entries of a case; they come with a later frame.
    pub(super) fn read_history(&mut self, id: CaseId) {
        self.histories_awaited += 1;
        self.keeper.history(id);
    }

    pub(super) fn apply(&mut self, entries: &[Entry]) {
        self.find_looks_again();
        self.past.note_arrival(entries.len());
        for entry in entries {
            self.drill_hears(entry);
            if entry.case == CaseId::HALL {
                self.apply_duty(entry);
                continue;
            }
            match self.board.apply(entry, &self.town) {
                Ok(Applied::Done) => {}
                // A case that had ended, and may be open again.
                Ok(Applied::NotHere) => self.read_history(entry.case),
                Err(error) => {
                    self.failed = true;
                    self.say(error.to_string(), true);
                }
            }
            self.alarm_of(entry.case);
            if self.selection.case == Some(entry.case) {
                self.history_asked = None;
            }
            self.line_is_old(entry.case);
        }
        if self.known_cases == Some(0) && !self.board.is_empty() {
            self.keeper.counts();
        }
    }

    /// Takes in what happened in the hall beside cases. Where something is missing, all of it is read again.
    pub(super) fn apply_duty(&mut self, entry: &Entry) {
        if entry.version <= self.duty.version {
            return;
        }
        if self.duty.apply(entry).is_err() {
            self.read_history(CaseId::HALL);
            return;
        }
        if let Some(action) = super::seat::duty_action(entry) {
            self.duty_changed(action);
        }
        if self.redraw_ground() {
            tell_standing(&self.keeper, &self.town);
        }
        if let Action::Duty(action) = &entry.action
            && matches!(action.as_ref(), DutyAction::Redraw { .. })
        {
            // Also where it holds only later: what is drawn does not follow from it.
            self.boundaries.ground_changed(&self.town, &self.duty);
        }
        if let Action::Duty(action) = &entry.action
            && let DutyAction::EditItem { item, .. } = action.as_ref()
        {
            Arc::make_mut(&mut self.town)
                .catalogue
                .edit(item.as_ref().clone());
        }
    }

    pub(super) fn duty_came(&mut self, entries: &[Entry]) {
        match Duty::fold(entries) {
            Ok(duty) => {
                self.duty = duty;
                self.seats.door.duty_known = true;
                self.amend_catalogue();
                self.redraw_ground();
                tell_standing(&self.keeper, &self.town);
            }
            Err(error) => self.say(error.to_string(), true),
        }
    }

    pub(super) fn appended(&mut self, ticket: u64, result: Result<Vec<Entry>, StoreError>) {
        let pending = self.pending.remove(&ticket);
        match (pending, result) {
            (pending, Ok(entries)) => {
                self.apply(&entries);
                match pending {
                    Some(Pending::Step(case)) => {
                        if let Some(draft) = self.drafts.remove(&case) {
                            let step = self.words.step(draft.step).to_owned();
                            let args = [("case", case.to_string().into()), ("step", step.into())];
                            let text = self.words.f("said-done", &args);
                            self.say(text, false);
                        }
                    }
                    Some(Pending::Report) => self.reported(&entries),
                    Some(Pending::MergeReported(case, into)) => {
                        let args = [
                            ("case", case.to_string().into()),
                            ("into", into.to_string().into()),
                        ];
                        let text = self.words.f("said-report-merged", &args);
                        self.say(text, false);
                        self.handle(Intent::Select(Some(into)));
                    }
                    Some(Pending::Duty) => self.duty_given(ticket),
                    Some(Pending::Line(sent)) => self.line_answered(sent, Ok(&entries)),
                    Some(Pending::Many(case)) => self.many_answered(case, None),
                    Some(Pending::Drill) => self.drill_appended(ticket, None),
                    Some(Pending::Desk) | None => {}
                }
            }
            (Some(Pending::Drill), Err(error)) => self.drill_appended(ticket, Some(&error)),
            (Some(Pending::Desk), Err(error)) => {
                tracing::info!("the desk's own command came too late: {error}")
            }
            (pending, Err(error)) => {
                let text = self.store_words(&error);
                match pending {
                    Some(Pending::Step(case)) => self.refuse(case, text),
                    Some(Pending::Report) => self.report.refused(text),
                    Some(Pending::MergeReported(case, into)) => self.not_merged(case, into, text),
                    Some(Pending::Duty) => self.duty_refused(ticket, text),
                    Some(Pending::Line(sent)) => self.line_answered(sent, Err(text)),
                    Some(Pending::Many(case)) => self.many_answered(case, Some(text)),
                    Some(Pending::Desk | Pending::Drill) | None => self.say(text, true),
                }
            }
        }
    }

    /// The journal has the case that the form opened.
    pub(super) fn reported(&mut self, entries: &[Entry]) {
        let into = self.report.accepted();
        self.map.set_picking(false);
        let Some(entry) = entries.first() else {
            return;
        };
        self.handle(Intent::Select(Some(entry.case)));
        match into {
            Some(into) => self.merge_reported(entry, into),
            None => {
                let args = [("case", entry.case.to_string().into())];
                let text = self.words.f("said-reported", &args);
                self.say(text, false);
            }
        }
    }

    /// What was reported is the same matter as an open case: whoever reported it is answered with that one.
    pub(super) fn merge_reported(&mut self, reported: &Entry, into: CaseId) {
        let case = reported.case;
        let order = Order::Move {
            case,
            based_on: reported.version,
            step: Step::Merge,
            args: Args {
                other: Some(into),
                ..Args::default()
            },
        };
        if let Err(refusal) = self.command(order, Vec::new(), Pending::MergeReported(case, into)) {
            let why = self.refusal_words(&refusal);
            self.not_merged(case, into, why);
        }
    }

    pub(super) fn not_merged(&mut self, case: CaseId, into: CaseId, why: String) {
        let args = [
            ("case", case.to_string().into()),
            ("into", into.to_string().into()),
            ("why", why.into()),
        ];
        let text = self.words.f("said-not-merged", &args);
        self.say(text, true);
    }

    pub(super) fn store_words(&self, error: &StoreError) -> String {
        match error {
            StoreError::Conflict { .. } => self.words.t("refusal-moved-on").to_owned(),
            StoreError::Full { path } => self
                .words
                .f("store-full", &[("path", path.display().to_string().into())]),
            other => other.to_string(),
        }
    }

    pub(super) fn history_came(&mut self, id: CaseId, entries: Vec<Entry>) {
        if id == CaseId::HALL {
            self.duty_came(&entries);
            return;
        }
        let folded = crate::case::Case::fold(&entries);
        if let Ok(Some(case)) = &folded {
            // A case that was opened again comes back to the board this way.
            let there = self.board.get(id).map_or(0, |live| live.case.version);
            if case.stage.is_open() && there < case.version {
                self.board.insert(case.clone(), &self.town);
                self.alarm_of(id);
            }
        }
        if let Ok(Some(case)) = &folded {
            self.many_history_came(case, &entries);
        }
        if self.line.asked == Some(id) {
            let read = folded.as_ref().ok().cloned().flatten();
            self.line_history_came(id, read.map(|case| (case, entries.clone())));
        }
        if self.selection.case != Some(id) {
            return;
        }
        match folded {
            Ok(Some(case)) => self.history = Some((case, entries)),
            Ok(None) => {
                self.selection.case = None;
            }
            Err(error) => self.say(error.to_string(), true),
        }
    }

    pub(super) fn ask_history(&mut self) {
        let Some(id) = self.selection.case else {
            // Asked again when the same case is selected again.
            (self.history, self.history_asked) = (None, None);
            return;
        };
        let version = self.board.get(id).map_or(0, |live| u64::from(live.case.version));
        if self.history_asked == Some((id, version)) {
            return;
        }
        if self.history.as_ref().is_some_and(|(case, _)| case.id != id) {
            self.history = None;
        }
        self.history_asked = Some((id, version));
        self.read_history(id);
    }
}
