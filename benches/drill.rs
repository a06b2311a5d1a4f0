//! Budget: a drill gives ≥ 20,000 commands a second through the desk and a journal in memory, and a year of a town is
//! played into a file in ≤ 60 s.
//!
//! `cargo bench --bench drill -- CASES` plays another number of cases than 100,000 in memory.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use yipanqi::drill::run::{Outcome, Settings, run};
use yipanqi::drill::scenario::Scenario;
use yipanqi::store::Store;
use yipanqi::store::memory::MemoryStore;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::Town;

fn main() {
    let cases = std::env::args()
        .skip(1)
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(100_000);
    let town = Town::load(&yipanqi::assets::find("assets/town/guanlan").unwrap()).unwrap();
    let path = Scenario::find("ordinary-year").unwrap();
    let scenario = Arc::new(Scenario::load(&path, &town).unwrap());
    println!(
        "in memory: {}",
        play(&town, &scenario, Some(cases), &mut MemoryStore::new())
    );
    let folder = std::env::temp_dir().join(format!("yipanqi-drill-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut file = SqliteStore::open(&folder.join("book.db")).unwrap();
    println!(
        "a year into a file (budget 60 s): {}",
        play(&town, &scenario, None, &mut file)
    );
    drop(file);
    std::fs::remove_dir_all(&folder).unwrap();
}

fn play(town: &Town, scenario: &Arc<Scenario>, cases: Option<u64>, store: &mut dyn Store) -> String {
    let settings = Settings {
        seed: 1,
        cases,
        skill: None,
        until: None,
    };
    let begun = Instant::now();
    let Outcome {
        cases,
        entries,
        commands,
        ..
    } = run(town, scenario, &settings, store, &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let rate = commands as f64 / seconds;
    format!("{cases} cases, {entries} entries in {seconds:.1} s: {rate:.0} commands a second (budget 20000)")
}
