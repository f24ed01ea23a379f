//! Command ids: the same id and body is done once for ever, another body under it is refused.

use serde_json::json;

use crate::client::number;
use crate::stage::text;
use crate::world::{World, device};

#[test]
fn a_command_id_with_another_body_is_a_mismatch() {
    let world = World::new();
    let mut input =
        json!({ "licenseId": world.l1, "memberId": world.bob, "commandId": world.command_id() });
    world.done("ann", "seatAssign", input.clone(), "license { id }");
    input["memberId"] = world.ann.clone().into();
    assert_eq!(world.refused_code("ann", "seatAssign", input.clone()), "IDEMPOTENCY_MISMATCH");
    assert_eq!(world.refused_code("ann", "seatUnassign", input), "IDEMPOTENCY_MISMATCH");
    let seats = world.license("ann", &world.l1, "seats { assigned }");
    assert_eq!(number(&seats["seats"]["assigned"]), 1);
}

#[test]
fn a_retry_long_after_is_the_stored_answer_and_does_nothing() {
    let world = World::new();
    let mut input = device(&world.l1, "D1");
    input["commandId"] = world.command_id().into();
    let first = world.done("ann", "deviceActivate", input.clone(), "device { id }");
    let id = text(&first["device"]["id"]);
    world.done(
        "ann",
        "deviceDeactivate",
        json!({ "licenseId": world.l1, "deviceId": id }),
        "device { id }",
    );
    world.at("2027-08-01T00:00:00Z");
    world.token("ann");
    let before = world.position();
    let again = world.once("ann", "deviceActivate", &input, "device { id }");
    assert_eq!(again["replayed"], true, "{again}");
    assert_eq!(again["userErrors"], json!([]));
    assert_eq!((&again["device"]["id"], &again["position"]), (&json!(id), &first["position"]));
    assert_eq!(world.position(), before, "nothing is recorded, though the license is over by now");
}

#[test]
fn a_retry_of_usage_is_the_stored_answer_after_the_feature_is_gone() {
    let world = World::new();
    let mut input = json!({ "licenseId": world.l1, "feature": "api_calls", "quantity": "300" });
    input["commandId"] = world.command_id().into();
    let first = world.done("vera", "usageRecord", input.clone(), "reading { license { id } }");
    let change = json!({ "licenseId": world.l1, "source": "analytics", "usage": "CARRY" });
    world.done("vera", "licenseChangeOffering", change, "license { id }");
    let before = world.position();
    let again = world.once("vera", "usageRecord", &input, "reading { license { id } }");
    assert_eq!((&again["replayed"], &again["userErrors"]), (&json!(true), &json!([])), "{again}");
    assert_eq!((&again["position"], world.position()), (&first["position"], before));
    input["commandId"] = world.command_id().into();
    let refused = world.refused_code("vera", "usageRecord", input);
    assert_eq!(refused, "FEATURE_NOT_ENTITLED");
}

#[test]
fn two_retries_at_once_are_done_once() {
    let world = World::new();
    let mut input = json!({ "licenseId": world.l1, "memberId": world.bob });
    input["commandId"] = world.command_id().into();
    world.token("ann");
    let before = world.position().unwrap();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| world.once("ann", "seatAssign", &input, "license { id }")))
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(world.position(), Some(before + 1));
    for answer in &answers {
        assert_eq!(
            (&answer["userErrors"], &answer["position"]),
            (&json!([]), &answers[0]["position"])
        );
    }
    assert_eq!(
        answers.iter().filter(|one| one["replayed"] == json!(false)).count(),
        1,
        "{answers:?}"
    );
}

#[test]
fn a_command_id_that_is_none_is_refused() {
    let world = World::new();
    for wrong in ["", "7", "cmd_short", "not-a-uuid"] {
        let input = json!({ "commandId": wrong, "licenseId": world.l1, "memberId": world.bob });
        assert_eq!(world.refused_code("ann", "seatAssign", input), "BAD_COMMAND_ID", "`{wrong}`");
    }
}
