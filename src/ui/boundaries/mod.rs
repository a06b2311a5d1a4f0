//! The editor of boundaries: a panel in the place of the sheet, and handles on the map.
//!
//! It draws in a plan of its own; the town changes only when the journal has the change. Whatever can be done by hand can
//! be done by keys: choose a place in the list, walk along its corners, move one by a metre.

mod files;
mod history;
pub mod look;
mod overlay;
mod panel;
mod save;

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{self, Rect};

use crate::case::{Duty, DutyAction, Step};
use crate::town::boundary::file::{Found, kind_word};
use crate::town::boundary::{Cannot, Node, Plan, Shape, node, nudged, wgs84};
use crate::town::datum::Datum;
use crate::town::{Name, PlaceKind, Town, Wgs84};

use super::keys::Deed;
use super::map::MapView;
use super::{Intent, Scene, Words};

use files::FilesTab;
use look::{Looked, Points};
use save::SaveForm;

pub use panel::Seat;

/// The command that changes boundaries, as the matrix of permissions has it.
pub const COMMAND: &str = "redraw";

/// What the editor asks of the window.
#[derive(Clone, Debug, PartialEq)]
pub enum BoundaryDo {
    /// Give this change to the journal.
    Save(Box<DutyAction>),
    /// Bring this point into the middle of the map, near enough to see it.
    FlyTo(Wgs84),
    /// Show this box, from the south-west to the north-east corner.
    Fit(Wgs84, Wgs84),
    /// Let the system's dialog choose a file to read, or to write.
    Choose {
        /// Whether it is to be written.
        write: bool,
    },
    /// Read this file.
    Read(PathBuf, Datum),
    /// Write what is drawn into this file.
    Write(PathBuf),
    /// Close the editor.
    Leave,
}

/// What the panel shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Draw,
    Check,
    Files,
    History,
}

/// What a hand on the map does.
#[derive(Clone, Debug, Default, PartialEq)]
enum Tool {
    /// Choose places, move their corners.
    #[default]
    Pick,
    /// A line along which the chosen place is cut.
    Cut(Vec<Node>),
    /// The corners of a new block.
    Draw(Vec<Node>),
    /// The next place that is chosen goes into this one.
    Merge,
}

/// A corner under the hand.
#[derive(Clone, Debug)]
struct Drag {
    from: Node,
    to: Node,
    /// What the places would look like, or why it can't be.
    seen: Result<Vec<Arc<Shape>>, Cannot>,
}

/// Code and names of a place that is to come.
#[derive(Clone, Debug, Default)]
struct PlaceForm {
    code: String,
    zh: String,
    en: String,
}

/// The editor.
#[derive(Debug, Default)]
pub struct BoundaryEditor {
    open: bool,
    plan: Plan,
    /// The entry about boundaries that the plan began after.
    based_on: u32,
    /// Grows with every change of the plan.
    generation: u64,
    /// Somebody has changed boundaries since the plan began.
    stale: bool,
    tab: Tab,
    kind: Option<PlaceKind>,
    find: String,
    chosen: Option<String>,
    corner: Option<Node>,
    tool: Tool,
    /// Corners don't go to neighbours that are near.
    loose: bool,
    form: PlaceForm,
    drag: Option<Drag>,
    /// What came of the last step, and whether it went wrong.
    said: Option<(String, bool)>,
    asked: Option<u64>,
    looked: Option<Looked>,
    points: Option<(u64, Points)>,
    /// The fault that was chosen in the list.
    fault: Option<usize>,
    save: SaveForm,
    leaving: bool,
    files: FilesTab,
    /// The chosen row comes into view.
    follow: bool,
    focus: bool,
}

impl BoundaryEditor {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether something is drawn that is not saved.
    pub fn is_changed(&self) -> bool {
        self.plan.is_changed()
    }

    /// Whether nothing is being looked at or waited for.
    pub fn is_settled(&self) -> bool {
        !self.open || (self.looked_now().is_some() && !self.save.is_sent() && !self.files.is_busy())
    }

    /// Opens it on the town as it is; what was drawn before and not saved is still there.
    pub fn open(&mut self, town: &Town, duty: &Duty) {
        self.open = true;
        self.focus = true;
        self.leaving = false;
        if !self.plan.is_changed() {
            self.begin(town, duty);
        }
    }

    /// Begins anew with the town as it is.
    fn begin(&mut self, town: &Town, duty: &Duty) {
        self.plan = Plan::of(&town.places);
        self.based_on = duty.last_redraw;
        self.stale = false;
        self.tool = Tool::Pick;
        self.corner = None;
        self.drag = None;
        self.fault = None;
        self.changed();
        let chosen = self.chosen.take();
        self.chosen = chosen.filter(|code| self.plan.shape(code).is_some());
    }

    /// Puts it away. What is drawn stays until it is dropped.
    pub fn close(&mut self) {
        self.open = false;
        self.leaving = false;
        self.tool = Tool::Pick;
        self.drag = None;
    }

    /// The town stands on other ground, or another book is open.
    pub fn ground_changed(&mut self, town: &Town, duty: &Duty) {
        if self.plan.is_changed() {
            self.stale = self.based_on != duty.last_redraw;
        } else if self.open {
            self.begin(town, duty);
        }
    }

    /// Another book is open: its journal knows nothing of what was drawn for this one.
    pub fn other_book(&mut self) {
        *self = Self::default();
    }

    fn changed(&mut self) {
        self.generation += 1;
        self.fault = None;
        self.save.refused = None;
    }

    /// What was found out about the plan as it is; `None` while that is still being done.
    fn looked_now(&self) -> Option<&Looked> {
        self.looked
            .as_ref()
            .filter(|looked| looked.generation == self.generation)
    }

    /// What is to be looked at on a thread, where that is due.
    pub fn to_look_at(&mut self, scene: Scene<'_>, town: &Arc<Town>) -> Option<look::Ask> {
        if !self.open || self.asked == Some(self.generation) {
            return None;
        }
        // One at a time: the answer of the one before is waited for.
        let waits = self
            .asked
            .is_some_and(|asked| self.looked.as_ref().is_none_or(|l| l.generation != asked));
        if waits {
            return None;
        }
        self.asked = Some(self.generation);
        let generation = scene.board.generation();
        if self.points.as_ref().is_none_or(|(of, _)| *of != generation) {
            self.points = Some((generation, look::points(scene.board)));
        }
        let points = self.points.as_ref().map(|(_, points)| points.clone())?;
        Some(look::Ask {
            generation: self.generation,
            plan: self.plan.clone(),
            town: town.clone(),
            points,
        })
    }

    /// A thread has looked at the plan.
    pub fn looked(&mut self, looked: Looked) {
        self.looked = Some(looked);
    }

    /// Takes a step of the plan and says why where it can't be taken.
    fn step(&mut self, words: &Words, step: impl FnOnce(&mut Plan) -> Result<(), Cannot>) -> bool {
        match step(&mut self.plan) {
            Ok(()) => {
                self.said = None;
                self.changed();
                true
            }
            Err(why) => {
                self.said = Some((words.t(cannot_key(&why)).to_owned(), true));
                false
            }
        }
    }

    fn choose(&mut self, code: Option<String>) {
        if self.chosen != code {
            self.corner = None;
            self.tool = Tool::Pick;
            self.said = None;
            self.follow = true;
        }
        self.chosen = code;
    }

    /// Does what a key asks; false where the key is not the editor's.
    pub fn act(&mut self, deed: Deed, scene: Scene<'_>, map: &MapView, intents: &mut Vec<Intent>) -> bool {
        let words = scene.words;
        match deed {
            Deed::CornerAfter => self.walk(1, map, intents),
            Deed::CornerBefore => self.walk(-1, map, intents),
            Deed::CornerWest => self.nudge(words, -1.0, 0.0),
            Deed::CornerEast => self.nudge(words, 1.0, 0.0),
            Deed::Up => self.nudge(words, 0.0, 1.0),
            Deed::Down => self.nudge(words, 0.0, -1.0),
            Deed::CornerInsert => self.insert(words, map),
            Deed::CornerDelete => self.delete(words),
            Deed::Step(Step::Undo) => self.undo(),
            Deed::Redo => self.redo(),
            Deed::NextStep => self.finish(words),
            Deed::Confirm => {
                if self.tool == Tool::Pick {
                    self.submit(scene, intents);
                } else {
                    self.finish(words);
                }
            }
            Deed::Back => self.back(intents),
            // Cases wait while boundaries are drawn.
            Deed::Step(_) | Deed::Queue(_) => {}
            _ => return false,
        }
        true
    }

    fn undo(&mut self) {
        if self.plan.undo() {
            self.after_time_travel();
        }
    }

    fn redo(&mut self) {
        if self.plan.redo() {
            self.after_time_travel();
        }
    }

    fn after_time_travel(&mut self) {
        let chosen = self.chosen.take();
        self.chosen = chosen.filter(|code| self.plan.shape(code).is_some());
        let corners = self
            .chosen
            .as_ref()
            .map(|code| self.plan.corners(code))
            .unwrap_or_default();
        self.corner = self.corner.filter(|corner| corners.contains(corner));
        self.said = None;
        self.changed();
    }

    /// Goes to the next corner of the chosen place.
    fn walk(&mut self, by: isize, map: &MapView, intents: &mut Vec<Intent>) {
        let Some(code) = &self.chosen else { return };
        let Some(corner) = self.plan.next_corner(code, self.corner, by) else {
            return;
        };
        self.corner = Some(corner.node);
        let at = wgs84(corner.node);
        if !map.rect().shrink(40.0).contains(map.screen(at)) {
            intents.push(Intent::LookAt(at));
        }
    }

    fn nudge(&mut self, words: &Words, east: f64, north: f64) {
        let (Some(code), Some(from)) = (self.chosen.clone(), self.corner) else {
            self.said = Some((words.t("bounds-corner-none").to_owned(), true));
            return;
        };
        let to = nudged(from, east, north);
        if self.step(words, |plan| plan.move_corner(&code, from, to)) {
            self.corner = Some(to);
        }
    }

    fn insert(&mut self, words: &Words, map: &MapView) {
        let middle = node(map.unscreen(map.rect().center()));
        let here = self.corner;
        match &mut self.tool {
            Tool::Cut(line) => line.push(here.unwrap_or(middle)),
            Tool::Draw(line) => line.push(middle),
            Tool::Pick | Tool::Merge => {
                let edge = self.chosen.clone().zip(here).and_then(|(code, from)| {
                    let mut edges = self.plan.shape(&code)?.edges();
                    edges.find(|[a, _]| *a == from).map(|edge| (code, edge))
                });
                let Some((code, [a, b])) = edge else {
                    self.said = Some((words.t("bounds-corner-none").to_owned(), true));
                    return;
                };
                let at = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
                if self.step(words, |plan| plan.insert_corner(&code, [a, b], at)) {
                    self.corner = Some(at);
                }
            }
        }
    }

    fn delete(&mut self, words: &Words) {
        if let Tool::Cut(line) | Tool::Draw(line) = &mut self.tool {
            line.pop();
            return;
        }
        let (Some(code), Some(corner)) = (self.chosen.clone(), self.corner) else {
            self.said = Some((words.t("bounds-corner-none").to_owned(), true));
            return;
        };
        let next = self
            .plan
            .next_corner(&code, Some(corner), 1)
            .map(|next| next.node);
        if self.step(words, |plan| plan.delete_corner(&code, corner)) {
            self.corner = next;
        }
    }

    /// Ends the line that is being drawn.
    fn finish(&mut self, words: &Words) {
        let form = self.form.clone();
        let name = Name {
            zh: form.zh.trim().to_owned(),
            en: form.en.trim().to_owned(),
        };
        let code = form.code.trim().to_owned();
        let nameless = name.zh.is_empty() && !matches!(self.tool, Tool::Pick | Tool::Merge);
        if nameless {
            self.said = Some((words.t("bounds-name-missing").to_owned(), true));
            return;
        }
        let done = match self.tool.clone() {
            Tool::Pick | Tool::Merge => return,
            Tool::Cut(line) => {
                let Some(chosen) = self.chosen.clone() else { return };
                self.step(words, |plan| plan.split(&chosen, &line, (&code, name)))
            }
            Tool::Draw(corners) => {
                let parent = self.parent_of(&corners);
                let Some(parent) = parent else {
                    self.said = Some((words.t("bounds-cannot-few").to_owned(), true));
                    return;
                };
                self.step(words, |plan| plan.draw_block((&code, name), &parent, &corners))
            }
        };
        if done {
            self.chosen = Some(code);
            self.corner = None;
            self.tool = Tool::Pick;
            self.follow = true;
        }
    }

    /// The place that a new block lies in: the community around all its corners, else the sub-district.
    fn parent_of(&self, corners: &[Node]) -> Option<String> {
        let first = *corners.first()?;
        let community = overlay::place_at(&self.plan, PlaceKind::Community, first);
        let holds = |code: &String| {
            corners
                .iter()
                .all(|n| overlay::place_at(&self.plan, PlaceKind::Community, *n).as_ref() == Some(code))
        };
        let whole = || {
            let mut shapes = self.plan.shapes().iter();
            shapes
                .find(|s| s.kind == PlaceKind::SubDistrict)
                .map(|s| s.code.clone())
        };
        community.filter(holds).or_else(whole)
    }

    fn merge_with(&mut self, words: &Words, other: &str) {
        let Some(kept) = self.chosen.clone() else { return };
        let other = other.to_owned();
        if self.step(words, |plan| plan.merge(&kept, &other)) {
            self.tool = Tool::Pick;
            self.corner = None;
        }
    }

    /// Goes one step back: out of a tool, a corner, a place; at last out of the editor, which asks where something is drawn.
    fn back(&mut self, intents: &mut Vec<Intent>) {
        if self.leaving {
            self.leaving = false;
        } else if self.tool != Tool::Pick {
            self.tool = Tool::Pick;
        } else if self.corner.is_some() {
            self.corner = None;
        } else if self.chosen.is_some() {
            self.choose(None);
        } else if self.is_changed() {
            self.leaving = true;
        } else {
            intents.push(Intent::Boundary(BoundaryDo::Leave));
        }
    }

    /// The command was given to the journal under this ticket.
    pub fn given(&mut self, ticket: u64) {
        self.save.ticket = Some(ticket);
    }

    /// Whether a change was given under this ticket.
    pub fn waits_for(&self, ticket: u64) -> bool {
        self.save.ticket == Some(ticket)
    }

    /// The journal has it. What was drawn has done its work.
    pub fn saved(&mut self, town: &Town, duty: &Duty) {
        self.save = SaveForm::default();
        self.begin(town, duty);
    }

    /// It was refused: the reason is shown, everything drawn stays.
    pub fn refused(&mut self, why: String) {
        self.save.ticket = None;
        self.save.refused = Some(why);
        self.tab = Tab::Draw;
    }

    /// The system's dialog gave a file.
    pub fn chose(&mut self, path: PathBuf) {
        self.files.path = path.display().to_string();
    }

    /// A file was read, or not.
    pub fn file_read(&mut self, path: PathBuf, read: Result<Found, String>) {
        self.files.read(path, read, &self.plan);
    }

    /// A file was written, or not.
    pub fn file_written(&mut self, written: Result<PathBuf, String>) {
        self.files.written(written);
    }

    /// What is drawn now.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where the map is looked at for a place.
    fn fit(&self, code: &str) -> Option<Intent> {
        let corners = self.plan.corners(code);
        let bounds = corners.iter().fold(None, |bounds: Option<(Node, Node)>, n| {
            let (low, high) = bounds.unwrap_or((*n, *n));
            let each = |f: fn(i64, i64) -> i64, a: Node| [f(a[0], n[0]), f(a[1], n[1])];
            Some((each(i64::min, low), each(i64::max, high)))
        });
        let (low, high) = bounds?;
        Some(Intent::Boundary(BoundaryDo::Fit(wgs84(low), wgs84(high))))
    }
}

/// The words for why a step can't be taken.
fn cannot_key(why: &Cannot) -> &'static str {
    match why {
        Cannot::Missing => "bounds-cannot-missing",
        Cannot::Crosses(_) => "bounds-cannot-cross",
        Cannot::TooFew => "bounds-cannot-few",
        Cannot::Junction => "bounds-cannot-junction",
        Cannot::NoCut => "bounds-cannot-cut",
        Cannot::NotNeighbours => "bounds-cannot-neighbours",
        Cannot::NotAlike => "bounds-cannot-alike",
        Cannot::NotThisKind => "bounds-cannot-kind",
        Cannot::CodeTaken => "bounds-cannot-code-taken",
        Cannot::CodeUnfit => "bounds-cannot-code",
        Cannot::LastMember => "bounds-cannot-last",
    }
}

/// What a kind of place is called.
fn kind_text(words: &Words, kind: PlaceKind) -> &str {
    words.t(match kind_word(kind) {
        "sub_district" => "bounds-kind-sub-district",
        "community" => "bounds-kind-community",
        "base_grid" => "bounds-kind-base-grid",
        "party_grid" => "bounds-kind-party-grid",
        _ => "bounds-kind-block",
    })
}

/// An area in hectares, as people read it.
fn hectares(words: &Words, m2: f64) -> String {
    words.f(
        "bounds-hectares",
        &[("ha", format!("{:.2}", m2 / 10_000.0).into())],
    )
}

/// Whether a rectangle of the screen is worth drawing into.
fn is_seen(rect: Rect) -> bool {
    rect.is_positive() && rect.is_finite()
}

/// A field of one line, with its name before it.
fn field(ui: &mut egui::Ui, name: &str, text: &mut String, width: f32) -> egui::Response {
    ui.horizontal(|ui| {
        let label = ui.label(name);
        let edit = egui::TextEdit::singleline(text).desired_width(width);
        ui.add(edit).labelled_by(label.id)
    })
    .inner
}
