//! The audit trail: every change, who made it, by which rule, before and after, without gaps.

use std::collections::BTreeSet;

use replay_tests::vendor::text;
use serde_json::{Value, json};

use crate::world::{World, each, find};

const ENTRY: &str = "id aboutId fact text before after actor { kind id name } rule recordedAt effectiveAt backdated \
    position commandId digest";

fn history_of(world: &mut World, license: &str) -> Vec<Value> {
    let query = format!(
        "query($id: ID!, $after: String) {{ history(license: $id, first: 4, after: $after) {{ \
         edges {{ node {{ {ENTRY} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    );
    let mut found = Vec::new();
    let mut after = Value::Null;
    loop {
        let data = world.ann.query(&query, &json!({ "id": license, "after": after }));
        let page = &data["history"];
        let edges = page["edges"].as_array().unwrap();
        found.extend(edges.iter().map(|edge| edge["node"].clone()));
        if page["pageInfo"]["hasNextPage"] == false {
            return found;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn busy_license(world: &mut World) -> String {
    let l1 = world.l1.clone();
    let bob = world.sample.bob.clone();
    world.at("2026-08-02T00:00:00Z");
    world.ann.done("seatAssign", json!({ "licenseId": l1, "memberId": bob }), "");
    let device = json!({ "licenseId": l1, "fingerprint": "laptop", "name": "Laptop" });
    world.ann.done("deviceActivate", device, "");
    let switch = json!({ "licenseId": l1, "source": "growth", "usage": "CARRY" });
    world.vera.done("licenseChangeOffering", switch, "");
    let blocker = json!({ "licenseId": l1, "blocker": "BILLING", "reason": "an open invoice" });
    world.vera.done("licenseSetBlocker", blocker, "");
    world.vera.done("licenseClearBlocker", json!({ "licenseId": l1, "blocker": "BILLING" }), "");
    world.ann.done("seatUnassign", json!({ "licenseId": l1, "memberId": bob }), "");
    l1
}

#[test]
fn s0_19_every_change_is_told_with_actor_rule_and_what_was_before_and_after() {
    let mut world = World::new();
    let l1 = busy_license(&mut world);
    let entries = Value::from(history_of(&mut world, &l1));
    let seat = find(&entries, "fact", "seat_assigned");
    assert_eq!(seat["actor"]["kind"], "MEMBER");
    assert_eq!(seat["actor"]["id"], world.sample.ann.as_str());
    assert_eq!(seat["rule"], "license.seats_fit");
    assert!(text(&seat["text"]).contains("Bob"), "in plain words: {seat}");
    let switched = find(&entries, "fact", "offering_switched");
    assert_eq!(switched["actor"]["kind"], "VENDOR", "customers do not see who of the vendor");
    assert!(switched["before"].is_string() && switched["after"].is_string(), "{switched}");
    assert_ne!(switched["before"], switched["after"], "{switched}");
    for entry in entries.as_array().unwrap() {
        for key in ["text", "rule", "recordedAt", "position", "commandId", "digest"] {
            assert!(!text(&entry[key]).is_empty(), "{entry} has no {key}");
        }
    }
    let refused = world.gina.query(
        "query($id: ID!) { history(license: $id, first: 5) { edges { node { id } } } }",
        &json!({ "id": l1 }),
    );
    assert_eq!(refused["history"]["edges"], json!([]), "globex reads no trail of acme");
}

#[test]
fn s0_28_the_trail_of_a_license_has_every_fact_once_in_order_and_no_gap() {
    let mut world = World::new();
    let l1 = busy_license(&mut world);
    let entries = history_of(&mut world, &l1);
    let counted = world.seen_by_ann(&l1, "factCount");
    let count: usize = text(&counted["factCount"]).parse().unwrap();
    assert_eq!(entries.len(), count, "as many entries as facts");
    let ids: BTreeSet<_> = entries.iter().map(|entry| text(&entry["id"])).collect();
    assert_eq!(ids.len(), count, "each of them once");
    let positions: Vec<u64> =
        entries.iter().map(|entry| text(&entry["position"]).parse().unwrap()).collect();
    assert!(positions.windows(2).all(|pair| pair[0] > pair[1]), "newest first: {positions:?}");
    let facts = each(&Value::from(entries), "fact");
    for fact in ["license_issued", "term_started", "blocker_cleared"] {
        assert!(facts.contains(&fact.to_owned()), "{fact} is not in {facts:?}");
    }
}

#[test]
fn s1_02_an_owner_sees_every_license_ever_owned_and_how_it_was_acquired() {
    let mut world = World::new();
    let acme = world.sample.acme.clone();
    let revoked = world.issue(&acme, "growth", "ORBT-AAAA-BBBB-CCCC");
    let acme_eu = world.sample.acme_eu.clone();
    let of_eu = world.issue(&acme_eu, "starter", "ORBT-DDDD-EEEE-FFFF");
    let globex = world.sample.globex.clone();
    let foreign = world.issue(&globex, "starter", "ORBT-GGGG-HHHH-JJJJ");
    let gone = json!({ "licenseId": revoked, "reason": "the order was refunded" });
    world.vera.done("licenseRevoke", gone, "");
    world.at("2027-06-01T00:00:00Z");
    let query = "{ licenses(first: 50) { edges { node { id status acquired issuedAt source { code } } } } }";
    let data = world.ann.query(query, &json!({}));
    let edges = data["licenses"]["edges"].as_array().unwrap().iter();
    let rows = Value::from(edges.map(|edge| edge["node"].clone()).collect::<Vec<_>>());
    let l1 = world.l1.clone();
    assert_eq!(find(&rows, "id", &l1)["status"], "EXPIRED");
    assert_eq!(find(&rows, "id", &revoked)["status"], "REVOKED");
    assert_eq!(find(&rows, "id", &of_eu)["acquired"], "ORDER");
    assert_eq!(find(&rows, "id", &l1)["source"]["code"], "starter");
    assert!(!each(&rows, "id").contains(&foreign), "{rows}");
    let told = history_of(&mut world, &revoked);
    let words: Vec<_> = told.iter().map(|entry| text(&entry["text"])).collect();
    assert!(
        words.iter().any(|text| text.contains("refunded") || text.contains("revoked")),
        "{words:?}"
    );
}
