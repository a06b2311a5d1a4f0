//! The hall at any moment of its journal: which cases were open then, and what was known of each.
//!
//! # What "at that moment" means
//! The journal is in the order in which entries were written, and that is not always the order in which things happened: an
//! import brings cases of last year today. Here a moment is that of the *world*, as far as the journal tells it:
//! - an entry of somebody's work counts from the time at which it was made. That is also when the hall knew of it, so that for
//!   cases that live here what had happened and what was known are one;
//! - a case that was read from a file counts from the time at which it was reported, and where the file says when it ended,
//!   until then, though the hall had not heard of it yet. One that had ended at a time that nobody knows never counts as open;
//! - nothing counts later than it was written, so that a date of 2099 in a file hides no case that is open today, and the
//!   latest moment of all is the board as it is now;
//! - what befell one case keeps its order: an entry counts no earlier than the one before it.
//!
//! Boundaries, calendar and catalogue are today's also in the past, as on the board; deadlines that were promised are in the
//! entries, and so are as they were.
//!
//! # How it is found
//! [`Timeline`] is an index in memory, 16 bytes an entry, in the order of moments, with the list of open cases kept every few
//! thousand entries. From the list before a moment it is a short way to the moment: the entries between change the list, and
//! nothing of the journal is read. Then [`Traveller`] reads only those cases that were open then, each up to the entry that was
//! its last. The index is worked out from the journal and never written anywhere: it can't disagree with it for longer than a
//! program runs.

mod difference;
mod moments;
mod timeline;
mod traveller;
mod when;
mod worker;

pub use difference::Difference;
pub use moments::{Cut, cut};
pub use timeline::{MARKS_BYTES_MAX, Timeline, TooLong};
pub use traveller::{Front, Moment, Traveller, Turn};
pub use when::parse_moment;
pub use worker::{Found, Seek, Slot, TimeMachine};
