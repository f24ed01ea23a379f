//! Commands that end: what they print, what they refuse, and with which exit code.

use serde_json::json;

use crate::support::{EMAIL, Home, Service, code, printed, run, said};

#[test]
fn init_makes_a_ledger_once() {
    let home = Home::vacant();
    let made = run(&["init", "--data", home.data(), "--vendor", "Acme", "--json"]);
    assert_eq!(printed(&made)["vendor"], json!("Acme"));
    let again = run(&["init", "--data", home.data(), "--vendor", "Acme"]);
    assert_eq!(code(&again), 1);
    assert!(said(&again).contains("FOLDER_NOT_EMPTY"), "{}", said(&again));
}

#[test]
fn init_prints_a_password_that_it_made_once() {
    let home = Home::vacant();
    let mut command = crate::support::deedbook();
    command.env_remove("DEEDBOOK_PASSWORD");
    let made = command
        .args(["init", "--data", home.data(), "--vendor", "Acme", "--email", EMAIL, "--json"])
        .output()
        .unwrap();
    let password = printed(&made)["password"].as_str().unwrap().to_owned();
    let service = Service::start(home.data());
    assert_eq!(service.sign_in(&service.console, EMAIL, &password).status, 200);
}

#[test]
fn a_missing_ledger_is_refused_with_advice_and_nothing_is_made() {
    let home = Home::vacant();
    let missing = home.text("missing");
    for command in ["serve", "verify", "replay", "inspect"] {
        let refused = run(&[command, "--data", &missing]);
        assert_eq!(code(&refused), 1, "{command}");
        let said = said(&refused);
        assert!(said.contains("NO_LEDGER") && said.contains("deedbook init"), "{said}");
        assert!(!home.path("missing").exists());
    }
}

#[test]
fn a_folder_in_use_is_refused() {
    let home = Home::new();
    let service = Service::start(home.data());
    for command in ["serve", "verify", "replay", "inspect"] {
        let refused = run(&[command, "--data", home.data()]);
        assert_eq!(code(&refused), 1, "{command}");
        let said = said(&refused);
        assert!(said.contains("DATA_FOLDER_IN_USE") && said.contains("backup"), "{said}");
    }
    assert_eq!(service.stop().0, 0);
}

#[test]
fn a_newer_format_is_refused_with_the_range_that_is_read() {
    let home = Home::new();
    let format = std::fs::read_to_string(home.path("FORMAT")).unwrap();
    std::fs::write(home.path("FORMAT"), format.replace("format 1", "format 99")).unwrap();
    for command in ["serve", "verify", "replay", "inspect"] {
        let refused = run(&[command, "--data", home.data()]);
        assert_eq!(code(&refused), 1, "{command}");
        let said = said(&refused);
        assert!(
            said.contains("NEWER_FORMAT") && said.contains("99") && said.contains("1 to 1"),
            "{said}"
        );
    }
}

#[test]
fn what_is_not_understood_is_a_usage_error() {
    let home = Home::new();
    for arguments in [
        &["nonsense"][..],
        &["serve", "--portal", "nowhere"],
        &["replay", "--data", home.data(), "--as-of", "yesterday"],
        &["inspect", "--data", home.data(), "--stream", "nonsense"],
        &["serve", "--data", home.data(), "--log", "=="],
    ] {
        assert_eq!(code(&run(arguments)), 2, "{arguments:?}");
    }
}

#[test]
fn help_teaches_and_completions_complete() {
    let help = run(&["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    for part in ["deedbook demo", "deedbook init", "Exit codes:", "3  damage"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let completions = run(&["completions", "bash"]);
    assert_eq!(code(&completions), 0);
    let text = String::from_utf8(completions.stdout).unwrap();
    assert!(text.contains("deedbook") && text.contains("verify"));
}

#[test]
fn verify_counts_what_is_whole() {
    let home = Home::new();
    let verified = printed(&run(&["verify", "--data", home.data(), "--json"]));
    assert_eq!(verified["whole"], json!(true));
    // The ledger was opened; the e-mail is claimed, the person added, the password set.
    assert_eq!(verified["events"], json!(4));
    assert_eq!(verified["findings"], json!([]));
}

#[test]
fn replay_gives_the_digests_of_any_moment() {
    let home = Home::new();
    let replay =
        |as_of: &str| printed(&run(&["replay", "--data", home.data(), "--json", "--as-of", as_of]));
    let now = printed(&run(&["replay", "--data", home.data(), "--json"]));
    let events = printed_lines(&run(&["inspect", "--data", home.data(), "--json"]));
    let last = events.last().unwrap();
    assert_eq!(replay(&last["position"].to_string()), now);
    assert_eq!(replay(last["recordedAt"].as_str().unwrap()), now);
    let before = replay(&events[0]["position"].to_string());
    assert_eq!(before["position"], events[0]["position"]);
    assert_ne!(before["views"], now["views"]);
    let never = replay("2020-01-01");
    assert_eq!(never["position"], json!(null));
    // Serving does not change what was so.
    let service = Service::start(home.data());
    let _ = service.console_token();
    assert_eq!(service.stop().0, 0);
    assert_eq!(replay(&last["position"].to_string()), now);
}

#[test]
fn inspect_shows_events_and_personal_fields_only_when_asked() {
    let home = Home::new();
    let closed = printed_lines(&run(&["inspect", "--data", home.data(), "--json"]));
    let added = closed.iter().find(|event| event["type"] == json!("staff_added.v1")).unwrap();
    assert_eq!(added["personal"]["sealed"], json!(true));
    assert_eq!(added["body"]["role"], json!("operator"));
    let stream = added["stream"].as_str().unwrap();
    let arguments = ["inspect", "--data", home.data(), "--json", "--personal", "--stream", stream];
    let open = printed_lines(&run(&arguments));
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["personal"]["fields"]["email"], json!(EMAIL));
    let limited =
        printed_lines(&run(&["inspect", "--data", home.data(), "--json", "--limit", "2"]));
    assert_eq!(limited.as_slice(), &closed[..2]);
    let after = closed[1]["position"].to_string();
    let rest =
        printed_lines(&run(&["inspect", "--data", home.data(), "--json", "--after", &after]));
    assert_eq!(rest.as_slice(), &closed[2..]);
}

fn printed_lines(output: &std::process::Output) -> Vec<serde_json::Value> {
    assert_eq!(code(output), 0, "{}", said(output));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
