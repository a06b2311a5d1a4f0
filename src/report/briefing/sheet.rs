//! A briefing worked out: numbers, words and plots, ready to be written down.

use crate::report::Figure;
use crate::town::Lang;

use super::stamp::Stamp;

/// A briefing. Both writers write the same one.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// In which language.
    pub lang: Lang,
    /// Whose it is: the town, or an area of it.
    pub of: String,
    /// What it is called.
    pub title: String,
    /// Of which days.
    pub days: String,
    /// "Based on N cases until …".
    pub basis: String,
    /// What was counted, with its hash.
    pub stamp: Stamp,
    /// What is said where the period has no case at all.
    pub empty: Option<String>,
    /// The sections, in order.
    pub sections: Vec<Section>,
    /// The words of the writers.
    pub words: SheetWords,
}

/// Words that the writers themselves need.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SheetWords {
    /// "Page {n} of {of}".
    pub page: String,
    /// What the hash is called.
    pub hash: String,
    /// Headings of a table of cards: indicator, value, unit, cases, of, other period, its value, change, unit of the change.
    pub cards: [String; 9],
    /// Name of the workbook's first sheet.
    pub cover: String,
}

/// One section.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its heading; empty for a paragraph that needs none.
    pub title: String,
    /// What stands in it.
    pub body: Body,
}

/// What stands in a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Paragraphs.
    Text(Vec<String>),
    /// Indicators, with notes below.
    Cards(Vec<Card>, Vec<String>),
    /// A table.
    Table(Grid),
    /// A plot, and its height as a share of its width.
    Plot(Box<Figure>, f32),
    /// Terms with what is said of them.
    Rules(Vec<(String, String)>),
}

/// An indicator of the period.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The indicator's id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its value in its unit; finite.
    pub value: Option<f64>,
    /// The value with its unit, in words.
    pub text: String,
    /// The unit.
    pub unit: String,
    /// Decimals that are shown.
    pub decimals: u8,
    /// How many cases it counts.
    pub n: u64,
    /// The whole that a share is of.
    pub of: Option<u64>,
    /// What it rests on, in words.
    pub basis: String,
    /// The other period.
    pub other: String,
    /// The value of the other period.
    pub before: Option<f64>,
    /// The change, in words.
    pub change: String,
    /// The change.
    pub changed: Option<f64>,
    /// What the change is counted in.
    pub change_unit: String,
    /// Whether the value is out of its band.
    pub out: bool,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, as wide as the columns.
    pub rows: Vec<Vec<Entry>>,
    /// What is said below.
    pub notes: Vec<String>,
    /// What is said where there is no row.
    pub empty: String,
    /// Whether the last row is of all together.
    pub total: bool,
}

/// A column of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// Its heading.
    pub name: String,
    /// Decimals of its numbers; `None` for words.
    pub decimals: Option<u8>,
}

/// One cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A number, finite, and how it is shown.
    Number(f64, String),
    /// Words.
    Words(String),
}

impl Entry {
    /// How it is shown.
    pub fn text(&self) -> &str {
        match self {
            Self::Number(_, text) | Self::Words(text) => text,
        }
    }
}
