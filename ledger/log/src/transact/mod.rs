//! The one loop that does all writing: state, decide, append at the expected revision, again on conflict.
//! Each command has its effect once, however often it is sent; each answer is durable before it is given.

mod cache;
mod command;
mod error;
mod in_flight;
mod loading;
mod stream;

use std::fmt;
use std::sync::Arc;

use ledger::Decider;
use schemas::{LogPosition, Revision, StreamName};
use tokio::sync::Semaphore;
use tracing::Instrument;

pub use command::{CommandMeta, Receipt};
pub use error::{LoadError, OutcomeClass, TransactError};

use crate::clock::Clock;
use crate::codec::{Codec, CodecError, RecordedEvent};
use crate::port::{AppendOutcome, CommandRecord, EventLog, LogFuture, StreamSlice};
use cache::Cache;
use in_flight::{Entrance, InFlight, Intent, Turn};
use loading::Slot;
use stream::{Appended, Step, Stream, Verdict};

/// How many commands may be on their way at once. More wait in line: it bounds what waits for one sync.
pub const COMMANDS_IN_FLIGHT_MAX: usize = 1_024;

/// How many streams are kept in memory. A license with its seats and devices takes a few kilobytes.
pub const STREAMS_CACHED_MAX: usize = 16_384;

/// How often a command is decided anew when others were quicker or an append before it failed.
pub const ATTEMPTS_MAX: usize = 16;

/// The views that must show an event before its command is answered: those that decide access.
pub trait InlineViews: Send + Sync + 'static {
    /// Waits until the views show everything up to this position. It must also end when the views have stopped.
    fn applied(&self, position: LogPosition) -> LogFuture<()>;
}

/// The ledger: commands in, receipts out. A clone is the same ledger.
#[derive(Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
    inline: Option<Arc<dyn InlineViews>>,
}

struct Shared {
    log: Arc<dyn EventLog>,
    codec: Arc<Codec>,
    clock: Arc<dyn Clock>,
    permits: Arc<Semaphore>,
    in_flight: InFlight,
    cache: Cache,
}

/// What came of one attempt.
enum Attempt<D: Decider> {
    Accepted(Receipt<D::Event>),
    Failed(TransactError<D::Rejection>),
    /// The state was not that of the log.
    Stale {
        actual: Option<Revision>,
    },
    /// Nobody knows whether the events were written.
    Unsure {
        reason: String,
    },
}

impl Ledger {
    /// The ledger over this log.
    #[must_use]
    pub fn new(log: Arc<dyn EventLog>, codec: Arc<Codec>, clock: Arc<dyn Clock>) -> Self {
        Self::with_cache(log, codec, clock, STREAMS_CACHED_MAX)
    }

    /// The ledger over this log, with at most this many streams in memory.
    #[must_use]
    pub fn with_cache(
        log: Arc<dyn EventLog>,
        codec: Arc<Codec>,
        clock: Arc<dyn Clock>,
        streams_max: usize,
    ) -> Self {
        let shared = Shared {
            log,
            codec,
            clock,
            permits: Arc::new(Semaphore::new(COMMANDS_IN_FLIGHT_MAX)),
            in_flight: InFlight::default(),
            cache: Cache::new(streams_max),
        };
        Self { shared: Arc::new(shared), inline: None }
    }

    /// The same ledger, answering a command only when these views show it.
    #[must_use]
    pub fn with_inline(mut self, views: Arc<dyn InlineViews>) -> Self {
        self.inline = Some(views);
        self
    }

    /// The log underneath.
    #[must_use]
    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.shared.log
    }

    /// What seals and opens events.
    #[must_use]
    pub fn codec(&self) -> &Arc<Codec> {
        &self.shared.codec
    }

    /// Where the time comes from.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// Runs a command. Its answer is durable. A command runs to its end even when nobody waits for the answer any
    /// more: the same command id, sent again, gets that answer.
    ///
    /// # Errors
    /// When the rules refuse it, or it cannot be written; [`TransactError::class`] tells whether it is certain that
    /// nothing was.
    pub async fn transact<D: Decider>(
        &self,
        stream: StreamName,
        command: D::Command,
        meta: CommandMeta,
    ) -> Result<Receipt<D::Event>, TransactError<D::Rejection>> {
        let permit = Arc::clone(&self.shared.permits).acquire_owned().await;
        let Ok(permit) = permit else { return Err(TransactError::Closed) };
        let ledger = self.clone();
        let work = async move {
            let _permit = permit;
            ledger.run::<D>(stream, &command, &meta).await
        };
        // A task of its own: a caller that goes away must not stop a command between append and answer.
        let ended = tokio::spawn(work.in_current_span()).await;
        ended.unwrap_or_else(|stopped| Err(TransactError::Unknown { reason: stopped.to_string() }))
    }

    /// The durable state of a stream and its newest revision.
    ///
    /// # Errors
    /// When the stream cannot be read or an event of it is not understood.
    pub async fn load<D: Decider>(
        &self,
        stream: StreamName,
    ) -> Result<(D::State, Option<Revision>), LoadError> {
        loop {
            let slot = self.slot::<D>(stream);
            let cached = self.loaded(&slot, stream).await?;
            if let Some((state, head)) = cached.snapshot()
                && cached.durable(head).await.is_ok()
            {
                return Ok((state, head));
            }
            self.drop_stale(&slot, stream, cached).await;
        }
    }

    /// The events of a stream after a revision (`None`: from the first), in order, at most `limit`.
    ///
    /// # Errors
    /// When the stream cannot be read or an event of it is not understood.
    pub async fn history(
        &self,
        stream: StreamName,
        after: Option<Revision>,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, LoadError> {
        let slices = vec![StreamSlice { stream, after, limit }];
        Ok(self.histories(slices).await?.pop().unwrap_or_default())
    }

    /// The same of several streams in one trip to the log, in the order of the slices.
    ///
    /// # Errors
    /// When a stream cannot be read or an event of it is not understood.
    pub async fn histories(
        &self,
        slices: Vec<StreamSlice>,
    ) -> Result<Vec<Vec<RecordedEvent>>, LoadError> {
        let stored = self.shared.log.read_streams(slices).await?;
        let decoded = stored.iter().map(|events| {
            let events = events.iter().map(|event| self.shared.codec.decode(event));
            events.collect::<Result<_, CodecError>>()
        });
        Ok(decoded.collect::<Result<_, CodecError>>()?)
    }

    async fn run<D: Decider>(
        &self,
        stream: StreamName,
        command: &D::Command,
        meta: &CommandMeta,
    ) -> Result<Receipt<D::Event>, TransactError<D::Rejection>> {
        let _turn = self.turn(stream, meta).await?;
        // Once an append ended unknown, no later failure proves that nothing was written.
        let mut unsure: Option<String> = None;
        let mut moved_to = None;
        for _ in 0..ATTEMPTS_MAX {
            match self.attempt::<D>(stream, command, meta).await {
                Attempt::Accepted(receipt) => return Ok(self.shown(receipt).await),
                Attempt::Failed(error) => {
                    let Some(reason) = unsure else { return Err(error) };
                    return Err(TransactError::Unknown { reason: format!("{reason}; {error}") });
                }
                Attempt::Stale { actual } => moved_to = actual,
                Attempt::Unsure { reason } => {
                    tracing::warn!(%stream, %reason, "an append ended unknown; asking the log");
                    unsure = Some(reason);
                }
            }
        }
        Err(match unsure {
            None => TransactError::Conflict { actual: moved_to },
            Some(reason) => TransactError::Unknown { reason },
        })
    }

    /// Waits until no other command with this id runs.
    async fn turn<R: ledger::Rejection>(
        &self,
        stream: StreamName,
        meta: &CommandMeta,
    ) -> Result<Turn, TransactError<R>> {
        let key = (meta.tenant, meta.command_id);
        let intent = Intent { stream, digest: meta.request_digest };
        loop {
            match self.shared.in_flight.enter(key, intent) {
                Entrance::Free(turn) => return Ok(turn),
                Entrance::OtherIntent => {
                    return Err(TransactError::IdempotencyMismatch { command_id: meta.command_id });
                }
                // The channel closes when the other command has ended; nothing is ever sent.
                Entrance::Busy(ended) => drop(ended.await),
            }
        }
    }

    /// One attempt. INVARIANT (one effect): the state is loaded first and the log is asked for the command after
    /// that, so an effect that is not in the answer is not in the state either, and the append would conflict.
    async fn attempt<D: Decider>(
        &self,
        stream: StreamName,
        command: &D::Command,
        meta: &CommandMeta,
    ) -> Attempt<D> {
        let slot = self.slot::<D>(stream);
        let cached = match self.loaded(&slot, stream).await {
            Ok(cached) => cached,
            Err(error) => return Attempt::Failed(error.into()),
        };
        match self.shared.log.find_command(meta.tenant, meta.command_id).await {
            Err(source) => return Attempt::Failed(TransactError::Read(source)),
            Ok(Some(record)) => return self.replayed(stream, meta, &record).await,
            Ok(None) => {}
        }
        let Shared { log, codec, clock, .. } = &*self.shared;
        let mut step = cached.step(stream, command, meta, clock.now(), codec, log.as_ref());
        while matches!(step, Step::Busy) {
            cached.drained().await;
            step = cached.step(stream, command, meta, clock.now(), codec, log.as_ref());
        }
        match step {
            // The loop above does not end with it.
            Step::Busy | Step::Stale => {
                self.drop_stale(&slot, stream, cached).await;
                Attempt::Stale { actual: None }
            }
            Step::Settled { seen, verdict } => match cached.durable(seen).await {
                Ok(position) => settled(stream, seen, position, verdict),
                Err(stream::Broken) => {
                    self.drop_stale(&slot, stream, cached).await;
                    Attempt::Stale { actual: None }
                }
            },
            Step::Appended(appended) => self.appended(stream, &slot, cached, appended).await,
            Step::Unencodable(source) => Attempt::Failed(TransactError::Codec(source)),
            Step::Refused(refusal) => Attempt::Failed(refusal.into()),
        }
    }

    async fn appended<D: Decider>(
        &self,
        stream: StreamName,
        slot: &Arc<Slot<D>>,
        cached: &Stream<D>,
        mut appended: Appended<D>,
    ) -> Attempt<D> {
        let unanswered = cached.unanswered(appended.last_revision());
        let outcome = (&mut appended.outcome).await;
        unanswered.ended(&outcome);
        match outcome {
            AppendOutcome::Committed(committed) => Attempt::Accepted(Receipt {
                stream,
                position: committed.position,
                first_revision: Some(committed.first_revision),
                last_revision: Some(committed.last_revision),
                events: appended.events,
                replayed: false,
                rule: appended.rule.to_owned(),
            }),
            AppendOutcome::Conflict { actual } => {
                self.drop_stale(slot, stream, cached).await;
                Attempt::Stale { actual }
            }
            AppendOutcome::Rejected(refusal) => {
                self.drop_stale(slot, stream, cached).await;
                Attempt::Failed(refusal.into())
            }
            AppendOutcome::Unknown { reason } => {
                self.drop_stale(slot, stream, cached).await;
                Attempt::Unsure { reason }
            }
        }
    }

    /// The answer that was given to this command before.
    async fn replayed<D: Decider>(
        &self,
        stream: StreamName,
        meta: &CommandMeta,
        record: &CommandRecord,
    ) -> Attempt<D> {
        if record.command_digest != meta.request_digest || record.stream != stream {
            let command_id = meta.command_id;
            return Attempt::Failed(TransactError::IdempotencyMismatch { command_id });
        }
        // It was written, so no failure to show it may say that it was not.
        let unshown = |reason: String| {
            Attempt::Failed(TransactError::Unknown { reason: reason + "; it was written" })
        };
        let after = record.first_revision.checked_sub(1);
        let count = record.last_revision.saturating_sub(record.first_revision).saturating_add(1);
        let limit = usize::try_from(count).unwrap_or(usize::MAX);
        let recorded = match self.history(stream, after, limit).await {
            Ok(recorded) => recorded,
            Err(error) => return unshown(error.to_string()),
        };
        let rule = recorded.first().map(|event| event.header.rule.clone()).unwrap_or_default();
        let events: Result<Vec<D::Event>, _> =
            recorded.into_iter().map(|recorded| D::Event::try_from(recorded.event)).collect();
        match events {
            Ok(events) if events.len() == limit => Attempt::Accepted(Receipt {
                stream,
                position: Some(record.position),
                first_revision: Some(record.first_revision),
                last_revision: Some(record.last_revision),
                events,
                replayed: true,
                rule,
            }),
            Ok(_) | Err(_) => unshown("the stored answer cannot be read back".to_owned()),
        }
    }

    /// Waits until the views that decide access show what the receipt tells of.
    async fn shown<E>(&self, receipt: Receipt<E>) -> Receipt<E> {
        if let (Some(views), Some(position)) = (&self.inline, receipt.position) {
            views.applied(position).await;
        }
        receipt
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("log", &self.shared.log.identity()).finish_non_exhaustive()
    }
}

fn settled<D: Decider>(
    stream: StreamName,
    seen: Option<Revision>,
    position: Option<LogPosition>,
    verdict: Verdict<D>,
) -> Attempt<D> {
    Attempt::Failed(match verdict {
        Verdict::AlreadySo { rule } => {
            return Attempt::Accepted(Receipt {
                stream,
                position,
                first_revision: None,
                last_revision: seen,
                events: Vec::new(),
                replayed: false,
                rule: rule.to_owned(),
            });
        }
        Verdict::Rejected(rejection) => TransactError::Rejected(rejection),
        Verdict::Moved { actual } => TransactError::Conflict { actual },
        Verdict::InFuture { effective_at, now } => {
            TransactError::EffectiveInFuture { effective_at, now }
        }
    })
}

#[cfg(test)]
mod tests;
