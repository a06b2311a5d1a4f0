//! A plot as a file.

use std::path::Path;

use crate::report::file::write_whole;
use crate::report::{Figure, Look, sheet, svg};

/// Width and height of a picture, in points.
const SIZE: [f32; 2] = [960.0, 540.0];
/// Pixels to a point in a PNG.
const SCALE: f32 = 2.0;

/// What kind of file a plot is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A picture in pixels.
    Png,
    /// A picture in lines and text.
    Svg,
    /// Its data as text.
    Csv,
    /// Its data as a workbook.
    Xlsx,
}

impl FileKind {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 4] = [Self::Png, Self::Svg, Self::Csv, Self::Xlsx];

    /// How the names of such files end.
    pub fn ending(self) -> &'static str {
        ["png", "svg", "csv", "xlsx"][self as usize]
    }
}

/// The bytes of a file.
///
/// # Errors
/// What went wrong, in words.
pub fn bytes(figure: &Figure, kind: FileKind) -> Result<Vec<u8>, String> {
    let picture = || svg::file(figure, SIZE, &Look::PAPER);
    match kind {
        FileKind::Svg => Ok(picture().into_bytes()),
        FileKind::Png => svg::png(&picture(), SCALE).map_err(|error| error.to_string()),
        FileKind::Csv => {
            let csv = sheet::csv(&figure.table(), &figure.title, &figure.subtitle);
            csv.map_err(|error| error.to_string())
        }
        FileKind::Xlsx => {
            let mut notes = vec![figure.title.as_str(), figure.subtitle.as_str()];
            notes.extend(figure.note.lines());
            sheet::xlsx(&figure.table(), &figure.title, &notes).map_err(|error| error.to_string())
        }
    }
}

/// Writes a plot to a file, wholly or not at all.
///
/// # Errors
/// What went wrong, in words, with the file's name.
pub fn write(figure: &Figure, kind: FileKind, path: &Path) -> Result<(), String> {
    let bytes = bytes(figure, kind)?;
    write_whole(path, &bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// A name for the file: the plot's, without what no file may be called.
pub fn file_name(figure: &Figure, kind: FileKind) -> String {
    let name: String = format!("{} {}", figure.title, figure.subtitle)
        .chars()
        .map(|c| {
            if "/\\:*?\"<>|·".contains(c) || c.is_control() {
                ' '
            } else {
                c
            }
        })
        .collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = name.chars().take(80).collect();
    format!("{}.{}", name.trim(), kind.ending())
}
