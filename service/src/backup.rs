//! Backup and restore of a data folder: plain copies of files that are verified before anybody relies on
//! them. The keys go separate ways unless asked otherwise.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::data_folder::{DataFolder, copy_file, files, sync_folder};
use crate::log_check::{self, CheckError, Checked, Trust};

/// How often the newest segment is copied again when a commit fell into the copying.
const ATTEMPTS_MAX: u32 = 20;

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
    /// The copy does not verify.
    #[error("the copy does not verify")]
    Check(#[from] CheckError),
}

impl CopyError {
    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Copy { path, source }
    }
}

/// Copies a ledger to a vacant folder. Somebody else may be writing to it: everything that was
/// acknowledged before is in the copy.
///
/// # Errors
/// When the copy cannot be made, or the ledger is damaged. What was copied by then stays for inspection.
pub fn backup(from: &DataFolder, to: &DataFolder, with_keys: bool) -> Result<Copied, CopyError> {
    expect_ledger(from)?;
    expect_vacant(to)?;
    let mut tally = Tally::default();
    make_folder(to.path())?;
    make_folder(&to.log())?;
    // Before the log: then the copy of the log goes at least as far as what was signed.
    copy_proofs(from, to, &mut tally)?;
    let checked = copy_log_until_it_verifies(from, to, &mut tally)?;
    if with_keys {
        // After the log: a key is durable before the first event that it seals.
        copy_keys(&from.keys(), &to.keys(), &mut tally)?;
    }
    Ok(tally.copied(checked, with_keys))
}

/// Makes a data folder from a backup, with the keys that are in it or these.
///
/// # Errors
/// When the backup does not verify, keys are missing, or the copy cannot be made.
pub fn restore(
    from: &DataFolder,
    to: &DataFolder,
    keys: Option<&Path>,
) -> Result<Copied, CopyError> {
    expect_ledger(from)?;
    expect_vacant(to)?;
    let keys = keys.map_or_else(|| from.keys(), Path::to_owned);
    let has_keys = files(&keys).map_err(CopyError::at(&keys))?.iter().any(|name| name == "kek");
    if !has_keys {
        return Err(CopyError::NoKeys { path: from.path().to_owned() });
    }
    log_check::check(from, &Trust::default(), &mut || ())?;
    let mut tally = Tally::default();
    make_folder(to.path())?;
    make_folder(&to.log())?;
    copy_keys(&keys, &to.keys(), &mut tally)?;
    copy_proofs(from, to, &mut tally)?;
    for name in log_files(from)? {
        tally.copy(&from.log().join(&name), &to.log().join(&name))?;
    }
    sync_folder(&to.log()).map_err(CopyError::at(&to.log()))?;
    copy_format(from, to, &mut tally)?;
    Ok(tally.copied(log_check::check(to, &Trust::default(), &mut || ())?, true))
}

fn copy_log_until_it_verifies(
    from: &DataFolder,
    to: &DataFolder,
    tally: &mut Tally,
) -> Result<Checked, CopyError> {
    let mut whole: BTreeSet<String> = BTreeSet::new();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let names = log_files(from)?;
        // A segment that others follow is never written again; the newest is, and is copied again.
        let newest = names.iter().rev().find(|name| is_segment(name)).cloned();
        for name in &names {
            if !whole.contains(name) {
                tally.copy(&from.log().join(name), &to.log().join(name))?;
            }
        }
        sync_folder(&to.log()).map_err(CopyError::at(&to.log()))?;
        copy_format(from, to, tally)?;
        match log_check::check(to, &Trust::default(), &mut || ()) {
            Ok(checked) => return Ok(checked),
            Err(error) if attempt == ATTEMPTS_MAX => return Err(error.into()),
            // A commit fell into the copying. When it is damage, it is there every time.
            Err(CheckError::Damaged(_)) => {}
            Err(error @ CheckError::Open(_)) => return Err(error.into()),
        }
        whole.extend(names.into_iter().filter(|name| Some(name) != newest.as_ref()));
    }
}

/// The newest checkpoint and the public key. Tiles are made again from the log.
fn copy_proofs(from: &DataFolder, to: &DataFolder, tally: &mut Tally) -> Result<(), CopyError> {
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

/// The keys, without the signer's memory: that is about the log that it lies beside.
fn copy_keys(from: &Path, to: &Path, tally: &mut Tally) -> Result<(), CopyError> {
    make_folder(to)?;
    let mut names = files(from).map_err(CopyError::at(from))?;
    names.retain(|name| name != "log.signed");
    for name in names {
        tally.copy(&from.join(&name), &to.join(&name))?;
    }
    sync_folder(to).map_err(CopyError::at(to))
}

/// Says which format the copy has. Copied last, so that a folder with it is complete.
fn copy_format(from: &DataFolder, to: &DataFolder, tally: &mut Tally) -> Result<(), CopyError> {
    tally.copy(&from.format(), &to.format())?;
    sync_folder(to.path()).map_err(CopyError::at(to.path()))
}

/// The segments and their indexes, oldest first. The index of a segment is a cache that is checked when it
/// is read.
fn log_files(folder: &DataFolder) -> Result<Vec<String>, CopyError> {
    let log = folder.log();
    let mut names = files(&log).map_err(CopyError::at(&log))?;
    names.retain(|name| name.starts_with("segment-"));
    Ok(names)
}

fn is_segment(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "log")
}

fn expect_ledger(folder: &DataFolder) -> Result<(), CopyError> {
    if folder.holds_a_ledger() {
        Ok(())
    } else {
        Err(CopyError::NotALedger { path: folder.path().to_owned() })
    }
}

fn expect_vacant(folder: &DataFolder) -> Result<(), CopyError> {
    if folder.is_vacant().map_err(CopyError::at(folder.path()))? {
        Ok(())
    } else {
        Err(CopyError::NotVacant { path: folder.path().to_owned() })
    }
}

/// Makes a folder that only its owner may enter.
fn make_folder(path: &Path) -> Result<(), CopyError> {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path).map_err(CopyError::at(path))
}

#[derive(Debug, Default)]
struct Tally {
    copied: std::collections::BTreeMap<PathBuf, u64>,
}

impl Tally {
    fn copy(&mut self, from: &Path, to: &Path) -> Result<(), CopyError> {
        let bytes = copy_file(from, to).map_err(CopyError::at(from))?;
        self.copied.insert(to.to_owned(), bytes);
        Ok(())
    }

    fn copied(self, checked: Checked, with_keys: bool) -> Copied {
        let files = u64::try_from(self.copied.len()).unwrap_or(u64::MAX);
        Copied { checked, files, bytes: self.copied.values().sum(), with_keys }
    }
}
