//! The words of the interface: none missing, none unused, the same in both languages, all in the embedded fonts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use eframe::egui::FontId;
use eframe::egui::epaint::text::{Fonts, TextOptions};
use fluent_bundle::FluentResource;
use yipanqi::town::Lang;
use yipanqi::ui::{keys, theme};
use yipanqi::words::{message_ids, source};

/// Literals that look like keys and are none: names of threads, and words of map styles.
const NO_KEYS: [&str; 7] = [
    "import-open",
    "import-count",
    "import-run",
    "source-layer",
    "line-color",
    "line-width",
    "line-dasharray",
];

const LANGS: [Lang; 2] = [Lang::Zh, Lang::En];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

/// A string literal of the source.
struct Literal {
    text: String,
    /// `t`, `f` or `n` where it stands directly in a call of [`yipanqi::ui::Words`].
    call: Option<char>,
    at: String,
}

/// All string literals of the product, without its comments and its unit tests.
fn literals() -> Vec<Literal> {
    let mut paths = Vec::new();
    files(&root().join("src"), "rs", &mut paths);
    let mut found = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let product = text.split("#[cfg(test)]").next().unwrap();
        scan(product, path.strip_prefix(root()).unwrap(), &mut found);
    }
    found
}

/// A small lexer: it knows comments, strings with escapes, raw strings, and characters.
fn scan(text: &str, path: &Path, found: &mut Vec<Literal>) {
    let chars: Vec<char> = text.chars().collect();
    let (mut i, mut line, mut code) = (0, 1, String::new());
    let starts = |i: usize, word: &str| {
        word.chars()
            .enumerate()
            .all(|(k, c)| chars.get(i + k) == Some(&c))
    };
    while i < chars.len() {
        if starts(i, "//") {
            while i < chars.len() && chars[i] != '\n' {
                i += 1;
            }
        } else if starts(i, "'\"'") || starts(i, "'\\") {
            i += if chars[i + 1] == '\\' { 4 } else { 3 };
        } else if chars[i] == '"' || starts(i, "r\"") || starts(i, "r#\"") {
            let raw = chars[i] == 'r';
            let end: Vec<char> = if starts(i, "r#") {
                vec!['"', '#']
            } else {
                vec!['"']
            };
            i += end.len() + usize::from(raw);
            let (mut literal, begins) = (String::new(), line);
            while i < chars.len() && !chars[i..].starts_with(&end) {
                if chars[i] == '\\' && !raw {
                    i += 1;
                }
                line += usize::from(chars[i] == '\n');
                literal.push(chars[i]);
                i += 1;
            }
            i += end.len();
            let call = ['t', 'f', 'n']
                .into_iter()
                .find(|name| code.ends_with(&format!(".{name}(")));
            let at = format!("{}:{begins}", path.display());
            found.push(Literal {
                text: literal,
                call,
                at,
            });
            code.clear();
        } else {
            line += usize::from(chars[i] == '\n');
            if !chars[i].is_whitespace() {
                code.push(chars[i]);
            }
            i += 1;
        }
    }
}

/// Lower-case words joined by hyphens.
fn is_key(text: &str) -> bool {
    text.contains('-')
        && text.split('-').all(|part| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
}

/// The messages of a language with the variables that they use.
fn messages(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in source(lang).lines().filter(|line| !line.starts_with('#')) {
        if let Some(id) = message_ids(line).next() {
            assert!(
                messages.insert(id.to_owned(), BTreeSet::new()).is_none(),
                "{lang:?}: {id} stands twice"
            );
            current = id.to_owned();
        }
        for rest in line.split('$').skip(1) {
            let name = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            messages.get_mut(&current).unwrap().insert(name);
        }
    }
    messages
}

#[test]
fn both_languages_have_the_same_words_with_the_same_variables() {
    for lang in LANGS {
        if let Err((_, errors)) = FluentResource::try_new(source(lang).to_owned()) {
            panic!("{lang:?}: {errors:?}");
        }
    }
    let [zh, en] = LANGS.map(messages);
    for (key, variables) in &zh {
        assert_eq!(en.get(key), Some(variables), "{key}");
    }
    assert_eq!(
        zh.len(),
        en.len(),
        "{:?}",
        en.keys().filter(|key| !zh.contains_key(*key)).collect::<Vec<_>>()
    );
}

#[test]
fn every_key_of_the_code_has_its_words() {
    let known = messages(Lang::Zh);
    let families: BTreeSet<&str> = known.keys().filter_map(|key| key.split('-').next()).collect();
    let mut missing = Vec::new();
    for literal in literals() {
        let file = literal.at.split(':').next().unwrap_or_default();
        let of_ui = file.starts_with("src/ui/") && !file.ends_with("icons.rs");
        let family = literal.text.split('-').next().unwrap_or_default();
        let meant = literal.call.is_some() || (of_ui && families.contains(family));
        let meant = meant && !NO_KEYS.contains(&literal.text.as_str());
        if is_key(&literal.text) && meant && !known.contains_key(&literal.text) {
            missing.push(format!("{}: {}", literal.at, literal.text));
        }
        // Words with variables can't be told without them.
        if literal.call == Some('t')
            && known
                .get(&literal.text)
                .is_some_and(|variables| !variables.is_empty())
        {
            missing.push(format!("{}: {} has variables", literal.at, literal.text));
        }
    }
    for bound in keys::TABLE {
        if !known.contains_key(bound.words) {
            missing.push(format!("keys::TABLE: {}", bound.words));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn no_words_are_unused() {
    let literals = literals();
    let used: BTreeSet<&str> = literals.iter().map(|literal| literal.text.as_str()).collect();
    // Keys that are made of a prefix and a code: "import-reason-{}".
    let prefixes: Vec<&str> = used
        .iter()
        .filter_map(|text| text.strip_suffix("{}").or(text.strip_suffix("{code}")))
        .filter(|prefix| prefix.ends_with('-') && is_key(prefix.trim_end_matches('-')))
        .collect();
    let messages = messages(Lang::Zh);
    let unused: Vec<&String> = messages
        .keys()
        .filter(|key| !used.contains(key.as_str()) && !prefixes.iter().any(|prefix| key.starts_with(prefix)))
        .collect();
    assert!(unused.is_empty(), "{unused:#?}");
}

#[test]
fn the_fonts_have_every_character_of_the_words_and_of_the_data() {
    let mut paths = Vec::new();
    for ending in ["ftl", "csv", "toml", "geojson"] {
        files(&root().join("assets"), ending, &mut paths);
    }
    assert!(paths.len() >= 9, "{paths:?}");
    let mut fonts = Fonts::new(TextOptions::default(), theme::fonts());
    assert!(
        !fonts.has_glyph(&FontId::proportional(14.0), '\u{1f600}'),
        "the test would find nothing"
    );
    let mut missing = BTreeMap::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        for c in text.chars().filter(|c| !c.is_control()) {
            for font in [FontId::proportional(14.0), theme::strong_font(14.0)] {
                if !fonts.has_glyph(&font, c) {
                    missing.insert(c, path.clone());
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_scanner_finds_calls_and_leaves_comments() {
    let mut found = Vec::new();
    let text = "// w.t(\"not-this\")\nlet a = w.t(\n  \"one-key\"); let b = ('\"', '\\'', r\"raw-key\", \"es\\\"c\"); w.n(\"two-key\", 3)";
    scan(text, Path::new("x.rs"), &mut found);
    let short: Vec<(&str, Option<char>)> = found.iter().map(|l| (l.text.as_str(), l.call)).collect();
    let expected = [
        ("one-key", Some('t')),
        ("raw-key", None),
        ("es\"c", None),
        ("two-key", Some('n')),
    ];
    assert_eq!(short, expected);
    assert_eq!(found[0].at, "x.rs:3");
}
