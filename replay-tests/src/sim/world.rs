//! What outlives a process in the simulator: the disk, the keys, the clock, and what the callers remember.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledger::proof::checkpoint::Checkpoint;
use ledger::proof::note::SignerKey;
use ledger_log::embedded::simulated::{Faults, SimulatedDisk};
use ledger_log::sealing::origin;
use ledger_log::{Clock, Codec, EmbeddedLog, EmbeddedOptions, Keystore, Ledger, ManualClock};
use projections::Views;
use schemas::{ProductId, StaffId, Timestamp};
use uuid::Uuid;

use super::Violation;
use super::book::{self, Recorder};
use super::counts::Counts;
use super::damage::Files;
use super::drive::finish;
use super::swarm::{LIES, Swarm};
use crate::chance::Chance;
use crate::moves::Board;
use crate::orbit::{Answer, Orbit, Sent, T0};

/// The largest batch.
const FRAME_BYTES_MAX: u64 = 8 * 1024;
/// Where the first frame of a segment is: behind the header, two tail slots and two mirrors.
pub const DATA_OFFSET: usize = 12 * 1024 + 2 * 8 * 1024;
/// Room for some dozen events, so that a short history has several segments.
const SEGMENT_BYTES: u64 = 12 * 1024 + 2 * FRAME_BYTES_MAX + 20 * 1024;
/// The ledger of every simulation.
const LEDGER: Uuid = Uuid::from_u128(7);

/// A simulation.
pub struct World {
    pub seed: u64,
    pub swarm: Swarm,
    pub chance: Chance,
    pub disk: SimulatedDisk,
    pub clock: Arc<ManualClock>,
    pub codec: Arc<Codec>,
    pub board: Board,
    pub people: (ProductId, StaffId),
    pub book: book::Shared,
    pub counts: Counts,
    /// What was decided and answered, hashed.
    pub trace: blake3::Hasher,
    /// Commands that were accepted, with their answers.
    pub accepted: Vec<(Sent, Answer)>,
    /// Commands whose callers do not know what became of them.
    pub unanswered: Vec<Sent>,
    /// Every checkpoint that was ever signed.
    pub signed: Vec<Checkpoint>,
    /// An older log, and how many events it has at most.
    pub older: Option<(Files, u64)>,
    pub views: Views,
    /// Whether the ledger's files were changed behind its back.
    pub rotten: bool,
    /// Whether the disk was told to lie: once in a simulation, so that no two copies of the same bytes are lost.
    pub lie_planned: bool,
    /// Whether what is noted is printed: `STORY` is in the environment.
    pub tells: bool,
    /// Whether the last life ended as it should.
    pub ended_clean: bool,
    pub keys_fail: Arc<AtomicBool>,
    pub fatal: Arc<AtomicBool>,
}

pub fn folder() -> &'static Path {
    Path::new("/ledger")
}

pub fn log_folder() -> PathBuf {
    folder().join("log")
}

pub fn proofs() -> PathBuf {
    folder().join("proofs")
}

pub fn keys() -> PathBuf {
    folder().join("keys")
}

/// The key that signs the checkpoints.
pub fn signer() -> SignerKey {
    SignerKey::from_seed(&origin("Orbit", LEDGER), &[9; 32]).unwrap()
}

impl World {
    /// A vendor's ledger with customers and licenses on a disk that did not fail yet.
    pub fn new(seed: u64) -> Result<Self, Violation> {
        let mut chance = Chance::new(seed);
        let swarm = Swarm::of(&mut chance);
        let clock = Arc::new(ManualClock::new(T0));
        let keystore = Arc::new(Keystore::in_memory().unwrap());
        let mut world = Self {
            seed,
            swarm,
            disk: SimulatedDisk::with_seed(chance.bits()),
            chance,
            clock,
            codec: Arc::new(Codec::new(keystore)),
            board: Board::default(),
            people: (ProductId::new(Uuid::from_u128(1)), StaffId::new(Uuid::from_u128(2))),
            book: book::Shared::default(),
            counts: Counts { seeds: 1, ..Counts::default() },
            trace: blake3::Hasher::new(),
            accepted: Vec::new(),
            unanswered: Vec::new(),
            signed: Vec::new(),
            older: None,
            views: Views::new(),
            rotten: false,
            lie_planned: false,
            ended_clean: true,
            tells: std::env::var_os("STORY").is_some(),
            keys_fail: Arc::default(),
            fatal: Arc::default(),
        };
        EmbeddedLog::create(folder(), &world.options(0)).unwrap();
        let (log, _) = EmbeddedLog::open(folder(), world.options(0)).unwrap();
        let mut orbit = world.orbit(&log);
        let furnished = super::drive::runtime().block_on(finish(&log, async {
            orbit.publish().await;
            let mut board = Board::open(&mut orbit, 2).await;
            board.issue(&mut orbit).await;
            board.issue(&mut orbit).await;
            board
        }));
        world.board = furnished.map_err(|what| world.violation(what))?;
        world.people = (orbit.product, orbit.vera);
        world.chance = orbit.chance.clone();
        log.close();
        Ok(world)
    }

    /// How the log is opened, when a checkpoint promises this many events.
    pub fn options(&self, promised_events: u64) -> EmbeddedOptions {
        let (fatal, keys_fail) = (Arc::clone(&self.fatal), Arc::clone(&self.keys_fail));
        EmbeddedOptions {
            ledger: Some(LEDGER),
            segment_bytes: SEGMENT_BYTES,
            frame_bytes_max: FRAME_BYTES_MAX,
            promised_events,
            reserve_bytes: 4096,
            cache_bytes_max: 64 * 1024,
            retry_space: Duration::ZERO,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            disk: Arc::new(self.disk.clone()),
            driven: true,
            before_commit: Arc::new(move || {
                if keys_fail.load(Ordering::SeqCst) {
                    return Err(std::io::ErrorKind::StorageFull.into());
                }
                Ok(())
            }),
            on_fatal: Arc::new(move |_| fatal.store(true, Ordering::SeqCst)),
            ..EmbeddedOptions::default()
        }
    }

    /// The vendor on a log that runs.
    pub fn orbit(&self, log: &EmbeddedLog) -> Orbit {
        let recorder = Recorder { log: log.clone(), book: Arc::clone(&self.book) };
        let clock = Arc::clone(&self.clock);
        let codec = Arc::clone(&self.codec);
        let on = Ledger::new(Arc::new(recorder), codec, Arc::clone(&clock) as Arc<dyn Clock>);
        let (product, vera) = self.people;
        Orbit { ledger: on, clock, chance: self.chance.clone(), product, vera }
    }

    /// Whether the disk lied, or the files were changed behind the ledger's back: then it may be found damaged.
    pub fn may_be_damaged(&self) -> bool {
        let counts = self.disk.counts();
        self.rotten || LIES.iter().any(|kind| counts.of(*kind) > 0)
    }

    /// Moves the clock by so many seconds, and by what the disk stalled.
    pub fn pass(&mut self, seconds: i64) {
        let stalled = i64::try_from(self.disk.take_stalled_seconds()).unwrap();
        let now = self.clock.now().micros() + (seconds + stalled) * 1_000_000 + 1_000;
        self.clock.set(Timestamp::from_micros(now));
    }

    /// Writes something that was decided or answered into the trace.
    pub fn note(&mut self, what: &str) {
        self.trace.update(what.as_bytes());
        if self.tells {
            eprintln!("{}: {what}", self.disk.operations());
        }
    }

    /// Puts away the faults of the disk and the keys.
    pub fn heal(&self) {
        self.disk.faults(|faults| *faults = Faults::default());
        self.fail_keys(false);
    }

    /// The same, but the power goes when it goes.
    pub fn heal_but_death(&self) {
        self.disk.faults(|faults| (faults.room, faults.planned) = (None, Vec::new()));
        self.fail_keys(false);
    }

    pub fn fail_keys(&self, fail: bool) {
        self.keys_fail.store(fail, Ordering::SeqCst);
        book::open(&self.book).keys_fail = fail;
    }

    /// Loses power: what was not synced is there in any combination.
    pub fn crash(&mut self) {
        self.counts.crashes += 1;
        let seed = self.chance.bits();
        self.disk = self.disk.after_crash(seed);
    }

    pub fn violation(&self, what: impl Into<String>) -> Violation {
        Violation { seed: self.seed, what: what.into() }
    }
}
