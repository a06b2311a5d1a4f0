//! `yipanqi rules`: the state machine of cases and the matrix of permissions, from the tables that drive the code.

use std::io::Write;

use serde::Serialize;

use crate::case::stage::{Guard, TRANSITIONS, To, Transition};
use crate::case::{Stage, Step};
use crate::town::permissions::{COMMANDS, LETTERS};
use crate::town::{Level, Role, Town};
use crate::ui::Words;

use super::args::Rules;
use super::{Done, Shell};

#[derive(Serialize)]
struct Answer {
    stages: Vec<StageRow>,
    transitions: Vec<TransitionRow>,
    permissions: Vec<PermissionRow>,
}

#[derive(Serialize)]
struct StageRow {
    stage: &'static str,
    name: String,
    phase: &'static str,
    open: bool,
}

#[derive(Serialize)]
struct TransitionRow {
    from: &'static str,
    step: &'static str,
    to: &'static str,
    guard: &'static str,
}

#[derive(Serialize)]
struct PermissionRow {
    command: &'static str,
    role: &'static str,
    levels: Vec<&'static str>,
}

/// Prints the rules.
pub fn run(shell: &Shell, args: &Rules) -> anyhow::Result<Done> {
    let town = shell.town()?;
    let words = &shell.words;
    if args.graph {
        let mut out = std::io::stdout().lock();
        out.write_all(graph(words).as_bytes())?;
        return Ok(Done::Wholly);
    }
    shell.answer(&answer(&town, words), |out| {
        steps(out, words)?;
        matrix(out, &town, words)
    })?;
    Ok(Done::Wholly)
}

fn to(transition: &Transition) -> &'static str {
    match transition.to {
        To::Stage(stage) => stage.code(),
        To::Same => "same",
        To::Back => "back",
    }
}

fn guard(transition: &Transition) -> &'static str {
    match transition.guard {
        Guard::Free => "",
        Guard::NothingAsked => "nothing_asked",
        Guard::SuspensionAsked => "suspension_asked",
        Guard::ExtensionAsked => "extension_asked",
        Guard::SomethingAsked => "something_asked",
    }
}

fn answer(town: &Town, words: &Words) -> Answer {
    let permission = |command, role: Role| PermissionRow {
        command,
        role: role.code(),
        levels: Level::ALL
            .into_iter()
            .filter(|level| town.permissions.may(role, command, *level))
            .map(Level::code)
            .collect(),
    };
    Answer {
        stages: Stage::ALL
            .into_iter()
            .map(|stage| StageRow {
                stage: stage.code(),
                name: words.stage(stage).to_owned(),
                phase: stage.phase().code(),
                open: stage.is_open(),
            })
            .collect(),
        transitions: TRANSITIONS
            .iter()
            .map(|t| TransitionRow {
                from: t.from.code(),
                step: t.step.code(),
                to: to(t),
                guard: guard(t),
            })
            .collect(),
        permissions: COMMANDS
            .into_iter()
            .flat_map(|command| Role::ALL.map(|role| permission(command, role)))
            .collect(),
    }
}

/// One line a stage: its place in the seven steps, and what leads on from it.
fn steps(out: &mut dyn Write, words: &Words) -> anyhow::Result<()> {
    writeln!(out, "# {}", words.t("rules-steps"))?;
    for stage in Stage::ALL {
        writeln!(
            out,
            "{} ({}) · {}",
            words.stage(stage),
            stage.code(),
            words.phase(stage.phase())
        )?;
        for t in TRANSITIONS.iter().filter(|t| t.from == stage) {
            let target = match t.to {
                To::Stage(stage) => words.stage(stage),
                To::Same => words.t("rules-same"),
                To::Back => words.t("rules-back"),
            };
            let when = match t.guard {
                Guard::Free => String::new(),
                Guard::NothingAsked => format!("  [{}]", words.t("rules-nothing-asked")),
                Guard::SuspensionAsked => format!("  [{}]", words.t("rules-suspension-asked")),
                Guard::ExtensionAsked => format!("  [{}]", words.t("rules-extension-asked")),
                Guard::SomethingAsked => format!("  [{}]", words.t("rules-something-asked")),
            };
            writeln!(
                out,
                "    {} ({}) → {target}{when}",
                words.step(t.step),
                t.step.code()
            )?;
        }
    }
    Ok(())
}

/// The matrix: a row a command, a column a role, letters for levels.
fn matrix(out: &mut dyn Write, town: &Town, words: &Words) -> anyhow::Result<()> {
    writeln!(out, "\n# {}", words.t("rules-permissions"))?;
    for (n, role) in Role::ALL.into_iter().enumerate() {
        writeln!(out, "{:2}  {} ({})", n + 1, words.role(role), role.code())?;
    }
    write!(out, "{:14}", "")?;
    for n in 1..=Role::ALL.len() {
        write!(out, "{n:>6}")?;
    }
    writeln!(out)?;
    for command in COMMANDS {
        write!(out, "{command:14}")?;
        for role in Role::ALL {
            let levels = town.permissions.levels(role, command);
            let cell: String = LETTERS
                .into_iter()
                .zip(levels)
                .filter(|(_, may)| *may)
                .map(|(letter, _)| letter)
                .collect();
            let cell = if cell.is_empty() { "-" } else { &cell };
            write!(out, "{cell:>6}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The state machine as Graphviz reads it. Steps that stay in their stage stand in its box.
fn graph(words: &Words) -> String {
    let mut dot = String::from(
        "digraph case {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"Noto Sans SC\"];\n  edge [fontname=\"Noto Sans SC\"];\n",
    );
    for stage in Stage::ALL {
        let stays: Vec<&str> = TRANSITIONS
            .iter()
            .filter(|t| t.from == stage && t.to == To::Same)
            .map(|t| words.step(t.step))
            .collect();
        let inside = if stays.is_empty() {
            String::new()
        } else {
            format!("\\n({})", stays.join(", "))
        };
        let line = if stage.is_open() { "" } else { ", peripheries=2" };
        dot.push_str(&format!(
            "  {} [label=\"{}{inside}\"{line}];\n",
            stage.code(),
            words.stage(stage)
        ));
    }
    for t in TRANSITIONS.iter().filter(|t| t.step != Step::Undo) {
        let label = words.step(t.step);
        match t.to {
            To::Stage(to) => {
                let line = format!("  {} -> {} [label=\"{label}\"];\n", t.from.code(), to.code());
                dot.push_str(&line);
            }
            // Back to whichever stage led here.
            To::Back => {
                for back in TRANSITIONS.iter().filter(|b| b.to == To::Stage(t.from)) {
                    let line = format!(
                        "  {} -> {} [label=\"{label}\", style=dashed];\n",
                        t.from.code(),
                        back.from.code()
                    );
                    dot.push_str(&line);
                }
            }
            To::Same => {}
        }
    }
    dot.push_str("}\n");
    dot
}
