//! Streams the rows of a CSV file with constant memory: bytes are decoded to UTF-8 block by block, then split.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use csv_core::ReadRecordResult;
use encoding_rs::{CoderResult, Decoder};

use super::table::{CELL_MAX_BYTES, COLUMNS_MAX, CellFault, Encoding, Row, TableError, read_error};

/// Bytes read from the file at once.
const BLOCK: usize = 1 << 16;
/// Of a cell that is too long, so many bytes are kept.
const KEPT_OF_LONG: usize = 240;
/// Most bytes of one row that are kept.
const ROW_MAX_BYTES: usize = 8 << 20;

/// Shows every record of the file to `each`, until it breaks.
pub fn rows(
    path: &Path,
    delimiter: u8,
    encoding: Encoding,
    each: &mut dyn FnMut(&mut Row) -> ControlFlow<()>,
) -> Result<(), TableError> {
    let file = File::open(path).map_err(|e| read_error(path, &e))?;
    let mut text = Text::new(file, encoding);
    let mut splitter = Splitter::new(delimiter);
    let mut row = Row::default();
    while splitter
        .next(&mut text, &mut row)
        .map_err(|e| read_error(path, &e))?
    {
        row.read = text.read;
        if each(&mut row).is_break() {
            break;
        }
    }
    Ok(())
}

/// Finds the delimiter: the one that splits most rows near the top into the same number of cells, the more cells the
/// better. One that the first row lacks is hardly the delimiter: it stands in free text.
pub fn delimiter(path: &Path, encoding: Encoding) -> Result<u8, TableError> {
    let mut best = (b',', 0);
    for delimiter in [b',', b'\t', b';'] {
        let mut counts = Vec::new();
        rows(path, delimiter, encoding, &mut |row| {
            counts.push(row.len());
            if counts.len() < 50 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        let alike = |cells: &usize| counts.iter().filter(|n| *n == cells).count() * cells;
        let likeness = counts.iter().filter(|n| **n > 1).map(alike).max().unwrap_or(0);
        let in_first = counts.first().is_some_and(|n| *n > 1);
        let score = if in_first { likeness * 4 } else { likeness };
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    Ok(best.0)
}

/// The file's text as UTF-8, a block at a time. What can't be decoded becomes U+FFFD.
struct Text {
    file: File,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    raw_len: usize,
    file_ended: bool,
    ended: bool,
    block: Vec<u8>,
    at: usize,
    len: usize,
    /// Bytes read from the file.
    read: u64,
}

impl Text {
    fn new(file: File, encoding: Encoding) -> Self {
        let encoding = match encoding {
            Encoding::Utf8 => encoding_rs::UTF_8,
            Encoding::Gb18030 => encoding_rs::GB18030,
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
        };
        Self {
            file,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; BLOCK],
            raw_at: 0,
            raw_len: 0,
            file_ended: false,
            ended: false,
            block: vec![0; BLOCK * 2],
            at: 0,
            len: 0,
            read: 0,
        }
    }

    /// What is left of the block; empty at the end of the text.
    fn rest(&mut self) -> std::io::Result<&[u8]> {
        while self.at == self.len && !self.ended {
            self.fill()?;
        }
        Ok(&self.block[self.at..self.len])
    }

    fn fill(&mut self) -> std::io::Result<()> {
        if self.raw_at == self.raw_len && !self.file_ended {
            self.raw_len = self.file.read(&mut self.raw)?;
            self.raw_at = 0;
            self.read += self.raw_len as u64;
            self.file_ended = self.raw_len == 0;
        }
        let bytes = &self.raw[self.raw_at..self.raw_len];
        let (result, read, written, _) = self
            .decoder
            .decode_to_utf8(bytes, &mut self.block, self.file_ended);
        self.raw_at += read;
        (self.at, self.len) = (0, written);
        self.ended = self.file_ended && result == CoderResult::InputEmpty;
        Ok(())
    }
}

/// Where the splitter puts what it reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Into the row.
    Keep,
    /// Nowhere, until the cell that is too long ends.
    SkipCell,
    /// Nowhere, until the row ends: it has too many cells.
    SkipRow,
}

struct Splitter {
    core: csv_core::Reader,
    line: u64,
    scratch: Vec<u8>,
    scratch_ends: Vec<usize>,
}

impl Splitter {
    fn new(delimiter: u8) -> Self {
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self {
            core,
            line: 1,
            scratch: vec![0; BLOCK],
            scratch_ends: vec![0; 1024],
        }
    }

    /// Line ends before a record belong to blank lines, or to the record before.
    fn skip_line_ends(&mut self, text: &mut Text) -> std::io::Result<()> {
        loop {
            let rest = text.rest()?;
            let skip = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            let all = skip == rest.len();
            self.line += newlines(&rest[..skip]);
            text.at += skip;
            if !all || skip == 0 {
                return Ok(());
            }
        }
    }

    /// Reads the next record into `row`; false at the end of the text.
    fn next(&mut self, text: &mut Text, row: &mut Row) -> std::io::Result<bool> {
        self.skip_line_ends(text)?;
        row.clear();
        row.line = self.line;
        if row.text.is_empty() {
            row.text.resize(4096, 0);
            row.ends.resize(64, 0);
        } else {
            row.text.resize(row.text.capacity(), 0);
            row.ends.resize(row.ends.capacity(), 0);
        }
        let mut mode = Mode::Keep;
        // `ends` from the splitter count what was dropped as well: (first end that it shifts, bytes).
        let mut dropped: Vec<(usize, usize)> = Vec::new();
        // Where the splitter believes to be in the row's text.
        let mut position = 0;
        loop {
            let input = text.rest()?;
            let (result, nin, nout, nend) = match mode {
                Mode::Keep => {
                    self.core
                        .read_record(input, &mut row.text[row.text_len..], &mut row.ends[row.count..])
                }
                Mode::SkipCell => self
                    .core
                    .read_record(input, &mut self.scratch, &mut row.ends[row.count..]),
                Mode::SkipRow => self
                    .core
                    .read_record(input, &mut self.scratch, &mut self.scratch_ends),
            };
            self.line += newlines(&input[..nin]);
            text.at += nin;
            match mode {
                Mode::Keep => {
                    row.text_len += nout;
                    row.count += nend;
                }
                Mode::SkipCell if nend == 0 => drop_bytes(&mut dropped, row.count, nout),
                Mode::SkipCell => {
                    let of_cell = row.ends[row.count] - position;
                    drop_bytes(&mut dropped, row.count, of_cell);
                    append(row, &self.scratch[of_cell..nout]);
                    row.count += nend;
                    mode = Mode::Keep;
                }
                Mode::SkipRow => {}
            }
            position += nout;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if mode == Mode::Keep => {
                    let cell_start = last_end(row, &dropped);
                    if row.text_len - cell_start > CELL_MAX_BYTES || row.text.len() >= ROW_MAX_BYTES {
                        row.fault.get_or_insert(CellFault::TooLong { column: row.count });
                        let keep = cut(&row.text[..row.text_len], cell_start);
                        drop_bytes(&mut dropped, row.count, row.text_len - keep);
                        row.text_len = keep;
                        mode = Mode::SkipCell;
                    } else {
                        let wanted = row.text.len() * 2;
                        row.text.resize(wanted, 0);
                    }
                }
                ReadRecordResult::OutputFull => {}
                ReadRecordResult::OutputEndsFull if mode == Mode::SkipRow => {}
                ReadRecordResult::OutputEndsFull if row.count >= COLUMNS_MAX => {
                    row.fault = Some(CellFault::Count { found: row.count + 1 });
                    mode = Mode::SkipRow;
                }
                ReadRecordResult::OutputEndsFull => {
                    let wanted = row.ends.len() * 2;
                    row.ends.resize(wanted, 0);
                }
                ReadRecordResult::Record => {
                    shift(row, &dropped);
                    cut_long_cells(row);
                    return Ok(true);
                }
                ReadRecordResult::End => return Ok(false),
            }
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|b| u64::from(*b == b'\n')).sum()
}

fn append(row: &mut Row, bytes: &[u8]) {
    if row.text_len + bytes.len() >= row.text.len() {
        let wanted = row.text_len + bytes.len() + BLOCK;
        row.text.resize(wanted, 0);
    }
    row.text[row.text_len..row.text_len + bytes.len()].copy_from_slice(bytes);
    row.text_len += bytes.len();
}

fn drop_bytes(dropped: &mut Vec<(usize, usize)>, column: usize, bytes: usize) {
    match dropped.last_mut() {
        Some((last, sum)) if *last == column => *sum += bytes,
        _ => dropped.push((column, bytes)),
    }
}

/// Where the cell that is being read begins in the row's text.
fn last_end(row: &Row, dropped: &[(usize, usize)]) -> usize {
    if row.count == 0 {
        return 0;
    }
    let shifted: usize = dropped
        .iter()
        .filter(|(column, _)| *column < row.count)
        .map(|(_, n)| n)
        .sum();
    row.ends[row.count - 1] - shifted
}

/// Where to cut the cell that begins at `start`, so that it stays whole characters.
fn cut(text: &[u8], start: usize) -> usize {
    let mut keep = text.len().min(start + KEPT_OF_LONG);
    while keep > start && keep < text.len() && text[keep] & 0xC0 == 0x80 {
        keep -= 1;
    }
    keep
}

/// Corrects the ends of cells behind dropped bytes.
fn shift(row: &mut Row, dropped: &[(usize, usize)]) {
    for (column, bytes) in dropped {
        for end in &mut row.ends[(*column).min(row.count)..row.count] {
            *end -= bytes;
        }
    }
}

/// A cell can be too long without having filled the row's text.
fn cut_long_cells(row: &mut Row) {
    if row.text_len <= CELL_MAX_BYTES {
        return;
    }
    let mut start = 0;
    for column in 0..row.count {
        let end = row.ends[column];
        if end - start > CELL_MAX_BYTES {
            row.fault.get_or_insert(CellFault::TooLong { column });
            let keep = cut(&row.text[..end], start);
            row.text.copy_within(end..row.text_len, keep);
            row.text_len -= end - keep;
            for end_behind in &mut row.ends[column..row.count] {
                *end_behind -= end - keep;
            }
            start = keep;
        } else {
            start = end;
        }
    }
}
