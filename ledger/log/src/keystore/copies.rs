//! The two files that hold the wrapped keys, and how they are written, healed and overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::KeystoreError;
use super::merge::{self, Merged};
use super::record::Record;

const KEK: &str = "kek";
pub(super) const NAMES: [&str; 2] = ["subjects.a", "subjects.b"];

/// What opening the keys had to mend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyRecovery {
    /// The files that were written anew from the other copy.
    pub healed: Vec<PathBuf>,
    /// Records that were half written when the machine stopped. Nothing acknowledged depends on them.
    pub torn: usize,
}

/// Both key files, open for writing.
pub(super) struct Copies {
    files: [(PathBuf, File); 2],
    /// How many records both files hold.
    pub written: usize,
    poisoned: bool,
}

impl Copies {
    /// Both files in a new folder, with their first records.
    pub fn create(
        dir: &Path,
        kek: &[u8; 32],
        store: [u8; 16],
        records: Vec<Record>,
    ) -> Result<Self, KeystoreError> {
        let path = dir.join(KEK);
        if path.exists() {
            return Err(KeystoreError::Exists { path });
        }
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(fail("created", dir))?;
        let merged = Merged { store, records, torn: 0 };
        let bytes = merged.encode();
        for name in NAMES {
            replace(dir, name, &bytes)?;
        }
        // The key that wraps the others comes last: with it the keystore exists.
        write_kek(&path, kek)?;
        sync_folder(dir)?;
        if let Some(parent) = dir.parent() {
            sync_folder(parent)?;
        }
        Self::of(dir, merged.records.len())
    }

    /// Both files of an existing folder, healed, and what they hold.
    pub fn open(dir: &Path) -> Result<(Self, Vec<Record>, KeyRecovery), KeystoreError> {
        let [a, b] = NAMES.map(|name| read_copy(&dir.join(name)));
        let (a, b) = (a?, b?);
        let merged = merge::merge(&a, &b)?;
        let whole = merged.encode();
        let mut recovery = KeyRecovery { healed: Vec::new(), torn: merged.torn };
        for (name, found) in NAMES.into_iter().zip([a, b]) {
            if found != whole {
                replace(dir, name, &whole)?;
                sync_folder(dir)?;
                recovery.healed.push(dir.join(name));
            }
        }
        Ok((Self::of(dir, merged.records.len())?, merged.records, recovery))
    }

    fn of(dir: &Path, written: usize) -> Result<Self, KeystoreError> {
        let open = |name: &str| {
            let path = dir.join(name);
            let file = OpenOptions::new().read(true).write(true).open(&path);
            file.map_err(fail("opened", &path)).map(|file| (path, file))
        };
        let [a, b] = NAMES.map(open);
        Ok(Self { files: [a?, b?], written, poisoned: false })
    }

    /// Adds records to both files, durably: A before B.
    pub fn append(&mut self, records: &[Record]) -> Result<(), KeystoreError> {
        let mut bytes = Vec::new();
        records.iter().for_each(|record| record.encode(&mut bytes));
        // A write that failed before the sync is simply repeated at the same place.
        self.write(&[(merge::offset_of(self.written), bytes)])?;
        self.written += records.len();
        Ok(())
    }

    /// Puts records in the places of others in both files, durably, and looks whether they are there.
    pub fn overwrite(&mut self, records: &[(usize, Record)]) -> Result<(), KeystoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let placed = records.iter().map(|(slot, record)| {
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            (merge::offset_of(*slot), bytes)
        });
        let placed: Vec<_> = placed.collect();
        self.write(&placed)?;
        for (path, file) in &self.files {
            for (offset, bytes) in &placed {
                let mut found = vec![0; bytes.len()];
                file.read_exact_at(&mut found, *offset).map_err(fail("read", path))?;
                if found != *bytes {
                    return Err(KeystoreError::Damaged { offset: *offset });
                }
            }
        }
        Ok(())
    }

    fn write(&mut self, placed: &[(u64, Vec<u8>)]) -> Result<(), KeystoreError> {
        if self.poisoned {
            return Err(KeystoreError::Poisoned);
        }
        for (path, file) in &self.files {
            for (offset, bytes) in placed {
                file.write_all_at(bytes, *offset).map_err(fail("written", path))?;
            }
            if let Err(source) = file.sync_data() {
                // After a failed sync the kernel may have dropped the pages: a second sync would lie.
                self.poisoned = true;
                return Err(fail("synced", path)(source));
            }
        }
        Ok(())
    }
}

/// The id of the keystore, as its copies say.
pub(super) fn store_of(dir: &Path) -> Result<[u8; 16], KeystoreError> {
    let [a, b] = NAMES.map(|name| read_copy(&dir.join(name)));
    Ok(merge::merge(&a?, &b?)?.store)
}

/// The key that wraps all others.
pub(super) fn read_kek(dir: &Path) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
    read_key(&dir.join(KEK))
}

/// A key that wraps others, from this file.
pub(super) fn read_key(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
            return Err(KeystoreError::KekMissing { path: path.to_owned() });
        }
        Err(source) => return Err(fail("read", path)(source)),
    };
    let mut kek = Zeroizing::new([0; 32]);
    if bytes.len() != kek.len() {
        return Err(KeystoreError::KekWrong { path: path.to_owned() });
    }
    kek.copy_from_slice(&bytes);
    Ok(kek)
}

/// Where the key that wraps all others lies.
pub(super) fn kek_path(dir: &Path) -> PathBuf {
    dir.join(KEK)
}

pub(super) fn write_kek(path: &Path, kek: &[u8; 32]) -> Result<(), KeystoreError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o400).open(path);
    let mut file = file.map_err(fail("created", path))?;
    file.write_all(kek).and_then(|()| file.sync_all()).map_err(fail("written", path))
}

pub(super) fn read_copy(path: &Path) -> Result<Vec<u8>, KeystoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes),
        // A missing copy is a damaged one: the other heals it.
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(fail("read", path)(source)),
    }
}

/// Writes a file beside the old one, then puts it in its place.
pub(super) fn replace(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), KeystoreError> {
    let (path, new) = (dir.join(name), dir.join(format!("{name}.new")));
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new);
    let mut file = file.map_err(fail("created", &new))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail("written", &new))?;
    fs::rename(&new, &path).map_err(fail("renamed", &new))
}

pub(super) fn sync_folder(dir: &Path) -> Result<(), KeystoreError> {
    // The parent of a relative path may be the empty path, which means the present folder.
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let synced = File::open(dir).and_then(|folder| folder.sync_all());
    synced.map_err(fail("synced", dir))
}

pub(super) fn fail(
    attempted: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> KeystoreError {
    move |source| KeystoreError::Io { attempted, path: path.to_owned(), source }
}
