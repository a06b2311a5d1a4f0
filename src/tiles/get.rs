//! Gets a tile: from disk where it is fresh, else from its server, else from disk although it is stale.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::disk::{Disk, Kept};
use super::fetch::{AWAY_MOST, Client, Fault, Fetched, Validators};
use super::{Server, TileKey, server::shelf};

/// How long a server that can't be reached is left alone at first, in seconds; then twice as long, and so on.
const AWAY_FIRST_SECS: u64 = 5;
/// And at most.
const AWAY_LONGEST_SECS: u64 = 120;

/// A tile of one template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Got {
    /// The picture; `None` where the server has none for this tile, or it can't be had.
    pub body: Option<Vec<u8>>,
    /// When it was fetched, in milliseconds since 1970.
    pub fetched_ms: i64,
    /// Until when it is fresh.
    pub fresh_until_ms: i64,
    /// Bytes that came over the network.
    pub loaded: u64,
    /// Why there is none, or no newer one.
    pub fault: Option<Fault>,
}

/// Whether a server is asked at the moment. One that fails is left alone for a while, one that asks for it, for as long as
/// it says.
#[derive(Debug, Default)]
pub struct Gate(Mutex<GateState>);

#[derive(Debug, Default)]
struct GateState {
    closed_until_ms: i64,
    failures: u32,
    why: Option<Fault>,
}

impl Gate {
    /// Why the server is not asked now, and until when.
    pub fn closed(&self, now_ms: i64) -> Option<(Fault, i64)> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let why = state.why.clone()?;
        (now_ms < state.closed_until_ms).then_some((why, state.closed_until_ms))
    }

    /// Asks it again at once.
    pub fn open(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = GateState::default();
    }

    fn close(&self, fault: &Fault, now_ms: i64) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let secs = match fault {
            Fault::TooMany { after_secs } => *after_secs,
            // Requests that were under way together fail together, and count once.
            _ if now_ms < state.closed_until_ms => return,
            _ => (AWAY_FIRST_SECS << state.failures.min(8)).min(AWAY_LONGEST_SECS),
        };
        state.failures += 1;
        let until = now_ms + secs.min(AWAY_MOST.as_secs()) as i64 * 1000;
        state.closed_until_ms = state.closed_until_ms.max(until);
        state.why = Some(fault.clone());
    }
}

/// Where tiles come from.
pub struct Source<'a> {
    /// The server.
    pub server: &'a Server,
    /// Asks it.
    pub client: &'a Client,
    /// Whether it is asked now.
    pub gate: &'a Gate,
    /// What is kept; `None` where nothing can be.
    pub disk: Option<&'a Mutex<Disk>>,
}

impl Source<'_> {
    fn with_disk<T>(&self, f: impl FnOnce(&Disk) -> T) -> Option<T> {
        let disk = self.disk?;
        Some(f(&disk.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// The tile as it is on disk, fresh or not.
    pub fn kept(&self, template: &str, tile: TileKey, now_ms: i64) -> Option<Got> {
        let kept = self.with_disk(|disk| disk.get(&shelf(template), tile, now_ms))??;
        Some(as_kept(kept, None))
    }

    /// Gets the tile by one of the server's templates.
    pub async fn get(&self, template: &str, tile: TileKey, now: DateTime<Utc>) -> Got {
        let shelf = shelf(template);
        let now_ms = now.timestamp_millis();
        let kept = self.with_disk(|disk| disk.get(&shelf, tile, now_ms)).flatten();
        if let Some(kept) = &kept
            && kept.fresh_until_ms > now_ms
        {
            return as_kept(kept.clone(), None);
        }
        if let Some((fault, _)) = self.gate.closed(now_ms) {
            return or_kept(kept, fault);
        }
        let validators = kept
            .as_ref()
            .map(|kept| kept.validators.clone())
            .unwrap_or_default();
        let url = self.server.url(template, tile);
        match self.client.get(&url, &validators, now).await {
            Ok(Fetched::New {
                body,
                fresh,
                validators,
            }) => {
                self.gate.open();
                let kept = fresh_tile(body, fresh, validators, now_ms);
                self.with_disk(|disk| {
                    if let Err(why) = disk.put(&shelf, tile, &kept) {
                        tracing::warn!("a tile can't be kept: {why}");
                    }
                });
                Got {
                    loaded: kept.body.len() as u64,
                    ..as_kept(kept, None)
                }
            }
            Ok(Fetched::Same { fresh }) => {
                self.gate.open();
                let until = now_ms + fresh.as_millis() as i64;
                self.with_disk(|disk| disk.renew(&shelf, tile, now_ms, until));
                kept.map(|kept| Got {
                    fetched_ms: now_ms,
                    fresh_until_ms: until,
                    ..as_kept(kept, None)
                })
                .unwrap_or_default()
            }
            Ok(Fetched::None) => {
                self.gate.open();
                Got::default()
            }
            Err(fault) => {
                if fault.is_of_server() {
                    self.gate.close(&fault, now_ms);
                }
                or_kept(kept, fault)
            }
        }
    }

    /// Whether all that makes up the tile is on disk and fresh.
    pub fn is_kept(&self, tile: TileKey, now_ms: i64) -> bool {
        let fresh = |template: &str| {
            self.with_disk(|disk| disk.is_fresh(&shelf(template), tile, now_ms))
                .unwrap_or(false)
        };
        self.server.templates().iter().all(|template| fresh(template))
    }
}

fn fresh_tile(body: Vec<u8>, fresh: Duration, validators: Validators, now_ms: i64) -> Kept {
    Kept {
        body,
        fetched_ms: now_ms,
        fresh_until_ms: now_ms + fresh.as_millis() as i64,
        validators,
    }
}

fn as_kept(kept: Kept, fault: Option<Fault>) -> Got {
    Got {
        body: Some(kept.body),
        fetched_ms: kept.fetched_ms,
        fresh_until_ms: kept.fresh_until_ms,
        loaded: 0,
        fault,
    }
}

fn or_kept(kept: Option<Kept>, fault: Fault) -> Got {
    match kept {
        Some(kept) => as_kept(kept, Some(fault)),
        None => Got {
            fault: Some(fault),
            ..Got::default()
        },
    }
}

#[cfg(test)]
mod gate_tests {
    use super::*;

    #[test]
    fn a_server_that_fails_is_left_alone_ever_longer() {
        let gate = Gate::default();
        let mut now = 1_000_000;
        let mut waits = Vec::new();
        for _ in 0..7 {
            gate.close(&Fault::Timeout, now);
            let (why, until) = gate.closed(now).unwrap();
            assert_eq!(why, Fault::Timeout);
            waits.push((until - now) / 1000);
            // Another request that was under way fails too: that is the same failure.
            gate.close(&Fault::Timeout, now + 1);
            assert_eq!(gate.closed(now).unwrap().1, until);
            now = until;
            assert_eq!(gate.closed(now), None);
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 120, 120]);
        gate.open();
        gate.close(&Fault::Timeout, now);
        assert_eq!(gate.closed(now).unwrap().1 - now, 5000);
    }

    #[test]
    fn a_server_that_asks_for_it_is_left_alone_for_as_long_as_it_says() {
        let gate = Gate::default();
        gate.close(&Fault::Timeout, 0);
        gate.close(&Fault::TooMany { after_secs: 600 }, 1);
        assert!(gate.closed(600_000).is_some());
        assert_eq!(gate.closed(600_001), None);
    }
}

#[cfg(test)]
#[path = "get_tests.rs"]
mod tests;
