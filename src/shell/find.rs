//! `yipanqi find`.

use std::io::{BufWriter, stdout};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::anyhow;

use crate::case::CaseId;
use crate::find::finder::Reader;
use crate::find::spoken::{Field, Speech, written};
use crate::find::{Query, Shown, Sought, SpokenFault, Told, Zone};
use crate::report::found::{FoundCases, FoundFile};
use crate::store::Store;
use crate::town::Lang;

use super::args::Find;
use super::cases::List;
use super::{Done, Shell};

/// Looks for cases of the whole history, and lists or writes them.
pub fn run(shell: &Shell, args: &Find) -> anyhow::Result<Done> {
    let book = shell.read_book()?;
    let (town, now) = shell.setting(Some(&book))?;
    let today = now.with_timezone(&town.timezone).date_naive();
    let spoken = Speech::of(&town).read(&line(args), &town, today);
    if let Some(fault) = spoken.fault() {
        shell.tell(&fault_words(shell, fault));
        return Ok(Done::WrongUsage);
    }
    let mut query = spoken.query;
    if let Some(file) = &args.polygon {
        match zone(shell, file)? {
            Ok(zone) => query.zone = Some(Arc::new(zone)),
            Err(why) => {
                shell.tell(&why);
                return Ok(Done::WrongUsage);
            }
        }
    }
    let (shown, ids) = search(shell.read_book()?, &query, &Told::of(&town, now))?;
    let most = args
        .limit
        .map_or(ids.len(), |limit| limit as usize)
        .min(ids.len());
    let drill = book.drill()?;
    for path in args.csv.iter().chain(&args.out) {
        let kind = FoundFile::of(path).unwrap_or(FoundFile::Csv);
        let mark = drill
            .as_ref()
            .map(|mark| shell.drill_line(mark))
            .unwrap_or_default();
        let found = FoundCases {
            ids: &ids[..most],
            shown: &shown,
            town: &town,
            words: &shell.words,
            mark: &mark,
            stop: &AtomicBool::new(false),
        };
        found.write(kind, path)?;
    }
    let is_written = args.csv.is_some() || args.out.is_some();
    if !is_written || shell.args.json {
        let listed = if is_written { &[] } else { &ids[..most] };
        let mut list = List::new(shell, &town, now, BufWriter::new(stdout().lock()));
        list.head(drill.as_ref(), Some(ids.len()))?;
        for id in listed {
            let case = book.case(*id)?;
            list.case(&case.ok_or_else(|| anyhow!("case {id} is missing"))?)?;
        }
        list.foot()?;
    }
    if !shell.args.json && !ids.is_empty() {
        shell.tell(&shell.words.n("find-count", ids.len()));
    }
    Ok(Done::Wholly)
}

/// The arguments as one line of the language that is typed in the hall.
fn line(args: &Find) -> String {
    let mut parts = args.words.clone();
    let mut add = |field: Field, value: String| parts.push(written(field, &[value], Lang::En));
    for (field, values) in [
        (Field::Class, &args.class),
        (Field::State, &args.state),
        (Field::Item, &args.item),
        (Field::Area, &args.area),
        (Field::Unit, &args.unit),
        (Field::Centre, &args.centre),
        (Field::Source, &args.source),
    ] {
        values.iter().for_each(|value| add(field, value.clone()));
    }
    match (&args.period, &args.from, &args.to) {
        (Some(period), ..) => add(Field::Time, period.clone()),
        (None, None, None) => {}
        (None, from, to) => {
            let end = |end: &Option<String>| end.clone().unwrap_or_default();
            add(Field::Time, format!("{}..{}", end(from), end(to)));
        }
    }
    parts.join(" ")
}

fn fault_words(shell: &Shell, fault: &SpokenFault) -> String {
    let words = &shell.words;
    match fault {
        SpokenFault::Missing => words.t("find-fault-missing").to_owned(),
        SpokenFault::Unknown(value) => words.f("find-fault-unknown", &[("value", value.into())]),
        SpokenFault::Period(_) => words.t("find-fault-period").to_owned(),
        SpokenFault::Zone(fault) => fault.to_string(),
    }
}

fn zone(shell: &Shell, file: &Path) -> anyhow::Result<Result<Zone, String>> {
    let path = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| anyhow!("{path}: {error}"))?;
    let args = |why: String| [("path", path.to_string().into()), ("why", why.into())];
    let told = |why: crate::find::ZoneFault| shell.words.f("find-fault-polygon", &args(why.to_string()));
    Ok(Zone::from_geojson(&text).map_err(told))
}

/// Reads the whole book and searches it, without an index: for one question it would take longer to make than it saves.
fn search(book: impl Store + 'static, query: &Query, told: &Told) -> anyhow::Result<(Shown, Vec<CaseId>)> {
    let mut reader = Reader::new(Box::new(book));
    while !reader.progress().whole {
        reader.step()?;
    }
    let index = reader.index;
    let sought = Sought::new(query, &index.rows().codes, told);
    let ids = index.newest_first(&index.find(&sought));
    Ok((Shown::of(index), ids))
}
