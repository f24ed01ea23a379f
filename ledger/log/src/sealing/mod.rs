//! Signed statements about the log: a Merkle tree over the content roots of all events, kept as tiles beside the
//! log, and checkpoints that say how many events there are and what the tree's root is. Knows the embedded log and
//! the arithmetic of proofs, and nothing of rules or views.
//!
//! INVARIANT (read back before signing): what is signed was read again from the segment files, hashed again, and
//! found to end in the very hash that the writer holds in memory.

mod audit;
mod edge;
mod error;
mod held;
mod key;
mod prove;
mod rotation;
mod sealer;
mod signer;
mod task;
mod tiles;

use std::path::{Path, PathBuf};

pub use audit::{Audit, AuditReport, ProofFinding};
pub use error::SealError;
pub use held::{Held, HeldCheckpoint};
pub use key::{LogKeyError, create_log_key, expect_key_of, log_key_path, open_log_key, origin};
pub use prove::{ProveError, Prover};
pub use rotation::{
    LogKeys, OVERLAP_DAYS, RotatedKey, key_changes, names_a_log_key, settle_log_keys, signs_until,
    stage_log_key,
};
pub use sealer::Sealer;
pub use signer::{SignRefusal, Signer};
pub use task::{SealHealth, Sealing};
pub use tiles::TileFolder;

/// The folder of checkpoint, public key and tiles inside a data folder. All of it is public.
#[must_use]
pub fn proofs_folder(data: &Path) -> PathBuf {
    data.join("proofs")
}

/// The newest checkpoint, as a signed note.
pub(crate) fn checkpoint_path(proofs: &Path) -> PathBuf {
    proofs.join("checkpoint")
}

/// The public key that checks it.
pub(crate) fn public_key_path(proofs: &Path) -> PathBuf {
    proofs.join("log.vkey")
}

/// What the signer signed last. It lies with the key and is backed up with it, apart from the log: an older log
/// beside newer keys is noticed.
pub(crate) fn signed_path(keys: &Path) -> PathBuf {
    keys.join("log.signed")
}
