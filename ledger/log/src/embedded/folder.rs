//! The data folder: what is where in it, which format it has, and who holds it.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::OpenError;
use super::disk::{self, Access, Disk, Lock};
use super::format::{FORMAT_VERSION, FORMAT_VERSION_MIN};

/// A data folder that no other process writes to or reads, as long as this lives.
pub struct Hold(#[expect(dead_code, reason = "it is held, not looked at")] Lock);

/// Keeps every other process from a data folder, to change what lies beside its log.
///
/// # Errors
/// When another process has it open.
pub fn hold(root: &Path) -> Result<Hold, OpenError> {
    Folder::new(root).take(&super::SystemDisk, Access::Write).map(Hold)
}

/// Where the files of a ledger are.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    pub(crate) fn quarantine(&self) -> PathBuf {
        self.log().join("quarantine")
    }

    pub(crate) fn segment(&self, number: u64) -> PathBuf {
        self.log().join(format!("segment-{number:08}.log"))
    }

    pub(crate) fn index(&self, number: u64) -> PathBuf {
        self.log().join(super::index_file::name(number))
    }

    /// The prepared file that becomes the next segment.
    pub(crate) fn next(&self) -> PathBuf {
        self.log().join("next.log")
    }

    /// The file whose room is given back when recovery has none.
    pub(crate) fn reserve(&self) -> PathBuf {
        self.root.join("reserve")
    }

    fn format(&self) -> PathBuf {
        self.root.join("FORMAT")
    }

    fn lock(&self) -> PathBuf {
        self.root.join("LOCK")
    }

    /// Takes the folder for this process: alone for writing, with other readers for reading.
    pub(crate) fn take(&self, disk: &dyn Disk, access: Access) -> Result<Lock, OpenError> {
        let taken = match (disk.lock(&self.lock(), access), access) {
            (Err(error), Access::Read) if error.kind() == io::ErrorKind::NotFound => {
                // A copy made without the lock file: nobody can hold it.
                Ok(Some(Box::new(()) as Lock))
            }
            (taken, _) => taken,
        };
        taken
            .map_err(OpenError::io("lock", &self.lock()))?
            .ok_or_else(|| OpenError::InUse { path: self.root.clone() })
    }

    /// Says which format the folder has. Written last, so that a folder with it is complete.
    pub(crate) fn write_format(&self, disk: &dyn Disk, ledger: Uuid) -> Result<(), OpenError> {
        let text = format!("deedbook ledger\nformat {FORMAT_VERSION}\nledger {ledger}\n");
        disk::write_whole(disk, &self.format(), text.as_bytes())
            .map_err(OpenError::io("write", &self.format()))
    }

    /// The ledger's id, when the format is one that this program reads.
    pub(crate) fn read_format(&self, disk: &dyn Disk) -> Result<Uuid, OpenError> {
        let path = self.format();
        let read = disk.open(&path, Access::Read).and_then(|file| disk::read_whole(&*file));
        let text = match read {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(OpenError::NotALedger { path: self.root.clone() });
            }
            Err(error) => return Err(OpenError::io("read", &path)(error)),
        };
        let field =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let refuse = || OpenError::NotALedger { path: self.root.clone() };
        let version: u32 = field("format").and_then(|v| v.parse().ok()).ok_or_else(refuse)?;
        if !(FORMAT_VERSION_MIN..=FORMAT_VERSION).contains(&version) {
            let supported = FORMAT_VERSION_MIN..=FORMAT_VERSION;
            return Err(OpenError::NewerFormat { found: version, supported });
        }
        field("ledger").and_then(|id| id.parse().ok()).ok_or_else(refuse)
    }

    /// Whether a ledger is here.
    pub(crate) fn is_taken(&self, disk: &dyn Disk) -> Result<bool, OpenError> {
        match disk.open(&self.format(), Access::Read) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(OpenError::io("open", &self.format())(error)),
        }
    }

    /// The numbers of the segments, in order.
    pub(crate) fn segments(&self, disk: &dyn Disk) -> Result<Vec<u64>, OpenError> {
        let names = disk.list(&self.log()).map_err(OpenError::io("list", &self.log()))?;
        let number = |name: &String| {
            name.strip_prefix("segment-")?.strip_suffix(".log")?.parse::<u64>().ok()
        };
        let mut numbers: Vec<u64> = names.iter().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }
}
