//! The catalogue in the hall: items edited, added and retired, refusals, posts that may only read, and old cases that
//! keep the item they were opened under.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use tempfile::TempDir;
use yipanqi::board::Board;
use yipanqi::case::{CaseId, Duty, DutyAction, Source, Whereabouts};
use yipanqi::desk::{self, Command, NewReport, Order, Situation};
use yipanqi::store::Store;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::{Item, Lang, Town};
use yipanqi::ui::app::{Hall, HallParts, Paths};
use yipanqi::ui::settings::Settings;

fn town() -> Arc<Town> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    Arc::new(Town::load(&dir).unwrap())
}

/// Gives an order to the desk and the journal, as another seat would.
fn give(dir: &TempDir, town: &Town, actor: &str, order: Order) -> CaseId {
    let mut store = SqliteStore::open(&dir.path().join("book.db")).unwrap();
    let duty = Duty::fold(&store.history(CaseId::HALL).unwrap()).unwrap();
    let mut town = town.clone();
    duty.amend(&mut town.catalogue);
    let board = Board::new(Vec::new(), &town);
    let situation = Situation {
        town: &town,
        cases: &board,
        duty: &duty,
        now: Utc::now(),
    };
    let command = Command {
        actor: actor.into(),
        seat: "2".into(),
        order,
    };
    let drafts = desk::decide(&situation, command).unwrap();
    store.append(drafts, &[]).unwrap()[0].case
}

fn report(dir: &TempDir, town: &Town, item: &str) -> CaseId {
    let new = NewReport {
        item: item.into(),
        text: "测试".into(),
        place: Whereabouts::Stated {
            stated: "观澜大道".into(),
        },
        source: Source::Patrol,
        reported_at: None,
        photos: Vec::new(),
    };
    give(dir, town, &town.posts[0].code, Order::Report(new))
}

fn edit(item: Item, reason: &str) -> Order {
    Order::Duty(DutyAction::EditItem {
        item: Box::new(item),
        reason: reason.into(),
    })
}

fn open(dir: &TempDir, town: &Arc<Town>, post: &str) -> Harness<'static, Hall> {
    let book = dir.path().join("book.db");
    let settings = Settings {
        lang: Lang::Zh,
        motion: false,
        post: post.into(),
        ..Settings::default()
    };
    let paths = Paths {
        book: book.clone(),
        sample: dir.path().join("sample.db"),
        settings: None,
    };
    let parts = HallParts {
        town: town.clone(),
        store: Box::new(SqliteStore::open(&book).unwrap()),
        paths,
        settings,
        trouble: None,
        clock: Box::new(Utc::now),
    };
    let mut harness = Harness::builder()
        .with_size([1366.0, 768.0])
        .build_eframe(move |cc| Hall::new(&cc.egui_ctx, parts));
    settle(&mut harness);
    harness
}

fn settle(harness: &mut Harness<'_, Hall>) {
    let patience = Instant::now() + Duration::from_secs(20);
    harness.run_steps(3);
    while !harness.state().is_settled() {
        assert!(Instant::now() < patience, "the hall does not settle");
        std::thread::sleep(Duration::from_millis(5));
        harness.run_steps(1);
    }
    harness.run_steps(3);
}

fn ctrl(harness: &mut Harness<'_, Hall>, key: Key) {
    harness.key_press_modifiers(Modifiers::COMMAND, key);
    settle(harness);
}

fn press(harness: &mut Harness<'_, Hall>, key: Key) {
    harness.key_press(key);
    settle(harness);
}

fn type_text(harness: &mut Harness<'_, Hall>, text: &str) {
    harness.event(Event::Text(text.to_owned()));
    settle(harness);
}

fn click(harness: &mut Harness<'_, Hall>, label: &str) {
    harness.get_by_label(label).click();
    settle(harness);
}

/// The field of this name.
fn field<'h>(harness: &'h Harness<'_, Hall>, name: &'h str) -> Node<'h> {
    harness.get_by_role_and_label(Role::TextInput, name)
}

fn value(harness: &Harness<'_, Hall>, name: &str) -> String {
    field(harness, name).value().unwrap_or_default()
}

/// Types into the field of this name, in place of what it holds.
fn fill(harness: &mut Harness<'_, Hall>, name: &str, text: &str) {
    field(harness, name).focus();
    harness.run_steps(2);
    ctrl(harness, Key::A);
    type_text(harness, text);
}

/// Opens the catalogue and finds an item by what is typed.
fn open_item(harness: &mut Harness<'_, Hall>, text: &str) {
    ctrl(harness, Key::I);
    type_text(harness, text);
    press(harness, Key::Enter);
}

fn has(harness: &Harness<'_, Hall>, text: &str) -> bool {
    harness.query_all_by_label_contains(text).next().is_some()
}

fn item<'a>(harness: &'a Harness<'_, Hall>, code: &str) -> Option<&'a Item> {
    harness.state().town().catalogue.by_code(code)
}

/// What the journal has of items.
fn journal(dir: &TempDir) -> Duty {
    let store = SqliteStore::open(&dir.path().join("book.db")).unwrap();
    assert!(store.verify().unwrap().ok);
    Duty::fold(&store.history(CaseId::HALL).unwrap()).unwrap()
}

#[test]
fn an_item_is_edited_and_an_old_case_keeps_its_name_and_limits() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    let id = report(&dir, &town, "GL-A01");
    let before = town.catalogue.by_code("GL-A01").unwrap().clone();
    let mut hall = open(&dir, &town, "ADMIN");
    open_item(&mut hall, "gl-a01");
    fill(&mut hall, "中文名称", "垃圾外露");
    fill(&mut hall, "办结时限（小时）", "8");
    // Without a reason nothing is sent, and what is missing is said beside its field.
    ctrl(&mut hall, Key::Enter);
    assert!(has(&hall, "见红字") && has(&hall, "必填"));
    assert_eq!(item(&hall, "GL-A01"), Some(&before));
    fill(&mut hall, "改动理由", "11 月例会");
    ctrl(&mut hall, Key::Enter);
    let after = item(&hall, "GL-A01").unwrap().clone();
    assert_eq!((after.name.zh.as_str(), after.limit_hours), ("垃圾外露", 8.0));
    assert_eq!((after.version, after.retired), (1, false));
    assert_eq!(after.steps, before.steps, "what was not touched is as it was");
    assert!(has(&hall, "第 1 版") && has(&hall, "办结时限（小时） 4 → 8"));
    assert!(has(&hall, "11 月例会"), "the history tells the reason");
    let edits = journal(&dir).items;
    assert_eq!((&*edits[0].by, edits[0].reason.as_str()), ("ADMIN", "11 月例会"));

    // The case that was opened before goes on as it was; a new one has the new name and limits.
    press(&mut hall, Key::Escape);
    let new = report(&dir, &town, "GL-A01");
    let patience = Instant::now() + Duration::from_secs(20);
    while hall.state().board().get(new).is_none() {
        assert!(Instant::now() < patience, "the new case does not reach the board");
        std::thread::sleep(Duration::from_millis(20));
        hall.run_steps(1);
    }
    settle(&mut hall);
    let live = |id| &hall.state().board().get(id).unwrap().case;
    assert_eq!(live(id).life.limits, Some(before.limits()));
    assert_eq!(live(new).life.limits, Some(after.limits()));
    assert!(has(&hall, &format!("{id} 暴露垃圾")));
    assert!(has(&hall, &format!("{new} 垃圾外露")));
    hall.state_mut().select(id);
    settle(&mut hall);
    assert!(has(&hall, &format!("{id} · 暴露垃圾")), "so does its sheet");
    drop(hall);

    // And after a new start.
    let hall = open(&dir, &town, "ADMIN");
    assert!(has(&hall, &format!("{id} 暴露垃圾")) && has(&hall, &format!("{new} 垃圾外露")));
}

#[test]
fn an_item_is_added_with_the_next_code_and_can_be_reported() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    report(&dir, &town, "GL-A01");
    let mut hall = open(&dir, &town, "ADMIN");
    ctrl(&mut hall, Key::I);
    click(&mut hall, "新增事项");
    ctrl(&mut hall, Key::Enter);
    assert!(has(&hall, "见红字"));
    fill(&mut hall, "中文名称", "共享单车乱停放");
    fill(&mut hall, "领域", "城市管理");
    fill(&mut hall, "牵头部门", "社区网格员");
    fill(&mut hall, "办结时限（小时）", "两小时");
    assert!(has(&hall, "应为 0.01 到 8784 的数"));
    fill(&mut hall, "办结时限（小时）", "2");
    fill(&mut hall, "结案证据", "before_after_photo");
    fill(&mut hall, "改动理由", "本街道自行增设");
    fill(&mut hall, "编码", "GL-A01");
    assert!(has(&hall, "已有这个编码"));
    ctrl(&mut hall, Key::Enter);
    assert_eq!(hall.state().town().catalogue.len(), town.catalogue.len());
    fill(&mut hall, "编码", "GL-A99");
    ctrl(&mut hall, Key::Enter);
    let added = item(&hall, "GL-A99").unwrap();
    assert_eq!((added.name.zh.as_str(), added.version), ("共享单车乱停放", 1));
    assert!(has(&hall, "GL-A99 共享单车乱停放"), "it is shown afterwards");
    press(&mut hall, Key::Escape);
    ctrl(&mut hall, Key::N);
    type_text(&mut hall, "共享单车乱");
    assert!(has(&hall, "A 共享单车乱停放"), "the report form offers it");
    let id = report(&dir, &town, "GL-A99");
    drop(hall);
    let hall = open(&dir, &town, "ADMIN");
    assert!(has(&hall, &format!("{id} 共享单车乱停放")));
    let live = hall.state().board().get(id).unwrap();
    assert_eq!(live.item, hall.state().town().catalogue.id("GL-A99"));
    assert!(live.item.is_some(), "the board knows the item after a new start");
}

#[test]
fn a_retired_item_leaves_the_report_form_and_comes_back() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    let id = report(&dir, &town, "GL-A01");
    let mut hall = open(&dir, &town, "ADMIN");
    let offered = |hall: &mut Harness<'_, Hall>| {
        press(hall, Key::Escape);
        ctrl(hall, Key::N);
        type_text(hall, "gl-a01");
        let offered = has(hall, "A 暴露垃圾");
        press(hall, Key::Backspace);
        for _ in 0..6 {
            press(hall, Key::Backspace);
        }
        press(hall, Key::Escape);
        offered
    };
    assert!(offered(&mut hall));
    open_item(&mut hall, "gl-a01");
    fill(&mut hall, "英文名称（可不填）", "Litter");
    click(&mut hall, "停用");
    assert!(has(&hall, "先写改动理由"));
    fill(&mut hall, "改动理由", "并入 GL-A03");
    click(&mut hall, "停用");
    let retired = item(&hall, "GL-A01").unwrap();
    assert!(retired.retired && retired.version == 1);
    assert_eq!(
        retired.name.en, "Exposed litter",
        "what else was typed is not saved"
    );
    assert_eq!(value(&hall, "英文名称（可不填）"), "Litter");
    assert!(!offered(&mut hall));
    assert!(has(&hall, &format!("{id} 暴露垃圾")), "its case goes on");
    ctrl(&mut hall, Key::I);
    fill(&mut hall, "改动理由", "恢复");
    click(&mut hall, "恢复使用");
    assert!(!item(&hall, "GL-A01").unwrap().retired);
    assert!(offered(&mut hall));
    assert_eq!(journal(&dir).items.len(), 2);
}

#[test]
fn what_is_typed_stays_while_looking_elsewhere_and_is_dropped_only_after_a_question() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    report(&dir, &town, "GL-A01");
    let mut hall = open(&dir, &town, "ADMIN");
    open_item(&mut hall, "gl-a0");
    fill(&mut hall, "中文名称", "垃圾外露");
    let row = town.catalogue.by_code("GL-A02").unwrap();
    hall.get_by_label_contains(&format!("A {}, GL-A02", row.name.zh))
        .click();
    settle(&mut hall);
    assert_eq!(value(&hall, "中文名称"), row.name.zh.as_str());
    assert!(has(&hall, "1 项未保存"));
    press(&mut hall, Key::Escape);
    assert!(!has(&hall, "1 项未保存"), "Esc closes the window");
    ctrl(&mut hall, Key::I);
    hall.get_by_label_contains("A 暴露垃圾, GL-A01").click();
    settle(&mut hall);
    let name = |hall: &Harness<'_, Hall>| value(hall, "中文名称");
    assert_eq!(name(&hall), "垃圾外露");
    click(&mut hall, "放弃改动");
    click(&mut hall, "保留");
    assert_eq!(name(&hall), "垃圾外露");
    click(&mut hall, "放弃改动");
    click(&mut hall, "放弃");
    assert_eq!(name(&hall), "暴露垃圾");
    assert_eq!(journal(&dir).items.len(), 0);
}

#[test]
fn a_change_by_another_seat_is_told_and_both_changes_are_kept() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    report(&dir, &town, "GL-A01");
    let mut hall = open(&dir, &town, "ADMIN");
    open_item(&mut hall, "gl-a01");
    fill(&mut hall, "办结时限（小时）", "6");
    fill(&mut hall, "改动理由", "缩短");
    let mut other = town.catalogue.by_code("GL-A01").unwrap().clone();
    other.version = 1;
    other.severity = 5;
    give(&dir, &town, "ADMIN", edit(other, "更重"));
    // Whether the window has heard of it yet or not, its change does not follow from that version.
    ctrl(&mut hall, Key::Enter);
    let patience = Instant::now() + Duration::from_secs(20);
    while !has(&hall, "刚被改成第 1 版") {
        assert!(Instant::now() < patience, "the conflict is not told");
        std::thread::sleep(Duration::from_millis(20));
        hall.run_steps(1);
    }
    assert_eq!(journal(&dir).items.len(), 1);
    ctrl(&mut hall, Key::Enter);
    assert!(
        has(&hall, "这个事项刚被别人改过"),
        "the refusal stands in the window"
    );
    assert_eq!(value(&hall, "改动理由"), "缩短");
    click(&mut hall, "在第 1 版上继续");
    ctrl(&mut hall, Key::Enter);
    let both = item(&hall, "GL-A01").unwrap();
    assert_eq!((both.version, both.severity, both.limit_hours), (2, 5, 6.0));
}

#[test]
fn a_post_without_the_right_reads_only() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    report(&dir, &town, "GL-A01");
    let mut hall = open(&dir, &town, "D-GRID");
    open_item(&mut hall, "gl-a01");
    assert!(has(&hall, "只读"));
    assert!(hall.query_by_label_contains("保存为新版本").is_none());
    assert!(hall.query_by_label("停用").is_none());
    assert!(hall.get_by_label("新增事项").accesskit_node().is_disabled());
    fill(&mut hall, "中文名称", "别的名字");
    assert_eq!(value(&hall, "中文名称"), "暴露垃圾");
    field(&hall, "中文名称").hover();
    let patience = Instant::now() + Duration::from_secs(20);
    while hall.query_all_by_label_contains("只读").count() < 2 {
        assert!(Instant::now() < patience, "the field does not say why");
        std::thread::sleep(Duration::from_millis(20));
        hall.run_steps(1);
    }
    ctrl(&mut hall, Key::Enter);
    assert_eq!(journal(&dir).items.len(), 0);
}

#[test]
fn each_book_has_a_catalogue_of_its_own() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    report(&dir, &town, "GL-A01");
    let item_now = |hall: &Harness<'_, Hall>| item(hall, "GL-A01").unwrap().limit_hours;
    let mut edited = town.catalogue.by_code("GL-A01").unwrap().clone();
    (edited.version, edited.limit_hours) = (1, 8.0);
    give(&dir, &town, "ADMIN", edit(edited, "延长"));
    let mut hall = open(&dir, &town, "ADMIN");
    assert_eq!(item_now(&hall), 8.0);
    hall.state_mut().open_sample_day();
    settle(&mut hall);
    assert_eq!(item_now(&hall), 4.0, "the sample day has the file's");
    ctrl(&mut hall, Key::D);
    settle(&mut hall);
    let patience = Instant::now() + Duration::from_secs(20);
    while item_now(&hall) != 8.0 {
        assert!(
            Instant::now() < patience,
            "the book's catalogue does not come back"
        );
        hall.run_steps(1);
    }
}
