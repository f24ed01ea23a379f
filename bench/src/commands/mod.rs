//! Workload A: how many commands a second are durable, and how long one waits, with few and with many under way.

mod bare;
mod deedbook;
mod line;
mod load;
pub mod postgres;
mod record;
mod sqlite;

use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::options::Options;
use crate::rounds::{Measure, Rounds};
use crate::row::{Row, Target};
use bare::BareLoop;
use deedbook::{Deedbook, Streams};
use load::load;
use postgres::{Batched, Cluster, Pooled};
use record::Shape;
use sqlite::Sqlite;

/// What the table does not say.
pub const NOTE: &str = "\
`deedbook` is the production path without HTTP: real commands (seats assigned and taken back, usage recorded) are decided,
encoded, hashed, framed, written with their mirror, synced and applied to the views before they are answered. One event each,
over 4,096 licenses and their meters. `deedbook, one license` and `deedbook, one meter` send everything to one stream.
`bare loop` is the limit: records of the same sizes, the same frame, mirror and tail slot, the same line and group commit,
one `fdatasync`, a preallocated file; nothing is decided, hashed, indexed or viewed. `SQLite` is bundled, WAL, synchronous=FULL, one
writer that batches what waits into a transaction; `PostgreSQL` is Debian's, synchronous_commit=on, over a Unix socket. Both
keep the same records under the same promises (revision in the stream unique and next, command id unique) and have no rules and
no views.";

/// How many commands are under way.
const DEPTHS: [usize; 3] = [1, 64, 1_024];

const DEEDBOOK: &str = "deedbook";
const ONE_LICENSE: &str = "deedbook, one license";
const ONE_METER: &str = "deedbook, one meter";
const BARE: &str = "bare loop";
const SQLITE: &str = "SQLite, batched";
const POSTGRES: &str = "PostgreSQL, 64 connections";
const POSTGRES_BATCHED: &str = "PostgreSQL, batched";

/// The engines, in the order of the first round.
const ENGINES: [&str; 7] =
    [DEEDBOOK, BARE, SQLITE, POSTGRES, POSTGRES_BATCHED, ONE_LICENSE, ONE_METER];

/// Every store that takes part.
struct Field {
    deedbook: Arc<Deedbook>,
    bare: Arc<BareLoop>,
    sqlite: Arc<Sqlite>,
    postgres: Option<(Arc<Pooled>, Arc<Batched>)>,
}

/// Measures all engines.
#[must_use]
pub fn measure(options: &Options) -> Vec<Row> {
    let runtime = runtime();
    let folder = tempfile::Builder::new().prefix("commands-").tempdir_in(&options.data).unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let cluster = Cluster::start(&folder);
    let rounds = runtime.block_on(async {
        let deedbook = Arc::new(Deedbook::make(&folder, options).await);
        let shape = Arc::new(Shape::of(&deedbook, options).await);
        eprintln!("  a command takes {} bytes on disk, before its frame", shape.mean_bytes());
        let postgres = match &cluster {
            Some(cluster) => Some((
                Arc::new(Pooled::connect(cluster, Arc::clone(&shape)).await),
                Arc::new(Batched::connect(cluster, Arc::clone(&shape)).await),
            )),
            None => None,
        };
        let field = Field {
            deedbook,
            bare: Arc::new(BareLoop::make(&folder, Arc::clone(&shape))),
            sqlite: Arc::new(Sqlite::make(&folder, shape)),
            postgres,
        };
        let rounds = field.run(options).await;
        field.deedbook.close().await;
        rounds
    });
    drop(cluster);
    rows(&rounds)
}

/// One like the service's: a worker for each core.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

impl Field {
    async fn run(&self, options: &Options) -> Rounds {
        let mut rounds = Rounds::default();
        for round in 0..options.rounds() {
            for depth in DEPTHS {
                // Each round begins with another engine, so that none always follows the same one.
                let mut engines = ENGINES;
                engines.rotate_left(round % ENGINES.len());
                for engine in engines.into_iter().filter(|one| options.wants_engine(one)) {
                    let Some(measure) = self.load(engine, options, depth).await else { continue };
                    eprintln!("  {engine}, {depth} in flight: {:.0} commands/s", measure.figure);
                    rounds.add(engine, depth, measure);
                }
            }
        }
        rounds
    }

    /// `None`: the engine is not here, or has no such workload.
    async fn load(&self, engine: &str, options: &Options, depth: usize) -> Option<Measure> {
        let over = |streams| Arc::clone(&self.deedbook).over(streams);
        let postgres = self.postgres.as_ref();
        Some(match engine {
            DEEDBOOK => load(over(Streams::Many), options, depth).await,
            ONE_LICENSE if depth > 1 => load(over(Streams::OneLicense), options, depth).await,
            ONE_METER if depth > 1 => load(over(Streams::OneMeter), options, depth).await,
            BARE => load(Arc::clone(&self.bare), options, depth).await,
            SQLITE => load(Arc::clone(&self.sqlite), options, depth).await,
            POSTGRES => load(Arc::clone(&postgres?.0), options, depth).await,
            POSTGRES_BATCHED => load(Arc::clone(&postgres?.1), options, depth).await,
            _ => return None,
        })
    }
}

fn rows(rounds: &Rounds) -> Vec<Row> {
    let mut rows = Vec::new();
    for depth in DEPTHS {
        let busy = depth > 1;
        let least = |ratio| busy.then_some(Target::RatioAtLeast(ratio));
        let comparisons = [
            (DEEDBOOK, Some(BARE), least(0.6)),
            (DEEDBOOK, Some(SQLITE), least(3.0)),
            (DEEDBOOK, Some(POSTGRES_BATCHED), None),
            (DEEDBOOK, Some(POSTGRES), None),
            (ONE_LICENSE, Some(DEEDBOOK), least(0.5)),
            (ONE_METER, Some(DEEDBOOK), least(0.5)),
            (BARE, None, None),
            (SQLITE, None, None),
            (POSTGRES, None, None),
            (POSTGRES_BATCHED, None, None),
        ];
        for (engine, other, target) in comparisons {
            let Some((median, p99_ms)) = rounds.median(engine, depth) else { continue };
            let ratio = other.and_then(|other| rounds.ratio((engine, depth), (other, depth)));
            if other.is_some() && ratio.is_none() {
                continue;
            }
            rows.push(Row {
                workload: "commands",
                engine,
                in_flight: Some(depth),
                median,
                unit: "commands/s",
                p99_ms,
                ratio,
                ratio_to: other,
                target,
            });
        }
    }
    rows
}
