//! What can go wrong inside the engine, and how it is told to the outside.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// An error on its way out, before the file's name is added.
#[derive(Debug)]
pub enum Trouble {
    /// The database engine's.
    Sql(rusqlite::Error),
    /// Already in the store's words.
    Store(StoreError),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Trouble {
    /// In the store's words, about the database at `path`.
    pub fn at(self, path: &Path) -> StoreError {
        let error = match self {
            Self::Store(error) => return error,
            Self::Sql(error) => error,
        };
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                StoreError::ReadOnly {
                    path,
                    reason: error.to_string(),
                }
            }
            Some(ErrorCode::NotADatabase) => StoreError::NotABook {
                path,
                reason: "its contents are not those of an SQLite database".to_owned(),
            },
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged(format!("{}: {error}", path.display())),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Engine(format!(
                "another program is writing to {} and did not finish in time; nothing was written, try again",
                path.display()
            )),
            _ => StoreError::Engine(format!("{error} ({})", path.display())),
        }
    }
}
