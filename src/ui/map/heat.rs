//! The density of cases as a layer: worked out on a thread of its own for a little more than what is in view, kept as one
//! picture that lies on the ground, and made anew when the view leaves it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use crossbeam_channel::{Receiver, TryRecvError};
use eframe::egui::{Color32, ColorImage, Context, Painter, Pos2, Rect, TextureHandle, TextureOptions};
use serde::{Deserialize, Serialize};

use crate::board::{Board, mercator};
use crate::case::fact::SPOT_DEGREES;
use crate::case::{End, Fact};
use crate::spread::density::{self, metres_per_unit};
use crate::spread::{Grid, Kernel, classes};
use crate::store::{Store, StoreError, Which};
use crate::town::{Centre, Class, Wgs84};
use crate::ui::theme;

use super::camera::{Bounds, View};
use super::heat_paint::Copy;
use super::paint::{self, Way};

/// The least and the widest radius, in metres.
pub const RADIUS_M: (f32, f32) = (50.0, 1000.0);
/// The picture reaches so far beyond the window, in parts of the window.
const MARGIN: f64 = 0.35;
/// A cell is so many points wide, so that a picture has few of them and still looks smooth.
const CELL_POINTS: f64 = 2.5;
/// Cells along a side of what is worked out, the kernel's reach beyond the picture counted in.
const CELLS_MOST: f64 = 1500.0;
/// So many points are enough to find about the highest density.
const SAMPLE: usize = 200_000;
/// History is read again after so long, where the book has grown.
const READ_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(60);

/// Of which cases the density is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeatOf {
    /// Open ones.
    #[default]
    Open,
    /// All that were reported in a period.
    Reported,
}

/// What is chosen for the density.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeatSettings {
    /// Of which cases.
    pub of: HeatOf,
    /// Of one class, or of all.
    pub class: Option<Class>,
    /// Of the last days, for cases that were reported; 0 for all.
    pub days: u32,
    /// The radius of the kernel, in metres.
    pub radius_m: f32,
}

impl Default for HeatSettings {
    fn default() -> Self {
        Self {
            of: HeatOf::Open,
            class: None,
            days: 90,
            radius_m: 300.0,
        }
    }
}

impl HeatSettings {
    /// The radius, whatever a file says.
    pub fn radius(&self) -> f64 {
        let (least, most) = RADIUS_M;
        if self.radius_m.is_finite() {
            f64::from(self.radius_m.clamp(least, most))
        } else {
            300.0
        }
    }
}

/// A case of the past, as far as densities need it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PastPoint {
    /// Where in the web-Mercator square.
    pub at: [f64; 2],
    /// Its class.
    pub class: Class,
    /// Its centre.
    pub centre: Centre,
    /// When it was reported; milliseconds since 1970 UTC.
    pub reported_ms: i64,
}

/// Cases of the past.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// Those whose points are known.
    pub points: Arc<[PastPoint]>,
    /// How many others there are.
    pub unplaced: u64,
    /// Metres of the squares that points are known by; 0 where they are exact.
    pub grain_m: f64,
}

/// What the store is asked for: the cases that were reported in the last days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastAsk {
    /// How many days; 0 for all that there are.
    pub days: u32,
    /// Since when that is, in milliseconds since 1970 UTC; `None` for all.
    pub since_ms: Option<i64>,
    /// The window's own number of the question.
    pub round: u64,
}

/// The answer to a [`PastAsk`].
#[derive(Debug)]
pub struct PastReply {
    /// What was asked.
    pub ask: PastAsk,
    /// The cases, or why they can't be read.
    pub past: Result<Past, String>,
}

/// Reads cases of the past from the facts of a book: their points by the squares of 50 m that facts keep, so that a
/// million are read in a part of a second. `near` tells which of the squares of the globe is meant.
///
/// # Errors
/// Where the book can't be read.
pub fn read_past(
    store: &dyn Store,
    since_ms: Option<i64>,
    until: DateTime<Utc>,
    near: Wgs84,
) -> Result<Past, StoreError> {
    let mut points = Vec::new();
    let mut unplaced = 0;
    store.read_facts(&mut |facts| {
        points.clear();
        unplaced = 0;
        let first = match since_ms {
            Some(since) => Some(since),
            None => facts.first_ms()?,
        };
        let Some(first) = first else { return Ok(()) };
        let until = until.timestamp_millis() + 1;
        facts.each(Which::Reported(first, until), &mut |some| {
            for fact in some.iter().filter(|fact| fact.end != End::Withdrawn) {
                match past_point(fact, near) {
                    Some(point) => points.push(point),
                    None => unplaced += 1,
                }
            }
        })
    })?;
    let north_m = SPOT_DEGREES * density::EQUATOR_M / 360.0;
    Ok(Past {
        points: points.into(),
        unplaced,
        grain_m: north_m,
    })
}

/// The middle of a fact's square, the nearest to `near` of those that share its number.
fn past_point(fact: &Fact, near: Wgs84) -> Option<PastPoint> {
    if fact.spot == 0 {
        return None;
    }
    let along = |number: u32, near: f64| {
        let steps = (near / SPOT_DEGREES).floor() as i64;
        let ahead = (i64::from(number) - steps).rem_euclid(1 << 16);
        let ahead = if ahead >= 1 << 15 {
            ahead - (1 << 16)
        } else {
            ahead
        };
        ((steps + ahead) as f64 + 0.5) * SPOT_DEGREES
    };
    let at = Wgs84 {
        lon: along(fact.spot >> 16, near.lon),
        lat: along(fact.spot & 0xffff, near.lat),
    };
    Some(PastPoint {
        at: mercator(at),
        class: fact.class,
        centre: fact.centre,
        reported_ms: fact.reported_ms,
    })
}

/// Which points a picture is of.
#[derive(Clone, Copy, Debug, PartialEq)]
struct DataKey {
    settings: HeatSettings,
    centre: Option<Centre>,
    /// The board's generation, or the number of the reading of the past.
    generation: u64,
}

/// Points on their way into a picture.
#[derive(Clone, Debug)]
enum Points {
    Open(Arc<[[f64; 2]]>),
    Past(Past, DataKey),
}

impl Points {
    fn iter(&self) -> Box<dyn Iterator<Item = [f64; 2]> + '_> {
        match self {
            Self::Open(points) => Box::new(points.iter().copied()),
            Self::Past(past, key) => {
                let (class, centre) = (key.settings.class, key.centre);
                let meant = move |p: &&PastPoint| {
                    class.is_none_or(|c| p.class == c) && centre.is_none_or(|c| p.centre == c)
                };
                Box::new(past.points.iter().filter(meant).map(|p| p.at))
            }
        }
    }

    fn grain_m(&self) -> f64 {
        match self {
            Self::Open(_) => 0.0,
            Self::Past(past, _) => past.grain_m,
        }
    }
}

/// A picture as the thread has made it.
struct Made {
    key: DataKey,
    look: Look,
    grid: Grid,
    image: ColorImage,
    legend: Arc<Legend>,
}

/// How a picture is coloured.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Look {
    dark: bool,
    /// How strongly, where what draws it knows no opacity; else 1.
    opacity: f32,
}

/// What is to be said of a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Legend {
    /// Where each class begins, in cases per square kilometre; empty where there is nothing.
    pub from: Vec<f64>,
    /// How many cases it is made of.
    pub cases: usize,
}

struct Shown {
    key: DataKey,
    look: Look,
    grid: Grid,
    picture: Picture,
}

/// A picture as this window draws it.
enum Picture {
    /// By the interface's own shapes.
    Texture(TextureHandle),
    /// By a pass of its own: see [`super::heat_paint`].
    Pixels(Arc<ColorImage>),
}

/// What a density was worked out for, so that its classes hold while the map is moved.
type Peak = (DataKey, Arc<Legend>);

/// The layer.
#[derive(Default)]
pub struct Heat {
    work: Option<Receiver<Made>>,
    shown: Option<Shown>,
    legend: Option<Peak>,
    open: Option<(DataKey, Points)>,
    past: Option<(PastAsk, DateTime<Utc>, Past)>,
    asked: Option<PastAsk>,
    rounds: u64,
    /// The board's generation when the past was asked for.
    past_generation: u64,
    /// Why the past can't be read.
    pub trouble: Option<String>,
}

impl Heat {
    /// What is to be asked of the store, if anything. `generation` is the board's.
    pub fn ask(&mut self, settings: &HeatSettings, now: DateTime<Utc>, generation: u64) -> Option<PastAsk> {
        if settings.of != HeatOf::Reported || self.asked.is_some() {
            return None;
        }
        let fits = self.past.as_ref().is_some_and(|(ask, at, _)| {
            let old = now - *at > READ_AGAIN_AFTER && generation != self.past_generation;
            ask.days == settings.days && !old
        });
        if fits || self.trouble.is_some() {
            return None;
        }
        self.rounds += 1;
        self.past_generation = generation;
        let since =
            (settings.days > 0).then(|| (now - TimeDelta::days(settings.days.into())).timestamp_millis());
        let ask = PastAsk {
            days: settings.days,
            since_ms: since,
            round: self.rounds,
        };
        self.asked = Some(ask);
        Some(ask)
    }

    /// The store has answered.
    pub fn arrived(&mut self, reply: PastReply, now: DateTime<Utc>) {
        if self.asked.take_if(|ask| *ask == reply.ask).is_none() {
            return;
        }
        match reply.past {
            Ok(past) => self.past = Some((reply.ask, now, past)),
            Err(why) => self.trouble = Some(why),
        }
    }

    /// The store's job failed as a whole; it is asked again when the layer is next changed.
    pub fn failed(&mut self, why: &str) {
        if self.asked.take().is_some() {
            self.trouble = Some(why.to_owned());
        }
    }

    /// Another book: nothing of what was read holds.
    pub fn other_book(&mut self) {
        *self = Self {
            rounds: self.rounds,
            ..Self::default()
        };
    }

    /// Whether something is still being read or worked out.
    pub fn is_busy(&self) -> bool {
        self.work.is_some() || self.asked.is_some()
    }

    /// How many cases of the past have no point.
    pub fn unplaced(&self) -> u64 {
        self.past.as_ref().map_or(0, |(_, _, past)| past.unplaced)
    }

    /// What the picture means, once there is one.
    pub fn legend(&self) -> Option<&Legend> {
        self.legend.as_ref().map(|(_, legend)| &**legend)
    }

    fn points(
        &mut self,
        settings: HeatSettings,
        board: &Board,
        centre: Option<Centre>,
    ) -> Option<(DataKey, Points)> {
        let mut key = DataKey {
            settings,
            centre,
            generation: board.generation(),
        };
        match settings.of {
            HeatOf::Open => {
                // A period is none of theirs.
                key.settings.days = 0;
                if self.open.as_ref().is_none_or(|(known, _)| *known != key) {
                    let meant = board.points().iter().filter(|p| {
                        settings.class.is_none_or(|c| p.class == c) && centre.is_none_or(|c| p.centre == c)
                    });
                    let points = Points::Open(meant.map(|p| p.mercator).collect());
                    self.open = Some((key, points));
                }
                self.open.clone()
            }
            HeatOf::Reported => {
                let (ask, _, past) = self.past.as_ref()?;
                key.generation = ask.round;
                Some((key, Points::Past(past.clone(), key)))
            }
        }
    }

    /// Takes in what was worked out, and has worked out what is missing for this view.
    pub fn update(
        &mut self,
        ctx: &Context,
        view: &View,
        board: &Board,
        centre: Option<Centre>,
        settings: HeatSettings,
        (dark, opacity): (bool, f32),
    ) {
        self.take(ctx);
        if self.work.is_some() {
            return;
        }
        let Some((key, points)) = self.points(settings, board, centre) else {
            return;
        };
        let by_pixels = paint::way(ctx) == Way::Pixels;
        let look = Look {
            dark,
            opacity: if by_pixels { opacity } else { 1.0 },
        };
        let grid = grid_for(view, key.settings.radius());
        let fits = self.shown.as_ref().is_some_and(|shown| {
            let coarse = shown.grid.cell / grid.cell;
            let covers = Bounds {
                min: shown.grid.min,
                max: shown.grid.max(),
            };
            (shown.key, shown.look) == (key, look)
                && (0.55..1.8).contains(&coarse)
                && covers.holds(&view.bounds(0.0))
        });
        if fits {
            return;
        }
        let legend = self.legend.clone().filter(|(known, _)| *known == key);
        let legend = legend.map(|(_, legend)| legend);
        let (send, receive) = crossbeam_channel::bounded(1);
        let waker = ctx.clone();
        let work = move || {
            // Nobody listens any more where this can't be sent.
            let _ = send.send(make(key, &points, grid, look, legend));
            waker.request_repaint();
        };
        let spawned = std::thread::Builder::new().name("heat".to_owned()).spawn(work);
        // Without a thread there is no picture; the next frame tries again.
        self.work = spawned.ok().map(|_| receive);
    }

    fn take(&mut self, ctx: &Context) {
        let Some(work) = &self.work else { return };
        match work.try_recv() {
            Ok(made) => {
                let picture = if paint::way(ctx) == Way::Pixels {
                    Picture::Pixels(Arc::new(made.image))
                } else {
                    let options = TextureOptions::LINEAR;
                    Picture::Texture(ctx.load_texture("density of cases", made.image, options))
                };
                self.legend = Some((made.key, made.legend));
                self.shown = Some(Shown {
                    key: made.key,
                    look: made.look,
                    grid: made.grid,
                    picture,
                });
                self.work = None;
            }
            Err(TryRecvError::Disconnected) => self.work = None,
            Err(TryRecvError::Empty) => {}
        }
    }

    /// Draws the picture where it lies.
    pub fn draw(&self, painter: &Painter, view: &View) {
        let Some(shown) = &self.shown else { return };
        let rect = Rect::from_min_max(view.screen(shown.grid.min), view.screen(shown.grid.max()));
        // Only what is in view: pixels beyond it cost time on machines without a graphics card.
        let seen = rect.intersect(view.rect);
        if !seen.is_positive() {
            return;
        }
        let part = |at: Pos2| ((at - rect.min) / rect.size()).to_pos2();
        let uv = Rect::from_min_max(part(seen.min), part(seen.max));
        match &shown.picture {
            Picture::Texture(texture) => painter.image(texture.id(), seen, uv, Color32::WHITE),
            Picture::Pixels(image) => {
                let image = image.clone();
                painter.add(Copy { image, part: uv }.shape(seen))
            }
        };
    }

    /// Gives back what a layer that is off need not keep: a million cases of the past take some 40 MB.
    pub fn rest(&mut self) {
        if self.shown.is_some() || self.past.is_some() || self.trouble.is_some() {
            (self.shown, self.legend, self.open, self.past) = (None, None, None, None);
            self.trouble = None;
        }
    }
}

/// The cells for a view: a little more than it shows, fine enough for the screen, not more than can be worked out soon.
fn grid_for(view: &View, radius_m: f64) -> Grid {
    let scale = view.scale();
    let size = [f64::from(view.rect.width()), f64::from(view.rect.height())];
    let size = size.map(|points| points * (1.0 + 2.0 * MARGIN) / scale);
    let reach = radius_m / metres_per_unit(view.center[1].clamp(0.0, 1.0)).max(1.0);
    let most = size[0].max(size[1]) + 2.0 * reach;
    let cell = (CELL_POINTS / scale).max(most / CELLS_MOST);
    let cells = size.map(|s| ((s / cell).ceil() as usize).clamp(1, CELLS_MOST as usize));
    Grid {
        min: [
            view.center[0] - cell * cells[0] as f64 / 2.0,
            view.center[1] - cell * cells[1] as f64 / 2.0,
        ],
        cell,
        width: cells[0],
        height: cells[1],
    }
}

fn make(key: DataKey, points: &Points, grid: Grid, look: Look, legend: Option<Arc<Legend>>) -> Made {
    let radius_m = key.settings.radius();
    let legend = legend.unwrap_or_else(|| {
        let cases = points.iter().count();
        // Of very many, each so and so many-th tells as well where classes begin.
        let each = cases.div_ceil(SAMPLE).max(1);
        let peak = density::peak_per_km2(points.iter().step_by(each), radius_m) * each as f64;
        Arc::new(Legend {
            from: classes::doubling(peak),
            cases,
        })
    });
    let kernel = Kernel {
        radius_m,
        grain_m: points.grain_m(),
    };
    let found = crate::spread::density(points.iter(), grid, kernel);
    let colors = theme::density(look.dark).map(|color| color.gamma_multiply(look.opacity));
    let color = |d: &f32| {
        let class = legend.from.partition_point(|from| *from <= f64::from(*d));
        class
            .checked_sub(1)
            .and_then(|class| colors.get(class))
            .copied()
            .unwrap_or(Color32::TRANSPARENT)
    };
    let pixels: Vec<Color32> = found.per_km2.iter().map(color).collect();
    Made {
        key,
        look,
        grid,
        image: ColorImage::new([grid.width, grid.height], pixels),
        legend,
    }
}
