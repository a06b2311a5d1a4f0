//! Reads photos: what they are, how large, under which hash. A photo can come from anywhere, so nothing in it is believed.

use std::io::{Cursor, Read};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbaImage};
use sha2::{Digest, Sha256};

use super::PhotoFile;

/// The largest file, in bytes.
pub const MAX_BYTES: u64 = 20 * 1024 * 1024;

/// The longest side, in pixels.
pub const MAX_SIDE: u32 = 12_000;

/// What decoding may take, in bytes: a little more than four for each pixel of the largest photo.
const MAX_ALLOC: u64 = 4 * MAX_SIDE as u64 * MAX_SIDE as u64 + 64 * 1024 * 1024;

/// Why a file is not taken as a photo.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// The file can't be read.
    #[error("{path} can't be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// Nothing in it.
    #[error("the file is empty: choose a JPEG or PNG photo")]
    Empty,
    /// More than [`MAX_BYTES`].
    #[error("the file has {} MB, a photo may have {} MB: make it smaller", bytes.div_ceil(1 << 20), MAX_BYTES >> 20)]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// Neither JPEG nor PNG, whatever its name says.
    #[error("the file is neither a JPEG nor a PNG picture, whatever its name says: choose a photo")]
    NotAPhoto,
    /// More than [`MAX_SIDE`] pixels across or down.
    #[error("the photo has {width} × {height} pixels, a side may have {MAX_SIDE}: make it smaller")]
    TooManyPixels {
        /// Across.
        width: u32,
        /// Down.
        height: u32,
    },
    /// The file ends before the picture does.
    #[error("the photo is cut off: copy it again from where it came")]
    CutOff,
    /// The picture can't be decoded.
    #[error("the photo is damaged ({0}): copy it again from where it came")]
    Damaged(String),
}

/// Reads a photo's file.
///
/// # Errors
/// Where it can't be read, is too large, or is no whole JPEG or PNG.
pub fn read(path: &Path) -> Result<PhotoFile, PhotoError> {
    let unreadable = |error: std::io::Error| PhotoError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if meta.is_dir() {
        let reason = "it is a folder".to_owned();
        return Err(PhotoError::Unreadable {
            path: path.display().to_string(),
            reason,
        });
    }
    if meta.len() > MAX_BYTES {
        return Err(PhotoError::TooLarge { bytes: meta.len() });
    }
    // A file can grow, or be a device without a size: one byte too many is read to tell.
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    from_bytes(bytes)
}

/// Takes a photo's file that is in memory already.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(bytes: Vec<u8>) -> Result<PhotoFile, PhotoError> {
    if bytes.is_empty() {
        return Err(PhotoError::Empty);
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(PhotoError::TooLarge {
            bytes: bytes.len() as u64,
        });
    }
    let (width, height) = match format_of(&bytes) {
        Some(format) => size_of(&bytes, format)?,
        None => return Err(PhotoError::NotAPhoto),
    };
    let whole = if bytes.starts_with(PNG) {
        png_is_whole(&bytes)
    } else {
        jpeg_is_whole(&bytes)
    };
    if !whole {
        return Err(PhotoError::CutOff);
    }
    let hash = hex(&Sha256::digest(&bytes));
    Ok(PhotoFile {
        hash: hash.into(),
        width,
        height,
        bytes: bytes.into(),
    })
}

/// Decodes a photo, turned as its camera says, no side longer than `max_px` pixels.
///
/// # Errors
/// Where the picture can't be decoded.
pub fn thumbnail(photo: &PhotoFile, max_px: u32) -> Result<RgbaImage, PhotoError> {
    let format = format_of(&photo.bytes).ok_or(PhotoError::NotAPhoto)?;
    let mut decoder = reader(&photo.bytes, format).into_decoder().map_err(damaged)?;
    // A photo whose camera wrote nonsense about its turn is shown as it is.
    let orientation = decoder
        .orientation()
        .unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    if picture.width() > max_px || picture.height() > max_px {
        picture = picture.thumbnail(max_px.max(1), max_px.max(1));
    }
    picture.apply_orientation(orientation);
    Ok(picture.into_rgba8())
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[digit as usize]))
        .collect()
}

const PNG: &[u8] = b"\x89PNG\r\n\x1A\n";
const JPEG: &[u8] = b"\xFF\xD8\xFF";

fn format_of(bytes: &[u8]) -> Option<ImageFormat> {
    if bytes.starts_with(JPEG) {
        Some(ImageFormat::Jpeg)
    } else if bytes.starts_with(PNG) {
        Some(ImageFormat::Png)
    } else {
        None
    }
}

fn reader(bytes: &[u8], format: ImageFormat) -> ImageReader<Cursor<&[u8]>> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    reader
}

/// Pixels across and down, from the header; no pixel is decoded.
fn size_of(bytes: &[u8], format: ImageFormat) -> Result<(u32, u32), PhotoError> {
    let mut open = ImageReader::with_format(Cursor::new(bytes), format);
    // Without limits on the sides, so that their size can be told; the header takes no memory.
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_ALLOC);
    open.limits(limits);
    let (width, height) = match open.into_decoder() {
        Ok(decoder) => decoder.dimensions(),
        Err(ImageError::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            return Err(PhotoError::CutOff);
        }
        Err(error) => return Err(damaged(error)),
    };
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(PhotoError::TooManyPixels { width, height });
    }
    if width == 0 || height == 0 {
        return Err(PhotoError::Damaged(format!("{width} × {height} pixels")));
    }
    Ok((width, height))
}

fn damaged(error: ImageError) -> PhotoError {
    match error {
        ImageError::Limits(limit) => PhotoError::Damaged(format!("it needs too much memory: {limit}")),
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => PhotoError::CutOff,
        other => PhotoError::Damaged(other.to_string()),
    }
}

/// Whether the chunks of a PNG reach its end mark. Decoders forgive a missing end, evidence should not.
fn png_is_whole(bytes: &[u8]) -> bool {
    let mut at = PNG.len();
    loop {
        let Some(&[a, b, c, d, ref kind @ ..]) = bytes.get(at..at + 8) else {
            return false;
        };
        if kind == b"IEND" {
            return bytes.len() >= at + 12;
        }
        at += 12 + u32::from_be_bytes([a, b, c, d]) as usize;
    }
}

/// Whether a JPEG has its end mark after the start of its scan. Before the scan there can be a small picture with an end
/// mark of its own; within the scan the mark can't occur by chance.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    const START_OF_SCAN: u8 = 0xDA;
    let mut at = 2;
    loop {
        let Some(&[0xFF, marker, high, low]) = bytes.get(at..at + 4) else {
            return false;
        };
        match marker {
            START_OF_SCAN => return bytes[at..].windows(2).any(|pair| pair == [0xFF, 0xD9]),
            // Bytes of 0xFF may pad a marker; marks without a length stand alone.
            0xFF => at += 1,
            0x01 | 0xD0..=0xD7 => at += 2,
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(image::RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x * 7) as u8, (y * 11) as u8, (x ^ y) as u8])
        }))
    }

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture(40, 20)
            .write_to(&mut Cursor::new(&mut bytes), format)
            .unwrap();
        bytes
    }

    #[test]
    fn jpeg_and_png_are_photos() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let photo = from_bytes(encoded(format)).unwrap();
            assert_eq!((photo.width, photo.height, photo.hash.len()), (40, 20, 64));
            let small = thumbnail(&photo, 10).unwrap();
            assert_eq!(small.dimensions(), (10, 5));
        }
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(
            hex(&Sha256::digest(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_photo_cut_off_anywhere_is_refused() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let whole = encoded(format);
            for length in 0..whole.len() {
                let error = from_bytes(whole[..length].to_vec()).unwrap_err();
                let named = matches!(
                    error,
                    PhotoError::CutOff | PhotoError::Empty | PhotoError::NotAPhoto | PhotoError::Damaged(_)
                );
                assert!(named, "{format:?} cut at {length}: {error}");
            }
        }
    }

    #[test]
    fn what_follows_the_end_mark_does_no_harm() {
        let mut bytes = encoded(ImageFormat::Jpeg);
        bytes.extend_from_slice(b"a film that a telephone put behind the picture");
        assert!(from_bytes(bytes).is_ok());
    }

    #[test]
    fn text_called_jpg_is_no_photo() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.jpg");
        std::fs::write(&path, "整改后照片见附件").unwrap();
        assert!(matches!(read(&path), Err(PhotoError::NotAPhoto)));
        assert!(matches!(read(folder.path()), Err(PhotoError::Unreadable { .. })));
        assert!(matches!(
            read(&folder.path().join("none.jpg")),
            Err(PhotoError::Unreadable { .. })
        ));
        std::fs::write(&path, "").unwrap();
        assert!(matches!(read(&path), Err(PhotoError::Empty)));
    }

    #[test]
    fn too_large_a_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.jpg");
        std::fs::File::create(&path)
            .unwrap()
            .set_len(MAX_BYTES + 1)
            .unwrap();
        assert!(matches!(read(&path), Err(PhotoError::TooLarge { .. })));
    }

    #[test]
    fn a_bomb_is_refused_by_its_header() {
        // A PNG that says 60,000 × 60,000: 14 GB once decoded.
        let mut bytes = encoded(ImageFormat::Png);
        bytes[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        let crc = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        let error = from_bytes(bytes).unwrap_err();
        assert!(
            matches!(error, PhotoError::TooManyPixels { width: 60_000, .. }),
            "{error}"
        );
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |c, _| {
                if c & 1 == 1 {
                    (c >> 1) ^ 0xEDB8_8320
                } else {
                    c >> 1
                }
            })
        })
    }

    #[test]
    fn the_camera_s_turn_is_honoured() {
        // EXIF orientation 6: to be turned a quarter clockwise.
        let exif: &[u8] = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let plain = encoded(ImageFormat::Jpeg);
        let mut bytes = plain[..2].to_vec();
        bytes.extend_from_slice(&[0xFF, 0xE1]);
        bytes.extend_from_slice(&(exif.len() as u16 + 2).to_be_bytes());
        bytes.extend_from_slice(exif);
        bytes.extend_from_slice(&plain[2..]);
        let photo = from_bytes(bytes).unwrap();
        assert_eq!(thumbnail(&photo, 100).unwrap().dimensions(), (20, 40));
    }
}
