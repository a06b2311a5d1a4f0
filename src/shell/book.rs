//! `yipanqi verify` and `yipanqi backup`.

use std::path::Path;

use serde::Serialize;

use crate::store::Store;

use super::args::Verify;
use super::{Done, Shell, anchor, table};

/// Follows the journal's chain of hashes, compares it with anchors where some are given, and folds the whole journal again
/// to compare it with the case table.
pub fn verify(shell: &Shell, args: &Verify) -> anyhow::Result<Done> {
    let mut anchors = Vec::new();
    for path in &args.anchors {
        anchors.append(&mut anchor::read(path)?);
    }
    let verdict = shell.read_book()?.verify_with(&anchors)?;
    shell.answer(&verdict, |out| {
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
