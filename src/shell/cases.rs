//! `yipanqi cases`.

use std::io::{self, BufWriter, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::case::{Case, Origin, Whereabouts};
use crate::store::{CaseQuery, DrillMark, Store};
use crate::town::{Centre, Class, Handler, Town};
use crate::ui::Words;

use super::args::Cases;
use super::past;
use super::table::{column, plain};
use super::{Done, Shell};

/// A case as `--json` gives it. Times are UTC, in RFC 3339.
#[derive(Serialize)]
pub struct CaseRow<'a> {
    id: i64,
    version: u32,
    stage: &'static str,
    open: bool,
    class: Class,
    centre: Centre,
    severity: u8,
    item: &'a str,
    item_name: &'a str,
    text: &'a str,
    place: &'a Whereabouts,
    place_name: String,
    source: &'static str,
    reported_at: String,
    due_at: Option<String>,
    /// Seconds until the deadline, negative past it; none where the case has ended or has no deadline.
    seconds_left: Option<i64>,
    updated_at: String,
    ended_at: Option<String>,
    handler: Option<&'a Handler>,
    handler_name: Option<&'a str>,
    origin: Option<&'a Origin>,
}

impl<'a> CaseRow<'a> {
    /// What `--json` says of `case` at `now`.
    pub fn new(case: &'a Case, town: &'a Town, words: &Words, now: DateTime<Utc>) -> Self {
        Self {
            id: case.id.0,
            version: case.version,
            stage: case.stage.code(),
            open: case.stage.is_open(),
            class: case.class,
            centre: case.centre,
            severity: case.severity,
            item: &case.item,
            item_name: item_name(case, town, words),
            text: &case.text,
            place: &case.place,
            place_name: place_name(case, town, words),
            source: case.source.code(),
            reported_at: moment(case.reported_at),
            due_at: case.due_at.map(moment),
            seconds_left: case.time_left(now).left.map(|left| left.num_seconds()),
            updated_at: moment(case.updated_at),
            ended_at: case.ended_at.map(moment),
            handler: case.handler.as_ref(),
            handler_name: case.handler.as_ref().map(|h| town.handler_name(h, words.lang)),
            origin: case.origin.as_ref(),
        }
    }
}

/// A moment for machines.
pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// What the case's item was called when it was opened; its code where the catalogue no longer has it.
pub fn item_name<'a>(case: &'a Case, town: &'a Town, words: &Words) -> &'a str {
    town.catalogue
        .version(&case.item, case.life.item_version)
        .map_or(&*case.item, |item| item.name.get(words.lang))
}

/// Where the case is, in words: as it was stated, else the place's name, else the coordinates.
pub fn place_name(case: &Case, town: &Town, words: &Words) -> String {
    let stated = case.place.stated().trim();
    if !stated.is_empty() {
        return stated.to_owned();
    }
    match &case.place {
        Whereabouts::Point { at, .. } => format!("{:.5}, {:.5}", at.lat, at.lon),
        Whereabouts::Area { code, .. } => town.places.by_code(code).map_or(code.to_string(), |id| {
            town.places.get(id).name.get(words.lang).to_owned()
        }),
        Whereabouts::Elsewhere { .. } | Whereabouts::Stated { .. } => String::new(),
    }
}

/// Lists cases as they come from the book, so that a long list needs no memory.
pub fn run(shell: &Shell, args: &Cases) -> anyhow::Result<Done> {
    let book = shell.read_book()?;
    let town = shell.amended(shell.town()?, &book)?;
    let query = CaseQuery {
        class: args.class,
        stage: args.stage,
        open: args.open,
        limit: args.limit,
    };
    let drill = book.drill()?;
    let now = shell.now_of(&book)?;
    let at = match &args.at {
        None => None,
        Some(text) => match past::moment_of(shell, text, now, town.timezone) {
            Some(at) => Some(at),
            None => return Ok(Done::WrongUsage),
        },
    };
    let out = BufWriter::new(io::stdout().lock());
    let mut list = List {
        at,
        ..List::new(shell, &town, at.unwrap_or(now), out)
    };
    let mut written = Ok(());
    match at {
        None => {
            list.head(drill.as_ref(), None)?;
            book.cases(&query, &mut |case| {
                written = list.case(&case);
                written.is_ok()
            })?;
        }
        Some(at) => {
            let moment = past::look_back(shell, book, at)?;
            list.head(drill.as_ref(), None)?;
            let wanted = moment.cases.iter().rev().filter(|case| fits(&query, case));
            let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
            written = wanted.take(limit).try_for_each(|case| list.case(case));
        }
    }
    written?;
    list.foot()?;
    Ok(Done::Wholly)
}

/// Whether an open case is asked for.
fn fits(query: &CaseQuery, case: &Case) -> bool {
    query.class.is_none_or(|class| case.class == class) && query.stage.is_none_or(|stage| case.stage == stage)
}

/// Cases on their way to standard output.
pub struct List<'a, W: Write> {
    shell: &'a Shell,
    town: &'a Town,
    now: DateTime<Utc>,
    /// The moment of the past that is listed.
    at: Option<DateTime<Utc>>,
    out: W,
    count: u64,
}

impl<'a, W: Write> List<'a, W> {
    /// A list that is empty yet.
    pub fn new(shell: &'a Shell, town: &'a Town, now: DateTime<Utc>, out: W) -> Self {
        Self {
            shell,
            town,
            now,
            at: None,
            out,
            count: 0,
        }
    }

    /// What stands above the cases; as JSON also how many there are, where that is known.
    pub fn head(&mut self, drill: Option<&DrillMark>, count: Option<usize>) -> io::Result<()> {
        if self.shell.args.json {
            write!(self.out, "{{")?;
            if let Some(count) = count {
                write!(self.out, "\"count\":{count},")?;
            }
            if let Some(mark) = drill {
                write!(self.out, "\"drill\":")?;
                serde_json::to_writer(&mut self.out, mark)?;
                write!(self.out, ",")?;
            }
            if let Some(at) = self.at {
                write!(self.out, "\"at\":\"{}\",", moment(at))?;
            }
            return write!(self.out, "\"cases\":[");
        }
        if let Some(mark) = drill {
            writeln!(self.out, "{}", self.shell.drill_line(mark))?;
        }
        let t = |key| self.shell.words.t(key);
        self.line(
            t("shell-column-number"),
            t("shell-column-class"),
            t("shell-column-stage"),
            t("shell-column-time"),
            t("shell-column-reported"),
            t("shell-column-item"),
            t("shell-column-place"),
        )
    }

    #[expect(clippy::too_many_arguments, reason = "one for each column")]
    fn line(
        &mut self,
        number: &str,
        class: &str,
        stage: &str,
        time: &str,
        reported: &str,
        item: &str,
        place: &str,
    ) -> io::Result<()> {
        let (number, class, stage) = (column(number, 8), column(class, 5), column(stage, 12));
        let (time, reported, item) = (column(time, 17), column(reported, 16), column(item, 32));
        writeln!(
            self.out,
            "{number} {class} {stage} {time} {reported} {item} {}",
            plain(place)
        )
    }

    /// Writes one case.
    pub fn case(&mut self, case: &Case) -> io::Result<()> {
        let (town, words, now) = (self.town, &self.shell.words, self.now);
        self.count += 1;
        if self.shell.args.json {
            if self.count > 1 {
                write!(self.out, ",")?;
            }
            return Ok(serde_json::to_writer(
                &mut self.out,
                &CaseRow::new(case, town, words, now),
            )?);
        }
        let left = case.time_left(now);
        let time = if case.stage.is_open() {
            words.time_left(&left)
        } else {
            String::new()
        };
        let reported = case
            .reported_at
            .with_timezone(&town.timezone)
            .format("%Y-%m-%d %H:%M")
            .to_string();
        self.line(
            &case.id.to_string(),
            case.class.letter(),
            words.stage(case.stage),
            &time,
            &reported,
            item_name(case, town, words),
            &place_name(case, town, words),
        )
    }

    /// What stands below the cases.
    pub fn foot(&mut self) -> io::Result<()> {
        if self.shell.args.json {
            writeln!(self.out, "]}}")?;
        }
        self.out.flush()?;
        if !self.shell.args.json && self.count == 0 {
            self.shell.tell(self.shell.words.t("shell-no-cases"));
        }
        Ok(())
    }
}
