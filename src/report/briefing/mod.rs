//! Briefings: what a hall hands out about a day, a week or a month, as PDF and as a workbook.
//!
//! What stands in one is a [`Template`] (data, `assets/briefings/`). [`Sheet::make`] counts everything once, by the indicator
//! engine that the screen uses; [`pdf::write`] and [`xlsx::write`] only write down what is in the sheet, so that their
//! figures are the screen's. Every page bears a hash of the facts that the figures rest on: see [`stamp`].

pub mod issue;
pub mod make;
pub mod pdf;
pub mod sheet;
pub mod stamp;
pub mod template;
pub mod xlsx;

pub use issue::{Format, Issue, IssueError, Written, issue};
pub use make::{MakeError, Order};
pub use sheet::{Body, Card, Entry, Grid, Section, Sheet};
pub use stamp::{CheckError, Checked, Stamp};
pub use template::Template;
