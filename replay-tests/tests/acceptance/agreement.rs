//! S0.39: what the portal shows and what is enforced are one projection of one log, at every place.

use std::collections::BTreeSet;

use replay_tests::chance::Chance;
use serde_json::{Value, json};

use crate::client::{each, list};
use crate::stage::text;
use crate::world::{World, device};

/// How many random commands are sent.
const COMMANDS: usize = 10_000;
/// Every so many commands, one earlier place is looked at again.
const LOOK_BACK_EVERY: usize = 50;
const FEATURES: [&str; 5] =
    ["core", "api_calls", "data_region", "advanced_analytics", "report_depth"];

/// The portal's view and the evaluator's answers in one answer.
const BOTH: &str = "query($id: ID!, $member: ID!, $print: String!, $asOf: AsOfInput) { \
    license(id: $id, asOf: $asOf) { status position at deviceSlots { used available granted { limit } } \
        seats { assigned available } entitlements { feature isGranted remaining value { text } } \
        seatHolders(first: 20) { nodes { memberId } } devices(first: 100) { nodes { fingerprint status } } } \
    f0: check(input: { licenseId: $id, feature: \"core\" }, asOf: $asOf) { ...seen } \
    f1: check(input: { licenseId: $id, feature: \"api_calls\" }, asOf: $asOf) { ...seen } \
    f2: check(input: { licenseId: $id, feature: \"data_region\" }, asOf: $asOf) { ...seen } \
    f3: check(input: { licenseId: $id, feature: \"advanced_analytics\" }, asOf: $asOf) { ...seen } \
    f4: check(input: { licenseId: $id, feature: \"report_depth\" }, asOf: $asOf) { ...seen } \
    person: check(input: { licenseId: $id, memberId: $member }, asOf: $asOf) { ...seen } \
    machine: check(input: { licenseId: $id, fingerprint: $print }, asOf: $asOf) { ...seen } } \
    fragment seen on Decision { allowed status position remaining value { text } failing { code } }";

struct Cast {
    world: World,
    licenses: Vec<String>,
    people: Vec<String>,
    prints: Vec<String>,
    clock: i64,
}

#[test]
fn s0_39_portal_and_enforcement_agree_at_every_place() {
    let world = World::new();
    let mut licenses = vec![world.l1.clone()];
    licenses.extend((0..9).map(|n| world.issue("acme", ["starter", "growth"][n % 2], json!({}))));
    let people = world.crowd(8);
    let prints = (0..12).map(|n| format!("box-{n}")).collect();
    let clock = world.now().micros();
    let mut cast = Cast { world, licenses, people, prints, clock };
    let mut chance = Chance::printed("portal and enforcement agree");
    let (mut done, mut refused, mut remembered) = (0, 0, Vec::new());
    for step in 0..COMMANDS {
        if chance.one_in(200) {
            cast.clock += i64::try_from(chance.below(36)).unwrap() * 3_600_000_000;
            cast.world.put(schemas::Timestamp::from_micros(cast.clock));
        }
        let license = chance.pick(&cast.licenses).clone();
        let payload = command(&cast, &mut chance, &license);
        if payload["userErrors"] == json!([]) {
            done += 1
        } else {
            refused += 1
        }
        let (member, print) =
            (chance.pick(&cast.people).clone(), chance.pick(&cast.prints).clone());
        let variables = json!({ "id": license, "member": member, "print": print, "asOf": null });
        let seen = cast.world.ask("ann", BOTH, variables.clone());
        agree(&seen, &member, &print);
        if step % LOOK_BACK_EVERY == 0 {
            remembered.push((variables, seen));
            let (mut variables, then) = chance.pick(&remembered).clone();
            let license = &then["license"];
            variables["asOf"] = json!({ "at": license["at"], "position": license["position"] });
            let past = cast.world.ask("ann", BOTH, variables.clone());
            agree(&past, &text(&variables["member"]), &text(&variables["print"]));
            assert_eq!(past, then, "looked at again as of {}", variables["asOf"]);
        }
    }
    println!("{done} commands were done, {refused} refused");
    assert!(
        done > COMMANDS / 3 && refused > COMMANDS / 50,
        "{done} {refused}: too much of one kind"
    );
}

/// Sends a random command about this license.
fn command(cast: &Cast, chance: &mut Chance, license: &str) -> Value {
    let world = &cast.world;
    let member = chance.pick(&cast.people).clone();
    let print = chance.pick(&cast.prints).clone();
    let blocker = *chance.pick(&["BILLING", "ABUSE"]);
    let (who, mutation, mut input) = match chance.below(24) {
        0..=4 => ("ann", "seatAssign", json!({ "memberId": member })),
        5..=6 => ("ann", "seatUnassign", json!({ "memberId": member })),
        7..=10 => ("ann", "deviceActivate", device(license, &print)),
        11..=12 => match live_device(world, license, chance) {
            Some(id) => ("ann", "deviceDeactivate", json!({ "deviceId": id })),
            None => ("ann", "deviceActivate", device(license, &print)),
        },
        13..=16 => {
            let units = (1 + chance.below(900)).to_string();
            ("vera", "usageRecord", json!({ "feature": "api_calls", "quantity": units }))
        }
        17 => (
            "ann",
            "licenseApplyBundle",
            json!({ "bundle": *chance.pick(&["analytics", "power-pack"]) }),
        ),
        18 => (
            "ann",
            "licenseRemoveBundle",
            json!({ "bundle": *chance.pick(&["analytics", "power-pack"]) }),
        ),
        19 => ("vera", "licenseSetBlocker", json!({ "blocker": blocker, "reason": "chance" })),
        20..=21 => ("vera", "licenseClearBlocker", json!({ "blocker": blocker })),
        22 => {
            let source = *chance.pick(&["starter", "growth", "enterprise"]);
            let usage = *chance.pick(&["CARRY", "RESTART"]);
            ("vera", "licenseChangeOffering", json!({ "source": source, "usage": usage }))
        }
        _ => ("vera", "unitsGrant", json!({ "feature": "api_calls", "amount": "500" })),
    };
    input["licenseId"] = license.into();
    input["commandId"] = world.command_id().into();
    world.once(who, mutation, &input, "")
}

fn live_device(world: &World, license: &str, chance: &mut Chance) -> Option<String> {
    let selection =
        "devices(first: 100, status: [ACTIVE, DORMANT, DEAD, SUSPENDED]) { nodes { id } }";
    let ids = each(&world.license("ann", license, selection)["devices"]["nodes"], "id");
    (!ids.is_empty()).then(|| chance.pick(&ids).clone())
}

/// The view that the portal shows and the answers of the evaluator say the same.
#[track_caller]
fn agree(seen: &Value, member: &str, print: &str) {
    let license = &seen["license"];
    let codes =
        |name: &str| each(&seen[name]["failing"], "code").into_iter().collect::<BTreeSet<_>>();
    for name in ["f0", "f1", "f2", "f3", "f4", "person", "machine"] {
        assert_eq!(seen[name]["status"], license["status"], "{name}: {seen}");
        assert_eq!(seen[name]["position"], license["position"], "{name}: {seen}");
    }
    for (feature, name) in FEATURES.iter().zip(["f0", "f1", "f2", "f3", "f4"]) {
        let rows = list(&license["entitlements"]);
        let row = rows.iter().find(|row| row["feature"] == *feature);
        let shown = row
            .is_some_and(|row| row["isGranted"] == json!(true) && row["remaining"] != json!("0"));
        assert_eq!(seen[name]["allowed"], json!(shown), "{feature}: {seen}");
        if let Some(row) = row {
            assert_eq!(seen[name]["remaining"], row["remaining"], "{feature}: {seen}");
            assert_eq!(seen[name]["value"]["text"], row["value"]["text"], "{feature}: {seen}");
        }
    }
    let holders = each(&license["seatHolders"]["nodes"], "memberId");
    assert_eq!(
        codes("person").contains("USER_NOT_SEATED"),
        !holders.contains(&member.to_owned()),
        "{seen}"
    );
    assert_eq!(license["seats"]["assigned"], json!(holders.len().to_string()), "{seen}");
    let bound = list(&license["devices"]["nodes"])
        .iter()
        .filter(|one| one["status"] != json!("DEACTIVATED"));
    let bound: Vec<String> = bound.map(|one| text(&one["fingerprint"])).collect();
    let is_bound = bound.iter().any(|one| one == print);
    let denied = codes("machine");
    let unbound = ["NO_ACTIVATION", "FINGERPRINT_MISMATCH", "RETIRED"]
        .iter()
        .any(|code| denied.contains(*code));
    assert_eq!(unbound, !is_bound, "{print}: {seen}");
    let full = license["deviceSlots"]["available"] == json!("0");
    assert_eq!(denied.contains("TOO_MANY_DEVICES"), !is_bound && full, "{print}: {seen}");
}
