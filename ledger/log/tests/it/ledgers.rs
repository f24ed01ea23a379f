//! Small ledgers on a simulated disk.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ledger_log::conformance::{Maker, committed};
use ledger_log::embedded::RecoveryReport;
use ledger_log::{
    EmbeddedLog, EmbeddedOptions, EventLog, ExpectedRevision, ManualClock, OpenError,
};
use schemas::{StoredEvent, StreamName, Timestamp};
use uuid::Uuid;

use ledger_log::embedded::simulated::SimulatedDisk;

pub const FRAME_BYTES_MAX: u64 = 8 * 1024;
/// Header, two tail slots, two mirrors.
pub const DATA_OFFSET: u64 = 12 * 1024 + 2 * FRAME_BYTES_MAX;
/// Room for two or more of the largest frames.
pub const SEGMENT_BYTES: u64 = DATA_OFFSET + 16 * 1024;

/// What a ledger's fatal hook was told.
#[derive(Clone, Default)]
pub struct Fatal(Arc<Mutex<Vec<String>>>, Arc<AtomicU32>);

impl Fatal {
    pub fn reasons(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub fn count(&self) -> u32 {
        self.1.load(Ordering::SeqCst)
    }
}

pub fn folder() -> PathBuf {
    PathBuf::from("/ledger")
}

pub fn segment_path(number: u64) -> PathBuf {
    folder().join(format!("log/segment-{number:08}.log"))
}

pub fn index_path(number: u64) -> PathBuf {
    folder().join(format!("log/segment-{number:08}.idx"))
}

/// Options whose only hidden activity is the writer's: no idle seal, no reserve.
pub fn options(disk: &SimulatedDisk) -> EmbeddedOptions {
    options_with(disk, &Fatal::default())
}

pub fn options_with(disk: &SimulatedDisk, fatal: &Fatal) -> EmbeddedOptions {
    let fatal = fatal.clone();
    EmbeddedOptions {
        ledger: Some(Uuid::from_u128(7)),
        segment_bytes: SEGMENT_BYTES,
        frame_bytes_max: FRAME_BYTES_MAX,
        reserve_bytes: 0,
        cache_bytes_max: 64 * 1024,
        idle_seal: Duration::from_secs(3600),
        retry_space: Duration::ZERO,
        clock: Arc::new(ManualClock::new(Timestamp::from_micros(1_785_542_400_000_000))),
        disk: Arc::new(disk.clone()),
        on_fatal: Arc::new(move |reason| {
            fatal.0.lock().unwrap().push(reason.to_owned());
            fatal.1.fetch_add(1, Ordering::SeqCst);
        }),
        ..EmbeddedOptions::default()
    }
}

pub fn create(disk: &SimulatedDisk) {
    EmbeddedLog::create(&folder(), &options(disk)).unwrap();
}

pub fn open(disk: &SimulatedDisk) -> Result<(EmbeddedLog, RecoveryReport), OpenError> {
    EmbeddedLog::open(&folder(), options(disk))
}

/// A ledger on a new disk.
pub fn new_ledger() -> (SimulatedDisk, EmbeddedLog) {
    let disk = SimulatedDisk::default();
    create(&disk);
    let (log, _) = open(&disk).unwrap();
    (disk, log)
}

/// Runs what only waits for the writer's thread.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Appends this many batches of one event, each to a stream of three that take turns.
pub fn fill(log: &dyn EventLog, maker: &mut Maker, streams: &[StreamName; 3], batches: u64) {
    for number in 0..batches {
        let stream = streams[usize::try_from(number % 3).unwrap()];
        let head = wait(log.read_stream(stream, None, usize::MAX)).unwrap();
        let expected = head.last().map_or(ExpectedRevision::NoStream, |event| {
            ExpectedRevision::Exact(event.header.revision)
        });
        committed(wait(log.append(maker.append(stream, expected, 1))));
    }
}

pub fn maker_and_streams(seed: u128) -> (Maker, [StreamName; 3]) {
    let mut maker = Maker::with_seed(Uuid::from_u128(seed));
    let streams = [maker.stream(), maker.stream(), maker.stream()];
    (maker, streams)
}

pub fn all(log: &dyn EventLog) -> Vec<StoredEvent> {
    wait(log.read_all(None, usize::MAX)).unwrap()
}

/// Where the frames of a segment start, and how long they are.
pub fn frames(disk: &SimulatedDisk, segment: &Path) -> Vec<(usize, usize)> {
    let bytes = disk.read(segment);
    let mut at = usize::try_from(DATA_OFFSET).unwrap();
    let mut frames = Vec::new();
    while bytes.get(at..at + 8) == Some(b"DEEDBAT\x01") {
        let length = u32::from_be_bytes(bytes[at + 28..at + 32].try_into().unwrap());
        let length = 96 + usize::try_from(length).unwrap() + 32;
        frames.push((at, length));
        at += length;
    }
    frames
}
