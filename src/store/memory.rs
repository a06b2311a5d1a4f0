//! A journal in memory, gone with the program: for drills that are only counted, for tests and for benches.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use super::chain::{Hash, body, link, shown, start};
use super::ready::{Ready, check_numbers};
use super::{
    Anchor, Bulk, CaseQuery, ChainFault, ChainFaultKind, Draft, DrillMark, PhotoFile, Store, StoreError,
    TownMark, Verdict,
};
use crate::case::{Action, Case, CaseId, Duty, Entry, Folding, Origin, PhotoHash};
use crate::town::{Standing, Standings};

/// The id under which its anchors name it. There is no file that they could be compared with later.
const ID: &str = "memory";

/// A journal in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    entries: Vec<Entry>,
    cases: HashMap<CaseId, Case>,
    last_case: i64,
    /// The version of the hall itself; see [`Duty::version`].
    duty_version: Option<u32>,
    origins: HashSet<(String, String)>,
    photos: HashMap<PhotoHash, PhotoFile>,
    secrets: Vec<(String, String)>,
    town: Option<TownMark>,
    standings: Standings,
    drill: Option<DrillMark>,
}

/// What a transaction has made so far.
#[derive(Default)]
struct Pending {
    entries: Vec<Entry>,
    cases: HashMap<CaseId, Case>,
    last_case: i64,
    duty_version: u32,
    origins: HashSet<(String, String)>,
}

fn key(origin: &Origin) -> (String, String) {
    (origin.profile.to_string(), origin.key.to_string())
}

impl MemoryStore {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// All entries, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn begin(&self) -> Pending {
        Pending {
            last_case: self.last_case,
            duty_version: self.duty_version.unwrap_or(Duty::default().version),
            ..Pending::default()
        }
    }

    fn commit(&mut self, pending: Pending) -> Vec<Entry> {
        self.last_case = pending.last_case;
        self.duty_version = Some(pending.duty_version);
        self.cases.extend(pending.cases);
        self.origins.extend(pending.origins);
        self.entries.extend(pending.entries.iter().cloned());
        pending.entries
    }

    fn add(&self, pending: &mut Pending, draft: Draft) -> Result<(), StoreError> {
        check_numbers(&draft.action)?;
        let (case, version) = match draft.case {
            None if draft.based_on != 0 => {
                return Err(StoreError::Unfit("a new case is based on version 0".to_owned()));
            }
            None => (CaseId(pending.last_case + 1), 0),
            Some(CaseId::HALL) => (CaseId::HALL, pending.duty_version),
            Some(id) => {
                let there = pending.cases.get(&id).or_else(|| self.cases.get(&id));
                (id, there.ok_or(StoreError::NoCase(id))?.version)
            }
        };
        if draft.based_on != version && draft.based_on != Draft::ANY_VERSION {
            return Err(StoreError::Conflict {
                case,
                based_on: draft.based_on,
                found: version,
            });
        }
        let entry = Entry {
            seq: (self.entries.len() + pending.entries.len()) as i64 + 1,
            case,
            version: version + 1,
            at: DateTime::from_timestamp_millis(draft.at.timestamp_millis()).unwrap_or(draft.at),
            actor: draft.actor,
            seat: draft.seat,
            action: draft.action,
        };
        if case == CaseId::HALL {
            if !matches!(entry.action, Action::Duty(_)) {
                return Err(StoreError::Unfit(
                    "it is an action on a case, but names none".to_owned(),
                ));
            }
            pending.duty_version = entry.version;
        } else {
            self.fold(pending, &entry)?;
        }
        pending.entries.push(entry);
        Ok(())
    }

    fn fold(&self, pending: &mut Pending, entry: &Entry) -> Result<(), StoreError> {
        let unfit = |error: crate::case::FoldError| StoreError::Unfit(error.to_string());
        if entry.version == 1 {
            let case = Case::open(entry).map_err(unfit)?;
            if let Some(origin) = &case.origin {
                let key = key(origin);
                if self.origins.contains(&key) || pending.origins.contains(&key) {
                    let (profile, key) = key;
                    return Err(StoreError::Unfit(format!(
                        "the row '{key}' of '{profile}' is already there"
                    )));
                }
                pending.origins.insert(key);
            }
            pending.last_case = entry.case.0;
            pending.cases.insert(entry.case, case);
            return Ok(());
        }
        let there = pending
            .cases
            .get(&entry.case)
            .or_else(|| self.cases.get(&entry.case));
        let mut case = there.ok_or(StoreError::NoCase(entry.case))?.clone();
        case.apply(entry).map_err(unfit)?;
        pending.cases.insert(entry.case, case);
        Ok(())
    }

    /// Gives each entry with the hash that it has in the chain.
    fn walk(&self, mut each: impl FnMut(&Entry, &Hash)) -> Result<Hash, StoreError> {
        let mut hash = start(ID);
        for entry in &self.entries {
            let json = serde_json::to_vec(&entry.action).map_err(|e| StoreError::Damaged(e.to_string()))?;
            let body = body(
                entry.at.timestamp_millis(),
                entry.actor.as_bytes(),
                entry.seat.as_bytes(),
                &json,
            );
            hash = link(&hash, entry.seq, entry.case.0, i64::from(entry.version), &body);
            each(entry, &hash);
        }
        Ok(hash)
    }

    /// Folds all again. Faults are told in words.
    fn fold_again(&self) -> (HashMap<CaseId, Case>, Vec<String>) {
        let mut folded: HashMap<CaseId, Folding> = HashMap::new();
        let mut faults = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.case != CaseId::HALL) {
            let result = match folded.get_mut(&entry.case) {
                Some(folding) => folding.apply(entry),
                None => Folding::open(entry).map(|folding| drop(folded.insert(entry.case, folding))),
            };
            if let Err(error) = result {
                faults.push(error.to_string());
            }
        }
        let cases = folded.into_iter().map(|(id, folding)| (id, folding.case));
        (cases.collect(), faults)
    }
}

impl Store for MemoryStore {
    fn append(&mut self, drafts: Vec<Draft>, photos: &[PhotoFile]) -> Result<Vec<Entry>, StoreError> {
        let mut pending = self.begin();
        for draft in drafts {
            for photo in draft.action.photos() {
                let comes = photos.iter().any(|file| file.hash == photo.hash);
                if !comes && !self.photos.contains_key(&photo.hash) {
                    return Err(StoreError::Unfit(format!(
                        "the photo {} did not come with it",
                        photo.hash
                    )));
                }
            }
            self.add(&mut pending, draft)?;
        }
        for photo in photos {
            self.photos.insert(photo.hash.clone(), photo.clone());
        }
        Ok(self.commit(pending))
    }

    fn append_ready(&mut self, ready: Ready) -> Result<Bulk, StoreError> {
        let ready = ready.checked()?;
        if let Some(missing) = ready
            .photos()
            .iter()
            .find(|hash| !self.photos.contains_key(*hash))
        {
            return Err(StoreError::Unfit(format!(
                "the photo {missing} did not come with it"
            )));
        }
        let mut pending = self.begin();
        let mut bulk = Bulk::default();
        for row in ready.rows() {
            let key = key(&ready.origin(row)?);
            if self.origins.contains(&key) || pending.origins.contains(&key) {
                bulk.already_there += 1;
                continue;
            }
            let by = ready.by(row);
            let action =
                serde_json::from_slice(ready.json(row)).map_err(|e| StoreError::Unfit(e.to_string()))?;
            let draft = Draft {
                case: None,
                based_on: 0,
                at: DateTime::from_timestamp_millis(by.at_ms).unwrap_or_default(),
                actor: by.actor.clone(),
                seat: by.seat.clone(),
                action,
            };
            self.add(&mut pending, draft)?;
            bulk.added += 1;
        }
        self.commit(pending);
        Ok(bulk)
    }

    fn count_known(&self, origins: &[Origin]) -> Result<u64, StoreError> {
        let known = origins
            .iter()
            .filter(|origin| self.origins.contains(&key(origin)));
        Ok(known.count() as u64)
    }

    fn open_cases(&self) -> Result<Vec<Case>, StoreError> {
        let mut open: Vec<Case> = self
            .cases
            .values()
            .filter(|case| case.stage.is_open())
            .cloned()
            .collect();
        open.sort_by_key(|case| case.id);
        Ok(open)
    }

    fn open_cases_as_of(&self) -> Result<(Vec<Case>, i64), StoreError> {
        Ok((self.open_cases()?, self.last_seq()?))
    }

    fn entries_after(&self, seq: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let from = usize::try_from(seq).unwrap_or_default().min(self.entries.len());
        let until = (from + limit as usize).min(self.entries.len());
        Ok(self.entries[from..until].to_vec())
    }

    fn last_seq(&self) -> Result<i64, StoreError> {
        Ok(self.entries.len() as i64)
    }

    fn case(&self, id: CaseId) -> Result<Option<Case>, StoreError> {
        Ok(self.cases.get(&id).cloned())
    }

    fn history(&self, id: CaseId) -> Result<Vec<Entry>, StoreError> {
        Ok(self
            .entries
            .iter()
            .filter(|entry| entry.case == id)
            .cloned()
            .collect())
    }

    fn cases(&self, query: &CaseQuery, each: &mut dyn FnMut(Case) -> bool) -> Result<(), StoreError> {
        let fits = |case: &&Case| {
            query.class.is_none_or(|class| case.class == class)
                && query.stage.is_none_or(|stage| case.stage == stage)
                && (!query.open || case.stage.is_open())
        };
        let mut found: Vec<&Case> = self.cases.values().filter(fits).collect();
        found.sort_by_key(|case| std::cmp::Reverse(case.id));
        let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
        for case in found.into_iter().take(limit) {
            if !each(case.clone()) {
                break;
            }
        }
        Ok(())
    }

    fn counts(&self) -> Result<(u64, u64), StoreError> {
        let open = self.cases.values().filter(|case| case.stage.is_open()).count();
        Ok((self.cases.len() as u64, open as u64))
    }

    fn standings(&self) -> Result<Standings, StoreError> {
        Ok(self.standings.clone())
    }

    fn set_standing(&mut self, standing: &Arc<Standing>) -> Result<(), StoreError> {
        let bytes = |standing: &Standing| {
            let cannot = |what| StoreError::Unfit(format!("the town can't be kept: {what}"));
            standing.to_bytes().map_err(cannot)
        };
        let last = self.standings.last().map(|last| bytes(last)).transpose()?;
        if last != Some(bytes(standing)?) {
            self.standings
                .push(self.entries.len() as i64 + 1, standing.clone());
        }
        Ok(())
    }

    fn photo(&self, hash: &str) -> Result<Option<PhotoFile>, StoreError> {
        Ok(self.photos.get(hash).cloned())
    }

    fn town(&self) -> Result<Option<TownMark>, StoreError> {
        Ok(self.town.clone())
    }

    fn set_town(&mut self, town: &TownMark) -> Result<(), StoreError> {
        if let Some(there) = self.town.as_ref().filter(|there| there.id != town.id) {
            return Err(StoreError::OtherTown {
                path: ID.into(),
                theirs: there.id.clone(),
                ours: town.id.clone(),
            });
        }
        self.town = Some(town.clone());
        Ok(())
    }

    fn drill(&self) -> Result<Option<DrillMark>, StoreError> {
        Ok(self.drill.clone())
    }

    fn set_drill(&mut self, mark: &DrillMark) -> Result<(), StoreError> {
        DrillMark::may_be_set(
            self.drill.as_ref(),
            mark,
            self.entries.len() as i64,
            Path::new(ID),
        )?;
        self.drill = Some(mark.clone());
        Ok(())
    }

    fn verify_with(&self, anchors: &[Anchor]) -> Result<Verdict, StoreError> {
        let (folded, mut faults) = self.fold_again();
        if folded != self.cases {
            faults.push("the cases are not what the journal makes".to_owned());
        }
        let mut unmet: Vec<&Anchor> = anchors.iter().filter(|anchor| anchor.book == ID).collect();
        let other = anchors.iter().find(|anchor| anchor.book != ID);
        let hash = self.walk(|entry, hash| {
            unmet.retain(|anchor| anchor.seq != entry.seq || anchor.hash != shown(hash));
        })?;
        let fault = |anchor: &Anchor, kind| ChainFault {
            entry: anchor.seq,
            kind,
            words: format!(
                "entry {} is not the one that the anchor of {} names",
                anchor.seq, anchor.day
            ),
        };
        let chain = match (other, unmet.first()) {
            (Some(anchor), _) => Some(fault(anchor, ChainFaultKind::OtherBook)),
            (_, Some(anchor)) if anchor.seq > self.entries.len() as i64 => {
                Some(fault(anchor, ChainFaultKind::Cut))
            }
            (_, anchor) => anchor.map(|anchor| fault(anchor, ChainFaultKind::Rewritten)),
        };
        faults.extend(chain.as_ref().map(|fault| fault.words.clone()));
        Ok(Verdict {
            entries: self.entries.len() as u64,
            cases: self.cases.len() as u64,
            ok: faults.is_empty(),
            faults,
            book: ID.to_owned(),
            last_seq: self.entries.len() as i64,
            last_hash: shown(&hash),
            anchors: anchors.len() as u64,
            chain,
        })
    }

    fn anchor(&self, town: &TownMark, day: Option<NaiveDate>) -> Result<Option<Anchor>, StoreError> {
        let town = self.town.as_ref().unwrap_or(town);
        let day_of = |at: DateTime<Utc>| at.with_timezone(&town.timezone).date_naive();
        let Some(day) = day.or(self.entries.last().map(|entry| day_of(entry.at))) else {
            return Ok(None);
        };
        let (mut entries, mut last) = (0, None);
        self.walk(|entry, hash| {
            if day_of(entry.at) == day {
                entries += 1;
                last = Some((entry.seq, *hash));
            }
        })?;
        Ok(last.map(|(seq, hash)| Anchor {
            book: ID.to_owned(),
            town: town.id.clone(),
            timezone: town.timezone,
            day,
            entries,
            seq,
            hash: shown(&hash),
        }))
    }

    fn rebuild(&mut self) -> Result<u64, StoreError> {
        let (folded, faults) = self.fold_again();
        if let Some(fault) = faults.into_iter().next() {
            return Err(StoreError::Damaged(fault));
        }
        self.cases = folded;
        Ok(self.cases.len() as u64)
    }

    fn backup(&self, to: &Path) -> Result<(), StoreError> {
        Err(StoreError::ReadOnly {
            path: to.to_owned(),
            reason: "a journal in memory has no file to be copied".to_owned(),
        })
    }

    fn secrets(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(self.secrets.clone())
    }

    fn set_secret(&mut self, draft: Draft, post: &str, phc: Option<&str>) -> Result<Vec<Entry>, StoreError> {
        let entries = self.append(vec![draft], &[])?;
        self.secrets.retain(|(there, _)| there != post);
        if let Some(phc) = phc {
            self.secrets.push((post.to_owned(), phc.to_owned()));
            self.secrets.sort();
        }
        Ok(entries)
    }
}
