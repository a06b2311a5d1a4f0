//! The sample day: made-up cases of a plausible day, told relative to the moment at which it is opened.
//!
//! Its file is a journal in CSV, one entry a line. Every line goes through the desk with its own time, so that the
//! sample day obeys the same rules as a real one.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::assets;
use crate::case::{Case, CaseId, Duty, Entry, Source, Step, Whereabouts};
use crate::desk::{self, Args, Cases, Command, NewReport, Order, Refusal, Situation};
use crate::store::{Draft, Store, StoreError};
use crate::town::{Handler, Standing, Town, Wgs84};

/// Where the file lies.
pub const FILE: &str = "assets/sample/day.csv";
/// The seat that entries of the sample day come from.
const SEAT: &str = "1";
/// Columns of the file, in order.
const COLUMNS: [&str; 12] = [
    "case",
    "minutes_ago",
    "who",
    "do",
    "item",
    "source",
    "lon",
    "lat",
    "area",
    "stated",
    "to",
    "words",
];
/// A year: the sample day goes back no further.
const MINUTES_MAX: i64 = 366 * 24 * 60;
/// How many faults are listed at most.
const FAULTS_MAX: usize = 100;

/// One mistake in the file of a sample day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleFault {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; 0 where the whole file is meant.
    pub line: u64,
    /// The column, may be empty.
    pub field: &'static str,
    /// What was found and what was expected.
    pub what: String,
}

impl fmt::Display for SampleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ": line {}", self.line)?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Every mistake that was found in the file of a sample day, at most the first 100. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct SampleError(pub Vec<SampleFault>);

impl From<SampleError> for StoreError {
    fn from(error: SampleError) -> Self {
        Self::Unfit(error.to_string())
    }
}

/// Fills a book that has no cases yet with the sample day as it stands at `now`. A book with cases is left as it is.
///
/// # Errors
/// [`StoreError::Unfit`] with file, line and field where the file can't be read or does not fit the town; otherwise
/// what the store says.
pub fn fill(store: &mut dyn Store, town: &Town, now: DateTime<Utc>) -> Result<(), StoreError> {
    if store.counts()?.0 > 0 {
        return Ok(());
    }
    let path = assets::find(FILE)
        .ok_or_else(|| StoreError::Unfit(format!("{FILE} is missing: it belongs to the program's folder")))?;
    let day = tell(town, now, &path)?;
    store.set_standing(&Arc::new(Standing::of(town)))?;
    // The journal gives the cases their numbers; only then can their steps name them.
    let opened = store.append(day.reports.iter().map(|(_, draft)| draft.clone()).collect(), &[])?;
    let numbers: HashMap<CaseId, CaseId> = day
        .reports
        .iter()
        .zip(&opened)
        .map(|((told, _), entry)| (*told, entry.case))
        .collect();
    let steps = day.steps.into_iter().map(|draft| Draft {
        case: draft.case.and_then(|told| numbers.get(&told).copied()),
        ..draft
    });
    store.append(steps.collect(), &[])?;
    Ok(())
}

/// The entries of a sample day, oldest first. Cases have the numbers of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Day {
    /// What opens the cases, each with its number in the file.
    pub reports: Vec<(CaseId, Draft)>,
    /// The steps that follow.
    pub steps: Vec<Draft>,
}

/// Reads a sample day and lets the desk decide on every line of it, as it stands at `now`.
///
/// # Errors
/// Every mistake with line and field: of the file itself, or what the desk refuses.
pub fn tell(town: &Town, now: DateTime<Utc>, path: &Path) -> Result<Day, SampleError> {
    let lines = read(path)?;
    // Whole seconds: the same now gives the same day, whatever the clock's grain.
    let now = now.trunc_subsecs(0);
    let mut cases: HashMap<i64, (Case, i64)> = HashMap::new();
    let duty = Duty::default();
    let mut day = Day::default();
    let mut faults = Vec::new();
    for line in &lines {
        let told = CaseId(line.case);
        let known = cases.get(&line.case);
        let fault = |field, what: String| SampleFault {
            file: path.to_owned(),
            line: line.number,
            field,
            what,
        };
        match (&line.what, known) {
            (What::Report(_), Some(_)) => {
                faults.push(fault("case", format!("case {told} is reported a second time")));
                continue;
            }
            (What::Step { .. }, None) => {
                faults.push(fault(
                    "case",
                    format!("case {told} has no report on an earlier line"),
                ));
                continue;
            }
            (What::Step { .. }, Some((_, before))) if line.minutes_ago > *before => {
                let what = format!("{} is before the case's last entry, {before}", line.minutes_ago);
                faults.push(fault("minutes_ago", what));
                continue;
            }
            _ => {}
        }
        let at = now - TimeDelta::minutes(line.minutes_ago);
        let order = order(line, known.map_or(0, |(case, _)| case.version));
        let command = Command {
            actor: line.who.as_str().into(),
            seat: SEAT.into(),
            order,
        };
        let situation = Situation {
            town,
            cases: &One(known.map(|(case, _)| case)),
            duty: &duty,
            now: at,
        };
        let draft = match desk::decide(&situation, command) {
            // Every line of the file is one entry.
            Ok(drafts) if drafts.len() == 1 => drafts.into_iter().next(),
            Ok(_) => None,
            Err(refusal) => {
                faults.push(fault(refused_field(&refusal), refusal.to_string()));
                continue;
            }
        };
        let Some(draft) = draft else {
            faults.push(fault("do", "takes more than one entry".to_owned()));
            continue;
        };
        let entry = entry(told, &draft);
        let folded = match cases.remove(&line.case) {
            None => Case::open(&entry),
            Some((mut case, _)) => case.apply(&entry).map(|()| case),
        };
        match folded {
            Ok(case) => drop(cases.insert(line.case, (case, line.minutes_ago))),
            Err(error) => faults.push(fault("do", error.to_string())),
        }
        match line.what {
            What::Report(_) => day.reports.push((told, draft)),
            What::Step { .. } => day.steps.push(draft),
        }
    }
    if !faults.is_empty() {
        faults.truncate(FAULTS_MAX);
        return Err(SampleError(faults));
    }
    // Stable, so that entries of one case keep their order within a minute.
    day.reports.sort_by_key(|(_, draft)| draft.at);
    day.steps.sort_by_key(|draft| draft.at);
    Ok(day)
}

fn order(line: &Line, based_on: u32) -> Order {
    match &line.what {
        What::Report(report) => Order::Report(report.clone()),
        What::Step { step, to } => Order::Move {
            case: CaseId(line.case),
            based_on,
            step: *step,
            args: Args {
                to: to.clone(),
                ..Args::note(&line.words)
            },
        },
    }
}

fn entry(case: CaseId, draft: &Draft) -> Entry {
    Entry {
        seq: 0,
        case,
        version: draft.based_on + 1,
        at: draft.at,
        actor: draft.actor.clone(),
        seat: draft.seat.clone(),
        action: draft.action.clone(),
    }
}

/// The case of the line, if it has one yet.
struct One<'a>(Option<&'a Case>);

impl Cases for One<'_> {
    fn case(&self, id: CaseId) -> Option<&Case> {
        self.0.filter(|case| case.id == id)
    }
}

/// The column that a refusal is about.
fn refused_field(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownPost { .. } | Refusal::NotAllowed { .. } => "who",
        Refusal::UnknownItem { .. } => "item",
        Refusal::PlaceMissing => "stated",
        Refusal::PlaceWrong { .. } => "area",
        Refusal::NobodyToSend | Refusal::UnknownHandler { .. } | Refusal::AlreadyThere { .. } => "to",
        Refusal::WordsMissing { .. } => "words",
        Refusal::InTheFuture => "minutes_ago",
        _ => "do",
    }
}

/// One line of the file.
struct Line {
    number: u64,
    case: i64,
    minutes_ago: i64,
    who: String,
    words: String,
    what: What,
}

enum What {
    Report(NewReport),
    Step { step: Step, to: Option<Handler> },
}

fn read(path: &Path) -> Result<Vec<Line>, SampleError> {
    let whole = |what: String| {
        SampleError(vec![SampleFault {
            file: path.to_owned(),
            line: 0,
            field: "",
            what,
        }])
    };
    let text = std::fs::read_to_string(path).map_err(|error| whole(error.to_string()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut rows = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let head = rows.headers().map_err(|error| whole(error.to_string()))?;
    if !head.iter().map(str::trim).eq(COLUMNS) {
        let what = format!("the first line must be: {}", COLUMNS.join(","));
        return Err(SampleError(vec![SampleFault {
            file: path.to_owned(),
            line: 1,
            field: "",
            what,
        }]));
    }
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for row in rows.records() {
        let found = row.map_err(|error| {
            (
                error.position().map_or(0, csv::Position::line),
                "",
                error.to_string(),
            )
        });
        match found.and_then(|row| line(&row)) {
            Ok(line) => lines.push(line),
            Err((line, field, what)) => {
                faults.push(SampleFault {
                    file: path.to_owned(),
                    line,
                    field,
                    what,
                });
            }
        }
    }
    if faults.is_empty() {
        return Ok(lines);
    }
    faults.truncate(FAULTS_MAX);
    Err(SampleError(faults))
}

/// Line, field, and what is wrong.
type Wrong = (u64, &'static str, String);

/// The cells of one row by the names of their columns.
struct Cells<'a> {
    row: &'a csv::StringRecord,
    number: u64,
}

impl<'a> Cells<'a> {
    fn get(&self, field: &str) -> &'a str {
        let index = COLUMNS.iter().position(|column| *column == field);
        index
            .and_then(|index| self.row.get(index))
            .unwrap_or_default()
            .trim()
    }

    fn wrong(&self, field: &'static str, expected: &str) -> Wrong {
        let found = self.get(field);
        (
            self.number,
            field,
            format!("'{found}' was found, {expected} was expected"),
        )
    }

    fn number(&self, field: &'static str, most: i64) -> Result<i64, Wrong> {
        let number = self
            .get(field)
            .parse()
            .ok()
            .filter(|number| (0..=most).contains(number));
        number.ok_or_else(|| self.wrong(field, &format!("a whole number from 0 to {most}")))
    }

    fn degrees(&self, field: &'static str) -> Result<f64, Wrong> {
        let degrees = self
            .get(field)
            .parse()
            .ok()
            .filter(|degrees: &f64| degrees.is_finite());
        degrees.ok_or_else(|| self.wrong(field, "WGS-84 degrees"))
    }
}

fn line(row: &csv::StringRecord) -> Result<Line, Wrong> {
    let cells = Cells {
        row,
        number: row.position().map_or(0, csv::Position::line),
    };
    if row.len() != COLUMNS.len() {
        let what = format!("{} cells were found, {} were expected", row.len(), COLUMNS.len());
        return Err((cells.number, "", what));
    }
    let deed = cells.get("do");
    let what = if deed == "report" {
        What::Report(report(&cells)?)
    } else {
        let step = Step::ALL.into_iter().find(|step| step.code() == deed);
        let names = || format!("'report' or one of {}", Step::ALL.map(Step::code).join(", "));
        let to = match cells.get("to") {
            "" => None,
            to => Some(Handler::try_from(to.to_owned()).map_err(|what| (cells.number, "to", what))?),
        };
        What::Step {
            step: step.ok_or_else(|| cells.wrong("do", &names()))?,
            to,
        }
    };
    Ok(Line {
        number: cells.number,
        case: cells.number("case", i64::from(u32::MAX))?,
        minutes_ago: cells.number("minutes_ago", MINUTES_MAX)?,
        who: cells.get("who").to_owned(),
        words: cells.get("words").to_owned(),
        what,
    })
}

fn report(cells: &Cells<'_>) -> Result<NewReport, Wrong> {
    let source = Source::parse(cells.get("source"));
    let names = || format!("one of {}", Source::ALL.map(Source::code).join(", "));
    Ok(NewReport {
        item: cells.get("item").into(),
        text: cells.get("words").to_owned(),
        place: place(cells)?,
        source: source.ok_or_else(|| cells.wrong("source", &names()))?,
        reported_at: None,
        photos: Vec::new(),
    })
}

/// A point where both degrees are given, else an area where its code is given, else words.
fn place(cells: &Cells<'_>) -> Result<Whereabouts, Wrong> {
    let stated: Arc<str> = cells.get("stated").into();
    let area = cells.get("area");
    let point = [cells.get("lon"), cells.get("lat")] != ["", ""];
    match (point, area) {
        (true, "") => {
            let at = Wgs84 {
                lon: cells.degrees("lon")?,
                lat: cells.degrees("lat")?,
            };
            Ok(Whereabouts::Point {
                at,
                stated,
                grid: None,
            })
        }
        (true, _) => Err(cells.wrong("area", "nothing, because a point is given,")),
        (false, "") => Ok(Whereabouts::Stated { stated }),
        (false, code) => Ok(Whereabouts::Area {
            code: code.into(),
            stated,
        }),
    }
}
