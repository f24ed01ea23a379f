//! A log whose answers are given by hand: appends wait in line until the test syncs them, and end as it says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use schemas::{
    AccountId, CommandId, Digest, EventId, LogPosition, Revision, StoredEvent, StreamName,
    Timestamp,
};
use tokio::sync::{oneshot, watch};

use super::pool::seen;
use crate::port::{
    Append, AppendOutcome, AppendRefusal, CommandRecord, EventLog, ExpectedRevision, LogFuture,
    LogIdentity, NewEvent, ReadError,
};
use crate::{Codec, Keystore, MemoryLog};

/// How an append is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// As the log under it says.
    Pass,
    /// Another writer's event comes first.
    Overtaken,
    /// It is written, and nobody is told.
    UnknownWritten,
    /// It is lost, and nobody is told.
    UnknownLost,
    /// It is lost, and nobody is told; and another writer's event comes after it.
    UnknownOvertaken,
    /// The disk is full.
    Full,
    /// The log is halted.
    Halted,
}

#[derive(Clone)]
pub struct ScriptedLog {
    inner: MemoryLog,
    script: Arc<Mutex<Script>>,
    shared: bool,
    arrived: Arc<watch::Sender<usize>>,
}

#[derive(Default)]
struct Script {
    by_hand: bool,
    waiting: Vec<(Append, Plan, oneshot::Sender<AppendOutcome>)>,
    plans: VecDeque<Plan>,
    syncs: usize,
    strangers: u128,
}

impl ScriptedLog {
    /// A log that answers when [`ScriptedLog::sync`] is called.
    pub fn by_hand() -> Self {
        let log = Self::at_once();
        log.script().by_hand = true;
        log
    }

    /// A log that answers at once.
    pub fn at_once() -> Self {
        let (arrived, _) = watch::channel(0);
        let (inner, script) = (MemoryLog::new(), Arc::default());
        Self { inner, script, shared: false, arrived: Arc::new(arrived) }
    }

    /// The same log, to which others write too. Without it no plan may let a stranger write.
    pub fn shared(self) -> Self {
        Self { shared: true, ..self }
    }

    /// How the next appends are to end, in the order of their calls.
    pub fn plan(&self, plans: impl IntoIterator<Item = Plan>) {
        self.script().plans.extend(plans);
    }

    /// Waits until this many appends were called in all.
    pub async fn appends(&self, count: usize) {
        let mut arrived = self.arrived.subscribe();
        arrived.wait_for(|so_far| *so_far >= count).await.unwrap();
    }

    /// How many appends were called in all.
    pub fn appends_so_far(&self) -> usize {
        *self.arrived.borrow()
    }

    /// Ends all appends that wait, in order, then answers them.
    pub fn sync(&self) {
        let mut script = self.script();
        script.syncs += 1;
        let waiting = std::mem::take(&mut script.waiting);
        let ended: Vec<_> = waiting
            .into_iter()
            .map(|(append, plan, answer)| (answer, self.end(&mut script, append, plan)))
            .collect();
        drop(script);
        for (answer, outcome) in ended {
            let _ = answer.send(outcome);
        }
    }

    pub fn syncs(&self) -> usize {
        self.script().syncs
    }

    pub fn inner(&self) -> &MemoryLog {
        &self.inner
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    fn end(&self, script: &mut Script, append: Append, plan: Plan) -> AppendOutcome {
        let stream = append.stream;
        let unknown = || AppendOutcome::Unknown { reason: "the script says so".to_owned() };
        match plan {
            Plan::Pass => self.write(append),
            Plan::Overtaken => {
                self.stranger(script, stream);
                self.write(append)
            }
            Plan::UnknownWritten => {
                self.write(append);
                unknown()
            }
            Plan::UnknownLost => unknown(),
            Plan::UnknownOvertaken => {
                self.stranger(script, stream);
                unknown()
            }
            Plan::Full => AppendOutcome::Rejected(AppendRefusal::Full),
            Plan::Halted => AppendOutcome::Rejected(AppendRefusal::Halted),
        }
    }

    fn write(&self, append: Append) -> AppendOutcome {
        now(self.inner.append(append))
    }

    /// One more event by another writer.
    fn stranger(&self, script: &mut Script, stream: StreamName) {
        assert!(self.shared, "this log has one writer");
        script.strangers += 1;
        let head = now(self.inner.read_stream(stream, None, usize::MAX)).unwrap();
        let id = uuid::Uuid::from_u128(u128::MAX - script.strangers);
        let codec = Codec::new(Arc::new(Keystore::in_memory().unwrap()));
        let (wire_name, parts) = codec.encode(&seen().into()).unwrap();
        let at = Timestamp::from_micros(1);
        let outcome = self.write(Append {
            stream,
            expected: head.last().map_or(ExpectedRevision::NoStream, |last| {
                ExpectedRevision::Exact(last.header.revision)
            }),
            tenant: None,
            actor: schemas::Actor::Operator,
            on_behalf_of: None,
            command_id: CommandId::new(id),
            command_digest: Digest::ZERO,
            correlation_id: schemas::CorrelationId::new(id),
            causation_id: None,
            rule: "stranger",
            basis: None,
            decided_at: at,
            events: vec![NewEvent {
                event_id: EventId::new(id),
                wire_name,
                effective_at: at,
                parts,
            }],
        });
        assert!(matches!(outcome, AppendOutcome::Committed(_)), "{outcome:?}");
    }
}

/// The answer of a future of the memory log, which is there at once.
pub fn now<T>(future: LogFuture<T>) -> T {
    futures_util::FutureExt::now_or_never(future).expect("the memory log answers at once")
}

impl EventLog for ScriptedLog {
    fn append(&self, append: Append) -> LogFuture<AppendOutcome> {
        let mut script = self.script();
        let plan = script.plans.pop_front().unwrap_or(Plan::Pass);
        let (answer, outcome) = oneshot::channel();
        if script.by_hand {
            script.waiting.push((append, plan, answer));
        } else {
            let _ = answer.send(self.end(&mut script, append, plan));
        }
        drop(script);
        self.arrived.send_modify(|count| *count += 1);
        Box::pin(async move { outcome.await.unwrap() })
    }

    fn read_stream(
        &self,
        stream: StreamName,
        after: Option<Revision>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        self.inner.read_stream(stream, after, limit)
    }

    fn read_all(
        &self,
        after: Option<LogPosition>,
        limit: usize,
    ) -> LogFuture<Result<Vec<StoredEvent>, ReadError>> {
        self.inner.read_all(after, limit)
    }

    fn find_command(
        &self,
        tenant: Option<AccountId>,
        command_id: CommandId,
    ) -> LogFuture<Result<Option<CommandRecord>, ReadError>> {
        self.inner.find_command(tenant, command_id)
    }

    fn durable(&self) -> watch::Receiver<Option<LogPosition>> {
        self.inner.durable()
    }

    fn identity(&self) -> LogIdentity {
        self.inner.identity()
    }

    fn has_one_writer(&self) -> bool {
        !self.shared
    }
}
