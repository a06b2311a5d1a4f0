//! `yipanqi verify`, `yipanqi backup` and `yipanqi figures`.

use std::path::Path;

use serde::Serialize;

use crate::indicator::{Figures, Value};
use crate::store::{DrillMark, Store, Verdict};

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
    dispatched: u64,
    dispatched_right: u64,
    settled: u64,
    settled_in_community: u64,
    settled_in_sub_district: u64,
    direct: u64,
    direct_days: f64,
    /// Shares from 0 to 1.
    first_dispatch_accuracy: Option<f64>,
    share_in_community: Option<f64>,
    share_in_sub_district: Option<f64>,
    days_saved: Option<f64>,
}

impl<'a> Counted<'a> {
    fn of(figures: &Figures, days: u32, drill: Option<&'a DrillMark>) -> Self {
        let share = |value: &Value| value.value.map(|percent| percent / 100.0);
        Self {
            drill,
            days,
            dispatched: figures.accuracy.of.unwrap_or(0),
            dispatched_right: figures.accuracy.n,
            settled: figures.in_community.of.unwrap_or(0),
            settled_in_community: figures.in_community.n,
            settled_in_sub_district: figures.in_sub_district.n,
            direct: figures.saved.n,
            direct_days: figures.direct_mean_days().unwrap_or(0.0) * figures.saved.n as f64,
            first_dispatch_accuracy: share(&figures.accuracy),
            share_in_community: share(&figures.in_community),
            share_in_sub_district: share(&figures.in_sub_district),
            days_saved: figures.saved.value,
        }
    }
}

/// Counts the figures that the desk is measured by, as the hall's window does.
pub fn figures(shell: &Shell, args: &FiguresArgs) -> anyhow::Result<Done> {
    let book = shell.read_book()?;
    let (town, now) = shell.setting(Some(&book))?;
    let drill = book.drill()?;
    let figures = Figures::count(&book, &town, now, args.days)?;
    shell.answer(&Counted::of(&figures, args.days, drill.as_ref()), |out| {
        let w = &shell.words;
        let none = || w.t("figures-none").to_owned();
        if let Some(mark) = &drill {
            writeln!(out, "{}", shell.drill_line(mark))?;
        }
        writeln!(out, "{}", w.n("figures-title", args.days as usize))?;
        for (name, value) in [
            ("figures-accuracy", &figures.accuracy),
            ("figures-community", &figures.in_community),
            ("figures-sub-district", &figures.in_sub_district),
        ] {
            let share = value.value.map_or_else(none, |v| format!("{v:.1} %"));
            writeln!(
                out,
                "{}  {share}  ({} / {})",
                w.t(name),
                value.n,
                value.of.unwrap_or(0)
            )?;
        }
        let saved = figures.saved.value.map_or_else(none, |v| {
            w.f("figures-days", &[("days", format!("{v:.1}").into())])
        });
        Ok(writeln!(
            out,
            "{}  {saved}  ({})",
            w.t("figures-saved"),
            figures.saved.n
        )?)
    })?;
    Ok(Done::Wholly)
}
