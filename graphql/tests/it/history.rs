//! The past: as it was, as it was known, and what was recorded.

use serde_json::json;

use crate::world::{World, command, text};

#[tokio::test]
async fn a_backdated_revocation_is_known_from_when_it_was_recorded() {
    let world = World::fixture().await;
    world.days_later(20);
    let input = json!({
        "commandId": command(), "licenseId": world.ids.license, "reason": "fraud",
        "effectiveAt": "2026-08-11T00:00:00Z",
    });
    let revoked = world
        .done("licenseRevoke", "LicenseRevokeInput", input, "license { status revokedAt }")
        .await;
    assert_eq!(revoked["license"]["revokedAt"], "2026-08-11T00:00:00Z");
    world.days_later(30);
    let query = "query($id: ID!, $known: DateTime) { check(input: { licenseId: $id }, \
        asOf: { at: \"2026-08-12T00:00:00Z\", knownAt: $known }) { allowed code } }";
    let ask = async |known: &str| {
        let variables = json!({ "id": world.ids.license, "known": known });
        world.data(&world.portal, "ann", query, variables).await["check"].clone()
    };
    assert_eq!(ask("2026-08-15T00:00:00Z").await, json!({ "allowed": true, "code": null }));
    assert_eq!(ask("2026-08-25T00:00:00Z").await, json!({ "allowed": false, "code": "REVOKED" }));
    let learned = "query($input: CheckInput!) { learned(input: $input, at: \"2026-08-12T00:00:00Z\", \
        knownAt: \"2026-08-15T00:00:00Z\") { before { allowed } after { allowed } facts { fact backdated text } } }";
    let input = json!({ "licenseId": world.ids.license });
    let found = world.data(&world.portal, "ann", learned, json!({ "input": input })).await;
    assert_eq!(found["learned"]["before"]["allowed"], true);
    assert_eq!(found["learned"]["after"]["allowed"], false);
    assert_eq!(
        found["learned"]["facts"],
        json!([{ "fact": "license_revoked", "backdated": true, "text": "the license was revoked: fraud" }])
    );
}

#[tokio::test]
async fn a_list_is_as_it_was_at_a_place_of_the_ledger() {
    let world = World::fixture().await;
    let now = "{ viewer { position } licenses { totalCount } seats { assigned } }";
    let before = world.data(&world.portal, "ann", now, json!({})).await;
    let position = text(&before["viewer"]["position"]);
    world.days_later(1);
    world.issue(&world.ids.acme, "growth-bundle").await;
    let input = json!({ "commandId": command(), "licenseId": world.ids.license, "memberId": world.ids.bob });
    world.done("seatAssign", "SeatAssignInput", input, "license { id }").await;
    let past = "query($position: LedgerPosition) { licenses(asOf: { position: $position }) { totalCount } \
        seats(asOf: { position: $position }) { assigned } }";
    let found = world.data(&world.portal, "ann", past, json!({ "position": position })).await;
    assert_eq!(found["licenses"]["totalCount"], 1);
    assert_eq!(found["seats"]["assigned"], "0");
    let present = world.data(&world.portal, "ann", now, json!({})).await;
    assert_eq!(
        (present["licenses"]["totalCount"].clone(), present["seats"]["assigned"].clone()),
        (json!(2), json!("1"))
    );
}

#[tokio::test]
async fn the_history_tells_who_what_by_which_rule_and_what_was_so_before() {
    let world = World::fixture().await;
    let input = json!({ "commandId": command(), "licenseId": world.ids.license, "memberId": world.ids.bob });
    let payload = world
        .act(&world.portal, "ann", "seatAssign", "SeatAssignInput", input, "license { id }")
        .await;
    let query = "query($id: ID!) { license(id: $id) { history(first: 1) { totalCount pageInfo { hasNextPage endCursor } \
        nodes { fact text before after rule position actor { kind name } digest } } } }";
    let found = world.data(&world.portal, "ann", query, json!({ "id": world.ids.license })).await;
    let history = &found["license"]["history"];
    let entry = &history["nodes"][0];
    assert_eq!(entry["fact"], "seat_assigned");
    assert_eq!(entry["text"], "bob got a seat");
    assert_eq!(
        (entry["before"].clone(), entry["after"].clone()),
        (json!("0 of 5 seats assigned"), json!("1 of 5 seats assigned"))
    );
    assert_eq!(entry["actor"], json!({ "kind": "MEMBER", "name": "ann" }));
    assert_eq!(entry["rule"], "license.seats_fit");
    assert_eq!(entry["position"], payload["position"]);
    assert_eq!(history["pageInfo"]["hasNextPage"], true);
    let next = "query($id: ID!, $after: String) { license(id: $id) { history(first: 5, after: $after) { nodes { fact actor { kind id } } } } }";
    let variables = json!({ "id": world.ids.license, "after": history["pageInfo"]["endCursor"] });
    let found = world.data(&world.portal, "ann", next, variables).await;
    let older = found["license"]["history"]["nodes"].as_array().expect("entries");
    assert_eq!(older.last().map(|one| text(&one["fact"])), Some("license_issued".to_owned()));
    assert!(
        older.iter().all(|one| one["actor"] == json!({ "kind": "VENDOR", "id": null })),
        "{older:?}"
    );
}

#[tokio::test]
async fn a_token_of_another_ledger_or_a_forged_one_is_refused() {
    let world = World::fixture().await;
    let query = "query($token: String) { license(id: \"lic_00000000000000000000000000\", atLeast: $token) { id } }";
    let answer = world.ask(&world.portal, "ann", query, json!({ "token": "at1-x" })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TOKEN_MALFORMED");
}

#[tokio::test]
async fn what_happened_in_the_accounts_below_is_in_one_list_with_ones_own() {
    let world = World::fixture().await;
    let below = world.issue(&world.ids.acme_eu, "growth-bundle").await;
    for license in [&world.ids.license, &below, &world.ids.foreign_license, &below] {
        let input = json!({
            "commandId": command(), "licenseId": license, "feature": "api_calls", "quantity": "1",
        });
        world
            .done("usageRecord", "UsageRecordInput", input, "reading { entitlement { usage } }")
            .await;
    }
    let query = "query($first: Int!, $after: String, $below: Boolean!) {
        history(first: $first, after: $after, subAccounts: $below) {
            totalCount pageInfo { hasNextPage endCursor } nodes { id position } } }";
    let ask = async |who: &str, first: i32, after: Option<String>, below: bool| {
        let variables = json!({ "first": first, "after": after, "below": below });
        world.data(&world.portal, who, query, variables).await["history"].clone()
    };
    let positions = |list: &serde_json::Value| -> Vec<u64> {
        let nodes = list["nodes"].as_array().expect("nodes").iter();
        nodes.map(|node| text(&node["position"]).parse().expect("a position")).collect()
    };
    let own = ask("ann", 100, None, false).await;
    let all = ask("ann", 100, None, true).await;
    let (own, of_all) = (positions(&own), positions(&all));
    assert!(of_all.is_sorted_by(|one, other| one > other), "newest first: {of_all:?}");
    assert!(own.iter().all(|one| of_all.contains(one)) && of_all.len() >= own.len() + 4);
    assert_eq!(all["totalCount"], of_all.len());
    // Page by page it is the same list.
    let (mut walked, mut after) = (Vec::new(), None);
    loop {
        let page = ask("ann", 3, after, true).await;
        walked.extend(positions(&page));
        if page["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = Some(text(&page["pageInfo"]["endCursor"]));
    }
    assert_eq!(walked, of_all);
    // Nothing of anybody else's is in it.
    let theirs = positions(&ask("gus", 100, None, true).await);
    assert!(theirs.iter().all(|one| !of_all.contains(one)));
}

#[tokio::test]
async fn activity_is_what_people_changed_in_the_whole_tree_and_of_nobody_else() {
    let world = World::fixture().await;
    let below = world.issue(&world.ids.acme_eu, "starter-bundle").await;
    let device = json!({
        "commandId": command(), "licenseId": world.ids.license, "fingerprint": "laptop", "name": "laptop",
    });
    let device = world.done("deviceActivate", "DeviceActivateInput", device, "device { id }").await;
    for day in 1..4 {
        world.days_later(day);
        let seen = json!({
            "commandId": command(), "licenseId": world.ids.license, "deviceId": device["device"]["id"],
        });
        world.done("deviceCheckIn", "DeviceCheckInInput", seen, "device { id }").await;
        let used = json!({
            "commandId": command(), "licenseId": below, "feature": "api_calls", "quantity": "7",
        });
        world.done("usageRecord", "UsageRecordInput", used, "reading { license { id } }").await;
    }
    let seat = json!({ "commandId": command(), "licenseId": world.ids.license, "memberId": world.ids.bob });
    world.done("seatAssign", "SeatAssignInput", seat, "license { id }").await;
    let query = "query($first: Int) { activity(first: $first) { fact aboutId undo } }";
    let found = world.data(&world.portal, "ann", query, json!({ "first": 100 })).await;
    let entries = found["activity"].as_array().expect("entries");
    let facts: Vec<&str> = entries.iter().filter_map(|one| one["fact"].as_str()).collect();
    assert_eq!(facts[..3], ["seat_assigned", "device_activated", "term_started"]);
    assert!(facts.contains(&"license_issued") && facts.contains(&"member_added"), "{facts:?}");
    for kept_out in ["device_seen", "usage_recorded", "token_issued", "meter_opened"] {
        assert!(!facts.contains(&kept_out), "{kept_out} is not what a person changed");
    }
    let about = |id: &str| entries.iter().any(|one| one["aboutId"] == id);
    assert!(about(&below), "accounts below are told too");
    assert!(!about(&world.ids.foreign_license), "nothing of another customer");
    assert_eq!(entries[0]["undo"], "free the seat of bob");
    let few = world.data(&world.portal, "ann", query, json!({ "first": 2 })).await;
    assert_eq!(few["activity"], json!(entries[..2]));
    let refused = world.ask(&world.portal, "bob", query, json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
}
