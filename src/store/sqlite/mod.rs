//! The SQLite engine: one file, in write-ahead mode, fully synchronised at every commit but those of an import's batches,
//! which are synchronised together at its end.

mod bulk;
mod cards;
mod chain;
mod check;
mod known;
mod lock;
mod mover;
mod past;
mod rows;
mod schema;
mod secret;
mod sheet;
mod trouble;

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

use super::{
    Anchor, Bulk, CaseQuery, Draft, DrillMark, Facts, PhotoFile, Ready, Store, StoreError, TownMark, Verdict,
};
use crate::case::{Card, Case, CaseId, Codes, Entry, Fact, Glance, Origin};
use crate::heap;
use crate::town::{Standing, Standings};
use known::Known;
use mover::Mover;
use rows::Writer;
use sheet::BookFacts;
use trouble::Trouble;

pub use lock::{BookLock, lock_path};

/// The version of this program, as other programs see it at the lock.
pub const PROGRAM_VERSION: &str = env!("CARGO_PKG_VERSION");

/// How long a write waits for another program's, and how often it looks whether it may. An import leaves the pause
/// [`GIVE_WAY`] before each batch, so that a command of another seat, which looks more often, gets through.
const BUSY_TRIES: i32 = 10_000;
const BUSY_PAUSE: Duration = Duration::from_millis(1);
const GIVE_WAY: Duration = Duration::from_millis(3);

/// Pages of the write-ahead log after which they are moved to the file: 4 MB for single commands, so that the log stays
/// small, and 256 MB for imports, most of which a [`Mover`] has moved by then.
const CHECKPOINT_PAGES: u32 = 1000;
const CHECKPOINT_PAGES_BULK: u32 = 65_536;

/// About what it takes in memory to read an open case, and to keep it.
const CASE_BYTES: usize = 512;

/// After so many batches of an import the mover is woken. A shorter import does without one.
const BATCHES_TO_MOVE: u32 = 4;

/// A book in an SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    // Declared before the lock, so that the database is closed before the lock goes; and the mover before the database,
    // so that the last connection to be closed is the one that waits for others.
    mover: Option<Mover>,
    connection: Connection,
    /// What was read of what is known once for many cases; begun anew where a transaction fails.
    known: RefCell<Known>,
    path: PathBuf,
    bulk: bool,
    /// Batches of the import since the mover was woken.
    unmoved: u32,
    /// When the last batch of an import was written.
    last_batch: Option<Instant>,
    _lock: Option<BookLock>,
}

impl SqliteStore {
    /// Opens the book at `path`; makes it, and the folders above it, where there is none.
    ///
    /// # Errors
    /// [`StoreError::NotABook`], [`StoreError::Newer`], [`StoreError::OtherVersion`], [`StoreError::ReadOnly`],
    /// [`StoreError::Full`], [`StoreError::Damaged`], or [`StoreError::Engine`]; nothing of an existing file is changed
    /// then.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if path.exists() {
            schema::look_at_file(path)?;
        } else if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| StoreError::ReadOnly {
                path: folder.to_owned(),
                reason: e.to_string(),
            })?;
        }
        let lock = BookLock::take(path, PROGRAM_VERSION)?;
        let connection = open_for_writing(path).map_err(|trouble| trouble.at(path))?;
        let lock = lock.share(path, PROGRAM_VERSION)?;
        Ok(Self {
            mover: None,
            connection,
            known: RefCell::default(),
            path: path.to_owned(),
            bulk: false,
            unmoved: 0,
            last_batch: None,
            _lock: Some(lock),
        })
    }

    /// Opens an existing book to read it, even where its folder can't be written.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        schema::look_at_file(path)?;
        let lock = match BookLock::take(path, PROGRAM_VERSION) {
            Ok(lock) => Some(lock.share(path, PROGRAM_VERSION)?),
            // Where no lock file can be made, no program can write the book either.
            Err(StoreError::ReadOnly { .. }) => None,
            Err(error) => return Err(error),
        };
        let connection = open_for_reading(path).map_err(|trouble| trouble.at(path))?;
        Ok(Self {
            mover: None,
            connection,
            known: RefCell::default(),
            path: path.to_owned(),
            bulk: false,
            unmoved: 0,
            last_batch: None,
            _lock: lock,
        })
    }

    /// Where the book lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the file grow to no more than so many pages: a full disk, for tests.
    ///
    /// # Errors
    /// The engine's.
    #[doc(hidden)]
    pub fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        // The answer is the limit that holds now; it is never below what the file has already.
        self.told(
            self.connection
                .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())),
        )
    }

    /// How many pages the file has.
    ///
    /// # Errors
    /// The engine's.
    #[doc(hidden)]
    pub fn pages(&self) -> Result<u32, StoreError> {
        self.told(
            self.connection
                .pragma_query_value(None, "page_count", |row| row.get(0)),
        )
    }

    fn told<T, E: Into<Trouble>>(&self, result: Result<T, E>) -> Result<T, StoreError> {
        result.map_err(|error| error.into().at(&self.path))
    }

    /// Runs `work` in a transaction that writes; nothing of it remains where it fails.
    fn write<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, Trouble>) -> Result<T, StoreError> {
        let connection = &mut self.connection;
        let result = (|| {
            let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })();
        self.told::<T, Trouble>(result)
    }

    /// As [`Self::write`], with a writer of entries.
    fn write_entries<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut Writer<'_>) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        let mut known = self.known.take();
        let result = self.write(|connection| {
            let mut writer = Writer::new(connection, &mut known)?;
            let result = work(connection, &mut writer)?;
            writer.finish()?;
            Ok(result)
        })?;
        self.known.replace(known);
        Ok(result)
    }

    /// Runs `work` on one state of the book, whatever others write meanwhile.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Trouble>) -> Result<T, StoreError> {
        self.told::<T, Trouble>((|| {
            let transaction = self.connection.unchecked_transaction()?;
            let result = work(&transaction)?;
            transaction.finish()?;
            Ok(result)
        })())
    }

    /// Sets how long the write-ahead log may grow, and whether every commit waits for the disk: batches of an import do not,
    /// see [`Store::settle`].
    fn set_bulk(&mut self, bulk: bool) -> Result<(), StoreError> {
        if self.bulk != bulk {
            let (pages, synchronous) = if bulk {
                (CHECKPOINT_PAGES_BULK, "NORMAL")
            } else {
                (CHECKPOINT_PAGES, "FULL")
            };
            self.told(self.connection.pragma_update_and_check(
                None,
                "wal_autocheckpoint",
                pages,
                |_| Ok(()),
            ))?;
            self.told(self.connection.pragma_update(None, "synchronous", synchronous))?;
            self.bulk = bulk;
            self.unmoved = 0;
        }
        if !bulk {
            self.mover = None;
        }
        Ok(())
    }

    /// Sees to it that others could write for a while since the last batch of an import.
    fn give_way(&self) {
        let passed = self.last_batch.map_or(GIVE_WAY, |last| last.elapsed());
        let left = GIVE_WAY.saturating_sub(passed);
        if !left.is_zero() {
            std::thread::sleep(left);
        }
    }

    /// Counts a batch of an import, and has the log moved to the file beside the next ones.
    fn move_log(&mut self) {
        self.unmoved += 1;
        if self.unmoved < BATCHES_TO_MOVE {
            return;
        }
        self.unmoved = 0;
        if self.mover.is_none() {
            self.mover = Mover::start(&self.path);
        }
        if let Some(mover) = &self.mover {
            mover.wake();
        }
    }
}

fn open_for_writing(path: &Path) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let mut connection = Connection::open_with_flags(path, flags)?;
    if connection.is_readonly("main")? {
        let reason = "the file is write-protected".to_owned();
        return Err(StoreError::ReadOnly {
            path: path.to_owned(),
            reason,
        }
        .into());
    }
    settle(&connection)?;
    schema::identify(&connection, path)?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        let reason = format!("its folder does not allow the write-ahead log (mode '{mode}')");
        return Err(StoreError::ReadOnly {
            path: path.to_owned(),
            reason,
        }
        .into());
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    schema::migrate(&mut connection)?;
    if !schema::has_derived(&connection)? {
        let transaction = Transaction::new(&mut connection, TransactionBehavior::Immediate)?;
        check::rebuild(&transaction, &mut Known::default())?;
        transaction.commit()?;
    }
    Ok(connection)
}

fn open_for_reading(path: &Path) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE
        | OpenFlags::SQLITE_OPEN_URI;
    let mut connection = Connection::open_with_flags(path, flags)?;
    let mut found = settle(&connection).and_then(|()| schema::identify(&connection, path));
    if matches!(&found, Err(Trouble::Sql(_))) && !has_log(path) {
        // In a folder that can't be written the engine can't make the index of its log; without a log it needs none.
        connection = Connection::open_with_flags(immutable_uri(path), flags)?;
        found = settle(&connection).and_then(|()| schema::identify(&connection, path));
    }
    let missing = match found? {
        schema::Found::Empty => "the file is empty",
        schema::Found::Book(format) if format < schema::FORMAT => {
            "it has an older format: open it once to write"
        }
        schema::Found::Book(_) if !schema::has_derived(&connection)? => {
            "its case table is missing: open it once to write, which makes the table again"
        }
        schema::Found::Book(_) => return Ok(connection),
    };
    Err(StoreError::NotABook {
        path: path.to_owned(),
        reason: missing.to_owned(),
    }
    .into())
}

/// The write-ahead log beside the file.
fn log_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Whether entries wait in a write-ahead log beside the file.
fn has_log(path: &Path) -> bool {
    std::fs::metadata(log_path(path)).is_ok_and(|log| log.len() > 0)
}

/// Waits until the write-ahead log is on the disk. The engine locks other files, so that closing this one again frees no lock.
fn sync_log(path: &Path) -> std::io::Result<()> {
    match std::fs::OpenOptions::new().write(true).open(log_path(path)) {
        Ok(log) => log.sync_data(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The name of a file that nobody changes, in the engine's own spelling.
fn immutable_uri(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                uri.push(char::from(*byte))
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

fn wait_for_others(tries: i32) -> bool {
    std::thread::sleep(BUSY_PAUSE);
    tries < BUSY_TRIES
}

/// Settings of every connection. A book can come from anywhere, so what its file says is not trusted with functions.
fn settle(connection: &Connection) -> Result<(), Trouble> {
    connection.busy_handler(Some(wait_for_others))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // Kibibytes: enough for the whole list of origins of a million cases.
    connection.pragma_update(None, "cache_size", -49_152)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

impl Store for SqliteStore {
    fn append(&mut self, drafts: Vec<Draft>, photos: &[PhotoFile]) -> Result<Vec<Entry>, StoreError> {
        self.set_bulk(false)?;
        self.write_entries(|connection, writer| {
            rows::insert_photos(connection, photos)?;
            let mut entries = Vec::with_capacity(drafts.len());
            for draft in drafts {
                rows::check_photos(connection, draft.action.photos().iter().map(|photo| &photo.hash))?;
                entries.push(writer.append(draft)?);
            }
            Ok(entries)
        })
    }

    fn append_ready(&mut self, ready: Ready) -> Result<Bulk, StoreError> {
        let ready = ready.checked()?;
        self.set_bulk(true)?;
        self.give_way();
        let bulk = self.write_entries(|connection, writer| {
            rows::check_photos(connection, ready.photos())?;
            writer.append_all(&ready)
        })?;
        self.last_batch = Some(Instant::now());
        self.move_log();
        Ok(bulk)
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        if !self.bulk {
            return Ok(());
        }
        // What was moved to the file by now was synchronised when it was moved.
        self.set_bulk(false)?;
        sync_log(&self.path).map_err(|e| {
            let log = log_path(&self.path);
            StoreError::Engine(format!("{} can't be written to the disk: {e}", log.display()))
        })
    }

    fn count_known(&self, origins: &[Origin]) -> Result<u64, StoreError> {
        self.read(|connection| {
            let mut known = 0;
            for origin in origins {
                known += u64::from(rows::case_with_origin(connection, origin)?.is_some());
            }
            Ok(known)
        })
    }

    fn open_cases(&self) -> Result<Vec<Case>, StoreError> {
        self.open_cases_as_of().map(|(cases, _)| cases)
    }

    fn open_cases_as_of(&self) -> Result<(Vec<Case>, i64), StoreError> {
        self.read(|connection| {
            let open = rows::count_open(connection)?;
            heap::reserve(open * CASE_BYTES);
            let mut statement = connection.prepare_cached(rows::SELECT_OPEN)?;
            let mut found = statement.query([])?;
            let mut cases = Vec::with_capacity(open);
            // Cases of one item share its code: a book has many of them, and a catalogue few items.
            let mut items = HashSet::new();
            while let Some(row) = found.next()? {
                let mut case = rows::case(row)?;
                match items.get(&case.item) {
                    Some(item) => case.item = Arc::clone(item),
                    None => drop(items.insert(case.item.clone())),
                }
                cases.push(case);
            }
            Ok((cases, rows::last_seq(connection)?))
        })
    }

    fn entries_after(&self, seq: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT {} FROM entry WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                rows::ENTRY
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let mut found = statement.query([seq, i64::from(limit)])?;
            let mut entries = Vec::new();
            while let Some(row) = found.next()? {
                entries.push(rows::entry(row)?);
            }
            Ok(entries)
        })
    }

    fn glances_after(&self, seq: i64, limit: u32) -> Result<Vec<Glance>, StoreError> {
        self.read(|connection| past::glances_after(connection, seq, limit))
    }

    fn histories(
        &self,
        wanted: &[(CaseId, i64)],
        each: &mut dyn FnMut(CaseId, Vec<Entry>) -> bool,
    ) -> Result<(), StoreError> {
        self.read(|connection| past::histories(connection, wanted, each))
    }

    fn reader(&self) -> Result<Option<Box<dyn Store>>, StoreError> {
        Ok(Some(Box::new(Self::open_read_only(&self.path)?)))
    }

    fn last_seq(&self) -> Result<i64, StoreError> {
        self.told(rows::last_seq(&self.connection))
    }

    fn case(&self, id: CaseId) -> Result<Option<Case>, StoreError> {
        self.told(rows::case_by_id(&self.connection, id))
    }

    fn history(&self, id: CaseId) -> Result<Vec<Entry>, StoreError> {
        self.read(|connection| past::history(connection, id, i64::MAX))
    }

    fn cases(&self, query: &CaseQuery, each: &mut dyn FnMut(Case) -> bool) -> Result<(), StoreError> {
        self.read(|connection| {
            let select = if query.open {
                rows::SELECT_OPEN
            } else {
                rows::SELECT_CASES
            };
            let sql = format!(
                "{select} AND (?1 IS NULL OR c.class = ?1) AND (?2 IS NULL OR c.stage = ?2) \
                 ORDER BY c.case_id DESC LIMIT ?3"
            );
            let class = query.class.map(crate::town::Class::letter);
            let stage = query.stage.map(crate::case::Stage::code);
            let limit = query.limit.map_or(-1, i64::from);
            let mut statement = connection.prepare_cached(&sql)?;
            let mut found = statement.query(rusqlite::params![class, stage, limit])?;
            while let Some(row) = found.next()? {
                if !each(rows::case(row)?) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn counts(&self) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT (SELECT count(*) FROM case_row), \
                   (SELECT count(*) FROM case_row WHERE open = 1)";
        let counts = self.connection.prepare_cached(sql).and_then(|mut statement| {
            statement.query_row([], |row| {
                Ok((
                    row.get::<_, i64>(0)?.unsigned_abs(),
                    row.get::<_, i64>(1)?.unsigned_abs(),
                ))
            })
        });
        self.told(counts)
    }

    fn read_facts(
        &self,
        work: &mut dyn FnMut(&dyn Facts) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.read(|connection| {
            let mut known = self.known.borrow_mut();
            known.refresh(connection)?;
            Ok(work(&BookFacts {
                connection,
                codes: &known.codes,
            })?)
        })
    }

    fn facts_of(&self, cases: &[CaseId], each: &mut dyn FnMut(&Codes, &[Fact])) -> Result<(), StoreError> {
        self.read(|connection| {
            let mut known = self.known.borrow_mut();
            known.refresh(connection)?;
            let mut facts = Vec::with_capacity(cases.len());
            for case in cases {
                facts.extend(rows::fact_of_case(connection, &mut known, *case)?);
            }
            each(&known.codes, &facts);
            Ok(())
        })
    }

    fn cases_changed(&self, after: i64, until: i64) -> Result<Vec<CaseId>, StoreError> {
        let sql = "SELECT DISTINCT case_id FROM entry WHERE seq > ?1 AND seq <= ?2 AND version > 1 AND case_id <> 0";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let cases = statement.query_map([after, until], |row| Ok(CaseId(row.get(0)?)))?;
            Ok(cases.collect::<Result<_, _>>()?)
        })
    }

    fn cards(&self, from: CaseId, limit: u32, each: &mut dyn FnMut(Card)) -> Result<(), StoreError> {
        self.read(|connection| cards::cards(connection, from, limit, each))
    }

    fn standings(&self) -> Result<Standings, StoreError> {
        self.read(|connection| {
            let mut known = self.known.borrow_mut();
            known.refresh(connection)?;
            Ok(known.standings.clone())
        })
    }

    fn set_standing(&mut self, standing: &Arc<Standing>) -> Result<(), StoreError> {
        let bytes = standing
            .to_bytes()
            .map_err(|what| StoreError::Unfit(format!("the town can't be written: {what}")))?;
        let mut known = self.known.take();
        // Said at every start: a book that knows it already is not locked for that.
        let there = self.read(|connection| {
            known.refresh(connection)?;
            known.stands(connection, standing, &bytes)
        })?;
        if there {
            self.known.replace(known);
            return Ok(());
        }
        self.write(|connection| {
            known.refresh(connection)?;
            let is_first = known.stand(connection, standing, &bytes)?;
            // What was entered before the book heard of the town is looked at again.
            if is_first && rows::last_seq(connection)? > 0 {
                check::rebuild(connection, &mut known)?;
            }
            Ok(())
        })?;
        self.known.replace(known);
        Ok(())
    }

    fn photo(&self, hash: &str) -> Result<Option<PhotoFile>, StoreError> {
        let sql = "SELECT width, height, bytes FROM photo WHERE hash = ?1";
        let photo = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let read = statement.query_row([hash], |row| {
                let bytes = row.get_ref(2)?.as_blob()?.into();
                Ok(PhotoFile {
                    hash: hash.into(),
                    width: row.get(0)?,
                    height: row.get(1)?,
                    bytes,
                })
            });
            read.optional()
        });
        self.told(photo)
    }

    fn town(&self) -> Result<Option<TownMark>, StoreError> {
        self.told::<_, Trouble>(read_town(&self.connection))
    }

    fn set_town(&mut self, town: &TownMark) -> Result<(), StoreError> {
        let path = self.path.clone();
        self.write(|connection| {
            match read_town(connection)? {
                Some(there) if there == *town => return Ok(()),
                Some(there) if there.id != town.id => {
                    let (theirs, ours) = (there.id, town.id.clone());
                    return Err(StoreError::OtherTown { path, theirs, ours }.into());
                }
                _ => {}
            }
            let mut statement = connection.prepare(
                "INSERT INTO book (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
            )?;
            statement.execute(["town", &town.id])?;
            statement.execute(["timezone", town.timezone.name()])?;
            Ok(())
        })
    }

    fn drill(&self) -> Result<Option<DrillMark>, StoreError> {
        self.told::<_, Trouble>(read_drill(&self.connection))
    }

    fn set_drill(&mut self, mark: &DrillMark) -> Result<(), StoreError> {
        let path = self.path.clone();
        let json = serde_json::to_string(mark).map_err(|e| StoreError::Unfit(e.to_string()))?;
        self.write(|connection| {
            let there = read_drill(connection)?;
            DrillMark::may_be_set(there.as_ref(), mark, rows::last_seq(connection)?, &path)?;
            let mut statement = connection.prepare(
                "INSERT INTO book (name, value) VALUES ('drill', ?1) ON CONFLICT (name) DO UPDATE SET value = ?1",
            )?;
            statement.execute([&json])?;
            Ok(())
        })
    }

    fn verify_with(&self, anchors: &[Anchor]) -> Result<Verdict, StoreError> {
        self.read(|connection| check::verify(connection, anchors))
    }

    fn anchor(&self, town: &TownMark, day: Option<NaiveDate>) -> Result<Option<Anchor>, StoreError> {
        self.read(|connection| {
            let own = read_town(connection)?;
            check::anchor(connection, own.as_ref().unwrap_or(town), day)
        })
    }

    fn rebuild(&mut self) -> Result<u64, StoreError> {
        self.set_bulk(true)?;
        let mut known = self.known.take();
        let cases = self.write(|connection| check::rebuild(connection, &mut known))?;
        self.known.replace(known);
        Ok(cases)
    }

    fn backup(&self, to: &Path) -> Result<(), StoreError> {
        // Made by us first: the engine would write into a file that exists.
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(to)
            .map_err(|error| {
                let reason = match error.kind() {
                    std::io::ErrorKind::AlreadyExists => "it already exists, name a new file".to_owned(),
                    _ => error.to_string(),
                };
                StoreError::ReadOnly {
                    path: to.to_owned(),
                    reason,
                }
            })?;
        copy_book(&self.connection, to).map_err(|trouble| {
            // What was copied so far is no book; that it can't be removed changes nothing about the error.
            let _ = std::fs::remove_file(to);
            trouble.at(to)
        })
    }

    fn secrets(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.read(secret::all)
    }

    fn set_secret(&mut self, draft: Draft, post: &str, phc: Option<&str>) -> Result<Vec<Entry>, StoreError> {
        self.write_entries(|connection, writer| {
            let entry = writer.append(draft)?;
            secret::set(connection, post, phc)?;
            Ok(vec![entry])
        })
    }

    fn tidy(&mut self) -> Result<(), StoreError> {
        self.told(
            self.connection
                .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())),
        )
    }
}

fn read_town(connection: &Connection) -> Result<Option<TownMark>, Trouble> {
    let read = |name: &str| {
        let sql = "SELECT value FROM book WHERE name = ?1";
        connection
            .query_row(sql, [name], |row| row.get::<_, String>(0))
            .optional()
    };
    let (Some(id), Some(zone)) = (read("town")?, read("timezone")?) else {
        return Ok(None);
    };
    let timezone = zone
        .parse()
        .map_err(|_| StoreError::Damaged(format!("the book's time zone '{zone}' is not known")))?;
    Ok(Some(TownMark { id, timezone }))
}

fn read_drill(connection: &Connection) -> Result<Option<DrillMark>, Trouble> {
    let sql = "SELECT value FROM book WHERE name = 'drill'";
    let json: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    let read = |json: String| {
        serde_json::from_str(&json)
            .map_err(|e| StoreError::Damaged(format!("the book's mark of a drill can't be read ({e})")))
    };
    Ok(json.map(read).transpose()?)
}

/// Copies all pages in one step, which reads one state of the book and keeps nobody from writing.
fn copy_book(from: &Connection, to: &Path) -> Result<(), Trouble> {
    let mut copy = Connection::open(to)?;
    copy.busy_handler(Some(wait_for_others))?;
    let backup = Backup::new(from, &mut copy)?;
    while backup.step(-1)? != StepResult::Done {
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(backup);
    // A single file can be carried away without its log; opening the book turns the log on again.
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    copy.close().map_err(|(_, error)| error)?;
    Ok(())
}
