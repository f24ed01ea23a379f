//! What the simulator knows of a ledger from outside: what was asked of the log and what it answered. Judges every
//! ledger that opens by that, and by nothing that the ledger keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger_log::{
    Append, AppendOutcome, CommandRecord, Committed, EmbeddedLog, EventLog, LogFuture, LogIdentity,
    ReadError,
};
use schemas::{
    AccountId, CommandId, EventId, LogPosition, Revision, StoredEvent, StreamKind, StreamName,
};
use tokio::sync::watch;

/// An append that was asked for.
struct Attempt {
    append: Append,
    ended: Ended,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Ended {
    /// There is no answer, or the answer is that nobody knows.
    Unknown,
    Committed(Committed),
    NotWritten,
}

/// Everything that was asked and answered, over all lives of a ledger.
#[derive(Default)]
pub struct Book {
    attempts: Vec<Attempt>,
    by_event: BTreeMap<EventId, usize>,
    /// What was found durable by a start, in order.
    pub seen: Vec<StoredEvent>,
    /// Whether the hook that keeps the keys fails now: then nothing may be committed.
    pub keys_fail: bool,
    /// What was wrong with an answer.
    pub wrong: Option<String>,
}

/// The book, as many hold it.
pub type Shared = Arc<Mutex<Book>>;

/// Opens the book.
pub fn open(book: &Shared) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Book {
    fn asked(&mut self, append: &Append) -> usize {
        let number = self.attempts.len();
        self.by_event.extend(append.events.iter().map(|event| (event.event_id, number)));
        self.attempts.push(Attempt { append: append.clone(), ended: Ended::Unknown });
        number
    }

    fn answered(&mut self, number: usize, outcome: &AppendOutcome) {
        self.attempts[number].ended = match outcome {
            AppendOutcome::Committed(committed) => {
                if self.keys_fail {
                    self.wrong = Some("events were committed without their keys".to_owned());
                }
                Ended::Committed(committed.clone())
            }
            AppendOutcome::Conflict { .. } | AppendOutcome::Rejected(_) => Ended::NotWritten,
            AppendOutcome::Unknown { .. } => Ended::Unknown,
        };
    }

    /// How many events were acknowledged or found durable.
    #[must_use]
    pub fn known(&self) -> u64 {
        let acknowledged = self.attempts.iter().filter_map(|attempt| match &attempt.ended {
            Ended::Committed(committed) => committed.position.map(|position| position.0 + 1),
            Ended::Unknown | Ended::NotWritten => None,
        });
        acknowledged.max().unwrap_or(0).max(self.seen.len() as u64)
    }

    /// The oracle: what a ledger that opened must hold. Afterwards nothing is unknown any more.
    pub fn judge(&mut self, events: Vec<StoredEvent>) -> Result<(), String> {
        for (event, position) in events.iter().zip(0..) {
            if event.position != LogPosition(position) {
                return Err(format!("event {position} says that it is at {}", event.position));
            }
        }
        if events.get(..self.seen.len()) != Some(&*self.seen) {
            let same = events.iter().zip(&self.seen).take_while(|(now, then)| now == then).count();
            let (now, then) = (events.len(), self.seen.len());
            return Err(format!("of {then} durable events {now} are there and {same} unchanged"));
        }
        let mut present: BTreeMap<usize, Vec<&StoredEvent>> = BTreeMap::new();
        for event in &events {
            match self.by_event.get(&event.header.event_id) {
                Some(number) => present.entry(*number).or_default().push(event),
                None if event.header.stream.kind == StreamKind::Ledger => {}
                None => return Err(format!("event {} was never asked for", event.position)),
            }
        }
        let mut effects = BTreeSet::new();
        for (number, attempt) in self.attempts.iter_mut().enumerate() {
            let found = present.remove(&number).unwrap_or_default();
            attempt.judge(&found)?;
            let key = (attempt.append.tenant, attempt.append.command_id);
            if !found.is_empty() && !effects.insert(key) {
                return Err(format!("command {} had its effect twice", key.1));
            }
        }
        self.seen = events;
        Ok(())
    }

    /// What one stream of a ledger that runs must hold at least, and how it must look.
    pub fn judge_stream(&self, stream: StreamName, events: &[StoredEvent]) -> Result<(), String> {
        self.judge_values(stream, events)?;
        let acknowledged: u64 = self
            .attempts
            .iter()
            .filter(|attempt| attempt.append.stream == stream)
            .filter(|attempt| matches!(attempt.ended, Ended::Committed(_)))
            .map(|attempt| attempt.append.events.len() as u64)
            .sum();
        if (events.len() as u64) < acknowledged {
            return Err(format!("{stream} has {} events of {acknowledged}", events.len()));
        }
        Ok(())
    }

    /// How the events of one stream must look, of a damaged ledger too. That one may have lost its newest, which its
    /// report of the damage says.
    pub fn judge_values(&self, stream: StreamName, events: &[StoredEvent]) -> Result<(), String> {
        for (event, revision) in events.iter().zip(0..) {
            let known = usize::try_from(event.position.0).ok().and_then(|at| self.seen.get(at));
            let asked = self.by_event.get(&event.header.event_id).map(|at| &self.attempts[*at]);
            let right = event.header.revision == revision
                && event.header.stream == stream
                && known.is_none_or(|known| known == event)
                && asked.is_none_or(|asked| asked.asks_for(event));
            if !right {
                return Err(format!("event {} reads back otherwise", event.position));
            }
        }
        Ok(())
    }

    /// The streams that were written to.
    #[must_use]
    pub fn streams(&self) -> BTreeSet<StreamName> {
        self.attempts.iter().map(|attempt| attempt.append.stream).collect()
    }
}

impl Attempt {
    /// Whether this is one of its events, byte for byte.
    fn asks_for(&self, event: &StoredEvent) -> bool {
        let header = &event.header;
        let asked = self.append.events.iter().find(|asked| asked.event_id == header.event_id);
        asked.is_some_and(|asked| {
            header.stream == self.append.stream
                && header.tenant == self.append.tenant
                && header.command_id == self.append.command_id
                && header.wire_name == asked.wire_name
                && header.effective_at == asked.effective_at
                && event.parts == asked.parts
        })
    }

    fn judge(&mut self, found: &[&StoredEvent]) -> Result<(), String> {
        let command = self.append.command_id;
        if let Some(other) = found.iter().find(|event| !self.asks_for(event)) {
            return Err(format!("event {} is not what was asked for", other.position));
        }
        let whole = found.len() == self.append.events.len();
        let together = found.windows(2).all(|two| two[0].position.0 + 1 == two[1].position.0);
        if !(found.is_empty() || whole && together) {
            return Err(format!("half of command {command} is there"));
        }
        match &self.ended {
            Ended::Committed(committed) => {
                let last = found.last().map(|event| (event.position, event.header.revision));
                if last != committed.position.map(|position| (position, committed.last_revision)) {
                    let said = committed.position;
                    return Err(format!("command {command}, acknowledged at {said:?}: {last:?}"));
                }
            }
            Ended::NotWritten if !found.is_empty() => {
                return Err(format!("command {command} was refused and is there"));
            }
            Ended::NotWritten => {}
            Ended::Unknown => self.resolve(found),
        }
        Ok(())
    }

    /// What a start found durable stays, and what it did not find never comes.
    fn resolve(&mut self, found: &[&StoredEvent]) {
        let (Some(first), Some(last)) = (found.first(), found.last()) else {
            self.ended = Ended::NotWritten;
            return;
        };
        self.ended = Ended::Committed(Committed {
            first_revision: first.header.revision,
            last_revision: last.header.revision,
            position: Some(last.position),
            recorded_at: last.header.recorded_at,
        });
    }
}

/// The log, with everything that is asked and answered written into the book.
pub struct Recorder {
    /// The log.
    pub log: EmbeddedLog,
    /// The book.
    pub book: Shared,
}

impl EventLog for Recorder {
    fn append(&self, append: Append) -> LogFuture<AppendOutcome> {
        let number = open(&self.book).asked(&append);
        let answer = self.log.append(append);
        let book = Arc::clone(&self.book);
        Box::pin(async move {
            let outcome = answer.await;
            open(&book).answered(number, &outcome);
            outcome
        })
    }

    fn read_stream(
        &self,
        stream: StreamName,
        after: Option<Revision>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        self.log.read_stream(stream, after, limit)
    }

    fn read_all(
        &self,
        after: Option<LogPosition>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        self.log.read_all(after, limit)
    }

    fn find_command(
        &self,
        tenant: Option<AccountId>,
        command_id: CommandId,
    ) -> LogFuture<Result<Option<CommandRecord>, ReadError>> {
        self.log.find_command(tenant, command_id)
    }

    fn durable(&self) -> watch::Receiver<Option<LogPosition>> {
        self.log.durable()
    }

    fn identity(&self) -> LogIdentity {
        self.log.identity()
    }

    fn has_one_writer(&self) -> bool {
        self.log.has_one_writer()
    }
}
