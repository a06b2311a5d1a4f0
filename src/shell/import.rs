//! `yipanqi import`.

use super::args::Import;
use super::{Done, Shell};

/// Imports a file.
pub fn run(_shell: &Shell, _args: &Import) -> anyhow::Result<Done> {
    anyhow::bail!("import is not there yet")
}
