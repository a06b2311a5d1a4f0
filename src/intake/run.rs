//! Puts a whole file into a journal, or tries it without writing. A thread reads and translates, the caller's thread
//! appends; between them only a few batches wait, so that memory does not grow with the file, but for the 18 bytes a row of
//! [`Keys`].

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use crossbeam_channel::{Receiver, Sender, bounded};

use crate::case::{Origin, Report};
use crate::store::{Bulk, By, Ready, Store, StoreError};
use crate::town::{Around, PlaceKind, Standing, Town};

use super::keys::{Keys, Seen};
use super::profile::{Profile, ProfileError};
use super::shift::DatumDoubt;
use super::table::{CellFault, Row, Table, TableError, UNREADABLE};
use super::translate::{RowFault, Translator};

/// Rows of one transaction.
pub const BATCH_ROWS: usize = 10_000;
/// Rows of the first one, so that the journal need not wait long; each of the next has three times as many, up to [`BATCH_ROWS`].
const FIRST_BATCH_ROWS: usize = 2_500;
/// A batch ends early when its rows are this large together.
const BATCH_BYTES: usize = 16 << 20;
/// Batches that may wait for the journal.
const BATCHES_WAITING: usize = 2;
/// So many faults are kept for a screen; all of them are in the rejects file.
const FAULTS_KEPT: usize = 100;
/// The columns that the rejects file has besides those of its source.
pub const REJECT_COLUMNS: [&str; 3] = ["line", "column", "reason"];

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that are done; 0 where that is not known (XLSX).
    pub read: u64,
    /// Bytes of the file.
    pub size: u64,
    /// Rows done.
    pub rows: u64,
    /// Cases added.
    pub imported: u64,
    /// Rows that the journal or an earlier row already had.
    pub already_there: u64,
    /// Rows rejected.
    pub rejected: u64,
}

impl Progress {
    /// Share of the file that is done, 0 to 1; `None` where that is not known.
    pub fn share(&self) -> Option<f32> {
        (self.read > 0 && self.size > 0).then(|| (self.read as f32 / self.size as f32).min(1.0))
    }
}

/// What an import did, or would do. Always `rows == imported + already_there + rejected`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows of the file, without blank ones.
    pub rows: u64,
    /// Cases added.
    pub imported: u64,
    /// Rows that the journal already had, or that repeat an earlier row of the file to the letter.
    pub already_there: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Of the rows that were not rejected: at an exact point outside the town.
    pub outside_town: u64,
    /// Of the rows that were not rejected: at no exact point.
    pub without_point: u64,
    /// Of the rows that were not rejected: not closed yet.
    pub open: u64,
    /// A reason to ask whether the points are in another datum than the profile declares.
    pub datum_doubt: Option<DatumDoubt>,
    /// Rejected rows by the code of their reason.
    pub reasons: BTreeMap<&'static str, u64>,
    /// The first faults, in the order of the file.
    pub faults: Vec<RowFault>,
    /// Where the rejected rows were written, where there are any and a file was named.
    pub rejects_file: Option<PathBuf>,
    /// Whether it was stopped before the end of the file. Whole batches were written.
    pub cancelled: bool,
}

/// Why an import stopped. What the summary counts is in the journal and stays there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file can't be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The profile has mistakes, or does not fit the file.
    #[error("the profile can't be used:\n{0}")]
    Profile(#[from] ProfileError),
    /// The journal could not take a batch.
    #[error("after {} rows: {source}", summary.rows)]
    Store {
        /// What the store says.
        source: StoreError,
        /// What was done before.
        summary: Box<Summary>,
    },
    /// The file broke off.
    #[error("after {} rows: {source}", summary.rows)]
    BrokenOff {
        /// What is wrong with the file.
        source: TableError,
        /// What was done before.
        summary: Box<Summary>,
    },
    /// The file of rejected rows can't be written.
    #[error("the rejected rows can't be written to {path}: {reason}")]
    Rejects {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

/// What an import needs to know besides its file.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// What the columns mean.
    pub profile: &'a Profile,
    /// The town whose catalogue and places count.
    pub town: &'a Town,
    /// When the entries are made.
    pub now: DateTime<Utc>,
}

/// Imports the file at `path`. `rejects` names the file for rows that were not imported; it is made only where there
/// are such rows. `progress` is asked after every batch and can stop the import.
///
/// # Errors
/// Where file, profile, store or rejects file fail; batches that were written before stay written.
#[expect(
    clippy::too_many_arguments,
    reason = "an import has this many sides, and each is named at the call"
)]
pub fn run(
    path: &Path,
    profile: &Profile,
    town: &Town,
    store: &mut dyn Store,
    now: DateTime<Utc>,
    actor: &str,
    seat: &str,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    rejects: Option<&Path>,
) -> Result<Summary, ImportError> {
    let table = Table::open(path)?;
    let by = By {
        at_ms: now.timestamp_millis(),
        actor: actor.into(),
        seat: seat.into(),
    };
    let journal = |source: StoreError| ImportError::Store {
        source,
        summary: Box::default(),
    };
    store
        .set_standing(&Arc::new(Standing::of(town)))
        .map_err(journal)?;
    let standing = store.standings().map_err(journal)?.last().cloned();
    let empty = || {
        let mut ready = Ready::for_town(standing.clone()).with_room(BATCH_ROWS);
        ready.entered_by(by.clone());
        ready
    };
    let mut append = |ready: Ready| store.append_ready(ready);
    let imported = import_as(
        &table,
        Setting { profile, town, now },
        &empty,
        &mut append,
        progress,
        rejects,
    );
    // Also where it broke off: whole batches were written.
    let settled = store.settle();
    let summary = imported?;
    match settled {
        Ok(()) => Ok(summary),
        Err(source) => Err(ImportError::Store {
            source,
            summary: Box::new(summary),
        }),
    }
}

/// Says what [`run`] would do, without writing anything but the rejects file where one is named.
///
/// # Errors
/// Where file, profile or store can't be read.
pub fn dry_run(
    path: &Path,
    profile: &Profile,
    town: &Town,
    store: &dyn Store,
    now: DateTime<Utc>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    rejects: Option<&Path>,
) -> Result<Summary, ImportError> {
    let table = Table::open(path)?;
    let mut count = |reports: Vec<Report>| {
        let all = reports.len() as u64;
        let origins: Vec<Origin> = reports.into_iter().filter_map(|report| report.origin).collect();
        let already_there = store.count_known(&origins)?;
        Ok(Bulk {
            added: all - already_there.min(all),
            already_there: already_there.min(all),
        })
    };
    import(
        &table,
        Setting { profile, town, now },
        &mut count,
        progress,
        rejects,
    )
}

/// Translates a whole table and hands the reports, batch by batch, to `append` on the caller's thread: the journal,
/// a thread that keeps it, or a count.
///
/// # Errors
/// See [`run`].
pub fn import(
    table: &Table,
    setting: Setting<'_>,
    append: &mut dyn FnMut(Vec<Report>) -> Result<Bulk, StoreError>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    rejects: Option<&Path>,
) -> Result<Summary, ImportError> {
    import_as(table, setting, &Vec::new, append, progress, rejects)
}

/// Reports on their way from the reader to whoever keeps them, as that one wants them.
trait Load: Send {
    /// Adds a report, on the reader's thread, with the places of the town around its point.
    fn add(&mut self, report: Report, around: Option<Around>);
    /// Whether there is none.
    fn is_empty(&self) -> bool;
}

impl Load for Vec<Report> {
    fn add(&mut self, report: Report, _: Option<Around>) {
        self.push(report);
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl Load for Ready {
    fn add(&mut self, report: Report, around: Option<Around>) {
        // A row says nothing of the side of a boundary that it lies on, so the point alone tells.
        self.push_around(&report, around);
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

/// As [`import`]; `empty` makes what the reports of a batch are put into.
fn import_as<L: Load>(
    table: &Table,
    setting: Setting<'_>,
    empty: &(dyn Fn() -> L + Sync),
    append: &mut dyn FnMut(L) -> Result<Bulk, StoreError>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    rejects: Option<&Path>,
) -> Result<Summary, ImportError> {
    let translator = Translator::new(setting.profile, setting.town, table.header(), setting.now)?;
    let mut rejects = rejects.map(|path| Rejects::new(path, table)).transpose()?;
    let keep_rejected = rejects.is_some();
    let mut summary = Summary::default();
    let (sender, receiver) = bounded(BATCHES_WAITING);
    let (written, read) = std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let new = |most_rows| Batch::new(empty(), keep_rejected, most_rows);
            read_all(table, translator, setting.town, &new, &sender)
        });
        let written = write_all(table, receiver, append, progress, rejects.as_mut(), &mut summary);
        let read = reader
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (written, read)
    });
    written.map_err(|fault| match fault {
        WriteFault::Store(source) => ImportError::Store {
            source,
            summary: Box::new(summary.clone()),
        },
        WriteFault::Rejects(error) => error,
    })?;
    if let Some(rejects) = rejects {
        summary.rejects_file = rejects.finish()?;
    }
    match read {
        Ok(doubt) => {
            summary.datum_doubt = doubt;
            Ok(summary)
        }
        Err(source) => Err(ImportError::BrokenOff {
            source,
            summary: Box::new(summary),
        }),
    }
}

/// A type of a file, how often it comes, and what it is mapped to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindCount {
    /// The file's words for it, by each way of the profile, the narrowest first.
    pub words: Vec<String>,
    /// Rows of this type.
    pub rows: u64,
    /// Code of the item that it is mapped to, by whichever way comes first.
    pub item: Option<String>,
}

/// The types that occur in a table, the most frequent first, for a screen that maps them. At most 5,000 are told
/// apart.
///
/// # Errors
/// Where the table can't be read or the profile does not fit it.
pub fn kinds(table: &Table, setting: Setting<'_>) -> Result<Vec<KindCount>, ImportError> {
    let translator = Translator::new(setting.profile, setting.town, table.header(), setting.now)?;
    let mut counts: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    table.rows(&mut |row| {
        if row.fault().is_none() {
            let words = translator.kind_words(row);
            if let Some(count) = counts.get_mut(&words) {
                *count += 1;
            } else if counts.len() < 5000 {
                counts.insert(words, 1);
            }
        }
        ControlFlow::Continue(())
    })?;
    let mapped = |words: &[String]| {
        words
            .iter()
            .find_map(|word| translator.mapped(word))
            .map(str::to_owned)
    };
    let mut kinds: Vec<KindCount> = counts
        .into_iter()
        .map(|(words, rows)| KindCount {
            item: mapped(&words),
            words,
            rows,
        })
        .collect();
    kinds.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.words.cmp(&b.words)));
    Ok(kinds)
}

/// Rows on their way from the reader to the journal.
struct Batch<L> {
    reports: L,
    counts: Counts,
    /// Whether the cells of rejected rows are wanted.
    keep_rejected: bool,
    /// It has no more rows.
    most_rows: usize,
}

/// What a batch adds to the sums.
#[derive(Default)]
struct Counts {
    rows: u64,
    repeated: u64,
    outside_town: u64,
    without_point: u64,
    open: u64,
    rejected: Vec<(Box<RowFault>, Vec<String>)>,
    bytes: usize,
    read: u64,
}

impl<L> Batch<L> {
    fn new(reports: L, keep_rejected: bool, most_rows: usize) -> Self {
        Self {
            reports,
            counts: Counts::default(),
            keep_rejected,
            most_rows,
        }
    }

    fn is_full(&self) -> bool {
        self.counts.rows as usize >= self.most_rows || self.counts.bytes >= BATCH_BYTES
    }

    fn reject(&mut self, fault: Box<RowFault>, row: &Row, columns: usize) {
        let cells = if self.keep_rejected {
            reject_cells(row, columns)
        } else {
            Vec::new()
        };
        self.counts.rejected.push((fault, cells));
    }
}

impl Counts {
    /// Counts a report, and answers which places of the town lie around its point.
    fn count(&mut self, report: &Report, town: &Town) -> Option<Around> {
        self.open += u64::from(report.outcome.is_none());
        let Some(at) = report.place.point() else {
            self.without_point += 1;
            return None;
        };
        let around = town.places.around(at);
        let inside =
            [PlaceKind::SubDistrict, PlaceKind::Community].map(|kind| around[kind as usize].is_some());
        self.outside_town += u64::from(inside == [false; 2]);
        Some(around)
    }
}

fn read_all<L: Load>(
    table: &Table,
    mut translator: Translator<'_>,
    town: &Town,
    empty: &dyn Fn(usize) -> Batch<L>,
    sender: &Sender<Batch<L>>,
) -> Result<Option<DatumDoubt>, TableError> {
    let columns = source_columns(table.header());
    let mut keys = Keys::default();
    let mut batch = empty(FIRST_BATCH_ROWS);
    table.rows(&mut |row| {
        batch.counts.rows += 1;
        batch.counts.read = row.read;
        batch.counts.bytes += row.raw().0.len();
        take_row(row, &mut translator, &mut keys, columns, town, &mut batch);
        if !batch.is_full() {
            return ControlFlow::Continue(());
        }
        // A batch that nobody takes any more means that the import was stopped.
        let next = empty((batch.most_rows * 3).min(BATCH_ROWS));
        match sender.send(std::mem::replace(&mut batch, next)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    if batch.counts.rows > 0 {
        let _ = sender.send(batch);
    }
    Ok(translator.datum_doubt())
}

fn take_row<L: Load>(
    row: &Row,
    translator: &mut Translator<'_>,
    keys: &mut Keys,
    columns: usize,
    town: &Town,
    batch: &mut Batch<L>,
) {
    let mut report = match translator.translate(row) {
        Ok(report) => report,
        Err(fault) => {
            batch.reject(fault, row, columns);
            return;
        }
    };
    match &report.origin {
        Some(origin) => match keys.see(&origin.key, row, columns) {
            Seen::First => {}
            Seen::Same => {
                batch.counts.repeated += 1;
                batch.counts.count(&report, town);
                return;
            }
            Seen::Other => {
                batch.reject(translator.repeated(row), row, columns);
                return;
            }
        },
        None => {
            let key = keys.make(translator.cells_that_count(row).into_iter());
            report.origin = Some(Origin {
                profile: translator.name(),
                key: key.into(),
            });
        }
    }
    let around = batch.counts.count(&report, town);
    batch.reports.add(report, around);
}

enum WriteFault {
    Store(StoreError),
    Rejects(ImportError),
}

fn write_all<L: Load>(
    table: &Table,
    receiver: Receiver<Batch<L>>,
    append: &mut dyn FnMut(L) -> Result<Bulk, StoreError>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    mut rejects: Option<&mut Rejects>,
    summary: &mut Summary,
) -> Result<(), WriteFault> {
    // Taking the receiver by value closes the channel on every way out, which stops the reader.
    while let Ok(batch) = receiver.recv() {
        if let Some(rejects) = rejects.as_deref_mut() {
            rejects
                .write(&batch.counts.rejected)
                .map_err(WriteFault::Rejects)?;
        }
        let Batch { reports, counts, .. } = batch;
        let read = counts.read;
        let bulk = if reports.is_empty() {
            Ok(Bulk::default())
        } else {
            append(reports)
        };
        let bulk = bulk.map_err(WriteFault::Store)?;
        summary.add(counts, bulk);
        let now = Progress {
            read,
            size: table.size(),
            rows: summary.rows,
            imported: summary.imported,
            already_there: summary.already_there,
            rejected: summary.rejected,
        };
        if progress(now).is_break() {
            summary.cancelled = true;
            break;
        }
    }
    Ok(())
}

impl Summary {
    fn add(&mut self, counts: Counts, bulk: Bulk) {
        self.rows += counts.rows;
        self.imported += bulk.added;
        self.already_there += bulk.already_there + counts.repeated;
        self.rejected += counts.rejected.len() as u64;
        self.outside_town += counts.outside_town;
        self.without_point += counts.without_point;
        self.open += counts.open;
        for (fault, _) in counts.rejected {
            *self.reasons.entry(fault.reason.code()).or_insert(0) += 1;
            if self.faults.len() < FAULTS_KEPT {
                self.faults.push(*fault);
            }
        }
    }
}

/// How many of the header's columns are the source's own: a file of rejected rows that comes back has three more.
fn source_columns(header: &[String]) -> usize {
    if header.ends_with(&REJECT_COLUMNS.map(str::to_owned)) {
        header.len() - REJECT_COLUMNS.len()
    } else {
        header.len()
    }
}

/// The cells of a rejected row, so that they can be mended. What was lost of them is marked with a sign that is
/// rejected again: a row that nobody mended is never taken for a good one.
fn reject_cells(row: &Row, columns: usize) -> Vec<String> {
    let mut cells: Vec<String> = row.cells().map(str::to_owned).collect();
    while cells.len() < columns {
        cells.push(UNREADABLE.to_string());
    }
    if let Some(CellFault::TooLong { column }) = row.fault()
        && let Some(cell) = cells.get_mut(*column)
    {
        cell.push(UNREADABLE);
    }
    cells
}

/// The file of rejected rows. It is written beside its place and moved there at the end.
struct Rejects {
    path: PathBuf,
    draft: PathBuf,
    columns: usize,
    header: Vec<String>,
    writer: Option<csv::Writer<BufWriter<File>>>,
}

impl Rejects {
    /// # Errors
    /// Where the rejected rows would replace the file that is being read.
    fn new(path: &Path, table: &Table) -> Result<Self, ImportError> {
        let same = path
            .canonicalize()
            .is_ok_and(|to| table.path().canonicalize().is_ok_and(|from| from == to));
        if same {
            let reason = "that is the file that is being imported; name another one".to_owned();
            return Err(ImportError::Rejects {
                path: path.to_path_buf(),
                reason,
            });
        }
        let columns = source_columns(table.header());
        let own = table.header()[..columns].iter().cloned();
        let header = own.chain(REJECT_COLUMNS.map(str::to_owned)).collect();
        let mut draft = path.as_os_str().to_owned();
        draft.push(".part");
        Ok(Self {
            path: path.to_path_buf(),
            draft: draft.into(),
            columns,
            header,
            writer: None,
        })
    }

    fn error(&self, error: &dyn std::fmt::Display) -> ImportError {
        ImportError::Rejects {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }

    fn open(&mut self) -> Result<&mut csv::Writer<BufWriter<File>>, ImportError> {
        if self.writer.is_none() {
            let mut file = BufWriter::new(File::create(&self.draft).map_err(|e| self.error(&e))?);
            // Without the mark, spreadsheet programs take the file for their country's old encoding.
            file.write_all(b"\xEF\xBB\xBF").map_err(|e| self.error(&e))?;
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
            writer.write_record(&self.header).map_err(|e| self.error(&e))?;
            self.writer = Some(writer);
        }
        match &mut self.writer {
            Some(writer) => Ok(writer),
            None => Err(ImportError::Rejects {
                path: self.path.clone(),
                reason: "not open".into(),
            }),
        }
    }

    fn write(&mut self, rows: &[(Box<RowFault>, Vec<String>)]) -> Result<(), ImportError> {
        let columns = self.columns;
        for (fault, cells) in rows {
            let line = fault.line.to_string();
            let reason = fault.reason.to_string().replace(UNREADABLE, "U+FFFD");
            let own = cells.iter().take(columns).map(String::as_str);
            // Cells beyond the header stand behind the reason: the row keeps its wrong number of cells.
            let surplus = cells.iter().skip(columns).map(String::as_str);
            let more = [line.as_str(), fault.column.as_str(), reason.as_str()];
            let result = self.open()?.write_record(own.chain(more).chain(surplus));
            result.map_err(|e| self.error(&e))?;
        }
        Ok(())
    }

    /// The finished file; `None` where no row was rejected. A file of that name from before is then left as it is.
    fn finish(mut self) -> Result<Option<PathBuf>, ImportError> {
        let Some(mut writer) = self.writer.take() else {
            return Ok(None);
        };
        writer.flush().map_err(|e| self.error(&e))?;
        drop(writer);
        std::fs::rename(&self.draft, &self.path).map_err(|e| self.error(&e))?;
        Ok(Some(self.path.clone()))
    }
}

impl Drop for Rejects {
    fn drop(&mut self) {
        if self.writer.take().is_some() {
            // An import that failed leaves no half file behind; that it can't be removed is no second failure.
            let _ = std::fs::remove_file(&self.draft);
        }
    }
}
