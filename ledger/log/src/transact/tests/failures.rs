//! Every way an append can end, and what the caller is told.

use std::error::Error;

use schemas::{EventId, Part};

use super::scripted::Plan;
use super::*;
use crate::port::{Append, AppendOutcome, ExpectedRevision, NewEvent, ReadError};
use crate::transact::OutcomeClass;
use crate::{ManualClock, MemoryLog};

#[tokio::test]
async fn a_conflict_is_decided_anew_on_what_is_so_now() {
    let log = ScriptedLog::at_once().shared();
    let ledger = ledger_over(log.clone());
    send(&ledger, 1, Command::Count).await.unwrap().unwrap();
    log.plan([Plan::Overtaken, Plan::Overtaken]);
    let receipt = send(&ledger, 2, Command::Count).await.unwrap().unwrap();
    assert_eq!((receipt.last_revision, receipt.replayed), (Some(3), false));
    assert_eq!(stored(log.inner()).len(), 4);
    assert_eq!(ledger.load::<Pool>(STREAM).await.unwrap().0.counted, 4);
}

#[tokio::test]
async fn a_command_that_never_gets_through_gives_up_as_a_conflict() {
    let log = ScriptedLog::at_once().shared();
    let ledger = ledger_over(log.clone());
    log.plan([Plan::Overtaken; crate::transact::ATTEMPTS_MAX]);
    let refused = send(&ledger, 1, Command::Count).await.unwrap().unwrap_err();
    assert_eq!((refused.code(), refused.class()), ("CONFLICT", OutcomeClass::DefiniteFail));
    let strangers = stored(log.inner());
    assert!(strangers.iter().all(|event| event.header.rule == "stranger"));
}

#[tokio::test]
async fn an_unknown_outcome_ends_in_exactly_one_effect() {
    for plan in [Plan::UnknownWritten, Plan::UnknownLost, Plan::UnknownOvertaken] {
        let log = ScriptedLog::at_once().shared();
        let ledger = ledger_over(log.clone());
        send(&ledger, 1, Command::Count).await.unwrap().unwrap();
        log.plan([plan, Plan::Overtaken, plan]);
        let receipt = send(&ledger, 2, Command::CountMany(2)).await.unwrap().unwrap();
        let effect = effect_of(&log, 2);
        assert_eq!(effect.len(), 2, "{plan:?}");
        assert_eq!(receipt.first_revision, effect.first().copied(), "{plan:?}");
        let again = send(&ledger, 2, Command::CountMany(2)).await.unwrap().unwrap();
        assert!(again.replayed && again.last_revision == receipt.last_revision);
        assert_eq!(effect_of(&log, 2), effect, "{plan:?}");
    }
}

#[tokio::test]
async fn commands_behind_an_unknown_outcome_have_one_effect_each() {
    for plan in [Plan::UnknownWritten, Plan::UnknownLost] {
        let log = ScriptedLog::by_hand();
        let ledger = ledger_over(log.clone());
        log.plan([Plan::Pass, plan]);
        let answers: Vec<_> = (0..20).map(|number| send(&ledger, number, Command::Count)).collect();
        log.appends(20).await;
        for _ in 0..4 {
            log.sync();
            settle().await;
        }
        for answer in answers {
            answer.await.unwrap().unwrap();
        }
        assert_eq!(stored(log.inner()).len(), 20, "{plan:?}");
        for number in 0..20 {
            assert_eq!(effect_of(&log, number).len(), 1, "{plan:?}");
        }
    }
}

#[tokio::test]
async fn an_outcome_that_stays_unknown_is_never_called_a_failure() {
    let log = ScriptedLog::at_once();
    let ledger = ledger_over(log.clone());
    log.plan([Plan::UnknownLost; crate::transact::ATTEMPTS_MAX]);
    let unknown = send(&ledger, 1, Command::Count).await.unwrap().unwrap_err();
    assert_eq!((unknown.code(), unknown.class()), ("OUTCOME_UNKNOWN", OutcomeClass::Unknown));
    // A definite failure after an unknown outcome proves nothing about the first attempt.
    log.plan([Plan::UnknownLost, Plan::Full]);
    let unknown = send(&ledger, 2, Command::Count).await.unwrap().unwrap_err();
    assert_eq!((unknown.code(), unknown.class()), ("OUTCOME_UNKNOWN", OutcomeClass::Unknown));
    assert_eq!(code(send(&ledger, 2, Command::Count).await.unwrap()), "accepted");
    assert_eq!(stored(log.inner()).len(), 1);
}

#[tokio::test]
async fn a_refusing_log_leaves_nothing_behind_and_the_stream_goes_on() {
    for (plan, expected) in [(Plan::Full, "LEDGER_FULL"), (Plan::Halted, "LEDGER_HALTED")] {
        let log = ScriptedLog::at_once();
        let ledger = ledger_over(log.clone());
        log.plan([plan]);
        let refused = send(&ledger, 1, take(1, 1)).await.unwrap().unwrap_err();
        assert_eq!((refused.code(), refused.class()), (expected, OutcomeClass::DefiniteFail));
        assert!(stored(log.inner()).is_empty());
        assert_eq!(code(send(&ledger, 2, take(2, 1)).await.unwrap()), "accepted");
    }
}

#[tokio::test]
async fn a_command_too_large_for_one_append_is_refused_and_disturbs_nobody() {
    let log = ScriptedLog::by_hand();
    let ledger = ledger_over(log.clone());
    let first = send(&ledger, 1, Command::Count);
    log.appends(1).await;
    let large = Command::Note("x".repeat(2 * 1024 * 1024));
    let refused = send(&ledger, 2, large).await.unwrap().unwrap_err();
    assert_eq!((refused.code(), refused.class()), ("APPEND_TOO_LARGE", OutcomeClass::DefiniteFail));
    let third = send(&ledger, 3, Command::Count);
    log.appends(2).await;
    log.sync();
    assert_eq!(code(first.await.unwrap()), "accepted");
    assert_eq!(third.await.unwrap().unwrap().last_revision, Some(1));
}

#[tokio::test]
async fn the_revision_that_the_caller_saw_must_still_be_so() {
    let ledger = ledger_over(MemoryLog::new());
    let absent = send_with(&ledger, meta(1).expecting(0), Command::Count).await.unwrap();
    assert!(matches!(absent, Err(TransactError::Conflict { actual: None })));
    send(&ledger, 2, Command::CountMany(2)).await.unwrap().unwrap();
    let early = send_with(&ledger, meta(3).expecting(0), Command::Count).await.unwrap();
    assert!(matches!(early, Err(TransactError::Conflict { actual: Some(1) })));
    let right = send_with(&ledger, meta(4).expecting(1), Command::Count).await.unwrap();
    assert_eq!(right.unwrap().last_revision, Some(2));
    // Sent again, it is answered, although the stream has moved since.
    let again = send_with(&ledger, meta(4).expecting(1), Command::Count).await.unwrap();
    assert!(again.unwrap().replayed);
}

#[tokio::test]
async fn time_in_a_stream_never_runs_backwards_nor_ahead() {
    let log = MemoryLog::new();
    let clock = Arc::new(ManualClock::new(START));
    let codec = Arc::new(Codec::new(Arc::new(Keystore::in_memory().unwrap())));
    let ledger = Ledger::new(Arc::new(log.clone()), codec, clock.clone());
    send(&ledger, 1, Command::Count).await.unwrap().unwrap();
    clock.set(START.plus_seconds(-3_600));
    send(&ledger, 2, Command::Count).await.unwrap().unwrap();
    let early = meta(3).effective_at(START.plus_seconds(-60));
    send_with(&ledger, early, Command::Count).await.unwrap().unwrap();
    let late = meta(4).effective_at(START.plus_seconds(1));
    let refused = send_with(&ledger, late, Command::Count).await.unwrap().unwrap_err();
    assert_eq!(refused.code(), "EFFECTIVE_IN_FUTURE");
    let times: Vec<_> = stored(&log)
        .iter()
        .map(|event| (event.header.recorded_at, event.header.effective_at))
        .collect();
    let early = START.plus_seconds(-60);
    assert_eq!(times, [(START, START), (START, START), (START, early)]);
}

#[tokio::test]
async fn events_carry_who_why_and_an_id_of_their_own() {
    let log = MemoryLog::new();
    let ledger = ledger_over(log.clone());
    let account = schemas::AccountId::from_bytes([5; 16]);
    let cause = EventId::from_bytes([6; 16]);
    let meta = meta(1)
        .for_tenant(Some(account))
        .on_behalf_of(account)
        .correlated(schemas::CorrelationId::from_bytes([7; 16]))
        .caused_by(cause);
    send_with(&ledger, meta.clone(), Command::CountMany(2)).await.unwrap().unwrap();
    let events = stored(&log);
    for event in &events {
        let header = &event.header;
        assert_eq!((header.tenant, header.on_behalf_of), (Some(account), Some(account)));
        assert_eq!((header.actor, header.command_id), (meta.actor, meta.command_id));
        assert_eq!(header.correlation_id, meta.correlation_id);
        assert_eq!((header.causation_id, header.rule.as_str()), (Some(cause), "pool.seats_fit"));
        assert_eq!(header.event_id.uuid().get_version_num(), 7);
        let root = ledger::proof::content_root(header, &event.parts);
        assert_eq!(event.content_root, root);
    }
    assert_ne!(events[0].header.event_id, events[1].header.event_id);
    let history = ledger.history(STREAM, Some(0), 10).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].header, events[1].header);
}

#[tokio::test]
async fn a_stream_with_an_event_of_a_newer_version_is_not_guessed_at() {
    let log = MemoryLog::new();
    let id = Uuid::from_u128(99);
    let newer = Append {
        stream: STREAM,
        expected: ExpectedRevision::NoStream,
        tenant: None,
        actor: Actor::System,
        on_behalf_of: None,
        command_id: CommandId::new(id),
        command_digest: Digest::ZERO,
        correlation_id: schemas::CorrelationId::new(id),
        causation_id: None,
        rule: "later",
        basis: None,
        decided_at: START,
        events: vec![NewEvent {
            event_id: EventId::new(id),
            wire_name: "seat_assigned.v9",
            effective_at: START,
            parts: vec![Part::Public(vec![0x80])],
        }],
    };
    assert!(matches!(now(log.append(newer)), AppendOutcome::Committed(_)));
    let ledger = ledger_over(log.clone());
    let refused = send(&ledger, 1, Command::Count).await.unwrap().unwrap_err();
    assert_eq!((refused.code(), refused.class()), ("SCHEMA_UNKNOWN", OutcomeClass::DefiniteFail));
    assert_eq!(ledger.load::<Pool>(STREAM).await.err().unwrap().code(), "SCHEMA_UNKNOWN");
    assert_eq!(ledger.history(STREAM, None, 9).await.err().unwrap().code(), "SCHEMA_UNKNOWN");
    assert_eq!(stored(&log).len(), 1);
}

#[tokio::test]
async fn a_bug_in_the_rules_is_unknown_to_the_caller_and_the_stream_goes_on() {
    let ledger = ledger_over(MemoryLog::new());
    send(&ledger, 1, Command::Count).await.unwrap().unwrap();
    let bug = send(&ledger, 2, Command::Panic).await.unwrap().unwrap_err();
    assert_eq!(bug.class(), OutcomeClass::Unknown);
    let receipt = send(&ledger, 3, Command::Count).await.unwrap().unwrap();
    assert_eq!(receipt.last_revision, Some(1));
}

#[test]
fn every_failure_has_a_code_a_class_and_advice() {
    let bytes = 2;
    let damaged = ReadError::Damaged { segment: 1, offset: 2, what: "hash".to_owned() };
    let away = ReadError::Unavailable { reason: "later".to_owned() };
    let failures: Vec<TransactError<NoSeat>> = vec![
        TransactError::Rejected(NoSeat { capacity: 1 }),
        TransactError::IdempotencyMismatch { command_id: CommandId::default() },
        TransactError::EffectiveInFuture { effective_at: START, now: START },
        TransactError::Conflict { actual: None },
        TransactError::Full,
        TransactError::Halted,
        TransactError::TooLarge { bytes, bytes_max: 1 },
        TransactError::Unknown { reason: "lost".to_owned() },
        TransactError::Read(damaged),
        TransactError::Read(away),
        TransactError::Codec(crate::CodecError::PersonalMissing { wire_name: "x.v1" }),
        TransactError::Closed,
    ];
    let mut codes = std::collections::BTreeSet::new();
    for failure in &failures {
        let code = failure.code();
        assert!(codes.insert(code), "`{code}` stands for two failures");
        assert!(code.chars().all(|c| c.is_ascii_uppercase() || c == '_'), "{code}");
        assert!(failure.advice().ends_with('.'), "{code}");
        assert!(!failure.to_string().ends_with('.'), "{code}");
        let unknown = matches!(failure, TransactError::Unknown { .. });
        assert_eq!(failure.class() == OutcomeClass::Unknown, unknown, "{code}");
        assert!(failure.source().is_none_or(|source| !source.to_string().is_empty()));
    }
}

fn effect_of(log: &ScriptedLog, number: u128) -> Vec<u64> {
    let id = CommandId::new(Uuid::from_u128(number));
    let events = stored(log.inner());
    let own = events.iter().filter(|event| event.header.command_id == id);
    own.map(|event| event.header.revision).collect()
}
