//! Where an import's commands go: to the ledger, or to a rehearsal that decides them by the same rules on states
//! kept in memory and writes nothing.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ledger::{Context, Decider, Rejection};
use ledger_log::{CommandMeta, Ledger, LoadError, ReadError, RecordedEvent, TransactError};
use schemas::{AccountId, CommandId, Digest, Revision, StreamName, Timestamp};

use super::report::{Fault, codes};

/// How often a command with an unknown outcome is repeated before the import stops.
const ATTEMPTS_MAX: usize = 3;

/// What a command did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// Something was recorded, or would be.
    Added,
    /// It was so already.
    Already,
}

/// Why a row was not taken.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The row is at fault; the import goes on.
    Row(Fault),
    /// The ledger is at fault; the import stops. The row can be imported again.
    Stop(Stop),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Row(fault)
    }
}

impl From<LoadError> for Refusal {
    fn from(error: LoadError) -> Self {
        Self::Stop(Stop { code: error.code(), reason: reason(&error), advice: RETRY.to_owned() })
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        LoadError::from(error).into()
    }
}

/// Why an import could not go on.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    pub(crate) code: &'static str,
    pub(crate) reason: String,
    pub(crate) advice: String,
}

const RETRY: &str = "run the same import again when the cause is gone: it goes on where it stopped";

/// An earlier import took the same row with other content.
pub(crate) struct Mismatch {
    pub(crate) stream: StreamName,
    pub(crate) revision: Revision,
}

/// Where commands go.
pub(crate) enum Target {
    /// They are recorded.
    Ledger(Ledger),
    /// They are decided only.
    Rehearsal(Rehearsal),
}

impl Target {
    fn ledger(&self) -> &Ledger {
        match self {
            Self::Ledger(ledger) => ledger,
            Self::Rehearsal(rehearsal) => &rehearsal.ledger,
        }
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.ledger().clock().now()
    }

    /// Decides a command and, unless it is a rehearsal, records what was decided.
    pub(crate) async fn transact<D: Decider>(
        &self,
        stream: StreamName,
        command: D::Command,
        meta: CommandMeta,
    ) -> Result<Done, Refusal>
    where
        D::Command: Clone,
    {
        match self {
            Self::Ledger(ledger) => {
                let mut attempts = 1;
                loop {
                    let sent = ledger.transact::<D>(stream, command.clone(), meta.clone()).await;
                    match sent {
                        Ok(receipt) if receipt.replayed || receipt.events.is_empty() => {
                            return Ok(Done::Already);
                        }
                        Ok(_) => return Ok(Done::Added),
                        Err(TransactError::Unknown { .. } | TransactError::Conflict { .. })
                            if attempts < ATTEMPTS_MAX =>
                        {
                            attempts += 1;
                        }
                        Err(error) => return Err(refusal(error)),
                    }
                }
            }
            Self::Rehearsal(rehearsal) => rehearsal.decide::<D>(stream, &command, &meta).await,
        }
    }

    /// What the rules remember of a stream.
    pub(crate) async fn state<D: Decider>(&self, stream: StreamName) -> Result<D::State, Refusal> {
        Ok(self.state_at::<D>(stream).await?.0)
    }

    /// The same, and the stream's newest recorded revision.
    pub(crate) async fn state_at<D: Decider>(
        &self,
        stream: StreamName,
    ) -> Result<(D::State, Option<Revision>), Refusal> {
        if let Self::Rehearsal(rehearsal) = self
            && let Some(state) = rehearsal.remembered::<D>(stream)
        {
            return Ok((state, None));
        }
        Ok(self.ledger().load::<D>(stream).await?)
    }

    /// What an earlier run recorded for this command. `Ok(Err(_))`: it was recorded with another meaning.
    pub(crate) async fn recorded(
        &self,
        tenant: Option<AccountId>,
        command: CommandId,
        digest: Digest,
    ) -> Result<Option<Result<(), Mismatch>>, Refusal> {
        let record = self.ledger().log().find_command(tenant, command).await?;
        Ok(record.map(|record| {
            if record.command_digest == digest {
                Ok(())
            } else {
                Err(Mismatch { stream: record.stream, revision: record.first_revision })
            }
        }))
    }

    /// One recorded event.
    pub(crate) async fn event(
        &self,
        stream: StreamName,
        revision: Revision,
    ) -> Result<Option<RecordedEvent>, Refusal> {
        let after = revision.checked_sub(1);
        Ok(self.ledger().history(stream, after, 1).await?.into_iter().next())
    }
}

/// Decides commands on top of what the ledger holds, and remembers the outcome in memory. It takes the size of the
/// states of the streams that the files touch, about 2 KiB for a license.
pub(crate) struct Rehearsal {
    ledger: Ledger,
    states: Mutex<HashMap<StreamName, Box<dyn Any + Send>>>,
}

impl Rehearsal {
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self { ledger, states: Mutex::new(HashMap::new()) }
    }

    fn remembered<D: Decider>(&self, stream: StreamName) -> Option<D::State> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.get(&stream)?.downcast_ref::<D::State>().cloned()
    }

    /// A lane decides the commands of one stream one after another, so nothing changes the state between the load
    /// and the end.
    async fn decide<D: Decider>(
        &self,
        stream: StreamName,
        command: &D::Command,
        meta: &CommandMeta,
    ) -> Result<Done, Refusal> {
        let now = self.ledger.clock().now();
        let effective_at = meta.effective_at.unwrap_or(now);
        let known = self.states.lock().unwrap_or_else(PoisonError::into_inner).remove(&stream);
        let mut state = match known.and_then(|known| known.downcast::<D::State>().ok()) {
            Some(state) => state,
            None => Box::new(self.ledger.load::<D>(stream).await?.0),
        };
        let context = Context { now, effective_at, actor: meta.actor, basis: meta.basis };
        let decided = D::decide(&state, command, &context);
        if let Ok(decision) = &decided {
            for event in &decision.events {
                D::evolve(&mut state, event, effective_at);
            }
        }
        self.states.lock().unwrap_or_else(PoisonError::into_inner).insert(stream, state);
        match decided {
            Ok(decision) if decision.events.is_empty() => Ok(Done::Already),
            Ok(_) => Ok(Done::Added),
            Err(rejection) => Err(refusal(TransactError::Rejected(rejection))),
        }
    }
}

/// The refusal of a row that the rules refuse.
pub(crate) fn refuse<R: Rejection>(rejection: R) -> Refusal {
    refusal(TransactError::Rejected(rejection))
}

fn refusal<R: Rejection>(error: TransactError<R>) -> Refusal {
    let (code, advice) = (error.code(), error.advice());
    match error {
        TransactError::Rejected(_)
        | TransactError::EffectiveInFuture { .. }
        | TransactError::TooLarge { .. }
        | TransactError::IdempotencyMismatch { .. } => {
            Refusal::Row(Fault::new(None, code, format!("{error}: {}", lower(&advice))))
        }
        TransactError::Conflict { .. } => {
            let message = "the record changes too often now: import the file again";
            Refusal::Row(Fault::new(None, codes::CONFLICT, message))
        }
        TransactError::Full
        | TransactError::Halted
        | TransactError::Unknown { .. }
        | TransactError::Read(_)
        | TransactError::Codec(_)
        | TransactError::Closed => Refusal::Stop(Stop { code, reason: reason(&error), advice }),
    }
}

/// Advice is a sentence of its own elsewhere; here it follows a colon.
fn lower(advice: &str) -> String {
    let mut characters = advice.trim_end_matches('.').chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
