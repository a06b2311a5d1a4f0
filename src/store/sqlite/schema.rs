//! The shape of a book: its tables, its numbered changes, and how a file is known to be a book.

use std::io::Read;
use std::path::Path;

use rusqlite::{Connection, Transaction};
use rusqlite_migration::{HookError, HookResult, M, Migrations};

use super::chain;
use super::trouble::Trouble;
use crate::store::StoreError;

/// Marks an SQLite file as a book of this program (`YPQ1`), at byte 68 of the file.
pub const APPLICATION_ID: i64 = 0x5950_5131;

/// The newest format that this program knows: how many changes there are.
pub const FORMAT: i64 = 5;

/// Every change of the shape, oldest first. A change that has been released is never edited.
fn changes() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(FIRST),
        M::up(SECOND),
        M::up_with_hook(CHAIN, fill_chain),
        M::up(super::secret::TABLE),
        M::up(super::known::TABLES),
    ])
}

/// The case table got the column `kept`: it is dropped, and made anew from the journal when the book is opened.
const SECOND: &str = "DROP TABLE IF EXISTS case_row; DROP TABLE IF EXISTS origin;";

/// `entry` is the journal and is only ever appended to. `photo` keeps files under their hash. `book` keeps what holds for
/// the whole book. `case_row` and `origin` are derived from the journal: see [`DERIVED`].
///
/// Reports, which open a case and are by far the most entries of an import, are found through `case_row`, so only later
/// entries are indexed.
const FIRST: &str = concat!(
    "PRAGMA application_id = 1498435889;",
    "CREATE TABLE entry (
        seq INTEGER PRIMARY KEY,
        case_id INTEGER NOT NULL,
        version INTEGER NOT NULL CHECK (version >= 1),
        at_ms INTEGER NOT NULL,
        actor TEXT NOT NULL,
        seat TEXT NOT NULL,
        action TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX entry_step ON entry (case_id, version) WHERE version > 1;
    CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry
        BEGIN SELECT RAISE(ABORT, 'an entry of the journal is never changed'); END;
    CREATE TRIGGER entry_is_never_removed BEFORE DELETE ON entry
        BEGIN SELECT RAISE(ABORT, 'an entry of the journal is never removed'); END;
    CREATE TABLE photo (
        hash TEXT PRIMARY KEY,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        bytes BLOB NOT NULL
    ) STRICT;
    CREATE TABLE book (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;",
);

/// Every entry gets a hash over itself and its predecessor, and the book an id of its own: see [`chain`]. The table is made
/// anew, so that no entry can be without a hash, and with the hash before the text, so that it is read without it.
const CHAIN: &str = "
    CREATE TABLE entry_with_hash (
        seq INTEGER PRIMARY KEY,
        case_id INTEGER NOT NULL,
        version INTEGER NOT NULL CHECK (version >= 1),
        at_ms INTEGER NOT NULL,
        actor TEXT NOT NULL,
        seat TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        action TEXT NOT NULL
    ) STRICT;
    INSERT INTO book (name, value) VALUES ('id', lower(hex(randomblob(16))));";

/// What [`CHAIN`] goes on with after the entries have been copied.
const CHAIN_END: &str = "
    DROP TABLE entry;
    ALTER TABLE entry_with_hash RENAME TO entry;
    CREATE UNIQUE INDEX entry_step ON entry (case_id, version) WHERE version > 1;";

fn fill_chain(transaction: &Transaction<'_>) -> HookResult {
    chain::copy(transaction, "entry", "entry_with_hash").map_err(|trouble| match trouble {
        Trouble::Sql(error) => HookError::from(error),
        Trouble::Store(error) => HookError::Hook(error.to_string()),
    })?;
    transaction.execute_batch(CHAIN_END)?;
    for (_, trigger) in TRIGGERS {
        transaction.execute_batch(trigger)?;
    }
    Ok(())
}

/// Makes the tables that follow from the journal.
///
/// `case_row` holds what changes in the life of a case and what lists are filtered by; the rest of a case is read from the
/// report that opened it, the entry `opened_seq`, so that no text is kept twice. `kept` has all that its life has changed
/// ([`crate::case::Kept`] as JSON), from its second entry on. `origin` finds the report of an imported
/// row by a hash. What figures are counted from belongs to this, too: see [`super::sheet`]. Whether a case is open stands in a column of its own, so that a step between open stages leaves the index
/// of open cases alone.
pub const DERIVED: &str = "
    CREATE TABLE IF NOT EXISTS case_row (
        case_id INTEGER PRIMARY KEY,
        opened_seq INTEGER NOT NULL,
        version INTEGER NOT NULL,
        stage TEXT NOT NULL,
        class TEXT NOT NULL,
        updated_ms INTEGER NOT NULL,
        ended_ms INTEGER,
        handler TEXT,
        open INTEGER NOT NULL,
        kept TEXT
    ) STRICT;
    CREATE INDEX IF NOT EXISTS case_open ON case_row (case_id) WHERE open = 1;
    CREATE TABLE IF NOT EXISTS origin (
        hash INTEGER PRIMARY KEY,
        opened_seq INTEGER NOT NULL
    ) STRICT;";

/// Drops what [`DERIVED`] and [`super::sheet::DERIVED`] make.
pub const DROP_DERIVED: &str = "DROP TABLE IF EXISTS case_row; DROP TABLE IF EXISTS origin; DROP TABLE IF EXISTS fact; DROP TABLE IF EXISTS sheet;";

/// Makes all tables that follow from the journal.
///
/// # Errors
/// Where the database can't be written.
pub fn make_derived(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(DERIVED)?;
    connection.execute_batch(super::sheet::DERIVED)
}

/// The triggers that keep the journal as it is: their names, and what makes them.
pub const TRIGGERS: [(&str, &str); 2] = [
    (
        "entry_is_never_changed",
        "CREATE TRIGGER entry_is_never_changed BEFORE UPDATE ON entry \
         BEGIN SELECT RAISE(ABORT, 'an entry of the journal is never changed'); END",
    ),
    (
        "entry_is_never_removed",
        "CREATE TRIGGER entry_is_never_removed BEFORE DELETE ON entry \
         BEGIN SELECT RAISE(ABORT, 'an entry of the journal is never removed'); END",
    ),
];

/// What a database file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// An empty database: a new book.
    Empty,
    /// A book of this format.
    Book(i64),
}

/// Looks at the file's first bytes, before the database engine touches it.
///
/// # Errors
/// [`StoreError::NotABook`] where it is neither empty nor an SQLite database, [`StoreError::ReadOnly`] where it can't be
/// read.
pub fn look_at_file(path: &Path) -> Result<(), StoreError> {
    let not_a_book = |reason: String| {
        Err(StoreError::NotABook {
            path: path.to_owned(),
            reason,
        })
    };
    if path.is_dir() {
        return not_a_book("it is a folder".to_owned());
    }
    let mut head = Vec::with_capacity(512);
    let read = std::fs::File::open(path).and_then(|file| file.take(512).read_to_end(&mut head));
    match read {
        Ok(0) => Ok(()),
        Ok(_) if head.starts_with(b"SQLite format 3\0") => Ok(()),
        Ok(_) => not_a_book(format!("it looks like {}", looks_like(&head))),
        Err(error) => Err(StoreError::ReadOnly {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// What a file with these first bytes probably is, in words.
fn looks_like(head: &[u8]) -> &'static str {
    const KINDS: [(&[u8], &str); 9] = [
        (b"\xFF\xD8\xFF", "a JPEG picture"),
        (b"\x89PNG", "a PNG picture"),
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive or an Office file (XLSX, DOCX)"),
        (b"\xD0\xCF\x11\xE0", "an old Office file (XLS, DOC)"),
        (b"PMTiles", "a PMTiles map"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"\x7FELF", "a program"),
        (b"\xEF\xBB\xBF", "a text file"),
    ];
    if let Some((_, name)) = KINDS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return name;
    }
    if head.contains(&0) {
        "a binary file of another program"
    } else {
        "a text file"
    }
}

/// Tells whose database an open connection has.
///
/// # Errors
/// [`StoreError::NotABook`] for another program's, [`StoreError::Newer`] for a later format than this program's.
pub fn identify(connection: &Connection, path: &Path) -> Result<Found, Trouble> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (id, format) = (pragma("application_id")?, pragma("user_version")?);
    let tables = table_names(connection)?;
    if id == APPLICATION_ID {
        return if format > FORMAT {
            Err(StoreError::Newer {
                path: path.to_owned(),
                found: format,
                known: FORMAT,
            }
            .into())
        } else if format < 1 || !tables.iter().any(|name| name == "entry") {
            Err(StoreError::Damaged(format!("{} has no journal", path.display())).into())
        } else {
            Ok(Found::Book(format))
        };
    }
    if id == 0 && format == 0 && tables.is_empty() {
        return Ok(Found::Empty);
    }
    let mut reason = "it is an SQLite database of another program".to_owned();
    if !tables.is_empty() {
        reason.push_str(" with the tables ");
        reason.push_str(&tables[..tables.len().min(5)].join(", "));
        if tables.len() > 5 {
            reason.push_str(" and more");
        }
    }
    Err(StoreError::NotABook {
        path: path.to_owned(),
        reason,
    }
    .into())
}

fn table_names(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY 1";
    connection
        .prepare(sql)?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Whether the tables that follow from the journal are all there.
///
/// # Errors
/// Where the database can't be read.
pub fn has_derived(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name IN ('case_row', 'case_open', 'origin', 'fact', \
         'fact_reported', 'fact_dispatched', 'fact_ended', 'fact_open', 'fact_long', 'sheet', 'sheet_day', 'sheet_long')";
    connection.query_row(sql, [], |row| Ok(row.get::<_, i64>(0)? == 12))
}

/// Brings the book to the newest format. A format that is newest already costs one read.
///
/// # Errors
/// Where the database can't be written; then it is left as it was.
pub fn migrate(connection: &mut Connection) -> Result<(), Trouble> {
    changes().to_latest(connection).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => Trouble::Sql(err),
        other => StoreError::Engine(other.to_string()).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_apply_and_mark_the_file() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert_eq!(identify(&connection, Path::new("x")).unwrap(), Found::Empty);
        migrate(&mut connection).unwrap();
        assert_eq!(
            identify(&connection, Path::new("x")).unwrap(),
            Found::Book(FORMAT)
        );
        assert!(!has_derived(&connection).unwrap());
        make_derived(&connection).unwrap();
        assert!(has_derived(&connection).unwrap());
    }

    #[test]
    fn open_cases_are_listed_by_their_index() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        make_derived(&connection).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {}", super::super::rows::SELECT_OPEN);
        let plan: Vec<String> = connection
            .prepare(&sql)
            .unwrap()
            .query_map([], |row| row.get("detail"))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(plan.iter().any(|step| step.contains("case_open")), "{plan:?}");
        assert!(plan.iter().all(|step| !step.contains("TEMP B-TREE")), "{plan:?}");
    }
}
