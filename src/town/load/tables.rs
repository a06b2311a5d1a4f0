//! Reads the tables of a town: posts, teams, the catalogue, the calendar.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::path::Path;

use serde::Deserialize;

use crate::town::calendar::DayKind;
use crate::town::catalogue::{COLUMNS, HOURS, OPTIONAL_COLUMNS, STEP_COLUMNS};
use crate::town::permissions;
use crate::town::{Calendar, Catalogue, Item, Limits, Permissions, PlaceKind, Post, Role, Team, TeamKind};

use super::Frame;
use super::features::Known;
use super::rows::{Row, rows, rows_of, rows_with};
use super::settings::Hours;
use super::{Faults, MAX_NAME, MAX_REMARK, quoted, read_text};

/// Reads the posts; `known` are the places, where those could be read.
pub(super) fn posts(file: &Path, known: Option<&Known>, faults: &mut Faults) -> Option<Vec<Post>> {
    let columns = [
        "code", "role", "title_zh", "title_en", "name_zh", "name_en", "place", "sample",
    ];
    let mut codes = HashMap::new();
    rows(file, &columns, None, faults, |row| {
        let (code, role) = (row.code(&mut codes), row.word::<Role>("role"));
        let (title, holder) = (row.name("title_zh", "title_en"), row.name("name_zh", "name_en"));
        let (place, sample) = (row.place(known, role.and_then(place_of_role)), row.flag("sample"));
        Some(Post {
            code: code?,
            role: role?,
            title: title?,
            holder: holder?,
            place: place?,
            sample: sample?,
        })
    })
}

/// The kind of place that posts of this role answer for; `None` where it may be any.
fn place_of_role(role: Role) -> Option<PlaceKind> {
    match role {
        Role::CommunityOfficer => Some(PlaceKind::Community),
        Role::StreetChief => Some(PlaceKind::Block),
        Role::PartyGridChief | Role::PartyInstructor | Role::PartyGridLiaison | Role::PartyGridMember => {
            Some(PlaceKind::PartyGrid)
        }
        Role::GridOfficer => Some(PlaceKind::BaseGrid),
        Role::Dispatcher
        | Role::DutyLeader
        | Role::DepartmentOfficer
        | Role::Inspector
        | Role::Presenter
        | Role::Administrator => None,
    }
}

/// Reads the teams of a town around `centre`; `known` are the places and `catalogue` the items, where those could be
/// read.
pub(super) fn teams(
    file: &Path,
    known: Option<&Known>,
    frame: Frame,
    catalogue: Option<&Catalogue>,
    faults: &mut Faults,
) -> Option<Vec<Team>> {
    let domains = catalogue.map(Catalogue::domains);
    let columns = [
        "code", "kind", "name_zh", "name_en", "place", "lon", "lat", "capacity", "sample",
    ];
    let mut codes = HashMap::new();
    let text = read_text(file, faults)?;
    rows_with(
        file,
        &text,
        (&columns, &["skills", "shift"]),
        None,
        faults,
        |row| {
            let (code, kind, name) = (
                row.code(&mut codes),
                row.word::<TeamKind>("kind"),
                row.name("name_zh", "name_en"),
            );
            let of_kind = kind
                .filter(|kind| *kind == TeamKind::PartyGridTeam)
                .map(|_| PlaceKind::PartyGrid);
            let (place, station) = (row.place(known, of_kind), row.position(frame));
            let (capacity, sample) = (row.whole("capacity", 1..=1000), row.flag("sample"));
            let (skills, shift) = (row.list("skills"), row.hours("shift"));
            if let (Some(skills), Some(domains)) = (&skills, &domains)
                && let Some(strange) = skills.iter().find(|skill| !domains.contains(&skill.as_str()))
            {
                let what = format!(
                    "found {}, expected domains of the catalogue: {}",
                    quoted(strange),
                    domains.join("; ")
                );
                return row.fault("skills", what);
            }
            Some(Team {
                code: code?,
                kind: kind?,
                name: name?,
                place: place?,
                station: station?,
                capacity: capacity?,
                skills: skills?,
                shift: shift?,
                sample: sample?,
            })
        },
    )
}

/// Reads the catalogue of hazards.
pub(super) fn catalogue(file: &Path, faults: &mut Faults) -> Option<Catalogue> {
    let mut codes = HashMap::new();
    let text = read_text(file, faults)?;
    let items = rows_with(file, &text, (&COLUMNS, &OPTIONAL_COLUMNS), None, faults, |row| {
        let (code, class, domain) = (
            row.code(&mut codes),
            row.word("class"),
            row.text("domain", MAX_NAME, false),
        );
        let (centre, name, level) = (
            row.word("centre"),
            row.name("name_zh", "name_en"),
            row.word("level"),
        );
        let lead_department = row.text("lead_department_zh", MAX_NAME, false);
        let limit_hours = row.number("limit_hours", HOURS);
        let (working_time, severity) = (row.flag("working_time"), row.whole("severity", 1..=5));
        let (evidence, basis) = (
            row.text("evidence", MAX_NAME, false),
            row.text("basis", MAX_REMARK, true),
        );
        let (steps, retired) = (step_hours(row), row.optional_flag("retired"));
        Some(Item {
            code: code?,
            class: class?,
            domain: domain?,
            centre: centre?,
            name: name?,
            level: level?,
            lead_department: lead_department?,
            limit_hours: limit_hours?,
            working_time: working_time?,
            severity: severity? as u8,
            evidence: evidence?,
            basis: basis?,
            steps: steps?,
            version: 0,
            retired: retired?,
        })
    })?;
    if items.is_empty() {
        faults.add(file, "", "", "holds no item, expected at least one");
    }
    Some(Catalogue::new(items))
}

/// Reads the matrix of permissions; the one that comes with the program where the town names none.
pub(super) fn permissions(file: Option<&Path>, faults: &mut Faults) -> Option<Permissions> {
    let (file, text) = match file {
        Some(file) => (file, read_text(file, faults)?),
        None => (
            Path::new("assets/desk/permissions.csv"),
            permissions::DEFAULT.to_owned(),
        ),
    };
    let mut columns = vec!["command"];
    columns.extend(Role::ALL.map(Role::code));
    let mut seen = HashMap::new();
    rows_of(file, &text, &columns, Some(b'#'), faults, |row| {
        let name = row.text("command", MAX_NAME, false)?;
        let Some(command) = permissions::COMMANDS.iter().find(|command| **command == name) else {
            let what = format!(
                "found {}, expected one of {}",
                quoted(&name),
                permissions::COMMANDS.join(", ")
            );
            return row.fault("command", what);
        };
        let cells = Role::ALL.map(|role| row.levels(role.code()));
        if seen.insert(*command, ()).is_some() {
            return row.fault("command", format!("{} stands there twice", quoted(&name)));
        }
        let complete = cells.iter().all(Option::is_some);
        complete.then(|| (*command, cells.map(Option::unwrap_or_default)))
    })
    .map(|rows| {
        for command in permissions::COMMANDS {
            if !seen.contains_key(command) {
                faults.add(file, "", command, "the command has no row");
            }
        }
        Permissions::new(rows.into_iter().collect())
    })
}

fn step_hours(row: &mut Row) -> Option<Limits> {
    let [accept, dispatch, arrive, rectify, verify] =
        STEP_COLUMNS.map(|column| row.optional_number(column, HOURS));
    Some(Limits {
        accept: accept?,
        dispatch: dispatch?,
        arrive: arrive?,
        rectify: rectify?,
        verify: verify?,
        total: None,
        working: false,
    })
}

/// The words for [`DayKind`] in data.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum DayWord {
    Holiday,
    Workday,
}

/// Columns of the calendar.
pub(super) const CALENDAR: [&str; 4] = ["date", "kind", "name_zh", "source"];

/// Reads the calendar. A line `# years: 2017-2026; source: …` says for which years it is complete, and whence.
pub(super) fn calendar(file: &Path, hours: Hours, faults: &mut Faults) -> Option<Calendar> {
    let text = read_text(file, faults)?;
    calendar_of(file, &text, hours, faults)
}

/// Like [`calendar`], of a text that was read before.
pub(super) fn calendar_of(file: &Path, text: &str, hours: Hours, faults: &mut Faults) -> Option<Calendar> {
    let years = years(file, text, faults);
    let mut dates = HashMap::new();
    let days = rows_of(file, text, &CALENDAR, Some(b'#'), faults, |row| {
        let (date, name) = (row.date(&mut dates), row.text("name_zh", MAX_NAME, false));
        let kind = match row.word("kind")? {
            DayWord::Holiday => DayKind::Holiday,
            DayWord::Workday => DayKind::Workday,
        };
        Some((date?, (kind, name?)))
    })?;
    Some(Calendar {
        days: BTreeMap::from_iter(days),
        years,
        hours,
        source: stated_source(text).to_owned(),
        file: Some(file.to_owned()),
    })
}

/// Where the days come from, as the comment with the years says.
fn stated_source(text: &str) -> &str {
    text.lines()
        .filter_map(|line| line.strip_prefix('#'))
        .flat_map(|line| line.split(';'))
        .find_map(|part| part.trim().strip_prefix("source:"))
        .unwrap_or_default()
        .trim()
}

fn years(file: &Path, text: &str, faults: &mut Faults) -> Option<RangeInclusive<i32>> {
    let comments = (1..)
        .zip(text.lines())
        .filter_map(|(n, line)| Some((n, line.strip_prefix('#')?.trim())));
    let (line, stated) = comments
        .filter_map(|(n, line)| Some((n, line.strip_prefix("years:")?)))
        .next()?;
    let stated = stated.split(';').next().unwrap_or_default().trim();
    let (first, last) = stated.split_once(['-', '–']).unwrap_or((stated, stated));
    let year = |text: &str| {
        text.trim()
            .parse()
            .ok()
            .filter(|year| (1900..=2999).contains(year))
    };
    match (year(first), year(last)) {
        (Some(first), Some(last)) if first <= last => Some(first..=last),
        _ => {
            let what = format!(
                "found {}, expected the first and last year, such as 2017-2026",
                quoted(stated)
            );
            faults.add(file, format!("line {line}"), "years", what);
            None
        }
    }
}
