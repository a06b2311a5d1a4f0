//! Tables as offices send them: CSV in the encodings that occur, and XLSX. Rows are streamed, never held together.

use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::{csv_rows, sniff, xlsx_rows};

/// Longest cell that is read, in bytes of UTF-8. A longer one is a fault of its row.
pub const CELL_MAX_BYTES: usize = 1 << 20;

/// Most columns that are read.
pub const COLUMNS_MAX: usize = 4096;

/// Among so many rows at the top the header is looked for.
const HEADER_WITHIN: usize = 20;

/// The character that stands for bytes that could not be read.
pub const UNREADABLE: char = '\u{FFFD}';

/// How the text of a CSV file is written in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// GB 18030, which includes GBK and GB 2312.
    Gb18030,
    /// UTF-16, little end first, with a byte-order mark.
    Utf16Le,
    /// UTF-16, big end first, with a byte-order mark.
    Utf16Be,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(["UTF-8", "GB 18030", "UTF-16LE", "UTF-16BE"][*self as usize])
    }
}

/// What a file turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with a delimiter.
    Csv {
        /// `,`, `;` or a tab.
        delimiter: u8,
        /// Of the whole file.
        encoding: Encoding,
    },
    /// A workbook; one of its sheets is the table.
    Xlsx {
        /// The sheet that is read: the first one with a table in it.
        sheet: String,
    },
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Csv {
                delimiter: b'\t',
                encoding,
            } => write!(f, "CSV (tab, {encoding})"),
            Self::Csv { delimiter, encoding } => write!(f, "CSV ({}, {encoding})", char::from(*delimiter)),
            Self::Xlsx { sheet } => write!(f, "XLSX ({sheet})"),
        }
    }
}

/// Why a file can't be read as a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The file can't be opened or read.
    #[error("{path} can't be read: {reason}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// There is nothing in it.
    #[error("{path} is empty: a table needs a row of column names and at least one row of data")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It is something else than its name says.
    #[error("{path} is not what its name says: it is {found}. {remedy}")]
    Misnamed {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// It is no table that can be read.
    #[error("{path} is {found}, not a table. {remedy}")]
    NotATable {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Its text is in no encoding that is known here.
    #[error("{path} is written in an encoding that is not known here: save it as CSV UTF-8, or as XLSX")]
    Encoding {
        /// The file.
        path: PathBuf,
    },
    /// A workbook that unpacks to too much.
    #[error(
        "{path} unpacks to more than {limit_mib} MiB ({part}): save the sheet as CSV, which has no such limit"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The part of the workbook.
        part: String,
        /// The limit, in MiB.
        limit_mib: u64,
    },
    /// A workbook that is damaged.
    #[error("{path} is a damaged workbook ({reason}): open it in a spreadsheet program and save it again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        reason: String,
    },
}

/// What is wrong with a row already before anybody asks what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CellFault {
    /// A cell is longer than [`CELL_MAX_BYTES`]; only its beginning was kept.
    TooLong {
        /// Its column, from 0.
        column: usize,
    },
    /// A cell holds bytes that are no text in the file's encoding.
    Unreadable {
        /// Its column, from 0.
        column: usize,
    },
    /// More cells than the header has, or fewer.
    Count {
        /// How many there are.
        found: usize,
    },
}

/// One row of a table. It is filled again for every row, so its cells are borrowed only while it is shown.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The physical line of the file on which it begins, from 1; the row's number for XLSX.
    pub line: u64,
    /// Bytes of the file that had been read when it was complete; 0 where that is not known.
    pub read: u64,
    pub(super) fault: Option<CellFault>,
    /// The text of all its cells, one behind the other.
    pub(super) text: String,
    /// Where they end in there.
    pub(super) ends: Vec<usize>,
    /// Whether its text is to be searched for signs that are no text.
    pub(super) is_suspect: bool,
}

impl Row {
    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no cells at all.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cell in that column, from 0; empty beyond the last.
    pub fn cell(&self, column: usize) -> &str {
        let Some(end) = self.ends.get(column) else {
            return "";
        };
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        self.text.get(start..*end).unwrap_or_default()
    }

    /// Its cells, in order.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|column| self.cell(column))
    }

    /// What is wrong with it, where something is.
    pub fn fault(&self) -> Option<&CellFault> {
        self.fault.as_ref()
    }

    /// All its text without the bounds between cells, and the bounds.
    pub(super) fn raw(&self) -> (&[u8], &[usize]) {
        (self.text.as_bytes(), &self.ends)
    }

    pub(super) fn clear(&mut self) {
        self.fault = None;
        self.text.clear();
        self.ends.clear();
        self.is_suspect = false;
    }

    /// Adds a cell; what goes beyond [`CELL_MAX_BYTES`] is cut and noted.
    pub(super) fn push(&mut self, cell: &str) {
        let mut kept = cell;
        if cell.len() > CELL_MAX_BYTES {
            self.fault
                .get_or_insert(CellFault::TooLong { column: self.len() });
            kept = super::translate::head(cell, 80);
        }
        self.text.push_str(kept);
        self.ends.push(self.text.len());
        self.is_suspect = true;
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_whitespace())
    }

    fn filled(&self) -> usize {
        self.cells().filter(|cell| !cell.trim().is_empty()).count()
    }

    /// Notes what is wrong with its cells, given how many columns there are.
    fn check(&mut self, columns: usize, sparse: bool) {
        if self.fault.is_some() {
            return;
        }
        let surplus_blank = || (columns..self.len()).all(|column| self.cell(column).trim().is_empty());
        let wrong = if sparse {
            !surplus_blank()
        } else {
            self.len() != columns && !self.only_blank_after(columns)
        };
        if wrong {
            self.fault = Some(CellFault::Count { found: self.len() });
            return;
        }
        if self.is_suspect && is_odd(&self.text) {
            let bad = |cell: &str| cell.contains(UNREADABLE) || cell.contains('\0');
            let column = (0..self.len())
                .find(|column| bad(self.cell(*column)))
                .unwrap_or(0);
            self.fault = Some(CellFault::Unreadable { column });
        }
    }

    /// A delimiter at the very end of a line makes one empty cell more, which means nothing.
    fn only_blank_after(&self, columns: usize) -> bool {
        self.len() > columns && (columns..self.len()).all(|column| self.cell(column).is_empty())
    }
}

/// Whether there is a sign in it that is no text. Without a branch for each byte, so that many are looked at at once.
pub(super) fn is_odd(text: &str) -> bool {
    let text = text.as_bytes();
    let zero = text.iter().fold(0, |odd, byte| odd | u8::from(*byte == 0));
    let behind = text.iter().zip(text.iter().skip(1)).zip(text.iter().skip(2));
    let marks = behind.fold(0, |odd, ((a, b), c)| {
        odd | u8::from(*a == 0xEF) & u8::from(*b == 0xBF) & u8::from(*c == 0xBD)
    });
    zero | marks != 0
}

/// A file that is a table: what it is, and its header. Its rows are streamed by [`Self::rows`].
#[derive(Clone, Debug)]
pub struct Table {
    path: PathBuf,
    format: Format,
    header: Vec<String>,
    header_line: u64,
    size: u64,
}

impl Table {
    /// Finds out what the file is, by its contents, and where its header stands.
    ///
    /// # Errors
    /// Where it is no table, or not what its name says. A message says what to do.
    pub fn open(path: &Path) -> Result<Self, TableError> {
        let size = std::fs::metadata(path).map_err(|e| read_error(path, &e))?.len();
        let format = match sniff::sniff(path)? {
            sniff::Kind::Text { encoding } => {
                let delimiter = csv_rows::delimiter(path, encoding)?;
                Format::Csv { delimiter, encoding }
            }
            sniff::Kind::Workbook => Format::Xlsx {
                sheet: xlsx_rows::first_sheet(path)?,
            },
        };
        let mut table = Self {
            path: path.to_path_buf(),
            format,
            header: Vec::new(),
            header_line: 0,
            size,
        };
        table.find_header()?;
        Ok(table)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it turned out to be.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// The names of its columns, without blanks around them. Names can be empty or occur twice.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The column of that name, from 0: the exact name, or else the same in other capitals.
    pub fn column(&self, name: &str) -> Option<usize> {
        column(&self.header, name)
    }

    /// Its first `n` rows, as they are.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn preview(&self, n: usize) -> Result<Vec<Row>, TableError> {
        let mut rows = Vec::new();
        if n == 0 {
            return Ok(rows);
        }
        self.rows(&mut |row| {
            rows.push(row.clone());
            if rows.len() < n {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        Ok(rows)
    }

    /// Shows every row below the header to `each`, until it breaks. Rows without any text are left out.
    ///
    /// # Errors
    /// Where the file can't be read to its end.
    pub fn rows(&self, each: &mut dyn FnMut(&Row) -> ControlFlow<()>) -> Result<(), TableError> {
        let (columns, header_line) = (self.header.len(), self.header_line);
        let sparse = matches!(self.format, Format::Xlsx { .. });
        self.raw_rows(&mut |row| {
            if row.line <= header_line || row.is_blank() {
                return ControlFlow::Continue(());
            }
            row.check(columns, sparse);
            each(row)
        })
    }

    fn raw_rows(&self, each: &mut dyn FnMut(&mut Row) -> ControlFlow<()>) -> Result<(), TableError> {
        match &self.format {
            Format::Csv { delimiter, encoding } => csv_rows::rows(&self.path, *delimiter, *encoding, each),
            Format::Xlsx { sheet } => xlsx_rows::rows(&self.path, sheet, each),
        }
    }

    /// The header is the first row that is at least half as full as rows near the top mostly are: sheets often begin
    /// with a title that fills one cell.
    fn find_header(&mut self) -> Result<(), TableError> {
        let mut top: Vec<Row> = Vec::new();
        self.raw_rows(&mut |row| {
            if !row.is_blank() {
                top.push(row.clone());
            }
            if top.len() < HEADER_WITHIN {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        let mut filled: Vec<usize> = top.iter().map(Row::filled).collect();
        filled.sort_unstable();
        let usual = filled.get(filled.len() / 2).copied().unwrap_or(0);
        let header = top
            .iter()
            .find(|row| row.filled() * 2 >= usual && row.filled() > 0);
        let Some(header) = header else {
            return Err(TableError::Empty {
                path: self.path.clone(),
            });
        };
        let mut names: Vec<String> = header.cells().map(|name| name.trim().to_owned()).collect();
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        self.header = names;
        self.header_line = header.line;
        Ok(())
    }
}

/// The column of that name, from 0: the exact name, or else the same in other capitals.
pub fn column(header: &[String], name: &str) -> Option<usize> {
    let name = name.trim();
    let exact = header.iter().position(|have| have == name);
    exact.or_else(|| {
        header
            .iter()
            .position(|have| have.to_lowercase() == name.to_lowercase())
    })
}

pub(super) fn read_error(path: &Path, error: &std::io::Error) -> TableError {
    TableError::Read {
        path: path.to_path_buf(),
        reason: error.to_string(),
    }
}
