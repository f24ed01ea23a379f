//! S0.2, S1.17 and S1.18: devices and domains, bound, freed, silent, taken out for good.

use serde_json::{Value, json};

use crate::client::{each, list, number, with};
use crate::stage::text;
use crate::world::World;

const SLOTS: &str = "deviceSlots { granted { limit } used available } factCount";

fn slots(world: &World, license: &str) -> (u64, u64) {
    let slots = world.license("ann", license, SLOTS)["deviceSlots"].take();
    (number(&slots["used"]), number(&slots["granted"]["limit"]))
}

fn named(license: &str, device: &str) -> Value {
    json!({ "licenseId": license, "deviceId": device })
}

#[test]
fn s0_02_devices_fit_their_slots_and_activating_again_is_the_same_activation() {
    let world = World::new();
    let d1 = world.activated("ann", &world.l1, "D1");
    let d2 = world.activated("ann", &world.l1, "D2");
    assert_eq!(slots(&world, &world.l1), (2, 2));

    let before = world.position();
    let refused = world.activate("ann", &world.l1, "D3");
    assert_eq!(refused["userErrors"][0]["code"], "TOO_MANY_DEVICES");
    assert_eq!(refused["device"], Value::Null);
    assert_eq!(world.position(), before, "a refusal records nothing");
    assert_eq!(slots(&world, &world.l1), (2, 2));

    world.done("ann", "deviceDeactivate", named(&world.l1, &d1), "device { status }");
    assert_eq!(slots(&world, &world.l1), (1, 2));
    let d3 = world.activated("ann", &world.l1, "D3");
    assert_eq!(slots(&world, &world.l1), (2, 2));

    let before = (world.position(), world.license("ann", &world.l1, SLOTS));
    assert_eq!(world.activated("ann", &world.l1, "D2"), d2, "the original activation");
    assert_eq!((world.position(), world.license("ann", &world.l1, SLOTS)), before, "and no event");
    assert!(d1 != d2 && d2 != d3 && d1 != d3);
}

#[test]
fn s0_02_a_device_that_was_freed_comes_back_as_a_new_activation() {
    let world = World::new();
    let first = world.activated("ann", &world.l1, "D1");
    world.done("ann", "deviceDeactivate", named(&world.l1, &first), "device { id }");
    let second = world.activated("ann", &world.l1, "D1");
    assert_ne!(first, second);
    assert_eq!(slots(&world, &world.l1), (1, 2));
}

const BINDING: &str = "id kind name fingerprint platform version firstSeenAt lastSeenAt endedAt status \
    productName licenseKeyMasked memberId licenseId";

fn devices(world: &World, who: &str, filter: &str) -> Value {
    let document =
        format!("{{ devices(first: 30{filter}) {{ totalCount nodes {{ {BINDING} }} }} }}");
    world.ask(who, &document, json!({}))["devices"].take()
}

#[test]
fn s1_17_devices_are_listed_with_kind_name_times_version_and_status() {
    let world = World::new();
    world.at("2026-08-02T00:00:00Z");
    let old = world.activated("ann", &world.l1, "silent-server");
    let freed = world.activated("ann", &world.l1, "freed-server");
    world.done("ann", "deviceDeactivate", named(&world.l1, &freed), "device { id }");
    let domain = json!({ "licenseId": world.l1, "domain": "APP.Example.com." });
    let bound = world.done("ann", "domainActivate", domain, "device { id name kind }");
    assert_eq!(bound["device"]["name"], "app.example.com", "one spelling of a domain");
    let fresh = world.activated("ann", &world.l1, "busy-server");

    world.at("2026-09-01T00:00:00Z");
    let input = json!({ "licenseId": world.l1, "deviceId": fresh, "version": "2.3.0" });
    world.done("ann", "deviceCheckIn", input, "device { id }");
    world.at("2026-09-01T00:00:01Z");
    let rows = devices(&world, "ann", "")["nodes"].take();
    let row = |id: &str| with(&rows, "id", id).clone();
    assert_eq!(row(&old)["status"], "DORMANT", "silent for more than 30 days");
    assert_eq!(row(&freed)["status"], "DEACTIVATED");
    assert_eq!(row(&fresh)["status"], "ACTIVE");
    assert_eq!(row(&fresh)["firstSeenAt"], "2026-08-02T00:00:00Z");
    assert_eq!(row(&fresh)["lastSeenAt"], "2026-09-01T00:00:00Z");
    assert_eq!(row(&fresh)["version"], "2.3.0");
    assert_eq!(row(&fresh)["name"], "The busy-server");
    assert_eq!(row(&fresh)["kind"], "DEVICE");
    assert_eq!(row(&fresh)["productName"], "Orbit");
    assert_eq!(row(&fresh)["licenseKeyMasked"], "ORBT-****-****-7Q2K");
    let domain = with(&rows, "kind", "DOMAIN");
    assert_eq!(
        (&domain["name"], &domain["fingerprint"]),
        (&json!("app.example.com"), &Value::Null)
    );
    let only = devices(&world, "ann", ", kind: DOMAIN");
    assert_eq!(only["totalCount"], 1);
    let only = devices(&world, "ann", ", status: [DEACTIVATED]")["nodes"].take();
    assert_eq!(each(&only, "id"), [freed]);

    world.at("2026-10-31T00:00:00Z");
    let rows = devices(&world, "ann", "")["nodes"].take();
    assert_eq!(with(&rows, "id", &old)["status"], "DORMANT", "silent for 90 days exactly");
    world.at("2026-10-31T00:00:01Z");
    let rows = devices(&world, "ann", "")["nodes"].take();
    assert_eq!(with(&rows, "id", &old)["status"], "DEAD", "silent for more than 90 days");

    let block = json!({ "licenseId": world.l1, "blocker": "BILLING", "reason": "unpaid" });
    world.done("vera", "licenseSetBlocker", block, "license { id }");
    let rows = devices(&world, "ann", "")["nodes"].take();
    assert_eq!(with(&rows, "id", &fresh)["status"], "SUSPENDED");
    assert_eq!(with(&rows, "id", &freed_id(&rows))["status"], "DEACTIVATED", "freed stays freed");
    assert_eq!(devices(&world, "gil", "")["totalCount"], 0);
}

fn freed_id(rows: &Value) -> String {
    text(&with(rows, "name", "The freed-server")["id"])
}

#[test]
fn s1_17_bindings_show_lease_end_and_offline_file_end() {
    let world = World::new();
    let sdl = published("portal");
    let device = sdl.split("type Device ").nth(1).and_then(|rest| rest.split("\n}").next());
    let device = device.unwrap_or_else(|| panic!("no type Device in the portal's schema"));
    world.activated("ann", &world.l1, "D1");
    for wanted in ["leaseEndsAt", "offlineFileEndsAt"] {
        assert!(device.contains(wanted), "a binding does not tell its {wanted}");
    }
}

/// The published schema of a door.
pub fn published(door: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let path = root.join(format!("schemas/graphql/{door}.graphql"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn s1_18_retiring_dormant_devices_previews_then_applies_all_at_once() {
    let world = World::new();
    let license = world.issue("acme", "growth", json!({ "key": "ORBT-ZEBR-AS99-ABCD" }));
    let machines: Vec<String> =
        (0..6).map(|n| world.activated("ann", &license, &format!("machine-{n}"))).collect();
    world.at("2026-09-15T00:00:00Z");
    for kept in &machines[4..] {
        world.done("ann", "deviceCheckIn", named(&license, kept), "device { id }");
    }
    world.at("2026-11-10T00:00:00Z");
    let facts = |world: &World| number(&world.license("ann", &license, "factCount")["factCount"]);
    let selection = "retired { dryRun devices { id } license { deviceSlots { used } factCount } }";

    let (before, at) = (facts(&world), world.position());
    let dry = json!({ "licenseId": license, "silentDays": 90, "dryRun": true });
    let preview = world.done("ann", "devicesRetireDormant", dry, selection);
    let mut previewed = each(&preview["retired"]["devices"], "id");
    assert_eq!(previewed.len(), 4, "silent for more than 90 days");
    assert_eq!(preview["retired"]["dryRun"], true);
    assert_eq!((facts(&world), world.position()), (before, at), "a preview records nothing");
    assert_eq!(slots(&world, &license).0, 6);

    let wet = json!({ "licenseId": license, "silentDays": 90 });
    assert_eq!(world.refused_code("bob", "devicesRetireDormant", wet.clone()), "FORBIDDEN");
    let applied = world.done("ann", "devicesRetireDormant", wet, selection);
    let mut retired = each(&applied["retired"]["devices"], "id");
    previewed.sort();
    retired.sort();
    assert_eq!(retired, previewed, "what was previewed");
    assert_eq!(facts(&world), before + 1, "one fact: all or none");
    assert_eq!(slots(&world, &license).0, 2);
    let rows = devices(&world, "ann", ", status: [RETIRED]")["nodes"].take();
    assert_eq!(list(&rows).len(), 4);

    let gone = &machines[0];
    let code = world.refused_code("ann", "deviceCheckIn", named(&license, gone));
    assert_eq!(code, "RETIRED", "a retired device that phones home");
    let question = json!({ "licenseId": license, "fingerprint": "machine-0" });
    let check = world.check("ann", question.clone(), Value::Null);
    assert_eq!((&check["allowed"], &check["code"]), (&json!(false), &json!("RETIRED")));
    let back = world.activated("ann", &license, "machine-0");
    assert_ne!(&back, gone);
    assert_eq!(world.check("ann", question, Value::Null)["allowed"], true);
}

#[test]
fn s1_18_a_retired_device_needs_a_free_slot_to_come_back() {
    let world = World::new();
    world.activated("ann", &world.l1, "old");
    world.at("2026-11-15T00:00:00Z");
    world.done(
        "ann",
        "devicesRetireDormant",
        json!({ "licenseId": world.l1 }),
        "retired { dryRun }",
    );
    world.activated("ann", &world.l1, "new-1");
    world.activated("ann", &world.l1, "new-2");
    let refused = world.activate("ann", &world.l1, "old");
    assert_eq!(refused["userErrors"][0]["code"], "TOO_MANY_DEVICES");
}

#[test]
fn s1_17_a_domain_has_its_own_slots() {
    let world = World::new();
    let bind = |domain: &str| {
        let input = json!({ "licenseId": world.l1, "domain": domain });
        world.act("ann", "domainActivate", input, "device { id }")
    };
    let one = bind("shop.example.org");
    assert_eq!(
        bind("https://other.example.org/").get("device").unwrap_or(&Value::Null),
        &Value::Null
    );
    assert_eq!(bind("other.example.org")["userErrors"][0]["code"], "TOO_MANY_DOMAINS");
    assert_eq!(bind("Shop.Example.org")["device"]["id"], one["device"]["id"]);
    let input = named(&world.l1, &text(&one["device"]["id"]));
    world.done("ann", "domainDeactivate", input, "device { status }");
    assert_eq!(bind("other.example.org")["userErrors"], json!([]));
    assert_eq!(slots(&world, &world.l1), (0, 2), "a domain takes no device's slot");
}
