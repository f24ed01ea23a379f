//! A crash is recovered and reported; damage is located and stops the writing.

use std::io::{Seek, SeekFrom, Write};

use serde_json::json;

use crate::support::{Home, Service, code, flip, get, printed, run, said};

/// Where the first batch of a segment is: after the header, two tail slots and two mirrors of 1 MiB.
pub const FIRST_FRAME: usize = 3 * 4096 + 2 * 1024 * 1024;

#[test]
fn a_damaged_segment_ends_with_3_and_its_place() {
    let home = Home::new();
    flip(&home.segment(), FIRST_FRAME + 200);
    let verified = run(&["verify", "--data", home.data(), "--json"]);
    assert_eq!(code(&verified), 3);
    let report: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(report["whole"], json!(false));
    let finding = &report["findings"][0];
    assert_eq!((&finding["kind"], &finding["segment"]), (&json!("BIT_ROT"), &json!(1)));
    assert_eq!(finding["offset"], json!(FIRST_FRAME));
    for command in ["serve", "verify"] {
        let refused = run(&[command, "--data", home.data()]);
        assert_eq!(code(&refused), 3, "{command}");
        let said = said(&refused);
        assert!(said.contains("LEDGER_DAMAGED") && said.contains("segment 1"), "{said}");
        assert!(said.contains(&FIRST_FRAME.to_string()), "{said}");
    }
}

#[test]
fn streams_that_damage_does_not_touch_are_still_read() {
    let home = Home::new();
    let before = run(&["inspect", "--data", home.data(), "--json"]);
    let before = String::from_utf8(before.stdout).unwrap();
    // The first batch holds the ledger's own first fact and nothing else.
    flip(&home.segment(), FIRST_FRAME + 200);
    let ledger = run(&["inspect", "--data", home.data(), "--stream", "ledger"]);
    assert_eq!(code(&ledger), 3, "{}", said(&ledger));
    let added: serde_json::Value =
        serde_json::from_str(before.lines().find(|line| line.contains("staff_added")).unwrap())
            .unwrap();
    let stream = added["stream"].as_str().unwrap();
    let healthy = run(&["inspect", "--data", home.data(), "--json", "--stream", stream]);
    assert_eq!(printed(&healthy), added);
    let replayed = run(&["replay", "--data", home.data()]);
    assert_eq!(code(&replayed), 3, "{}", said(&replayed));
}

#[test]
fn a_torn_tail_is_recovered_and_reported() {
    let home = Home::new();
    let whole = printed(&run(&["verify", "--data", home.data(), "--json"]));
    assert_eq!(whole["events"], json!(4));
    let end = end_of_frames(&home);
    // What a crash leaves: the start of a batch that was never acknowledged.
    let mut file = std::fs::OpenOptions::new().write(true).open(home.segment()).unwrap();
    file.seek(SeekFrom::Start(end)).unwrap();
    file.write_all(&[0xab; 300]).unwrap();
    drop(file);
    let torn = printed(&run(&["verify", "--data", home.data(), "--json"]));
    assert_eq!(torn["whole"], json!(true));
    assert_eq!(torn["findings"][0]["kind"], json!("TORN_TAIL"));
    let service = Service::start(home.data());
    let (ended, said) = service.stop();
    assert_eq!(ended, 0);
    assert!(said.contains("TORN_TAIL") && said.contains("torn tail was cut off"), "{said}");
    let after = printed(&run(&["verify", "--data", home.data(), "--json"]));
    assert_eq!((&after["events"], &after["findings"]), (&json!(5), &json!([])));
    let ledger = run(&["inspect", "--data", home.data(), "--json", "--stream", "ledger"]);
    assert!(String::from_utf8(ledger.stdout).unwrap().contains("log_recovered.v1"));
    assert!(std::fs::read_dir(home.path("log/quarantine")).unwrap().next().is_some());
}

#[test]
fn a_killed_service_starts_again_with_all_that_it_acknowledged() {
    let home = Home::new();
    for _ in 0..3 {
        let service = Service::start(home.data());
        let token = service.console_token();
        service.kill();
        let service = Service::start(home.data());
        let answer = crate::support::graphql(&service.console, Some(&token), "{ __typename }");
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(get(&service.console, "/readyz").status, 200);
        service.kill();
    }
    assert_eq!(code(&run(&["verify", "--data", home.data()])), 0);
}

/// Where the next batch of the first segment would be.
fn end_of_frames(home: &Home) -> u64 {
    let bytes = std::fs::read(home.segment()).unwrap();
    let last = bytes[FIRST_FRAME..].iter().rposition(|byte| *byte != 0).unwrap();
    u64::try_from((FIRST_FRAME + last + 1).next_multiple_of(8)).unwrap()
}
