//! `yipanqi picture`.

use std::path::Path;

use anyhow::{Context, anyhow};
use chrono::Utc;
use eframe::egui;
use serde::Serialize;

use crate::case::CaseId;
use crate::store::Store;
use crate::store::sqlite::SqliteStore;
use crate::ui::app::{Hall, HallParts, Paths};
use crate::ui::picture;
use crate::ui::settings::Settings;

use super::args::{Picture, Theme};
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
    let book = shell.book()?;
    // A book that does not exist yet is an empty one; it is not made for a picture's sake.
    let (store, _empty) = if book.exists() {
        (SqliteStore::open_read_only(&book)?, None)
    } else {
        let empty = EmptyBook::new()?;
        (empty.open()?, Some(empty))
    };
    let case = args.case.map(CaseId);
    if let Some(id) = case
        && store.case(id)?.is_none()
    {
        return Err(anyhow!(
            "{}",
            shell.words.f("shell-no-case", &[("case", id.to_string().into())])
        ));
    }
    let ctx = egui::Context::default();
    let parts = HallParts {
        town,
        store: Box::new(store),
        paths: Paths {
            sample: book.with_extension("sample.db"),
            book,
            settings: None,
        },
        settings: settings(shell, args),
        trouble: None,
        clock: Box::new(Utc::now),
    };
    let mut hall = Hall::new(&ctx, parts);
    let image = picture::of_hall(&ctx, &mut hall, case, args.size)?;
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
