//! Making a briefing by hand: which days, which template, into which folder.

use std::path::PathBuf;

use eframe::egui::{self, Align2, Button, ComboBox, Id, RichText, TextEdit, Ui};

use crate::indicator::{Period, PeriodError};
use crate::report::briefing::Template;
use crate::ui::{Intent, Scene, Words, theme};

/// Width of the window, in points.
const WIDTH: f32 = 520.0;
/// Width of the names of fields, in points.
const NAMES: f32 = 96.0;

/// What a hand asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BriefingOrder {
    /// Of which days.
    pub period: Period,
    /// The name of the template.
    pub template: String,
    /// Into which folder.
    pub folder: PathBuf,
    /// Whether existing files are replaced.
    pub replace: bool,
}

/// How far it is.
#[derive(Clone, Debug, Default)]
enum State {
    /// Nothing was asked for.
    #[default]
    Idle,
    /// A thread is at it.
    Running,
    /// These files were written.
    Done(Vec<PathBuf>),
    /// It was not written, for this reason.
    Failed(String),
}

/// The window's state.
#[derive(Default)]
pub struct BriefingWindow {
    period: String,
    /// The templates that there were when the window was opened.
    templates: Vec<String>,
    /// The chosen one; `None` for that of the period's kind.
    template: Option<String>,
    folder: String,
    replace: bool,
    state: State,
}

impl BriefingWindow {
    /// The window was opened: where nothing was typed yet, `period` and `folder` stand in it.
    pub fn opened(&mut self, period: String, folder: Option<PathBuf>) {
        self.templates = Template::names();
        self.template = self.template.take().filter(|name| self.templates.contains(name));
        if self.period.is_empty() {
            self.period = period;
        }
        if let Some(folder) = folder.filter(|_| self.folder.is_empty()) {
            self.folder = folder.display().to_string();
        }
    }

    /// The system's dialog gave a folder.
    pub fn chose(&mut self, folder: PathBuf) {
        self.folder = folder.display().to_string();
    }

    /// A thread is making the briefing.
    pub fn began(&mut self) {
        self.state = State::Running;
    }

    /// The briefing was written, or not.
    pub fn ended(&mut self, result: Result<Vec<PathBuf>, String>) {
        self.state = match result {
            Ok(files) => State::Done(files),
            Err(why) => State::Failed(why),
        };
    }

    /// Draws the window; false once it is closed.
    pub fn show(&mut self, ctx: &egui::Context, scene: Scene<'_>, intents: &mut Vec<Intent>) -> bool {
        let mut open = true;
        let title =
            RichText::new(scene.words.t("briefing-window-title")).font(theme::strong_font(theme::TITLE));
        egui::Window::new(title)
            .id(Id::unique("briefing"))
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .default_width(WIDTH)
            .anchor(Align2::CENTER_CENTER, egui::Vec2::ZERO)
            .show(ctx, |ui| {
                ui.set_width(WIDTH);
                self.fields(ui, scene, intents);
                ui.add_space(2.0 * theme::GRID);
                self.make(ui, scene, intents);
                self.state(ui, scene);
            });
        open
    }

    fn fields(&mut self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let w = scene.words;
        field(ui, w.t("briefing-window-period"), |ui| {
            let edit = TextEdit::singleline(&mut self.period).desired_width(150.0);
            let response = ui.add(edit).on_hover_text(w.t("briefing-window-period-hint"));
            response.widget_info(|| {
                egui::WidgetInfo::labeled(
                    egui::accesskit::Role::TextInput,
                    true,
                    w.t("briefing-window-period"),
                )
            });
            let today = scene.now.with_timezone(&scene.town.timezone).date_naive();
            let last = today.pred_opt().map(Period::day);
            let week = Period::week_of(today).and_then(|week| week.previous());
            let month = Period::parse(&today.format("%Y-%m").to_string(), today).ok();
            let month_before = month.and_then(|month| month.previous());
            let choices = [
                ("briefing-window-yesterday", last),
                ("briefing-window-last-week", week),
                ("briefing-window-last-month", month_before),
                ("briefing-window-this-month", month),
            ];
            for (key, period) in choices {
                if let Some(period) = period
                    && ui.button(w.t(key)).clicked()
                {
                    self.period = period.name();
                }
            }
        });
        field(ui, w.t("briefing-window-template"), |ui| {
            ComboBox::from_id_salt("briefing template")
                .selected_text(template_text(w, self.template.as_deref()))
                .show_ui(ui, |ui| {
                    let choices = std::iter::once(None).chain(self.templates.iter().map(Some));
                    for name in choices {
                        let text = template_text(w, name.map(String::as_str));
                        ui.selectable_value(&mut self.template, name.cloned(), text);
                    }
                });
        });
        field(ui, w.t("briefing-window-folder"), |ui| {
            let edit = TextEdit::singleline(&mut self.folder).desired_width(WIDTH - NAMES - 110.0);
            let response = ui.add(edit);
            response.widget_info(|| {
                egui::WidgetInfo::labeled(
                    egui::accesskit::Role::TextInput,
                    true,
                    w.t("briefing-window-folder"),
                )
            });
            if ui.button(w.t("briefing-window-choose")).clicked() {
                intents.push(Intent::ChooseBriefingFolder);
            }
        });
        field(ui, "", |ui| {
            ui.checkbox(&mut self.replace, w.t("briefing-window-replace"));
        });
    }

    /// What is asked for, or what is wrong with it.
    fn order(&self, scene: Scene<'_>) -> Result<BriefingOrder, String> {
        let today = scene.now.with_timezone(&scene.town.timezone).date_naive();
        let period = Period::parse(&self.period, today).map_err(|error| {
            let key = match error {
                PeriodError::Form(_) => "briefing-window-no-period",
                PeriodError::NoSuchDay(_) => "briefing-window-no-such-day",
                PeriodError::Backwards(_) => "briefing-window-backwards",
            };
            scene.words.t(key).to_owned()
        })?;
        let folder = self.folder.trim();
        if folder.is_empty() {
            return Err(scene.words.t("briefing-window-no-folder").to_owned());
        }
        let chosen = self.template.as_deref();
        Ok(BriefingOrder {
            period,
            template: chosen
                .unwrap_or_else(|| Template::name_for(period.kind))
                .to_owned(),
            folder: folder.into(),
            replace: self.replace,
        })
    }

    fn make(&self, ui: &mut Ui, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        let w = scene.words;
        let runs = matches!(self.state, State::Running);
        let order = match runs {
            true => Err(w.t("briefing-window-running").to_owned()),
            false => self.order(scene),
        };
        let button =
            Button::new(RichText::new(w.t("briefing-window-make")).font(theme::strong_font(theme::BODY)));
        let response = ui.add_enabled(order.is_ok(), button);
        match order {
            Ok(order) if response.clicked() => intents.push(Intent::MakeBriefing(Box::new(order))),
            Ok(_) => {}
            Err(why) => {
                response.on_disabled_hover_text(&why);
                if !runs {
                    ui.label(RichText::new(why).color(scene.colors.weak));
                }
            }
        }
    }

    fn state(&self, ui: &mut Ui, scene: Scene<'_>) {
        let w = scene.words;
        match &self.state {
            State::Idle => {}
            State::Running => {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.label(w.t("briefing-window-running"));
                });
            }
            State::Done(files) => {
                ui.label(w.t("briefing-window-done"));
                for file in files {
                    let path = RichText::new(file.display().to_string()).color(scene.colors.weak);
                    ui.add(egui::Label::new(path).wrap().selectable(true));
                }
            }
            State::Failed(why) => {
                let why = RichText::new(why).color(scene.colors.red_text);
                ui.add(egui::Label::new(why).wrap().selectable(true));
            }
        }
    }
}

/// What a template is called; one that a hall has put beside those of the program, by its file's name.
fn template_text<'a>(w: &'a Words, name: Option<&'a str>) -> &'a str {
    match name {
        None => w.t("briefing-template-by-period"),
        Some("daily") => w.t("briefing-template-daily"),
        Some("weekly") => w.t("briefing-template-weekly"),
        Some("monthly") => w.t("briefing-template-monthly"),
        Some(other) => other,
    }
}

fn field(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GRID;
        let size = egui::vec2(NAMES, ui.spacing().interact_size.y);
        ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
            ui.set_min_width(NAMES);
            ui.label(name);
        });
        content(ui);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::town::Lang;

    #[test]
    fn the_templates_of_the_folder_can_be_chosen() {
        let mut window = BriefingWindow {
            template: Some("of-yesterday".to_owned()),
            ..BriefingWindow::default()
        };
        window.opened("2026-11".to_owned(), None);
        assert_eq!(window.templates, Template::names());
        assert_eq!(window.template, None, "it is gone");
        window.template = Some(window.templates[0].clone());
        window.opened("2026-11".to_owned(), None);
        assert_eq!(window.template.as_ref(), window.templates.first());
        let words = Words::new(Lang::En);
        for name in &window.templates {
            assert_ne!(template_text(&words, Some(name)), name);
        }
        assert_eq!(template_text(&words, Some("of-the-typhoon")), "of-the-typhoon");
    }
}
