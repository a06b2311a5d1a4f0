//! The hall's panels: the strip above, the queues, the case sheet.

pub mod alarms;
pub mod dispatch;
pub mod draft;
pub mod marks;
pub mod queue;
pub mod sheet;
pub mod step_form;
pub mod strip;
pub mod timeline;

pub use draft::{Draft, Drafts};
