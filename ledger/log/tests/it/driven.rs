//! A log without threads does the same as one with them, and only when it is told to.

use ledger_log::conformance::committed;
use ledger_log::embedded::Drive;
use ledger_log::embedded::simulated::SimulatedDisk;
use ledger_log::{EmbeddedLog, EmbeddedOptions, EventLog, ExpectedRevision};

use crate::ledgers::{all, create, folder, maker_and_streams, open, options, segment_path, wait};

/// Appends until there are three segments, and closes. The events, and the trace of what the disk was asked.
fn history() -> (SimulatedDisk, Vec<schemas::StoredEvent>) {
    let disk = SimulatedDisk::with_seed(3);
    create(&disk);
    let options = EmbeddedOptions { driven: true, ..options(&disk) };
    let (log, _) = EmbeddedLog::open(&folder(), options).unwrap();
    let (mut maker, streams) = maker_and_streams(61);
    let mut expected = ExpectedRevision::NoStream;
    while !disk.has(&segment_path(3)) {
        let answer = log.append(maker.append(streams[0], expected, 2));
        assert_eq!(log.health().waiting, 1, "nothing is done that was not asked for");
        assert!(log.drive(Drive::Commit));
        expected = ExpectedRevision::Exact(committed(wait(answer)).last_revision);
        assert!(log.drive(Drive::Background) && log.drive(Drive::SealTail));
    }
    let events = all(&log);
    log.close();
    assert!(!log.drive(Drive::Commit));
    (disk, events)
}

#[test]
fn a_driven_log_makes_the_same_bytes_each_time() {
    let ((disk, events), (again, _)) = (history(), history());
    assert_eq!(disk.trace(), again.trace());
    assert_eq!(disk.names(), again.names());
    for path in disk.names() {
        assert!(disk.read(&path) == again.read(&path), "{}", path.display());
    }
    let (log, report) = open(&disk).unwrap();
    assert_eq!((report.torn, report.healed, report.indexes_rebuilt), (None, vec![], vec![]));
    assert_eq!(all(&log), events);
}
