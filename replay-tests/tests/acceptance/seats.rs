//! S0.4 and S0.13: seats, who has them, and who may say so.

use std::sync::Barrier;

use replay_tests::chance::Chance;
use serde_json::{Value, json};

use crate::client::{each, list, number, with};
use crate::stage::text;
use crate::world::{T0, World};

const SEATS: &str = "seats { unlimited purchased assigned available overdraftUsed reserved }";

fn seat(license: &str, member: &str) -> Value {
    json!({ "licenseId": license, "memberId": member })
}

fn assigned(world: &World) -> u64 {
    number(&world.license("ann", &world.l1, SEATS)["seats"]["assigned"])
}

#[test]
fn s0_04_seats_the_sixth_finds_none_and_a_revoked_one_is_free_at_once() {
    let world = World::new();
    let people = world.crowd(6);
    for (place, person) in (1..=5).zip(&people) {
        let payload = world.done(
            "ann",
            "seatAssign",
            seat(&world.l1, person),
            &format!("license {{ {SEATS} }}"),
        );
        assert_eq!(number(&payload["license"]["seats"]["assigned"]), place);
    }
    let refused = world.refused("ann", "seatAssign", seat(&world.l1, &people[5]));
    assert_eq!(refused["code"], "NO_SEAT_AVAILABLE");
    assert_eq!(assigned(&world), 5);

    let freed = world.done(
        "ann",
        "seatUnassign",
        seat(&world.l1, &people[0]),
        &format!("license {{ {SEATS} }}"),
    );
    assert_eq!(number(&freed["license"]["seats"]["available"]), 1, "free in the same transaction");
    world.done("ann", "seatAssign", seat(&world.l1, &people[5]), "license { id }");
    assert_eq!(assigned(&world), 5);
    let refused = world.refused_code("ann", "seatAssign", seat(&world.l1, &people[0]));
    assert_eq!(refused, "NO_SEAT_AVAILABLE");
}

#[test]
fn s0_04_seats_a_member_may_not_assign_and_the_attempt_is_recorded_once_a_minute() {
    let world = World::new();
    let denials = || {
        let document = "query($id: ID!) { history(account: $id, first: 100) { nodes { fact text actor { id kind } } } }";
        let nodes =
            world.ask("ann", document, json!({ "id": world.acme }))["history"]["nodes"].take();
        list(&nodes)
            .iter()
            .filter(|one| one["fact"] == "access_denied")
            .cloned()
            .collect::<Vec<_>>()
    };
    let facts = |world: &World| world.license("ann", &world.l1, "factCount")["factCount"].take();
    let before = facts(&world);
    for _ in 0..3 {
        assert_eq!(
            world.refused_code("bob", "seatAssign", seat(&world.l1, &world.bob)),
            "FORBIDDEN"
        );
    }
    assert_eq!(facts(&world), before, "nothing is appended to the license");
    let recorded = denials();
    assert_eq!(recorded.len(), 1, "a flood is one record a minute: {recorded:?}");
    assert_eq!(recorded[0]["actor"]["id"], json!(world.bob));
    assert_eq!(recorded[0]["actor"]["kind"], "MEMBER");
    assert!(text(&recorded[0]["text"]).contains("seatAssign"), "{recorded:?}");

    world.at("2026-08-01T00:01:00Z");
    assert_eq!(world.refused_code("bob", "seatAssign", seat(&world.l1, &world.bob)), "FORBIDDEN");
    assert_eq!(denials().len(), 2, "the next minute has a record of its own");
    assert_eq!(world.refused_code("bob", "seatUnassign", seat(&world.l1, &world.ann)), "FORBIDDEN");
}

#[test]
fn s0_04_seats_two_admins_at_once_and_one_seat_left_make_one_winner() {
    let world = World::new();
    let people = world.crowd(8);
    for person in &people[..4] {
        world.done("ann", "seatAssign", seat(&world.l1, person), "license { id }");
    }
    world.member("acme", "amy", "Amy Wombat", "ORG_ADMIN");
    for round in 0..8 {
        let (ready, last) = (Barrier::new(2), &people[4 + round % 4]);
        let other = &people[4 + (round + 1) % 4];
        let (world, ready) = (&world, &ready);
        let try_it = |who: &'static str, member: String| {
            let mut input = seat(&world.l1, &member);
            input["commandId"] = world.command_id().into();
            world.token(who);
            ready.wait();
            (member, world.once(who, "seatAssign", &input, ""))
        };
        let answers = std::thread::scope(|scope| {
            let one = scope.spawn(|| try_it("ann", last.clone()));
            let two = scope.spawn(|| try_it("amy", other.clone()));
            [one.join().unwrap(), two.join().unwrap()]
        });
        let (won, lost): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|(_, payload)| payload["userErrors"] == json!([]));
        assert_eq!((won.len(), lost.len()), (1, 1), "{won:?} {lost:?}");
        assert_eq!(lost[0].1["userErrors"][0]["code"], "NO_SEAT_AVAILABLE");
        assert_eq!(assigned(world), 5);
        world.done("ann", "seatUnassign", seat(&world.l1, &won[0].0), "license { id }");
    }
}

#[test]
fn s0_13_seats_always_add_up() {
    let world = World::new();
    let people = world.crowd(7);
    let mut chance = Chance::printed("seats always add up");
    for _ in 0..60 {
        let mutation = if chance.one_in(3) { "seatUnassign" } else { "seatAssign" };
        let person = chance.pick(&people).clone();
        world.act("ann", mutation, seat(&world.l1, &person), "");
        let seats = world.license("ann", &world.l1, SEATS)["seats"].take();
        let read = |key: &str| number(&seats[key]);
        let overdraft_allowed = 0;
        assert_eq!(
            read("assigned") + read("available"),
            read("purchased") + overdraft_allowed - read("reserved"),
            "{seats}"
        );
        assert_eq!((read("purchased"), read("overdraftUsed")), (5, 0), "{seats}");
        let all = world.ask("ann", &format!("{{ {SEATS} }}"), json!({}));
        assert_eq!(all["seats"], seats, "the sum over one license is the license");
    }
}

#[test]
fn s0_13_seats_lists_user_assigned_at_last_used_at_and_assigner() {
    let world = World::new();
    world.at("2026-08-02T09:00:00Z");
    world.done("ann", "seatAssign", seat(&world.l1, &world.bob), "license { id }");
    world.done("vera", "seatAssign", seat(&world.l1, &world.ann), "license { id }");
    world.at("2026-08-03T10:30:00Z");
    let device = world.activated("bob", &world.l1, "bobs-laptop");
    world.at("2026-08-05T08:00:00Z");
    let input = json!({ "licenseId": world.l1, "deviceId": device });
    world.done("bob", "deviceCheckIn", input, "device { lastSeenAt }");

    let selection = "seatHolders(first: 10) { totalCount nodes { memberId assignedAt assignedBy lastUsedAt \
        member { name email } } }";
    let holders = world.license("ann", &world.l1, selection)["seatHolders"].take();
    assert_eq!(holders["totalCount"], 2);
    let bob = with(&holders["nodes"], "memberId", &world.bob);
    assert_eq!(bob["member"]["name"], "Bob Wombat");
    assert_eq!(bob["assignedAt"], "2026-08-02T09:00:00Z");
    assert_eq!(bob["assignedBy"], "Ann Wombat");
    assert_eq!(bob["lastUsedAt"], "2026-08-05T08:00:00Z");
    let ann = with(&holders["nodes"], "memberId", &world.ann);
    assert_eq!(ann["lastUsedAt"], Value::Null);
    assert_eq!(ann["assignedBy"], "the vendor", "the vendor's people have no names for customers");

    let own = world.license("bob", &world.l1, selection)["seatHolders"].take();
    assert_eq!(
        each(&own["nodes"], "memberId"),
        std::slice::from_ref(&world.bob),
        "a member sees itself only"
    );
    assert!(T0 < text(&bob["assignedAt"]).as_str());
}
