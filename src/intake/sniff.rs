//! Finds out what a file is by its contents, and says so where its name says something else.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::table::{Encoding, TableError, read_error};

/// So much text from the first byte beyond ASCII on is looked at to tell the encoding.
const SAMPLE: usize = 1 << 20;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text in that encoding.
    Text {
        /// Of the whole file.
        encoding: Encoding,
    },
    /// An XLSX workbook.
    Workbook,
}

const AS_XLSX_OR_CSV: &str = "Save it as XLSX or CSV (UTF-8), then import that file.";
const OTHER_FILE: &str = "Choose the CSV or XLSX file that holds the cases.";

/// Beginnings of files that are often mistaken for tables.
const MAGIC: [(&[u8], &str, &str); 9] = [
    (
        b"\xD0\xCF\x11\xE0",
        "an old or password-protected Office file",
        AS_XLSX_OR_CSV,
    ),
    (b"%PDF", "a PDF", OTHER_FILE),
    (b"\x89PNG", "a picture (PNG)", OTHER_FILE),
    (b"\xFF\xD8\xFF", "a picture (JPEG)", OTHER_FILE),
    (b"GIF8", "a picture (GIF)", OTHER_FILE),
    (b"\x1F\x8B", "a gzip archive", "Unpack it first."),
    (b"Rar!", "a RAR archive", "Unpack it first."),
    (b"7z\xBC\xAF", "a 7-Zip archive", "Unpack it first."),
    (b"SQLite format 3", "a database", OTHER_FILE),
];

/// Says what the file at `path` is.
pub fn sniff(path: &Path) -> Result<Kind, TableError> {
    let mut file = File::open(path).map_err(|e| read_error(path, &e))?;
    let mut head = Vec::new();
    file.by_ref()
        .take(4096)
        .read_to_end(&mut head)
        .map_err(|e| read_error(path, &e))?;
    let name = path
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    if head.is_empty() {
        return Err(TableError::Empty {
            path: path.to_path_buf(),
        });
    }
    if let Some((_, found, remedy)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Err(not_a_table(path, &name, found, remedy));
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return workbook(path, &name);
    }
    let looks_like_web =
        head.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<') || head.starts_with(b"\xEF\xBB\xBF<");
    if looks_like_web {
        // Some portals give an HTML table the ending .xls.
        return Err(not_a_table(path, &name, "a web page or XML", AS_XLSX_OR_CSV));
    }
    let encoding = encoding(path, &head)?;
    if matches!(name.as_str(), "xlsx" | "xls" | "xlsm" | "ods") {
        let (found, remedy) = ("plain text", "Give it the ending .csv, then import it again.");
        return Err(TableError::Misnamed {
            path: path.to_path_buf(),
            found,
            remedy,
        });
    }
    Ok(Kind::Text { encoding })
}

fn not_a_table(path: &Path, name: &str, found: &'static str, remedy: &'static str) -> TableError {
    let path = path.to_path_buf();
    if matches!(name, "csv" | "tsv" | "txt" | "xlsx") {
        TableError::Misnamed { path, found, remedy }
    } else {
        TableError::NotATable { path, found, remedy }
    }
}

fn workbook(path: &Path, name: &str) -> Result<Kind, TableError> {
    let file = File::open(path).map_err(|e| read_error(path, &e))?;
    let archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|e| TableError::Damaged {
        path: path.to_path_buf(),
        reason: e.to_string(),
    })?;
    if !archive
        .file_names()
        .any(|part| part.is_ok_and(|part| part.eq_ignore_ascii_case("xl/workbook.xml")))
    {
        return Err(not_a_table(
            path,
            name,
            "a ZIP archive without a workbook",
            AS_XLSX_OR_CSV,
        ));
    }
    if matches!(name, "csv" | "tsv" | "txt") {
        let (found, remedy) = (
            "an XLSX workbook",
            "Give it the ending .xlsx, then import it again.",
        );
        return Err(TableError::Misnamed {
            path: path.to_path_buf(),
            found,
            remedy,
        });
    }
    Ok(Kind::Workbook)
}

fn encoding(path: &Path, head: &[u8]) -> Result<Encoding, TableError> {
    if head.starts_with(b"\xEF\xBB\xBF") {
        return Ok(Encoding::Utf8);
    }
    if head.starts_with(b"\xFF\xFE") {
        return Ok(Encoding::Utf16Le);
    }
    if head.starts_with(b"\xFE\xFF") {
        return Ok(Encoding::Utf16Be);
    }
    let zeros = head.iter().filter(|b| **b == 0).count();
    if zeros * 10 > head.len() {
        let found = "binary data, or UTF-16 without a byte-order mark";
        return Err(TableError::NotATable {
            path: path.to_path_buf(),
            found,
            remedy: AS_XLSX_OR_CSV,
        });
    }
    let sample = sample_beyond_ascii(path).map_err(|e| read_error(path, &e))?;
    let beyond = sample.iter().filter(|b| !b.is_ascii()).count();
    // A character of Chinese text takes two bytes and more: a tenth of bad bytes is dirt, more is another encoding.
    if errors(encoding_rs::UTF_8, &sample) * 10 <= beyond {
        return Ok(Encoding::Utf8);
    }
    if errors(encoding_rs::GB18030, &sample) * 10 <= beyond {
        return Ok(Encoding::Gb18030);
    }
    Err(TableError::Encoding {
        path: path.to_path_buf(),
    })
}

/// The text from the first byte beyond ASCII on; empty where the whole file is ASCII.
fn sample_beyond_ascii(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    let mut sample = Vec::new();
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(sample);
        }
        if let Some(first) = buffer[..n].iter().position(|b| !b.is_ascii()) {
            sample.extend_from_slice(&buffer[first..n]);
            file.take(SAMPLE as u64).read_to_end(&mut sample)?;
            return Ok(sample);
        }
    }
}

/// How many malformed sequences `bytes` hold in that encoding; the end may be cut in a character.
fn errors(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut out = vec![0; 1 << 14];
    let (mut at, mut found) = (0, 0);
    while at < bytes.len() {
        let (result, read, _) = decoder.decode_to_utf8_without_replacement(&bytes[at..], &mut out, false);
        at += read;
        match result {
            encoding_rs::DecoderResult::InputEmpty => break,
            encoding_rs::DecoderResult::OutputFull => {}
            encoding_rs::DecoderResult::Malformed(..) => found += 1,
        }
    }
    found
}
