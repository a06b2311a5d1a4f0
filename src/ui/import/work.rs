//! What the import does on a thread: open, count types, try, import.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chrono::Utc;
use crossbeam_channel::{Receiver, Sender};
use eframe::egui;

use crate::intake::profile::{self, Profile};
use crate::intake::run::{self, KindCount, Progress, Setting, Summary};
use crate::intake::table::{Row, Table};
use crate::store::sqlite::SqliteStore;
use crate::town::Town;

use super::Opened;

/// Rows that the first look shows.
const PREVIEW_ROWS: usize = 50;

pub(super) enum Answer {
    Opened(Result<Opened, String>),
    Counted(Result<Vec<KindCount>, String>),
    Ran {
        dry: bool,
        result: Result<Summary, String>,
    },
}

/// The thread's side of an import.
pub(super) struct Work {
    ctx: egui::Context,
    path: PathBuf,
    book: PathBuf,
    town: Arc<Town>,
    actor: String,
    seat: String,
    answers: (Sender<Answer>, Receiver<Answer>),
    cancelled: Arc<AtomicBool>,
    rows: Arc<AtomicU64>,
    /// Parts of the file that are read, in thousandths.
    share: Arc<AtomicU64>,
}

impl Work {
    pub(super) fn new(
        ctx: egui::Context,
        path: PathBuf,
        book: PathBuf,
        town: Arc<Town>,
        actor: String,
        seat: String,
    ) -> Self {
        Self {
            ctx,
            path,
            book,
            town,
            actor,
            seat,
            answers: crossbeam_channel::unbounded(),
            cancelled: Arc::default(),
            rows: Arc::default(),
            share: Arc::default(),
        }
    }

    pub(super) fn town(&self) -> &Arc<Town> {
        &self.town
    }

    pub(super) fn poll(&self) -> Option<Answer> {
        self.answers.1.try_recv().ok()
    }

    /// Rows so far, and the share of the file that they make, 0 to 1.
    pub(super) fn progress(&self) -> (u64, f32) {
        let share = self.share.load(Ordering::Relaxed) as f32 / 1000.0;
        (self.rows.load(Ordering::Relaxed), share)
    }

    /// Asks the thread to stop after the batch that it is writing.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    pub(super) fn open(&mut self) {
        let path = self.path.clone();
        self.spawn("import-open", move || Answer::Opened(open(path)), Answer::Opened);
    }

    pub(super) fn count(&mut self, profile: Profile) {
        let (path, town) = (self.path.clone(), self.town.clone());
        let work = move || Answer::Counted(count(&path, &profile, &town));
        self.spawn("import-count", work, Answer::Counted);
    }

    pub(super) fn run(&mut self, profile: Profile, dry: bool, rejects: Option<PathBuf>) {
        self.cancelled.store(false, Ordering::Relaxed);
        self.rows.store(0, Ordering::Relaxed);
        self.share.store(0, Ordering::Relaxed);
        let (cancelled, rows, share) = (self.cancelled.clone(), self.rows.clone(), self.share.clone());
        let ctx = self.ctx.clone();
        let mut progress = move |p: Progress| {
            rows.store(p.rows, Ordering::Relaxed);
            let done = p.share().unwrap_or(0.0).clamp(0.0, 1.0);
            share.store((done * 1000.0) as u64, Ordering::Relaxed);
            ctx.request_repaint();
            if cancelled.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let (path, book, town) = (self.path.clone(), self.book.clone(), self.town.clone());
        let (actor, seat) = (self.actor.clone(), self.seat.clone());
        let work = move || {
            let result = SqliteStore::open(&book)
                .map_err(|error| error.to_string())
                .and_then(|mut store| {
                    let now = Utc::now();
                    let ran = if dry {
                        run::dry_run(&path, &profile, &town, &store, now, &mut progress, None)
                    } else {
                        let (store, rejects) = (&mut store, rejects.as_deref());
                        run::run(
                            &path,
                            &profile,
                            &town,
                            store,
                            now,
                            &actor,
                            &seat,
                            &mut progress,
                            rejects,
                        )
                    };
                    ran.map_err(|error| error.to_string())
                });
            Answer::Ran { dry, result }
        };
        self.spawn("import-run", work, move |result| Answer::Ran { dry, result });
    }

    /// Runs work on a named thread; where the system has none to give, that is the answer.
    fn spawn<T>(
        &self,
        name: &str,
        work: impl FnOnce() -> Answer + Send + 'static,
        failed: impl FnOnce(Result<T, String>) -> Answer,
    ) {
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        let body = move || {
            // The wizard may be closed by now; then nobody waits for the answer.
            send.send(work()).ok();
            ctx.request_repaint();
        };
        if let Err(error) = std::thread::Builder::new().name(name.into()).spawn(body) {
            self.answers.0.send(failed(Err(error.to_string()))).ok();
        }
    }
}

fn open(path: PathBuf) -> Result<Opened, String> {
    let table = Table::open(&path).map_err(|error| error.to_string())?;
    let rows: Vec<Row> = table.preview(PREVIEW_ROWS).map_err(|error| error.to_string())?;
    let (profiles, faults) = profile::load_all(&profile::dirs());
    Ok(Opened {
        format: table.format().to_string(),
        size: table.size(),
        header: table.header().to_vec(),
        rows,
        profiles,
        faults: faults.iter().map(ToString::to_string).collect(),
    })
}

fn count(path: &std::path::Path, profile: &Profile, town: &Town) -> Result<Vec<KindCount>, String> {
    let table = Table::open(path).map_err(|error| error.to_string())?;
    let setting = Setting {
        profile,
        town,
        now: Utc::now(),
    };
    run::kinds(&table, setting).map_err(|error| error.to_string())
}
