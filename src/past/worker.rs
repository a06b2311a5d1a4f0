//! Runs a [`Traveller`] on a thread of its own, so that no frame waits for a moment of the past, and no command either: it has
//! its own way into the journal.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use crossbeam_channel::{Receiver, Sender};

use super::traveller::{Front, Traveller, Turn};
use crate::board::Board;
use crate::case::Duty;
use crate::store::{Store, StoreError};
use crate::town::Town;

/// So many requests can wait. Whoever asks for moments waits for one before asking for the next.
const WAITING_MAX: usize = 64;

/// Which of two moments that are shown side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The one that the hall shows, and from which it is played.
    Shown,
    /// The one beside it.
    Beside,
}

/// A wish to see a moment.
#[derive(Clone, Debug)]
pub struct Seek {
    /// Comes back with the answer.
    pub ticket: u64,
    /// Which of two.
    pub slot: Slot,
    /// The moment.
    pub at: DateTime<Utc>,
    /// The town that the board is made for.
    pub town: Arc<Town>,
}

enum Ask {
    Seek(Seek),
    Follow {
        limit: usize,
    },
    Curve {
        from: DateTime<Utc>,
        step_ms: i64,
        n: usize,
    },
    Look,
    Forget(Box<Board>),
}

/// What was found.
pub enum Found {
    /// The index is being made: so many entries of so many have been read.
    Reading(i64, i64),
    /// The index has all that the journal had a moment ago: from when to when anything happened. `None` for an empty journal.
    Ready(Option<(DateTime<Utc>, DateTime<Utc>)>),
    /// The answer to [`TimeMachine::seek`].
    Moment {
        /// The wish.
        seek: Seek,
        /// The board of that moment.
        board: Box<Board>,
        /// The hall beside its cases at that moment.
        duty: Box<Duty>,
    },
    /// The answer to [`TimeMachine::follow`].
    Turns {
        /// The ticket of the moment that they follow.
        ticket: u64,
        /// What happened, in order; none where nothing more has happened.
        turns: Vec<Turn>,
    },
    /// The answer to [`TimeMachine::curve`].
    Curve {
        /// The first moment.
        from: DateTime<Utc>,
        /// Milliseconds from one to the next.
        step_ms: i64,
        /// How many cases were open at each.
        counts: Vec<u32>,
    },
    /// The journal can't be read, in words.
    Failed(String),
}

/// A traveller on its own thread. Dropping it ends the thread soon.
#[derive(Debug)]
pub struct TimeMachine {
    asks: Sender<Ask>,
    found: Receiver<Found>,
    stop: Arc<AtomicBool>,
}

impl TimeMachine {
    /// Starts the thread, which makes the index at once. `wake` is called after each answer; it should be quick.
    ///
    /// # Errors
    /// Where the system has no thread to give.
    pub fn start(store: Box<dyn Store>, wake: Arc<dyn Fn() + Send + Sync>) -> std::io::Result<Self> {
        let (asks, inbox) = crossbeam_channel::bounded(WAITING_MAX);
        let (outbox, found) = crossbeam_channel::unbounded();
        let stop = Arc::new(AtomicBool::new(false));
        let work = Work {
            traveller: Traveller::new(store),
            inbox,
            outbox,
            wake,
            stop: stop.clone(),
            shown: None,
            front: None,
            told: None,
        };
        std::thread::Builder::new()
            .name("past".to_owned())
            .spawn(move || work.run())?;
        Ok(Self { asks, found, stop })
    }

    /// Goes to a moment. Answered with [`Found::Moment`].
    pub fn seek(&self, seek: Seek) {
        self.ask(Ask::Seek(seek));
    }

    /// What happened next after the moment that was shown last, and after what was answered already. Answered with [`Found::Turns`].
    pub fn follow(&self, limit: usize) {
        self.ask(Ask::Follow { limit });
    }

    /// How many cases were open at `n` moments. Answered with [`Found::Curve`].
    pub fn curve(&self, from: DateTime<Utc>, step_ms: i64, n: usize) {
        self.ask(Ask::Curve { from, step_ms, n });
    }

    /// Looks for new entries. Answered with [`Found::Ready`] where there are any.
    pub fn look(&self) {
        self.ask(Ask::Look);
    }

    /// Drops a board that is no longer shown: of many cases that takes longer than a frame has.
    pub fn forget(&self, board: Box<Board>) {
        self.ask(Ask::Forget(board));
    }

    fn ask(&self, ask: Ask) {
        // One that finds no room is asked again by the frames that follow: nothing but what is shown depends on it.
        let _ = self.asks.try_send(ask);
    }

    /// The next answer, without waiting.
    pub fn poll(&self) -> Option<Found> {
        self.found.try_recv().ok()
    }

    /// The next answer; waits for it no longer than `patience`. For programs without frames.
    pub fn wait(&self, patience: std::time::Duration) -> Option<Found> {
        self.found.recv_timeout(patience).ok()
    }
}

impl Drop for TimeMachine {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

struct Work {
    traveller: Traveller,
    inbox: Receiver<Ask>,
    outbox: Sender<Found>,
    wake: Arc<dyn Fn() + Send + Sync>,
    stop: Arc<AtomicBool>,
    /// The moment that is shown, and the ticket of its wish.
    shown: Option<(u64, DateTime<Utc>)>,
    /// How far what follows it has been answered.
    front: Option<Front>,
    /// The last entry of the index that was told.
    told: Option<i64>,
}

impl Work {
    fn run(mut self) {
        self.serve(Ask::Look);
        while let Ok(ask) = self.inbox.recv() {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            self.serve(ask);
        }
    }

    fn serve(&mut self, ask: Ask) {
        let answer = catch_unwind(AssertUnwindSafe(|| self.answer(ask)));
        let failed = match answer {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the program itself failed while it looked back: please report this".to_owned(),
        };
        self.deliver(Found::Failed(failed));
    }

    fn deliver(&self, found: Found) {
        // Nobody listens any more where this can't be sent.
        let _ = self.outbox.send(found);
        (self.wake)();
    }

    fn answer(&mut self, ask: Ask) -> Result<(), StoreError> {
        if let Ask::Forget(board) = ask {
            drop(board);
            return Ok(());
        }
        if !self.catch_up()? {
            return Ok(());
        }
        match ask {
            Ask::Look | Ask::Forget(_) => {}
            Ask::Seek(seek) => {
                let moment = self.traveller.go_to(seek.at)?;
                if seek.slot == Slot::Shown {
                    self.shown = Some((seek.ticket, seek.at));
                    self.front = None;
                }
                let board = Box::new(Board::new(moment.cases, &seek.town));
                let duty = Box::new(moment.duty);
                self.deliver(Found::Moment { seek, board, duty });
            }
            Ask::Follow { limit } => self.follow(limit)?,
            Ask::Curve { from, step_ms, n } => {
                let counts = self
                    .traveller
                    .timeline()
                    .open_counts(from.timestamp_millis(), step_ms, n);
                self.deliver(Found::Curve {
                    from,
                    step_ms,
                    counts,
                });
            }
        }
        Ok(())
    }

    /// Takes what is new in the journal into the index. False where it was stopped.
    fn catch_up(&mut self) -> Result<bool, StoreError> {
        let (outbox, wake, stop) = (&self.outbox, &self.wake, &self.stop);
        let first = self.told.is_none();
        let whole = self.traveller.catch_up(&mut |read, all| {
            if first && read < all {
                let _ = outbox.send(Found::Reading(read, all));
                wake();
            }
            !stop.load(Ordering::Relaxed)
        })?;
        let last = self.traveller.timeline().last_seq();
        if whole && self.told != Some(last) {
            self.told = Some(last);
            self.deliver(Found::Ready(self.traveller.span()));
        }
        Ok(whole)
    }

    fn follow(&mut self, limit: usize) -> Result<(), StoreError> {
        let Some((ticket, at)) = self.shown else {
            return Ok(());
        };
        let mut front = match self.front.take() {
            Some(front) => front,
            None => Front::at(&self.traveller.go_to(at)?),
        };
        let turns = self.traveller.follow(&mut front, limit)?;
        self.front = Some(front);
        self.deliver(Found::Turns { ticket, turns });
        Ok(())
    }
}
