//! The list of powers and duties, and the weights: what they say, and what a mistake in them is answered with.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use yipanqi::town::{Body, Class, Item, Level, Role, Team, TeamKind, Town, TownFault, Weights, Who};

static GUANLAN: LazyLock<Town> =
    LazyLock::new(|| Town::load(&assets().join("town/guanlan")).unwrap_or_else(|faults| panic!("{faults}")));

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets")
}

fn item(code: &str) -> &'static Item {
    GUANLAN.catalogue.by_code(code).unwrap()
}

fn team(kind: TeamKind) -> &'static Team {
    GUANLAN.teams.iter().find(|team| team.kind == kind).unwrap()
}

fn department(zh: &str) -> &'static Team {
    GUANLAN.teams.iter().find(|team| team.name.zh == zh).unwrap()
}

#[test]
fn every_item_is_somebody_s_matter_on_the_level_of_its_class_and_every_row_says_it_is_drafted() {
    for (_, item) in GUANLAN.catalogue.iter() {
        let rows = GUANLAN.powers.of(item);
        assert!(!rows.is_empty(), "{}", item.code);
        assert!(
            GUANLAN.powers.level_may_settle(item, Level::of(item.class)),
            "{}",
            item.code
        );
        assert!(rows.iter().all(|row| row.basis.contains("RECONSTRUCTION")));
    }
}

#[test]
fn what_stands_for_an_item_goes_before_its_domain_and_that_before_its_class() {
    let powers = &GUANLAN.powers;
    // A row of its own: the planning inspection may pull down a new shed with the community.
    let shed = item("GL-B14");
    assert!(powers.may_settle(shed, Who::Team(department("街道规划土地监察队"))));
    assert!(!powers.may_settle(shed, Who::Team(team(TeamKind::Volunteers))));
    // Rows of its domain and class.
    let rubbish = item("GL-B01");
    assert!(powers.may_settle(rubbish, Who::Team(team(TeamKind::CityManagement))));
    assert!(!powers.may_settle(rubbish, Who::Team(team(TeamKind::Safety))));
    // Rows of its class: the department that it names, and no other.
    let licence = GUANLAN
        .catalogue
        .iter()
        .map(|(_, item)| item)
        .find(|item| item.class == Class::C && item.domain == "食药")
        .unwrap();
    assert!(powers.may_settle(licence, Who::Team(department(&licence.lead_department))));
    assert!(!powers.may_settle(licence, Who::Team(department("街道市政服务中心"))));
    assert!(matches!(powers.of(licence), [row] if row.body == Body::LeadDepartment));
}

#[test]
fn posts_settle_by_role() {
    let post = |role| GUANLAN.posts.iter().find(|post| post.role == role).unwrap();
    let litter = item("GL-A01");
    let may = |role| GUANLAN.powers.may_settle(litter, Who::Post(post(role)));
    assert!(may(Role::GridOfficer) && may(Role::StreetChief));
    assert!(!may(Role::Dispatcher) && !may(Role::Inspector));
}

#[test]
fn the_weights_that_come_with_the_town_are_those_of_a_town_without() {
    assert_eq!(GUANLAN.weights, Weights::default());
}

/// A copy of Guanlan's data, to be broken.
struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for dir in ["town/guanlan", "catalogue", "calendar"] {
            let to = folder.path().join(dir);
            fs::create_dir_all(&to).unwrap();
            for file in fs::read_dir(assets().join(dir)).unwrap() {
                let file = file.unwrap().path();
                fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
            }
        }
        Self { folder }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join("town/guanlan").join(file)
    }

    fn replace(&self, file: &str, from: &str, to: &str) -> &Self {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(self.path(file), text.replacen(from, to, 1)).unwrap();
        self
    }

    fn load(&self) -> Result<Town, Vec<TownFault>> {
        Town::load(&self.path("")).map_err(|error| error.0)
    }

    /// The only mistake that is found.
    fn has_one(&self, file: &str, at: &str, field: &str, words: &str) {
        let faults = self.load().map(|town| town.id).unwrap_err();
        let [fault] = faults.as_slice() else {
            panic!("expected one fault, found {faults:#?}")
        };
        assert!(fault.file.ends_with(file), "{fault}");
        assert_eq!((fault.at.as_str(), fault.field.as_str()), (at, field), "{fault}");
        assert!(fault.what.contains(words), "{fault}");
    }
}

#[test]
fn a_town_without_list_and_weights_forbids_nothing() {
    let copy = Copy::new();
    copy.replace("town.toml", "powers = \"powers.csv\"\n", "");
    copy.replace("town.toml", "weights = \"weights.toml\"\n", "");
    let town = copy.load().unwrap();
    assert!(town.powers.is_empty());
    let (_, item) = town.catalogue.iter().next().unwrap();
    assert!(town.powers.may_settle(item, Who::Team(team(TeamKind::Emergency))));
    assert_eq!(town.weights, Weights::default());
}

#[test]
fn a_mistake_in_the_list_is_told_with_line_and_column() {
    let cases = [
        (
            ",,A,grid,grid_officer",
            ",,E,grid,grid_officer",
            "class",
            "found 'E'",
        ),
        (
            ",,A,grid,grid_officer",
            ",,A,village,grid_officer",
            "level",
            "found 'village'",
        ),
        (
            ",,A,grid,grid_officer",
            ",,A,grid,grid_oficer",
            "body",
            "found 'grid_oficer', expected lead_department",
        ),
        (
            ",,A,grid,grid_officer",
            ",消防火,A,grid,grid_officer",
            "domain",
            "found '消防火', expected one of 城市管理",
        ),
        (
            ",,A,grid,grid_officer",
            "GL-X99,,,grid,grid_officer",
            "item",
            "there is no item with the code 'GL-X99'",
        ),
        (
            ",,A,grid,grid_officer",
            "GL-A01,,A,grid,grid_officer",
            "item",
            "neither domain nor class",
        ),
    ];
    for (from, to, column, words) in cases {
        let copy = Copy::new();
        copy.replace("powers.csv", from, to);
        copy.has_one("powers.csv", "line 2", column, words);
    }
}

#[test]
fn a_row_that_stands_there_twice_and_an_item_that_is_nobody_s() {
    let copy = Copy::new();
    copy.replace("powers.csv", ",,A,grid,party_grid_chief", ",,A,grid,grid_officer");
    copy.has_one("powers.csv", "line 3", "body", "stands there already");

    let copy = Copy::new();
    let text = fs::read_to_string(copy.path("powers.csv")).unwrap();
    let without: Vec<&str> = text.lines().filter(|line| !line.starts_with(",,C,")).collect();
    fs::write(copy.path("powers.csv"), without.join("\n") + "\n").unwrap();
    let faults = copy.load().map(|town| town.id).unwrap_err();
    assert!(!faults.is_empty());
    for fault in faults {
        assert!(
            fault.what.starts_with("no row says who may settle 'GL-C"),
            "{fault}"
        );
    }
}

#[test]
fn skills_and_shifts_of_teams_are_checked() {
    let copy = Copy::new();
    copy.replace("teams.csv", "城市管理;环境保护;市政设施", "城市管理;唱歌");
    copy.has_one("teams.csv", "line 11", "skills", "found '唱歌', expected domains");
    let copy = Copy::new();
    copy.replace("teams.csv", "09:00-21:00", "9 bis 21");
    let faults = copy.load().map(|town| town.id).unwrap_err();
    assert_eq!(faults[0].field, "shift");
    assert!(faults[0].what.contains("expected times such as 09:00-21:00"));
}

#[test]
fn a_table_of_teams_may_do_without_skills_and_shifts() {
    let copy = Copy::new();
    let text = fs::read_to_string(copy.path("teams.csv")).unwrap();
    let mut lines = Vec::new();
    for record in csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes())
        .records()
    {
        let record = record.unwrap();
        let kept: Vec<String> = record
            .iter()
            .enumerate()
            .filter(|(i, _)| ![8, 9].contains(i))
            .map(|(_, field)| format!("\"{field}\""))
            .collect();
        lines.push(kept.join(","));
    }
    fs::write(copy.path("teams.csv"), lines.join("\n") + "\n").unwrap();
    let town = copy.load().unwrap();
    assert!(
        town.teams
            .iter()
            .all(|team| team.skills.is_empty() && team.shift.is_none())
    );
}

#[test]
fn a_mistake_in_the_weights_is_told_with_line_and_key() {
    let line = |wanted: &str| {
        let text = fs::read_to_string(assets().join("town/guanlan/weights.toml")).unwrap();
        let at = text.lines().position(|line| line.starts_with(wanted)).unwrap();
        format!("line {}", at + 1)
    };
    let cases = [
        (
            "block = 56",
            "block = 4600",
            "block",
            "duty.block",
            "found '4600', expected a whole number from -1000 to 1000",
        ),
        (
            "full = -18",
            "full = 18",
            "full",
            "load.full",
            "found '18', expected a whole number from -1000 to 0",
        ),
        (
            "listed = 20",
            "listed = \"much\"",
            "listed",
            "matter.listed",
            "found '\"much\"', expected a whole number",
        ),
        (
            "skill = 8",
            "skil = 8",
            "skill",
            "matter.skil",
            "is no weight: expected one of listed",
        ),
    ];
    for (from, to, at, key, words) in cases {
        let copy = Copy::new();
        copy.replace("weights.toml", from, to);
        let faults = copy.load().map(|town| town.id).unwrap_err();
        assert_eq!((faults[0].at.clone(), faults[0].field.as_str()), (line(at), key));
        assert!(faults[0].what.contains(words), "{}", faults[0]);
    }
    let copy = Copy::new();
    copy.replace("weights.toml", "skill = 8", "");
    copy.has_one("weights.toml", "", "matter.skill", "is missing");
    let copy = Copy::new();
    copy.replace("weights.toml", "[shift]", "[shift");
    let faults = copy.load().map(|town| town.id).unwrap_err();
    assert!(faults[0].what.starts_with("is no TOML"), "{}", faults[0]);
}
