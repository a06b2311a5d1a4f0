//! Which book the hall works on, and what it remembers between two starts.

use std::time::Duration;

use crate::case::Duty;
use crate::store::Store;
use crate::ui::map::MapView;

use super::drill::Drilling;
use super::{Hall, open_book, start_keeper};

/// How often settings are written while they change, in seconds.
const SAVE_SECS: f64 = 2.0;
/// A sample day that was not touched for so long is over.
const SAMPLE_LASTS: Duration = Duration::from_secs(8 * 3600);

impl Hall {
    /// Goes to the book of the sample day, or back to the real one.
    pub(super) fn switch_book(&mut self, sample: bool) {
        let path = if sample {
            self.paths.sample.clone()
        } else {
            self.paths.book.clone()
        };
        if sample {
            forget_old_sample(&path);
        }
        let opened = open_book(&path).and_then(|mut store| {
            store.check_real(&path)?;
            if sample {
                crate::intake::sample::fill(store.as_mut(), &self.town_of_file(), self.real)?;
            }
            Ok(store)
        });
        match opened {
            Ok(store) => self.use_book(store, sample, None),
            Err(error) => {
                let text = self.store_words(&error);
                self.say(text, true);
            }
        }
    }

    /// Works with another book from now on.
    pub(super) fn use_book(&mut self, store: Box<dyn Store>, sample: bool, drill: Option<Drilling>) {
        self.drill = drill;
        self.close_past();
        self.look_at_the_clock();
        self.desk_looked = self.now;
        self.keeper = start_keeper(&self.ctx, store);
        // The other book's hall has a catalogue of its own.
        self.duty = Duty::default();
        self.redraw_ground();
        self.amend_catalogue();
        self.catalogue.other_book();
        self.boundaries.other_book();
        self.page.other_book(self.now);
        self.map.other_book();
        self.find_in_other_book();
        self.board.reset(Vec::new(), &self.town);
        self.loaded = false;
        self.seats.door.duty_known = false;
        self.alarms_anew();
        self.known_cases = None;
        self.sample = sample;
        self.selection.case = None;
        self.drafts.clear();
        self.pending.clear();
        self.history = None;
        self.history_asked = None;
        self.histories_awaited = 0;
        self.line_history = None;
        self.line.asked = None;
    }

    /// Writes the settings where they changed: every few seconds, and at the end.
    pub(super) fn remember(&mut self, at_once: bool) {
        let Some(path) = &self.paths.settings else { return };
        let time = self.ctx.input(|i| i.time);
        if !at_once && time - self.saved_at < SAVE_SECS {
            return;
        }
        self.saved_at = time;
        self.settings.case = if self.sample || self.is_drill() {
            self.saved.case
        } else {
            self.selection.case.map(|id| id.0)
        };
        self.settings.class = Some(self.queue.class);
        self.settings.centre = self.selection.centre;
        self.settings.map = MapView::settings(&self.map).clone();
        self.ctx.input(|i| {
            let viewport = i.viewport();
            self.settings.maximized = viewport.maximized.unwrap_or(false);
            if !self.settings.maximized
                && let Some(rect) = viewport.inner_rect
            {
                self.settings.window = Some([rect.width(), rect.height()]);
            }
        });
        if self.settings != self.saved {
            match self.settings.write(path) {
                Ok(()) => self.saved = self.settings.clone(),
                Err(error) => tracing::warn!("{}: {error}", path.display()),
            }
        }
    }
}

/// The sample day is told from its start: one that was opened on an earlier day is made anew.
fn forget_old_sample(book: &std::path::Path) {
    let modified = std::fs::metadata(book).and_then(|m| m.modified()).ok();
    let age = modified.and_then(|at| at.elapsed().ok());
    if age.is_none_or(|age| age < SAMPLE_LASTS) {
        return;
    }
    for ending in ["", "-wal", "-shm"] {
        let mut file = book.as_os_str().to_owned();
        file.push(ending);
        // What can't be removed is opened as it is: old, but whole.
        std::fs::remove_file(file).ok();
    }
}
