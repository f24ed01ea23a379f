//! What opening does with each state of the tail: goes on, heals, cuts off, or refuses.

use ledger_log::embedded::simulated::{Fault, FaultKind, SimulatedDisk};
use ledger_log::embedded::{Drive, FindingKind};
use ledger_log::{
    AppendOutcome, EmbeddedLog, EmbeddedOptions, EventLog, ExpectedRevision, OpenError,
};
use schemas::ledger::{LedgerFact, LogRecovered};
use schemas::{FactSet, OpenedPart, Part, StoredEvent, StreamName};

use crate::ledgers::{
    DATA_OFFSET, FRAME_BYTES_MAX, SEGMENT_BYTES, all, create, fill, folder, frames,
    maker_and_streams, new_ledger, open, options, segment_path, wait,
};

const BATCHES: u64 = 6;
const SLOT_A: usize = 4096;
const SLOT_B: usize = 8192;
const MIRRORS: usize = 12 * 1024;

/// How the process ended before the damage was done.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// The last tail slot is durable.
    Closed,
    /// The last tail slot is the one before.
    Hot,
}

/// What opening must do.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// Everything is there, nothing was repaired.
    Whole,
    /// Everything is there, a batch was written again.
    Healed,
    /// Everything that was acknowledged is there, the rest is in quarantine.
    Cut,
    /// Damage of this kind.
    Refused(FindingKind),
}

struct Ledger {
    disk: SimulatedDisk,
    events: Vec<StoredEvent>,
    frames: Vec<(usize, usize)>,
}

fn ledger(end: End) -> Ledger {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(3);
    fill(&log, &mut maker, &streams, BATCHES - 1);
    let slots = disk.read(&segment_path(1))[SLOT_A..MIRRORS].to_vec();
    fill(&log, &mut maker, &streams, 1);
    let events = all(&log);
    drop(log);
    let disk = disk.copy();
    if end == End::Hot {
        disk.change(&segment_path(1), |bytes| bytes[SLOT_A..MIRRORS].copy_from_slice(&slots));
    }
    let frames = frames(&disk, &segment_path(1));
    assert_eq!(frames.len(), usize::try_from(BATCHES).unwrap());
    Ledger { disk, events, frames }
}

/// The mirror slot of the batch with this index.
fn mirror(batch: usize) -> usize {
    MIRRORS + usize::try_from(FRAME_BYTES_MAX).unwrap() * ((batch + 1) % 2)
}

type Damage = fn(&mut Vec<u8>, &[(usize, usize)]);

fn check(name: &str, end: End, damage: Damage, expected: Outcome) {
    let ledger = ledger(end);
    ledger.disk.change(&segment_path(1), |bytes| damage(bytes, &ledger.frames));
    let opened = open(&ledger.disk);
    let found = match &opened {
        Err(OpenError::Damaged { finding }) => Outcome::Refused(finding.kind),
        Err(other) => panic!("{name}: {other}"),
        Ok((log, report)) => {
            let events = all(log);
            let recovered = usize::from(report.torn.is_some());
            assert_eq!(events.len(), ledger.events.len() + recovered, "{name}");
            assert_eq!(events[..ledger.events.len()], ledger.events, "{name}");
            match (&report.torn, report.healed.is_empty()) {
                (None, true) => Outcome::Whole,
                (None, false) => Outcome::Healed,
                (Some(_), _) => Outcome::Cut,
            }
        }
    };
    assert_eq!(found, expected, "{name} after {end:?}");
    drop(opened);
    if matches!(found, Outcome::Healed | Outcome::Cut) {
        let (_, report) = open(&ledger.disk).unwrap();
        assert_eq!((report.torn, report.healed), (None, Vec::new()), "{name}: opened again");
    }
}

use End::{Closed, Hot};
use Outcome::{Cut, Healed, Refused, Whole};

const TABLE: &[(&str, End, Damage, Outcome)] = &[
    ("nothing", Closed, |_, _| {}, Whole),
    ("nothing", Hot, |_, _| {}, Whole),
    ("a bit of the first frame", Closed, |b, f| b[f[0].0 + 120] ^= 1, Refused(FindingKind::BitRot)),
    ("a bit of the last frame", Closed, |b, f| b[f[5].0 + 120] ^= 1, Healed),
    ("a bit of the last frame", Hot, |b, f| b[f[5].0 + 120] ^= 1, Healed),
    ("a bit of the last but one", Closed, |b, f| b[f[4].0 + 120] ^= 1, Healed),
    ("a bit of the third last", Closed, |b, f| b[f[3].0 + 120] ^= 1, Refused(FindingKind::BitRot)),
    ("the last frame is zeros", Hot, |b, f| b[f[5].0..f[5].0 + f[5].1].fill(0), Healed),
    (
        "an early frame is zeros",
        Hot,
        |b, f| b[f[2].0..f[2].0 + f[2].1].fill(0),
        Refused(FindingKind::Truncated),
    ),
    (
        "the last frame and its mirror",
        Closed,
        |b, f| {
            b[f[5].0 + 120] ^= 1;
            b[mirror(5) + 120] ^= 1;
        },
        Refused(FindingKind::BitRot),
    ),
    (
        "the last frame and its mirror are zeros",
        Closed,
        |b, f| {
            b[f[5].0..f[5].0 + f[5].1].fill(0);
            b[mirror(5)..mirror(5) + f[5].1].fill(0);
        },
        Refused(FindingKind::Truncated),
    ),
    (
        "both mirrors",
        Closed,
        |b, _| b[MIRRORS..usize::try_from(DATA_OFFSET).unwrap()].fill(7),
        Whole,
    ),
    ("slot A", Closed, |b, _| b[SLOT_A + 20] ^= 1, Whole),
    ("slot B", Closed, |b, _| b[SLOT_B + 20] ^= 1, Whole),
    (
        "both slots",
        Closed,
        |b, _| {
            b[SLOT_A + 20] ^= 1;
            b[SLOT_B + 20] ^= 1;
        },
        Refused(FindingKind::BitRot),
    ),
    ("the segment header", Closed, |b, _| b[30] ^= 1, Refused(FindingKind::BitRot)),
    (
        "half a frame after the last",
        Hot,
        |b, f| {
            let (from, length) = *f.last().unwrap();
            let half = b[from..from + length / 2].to_vec();
            b[from + length..from + length + half.len()].copy_from_slice(&half);
        },
        Cut,
    ),
    (
        "garbage after the last",
        Closed,
        |b, f| {
            let (from, length) = *f.last().unwrap();
            b[from + length..from + length + 700].fill(9);
        },
        Cut,
    ),
    (
        "a misdirected copy of an early frame",
        Closed,
        |b, f| {
            let copy = b[f[0].0..f[0].0 + f[0].1].to_vec();
            b[f[2].0..f[2].0 + copy.len()].copy_from_slice(&copy);
        },
        Refused(FindingKind::Fork),
    ),
    (
        "one byte missing",
        Closed,
        |b, _| {
            b.pop();
        },
        Refused(FindingKind::Truncated),
    ),
    ("only the header left", Closed, |b, _| b.truncate(4096), Refused(FindingKind::Truncated)),
    ("an empty file", Closed, |b, _| b.clear(), Refused(FindingKind::BitRot)),
];

#[test]
fn the_tail_is_taken_for_what_it_is() {
    for (name, end, damage, expected) in TABLE {
        check(name, *end, *damage, *expected);
    }
}

#[test]
fn a_torn_tail_is_kept_in_quarantine_and_recorded() {
    let ledger = ledger(End::Hot);
    let (from, length) = *ledger.frames.last().unwrap();
    let end = from + length;
    ledger.disk.change(&segment_path(1), |bytes| bytes[end..end + 333].fill(9));
    let (log, report) = open(&ledger.disk).unwrap();
    let torn = report.torn.unwrap();
    assert_eq!((torn.kind, torn.segment, torn.offset), (FindingKind::TornTail, 1, end as u64));
    let kept = folder().join(format!("log/quarantine/segment-00000001-at-{end}-1.torn"));
    assert_eq!(ledger.disk.read(&kept), vec![9; 333]);
    let recorded = crate::ledgers::wait(log.read_stream(StreamName::ledger(), None, 10)).unwrap();
    let [event] = recorded.as_slice() else { panic!("{recorded:?}") };
    let [Part::Public(body)] = event.parts.as_slice() else { panic!("{event:?}") };
    let fact = LedgerFact::decode(&event.header.wire_name, body, OpenedPart::None).unwrap();
    let recovered = LogRecovered { segment: 1, offset: end as u64, bytes: 333 };
    assert_eq!(fact, LedgerFact::LogRecovered(recovered));
}

#[test]
fn an_acknowledged_batch_that_only_the_slot_remembers_is_never_cut_off() {
    // Frame and mirror of the last batch are torn, as a crash would leave them; the slot says that it was durable.
    let ledger = ledger(End::Closed);
    let (from, length) = *ledger.frames.last().unwrap();
    ledger.disk.change(&segment_path(1), |bytes| {
        bytes[from + length / 2..from + length].fill(0);
        let half = mirror(5) + length / 2;
        bytes[half..half + length / 2].fill(0);
    });
    let before = ledger.disk.read(&segment_path(1));
    let Err(OpenError::Damaged { finding }) = open(&ledger.disk) else { panic!("it opened") };
    assert_eq!((finding.segment, finding.offset), (1, from as u64));
    assert_eq!(ledger.disk.read(&segment_path(1)), before, "nothing was written");
}

#[test]
fn what_a_start_shows_is_as_safe_as_what_was_acknowledged() {
    // The process stopped when the newest frame was written and its mirror was not.
    let ledger = ledger(End::Hot);
    let newest = *ledger.frames.last().unwrap();
    ledger.disk.change(&segment_path(1), |bytes| {
        let start = mirror(ledger.frames.len() - 1);
        bytes[start..start + newest.1].fill(0);
    });
    let (log, report) = open(&ledger.disk).unwrap();
    assert_eq!((report.torn, report.healed), (None, Vec::new()));
    assert_eq!(all(&log), ledger.events);
    // Somebody has seen it, then the power goes, then a bit rots.
    let disk = ledger.disk.after_crash(1);
    disk.change(&segment_path(1), |bytes| bytes[newest.0 + 120] ^= 1);
    let (log, report) = open(&disk).unwrap();
    assert_eq!((report.torn, report.healed.len()), (None, 1));
    assert_eq!(all(&log), ledger.events);
}

#[test]
fn the_last_segment_cannot_vanish() {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(4);
    while !disk.has(&segment_path(3)) {
        fill(&log, &mut maker, &streams, 10);
    }
    drop(log);
    let newest = (1..).take_while(|number| disk.has(&segment_path(*number))).last().unwrap();
    for lost in 1..=newest {
        let copy = disk.copy();
        ledger_log::embedded::Disk::remove(&copy, &segment_path(lost)).unwrap();
        let Err(OpenError::Damaged { finding }) = open(&copy) else { panic!("it opened") };
        assert_eq!((finding.kind, finding.segment), (FindingKind::Truncated, lost));
    }
    assert_eq!(disk.read(&segment_path(1)).len() as u64, SEGMENT_BYTES);
}

#[test]
fn a_recovery_that_was_not_recorded_is_recorded_at_the_next_start() {
    let ledger = ledger(End::Hot);
    let kept = folder().join("log/quarantine/segment-00000001-at-77777-1.torn");
    let file = ledger_log::embedded::Disk::create(&ledger.disk, &kept).unwrap();
    file.write_at(&[9; 50], 0).unwrap();
    for _ in 0..2 {
        let (log, _) = open(&ledger.disk).unwrap();
        let recorded = crate::ledgers::wait(log.read_stream(StreamName::ledger(), None, 10));
        assert_eq!(recorded.unwrap().len(), 1, "once, however often it starts");
        assert_eq!(all(&log)[..ledger.events.len()], ledger.events);
    }
}

#[test]
fn a_full_segment_that_a_crash_left_unsealed_is_sealed_at_the_next_start() {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(4);
    while !disk.has(&segment_path(2)) {
        fill(&log, &mut maker, &streams, 1);
    }
    drop(log);
    let sealed = disk.read(&segment_path(1))[SLOT_A..MIRRORS].to_vec();
    // The slots as they were before the next segment began: those of the empty segment do as well.
    let (other, log) = new_ledger();
    drop(log);
    let unsealed = other.read(&segment_path(1))[SLOT_A..MIRRORS].to_vec();
    disk.change(&segment_path(1), |bytes| bytes[SLOT_A..MIRRORS].copy_from_slice(&unsealed));
    drop(open(&disk).unwrap());
    let after = disk.read(&segment_path(1))[SLOT_A..MIRRORS].to_vec();
    assert!(after != unsealed && after.len() == sealed.len());
    ledger_log::embedded::Disk::remove(&disk, &segment_path(2)).unwrap();
    assert!(matches!(open(&disk), Err(OpenError::Damaged { .. })));
}

/// A disk on which a process stopped when the second segment had its name and that was not durable yet.
fn named_and_not_durable() -> (SimulatedDisk, Vec<StoredEvent>) {
    let disk = SimulatedDisk::default();
    create(&disk);
    let driven = EmbeddedOptions { driven: true, ..options(&disk) };
    let (log, _) = EmbeddedLog::open(&folder(), driven).unwrap();
    while log.drive(Drive::Background) && !disk.has(&folder().join("log/next.log")) {}
    let fault = Fault::once(FaultKind::FolderSyncFails, "/ledger/log");
    disk.faults(|faults| faults.planned.push(fault));
    let (mut maker, streams) = maker_and_streams(5);
    let mut expected = ExpectedRevision::NoStream;
    loop {
        let answer = log.append(maker.append(streams[0], expected, 1));
        log.drive(Drive::Commit);
        let AppendOutcome::Committed(committed) = wait(answer) else { break };
        expected = ExpectedRevision::Exact(committed.last_revision);
    }
    let events = all(&log);
    disk.faults(|faults| faults.dead_from = Some(0));
    drop(log);
    disk.faults(|faults| faults.revive());
    assert!(disk.has(&segment_path(2)));
    (disk, events)
}

#[test]
fn a_start_makes_the_name_of_the_last_segment_durable_before_it_relies_on_it() {
    for operations in 1..12 {
        for seed in 0..8 {
            // Only the process ended: the next one finds the name. Then the power goes while it recovers.
            let (disk, events) = named_and_not_durable();
            let dead_from = disk.operations() + operations;
            disk.faults(|faults| faults.dead_from = Some(dead_from));
            let driven = EmbeddedOptions { driven: true, ..options(&disk) };
            drop(EmbeddedLog::open(&folder(), driven));
            let opened = open(&disk.after_crash(seed));
            let (log, _) = opened.unwrap_or_else(|e| panic!("{operations}, seed {seed}: {e}"));
            assert_eq!(all(&log)[..events.len()], events, "{operations}, seed {seed}");
        }
    }
}
