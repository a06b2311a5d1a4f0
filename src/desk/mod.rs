//! The only place where rules are enforced: a pure function from the situation and a command to drafts, or a refusal.

pub mod alarm;
pub mod automatic;
pub mod boundary;
pub mod clock;
pub mod command;
pub mod decide;
pub mod duplicate;
pub mod duty;
pub mod handover;
pub mod permission;
pub mod refusal;
pub mod suggest;

pub use command::{Args, Command, NewReport, Order, Part, PhotoDraft};
pub use decide::{Cases, Situation, WithHistory, decide};
pub use refusal::{DutyFault, Need, Refusal};
