//! Boundaries from a file and into one. A file is shown beforehand: what is new, changed and gone, and what is wrong.

use std::path::PathBuf;

use eframe::egui::{self, Button, ComboBox, RichText, ScrollArea, Ui};

use crate::town::boundary::file::{Comparison, Found, compare};
use crate::town::boundary::{Plan, Weight};
use crate::town::datum::Datum;
use crate::ui::{Intent, Scene, theme};

use super::{BoundaryDo, BoundaryEditor, Tab, panel};

/// So many codes of one list are named.
const NAMED: usize = 40;

/// A file that was read.
#[derive(Debug)]
struct Preview {
    path: PathBuf,
    found: Found,
    compared: Comparison,
    /// Places that the file does not have are taken away.
    remove: bool,
}

/// What is typed and read there.
#[derive(Debug, Default)]
pub(super) struct FilesTab {
    pub path: String,
    datum: Datum,
    busy: bool,
    preview: Option<Preview>,
    told: Option<Result<String, String>>,
}

impl FilesTab {
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    pub fn read(&mut self, path: PathBuf, read: Result<Found, String>, plan: &Plan) {
        self.busy = false;
        match read {
            Ok(found) => {
                let compared = compare(&found, plan.shapes());
                self.told = None;
                self.preview = Some(Preview {
                    path,
                    found,
                    compared,
                    remove: false,
                });
            }
            Err(why) => self.told = Some(Err(why)),
        }
    }

    pub fn written(&mut self, written: Result<PathBuf, String>) {
        self.busy = false;
        self.told = Some(written.map(|path| path.display().to_string()));
    }
}

impl BoundaryEditor {
    /// Draws the page of files.
    pub(super) fn files_ui(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let w = scene.words;
        ui.add(egui::Label::new(RichText::new(w.t("bounds-files-note")).color(scene.colors.weak)).wrap());
        super::field(ui, w.t("bounds-file"), &mut self.files.path, 230.0);
        ui.horizontal(|ui| {
            for (key, write) in [("bounds-choose-read", false), ("bounds-choose-write", true)] {
                if ui.button(w.t(key)).clicked() {
                    intents.push(Intent::Boundary(BoundaryDo::Choose { write }));
                }
            }
        });
        ui.horizontal(|ui| {
            let label = ui.label(w.t("import-field-datum"));
            ComboBox::from_id_salt("boundsdatum")
                .selected_text(w.datum(self.files.datum))
                .show_ui(ui, |ui| {
                    for datum in Datum::ALL {
                        ui.selectable_value(&mut self.files.datum, datum, w.datum(datum));
                    }
                })
                .response
                .labelled_by(label.id);
        });
        let path = self.files.path.trim();
        let ready = !path.is_empty() && !self.files.busy;
        ui.horizontal(|ui| {
            let read = ui.add_enabled(ready, Button::new(w.t("bounds-read")));
            let write = ui.add_enabled(ready, Button::new(w.t("bounds-write")));
            let why = if self.files.busy {
                "bounds-busy"
            } else {
                "bounds-file-missing"
            };
            let (read, write) = (
                read.on_disabled_hover_text(w.t(why)),
                write.on_disabled_hover_text(w.t(why)),
            );
            if read.clicked() {
                self.files.busy = true;
                let path = PathBuf::from(self.files.path.trim());
                intents.push(Intent::Boundary(BoundaryDo::Read(path, self.files.datum)));
            } else if write.clicked() {
                self.files.busy = true;
                let path = PathBuf::from(self.files.path.trim());
                intents.push(Intent::Boundary(BoundaryDo::Write(path)));
            }
            if self.files.busy {
                ui.spinner();
            }
        });
        match &self.files.told {
            Some(Ok(path)) => {
                ui.add(egui::Label::new(w.f("bounds-written", &[("path", path.into())])).wrap());
            }
            Some(Err(why)) => {
                ui.add(egui::Label::new(RichText::new(why).color(scene.colors.red_text)).wrap());
            }
            None => {}
        }
        self.preview_ui(ui, scene, intents);
    }

    fn preview_ui(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let w = scene.words;
        let Some(preview) = &mut self.files.preview else {
            return;
        };
        ui.separator();
        let name = preview.path.file_name().map(|n| n.to_string_lossy().into_owned());
        ui.label(RichText::new(name.unwrap_or_default()).font(theme::strong_font(theme::BODY)));
        let lists = [
            ("bounds-file-new", &preview.compared.new),
            ("bounds-file-changed", &preview.compared.changed),
            ("bounds-file-same", &preview.compared.same),
            ("bounds-file-gone", &preview.compared.gone),
        ];
        for (key, codes) in lists {
            ui.label(w.n(key, codes.len()));
            if !codes.is_empty() && key != "bounds-file-same" {
                let named: Vec<&str> = codes.iter().take(NAMED).map(String::as_str).collect();
                ui.add(egui::Label::new(RichText::new(named.join("  ")).color(scene.colors.weak)).wrap());
            }
        }
        if !preview.compared.gone.is_empty() {
            ui.checkbox(&mut preview.remove, w.t("bounds-file-remove"));
        }
        let heavy = preview
            .found
            .faults
            .iter()
            .any(|f| f.kind.weight() == Weight::Blocks);
        let removes = preview.remove && !preview.compared.gone.is_empty();
        let changes = !preview.compared.new.is_empty() || !preview.compared.changed.is_empty();
        let nothing = !removes && !changes;
        let mut taken = false;
        ui.horizontal(|ui| {
            let take = ui.add_enabled(!heavy && !nothing, Button::new(w.t("bounds-file-take")));
            let why = if heavy {
                "bounds-file-faults"
            } else {
                "refusal-duty-boundary-nothing"
            };
            taken = take.on_disabled_hover_text(w.t(why)).clicked();
        });
        if heavy {
            ui.label(RichText::new(w.t("bounds-file-faults")).color(scene.colors.red_text));
        }
        ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt("boundsfilefaults")
            .show(ui, |ui| {
                for fault in &preview.found.faults {
                    if panel::fault_row(ui, scene, fault, false).clicked()
                        && let Some(at) = fault.at
                    {
                        intents.push(Intent::Boundary(BoundaryDo::FlyTo(at)));
                    }
                }
            });
        if taken {
            self.take_file(scene);
        }
    }

    /// Takes what was read into the plan, where it can be looked at, changed and saved like everything drawn.
    fn take_file(&mut self, scene: Scene<'_>) {
        let Some(preview) = self.files.preview.take() else {
            return;
        };
        let wanted =
            |code: &String| preview.compared.new.contains(code) || preview.compared.changed.contains(code);
        let shapes = preview
            .found
            .shapes
            .into_iter()
            .filter(|s| wanted(&s.code))
            .collect();
        let gone = if preview.remove {
            preview.compared.gone.clone()
        } else {
            Vec::new()
        };
        if self.step(scene.words, |plan| plan.take_over(shapes, &gone)) {
            self.tab = Tab::Check;
        }
    }
}
