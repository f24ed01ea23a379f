//! The rule that matters most under load: there are never more seats taken than granted.

use super::*;
use crate::MemoryLog;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_people_after_the_last_seat_get_it_once() {
    for round in 0..50 {
        let log = MemoryLog::new();
        let ledger = ledger_over(log.clone());
        send(&ledger, 1, take(1, 2)).await.unwrap().unwrap();
        let rivals = [send(&ledger, 2, take(2, 2)), send(&ledger, 3, take(3, 2))];
        let mut codes = Vec::new();
        for rival in rivals {
            codes.push(code(rival.await.unwrap()));
        }
        codes.sort_unstable();
        assert_eq!(codes, ["NO_SEAT_AVAILABLE", "accepted"], "round {round}");
        assert_eq!(ledger.load::<Pool>(STREAM).await.unwrap().0.seated.len(), 2);
        assert_eq!(stored(&log).len(), 2);
    }
}
