//! However commands, syncs and failures fall together, the log is what one command after the other would have
//! written, and every answer is true of it.

use std::collections::BTreeMap;

use ledger::{Context, Decider};
use proptest::prelude::*;

use super::pool::State;
use super::scripted::Plan;
use super::*;

#[derive(Debug, Clone)]
enum Move {
    Send { number: u8, command: Command },
    Plan(Plan),
    Settle,
    Sync,
}

const OWN_PLANS: &[Plan] = &[Plan::Pass, Plan::UnknownWritten, Plan::UnknownLost, Plan::Full];

/// Where others write too, their events may come before ours at any time.
const SHARED_PLANS: &[Plan] = &[
    Plan::Pass,
    Plan::Overtaken,
    Plan::UnknownWritten,
    Plan::UnknownLost,
    Plan::UnknownOvertaken,
    Plan::Full,
];

fn moves(plans: &'static [Plan]) -> impl Strategy<Value = Vec<Move>> {
    let command = prop_oneof![
        3 => (0_u8..4, 1_usize..4).prop_map(|(member, capacity)| take(member, capacity)),
        2 => (0_u8..4).prop_map(|member| Command::Free { member }),
        1 => Just(Command::Count),
        1 => (1_usize..4).prop_map(Command::CountMany),
    ];
    let plan = prop::sample::select(plans);
    let step = prop_oneof![
        6 => (0_u8..12, command).prop_map(|(number, command)| Move::Send { number, command }),
        2 => plan.prop_map(Move::Plan),
        3 => Just(Move::Settle),
        2 => Just(Move::Sync),
    ];
    prop::collection::vec(step, 1..60)
}

/// Plays the moves, then syncs until every command is answered.
async fn play(log: &ScriptedLog, moves: &[Move]) -> (Vec<(u8, Answer)>, BTreeMap<u8, Command>) {
    let ledger = ledger_over(log.clone());
    // The same number is the same command: that is what a retry is.
    let mut commands = BTreeMap::new();
    let mut sent = Vec::new();
    for one in moves {
        match one {
            Move::Send { number, command } => {
                let command = commands.entry(*number).or_insert_with(|| command.clone()).clone();
                sent.push((*number, send(&ledger, u128::from(*number), command)));
            }
            Move::Plan(plan) => log.plan([*plan]),
            Move::Settle => settle().await,
            Move::Sync => log.sync(),
        }
    }
    for _ in 0..200 {
        settle().await;
        log.sync();
    }
    let mut answers = Vec::new();
    for (number, answer) in sent {
        assert!(answer.is_finished(), "command {number} hangs");
        answers.push((number, answer.await.unwrap()));
    }
    (answers, commands)
}

/// The states of the log, one after another, checked to be what the commands one after another decide.
fn states(log: &ScriptedLog, commands: &BTreeMap<u8, Command>) -> Vec<State> {
    let codec = Codec::new(Arc::new(Keystore::in_memory().unwrap()));
    let mut states = vec![State::default()];
    let mut decided: Vec<LicenseEvent> = Vec::new();
    let mut done = Vec::new();
    for event in stored(log.inner()) {
        let recorded = codec.decode_closed(&event).unwrap();
        let fact = LicenseEvent::try_from(recorded.event).unwrap();
        let mut state = states.last().unwrap().clone();
        if event.header.rule != "stranger" {
            if decided.is_empty() {
                let number = u8::try_from(event.header.command_id.uuid().as_u128()).unwrap();
                assert!(!done.contains(&number), "command {number} has two effects");
                done.push(number);
                decided = decide(&state, &commands[&number]).unwrap();
            }
            assert_eq!(decided.remove(0), fact, "not what the rules decide here");
        }
        Pool::evolve(&mut state, &fact, recorded.header.effective_at);
        states.push(state);
    }
    assert!(decided.is_empty(), "half an append");
    states
}

fn decide(state: &State, command: &Command) -> Result<Vec<LicenseEvent>, NoSeat> {
    let context = Context { now: START, effective_at: START, actor: Actor::Operator, basis: None };
    Pool::decide(state, command, &context).map(|decision| decision.events)
}

fn check(log: &ScriptedLog, answers: &[(u8, Answer)], commands: &BTreeMap<u8, Command>) {
    let states = states(log, commands);
    let events = stored(log.inner());
    for (number, answer) in answers {
        let command = &commands[number];
        let id = CommandId::new(Uuid::from_u128(u128::from(*number)));
        let own: Vec<_> = events
            .iter()
            .filter(|event| event.header.command_id == id)
            .map(|event| event.header.revision)
            .collect();
        let nothing = Ok(Vec::new());
        match answer {
            Ok(receipt) if receipt.events.is_empty() => {
                let seen =
                    receipt.last_revision.map_or(0, |last| usize::try_from(last).unwrap() + 1);
                assert_eq!(decide(&states[seen], command), nothing, "not so at {seen}");
            }
            Ok(receipt) => {
                assert_eq!(receipt.first_revision, own.first().copied());
                assert_eq!(receipt.last_revision, own.last().copied());
                assert_eq!(receipt.events.len(), own.len());
            }
            Err(TransactError::Rejected(refusal)) => {
                let refused = |state: &State| decide(state, command) == Err(refusal.clone());
                assert!(states.iter().any(refused), "never refused like that");
            }
            // Each retry of the number is a command of its own chance; only the one without any success and without
            // an unknown outcome proves that nothing was written.
            Err(error) => {
                let others = answers.iter().filter(|(other, _)| other == number);
                let all_definite = others.clone().all(|(_, answer)| {
                    answer.as_ref().is_err_and(|error| error.class().name() == "DEFINITE_FAIL")
                });
                assert!(!all_definite || own.is_empty(), "{error} after an effect");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_interleaving_equals_one_command_after_the_other(moves in moves(OWN_PLANS)) {
        interleaved(&ScriptedLog::by_hand(), &moves);
    }

    #[test]
    fn any_interleaving_with_other_writers_equals_one_command_after_the_other(
        moves in moves(SHARED_PLANS),
    ) {
        interleaved(&ScriptedLog::by_hand().shared(), &moves);
    }

    #[test]
    fn any_race_of_threads_equals_one_command_after_the_other(moves in moves(OWN_PLANS)) {
        raced(&ScriptedLog::at_once(), &moves);
    }

    #[test]
    fn any_race_with_other_writers_equals_one_command_after_the_other(
        moves in moves(SHARED_PLANS),
    ) {
        raced(&ScriptedLog::at_once().shared(), &moves);
    }
}

fn interleaved(log: &ScriptedLog, moves: &[Move]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (answers, commands) = runtime.block_on(play(log, moves));
    check(log, &answers, &commands);
}

fn raced(log: &ScriptedLog, moves: &[Move]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).build().unwrap();
    let ledger = ledger_over(log.clone());
    let (answers, commands) = runtime.block_on(async {
        let mut commands = BTreeMap::new();
        let mut sent = Vec::new();
        for one in moves {
            if let Move::Send { number, command } = one {
                let command = commands.entry(*number).or_insert_with(|| command.clone()).clone();
                sent.push((*number, send(&ledger, u128::from(*number), command)));
            } else if let Move::Plan(plan) = one {
                log.plan([*plan]);
            }
        }
        let mut answers = Vec::new();
        for (number, answer) in sent {
            answers.push((number, answer.await.unwrap()));
        }
        (answers, commands)
    });
    check(log, &answers, &commands);
}
