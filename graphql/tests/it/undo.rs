//! Taking back what the history tells: offered where it can be done, done by the act that reverses it.

use serde_json::{Value, json};

use crate::world::{World, codes, command, text};

const HISTORY: &str =
    "query($id: ID!) { license(id: $id) { history(first: 50) { nodes { id fact text undo } } } }";

/// The newest entry of this kind: its id and what undoing would do.
async fn newest(world: &World, who: &str, fact: &str) -> (String, Value) {
    let door = if ["vera", "rita"].contains(&who) { &world.console } else { &world.portal };
    let found = world.data(door, who, HISTORY, json!({ "id": world.ids.license })).await;
    let nodes = found["license"]["history"]["nodes"].as_array().expect("entries");
    let entry = nodes.iter().find(|one| one["fact"] == fact).expect("such a fact");
    (text(&entry["id"]), entry["undo"].clone())
}

async fn undo(world: &World, who: &str, entry: &str, id: &str) -> Value {
    let door = if ["vera", "rita"].contains(&who) { &world.console } else { &world.portal };
    let input = json!({ "commandId": id, "licenseId": world.ids.license, "entryId": entry });
    let object = "license { seats { assigned } blockers { kind } bundles { code } }";
    world.act(door, who, "licenseUndo", "LicenseUndoInput", input, object).await
}

async fn seat(world: &World, mutation: &str, kind: &str, member: &str) {
    let input =
        json!({ "commandId": command(), "licenseId": world.ids.license, "memberId": member });
    let done = world.act(&world.portal, "ann", mutation, kind, input, "license { id }").await;
    assert_eq!(codes(&done), [""; 0]);
}

#[tokio::test]
async fn a_seat_is_taken_back_and_given_again_and_a_retry_does_neither_twice() {
    let world = World::fixture().await;
    seat(&world, "seatAssign", "SeatAssignInput", &world.ids.bob).await;
    let (given, offer) = newest(&world, "ann", "seat_assigned").await;
    assert_eq!(offer, "free the seat of bob");
    let id = command();
    let undone = undo(&world, "ann", &given, &id).await;
    assert_eq!((codes(&undone), &undone["replayed"]), (vec![], &json!(false)));
    assert_eq!(undone["license"]["seats"]["assigned"], "0");
    let facts = world.facts().await;
    let again = undo(&world, "ann", &given, &id).await;
    assert_eq!((codes(&again), &again["replayed"]), (vec![], &json!(true)));
    assert_eq!(world.facts().await, facts, "a retry records nothing");

    let (_, offer) = newest(&world, "ann", "seat_assigned").await;
    assert_eq!(offer, Value::Null, "what was taken back is not offered again");
    let late = undo(&world, "ann", &given, &command()).await;
    assert_eq!(codes(&late), ["NOT_UNDOABLE"]);
    let (freed, offer) = newest(&world, "ann", "seat_unassigned").await;
    assert_eq!(offer, "give bob a seat again");
    let undone = undo(&world, "ann", &freed, &command()).await;
    assert_eq!(undone["license"]["seats"]["assigned"], "1");
}

#[tokio::test]
async fn it_is_offered_to_who_may_and_where_the_rules_allow_it() {
    let world = World::fixture().await;
    seat(&world, "seatAssign", "SeatAssignInput", &world.ids.bob).await;
    seat(&world, "seatUnassign", "SeatUnassignInput", &world.ids.bob).await;
    assert_eq!(
        newest(&world, "rita", "seat_unassigned").await.1,
        Value::Null,
        "auditors only read"
    );
    assert_eq!(newest(&world, "vera", "seat_unassigned").await.1, "give bob a seat again");
    let block = json!({
        "commandId": command(), "licenseId": world.ids.license, "blocker": "BILLING", "reason": "unpaid",
    });
    world.done("licenseSetBlocker", "LicenseSetBlockerInput", block, "license { id }").await;
    let seat = newest(&world, "vera", "seat_unassigned").await;
    assert_eq!(seat.1, Value::Null, "no seat is given on a license that is suspended");
    let refused = undo(&world, "vera", &seat.0, &command()).await;
    assert_eq!(codes(&refused), ["NOT_UNDOABLE"]);
    let (blocked, offer) = newest(&world, "ann", "blocker_set").await;
    assert_eq!(offer, Value::Null, "a customer does not clear what the vendor set");
    assert_eq!(codes(&undo(&world, "ann", &blocked, &command()).await), ["NOT_UNDOABLE"]);
    assert_eq!(newest(&world, "vera", "blocker_set").await.1, "clear the block (billing)");
    let undone = undo(&world, "vera", &blocked, &command()).await;
    assert_eq!(undone["license"]["blockers"], json!([]));
    assert_eq!(newest(&world, "vera", "seat_unassigned").await.1, "give bob a seat again");
}

#[tokio::test]
async fn a_bundle_is_taken_away_by_who_could_have_added_it() {
    let world = World::fixture().await;
    for (bundle, offers) in [("growth-bundle", true), ("enterprise-bundle", false)] {
        let input =
            json!({ "commandId": command(), "licenseId": world.ids.license, "bundle": bundle });
        world.done("licenseApplyBundle", "LicenseApplyBundleInput", input, "license { id }").await;
        let (added, offer) = newest(&world, "ann", "bundle_applied").await;
        assert_eq!(offer != Value::Null, offers, "{bundle}: {offer}");
        if offers {
            let undone = undo(&world, "ann", &added, &command()).await;
            assert_eq!(undone["license"]["bundles"], json!([]));
            let (removed, offer) = newest(&world, "ann", "bundle_removed").await;
            assert_eq!(offer, "add bundle growth bundle (version 1) again");
            let undone = undo(&world, "ann", &removed, &command()).await;
            assert_eq!(undone["license"]["bundles"], json!([{ "code": "growth-bundle" }]));
        }
    }
}

#[tokio::test]
async fn nothing_is_taken_back_by_guessing() {
    let world = World::fixture().await;
    seat(&world, "seatAssign", "SeatAssignInput", &world.ids.bob).await;
    let (entry, _) = newest(&world, "ann", "seat_assigned").await;
    let facts = world.facts().await;
    let input = json!({
        "commandId": command(), "licenseId": world.ids.license, "entryId": entry,
    });
    let object = "license { id }";
    for (who, code) in [("gus", "NOT_FOUND"), ("bob", "FORBIDDEN")] {
        let input = input.clone();
        let refused =
            world.act(&world.portal, who, "licenseUndo", "LicenseUndoInput", input, object).await;
        assert_eq!(codes(&refused), [code], "{who}");
    }
    let (issued, offer) = newest(&world, "ann", "license_issued").await;
    assert_eq!(offer, Value::Null);
    assert_eq!(codes(&undo(&world, "ann", &issued, &command()).await), ["NOT_UNDOABLE"]);
    assert_eq!(codes(&undo(&world, "ann", "rubbish", &command()).await), ["NOT_FOUND"]);
    // One denial is recorded for whoever may not.
    assert_eq!(world.facts().await, facts + 1);
}
