//! The sound with which an alarm calls, played by the system's own player.
//!
//! Libraries that make sound want the headers of a system's sound at build time, and the hall needs one sound: every
//! desktop has a program that plays a file. The program is looked for when the bell first rings, beside the window.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::assets;

/// Where the sound lies.
pub const FILE: &str = "assets/sounds/call.wav";
/// A player that is not done after so long is stopped: the sound lasts less than a second.
const PATIENCE: Duration = Duration::from_secs(6);
/// How often a player is looked at while it plays.
const LOOKS: Duration = Duration::from_millis(50);

/// Programs that play a file whose path follows their arguments; the first one that is there and works is taken.
const PLAYERS: &[(&str, &[&str])] = if cfg!(target_os = "macos") {
    &[("afplay", &[])]
} else if cfg!(windows) {
    &[(
        "powershell",
        &[
            "-NoProfile",
            "-Command",
            "(New-Object Media.SoundPlayer $args[0]).PlaySync()",
        ],
    )]
} else {
    &[("pw-play", &[]), ("paplay", &[]), ("aplay", &["-q"])]
};

/// What is known about the sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sound {
    /// It was never played.
    #[default]
    Untried,
    /// It is being played.
    Playing,
    /// That program played it.
    Played(String),
    /// It can't be heard: no player is there, or what the last of them said.
    Mute(Option<String>),
}

/// The bell of a seat.
#[derive(Clone, Debug, Default)]
pub struct Bell {
    sound: Arc<Mutex<Sound>>,
}

impl Bell {
    /// Plays the sound beside the window. While it plays, or where no thread can be had, nothing happens.
    pub fn ring(&self) {
        let mut sound = self.sound.lock().unwrap_or_else(PoisonError::into_inner);
        if *sound == Sound::Playing {
            return;
        }
        let before = std::mem::replace(&mut *sound, Sound::Playing);
        let shared = self.sound.clone();
        let play = move || {
            let outcome = play(PLAYERS, assets::find(FILE).as_deref());
            *shared.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
        };
        if let Err(error) = thread::Builder::new().name("bell".to_owned()).spawn(play) {
            tracing::warn!("the bell can't ring: {error}");
            *sound = before;
        }
    }

    /// What is known about the sound.
    pub fn sound(&self) -> Sound {
        self.sound.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Plays the file with the first player that can, and waits for its end.
fn play(players: &[(&str, &[&str])], file: Option<&Path>) -> Sound {
    let Some(file) = file else {
        return Sound::Mute(Some(format!("{FILE}?")));
    };
    let mut said = None;
    for (player, args) in players {
        let mut command = Command::new(player);
        command.args(*args).arg(file);
        match run(command) {
            Ok(()) => return Sound::Played((*player).to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::info!("{player} does not play: {error}");
                said = Some(format!("{player}: {error}"));
            }
        }
    }
    Sound::Mute(said)
}

fn run(mut command: Command) -> io::Result<()> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let began = Instant::now();
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(io::Error::other(status.to_string())),
            None if began.elapsed() > PATIENCE => {
                child.kill()?;
                child.wait()?;
                return Err(io::ErrorKind::TimedOut.into());
            }
            None => thread::sleep(LOOKS),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_first_player_that_works_is_taken() {
        let file = assets::find(FILE);
        assert!(file.is_some(), "{FILE} comes with the program");
        let none: &[(&str, &[&str])] = &[("no-such-player", &[])];
        assert_eq!(play(none, file.as_deref()), Sound::Mute(None));
        let broken: &[(&str, &[&str])] = &[("no-such-player", &[]), ("false", &[])];
        assert!(
            matches!(play(broken, file.as_deref()), Sound::Mute(Some(said)) if said.starts_with("false"))
        );
        // `test -s FILE` succeeds where it is given the file.
        let works: &[(&str, &[&str])] = &[("false", &[]), ("test", &["-s"])];
        assert_eq!(play(works, file.as_deref()), Sound::Played("test".to_owned()));
        assert_eq!(play(works, None), Sound::Mute(Some(format!("{FILE}?"))));
    }

    #[test]
    fn the_sound_is_a_short_wave_file() {
        let bytes = std::fs::read(assets::find(FILE).unwrap()).unwrap();
        assert_eq!((&bytes[..4], &bytes[8..12]), (&b"RIFF"[..], &b"WAVE"[..]));
        let bytes_a_second = u32::from_le_bytes(bytes[28..32].try_into().unwrap());
        assert!(bytes.len() < 2 * bytes_a_second as usize);
    }
}
