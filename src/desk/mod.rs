//! The only place where rules are enforced: a pure function from the situation and a command to drafts, or a refusal.

pub mod command;
pub mod decide;
pub mod duplicate;
pub mod permission;
pub mod suggest;

pub use command::{Command, NewReport, Order, PhotoDraft};
pub use decide::{Refusal, decide};
