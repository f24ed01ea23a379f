//! Legal holds: an erasure destroys no evidence, whoever asks for it.

use serde_json::{Value, json};

use crate::world::{World, codes, command};

const HELD: &str = "query($id: ID!) { legalHolds(accountId: $id) { matter placedAt } }";
const ABOVE: &str = "query($id: ID!) { own: legalHolds(accountId: $id) { matter }
    all: legalHolds(accountId: $id, above: true) { matter accountId accountName } }";

async fn hold(world: &World, who: &str, mutation: &str, matter: &str) -> Value {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let input = json!({ "commandId": command(), "accountId": world.ids.acme, "matter": matter });
    world.act(&world.console, who, mutation, &kind, input, "account { id }").await
}

async fn erase(world: &World, door: &axum::Router, who: &str, member: &str) -> Value {
    let input = json!({ "commandId": command(), "memberId": member, "ground": "OBJECTION" });
    let object = "member { id name erasedAt }";
    world.act(door, who, "memberErase", "MemberEraseInput", input, object).await
}

async fn matters(world: &World) -> Vec<String> {
    let found = world.data(&world.console, "vera", HELD, json!({ "id": world.ids.acme })).await;
    let held = found["legalHolds"].as_array().expect("a list").clone();
    held.iter().map(|one| one["matter"].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test]
async fn abuse_18_an_erasure_destroys_nothing_that_a_court_wants_kept() {
    let world = World::fixture().await;
    let (bob, acme_eu) = (world.ids.bob.clone(), world.ids.acme_eu.clone());
    let eva = world.add_member(&acme_eu, "eva").await;
    assert_eq!(matters(&world).await, [""; 0]);
    assert_eq!(codes(&hold(&world, "vera", "legalHoldPlace", "2026-17").await), [""; 0]);
    assert_eq!(
        codes(&hold(&world, "vera", "legalHoldPlace", "no spaces!").await),
        ["MATTER_REFUSED"]
    );
    assert_eq!(matters(&world).await, ["2026-17"]);

    // On the account below one reads where it stands.
    let below = world.data(&world.console, "vera", ABOVE, json!({ "id": acme_eu })).await;
    let held = json!([{ "matter": "2026-17", "accountId": world.ids.acme, "accountName": "Acme" }]);
    assert_eq!((&below["own"], &below["all"]), (&json!([]), &held));

    // Nobody erases anybody of it, nor of an account below it, by either door.
    for (door, who, member) in [
        (&world.portal, "ann", &bob),
        (&world.portal, "ann", &eva),
        (&world.console, "vera", &bob),
        (&world.console, "vera", &eva),
    ] {
        let refused = erase(&world, door, who, member).await;
        assert_eq!(codes(&refused), ["LEGAL_HOLD"], "{who} {member}: {refused}");
    }
    let names = "{ account { people(first: 5) { nodes { name } } } }";
    let seen = world.data(&world.portal, "ann", names, json!({})).await.to_string();
    assert!(seen.contains("bob") && seen.contains("eva"), "{seen}");

    // The admins read why, and not which matter it is.
    let told = "{ account { history(first: 1) { nodes { text } } } }";
    let told = world.data(&world.portal, "ann", told, json!({})).await.to_string();
    assert!(told.contains("nobody is erased from now on"), "{told}");
    assert!(!told.contains("2026-17"), "{told}");

    world.prove("vera").await;
    let mistyped = hold(&world, "vera", "legalHoldLift", "2026-71").await;
    assert_eq!(codes(&mistyped), ["MATTER_NOT_FOUND"], "nobody takes it for lifted");
    assert_eq!(codes(&hold(&world, "vera", "legalHoldLift", "2026-17").await), [""; 0]);
    assert_eq!(matters(&world).await, [""; 0]);
    for member in [&bob, &eva] {
        let erased = erase(&world, &world.portal, "ann", member).await;
        assert_eq!((codes(&erased), &erased["member"]["name"]), (vec![], &Value::Null));
    }
}
