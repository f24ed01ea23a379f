//! The log in files of its own: one writer, framed batches in preallocated segments, one sync for everybody who
//! waits. It tells a torn tail, which a crash leaves, from damage, and never takes one for the other.
//!
//! Order of a commit: write the frame and its mirror, sync, then answer. The bytes are in `format` and `frame`,
//! the rule for the tail is in `recovery`.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use schemas::{AccountId, CommandId, LogPosition, Revision, StoredEvent, StreamName};
use tokio::sync::watch;
use uuid::Uuid;

use crate::clock::{Clock, SystemClock};
use crate::numbering::{self, APPEND_BYTES_MAX};
use crate::port::{
    Append, AppendOutcome, AppendRefusal, CommandRecord, EventLog, LogFuture, LogIdentity,
    ReadError, StreamSlice,
};

mod background;
mod cache;
mod copy;
pub mod disk;
mod driving;
mod error;
pub mod finding;
mod folder;
mod format;
mod frame;
mod index;
mod index_file;
mod opening;
mod quarantine;
mod queue;
mod recovering;
mod recovery;
mod segment;
mod sharded;
#[cfg(feature = "simulated")]
pub mod simulated;
mod store;
mod tail;
pub mod verify;
mod walk;
mod writer;

pub use copy::{CopyError, copy_first};
pub use disk::{Disk, SystemDisk};
pub use driving::Drive;
pub use error::OpenError;
pub use finding::{EventPlace, Finding, FindingKind};
pub use folder::{Hold, hold};
pub use opening::RecoveryReport;
pub use store::{FramePoint, ReadBackFrame};
pub use verify::{VerifyReport, verify};
pub use writer::{BeforeCommit, OnFatal};

use disk::{Access, Lock};
use driving::Hand;
use folder::Folder;
use format::Geometry;
use frame::FRAME_OVERHEAD_BYTES;
use index::Place;
use opening::Source;
use queue::Queue;
use store::{Progress, Store};

/// How the embedded log is set up.
#[derive(Clone)]
pub struct EmbeddedOptions {
    /// The id of a new ledger; chosen at random when `None`.
    pub ledger: Option<Uuid>,
    /// How large a segment file of a new ledger is. An existing ledger keeps what it has.
    pub segment_bytes: u64,
    /// How large a batch of a new ledger may be. An existing ledger keeps what it has.
    pub frame_bytes_max: u64,
    /// How many events a signed checkpoint says there are: a log with fewer is damaged, whatever its tail looks like.
    pub promised_events: u64,
    /// How much room is kept for recovery on a full disk.
    pub reserve_bytes: u64,
    /// How much of recently used batches is kept in memory.
    pub cache_bytes_max: usize,
    /// How long after the last commit its tail slot is made durable.
    pub idle_seal: Duration,
    /// How long after the disk was found full it is tried again.
    pub retry_space: Duration,
    /// Runs in the writer before every commit: the key store makes its new keys durable here.
    pub before_commit: BeforeCommit,
    /// Runs when a write or a sync failed and nobody knows what is on the disk. Ends the process.
    pub on_fatal: OnFatal,
    /// Tells when a recovery happened.
    pub clock: Arc<dyn Clock>,
    /// The file system.
    pub disk: Arc<dyn Disk>,
    /// Whether there are no threads: what the writer does is done in [`EmbeddedLog::drive`], and reads in place. For
    /// simulations, where one seed gives one history.
    pub driven: bool,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            ledger: None,
            segment_bytes: 64 * 1024 * 1024,
            frame_bytes_max: 1024 * 1024,
            promised_events: 0,
            reserve_bytes: 64 * 1024 * 1024,
            cache_bytes_max: 32 * 1024 * 1024,
            idle_seal: Duration::from_millis(50),
            retry_space: Duration::from_secs(5),
            before_commit: Arc::new(|| Ok(())),
            on_fatal: Arc::new(|_| std::process::abort()),
            clock: Arc::new(SystemClock),
            disk: Arc::new(SystemDisk),
            driven: false,
        }
    }
}

/// The log in files of its own. Clones share it; it is closed when the last one is dropped.
#[derive(Clone)]
pub struct EmbeddedLog {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<Store>,
    queue: Arc<Queue>,
    writer: Mutex<Hand>,
    driven: bool,
    append_bytes_max: usize,
    // Held until the writer has stopped: fields are dropped after `drop` ran.
    _lock: Lock,
}

impl EmbeddedLog {
    /// Makes an empty ledger in a folder and gives its id.
    ///
    /// # Errors
    /// When there is one already, when another process has the folder, or when the system refuses.
    pub fn create(folder: &Path, options: &EmbeddedOptions) -> Result<Uuid, OpenError> {
        let EmbeddedOptions { segment_bytes, frame_bytes_max, disk, .. } = options;
        let (segment_bytes, frame_bytes_max) = (*segment_bytes, *frame_bytes_max);
        let geometry = Geometry { segment_bytes, frame_bytes_max };
        if !geometry.is_sound() {
            return Err(OpenError::Sizes { segment_bytes, frame_bytes_max });
        }
        let folder = Folder::new(folder);
        let root = folder.root().to_owned();
        disk.create_folder(&folder.quarantine()).map_err(OpenError::io("make", &root))?;
        let _lock = folder.take(&**disk, Access::Write)?;
        if folder.is_taken(&**disk)? {
            return Err(OpenError::AlreadyExists { path: root });
        }
        let ledger = options.ledger.map_or_else(random_id, Ok)?;
        let header = segment::first_header(ledger, geometry);
        let path = folder.segment(header.segment);
        let made = disk.create(&path).and_then(|file| {
            segment::write_zeros(&*file, 0, segment_bytes)?;
            segment::begin(&*file, &header)?;
            disk.sync_folder(&folder.log())?;
            disk.sync_folder(&root)
        });
        made.map_err(OpenError::io("write", &path))?;
        folder.write_format(&**disk, ledger)?;
        Ok(ledger)
    }

    /// Opens a ledger for reading and writing: recovers a torn tail, refuses damage.
    ///
    /// # Errors
    /// When there is none, another process has it, a newer version wrote it, it is damaged, or the system refuses.
    pub fn open(
        folder: &Path,
        options: EmbeddedOptions,
    ) -> Result<(Self, RecoveryReport), OpenError> {
        recovering::open(folder, options)
    }

    /// Opens a ledger for reading, damaged or not, and writes nothing: streams that the damage does not touch
    /// can be read, appends are refused.
    ///
    /// # Errors
    /// When there is none, a process writes to it, a newer version wrote it, or the system refuses.
    pub fn open_read_only(
        folder: &Path,
        options: EmbeddedOptions,
    ) -> Result<(Self, RecoveryReport), OpenError> {
        let folder = Folder::new(folder);
        let ledger = folder.read_format(&*options.disk)?;
        let lock = folder.take(&*options.disk, Access::Read)?;
        let disk = Arc::clone(&options.disk);
        let source = Source { disk: &*disk, folder: &folder, ledger, access: Access::Read };
        let opened = source.open_leniently()?;
        let (healed, mirrored) = opened.healed.into_iter().unzip();
        let report = RecoveryReport {
            segments: opening::count(&folder.segments(&*disk)?),
            events: opened.index.next_position(),
            healed,
            torn: opened.torn.map(|torn| torn.finding),
            indexes_rebuilt: Vec::new(),
            damage: opened.index.damage().to_vec(),
        };
        let identity = LogIdentity { ledger, backend: BACKEND };
        let place = (Arc::clone(&disk), folder);
        let newest = FramePoint::at_end(&opened.chain, report.segments);
        let indexed = (opened.index, newest);
        let store = Store::new(place, identity, indexed, mirrored, options.cache_bytes_max);
        let queue = Arc::new(Queue::default());
        queue.close();
        let shared = Shared {
            store: Arc::new(store),
            queue,
            writer: Mutex::new(Hand::Nobody),
            driven: options.driven,
            append_bytes_max: APPEND_BYTES_MAX,
            _lock: lock,
        };
        Ok((Self { shared: Arc::new(shared) }, report))
    }

    /// What stopped the writing, if damage did.
    #[must_use]
    pub fn halted(&self) -> Option<Finding> {
        self.shared.store.halted().cloned()
    }

    /// The newest durable batch, as the writer holds it in memory.
    #[must_use]
    pub fn newest_frame(&self) -> FramePoint {
        self.shared.store.newest_frame()
    }

    /// Batches read from their files and not from memory, from the one that holds this position on.
    ///
    /// # Errors
    /// When what is stored is not what was written, or cannot be read.
    pub fn read_back(
        &self,
        from: LogPosition,
        frames_max: usize,
    ) -> Result<Vec<ReadBackFrame>, ReadError> {
        self.shared.store.read_back(from, frames_max)
    }

    /// Halts the writing because of damage that was found elsewhere. Reads go on.
    pub fn halt(&self, finding: Finding) {
        self.shared.store.halt(finding);
    }

    /// How the writing goes.
    #[must_use]
    pub fn health(&self) -> Health {
        let Progress { committing_since, full } = *self.shared.store.progress();
        Health {
            halted: self.halted(),
            full,
            committing_for: committing_since.map(|since| since.elapsed()),
            waiting: self.shared.queue.waiting(),
        }
    }

    /// Lets no append in any more, serves those in line, and waits until all is on the disk.
    pub fn close(&self) {
        self.shared.close();
    }

    fn read(
        &self,
        places: Result<Vec<Place>, Finding>,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        let places = match places {
            Ok(places) => places,
            Err(finding) => return Box::pin(std::future::ready(Err(finding.read_error()))),
        };
        if let Some(events) = self.shared.store.cached_events(&places) {
            return Box::pin(std::future::ready(Ok(events)));
        }
        let store = Arc::clone(&self.shared.store);
        self.off_the_loop(move || store.events(&places))
    }

    /// Does what may wait for a disk where it does not hold up other tasks.
    fn off_the_loop<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
    ) -> LogFuture<Result<T, ReadError>> {
        if self.shared.driven {
            return Box::pin(std::future::ready(read()));
        }
        Box::pin(off_the_loop(read))
    }
}

/// How the writing goes, for those who decide whether to send more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What stopped the writing, if damage did.
    pub halted: Option<Finding>,
    /// Whether the disk was found full the last time that room was needed.
    pub full: bool,
    /// How long the commit that is under way has taken so far.
    pub committing_for: Option<Duration>,
    /// How many appends wait for the next commit.
    pub waiting: usize,
}

const BACKEND: &str = "embedded";

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

impl EventLog for EmbeddedLog {
    fn append(&self, append: Append) -> LogFuture<AppendOutcome> {
        let answer =
            |outcome| -> LogFuture<AppendOutcome> { Box::pin(std::future::ready(outcome)) };
        if self.shared.store.halted().is_some() {
            return answer(AppendOutcome::Rejected(AppendRefusal::Halted));
        }
        if let Err(refusal) = numbering::check_shape_within(&append, self.shared.append_bytes_max) {
            return answer(AppendOutcome::Rejected(refusal));
        }
        match self.shared.queue.join(append) {
            Err(outcome) => answer(outcome),
            Ok(receiver) => Box::pin(async move {
                receiver.await.unwrap_or_else(|_| AppendOutcome::Unknown {
                    reason: "the ledger's writer stopped before it answered".to_owned(),
                })
            }),
        }
    }

    fn read_stream(
        &self,
        stream: StreamName,
        after: Option<Revision>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        let places = self.shared.store.index().stream_places(stream, after, limit);
        self.read(places)
    }

    fn read_streams(
        &self,
        slices: Vec<StreamSlice>,
    ) -> LogFuture<Result<Vec<Vec<StoredEvent>>, ReadError>> {
        let (mut places, mut counts) = (Vec::new(), Vec::with_capacity(slices.len()));
        {
            let index = self.shared.store.index();
            for StreamSlice { stream, after, limit } in slices {
                match index.stream_places(stream, after, limit) {
                    Ok(found) => {
                        counts.push(found.len());
                        places.extend(found);
                    }
                    Err(finding) => {
                        return Box::pin(std::future::ready(Err(finding.read_error())));
                    }
                }
            }
        }
        let read = self.read(Ok(places));
        Box::pin(async move {
            let mut events = read.await?.into_iter();
            Ok(counts.into_iter().map(|count| events.by_ref().take(count).collect()).collect())
        })
    }

    fn read_all(
        &self,
        after: Option<LogPosition>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        let places = self.shared.store.index().log_places(after, limit);
        self.read(places)
    }

    fn find_command(
        &self,
        tenant: Option<AccountId>,
        command_id: CommandId,
    ) -> LogFuture<Result<Option<CommandRecord>, ReadError>> {
        let found = self.shared.store.index().command_places(tenant, command_id);
        match found {
            Ok(None) => Box::pin(std::future::ready(Ok(None))),
            Err(finding) => Box::pin(std::future::ready(Err(finding.read_error()))),
            Ok(Some((first, last))) => {
                let store = Arc::clone(&self.shared.store);
                self.off_the_loop(move || store.command(first, last).map(Some))
            }
        }
    }

    fn durable(&self) -> watch::Receiver<Option<LogPosition>> {
        self.shared.store.durable.subscribe()
    }

    fn identity(&self) -> LogIdentity {
        self.shared.store.identity.clone()
    }

    fn has_one_writer(&self) -> bool {
        true
    }
}

/// Runs what may wait for a disk where it does not hold up other tasks; in place where there is no runtime.
async fn off_the_loop<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    if tokio::runtime::Handle::try_current().is_err() {
        return read();
    }
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|error| Err(ReadError::Unavailable { reason: error.to_string() }))
}

/// A length in memory, as a length on a disk.
pub(crate) fn disk_length(bytes: usize) -> u64 {
    format::on_disk(bytes)
}

/// The most bytes that one append may take in a ledger with these frames.
fn append_bytes_max(geometry: Geometry) -> usize {
    let frame = format::in_memory(geometry.frame_bytes_max);
    APPEND_BYTES_MAX.min(frame.saturating_sub(FRAME_OVERHEAD_BYTES))
}

fn random_id() -> Result<Uuid, OpenError> {
    let mut bytes = [0; 16];
    let random = getrandom::fill(&mut bytes);
    random.map_err(|error| OpenError::Recovery { reason: error.to_string() })?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}
