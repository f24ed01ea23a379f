//! Runs what waits for a driven log on one thread, in an order that the seed decides.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use ledger_log::EmbeddedLog;
use ledger_log::embedded::Drive;
use tokio::runtime::Runtime;
use tokio::task::{JoinHandle, yield_now};

use crate::chance::Chance;

/// How often something that waits is looked at before it counts as stuck.
const TURNS_MAX: u32 = 20_000;

/// A runtime of one thread and no clock.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Runs this to its end while the log commits whatever waits.
pub async fn finish<T>(log: &EmbeddedLog, work: impl Future<Output = T>) -> Result<T, String> {
    let mut work = pin!(work);
    for _ in 0..TURNS_MAX {
        if let Poll::Ready(done) = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await {
            return Ok(done);
        }
        yield_now().await;
        log.drive(Drive::Commit);
    }
    Err("a command never ends".to_owned())
}

/// Runs all of these to their ends. After how many turns the log commits is up to chance, so that batches differ.
pub async fn finish_all<T>(
    log: &EmbeddedLog,
    tasks: Vec<JoinHandle<T>>,
    chance: &mut Chance,
) -> Result<Vec<T>, String> {
    for _ in 0..TURNS_MAX {
        if tasks.iter().all(JoinHandle::is_finished) {
            break;
        }
        for _ in 0..=chance.below(4) {
            yield_now().await;
        }
        log.drive(Drive::Commit);
        if chance.one_in(16) {
            log.drive(Drive::Background);
        }
    }
    let mut done = Vec::new();
    for task in tasks {
        if !task.is_finished() {
            return Err("a command never ends".to_owned());
        }
        done.push(task.await.map_err(|error| error.to_string())?);
    }
    Ok(done)
}
