//! The editor of one item.

use eframe::egui::{
    self, Align, Button, Id, Layout, Panel, RichText, ScrollArea, TextEdit, Ui, Vec2, WidgetInfo,
};

use crate::town::{Centre, Class, Level, Town, Wrong};
use crate::ui::keys::{self, Deed};
use crate::ui::{Intent, Scene, choose, icons, theme};

use super::form::{Field, Form};
use super::{CatalogueState, CatalogueWindow, Draft, NEW, history};

/// Most characters that are taken for a line; what is too long for its part is said beside it.
const LINE_MAX_CHARS: usize = 400;
/// Most characters of a remark.
const REMARK_MAX_CHARS: usize = 5000;

/// Height of a field's name, in points.
const LABEL: f32 = 20.0;

/// What is drawn of one draft.
struct Page<'a> {
    scene: Scene<'a>,
    key: &'a str,
    /// What is wrong, by field.
    faults: Vec<(Field, Wrong)>,
    /// Whether it can be typed in.
    may: bool,
    is_taken: bool,
}

/// What a hand did at the foot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pressed {
    Save,
    Retire,
    Drop,
    ReallyDrop,
    Keep,
}

/// Whether another item has the code of a new one.
pub(super) fn is_taken(town: &Town, form: &Form) -> bool {
    town.catalogue.by_code(form.text(Field::Code).trim()).is_some()
}

impl CatalogueWindow {
    pub(super) fn editor(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        state: CatalogueState<'_>,
        intents: &mut Vec<Intent>,
    ) {
        let Some(key) = self.shown.clone() else { return };
        let sent = self.sent.is_some();
        let may = state.may_edit(scene.town);
        let Some(draft) = self.drafts.get_mut(&key) else {
            return;
        };
        let page = Page {
            scene,
            key: &key,
            faults: draft.form.item(0, false).err().unwrap_or_default(),
            may: may && !sent,
            is_taken: key == NEW && is_taken(scene.town, &draft.form),
        };
        page.head(ui, draft);
        let mut pressed = None;
        if may {
            Panel::bottom("cataloguefoot")
                .resizable(false)
                .frame(egui::Frame::NONE)
                .show(ui, |ui| {
                    pressed = page.foot(ui, draft, sent, self.dropping);
                });
        } else {
            let why = RichText::new(scene.words.t("catalogue-not-yours")).color(scene.colors.weak);
            ui.add(egui::Label::new(why).wrap());
        }
        ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt(("catalogue editor", &key))
            .show(ui, |ui| {
                // The bar at the right would lie over the fields, and the focus ring needs room.
                let margin = egui::Margin {
                    left: 4,
                    right: 16,
                    top: 2,
                    bottom: 4,
                };
                egui::Frame::new().inner_margin(margin).show(ui, |ui| {
                    page.fields(ui, draft);
                    if let Some(item) = scene.town.catalogue.by_code(&key) {
                        ui.add_space(2.0 * theme::GRID);
                        history::show(ui, scene, state, item);
                    }
                });
            });
        match pressed {
            Some(Pressed::Save) => self.submit(scene, state, intents),
            Some(Pressed::Retire) => self.retire(scene, intents),
            Some(Pressed::Drop) => self.dropping = true,
            Some(Pressed::Keep) => self.dropping = false,
            Some(Pressed::ReallyDrop) => {
                self.dropping = false;
                self.drafts.remove(&key);
                if key == NEW {
                    self.shown = None;
                }
            }
            None => {}
        }
    }
}

impl Page<'_> {
    /// Which item, which version, and whether somebody else has changed it.
    fn head(&self, ui: &mut Ui, draft: &mut Draft) {
        let (words, colors) = (self.scene.words, self.scene.colors);
        let item = self.scene.town.catalogue.by_code(self.key);
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(item) = item {
                    let mut state = match item.version {
                        0 => words.t("catalogue-version-file").to_owned(),
                        n => words.n("catalogue-version", n as usize),
                    };
                    if item.retired {
                        state = format!("{} · {state}", words.t("catalogue-retired"));
                    }
                    ui.label(RichText::new(state).color(colors.weak));
                }
                let title = match item {
                    Some(item) => format!("{} {}", item.code, item.name.get(words.lang)),
                    None => words.t("catalogue-new").to_owned(),
                };
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let title = RichText::new(title).font(theme::strong_font(theme::TITLE));
                    ui.add(egui::Label::new(title).truncate());
                });
            });
        });
        let Some(item) = item.filter(|item| item.version != draft.based_on && self.may) else {
            return;
        };
        ui.horizontal_wrapped(|ui| {
            let n = item.version as usize;
            ui.label(RichText::new(words.n("catalogue-moved-on", n)).color(colors.amber_text));
            if ui.button(words.n("catalogue-go-on-from", n)).clicked() {
                draft.rebase(item);
            }
        });
    }

    fn foot(&self, ui: &mut Ui, draft: &Draft, sent: bool, dropping: bool) -> Option<Pressed> {
        let words = self.scene.words;
        let mut pressed = None;
        ui.add_space(theme::GRID);
        if let Some(why) = &draft.refused {
            ui.add(egui::Label::new(RichText::new(why).color(self.scene.colors.red_text)).wrap());
        }
        if dropping {
            ui.horizontal_wrapped(|ui| {
                ui.label(words.t("catalogue-drop-sure"));
                if ui.button(words.t("catalogue-drop-yes")).clicked() {
                    pressed = Some(Pressed::ReallyDrop);
                }
                if ui.button(words.t("catalogue-drop-no")).clicked() {
                    pressed = Some(Pressed::Keep);
                }
            });
            return pressed;
        }
        ui.horizontal(|ui| {
            let key = if self.key == NEW {
                "catalogue-save-new"
            } else {
                "catalogue-save"
            };
            let text = format!("{}  {}", words.t(key), keys::key_name(Deed::Confirm));
            let save = Button::new(RichText::new(text).color(self.scene.colors.on_accent))
                .fill(self.scene.colors.accent);
            if ui.add_enabled(!sent, save).clicked() {
                pressed = Some(Pressed::Save);
            }
            if let Some(item) = self.scene.town.catalogue.by_code(self.key) {
                let (key, hint) = if item.retired {
                    ("catalogue-restore", "catalogue-restore-hint")
                } else {
                    ("catalogue-retire", "catalogue-retire-hint")
                };
                let retire = ui
                    .add_enabled(!sent, Button::new(words.t(key)))
                    .on_hover_text(words.t(hint));
                if retire.clicked() {
                    pressed = Some(Pressed::Retire);
                }
            }
            let drop = ui
                .add_enabled(
                    !sent && (draft.is_changed() || self.key == NEW),
                    Button::new(words.t("catalogue-drop")),
                )
                .on_disabled_hover_text(words.t("catalogue-drop-nothing"));
            if drop.clicked() {
                pressed = Some(Pressed::Drop);
            }
            if sent {
                ui.label(RichText::new(words.t("form-writing")).color(self.scene.colors.weak));
            }
        });
        pressed
    }

    fn fields(&self, ui: &mut Ui, draft: &mut Draft) {
        let words = self.scene.words;
        let form = &mut draft.form;
        let tried = draft.tried;
        if self.may {
            let reason_missing = tried && draft.reason.trim().is_empty();
            let fault = reason_missing.then(|| words.t("catalogue-needed").to_owned());
            self.label(ui, words.t("catalogue-reason"), fault);
            let field = TextEdit::singleline(&mut draft.reason)
                .id(Id::unique(("catalogue reason", self.key)))
                .char_limit(LINE_MAX_CHARS)
                .hint_text(words.t("catalogue-reason-hint"))
                .desired_width(f32::INFINITY);
            let response = ui.add(field);
            choose::name_field(&response, &draft.reason, words.t("catalogue-reason"));
            ui.add_space(theme::GRID);
        }
        ui.columns(2, |columns| {
            let [left, right] = columns else { return };
            self.class(left, form);
            if self.key == NEW {
                self.text(right, form, Field::Code, tried);
            } else {
                self.severity(right, form);
            }
            self.text(left, form, Field::NameZh, tried);
            self.text(right, form, Field::NameEn, tried);
            self.suggested(left, form, Field::Domain, tried);
            self.suggested(right, form, Field::Department, tried);
            self.centre(left, form);
            self.level(right, form);
            self.text(left, form, Field::Limit, tried);
            self.clock(right, form);
        });
        self.steps(ui, form, tried);
        ui.columns(2, |columns| {
            let [left, right] = columns else { return };
            self.suggested(left, form, Field::Evidence, tried);
            if self.key == NEW {
                self.severity(right, form);
            }
        });
        self.basis(ui, form, tried);
    }

    /// The name of a field, and what is wrong with it.
    fn label(&self, ui: &mut Ui, name: &str, fault: Option<String>) {
        let size = Vec2::new(ui.available_width(), LABEL);
        // A line of text, not something to press: it needs less height.
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.label(RichText::new(name).color(self.scene.colors.weak));
            if let Some(fault) = fault {
                let fault = RichText::new(fault).color(self.scene.colors.red_text);
                ui.add(egui::Label::new(fault).truncate());
            }
        });
    }

    fn fault(&self, form: &Form, field: Field, tried: bool) -> Option<String> {
        let words = self.scene.words;
        if field == Field::Code && self.is_taken {
            return Some(words.t("catalogue-code-taken").to_owned());
        }
        let (_, wrong) = self.faults.iter().find(|(at, _)| *at == field)?;
        // Nobody has typed there yet.
        if form.text(field).trim().is_empty() && !tried && self.key == NEW {
            return None;
        }
        Some(match wrong {
            _ if form.text(field).trim().is_empty() => words.t("catalogue-needed").to_owned(),
            Wrong::Empty => words.t("catalogue-needed").to_owned(),
            Wrong::TooLong { max } => words.n("catalogue-too-long", *max),
            Wrong::Character if field == Field::Code => words.t("catalogue-code-character").to_owned(),
            Wrong::Character => words.t("catalogue-character").to_owned(),
            Wrong::Range => words.t("catalogue-range").to_owned(),
        })
    }

    fn name_of(&self, form: &Form, field: Field) -> String {
        let words = self.scene.words;
        let name = words.t(field.key());
        let known = match field {
            Field::Domain => words.domain(form.text(field)),
            Field::Evidence => words.evidence(form.text(field)),
            _ => "",
        };
        if known.is_empty() || known == form.text(field) {
            name.to_owned()
        } else {
            format!("{name} · {known}")
        }
    }

    fn text(&self, ui: &mut Ui, form: &mut Form, field: Field, tried: bool) {
        self.label(ui, &self.name_of(form, field), self.fault(form, field, tried));
        self.line(ui, form, field, f32::INFINITY);
        ui.add_space(theme::GRID);
    }

    fn line(&self, ui: &mut Ui, form: &mut Form, field: Field, width: f32) {
        let edit = TextEdit::singleline(form.text_mut(field))
            .id(Id::unique(("catalogue field", self.key, field)))
            .char_limit(LINE_MAX_CHARS)
            .interactive(self.may)
            .desired_width(width);
        let response = ui.add(edit);
        choose::name_field(&response, form.text(field), self.scene.words.t(field.key()));
        self.why_not(response);
    }

    /// A field that can't be typed in says why.
    fn why_not(&self, response: egui::Response) {
        if !self.may {
            response.on_hover_text(self.scene.words.t("catalogue-not-yours"));
        }
    }

    /// A text, with a menu of what other items have there.
    fn suggested(&self, ui: &mut Ui, form: &mut Form, field: Field, tried: bool) {
        self.label(ui, &self.name_of(form, field), self.fault(form, field, tried));
        if !self.may {
            self.line(ui, form, field, f32::INFINITY);
            ui.add_space(theme::GRID);
            return;
        }
        ui.horizontal(|ui| {
            let spacing = ui.spacing();
            let button = spacing.icon_width + 2.0 * spacing.button_padding.x;
            let width = ui.available_width() - button - spacing.item_spacing.x;
            self.line(ui, form, field, width);
            let words = self.scene.words;
            let name = words.f("catalogue-others", &[("field", words.t(field.key()).into())]);
            let down = icons::icon(icons::UNFOLDED, self.scene.colors.text);
            let menu = ui.menu_button(down, |ui| {
                ui.set_min_width(220.0);
                ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
                    for value in self.values(field) {
                        let shown = match field {
                            Field::Domain => words.domain(value),
                            Field::Evidence => words.evidence(value),
                            _ => value,
                        };
                        if ui.selectable_label(form.text(field) == value, shown).clicked() {
                            *form.text_mut(field) = value.to_owned();
                            ui.close();
                        }
                    }
                });
            });
            menu.response
                .widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Button, true, &name));
            menu.response.on_hover_text(&name);
        });
        ui.add_space(theme::GRID);
    }

    /// What the items of the catalogue have in a field, each once.
    fn values(&self, field: Field) -> Vec<&str> {
        let mut values: Vec<&str> = Vec::new();
        for (_, item) in self.scene.town.catalogue.iter() {
            let value = match field {
                Field::Domain => &item.domain,
                Field::Department => &item.lead_department,
                _ => &item.evidence,
            };
            if !values.contains(&value.as_str()) {
                values.push(value);
            }
        }
        values
    }

    /// One of a few; as words where it can't be chosen.
    fn choice(&self, ui: &mut Ui, key: &str, labels: &[&str], chosen: usize) -> Option<usize> {
        let name = self.scene.words.t(key);
        self.label(ui, name, None);
        let mut picked = None;
        if self.may {
            let id = Id::unique(("catalogue choice", self.key, key));
            picked = choose::one_of(ui, self.scene.colors, id, name, labels, chosen, false).chosen;
        } else {
            let text = labels.get(chosen).copied().unwrap_or_default();
            let size = Vec2::new(ui.available_width(), theme::HIT);
            let shown = ui
                .allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
                    ui.set_min_height(theme::HIT);
                    ui.label(text)
                })
                .inner;
            self.why_not(shown);
        }
        ui.add_space(theme::GRID);
        picked
    }

    fn class(&self, ui: &mut Ui, form: &mut Form) {
        let labels = Class::ALL.map(Class::letter);
        if let Some(n) = self.choice(ui, "catalogue-class", &labels, form.class as usize) {
            form.set_class(Class::ALL[n], &self.scene.town.catalogue);
        }
    }

    fn centre(&self, ui: &mut Ui, form: &mut Form) {
        let labels = Centre::ALL.map(|centre| self.scene.words.centre(centre));
        if let Some(n) = self.choice(ui, "catalogue-centre", &labels, form.centre as usize) {
            form.centre = Centre::ALL[n];
        }
    }

    fn level(&self, ui: &mut Ui, form: &mut Form) {
        let labels = Level::ALL.map(|level| self.scene.words.level(level));
        if let Some(n) = self.choice(ui, "fact-level", &labels, form.level as usize) {
            form.level = Level::ALL[n];
        }
    }

    fn severity(&self, ui: &mut Ui, form: &mut Form) {
        let labels = ["1", "2", "3", "4", "5"];
        let chosen = usize::from(form.severity.clamp(1, 5)) - 1;
        if let Some(n) = self.choice(ui, "catalogue-severity", &labels, chosen) {
            form.severity = n as u8 + 1;
        }
    }

    fn clock(&self, ui: &mut Ui, form: &mut Form) {
        let labels = ["catalogue-working", "catalogue-wall"].map(|key| self.scene.words.t(key));
        if let Some(n) = self.choice(ui, "catalogue-clock", &labels, usize::from(!form.working)) {
            form.working = n == 0;
        }
    }

    /// Hours of the five steps, and how they go together with the whole.
    fn steps(&self, ui: &mut Ui, form: &mut Form, tried: bool) {
        let words = self.scene.words;
        let wrong = Field::STEPS
            .into_iter()
            .find_map(|field| Some((field, self.fault(form, field, tried)?)));
        let fault = wrong.map(|(field, fault)| format!("{} {fault}", words.t(field.key())));
        let mut name = words.t("catalogue-steps").to_owned();
        if let Some(sum) = form.steps_sum() {
            // Tenths of hours don't add up in binary.
            let sum = (sum * 1000.0).round() / 1000.0;
            name.push_str(&words.f("catalogue-steps-sum", &[("hours", sum.into())]));
        }
        self.label(ui, &name, fault);
        ui.columns(Field::STEPS.len(), |columns| {
            for (ui, field) in columns.iter_mut().zip(Field::STEPS) {
                ui.label(RichText::new(words.t(field.key())).color(self.scene.colors.weak));
                self.line(ui, form, field, f32::INFINITY);
            }
        });
        ui.add_space(theme::GRID);
    }

    fn basis(&self, ui: &mut Ui, form: &mut Form, tried: bool) {
        let field = Field::Basis;
        self.label(ui, &self.name_of(form, field), self.fault(form, field, tried));
        let edit = TextEdit::multiline(form.text_mut(field))
            .id(Id::unique(("catalogue field", self.key, field)))
            .char_limit(REMARK_MAX_CHARS)
            .interactive(self.may)
            .desired_rows(2)
            .desired_width(f32::INFINITY);
        let response = ui.add(edit);
        choose::name_field(&response, form.text(field), self.scene.words.t(field.key()));
        self.why_not(response);
    }
}
