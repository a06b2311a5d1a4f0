//! The hall's panels: the strip above, the queues, the case sheet.

pub mod alarms;
pub mod clock_view;
pub mod dispatch;
pub mod draft;
pub mod marks;
pub mod queue;
pub mod sheet;
pub mod sides;
pub mod step_form;
pub mod strip;
pub mod timeline;
pub mod twins;

pub use draft::{Draft, Drafts};
