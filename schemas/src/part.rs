//! The parts of a stored body: what anyone who may read the event reads, and what only the subject's key opens.

use crate::envelope::Digest;
use crate::id::SubjectId;

/// One part of an event's body, as the log stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Plain MessagePack: a map with named fields.
    Public(Vec<u8>),
    /// Personal fields, sealed with the subject's key: `nonce24 || ciphertext || key_commitment32`.
    Personal {
        /// Whose key seals the part.
        subject: SubjectId,
        /// The sealed bytes.
        sealed: Vec<u8>,
    },
    /// What is left of a part whose bytes were removed: only its commitment.
    Removed {
        /// The commitment that the removed bytes had.
        commitment: Digest,
    },
}

impl Part {
    /// The byte that stands for a public part in commitments and on disk.
    pub const PUBLIC: u8 = 1;
    /// The byte that stands for a personal part in commitments and on disk.
    pub const PERSONAL: u8 = 2;
    /// The byte that stands for a removed part on disk.
    pub const REMOVED: u8 = 3;
}
