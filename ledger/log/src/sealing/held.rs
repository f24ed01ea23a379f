//! The checkpoints that a ledger's own folders hold: the published one and the signer's memory. They are read
//! before the log is opened, because a log that is shorter than what was signed must not be recovered as if the
//! end had never been written.

use std::io;
use std::path::{Path, PathBuf};

use ledger::proof::checkpoint::{Checkpoint, CheckpointError};
use ledger::proof::note::{NoteError, VerifierKey};
use ledger::proof::trust::{TrustedKeys, Untrusted};

use super::error::SealError;
use super::{checkpoint_path, signed_path};
use crate::embedded::FindingKind;
use crate::embedded::disk::{self, Access, Disk};

/// A checkpoint whose signature is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: String,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// The one with most events; `None` when the ledger was never sealed.
    pub newest: Option<HeldCheckpoint>,
    /// Files that cannot be believed although another one can, and why.
    pub doubtful: Vec<(PathBuf, String)>,
}

impl Held {
    /// How many events were promised to be in the log.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.newest.as_ref().map_or(0, |held| held.checkpoint.size)
    }

    /// Reads both files and checks them with the ledger's own public keys: that which signs and those before it.
    ///
    /// # Errors
    /// When a file cannot be read, or there are some and none can be believed.
    pub fn read(
        disk: &dyn Disk,
        proofs: &Path,
        keys: &Path,
        known: &[VerifierKey],
    ) -> Result<Self, SealError> {
        let mut held = Self::default();
        let known = TrustedKeys::of(known);
        for path in [signed_path(keys), checkpoint_path(proofs)] {
            let Some(text) = read_text(disk, &path)? else { continue };
            match believe(&text, &known) {
                Err(doubt) => held.doubtful.push((path, doubt.reason)),
                Ok(found) => {
                    if held.newest.is_none() || found.checkpoint.size > held.events() {
                        held.newest = Some(found);
                    }
                }
            }
        }
        match (&held.newest, held.doubtful.first()) {
            (None, Some((path, reason))) => {
                let reason = format!("`{}`: {reason}", path.display());
                Err(SealError::Checkpoint { reason })
            }
            (Some(_) | None, _) => Ok(held),
        }
    }
}

/// Why a checkpoint is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Doubt {
    pub kind: FindingKind,
    pub reason: String,
}

/// A checkpoint that the key signed that was in force.
pub(super) fn believe(text: &str, keys: &TrustedKeys) -> Result<HeldCheckpoint, Doubt> {
    match keys.open(text) {
        Ok(checkpoint) => Ok(HeldCheckpoint { checkpoint, note: text.to_owned() }),
        Err(untrusted) => Err(Doubt::of(&untrusted)),
    }
}

impl Doubt {
    fn of(untrusted: &Untrusted) -> Self {
        let (kind, reason) = match untrusted {
            Untrusted::OtherLog { origin, .. } => {
                (FindingKind::Fork, format!("the log `{origin}`"))
            }
            Untrusted::Replaced => (FindingKind::UnknownKey, untrusted.to_string()),
            Untrusted::Checkpoint(CheckpointError::Note(NoteError::Unsigned)) => {
                (FindingKind::UnknownKey, untrusted.to_string())
            }
            Untrusted::Checkpoint(CheckpointError::Note(NoteError::SignatureWrong)) => {
                (FindingKind::BadSignature, untrusted.to_string())
            }
            Untrusted::Checkpoint(_) => (FindingKind::BitRot, untrusted.to_string()),
        };
        Self { kind, reason }
    }
}

pub(super) fn read_text(disk: &dyn Disk, path: &Path) -> Result<Option<String>, SealError> {
    let read = disk.open(path, Access::Read).and_then(|file| disk::read_whole(&*file));
    match read {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SealError::io("read", path)(error)),
    }
}
