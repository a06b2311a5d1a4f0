//! The page of indicators in the window: its keys, its counting, its files.

use std::path::{Path, PathBuf};
use std::time::Instant;

use eframe::egui::{self, Frame, Ui};

use crate::indicator::Period;
use crate::report::Figure;
use crate::ui::indicator::IndicatorPage;
use crate::ui::indicator::export::{self, FileKind};
use crate::ui::keys::Deed;
use crate::ui::{Intent, flat};

use super::files::NO_DIALOG;
use super::{Answer, Hall};

impl Hall {
    /// The page of indicators.
    pub fn indicators(&self) -> &IndicatorPage {
        &self.page
    }

    /// Shows the page of indicators, as its key would.
    pub fn open_indicators(&mut self) {
        self.intents.push(Intent::Do(Deed::Indicators));
    }

    /// Shows the page of indicators of that period, as choosing it would.
    pub fn open_indicators_of(&mut self, period: Period) {
        self.page.set_open(true);
        self.page.look_at(period);
    }

    /// Writes a plot of the page to a file, as its menu would once the file is chosen.
    ///
    /// # Errors
    /// What went wrong, in words.
    pub fn write_plot(&self, plot: usize, kind: FileKind, path: &Path) -> Result<(), String> {
        self.page.write_plot(plot, kind, path)
    }

    /// Does what a key asks of the page, and keeps from the hall what belongs to it while the page lies over it; false where
    /// the hall is to do it.
    pub(super) fn indicator_deed(&mut self, deed: Deed) -> bool {
        let today = self.now.with_timezone(&self.town.timezone).date_naive();
        let was_open = self.page.is_open();
        match deed {
            Deed::Indicators => self.page.set_open(!was_open),
            Deed::PeriodBefore | Deed::PeriodAfter => {
                self.page.set_open(true);
                self.page.step_period(deed == Deed::PeriodAfter, today);
            }
            Deed::ClearFilters => {
                self.page.set_open(true);
                self.page.clear();
            }
            _ if !was_open => return false,
            Deed::Back => {
                if !self.page.close_list() {
                    self.page.set_open(false);
                }
            }
            // The form of a report stands where the page is.
            Deed::NewReport => {
                self.page.set_open(false);
                return false;
            }
            Deed::Step(_)
            | Deed::NextStep
            | Deed::Confirm
            | Deed::Down
            | Deed::Up
            | Deed::Queue(_)
            | Deed::ZoomIn
            | Deed::ZoomOut
            | Deed::Home
            | Deed::LookAtCase
            | Deed::Layers
            | Deed::Heat
            | Deed::Choropleth
            | Deed::PanLeft
            | Deed::PanRight
            | Deed::PanUp
            | Deed::PanDown
            | Deed::ExplainClock => {}
            _ => return false,
        }
        true
    }

    /// Has the page's next figures counted.
    pub(super) fn count_indicators(&mut self) {
        let mark = match (self.is_drill(), self.sample) {
            (true, _) => Some("drill-mark"),
            (_, true) => Some("strip-sample"),
            _ => None,
        };
        self.page.mark = mark.map(|key| self.words.t(key).to_owned());
        if self.loaded {
            let generation = self.board.generation();
            self.page.tick(&self.keeper, &self.town, self.now, generation);
        }
    }

    /// Has read and counted what the map's layers show.
    pub(super) fn ask_for_layers(&mut self) {
        if self.loaded && !self.page.is_open() {
            let centre = self.selection.centre;
            self.map
                .ask_layers(&self.keeper, &self.town, &self.board, centre, self.now);
        }
    }

    /// Draws the page in the place of map, queue and sheet.
    pub(super) fn draw_page(&mut self, ui: &mut Ui, frame: Frame, intents: &mut Vec<Intent>) {
        let scene = scene!(self);
        flat::below(ui, scene.colors.panel, |ui| {
            let page = egui::CentralPanel::default().frame(frame);
            let page = page.show(ui, |ui| self.page.show(ui, scene, intents));
            page.response.rect
        });
    }

    /// Lets the system's dialog choose a file, and writes a plot into it, both on a thread.
    pub(super) fn save_figure(&mut self, figure: Figure, kind: FileKind) {
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        let folder = self.settings.import_folder.clone();
        let title = self.words.t("page-save-title").to_owned();
        let name = export::file_name(&figure, kind);
        self.spawn("dialog", move || {
            let mut dialog = rfd::FileDialog::new()
                .set_title(title)
                .set_file_name(name)
                .add_filter(kind.ending(), &[kind.ending()]);
            if let Some(folder) = folder {
                dialog = dialog.set_directory(folder);
            }
            let asked = Instant::now();
            let answer = match dialog.save_file() {
                Some(path) => {
                    let written = export::write(&figure, kind, &path);
                    Answer::FigureWritten(written.map(|()| path))
                }
                // A desktop without a dialog looks like a hand that cancels, but no hand is as quick.
                None if asked.elapsed() < NO_DIALOG => Answer::NoSaveDialog,
                None => return,
            };
            send.send(answer).ok();
            ctx.request_repaint();
        });
    }

    /// A plot was written to a file, or not.
    pub(super) fn figure_written(&mut self, result: Result<PathBuf, String>) {
        match result {
            Ok(path) => {
                let args = [("path", path.display().to_string().into())];
                let text = self.words.f("page-saved", &args);
                self.say(text, false);
            }
            Err(why) => self.say(why, true),
        }
    }
}
