//! A disk that says no: the writer stops rather than guess, and a full disk only stops the writing.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ledger_log::conformance::committed;
use ledger_log::{
    AppendOutcome, AppendRefusal, EmbeddedLog, EmbeddedOptions, EventLog, ExpectedRevision,
};

use crate::ledgers::{
    Fatal, all, create, fill, folder, maker_and_streams, open, options_with, segment_path, wait,
};
use ledger_log::embedded::simulated::{Fault, FaultKind, Faults, SimulatedDisk};

fn stops_after(fault: impl FnOnce(&mut Faults)) {
    let disk = SimulatedDisk::default();
    create(&disk);
    let fatal = Fatal::default();
    let (log, _) = EmbeddedLog::open(&folder(), options_with(&disk, &fatal)).unwrap();
    let (mut maker, streams) = maker_and_streams(31);
    fill(&log, &mut maker, &streams, 3);
    let acknowledged = all(&log);
    disk.faults(fault);
    let append = maker.append(maker_and_streams(32).1[0], ExpectedRevision::NoStream, 1);
    let outcome = wait(log.append(append.clone()));
    assert!(matches!(outcome, AppendOutcome::Unknown { .. }), "{outcome:?}");
    // Nothing is taken after that, and what was acknowledged can still be read.
    let next = wait(log.append(append));
    assert_eq!(next, AppendOutcome::Rejected(AppendRefusal::Closed));
    assert_eq!(all(&log), acknowledged);
    log.close();
    assert_eq!(fatal.count(), 1, "{:?}", fatal.reasons());
    drop(log);
    // The next process reads the medium and finds everything that was acknowledged.
    let (log, _) = open(&disk.after_crash(1)).unwrap();
    assert_eq!(all(&log)[..acknowledged.len()], acknowledged);
}

#[test]
fn a_failed_sync_ends_the_process_with_an_unknown_answer() {
    stops_after(|faults| faults.planned.push(Fault::once(FaultKind::SyncFailsKept, "segment-")));
}

#[test]
fn a_short_write_ends_the_process_with_an_unknown_answer() {
    stops_after(|faults| faults.planned.push(Fault::once(FaultKind::WriteShort, "segment-")));
}

#[test]
fn a_failed_idle_seal_ends_the_process() {
    let disk = SimulatedDisk::default();
    create(&disk);
    let fatal = Fatal::default();
    let (log, _) = EmbeddedLog::open(&folder(), options_with(&disk, &fatal)).unwrap();
    let (mut maker, streams) = maker_and_streams(33);
    fill(&log, &mut maker, &streams, 1);
    disk.faults(|faults| faults.planned.push(Fault::once(FaultKind::SyncFailsKept, "segment-")));
    // Closing seals the tail.
    log.close();
    assert_eq!(fatal.count(), 1);
}

#[test]
fn an_idle_ledger_makes_its_newest_tail_slot_durable() {
    let disk = SimulatedDisk::default();
    create(&disk);
    let options = EmbeddedOptions {
        idle_seal: Duration::from_millis(1),
        ..options_with(&disk, &Fatal::default())
    };
    let (log, _) = EmbeddedLog::open(&folder(), options).unwrap();
    let (mut maker, streams) = maker_and_streams(38);
    fill(&log, &mut maker, &streams, 2);
    let slots = |bytes: Vec<u8>| bytes[4096..12 * 1024].to_vec();
    // The runner's time limit ends this when the seal never comes.
    while slots(disk.read_durable(&segment_path(1))) != slots(disk.read(&segment_path(1))) {
        std::thread::yield_now();
    }
    let health = log.health();
    assert_eq!((health.halted, health.full, health.committing_for), (None, false, None));
    assert_eq!(health.waiting, 0);
}

#[test]
fn the_keys_of_a_commit_are_kept_before_its_events() {
    let disk = SimulatedDisk::default();
    create(&disk);
    let (refuse, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (refuses, called) = (Arc::clone(&refuse), Arc::clone(&calls));
    let fatal = Fatal::default();
    let options = EmbeddedOptions {
        before_commit: Arc::new(move || {
            called.fetch_add(1, Ordering::SeqCst);
            if refuses.load(Ordering::SeqCst) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(())
        }),
        ..options_with(&disk, &fatal)
    };
    let (log, _) = EmbeddedLog::open(&folder(), options).unwrap();
    let (mut maker, streams) = maker_and_streams(34);
    fill(&log, &mut maker, &streams, 2);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    refuse.store(true, Ordering::SeqCst);
    let append = maker.append(streams[2], ExpectedRevision::NoStream, 1);
    let outcome = wait(log.append(append.clone()));
    assert_eq!(outcome, AppendOutcome::Rejected(AppendRefusal::Full));
    assert_eq!(all(&log).len(), 2);
    refuse.store(false, Ordering::SeqCst);
    assert_eq!(committed(wait(log.append(append))).first_revision, 0);
    assert_eq!(fatal.count(), 0);
}

#[test]
fn a_full_disk_refuses_appends_until_there_is_room_and_serves_reads() {
    let disk = SimulatedDisk::default();
    create(&disk);
    let fatal = Fatal::default();
    let (log, _) = EmbeddedLog::open(&folder(), options_with(&disk, &fatal)).unwrap();
    let (mut maker, streams) = maker_and_streams(35);
    // The second segment is prepared already when the first is full: the disk is full for the third.
    while !disk.has(&segment_path(2)) {
        fill(&log, &mut maker, &streams, 1);
    }
    disk.faults(|faults| faults.room = Some(1000));
    let mut expected = all(&log);
    let stream = maker_and_streams(36).1[0];
    let mut refused = None;
    let mut revision = ExpectedRevision::NoStream;
    for _ in 0..500 {
        let append = maker.append(stream, revision, 1);
        match wait(log.append(append.clone())) {
            AppendOutcome::Committed(committed) => {
                revision = ExpectedRevision::Exact(committed.last_revision);
            }
            AppendOutcome::Rejected(AppendRefusal::Full) => {
                refused = Some(append);
                break;
            }
            outcome @ (AppendOutcome::Conflict { .. }
            | AppendOutcome::Rejected(_)
            | AppendOutcome::Unknown { .. }) => panic!("{outcome:?}"),
        }
    }
    let refused = refused.expect("the disk is full");
    assert!(log.health().full);
    let before = expected.len();
    expected = all(&log);
    assert!(expected.len() > before);
    assert_eq!(wait(log.append(refused.clone())), AppendOutcome::Rejected(AppendRefusal::Full));
    disk.faults(|faults| faults.room = None);
    committed(wait(log.append(refused)));
    assert!(!log.health().full);
    assert_eq!(all(&log).len(), expected.len() + 1);
    drop(log);
    let (log, report) = open(&disk).unwrap();
    assert_eq!((report.torn, report.healed), (None, Vec::new()));
    assert_eq!(all(&log).len(), expected.len() + 1);
    assert_eq!(fatal.count(), 0, "{:?}", fatal.reasons());
}

#[test]
fn the_reserve_lets_a_recovery_on_a_full_disk_end() {
    let disk = SimulatedDisk::default();
    create(&disk);
    let reserve =
        |options: EmbeddedOptions| EmbeddedOptions { reserve_bytes: 128 * 1024, ..options };
    let fatal = Fatal::default();
    let (log, _) = EmbeddedLog::open(&folder(), reserve(options_with(&disk, &fatal))).unwrap();
    let (mut maker, streams) = maker_and_streams(37);
    fill(&log, &mut maker, &streams, 3);
    drop(log);
    assert!(disk.has(&folder().join("reserve")));
    let (at, length) = *crate::ledgers::frames(&disk, &segment_path(1)).last().unwrap();
    disk.change(&segment_path(1), |bytes| bytes[at + length..at + length + 200].fill(9));
    disk.faults(|faults| faults.room = Some(0));
    let options = reserve(options_with(&disk, &fatal));
    let (log, report) = EmbeddedLog::open(&folder(), options).unwrap();
    assert!(report.torn.is_some());
    assert_eq!(all(&log).len(), 4);
}
