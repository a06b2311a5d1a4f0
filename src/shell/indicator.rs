//! `yipanqi indicator`.

use std::io::Write;

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::case::CaseId;
use crate::indicator::{
    Answer, AskError, ChangeUnit, Definition, Definitions, Dimension, Engine, Filter, Flag, Group, Interval,
    Period, Question, Unit, Value,
};
use crate::store::{DrillMark, Store};
use crate::town::Town;
use crate::words::indicator as say;

use super::args::IndicatorArgs;
use super::cases::moment;
use super::table::{column, plain};
use super::{Done, Shell};

/// Lists the indicators, or asks for one.
pub fn run(shell: &Shell, args: &IndicatorArgs) -> anyhow::Result<Done> {
    let definitions = Definitions::load()?;
    let Some(id) = args.id.as_deref().filter(|_| !args.list) else {
        return list(shell, &definitions);
    };
    let Some(definition) = definitions.get(id) else {
        return Ok(wrong(shell, &AskError::Unknown(id.to_owned())));
    };
    let book = shell.read_book();
    let (town, now) = shell.setting(book.as_ref().ok())?;
    let question = match question(args, definition, &town, now) {
        Ok(question) => question,
        Err(what) => return Ok(wrong(shell, &what)),
    };
    let book = book?;
    let drill = book.drill()?;
    let by_place = args.by.is_some_and(|by| by.place_kind().is_some());
    let asks_for_places = by_place
        || question
            .filter
            .keys
            .iter()
            .any(|key| key.dimension.place_kind().is_some());
    if asks_for_places && book.standings()?.is_empty() {
        return Err(anyhow!("{}", shell.words.t("indicator-no-boundaries")));
    }
    let asked = Engine::on(&book, &definitions, &town, now, |engine| {
        let answer = engine.ask(&question)?;
        let groups = args.by.map(|by| engine.by(&question, by)).transpose()?;
        Ok((answer, groups, engine.basis()?))
    });
    let (answer, groups, basis) = match asked {
        Ok(asked) => asked,
        Err(error @ AskError::NotOfCases(_)) => return Ok(wrong(shell, &error)),
        Err(error) => return Err(error.into()),
    };
    let sheet = Sheet {
        shell,
        town: &town,
        definition,
        filter: &question.filter,
        answer: &answer,
        groups: groups.as_deref(),
        basis,
        now,
        drill: drill.as_ref(),
    };
    shell.answer(&sheet.json(), |out| sheet.write(out))?;
    Ok(Done::Wholly)
}

/// Tells what can't be.
fn wrong(shell: &Shell, what: &impl std::fmt::Display) -> Done {
    shell.tell(&format!("yipanqi: {what}"));
    Done::WrongUsage
}

fn question(
    args: &IndicatorArgs,
    definition: &Definition,
    town: &Town,
    now: DateTime<Utc>,
) -> Result<Question, String> {
    let today = now.with_timezone(&town.timezone).date_naive();
    let period = match &args.period {
        Some(text) => Period::parse(text, today).map_err(|error| error.to_string())?,
        None => {
            Period::rolling(30, today).ok_or("the clock of this machine shows no day that can be counted")?
        }
    };
    let mut filter = Filter::default();
    if let Some(area) = &args.area {
        filter = filter.and_area(town, area).map_err(|error| error.to_string())?;
    }
    let values = [
        (Dimension::Class, &args.class),
        (Dimension::Centre, &args.centre),
        (Dimension::Item, &args.item),
        (Dimension::Source, &args.source),
        (Dimension::Unit, &args.unit),
    ];
    for (dimension, text) in values {
        if let Some(text) = text {
            filter = filter
                .and_value(town, dimension, text)
                .map_err(|error| error.to_string())?;
        }
    }
    Ok(Question {
        indicator: definition.id.clone(),
        period,
        filter,
        against: args.against,
        list: shell_wants_list(args),
    })
}

/// Lists of cases are long: with groups they are left out.
fn shell_wants_list(args: &IndicatorArgs) -> bool {
    args.by.is_none()
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    name: &'a str,
    words: &'a str,
    rule: &'a str,
    unit: Unit,
    direction: &'static str,
    source: &'a str,
}

#[derive(Serialize)]
struct List<'a> {
    indicators: Vec<Listed<'a>>,
}

fn list(shell: &Shell, definitions: &Definitions) -> anyhow::Result<Done> {
    let lang = shell.lang();
    let indicators = definitions.iter().map(|definition| Listed {
        id: &definition.id,
        name: definition.name.get(lang),
        words: definition.words.get(lang),
        rule: definition.rule.get(lang),
        unit: definition.unit,
        direction: definition.direction.code(),
        source: &definition.source,
    });
    let list = List {
        indicators: indicators.collect(),
    };
    shell.answer(&list, |out| {
        for one in &list.indicators {
            writeln!(
                out,
                "{} {} {}",
                column(one.id, 30),
                column(one.name, 34),
                one.words
            )?;
        }
        Ok(())
    })?;
    Ok(Done::Wholly)
}

/// An answer, as it is given.
struct Sheet<'a> {
    shell: &'a Shell,
    town: &'a Town,
    definition: &'a Definition,
    filter: &'a Filter,
    answer: &'a Answer,
    groups: Option<&'a [Group]>,
    basis: (u64, i64),
    now: DateTime<Utc>,
    drill: Option<&'a DrillMark>,
}

/// A figure as `--json` gives it.
#[derive(Serialize)]
struct Figure<'a> {
    value: Option<f64>,
    n: u64,
    of: Option<u64>,
    interval: Option<Interval>,
    running: Option<u64>,
    reported: Option<u64>,
    median_with_running: Option<f64>,
    flags: &'a [Flag],
    against: Option<f64>,
    against_period: Option<String>,
    against_flags: Option<&'a [Flag]>,
    change: Option<f64>,
    change_unit: Option<ChangeUnit>,
    out_of_band: bool,
}

impl<'a> Figure<'a> {
    fn new(value: &'a Value, compared: Option<&'a crate::indicator::Compared>, out_of_band: bool) -> Self {
        let change = compared.and_then(|compared| compared.change);
        Self {
            value: value.value,
            n: value.n,
            of: value.of,
            interval: value.interval,
            running: value.running,
            reported: value.reported,
            median_with_running: value.median_with_running,
            flags: &value.flags,
            against: compared.and_then(|compared| compared.value.value),
            against_period: compared.and_then(|compared| Some(compared.period?.name())),
            against_flags: compared.map(|compared| compared.value.flags.as_slice()),
            change: change.map(|change| change.value),
            change_unit: change.map(|change| change.unit),
            out_of_band,
        }
    }
}

#[derive(Serialize)]
struct JsonGroup<'a> {
    key: &'a str,
    name: String,
    #[serde(flatten)]
    figure: Figure<'a>,
}

#[derive(Serialize)]
struct Json<'a> {
    /// The drill that the book belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    drill: Option<&'a DrillMark>,
    indicator: &'a str,
    name: &'a str,
    period: String,
    from: String,
    until: String,
    filter: &'a Filter,
    unit: Unit,
    #[serde(flatten)]
    figure: Figure<'a>,
    rule: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cases: Option<&'a [CaseId]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of_cases: Option<&'a [CaseId]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Dimension>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<JsonGroup<'a>>>,
    /// Cases of the book, and its last entry.
    book_cases: u64,
    book_entries: i64,
    as_of: String,
}

impl Sheet<'_> {
    fn json(&self) -> Json<'_> {
        let (answer, lang) = (self.answer, self.shell.lang());
        let (from, until) = answer.period.bounds(self.town.timezone);
        let groups = self.groups.map(|groups| {
            let group = |group| self.json_group(group);
            groups.iter().map(group).collect()
        });
        Json {
            drill: self.drill,
            indicator: &answer.indicator,
            name: self.definition.name.get(lang),
            period: answer.period.name(),
            from: moment(from),
            until: moment(until),
            filter: self.filter,
            unit: answer.unit,
            figure: Figure::new(&answer.value, answer.compared.as_ref(), answer.out_of_band),
            rule: self.definition.rule.get(lang),
            source: &self.definition.source,
            cases: answer.cases.as_ref().map(|lists| lists.counted.as_slice()),
            of_cases: answer.cases.as_ref().and_then(|lists| lists.of.as_deref()),
            by: self.groups.and_then(|groups| Some(groups.first()?.key.dimension)),
            groups,
            book_cases: self.basis.0,
            book_entries: self.basis.1,
            as_of: moment(self.now),
        }
    }

    fn json_group<'g>(&self, group: &'g Group) -> JsonGroup<'g> {
        JsonGroup {
            key: &group.key.code,
            name: say::key_text(&self.shell.words, self.town, &group.key),
            figure: Figure::new(&group.value, group.compared.as_ref(), group.out_of_band),
        }
    }

    fn write(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let (w, d, answer) = (&self.shell.words, self.definition, self.answer);
        let value = &answer.value;
        if let Some(mark) = self.drill {
            writeln!(out, "{}", self.shell.drill_line(mark))?;
        }
        writeln!(
            out,
            "{}  {}{}",
            d.name.get(w.lang),
            answer.period,
            self.filter_text()
        )?;
        let mut line = format!(
            "{}  ({})",
            say::value_or_none(w, d, value),
            say::basis_text(w, value)
        );
        if let Some(interval) = value.interval {
            line += &format!(
                "  {} {}",
                w.t("indicator-interval"),
                say::interval_text(w, d, interval)
            );
        }
        writeln!(out, "{line}")?;
        if let Some(compared) = &answer.compared {
            let period = compared.period.map(|period| period.name()).unwrap_or_default();
            let then = say::value_or_none(w, d, &compared.value);
            let change = compared.change.map_or_else(
                || w.t("indicator-no-comparison").to_owned(),
                |change| say::change_text(w, d, change),
            );
            writeln!(out, "{} {period}  {then}  {change}", w.t("indicator-against"))?;
        }
        if let Some(median) = value.median_with_running {
            let median = say::value_text(w, d, median);
            let words = w.f("indicator-median-with-running", &[("v", median.into())]);
            writeln!(out, "{words}")?;
        }
        for flag in &value.flags {
            writeln!(out, "· {}", say::flag_text(w, *flag, value))?;
        }
        for group in self.groups.unwrap_or_default() {
            self.write_group(out, group)?;
        }
        let until = say::until_text(answer.period, self.town, self.now);
        let basis = [("n", self.basis.0.into()), ("until", until.into())];
        writeln!(out, "{}", w.f("indicator-basis", &basis))?;
        writeln!(out, "{}", d.rule.get(w.lang))?;
        Ok(())
    }

    fn write_group(&self, out: &mut dyn Write, group: &Group) -> anyhow::Result<()> {
        let (w, d, value) = (&self.shell.words, self.definition, &group.value);
        let name = say::key_text(w, self.town, &group.key);
        let change = group.compared.as_ref().and_then(|compared| compared.change);
        let change = change
            .map(|change| say::change_text(w, d, change))
            .unwrap_or_default();
        let interval = value
            .interval
            .map(|interval| say::interval_text(w, d, interval))
            .unwrap_or_default();
        let line = format!(
            "{} {} {} {} {interval}",
            column(&name, 30),
            column(&say::value_or_none(w, d, value), 14),
            column(&change, 16),
            column(&say::basis_text(w, value), 16),
        );
        Ok(writeln!(out, "  {}", line.trim_end())?)
    }

    /// What the figure is limited to, after its period.
    fn filter_text(&self) -> String {
        let w = &self.shell.words;
        let keys = self.filter.keys.iter().map(|key| {
            let name = say::key_text(w, self.town, key);
            format!("  {} {}", say::dimension_text(w, key.dimension), plain(&name))
        });
        keys.collect()
    }
}
