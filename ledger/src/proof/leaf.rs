//! The leaf of the tree for one event: what ties a content root to its position in the log.

use schemas::{Digest, LogPosition};
use sha2::{Digest as _, Sha256};

use super::tree::TreeHash;

/// The length of a leaf entry, in bytes.
pub const LEAF_ENTRY_BYTES: usize = 41;

/// The version of the leaf entry that is written: its first byte.
pub const LEAF_ENTRY_VERSION: u8 = 1;

/// The leaf entry of an event: version, position (64 bits, big-endian), content root.
#[must_use]
pub fn leaf_entry(position: LogPosition, content_root: &Digest) -> [u8; LEAF_ENTRY_BYTES] {
    let mut entry = [0; LEAF_ENTRY_BYTES];
    let position = position.0.to_be_bytes();
    let bytes = [LEAF_ENTRY_VERSION].into_iter().chain(position).chain(content_root.0);
    entry.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    entry
}

/// The position and content root that a leaf entry binds; `None` when it is not an entry of a version known here.
#[must_use]
pub fn parse_leaf_entry(entry: &[u8]) -> Option<(LogPosition, Digest)> {
    let (version, rest) = entry.split_first()?;
    let (position, root) = rest.split_first_chunk::<8>()?;
    let root: [u8; 32] = root.try_into().ok()?;
    (*version == LEAF_ENTRY_VERSION)
        .then(|| (LogPosition(u64::from_be_bytes(*position)), Digest(root)))
}

/// The hash of a leaf as RFC 9162 has it: SHA-256 over a zero byte and the entry.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> TreeHash {
    TreeHash(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_is_version_position_and_root() {
        let entry = leaf_entry(LogPosition(0x0102_0304_0506_0708), &Digest([9; 32]));
        assert_eq!(entry[..9], [1, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(entry[9..], [9; 32]);
        let back = parse_leaf_entry(&entry);
        assert_eq!(back, Some((LogPosition(0x0102_0304_0506_0708), Digest([9; 32]))));
    }

    #[test]
    fn an_entry_of_another_version_or_length_is_not_read() {
        let entry = leaf_entry(LogPosition(7), &Digest([9; 32]));
        let mut newer = entry;
        newer[0] = 2;
        assert_eq!(parse_leaf_entry(&newer), None);
        assert_eq!(parse_leaf_entry(&entry[..40]), None);
        assert_eq!(parse_leaf_entry(&[&entry[..], &[0]].concat()), None);
        assert_eq!(parse_leaf_entry(&[]), None);
    }

    #[test]
    fn leaf_hashes_are_the_published_ones() {
        let hex = |bytes: &[u8]| Digest(leaf_hash(bytes).0).to_string();
        assert_eq!(hex(b""), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(hex(&[0]), "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
    }
}
