//! Clocks that explain themselves, and the working calendar: in words, by keyboard, and written into its file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tempfile::TempDir;
use yipanqi::board::Board;
use yipanqi::case::clock::Term;
use yipanqi::case::{Case, CaseId, Duty, Extension, Pause, Source, SpanKind, Whereabouts};
use yipanqi::desk::{self, Command, NewReport, Order, Situation};
use yipanqi::store::Store;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::calendar::DayKind;
use yipanqi::town::{Calendar, Lang, Role, Town};
use yipanqi::ui::app::{Hall, HallParts, Paths};
use yipanqi::ui::hall::clock_view;
use yipanqi::ui::settings::Settings;
use yipanqi::ui::{Palette, Scene, Selection, Words};

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00+08:00"))
        .unwrap()
        .to_utc()
}

fn town() -> Town {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Town::load(&dir).unwrap()
}

/// National day of 2026: off from 1 to 7 October, worked on Saturday the 10th. 2027 is not known.
fn calendar() -> Calendar {
    let day = |d| NaiveDate::from_ymd_opt(2026, 10, d).unwrap();
    let time = |h| NaiveTime::from_hms_opt(h, 0, 0).unwrap();
    let mut days: BTreeMap<_, _> = (1..=7)
        .map(|d| (day(d), (DayKind::Holiday, "国庆节".to_owned())))
        .collect();
    days.insert(day(10), (DayKind::Workday, "国庆节调休".to_owned()));
    Calendar {
        days,
        years: Some(2026..=2026),
        hours: vec![(time(9), time(12)), (time(14), time(18))],
        ..Calendar::default()
    }
}

fn term<'a>(from: &str, hours: f64, calendar: &'a Calendar) -> Term<'a> {
    Term {
        from: at(from),
        hours,
        working: true,
        pauses: &[],
        extensions: &[],
        calendar,
        tz: chrono_tz::Asia::Shanghai,
    }
}

/// The explanation's lines as the hall shows them at `now`.
fn lines(lang: Lang, term: &Term<'_>, promised: Option<DateTime<Utc>>, now: &str) -> Vec<String> {
    let town = town();
    let board = Board::new(Vec::new(), &town);
    let scene = Scene {
        town: &town,
        board: &board,
        duty: &Duty::default(),
        words: &Words::new(lang),
        colors: Palette::of(true),
        now: at(now),
        selection: &Selection::default(),
        past: false,
    };
    let told = term.explain(promised, at(now), None);
    let lines = clock_view::lines(scene, &told);
    lines.into_iter().map(|line| line.text).collect()
}

#[test]
fn holidays_and_swapped_days_are_named() {
    let calendar = calendar();
    let term = term("2026-09-30T16:00", 14.0, &calendar);
    assert_eq!(
        lines(Lang::Zh, &term, None, "2026-10-08T10:00"),
        [
            "时限 14 时（工作时间）",
            "八成 10-09 11:12 · 到期 10-09 16:00",
            "计入 3 时（21 %）：09-30 16:00–18:00、10-08 09:00–10:00",
            "不计：国庆节 10-01–10-07、工作时间以外 15 时",
        ]
    );
    let later = lines(Lang::En, &term, None, "2026-10-10T10:00");
    assert_eq!(
        later[2],
        "Counted 17 h (3 h over): 09-30 16:00–18:00, 10-08 09:00–18:00 7 h, 10-09 09:00–18:00 7 h, \
         10-10 09:00–10:00 (国庆节调休)"
    );
    let later = lines(Lang::En, &term, None, "2026-10-13T10:00");
    assert_eq!(
        later[2],
        "Counted 31 h (17 h over): 6 days, 09-30 16:00 to 10-13 10:00"
    );
    assert_eq!(later[3], "Swapped working days among them: 10-10 国庆节调休");
    assert_eq!(
        later[4],
        "Not counted: weekend 10-11, 国庆节 10-01–10-07, 75 h outside working hours"
    );
}

#[test]
fn pauses_and_extensions_say_who_approved() {
    let calendar = calendar();
    let pause = |from, until, ended| Pause {
        from: at(from),
        until: at(until),
        ended,
        by: "L-DUTY".into(),
        reason: "等材料".into(),
    };
    // The second lies within the first, and does not count again.
    let pauses = [
        pause("2026-11-24T10:00", "2026-11-25T10:00", None),
        pause(
            "2026-11-24T15:00",
            "2026-11-26T18:00",
            Some(at("2026-11-24T16:00")),
        ),
    ];
    let extensions = [Extension {
        hours: 2.0,
        at: at("2026-11-23T17:00"),
        by: "L-DUTY".into(),
        reason: String::new(),
    }];
    let term = Term {
        pauses: &pauses,
        extensions: &extensions,
        ..term("2026-11-23T14:00", 6.0, &calendar)
    };
    assert_eq!(
        lines(Lang::Zh, &term, None, "2026-11-25T11:00"),
        [
            "时限 8 时（工作时间），含延时 2 时",
            "八成 11-25 11:24 · 到期 11-25 15:00",
            "计入 6 时（75 %）：11-23 14:00–18:00、11-24 09:00–10:00、11-25 10:00–11:00",
            "不计：工作时间以外 15 时",
            "挂账 11-24 10:00 至 11-25 10:00，值班长批准：等材料",
            "延时 2 时，11-23 17:00 值班长批准：未写原因",
        ]
    );
}

#[test]
fn an_unknown_year_is_said() {
    let calendar = calendar();
    let term = term("2026-12-31T16:00", 4.0, &calendar);
    let told = lines(Lang::Zh, &term, None, "2026-12-31T17:00");
    assert_eq!(
        told.last().unwrap(),
        "2027 年的放假安排没有收录，只按周末推算，期限可能不准"
    );
    let told = term.explain(None, at("2026-12-31T17:00"), None);
    assert!(!told.known);
    assert!(told.spans.iter().any(|span| span.kind == SpanKind::UnknownYear));
    let wall = Term {
        working: false,
        ..term
    };
    assert!(
        wall.explain(None, at("2027-03-01T17:00"), None).known,
        "the wall clock needs no calendar"
    );
}

#[test]
fn what_the_journal_promised_holds() {
    let calendar = calendar();
    let term = term("2026-11-23T09:00", 3.0, &calendar);
    let promised = at("2026-11-28T12:00");
    let told = term.explain(Some(promised), at("2026-11-23T10:00"), None);
    assert!(told.promised);
    assert_eq!(
        told.deadline.due, promised,
        "a Saturday, though nobody works then"
    );
    assert_eq!(told.limit, TimeDelta::hours(35));
    assert_eq!(told.deadline.soon, at("2026-11-26T18:00"));
    let same = term.explain(Some(at("2026-11-23T12:00")), at("2026-11-23T10:00"), None);
    assert!(!same.promised);
}

#[test]
fn days_beyond_the_list_are_summed_up() {
    let calendar = calendar();
    let term = term("2026-03-02T09:00", 14.0, &calendar);
    let told = term.explain(None, at("2026-09-30T18:00"), None);
    let rest = told.rest.unwrap();
    assert_eq!(rest.from, at("2026-04-16T00:00"));
    // 16 April to 30 September: 15 + 31 + 30 + 31 + 31 + 30 days.
    assert_eq!(rest.days, 168);
    let listed: TimeDelta = told.past().map(|span| span.counted).sum();
    assert_eq!(listed + rest.counted, told.counted);
    assert!(told.spans.len() < 150, "{}", told.spans.len());
}

struct Room {
    dir: TempDir,
    town: Arc<Town>,
}

impl Room {
    /// A town whose calendar may be edited, with one case.
    fn new() -> (Self, CaseId) {
        let dir = TempDir::new().unwrap();
        let mut town = town();
        let file = dir.path().join("calendar.csv");
        std::fs::copy(town.calendar.file.as_ref().unwrap(), &file).unwrap();
        town.calendar.file = Some(file);
        let room = Self {
            dir,
            town: Arc::new(town),
        };
        let id = room.report();
        (room, id)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn report(&self) -> CaseId {
        let town = &self.town;
        let mut store = SqliteStore::open(&self.path("book.db")).unwrap();
        let item = town
            .catalogue
            .iter()
            .find(|(_, item)| item.working_time)
            .unwrap()
            .1;
        let new = NewReport {
            item: item.code.as_str().into(),
            text: "测试".into(),
            place: Whereabouts::Stated {
                stated: "桥头".into(),
            },
            source: Source::Patrol,
            reported_at: None,
            photos: Vec::new(),
        };
        let board = Board::new(Vec::<Case>::new(), town);
        let situation = Situation {
            town,
            cases: &board,
            duty: &Duty::default(),
            now: at("2026-11-24T10:00"),
        };
        let command = Command {
            actor: "D-GOV".into(),
            seat: "1".into(),
            order: Order::Report(new),
        };
        let drafts = desk::decide(&situation, command).unwrap();
        store.append(drafts, &[]).unwrap()[0].case
    }

    fn hall(&self, role: Role) -> Harness<'static, Hall> {
        let book = self.path("book.db");
        let post = self.town.posts.iter().find(|post| post.role == role).unwrap();
        let parts = HallParts {
            town: self.town.clone(),
            store: Box::new(SqliteStore::open(&book).unwrap()),
            paths: Paths {
                book,
                sample: self.path("sample.db"),
                settings: None,
            },
            settings: Settings {
                motion: false,
                post: post.code.clone(),
                ..Settings::default()
            },
            trouble: None,
            clock: Box::new(|| at("2026-11-24T11:00")),
        };
        let builder = Harness::builder().with_size([1366.0, 768.0]);
        let mut hall = builder.build_eframe(move |cc| Hall::new(&cc.egui_ctx, parts));
        settle(&mut hall);
        hall
    }
}

fn settle(hall: &mut Harness<'_, Hall>) {
    let patience = Instant::now() + Duration::from_secs(20);
    hall.run_steps(3);
    while !hall.state().is_settled() {
        assert!(Instant::now() < patience, "the hall does not settle");
        std::thread::sleep(Duration::from_millis(5));
        hall.run_steps(1);
    }
    hall.run_steps(3);
}

fn wait_for(hall: &mut Harness<'_, Hall>, text: &str) {
    let patience = Instant::now() + Duration::from_secs(20);
    while hall.query_all_by_label_contains(text).next().is_none() {
        assert!(Instant::now() < patience, "'{text}' does not appear");
        std::thread::sleep(Duration::from_millis(5));
        hall.run_steps(1);
    }
}

fn click(hall: &mut Harness<'_, Hall>, text: &str) {
    hall.get_by_label_contains(text).click();
    settle(hall);
}

/// Presses the button with exactly these words.
fn press(hall: &mut Harness<'_, Hall>, text: &str) {
    hall.get_by_label(text).click();
    settle(hall);
}

#[test]
fn a_key_opens_and_closes_the_explanation() {
    let (room, id) = Room::new();
    let mut hall = room.hall(Role::Dispatcher);
    hall.key_press(Key::E);
    settle(&mut hall);
    assert!(
        hall.query_by_label_contains("先选中").is_some(),
        "nothing is selected"
    );
    hall.state_mut().select(id);
    settle(&mut hall);
    assert!(hall.query_by_label("全案时限").is_none());
    hall.key_press(Key::E);
    settle(&mut hall);
    assert!(hall.query_by_label("全案时限").is_some());
    assert!(
        hall.query_all_by_label_contains("11-24 10:00–11:00")
            .next()
            .is_some()
    );
    click(&mut hall, "时限说明");
    assert!(hall.query_by_label("全案时限").is_none());
}

#[test]
fn the_calendar_is_edited_written_and_used() {
    let (room, _) = Room::new();
    let mut hall = room.hall(Role::Administrator);
    hall.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::K);
    settle(&mut hall);
    assert!(
        hall.query_by_label_contains("收录了 2017–2026 年的放假安排")
            .is_some()
    );
    assert!(
        hall.query_by_label_contains("chinesecalendar").is_some(),
        "the source is said"
    );
    click(&mut hall, "2026-11-28 周末");
    click(&mut hall, "2026-11-28 放假");
    click(&mut hall, "2026-11-26 工作日");
    hall.key_press(Key::PageDown);
    settle(&mut hall);
    click(&mut hall, "2027 年已录全");
    press(&mut hall, "保存");
    wait_for(&mut hall, "已写入");
    let file = room.path("calendar.csv");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("# years: 2017-2027; source: PyPI chinesecalendar"),
        "{text}"
    );
    assert!(text.contains("\n2026-11-26,holiday,放假,hall\n2026-11-28,workday,调休上班,hall\n"));
    assert!(text.contains("\n2017-01-22,workday,春节调休,chinesecalendar\n"));

    // The same window goes on from what was written; a file that changed behind its back is left alone.
    hall.key_press(Key::PageUp);
    settle(&mut hall);
    click(&mut hall, "2026-11-26 放假");
    std::fs::write(&file, text.replace("2026-11-28,workday", "2026-11-29,workday")).unwrap();
    press(&mut hall, "保存");
    wait_for(&mut hall, "没有写入");
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("2026-11-26,holiday")
    );
    // Closed and opened again, the edits are still there.
    hall.key_press(Key::Escape);
    settle(&mut hall);
    hall.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::K);
    settle(&mut hall);
    assert!(hall.query_by_label_contains("2026-11-26 工作日").is_some());
}

#[test]
fn a_dispatcher_may_only_look() {
    let (room, _) = Room::new();
    let mut hall = room.hall(Role::Dispatcher);
    hall.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    settle(&mut hall);
    click(&mut hall, "工作日历…");
    assert!(hall.query_by_label_contains("只能查看").is_some());
    click(&mut hall, "2026-11-28 周末");
    assert!(hall.query_by_label_contains("2026-11-28 周末").is_some());
    assert!(hall.query_by_label("保存").is_none());
}
