//! Fetches the tiles of an area beforehand, for days without a network: slowly, one after the other, as far as the server's
//! owner allows it. What is there and fresh is not fetched again, so that a second start goes on where the first ended.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::Utc;

use crate::town::{Datum, Wgs84};

use super::get::{Gate, Source};
use super::{Client, Disk, Fault, Server, TileKey};

/// More tiles than this are not fetched at once: that is a country, not a town.
pub const MOST_TILES: u64 = 60_000;
/// Pause between two tiles that are fetched: four a second.
const PACE: Duration = Duration::from_millis(250);
/// After so many failures one after the other it stops by itself.
const FAILURES_MOST: u32 = 8;
/// What a tile is estimated at where none is known yet, in bytes.
const TILE_GUESS: u64 = 20_000;
/// Fewer known tiles say nothing of the size of others.
const KNOWN_LEAST: u64 = 20;
/// How often a pause looks whether it was cancelled.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A box: its south-western and its north-eastern corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// South-west.
    pub min: Wgs84,
    /// North-east.
    pub max: Wgs84,
}

/// The tiles of one zoom level.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Level {
    z: u8,
    x: RangeInclusive<u32>,
    y: RangeInclusive<u32>,
}

impl Level {
    fn count(&self) -> u64 {
        let long = |range: &RangeInclusive<u32>| u64::from(range.end() - range.start()) + 1;
        long(&self.x) * long(&self.y)
    }
}

/// The tiles that cover an area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan(Vec<Level>);

impl Plan {
    /// The tiles around `area` (WGS-84) at these zoom levels, numbered as a server in `datum` numbers them.
    pub fn new(area: Area, datum: Datum, zooms: RangeInclusive<u8>) -> Self {
        // The shift is not the same at all corners.
        let corners = [
            area.min,
            area.max,
            Wgs84 {
                lon: area.min.lon,
                lat: area.max.lat,
            },
            Wgs84 {
                lon: area.max.lon,
                lat: area.min.lat,
            },
        ];
        let corners = corners.map(|corner| mercator(datum.of_wgs84(corner)));
        let least = |axis: usize| corners.iter().map(|c| c[axis]).fold(f64::INFINITY, f64::min);
        let most = |axis: usize| corners.iter().map(|c| c[axis]).fold(f64::NEG_INFINITY, f64::max);
        let level = |z: u8| {
            let side = f64::from(1u32 << z.min(24));
            let number = |at: f64| (at * side).clamp(0.0, side - 1.0) as u32;
            let range = |axis: usize| number(least(axis))..=number(most(axis));
            Level {
                z,
                x: range(0),
                y: range(1),
            }
        };
        Self(zooms.map(level).collect())
    }

    /// How many tiles these are.
    pub fn count(&self) -> u64 {
        self.0.iter().map(Level::count).sum()
    }

    /// The tiles, the wide ones first.
    pub fn tiles(&self) -> impl Iterator<Item = TileKey> {
        self.0.iter().flat_map(|level| {
            let row = move |y: u32| level.x.clone().map(move |x| TileKey { z: level.z, x, y });
            level.y.clone().flat_map(row)
        })
    }
}

/// Where degrees lie in normalised web-mercator, from the west and from the north.
fn mercator([lon, lat]: [f64; 2]) -> [f64; 2] {
    let lat = lat.clamp(-85.0511, 85.0511).to_radians();
    [
        lon / 360.0 + 0.5,
        (1.0 - lat.tan().asinh() / std::f64::consts::PI) / 2.0,
    ]
}

/// How many bytes tiles of `server` may have, from those of its that are on disk.
pub fn estimate(disk: &Disk, server: &Server, tiles: u64) -> u64 {
    let of = |template: &str| {
        let held = disk.held_of(&super::server::shelf(template));
        if held.tiles < KNOWN_LEAST {
            TILE_GUESS * tiles
        } else {
            held.bytes * tiles / held.tiles
        }
    };
    server.templates().into_iter().map(of).sum()
}

/// How it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Tiles in all.
    pub all: u64,
    /// Tiles that are done with, in whatever way.
    pub done: u64,
    /// Tiles that were there and fresh.
    pub there: u64,
    /// Tiles that could not be had.
    pub failed: u64,
    /// Bytes that were fetched.
    pub bytes: u64,
    /// What the last failure was.
    pub fault: Option<Fault>,
    /// Until when it waits, because the server asked for it: milliseconds since 1970.
    pub waits_until_ms: Option<i64>,
    /// How it ended; `None` while it is under way.
    pub end: Option<End>,
}

/// How fetching an area ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All tiles were asked for.
    Wholly,
    /// A hand stopped it.
    Cancelled,
    /// It went on failing, or nothing can be kept: why.
    GaveUp(String),
}

/// What is to be fetched.
pub struct Order {
    /// The server.
    pub server: Server,
    /// The tiles.
    pub plan: Plan,
    /// The database of tiles.
    pub disk: PathBuf,
    /// How large it may become, in bytes.
    pub limit: u64,
}

/// An area that is being fetched on a thread of its own.
#[derive(Debug)]
pub struct Prefetch {
    cancel: Arc<AtomicBool>,
    progress: Arc<Mutex<Progress>>,
}

impl Prefetch {
    /// Begins. `wake` is called whenever there is progress to show.
    ///
    /// # Errors
    /// Where the system has no thread to give.
    pub fn start(order: Order, client: Client, wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        Self::start_at(order, client, PACE, wake)
    }

    fn start_at(
        order: Order,
        client: Client,
        pace: Duration,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let progress = Arc::new(Mutex::new(Progress {
            all: order.plan.count(),
            ..Progress::default()
        }));
        let cancel = Arc::new(AtomicBool::new(false));
        let work = Work {
            order,
            client,
            pace,
            cancel: cancel.clone(),
            progress: progress.clone(),
            wake: Box::new(wake),
        };
        std::thread::Builder::new()
            .name("tiles beforehand".into())
            .spawn(move || work.run())?;
        Ok(Self { cancel, progress })
    }

    /// How it stands.
    pub fn progress(&self) -> Progress {
        self.progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Asks it to stop after the tile that is under way.
    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.cancel();
    }
}

struct Work {
    order: Order,
    client: Client,
    pace: Duration,
    cancel: Arc<AtomicBool>,
    progress: Arc<Mutex<Progress>>,
    wake: Box<dyn Fn() + Send>,
}

impl Work {
    fn run(self) {
        let end = self.fetch_all().unwrap_or_else(End::GaveUp);
        self.tell(|progress| {
            progress.waits_until_ms = None;
            progress.end = Some(end);
        });
    }

    fn tell(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner));
        (self.wake)();
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    fn fetch_all(&self) -> Result<End, String> {
        let disk = Mutex::new(Disk::open(&self.order.disk, self.order.limit)?);
        let gate = Gate::default();
        let source = Source {
            server: &self.order.server,
            client: &self.client,
            gate: &gate,
            disk: Some(&disk),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let mut failures = 0;
        for tile in self.order.plan.tiles() {
            if self.is_cancelled() {
                return Ok(End::Cancelled);
            }
            if source.is_kept(tile, Utc::now().timestamp_millis()) {
                self.tell(|progress| {
                    progress.done += 1;
                    progress.there += 1;
                });
                continue;
            }
            match runtime.block_on(self.fetch(&source, tile)) {
                Some(Ok(bytes)) => {
                    failures = 0;
                    self.tell(|progress| {
                        progress.done += 1;
                        progress.bytes += bytes;
                    });
                }
                Some(Err(fault)) => {
                    failures += 1;
                    self.tell(|progress| {
                        progress.done += 1;
                        progress.failed += 1;
                        progress.fault = Some(fault.clone());
                    });
                    if failures >= FAILURES_MOST {
                        return Ok(End::GaveUp(fault.to_string()));
                    }
                }
                None => return Ok(End::Cancelled),
            }
            if !self.pause(self.pace) {
                return Ok(End::Cancelled);
            }
        }
        Ok(End::Wholly)
    }

    /// The bytes of a tile that was fetched. Waits where the server asks for it; `None` where it was cancelled.
    async fn fetch(&self, source: &Source<'_>, tile: TileKey) -> Option<Result<u64, Fault>> {
        let mut bytes = 0;
        for template in self.order.server.templates() {
            let mut tries = 0;
            loop {
                let got = source.get(template, tile, Utc::now()).await;
                bytes += got.loaded;
                let Some(fault) = got.fault else { break };
                tries += 1;
                // A server that is away for a moment, or asks for patience, is asked again; a bad tile is not.
                if !fault.is_of_server() || tries > 3 {
                    return Some(Err(fault));
                }
                if !self.wait_for(source.gate, &fault) {
                    return None;
                }
            }
        }
        Some(Ok(bytes))
    }

    /// Waits until the server is to be asked again; false where it was cancelled meanwhile.
    fn wait_for(&self, gate: &Gate, fault: &Fault) -> bool {
        let now = Utc::now().timestamp_millis();
        let Some((_, until)) = gate.closed(now) else {
            return true;
        };
        self.tell(|progress| {
            progress.fault = Some(fault.clone());
            progress.waits_until_ms = Some(until);
        });
        let done = self.pause(Duration::from_millis((until - now).max(0) as u64));
        self.tell(|progress| progress.waits_until_ms = None);
        done
    }

    fn pause(&self, long: Duration) -> bool {
        let mut left = long;
        while !left.is_zero() {
            if self.is_cancelled() {
                return false;
            }
            let step = left.min(LOOK_EVERY);
            std::thread::sleep(step);
            left -= step;
        }
        !self.is_cancelled()
    }
}

#[cfg(test)]
mod tests;
