//! The journal's keeper: appends entries atomically, reads them back, keeps photos. Nothing else writes.
//!
//! One trait, and two engines behind it: [`sqlite`] for books, [`memory`] for drills that are only counted. [`worker`] runs an engine on a thread of its own.

mod anchor;
mod chain;
mod drill;
pub mod facts;
pub mod memory;
mod origin;
pub mod photo;
mod ready;
pub mod secret;
pub mod sqlite;
pub mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

pub use anchor::{Anchor, AnchorError};

use crate::case::{Action, Card, Case, CaseId, Entry, Fact, Glance, PhotoHash, Stage, searchable_text};
use crate::town::{Class, Standing, Standings};

pub use drill::DrillMark;
pub use facts::{FactList, Facts, SeatEvent, Which};
pub use ready::{By, Ready, ReadyRow};

/// An entry before the journal has given it its number.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The case; `None` opens a new one, whose action is then a report.
    pub case: Option<CaseId>,
    /// The version of the case that the decision was based on; 0 for a new case.
    pub based_on: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// Who: the code of a post.
    pub actor: Arc<str>,
    /// From which seat.
    pub seat: Arc<str>,
    /// What.
    pub action: Action,
}

impl Draft {
    /// In [`Self::based_on`]: whatever the version of the case is. For entries that follow from another case's in the
    /// same transaction, such as the answer to a twin.
    pub const ANY_VERSION: u32 = u32::MAX;
}

/// A photo's file, kept under its hash. See [`photo::read`].
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoFile {
    /// SHA-256 of the bytes.
    pub hash: PhotoHash,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The file: JPEG or PNG.
    pub bytes: Arc<[u8]>,
}

/// What a bulk append did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bulk {
    /// Cases that were added.
    pub added: u64,
    /// Cases whose origin (profile and key) the journal already had.
    pub already_there: u64,
}

/// Which cases to list, newest first. Empty fields let everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseQuery {
    /// Only this class.
    pub class: Option<Class>,
    /// Only this stage.
    pub stage: Option<Stage>,
    /// Only cases that are open.
    pub open: bool,
    /// At most so many; `None` for all.
    pub limit: Option<u32>,
}

/// Which town a book belongs to, and in whose time its entries are told. Entries themselves are kept in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TownMark {
    /// The town's id.
    pub id: String,
    /// The town's time zone.
    pub timezone: chrono_tz::Tz,
}

impl TownMark {
    /// The mark of a town.
    pub fn of(town: &crate::town::Town) -> Self {
        Self {
            id: town.id.clone(),
            timezone: town.timezone,
        }
    }

    /// Sees to it that the book at `path`, which has this mark, is that of `town`.
    ///
    /// # Errors
    /// [`StoreError::OtherTown`] where it is another town's.
    pub fn check(&self, town: &crate::town::Town, path: &std::path::Path) -> Result<(), StoreError> {
        if self.id == town.id {
            return Ok(());
        }
        Err(StoreError::OtherTown {
            path: path.to_owned(),
            theirs: self.id.clone(),
            ours: town.id.clone(),
        })
    }
}

/// What a check of the whole journal found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    /// Entries read.
    pub entries: u64,
    /// Cases folded.
    pub cases: u64,
    /// Whether the chain of hashes holds, and the case table equals the fold of the journal.
    pub ok: bool,
    /// The first faults, in words.
    pub faults: Vec<String>,
    /// The book's id, which its anchors name.
    pub book: String,
    /// The last entry up to which the chain of hashes holds.
    pub last_seq: i64,
    /// The hash of that entry, as 64 hexadecimal digits.
    pub last_hash: String,
    /// So many anchors were compared with the journal.
    pub anchors: u64,
    /// The first entry that does not fit the chain or the anchors.
    pub chain: Option<ChainFault>,
}

/// The first entry of a journal that was altered, is missing, or stands in the wrong place.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ChainFault {
    /// Its number.
    pub entry: i64,
    /// What was done.
    pub kind: ChainFaultKind,
    /// The same in words.
    pub words: String,
}

/// What was done to a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainFaultKind {
    /// The entry, or its hash, is not what it was.
    Altered,
    /// The entry was taken out.
    Missing,
    /// The entry stands at another place.
    Reordered,
    /// The entry was put in later.
    Added,
    /// The last entries were taken off; an anchor names one of them.
    Cut,
    /// The chain holds, but is not the one that an anchor names.
    Rewritten,
    /// The anchor is of another book.
    OtherBook,
}

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another seat was faster: the case has moved on. Nothing was written.
    #[error("case {case} is at version {found}, the command was based on version {based_on}")]
    Conflict {
        /// The case.
        case: CaseId,
        /// The version that the command was based on.
        based_on: u32,
        /// The version in the journal.
        found: u32,
    },
    /// No such case.
    #[error("there is no case {0}")]
    NoCase(CaseId),
    /// The draft can't be kept: it does not follow from the case, or something that it names is missing.
    #[error("the command can't be kept: {0}")]
    Unfit(String),
    /// The book belongs to another town.
    #[error(
        "{path} is the book of the town '{theirs}', not of '{ours}': name another file with --db, or the town with --town"
    )]
    OtherTown {
        /// The file.
        path: PathBuf,
        /// The id of the town that the book belongs to.
        theirs: String,
        /// The id of the town that was asked for.
        ours: String,
    },
    /// A drill was to be written into a book with real cases, or into the hall's own, which is to have some.
    #[error("{path} is kept for real cases: a drill needs a book of its own, name a new file with --db")]
    RealBook {
        /// The file.
        path: PathBuf,
    },
    /// A drill was to be written into the book of another drill.
    #[error("{path} is the book of the drill {theirs}: name a new file with --db")]
    OtherDrill {
        /// The file.
        path: PathBuf,
        /// The drill that the book has.
        theirs: String,
    },
    /// Real work was to be written into the book of a drill.
    #[error(
        "{path} is the book of a drill, {drill} (演练): real cases need a book of their own, name another file with --db"
    )]
    DrillBook {
        /// The file.
        path: PathBuf,
        /// The drill that the book has.
        drill: String,
    },
    /// The database was written by a newer version of the program.
    #[error(
        "{path} was written by a newer version (format {found}; this program reads up to {known}): start the newer program, or name another file with --db"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The file's format.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// A program of another version has the database open.
    #[error(
        "{path} is open in version {theirs} of the program, this is version {ours}: close the other one first"
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// The version that holds it.
        theirs: String,
        /// The version of this program.
        ours: String,
    },
    /// The file is no database of this program.
    #[error("{path} is not a Yipanqi database: {reason}")]
    NotABook {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// The file or its folder can't be written.
    #[error("{path} can't be written: {reason}")]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The disk is full. Nothing of the command was written; what was acknowledged before is safe.
    #[error("the disk that holds {path} is full: free some space, then give the command again")]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The journal holds something that can't be read, or that does not fold.
    #[error("the journal is damaged: {0}")]
    Damaged(String),
    /// Anything else that the engine says.
    #[error("the database says: {0}")]
    Engine(String),
}

/// A keeper of one journal.
pub trait Store: Send {
    /// Appends the drafts as one transaction, with the photos that they name. When it returns, they are on the disk.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where a draft is based on a version that is no longer the last; then nothing is written.
    fn append(&mut self, drafts: Vec<Draft>, photos: &[PhotoFile]) -> Result<Vec<Entry>, StoreError>;

    /// Appends reports of an import as one transaction, leaving out those whose origin is already there.
    /// Every draft opens a new case and has an origin.
    ///
    /// # Errors
    /// Then nothing of this batch is written.
    fn append_new(&mut self, drafts: Vec<Draft>) -> Result<Bulk, StoreError> {
        let standing = self.standings()?.last().cloned();
        let bulk = self.append_ready(Ready::of(drafts, standing)?)?;
        self.settle()?;
        Ok(bulk)
    }

    /// As [`Self::append_new`], for reports that were made ready on another thread, batch after batch. Whatever happens, whole
    /// batches are there, from the first on; but that the last ones outlive a failure of power, [`Self::settle`] sees to.
    ///
    /// # Errors
    /// Then nothing of this batch is written.
    fn append_ready(&mut self, ready: Ready) -> Result<Bulk, StoreError>;

    /// When it returns, all that was appended is on the disk.
    ///
    /// # Errors
    /// Where the disk refuses; then the last batches of [`Self::append_ready`] are not safe from a failure of power.
    fn settle(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// How many of these origins the journal already has (the dry run of an import).
    ///
    /// # Errors
    /// Where the database can't be read.
    fn count_known(&self, origins: &[crate::case::Origin]) -> Result<u64, StoreError>;

    /// All open cases, in no particular order.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn open_cases(&self) -> Result<Vec<Case>, StoreError>;

    /// All open cases, and the number of the last entry that they are made of, both of one moment.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn open_cases_as_of(&self) -> Result<(Vec<Case>, i64), StoreError>;

    /// Entries after `seq`, in order, at most `limit`.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn entries_after(&self, seq: i64, limit: u32) -> Result<Vec<Entry>, StoreError>;

    /// The same at a glance, which is read many times faster.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn glances_after(&self, seq: i64, limit: u32) -> Result<Vec<Glance>, StoreError> {
        let entries = self.entries_after(seq, limit)?;
        Ok(entries.iter().map(Glance::of).collect())
    }

    /// The entries of many cases, of each up to the entry that stands beside it, in order; each case is given to `each` until it
    /// answers false.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn histories(
        &self,
        wanted: &[(CaseId, i64)],
        each: &mut dyn FnMut(CaseId, Vec<Entry>) -> bool,
    ) -> Result<(), StoreError> {
        for (id, until) in wanted {
            let mut entries = self.history(*id)?;
            entries.retain(|entry| entry.seq <= *until);
            if !each(*id, entries) {
                break;
            }
        }
        Ok(())
    }

    /// Another way into the same journal, to read it on another thread without keeping anybody from writing; `None` where the
    /// store has none.
    ///
    /// # Errors
    /// Where the database can't be opened.
    fn reader(&self) -> Result<Option<Box<dyn Store>>, StoreError> {
        Ok(None)
    }

    /// The number of the last entry; 0 for an empty journal.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn last_seq(&self) -> Result<i64, StoreError>;

    /// One case, open or not.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn case(&self, id: CaseId) -> Result<Option<Case>, StoreError>;

    /// The entries of one case, in order.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn history(&self, id: CaseId) -> Result<Vec<Entry>, StoreError>;

    /// The cases that `query` asks for, newest first, each given to `each` until it answers false.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn cases(&self, query: &CaseQuery, each: &mut dyn FnMut(Case) -> bool) -> Result<(), StoreError>;

    /// How many cases there are, and how many of them are open.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn counts(&self) -> Result<(u64, u64), StoreError>;

    /// Gives the facts of all cases, as they are at one moment, to `work`. A store that does not keep them counts them from
    /// its journal.
    ///
    /// # Errors
    /// Those of `work`, and where the database can't be read.
    fn read_facts(
        &self,
        work: &mut dyn FnMut(&dyn Facts) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        work(&facts::recount(self)?)
    }

    /// Gives the facts of these cases, in no particular order; those that there are not are left out. For few cases: all of
    /// them are given faster by [`Self::read_facts`].
    ///
    /// # Errors
    /// Where the database can't be read.
    fn facts_of(
        &self,
        cases: &[CaseId],
        each: &mut dyn FnMut(&crate::case::Codes, &[Fact]),
    ) -> Result<(), StoreError> {
        let list = facts::recount(self)?;
        let wanted = |fact: &&Fact| cases.contains(&fact.case);
        let found: Vec<Fact> = list.facts.iter().filter(wanted).copied().collect();
        each(&list.codes, &found);
        Ok(())
    }

    /// Gives the card of each case from `from` on, in the order of their numbers, at most `limit`, all of one moment.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn cards(&self, from: CaseId, limit: u32, each: &mut dyn FnMut(Card)) -> Result<(), StoreError> {
        // Cases are numbered without gaps.
        for id in (from.0.max(1)..).take(limit as usize).map(CaseId) {
            let entries = self.history(id)?;
            let folded = Case::fold(&entries).map_err(|e| StoreError::Damaged(e.to_string()))?;
            let Some(case) = folded else { break };
            each(Card {
                id,
                stage: case.stage,
                severity: case.severity,
                at: case.place.point().filter(|at| at.is_valid()),
                text: searchable_text(&entries),
            });
        }
        Ok(())
    }

    /// The cases that entries after `after`, up to `until`, have changed: those that were there before. In no particular order,
    /// some perhaps several times.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn cases_changed(&self, after: i64, until: i64) -> Result<Vec<CaseId>, StoreError> {
        let limit = u32::try_from(until - after).unwrap_or(u32::MAX);
        let entries = self.entries_after(after, limit)?;
        let later = entries
            .iter()
            .filter(|entry| entry.version > 1 && entry.case != CaseId::HALL);
        Ok(later.map(|entry| entry.case).collect())
    }

    /// The town as it stood when the book's entries were made: see [`Self::set_standing`].
    ///
    /// # Errors
    /// Where the database can't be read.
    fn standings(&self) -> Result<Standings, StoreError>;

    /// Says how the town stands from the next entry on: its boundaries, its calendar, its time zone. The first one that a
    /// book is told counts for the entries before it, too.
    ///
    /// # Errors
    /// Where the database can't be written.
    fn set_standing(&mut self, standing: &Arc<Standing>) -> Result<(), StoreError>;

    /// The file of a photo.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn photo(&self, hash: &str) -> Result<Option<PhotoFile>, StoreError>;

    /// The town that the book belongs to; `None` for a new book.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn town(&self) -> Result<Option<TownMark>, StoreError>;

    /// Says which town the book belongs to. The time zone of the same town can be corrected.
    ///
    /// # Errors
    /// [`StoreError::OtherTown`] where the book belongs to another town.
    fn set_town(&mut self, town: &TownMark) -> Result<(), StoreError>;

    /// The drill that the book belongs to; `None` for a book of real work, or one that nobody has said anything of.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn drill(&self) -> Result<Option<DrillMark>, StoreError> {
        Ok(None)
    }

    /// Marks the book as a drill's, for ever.
    ///
    /// # Errors
    /// [`StoreError::RealBook`], [`StoreError::OtherDrill`]: see [`DrillMark::may_be_set`].
    fn set_drill(&mut self, mark: &DrillMark) -> Result<(), StoreError> {
        Err(StoreError::Unfit(format!(
            "this store keeps no drill such as {mark}"
        )))
    }

    /// Sees to it that the book at `path` is no drill's, so that real work may be written into it.
    ///
    /// # Errors
    /// [`StoreError::DrillBook`].
    fn check_real(&self, path: &std::path::Path) -> Result<(), StoreError> {
        match self.drill()? {
            None => Ok(()),
            Some(mark) => Err(StoreError::DrillBook {
                path: path.to_owned(),
                drill: mark.to_string(),
            }),
        }
    }

    /// Follows the chain of hashes, folds the whole journal again and compares it with the case table.
    ///
    /// # Errors
    /// Where the database can't be read at all; faults of its contents are in the verdict.
    fn verify(&self) -> Result<Verdict, StoreError> {
        self.verify_with(&[])
    }

    /// As [`Self::verify`], and compares the chain with anchors that were kept elsewhere.
    ///
    /// # Errors
    /// As [`Self::verify`].
    fn verify_with(&self, anchors: &[Anchor]) -> Result<Verdict, StoreError>;

    /// The anchor of that day in the town's time zone, or of the last entry's day; `None` where no entry is of that day.
    /// `town` is the caller's; it counts where the book does not name its own.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where the chain does not hold: an anchor of it would vouch for what was altered.
    fn anchor(&self, town: &TownMark, day: Option<NaiveDate>) -> Result<Option<Anchor>, StoreError>;

    /// Drops the case table, and all that figures are counted from, and makes them again from the journal.
    ///
    /// # Errors
    /// Where the journal does not fold; then the table is left as it was.
    fn rebuild(&mut self) -> Result<u64, StoreError>;

    /// Copies the whole book, while it is in use, to a file that must not exist.
    ///
    /// # Errors
    /// Where the file exists or can't be written.
    fn backup(&self, to: &std::path::Path) -> Result<(), StoreError>;

    /// The entries made at `from` or later, in order; where there are more than `limit`, the last ones. Entries stand in
    /// the order in which they were written, so it looks back from the end until it meets older ones.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn entries_since(&self, from: DateTime<Utc>, limit: u32) -> Result<Vec<Entry>, StoreError> {
        const SLICE: i64 = 2_000;
        let mut found: Vec<Entry> = Vec::new();
        let mut end = self.last_seq()?;
        while end > 0 && found.len() < limit as usize {
            let start = (end - SLICE).max(0);
            let slice = self.entries_after(start, (end - start) as u32)?;
            let older = slice.iter().rposition(|entry| entry.at < from);
            let first = older.map_or(0, |older| older + 1);
            found.extend(slice.into_iter().skip(first).rev());
            if older.is_some() {
                break;
            }
            end = start;
        }
        found.truncate(limit as usize);
        found.reverse();
        Ok(found)
    }

    /// The posts that have a passphrase, each with its hash as a PHC string.
    ///
    /// # Errors
    /// Where the database can't be read.
    fn secrets(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(Vec::new())
    }

    /// Sets the hash of a post's passphrase, or takes it away, and appends `draft`, which tells of it, in the same
    /// transaction.
    ///
    /// # Errors
    /// As [`Self::append`]; then the passphrase is as before.
    fn set_secret(&mut self, draft: Draft, post: &str, phc: Option<&str>) -> Result<Vec<Entry>, StoreError> {
        let _ = (draft, phc);
        Err(StoreError::Unfit(format!(
            "this store keeps no passphrase of '{post}'"
        )))
    }

    /// Does small work that can wait until nobody waits for the store. Nothing depends on it.
    ///
    /// # Errors
    /// Where the database can't be written.
    fn tidy(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Where the book lies when nobody names a file: `book.db` in the platform's folder for this program's data. `None`
/// where the platform names no such folder (no home folder is set).
pub fn default_path() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "yipanqi")?;
    Some(folders.data_dir().join("book.db"))
}
