//! The power goes at any moment, also while the ledger recovers from the last time: what was acknowledged is
//! there, what was not is there whole or not at all.

use std::collections::BTreeMap;

use ledger_log::{AppendOutcome, EmbeddedLog, EventLog, ExpectedRevision};
use schemas::{CommandId, LogPosition, StoredEvent, StreamKind};

use crate::ledgers::{Fatal, all, create, folder, maker_and_streams, options_with, wait};
use ledger_log::embedded::simulated::{Random, SimulatedDisk};

const SEEDS: u64 = 400;
const LIVES: u64 = 5;
/// Operations after which the power goes, at most. A life of the workload below has about two hundred.
const OPERATIONS_MAX: u64 = 220;

/// What the callers know.
#[derive(Default)]
struct Known {
    /// What was acknowledged: events and last position, by command.
    acknowledged: BTreeMap<CommandId, (u64, LogPosition)>,
    /// What nobody knows.
    unknown: BTreeMap<CommandId, u64>,
    /// Everything that was seen durable, in order.
    seen: Vec<StoredEvent>,
    /// How many tails were cut and healed, over all lives.
    cut: u64,
    healed: u64,
}

#[test]
fn whatever_was_acknowledged_survives_any_crash() {
    let (mut cut, mut healed) = (0, 0);
    for seed in 0..SEEDS {
        let mut random = Random(seed);
        let mut disk = SimulatedDisk::default();
        create(&disk);
        let mut known = Known::default();
        for life in 0..LIVES {
            let dead_from = disk.operations() + 1 + random.below(OPERATIONS_MAX);
            disk.faults(|faults| faults.dead_from = Some(dead_from));
            live(&disk, seed * LIVES + life, &mut random, &mut known);
            disk = disk.after_crash(random.next());
        }
        let opened = EmbeddedLog::open(&folder(), options_with(&disk, &Fatal::default()));
        let (log, _) = opened.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        known.check(&log, seed);
        cut += known.cut;
        healed += known.healed;
    }
    println!("{cut} tails were cut, {healed} batches were healed");
    assert!(
        cut > 0 && healed > 0,
        "the crashes did not reach the tail: {cut} cut, {healed} healed"
    );
}

/// Opens and appends until the machine is gone.
fn live(disk: &SimulatedDisk, maker_seed: u64, random: &mut Random, known: &mut Known) {
    let Ok((log, report)) = EmbeddedLog::open(&folder(), options_with(disk, &Fatal::default()))
    else {
        // The machine went while the ledger recovered: the next life tries again.
        let dead = disk.operations();
        disk.faults(|faults| {
            assert!(faults.dead_from.is_some_and(|from| from <= dead), "refused without a crash");
        });
        return;
    };
    known.cut += u64::from(report.torn.is_some());
    known.healed += u64::try_from(report.healed.len()).unwrap();
    known.check(&log, maker_seed);
    let (mut maker, streams) = maker_and_streams(u128::from(maker_seed) << 32);
    for _ in 0..20 {
        // Some go together, so that batches differ in size.
        let together = 1 + random.below(4);
        let mut answers = Vec::new();
        for number in 0..together {
            let stream = streams[usize::try_from(number % 3).unwrap()];
            let events = 1 + random.below(3);
            let head = wait(log.read_stream(stream, None, usize::MAX)).unwrap();
            let expected = head.last().map_or(ExpectedRevision::NoStream, |event| {
                ExpectedRevision::Exact(event.header.revision)
            });
            let append = maker.append(stream, expected, events);
            answers.push((append.command_id, events, log.append(append)));
        }
        for (command, events, answer) in answers {
            match wait(answer) {
                AppendOutcome::Committed(committed) => {
                    known.acknowledged.insert(command, (events, committed.position.unwrap()));
                }
                AppendOutcome::Unknown { .. } => {
                    known.unknown.insert(command, events);
                }
                AppendOutcome::Conflict { .. } | AppendOutcome::Rejected(_) => {}
            }
        }
    }
}

impl Known {
    /// The oracle: what a ledger that opened must hold.
    fn check(&mut self, log: &EmbeddedLog, seed: u64) {
        let events = all(log);
        for (event, position) in events.iter().zip(0..) {
            assert_eq!(event.position, LogPosition(position), "seed {seed}: a gap");
        }
        assert_eq!(events.get(..self.seen.len()), Some(&*self.seen), "seed {seed}: changed");
        let mut by_command: BTreeMap<CommandId, (u64, LogPosition)> = BTreeMap::new();
        for event in &events {
            let of = by_command.entry(event.header.command_id).or_insert((0, event.position));
            *of = (of.0 + 1, event.position);
        }
        for (command, expected) in &self.acknowledged {
            assert_eq!(by_command.remove(command).as_ref(), Some(expected), "seed {seed}: lost");
        }
        for (command, whole) in &self.unknown {
            if let Some((found, _)) = by_command.remove(command) {
                assert_eq!(found, *whole, "seed {seed}: half an append");
            }
        }
        let recovery = |event: &StoredEvent| event.header.stream.kind == StreamKind::Ledger;
        let rest = events.iter().filter(|event| by_command.contains_key(&event.header.command_id));
        assert!(rest.clone().all(recovery), "seed {seed}: an event that nobody appended");
        self.seen = events;
    }
}
