//! `yipanqi anchor`, and the reading of anchors.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, anyhow};

use crate::store::{self, Store, TownMark};

use super::args::Anchor;
use super::{Done, Shell};

/// Longest file in which anchors are looked for: 10,000 days and more.
const FILE_MAX_BYTES: u64 = 16 << 20;

/// Prints the anchor of a day, or writes it to a file.
pub fn run(shell: &Shell, args: &Anchor) -> anyhow::Result<Done> {
    let town = shell.town()?;
    let town = TownMark {
        id: town.id.clone(),
        timezone: town.timezone,
    };
    let book = shell.read_book()?;
    let drill = book.drill()?;
    let anchor = book.anchor(&town, args.day)?.ok_or_else(|| match args.day {
        Some(day) => anyhow!(
            "{}",
            shell
                .words
                .f("shell-anchor-none", &[("day", day.to_string().into())])
        ),
        None => anyhow!("{}", shell.words.t("shell-anchor-empty")),
    })?;
    let mut sheet = sheet(shell, &anchor)?;
    if let Some(mark) = drill {
        sheet.insert_str(0, &format!("{}\n\n", shell.drill_line(&mark)));
    }
    if let Some(path) = &args.out {
        let text = if shell.args.json {
            format!("{}\n", serde_json::to_string(&anchor)?)
        } else {
            sheet.clone()
        };
        write_new(path, &text).with_context(|| path.display().to_string())?;
        let args = [("path", path.display().to_string().into())];
        shell.tell(&shell.words.f("shell-anchor-written", &args));
        if !shell.args.json {
            return Ok(Done::Wholly);
        }
    }
    shell.answer(&anchor, |out| Ok(out.write_all(sheet.as_bytes())?))?;
    Ok(Done::Wholly)
}

/// Reads the anchors of a file.
///
/// # Errors
/// Where it can't be read, or holds none.
pub fn read(path: &Path) -> anyhow::Result<Vec<store::Anchor>> {
    let name = || path.display().to_string();
    let size = std::fs::metadata(path).with_context(name)?.len();
    anyhow::ensure!(
        size <= FILE_MAX_BYTES,
        "{}: {size} bytes are no file of anchors",
        name()
    );
    let bytes = std::fs::read(path).with_context(name)?;
    store::Anchor::read_all(&String::from_utf8_lossy(&bytes)).with_context(name)
}

/// A sheet that a person can read and sign. Its last line is the anchor as the program reads it.
fn sheet(shell: &Shell, anchor: &store::Anchor) -> anyhow::Result<String> {
    let words = &shell.words;
    let mut sheet = format!("{}\n\n", words.t("shell-anchor-title"));
    let fields = [
        (words.t("shell-anchor-town"), anchor.town.clone()),
        (words.t("shell-anchor-book"), anchor.book.clone()),
        (
            words.t("shell-anchor-day"),
            format!("{} ({})", anchor.day, anchor.timezone),
        ),
        (words.t("shell-anchor-entries"), anchor.entries.to_string()),
        (words.t("shell-anchor-last"), anchor.seq.to_string()),
        (words.t("shell-anchor-hash"), in_groups(&anchor.hash)),
    ];
    for (name, value) in fields {
        writeln!(sheet, "{name}: {value}")?;
    }
    writeln!(sheet, "\n{}\n", words.t("shell-anchor-what"))?;
    writeln!(sheet, "{}\n", words.t("shell-anchor-sign"))?;
    writeln!(sheet, "{anchor}")?;
    Ok(sheet)
}

/// Groups of eight can be compared by eye.
fn in_groups(hash: &str) -> String {
    let groups: Vec<&str> = (0..hash.len())
        .step_by(8)
        .filter_map(|at| hash.get(at..(at + 8).min(hash.len())))
        .collect();
    groups.join(" ")
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
