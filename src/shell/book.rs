//! `yipanqi verify`, `yipanqi backup` and `yipanqi figures`.

use std::path::Path;

use serde::Serialize;

use chrono::TimeDelta;

use crate::store::{DrillMark, Figures, Store, Verdict};

use super::args::{FiguresArgs, Verify};
use super::{Done, Shell, anchor, table};

/// Follows the journal's chain of hashes, compares it with anchors where some are given, and folds the whole journal again
/// to compare it with the case table.
pub fn verify(shell: &Shell, args: &Verify) -> anyhow::Result<Done> {
    let mut anchors = Vec::new();
    for path in &args.anchors {
        anchors.append(&mut anchor::read(path)?);
    }
    let book = shell.read_book()?;
    let drill = book.drill()?;
    let verdict = book.verify_with(&anchors)?;
    let answer = Verified {
        drill: drill.as_ref(),
        verdict: &verdict,
    };
    shell.answer(&answer, |out| {
        if let Some(mark) = &drill {
            writeln!(out, "{}", shell.drill_line(mark))?;
        }
        let args = [
            ("entries", verdict.entries.into()),
            ("cases", verdict.cases.into()),
        ];
        let key = if verdict.ok {
            "shell-verify-ok"
        } else {
            "shell-verify-damaged"
        };
        writeln!(out, "{}", shell.words.f(key, &args))?;
        if verdict.ok && verdict.anchors > 0 {
            let args = [("n", verdict.anchors.into())];
            writeln!(out, "{}", shell.words.f("shell-anchors-hold", &args))?;
        }
        Ok(())
    })?;
    for fault in &verdict.faults {
        shell.tell(&table::plain(fault));
    }
    Ok(if verdict.ok { Done::Wholly } else { Done::Damaged })
}

#[derive(Serialize)]
struct Verified<'a> {
    /// The drill that the book belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    drill: Option<&'a DrillMark>,
    #[serde(flatten)]
    verdict: &'a Verdict,
}

#[derive(Serialize)]
struct Backup<'a> {
    backup: &'a Path,
    bytes: u64,
    entries: i64,
}

/// Copies the book while it may be in use.
pub fn backup(shell: &Shell, to: &Path) -> anyhow::Result<Done> {
    let book = shell.read_book()?;
    book.backup(to)?;
    let bytes = std::fs::metadata(to)?.len();
    let entries = book.last_seq()?;
    let answer = Backup {
        backup: to,
        bytes,
        entries,
    };
    shell.answer(&answer, |out| {
        let args = [("path", to.display().to_string().into()), ("bytes", bytes.into())];
        Ok(writeln!(out, "{}", shell.words.f("shell-backup-done", &args))?)
    })?;
    Ok(Done::Wholly)
}

#[derive(Serialize)]
struct Counted<'a> {
    /// The drill that the book belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    drill: Option<&'a DrillMark>,
    days: u32,
    #[serde(flatten)]
    figures: Figures,
    first_dispatch_accuracy: Option<f64>,
    share_in_community: Option<f64>,
    share_in_sub_district: Option<f64>,
    days_saved: Option<f64>,
}

/// Counts the figures that the desk is measured by.
pub fn figures(shell: &Shell, args: &FiguresArgs) -> anyhow::Result<Done> {
    let book = shell.read_book()?;
    let now = shell.now_of(&book)?;
    let from = now - TimeDelta::days(i64::from(args.days));
    let drill = book.drill()?;
    let figures = book.figures(from, now + TimeDelta::minutes(1))?;
    let counted = Counted {
        drill: drill.as_ref(),
        days: args.days,
        figures,
        first_dispatch_accuracy: figures.first_dispatch_accuracy(),
        share_in_community: figures.in_community(),
        share_in_sub_district: figures.in_sub_district(),
        days_saved: figures.days_saved(),
    };
    shell.answer(&counted, |out| {
        let w = &shell.words;
        let share = |value: Option<f64>| {
            value.map_or(w.t("figures-none").to_owned(), |v| format!("{:.1} %", v * 100.0))
        };
        let saved = counted.days_saved.map_or(w.t("figures-none").to_owned(), |v| {
            w.f("figures-days", &[("days", format!("{v:.1}").into())])
        });
        let f = &figures;
        if let Some(mark) = &drill {
            writeln!(out, "{}", shell.drill_line(mark))?;
        }
        writeln!(out, "{}", w.n("figures-title", args.days as usize))?;
        for (name, value, part, whole) in [
            (
                "figures-accuracy",
                share(counted.first_dispatch_accuracy),
                f.dispatched_right,
                f.dispatched,
            ),
            (
                "figures-community",
                share(counted.share_in_community),
                f.settled_in_community,
                f.settled,
            ),
            (
                "figures-sub-district",
                share(counted.share_in_sub_district),
                f.settled_in_sub_district,
                f.settled,
            ),
        ] {
            writeln!(out, "{}  {value}  ({part} / {whole})", w.t(name))?;
        }
        Ok(writeln!(
            out,
            "{}  {saved}  ({})",
            w.t("figures-saved"),
            f.direct
        )?)
    })?;
    Ok(Done::Wholly)
}
