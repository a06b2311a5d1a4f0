//! One key in the command line: what it means and what could come next, with 5,000 open cases and 2,000 teams and posts.
//! The budget is 10 ms a key.

#[path = "fixture/mod.rs"]
mod fixture;

use chrono::Utc;
use divan::Bencher;
use yipanqi::board::Board;
use yipanqi::case::{Case, CaseId, Duty, Entry};
use yipanqi::line::proposals::proposals;
use yipanqi::line::{Context, Grammar, Names, complete, parse};
use yipanqi::town::{Handler, Lang, Town};

const CASES: usize = 5_000;
const UNITS: usize = 2_000;

fn main() {
    divan::main();
}

/// The town with as many teams as make the number of units full.
fn town() -> Town {
    let mut town = fixture::town();
    let teams = town.teams.clone();
    for n in 0..UNITS.saturating_sub(town.posts.len() + teams.len()) {
        let mut team = teams[n % teams.len()].clone();
        team.code = format!("{}-{n}", team.code);
        team.name.zh = format!("{}{n}", team.name.zh);
        town.teams.push(team);
    }
    town
}

fn board(town: &Town) -> Board {
    let entry = |(n, draft): (usize, yipanqi::store::Draft)| Entry {
        seq: n as i64 + 1,
        case: CaseId(n as i64 + 1),
        version: 1,
        at: draft.at,
        actor: draft.actor,
        seat: draft.seat,
        action: draft.action,
    };
    let drafts = fixture::drafts(town, CASES).into_iter().enumerate();
    let cases = drafts.map(|pair| Case::open(&entry(pair)).unwrap()).collect();
    Board::new(cases, town)
}

#[divan::bench(args = ["", "p", "sl ", "sl 1", "pd 17 ", "pd 17 x", "pd 17 服务队", "pd 17 1 请尽快", "gl 17 l", "sb bllj @n"])]
fn key(bencher: Bencher<'_, '_>, line: &str) {
    let town = town();
    let board = board(&town);
    let names = Names::of(&town);
    let grammar = Grammar::new(Vec::new(), |_| String::new());
    let (duty, now) = (Duty::default(), Utc::now());
    let proposed = |id: CaseId| {
        let live = board.get(id);
        let all = live.map(|live| proposals(&town, &board, &duty, live, now));
        all.into_iter()
            .flatten()
            .map(|proposal| proposal.handler)
            .collect()
    };
    let why = |_: CaseId, handler: &Handler| board.load(handler).to_string();
    let context = Context {
        grammar: &grammar,
        names: &names,
        town: &town,
        board: &board,
        cases: &board,
        selected: Some(CaseId(5)),
        now,
        lang: Lang::Zh,
        proposals: &proposed,
        why: &why,
        strict: false,
    };
    bencher.bench_local(|| (parse(line, &context), complete(line, &context)));
}

/// What is prepared when the line is first opened.
#[divan::bench]
fn names(bencher: Bencher<'_, '_>) {
    let town = town();
    bencher.bench_local(|| Names::of(&town));
}

/// The verbs with those of the window, in both languages.
#[divan::bench]
fn grammar() -> Grammar {
    yipanqi::ui::keys::grammar().1
}
