//! The tiles of a server on the map: asked for on a thread of their own, and known to be fresh, old or missing.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use chrono::Utc;
use eframe::egui::{Color32, ColorImage, Context, Rect, TextureOptions, pos2};
use image::RgbaImage;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use walkers::sources::Attribution;
use walkers::{Tile, TileId, TilePiece, Tiles};

use crate::tiles::get::{Gate, Got, Source};
use crate::tiles::{Client, Disk, Fault, Server, TileKey};

use super::tiles::ancestor;

/// A first answer may take so long before the map says that it waits in vain.
const PATIENCE: Duration = Duration::from_secs(8);
/// More tiles than any screen shows; older ones are forgotten.
const KEEP_TILES: usize = 256;
/// Side of a tile, in points.
const POINTS: u32 = 256;
/// While a tile is missing, wider ones are looked for so many levels up.
const WIDER: u8 = 4;
/// A tile that could not be had is tried again after this time.
const TRY_AGAIN: Duration = Duration::from_secs(10);
/// And one that is no picture, or old, after this.
const TRY_LATER: Duration = Duration::from_secs(60);

/// Where tiles come from, and where they are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Supply {
    /// The server.
    pub server: Server,
    /// The database of tiles; `None` where nothing is kept.
    pub disk: Option<PathBuf>,
    /// How large that may become, in bytes.
    pub limit: u64,
}

/// How the tiles in view are, besides fresh.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Tiles in view that could not be had.
    pub missing: usize,
    /// Tiles in view that are old and could not be renewed.
    pub stale: usize,
    /// When the oldest of those was fetched, in milliseconds since 1970.
    pub oldest_ms: Option<i64>,
    /// Why.
    pub fault: Option<Fault>,
}

impl Condition {
    /// Whether there is something to say.
    pub fn is_poor(&self) -> bool {
        self.missing + self.stale > 0
    }
}

/// What is known of a tile.
struct Entry {
    /// `None` where the server has none, or it could not be had.
    tile: Option<Tile>,
    fetched_ms: i64,
    fault: Option<Fault>,
    /// When to ask again; `None` while that is under way.
    again: Option<Instant>,
    /// The frame in which it was last drawn.
    used: u64,
}

enum Reply {
    /// No server can be asked.
    NoClient(String),
    Tile(TileId, Came),
}

/// A tile as the thread has made it.
struct Came {
    tile: Option<Tile>,
    fetched_ms: i64,
    fault: Option<Fault>,
    /// For how long it need not be asked for again; `None` where that is under way already.
    again: Option<Duration>,
}

#[derive(Default)]
struct Wanted {
    tiles: Vec<TileId>,
    /// What was answered and not taken in yet: a list of wishes may be older than that.
    answered: Vec<TileId>,
    stop: bool,
}

#[derive(Default)]
struct Desk {
    wanted: Mutex<Wanted>,
    bell: Notify,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tiles of one server.
pub struct ServerTiles {
    closest: u8,
    desk: Arc<Desk>,
    replies: mpsc::Receiver<Reply>,
    entries: HashMap<TileId, Entry>,
    missing: Vec<TileId>,
    /// How the tiles are that this frame has asked for so far.
    counting: Condition,
    /// The same of the last whole frame.
    condition: Condition,
    no_client: Option<String>,
    came: bool,
    fault: Option<Fault>,
    /// Since when tiles are asked for.
    since: Option<Instant>,
    frame: u64,
    now: Instant,
    /// Stands where a tile is missing.
    blank: Tile,
}

impl ServerTiles {
    /// Begins to ask the server; `line` is the colour of what stands for missing tiles.
    pub fn open(supply: Supply, line: Color32, ctx: &Context) -> Self {
        let desk = Arc::new(Desk::default());
        let (sender, replies) = mpsc::channel();
        let worker = Worker {
            supply: Arc::new(supply.clone()),
            desk: desk.clone(),
            sender,
            ctx: ctx.clone(),
        };
        let started = std::thread::Builder::new()
            .name("tile server".into())
            .spawn(move || worker.run());
        Self {
            closest: supply.server.closest(),
            desk,
            replies,
            entries: HashMap::new(),
            missing: Vec::new(),
            counting: Condition::default(),
            condition: Condition::default(),
            no_client: started.err().map(|error| error.to_string()),
            came: false,
            fault: None,
            since: None,
            frame: 0,
            now: Instant::now(),
            blank: blank(ctx, line),
        }
    }

    /// Takes in what came. Called before the tiles are drawn.
    pub fn begin(&mut self) {
        self.frame += 1;
        self.now = Instant::now();
        self.missing.clear();
        self.counting = Condition::default();
        while let Ok(reply) = self.replies.try_recv() {
            match reply {
                Reply::NoClient(why) => self.no_client = Some(why),
                Reply::Tile(id, came) => self.take(id, came),
            }
        }
    }

    fn take(&mut self, id: TileId, came: Came) {
        self.desk.lock().answered.retain(|other| *other != id);
        self.came |= came.tile.is_some();
        if came.again.is_some() {
            self.fault.clone_from(&came.fault);
        }
        let entry = Entry {
            tile: came.tile,
            fetched_ms: came.fetched_ms,
            fault: came.fault,
            again: came.again.and_then(|wait| self.now.checked_add(wait)),
            used: self.frame,
        };
        self.entries.insert(id, entry);
    }

    /// Asks for what was missing. Called after the tiles are drawn.
    pub fn end(&mut self) {
        if !self.missing.is_empty() {
            self.since.get_or_insert(self.now);
        }
        {
            let mut wanted = self.desk.lock();
            if wanted.tiles != self.missing {
                wanted.tiles.clone_from(&self.missing);
                self.desk.bell.notify_one();
            }
        }
        self.counting.fault = self.counting.is_poor().then(|| self.fault.clone()).flatten();
        self.condition.clone_from(&self.counting);
        if self.entries.len() > KEEP_TILES {
            self.forget();
        }
    }

    fn forget(&mut self) {
        let mut ages: Vec<u64> = self.entries.values().map(|entry| entry.used).collect();
        ages.sort_unstable();
        let oldest_kept = ages[ages.len() / 2];
        self.entries.retain(|_, entry| entry.used >= oldest_kept);
    }

    /// Whether tiles in view are on their way for the first time.
    pub fn busy(&self) -> bool {
        self.no_client.is_none() && self.missing.iter().any(|id| !self.entries.contains_key(id))
    }

    /// Why no server can be asked at all.
    pub fn no_client(&self) -> Option<&str> {
        self.no_client.as_deref()
    }

    /// Whether no tile has come so far and none is to be expected, and why.
    pub fn silent(&self) -> Option<Option<Fault>> {
        let waited = self.since.map_or(Duration::ZERO, |since| self.now - since);
        (!self.came && (self.fault.is_some() || waited > PATIENCE)).then(|| self.fault.clone())
    }

    /// How the tiles in view are.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// Asks for the tile, unless that is under way or was in vain a moment ago.
    fn want(&mut self, id: TileId) {
        let due = match self.entries.get(&id) {
            None => true,
            Some(entry) => entry.again.is_some_and(|again| again <= self.now),
        };
        if due && !self.missing.contains(&id) {
            self.missing.push(id);
        }
    }

    fn note(&mut self, id: TileId) {
        let Some(entry) = self.entries.get(&id) else {
            return;
        };
        if entry.fault.is_none() {
            return;
        }
        if entry.tile.is_none() {
            self.counting.missing += 1;
        } else {
            self.counting.stale += 1;
            let oldest = self.counting.oldest_ms.unwrap_or(i64::MAX);
            self.counting.oldest_ms = Some(oldest.min(entry.fetched_ms));
        }
    }
}

impl Drop for ServerTiles {
    fn drop(&mut self) {
        self.desk.lock().stop = true;
        self.desk.bell.notify_one();
    }
}

impl Tiles for ServerTiles {
    fn at(&mut self, id: TileId) -> Option<TilePiece> {
        let side = 1u64 << id.zoom.min(31);
        if u64::from(id.x) >= side || u64::from(id.y) >= side {
            return None;
        }
        let (best, _) = ancestor(id, id.zoom.min(self.closest));
        self.want(best);
        self.note(best);
        let failed = |tiles: &Self, id| {
            let entry: Option<&Entry> = tiles.entries.get(&id);
            entry.is_some_and(|entry| entry.tile.is_none() && entry.fault.is_some())
        };
        let mut is_missing = failed(self, best);
        // Until the right tile is there, a part of a wider one stands in for it.
        for zoom in (0..=best.zoom).rev() {
            let (wider, uv) = ancestor(id, zoom);
            if is_missing && zoom != best.zoom && best.zoom - zoom <= WIDER {
                self.want(wider);
                is_missing = failed(self, wider);
            }
            let frame = self.frame;
            if let Some(entry) = self.entries.get_mut(&wider)
                && let Some(tile) = &entry.tile
            {
                entry.used = frame;
                return Some(TilePiece::new(tile.clone(), uv));
            }
        }
        if failed(self, best) {
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            return Some(TilePiece::new(self.blank.clone(), whole));
        }
        None
    }

    fn attribution(&self) -> Attribution {
        Attribution {
            text: "",
            url: "",
            logo_light: None,
            logo_dark: None,
        }
    }

    fn tile_size(&self) -> u32 {
        POINTS
    }
}

/// A hatched tile: here is nothing to be seen, rather than nothing there.
fn blank(ctx: &Context, line: Color32) -> Tile {
    const SIDE: usize = 128;
    const STRIPES: usize = 16;
    let pixel = |i: usize| {
        let at = (i / SIDE + i % SIDE) % STRIPES;
        if at == 0 { line } else { Color32::TRANSPARENT }
    };
    let image = ColorImage::new([SIDE, SIDE], (0..SIDE * SIDE).map(pixel).collect());
    Tile::Raster(ctx.load_texture("missing tile", image, TextureOptions::LINEAR))
}

#[derive(Clone)]
struct Worker {
    supply: Arc<Supply>,
    desk: Arc<Desk>,
    sender: mpsc::Sender<Reply>,
    ctx: Context,
}

impl Worker {
    fn run(self) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string());
        let made = runtime.and_then(|runtime| Ok((runtime, Client::new(None)?)));
        match made {
            Ok((runtime, client)) => runtime.block_on(self.serve(client)),
            Err(why) => self.answer(Reply::NoClient(why)),
        }
    }

    fn answer(&self, reply: Reply) {
        if self.sender.send(reply).is_ok() {
            self.ctx.request_repaint();
        }
    }

    async fn serve(self, client: Client) {
        let disk = self.supply.disk.as_ref().and_then(|path| {
            let opened = Disk::open(path, self.supply.limit);
            // The map works without it, only not without a network.
            opened
                .map_err(|why| tracing::warn!("tiles are not kept: {why}"))
                .ok()
        });
        let place = Arc::new(Place {
            client,
            gate: Gate::default(),
            disk: disk.map(Mutex::new),
        });
        let mut flights = JoinSet::new();
        let mut in_air: Vec<TileId> = Vec::new();
        loop {
            while flights.len() < self.supply.server.owner().parallel() {
                let Some(id) = self.next(&in_air) else { break };
                in_air.push(id);
                let (worker, place) = (self.clone(), place.clone());
                flights.spawn(async move {
                    worker.fetch(&place, id).await;
                    id
                });
            }
            tokio::select! {
                () = self.desk.bell.notified() => {}
                Some(landed) = flights.join_next(), if !flights.is_empty() => match landed {
                    Ok(id) => in_air.retain(|other| *other != id),
                    // A decoder that panics leaves its tile missing; which one is not said.
                    Err(_) => in_air.truncate(flights.len()),
                },
            }
            if self.desk.lock().stop {
                return;
            }
        }
    }

    /// The next tile that is wanted and not under way.
    fn next(&self, in_air: &[TileId]) -> Option<TileId> {
        let mut wanted = self.desk.lock();
        let Wanted { tiles, answered, .. } = &mut *wanted;
        let next = tiles
            .iter()
            .position(|id| !in_air.contains(id) && !answered.contains(id))?;
        Some(tiles.remove(next))
    }

    async fn fetch(&self, place: &Place, id: TileId) {
        let source = place.source(&self.supply.server);
        let tile = key(id);
        let templates = self.supply.server.templates();
        // What is old is shown at once, while a new one is asked for.
        let now_ms = Utc::now().timestamp_millis();
        let old: Vec<Got> = templates
            .iter()
            .filter_map(|t| source.kept(t, tile, now_ms))
            .collect();
        let is_old = old.iter().any(|part| part.fresh_until_ms <= now_ms);
        if is_old && old.len() == templates.len() {
            self.answer(Reply::Tile(id, self.made(old, None)));
        }
        let mut got = Vec::new();
        for template in &templates {
            got.push(source.get(template, tile, Utc::now()).await);
        }
        let wait = again(&got, Utc::now().timestamp_millis());
        self.desk.lock().answered.push(id);
        self.answer(Reply::Tile(id, self.made(got, Some(wait))));
    }

    /// A tile of its parts, the lowest first. Names without a ground are no map.
    fn made(&self, got: Vec<Got>, again: Option<Duration>) -> Came {
        let fetched_ms = got.iter().map(|part| part.fetched_ms).min().unwrap_or_default();
        let mut fault = got.iter().find_map(|part| part.fault.clone());
        let bodies = got.iter().map_while(|part| part.body.as_deref());
        let tile = match join(bodies) {
            Ok(None) => None,
            Ok(Some(image)) => {
                let size = [image.width() as usize, image.height() as usize];
                let image = ColorImage::from_rgba_unmultiplied(size, image.as_raw());
                Some(Tile::Raster(self.ctx.load_texture(
                    "tile",
                    image,
                    TextureOptions::LINEAR,
                )))
            }
            Err(broken) => {
                fault = Some(broken);
                None
            }
        };
        Came {
            tile,
            fetched_ms,
            fault,
            again,
        }
    }
}

struct Place {
    client: Client,
    gate: Gate,
    disk: Option<Mutex<Disk>>,
}

impl Place {
    fn source<'a>(&'a self, server: &'a Server) -> Source<'a> {
        Source {
            server,
            client: &self.client,
            gate: &self.gate,
            disk: self.disk.as_ref(),
        }
    }
}

fn key(id: TileId) -> TileKey {
    TileKey {
        z: id.zoom,
        x: id.x,
        y: id.y,
    }
}

/// When to ask for a tile again.
fn again(got: &[Got], now_ms: i64) -> Duration {
    let has_body = got.iter().all(|part| part.body.is_some());
    match got.iter().find_map(|part| part.fault.as_ref()) {
        Some(fault) if fault.is_of_server() && !has_body => TRY_AGAIN,
        Some(_) => TRY_LATER,
        None => {
            let fresh_ms = got.iter().map(|part| part.fresh_until_ms - now_ms).min();
            Duration::from_millis(fresh_ms.unwrap_or_default().max(0) as u64).max(TRY_LATER)
        }
    }
}

/// Lays pictures over each other, the lowest first; `None` of none.
fn join<'a>(bodies: impl Iterator<Item = &'a [u8]>) -> Result<Option<RgbaImage>, Fault> {
    let mut joined: Option<RgbaImage> = None;
    for body in bodies {
        let image = image::load_from_memory(body).map_err(|error| Fault::Damaged(error.to_string()))?;
        let image = image.into_rgba8();
        match &mut joined {
            None => joined = Some(image),
            Some(ground) if ground.dimensions() == image.dimensions() => {
                image::imageops::overlay(ground, &image, 0, 0);
            }
            Some(ground) => {
                let (width, height) = ground.dimensions();
                let filter = image::imageops::FilterType::Triangle;
                let image = image::imageops::resize(&image, width, height, filter);
                image::imageops::overlay(ground, &image, 0, 0);
            }
        }
    }
    Ok(joined)
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
