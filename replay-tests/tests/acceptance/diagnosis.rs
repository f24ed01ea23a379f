//! S1.16: the evaluator, dry: every check that fails, every one that passes, and what to do about each.

use serde_json::{Value, json};

use crate::client::{each, list, with};
use crate::entitlements::explained;
use crate::stage::text;
use crate::world::{DECISION, World};

fn diagnose(world: &World, who: &str, input: Value, at: Value) -> Value {
    let document = format!(
        "query($input: CheckInput!, $at: DateTime) {{ diagnose(input: $input, at: $at) {{ {DECISION} }} }}"
    );
    world.ask(who, &document, json!({ "input": input, "at": at }))["diagnose"].take()
}

#[test]
fn s1_16_a_diagnosis_names_every_failing_check_in_order_and_the_passing_ones() {
    let world = World::new();
    world.activated("ann", &world.l1, "D1");
    world.activated("ann", &world.l1, "D2");
    let block = json!({ "licenseId": world.l1, "blocker": "BILLING", "reason": "unpaid" });
    world.at("2027-02-01T00:00:00Z");
    world.done("vera", "licenseSetBlocker", block, "license { id }");
    let late = "2027-03-01T00:00:00Z";
    world.at(late);
    let release = json!({ "productId": world.orbit, "version": "3.0.0", "releasedAt": late });
    world.done("vera", "releasePublish", release, "product { id }");
    let question = json!({ "licenseId": world.l1, "fingerprint": "D9", "version": "3.0.0",
        "feature": "advanced_analytics", "memberId": world.bob });
    let before = world.position();
    let found = diagnose(&world, "ann", question.clone(), Value::Null);
    let failing = each(&found["failing"], "code");
    assert_eq!(
        failing,
        [
            "SUSPENDED",
            "EXPIRED",
            "VERSION_NOT_ENTITLED",
            "USER_NOT_SEATED",
            "FINGERPRINT_MISMATCH",
            "TOO_MANY_DEVICES",
            "FEATURE_NOT_ENTITLED"
        ],
        "all of them, in the order of precedence: {found}"
    );
    assert_eq!((&found["allowed"], &found["code"]), (&json!(false), &json!("SUSPENDED")));
    let passing: Vec<String> = list(&found["checks"])
        .iter()
        .filter(|one| one["passed"] == json!(true))
        .map(|one| text(&one["code"]))
        .collect();
    assert!(
        passing.contains(&"REVOKED".to_owned()) && passing.contains(&"NOT_FOUND".to_owned()),
        "{passing:?}"
    );
    assert_eq!(list(&found["checks"]).len(), failing.len() + passing.len());
    explained(&found);
    let fix = |code: &str| text(&with(&found["checks"], "code", code)["fix"]["text"]);
    assert!(fix("TOO_MANY_DEVICES").contains("deactivate a device"), "free a device");
    assert!(fix("EXPIRED").contains("renew"), "renew");
    assert!(fix("USER_NOT_SEATED").contains("admin"), "contact admin");
    assert_eq!(world.position(), before, "a dry run");
    let live = world.check("ann", question, Value::Null);
    assert_eq!(live["checks"], found["checks"], "the real evaluator");
}

#[test]
fn s1_16_a_diagnosis_works_for_a_past_instant() {
    let world = World::new();
    world.at("2026-08-10T00:00:00Z");
    world.activated("ann", &world.l1, "D1");
    world.at("2026-09-10T00:00:00Z");
    let block = json!({ "licenseId": world.l1, "blocker": "ABUSE", "reason": "scripts" });
    world.done("vera", "licenseSetBlocker", block, "license { id }");
    let question = json!({ "licenseId": world.l1, "fingerprint": "D1", "version": "2.4.0" });
    for (at, failing) in [
        ("2026-08-05T00:00:00Z", vec!["NO_ACTIVATION"]),
        ("2026-09-01T00:00:00Z", vec![]),
        ("2026-09-10T00:00:00Z", vec!["SUSPENDED"]),
    ] {
        let found = diagnose(&world, "ann", question.clone(), json!(at));
        assert_eq!(each(&found["failing"], "code"), failing, "{at}: {found}");
        assert_eq!(found["at"], at);
    }
}

#[test]
fn s1_16_doing_what_a_fix_says_makes_the_check_pass() {
    let world = World::new();
    let d1 = world.activated("ann", &world.l1, "D1");
    world.activated("ann", &world.l1, "D2");
    let question = json!({ "licenseId": world.l1, "fingerprint": "D3", "memberId": world.bob });
    let failing = |world: &World| {
        each(&diagnose(world, "ann", question.clone(), Value::Null)["failing"], "code")
    };
    assert_eq!(failing(&world), ["USER_NOT_SEATED", "FINGERPRINT_MISMATCH", "TOO_MANY_DEVICES"]);
    let seat = json!({ "licenseId": world.l1, "memberId": world.bob });
    world.done("ann", "seatAssign", seat, "license { id }");
    world.done(
        "ann",
        "deviceDeactivate",
        json!({ "licenseId": world.l1, "deviceId": d1 }),
        "device { id }",
    );
    assert_eq!(failing(&world), ["FINGERPRINT_MISMATCH"]);
    world.activated("bob", &world.l1, "D3");
    assert_eq!(failing(&world), Vec::<String>::new());
}
