//! Briefings: made by the program, and read back by readers that know nothing of it: `pdftotext` and calamine.

mod program;

use std::path::Path;
use std::process::Command;

use calamine::{Data, Reader, Xlsx};
use serde_json::Value;
use yipanqi::indicator::Definitions;
use yipanqi::report::briefing::{Sheet, Stamp, Template};
use yipanqi::town::Lang;

use program::{BOOK, Home};

impl Home {
    /// A home with a book of `cases` cases of March 2026, every third of them closed after five hours.
    fn with(cases: usize) -> Self {
        let home = Self::new();
        let mut table = String::from("id,type,what,when,lon,lat,closed\n");
        for i in 0..cases {
            let kind = if i % 4 == 0 { "stairs" } else { "litter" };
            let (day, hour) = (i % 28 + 1, i % 12 + 8);
            let closed = match i % 3 {
                0 => format!("2026-03-{day:02} {:02}:30:00", hour + 4),
                _ => String::new(),
            };
            let lon = 114.03 + 0.002 * (i % 25) as f64;
            table +=
                &format!("{i},{kind},case {i},2026-03-{day:02} {hour:02}:30:00,{lon:.4},22.7301,{closed}\n");
        }
        home.write("cases.csv", &table);
        let import = home.run(&["import", "cases.csv", "--profile", "counter.toml"]);
        assert_eq!(import.status, 0, "{}", import.err);
        home
    }

    fn briefing(&self, period: &str, more: &[&str]) -> Value {
        let mut args = vec!["briefing", "--period", period, "--out", "out", "--json"];
        args.extend(more);
        let answer = self.run(&args);
        assert_eq!(answer.status, 0, "{}", answer.err);
        serde_json::from_str(&answer.out).unwrap()
    }

    fn value(&self, indicator: &str, period: &str) -> Value {
        let answer = self.run(&["indicator", indicator, "--period", period, "--json"]);
        serde_json::from_str(&answer.out).unwrap()
    }
}

/// The text of each page, as an independent reader finds it.
fn pages(pdf: &Path) -> Vec<String> {
    let output = Command::new("pdftotext")
        .args(["-layout", "-enc", "UTF-8"])
        .arg(pdf)
        .arg("-")
        .output()
        .unwrap_or_else(|error| {
            panic!("pdftotext can't be run ({error}): install the package poppler-utils, or run ./check")
        });
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let pages: Vec<String> = text.split('\u{c}').map(str::to_owned).collect();
    pages[..pages.len() - 1].to_vec()
}

fn workbook(path: &Path) -> Vec<(String, Vec<Vec<Data>>)> {
    let mut book: Xlsx<_> = calamine::open_workbook(path).unwrap();
    let sheets = book.worksheets();
    let rows = |range: calamine::Range<Data>| range.rows().map(<[Data]>::to_vec).collect();
    sheets
        .into_iter()
        .map(|(name, range)| (name, rows(range)))
        .collect()
}

/// Nothing that is no number stands anywhere.
fn assert_no_nan(text: &str) {
    for word in ["NaN", "inf", "{value", "{n}", "briefing-", "indicator-"] {
        let found = text
            .lines()
            .find(|line| line.contains(word) && !line.contains("yipanqi"));
        assert_eq!(found, None, "{word}");
    }
}

#[test]
fn every_page_bears_its_foot_and_the_figures_are_the_engine_s() {
    let home = Home::with(300);
    for (lang, page_of, name) in [("zh", "页，共", "上报案件"), ("en", "Page", "Cases in")] {
        let made = home.briefing("2026-03", &["--lang", lang]);
        let hash = made["sha256"].as_str().unwrap();
        let pdf = home.path(&format!("out/briefing-2026-03.{lang}.pdf"));
        let pages = pages(&pdf);
        assert!(pages.len() >= 3, "{}", pages.len());
        let basis = if lang == "zh" {
            "根据台账 300 件案件，截至 2026-03-31"
        } else {
            "Based on the 300 cases of the book, until 2026-03-31"
        };
        for (i, page) in pages.iter().enumerate() {
            assert!(page.contains(hash), "page {} has no hash:\n{page}", i + 1);
            assert!(page.contains(basis) && page.contains(page_of), "{page}");
            assert!(page.contains(&(i + 1).to_string()) && page.contains(&pages.len().to_string()));
            assert_no_nan(page);
        }
        let sheets = workbook(&pdf.with_extension("xlsx"));
        let all: Vec<&Data> = sheets
            .iter()
            .flat_map(|(_, rows)| rows.iter().flatten())
            .collect();
        assert!(
            all.iter()
                .any(|cell| matches!(cell, Data::String(text) if text.contains(hash)))
        );
        assert!(!all.iter().any(|cell| matches!(cell, Data::Error(_))));
        // The cards: each figure is the one that the shell tells.
        let cards = &sheets
            .iter()
            .find(|(_, rows)| rows.len() > 12 && rows[1][0] == Data::String(name.into()))
            .unwrap()
            .1;
        let ids = [
            "cases-in",
            "cases-settled",
            "cases-open",
            "disposition-rate",
            "on-time-rate",
            "cases-overdue",
            "mean-time-to-rectify",
        ];
        for (row, id) in cards[1..].iter().zip(ids) {
            let figure = home.value(id, "2026-03");
            match figure["value"].as_f64() {
                Some(value) => assert_eq!(row[1], Data::Float(value), "{id}"),
                None => assert_eq!(row[1], Data::Empty, "{id}"),
            }
            assert_eq!(row[3], Data::Float(figure["n"].as_f64().unwrap()), "{id}");
        }
        // Each community and item stands with its figure, and the last row is all of them.
        let by = |column: &str| {
            let found = sheets.iter().find(|(_, rows)| {
                rows.len() > 1 && rows[0][0] == Data::String(column.into()) && rows[0].len() > 4
            });
            found.map(|(_, rows)| {
                rows.iter()
                    .take_while(|row| row[0] != Data::Empty)
                    .cloned()
                    .collect::<Vec<_>>()
            })
        };
        for column in if lang == "zh" {
            ["社区", "类别"]
        } else {
            ["Community", "Class"]
        } {
            let rows = by(column).unwrap();
            let number = |row: &Vec<Data>| match row[1] {
                Data::Float(value) => value,
                ref other => panic!("{other:?} is no number"),
            };
            let (last, parts) = rows[1..].split_last().unwrap();
            assert_eq!(number(last), 300.0, "{column}");
            assert_eq!(parts.iter().map(number).sum::<f64>(), 300.0, "{column}");
            assert!(
                parts.len() > 3 || column != "Community" && column != "社区",
                "{parts:?}"
            );
        }
        let text = pages.concat();
        assert!(text.contains("300"));
    }
}

#[test]
fn a_long_table_goes_on_with_its_heads_on_the_next_page() {
    let home = Home::with(400);
    let template = r#"
title = { zh = "超期清单", en = "Overdue" }
period = "month"
[[section]]
kind = "overdue"
title = { zh = "超期案件", en = "Overdue cases" }
rows = 200
"#;
    std::fs::write(home.path("long.toml"), template).unwrap();
    home.briefing(
        "2026-03",
        &["--template", "long.toml", "--format", "pdf", "--lang", "zh"],
    );
    assert!(!home.path("out/briefing-2026-03-long.zh.xlsx").exists());
    let pages = pages(&home.path("out/briefing-2026-03-long.zh.pdf"));
    let overdue = home.value("cases-overdue", "2026-03")["n"].as_u64().unwrap();
    assert!(overdue > 100, "{overdue}");
    assert!(pages.len() > 2);
    for page in &pages {
        assert!(page.contains("超期（天）") && page.contains("处置单位"), "{page}");
    }
    let rows = pages.iter().flat_map(|page| page.lines());
    // A row begins with its case's number; the title's days do not have both ends in one row.
    let rows = rows.filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    let rows = rows.filter(|line| line.contains("2026-03-") && !line.contains('至'));
    assert_eq!(rows.count() as u64, overdue.min(200));
}

#[test]
fn a_period_without_cases_says_so() {
    let home = Home::with(30);
    for (period, template) in [("2025-02-03", "日报"), ("2025-W06", "周报"), ("2025-02", "月报")] {
        let made = home.briefing(period, &["--lang", "zh"]);
        assert_eq!(made["empty"], true);
        let pages = pages(&home.path(&format!("out/briefing-{period}.zh.pdf")));
        let text = pages.concat();
        assert!(
            text.contains(template) && text.contains("这段时间没有案件"),
            "{text}"
        );
        assert_no_nan(&text);
        for (_, rows) in workbook(&home.path(&format!("out/briefing-{period}.zh.xlsx"))) {
            for cell in rows.iter().flatten() {
                assert!(!matches!(cell, Data::Float(value) if !value.is_finite()));
            }
        }
    }
    assert_eq!(home.briefing("2026-03", &["--lang", "zh"])["empty"], false);
}

#[test]
fn a_briefing_is_checked_against_the_journal() {
    let home = Home::with(60);
    home.briefing("2026-03", &["--lang", "en"]);
    // The book goes on; the briefing still follows from it.
    let order = home.run(&["do", "--as", "D-GRID", "report GL-A01 @GL03 litter by the gate"]);
    let order = match order.status {
        0 => order,
        _ => home.run(&["do", "--as", "D-GOV", "report GL-A01 @GL03 litter by the gate"]),
    };
    assert_eq!(order.status, 0, "{}{}", order.out, order.err);
    for ending in ["pdf", "xlsx"] {
        let file = format!("out/briefing-2026-03.en.{ending}");
        let checked = home.run(&["briefing", "--check", &file, "--json"]);
        assert_eq!(checked.status, 0, "{}{}", checked.out, checked.err);
        let checked: Value = serde_json::from_str(&checked.out).unwrap();
        assert_eq!(
            (&checked["same"], &checked["period"]),
            (&true.into(), &"2026-03".into())
        );
    }
    let stamp = Stamp::read(&home.path("out/briefing-2026-03.en.pdf")).unwrap();
    assert_eq!((stamp.cases, stamp.facts), (60, 60));
    // Another hash in the file is found.
    let file = home.path("out/briefing-2026-03.en.pdf");
    let bytes = std::fs::read(&file).unwrap();
    let at = bytes.windows(7).position(|window| window == b"sha256=").unwrap() + 7;
    let mut forged = bytes.clone();
    forged[at] = if forged[at] == b'0' { b'1' } else { b'0' };
    std::fs::write(&file, forged).unwrap();
    let checked = home.run(&["briefing", "--check", "out/briefing-2026-03.en.pdf"]);
    assert_eq!(checked.status, 1, "{}", checked.out);
    let other = home.run(&["briefing", "--check", "cases.csv"]);
    assert_eq!(other.status, 1);
    assert!(other.err.contains("yipanqi-briefing/1"), "{}", other.err);
}

#[test]
fn existing_files_stay_and_mistakes_are_told() {
    let home = Home::with(3);
    home.briefing("2026-03", &["--lang", "en", "--format", "xlsx"]);
    let again = home.run(&["briefing", "--period", "2026-03", "--out", "out", "--lang", "en"]);
    assert_eq!(again.status, 1);
    assert!(
        again.err.contains("briefing-2026-03.en.xlsx") && again.err.contains("--force"),
        "{}",
        again.err
    );
    assert!(!home.path("out/briefing-2026-03.en.pdf").exists());
    home.briefing("2026-03", &["--lang", "en", "--force"]);
    assert!(home.path("out/briefing-2026-03.en.pdf").exists());
    for (args, part) in [
        (vec!["--period", "2026-13"], "2026-13"),
        (vec!["--period", "2026-03", "--area", "Nowhere"], "Nowhere"),
        (
            vec!["--period", "2026-03", "--template", "yearly"],
            "daily, monthly, weekly",
        ),
    ] {
        let mut line = vec!["briefing", "--out", "out2", "--lang", "en"];
        line.extend(args);
        let answer = home.run(&line);
        assert_eq!(answer.status, 2, "{line:?}: {}", answer.err);
        assert!(answer.err.contains(part), "{}", answer.err);
    }
    assert!(!home.path("out2").exists());
    // One community: its cases alone, in a file of its own.
    let made = home.briefing(
        "2026-03",
        &["--area", "新澜社区", "--format", "pdf", "--lang", "zh"],
    );
    assert!(
        made["files"][0].as_str().unwrap().contains("briefing-2026-03-GL"),
        "{made}"
    );
}

fn faults(text: &str) -> Vec<(usize, String, String)> {
    let definitions = Definitions::load().unwrap();
    let read = Template::parse(Path::new("mine.toml"), text, &definitions);
    let faults = read.err().map(|error| error.0).unwrap_or_default();
    faults
        .into_iter()
        .map(|fault| (fault.line, fault.field, fault.what))
        .collect()
}

#[test]
fn mistakes_in_a_template_are_told_with_line_and_field() {
    let text = r#"title = { zh = "周报", en = "" }
period = "year"
against = "yesterday"

[[section]]
kind = "cards"
title = { zh = "数", en = "Figures" }
indicators = ["cases-in", "cases-lost"]

[[section]]
kind = "table"
title = { zh = "表", en = "Table" }
by = "planet"
indicators = ["cases-in"]
rows = 0

[[section]]
kind = "poem"
title = { zh = "诗", en = "Poem" }

[[section]]
kind = "text"
text = { zh = "{vlaue:cases-in}", en = "{value:nothing} {" }

[[section]]
kind = "map"
indicator = "cases-in"
rows = 3
"#;
    let found = faults(text);
    let expected = [
        (1, "title"),
        (2, "period"),
        (3, "against"),
        (8, "section 1.indicators"),
        (13, "section 2.by"),
        (19, "section 3.kind"),
        (23, "section 4.text"),
        (25, "section 5.title"),
        (28, "section 5.rows"),
    ];
    for (line, field) in expected {
        let line = if field == "section 3.kind" { 18 } else { line };
        assert!(
            found
                .iter()
                .any(|(l, f, _)| *f == field
                    && (*l == line || field.ends_with("title") && l.abs_diff(line) <= 1)),
            "{line} {field}: {found:#?}"
        );
    }
    assert_eq!(
        found
            .iter()
            .filter(|(_, field, _)| field == "section 4.text")
            .count(),
        3
    );
    let found = faults("title = 3\nperiod = \"day\"\n");
    assert_eq!(found[0].0, 1, "{found:?}");
    let found = faults("title = { zh = \"一\", en = \"a\" }\nperiod = \"day\"\ncolour = \"red\"\n");
    assert!(found[0].0 == 3 && found[0].2.contains("colour"), "{found:?}");
}

#[test]
fn what_a_section_can_t_show_is_a_mistake() {
    let head = "title = { zh = \"表\", en = \"Tables\" }\nperiod = \"day\"\n[[section]]\n";
    let title = "title = { zh = \"表\", en = \"Table\" }\n";
    let with = |rest: &str| faults(&format!("{head}{title}{rest}\n"));
    let table = |n: usize| {
        let columns = vec!["\"cases-in\""; n].join(", ");
        with(&format!(
            "kind = \"table\"\nby = \"class\"\nindicators = [{columns}]"
        ))
    };
    assert_eq!(table(12), []);
    let found = table(13);
    assert_eq!(
        (found[0].0, found[0].1.as_str()),
        (7, "section 1.indicators"),
        "{found:?}"
    );
    assert!(found[0].2.contains("at most 12"), "{found:?}");
    // Alarms belong to seats: nothing can be told of them by class, by place or by time.
    let found = with("kind = \"table\"\nby = \"class\"\nindicators = [\"cases-in\",\n\"alarms-per-seat\"]");
    assert_eq!(
        (found[0].0, found[0].1.as_str()),
        (8, "section 1.indicators"),
        "{found:?}"
    );
    for rest in [
        "kind = \"pareto\"\nindicator = \"alarms-per-seat\"\nby = \"class\"",
        "kind = \"ranking\"\nindicator = \"alarms-per-seat\"\nby = \"class\"",
        "kind = \"map\"\nindicator = \"alarms-per-seat\"",
        "kind = \"histogram\"\nindicator = \"alarms-per-seat\"",
    ] {
        let found = with(rest);
        let told = found.iter().any(|(line, field, what)| {
            *line == 6 && field == "section 1.indicator" && what.contains("cases")
        });
        assert!(told, "{rest}: {found:?}");
    }
    assert_eq!(with("kind = \"trend\"\nindicator = \"alarms-per-seat\""), []);
}

#[test]
fn a_list_of_overdue_cases_needs_their_definition() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/indicators");
    let text = std::fs::read_to_string(folder.join("indicators.toml")).unwrap();
    let without = text.replace("id = \"cases-overdue\"", "id = \"late-cases\"");
    assert_ne!(without, text);
    let definitions = Definitions::parse(&[("x.toml".into(), without)]).unwrap();
    let template = "title = { zh = \"日报\", en = \"Daily\" }\nperiod = \"day\"\n\n[[section]]\nkind = \"overdue\"\n\
                    title = { zh = \"超期\", en = \"Overdue\" }\n";
    assert!(Template::parse(Path::new("t.toml"), template, &Definitions::load().unwrap()).is_ok());
    let error = Template::parse(Path::new("t.toml"), template, &definitions).unwrap_err();
    let fault = &error.0[0];
    assert_eq!(
        (fault.line, fault.field.as_str()),
        (5, "section 1.kind"),
        "{error}"
    );
    assert!(fault.what.contains("cases-overdue"), "{error}");
}

#[test]
fn a_paragraph_uses_the_indicators_of_both_languages() {
    let text = "title = { zh = \"日报\", en = \"Daily\" }\nperiod = \"day\"\n[[section]]\nkind = \"text\"\n\
                text = { zh = \"{value:cases-in}\", en = \"{value:cases-in} {change:cases-open}\" }\n";
    let template = Template::parse(Path::new("t.toml"), text, &Definitions::load().unwrap()).unwrap();
    assert_eq!(
        template.sections[0].content.indicators(),
        ["cases-in", "cases-open"]
    );
}

#[test]
fn the_templates_that_come_with_the_program_are_right() {
    let definitions = Definitions::load().unwrap();
    assert_eq!(Template::names(), ["daily", "monthly", "weekly"]);
    for name in Template::names() {
        let template = Template::load(&name, &definitions).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(Template::name_for(template.period), name);
    }
}

#[test]
fn a_mark_stands_on_every_page_and_sheet() {
    let home = Home::with(120);
    home.briefing("2026-03", &["--lang", "zh", "--format", "xlsx"]);
    let definitions = Definitions::load().unwrap();
    let town = yipanqi::town::Town::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan"))
        .unwrap();
    let store = yipanqi::store::sqlite::SqliteStore::open_read_only(&home.path(BOOK)).unwrap();
    let now = "2026-04-02T00:00:00Z".parse().unwrap();
    let what = yipanqi::report::briefing::Issue {
        template: Template::load("monthly", &definitions).unwrap(),
        period: yipanqi::indicator::Period::parse("2026-03", "2026-04-02".parse().unwrap()).unwrap(),
        filter: yipanqi::indicator::Filter::default(),
        out: home.path("marked"),
        formats: yipanqi::report::briefing::Format::ALL.into(),
        force: false,
        mark: Some("演练，非真实案件".into()),
    };
    let words = yipanqi::ui::Words::new(Lang::Zh);
    let written = yipanqi::report::briefing::issue(&store, &definitions, &town, &words, now, &what).unwrap();
    let sheet: &Sheet = &written.sheet;
    assert_eq!(sheet.stamp.cases, 120);
    for page in pages(&written.files[0]) {
        assert!(page.contains("演练，非真实案件"), "{page}");
    }
    for (name, rows) in workbook(&written.files[1]) {
        assert_eq!(rows[0][0], Data::String("演练，非真实案件".into()), "{name}");
    }
}
