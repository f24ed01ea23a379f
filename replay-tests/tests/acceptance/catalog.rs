//! What vera publishes: the product orbit with its features, releases and the three bundles of S0.22 to S0.24, two
//! add-ons, and a second product.

use serde_json::{Value, json};

use crate::stage::{Stage, text};

/// The two products.
pub struct Catalog {
    pub orbit: String,
    pub comet: String,
}

/// Publishes everything through the console.
pub fn publish(stage: &Stage) -> Catalog {
    let orbit = product(stage, "orbit", "Orbit");
    for (key, kind, module) in [
        ("core", "BOOLEAN", "platform"),
        ("api_calls", "METERED", "platform"),
        ("data_region", "CONFIG", "platform"),
        ("advanced_analytics", "BOOLEAN", "insight"),
        ("report_depth", "ENUM", "insight"),
    ] {
        define(stage, &orbit, key, kind, module);
    }
    editions(stage, &orbit);
    plans(stage, &orbit);
    offerings(stage, &orbit);
    bundles(stage, &orbit);
    for (version, released_at) in
        [("2.3.0", "2026-05-10T00:00:00Z"), ("2.4.0", "2026-07-15T00:00:00Z")]
    {
        put(
            stage,
            &orbit,
            "releasePublish",
            json!({ "version": version, "releasedAt": released_at }),
        );
    }
    let comet = product(stage, "comet", "Comet");
    define(stage, &comet, "tail", "BOOLEAN", "core");
    edition(stage, &comet, "comet-all", json!([on("tail")]), false);
    put(
        stage,
        &comet,
        "planPublish",
        json!({ "code": "comet-plan", "name": "Yearly", "planKind": "PAID", "term": "P1Y" }),
    );
    offering(
        stage,
        &comet,
        "comet-yearly",
        "comet-all",
        "comet-plan",
        (limit(3), limit(3)),
        "none",
    );
    bundle(stage, &comet, "comet-pack", &["comet-yearly"], true);
    Catalog { orbit, comet }
}

/// Defines a feature of a product.
pub fn define(stage: &Stage, product: &str, key: &str, kind: &str, module: &str) {
    let mut feature =
        json!({ "key": key, "name": key.replace('_', " "), "type": kind, "module": module });
    match kind {
        "METERED" => feature["unit"] = "call".into(),
        "ENUM" => feature["choices"] = json!(["daily", "hourly", "live"]),
        _ => {}
    }
    put(stage, product, "featureDefine", feature);
}

fn product(stage: &Stage, code: &str, name: &str) -> String {
    let made = stage.done(
        "vera",
        "productPublish",
        json!({ "code": code, "name": name }),
        "product { id }",
    );
    text(&made["product"]["id"])
}

fn editions(stage: &Stage, orbit: &str) {
    let calls = |units: u64| json!({ "feature": "api_calls", "allowance": limit(units), "resetEvery": "P1M" });
    edition(stage, orbit, "starter", json!([on("core"), calls(10_000)]), false);
    let growth = json!([on("core"), on("advanced_analytics"), calls(100_000)]);
    edition(stage, orbit, "growth", growth, false);
    edition(stage, orbit, "enterprise", json!([]), true);
    edition(stage, orbit, "analytics", json!([on("advanced_analytics")]), false);
    let region = json!({ "feature": "data_region", "config": "eu-central" });
    let depth = json!({ "feature": "report_depth", "choice": "hourly" });
    edition(stage, orbit, "extras", json!([on("advanced_analytics"), region, depth]), false);
}

fn plans(stage: &Stage, orbit: &str) {
    for (code, term, grace, basis) in [
        ("yearly", Some("P1Y"), Some("P14D"), "FROM_EXPIRY"),
        ("days-expiry", Some("P365D"), None, "FROM_EXPIRY"),
        ("days-now", Some("P365D"), None, "FROM_NOW"),
        ("days-if-expired", Some("P365D"), None, "FROM_NOW_IF_EXPIRED"),
        ("perpetual", None, None, "FROM_EXPIRY"),
    ] {
        let plan = json!({ "code": code, "name": code, "planKind": "PAID", "term": term, "grace": grace,
            "renewalBasis": basis });
        put(stage, orbit, "planPublish", plan);
    }
}

fn offerings(stage: &Stage, orbit: &str) {
    let unlimited = json!({ "unlimited": true });
    for (code, edition, plan, bounds, support) in [
        ("starter-yearly", "starter", "yearly", (limit(5), limit(2)), "standard"),
        ("growth-yearly", "growth", "yearly", (limit(25), limit(10)), "standard"),
        ("enterprise-yearly", "enterprise", "yearly", (unlimited.clone(), unlimited), "dedicated"),
        ("analytics-addon", "analytics", "yearly", (limit(0), limit(0)), "none"),
        ("extras-addon", "extras", "yearly", (limit(2), limit(0)), "none"),
        ("starter-days-expiry", "starter", "days-expiry", (limit(5), limit(2)), "standard"),
        ("starter-days-now", "starter", "days-now", (limit(5), limit(2)), "standard"),
        ("starter-days-if-expired", "starter", "days-if-expired", (limit(5), limit(2)), "standard"),
    ] {
        offering(stage, orbit, code, edition, plan, bounds, support);
    }
}

fn bundles(stage: &Stage, orbit: &str) {
    bundle(stage, orbit, "starter", &["starter-yearly"], false);
    bundle(stage, orbit, "growth", &["growth-yearly"], false);
    bundle(stage, orbit, "enterprise", &["enterprise-yearly"], false);
    bundle(stage, orbit, "analytics", &["analytics-addon"], true);
    bundle(stage, orbit, "power-pack", &["analytics-addon", "extras-addon"], true);
}

fn edition(stage: &Stage, product: &str, code: &str, values: Value, all: bool) {
    let edition = json!({ "code": code, "name": code, "values": values, "allFeatures": all });
    put(stage, product, "editionPublish", edition);
}

fn offering(
    stage: &Stage,
    product: &str,
    code: &str,
    edition: &str,
    plan: &str,
    (seats, devices): (Value, Value),
    support: &str,
) {
    let mut offering = json!({ "code": code, "name": code, "edition": edition, "plan": plan, "seats": seats,
        "devices": devices, "domains": limit(1) });
    if code.ends_with("-addon") {
        offering["domains"] = limit(0);
    } else {
        offering["services"] = json!([{ "key": "support_tier", "value": support }]);
    }
    put(stage, product, "offeringPublish", offering);
}

fn bundle(stage: &Stage, product: &str, code: &str, offerings: &[&str], self_service: bool) {
    let bundle =
        json!({ "code": code, "name": code, "offerings": offerings, "selfService": self_service });
    put(stage, product, "bundlePublish", bundle);
}

fn put(stage: &Stage, product: &str, mutation: &str, mut input: Value) {
    input["productId"] = product.into();
    stage.done("vera", mutation, input, "product { id }");
}

fn on(feature: &str) -> Value {
    json!({ "feature": feature, "enabled": true })
}

/// A bound.
pub fn limit(units: u64) -> Value {
    json!({ "limit": units.to_string() })
}
