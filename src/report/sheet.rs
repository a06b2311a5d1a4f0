//! Tables as CSV and as workbooks.

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::figure::{Cell, Table};

/// A table as CSV: UTF-8 with a byte-order mark, which tells office programs so. The last column says in every row what the
/// table is of, under the table's title: rows of such a file are cut out and pasted elsewhere.
///
/// # Errors
/// Where the writer fails.
pub fn csv(table: &Table, title: &str, of_what: &str) -> Result<Vec<u8>, std::io::Error> {
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let with = |row: Vec<String>, last: &str| row.into_iter().chain([guarded(last)]);
    let heads = table.columns.iter().map(|name| guarded(name)).collect();
    writer.write_record(with(heads, title))?;
    for row in &table.rows {
        writer.write_record(with(row.iter().map(text).collect(), of_what))?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Number(value) => value.to_string(),
        Cell::Text(text) => guarded(text),
    }
}

/// A text that a table program would take for a formula stands behind an apostrophe.
pub(super) fn guarded(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

/// A table as a workbook with one sheet; below the table stand the notes.
///
/// # Errors
/// Where a text is longer than a cell can hold, or there are too many rows.
pub fn xlsx(table: &Table, name: &str, notes: &[&str]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(sheet_name(name))?;
    let bold = Format::new().set_bold();
    for (column, heading) in (0_u16..).zip(&table.columns) {
        sheet.write_string_with_format(0, column, heading, &bold)?;
        let width = super::drawing::width_of(heading) / 7.0;
        sheet.set_column_width(column, f64::from(width.clamp(10.0, 40.0)))?;
    }
    for (row, cells) in (1_u32..).zip(&table.rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                Cell::Empty => {}
                Cell::Number(value) => {
                    sheet.write_number(row, column, *value)?;
                }
                Cell::Text(text) => {
                    sheet.write_string(row, column, text)?;
                }
            }
        }
    }
    let below = table.rows.len() as u32 + 2;
    for (row, note) in (below..).zip(notes.iter().filter(|note| !note.is_empty())) {
        sheet.write_string(row, 0, *note)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    book.save_to_buffer()
}

/// A name that a sheet may have: at most 31 characters, none of `[]:*?/\`.
pub fn sheet_name(name: &str) -> String {
    let allowed = name
        .chars()
        .filter(|c| !"[]:*?/\\'".contains(*c) && !c.is_control());
    let name: String = allowed.take(31).collect();
    match name.trim() {
        "" => "1".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader};

    use super::*;

    fn table() -> Table {
        Table {
            columns: ["事项", "件数"].map(str::to_owned).to_vec(),
            rows: vec![
                vec!["暴露垃圾".into(), 9_u64.into()],
                vec!["=1+1".into(), Cell::Empty],
            ],
        }
    }

    #[test]
    fn a_workbook_is_read_back() {
        let bytes = xlsx(&table(), "事项/2026:11", &["根据 9 件"]).unwrap();
        let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        assert_eq!(book.sheet_names(), ["事项202611"]);
        let range = book.worksheet_range("事项202611").unwrap();
        let cell = |row, column| range.get_value((row, column)).cloned().unwrap_or(Data::Empty);
        assert_eq!(cell(0, 1), Data::String("件数".to_owned()));
        assert_eq!(cell(1, 1), Data::Float(9.0));
        assert_eq!(cell(2, 0), Data::String("=1+1".to_owned()));
        assert_eq!(cell(4, 0), Data::String("根据 9 件".to_owned()));
    }

    #[test]
    fn a_csv_is_read_back_and_holds_no_formula() {
        let bytes = csv(&table(), "按事项", "演练 · 2026-11").unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows[0], vec!["暴露垃圾", "9", "演练 · 2026-11"]);
        assert_eq!(rows[1], vec!["'=1+1", "", "演练 · 2026-11"]);
        assert_eq!(reader.headers().unwrap(), vec!["事项", "件数", "按事项"]);
    }
}
