//! A living town: seeded, deterministic town life for drills, tests and benches.
//!
//! It speaks the desk's commands and nothing else, so that a drill and real work run the same code. [`scenario`] says what
//! happens in which town, [`life`] draws it, [`people`] are those who answer (units, verifiers, and a [`dispatcher`] where
//! nobody sits at the desk), [`run`] drives them through a journal without a window, [`review`] reads from a journal how
//! well it went. The same scenario, seed and town give the same journal, byte for byte.

pub mod clock;
pub mod dice;
pub mod dispatcher;
pub mod hours;
pub mod life;
pub mod people;
pub mod photo;
pub mod quota;
pub mod review;
pub mod run;
pub mod scenario;
pub mod units;

pub use life::{Incident, Life};
pub use people::{Act, People, World};
pub use review::Review;
pub use scenario::{Scenario, ScenarioError};

/// Where the book of drills lies when nobody names one: beside the real one.
pub fn book_beside(book: &std::path::Path) -> std::path::PathBuf {
    book.with_extension("drill.db")
}
