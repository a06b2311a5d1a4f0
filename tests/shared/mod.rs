//! A journal in memory that several hands have, as several programs have one file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use chrono::NaiveDate;
use yipanqi::case::{Case, CaseId, Entry, Origin};
use yipanqi::store::memory::MemoryStore;
use yipanqi::store::{
    Anchor, Bulk, CaseQuery, Draft, DrillMark, PhotoFile, Ready, Store, StoreError, TownMark, Verdict,
};
use yipanqi::town::{Standing, Standings};

type Journal = Arc<Mutex<MemoryStore>>;

/// The journals, by the folder that stands for each.
static ALL: LazyLock<Mutex<HashMap<PathBuf, Journal>>> = LazyLock::new(Mutex::default);

/// One hand's view of a journal.
pub struct Shared(Journal);

impl Shared {
    /// The journal that the folder stands for.
    pub fn of(folder: &Path) -> Self {
        Self(ALL.lock().unwrap().entry(folder.to_owned()).or_default().clone())
    }

    fn get(&self) -> MutexGuard<'_, MemoryStore> {
        self.0.lock().unwrap()
    }
}

impl Store for Shared {
    fn append(&mut self, drafts: Vec<Draft>, photos: &[PhotoFile]) -> Result<Vec<Entry>, StoreError> {
        self.get().append(drafts, photos)
    }
    fn append_ready(&mut self, ready: Ready) -> Result<Bulk, StoreError> {
        self.get().append_ready(ready)
    }
    fn settle(&mut self) -> Result<(), StoreError> {
        self.get().settle()
    }
    fn count_known(&self, origins: &[Origin]) -> Result<u64, StoreError> {
        self.get().count_known(origins)
    }
    fn open_cases(&self) -> Result<Vec<Case>, StoreError> {
        self.get().open_cases()
    }
    fn open_cases_as_of(&self) -> Result<(Vec<Case>, i64), StoreError> {
        self.get().open_cases_as_of()
    }
    fn entries_after(&self, seq: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.get().entries_after(seq, limit)
    }
    fn last_seq(&self) -> Result<i64, StoreError> {
        self.get().last_seq()
    }
    fn case(&self, id: CaseId) -> Result<Option<Case>, StoreError> {
        self.get().case(id)
    }
    fn history(&self, id: CaseId) -> Result<Vec<Entry>, StoreError> {
        self.get().history(id)
    }
    fn cases(&self, query: &CaseQuery, each: &mut dyn FnMut(Case) -> bool) -> Result<(), StoreError> {
        self.get().cases(query, each)
    }
    fn counts(&self) -> Result<(u64, u64), StoreError> {
        self.get().counts()
    }
    fn standings(&self) -> Result<Standings, StoreError> {
        self.get().standings()
    }
    fn set_standing(&mut self, standing: &Arc<Standing>) -> Result<(), StoreError> {
        self.get().set_standing(standing)
    }
    fn photo(&self, hash: &str) -> Result<Option<PhotoFile>, StoreError> {
        self.get().photo(hash)
    }
    fn town(&self) -> Result<Option<TownMark>, StoreError> {
        self.get().town()
    }
    fn set_town(&mut self, town: &TownMark) -> Result<(), StoreError> {
        self.get().set_town(town)
    }
    fn drill(&self) -> Result<Option<DrillMark>, StoreError> {
        self.get().drill()
    }
    fn set_drill(&mut self, mark: &DrillMark) -> Result<(), StoreError> {
        self.get().set_drill(mark)
    }
    fn verify_with(&self, anchors: &[Anchor]) -> Result<Verdict, StoreError> {
        self.get().verify_with(anchors)
    }
    fn anchor(&self, town: &TownMark, day: Option<NaiveDate>) -> Result<Option<Anchor>, StoreError> {
        self.get().anchor(town, day)
    }
    fn rebuild(&mut self) -> Result<u64, StoreError> {
        self.get().rebuild()
    }
    fn backup(&self, to: &Path) -> Result<(), StoreError> {
        self.get().backup(to)
    }
    fn secrets(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.get().secrets()
    }
    fn set_secret(&mut self, draft: Draft, post: &str, phc: Option<&str>) -> Result<Vec<Entry>, StoreError> {
        self.get().set_secret(draft, post, phc)
    }
}
