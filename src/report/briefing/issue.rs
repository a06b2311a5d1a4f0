//! Makes a briefing and writes its files.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::indicator::{Definitions, Engine, Filter, Period};
use crate::report::file::write_whole;
use crate::store::{Store, StoreError};
use crate::town::{Lang, Town};
use crate::words::Words;

use super::make::{MakeError, Order};
use super::sheet::Sheet;
use super::template::Template;
use super::{pdf, xlsx};

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A document to hand out.
    Pdf,
    /// A workbook to count on with.
    Xlsx,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Pdf, Self::Xlsx];

    /// The ending of its files, and the word for it on the shell.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
        }
    }

    /// Reads [`Self::ending`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.ending() == text)
    }
}

/// What is to be written.
#[derive(Clone, Debug)]
pub struct Issue {
    /// What stands in it.
    pub template: Template,
    /// Of which days.
    pub period: Period,
    /// Of which cases.
    pub filter: Filter,
    /// The folder for the files; it is made where it does not exist.
    pub out: PathBuf,
    /// Which files.
    pub formats: Vec<Format>,
    /// Whether existing files are replaced.
    pub force: bool,
    /// What stands on every page beside its own words; `None` for nothing, or in a drill's book that it is one.
    pub mark: Option<String>,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The files.
    pub files: Vec<PathBuf>,
    /// What stands in them.
    pub sheet: Sheet,
}

/// Why a briefing was not written.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// A file is there already.
    #[error("{0} exists: choose another folder, move it away, or replace it (--force)")]
    Exists(String),
    /// A file or folder can't be written.
    #[error("{0}: can't be written: {1}")]
    Write(String, std::io::Error),
    /// The book does not know its boundaries, and the template asks for places.
    #[error("the book does not know the boundaries of communities and grids yet")]
    NoBoundaries,
    /// It can't be counted.
    #[error(transparent)]
    Make(#[from] MakeError),
    /// The book can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document can't be made.
    #[error(transparent)]
    Pdf(#[from] crate::report::pdf::PdfError),
    /// The workbook can't be made.
    #[error("the workbook can't be made: {0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
}

impl Issue {
    /// The file of a format: `briefing-2026-11.zh.pdf`; with the template's name where it is not the one for such a period,
    /// and with the code of an area.
    pub fn path(&self, format: Format, lang: Lang) -> PathBuf {
        let mut name = format!("briefing-{}", self.period);
        for key in &self.filter.keys {
            name += &format!("-{}", file_name(&key.code));
        }
        if self.template.name != Template::name_for(self.period.kind) {
            name += &format!("-{}", file_name(&self.template.name));
        }
        let lang = match lang {
            Lang::Zh => "zh",
            Lang::En => "en",
        };
        self.out.join(format!("{name}.{lang}.{}", format.ending()))
    }
}

/// Only what may stand in the name of a file everywhere.
fn file_name(text: &str) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || c == '-' || c == '_' {
            c
        } else {
            '_'
        }
    };
    text.chars().map(plain).collect()
}

/// Makes a briefing as of `now` and writes its files, each of them wholly or not at all.
///
/// # Errors
/// [`IssueError`]; existing files are left as they are unless they may be replaced.
pub fn issue(
    store: &dyn Store,
    definitions: &Definitions,
    town: &Town,
    words: &Words,
    now: DateTime<Utc>,
    what: &Issue,
) -> Result<Written, IssueError> {
    let files: Vec<(Format, PathBuf)> = what
        .formats
        .iter()
        .map(|format| (*format, what.path(*format, words.lang)))
        .collect();
    if let Some((_, path)) = files.iter().find(|(_, path)| !what.force && path.exists()) {
        return Err(IssueError::Exists(path.display().to_string()));
    }
    let by_place = what
        .template
        .sections
        .iter()
        .any(|part| part.content.asks_for_places());
    let of_places = what
        .filter
        .keys
        .iter()
        .any(|key| key.dimension.place_kind().is_some());
    if (by_place || of_places) && store.standings()?.is_empty() {
        return Err(IssueError::NoBoundaries);
    }
    let order = Order {
        template: &what.template,
        period: what.period,
        filter: &what.filter,
    };
    let mut made = None;
    Engine::on(store, definitions, town, now, |engine| {
        made = Some(Sheet::make(engine, words, order));
        Ok(())
    })
    .map_err(MakeError::from)?;
    let sheet = made.unwrap_or(Err(MakeError::NoPeriod))?;
    let unwritable = |path: &Path, error| IssueError::Write(path.display().to_string(), error);
    fs::create_dir_all(&what.out).map_err(|error| unwritable(&what.out, error))?;
    // What a drill makes up is never taken for real.
    let drill = store.drill()?.map(|drill| {
        let drill = [("drill", drill.to_string().into())];
        words.f("shell-drill-mark", &drill)
    });
    let mark = what.mark.as_deref().or(drill.as_deref());
    for (format, path) in &files {
        let bytes = match format {
            Format::Pdf => pdf::write(&sheet, mark)?,
            Format::Xlsx => xlsx::write(&sheet, mark)?,
        };
        write_whole(path, &bytes).map_err(|error| unwritable(path, error))?;
    }
    Ok(Written {
        files: files.into_iter().map(|(_, path)| path).collect(),
        sheet,
    })
}
