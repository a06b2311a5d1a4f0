//! Tiles of servers: what a server is, one tile fetched, tiles kept on disk, and an area fetched beforehand. Draws nothing.

pub mod disk;
pub mod fetch;
pub mod get;
pub mod prefetch;
pub mod server;
#[cfg(test)]
pub(crate) mod serving;

pub use disk::Disk;
pub use fetch::{Client, Fault};
pub use server::{Preset, Server, TemplateFault};

/// A tile of the XYZ scheme in web-mercator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileKey {
    /// Zoom level, 0 for the whole world.
    pub z: u8,
    /// Column from the west.
    pub x: u32,
    /// Row from the north.
    pub y: u32,
}
