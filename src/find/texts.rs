//! The words of all cases: their texts, and an index of the pairs of characters that stand in them.
//!
//! A text of Chinese has no spaces, and most of its words are of two characters: so every pair of neighbours is indexed. A
//! word of two characters is one list of the index; of a longer one the lists of its pairs are cut with each other, and what is
//! left is read; for a single character, the lists of all pairs that begin with it are put together. Texts are in chunks; the
//! index covers the first ones of a chunk, and what came later is read through, until there is enough of it to be indexed.

use std::collections::HashMap;
use std::sync::Arc;

use super::fold::{Word, fold_char};
use super::rows::CHUNK;

/// Places of a chunk, a bit each.
pub type Bits = [u64; CHUNK / 64];

/// So many texts that are in no index yet are read through at each search; with more, the chunk is indexed anew.
const LOOSE_MAX: usize = 2048;

/// Ends each text in the index, so that its last character begins a pair, too. Texts have it between their parts.
const END: char = '\n';

/// No place.
pub fn nothing() -> Box<Bits> {
    Box::new([0; CHUNK / 64])
}

/// Sets the bit of a place.
pub fn set(bits: &mut Bits, local: usize) {
    bits[local / 64] |= 1 << (local % 64);
}

/// Whether the bit of a place is set.
pub fn has(bits: &Bits, local: usize) -> bool {
    bits[local / 64] >> (local % 64) & 1 == 1
}

/// The places whose bits are set.
pub fn places(bits: &Bits) -> impl Iterator<Item = usize> {
    bits.iter().enumerate().flat_map(|(i, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(i * 64 + bit)
        })
    })
}

/// The texts of up to [`CHUNK`] cases.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// Those that are in the index, the first ones of the chunk.
    packed: Arc<Packed>,
    pairs: Arc<Pairs>,
    /// Those that came later, one after the other, and where each ends.
    loose: String,
    ends: Vec<u32>,
    /// Texts that have changed, by their place. They are in no index.
    changed: HashMap<u16, Box<str>>,
}

impl Texts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.packed.ends.len() + self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text in that place; empty where there is none.
    pub fn get(&self, local: usize) -> String {
        let changed = u16::try_from(local)
            .ok()
            .and_then(|local| self.changed.get(&local));
        match (changed, local.checked_sub(self.packed.ends.len())) {
            (Some(text), _) => text.to_string(),
            (None, Some(loose)) => self.loose(loose).to_owned(),
            (None, None) => self.packed.chars(local).collect(),
        }
    }

    fn loose(&self, place: usize) -> &str {
        let range = range(&self.ends, place);
        self.loose.get(range).unwrap_or_default()
    }

    /// Adds the next text, or puts a new one in place of one that is there. A chunk that is full of very long texts (4 GB) keeps
    /// the beginnings of those that no longer fit.
    pub fn set(&mut self, local: usize, text: &str) {
        if local == self.len() {
            let room = (u32::MAX as usize).saturating_sub(self.loose.len());
            self.loose.push_str(&text[..text.floor_char_boundary(room)]);
            self.ends.push(self.loose.len() as u32);
        } else if let Ok(place) = u16::try_from(local)
            && local < self.len()
            && self.get(local) != text
        {
            self.changed.insert(place, text.into());
        }
    }

    /// How many texts a search reads through.
    pub fn in_no_index(&self) -> usize {
        self.ends.len() + self.changed.len()
    }

    /// Whether there is enough to index: a chunk that is full, or very many texts that are in no index.
    pub fn is_due(&self) -> bool {
        (!self.ends.is_empty() && self.len() == CHUNK) || self.in_no_index() > LOOSE_MAX
    }

    /// Indexes all of it.
    pub fn index(&mut self) {
        if self.in_no_index() == 0 {
            return;
        }
        self.pairs = Arc::new(Pairs::of(self));
        self.packed = Arc::new(Packed::of(self));
        self.loose = String::new();
        self.ends = Vec::new();
        self.changed.clear();
    }

    /// Where `word` stands. An empty word stands in every text.
    pub fn find(&self, word: &Word) -> Box<Bits> {
        let mut bits = nothing();
        self.pairs.find(word, &mut bits);
        if word.chars().len() > 2 {
            // Its pairs are there, perhaps not one after the other.
            let candidates: Vec<usize> = places(&bits).collect();
            for local in candidates {
                if !word.is_in_chars(self.packed.chars(local)) {
                    clear(&mut bits, local);
                }
            }
        }
        let first = self.packed.ends.len();
        for place in 0..self.ends.len() {
            if word.is_found(self.loose(place)) {
                set(&mut bits, first + place);
            }
        }
        for (local, text) in &self.changed {
            clear(&mut bits, usize::from(*local));
            if word.is_found(text) {
                set(&mut bits, usize::from(*local));
            }
        }
        bits
    }

    /// Bytes of memory that it takes: of the texts, and of the index.
    pub fn bytes(&self) -> (usize, usize) {
        let changed: usize = self.changed.values().map(|text| text.len() + 32).sum();
        let loose = self.loose.capacity() + self.ends.capacity() * 4;
        let packed = &self.packed;
        let packed = packed.bytes.capacity() + packed.ends.capacity() * 4 + packed.table.capacity() * 4;
        (packed + loose + changed, self.pairs.bytes())
    }
}

fn clear(bits: &mut Bits, local: usize) {
    bits[local / 64] &= !(1 << (local % 64));
}

/// From where to where the text in that place reaches.
fn range(ends: &[u32], place: usize) -> std::ops::Range<usize> {
    let start = match place.checked_sub(1) {
        Some(before) => ends.get(before).copied().unwrap_or_default(),
        None => 0,
    };
    let end = ends.get(place).copied().unwrap_or(start);
    start as usize..end as usize
}

/// Texts in a code of their own: the most frequent characters of the chunk take one byte, all others two. A Chinese text
/// takes half as much as in UTF-8.
#[derive(Debug, Default)]
struct Packed {
    /// The characters, by their number.
    table: Vec<char>,
    bytes: Vec<u8>,
    /// Where each text ends.
    ends: Vec<u32>,
}

/// Numbers below this take one byte.
const SHORT: usize = 0x80;
/// What stands before a character that has no number, for which there are then three bytes.
const NO_NUMBER: usize = 0x7fff;

impl Packed {
    fn of(texts: &Texts) -> Self {
        let mut counts: HashMap<char, u32> = HashMap::new();
        for local in 0..texts.len() {
            for c in texts.get(local).chars() {
                *counts.entry(c).or_default() += 1;
            }
        }
        let mut table: Vec<(u32, char)> = counts.into_iter().map(|(c, n)| (n, c)).collect();
        table.sort_unstable_by(|a, b| b.cmp(a));
        table.truncate(SHORT + NO_NUMBER);
        let table: Vec<char> = table.into_iter().map(|(_, c)| c).collect();
        let numbers: HashMap<char, usize> = table.iter().enumerate().map(|(n, c)| (*c, n)).collect();
        let mut packed = Self {
            table,
            ..Self::default()
        };
        for local in 0..texts.len() {
            for c in texts.get(local).chars() {
                packed.push(c, numbers.get(&c).copied());
            }
            packed
                .ends
                .push(u32::try_from(packed.bytes.len()).unwrap_or(u32::MAX));
        }
        packed.bytes.shrink_to_fit();
        packed.ends.shrink_to_fit();
        packed
    }

    fn push(&mut self, c: char, number: Option<usize>) {
        match number {
            Some(n) if n < SHORT => self.bytes.push(n as u8),
            Some(n) => {
                let [high, low] = ((n - SHORT) as u16 | 0x8000).to_be_bytes();
                self.bytes.extend([high, low]);
            }
            None => {
                let [_, a, b, d] = u32::from(c).to_be_bytes();
                self.bytes.extend([0xff, 0xff, a, b, d]);
            }
        }
    }

    fn chars(&self, place: usize) -> PackedChars<'_> {
        PackedChars {
            table: &self.table,
            bytes: self
                .bytes
                .get(range(&self.ends, place))
                .unwrap_or_default()
                .iter(),
        }
    }
}

/// The characters of a packed text.
#[derive(Clone)]
struct PackedChars<'a> {
    table: &'a [char],
    bytes: std::slice::Iter<'a, u8>,
}

impl Iterator for PackedChars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let first = *self.bytes.next()?;
        if first < 0x80 {
            return self.table.get(usize::from(first)).copied();
        }
        let n = usize::from(u16::from_be_bytes([first, *self.bytes.next()?]) & 0x7fff);
        if n < NO_NUMBER {
            return self.table.get(SHORT + n).copied();
        }
        let mut next = || self.bytes.next().copied();
        char::from_u32(u32::from_be_bytes([0, next()?, next()?, next()?]))
    }
}

/// Which pairs of characters stand where.
#[derive(Debug, Default)]
struct Pairs {
    /// So many texts are in it, the first ones of the chunk.
    texts: usize,
    /// The pairs, in order: see [`pair`].
    keys: Vec<u64>,
    /// Where the list of each pair ends.
    ends: Vec<u32>,
    /// The lists: places in order, each as its distance from the one before, seven bits to a byte.
    lists: Vec<u8>,
}

fn pair(first: char, second: char) -> u64 {
    u64::from(u32::from(first)) << 21 | u64::from(u32::from(second))
}

impl Pairs {
    fn of(texts: &Texts) -> Self {
        // Characters of a chunk are numbered, so that a pair and its place are one number that is sorted quickly.
        let mut numbers: HashMap<char, u32> = HashMap::new();
        let mut chars: Vec<char> = Vec::new();
        let mut ascii = [u32::MAX; 128];
        let mut number = |c: char| -> u32 {
            if let Some(known) = ascii.get(c as usize).filter(|n| **n != u32::MAX) {
                return *known;
            }
            let n = *numbers.entry(c).or_insert_with(|| {
                chars.push(c);
                chars.len() as u32 - 1
            });
            if let Some(slot) = ascii.get_mut(c as usize) {
                *slot = n;
            }
            n
        };
        // At most 24 bits for each character, and 16 for the place.
        let mut found: Vec<u64> = Vec::with_capacity(texts.len() * 32);
        for local in 0..texts.len() {
            let from = found.len();
            let mut before = None;
            for c in texts.get(local).chars().map(fold_char).chain([END]) {
                let n = u64::from(number(c));
                if let Some(before) = before {
                    found.push(before << 40 | n << 16 | local as u64);
                }
                before = Some(n);
            }
            // What repeats within one text is seen at once, and need not be sorted among all.
            let own = &mut found[from..];
            own.sort_unstable();
            let mut kept = from;
            for i in from..found.len() {
                if kept == from || found[i] != found[kept - 1] {
                    found[kept] = found[i];
                    kept += 1;
                }
            }
            found.truncate(kept);
        }
        found.sort_unstable();
        let mut lists: Vec<(u64, std::ops::Range<usize>)> = Vec::new();
        let mut start = 0;
        for list in found.chunk_by(|a, b| a >> 16 == b >> 16) {
            let key = list[0] >> 16;
            let key = pair(chars[(key >> 24) as usize], chars[(key & 0xff_ffff) as usize]);
            lists.push((key, start..start + list.len()));
            start += list.len();
        }
        lists.sort_unstable_by_key(|(key, _)| *key);
        let mut pairs = Self {
            texts: texts.len(),
            keys: lists.iter().map(|(key, _)| *key).collect(),
            ends: Vec::with_capacity(lists.len()),
            lists: Vec::with_capacity(found.len() * 5 / 4),
        };
        for (_, list) in lists {
            let mut before = 0;
            for place in found[list].iter().map(|entry| entry & 0xffff) {
                push(&mut pairs.lists, (place - before) as u32);
                before = place;
            }
            pairs.ends.push(pairs.lists.len() as u32);
        }
        pairs.lists.shrink_to_fit();
        pairs
    }

    /// Sets the bits of all texts that have the word, and for a word of three characters or more of all that may have it.
    fn find(&self, word: &Word, bits: &mut Bits) {
        match word.chars() {
            [] => (0..self.texts).for_each(|local| set(bits, local)),
            [only] => {
                let from = self.keys.partition_point(|key| *key < pair(*only, '\0'));
                let until = self
                    .keys
                    .partition_point(|key| *key < u64::from(u32::from(*only) + 1) << 21);
                (from..until).for_each(|list| self.add(list, bits));
            }
            [first, rest @ ..] => {
                let (mut before, mut is_first) = (*first, true);
                for c in rest {
                    let Ok(list) = self.keys.binary_search(&pair(before, *c)) else {
                        *bits = [0; CHUNK / 64];
                        return;
                    };
                    if std::mem::take(&mut is_first) {
                        self.add(list, bits);
                    } else {
                        let mut other = nothing();
                        self.add(list, &mut other);
                        bits.iter_mut().zip(other.iter()).for_each(|(a, b)| *a &= b);
                    }
                    before = *c;
                }
            }
        }
    }

    fn add(&self, list: usize, bits: &mut Bits) {
        let start = list.checked_sub(1).map_or(0, |before| self.ends[before]) as usize;
        let mut bytes = self.lists[start..self.ends[list] as usize].iter();
        let mut place = 0_usize;
        while let Some(distance) = pull(&mut bytes) {
            place += distance as usize;
            set(bits, place & (CHUNK - 1));
        }
    }

    fn bytes(&self) -> usize {
        self.keys.capacity() * 8 + self.ends.capacity() * 4 + self.lists.capacity()
    }
}

fn push(bytes: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
}

fn pull<'a>(bytes: &mut impl Iterator<Item = &'a u8>) -> Option<u32> {
    let mut n = 0;
    for shift in [0, 7, 14] {
        let byte = *bytes.next()?;
        n |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    Some(n)
}
