//! The log in memory, for tests and sandboxes: the same numbering, chaining and refusals as the durable
//! adapters, and nothing survives the process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::{AccountId, CommandId, LogPosition, Revision, StoredEvent, StreamName, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;

use crate::numbering::{self, Head};
use crate::port::{
    Append, AppendOutcome, CommandRecord, EventLog, LogFuture, LogIdentity, ReadError,
};

/// A log that lives in memory.
#[derive(Debug, Clone)]
pub struct MemoryLog {
    kept: Arc<Mutex<Kept>>,
    durable: Arc<watch::Sender<Option<LogPosition>>>,
    ledger: Uuid,
}

impl MemoryLog {
    /// An empty log with an id of its own.
    #[must_use]
    pub fn new() -> Self {
        let mut bytes = [0; 16];
        // Without a source of randomness the id is the nil UUID: tests do not depend on it.
        let _ = getrandom::fill(&mut bytes);
        Self::of_ledger(Uuid::from_bytes(bytes))
    }

    /// An empty log with this id.
    #[must_use]
    pub fn of_ledger(ledger: Uuid) -> Self {
        let (durable, _) = watch::channel(None);
        Self { kept: Arc::default(), durable: Arc::new(durable), ledger }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here panics half way; what another thread's panic left is whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl EventLog for MemoryLog {
    fn append(&self, append: Append) -> LogFuture<AppendOutcome> {
        let outcome = {
            let mut kept = self.kept();
            let outcome = kept.append(append);
            // Published under the lock, so that the position never moves backwards.
            let newest = kept.events.last().map(|event| event.position);
            self.durable.send_if_modified(|at| {
                let moved = *at != newest;
                *at = newest;
                moved
            });
            outcome
        };
        Box::pin(std::future::ready(outcome))
    }

    fn read_stream(
        &self,
        stream: StreamName,
        after: Option<Revision>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        let kept = self.kept();
        let places = kept.streams.get(&stream).map(Vec::as_slice).unwrap_or_default();
        let events = places
            .iter()
            .skip(following(after))
            .take(limit)
            .filter_map(|place| kept.events.get(*place).cloned())
            .collect();
        Box::pin(std::future::ready(Ok(events)))
    }

    fn read_all(
        &self,
        after: Option<LogPosition>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        let first = following(after.map(|position| position.0));
        let events = self.kept().events.iter().skip(first).take(limit).cloned().collect();
        Box::pin(std::future::ready(Ok(events)))
    }

    fn find_command(
        &self,
        tenant: Option<AccountId>,
        command_id: CommandId,
    ) -> LogFuture<Result<Option<CommandRecord>, ReadError>> {
        let found = self.kept().commands.get(&(tenant, command_id)).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn durable(&self) -> watch::Receiver<Option<LogPosition>> {
        self.durable.subscribe()
    }

    fn identity(&self) -> LogIdentity {
        LogIdentity { ledger: self.ledger, backend: "memory" }
    }

    fn has_one_writer(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct Kept {
    events: Vec<StoredEvent>,
    /// Places in `events`, by revision.
    streams: HashMap<StreamName, Vec<usize>>,
    commands: HashMap<(Option<AccountId>, CommandId), CommandRecord>,
    recorded_at: Timestamp,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            events: Vec::new(),
            streams: HashMap::new(),
            commands: HashMap::new(),
            recorded_at: Timestamp::MIN,
        }
    }
}

impl Kept {
    fn append(&mut self, append: Append) -> AppendOutcome {
        if let Err(refusal) = numbering::check_shape(&append) {
            return AppendOutcome::Rejected(refusal);
        }
        let head = self.head(append.stream);
        if let Err(conflict) = numbering::check_revision(append.expected, head) {
            return conflict;
        }
        self.recorded_at = self.recorded_at.max(append.decided_at);
        let key = (append.tenant, append.command_id);
        let next = LogPosition(u64::try_from(self.events.len()).unwrap_or(u64::MAX));
        let events = numbering::number(append, head, next, self.recorded_at);
        if let (Entry::Vacant(vacant), Some(record)) =
            (self.commands.entry(key), numbering::command_record(&events))
        {
            vacant.insert(record);
        }
        let committed = numbering::committed(&events);
        for event in events {
            self.streams.entry(event.header.stream).or_default().push(self.events.len());
            self.events.push(event);
        }
        committed.map_or(
            AppendOutcome::Rejected(crate::port::AppendRefusal::Empty),
            AppendOutcome::Committed,
        )
    }

    fn head(&self, stream: StreamName) -> Option<Head> {
        let newest = self.events.get(*self.streams.get(&stream)?.last()?)?;
        Some(Head { revision: newest.header.revision, root: newest.content_root })
    }
}

/// How many entries lie at or before `after`.
fn following(after: Option<u64>) -> usize {
    after.map_or(0, |after| {
        usize::try_from(after).ok().and_then(|after| after.checked_add(1)).unwrap_or(usize::MAX)
    })
}
