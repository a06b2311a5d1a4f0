//! `yipanqi catalogue`: the items as they are now, with what the hall has changed.

use std::io::Write;

use anyhow::Context;
use serde::Serialize;

use crate::town::{Class, Item};

use super::args::Catalogue;
use super::table::{column, plain};
use super::{Done, Shell};

#[derive(Serialize)]
struct Answer<'a> {
    /// What a reader must know about it.
    note: &'a str,
    items: Vec<ItemRow<'a>>,
}

/// An item as `--json` gives it.
#[derive(Serialize)]
struct ItemRow<'a> {
    code: &'a str,
    class: Class,
    name: &'a str,
    domain: &'a str,
    centre: &'static str,
    level: &'static str,
    lead_department: &'a str,
    limit_hours: f64,
    working_time: bool,
    severity: u8,
    evidence: &'a str,
    basis: &'a str,
    version: u32,
    retired: bool,
}

/// Lists the catalogue, or writes it to a file.
pub fn run(shell: &Shell, args: &Catalogue) -> anyhow::Result<Done> {
    let mut town = shell.town()?;
    if shell.book()?.exists() {
        town = shell.amended(town, &shell.read_book()?)?;
    }
    let catalogue = &town.catalogue;
    if let Some(path) = &args.csv {
        std::fs::write(path, catalogue.to_csv()?).with_context(|| path.display().to_string())?;
        let args = [
            ("path", path.display().to_string().into()),
            ("n", catalogue.len().into()),
        ];
        shell.tell(&shell.words.f("catalogue-written", &args));
        return Ok(Done::Wholly);
    }
    let note = shell.words.t("report-catalogue-note");
    let answer = Answer {
        note,
        items: catalogue.iter().map(|(_, item)| row(shell, item)).collect(),
    };
    shell.answer(&answer, |out| list(out, shell, &answer.items))?;
    if !shell.args.json {
        shell.tell(note);
    }
    Ok(Done::Wholly)
}

fn row<'a>(shell: &Shell, item: &'a Item) -> ItemRow<'a> {
    ItemRow {
        code: &item.code,
        class: item.class,
        name: item.name.get(shell.lang()),
        domain: &item.domain,
        centre: item.centre.code(),
        level: item.level.code(),
        lead_department: &item.lead_department,
        limit_hours: item.limit_hours,
        working_time: item.working_time,
        severity: item.severity,
        evidence: &item.evidence,
        basis: &item.basis,
        version: item.version,
        retired: item.retired,
    }
}

fn list(out: &mut dyn Write, shell: &Shell, items: &[ItemRow<'_>]) -> anyhow::Result<()> {
    let words = &shell.words;
    let mut line = |code: &str, class: &str, limit: &str, version: &str, state: &str, name: &str| {
        let (code, class, limit) = (column(code, 10), column(class, 5), column(limit, 18));
        let (version, state) = (column(version, 7), column(state, 8));
        writeln!(out, "{code} {class} {limit} {version} {state} {}", plain(name))
    };
    line(
        words.t("catalogue-code"),
        words.t("shell-column-class"),
        words.t("shell-column-time"),
        words.t("shell-column-version"),
        words.t("shell-column-state"),
        words.t("shell-column-item"),
    )?;
    for item in items {
        let key = if item.working_time {
            "report-limit-working"
        } else {
            "report-limit-wall"
        };
        let limit = words.f(key, &[("hours", item.limit_hours.into())]);
        let state = if item.retired {
            words.t("catalogue-retired")
        } else {
            ""
        };
        let version = item.version.to_string();
        line(item.code, item.class.letter(), &limit, &version, state, item.name)?;
    }
    Ok(())
}
