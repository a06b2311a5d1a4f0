//! `yipanqi briefing`.

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::indicator::{Definitions, Filter, Period};
use crate::report::briefing::{Checked, Format, Issue, IssueError, Stamp, Template, Written, issue};
use crate::store::{DrillMark, Store};

use super::args::BriefingArgs;
use super::{Done, Shell};

#[derive(Serialize)]
struct Answer<'a> {
    /// The drill that the book belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    drill: Option<&'a DrillMark>,
    files: Vec<String>,
    period: Period,
    template: &'a str,
    area: String,
    book_cases: u64,
    book_entries: i64,
    facts: u64,
    sha256: &'a str,
    empty: bool,
}

/// Makes a briefing, or checks one.
pub fn run(shell: &Shell, args: &BriefingArgs) -> anyhow::Result<Done> {
    if let Some(file) = &args.check {
        return check(shell, file);
    }
    let definitions = Definitions::load()?;
    let book = shell.read_book();
    let (town, now) = shell.setting(book.as_ref().ok())?;
    let issue_of = match order(args, &definitions, &town, now) {
        Ok(order) => order,
        Err(what) => {
            shell.tell(&format!("yipanqi: {what}"));
            return Ok(Done::WrongUsage);
        }
    };
    let book = book?;
    let drill = book.drill()?;
    let written = issue(&book, &definitions, &town, &shell.words, now, &issue_of);
    let written = written.map_err(|error| match error {
        IssueError::NoBoundaries => anyhow!("{}", shell.words.t("indicator-no-boundaries")),
        other => other.into(),
    })?;
    told(shell, &issue_of, &written, drill.as_ref())?;
    Ok(Done::Wholly)
}

fn order(
    args: &BriefingArgs,
    definitions: &Definitions,
    town: &crate::town::Town,
    now: DateTime<Utc>,
) -> Result<Issue, String> {
    let today = now.with_timezone(&town.timezone).date_naive();
    let text = args.period.as_deref().unwrap_or_default();
    let period = Period::parse(text, today).map_err(|error| error.to_string())?;
    let name = args
        .template
        .as_deref()
        .unwrap_or_else(|| Template::name_for(period.kind));
    let template = Template::load(name, definitions).map_err(|error| error.to_string())?;
    let mut filter = Filter::default();
    if let Some(area) = &args.area {
        filter = filter.and_area(town, area).map_err(|error| error.to_string())?;
    }
    Ok(Issue {
        template,
        period,
        filter,
        out: args.out.clone().unwrap_or_default(),
        formats: args.format.clone(),
        force: args.force,
        mark: None,
    })
}

fn told(shell: &Shell, order: &Issue, written: &Written, drill: Option<&DrillMark>) -> anyhow::Result<()> {
    let stamp = &written.sheet.stamp;
    let answer = Answer {
        drill,
        files: written
            .files
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        period: order.period,
        template: &order.template.name,
        area: written.sheet.of.clone(),
        book_cases: stamp.cases,
        book_entries: stamp.entries,
        facts: stamp.facts,
        sha256: &stamp.sha256,
        empty: written.sheet.empty.is_some(),
    };
    shell.answer(&answer, |out| {
        if let Some(mark) = drill {
            writeln!(out, "{}", shell.drill_line(mark))?;
        }
        for file in &answer.files {
            writeln!(out, "{file}")?;
        }
        writeln!(out, "{}", written.sheet.basis)?;
        if let Some(empty) = &written.sheet.empty {
            writeln!(out, "{empty}")?;
        }
        Ok(())
    })
}

/// What was found of a briefing.
#[derive(Serialize)]
struct CheckAnswer<'a> {
    /// The drill that the book belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    drill: Option<&'a DrillMark>,
    #[serde(flatten)]
    checked: &'a Checked,
}

fn check(shell: &Shell, file: &std::path::Path) -> anyhow::Result<Done> {
    let stamp = Stamp::read(file)?;
    let town = shell.town()?;
    let book = shell.read_book()?;
    let drill = book.drill()?;
    let checked = stamp.check(&book, &town)?;
    let key = match (checked.same, checked.has_entries) {
        (true, _) => "briefing-check-same",
        (false, true) => "briefing-check-other",
        (false, false) => "briefing-check-short",
    };
    let answer = CheckAnswer {
        drill: drill.as_ref(),
        checked: &checked,
    };
    shell.answer(&answer, |out| {
        if let Some(mark) = &drill {
            writeln!(out, "{}", shell.drill_line(mark))?;
        }
        let args = [("entries", checked.entries.into())];
        Ok(writeln!(out, "{}", shell.words.f(key, &args))?)
    })?;
    Ok(match checked.same {
        true => Done::Wholly,
        false => Done::Damaged,
    })
}

/// Reads `pdf,xlsx`.
pub fn format(text: &str) -> Result<Format, String> {
    Format::parse(text.trim())
        .ok_or_else(|| "expected pdf or xlsx, or both with a comma between them".to_owned())
}
