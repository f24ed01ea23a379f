//! A busy stream shares syncs, and nothing is answered before it is durable.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemas::LogPosition;
use tokio::sync::watch;

use super::*;
use crate::transact::InlineViews;
use crate::{LogFuture, MemoryLog};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_on_one_stream_leave_no_gap() {
    let log = MemoryLog::new();
    let ledger = ledger_over(log.clone());
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                let mut revisions = Vec::new();
                for step in 0..20 {
                    let meta = meta(task * 100 + step);
                    let receipt = ledger.transact::<Pool>(STREAM, Command::Count, meta).await;
                    revisions.push(receipt.unwrap().last_revision.unwrap());
                }
                revisions
            })
        })
        .collect();
    let mut accepted = BTreeSet::new();
    for task in tasks {
        let revisions = task.await.unwrap();
        assert!(revisions.is_sorted(), "a task's own commands keep their order");
        accepted.extend(revisions);
    }
    assert_eq!(accepted, (0..64 * 20).collect());
    assert_eq!(stored(&log).len(), 64 * 20);
    let (state, head) = ledger.load::<Pool>(STREAM).await.unwrap();
    assert_eq!((state.counted, head), (64 * 20, Some(64 * 20 - 1)));
}

#[tokio::test]
async fn a_hot_stream_takes_many_commands_in_one_sync() {
    let log = ScriptedLog::by_hand();
    let ledger = ledger_over(log.clone());
    let answers: Vec<_> = (0..64).map(|number| send(&ledger, number, Command::Count)).collect();
    log.appends(64).await;
    log.sync();
    let mut revisions = BTreeSet::new();
    for answer in answers {
        revisions.insert(answer.await.unwrap().unwrap().last_revision.unwrap());
    }
    assert_eq!(revisions, (0..64).collect());
    assert_eq!(log.syncs(), 1);
}

#[tokio::test]
async fn no_answer_that_rests_on_a_pending_event_is_given_before_it_is_durable() {
    let log = ScriptedLog::by_hand();
    let ledger = ledger_over(log.clone());
    let first = send(&ledger, 1, take(1, 1));
    log.appends(1).await;
    let already = send(&ledger, 2, take(1, 1));
    let refused = send(&ledger, 3, take(2, 1));
    let moved = send_with(&ledger, meta(4).expecting(7), Command::Count);
    let loaded = tokio::spawn({
        let ledger = ledger.clone();
        async move { ledger.load::<Pool>(STREAM).await }
    });
    settle().await;
    let waiting = [&first, &already, &refused, &moved].map(JoinHandle::is_finished);
    assert_eq!(waiting, [false; 4]);
    assert!(!loaded.is_finished());
    log.sync();
    let position = first.await.unwrap().unwrap().position;
    let already = already.await.unwrap().unwrap();
    assert_eq!((already.events.len(), already.position), (0, position));
    assert_eq!((already.first_revision, already.last_revision), (None, Some(0)));
    assert_eq!(already.rule, "pool.already_seated");
    assert_eq!(code(refused.await.unwrap()), "NO_SEAT_AVAILABLE");
    assert_eq!(code(moved.await.unwrap()), "CONFLICT");
    assert_eq!(loaded.await.unwrap().unwrap().1, Some(0));
    assert_eq!(log.appends_so_far(), 1);
}

#[tokio::test]
async fn answers_that_rested_on_an_event_that_failed_are_decided_anew() {
    let log = ScriptedLog::by_hand();
    let ledger = ledger_over(log.clone());
    log.plan([super::scripted::Plan::Full]);
    let first = send(&ledger, 1, take(1, 1));
    log.appends(1).await;
    let already = send(&ledger, 2, take(1, 1));
    let refused = send(&ledger, 3, take(2, 1));
    settle().await;
    log.sync();
    assert_eq!(code(first.await.unwrap()), "LEDGER_FULL");
    // One of the two gets the only seat now; the other is refused on the strength of it.
    log.appends(2).await;
    settle().await;
    log.sync();
    let codes = BTreeSet::from([code(already.await.unwrap()), code(refused.await.unwrap())]);
    assert_eq!(codes, BTreeSet::from(["NO_SEAT_AVAILABLE", "accepted"]));
    assert_eq!(stored(log.inner()).len(), 1);
}

#[tokio::test]
async fn a_stream_is_not_loaded_anew_while_its_events_are_pending() {
    let log = ScriptedLog::by_hand();
    let ledger = ledger_over(log.clone());
    log.plan([super::scripted::Plan::Pass, super::scripted::Plan::Full]);
    let numbers = 0..40;
    let answers: Vec<_> = numbers.map(|number| send(&ledger, number, Command::Count)).collect();
    log.appends(40).await;
    log.sync();
    settle().await;
    // Those behind the failed one conflicted, and are in line again, once each.
    assert_eq!(log.appends_so_far(), 40 + 38);
    log.sync();
    let mut codes = Vec::new();
    for answer in answers {
        codes.push(code(answer.await.unwrap()));
    }
    assert_eq!(codes.iter().filter(|code| **code == "LEDGER_FULL").count(), 1);
    assert_eq!(codes.iter().filter(|code| **code == "accepted").count(), 39);
    assert_eq!(stored(log.inner()).len(), 39);
}

struct SlowViews {
    applied: watch::Sender<Option<LogPosition>>,
}

impl InlineViews for SlowViews {
    fn applied(&self, position: LogPosition) -> LogFuture<()> {
        let mut applied = self.applied.subscribe();
        Box::pin(async move {
            applied.wait_for(|now| *now >= Some(position)).await.unwrap();
        })
    }
}

#[tokio::test]
async fn a_command_is_answered_only_when_the_views_show_it() {
    let views = Arc::new(SlowViews { applied: watch::channel(None).0 });
    let ledger = ledger_over(MemoryLog::new()).with_inline(views.clone());
    let first = send(&ledger, 1, take(1, 1));
    settle().await;
    let already = send(&ledger, 2, take(1, 1));
    let again = send(&ledger, 1, take(1, 1));
    settle().await;
    assert!(!first.is_finished() && !already.is_finished() && !again.is_finished());
    views.applied.send_replace(Some(LogPosition(0)));
    assert_eq!(first.await.unwrap().unwrap().position, Some(LogPosition(0)));
    assert_eq!(already.await.unwrap().unwrap().position, Some(LogPosition(0)));
    assert!(again.await.unwrap().unwrap().replayed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_ledgers_over_one_log_lose_nothing() {
    let log = ScriptedLog::at_once().shared();
    let ledgers = [ledger_over(log.clone()), ledger_over(log.clone())];
    let tasks: Vec<_> = (0..8_u128)
        .map(|task| {
            let ledger = ledgers[usize::from(task % 2 == 1)].clone();
            tokio::spawn(async move {
                let mut accepted = 0;
                for step in 0..50 {
                    let sent =
                        ledger.transact::<Pool>(STREAM, Command::Count, meta(task * 100 + step));
                    match sent.await {
                        Ok(_) => accepted += 1,
                        // Under contention between processes a command may give up, and says so.
                        Err(error) => assert_eq!(error.code(), "CONFLICT"),
                    }
                }
                accepted
            })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        accepted += task.await.unwrap();
    }
    assert_eq!(stored(log.inner()).len(), accepted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_small_cache_changes_no_answer() {
    let log = MemoryLog::new();
    let codec = Arc::new(Codec::new(Arc::new(Keystore::in_memory().unwrap())));
    let clock = Arc::new(ManualClock::new(START));
    let ledger = Ledger::with_cache(Arc::new(log.clone()), codec, clock, 2);
    let streams = 20_u128;
    let tasks: Vec<_> = (0..streams * 4)
        .map(|task| {
            let ledger = ledger.clone();
            let stream = StreamName::new(StreamKind::License, Uuid::from_u128(task % streams));
            tokio::spawn(async move {
                for step in 0..10 {
                    let meta = meta(task * 100 + step);
                    ledger.transact::<Pool>(stream, Command::Count, meta).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for stream in 0..streams {
        let stream = StreamName::new(StreamKind::License, Uuid::from_u128(stream));
        let (state, head) = ledger.load::<Pool>(stream).await.unwrap();
        assert_eq!((state.counted, head), (40, Some(39)));
    }
    assert!(ledger.shared.cache.len() <= 2);
}

#[tokio::test]
async fn where_others_write_too_a_command_waits_for_the_one_before_it() {
    let log = ScriptedLog::by_hand().shared();
    let ledger = ledger_over(log.clone());
    log.plan([super::scripted::Plan::Overtaken]);
    let answers: Vec<_> = (0..8).map(|number| send(&ledger, number, take(1, 1))).collect();
    settle().await;
    assert_eq!(log.appends_so_far(), 1);
    log.sync();
    // The stranger came first: the same command is decided anew, the others still wait.
    log.appends(2).await;
    settle().await;
    assert_eq!(log.appends_so_far(), 2);
    log.sync();
    let mut recorded = 0;
    for answer in answers {
        recorded += answer.await.unwrap().unwrap().events.len();
    }
    assert_eq!((recorded, stored(log.inner()).len()), (1, 2));
}

#[tokio::test]
async fn no_more_commands_than_the_bound_are_on_their_way_at_once() {
    let log = ScriptedLog::by_hand();
    let ledger = ledger_over(log.clone());
    let bound = crate::transact::COMMANDS_IN_FLIGHT_MAX;
    let answers: Vec<_> =
        (0..bound as u128 + 10).map(|number| send(&ledger, number, Command::Count)).collect();
    log.appends(bound).await;
    settle().await;
    assert_eq!(log.appends_so_far(), bound);
    log.sync();
    log.appends(bound + 10).await;
    log.sync();
    for answer in answers {
        answer.await.unwrap().unwrap();
    }
}
