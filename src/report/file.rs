//! Files that are written wholly or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Writes beside the file and then moves, so that nobody finds half a file, and what was there before stays until then.
///
/// # Errors
/// Where the disk can't be written to; nothing is left beside the file.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
    written.inspect_err(|_| {
        fs::remove_file(&part).ok();
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_a_failure_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let names = || {
            let entries = fs::read_dir(dir.path()).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let path = dir.path().join("plot.png");
        for text in ["one", "two"] {
            write_whole(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        let folder = dir.path().join("folder");
        fs::create_dir_all(folder.join("full")).unwrap();
        assert!(write_whole(&folder, b"three").is_err());
        assert_eq!(names(), ["folder", "plot.png"]);
    }
}
