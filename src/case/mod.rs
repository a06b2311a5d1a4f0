//! A case: its stages, its journal entries, and the fold that turns entries into a case.
//!
//! No I/O and no clock: time comes in as a value.

pub mod clock;
pub mod entry;
pub mod fold;
pub mod instant;
pub mod stage;

pub use clock::{ClockState, TimeLeft};
pub use entry::{
    Action, CaseId, Entry, Origin, Outcome, Photo, PhotoHash, PhotoPhase, Report, Source, Whereabouts,
};
pub use fold::{Case, FoldError};
pub use stage::{Stage, Step};
