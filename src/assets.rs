//! Finds the folders of data that come with the program: `assets/` and `maps/`.

use std::path::{Path, PathBuf};

/// Set to a folder that holds `assets/` and `maps/`, it goes before all others.
pub const ENV: &str = "YIPANQI_HOME";

/// Finds a file or folder that comes with the program, e.g. `assets/town/guanlan`: under `$YIPANQI_HOME`, beside the
/// program or in a folder above it, in the source tree it was built from, or in the current folder.
pub fn find(relative: impl AsRef<Path>) -> Option<PathBuf> {
    let relative = relative.as_ref();
    let from_env = std::env::var_os(ENV).map(PathBuf::from);
    let exe = std::env::current_exe().ok();
    let above_exe = exe
        .iter()
        .flat_map(|exe| exe.ancestors().skip(1))
        .map(Path::to_path_buf);
    let share = exe
        .iter()
        .filter_map(|exe| Some(exe.parent()?.parent()?.join("share/yipanqi")));
    from_env
        .into_iter()
        .chain(share)
        .chain(above_exe)
        .chain([PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from(".")])
        .map(|root| root.join(relative))
        .find(|path| path.exists())
}
