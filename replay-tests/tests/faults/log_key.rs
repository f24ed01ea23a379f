//! A kill before the n-th call that changes a file while another key takes over the signing of the log. Every stride-th of
//! them; all with `DEEDBOOK_EVERY_CALL=1`.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use ledger::proof::{Checkpoint, SignerKey, VerifierKey};
use replay_tests::chance::Chance;
use replay_tests::fault::{self, Counter, Fault};
use replay_tests::oracle::Oracle;
use replay_tests::process::{self, Service};
use serde_json::{Value, json};

use crate::script;

const CALLS: &str =
    "openat,write,pwrite64,ftruncate,fdatasync,fsync,rename,renameat,renameat2,unlink,unlinkat";
const STRIDE: usize = 9;
const SIGKILL: i32 = 9;

fn rotate(data: &Path) -> Command {
    let data = data.to_str().unwrap();
    process::command(["keys", "rotate", "log", "--data", data, "--segment-mib", "4"])
}

/// The files that are about who signs, and those of what is recorded and signed then.
fn places(data: &Path) -> Vec<PathBuf> {
    let keys = ["log.key", "log.key.next", "log.key.before", "log.key.part", "log.former"];
    let more = ["log.signed", "log.part", ""].iter();
    let keys = keys.iter().chain(more).map(|name| data.join("keys").join(name));
    let other =
        ["proofs/checkpoint", "proofs/checkpoint.part", "proofs/log.vkey", "proofs/log.part"];
    let segments = ["log/segment-00000001.log", "log/segment-00000002.log"];
    keys.chain(other.iter().chain(&segments).map(|name| data.join(name))).collect()
}

fn key(data: &Path) -> VerifierKey {
    let text = fs::read_to_string(data.join("keys/log.key")).unwrap();
    SignerKey::from_text(text.trim()).unwrap().verifier()
}

/// What somebody finds who kept this key.
fn verified(data: &Path, kept: &VerifierKey) -> Value {
    let (data, key) = (data.to_str().unwrap(), kept.to_string());
    let found = process::run(["verify", "--json", "--data", data, "--key", &key]);
    serde_json::from_slice(&found.stdout).unwrap()
}

#[test]
fn a_kill_at_any_call_leaves_the_old_key_alone_or_the_change_done() {
    fault::assert_possible();
    let ledger = Oracle::new(Chance::printed("a kill while the key is changed"));
    let twin = ledger.twin();
    let data = twin.path();
    let (counter, mut command) = Counter::in_command(CALLS, &places(&data), &rotate(&data));
    assert!(command.status().unwrap().success());
    // It holds the other end of what is counted.
    drop(command);
    let counts = counter.counts();
    println!("{counts:?}");
    let all =
        counts.into_iter().flat_map(|(call, count)| (1..=count).map(move |n| (call.clone(), n)));
    let (mut kept, mut changed) = (0, 0);
    for (call, when) in script::share(&ledger, all, STRIDE) {
        let twin = ledger.twin();
        let data = twin.path();
        let old = key(&data);
        let fault = Fault { call, paths: places(&data), what: "signal=KILL", when };
        let ended = fault.in_command(&rotate(&data)).output().unwrap().status;
        assert!(ended.signal() == Some(SIGKILL) || ended.success(), "{fault:?}: {ended:?}");
        // As it was left, and after the next start: nothing is signed by a key that nothing vouches for.
        assert_eq!(verified(&data, &old)["whole"], json!(true), "{fault:?}");
        let mut service = Service::start(&data);
        assert!(service.stop().success(), "{fault:?}");
        let found = verified(&data, &old);
        assert_eq!(found["whole"], json!(true), "{fault:?}: {found}");
        let note = fs::read_to_string(data.join("proofs/checkpoint")).unwrap();
        let own = key(&data);
        let (_, signers) = Checkpoint::open(&note, &[old.clone(), own.clone()]).unwrap();
        let changes = found["keyChanges"].as_array().unwrap().len();
        if own == old {
            assert_eq!((changes, signers.len()), (0, 1), "{fault:?}");
            kept += 1;
        } else {
            assert_eq!((changes, signers.len()), (1, 2), "{fault:?}");
            changed += 1;
        }
        assert!(!data.join("keys/log.key.next").exists(), "{fault:?}");
    }
    println!("{kept} kills left the old key, {changed} the change");
    assert!(kept >= 1 && changed >= 1, "{kept} and {changed}");
}
