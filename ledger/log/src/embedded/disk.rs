//! The one door to files: everything that the embedded log does to a disk goes through here, so that tests
//! can put a disk behind it that tears, loses, fills up and fails.

use std::any::Any;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading only, also on a read-only file system.
    Read,
    /// Reading and writing.
    Write,
}

/// Something to hold as long as a lock is wanted.
pub type Lock = Box<dyn Any + Send + Sync>;

/// A file system, as far as the log needs one.
pub trait Disk: Send + Sync + 'static {
    /// Makes a folder and those above it, if they are not there.
    ///
    /// # Errors
    /// What the system says.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Makes an empty file; one of that name is emptied.
    ///
    /// # Errors
    /// What the system says.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens a file that is there.
    ///
    /// # Errors
    /// `NotFound` when it is not there, else what the system says.
    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn DiskFile>>;

    /// The names of the files in a folder, in no order.
    ///
    /// # Errors
    /// `NotFound` when it is not there, else what the system says.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// Gives a file another name in the same folder. Durable after `sync_folder`.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Removes a folder if it is empty. A file system without folders has nothing to do.
    ///
    /// # Errors
    /// When it is not empty, or what the system says.
    fn remove_folder(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// What the system says. Whoever gets one must not trust the folder any more.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Makes everything that was written below a folder durable, files and names.
    ///
    /// # Errors
    /// What the system says.
    fn sync_below(&self, folder: &Path) -> io::Result<()>;

    /// Takes the lock on a file, which is made if it is not there; `None` when somebody else holds it.
    ///
    /// # Errors
    /// What the system says.
    fn lock(&self, path: &Path, access: Access) -> io::Result<Option<Lock>>;
}

/// An open file.
pub trait DiskFile: Send + Sync + 'static {
    /// Its length.
    ///
    /// # Errors
    /// What the system says.
    fn bytes(&self) -> io::Result<u64>;

    /// Fills the buffer from this offset.
    ///
    /// # Errors
    /// `UnexpectedEof` when the file ends before, else what the system says.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all of the bytes at this offset in one call to the system.
    ///
    /// # Errors
    /// `WriteZero` when it wrote fewer, else what the system says.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes everything that was written durable.
    ///
    /// # Errors
    /// What the system says. Whoever gets one must not trust the file any more.
    fn sync(&self) -> io::Result<()>;

    /// Asks the system to read from the medium the next time, not from memory.
    ///
    /// # Errors
    /// What the system says.
    fn forget_cached(&self) -> io::Result<()>;
}

/// The whole content of a file.
pub(crate) fn read_whole(file: &dyn DiskFile) -> io::Result<Vec<u8>> {
    let bytes = usize::try_from(file.bytes()?).map_err(io::Error::other)?;
    let mut content = vec![0; bytes];
    file.read_at(&mut content, 0)?;
    Ok(content)
}

/// Writes a file so that under its name there is the whole content or none: as `<name>.part` first.
pub(crate) fn write_whole(disk: &dyn Disk, path: &Path, content: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let file = disk.create(&part)?;
    file.write_at(content, 0)?;
    file.sync()?;
    disk.rename(&part, path)?;
    path.parent().map_or(Ok(()), |folder| disk.sync_folder(folder))
}

/// Writes a file that readers see whole or not at all, and that a crash may lose or tear.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, content: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    disk.create(&part)?.write_at(content, 0)?;
    disk.rename(&part, path)
}

/// The machine's file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(true).open(path)?;
        Ok(Arc::new(SystemFile(file)))
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(access == Access::Write).open(path)?;
        Ok(Arc::new(SystemFile(file)))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let names = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name()));
        // A name that is not text is none of ours.
        Ok(names
            .collect::<io::Result<Vec<_>>>()?
            .into_iter()
            .flat_map(|n| n.into_string())
            .collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn sync_below(&self, folder: &Path) -> io::Result<()> {
        // The whole file system: one call where a folder of many small files would need thousands.
        rustix::fs::syncfs(File::open(folder)?)?;
        Ok(())
    }

    fn lock(&self, path: &Path, access: Access) -> io::Result<Option<Lock>> {
        let (file, taken) = match access {
            Access::Write => {
                let mut options = OpenOptions::new();
                let file =
                    options.read(true).write(true).create(true).truncate(false).open(path)?;
                let taken = file.try_lock();
                (file, taken)
            }
            Access::Read => {
                let file = File::open(path)?;
                let taken = file.try_lock_shared();
                (file, taken)
            }
        };
        match taken {
            Ok(()) => Ok(Some(Box::new(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

struct SystemFile(File);

impl DiskFile for SystemFile {
    fn bytes(&self) -> io::Result<u64> {
        self.0.metadata().map(|metadata| metadata.len())
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(into, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        loop {
            match self.0.write_at(bytes, offset) {
                Ok(written) if written == bytes.len() => return Ok(()),
                Ok(written) => {
                    let what = format!("short write: {written} of {} bytes", bytes.len());
                    return Err(io::Error::new(io::ErrorKind::WriteZero, what));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn forget_cached(&self) -> io::Result<()> {
        rustix::fs::fadvise(&self.0, 0, None, rustix::fs::Advice::DontNeed)?;
        Ok(())
    }
}
