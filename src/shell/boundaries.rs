//! `yipanqi boundaries`: boundaries into a file, checked, and from a file into the book.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Serialize;

use crate::board::Board;
use crate::case::{CaseId, Duty, DutyAction};
use crate::desk::{self, Command, Order, Situation};
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, TownMark};
use crate::town::boundary::file::{self, Found};
use crate::town::boundary::{Fault, Plan, Shape, TOLERANCE_M2, Weight, check, check_some, judge};
use crate::town::{Datum, Standing, Town};
use crate::ui::refusal_words::refusal_words;

use super::args::{Boundaries, BoundaryCheck, BoundaryImport};
use super::table::plain;
use super::{Done, Shell};

/// A fault as `--json` gives it.
#[derive(Serialize)]
struct FaultRow<'a> {
    kind: &'static str,
    weight: &'static str,
    places: &'a [String],
    lon: Option<f64>,
    lat: Option<f64>,
    area_m2: f64,
    detail: &'a str,
}

#[derive(Serialize)]
struct Checked<'a> {
    places: usize,
    tolerance_m2: f64,
    ok: bool,
    faults: Vec<FaultRow<'a>>,
}

#[derive(Serialize)]
struct Exported<'a> {
    file: &'a Path,
    places: usize,
}

#[derive(Serialize)]
struct Imported<'a> {
    dry_run: bool,
    new: &'a [String],
    changed: &'a [String],
    same: usize,
    /// In the town, of a kind that the file has, and not in the file.
    missing: &'a [String],
    /// Whether those were, or would be, taken away.
    removed: bool,
    faults: Vec<FaultRow<'a>>,
    /// The number of the change in the book, where it was written.
    number: Option<u32>,
    refusal: Option<String>,
}

/// Does what is asked with boundaries.
pub fn run(shell: &Shell, args: &Boundaries) -> anyhow::Result<Done> {
    match args {
        Boundaries::Export { to } => export(shell, to),
        Boundaries::Check(args) => look(shell, args),
        Boundaries::Import(args) => import(shell, args),
    }
}

/// The town as the book has it; that of its files where there is no book.
fn town(shell: &Shell) -> anyhow::Result<Arc<Town>> {
    let town = shell.town()?;
    if shell.book()?.exists() {
        return shell.amended(town, &shell.read_book()?);
    }
    Ok(town)
}

fn export(shell: &Shell, to: &Path) -> anyhow::Result<Done> {
    if file::Format::of(to).is_none() {
        shell.tell(&file::FileError::Kind(to.to_owned()).to_string());
        return Ok(Done::WrongUsage);
    }
    let plan = Plan::of(&town(shell)?.places);
    file::write(to, plan.shapes())?;
    let answer = Exported {
        file: to,
        places: plan.shapes().len(),
    };
    shell.answer(&answer, |out| {
        let args = [
            ("path", to.display().to_string().into()),
            ("n", answer.places.into()),
        ];
        Ok(writeln!(
            out,
            "{}",
            shell.words.f("shell-boundaries-written", &args)
        )?)
    })?;
    Ok(Done::Wholly)
}

fn read(town: &Town, path: &Path, datum: Option<Datum>) -> Result<Found, file::FileError> {
    file::read(path, datum.unwrap_or_default(), &town.places, town.center)
}

/// The town's places with those of a file in their place.
fn with(plan: &Plan, found: &Found) -> Vec<Arc<Shape>> {
    let there = |shape: &&Arc<Shape>| found.shapes.iter().all(|new| new.code != shape.code);
    let old = plan.shapes().iter().filter(there).cloned();
    old.chain(found.shapes.iter().cloned().map(Arc::new)).collect()
}

fn look(shell: &Shell, args: &BoundaryCheck) -> anyhow::Result<Done> {
    let town = town(shell)?;
    let plan = Plan::of(&town.places);
    let (count, faults) = match &args.file {
        None => (plan.shapes().len(), check(plan.shapes())),
        Some(path) => {
            let found = read(&town, path, args.datum)?;
            let all = with(&plan, &found);
            let of_file = |code: &str| found.shapes.iter().any(|s| s.code == code);
            let mut faults = found.faults.clone();
            faults.extend(check_some(&all, &of_file));
            heaviest_first(&mut faults);
            (found.shapes.len(), faults)
        }
    };
    let ok = faults.iter().all(|fault| fault.kind.weight() == Weight::Note);
    let answer = Checked {
        places: count,
        tolerance_m2: TOLERANCE_M2,
        ok,
        faults: faults.iter().map(row).collect(),
    };
    shell.answer(&answer, |out| {
        list(out, shell, &faults)?;
        let key = if ok {
            "shell-boundaries-sound"
        } else {
            "shell-boundaries-unsound"
        };
        let m2 = format!("{TOLERANCE_M2}");
        let args = [("n", count.into()), ("m2", m2.into())];
        Ok(writeln!(out, "{}", shell.words.f(key, &args))?)
    })?;
    Ok(if ok { Done::Wholly } else { Done::Damaged })
}

fn heaviest_first(faults: &mut [Fault]) {
    faults.sort_by_key(|fault| std::cmp::Reverse(fault.kind.weight()));
}

fn row(fault: &Fault) -> FaultRow<'_> {
    FaultRow {
        kind: fault.kind.code(),
        weight: match fault.kind.weight() {
            Weight::Blocks => "blocks",
            Weight::NeedsReason => "needs-reason",
            Weight::Note => "note",
        },
        places: &fault.of,
        lon: fault.at.map(|at| at.lon),
        lat: fault.at.map(|at| at.lat),
        area_m2: fault.area_m2,
        detail: &fault.detail,
    }
}

fn list(out: &mut dyn Write, shell: &Shell, faults: &[Fault]) -> anyhow::Result<()> {
    for fault in faults {
        let kind = format!("bounds-fault-{}", fault.kind.code());
        let at = fault.at.map(|at| format!("{:.6}, {:.6}", at.lon, at.lat));
        let mut parts = vec![shell.words.t(&kind).to_owned(), fault.of.join(" / ")];
        parts.extend(at);
        if fault.area_m2 > 0.0 {
            let m2 = [("m2", format!("{:.2}", fault.area_m2).into())];
            parts.push(shell.words.f("bounds-square-metres", &m2));
        }
        if !fault.detail.is_empty() {
            parts.push(fault.detail.clone());
        }
        writeln!(out, "{}", plain(&parts.join(" · ")))?;
    }
    Ok(())
}

/// A day, or a day with a time, on the town's clocks.
fn moment(text: &str, town: &Town) -> Option<DateTime<Utc>> {
    let whole = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M");
    let day = || {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()?
            .and_hms_opt(0, 0, 0)
    };
    let local = whole.ok().or_else(day)?;
    let at = local.and_local_timezone(town.timezone).earliest()?;
    Some(at.with_timezone(&Utc))
}

fn import(shell: &Shell, args: &BoundaryImport) -> anyhow::Result<Done> {
    let town = town(shell)?;
    let from = match args.from.as_deref().map(|text| (text, moment(text, &town))) {
        Some((text, None)) => {
            let text = shell.words.f("shell-boundaries-from", &[("text", text.into())]);
            shell.tell(&text);
            return Ok(Done::WrongUsage);
        }
        Some((_, from)) => from,
        None => None,
    };
    let found = read(&town, &args.file, args.datum)?;
    let mut plan = Plan::of(&town.places);
    let compared = file::compare(&found, plan.shapes());
    let wanted = |code: &String| compared.new.contains(code) || compared.changed.contains(code);
    let shapes = found.shapes.iter().filter(|s| wanted(&s.code)).cloned().collect();
    let gone: &[String] = if args.remove_missing { &compared.gone } else { &[] };
    plan.take_over(shapes, gone).map_err(|why| anyhow!("{why:?}"))?;
    let change = plan.change();
    let mut faults = found.faults.clone();
    let heavy = faults.iter().any(|fault| fault.kind.weight() == Weight::Blocks);
    if !change.is_empty() {
        faults.extend(judge(&town.places, &change));
        heaviest_first(&mut faults);
    }
    let (mut number, mut refusal) = (None, None);
    if heavy {
        refusal = Some(shell.words.t("bounds-file-faults").to_owned());
    } else if !args.dry_run {
        match write(shell, args, change, from)? {
            Ok(written) => number = Some(written),
            Err(why) => refusal = Some(why),
        }
    }
    let answer = Imported {
        dry_run: args.dry_run,
        new: &compared.new,
        changed: &compared.changed,
        same: compared.same.len(),
        missing: &compared.gone,
        removed: args.remove_missing,
        faults: faults.iter().map(row).collect(),
        number,
        refusal: refusal.clone(),
    };
    shell.answer(&answer, |out| {
        list(out, shell, &faults)?;
        let lists = [
            ("bounds-file-new", answer.new),
            ("bounds-file-changed", answer.changed),
            ("bounds-file-gone", answer.missing),
        ];
        for (key, codes) in lists {
            writeln!(
                out,
                "{}  {}",
                shell.words.n(key, codes.len()),
                plain(&codes.join(" "))
            )?;
        }
        writeln!(out, "{}", shell.words.n("bounds-file-same", answer.same))?;
        if number.is_some() {
            writeln!(out, "{}", shell.words.t("bounds-saved"))?;
        }
        Ok(())
    })?;
    if let Some(why) = &refusal {
        shell.tell(why);
        return Ok(Done::Refused);
    }
    let dry_fault = args.dry_run && faults.iter().any(|fault| fault.kind.weight() == Weight::Blocks);
    Ok(if dry_fault { Done::Refused } else { Done::Wholly })
}

/// Gives the change to the desk, and what the desk allows to the book. The inner error is the desk's refusal in words.
fn write(
    shell: &Shell,
    args: &BoundaryImport,
    change: crate::town::boundary::Change,
    from: Option<DateTime<Utc>>,
) -> anyhow::Result<Result<u32, String>> {
    let book = shell.book()?;
    let mut store = SqliteStore::open(&book)?;
    store.check_real(&book)?;
    let file_town = shell.town()?;
    store.set_town(&TownMark::of(&file_town))?;
    let town = shell.amended(file_town, &store)?;
    let duty = Duty::fold(&store.history(CaseId::HALL)?)?;
    let number = duty.last_redraw + 1;
    store.set_standing(&Arc::new(Standing::of(&town)))?;
    let action = DutyAction::Redraw {
        number,
        change: Box::new(change),
        from,
        reason: args.reason.clone().unwrap_or_default(),
        gaps: args.gaps.clone().unwrap_or_default(),
        withdraws: None,
    };
    let command = Command {
        actor: args.post.clone().unwrap_or_default().into(),
        seat: args.seat.as_str().into(),
        order: Order::Duty(action),
    };
    let cases = Board::new(Vec::new(), &town);
    let situation = Situation {
        town: &town,
        cases: &cases,
        duty: &duty,
        now: Utc::now(),
    };
    let drafts = match desk::decide(&situation, command) {
        Ok(drafts) => drafts,
        Err(refusal) => return Ok(Err(refusal_words(&shell.words, &town, &refusal))),
    };
    store.append(drafts, &[])?;
    let town = shell.amended(shell.town()?, &store)?;
    store.set_standing(&Arc::new(Standing::of(&town)))?;
    Ok(Ok(number))
}
