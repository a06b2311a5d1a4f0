//! Finding: places by any way of typing their name, and cases of the whole history by words, kind, state, time and area.
//!
//! What is looked for is data ([`Query`]), and there is one plain meaning of it: [`Sought::fits`], case by case. Everything
//! else is only faster, and tests hold it to that meaning:
//! - [`rows`]: all cases of a book in memory, a few numbers each, which filters, polygons and the map run on;
//! - [`texts`]: their words, in segments that have an index of pairs of characters, and a tail that is read through;
//! - [`index`]: both together, kept up to date with the journal;
//! - [`finder`]: a thread that reads a book into an index and answers.
//!
//! Nothing of it is kept on disk: the journal is the truth, and the index is made of it when somebody first looks for
//! something. It knows no clock: the time is part of what is asked.

pub mod finder;
pub mod fold;
pub mod index;
pub mod places;
pub mod query;
pub mod rows;
pub mod sought;
pub mod spoken;
pub mod texts;
pub mod zone;

pub use finder::{Finder, Found, Shown};
pub use index::{Hits, Index};
pub use places::{PlaceHit, PlaceIndex, PlaceKindFound, Target};
pub use query::{Query, State};
pub use rows::{Row, Rows};
pub use sought::{Sought, Told};
pub use spoken::{Chip, Field, Speech, Spoken, SpokenFault};
pub use zone::{Zone, ZoneFault};
