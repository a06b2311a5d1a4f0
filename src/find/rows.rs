//! All cases of a book in memory: of each a few numbers, by which filters, polygons and maps go through a million of them.
//!
//! Cases stand in chunks by their number. A chunk is shared, so that whoever draws or searches keeps the state that it was
//! given while the next one is made.

use std::sync::Arc;

use super::zone::{Lies, Zone};
use crate::case::{Card, CaseId, Codes, Fact, Source, Stage};
use crate::town::{Centre, Class, Wgs84};

/// Cases of one chunk.
pub const CHUNK: usize = 1 << 16;

/// Points of one block: see [`Order`].
const BLOCK: usize = 64;

/// From so many points on that are in no block yet, a chunk is put in order.
const LOOSE_MAX: usize = 4096;

/// One case. Items, units and areas are numbers of [`Rows::codes`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The case.
    pub id: CaseId,
    /// Its exact point, where there is one.
    pub at: Option<Wgs84>,
    /// When it was reported; milliseconds since 1970 UTC.
    pub reported_ms: i64,
    /// When it is, or was, to be settled.
    pub due_ms: Option<i64>,
    /// Its class.
    pub class: Class,
    /// Its centre.
    pub centre: Centre,
    /// By which way it came.
    pub source: Source,
    /// Where it stands.
    pub stage: Stage,
    /// 1 to 5.
    pub severity: u8,
    /// Number of its item.
    pub item: u16,
    /// Number of who has it in hand, or had it last.
    pub unit: u16,
    /// Number of the places around it, as they were when it was reported: see [`crate::case::Area::parse`].
    pub area: u16,
}

/// What of a row comes from the fact of its case, while its card is yet to be read.
#[derive(Clone, Copy, Debug)]
pub struct Early {
    reported_ms: i64,
    due_ms: Option<i64>,
    class: Class,
    centre: Centre,
    source: Source,
    item: u16,
    unit: u16,
    area: u16,
}

impl Default for Early {
    fn default() -> Self {
        Self {
            reported_ms: 0,
            due_ms: None,
            class: Class::A,
            centre: Centre::Grid,
            source: Source::Other,
            item: 0,
            unit: 0,
            area: 0,
        }
    }
}

impl Early {
    /// That of a fact.
    pub fn of(fact: &Fact) -> Self {
        Self {
            reported_ms: fact.reported_ms,
            due_ms: fact.due_ms,
            class: fact.class,
            centre: fact.centre,
            source: fact.source,
            item: fact.item,
            unit: fact.unit,
            area: fact.area,
        }
    }

    /// The row of the case that has this card.
    pub fn row(&self, card: &Card) -> Row {
        Row {
            id: card.id,
            at: card.at,
            reported_ms: self.reported_ms,
            due_ms: self.due_ms,
            class: self.class,
            centre: self.centre,
            source: self.source,
            stage: card.stage,
            severity: card.severity,
            item: self.item,
            unit: self.unit,
            area: self.area,
        }
    }
}

/// What of a row is no moment and no point, in eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    item: u16,
    unit: u16,
    area: u16,
    bits: u16,
}

impl Kind {
    fn of(row: &Row) -> Self {
        let bits = row.class as u16
            | (row.centre as u16) << 2
            | (row.source as u16) << 4
            | (row.stage as u16) << 7
            | u16::from(row.severity.min(7)) << 11;
        Self {
            item: row.item,
            unit: row.unit,
            area: row.area,
            bits,
        }
    }
}

/// All stages, by their number.
pub(super) const STAGES: [Stage; 11] = [
    Stage::Reported,
    Stage::Accepted,
    Stage::Dispatched,
    Stage::InHand,
    Stage::Rectified,
    Stage::Verified,
    Stage::Closed,
    Stage::Refused,
    Stage::Suspended,
    Stage::Merged,
    Stage::Withdrawn,
];

/// No moment.
const NEVER: i64 = i64::MAX;

/// Up to [`CHUNK`] cases with numbers that follow each other.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// The number of its first case.
    first: i64,
    /// Points of the first rows.
    order: Arc<Order>,
    /// Longitude and latitude of the rows after them; not a number where there is no point.
    loose: Vec<[f64; 2]>,
    reported: Vec<i64>,
    due: Vec<i64>,
    kinds: Vec<Kind>,
}

/// Points of a chunk in blocks that lie near to each other, with the box around each: a polygon takes or leaves most of them
/// as a whole. Points do not change, so an order holds until there are more of them.
#[derive(Debug, Default)]
struct Order {
    /// The places of the rows, by where their points lie; those without a point come last.
    sorted: Vec<u16>,
    /// The points in that order.
    points: Vec<[f64; 2]>,
    /// Of each row, where it stands in that order.
    ranks: Vec<u16>,
    /// So many have a point.
    known: usize,
    /// South-western and north-eastern corner of each block.
    boxes: Vec<[Wgs84; 2]>,
}

impl Order {
    fn of(points: &[[f64; 2]]) -> Self {
        let (mut min, mut max) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for at in points.iter().filter(|at| !at[0].is_nan()) {
            for i in 0..2 {
                min[i] = min[i].min(at[i]);
                max[i] = max[i].max(at[i]);
            }
        }
        let along = |at: &[f64; 2], i: usize| {
            let share = (at[i] - min[i]) / (max[i] - min[i]).max(1e-9);
            (share * 65_535.0) as u16
        };
        let key = |at: &[f64; 2]| interleave(along(at, 0)) | interleave(along(at, 1)) << 1;
        let mut keyed: Vec<(bool, u32, u16)> = (0_u16..=u16::MAX)
            .zip(points)
            .map(|(local, at)| (at[0].is_nan(), key(at), local))
            .collect();
        keyed.sort_unstable();
        let sorted: Vec<u16> = keyed.iter().map(|(.., local)| *local).collect();
        let known = keyed.partition_point(|(nowhere, ..)| !nowhere);
        let ordered: Vec<[f64; 2]> = sorted.iter().map(|local| points[usize::from(*local)]).collect();
        let mut ranks = vec![0; sorted.len()];
        for (rank, local) in (0_u16..=u16::MAX).zip(&sorted) {
            ranks[usize::from(*local)] = rank;
        }
        let around = |block: &[[f64; 2]]| {
            let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
            for at in block {
                for i in 0..2 {
                    low[i] = low[i].min(at[i]);
                    high[i] = high[i].max(at[i]);
                }
            }
            [low.into(), high.into()]
        };
        Self {
            boxes: ordered[..known].chunks(BLOCK).map(around).collect(),
            sorted,
            points: ordered,
            ranks,
            known,
        }
    }
}

/// The bits of a number with a gap after each.
fn interleave(n: u16) -> u32 {
    let mut n = u32::from(n);
    n = (n | n << 8) & 0x00ff_00ff;
    n = (n | n << 4) & 0x0f0f_0f0f;
    n = (n | n << 2) & 0x3333_3333;
    (n | n << 1) & 0x5555_5555
}

impl Chunk {
    /// How many cases it has.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The number of the case in that place.
    pub fn id(&self, local: usize) -> CaseId {
        CaseId(self.first + local as i64)
    }

    /// The row in that place.
    pub fn row(&self, local: usize) -> Option<Row> {
        let row = self.row_without_point(local)?;
        Some(Row {
            at: self.point(local),
            ..row
        })
    }

    /// The row in that place without its point, which lies elsewhere in memory.
    pub fn row_without_point(&self, local: usize) -> Option<Row> {
        let kind = self.kinds.get(local)?;
        let bits = usize::from(kind.bits);
        let due = self.due[local];
        Some(Row {
            id: self.id(local),
            at: None,
            reported_ms: self.reported[local],
            due_ms: (due != NEVER).then_some(due),
            class: Class::ALL[bits & 3],
            centre: Centre::ALL[(bits >> 2 & 3).min(Centre::ALL.len() - 1)],
            source: Source::ALL[(bits >> 4 & 7).min(Source::ALL.len() - 1)],
            stage: STAGES[(bits >> 7 & 15).min(STAGES.len() - 1)],
            severity: (bits >> 11 & 7) as u8,
            item: kind.item,
            unit: kind.unit,
            area: kind.area,
        })
    }

    /// The point of the case in that place.
    pub fn point(&self, local: usize) -> Option<Wgs84> {
        let at = self.place(local);
        (!at[0].is_nan()).then(|| at.into())
    }

    /// Longitude and latitude of the case in that place; not a number where there is no point.
    fn place(&self, local: usize) -> [f64; 2] {
        match self.order.ranks.get(local) {
            Some(rank) => self.order.points[usize::from(*rank)],
            None => self.loose[local - self.order.ranks.len()],
        }
    }

    /// When the case in that place was reported; milliseconds since 1970 UTC.
    pub fn reported_ms(&self, local: usize) -> i64 {
        self.reported[local]
    }

    /// The number of the item of the case in that place.
    pub fn item(&self, local: usize) -> u16 {
        self.kinds[local].item
    }

    fn set(&mut self, local: usize, row: &Row) {
        let point = row.at.map_or([f64::NAN; 2], Into::into);
        let due = row.due_ms.unwrap_or(NEVER);
        if local == self.kinds.len() {
            self.loose.push(point);
            self.reported.push(row.reported_ms);
            self.due.push(due);
            self.kinds.push(Kind::of(row));
        } else if let Some(kind) = self.kinds.get_mut(local) {
            // Its point and the moment of its report stay.
            (*kind, self.due[local]) = (Kind::of(row), due);
        }
    }

    /// Puts points in order that are in none yet, where there are many, or `at_once`.
    fn tidy(&mut self, at_once: bool) {
        if self.loose.len() >= LOOSE_MAX || (at_once && !self.loose.is_empty()) {
            let points: Vec<[f64; 2]> = (0..self.len()).map(|local| self.place(local)).collect();
            self.order = Arc::new(Order::of(&points));
            self.loose = Vec::new();
        }
    }

    /// Gives the place of each case that lies in the zone, in no particular order.
    pub fn in_zone(&self, zone: &Zone, mut each: impl FnMut(usize)) {
        let order = &self.order;
        let blocks = order.sorted[..order.known].chunks(BLOCK);
        let points = order.points[..order.known].chunks(BLOCK);
        for ((block, points), bounds) in blocks.zip(points).zip(&order.boxes) {
            match zone.lies(bounds[0], bounds[1]) {
                Lies::Outside => {}
                Lies::Inside => block.iter().for_each(|local| each(usize::from(*local))),
                Lies::Mixed => {
                    for (local, at) in block.iter().zip(points) {
                        if zone.contains((*at).into()) {
                            each(usize::from(*local));
                        }
                    }
                }
            }
        }
        for (local, at) in (order.ranks.len()..).zip(&self.loose) {
            if zone.contains((*at).into()) {
                each(local);
            }
        }
    }
}

/// All cases of a book. Cheap to clone: what is cloned stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    chunks: Vec<Arc<Chunk>>,
    /// What the numbers in rows stand for.
    pub codes: Arc<Codes>,
}

impl Rows {
    /// How many cases there are.
    pub fn len(&self) -> usize {
        let full = self.chunks.len().saturating_sub(1) * CHUNK;
        full + self.chunks.last().map_or(0, |chunk| chunk.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The chunks, in the order of the numbers of their cases.
    pub fn chunks(&self) -> &[Arc<Chunk>] {
        &self.chunks
    }

    /// The row of a case.
    pub fn get(&self, id: CaseId) -> Option<Row> {
        let (chunk, local) = place(id)?;
        self.chunks.get(chunk)?.row(local)
    }

    /// All rows, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = Row> {
        self.chunks
            .iter()
            .flat_map(|chunk| (0..chunk.len()).filter_map(|local| chunk.row(local)))
    }

    /// Adds the row of the next case, or puts a new one in place of one that is there. Answers false where cases before it
    /// are missing.
    pub fn set(&mut self, row: &Row) -> bool {
        let Some((index, local)) = place(row.id) else {
            return false;
        };
        if index == self.chunks.len() && local == 0 {
            self.chunks.push(Arc::new(Chunk {
                first: row.id.0,
                ..Chunk::default()
            }));
        }
        let Some(chunk) = self.chunks.get_mut(index).filter(|chunk| local <= chunk.len()) else {
            return false;
        };
        let chunk = Arc::make_mut(chunk);
        chunk.set(local, row);
        chunk.tidy(chunk.len() == CHUNK);
        true
    }

    /// Puts all points in order.
    pub fn tidy(&mut self) {
        for chunk in &mut self.chunks {
            if !chunk.loose.is_empty() {
                Arc::make_mut(chunk).tidy(true);
            }
        }
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        let of = |chunk: &Arc<Chunk>| {
            let row = 2 * size_of::<i64>() + size_of::<Kind>();
            let (point, order) = (size_of::<[f64; 2]>(), &chunk.order);
            let ordered = order.points.len() * (point + 4) + order.boxes.len() * 2 * point;
            chunk.kinds.capacity() * row + chunk.loose.capacity() * point + ordered
        };
        self.chunks.iter().map(of).sum()
    }
}

/// The chunk of a case, and its place in it.
pub fn place(id: CaseId) -> Option<(usize, usize)> {
    let index = usize::try_from(id.0).ok()?.checked_sub(1)?;
    Some((index / CHUNK, index % CHUNK))
}
