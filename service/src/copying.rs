//! Copies of a ledger's files, as backup and restore make them, and why there may be none.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ledger_log::KeystoreError;
use ledger_log::embedded;
use ledger_log::sealing::names_a_log_key;

use crate::data_folder::{DataFolder, copy_file, files, sync_folder};
use crate::engine::EngineError;
use crate::erasures::ListRefusal;
use crate::log_check::{CheckError, Checked};

/// What a backup or a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// What the verified copy holds.
    pub checked: Checked,
    /// How many files were copied.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// Whether the keys are in the copy.
    pub with_keys: bool,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is no ledger to copy.
    #[error("there is no ledger in `{}`", path.display())]
    NotALedger {
        /// Where one was expected.
        path: PathBuf,
    },
    /// The place for the copy is taken.
    #[error("`{}` is not empty", path.display())]
    NotVacant {
        /// The place.
        path: PathBuf,
    },
    /// The backup has no keys and none were given.
    #[error("`{}` has no keys, and without them nothing personal can be read", path.display())]
    NoKeys {
        /// The backup.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("cannot copy `{}`", path.display())]
    Copy {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The first events of the log cannot be copied.
    #[error("the log cannot be copied")]
    Log(#[from] embedded::CopyError),
    /// The moment to go back to is after the end.
    #[error("the backup ends with event {newest}, before event {asked}")]
    NotReached {
        /// The event that was to be the last one.
        asked: u64,
        /// The last one there is.
        newest: u64,
    },
    /// Events would be missing from the copy although they were acknowledged.
    #[error("{events} events would be in the copy, and not all that was acknowledged: {}", missing.join("; "))]
    WouldFork {
        /// How many events the copy would have.
        events: u64,
        /// What would be missing, and how that is known.
        missing: Vec<String>,
    },
    /// The list of erasures is not taken.
    #[error("the list of erasures `{name}` is not taken")]
    Erasures {
        /// What it is called.
        name: String,
        /// Why not.
        #[source]
        source: ListRefusal,
    },
    /// The keys of people who were erased cannot be destroyed.
    #[error("the keys of people who were erased cannot be destroyed in the copy")]
    NotErased(#[source] KeystoreError),
    /// The copy cannot be opened to write down what it is.
    #[error("the copy cannot be opened")]
    Open(#[from] Box<EngineError>),
    /// The copy does not verify.
    #[error("the copy does not verify")]
    Check(#[from] CheckError),
}

impl CopyError {
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Copy { path, source }
    }
}

/// The newest checkpoint and the public key. Tiles are made again from the log.
pub(crate) fn copy_proofs(
    from: &DataFolder,
    to: &DataFolder,
    tally: &mut Tally,
) -> Result<(), CopyError> {
    let (from, to) = (from.proofs(), to.proofs());
    let mut names = files(&from).map_err(CopyError::at(&from))?;
    names.retain(|name| name == "checkpoint" || name == "log.vkey");
    if names.is_empty() {
        return Ok(());
    }
    make_folder(&to)?;
    for name in names {
        tally.copy(&from.join(&name), &to.join(&name))?;
    }
    sync_folder(&to).map_err(CopyError::at(&to))
}

/// The keys, without the signer's memory: that is about the log that it lies beside. Keys that sign a log are
/// left out where the copy becomes another log.
pub(crate) fn copy_keys(
    from: &Path,
    to: &Path,
    is_same_log: bool,
    tally: &mut Tally,
) -> Result<(), CopyError> {
    make_folder(to)?;
    let mut names = files(from).map_err(CopyError::at(from))?;
    names.retain(|name| name != "log.signed" && (is_same_log || !names_a_log_key(name)));
    for name in names {
        tally.copy(&from.join(&name), &to.join(&name))?;
    }
    sync_folder(to).map_err(CopyError::at(to))
}

/// Says which format the copy has. Copied last, so that a folder with it is complete.
pub(crate) fn copy_format(
    from: &DataFolder,
    to: &DataFolder,
    tally: &mut Tally,
) -> Result<(), CopyError> {
    tally.copy(&from.format(), &to.format())?;
    sync_folder(to.path()).map_err(CopyError::at(to.path()))
}

/// The segments and their indexes, oldest first. The index of a segment is a cache that is checked when it
/// is read.
pub(crate) fn log_files(folder: &DataFolder) -> Result<Vec<String>, CopyError> {
    let log = folder.log();
    let mut names = files(&log).map_err(CopyError::at(&log))?;
    names.retain(|name| name.starts_with("segment-"));
    Ok(names)
}

pub(crate) fn is_segment(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "log")
}

pub(crate) fn expect_ledger(folder: &DataFolder) -> Result<(), CopyError> {
    if folder.holds_a_ledger() {
        Ok(())
    } else {
        Err(CopyError::NotALedger { path: folder.path().to_owned() })
    }
}

pub(crate) fn expect_vacant(folder: &DataFolder) -> Result<(), CopyError> {
    if folder.is_vacant().map_err(CopyError::at(folder.path()))? {
        Ok(())
    } else {
        Err(CopyError::NotVacant { path: folder.path().to_owned() })
    }
}

/// Makes a folder that only its owner may enter.
pub(crate) fn make_folder(path: &Path) -> Result<(), CopyError> {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path).map_err(CopyError::at(path))
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    copied: BTreeMap<PathBuf, u64>,
}

impl Tally {
    pub(crate) fn copy(&mut self, from: &Path, to: &Path) -> Result<(), CopyError> {
        let bytes = copy_file(from, to).map_err(CopyError::at(from))?;
        self.copied.insert(to.to_owned(), bytes);
        Ok(())
    }

    /// Counts a file that was written in another way.
    pub(crate) fn count(&mut self, path: &Path) -> Result<(), CopyError> {
        let bytes = fs::metadata(path).map_err(CopyError::at(path))?.len();
        self.copied.insert(path.to_owned(), bytes);
        Ok(())
    }

    pub(crate) fn copied(self, checked: Checked, with_keys: bool) -> Copied {
        let files = u64::try_from(self.copied.len()).unwrap_or(u64::MAX);
        Copied { checked, files, bytes: self.copied.values().sum(), with_keys }
    }
}
