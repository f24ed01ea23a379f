//! What an event commits to: one commitment for each part, and one root over the header and the commitments.
//! The root covers stored bytes, sealed ones included, so it still holds when a key is destroyed or bytes removed.

use std::sync::LazyLock;

use blake3::Hasher;
use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
use schemas::{Digest, Header, Part};

/// The BLAKE3 context of part commitments. It never changes.
pub const PART_CONTEXT: &str = "ent-ledger 2026 part v1";

/// The BLAKE3 context of content roots. It never changes.
pub const EVENT_CONTEXT: &str = "ent-ledger 2026 event v1";

/// The BLAKE3 context of key commitments: what ties a sealed part to the one key that opens it. It never changes.
pub const KEY_COMMIT_CONTEXT: &str = "ent-ledger 2026 key-commit v1";

// What a context is hashed to, once: the hashers below are the same as `Hasher::new_derive_key`.
static PART_KEY: LazyLock<ContextKey> = LazyLock::new(|| hash_derive_key_context(PART_CONTEXT));
static EVENT_KEY: LazyLock<ContextKey> = LazyLock::new(|| hash_derive_key_context(EVENT_CONTEXT));
static KEY_COMMIT_KEY: LazyLock<ContextKey> =
    LazyLock::new(|| hash_derive_key_context(KEY_COMMIT_CONTEXT));

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
