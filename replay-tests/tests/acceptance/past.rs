//! The past, on both axes: when it was true and when it was known.

use replay_tests::vendor::text;
use serde_json::{Value, json};

use crate::world::World;

fn allowed(world: &mut World, as_of: &Value) -> Value {
    let query = "query($input: CheckInput!, $asOf: AsOfInput) { check(input: $input, asOf: $asOf) { allowed code } }";
    let input = json!({ "licenseId": world.l1, "feature": "core" });
    world.ann.query(query, &json!({ "input": input, "asOf": as_of }))["check"].take()
}

#[test]
fn n1_a_backdated_revocation_is_seen_by_whoever_knew_of_it() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    world.at("2026-08-10T00:00:00Z");
    let bob = world.sample.bob.clone();
    world.ann.done("seatAssign", json!({ "licenseId": l1, "memberId": bob }), "");
    world.at("2026-08-20T00:00:00Z");
    let revoke = json!({ "licenseId": l1, "reason": "the order was refunded",
        "effectiveAt": "2026-08-05T00:00:00Z" });
    let revoked = world.vera.done("licenseRevoke", revoke, "");

    let asked = "2026-08-05T00:00:01Z";
    let early = json!({ "at": asked, "knownAt": "2026-08-10T12:00:00Z" });
    assert_eq!(allowed(&mut world, &early)["allowed"], true, "nobody knew");
    let late = json!({ "at": asked, "knownAt": "2026-08-20T00:00:00Z" });
    let denied = allowed(&mut world, &late);
    assert_eq!((&denied["allowed"], &denied["code"]), (&json!(false), &json!("REVOKED")));
    let before = json!({ "at": "2026-08-04T23:59:59Z", "knownAt": "2026-08-20T00:00:00Z" });
    assert_eq!(allowed(&mut world, &before)["allowed"], true, "before it was true");
    let position = text(&revoked["position"]);
    let by_position = json!({ "at": asked, "position": position });
    assert_eq!(allowed(&mut world, &by_position)["allowed"], false);

    let learned = "query($input: CheckInput!) { learned(input: $input, at: \"2026-08-05T00:00:01Z\", \
        knownAt: \"2026-08-10T12:00:00Z\") { before { allowed } after { allowed } \
        facts { fact position backdated } } }";
    let input = json!({ "licenseId": l1, "feature": "core" });
    let learned = &world.ann.query(learned, &json!({ "input": input }))["learned"];
    assert_eq!(learned["before"]["allowed"], true);
    assert_eq!(learned["after"]["allowed"], false);
    let facts = learned["facts"].as_array().unwrap();
    assert_eq!(facts.len(), 1, "the responsible fact and no other: {facts:?}");
    assert_eq!(facts[0]["fact"], "license_revoked");
    assert_eq!(facts[0]["position"], position.as_str());
    assert_eq!(facts[0]["backdated"], true);
}

#[test]
fn n1_a_past_look_at_a_position_is_what_was_answered_there() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let view = "status position seats { assigned available } entitlements { feature usage }";
    let mut answers = Vec::new();
    for (day, person) in (2..).zip(world.people(4)) {
        world.at(&format!("2026-08-{day:02}T00:00:00Z"));
        world.ann.done("seatAssign", json!({ "licenseId": l1, "memberId": person }), "");
        let used = json!({ "licenseId": l1, "feature": "api_calls", "quantity": "100" });
        world.vera.done("usageRecord", used, "");
        let query = format!("query($id: ID!) {{ license(id: $id) {{ {view} }} }}");
        let live = world.ann.query(&query, &json!({ "id": l1 }))["license"].take();
        answers.push((format!("2026-08-{day:02}T00:00:00Z"), live));
    }
    world.at("2026-09-20T00:00:00Z");
    let query = format!(
        "query($id: ID!, $asOf: AsOfInput!) {{ license(id: $id, asOf: $asOf) {{ {view} }} }}"
    );
    for (at, live) in answers {
        let position = live["position"].clone();
        for as_of in [json!({ "at": at, "position": position }), json!({ "at": at, "knownAt": at })]
        {
            let mut past =
                world.ann.query(&query, &json!({ "id": l1, "asOf": as_of }))["license"].take();
            past["position"] = position.clone();
            assert_eq!(past, live, "{as_of}");
        }
    }
}
