//! What lies where in a data folder, and how its files are copied. Knows names of files and nothing of what
//! is in them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The places in one data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFolder(PathBuf);

impl DataFolder {
    /// The data folder at this path, whether it exists or not.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The file that says which format the folder has, and whose ledger it is.
    #[must_use]
    pub fn format(&self) -> PathBuf {
        self.0.join("FORMAT")
    }

    /// The folder of the log's segments.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// The folder of the keys that open what is personal.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// The folder of what is signed about the log: the newest checkpoint, the public key, the tiles.
    #[must_use]
    pub fn proofs(&self) -> PathBuf {
        ledger_log::sealing::proofs_folder(&self.0)
    }

    /// The newest checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> PathBuf {
        self.proofs().join("checkpoint")
    }

    /// The folder of the views' snapshots. They are caches: without them the views are folded again.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.0.join("snapshots")
    }

    /// Whether a ledger was made here.
    #[must_use]
    pub fn holds_a_ledger(&self) -> bool {
        self.format().is_file()
    }

    /// Whether nothing is here: no such folder, or an empty one.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn is_vacant(&self) -> io::Result<bool> {
        match fs::read_dir(&self.0) {
            Ok(mut entries) => Ok(entries.next().is_none()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// The files of a folder by name, without those of its sub-folders. A folder that is not there has none.
///
/// # Errors
/// When the folder cannot be listed.
pub fn files(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Copies a file from front to back and makes the copy durable. Blocks of zeros become holes, so that a
/// segment takes the room of what was written to it. The order matters to a segment that is being written:
/// what says how far it is durable stands in front of what is durable.
///
/// # Errors
/// When a file cannot be read or written.
pub fn copy_file(from: &Path, to: &Path) -> io::Result<u64> {
    const BLOCK_BYTES: usize = 1024 * 1024;
    let mut source = File::open(from)?;
    let mut options = OpenOptions::new();
    // A key is never readable by others, not even while it is copied.
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut target = options.open(to)?;
    let mut block = vec![0; BLOCK_BYTES];
    let mut copied = 0;
    loop {
        let read = fill(&mut source, &mut block)?;
        let bytes = block.get(..read).unwrap_or(&block);
        if bytes.is_empty() {
            break;
        }
        copied += u64::try_from(read).unwrap_or(u64::MAX);
        if bytes.iter().all(|byte| *byte == 0) {
            target.seek(SeekFrom::Start(copied))?;
        } else {
            target.write_all(bytes)?;
        }
    }
    target.set_len(copied)?;
    target.set_permissions(source.metadata()?.permissions())?;
    target.sync_all()?;
    Ok(copied)
}

/// Makes a folder's list of files durable.
///
/// # Errors
/// When the folder cannot be opened or synced.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn fill(source: &mut File, block: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_same_bytes_also_where_they_are_zeros() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        let mut bytes = vec![0_u8; 3 * 1024 * 1024 + 17];
        bytes[5] = 1;
        bytes[2 * 1024 * 1024 + 3] = 2;
        fs::write(&from, &bytes).unwrap();
        fs::write(&to, b"what was there before").unwrap();
        assert_eq!(copy_file(&from, &to).unwrap(), 3 * 1024 * 1024 + 17);
        assert!(fs::read(&to).unwrap() == bytes);
    }

    #[test]
    fn a_folder_is_vacant_when_it_is_missing_or_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert!(DataFolder::at(folder.path()).is_vacant().unwrap());
        assert!(DataFolder::at(folder.path().join("none")).is_vacant().unwrap());
        fs::write(folder.path().join("file"), b"x").unwrap();
        assert!(!DataFolder::at(folder.path()).is_vacant().unwrap());
    }
}
