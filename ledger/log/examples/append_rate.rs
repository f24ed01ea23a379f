//! Prints how many commands a second the embedded log makes durable on this machine's disk:
//! `cargo run --release -p ledger-log --example append_rate [folder]`.

use std::error::Error;
use std::time::{Duration, Instant};

use ledger_log::{
    Append, AppendOutcome, EmbeddedLog, EmbeddedOptions, EventLog, ExpectedRevision, NewEvent,
};
use schemas::{
    Actor, CommandId, CorrelationId, Digest, EventId, Part, StreamKind, StreamName, Timestamp,
};
use uuid::Uuid;

/// How long each depth is measured.
const MEASURED: Duration = Duration::from_secs(3);
/// A typical body: with its header it makes an event of about 450 bytes on disk.
const BODY_BYTES: usize = 120;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()))?;
    let options = EmbeddedOptions::default();
    EmbeddedLog::create(folder.path(), &options)?;
    let (log, _) = EmbeddedLog::open(folder.path(), options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    for in_flight in [1_u128, 64, 1024] {
        let begun = Instant::now();
        let (done, mut waits) = runtime.block_on(measure(&log, in_flight, begun));
        let seconds = begun.elapsed().as_secs_f64();
        waits.sort_unstable();
        let p99 = waits.get(waits.len() * 99 / 100).copied().unwrap_or_default();
        println!(
            "{in_flight:>5} in flight: {:>8.0} commands/s, p99 {p99:?}",
            f64::from(done) / seconds
        );
    }
    Ok(())
}

/// Each task appends to a stream of its own, one command after the other.
async fn measure(log: &EmbeddedLog, in_flight: u128, begun: Instant) -> (u32, Vec<Duration>) {
    let tasks: Vec<_> = (0..in_flight)
        .map(|task| {
            let log = log.clone();
            tokio::spawn(async move {
                let stream =
                    StreamName::new(StreamKind::License, Uuid::from_u128((in_flight << 64) | task));
                let mut waits = Vec::new();
                let mut expected = ExpectedRevision::NoStream;
                while begun.elapsed() < MEASURED {
                    let asked = Instant::now();
                    let number = u128::try_from(waits.len()).unwrap_or_default();
                    let id = Uuid::from_u128((in_flight << 96) | (task << 64) | number);
                    match log.append(command(stream, expected, id)).await {
                        AppendOutcome::Committed(done) => {
                            expected = ExpectedRevision::Exact(done.last_revision);
                        }
                        AppendOutcome::Conflict { .. }
                        | AppendOutcome::Rejected(_)
                        | AppendOutcome::Unknown { .. } => break,
                    }
                    waits.push(asked.elapsed());
                }
                waits
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.unwrap_or_default());
    }
    (u32::try_from(waits.len()).unwrap_or(u32::MAX), waits)
}

fn command(stream: StreamName, expected: ExpectedRevision, id: Uuid) -> Append {
    Append {
        stream,
        expected,
        tenant: None,
        actor: Actor::System,
        on_behalf_of: None,
        command_id: CommandId::new(id),
        command_digest: Digest::ZERO,
        correlation_id: CorrelationId::new(id),
        causation_id: None,
        rule: "license.seats_fit",
        decided_at: Timestamp::from_micros(1_785_542_400_000_000),
        events: vec![NewEvent {
            event_id: EventId::new(id),
            wire_name: "seat_assigned.v1",
            effective_at: Timestamp::from_micros(1_785_542_400_000_000),
            parts: vec![Part::Public(vec![7; BODY_BYTES])],
        }],
    }
}
