//! S0.21 to S0.24: bundles, exactly as they are sold.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::catalog::define;
use crate::client::{each, list, number, with};
use crate::stage::text;
use crate::world::{L1_KEY, World};

fn on(license: &str, bundle: &str) -> Value {
    json!({ "licenseId": license, "bundle": bundle })
}

fn features(world: &World, license: &str) -> Vec<String> {
    let seen = world.license("ann", license, "entitlements { feature isGranted }");
    let rows = list(&seen["entitlements"]).iter().filter(|row| row["isGranted"] == json!(true));
    let mut features: Vec<String> = rows.map(|row| text(&row["feature"])).collect();
    features.sort();
    features
}

fn seats(world: &World, license: &str) -> (u64, u64) {
    let seats = world.license("ann", license, "seats { assigned purchased }")["seats"].take();
    (number(&seats["assigned"]), number(&seats["purchased"]))
}

fn calls(world: &World, license: &str) -> (u64, u64) {
    let row = world.entitlement(license, "api_calls");
    (number(&row["usage"]), number(&row["limit"]["limit"]))
}

#[test]
fn s0_21_a_bundle_gives_all_its_parts_or_none() {
    let world = World::new();
    world.done("ann", "licenseApplyBundle", on(&world.l1, "power-pack"), "license { id }");
    let all = ["advanced_analytics", "api_calls", "core", "data_region", "report_depth"];
    assert_eq!(features(&world, &world.l1), all);
    assert_eq!(seats(&world, &world.l1).1, 7, "five, and two of the pack");

    let before = (world.position(), features(&world, &world.l1));
    for (who, bundle) in [("ann", "comet-pack"), ("vera", "comet-pack"), ("ann", "no-such-pack")] {
        world.refused(who, "licenseApplyBundle", on(&world.l1, bundle));
    }
    assert_eq!(
        world.refused_code("ann", "licenseApplyBundle", on(&world.l1, "growth")),
        "NOT_SELF_SERVICE"
    );
    assert_eq!(
        world.refused_code("bob", "licenseApplyBundle", on(&world.l1, "analytics")),
        "FORBIDDEN"
    );
    let denial = before.0.map(|position| position + 1);
    assert_eq!(
        (world.position(), features(&world, &world.l1)),
        (denial, before.1),
        "nothing but one denial"
    );
}

#[test]
fn s0_21_applying_again_is_nothing_and_removing_takes_only_what_it_gave() {
    let world = World::new();
    world.done("ann", "licenseApplyBundle", on(&world.l1, "analytics"), "license { id }");
    world.done("ann", "licenseApplyBundle", on(&world.l1, "power-pack"), "license { id }");
    let before = world.position();
    world.done("ann", "licenseApplyBundle", on(&world.l1, "power-pack"), "license { id }");
    assert_eq!(world.position(), before, "applied again under another command id: nothing");

    let row = world.entitlement(&world.l1, "advanced_analytics");
    let bundles: BTreeSet<String> =
        list(&row["sources"]).iter().map(|source| text(&source["bundleId"])).collect();
    assert_eq!(bundles.len(), 2, "both bundles are named: {row}");

    world.done("ann", "licenseRemoveBundle", on(&world.l1, "power-pack"), "license { id }");
    assert_eq!(features(&world, &world.l1), ["advanced_analytics", "api_calls", "core"]);
    assert_eq!(seats(&world, &world.l1).1, 5);
    let before = world.position();
    world.done("ann", "licenseRemoveBundle", on(&world.l1, "power-pack"), "license { id }");
    assert_eq!(world.position(), before, "removed again: nothing");
    world.done("ann", "licenseRemoveBundle", on(&world.l1, "analytics"), "license { id }");
    assert_eq!(features(&world, &world.l1), ["api_calls", "core"]);
    assert_eq!(calls(&world, &world.l1), (0, 10_000), "the base stays");
}

#[test]
fn s0_22_starter_gives_the_core_five_seats_and_ten_thousand_calls_a_period() {
    let world = World::new();
    let core = world.entitlement(&world.l1, "core");
    assert_eq!(core["value"]["enabled"], true);
    assert_eq!(seats(&world, &world.l1), (0, 5));
    let calls = world.entitlement(&world.l1, "api_calls");
    assert_eq!(calls["value"]["allowance"], json!({ "limit": "10000", "unlimited": false }));
    assert_eq!(calls["value"]["resetEvery"], "P1M");
    world.uses(&world.l1, 10_000);
    world.at("2026-09-01T00:00:00Z");
    assert_eq!(self::calls(&world, &world.l1), (0, 10_000), "each period anew");
    let seen = world.license("ann", &world.l1, "source { code isBundle } keyMasked");
    assert_eq!(seen["source"], json!({ "code": "starter", "isBundle": true }));
    assert_ne!(seen["keyMasked"], L1_KEY);
}

#[test]
fn s0_23_growth_in_the_middle_of_a_period_carries_usage_or_restarts_it() {
    let world = World::new();
    let other = world.issue("acme", "starter", json!({}));
    let people = world.crowd(4);
    for license in [&world.l1, &other] {
        for member in &people {
            let seat = json!({ "licenseId": license, "memberId": member });
            world.done("ann", "seatAssign", seat, "license { id }");
        }
        world.uses(license, 7_300);
    }
    world.at("2026-08-16T12:00:00Z");
    let preview = "query($input: LicenseChangeInput!) { licenseChangePreview(input: $input) { possible \
        userErrors { code } changes { feature before after change } } }";
    let variables = json!({ "input": { "licenseId": world.l1, "changeOffering": "growth" } });
    let before = world.position();
    let preview = world.ask("ann", preview, variables)["licenseChangePreview"].take();
    assert_eq!((&preview["possible"], world.position()), (&json!(true), before));
    let seats_change = with(&preview["changes"], "feature", "seats");
    assert_eq!((&seats_change["before"], &seats_change["after"]), (&json!("5"), &json!("25")));
    assert_eq!(with(&preview["changes"], "feature", "advanced_analytics")["change"], "GAINED");

    for (license, usage, used) in [(&world.l1, "CARRY", 7_300), (&other, "RESTART", 0)] {
        let change = json!({ "licenseId": license, "source": "growth", "usage": usage });
        world.done("vera", "licenseChangeOffering", change, "license { id }");
        assert_eq!(seats(&world, license), (4, 25), "{usage}");
        assert_eq!(calls(&world, license), (used, 100_000), "{usage}");
        assert_eq!(features(&world, license), ["advanced_analytics", "api_calls", "core"]);
    }
    assert_eq!(
        world.refused_code(
            "ann",
            "seatAssign",
            json!({ "licenseId": world.l1, "memberId": world.gil })
        ),
        "NOT_FOUND"
    );
}

#[test]
fn s0_03_a_smaller_offering_is_refused_until_seats_are_freed() {
    let world = World::new();
    let big = world.issue("acme", "growth", json!({}));
    let people = world.crowd(9);
    for member in &people {
        let seat = json!({ "licenseId": big, "memberId": member });
        world.done("ann", "seatAssign", seat, "license { id }");
    }
    let down = json!({ "licenseId": big, "source": "starter", "usage": "CARRY" });
    let refused = world.refused("vera", "licenseChangeOffering", down);
    assert_eq!(refused["code"], "SEATS_EXCEED_TARGET");
    let said = format!("{} {}", text(&refused["message"]), text(&refused["advice"]));
    assert!(said.contains('4'), "four to free: {said}");
}

#[test]
fn s0_24_enterprise_gives_every_feature_also_later_ones_unlimited_seats_and_dedicated_support() {
    let world = World::new();
    let big = world.issue("acme", "enterprise", json!({}));
    let now = ["advanced_analytics", "api_calls", "core", "data_region", "report_depth"];
    assert_eq!(features(&world, &big), now);
    define(&world, &world.orbit, "zero_touch", "BOOLEAN", "platform");
    define(&world, &world.orbit, "export_rows", "METERED", "insight");
    let later = [
        "advanced_analytics",
        "api_calls",
        "core",
        "data_region",
        "export_rows",
        "report_depth",
        "zero_touch",
    ];
    assert_eq!(features(&world, &big), later, "a rule, not a snapshot");
    let question = json!({ "licenseId": big, "feature": "zero_touch" });
    assert_eq!(world.check("ann", question, Value::Null)["allowed"], true);
    let row = world.entitlement(&big, "zero_touch");
    assert_eq!(row["sources"][0]["allFeatures"], true, "and it is flagged so: {row}");
    let core = world.entitlement(&world.l1, "core");
    assert_eq!(core["sources"][0]["allFeatures"], false);

    let unlimited = json!({ "unlimited": true, "purchased": null, "available": null });
    let seats = "seats { unlimited purchased available } services { key value } deviceSlots { granted { unlimited limit } }";
    for who in ["ann", "vera"] {
        let seen = world.license(who, &big, seats);
        assert_eq!(seen["seats"], unlimited, "unlimited is said in words");
        assert_eq!(
            seen["services"],
            json!([{ "key": "support_tier", "value": "dedicated" }]),
            "{who}"
        );
        assert_eq!(seen["deviceSlots"]["granted"], json!({ "unlimited": true, "limit": null }));
    }
    let calls = world.entitlement(&big, "api_calls");
    assert_eq!(calls["limit"], json!({ "unlimited": true, "limit": null }), "{calls}");
    assert_eq!(each(&json!([calls]), "state"), ["ACTIVE"]);
}
