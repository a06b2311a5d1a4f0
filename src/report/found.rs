//! Cases that were found, as a file: a table as CSV or workbook, or points as GeoJSON.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::DateTime;
use rust_xlsxwriter::{Format, Workbook};
use serde_json::{Map, Value, json};

use super::sheet::{guarded, sheet_name};
use crate::case::card::BETWEEN;
use crate::case::{Area, CaseId, CodeKind};
use crate::find::{Row, Shown};
use crate::town::{Handler, Town};
use crate::words::Words;

/// A workbook with more rows than this takes more memory than an office machine has to spare.
const XLSX_MAX: usize = 200_000;

/// How often it is asked whether somebody wants to stop.
const ASK_EVERY: usize = 1000;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundFile {
    /// Text with commas.
    Csv,
    /// A workbook.
    Xlsx,
    /// Points for maps of other programs, WGS-84.
    GeoJson,
}

impl FoundFile {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Xlsx, Self::GeoJson];

    /// How the names of such files end.
    pub fn ending(self) -> &'static str {
        ["csv", "xlsx", "geojson"][self as usize]
    }

    /// The kind that a file's name ends in.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_lowercase();
        let json = || (ending == "json").then_some(Self::GeoJson);
        Self::ALL
            .into_iter()
            .find(|kind| kind.ending() == ending)
            .or_else(json)
    }
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FoundFileError {
    /// The disk.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// Too many rows for a workbook.
    #[error("{0} rows are too many for a workbook (at most {max}): write CSV, or look for fewer cases", max = XLSX_MAX)]
    TooMany(usize),
    /// The workbook can't be made.
    #[error("{0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// Somebody wanted to stop.
    #[error("stopped")]
    Stopped,
}

/// What is written: cases, and what their numbers stand for.
pub struct FoundCases<'a> {
    /// The cases.
    pub ids: &'a [CaseId],
    /// What they were found in.
    pub shown: &'a Shown,
    /// The town.
    pub town: &'a Town,
    /// The language of the file.
    pub words: &'a Words,
    /// What the file must say of its cases, such as that they are a drill's; may be empty.
    pub mark: &'a str,
    /// Set, it stops the writing; nothing is left then.
    pub stop: &'a AtomicBool,
}

/// A value of a column.
enum Entry {
    Text(String),
    Number(f64),
    Nothing,
}

/// The columns: the name in GeoJSON, and the key of the heading in the words of the interface.
const COLUMNS: [(&str, &str); 18] = [
    ("id", "found-column-number"),
    ("class", "found-column-class"),
    ("stage", "found-column-stage"),
    ("item", "found-column-item"),
    ("item_name", "found-column-item-name"),
    ("reported_at", "found-column-reported"),
    ("due_at", "found-column-due"),
    ("severity", "found-column-severity"),
    ("centre", "found-column-centre"),
    ("source", "found-column-source"),
    ("unit", "found-column-unit"),
    ("community", "found-column-community"),
    ("base_grid", "found-column-base-grid"),
    ("party_grid", "found-column-party-grid"),
    ("block", "found-column-block"),
    ("longitude", "found-column-longitude"),
    ("latitude", "found-column-latitude"),
    ("text", "found-column-text"),
];

impl FoundCases<'_> {
    /// Writes the file, wholly or not at all; one that is there is replaced.
    ///
    /// # Errors
    /// [`FoundFileError`].
    pub fn write(&self, kind: FoundFile, path: &Path) -> Result<(), FoundFileError> {
        if kind == FoundFile::Xlsx && self.ids.len() > XLSX_MAX {
            return Err(FoundFileError::TooMany(self.ids.len()));
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let told = |error| FoundFileError::Io(path.to_owned(), error);
        let write = || {
            let mut out = BufWriter::new(File::create(&part).map_err(told)?);
            match kind {
                FoundFile::Csv => self.csv(&mut out).map_err(|error| stopped(error, path))?,
                FoundFile::GeoJson => self.geojson(&mut out).map_err(|error| stopped(error, path))?,
                FoundFile::Xlsx => out.write_all(&self.xlsx()?).map_err(told)?,
            }
            out.flush().map_err(told)?;
            std::fs::rename(&part, path).map_err(told)
        };
        write().inspect_err(|_| {
            std::fs::remove_file(&part).ok();
        })
    }

    /// Each case with its row; ends early where somebody wants to stop.
    fn rows(&self) -> impl Iterator<Item = Option<Row>> {
        self.ids.iter().enumerate().map(|(i, id)| {
            if i.is_multiple_of(ASK_EVERY) && self.stop.load(Ordering::Relaxed) {
                return None;
            }
            self.shown.row(*id)
        })
    }

    /// Writes CSV: UTF-8 with a byte-order mark, which tells office programs so.
    ///
    /// # Errors
    /// Of the writer; [`io::ErrorKind::Interrupted`] where somebody wanted to stop.
    pub fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all("\u{feff}".as_bytes())?;
        let mut writer = csv::Writer::from_writer(out);
        let headings = COLUMNS.iter().map(|(_, key)| self.words.t(key));
        writer.write_record(headings.chain(self.marked()))?;
        for row in self.rows() {
            let row = row.ok_or(io::ErrorKind::Interrupted)?;
            let cells = self.values(&row).into_iter().map(|value| match value {
                Entry::Text(text) => guarded(&text),
                Entry::Number(number) => number.to_string(),
                Entry::Nothing => String::new(),
            });
            writer.write_record(cells.chain(self.marked().map(str::to_owned)))?;
        }
        writer.flush()
    }

    fn marked(&self) -> impl Iterator<Item = &str> {
        Some(self.mark).filter(|mark| !mark.is_empty()).into_iter()
    }

    /// Writes a collection of features (RFC 7946): a case whose exact point is not known has none here, either.
    ///
    /// # Errors
    /// As [`Self::csv`].
    pub fn geojson(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"type\":\"FeatureCollection\",")?;
        if !self.mark.is_empty() {
            write!(out, "\"mark\":{},", json!(self.mark))?;
        }
        write!(out, "\"features\":[")?;
        for (i, row) in self.rows().enumerate() {
            let row = row.ok_or(io::ErrorKind::Interrupted)?;
            let point = row
                .at
                .map(|at| json!({"type": "Point", "coordinates": [at.lon, at.lat]}));
            let properties: Map<String, Value> = COLUMNS
                .iter()
                .zip(self.values(&row))
                .filter(|((name, _), _)| !matches!(*name, "longitude" | "latitude"))
                .map(|((name, _), value)| ((*name).to_owned(), json_of(value)))
                .collect();
            let feature =
                json!({"type": "Feature", "id": row.id, "geometry": point, "properties": properties});
            let between = if i > 0 { ",\n" } else { "\n" };
            write!(out, "{between}{feature}")?;
        }
        writeln!(out, "\n]}}")
    }

    fn xlsx(&self) -> Result<Vec<u8>, FoundFileError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.set_name(sheet_name(self.words.t("found-sheet")))?;
        let bold = Format::new().set_bold();
        let headings = COLUMNS
            .iter()
            .map(|(_, key)| self.words.t(key))
            .chain(self.marked());
        for (column, heading) in (0_u16..).zip(headings) {
            sheet.write_string_with_format(0, column, heading, &bold)?;
        }
        for (at, row) in (1_u32..).zip(self.rows()) {
            let row = row.ok_or(FoundFileError::Stopped)?;
            for (column, value) in (0_u16..).zip(self.values(&row)) {
                match value {
                    Entry::Text(text) => {
                        // So many characters fit into a cell.
                        let text: String = text.chars().take(32_000).collect();
                        sheet.write_string(at, column, text)?;
                    }
                    Entry::Number(number) => {
                        sheet.write_number(at, column, number)?;
                    }
                    Entry::Nothing => {}
                }
            }
            for mark in self.marked() {
                sheet.write_string(at, COLUMNS.len() as u16, mark)?;
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.autofilter(0, 0, self.ids.len() as u32, COLUMNS.len() as u16 - 1)?;
        Ok(book.save_to_buffer()?)
    }

    /// The values of a case, in the order of [`COLUMNS`].
    fn values(&self, row: &Row) -> [Entry; COLUMNS.len()] {
        let (town, words) = (self.town, self.words);
        let codes = &self.shown.rows().codes;
        let text = |text: &str| match text {
            "" => Entry::Nothing,
            text => Entry::Text(text.to_owned()),
        };
        let moment = |ms: Option<i64>| {
            let at = ms.and_then(DateTime::from_timestamp_millis);
            let at = at.map(|at| {
                at.with_timezone(&town.timezone)
                    .format("%Y-%m-%d %H:%M:%S")
                    .to_string()
            });
            at.map_or(Entry::Nothing, Entry::Text)
        };
        let number = |number: Option<f64>| number.map_or(Entry::Nothing, Entry::Number);
        let area = Area::parse(codes.get(CodeKind::Area, row.area));
        let place = |code: &str| {
            let id = town.places.by_code(code);
            text(id.map_or(code, |id| town.places.get(id).name.get(words.lang)))
        };
        let item = codes.get(CodeKind::Item, row.item);
        let item_name = town
            .catalogue
            .by_code(item)
            .map_or("", |item| item.name.get(words.lang));
        let unit = codes.get(CodeKind::Unit, row.unit);
        let unit = match Handler::try_from(unit.to_owned()) {
            Ok(handler) => text(town.handler_name(&handler, words.lang)),
            Err(_) => text(unit),
        };
        [
            Entry::Number(row.id.0 as f64),
            text(row.class.letter()),
            text(words.stage(row.stage)),
            text(item),
            text(item_name),
            moment(Some(row.reported_ms)),
            moment(row.due_ms),
            Entry::Number(f64::from(row.severity)),
            text(words.centre(row.centre)),
            text(words.source(row.source)),
            unit,
            place(&area.community),
            place(&area.base_grid),
            place(&area.party_grid),
            place(&area.block),
            number(row.at.map(|at| at.lon)),
            number(row.at.map(|at| at.lat)),
            text(&self.shown.text(row.id).replace(BETWEEN, " / ")),
        ]
    }
}

fn json_of(value: Entry) -> Value {
    match value {
        Entry::Text(text) => Value::String(text),
        Entry::Number(number) => json!(number),
        Entry::Nothing => Value::Null,
    }
}

fn stopped(error: io::Error, path: &Path) -> FoundFileError {
    match error.kind() {
        io::ErrorKind::Interrupted => FoundFileError::Stopped,
        _ => FoundFileError::Io(path.to_owned(), error),
    }
}
