//! The keys of one file's rows, so that a row that comes twice is told from one that contradicts another.
//!
//! This is the one part of an import that grows with the file: a key and its content are kept in 12 bytes, in tables of
//! which up to a third stays free, so 18 bytes a row at most.

use std::hash::{BuildHasher, Hasher, RandomState};

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

/// Shelves that keys are spread over.
const SHELVES: usize = 1024;

/// A key: the halves of its hash, and what is remembered of it. The hash 0 marks a free place.
type Place = [u32; 3];

/// Keys that were seen in a file, as hashes. Two different keys are taken for one in fewer than one file of a million
/// rows among ten million such files.
///
/// Keys that differ in their last three characters only stand on one shelf. In most files such keys follow each other, so
/// that the next key is looked for where the processor has just been, and not anywhere in the memory. Tables of their own,
/// because those of the standard library take two to three times the memory.
#[derive(Debug)]
pub struct Keys {
    shelves: Vec<Shelf>,
    state: RandomState,
}

/// Some of the keys.
#[derive(Clone, Debug, Default)]
struct Shelf {
    places: Vec<Place>,
    used: usize,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            shelves: vec![Shelf::default(); SHELVES],
            state: RandomState::new(),
        }
    }
}

impl Keys {
    /// Remembers the key of a row and says whether it came before. The first `columns` cells are the row's content.
    pub fn see(&mut self, key: &str, row: &Row, columns: usize) -> Seen {
        let content = self.content(row, columns);
        let hash = self.state.hash_one(key);
        let (known, is_new) = self.shelf(key).place(hash);
        if is_new {
            *known = content;
            Seen::First
        } else if *known == content {
            Seen::Same
        } else {
            Seen::Other
        }
    }

    /// Where that key stands.
    fn shelf(&mut self, key: &str) -> &mut Shelf {
        let cut = key.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
        let hash = self.state.hash_one(&key[..cut]);
        &mut self.shelves[hash as usize % SHELVES]
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
        let key = self.state.hash_one(&hash);
        let (count, _) = self.shelf(&hash).place(key);
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

impl Shelf {
    /// What is remembered of the key with that hash, and whether it comes for the first time.
    fn place(&mut self, hash: u64) -> (&mut u32, bool) {
        if self.used >= self.places.len() / 8 * 7 {
            self.grow();
        }
        let hash = hash.max(1);
        let at = find(&self.places, hash);
        let place = &mut self.places[at];
        let is_new = place[..2] == [0, 0];
        if is_new {
            *place = [(hash >> 32) as u32, hash as u32, 0];
            self.used += 1;
        }
        (&mut place[2], is_new)
    }

    /// A quarter more room: more would stay free for long.
    fn grow(&mut self) {
        let mut places = vec![[0; 3]; self.places.len() / 32 * 40 + 32];
        for place in self.places.iter().filter(|place| place[..2] != [0, 0]) {
            let hash = u64::from(place[0]) << 32 | u64::from(place[1]);
            let at = find(&places, hash);
            places[at] = *place;
        }
        self.places = places;
    }
}

/// Where the key with that hash stands, or the free place for it. There is always a free place.
fn find(places: &[Place], hash: u64) -> usize {
    // The upper half of the product spreads hashes evenly over a table of any size.
    let mut at = ((u128::from(hash) * places.len() as u128) >> 64) as usize;
    let halves = [(hash >> 32) as u32, hash as u32];
    while places[at][..2] != halves && places[at][..2] != [0, 0] {
        at = if at + 1 == places.len() { 0 } else { at + 1 };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Row {
        let mut row = Row::default();
        for cell in cells {
            row.push(cell);
        }
        row
    }

    #[test]
    fn keys_are_told_apart_while_the_table_grows() {
        let mut keys = Keys::default();
        for n in 0..200_000_u32 {
            let key = n.to_string();
            assert_eq!(keys.see(&key, &row(&[&key, "a"]), 2), Seen::First);
        }
        for n in 0..200_000_u32 {
            let key = n.to_string();
            let (content, seen) = if n % 2 == 0 {
                ("a", Seen::Same)
            } else {
                ("b", Seen::Other)
            };
            assert_eq!(keys.see(&key, &row(&[&key, content]), 2), seen);
        }
    }

    #[test]
    fn a_key_takes_eighteen_bytes_at_most() {
        let like_numbers = |n: usize| format!("18-{n:08}");
        let like_dice = |n: usize| format!("{:016x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        for key in [&like_numbers as &dyn Fn(usize) -> String, &like_dice] {
            let mut keys = Keys::default();
            for n in 0..150_000 {
                let row = row(&["a"]);
                assert_eq!(keys.see(&key(n), &row, 1), Seen::First);
                let places: usize = keys.shelves.iter().map(|shelf| shelf.places.len()).sum();
                if n > 100_000 && n % 10_000 == 0 {
                    assert!(
                        places * size_of::<Place>() < 18 * n,
                        "{places} places for {n} keys"
                    );
                }
            }
        }
    }

    #[test]
    fn a_made_key_counts_rows_alike() {
        let mut keys = Keys::default();
        let first = keys.make(["a", "b"].into_iter());
        let again = keys.make(["a", "b"].into_iter());
        assert_ne!(keys.make(["ab", ""].into_iter()), first);
        assert!(first.ends_with("-1") && again.ends_with("-2"));
    }
}
