//! A sync or a write that fails: the service ends rather than acknowledge anything more.

use replay_tests::chance::Chance;
use replay_tests::fault;
use replay_tests::oracle::Oracle;

use crate::places;
use crate::script::{self, Places};

/// The share of the calls that is tried when not all of them are asked for.
const STRIDE: usize = 4;
const SIGABRT: i32 = 6;
const SYNCS: &str = "fdatasync,fsync,syncfs";

/// What calls that fail led to.
#[derive(Debug, Default)]
struct Ends {
    /// The service ended at once.
    aborted: usize,
    /// It did not start.
    refused: usize,
    /// It went on, or the call was not made this time.
    went_on: usize,
}

impl Ends {
    /// Not always: an idle writer syncs more often in one run than in another, so the last calls may not be made.
    fn stopped_mostly(&self) -> bool {
        self.aborted >= 2 && self.went_on < self.aborted
    }
}

/// Lets one call of the script fail after the other.
fn sweep(ledger: &Oracle, calls: &str, what: &'static str, places: Places) -> Ends {
    let mut ends = Ends::default();
    for point in script::points(ledger, calls, places, STRIDE) {
        let at = format!("{what} at {point:?}");
        let told = script::tell(ledger, places, what, point);
        if told.is_well() {
            ends.went_on += 1;
        } else if told.started {
            assert_eq!(told.signal(), Some(SIGABRT), "{at}: {:?}", told.ended);
            ends.aborted += 1;
        } else {
            assert!(told.ended.code().is_some_and(|code| code > 0), "{at}: {:?}", told.ended);
            ends.refused += 1;
        }
    }
    println!("{what}: {ends:?}");
    ends
}

fn nearly_full(what: &str) -> Oracle {
    fault::assert_possible();
    let mut ledger = Oracle::new(Chance::printed(what));
    ledger.fill_segment();
    ledger
}

#[test]
fn a_failed_sync_ends_the_service_and_nothing_is_acknowledged_after_it() {
    let ledger = nearly_full("syncs that fail");
    let ends = sweep(&ledger, SYNCS, "error=EIO", places::commits);
    assert!(ends.stopped_mostly(), "{ends:?}");
}

#[test]
fn a_failed_write_of_a_batch_ends_the_service_and_nothing_is_acknowledged_after_it() {
    let ledger = nearly_full("writes that fail");
    let ends = sweep(&ledger, "pwrite64", "error=EIO", places::commits);
    assert!(ends.stopped_mostly(), "{ends:?}");
}

#[test]
fn a_next_segment_that_cannot_be_made_ends_the_service_when_it_is_needed() {
    let ledger = nearly_full("room that cannot be made");
    std::fs::remove_file(ledger.path().join("log/next.log")).unwrap();
    let calls = "openat,pwrite64,fdatasync,fsync,rename";
    let ends = sweep(&ledger, calls, "error=EIO", places::room);
    assert!(ends.aborted >= 1, "{ends:?}");
}

#[test]
fn proofs_that_cannot_be_synced_stop_no_command() {
    fault::assert_possible();
    let ledger = Oracle::new(Chance::printed("proofs that are not synced"));
    let ends = sweep(&ledger, SYNCS, "error=EIO", places::proofs);
    assert_eq!(ends.aborted, 0, "{ends:?}");
}
