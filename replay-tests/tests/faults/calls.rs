//! A kill before the n-th system call that changes a file, for each such call that a script of commands leads to, from
//! the start of the service to its end. Every stride-th of them; all with `DEEDBOOK_EVERY_CALL=1`.

use replay_tests::chance::Chance;
use replay_tests::fault;
use replay_tests::oracle::Oracle;

use crate::places;
use crate::script::{self, Places};

/// The calls by which files are changed.
const CALLS: &str = "openat,mkdir,mkdirat,write,pwrite64,ftruncate,fallocate,fdatasync,fsync,syncfs,\
                     rename,renameat,renameat2,unlink,unlinkat,rmdir";
/// Those of them that are made for nothing else, so that they need no paths.
const FILE_CALLS: &str = "openat,mkdir,mkdirat,pwrite64,ftruncate,fallocate,fdatasync,fsync,syncfs,\
                          rename,renameat,renameat2,unlink,unlinkat,rmdir";
/// The share of the calls that is tried when not all of them are asked for.
const STRIDE: usize = 6;
const SIGKILL: i32 = 9;

/// Kills before one call of the script after the other and gives how often.
fn sweep(ledger: &Oracle, calls: &str, places: Places) -> usize {
    let (mut kills, mut unreached, mut acknowledged) = (0, 0, 0);
    for point in script::points(ledger, calls, places, STRIDE) {
        let at = format!("{point:?}");
        let told = script::tell(ledger, places, "signal=KILL", point);
        if told.signal() == Some(SIGKILL) {
            (kills, acknowledged) = (kills + 1, acknowledged + told.acknowledged);
        } else {
            // How the work is cut into batches differs from run to run, and with it the number of calls.
            assert!(told.is_well(), "{at}: {:?}", told.ended);
            unreached += 1;
        }
    }
    println!(
        "{kills} kills, {unreached} points not reached; {acknowledged} commands were acknowledged before"
    );
    assert!(unreached <= kills, "{unreached} points not reached");
    kills
}

#[test]
fn a_kill_at_any_call_of_the_writer_loses_nothing() {
    fault::assert_possible();
    let mut ledger = Oracle::new(Chance::printed("a kill in the writer"));
    ledger.fill_segment();
    assert!(sweep(&ledger, CALLS, places::commits) >= 10);
}

#[test]
fn a_kill_at_any_call_that_prepares_room_loses_nothing() {
    fault::assert_possible();
    let mut ledger = Oracle::new(Chance::printed("a kill while room is made"));
    ledger.fill_segment();
    // So that it makes both at its start too.
    std::fs::remove_file(ledger.path().join("log/next.log")).unwrap();
    std::fs::remove_file(ledger.path().join("reserve")).unwrap();
    assert!(sweep(&ledger, CALLS, places::room) >= 3);
}

#[test]
fn a_kill_at_any_call_of_the_sealer_loses_nothing() {
    fault::assert_possible();
    let ledger = Oracle::new(Chance::printed("a kill in the sealer"));
    assert!(sweep(&ledger, CALLS, places::proofs) >= 1);
}

#[test]
fn a_kill_at_any_call_of_the_whole_service_loses_nothing() {
    fault::assert_possible();
    let ledger = Oracle::new(Chance::printed("a kill in the service"));
    // Without paths every call counts; the thread that opens the ledger makes the most of them.
    assert!(sweep(&ledger, FILE_CALLS, |_| Vec::new()) >= 5);
}
