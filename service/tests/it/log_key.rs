//! A new key signs the log: whoever kept the old one goes on to believe it, and no other new key.

use std::fs;
use std::path::Path;

use ledger::proof::{Checkpoint, FactsProof, TrustedKeys, VerifierKey};
use serde_json::{Value, json};

use crate::support::{EMAIL, Home, PASSWORD, Service, code, get, printed, run, said};

/// Lets the ledger grow, and gives what its console serves about keys.
fn work(home: &Home) -> String {
    let service = Service::start(home.data());
    let _ = service.console_token();
    let keys = get(&service.console, "/tlog/keys").body;
    assert_eq!(service.stop().0, 0);
    keys
}

fn rotate(home: &Home) -> Value {
    printed(&run(&["keys", "rotate", "log", "--data", home.data(), "--json"]))
}

fn vkey(home: &Home) -> VerifierKey {
    fs::read_to_string(home.path("proofs/log.vkey")).unwrap().trim().parse().unwrap()
}

/// What somebody kept elsewhere: the public key and a checkpoint.
fn kept(home: &Home, place: &Home) -> (String, String) {
    for (from, to) in [("proofs/log.vkey", "vkey"), ("proofs/checkpoint", "checkpoint")] {
        fs::copy(home.path(from), place.path(to)).unwrap();
    }
    (place.text("vkey"), place.text("checkpoint"))
}

fn verify(data: &str, key: &str, checkpoint: &str) -> std::process::Output {
    run(&["verify", "--data", data, "--json", "--key", key, "--checkpoint", checkpoint])
}

/// How many of these keys signed the newest checkpoint.
fn signers(home: &Home, keys: &[VerifierKey]) -> usize {
    let note = fs::read_to_string(home.path("proofs/checkpoint")).unwrap();
    Checkpoint::open(&note, keys).unwrap().1.len()
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn whoever_kept_the_old_key_believes_the_log_that_a_new_one_signs() {
    let (home, place) = (Home::new(), Home::vacant());
    work(&home);
    let old = vkey(&home);
    let (key, checkpoint) = kept(&home, &place);
    let rotated = rotate(&home);
    let new = vkey(&home);
    assert_eq!(rotated["before"], json!(old.to_string()));
    assert_eq!(rotated["now"], json!(new.to_string()));
    assert_eq!(signers(&home, &[old.clone(), new.clone()]), 2, "the one that covers the change");

    let served = work(&home);
    assert_eq!(signers(&home, &[old.clone(), new.clone()]), 2, "and those after it for a time");
    let whole = printed(&verify(home.data(), &key, &checkpoint));
    assert_eq!((&whole["whole"], &whole["key"]), (&json!(true), &json!(new.to_string())));
    assert_eq!(whole["keyChanges"][0]["old"], json!(old.to_string()), "{whole}");
    let examined = run(&["doctor", "--data", home.data()]);
    assert_eq!(code(&examined), 0, "{}", String::from_utf8_lossy(&examined.stdout));
    assert_eq!(code(&run(&["replay", "--data", home.data()])), 0);

    // As when its time is over: the new key signs alone.
    fs::remove_file(home.path("keys/log.key.before")).unwrap();
    work(&home);
    assert_eq!(signers(&home, &[old.clone(), new.clone()]), 1);
    assert_eq!(code(&verify(home.data(), &key, &checkpoint)), 0);
    let since = run(&["prove", "--data", home.data(), "--since", &checkpoint]);
    assert_eq!(code(&since), 0, "{}", said(&since));

    // A stranger without the ledger is led from the old key to the new one.
    let proven = run(&["prove", "--data", home.data(), "--keys"]);
    assert!(said(&proven).contains("1 change of"), "{}", said(&proven));
    let note = fs::read_to_string(home.path("proofs/checkpoint")).unwrap();
    assert!(TrustedKeys::from(old.clone()).open(&note).is_err());
    for file in [served, String::from_utf8(proven.stdout).unwrap()] {
        let shown = FactsProof::parse(&file).unwrap().open(std::slice::from_ref(&old)).unwrap();
        assert_eq!(shown.keys.newest(), Some(&new));
        assert!(shown.keys.open(&note).is_ok());
    }
}

#[test]
fn a_new_key_that_the_old_one_does_not_vouch_for_is_refused() {
    let (home, place) = (Home::new(), Home::vacant());
    let own = vkey(&home);
    let (key, checkpoint) = kept(&home, &place);
    // Somebody who has the folder and not the key puts an own key of the same name, and changes it in order.
    let theirs = ledger::proof::SignerKey::from_seed(own.name(), &[7; 32]).unwrap();
    fs::write(home.path("keys/log.key"), format!("{}\n", theirs.to_text().as_str())).unwrap();
    fs::remove_file(home.path("keys/log.signed")).unwrap();
    fs::remove_dir_all(home.path("proofs")).unwrap();
    rotate(&home);
    work(&home);
    let alone = printed(&run(&["verify", "--data", home.data(), "--json"]));
    assert_eq!(alone["whole"], json!(true), "nothing in the folder shows it: {alone}");
    let refused = verify(home.data(), &key, &checkpoint);
    assert_eq!(code(&refused), 3, "{}", said(&refused));
    assert!(said(&refused).contains("UNKNOWN_KEY"), "{}", said(&refused));
    let file = run(&["prove", "--data", home.data(), "--keys"]);
    let file = FactsProof::parse(&String::from_utf8(file.stdout).unwrap()).unwrap();
    assert!(file.open(&[own]).is_err());
}

#[test]
fn the_key_is_changed_again_and_a_backup_of_older_keys_does_not_sign() {
    let (home, place) = (Home::new(), Home::vacant());
    let first = vkey(&home);
    let (key, checkpoint) = kept(&home, &place);
    copied(&home.path("keys"), &place.path("keys"));
    rotate(&home);
    rotate(&home);
    work(&home);
    let whole = printed(&verify(home.data(), &key, &checkpoint));
    assert_eq!(whole["keyChanges"].as_array().unwrap().len(), 2);
    assert_eq!(signers(&home, &[vkey(&home)]), 1);
    let note = fs::read_to_string(home.path("proofs/checkpoint")).unwrap();
    assert!(Checkpoint::open(&note, &[first]).is_err(), "the first key signs no more");

    // The folder of keys from before, with the signer's memory left out as a backup leaves it.
    fs::remove_file(place.path("keys/log.signed")).unwrap();
    let backup = place.text("backup");
    assert_eq!(code(&run(&["backup", "--data", home.data(), &backup])), 0);
    let (to, keys) = (place.text("restored"), place.text("keys"));
    let refused = run(&["restore", &backup, &to, "--keys", &keys]);
    assert!(said(&refused).contains("LOG_KEY_REPLACED"), "{}", said(&refused));
    assert!(!place.path("restored").exists());
    let restored = run(&["restore", &backup, &to, "--keys", &home.text("keys")]);
    assert_eq!(code(&restored), 0, "{}", said(&restored));
    let service = Service::start(&to);
    assert_eq!(service.sign_in(&service.console, EMAIL, PASSWORD).status, 200);
    assert_eq!(service.stop().0, 0);
    assert_eq!(code(&verify(&to, &key, &checkpoint)), 0);
}

#[test]
fn both_keys_are_listed_while_both_sign() {
    let home = Home::new();
    let names = || {
        let told = printed(&run(&["keys", "list", "--data", home.data(), "--json"]));
        let keys = told["keys"].as_array().unwrap().clone();
        let name = |key: &Value| key["name"].as_str().unwrap().to_owned();
        (keys.iter().map(name).collect::<Vec<_>>(), told)
    };
    assert!(!names().0.contains(&"log-before".to_owned()));
    let old = names().1["keys"][3]["id"].clone();
    rotate(&home);
    let (all, told) = names();
    assert_eq!(
        all,
        ["key-encryption", "people", "hashes", "log", "log-before", "licensing"],
        "{told}"
    );
    assert_eq!(told["keys"][4]["id"], old);
    assert!(told["keys"][4]["changed"].as_str().unwrap().contains("until"), "{told}");
    let page = include_str!("../../../docs/keys.md");
    assert!(all.iter().all(|name| page.contains(&format!("| `{name}` |"))));
    let service = Service::start(home.data());
    let refused = run(&["keys", "rotate", "log", "--data", home.data()]);
    assert!(said(&refused).contains("DATA_FOLDER_IN_USE"), "{}", said(&refused));
    assert_eq!(service.stop().0, 0);
}
