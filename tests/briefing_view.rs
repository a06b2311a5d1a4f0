//! Making a briefing by hand, in the hall's window.

mod seat;

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use tempfile::TempDir;
use yipanqi::store::Store;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::{Lang, Standing};
use yipanqi::ui::app::Hall;

use seat::{aohu, open, report, settle, town};

fn wait_for(hall: &mut Harness<'_, Hall>, text: &str) {
    let patience = Instant::now() + Duration::from_secs(30);
    while hall.query_all_by_label_contains(text).next().is_none() {
        if Instant::now() >= patience {
            let shown = hall.query_all_by(|node| node.label().is_some() || node.value().is_some());
            let said = |node: egui_kittest::Node<'_>| {
                let node = node.accesskit_node();
                node.value().or(node.label())
            };
            let shown: Vec<_> = shown.filter_map(said).collect();
            panic!("'{text}' does not appear in {shown:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
        hall.run_steps(1);
    }
}

fn fill(hall: &mut Harness<'_, Hall>, field: &str, text: &str) {
    let edit = |hall: &Harness<'_, Hall>| {
        hall.query_all_by_role_and_label(eframe::egui::accesskit::Role::TextInput, field)
            .next()
            .is_some()
    };
    assert!(edit(hall), "{field}");
    hall.get_by_role_and_label(eframe::egui::accesskit::Role::TextInput, field)
        .focus();
    settle(hall);
    hall.key_press_modifiers(Modifiers::COMMAND, Key::A);
    settle(hall);
    hall.event(eframe::egui::Event::Text(text.to_owned()));
    settle(hall);
}

#[test]
fn a_briefing_is_made_in_the_window_and_says_where_it_is() {
    let dir = TempDir::new().unwrap();
    let town = town();
    report(&dir.path().join("book.db"), &town, "GL-A01", aohu(&town));
    // The program tells a book of its boundaries when it opens it.
    let mut store = SqliteStore::open(&dir.path().join("book.db")).unwrap();
    store.set_standing(&Arc::new(Standing::of(&town))).unwrap();
    drop(store);
    let mut hall = open(&dir, &town, Lang::Zh);
    hall.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::B);
    settle(&mut hall);
    let out = dir.path().join("out");
    fill(&mut hall, "存到", &out.display().to_string());
    fill(&mut hall, "时段", "2026-99");
    assert!(hall.query_by_label_contains("没有这样的日").is_some());
    fill(&mut hall, "时段", "2026");
    hall.get_by_label_contains("生成 PDF").click_accesskit();
    settle(&mut hall);
    wait_for(&mut hall, "已写好");
    for file in ["briefing-2026.zh.pdf", "briefing-2026.zh.xlsx"] {
        assert!(out.join(file).exists(), "{file}");
    }
    // Existing files stay.
    hall.get_by_label_contains("生成 PDF").click_accesskit();
    settle(&mut hall);
    wait_for(&mut hall, "已存在");
}
