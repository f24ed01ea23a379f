//! Proofs from the command line: what they say, that they hold, and why there is none.

use std::fs;

use ledger::proof::leaf::{leaf_entry, leaf_hash};
use ledger::proof::tree::{verify_consistency, verify_inclusion};
use ledger::proof::{Checkpoint, ConsistencyProof, InclusionProof, VerifierKey};
use schemas::{Digest, LogPosition};
use serde_json::Value;

use crate::support::{Home, Service, code, flip, get, run, said};

fn key(home: &Home) -> VerifierKey {
    fs::read_to_string(home.path("proofs/log.vkey")).unwrap().trim().parse().unwrap()
}

/// The content roots of all events, as `inspect` shows them.
fn roots(home: &Home) -> Vec<Digest> {
    let shown = run(&["inspect", "--data", home.data(), "--json"]);
    assert_eq!(code(&shown), 0, "{}", said(&shown));
    let lines = String::from_utf8(shown.stdout).unwrap();
    let events = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.map(|event| event["contentRoot"].as_str().unwrap().parse().unwrap()).collect()
}

/// Grows the ledger by one event, signed.
fn grow(home: &Home) {
    let service = Service::start(home.data());
    let _ = service.console_token();
    assert_eq!(service.stop().0, 0);
}

fn refused(arguments: &[&str], exit: i32, code_: &str) {
    let ended = run(arguments);
    assert_eq!(code(&ended), exit, "{arguments:?}: {}", said(&ended));
    assert!(said(&ended).contains(&format!("error[{code_}]")), "{}", said(&ended));
    assert!(said(&ended).contains("to do:"), "{}", said(&ended));
    assert!(ended.stdout.is_empty());
}

#[test]
fn every_event_is_proven_by_the_key_and_its_content_root_alone() {
    let home = Home::new();
    grow(&home);
    let roots = roots(&home);
    assert!(roots.len() > 3);
    for (root, position) in roots.iter().zip(0_u64..) {
        let number = position.to_string();
        let out = home.text("a.proof");
        let printed = run(&["prove", "--data", home.data(), "--event", &number]);
        assert_eq!(code(&printed), 0, "{}", said(&printed));
        assert!(said(&printed).contains(&root.to_string()), "{}", said(&printed));
        let written = run(&["prove", "--data", home.data(), "--event", &number, "--out", &out]);
        assert_eq!(code(&written), 0, "{}", said(&written));
        assert!(String::from_utf8_lossy(&written.stdout).contains(&root.to_string()));
        assert_eq!(fs::read(&out).unwrap(), printed.stdout, "one proof, printed or written");

        let proof = InclusionProof::parse(&fs::read_to_string(&out).unwrap()).unwrap();
        let (signed, _) = Checkpoint::open(&proof.checkpoint, &[key(&home)]).unwrap();
        assert_eq!((proof.index, signed.size), (position, u64::try_from(roots.len()).unwrap()));
        let leaf = leaf_hash(&leaf_entry(LogPosition(position), root));
        verify_inclusion(&leaf, position, signed.size, &proof.path, &signed.root).unwrap();
    }
}

#[test]
fn the_service_and_the_command_give_the_same_proof() {
    let home = Home::new();
    let service = Service::start(home.data());
    refused(&["prove", "--data", home.data(), "--event", "0"], 1, "DATA_FOLDER_IN_USE");
    let served = get(&service.console, "/tlog/proof/2").body;
    assert_eq!(service.stop().0, 0);
    let printed = run(&["prove", "--data", home.data(), "--event", "2"]);
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), served);
}

#[test]
fn a_log_is_proven_to_go_on_from_a_checkpoint_that_was_kept() {
    let home = Home::new();
    fs::copy(home.path("proofs/checkpoint"), home.path("kept")).unwrap();
    grow(&home);
    let kept = home.text("kept");
    let printed = run(&["prove", "--data", home.data(), "--since", &kept]);
    assert_eq!(code(&printed), 0, "{}", said(&printed));
    let proof = ConsistencyProof::parse(&String::from_utf8(printed.stdout).unwrap()).unwrap();
    let note = fs::read_to_string(&kept).unwrap();
    let (old, _) = Checkpoint::open(&note, &[key(&home)]).unwrap();
    let (new, _) = Checkpoint::open(&proof.checkpoint, &[key(&home)]).unwrap();
    assert!(new.size > old.size);
    assert_eq!((proof.old_size, proof.old_root), (old.size, old.root));
    verify_consistency(old.size, &old.root, new.size, &new.root, &proof.path).unwrap();
}

#[test]
fn there_is_no_proof_of_what_is_not_there_not_signed_or_not_of_this_log() {
    let (home, other) = (Home::new(), Home::new());
    let data = home.data();
    refused(&["prove", "--data", data, "--event", "9999"], 1, "NO_SUCH_EVENT");
    let theirs = other.text("proofs/checkpoint");
    refused(&["prove", "--data", data, "--since", &theirs], 1, "OTHER_LOG");
    let no_checkpoint = home.text("proofs/log.vkey");
    refused(&["prove", "--data", data, "--since", &no_checkpoint], 2, "CHECKPOINT_NOT_UNDERSTOOD");
    let vacant = Home::vacant();
    refused(&["prove", "--data", vacant.data(), "--event", "0"], 1, "NO_LEDGER");
    for wrong in [&["prove", "--data", data][..], &["prove", "--event", "1", "--since", "x"]] {
        assert_eq!(code(&run(wrong)), 2, "{wrong:?}");
    }

    let signed = fs::read(home.path("proofs/checkpoint")).unwrap();
    grow(&home);
    let newer = home.text("newer");
    fs::copy(home.path("proofs/checkpoint"), &newer).unwrap();
    let newest = (roots(&home).len() - 1).to_string();
    fs::write(home.path("proofs/checkpoint"), signed).unwrap();
    refused(&["prove", "--data", data, "--event", &newest], 1, "NOT_SEALED_YET");
    refused(&["prove", "--data", data, "--since", &newer], 3, "ROLLBACK");
    fs::remove_file(home.path("proofs/checkpoint")).unwrap();
    refused(&["prove", "--data", data, "--event", "0"], 1, "NOT_SEALED");
}

#[test]
fn a_log_that_is_not_the_one_that_was_signed_gives_no_proof() {
    use ledger::proof::{SignerKey, TreeHash};
    let home = Home::new();
    grow(&home);
    let note = fs::read_to_string(home.path("proofs/checkpoint")).unwrap();
    let (newest, _) = Checkpoint::open(&note, &[key(&home)]).unwrap();
    // Another history under the ledger's own key, and this history under another key.
    let secret = fs::read_to_string(home.path("keys/log.key")).unwrap();
    let own = SignerKey::from_text(secret.trim()).unwrap();
    let another = SignerKey::from_seed(&newest.origin, &[7; 32]).unwrap();
    let forked = Checkpoint { root: TreeHash([9; 32]), size: 2, ..newest.clone() };
    let kept = home.text("kept");
    fs::write(&kept, forked.sign(&[&own]).unwrap()).unwrap();
    refused(&["prove", "--data", home.data(), "--since", &kept], 3, "FORK");
    fs::write(&kept, newest.sign(&[&another]).unwrap()).unwrap();
    refused(&["prove", "--data", home.data(), "--since", &kept], 3, "UNKNOWN_KEY");

    let tiles = home.path("proofs/tile/0/000.p");
    let tile = fs::read_dir(tiles).unwrap().next().unwrap().unwrap().path();
    flip(&tile, 40);
    refused(&["prove", "--data", home.data(), "--event", "0"], 3, "PROOF_DOES_NOT_HOLD");
    fs::remove_file(&tile).unwrap();
    refused(&["prove", "--data", home.data(), "--event", "0"], 1, "TILES_UNREADABLE");
}
