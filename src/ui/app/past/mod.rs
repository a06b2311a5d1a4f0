//! The time machine in the window: which moment is looked at, how it is played, and that nothing can be commanded there.
//!
//! The hall goes on behind: entries arrive, alarms call, the desk does what it does by itself. Only what views see is the past.

mod draw;
mod gate;
mod round;

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::board::Board;
use crate::case::{CaseId, Duty};
use crate::desk::alarm::Alarms;
use crate::past::{Cut, Difference, Slot, TimeMachine, Turn};
use crate::store::Store;
use crate::ui::Intent;
use crate::ui::keys::PastDeed;
use crate::ui::time_bar::{Curve, PastDo, SPEEDS};

use super::Hall;

/// What the store is asked for, in a failure's words.
pub(super) const WHAT: &str = "look back";
/// Boards of the past have generations of their own, far from the hall's.
const GENERATIONS: u64 = 1 << 40;
const GENERATIONS_OF_ONE: u64 = 1 << 24;

/// Another way into the journal, on its way from the store's thread.
struct Reader(Option<Box<dyn Store>>);

/// A moment that is looked at.
pub(super) struct Shown {
    /// When.
    pub at: DateTime<Utc>,
    /// The open cases.
    pub board: Box<Board>,
    /// The hall beside them.
    pub duty: Box<Duty>,
    ticket: u64,
}

/// Two moments side by side: this is the second.
#[derive(Default)]
pub(super) struct Beside {
    /// The moment; `None` for now.
    pub shown: Option<Shown>,
    /// What changed from the first to the second, for which boards, and when it was worked out.
    pub difference: Difference,
    of: Option<(u64, u64)>,
    worked_out_at: f64,
}

/// Moments that are wished for, one at a time.
#[derive(Default)]
struct Wish {
    /// The moment that is to be asked for next.
    next: Option<DateTime<Utc>>,
    /// The ticket of the one that was asked for.
    asked: Option<u64>,
}

/// The state of the time machine.
pub(super) struct Past {
    /// Whether its bar is shown.
    pub open: bool,
    machine: Option<TimeMachine>,
    /// Whether the store was asked for another way into the journal.
    awaited: bool,
    /// How much of the journal has been read into the index, of how much.
    pub reading: Option<(i64, i64)>,
    /// From when to when anything happened; known once the index is made.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    ready: bool,
    /// What went wrong, in words.
    pub failed: Option<String>,
    shown: Option<Shown>,
    /// The second moment, where two are shown.
    pub beside: Option<Beside>,
    /// Which of the two the bar moves.
    pub holds: Slot,
    wishes: [Wish; 2],
    last_ticket: u64,
    generations: u64,
    /// What comes next while it is played.
    turns: VecDeque<Turn>,
    turns_asked: bool,
    /// Nothing more has happened than what was played.
    turns_over: bool,
    /// Since when it plays, on the window's clock; `None` where it stands.
    played_at: Option<f64>,
    /// The place of the speed in [`SPEEDS`].
    speed: usize,
    /// Entries that have come since the past is looked at.
    pub arrived: usize,
    /// Whether entries have come that the index does not have, and when it was last asked to look.
    is_behind: bool,
    looked_at: f64,
    /// How many cases were open over the shown span.
    pub curve: Option<Curve>,
    curve_asked: Option<(DateTime<Utc>, i64, usize)>,
    curve_awaited: bool,
    /// The selected case as it was, for its entries and moment.
    cut: Option<(CutKey, Option<Cut>)>,
    no_alarms: Alarms,
}

type CutKey = (CaseId, u32, DateTime<Utc>);

impl Default for Past {
    fn default() -> Self {
        Self {
            open: false,
            machine: None,
            awaited: false,
            reading: None,
            span: None,
            ready: false,
            failed: None,
            shown: None,
            beside: None,
            holds: Slot::Shown,
            wishes: Default::default(),
            last_ticket: 0,
            generations: GENERATIONS,
            turns: VecDeque::new(),
            turns_asked: false,
            turns_over: false,
            played_at: None,
            speed: 0,
            arrived: 0,
            is_behind: false,
            looked_at: 0.0,
            curve: None,
            curve_asked: None,
            curve_awaited: false,
            cut: None,
            no_alarms: Alarms::default(),
        }
    }
}

impl Past {
    /// The moment that is looked at; `None` where it is now.
    pub fn shown(&self) -> Option<&Shown> {
        self.shown.as_ref()
    }

    /// The selected case as it was at that moment, once it was read; `None` where it had not come up.
    pub fn cut(&self) -> Option<&Cut> {
        self.cut.as_ref().and_then(|(_, cut)| cut.as_ref())
    }

    /// The alarms that are shown: in the past none, those of now are counted in the band.
    pub fn alarms_of<'a>(&'a self, now: &'a Alarms) -> &'a Alarms {
        if self.shown.is_some() {
            &self.no_alarms
        } else {
            now
        }
    }

    /// Whether the past is played.
    pub fn plays(&self) -> bool {
        self.played_at.is_some()
    }

    /// Whether an answer is awaited that changes what is shown.
    pub fn is_busy(&self) -> bool {
        let wished = self
            .wishes
            .iter()
            .any(|wish| wish.next.is_some() || wish.asked.is_some());
        self.open && self.failed.is_none() && (!self.ready || wished || self.curve_awaited)
    }

    fn wish(&mut self, slot: Slot) -> &mut Wish {
        &mut self.wishes[slot as usize]
    }

    fn ticket(&mut self) -> u64 {
        self.last_ticket += 1;
        self.last_ticket
    }

    /// A board that no view takes for one that it has seen.
    fn anew(&mut self, board: Board) -> Box<Board> {
        self.generations += GENERATIONS_OF_ONE;
        Box::new(board.of_generation(self.generations))
    }

    /// Where the slot's moment is: shown, or on its way.
    fn goal(&self, slot: Slot) -> Option<DateTime<Utc>> {
        let shown = match slot {
            Slot::Shown => self.shown.as_ref(),
            Slot::Beside => self.beside.as_ref().and_then(|beside| beside.shown.as_ref()),
        };
        self.wishes[slot as usize].next.or(shown.map(|shown| shown.at))
    }

    fn stop(&mut self) {
        self.played_at = None;
    }

    /// Entries have come while the past is looked at.
    pub fn note_arrival(&mut self, entries: usize) {
        self.turns_over = false;
        self.is_behind = true;
        if self.shown.is_some() {
            self.arrived += entries;
        }
    }
}

impl Hall {
    /// The moment of the past that is looked at; `None` where it is now.
    pub fn looks_back_to(&self) -> Option<DateTime<Utc>> {
        self.past.shown().map(|shown| shown.at)
    }

    /// The board that is shown: that of now, or of the moment that is looked at.
    pub fn shown_board(&self) -> &Board {
        self.past.shown().map_or(&self.board, |shown| &shown.board)
    }

    /// Opens the time machine at a moment, as its bar would.
    pub fn look_back(&mut self, at: DateTime<Utc>) {
        self.open_past();
        self.intents.push(Intent::Past(PastDo::GoTo(at)));
    }

    /// Shows a second moment beside the first, as its button would; `None` for now.
    pub fn look_beside(&mut self, at: Option<DateTime<Utc>>) {
        self.intents.push(Intent::Past(PastDo::Beside(at)));
    }

    fn open_past(&mut self) {
        self.page.set_open(false);
        self.past.open = true;
        if self.past.machine.is_none() && !self.past.awaited {
            self.past.awaited = true;
            self.past.failed = None;
            let open = |store: &mut dyn Store| {
                let reader = store.reader()?;
                Ok(Box::new(Reader(reader)) as Box<dyn Any + Send>)
            };
            self.keeper.ask_for(0, WHAT, Box::new(open));
        }
    }

    /// Closes the time machine and goes back to now; also where the book is left.
    pub(super) fn close_past(&mut self) {
        // The index is dropped with it: an open hall keeps no memory for a past that nobody looks at.
        self.map_beside = None;
        let generations = self.past.generations;
        self.past = Past {
            generations,
            ..Past::default()
        };
    }

    /// Goes back to now; the bar stays.
    pub(super) fn back_to_now(&mut self) {
        let past = &mut self.past;
        past.shown = None;
        past.cut = None;
        past.arrived = 0;
        past.turns.clear();
        past.stop();
        *past.wish(Slot::Shown) = Wish::default();
    }

    /// A way into the journal has come from the store's thread.
    pub(super) fn past_reader_came(&mut self, answer: Box<dyn Any + Send>) {
        let Ok(reader) = answer.downcast::<Reader>() else {
            return;
        };
        if !std::mem::take(&mut self.past.awaited) || !self.past.open {
            return;
        }
        let Some(store) = reader.0 else {
            self.past.failed = Some(self.words.t("past-no-reader").to_owned());
            return;
        };
        let ctx = self.ctx.clone();
        match TimeMachine::start(store, Arc::new(move || ctx.request_repaint())) {
            Ok(machine) => self.past.machine = Some(machine),
            Err(error) => self.past.failed = Some(error.to_string()),
        }
    }

    /// The store could not open another way into the journal.
    pub(super) fn past_failed(&mut self, error: &str) {
        self.past.awaited = false;
        self.past.failed = Some(error.to_owned());
    }

    /// The moment that the bar holds.
    pub(super) fn bar_moment(&self) -> DateTime<Utc> {
        self.past.goal(self.past.holds).unwrap_or(self.now)
    }

    /// Does what a key asks of the time machine.
    pub(super) fn past_deed(&mut self, deed: PastDeed) {
        match deed {
            PastDeed::Open if self.past.open && !self.page.is_open() => self.close_past(),
            PastDeed::Open => self.open_past(),
            PastDeed::Now => self.past_do(PastDo::Now),
            PastDeed::Beside => {
                self.open_past();
                match self.past.beside {
                    Some(_) => self.past_do(PastDo::One),
                    None => self.past_do(PastDo::Beside(None)),
                }
            }
            PastDeed::Play => self.past_do(PastDo::Play(!self.past.plays())),
            PastDeed::Slower => self.past_do(PastDo::Speed(self.past.speed.saturating_sub(1))),
            PastDeed::Faster => self.past_do(PastDo::Speed(self.past.speed + 1)),
            PastDeed::Minutes(minutes) => self.move_past(TimeDelta::minutes(minutes.into())),
            PastDeed::Days(days) => self.move_past(TimeDelta::days(days.into())),
            PastDeed::DayStart => {
                let at = self.time_bar.day_start(self.bar_moment(), self.town.timezone);
                self.past_do(PastDo::GoTo(at));
            }
        }
    }

    fn move_past(&mut self, by: TimeDelta) {
        if let Some(at) = self.bar_moment().checked_add_signed(by) {
            self.past_do(PastDo::GoTo(at));
        }
    }

    /// Does what a view asks of the time machine.
    pub(super) fn past_do(&mut self, what: PastDo) {
        match what {
            PastDo::GoTo(at) => self.travel_to(self.past.holds, at),
            PastDo::Now => {
                self.past.holds = Slot::Shown;
                self.back_to_now();
            }
            PastDo::Close => self.close_past(),
            PastDo::Play(on) => self.play_or_stop(on),
            PastDo::Speed(speed) => self.past.speed = speed.min(SPEEDS.len() - 1),
            PastDo::Beside(at) => {
                let beside = self.past.beside.get_or_insert_default();
                beside.shown = None;
                *self.past.wish(Slot::Beside) = Wish::default();
                if let Some(at) = at {
                    self.travel_to(Slot::Beside, at);
                }
            }
            PastDo::One => {
                self.past.beside = None;
                self.map_beside = None;
                self.past.holds = Slot::Shown;
                *self.past.wish(Slot::Beside) = Wish::default();
            }
            PastDo::Hold(slot) => {
                self.past.holds = slot;
                self.past.stop();
            }
        }
    }

    /// What is not past yet is now.
    fn travel_to(&mut self, slot: Slot, at: DateTime<Utc>) {
        if at >= self.now {
            match slot {
                Slot::Shown => self.back_to_now(),
                Slot::Beside => self.past_do(PastDo::Beside(None)),
            }
            return;
        }
        self.past.wish(slot).next = Some(at);
    }

    fn play_or_stop(&mut self, on: bool) {
        self.past.stop();
        if !on {
            return;
        }
        if self.past.shown.is_none() && self.past.wishes[0].next.is_none() {
            // Now is played by itself.
            let text = self.words.t("past-choose-first").to_owned();
            return self.say(text, true);
        }
        self.past.holds = Slot::Shown;
        self.past.played_at = Some(self.ctx.input(|i| i.time));
        self.ctx.request_repaint();
    }
}
