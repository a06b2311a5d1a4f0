//! Passphrases of posts: hashed with Argon2id, kept as PHC strings in a table of the book.
//!
//! What this protects against: that somebody who passes by an empty seat acts in another post's name, and that a
//! passphrase is read from the book or its backup. What not: whoever can write the book's file can take a hash away or put
//! one in, and can write entries in any name without this program. It is a door, not a safe.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// Memory of one hash, in KiB, its passes and its lanes: what OWASP names first for Argon2id. About 30 ms on a desk machine.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// A passphrase has at least so many characters.
pub const MIN_CHARS: usize = 6;

/// A passphrase has at most so many characters.
pub const MAX_CHARS: usize = 128;

fn hasher() -> Result<Argon2<'static>, String> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of a passphrase with a salt of its own, as a PHC string. Takes long on purpose: not for a frame.
///
/// # Errors
/// Where the system gives no random numbers, in words.
pub fn hash(passphrase: &str) -> Result<String, String> {
    let hash: PasswordHash = hasher()?
        .hash_password(passphrase.as_bytes())
        .map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

/// Whether the passphrase is the one that was hashed. Takes long on purpose: not for a frame.
///
/// # Errors
/// Where the hash can't be read, in words.
pub fn verify(passphrase: &str, phc: &str) -> Result<bool, String> {
    let hash = PasswordHash::new(phc).map_err(|error| error.to_string())?;
    // The hash names its own cost.
    match Argon2::default().verify_password(passphrase.as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_passphrase_opens_and_no_other() {
        let phc = hash("样例口令 1").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_eq!(verify("样例口令 1", &phc), Ok(true));
        assert_eq!(verify("样例口令 2", &phc), Ok(false));
        assert_ne!(hash("样例口令 1").unwrap(), phc, "each has a salt of its own");
        assert!(verify("x", "no hash").is_err());
    }
}
