//! The keys that sign what software is told: the present one, the one that follows it, so that software can know it before it
//! signs, and the public halves of those before, so that what they signed can be checked for a while.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ledger::proof::licensing::{LicensingKey, LicensingKeyError, PublicKey};
use schemas::Timestamp;
use zeroize::Zeroizing;

/// For how many days after a change the key before it is still published.
pub const PUBLISHED_DAYS: i64 = 30;

const KEY_FILE: &str = "licensing.key";
const NEXT_FILE: &str = "licensing.next";
const FORMER_FILE: &str = "licensing.former";
const SECONDS_A_DAY: i64 = 86_400;

/// The keys of one ledger.
#[derive(Clone)]
pub struct LicensingKeys {
    own: LicensingKey,
    next: LicensingKey,
    former: Vec<Former>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Former {
    key: PublicKey,
    replaced_at: Timestamp,
}

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LicensingKeysError {
    /// A file does not hold what it should.
    #[error("`{}` is not a key that signs answers", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: LicensingKeyError,
    },
    /// The present key is not there although the one that follows it is.
    #[error("`{}` is missing", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The system refused.
    #[error("`{}` cannot be read or written", path.display())]
    Io {
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

impl LicensingKeys {
    /// The keys in a folder of keys. Where there is none, as in a ledger of an earlier version, one is made.
    ///
    /// # Errors
    /// When a file cannot be read or written, or holds no key.
    pub fn open(keys: &Path) -> Result<Self, LicensingKeysError> {
        let kept = match Kept::read(keys)? {
            Some(kept) => kept,
            None => {
                let own = new_key()?;
                write(&keys.join(KEY_FILE), &own.to_text())?;
                Kept { own, next: None, former: Vec::new() }
            }
        };
        // Interrupted between two files, there is none that follows yet, or the present one stands in both.
        let own = kept.own.public();
        let next = match kept.next.filter(|next| next.public() != own) {
            Some(next) => next,
            None => {
                let next = new_key()?;
                write(&keys.join(NEXT_FILE), &next.to_text())?;
                next
            }
        };
        Ok(Self { own: kept.own, next, former: kept.former })
    }

    /// A key that nobody keeps, for ledgers in memory.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn in_memory() -> Result<Self, LicensingKeysError> {
        Ok(Self { own: new_key()?, next: new_key()?, former: Vec::new() })
    }

    /// The id of the key that signs in a folder that nobody has open; `None`: there is none yet.
    ///
    /// # Errors
    /// When a file cannot be read, or holds no key.
    pub fn look(keys: &Path) -> Result<Option<PublicKey>, LicensingKeysError> {
        Ok(Kept::read(keys)?.map(|kept| kept.own.public()))
    }

    /// Puts the key that follows in the place of the present one, whose public half is published for a while still, and makes
    /// the next one. Interrupted at any moment one key signs, the old or the new.
    ///
    /// # Errors
    /// When a file cannot be read or written, or the machine gives no randomness.
    pub fn rotate(
        keys: &Path,
        now: Timestamp,
    ) -> Result<(PublicKey, PublicKey), LicensingKeysError> {
        let before = Self::open(keys)?;
        let own = before.next;
        let former = Former { key: before.own.public(), replaced_at: now };
        let kept =
            before.former.iter().filter(|one| one.is_published(now) && one.key != former.key);
        let text: String = kept.chain([&former]).map(Former::line).collect();
        // Published first: a former key that still signs is harmless, one that nobody knows is not.
        write(&keys.join(FORMER_FILE), &text)?;
        write(&keys.join(KEY_FILE), &own.to_text())?;
        write(&keys.join(NEXT_FILE), &new_key()?.to_text())?;
        Ok((former.key, own.public()))
    }

    /// The key that signs.
    #[must_use]
    pub const fn own(&self) -> &LicensingKey {
        &self.own
    }

    /// What answers may be checked with: the present key first, then the one that follows it.
    #[must_use]
    pub fn published(&self, now: Timestamp) -> Vec<PublicKey> {
        let own = self.own.public();
        let former = self.former.iter().filter(|one| one.is_published(now) && one.key != own);
        [own, self.next.public()].into_iter().chain(former.map(|one| one.key)).collect()
    }
}

impl Former {
    fn is_published(&self, now: Timestamp) -> bool {
        now < self.replaced_at.plus_seconds(PUBLISHED_DAYS * SECONDS_A_DAY)
    }

    fn line(&self) -> String {
        format!("{} {}\n", self.key.x(), self.replaced_at.micros())
    }

    fn parse(line: &str) -> Result<Self, LicensingKeyError> {
        let (x, micros) = line.split_once(' ').ok_or(LicensingKeyError)?;
        let micros = micros.parse().map_err(|_| LicensingKeyError)?;
        Ok(Self { key: PublicKey::from_x(x)?, replaced_at: Timestamp::from_micros(micros) })
    }
}

fn new_key() -> Result<LicensingKey, LicensingKeysError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|_| LicensingKeysError::Random)?;
    Ok(LicensingKey::from_seed(&seed))
}

/// What the files hold.
struct Kept {
    own: LicensingKey,
    next: Option<LicensingKey>,
    former: Vec<Former>,
}

impl Kept {
    fn read(keys: &Path) -> Result<Option<Self>, LicensingKeysError> {
        let next = read_key(&keys.join(NEXT_FILE))?;
        let path = keys.join(KEY_FILE);
        let Some(own) = read_key(&path)? else {
            // There was one: making another in silence would have all software doubt every answer.
            return if next.is_some() {
                Err(LicensingKeysError::Missing { path })
            } else {
                Ok(None)
            };
        };
        let path = keys.join(FORMER_FILE);
        let text = read_text(&path)?.unwrap_or_default();
        let former = text.lines().map(Former::parse).collect::<Result<_, _>>();
        let former = former.map_err(|source| LicensingKeysError::Malformed { path, source })?;
        Ok(Some(Self { own, next, former }))
    }
}

fn read_key(path: &Path) -> Result<Option<LicensingKey>, LicensingKeysError> {
    let Some(text) = read_text(path)? else { return Ok(None) };
    let key = LicensingKey::from_text(text.trim());
    let malformed = |source| LicensingKeysError::Malformed { path: path.to_owned(), source };
    key.map(Some).map_err(malformed)
}

fn read_text(path: &Path) -> Result<Option<Zeroizing<String>>, LicensingKeysError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LicensingKeysError::Io { path: path.to_owned(), source }),
    }
}

/// Writes a file that only its owner may read, as a whole and durably.
fn write(path: &Path, text: &str) -> Result<(), LicensingKeysError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        fs::File::open(folder)?.sync_all()
    });
    written.map_err(|source| LicensingKeysError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const DAY: i64 = SECONDS_A_DAY;

    #[test]
    fn a_key_is_made_once_is_private_and_stays_published_for_a_while_after_a_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let start = Timestamp::from_micros(1_800_000_000_000_000);
        assert!(LicensingKeys::look(folder.path()).expect("no key yet").is_none());
        let made = LicensingKeys::open(folder.path()).expect("a key");
        let [first, second] = [&made.own, &made.next].map(LicensingKey::public);
        let mode = fs::metadata(folder.path().join(KEY_FILE)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = LicensingKeys::open(folder.path()).expect("a key");
        assert_eq!(again.published(start), [first, second], "who looks early knows the next one");
        let rotated = LicensingKeys::rotate(folder.path(), start).expect("a new key");
        assert_eq!(rotated, (first, second));
        let keys = LicensingKeys::open(folder.path()).expect("keys");
        let third = keys.next.public();
        assert_eq!(keys.published(start.plus_seconds(30 * DAY - 1)), [second, third, first]);
        assert_eq!(keys.published(start.plus_seconds(30 * DAY)), [second, third]);
        let later = start.plus_seconds(40 * DAY);
        LicensingKeys::rotate(folder.path(), later).expect("a new key");
        let keys = LicensingKeys::open(folder.path()).expect("keys");
        assert_eq!(keys.published(later), [third, keys.next.public(), second]);
        fs::copy(folder.path().join(KEY_FILE), folder.path().join(NEXT_FILE)).expect("a crash");
        let healed = LicensingKeys::open(folder.path()).expect("keys");
        assert_ne!(healed.next.public(), healed.own.public());
    }

    #[test]
    fn a_key_that_is_gone_is_not_made_anew_in_silence() {
        let folder = tempfile::tempdir().expect("a folder");
        LicensingKeys::open(folder.path()).expect("keys");
        fs::remove_file(folder.path().join(KEY_FILE)).expect("a file");
        let found = LicensingKeys::open(folder.path());
        assert!(matches!(found, Err(LicensingKeysError::Missing { .. })));
    }

    #[test]
    fn a_file_that_is_no_key_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(KEY_FILE), "no key").expect("a file");
        let found = LicensingKeys::open(folder.path());
        assert!(matches!(found, Err(LicensingKeysError::Malformed { .. })));
    }
}
