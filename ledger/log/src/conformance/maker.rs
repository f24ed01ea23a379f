//! Makes the appends of tests.

use schemas::{
    Actor, CommandId, CorrelationId, Digest, EventId, Part, StreamKind, StreamName, Timestamp,
};
use uuid::Uuid;

use crate::port::{Append, AppendOutcome, Committed, EventLog, ExpectedRevision, NewEvent};

/// Makes appends whose ids and streams belong to one log.
#[derive(Debug)]
pub struct Maker {
    seed: Uuid,
    made: u64,
}

impl Maker {
    /// For this log.
    #[must_use]
    pub fn of(log: &dyn EventLog) -> Self {
        Self::with_seed(log.identity().ledger)
    }

    /// With ids that follow from a seed.
    #[must_use]
    pub const fn with_seed(seed: Uuid) -> Self {
        Self { seed, made: 0 }
    }

    /// An id that was not made before.
    pub fn id(&mut self) -> Uuid {
        self.made += 1;
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.seed.as_bytes());
        hasher.update(&self.made.to_be_bytes());
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// A stream that was not made before.
    pub fn stream(&mut self) -> StreamName {
        StreamName::new(StreamKind::License, self.id())
    }

    /// An append of this many events by a new command.
    pub fn append(&mut self, stream: StreamName, expected: ExpectedRevision, count: u64) -> Append {
        let decided_at = Timestamp::from_micros(1_785_542_400_000_000);
        Append {
            stream,
            expected,
            tenant: None,
            actor: Actor::Operator,
            on_behalf_of: None,
            command_id: CommandId::new(self.id()),
            command_digest: Digest(*blake3::hash(&self.made.to_be_bytes()).as_bytes()),
            correlation_id: CorrelationId::new(self.id()),
            causation_id: None,
            rule: "license.seats_fit",
            basis: Some(ledger::authority::Basis::data_folder()),
            decided_at,
            events: (0..count)
                .map(|_| NewEvent {
                    event_id: EventId::new(self.id()),
                    wire_name: "seat_assigned.v1",
                    effective_at: decided_at,
                    parts: vec![Part::Public(self.made.to_be_bytes().to_vec())],
                })
                .collect(),
        }
    }

    /// Appends this many events to a stream that does not exist, one at a time.
    pub async fn fill(&mut self, log: &dyn EventLog, stream: StreamName, length: u64) {
        for revision in 0..length {
            let expected =
                revision.checked_sub(1).map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
            committed(log.append(self.append(stream, expected, 1)).await);
        }
    }
}

/// What was committed.
///
/// # Panics
/// When nothing was.
pub fn committed(outcome: AppendOutcome) -> Committed {
    match outcome {
        AppendOutcome::Committed(committed) => committed,
        AppendOutcome::Conflict { .. }
        | AppendOutcome::Rejected(_)
        | AppendOutcome::Unknown { .. } => panic!("not committed: {outcome:?}"),
    }
}
