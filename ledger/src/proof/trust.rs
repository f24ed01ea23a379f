//! Which keys somebody believes: those that were kept, and those that the log shows to follow or to precede them.

use schemas::LogPosition;
use schemas::ledger::LogKeyRotated;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::note::{NoteError, VerifierKey};
use super::rotation::{KeyChain, Rotation, RotationError};

/// The keys that are believed of one log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedKeys {
    kept: Vec<VerifierKey>,
    chain: KeyChain,
}

/// Why a checkpoint is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// It is malformed, or no key that is believed signed it.
    #[error("{}", note_first(.0))]
    Checkpoint(#[source] CheckpointError),
    /// The key in force at its size did not sign it, only one that was replaced before.
    #[error("only a key that was replaced before signed the note")]
    Replaced,
    /// The key signed a checkpoint of a log that does not bear its name.
    #[error("it is of `{origin}`, the key is that of `{key}`")]
    OtherLog {
        /// The log that the checkpoint names.
        origin: String,
        /// The log that the key names.
        key: String,
    },
}

/// The note's own error where it is one: the words around it say nothing more.
fn note_first(error: &CheckpointError) -> String {
    match error {
        CheckpointError::Note(note) => note.to_string(),
        CheckpointError::Lines | CheckpointError::Size | CheckpointError::Root => error.to_string(),
    }
}

impl TrustedKeys {
    /// These keys, all of one log, before anything of the log is known.
    #[must_use]
    pub fn of(kept: impl Into<Vec<VerifierKey>>) -> Self {
        Self { kept: kept.into(), chain: KeyChain::default() }
    }

    /// The log whose keys they are; `None` without a key.
    #[must_use]
    pub fn log(&self) -> Option<&str> {
        self.kept.first().map(VerifierKey::name)
    }

    /// Takes in a change of key that the log holds at this position, which is after all others. Those of another log are
    /// passed by: a ledger that went on from a copy has them in its past.
    ///
    /// # Errors
    /// When the change does not hold.
    pub fn take(
        &mut self,
        position: LogPosition,
        fact: &LogKeyRotated,
    ) -> Result<(), RotationError> {
        let rotation = Rotation::of(fact)?;
        if self.log() == Some(rotation.log()) { self.chain.take(position, fact) } else { Ok(()) }
    }

    /// The changes of key that the log holds.
    #[must_use]
    pub const fn chain(&self) -> &KeyChain {
        &self.chain
    }

    /// Whether the changes that the log holds are about a key that was kept, or there are none.
    #[must_use]
    pub fn is_linked(&self) -> bool {
        let keys = self.chain.keys();
        keys.is_empty() || keys.iter().any(|key| self.kept.contains(key))
    }

    /// All keys that are believed.
    #[must_use]
    pub fn known(&self) -> Vec<VerifierKey> {
        let mut known = self.kept.clone();
        if self.is_linked() {
            known.extend(self.chain.keys().into_iter().filter(|key| !self.kept.contains(key)));
        }
        known
    }

    /// The key that signs now, as far as is known: the newest that the log shows, or the one that was kept first.
    #[must_use]
    pub fn newest(&self) -> Option<&VerifierKey> {
        let shown = self.chain.newest().filter(|_| self.is_linked());
        shown.or(self.kept.first())
    }

    /// The checkpoint in this signed note, if it is believed: the key signed it that was in force at its size.
    ///
    /// # Errors
    /// When it is not.
    pub fn open(&self, note: &str) -> Result<Checkpoint, Untrusted> {
        let opened = Checkpoint::open(note, &self.known());
        let (checkpoint, signers) = opened.map_err(Untrusted::Checkpoint)?;
        let name = signers.first().map(VerifierKey::name).unwrap_or_default();
        if checkpoint.origin != name {
            let (origin, key) = (checkpoint.origin, name.to_owned());
            return Err(Untrusted::OtherLog { origin, key });
        }
        match self.chain.in_force(checkpoint.size).filter(|_| self.is_linked()) {
            Some(wanted) if !signers.contains(wanted) => Err(Untrusted::Replaced),
            Some(_) | None => Ok(checkpoint),
        }
    }
}

impl Untrusted {
    /// Whether nobody who is believed signed it, as opposed to a signature that is wrong.
    #[must_use]
    pub fn is_of_nobody_known(&self) -> bool {
        match self {
            Self::Checkpoint(CheckpointError::Note(error)) => *error == NoteError::Unsigned,
            Self::Replaced => true,
            Self::Checkpoint(_) | Self::OtherLog { .. } => false,
        }
    }
}

impl From<VerifierKey> for TrustedKeys {
    fn from(key: VerifierKey) -> Self {
        Self::of([key])
    }
}

#[cfg(test)]
mod tests {
    use super::super::note::SignerKey;
    use super::super::tree::TreeHash;
    use super::*;

    const LOG: &str = "ledger.orbit/v1/0198";

    fn key(seed: u8) -> SignerKey {
        SignerKey::from_seed(LOG, &[seed; 32]).unwrap()
    }

    fn note(size: u64, keys: &[u8]) -> String {
        let keys: Vec<_> = keys.iter().map(|seed| key(*seed)).collect();
        let checkpoint = Checkpoint { origin: LOG.to_owned(), size, root: TreeHash([3; 32]) };
        checkpoint.sign(&keys.iter().collect::<Vec<_>>()).unwrap()
    }

    /// What somebody who kept this key knows when the second took over with event 4 and the third with event 7.
    fn followed(kept: u8) -> TrustedKeys {
        let mut keys = TrustedKeys::from(key(kept).verifier());
        for (at, old, new) in [(4, 1, 2), (7, 2, 3)] {
            let fact = Rotation::sign(&key(old), &key(new)).unwrap();
            keys.take(LogPosition(at), &fact).unwrap();
        }
        keys
    }

    #[test]
    fn whoever_kept_any_key_of_the_chain_believes_the_key_in_force_at_each_size() {
        for kept in [1, 2, 3] {
            let keys = followed(kept);
            for (size, right) in [(1, 1), (4, 1), (5, 2), (7, 2), (8, 3), (90, 3)] {
                assert!(keys.open(&note(size, &[right])).is_ok(), "{kept} kept, {size} by {right}");
                assert!(keys.open(&note(size, &[right, 9])).is_ok());
                for wrong in [1, 2, 3].into_iter().filter(|one| *one != right) {
                    let refused = keys.open(&note(size, &[wrong]));
                    assert_eq!(refused, Err(Untrusted::Replaced), "{size} by {wrong}");
                    assert!(keys.open(&note(size, &[wrong, right])).is_ok());
                }
            }
            assert_eq!(keys.newest(), Some(&key(3).verifier()));
        }
    }

    #[test]
    fn whoever_kept_another_key_believes_none_of_the_chain() {
        let keys = followed(9);
        assert!(!keys.is_linked());
        assert!(keys.open(&note(8, &[1, 2, 3])).unwrap_err().is_of_nobody_known());
        assert!(keys.open(&note(8, &[9])).is_ok());
        assert_eq!(keys.newest(), Some(&key(9).verifier()));
    }

    #[test]
    fn a_change_of_another_log_is_passed_by() {
        let mut keys = TrustedKeys::from(key(1).verifier());
        let [old, new] = [4, 5].map(|seed| SignerKey::from_seed("copied", &[seed; 32]).unwrap());
        keys.take(LogPosition(2), &Rotation::sign(&old, &new).unwrap()).unwrap();
        assert_eq!((keys.chain().links().len(), keys.known().len()), (0, 1));
    }
}
