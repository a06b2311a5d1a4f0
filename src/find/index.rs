//! Rows and texts of a book together: answers a query without going through all of it.

use std::sync::Arc;

use super::rows::{Chunk, Row, Rows, place};
use super::sought::Sought;
use super::texts::{Bits, Texts, has, nothing, places, set};
use crate::case::{CaseId, Codes};

/// The cases that were found.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    bits: Vec<Box<Bits>>,
    /// How many.
    pub count: usize,
}

impl Hits {
    /// Whether the case is one of them.
    pub fn has(&self, id: CaseId) -> bool {
        let bits = place(id).and_then(|(chunk, local)| Some((self.bits.get(chunk)?, local)));
        bits.is_some_and(|(bits, local)| has(bits, local))
    }

    /// Their numbers, in order.
    pub fn ids(&self) -> impl Iterator<Item = CaseId> {
        let chunks = self.bits.iter().enumerate();
        chunks.flat_map(|(chunk, bits)| {
            places(bits).map(move |local| CaseId((chunk * super::rows::CHUNK + local) as i64 + 1))
        })
    }
}

/// All cases of a book, ready to be searched. Cheap to clone: what is cloned stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Index {
    rows: Rows,
    texts: Vec<Arc<Texts>>,
    /// Places of all cases, the one that was reported first in front.
    by_report: Arc<Vec<u32>>,
    is_sorted: bool,
}

impl Index {
    /// The rows.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The searchable text of a case; empty where there is none.
    pub fn text(&self, id: CaseId) -> String {
        let text = place(id).and_then(|(chunk, local)| Some(self.texts.get(chunk)?.get(local)));
        text.unwrap_or_default()
    }

    /// Says what the numbers in rows stand for. Codes are only ever added to.
    pub fn learn(&mut self, codes: &Codes) {
        let known = |kind| self.rows.codes.all(kind).len() == codes.all(kind).len();
        if !crate::case::CodeKind::ALL.into_iter().all(known) {
            self.rows.codes = Arc::new(codes.clone());
        }
    }

    /// Adds the next case, or takes over what one that is there has become. Answers false where cases before it are missing.
    pub fn set(&mut self, row: &Row, text: &str) -> bool {
        let is_new = self.rows.len() as i64 == row.id.0 - 1;
        let Some((chunk, local)) = place(row.id) else {
            return false;
        };
        if !self.rows.set(row) {
            return false;
        }
        if chunk == self.texts.len() {
            self.texts.push(Arc::default());
        }
        if let Some(texts) = self.texts.get_mut(chunk) {
            Arc::make_mut(texts).set(local, text);
        }
        if is_new {
            let order = Arc::make_mut(&mut self.by_report);
            let last = order
                .last()
                .and_then(|last| self.rows.get(CaseId(i64::from(*last) + 1)));
            let in_order = last.is_none_or(|last| last.reported_ms <= row.reported_ms);
            self.is_sorted = in_order && (self.is_sorted || order.is_empty());
            order.push((row.id.0 - 1) as u32);
        }
        true
    }

    /// Does one piece of what makes searching faster; false where nothing is left to do.
    pub fn tidy(&mut self) -> bool {
        let due = self.texts.iter_mut().find(|texts| texts.is_due());
        if let Some(texts) = due {
            Arc::make_mut(texts).index();
            return true;
        }
        if !self.is_sorted && !self.by_report.is_empty() {
            self.sort();
            return true;
        }
        false
    }

    /// Does all of what makes searching faster, also for the last few cases.
    pub fn finish(&mut self) {
        self.rows.tidy();
        for texts in &mut self.texts {
            if texts.in_no_index() > 0 {
                Arc::make_mut(texts).index();
            }
        }
        self.sort();
    }

    fn sort(&mut self) {
        if self.is_sorted {
            return;
        }
        let rows = &self.rows;
        let moment = |at: u32| {
            let (chunk, local) = (at as usize / super::rows::CHUNK, at as usize % super::rows::CHUNK);
            rows.chunks()[chunk].reported_ms(local)
        };
        let mut keyed: Vec<(i64, u32)> = self.by_report.iter().map(|at| (moment(*at), *at)).collect();
        keyed.sort_unstable();
        self.by_report = Arc::new(keyed.into_iter().map(|(_, at)| at).collect());
        self.is_sorted = true;
    }

    /// The cases that are looked for: those that [`Sought::fits`].
    pub fn find(&self, sought: &Sought) -> Hits {
        let chunks = self.rows.chunks().iter().zip(&self.texts);
        let bits: Vec<Box<Bits>> = chunks
            .map(|(chunk, texts)| find_in(chunk, texts, sought))
            .collect();
        let count = bits
            .iter()
            .flat_map(|bits| bits.iter())
            .map(|word| word.count_ones() as usize)
            .sum();
        Hits { bits, count }
    }

    /// The numbers of the cases that were found, the one that was reported last in front; of one moment, the higher number.
    pub fn newest_first(&self, hits: &Hits) -> Vec<CaseId> {
        let mut found = Vec::with_capacity(hits.count);
        if self.is_sorted {
            let ids = self.by_report.iter().rev().map(|at| CaseId(i64::from(*at) + 1));
            found.extend(ids.filter(|id| hits.has(*id)));
        } else {
            found.extend(hits.ids());
            found.sort_by_cached_key(|id| {
                let reported = self.rows.get(*id).map_or(0, |row| row.reported_ms);
                std::cmp::Reverse((reported, id.0))
            });
        }
        found
    }

    /// Bytes of memory that it takes: of rows, of texts, and of the index of their words.
    pub fn bytes(&self) -> [usize; 3] {
        let mut bytes = [self.rows.bytes() + self.by_report.capacity() * 4, 0, 0];
        for (texts, pairs) in self.texts.iter().map(|texts| texts.bytes()) {
            bytes[1] += texts;
            bytes[2] += pairs;
        }
        bytes
    }
}

fn find_in(chunk: &Chunk, texts: &Texts, sought: &Sought) -> Box<Bits> {
    let mut bits = candidates(chunk, sought);
    for word in &sought.words {
        if bits.iter().all(|word| *word == 0) {
            break;
        }
        let mut with_word = texts.find(&word.word);
        if !word.items.is_empty() {
            let named = (0..chunk.len()).filter(|local| word.is_in_item(chunk.item(*local)));
            named.for_each(|local| set(&mut with_word, local));
        }
        bits.iter_mut().zip(with_word.iter()).for_each(|(a, b)| *a &= b);
    }
    if sought.asks_kind() {
        for (i, word) in bits.iter_mut().enumerate().filter(|(_, word)| **word != 0) {
            for bit in 0..64 {
                let fits = |local| {
                    chunk
                        .row_without_point(local)
                        .is_some_and(|row| sought.fits_kind(&row))
                };
                if *word >> bit & 1 == 1 && !fits(i * 64 + bit) {
                    *word &= !(1 << bit);
                }
            }
        }
    }
    bits
}

/// The cases with the numbers that are looked for, in the zone that is looked into.
fn candidates(chunk: &Chunk, sought: &Sought) -> Box<Bits> {
    let mut bits = nothing();
    match (sought.numbers.as_slice(), &sought.zone) {
        ([], None) => (0..chunk.len()).for_each(|local| set(&mut bits, local)),
        ([], Some(zone)) => chunk.in_zone(zone, |local| set(&mut bits, local)),
        (numbers, zone) => {
            let here = numbers.iter().filter_map(|id| {
                let local = usize::try_from(id.0 - chunk.id(0).0).ok()?;
                (local < chunk.len()).then_some(local)
            });
            let inside = |local: &usize| {
                let at = chunk.point(*local);
                zone.as_ref()
                    .is_none_or(|zone| at.is_some_and(|at| zone.contains(at)))
            };
            here.filter(inside).for_each(|local| set(&mut bits, local));
        }
    }
    bits
}
