//! Reads the roster: a file of shifts (`[[shift]]`) and of who is on them (`[[duty]]`).

use std::collections::HashSet;
use std::path::Path;

use chrono::{NaiveTime, Weekday};
use serde::Deserialize;
use toml::Spanned;

use crate::town::roster::{Roster, Shift, Turn, Weekdays};
use crate::town::{Handler, Name, Post, Team};

use super::{Faults, MAX_NAME, code_fault, quoted, read_text, text_fault};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    shift: Vec<Spanned<ShiftRow>>,
    #[serde(default)]
    duty: Vec<Spanned<DutyRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftRow {
    code: String,
    name: Name,
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DutyRow {
    shift: String,
    days: Option<Vec<String>>,
    #[serde(default)]
    posts: Vec<String>,
    #[serde(default)]
    teams: Vec<String>,
}

/// The words for weekdays in data.
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// Who may stand in a roster: the town's posts and teams, where they could be read.
pub(super) struct People<'a> {
    pub posts: Option<&'a [Post]>,
    pub teams: Option<&'a [Team]>,
}

/// Reads the roster in `file`. Posts and teams are only looked up where their own files could be read.
pub(super) fn read(file: &Path, people: &People<'_>, faults: &mut Faults) -> Option<Roster> {
    let text = read_text(file, faults)?;
    let before = faults.len();
    let line = |byte: usize| 1 + text.bytes().take(byte).filter(|b| *b == b'\n').count();
    let parsed: File = match toml::from_str(&text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let line = error.span().map_or(1, |span| line(span.start));
            faults.add(file, format!("line {line}"), "", error.message());
            return None;
        }
    };
    let mut shifts: Vec<Shift> = Vec::new();
    for row in &parsed.shift {
        let at = format!("line {}", line(row.span().start));
        let read = shift(row.get_ref(), &shifts, |field, what| {
            faults.add(file, at.clone(), field, what)
        });
        shifts.extend(read);
    }
    let mut turns = Vec::new();
    for row in &parsed.duty {
        let at = format!("line {}", line(row.span().start));
        let read = turn(row.get_ref(), &shifts, people, |field, what| {
            faults.add(file, at.clone(), field, what)
        });
        turns.extend(read);
    }
    (faults.len() == before).then(|| Roster::new(shifts, turns))
}

fn shift(row: &ShiftRow, known: &[Shift], mut fault: impl FnMut(&str, String)) -> Option<Shift> {
    if let Some(what) = code_fault(&row.code) {
        fault("code", what);
    } else if known.iter().any(|shift| shift.code == row.code) {
        fault("code", format!("{} stands there twice", quoted(&row.code)));
    }
    for (field, text, may_be_empty) in [("name.zh", &row.name.zh, false), ("name.en", &row.name.en, true)] {
        if let Some(what) = text_fault(text, MAX_NAME, may_be_empty) {
            fault(field, what);
        }
    }
    let mut time = |field, text: &str| {
        let read = NaiveTime::parse_from_str(text, "%H:%M").ok();
        if read.is_none() {
            fault(
                field,
                format!("found {}, expected a time such as \"08:00\"", quoted(text)),
            );
        }
        read
    };
    let (from, to) = (time("from", &row.from), time("to", &row.to));
    Some(Shift {
        code: row.code.clone(),
        name: row.name.clone(),
        from: from?,
        to: to?,
    })
}

fn turn(
    row: &DutyRow,
    shifts: &[Shift],
    people: &People<'_>,
    mut fault: impl FnMut(&str, String),
) -> Option<Turn> {
    let shift = shifts.iter().position(|shift| shift.code == row.shift);
    if shift.is_none() {
        let codes: Vec<&str> = shifts.iter().map(|shift| shift.code.as_str()).collect();
        let what = format!(
            "found {}, expected one of {}",
            quoted(&row.shift),
            codes.join(", ")
        );
        fault("shift", what);
    }
    let days = match &row.days {
        None => Weekdays::ALL,
        Some(words) => words
            .iter()
            .filter_map(|word| weekday(word, &mut fault))
            .collect(),
    };
    if row.days.as_ref().is_some_and(Vec::is_empty) {
        fault(
            "days",
            "is empty, expected weekdays, or no such key for every day".into(),
        );
    }
    if row.posts.is_empty() && row.teams.is_empty() {
        fault("posts", "names nobody: expected posts or teams".into());
    }
    let mut seen = HashSet::new();
    let mut who = Vec::new();
    for code in &row.posts {
        let known = people
            .posts
            .is_none_or(|posts| posts.iter().any(|p| p.code == *code));
        if !known {
            fault("posts", format!("there is no post {} in this town", quoted(code)));
        }
        who.push(Handler::Post(code.as_str().into()));
    }
    for code in &row.teams {
        let known = people
            .teams
            .is_none_or(|teams| teams.iter().any(|t| t.code == *code));
        if !known {
            fault("teams", format!("there is no team {} in this town", quoted(code)));
        }
        who.push(Handler::Team(code.as_str().into()));
    }
    who.retain(|handler| seen.insert(handler.clone()));
    Some(Turn {
        shift: shift?,
        days,
        who,
    })
}

fn weekday(word: &str, fault: &mut impl FnMut(&str, String)) -> Option<Weekday> {
    let found = DAYS.iter().find(|(name, _)| *name == word).map(|(_, day)| *day);
    if found.is_none() {
        let names = DAYS.map(|(name, _)| name).join(", ");
        fault("days", format!("found {}, expected one of {names}", quoted(word)));
    }
    found
}
