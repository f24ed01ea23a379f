//! Checkpoints as C2SP tlog-checkpoint defines them: which log, how many leaves, which root. Signed as a note, one of
//! these vouches for every event before it.

use super::note::{self, Note, NoteError, SignerKey, VerifierKey};
use super::tree::{TREE_SIZE_LIMIT, TreeHash};

/// The state of a log at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log this is, such as `ledger.example.com/v1/<ledger>`. One line without control characters.
    pub origin: String,
    /// How many leaves the tree has.
    pub size: u64,
    /// The root of the tree.
    pub root: TreeHash,
}

/// Why a text is not a checkpoint, or not one that can be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// There are fewer than three lines, or an empty one.
    #[error("a checkpoint has at least three lines and no empty one")]
    Lines,
    /// The second line is not a size.
    #[error("the checkpoint's size is not a decimal number below 2^63 without leading zeros")]
    Size,
    /// The third line is not a root.
    #[error("the checkpoint's root is not 32 bytes in standard base64")]
    Root,
    /// The note around it is refused.
    #[error("the checkpoint's note is refused")]
    Note(#[from] NoteError),
}

impl Checkpoint {
    /// The text that is signed: three lines.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// The checkpoint that this text is. Lines after the third are extensions: accepted, and not looked at.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n');
        let mut next = || lines.next().filter(|line| !line.is_empty());
        let origin = next().ok_or(CheckpointError::Lines)?.to_owned();
        let size = next().ok_or(CheckpointError::Lines)?;
        let root = next().ok_or(CheckpointError::Lines)?;
        if lines.any(str::is_empty) {
            return Err(CheckpointError::Lines);
        }
        let size = parse_decimal(size).ok_or(CheckpointError::Size)?;
        let root = root.parse().map_err(|_| CheckpointError::Root)?;
        Ok(Self { origin, size, root })
    }

    /// The signed note of this checkpoint.
    ///
    /// # Errors
    /// When its text would not be read back as this checkpoint, or the note cannot be signed.
    pub fn sign(&self, keys: &[&SignerKey]) -> Result<String, CheckpointError> {
        let text = self.to_text();
        if Self::parse(&text)? != *self {
            return Err(CheckpointError::Lines);
        }
        Ok(note::sign(&text, keys)?)
    }

    /// The checkpoint in a signed note, and those of the known keys that signed it. Signatures are checked before the
    /// text is looked at.
    ///
    /// # Errors
    /// When the note is refused by [`Note::parse`] or [`Note::verify`], or its text is not a checkpoint.
    pub fn open(
        signed: &str,
        known: &[VerifierKey],
    ) -> Result<(Self, Vec<VerifierKey>), CheckpointError> {
        let note = Note::parse(signed)?;
        let keys = note.verify(known)?;
        Ok((Self::parse(&note.text)?, keys))
    }
}

/// A number below 2^63 in the one way it is written: decimal digits without leading zeros.
pub(super) fn parse_decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number < TREE_SIZE_LIMIT && number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests;
