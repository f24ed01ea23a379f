//! Seats: who has one, how many are left, and who may say so.

use std::thread;

use replay_tests::api::Api;
use replay_tests::chance::Chance;
use replay_tests::vendor::text;
use serde_json::{Value, json};

use crate::world::{World, each, find, member};

const SEATS: &str = "seats { unlimited purchased assigned available overdraftUsed reserved }";

fn seat(license: &str, member: &str) -> Value {
    json!({ "licenseId": license, "memberId": member })
}

#[test]
fn s0_04_the_sixth_of_five_seats_is_refused_and_a_free_seat_can_be_given_again() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let people = world.people(6);
    for person in &people[..5] {
        world.ann.done("seatAssign", seat(&l1, person), "");
    }
    let refusal = world.ann.refused("seatAssign", seat(&l1, &people[5]));
    assert_eq!(refusal["code"], "NO_SEAT_AVAILABLE");
    assert_eq!(refusal["rule"], "license.seats_fit");

    let freed =
        world.ann.done("seatUnassign", seat(&l1, &people[0]), &format!("license {{ {SEATS} }}"));
    assert_eq!(freed["license"]["seats"]["available"], "1", "free in the same answer");
    world.ann.done("seatAssign", seat(&l1, &people[5]), "");
    let again = world.ann.done("seatAssign", seat(&l1, &people[5]), "");
    assert_eq!(again["userErrors"], json!([]), "assigning what is assigned is a success");
}

#[test]
fn s0_04_a_member_may_not_assign_seats_and_the_attempt_is_recorded_once_a_minute() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let bob = world.sample.bob.clone();
    let facts = |world: &mut World| text(&world.seen_by_ann(&l1, "factCount")["factCount"]);
    let before = facts(&mut world);
    for _ in 0..5 {
        assert_eq!(world.bob.refused_code("seatAssign", seat(&l1, &bob)), "FORBIDDEN");
    }
    assert_eq!(facts(&mut world), before, "nothing is recorded about the license");
    let acme = world.sample.acme.clone();
    let history = "query($id: ID!) { history(account: $id, first: 100) { edges { node { fact actor { id } } } } }";
    let entries = world.vera.query(history, &json!({ "id": acme }));
    let denials = entries["history"]["edges"].as_array().unwrap().iter();
    let denials = denials.filter(|edge| edge["node"]["fact"] == "access_denied").count();
    assert_eq!(denials, 1, "five attempts in one minute are one record: {entries}");
}

#[test]
fn s0_04_of_two_who_take_the_last_seat_at_once_one_wins() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let people = world.people(8);
    for person in &people[..4] {
        world.ann.done("seatAssign", seat(&l1, person), "");
    }
    let runners: Vec<_> = people[4..]
        .iter()
        .zip(100..)
        .map(|(person, seed)| {
            let mut admin = Api::new(world.door_of(member(&world.sample.ann)), Chance::new(seed));
            let input = seat(&l1, person);
            thread::spawn(move || admin.send("seatAssign", input, "")["userErrors"].clone())
        })
        .collect();
    let answers: Vec<_> = runners.into_iter().map(|runner| runner.join().unwrap()).collect();
    let won = answers.iter().filter(|errors| **errors == json!([])).count();
    assert_eq!(won, 1, "{answers:?}");
    let lost = answers.iter().filter(|errors| errors[0]["code"] == "NO_SEAT_AVAILABLE").count();
    assert_eq!(lost, 3, "{answers:?}");
}

fn number(value: &Value) -> i64 {
    text(value).parse().unwrap()
}

#[test]
fn s0_13_seats_add_up_and_name_their_holders() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let people = world.people(4);
    let holders = format!(
        "{SEATS} seatHolders(first: 50) {{ edges {{ node {{ memberId member {{ name email }} \
        assignedAt assignedBy lastUsedAt }} }} }}"
    );
    for taken in 0..=4 {
        let license = world.seen_by_ann(&l1, &holders);
        let seats = &license["seats"];
        let sum = number(&seats["assigned"]) + number(&seats["available"]);
        let granted = number(&seats["purchased"]) + number(&seats["overdraftUsed"]);
        assert_eq!(sum, granted - number(&seats["reserved"]), "{seats}");
        assert_eq!(number(&seats["assigned"]), taken, "{seats}");
        if let Some(person) = people.get(usize::try_from(taken).unwrap()) {
            world.ann.done("seatAssign", seat(&l1, person), "");
        }
    }
    let device = json!({ "licenseId": l1, "fingerprint": "laptop", "name": "Laptop", "memberId": people[0] });
    world.vera.done("deviceActivate", device, "");
    let license = world.seen_by_ann(&l1, &holders);
    let edges = license["seatHolders"]["edges"].as_array().unwrap();
    let nodes = Value::from(edges.iter().map(|edge| edge["node"].clone()).collect::<Vec<_>>());
    let mut seated = each(&nodes, "memberId");
    seated.sort();
    let mut expected = people.clone();
    expected.sort();
    assert_eq!(seated, expected);
    let first = find(&nodes, "memberId", &people[0]);
    assert_eq!(first["member"]["name"], "Person 0");
    assert_eq!(first["assignedAt"], "2026-08-01T00:00:00Z");
    assert_eq!(first["lastUsedAt"], "2026-08-01T00:00:00Z");
    assert!(first["assignedBy"].is_string(), "{first}");
    let all = world.ann.query("{ seats { assigned available } }", &json!({}));
    assert_eq!(all["seats"]["assigned"], "4");
}
