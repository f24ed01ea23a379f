//! A damaged ledger: what the check says, what can still be read, what is refused.

use ledger_log::embedded::disk::Disk;
use ledger_log::embedded::{Finding, FindingKind, VerifyReport, verify};
use ledger_log::{
    AppendOutcome, AppendRefusal, EmbeddedLog, EventLog, ExpectedRevision, OpenError, ReadError,
};
use schemas::{StoredEvent, StreamName};

use crate::ledgers::{
    all, fill, folder, frames, index_path, maker_and_streams, new_ledger, open, options,
    segment_path, wait,
};
use ledger_log::embedded::simulated::SimulatedDisk;

/// A change of a segment's bytes.
type Fault<'a> = &'a dyn Fn(&mut Vec<u8>);

/// A closed ledger of three or more segments.
fn ledger() -> (SimulatedDisk, Vec<StoredEvent>, [StreamName; 3]) {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(21);
    while !disk.has(&segment_path(3)) {
        fill(&log, &mut maker, &streams, 9);
    }
    let events = all(&log);
    drop(log);
    (disk.copy(), events, streams)
}

fn check(disk: &SimulatedDisk) -> (VerifyReport, u64) {
    let mut shown = 0;
    let report = verify(&folder(), &options(disk), &mut |_| shown += 1).unwrap();
    (report, shown)
}

fn flip(disk: &SimulatedDisk, segment: u64, byte: usize) {
    disk.change(&segment_path(segment), |bytes| bytes[byte] ^= 1);
}

#[test]
fn a_whole_ledger_is_said_to_be_whole() {
    let (disk, events, streams) = ledger();
    let (report, shown) = check(&disk);
    assert!(report.is_whole(), "{:?}", report.findings);
    assert_eq!((report.events, shown), (events.len() as u64, events.len() as u64));
    assert_eq!(report.streams, streams.len() as u64);
    assert_eq!(report.newest, events.last().map(|event| event.position));
    let (log, _) = EmbeddedLog::open_read_only(&folder(), options(&disk)).unwrap();
    assert_eq!(all(&log), events);
    assert_eq!(log.halted(), None);
}

#[test]
fn the_check_names_the_damaged_event() {
    let (disk, events, _) = ledger();
    let (from, length) = frames(&disk, &segment_path(1))[5];
    flip(&disk, 1, from + length - 60);
    let (report, shown) = check(&disk);
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    assert_eq!(
        (finding.kind, finding.segment, finding.offset),
        (FindingKind::BitRot, 1, from as u64)
    );
    assert_eq!(finding.event, Some((&events[5]).into()), "{finding}");
    assert_eq!(shown, events.len() as u64 - 1);
    assert!(!report.is_whole());
}

#[test]
fn the_check_finds_a_lost_a_swapped_and_a_copied_batch() {
    let (disk, _, _) = ledger();
    let places = frames(&disk, &segment_path(1));
    let ((a, length), (b, other)) = (places[3], places[6]);
    assert_eq!(length, other, "the batches of this ledger have one size");
    let damages: [(&str, Fault<'_>); 3] = [
        ("lost", &|bytes| bytes[a..a + length].fill(0)),
        ("copied", &|bytes| bytes.copy_within(a..a + length, b)),
        ("swapped", &|bytes| {
            let kept = bytes[a..a + length].to_vec();
            bytes.copy_within(b..b + length, a);
            bytes[b..b + length].copy_from_slice(&kept);
        }),
    ];
    for (name, damage) in damages {
        let copy = disk.copy();
        copy.change(&segment_path(1), damage);
        let (report, _) = check(&copy);
        let first = report.findings.first().unwrap_or_else(|| panic!("{name}: not found"));
        assert_eq!(first.segment, 1, "{name}");
        assert!([a as u64, b as u64].contains(&first.offset), "{name}: {first}");
    }
}

#[test]
fn the_check_finds_segments_that_are_missing_or_another_ledgers() {
    let (disk, _, _) = ledger();
    let lost = disk.copy();
    Disk::remove(&lost, &segment_path(2)).unwrap();
    let kinds = |report: VerifyReport| -> Vec<(FindingKind, u64)> {
        report.findings.iter().map(|finding| (finding.kind, finding.segment)).collect()
    };
    assert!(kinds(check(&lost).0).contains(&(FindingKind::Truncated, 2)));
    let (other, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(99);
    while !other.has(&segment_path(3)) {
        fill(&log, &mut maker, &streams, 9);
    }
    drop(log);
    let stolen = other.read(&segment_path(2));
    disk.change(&segment_path(2), |bytes| *bytes = stolen);
    assert!(kinds(check(&disk).0).contains(&(FindingKind::Fork, 1)));
    let refused = open(&disk);
    assert!(matches!(refused, Err(OpenError::Damaged { .. })));
}

#[test]
fn a_damaged_event_is_not_served_while_other_streams_are() {
    let (disk, events, streams) = ledger();
    let (log, _) = open(&disk).unwrap();
    let (mut maker, _) = maker_and_streams(5);
    let (from, _) = frames(&disk, &segment_path(1))[4];
    flip(&disk, 1, from + 150);
    let touched = events[4].header.stream;
    for stream in streams {
        let read = wait(log.read_stream(stream, None, usize::MAX));
        if stream == touched {
            let Err(ReadError::Damaged { segment, offset, .. }) = read else { panic!("{read:?}") };
            assert_eq!((segment, offset), (1, from as u64));
        } else {
            let expected: Vec<_> =
                events.iter().filter(|event| event.header.stream == stream).cloned().collect();
            assert_eq!(read, Ok(expected));
        }
    }
    // What was found stops the writing.
    let append = maker.append(maker_and_streams(6).1[0], ExpectedRevision::NoStream, 1);
    let outcome = wait(log.append(append));
    assert_eq!(outcome, AppendOutcome::Rejected(AppendRefusal::Halted));
    assert_eq!(log.halted().map(|finding| finding.kind), Some(FindingKind::BitRot));
}

#[test]
fn a_damaged_ledger_opens_for_reading_what_is_whole() {
    let (disk, events, streams) = ledger();
    let places = frames(&disk, &segment_path(3));
    let last: Vec<_> = events.iter().rev().take(places.len()).rev().cloned().collect();
    let (from, _) = places[0];
    let event = &last[0];
    flip(&disk, 3, from + 150);
    assert!(matches!(open(&disk), Err(OpenError::Damaged { .. })));
    let before = disk.names().into_iter().map(|name| (disk.read(&name), name)).collect::<Vec<_>>();
    let (log, report) = EmbeddedLog::open_read_only(&folder(), options(&disk)).unwrap();
    let [Finding { kind: FindingKind::BitRot, segment: 3, .. }] = report.damage.as_slice() else {
        panic!("{:?}", report.damage)
    };
    for stream in streams {
        let read = wait(log.read_stream(stream, None, usize::MAX));
        assert_eq!(read.is_err(), stream == event.header.stream, "{stream}: {read:?}");
    }
    let good = usize::try_from(event.position.0).unwrap();
    assert_eq!(wait(log.read_all(None, good)), Ok(events[..good].to_vec()));
    assert!(wait(log.read_all(None, usize::MAX)).is_err());
    let after = wait(log.read_all(Some(event.position), usize::MAX));
    assert_eq!(after, Ok(events[good + 1..].to_vec()));
    let (mut maker, _) = maker_and_streams(5);
    let append = maker.append(streams[0], ExpectedRevision::NoStream, 1);
    let outcome = wait(log.append(append));
    assert_eq!(outcome, AppendOutcome::Rejected(AppendRefusal::Halted));
    drop(log);
    let names = disk.names().into_iter().map(|name| (disk.read(&name), name)).collect::<Vec<_>>();
    assert!(before == names, "reading wrote something");
}

#[test]
fn a_lost_index_of_a_damaged_full_segment_is_not_made_from_the_rest() {
    let (disk, _, _) = ledger();
    let (from, _) = frames(&disk, &segment_path(1))[2];
    flip(&disk, 1, from + 150);
    Disk::remove(&disk, &index_path(1)).unwrap();
    let Err(OpenError::Damaged { finding }) = open(&disk) else { panic!("it opened") };
    assert_eq!((finding.segment, finding.offset), (1, from as u64));
}
