//! Moves pages from the write-ahead log to the file on a thread of its own, while an import writes the next ones.
//!
//! Nothing depends on it: what it leaves is moved by the engine itself, later and on the thread that writes.

use std::path::Path;
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, bounded};
use rusqlite::{Connection, OpenFlags};

/// A thread that moves pages. Dropping it waits for the pages that are being moved.
#[derive(Debug)]
pub struct Mover {
    wake: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Mover {
    /// Starts the thread for the book at `path`; `None` where that can't be done.
    pub fn start(path: &Path) -> Option<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).ok()?;
        let (wake, wakes) = bounded(1);
        let thread = std::thread::Builder::new()
            .name("store-log".to_owned())
            .spawn(move || {
                for () in wakes {
                    // Where it fails, the engine moves the pages later.
                    let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
                }
            })
            .ok()?;
        Some(Self {
            wake: Some(wake),
            thread: Some(thread),
        })
    }

    /// Lets it move what is in the log by now. Does not wait.
    pub fn wake(&self) {
        if let Some(wake) = &self.wake {
            // Where it is woken already, once is enough.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Mover {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell: see above.
            let _ = thread.join();
        }
    }
}
