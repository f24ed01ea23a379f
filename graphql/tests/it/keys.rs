//! A license key in the clear: for who may, and never without a fact that says so.

use serde_json::{Value, json};

use crate::world::{World, codes, command, text};

async fn reveal(world: &World, who: &str, license: &str, id: &str) -> Value {
    let door = if ["vera", "rita"].contains(&who) { &world.console } else { &world.portal };
    let input = json!({ "commandId": id, "licenseId": license });
    world.act(door, who, "licenseRevealKey", "LicenseRevealKeyInput", input, "key").await
}

#[tokio::test]
async fn a_key_is_shown_to_an_admin_and_the_history_says_to_whom() {
    let world = World::fixture().await;
    let license = world.ids.license.clone();
    let id = command();
    let shown = reveal(&world, "ann", &license, &id).await;
    let key = text(&shown["key"]);
    let masked = "query($id: ID!) { license(id: $id) { keyMasked history(first: 1) { totalCount \
        nodes { fact text rule actor { name } } } } }";
    let found = world.data(&world.portal, "ann", masked, json!({ "id": license })).await;
    assert_eq!(found["license"]["keyMasked"], ledger::license_key::mask(&key));
    assert!(key.len() > 20 && !key.contains('*'), "{key}");
    let entry = json!({
        "fact": "license_key_revealed", "text": "the license key was shown in the clear",
        "rule": "license.reveals_are_logged", "actor": { "name": "ann" },
    });
    assert_eq!(found["license"]["history"]["nodes"][0], entry);
    let facts = world.facts().await;
    let again = reveal(&world, "ann", &license, &id).await;
    assert_eq!((&again["key"], &again["replayed"]), (&json!(key), &json!(true)));
    assert_eq!(world.facts().await, facts, "a retry is the same look");
    reveal(&world, "ann", &license, &command()).await;
    assert_eq!(world.facts().await, facts + 1, "a second look is a second fact");
    let found = world.data(
        &world.portal,
        "ann",
        "query($key: String!) { licenses(text: $key) { nodes { id } } }",
        json!({ "key": key }),
    );
    assert_eq!(found.await["licenses"]["nodes"], json!([{ "id": license }]));
}

#[tokio::test]
async fn nobody_else_is_shown_it() {
    let world = World::fixture().await;
    for (who, code) in [("bob", "FORBIDDEN"), ("gus", "NOT_FOUND"), ("rita", "FORBIDDEN")] {
        let refused = reveal(&world, who, &world.ids.license, &command()).await;
        assert_eq!((codes(&refused), &refused["key"]), (vec![code.to_owned()], &Value::Null));
    }
}

#[tokio::test]
async fn a_look_at_the_key_stands_in_the_way_of_no_backdated_fact() {
    let world = World::fixture().await;
    let license = world.ids.license.clone();
    world.days_later(20);
    let revoke = json!({
        "commandId": command(), "licenseId": license, "reason": "sold", "effectiveAt": "2026-08-12T00:00:00Z",
    });
    world.prove("vera").await;
    reveal(&world, "vera", &license, &command()).await;
    let renew = json!({
        "commandId": command(), "licenseId": license, "period": "P1Y", "effectiveAt": "2026-08-11T00:00:00Z",
    });
    world.done("licenseRenew", "LicenseRenewInput", renew, "license { id }").await;
    world.done("licenseRevoke", "LicenseRevokeInput", revoke, "license { status }").await;
    let after = reveal(&world, "vera", &license, &command()).await;
    assert_eq!(codes(&after), [""; 0], "the key of a revoked license can be looked up");
}
