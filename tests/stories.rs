//! Golden cases, told as stories that somebody from a dispatch hall can read: `tests/stories/*.txt`.
//!
//! A line is a time, who speaks, and what is typed into the command line; `desk` stands for what the desk does by itself
//! once that time has come. Below each line stands, indented, what the desk answered: how the case stands then, or why it
//! was refused. `YIPANQI_TELL=1 cargo test --test stories` writes the answers anew; read the difference.

mod journal;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use yipanqi::board::Board;
use yipanqi::case::{Case, CaseId};
use yipanqi::desk::{self, Refusal};
use yipanqi::line::{self, Context, Grammar, Names, Parsed, parse};
use yipanqi::town::{Handler, Lang};
use yipanqi::ui::Words;
use yipanqi::ui::refusal_words::refusal_words;

use journal::{Journal, TOWN};

struct Story {
    words: Words,
    grammar: Grammar,
    names: Names,
    journal: Journal,
}

impl Story {
    fn new(lang: Lang) -> Self {
        Self {
            words: Words::new(lang),
            grammar: Grammar::new(Vec::new(), |_| String::new()),
            names: Names::of(&TOWN),
            journal: Journal::default(),
        }
    }

    /// One line of the story, and what was answered.
    fn tell(&mut self, line: &str) -> Vec<String> {
        let (time, rest) = line.split_at(16);
        let at = NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M").unwrap();
        let now = TOWN
            .timezone
            .from_local_datetime(&at)
            .unwrap()
            .with_timezone(&Utc);
        let rest = rest.trim();
        if rest == desk::permission::DESK {
            return self.by_itself(now);
        }
        let (who, typed) = rest.split_once(' ').unwrap();
        match self.read(typed.trim(), now) {
            Err(fault) => vec![format!("✗ {}", fault.expected.code())],
            Ok(parsed) => vec![self.give(now, who, parsed)],
        }
    }

    fn read(&self, typed: &str, now: DateTime<Utc>) -> Result<Parsed, line::Fault> {
        let open: Vec<Case> = self.journal.cases.values().cloned().collect();
        let board = Board::new(open, &TOWN);
        let nobody = |_: CaseId| Vec::new();
        let why = |_: CaseId, _: &Handler| String::new();
        let context = Context {
            grammar: &self.grammar,
            names: &self.names,
            town: &TOWN,
            board: &board,
            cases: &self.journal,
            selected: None,
            now,
            lang: self.words.lang,
            proposals: &nobody,
            why: &why,
            strict: true,
        };
        parse(typed, &context)
    }

    fn give(&mut self, now: DateTime<Utc>, who: &str, parsed: Parsed) -> String {
        let based_on = parsed
            .case()
            .and_then(|id| self.journal.cases.get(&id))
            .map_or(0, |case| case.version);
        let order = line::to_order(parsed, based_on).unwrap();
        match self.journal.give(now, who, order) {
            Ok(id) => self.stands(id, now),
            Err(refusal) => self.refused(&refusal),
        }
    }

    fn refused(&self, refusal: &Refusal) -> String {
        format!("✗ {}", refusal_words(&self.words, &TOWN, refusal))
    }

    /// What the desk does by itself, again and again until nothing is due.
    fn by_itself(&mut self, now: DateTime<Utc>) -> Vec<String> {
        let mut told = Vec::new();
        loop {
            let open: Vec<Case> = self.journal.cases.values().cloned().collect();
            let commands = desk::automatic::commands(&Board::new(open, &TOWN), now, 1);
            let Some(command) = commands.into_iter().next() else {
                return told;
            };
            let drafts = self.journal.decide(now, &command.actor, command.order).unwrap();
            let id = self.journal.append(drafts);
            told.push(self.stands(id, now));
        }
    }

    /// How the case stands: number, stage, item, level, who has it, until when.
    fn stands(&self, id: CaseId, now: DateTime<Utc>) -> String {
        let (w, case) = (&self.words, self.journal.at(id));
        let item = TOWN.catalogue.by_code(&case.item).unwrap();
        let mut line = format!(
            "→ {id} {} · {} {} · {}",
            w.stage(case.stage),
            case.class.letter(),
            item.name.get(w.lang),
            w.level(case.level())
        );
        if let Some(handler) = &case.handler {
            write!(line, " · {}", TOWN.handler_name(handler, w.lang)).unwrap();
        }
        for helper in &case.life.helpers {
            write!(line, " + {}", TOWN.handler_name(helper, w.lang)).unwrap();
        }
        if !case.life.twins.is_empty() {
            write!(
                line,
                " · {} {:?}",
                w.t("fact-twins"),
                case.life.twins.iter().map(|t| t.0).collect::<Vec<_>>()
            )
            .unwrap();
        }
        if let Some(due) = case.due_at.filter(|_| case.stage.is_open()) {
            write!(
                line,
                " · {} {}",
                w.t("fact-due"),
                w.moment(due, now, TOWN.timezone)
            )
            .unwrap();
        }
        if let Some(at) = case.life.answered_at {
            write!(
                line,
                " · {} {}",
                w.done(yipanqi::case::Step::Answer),
                w.moment(at, now, TOWN.timezone)
            )
            .unwrap();
        }
        line
    }
}

/// The story's own lines, each with what is answered now.
fn told(text: &str, lang: Lang) -> String {
    let mut story = Story::new(lang);
    let mut out = String::new();
    for line in text.lines().filter(|line| !line.starts_with("    ")) {
        out.push_str(line);
        out.push('\n');
        if line.starts_with(|c: char| c.is_ascii_digit()) {
            for answer in story.tell(line) {
                writeln!(out, "    {answer}").unwrap();
            }
        }
    }
    for (id, entries) in &story.journal.entries {
        assert_eq!(Case::fold(entries).unwrap().as_ref(), Some(story.journal.at(*id)));
    }
    out
}

fn check(file: &Path) {
    let text = std::fs::read_to_string(file).unwrap();
    let lang = if file.to_string_lossy().ends_with(".en.txt") {
        Lang::En
    } else {
        Lang::Zh
    };
    let now = told(&text, lang);
    if std::env::var_os("YIPANQI_TELL").is_some() {
        std::fs::write(file, now).unwrap();
        return;
    }
    assert_eq!(now, text, "{}", file.display());
}

#[test]
fn stories_end_as_they_are_told() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    let mut stories: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    stories.sort();
    assert!(stories.len() >= 5, "{stories:?}");
    stories.iter().for_each(|file| check(file));
}
