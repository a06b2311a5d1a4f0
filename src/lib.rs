//! Yipanqi 一盘棋: the dispatch hall of a Chinese sub-district, as one loop.
//!
//! `intake` translates the outside into commands, `desk` checks them, `store` appends them to the journal,
//! `board` is the live situation that the entries make, `ui` shows it. See ARCHITECTURE.md.

// A dispatch hall must not fall over: no panics outside of tests (clippy.toml lets tests have them).
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::todo,
    clippy::unimplemented
)]

pub mod assets;
pub mod board;
pub mod case;
pub mod desk;
pub mod drill;
pub mod find;
pub mod heap;
pub mod indicator;
pub mod intake;
pub mod line;
pub mod past;
pub mod report;
pub mod shell;
pub mod spread;
pub mod store;
pub mod tiles;
pub mod town;
pub mod ui;
pub mod words;
