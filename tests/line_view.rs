//! The command line and the palette in the window, as a keyboard and a screen reader see them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tempfile::TempDir;
use yipanqi::board::Board;
use yipanqi::case::{CaseId, Duty, Source, Stage, Whereabouts};
use yipanqi::desk::{self, Command, NewReport, Order, Situation};
use yipanqi::line::proposals::proposals;
use yipanqi::store::Store;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::{Lang, Town};
use yipanqi::ui::app::{Hall, HallParts, Paths};
use yipanqi::ui::settings::Settings;

fn town() -> Arc<Town> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Arc::new(Town::load(&dir).unwrap())
}

/// Opens a case in the book, in the block Aohu Art Village.
fn report(book: &Path, town: &Town) -> CaseId {
    let mut store = SqliteStore::open(book).unwrap();
    let at = town.places.get(town.places.by_code("GL-S1").unwrap()).label_at;
    let new = NewReport {
        item: "GL-A01".into(),
        text: "测试".into(),
        place: Whereabouts::Point {
            at,
            stated: "".into(),
            grid: None,
        },
        source: Source::Patrol,
        reported_at: None,
        photos: Vec::new(),
    };
    let board = Board::default();
    let situation = Situation {
        town,
        cases: &board,
        duty: &Duty::default(),
        now: Utc::now(),
    };
    let command = Command {
        actor: "D-GRID".into(),
        seat: "1".into(),
        order: Order::Report(new),
    };
    let drafts = desk::decide(&situation, command).unwrap();
    store.append(drafts, &[]).unwrap()[0].case
}

struct Room {
    dir: TempDir,
    town: Arc<Town>,
}

impl Room {
    fn with_cases(n: usize) -> (Self, Vec<CaseId>) {
        let room = Self {
            dir: TempDir::new().unwrap(),
            town: town(),
        };
        let ids = (0..n).map(|_| report(&room.book(), &room.town)).collect();
        (room, ids)
    }

    fn book(&self) -> PathBuf {
        self.dir.path().join("book.db")
    }

    fn hall(&self, lang: Lang) -> Harness<'static, Hall> {
        let parts = HallParts {
            town: self.town.clone(),
            store: Box::new(SqliteStore::open(&self.book()).unwrap()),
            paths: Paths {
                book: self.book(),
                sample: self.dir.path().join("sample.db"),
                settings: None,
            },
            settings: Settings {
                lang,
                motion: false,
                ..Settings::default()
            },
            trouble: None,
            clock: Box::new(Utc::now),
        };
        let mut hall = Harness::builder()
            .with_size([1366.0, 768.0])
            .build_eframe(move |cc| Hall::new(&cc.egui_ctx, parts));
        settle(&mut hall);
        hall
    }
}

/// Runs frames until the journal has answered everything.
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

fn press(hall: &mut Harness<'_, Hall>, key: Key) {
    hall.key_press(key);
    settle(hall);
}

fn press_ctrl(hall: &mut Harness<'_, Hall>, key: Key) {
    hall.key_press_modifiers(Modifiers::COMMAND, key);
    settle(hall);
}

fn type_text(hall: &mut Harness<'_, Hall>, text: &str) {
    hall.event(Event::Text(text.to_owned()));
    settle(hall);
}

fn stage(hall: &Harness<'_, Hall>, id: CaseId) -> Option<Stage> {
    hall.state().board().get(id).map(|live| live.case.stage)
}

fn shows(hall: &Harness<'_, Hall>, text: &str) -> bool {
    hall.query_all_by_label_contains(text).next().is_some()
}

fn field_holds(hall: &Harness<'_, Hall>, text: &str) -> bool {
    hall.query_all_by_value(text).next().is_some()
}

#[test]
fn a_line_dispatches_a_case_that_is_not_selected() {
    let (room, ids) = Room::with_cases(3);
    let id = ids[1];
    let mut hall = room.hall(Lang::Zh);
    press(&mut hall, Key::Slash);
    type_text(&mut hall, &format!("sl {id}"));
    assert!(
        shows(&hall, "回车：受理 2 号（暴露垃圾）"),
        "it says what Enter will do"
    );
    press(&mut hall, Key::Enter);
    assert_eq!(stage(&hall, id), Some(Stage::Accepted));
    assert_eq!(hall.state().selection().case, None, "the selection stays");

    press(&mut hall, Key::Slash);
    type_text(&mut hall, &format!("pq {id} 1"));
    let live = hall.state().board().get(id).unwrap();
    let first = proposals(
        &room.town,
        hall.state().board(),
        &Duty::default(),
        live,
        Utc::now(),
    )
    .remove(0);
    let name = room.town.handler_name(&first.handler, Lang::Zh);
    assert!(shows(&hall, &format!("给 {name}")));
    press(&mut hall, Key::Enter);
    assert_eq!(stage(&hall, id), Some(Stage::Dispatched));
    let handler = hall.state().board().get(id).unwrap().case.handler.clone();
    assert_eq!(handler, Some(first.handler));
    assert!(shows(&hall, "已记入台账"));
    assert!(!shows(&hall, "输入命令，拼音首字母即可"), "the line is closed");
}

#[test]
fn a_refusal_is_shown_and_the_text_stays() {
    let (room, ids) = Room::with_cases(1);
    let mut hall = room.hall(Lang::Zh);
    press(&mut hall, Key::Slash);
    let line = format!("结案 {} 都好了", ids[0]);
    type_text(&mut hall, &line);
    assert!(
        shows(&hall, "现在不能"),
        "it says beforehand that the desk would refuse"
    );
    assert!(shows(&hall, "“待受理”时不能“结案”"));
    press(&mut hall, Key::Enter);
    assert_eq!(stage(&hall, ids[0]), Some(Stage::Reported));
    assert!(shows(&hall, "“待受理”时不能“结案”"));
    assert!(field_holds(&hall, &line));
    // Closed and opened again, it is still there.
    press(&mut hall, Key::Escape);
    assert!(!field_holds(&hall, &line));
    press(&mut hall, Key::Slash);
    assert!(field_holds(&hall, &line));
}

#[test]
fn tab_and_arrows_complete_and_enter_goes_on_where_something_is_missing() {
    let (room, ids) = Room::with_cases(1);
    let mut hall = room.hall(Lang::Zh);
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::A);
    press(&mut hall, Key::Slash);
    type_text(&mut hall, "paiq");
    press(&mut hall, Key::Tab);
    assert!(field_holds(&hall, "派遣 "));
    type_text(&mut hall, ". ");
    // The second of the proposals.
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::Enter);
    assert!(field_holds(&hall, "派遣 . 2 "));
    press(&mut hall, Key::Enter);
    assert_eq!(stage(&hall, ids[0]), Some(Stage::Dispatched));

    // Up in the empty line brings the last one back.
    press(&mut hall, Key::Slash);
    press(&mut hall, Key::ArrowUp);
    assert!(field_holds(&hall, "派遣 . 2 "));
    press(&mut hall, Key::ArrowDown);
    assert!(!field_holds(&hall, "派遣 . 2 "));
    // A line that is not complete goes on with its first completion.
    type_text(&mut hall, "dc");
    press(&mut hall, Key::Enter);
    assert_eq!(stage(&hall, ids[0]), Some(Stage::InHand));
    press(&mut hall, Key::Slash);
    type_text(&mut hall, "改类");
    press(&mut hall, Key::Enter);
    assert!(field_holds(&hall, "改类 "), "nothing was done");
}

#[test]
fn the_line_opens_while_something_is_typed_and_the_slash_stays_a_letter_there() {
    let (room, ids) = Room::with_cases(1);
    let mut hall = room.hall(Lang::Zh);
    press(&mut hall, Key::ArrowDown);
    press(&mut hall, Key::X);
    hall.key_press(Key::Slash);
    type_text(&mut hall, "A/B 之间");
    assert!(!shows(&hall, "命令行（") && field_holds(&hall, "A/B 之间"));
    press_ctrl(&mut hall, Key::Slash);
    type_text(&mut hall, "sl");
    press(&mut hall, Key::Enter);
    assert_eq!(stage(&hall, ids[0]), Some(Stage::Accepted));
    assert!(field_holds(&hall, "A/B 之间"), "the form keeps its words");
}

#[test]
fn window_verbs_and_a_new_case_go_through_the_line() {
    let (room, _) = Room::with_cases(1);
    let mut hall = room.hall(Lang::Zh);
    press(&mut hall, Key::Slash);
    type_text(&mut hall, "yy");
    press(&mut hall, Key::Enter);
    assert!(shows(&hall, "To accept 1"), "the language has changed");
    press(&mut hall, Key::Slash);
    type_text(&mut hall, "report GL-A01 @nh by the gate");
    assert!(shows(&hall, "Open a case: Exposed litter, at Niuhu"));
    press(&mut hall, Key::Enter);
    let id = hall.state().selection().case.unwrap();
    let live = hall.state().board().get(id).unwrap();
    assert_eq!(&*live.case.text, "by the gate");
    press(&mut hall, Key::Slash);
    type_text(&mut hall, "look 1");
    press(&mut hall, Key::Enter);
    assert_eq!(hall.state().selection().case, Some(CaseId(1)));
    press(&mut hall, Key::Slash);
    type_text(&mut hall, "settings");
    press(&mut hall, Key::Enter);
    assert!(shows(&hall, "Colours") || shows(&hall, "Theme"));
}

#[test]
fn a_case_that_has_ended_is_opened_again_by_its_number() {
    let (room, ids) = Room::with_cases(1);
    let mut hall = room.hall(Lang::Zh);
    for line in ["不予受理 1 不属于本街道", "重开 1 属于本街道"] {
        press(&mut hall, Key::Slash);
        type_text(&mut hall, line);
        settle(&mut hall);
        press(&mut hall, Key::Enter);
    }
    assert_eq!(stage(&hall, ids[0]), Some(Stage::Accepted));
}

#[test]
fn the_palette_lists_every_command_with_its_key() {
    let (room, ids) = Room::with_cases(1);
    let mut hall = room.hall(Lang::Zh);
    press(&mut hall, Key::ArrowDown);
    press_ctrl(&mut hall, Key::K);
    type_text(&mut hall, "zt");
    assert!(shows(&hall, "深色 / 浅色"));
    press(&mut hall, Key::Escape);
    press_ctrl(&mut hall, Key::K);
    type_text(&mut hall, "accept");
    assert!(
        shows(&hall, "受理 sl · accept A"),
        "name, initials, English and key"
    );
    press(&mut hall, Key::Enter);
    assert_eq!(stage(&hall, ids[0]), Some(Stage::Accepted));
    // What needs more goes on in the line.
    press(&mut hall, Key::Escape);
    press_ctrl(&mut hall, Key::K);
    type_text(&mut hall, "tingpai");
    press(&mut hall, Key::Enter);
    assert!(field_holds(&hall, "停派 "));
}

#[test]
fn every_row_of_the_keys_is_in_the_grammar_with_its_key() {
    use yipanqi::line::Act;
    use yipanqi::ui::keys::{self, Deed, TABLE};
    let (deeds, grammar) = keys::grammar();
    for bound in TABLE {
        let act = match bound.deed {
            Deed::Step(step) => Act::Step(step),
            deed => Act::Window(deeds.iter().position(|d| *d == deed).unwrap()),
        };
        let verb = grammar.of(act).unwrap();
        assert_eq!(verb.key, keys::key_name(bound.deed), "{}", bound.words);
        assert!(!verb.chinese.is_empty() && !verb.english.is_empty());
        // Its whole name means it and nothing else.
        for name in [&verb.chinese, &verb.english] {
            let typed = yipanqi::line::spelling::normal(name);
            assert_eq!(grammar.find(&typed).unwrap().act, act, "{name}");
        }
    }
}

#[test]
fn verbs_are_called_what_the_hall_calls_their_steps() {
    use yipanqi::case::Step;
    use yipanqi::line::Act;
    use yipanqi::ui::Words;
    let (_, grammar) = yipanqi::ui::keys::grammar();
    let words = Words::new(Lang::Zh);
    for step in Step::ALL {
        assert_eq!(grammar.of(Act::Step(step)).unwrap().chinese, words.step(step));
    }
}
