//! Tiles kept on disk, with a limit to their size: those that were not used for longest go first.
//!
//! One small database, which several programs may use at once. It is only a copy of what servers have: a damaged one is
//! made anew.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::TileKey;
use super::fetch::Validators;

/// How long another program may hold the database.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);
/// That a tile was used is written down again only after this time.
const USED_AGAIN_MS: i64 = 3_600_000;
/// Making room goes on to this share of the limit, in hundredths, so that not every tile makes room for itself.
const ROOM_TO: u64 = 90;

const SHAPE: &str = "
CREATE TABLE IF NOT EXISTS tile (
    shelf TEXT NOT NULL, z INTEGER NOT NULL, x INTEGER NOT NULL, y INTEGER NOT NULL,
    body BLOB NOT NULL, size INTEGER NOT NULL,
    fetched_ms INTEGER NOT NULL, fresh_until_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL,
    etag TEXT NOT NULL, modified TEXT NOT NULL,
    PRIMARY KEY (shelf, z, x, y)
);
CREATE INDEX IF NOT EXISTS tile_used ON tile (used_ms, size);
CREATE INDEX IF NOT EXISTS tile_size ON tile (shelf, size);
";

/// A tile as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The picture.
    pub body: Vec<u8>,
    /// When it was fetched, or its server last said that it is still right, in milliseconds since 1970.
    pub fetched_ms: i64,
    /// Until when it needs no question.
    pub fresh_until_ms: i64,
    /// By what to ask for it again.
    pub validators: Validators,
}

/// What is on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Tiles.
    pub tiles: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The tiles on disk.
#[derive(Debug)]
pub struct Disk {
    db: Connection,
    limit: u64,
    /// Bytes as far as this program knows: what other programs add is counted when room is made.
    bytes: std::cell::Cell<u64>,
}

impl Disk {
    /// Opens the database `path`, which may become `limit` bytes large; makes it where it is missing, and anew where it is
    /// damaged.
    ///
    /// # Errors
    /// Where the disk does not let us, with the path and why.
    pub fn open(path: &Path, limit: u64) -> Result<Self, String> {
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| told(&error))?;
        }
        let db = match connect(path) {
            Err(rusqlite::Error::SqliteFailure(code, _))
                if matches!(
                    code.code,
                    rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt
                ) =>
            {
                remove(path).map_err(|error| told(&error))?;
                connect(path)
            }
            other => other,
        };
        let db = db.map_err(|error| told(&error))?;
        let disk = Self {
            db,
            limit,
            bytes: std::cell::Cell::new(0),
        };
        disk.bytes.set(disk.held().bytes);
        Ok(disk)
    }

    /// The tile, where it is there; fresh or not.
    pub fn get(&self, shelf: &str, tile: TileKey, now_ms: i64) -> Option<Kept> {
        let key = params![shelf, tile.z, tile.x, tile.y];
        let sql = "SELECT body, fetched_ms, fresh_until_ms, etag, modified, used_ms FROM tile
                   WHERE shelf = ?1 AND z = ?2 AND x = ?3 AND y = ?4";
        let found = self.db.prepare_cached(sql).ok()?.query_row(key, |row| {
            let kept = Kept {
                body: row.get(0)?,
                fetched_ms: row.get(1)?,
                fresh_until_ms: row.get(2)?,
                validators: Validators {
                    etag: row.get(3)?,
                    modified: row.get(4)?,
                },
            };
            Ok((kept, row.get::<_, i64>(5)?))
        });
        // What can't be read is as good as missing: it is fetched again.
        let (kept, used_ms) = found.optional().ok()??;
        if now_ms - used_ms > USED_AGAIN_MS {
            let sql = "UPDATE tile SET used_ms = ?5 WHERE shelf = ?1 AND z = ?2 AND x = ?3 AND y = ?4";
            let _ = self
                .db
                .execute(sql, params![shelf, tile.z, tile.x, tile.y, now_ms]);
        }
        Some(kept)
    }

    /// Whether the tile is there and fresh. Reads no picture.
    pub fn is_fresh(&self, shelf: &str, tile: TileKey, now_ms: i64) -> bool {
        let sql =
            "SELECT 1 FROM tile WHERE shelf = ?1 AND z = ?2 AND x = ?3 AND y = ?4 AND fresh_until_ms > ?5";
        let key = params![shelf, tile.z, tile.x, tile.y, now_ms];
        let found = self.db.prepare_cached(sql).and_then(|mut sql| sql.exists(key));
        found.unwrap_or(false)
    }

    /// Keeps a tile, and makes room where the limit is passed.
    ///
    /// # Errors
    /// Where the disk is full or does not let us.
    pub fn put(&self, shelf: &str, tile: TileKey, kept: &Kept) -> Result<(), String> {
        let sql = "INSERT OR REPLACE INTO tile
                   (shelf, z, x, y, body, size, fetched_ms, fresh_until_ms, used_ms, etag, modified)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?9, ?10)";
        let values = params![
            shelf,
            tile.z,
            tile.x,
            tile.y,
            kept.body,
            kept.body.len() as i64,
            kept.fetched_ms,
            kept.fresh_until_ms,
            kept.validators.etag,
            kept.validators.modified,
        ];
        let put = self
            .db
            .prepare_cached(sql)
            .and_then(|mut sql| sql.execute(values));
        put.map_err(|error| error.to_string())?;
        self.bytes.set(self.bytes.get() + kept.body.len() as u64);
        if self.bytes.get() > self.limit {
            self.make_room()?;
        }
        Ok(())
    }

    /// Notes that a tile is still right.
    pub fn renew(&self, shelf: &str, tile: TileKey, now_ms: i64, fresh_until_ms: i64) {
        let sql = "UPDATE tile SET fetched_ms = ?5, fresh_until_ms = ?6, used_ms = ?5
                   WHERE shelf = ?1 AND z = ?2 AND x = ?3 AND y = ?4";
        let values = params![shelf, tile.z, tile.x, tile.y, now_ms, fresh_until_ms];
        // A question more later is no harm.
        let _ = self.db.execute(sql, values);
    }

    /// How much is there.
    pub fn held(&self) -> Held {
        self.sum("SELECT count(*), coalesce(sum(size), 0) FROM tile", &[])
    }

    /// How much of one template is there.
    pub fn held_of(&self, shelf: &str) -> Held {
        self.sum(
            "SELECT count(*), coalesce(sum(size), 0) FROM tile WHERE shelf = ?1",
            &[&shelf],
        )
    }

    fn sum(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Held {
        let row = |row: &rusqlite::Row<'_>| {
            Ok(Held {
                tiles: row.get::<_, i64>(0)? as u64,
                bytes: row.get::<_, i64>(1)? as u64,
            })
        };
        self.db.query_row(sql, values, row).unwrap_or_default()
    }

    /// Takes everything out.
    ///
    /// # Errors
    /// Where the disk does not let us.
    pub fn clear(&self) -> Result<(), String> {
        self.bytes.set(0);
        let cleared = self
            .db
            .execute_batch("DELETE FROM tile; VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
        cleared.map_err(|error| error.to_string())
    }

    /// Takes out what was not used for longest, until there is some room below the limit.
    ///
    /// # Errors
    /// Where the disk does not let us.
    pub fn make_room(&self) -> Result<(), String> {
        let held = self.held().bytes;
        self.bytes.set(held);
        if held <= self.limit {
            return Ok(());
        }
        let surplus = held - self.limit * ROOM_TO / 100;
        // The running sum is that of the tiles before, so that the last one makes it enough.
        let sql = "DELETE FROM tile WHERE rowid IN (
                       SELECT id FROM (
                           SELECT rowid AS id, sum(size) OVER (ORDER BY used_ms, rowid) - size AS before FROM tile
                       ) WHERE before < ?1
                   )";
        let done = self.db.execute(sql, [surplus as i64]);
        let done = done.and_then(|_| self.db.execute_batch("PRAGMA incremental_vacuum;"));
        self.bytes.set(self.held().bytes);
        done.map_err(|error| error.to_string())
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.busy_timeout(PATIENCE)?;
    // Room that is made is given back to the disk. A power cut may cost the last tiles, never the database.
    db.execute_batch(
        "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
    )?;
    db.execute_batch(SHAPE)?;
    // A look at the table finds out whether it is one.
    db.query_row("SELECT count(*) FROM tile WHERE used_ms < 0", [], |_| Ok(()))?;
    Ok(db)
}

fn remove(path: &Path) -> std::io::Result<()> {
    std::fs::remove_file(path)?;
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(suffix);
        // They are mostly not there.
        let _ = std::fs::remove_file(PathBuf::from(beside));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_600_000_000;

    fn tile(x: u32) -> TileKey {
        TileKey { z: 15, x, y: 7 }
    }

    fn kept(byte: u8, size: usize, fetched_ms: i64) -> Kept {
        Kept {
            body: vec![byte; size],
            fetched_ms,
            fresh_until_ms: fetched_ms + 1000,
            validators: Validators::default(),
        }
    }

    fn open(dir: &tempfile::TempDir, limit: u64) -> Disk {
        Disk::open(&dir.path().join("folder/tiles.db"), limit).unwrap()
    }

    #[test]
    fn a_tile_is_there_again_after_a_new_start() {
        let dir = tempfile::tempdir().unwrap();
        let mut one = kept(1, 100, NOW);
        one.validators.etag = "\"a\"".into();
        open(&dir, 1 << 20).put("s", tile(1), &one).unwrap();
        let disk = open(&dir, 1 << 20);
        assert_eq!(disk.get("s", tile(1), NOW), Some(one));
        assert_eq!(disk.get("t", tile(1), NOW), None);
        assert_eq!(disk.get("s", tile(2), NOW), None);
        assert!(disk.is_fresh("s", tile(1), NOW) && !disk.is_fresh("s", tile(1), NOW + 2000));
        disk.renew("s", tile(1), NOW + 5000, NOW + 9000);
        assert!(disk.is_fresh("s", tile(1), NOW + 8000));
        assert_eq!(disk.held(), Held { tiles: 1, bytes: 100 });
        disk.clear().unwrap();
        assert_eq!(disk.held(), Held::default());
    }

    #[test]
    fn what_was_not_used_for_longest_makes_room() {
        let dir = tempfile::tempdir().unwrap();
        let disk = open(&dir, 10_000);
        for x in 0..10 {
            disk.put("s", tile(x), &kept(x as u8, 1000, NOW + i64::from(x)))
                .unwrap();
        }
        assert_eq!(disk.held().tiles, 10);
        // The oldest is looked at later, which saves it.
        let later = NOW + USED_AGAIN_MS * 2;
        assert!(disk.get("s", tile(0), later).is_some());
        disk.put("s", tile(10), &kept(10, 1000, later)).unwrap();
        let held = disk.held();
        assert!(held.bytes <= 9000, "{held:?}");
        assert!(disk.get("s", tile(0), later).is_some());
        assert!(disk.get("s", tile(1), later).is_none());
        assert!(disk.get("s", tile(9), later).is_some());
        assert!(disk.get("s", tile(10), later).is_some());
    }

    #[test]
    fn room_that_was_made_goes_back_to_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let disk = open(&dir, 2 << 20);
        for x in 0..400 {
            disk.put("s", tile(x), &kept(1, 20_000, NOW + i64::from(x)))
                .unwrap();
        }
        disk.db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
        let size = std::fs::metadata(dir.path().join("folder/tiles.db"))
            .unwrap()
            .len();
        assert!(size < 4 << 20, "{size}");
    }

    #[test]
    fn a_damaged_one_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tiles.db");
        std::fs::write(&path, b"this is no database at all, ".repeat(100)).unwrap();
        let disk = Disk::open(&path, 1 << 20).unwrap();
        disk.put("s", tile(1), &kept(1, 10, NOW)).unwrap();
        assert_eq!(disk.held().tiles, 1);
    }

    #[test]
    fn a_folder_that_can_not_be_made_is_told() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), b"").unwrap();
        let error = Disk::open(&dir.path().join("file/tiles.db"), 1).unwrap_err();
        assert!(error.contains("tiles.db"), "{error}");
    }

    #[test]
    fn two_programs_share_it() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (open(&dir, 1 << 20), open(&dir, 1 << 20));
        one.put("s", tile(1), &kept(1, 10, NOW)).unwrap();
        other.put("s", tile(2), &kept(2, 10, NOW)).unwrap();
        assert!(one.get("s", tile(2), NOW).is_some() && other.get("s", tile(1), NOW).is_some());
    }
}
