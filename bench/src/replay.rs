//! Workload B: how quickly the views are folded from a log, and how quickly a log is verified, beside a loop that
//! only decodes it.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use deedbook_service::data_folder::DataFolder;
use deedbook_service::log_check::{self, Trust};
use ledger_log::{Codec, EmbeddedLog, EmbeddedOptions, EventLog, Keystore};
use projections::Projections;

use crate::commands::runtime;
use crate::options::Options;
use crate::rounds::{Measure, Rounds};
use crate::row::{Row, Target};
use crate::traffic::Traffic;
use crate::world::Size;

/// What the table does not say.
pub const NOTE: &str = "\
A log of customers, people, licenses, seats and usage, personal fields sealed. `decode only` reads the frames, checks their
hashes and decodes every event to its newest version, personal fields opened, on one thread. `views` is what a start without
a snapshot does: the same, and all six views folded. `verify` reads every byte and derives every hash anew.";

const DECODE: &str = "decode only";
const VIEWS: &str = "views";
const VERIFY: &str = "verify";

/// How many events are read at a time: as many as the views take.
const BATCH_EVENTS: usize = 512;

/// Measures all three.
#[must_use]
pub fn measure(options: &Options) -> Vec<Row> {
    let runtime = runtime();
    let folder = tempfile::Builder::new().prefix("replay-").tempdir_in(&options.data).unwrap();
    let folder = folder.path().join("ledger");
    let mut rounds = Rounds::default();
    runtime.block_on(async {
        make(&folder, options).await;
        for round in 1..=options.rounds() {
            let (log, codec) = open(&folder);
            rounds.add(DECODE, 0, decode(&*log, &codec).await);
            rounds.add(VIEWS, 0, views(log, codec).await);
            rounds.add(VERIFY, 0, verify(&folder));
            eprintln!("  round {round}: done");
        }
    });
    let target = Some(Target::RatioAtLeast(0.5));
    [(VIEWS, Some(DECODE), target), (VERIFY, Some(DECODE), None), (DECODE, None, None)]
        .into_iter()
        .filter_map(|(engine, other, target)| {
            let (median, _) = rounds.median(engine, 0)?;
            Some(Row {
                workload: "replay",
                engine,
                in_flight: None,
                median,
                unit: "events/s",
                p99_ms: None,
                ratio: other.and_then(|other| rounds.ratio((engine, 0), (other, 0))),
                ratio_to: other,
                target,
            })
        })
        .collect()
}

async fn make(folder: &Path, options: &Options) {
    let customers = options.size(4_096, 64);
    let size = Size { first: 0, customers, members: 8, licenses: 2 };
    let traffic = Arc::new(Traffic::make(folder, size).await);
    traffic.send(options.size(400_000, 2_000)).await;
    traffic.engine.clone().close().await;
}

fn open(folder: &Path) -> (Arc<dyn EventLog>, Arc<Codec>) {
    let (log, _) = EmbeddedLog::open(folder, EmbeddedOptions::default()).unwrap();
    let keystore = Keystore::open(&DataFolder::at(folder).keys()).unwrap();
    (Arc::new(log), Arc::new(Codec::new(Arc::new(keystore))))
}

async fn decode(log: &dyn EventLog, codec: &Codec) -> Measure {
    let begun = Instant::now();
    let mut after = None;
    let mut events = 0;
    loop {
        let batch = log.read_all(after, BATCH_EVENTS).await.unwrap();
        let Some(last) = batch.last() else { return per_second(events, begun) };
        after = Some(last.position);
        events += batch.len();
        for stored in &batch {
            std::hint::black_box(codec.decode(stored).unwrap());
        }
    }
}

async fn views(log: Arc<dyn EventLog>, codec: Arc<Codec>) -> Measure {
    let begun = Instant::now();
    let options = projections::Options::in_memory();
    let views = Projections::start(log, codec, options).await.unwrap();
    let events = views.position().map_or(0, |position| position.0 + 1);
    let measure = per_second(usize::try_from(events).unwrap(), begun);
    assert!(views.health().is_caught_up() && views.health().is_healthy());
    views.close().await.unwrap();
    measure
}

fn verify(folder: &Path) -> Measure {
    let begun = Instant::now();
    let report = log_check::check(&DataFolder::at(folder), &Trust::default(), &mut |_| {}).unwrap();
    per_second(usize::try_from(report.log.events).unwrap(), begun)
}

fn per_second(events: usize, begun: Instant) -> Measure {
    let events = f64::from(u32::try_from(events).unwrap());
    Measure { figure: events / begun.elapsed().as_secs_f64(), p99: None }
}
