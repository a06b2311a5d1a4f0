//! A briefing as a workbook: one sheet for what it rests on, one for each section; numbers are numbers.

use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet, XlsxError};

use crate::report::sheet::sheet_name;
use crate::report::{Cell, Table};

use super::sheet::{Body, Card, Entry, Grid, Section, Sheet};

/// Writes a briefing. `mark` stands on every sheet beside its own words, such as that it is a drill.
///
/// # Errors
/// Where a text is longer than a cell can hold, or there are too many rows.
pub fn write(sheet: &Sheet, mark: Option<&str>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let about = sheet.stamp.to_string();
    book.set_properties(&DocProperties::new().set_title(&sheet.title).set_comment(&about));
    let mut names = Vec::new();
    cover(page(&mut book, &sheet.words.cover, &mut names)?, sheet, mark)?;
    for section in &sheet.sections {
        let name = match section.title.is_empty() {
            true => &sheet.title,
            false => &section.title,
        };
        let mut page = Page {
            sheet: page(&mut book, name, &mut names)?,
            row: 0,
            widths: Vec::new(),
        };
        if let Some(mark) = mark {
            page.words(mark, true)?;
        }
        page.section(section, sheet)?;
        page.finish()?;
    }
    book.save_to_buffer()
}

/// A new sheet; of several with one name the later ones are numbered.
fn page<'a>(
    book: &'a mut Workbook,
    name: &str,
    names: &mut Vec<String>,
) -> Result<&'a mut Worksheet, XlsxError> {
    let short = sheet_name(name);
    let mut unique = short.clone();
    let mut n = 1;
    while names.contains(&unique.to_lowercase()) {
        n += 1;
        let head: String = short.chars().take(27).collect();
        unique = format!("{head} {n}");
    }
    names.push(unique.to_lowercase());
    let sheet = book.add_worksheet();
    sheet.set_name(unique)?;
    Ok(sheet)
}

fn cover(sheet: &mut Worksheet, briefing: &Sheet, mark: Option<&str>) -> Result<(), XlsxError> {
    let mut page = Page {
        sheet,
        row: 0,
        widths: Vec::new(),
    };
    if let Some(mark) = mark {
        page.words(mark, true)?;
    }
    page.words(&format!("{} {}", briefing.of, briefing.title), true)?;
    page.words(&briefing.days, false)?;
    if let Some(empty) = &briefing.empty {
        page.words(empty, true)?;
    }
    page.words(&briefing.basis, false)?;
    let hash = format!("{} {}", briefing.words.hash, briefing.stamp.sha256);
    page.words(&hash, false)?;
    page.words(&briefing.stamp.to_string(), false)?;
    Ok(())
}

/// A sheet that is being filled.
struct Page<'a> {
    sheet: &'a mut Worksheet,
    row: u32,
    /// Widths of the columns so far, in characters.
    widths: Vec<usize>,
}

/// A number's format: "0", "0.0".
fn decimals(n: u8) -> String {
    match n {
        0 => "0".to_owned(),
        n => format!("0.{}", "0".repeat(usize::from(n))),
    }
}

impl Page<'_> {
    fn section(&mut self, section: &Section, sheet: &Sheet) -> Result<(), XlsxError> {
        match &section.body {
            Body::Text(paragraphs) => {
                for text in paragraphs {
                    self.words(text, false)?;
                }
            }
            Body::Cards(cards, notes) => {
                self.heads(sheet.words.cards.iter().map(String::as_str))?;
                for card in cards {
                    self.card(card)?;
                }
                self.notes(notes)?;
            }
            Body::Table(grid) => self.grid(grid)?,
            Body::Plot(figure, _) => {
                self.table(&figure.table())?;
                self.notes(std::slice::from_ref(&figure.note))?;
            }
            Body::Rules(rules) => {
                for (term, said) in rules {
                    self.text(0, term)?;
                    self.sheet.write_string(self.row, 1, said)?;
                    self.row += 1;
                }
                self.notes(&[sheet.basis.clone(), sheet.stamp.to_string()])?;
            }
        }
        Ok(())
    }

    /// A line by itself; it may run over the columns at its right.
    fn words(&mut self, text: &str, bold: bool) -> Result<(), XlsxError> {
        match bold {
            true => {
                let bold = Format::new().set_bold();
                self.sheet.write_string_with_format(self.row, 0, text, &bold)?;
            }
            false => {
                self.sheet.write_string(self.row, 0, text)?;
            }
        }
        self.row += 1;
        Ok(())
    }

    fn notes(&mut self, notes: &[String]) -> Result<(), XlsxError> {
        self.row += 1;
        for note in notes {
            self.words(note, false)?;
        }
        Ok(())
    }

    fn widen(&mut self, column: u16, text: &str) {
        let wide = unicode_width::UnicodeWidthStr::width(text) + 2;
        let column = usize::from(column);
        if self.widths.len() <= column {
            self.widths.resize(column + 1, 0);
        }
        self.widths[column] = self.widths[column].max(wide);
    }

    fn heads<'t>(&mut self, heads: impl Iterator<Item = &'t str>) -> Result<(), XlsxError> {
        let bold = Format::new().set_bold();
        for (column, head) in (0_u16..).zip(heads) {
            self.widen(column, head);
            self.sheet
                .write_string_with_format(self.row, column, head, &bold)?;
        }
        self.row += 1;
        self.sheet.set_freeze_panes(self.row, 0)?;
        Ok(())
    }

    fn text(&mut self, column: u16, text: &str) -> Result<(), XlsxError> {
        self.widen(column, text);
        self.sheet.write_string(self.row, column, text)?;
        Ok(())
    }

    /// A number; what is not finite is left out.
    fn number(&mut self, column: u16, value: Option<f64>, places: u8) -> Result<(), XlsxError> {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            let format = Format::new().set_num_format(decimals(places));
            self.sheet
                .write_number_with_format(self.row, column, value, &format)?;
        }
        Ok(())
    }

    fn card(&mut self, card: &Card) -> Result<(), XlsxError> {
        self.text(0, &card.name)?;
        self.number(1, card.value, card.decimals)?;
        self.text(2, &card.unit)?;
        self.number(3, Some(card.n as f64), 0)?;
        self.number(4, card.of.map(|of| of as f64), 0)?;
        self.text(5, &card.other)?;
        self.number(6, card.before, card.decimals)?;
        self.number(7, card.changed, 1)?;
        self.text(8, &card.change_unit)?;
        self.row += 1;
        Ok(())
    }

    fn grid(&mut self, grid: &Grid) -> Result<(), XlsxError> {
        self.heads(grid.columns.iter().map(|column| column.name.as_str()))?;
        if grid.rows.is_empty() {
            self.words(&grid.empty, false)?;
        }
        for row in &grid.rows {
            for ((column, entry), head) in (0_u16..).zip(row).zip(&grid.columns) {
                match entry {
                    Entry::Number(value, _) => {
                        self.number(column, Some(*value), head.decimals.unwrap_or(0))?;
                    }
                    // A dash is for readers; to count on, a cell without a value is empty.
                    Entry::Words(text) if head.decimals.is_some() && text == "—" => {}
                    Entry::Words(text) => self.text(column, text)?,
                }
            }
            self.row += 1;
        }
        self.notes(&grid.notes)
    }

    fn table(&mut self, table: &Table) -> Result<(), XlsxError> {
        self.heads(table.columns.iter().map(String::as_str))?;
        for row in &table.rows {
            for (column, cell) in (0_u16..).zip(row) {
                match cell {
                    Cell::Empty => {}
                    Cell::Number(value) => {
                        let places = if value.fract() == 0.0 { 0 } else { 2 };
                        self.number(column, Some(*value), places)?;
                    }
                    Cell::Text(text) => self.text(column, text)?,
                }
            }
            self.row += 1;
        }
        Ok(())
    }

    fn finish(self) -> Result<(), XlsxError> {
        for (column, wide) in (0_u16..).zip(&self.widths) {
            self.sheet.set_column_width(column, (*wide).clamp(8, 44) as f64)?;
        }
        Ok(())
    }
}
