//! The work of following: reads the log, takes events in by batches, answers those who wait, and
//! stops for good at an event that cannot be taken in.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use ledger_log::{Codec, CodecError, EventLog, ReadError, RecordedEvent};
use schemas::LogPosition;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use super::waiters::Waiters;
use super::{Change, Options};
use crate::snapshot::{self, Discarded, SnapshotError, SnapshotReport};
use crate::views::{ApplyError, Stop, Views};

/// How many events are taken in under one lock: readers wait no longer than that.
const BATCH_EVENTS: usize = 512;

/// How many changed rows of a view are hashed under one lock: whoever changes the views waits no
/// longer than some milliseconds.
const SETTLED_AT_ONCE: usize = 1_024;

/// Writing snapshots takes at most one part in so many of the time, so that a busy service is not slowed by
/// what only makes its next start faster.
const SNAPSHOT_REST: u32 = 20;

/// How long the runner waits before it asks a log again that could not be read.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// How many changes a slow subscriber may lag behind before it has to read anew.
const CHANGES_KEPT: usize = 4_096;

/// What readers and the runner share.
pub(crate) struct Shared {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) codec: Arc<Codec>,
    pub(super) options: Options,
    views: RwLock<Views>,
    pub(super) waiters: Waiters,
    pub(super) changes: broadcast::Sender<Change>,
    status: Mutex<Status>,
    /// Whether names can be searched without gathering them first.
    pub(super) searchable: watch::Sender<bool>,
    /// Whether nobody decodes rows in the background any more.
    pub(super) thawed: watch::Sender<bool>,
    /// Held while a snapshot is written: one at a time.
    snapshot_turn: tokio::sync::Mutex<()>,
}

/// What the health report says beside the views themselves.
#[derive(Debug, Default)]
pub(super) struct Status {
    pub(super) read_failure: Option<String>,
    pub(super) snapshot: Option<LogPosition>,
    pub(super) snapshot_failure: Option<String>,
    pub(super) discarded: Vec<Discarded>,
    /// How long the last snapshot took and when it was done.
    pub(super) last_snapshot: Option<(Duration, Instant)>,
}

impl Status {
    /// Whether the last snapshot is long enough ago.
    fn is_rested(&self) -> bool {
        self.last_snapshot
            .is_none_or(|(took, ended)| ended.elapsed() >= took.saturating_mul(SNAPSHOT_REST))
    }
}

/// How catching up ended.
pub(super) enum Caught {
    /// The log has nothing more.
    Up,
    /// The views stopped.
    Stopped,
}

/// A batch of the log.
struct Decoded {
    events: Vec<RecordedEvent>,
    /// Why the event after them cannot be decoded; `None`: there is none such in the batch.
    undecoded: Option<CodecError>,
}

impl Decoded {
    /// Whether there is so much that more is likely.
    const fn may_go_on(&self) -> bool {
        self.undecoded.is_none() && self.events.len() == BATCH_EVENTS
    }
}

impl Shared {
    pub(super) fn new(
        log: Arc<dyn EventLog>,
        codec: Arc<Codec>,
        options: Options,
        views: Views,
        status: Status,
    ) -> Self {
        let (changes, _) = broadcast::channel(CHANGES_KEPT);
        let waiters = Waiters::default();
        let is_thawed = !views.is_thawing();
        if let Some(position) = views.position() {
            waiters.reached(position);
        }
        Self {
            log,
            codec,
            options,
            views: RwLock::new(views),
            waiters,
            changes,
            searchable: watch::Sender::new(is_thawed),
            thawed: watch::Sender::new(is_thawed),
            status: Mutex::new(status),
            snapshot_turn: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn read<R>(&self, read: impl FnOnce(&Views) -> R) -> R {
        // A panic in a reader leaves the views whole; one in the writer is caught before the lock
        // sees it.
        read(&self.views.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn write<R>(&self, write: impl FnOnce(&mut Views) -> R) -> R {
        write(&mut self.views.write().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn follow(self: Arc<Self>, mut closes: watch::Receiver<bool>) {
        let mut durable = self.log.durable();
        loop {
            durable.borrow_and_update();
            tokio::select! {
                biased;
                _ = closes.changed() => break,
                caught_up = self.catch_up() => match caught_up {
                    Ok(Caught::Stopped) => break,
                    Ok(Caught::Up) => self.status().read_failure = None,
                    Err(failure) => {
                        tracing::error!(%failure, "the views cannot read the ledger");
                        self.status().read_failure = Some(failure.to_string());
                        if wait_or_close(&mut closes).await {
                            break;
                        }
                        continue;
                    }
                },
            }
            tokio::select! {
                biased;
                _ = closes.changed() => break,
                changed = durable.changed() => if changed.is_err() { break },
            }
        }
        self.waiters.stop();
    }

    /// Takes in everything that the log has. While there is much, the next batch is read and decoded
    /// on another thread meanwhile.
    pub(super) async fn catch_up(self: &Arc<Self>) -> Result<Caught, ReadError> {
        let mut ahead: Option<JoinHandle<Result<Decoded, ReadError>>> = None;
        loop {
            if self.stop_if_unreadable() || self.read(Views::is_stopped) {
                return Ok(Caught::Stopped);
            }
            let decoded = match ahead.take() {
                Some(ahead) => ahead.await.unwrap_or_else(|lost| {
                    Err(ReadError::Unavailable { reason: lost.to_string() })
                }),
                None => Arc::clone(self).decode_after(self.read(Views::position)).await,
            };
            let decoded = match decoded {
                Ok(decoded) => decoded,
                // Damage is not mended by asking again.
                Err(damage @ ReadError::Damaged { .. }) => {
                    self.stop("INTEGRITY_HOLD", damage.to_string());
                    return Ok(Caught::Stopped);
                }
                Err(failure) => return Err(failure),
            };
            if decoded.events.is_empty() && decoded.undecoded.is_none() {
                return Ok(Caught::Up);
            }
            if let Some(last) = decoded.events.last().filter(|_| decoded.may_go_on()) {
                ahead = Some(tokio::spawn(Arc::clone(self).decode_after(Some(last.position))));
            }
            if !self.take_in(&decoded) {
                return Ok(Caught::Stopped);
            }
            self.snapshot_if_due();
            tokio::task::yield_now().await;
        }
    }

    /// Takes a batch in. `false` when the views stopped.
    fn take_in(&self, decoded: &Decoded) -> bool {
        if let Some(error) = self.apply(&decoded.events) {
            self.stop(error.code(), error.to_string());
            return false;
        }
        if let Some(error) = &decoded.undecoded {
            self.stop(error.code(), causes(error));
            return false;
        }
        true
    }

    /// The next batch.
    async fn decode_after(
        self: Arc<Self>,
        after: Option<LogPosition>,
    ) -> Result<Decoded, ReadError> {
        let stored = self.log.read_all(after, BATCH_EVENTS).await?;
        let mut decoded = Decoded { events: Vec::with_capacity(stored.len()), undecoded: None };
        for one in &stored {
            match self.codec.decode(one) {
                Ok(event) => decoded.events.push(event),
                Err(error) => {
                    decoded.undecoded = Some(error);
                    break;
                }
            }
        }
        Ok(decoded)
    }

    /// Takes events in, then answers those who wait for them and tells those who subscribed.
    fn apply(&self, events: &[RecordedEvent]) -> Option<ApplyError> {
        let (taken, refused) = self.write(|views| {
            for (taken, event) in events.iter().enumerate() {
                if let Err(error) = apply_one(views, event) {
                    return (taken, Some(error));
                }
            }
            (events.len(), None)
        });
        let known = events.get(..taken).unwrap_or_default();
        if let Some(last) = known.last() {
            self.waiters.reached(last.position);
        }
        for event in known {
            // Nobody may be listening.
            let _ = self.changes.send(change(event));
        }
        refused
    }

    /// The views take nothing more in. Whoever waits is answered, and nobody is let in any more.
    fn stop(&self, code: &'static str, reason: String) {
        let after = self.read(Views::position);
        tracing::error!(code, reason, ?after, "the views stopped");
        self.write(|views| views.stop(Arc::new(Stop { after, code, reason })));
        self.waiters.stop();
    }

    /// Stops the views when a row of the snapshot could not be read, and takes the snapshots away:
    /// the next start reads the log.
    pub(super) fn stop_if_unreadable(&self) -> bool {
        let Some(reason) = self.read(|views| views.unreadable().map(str::to_owned)) else {
            return false;
        };
        if self.read(|views| views.stopped().is_none()) {
            let removed = self
                .options
                .snapshots
                .as_deref()
                .map(|folder| snapshot::discard_all(folder, &reason));
            let mut status = self.status();
            status.snapshot = None;
            status.discarded.extend(removed.into_iter().flatten());
            drop(status);
            self.stop("VIEW_UNREADABLE", format!("a row of the snapshot cannot be read: {reason}"));
        }
        true
    }

    /// Hashes the rows that changed, until few are left: while the views go on changing, some always
    /// are.
    pub(super) fn settle(&self) {
        while self.read(|views| views.settle_some(SETTLED_AT_ONCE)) > SETTLED_AT_ONCE {}
    }

    fn snapshot_if_due(self: &Arc<Self>) {
        let every = self.options.snapshot_every;
        if self.options.snapshots.is_none() || every == 0 {
            return;
        }
        let events = self.read(Views::events_since_snapshot);
        if events >= every && self.status().is_rested() && self.snapshot_turn.try_lock().is_ok() {
            let shared = Arc::clone(self);
            // Failures are kept for the health report; the next one may go well.
            tokio::spawn(async move { _ = shared.write_snapshot().await });
        }
    }

    pub(super) async fn write_snapshot(
        self: &Arc<Self>,
    ) -> Result<Option<SnapshotReport>, SnapshotError> {
        let Some(folder) = self.options.snapshots.clone() else { return Ok(None) };
        let _turn = self.snapshot_turn.lock().await;
        let newest = self.status().snapshot;
        let began = Instant::now();
        // Most rows are hashed before the lock under which the views are frozen.
        let shared = Arc::clone(self);
        let settled = tokio::task::spawn_blocking(move || shared.settle());
        settled.await.map_err(|_| SnapshotError::Abandoned)?;
        let frozen = self.read(|views| {
            let is_new = views.position() > newest && !views.is_stopped();
            is_new.then(|| snapshot::freeze(views)).flatten()
        });
        let Some(frozen) = frozen else { return Ok(None) };
        let ledger = self.log.identity().ledger;
        let codec = Arc::clone(&self.codec);
        let written = tokio::task::spawn_blocking(move || {
            snapshot::write(&folder, ledger, codec.keystore(), frozen)
        });
        let written = written.await.unwrap_or(Err(SnapshotError::Abandoned));
        let mut status = self.status();
        status.last_snapshot = Some((began.elapsed(), Instant::now()));
        match &written {
            Ok(report) => {
                status.snapshot = Some(report.position);
                status.snapshot_failure = None;
                drop(status);
                self.write(Views::snapshot_written);
            }
            Err(error) => {
                tracing::warn!(%error, "a snapshot of the views could not be written");
                status.snapshot_failure = Some(error.to_string());
            }
        }
        written.map(Some)
    }
}

/// Waits a while before the log is asked again; answers whether the views close meanwhile.
async fn wait_or_close(closes: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        _ = closes.changed() => true,
        () = tokio::time::sleep(RETRY_DELAY) => false,
    }
}

/// Takes one event in. A panic in a view becomes a stop: the views are then not whole, and nobody
/// is let in.
fn apply_one(views: &mut Views, event: &RecordedEvent) -> Result<(), ApplyError> {
    catch_unwind(AssertUnwindSafe(|| views.apply(event)))
        .unwrap_or(Err(ApplyError::Panicked { position: event.position }))
}

fn change(event: &RecordedEvent) -> Change {
    Change {
        position: event.position,
        recorded_at: event.header.recorded_at,
        stream: event.header.stream,
        tenant: event.header.tenant,
        wire_name: event.event.wire_name(),
    }
}

/// An error and what caused it, on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        text.push_str(": ");
        text.push_str(&one.to_string());
        cause = one.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_snapshot_the_next_waits_twenty_times_as_long_as_it_took() {
        let after = |took, rested| {
            let ended = Instant::now().checked_sub(rested).unwrap();
            Status { last_snapshot: Some((took, ended)), ..Status::default() }.is_rested()
        };
        let second = Duration::from_secs(1);
        assert!(Status::default().is_rested(), "the first one waits for nothing");
        assert!(!after(second, second * 19));
        assert!(after(second, second * 20));
        assert!(!after(Duration::MAX, second), "no length is too long to reckon with");
    }
}
