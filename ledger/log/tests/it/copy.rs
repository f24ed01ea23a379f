//! Copies of the first events of a ledger: every length, with several segments and commands of several events.

use std::path::PathBuf;
use std::sync::Arc;

use ledger_log::conformance::committed;
use ledger_log::embedded::{CopyError, Disk, copy_first, verify};
use ledger_log::{EmbeddedLog, EventLog, ExpectedRevision, OpenError};
use schemas::StoredEvent;
use uuid::Uuid;

use crate::ledgers::{
    Fatal, all, fill, folder, maker_and_streams, new_ledger, options_with, segment_path, wait,
};
use ledger_log::embedded::simulated::SimulatedDisk;

fn place(number: u64) -> PathBuf {
    PathBuf::from(format!("/copy-{number}"))
}

fn open_at(disk: &SimulatedDisk, at: &std::path::Path) -> Result<EmbeddedLog, OpenError> {
    EmbeddedLog::open(at, options_with(disk, &Fatal::default())).map(|(log, _)| log)
}

/// A closed ledger of three segments or more, in which some commands have several events and some batches several
/// commands.
fn source() -> (SimulatedDisk, Vec<StoredEvent>) {
    let (disk, log) = new_ledger();
    let (mut maker, streams) = maker_and_streams(71);
    let mut number = 0_u64;
    while !disk.has(&segment_path(3)) {
        let (_, fresh) = maker_and_streams(1000 + u128::from(number));
        let together: Vec<_> = fresh
            .iter()
            .map(|stream| {
                log.append(maker.append(*stream, ExpectedRevision::NoStream, 1 + number % 4))
            })
            .collect();
        for outcome in together {
            committed(wait(outcome));
        }
        number += 1;
    }
    fill(&log, &mut maker, &streams, 3);
    let events = all(&log);
    drop(log);
    (disk, events)
}

#[test]
fn a_copy_of_any_length_is_a_whole_ledger_of_whole_commands() {
    let (disk, events) = source();
    let own = Uuid::from_u128(7);
    let total = events.len() as u64;
    let mut shorter = 0;
    for length in 1..=total + 1 {
        let to = place(length);
        let copied = match copy_first(&disk, &folder(), &to, length, own) {
            Ok(copied) => copied,
            Err(CopyError::Empty) => {
                let command = events[0].header.command_id;
                let first =
                    events.iter().take_while(|event| event.header.command_id == command).count();
                assert!(length < first as u64, "{length}");
                continue;
            }
            Err(error) => panic!("{length}: {error}"),
        };
        let expected = &events[..usize::try_from(copied).unwrap()];
        let torn = expected.last().zip(events.get(expected.len())).is_some_and(|(last, next)| {
            last.header.command_id == next.header.command_id
                && last.header.stream == next.header.stream
        });
        assert!(!torn && copied <= length, "{length}: {copied} copied");
        shorter += u64::from(copied < length.min(total));
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let options = ledger_log::EmbeddedOptions { disk: shared, ..Default::default() };
        let mut seen = Vec::new();
        let report = verify(&to, &options, &mut |event| seen.push(event.clone())).unwrap();
        assert_eq!(report.findings, [], "{length}");
        assert_eq!(seen, expected, "{length}");
        // It goes on where it ends, also into the next segment.
        let log = open_at(&disk, &to).unwrap_or_else(|error| panic!("{length}: {error}"));
        let (mut maker, streams) = maker_and_streams(72);
        fill(&log, &mut maker, &streams, 2);
        assert_eq!(all(&log)[..expected.len()], *expected, "{length}");
        assert_eq!(all(&log).len(), expected.len() + 2, "{length}");
    }
    assert!(shorter > 10, "no command was cut: {shorter}");
}

#[test]
fn a_copy_under_another_id_is_another_ledger() {
    let (disk, events) = source();
    let fork = Uuid::from_u128(99);
    let copied = copy_first(&disk, &folder(), &place(0), u64::MAX, fork).unwrap();
    assert_eq!(copied, events.len() as u64);
    let log = open_at(&disk, &place(0)).unwrap();
    assert_eq!((log.identity().ledger, all(&log)), (fork, events));
    let again = copy_first(&disk, &folder(), &place(0), 3, fork);
    assert!(matches!(again, Err(CopyError::Taken { .. })), "{again:?}");
}

#[test]
fn a_damaged_ledger_is_not_copied() {
    let (disk, _) = source();
    let (at, _) = crate::ledgers::frames(&disk, &segment_path(1))[2];
    disk.change(&segment_path(1), |bytes| bytes[at + 150] ^= 1);
    let refused = copy_first(&disk, &folder(), &place(0), u64::MAX, Uuid::from_u128(7));
    assert!(matches!(refused, Err(CopyError::Log(OpenError::Damaged { .. }))), "{refused:?}");
    assert!(open_at(&disk, &place(0)).is_err());
}
