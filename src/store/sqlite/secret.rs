//! Passphrases of posts, as hashes (PHC strings). They are no part of the journal, which tells only that one was changed.

use rusqlite::Connection;

use super::trouble::Trouble;

/// Makes the table: a numbered change of the book's shape.
pub const TABLE: &str =
    "CREATE TABLE secret (post TEXT PRIMARY KEY, phc TEXT NOT NULL) STRICT, WITHOUT ROWID;";

/// All posts that have a passphrase, with its hash.
///
/// # Errors
/// The engine's.
pub fn all(connection: &Connection) -> Result<Vec<(String, String)>, Trouble> {
    let mut statement = connection.prepare_cached("SELECT post, phc FROM secret ORDER BY post")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Sets the hash of a post's passphrase, or takes it away.
///
/// # Errors
/// The engine's.
pub fn set(connection: &Connection, post: &str, phc: Option<&str>) -> Result<(), Trouble> {
    match phc {
        Some(phc) => connection.execute(
            "INSERT INTO secret (post, phc) VALUES (?1, ?2) ON CONFLICT (post) DO UPDATE SET phc = excluded.phc",
            [post, phc],
        )?,
        None => connection.execute("DELETE FROM secret WHERE post = ?1", [post])?,
    };
    Ok(())
}
