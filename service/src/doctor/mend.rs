//! Makes again what is derived from the log: indexes, tiles, snapshots of the views. Each is removed, and made by
//! opening the ledger as the service would.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::data_folder::{DataFolder, files};
use crate::engine::{Engine, EngineError, Sizes};

/// Why nothing was mended.
#[derive(Debug, thiserror::Error)]
pub enum MendError {
    /// A file cannot be removed.
    #[error("`{}` cannot be removed", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The ledger cannot be opened.
    #[error("the ledger cannot be opened")]
    Open(#[from] EngineError),
}

/// Removes what is derived from the log and makes it again. Gives how many files were removed. Only for a log that
/// was examined and found whole.
///
/// # Errors
/// When a file cannot be removed, or the ledger not be opened. What is missing then is made again at the next start.
pub async fn mend(folder: &DataFolder, sizes: Sizes) -> Result<usize, MendError> {
    let removing = |path: &Path| {
        let path = path.to_owned();
        move |source| MendError::Remove { path, source }
    };
    let derived = derived(folder).map_err(removing(folder.path()))?;
    for path in &derived {
        match fs::remove_file(path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(removing(path)(source));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Engine::open(folder.path(), sizes).await?.close().await;
    Ok(derived.len())
}

fn derived(folder: &DataFolder) -> io::Result<Vec<PathBuf>> {
    let mut found = leftovers(folder)?;
    found.extend(with_extension(&folder.log(), "idx")?);
    found.extend(within(&folder.snapshots())?);
    found.extend(within(&folder.proofs().join("tile"))?);
    Ok(found)
}

/// What interrupted writes left behind.
pub(super) fn leftovers(folder: &DataFolder) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for place in
        [folder.path().to_owned(), folder.log(), folder.keys(), folder.proofs(), folder.snapshots()]
    {
        found.extend(with_extension(&place, "part")?);
    }
    Ok(found)
}

fn with_extension(folder: &Path, wanted: &str) -> io::Result<Vec<PathBuf>> {
    let named = |name: &String| Path::new(name).extension().is_some_and(|one| one == wanted);
    let names = files(folder)?;
    Ok(names.into_iter().filter(named).map(|name| folder.join(name)).collect())
}

/// All files of a folder and of those in it.
fn within(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}
