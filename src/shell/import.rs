//! `yipanqi import`.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use chrono::Utc;
use serde::Serialize;

use crate::intake::profile::{self, Profile};
use crate::intake::run::{ImportError, Progress, Summary, dry_run, run as import};
use crate::intake::shift::DatumDoubt;
use crate::intake::table::Table;
use crate::intake::translate::RowFault;
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, TownMark};
use crate::town::{Datum, Role, Town};

use super::args::Import;
use super::scratch::EmptyBook;
use super::table::plain;
use super::{Done, Shell};

/// So many faults are shown; all of them are in the rejects file.
const FAULTS_SHOWN: usize = 5;
/// How often the line that tells how far it is changes.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);
/// The seat from which imports on the shell are made.
const SEAT: &str = "shell";

#[derive(Serialize)]
struct FaultRow<'a> {
    line: u64,
    column: &'a str,
    value: &'a str,
    code: &'static str,
    reason: String,
}

/// Reason to ask whether the coordinates are in another datum.
#[derive(Serialize)]
struct DoubtRow {
    declared: Datum,
    likely: Datum,
    rows: u32,
    inside: u32,
    inside_likely: u32,
    moved_m: u32,
}

#[derive(Serialize)]
struct Answer<'a> {
    rows: u64,
    imported: u64,
    already_there: u64,
    rejected: u64,
    outside_town: u64,
    without_point: u64,
    open: u64,
    dry_run: bool,
    reasons: &'a BTreeMap<&'static str, u64>,
    datum_doubt: Option<DoubtRow>,
    /// The first of them, in the order of the file.
    faults: Vec<FaultRow<'a>>,
    rejects_file: Option<&'a Path>,
    /// Why it stopped before the end of the file; what is counted here is in the book.
    error: Option<String>,
}

/// Imports a file, or says what that would do.
pub fn run(shell: &Shell, args: &Import) -> anyhow::Result<Done> {
    let mut town = shell.town()?;
    if shell.book()?.exists() {
        town = shell.amended(town, &shell.read_book()?)?;
    }
    let mut profile = find_profile(shell, &args.profile)?;
    if let Some(datum) = args.datum {
        profile.coordinates.datum = datum;
    }
    // A file that can't be read is told before a book is made for it.
    Table::open(&args.file)?;
    let book = shell.book()?;
    if let Some(rejects) = &args.rejects
        && is_same(rejects, &book)
    {
        let args = [("path", rejects.display().to_string().into())];
        return Err(anyhow!("{}", shell.words.f("shell-rejects-is-book", &args)));
    }
    let mut line = ProgressLine::new(shell);
    let result = put(shell, &town, &profile, args, &book, &mut |progress| {
        line.tell(progress)
    })?;
    line.clear();
    match result {
        Ok(summary) => {
            answer(shell, args, &summary, None)?;
            Ok(if summary.rejected > 0 {
                Done::WithRejects
            } else {
                Done::Wholly
            })
        }
        Err(error) => {
            let done = match &error {
                ImportError::Store { summary, .. } | ImportError::BrokenOff { summary, .. } => Some(summary),
                _ => None,
            };
            if let Some(summary) = done {
                answer(shell, args, summary, Some(error.to_string()))?;
            }
            Err(error.into())
        }
    }
}

type Each<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// Puts the file into the book, or tries it.
fn put(
    shell: &Shell,
    town: &Town,
    profile: &Profile,
    args: &Import,
    book: &Path,
    progress: Each<'_>,
) -> anyhow::Result<Result<Summary, ImportError>> {
    let (file, rejects, now) = (&args.file, args.rejects.as_deref(), Utc::now());
    if !args.dry_run {
        let mut store = SqliteStore::open(book)?;
        store.check_real(book)?;
        store.set_town(&TownMark::of(town))?;
        let actor = actor(shell, town);
        return Ok(import(
            file, profile, town, &mut store, now, actor, SEAT, progress, rejects,
        ));
    }
    // Without a book, everything in the file would be new.
    let (store, _empty) = if book.exists() {
        (SqliteStore::open_read_only(book)?, None)
    } else {
        let empty = EmptyBook::new()?;
        (empty.open()?, Some(empty))
    };
    Ok(dry_run(file, profile, town, &store, now, progress, rejects))
}

/// The post in whose name a file is imported on the shell: the hall's, else the town's first dispatcher.
fn actor<'a>(shell: &Shell, town: &'a Town) -> &'a str {
    let remembered = town.post(&shell.settings.post);
    let dispatcher = town.posts.iter().find(|post| post.role == Role::Dispatcher);
    remembered
        .or(dispatcher)
        .or(town.posts.first())
        .map_or("", |post| &post.code)
}

/// The profile of that name, or in that file.
fn find_profile(shell: &Shell, name: &str) -> anyhow::Result<Profile> {
    if name.ends_with(".toml") {
        return Ok(Profile::load(&PathBuf::from(name))?);
    }
    let dirs = profile::dirs();
    let (profiles, faults) = profile::load_all(&dirs);
    let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    let known = names.join(", ");
    if let Some(profile) = profiles.iter().find(|profile| profile.name == name) {
        return Ok(profile.clone());
    }
    // The one that was meant may be among those with mistakes.
    for fault in faults {
        shell.tell(&fault.to_string());
    }
    let dirs: Vec<String> = dirs.iter().map(|dir| dir.display().to_string()).collect();
    let args = [
        ("name", name.into()),
        ("known", known.into()),
        ("dirs", dirs.join(", ").into()),
    ];
    Err(anyhow!("{}", shell.words.f("shell-no-profile", &args)))
}

fn is_same(a: &Path, b: &Path) -> bool {
    a == b
        || a.canonicalize()
            .is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

fn answer(shell: &Shell, args: &Import, summary: &Summary, error: Option<String>) -> anyhow::Result<()> {
    let object = Answer {
        rows: summary.rows,
        imported: summary.imported,
        already_there: summary.already_there,
        rejected: summary.rejected,
        outside_town: summary.outside_town,
        without_point: summary.without_point,
        open: summary.open,
        dry_run: args.dry_run,
        reasons: &summary.reasons,
        datum_doubt: summary.datum_doubt.map(doubt_row),
        faults: summary.faults.iter().map(fault_row).collect(),
        rejects_file: summary.rejects_file.as_deref(),
        error,
    };
    shell.answer(&object, |out| write_sums(shell, args, summary, out))?;
    tell_faults(shell, summary);
    if let Some(doubt) = &summary.datum_doubt {
        shell.tell(&doubt_words(shell, doubt));
    }
    Ok(())
}

fn doubt_row(doubt: DatumDoubt) -> DoubtRow {
    DoubtRow {
        declared: doubt.declared,
        likely: doubt.likely,
        rows: doubt.rows,
        inside: doubt.inside,
        inside_likely: doubt.inside_likely,
        moved_m: doubt.moved_m,
    }
}

fn doubt_words(shell: &Shell, doubt: &DatumDoubt) -> String {
    let [inside, likely_inside] = doubt.shares();
    let args = [
        ("declared", doubt.declared.to_string().into()),
        ("likely", doubt.likely.to_string().into()),
        ("rows", doubt.rows.into()),
        ("inside", inside.into()),
        ("likely_inside", likely_inside.into()),
        ("metres", doubt.moved_m.into()),
        ("code", doubt.likely.code().into()),
    ];
    shell.words.f("shell-import-datum", &args)
}

fn fault_row(fault: &RowFault) -> FaultRow<'_> {
    FaultRow {
        line: fault.line,
        column: &fault.column,
        value: &fault.value,
        code: fault.reason.code(),
        reason: fault.reason.to_string(),
    }
}

fn write_sums(shell: &Shell, args: &Import, summary: &Summary, out: &mut dyn Write) -> anyhow::Result<()> {
    let words = &shell.words;
    if args.dry_run {
        writeln!(out, "{}", words.t("shell-dry-run"))?;
    }
    let sums = [
        ("rows", summary.rows.into()),
        ("imported", summary.imported.into()),
        ("known", summary.already_there.into()),
        ("rejected", summary.rejected.into()),
    ];
    writeln!(out, "{}", words.f("shell-import-sums", &sums))?;
    let more = [
        ("open", summary.open.into()),
        ("outside", summary.outside_town.into()),
        ("pointless", summary.without_point.into()),
    ];
    writeln!(out, "{}", words.f("shell-import-more", &more))?;
    for (code, rows) in &summary.reasons {
        let key = format!("import-reason-{}", code.replace('_', "-"));
        writeln!(out, "  {rows:>8}  {}", words.t(&key))?;
    }
    Ok(())
}

fn tell_faults(shell: &Shell, summary: &Summary) {
    for fault in summary.faults.iter().take(FAULTS_SHOWN) {
        shell.tell(&plain(&fault.to_string()));
    }
    let shown = summary.faults.len().min(FAULTS_SHOWN);
    if let Some(path) = &summary.rejects_file {
        let args = [("path", path.display().to_string().into())];
        shell.tell(&shell.words.f("import-rejects-at", &args));
    } else if summary.rejected > 0 {
        let args = [("shown", shown.into()), ("rejected", summary.rejected.into())];
        shell.tell(&shell.words.f("shell-rejects-hint", &args));
    }
}

/// One line on a terminal that tells how far an import is.
struct ProgressLine<'a> {
    shell: &'a Shell,
    shown: bool,
    last: Instant,
    terminal: bool,
}

impl<'a> ProgressLine<'a> {
    fn new(shell: &'a Shell) -> Self {
        Self {
            shell,
            shown: false,
            last: Instant::now(),
            terminal: io::stderr().is_terminal(),
        }
    }

    fn tell(&mut self, progress: Progress) -> ControlFlow<()> {
        if self.terminal && self.last.elapsed() >= PROGRESS_EVERY {
            let rows = self.shell.words.f("import-rows", &[("n", progress.rows.into())]);
            let share = progress
                .share()
                .map(|share| format!("{:3.0} %  ", share * 100.0))
                .unwrap_or_default();
            write!(io::stderr(), "\r\u{1b}[K{share}{rows}").ok();
            self.shown = true;
            self.last = Instant::now();
        }
        ControlFlow::Continue(())
    }

    fn clear(&self) {
        if self.shown {
            write!(io::stderr(), "\r\u{1b}[K").ok();
        }
    }
}
