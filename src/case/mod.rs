//! A case: its stages, its journal entries, and the fold that turns entries into a case.
//!
//! No I/O and no clock: time comes in as a value.

pub mod card;
pub mod clock;
pub mod duty;
pub mod entry;
pub mod explain;
pub mod fact;
pub mod fold;
pub mod glance;
pub mod instant;
mod life;
pub mod rise;
pub mod stage;

pub use card::{Card, searchable_text};
pub use clock::{ClockState, Extension, Limits, Pause, TimeLeft};
pub use duty::{BoundaryEdit, Duty, DutyAction, ItemEdit};
pub use entry::{
    Action, CaseId, Entry, Origin, Outcome, Photo, PhotoHash, PhotoPhase, Reclassified, Report, Rise, Source,
    Whereabouts,
};
pub use explain::{Explanation, Span, SpanKind};
pub use fact::{
    Area, CodeKind, Codes, End, Fact, Judged, Recount, RecountError, Steps, TimedStep, TooManyCodes,
};
pub use fold::{Case, FoldError, Folding};
pub use glance::{Change, Glance};
pub use life::{FirstDispatch, Kept, Life, Request};
pub use stage::{Phase, Stage, Step};
