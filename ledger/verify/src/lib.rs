//! What a stranger checks with the published key: that an event is in the log, and that a later log only adds to an
//! earlier one. Trusts the published format and the key alone; knows nothing of the service, the log's files or the
//! network.

use std::slice;

use ledger::proof::leaf::{leaf_entry, leaf_hash};
use ledger::proof::tree::{verify_consistency, verify_inclusion};
use ledger::proof::{
    Checkpoint, CheckpointError, ConsistencyProof, InclusionProof, ProofError, ProofFileError,
    VerifierKey,
};
use schemas::{Digest, LogPosition};

/// Why a proof is not believed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The text is not a proof of the kind that was asked for.
    #[error("the file is not such a proof")]
    NotAProof(#[source] ProofFileError),
    /// A checkpoint is malformed, or this key did not sign it.
    #[error("the {which} checkpoint is not believed")]
    Checkpoint {
        /// Which of the checkpoints.
        which: &'static str,
        /// What is wrong with it.
        #[source]
        reason: CheckpointError,
    },
    /// The key signed a checkpoint of a log that does not bear its name.
    #[error("the {which} checkpoint is of `{origin}`, the key is that of `{key}`")]
    OtherLog {
        /// Which of the checkpoints.
        which: &'static str,
        /// The log that the checkpoint names.
        origin: String,
        /// The log that the key names.
        key: String,
    },
    /// The proof goes on from, or leads to, another checkpoint than the one that was shown.
    #[error("the proof is not about the {which} checkpoint that was shown")]
    OtherCheckpoint {
        /// Which of the checkpoints.
        which: &'static str,
    },
    /// The hashes do not lead to what was signed.
    #[error("the proof does not lead to what was signed")]
    DoesNotHold(#[source] ProofError),
}

/// The checkpoint in this signed note, if this key signed it for its own log.
///
/// # Errors
/// When it did not, or the note is malformed.
pub fn checkpoint(
    note: &str,
    key: &VerifierKey,
    which: &'static str,
) -> Result<Checkpoint, Refusal> {
    let (checkpoint, _) = Checkpoint::open(note, slice::from_ref(key))
        .map_err(|reason| Refusal::Checkpoint { which, reason })?;
    if checkpoint.origin != key.name() {
        let (origin, key) = (checkpoint.origin, key.name().to_owned());
        return Err(Refusal::OtherLog { which, origin, key });
    }
    Ok(checkpoint)
}

/// Whether this proof shows an event with this content root in the log of this key. Answers with the event's
/// position and the checkpoint that vouches for it.
///
/// # Errors
/// When it does not.
pub fn inclusion(
    proof: &str,
    content_root: &Digest,
    key: &VerifierKey,
) -> Result<(LogPosition, Checkpoint), Refusal> {
    let proof = InclusionProof::parse(proof).map_err(Refusal::NotAProof)?;
    let signed = checkpoint(&proof.checkpoint, key, "proof's")?;
    let position = LogPosition(proof.index);
    let leaf = leaf_hash(&leaf_entry(position, content_root));
    verify_inclusion(&leaf, proof.index, signed.size, &proof.path, &signed.root)
        .map_err(Refusal::DoesNotHold)?;
    Ok((position, signed))
}

/// Whether this proof shows that the log at the new checkpoint only adds to what it was at the old one. Answers with
/// both.
///
/// # Errors
/// When it does not.
pub fn consistency(
    old: &str,
    new: &str,
    proof: &str,
    key: &VerifierKey,
) -> Result<(Checkpoint, Checkpoint), Refusal> {
    let old = checkpoint(old, key, "old")?;
    let new = checkpoint(new, key, "new")?;
    let proof = ConsistencyProof::parse(proof).map_err(Refusal::NotAProof)?;
    if (proof.old_size, proof.old_root) != (old.size, old.root) {
        return Err(Refusal::OtherCheckpoint { which: "old" });
    }
    if checkpoint(&proof.checkpoint, key, "proof's")? != new {
        return Err(Refusal::OtherCheckpoint { which: "new" });
    }
    verify_consistency(old.size, &old.root, new.size, &new.root, &proof.path)
        .map_err(Refusal::DoesNotHold)?;
    Ok((old, new))
}
