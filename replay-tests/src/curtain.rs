//! A log seen through a curtain: only its first events are visible, and reads come in pages of any size.

use std::sync::{Arc, Mutex, PoisonError};

use ledger_log::{
    Append, AppendOutcome, AppendRefusal, CommandRecord, EventLog, LogFuture, LogIdentity,
    ReadError,
};
use schemas::{AccountId, CommandId, LogPosition, Revision, StoredEvent, StreamName};
use tokio::sync::watch;

use crate::chance::Chance;

/// A part of a log, from its first event to a position that can only move on.
pub struct Curtain {
    log: Arc<dyn EventLog>,
    visible: watch::Sender<Option<LogPosition>>,
    chance: Mutex<Chance>,
}

impl Curtain {
    /// The log up to this position.
    #[must_use]
    pub fn before(log: Arc<dyn EventLog>, last: Option<LogPosition>, chance: Chance) -> Self {
        Self { log, visible: watch::Sender::new(last), chance: Mutex::new(chance) }
    }

    /// Shows more.
    pub fn show(&self, last: LogPosition) {
        self.visible.send_replace(Some(last));
    }

    fn page(&self, limit: usize) -> usize {
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        let most = u64::try_from(limit.min(97)).unwrap();
        usize::try_from(1 + chance.below(most)).unwrap()
    }

    fn cut(
        &self,
        read: LogFuture<Result<Vec<StoredEvent>, ReadError>>,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        let visible = *self.visible.borrow();
        Box::pin(async move {
            let mut events = read.await?;
            events.retain(|event| Some(event.position) <= visible);
            Ok(events)
        })
    }
}

impl EventLog for Curtain {
    fn append(&self, _: Append) -> LogFuture<AppendOutcome> {
        Box::pin(async { AppendOutcome::Rejected(AppendRefusal::Closed) })
    }

    fn read_stream(
        &self,
        stream: StreamName,
        after: Option<Revision>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        self.cut(self.log.read_stream(stream, after, self.page(limit)))
    }

    fn read_all(
        &self,
        after: Option<LogPosition>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        self.cut(self.log.read_all(after, self.page(limit)))
    }

    fn find_command(
        &self,
        tenant: Option<AccountId>,
        command_id: CommandId,
    ) -> LogFuture<Result<Option<CommandRecord>, ReadError>> {
        let visible = *self.visible.borrow();
        let found = self.log.find_command(tenant, command_id);
        Box::pin(async move {
            let found = found.await?;
            Ok(found.filter(|record| Some(record.position) <= visible))
        })
    }

    fn durable(&self) -> watch::Receiver<Option<LogPosition>> {
        self.visible.subscribe()
    }

    fn identity(&self) -> LogIdentity {
        self.log.identity()
    }
}
