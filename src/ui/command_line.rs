//! The command line at the hall's foot, and the palette of all commands: a field, and a list that completes it.

use eframe::egui::{
    self, Align2, Area, Button, FontId, Frame, Id, Key, Margin, Modifiers, Order, Pos2, Rect, RichText,
    Stroke, TextEdit, Ui, Vec2,
};

use crate::case::CaseId;
use crate::line::{Completion, Grammar, Names};
use crate::town::Lang;

use super::keys::Deed;
use super::{Intent, Palette, Words, choose, icons, theme};

/// Height of the bar at the hall's foot, in points.
pub const BAR_HEIGHT: f32 = 36.0;
/// Height of a row of the list, in points.
const ROW: f32 = 30.0;
/// Where the hints begin in a row, in points.
const HINTS: f32 = 240.0;
/// How many rows are in view at most.
const IN_VIEW: f32 = 9.5;
/// Widths of the list and of the palette, in points.
const WIDTH: f32 = 760.0;
/// So many lines are remembered while the window is open.
const HISTORY_MAX: usize = 200;
/// The longest line that can be typed, in characters.
const LINE_MAX: usize = 5000;

/// What is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Neither.
    #[default]
    Closed,
    /// The command line.
    Line,
    /// The palette.
    Palette,
}

/// What the hand wants in the line or the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineDo {
    /// Do what the line says, or go on with the first completion.
    Enter,
    /// Put this completion into the line, or do it, in the palette.
    Take(usize),
}

/// What Enter will do, or why it can't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The line is not complete yet; what is missing.
    Missing(String),
    /// What Enter will do.
    Will(String),
    /// What Enter would do, and why it can't be done now.
    Cant(String),
}

/// What was found out about the text.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// For which text, and which state of the hall.
    pub of: Option<Basis>,
    /// What could come next.
    pub completions: Vec<Completion>,
    /// What Enter will do.
    pub said: Option<Said>,
}

/// What the findings depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// The text.
    pub text: String,
    /// The generation of the board.
    pub generation: u64,
    /// The selected case.
    pub selected: Option<CaseId>,
    /// The language.
    pub lang: Lang,
    /// The second: what is possible now may not be in the next.
    pub second: i64,
}

/// The command line and the palette.
#[derive(Debug, Default)]
pub struct CommandLine {
    /// What is open.
    pub mode: Mode,
    /// The line; it stays when it is closed.
    pub text: String,
    /// What the palette is narrowed to.
    pub filter: String,
    /// The chosen row of the list.
    row: usize,
    /// Whether the arrows have chosen it: then Enter takes it.
    moved: bool,
    /// Whether the field is to take the focus.
    fresh: bool,
    /// Whether the cursor is to go to the end.
    to_end: bool,
    /// Lines that were done, the last one last.
    history: Vec<String>,
    /// Where in the history the arrows are.
    at: Option<usize>,
    /// The ticket under which the line was given to the journal.
    pub sent: Option<u64>,
    /// Why the line was refused when it was given.
    pub refused: Option<String>,
    /// What was found out about the text.
    pub found: Found,
    /// The verbs with the deeds of the window's own; made when first needed.
    pub grammar: Option<(Vec<Deed>, Grammar)>,
    /// The names of the town, and after how many changes of its catalogue.
    pub names: Option<(usize, Names)>,
    /// A case that is not on the board, or whose history is needed, and that was asked for.
    pub asked: Option<CaseId>,
}

impl CommandLine {
    /// Whether one of the two is open.
    pub fn is_open(&self) -> bool {
        self.mode != Mode::Closed
    }

    /// Opens the line, with the text that it had.
    pub fn open(&mut self) {
        self.mode = Mode::Line;
        self.begin();
    }

    /// Opens the line with another text.
    pub fn open_with(&mut self, text: String) {
        self.text = text;
        self.refused = None;
        self.open();
    }

    /// Opens the palette.
    pub fn open_palette(&mut self) {
        self.mode = Mode::Palette;
        self.filter.clear();
        self.begin();
    }

    fn begin(&mut self) {
        self.fresh = true;
        self.to_end = true;
        self.at = None;
        self.choose_first();
        self.found.of = None;
    }

    fn choose_first(&mut self) {
        self.row = 0;
        self.moved = false;
    }

    /// Closes either. The line keeps its text.
    pub fn close(&mut self) {
        self.mode = Mode::Closed;
    }

    /// The journal has the line: it is over, and can be called again.
    pub fn done(&mut self, line: String) {
        self.sent = None;
        self.refused = None;
        if self.text == line {
            self.text.clear();
            self.close();
        }
        self.history.retain(|old| *old != line);
        self.history.push(line);
        if self.history.len() > HISTORY_MAX {
            self.history.remove(0);
        }
    }

    /// The line was refused: its text stays.
    pub fn refuse(&mut self, why: String) {
        self.sent = None;
        self.refused = Some(why);
        self.fresh = true;
    }

    /// Puts a completion into the text.
    pub fn complete(&mut self, completion: &Completion) {
        let range = completion.replaces.clone();
        if self.text.get(range.clone()).is_some() {
            self.text.replace_range(range, &completion.insert);
        }
        self.refused = None;
        self.fresh = true;
        self.to_end = true;
        self.choose_first();
    }

    /// The row that Enter takes, where the arrows have chosen one.
    pub fn chosen(&self) -> Option<usize> {
        self.moved.then_some(self.row)
    }

    /// The row that is marked.
    pub fn row(&self) -> usize {
        self.row
    }

    /// The text of what is open.
    pub fn open_text(&self) -> &str {
        match self.mode {
            Mode::Palette => &self.filter,
            Mode::Line | Mode::Closed => &self.text,
        }
    }

    /// Draws the bar at the foot, and what grows above it.
    pub fn show(&mut self, ui: &mut Ui, words: &Words, colors: &Palette, intents: &mut Vec<Intent>) {
        if self.mode != Mode::Line {
            closed_bar(ui, words, colors, intents);
            return;
        }
        let keys = ui
            .horizontal_centered(|ui| {
                ui.label(
                    RichText::new("/")
                        .font(theme::strong_font(theme::TITLE))
                        .color(colors.weak),
                );
                self.field(ui, words.t("command-hint"), words.t("deed-line"))
            })
            .inner;
        self.act(keys, intents);
        let above = ui.max_rect();
        let area = Area::new(Id::unique("line list"))
            .order(Order::Foreground)
            .pivot(Align2::LEFT_BOTTOM)
            .fixed_pos(Pos2::new(above.left(), above.top() - 4.0));
        area.show(ui.ctx(), |ui| {
            let width = WIDTH.min(ui.ctx().content_rect().width() - 24.0);
            popup(colors).show(ui, |ui| {
                ui.set_width(width);
                self.list(ui, colors, intents);
                self.sentence(ui, words, colors);
            });
        });
    }

    /// Draws the palette, where it is open.
    pub fn show_palette(
        &mut self,
        ctx: &egui::Context,
        words: &Words,
        colors: &Palette,
        intents: &mut Vec<Intent>,
    ) {
        if self.mode != Mode::Palette {
            return;
        }
        let area = Area::new(Id::unique("palette"))
            .order(Order::Foreground)
            .anchor(Align2::CENTER_TOP, Vec2::new(0.0, theme::STRIP_HEIGHT + 24.0));
        area.show(ctx, |ui| {
            let width = WIDTH.min(ctx.content_rect().width() - 24.0);
            popup(colors).show(ui, |ui| {
                ui.set_width(width);
                let keys = self.field(ui, words.t("command-palette-hint"), words.t("deed-palette"));
                self.act(keys, intents);
                self.list(ui, colors, intents);
                if self.found.completions.is_empty() {
                    ui.label(RichText::new(words.t("command-palette-none")).color(colors.weak));
                }
            });
        });
    }

    fn field(&mut self, ui: &mut Ui, hint: &str, name: &str) -> FieldKeys {
        let palette = self.mode == Mode::Palette;
        let id = Id::unique(if palette { "palette field" } else { "line field" });
        let mut keys = FieldKeys::default();
        if ui.memory(|m| m.has_focus(id)) {
            // Before the field sees them: it would move its cursor.
            let key = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
            keys.step = isize::from(key(Key::ArrowDown)) - isize::from(key(Key::ArrowUp));
            let page = isize::from(key(Key::PageDown)) - isize::from(key(Key::PageUp));
            keys.step += page * 8;
            keys.tab = key(Key::Tab);
        }
        let text = if palette { &mut self.filter } else { &mut self.text };
        let before = text.clone();
        let edit = TextEdit::singleline(text)
            .id(id)
            .hint_text(hint)
            .char_limit(LINE_MAX)
            .lock_focus(true)
            .desired_width(f32::INFINITY)
            .margin(Margin::symmetric(8, 5));
        let mut output = edit.show(ui);
        choose::name_field(&output.response.response, text, name);
        let response = &output.response.response;
        if *text != before {
            self.refused = None;
            self.at = None;
            self.choose_first();
            ui.ctx().request_repaint();
        }
        keys.entered = response.lost_focus() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter));
        if std::mem::take(&mut self.fresh) || keys.entered {
            response.request_focus();
        }
        if std::mem::take(&mut self.to_end) {
            let end = egui::text::CCursor::new(self.open_text().chars().count());
            let range = egui::text::CCursorRange::one(end);
            output.state.cursor.set_char_range(Some(range));
            output.state.store(ui.ctx(), id);
        }
        keys
    }

    fn act(&mut self, keys: FieldKeys, intents: &mut Vec<Intent>) {
        if keys.step != 0 && !self.walk_history(keys.step) {
            self.row = choose::stepped(self.row, keys.step, self.found.completions.len());
            self.moved = true;
        }
        if keys.tab && !self.found.completions.is_empty() {
            intents.push(Intent::Line(LineDo::Take(self.row)));
        }
        if keys.entered {
            intents.push(Intent::Line(LineDo::Enter));
        }
    }

    /// Up in an empty line brings back the line before; from there on, both arrows walk the history.
    fn walk_history(&mut self, step: isize) -> bool {
        let walks = self.mode == Mode::Line
            && (self.at.is_some() || (self.text.is_empty() && step < 0 && !self.moved));
        if !walks || self.history.is_empty() {
            return false;
        }
        let len = self.history.len();
        let next = self.at.unwrap_or(len).saturating_add_signed(step);
        self.at = (next < len).then_some(next);
        self.text = self.at.map(|at| self.history[at].clone()).unwrap_or_default();
        self.to_end = true;
        self.choose_first();
        true
    }

    fn list(&self, ui: &mut Ui, colors: &Palette, intents: &mut Vec<Intent>) {
        let rows = &self.found.completions;
        if rows.is_empty() {
            return;
        }
        let list = choose::List {
            id: Id::unique("line completions"),
            rows: rows.len(),
            row_height: ROW,
            in_view: IN_VIEW,
            chosen: self.row,
            follow: true,
        };
        let clicked = choose::list(ui, colors, &list, |ui, rect, index| {
            row(ui, colors, rect, &rows[index])
        });
        if let Some(index) = clicked {
            intents.push(Intent::Line(LineDo::Take(index)));
        }
    }

    /// What Enter will do, what is missing, or why it can't be done.
    fn sentence(&self, ui: &mut Ui, words: &Words, colors: &Palette) {
        let (text, color) = if self.sent.is_some() {
            (words.t("form-writing"), colors.weak)
        } else if let Some(why) = &self.refused {
            (why.as_str(), colors.red_text)
        } else {
            match &self.found.said {
                Some(Said::Will(text)) => (text.as_str(), colors.text),
                Some(Said::Cant(text)) => (text.as_str(), colors.red_text),
                Some(Said::Missing(text)) => (text.as_str(), colors.weak),
                None => return,
            }
        };
        if !self.found.completions.is_empty() {
            ui.separator();
        }
        ui.add(egui::Label::new(RichText::new(text).color(color)).wrap());
    }
}

#[derive(Clone, Copy, Default)]
struct FieldKeys {
    step: isize,
    tab: bool,
    entered: bool,
}

fn popup(colors: &Palette) -> Frame {
    Frame::new()
        .fill(colors.panel)
        .stroke(Stroke::new(1.0, colors.line))
        .corner_radius(6)
        .inner_margin(Margin::same(10))
}

fn closed_bar(ui: &mut Ui, words: &Words, colors: &Palette, intents: &mut Vec<Intent>) {
    ui.horizontal_centered(|ui| {
        let text = RichText::new(words.t("command-closed")).color(colors.weak);
        let icon = icons::icon(icons::COMMAND, colors.weak);
        let button = Button::image_and_text(icon, text).frame(false);
        if ui.add(button).clicked() {
            intents.push(Intent::Do(Deed::Line));
        }
    });
}

/// Paints a completion: what it is, how else it is typed or why it is proposed, its key.
fn row(ui: &Ui, colors: &Palette, rect: Rect, completion: &Completion) -> String {
    let font = FontId::proportional(theme::BODY);
    let painter = ui.painter().with_clip_rect(rect);
    let y = rect.center().y;
    let mut right = rect.right() - 8.0;
    if !completion.key.is_empty() {
        let at = Pos2::new(right, y);
        let key = painter.text(
            at,
            Align2::RIGHT_CENTER,
            &completion.key,
            theme::strong_font(theme::BODY),
            colors.text,
        );
        right = key.left() - 16.0;
    }
    let left = Pos2::new(rect.left() + 8.0, y);
    let label = painter.text(
        left,
        Align2::LEFT_CENTER,
        &completion.label,
        font.clone(),
        colors.text,
    );
    let left = (label.right() + 16.0).max(rect.left() + HINTS);
    let inner = Rect::from_min_max(
        Pos2::new(left, rect.top()),
        Pos2::new(right.max(left), rect.bottom()),
    );
    painter.with_clip_rect(inner).text(
        Pos2::new(left, y),
        Align2::LEFT_CENTER,
        &completion.hint,
        font,
        colors.weak,
    );
    format!("{} {} {}", completion.label, completion.hint, completion.key)
}
