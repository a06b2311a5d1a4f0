//! The import of tables: every row becomes a case, or is listed with line, column and reason; the sums add up.

use std::collections::BTreeSet;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use tempfile::TempDir;
use yipanqi::case::{Case, Outcome, Report, Source, Whereabouts};
use yipanqi::desk::decide;
use yipanqi::intake::profile::{self, Profile};
use yipanqi::intake::run::{self, ImportError, Progress, Setting, Summary};
use yipanqi::intake::table::{CellFault, Encoding, Format, Row, Table, TableError};
use yipanqi::intake::translate::{Reason, RowFault, Translator};
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Bulk, CaseQuery, Store, StoreError};
use yipanqi::town::{Datum, PlaceKind, Town, Wgs84};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

static TOWN: LazyLock<Town> = LazyLock::new(|| {
    Town::load(&root().join("assets/town/guanlan")).unwrap_or_else(|faults| panic!("{faults}"))
});

fn shipped(name: &str) -> Profile {
    let path = root().join("assets/import").join(format!("{name}.toml"));
    Profile::load(&path).unwrap_or_else(|faults| panic!("{faults}"))
}

fn fixture(name: &str) -> PathBuf {
    root().join("tests/data/import").join(name)
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

fn now() -> DateTime<Utc> {
    at("2026-03-01T08:00:00+08:00")
}

fn go(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn write(dir: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn all_rows(table: &Table) -> Vec<Row> {
    table.preview(usize::MAX).unwrap()
}

fn cells(row: &Row) -> Vec<String> {
    row.cells().map(str::to_owned).collect()
}

/// A store that remembers origins only; enough to see what an import hands over.
#[derive(Default)]
struct Origins {
    known: BTreeSet<String>,
    reports: Vec<Report>,
}

impl Origins {
    fn append(&mut self, reports: Vec<Report>) -> Result<Bulk, StoreError> {
        let mut bulk = Bulk::default();
        for report in reports {
            let origin = report.origin.clone().unwrap();
            if self.known.insert(format!("{} {}", origin.profile, origin.key)) {
                bulk.added += 1;
                self.reports.push(report);
            } else {
                bulk.already_there += 1;
            }
        }
        Ok(bulk)
    }

    fn import(&mut self, path: &Path, profile: &Profile, rejects: Option<&Path>) -> Summary {
        let table = Table::open(path).unwrap();
        let setting = Setting {
            profile,
            town: &TOWN,
            now: now(),
        };
        run::import(
            &table,
            setting,
            &mut |reports| self.append(reports),
            &mut go,
            rejects,
        )
        .unwrap()
    }
}

fn assert_adds_up(summary: &Summary) {
    assert_eq!(
        summary.rows,
        summary.imported + summary.already_there + summary.rejected,
        "{summary:?}"
    );
    assert_eq!(
        summary.rejected,
        summary.reasons.values().sum::<u64>(),
        "{summary:?}"
    );
}

/// Translates the one row of a file with that header.
fn translate(profile: &Profile, header: &str, row: &str) -> Result<Report, RowFault> {
    let dir = tempfile::tempdir().unwrap();
    let path = write(&dir, "one.csv", format!("{header}\n{row}\n"));
    let table = Table::open(&path).unwrap();
    let mut translator = Translator::new(profile, &TOWN, table.header(), now()).unwrap();
    let rows = all_rows(&table);
    assert_eq!(rows.len(), 1);
    translator.translate(&rows[0]).map_err(|fault| *fault)
}

const SIMPLE: &str = "id,type,at,lon,lat,place,area";

fn simple() -> Profile {
    let text = r#"
        name = "simple"
        [columns]
        key = "id"
        type = ["type"]
        text = ["type"]
        reported_at = "at"
        lon = "lon"
        lat = "lat"
        address = ["place"]
        area = "area"
        [time]
        formats = ["%Y-%m-%d %H:%M", "%Y-%m-%d"]
        timezone = "Asia/Shanghai"
        [items]
        "rubbish" = "GL-A01"
        "light" = "GL-C05"
    "#;
    toml::from_str(text).unwrap()
}

fn reason(row: &str) -> Reason {
    translate(&simple(), SIMPLE, row).unwrap_err().reason
}

// What the file is.

#[test]
fn every_encoding_gives_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let text = "编号,类型,地点\r\n1,暴露垃圾,\"环观南路,12号\"\r\n2,路灯故障,龘𠮷街\r\n";
    let utf16 = |big: bool, mark: &[u8]| {
        let unit = |u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() };
        mark.iter()
            .copied()
            .chain(text.encode_utf16().flat_map(unit))
            .collect::<Vec<u8>>()
    };
    let (gb, _, lossy) = encoding_rs::GB18030.encode(text);
    assert!(!lossy);
    let with_mark = format!("\u{FEFF}{text}");
    let files: [(&str, &[u8], Encoding); 5] = [
        ("plain.csv", text.as_bytes(), Encoding::Utf8),
        ("mark.csv", with_mark.as_bytes(), Encoding::Utf8),
        ("gb.csv", &gb, Encoding::Gb18030),
        ("le.csv", &utf16(false, b"\xFF\xFE"), Encoding::Utf16Le),
        ("be.csv", &utf16(true, b"\xFE\xFF"), Encoding::Utf16Be),
    ];
    for (name, bytes, expected) in files {
        let table = Table::open(&write(&dir, name, bytes)).unwrap();
        assert_eq!(
            *table.format(),
            Format::Csv {
                delimiter: b',',
                encoding: expected
            },
            "{name}"
        );
        assert_eq!(table.header(), ["编号", "类型", "地点"], "{name}");
        let rows: Vec<_> = all_rows(&table).iter().map(cells).collect();
        assert_eq!(
            rows,
            [["1", "暴露垃圾", "环观南路,12号"], ["2", "路灯故障", "龘𠮷街"]],
            "{name}"
        );
    }
}

#[test]
fn the_encoding_is_found_far_behind_the_first_megabyte() {
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = b"id,type\n".to_vec();
    for n in 0..200_000 {
        bytes.extend_from_slice(format!("{n},rubbish\n").as_bytes());
    }
    bytes.extend_from_slice(&encoding_rs::GB18030.encode("last,暴露垃圾\n").0);
    let table = Table::open(&write(&dir, "late.csv", bytes)).unwrap();
    assert_eq!(
        *table.format(),
        Format::Csv {
            delimiter: b',',
            encoding: Encoding::Gb18030
        }
    );
    assert_eq!(cells(all_rows(&table).last().unwrap()), ["last", "暴露垃圾"]);
}

#[test]
fn the_delimiter_is_found() {
    let dir = tempfile::tempdir().unwrap();
    for (delimiter, byte) in [(",", b','), (";", b';'), ("\t", b'\t')] {
        let row = |cells: [&str; 3]| cells.join(delimiter);
        let text = format!(
            "{}\n{}\n",
            row(["id", "type", "at"]),
            row(["1", "\"x, y; z\"", "2"])
        );
        let table = Table::open(&write(&dir, "t.csv", text)).unwrap();
        assert_eq!(
            *table.format(),
            Format::Csv {
                delimiter: byte,
                encoding: Encoding::Utf8
            }
        );
        assert_eq!(cells(&all_rows(&table)[0]), ["1", "x, y; z", "2"]);
    }
}

#[test]
fn a_file_that_is_not_what_its_name_says_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let book = workbook(&[("A1", "s", "0")], &["id"]);
    let cases: [(&str, &[u8], &str); 9] = [
        ("photo.csv", b"\x89PNG\r\n\x1a\n0000", "a picture (PNG)"),
        ("report.csv", b"%PDF-1.7 ...", "a PDF"),
        (
            "old.xlsx",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            "password-protected Office file",
        ),
        ("table.xlsx", b"id,type\n1,2\n", "ending .csv"),
        ("book.csv", &book, "ending .xlsx"),
        ("page.xls", b"<html><table>", "a web page"),
        ("pack.csv", b"\x1F\x8B\x08\x00", "gzip"),
        ("raw.csv", &[0, 1, 0, 2, 0, 3, 0, 4], "binary data"),
        ("latin.csv", b"a,b\n\xE9,\xE8,\xFF \xE9,\xE9,\xFF\n", "encoding"),
    ];
    for (name, bytes, expected) in cases {
        let error = Table::open(&write(&dir, name, bytes)).unwrap_err().to_string();
        assert!(
            error.contains(expected) && error.contains(name),
            "{name}: {error}"
        );
    }
    assert!(matches!(
        Table::open(&write(&dir, "empty.csv", "")),
        Err(TableError::Empty { .. })
    ));
    assert!(matches!(
        Table::open(&write(&dir, "blank.csv", "\n\r\n \n")),
        Err(TableError::Empty { .. })
    ));
    assert!(matches!(
        Table::open(&dir.path().join("none.csv")),
        Err(TableError::Read { .. })
    ));
    assert!(matches!(Table::open(dir.path()), Err(TableError::Read { .. })));
}

#[test]
fn lines_are_those_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    for end in ["\n", "\r\n"] {
        let text = [
            "Cases of the year,,",
            "",
            "id,type,text",
            "1,a,\"two",
            "lines\"",
            "",
            "2,b,c",
            ",,",
            "3,b,\"c\"",
        ];
        let table = Table::open(&write(&dir, "lines.csv", text.join(end))).unwrap();
        assert_eq!(table.header(), ["id", "type", "text"]);
        let lines: Vec<u64> = all_rows(&table).iter().map(|row| row.line).collect();
        // The row of empty cells on line 8 is no row.
        assert_eq!(lines, [4, 7, 9], "{end:?}");
    }
}

#[test]
fn ten_megabytes_in_one_field_cost_one_row() {
    let dir = tempfile::tempdir().unwrap();
    let mut text =
        b"id,type,at,lon,lat,place,area\n1,rubbish,2024-03-04,,,x,y\n2,rubbish,2024-03-04,,,\"".to_vec();
    text.resize(text.len() + (10 << 20), b'x');
    text.extend_from_slice("\",新澜社区\n3,rubbish,2024-03-04,,,x,y\n".as_bytes());
    let path = write(&dir, "long.csv", text);
    let rows = all_rows(&Table::open(&path).unwrap());
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[1].fault(), Some(&CellFault::TooLong { column: 5 }));
    assert_eq!((rows[1].cell(1), rows[1].cell(6)), ("rubbish", "新澜社区"));
    assert!(rows[1].cell(5).len() < 1000);
    assert_eq!((rows[2].line, rows[2].cell(0)), (4, "3"));

    let rejects = dir.path().join("rejects.csv");
    let summary = Origins::default().import(&path, &simple(), Some(&rejects));
    assert_adds_up(&summary);
    assert_eq!((summary.imported, summary.rejected), (2, 1));
    assert_eq!(
        summary.faults[0].to_string().split(':').next(),
        Some(format!("line 3, place '{}'", "x".repeat(80)).as_str())
    );
    // The cut cell is marked: unmended, the row is not taken for a good one.
    let again = Origins::default().import(&rejects, &simple(), None);
    assert_eq!((again.rows, again.reasons.get("invalid_bytes")), (1, Some(&1)));
}

#[test]
fn fields_just_below_and_above_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let field = |n: usize| "字".repeat(n / 3);
    let text = format!(
        "a,b,c\n1,{},{}\n2,{},x\n",
        field(1 << 20),
        field((1 << 20) + 3),
        field((1 << 20) + 3)
    );
    let rows = all_rows(&Table::open(&write(&dir, "edge.csv", text)).unwrap());
    assert_eq!(rows[0].cell(1).len(), (1 << 20) / 3 * 3);
    assert_eq!(rows[0].fault(), Some(&CellFault::TooLong { column: 2 }));
    assert_eq!(rows[1].fault(), Some(&CellFault::TooLong { column: 1 }));
    assert_eq!(rows[1].cell(2), "x");
}

#[test]
fn a_quote_that_is_never_closed_ends_in_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let mut text = String::from("a,b\n1,x\n2,\"open\n");
    while text.len() < 3 << 20 {
        text.push_str("3,x\n");
    }
    let rows = all_rows(&Table::open(&write(&dir, "open.csv", text)).unwrap());
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (rows[1].line, rows[1].fault()),
        (3, Some(&CellFault::TooLong { column: 1 }))
    );
}

#[test]
fn a_row_of_a_million_cells_is_one_fault() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("a,b\n{}\n1,x\n", ",x".repeat(1_000_000));
    let rows = all_rows(&Table::open(&write(&dir, "wide.csv", text)).unwrap());
    assert_eq!(rows[0].fault(), Some(&CellFault::Count { found: 4097 }));
    assert_eq!(
        (rows[1].fault(), rows[1].cell(1)),
        (None, "x"),
        "the next row is as good as ever"
    );
}

#[test]
fn bytes_that_are_no_text_are_a_fault_with_line_and_column() {
    let dir = tempfile::tempdir().unwrap();
    let good = "编号,类型,地点\n1,暴露垃圾,观澜大道旁边的一条小巷里\n2,暴露";
    let rest = "圾,y\n3,z,z\n";
    let utf8 = [good.as_bytes(), b"\xFF\xFE", rest.as_bytes()].concat();
    let gb = |text| encoding_rs::GB18030.encode(text).0.into_owned();
    let gb18030 = [gb(good).as_slice(), b"\xFF", gb(rest).as_slice()].concat();
    let zero = [good.as_bytes(), b"\0", rest.as_bytes()].concat();
    for (name, bytes) in [("u.csv", utf8), ("g.csv", gb18030), ("z.csv", zero)] {
        let rows = all_rows(&Table::open(&write(&dir, name, bytes)).unwrap());
        let faults: Vec<_> = rows.iter().map(|row| (row.line, row.fault().cloned())).collect();
        let bad = CellFault::Unreadable { column: 1 };
        assert_eq!(faults, [(2, None), (3, Some(bad)), (4, None)], "{name}");
    }
}

#[test]
fn too_few_and_too_many_cells_are_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let text = "a,b,c\n1,2\n1,2,3\n1,2,3,4\n1,2,3,\n";
    let rows = all_rows(&Table::open(&write(&dir, "n.csv", text)).unwrap());
    let faults: Vec<_> = rows.iter().map(|row| row.fault().cloned()).collect();
    let count = |found| Some(CellFault::Count { found });
    // A delimiter at the end of a line means nothing.
    assert_eq!(faults, [count(2), None, count(4), None]);
}

// Workbooks.

/// A workbook with one sheet. Cells are (where, kind of value, value); `texts` is the table of texts.
fn workbook(cells: &[(&str, &str, &str)], texts: &[&str]) -> Vec<u8> {
    let mut rows: Vec<(u32, String)> = Vec::new();
    for (place, kind, value) in cells {
        let row: u32 = place.trim_start_matches(char::is_alphabetic).parse().unwrap();
        if rows.last().is_none_or(|(last, _)| *last != row) {
            rows.push((row, String::new()));
        }
        let style = if *kind == "d" { r#" s="1""# } else { "" };
        let kind = if *kind == "s" { r#" t="s""# } else { "" };
        rows.last_mut()
            .unwrap()
            .1
            .push_str(&format!(r#"<c r="{place}"{kind}{style}><v>{value}</v></c>"#));
    }
    let rows: String = rows
        .iter()
        .map(|(n, cells)| format!(r#"<row r="{n}">{cells}</row>"#))
        .collect();
    let texts: String = texts
        .iter()
        .map(|text| format!("<si><t>{text}</t></si>"))
        .collect();
    packed(&rows, &texts)
}

fn packed(rows: &str, texts: &str) -> Vec<u8> {
    const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    const MAIN: &str = r#"xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main""#;
    const DOC: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PKG: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts = [
        (
            "[Content_Types].xml",
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#.to_owned(),
        ),
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{PKG}"><Relationship Id="r0" Type="{DOC}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook {MAIN} xmlns:r="{DOC}"><sheets><sheet name="台账" sheetId="1" r:id="r1"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<Relationships xmlns="{PKG}"><Relationship Id="r1" Type="{DOC}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{DOC}/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="r3" Type="{DOC}/styles" Target="styles.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                r#"<styleSheet {MAIN}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>"#
            ),
        ),
        ("xl/sharedStrings.xml", format!("<sst {MAIN}>{texts}</sst>")),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, text) in parts {
        zip.start_file(name, options).unwrap();
        zip.write_all(HEAD.as_bytes()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_gives_dates_numbers_and_rows_like_its_sheet() {
    let dir = tempfile::tempdir().unwrap();
    let texts = ["2024年台账", "编号", "类型", "时间", "经度", "暴露垃圾", "1-5"];
    let book = workbook(
        &[
            ("A1", "s", "0"),
            ("A3", "s", "1"),
            ("B3", "s", "2"),
            ("C3", "s", "3"),
            ("D3", "s", "4"),
            ("A4", "n", "17"),
            ("B4", "s", "5"),
            ("C4", "d", "45355.34375"),
            ("D4", "n", "114.0612"),
            ("A6", "s", "6"),
            ("C6", "d", "45355"),
        ],
        &texts,
    );
    let table = Table::open(&write(&dir, "book.xlsx", book)).unwrap();
    assert_eq!(
        *table.format(),
        Format::Xlsx {
            sheet: "台账".into()
        }
    );
    assert_eq!(table.header(), ["编号", "类型", "时间", "经度"]);
    let rows = all_rows(&table);
    assert_eq!(
        cells(&rows[0]),
        ["17", "暴露垃圾", "2024-03-04 08:15:00", "114.0612"]
    );
    assert_eq!((rows[0].line, rows[1].line), (4, 6));
    assert_eq!(cells(&rows[1]), ["1-5", "", "2024-03-04 00:00:00"]);
    assert!(
        rows.iter().all(|row| row.fault().is_none()),
        "cells at the end of a sheet's row may be missing"
    );
}

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let bomb = packed("", &format!("<si><t>{}</t></si>", "a".repeat(20 << 20)));
    assert!(bomb.len() < 1 << 20, "it looks harmless");
    let error = Table::open(&write(&dir, "bomb.xlsx", bomb)).unwrap_err();
    assert!(
        matches!(&error, TableError::TooLarge { part, .. } if part == "xl/sharedstrings.xml"),
        "{error}"
    );
    assert!(error.to_string().contains("save the sheet as CSV"), "{error}");
}

#[test]
fn damaged_workbooks_are_refused_and_never_crash() {
    let dir = tempfile::tempdir().unwrap();
    let book = workbook(&[("A1", "s", "0"), ("A2", "n", "1")], &["id"]);
    for end in (4..book.len()).step_by(97) {
        assert!(
            Table::open(&write(&dir, "cut.xlsx", &book[..end])).is_err(),
            "cut at {end}"
        );
    }
    for n in (0..book.len()).step_by(13) {
        let mut bent = book.clone();
        bent[n] ^= 0x55;
        // It may still be readable; it must not crash.
        let _ = Table::open(&write(&dir, "bent.xlsx", bent)).and_then(|table| table.preview(10));
    }
}

// What a row means.

#[test]
fn each_kind_of_dirt_has_its_reason() {
    let good = "1,rubbish,2024-03-04 08:15,114.0612,22.7312,环观南路1号,";
    assert!(translate(&simple(), SIMPLE, good).is_ok());
    assert_eq!(reason("1,unknown,2024-03-04,,,,"), Reason::TypeUnmapped);
    assert_eq!(reason("1,-,2024-03-04,,,,"), Reason::TypeMissing);
    assert_eq!(reason("1,rubbish,,,,,"), Reason::TimeMissing);
    assert_eq!(reason("1,rubbish,yesterday,,,,"), Reason::TimeUnreadable);
    assert_eq!(reason("1,rubbish,2024-02-30,,,,"), Reason::TimeUnreadable);
    assert_eq!(reason("1,rubbish,1900-01-01,,,,"), Reason::TimeTooEarly);
    assert_eq!(reason("1,rubbish,2099-01-01,,,,"), Reason::TimeInFuture);
    assert_eq!(
        reason("1,rubbish,2024-03-04,east,22.7312,,"),
        Reason::CoordinatesUnreadable
    );
    assert_eq!(
        reason("1,rubbish,2024-03-04,NaN,22.7312,,"),
        Reason::CoordinatesUnreadable
    );
    assert_eq!(
        reason("1,rubbish,2024-03-04,inf,22.7312,,"),
        Reason::CoordinatesUnreadable
    );
    assert_eq!(
        reason("1,rubbish,2024-03-04,114.0612,,,"),
        Reason::CoordinatesUnreadable
    );
    assert_eq!(
        reason("1,rubbish,2024-03-04,22.7312,114.0612,,"),
        Reason::CoordinatesSwapped
    );
    assert_eq!(
        reason("1,rubbish,2024-03-04,214.0612,22.7312,,"),
        Reason::CoordinatesOffGlobe
    );
    assert_eq!(
        reason("1,rubbish,2024-03-04,14.0612,-92.7312,,"),
        Reason::CoordinatesOffGlobe
    );
    assert_eq!(reason(",rubbish,2024-03-04,,,,"), Reason::KeyMissing);
    assert_eq!(
        reason(&format!("{},rubbish,2024-03-04,,,,", "9".repeat(201))),
        Reason::TooLong
    );
    assert_eq!(
        reason("1,rubbish,2024-03-04"),
        Reason::CellCount {
            found: 3,
            expected: 7
        }
    );
    assert_eq!(reason("1,rub\u{FFFD}bish,2024-03-04,,,,"), Reason::InvalidBytes);
}

#[test]
fn a_fault_names_line_column_and_value() {
    let fault = translate(&simple(), SIMPLE, "1,rubbish,1900-01-01,,,,").unwrap_err();
    assert_eq!(
        (fault.line, fault.column.as_str(), fault.value.as_str()),
        (2, "at", "1900-01-01")
    );
    assert_eq!(
        fault.to_string(),
        "line 2, at '1900-01-01': the time lies before 1990"
    );
    let long = translate(
        &simple(),
        SIMPLE,
        &format!("1,{},2024-03-04,,,,", "类".repeat(300)),
    )
    .unwrap_err();
    assert_eq!(long.value, "类".repeat(80));
}

#[test]
fn codes_of_reasons_are_listed_once() {
    let codes: BTreeSet<&str> = Reason::CODES.into_iter().collect();
    assert_eq!(codes.len(), Reason::CODES.len());
    assert!(codes.contains(Reason::TypeSkipped { why: String::new() }.code()));
    assert!(
        codes.contains(
            Reason::CellCount {
                found: 0,
                expected: 0
            }
            .code()
        )
    );
    assert!(codes.contains(Reason::KeyRepeated.code()));
}

#[test]
fn a_place_is_as_exact_as_the_row_says_and_never_more() {
    let place = |row: &str| translate(&simple(), SIMPLE, row).unwrap().place;
    let stated = |text: &str| -> std::sync::Arc<str> { text.into() };
    let exact = Wgs84 {
        lon: 114.0612,
        lat: 22.7312,
    };
    assert_eq!(
        place("1,rubbish,2024-03-04,114.0612,22.7312,环观南路1号,"),
        Whereabouts::Point {
            at: exact,
            stated: stated("环观南路1号"),
            grid: None,
        }
    );
    // Rounded to two decimals is a kilometre: not a point.
    let community = Whereabouts::Area {
        code: stated("GL01"),
        stated: stated("环观南路1号"),
    };
    assert_eq!(
        place("1,rubbish,2024-03-04,114.06,22.73,环观南路1号,新澜社区"),
        community
    );
    assert_eq!(
        place("1,rubbish,2024-03-04,114.06,22.7312,环观南路1号,新澜"),
        community
    );
    assert_eq!(
        place("1,rubbish,2024-03-04,0,0,环观南路1号,"),
        Whereabouts::Stated {
            stated: stated("环观南路1号")
        }
    );
    // A device without a satellite writes zeros; nothing lies in the Gulf of Guinea.
    assert_eq!(
        place("1,rubbish,2024-03-04,0.00000,-0.00000,环观南路1号,新澜社区"),
        community
    );
    assert_eq!(
        place("1,rubbish,2024-03-04,,,,火星社区"),
        Whereabouts::Stated {
            stated: stated("火星社区")
        }
    );
    assert_eq!(
        place("1,rubbish,2024-03-04,,,-,"),
        Whereabouts::Stated { stated: stated("") }
    );
    let mut with_area = simple();
    with_area.areas.insert(
        "火星社区".into(),
        profile::Area {
            lon: 114.3,
            lat: 22.7,
        },
    );
    let report = translate(&with_area, SIMPLE, "1,rubbish,2024-03-04,,,一号坑,火星社区").unwrap();
    let about = Wgs84 {
        lon: 114.3,
        lat: 22.7,
    };
    assert_eq!(
        report.place,
        Whereabouts::Elsewhere {
            stated: stated("火星社区"),
            about
        }
    );
    assert_eq!(report.text, "rubbish · 一号坑", "the address is not lost");
}

#[test]
fn coordinates_of_every_datum_become_wgs84() {
    let at = Wgs84 {
        lon: 114.0612,
        lat: 22.7312,
    };
    for datum in Datum::ALL {
        let mut profile = simple();
        profile.coordinates.datum = datum;
        let [lon, lat] = datum.of_wgs84(at);
        let row = format!("1,rubbish,2024-03-04,{lon:.9},{lat:.9},,");
        let found = translate(&profile, SIMPLE, &row).unwrap().place.point().unwrap();
        assert!(found.distance_m(at) < 0.001, "{datum}: {found:?}");
        // Swapped and impossible ones are found as in any other datum.
        let swapped = format!("1,rubbish,2024-03-04,{lat:.9},{lon:.9},,");
        let fault = translate(&profile, SIMPLE, &swapped).unwrap_err();
        assert_eq!(fault.reason, Reason::CoordinatesSwapped);
        let beyond = translate(&profile, SIMPLE, "1,rubbish,2024-03-04,514.06123,22.73123,,").unwrap_err();
        assert_eq!(
            (beyond.reason, &*beyond.column),
            (Reason::CoordinatesOffGlobe, "lon")
        );
        let none = translate(&profile, SIMPLE, "1,rubbish,2024-03-04,NaN,22.73123,,").unwrap_err();
        assert_eq!(
            (none.reason, &*none.value),
            (Reason::CoordinatesUnreadable, "NaN")
        );
    }
}

/// A file of cases all over the town, with points in `datum` and the community that each truly lies in.
fn cases_in(dir: &TempDir, datum: Datum) -> PathBuf {
    let mut text = format!("{SIMPLE}\n");
    for (i, (id, place)) in TOWN.places.of_kind(PlaceKind::BaseGrid).enumerate() {
        let Some(community) = place.parent else { continue };
        let name = &TOWN.places.get(community).name.zh;
        assert_eq!(TOWN.places.at(place.label_at, PlaceKind::BaseGrid), Some(id));
        let [lon, lat] = datum.of_wgs84(place.label_at);
        text.push_str(&format!("{i},rubbish,2024-03-04,{lon:.6},{lat:.6},,{name}\n"));
    }
    write(dir, "points.csv", text)
}

#[test]
fn points_that_lie_off_their_communities_by_the_shift_of_a_datum_are_asked_about() {
    let dir = tempfile::tempdir().unwrap();
    let trial = |points: Datum, declared: Datum| {
        let path = cases_in(&dir, points);
        let mut profile = simple();
        profile.coordinates.datum = declared;
        let store = book(&dir);
        run::dry_run(&path, &profile, &TOWN, &store, now(), &mut go, None).unwrap()
    };
    let summary = trial(Datum::Gcj02, Datum::Wgs84);
    let doubt = summary.datum_doubt.unwrap();
    assert_eq!(doubt.likely, Datum::Gcj02);
    assert!((300..700).contains(&doubt.moved_m), "{doubt:?}");
    let [inside, likely] = doubt.shares();
    assert!(inside < 90 && likely == 100, "{doubt:?}");
    assert_eq!(trial(Datum::Gcj02, Datum::Gcj02).datum_doubt, None);
    assert_eq!(trial(Datum::Wgs84, Datum::Wgs84).datum_doubt, None);
    assert_eq!(
        trial(Datum::Bd09, Datum::Cgcs2000).datum_doubt.unwrap().likely,
        Datum::Bd09
    );
}

#[test]
fn points_in_the_sea_are_counted_as_outside_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(
        &dir,
        "sea.csv",
        format!(
            "{SIMPLE}\n1,rubbish,2024-03-04,115.5123,20.1234,,\n2,rubbish,2024-03-04,114.0612,22.7312,,\n"
        ),
    );
    let store = book(&dir);
    let summary = run::dry_run(&path, &simple(), &TOWN, &store, now(), &mut go, None).unwrap();
    assert_eq!((summary.rows, summary.imported, summary.outside_town), (2, 2, 1));
}

#[test]
fn appeals_of_a_district_keep_what_they_say() {
    let profile = shipped("pingshan-appeals");
    let mut origins = Origins::default();
    let dir = tempfile::tempdir().unwrap();
    let rejects = dir.path().join("rejects.csv");
    let summary = origins.import(&fixture("appeals.csv"), &profile, Some(&rejects));
    assert_adds_up(&summary);
    assert_eq!(
        (
            summary.rows,
            summary.imported,
            summary.already_there,
            summary.rejected
        ),
        (14, 5, 1, 8)
    );
    assert_eq!(
        (summary.open, summary.outside_town, summary.without_point),
        (1, 0, 6)
    );
    let counts: Vec<(&str, u64)> = summary.reasons.iter().map(|(code, n)| (*code, *n)).collect();
    let expected = [
        ("cell_count", 1),
        ("key_missing", 1),
        ("key_repeated", 1),
        ("time_in_future", 1),
        ("time_too_early", 1),
        ("time_unreadable", 1),
        ("type_skipped", 1),
        ("type_unmapped", 1),
    ];
    assert_eq!(counts, expected);
    let report = |key: &str| {
        origins
            .reports
            .iter()
            .find(|r| &*r.origin.as_ref().unwrap().key == key)
            .unwrap()
    };
    let first = report("900001");
    assert_eq!((&*first.item, first.source), ("GL-A01", Source::Hotline));
    assert_eq!(first.reported_at, at("2024-03-04T08:15:00+08:00"));
    assert_eq!(
        first.outcome,
        Some(Outcome {
            at: None,
            in_time: Some(true)
        })
    );
    assert!(matches!(&first.place, Whereabouts::Elsewhere { stated, .. } if &**stated == "六联社区"));
    let entity = report("900002");
    assert_eq!((&*entity.item, entity.source), ("GL-C04", Source::Resident));
    assert!(entity.text.ends_with("路灯(灯光)井盖"), "{}", entity.text);
    assert_eq!(
        entity.outcome,
        Some(Outcome {
            at: None,
            in_time: None
        }),
        "the two flags contradict each other"
    );
    let fallback = report("900003");
    assert_eq!(
        (&*fallback.item, fallback.outcome.as_ref()),
        ("GL-C03", None),
        "found by its main type, still open"
    );
    let item = TOWN.catalogue.by_code("GL-C03").unwrap();
    assert_eq!(
        fallback.due_at,
        Some(decide::due(&TOWN, item, fallback.reported_at))
    );
    let no_area = report("900004");
    assert_eq!(
        no_area.place,
        Whereabouts::Stated {
            stated: "样例路1号".into()
        }
    );
    assert_eq!(
        no_area.outcome,
        Some(Outcome {
            at: None,
            in_time: Some(false)
        })
    );
    assert!(matches!(&report("900014").place, Whereabouts::Area { code, .. } if &**code == "GL01"));
}

#[test]
fn requests_of_a_city_keep_their_dates() {
    let profile = shipped("baltimore-311");
    let mut origins = Origins::default();
    let summary = origins.import(&fixture("requests.csv"), &profile, None);
    assert_adds_up(&summary);
    assert_eq!((summary.rows, summary.imported, summary.rejected), (9, 3, 6));
    assert_eq!(
        (summary.open, summary.outside_town, summary.without_point),
        (1, 1, 2)
    );
    let faults: Vec<(u64, &str)> = summary.faults.iter().map(|f| (f.line, f.reason.code())).collect();
    let expected = [
        (5, "type_skipped"),
        (6, "coordinates_swapped"),
        (7, "coordinates_off_globe"),
        (8, "coordinates_unreadable"),
        (9, "time_order"),
        (10, "coordinates_unreadable"),
    ];
    assert_eq!(faults, expected);
    let [winter, summer, skipped] = &origins.reports[..] else {
        panic!()
    };
    assert_eq!(winter.reported_at, at("2024-03-04T11:11:26-05:00"));
    assert_eq!(winter.due_at, Some(at("2024-03-06T11:11:26-05:00")));
    let ended = Outcome {
        at: Some(at("2024-03-05T12:45:47-05:00")),
        in_time: Some(true),
    };
    assert_eq!(winter.outcome, Some(ended));
    assert_eq!(
        winter.place.point(),
        Some(Wgs84 {
            lon: -76.610456,
            lat: 39.300123
        })
    );
    assert_eq!(
        summer.reported_at,
        at("2024-07-04T00:00:00-04:00"),
        "midnight, in summer time"
    );
    assert_eq!(summer.outcome.as_ref().unwrap().in_time, Some(false));
    let words = "2 SAMPLE ST, SAMPLE CITY (Sampleton)";
    assert_eq!(
        summer.place,
        Whereabouts::Stated { stated: words.into() },
        "39, -77 is no point"
    );
    assert_eq!(
        skipped.reported_at,
        at("2024-03-10T07:30:00Z"),
        "02:30 did not exist on that night"
    );
    assert_eq!(skipped.outcome, None);
}

#[test]
fn a_deadline_that_the_file_does_not_give_comes_from_the_catalogue() {
    let report = translate(&simple(), SIMPLE, "1,light,2024-03-04 08:15,,,x,").unwrap();
    let item = TOWN.catalogue.by_code("GL-C05").unwrap();
    assert_eq!(report.due_at, Some(decide::due(&TOWN, item, report.reported_at)));
    assert!(report.due_at > Some(report.reported_at));
}

// Profiles.

#[test]
fn shipped_profiles_are_without_mistakes_and_fit_the_catalogue() {
    let (profiles, faults) = profile::load_all(&[root().join("assets/import")]);
    assert_eq!(faults, []);
    let names: Vec<&str> = profiles.iter().map(|p| p.name.as_str()).collect();
    assert!(
        names.contains(&"pingshan-appeals") && names.contains(&"baltimore-311"),
        "{names:?}"
    );
    for profile in &profiles {
        assert_eq!(profile.faults_with(&TOWN.catalogue), [], "{}", profile.name);
        assert!(!profile.title.zh.is_empty() && !profile.title.en.is_empty());
    }
    let table = |name| Table::open(&fixture(name)).unwrap();
    let best = |name| {
        profile::best_profile(table(name).header(), &profiles)
            .unwrap()
            .name
            .clone()
    };
    assert_eq!(
        (best("appeals.csv"), best("requests.csv")),
        ("pingshan-appeals".into(), "baltimore-311".into())
    );
}

#[test]
fn mistakes_of_a_profile_are_listed_with_file_key_and_what_is_right() {
    let dir = tempfile::tempdir().unwrap();
    let text = r#"
        name = "other"
        [columns]
        reported_at = ""
        lon = "x"
        [time]
        formats = ["%Q"]
        timezone = "Asia/Shanghai"
        [coordinates]
        min_decimals = 13
        [areas]
        "A" = { lon = 200.0, lat = 0.0 }
        [sources]
        "tel" = "phone"
        [skip]
        "x" = "why"
        [items]
        "x" = "GL-A01"
    "#;
    let path = write(&dir, "mine.toml", text);
    let error = Profile::load(&path).unwrap_err();
    let keys: BTreeSet<&str> = error.0.iter().map(|fault| fault.key.as_str()).collect();
    let expected = [
        "areas.\"A\"",
        "columns.lon",
        "columns.reported_at",
        "columns.type",
        "coordinates.min_decimals",
        "name",
        "skip.\"x\"",
        "sources.\"tel\"",
        "time.formats",
    ];
    assert_eq!(keys.into_iter().collect::<Vec<_>>(), expected);
    assert!(
        error
            .to_string()
            .contains("mine.toml: coordinates.min_decimals: expected 0 to 12")
    );
    // A datum that nobody knows is found with those that are known.
    let datum = "name = \"slip\"\n[columns]\nreported_at = \"at\"\n[coordinates]\ndatum = \"mars\"\n";
    let path = write(&dir, "slip.toml", datum);
    let error = Profile::load(&path).unwrap_err().to_string();
    assert!(
        error.contains("line 5") && error.contains("mars") && error.contains("gcj02"),
        "{error}"
    );
    // A slip of the pen in a key is found with its line.
    let path = write(
        &dir,
        "slip.toml",
        "name = \"slip\"\n[columns]\nreported = \"at\"\n",
    );
    let error = Profile::load(&path).unwrap_err().to_string();
    assert!(
        error.contains("slip.toml") && error.contains("line 3") && error.contains("reported_at"),
        "{error}"
    );
}

#[test]
fn a_profile_that_does_not_fit_says_what_is_missing() {
    let mut profile = simple();
    profile.items.insert("x".into(), "GL-Z99".into());
    let header: Vec<String> = ["id", "type", "at"].map(str::to_owned).to_vec();
    let Err(error) = Translator::new(&profile, &TOWN, &header, now()) else {
        panic!()
    };
    let text = error.to_string();
    for expected in [
        "items.\"x\": there is no item 'GL-Z99'",
        "no column 'lon'",
        "no column 'area'",
        "it has: id, type, at",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

#[test]
fn a_users_profile_goes_before_one_that_ships_and_a_broken_one_hides_nothing() {
    let (shipped_dir, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut profile = simple();
    profile.save(shipped_dir.path()).unwrap();
    profile.note = "mine".into();
    let saved = profile.save(own.path()).unwrap();
    assert_eq!(
        Profile::load(&saved).unwrap(),
        profile,
        "what is saved is read back"
    );
    write(&own, "broken.toml", "name = 7");
    let dirs = [
        shipped_dir.path().to_path_buf(),
        own.path().to_path_buf(),
        own.path().join("none"),
    ];
    let (profiles, faults) = profile::load_all(&dirs);
    assert_eq!(profiles, [profile]);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].file.ends_with("broken.toml"));
}

#[test]
fn columns_are_guessed_in_both_languages() {
    let guess = |names: &str| Profile::guess(&names.split(',').map(str::to_owned).collect::<Vec<_>>());
    let zh = guess(
        "序号,工单编号,标题,问题描述,大类,小类,上报时间,截止时间,结案时间,所属社区,详细地址,经度,纬度,来源",
    );
    let c = &zh.columns;
    assert_eq!(
        (c.key.as_deref(), c.reported_at.as_str()),
        (Some("工单编号"), "上报时间")
    );
    assert_eq!(
        (c.due_at.as_deref(), c.closed_at.as_deref()),
        (Some("截止时间"), Some("结案时间"))
    );
    assert_eq!(
        (c.kind.as_slice(), c.text.as_slice()),
        (
            ["小类".into(), "大类".into()].as_slice(),
            ["标题".into(), "问题描述".into()].as_slice()
        )
    );
    assert_eq!(
        (c.lon.as_deref(), c.lat.as_deref(), c.area.as_deref()),
        (Some("经度"), Some("纬度"), Some("所属社区"))
    );
    assert_eq!(
        (c.address.as_slice(), c.source.as_deref()),
        (["详细地址".to_owned()].as_slice(), Some("来源"))
    );
    assert!(zh.score() > 0.99);
    let en = guess("case_id,Title,category,CreatedDate,DueDate,closed_at,lat,lon,address,width");
    let c = &en.columns;
    assert_eq!(
        (c.key.as_deref(), c.reported_at.as_str()),
        (Some("case_id"), "CreatedDate")
    );
    assert_eq!(
        (c.due_at.as_deref(), c.closed_at.as_deref()),
        (Some("DueDate"), Some("closed_at"))
    );
    assert_eq!((c.lon.as_deref(), c.lat.as_deref()), (Some("lon"), Some("lat")));
    assert!(guess("foo,bar").score() < 0.1);
}

#[test]
fn a_word_of_the_file_proposes_an_item() {
    let item = |word| profile::suggest_item(&TOWN.catalogue, word).map(|item| item.name.zh.as_str());
    assert_eq!(item("路灯故障报修"), Some("路灯故障"));
    assert_eq!(item("Street light failure"), Some("路灯故障"));
    assert_eq!(item("zzzz"), None);
}

// Whole files.

fn book(dir: &TempDir) -> SqliteStore {
    SqliteStore::open(&dir.path().join("book.db")).unwrap()
}

fn into_book(path: &Path, store: &mut SqliteStore, rejects: Option<&Path>) -> Summary {
    let profile = shipped("pingshan-appeals");
    run::run(
        path,
        &profile,
        &TOWN,
        store,
        now(),
        "D-GRID",
        "seat",
        &mut go,
        rejects,
    )
    .unwrap()
}

#[test]
fn importing_twice_adds_nothing_and_mended_rejects_go_in() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = book(&dir);
    let rejects = dir.path().join("rejects.csv");
    let file = fixture("appeals.csv");
    let profile = shipped("pingshan-appeals");
    let tried = run::dry_run(&file, &profile, &TOWN, &store, now(), &mut go, None).unwrap();
    assert_eq!(store.counts().unwrap(), (0, 0), "trying writes nothing");
    let first = into_book(&file, &mut store, Some(&rejects));
    assert_eq!(
        Summary {
            rejects_file: None,
            ..first.clone()
        },
        tried
    );
    assert_eq!(
        (first.rejects_file.as_deref(), store.counts().unwrap()),
        (Some(rejects.as_path()), (5, 1))
    );
    let second = into_book(&file, &mut store, None);
    assert_adds_up(&second);
    assert_eq!(
        (second.imported, second.already_there, second.rejected),
        (0, 6, 8)
    );
    let tried = run::dry_run(&file, &profile, &TOWN, &store, now(), &mut go, None).unwrap();
    assert_eq!((tried.imported, tried.already_there), (0, 6));

    let text = std::fs::read_to_string(&rejects).unwrap();
    assert!(text.starts_with('\u{FEFF}'), "spreadsheet programs need the mark");
    let table = Table::open(&rejects).unwrap();
    assert!(
        table
            .header()
            .ends_with(&["line".into(), "column".into(), "reason".into()])
    );
    let listed: Vec<(String, String)> = all_rows(&table)
        .iter()
        .map(|row| (row.cell(26).to_owned(), row.cell(27).to_owned()))
        .collect();
    assert_eq!(listed[0], ("6".into(), "SUB_TYPE_NAME".into()));
    assert_eq!(listed.len(), 8);
    // Nothing mended: nothing goes in, not even the row whose missing cells were filled up.
    let unmended = into_book(&rejects, &mut store, None);
    assert_eq!(
        (unmended.rows, unmended.imported, unmended.already_there),
        (8, 0, 1),
        "{:?}",
        unmended.reasons
    );
    // Mended, it goes in with the same profile; its rejects have no second set of the three columns.
    let mended = text
        .replace("1900-01-01", "2024-01-01")
        .replace("2099-01-01", "2024-01-02");
    let more = dir.path().join("more.csv");
    let third = into_book(&write(&dir, "mended.csv", mended), &mut store, Some(&more));
    assert_adds_up(&third);
    assert_eq!(third.imported, 2);
    assert_eq!(Table::open(&more).unwrap().header(), table.header());
    assert!(store.verify().unwrap().ok);
}

#[test]
fn a_file_without_keys_is_imported_once_and_its_equal_rows_are_all_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut profile = simple();
    profile.columns.key = None;
    let row = "rubbish,2024-03-04 08:15,,,x,";
    let path = write(
        &dir,
        "keyless.csv",
        format!("{SIMPLE}\n1,{row}\n2,{row}\n3,{row}\n4,{row}2\n"),
    );
    let mut origins = Origins::default();
    let summary = origins.import(&path, &profile, None);
    assert_eq!(
        (summary.rows, summary.imported),
        (4, 4),
        "the column id is not read, the first three are equal"
    );
    let again = origins.import(&path, &profile, None);
    assert_eq!((again.imported, again.already_there), (0, 4));
    // The key of a content is the same for ever: an import of today knows one of last year.
    let key = origins.reports[0].origin.as_ref().unwrap().key.to_string();
    assert_eq!(key.len(), 34, "{key}");
    assert!(key.ends_with("-1") && origins.reports[2].origin.as_ref().unwrap().key.ends_with("-3"));
}

#[test]
fn a_key_whose_first_row_was_rejected_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(
        &dir,
        "k.csv",
        format!("{SIMPLE}\n1,rubbish,1900-01-01,,,x,\n1,rubbish,2024-03-04,,,x,\n"),
    );
    let summary = Origins::default().import(&path, &simple(), None);
    assert_eq!((summary.imported, summary.rejected), (1, 1));
}

fn many_rows(dir: &TempDir, rows: usize) -> PathBuf {
    let mut text = format!("{SIMPLE}\n");
    for n in 0..rows {
        text.push_str(&format!("{n},rubbish,2024-03-04 08:15,,,x,新澜社区\n"));
    }
    write(dir, "many.csv", text)
}

#[test]
fn stopping_leaves_whole_batches_and_a_second_run_completes_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = many_rows(&dir, 25_000);
    let mut store = book(&dir);
    let mut stop = |progress: Progress| {
        assert!(progress.share().unwrap() <= 1.0);
        if progress.rows >= 10_000 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let profile = simple();
    let half = run::run(
        &path,
        &profile,
        &TOWN,
        &mut store,
        now(),
        "D-GRID",
        "s",
        &mut stop,
        None,
    )
    .unwrap();
    assert_adds_up(&half);
    assert!(half.cancelled);
    assert_eq!((half.imported, store.counts().unwrap().0), (10_000, 10_000));
    let rest = run::run(
        &path,
        &profile,
        &TOWN,
        &mut store,
        now(),
        "D-GRID",
        "s",
        &mut go,
        None,
    )
    .unwrap();
    assert_adds_up(&rest);
    assert_eq!(
        (rest.already_there, rest.imported, rest.cancelled),
        (10_000, 15_000, false)
    );
    let mut seen: Vec<Case> = Vec::new();
    let query = CaseQuery {
        limit: Some(1),
        ..CaseQuery::default()
    };
    store
        .cases(&query, &mut |case| {
            seen.push(case);
            true
        })
        .unwrap();
    assert_eq!(seen[0].origin.as_ref().map(|o| &*o.profile), Some("simple"));
}

#[test]
fn a_store_that_fails_stops_the_import_and_says_how_far_it_came() {
    let dir = tempfile::tempdir().unwrap();
    let path = many_rows(&dir, 25_000);
    let table = Table::open(&path).unwrap();
    let profile = simple();
    let rejects = dir.path().join("rejects.csv");
    let mut calls = 0;
    let mut full = |reports: Vec<Report>| {
        calls += 1;
        // The first batches are smaller: 2,500 and 7,500 rows.
        if calls == 3 {
            return Err(StoreError::Full {
                path: "book.db".into(),
            });
        }
        Ok(Bulk {
            added: reports.len() as u64,
            already_there: 0,
        })
    };
    let setting = Setting {
        profile: &profile,
        town: &TOWN,
        now: now(),
    };
    let error = run::import(&table, setting, &mut full, &mut go, Some(&rejects)).unwrap_err();
    let ImportError::Store { summary, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(summary.rows, 10_000);
    assert!(
        error.to_string().starts_with("after 10000 rows: the disk"),
        "{error}"
    );
}

#[test]
fn the_rejects_file_never_replaces_its_source_and_is_made_only_where_needed() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(&dir, "in.csv", format!("{SIMPLE}\n1,rubbish,1900-01-01,,,x,\n"));
    let table = Table::open(&path).unwrap();
    let profile = simple();
    let setting = Setting {
        profile: &profile,
        town: &TOWN,
        now: now(),
    };
    let mut origins = Origins::default();
    let mut append = |reports| origins.append(reports);
    let error = run::import(&table, setting, &mut append, &mut go, Some(&path)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("that is the file that is being imported"),
        "{error}"
    );
    let nowhere = dir.path().join("none/rejects.csv");
    let error = run::import(&table, setting, &mut append, &mut go, Some(&nowhere)).unwrap_err();
    assert!(matches!(error, ImportError::Rejects { .. }), "{error}");
    let clean = write(
        &dir,
        "clean.csv",
        format!("{SIMPLE}\n1,rubbish,2024-03-04,,,x,\n"),
    );
    let rejects = dir.path().join("rejects.csv");
    assert_eq!(
        Origins::default()
            .import(&clean, &simple(), Some(&rejects))
            .rejects_file,
        None
    );
    assert!(!rejects.exists());
}

#[test]
fn the_types_of_a_file_are_counted_for_the_mapping() {
    let table = Table::open(&fixture("appeals.csv")).unwrap();
    let profile = shipped("pingshan-appeals");
    let kinds = run::kinds(
        &table,
        Setting {
            profile: &profile,
            town: &TOWN,
            now: now(),
        },
    )
    .unwrap();
    assert_eq!((kinds[0].words[0].as_str(), kinds[0].rows), ("暴露垃圾", 8));
    assert_eq!(kinds[0].item.as_deref(), Some("GL-A01"));
    let unknown = kinds.iter().find(|kind| kind.words[0] == "全新小类").unwrap();
    assert_eq!((unknown.words.len(), unknown.item.as_deref()), (3, None));
}

/// One cell out of clean and dirty ones.
fn cell(choices: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(choices)
}

fn dirty_row() -> impl Strategy<Value = Vec<u8>> {
    let clean = (
        cell(&["1", "2", "3", "4", "5", "-", "", "\"6\nsix\""]),
        cell(&["rubbish", "light", "rubbish", "unknown", "", "&amp;"]),
        cell(&[
            "2024-03-04",
            "2024-03-04 08:15",
            "1900-01-01",
            "2099-01-01",
            "nil",
            "",
        ]),
        cell(&["114.0612", "22.7312", "114.06", "0", "", "NaN", "999.1234"]),
        cell(&["22.7312", "114.0612", "22.73", "0", "", "-inf", "x"]),
        cell(&["环观南路", "\"a,b\"", "\"\"", "\"open", ",", "-"]),
        cell(&["新澜社区", "x", "", "\u{FFFD}"]),
    );
    let clean = clean.prop_map(|(a, b, c, d, e, f, g)| [a, b, c, d, e, f, g].join(",").into_bytes());
    prop_oneof![6 => clean, 1 => proptest::collection::vec(any::<u8>(), 0..40)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever stands in a file: the sums add up, every rejected row is listed, a second import adds nothing, and the
    /// rejected rows are rejected again until somebody mends them.
    #[test]
    fn sums_always_add_up(rows in proptest::collection::vec(dirty_row(), 0..40), keyed in any::<bool>()) {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = format!("{SIMPLE}\n0,rubbish,2024-03-04,,,x,新澜社区\n").into_bytes();
        for row in rows {
            bytes.extend_from_slice(&row);
            bytes.push(b'\n');
        }
        let path = write(&dir, "dirt.csv", bytes);
        // Enough random bytes can make the file no text at all; then it is refused as a whole.
        let Ok(table) = Table::open(&path) else { return Ok(()) };
        prop_assume!(table.header().len() == 7);
        let mut profile = simple();
        if !keyed {
            profile.columns.key = None;
        }
        let rejects = dir.path().join("rejects.csv");
        let mut origins = Origins::default();
        let first = origins.import(&path, &profile, Some(&rejects));
        assert_adds_up(&first);
        prop_assert_eq!(first.imported as usize, origins.reports.len());
        for report in &origins.reports {
            prop_assert!(report.place.point().is_none_or(Wgs84::is_valid));
            prop_assert!(report.reported_at <= now());
        }
        let second = origins.import(&path, &profile, None);
        assert_adds_up(&second);
        prop_assert_eq!((second.imported, second.rejected), (0, first.rejected));
        prop_assert_eq!(second.already_there, first.already_there + first.imported);
        if first.rejected > 0 {
            let listed = Table::open(&rejects).unwrap();
            let mut n = 0;
            listed.rows(&mut |_| { n += 1; ControlFlow::Continue(()) }).unwrap();
            prop_assert_eq!(n, first.rejected);
            let mut unknown = Origins::default();
            let again = unknown.import(&rejects, &profile, None);
            assert_adds_up(&again);
            // A row that only contradicted an earlier one is a good row by itself.
            let repeated = first.reasons.get("key_repeated").copied().unwrap_or(0);
            prop_assert!(again.imported + again.already_there <= repeated, "{:?} {:?}", first, again);
        }
    }
}
