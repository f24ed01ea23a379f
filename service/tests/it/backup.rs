//! Backups, also of a ledger that is written to, and what comes back out of them.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::support::{EMAIL, Home, PASSWORD, Service, code, graphql, printed, run, said};

#[test]
fn a_backup_of_a_running_ledger_holds_all_that_was_acknowledged_and_comes_back() {
    let home = Home::new();
    let service = Service::start(home.data());
    let token = service.console_token();
    let place = Home::vacant();
    let (backup, restored) = (place.text("backup"), place.text("restored"));
    let made = run(&["backup", "--data", home.data(), "--with-keys", "--json", &backup]);
    // Opened, claimed, added, password, token.
    assert_eq!(printed(&made)["events"], json!(5));
    assert_eq!(code(&run(&["verify", "--data", &backup])), 0);
    let back = run(&["restore", "--json", &backup, &restored]);
    assert_eq!(printed(&back)["events"], json!(5));
    assert_eq!(service.stop().0, 0);
    let before = printed(&run(&["replay", "--data", home.data(), "--json"]));
    assert_eq!(printed(&run(&["replay", "--data", &restored, "--json"])), before);
    let service = Service::start(&restored);
    assert_eq!(graphql(&service.console, Some(&token), "{ __typename }").status, 200);
    assert_eq!(service.sign_in(&service.console, EMAIL, PASSWORD).status, 200);
}

#[test]
fn a_backup_taken_while_many_write_verifies() {
    let home = Home::new();
    let service = Service::start(home.data());
    let place = Home::vacant();
    let stop = AtomicBool::new(false);
    std::thread::scope(|threads| {
        // Also when a check fails: a scope waits for its threads.
        let stopped_at_the_end = StopOnDrop(&stop);
        let write = || {
            let mut tokens = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                let _ = service.console_token();
                tokens += 1;
            }
            tokens
        };
        let writers = [threads.spawn(write), threads.spawn(write)];
        for number in 0..5 {
            let backup = place.text(&format!("backup-{number}"));
            let made = run(&["backup", "--data", home.data(), "--json", &backup]);
            assert!(printed(&made)["events"].as_u64().unwrap() >= 4);
            assert_eq!(code(&run(&["verify", "--data", &backup])), 0);
        }
        drop(stopped_at_the_end);
        let tokens: u64 = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
        assert!(tokens > 0, "nobody wrote");
    });
}

struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn keys_travel_only_when_asked_and_a_restore_needs_them() {
    let home = Home::new();
    let place = Home::vacant();
    let (backup, restored) = (place.text("backup"), place.text("restored"));
    let made = run(&["backup", "--data", home.data(), &backup]);
    assert_eq!(code(&made), 0, "{}", said(&made));
    assert!(!place.path("backup/keys").exists());
    let refused = run(&["restore", &backup, &restored]);
    assert_eq!(code(&refused), 1);
    assert!(said(&refused).contains("NO_KEYS") && said(&refused).contains("--keys"));
    assert!(!place.path("restored").exists());
    let keys = home.text("keys");
    assert_eq!(code(&run(&["restore", &backup, &restored, "--keys", &keys])), 0);
    let service = Service::start(&restored);
    assert_eq!(service.sign_in(&service.console, EMAIL, PASSWORD).status, 200);
}

#[test]
fn a_folder_that_is_not_empty_is_never_written_to() {
    let home = Home::new();
    let place = Home::vacant();
    std::fs::write(place.path("kept"), b"mine").unwrap();
    let backup = run(&["backup", "--data", home.data(), place.data()]);
    assert_eq!(code(&backup), 1);
    assert!(said(&backup).contains("FOLDER_NOT_EMPTY"));
    let restore = run(&["restore", home.data(), place.data()]);
    assert_eq!(code(&restore), 1);
    assert!(said(&restore).contains("FOLDER_NOT_EMPTY"));
    let names: Vec<_> = std::fs::read_dir(place.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["kept"]);
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let home = Home::new();
    let place = Home::vacant();
    let (backup, restored) = (place.text("backup"), place.text("restored"));
    let made = run(&["backup", "--data", home.data(), "--with-keys", &backup]);
    assert_eq!(code(&made), 0, "{}", said(&made));
    crate::support::flip(
        &place.path("backup/log/segment-00000001.log"),
        crate::damage::FIRST_FRAME + 200,
    );
    let refused = run(&["restore", &backup, &restored]);
    assert_eq!(code(&refused), 3, "{}", said(&refused));
    assert!(said(&refused).contains("segment 1"));
    assert!(!place.path("restored").exists());
}
