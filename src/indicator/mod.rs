//! Indicators: figures that are counted from cases, and that open down to the cases they are counted from.
//!
//! What an indicator is stands in data ([`Definition`], `assets/indicators/`); how it is counted stands here, once, for the
//! shell, the page and the briefings. [`Engine::ask`] takes a [`Question`] and gives an [`Answer`]; [`Engine::by`] the same
//! for every community, class, item…; [`Engine::series`] for every part of a period.
//!
//! The engine knows no clock: the time is part of it. It reads facts ([`crate::case::Fact`]), one for each case, from whatever
//! keeps them: a book ([`crate::store::Store::read_facts`]), or a list that was counted from the journal again.

pub mod answer;
pub mod definition;
pub mod engine;
pub mod figures;
pub mod filter;
pub mod load;
pub mod measure;
pub mod period;
pub mod shape;

pub use answer::{Answer, CaseLists, Change, ChangeUnit, Compared, Flag, Group, Interval, Value};
pub use definition::{
    Band, Cohort, Condition, Definition, Definitions, Direction, Example, Formula, Set, Statistic, Unit,
};
pub use engine::{AskError, Engine, Question};
pub use figures::{Figures, FiguresError};
pub use filter::{Dimension, Filter, FilterError, Key};
pub use load::{Fault, LoadError};
pub use period::{Against, Period, PeriodError, PeriodKind};
pub use shape::{Flow, Matrix, WEEKDAYS};
