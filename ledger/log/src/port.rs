//! The port to the log: what an append-only store of streams must offer, whichever it is.
//! Knows nothing of rules, commands or views.

use std::future::Future;
use std::pin::Pin;

use ledger::authority::Basis;
use schemas::{
    AccountId, Actor, CommandId, CorrelationId, Digest, EventId, LogPosition, Part, Revision,
    StoredEvent, StreamName, Timestamp,
};
use tokio::sync::watch;

/// What a call to the log answers, later.
pub type LogFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// An append-only log of streams with one total order.
pub trait EventLog: Send + Sync + 'static {
    /// Appends all events to one stream, or none. The call itself takes the place in line: two appends are
    /// ordered as they were called, and the future is only the wait for the answer. It answers `Committed` only
    /// when the events are durable. A stream that has a pending append takes the next one at the revision that
    /// the pending one will reach.
    fn append(&self, append: Append) -> LogFuture<AppendOutcome>;

    /// The events of a stream after a revision (`None`: from the first), in order, at most `limit`.
    /// A stream that does not exist has no events.
    fn read_stream(
        &self,
        stream: StreamName,
        after: Option<Revision>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>>;

    /// The same of several streams, in the order of the slices, for as many trips as the store needs to give one:
    /// a page that shows facts of many streams asks once.
    fn read_streams(
        &self,
        slices: Vec<StreamSlice>,
    ) -> LogFuture<Result<Vec<Vec<StoredEvent>>, ReadError>> {
        let reads =
            slices.into_iter().map(|one| self.read_stream(one.stream, one.after, one.limit));
        let reads: Vec<_> = reads.collect();
        Box::pin(async move {
            let mut found = Vec::with_capacity(reads.len());
            for read in reads {
                found.push(read.await?);
            }
            Ok(found)
        })
    }

    /// The durable events of all streams after a position (`None`: from the first), in order, at most `limit`.
    fn read_all(
        &self,
        after: Option<LogPosition>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>>;

    /// What a command recorded, when it recorded something. The index behind it is a view of the log.
    fn find_command(
        &self,
        tenant: Option<AccountId>,
        command_id: CommandId,
    ) -> LogFuture<Result<Option<CommandRecord>, ReadError>>;

    /// The position of the newest durable event, now and whenever it moves; `None` while the log is empty.
    fn durable(&self) -> watch::Receiver<Option<LogPosition>>;

    /// Which log this is. Positions of one log mean nothing in another.
    fn identity(&self) -> LogIdentity;

    /// Whether only one ledger of this process ever appends. Only then may a command be decided on an append that
    /// is still pending: a revision says how many events there are, not whose, so an event of another writer could
    /// stand where the pending one was to be.
    fn has_one_writer(&self) -> bool {
        false
    }
}

/// A part of a stream to read: what follows a revision (`None`: from the first), at most `limit` events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamSlice {
    /// The stream.
    pub stream: StreamName,
    /// The newest revision that is not wanted.
    pub after: Option<Revision>,
    /// The most events to read.
    pub limit: usize,
}

/// The name of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogIdentity {
    /// The ledger's own id, chosen when it was made.
    pub ledger: uuid::Uuid,
    /// The kind of store: `memory`, `embedded`, `eventstore`.
    pub backend: &'static str,
}

/// Events to append to one stream, by one command.
#[derive(Debug, Clone)]
pub struct Append {
    /// The stream.
    pub stream: StreamName,
    /// Where the stream must be.
    pub expected: ExpectedRevision,
    /// Whose events they are; `None` for the vendor's own.
    pub tenant: Option<AccountId>,
    /// Who acted.
    pub actor: Actor,
    /// On whose behalf, when it was somebody else.
    pub on_behalf_of: Option<AccountId>,
    /// The command.
    pub command_id: CommandId,
    /// The digest of the command's meaning.
    pub command_digest: Digest,
    /// What ties it to other commands.
    pub correlation_id: CorrelationId,
    /// The event that caused it.
    pub causation_id: Option<EventId>,
    /// The rule that decided.
    pub rule: &'static str,
    /// By which right whoever acted was allowed to.
    pub basis: Option<Basis>,
    /// When it was decided. The recorded time is this or later: it never runs backwards in the log.
    pub decided_at: Timestamp,
    /// The events, at least one.
    pub events: Vec<NewEvent>,
}

/// One event to append.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Its id, a UUIDv7.
    pub event_id: EventId,
    /// What happened, in which version of its shape.
    pub wire_name: &'static str,
    /// When it is true from.
    pub effective_at: Timestamp,
    /// The body, personal parts already sealed.
    pub parts: Vec<Part>,
}

/// Where a stream must be for an append to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedRevision {
    /// The stream has no events.
    NoStream,
    /// The newest event of the stream has exactly this revision.
    Exact(Revision),
}

/// How an append ended. There is no other ending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppendOutcome {
    /// The events are durable.
    Committed(Committed),
    /// The stream is elsewhere than expected; nothing was written.
    Conflict {
        /// The newest revision of the stream, `None` when it has no events.
        actual: Option<Revision>,
    },
    /// The log refuses these events; nothing was written.
    Rejected(AppendRefusal),
    /// Nobody knows whether they were written. Ask `find_command`, or repeat with the same command id.
    Unknown {
        /// What happened, for the log.
        reason: String,
    },
}

/// Where durable events are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The revision of the first of them.
    pub first_revision: Revision,
    /// The revision of the last of them.
    pub last_revision: Revision,
    /// The position of the last of them, when the store tells.
    pub position: Option<LogPosition>,
    /// When they were recorded.
    pub recorded_at: Timestamp,
}

/// Why a log refuses events, whatever the stream's revision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendRefusal {
    /// An append without events.
    #[error("an append needs at least one event")]
    Empty,
    /// The events are too large together.
    #[error("the events take {bytes} bytes, more than the {bytes_max} of one append")]
    TooLarge {
        /// Their size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// There is no room on the disk. Reads go on.
    #[error("the ledger's disk is full: free space, then retry the same command")]
    Full,
    /// The log found damage and takes no writes until it is repaired. Reads of healthy streams go on.
    #[error("the ledger is read-only because damage was found: run `deedbook verify`")]
    Halted,
    /// The log is shutting down.
    #[error("the ledger is shutting down: retry the same command")]
    Closed,
}

/// What a command recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRecord {
    /// The digest of the command's meaning.
    pub command_digest: Digest,
    /// The stream it wrote to.
    pub stream: StreamName,
    /// The revision of its first event.
    pub first_revision: Revision,
    /// The revision of its last event.
    pub last_revision: Revision,
    /// The position of its last event.
    pub position: LogPosition,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// Why events cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// What is stored is not what was written.
    #[error("the ledger is damaged: {what}, in segment {segment} at byte {offset}")]
    Damaged {
        /// The segment.
        segment: u64,
        /// Where in its file, in bytes.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// The store cannot be reached now.
    #[error("the ledger cannot be read now: {reason}")]
    Unavailable {
        /// What happened, for the log.
        reason: String,
    },
}
