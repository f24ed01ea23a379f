//! Why a ledger cannot be made or opened.

use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::finding::Finding;

/// Why a ledger cannot be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the ledger in `{path}` is in use by another process")]
    InUse {
        /// The data folder.
        path: PathBuf,
    },
    /// A newer version of the software wrote it.
    #[error(
        "the ledger has format {found}, this version of the software reads formats {} to {}: \
         use a newer version", supported.start(), supported.end()
    )]
    NewerFormat {
        /// The format found.
        found: u32,
        /// The formats that are read.
        supported: RangeInclusive<u32>,
    },
    /// There is no ledger.
    #[error("there is no ledger in `{path}`")]
    NotALedger {
        /// The data folder.
        path: PathBuf,
    },
    /// There is one already.
    #[error("there is a ledger in `{path}` already")]
    AlreadyExists {
        /// The data folder.
        path: PathBuf,
    },
    /// The sizes do not fit each other.
    #[error("a segment of {segment_bytes} bytes cannot hold batches of {frame_bytes_max}")]
    Sizes {
        /// The size of a segment.
        segment_bytes: u64,
        /// The size of a batch.
        frame_bytes_max: u64,
    },
    /// What is stored is not what was written, and no crash explains it.
    #[error("the ledger is damaged: {finding}")]
    Damaged {
        /// What is wrong.
        finding: Box<Finding>,
    },
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
    /// The recovery could not be recorded.
    #[error("the recovery of the ledger could not be recorded: {reason}")]
    Recovery {
        /// What happened.
        reason: String,
    },
}

impl OpenError {
    pub(crate) fn damaged(finding: Finding) -> Self {
        Self::Damaged { finding: Box::new(finding) }
    }

    pub(crate) fn io(what: &'static str, path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path: path.clone(), source }
    }
}
