//! Budget: proposals for one case over 2,000 units ≤ 1 ms, with 10,000 open cases in hand.

mod cpu;
mod fixture;
mod open;

use std::hint::black_box;

use chrono::Utc;
use yipanqi::board::Board;
use yipanqi::case::{Case, CaseId, Duty};
use yipanqi::desk::suggest::suggest;
use yipanqi::town::{Handler, Town};

const UNITS: usize = 2_000;
const CASES: usize = 10_000;
const ROUNDS: usize = 400;

/// Guanlan with as many teams and posts that can be sent as the budget says.
fn town() -> Town {
    let mut town = fixture::town();
    let few = town.teams.clone();
    let posts = suggest_count(&town) - few.len();
    town.teams = (0..UNITS - posts)
        .map(|i| {
            let mut team = few[i % few.len()].clone();
            team.code = format!("{}-{i}", team.code);
            team.station.lon += (i % 97) as f64 * 1e-4;
            team
        })
        .collect();
    town
}

/// How many proposals there are for a case of a town.
fn suggest_count(town: &Town) -> usize {
    let board = Board::new(open::cases(fixture::drafts(town, 1)), town);
    let live = board.iter().next().unwrap();
    suggest(town, &board, &Duty::default(), live, Utc::now()).len()
}

fn main() {
    let town = town();
    let mut cases: Vec<Case> = open::cases(fixture::drafts(&town, CASES));
    for (i, case) in cases.iter_mut().enumerate().skip(1) {
        case.stage = yipanqi::case::Stage::Dispatched;
        let team = &town.teams[i % town.teams.len()];
        case.handler = Some(Handler::Team(team.code.as_str().into()));
    }
    let board = Board::new(cases, &town);
    let (live, duty, now) = (board.get(CaseId(1)).unwrap(), Duty::default(), Utc::now());
    let seconds = cpu::seconds(|| {
        for _ in 0..ROUNDS {
            black_box(suggest(&town, &board, &duty, black_box(live), now));
        }
    });
    let units = suggest(&town, &board, &duty, live, now).len();
    println!("proposals over {units} units, {CASES} open cases:");
    let micros = seconds * 1e6 / ROUNDS as f64;
    println!("  {micros:.0} µs of the processor each (budget 1,000 µs)");
}
