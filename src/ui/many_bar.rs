//! What can be done with the cases that are selected together: a bar that says how many they are, their list, and what came
//! of something that was done with all of them.

use eframe::egui::{
    Align2, Area, Button, Context, Frame, Id, Margin, Order, Popup, PopupCloseBehavior, ProgressBar, Rect,
    RichText, ScrollArea, Stroke, TextEdit, Ui, Window,
};

use crate::case::{CaseId, ClockState, Step};
use crate::town::{Class, Handler};

use super::hall::queue;
use super::keys::{self, Deed};
use super::many::Many;
use super::{Intent, Scene, theme};

/// Height of a unit in the list of those that can be chosen, in points.
const UNIT_ROW: f32 = 30.0;
/// Height of a refused case, in points.
const REFUSED_ROW: f32 = 30.0;

/// What is to be done with all selected cases.
#[derive(Clone, Debug, PartialEq)]
pub enum ManyDo {
    /// Accept them.
    Accept,
    /// Dispatch each to whom the desk proposes first for it.
    DispatchFirst,
    /// Dispatch all of them to this unit.
    Dispatch(Handler),
    /// Keep an eye on them, or no longer.
    Watch(bool),
    /// Take back what was done with them last.
    Undo,
    /// Write them to a file that the system's dialog chooses.
    Export,
    /// Show all of them on the map.
    Fit,
    /// Stop what is being done with them.
    Stop,
    /// What came of it was read.
    Read,
}

/// How far something has come that is done with many cases.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// What is done, in words.
    pub what: &'a str,
    /// For how many it is done, and for how many it was to be.
    pub done: (usize, usize),
    /// Whether it is over.
    pub over: bool,
    /// For how many it can be taken back.
    pub undoable: usize,
    /// For whom it was refused, and why.
    pub refused: &'a [(CaseId, String)],
}

/// What the bar tells of the selected cases.
#[derive(Clone, Debug, Default)]
struct Counts {
    /// Those that are open, by due time.
    ids: Vec<CaseId>,
    classes: [usize; 4],
    overdue: usize,
    soon: usize,
    acceptable: usize,
    dispatchable: usize,
    watched: usize,
}

/// The bar and its list.
#[derive(Debug, Default)]
pub struct ManyBar {
    list: bool,
    narrow: String,
    counted: Option<(Many, u64, i64, usize, Counts)>,
}

impl ManyBar {
    /// Shows the list, or no longer.
    pub fn set_list(&mut self, on: bool) {
        self.list = on;
    }

    /// Whether the list is shown.
    pub fn shows_list(&self) -> bool {
        self.list
    }

    /// Draws the bar above the foot of `area`, where something is selected or done.
    pub fn show(
        &mut self,
        ctx: &Context,
        area: Rect,
        scene: Scene<'_>,
        progress: Option<Progress<'_>>,
        intents: &mut Vec<Intent>,
    ) {
        if scene.selection.many.is_empty() && progress.is_none() {
            self.list = false;
            return;
        }
        self.count(scene);
        let foot = area.center_bottom() - eframe::egui::vec2(0.0, 34.0);
        Area::new(Id::unique("many bar"))
            .order(Order::Middle)
            .pivot(Align2::CENTER_BOTTOM)
            .fixed_pos(foot)
            .constrain_to(area)
            .movable(false)
            .show(ctx, |ui| {
                ui.set_max_width((area.width() - 24.0).max(200.0));
                let frame = Frame::new()
                    .fill(scene.colors.panel)
                    .stroke(Stroke::new(1.0, scene.colors.accent))
                    .corner_radius(6)
                    .inner_margin(Margin::symmetric(12, 8));
                frame.show(ui, |ui| {
                    if let Some(progress) = progress {
                        show_progress(ui, scene, progress, intents);
                    }
                    if !scene.selection.many.is_empty() {
                        self.bar(ui, scene, progress.is_some_and(|p| !p.over), intents);
                    }
                });
            });
        self.show_list(ctx, area, scene, intents);
    }

    /// Counts what is selected anew where something has changed: once a second because of the clocks.
    fn count(&mut self, scene: Scene<'_>) {
        let many = &scene.selection.many;
        let (generation, second) = (scene.board.generation(), scene.now.timestamp());
        let watched = scene.duty.watched.len();
        let is_same = |(of, at, when, eyes, _): &(Many, u64, i64, usize, Counts)| {
            of.is_same(many) && (*at, *when, *eyes) == (generation, second, watched)
        };
        if self.counted.as_ref().is_some_and(is_same) {
            return;
        }
        let mut counts = Counts::default();
        let mut due = Vec::with_capacity(many.len());
        for live in many.ids().iter().filter_map(|id| scene.board.get(*id)) {
            counts.classes[live.case.class as usize] += 1;
            counts.acceptable += usize::from(live.case.allows(Step::Accept));
            counts.dispatchable += usize::from(live.case.allows(Step::Dispatch));
            counts.watched += usize::from(scene.duty.watched.contains_key(&live.case.id));
            match live.deadline.map(|deadline| deadline.state(scene.now)) {
                Some(ClockState::Overdue) => counts.overdue += 1,
                Some(ClockState::Soon) => counts.soon += 1,
                _ => {}
            }
            let at = live.deadline.map_or(i64::MAX, |d| d.due.timestamp_millis());
            due.push((at, live.case.id));
        }
        due.sort_unstable();
        counts.ids = due.into_iter().map(|(_, id)| id).collect();
        self.counted = Some((many.clone(), generation, second, watched, counts));
    }

    fn counts(&self) -> Counts {
        let counted = self.counted.as_ref();
        counted.map_or_else(Counts::default, |(.., counts)| Counts {
            // The list is not copied in every frame.
            ids: Vec::new(),
            ..*counts
        })
    }

    fn ids(&self) -> &[CaseId] {
        self.counted.as_ref().map_or(&[], |(.., counts)| &counts.ids)
    }

    fn bar(&mut self, ui: &mut Ui, scene: Scene<'_>, busy: bool, intents: &mut Vec<Intent>) {
        let (words, counts) = (scene.words, self.counts());
        let n = self.ids().len();
        ui.horizontal_wrapped(|ui| {
            let title = RichText::new(words.n("many-selected", n)).font(theme::strong_font(theme::BODY));
            ui.label(title);
            let classes = Class::ALL.into_iter().filter(|c| counts.classes[*c as usize] > 0);
            let classes = classes.map(|c| format!("{} {}", c.letter(), counts.classes[c as usize]));
            ui.label(classes.collect::<Vec<_>>().join(" · "));
            if counts.overdue > 0 {
                let text = words.n("map-group-overdue", counts.overdue);
                ui.label(RichText::new(text).color(scene.colors.red_text));
            }
            if counts.soon > 0 {
                let text = words.n("map-group-soon", counts.soon);
                ui.label(RichText::new(text).color(scene.colors.amber_text));
            }
        });
        ui.horizontal_wrapped(|ui| {
            if ui.selectable_label(self.list, words.t("many-list")).clicked() {
                self.list = !self.list;
            }
            let mut act = |ui: &mut Ui, text: String, on: bool, why: &str, what: ManyDo| {
                let button = ui.add_enabled(on && !busy && !scene.past, Button::new(text));
                let why = match (scene.past, busy) {
                    (true, _) => words.t("past-bars"),
                    (false, true) => words.t("many-busy"),
                    (false, false) => why,
                };
                if button.on_disabled_hover_text(why).clicked() {
                    intents.push(Intent::Many(what));
                }
            };
            let accept = words.n("many-accept", counts.acceptable);
            let (none, all) = (words.t("many-none-to-accept"), counts.acceptable > 0);
            act(ui, accept, all, none, ManyDo::Accept);
            let watch = words.t("many-watch").to_owned();
            let unwatched = counts.watched < n;
            act(
                ui,
                watch,
                unwatched,
                words.t("many-all-watched"),
                ManyDo::Watch(true),
            );
            let unwatch = words.t("many-unwatch").to_owned();
            let watched = counts.watched > 0;
            act(
                ui,
                unwatch,
                watched,
                words.t("many-none-watched"),
                ManyDo::Watch(false),
            );
            self.dispatch(ui, scene, counts.dispatchable, busy, intents);
            if ui.button(words.t("many-export")).clicked() {
                intents.push(Intent::Many(ManyDo::Export));
            }
            let fit = ui.button(words.t("many-fit"));
            if fit.on_hover_text(words.t("many-fit-tip")).clicked() {
                intents.push(Intent::Many(ManyDo::Fit));
            }
            let clear = ui.button(words.t("many-clear"));
            if clear.on_hover_text(keys::key_name(Deed::Back)).clicked() {
                intents.push(Intent::SelectMany(Many::default()));
            }
        });
    }

    /// Whom to send: each to whom the desk proposes, or all to one.
    fn dispatch(&mut self, ui: &mut Ui, scene: Scene<'_>, n: usize, busy: bool, intents: &mut Vec<Intent>) {
        let words = scene.words;
        let may = n > 0 && !busy && !scene.past;
        let button = ui.add_enabled(may, Button::new(words.n("many-dispatch", n)));
        let why = match (scene.past, busy) {
            (true, _) => "past-bars",
            (false, true) => "many-busy",
            (false, false) => "many-none-to-dispatch",
        };
        let button = button.on_disabled_hover_text(words.t(why));
        Popup::from_toggle_button_response(&button)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .accessible_name(words.t("many-dispatch-title"))
            .show(|ui| {
                ui.set_width(320.0);
                let first = ui.button(words.t("many-dispatch-first"));
                if first.on_hover_text(words.t("many-dispatch-first-tip")).clicked() {
                    intents.push(Intent::Many(ManyDo::DispatchFirst));
                    ui.close();
                }
                let label = ui.label(words.t("many-dispatch-to"));
                ui.add(TextEdit::singleline(&mut self.narrow).desired_width(f32::INFINITY))
                    .labelled_by(label.id);
                let units = units(scene, self.narrow.trim());
                let area = ScrollArea::vertical().max_height(8.0 * UNIT_ROW);
                area.show_rows(ui, UNIT_ROW, units.len(), |ui, rows| {
                    for (handler, name) in &units[rows] {
                        let button = Button::new(*name)
                            .frame(false)
                            .min_size([300.0, theme::HIT].into());
                        if ui.add(button).clicked() {
                            intents.push(Intent::Many(ManyDo::Dispatch(handler.clone())));
                            ui.close();
                        }
                    }
                });
                if units.is_empty() {
                    ui.label(RichText::new(words.t("many-no-unit")).color(scene.colors.weak));
                }
            });
    }

    fn show_list(&mut self, ctx: &Context, area: Rect, scene: Scene<'_>, intents: &mut Vec<Intent>) {
        if !self.list {
            return;
        }
        let mut open = true;
        let n = self.ids().len();
        let title = RichText::new(scene.words.n("many-selected", n)).font(theme::strong_font(theme::TITLE));
        Window::new(title)
            .id(Id::unique("many list"))
            .open(&mut open)
            .default_size([380.0, 420.0])
            .default_pos(area.left_top() + eframe::egui::vec2(12.0, 52.0))
            .collapsible(false)
            .show(ctx, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let area = ScrollArea::vertical().auto_shrink(false).id_salt("many rows");
                let ids = self.ids();
                area.show_rows(ui, theme::ROW_HEIGHT, ids.len(), |ui, rows| {
                    for live in ids[rows].iter().filter_map(|id| scene.board.get(*id)) {
                        queue::row(ui, scene, live, intents);
                    }
                });
            });
        self.list = open;
    }
}

/// Whoever can be sent at all, by name; only those whose name holds the text.
fn units<'a>(scene: Scene<'a>, narrow: &str) -> Vec<(Handler, &'a str)> {
    let narrow = narrow.to_lowercase();
    let lang = scene.words.lang;
    let teams = scene.town.teams.iter();
    let teams = teams.map(|team| (Handler::Team(team.code.as_str().into()), team.name.get(lang)));
    let posts = scene.town.posts.iter().filter(|post| post.role.is_sent());
    let posts = posts.map(|post| (Handler::Post(post.code.as_str().into()), post.title.get(lang)));
    let fits = |(_, name): &(Handler, &str)| narrow.is_empty() || name.to_lowercase().contains(&narrow);
    teams.chain(posts).filter(fits).collect()
}

fn show_progress(ui: &mut Ui, scene: Scene<'_>, progress: Progress<'_>, intents: &mut Vec<Intent>) {
    let words = scene.words;
    let (done, of) = progress.done;
    let refused = progress.refused.len();
    ui.horizontal(|ui| {
        let args = [
            ("what", progress.what.into()),
            ("done", done.into()),
            ("of", of.into()),
        ];
        ui.label(words.f(if progress.over { "many-done" } else { "many-doing" }, &args));
        if refused > 0 {
            let text = RichText::new(words.n("many-refused", refused)).color(scene.colors.amber_text);
            ui.label(text);
        }
        if progress.over {
            if progress.undoable > 0 {
                let undo = ui.button(words.n("many-undo", progress.undoable));
                if undo.on_hover_text(words.t("many-undo-tip")).clicked() {
                    intents.push(Intent::Many(ManyDo::Undo));
                }
            }
            if ui.button(words.t("many-read")).clicked() {
                intents.push(Intent::Many(ManyDo::Read));
            }
        } else {
            let share = (done + refused) as f32 / of.max(1) as f32;
            ui.add(ProgressBar::new(share).desired_width(160.0));
            if ui.button(words.t("many-stop")).clicked() {
                intents.push(Intent::Many(ManyDo::Stop));
            }
        }
    });
    if refused == 0 {
        return;
    }
    ScrollArea::vertical()
        .id_salt("many refused")
        .max_height(4.0 * REFUSED_ROW)
        .show_rows(ui, REFUSED_ROW, refused, |ui, rows| {
            for (id, why) in &progress.refused[rows] {
                ui.horizontal(|ui| {
                    if ui.link(id.to_string()).clicked() {
                        intents.push(Intent::Select(Some(*id)));
                    }
                    ui.add(eframe::egui::Label::new(why).truncate());
                });
            }
        });
}
