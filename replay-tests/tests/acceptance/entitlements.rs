//! What a customer may use, how much of it is used, and where it comes from.

use replay_tests::vendor::text;
use serde_json::{Value, json};

use crate::world::{World, each, find, seen};

const ROWS: &str = "entitlements { feature name module type isGranted value { text enabled } sources { kind \
    offeringCode offeringVersion } usage limit { unlimited limit } remaining resetsAt validUntil state reason }";

fn usage(license: &str, quantity: u64) -> Value {
    json!({ "licenseId": license, "feature": "api_calls", "quantity": quantity.to_string() })
}

#[test]
fn s0_01_a_customer_sees_each_feature_with_value_source_usage_limit_and_end() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    world.vera.done("usageRecord", usage(&l1, 7_300), "");
    let license = world.seen_by_ann(&l1, ROWS);
    let rows = &license["entitlements"];
    assert_eq!(each(rows, "feature"), ["api_calls", "core"], "one row for each feature");
    for row in rows.as_array().unwrap() {
        assert_eq!(row["sources"][0]["kind"], "PLAN", "{row}");
        assert_eq!(row["sources"][0]["offeringCode"], "starter-yearly", "{row}");
        assert!(row["validUntil"].is_string(), "{row}");
    }
    assert_eq!(find(rows, "feature", "core")["value"]["enabled"], true);
    let calls = find(rows, "feature", "api_calls");
    assert_eq!(calls["usage"], "7300");
    assert_eq!(calls["limit"]["limit"], "10000");
    assert_eq!(calls["remaining"], "2700");
    assert_eq!(calls["resetsAt"], "2026-09-01T00:00:00Z");

    let listed =
        "{ entitlements { productCode modules { module features { feature licenseId } } } }";
    let of_ann = world.ann.query(listed, &json!({}));
    assert!(of_ann.to_string().contains(&l1), "{of_ann}");
    let of_gina = world.gina.query(listed, &json!({}));
    assert_eq!(of_gina["entitlements"], json!([]), "globex sees nothing of acme");
    assert_eq!(seen(&mut world.gina, &l1, ROWS), Value::Null);
}

#[test]
fn s0_07_a_module_is_unlocked_and_a_quota_is_asked_for_before_it_is_used() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let check = "query($input: CheckInput!, $token: String) { check(input: $input, atLeast: $token) { allowed code \
        remaining resetsAt reason failing { code fix { code text } numbers { name value } } } }";
    let analytics = json!({ "licenseId": l1, "feature": "advanced_analytics" });
    let before = world.ann.query(check, &json!({ "input": analytics }));
    assert_eq!(before["check"]["allowed"], false);
    assert_eq!(before["check"]["code"], "FEATURE_NOT_ENTITLED");

    let unlock = json!({ "licenseId": l1, "bundle": "analytics" });
    let unlocked = world.ann.done("licenseApplyBundle", unlock, "license { id }");
    let token = text(&unlocked["consistencyToken"]);
    let after = world.ann.query(check, &json!({ "input": analytics, "token": token }));
    assert_eq!(after["check"]["allowed"], true, "{after}");

    world.vera.done("usageRecord", usage(&l1, 9_750), "");
    let asked = json!({ "licenseId": l1, "feature": "api_calls", "quantity": "300" });
    let denied = &world.ann.query(check, &json!({ "input": asked }))["check"];
    assert_eq!(denied["allowed"], false);
    assert_eq!(denied["code"], "QUOTA_EXCEEDED");
    assert_eq!(denied["remaining"], "250");
    assert_eq!(denied["resetsAt"], "2026-09-01T00:00:00Z");
    let rows = world.seen_by_ann(&l1, ROWS);
    let calls = find(&rows["entitlements"], "feature", "api_calls");
    assert_eq!(calls["usage"], "9750", "asking uses nothing up");
    assert_eq!(world.vera.refused_code("usageRecord", usage(&l1, 300)), "QUOTA_EXCEEDED");
}

fn states(world: &mut World) -> Vec<(String, String, String)> {
    let query = "{ entitlements { productCode modules { module features { feature type state reason } } } }";
    let data = world.ann.query(query, &json!({}));
    let mut found = Vec::new();
    for product in data["entitlements"].as_array().unwrap() {
        assert_eq!(product["productCode"], "orbit");
        for module in product["modules"].as_array().unwrap() {
            let name = module["module"].as_str().unwrap_or("-").to_owned();
            for row in module["features"].as_array().unwrap() {
                assert!(!text(&row["reason"]).is_empty(), "{row} does not say why");
                assert!(row["type"].is_string(), "{row}");
                found.push((name.clone(), text(&row["feature"]), text(&row["state"])));
            }
        }
    }
    found
}

#[test]
fn s0_12_features_are_listed_by_product_and_module_with_state_and_reason() {
    let mut world = World::new();
    let is = |world: &mut World, state: &str| {
        let all = states(world);
        assert_eq!(all.len(), 2, "{all:?}");
        assert!(all.iter().all(|(module, _, _)| module == "platform"), "{all:?}");
        assert!(all.iter().all(|(_, _, found)| found == state), "{state}: {all:?}");
    };
    is(&mut world, "ACTIVE");
    let l1 = world.l1.clone();
    let blocker = json!({ "licenseId": l1, "blocker": "BILLING", "reason": "an open invoice" });
    world.vera.done("licenseSetBlocker", blocker, "");
    is(&mut world, "SUSPENDED");
    world.vera.done("licenseClearBlocker", json!({ "licenseId": l1, "blocker": "BILLING" }), "");
    world.at("2027-01-15T00:00:00Z");
    is(&mut world, "EXPIRING");
    world.at("2027-02-14T00:00:00Z");
    is(&mut world, "EXPIRED");

    let mut scheduled = World::new();
    let revoke = json!({ "licenseId": scheduled.l1, "reason": "replaced" });
    scheduled.vera.done("licenseRevoke", revoke, "");
    let term = json!({ "from": "2026-10-01T00:00:00Z", "until": "2027-10-01T00:00:00Z" });
    let (acme, orbit) = (scheduled.sample.acme.clone(), scheduled.sample.orbit.clone());
    let input = json!({ "accountId": acme, "productId": orbit, "source": "growth", "term": term });
    scheduled.vera.done("licenseIssue", input, "license { id }");
    let all = states(&mut scheduled);
    assert!(all.iter().any(|(_, _, state)| state == "SCHEDULED"), "{all:?}");
    let insight = all
        .iter()
        .any(|(module, feature, _)| module == "insight" && feature == "advanced_analytics");
    assert!(insight, "{all:?}");
}

#[test]
fn s0_39_portal_and_console_give_one_answer_after_every_command() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let (ann, bob) = (world.sample.ann.clone(), world.sample.bob.clone());
    let seat = |member: &str| json!({ "licenseId": l1, "memberId": member });
    let device = |name: &str| json!({ "licenseId": l1, "fingerprint": name, "name": name });
    let commands = [
        ("seatAssign", seat(&ann)),
        ("seatAssign", seat(&bob)),
        ("deviceActivate", device("laptop")),
        ("usageRecord", usage(&l1, 9_000)),
        ("seatUnassign", seat(&ann)),
        ("licenseChangeOffering", json!({ "licenseId": l1, "source": "growth", "usage": "CARRY" })),
        (
            "licenseSetBlocker",
            json!({ "licenseId": l1, "blocker": "ABUSE", "reason": "shared key" }),
        ),
        ("licenseClearBlocker", json!({ "licenseId": l1, "blocker": "ABUSE" })),
        ("licenseRenew", json!({ "licenseId": l1 })),
        ("licenseRevoke", json!({ "licenseId": l1, "reason": "refunded" })),
    ];
    let view =
        format!("status position seats {{ assigned available }} deviceSlots {{ used }} {ROWS}");
    let check =
        "query($input: CheckInput!) { check(input: $input) { allowed code status position } }";
    for (mutation, input) in commands {
        let done = world.vera.done(mutation, input.clone(), "");
        let portal = seen(&mut world.ann, &l1, &view);
        let console = seen(&mut world.vera, &l1, &view);
        assert_eq!(portal, console, "after {mutation}");
        assert_eq!(portal["position"], done["position"], "after {mutation}");
        for feature in ["core", "advanced_analytics", "api_calls"] {
            let input =
                json!({ "input": { "licenseId": l1, "feature": feature, "memberId": bob } });
            let shown = world.ann.query(check, &input);
            let enforced = world.vera.query(check, &input);
            assert_eq!(shown, enforced, "{feature} after {mutation}");
            assert_eq!(shown["check"]["status"], portal["status"], "{feature} after {mutation}");
        }
    }
}
