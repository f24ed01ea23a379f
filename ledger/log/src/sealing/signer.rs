//! The one who holds the key. It remembers what it signed last, durably and before it answers, and signs only what
//! goes on from there: a local witness against the rest of the process.

use std::path::PathBuf;
use std::sync::Arc;

use ledger::proof::checkpoint::Checkpoint;
use ledger::proof::note::{NoteError, VerifierKey, sign};
use ledger::proof::tree::{ProofError, TreeHash, verify_consistency};

use super::error::SealError;
use super::rotation::LogKeys;
use crate::embedded::disk::{self, Disk};

/// Signs the checkpoints of one ledger.
pub struct Signer {
    keys: LogKeys,
    disk: Arc<dyn Disk>,
    memory: PathBuf,
    last: Option<Checkpoint>,
}

/// Why a checkpoint is not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignRefusal {
    /// It has fewer events than the one before.
    #[error("a checkpoint of {size} events was asked for after one of {last}")]
    Smaller {
        /// What was asked for.
        size: u64,
        /// What was signed before.
        last: u64,
    },
    /// It has the same events and another root.
    #[error("two roots for the first {size} events")]
    OtherRoot {
        /// The events.
        size: u64,
    },
    /// It does not go on from the one before.
    #[error("the tree does not go on from the checkpoint that was signed before")]
    NotConsistent(#[source] ProofError),
    /// The note cannot be made.
    #[error("the checkpoint cannot be written as a note")]
    Note(#[from] NoteError),
}

impl Signer {
    /// A signer with these keys that remembers in this file what it signed last.
    pub(super) fn new(
        keys: LogKeys,
        disk: Arc<dyn Disk>,
        memory: PathBuf,
        last: Option<Checkpoint>,
    ) -> Self {
        Self { keys, disk, memory, last }
    }

    /// The public key.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        self.keys.own().verifier()
    }

    /// What was signed last.
    #[must_use]
    pub const fn last(&self) -> Option<&Checkpoint> {
        self.last.as_ref()
    }

    /// Signs that the tree of this size has this root, when the path shows that it goes on from what was signed
    /// before. The signer's memory is durable when this returns.
    ///
    /// # Errors
    /// When the tree does not go on from there, or the memory cannot be written.
    pub fn sign(
        &mut self,
        size: u64,
        root: TreeHash,
        path: &[TreeHash],
    ) -> Result<String, SealError> {
        if let Some(last) = &self.last {
            Self::check(last, size, &root, path)?;
        }
        let origin = self.keys.own().name().to_owned();
        let checkpoint = Checkpoint { origin, size, root };
        let note = sign(&checkpoint.to_text(), &self.keys.signing()).map_err(SignRefusal::from)?;
        disk::write_whole(&*self.disk, &self.memory, note.as_bytes())
            .map_err(SealError::io("remember the checkpoint in", &self.memory))?;
        self.last = Some(checkpoint);
        Ok(note)
    }

    fn check(
        last: &Checkpoint,
        size: u64,
        root: &TreeHash,
        path: &[TreeHash],
    ) -> Result<(), SignRefusal> {
        if size < last.size {
            return Err(SignRefusal::Smaller { size, last: last.size });
        }
        if size == last.size {
            let same = *root == last.root;
            return if same { Ok(()) } else { Err(SignRefusal::OtherRoot { size }) };
        }
        verify_consistency(last.size, &last.root, size, root, path)
            .map_err(SignRefusal::NotConsistent)
    }
}
