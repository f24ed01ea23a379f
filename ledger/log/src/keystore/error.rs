//! What can be wrong with keys, and what sealed bytes may refuse.

use std::io;
use std::path::PathBuf;

use schemas::SubjectId;

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// There are keys already.
    #[error("`{}` holds keys already", path.display())]
    Exists {
        /// The key file found.
        path: PathBuf,
    },
    /// The key that wraps all others is not there.
    #[error("the key file `{}` is missing: restore it from its backup", path.display())]
    KekMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The key that wraps all others is not the one the subjects' keys were wrapped with.
    #[error("the key file `{}` is not the one of this ledger, or it is damaged", path.display())]
    KekWrong {
        /// The key file.
        path: PathBuf,
    },
    /// Both copies of a record are damaged, or of the files' headers.
    #[error("both copies of the subjects' keys are damaged at byte {offset}: restore a backup")]
    Damaged {
        /// Where in both files.
        offset: u64,
    },
    /// Both copies are whole, and differ.
    #[error("the two copies of the subjects' keys are of different ledgers or times")]
    CopiesDisagree,
    /// A newer version of the program wrote the keys.
    #[error("keystore format {found} is not supported, the newest that is known is {newest}")]
    Version {
        /// The version found.
        found: u8,
        /// The newest version this program reads.
        newest: u8,
    },
    /// A file operation failed.
    #[error("`{}` cannot be {attempted}", path.display())]
    Io {
        /// What was attempted, as a participle: `read`, `written`.
        attempted: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// An earlier sync failed: nobody knows what the disk holds, so nothing more is written.
    #[error("an earlier sync of the subjects' keys failed: restart the service")]
    Poisoned,
    /// The machine gave no random bytes.
    #[error("the machine gave no random bytes: {reason}")]
    Random {
        /// Why not.
        reason: String,
    },
    /// More subjects than one keystore holds.
    #[error("the keystore is full")]
    TooMany,
    /// The subject's key was destroyed on purpose.
    #[error("the key of `{subject}` was destroyed")]
    Erased {
        /// The subject.
        subject: SubjectId,
    },
    /// There is no key, and no sign that it was destroyed on purpose.
    #[error("there is no key of `{subject}`, and no record that it was destroyed")]
    KeyMissing {
        /// The subject.
        subject: SubjectId,
    },
    /// The sealed bytes commit to another key than the subject's.
    #[error("what was sealed for `{subject}` commits to another key")]
    KeyCommitment {
        /// The subject.
        subject: SubjectId,
    },
    /// The sealed bytes are not what was sealed.
    #[error("what was sealed for `{subject}` is damaged")]
    SealBroken {
        /// The subject.
        subject: SubjectId,
    },
}

impl KeystoreError {
    /// The stable code, upper case with underscores.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "KEYSTORE_EXISTS",
            Self::KekMissing { .. } => "KEYSTORE_MISSING",
            Self::KekWrong { .. } => "KEYSTORE_WRONG_KEY",
            Self::Damaged { .. } | Self::CopiesDisagree => "KEYSTORE_DAMAGED",
            Self::Version { .. } => "KEYSTORE_VERSION",
            Self::Io { .. } | Self::Poisoned | Self::Random { .. } => "KEYSTORE_UNAVAILABLE",
            Self::TooMany => "KEYSTORE_FULL",
            Self::Erased { .. } => "SUBJECT_ERASED",
            Self::KeyMissing { .. } => "KEY_MISSING",
            Self::KeyCommitment { .. } | Self::SealBroken { .. } => "SEAL_BROKEN",
        }
    }
}

impl From<KeystoreError> for io::Error {
    fn from(error: KeystoreError) -> Self {
        // The kind survives, so that a full disk is still known as one.
        let kind = if let KeystoreError::Io { source, .. } = &error {
            source.kind()
        } else {
            io::ErrorKind::Other
        };
        Self::new(kind, error)
    }
}
