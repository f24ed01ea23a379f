//! Any flipped, lost, swapped or added event in a ledger is found and located: by segment and byte, and by stream and
//! revision where somebody made every checksum right again.

use std::fs;
use std::path::Path;

use ledger_log::embedded::{Finding, FindingKind, VerifyReport, verify};
use replay_tests::chance::Chance;
use replay_tests::forge::{self, Segment};
use replay_tests::golden;
use schemas::{Part, StoredEvent};

const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// What a check of the ledger in this folder says, and the events that it takes for whole.
fn checked(ledger: &Path) -> (VerifyReport, Vec<StoredEvent>) {
    let mut whole = Vec::new();
    let report = verify(ledger, &golden::options(), &mut |event| whole.push(event.clone()));
    (report.unwrap(), whole)
}

/// Whether one of the findings names this place: the segment, and a frame that starts at or before the byte.
fn locates(findings: &[Finding], segment: u64, byte: usize, frame: usize) -> bool {
    let (byte, frame) = (u64::try_from(byte).unwrap(), u64::try_from(frame).unwrap());
    findings.iter().any(|one| one.segment == segment && (frame..=byte).contains(&one.offset))
}

#[test]
fn the_forger_writes_what_the_ledger_wrote() {
    let ledger = golden::copy_of(RELEASE);
    let before = checked(ledger.path()).1;
    let segments = forge::read(ledger.path());
    let batches: usize = segments.iter().map(|segment| segment.batches.len()).sum();
    assert!(batches > 20 && before.len() >= batches, "{batches} batches, {} events", before.len());
    forge::write(&segments);
    let (report, after) = checked(ledger.path());
    assert_eq!(report.findings, [], "the forger does not know the format");
    assert_eq!(before, after);
}

/// Flips one bit, checks, and flips it back.
fn with_a_flip(
    ledger: &Path,
    segment: &Segment,
    byte: usize,
    bit: u64,
) -> (VerifyReport, Vec<StoredEvent>) {
    let mut bytes = segment.bytes.clone();
    bytes[byte] ^= 1 << bit;
    fs::write(&segment.path, bytes).unwrap();
    let checked = checked(ledger);
    fs::write(&segment.path, &segment.bytes).unwrap();
    checked
}

#[test]
fn a_flipped_bit_of_an_event_is_found_where_it_is() {
    let mut chance = Chance::printed("flips");
    let ledger = golden::copy_of(RELEASE);
    let whole = checked(ledger.path()).1;
    let mut flips = 0;
    for segment in forge::read(ledger.path()) {
        for batch in &segment.batches {
            let mut byte = batch.offset;
            while byte < batch.offset + batch.length {
                let (report, left) = with_a_flip(ledger.path(), &segment, byte, chance.below(8));
                let place = format!("segment {} byte {byte}", segment.number);
                let findings = &report.findings;
                let located = locates(findings, segment.number, byte, batch.offset);
                assert!(located, "{place}: {findings:?}");
                for event in &left {
                    assert!(whole.contains(event), "{place}: {event:?} was never written");
                }
                flips += 1;
                byte += usize::try_from(1 + chance.below(40)).unwrap();
            }
        }
    }
    assert!(flips > 1_000, "only {flips} flips");
}

#[test]
fn a_flipped_bit_beside_the_events_loses_and_invents_nothing() {
    let mut chance = Chance::printed("flips beside");
    let ledger = golden::copy_of(RELEASE);
    let whole = checked(ledger.path()).1;
    for segment in forge::read(ledger.path()) {
        for _ in 0..150 {
            let beside = segment.data_offset() + segment.bytes.len() - segment.end();
            let place = usize::try_from(chance.below(u64::try_from(beside).unwrap())).unwrap();
            let before = place < segment.data_offset();
            let byte = if before { place } else { place - segment.data_offset() + segment.end() };
            let (report, left) = with_a_flip(ledger.path(), &segment, byte, chance.below(8));
            let quiet = report.findings.is_empty();
            let place = format!("segment {} byte {byte}", segment.number);
            assert!(!quiet || left == whole, "{place}: events were lost silently");
            for event in &left {
                assert!(whole.contains(event), "{place}: {event:?} was never written");
            }
        }
    }
}

#[test]
fn a_lost_segment_and_a_cut_segment_are_found() {
    let ledger = golden::copy_of(RELEASE);
    for segment in forge::read(ledger.path()) {
        fs::remove_file(&segment.path).unwrap();
        let (lost, _) = checked(ledger.path());
        assert!(!lost.is_whole(), "segment {} is gone: {:?}", segment.number, lost.findings);

        let inside = segment.end() - 100;
        fs::write(&segment.path, &segment.bytes[..inside]).unwrap();
        let (cut, _) = checked(ledger.path());
        let named = cut.findings.iter().any(|one| one.segment == segment.number);
        assert!(!cut.is_whole() && named, "segment {}: {:?}", segment.number, cut.findings);
        fs::write(&segment.path, &segment.bytes).unwrap();
    }
    assert_eq!(checked(ledger.path()).0.findings, []);
}

#[test]
fn whole_frames_that_are_swapped_copied_or_wiped_are_found() {
    let ledger = golden::copy_of(RELEASE);
    for segment in forge::read(ledger.path()) {
        for pair in segment.batches.windows(2) {
            let (one, two) = (&pair[0], &pair[1]);
            let frame = |batch: &forge::Batch| {
                segment.bytes[batch.offset..batch.offset + batch.length].to_vec()
            };
            let swapped = [frame(two), frame(one)].concat();
            let copied = {
                let mut over = frame(one);
                over.resize(one.length + two.length, 0);
                over[one.length..].copy_from_slice(&fitted(frame(one), two.length));
                over
            };
            let wiped = [vec![0; one.length], frame(two)].concat();
            for (what, forged) in [("swapped", swapped), ("copied", copied), ("wiped", wiped)] {
                let mut bytes = segment.bytes.clone();
                bytes[one.offset..one.offset + forged.len()].copy_from_slice(&forged);
                fs::write(&segment.path, bytes).unwrap();
                let (report, _) = checked(ledger.path());
                let end = two.offset + two.length;
                let found = locates(&report.findings, segment.number, end, one.offset);
                assert!(found, "{what} at {}: {:?}", one.offset, report.findings);
            }
            fs::write(&segment.path, &segment.bytes).unwrap();
        }
    }
}

fn fitted(mut frame: Vec<u8>, length: usize) -> Vec<u8> {
    frame.resize(length, 0);
    frame
}

/// An event that another one of its stream follows, and where its record is.
struct Target {
    event: StoredEvent,
    segment: usize,
    batch: usize,
    record: usize,
}

/// Every event that is not the newest of its stream. That the newest events of streams were not rewritten by
/// somebody who makes every hash right again, only what was told to others before can show.
fn targets(segments: &[Segment], events: &[StoredEvent]) -> Vec<Target> {
    let mut targets = Vec::new();
    let mut number = 0;
    for (segment, file) in segments.iter().enumerate() {
        for (batch, frame) in file.batches.iter().enumerate() {
            for record in 0..frame.records.len() {
                let event = &events[number];
                number += 1;
                if events[number..].iter().any(|later| later.header.stream == event.header.stream) {
                    targets.push(Target { event: event.clone(), segment, batch, record });
                }
            }
        }
    }
    targets
}

/// Forges the ledger by one change and expects a finding that names the event or the one that follows it.
fn assert_named(what: &str, target: &Target, change: impl Fn(&mut Vec<Vec<u8>>, usize)) {
    let ledger = golden::copy_of(RELEASE);
    let mut segments = forge::read(ledger.path());
    change(&mut segments[target.segment].batches[target.batch].records, target.record);
    forge::write(&segments);
    let (report, _) = checked(ledger.path());
    let header = &target.event.header;
    let named = report.findings.iter().any(|one| {
        let event = one.event.as_ref();
        let near = header.revision..=header.revision + 1;
        one.kind == FindingKind::Rewrite
            && event.is_some_and(|at| at.stream == header.stream && near.contains(&at.revision))
    });
    let place = format!("{} revision {}", header.stream, header.revision);
    assert!(named, "{what} {place}: {:?}", report.findings);
}

#[test]
fn an_insider_who_makes_every_hash_right_is_found_by_stream_and_revision() {
    let mut chance = Chance::printed("insider");
    let ledger = golden::copy_of(RELEASE);
    let (_, events) = checked(ledger.path());
    let segments = forge::read(ledger.path());
    let targets = targets(&segments, &events);
    assert!(targets.len() > 20, "only {} events to forge", targets.len());
    let mut added = 0;
    for target in &targets {
        assert_named("lost", target, |records, at| {
            records.remove(at);
        });
        if has_room(&segments, target) {
            assert_named("added twice", target, |records, at| {
                let copy = records[at].clone();
                records.insert(at, copy);
            });
            added += 1;
        }
        let record = chance.bits();
        // The last bytes of a record are those of its last part: what happened. Damage before them may leave no
        // record to read, and then no event to name.
        let last = match target.event.parts.last().unwrap() {
            Part::Public(bytes) | Part::Personal { sealed: bytes, .. } => bytes.len(),
            Part::Removed { commitment } => commitment.0.len(),
        };
        let last = u64::try_from(last).unwrap();
        assert_named("rewritten", target, |records, at| {
            let byte = records[at].len() - 1 - usize::try_from(record % last).unwrap();
            records[at][byte] ^= 1 << (record % 8);
        });
    }
    assert!(added > 10, "only {added} events were added");
}

/// Whether the segment has room for the event a second time.
fn has_room(segments: &[Segment], target: &Target) -> bool {
    let segment = &segments[target.segment];
    let record = segment.batches[target.batch].records[target.record].len();
    segment.end() + record + 8 <= segment.bytes.len()
}

#[test]
fn an_insider_who_swaps_two_events_of_a_stream_is_found() {
    let ledger = golden::copy_of(RELEASE);
    let (_, events) = checked(ledger.path());
    let segments = forge::read(ledger.path());
    let targets = targets(&segments, &events);
    let mut swaps = 0;
    for target in &targets {
        let later = targets.iter().find(|later| {
            later.event.header.stream == target.event.header.stream
                && later.event.header.revision == target.event.header.revision + 1
        });
        let Some(later) = later else { continue };
        let forged = golden::copy_of(RELEASE);
        let mut segments = forge::read(forged.path());
        let record = |segments: &[Segment], at: &Target| {
            segments[at.segment].batches[at.batch].records[at.record].clone()
        };
        let (one, two) = (record(&segments, target), record(&segments, later));
        segments[target.segment].batches[target.batch].records[target.record] = two;
        segments[later.segment].batches[later.batch].records[later.record] = one;
        forge::write(&segments);
        let (report, _) = checked(forged.path());
        let stream = target.event.header.stream;
        let named = report.findings.iter().any(|one| {
            one.kind == FindingKind::Rewrite && one.event.is_some_and(|at| at.stream == stream)
        });
        assert!(named, "{stream}: {:?}", report.findings);
        swaps += 1;
    }
    assert!(swaps > 10, "only {swaps} swaps");
}
