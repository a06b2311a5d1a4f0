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

use chrono::{DateTime, Utc};

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

/// At most so many entries in one [`Done::Since`].
const SINCE_MAX: u32 = 200_000;

/// What somebody wants to know of the store, and who works it out.
pub type Job = Box<dyn FnOnce(&mut dyn Store) -> Result<Box<dyn Any + Send>, StoreError> + Send>;

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
    Since {
        from: DateTime<Utc>,
    },
    Secrets,
    SetSecret {
        ticket: u64,
        draft: Box<Draft>,
        post: String,
        phc: Option<String>,
    },
    Ask {
        ticket: u64,
        what: &'static str,
        job: Job,
    },
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
    /// The answer to [`Keeper::entries_since`].
    Since {
        /// Since when.
        from: DateTime<Utc>,
        /// The entries, in order; the last ones where there are very many.
        entries: Vec<Entry>,
    },
    /// The answer to [`Keeper::secrets`]: posts that have a passphrase, each with its hash.
    Secrets(Vec<(String, String)>),
    /// The answer to [`Keeper::ask_for`].
    Asked {
        /// The request's.
        ticket: u64,
        /// What the job made; whoever gave it knows its type.
        answer: Box<dyn Any + Send>,
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
    secrets: Result<Vec<(String, String)>, String>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the thread. `wake` is called on it after each result; it should be quick (ask for a repaint).
    /// Where the system has no thread to give, the only result is a [`Done::Failed`] that says so.
    pub fn start(store: Box<dyn Store>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        // Read before anything else is told: whether the hall may be shown depends on it.
        let secrets = guarded(|| store.secrets()).map_err(|error| error.to_string());
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
            secrets,
            thread,
        }
    }

    /// Which posts had a passphrase when the thread began, each with its hash; or why that can't be read.
    pub fn secrets_at_start(&self) -> &Result<Vec<(String, String)>, String> {
        &self.secrets
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

    /// Has a quick job done on the store's thread; appends wait meanwhile. `what` says what it is, should it fail. Answered
    /// with [`Done::Asked`] and the same `ticket`.
    pub fn ask_for(&self, ticket: u64, what: &'static str, job: Job) {
        self.ask(Request::Ask { ticket, what, job });
    }

    /// Counts the cases. Answered with [`Done::Counts`].
    pub fn counts(&self) {
        self.ask(Request::Counts);
    }

    /// Reads the entries made at `from` or later. Answered with [`Done::Since`].
    pub fn entries_since(&self, from: DateTime<Utc>) {
        self.ask(Request::Since { from });
    }

    /// Reads which posts have a passphrase. Answered with [`Done::Secrets`].
    pub fn secrets(&self) {
        self.ask(Request::Secrets);
    }

    /// Sets the hash of a post's passphrase: see [`Store::set_secret`]. Answered with [`Done::Appended`] and the same `ticket`.
    pub fn set_secret(&self, ticket: u64, draft: Draft, post: String, phc: Option<String>) {
        self.ask(Request::SetSecret {
            ticket,
            draft: Box::new(draft),
            post,
            phc,
        });
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
            Request::Append { ticket, .. } | Request::SetSecret { ticket, .. } => Done::Appended {
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
            Self::Since { .. } => "entries since",
            Self::Secrets => "passphrases",
            Self::SetSecret { .. } => "set a passphrase",
            Self::Ask { what, .. } => what,
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
                    untidy |= matches!(request, Request::Append { .. } | Request::SetSecret { .. });
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
            } => return self.append(ticket, |store| store.append(drafts, &photos)),
            Request::SetSecret {
                ticket,
                draft,
                post,
                phc,
            } => return self.append(ticket, |store| store.set_secret(*draft, &post, phc.as_deref())),
            _ if closing => return,
            Request::Look => return self.look_for_entries(),
            Request::History { case } => {
                guarded(|| self.store.history(case)).map(|entries| Done::History { case, entries })
            }
            Request::Photo { hash } => {
                guarded(|| self.store.photo(&hash)).map(|file| Done::Photo { hash, file })
            }
            Request::Since { from } => guarded(|| self.store.entries_since(from, SINCE_MAX))
                .map(|entries| Done::Since { from, entries }),
            Request::Secrets => guarded(|| self.store.secrets()).map(Done::Secrets),
            Request::Ask { ticket, job, .. } => {
                guarded(|| job(self.store.as_mut())).map(|answer| Done::Asked { ticket, answer })
            }
            Request::Counts => guarded(|| self.store.counts()).map(|(all, open)| Done::Counts { all, open }),
        };
        self.deliver(answer.unwrap_or_else(|error| failed(what, &error)));
    }

    fn append(&mut self, ticket: u64, work: impl FnOnce(&mut dyn Store) -> Result<Vec<Entry>, StoreError>) {
        let store = &mut self.store;
        let appended = catch_unwind(AssertUnwindSafe(|| work(store.as_mut())));
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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::AtomicU64;
    use std::time::Instant;

    use chrono::DateTime;

    use super::*;
    use crate::case::{Action, Origin, Report, Source, Whereabouts};
    use crate::store::sqlite::SqliteStore;
    use crate::store::{Anchor, Bulk, CaseQuery, FactList, Facts, Ready, TownMark, Verdict};
    use crate::town::{Centre, Class, Standing, Standings};

    const PATIENCE: Duration = Duration::from_secs(20);

    fn open(folder: &Path) -> SqliteStore {
        SqliteStore::open(&folder.join("book.db")).unwrap()
    }

    fn keep(store: impl Store + 'static) -> Keeper {
        Keeper::start(Box::new(store), Arc::new(|| {}))
    }

    fn draft(case: Option<CaseId>, based_on: u32, action: Action) -> Draft {
        Draft {
            case,
            based_on,
            at: DateTime::UNIX_EPOCH,
            actor: "p".into(),
            seat: "s".into(),
            action,
        }
    }

    fn new_case(key: Option<u32>) -> Draft {
        let report = Report {
            item: "i".into(),
            class: Class::A,
            centre: Centre::Grid,
            severity: 1,
            text: String::new(),
            place: Whereabouts::Stated { stated: "x".into() },
            source: Source::Patrol,
            reported_at: DateTime::UNIX_EPOCH,
            due_at: None,
            photos: Vec::new(),
            origin: key.map(|key| Origin {
                profile: "p".into(),
                key: key.to_string().into(),
            }),
            outcome: None,
            limits: None,
            item_version: 0,
            split_from: None,
        };
        draft(None, 0, Action::Report(Box::new(report)))
    }

    fn accept() -> Action {
        Action::Accept { note: String::new() }
    }

    /// The next result that is not merely a sign of life.
    fn next(keeper: &Keeper) -> Done {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            match keeper.results.recv_timeout(PATIENCE) {
                Ok(Done::Alive) => {}
                Ok(done) => return done,
                Err(error) => panic!("no result: {error}"),
            }
        }
        panic!("only signs of life")
    }

    fn first_load(keeper: &Keeper) -> usize {
        match next(keeper) {
            Done::Reload(cases) => cases.len(),
            other => panic!("{other:?}"),
        }
    }

    fn appended(keeper: &Keeper, expected: u64) -> Vec<i64> {
        match next(keeper) {
            Done::Appended { ticket, result } if ticket == expected => {
                result.unwrap().iter().map(|entry| entry.seq).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn first_come_the_open_cases_then_each_answer_and_a_call_for_each() {
        let folder = tempfile::tempdir().unwrap();
        let calls = Arc::new(AtomicU64::new(0));
        let counted = calls.clone();
        let wake = move || {
            counted.fetch_add(1, Ordering::SeqCst);
        };
        let keeper = Keeper::start(Box::new(open(folder.path())), Arc::new(wake));
        keeper.append(7, vec![new_case(None), new_case(None)], Vec::new());
        keeper.append(8, vec![draft(Some(CaseId(1)), 1, accept())], Vec::new());
        keeper.history(CaseId(1));
        keeper.counts();
        keeper.photo("none".into());
        assert_eq!(first_load(&keeper), 0);
        assert_eq!(appended(&keeper, 7), [1, 2]);
        assert_eq!(appended(&keeper, 8), [3]);
        assert!(matches!(next(&keeper), Done::History { case: CaseId(1), entries } if entries.len() == 2));
        assert!(matches!(next(&keeper), Done::Counts { all: 2, open: 2 }));
        assert!(matches!(next(&keeper), Done::Photo { file: None, .. }));
        drop(keeper);
        assert_eq!(calls.load(Ordering::SeqCst), 6);
    }

    #[test]
    fn entries_of_others_come_once_and_before_own_ones_that_follow_them() {
        let folder = tempfile::tempdir().unwrap();
        let mut other = open(folder.path());
        other.append(vec![new_case(None)], &[]).unwrap();
        let keeper = keep(open(folder.path()));
        assert_eq!(first_load(&keeper), 1);
        let mut seqs = Vec::new();
        for round in 0..10 {
            other.append(vec![new_case(None), new_case(None)], &[]).unwrap();
            if round % 2 == 0 {
                keeper.append(round, vec![new_case(None)], Vec::new());
            } else {
                keeper.refresh();
            }
        }
        while seqs.len() < 25 {
            match next(&keeper) {
                Done::Entries(entries) => seqs.extend(entries.iter().map(|entry| entry.seq)),
                Done::Appended { result, .. } => seqs.extend(result.unwrap().iter().map(|entry| entry.seq)),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(seqs, (2..=26).collect::<Vec<_>>());
        // Without being asked, it looks by itself.
        other.append(vec![new_case(None)], &[]).unwrap();
        assert!(matches!(next(&keeper), Done::Entries(entries) if entries[0].seq == 27));
    }

    #[test]
    fn a_seat_that_comes_too_late_sees_first_what_the_other_did() {
        let folder = tempfile::tempdir().unwrap();
        let mut other = open(folder.path());
        other.append(vec![new_case(None)], &[]).unwrap();
        let keeper = keep(open(folder.path()));
        first_load(&keeper);
        other
            .append(vec![draft(Some(CaseId(1)), 1, accept())], &[])
            .unwrap();
        keeper.append(1, vec![draft(Some(CaseId(1)), 1, accept())], Vec::new());
        assert!(matches!(next(&keeper), Done::Entries(entries) if entries[0].version == 2));
        match next(&keeper) {
            Done::Appended {
                ticket: 1,
                result: Err(StoreError::Conflict { found: 2, .. }),
            } => {}
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_flood_from_elsewhere_is_a_reload() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = keep(open(folder.path()));
        first_load(&keeper);
        let mut other = open(folder.path());
        other
            .append_new((0..RELOAD_FROM as u32).map(|key| new_case(Some(key))).collect())
            .unwrap();
        keeper.append(1, vec![new_case(None)], Vec::new());
        let mut own = 0;
        let cases = loop {
            match next(&keeper) {
                Done::Appended { result, .. } => own += result.unwrap().len(),
                Done::Reload(cases) => break cases.len(),
                other => panic!("{other:?}"),
            }
        };
        // The look for entries may have come before the own request: then the own entry follows the reload.
        if own == 0 {
            assert_eq!(appended(&keeper, 1), [RELOAD_FROM + 1]);
        }
        assert_eq!(cases, RELOAD_FROM as usize + own);
        keeper.append(2, vec![new_case(None)], Vec::new());
        assert_eq!(appended(&keeper, 2), [RELOAD_FROM + 2]);
    }

    #[test]
    fn jobs_are_done_in_order_and_their_faults_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = keep(open(folder.path()));
        first_load(&keeper);
        keeper.append(1, vec![new_case(None)], Vec::new());
        let count = |store: &mut dyn Store| Ok(Box::new(store.counts()?.0) as Box<dyn Any + Send>);
        keeper.ask_for(2, "count", Box::new(count));
        keeper.ask_for(
            3,
            "fail",
            Box::new(|_| Err(StoreError::Unfit("on purpose".to_owned()))),
        );
        assert_eq!(appended(&keeper, 1), [1]);
        match next(&keeper) {
            Done::Asked { ticket: 2, answer } => assert_eq!(*answer.downcast::<u64>().unwrap(), 1),
            other => panic!("{other:?}"),
        }
        assert!(
            matches!(next(&keeper), Done::Failed { what, error } if what == "fail" && error.contains("on purpose"))
        );
    }

    #[test]
    fn dropping_it_finishes_what_waits() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = keep(open(folder.path()));
        for ticket in 0..100 {
            keeper.append(ticket, vec![new_case(None)], Vec::new());
        }
        drop(keeper);
        assert_eq!(open(folder.path()).counts().unwrap(), (100, 100));
    }

    #[test]
    fn more_than_can_wait_is_refused_and_not_lost_silently() {
        let (release, gate) = crossbeam_channel::bounded::<()>(0);
        let keeper = keep(Fake { gate: Some(gate) });
        let asked = WAITING_MAX as u64 + 10;
        for ticket in 0..asked {
            keeper.append(ticket, Vec::new(), Vec::new());
        }
        drop(release);
        let (mut done, mut refused) = (0, 0);
        while done + refused < asked {
            match next(&keeper) {
                Done::Appended { result: Ok(_), .. } => done += 1,
                Done::Appended { result: Err(_), .. } => refused += 1,
                Done::Reload(_) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(refused >= 9 && done >= WAITING_MAX as u64, "{done} {refused}");
    }

    #[test]
    fn a_panic_is_told_and_the_thread_goes_on() {
        let keeper = keep(Fake { gate: None });
        assert_eq!(first_load(&keeper), 0);
        keeper.history(CaseId(1));
        assert!(
            matches!(next(&keeper), Done::Failed { what, error } if what == "history" && error.contains("on purpose"))
        );
        keeper.append(3, vec![new_case(None)], Vec::new());
        assert!(matches!(next(&keeper), Done::Failed { what, .. } if what == "append"));
        assert!(matches!(
            next(&keeper),
            Done::Appended {
                ticket: 3,
                result: Err(_)
            }
        ));
        keeper.counts();
        assert!(matches!(next(&keeper), Done::Counts { all: 0, open: 0 }));
    }

    #[test]
    fn a_panic_around_the_requests_is_told_too() {
        let folder = tempfile::tempdir().unwrap();
        let wake = || panic!("on purpose");
        let keeper = Keeper::start(Box::new(open(folder.path())), Arc::new(wake));
        assert_eq!(first_load(&keeper), 0);
        assert!(matches!(next(&keeper), Done::Failed { what, .. } if what == "run"));
        // Whoever asks later is answered as well.
        let end = Instant::now() + PATIENCE;
        while !keeper.thread.as_ref().is_some_and(JoinHandle::is_finished) && Instant::now() < end {
            std::thread::yield_now();
        }
        keeper.append(1, vec![new_case(None)], Vec::new());
        assert!(matches!(
            next(&keeper),
            Done::Appended {
                ticket: 1,
                result: Err(_)
            }
        ));
    }

    /// A store that can wait at a gate when it is first asked, and panics on purpose.
    struct Fake {
        gate: Option<Receiver<()>>,
    }

    impl Store for Fake {
        fn append(&mut self, drafts: Vec<Draft>, _: &[PhotoFile]) -> Result<Vec<Entry>, StoreError> {
            assert!(drafts.is_empty(), "on purpose");
            Ok(Vec::new())
        }
        fn append_ready(&mut self, _: Ready) -> Result<Bulk, StoreError> {
            Ok(Bulk::default())
        }
        fn count_known(&self, _: &[Origin]) -> Result<u64, StoreError> {
            Ok(0)
        }
        fn open_cases(&self) -> Result<Vec<Case>, StoreError> {
            Ok(Vec::new())
        }
        fn open_cases_as_of(&self) -> Result<(Vec<Case>, i64), StoreError> {
            if let Some(gate) = &self.gate {
                // The gate opens when its other end is dropped.
                let _ = gate.recv();
            }
            Ok((Vec::new(), 0))
        }
        fn entries_after(&self, _: i64, _: u32) -> Result<Vec<Entry>, StoreError> {
            Ok(Vec::new())
        }
        fn last_seq(&self) -> Result<i64, StoreError> {
            Ok(0)
        }
        fn case(&self, _: CaseId) -> Result<Option<Case>, StoreError> {
            Ok(None)
        }
        fn history(&self, _: CaseId) -> Result<Vec<Entry>, StoreError> {
            panic!("on purpose")
        }
        fn cases(&self, _: &CaseQuery, _: &mut dyn FnMut(Case) -> bool) -> Result<(), StoreError> {
            Ok(())
        }
        fn read_facts(
            &self,
            work: &mut dyn FnMut(&dyn Facts) -> Result<(), StoreError>,
        ) -> Result<(), StoreError> {
            work(&FactList::default())
        }
        fn standings(&self) -> Result<Standings, StoreError> {
            Ok(Standings::default())
        }
        fn set_standing(&mut self, _: &Arc<Standing>) -> Result<(), StoreError> {
            Ok(())
        }
        fn counts(&self) -> Result<(u64, u64), StoreError> {
            Ok((0, 0))
        }
        fn photo(&self, _: &str) -> Result<Option<PhotoFile>, StoreError> {
            Ok(None)
        }
        fn town(&self) -> Result<Option<TownMark>, StoreError> {
            Ok(None)
        }
        fn set_town(&mut self, _: &TownMark) -> Result<(), StoreError> {
            Ok(())
        }
        fn verify_with(&self, _: &[Anchor]) -> Result<Verdict, StoreError> {
            Ok(Verdict::default())
        }
        fn anchor(&self, _: &TownMark, _: Option<chrono::NaiveDate>) -> Result<Option<Anchor>, StoreError> {
            Ok(None)
        }
        fn rebuild(&mut self) -> Result<u64, StoreError> {
            Ok(0)
        }
        fn backup(&self, _: &Path) -> Result<(), StoreError> {
            Ok(())
        }
    }
}
