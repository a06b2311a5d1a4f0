//! Budget: importing 1,000,000 rows, ready to search and map, ≤ 2 × `sqlite3 .import` of the same file into a bare table,
//! memory flat.
//!
//! `YIPANQI_BENCH_ROWS` sets another number of rows. Without the `sqlite3` program nothing is compared.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use chrono::Utc;
use yipanqi::intake::profile::Profile;
use yipanqi::intake::run;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::Town;

fn main() {
    let rows: usize = std::env::var("YIPANQI_BENCH_ROWS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000);
    let dir = tempfile::tempdir().unwrap();
    for n in [rows / 10, rows] {
        let file = dir.path().join(format!("{n}.csv"));
        generate(&file, n);
        let bare = bare_import(&dir.path().join(format!("{n}-bare.db")), &file);
        let ours = import(&dir.path().join(format!("{n}.db")), &file, n);
        let size = std::fs::metadata(&file).unwrap().len() as f64 / 1e6;
        print!(
            "{n} rows ({size:.0} MB): {ours:.2} s, peak memory so far {} MB",
            peak_megabytes()
        );
        match bare {
            Some(bare) => println!(
                ", sqlite3 .import {bare:.2} s, ratio {:.2} (budget 2)",
                ours / bare
            ),
            None => println!(", no sqlite3 program to compare with"),
        }
    }
}

/// Rows of the shape of a district's appeals.
fn generate(path: &Path, n: usize) {
    let town = town();
    let items: Vec<_> = town.catalogue.iter().map(|(_, item)| item).collect();
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(out, "编号,类型,内容,上报时间,办结时间,经度,纬度,来源,街道,地址").unwrap();
    for i in 0..n {
        let item = items[i % items.len()];
        let (day, hour) = (1 + i % 28, i % 24);
        let closed = if i % 100 == 0 {
            String::new()
        } else {
            format!("2025-03-{day:02} {hour:02}:59:00")
        };
        let (lon, lat) = (114.02 + (i % 997) as f64 * 8e-5, 22.71 + (i % 991) as f64 * 5e-5);
        writeln!(
            out,
            "A{i:08},{},居民反映{}问题请尽快处理第{i}件,2025-03-{day:02} {hour:02}:15:00,{closed},{lon:.6},{lat:.6},热线,观澜街道,观澜大道{}号",
            item.name.zh.replace(',', "、"), item.domain, i % 900,
        )
        .unwrap();
    }
    out.flush().unwrap();
}

fn bare_import(db: &Path, file: &Path) -> Option<f64> {
    let start = Instant::now();
    let mut child = Command::new("sqlite3")
        .arg(db)
        .stdin(Stdio::piped())
        .spawn()
        .ok()?;
    writeln!(child.stdin.take()?, ".import --csv {} t", file.display()).ok()?;
    child
        .wait()
        .ok()?
        .success()
        .then(|| start.elapsed().as_secs_f64())
}

fn import(db: &Path, file: &Path, n: usize) -> f64 {
    let town = town();
    let table = yipanqi::intake::table::Table::open(file).unwrap();
    let mut profile = Profile::guess(table.header());
    profile.name = "bench".into();
    for (_, item) in town.catalogue.iter() {
        profile
            .items
            .insert(item.name.zh.replace(',', "、"), item.code.clone());
    }
    let start = Instant::now();
    let mut store = SqliteStore::open(db).unwrap();
    let mut progress = |_| ControlFlow::Continue(());
    let summary = run::run(
        file,
        &profile,
        &town,
        &mut store,
        Utc::now(),
        "D-GRID",
        "1",
        &mut progress,
        None,
    )
    .unwrap();
    drop(store);
    let took = start.elapsed().as_secs_f64();
    assert_eq!(summary.imported, n as u64, "{summary:?}");
    took
}

/// The most memory that this process has had, from Linux's own count.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kb| kb.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

/// The town that comes with the program.
fn town() -> Town {
    Town::load(&yipanqi::assets::find("assets/town/guanlan").unwrap()).unwrap()
}
