//! `yipanqi show`.

use std::io::Write;

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::case::{Action, Case, CaseId, Entry, Whereabouts};
use crate::past::{Cut, cut};
use crate::store::{DrillMark, Store};
use crate::town::{Answerable, PlaceId, PostId, Town};
use crate::ui::Words;

use super::cases::{CaseRow, item_name, moment, place_name};
use super::past;
use super::table::{column, plain};
use super::{Done, Shell};

/// An entry as `--json` gives it.
#[derive(Serialize)]
struct EntryRow<'a> {
    seq: i64,
    version: u32,
    at: String,
    actor: &'a str,
    seat: &'a str,
    #[serde(flatten)]
    action: &'a Action,
}

/// Who answers for the case's place, by code.
#[derive(Serialize)]
struct AnswerableRow<'a> {
    community: Option<&'a str>,
    community_officer: Option<&'a str>,
    base_grid: Option<&'a str>,
    grid_officer: Option<&'a str>,
    party_grid: Option<&'a str>,
    party_grid_chief: Option<&'a str>,
    party_grid_team: Option<&'a str>,
    block: Option<&'a str>,
    street_chief: Option<&'a str>,
}

#[derive(Serialize)]
struct Shown<'a> {
    /// The drill that the book belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    drill: Option<&'a DrillMark>,
    /// The moment of the past that is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    case: CaseRow<'a>,
    answerable: AnswerableRow<'a>,
    timeline: Vec<EntryRow<'a>>,
}

/// Shows the facts and the history of one case.
pub fn run(shell: &Shell, number: i64, at: Option<&str>) -> anyhow::Result<Done> {
    let book = shell.read_book()?;
    let town = shell.amended(shell.town()?, &book)?;
    let entries = book.history(CaseId(number))?;
    let mut now = shell.now_of(&book)?;
    let known = match at {
        None => Case::fold(&entries)?.map(|case| Cut { case, entries }),
        Some(text) => {
            let Some(at) = past::moment_of(shell, text, now, town.timezone) else {
                return Ok(Done::WrongUsage);
            };
            now = at;
            let known = cut(&entries, at)?;
            if known.is_none() && !entries.is_empty() {
                return Err(anyhow!("{}", shell.words.t("past-not-yet")));
            }
            known
        }
    };
    let Cut { case, entries } = known.ok_or_else(|| {
        let args = [("case", number.to_string().into())];
        anyhow!("{}", shell.words.f("shell-no-case", &args))
    })?;
    let drill = book.drill()?;
    let answerable = answerable(&case, &town);
    let shown = Shown {
        drill: drill.as_ref(),
        at: at.map(|_| moment(now)),
        case: CaseRow::new(&case, &town, &shell.words, now),
        answerable: answerable_row(&answerable, &town),
        timeline: entries.iter().map(entry_row).collect(),
    };
    let sheet = Sheet {
        words: &shell.words,
        town: &town,
        now,
    };
    shell.answer(&shown, |out| {
        if let Some(mark) = &drill {
            writeln!(out, "{}", shell.drill_line(mark))?;
        }
        sheet.facts(out, &case)?;
        sheet.answerable(out, &answerable)?;
        sheet.timeline(out, &entries)
    })?;
    Ok(Done::Wholly)
}

fn answerable(case: &Case, town: &Town) -> Answerable {
    match &case.place {
        Whereabouts::Point { at, grid, .. } => town.answerable_then(*at, grid.as_deref(), case.reported_at),
        Whereabouts::Area { code, .. } => town
            .place_now(code)
            .map(|place| town.answerable_in(place))
            .unwrap_or_default(),
        Whereabouts::Elsewhere { .. } | Whereabouts::Stated { .. } => Answerable::default(),
    }
}

fn answerable_row<'a>(who: &Answerable, town: &'a Town) -> AnswerableRow<'a> {
    let place = |id: Option<PlaceId>| id.map(|id| town.places.get(id).code.as_str());
    let post = |id: Option<PostId>| Some(town.posts.get(id?.0 as usize)?.code.as_str());
    AnswerableRow {
        community: place(who.community),
        community_officer: post(who.community_officer),
        base_grid: place(who.base_grid),
        grid_officer: post(who.grid_officer),
        party_grid: place(who.party_grid),
        party_grid_chief: post(who.party_grid_chief),
        party_grid_team: who
            .party_grid_team
            .and_then(|id| Some(town.teams.get(id.0 as usize)?.code.as_str())),
        block: place(who.block),
        street_chief: post(who.street_chief),
    }
}

fn entry_row(entry: &Entry) -> EntryRow<'_> {
    EntryRow {
        seq: entry.seq,
        version: entry.version,
        at: moment(entry.at),
        actor: &entry.actor,
        seat: &entry.seat,
        action: &entry.action,
    }
}

/// Writes the parts of a case for a person.
struct Sheet<'a> {
    words: &'a Words,
    town: &'a Town,
    now: DateTime<Utc>,
}

impl Sheet<'_> {
    fn facts(&self, out: &mut dyn Write, case: &Case) -> anyhow::Result<()> {
        let (words, town) = (self.words, self.town);
        writeln!(
            out,
            "{}  {}  {}",
            case.id,
            words.stage(case.stage),
            plain(item_name(case, town, words))
        )?;
        writeln!(out, "{}  {}", words.class(case.class), words.centre(case.centre))?;
        self.fact(out, words.t("fact-text"), &case.text)?;
        self.fact(out, words.t("fact-place"), &place_name(case, town, words))?;
        if let Some(at) = case.place.point() {
            self.fact(out, "", &format!("{:.6}, {:.6} (WGS-84)", at.lat, at.lon))?;
        }
        self.fact(out, words.t("fact-source"), words.source(case.source))?;
        self.fact(out, words.t("fact-reported"), &self.moment(case.reported_at))?;
        if let Some(due) = case.due_at {
            let left = case.time_left(self.now);
            let left = left
                .left
                .map(|_| format!("  {}", words.time_left(&left)))
                .unwrap_or_default();
            self.fact(out, words.t("fact-due"), &format!("{}{left}", self.moment(due)))?;
        }
        if let Some(ended) = case.ended_at {
            self.fact(out, words.t("fact-ended"), &self.moment(ended))?;
        }
        if let Some(handler) = &case.handler {
            self.fact(
                out,
                words.t("fact-handler"),
                town.handler_name(handler, words.lang),
            )?;
        }
        if let Some(origin) = &case.origin {
            self.fact(
                out,
                words.t("fact-origin"),
                &format!("{} {}", origin.profile, origin.key),
            )?;
        }
        Ok(())
    }

    fn answerable(&self, out: &mut dyn Write, who: &Answerable) -> anyhow::Result<()> {
        let words = self.words;
        writeln!(out, "\n{}", words.t("answerable-title"))?;
        let rows = [
            (words.t("answerable-block"), who.block, who.street_chief),
            (
                words.t("answerable-party-grid"),
                who.party_grid,
                who.party_grid_chief,
            ),
            (words.t("answerable-base-grid"), who.base_grid, who.grid_officer),
            (
                words.t("answerable-community"),
                who.community,
                who.community_officer,
            ),
        ];
        for (label, place, post) in rows {
            let Some(place) = place else { continue };
            let name = self.town.places.get(place).name.get(words.lang);
            let post = post.and_then(|id| self.town.posts.get(id.0 as usize));
            let post = post
                .map(|p| format!("{} {}", p.title.get(words.lang), p.holder.get(words.lang)))
                .unwrap_or_default();
            self.fact(out, label, &format!("{name}  {post}"))?;
        }
        if who.community.is_none() {
            writeln!(out, "  {}", words.t("answerable-none"))?;
        }
        Ok(())
    }

    fn timeline(&self, out: &mut dyn Write, entries: &[Entry]) -> anyhow::Result<()> {
        writeln!(out, "\n{}", self.words.t("timeline-title"))?;
        for entry in entries {
            let who = self
                .town
                .post(&entry.actor)
                .map_or(&*entry.actor, |p| p.title.get(self.words.lang));
            let what = self.what(&entry.action);
            writeln!(
                out,
                "  {}  {}  {}",
                self.moment(entry.at),
                plain(who),
                plain(&what)
            )?;
            let is_report = matches!(entry.action, Action::Report(_));
            let note = entry.action.note().trim();
            if !note.is_empty() && !is_report {
                writeln!(out, "      {}", plain(note))?;
            }
        }
        Ok(())
    }

    fn what(&self, action: &Action) -> String {
        match action {
            Action::Report(report) if report.origin.is_some() => self.words.t("timeline-imported").to_owned(),
            Action::Report(_) => self.words.t("timeline-reported").to_owned(),
            Action::Dispatch { to, .. } => {
                let name = self.town.handler_name(to, self.words.lang);
                self.words.f("timeline-dispatched", &[("to", name.into())])
            }
            Action::Rectify { photos, .. } if !photos.is_empty() => {
                self.words.n("timeline-rectified-photos", photos.len())
            }
            other => other
                .step()
                .map(|step| self.words.step(step).to_owned())
                .unwrap_or_default(),
        }
    }

    fn fact(&self, out: &mut dyn Write, label: &str, value: &str) -> anyhow::Result<()> {
        if !value.is_empty() {
            writeln!(out, "  {} {}", column(label, 16), plain(value))?;
        }
        Ok(())
    }

    fn moment(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.town.timezone)
            .format("%Y-%m-%d %H:%M:%S")
            .to_string()
    }
}
