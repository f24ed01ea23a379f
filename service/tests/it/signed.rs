//! What is signed about the log, as a stranger gets it: over HTTP, from the folder, with the command line.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use ledger::proof::leaf::{leaf_hash, parse_leaf_entry};
use ledger::proof::tile::parse_bundle;
use ledger::proof::tree::{Frontier, verify_consistency, verify_inclusion};
use ledger::proof::{Checkpoint, ConsistencyProof, InclusionProof, VerifierKey};
use serde_json::json;

use crate::support::{Home, Service, code, get, printed, run, said};

fn bytes(address: &str, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}: {}", String::from_utf8_lossy(&answer));
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    answer.split_off(head + 4)
}

fn text(address: &str, path: &str) -> String {
    String::from_utf8(bytes(address, path)).unwrap()
}

/// The checkpoint that the service publishes once it covers this many events. The runner's time limit ends this when
/// it never does.
fn checkpoint_of(address: &str, key: &VerifierKey, events: u64) -> (Checkpoint, String) {
    loop {
        let note = text(address, "/tlog/checkpoint");
        let (checkpoint, _) = Checkpoint::open(&note, std::slice::from_ref(key)).unwrap();
        if checkpoint.size >= events {
            return (checkpoint, note);
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_stranger_checks_the_log_of_a_running_service_with_its_public_key_alone() {
    let home = Home::new();
    let service = Service::start(home.data());
    let console = &service.console;
    let key: VerifierKey = text(console, "/tlog/log.vkey").trim().parse().unwrap();
    assert!(key.name().starts_with("ledger.acme/v1/"), "{key}");
    let first = text(console, "/tlog/checkpoint");
    let (first, _) = Checkpoint::open(&first, std::slice::from_ref(&key)).unwrap();
    // Signing in is written down: the log grows.
    let _ = service.console_token();
    let (newest, note) = checkpoint_of(console, &key, first.size + 1);

    let width = newest.size;
    assert!(width < 256, "a new ledger has few events");
    let bundle = bytes(console, &format!("/tlog/tile/entries/000.p/{width}"));
    let entries = parse_bundle(&bundle, u16::try_from(width).unwrap()).unwrap();
    let mut tree = Frontier::default();
    for (entry, position) in entries.iter().zip(0_u64..) {
        assert_eq!(parse_leaf_entry(entry).unwrap().0.0, position);
        tree.append(leaf_hash(entry));
    }
    assert_eq!(tree.root(), newest.root);
    let tile = bytes(console, &format!("/tlog/tile/0/000.p/{width}"));
    let hashes: Vec<u8> = entries.iter().flat_map(|entry| leaf_hash(entry).0).collect();
    assert_eq!(tile, hashes);

    for (entry, position) in entries.iter().zip(0_u64..) {
        let proof = text(console, &format!("/tlog/proof/{position}"));
        let proof = InclusionProof::parse(&proof).unwrap();
        let (signed, _) = Checkpoint::open(&proof.checkpoint, std::slice::from_ref(&key)).unwrap();
        let leaf = leaf_hash(entry);
        verify_inclusion(&leaf, proof.index, signed.size, &proof.path, &signed.root).unwrap();
    }
    let proof = text(console, &format!("/tlog/consistency/{}", first.size));
    let proof = ConsistencyProof::parse(&proof).unwrap();
    assert_eq!((proof.old_size, proof.old_root), (first.size, first.root));
    let (later, _) = Checkpoint::open(&proof.checkpoint, std::slice::from_ref(&key)).unwrap();
    let (old, old_root) = (proof.old_size, &proof.old_root);
    verify_consistency(old, old_root, later.size, &later.root, &proof.path).unwrap();

    for path in
        ["/tlog/proof/99999", "/tlog/consistency/0", "/tlog/tile/0/999", "/tlog/tile/0/../x"]
    {
        assert_eq!(get(console, path).status, 404, "{path}");
    }
    assert_eq!(get(&service.portal, "/tlog/checkpoint").status, 404);
    let ready = get(console, "/readyz").json();
    assert!(ready["signedEvents"].as_u64().unwrap() >= newest.size, "{ready}");
    assert_eq!(service.stop().0, 0);

    // The service signed what came after, too, before it ended.
    let kept = Home::vacant();
    fs::write(kept.path("kept"), note).unwrap();
    fs::write(kept.path("vkey"), format!("{key}\n")).unwrap();
    let checked = printed(&run(&[
        "verify",
        "--data",
        home.data(),
        "--json",
        "--key",
        &kept.text("vkey"),
        "--checkpoint",
        &kept.text("kept"),
    ]));
    assert_eq!(checked["checkpoint"]["size"], checked["events"]);
    assert_eq!((&checked["whole"], &checked["checkpointsCompared"]), (&json!(true), &json!(3)));
    assert!(checked["tilesCompared"].as_u64().unwrap() > 0);
}

#[test]
fn a_checkpoint_of_somebody_else_and_a_key_that_is_none_are_refused() {
    let (home, other) = (Home::new(), Home::new());
    let theirs = other.text("proofs/checkpoint");
    let refused = run(&["verify", "--data", home.data(), "--checkpoint", &theirs]);
    assert_eq!(code(&refused), 3, "{}", said(&refused));
    assert!(said(&refused).contains("UNKNOWN_KEY"), "{}", said(&refused));
    let refused = run(&["verify", "--data", home.data(), "--key", &other.text("proofs/log.vkey")]);
    assert_eq!(code(&refused), 3, "{}", said(&refused));
    assert!(said(&refused).contains("UNKNOWN_KEY"), "{}", said(&refused));
    let refused = run(&["verify", "--data", home.data(), "--key", "nonsense"]);
    assert_eq!(code(&refused), 2);
    assert!(said(&refused).contains("KEY_NOT_UNDERSTOOD"), "{}", said(&refused));
}

#[test]
fn an_older_log_beside_newer_keys_is_a_rollback() {
    let home = Home::new();
    let before = fs::read(home.segment()).unwrap();
    let service = Service::start(home.data());
    let _ = service.console_token();
    assert_eq!(service.stop().0, 0);
    fs::write(home.segment(), before).unwrap();
    for command in ["serve", "verify"] {
        let refused = run(&[command, "--data", home.data()]);
        assert_eq!(code(&refused), 3, "{command}: {}", said(&refused));
        assert!(said(&refused).contains("ROLLBACK"), "{command}: {}", said(&refused));
    }
}

#[test]
fn a_ledger_without_its_signing_key_does_not_start() {
    let home = Home::new();
    fs::remove_file(home.path("keys/log.key")).unwrap();
    let refused = run(&["serve", "--data", home.data()]);
    assert_eq!(code(&refused), 1, "{}", said(&refused));
    assert!(said(&refused).contains("LOG_KEY_UNUSABLE"), "{}", said(&refused));
    assert!(said(&refused).contains("restore the folder `keys`"), "{}", said(&refused));
}
