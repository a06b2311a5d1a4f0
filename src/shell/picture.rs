//! `yipanqi picture`.

use std::path::Path;

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use eframe::egui;
use serde::Serialize;

use crate::case::CaseId;
use crate::indicator::Period;
use crate::store::Store;
use crate::store::sqlite::SqliteStore;
use crate::ui::app::{Hall, HallParts, Paths};
use crate::ui::picture::{self, HallStep};
use crate::ui::settings::Settings;

use super::args::{Picture, Theme};
use super::past;
use super::scratch::EmptyBook;
use super::{Done, Shell};

#[derive(Serialize)]
struct Drawn<'a> {
    picture: &'a Path,
    width: u32,
    height: u32,
}

/// Draws the hall into a file.
pub fn run(shell: &Shell, args: &Picture) -> anyhow::Result<Done> {
    let town = shell.town()?;
    let today = Utc::now().with_timezone(&town.timezone).date_naive();
    let book = shell.book()?;
    let empty = EmptyBook::new()?;
    // A book that does not exist yet is an empty one; it is not made for a picture's sake.
    let store = if book.exists() && !args.sample {
        SqliteStore::open_read_only(&book)?
    } else {
        empty.open()?
    };
    let ctx = egui::Context::default();
    let now = shell.now_of(&store)?;
    let moment = |text: &String| past::moment_of(shell, text, now, town.timezone);
    let at = args.at.as_ref().map(moment);
    let beside = args.beside.as_ref().map(|text| match text.as_str() {
        "now" => Some(None),
        _ => moment(text).map(Some),
    });
    if at == Some(None) || beside == Some(None) {
        return Ok(Done::WrongUsage);
    }
    let is_drill = store.drill()?.is_some();
    let clock: Box<dyn Fn() -> DateTime<Utc>> = if is_drill {
        Box::new(move || now)
    } else {
        Box::new(Utc::now)
    };
    let parts = HallParts {
        town,
        store: Box::new(store),
        paths: Paths {
            book,
            sample: empty.folder().join("sample.db"),
            settings: None,
        },
        settings: settings(shell, args),
        trouble: None,
        clock,
    };
    let mut hall = Hall::new(&ctx, parts);
    hall.open_door();
    let case = args.case.map(CaseId);
    let sample = args.sample.then_some(HallStep::SampleDay);
    let page = match &args.indicators {
        Some(text) => Some(HallStep::Indicators(Period::parse(text, today)?)),
        None => None,
    };
    let find = args.find.clone().map(HallStep::Find);
    let back = at.flatten().map(HallStep::LookBack);
    let beside = beside.flatten().map(HallStep::LookBeside);
    let steps = sample.into_iter().chain(back).chain(beside);
    let steps = steps.chain(case.map(HallStep::Select)).chain(find).chain(page);
    let steps = steps.collect();
    let image = picture::of_hall(&ctx, &mut hall, steps, args.size)?;
    if let Some(id) = case
        && hall.selection().case != case
    {
        let args = [("case", id.to_string().into())];
        return Err(anyhow!("{}", shell.words.f("shell-no-case", &args)));
    }
    image
        .save_with_format(&args.out, image::ImageFormat::Png)
        .with_context(|| args.out.display().to_string())?;
    let drawn = Drawn {
        picture: &args.out,
        width: image.width(),
        height: image.height(),
    };
    shell.answer(&drawn, |out| {
        let args = [
            ("path", args.out.display().to_string().into()),
            ("size", args.size.to_string().into()),
        ];
        Ok(writeln!(out, "{}", shell.words.f("shell-picture-done", &args))?)
    })?;
    Ok(Done::Wholly)
}

/// The hall's settings, without what belongs to the moment and not to the hall.
fn settings(shell: &Shell, args: &Picture) -> Settings {
    let remembered = shell.settings.clone();
    Settings {
        dark: args.theme.map_or(remembered.dark, |theme| theme == Theme::Dark),
        scale: 1.0,
        case: None,
        ..remembered
    }
}
