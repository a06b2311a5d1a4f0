//! A PMTiles file: opened once, checked before it is trusted, and read piece by piece.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use pmtiles::{
    AsyncBackend, AsyncPmTilesReader, BackendResponse, Compression, Directory, HashMapCache, PmtError,
    PmtResult, TileCoord, TileType,
};

use crate::tiles::fetch::check_picture;

/// Length of the header of a PMTiles file, in bytes.
const HEADER_BYTES: usize = 127;
/// The root directory lies within the first 16 KiB (PMTiles specification, version 3).
const ROOT_WITHIN: u64 = 16_384;
/// Nothing that is read at once is longer than this, in bytes: directories and tiles are far smaller.
const MOST_AT_ONCE: usize = 32 << 20;
/// No tile unpacks to more than this, in bytes.
const MOST_UNPACKED: usize = 16 << 20;
/// Directories that are kept, of some thousand tiles each.
const KEEP_DIRECTORIES: usize = 64;

/// Why a base map can't be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseError {
    /// The file is not there or can't be read.
    #[error("{}: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The file is not a PMTiles archive.
    #[error("{}: not a PMTiles file (version 3)", path.display())]
    NotPmTiles {
        /// The file.
        path: PathBuf,
    },
    /// The file begins like a PMTiles archive but its parts don't fit.
    #[error("{}: damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The tiles are of a kind that can't be drawn.
    #[error("{}: tiles of the kind {kind} can't be drawn", path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// What they are.
        kind: String,
    },
}

impl BaseError {
    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Unreadable { path, .. }
            | Self::NotPmTiles { path }
            | Self::Damaged { path, .. }
            | Self::Kind { path, .. } => path,
        }
    }
}

/// What the head of a PMTiles file says.
#[derive(Clone, Debug, PartialEq)]
pub struct FileInfo {
    /// Whether the tiles are drawings, else pictures.
    pub vector: bool,
    /// The closest zoom level of the tiles.
    pub max_zoom: u8,
    /// The widest zoom level of the tiles.
    pub min_zoom: u8,
    /// Whom the file names as its origin, in plain text.
    pub attribution: String,
}

/// The directories that were read, by where they begin.
type Directories = Arc<RwLock<HashMap<usize, Directory>>>;

/// An open PMTiles file.
pub struct TileFile {
    reader: AsyncPmTilesReader<FileBackend, HashMapCache>,
    directories: Directories,
    info: FileInfo,
    gzip: bool,
}

impl TileFile {
    /// Opens a file after a look at its head.
    ///
    /// # Errors
    /// Where it can't be read, is no PMTiles file, is damaged, or holds tiles that can't be drawn.
    pub fn open(path: &Path) -> Result<Self, BaseError> {
        open(path)
    }

    /// What its head says.
    pub fn info(&self) -> &FileInfo {
        &self.info
    }

    /// The tile, unpacked; `None` where the file has none.
    ///
    /// # Errors
    /// Where the tile is damaged, or far too large: why.
    pub fn read(&self, zoom: u8, x: u32, y: u32) -> Result<Option<Vec<u8>>, String> {
        let coord = TileCoord::new(zoom, x, y).map_err(|e| e.to_string())?;
        let packed = block_on(self.reader.get_tile(coord)).map_err(|e| e.to_string())?;
        self.forget_directories();
        let Some(packed) = packed.filter(|bytes| !bytes.is_empty()) else {
            return Ok(None);
        };
        let bytes = if self.gzip {
            unpack(&packed)?
        } else {
            packed.to_vec()
        };
        if !self.info.vector {
            check_picture(&bytes).map_err(|fault| fault.to_string())?;
        }
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    fn forget_directories(&self) {
        let mut known = self.directories.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() > KEEP_DIRECTORIES {
            known.clear();
        }
    }
}

/// Unpacks a tile, within a bound: a few bytes can unpack to gigabytes.
fn unpack(packed: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let most = MOST_UNPACKED as u64;
    flate2::read::GzDecoder::new(packed)
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| e.to_string())?;
    if bytes.len() as u64 > most {
        return Err(format!("unpacks to more than {} MiB", MOST_UNPACKED >> 20));
    }
    Ok(bytes)
}

fn open(path: &Path) -> Result<TileFile, BaseError> {
    let unreadable = |e: std::io::Error| BaseError::Unreadable {
        path: path.to_owned(),
        why: e.to_string(),
    };
    let damaged = |why: String| BaseError::Damaged {
        path: path.to_owned(),
        why,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(BaseError::NotPmTiles {
            path: path.to_owned(),
        });
    }
    check_head(&mut file, meta.len()).map_err(|fault| match fault {
        HeadFault::Foreign => BaseError::NotPmTiles {
            path: path.to_owned(),
        },
        HeadFault::Packed(how) => BaseError::Kind {
            path: path.to_owned(),
            kind: how,
        },
        HeadFault::Damaged(why) => damaged(why),
        HeadFault::Io(e) => unreadable(e),
    })?;
    let backend = FileBackend {
        file: Mutex::new(file),
        len: meta.len(),
    };
    let directories = Directories::default();
    let cache = HashMapCache {
        cache: directories.clone(),
    };
    // The head is checked, yet the reader trusts lengths inside the directory: a panic there is a damaged file.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        block_on(async {
            let reader = AsyncPmTilesReader::try_from_cached_source(backend, cache).await?;
            let attribution = reader
                .get_metadata()
                .await
                .map(|json| attribution_of(&json))
                .unwrap_or_default();
            Ok::<_, PmtError>((reader, attribution))
        })
    }));
    let (reader, attribution) = match opened {
        Ok(result) => result.map_err(|e| damaged(e.to_string()))?,
        Err(_) => return Err(damaged("its directory".into())),
    };
    let header = reader.get_header();
    let vector = match header.tile_type {
        TileType::Mvt => true,
        TileType::Png | TileType::Jpeg => false,
        other => {
            return Err(BaseError::Kind {
                path: path.to_owned(),
                kind: format!("{other:?}"),
            });
        }
    };
    let (min_zoom, max_zoom) = (header.min_zoom, header.max_zoom.min(24));
    if min_zoom > max_zoom {
        return Err(damaged(format!("zoom levels {min_zoom} to {max_zoom}")));
    }
    let gzip = header.tile_compression == Compression::Gzip;
    Ok(TileFile {
        reader,
        directories,
        info: FileInfo {
            vector,
            max_zoom,
            min_zoom,
            attribution,
        },
        gzip,
    })
}

enum HeadFault {
    Foreign,
    /// Packed in a way that can't be unpacked.
    Packed(String),
    Damaged(String),
    Io(std::io::Error),
}

/// Checks the parts of the head that the reader takes for granted.
fn check_head(file: &mut File, len: u64) -> Result<(), HeadFault> {
    if len < HEADER_BYTES as u64 {
        return Err(HeadFault::Foreign);
    }
    let mut head = [0u8; HEADER_BYTES];
    file.read_exact(&mut head).map_err(HeadFault::Io)?;
    if !head.starts_with(b"PMTiles\x03") {
        return Err(HeadFault::Foreign);
    }
    for (what, at) in [("directories", 97), ("tiles", 98)] {
        match head[at] {
            // Not said, not packed, gzip.
            0..=2 => {}
            3 => return Err(HeadFault::Packed(format!("{what}: Brotli"))),
            4 => return Err(HeadFault::Packed(format!("{what}: Zstandard"))),
            other => return Err(HeadFault::Damaged(format!("{what}: compression {other}"))),
        }
    }
    let number = |at: usize| {
        let mut bytes = [0u8; 8];
        bytes.copy_from_slice(&head[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    let parts = [
        ("root directory", 8),
        ("metadata", 24),
        ("leaf directories", 40),
        ("tile data", 56),
    ];
    for (name, at) in parts {
        let (offset, length) = (number(at), number(at + 8));
        let end = offset.checked_add(length).filter(|end| *end <= len);
        let wrong = match end {
            None => true,
            Some(end) => {
                name == "root directory" && (offset < HEADER_BYTES as u64 || end > ROOT_WITHIN.min(len))
            }
        };
        if wrong {
            let why = format!("{name}: {length} bytes at {offset}, the file has {len} bytes");
            return Err(HeadFault::Damaged(why));
        }
    }
    Ok(())
}

/// The attribution of a file's metadata, without markup.
fn attribution_of(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let text = value
        .get("attribution")
        .and_then(|v| v.as_str())
        .unwrap_or_default();
    let mut plain = String::new();
    let mut inside = false;
    for c in text.chars().take(400) {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside && !c.is_control() => plain.push(c),
            _ => {}
        }
    }
    plain.trim().to_owned()
}

/// Reads through the file's handle. A mapped file would end the program if somebody cut it short on a shared disk.
struct FileBackend {
    file: Mutex<File>,
    len: u64,
}

impl FileBackend {
    fn read_at(&self, offset: usize, length: usize) -> std::io::Result<Vec<u8>> {
        if length > MOST_AT_ONCE {
            return Err(std::io::Error::other(format!("{length} bytes at once")));
        }
        let left = self.len.saturating_sub(offset as u64);
        let length = (length as u64).min(left);
        let mut bytes = vec![0; length as usize];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset as u64))?;
        file.read_exact(&mut bytes)?;
        #[cfg(test)]
        tests::TAKEN.with(|taken| taken.set(taken.get() + length));
        Ok(bytes)
    }
}

impl AsyncBackend for FileBackend {
    fn read(&self, offset: usize, length: usize) -> impl Future<Output = PmtResult<BackendResponse>> + Send {
        std::future::ready(
            self.read_at(offset, length)
                .map(|b| BackendResponse::new(b.into()))
                .map_err(PmtError::Reading),
        )
    }
}

/// Runs a future that waits for nothing but the disk.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiles::serving::png;
    use std::cell::Cell;
    use std::io::Write;

    thread_local! {
        /// Bytes that were read on this thread.
        pub(super) static TAKEN: Cell<u64> = const { Cell::new(0) };
    }

    /// What an archive of a test consists of.
    struct Archive {
        kind: u8,
        packed: u8,
        /// Tile number, where it begins among the tiles, how long it is.
        entries: Vec<(u64, u64, u64)>,
        /// Bytes of all tiles, most of them a hole.
        room: u64,
        /// What is written among the tiles, and where.
        tiles: Vec<(u64, Vec<u8>)>,
    }

    /// An archive of pictures with one tile, the whole world.
    fn world(tile: Vec<u8>) -> Archive {
        Archive {
            kind: 2,
            packed: 1,
            entries: vec![(0, 0, tile.len() as u64)],
            room: tile.len() as u64,
            tiles: vec![(0, tile)],
        }
    }

    fn varint(mut n: u64, to: &mut Vec<u8>) {
        while n >= 128 {
            to.push(n as u8 | 128);
            n >>= 7;
        }
        to.push(n as u8);
    }

    impl Archive {
        fn write(&self) -> (tempfile::TempDir, PathBuf) {
            let mut root = Vec::new();
            varint(self.entries.len() as u64, &mut root);
            let mut last = 0;
            for (id, ..) in &self.entries {
                varint(id - last, &mut root);
                last = *id;
            }
            self.entries.iter().for_each(|_| varint(1, &mut root));
            self.entries.iter().for_each(|entry| varint(entry.2, &mut root));
            self.entries
                .iter()
                .for_each(|entry| varint(entry.1 + 1, &mut root));
            let root_end = 127 + root.len() as u64;
            let data = 16_384;
            let mut head = b"PMTiles\x03".to_vec();
            for n in [
                127,
                root.len() as u64,
                root_end,
                2,
                root_end + 2,
                0,
                data,
                self.room,
                0,
                0,
                0,
            ] {
                head.extend(n.to_le_bytes());
            }
            head.extend([1, 1, self.packed, self.kind, 0, 5]);
            head.resize(127, 0);
            head.extend(&root);
            head.extend(b"{}");
            let (dir, path) = file(&head);
            let mut file = File::options().write(true).open(&path).unwrap();
            file.set_len(data + self.room).unwrap();
            for (at, bytes) in &self.tiles {
                file.seek(SeekFrom::Start(data + at)).unwrap();
                file.write_all(bytes).unwrap();
            }
            (dir, path)
        }

        fn open(&self) -> (tempfile::TempDir, Result<TileFile, BaseError>) {
            let (dir, path) = self.write();
            let opened = TileFile::open(&path);
            (dir, opened)
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn of_a_file_of_hundreds_of_megabytes_only_what_is_shown_is_read() {
        const ROOM: u64 = 600 << 20;
        let tile = png();
        // The 1365 tiles down to zoom level 5, each at the end of half a megabyte of nothing.
        let place = |id: u64| id * (ROOM / 1366);
        let archive = Archive {
            entries: (0..1365).map(|id| (id, place(id), tile.len() as u64)).collect(),
            room: ROOM,
            tiles: (0..1365).map(|id| (place(id), tile.clone())).collect(),
            ..world(tile.clone())
        };
        let (dir, path) = archive.write();
        assert!(std::fs::metadata(&path).unwrap().len() > ROOM);
        let before = TAKEN.get();
        let opened = TileFile::open(&path).unwrap();
        assert!(
            TAKEN.get() - before < 64 << 10,
            "{} bytes to open it",
            TAKEN.get() - before
        );
        // The file stays open: it can even be taken away.
        std::fs::remove_file(&path).unwrap();
        drop(dir);
        let before = TAKEN.get();
        for x in 0..32 {
            assert_eq!(opened.read(5, x, 31 - x).unwrap(), Some(tile.clone()));
        }
        assert_eq!(
            TAKEN.get() - before,
            32 * tile.len() as u64,
            "no more than the tiles"
        );
        assert_eq!(opened.read(6, 0, 0), Ok(None));
    }

    #[test]
    fn what_can_not_be_unpacked_or_drawn_is_named_at_once() {
        let kind = |archive: Archive| match archive.open().1.err() {
            Some(BaseError::Kind { kind, .. }) => kind,
            other => panic!("{other:?}"),
        };
        assert!(
            kind(Archive {
                packed: 4,
                ..world(png())
            })
            .contains("Zstandard")
        );
        assert!(
            kind(Archive {
                packed: 3,
                ..world(png())
            })
            .contains("Brotli")
        );
        assert!(
            kind(Archive {
                kind: 4,
                ..world(png())
            })
            .contains("Webp")
        );
        let unknown = Archive {
            packed: 9,
            ..world(png())
        }
        .open()
        .1
        .err();
        assert!(matches!(unknown, Some(BaseError::Damaged { .. })), "{unknown:?}");
        let (_dir, vector) = Archive {
            kind: 1,
            ..world(png())
        }
        .open();
        assert!(vector.unwrap().info().vector);
        let (_dir, picture) = world(png()).open();
        assert!(!picture.unwrap().info().vector);
    }

    #[test]
    fn a_damaged_tile_is_told_and_the_others_are_read() {
        let (good, bad) = (gzip(&png()), gzip(&png())[..40].to_vec());
        let archive = Archive {
            packed: 2,
            entries: vec![
                (0, 0, good.len() as u64),
                (1, 4000, 40),
                (2, 5000, 1 << 31),
                (3, 8000, 30),
            ],
            room: 10_000,
            tiles: vec![(0, good), (4000, bad), (8000, gzip(b"no picture"))],
            ..world(Vec::new())
        };
        let (_dir, opened) = archive.open();
        let opened = opened.unwrap();
        assert_eq!(opened.read(0, 0, 0).unwrap(), Some(png()));
        // In the order of the tile numbers: 0/0, 0/1, 1/1.
        assert!(opened.read(1, 0, 0).is_err(), "cut short");
        let long = opened.read(1, 0, 1).unwrap_err();
        assert!(long.contains("bytes at once"), "{long}");
        let foreign = opened.read(1, 1, 1).unwrap_err();
        assert!(foreign.contains("not a picture"), "{foreign}");
        assert_eq!(opened.read(0, 0, 0).unwrap(), Some(png()));
    }

    #[test]
    fn a_tile_that_unpacks_to_gigabytes_is_refused() {
        let bomb = gzip(&vec![0; MOST_UNPACKED + 10]);
        let archive = Archive {
            packed: 2,
            ..world(bomb)
        };
        let (_dir, opened) = archive.open();
        let why = opened.unwrap().read(0, 0, 0).unwrap_err();
        assert!(why.contains("16 MiB"), "{why}");
    }

    fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("base.pmtiles");
        File::create(&path).unwrap().write_all(bytes).unwrap();
        (dir, path)
    }

    fn fault(bytes: &[u8]) -> BaseError {
        let (_dir, path) = file(bytes);
        TileFile::open(&path).err().expect("a fault")
    }

    fn head(root: (u64, u64), data: (u64, u64)) -> Vec<u8> {
        let mut head = b"PMTiles\x03".to_vec();
        for n in [root.0, root.1, 127, 0, 127, 0, data.0, data.1] {
            head.extend(n.to_le_bytes());
        }
        head.resize(4096, 0);
        head
    }

    #[test]
    fn foreign_and_damaged_files_are_told_apart() {
        assert!(matches!(fault(b""), BaseError::NotPmTiles { .. }));
        assert!(matches!(fault(&[b'x'; 5000]), BaseError::NotPmTiles { .. }));
        assert!(matches!(
            fault(&head((0, 5), (127, 0))),
            BaseError::Damaged { .. }
        ));
        assert!(matches!(
            fault(&head((127, 1 << 40), (127, 0))),
            BaseError::Damaged { .. }
        ));
        assert!(matches!(
            fault(&head((127, 100), (u64::MAX, 2))),
            BaseError::Damaged { .. }
        ));
        assert!(matches!(
            fault(&head((127, 100), (300, 10))),
            BaseError::Damaged { .. }
        ));
        let missing = TileFile::open(Path::new("/no/such/file.pmtiles")).err();
        assert!(
            matches!(missing, Some(BaseError::Unreadable { .. })),
            "{missing:?}"
        );
    }

    #[test]
    fn markup_is_taken_out_of_the_attribution() {
        assert_eq!(
            attribution_of(r#"{"attribution":"<a href='x'>© OSM</a> contributors"}"#),
            "© OSM contributors"
        );
        assert_eq!(attribution_of("not json"), "");
    }
}
