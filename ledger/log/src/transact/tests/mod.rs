//! What the loop promises, over the memory log and over a log that fails by script.

mod failures;
mod idempotency;
mod model;
mod pipeline;
mod pool;
mod scripted;
mod seats;

use std::sync::Arc;

use schemas::license::LicenseEvent;
use schemas::{Actor, CommandId, Digest, StoredEvent, StreamKind, StreamName, Timestamp};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{CommandMeta, Ledger, Receipt, TransactError};
use crate::{Codec, EventLog, Keystore, ManualClock};
use pool::{Command, NoSeat, Pool};
use scripted::{ScriptedLog, now};

/// 2026-08-01T00:00:00Z.
const START: Timestamp = Timestamp::from_micros(1_785_542_400_000_000);

const STREAM: StreamName = StreamName::new(StreamKind::License, Uuid::from_u128(1));

type Answer = Result<Receipt<LicenseEvent>, TransactError<NoSeat>>;

fn ledger_over(log: impl EventLog) -> Ledger {
    let codec = Codec::new(Arc::new(Keystore::in_memory().unwrap()));
    Ledger::new(Arc::new(log), Arc::new(codec), Arc::new(ManualClock::new(START)))
}

/// The meta data of the command with this number.
fn meta(number: u128) -> CommandMeta {
    CommandMeta::new(CommandId::new(Uuid::from_u128(number)), Digest([1; 32]), Actor::Operator)
}

fn send(ledger: &Ledger, number: u128, command: Command) -> JoinHandle<Answer> {
    send_with(ledger, meta(number), command)
}

fn send_with(ledger: &Ledger, meta: CommandMeta, command: Command) -> JoinHandle<Answer> {
    let ledger = ledger.clone();
    tokio::spawn(async move { ledger.transact::<Pool>(STREAM, command, meta).await })
}

fn take(member: u8, capacity: usize) -> Command {
    Command::Take { member, capacity }
}

/// Lets every task run until it waits for something. For the single-threaded runtime.
async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

fn stored(log: &dyn EventLog) -> Vec<StoredEvent> {
    let events = now(log.read_stream(STREAM, None, usize::MAX)).unwrap();
    for (revision, event) in (0..).zip(&events) {
        assert_eq!(event.header.revision, revision, "a gap in the stream");
    }
    events
}

fn code(answer: Answer) -> &'static str {
    answer.map_or_else(|error| error.code(), |_| "accepted")
}
