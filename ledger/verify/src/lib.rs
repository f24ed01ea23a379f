//! What a stranger checks with the published key: that an event is in the log, and that a later log only adds to an
//! earlier one. Trusts the published format and the key alone; knows nothing of the service, the log's files or the
//! network.

use ledger::proof::leaf::{leaf_entry, leaf_hash};
use ledger::proof::tree::{verify_consistency, verify_inclusion};
use ledger::proof::{
    Checkpoint, ConsistencyProof, FactsFileError, FactsProof, FactsRefusal, InclusionProof,
    ProofError, ProofFileError, TrustedKeys, Untrusted, VerifierKey,
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
        reason: Untrusted,
    },
    /// The file does not tell how keys follow each other.
    #[error("the file does not tell how keys follow each other")]
    NotAboutKeys(#[source] FactsFileError),
    /// What it tells makes nobody believe another key.
    #[error("the key that was kept leads to no other")]
    KeyNotFollowed(#[source] FactsRefusal),
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

/// The keys that are to be believed by whoever kept this one, from a file that tells how keys of the log followed each
/// other: each is vouched for by the one before, and the facts that say so are in the log that the newest one signs.
///
/// # Errors
/// When the file is none, or does not lead from the key that was kept to the one that signed it.
pub fn followed(file: &str, kept: &VerifierKey) -> Result<TrustedKeys, Refusal> {
    let file = FactsProof::parse(file).map_err(Refusal::NotAboutKeys)?;
    let shown = file.open(std::slice::from_ref(kept)).map_err(Refusal::KeyNotFollowed)?;
    Ok(shown.keys)
}

/// The checkpoint in this signed note, if it is believed with these keys.
///
/// # Errors
/// When it is not, or the note is malformed.
pub fn checkpoint(
    note: &str,
    keys: &TrustedKeys,
    which: &'static str,
) -> Result<Checkpoint, Refusal> {
    keys.open(note).map_err(|reason| Refusal::Checkpoint { which, reason })
}

/// Whether this proof shows an event with this content root in the log of these keys. Answers with the event's
/// position and the checkpoint that vouches for it.
///
/// # Errors
/// When it does not.
pub fn inclusion(
    proof: &str,
    content_root: &Digest,
    keys: &TrustedKeys,
) -> Result<(LogPosition, Checkpoint), Refusal> {
    let proof = InclusionProof::parse(proof).map_err(Refusal::NotAProof)?;
    let signed = checkpoint(&proof.checkpoint, keys, "proof's")?;
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
    keys: &TrustedKeys,
) -> Result<(Checkpoint, Checkpoint), Refusal> {
    let old = checkpoint(old, keys, "old")?;
    let new = checkpoint(new, keys, "new")?;
    let proof = ConsistencyProof::parse(proof).map_err(Refusal::NotAProof)?;
    if (proof.old_size, proof.old_root) != (old.size, old.root) {
        return Err(Refusal::OtherCheckpoint { which: "old" });
    }
    if checkpoint(&proof.checkpoint, keys, "proof's")? != new {
        return Err(Refusal::OtherCheckpoint { which: "new" });
    }
    verify_consistency(old.size, &old.root, new.size, &new.root, &proof.path)
        .map_err(Refusal::DoesNotHold)?;
    Ok((old, new))
}
