//! Why the log was not sealed.

use std::io;
use std::path::{Path, PathBuf};

use super::key::LogKeyError;
use super::signer::SignRefusal;
use crate::embedded::Finding;
use crate::port::ReadError;

/// Why the log was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The system refused.
    #[error("cannot {what} `{path}`")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The key cannot be used.
    #[error("the key that signs the log cannot be used")]
    Key(#[from] LogKeyError),
    /// Events cannot be read back.
    #[error("the events to seal cannot be read back")]
    ReadBack(#[from] ReadError),
    /// What was read back is not what was written, or not what was signed before.
    #[error("the log is damaged: {finding}")]
    Damaged {
        /// What is wrong.
        finding: Box<Finding>,
    },
    /// The signer does not sign this.
    #[error("the signer refuses")]
    Refused(#[from] SignRefusal),
    /// Neither copy of the newest checkpoint can be believed.
    #[error("no checkpoint of this ledger can be believed: {reason}")]
    Checkpoint {
        /// What is wrong with them.
        reason: String,
    },
}

impl SealError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path: path.clone(), source }
    }

    pub(crate) fn damaged(finding: Finding) -> Self {
        Self::Damaged { finding: Box::new(finding) }
    }
}
