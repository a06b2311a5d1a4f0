//! Files that are dropped onto the window or chosen in the system's dialog.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use eframe::egui;

use crate::case::Step;
use crate::desk::PhotoDraft;
use crate::store::{PhotoFile, photo};
use crate::ui::PhotoTarget;
use crate::ui::import::ImportWizard;

use super::{Answer, Hall};

/// A file dialog that ends sooner was never seen by anybody.
pub(super) const NO_DIALOG: Duration = Duration::from_millis(150);

impl Hall {
    pub(super) fn take_dropped_files(&mut self, ctx: &egui::Context) {
        let dropped: Vec<PathBuf> = ctx
            .input_mut(|i| std::mem::take(&mut i.raw.dropped_files))
            .into_iter()
            .map(|f| f.path().to_path_buf())
            .collect();
        if dropped.is_empty() || self.is_locked() {
            return;
        }
        let is_photo = |p: &PathBuf| {
            let ending = p
                .extension()
                .and_then(|e| e.to_str())
                .unwrap_or_default()
                .to_lowercase();
            matches!(ending.as_str(), "jpg" | "jpeg" | "png")
        };
        let (photos, tables): (Vec<_>, Vec<_>) = dropped.into_iter().partition(is_photo);
        if !photos.is_empty() {
            match self.photo_target() {
                Some(target) => self.read_photos(target, photos),
                None => {
                    let text = self.words.t("photos-no-form").to_owned();
                    self.say(text, true);
                }
            }
        }
        if let Some(table) = tables.into_iter().next() {
            self.open_import(table);
        }
    }

    /// Where dropped photos belong: the report form, or a rectification that is being written.
    pub(super) fn photo_target(&self) -> Option<PhotoTarget> {
        if self.report.is_open() {
            return Some(PhotoTarget::Report);
        }
        let id = self.selection.case?;
        let rectifying = self
            .drafts
            .get(&id)
            .is_some_and(|d| d.open && d.step == Step::Rectify);
        rectifying.then_some(PhotoTarget::Step(id, crate::case::PhotoPhase::After))
    }

    pub(super) fn read_photos(&mut self, target: PhotoTarget, paths: Vec<PathBuf>) {
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        self.spawn("photos", move || {
            let read = |path: PathBuf| photo::read(&path).map_err(|error| error.to_string());
            send.send(Answer::PhotosRead(target, paths.into_iter().map(read).collect()))
                .ok();
            ctx.request_repaint();
        });
    }

    pub(super) fn photos_read(&mut self, target: PhotoTarget, files: Vec<Result<PhotoFile, String>>) {
        for file in files {
            match (file, target) {
                (Ok(file), PhotoTarget::Report) => self.report.add_photo(file),
                (Ok(file), PhotoTarget::Step(id, phase)) => {
                    if let Some(draft) = self.drafts.get_mut(&id) {
                        draft.photos.push(PhotoDraft { phase, file });
                    }
                }
                (Err(why), PhotoTarget::Report) => self.report.refused(why),
                (Err(why), PhotoTarget::Step(id, _)) => self.refuse(id, why),
            }
        }
    }

    pub(super) fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = std::thread::Builder::new().name(name.into()).spawn(work) {
            self.say(error.to_string(), true);
        }
    }

    /// Opens the system's dialog on a thread of its own, so that no frame waits for it.
    pub(super) fn choose_files(&mut self, target: Option<PhotoTarget>) {
        let (send, ctx) = (self.answers.0.clone(), self.ctx.clone());
        let folder = self.settings.import_folder.clone();
        let title = self
            .words
            .t(if target.is_some() {
                "dialog-photos"
            } else {
                "dialog-import"
            })
            .to_owned();
        let kind = self
            .words
            .t(if target.is_some() {
                "dialog-kind-photos"
            } else {
                "dialog-kind-tables"
            })
            .to_owned();
        self.spawn("dialog", move || {
            let mut dialog = rfd::FileDialog::new().set_title(title);
            if let Some(folder) = folder {
                dialog = dialog.set_directory(folder);
            }
            let asked = Instant::now();
            let answer = match target {
                Some(target) => {
                    let dialog = dialog.add_filter(kind, &["jpg", "jpeg", "png"]);
                    dialog.pick_files().map(|paths| Answer::PhotoPaths(target, paths))
                }
                None => {
                    let dialog = dialog.add_filter(kind, &["csv", "tsv", "txt", "xlsx"]);
                    dialog.pick_file().map(Answer::ImportPath)
                }
            };
            // A desktop without a dialog looks like a hand that cancels, but no hand is as quick.
            let answer = answer.or((asked.elapsed() < NO_DIALOG).then_some(Answer::NoDialog));
            if let Some(answer) = answer {
                send.send(answer).ok();
                ctx.request_repaint();
            }
        });
    }

    pub(super) fn open_import(&mut self, path: PathBuf) {
        if self.is_drill() {
            let text = self.words.t("said-drill-no-import").to_owned();
            return self.say(text, true);
        }
        self.settings.import_folder = path.parent().map(PathBuf::from);
        let book = if self.sample {
            &self.paths.sample
        } else {
            &self.paths.book
        };
        let actor = self.post().map(|p| p.code.clone()).unwrap_or_default();
        let wizard = ImportWizard::new(
            &self.ctx,
            path,
            book.clone(),
            self.town.clone(),
            &actor,
            &self.settings.seat,
        );
        self.import = Some(wizard);
    }
}
