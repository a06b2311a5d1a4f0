//! Reads the list of powers and duties.

use std::collections::HashSet;
use std::path::Path;

use crate::town::powers::{Body, Power, Powers, Scope};
use crate::town::{Catalogue, Class, Role, Team, TeamKind};

use super::rows::{Row, rows};
use super::{Faults, MAX_NAME, MAX_REMARK, quoted, word};

/// Reads the list and checks it against the catalogue and the teams, where those could be read: every row names what
/// there is, and every item is somebody's matter.
pub(super) fn read(
    file: &Path,
    catalogue: Option<&Catalogue>,
    teams: Option<&[Team]>,
    faults: &mut Faults,
) -> Option<Powers> {
    let known = Known::of(catalogue, teams);
    let columns = ["item", "domain", "class", "level", "body", "basis"];
    let before = faults.len();
    let mut seen = HashSet::new();
    let read = rows(file, &columns, None, faults, |row| {
        let (scope, level, body) = (
            scope(row, known.as_ref()),
            row.word("level"),
            body(row, known.as_ref()),
        );
        let basis = row.text("basis", MAX_REMARK, false);
        let power = Power {
            scope: scope?,
            level: level?,
            body: body?,
            basis: basis?,
        };
        if !seen.insert((power.scope.clone(), power.body.clone())) {
            return row.fault("body", "stands there already for the same items");
        }
        Some(power)
    })?;
    let powers = Powers::new(read);
    if faults.len() == before
        && let Some(catalogue) = catalogue
    {
        for (_, item) in catalogue.iter().filter(|(_, item)| powers.of(item).is_empty()) {
            let what = format!(
                "no row says who may settle {} (class {}), expected at least one",
                quoted(&item.code),
                item.class.letter()
            );
            faults.add(file, "", "item", what);
        }
    }
    Some(powers)
}

/// What a row may name.
struct Known<'a> {
    catalogue: &'a Catalogue,
    departments: HashSet<&'a str>,
}

impl<'a> Known<'a> {
    fn of(catalogue: Option<&'a Catalogue>, teams: Option<&'a [Team]>) -> Option<Self> {
        let of_teams = teams?.iter().filter(|team| team.kind == TeamKind::Department);
        Some(Self {
            catalogue: catalogue?,
            departments: of_teams.map(|team| team.name.zh.as_str()).collect(),
        })
    }
}

fn scope(row: &mut Row, known: Option<&Known>) -> Option<Scope> {
    let code = row.text("item", MAX_NAME, true)?;
    let domain = row.text("domain", MAX_NAME, true)?;
    let class = row.text("class", MAX_NAME, true)?;
    if !code.is_empty() {
        if !(domain.is_empty() && class.is_empty()) {
            return row.fault(
                "item",
                "a row for one item has neither domain nor class: expected both empty",
            );
        }
        if known.is_some_and(|known| known.catalogue.by_code(&code).is_none()) {
            let what = format!("there is no item with the code {}", quoted(&code));
            return row.fault("item", what);
        }
        return Some(Scope::Item(code));
    }
    let class: Class = row.word("class")?;
    if domain.is_empty() {
        return Some(Scope::Class(class));
    }
    if let Some(known) = known {
        let domains = known.catalogue.domains();
        if !domains.contains(&domain.as_str()) {
            let what = format!(
                "found {}, expected one of {}",
                quoted(&domain),
                domains.join(", ")
            );
            return row.fault("domain", what);
        }
    }
    Some(Scope::Domain(domain, class))
}

fn body(row: &mut Row, known: Option<&Known>) -> Option<Body> {
    let found = row.text("body", MAX_NAME, false)?;
    if found == "lead_department" {
        return Some(Body::LeadDepartment);
    }
    if let Ok(role) = word::<Role>(&found) {
        return Some(Body::Role(role));
    }
    if let Ok(kind) = word::<TeamKind>(&found) {
        return Some(Body::Team(kind));
    }
    if known.is_some_and(|known| !known.departments.contains(found.as_str())) {
        let what = format!(
            "found {}, expected lead_department, a role of posts, a kind of teams, or the name of a department's team",
            quoted(&found)
        );
        return row.fault("body", what);
    }
    Some(Body::Department(found))
}
