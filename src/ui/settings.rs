//! What the hall remembers between two starts, in a file that a person can read.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::town::{Centre, Class, Lang};

use super::map::MapSettings;

/// What the hall remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Language of the interface.
    pub lang: Lang,
    /// Whether the theme is the dark one.
    pub dark: bool,
    /// Scale of the whole interface, 1 for none.
    pub scale: f32,
    /// Code of the post that sits at this seat; the town's first dispatcher where empty.
    pub post: String,
    /// Name of this seat.
    pub seat: String,
    /// After so many minutes without a hand the seat is locked, where its post has a passphrase; 0 is never.
    pub lock_minutes: u32,
    /// Width and height of the window, in points.
    pub window: Option<[f32; 2]>,
    /// Whether the window fills the screen.
    pub maximized: bool,
    /// Number of the case that was selected.
    pub case: Option<i64>,
    /// Class of the queue that was shown.
    pub class: Option<Class>,
    /// Centre whose cases were shown.
    pub centre: Option<Centre>,
    /// Whether motion explains changes.
    pub motion: bool,
    /// The folder of the last import.
    pub import_folder: Option<PathBuf>,
    /// Filters of cases that somebody has named.
    pub filters: Vec<super::find::KeptFilter>,
    /// The map.
    pub map: MapSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lang: Lang::Zh,
            dark: true,
            scale: 1.0,
            post: String::new(),
            seat: "1".into(),
            lock_minutes: 15,
            window: None,
            maximized: false,
            case: None,
            class: None,
            centre: None,
            motion: true,
            import_folder: None,
            filters: Vec::new(),
            map: MapSettings::default(),
        }
    }
}

impl Settings {
    /// The platform's own place for the file.
    pub fn default_path() -> Option<PathBuf> {
        let dirs = directories::ProjectDirs::from("", "", "yipanqi")?;
        Some(dirs.config_dir().join("settings.toml"))
    }

    /// Reads the file. Where it can't be read it is set aside, the defaults hold, and the reason is given.
    pub fn read(path: &Path) -> (Self, Option<String>) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (Self::default(), None),
            Err(error) => return (Self::default(), Some(format!("{}: {error}", path.display()))),
        };
        match toml::from_str(&text) {
            Ok(settings) => (settings, None),
            Err(error) => {
                let aside = path.with_extension("toml.broken");
                let kept = std::fs::rename(path, &aside).map(|()| format!(" ({})", aside.display()));
                let why = format!(
                    "{}: {}{}",
                    path.display(),
                    error.message(),
                    kept.unwrap_or_default()
                );
                (Self::default(), Some(why))
            }
        }
    }

    /// Writes the file beside itself first, so that a power cut leaves the old one or the new one.
    ///
    /// # Errors
    /// Where the folder can't be written.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = toml::to_string_pretty(self).map_err(std::io::Error::other)?;
        let beside = path.with_extension("toml.new");
        std::fs::write(&beside, text)?;
        std::fs::rename(beside, path)
    }
}
