//! Runs a [`Store`] on a thread of its own, so that no frame waits for the disk.
//!
//! Requests go in, results come out, in order. Every entry of the journal is delivered exactly once and in order, own
//! ones and those of other programs alike:
//! - the first result is always a [`Done::Reload`] with the open cases of the moment when the thread began;
//! - after that, entries come in [`Done::Appended`] (those of an own request) and [`Done::Entries`] (all others);
//! - where very many have come from elsewhere, a [`Done::Reload`] stands for them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};

use super::{Draft, PhotoFile, Store, StoreError};
use crate::case::{Case, CaseId, Entry, PhotoHash};

/// How often the journal is looked at for entries of other programs, while there is nothing else to do.
const POLL: Duration = Duration::from_millis(500);

/// So many requests can wait.
const WAITING_MAX: usize = 256;

/// At most so many entries in one [`Done::Entries`].
const SLICE: u32 = 5_000;

/// From so many foreign entries on, all open cases are read again instead.
const RELOAD_FROM: i64 = 50_000;

/// What the store is asked.
enum Request {
    Append {
        ticket: u64,
        drafts: Vec<Draft>,
        photos: Vec<PhotoFile>,
    },
    History {
        case: CaseId,
    },
    Photo {
        hash: PhotoHash,
    },
    Counts,
    Look,
}

/// A result.
#[derive(Debug)]
pub enum Done {
    /// What became of [`Keeper::append`]. On success the entries are on the disk.
    Appended {
        /// The request's.
        ticket: u64,
        /// The entries that were appended, or why nothing was.
        result: Result<Vec<Entry>, StoreError>,
    },
    /// Entries that other programs appended.
    Entries(Vec<Entry>),
    /// All open cases; whatever was known before is replaced.
    Reload(Vec<Case>),
    /// The answer to [`Keeper::history`].
    History {
        /// The case.
        case: CaseId,
        /// Its entries, in order; none where there is no such case.
        entries: Vec<Entry>,
    },
    /// The answer to [`Keeper::photo`].
    Photo {
        /// Its hash.
        hash: PhotoHash,
        /// Its file; `None` where the store has no such photo.
        file: Option<PhotoFile>,
    },
    /// The answer to [`Keeper::counts`].
    Counts {
        /// All cases.
        all: u64,
        /// Those that are open.
        open: u64,
    },
    /// The journal was looked at and there is nothing new. Comes without a call of `wake`, and only while no other
    /// result waits: it says how fresh the others are.
    Alive,
    /// Something failed. A look for entries that fails again and again is told once; [`Done::Alive`] or entries end it.
    Failed {
        /// What was being done.
        what: String,
        /// Why it failed.
        error: String,
    },
}

/// A store on its own thread. Dropping it finishes the appends that wait, then ends the thread.
#[derive(Debug)]
pub struct Keeper {
    requests: Option<Sender<Request>>,
    results: Receiver<Done>,
    refusals: Sender<Done>,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread. `wake` is called on it after each result; it should be quick (ask for a repaint).
    /// Where the system has no thread to give, the only result is a [`Done::Failed`] that says so.
    pub fn start(store: Box<dyn Store>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (requests, inbox) = crossbeam_channel::bounded(WAITING_MAX);
        let (outbox, results) = crossbeam_channel::unbounded();
        let closing = Arc::new(AtomicBool::new(false));
        let (outbox_of_thread, closing_of_thread) = (outbox.clone(), closing.clone());
        let refusals = outbox.clone();
        let fail = move |error: String| {
            let what = "run".to_owned();
            // Nobody listens any more where this can't be sent.
            let _ = outbox.send(Done::Failed { what, error });
        };
        let fail_of_thread = fail.clone();
        let spawned = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                let work = Work {
                    store,
                    inbox,
                    outbox: outbox_of_thread,
                    wake,
                    closing: closing_of_thread,
                    seen: None,
                    poll_failed: false,
                };
                // Single requests are guarded where they run; this is for what surrounds them, such as `wake`.
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work.run())) {
                    fail_of_thread(panicked(panic.as_ref()).to_string());
                }
            });
        let thread = spawned
            .map_err(|e| fail(format!("there is no thread for the store: {e}")))
            .ok();
        Self {
            requests: Some(requests),
            results,
            refusals,
            closing,
            thread,
        }
    }

    /// Appends drafts as one transaction: see [`Store::append`]. Answered with [`Done::Appended`] and the same `ticket`.
    pub fn append(&self, ticket: u64, drafts: Vec<Draft>, photos: Vec<PhotoFile>) {
        self.ask(Request::Append {
            ticket,
            drafts,
            photos,
        });
    }

    /// Reads the entries of one case. Answered with [`Done::History`].
    pub fn history(&self, case: CaseId) {
        self.ask(Request::History { case });
    }

    /// Reads a photo's file. Answered with [`Done::Photo`].
    pub fn photo(&self, hash: PhotoHash) {
        self.ask(Request::Photo { hash });
    }

    /// Counts the cases. Answered with [`Done::Counts`].
    pub fn counts(&self) {
        self.ask(Request::Counts);
    }

    /// Looks for entries of other programs, and of an import in this one, without waiting for the next time.
    pub fn refresh(&self) {
        self.ask(Request::Look);
    }

    /// Hands over a request without waiting. One that can't be handed over is answered here, and nothing of it is done.
    fn ask(&self, request: Request) {
        let Some(requests) = &self.requests else { return };
        let (request, why) = match requests.try_send(request) {
            Ok(()) => return,
            Err(TrySendError::Full(request)) => {
                (request, "it is busy with many earlier requests, try again soon")
            }
            Err(TrySendError::Disconnected(request)) => (request, "it has stopped, start the program again"),
        };
        let done = match request {
            Request::Append { ticket, .. } => Done::Appended {
                ticket,
                result: Err(StoreError::Engine(why.to_owned())),
            },
            other => Done::Failed {
                what: other.what().to_owned(),
                error: why.to_owned(),
            },
        };
        // The receiver is held by this keeper, so this can't fail.
        let _ = self.refusals.send(done);
    }

    /// The next result, if there is one, without waiting.
    pub fn poll(&self) -> Option<Done> {
        self.results.try_recv().ok()
    }

    /// The next result; waits for it no longer than `patience`. For tests and for programs without frames.
    pub fn wait(&self, patience: Duration) -> Option<Done> {
        self.results.recv_timeout(patience).ok()
    }
}

impl Request {
    /// What is being done, in words.
    fn what(&self) -> &'static str {
        match self {
            Self::Append { .. } => "append",
            Self::History { .. } => "history",
            Self::Photo { .. } => "photo",
            Self::Counts => "counts",
            Self::Look => LOOK,
        }
    }
}

/// What is being done while the journal is looked at for new entries.
const LOOK: &str = "read the journal";

impl Drop for Keeper {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been told as a result.
            let _ = thread.join();
        }
    }
}

/// What the thread owns.
struct Work {
    store: Box<dyn Store>,
    inbox: Receiver<Request>,
    outbox: Sender<Done>,
    wake: Arc<dyn Fn() + Send + Sync>,
    closing: Arc<AtomicBool>,
    /// The last entry that has been delivered; `None` until the open cases have been read.
    seen: Option<i64>,
    /// Whether the last look for entries failed; the same failure is told once, not twice a second.
    poll_failed: bool,
}

impl Work {
    fn run(mut self) {
        self.look_for_entries();
        let mut untidy = false;
        loop {
            match self.inbox.recv_timeout(POLL) {
                Ok(request) => {
                    untidy |= matches!(request, Request::Append { .. });
                    self.serve(request);
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.look_for_entries();
                    // Failing costs nothing: the same work is done later by the engine itself.
                    if std::mem::take(&mut untidy) {
                        let _ = guarded(|| self.store.tidy());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn deliver(&self, done: Done) {
        // Nobody listens any more where this can't be sent.
        let _ = self.outbox.send(done);
        (self.wake)();
    }

    fn serve(&mut self, request: Request) {
        let what = request.what();
        // Nobody reads answers while the keeper is being dropped; what is to be kept is kept all the same.
        let closing = self.closing.load(Ordering::Acquire);
        let answer = match request {
            Request::Append {
                ticket,
                drafts,
                photos,
            } => return self.append(ticket, drafts, &photos),
            _ if closing => return,
            Request::Look => return self.look_for_entries(),
            Request::History { case } => {
                guarded(|| self.store.history(case)).map(|entries| Done::History { case, entries })
            }
            Request::Photo { hash } => {
                guarded(|| self.store.photo(&hash)).map(|file| Done::Photo { hash, file })
            }
            Request::Counts => guarded(|| self.store.counts()).map(|(all, open)| Done::Counts { all, open }),
        };
        self.deliver(answer.unwrap_or_else(|error| failed(what, &error)));
    }

    fn append(&mut self, ticket: u64, drafts: Vec<Draft>, photos: &[PhotoFile]) {
        let store = &mut self.store;
        let appended = catch_unwind(AssertUnwindSafe(|| store.append(drafts, photos)));
        let result = appended.unwrap_or_else(|panic| {
            let error = panicked(panic.as_ref());
            self.deliver(failed("append", &error));
            Err(error)
        });
        match &result {
            Ok(entries) => {
                let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
                    return self.deliver(Done::Appended { ticket, result });
                };
                let (first, last) = (first.seq, last.seq);
                let between = self.seen.map(|seen| first - seen - 1);
                if between.is_some_and(|between| between < RELOAD_FROM) && self.entries_before(first) {
                    self.seen = Some(last);
                    self.deliver(Done::Appended { ticket, result });
                } else {
                    // The own entries first: then the reload, which holds them too, replaces them.
                    self.deliver(Done::Appended { ticket, result });
                    self.reload();
                }
            }
            Err(_) => {
                // Whoever was faster is shown before the refusal, so that the seat sees why.
                self.look_for_entries();
                self.deliver(Done::Appended { ticket, result });
            }
        }
    }

    /// Delivers what other programs have appended since the last look.
    fn look_for_entries(&mut self) {
        let Some(seen) = self.seen else {
            return self.reload();
        };
        match guarded(|| self.store.last_seq()) {
            Ok(last) if last - seen >= RELOAD_FROM => self.reload(),
            Ok(last) => {
                if self.entries_before(last + 1) {
                    self.poll_failed = false;
                    if self.outbox.is_empty() {
                        // Nobody listens any more where this can't be sent.
                        let _ = self.outbox.send(Done::Alive);
                    }
                }
            }
            Err(error) => self.fail_to_look(&error),
        }
    }

    fn fail_to_look(&mut self, error: &StoreError) {
        if !std::mem::replace(&mut self.poll_failed, true) {
            self.deliver(failed(LOOK, error));
        }
    }

    /// Delivers the entries after the last one seen and before `end`, in slices. Answers false where they can't be read.
    fn entries_before(&mut self, end: i64) -> bool {
        while let Some(seen) = self.seen.filter(|seen| seen + 1 < end) {
            let limit = u32::try_from(end - seen - 1).unwrap_or(SLICE).min(SLICE);
            let entries = match guarded(|| self.store.entries_after(seen, limit)) {
                Ok(entries) => entries,
                Err(error) => {
                    self.fail_to_look(&error);
                    return false;
                }
            };
            let Some(last) = entries.last().map(|entry| entry.seq) else {
                return false;
            };
            self.seen = Some(last);
            self.deliver(Done::Entries(entries));
        }
        true
    }

    fn reload(&mut self) {
        match guarded(|| self.store.open_cases_as_of()) {
            Ok((cases, seq)) => {
                self.seen = Some(seq);
                self.poll_failed = false;
                self.deliver(Done::Reload(cases));
            }
            Err(error) => self.fail_to_look(&error),
        }
    }
}

fn failed(what: &str, error: &StoreError) -> Done {
    Done::Failed {
        what: what.to_owned(),
        error: error.to_string(),
    }
}

/// Runs one piece of work; a panic in it becomes an error.
fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
}

fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    let words = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no words were left".to_owned());
    StoreError::Engine(format!(
        "the program itself failed in the store ({words}): please report this"
    ))
}
