//! Streams the rows of a CSV file with constant memory: bytes are decoded to UTF-8 block by block, then split.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use csv_core::ReadRecordResult;
use encoding_rs::{CoderResult, Decoder};

use super::table::{CELL_MAX_BYTES, COLUMNS_MAX, CellFault, Encoding, Row, TableError, is_odd, read_error};

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
    block: String,
    at: usize,
    len: usize,
    /// Whether the block has signs that are no text.
    is_odd: bool,
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
            block: "\0".repeat(BLOCK * 2),
            at: 0,
            len: 0,
            is_odd: false,
            read: 0,
        }
    }

    /// What is left of the block, as bytes: between them, a character may be cut. Empty at the end of the text.
    fn rest(&mut self) -> std::io::Result<&[u8]> {
        while self.at == self.len && !self.ended {
            self.fill()?;
        }
        Ok(&self.block.as_bytes()[self.at..self.len])
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
            .decode_to_str(bytes, &mut self.block, self.file_ended);
        self.raw_at += read;
        (self.at, self.len) = (0, written);
        self.is_odd = is_odd(&self.block[..written]);
        self.ended = self.file_ended && result == CoderResult::InputEmpty;
        Ok(())
    }
}

/// Where the splitter puts what it reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Into the record.
    Keep,
    /// Nowhere, until the cell that is too long ends.
    SkipCell,
    /// Nowhere, until the row ends: it has too many cells.
    SkipRow,
}

/// A record while it is put together.
#[derive(Default)]
struct Record {
    /// Room for its text; the first `text_len` bytes count.
    text: Vec<u8>,
    text_len: usize,
    /// Room for the ends of its cells; the first `count` count.
    ends: Vec<usize>,
    count: usize,
}

impl Record {
    fn clear(&mut self) {
        if self.text.is_empty() {
            self.text.resize(4096, 0);
            self.ends.resize(64, 0);
        }
        (self.text_len, self.count) = (0, 0);
    }

    /// Puts it into `row`. Cells are cut between characters only, so that it is text.
    fn show(&self, row: &mut Row) {
        row.text
            .push_str(&String::from_utf8_lossy(&self.text[..self.text_len]));
        row.ends.extend_from_slice(&self.ends[..self.count]);
    }
}

struct Splitter {
    core: csv_core::Reader,
    delimiter: u8,
    line: u64,
    record: Record,
    scratch: Vec<u8>,
    scratch_ends: Vec<usize>,
}

impl Splitter {
    fn new(delimiter: u8) -> Self {
        Self {
            core: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            delimiter,
            line: 1,
            record: Record::default(),
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
        if self.next_plain(text, row) {
            return Ok(true);
        }
        row.clear();
        self.next_of_any_kind(text, row)
    }

    /// Reads the next record where that is simple, as nearly always: all of it stands in the block, and nothing in it is
    /// quoted. Otherwise answers false; then `row` has cells that do not count.
    fn next_plain(&mut self, text: &mut Text, row: &mut Row) -> bool {
        let Some(rest) = text.block.get(text.at..text.len) else {
            return false;
        };
        // No sign that means anything here is greater, and most bytes are: letters, digits, Chinese characters.
        let greatest = self.delimiter.max(b'"');
        let mut start = 0;
        for (at, byte) in rest.bytes().enumerate() {
            if byte > greatest {
                continue;
            }
            let is_delimiter = byte == self.delimiter;
            if is_delimiter || byte == b'\n' {
                // Before the end of a line stands the other half of that end, if anything.
                let cell = &rest[start..at];
                let cell = cell.strip_suffix('\r').filter(|_| !is_delimiter).unwrap_or(cell);
                row.text.push_str(cell);
                row.ends.push(row.text.len());
                start = at + 1;
            } else if byte == b'"' || byte == b'\r' && rest.as_bytes().get(at + 1) != Some(&b'\n') {
                return false;
            }
            if byte == b'\n' {
                if row.len() > COLUMNS_MAX {
                    return false;
                }
                row.is_suspect = text.is_odd;
                text.at += start;
                self.line += 1;
                return true;
            }
        }
        false
    }

    /// Reads the next record into `row`, whatever it is like; false at the end of the text.
    fn next_of_any_kind(&mut self, text: &mut Text, row: &mut Row) -> std::io::Result<bool> {
        let record = &mut self.record;
        record.clear();
        let mut mode = Mode::Keep;
        // `ends` from the splitter count what was dropped as well: (first end that it shifts, bytes).
        let mut dropped: Vec<(usize, usize)> = Vec::new();
        // Where the splitter believes to be in the row's text.
        let mut position = 0;
        loop {
            let input = text.rest()?;
            let (result, nin, nout, nend) = match mode {
                Mode::Keep => self.core.read_record(
                    input,
                    &mut record.text[record.text_len..],
                    &mut record.ends[record.count..],
                ),
                Mode::SkipCell => {
                    self.core
                        .read_record(input, &mut self.scratch, &mut record.ends[record.count..])
                }
                Mode::SkipRow => self
                    .core
                    .read_record(input, &mut self.scratch, &mut self.scratch_ends),
            };
            self.line += newlines(&input[..nin]);
            text.at += nin;
            row.is_suspect |= text.is_odd;
            match mode {
                Mode::Keep => {
                    record.text_len += nout;
                    record.count += nend;
                }
                Mode::SkipCell if nend == 0 => drop_bytes(&mut dropped, record.count, nout),
                Mode::SkipCell => {
                    let of_cell = record.ends[record.count] - position;
                    drop_bytes(&mut dropped, record.count, of_cell);
                    append(record, &self.scratch[of_cell..nout]);
                    record.count += nend;
                    mode = Mode::Keep;
                }
                Mode::SkipRow => {}
            }
            position += nout;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if mode == Mode::Keep => {
                    let cell_start = last_end(record, &dropped);
                    if record.text_len - cell_start > CELL_MAX_BYTES || record.text.len() >= ROW_MAX_BYTES {
                        row.fault
                            .get_or_insert(CellFault::TooLong { column: record.count });
                        let keep = cut(&record.text[..record.text_len], cell_start);
                        drop_bytes(&mut dropped, record.count, record.text_len - keep);
                        record.text_len = keep;
                        mode = Mode::SkipCell;
                    } else {
                        let wanted = record.text.len() * 2;
                        record.text.resize(wanted, 0);
                    }
                }
                ReadRecordResult::OutputFull => {}
                ReadRecordResult::OutputEndsFull if mode == Mode::SkipRow => {}
                ReadRecordResult::OutputEndsFull if record.count >= COLUMNS_MAX => {
                    row.fault = Some(CellFault::Count {
                        found: record.count + 1,
                    });
                    mode = Mode::SkipRow;
                }
                ReadRecordResult::OutputEndsFull => {
                    let wanted = record.ends.len() * 2;
                    record.ends.resize(wanted, 0);
                }
                ReadRecordResult::Record => {
                    shift(record, &dropped);
                    cut_long_cells(record, &mut row.fault);
                    record.show(row);
                    return Ok(true);
                }
                ReadRecordResult::End => return Ok(false),
            }
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b == b'\n').count() as u64
}

fn append(record: &mut Record, bytes: &[u8]) {
    if record.text_len + bytes.len() >= record.text.len() {
        let wanted = record.text_len + bytes.len() + BLOCK;
        record.text.resize(wanted, 0);
    }
    record.text[record.text_len..record.text_len + bytes.len()].copy_from_slice(bytes);
    record.text_len += bytes.len();
}

fn drop_bytes(dropped: &mut Vec<(usize, usize)>, column: usize, bytes: usize) {
    match dropped.last_mut() {
        Some((last, sum)) if *last == column => *sum += bytes,
        _ => dropped.push((column, bytes)),
    }
}

/// Where the cell that is being read begins in the row's text.
fn last_end(record: &Record, dropped: &[(usize, usize)]) -> usize {
    if record.count == 0 {
        return 0;
    }
    let shifted: usize = dropped
        .iter()
        .filter(|(column, _)| *column < record.count)
        .map(|(_, n)| n)
        .sum();
    record.ends[record.count - 1] - shifted
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
fn shift(record: &mut Record, dropped: &[(usize, usize)]) {
    for (column, bytes) in dropped {
        for end in &mut record.ends[(*column).min(record.count)..record.count] {
            *end -= bytes;
        }
    }
}

/// A cell can be too long without having filled the row's text.
fn cut_long_cells(record: &mut Record, fault: &mut Option<CellFault>) {
    if record.text_len <= CELL_MAX_BYTES {
        return;
    }
    let mut start = 0;
    for column in 0..record.count {
        let end = record.ends[column];
        if end - start > CELL_MAX_BYTES {
            fault.get_or_insert(CellFault::TooLong { column });
            let keep = cut(&record.text[..end], start);
            record.text.copy_within(end..record.text_len, keep);
            record.text_len -= end - keep;
            for end_behind in &mut record.ends[column..record.count] {
                *end_behind -= end - keep;
            }
            start = keep;
        } else {
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    /// Rows as text, with their lines; `plain` lets simple records be read the short way.
    fn read(file: &Path, plain: bool) -> Vec<(u64, Vec<String>)> {
        let mut text = Text::new(File::open(file).unwrap(), Encoding::Utf8);
        let mut splitter = Splitter::new(b',');
        let mut row = Row::default();
        let mut rows = Vec::new();
        loop {
            let more = if plain {
                splitter.next(&mut text, &mut row).unwrap()
            } else {
                splitter.skip_line_ends(&mut text).unwrap();
                row.clear();
                row.line = splitter.line;
                splitter.next_of_any_kind(&mut text, &mut row).unwrap()
            };
            if !more {
                return rows;
            }
            rows.push((row.line, row.cells().map(str::to_owned).collect()));
        }
    }

    proptest! {
        #[test]
        fn simple_records_are_read_alike_by_both_ways(text in "[a观,\"\r\n ]{0,60}") {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            prop_assert_eq!(read(file.path(), true), read(file.path(), false));
        }
    }

    #[test]
    fn records_across_blocks_are_whole() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut lines: Vec<(u64, Vec<String>)> = Vec::new();
        for n in 1..=9000_u64 {
            let cells = vec![n.to_string(), "观澜".repeat(n as usize % 7), String::new()];
            writeln!(file, "{}", cells.join(",")).unwrap();
            lines.push((n, cells));
        }
        assert_eq!(read(file.path(), true), lines);
    }
}
