//! The lock against two programs of different versions on one book.
//!
//! Beside the book lies a small file, `book.db.lock`, that holds the version of the program that has the book open.
//! Programs of that version share the lock; another version is turned away. The system drops the lock when a
//! program ends in whatever way, so nothing stale can remain.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::store::StoreError;

/// How often a lock is tried, and how long between two tries. Another program holds the lock exclusively only
/// while it sets up the book, and one that has just ended may still stand in the file.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(25);

/// A shared hold on a book. Dropping it lets go.
#[derive(Debug)]
pub struct BookLock {
    file: File,
    sole: bool,
}

/// Where the lock of the book at `book` lies.
pub fn lock_path(book: &Path) -> PathBuf {
    let mut name = book.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

impl BookLock {
    /// Takes hold of the book at `book` for a program of `version`.
    ///
    /// # Errors
    /// [`StoreError::OtherVersion`] while a program of another version holds it, [`StoreError::ReadOnly`] where the
    /// lock file can't be made.
    pub fn take(book: &Path, version: &str) -> Result<Self, StoreError> {
        let path = lock_path(book);
        let refused = |error: &std::io::Error| StoreError::ReadOnly {
            path: path.clone(),
            reason: error.to_string(),
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| refused(&e))?;
        let mut theirs = String::new();
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => {
                    write_version(&mut file, version).map_err(|e| refused(&e))?;
                    return Ok(Self { file, sole: true });
                }
                Err(TryLockError::Error(error)) => return Err(refused(&error)),
                Err(TryLockError::WouldBlock) => {}
            }
            match file.try_lock_shared() {
                Ok(()) => {
                    theirs = read_version(&mut file).map_err(|e| refused(&e))?;
                    if theirs == version {
                        return Ok(Self { file, sole: false });
                    }
                    file.unlock().map_err(|e| refused(&e))?;
                }
                Err(TryLockError::Error(error)) => return Err(refused(&error)),
                Err(TryLockError::WouldBlock) => {}
            }
            std::thread::sleep(PAUSE);
        }
        if theirs.is_empty() {
            return Err(StoreError::Engine(format!(
                "another program is setting up {} and does not finish: close it, then try again",
                book.display()
            )));
        }
        Err(StoreError::OtherVersion {
            path: book.to_owned(),
            theirs,
            ours: version.to_owned(),
        })
    }

    /// Whether no other program holds the book. So it stays until [`Self::share`].
    pub fn is_sole(&self) -> bool {
        self.sole
    }

    /// Lets programs of the same version in.
    ///
    /// # Errors
    /// Where another version came in at the very moment, or the system refuses.
    pub fn share(self, book: &Path, version: &str) -> Result<Self, StoreError> {
        if !self.sole {
            return Ok(self);
        }
        // The system may let go for an instant while it changes the kind of a lock, so what the file says is read again.
        let Self { mut file, .. } = self;
        let refused = |e: std::io::Error| StoreError::ReadOnly {
            path: lock_path(book),
            reason: e.to_string(),
        };
        file.lock_shared().map_err(refused)?;
        let theirs = read_version(&mut file).map_err(refused)?;
        if theirs == version {
            Ok(Self { file, sole: false })
        } else {
            Err(StoreError::OtherVersion {
                path: book.to_owned(),
                theirs,
                ours: version.to_owned(),
            })
        }
    }
}

fn write_version(file: &mut File, version: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(version.as_bytes())
}

fn read_version(file: &mut File) -> std::io::Result<String> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0))?;
    Read::by_ref(file).take(100).read_to_string(&mut text)?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_version_shares_and_another_is_turned_away() {
        let folder = tempfile::tempdir().unwrap();
        let book = folder.path().join("book.db");
        let first = BookLock::take(&book, "1.0.0").unwrap();
        assert!(first.is_sole());
        let first = first.share(&book, "1.0.0").unwrap();
        let second = BookLock::take(&book, "1.0.0").unwrap();
        assert!(!second.is_sole());
        let refused = BookLock::take(&book, "1.1.0").unwrap_err();
        assert!(
            matches!(&refused, StoreError::OtherVersion { theirs, .. } if theirs == "1.0.0"),
            "{refused}"
        );
        drop((first, second));
        assert!(BookLock::take(&book, "1.1.0").unwrap().is_sole());
    }
}
