//! Translators from the outside into reports. They trust nothing.
//!
//! A file is a [`table::Table`]; a [`profile::Profile`] says what its columns mean; [`translate`] makes a report of a
//! row or says what is wrong with it; [`run`] puts a whole file into a journal.

mod csv_rows;
pub mod keys;
mod moment;
pub mod profile;
pub mod run;
pub mod sample;
pub mod shift;
mod sniff;
pub mod table;
pub mod translate;
mod xlsx_rows;
