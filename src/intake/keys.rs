//! The keys of one file's rows, so that a row that comes twice is told from one that contradicts another.
//!
//! This is the one part of an import that grows with the file: a key and its content are kept as 12 bytes.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::{BuildHasher, Hasher};

use sha2::{Digest, Sha256};

use super::table::Row;

/// What is known of a row's key within its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It comes for the first time.
    First,
    /// It came before, in a row with the same content.
    Same,
    /// It came before, in a row with other content.
    Other,
}

/// Keys that were seen in a file, as hashes. Two different keys are taken for one in fewer than one file of a million
/// rows among ten million such files.
#[derive(Debug, Default)]
pub struct Keys {
    seen: HashMap<u64, u32>,
    state: RandomState,
}

impl Keys {
    /// Makes room for that many keys.
    pub fn with_capacity(keys: usize) -> Self {
        Self {
            seen: HashMap::with_capacity(keys),
            state: RandomState::new(),
        }
    }

    /// Remembers the key of a row and says whether it came before. The first `columns` cells are the row's content.
    pub fn see(&mut self, key: &str, row: &Row, columns: usize) -> Seen {
        let content = self.content(row, columns);
        match self.seen.entry(self.state.hash_one(key)) {
            Entry::Vacant(free) => {
                free.insert(content);
                Seen::First
            }
            Entry::Occupied(known) if *known.get() == content => Seen::Same,
            Entry::Occupied(_) => Seen::Other,
        }
    }

    /// A key for a row of a file that has none: a hash of the cells that count, and how often they came before.
    /// The hash is the same on every machine and in every version of this program.
    pub fn make<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> String {
        let mut hasher = Sha256::new();
        for cell in cells {
            hasher.update(cell.as_bytes());
            hasher.update([0xFF]);
        }
        let hash: String = hasher.finalize()[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let count = self.seen.entry(self.state.hash_one(&hash)).or_insert(0);
        *count += 1;
        format!("{hash}-{count}")
    }

    fn content(&self, row: &Row, columns: usize) -> u32 {
        let (text, ends) = row.raw();
        let ends = &ends[..columns.min(ends.len())];
        let mut hasher = self.state.build_hasher();
        hasher.write(&text[..ends.last().copied().unwrap_or(0)]);
        hasher.write_u64(
            ends.iter()
                .fold(0, |sum: u64, end| sum.wrapping_mul(31).wrapping_add(*end as u64)),
        );
        // Half of the hash is enough: it is compared with that of one row only.
        hasher.finish() as u32
    }
}
