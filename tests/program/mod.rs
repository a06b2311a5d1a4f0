//! The program as it is built, in a home of its own.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test that runs the program uses other parts of it"
)]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The hall's own book, from the home.
pub const BOOK: &str = "XDG_DATA_HOME/yipanqi/book.db";
/// How tables of the tests are imported.
pub const PROFILE: &str = r#"
name = "counter"
[columns]
key = "id"
type = ["type"]
text = ["what"]
reported_at = "when"
closed_at = "closed"
lon = "lon"
lat = "lat"
[items]
litter = "GL-A01"
stairs = "GL-A02"
"#;

/// A home in which the program finds nothing of the machine that runs the test, with [`PROFILE`] in `counter.toml`.
pub struct Home {
    dir: TempDir,
}

impl Home {
    pub fn new() -> Self {
        let home = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        home.write("counter.toml", PROFILE);
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yipanqi"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("HOME", self.dir.path());
        for name in [
            "XDG_DATA_HOME",
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME",
            "XDG_CACHE_HOME",
        ] {
            command.env(name, self.path(name));
        }
        for name in [
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "WAYLAND_SOCKET",
            "RUST_LOG",
            "YIPANQI_HOME",
        ] {
            command.env_remove(name);
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Answer {
        Answer::from(self.command(args).stdin(Stdio::null()).output().unwrap())
    }
}

/// What the program answered: its exit status, standard output and standard error.
pub struct Answer {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Answer {
    /// The one JSON object on standard output.
    pub fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out));
        assert!(value.is_object(), "{}", self.out);
        assert_eq!(self.out.lines().count(), 1, "one object, on one line");
        value
    }

    /// It must have ended so, and have said these words on standard error.
    #[track_caller]
    pub fn says(&self, status: i32, words: &[&str]) {
        assert_eq!(self.status, status, "{}{}", self.out, self.err);
        for word in words {
            assert!(self.err.contains(word), "expected '{word}' in: {}", self.err);
        }
    }
}
