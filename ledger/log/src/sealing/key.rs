//! The Ed25519 key that signs checkpoints, in a file of its own beside the keys of personal fields.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ledger::proof::note::{NoteError, SignerKey};
use ledger::proof::rotation::RotationError;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::keystore::random;

/// Why the key that signs the log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogKeyError {
    /// The file is not there.
    #[error("`{}` is missing: without it the ledger cannot be sealed", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// There is one already.
    #[error("`{}` is there already", path.display())]
    Exists {
        /// Where it is.
        path: PathBuf,
    },
    /// The file is not a key.
    #[error("`{}` is not a key", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: NoteError,
    },
    /// The key is another ledger's.
    #[error("`{}` is the key of the log `{found}`", path.display())]
    OtherLedger {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
    },
    /// Another key signs the log since: these keys are older than the log.
    #[error("`{}` was replaced: `{by}` signs the log", path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
        /// The key that the log names.
        by: String,
    },
    /// The log knows nothing of the change that made this key: the log is older than the keys.
    #[error("`{}` took over with an event that the log does not hold", path.display())]
    Ahead {
        /// The file.
        path: PathBuf,
    },
    /// A change of the key that the log holds does not hold itself.
    #[error("event {position} makes nobody believe a new key")]
    NotVouchedFor {
        /// Where it is.
        position: u64,
        /// Why not.
        #[source]
        source: RotationError,
    },
    /// The system refused.
    #[error("`{}` cannot be {attempted}", path.display())]
    Io {
        /// What was attempted, as a participle.
        attempted: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The machine gives no randomness.
    #[error("the machine gives no random bytes for a key")]
    Random,
}

/// The name under which a ledger's checkpoints are signed: `ledger.<vendor>/v1/<ledger>`.
#[must_use]
pub fn origin(vendor: &str, ledger: Uuid) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let slug: String = vendor.to_ascii_lowercase().chars().map(plain).collect();
    let words: Vec<_> = slug.split('-').filter(|word| !word.is_empty()).collect();
    let vendor = if words.is_empty() { "vendor".to_owned() } else { words.join("-") };
    format!("ledger.{vendor}/v1/{ledger}")
}

/// Where the key is in a folder of keys.
#[must_use]
pub fn log_key_path(keys: &Path) -> PathBuf {
    keys.join("log.key")
}

/// Makes a key for a ledger.
///
/// # Errors
/// When there is one already, the folder cannot be written, or the machine gives no randomness.
pub fn create_log_key(keys: &Path, origin: &str) -> Result<SignerKey, LogKeyError> {
    let path = log_key_path(keys);
    if path.exists() {
        return Err(LogKeyError::Exists { path });
    }
    let key = new_key(origin, &path)?;
    write_private(&path, &format_key(&key))?;
    Ok(key)
}

/// A key of this name from the random source of the machine, for this file.
pub(super) fn new_key(origin: &str, path: &Path) -> Result<SignerKey, LogKeyError> {
    let seed = Zeroizing::new(random::<32>().map_err(|_| LogKeyError::Random)?);
    SignerKey::from_seed(origin, &seed)
        .map_err(|source| LogKeyError::Malformed { path: path.to_owned(), source })
}

/// What a file with this key holds.
pub(super) fn format_key(key: &SignerKey) -> Zeroizing<String> {
    Zeroizing::new(format!("{}\n", key.to_text().as_str()))
}

/// Writes a file that only its owner may read, as a whole and durably.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), LogKeyError> {
    let part = path.with_extension("part");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options.open(&part).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        sync_parent(path)
    });
    written.map_err(io_error("written", path))
}

/// Makes the name of a file durable, or that it is gone.
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

pub(super) fn io_error(
    attempted: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> LogKeyError {
    let path = path.to_owned();
    move |source| LogKeyError::Io { attempted, path, source }
}

/// The key in a folder of keys; `None` when there is none.
///
/// # Errors
/// When it cannot be read, or is not a key.
pub fn open_log_key(keys: &Path) -> Result<Option<SignerKey>, LogKeyError> {
    read_key(&log_key_path(keys))
}

/// The key in this file; `None` when it is not there.
pub(super) fn read_key(path: &Path) -> Result<Option<SignerKey>, LogKeyError> {
    let Some(text) = read_private(path)? else { return Ok(None) };
    let key = SignerKey::from_text(text.trim());
    key.map(Some).map_err(|source| LogKeyError::Malformed { path: path.to_owned(), source })
}

/// The text of a file; `None` when it is not there.
pub(super) fn read_private(path: &Path) -> Result<Option<Zeroizing<String>>, LogKeyError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(io_error("read", path)(source)),
    }
}

/// Refuses a key that was made for another ledger.
///
/// # Errors
/// When it was.
pub fn expect_key_of(key: &SignerKey, keys: &Path, ledger: Uuid) -> Result<(), LogKeyError> {
    let name = key.verifier().name().to_owned();
    let own = name.rsplit('/').next() == Some(ledger.to_string().as_str());
    if own {
        Ok(())
    } else {
        Err(LogKeyError::OtherLedger { path: log_key_path(keys), found: name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_of_any_name_has_an_origin_without_spaces() {
        let ledger = Uuid::nil();
        assert_eq!(
            origin("Acme Software, Inc.", ledger),
            format!("ledger.acme-software-inc/v1/{ledger}")
        );
        assert_eq!(origin("Ölß +", ledger), format!("ledger.l/v1/{ledger}"));
        assert_eq!(origin("株式会社", ledger), format!("ledger.vendor/v1/{ledger}"));
    }

    #[test]
    fn a_key_is_made_once_is_private_and_belongs_to_one_ledger() {
        use std::os::unix::fs::PermissionsExt;
        let keys = tempfile::tempdir().unwrap();
        let ledger = Uuid::from_bytes([7; 16]);
        assert!(open_log_key(keys.path()).unwrap().is_none());
        let made = create_log_key(keys.path(), &origin("Orbit", ledger)).unwrap();
        let mode = fs::metadata(log_key_path(keys.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = create_log_key(keys.path(), &origin("Orbit", ledger));
        assert!(matches!(again, Err(LogKeyError::Exists { .. })));
        let opened = open_log_key(keys.path()).unwrap().unwrap();
        assert_eq!(opened.verifier().to_string(), made.verifier().to_string());
        assert!(expect_key_of(&opened, keys.path(), ledger).is_ok());
        let other = expect_key_of(&opened, keys.path(), Uuid::nil());
        assert!(matches!(other, Err(LogKeyError::OtherLedger { .. })));
    }
}
