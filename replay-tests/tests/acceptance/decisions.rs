//! Decisions say why: the code, the rule, the numbers and what to do next.

use replay_tests::vendor::text;
use serde_json::{Value, json};

use crate::world::{World, each, find};

const DECISION: &str = "allowed code reason at checks { code passed rule message numbers { name value } fix { code text } } \
    failing { code rule message numbers { name value } fix { code text } } warnings { code message }";

fn diagnosed(world: &mut World, input: Value, at: Option<&str>) -> Value {
    let query = format!(
        "query($input: CheckInput!, $at: DateTime) {{ diagnose(input: $input, at: $at) {{ {DECISION} }} }}"
    );
    world.ann.query(&query, &json!({ "input": input, "at": at }))["diagnose"].take()
}

#[test]
fn s0_35_every_answer_has_a_code_a_text_the_rule_the_numbers_and_the_next_action() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    for name in ["D1", "D2"] {
        let device = json!({ "licenseId": l1, "fingerprint": name, "name": name });
        world.ann.done("deviceActivate", device, "");
    }
    let asked = json!({ "licenseId": l1, "fingerprint": "D3" });
    let denied = diagnosed(&mut world, asked, None);
    assert_eq!(denied["allowed"], false);
    for check in denied["failing"].as_array().unwrap() {
        for key in ["code", "rule", "message"] {
            assert!(!text(&check[key]).is_empty(), "{check} has no {key}");
        }
        assert!(!text(&check["fix"]["text"]).is_empty(), "{check} has no next action");
    }
    let full = find(&denied["failing"], "code", "TOO_MANY_DEVICES");
    let numbers = full["numbers"].as_array().unwrap();
    assert!(numbers.iter().any(|number| number["value"] == "2"), "2 of 2: {full}");
    assert_eq!(full["fix"]["code"], "FREE_DEVICE");

    let devices = world.seen_by_ann(&l1, "devices(first: 10) { edges { node { id name } } }");
    let first = &devices["devices"]["edges"][0]["node"]["id"];
    let free = json!({ "licenseId": l1, "deviceId": first });
    world.ann.done("deviceDeactivate", free, "");
    let d3 = json!({ "licenseId": l1, "fingerprint": "D3", "name": "D3" });
    world.ann.done("deviceActivate", d3, "");
    let allowed = diagnosed(&mut world, json!({ "licenseId": l1, "fingerprint": "D3" }), None);
    assert_eq!(allowed["allowed"], true, "the fix flips the answer: {allowed}");
    assert!(!text(&allowed["reason"]).is_empty());
    assert_eq!(allowed["failing"], json!([]));

    let refusal = world.ann.refused(
        "deviceActivate",
        json!({ "licenseId": l1,
        "fingerprint": "D4", "name": "D4" }),
    );
    for key in ["code", "message", "advice", "rule"] {
        assert!(!text(&refusal[key]).is_empty(), "{refusal} has no {key}");
    }
}

#[test]
fn s1_16_a_diagnosis_names_every_failing_check_and_the_passing_ones() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let bob = world.sample.bob.clone();
    let everything = json!({ "licenseId": l1, "fingerprint": "unknown", "version": "9.9.9",
        "memberId": bob, "feature": "advanced_analytics" });
    let found = diagnosed(&mut world, everything.clone(), None);
    let failing = each(&found["failing"], "code");
    for code in ["VERSION_NOT_ENTITLED", "USER_NOT_SEATED", "FEATURE_NOT_ENTITLED"] {
        assert!(failing.contains(&code.to_owned()), "{code} is not in {failing:?}");
    }
    assert!(failing.len() >= 4, "all of them, also the device: {failing:?}");
    assert_eq!(found["code"], failing[0].as_str(), "the first of them decides");
    let passing =
        found["checks"].as_array().unwrap().iter().filter(|check| check["passed"] == true);
    let passing: Vec<_> = passing.map(|check| text(&check["code"])).collect();
    assert!(passing.contains(&"EXPIRED".to_owned()), "what passes is told too: {passing:?}");
    for check in found["failing"].as_array().unwrap() {
        assert!(!text(&check["fix"]["text"]).is_empty(), "{check} has no fix");
    }

    world.at("2026-08-10T00:00:00Z");
    let facts = world.seen_by_ann(&l1, "factCount");
    world.ann.done("seatAssign", json!({ "licenseId": l1, "memberId": bob }), "");
    let growth = json!({ "licenseId": l1, "source": "growth", "usage": "CARRY" });
    world.vera.done("licenseChangeOffering", growth, "");
    let device = json!({ "licenseId": l1, "fingerprint": "unknown", "name": "Laptop" });
    world.ann.done("deviceActivate", device, "");
    let fixed = json!({ "licenseId": l1, "fingerprint": "unknown", "version": "2.4.0",
        "memberId": bob, "feature": "advanced_analytics" });
    let now = diagnosed(&mut world, fixed.clone(), None);
    assert_eq!(now["allowed"], true, "{now}");
    let then = diagnosed(&mut world, fixed, Some("2026-08-05T00:00:00Z"));
    assert_eq!(then["allowed"], false, "as it was before: {then}");
    assert!(each(&then["failing"], "code").contains(&"USER_NOT_SEATED".to_owned()), "{then}");
    let after = world.seen_by_ann(&l1, "factCount");
    let count = |value: &Value| text(&value["factCount"]).parse::<u64>().unwrap();
    assert_eq!(count(&after), count(&facts) + 3, "a diagnosis records nothing");
}
