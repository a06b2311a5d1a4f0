//! Reads the tiles of a PMTiles file on a thread of its own, and keeps those of the last views.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};

use eframe::egui::{Context, Rect, pos2};
use walkers::sources::Attribution;
use walkers::{Placement, Style, Tile, TileId, TilePiece, Tiles};

use super::camera::Mercator;
use super::tile_file::{BaseError, FileInfo, TileFile};

/// What a vector tile is drawn for, in points at its own zoom level.
const VECTOR_TILE_POINTS: u32 = 512;
/// Side of a picture tile, in points.
const PICTURE_TILE_POINTS: u32 = 256;
/// More tiles than any screen shows; older ones are forgotten.
const KEEP_TILES: usize = 192;

/// A name on the base map.
#[derive(Clone, Debug)]
pub struct TileText {
    /// The name.
    pub text: String,
    /// Its middle.
    pub at: Mercator,
    /// Clockwise, in radians.
    pub angle: f32,
    /// Height of the letters, in points.
    pub size: f32,
    /// Not shown below this zoom level of the map.
    pub min_zoom: f64,
    /// The longest it may be, in normalised web-mercator, for a name along a line.
    pub room: Option<f64>,
    /// Which of the style's layers it comes from; higher goes first.
    pub layer: usize,
}

struct Ready {
    tile: Tile,
    texts: Arc<[TileText]>,
    /// The frame in which it was last drawn.
    used: u64,
}

enum Entry {
    Ready(Box<Ready>),
    /// The file has no such tile, or it can't be read.
    None,
}

enum Reply {
    Opened(Result<FileInfo, BaseError>),
    Tile(TileId, Result<Option<(Tile, Vec<TileText>)>, String>),
}

#[derive(Default)]
struct Wanted {
    tiles: Vec<TileId>,
    stop: bool,
}

#[derive(Default)]
struct Desk {
    wanted: Mutex<Wanted>,
    bell: Condvar,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tiles of one PMTiles file in one style.
pub struct FileTiles {
    path: PathBuf,
    desk: Arc<Desk>,
    replies: mpsc::Receiver<Reply>,
    info: Option<Result<FileInfo, BaseError>>,
    entries: HashMap<TileId, Entry>,
    missing: Vec<TileId>,
    /// What was drawn in this frame, the texts of which are to be shown.
    shown: Vec<TileId>,
    frame: u64,
    /// Grows whenever another set of tiles is shown.
    generation: u64,
    last_shown: Vec<TileId>,
    fault: Option<String>,
}

impl FileTiles {
    /// Begins to read the file; `style` is how vector tiles are drawn.
    pub fn open(path: PathBuf, style: Style, ctx: Context) -> Self {
        let desk = Arc::new(Desk::default());
        let (sender, replies) = mpsc::channel();
        let worker = Worker {
            path: path.clone(),
            style,
            desk: desk.clone(),
            sender,
            ctx,
        };
        // Without a thread no tile comes and the map says that it waits; nothing else depends on it.
        let started = std::thread::Builder::new()
            .name("base map".into())
            .spawn(move || worker.run());
        let info = started.err().map(|e| {
            Err(BaseError::Unreadable {
                path: path.clone(),
                why: e.to_string(),
            })
        });
        Self {
            path,
            desk,
            replies,
            info,
            entries: HashMap::new(),
            missing: Vec::new(),
            shown: Vec::new(),
            frame: 0,
            generation: 0,
            last_shown: Vec::new(),
            fault: None,
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is known of the file; `None` while it is being opened.
    pub fn info(&self) -> Option<&Result<FileInfo, BaseError>> {
        self.info.as_ref()
    }

    /// The last tile that could not be read, and why.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Takes in what the thread has read. Called before the tiles are drawn.
    pub fn begin(&mut self) {
        self.frame += 1;
        self.missing.clear();
        self.shown.clear();
        while let Ok(reply) = self.replies.try_recv() {
            match reply {
                Reply::Opened(info) => self.info = Some(info),
                Reply::Tile(id, Ok(Some((tile, texts)))) => {
                    let ready = Ready {
                        tile,
                        texts: texts.into(),
                        used: self.frame,
                    };
                    self.entries.insert(id, Entry::Ready(Box::new(ready)));
                }
                Reply::Tile(id, Ok(None)) => {
                    self.entries.insert(id, Entry::None);
                }
                Reply::Tile(id, Err(why)) => {
                    self.entries.insert(id, Entry::None);
                    self.fault = Some(format!("{}/{}/{}: {why}", id.zoom, id.x, id.y));
                }
            }
        }
    }

    /// Asks for what was missing. Called after the tiles are drawn.
    pub fn end(&mut self) {
        {
            let mut wanted = self.desk.lock();
            if wanted.tiles != self.missing {
                wanted.tiles.clone_from(&self.missing);
                self.desk.bell.notify_one();
            }
        }
        self.shown.sort_unstable_by_key(|t| (t.zoom, t.x, t.y));
        self.shown.dedup();
        if self.shown != self.last_shown {
            self.last_shown.clone_from(&self.shown);
            self.generation += 1;
        }
        if self.entries.len() > KEEP_TILES {
            self.forget();
        }
    }

    /// Whether tiles are still on their way.
    pub fn busy(&self) -> bool {
        !self.missing.is_empty() || self.info.is_none()
    }

    /// A number that grows whenever other texts are in view.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The texts of the tiles that were drawn.
    pub fn texts(&self) -> impl Iterator<Item = &TileText> {
        self.last_shown.iter().flat_map(|id| match self.entries.get(id) {
            Some(Entry::Ready(ready)) => ready.texts.iter(),
            _ => [].iter(),
        })
    }

    fn forget(&mut self) {
        let mut ages: Vec<u64> = self.entries.values().map(used).collect();
        ages.sort_unstable();
        let oldest_kept = ages[ages.len() / 2];
        self.entries.retain(|_, entry| used(entry) >= oldest_kept);
    }

    fn drawable(&mut self, id: TileId) -> Option<Tile> {
        let frame = self.frame;
        match self.entries.get_mut(&id)? {
            Entry::Ready(ready) => {
                ready.used = frame;
                Some(ready.tile.clone())
            }
            Entry::None => None,
        }
    }
}

fn used(entry: &Entry) -> u64 {
    match entry {
        Entry::Ready(ready) => ready.used,
        Entry::None => 0,
    }
}

impl Drop for FileTiles {
    fn drop(&mut self) {
        self.desk.lock().stop = true;
        self.desk.bell.notify_one();
    }
}

impl Tiles for FileTiles {
    fn at(&mut self, id: TileId) -> Option<TilePiece> {
        let Some(Ok(info)) = &self.info else { return None };
        let (min_zoom, max_zoom) = (info.min_zoom, info.max_zoom);
        let side = 1u64 << id.zoom.min(31);
        if u64::from(id.x) >= side || u64::from(id.y) >= side {
            return None;
        }
        let best = ancestor(id, id.zoom.min(max_zoom)).0;
        if best.zoom >= min_zoom && !self.entries.contains_key(&best) {
            self.missing.push(best);
        }
        // Until the right tile is there, a part of a wider one stands in for it.
        for zoom in (min_zoom..=best.zoom).rev() {
            let (wider, uv) = ancestor(id, zoom);
            if let Some(tile) = self.drawable(wider) {
                self.shown.push(wider);
                return Some(TilePiece::new(tile, uv));
            }
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
        match &self.info {
            Some(Ok(info)) if !info.vector => PICTURE_TILE_POINTS,
            _ => VECTOR_TILE_POINTS,
        }
    }
}

/// The tile of a wider zoom level around `id`, and the part of it that `id` covers.
pub(super) fn ancestor(id: TileId, zoom: u8) -> (TileId, Rect) {
    let levels = u32::from(id.zoom.saturating_sub(zoom)).min(31);
    let count = 1u32 << levels;
    let side = 1.0 / count as f32;
    let (u, v) = ((id.x % count) as f32 * side, (id.y % count) as f32 * side);
    let wider = TileId {
        x: id.x / count,
        y: id.y / count,
        zoom: id.zoom.min(zoom),
    };
    (wider, Rect::from_min_max(pos2(u, v), pos2(u + side, v + side)))
}

struct Worker {
    path: PathBuf,
    style: Style,
    desk: Arc<Desk>,
    sender: mpsc::Sender<Reply>,
    ctx: Context,
}

impl Worker {
    fn run(self) {
        let file = match TileFile::open(&self.path) {
            Ok(file) => file,
            Err(error) => return self.answer(Reply::Opened(Err(error))),
        };
        self.answer(Reply::Opened(Ok(file.info().clone())));
        while let Some(id) = self.next() {
            let read = catch_unwind(AssertUnwindSafe(|| self.read(&file, id)));
            let read = read.unwrap_or_else(|_| Err("the tile is damaged".to_owned()));
            self.answer(Reply::Tile(id, read));
        }
    }

    fn answer(&self, reply: Reply) {
        if self.sender.send(reply).is_ok() {
            self.ctx.request_repaint();
        }
    }

    /// The next tile that is wanted; waits for one. `None` when the map is gone.
    fn next(&self) -> Option<TileId> {
        let mut wanted = self.desk.lock();
        loop {
            if wanted.stop {
                return None;
            }
            if !wanted.tiles.is_empty() {
                return Some(wanted.tiles.remove(0));
            }
            wanted = self
                .desk
                .bell
                .wait(wanted)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn read(&self, file: &TileFile, id: TileId) -> Result<Option<(Tile, Vec<TileText>)>, String> {
        let Some(data) = file.read(id.zoom, id.x, id.y)? else {
            return Ok(None);
        };
        let info = file.info();
        let points = if info.vector {
            VECTOR_TILE_POINTS
        } else {
            PICTURE_TILE_POINTS
        };
        let tile = Tile::new(&data, &self.style, id.zoom, points, &self.ctx).map_err(|e| e.to_string())?;
        Ok(Some(match tile {
            // The map places the texts itself, together with the names of the town's places.
            Tile::Vector { drawables, texts } => {
                let texts = texts.iter().map(|t| tile_text(t, id)).collect();
                (
                    Tile::Vector {
                        drawables,
                        texts: Vec::new(),
                    },
                    texts,
                )
            }
            raster => (raster, Vec::new()),
        }))
    }
}

fn tile_text(text: &walkers::Text, id: TileId) -> TileText {
    let side = f64::from(id.zoom).exp2().recip();
    let unit = side / f64::from(VECTOR_TILE_POINTS);
    let at = [
        f64::from(id.x) * side + f64::from(text.position.x) * unit,
        f64::from(id.y) * side + f64::from(text.position.y) * unit,
    ];
    let along = text.placement == Placement::Line;
    TileText {
        text: text.text.clone(),
        at,
        angle: text.angle,
        size: text.font_size,
        // Styles count the zoom levels of tiles of 512 points, the map those of 256.
        min_zoom: text.min_zoom.map_or(0.0, |z| f64::from(z) + 1.0),
        room: text.max_width.filter(|_| along).map(|w| f64::from(w) * unit),
        layer: text.layer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wider_tile_lends_its_part() {
        let (wider, uv) = ancestor(TileId { x: 13, y: 6, zoom: 5 }, 3);
        assert_eq!(wider, TileId { x: 3, y: 1, zoom: 3 });
        assert_eq!(uv, Rect::from_min_max(pos2(0.25, 0.5), pos2(0.5, 0.75)));
    }
}
