//! S0.28 at the command line: the real binary, a real folder, and a range of events that anybody can check.

use std::collections::BTreeMap;
use std::path::Path;

use replay_tests::process::{Service, command, run_well};
use serde_json::{Value, json};

use crate::client::document;
use crate::stage::{PASSWORD, text};

/// A folder with a ledger in which two customers did something; gives the ids of both.
pub fn ledger(data: &Path) -> [String; 2] {
    let mut init = command([
        "init",
        "--vendor",
        "Okapi",
        "--email",
        "vera@okapi.example",
        "--name",
        "Vera",
        "--json",
        "--data",
    ]);
    let made = init.arg(data).env("DEEDBOOK_PASSWORD", PASSWORD).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let service = Service::start(data);
    let mut door = service.console();
    let body = json!({ "email": "vera@okapi.example", "password": PASSWORD }).to_string();
    let signed_in = door
        .send("POST", "/sign-in", &[("content-type", "application/json")], body.as_bytes())
        .unwrap();
    let mut door = door.with_token(&text(&signed_in.json()["token"]));
    let mut number = 0_u128;
    let mut act = |mutation: &str, mut input: Value, selection: &str| {
        number += 1;
        input["commandId"] = uuid::Uuid::from_u128(number).to_string().into();
        let answer = door
            .graphql(&document(mutation, selection), &json!({ "input": input }))
            .unwrap()
            .json();
        assert_eq!(
            answer["data"][mutation]["userErrors"],
            json!([]),
            "{mutation} {input}: {answer}"
        );
        answer["data"][mutation].clone()
    };
    let made = act("productPublish", json!({ "code": "orbit", "name": "Orbit" }), "product { id }");
    let orbit = text(&made["product"]["id"]);
    let feature = json!({ "productId": orbit, "key": "core", "name": "Core", "type": "BOOLEAN" });
    act("featureDefine", feature, "product { id }");
    let values = json!([{ "feature": "core", "enabled": true }]);
    act(
        "editionPublish",
        json!({ "productId": orbit, "code": "starter", "name": "S", "values": values }),
        "product { id }",
    );
    act(
        "planPublish",
        json!({ "productId": orbit, "code": "yearly", "name": "Y", "planKind": "PAID", "term": "P1Y" }),
        "product { id }",
    );
    let offering = json!({ "productId": orbit, "code": "starter", "name": "S", "edition": "starter", "plan": "yearly",
        "seats": { "limit": "5" }, "devices": { "limit": "2" } });
    act("offeringPublish", offering, "product { id }");
    ["Acme Wombat", "Globex Narwhal"].map(|name| {
        let account = text(&act("accountOpen", json!({ "name": name }), "account { id }")["account"]["id"]);
        for n in 0..3 {
            let email = format!("p{n}@{}.example", &account[4..]);
            let input = json!({ "accountId": account, "name": "A Person", "email": email, "role": "MEMBER" });
            act("memberAdd", input, "member { id }");
        }
        let input = json!({ "accountId": account, "productId": orbit, "source": "starter" });
        let license = text(&act("licenseIssue", input, "license { id }")["license"]["id"]);
        let input = json!({ "licenseId": license, "fingerprint": "D1", "name": "box" });
        act("deviceActivate", input, "device { id }");
        account
    })
}

fn export(data: &Path, to: &Path, more: &[&str]) -> (Vec<Value>, String) {
    let mut arguments =
        vec!["export", "--data", data.to_str().unwrap(), "--to", to.to_str().unwrap()];
    arguments.extend(more);
    let _ = run_well(arguments);
    let file = std::fs::read_to_string(to.join("events.jsonl")).unwrap();
    let manifest = std::fs::read_to_string(to.join("events.jsonl.manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let hash = text(&manifest["blake3"]);
    assert_eq!(hash.trim_start_matches("blake3:"), blake3::hash(file.as_bytes()).to_hex().as_str());
    assert_eq!(manifest["rows"], file.lines().count());
    (file.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), file)
}

#[test]
fn s0_28_the_exported_log_is_whole_gapless_for_each_tenant_and_chained() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ledger");
    let accounts = ledger(&data);
    let (events, file) = export(&data, &folder.path().join("all"), &[]);
    let mut next: BTreeMap<String, u64> = BTreeMap::new();
    let mut roots: BTreeMap<String, Value> = BTreeMap::new();
    for (before, after) in events.iter().zip(&events[1..]) {
        let place = |event: &Value| event["position"].as_u64().unwrap();
        assert_eq!(place(before) + 1, place(after), "no event is left out");
    }
    for event in &events {
        let ordinal = next.entry(event["tenant"].to_string()).or_default();
        assert_eq!(event["ordinal"], json!(*ordinal), "no gap for {}", event["tenant"]);
        *ordinal += 1;
        let stream = text(&event["stream"]);
        let none = json!("0".repeat(64));
        let previous = roots.insert(stream, event["content_root"].clone()).unwrap_or(none);
        assert_eq!(event["previous_root"], previous, "chained: {event}");
        for part in [
            "event_id",
            "type",
            "recorded_at",
            "effective_at",
            "actor",
            "command_id",
            "rule",
            "content_root",
            "body",
        ] {
            assert!(!event[part].is_null(), "no {part} in {event}");
        }
    }
    assert!(
        !file.contains("Wombat") && !file.contains("A Person"),
        "nothing personal unless asked for"
    );

    let half = events[events.len() / 2]["position"].to_string();
    let (head, _) = export(&data, &folder.path().join("head"), &["--as-of", &half]);
    let (tail, _) = export(&data, &folder.path().join("tail"), &["--after", &half]);
    assert_eq!([head, tail].concat(), events, "two ranges are the whole");
    let (own, _) = export(&data, &folder.path().join("own"), &["--account", &accounts[0]]);
    let ordinals: Vec<u64> = own.iter().map(|event| event["ordinal"].as_u64().unwrap()).collect();
    let dense: Vec<u64> = (0..u64::try_from(own.len()).unwrap()).collect();
    assert_eq!(ordinals, dense, "a tenant sees at once when something is missing");
    assert!(own.iter().all(|event| event["tenant"] == json!(accounts[0])));
    let (_, again) = export(&data, &folder.path().join("again"), &[]);
    assert_eq!(again, file, "the same moment gives the same bytes");
}

#[test]
fn s0_28_the_log_verifies_and_replays_to_the_digests_of_the_live_service() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ledger");
    ledger(&data);
    let service = Service::start(&data);
    let mut door = service.console();
    let body = json!({ "email": "vera@okapi.example", "password": PASSWORD }).to_string();
    let signed_in = door
        .send("POST", "/sign-in", &[("content-type", "application/json")], body.as_bytes())
        .unwrap();
    let mut door = door.with_token(&text(&signed_in.json()["token"]));
    let query = "{ ledger { position healthy digests { view rows digest } } }";
    let live = door.graphql(query, &json!({})).unwrap().json()["data"]["ledger"].take();
    assert_eq!(live["healthy"], true);
    drop(service);
    let folder_text = data.to_str().unwrap();
    let _ = run_well(["verify", "--data", folder_text, "--json"]);
    let position = text(&live["position"]);
    let replayed = run_well(["replay", "--data", folder_text, "--as-of", &position, "--json"]);
    let rights: Value = serde_json::from_str(&replayed).unwrap();
    let rights = &rights["rights"];
    assert_eq!((&rights["differing"], &rights["otherPolicy"]), (&json!(0), &json!(0)), "{rights}");
    assert!(rights["same"].as_u64().unwrap() > 10, "{rights}");
    for view in live["digests"].as_array().unwrap() {
        let digest = text(&view["digest"]);
        let (name, bare) = (text(&view["view"]), digest.trim_start_matches("blake3:"));
        assert!(replayed.contains(&name) && replayed.contains(bare), "{name} {bare}\n{replayed}");
    }
}
