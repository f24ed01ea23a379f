//! Usage: counted once by source and id, by the piece, in batches and as CloudEvents, in any order.

use serde_json::{Value, json};

use super::world::{World, used};

fn left(world: &World, feature: &str) -> String {
    let answer = world.ask("validate", &json!({ "feature": feature })).json();
    answer["remaining"].as_str().unwrap_or("none").to_owned()
}

fn results(world: &World, events: &[Value]) -> Vec<Value> {
    let answer = world.ask("usage", &json!({ "events": events }));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["results"].as_array().unwrap().clone()
}

#[test]
fn usage_counts_once_and_what_is_too_much_does_not_count_at_all() {
    let world = World::start();
    let events =
        [used("a", "api_calls", 40), used("b", "api_calls", 60), used("c", "api_calls", 1)];
    let first = results(&world, &events);
    let counted: Vec<_> = first.iter().map(|one| one["counted"] == true).collect();
    assert_eq!(counted, [true, true, false], "{first:?}");
    assert_eq!(first[2]["code"], "QUOTA_EXCEEDED", "{first:?}");
    assert_eq!(left(&world, "api_calls"), "0");
    let again = results(&world, &events[..2]);
    assert!(again.iter().all(|one| one["counted"] == true && one["again"] == true), "{again:?}");
    assert_eq!(left(&world, "api_calls"), "0");
    let altered = results(&world, &[used("a", "api_calls", 41)]);
    assert_eq!(altered[0]["code"], "IDEMPOTENCY_MISMATCH", "{altered:?}");
    let refused = results(
        &world,
        &[
            used("d", "core", 1),
            used("e", "no_such", 1),
            used("", "exports", 1),
            used("f", "exports", 0),
        ],
    );
    let codes: Vec<_> = refused.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(
        codes,
        ["FEATURE_TYPE_MISMATCH", "FEATURE_NOT_FOUND", "BAD_USER_INPUT", "QUANTITY_IS_ZERO"]
    );
}

#[test]
fn usage_that_comes_twice_and_in_another_order_leaves_the_same() {
    let (one, other) = (World::start(), World::start());
    let events: Vec<_> =
        (0..200_u64).map(|n| used(&format!("u{n}"), "exports", n % 7 + 1)).collect();
    results(&one, &events);
    // 73 and 200 have no common divisor: each comes once, in another order; and then half of them again.
    let shuffled: Vec<_> = (0..200).map(|n| events[n * 73 % 200].clone()).collect();
    results(&other, &shuffled[..150]);
    results(&other, &shuffled[50..]);
    assert_eq!(left(&one, "exports"), left(&other, "exports"));
    let sum: u64 = (0..200).map(|n| n % 7 + 1).sum();
    assert_eq!(left(&one, "exports"), (1_000_000 - sum).to_string());
}

#[test]
fn usage_comes_as_cloud_events_too() {
    let world = World::start();
    let event = |source: &str, id: &str| {
        json!({
            "specversion": "1.0", "type": "deedbook.usage.v1", "source": source, "id": id,
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "data": { "feature": "exports", "quantity": "5" },
        })
    };
    let send = |body: &Value, form: &str| {
        let media = format!("application/{form}+json; charset=utf-8");
        world.ask_with("usage", body, &[("Content-Type", &media)])
    };
    let single = send(&event("/servers/1", "1"), "cloudevents");
    assert_eq!(single.json()["results"][0]["counted"], true, "{}", single.body);
    let batch =
        json!([event("/servers/1", "1"), event("/servers/2", "1"), event("/servers/1", "2")]);
    let told = send(&batch, "cloudevents-batch").json();
    let again: Vec<_> =
        told["results"].as_array().unwrap().iter().map(|one| one["again"] == true).collect();
    assert_eq!(again, [true, false, false], "the same source and id counts once: {told}");
    assert_eq!(left(&world, "exports"), (1_000_000 - 15).to_string());
    for (field, value) in [("specversion", "0.3"), ("type", "com.example.other")] {
        let mut other = event("/servers/1", "9");
        other[field] = json!(value);
        assert_eq!(send(&other, "cloudevents").json()["code"], "BAD_USER_INPUT");
    }
    let plain = world.ask_with("usage", &event("a", "b"), &[("Content-Type", "text/plain")]);
    assert_eq!(plain.status, 415, "{}", plain.body);
}

#[test]
fn usage_of_another_time_is_not_counted_now() {
    let world = World::start();
    let mut early = used("early", "exports", 1);
    early["time"] = json!("2025-12-31T00:00:00Z");
    let mut late = used("late", "exports", 1);
    late["time"] = json!("2127-01-01T00:00:00Z");
    let mut never = used("never", "exports", 1);
    never["time"] = json!("yesterday");
    let told = results(&world, &[early, late, never]);
    let codes: Vec<_> = told.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["USAGE_TOO_LATE", "USAGE_IN_FUTURE", "BAD_USER_INPUT"], "{told:?}");
}

#[test]
fn a_batch_has_a_bound_and_something_in_it() {
    let world = World::start();
    let many: Vec<_> = (0..1_001).map(|n| used(&n.to_string(), "exports", 1)).collect();
    for events in [json!([]), json!(many)] {
        let answer = world.ask("usage", &json!({ "events": events }));
        assert_eq!((answer.status, answer.json()["field"].as_str()), (400, Some("events")));
    }
    assert_eq!(left(&world, "exports"), "1000000");
}
