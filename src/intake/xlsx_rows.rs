//! Streams the rows of a sheet of an XLSX workbook. What the workbook unpacks to is measured first.

use std::fs::File;
use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;

use calamine::{DataRef, Reader, Xlsx};

use super::table::{COLUMNS_MAX, CellFault, Row, TableError, read_error};

/// Most that a workbook may unpack to.
const WORKBOOK_MAX_BYTES: u64 = 2 << 30;
/// Most that its table of texts may unpack to: it is held in memory.
const TEXTS_MAX_BYTES: u64 = 256 << 20;
/// Longest stretch without markup, that is: the longest single cell.
const STRETCH_MAX_BYTES: usize = 16 << 20;

/// The first sheet that has any cell, after a check of the whole workbook.
pub fn first_sheet(path: &Path) -> Result<String, TableError> {
    measure(path)?;
    let mut workbook = open(path)?;
    for sheet in workbook.sheet_names() {
        let mut cells = workbook
            .worksheet_cells_reader(&sheet)
            .map_err(|e| damaged(path, &e))?;
        let mut any = false;
        while let Some(cell) = cells.next_cell().map_err(|e| damaged(path, &e))? {
            if !matches!(cell.get_value(), DataRef::Empty) {
                any = true;
                break;
            }
        }
        if any {
            return Ok(sheet);
        }
    }
    Err(TableError::Empty {
        path: path.to_path_buf(),
    })
}

/// Shows every row of the sheet to `each`, until it breaks.
pub fn rows(
    path: &Path,
    sheet: &str,
    each: &mut dyn FnMut(&mut Row) -> ControlFlow<()>,
) -> Result<(), TableError> {
    let mut workbook = open(path)?;
    let mut cells = workbook
        .worksheet_cells_reader(sheet)
        .map_err(|e| damaged(path, &e))?;
    let mut row = Row::default();
    while let Some(cell) = cells.next_cell().map_err(|e| damaged(path, &e))? {
        let (at, column) = cell.get_position();
        let line = u64::from(at) + 1;
        if line != row.line {
            if row.line > 0 && each(&mut row).is_break() {
                return Ok(());
            }
            row.clear();
            row.line = line;
        }
        let column = column as usize;
        if column >= COLUMNS_MAX {
            row.fault.get_or_insert(CellFault::Count { found: column + 1 });
            continue;
        }
        while row.len() < column {
            row.push("");
        }
        // A damaged sheet can name a cell twice; the first one counts.
        if row.len() == column {
            row.push(&text_of(cell.get_value()));
        }
    }
    if row.line > 0 {
        let _ = each(&mut row);
    }
    Ok(())
}

fn open(path: &Path) -> Result<Xlsx<BufReader<File>>, TableError> {
    let file = File::open(path).map_err(|e| read_error(path, &e))?;
    Xlsx::new(BufReader::new(file)).map_err(|e| damaged(path, &e))
}

fn damaged(path: &Path, error: &dyn std::fmt::Display) -> TableError {
    TableError::Damaged {
        path: path.to_path_buf(),
        reason: error.to_string(),
    }
}

/// A cell as text: dates as `2018-07-04 17:24:41`, numbers as short as they can be told apart.
fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(n) => n.to_string(),
        DataRef::String(s) => s.clone(),
        DataRef::SharedString(s) => (*s).to_owned(),
        DataRef::Bool(b) => b.to_string(),
        DataRef::DateTime(at) if at.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        DataRef::DateTime(at) => at.as_f64().to_string(),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.replace('T', " "),
        DataRef::Error(e) => e.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// Unpacks every part once without keeping it: sizes that a ZIP archive states can be lies.
fn measure(path: &Path) -> Result<(), TableError> {
    let file = File::open(path).map_err(|e| read_error(path, &e))?;
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|e| damaged(path, &e))?;
    let mut sum = 0_u64;
    let mut buffer = vec![0; 1 << 16];
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|e| damaged(path, &e))?;
        let name = part.name().map_err(|e| damaged(path, &e))?.to_lowercase();
        // Pictures and the like are never unpacked.
        if !(name.ends_with(".xml") || name.ends_with(".rels")) {
            continue;
        }
        let held = !name.starts_with("xl/worksheets/");
        let mut of_part = 0_u64;
        let mut stretch = 0_usize;
        loop {
            let n = part.read(&mut buffer).map_err(|e| damaged(path, &e))?;
            if n == 0 {
                break;
            }
            sum += n as u64;
            of_part += n as u64;
            let too_large = |limit: u64| TableError::TooLarge {
                path: path.to_path_buf(),
                part: name.clone(),
                limit_mib: limit >> 20,
            };
            if sum > WORKBOOK_MAX_BYTES {
                return Err(too_large(WORKBOOK_MAX_BYTES));
            }
            if held && of_part > TEXTS_MAX_BYTES {
                return Err(too_large(TEXTS_MAX_BYTES));
            }
            stretch = match buffer[..n].iter().rposition(|b| *b == b'<') {
                Some(last) => n - last,
                None => stretch + n,
            };
            if stretch > STRETCH_MAX_BYTES {
                return Err(too_large(STRETCH_MAX_BYTES as u64));
            }
        }
    }
    Ok(())
}
