//! The pages of the import.

use eframe::egui::{
    self, Align, Button, ComboBox, Layout, ProgressBar, RichText, ScrollArea, TextEdit, Ui, Vec2,
};
use fluent_bundle::FluentValue;

use crate::intake::profile::{self, Profile};
use crate::intake::run::Summary;
use crate::intake::shift::DatumDoubt;
use crate::town::Datum;
use crate::ui::{Scene, theme};

use super::{ImportWizard, Page};

/// Height of the buttons' row at the foot.
const FOOT: f32 = 44.0;

impl ImportWizard {
    /// Draws the page that it is at; true where the wizard is to be closed.
    pub(super) fn page(&mut self, ui: &mut Ui, scene: Scene<'_>) -> bool {
        match &self.page {
            Page::Opening | Page::Counting => {
                ui.centered_and_justified(eframe::egui::Ui::spinner);
                false
            }
            Page::Unreadable(why) | Page::Failed(why) => {
                let why = why.clone();
                self.failed(ui, scene, &why)
            }
            Page::Columns => self.columns_page(ui, scene),
            Page::Types => self.types_page(ui, scene),
            Page::Running { dry } => {
                let dry = *dry;
                self.running(ui, scene, dry);
                false
            }
            Page::Done { .. } => self.done(ui, scene),
        }
    }

    fn failed(&mut self, ui: &mut Ui, scene: Scene<'_>, why: &str) -> bool {
        ui.add_space(6.0 * theme::GRID);
        ui.label(RichText::new(why).color(scene.colors.red_text));
        ui.add_space(4.0 * theme::GRID);
        if self.opened.is_some() && ui.button(scene.words.t("import-back")).clicked() {
            self.page = Page::Columns;
        }
        ui.button(scene.words.t("import-close")).clicked()
    }

    fn columns_page(&mut self, ui: &mut Ui, scene: Scene<'_>) -> bool {
        let Some(opened) = &self.opened else { return false };
        let megabytes = format!("{:.1}", opened.size as f64 / 1e6);
        let args = [
            ("format", FluentValue::from(opened.format.as_str())),
            ("columns", opened.header.len().into()),
            ("mb", megabytes.into()),
        ];
        ui.label(RichText::new(scene.words.f("import-found", &args)).color(scene.colors.weak));
        for fault in &opened.faults {
            ui.label(RichText::new(fault).color(scene.colors.amber_text));
        }
        if let Some(why) = &self.trouble {
            ui.label(RichText::new(why).color(scene.colors.red_text));
        }
        self.profile_choice(ui, scene);
        ui.separator();
        let Some(opened) = &self.opened else { return false };
        let height = (ui.available_height() - FOOT).max(200.0);
        ui.allocate_ui(Vec2::new(ui.available_width(), height), |ui| {
            ui.horizontal_top(|ui| {
                let left = 400.0_f32.min(ui.available_width() * 0.45);
                ui.allocate_ui_with_layout(Vec2::new(left, height), Layout::top_down(Align::Min), |ui| {
                    ScrollArea::vertical()
                        .id_salt("fields")
                        .auto_shrink(false)
                        .show(ui, |ui| {
                            fields(ui, scene, &opened.header, &mut self.profile);
                        });
                });
                ui.separator();
                preview(ui, scene, &opened.header, &opened.rows);
            });
        });
        let missing: Vec<String> = self
            .profile
            .missing_columns(&opened.header)
            .into_iter()
            .map(str::to_owned)
            .collect();
        let mut close = false;
        ui.horizontal(|ui| {
            let ready = missing.is_empty() && !self.profile.columns.reported_at.is_empty();
            let why = if missing.is_empty() {
                scene.words.t("import-needs").to_owned()
            } else {
                scene
                    .words
                    .f("import-missing", &[("columns", missing.join(", ").into())])
            };
            if primary(ui, scene, ready, scene.words.t("import-next"))
                .on_disabled_hover_text(&why)
                .clicked()
            {
                self.trouble = None;
                self.page = Page::Counting;
                self.work.count(self.profile.clone());
            }
            close = ui.button(scene.words.t("import-close")).clicked();
            if !ready {
                ui.label(RichText::new(why).color(scene.colors.amber_text));
            }
        });
        close
    }

    fn profile_choice(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let Some(opened) = &self.opened else { return };
        let lang = scene.words.lang;
        ui.horizontal(|ui| {
            let label = ui.label(scene.words.t("import-profile"));
            let shown = match opened.profiles.iter().find(|p| p.name == self.profile.name) {
                Some(profile) => profile.title.get(lang),
                None => scene.words.t("import-guessed"),
            };
            let mut chosen: Option<Profile> = None;
            let choice = ComboBox::from_id_salt("profile")
                .width(320.0)
                .selected_text(shown)
                .show_ui(ui, |ui| {
                    for profile in &opened.profiles {
                        let here = profile.name == self.profile.name;
                        let fits = profile.missing_columns(&opened.header).is_empty();
                        let title = profile.title.get(lang);
                        let button = Button::selectable(here, title);
                        let hint = scene.words.t("import-profile-misfit");
                        if ui
                            .add_enabled(fits, button)
                            .on_disabled_hover_text(hint)
                            .clicked()
                        {
                            chosen = Some(profile.clone());
                        }
                    }
                    if ui.button(scene.words.t("import-guessed")).clicked() {
                        chosen = Some(Profile::guess(&opened.header));
                    }
                });
            choice.response.labelled_by(label.id);
            if let Some(profile) = chosen {
                self.profile = profile;
            }
        });
        if !self.profile.note.is_empty() {
            ui.label(RichText::new(&self.profile.note).color(scene.colors.weak));
        }
    }

    fn types_page(&mut self, ui: &mut Ui, scene: Scene<'_>) -> bool {
        let unmapped = self.unmapped();
        let args = [
            ("n", FluentValue::from(self.types.len())),
            ("open", unmapped.into()),
        ];
        ui.label(scene.words.f("import-types", &args));
        let narrow = TextEdit::singleline(&mut self.narrow)
            .hint_text(scene.words.t("import-narrow"))
            .desired_width(320.0);
        let response = ui.add(narrow);
        response.widget_info(|| {
            egui::WidgetInfo::text_edit(true, "", &self.narrow, scene.words.t("import-narrow"))
        });
        ui.separator();
        let wanted = self.narrow.trim().to_lowercase();
        let listed: Vec<usize> = (0..self.types.len())
            .filter(|i| {
                let words = &self.types[*i].words;
                wanted.is_empty() || words.iter().any(|w| w.to_lowercase().contains(&wanted))
            })
            .collect();
        let height = (ui.available_height() - FOOT).max(160.0);
        ScrollArea::vertical()
            .id_salt("types")
            .max_height(height)
            .auto_shrink(false)
            .show_rows(ui, theme::HIT + 4.0, listed.len(), |ui, rows| {
                for i in rows {
                    self.type_row(ui, scene, listed[i]);
                }
            });
        let mut close = false;
        ui.horizontal(|ui| {
            if primary(ui, scene, true, scene.words.t("import-try")).clicked() {
                self.start(true);
            }
            if ui.button(scene.words.t("import-back")).clicked() {
                self.page = Page::Columns;
            }
            self.save_row(ui, scene);
            close = ui.button(scene.words.t("import-close")).clicked();
        });
        close
    }

    fn type_row(&mut self, ui: &mut Ui, scene: Scene<'_>, index: usize) {
        let count = self.types[index].clone();
        let Some(kind) = count.words.first().cloned() else {
            return;
        };
        let lang = scene.words.lang;
        ui.horizontal(|ui| {
            let n = RichText::new(count.rows.to_string()).color(scene.colors.weak);
            ui.add_sized([70.0, theme::HIT], egui::Label::new(n));
            let name = ui.add_sized([360.0, theme::HIT], egui::Label::new(&kind).truncate());
            let skipped = self.is_skipped(&count);
            let item = self
                .item_of(&count)
                .and_then(|code| scene.town.catalogue.by_code(code));
            let shown = match (skipped, item) {
                (true, _) => scene.words.t("import-skip").to_owned(),
                (false, Some(item)) => format!("{} {}", item.code, item.name.get(lang)),
                (false, None) => scene.words.t("import-choose").to_owned(),
            };
            let mut chosen: Option<Option<String>> = None;
            let list = ComboBox::from_id_salt(("item", index))
                .width(380.0)
                .selected_text(shown)
                .show_ui(ui, |ui| {
                    if ui
                        .selectable_label(skipped, scene.words.t("import-skip"))
                        .clicked()
                    {
                        chosen = Some(None);
                    }
                    for (_, item) in scene.town.catalogue.iter().filter(|(_, item)| !item.retired) {
                        let here = self.profile.items.get(&kind) == Some(&item.code);
                        let text = format!("{} {}", item.code, item.name.get(lang));
                        if ui.selectable_label(here, text).clicked() {
                            chosen = Some(Some(item.code.clone()));
                        }
                    }
                });
            list.response.labelled_by(name.id);
            match chosen {
                Some(Some(code)) => {
                    self.profile.skip.remove(&kind);
                    self.profile.items.insert(kind, code);
                }
                Some(None) => {
                    self.profile.items.remove(&kind);
                    self.profile
                        .skip
                        .insert(kind, scene.words.t("import-skip-reason").to_owned());
                }
                None => {}
            }
        });
    }

    fn save_row(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let label = ui.label(scene.words.t("import-save-as"));
        ui.add(TextEdit::singleline(&mut self.profile.name).desired_width(180.0))
            .labelled_by(label.id);
        let named = !self.profile.name.trim().is_empty();
        let save = ui.add_enabled(named, Button::new(scene.words.t("import-save")));
        if save
            .on_disabled_hover_text(scene.words.t("import-save-hint"))
            .clicked()
        {
            let name = self.profile.name.trim().to_owned();
            if self.profile.title.get(scene.words.lang).is_empty() {
                self.profile.title.zh.clone_from(&name);
                self.profile.title.en.clone_from(&name);
            }
            let saved = match profile::user_dir() {
                Some(dir) => self.profile.save(&dir).map_err(|error| error.to_string()),
                None => Err(scene.words.t("import-no-folder").to_owned()),
            };
            self.saved = Some(match saved {
                Ok(path) => scene
                    .words
                    .f("import-saved", &[("path", path.display().to_string().into())]),
                Err(why) => why,
            });
        }
        if let Some(saved) = &self.saved {
            ui.label(RichText::new(saved).color(scene.colors.weak));
        }
    }

    fn start(&mut self, dry: bool) {
        if self.profile.name.trim().is_empty() {
            // The name is part of every case's origin, so an unnamed profile is named after its file.
            let stem = self
                .path
                .file_stem()
                .map(|s| s.to_string_lossy().into_owned())
                .unwrap_or_default();
            self.profile.name = stem;
        }
        self.page = Page::Running { dry };
        let rejects = (!dry).then(|| self.rejects.clone());
        self.work.run(self.profile.clone(), dry, rejects);
    }

    fn running(&mut self, ui: &mut Ui, scene: Scene<'_>, dry: bool) {
        let (rows, share) = self.work.progress();
        ui.add_space(20.0 * theme::GRID);
        ui.vertical_centered(|ui| {
            ui.label(
                scene
                    .words
                    .t(if dry { "import-trying" } else { "import-importing" }),
            );
            ui.add(ProgressBar::new(share).desired_width(520.0));
            ui.label(RichText::new(scene.words.n("import-rows", rows as usize)).color(scene.colors.weak));
            ui.add_space(4.0 * theme::GRID);
            if ui
                .button(scene.words.t("import-stop"))
                .on_hover_text(scene.words.t("import-stop-hint"))
                .clicked()
            {
                self.work.cancel();
            }
        });
    }

    fn done(&mut self, ui: &mut Ui, scene: Scene<'_>) -> bool {
        let Page::Done { dry, summary } = &self.page else {
            return false;
        };
        let (dry, summary) = (*dry, summary.clone());
        let title = if dry {
            "import-tried"
        } else {
            "import-imported-title"
        };
        ui.label(RichText::new(scene.words.t(title)).font(theme::strong_font(theme::LARGE)));
        ui.add_space(2.0 * theme::GRID);
        sums(ui, scene, &summary);
        ui.add_space(2.0 * theme::GRID);
        let doubt = summary.datum_doubt.filter(|_| dry);
        let read_as = doubt.and_then(|doubt| doubt_row(ui, scene, &doubt));
        if !dry && summary.rejected > 0 {
            let path = self.rejects.display().to_string();
            ui.label(scene.words.f("import-rejects-at", &[("path", path.into())]));
        }
        if summary.cancelled {
            ui.label(RichText::new(scene.words.t("import-was-stopped")).color(scene.colors.amber_text));
        }
        ui.add_space(4.0 * theme::GRID);
        let mut close = false;
        ui.horizontal(|ui| {
            if dry {
                let n = summary.imported;
                let text = scene.words.n("import-go", n as usize);
                if primary(ui, scene, n > 0, &text).clicked() {
                    self.start(false);
                }
                if ui.button(scene.words.t("import-back")).clicked() {
                    self.page = Page::Types;
                }
            }
            close = ui.button(scene.words.t("import-close")).clicked();
        });
        if let Some(datum) = read_as {
            self.profile.coordinates.datum = datum;
            self.start(true);
        }
        close
    }
}

/// Asks whether the coordinates are in another datum; answers with that where the question is answered with yes.
fn doubt_row(ui: &mut Ui, scene: Scene<'_>, doubt: &DatumDoubt) -> Option<Datum> {
    let [inside, likely_inside] = doubt.shares();
    let likely = doubt.likely.to_string();
    let args = [
        ("declared", FluentValue::from(doubt.declared.to_string())),
        ("likely", likely.as_str().into()),
        ("rows", doubt.rows.into()),
        ("inside", inside.into()),
        ("likely_inside", likely_inside.into()),
        ("metres", doubt.moved_m.into()),
    ];
    let text = scene.words.f("import-datum-doubt", &args);
    ui.label(RichText::new(text).color(scene.colors.amber_text));
    let retry = scene.words.f("import-datum-retry", &[("likely", likely.into())]);
    let clicked = ui.button(retry).clicked();
    ui.add_space(2.0 * theme::GRID);
    clicked.then_some(doubt.likely)
}

fn primary(ui: &mut Ui, scene: Scene<'_>, enabled: bool, text: &str) -> egui::Response {
    let button = Button::new(RichText::new(text).color(scene.colors.on_accent)).fill(scene.colors.accent);
    ui.add_enabled(enabled, button.min_size(Vec2::new(96.0, 32.0)))
}

fn sums(ui: &mut Ui, scene: Scene<'_>, summary: &Summary) {
    let rows = [
        ("import-sum-rows", summary.rows),
        ("import-sum-imported", summary.imported),
        ("import-sum-known", summary.already_there),
        ("import-sum-rejected", summary.rejected),
    ];
    egui::Grid::new("sums")
        .num_columns(2)
        .spacing([32.0, 6.0])
        .show(ui, |ui| {
            for (key, n) in rows {
                ui.label(scene.words.t(key));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.label(RichText::new(n.to_string()).font(theme::strong_font(theme::TITLE)));
                });
                ui.end_row();
            }
            if summary.outside_town > 0 {
                ui.label(RichText::new(scene.words.t("import-sum-outside")).color(scene.colors.weak));
                ui.label(summary.outside_town.to_string());
                ui.end_row();
            }
            for (reason, n) in &summary.reasons {
                let key = format!("import-reason-{}", reason.replace('_', "-"));
                ui.label(RichText::new(format!("    {}", scene.words.t(&key))).color(scene.colors.weak));
                ui.label(n.to_string());
                ui.end_row();
            }
        });
}

/// Each meaning with the column that has it.
fn fields(ui: &mut Ui, scene: Scene<'_>, header: &[String], profile: &mut Profile) {
    let columns = &mut profile.columns;
    let mut reported = Some(columns.reported_at.clone()).filter(|c| !c.is_empty());
    column_choice(ui, scene, header, "import-field-reported", &mut reported);
    columns.reported_at = reported.unwrap_or_default();
    first_of(ui, scene, header, "import-field-type", &mut columns.kind);
    first_of(ui, scene, header, "import-field-text", &mut columns.text);
    let single: [(&str, &mut Option<String>); 8] = [
        ("import-field-key", &mut columns.key),
        ("import-field-area", &mut columns.area),
        ("import-field-lon", &mut columns.lon),
        ("import-field-lat", &mut columns.lat),
        ("import-field-source", &mut columns.source),
        ("import-field-due", &mut columns.due_at),
        ("import-field-closed", &mut columns.closed_at),
        ("import-field-status", &mut columns.status),
    ];
    for (key, column) in single {
        column_choice(ui, scene, header, key, column);
        if key == "import-field-lat" {
            datum_choice(ui, scene, column.is_some(), &mut profile.coordinates.datum);
        }
    }
    first_of(ui, scene, header, "import-field-address", &mut columns.address);
}

/// A meaning that several columns can have: the first is chosen here, a profile's further ones are kept and shown.
fn first_of(ui: &mut Ui, scene: Scene<'_>, header: &[String], key: &str, columns: &mut Vec<String>) {
    let mut first = columns.first().cloned();
    let before = first.clone();
    column_choice(ui, scene, header, key, &mut first);
    if first != before {
        *columns = first.into_iter().collect();
    }
    if columns.len() > 1 {
        let more = columns[1..].join(", ");
        ui.label(
            RichText::new(scene.words.f("import-field-more", &[("columns", more.into())]))
                .color(scene.colors.weak),
        );
    }
}

/// What the coordinates are counted from; nothing to choose where there are none.
fn datum_choice(ui: &mut Ui, scene: Scene<'_>, enabled: bool, datum: &mut Datum) {
    let hint = scene.words.t("import-field-datum-hint");
    ui.add_enabled_ui(enabled, |ui| {
        ui.horizontal(|ui| {
            let label = ui.add_sized(
                [120.0, theme::HIT],
                egui::Label::new(scene.words.t("import-field-datum")).truncate(),
            );
            let list = ComboBox::from_id_salt("import-field-datum")
                .width(240.0)
                .selected_text(scene.words.datum(*datum))
                .show_ui(ui, |ui| {
                    for other in Datum::ALL {
                        ui.selectable_value(datum, other, scene.words.datum(other));
                    }
                });
            list.response.labelled_by(label.id).on_hover_text(hint);
        });
    });
}

fn column_choice(ui: &mut Ui, scene: Scene<'_>, header: &[String], key: &str, column: &mut Option<String>) {
    ui.horizontal(|ui| {
        let label = ui.add_sized(
            [120.0, theme::HIT],
            egui::Label::new(scene.words.t(key)).truncate(),
        );
        let none = scene.words.t("import-field-none");
        let shown = column.clone().unwrap_or_else(|| none.to_owned());
        let list = ComboBox::from_id_salt(key)
            .width(240.0)
            .selected_text(shown)
            .show_ui(ui, |ui| {
                ui.selectable_value(column, None, none);
                for name in header {
                    ui.selectable_value(column, Some(name.clone()), name);
                }
            });
        list.response.labelled_by(label.id);
    });
}

fn preview(ui: &mut Ui, scene: Scene<'_>, header: &[String], rows: &[crate::intake::table::Row]) {
    ScrollArea::both()
        .id_salt("preview")
        .auto_shrink(false)
        .show(ui, |ui| {
            egui::Grid::new("preview-rows")
                .striped(true)
                .spacing([16.0, 4.0])
                .show(ui, |ui| {
                    ui.label(RichText::new(scene.words.t("import-line")).color(scene.colors.weak));
                    for name in header {
                        ui.label(RichText::new(name).font(theme::strong_font(theme::BODY)));
                    }
                    ui.end_row();
                    for row in rows {
                        ui.label(RichText::new(row.line.to_string()).color(scene.colors.weak));
                        for i in 0..header.len() {
                            let cell: String = row.cell(i).chars().take(40).collect();
                            ui.label(cell);
                        }
                        ui.end_row();
                    }
                });
        });
}
