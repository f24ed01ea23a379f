//! Follows the log and keeps the views. What decides access is applied before a command is
//! acknowledged; an event that cannot be taken in stops the views: nothing is skipped, and nobody
//! is let in on old knowledge.

mod changes;
mod follow;
mod thawing;
mod waiters;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger_log::{
    Codec, EventLog, InlineViews, LoadError, LogFuture, ReadError, RecordedEvent, StreamSlice,
};
use schemas::{AccountId, LogPosition, StreamName, SubjectId, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::digest::{Digests, ViewDigest};
use crate::snapshot::{self, Discarded, LoadNewestError, SnapshotError, SnapshotReport};
use crate::token::{ConsistencyToken, TokenError};
use crate::views::audit::AuditEntry;
use crate::views::{Stop, Views};
pub use changes::{Changes, Heard};
pub(crate) use follow::Shared;
use follow::Status;
use waiters::Waited;

/// How long a read waits for the position of its token, unless told otherwise.
pub const AT_LEAST_WAIT: Duration = Duration::from_secs(2);

/// How many events apart snapshots are written: a start then reads about as many, in about a second.
/// While very many events come in, snapshots are further apart: they take a twentieth of the time.
pub const SNAPSHOT_EVERY: u64 = 250_000;

/// How the views are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The folder of the snapshots; `None`: there are none, and every start reads the whole log.
    pub snapshots: Option<PathBuf>,
    /// How many events apart snapshots are written while the service runs; further when they come in
    /// faster than snapshots can be written at leisure.
    pub snapshot_every: u64,
    /// How long a read waits for the position of its token.
    pub at_least_wait: Duration,
}

impl Options {
    /// No snapshots: for tests and small ledgers.
    #[must_use]
    pub const fn in_memory() -> Self {
        Self { snapshots: None, snapshot_every: 0, at_least_wait: AT_LEAST_WAIT }
    }

    /// Snapshots in this folder, one every 250,000 events and one at the end.
    #[must_use]
    pub const fn in_folder(snapshots: PathBuf) -> Self {
        let snapshots = Some(snapshots);
        Self { snapshots, snapshot_every: SNAPSHOT_EVERY, at_least_wait: AT_LEAST_WAIT }
    }
}

/// That something changed. It is sent when the views know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Where in the log.
    pub position: LogPosition,
    /// When the ledger recorded it.
    pub recorded_at: Timestamp,
    /// In which stream.
    pub stream: StreamName,
    /// Of which customer; `None`: the vendor's own.
    pub tenant: Option<AccountId>,
    /// What happened, in the newest version of its shape.
    pub wire_name: &'static str,
}

/// How the views are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The last event they know.
    pub position: Option<LogPosition>,
    /// The newest durable event of the log.
    pub durable: Option<LogPosition>,
    /// Why they take nothing more in; `None`: they do.
    pub stopped: Option<Arc<Stop>>,
    /// Why the log could not be read the last time; `None`: it could.
    pub read_failure: Option<String>,
    /// The position of the newest snapshot.
    pub snapshot: Option<LogPosition>,
    /// Why the last snapshot could not be written; `None`: it could.
    pub snapshot_failure: Option<String>,
    /// The snapshots that were not used at the start, and why.
    pub discarded: Vec<Discarded>,
}

impl Health {
    /// Whether the views take events in.
    #[must_use]
    pub const fn is_healthy(&self) -> bool {
        self.stopped.is_none() && self.read_failure.is_none()
    }

    /// Whether the views know everything that is durable.
    #[must_use]
    pub fn is_caught_up(&self) -> bool {
        self.position >= self.durable
    }
}

/// Why the views could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log cannot be read.
    #[error("the views cannot read the ledger")]
    Read(#[from] ReadError),
    /// The snapshots' folder cannot be used.
    #[error("the folder of snapshots cannot be used")]
    Snapshots(#[from] SnapshotError),
}

impl From<LoadNewestError> for StartError {
    fn from(error: LoadNewestError) -> Self {
        match error {
            LoadNewestError::Snapshots(source) => Self::Snapshots(source),
            LoadNewestError::Log(source) => Self::Read(source),
        }
    }
}

/// Why a read is not as new as its token asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AtLeastError {
    /// The views did not get there in time.
    #[error("the views are behind: they did not reach position {wanted} in time")]
    Stale {
        /// The position of the token.
        wanted: LogPosition,
        /// Where the views are.
        position: Option<LogPosition>,
    },
    /// The ledger does not have that position: it was restored from an older state.
    #[error("position {wanted} is not in the ledger: it was restored from an older backup")]
    RolledBack {
        /// The position of the token.
        wanted: LogPosition,
        /// The newest position of the log.
        durable: Option<LogPosition>,
    },
    /// The token is of another ledger.
    #[error("the consistency token is of another ledger")]
    OtherLedger,
    /// The views stopped before the position.
    #[error("the views stopped and will not reach position {wanted}: see the service's health")]
    Stopped {
        /// The position of the token.
        wanted: LogPosition,
    },
}

impl AtLeastError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Stale { .. } => "STALE",
            Self::RolledBack { .. } => "LEDGER_ROLLED_BACK",
            Self::OtherLedger => "OTHER_LEDGER",
            Self::Stopped { .. } => "VIEWS_STOPPED",
        }
    }
}

/// A view does not hold what its running hash says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the views drifted: {} do not hold what was folded into them", names(drifted))]
pub struct ViewDrift {
    /// The views, with the hashes of what they hold.
    pub drifted: Vec<ViewDigest>,
}

fn names(views: &[ViewDigest]) -> String {
    views.iter().map(|one| one.view.to_string()).collect::<Vec<_>>().join(", ")
}

/// The views of one ledger, kept up to date. A clone is the same views; when the last one goes, so
/// does the task that keeps them.
#[derive(Clone)]
pub struct Projections {
    pub(crate) shared: Arc<Shared>,
    runner: Arc<Runner>,
}

struct Runner {
    closing: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Projections {
    /// Starts the views: from the newest snapshot that is good, then from the log up to its present
    /// end, then following it. They are also started when an event cannot be taken in; then they
    /// say so in their health.
    ///
    /// # Errors
    /// When the log or the folder of snapshots cannot be read.
    pub async fn start(
        log: Arc<dyn EventLog>,
        codec: Arc<Codec>,
        options: Options,
    ) -> Result<Self, StartError> {
        let mut status = Status::default();
        let mut views = None;
        if let Some(folder) = &options.snapshots {
            let found = snapshot::load_newest(folder, &log, &codec).await?;
            status.snapshot = found.views.as_ref().and_then(Views::position);
            status.discarded = found.discarded;
            views = found.views;
        }
        let views = views.unwrap_or_else(Views::of_start);
        let shared = Arc::new(Shared::new(log, codec, options, views, status));
        shared.catch_up().await?;
        shared.write(Views::started);
        let (closing, closes) = watch::channel(false);
        if shared.read(Views::is_thawing) {
            let (views, closes) = (Arc::downgrade(&shared), closes.clone());
            drop(tokio::task::spawn_blocking(move || thawing::thaw(&views, &closes)));
        }
        let task = tokio::spawn(Arc::clone(&shared).follow(closes));
        let runner = Arc::new(Runner { closing, task: Mutex::new(Some(task)) });
        Ok(Self { shared, runner })
    }

    /// Reads the views as they are, all at one position. Keep it short: the runner waits meanwhile.
    pub fn read<R>(&self, read: impl FnOnce(&Views) -> R) -> R {
        self.shared.read(read)
    }

    /// The last event that the views know.
    #[must_use]
    pub fn position(&self) -> Option<LogPosition> {
        self.read(Views::position)
    }

    /// How the views are.
    #[must_use]
    pub fn health(&self) -> Health {
        let (position, stopped) = self.read(|views| (views.position(), views.stopped().cloned()));
        let status = self.shared.status();
        Health {
            position,
            durable: *self.shared.log.durable().borrow(),
            stopped,
            read_failure: status.read_failure.clone(),
            snapshot: status.snapshot,
            snapshot_failure: status.snapshot_failure.clone(),
            discarded: status.discarded.clone(),
        }
    }

    /// Every change after what the views know now, when they know it. Who lags too far behind is told so, and
    /// reads anew.
    #[must_use]
    pub fn changes(&self) -> Changes {
        // In this order: whatever the views take in after the position is told to the receiver.
        let receiver = self.shared.changes.subscribe();
        Changes::new(receiver, self.position())
    }

    /// The state hashes of all views at one position.
    #[must_use]
    pub fn digests(&self) -> Digests {
        self.shared.settle();
        self.read(Views::digests)
    }

    /// Hashes every row anew and compares with the running hashes.
    ///
    /// # Errors
    /// When a view does not hold what was folded into it.
    pub fn scrub(&self) -> Result<Digests, ViewDrift> {
        let (running, anew) = self.read(|views| (views.digests(), views.digests_recomputed()));
        let pairs = running.views.iter().zip(&anew.views);
        let drifted: Vec<_> =
            pairs.filter(|(one, other)| one != other).map(|(_, held)| held.clone()).collect();
        if drifted.is_empty() { Ok(running) } else { Err(ViewDrift { drifted }) }
    }

    /// The token of a position, such as a receipt's; of the views' own position when it has none.
    #[must_use]
    pub fn token(&self, position: Option<LogPosition>) -> ConsistencyToken {
        let position = position.or_else(|| self.position());
        let ledger = self.shared.log.identity().ledger;
        ConsistencyToken::new(self.shared.codec.keystore(), ledger, position)
    }

    /// The token that this text is.
    ///
    /// # Errors
    /// When the text is not a token that this ledger made.
    pub fn parse_token(&self, text: &str) -> Result<ConsistencyToken, TokenError> {
        ConsistencyToken::parse(self.shared.codec.keystore(), text)
    }

    /// Waits until the names of a snapshot's rows were gathered after the start. A search before that
    /// answers the same, but gathers them itself while the views are locked.
    pub async fn searchable(&self) {
        // The sender lives as long as the views.
        let _ = self.shared.searchable.subscribe().wait_for(|ready| *ready).await;
    }

    /// Waits until every row of a snapshot was decoded after the start, or the views stop or close.
    /// Reads before that answer the same.
    pub async fn thawed(&self) {
        let _ = self.shared.thawed.subscribe().wait_for(|ready| *ready).await;
    }

    /// Waits until a read shows at least what the token's holder has seen.
    ///
    /// # Errors
    /// When the views do not get there in time (two seconds, unless told otherwise), or never will.
    pub async fn at_least(&self, token: &ConsistencyToken) -> Result<(), AtLeastError> {
        let log = &self.shared.log;
        if token.ledger != log.identity().ledger {
            return Err(AtLeastError::OtherLedger);
        }
        let Some(wanted) = token.position else { return Ok(()) };
        let durable = *log.durable().borrow();
        if durable < Some(wanted) && self.position() < Some(wanted) {
            return Err(AtLeastError::RolledBack { wanted, durable });
        }
        let wait = self.shared.waiters.wait(wanted);
        match tokio::time::timeout(self.shared.options.at_least_wait, wait).await {
            Ok(Waited::Reached) => Ok(()),
            Ok(Waited::Stopped) => Err(AtLeastError::Stopped { wanted }),
            Err(_) => Err(AtLeastError::Stale { wanted, position: self.position() }),
        }
    }

    /// The events of a page of the audit trail, in its order.
    ///
    /// # Errors
    /// When the log cannot be read or an event cannot be decoded.
    pub async fn events(&self, entries: &[AuditEntry]) -> Result<Vec<RecordedEvent>, LoadError> {
        let slices = entries.iter().map(|entry| StreamSlice {
            stream: entry.stream,
            after: entry.revision.checked_sub(1),
            limit: 1,
        });
        let read = self.shared.log.read_streams(slices.collect()).await?;
        let mut events = Vec::with_capacity(entries.len());
        for (entry, stored) in entries.iter().zip(read) {
            let Some(stored) = stored.first().filter(|one| one.position == entry.position) else {
                let reason = format!("event {} of `{}` is missing", entry.revision, entry.stream);
                return Err(ReadError::Unavailable { reason }.into());
            };
            events.push(self.shared.codec.decode(stored)?);
        }
        Ok(events)
    }

    /// Drops the personal values of a subject whose key was destroyed.
    pub fn forget(&self, subject: SubjectId) {
        self.shared.write(|views| views.forget(subject));
    }

    /// Writes a snapshot now; `None` when there is no folder for it or nothing to write.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn snapshot_now(&self) -> Result<Option<SnapshotReport>, SnapshotError> {
        self.shared.write_snapshot().await
    }

    /// Stops following the log and writes a last snapshot. Reads go on with what is known.
    ///
    /// # Errors
    /// When the snapshot cannot be written.
    pub async fn close(&self) -> Result<Option<SnapshotReport>, SnapshotError> {
        // Nobody listens any more when the runner has ended by itself.
        let _ = self.runner.closing.send(true);
        let task = self.runner.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // The runner catches panics of views; whatever ended it, the snapshot is of what was
            // taken in.
            let _ = task.await;
        }
        self.shared.waiters.stop();
        self.snapshot_now().await
    }
}

impl InlineViews for Projections {
    fn applied(&self, position: LogPosition) -> LogFuture<()> {
        let wait = self.shared.waiters.wait(position);
        Box::pin(async move { _ = wait.await })
    }
}
