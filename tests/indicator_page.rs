//! The page of indicators through the accessibility tree: what it counts, what a click does, what its files hold.

mod seat;

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use calamine::{Data, Reader};
use chrono::{DateTime, TimeDelta, Utc};
use eframe::egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use tempfile::TempDir;
use yipanqi::case::{Action, CaseId, Origin, Outcome, Report, Source, Whereabouts};
use yipanqi::indicator::Dimension;
use yipanqi::report::{Plot, svg};
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::store::{Draft, Store};
use yipanqi::town::{Lang, Standing, Town};
use yipanqi::ui::app::Hall;
use yipanqi::ui::indicator::export::FileKind;

use seat::{open, press, settle, town};

/// A case of the past: an item somewhere, reported so many days ago, closed so many hours later.
fn past(town: &Town, n: usize, item: &str, place: &str, days: i64, hours: i64) -> Draft {
    let (_, kind) = town
        .catalogue
        .iter()
        .find(|(_, other)| other.code == item)
        .unwrap();
    let reported_at: DateTime<Utc> = Utc::now() - TimeDelta::days(days);
    let report = Report {
        item: item.into(),
        class: kind.class,
        centre: kind.centre,
        severity: kind.severity,
        text: String::new(),
        place: Whereabouts::Area {
            code: place.into(),
            stated: "".into(),
        },
        source: Source::Hotline,
        reported_at,
        due_at: None,
        photos: Vec::new(),
        origin: Some(Origin {
            profile: "test".into(),
            key: n.to_string().into(),
        }),
        outcome: Some(Outcome {
            at: Some(reported_at + TimeDelta::hours(hours)),
            in_time: Some(true),
        }),
        limits: None,
        item_version: 0,
        split_from: None,
    };
    Draft {
        case: None,
        based_on: 0,
        at: Utc::now(),
        actor: town.posts[0].code.as_str().into(),
        seat: "1".into(),
        action: Action::Report(Box::new(report)),
    }
}

/// 30 cases of one item in one community, 12 of another in another, in the last four weeks.
fn fill(book: &Path, town: &Town) {
    let mut store = SqliteStore::open(book).unwrap();
    store.set_standing(&Arc::new(Standing::of(town))).unwrap();
    let one = (0..30).map(|n| past(town, n, "GL-A01", "GL01", 1 + n as i64 % 20, 5));
    let other = (30..42).map(|n| past(town, n, "GL-B05", "GL02", 1 + n as i64 % 20, 80));
    store.append(one.chain(other).collect(), &[]).unwrap();
}

fn opened(dir: &TempDir, town: &Arc<Town>) -> Harness<'static, Hall> {
    fill(&dir.path().join("book.db"), town);
    let mut hall = open(dir, town, Lang::Zh);
    press(&mut hall, Key::F5);
    hall
}

/// All labels that hold these words.
fn labels(hall: &Harness<'_, Hall>, words: &str) -> Vec<String> {
    let nodes = hall.query_all_by_label_contains(words);
    // What a label says is its value.
    let said = nodes.map(|node| {
        node.accesskit_node()
            .label()
            .or_else(|| node.accesskit_node().value())
    });
    said.flatten().collect()
}

/// What the card of an indicator says.
fn card(hall: &Harness<'_, Hall>, name: &str) -> String {
    let found = labels(hall, name);
    let begins = |label: &&String| label.starts_with(&format!("{name}, "));
    found
        .iter()
        .find(begins)
        .cloned()
        .unwrap_or_else(|| panic!("{name}: {found:?}"))
}

fn click_first(hall: &mut Harness<'_, Hall>, words: &str) {
    let node = hall.query_all_by_label_contains(words).next();
    node.unwrap_or_else(|| panic!("'{words}' is not there"))
        .click_accesskit();
    settle(hall);
}

fn item_name(town: &Town, code: &str) -> String {
    let (_, item) = town.catalogue.iter().find(|(_, item)| item.code == code).unwrap();
    item.name.zh.clone()
}

#[test]
fn the_page_takes_the_place_of_the_hall_and_gives_it_back() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    let mut hall = opened(&dir, &town);
    assert!(hall.state().indicators().is_open());
    assert!(card(&hall, "上报案件").contains("42 件"));
    assert!(!labels(&hall, "截至").is_empty(), "it says as of when");
    assert_eq!(hall.state().indicators().figures().count(), 8);
    press(&mut hall, Key::Escape);
    assert!(!hall.state().indicators().is_open());
    assert!(labels(&hall, "上报案件, ").is_empty());
    // The strip's button does the same.
    hall.get_by_label("指标").click();
    settle(&mut hall);
    assert!(hall.state().indicators().is_open());
}

#[test]
fn a_click_in_a_plot_limits_everything_and_one_key_ends_it() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    let mut hall = opened(&dir, &town);
    let item = item_name(&town, "GL-A01");
    click_first(&mut hall, &format!("{item}  30 件"));
    let (filter, _) = hall.state().indicators().filter();
    assert_eq!(filter.keys.len(), 1);
    assert_eq!(
        (filter.keys[0].dimension, filter.keys[0].code.as_str()),
        (Dimension::Item, "GL-A01")
    );
    assert!(card(&hall, "上报案件").contains("30 件"));
    assert!(
        card(&hall, "整治时间中位数").contains("5.0"),
        "{}",
        card(&hall, "整治时间中位数")
    );
    // The plot of items itself still shows the others.
    assert!(!labels(&hall, &format!("{}  12 件", item_name(&town, "GL-B05"))).is_empty());
    // A chip takes it away again; so does the key.
    assert!(!labels(&hall, &format!("去掉“事项 {item}”")).is_empty());
    press(&mut hall, Key::Backspace);
    assert!(hall.state().indicators().filter().0.keys.is_empty());
    assert!(card(&hall, "上报案件").contains("42 件"));
    // What no filter of the shell knows limits it, too: how long cases took.
    click_first(&mut hall, "<8 时  30 件");
    assert_eq!(hall.state().indicators().filter().1.len(), 1);
    assert!(card(&hall, "上报案件").contains("30 件"));
}

#[test]
fn the_pointer_s_click_goes_to_what_lies_under_it() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    let mut hall = opened(&dir, &town);
    let today = Utc::now().with_timezone(&town.timezone).date_naive();
    let day = today - chrono::Days::new(5);
    let words = format!("{day}  ");
    let node = hall.query_all_by_label_contains(&words).next();
    node.unwrap().click();
    settle(&mut hall);
    let period = hall.state().indicators().period(today);
    assert_eq!((period.first, period.last), (day, day));
    // Where it rests, it says what lies there and what a click does.
    let node = hall.query_all_by_label_contains(&words).next();
    node.unwrap().hover();
    hall.run_steps(40);
    assert!(!labels(&hall, "点击：看这一段").is_empty());
}

#[test]
fn the_list_has_as_many_cases_as_the_figure_counts_and_opens_them() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    let mut hall = opened(&dir, &town);
    // By keyboard alone: the card has the focus, Enter opens it.
    let name = card(&hall, "上报案件");
    hall.get_by_label(&name).focus();
    hall.run_steps(2);
    press(&mut hall, Key::Enter);
    assert!(!labels(&hall, "清单 42 件").is_empty());
    click_first(&mut hall, &format!("{}, ", item_name(&town, "GL-A01")));
    assert!(
        !hall.state().indicators().is_open(),
        "the case is shown in the hall"
    );
    assert_eq!(hall.state().selection().case, Some(CaseId(1)));
}

#[test]
fn a_period_without_cases_says_so_and_the_keys_go_there_and_back() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    let mut hall = opened(&dir, &town);
    let today = Utc::now().with_timezone(&town.timezone).date_naive();
    let now = hall.state().indicators().period(today);
    press(&mut hall, Key::OpenBracket);
    assert_eq!(hall.state().indicators().period(today), now.previous().unwrap());
    let words = card(&hall, "隐患处置率");
    assert!(
        words.contains("无数据") && words.contains("首件案件之前"),
        "{words}"
    );
    assert!(
        hall.state()
            .indicators()
            .figures()
            .all(|figure| figure.is_empty() || is_calendar(&figure.plot))
    );
    press(&mut hall, Key::CloseBracket);
    assert_eq!(hall.state().indicators().period(today), now);
    assert!(card(&hall, "上报案件").contains("42 件"));
}

/// The calendar is of the whole year, whatever the period.
fn is_calendar(plot: &Plot) -> bool {
    matches!(plot, Plot::Calendar(_)) || matches!(plot, Plot::Trend(_))
}

#[test]
fn every_plot_is_written_and_read_back() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    let hall = opened(&dir, &town);
    for i in 0..8 {
        let figure = hall.state().indicators().figures().nth(i).unwrap().clone();
        let table = figure.table();
        let read = |kind: FileKind| {
            let path = dir.path().join(format!("plot.{}", kind.ending()));
            hall.state().write_plot(i, kind, &path).unwrap();
            std::fs::read(path).unwrap()
        };
        let drawn = String::from_utf8(read(FileKind::Svg)).unwrap();
        assert!(svg::tree(&drawn).unwrap().size().width() > 900.0);
        assert!(drawn.contains("42 件案件"), "it says on how many cases it rests");
        let picture = image::load_from_memory(&read(FileKind::Png)).unwrap();
        assert_eq!((picture.width(), picture.height()), (1920, 1080));
        let text = String::from_utf8(read(FileKind::Csv)).unwrap();
        let mut rows = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let heads = rows.headers().unwrap().clone();
        assert_eq!(heads.len(), table.columns.len() + 1);
        assert_eq!(heads.iter().next_back(), Some(figure.title.as_str()));
        let of_what: Vec<String> = rows
            .records()
            .map(|row| row.unwrap().iter().next_back().unwrap().to_owned())
            .collect();
        assert_eq!(of_what.len(), table.rows.len());
        assert!(of_what.iter().all(|what| *what == figure.subtitle), "{of_what:?}");
        let mut book: calamine::Xlsx<_> =
            calamine::open_workbook_from_rs(Cursor::new(read(FileKind::Xlsx))).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        let heading = sheet.get_value((0, 0)).cloned();
        assert_eq!(heading, Some(Data::String(table.columns[0].clone())));
    }
    let pareto = hall.state().indicators().figures().nth(2).unwrap().table();
    assert_eq!(pareto.rows.len(), 2);
}

#[test]
fn a_book_without_cases_says_what_to_do() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    let mut hall = open(&dir, &town, Lang::Zh);
    press(&mut hall, Key::F5);
    assert!(!labels(&hall, "还没有案件").is_empty());
}
