//! How figures spread over the ground: densities of points, and classes of values. Pure mathematics: it draws nothing,
//! reads nothing and knows no clock.

pub mod classes;
pub mod density;

pub use classes::{Classes, Rule};
pub use density::{Density, Grid, Kernel, density};
