//! How one key follows another: a statement that the old key signed, and the chain of them that the log holds. Whoever
//! kept any key of the chain knows by it which key signs a checkpoint of which size.

use schemas::LogPosition;
use schemas::ledger::LogKeyRotated;

use super::note::{self, Note, NoteError, SignerKey, VerifierKey};

/// The first line of what is signed. No checkpoint begins so: its second line is a number, and this one's is the log.
pub const ROTATION_MAGIC: &str = "deedbook.log-key-rotation@v1";

/// That a new key of a log follows an old one, signed by both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The key before.
    pub old: VerifierKey,
    /// The key from then on.
    pub new: VerifierKey,
}

/// Why a fact does not make anybody believe a new key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RotationError {
    /// A key is not one.
    #[error("a key of the change is not one")]
    Key(#[source] NoteError),
    /// The keys are of different logs, or the same key.
    #[error("the two keys are not two keys of one log")]
    NotTwoOfOneLog,
    /// The statement is no note, or a key did not sign it.
    #[error("the change is not signed by both keys")]
    NotSigned(#[source] NoteError),
    /// The statement says something else.
    #[error("what is signed is not this change")]
    OtherStatement,
    /// The old key did not sign the log at that time.
    #[error("the key that vouches for the new one did not sign the log then")]
    NotInForce,
    /// The new key, or one of its number, signed the log before.
    #[error("the new key signed the log before")]
    Again,
}

impl Rotation {
    /// The fact that the new key follows the old one.
    ///
    /// # Errors
    /// When they are not two keys of one log.
    pub fn sign(old: &SignerKey, new: &SignerKey) -> Result<LogKeyRotated, RotationError> {
        let rotation = Self { old: old.verifier(), new: new.verifier() };
        rotation.expect_two_of_one_log()?;
        let statement = note::sign(&rotation.text(), &[old, new]);
        Ok(LogKeyRotated {
            old: rotation.old.to_string(),
            new: rotation.new.to_string(),
            statement: statement.map_err(RotationError::NotSigned)?,
        })
    }

    /// What this fact says, if both keys signed it.
    ///
    /// # Errors
    /// When they did not.
    pub fn of(fact: &LogKeyRotated) -> Result<Self, RotationError> {
        let key = |text: &str| text.parse::<VerifierKey>().map_err(RotationError::Key);
        let rotation = Self { old: key(&fact.old)?, new: key(&fact.new)? };
        rotation.expect_two_of_one_log()?;
        let note = Note::parse(&fact.statement).map_err(RotationError::NotSigned)?;
        if note.text != rotation.text() {
            return Err(RotationError::OtherStatement);
        }
        // The old key vouches; the new one shows that it is somebody's who was asked.
        for key in [&rotation.old, &rotation.new] {
            note.verify(std::slice::from_ref(key)).map_err(RotationError::NotSigned)?;
        }
        Ok(rotation)
    }

    /// The log that both keys sign.
    #[must_use]
    pub fn log(&self) -> &str {
        self.old.name()
    }

    fn expect_two_of_one_log(&self) -> Result<(), RotationError> {
        let is_one_log = self.old.name() == self.new.name();
        if is_one_log && self.old.key_id() != self.new.key_id() {
            Ok(())
        } else {
            Err(RotationError::NotTwoOfOneLog)
        }
    }

    fn text(&self) -> String {
        format!("{ROTATION_MAGIC}\n{}\n{}\n{}\n", self.log(), self.old, self.new)
    }
}

/// The keys that signed one log, each with the place of the fact by which it took over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyChain {
    links: Vec<(LogPosition, Rotation)>,
}

impl KeyChain {
    /// Takes in what the log holds at this position, which is after all others.
    ///
    /// # Errors
    /// When the fact does not hold, or does not go on from the newest key. The chain is as before then.
    pub fn take(
        &mut self,
        position: LogPosition,
        fact: &LogKeyRotated,
    ) -> Result<(), RotationError> {
        let rotation = Rotation::of(fact)?;
        if self.newest().is_some_and(|newest| *newest != rotation.old) {
            return Err(RotationError::NotInForce);
        }
        // A number stands for one key: two of them could not be told apart in a note.
        if self.keys().iter().any(|key| key.key_id() == rotation.new.key_id()) {
            return Err(RotationError::Again);
        }
        self.links.push((position, rotation));
        Ok(())
    }

    /// The changes, oldest first, with the places of their facts.
    #[must_use]
    pub fn links(&self) -> &[(LogPosition, Rotation)] {
        &self.links
    }

    /// All keys, oldest first; none when there was no change.
    #[must_use]
    pub fn keys(&self) -> Vec<VerifierKey> {
        let first = self.links.first().map(|(_, rotation)| rotation.old.clone());
        let others = self.links.iter().map(|(_, rotation)| rotation.new.clone());
        first.into_iter().chain(others).collect()
    }

    /// The key that signs now; `None` when there was no change.
    #[must_use]
    pub fn newest(&self) -> Option<&VerifierKey> {
        self.links.last().map(|(_, rotation)| &rotation.new)
    }

    /// The key without which no checkpoint of so many events is believed; `None` when there was no change.
    #[must_use]
    pub fn in_force(&self, events: u64) -> Option<&VerifierKey> {
        let covered = self.links.iter().rfind(|(position, _)| position.0 < events);
        let first = self.links.first().map(|(_, rotation)| &rotation.old);
        covered.map(|(_, rotation)| &rotation.new).or(first)
    }
}

#[cfg(test)]
mod tests;
