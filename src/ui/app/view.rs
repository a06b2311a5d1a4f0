//! What the window draws. It changes nothing but what is of the screen.

use eframe::egui::{self, Align2, Frame, Margin, Panel, RichText, ScrollArea, Ui};

use crate::town::Role;
use crate::ui::boundaries::Seat;
use crate::ui::catalogue_window::CatalogueState;
use crate::ui::hall::{alarms, sheet, strip};
use crate::ui::{
    Intent, Palette, command_line, figures_window, flat, keys, settings_window, theme, time_bar, welcome,
};

use super::{Hall, Overlay};

impl Hall {
    /// Draws everything. A panic in a view is caught and shown: the journal goes on, and so does the window.
    pub(super) fn draw_safely(&mut self, ui: &mut Ui) {
        if self.broken.is_some() {
            self.draw_broken(ui);
            return;
        }
        let drawn = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.draw(ui)));
        if let Err(panic) = drawn {
            let words = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
                .unwrap_or_default();
            tracing::error!("a view panicked: {words}");
            self.broken = Some(words);
            ui.ctx().request_repaint();
        }
    }

    fn draw_broken(&mut self, ui: &mut Ui) {
        let colors = Palette::of(self.settings.dark);
        let mut go_on = false;
        egui::CentralPanel::default()
            .frame(Frame::new().fill(colors.panel))
            .show(ui, |ui| {
                ui.vertical_centered(|ui| {
                    ui.add_space(120.0);
                    let title =
                        RichText::new(self.words.t("broken-title")).font(theme::strong_font(theme::LARGE));
                    ui.label(title);
                    ui.label(self.words.t("broken-safe"));
                    ui.label(RichText::new(self.broken.as_deref().unwrap_or_default()).color(colors.weak));
                    ui.add_space(16.0);
                    go_on = ui.button(self.words.t("broken-go-on")).clicked();
                });
            });
        if go_on {
            self.broken = None;
            self.selection.case = None;
            self.import = None;
            self.overlay = Overlay::None;
        }
    }

    /// Draws everything.
    pub(crate) fn draw(&mut self, ui: &mut Ui) {
        let colors = Palette::of(self.settings.dark);
        let mut intents = std::mem::take(&mut self.intents);
        // A drill is marked on every screen, the locked one as well.
        self.drill_band(ui, self.is_locked(), &mut intents);
        if self.draw_locked(ui) {
            self.intents = intents;
            return;
        }
        self.past_band(ui, &mut intents);
        // Their grounds are drawn below them: see `flat`.
        let slim = Frame::new().inner_margin(Margin::symmetric(12, 0));
        let full = Frame::new().inner_margin(Margin::same(12));

        let strip = Panel::top("strip")
            .exact_size(theme::STRIP_HEIGHT)
            .resizable(false)
            .frame(slim);
        flat::below(ui, colors.panel, |ui| {
            let strip = strip.show(ui, |ui| {
                let post = self
                    .post()
                    .map(|p| p.title.get(self.words.lang).to_owned())
                    .unwrap_or_default();
                let state = strip::StripState {
                    // Its age is told by the machine's clock, also in a drill.
                    data_at: self.scene().now - (self.real - self.data_at),
                    failed: self.failed,
                    seat: &self.settings.seat,
                    post: &post,
                    guarded: self.post().is_some_and(|p| self.seats.door.guards(&p.code)),
                    alarms: self.past.alarms_of(&self.seats.alarms),
                    sample: self.sample,
                };
                strip::show(ui, self.scene(), &state, &mut intents);
            });
            strip.response.rect
        });
        let line = Panel::bottom("line")
            .exact_size(command_line::BAR_HEIGHT)
            .resizable(false)
            .frame(slim);
        flat::below(ui, colors.panel, |ui| {
            let line = line.show(ui, |ui| self.line.show(ui, &self.words, colors, &mut intents));
            line.response.rect
        });
        if self.page.is_open() {
            self.draw_page(ui, full, &mut intents);
        } else {
            self.draw_hall(ui, full, &mut intents);
        }
        self.overlays(ui, &mut intents);
        let ctx = ui.ctx().clone();
        self.line.show_palette(&ctx, &self.words, colors, &mut intents);
        self.toasts(ui, colors);
        self.note_hover(&intents);
        // What was asked while drawing is done before the next frame, which is asked for.
        if intents.iter().any(|i| !matches!(i, Intent::Hover(_))) {
            ui.ctx().request_repaint();
        }
        self.intents.append(&mut intents);
        if self.loaded && self.cases_shown_in.is_none() {
            self.cases_shown_in = Some(ui.ctx().cumulative_frame_nr());
            // What waited for this frame is done in the next.
            ui.ctx().request_repaint();
        }
    }

    /// Map, queue and sheet.
    fn draw_hall(&mut self, ui: &mut Ui, full: Frame, intents: &mut Vec<Intent>) {
        let empty_book = self.known_cases == Some(0)
            && self.board.is_empty()
            && !self.past.open
            && !self.report.is_open()
            && !self.is_drill()
            && !self.boundaries.is_open();
        self.side_panels(ui, full, intents);
        self.past_bar(ui, intents);
        // The map's ground is the colour that the window is cleared with: on a machine without a graphics card, filling
        // the middle once more would take longer than all else that is drawn.
        egui::CentralPanel::default().frame(Frame::NONE).show(ui, |ui| {
            let scene = scene!(self);
            if self.sample {
                // The sample day's bar lies above the map, not on its buttons.
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.add_space(welcome::BAR_HEIGHT);
            }
            let area = ui.available_rect_before_wrap();
            self.map.set_covered(empty_book && !self.sample);
            if self.past.beside.is_some() {
                self.draw_beside(ui, intents);
            } else {
                self.map.show(ui, scene, intents);
            }
            let scene = scene!(self);
            if self.past.shown().is_none() {
                let progress = self.batch.as_ref().map(|batch| batch.progress());
                self.many.show(ui.ctx(), area, scene, progress, intents);
                self.boundaries.on_map(ui, scene, &self.map, intents);
            }
            if empty_book || self.sample {
                welcome::show(ui, scene, empty_book, self.sample, intents);
            }
        });
    }

    fn side_panels(&mut self, ui: &mut Ui, frame: Frame, intents: &mut Vec<Intent>) {
        let colors = Palette::of(self.settings.dark);
        let scene = scene!(self);
        let (width, min, max) = theme::QUEUE_WIDTH;
        let queue = Panel::left("queue")
            .default_size(width)
            .size_range(min..=max)
            .frame(frame);
        let before = intents.len();
        flat::below(ui, colors.panel, |ui| {
            let queue = queue.show(ui, |ui| {
                if self.find.panel.is_open() {
                    let kept = &mut self.settings.filters;
                    return self.find.panel.show(ui, scene, kept, intents);
                }
                alarms::line(ui, scene, self.past.alarms_of(&self.seats.alarms), intents);
                self.queue.show(ui, scene, intents);
            });
            queue.response.rect
        });
        // A row that was clicked is in view already: the queue does not jump to it.
        for intent in &intents[before..] {
            if let Intent::Select(Some(id)) = intent {
                self.queue.has_followed(*id);
            }
        }
        let (width, min, max) = theme::SHEET_WIDTH;
        let (role, post) = self
            .post()
            .map_or((Role::Dispatcher, String::new()), |p| (p.role, p.code.clone()));
        let sheet = Panel::right("sheet")
            .default_size(width)
            .size_range(min..=max)
            .frame(frame);
        let is_second = self.sheet_is_second();
        let scene = super::beside::sheet_scene!(self, is_second);
        flat::below(ui, colors.panel, |ui| {
            let sheet = sheet.show(ui, |ui| {
                if self.report.is_open() && !scene.past {
                    self.report.show(ui, scene, role, intents);
                    return;
                }
                if self.boundaries.is_open() && !scene.past {
                    let drill = self.drill.is_some();
                    self.boundaries.show(ui, scene, Seat { role, drill }, intents);
                    return;
                }
                let history = match scene.past {
                    true => self.past.cut().map(|cut| (&cut.case, cut.entries.as_slice())),
                    false => self
                        .history
                        .as_ref()
                        .map(|(case, entries)| (case, entries.as_slice())),
                };
                let mut state = sheet::SheetState {
                    history: history.filter(|(case, _)| Some(case.id) == self.selection.case),
                    drafts: &mut self.drafts,
                    photos: &mut self.photos,
                    explain_clock: self.explain_clock,
                    role,
                    duty: scene.duty,
                    post: &post,
                };
                sheet::show(ui, scene, &mut state, intents);
            });
            sheet.response.rect
        });
    }

    fn overlays(&mut self, ui: &mut Ui, intents: &mut Vec<Intent>) {
        let ctx = ui.ctx().clone();
        if let Some(import) = &mut self.import {
            let scene = scene!(self);
            if import.show(&ctx, scene, intents) {
                self.import = None;
            }
        }
        match self.overlay {
            Overlay::None => {}
            Overlay::Help => self.help(&ctx),
            Overlay::Catalogue => {
                let state = CatalogueState {
                    duty: &self.duty,
                    role: self.post().map_or(Role::Presenter, |post| post.role),
                };
                let scene = scene!(self);
                if !self.catalogue.show(&ctx, scene, state, intents) {
                    self.overlay = Overlay::None;
                }
            }
            Overlay::Figures => {
                let scene = self.scene();
                if !figures_window::show(&ctx, scene, self.figures.as_ref()) {
                    self.overlay = Overlay::None;
                }
            }
            Overlay::Briefing => {
                let scene = scene!(self);
                if !self.briefing.show(&ctx, scene, intents) {
                    self.overlay = Overlay::None;
                }
            }
            Overlay::OfflineMap => {
                let scene = scene!(self);
                if !self.map.offline_window(&ctx, scene) {
                    self.overlay = Overlay::None;
                }
            }
            Overlay::Settings => {
                let scene = scene!(self);
                let (lang, post) = (self.settings.lang, self.settings.post.clone());
                let open = settings_window::show(&ctx, scene, &mut self.settings, &mut self.map, intents);
                if self.settings.post != post {
                    // A post takes a seat by signing in.
                    let wanted = std::mem::replace(&mut self.settings.post, post);
                    intents.push(Intent::TakeSeat(wanted));
                }
                if self.settings.lang != lang {
                    self.set_lang(self.settings.lang);
                }
                if !open {
                    self.overlay = Overlay::None;
                }
            }
            Overlay::Seat | Overlay::Shifts | Overlay::Handover | Overlay::Alarms => {
                self.seat_overlays(&ctx, intents);
            }
            Overlay::Calendar => self.calendar_window(&ctx, intents),
            Overlay::DrillReview => self.drill_review_window(&ctx, intents),
        }
    }

    fn calendar_window(&mut self, ctx: &egui::Context, intents: &mut Vec<Intent>) {
        let scene = scene!(self);
        let role = self.post().map_or(Role::Dispatcher, |post| post.role);
        // The calendar is data of the town like the catalogue.
        let may_edit = self.town.permissions.may_at_all(role, "edit_item");
        let open = match &mut self.calendar {
            Some(window) => window.show(ctx, scene, may_edit, intents),
            None => false,
        };
        if !open {
            self.overlay = Overlay::None;
        }
    }

    fn help(&mut self, ctx: &egui::Context) {
        let mut open = true;
        let height = ctx.content_rect().height() - 120.0;
        let title = RichText::new(self.words.t("deed-help")).font(theme::strong_font(theme::TITLE));
        egui::Window::new(title)
            .id(egui::Id::unique("help"))
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, egui::Vec2::ZERO)
            .max_height(height)
            .show(ctx, |ui| {
                let area = ScrollArea::vertical()
                    .max_height(height - 60.0)
                    .min_scrolled_height(height - 60.0);
                area.show(ui, |ui| {
                    self.keys(ui, "keys", keys::TABLE);
                    ui.add_space(12.0);
                    let past = RichText::new(self.words.t("deed-past"));
                    ui.label(past.font(theme::strong_font(theme::TITLE)));
                    self.keys(ui, "past keys", keys::PAST);
                });
            });
        if !open {
            self.overlay = Overlay::None;
        }
    }

    /// Keys and what they do, in three columns.
    fn keys(&self, ui: &mut Ui, name: &str, table: &[keys::Bound]) {
        let grid = egui::Grid::new(name).num_columns(6).spacing([24.0, 6.0]);
        grid.show(ui, |ui| {
            let third = table.len().div_ceil(3);
            for row in 0..third {
                let columns = [0, 1, 2].map(|column| table.get(row + column * third));
                for bound in columns.into_iter().flatten() {
                    let names: Vec<String> = bound.keys.iter().map(keys::shortcut_name).collect();
                    ui.label(RichText::new(names.join("  ")).font(theme::strong_font(theme::BODY)));
                    ui.label(self.words.t(bound.words));
                }
                ui.end_row();
            }
        });
    }

    fn toasts(&mut self, ui: &Ui, colors: &Palette) {
        if self.toasts.is_empty() {
            return;
        }
        // They stand above the bar of the time machine, whose slider is at work while they are read.
        let bar = match self.past.open && !self.page.is_open() {
            true => time_bar::HEIGHT,
            false => 0.0,
        };
        let up = 40.0 + command_line::BAR_HEIGHT + bar;
        egui::Area::new(egui::Id::unique("toasts"))
            .anchor(Align2::CENTER_BOTTOM, egui::vec2(0.0, -up))
            .order(egui::Order::Foreground)
            .show(ui.ctx(), |ui| {
                for toast in &self.toasts {
                    let edge = if toast.bad { colors.red } else { colors.green };
                    let frame = Frame::new()
                        .fill(colors.panel)
                        .stroke(egui::Stroke::new(1.0, edge))
                        .corner_radius(6)
                        .inner_margin(Margin::symmetric(14, 8));
                    frame.show(ui, |ui| ui.label(&toast.text));
                }
            });
    }

    /// The case under the pointer is marked everywhere in the next frame.
    fn note_hover(&mut self, intents: &[Intent]) {
        let hovered = intents.iter().rev().find_map(|intent| match intent {
            Intent::Hover(id) => Some(*id),
            _ => None,
        });
        if hovered != self.selection.hovered {
            self.selection.hovered = hovered;
            self.ctx.request_repaint();
        }
    }
}
