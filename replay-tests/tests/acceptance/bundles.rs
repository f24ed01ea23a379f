//! Bundles and renewals: what they give, what they take away again, where time counts from.

use replay_tests::vendor::text;
use serde_json::{Value, json};

use crate::world::{World, each, find};

const GIVEN: &str = "factCount seats { unlimited purchased assigned available } services { key value } bundles { code } \
    entitlements { feature value { text enabled } sources { kind allFeatures } usage \
    limit { unlimited limit } }";

fn row<'a>(license: &'a Value, feature: &str) -> &'a Value {
    find(&license["entitlements"], "feature", feature)
}

#[test]
fn s0_21_a_bundle_is_applied_whole_and_takes_away_only_what_it_gave() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let growth = json!({ "licenseId": l1, "bundle": "growth" });
    let before = world.seen_by_ann(&l1, GIVEN);
    assert_eq!(world.ann.refused_code("licenseApplyBundle", growth.clone()), "NOT_SELF_SERVICE");
    assert_eq!(world.seen_by_ann(&l1, GIVEN), before, "not for self-service: nothing happened");

    world.vera.done("licenseApplyBundle", growth.clone(), "");
    let applied = world.seen_by_ann(&l1, GIVEN);
    assert_eq!(applied["seats"]["purchased"], "30", "5 and 25");
    assert_eq!(row(&applied, "api_calls")["limit"]["limit"], "110000");
    assert_eq!(row(&applied, "advanced_analytics")["value"]["enabled"], true);
    world.vera.done("licenseApplyBundle", growth, "");
    assert_eq!(world.seen_by_ann(&l1, GIVEN), applied, "again is a no-op");

    let analytics = json!({ "licenseId": l1, "bundle": "analytics" });
    world.ann.done("licenseApplyBundle", analytics, "");
    world.vera.done("licenseRemoveBundle", json!({ "licenseId": l1, "bundle": "growth" }), "");
    let removed = world.seen_by_ann(&l1, GIVEN);
    assert_eq!(removed["seats"]["purchased"], "5");
    assert_eq!(row(&removed, "api_calls")["limit"]["limit"], "10000");
    assert_eq!(row(&removed, "core")["value"]["enabled"], true);
    assert_eq!(row(&removed, "advanced_analytics")["value"]["enabled"], true, "of another source");
    assert_eq!(each(&removed["bundles"], "code"), ["analytics"]);
}

#[test]
fn s0_22_starter_gives_core_five_seats_and_ten_thousand_calls() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let license = world.seen_by_ann(&l1, GIVEN);
    assert_eq!(row(&license, "core")["value"]["enabled"], true);
    assert_eq!(license["seats"]["purchased"], "5");
    assert_eq!(row(&license, "api_calls")["limit"]["limit"], "10000");
}

fn grown(usage: &str) -> Value {
    let mut world = World::new();
    let l1 = world.l1.clone();
    for person in world.people(4) {
        world.ann.done("seatAssign", json!({ "licenseId": l1, "memberId": person }), "");
    }
    let used = json!({ "licenseId": l1, "feature": "api_calls", "quantity": "7300" });
    world.vera.done("usageRecord", used, "");
    world.at("2026-08-12T00:00:00Z");
    let switch = json!({ "licenseId": l1, "source": "growth", "usage": usage });
    world.vera.done("licenseChangeOffering", switch, "");
    world.seen_by_ann(&l1, GIVEN)
}

#[test]
fn s0_23_starter_to_growth_carries_the_usage_over_or_restarts_it() {
    for (policy, used) in [("CARRY", "7300"), ("RESTART", "0")] {
        let license = grown(policy);
        assert_eq!(license["seats"]["assigned"], "4");
        assert_eq!(license["seats"]["purchased"], "25");
        assert_eq!(row(&license, "advanced_analytics")["value"]["enabled"], true);
        let calls = row(&license, "api_calls");
        assert_eq!((&calls["usage"], &calls["limit"]["limit"]), (&json!(used), &json!("100000")));
    }
}

#[test]
fn s0_24_enterprise_gives_every_feature_also_those_added_later() {
    let mut world = World::new();
    let acme = world.sample.acme.clone();
    let license = world.issue(&acme, "enterprise", "ORBT-1111-2222-3333");
    let before = world.seen_by_ann(&license, GIVEN);
    assert_eq!(before["seats"]["unlimited"], true);
    assert_eq!(before["seats"]["purchased"], Value::Null, "unlimited is not a big number");
    assert_eq!(row(&before, "api_calls")["limit"]["unlimited"], true);
    let support = find(&before["services"], "key", "support_tier");
    assert_eq!(support["value"], "dedicated");
    let flagged = row(&before, "core")["sources"][0]["allFeatures"].clone();
    assert_eq!(flagged, true, "{before}");

    world.at("2026-09-01T00:00:00Z");
    let feature = json!({ "productId": world.sample.orbit, "key": "audit_export",
        "name": "Audit export", "type": "BOOLEAN" });
    world.vera.done("featureDefine", feature, "");
    let after = world.seen_by_ann(&license, GIVEN);
    assert_eq!(row(&after, "audit_export")["value"]["enabled"], true, "a rule, not a snapshot");
    let l1 = world.l1.clone();
    let starter = world.seen_by_ann(&l1, GIVEN);
    assert!(!each(&starter["entitlements"], "feature").contains(&"audit_export".to_owned()));
}

#[test]
fn s2_16_a_renewal_counts_from_where_its_basis_says() {
    // The term ends 2026-07-31; renewed late and renewed early, by 365 days.
    let cases = [
        ("renew-expiry", "2026-08-05T00:00:00Z", "2027-07-31T00:00:00Z"),
        ("renew-now", "2026-08-05T00:00:00Z", "2027-08-05T00:00:00Z"),
        ("renew-if-expired", "2026-08-05T00:00:00Z", "2027-08-05T00:00:00Z"),
        ("renew-expiry", "2026-07-20T00:00:00Z", "2027-07-31T00:00:00Z"),
        ("renew-now", "2026-07-20T00:00:00Z", "2027-07-20T00:00:00Z"),
        ("renew-if-expired", "2026-07-20T00:00:00Z", "2027-07-31T00:00:00Z"),
    ];
    for (source, renewed_at, expected) in cases {
        let mut world = World::new();
        let (acme, orbit) = (world.sample.acme.clone(), world.sample.orbit.clone());
        let term = json!({ "from": "2025-07-31T00:00:00Z", "until": "2026-07-31T00:00:00Z" });
        let input = json!({ "accountId": acme, "productId": orbit, "source": source, "term": term,
            "effectiveAt": "2026-07-01T00:00:00Z" });
        let issued = world.vera.done("licenseIssue", input, "license { id }");
        let license = text(&issued["license"]["id"]);
        world.at("2026-08-06T00:00:00Z");
        let renew = json!({ "licenseId": license, "effectiveAt": renewed_at });
        let renewed = world.vera.done("licenseRenew", renew, "license { term { until } }");
        let until = &renewed["license"]["term"]["until"];
        assert_eq!(until, expected, "{source} renewed {renewed_at}");
    }
}
