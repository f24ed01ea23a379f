//! The Ed25519 key that signs checkpoints, in a file of its own beside the keys of personal fields.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ledger::proof::note::{NoteError, SignerKey};
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
    let seed = Zeroizing::new(random::<32>().map_err(|_| LogKeyError::Random)?);
    let key = SignerKey::from_seed(origin, &seed);
    let key = key.map_err(|source| LogKeyError::Malformed { path: path.clone(), source })?;
    let part = path.with_extension("part");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let text = Zeroizing::new(format!("{}\n", key.to_text().as_str()));
    if path.exists() {
        return Err(LogKeyError::Exists { path });
    }
    let written = options.open(&part).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        fs::File::open(keys)?.sync_all()
    });
    written.map_err(|source| LogKeyError::Io { attempted: "written", path, source })?;
    Ok(key)
}

/// The key in a folder of keys; `None` when there is none.
///
/// # Errors
/// When it cannot be read, or is not a key.
pub fn open_log_key(keys: &Path) -> Result<Option<SignerKey>, LogKeyError> {
    let path = log_key_path(keys);
    let text = match fs::read_to_string(&path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(source) => return Err(LogKeyError::Io { attempted: "read", path, source }),
    };
    let key = SignerKey::from_text(text.trim())
        .map_err(|source| LogKeyError::Malformed { path, source })?;
    Ok(Some(key))
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
