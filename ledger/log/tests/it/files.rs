//! The files of a ledger: its index files can be lost, its folder belongs to one process and one format.

use ledger_log::embedded::disk::Disk;
use ledger_log::embedded::verify;
use ledger_log::{EmbeddedLog, EmbeddedOptions, OpenError};

use crate::ledgers::{
    all, create, fill, folder, index_path, maker_and_streams, new_ledger, open, options,
    segment_path,
};
use ledger_log::embedded::simulated::SimulatedDisk;

/// A change of a disk.
type Change<'a> = &'a dyn Fn(&SimulatedDisk);

#[test]
fn an_index_that_is_missing_or_wrong_is_made_again() {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(41);
    while !disk.has(&segment_path(4)) {
        fill(&log, &mut maker, &streams, 9);
    }
    let events = all(&log);
    drop(log);
    let good = disk.read(&index_path(1));
    let other = disk.read(&index_path(2));
    let damages: [(&str, Change<'_>); 6] = [
        ("missing", &|disk| Disk::remove(disk, &index_path(1)).unwrap()),
        ("empty", &|disk| disk.change(&index_path(1), Vec::clear)),
        ("cut", &|disk| disk.change(&index_path(1), |bytes| bytes.truncate(bytes.len() / 2))),
        ("rotten", &|disk| disk.change(&index_path(1), |bytes| bytes[99] ^= 4)),
        ("of another segment", &|disk| disk.change(&index_path(1), |b| b.clone_from(&other))),
        ("garbage", &|disk| disk.change(&index_path(1), |bytes| bytes.fill(0xff))),
    ];
    for (name, damage) in damages {
        let copy = disk.copy();
        damage(&copy);
        let (log, report) = open(&copy).unwrap();
        assert_eq!(report.indexes_rebuilt, [1], "{name}");
        assert_eq!(all(&log), events, "{name}");
        drop(log);
        let (_, report) = open(&copy).unwrap();
        assert_eq!(report.indexes_rebuilt, Vec::<u64>::new(), "{name}: opened again");
        assert_eq!(copy.read(&index_path(1)).len(), good.len(), "{name}");
    }
}

#[test]
fn a_ledger_belongs_to_one_process_at_a_time() {
    let data = tempfile::tempdir().unwrap();
    let small = || EmbeddedOptions {
        segment_bytes: 4 * 1024 * 1024,
        reserve_bytes: 0,
        ..EmbeddedOptions::default()
    };
    let missing = EmbeddedLog::open(data.path(), small());
    assert!(matches!(missing, Err(OpenError::NotALedger { .. })));
    let ledger = EmbeddedLog::create(data.path(), &small()).unwrap();
    let again = EmbeddedLog::create(data.path(), &small());
    assert!(matches!(again, Err(OpenError::AlreadyExists { .. })));
    let (log, _) = EmbeddedLog::open(data.path(), small()).unwrap();
    assert_eq!(ledger_log::EventLog::identity(&log).ledger, ledger);
    let second = EmbeddedLog::open(data.path(), small());
    assert!(matches!(second, Err(OpenError::InUse { .. })));
    let reader = EmbeddedLog::open_read_only(data.path(), small());
    assert!(matches!(reader, Err(OpenError::InUse { .. })));
    assert!(matches!(verify(data.path(), &small(), &mut |_| {}), Err(OpenError::InUse { .. })));
    drop(log);
    let (one, _) = EmbeddedLog::open_read_only(data.path(), small()).unwrap();
    let (two, _) = EmbeddedLog::open_read_only(data.path(), small()).unwrap();
    let writer = EmbeddedLog::open(data.path(), small());
    assert!(matches!(writer, Err(OpenError::InUse { .. })));
    drop((one, two));
    EmbeddedLog::open(data.path(), small()).unwrap();
}

#[test]
fn a_newer_format_is_refused_by_its_name() {
    let disk = SimulatedDisk::default();
    create(&disk);
    disk.change(&folder().join("FORMAT"), |bytes| {
        *bytes = String::from_utf8(bytes.clone()).unwrap().replace("format 1", "format 2").into();
    });
    let Err(error) = open(&disk) else { panic!("it opened") };
    let message = error.to_string();
    let OpenError::NewerFormat { found, supported } = error else { panic!("{message}") };
    assert_eq!((found, supported), (2, 1..=1));
    assert!(message.contains("format 2") && message.contains("1 to 1"), "{message}");
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    for (segment_bytes, frame_bytes_max) in [(4096, 1024), (1 << 20, 1 << 20), (1 << 20, 1001)] {
        let options = EmbeddedOptions {
            segment_bytes,
            frame_bytes_max,
            ..options(&SimulatedDisk::default())
        };
        let refused = EmbeddedLog::create(&folder(), &options);
        assert!(matches!(refused, Err(OpenError::Sizes { .. })));
    }
}
