//! Which open cases may be the same matter as one that is being entered: same kind, same place, same time, same words.
//! Proposed with reasons, never merged by themselves.

use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::board::{Board, Live, Trace, Within};
use crate::case::{CaseId, Whereabouts};
use crate::town::{Answerable, ItemId, PlaceId, Town, TwinWeights, Wgs84};

/// Characters of a text that are compared; what is said beyond these seldom tells one matter from another.
const COMPARED_CHARS: usize = 240;

/// Metres in one degree of latitude, on the sphere that [`Wgs84::distance_m`] takes.
const METRES_PER_DEGREE: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0;

/// What is known of the matter that others are compared with.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Code of its item.
    pub item: &'a str,
    /// Where it is.
    pub place: &'a Whereabouts,
    /// When it was reported.
    pub reported_at: DateTime<Utc>,
    /// What was said.
    pub text: &'a str,
    /// Its own number, where it has one already.
    pub case: Option<CaseId>,
}

/// An open case that may be the same matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Twin {
    /// The case.
    pub case: CaseId,
    /// Sum of the points of its reasons.
    pub score: i32,
    /// What is alike, the kind of matter first.
    pub reasons: Vec<Likeness>,
}

/// One way in which two cases are alike, and its points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// How.
    pub kind: LikenessKind,
    /// Points that it gives.
    pub points: i32,
}

/// How two cases are alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LikenessKind {
    /// The same item.
    SameItem,
    /// Another item of the same domain.
    SameDomain,
    /// So many metres apart.
    Near(f64),
    /// In the same area, nothing nearer being known of one of them.
    SameArea(PlaceId),
    /// Their place is told in the same words.
    SameWords,
    /// So much time apart; never negative.
    Recent(TimeDelta),
    /// That share of their words is the same, 0 to 1.
    Text(f64),
}

/// Open cases that may be the same matter, the best first.
pub fn twins(town: &Town, board: &Board, query: &Query<'_>) -> Vec<Twin> {
    let Some(matter) = Matter::new(town, query) else {
        return Vec::new();
    };
    let mut candidates: Vec<(i32, CaseId)> = Vec::new();
    let mut consider = |trace: &Trace| {
        let most = matter.at_most(trace);
        candidates.extend(most.map(|most| (most, trace.id)));
    };
    for within in matter.search() {
        board.visit_near(town, matter.item, within, &mut consider);
    }
    matter.best(board, candidates)
}

/// Compares one case, wherever it is: what [`twins`] does with those that lie near.
pub fn compare(town: &Town, query: &Query<'_>, live: &Live) -> Option<Twin> {
    Matter::new(town, query)?.compare(live)
}

/// The matter that others are compared with, with what is looked up only once.
struct Matter<'a> {
    town: &'a Town,
    query: &'a Query<'a>,
    item: ItemId,
    weights: &'a TwinWeights,
    answerable: Answerable,
    grams: Grams,
    /// Length of a degree of longitude at the point, in degrees of latitude.
    east: f64,
}

impl<'a> Matter<'a> {
    /// `None` where the item is not in the catalogue.
    fn new(town: &'a Town, query: &'a Query<'a>) -> Option<Self> {
        Some(Self {
            town,
            query,
            item: town.catalogue.id(query.item)?,
            weights: &town.weights.twin,
            answerable: answerable(town, query.place),
            grams: grams(query.text),
            east: query.place.point().map_or(1.0, |at| at.lat.to_radians().cos()),
        })
    }

    /// Everywhere that a case of the same matter can lie.
    fn search(&self) -> Vec<Within<'_>> {
        match self.query.place {
            Whereabouts::Point { at, .. } if at.is_valid() => {
                let near = Within::Metres(*at, f64::from(self.weights.within_m));
                let areas = areas(&self.answerable).map(Within::Area);
                std::iter::once(near).chain(areas).collect()
            }
            Whereabouts::Point { .. } => Vec::new(),
            Whereabouts::Area { code, .. } => {
                let Some(area) = self.town.places.by_code(code) else {
                    return Vec::new();
                };
                let bounds = self.town.places.bounds_of(area);
                let points = bounds.map(|(min, max)| Within::Box(min, max));
                std::iter::once(Within::Area(area)).chain(points).collect()
            }
            Whereabouts::Elsewhere { stated, .. } | Whereabouts::Stated { stated } => {
                vec![Within::Words(stated)]
            }
        }
    }

    /// The points that a case can have at most, by a look that reads nothing but its trace; `None` where it is no twin.
    fn at_most(&self, trace: &Trace) -> Option<i32> {
        let apart = self.apart(trace.reported_at);
        if Some(trace.id) == self.query.case || apart >= self.window() {
            return None;
        }
        let place = match (self.query.place.point(), trace.at) {
            (Some(here), Some(there)) => self.near(here, there)?.points,
            _ => self.weights.same_area,
        };
        let kind = if trace.item == self.item {
            self.weights.same_item
        } else {
            self.weights.same_domain
        };
        let most = kind + place + self.recent(apart).points + self.weights.text;
        (most >= self.weights.least).then_some(most)
    }

    /// The best of the candidates. Texts are the dearest to compare, so that only those are read which can still get
    /// among the best.
    fn best(&self, board: &Board, candidates: Vec<(i32, CaseId)>) -> Vec<Twin> {
        let wanted = self.weights.at_most.max(0) as usize;
        let mut candidates = BinaryHeap::from(candidates);
        let mut found: Vec<Twin> = Vec::new();
        while let Some((most, id)) = candidates.pop() {
            if found.len() == wanted && found.last().is_none_or(|worst| most < worst.score) {
                break;
            }
            if let Some(twin) = board.get(id).and_then(|live| self.compare(live)) {
                let rank = |twin: &Twin| (-twin.score, twin.case);
                let place = found.partition_point(|better| rank(better) < rank(&twin));
                found.insert(place, twin);
                found.truncate(wanted);
            }
        }
        found
    }

    /// How near two points are to each other; `None` where they are too far apart.
    fn near(&self, here: Wgs84, there: Wgs84) -> Option<Likeness> {
        let (metres, most) = (self.metres(here, there), f64::from(self.weights.within_m));
        (metres < most).then(|| Likeness {
            kind: LikenessKind::Near(metres),
            points: faded(self.weights.near, 1.0 - metres / most),
        })
    }

    /// Metres between two points close together, on the plane that touches the globe there: as good as the great circle
    /// over a few hundred metres, and many times faster.
    fn metres(&self, here: Wgs84, there: Wgs84) -> f64 {
        let (dx, dy) = ((there.lon - here.lon) * self.east, there.lat - here.lat);
        (dx * dx + dy * dy).sqrt() * METRES_PER_DEGREE
    }

    fn recent(&self, apart: TimeDelta) -> Likeness {
        let left = 1.0 - apart.num_seconds() as f64 / self.window().num_seconds() as f64;
        Likeness {
            kind: LikenessKind::Recent(apart),
            points: faded(self.weights.recent, left),
        }
    }

    fn window(&self) -> TimeDelta {
        TimeDelta::hours(i64::from(self.weights.within_hours))
    }

    fn apart(&self, reported_at: DateTime<Utc>) -> TimeDelta {
        (reported_at - self.query.reported_at).abs()
    }

    /// What is alike; `None` where place, time or kind differ, or where it is too little.
    fn compare(&self, live: &Live) -> Option<Twin> {
        let kind = self.kind(live)?;
        let place = self.place(live)?;
        let apart = self.apart(live.case.reported_at);
        if Some(live.case.id) == self.query.case || apart >= self.window() {
            return None;
        }
        let time = self.recent(apart);
        let mut reasons = vec![kind, place, time];
        let share = self.grams.alike(&live.case.text);
        if share > 0.0 {
            reasons.push(Likeness {
                kind: LikenessKind::Text(share),
                points: faded(self.weights.text, share),
            });
        }
        let score = reasons.iter().map(|reason| reason.points).sum();
        (score >= self.weights.least).then_some(Twin {
            case: live.case.id,
            score,
            reasons,
        })
    }

    fn kind(&self, live: &Live) -> Option<Likeness> {
        let item = live.item?;
        if item == self.item {
            return Some(Likeness {
                kind: LikenessKind::SameItem,
                points: self.weights.same_item,
            });
        }
        let domain = |item| &self.town.catalogue.get(item).domain;
        (domain(item) == domain(self.item)).then_some(Likeness {
            kind: LikenessKind::SameDomain,
            points: self.weights.same_domain,
        })
    }

    fn place(&self, live: &Live) -> Option<Likeness> {
        let same_area = |area| Likeness {
            kind: LikenessKind::SameArea(area),
            points: self.weights.same_area,
        };
        let by_code = |code: &Arc<str>| self.town.places.by_code(code);
        match (self.query.place, &live.case.place) {
            (Whereabouts::Point { at: here, .. }, Whereabouts::Point { at: there, .. }) => {
                self.near(*here, *there)
            }
            (Whereabouts::Point { .. }, Whereabouts::Area { code, .. }) => {
                let area = by_code(code)?;
                areas(&self.answerable)
                    .any(|own| own == area)
                    .then(|| same_area(area))
            }
            (Whereabouts::Area { code, .. }, Whereabouts::Point { .. }) => {
                let area = by_code(code)?;
                areas(&live.answerable)
                    .any(|own| own == area)
                    .then(|| same_area(area))
            }
            (Whereabouts::Area { code, .. }, Whereabouts::Area { code: other, .. }) => {
                (code == other).then_some(same_area(by_code(code)?))
            }
            (here, there) => {
                let in_words = |place: &Whereabouts| {
                    matches!(place, Whereabouts::Stated { .. } | Whereabouts::Elsewhere { .. })
                };
                (in_words(here) && in_words(there) && here.stated() == there.stated()).then_some(Likeness {
                    kind: LikenessKind::SameWords,
                    points: self.weights.same_area,
                })
            }
        }
    }
}

/// The part of `points` that `share` of them is; rounded.
fn faded(points: i32, share: f64) -> i32 {
    (f64::from(points) * share.clamp(0.0, 1.0)).round() as i32
}

fn answerable(town: &Town, place: &Whereabouts) -> Answerable {
    match place {
        Whereabouts::Point { at, .. } if at.is_valid() => town.answerable(*at),
        _ => Answerable::default(),
    }
}

/// The areas smaller than the town that a point lies in.
fn areas(found: &Answerable) -> impl Iterator<Item = PlaceId> {
    [found.block, found.base_grid, found.party_grid, found.community]
        .into_iter()
        .flatten()
}

/// How often each pair of neighbouring characters occurs in a text. Chinese has no spaces between words, and pairs of
/// characters stand in for them.
struct Grams {
    counts: HashMap<(char, char), u32>,
    total: u32,
}

/// Letters and digits of the text as pairs; a single character makes a pair with nothing.
fn pairs(text: &str) -> impl Iterator<Item = (char, char)> {
    let letters = || {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .take(COMPARED_CHARS)
    };
    let alone = letters().take(2).count() == 1;
    let next = letters().skip(1).chain(alone.then_some('\0'));
    letters().zip(next)
}

fn grams(text: &str) -> Grams {
    let mut grams = Grams {
        counts: HashMap::new(),
        total: 0,
    };
    for pair in pairs(text) {
        *grams.counts.entry(pair).or_default() += 1;
        grams.total += 1;
    }
    grams
}

impl Grams {
    /// Dice's coefficient: twice the pairs that both have, over the pairs of both. 0 where one of them says nothing.
    fn alike(&self, other: &str) -> f64 {
        if self.total == 0 || other.is_empty() {
            return 0.0;
        }
        let (mut shared, mut total) = (0, 0);
        let mut used: HashMap<(char, char), u32> = HashMap::new();
        for pair in pairs(other) {
            total += 1;
            let Some(most) = self.counts.get(&pair) else {
                continue;
            };
            let used = used.entry(pair).or_default();
            if *used < *most {
                *used += 1;
                shared += 1;
            }
        }
        2.0 * f64::from(shared) / f64::from(self.total + total)
    }
}

/// How alike two texts are, 0 to 1.
pub fn text_alike(one: &str, other: &str) -> f64 {
    grams(one).alike(other)
}
