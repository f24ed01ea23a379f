//! One stream in memory: the state with everything that was sent to the log, and how much of it is durable.
//!
//! A command is decided on the state with the pending events of the commands before it, so a busy stream is not
//! limited to one command for each sync. Nothing that rests on a pending event is answered before that is durable.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ledger::{Context, Decider, Decision};
use schemas::{LogPosition, Revision, Timestamp};
use tokio::sync::Notify;

use super::command::CommandMeta;
use crate::codec::{Codec, CodecError};
use crate::numbering::check_shape;
use crate::port::{
    Append, AppendOutcome, AppendRefusal, Committed, EventLog, ExpectedRevision, LogFuture,
    NewEvent,
};

/// One stream as one rule book sees it.
pub(super) struct Stream<D: Decider> {
    live: Mutex<Live<D::State>>,
    /// Wakes those who wait for progress.
    moved: Notify,
}

/// The state with all pending events.
struct Live<S> {
    state: S,
    head: Option<Revision>,
    /// The newest instant at which an event was decided or recorded.
    newest_at: Timestamp,
    progress: Progress,
}

/// How much of the state is durable.
#[derive(Debug, Clone, Copy)]
struct Progress {
    durable: Option<Revision>,
    position: Option<LogPosition>,
    /// Appends without an answer yet.
    pending: usize,
    /// An append failed: the state holds events that the log does not.
    broken: bool,
}

/// What becomes of a command on this stream.
pub(super) enum Step<D: Decider> {
    /// The state is not that of the log any more: load it anew.
    Stale,
    /// Another writer may come before what is pending: wait for that first.
    Busy,
    /// The answer is known; it holds once this revision is durable.
    Settled { seen: Option<Revision>, verdict: Verdict<D> },
    /// Events took their place in line.
    Appended(Appended<D>),
    /// The events cannot be encoded.
    Unencodable(CodecError),
    /// The events do not fit one append.
    Refused(AppendRefusal),
}

/// An answer without new events.
pub(super) enum Verdict<D: Decider> {
    AlreadySo { rule: &'static str },
    Rejected(D::Rejection),
    Moved { actual: Option<Revision> },
    InFuture { effective_at: Timestamp, now: Timestamp },
}

/// Events on their way to the disk.
pub(super) struct Appended<D: Decider> {
    pub outcome: LogFuture<AppendOutcome>,
    pub events: Vec<D::Event>,
    pub rule: &'static str,
    last_revision: Revision,
}

/// An append whose answer the stream waits for. Dropped untold, as in a panic, it counts as unknown.
pub(super) struct Unanswered<'a, D: Decider> {
    stream: &'a Stream<D>,
    last_revision: Revision,
    told: bool,
}

/// The past of a stream, read from the log.
pub(super) struct Past<S> {
    pub state: S,
    pub head: Option<Revision>,
    pub position: Option<LogPosition>,
    pub newest_at: Timestamp,
}

/// The state was thrown away because an append failed.
pub(super) struct Broken;

impl<D: Decider> Stream<D> {
    pub fn new(past: Past<D::State>) -> Self {
        let Past { state, head, position, newest_at } = past;
        let progress = Progress { durable: head, position, pending: 0, broken: false };
        let live = Mutex::new(Live { state, head, newest_at, progress });
        Self { live, moved: Notify::new() }
    }

    /// Decides a command and sends its events on their way.
    pub fn step(
        &self,
        stream: schemas::StreamName,
        command: &D::Command,
        meta: &CommandMeta,
        now: Timestamp,
        codec: &Codec,
        log: &dyn EventLog,
    ) -> Step<D> {
        // A panic in here leaves a state that may be half changed.
        let Ok(mut live) = self.live.lock() else {
            return Step::Stale;
        };
        // INVARIANT (no phantom): under the lock, an append is seen as pending, or as failed, or as part of the state.
        let Progress { broken, pending, .. } = live.progress;
        if broken {
            return Step::Stale;
        }
        if pending > 0 && !log.has_one_writer() {
            return Step::Busy;
        }
        // The clock may have been set back; time in a stream never runs backwards.
        let now = now.max(live.newest_at);
        let decision = match decide::<D>(&live, command, meta, now) {
            Ok(decision) => decision,
            Err(verdict) => return Step::Settled { seen: live.head, verdict },
        };
        if decision.events.is_empty() {
            let verdict = Verdict::AlreadySo { rule: decision.rule };
            return Step::Settled { seen: live.head, verdict };
        }
        let effective_at = meta.effective_at.unwrap_or(now);
        let new = match new_events::<D>(&decision.events, effective_at, now, codec) {
            Ok(new) => new,
            Err(refused) => return refused,
        };
        let last_revision = last_after(live.head, new.len());
        let append = append(stream, live.head, meta, &decision, now, new);
        // Checked here, so that an append that can never fit does not throw the state away.
        if let Err(refusal) = check_shape(&append) {
            return Step::Refused(refusal);
        }
        // The call takes the place in line, under the lock: the order of decisions is the order in the log.
        let outcome = log.append(append);
        for event in &decision.events {
            D::evolve(&mut live.state, event, effective_at);
        }
        live.head = Some(last_revision);
        live.newest_at = now;
        live.progress.pending += 1;
        let Decision { events, rule } = decision;
        Step::Appended(Appended { outcome, events, rule, last_revision })
    }

    /// The duty to tell this stream how an append ended.
    pub const fn unanswered(&self, last_revision: Revision) -> Unanswered<'_, D> {
        Unanswered { stream: self, last_revision, told: false }
    }

    /// Takes note of an append's answer.
    fn answered(&self, last_revision: Revision, outcome: &AppendOutcome) {
        {
            // INVARIANT (no phantom): held to the end, so that no command is decided on an append that just failed.
            let mut live = self.whatever_is_live();
            if let AppendOutcome::Committed(Committed { recorded_at, .. }) = outcome {
                live.newest_at = live.newest_at.max(*recorded_at);
            }
            let progress = &mut live.progress;
            progress.pending = progress.pending.saturating_sub(1);
            match outcome {
                // INVARIANT (prefix is durable): the log answers Committed only when all before it is durable.
                AppendOutcome::Committed(committed) if committed.last_revision == last_revision => {
                    progress.durable = progress.durable.max(Some(last_revision));
                    progress.position = progress.position.max(committed.position);
                }
                AppendOutcome::Committed(_)
                | AppendOutcome::Conflict { .. }
                | AppendOutcome::Rejected(_)
                | AppendOutcome::Unknown { .. } => progress.broken = true,
            }
        }
        self.moved.notify_waiters();
    }

    /// Waits until everything up to a revision is durable, and tells where the log is then.
    pub async fn durable(&self, seen: Option<Revision>) -> Result<Option<LogPosition>, Broken> {
        self.progressed(|now| {
            let reached = now.durable >= seen;
            if reached { Some(Ok(now.position)) } else { now.broken.then_some(Err(Broken)) }
        })
        .await
    }

    /// Waits until no append is without an answer. Before that, a fresh read could miss a pending event.
    pub async fn drained(&self) {
        self.progressed(|now| (now.pending == 0).then_some(())).await;
    }

    /// Waits until the progress gives an answer.
    async fn progressed<T>(&self, answer: impl Fn(Progress) -> Option<T>) -> T {
        loop {
            let mut moved = pin!(self.moved.notified());
            // Before the look: what moves after it is not missed.
            moved.as_mut().enable();
            let now = self.whatever_is_live().progress;
            if let Some(answer) = answer(now) {
                return answer;
            }
            moved.await;
        }
    }

    /// The state, also one that a panic left half changed: its progress is right.
    fn whatever_is_live(&self) -> MutexGuard<'_, Live<D::State>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state with all pending events, and the revision at which they must be durable for it to be true.
    pub fn snapshot(&self) -> Option<(D::State, Option<Revision>)> {
        let live = self.live.lock().ok()?;
        (!live.progress.broken).then(|| (live.state.clone(), live.head))
    }
}

impl<D: Decider> Unanswered<'_, D> {
    pub fn ended(mut self, outcome: &AppendOutcome) {
        self.told = true;
        self.stream.answered(self.last_revision, outcome);
    }
}

impl<D: Decider> Drop for Unanswered<'_, D> {
    fn drop(&mut self) {
        if !self.told {
            let reason = "nobody waited for the answer".to_owned();
            self.stream.answered(self.last_revision, &AppendOutcome::Unknown { reason });
        }
    }
}

impl<D: Decider> Appended<D> {
    /// The revision that the stream has once these events are durable.
    pub const fn last_revision(&self) -> Revision {
        self.last_revision
    }
}

fn decide<D: Decider>(
    live: &Live<D::State>,
    command: &D::Command,
    meta: &CommandMeta,
    now: Timestamp,
) -> Result<Decision<D::Event>, Verdict<D>> {
    if meta.expected_revision.is_some() && meta.expected_revision != live.head {
        return Err(Verdict::Moved { actual: live.head });
    }
    let effective_at = meta.effective_at.unwrap_or(now);
    let context = Context { now, effective_at, actor: meta.actor, basis: meta.basis };
    let decision = D::decide(&live.state, command, &context).map_err(Verdict::Rejected)?;
    // The rules say it better; this holds for those that do not look at the time.
    if effective_at > now { Err(Verdict::InFuture { effective_at, now }) } else { Ok(decision) }
}

fn new_events<D: Decider>(
    events: &[D::Event],
    effective_at: Timestamp,
    now: Timestamp,
    codec: &Codec,
) -> Result<Vec<NewEvent>, Step<D>> {
    events
        .iter()
        .map(|event| {
            let encoded = codec.encode(&event.clone().into());
            let (wire_name, parts) = encoded.map_err(Step::Unencodable)?;
            let event_id = crate::derive::new_event_id(now);
            let event_id = event_id
                .map_err(|source| Step::Unencodable(CodecError::Id { wire_name, source }))?;
            Ok(NewEvent { event_id, wire_name, effective_at, parts })
        })
        .collect()
}

fn append<E>(
    stream: schemas::StreamName,
    head: Option<Revision>,
    meta: &CommandMeta,
    decision: &Decision<E>,
    now: Timestamp,
    events: Vec<NewEvent>,
) -> Append {
    Append {
        stream,
        expected: head.map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact),
        tenant: meta.tenant,
        actor: meta.actor,
        on_behalf_of: meta.on_behalf_of,
        command_id: meta.command_id,
        command_digest: meta.request_digest,
        correlation_id: meta.correlation_id,
        causation_id: meta.causation_id,
        rule: decision.rule,
        basis: meta.basis,
        decided_at: now,
        events,
    }
}

/// The revision after this many more events, at least one.
fn last_after(head: Option<Revision>, count: usize) -> Revision {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    match head {
        None => count.saturating_sub(1),
        Some(head) => head.saturating_add(count),
    }
}
