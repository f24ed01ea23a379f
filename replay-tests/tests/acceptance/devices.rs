//! Devices and domains: slots, states, what is retired.

use replay_tests::vendor::text;
use serde_json::{Value, json};

use crate::world::{World, find};

const SLOTS: &str = "factCount deviceSlots { used available granted { limit } }";

fn device(license: &str, name: &str) -> Value {
    json!({ "licenseId": license, "fingerprint": format!("fp-{name}"), "name": name,
        "platform": "linux", "version": "2.4.0" })
}

fn activate(world: &mut World, name: &str) -> String {
    let input = device(&world.l1.clone(), name);
    text(&world.ann.done("deviceActivate", input, "device { id }")["device"]["id"])
}

fn on_l1(world: &World, id: &str) -> Value {
    json!({ "licenseId": world.l1, "deviceId": id })
}

#[test]
fn s0_02_two_slots_take_two_devices_and_a_freed_one_takes_another() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let one = activate(&mut world, "D1");
    let two = activate(&mut world, "D2");
    let license = world.seen_by_ann(&l1, SLOTS);
    assert_eq!(license["deviceSlots"]["used"], "2");
    assert_eq!(license["deviceSlots"]["granted"]["limit"], "2");

    let refusal = world.ann.refused("deviceActivate", device(&l1, "D3"));
    assert_eq!(refusal["code"], "TOO_MANY_DEVICES");
    assert_eq!(world.seen_by_ann(&l1, SLOTS), license, "a refusal leaves nothing behind");

    let input = on_l1(&world, &one);
    world.ann.done("deviceDeactivate", input, "");
    assert_eq!(world.seen_by_ann(&l1, SLOTS)["deviceSlots"]["available"], "1");
    activate(&mut world, "D3");
    let before = world.seen_by_ann(&l1, SLOTS);
    assert_eq!(before["deviceSlots"]["used"], "2");
    assert_eq!(activate(&mut world, "D2"), two, "the original activation");
    assert_eq!(world.seen_by_ann(&l1, SLOTS), before, "and no fact");
}

const LISTED: &str = "{ devices(first: 50) { edges { node { id licenseId productName licenseKeyMasked kind name \
    fingerprint platform version memberId firstSeenAt lastSeenAt endedAt status } } } }";

fn listed(world: &mut World) -> Value {
    let data = world.ann.query(LISTED, &json!({}));
    let edges = data["devices"]["edges"].as_array().unwrap().iter();
    Value::from(edges.map(|edge| edge["node"].clone()).collect::<Vec<_>>())
}

#[test]
fn s1_17_devices_and_domains_are_listed_with_kind_name_times_version_and_status() {
    let mut world = World::new();
    let laptop = activate(&mut world, "Laptop");
    let old = activate(&mut world, "Old box");
    let domain = json!({ "licenseId": world.l1, "domain": "HTTPS://Shop.Acme.example:443/" });
    let domain = world.ann.send("domainActivate", domain, "device { id }");
    let plain = json!({ "licenseId": world.l1, "domain": "Shop.ACME.example." });
    let bound = if domain["userErrors"] == json!([]) {
        domain
    } else {
        world.ann.done("domainActivate", plain.clone(), "device { id }")
    };
    let again = world.ann.done("domainActivate", plain, "device { id }");
    assert_eq!(bound["device"]["id"], again["device"]["id"], "case and dots make no difference");

    let rows = listed(&mut world);
    let one = find(&rows, "id", &laptop);
    assert_eq!((&one["kind"], &one["name"]), (&json!("DEVICE"), &json!("Laptop")));
    assert_eq!(one["productName"], "Orbit");
    assert_eq!(one["licenseKeyMasked"], "ORBT-****-****-7Q2K");
    assert_eq!(one["version"], "2.4.0");
    assert_eq!(one["firstSeenAt"], "2026-08-01T00:00:00Z");
    assert_eq!(one["status"], "ACTIVE");
    assert_eq!(find(&rows, "name", "shop.acme.example")["kind"], "DOMAIN");

    world.at("2026-08-20T00:00:00Z");
    let seen = json!({ "licenseId": world.l1, "deviceId": laptop, "version": "2.4.1" });
    world.ann.done("deviceCheckIn", seen, "");
    world.at("2026-09-05T00:00:00Z");
    let rows = listed(&mut world);
    assert_eq!(find(&rows, "id", &laptop)["status"], "ACTIVE");
    assert_eq!(find(&rows, "id", &laptop)["lastSeenAt"], "2026-08-20T00:00:00Z");
    assert_eq!(find(&rows, "id", &laptop)["version"], "2.4.1");
    assert_eq!(find(&rows, "id", &old)["status"], "DORMANT", "silent for more than 30 days");
    world.at("2026-11-05T00:00:00Z");
    assert_eq!(find(&listed(&mut world), "id", &old)["status"], "DEAD", "and for more than 90");

    let (l1, freed) = (world.l1.clone(), on_l1(&world, &old));
    world.ann.done("deviceDeactivate", freed, "");
    assert_eq!(find(&listed(&mut world), "id", &old)["status"], "DEACTIVATED");
    let blocker = json!({ "licenseId": l1, "blocker": "ABUSE", "reason": "a shared key" });
    world.vera.done("licenseSetBlocker", blocker, "");
    assert_eq!(find(&listed(&mut world), "id", &laptop)["status"], "SUSPENDED");
}

#[test]
fn s1_18_dormant_devices_are_previewed_and_retired_together() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let growth = json!({ "licenseId": l1, "source": "growth", "usage": "CARRY" });
    world.vera.done("licenseChangeOffering", growth, "");
    let quiet: Vec<_> = ["A", "B", "C"].iter().map(|name| activate(&mut world, name)).collect();
    world.at("2026-11-15T00:00:00Z");
    let lively = activate(&mut world, "D");

    let selection = "retired { dryRun devices { id status } }";
    let dry = json!({ "licenseId": l1, "silentDays": 90, "dryRun": true });
    let before = world.seen_by_ann(&l1, SLOTS);
    let preview = world.ann.done("devicesRetireDormant", dry, selection);
    assert_eq!(preview["retired"]["devices"].as_array().unwrap().len(), 3);
    assert_eq!(world.seen_by_ann(&l1, SLOTS), before, "a preview changes nothing");

    let input = json!({ "licenseId": l1, "silentDays": 90 });
    let retired = world.ann.done("devicesRetireDormant", input, selection);
    assert_eq!(retired["retired"]["devices"].as_array().unwrap().len(), 3);
    let after = world.seen_by_ann(&l1, SLOTS);
    assert_eq!(after["deviceSlots"]["used"], "1");
    let facts = |license: &Value| text(&license["factCount"]).parse::<u64>().unwrap();
    assert_eq!(facts(&after), facts(&before) + 1, "all of them in one fact");
    let rows = listed(&mut world);
    assert_eq!(find(&rows, "id", &lively)["status"], "ACTIVE");

    let home = json!({ "licenseId": l1, "deviceId": quiet[0], "version": "2.4.0" });
    assert_eq!(world.ann.refused_code("deviceCheckIn", home), "RETIRED");
    let back = activate(&mut world, "A");
    assert_ne!(back, quiet[0], "a new activation, because a slot is free");
    assert_eq!(find(&listed(&mut world), "id", &back)["status"], "ACTIVE");
}
