//! The time machine in the window: which moment is looked at, how it is played, and that nothing can be commanded there.
//!
//! The hall goes on behind: entries arrive, alarms call, the desk does what it does by itself. Only what views see is the past.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui;

use crate::board::Board;
use crate::case::{CaseId, Duty};
use crate::desk::alarm::Alarms;
use crate::past::{Cut, Difference, Found, Seek, Slot, TimeMachine, Turn, cut};
use crate::store::Store;
use crate::ui::keys::{Deed, PastDeed};
use crate::ui::time_bar::{self, BarState};
use crate::ui::time_bar::{Curve, PastDo, SPEEDS};
use crate::ui::{Intent, flat};

use super::{Hall, Overlay};

/// What the store is asked for, in a failure's words.
pub(super) const WHAT: &str = "look back";
/// So many turns are asked for at once while the past is played, and again when fewer than half of them are left.
const TURNS: usize = 1_000;
/// What a frame may spend on turns.
const PER_FRAME: Duration = Duration::from_millis(12);
/// A frame that comes later than that moves the clock no further: the machine was asleep.
const FRAME_SECS_MAX: f64 = 0.5;
/// Boards of the past have generations of their own, far from the hall's.
const GENERATIONS: u64 = 1 << 40;
const GENERATIONS_OF_ONE: u64 = 1 << 24;
/// The difference of two moments is worked out so often while one is played, in seconds.
const DIFFERENCE_SECS: f64 = 0.5;

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
    /// How many cases were open over the shown span.
    pub curve: Option<Curve>,
    curve_asked: Option<(DateTime<Utc>, i64, usize)>,
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
            curve: None,
            curve_asked: None,
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
        self.open && self.failed.is_none() && (!self.ready || wished || (self.plays() && self.turns_asked))
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

    /// One round of the time machine: takes what was found, asks for what is wished, plays on.
    pub(super) fn mind_the_past(&mut self, ctx: &egui::Context) {
        if !self.past.open {
            return;
        }
        while let Some(found) = self.past.machine.as_ref().and_then(TimeMachine::poll) {
            self.found(found);
        }
        self.ask_for_moments();
        self.play_past(ctx.input(|i| i.time));
        self.ask_for_curve();
        self.cut_selected();
        self.compare(ctx.input(|i| i.time));
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
                self.past.curve = Some(Curve {
                    from,
                    step_ms,
                    counts,
                });
            }
            Found::Failed(error) => {
                self.past.wishes = Default::default();
                self.past.turns_asked = false;
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
                past.shown = Some(shown);
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
        self.ctx.request_repaint();
        if arrives {
            self.back_to_now();
            let text = self.words.t("past-caught-up").to_owned();
            self.say(text, false);
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
        }
    }

    /// The moment that the bar holds.
    pub(super) fn bar_moment(&self) -> DateTime<Utc> {
        self.past.goal(self.past.holds).unwrap_or(self.now)
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

    /// Does what a key asks of the time machine.
    pub(super) fn past_deed(&mut self, deed: PastDeed) {
        match deed {
            PastDeed::Open if self.past.open => self.close_past(),
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
            PastDo::Now if self.past.holds == Slot::Beside => self.past_do(PastDo::Beside(None)),
            PastDo::Now => self.back_to_now(),
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

    /// Whole minutes; what is not past yet is now.
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

    /// Why nothing can be commanded, where the past is looked at.
    pub(super) fn past_bars(&self) -> Option<String> {
        self.past.shown().map(|_| self.words.t("past-bars").to_owned())
    }

    /// Says why nothing can be commanded, and answers true, where the past is looked at and a key asks for what commands, or for
    /// a window of what is now.
    pub(super) fn past_bars_deed(&mut self, deed: Deed) -> bool {
        let commands = matches!(
            deed,
            Deed::Step(_)
                | Deed::NextStep
                | Deed::Confirm
                | Deed::NewReport
                | Deed::Import
                | Deed::Acknowledge
                | Deed::Watch
                | Deed::Seat
                | Deed::Shifts
                | Deed::Handover
                | Deed::Alarms
                | Deed::Catalogue
                | Deed::Calendar
                | Deed::Figures
                | Deed::Briefing
                | Deed::Indicators
                | Deed::PeriodBefore
                | Deed::PeriodAfter
                | Deed::ClearFilters
                | Deed::DrillReview
        );
        let why = self.past_bars().filter(|_| commands);
        self.say_why(why)
    }

    /// The same for what a view asks.
    pub(super) fn past_bars_intent(&mut self, intent: &Intent) -> bool {
        let commands = matches!(
            intent,
            Intent::Submit(_)
                | Intent::Report(..)
                | Intent::Duty(_)
                | Intent::TakeSeat(_)
                | Intent::WriteCalendar(_)
                | Intent::ImportFile(_)
                | Intent::ChooseImport
                | Intent::ChoosePhotos(_)
                | Intent::AddPhotos(..)
                | Intent::MakeBriefing(_)
        );
        let why = self.past_bars().filter(|_| commands);
        self.say_why(why)
    }

    fn say_why(&mut self, why: Option<String>) -> bool {
        let barred = why.is_some();
        // Once is enough, however often a key is pressed.
        if let Some(why) = why
            && self.toasts.last().is_none_or(|toast| toast.text != why)
        {
            self.say(why, true);
        }
        barred
    }

    /// Whether a window lies over the time machine, whose keys are then that window's.
    pub(super) fn past_has_keys(&self) -> bool {
        self.past.open && self.overlay == Overlay::None && self.import.is_none() && !self.page.is_open()
    }

    fn bar_state(&self) -> BarState<'_> {
        let past = &self.past;
        let other = match past.holds {
            Slot::Shown => Slot::Beside,
            Slot::Beside => Slot::Shown,
        };
        let other = past.beside.as_ref().map(|_| past.goal(other).unwrap_or(self.now));
        BarState {
            at: self.bar_moment(),
            is_past: past.shown.is_some() || past.wishes[Slot::Shown as usize].next.is_some(),
            other,
            holds: past.holds,
            now: self.now,
            plays: past.plays(),
            speed: past.speed,
            ready: past.ready,
            reading: past.reading,
            span: past.span,
            failed: past.failed.as_deref(),
            curve: past.curve.as_ref(),
            arrived: past.arrived,
            alarms: self.seats.alarms.lists().new.len(),
        }
    }

    /// Draws the band and the frame that mark a replay, if this is one.
    pub(super) fn past_band(&self, ui: &mut egui::Ui, intents: &mut Vec<Intent>) {
        if self.past.shown().is_none() {
            return;
        }
        let scene = self.scene();
        let margin = egui::Margin::symmetric(12, 0);
        let band = egui::Panel::top("past")
            .exact_size(time_bar::BAND_HEIGHT)
            .resizable(false)
            .frame(egui::Frame::new().inner_margin(margin));
        let state = self.bar_state();
        flat::below(ui, scene.colors.accent_ground, |ui| {
            let band = band.show(ui, |ui| time_bar::band(ui, scene, &state, intents));
            band.response.rect
        });
        time_bar::frame(ui, scene);
    }

    /// Draws the bar at the map's foot, if it is open.
    pub(super) fn past_bar(&mut self, ui: &mut egui::Ui, intents: &mut Vec<Intent>) {
        if !self.past.open {
            return;
        }
        let mut bar = std::mem::take(&mut self.time_bar);
        let (scene, state) = (self.scene(), self.bar_state());
        let panel = egui::Panel::bottom("time bar")
            .exact_size(time_bar::HEIGHT)
            .resizable(false)
            .frame(egui::Frame::new().inner_margin(time_bar::MARGIN));
        flat::below(ui, scene.colors.panel, |ui| {
            let shown = panel.show(ui, |ui| bar.show(ui, scene, &state, intents));
            shown.response.rect
        });
        self.time_bar = bar;
    }
}
