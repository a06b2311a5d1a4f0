//! Reports of an import, made ready for the journal by whoever has time: the thread that reads the file.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::chain::{Hash, body};
use super::{Draft, StoreError, origin};
use crate::case::{
    Action, Area, Case, CaseId, CodeKind, Codes, Fact, Origin, PhotoHash, Report, Stage, TooManyCodes,
};
use crate::town::{Around, Class, Standing};

/// Reports that open new cases, each with an origin. Their text is written, their hashes are computed: what is left is
/// what must be done in the order of the journal.
#[derive(Debug, Default)]
pub struct Ready {
    rows: Vec<ReadyRow>,
    by: Vec<By>,
    /// The actions of all rows as JSON, one behind the other.
    json: Vec<u8>,
    photos: Vec<PhotoHash>,
    /// What is wrong with the first report that can't be kept.
    unfit: Option<String>,
    /// The town, as the facts of the rows see it.
    standing: Option<Arc<Standing>>,
    /// What the numbers in the facts of the rows stand for.
    codes: Codes,
    /// The numbers of areas, by their places.
    areas: HashMap<u128, u16>,
    origins: origin::Hasher,
}

/// An action that opens a case, written as [`Action`] is.
#[derive(Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Opening<'r> {
    Report(&'r Report),
}

/// Who enters reports, when, and from which seat. Many rows share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// When; milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// Who.
    pub actor: Arc<str>,
    /// From which seat.
    pub seat: Arc<str>,
}

/// A report that is ready.
#[derive(Debug)]
pub struct ReadyRow {
    /// See `origin::hash`.
    pub origin_hash: i64,
    /// The hash of what the entry says.
    pub body: Hash,
    /// The stage of its case.
    pub stage: Stage,
    /// The class of its case.
    pub class: Class,
    /// When the case had ended; milliseconds since 1970 UTC.
    pub ended_ms: Option<i64>,
    /// What figures need of its case, without the number of the case.
    fact: Fact,
    by: u32,
    json: (usize, usize),
}

impl Ready {
    /// Nothing yet, for a book that knows the town as `standing`.
    pub fn for_town(standing: Option<Arc<Standing>>) -> Self {
        Self {
            standing,
            ..Self::default()
        }
    }

    /// Makes room for so many rows of the usual length.
    #[must_use]
    pub fn with_room(mut self, rows: usize) -> Self {
        const USUAL_BYTES: usize = 448;
        self.rows.reserve(rows);
        self.json.reserve(rows * USUAL_BYTES);
        self
    }

    /// Makes drafts ready, for a book that knows the town as `standing`.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] where one of them is no report of a new case with an origin.
    pub fn of(drafts: Vec<Draft>, standing: Option<Arc<Standing>>) -> Result<Self, StoreError> {
        let mut ready = Self::for_town(standing);
        for draft in drafts {
            let Action::Report(report) = draft.action else {
                return Err(StoreError::Unfit("an imported row is a report".to_owned()));
            };
            if draft.case.is_some() || draft.based_on != 0 {
                return Err(StoreError::Unfit(
                    "an imported report opens a new case".to_owned(),
                ));
            }
            let at_ms = draft.at.timestamp_millis();
            ready.entered_by(By {
                at_ms,
                actor: draft.actor,
                seat: draft.seat,
            });
            ready.push(*report);
        }
        ready.checked()
    }

    /// Says who enters the reports that are pushed from now on.
    pub fn entered_by(&mut self, by: By) {
        if self.by.last() != Some(&by) {
            self.by.push(by);
        }
    }

    /// Makes a report ready. What is wrong with it is told by [`Self::checked`].
    pub fn push(&mut self, report: Report) {
        self.push_around(&report, None);
    }

    /// The same, where it is known already which places of the town lie around the report's point.
    pub fn push_around(&mut self, report: &Report, around: Option<Around>) {
        if let Err(what) = self.add(report, around) {
            self.unfit.get_or_insert(what);
        }
    }

    /// The number of a report's area. There are few areas, so that their text is seldom made.
    fn area(&mut self, report: &Report, around: Option<Around>) -> Result<u16, TooManyCodes> {
        let Some(standing) = &self.standing else {
            return Ok(0);
        };
        let Some(around) = around.or_else(|| Area::around(&report.place, standing)) else {
            return Ok(0);
        };
        let key = key_of(&around);
        if let Some(area) = self.areas.get(&key) {
            return Ok(*area);
        }
        let area = self.codes.id(CodeKind::Area, &Area::code(standing, &around))?;
        self.areas.insert(key, area);
        Ok(area)
    }

    fn add(&mut self, report: &Report, around: Option<Around>) -> Result<(), String> {
        let area = self.area(report, around).map_err(|e| e.to_string())?;
        let by = self.by.last().ok_or("nobody has entered it")?;
        let origin = report.origin.as_ref().ok_or("an imported report has an origin")?;
        self.photos
            .extend(report.photos.iter().map(|photo| photo.hash.clone()));
        let (stage, ended_at) = Case::opening(report);
        let fact = Fact::of_report(CaseId(0), report, area, &mut self.codes).map_err(|e| e.to_string())?;
        check_report(report).map_err(|e| e.to_string())?;
        let start = self.json.len();
        serde_json::to_writer(&mut self.json, &Opening::Report(report)).map_err(|e| e.to_string())?;
        let json = &self.json[start..];
        self.rows.push(ReadyRow {
            origin_hash: self.origins.hash(origin),
            body: body(by.at_ms, by.actor.as_bytes(), by.seat.as_bytes(), json),
            stage,
            class: report.class,
            ended_ms: ended_at.map(|at| at.timestamp_millis()),
            fact,
            by: (self.by.len() - 1) as u32,
            json: (start, self.json.len()),
        });
        Ok(())
    }

    /// The same, where all of it can be kept.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] with what is wrong with the first report that can't.
    pub fn checked(self) -> Result<Self, StoreError> {
        match self.unfit {
            Some(what) => Err(StoreError::Unfit(what)),
            None => Ok(self),
        }
    }

    /// The rows, in order.
    pub fn rows(&self) -> &[ReadyRow] {
        &self.rows
    }

    /// Whether there is nothing in it, not even a report that can't be kept.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.unfit.is_none()
    }

    /// Who entered a row.
    pub fn by(&self, row: &ReadyRow) -> &By {
        &self.by[row.by as usize]
    }

    /// What a row's entry says, as JSON.
    pub fn json(&self, row: &ReadyRow) -> &[u8] {
        &self.json[row.json.0..row.json.1]
    }

    /// Where a row was read.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] where its text does not say it.
    pub fn origin(&self, row: &ReadyRow) -> Result<Origin, StoreError> {
        /// The one part of a report that is needed here.
        #[derive(serde::Deserialize)]
        struct Row {
            origin: Origin,
        }
        let read: Result<Row, _> = serde_json::from_slice(self.json(row));
        read.map(|row| row.origin)
            .map_err(|e| StoreError::Unfit(format!("a row can't be read ({e})")))
    }

    /// The town, as the facts of the rows see it.
    pub fn standing(&self) -> Option<&Arc<Standing>> {
        self.standing.as_ref()
    }

    /// The places of this batch's codes in `codes`, where new ones are appended.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] where there are too many.
    pub fn translate(&self, codes: &mut Codes) -> Result<Translation, StoreError> {
        let mut places: [Vec<u16>; 3] = Default::default();
        for kind in CodeKind::ALL {
            for code in self.codes.all(kind) {
                let place = codes
                    .id(kind, code)
                    .map_err(|e| StoreError::Unfit(e.to_string()))?;
                places[kind as usize].push(place);
            }
        }
        Ok(Translation(places))
    }

    /// The photos that the reports name.
    pub fn photos(&self) -> &[PhotoHash] {
        &self.photos
    }
}

/// The places around a point as one number, which is hashed at once.
fn key_of(around: &Around) -> u128 {
    around.iter().fold(0, |key, place| {
        key << 17 | place.map_or(0, |id| u128::from(id.0) + 1)
    })
}

/// Where the codes of a batch stand in the list of a book.
#[derive(Debug)]
pub struct Translation([Vec<u16>; 3]);

impl Translation {
    /// The fact of a row in the numbers of the book.
    pub fn fact(&self, row: &ReadyRow, case: CaseId) -> Fact {
        let place = |kind: CodeKind, place: u16| {
            let places = &self.0[kind as usize];
            places.get(usize::from(place)).copied().unwrap_or_default()
        };
        Fact {
            case,
            area: place(CodeKind::Area, row.fact.area),
            item: place(CodeKind::Item, row.fact.item),
            unit: place(CodeKind::Unit, row.fact.unit),
            ..row.fact
        }
    }
}

/// JSON has no word for infinities and no-numbers, so a report with one could not be read again.
///
/// # Errors
/// [`StoreError::Unfit`] with the position.
pub fn check_numbers(action: &Action) -> Result<(), StoreError> {
    match action {
        Action::Report(report) => check_report(report),
        _ => Ok(()),
    }
}

fn check_report(report: &Report) -> Result<(), StoreError> {
    use crate::case::Whereabouts::{Elsewhere, Point};
    let Report {
        place: Point { at, .. } | Elsewhere { about: at, .. },
        ..
    } = report
    else {
        return Ok(());
    };
    if at.lon.is_finite() && at.lat.is_finite() {
        Ok(())
    } else {
        Err(StoreError::Unfit(format!(
            "{}, {} is no position",
            at.lat, at.lon
        )))
    }
}
