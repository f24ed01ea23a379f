//! The embedded log over many segments and restarts answers as the log in memory does.

use ledger_log::conformance::Maker;
use ledger_log::{AppendOutcome, EventLog, ExpectedRevision, MemoryLog};
use proptest::prelude::*;
use schemas::{Part, StreamName};
use uuid::Uuid;

use crate::ledgers::{all, create, folder, open, options, wait};
use ledger_log::embedded::simulated::SimulatedDisk;

#[derive(Debug, Clone)]
enum Step {
    Append { stream: usize, expected: u64, events: u64, bytes: usize, late: i64 },
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let append = (0..4_usize, 0..6_u64, 1..5_u64, 0..700_usize, -90..90_i64).prop_map(
        |(stream, expected, events, bytes, late)| Step::Append {
            stream,
            expected,
            events,
            bytes,
            late,
        },
    );
    prop::collection::vec(prop_oneof![9 => append, 1 => Just(Step::Restart)], 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_history_reads_back_as_the_model_says(steps in steps()) {
        let disk = SimulatedDisk::default();
        create(&disk);
        let (mut log, _) = open(&disk).unwrap();
        let model = MemoryLog::of_ledger(Uuid::from_u128(7));
        let mut maker = Maker::with_seed(Uuid::from_u128(1));
        let streams: Vec<StreamName> = (0..4).map(|_| maker.stream()).collect();
        let mut commands = Vec::new();
        for step in steps {
            match step {
                Step::Restart => {
                    drop(log);
                    let (again, report) = open(&disk).unwrap();
                    prop_assert_eq!((report.torn, report.healed), (None, Vec::new()));
                    prop_assert_eq!(report.indexes_rebuilt, Vec::<u64>::new());
                    log = again;
                }
                Step::Append { stream, expected, events, bytes, late } => {
                    let stream = streams[stream];
                    let head = wait(model.read_stream(stream, None, usize::MAX)).unwrap();
                    // Five of six expect what is so.
                    let expected = match (expected, head.last()) {
                        (0, _) => ExpectedRevision::Exact(3),
                        (_, None) => ExpectedRevision::NoStream,
                        (_, Some(event)) => ExpectedRevision::Exact(event.header.revision),
                    };
                    let mut append = maker.append(stream, expected, events);
                    append.decided_at = append.decided_at.plus_seconds(late);
                    for event in &mut append.events {
                        event.parts.push(Part::Public(vec![3; bytes]));
                    }
                    commands.push(append.command_id);
                    let said = wait(model.append(append.clone()));
                    let done = wait(log.append(append));
                    prop_assert_eq!(&done, &said);
                    prop_assert!(!matches!(done, AppendOutcome::Rejected(_)));
                }
            }
        }
        prop_assert_eq!(all(&log), all(&model));
        for stream in streams {
            let (one, two) = (log.read_stream(stream, Some(2), 3), model.read_stream(stream, Some(2), 3));
            prop_assert_eq!(wait(one), wait(two));
        }
        for command in commands {
            prop_assert_eq!(wait(log.find_command(None, command)), wait(model.find_command(None, command)));
        }
        let told = *log.durable().borrow();
        prop_assert_eq!(told, *model.durable().borrow());
        drop(log);
        let report = ledger_log::embedded::verify(&folder(), &options(&disk), &mut |_| {}).unwrap();
        prop_assert!(report.findings.is_empty(), "{:?}", report.findings);
        prop_assert_eq!(report.events, u64::try_from(all(&model).len()).unwrap());
    }
}
