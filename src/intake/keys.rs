//! The keys of one file's rows, so that a row that comes twice is told from one that contradicts another.
//!
//! This is the one part of an import that grows with the file: a key and its content are kept in 12 bytes, of which about
//! one in eight stays free, so 14 bytes a row.

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

/// Places of a table that nobody has filled yet.
const ROOM: usize = 1 << 14;

/// A key: the halves of its hash, and what is remembered of it. The hash 0 marks a free place.
type Place = [u32; 3];

/// Keys that were seen in a file, as hashes. Two different keys are taken for one in fewer than one file of a million
/// rows among ten million such files.
///
/// A table of its own, because that of the standard library takes two to three times the memory.
#[derive(Debug)]
pub struct Keys {
    places: Vec<Place>,
    used: usize,
    expected: usize,
    state: RandomState,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            places: vec![[0; 3]; ROOM],
            used: 0,
            expected: 0,
            state: RandomState::new(),
        }
    }
}

impl Keys {
    /// Says how many keys there will be, as well as that is known. The table grows to that size at once when it grows.
    pub fn expect(&mut self, keys: usize) {
        self.expected = keys;
    }

    /// Remembers the key of a row and says whether it came before. The first `columns` cells are the row's content.
    pub fn see(&mut self, key: &str, row: &Row, columns: usize) -> Seen {
        let content = self.content(row, columns);
        let (known, is_new) = self.place(self.state.hash_one(key));
        if is_new {
            *known = content;
            Seen::First
        } else if *known == content {
            Seen::Same
        } else {
            Seen::Other
        }
    }

    /// What is remembered of a key, and whether it comes for the first time.
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

    fn grow(&mut self) {
        // What is expected is a guess: a file can't ask for much more memory than its keys have taken so far.
        let wanted = self.expected.min(self.used * 16);
        let wanted = wanted.max(self.used + self.used / 4 + ROOM);
        let mut places = vec![[0; 3]; wanted / 7 * 8 + 8];
        for place in self.places.iter().filter(|place| place[..2] != [0, 0]) {
            let hash = u64::from(place[0]) << 32 | u64::from(place[1]);
            let at = find(&places, hash);
            places[at] = *place;
        }
        self.places = places;
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
        let (count, _) = self.place(self.state.hash_one(&hash));
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
    fn a_key_takes_fourteen_bytes_where_their_number_is_known() {
        let mut keys = Keys::default();
        keys.expect(1_000_000);
        for n in 0..1_000_000_u64 {
            // Spread like hashes; the same number never comes twice.
            keys.place(n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        }
        assert_eq!(keys.used, 1_000_000);
        assert!(keys.places.len() * size_of::<Place>() < 14 * 1_000_000);
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
