//! The import: look at the file, say what its columns and types mean, try it without writing, then import it.
//!
//! Reading, trying and importing run on a thread; the window shows how far they are and can stop them.

mod pages;
mod work;

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{self, Align2, RichText};

use crate::intake::profile::{self, Profile};
use crate::intake::run::{KindCount, Summary};
use crate::intake::table::Row;
use crate::town::Town;

use super::{Intent, Scene, theme};
use work::{Answer, Work};

/// What was found in the file.
struct Opened {
    format: String,
    size: u64,
    header: Vec<String>,
    rows: Vec<Row>,
    profiles: Vec<Profile>,
    /// Profiles that could not be read.
    faults: Vec<String>,
}

/// Where the import stands.
enum Page {
    /// The file is being opened.
    Opening,
    /// It can't be read.
    Unreadable(String),
    /// Its columns are being mapped.
    Columns,
    /// Its types are being counted.
    Counting,
    /// Its types are being mapped to items.
    Types,
    /// It is being tried, or imported.
    Running { dry: bool },
    /// It was tried, or imported.
    Done { dry: bool, summary: Box<Summary> },
    /// Trying or importing failed.
    Failed(String),
}

/// The import of one file, from the first look to the sums.
pub struct ImportWizard {
    path: PathBuf,
    page: Page,
    opened: Option<Opened>,
    profile: Profile,
    /// Types that occur in the file, with how often.
    types: Vec<KindCount>,
    /// What the list of types is narrowed to.
    narrow: String,
    /// Where rows that can't be imported are written.
    rejects: PathBuf,
    saved: Option<String>,
    trouble: Option<String>,
    work: Work,
}

impl ImportWizard {
    /// Opens a file for import into `book`, in the name of the post `actor` at `seat`.
    pub fn new(
        ctx: &egui::Context,
        path: PathBuf,
        book: PathBuf,
        town: Arc<Town>,
        actor: &str,
        seat: &str,
    ) -> Self {
        let rejects = path.with_extension("rejects.csv");
        let work = Work::new(
            ctx.clone(),
            path.clone(),
            book,
            town,
            actor.to_owned(),
            seat.to_owned(),
        );
        let mut wizard = Self {
            path,
            page: Page::Opening,
            opened: None,
            profile: Profile::default(),
            types: Vec::new(),
            narrow: String::new(),
            rejects,
            saved: None,
            trouble: None,
            work,
        };
        wizard.work.open();
        wizard
    }

    /// Whether it may be closed: nothing is being written.
    pub fn may_close(&self) -> bool {
        !matches!(self.page, Page::Running { dry: false })
    }

    /// Draws it; true where it is done with and to be closed.
    pub fn show(&mut self, ctx: &egui::Context, scene: Scene<'_>, intents: &mut Vec<Intent>) -> bool {
        self.drain(intents);
        let mut open = true;
        let mut close = false;
        let name = self
            .path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        let title = scene.words.f("import-title", &[("file", name.into())]);
        let room = ctx.content_rect().size() - egui::vec2(120.0, 120.0);
        egui::Window::new(RichText::new(title).font(theme::strong_font(theme::TITLE)))
            .id(egui::Id::unique("import"))
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, egui::Vec2::ZERO)
            .fixed_size(egui::vec2(room.x.min(1120.0), room.y.min(720.0)))
            .show(ctx, |ui| close = self.page(ui, scene));
        close || (!open && self.may_close())
    }

    fn drain(&mut self, intents: &mut Vec<Intent>) {
        while let Some(answer) = self.work.poll() {
            match answer {
                Answer::Opened(Err(why)) => self.page = Page::Unreadable(why),
                Answer::Opened(Ok(opened)) => {
                    let best = profile::best_profile(&opened.header, &opened.profiles);
                    self.profile = best.cloned().unwrap_or_else(|| Profile::guess(&opened.header));
                    self.opened = Some(opened);
                    self.page = Page::Columns;
                }
                Answer::Counted(Err(why)) => {
                    self.trouble = Some(why);
                    self.page = Page::Columns;
                }
                Answer::Counted(Ok(types)) => {
                    self.types = types;
                    self.propose_items();
                    self.page = Page::Types;
                }
                Answer::Ran {
                    dry,
                    result: Ok(summary),
                } => {
                    if !dry {
                        intents.push(Intent::Imported);
                    }
                    self.page = Page::Done {
                        dry,
                        summary: Box::new(summary),
                    };
                }
                Answer::Ran { result: Err(why), .. } => self.page = Page::Failed(why),
            }
        }
    }

    /// Types that the profile does not map get the item whose name is nearest, for a person to check.
    fn propose_items(&mut self) {
        let town = self.work.town().clone();
        for kind in self.types.iter().filter(|kind| kind.item.is_none()) {
            let Some(words) = kind.words.first() else { continue };
            if self.profile.items.contains_key(words) || self.profile.skip.contains_key(words) {
                continue;
            }
            let likely = kind
                .words
                .iter()
                .find_map(|words| profile::suggest_item(&town.catalogue, words));
            if let Some(item) = likely {
                self.profile.items.insert(words.clone(), item.code.clone());
            }
        }
    }

    /// Code of the item that a type is mapped to now: by the profile as it came, or as it was changed here.
    fn item_of<'a>(&'a self, kind: &'a KindCount) -> Option<&'a str> {
        let here = kind.words.iter().find_map(|words| self.profile.items.get(words));
        here.or(self.profile.defaults.item.as_ref()).map(String::as_str)
    }

    fn is_skipped(&self, kind: &KindCount) -> bool {
        kind.words
            .iter()
            .any(|words| self.profile.skip.contains_key(words))
    }

    fn unmapped(&self) -> usize {
        let open = |kind: &&KindCount| self.item_of(kind).is_none() && !self.is_skipped(kind);
        self.types.iter().filter(open).count()
    }
}
