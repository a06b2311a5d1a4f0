//! Budget: the desk decides on one command in ≤ 20 µs median with 100,000 open cases.
//!
//! Also: the board takes in the entry that follows (the figure that a frame pays for).

mod fixture;

use std::time::{Duration, Instant};

use chrono::Utc;
use yipanqi::board::Board;
use yipanqi::case::{Case, CaseId, Duty, Entry, Step};
use yipanqi::desk::{self, Args, Command, Order, Situation};
use yipanqi::store::Draft;
use yipanqi::town::Handler;

const CASES: usize = 100_000;
const COMMANDS: usize = 20_000;

fn main() {
    let town = fixture::town();
    let cases: Vec<Case> = (1..)
        .zip(fixture::drafts(&town, CASES))
        .map(|(id, draft)| Case::open(&entry(id, id, 1, draft)).unwrap())
        .collect();
    let mut board = Board::new(cases, &town);
    let duty = Duty::default();
    let (mut decided, mut applied) = (Vec::new(), Vec::new());
    for i in 0..COMMANDS {
        let id = CaseId((i * 7919 % CASES) as i64 + 1);
        let case = &board.get(id).unwrap().case;
        let step = [Step::Accept, Step::Dispatch, Step::AskExtend]
            .into_iter()
            .find(|step| case.allows(*step))
            .unwrap_or(Step::Escalate);
        let command = Command {
            actor: "D-GRID".into(),
            seat: "1".into(),
            order: Order::Move {
                case: id,
                based_on: case.version,
                step,
                args: Args {
                    to: Some(Handler::Team(
                        town.teams[i % town.teams.len()].code.as_str().into(),
                    )),
                    hours: Some(4.0),
                    ..Args::note("按程序办理")
                },
            },
        };
        let version = case.version;
        let situation = Situation {
            town: &town,
            cases: &board,
            duty: &duty,
            now: Utc::now(),
        };
        let start = Instant::now();
        let drafts = desk::decide(&situation, command);
        decided.push(start.elapsed());
        for draft in drafts.into_iter().flatten() {
            let entry = entry(1, id.0, version + 1, draft);
            let start = Instant::now();
            board.apply(&entry, &town).unwrap();
            applied.push(start.elapsed());
        }
    }
    println!(
        "{CASES} open cases, {COMMANDS} commands: decided in {:.1} µs median, {:.1} p99 (budget 20); applied in {:.1} µs median, {:.1} p99",
        at(&mut decided, 0.5),
        at(&mut decided, 0.99),
        at(&mut applied, 0.5),
        at(&mut applied, 0.99),
    );
}

fn entry(seq: i64, case: i64, version: u32, draft: Draft) -> Entry {
    Entry {
        seq,
        case: CaseId(case),
        version,
        at: draft.at,
        actor: draft.actor,
        seat: draft.seat,
        action: draft.action,
    }
}

/// A quantile, in microseconds.
fn at(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let i = ((times.len() - 1) as f64 * share) as usize;
    times[i].as_secs_f64() * 1e6
}
