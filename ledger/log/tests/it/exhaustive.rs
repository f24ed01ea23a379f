//! Every single fault of the tail of a segment, one after the other: each flipped bit, each length that it may be cut
//! to, each sector of zeros, of ones, in place of another or changed with another. No acknowledged event is lost in
//! silence, none reads back otherwise, nothing panics.

use std::sync::Mutex;

use ledger_log::conformance::Maker;
use ledger_log::embedded::Drive;
use ledger_log::embedded::simulated::{SECTOR_BYTES, SimulatedDisk};
use ledger_log::{EmbeddedLog, EmbeddedOptions, EventLog, ExpectedRevision, OpenError};
use schemas::{StoredEvent, StreamKind};
use uuid::Uuid;

use crate::ledgers::{all, folder, options, segment_path, wait};

/// The tail of a segment: two tail slots, two mirrors and frames, all that recovery looks at behind the header.
const TAIL_BYTES: usize = 16 * 1024;
/// Where it begins.
const TAIL: usize = 4096;
const SEGMENT_BYTES: usize = TAIL + TAIL_BYTES;
/// Room for one event.
const FRAME_BYTES_MAX: u64 = 1280;

/// What became of the faults.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Tally {
    faults: u64,
    /// Refused as damaged.
    halted: u64,
    /// Whole again from a mirror.
    healed: u64,
    /// The fault was where nothing is.
    whole: u64,
}

fn small(disk: &SimulatedDisk) -> EmbeddedOptions {
    EmbeddedOptions {
        segment_bytes: u64::try_from(SEGMENT_BYTES).unwrap(),
        frame_bytes_max: FRAME_BYTES_MAX,
        driven: true,
        ..options(disk)
    }
}

/// A ledger whose machine stopped after its last answer: the newest tail slot is one batch behind.
fn image() -> (SimulatedDisk, Vec<StoredEvent>) {
    let disk = SimulatedDisk::default();
    EmbeddedLog::create(&folder(), &small(&disk)).unwrap();
    let (log, _) = EmbeddedLog::open(&folder(), small(&disk)).unwrap();
    let mut maker = Maker::with_seed(Uuid::from_u128(71));
    let stream = maker.stream();
    let mut expected = ExpectedRevision::NoStream;
    let (mut image, mut events) = (disk.copy(), Vec::new());
    loop {
        let slots = disk.read(&segment_path(1))[4096..12 * 1024].to_vec();
        let answer = log.append(maker.append(stream, expected, 1));
        log.drive(Drive::Commit);
        expected =
            ExpectedRevision::Exact(ledger_log::conformance::committed(wait(answer)).last_revision);
        if disk.has(&segment_path(2)) {
            assert!(events.len() >= 3, "the image holds {} events", events.len());
            image.forget(&folder().join("log/next.log"));
            return (image, events);
        }
        (image, events) = (disk.copy(), all(&log));
        image.change(&segment_path(1), |bytes| bytes[4096..12 * 1024].copy_from_slice(&slots));
    }
}

/// Opens the image with one fault, and judges what it says.
fn judge(image: &SimulatedDisk, events: &[StoredEvent], what: &str, tally: &mut Tally) {
    judge_with(&small(image), events, what, tally);
}

fn judge_with(options: &EmbeddedOptions, events: &[StoredEvent], what: &str, tally: &mut Tally) {
    tally.faults += 1;
    match EmbeddedLog::open(&folder(), options.clone()) {
        Err(OpenError::Damaged { .. } | OpenError::NewerFormat { .. }) => tally.halted += 1,
        Err(other) => panic!("{what}: {other}"),
        Ok((log, report)) => {
            let read = all(&log);
            assert!(read.get(..events.len()) == Some(events), "{what}: lost or wrong");
            let more = &read[events.len()..];
            let recovery = more.iter().all(|event| event.header.stream.kind == StreamKind::Ledger);
            assert!(recovery && more.len() <= 1, "{what}: {more:?}");
            if report.healed.is_empty() { tally.whole += 1 } else { tally.healed += 1 }
        }
    }
}

/// Judges each of these faults, on all processors.
fn judge_all<F: Sync>(
    faults: &[F],
    name: &str,
    change: impl Fn(&F, &mut Vec<u8>) -> String + Sync,
) -> Tally {
    let (image, events) = image();
    let tally_of_all = Mutex::new(Tally::default());
    let parts = std::thread::available_parallelism().map_or(1, usize::from);
    let (image, events, tally, change) = (&image, &events, &tally_of_all, &change);
    std::thread::scope(|scope| {
        for part in faults.chunks(faults.len().div_ceil(parts)) {
            scope.spawn(move || {
                let mut own = Tally::default();
                for fault in part {
                    let copy = image.copy();
                    let mut what = String::new();
                    copy.change(&segment_path(1), |bytes| what = change(fault, bytes));
                    judge(&copy, events, &what, &mut own);
                }
                let mut all = tally.lock().unwrap();
                all.faults += own.faults;
                all.halted += own.halted;
                all.healed += own.healed;
                all.whole += own.whole;
            });
        }
    });
    let tally = *tally.lock().unwrap();
    println!("{name} of a tail of {TAIL_BYTES} bytes with {} events: {tally:?}", events.len());
    assert_eq!(tally.faults, faults.len() as u64);
    tally
}

#[test]
fn every_flipped_bit_is_healed_refused_or_where_nothing_is() {
    let bits: Vec<usize> = (TAIL * 8..SEGMENT_BYTES * 8).collect();
    let tally = judge_all(&bits, "every bit", |bit, bytes| {
        bytes[bit / 8] ^= 1 << (bit % 8);
        format!("bit {bit}")
    });
    assert!(tally.halted > 0 && tally.healed > 0 && tally.whole > 0);
}

#[test]
fn every_truncation_is_refused() {
    let lengths: Vec<usize> = (TAIL..SEGMENT_BYTES).collect();
    let tally = judge_all(&lengths, "every truncation", |length, bytes| {
        bytes.truncate(*length);
        format!("cut to {length}")
    });
    assert_eq!((tally.healed, tally.whole), (0, 0));
}

#[derive(Debug)]
enum Sector {
    Filled { at: usize, with: u8 },
    Duplicate { at: usize, of: usize },
    Swapped { at: usize, with: usize },
}

impl Sector {
    fn change(&self, bytes: &mut [u8]) -> String {
        let place = |number: usize| number * SECTOR_BYTES..(number + 1) * SECTOR_BYTES;
        match *self {
            Self::Filled { at, with } => bytes[place(at)].fill(with),
            Self::Duplicate { at, of } => bytes.copy_within(place(of), at * SECTOR_BYTES),
            Self::Swapped { at, with } => {
                let kept = bytes[place(at)].to_vec();
                bytes.copy_within(place(with), at * SECTOR_BYTES);
                bytes[place(with)].copy_from_slice(&kept);
            }
        }
        format!("{self:?}")
    }

    /// Whether it hits both copies of the newest batch, which no slot remembers yet.
    fn hits_both(&self, newest: &[std::ops::Range<usize>; 2]) -> bool {
        let Self::Swapped { at, with } = *self else { return false };
        let hits = |number: usize, copy: &std::ops::Range<usize>| {
            number * SECTOR_BYTES < copy.end && (number + 1) * SECTOR_BYTES > copy.start
        };
        let [one, other] = newest;
        (hits(at, one) && hits(with, other)) || (hits(at, other) && hits(with, one))
    }
}

/// Where the newest batch and its mirror are.
fn newest(image: &SimulatedDisk, batches: usize) -> [std::ops::Range<usize>; 2] {
    let bytes = image.read(&segment_path(1));
    let magic = b"DEEDBAT\x01";
    let at = bytes.windows(magic.len()).rposition(|window| window == magic).unwrap();
    let length = u32::from_be_bytes(bytes[at + 28..at + 32].try_into().unwrap());
    let length = 96 + usize::try_from(length).unwrap() + 32;
    let mirror = 3 * 4096 + usize::try_from(FRAME_BYTES_MAX).unwrap() * (batches % 2);
    [at..at + length, mirror..mirror + length]
}

#[test]
fn every_bad_duplicate_or_swapped_sector_is_healed_refused_or_where_nothing_is() {
    let (image, events) = image();
    let newest = newest(&image, events.len());
    let sectors = TAIL / SECTOR_BYTES..SEGMENT_BYTES / SECTOR_BYTES;
    let mut faults = Vec::new();
    for at in sectors.clone() {
        faults.extend([0, 0xff].map(|with| Sector::Filled { at, with }));
        faults.extend(sectors.clone().map(|of| Sector::Duplicate { at, of }));
        faults.extend((at + 1..sectors.end).map(|with| Sector::Swapped { at, with }));
    }
    let (both, single): (Vec<_>, Vec<_>) =
        faults.into_iter().partition(|fault| fault.hits_both(&newest));
    let tally = judge_all(&single, "every sector", |fault, bytes| fault.change(bytes));
    assert!(tally.halted > 0 && tally.healed > 0 && tally.whole > 0);
    // Both copies of a batch in the moment before its slot is durable: a torn write looks the same. Only somebody who
    // was told of it can know better, and a checkpoint is that.
    let mut tally = Tally::default();
    for fault in &both {
        let copy = image.copy();
        let mut what = String::new();
        copy.change(&segment_path(1), |bytes| what = fault.change(bytes));
        let promised_events = u64::try_from(events.len()).unwrap();
        let options = EmbeddedOptions { promised_events, ..small(&copy) };
        judge_with(&options, &events, &what, &mut tally);
    }
    println!("swaps of both copies of the newest batch, with a checkpoint: {tally:?}");
    assert!(tally.faults > 0 && tally.halted > 0);
}
