//! Briefings by hand: the window's side of [`crate::report::briefing`], on a thread of its own.

use std::path::PathBuf;
use std::time::Instant;

use crate::indicator::{Definitions, Filter};
use crate::report::briefing::{Format, Issue, IssueError, Template, issue};
use crate::store::sqlite::SqliteStore;
use crate::ui::briefing_window::BriefingOrder;

use super::files::NO_DIALOG;
use super::{Answer, Hall, Overlay};

impl Hall {
    /// Opens the window in which a briefing is made.
    pub(super) fn open_briefing(&mut self) {
        self.overlay = Overlay::Briefing;
        let today = self.now.with_timezone(&self.town.timezone).date_naive();
        let folder = directories::UserDirs::new().map(|dirs| match dirs.document_dir() {
            Some(documents) => documents.to_owned(),
            None => dirs.home_dir().to_owned(),
        });
        self.briefing.opened(today.format("%Y-%m").to_string(), folder);
    }

    /// Lets the system's dialog choose the folder.
    pub(super) fn choose_briefing_folder(&mut self) {
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        let title = self.words.t("briefing-window-folder").to_owned();
        self.spawn("dialog", move || {
            let asked = Instant::now();
            let answer = match rfd::FileDialog::new().set_title(title).pick_folder() {
                Some(folder) => Answer::BriefingFolder(folder),
                // A desktop without a dialog looks like a hand that cancels, but no hand is as quick.
                None if asked.elapsed() < NO_DIALOG => Answer::NoSaveDialog,
                None => return,
            };
            send.send(answer).ok();
            ctx.request_repaint();
        });
    }

    /// Makes a briefing on a thread, which reads the book for itself.
    pub(super) fn make_briefing(&mut self, order: BriefingOrder) {
        self.briefing.began();
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        let (town, words, now) = (self.town.clone(), self.words.clone(), self.now);
        let book = self.book_path();
        let mark = self.sample.then(|| self.words.t("briefing-sample").to_owned());
        self.spawn("briefing", move || {
            let make = || -> Result<Vec<PathBuf>, String> {
                let definitions = Definitions::load().map_err(|error| error.to_string())?;
                let template =
                    Template::load(&order.template, &definitions).map_err(|error| error.to_string())?;
                let store = SqliteStore::open_read_only(&book).map_err(|error| error.to_string())?;
                let what = Issue {
                    template,
                    period: order.period,
                    filter: Filter::default(),
                    out: order.folder,
                    formats: Format::ALL.into(),
                    force: order.replace,
                    mark,
                };
                let written = issue(&store, &definitions, &town, &words, now, &what);
                written.map(|written| written.files).map_err(|error| match error {
                    IssueError::Exists(path) => words.f("briefing-window-exists", &[("path", path.into())]),
                    IssueError::NoBoundaries => words.t("indicator-no-boundaries").to_owned(),
                    other => other.to_string(),
                })
            };
            send.send(Answer::BriefingMade(make())).ok();
            ctx.request_repaint();
        });
    }

    /// The briefing was written, or not; where its window is closed by now, it is said at the foot.
    pub(super) fn briefing_made(&mut self, result: Result<Vec<PathBuf>, String>) {
        if self.overlay != Overlay::Briefing {
            match &result {
                Ok(files) => {
                    let folder = files.first().and_then(|file| file.parent());
                    let folder = folder.map(|folder| folder.display().to_string());
                    let args = [("folder", folder.unwrap_or_default().into())];
                    let text = self.words.f("briefing-window-written", &args);
                    self.say(text, false);
                }
                Err(why) => self.say(why.clone(), true),
            }
        }
        self.briefing.ended(result);
    }
}
