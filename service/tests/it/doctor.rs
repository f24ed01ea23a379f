//! What the doctor sees from outside, and what it makes again.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{Home, Service, code, flip, printed, run, said};

fn doctor(home: &Home, more: &[&str]) -> Output {
    run(&[&["doctor", "--json", "--data", home.data()], more].concat())
}

fn seen(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// How the doctor finds one thing.
fn verdict(seen: &Value, what: &str) -> (String, String) {
    let signs = seen["signs"].as_array().unwrap();
    let sign = signs.iter().find(|sign| sign["what"] == json!(what)).unwrap();
    let text = |field: &str| sign[field].as_str().unwrap_or_default().to_owned();
    (text("verdict"), text("says") + " " + &text("advice"))
}

/// A ledger that was served and stopped: it has tiles, indexes and snapshots.
fn served() -> Home {
    let home = Home::new();
    fs::set_permissions(home.path(""), fs::Permissions::from_mode(0o700)).unwrap();
    let service = Service::start(home.data());
    let _ = service.console_token();
    assert_eq!(service.stop().0, 0);
    home
}

fn below(folder: PathBuf) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(below(entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

#[test]
fn a_healthy_ledger_is_well_in_every_respect() {
    let home = served();
    let output = doctor(&home, &[]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stdout));
    let seen = seen(&output);
    for what in [
        "privacy",
        "room",
        "reserve",
        "keys",
        "log",
        "signatures",
        "clock",
        "quarantine",
        "leftovers",
    ] {
        assert_eq!(verdict(&seen, what).0, "well", "{what}: {seen}");
    }
    let text = run(&["doctor", "--data", home.data()]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("well       log"), "{text:?}");
}

#[test]
fn a_ledger_that_is_served_is_looked_at_without_its_log() {
    let home = served();
    let service = Service::start(home.data());
    let output = doctor(&home, &[]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    assert!(verdict(&seen(&output), "log").1.contains("/readyz"));
    let refused = doctor(&home, &["--mend"]);
    assert_eq!(code(&refused), 1);
    assert!(said(&refused).contains("NOT_MENDABLE"), "{}", said(&refused));
    drop(service);
}

#[test]
fn everything_that_is_derived_is_made_again_when_it_is_garbled_or_gone() {
    let home = served();
    let whole = fs::read(home.segment()).unwrap();
    let mut derived = below(home.path("proofs"));
    derived.extend(below(home.path("snapshots")));
    derived.extend(
        below(home.path("log"))
            .into_iter()
            .filter(|file| file.extension().is_some_and(|extension| extension == "idx")),
    );
    let count = derived.len();
    assert!(count >= 4, "{derived:?}");
    for file in &derived {
        for garble in [true, false] {
            let Ok(bytes) = fs::read(file) else { continue };
            if garble {
                fs::write(file, vec![b'x'; bytes.len()]).unwrap();
            } else {
                fs::remove_file(file).unwrap();
            }
            let mended = doctor(&home, &["--mend"]);
            let name = file.display();
            assert_eq!(code(&mended), 0, "{name}: {} {}", said(&mended), seen(&mended));
            assert_eq!(seen(&mended)["verdict"], json!("well"), "{name}");
            assert_eq!(code(&run(&["verify", "--data", home.data()])), 0, "{name}");
            let service = Service::start(home.data());
            let answer = service.sign_in(&service.console, "nobody@acme.example", "wrong");
            assert_eq!(answer.status, 401);
            assert_eq!(service.stop().0, 0);
        }
    }
    assert_eq!(fs::read(home.segment()).unwrap().len(), whole.len());
}

#[test]
fn a_garbled_tile_is_damage_that_the_doctor_can_mend() {
    let home = served();
    let tile = below(home.path("proofs/tile")).remove(0);
    flip(&tile, 5);
    let output = doctor(&home, &[]);
    assert_eq!(code(&output), 3);
    let (how, says) = verdict(&seen(&output), "signatures");
    assert_eq!(how, "damaged");
    assert!(says.contains("BIT_ROT") && says.contains("--mend"), "{says}");
    assert_eq!(code(&doctor(&home, &["--mend"])), 0);
    assert_eq!(code(&doctor(&home, &[])), 0);
}

#[test]
fn a_damaged_log_is_never_mended() {
    let home = served();
    flip(&home.segment(), crate::damage::FIRST_FRAME + 200);
    let before = fs::read(home.segment()).unwrap();
    let output = doctor(&home, &["--mend"]);
    assert_eq!(code(&output), 3);
    assert_eq!(verdict(&seen(&output), "log").0, "damaged");
    assert!(said(&output).contains("NOT_MENDABLE"), "{}", said(&output));
    assert!(fs::read(home.segment()).unwrap() == before);
}

#[test]
fn what_will_be_trouble_is_named_with_what_to_do() {
    let home = served();
    fs::set_permissions(home.path("keys/kek"), fs::Permissions::from_mode(0o644)).unwrap();
    let output = doctor(&home, &[]);
    assert_eq!(code(&output), 1);
    let (how, says) = verdict(&seen(&output), "privacy");
    assert_eq!(how, "attention");
    assert!(says.contains("keys/kek") && says.contains("chmod"), "{says}");
    fs::set_permissions(home.path("keys/kek"), fs::Permissions::from_mode(0o600)).unwrap();

    fs::write(home.path("keys/subjects.b"), b"half").unwrap();
    assert!(verdict(&seen(&doctor(&home, &[])), "keys").1.contains("--mend"));
    assert_eq!(code(&doctor(&home, &["--mend"])), 0);

    fs::write(home.path("proofs/checkpoint.part"), b"half").unwrap();
    let output = doctor(&home, &[]);
    assert_eq!((code(&output), verdict(&seen(&output), "leftovers").0.as_str()), (0, "note"));
    assert_eq!(seen(&doctor(&home, &["--mend"]))["verdict"], json!("well"));
    assert!(!home.path("proofs/checkpoint.part").exists());

    fs::rename(home.path("keys/kek"), home.path("keys/elsewhere")).unwrap();
    let output = doctor(&home, &[]);
    assert_eq!((code(&output), verdict(&seen(&output), "keys").0.as_str()), (1, "attention"));
    assert_eq!(code(&doctor(&home, &["--mend"])), 1);

    let none = run(&["doctor", "--data", &home.text("nothing")]);
    assert_eq!(code(&none), 1);
    assert!(said(&none).contains("NO_LEDGER"), "{}", said(&none));
}

#[test]
fn a_clock_that_went_back_is_noticed() {
    // The examination takes the moment it is made at: the same ledger, looked at from a year before.
    let home = served();
    let folder = deedbook_service::data_folder::DataFolder::at(home.data());
    let early = schemas::Timestamp::from_micros(1_700_000_000_000_000);
    let found = deedbook_service::doctor::examine(&folder, 4 * 1024 * 1024, early).unwrap();
    let clock = found.signs.iter().find(|sign| sign.what == "clock").unwrap();
    assert_eq!(clock.verdict, deedbook_service::doctor::Verdict::Attention, "{clock:?}");
    let _ = printed(&run(&["verify", "--json", "--data", home.data()]));
}
