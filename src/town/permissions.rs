//! Who may give which command on cases of which level: a matrix that is data (the report's row M4).

use std::collections::HashMap;

use super::{Level, Role};

/// The codes of all commands, in the order of the matrix. Those of the hall itself know no level.
pub const COMMANDS: [&str; 39] = [
    "report",
    "accept",
    "refuse",
    "dispatch",
    "send_on",
    "hand_back",
    "arrive",
    "rectify",
    "verify",
    "send_back",
    "close",
    "reclassify",
    "split",
    "merge",
    "unmerge",
    "ask_suspend",
    "suspend",
    "ask_extend",
    "extend",
    "deny",
    "resume",
    "co_handle",
    "escalate",
    "reopen",
    "appraise",
    "answer",
    "undo",
    "sign_in",
    "sign_out",
    "passphrase",
    "shift",
    "availability",
    "acknowledge",
    "shelve",
    "watch",
    "handover",
    "take_over",
    "edit_item",
    "redraw",
];

/// The levels on which one role may give one command, in the order of [`Level::ALL`].
pub type Levels = [bool; Level::ALL.len()];

/// The matrix role × command × level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    rows: HashMap<&'static str, [Levels; Role::ALL.len()]>,
}

/// The matrix that holds where a town brings none of its own.
pub const DEFAULT: &str = include_str!("../../assets/desk/permissions.csv");

/// The letters of levels in the matrix, in the order of [`Level::ALL`].
pub const LETTERS: [char; Level::ALL.len()] = ['G', 'C', 'S', 'J'];

/// Reads a cell of the matrix: `-`, or letters of levels.
///
/// # Errors
/// What was expected instead.
pub fn cell(text: &str) -> Result<Levels, String> {
    let mut levels = Levels::default();
    if text == "-" {
        return Ok(levels);
    }
    for letter in text.chars() {
        match LETTERS.iter().position(|l| *l == letter) {
            Some(level) if !levels[level] => levels[level] = true,
            _ => {
                return Err(format!(
                    "found '{text}', expected - or each of G, C, S, J at most once"
                ));
            }
        }
    }
    if text.is_empty() {
        return Err("is empty, expected - or letters of G, C, S, J".to_owned());
    }
    Ok(levels)
}

impl Permissions {
    /// A matrix of rows that were read and checked.
    pub fn new(rows: HashMap<&'static str, [Levels; Role::ALL.len()]>) -> Self {
        Self { rows }
    }

    /// The levels on which `role` may give `command`.
    pub fn levels(&self, role: Role, command: &str) -> Levels {
        let column = Role::ALL.iter().position(|r| *r == role);
        self.rows
            .get(command)
            .zip(column)
            .map(|(row, column)| row[column])
            .unwrap_or_default()
    }

    /// Whether `role` may give `command` on cases of `level`.
    pub fn may(&self, role: Role, command: &str, level: Level) -> bool {
        self.levels(role, command)[level as usize]
    }

    /// Whether `role` may give `command` on cases of some level.
    pub fn may_at_all(&self, role: Role, command: &str) -> bool {
        self.levels(role, command).contains(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_letters_or_a_dash() {
        assert_eq!(cell("-"), Ok([false; 4]));
        assert_eq!(cell("GS"), Ok([true, false, true, false]));
        for wrong in ["", "GG", "X", "G-", "g"] {
            assert!(cell(wrong).is_err(), "{wrong}");
        }
    }
}
