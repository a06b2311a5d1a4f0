//! One round of the time machine: takes what was found, asks for what is wished, plays on.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui;

use super::Shown;
use crate::board::Board;
use crate::case::Duty;
use crate::past::{Difference, Found, Seek, Slot, TimeMachine, Turn, cut};
use crate::ui::app::Hall;
use crate::ui::time_bar::{Curve, SPEEDS};

/// So many turns are asked for at once while the past is played, and again when fewer than half of them are left.
const TURNS: usize = 1_000;
/// What a frame may spend on turns.
const PER_FRAME: Duration = Duration::from_millis(12);
/// A frame that comes later than that moves the clock no further: the machine was asleep.
const FRAME_SECS_MAX: f64 = 0.5;
/// A replay is looked at no less often, in seconds.
const PAUSE_SECS_MAX: f64 = 0.2;
/// The index is asked to look for new entries so often, where some have come, in seconds.
const LOOK_SECS: f64 = 2.0;
/// The difference of two moments is worked out so often while one is played, in seconds.
const DIFFERENCE_SECS: f64 = 0.5;
impl Hall {
    /// One round of the time machine: takes what was found, asks for what is wished, plays on.
    pub(in crate::ui::app) fn mind_the_past(&mut self, ctx: &egui::Context) {
        if !self.past.open {
            return;
        }
        while let Some(found) = self.past.machine.as_ref().and_then(TimeMachine::poll) {
            self.found(found);
        }
        let time = ctx.input(|i| i.time);
        self.look_for_new(time);
        self.ask_for_moments();
        self.play_past(time);
        self.ask_for_curve();
        self.cut_selected();
        self.compare(time);
    }

    fn found(&mut self, found: Found) {
        match found {
            Found::Reading(read, all) => self.past.reading = Some((read, all)),
            Found::Ready(span) => {
                self.past.reading = None;
                self.past.ready = true;
                self.past.span = span;
                self.past.curve_asked = None;
            }
            Found::Moment { seek, board, duty } => self.moment_came(&seek, *board, duty),
            Found::Turns { ticket, turns } => {
                self.past.turns_asked = false;
                if self
                    .past
                    .shown
                    .as_ref()
                    .is_some_and(|shown| shown.ticket == ticket)
                {
                    self.past.turns_over = turns.is_empty();
                    self.past.turns.extend(turns);
                }
            }
            Found::Curve {
                from,
                step_ms,
                counts,
            } => {
                self.past.curve_awaited = false;
                self.past.curve = Some(Curve {
                    from,
                    step_ms,
                    counts,
                });
            }
            Found::Failed(error) => {
                self.past.wishes = Default::default();
                self.past.turns_asked = false;
                self.past.curve_awaited = false;
                self.past.stop();
                let text = self.words.f("past-failed", &[("error", error.into())]);
                self.past.failed = Some(text.clone());
                self.say(text, true);
            }
        }
    }

    fn moment_came(&mut self, seek: &Seek, board: Board, duty: Box<Duty>) {
        let past = &mut self.past;
        let wish = past.wish(seek.slot);
        if wish.asked != Some(seek.ticket) {
            return;
        }
        wish.asked = None;
        let board = past.anew(board);
        let shown = Shown {
            at: seek.at,
            board,
            duty,
            ticket: seek.ticket,
        };
        past.failed = None;
        match seek.slot {
            Slot::Shown => {
                if past.shown.is_none() {
                    past.arrived = 0;
                }
                let before = past.shown.replace(shown);
                if let (Some(machine), Some(before)) = (&past.machine, before) {
                    machine.forget(before.board);
                }
                past.turns.clear();
                past.turns_over = false;
                past.turns_asked = false;
            }
            Slot::Beside => {
                if let Some(beside) = &mut past.beside {
                    beside.shown = Some(shown);
                }
            }
        }
    }

    /// Asks for the moments that are wished, of each slot one at a time: a hand that draws the slider gets the newest.
    fn ask_for_moments(&mut self) {
        if !self.past.ready {
            return;
        }
        for slot in [Slot::Shown, Slot::Beside] {
            let wish = self.past.wish(slot);
            if wish.asked.is_some() {
                continue;
            }
            let Some(at) = wish.next.take() else { continue };
            let ticket = self.past.ticket();
            self.past.wish(slot).asked = Some(ticket);
            if let Some(machine) = &self.past.machine {
                machine.seek(Seek {
                    ticket,
                    slot,
                    at,
                    town: self.town.clone(),
                });
            }
        }
    }

    /// Moves the clock of the past on, and does what happened until then. Where the journal is not read so far yet, the clock
    /// waits; it never shows a moment that is not whole.
    fn play_past(&mut self, time: f64) {
        let now = self.now;
        let past = &mut self.past;
        let Some(since) = past.played_at else { return };
        past.played_at = Some(time);
        let speed = SPEEDS[past.speed];
        let seeking = past.wishes[Slot::Shown as usize].asked.is_some()
            || past.wishes[Slot::Shown as usize].next.is_some();
        let Some(shown) = past.shown.as_mut().filter(|_| !seeking) else {
            return;
        };
        let step_ms = ((time - since).clamp(0.0, FRAME_SECS_MAX) * speed * 1e3) as i64;
        let goal = shown.at + TimeDelta::milliseconds(step_ms);
        let until = Instant::now() + PER_FRAME;
        let reached = loop {
            match past.turns.front() {
                Some(turn) if turn.at() > goal => break goal,
                Some(_) if Instant::now() > until => break shown.at,
                // Nothing more has happened until now, or nobody knows yet.
                None if past.turns_over => break goal,
                None => break shown.at,
                Some(_) => {}
            }
            let Some(turn) = past.turns.pop_front() else {
                break shown.at;
            };
            shown.at = shown.at.max(turn.at());
            match turn {
                Turn::Case(_, case) => shown.board.insert(*case, &self.town),
                Turn::Gone(_, id) => drop(shown.board.remove(id)),
                Turn::Hall(_, entry) => {
                    if let Err(error) = shown.duty.apply(&entry) {
                        tracing::warn!("the hall's past does not follow: {error}");
                    }
                }
            }
        };
        shown.at = shown.at.max(reached);
        if !past.turns_over && !past.turns_asked && past.turns.len() < TURNS / 2 {
            past.turns_asked = true;
            if let Some(machine) = &past.machine {
                machine.follow(TURNS);
            }
        }
        let arrives = shown.at >= now;
        // A slow replay needs no more frames than its clock has seconds, nearly.
        let wait = Duration::from_secs_f64((1.0 / speed).min(PAUSE_SECS_MAX));
        self.ctx.request_repaint_after(wait);
        if arrives {
            self.back_to_now();
            let text = self.words.t("past-caught-up").to_owned();
            self.say(text, false);
        }
    }

    /// The curve goes on while the hall does.
    fn look_for_new(&mut self, time: f64) {
        let past = &mut self.past;
        if !past.is_behind || time - past.looked_at < LOOK_SECS {
            return;
        }
        (past.is_behind, past.looked_at) = (false, time);
        if let Some(machine) = &past.machine {
            machine.look();
        }
    }

    fn ask_for_curve(&mut self) {
        let wanted = self.time_bar.curve_wanted(self.bar_moment(), self.town.timezone);
        if !self.past.ready || self.past.curve_asked == Some(wanted) {
            return;
        }
        if let Some(machine) = &self.past.machine {
            machine.curve(wanted.0, wanted.1, wanted.2);
            self.past.curve_asked = Some(wanted);
            self.past.curve_awaited = true;
        }
    }

    /// The selected case as it was at the moment that is looked at.
    fn cut_selected(&mut self) {
        let at = self.sheet_moment();
        let history = self
            .history
            .as_ref()
            .filter(|(case, _)| Some(case.id) == self.selection.case);
        let (Some(at), Some((case, entries))) = (at, history) else {
            self.past.cut = None;
            return;
        };
        let key = (case.id, case.version, at);
        if self.past.cut.as_ref().is_some_and(|(of, _)| *of == key) {
            return;
        }
        match cut(entries, at) {
            Ok(cut) => self.past.cut = Some((key, cut)),
            Err(error) => {
                self.past.cut = Some((key, None));
                self.say(error.to_string(), true);
            }
        }
    }

    /// The moment at which the sheet shows its case.
    fn sheet_moment(&self) -> Option<DateTime<Utc>> {
        let second = self
            .sheet_is_second()
            .then(|| self.second_shown().map_or(self.now, |shown| shown.at));
        second.or(self.past.shown().map(|shown| shown.at))
    }

    /// What changed between the two moments that are shown.
    fn compare(&mut self, time: f64) {
        let first = match &self.past.shown {
            Some(shown) => &*shown.board,
            None => &self.board,
        };
        let Some(beside) = &mut self.past.beside else {
            return;
        };
        let second = match &beside.shown {
            Some(shown) => &*shown.board,
            None => &self.board,
        };
        let of = (first.generation(), second.generation());
        let again = self.past.played_at.is_none() || time - beside.worked_out_at >= DIFFERENCE_SECS;
        if beside.of != Some(of) && again {
            beside.difference = Difference::between(first, second);
            beside.of = Some(of);
            beside.worked_out_at = time;
        }
    }
}
