//! The chain of hashes that binds every entry of the journal to all entries before it.
//!
//! SHA-256 throughout; whole numbers are 8 bytes, the most significant first; a text is its length in bytes as such a
//! number, then its bytes in UTF-8:
//!
//! ```text
//! start      = SHA-256("yipanqi journal 1", text(book id))
//! body       = SHA-256(at_ms, text(actor), text(seat), text(action))
//! hash of n  = SHA-256(hash of n - 1, or start, n, case_id, version, body of n)
//! ```
//!
//! So every column of the table counts, and no two rows have one encoding. The body is a hash of its own because it can be
//! computed before the entry has its number.

use sha2::{Digest, Sha256};

use super::photo;

/// A SHA-256.
pub type Hash = [u8; 32];

/// Stands before the book's id in the first hash.
const DOMAIN: &[u8] = b"yipanqi journal 1";

/// What stands before the first entry of the book with that id.
pub fn start(book: &str) -> Hash {
    let mut hasher = Sha256::new_with_prefix(DOMAIN);
    text(&mut hasher, book.as_bytes());
    hasher.finalize().into()
}

/// The hash of what an entry says, apart from its place.
pub fn body(at_ms: i64, actor: &[u8], seat: &[u8], action: &[u8]) -> Hash {
    let mut hasher = Sha256::new_with_prefix(at_ms.to_be_bytes());
    for part in [actor, seat, action] {
        text(&mut hasher, part);
    }
    hasher.finalize().into()
}

/// The hash of the entry `seq`, which follows the one whose hash is `previous`.
pub fn link(previous: &Hash, seq: i64, case: i64, version: i64, body: &Hash) -> Hash {
    let mut bytes = [0; 88];
    bytes[..32].copy_from_slice(previous);
    bytes[32..40].copy_from_slice(&seq.to_be_bytes());
    bytes[40..48].copy_from_slice(&case.to_be_bytes());
    bytes[48..56].copy_from_slice(&version.to_be_bytes());
    bytes[56..].copy_from_slice(body);
    Sha256::digest(bytes).into()
}

fn text(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}

/// A hash as it is shown: 64 hexadecimal digits.
pub fn shown(hash: &Hash) -> String {
    photo::hex(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_not_run_together() {
        assert_ne!(body(0, b"ab", b"c", b"d"), body(0, b"a", b"bc", b"d"));
        assert_ne!(body(0, b"", b"a", b"d"), body(0, b"a", b"", b"d"));
    }

    #[test]
    fn every_part_counts() {
        let (a, b) = ([1; 32], [2; 32]);
        let first = link(&a, 1, 2, 3, &a);
        let others = [
            link(&b, 1, 2, 3, &a),
            link(&a, 2, 2, 3, &a),
            link(&a, 1, 3, 3, &a),
            link(&a, 1, 2, 4, &a),
            link(&a, 1, 2, 3, &b),
        ];
        assert!(others.iter().all(|other| *other != first));
    }

    /// The format of the chain is fixed: hashes that were printed must hold for ever. Computed with Python's hashlib.
    #[test]
    fn hashes_are_what_another_program_computes() {
        let start = start("0123456789abcdef0123456789abcdef");
        assert_eq!(
            shown(&start),
            "4fd14e656a6bee05245118c7d67e73a5e1feca6dd779b17c4bdbefbeb9f770c9"
        );
        let body = body(
            1_772_000_000_123,
            b"dispatcher-1",
            b"seat-1",
            "{\"do\":\"受理\"}".as_bytes(),
        );
        assert_eq!(
            shown(&body),
            "2528ee20f7953c9467dde80f70f6cbb240d484ee9d0aa9f063e3781bc8b9f8df"
        );
        assert_eq!(
            shown(&link(&start, 1, 1, 1, &body)),
            "8e70c6a299ad2cb8cc79e7087f34fe8701e7a2ff434bfb895ce492a31a722f11"
        );
    }
}
