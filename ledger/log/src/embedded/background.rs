//! Work that no commit waits for: preparing the file of the next segment, writing the index of a full one,
//! keeping the reserve.

use std::io;
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::disk::{self, Access, Disk};
use super::folder::Folder;
use super::index::SegmentIndex;
use super::index_file;
use super::segment::write_zeros;
use super::walk::is_zero;

/// What the background needs to know.
#[derive(Clone)]
pub(crate) struct Workplace {
    pub disk: Arc<dyn Disk>,
    pub folder: Folder,
    pub ledger: Uuid,
    pub segment_bytes: u64,
    pub reserve_bytes: u64,
    /// How long after a full disk was found it is tried again.
    pub retry_space: Duration,
}

/// Whether the file of the next segment is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    Working,
    Ready,
    Full { since: Instant },
    Failed { reason: String },
}

enum Task {
    Next,
    Index(Box<SegmentIndex>),
    Reserve,
}

/// The background thread, stopped and awaited when this is dropped.
pub(crate) struct Background {
    place: Workplace,
    tasks: Option<mpsc::Sender<Task>>,
    next: Arc<(Mutex<Next>, Condvar)>,
    thread: Option<JoinHandle<()>>,
    /// What is to be done, where there is no thread for it.
    inbox: Option<mpsc::Receiver<Task>>,
}

impl Background {
    /// Starts the thread, which first looks after the next segment and the reserve.
    pub(crate) fn start(place: Workplace) -> io::Result<Self> {
        let (tasks, inbox) = mpsc::channel();
        let next = Arc::new((Mutex::new(Next::Working), Condvar::new()));
        let (theirs, told) = (place.clone(), Arc::clone(&next));
        let thread =
            std::thread::Builder::new().name("ledger-segments".to_owned()).spawn(move || {
                for task in inbox {
                    theirs.perform(task, &told);
                }
            })?;
        let (tasks, thread) = (Some(tasks), Some(thread));
        Ok(Self { place, tasks, next, thread, inbox: None }.begin())
    }

    /// The same without a thread: the work is done when `work` is called, or when somebody must wait for it.
    pub(crate) fn driven(place: Workplace) -> Self {
        let (tasks, inbox) = mpsc::channel();
        let next = Arc::new((Mutex::new(Next::Working), Condvar::new()));
        Self { place, tasks: Some(tasks), next, thread: None, inbox: Some(inbox) }.begin()
    }

    fn begin(self) -> Self {
        self.send(Task::Next);
        self.send(Task::Reserve);
        self
    }

    /// Does the next piece of work where there is no thread for it. Whether there was one.
    pub(crate) fn work(&self) -> bool {
        let task = self.inbox.as_ref().and_then(|inbox| inbox.try_recv().ok());
        let Some(task) = task else { return false };
        self.place.perform(task, &self.next);
        true
    }

    /// Whether the next segment can begin now. Waits while its file is being made.
    pub(crate) fn next(&self) -> Next {
        let mut next = self.lock();
        if let Next::Full { since } = &*next
            && since.elapsed() >= self.place.retry_space
        {
            *next = Next::Working;
            self.send(Task::Next);
        }
        while *next == Next::Working {
            if self.inbox.is_some() {
                drop(next);
                self.work();
                next = self.lock();
                continue;
            }
            next = self.next.1.wait(next).unwrap_or_else(PoisonError::into_inner);
        }
        next.clone()
    }

    /// The prepared file was used: prepare another, and write the index of the segment that is full.
    pub(crate) fn rolled(&self, full: SegmentIndex) {
        *self.lock() = Next::Working;
        self.send(Task::Next);
        self.send(Task::Index(Box::new(full)));
    }

    /// Gives the room of the reserve back and tries again at once. For recovery only.
    pub(crate) fn next_from_reserve(&self) -> io::Result<Next> {
        match self.place.disk.remove(&self.place.folder.reserve()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        *self.lock() = Next::Working;
        self.send(Task::Next);
        Ok(self.next())
    }

    fn lock(&self) -> MutexGuard<'_, Next> {
        self.next.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, task: Task) {
        if let Some(tasks) = &self.tasks {
            // The thread only ends after the sender is dropped.
            let _ = tasks.send(task);
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        while self.work() {}
        drop(self.tasks.take());
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, the index and the next file are made again at the next start.
            let _ = thread.join();
        }
    }
}

impl Workplace {
    fn perform(&self, task: Task, told: &(Mutex<Next>, Condvar)) {
        match task {
            Task::Next => {
                let made = match self.make_next() {
                    Ok(()) => Next::Ready,
                    Err(error) if is_full(&error) => {
                        tracing::warn!(%error, "no room for the next segment");
                        // Half a file would keep the room that is missing.
                        let _ = self.disk.remove(&self.folder.next().with_extension("part"));
                        Next::Full { since: Instant::now() }
                    }
                    Err(error) => Next::Failed { reason: error.to_string() },
                };
                *told.0.lock().unwrap_or_else(PoisonError::into_inner) = made;
                told.1.notify_all();
            }
            Task::Index(index) => {
                let path = self.folder.index(index.segment);
                let bytes = index_file::encode(self.ledger, &index);
                if let Err(error) = disk::write_whole(&*self.disk, &path, &bytes) {
                    tracing::warn!(%error, "the index of a segment was not kept; it is made again when needed");
                }
            }
            Task::Reserve => {
                if let Err(error) = self.keep_reserve() {
                    tracing::warn!(%error, "no reserve is kept for recovery on a full disk");
                }
            }
        }
    }

    fn make_next(&self) -> io::Result<()> {
        let path = self.folder.next();
        match self.disk.open(&path, Access::Write) {
            Ok(left) if left.bytes()? == self.segment_bytes => {
                // A crash while rolling may have left a file that was begun.
                if is_zero(&disk::read_whole(&*left)?) {
                    return left.sync();
                }
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.make_zeros(&path, self.segment_bytes)
    }

    fn keep_reserve(&self) -> io::Result<()> {
        let path = self.folder.reserve();
        match self.disk.open(&path, Access::Read) {
            Ok(kept) if kept.bytes()? == self.reserve_bytes => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        if self.reserve_bytes == 0 {
            return Ok(());
        }
        let made = self.make_zeros(&path, self.reserve_bytes);
        if made.is_err() {
            let _ = self.disk.remove(&path.with_extension("part"));
        }
        made
    }

    fn make_zeros(&self, path: &std::path::Path, bytes: u64) -> io::Result<()> {
        let part = path.with_extension("part");
        let file = self.disk.create(&part)?;
        write_zeros(&*file, 0, bytes)?;
        self.disk.rename(&part, path)?;
        path.parent().map_or(Ok(()), |folder| self.disk.sync_folder(folder))
    }
}

/// Whether an error says that there is no room. A short write says so too: the rest did not fit.
pub(crate) fn is_full(error: &io::Error) -> bool {
    [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::WriteZero]
        .contains(&error.kind())
}
