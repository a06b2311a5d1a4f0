//! What leaves the hall: plots as plain data, their drawings, and the files that are made of them.

pub mod briefing;
pub mod drawing;
pub mod figure;
pub(crate) mod file;
pub mod font;
pub mod found;
pub mod pdf;
pub mod sheet;
pub mod svg;

pub use drawing::{Anchor, Drawing, Ink, Mark, Spot, draw};
pub use figure::{Cell, Figure, Plot, Table};
pub use svg::{Look, PictureError};
