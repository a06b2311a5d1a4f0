//! How the journal finds the row of a file again that it has already.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::case::Origin;

/// Where an origin is looked for first. Different origins with one hash stand at the next free numbers.
///
/// The upper half is that of the key without its last three characters, so that keys which follow each other in a file, as
/// most do, stand close to each other: a batch of an import then changes few pages of the list instead of all of them.
/// The hash is a cryptographic one, so that nobody can make a file whose keys all fall together.
pub fn hash(origin: &Origin) -> i64 {
    Hasher::default().hash(origin)
}

/// Computes [`hash`] of one origin after the other, and what those that stand close have in common only once.
#[derive(Clone, Debug, Default)]
pub struct Hasher {
    profile: Arc<str>,
    /// Of the last key, all but the last three characters.
    near: String,
    state: Sha256,
    upper: u64,
}

impl Hasher {
    /// See [`hash`].
    pub fn hash(&mut self, origin: &Origin) -> i64 {
        let key = origin.key.as_ref();
        let cut = key.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
        let (near, end) = key.split_at(cut);
        if self.upper == 0 || self.near != near || self.profile != origin.profile {
            self.profile = origin.profile.clone();
            near.clone_into(&mut self.near);
            self.state = Sha256::new()
                .chain_update(&*origin.profile)
                .chain_update([0])
                .chain_update(near);
            self.upper = half(self.state.clone()) << 32;
        }
        let exact = self.state.clone().chain_update([0]).chain_update(end);
        (self.upper | half(exact)).cast_signed()
    }
}

/// The first four bytes of a hash.
fn half(hasher: Sha256) -> u64 {
    let [a, b, c, d, ..] = <[u8; 32]>::from(hasher.finalize());
    u64::from(u32::from_be_bytes([a, b, c, d]))
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

    /// Hashes of books that exist must stay what they are. Computed with Python's hashlib.
    #[test]
    fn hashes_are_what_another_program_computes() {
        let known = [
            ("p", "18-00012345", 5_344_263_688_558_295_815),
            ("p", "18-00012346", 5_344_263_690_515_409_102),
            ("q", "18-00012346", 7_872_675_771_943_526_256),
            ("q", "", -2_770_007_777_300_100_526),
        ];
        let mut hasher = Hasher::default();
        for (profile, key, hash) in known {
            let origin = Origin {
                profile: profile.into(),
                key: key.into(),
            };
            assert_eq!(super::hash(&origin), hash, "{key}");
            assert_eq!(hasher.hash(&origin), hash, "{key} after others");
        }
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
