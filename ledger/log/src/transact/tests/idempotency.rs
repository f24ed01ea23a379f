//! The same command, sent however often, has one effect and one answer.

use schemas::AccountId;

use super::*;
use crate::MemoryLog;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_command_sent_many_times_at_once_has_one_effect_and_one_answer() {
    let log = MemoryLog::new();
    let ledger = ledger_over(log.clone());
    let answers: Vec<_> = (0..32).map(|_| send(&ledger, 7, Command::CountMany(3))).collect();
    let mut first_answers = 0;
    for answer in answers {
        let receipt = answer.await.unwrap().unwrap();
        assert_eq!((receipt.first_revision, receipt.last_revision), (Some(0), Some(2)));
        assert_eq!(receipt.events.len(), 3);
        assert_eq!(receipt.rule, "pool.seats_fit");
        assert_eq!(receipt.position, Some(schemas::LogPosition(2)));
        first_answers += usize::from(!receipt.replayed);
    }
    assert_eq!(first_answers, 1);
    assert_eq!(stored(&log).len(), 3);
}

#[tokio::test]
async fn the_stored_answer_stands_whatever_happened_since() {
    let log = MemoryLog::new();
    let ledger = ledger_over(log.clone());
    let first = send(&ledger, 1, take(1, 1)).await.unwrap().unwrap();
    send(&ledger, 2, Command::Free { member: 1 }).await.unwrap().unwrap();
    send(&ledger, 3, take(2, 1)).await.unwrap().unwrap();
    // A new process, with nothing in memory.
    let restarted = ledger_over(log.clone());
    for ledger in [ledger, restarted] {
        let again = send(&ledger, 1, take(1, 1)).await.unwrap().unwrap();
        assert!(again.replayed);
        assert_eq!(Receipt { replayed: false, ..again }, first);
    }
    assert_eq!(stored(&log).len(), 3);
}

#[tokio::test]
async fn a_personal_answer_is_given_again_with_its_personal_fields() {
    let ledger = ledger_over(MemoryLog::new());
    let note = Command::Note("Ada's laptop".to_owned());
    let first = send(&ledger, 1, note.clone()).await.unwrap().unwrap();
    let again = send(&ledger, 1, note).await.unwrap().unwrap();
    assert_eq!(again.events, first.events);
}

#[tokio::test]
async fn a_command_id_with_other_content_is_refused_before_and_after_the_answer() {
    let log = ScriptedLog::by_hand();
    let ledger = ledger_over(log.clone());
    let mut other = meta(1);
    other.request_digest = Digest([2; 32]);
    let first = send(&ledger, 1, Command::Count);
    log.appends(1).await;
    let during = send_with(&ledger, other.clone(), Command::Count).await.unwrap();
    assert_eq!(code(during), "IDEMPOTENCY_MISMATCH");
    log.sync();
    first.await.unwrap().unwrap();
    let after = send_with(&ledger, other, Command::Count).await.unwrap();
    assert_eq!(code(after), "IDEMPOTENCY_MISMATCH");
    let elsewhere = StreamName::new(StreamKind::License, Uuid::from_u128(2));
    let after = ledger.transact::<Pool>(elsewhere, Command::Count, meta(1)).await;
    assert_eq!(code(after), "IDEMPOTENCY_MISMATCH");
    assert_eq!(stored(log.inner()).len(), 1);
}

#[tokio::test]
async fn one_id_in_two_tenants_is_two_commands() {
    let log = MemoryLog::new();
    let ledger = ledger_over(log.clone());
    let tenants = [None, Some([1; 16]), Some([2; 16])];
    for (revision, tenant) in (0..).zip(tenants) {
        let meta = meta(1).for_tenant(tenant.map(AccountId::from_bytes));
        let receipt = send_with(&ledger, meta, Command::Count).await.unwrap().unwrap();
        assert_eq!((receipt.replayed, receipt.last_revision), (false, Some(revision)));
    }
    assert_eq!(stored(&log).len(), 3);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_stop_its_command() {
    let log = ScriptedLog::by_hand();
    let ledger = ledger_over(log.clone());
    let gone = send(&ledger, 1, Command::Count);
    log.appends(1).await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    // The retry arrives while the first append is still on its way.
    let retry = send(&ledger, 1, Command::Count);
    settle().await;
    assert!(!retry.is_finished());
    assert_eq!(log.appends_so_far(), 1);
    log.sync();
    let receipt = retry.await.unwrap().unwrap();
    assert_eq!((receipt.replayed, receipt.last_revision), (true, Some(0)));
    assert_eq!(stored(log.inner()).len(), 1);
}

#[tokio::test]
async fn a_refused_command_may_be_sent_again_and_is_decided_anew() {
    let ledger = ledger_over(MemoryLog::new());
    send(&ledger, 1, take(1, 1)).await.unwrap().unwrap();
    assert_eq!(code(send(&ledger, 2, take(2, 1)).await.unwrap()), "NO_SEAT_AVAILABLE");
    send(&ledger, 3, Command::Free { member: 1 }).await.unwrap().unwrap();
    assert_eq!(code(send(&ledger, 2, take(2, 1)).await.unwrap()), "accepted");
}
