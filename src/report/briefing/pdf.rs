//! A briefing as a PDF to print and to hand out.

use crate::report::draw;
use crate::report::pdf::{A4, About, Align, Head, Op, Paper, PdfError, Tile, Type, write as write_pages};
use crate::report::svg::Look;
use crate::town::Lang;

use super::sheet::{Body, Card, Grid, Section, Sheet};

/// Size of what stands at the foot of every page.
const FOOT: f32 = 7.5;

/// Writes a briefing. `mark` stands on every page beside its own words, such as that it is a drill.
///
/// # Errors
/// [`PdfError`].
pub fn write(sheet: &Sheet, mark: Option<&str>) -> Result<Vec<u8>, PdfError> {
    let kind = Type::load()?;
    let mut paper = Paper::new(kind.clone());
    paper.title(&sheet.of, &sheet.title, &sheet.days);
    if let Some(empty) = &sheet.empty {
        paper.boxed(empty);
    }
    for section in &sheet.sections {
        put(&mut paper, section, sheet.lang == Lang::Zh);
    }
    let mut pages = paper.finish();
    let of = pages.len();
    for (i, page) in pages.iter_mut().enumerate() {
        furnish(page, &kind, sheet, (i + 1, of), mark);
    }
    let about = About {
        title: format!("{} {} {}", sheet.of, sheet.title, sheet.stamp.period),
        description: sheet.stamp.to_string(),
        language: match sheet.lang {
            Lang::Zh => "zh-CN".to_owned(),
            Lang::En => "en".to_owned(),
        },
    };
    write_pages(&pages, &kind, &about)
}

fn put(paper: &mut Paper, section: &Section, chinese: bool) {
    let with = match &section.body {
        Body::Plot(figure, height) if !figure.is_empty() => Paper::WIDTH * height,
        Body::Table(grid) if !grid.rows.is_empty() => 96.0,
        Body::Cards(..) => 70.0,
        _ => 40.0,
    };
    paper.heading(&section.title, with);
    match &section.body {
        Body::Text(paragraphs) => {
            for text in paragraphs {
                paper.paragraph(text, chinese);
            }
        }
        Body::Cards(cards, notes) => {
            let tiles: Vec<Tile<'_>> = cards.iter().map(tile).collect();
            paper.tiles(&tiles);
            paper.notes(notes);
        }
        Body::Table(grid) => table(paper, grid),
        Body::Plot(figure, _) if figure.is_empty() => paper.notes(std::slice::from_ref(&figure.empty)),
        Body::Plot(figure, height) => {
            paper.drawing(*height, |size| draw(figure, size));
            paper.notes(std::slice::from_ref(&figure.note));
        }
        Body::Rules(rules) => paper.terms(rules),
    }
}

fn tile(card: &Card) -> Tile<'_> {
    Tile {
        name: &card.name,
        value: &card.text,
        below: [&card.change, &card.basis],
        out: card.out,
        none: card.value.is_none(),
    }
}

fn table(paper: &mut Paper, grid: &Grid) {
    if grid.rows.is_empty() {
        paper.notes(std::slice::from_ref(&grid.empty));
        return;
    }
    let heads: Vec<Head> = grid
        .columns
        .iter()
        .map(|column| Head {
            text: column.name.clone(),
            align: match column.decimals {
                Some(_) => Align::Right,
                None => Align::Left,
            },
        })
        .collect();
    let rows: Vec<Vec<String>> = grid
        .rows
        .iter()
        .map(|row| row.iter().map(|entry| entry.text().to_owned()).collect())
        .collect();
    paper.table(&heads, &rows, grid.total);
    paper.notes(&grid.notes);
}

/// What stands at the head and at the foot of a page.
fn furnish(page: &mut Vec<Op>, kind: &Type, sheet: &Sheet, (n, of): (usize, usize), mark: Option<&str>) {
    let look = Look::PAPER;
    let (left, right) = (Paper::LEFT, Paper::LEFT + Paper::WIDTH);
    let mut text = |at, bold, color, text: String| {
        page.push(Op::Text {
            at,
            size: FOOT,
            bold,
            color,
            text,
            spread: 0.0,
        });
    };
    let foot = A4[1] - 46.0;
    let number = sheet
        .words
        .page
        .replace("{n}", &n.to_string())
        .replace("{of}", &of.to_string());
    let wide = kind.width(&number, FOOT, false);
    text([left, foot], false, look.weak, sheet.basis.clone());
    text([right - wide, foot], false, look.weak, number);
    let hash = format!("{} {}", sheet.words.hash, sheet.stamp.sha256);
    text([left, foot + 11.0], false, look.weak, hash);
    if n > 1 {
        let head = format!("{}  {}  {}", sheet.of, sheet.title, sheet.days);
        text([left, 42.0], false, look.weak, head);
    }
    if let Some(mark) = mark {
        let wide = kind.width(mark, FOOT, true);
        text([right - wide, 42.0], true, look.out, mark.to_owned());
    }
    page.push(Op::Line(
        vec![[left, foot - 11.0], [right, foot - 11.0]],
        0.5,
        look.line,
    ));
    if n > 1 {
        page.push(Op::Line(vec![[left, 48.0], [right, 48.0]], 0.5, look.line));
    }
}
