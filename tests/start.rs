//! A hall whose book was read before there was a window is the hall that reads it afterwards.

mod seat;

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use egui_kittest::Harness;
use tempfile::TempDir;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::{Class, Lang, Town};
use yipanqi::ui::Words;
use yipanqi::ui::app::{Hall, HallBase, OpenBook, Paths, prepare, start_keeper};
use yipanqi::ui::settings::Settings;

use seat::{aohu, open, report, settle, stage, town};

/// Opens the hall as the window does.
fn open_early(dir: &TempDir, town: &Arc<Town>, patience: Duration) -> Harness<'static, Hall> {
    let (town, book) = (town.clone(), dir.path().join("book.db"));
    let paths = Paths {
        book: book.clone(),
        sample: dir.path().join("sample.db"),
        settings: None,
    };
    let settings = Settings {
        motion: false,
        ..Settings::default()
    };
    let mut harness = Harness::builder()
        .with_size([1366.0, 768.0])
        .build_eframe(move |cc| {
            let keeper = start_keeper(&cc.egui_ctx, Box::new(SqliteStore::open(&book).unwrap()));
            let book = OpenBook::read(keeper, &town, patience);
            prepare(&cc.egui_ctx, &settings);
            let base = HallBase {
                words: Arc::new(Words::new(settings.lang)),
                town,
                paths,
                settings,
                trouble: None,
                clock: Box::new(Utc::now),
            };
            Hall::opened(&cc.egui_ctx, book, base)
        });
    settle(&mut harness);
    harness
}

#[test]
fn what_was_read_before_the_window_is_all_there() {
    let (dir, town) = (TempDir::new().unwrap(), town());
    let (_, item) = town
        .catalogue
        .iter()
        .find(|(_, item)| item.class == Class::D)
        .unwrap();
    // A case of class D raises an alarm at once.
    let id = report(&dir.path().join("book.db"), &town, &item.code, aohu(&town));
    let after = open(&dir, &town, Lang::Zh);
    for patience in [Duration::from_secs(20), Duration::ZERO] {
        let early = open_early(&dir, &town, patience);
        assert_eq!(stage(&early, id), stage(&after, id));
        let alarms = |harness: &Harness<'_, Hall>| harness.state().alarms().lists().new.len();
        assert_eq!(alarms(&early), 1, "with {patience:?}");
        assert_eq!(alarms(&after), 1);
    }
}
