//! How the journal finds the row of a file again that it has already.

use sha2::{Digest, Sha256};

use crate::case::Origin;

/// Where an origin is looked for first. Different origins with one hash stand at the next free numbers.
///
/// The upper half is that of the key without its last three characters, so that keys which follow each other in a file, as
/// most do, stand close to each other: a batch of an import then changes few pages of the list instead of all of them.
/// The hash is a cryptographic one, so that nobody can make a file whose keys all fall together.
pub fn hash(origin: &Origin) -> i64 {
    let key = origin.key.as_ref();
    let cut = key.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
    let near = Sha256::new()
        .chain_update(&*origin.profile)
        .chain_update([0])
        .chain_update(&key[..cut]);
    let exact = near.clone().chain_update([0]).chain_update(&key[cut..]);
    let half = |hasher: Sha256| {
        let [a, b, c, d, ..] = <[u8; 32]>::from(hasher.finalize());
        u64::from(u32::from_be_bytes([a, b, c, d]))
    };
    (half(near) << 32 | half(exact)).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(profile: &str, key: &str) -> i64 {
        hash(&Origin {
            profile: profile.into(),
            key: key.into(),
        })
    }

    #[test]
    fn profile_and_key_are_not_run_together() {
        assert_ne!(hash_of("a", "bc"), hash_of("ab", "c"));
        assert_ne!(hash_of("a", ""), hash_of("", "a"));
    }

    #[test]
    fn keys_that_follow_each_other_stand_close() {
        assert_eq!(
            hash_of("p", "18-00012345") >> 32,
            hash_of("p", "18-00012999") >> 32
        );
        assert_ne!(hash_of("p", "18-00012345"), hash_of("p", "18-00012346"));
        assert_ne!(
            hash_of("p", "18-00012345") >> 32,
            hash_of("p", "18-00013345") >> 32
        );
        assert_eq!(hash_of("p", "一二三四") >> 32, hash_of("p", "一五六七") >> 32);
    }
}
