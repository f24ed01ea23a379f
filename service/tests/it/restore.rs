//! What comes back out of a backup: all of it, all of it up to a moment, and how a copy that lacks something says so.

use std::fs;

use serde_json::{Value, json};

use crate::support::{EMAIL, Home, PASSWORD, Service, code, get, printed, run, said};

/// A ledger that was backed up, and went on and was signed since.
struct Later {
    home: Home,
    place: Home,
    /// How many events are in the backup.
    held: u64,
}

impl Later {
    fn new() -> Self {
        let (home, place) = (Home::new(), Home::vacant());
        let made = printed(&run(&[
            "backup",
            "--data",
            home.data(),
            "--with-keys",
            "--json",
            &place.text("backup"),
        ]));
        let service = Service::start(home.data());
        let _ = service.console_token();
        assert_eq!(service.stop().0, 0);
        Self { home, place, held: made["events"].as_u64().unwrap() }
    }

    fn restore(&self, more: &[&str]) -> std::process::Output {
        let (from, to) = (self.place.text("backup"), self.place.text("restored"));
        run(&[&["restore", "--json", &from, &to], more].concat())
    }

    fn kept_elsewhere(&self) -> String {
        self.home.text("proofs/checkpoint")
    }
}

fn verified(data: &str, more: &[&str]) -> Value {
    printed(&run(&[&["verify", "--json", "--data", data], more].concat()))
}

#[test]
fn a_backup_that_goes_as_far_as_the_checkpoint_kept_elsewhere_is_proven() {
    let later = Later::new();
    // The ledger was idle since: the checkpoint is about what the backup holds.
    let elsewhere = later.place.text("elsewhere");
    fs::copy(later.place.path("backup/proofs/checkpoint"), &elsewhere).unwrap();
    let restored = printed(&later.restore(&["--checkpoint", &elsewhere]));
    assert_eq!(restored["events"], json!(later.held));
    assert_eq!(restored["proven"]["size"], json!(later.held));
    assert_eq!(restored["forked"], Value::Null);
    // It is the same log, and goes on under the same key.
    let data = later.place.text("restored");
    let service = Service::start(&data);
    let _ = service.console_token();
    assert_eq!(service.stop().0, 0);
    let key = later.home.text("proofs/log.vkey");
    verified(&data, &["--key", &key, "--checkpoint", &elsewhere]);
}

#[test]
fn a_backup_that_lacks_what_was_signed_is_refused_or_becomes_another_ledger() {
    let later = Later::new();
    let elsewhere = later.kept_elsewhere();
    let refused = later.restore(&["--checkpoint", &elsewhere]);
    assert_eq!(code(&refused), 1, "{}", said(&refused));
    assert!(said(&refused).contains("RESTORE_WOULD_FORK"), "{}", said(&refused));
    assert!(said(&refused).contains("--fork"), "{}", said(&refused));
    assert!(!later.place.path("restored").exists(), "nothing is half done");

    let restored = printed(&later.restore(&["--checkpoint", &elsewhere, "--fork"]));
    let (own, new) = (verified(later.home.data(), &[]), &restored["forked"]);
    assert_eq!(new["from"], own["ledger"]);
    assert_eq!(new["events"], json!(later.held));
    // The root is the one that the old ledger signed when it had as many events.
    assert_eq!(new["root"], restored["proven"]["root"]);
    let data = later.place.text("restored");
    let copy = verified(&data, &[]);
    assert_eq!(copy["ledger"], new["ledger"]);
    assert_eq!(copy["events"], json!(later.held + 1));
    assert_eq!(copy["checkpoint"]["size"], json!(later.held + 1));
    assert_ne!(copy["key"], own["key"]);
    let origin = copy["checkpoint"]["origin"].as_str().unwrap();
    assert!(origin.ends_with(copy["ledger"].as_str().unwrap()), "{origin}");
    // Whoever kept something of the old ledger is not taken in.
    let other = run(&["verify", "--data", &data, "--checkpoint", &elsewhere]);
    assert_eq!(code(&other), 3);
    assert!(said(&other).contains("UNKNOWN_KEY"), "{}", said(&other));
    let newest = run(&["inspect", "--data", &data, "--json", "--stream", "ledger"]);
    assert!(String::from_utf8_lossy(&newest.stdout).contains("ledger_forked"), "{newest:?}");
    let service = Service::start(&data);
    assert_eq!(service.sign_in(&service.console, EMAIL, PASSWORD).status, 200);
    assert_eq!(get(&service.console, "/readyz").status, 200);
}

#[test]
fn the_memory_of_the_signer_beside_the_keys_tells_that_a_backup_is_old() {
    let later = Later::new();
    let refused = later.restore(&["--keys", &later.home.text("keys")]);
    assert_eq!(code(&refused), 1, "{}", said(&refused));
    assert!(said(&refused).contains("log.signed"), "{}", said(&refused));
}

#[test]
fn a_ledger_comes_back_as_it_was_at_any_position_and_time() {
    let later = Later::new();
    let backup = later.place.text("backup");
    let full = printed(&run(&["replay", "--json", "--data", &backup]));
    for position in 0..later.held {
        let (until, to) = (position.to_string(), later.place.text(&format!("at-{position}")));
        let asked = ["restore", "--json", "--fork", "--until", &until, &backup, &to];
        let restored = printed(&run(&asked));
        // A command is there with all of its events or with none.
        let events = restored["forked"]["events"].as_u64();
        let Some(events) = events else {
            assert_eq!(position + 1, later.held, "the whole backup is no fork");
            assert_eq!(printed(&run(&["replay", "--json", "--data", &to])), full);
            continue;
        };
        assert!(events <= position + 1 && events > 0, "{events} of {position}");
        let last = (events - 1).to_string();
        let before = printed(&run(&["replay", "--json", "--data", &backup, "--as-of", &last]));
        let after = printed(&run(&["replay", "--json", "--data", &to, "--as-of", &last]));
        assert_eq!(after["views"], before["views"], "at {position}");
    }
    let early = ["restore", "--until", "2001-01-01", "--fork", &backup];
    let refused = run(&[&early[..], &[&later.place.text("early")]].concat());
    assert_eq!(code(&refused), 1, "{}", said(&refused));
    assert!(said(&refused).contains("no events"), "{}", said(&refused));
    let whole = ["restore", "--json", "--until", "2999-01-01", &backup];
    let whole = printed(&run(&[&whole[..], &[&later.place.text("whole")]].concat()));
    assert_eq!(whole["events"], json!(later.held));
    let refused = later.restore(&["--until", "4000"]);
    assert!(said(&refused).contains("MOMENT_NOT_REACHED"), "{}", said(&refused));
    let refused = later.restore(&["--until", "yesterday"]);
    assert_eq!(code(&refused), 2, "{}", said(&refused));
}

#[test]
fn a_backup_of_another_history_is_never_restored() {
    let later = Later::new();
    let other = Later::new();
    let elsewhere = other.kept_elsewhere();
    let refused = later.restore(&["--fork", "--checkpoint", &elsewhere]);
    assert_eq!(code(&refused), 3, "{}", said(&refused));
    assert!(said(&refused).contains("UNKNOWN_KEY"), "{}", said(&refused));
    assert!(!later.place.path("restored").exists());
}
