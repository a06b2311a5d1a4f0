//! A book without anything in it, for commands that only look and find no book.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::store::StoreError;
use crate::store::sqlite::SqliteStore;

/// The folder of a book that is thrown away with it.
pub struct EmptyBook(PathBuf);

impl EmptyBook {
    /// Makes the folder.
    ///
    /// # Errors
    /// Where the system's folder for such things can't be written.
    pub fn new() -> anyhow::Result<Self> {
        let all = std::env::temp_dir();
        let folder = (0..100).map(|n| all.join(format!("yipanqi-{}-{n}", std::process::id())));
        let mut last = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        for folder in folder {
            // Fails where anything of that name is there already.
            match std::fs::create_dir(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) => last = error,
            }
        }
        Err(last).with_context(|| all.display().to_string())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Opens the book. Drop it before this.
    ///
    /// # Errors
    /// As those of any book.
    pub fn open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(&self.0.join("book.db"))
    }
}

impl Drop for EmptyBook {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
