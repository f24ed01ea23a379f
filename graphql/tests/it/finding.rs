//! Finding things by whatever somebody has in hand.

use serde_json::{Value, json};

use crate::journeys::{activate, assign};
use crate::world::{World, codes, command, text};

#[tokio::test]
async fn an_email_signs_in_one_person_only_and_things_are_found_by_what_they_are_known_by() {
    let world = World::fixture().await;
    let input = json!({ "commandId": command(), "accountId": world.ids.globex, "name": "other bob", "email": "BOB@example.com", "role": "MEMBER" });
    let refused = world
        .act(&world.console, "vera", "memberAdd", "MemberAddInput", input, "member { id }")
        .await;
    assert_eq!(codes(&refused), ["EMAIL_TAKEN"]);
    let device = activate(&world, "FP-1").await;
    let query = "query($text: String!) { find(text: $text) { matchedBy found { __typename ... on License { id keyMasked } ... on Member { id } ... on Account { id } ... on Device { id } } } }";
    let find = async |text: &str| {
        world.data(&world.console, "vera", query, json!({ "text": text })).await["find"][0].clone()
    };
    assert_eq!(find("bob@example.com").await["found"]["id"], world.ids.bob.as_str());
    assert_eq!(find("C-2").await["found"]["id"], world.ids.globex.as_str());
    assert_eq!(find("FP-1").await["found"]["id"], device["device"]["id"]);
}

#[tokio::test]
async fn licenses_are_found_by_whatever_somebody_has_in_hand() {
    let world = World::fixture().await;
    let input = json!({
        "commandId": command(), "licenseId": world.ids.license, "fingerprint": "FP-77",
        "name": "Drafting room PC",
    });
    let object = "device { id }";
    world.act(&world.portal, "ann", "deviceActivate", "DeviceActivateInput", input, object).await;
    assign(&world, "ann", &world.ids.bob, &command()).await;
    let own = "{ licenses { nodes { keyMasked } } products { nodes { code name } } }";
    let own = world.data(&world.portal, "ann", own, json!({})).await;
    let masked = text(&own["licenses"]["nodes"][0]["keyMasked"]);
    let end = masked.rsplit('-').next().expect("a key has parts").to_owned();
    let product = &own["products"]["nodes"][0];
    let (code, name) = (text(&product["code"]), text(&product["name"]));
    let beginning: String = name.chars().take(3).collect();

    let query = "query($text: String!, $status: [LicenseStatus!]) {
        licenses(text: $text, status: $status) { totalCount nodes { id } }
        dashboard { total } }";
    let find = async |door: &axum::Router, who: &str, wanted: Value| {
        let found = world.data(door, who, query, wanted).await;
        let found = &found["licenses"];
        let ids = found["nodes"].as_array().expect("a list").iter();
        let ids: Vec<String> = ids.map(|node| text(&node["id"])).collect();
        assert_eq!(found["totalCount"], ids.len());
        ids
    };
    for wanted in [
        &masked,
        &end,
        &end[end.len() - 4..],
        &code,
        &name,
        &beginning,
        "bob",
        "BOB@exa",
        "draft",
        "room",
        "FP-77",
    ] {
        let found = find(&world.portal, "ann", json!({ "text": wanted })).await;
        assert_eq!(found, std::slice::from_ref(&world.ids.license), "`{wanted}`");
    }
    for wanted in ["pc drafting", "FP-7", "nobody"] {
        let found = find(&world.portal, "ann", json!({ "text": wanted })).await;
        assert_eq!(found, Vec::<String>::new(), "`{wanted}`");
    }
    // Filters hold beside the search, and what is another customer's is found by the vendor only.
    let none = find(&world.portal, "ann", json!({ "text": "draft", "status": ["REVOKED"] })).await;
    assert_eq!(none, Vec::<String>::new());
    for wanted in ["draft", "FP-77", "bob", "Acme"] {
        let foreign = find(&world.portal, "gus", json!({ "text": wanted })).await;
        assert_eq!(foreign, Vec::<String>::new(), "`{wanted}`");
        let vendor = find(&world.console, "vera", json!({ "text": wanted })).await;
        assert_eq!(vendor, std::slice::from_ref(&world.ids.license), "`{wanted}`");
    }
    assert_eq!(find(&world.console, "vera", json!({ "text": name })).await.len(), 2);
}

#[tokio::test]
async fn the_number_of_accounts_is_that_of_the_list_it_stands_beside() {
    let world = World::fixture().await;
    for (roots, expected) in [(false, 3), (true, 2)] {
        let query =
            "query($roots: Boolean!) { accounts(roots: $roots) { totalCount nodes { id } } }";
        let found = world.data(&world.console, "vera", query, json!({ "roots": roots })).await;
        let listed = found["accounts"]["nodes"].as_array().map_or(0, Vec::len);
        assert_eq!(found["accounts"]["totalCount"], listed);
        assert_eq!(listed, expected);
    }
}
