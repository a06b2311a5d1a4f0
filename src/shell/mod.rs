//! The commands of the shell. Each works without a display; none needs the hall to be closed.
//!
//! Answers go to standard output, everything else to standard error. Exit status: 0 done, 1 failed, 2 wrong usage,
//! 3 done with rejected rows.

mod anchor;
pub mod args;
mod book;
mod boundaries;
mod briefing;
mod cases;
mod catalogue;
mod do_orders;
mod drill;
mod find;
mod import;
mod indicator;
mod panic;
mod past;
mod picture;
mod rules;
mod scratch;
mod show;
mod table;
mod window;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use clap::Parser;
use clap::error::ErrorKind;
use serde::Serialize;

use crate::case::{CaseId, Duty};
use crate::store::sqlite::SqliteStore;
use crate::store::{DrillMark, Store};
use crate::town::{Lang, Town};
use crate::ui::Words;
use crate::ui::settings::Settings;

use args::{Cli, Command, Common};

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// All of it was done.
    Wholly,
    /// It was done, and some rows were rejected.
    WithRejects,
    /// It found what it was to look for: the book is damaged.
    Damaged,
    /// At least one command was refused.
    Refused,
    /// What was asked for can't be, and somebody was told.
    WrongUsage,
}

/// Does what the arguments say, the first of which is the program's name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args).and_then(checked) {
        Ok(cli) => cli,
        Err(error) => {
            error.print().ok();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    start_log();
    panic::install();
    let shell = Shell::new(cli.common);
    let done = match cli.command {
        None => window::open(&shell),
        Some(Command::Import(args)) => import::run(&shell, &args),
        Some(Command::Verify(args)) => book::verify(&shell, &args),
        Some(Command::Anchor(args)) => anchor::run(&shell, &args),
        Some(Command::Picture(args)) => picture::run(&shell, &args),
        Some(Command::Cases(args)) => cases::run(&shell, &args),
        Some(Command::Find(args)) => find::run(&shell, &args),
        Some(Command::Show { case, at }) => show::run(&shell, case, at.as_deref()),
        Some(Command::Do(args)) => do_orders::run(&shell, &args),
        Some(Command::Figures(args)) => book::figures(&shell, &args),
        Some(Command::Indicator(args)) => indicator::run(&shell, &args),
        Some(Command::Briefing(args)) => briefing::run(&shell, &args),
        Some(Command::Rules(args)) => rules::run(&shell, &args),
        Some(Command::Catalogue(args)) => catalogue::run(&shell, &args),
        Some(Command::Boundaries(args)) => boundaries::run(&shell, &args),
        Some(Command::Drill(args)) => drill::run(&shell, &args),
        Some(Command::Backup { to }) => book::backup(&shell, &to),
    };
    match done {
        Ok(Done::Wholly) => ExitCode::SUCCESS,
        Ok(Done::Damaged | Done::Refused) => ExitCode::FAILURE,
        Ok(Done::WrongUsage) => ExitCode::from(2),
        Ok(Done::WithRejects) => ExitCode::from(3),
        // Whoever read the answer has seen enough of it.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            shell.tell(&format!("yipanqi: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// What clap can't check by itself.
fn checked(cli: Cli) -> Result<Cli, clap::Error> {
    if cli.command.is_none() && cli.common.json {
        let what = "--json needs a command; without one, the hall opens (see --help)\n";
        return Err(clap::Error::raw(ErrorKind::MissingSubcommand, what));
    }
    Ok(cli)
}

fn start_log() {
    let filter =
        tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn,winit=error".into());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    // It is there already where a test runs two commands in one process.
    log.try_init().ok();
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// What every command needs.
struct Shell {
    args: Common,
    words: Arc<Words>,
    /// What the hall remembers, or the defaults.
    settings: Settings,
    /// Why the hall's settings could not be read.
    trouble: Option<String>,
}

impl Shell {
    fn new(args: Common) -> Self {
        let (mut settings, trouble) = Settings::default_path()
            .map(|path| remembered(&path))
            .unwrap_or_default();
        if let Some(lang) = args.lang {
            settings.lang = lang.into();
        }
        Self {
            words: Arc::new(Words::new(settings.lang)),
            args,
            settings,
            trouble,
        }
    }

    fn lang(&self) -> Lang {
        self.words.lang
    }

    /// Says something to the person at the terminal.
    fn tell(&self, text: &str) {
        writeln!(io::stderr(), "{text}").ok();
    }

    /// Gives an answer: `object` as JSON, or what `text` writes.
    fn answer<T: Serialize>(
        &self,
        object: &T,
        text: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        if self.args.json {
            serde_json::to_writer(&mut out, object).map_err(io::Error::from)?;
            writeln!(out)?;
        } else {
            text(&mut out)?;
        }
        Ok(out.flush()?)
    }

    /// Reads the town. The error names every mistake, one a line.
    fn town(&self) -> anyhow::Result<Arc<Town>> {
        let dir = self
            .args
            .town
            .clone()
            .or_else(|| crate::assets::find("assets/town/guanlan"))
            .ok_or_else(|| anyhow!("{}", self.words.t("shell-no-assets")))?;
        let town = Town::load(&dir).map_err(|error| {
            let args = [
                ("dir", dir.display().to_string().into()),
                ("n", error.0.len().into()),
            ];
            anyhow!("{}\n{error}", self.words.f("shell-town-broken", &args))
        })?;
        Ok(Arc::new(town))
    }

    /// The town with what the hall of that book has changed in its catalogue and its boundaries.
    fn amended(&self, town: Arc<Town>, book: &dyn Store) -> anyhow::Result<Arc<Town>> {
        let duty = Duty::fold(&book.history(CaseId::HALL)?)?;
        let mut town = match duty.ground(&town.places, self.now_of(book)?) {
            Some(ground) => Arc::new(town.on_ground(ground)),
            None => town,
        };
        duty.amend(&mut Arc::make_mut(&mut town).catalogue);
        Ok(town)
    }

    /// The time of a book: now, or, for a drill's, the time to which the drill has come.
    fn now_of(&self, book: &dyn Store) -> anyhow::Result<DateTime<Utc>> {
        if book.drill()?.is_none() {
            return Ok(Utc::now());
        }
        let last = book.entries_after(book.last_seq()? - 1, 1)?;
        Ok(last.first().map_or_else(Utc::now, |entry| entry.at))
    }

    /// The town as the hall of that book has it, and the book's time; without a book, the town of its files and now, so that
    /// wrong usage can be told before the book is missed.
    fn setting(&self, book: Option<&SqliteStore>) -> anyhow::Result<(Arc<Town>, DateTime<Utc>)> {
        let town = self.town()?;
        Ok(match book {
            Some(book) => (self.amended(town, book)?, self.now_of(book)?),
            None => (town, Utc::now()),
        })
    }

    /// The line that stands above everything that is told of a drill's book.
    fn drill_line(&self, mark: &DrillMark) -> String {
        self.words
            .f("shell-drill-mark", &[("drill", mark.to_string().into())])
    }

    /// Where the book lies, or is to lie.
    fn book(&self) -> anyhow::Result<PathBuf> {
        match &self.args.db {
            Some(named) => Ok(named.clone()),
            None => self.real_book(),
        }
    }

    /// Where the hall's own book lies, whatever other one is named.
    fn real_book(&self) -> anyhow::Result<PathBuf> {
        crate::store::default_path().ok_or_else(|| anyhow!("{}", self.words.t("shell-no-data-folder")))
    }

    /// Opens an existing book to read it.
    fn read_book(&self) -> anyhow::Result<SqliteStore> {
        let path = self.book()?;
        if !path.exists() {
            let args = [("path", path.display().to_string().into())];
            return Err(anyhow!("{}", self.words.f("shell-no-book", &args)));
        }
        Ok(SqliteStore::open_read_only(&path)?)
    }
}

/// Reads the hall's settings and leaves a broken file where it is: that is for the hall to set aside.
fn remembered(path: &Path) -> (Settings, Option<String>) {
    let Ok(text) = std::fs::read_to_string(path) else {
        return (Settings::default(), None);
    };
    match toml::from_str(&text) {
        Ok(settings) => (settings, None),
        Err(error) => (
            Settings::default(),
            Some(format!("{}: {}", path.display(), error.message())),
        ),
    }
}
