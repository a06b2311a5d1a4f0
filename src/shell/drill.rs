//! `yipanqi drill`.

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use serde::Serialize;

use crate::drill::run::{DrillError, Outcome, Progress, Settings, run as play};
use crate::drill::scenario::Scenario;
use crate::store::sqlite::SqliteStore;
use crate::store::{DrillMark, Store, StoreError, TownMark};
use crate::town::roster::moment;
use crate::town::{Name, Standing, Town};
use crate::ui::app::DrillStart;

use super::args::Drill;
use super::{Done, Shell, window};

/// How often the line that tells how far it is changes.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// Until when a drill is run, as it is given on the shell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Until {
    /// To the scenario's end.
    End,
    /// Until that moment, by the town's clocks.
    Moment(NaiveDateTime),
    /// For so long.
    For(TimeDelta),
}

impl Until {
    /// Reads `end`, a date, a date with a time, or a number of minutes, hours, days or weeks.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "end" {
            return Ok(Self::End);
        }
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Ok(Self::Moment(day.and_time(NaiveTime::MIN)));
        }
        let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
        let mut moments = formats
            .iter()
            .map(|format| NaiveDateTime::parse_from_str(text, format));
        if let Some(Ok(moment)) = moments.find(Result::is_ok) {
            return Ok(Self::Moment(moment));
        }
        Self::span(text).ok_or_else(|| {
            "expected end, a date (2018-06-30), a date with a time (2018-06-30T12:00), or a span such as 90m, 36h, 10d, 4w"
                .to_owned()
        })
    }

    fn span(text: &str) -> Option<Self> {
        let unit = text.chars().last()?;
        let n: i64 = text
            .strip_suffix(unit)?
            .parse()
            .ok()
            .filter(|n| (1..=1_000_000).contains(n))?;
        let minutes = match unit {
            'm' => 1,
            'h' => 60,
            'd' => 24 * 60,
            'w' => 7 * 24 * 60,
            _ => return None,
        };
        TimeDelta::try_minutes(n.checked_mul(minutes)?).map(Self::For)
    }

    /// The moment that is meant; `None` for the scenario's end.
    fn at(self, scenario: &Scenario, town: &Town) -> anyhow::Result<Option<DateTime<Utc>>> {
        Ok(match self {
            Self::End => None,
            Self::For(span) => scenario.from.checked_add_signed(span),
            Self::Moment(local) => Some(
                moment(local, town.timezone)
                    .ok_or_else(|| anyhow!("--until: {local} does not exist by the town's clocks"))?,
            ),
        })
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    scenario: &'a str,
    name: &'a Name,
    note: &'a Name,
    seed: u64,
    skill: f64,
    from: DateTime<Utc>,
    book: &'a Path,
    seconds: f64,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

#[derive(Serialize)]
struct Listed {
    id: String,
    name: Name,
    note: Name,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

/// Plays a drill without a window, or opens the hall for one.
pub fn run(shell: &Shell, args: &Drill) -> anyhow::Result<Done> {
    let town = shell.town()?;
    if args.list {
        return list(shell, &town);
    }
    let scenario = Arc::new(load(shell, &town, &args.scenario)?);
    let book = book(shell)?;
    keep_real(shell, &book)?;
    let Some(until) = args.until else {
        return train(shell, args, scenario, book);
    };
    let settings = Settings {
        seed: args.seed,
        cases: args.cases,
        skill: args.skill,
        until: until.at(&scenario, &town)?,
    };
    let skill = args.skill.unwrap_or(scenario.skill);
    let mark = DrillMark {
        scenario: scenario.id.clone(),
        seed: args.seed,
        cases: args.cases,
        skill: Some(skill),
    };
    let mut store = open(&book, &town, &mark)?;
    let begun = Instant::now();
    let mut line = ProgressLine::new(shell, &town);
    let played = play(&town, &scenario, &settings, &mut store, &mut |progress| {
        line.tell(progress)
    });
    line.clear();
    let outcome = played.map_err(|error| told(shell, &town, &book, error))?;
    let answer = Answer {
        scenario: &scenario.id,
        name: &scenario.name,
        note: &scenario.note,
        seed: args.seed,
        skill,
        from: scenario.from,
        book: &book,
        seconds: begun.elapsed().as_secs_f64(),
        outcome: &outcome,
    };
    shell.answer(&answer, |out| write(shell, &answer, out))?;
    Ok(Done::Wholly)
}

/// Opens the hall for a drill: whoever sits there is the dispatcher.
fn train(shell: &Shell, args: &Drill, scenario: Arc<Scenario>, book: PathBuf) -> anyhow::Result<Done> {
    if !scenario.quotas.is_empty() {
        let args = [("name", scenario.id.as_str().into())];
        return Err(anyhow!("{}", shell.words.f("shell-drill-quotas", &args)));
    }
    window::open_drill(
        shell,
        DrillStart {
            skill: args.skill.unwrap_or(scenario.skill),
            scenario,
            seed: args.seed,
            cases: args.cases,
            speed: args.speed,
            book: Some(book),
        },
    )
}

/// Errors of a book name it.
fn told(shell: &Shell, town: &Town, book: &Path, error: DrillError) -> anyhow::Error {
    let moment = |at: DateTime<Utc>| {
        let local = at.with_timezone(&town.timezone);
        local.format("%Y-%m-%dT%H:%M:%S").to_string()
    };
    match error {
        DrillError::Further { last, until } => {
            let args = [
                ("path", book.display().to_string().into()),
                ("last", moment(last).into()),
                ("until", moment(until).into()),
            ];
            anyhow!("{}", shell.words.f("shell-drill-further", &args))
        }
        DrillError::OtherDrill { .. } | DrillError::Disturbed => anyhow!("{}: {error}", book.display()),
        other => other.into(),
    }
}

/// The book of drills: the one that is named, else one beside the real book.
fn book(shell: &Shell) -> anyhow::Result<PathBuf> {
    match &shell.args.db {
        Some(named) => Ok(named.clone()),
        None => Ok(crate::drill::book_beside(&shell.real_book()?)),
    }
}

/// Sees to it that the hall's own book never becomes a drill's, even while it is empty or not there yet.
fn keep_real(shell: &Shell, book: &Path) -> Result<(), StoreError> {
    // Where there is no folder for one, there is none to be kept.
    match shell.real_book() {
        Ok(real) if resolved(book) == resolved(&real) => Err(StoreError::RealBook {
            path: book.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The file that a path leads to, whether it is there or not: its folder may be given by another way or through a link.
fn resolved(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let by_folder = || Some(whole.parent()?.canonicalize().ok()?.join(whole.file_name()?));
    whole.canonicalize().ok().or_else(by_folder).unwrap_or(whole)
}

/// Opens a book for a drill: an empty one, or one that has this drill.
fn open(book: &Path, town: &Town, mark: &DrillMark) -> anyhow::Result<SqliteStore> {
    let mut store = SqliteStore::open(book)?;
    if let Some(there) = store.town()? {
        there.check(town, book)?;
    }
    store.set_drill(mark)?;
    store.set_town(&TownMark::of(town))?;
    store.set_standing(&Arc::new(Standing::of(town)))?;
    Ok(store)
}

/// Reads the scenario of that name, or in that file.
fn load(shell: &Shell, town: &Town, name: &str) -> anyhow::Result<Scenario> {
    let path = Scenario::find(name).ok_or_else(|| {
        let args = [
            ("name", name.into()),
            ("known", Scenario::names().join(", ").into()),
        ];
        anyhow!("{}", shell.words.f("shell-no-scenario", &args))
    })?;
    Ok(Scenario::load(&path, town)?)
}

fn list(shell: &Shell, town: &Town) -> anyhow::Result<Done> {
    let mut all = Vec::new();
    for id in Scenario::names() {
        let Scenario {
            name,
            note,
            from,
            until,
            ..
        } = load(shell, town, &id)?;
        all.push(Listed {
            id,
            name,
            note,
            from,
            until,
        });
    }
    #[derive(Serialize)]
    struct List<'a> {
        scenarios: &'a [Listed],
    }
    shell.answer(&List { scenarios: &all }, |out| {
        for one in &all {
            let day = |at: DateTime<Utc>| {
                at.with_timezone(&town.timezone)
                    .format("%Y-%m-%d %H:%M")
                    .to_string()
            };
            writeln!(
                out,
                "{}  {}  {} – {}",
                super::table::column(&one.id, 20),
                super::table::column(one.name.get(shell.lang()), 30),
                day(one.from),
                day(one.until),
            )?;
        }
        Ok(())
    })?;
    Ok(Done::Wholly)
}

fn write(shell: &Shell, answer: &Answer<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let (words, outcome) = (&shell.words, answer.outcome);
    let lang = shell.lang();
    let title = [
        ("name", answer.name.get(lang).into()),
        ("seed", answer.seed.to_string().into()),
        ("skill", format!("{:.2}", answer.skill).into()),
    ];
    writeln!(out, "{}", words.f("shell-drill-title", &title))?;
    writeln!(out, "{}", answer.note.get(lang))?;
    let sums = [
        ("cases", outcome.cases.into()),
        ("open", outcome.open.into()),
        ("entries", outcome.entries.into()),
        ("seconds", format!("{:.1}", answer.seconds).into()),
        ("path", answer.book.display().to_string().into()),
    ];
    writeln!(out, "{}", words.f("shell-drill-sums", &sums))?;
    if outcome.there_before > 0 {
        let args = [("n", outcome.there_before.into())];
        writeln!(out, "{}", words.f("shell-drill-went-on", &args))?;
    }
    if outcome.refused > 0 {
        let args = [
            ("n", outcome.refused.into()),
            ("some", outcome.refusals.join("; ").into()),
        ];
        writeln!(out, "{}", words.f("shell-drill-refused", &args))?;
    }
    if let Some(review) = &outcome.review {
        for (name, value) in crate::ui::review_words::rows(words, review) {
            writeln!(out, "{}  {value}", super::table::column(name, 34))?;
        }
    }
    Ok(())
}

/// One line on a terminal that tells how far a drill is.
struct ProgressLine<'a> {
    shell: &'a Shell,
    town: &'a Town,
    shown: bool,
    last: Instant,
    terminal: bool,
}

impl<'a> ProgressLine<'a> {
    fn new(shell: &'a Shell, town: &'a Town) -> Self {
        Self {
            shell,
            town,
            shown: false,
            last: Instant::now(),
            terminal: io::stderr().is_terminal(),
        }
    }

    fn tell(&mut self, progress: Progress) -> ControlFlow<()> {
        if self.terminal && self.last.elapsed() >= PROGRESS_EVERY {
            let now = progress.now.with_timezone(&self.town.timezone);
            let args = [
                (
                    "share",
                    format!("{:.1}", f64::from(progress.thousandths) / 10.0).into(),
                ),
                ("day", now.format("%Y-%m-%d %H:%M").to_string().into()),
                ("cases", progress.cases.into()),
                ("entries", progress.entries.into()),
            ];
            let text = self.shell.words.f("shell-drill-progress", &args);
            write!(io::stderr(), "\r\u{1b}[K{text}").ok();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_read_in_all_their_ways() {
        let day = NaiveDate::from_ymd_opt(2018, 6, 30).unwrap();
        let at = |h, m| Ok(Until::Moment(day.and_hms_opt(h, m, 0).unwrap()));
        assert_eq!(Until::parse("end"), Ok(Until::End));
        assert_eq!(Until::parse("2018-06-30"), at(0, 0));
        assert_eq!(Until::parse("2018-06-30T12:05"), at(12, 5));
        assert_eq!(Until::parse("90m"), Ok(Until::For(TimeDelta::minutes(90))));
        assert_eq!(Until::parse("4w"), Ok(Until::For(TimeDelta::days(28))));
        for wrong in [
            "",
            "0h",
            "-1d",
            "h",
            "10",
            "10y",
            "2018-13-01",
            "99999999999w",
            "日",
        ] {
            assert!(Until::parse(wrong).is_err(), "{wrong}");
        }
    }
}
