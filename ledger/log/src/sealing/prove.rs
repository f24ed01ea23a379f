//! Proofs on request: that an event is in the log, and that one checkpoint goes on from another. A proof is checked
//! before it is given away.

use std::io;
use std::path::Path;
use std::sync::Arc;

use ledger::proof::checkpoint::Checkpoint;
use ledger::proof::facts_file::{CarriedFact, FactsProof};
use ledger::proof::leaf::{leaf_entry, leaf_hash};
use ledger::proof::note::VerifierKey;
use ledger::proof::proof_file::{ConsistencyProof, InclusionProof};
use ledger::proof::tree::{
    ProofError, TreeHash, consistency_path, inclusion_path, verify_consistency, verify_inclusion,
};
use ledger::proof::trust::TrustedKeys;
use schemas::{Part, StoredEvent};

use super::error::SealError;
use super::held::{HeldCheckpoint, believe, read_text};
use super::rotation::key_changes;
use super::tiles::TileFolder;
use super::{checkpoint_path, public_key_path};
use crate::embedded::disk::Disk;
use crate::seeded::{self, SeededBug};

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The ledger was never sealed.
    #[error("the ledger has no checkpoint yet")]
    NotSealed,
    /// The event is newer than the newest checkpoint.
    #[error("event {position} is not sealed yet: the newest checkpoint has {size} events")]
    NotYet {
        /// The event.
        position: u64,
        /// The size of the newest checkpoint.
        size: u64,
    },
    /// The checkpoint to go on from is not of this log, or is newer.
    #[error("a checkpoint of {size} events of `{origin}` is not an earlier one of `{own}`")]
    OtherLog {
        /// The size of the checkpoint that was shown.
        size: u64,
        /// Its log.
        origin: String,
        /// This log.
        own: String,
    },
    /// The two checkpoints are not of one history.
    #[error("the checkpoint that was shown is of another history")]
    Fork(#[source] ProofError),
    /// The tiles do not give what was signed.
    #[error("the tiles do not give the signed root: stop the service, run `deedbook doctor`")]
    Tiles(#[source] ProofError),
    /// The tiles cannot be read.
    #[error("the tiles cannot be read")]
    Unreadable(#[source] io::Error),
    /// The folder of proofs cannot be used.
    #[error("the folder of proofs cannot be used: {reason}")]
    Folder {
        /// What is wrong.
        reason: String,
    },
}

/// Gives proofs from the folder of proofs alone, while the service runs or not.
pub struct Prover {
    tiles: TileFolder,
    held: HeldCheckpoint,
    key: VerifierKey,
}

impl Prover {
    /// Reads the newest checkpoint of a folder of proofs.
    ///
    /// # Errors
    /// When there is none, or it is not signed by the key beside it.
    pub fn open(disk: Arc<dyn Disk>, proofs: &Path) -> Result<Self, ProveError> {
        let text = |path: &Path| {
            let read = read_text(&*disk, path);
            read.map_err(|error: SealError| ProveError::Folder { reason: error.to_string() })
        };
        let key = text(&public_key_path(proofs))?.ok_or(ProveError::NotSealed)?;
        let key: VerifierKey = key.trim().parse().map_err(|error| ProveError::Folder {
            reason: format!("the public key is not one: {error}"),
        })?;
        let note = text(&checkpoint_path(proofs))?.ok_or(ProveError::NotSealed)?;
        let held = believe(&note, &TrustedKeys::from(key.clone()))
            .map_err(|doubt| ProveError::Folder { reason: doubt.reason })?;
        Ok(Self { tiles: TileFolder::new(disk, proofs), held, key })
    }

    /// The newest checkpoint.
    #[must_use]
    pub const fn newest(&self) -> &HeldCheckpoint {
        &self.held
    }

    /// The key that checks it.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The proof that this event is at its position, in the text form of tlog-proof.
    ///
    /// # Errors
    /// When it is not sealed yet, or the tiles do not lead to the signed root.
    pub fn inclusion(&self, event: &StoredEvent) -> Result<InclusionProof, ProveError> {
        let (position, size) = (event.position.0, self.size());
        if position >= size {
            return Err(ProveError::NotYet { position, size });
        }
        let path = inclusion_path(&self.tiles.nodes(size), position, size)
            .map_err(ProveError::Unreadable)?;
        let root = ledger::proof::content_root(&event.header, &event.parts);
        let leaf = leaf_hash(&leaf_entry(event.position, &root));
        verify_inclusion(&leaf, position, size, &path, &self.root()).map_err(ProveError::Tiles)?;
        Ok(InclusionProof { index: position, path, checkpoint: self.held.note.clone() })
    }

    /// The proof that the newest checkpoint goes on from an earlier one.
    ///
    /// # Errors
    /// When the earlier one is of another log or another history, or the tiles cannot be read.
    pub fn consistency(&self, old: &Checkpoint) -> Result<ConsistencyProof, ProveError> {
        let own = &self.held.checkpoint;
        if old.origin != own.origin || old.size > own.size || old.size == 0 {
            let (size, origin, own) = (old.size, old.origin.clone(), own.origin.clone());
            return Err(ProveError::OtherLog { size, origin, own });
        }
        let mut path = consistency_path(&self.tiles.nodes(own.size), old.size, own.size)
            .map_err(ProveError::Unreadable)?;
        if seeded::has(SeededBug::ProofShortAtPowerOfTwo) && own.size.is_power_of_two() {
            path.pop();
        }
        verify_consistency(old.size, &old.root, own.size, &own.root, &path)
            .map_err(ProveError::Fork)?;
        let (old_size, old_root) = (old.size, old.root);
        Ok(ConsistencyProof { old_size, old_root, path, checkpoint: self.held.note.clone() })
    }

    /// The changes of this log's key among these events of the ledger's own stream, as far as they are sealed: whoever kept
    /// an earlier key believes the present one by them.
    ///
    /// # Errors
    /// When the tiles do not lead to the signed root.
    pub fn key_changes(&self, ledger_stream: &[StoredEvent]) -> Result<FactsProof, ProveError> {
        let is_change = |event: &&StoredEvent| {
            let changes = key_changes(std::slice::from_ref(*event));
            // Those of a ledger that this one was copied from are about other keys.
            let own = format!("{}+", self.key.name());
            changes.iter().any(|change| change.fact.new.starts_with(&own))
        };
        let sealed = ledger_stream.iter().filter(|event| event.position.0 < self.size());
        self.facts(&sealed.filter(is_change).cloned().collect::<Vec<_>>())
    }

    /// These facts, which are in the order of the log, each with its path to the newest checkpoint.
    ///
    /// # Errors
    /// When one is not sealed yet, or the tiles do not lead to the signed root.
    pub fn facts(&self, events: &[StoredEvent]) -> Result<FactsProof, ProveError> {
        let mut facts = Vec::with_capacity(events.len());
        for event in events {
            let InclusionProof { index, path, .. } = self.inclusion(event)?;
            let Some(Part::Public(body)) = event.parts.first() else { continue };
            let (header, body) = (event.header.encode(), body.clone());
            facts.push(CarriedFact { index, header, body, path });
        }
        Ok(FactsProof { facts, checkpoint: self.held.note.clone() })
    }

    fn size(&self) -> u64 {
        self.held.checkpoint.size
    }

    fn root(&self) -> TreeHash {
        self.held.checkpoint.root
    }
}
