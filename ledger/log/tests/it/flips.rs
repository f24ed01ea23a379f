//! Every single fault on the bytes of a segment: no acknowledged event is lost in silence, none reads back
//! otherwise than it was written, nothing panics.

use ledger_log::{EmbeddedLog, EmbeddedOptions, OpenError};
use schemas::{StoredEvent, StreamKind};

use crate::ledgers::{
    all, fill, folder, frames, maker_and_streams, new_ledger, options, segment_path,
};
use ledger_log::embedded::simulated::{Random, SimulatedDisk};

/// A change of a segment's bytes.
type Fault<'a> = &'a dyn Fn(&mut Vec<u8>);

/// What became of the flips of one image.
#[derive(Debug, Default)]
struct Tally {
    halted: u64,
    healed: u64,
    whole: u64,
}

/// A ledger whose process was killed after these many batches: the newest tail slot is one batch behind.
fn image(batches: u64) -> (SimulatedDisk, Vec<StoredEvent>, usize) {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(11);
    fill(&log, &mut maker, &streams, batches - 1);
    let slots = disk.read(&segment_path(1))[4096..12 * 1024].to_vec();
    fill(&log, &mut maker, &streams, 1);
    let events = all(&log);
    drop(log);
    let disk = disk.copy();
    disk.change(&segment_path(1), |bytes| bytes[4096..12 * 1024].copy_from_slice(&slots));
    let (last, length) = *frames(&disk, &segment_path(1)).last().unwrap();
    (disk, events, last + length)
}

/// Opens the image with one change, and judges what it says.
fn judge(disk: &SimulatedDisk, events: &[StoredEvent], what: &str, tally: &mut Tally) {
    let options = EmbeddedOptions { driven: true, ..options(disk) };
    match EmbeddedLog::open(&folder(), options) {
        Err(OpenError::Damaged { .. } | OpenError::NewerFormat { .. }) => tally.halted += 1,
        Err(other) => panic!("{what}: {other}"),
        Ok((log, report)) => {
            let read = all(&log);
            assert_eq!(read.get(..events.len()), Some(events), "{what}: lost or wrong");
            let more = &read[events.len()..];
            let recovery = more.iter().all(|event| event.header.stream.kind == StreamKind::Ledger);
            assert!(recovery && more.len() <= 1, "{what}: {more:?}");
            if report.healed.is_empty() { tally.whole += 1 } else { tally.healed += 1 }
        }
    }
}

fn flip_every(step: usize, offset: usize, batches: u64) -> Tally {
    let (disk, events, end) = image(batches);
    let mut tally = Tally::default();
    // The area of frames, the header, the slots and the mirrors: all that holds something.
    for bit in (offset..end * 8).step_by(step) {
        let flipped = disk.copy();
        flipped.change(&segment_path(1), |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        judge(&flipped, &events, &format!("bit {bit}"), &mut tally);
    }
    println!("{batches} batches, every {step}th bit from {offset}: {tally:?}");
    tally
}

#[test]
fn no_single_flipped_bit_loses_or_changes_an_acknowledged_event() {
    let tally = flip_every(7, 0, 30);
    assert!(tally.halted > 0 && tally.healed > 0 && tally.whole > 0, "{tally:?}");
}

#[test]
fn no_flipped_bit_of_a_short_tail_loses_or_changes_an_acknowledged_event() {
    // Every bit of the frames of a ledger with four batches.
    let (disk, events, end) = image(4);
    let start = frames(&disk, &segment_path(1))[0].0;
    let mut tally = Tally::default();
    for bit in start * 8..end * 8 {
        let flipped = disk.copy();
        flipped.change(&segment_path(1), |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        judge(&flipped, &events, &format!("bit {bit}"), &mut tally);
    }
    println!("every bit of four batches: {tally:?}");
    assert_eq!(tally.whole, 0, "{tally:?}");
    assert!(tally.healed >= tally.halted / 2, "{tally:?}");
}

#[test]
fn no_truncation_is_taken_for_a_shorter_ledger() {
    let (disk, events, end) = image(10);
    let length = disk.read(&segment_path(1)).len();
    let mut tally = Tally::default();
    let ends = (0..end).step_by(7).chain(end..length).step_by(3);
    for cut in ends {
        let copy = disk.copy();
        copy.change(&segment_path(1), |bytes| bytes.truncate(cut));
        judge(&copy, &events, &format!("cut at {cut}"), &mut tally);
    }
    assert_eq!((tally.healed, tally.whole), (0, 0), "{tally:?}");
}

#[test]
fn no_bad_sector_loses_or_changes_an_acknowledged_event() {
    let (disk, events, end) = image(30);
    let mut tally = Tally::default();
    let mut random = Random(5);
    for sector in 0..end / 512 {
        let from = sector * 512;
        let other = 512 * usize::try_from(random.below(end as u64 / 512)).unwrap();
        let faults: [(&str, Fault<'_>); 4] = [
            ("zeros", &|bytes| bytes[from..from + 512].fill(0)),
            ("ones", &|bytes| bytes[from..from + 512].fill(255)),
            ("a copy of another", &|bytes| bytes.copy_within(other..other + 512, from)),
            ("swapped", &|bytes| {
                let kept = bytes[from..from + 512].to_vec();
                bytes.copy_within(other..other + 512, from);
                bytes[other..other + 512].copy_from_slice(&kept);
            }),
        ];
        for (name, fault) in faults {
            let copy = disk.copy();
            copy.change(&segment_path(1), fault);
            judge(&copy, &events, &format!("sector {sector} is {name}"), &mut tally);
        }
    }
    assert!(tally.halted > 0 && tally.healed > 0, "{tally:?}");
}
