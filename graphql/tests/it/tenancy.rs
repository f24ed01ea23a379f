//! Nobody sees what is not theirs, and what is not theirs looks like what does not exist.

use schemas::LicenseId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{World, command, post, send};

#[tokio::test]
async fn unknown_and_foreign_ids_are_answered_byte_by_byte_alike() {
    let world = World::fixture().await;
    let unknown = LicenseId::new(Uuid::from_u128(77)).to_string();
    let queries = [
        "query($id: ID!) { license(id: $id) { id } }",
        "query($id: ID!) { node(id: $id) { id } }",
        "query($id: ID!) { check(input: { licenseId: $id }) { allowed } }",
        "query($id: ID!) { licenseChangePreview(input: { licenseId: $id, applyBundle: \"growth-bundle\" }) { possible } }",
        "query($id: ID!) { history(license: $id) { totalCount nodes { text } } }",
    ];
    for query in queries {
        let mut answers = Vec::new();
        for id in [&unknown, &world.ids.foreign_license] {
            let body = json!({ "query": query, "variables": { "id": id } }).to_string();
            answers.push(send(&world.portal, post("ann", body)).await);
        }
        assert_eq!(answers[0], answers[1], "{query}");
    }
    let id = command();
    let mut payloads = Vec::new();
    for license in [&unknown, &world.ids.foreign_license] {
        let input = json!({ "commandId": id, "licenseId": license, "memberId": world.ids.bob });
        payloads.push(
            world
                .act(&world.portal, "ann", "seatAssign", "SeatAssignInput", input, "license { id }")
                .await,
        );
    }
    assert_eq!(payloads[0], payloads[1]);
    assert_eq!(payloads[0]["userErrors"][0]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_customer_sees_the_own_tree_and_nothing_of_another_customer() {
    let world = World::fixture().await;
    let below = world.issue(&world.ids.acme_eu, "starter-bundle").await;
    let query = "{ licenses { nodes { id accountName } } account { name subAccounts { nodes { name } } } \
        entitlements { productName modules { features { licenseId feature } } } }";
    let ann = world.data(&world.portal, "ann", query, json!({})).await.to_string();
    assert!(
        ann.contains(&world.ids.license) && ann.contains(&below) && ann.contains("Acme Europe")
    );
    assert!(!ann.contains(&world.ids.foreign_license) && !ann.contains("Globex"));
    let gus = world.data(&world.portal, "gus", query, json!({})).await.to_string();
    assert!(
        gus.contains(&world.ids.foreign_license)
            && !gus.contains(&world.ids.license)
            && !gus.contains("Acme")
    );
}

#[tokio::test]
async fn a_member_sees_only_licenses_with_an_own_seat_and_own_devices() {
    let world = World::fixture().await;
    let query = "{ licenses(first: 5) { totalCount nodes { seatHolders { nodes { memberId } } devices { nodes { name } } } } }";
    let none = world.data(&world.portal, "bob", query, json!({})).await;
    assert_eq!(none["licenses"]["totalCount"], 0);
    for member in [&world.ids.ann, &world.ids.bob] {
        let input =
            json!({ "commandId": command(), "licenseId": world.ids.license, "memberId": member });
        world.done("seatAssign", "SeatAssignInput", input, "license { id }").await;
    }
    for (who, name) in [("ann", "anns"), ("bob", "bobs")] {
        let input = json!({ "commandId": command(), "licenseId": world.ids.license, "fingerprint": name, "name": name });
        let payload = world
            .act(
                &world.portal,
                who,
                "deviceActivate",
                "DeviceActivateInput",
                input,
                "device { memberId }",
            )
            .await;
        assert_eq!(payload["userErrors"], json!([]));
    }
    let seen = world.data(&world.portal, "bob", query, json!({})).await;
    let license = &seen["licenses"]["nodes"][0];
    assert_eq!(license["seatHolders"]["nodes"], json!([{ "memberId": world.ids.bob }]));
    assert_eq!(license["devices"]["nodes"], json!([{ "name": "bobs" }]));
    let admin = world.data(&world.portal, "ann", query, json!({})).await;
    assert_eq!(admin["licenses"]["nodes"][0]["devices"]["nodes"].as_array().map(Vec::len), Some(2));
    let history = "query($id: ID!) { license(id: $id) { history { totalCount } } }";
    let own = world.data(&world.portal, "bob", history, json!({ "id": world.ids.license })).await;
    assert_eq!(own, json!({ "license": { "history": null } }), "it names other people");
    let history = "query($id: ID!) { history(license: $id) { totalCount } }";
    let refused =
        world.ask(&world.portal, "bob", history, json!({ "id": world.ids.license })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn pages_walk_through_the_list_without_gap_or_repeat() {
    let world = World::fixture().await;
    for _ in 0..6 {
        world.issue(&world.ids.acme, "starter-bundle").await;
    }
    let query = "query($after: String) { licenses(first: 3, after: $after) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }";
    let mut ids = Vec::new();
    let mut after = Value::Null;
    loop {
        let found = world.data(&world.portal, "ann", query, json!({ "after": after })).await;
        let page = &found["licenses"];
        assert_eq!(page["totalCount"], 7);
        ids.extend(
            page["nodes"].as_array().expect("nodes").iter().map(|node| node["id"].to_string()),
        );
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let mut distinct = ids.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((ids.len(), &distinct), (7, &ids), "in order, each once");
    let forged = world.ask(&world.portal, "ann", query, json!({ "after": "00ff" })).await;
    assert_eq!(forged["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}
