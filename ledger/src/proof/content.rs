//! What an event commits to: one commitment for each part, and one root over the header and the commitments.
//! The root covers stored bytes, sealed ones included, so it still holds when a key is destroyed or bytes removed.

use blake3::Hasher;
use blake3::hazmat::{ContextKey, HasherExt};
use schemas::{Digest, Header, Part};

/// The BLAKE3 context of part commitments. It never changes.
pub const PART_CONTEXT: &str = "ent-ledger 2026 part v1";

/// The BLAKE3 context of content roots. It never changes.
pub const EVENT_CONTEXT: &str = "ent-ledger 2026 event v1";

/// The BLAKE3 context of key commitments: what ties a sealed part to the one key that opens it. It never changes.
pub const KEY_COMMIT_CONTEXT: &str = "ent-ledger 2026 key-commit v1";

// What each context is hashed to, so that it is not hashed again for every event: the hashers below are those of
// `Hasher::new_derive_key`. A test compares them.
const PART_KEY: ContextKey = [
    0x4d, 0x90, 0xd5, 0xf4, 0xa8, 0x41, 0xc9, 0x5f, 0x4e, 0x18, 0xf5, 0x24, 0xf6, 0xa6, 0x00, 0x68,
    0x65, 0x31, 0xb2, 0x15, 0xbe, 0x23, 0xae, 0xb4, 0x06, 0xc2, 0x5d, 0xd7, 0x01, 0x5c, 0x44, 0x76,
];
const EVENT_KEY: ContextKey = [
    0xb4, 0xfa, 0xba, 0x13, 0xce, 0xab, 0xf7, 0xb7, 0x67, 0x91, 0x42, 0x31, 0x7e, 0x03, 0x21, 0xf6,
    0x72, 0x28, 0x65, 0xa0, 0x13, 0x61, 0x2d, 0xdc, 0x44, 0xdc, 0xf9, 0x0b, 0xe9, 0xae, 0x68, 0xf5,
];
const KEY_COMMIT_KEY: ContextKey = [
    0x0b, 0x5a, 0xc7, 0x13, 0x15, 0x7c, 0x48, 0x2f, 0x98, 0xe7, 0x80, 0xc8, 0xf4, 0xd0, 0x63, 0x3e,
    0x5d, 0x43, 0x61, 0x7c, 0x19, 0x47, 0x48, 0xb6, 0xf4, 0x75, 0x79, 0xb9, 0xd5, 0x5b, 0x0a, 0xa0,
];

/// The content root of an event: BLAKE3 over the canonical header and the commitments of the parts, in order.
///
/// The header delimits itself, so no two events share the bytes that are hashed.
#[must_use]
pub fn content_root(header: &Header, parts: &[Part]) -> Digest {
    let mut hasher = Hasher::new_from_context_key(&EVENT_KEY);
    hasher.update(&header.encode());
    for part in parts {
        hasher.update(&part_commitment(part).0);
    }
    Digest(hasher.finalize().into())
}

/// The commitment of one part: BLAKE3 over its kind, the length of its bytes (64 bits, big-endian) and the bytes.
///
/// The bytes of a personal part are its subject and what is sealed. A removed part keeps the commitment it had.
#[must_use]
pub fn part_commitment(part: &Part) -> Digest {
    match part {
        Part::Public(bytes) => commitment(Part::PUBLIC, &[bytes]),
        Part::Personal { subject, sealed } => {
            commitment(Part::PERSONAL, &[&subject.bytes(), sealed])
        }
        Part::Removed { commitment } => *commitment,
    }
}

/// The key commitment of a sealed part: BLAKE3 over the subject's key and the nonce.
///
/// XChaCha20-Poly1305 alone does not commit to its key: without this, one ciphertext could be made to open to two
/// different texts under two keys.
#[must_use]
pub fn key_commitment(key: &[u8; 32], nonce: &[u8; 24]) -> Digest {
    let mut hasher = Hasher::new_from_context_key(&KEY_COMMIT_KEY);
    hasher.update(key);
    hasher.update(nonce);
    Digest(hasher.finalize().into())
}

fn commitment(kind: u8, pieces: &[&[u8]]) -> Digest {
    // A length in memory always fits 64 bits; saturating keeps the sum free of a failing case.
    let length = pieces.iter().fold(0_u64, |sum, piece| {
        sum.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX))
    });
    let mut hasher = Hasher::new_from_context_key(&PART_KEY);
    hasher.update(&[kind]);
    hasher.update(&length.to_be_bytes());
    for piece in pieces {
        hasher.update(piece);
    }
    Digest(hasher.finalize().into())
}

#[cfg(test)]
mod tests;
