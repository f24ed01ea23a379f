//! Workload E: how quickly a log is sealed that never was, and how long a proof takes from its tiles.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use ledger_log::embedded::SystemDisk;
use ledger_log::sealing::{Prover, Sealer, create_log_key, origin};
use ledger_log::{EmbeddedLog, EmbeddedOptions, EventLog};
use schemas::LogPosition;

use crate::chance::Chance;
use crate::commands::runtime;
use crate::opening::large_ledger;
use crate::options::Options;
use crate::rounds::{Measure, Rounds, p99};
use crate::row::Row;

/// What the table does not say.
pub const NOTE: &str = "\
The ledger of the workload before, sealed from its first event into an empty folder in one call: every batch read back from its
file, every hash derived anew, tiles written and synced, one checkpoint signed. A proof is read from the tiles on the disk and
checked against the signed root before it is given away; its events are chosen by chance.";

const SEAL: &str = "seal";
const INCLUSION: &str = "inclusion proof";

/// Measures both.
#[must_use]
pub fn measure(options: &Options) -> Vec<Row> {
    let ledger = large_ledger(options);
    let runtime = runtime();
    let (log, _) = EmbeddedLog::open(&ledger, EmbeddedOptions::default()).unwrap();
    let mut rounds = Rounds::default();
    let mut events = 0;
    for round in 1..=options.rounds().min(3) {
        let folder = tempfile::Builder::new().prefix("sealing-").tempdir_in(&options.data).unwrap();
        let (proofs, keys) = (folder.path().join("proofs"), folder.path().join("keys"));
        events = seal(&log, (&proofs, &keys), &mut rounds);
        let waits = runtime.block_on(prove(&log, &proofs, options.size(5_000, 50)));
        let mut sorted = waits.clone();
        sorted.sort_unstable();
        let figure = sorted[sorted.len() / 2].as_secs_f64() * 1e6;
        rounds.add(INCLUSION, 0, Measure { figure, p99: p99(waits) });
        eprintln!("  round {round}: {events} events");
    }
    log.close();
    let row = |engine, unit| {
        let (median, p99_ms) = rounds.median(engine, 0)?;
        let in_flight = None;
        let (ratio, ratio_to, target) = (None, None, None);
        Some(Row {
            workload: "sealing",
            engine,
            in_flight,
            median,
            unit,
            p99_ms,
            ratio,
            ratio_to,
            target,
        })
    };
    assert!(events > 0, "something was sealed");
    [row(SEAL, "events/s"), row(INCLUSION, "µs")].into_iter().flatten().collect()
}

/// Seals all of it, and says how many events that were.
fn seal(log: &EmbeddedLog, (proofs, keys): (&Path, &Path), rounds: &mut Rounds) -> u64 {
    std::fs::create_dir_all(keys).unwrap();
    let key = create_log_key(keys, &origin("Bench", log.identity().ledger)).unwrap();
    let mut sealer = Sealer::open(log.clone(), Arc::new(SystemDisk), proofs, keys, key).unwrap();
    let begun = Instant::now();
    let size = sealer.seal().unwrap().expect("the log is not empty").checkpoint.size;
    let events = f64::from(u32::try_from(size).unwrap());
    let figure = events / begun.elapsed().as_secs_f64();
    rounds.add(SEAL, 0, Measure { figure, p99: None });
    size
}

/// How long each of so many proofs took.
async fn prove(log: &EmbeddedLog, proofs: &Path, count: usize) -> Vec<std::time::Duration> {
    let prover = Prover::open(Arc::new(SystemDisk), proofs).unwrap();
    let size = usize::try_from(prover.newest().checkpoint.size).unwrap();
    let mut chance = Chance::new(5);
    let mut waits = Vec::with_capacity(count);
    for _ in 0..count {
        let position = u64::try_from(chance.below(size)).unwrap();
        let event = log.read_all(position.checked_sub(1).map(LogPosition), 1).await.unwrap();
        let begun = Instant::now();
        std::hint::black_box(prover.inclusion(&event[0]).unwrap());
        waits.push(begun.elapsed());
    }
    waits
}
