//! The program on the shell: arguments, answers, exit status. Each test has a home of its own.

mod program;

use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use chrono::Utc;
use yipanqi::board::Board;
use yipanqi::case::{CaseId, Duty, DutyAction};
use yipanqi::desk::{self, Order, Situation};
use yipanqi::store::Store;
use yipanqi::store::sqlite::SqliteStore;
use yipanqi::town::{Datum, Item, PlaceKind, Town};

use program::{Answer, BOOK, Home};

/// Three good rows, the third of them closed.
const GOOD: &str = "\
id,type,what,when,lon,lat,closed
1,litter,rubbish behind the market,2026-03-02 08:00:00,114.0801,22.7301,
2,stairs,\"bicycles, three of them\",2026-03-02 09:30:00,114.0712,22.7215,
3,litter,a sofa,2026-03-01 10:00:00,114.0690,22.7188,2026-03-01 15:00:00
";
/// A row whose type is not mapped, and one without a time.
const BAD: &str = "\
4,ghosts,a haunted house,2026-03-02 08:00:00,114.0801,22.7301,
5,litter,when?,,114.0801,22.7301,
";

impl Home {
    /// A home whose book has the good rows.
    fn with_cases() -> Self {
        let home = Self::new();
        home.write("good.csv", GOOD);
        assert_eq!(home.import("good.csv", &[]).status, 0);
        home
    }

    /// Changes an item as the hall does, in the book of this home.
    fn change_item(&self, code: &str, change: impl FnOnce(&mut Item)) {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
        let town = Town::load(&dir).unwrap();
        let mut store = SqliteStore::open(&self.path(BOOK)).unwrap();
        let duty = Duty::fold(&store.history(CaseId::HALL).unwrap()).unwrap();
        let mut item = town.catalogue.by_code(code).unwrap().clone();
        item.version = 1;
        change(&mut item);
        let command = desk::Command {
            actor: "ADMIN".into(),
            seat: "1".into(),
            order: Order::Duty(DutyAction::EditItem {
                item: Box::new(item),
                reason: "test".into(),
            }),
        };
        let board = Board::new(Vec::new(), &town);
        let situation = Situation {
            town: &town,
            cases: &board,
            duty: &duty,
            now: Utc::now(),
        };
        let drafts = desk::decide(&situation, command).unwrap();
        store.append(drafts, &[]).unwrap();
    }

    fn import(&self, file: &str, more: &[&str]) -> Answer {
        let mut args = vec![
            "import",
            file,
            "--profile",
            "counter.toml",
            "--json",
            "--lang",
            "en",
        ];
        args.extend(more);
        self.run(&args)
    }
}

impl Answer {
    fn sums(&self) -> [i64; 4] {
        let object = self.json();
        ["rows", "imported", "already_there", "rejected"].map(|key| object[key].as_i64().unwrap())
    }
}

#[test]
fn wrong_usage_is_2_and_says_what_would_be_right() {
    let home = Home::new();
    home.run(&["dance"]).says(2, &["dance"]);
    home.run(&["--json"]).says(2, &["--json"]);
    home.run(&["import", "x.csv"]).says(2, &["--profile"]);
    home.run(&["cases", "--class", "E"]).says(2, &["A, B, C or D"]);
    home.run(&["cases", "--stage", "lost"]).says(2, &["in_hand"]);
    home.run(&["show", "0"]).says(2, &["0"]);
    home.run(&["verify", "--lang", "fr"]).says(2, &["zh"]);
    home.run(&["picture"]).says(2, &["--out"]);
    home.run(&["picture", "--out", "hall.jpg"]).says(2, &[".png"]);
    for size in ["1920", "10x10", "1920x1080x2", "99999x1080", "-1x5"] {
        home.run(&["picture", "--out", "hall.png", &format!("--size={size}")])
            .says(2, &["1920x1080"]);
    }
}

#[test]
fn help_and_version_are_no_errors() {
    let home = Home::new();
    for args in [
        &["--help"][..],
        &["--version"],
        &["help", "import"],
        &["cases", "--help"],
    ] {
        let answer = home.run(args);
        assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{args:?}");
        assert!(!answer.out.is_empty());
    }
}

#[test]
fn the_hall_without_a_display_says_what_to_do() {
    let home = Home::new();
    home.run(&["--lang", "en"])
        .says(1, &["no display", "yipanqi picture"]);
    home.run(&[]).says(1, &["桌面"]);
}

#[test]
fn commands_that_read_make_no_book() {
    let home = Home::new();
    for args in [
        &["verify"][..],
        &["cases"],
        &["show", "1"],
        &["backup", "copy.db"],
    ] {
        let mut args = args.to_vec();
        args.extend(["--db", "none/book.db", "--lang", "en"]);
        home.run(&args).says(1, &["none/book.db", "--db"]);
    }
    assert!(!home.path("none").exists());
    assert!(!home.path("copy.db").exists());
}

#[test]
fn files_that_are_not_there_are_named() {
    let home = Home::new();
    home.import("missing.csv", &[]).says(1, &["missing.csv"]);
    home.write("good.csv", GOOD);
    home.run(&["import", "good.csv", "--profile", "nobody", "--lang", "en"])
        .says(1, &["nobody", "pingshan-appeals"]);
    home.run(&["import", "good.csv", "--profile", "nobody.toml"])
        .says(1, &["nobody.toml"]);
    assert!(!home.path("XDG_DATA_HOME").exists(), "no book was made for them");
}

#[test]
fn importing_twice_adds_nothing_twice() {
    let home = Home::new();
    home.write("good.csv", GOOD);
    let dry = home.import("good.csv", &["--dry-run"]);
    assert_eq!((dry.status, dry.sums()), (0, [3, 3, 0, 0]));
    assert_eq!(dry.json()["dry_run"], true);
    assert!(!home.path("XDG_DATA_HOME").exists(), "a dry run makes no book");
    let first = home.import("good.csv", &[]);
    assert_eq!((first.status, first.sums()), (0, [3, 3, 0, 0]));
    assert_eq!(first.json()["open"], 2);
    let dry = home.import("good.csv", &["--dry-run"]);
    assert_eq!((dry.status, dry.sums()), (0, [3, 0, 3, 0]));
    let again = home.import("good.csv", &[]);
    assert_eq!((again.status, again.sums()), (0, [3, 0, 3, 0]));
    assert_eq!(home.run(&["verify", "--json"]).json()["cases"], 3);
}

#[test]
fn rejected_rows_are_3_and_can_be_mended() {
    let home = Home::new();
    home.write("mixed.csv", &format!("{GOOD}{BAD}"));
    let answer = home.import("mixed.csv", &[]);
    answer.says(3, &["line 5", "line 6", "ghosts", "--rejects"]);
    assert_eq!(answer.sums(), [5, 3, 0, 2]);
    assert_eq!(answer.json()["faults"][0]["line"], 5);

    let answer = home.import("mixed.csv", &["--rejects", "left.csv"]);
    answer.says(3, &["left.csv"]);
    assert_eq!(answer.sums(), [5, 0, 3, 2]);
    let left = std::fs::read_to_string(home.path("left.csv")).unwrap();
    assert!(left.contains("line,column,reason"), "{left}");
    assert_eq!(left.lines().count(), 3, "{left}");

    let mended = left
        .replace("ghosts", "stairs")
        .replace("when?,,", "when?,2026-03-02 11:00:00,");
    home.write("left.csv", &mended);
    let answer = home.import("left.csv", &[]);
    assert_eq!((answer.status, answer.sums()), (0, [2, 2, 0, 0]));
}

#[test]
fn rejected_rows_replace_neither_the_file_nor_the_book() {
    let home = Home::with_cases();
    home.write("mixed.csv", &format!("{GOOD}{BAD}"));
    home.import("mixed.csv", &["--rejects", "mixed.csv"])
        .says(1, &["mixed.csv"]);
    assert!(
        std::fs::read_to_string(home.path("mixed.csv"))
            .unwrap()
            .contains("haunted")
    );
    let book = home.path(BOOK);
    home.import("mixed.csv", &["--rejects", &book.display().to_string()])
        .says(1, &["book"]);
    home.run(&["verify"]).says(0, &[]);
}

#[test]
fn sums_are_told_to_people_in_their_language() {
    let home = Home::new();
    home.write("mixed.csv", &format!("{GOOD}{BAD}"));
    let zh = home.run(&["import", "mixed.csv", "--profile", "counter.toml"]);
    assert!(zh.out.contains("5 行：导入 3"), "{}", zh.out);
    let en = home.run(&["import", "mixed.csv", "--profile", "counter.toml", "--lang", "en"]);
    assert!(en.out.contains("5 rows: 0 imported, 3 already"), "{}", en.out);
    for answer in [zh, en] {
        assert!(
            !answer.out.contains("shell-"),
            "a word is missing: {}",
            answer.out
        );
        assert!(
            !answer.err.contains("shell-"),
            "a word is missing: {}",
            answer.err
        );
    }
}

#[test]
fn points_in_another_datum_are_asked_about_and_read_in_it() {
    let home = Home::new();
    let town = Town::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan")).unwrap();
    let mut rows = "id,type,what,when,lon,lat,closed,community\n".to_owned();
    for (i, (_, grid)) in town.places.of_kind(PlaceKind::BaseGrid).enumerate() {
        let community = &town.places.get(grid.parent.unwrap()).name.zh;
        let [lon, lat] = Datum::Bd09.of_wgs84(grid.label_at);
        rows.push_str(&format!(
            "{i},litter,a sofa,2026-03-02 08:00:00,{lon:.6},{lat:.6},,{community}\n"
        ));
    }
    home.write("web.csv", &rows);
    let profile = std::fs::read_to_string(home.path("counter.toml")).unwrap();
    home.write(
        "counter.toml",
        &profile.replace("[columns]", "[columns]\narea = \"community\""),
    );
    let asked = home.import("web.csv", &["--dry-run"]);
    assert_eq!(asked.json()["datum_doubt"]["likely"], "bd09");
    asked.says(0, &["BD-09?", "--datum bd09"]);
    let read = home.import("web.csv", &["--dry-run", "--datum", "BD-09"]);
    assert!(read.json()["datum_doubt"].is_null());
    home.import("web.csv", &["--datum", "mars"]).says(2, &["gcj02"]);
}

#[test]
fn verify_counts_entries_and_cases() {
    let home = Home::with_cases();
    let answer = home.run(&["verify", "--json"]);
    let object = answer.json();
    assert_eq!(answer.status, 0);
    assert_eq!(
        (&object["entries"], &object["cases"], &object["ok"]),
        (&3.into(), &3.into(), &true.into())
    );
}

/// Imported cases are open from their report to their end, whenever they were imported.
#[test]
fn the_book_is_told_as_it_was_at_a_moment() {
    let home = Home::with_cases();
    let open = |at: &str| {
        let answer = home.run(&["cases", "--json", "--at", at]);
        assert_eq!(answer.status, 0, "{}", answer.err);
        let cases = answer.json()["cases"].as_array().unwrap().clone();
        cases
            .iter()
            .map(|case| case["id"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert!(open("2026-03-01T09:59").is_empty());
    assert_eq!(open("2026-03-01T10:00"), [3]);
    assert!(open("2026-03-01T15:00").is_empty());
    assert_eq!(open("2026-03-02 08:30"), [1]);
    assert_eq!(open("2026-03-02T09:30"), [2, 1]);
    let before = home.run(&["cases", "--lang", "en", "--at", "2020-01-01"]);
    assert!(before.err.contains("Before the first entry"), "{}", before.err);

    let shown = home
        .run(&["show", "3", "--json", "--at", "2026-03-01T12:00"])
        .json();
    assert_eq!(shown["case"]["stage"], "reported");
    assert_eq!(shown["case"]["ended_at"], serde_json::Value::Null);
    assert_eq!(shown["at"], "2026-03-01T04:00:00.000Z");
    let later = home
        .run(&["show", "3", "--json", "--at", "2026-03-01T16:00"])
        .json();
    assert_eq!(later["case"]["stage"], "closed");
    let not_yet = home.run(&["show", "1", "--lang", "en", "--at", "2026-03-01"]);
    assert_eq!(not_yet.status, 1);
    assert!(not_yet.err.contains("had not been reported"), "{}", not_yet.err);
    for wrong in ["yesterday", "2999-01-01"] {
        assert_eq!(home.run(&["cases", "--at", wrong]).status, 2, "{wrong}");
    }
}

#[test]
fn a_file_that_is_no_book_is_refused() {
    let home = Home::new();
    home.write("book.db", &GOOD.repeat(100));
    for args in [&["verify"][..], &["cases"], &["picture", "--out", "hall.png"]] {
        let mut args = args.to_vec();
        args.extend(["--db", "book.db"]);
        home.run(&args).says(1, &["book.db"]);
    }
    assert_eq!(
        std::fs::read_to_string(home.path("book.db")).unwrap(),
        GOOD.repeat(100)
    );
}

#[test]
fn cases_are_listed_and_filtered() {
    let home = Home::with_cases();
    let count = |args: &[&str]| {
        let args: Vec<&str> = ["cases", "--json"]
            .into_iter()
            .chain(args.iter().copied())
            .collect();
        home.run(&args).json()["cases"].as_array().unwrap().len()
    };
    assert_eq!(count(&[]), 3);
    assert_eq!(count(&["--open"]), 2);
    assert_eq!(count(&["--stage", "closed"]), 1);
    assert_eq!(count(&["--class", "a"]), 3);
    assert_eq!(count(&["--class", "D"]), 0);
    assert_eq!(count(&["--limit", "1"]), 1);

    let newest = &home.run(&["cases", "--json", "--limit", "1"]).json()["cases"][0];
    assert_eq!(newest["id"], 3);
    assert_eq!(newest["stage"], "closed");
    assert_eq!(
        newest["reported_at"], "2026-03-01T02:00:00.000Z",
        "the file's times are Shenzhen's"
    );
    let table = home.run(&["cases", "--open", "--lang", "en"]);
    assert_eq!(
        table.out.lines().count(),
        3,
        "a head and two cases: {}",
        table.out
    );
    assert!(
        table.out.contains("2026-03-02 09:30"),
        "times are the town's: {}",
        table.out
    );
}

#[test]
fn free_words_can_not_command_a_terminal() {
    let home = Home::new();
    home.write(
        "good.csv",
        &GOOD.replace("a sofa", "a \u{1b}[2J\u{1b}]0;title\u{7} sofa"),
    );
    home.import("good.csv", &[]);
    for args in [&["cases"][..], &["show", "3"]] {
        let answer = home.run(args);
        assert_eq!(answer.status, 0);
        assert!(
            !answer.out.contains('\u{1b}') && !answer.out.contains('\u{7}'),
            "{:?}",
            answer.out
        );
    }
}

#[test]
fn show_gives_facts_and_history() {
    let home = Home::with_cases();
    let object = home.run(&["show", "1", "--json"]).json();
    assert_eq!(object["case"]["text"], "rubbish behind the market");
    assert_eq!(object["case"]["item"], "GL-A01");
    assert_eq!(object["timeline"][0]["do"], "report");
    assert_eq!(object["timeline"][0]["seat"], "shell");
    assert!(object["answerable"].is_object());
    let text = home.run(&["show", "1", "--lang", "en"]).out;
    assert!(
        text.contains("rubbish behind the market") && text.contains("2026-03-02 08:00:00"),
        "{text}"
    );
    home.run(&["show", "99", "--lang", "en"]).says(1, &["99"]);
}

#[test]
fn a_backup_is_a_book() {
    let home = Home::with_cases();
    let answer = home.run(&["backup", "copy.db", "--json"]);
    assert_eq!(answer.status, 0);
    assert_eq!(answer.json()["entries"], 3);
    assert_eq!(
        home.run(&["verify", "--db", "copy.db", "--json"]).json()["entries"],
        3
    );
    home.run(&["backup", "copy.db"]).says(1, &["copy.db"]);
    home.run(&["backup", "no/such/folder/copy.db"])
        .says(1, &["no/such/folder"]);
}

#[test]
fn an_anchor_is_printed_exported_and_checked() {
    let home = Home::with_cases();
    let object = home.run(&["anchor", "--json"]).json();
    assert_eq!((&object["seq"], &object["entries"]), (&3.into(), &3.into()));
    assert_eq!(
        (&object["town"], &object["timezone"]),
        (&"guanlan".into(), &"Asia/Shanghai".into())
    );
    let hash = object["hash"].as_str().unwrap().to_owned();
    assert_eq!(home.run(&["verify", "--json"]).json()["last_hash"], hash.as_str());

    // The sheet for signing can be read back, and so can JSON.
    for lang in ["zh", "en"] {
        let sheet = home.run(&["anchor", "--lang", lang]).out;
        assert!(sheet.contains(&hash) && sheet.contains(&hash[8..16]), "{sheet}");
        home.write(&format!("{lang}.txt"), &sheet);
    }
    assert_eq!(home.run(&["anchor", "--json", "--out", "day.json"]).status, 0);
    assert_eq!(home.run(&["anchor", "--out", "day.txt"]).status, 0);
    home.run(&["anchor", "--out", "day.txt"]).says(1, &["day.txt"]);
    let anchors = ["zh.txt", "en.txt", "day.json", "day.txt"];
    let mut args = vec!["verify", "--json"];
    args.extend(anchors.iter().flat_map(|file| ["--anchor", file]));
    let answer = home.run(&args);
    assert_eq!((answer.status, &answer.json()["anchors"]), (0, &4.into()));

    // What is wrong with a file of anchors is told, and no day without entries has one.
    home.write("no.txt", "nothing");
    home.run(&["verify", "--anchor", "no.txt"])
        .says(1, &["no.txt", "yipanqi-anchor"]);
    home.run(&["verify", "--anchor", "missing.txt"])
        .says(1, &["missing.txt"]);
    home.run(&["anchor", "--day", "2001-01-01", "--lang", "en"])
        .says(1, &["2001-01-01"]);
    home.run(&["anchor", "--day", "tomorrow"]).says(2, &["tomorrow"]);
}

#[test]
fn a_forged_text_and_a_journal_that_was_cut_are_found() {
    const OPEN: &str = "DROP TRIGGER entry_is_never_changed; DROP TRIGGER entry_is_never_removed;";
    const CLOSE: &str = "CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry \
         BEGIN SELECT RAISE(ABORT, 'an entry of the journal is never changed'); END; \
         CREATE TRIGGER entry_is_never_removed BEFORE DELETE ON entry \
         BEGIN SELECT RAISE(ABORT, 'an entry of the journal is never removed'); END;";
    let forge = |home: &Home, sql: &str| {
        let book = rusqlite::Connection::open(home.path("book.db")).unwrap();
        book.execute_batch(&format!("{OPEN} {sql}; {CLOSE}")).unwrap();
    };
    let home = Home::with_cases();
    assert_eq!(home.run(&["backup", "book.db"]).status, 0);
    assert_eq!(home.run(&["anchor", "--out", "day.txt"]).status, 0);
    let verify = ["verify", "--db", "book.db", "--anchor", "day.txt", "--lang", "en"];
    home.run(&verify).says(0, &[]);

    forge(
        &home,
        "UPDATE entry SET action = replace(action, 'a sofa', 'a chair') WHERE seq = 3",
    );
    home.run(&verify).says(1, &["entry 3", "was altered"]);
    home.run(&["anchor", "--db", "book.db"]).says(1, &["entry 3"]);
    let object = home.run(&["verify", "--db", "book.db", "--json"]).json();
    assert_eq!(
        (&object["ok"], &object["chain"]["entry"], &object["chain"]["kind"]),
        (&false.into(), &3.into(), &"altered".into())
    );

    forge(
        &home,
        "DELETE FROM entry WHERE seq = 3; DELETE FROM case_row WHERE case_id = 3; \
         DELETE FROM origin WHERE opened_seq = 3; DELETE FROM sheet",
    );
    home.run(&["verify", "--db", "book.db"]).says(0, &[]);
    home.run(&verify).says(1, &["names entry 3", "cut off"]);
}

#[test]
fn a_broken_town_names_every_mistake() {
    let home = Home::with_cases();
    let town = home.path("town");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    std::fs::create_dir(&town).unwrap();
    for file in std::fs::read_dir(shipped).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), town.join(file.file_name())).unwrap();
    }
    let posts = std::fs::read_to_string(town.join("posts.csv")).unwrap();
    std::fs::write(town.join("posts.csv"), format!("{posts}P-1,juggler\nP-2,clown\n")).unwrap();
    let lines = posts.lines().count();
    let answer = home.run(&["cases", "--town", "town", "--lang", "en"]);
    let line = |more: usize| format!("line {}", lines + more);
    answer.says(1, &["posts.csv", &line(1), &line(2)]);
    assert_eq!(answer.out, "");
    home.run(&["cases", "--town", "nowhere"]).says(1, &["nowhere"]);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let home = Home::new();
    let row = |n: usize| format!("k{n},litter,rubbish,2026-03-02 08:00:00,114.0801,22.7301,\n");
    let many: String = (0..3000).map(row).collect();
    home.write("many.csv", &format!("id,type,what,when,lon,lat,closed\n{many}"));
    assert_eq!(home.import("many.csv", &[]).status, 0);
    let mut child = home
        .command(&["cases"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 10]).unwrap();
    drop(out);
    let answer = Answer::from(child.wait_with_output().unwrap());
    assert_eq!((answer.status, answer.err.as_str()), (0, ""));
}

#[test]
fn broken_settings_stop_no_command() {
    let home = Home::with_cases();
    let settings = home.path("XDG_CONFIG_HOME/yipanqi/settings.toml");
    std::fs::create_dir_all(settings.parent().unwrap()).unwrap();
    std::fs::write(&settings, "lang = 7").unwrap();
    assert_eq!(home.run(&["cases"]).status, 0);
    assert!(settings.exists(), "only the hall sets it aside");
    std::fs::write(&settings, "lang = \"en\"").unwrap();
    assert!(
        home.run(&["verify"]).out.contains("sound"),
        "the hall's language holds on the shell"
    );
}

/// Draws a picture and gives its size in pixels. Needs Vulkan.
fn picture(home: &Home, args: &[&str]) -> (u32, u32) {
    let args: Vec<&str> = ["picture", "--out", "hall.png", "--json"]
        .into_iter()
        .chain(args.iter().copied())
        .collect();
    let answer = home.run(&args);
    assert_eq!(
        answer.status, 0,
        "no picture; without a Vulkan driver, install one: sudo apt-get install mesa-vulkan-drivers\n{}",
        answer.err
    );
    let image = image::open(home.path("hall.png")).unwrap().into_rgb8();
    let object = answer.json();
    assert_eq!(
        (&object["width"], &object["height"]),
        (&image.width().into(), &image.height().into())
    );
    let first = image.get_pixel(0, 0);
    assert!(image.pixels().any(|pixel| pixel != first), "something is drawn");
    image.dimensions()
}

#[test]
fn picture_needs_vulkan_and_has_the_size_that_was_asked() {
    let home = Home::with_cases();
    assert_eq!(
        picture(&home, &["--size", "1280x720", "--lang", "en", "--theme", "light"]),
        (1280, 720)
    );
    assert_eq!(
        picture(&home, &["--size", "3000x1500", "--case", "1"]),
        (3000, 1500)
    );
    assert_eq!(picture(&home, &["--size", "64x64"]), (64, 64));
    home.run(&["picture", "--out", "hall.png", "--case", "99", "--lang", "en"])
        .says(1, &["99"]);
    home.run(&["picture", "--out", "no/such/hall.png", "--size", "64x64"])
        .says(1, &["no/such/hall.png"]);
    let settings = home.path("XDG_CONFIG_HOME/yipanqi/settings.toml");
    assert!(!settings.exists(), "a picture is not remembered");
}

#[test]
fn the_catalogue_is_listed_with_what_the_hall_has_changed_in_it() {
    let home = Home::new();
    let listed = home.run(&["catalogue", "--json", "--lang", "en"]).json();
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 124, "without a book, as the file has it");
    assert!(listed["note"].as_str().unwrap().contains("reconstruction"));
    assert_eq!(items[0]["code"], "GL-A01");
    assert_eq!(items[0]["limit_hours"], 4.0);
    assert_eq!(
        (&items[0]["version"], &items[0]["retired"]),
        (&0.into(), &false.into())
    );

    let home = Home::with_cases();
    home.change_item("GL-A01", |item| {
        item.limit_hours = 8.0;
        item.name.en = "Rubbish, \"loose\"".into();
        item.retired = true;
    });
    let book = home.path(BOOK);
    assert!(book.exists());
    let listed = home.run(&["catalogue", "--json", "--lang", "en"]).json();
    let first = &listed["items"][0];
    assert_eq!(first["name"], "Rubbish, \"loose\"");
    assert_eq!(first["limit_hours"], 8.0);
    assert_eq!((&first["version"], &first["retired"]), (&1.into(), &true.into()));
    let text = home.run(&["catalogue", "--lang", "en"]);
    text.says(0, &["reconstruction"]);
    assert_eq!(text.out.lines().count(), 125);
    let line = text.out.lines().nth(1).unwrap();
    for word in ["GL-A01", "8 working h", "Retired", "Rubbish"] {
        assert!(line.contains(word), "expected '{word}' in: {line}");
    }
    // By its new name it is counted, too.
    let item = ["indicator", "cases-in", "--item", "Rubbish, \"loose\"", "--json"];
    assert_eq!(home.run(&item).json()["filter"][0]["code"], "GL-A01");
    // Cases that were opened before keep their name.
    let case = home.run(&["show", "1", "--json", "--lang", "en"]).json();
    assert_eq!(case["case"]["item_name"], "Exposed litter");
}

#[test]
fn the_catalogue_is_written_as_the_file_of_another_town() {
    let home = Home::with_cases();
    home.change_item("GL-A02", |item| item.name.zh = "路面不洁".into());
    home.run(&["catalogue", "--csv", "mine.csv", "--lang", "en"])
        .says(0, &["124", "mine.csv"]);
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let town = home.path("town");
    std::fs::create_dir(&town).unwrap();
    for file in std::fs::read_dir(assets.join("town/guanlan")).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, town.join(path.file_name().unwrap())).unwrap();
    }
    std::fs::copy(assets.join("calendar/cn-mainland.csv"), town.join("calendar.csv")).unwrap();
    std::fs::copy(home.path("mine.csv"), town.join("catalogue.csv")).unwrap();
    let settings = std::fs::read_to_string(town.join("town.toml")).unwrap();
    let settings = settings
        .replace("../../catalogue/guanlan.csv", "catalogue.csv")
        .replace("../../calendar/cn-mainland.csv", "calendar.csv");
    std::fs::write(town.join("town.toml"), settings).unwrap();
    let listed = home
        .run(&["catalogue", "--town", "town", "--db", "none.db", "--json"])
        .json();
    assert_eq!(listed["items"][1]["name"], "路面不洁");
    assert_eq!(listed["items"].as_array().unwrap().len(), 124);
    home.run(&["catalogue", "--csv", "no/such/folder.csv"])
        .says(1, &["no/such/folder.csv"]);
}

#[test]
fn picture_needs_vulkan_and_no_book() {
    let home = Home::new();
    assert_eq!(picture(&home, &["--size", "800x600"]), (800, 600));
    assert_eq!(
        picture(&home, &["--size", "1920x1080", "--sample", "--case", "3"]),
        (1920, 1080)
    );
    assert!(
        !home.path("XDG_DATA_HOME").exists(),
        "no book was made for a picture"
    );
}

#[test]
fn picture_needs_vulkan_and_shows_cases_on_the_map() {
    let map = |rows: &str| {
        let home = Home::new();
        let head = GOOD.lines().next().unwrap();
        home.write("rows.csv", &format!("{head}\n{rows}\n"));
        assert_eq!(home.import("rows.csv", &[]).status, 0);
        picture(&home, &["--size", "1920x1080"]);
        let image = image::open(home.path("hall.png")).unwrap().into_rgb8();
        image::imageops::crop_imm(&image, 400, 150, 1000, 800).to_image()
    };
    let rows: Vec<&str> = GOOD.lines().skip(1).collect();
    assert!(
        map(rows[2]) != map(rows[0]),
        "a closed case is not on the map, an open one is"
    );
}

#[test]
fn picture_without_a_driver_names_the_package() {
    let home = Home::new();
    let mut command = home.command(&["picture", "--out", "hall.png"]);
    // The Vulkan loader then finds the drivers of this list only: none.
    let output = command
        .env("VK_DRIVER_FILES", "/none")
        .env("VK_ICD_FILENAMES", "/none")
        .output()
        .unwrap();
    Answer::from(output).says(1, &["mesa-vulkan-drivers"]);
    assert!(!home.path("hall.png").exists());
}

#[test]
fn the_rules_are_those_that_drive_the_desk() {
    use yipanqi::case::stage::TRANSITIONS;
    use yipanqi::town::{Level, Role, permissions};

    let home = Home::new();
    let rules = home.run(&["rules", "--json"]).json();
    let transitions = rules["transitions"].as_array().unwrap();
    assert_eq!(transitions.len(), TRANSITIONS.len());
    for (told, row) in transitions.iter().zip(TRANSITIONS) {
        assert_eq!(told["from"], row.from.code());
        assert_eq!(told["step"], row.step.code());
    }
    let cells = rules["permissions"].as_array().unwrap();
    assert_eq!(cells.len(), permissions::COMMANDS.len() * Role::ALL.len());
    let may = |command: &str, role: &str| {
        let cell = cells
            .iter()
            .find(|cell| cell["command"] == command && cell["role"] == role);
        cell.unwrap()["levels"].as_array().unwrap().len()
    };
    assert_eq!(may("suspend", "duty_leader"), Level::ALL.len());
    assert_eq!(may("suspend", "dispatcher"), 0);

    let text = home.run(&["rules"]).out;
    assert!(
        text.contains("申请挂账") && text.contains("duty_leader"),
        "{text}"
    );
    let graph = home.run(&["rules", "--graph"]).out;
    assert!(
        graph.starts_with("digraph case {") && graph.ends_with("}\n"),
        "{graph}"
    );
    assert_eq!(graph.matches("verified -> closed").count(), 1);
}

#[test]
fn figures_of_an_imported_book_say_that_nothing_was_settled_here() {
    let home = Home::with_cases();
    let figures = home.run(&["figures", "--json"]).json();
    assert_eq!(figures["settled"], 0);
    assert!(figures["first_dispatch_accuracy"].is_null());
    assert_eq!(home.run(&["figures", "--days", "0"]).status, 2);
}

#[test]
fn indicators_are_listed_and_counted() {
    let home = Home::with_cases();
    let list = home
        .run(&["indicator", "--list", "--json", "--lang", "en"])
        .json();
    let ids: Vec<&str> = list["indicators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    for id in [
        "hazards-rectified",
        "mean-time-to-rectify",
        "disposition-rate",
        "alarms-per-seat",
    ] {
        assert!(ids.contains(&id), "{ids:?}");
    }
    assert!(home.run(&["indicator", "--list"]).out.contains("隐患处置率"));

    let ask = |more: &[&str]| {
        let mut args = vec![
            "indicator",
            "disposition-rate",
            "--period",
            "2026-03",
            "--json",
            "--lang",
            "en",
        ];
        args.extend(more);
        let answer = home.run(&args);
        assert_eq!(answer.status, 0, "{}", answer.err);
        answer.json()
    };
    let all = ask(&["--against", "last-period"]);
    assert!(
        (all["value"].as_f64().unwrap() - 100.0 / 3.0).abs() < 1e-9,
        "{all}"
    );
    assert_eq!(
        (&all["unit"], &all["n"], &all["of"]),
        (&"percent".into(), &1.into(), &3.into())
    );
    assert_eq!(all["cases"], serde_json::json!([3]));
    assert_eq!(all["of_cases"], serde_json::json!([1, 2, 3]));
    assert_eq!(all["from"], "2026-02-28T16:00:00.000Z");
    assert!(all["against"].is_null() && all["change"].is_null());
    assert!(
        all["against_flags"]
            .as_array()
            .unwrap()
            .contains(&"before-first-case".into())
    );
    assert!(all["flags"].as_array().unwrap().contains(&"small-number".into()));
    assert!(all["rule"].as_str().unwrap().starts_with("One cohort"));

    // Every area, by name and by code, and all of them by community: the same three cases.
    let by = ask(&["--by", "community"]);
    let groups = by["groups"].as_array().unwrap();
    let sum: u64 = groups.iter().map(|group| group["of"].as_u64().unwrap()).sum();
    assert_eq!(sum, 3);
    assert!(by.get("cases").is_none());
    for group in groups.iter().filter(|group| group["key"] != "") {
        let (name, code) = (group["name"].as_str().unwrap(), group["key"].as_str().unwrap());
        for area in [name, code] {
            assert_eq!(ask(&["--area", area])["of"], group["of"], "{area}");
        }
    }
    assert_eq!(
        ask(&["--class", "a", "--item", "GL-A01", "--source", "other"])["of"],
        ask(&["--item", "GL-A01"])["of"]
    );

    let text = home.run(&[
        "indicator",
        "mean-time-to-rectify",
        "--period",
        "2026-03-01",
        "--lang",
        "zh",
    ]);
    assert!(
        text.out.contains("平均整治时间") && text.out.contains("5.0 小时"),
        "{}",
        text.out
    );
    let figures = home
        .run(&["indicator", "first-dispatch-accuracy", "--json"])
        .json();
    assert!(figures["value"].is_null());

    for wrong in [
        vec!["indicator"],
        vec!["indicator", "nothing-of-the-kind"],
        vec!["indicator", "cases-in", "--period", "2026-13"],
        vec!["indicator", "cases-in", "--period", "yesterday"],
        vec!["indicator", "cases-in", "--area", "Atlantis"],
        vec!["indicator", "cases-in", "--class", "E"],
        vec!["indicator", "cases-in", "--against", "once"],
        vec!["indicator", "cases-in", "--by", "weather"],
        vec!["indicator", "alarms-per-seat", "--by", "class"],
        vec!["indicator", "cases-in", "--list"],
    ] {
        let answer = home.run(&wrong);
        assert_eq!(answer.status, 2, "{wrong:?}");
        assert!(!answer.err.is_empty() && answer.out.is_empty(), "{wrong:?}");
    }
    let away = home.run(&["indicator", "cases-in", "--db", "nowhere.db"]);
    away.says(1, &["nowhere.db"]);
    // What is wrong in itself is told before a book is missed.
    let wrong = [
        "indicator",
        "cases-in",
        "--period",
        "2026-13",
        "--db",
        "nowhere.db",
    ];
    home.run(&wrong).says(2, &["2026-13"]);
    let wrong = [
        "briefing",
        "--period",
        "2026-13",
        "--out",
        "o",
        "--db",
        "nowhere.db",
    ];
    home.run(&wrong).says(2, &["2026-13"]);
}

#[test]
fn a_book_belongs_to_its_town() {
    let home = Home::with_cases();
    // The same town under another id.
    let town = home.path("elsewhere");
    std::fs::create_dir(&town).unwrap();
    let guanlan = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/town/guanlan");
    for file in std::fs::read_dir(&guanlan).unwrap() {
        let file = file.unwrap().path();
        std::fs::copy(&file, town.join(file.file_name().unwrap())).unwrap();
    }
    let settings = std::fs::read_to_string(town.join("town.toml")).unwrap();
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let settings = settings
        .replace("id = \"guanlan\"", "id = \"elsewhere\"")
        .replace("../..", assets.to_str().unwrap());
    std::fs::write(town.join("town.toml"), settings).unwrap();
    home.write("more.csv", &GOOD.replace("\n1,", "\n11,"));
    let refused = home.import("more.csv", &["--town", "elsewhere"]);
    assert_eq!(refused.status, 1, "{}", refused.err);
    assert!(
        refused.err.contains("guanlan") && refused.err.contains("elsewhere"),
        "{}",
        refused.err
    );
    assert_eq!(home.run(&["verify"]).status, 0);
}
