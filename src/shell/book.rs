//! `yipanqi verify` and `yipanqi backup`.

use std::path::Path;

use serde::Serialize;

use crate::store::Store;

use super::{Done, Shell, table};

/// Folds the whole journal again and compares it with the case table.
pub fn verify(shell: &Shell) -> anyhow::Result<Done> {
    let verdict = shell.read_book()?.verify()?;
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
        Ok(writeln!(out, "{}", shell.words.f(key, &args))?)
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
