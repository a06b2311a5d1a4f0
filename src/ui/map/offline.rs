//! The window for days without a network: what of a tile server is kept on this computer, and fetching an area beforehand.

use std::path::PathBuf;
use std::sync::mpsc;

use chrono::{DateTime, Utc};
use eframe::egui::{self, Align2, Button, Context, DragValue, Id, ProgressBar, RichText, Ui};

use crate::tiles::disk::Held;
use crate::tiles::prefetch::{self, Area, End, MOST_TILES, Order, Plan, Prefetch, Progress};
use crate::tiles::{Client, Disk, Server};
use crate::town::Wgs84;
use crate::ui::{Scene, choose, theme};

use super::camera::wgs84;
use super::server_words::{fault_words, template_words};
use super::settings::{self, MapSettings};
use super::{BaseChoice, MapView};

/// Width of the window, in points.
const WIDTH: f32 = 520.0;
/// Width of the names of fields, in points.
const NAMES: f32 = 96.0;
/// The widest and the closest zoom level that can be fetched.
const ZOOMS: (u8, u8) = (3, 19);
/// The zoom levels that are proposed: a town as a whole to single houses.
const PROPOSED: (u8, u8) = (11, 17);
/// Limits that can be chosen for what is kept, in megabytes.
const LIMITS_MB: (u32, u32) = (16, 16_384);

/// What is fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum What {
    #[default]
    Town,
    View,
}

/// What is known of the tiles on disk.
#[derive(Clone, Debug, Default)]
struct Facts {
    held: Held,
    /// Bytes that a hundred tiles of the server are estimated at.
    hundred: u64,
}

/// What a look at the disk has found.
type Found = Result<Facts, String>;

/// The window and what it fetches.
pub struct Offline {
    what: What,
    zooms: (u8, u8),
    job: Option<Prefetch>,
    trouble: Option<String>,
    facts: Option<Facts>,
    /// The server and job state that the facts are of.
    asked: Option<(Server, bool)>,
    answers: (mpsc::Sender<Found>, mpsc::Receiver<Found>),
}

impl Default for Offline {
    fn default() -> Self {
        Self {
            what: What::default(),
            zooms: PROPOSED,
            job: None,
            trouble: None,
            facts: None,
            asked: None,
            answers: mpsc::channel(),
        }
    }
}

/// What the window needs to know of the map.
pub struct Ground<'a> {
    /// Settings of the map.
    pub settings: &'a mut MapSettings,
    /// What the map shows.
    pub view: Area,
    /// The whole town, where it has places.
    pub town: Option<Area>,
    /// The database of tiles.
    pub disk: Option<PathBuf>,
}

impl MapView {
    /// Draws the window for days without a network; false once it is closed.
    pub fn offline_window(&mut self, ctx: &Context, scene: Scene<'_>) -> bool {
        let seen = self.camera.view().bounds(0.0);
        let corners = |a: Wgs84, b: Wgs84| Area {
            min: Wgs84 {
                lon: a.lon.min(b.lon),
                lat: a.lat.min(b.lat),
            },
            max: Wgs84 {
                lon: a.lon.max(b.lon),
                lat: a.lat.max(b.lat),
            },
        };
        let ground = Ground {
            settings: &mut self.settings,
            view: corners(wgs84(seen.min), wgs84(seen.max)),
            town: scene.town.places.bounds().map(|(min, max)| corners(min, max)),
            disk: self.tiles_on_disk.clone(),
        };
        self.offline.show(ctx, scene, ground)
    }

    /// Keeps servers' tiles in this database, or nowhere.
    pub fn keep_tiles_in(&mut self, path: Option<PathBuf>) {
        self.tiles_on_disk = path;
    }
}

/// The system's own place for servers' tiles.
pub(super) fn tiles_on_disk() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "yipanqi")?;
    Some(dirs.cache_dir().join("tiles.db"))
}

impl Offline {
    /// Draws the window; false once it is closed. What is being fetched goes on without it.
    pub fn show(&mut self, ctx: &Context, scene: Scene<'_>, mut ground: Ground<'_>) -> bool {
        let mut open = true;
        self.take_answers();
        self.ask(ctx, &ground, Task::Look);
        let title = RichText::new(scene.words.t("deed-offline-map")).font(theme::strong_font(theme::TITLE));
        egui::Window::new(title)
            .id(Id::unique("offline map"))
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .default_width(WIDTH)
            .anchor(Align2::CENTER_CENTER, egui::Vec2::ZERO)
            .show(ctx, |ui| {
                ui.set_width(WIDTH);
                ui.spacing_mut().item_spacing.y = 1.5 * theme::GRID;
                self.server(ui, scene, &mut ground);
                ui.separator();
                self.kept(ui, scene, &mut ground);
            });
        open
    }

    /// Whether an area is being fetched.
    pub fn is_busy(&self) -> bool {
        self.job.as_ref().is_some_and(|job| job.progress().end.is_none())
    }

    fn take_answers(&mut self) {
        while let Ok(answer) = self.answers.1.try_recv() {
            match answer {
                Ok(facts) => self.facts = Some(facts),
                Err(why) => self.trouble = Some(why),
            }
        }
    }

    /// Looks at the disk on a thread, or clears it: once for each server, and again when a job has ended.
    fn ask(&mut self, ctx: &Context, ground: &Ground<'_>, task: Task) {
        let Some(path) = ground.disk.clone() else { return };
        let state = (ground.settings.server.clone(), self.is_busy());
        if task == Task::Look && self.asked.as_ref() == Some(&state) {
            return;
        }
        let server = state.0.clone();
        self.asked = Some(state);
        let (sender, ctx) = (self.answers.0.clone(), ctx.clone());
        let limit = ground.settings.cache.bytes();
        let work = move || {
            let done = Disk::open(&path, limit).and_then(|disk| {
                match task {
                    Task::Clear => disk.clear()?,
                    Task::MakeRoom => disk.make_room()?,
                    Task::Look => {}
                }
                Ok(Facts {
                    held: disk.held(),
                    hundred: prefetch::estimate(&disk, &server, 100),
                })
            });
            // The window may be gone.
            if sender.send(done).is_ok() {
                ctx.request_repaint();
            }
        };
        if let Err(error) = std::thread::Builder::new()
            .name("tiles on disk".into())
            .spawn(work)
        {
            self.trouble = Some(error.to_string());
        }
    }

    fn server(&mut self, ui: &mut Ui, scene: Scene<'_>, ground: &mut Ground<'_>) {
        let words = scene.words;
        let weak = |text: &str| RichText::new(text).color(scene.colors.weak);
        let server = ground.settings.server.clone();
        if ground.settings.base != BaseChoice::Server {
            ui.label(words.t("offline-file"));
            return;
        }
        if let Err(fault) = server.check() {
            ui.label(RichText::new(template_words(fault, words)).color(scene.colors.amber_text));
            return;
        }
        ui.label(weak(settings::policy(server.owner(), words)));
        let running = self.is_busy();
        ui.add_enabled_ui(!running && server.owner().allows_prefetch(), |ui| {
            self.choices(ui, scene, &server, ground);
        });
        let progress = self.job.as_ref().map(Prefetch::progress);
        self.start_row(ui, scene, &server, ground, running);
        if let Some(progress) = progress {
            progress_ui(ui, scene, &progress);
        }
        if let Some(trouble) = &self.trouble {
            ui.label(RichText::new(trouble).color(scene.colors.red_text));
        }
    }

    fn choices(&mut self, ui: &mut Ui, scene: Scene<'_>, server: &Server, ground: &Ground<'_>) {
        let words = scene.words;
        row(ui, scene, "offline-area", |ui| {
            let names = [words.t("offline-town"), words.t("offline-view")];
            let chosen = usize::from(self.what == What::View || ground.town.is_none());
            let name = words.t("offline-area");
            let id = Id::unique("offline area");
            if let Some(index) = choose::one_of(ui, scene.colors, id, name, &names, chosen, false).chosen {
                self.what = if index == 0 { What::Town } else { What::View };
            }
        });
        row(ui, scene, "offline-zooms", |ui| {
            let most = server.closest().min(ZOOMS.1);
            let (from, to) = &mut self.zooms;
            *to = (*to).min(most);
            *from = (*from).min(*to);
            ui.horizontal(|ui| {
                let field = |ui: &mut Ui, zoom: &mut u8, range, key: &str| {
                    let response = ui.add(DragValue::new(zoom).range(range));
                    response.widget_info(|| {
                        let value = zoom.to_string();
                        let mut info =
                            egui::WidgetInfo::labeled(egui::accesskit::Role::SpinButton, true, words.t(key));
                        info.current_text_value = Some(value);
                        info
                    });
                };
                field(ui, from, ZOOMS.0..=most, "offline-zoom-from");
                ui.label("–");
                field(ui, to, ZOOMS.0..=most, "offline-zoom-to");
                ui.label(RichText::new(words.t("offline-zooms-hint")).color(scene.colors.weak));
            });
            *to = (*to).max(*from);
        });
    }

    fn plan(&self, server: &Server, ground: &Ground<'_>) -> Plan {
        let area = match (self.what, ground.town) {
            (What::Town, Some(town)) => town,
            _ => ground.view,
        };
        Plan::new(area, server.datum, self.zooms.0..=self.zooms.1)
    }

    fn start_row(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        server: &Server,
        ground: &Ground<'_>,
        running: bool,
    ) {
        let words = scene.words;
        let plan = self.plan(server, ground);
        let count = plan.count();
        let bytes = self.facts.as_ref().map(|facts| facts.hundred * count / 100);
        if server.owner().allows_prefetch() {
            let size = bytes.map_or_else(|| "…".to_owned(), megabytes);
            let args = [("n", count.into()), ("mb", size.into())];
            ui.label(words.f("offline-count", &args));
        }
        let why_not = if !server.owner().allows_prefetch() {
            Some(words.t("offline-not-allowed"))
        } else if ground.disk.is_none() {
            Some(words.t("offline-no-folder"))
        } else if count > MOST_TILES {
            Some(words.t("offline-too-many"))
        } else if bytes.is_some_and(|bytes| bytes > ground.settings.cache.bytes()) {
            Some(words.t("offline-too-large"))
        } else {
            None
        };
        ui.horizontal(|ui| {
            if running {
                if ui.button(words.t("offline-stop")).clicked()
                    && let Some(job) = &self.job
                {
                    job.cancel();
                }
                return;
            }
            let button = Button::new(words.t("offline-start")).min_size(egui::vec2(96.0, theme::HIT));
            let response = ui.add_enabled(why_not.is_none(), button);
            let response = match why_not {
                Some(why) => response.on_disabled_hover_text(why),
                None => response.on_hover_text(words.t("offline-start-hint")),
            };
            if response.clicked() {
                self.start(ui.ctx(), server, plan, ground);
            }
            if let Some(why) = why_not {
                ui.add(egui::Label::new(RichText::new(why).color(scene.colors.amber_text)).wrap());
            }
        });
    }

    fn start(&mut self, ctx: &Context, server: &Server, plan: Plan, ground: &Ground<'_>) {
        let Some(disk) = ground.disk.clone() else { return };
        let order = Order {
            server: server.clone(),
            plan,
            disk,
            limit: ground.settings.cache.bytes(),
        };
        let ctx = ctx.clone();
        let started = Client::new(None).and_then(|client| {
            let wake = move || ctx.request_repaint();
            Prefetch::start(order, client, wake).map_err(|error| error.to_string())
        });
        self.trouble = None;
        match started {
            Ok(job) => self.job = Some(job),
            Err(why) => self.trouble = Some(why),
        }
    }

    /// What is kept, its limit, and the way to be rid of it.
    fn kept(&mut self, ui: &mut Ui, scene: Scene<'_>, ground: &mut Ground<'_>) {
        let words = scene.words;
        let Some(path) = &ground.disk else {
            ui.label(words.t("offline-no-folder"));
            return;
        };
        let folder = path.display().to_string();
        row(ui, scene, "offline-kept", |ui| {
            let text = match &self.facts {
                Some(facts) => {
                    let size = megabytes(facts.held.bytes);
                    words.f(
                        "offline-kept-sum",
                        &[("n", facts.held.tiles.into()), ("mb", size.into())],
                    )
                }
                None => "…".to_owned(),
            };
            ui.label(text).on_hover_text(folder);
        });
        row(ui, scene, "offline-limit", |ui| {
            let limit = &mut ground.settings.cache.limit_mb;
            let field = DragValue::new(limit)
                .range(LIMITS_MB.0..=LIMITS_MB.1)
                .speed(8)
                .suffix(" MB");
            let response = ui.add(field).on_hover_text(words.t("offline-limit-hint"));
            response.widget_info(|| {
                let mut info = egui::WidgetInfo::labeled(
                    egui::accesskit::Role::SpinButton,
                    true,
                    words.t("offline-limit"),
                );
                info.current_text_value = Some(limit.to_string());
                info
            });
            if response.drag_stopped() || response.lost_focus() {
                self.ask(ui.ctx(), ground, Task::MakeRoom);
            }
        });
        let is_empty = self.facts.as_ref().is_none_or(|facts| facts.held.tiles == 0);
        let busy = self.is_busy();
        let clear = ui.add_enabled(!is_empty && !busy, Button::new(words.t("offline-clear")));
        if clear.on_hover_text(words.t("offline-clear-hint")).clicked() {
            self.ask(ui.ctx(), ground, Task::Clear);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Look,
    MakeRoom,
    Clear,
}

/// A name on the left, its control on the right.
fn row(ui: &mut Ui, scene: Scene<'_>, key: &str, control: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.scope(|ui| {
            ui.set_min_width(NAMES);
            ui.set_max_width(NAMES);
            ui.add(egui::Label::new(RichText::new(scene.words.t(key)).color(scene.colors.weak)).wrap());
        });
        ui.vertical(control);
    });
}

fn progress_ui(ui: &mut Ui, scene: Scene<'_>, progress: &Progress) {
    let words = scene.words;
    let share = progress.done as f32 / progress.all.max(1) as f32;
    if progress.end.is_none() {
        ui.add(ProgressBar::new(share).desired_width(WIDTH));
    }
    let args = [
        ("done", progress.done.into()),
        ("all", progress.all.into()),
        ("there", progress.there.into()),
        ("failed", progress.failed.into()),
        ("mb", megabytes(progress.bytes).into()),
    ];
    ui.label(words.f("offline-progress", &args));
    let amber = |text: String| RichText::new(text).color(scene.colors.amber_text);
    if let Some(until) = progress.waits_until_ms {
        let at = clock(scene, until);
        ui.label(amber(words.f("offline-waits", &[("at", at.into())])));
    }
    match &progress.end {
        None | Some(End::Wholly) if progress.failed == 0 => {}
        None => {}
        Some(End::Wholly) => {
            let why = progress.fault.as_ref().map(|fault| fault_words(fault, words));
            ui.label(amber(
                words.f("offline-some-failed", &[("why", why.unwrap_or_default().into())]),
            ));
        }
        Some(End::Cancelled) => {
            ui.label(RichText::new(words.t("offline-stopped")).color(scene.colors.weak));
        }
        Some(End::GaveUp(why)) => {
            let why = progress
                .fault
                .as_ref()
                .map_or_else(|| why.clone(), |fault| fault_words(fault, words));
            ui.label(amber(words.f("offline-gave-up", &[("why", why.into())])));
        }
    }
}

/// A moment by the town's clocks: `14:05:09`.
fn clock(scene: Scene<'_>, ms: i64) -> String {
    let at = DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or_default();
    at.with_timezone(&scene.town.timezone)
        .format("%H:%M:%S")
        .to_string()
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}
