//! Reads a book into an index, keeps it up to date with the journal, and answers; on a thread of its own, with a connection of
//! its own, so that neither a frame nor a command waits for it.
//!
//! While a long book is being read, what is there already is searched, and the answer says how much that is; the last answer
//! is of all. Each answer of a whole book is exact for the last entry that the thread has seen.

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::index::Index;
use super::query::Query;
use super::rows::{Early, Row, Rows};
use super::sought::{Sought, Told};
use crate::case::{Card, CaseId, Fact};
use crate::store::{Store, StoreError, Which};

/// How often the journal is looked at, while there is nothing else to do.
const POLL: Duration = Duration::from_millis(500);

/// How often an answer is given while a book is being read.
const AGAIN: Duration = Duration::from_millis(250);

/// Cases that are read at once.
const SLICE: u32 = 4096;

/// From so many new cases on, the facts of all are read at once.
const MANY: u64 = 2000;

/// Opens the book, on the thread.
pub type Open = Box<dyn FnOnce() -> Result<Box<dyn Store>, StoreError> + Send>;

/// How much of a book has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Cases that were read.
    pub read: u64,
    /// Cases that there are.
    pub all: u64,
    /// Whether all of the journal is in it.
    pub whole: bool,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The number that was given with the query.
    pub ticket: u64,
    /// The cases, the one that was reported last in front.
    pub ids: Arc<[CaseId]>,
    /// What they were found in.
    pub shown: Shown,
    /// How much of the book that is.
    pub progress: Progress,
    /// How long it took to search.
    pub took: Duration,
}

/// The book as it was searched.
#[derive(Clone, Debug, Default)]
pub struct Shown(Arc<Index>);

impl Shown {
    /// That of an index.
    pub fn of(index: Index) -> Self {
        Self(Arc::new(index))
    }

    /// All cases.
    pub fn rows(&self) -> &Rows {
        self.0.rows()
    }

    /// A case.
    pub fn row(&self, id: CaseId) -> Option<Row> {
        self.0.rows().get(id)
    }

    /// The searchable text of a case.
    pub fn text(&self, id: CaseId) -> String {
        self.0.text(id)
    }
}

/// What the thread answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Cases were found; or there are others now.
    Found(Box<Found>),
    /// More of the book was read, and nobody looks for anything; or it has changed.
    Read(Shown, Progress),
    /// The book can't be read.
    Failed(String),
}

enum Ask {
    Find(u64, Box<Query>, Told),
    Forget,
    Look,
}

/// A book that is searched. Dropping it ends the thread.
#[derive(Debug)]
pub struct Finder {
    asks: Option<Sender<Ask>>,
    replies: Receiver<Reply>,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Finder {
    /// Begins to read a book. `wake` is called on the thread after each reply.
    pub fn start(open: Open, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (asks, inbox) = crossbeam_channel::unbounded();
        let (outbox, replies) = crossbeam_channel::unbounded();
        let closing = Arc::new(AtomicBool::new(false));
        let (closing_there, failed) = (closing.clone(), outbox.clone());
        let work = move || {
            let tell = |reply| {
                // Nobody listens any more where this can't be sent.
                let _ = outbox.send(reply);
                wake();
            };
            let run = AssertUnwindSafe(|| match open().map(Reader::new) {
                Ok(reader) => Work::new(reader, inbox, &tell, closing_there).run(),
                Err(error) => tell(Reply::Failed(error.to_string())),
            });
            if catch_unwind(run).is_err() {
                tell(Reply::Failed(
                    "the program itself failed while it searched: please report this".to_owned(),
                ));
            }
        };
        let spawned = std::thread::Builder::new().name("find".to_owned()).spawn(work);
        let thread = spawned.map_err(|error| {
            let _ = failed.send(Reply::Failed(format!(
                "there is no thread for searching: {error}"
            )));
        });
        Self {
            asks: Some(asks),
            replies,
            closing,
            thread: thread.ok(),
        }
    }

    fn ask(&self, ask: Ask) {
        if let Some(asks) = &self.asks {
            // A thread that has ended has told why.
            let _ = asks.send(ask);
        }
    }

    /// Looks for cases, from now on: whenever the book changes, they are looked for again. What was looked for before is
    /// dropped. Answered with [`Reply::Found`] and the same `ticket`, several times perhaps.
    pub fn find(&self, ticket: u64, query: Query, told: Told) {
        self.ask(Ask::Find(ticket, Box::new(query), told));
    }

    /// Looks for nothing any more.
    pub fn forget(&self) {
        self.ask(Ask::Forget);
    }

    /// Looks for new entries without waiting for the next time.
    pub fn look(&self) {
        self.ask(Ask::Look);
    }

    /// The next reply, if there is one, without waiting.
    pub fn poll(&self) -> Option<Reply> {
        self.replies.try_recv().ok()
    }

    /// The next reply; waits for it no longer than `patience`. For tests and for programs without frames.
    pub fn wait(&self, patience: Duration) -> Option<Reply> {
        self.replies.recv_timeout(patience).ok()
    }
}

impl Drop for Finder {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been told as a reply.
            let _ = thread.join();
        }
    }
}

struct Work<'a> {
    reader: Reader,
    inbox: Receiver<Ask>,
    tell: &'a dyn Fn(Reply),
    closing: Arc<AtomicBool>,
    wanted: Option<(u64, Box<Query>, Told)>,
    /// Whether the last reply is no longer true.
    is_stale: bool,
    told_at: Instant,
    /// Whether a failure has been told; the same one is told once.
    has_failed: bool,
}

impl<'a> Work<'a> {
    fn new(reader: Reader, inbox: Receiver<Ask>, tell: &'a dyn Fn(Reply), closing: Arc<AtomicBool>) -> Self {
        Self {
            reader,
            inbox,
            tell,
            closing,
            wanted: None,
            is_stale: true,
            told_at: Instant::now(),
            has_failed: false,
        }
    }

    fn run(mut self) {
        let mut patience = Duration::ZERO;
        while !self.closing.load(Ordering::Acquire) {
            match self.inbox.recv_timeout(patience) {
                Ok(ask) => {
                    self.hear(ask);
                    // Only the last of several queries is answered.
                    while let Ok(ask) = self.inbox.try_recv() {
                        self.hear(ask);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            patience = match self.reader.step() {
                Ok(step) => {
                    self.has_failed = false;
                    self.is_stale |= step == Did::Changed;
                    if step == Did::Nothing {
                        POLL
                    } else {
                        Duration::ZERO
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut self.has_failed, true) {
                        (self.tell)(Reply::Failed(error.to_string()));
                    }
                    POLL
                }
            };
            let progress = self.reader.progress();
            if self.is_stale && (progress.whole || self.told_at.elapsed() > AGAIN) {
                self.answer(progress);
            }
        }
    }

    fn hear(&mut self, ask: Ask) {
        match ask {
            Ask::Find(ticket, query, told) => {
                self.wanted = Some((ticket, query, told));
                self.is_stale = true;
                // What is there is told at once.
                self.told_at = self.told_at.checked_sub(AGAIN).unwrap_or(self.told_at);
            }
            Ask::Forget => self.wanted = None,
            Ask::Look => {}
        }
    }

    fn answer(&mut self, progress: Progress) {
        self.is_stale = false;
        self.told_at = Instant::now();
        let index = &self.reader.index;
        let reply = match &self.wanted {
            None => Reply::Read(Shown::of(index.clone()), progress),
            Some((ticket, query, told)) => {
                let begun = Instant::now();
                let sought = Sought::new(query, &index.rows().codes, told);
                let ids = index.newest_first(&index.find(&sought)).into();
                Reply::Found(Box::new(Found {
                    ticket: *ticket,
                    ids,
                    took: begun.elapsed(),
                    shown: Shown::of(index.clone()),
                    progress,
                }))
            }
        };
        (self.tell)(reply);
    }
}

/// What a step of reading did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// Nothing: all is read.
    Nothing,
    /// Something that changes no answer.
    Work,
    /// Something that can change answers.
    Changed,
}

/// Reads a book into an index, a little at a time.
pub struct Reader {
    store: Box<dyn Store>,
    /// What was read.
    pub index: Index,
    /// All entries up to this one are in it, or are known to be missing: see the next three.
    seen: Option<i64>,
    /// Cases that there are.
    all: u64,
    /// Cases that are in it, and have changed.
    changed: VecDeque<CaseId>,
    /// Facts of cases that are yet to be read, where there are many.
    early: Vec<Early>,
}

impl Reader {
    /// Nothing of a book yet.
    pub fn new(store: Box<dyn Store>) -> Self {
        Self {
            store,
            index: Index::default(),
            seen: None,
            all: 0,
            changed: VecDeque::new(),
            early: Vec::new(),
        }
    }

    /// Reads all that there is.
    ///
    /// # Errors
    /// Where the book can't be read.
    pub fn read_all(&mut self) -> Result<(), StoreError> {
        while self.step()? != Did::Nothing {}
        Ok(())
    }

    /// How much of the book is in the index.
    pub fn progress(&self) -> Progress {
        let read = self.index.rows().len() as u64;
        Progress {
            read,
            all: self.all.max(read),
            whole: self.seen.is_some() && read >= self.all && self.changed.is_empty(),
        }
    }

    /// Does a little: reads again what has changed, reads on, looks for new entries, or makes searching faster.
    ///
    /// # Errors
    /// Where the book can't be read; the same is tried again with the next step.
    pub fn step(&mut self) -> Result<Did, StoreError> {
        if !self.changed.is_empty() {
            self.read_changed()?;
            return Ok(Did::Changed);
        }
        if (self.index.rows().len() as u64) < self.all {
            self.read_slice()?;
            return Ok(Did::Changed);
        }
        self.early = Vec::new();
        if self.look()? {
            return Ok(Did::Work);
        }
        Ok(if self.index.tidy() {
            Did::Work
        } else {
            Did::Nothing
        })
    }

    /// Looks for entries that are not in the index. What is noted here holds for all entries up to the last one: whatever is
    /// written later is found at the next look, even where it was read already.
    fn look(&mut self) -> Result<bool, StoreError> {
        let last = self.store.last_seq()?;
        let Some(seen) = self.seen else {
            let (all, _) = self.store.counts()?;
            return self.expect(all, last);
        };
        if last <= seen {
            return Ok(false);
        }
        let read = self.index.rows().len() as i64;
        let changed: BTreeSet<CaseId> = self.store.cases_changed(seen, last)?.into_iter().collect();
        self.changed.extend(changed.into_iter().filter(|id| id.0 <= read));
        let (all, _) = self.store.counts()?;
        self.expect(all, last)
    }

    fn expect(&mut self, all: u64, last: i64) -> Result<bool, StoreError> {
        let read = self.index.rows().len() as u64;
        if all.saturating_sub(read) > MANY {
            self.early = self.read_early(read, all)?;
        }
        (self.all, self.seen) = (all, Some(last));
        Ok(true)
    }

    /// The facts of all cases after the first `read`.
    fn read_early(&mut self, read: u64, all: u64) -> Result<Vec<Early>, StoreError> {
        let mut early = vec![Early::default(); all.saturating_sub(read) as usize];
        let index = &mut self.index;
        self.store.read_facts(&mut |facts| {
            index.learn(facts.codes());
            facts.each(Which::Reported(i64::MIN / 2, i64::MAX / 2), &mut |facts| {
                for fact in facts {
                    let place = usize::try_from(fact.case.0 - 1 - read as i64).ok();
                    if let Some(early) = place.and_then(|place| early.get_mut(place)) {
                        *early = Early::of(fact);
                    }
                }
            })
        })?;
        Ok(early)
    }

    fn read_slice(&mut self) -> Result<(), StoreError> {
        let read = self.index.rows().len();
        let limit = u32::try_from(self.all - read as u64).unwrap_or(SLICE).min(SLICE);
        let mut cards = Vec::with_capacity(limit as usize);
        let from = CaseId(read as i64 + 1);
        self.store.cards(from, limit, &mut |card| cards.push(card))?;
        if cards.is_empty() {
            return Err(StoreError::Damaged(format!("case {from} is missing")));
        }
        if self.early.is_empty() {
            return self.take(&cards);
        }
        let first = self.early.len() - (self.all as usize - read);
        for (card, early) in cards.iter().zip(&self.early[first..]) {
            self.index.set(&early.row(card), &card.text);
        }
        Ok(())
    }

    fn read_changed(&mut self) -> Result<(), StoreError> {
        let ids: Vec<CaseId> = self.changed.iter().take(SLICE as usize / 8).copied().collect();
        let mut cards = Vec::with_capacity(ids.len());
        for id in &ids {
            self.store.cards(*id, 1, &mut |card| cards.push(card))?;
        }
        self.take(&cards)?;
        self.changed.drain(..ids.len());
        Ok(())
    }

    /// Takes over cards with the facts of their cases.
    fn take(&mut self, cards: &[Card]) -> Result<(), StoreError> {
        let ids: Vec<CaseId> = cards.iter().map(|card| card.id).collect();
        let mut found: Vec<Fact> = Vec::with_capacity(ids.len());
        let index = &mut self.index;
        self.store.facts_of(&ids, &mut |codes, facts| {
            index.learn(codes);
            found.extend_from_slice(facts);
        })?;
        found.sort_unstable_by_key(|fact| fact.case);
        for card in cards {
            let Ok(at) = found.binary_search_by_key(&card.id, |fact| fact.case) else {
                return Err(StoreError::Damaged(format!("case {} has no fact", card.id)));
            };
            self.index.set(&Early::of(&found[at]).row(card), &card.text);
        }
        Ok(())
    }
}
