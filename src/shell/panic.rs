//! What a programming mistake leaves behind: a report in a file that can be sent to the makers.

use std::backtrace::Backtrace;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file of reports that has grown beyond this many bytes is started anew.
const MAX_BYTES: u64 = 1 << 20;

/// Where reports are kept; `None` where the system names no folder for a user's data.
pub fn report_path() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "yipanqi")?;
    let folder = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir());
    Some(folder.join("panic.log"))
}

/// From now on a panic is told on standard error and kept in [`report_path`].
pub fn install() {
    let usual = std::panic::take_hook();
    let path = report_path();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        let Some(path) = &path else { return };
        let thread = std::thread::current();
        let text = format!(
            "{} yipanqi {} thread '{}' {panic}\n{}\n",
            chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ"),
            env!("CARGO_PKG_VERSION"),
            thread.name().unwrap_or("?"),
            Backtrace::force_capture(),
        );
        let told = match keep(path, &text) {
            Ok(()) => format!("The report is in {}", path.display()),
            Err(error) => format!("The report can't be written to {}: {error}", path.display()),
        };
        writeln!(io::stderr(), "{told}").ok();
    }));
}

fn keep(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let large = std::fs::metadata(path).is_ok_and(|file| file.len() > MAX_BYTES);
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .append(!large)
        .truncate(large)
        .open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_kept_until_the_file_is_large() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/panic.log");
        keep(&path, "first\n").unwrap();
        keep(&path, "second\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first\nsecond\n");
        keep(&path, &"x".repeat(MAX_BYTES as usize)).unwrap();
        keep(&path, "anew\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "anew\n");
    }
}
