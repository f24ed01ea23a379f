//! The sample of the acceptance sentences, told through the vendor's console: the product orbit with releases 2.3.0
//! and 2.4.0, the bundles Starter, Growth and Enterprise, the customers acme and globex and their people.

use serde_json::{Value, json};

use crate::api::Api;

/// The ids that the console answered with.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The product orbit.
    pub orbit: String,
    /// The customer acme.
    pub acme: String,
    /// Its sub-account in Europe.
    pub acme_eu: String,
    /// The customer globex.
    pub globex: String,
    /// The admin of acme.
    pub ann: String,
    /// A member of acme.
    pub bob: String,
    /// The admin of globex.
    pub gina: String,
}

/// Publishes the catalog, opens the customers and adds their people.
pub fn build(vera: &mut Api) -> Sample {
    let orbit = catalog(vera);
    let acme = account(vera, "Acme Holding", Some("crm-1"), None);
    let acme_eu = account(vera, "Acme Europe", Some("crm-1-eu"), Some(&acme));
    account(vera, "Acme America", Some("crm-1-us"), Some(&acme));
    let globex = account(vera, "Globex", Some("crm-2"), None);
    let ann = member(vera, &acme, "Ann Keller", "ann@acme.example", "ORG_ADMIN");
    let bob = member(vera, &acme, "Bob Moreau", "bob@acme.example", "MEMBER");
    let gina = member(vera, &globex, "Gina Rossi", "gina@globex.example", "ORG_ADMIN");
    Sample { orbit, acme, acme_eu, globex, ann, bob, gina }
}

/// An account; gives its id.
pub fn account(
    vera: &mut Api,
    name: &str,
    external_id: Option<&str>,
    parent: Option<&str>,
) -> String {
    let input = json!({ "name": name, "externalId": external_id, "parentId": parent });
    text(&vera.done("accountOpen", input, "account { id }")["account"]["id"])
}

/// A person of an account; gives the id.
pub fn member(vera: &mut Api, account: &str, name: &str, email: &str, role: &str) -> String {
    let input = json!({ "accountId": account, "name": name, "email": email, "role": role });
    text(&vera.done("memberAdd", input, "member { id }")["member"]["id"])
}

/// The text of a JSON value.
#[must_use]
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn catalog(vera: &mut Api) -> String {
    let input = json!({ "code": "orbit", "name": "Orbit" });
    let orbit = text(&vera.done("productPublish", input, "product { id }")["product"]["id"]);
    let mut publish = |mutation: &str, mut input: Value| {
        input["productId"] = orbit.clone().into();
        vera.done(mutation, input, "product { id }");
    };
    for (key, kind, module) in [
        ("core", "BOOLEAN", "platform"),
        ("advanced_analytics", "BOOLEAN", "insight"),
        ("api_calls", "METERED", "platform"),
        ("data_region", "CONFIG", "platform"),
    ] {
        let unit = (kind == "METERED").then_some("call");
        let name = key.replace('_', " ");
        let feature =
            json!({ "key": key, "name": name, "module": module, "type": kind, "unit": unit });
        publish("featureDefine", feature);
    }
    let on = |feature: &str| json!({ "feature": feature, "enabled": true });
    let calls = |limit: u64| {
        json!({ "feature": "api_calls", "allowance": { "limit": limit.to_string() },
                "resetEvery": "P1M" })
    };
    for (code, values, all) in [
        ("starter", json!([on("core"), calls(10_000)]), false),
        ("growth", json!([on("core"), on("advanced_analytics"), calls(100_000)]), false),
        ("enterprise", json!([]), true),
        ("analytics", json!([on("advanced_analytics")]), false),
    ] {
        let edition = json!({ "code": code, "name": code, "values": values, "allFeatures": all });
        publish("editionPublish", edition);
    }
    publish(
        "planPublish",
        json!({ "code": "yearly", "name": "Yearly", "planKind": "PAID", "term": "P1Y", "grace": "P14D" }),
    );
    for (basis, code) in [
        ("FROM_EXPIRY", "basis-expiry"),
        ("FROM_NOW", "basis-now"),
        ("FROM_NOW_IF_EXPIRED", "basis-if"),
    ] {
        let plan = json!({ "code": code, "name": code, "planKind": "PAID", "term": "P365D",
            "renewalBasis": basis });
        publish("planPublish", plan);
    }
    offerings(&mut publish);
    for (version, released_at) in
        [("2.3.0", "2026-05-10T00:00:00Z"), ("2.4.0", "2026-07-15T00:00:00Z")]
    {
        publish("releasePublish", json!({ "version": version, "releasedAt": released_at }));
    }
    orbit
}

fn offerings(publish: &mut impl FnMut(&str, Value)) {
    let bound = |limit: u64| json!({ "limit": limit.to_string() });
    let unlimited = json!({ "unlimited": true });
    for (code, edition, plan, seats, devices, support) in [
        ("starter-yearly", "starter", "yearly", bound(5), bound(2), "standard"),
        ("growth-yearly", "growth", "yearly", bound(25), bound(10), "standard"),
        ("enterprise-yearly", "enterprise", "yearly", unlimited.clone(), unlimited, "dedicated"),
        ("analytics-yearly", "analytics", "yearly", bound(0), bound(0), "standard"),
        ("renew-expiry", "starter", "basis-expiry", bound(5), bound(2), "standard"),
        ("renew-now", "starter", "basis-now", bound(5), bound(2), "standard"),
        ("renew-if-expired", "starter", "basis-if", bound(5), bound(2), "standard"),
    ] {
        let offering = json!({ "code": code, "name": code, "edition": edition, "plan": plan,
            "seats": seats, "devices": devices, "domains": { "limit": "1" },
            "services": [{ "key": "support_tier", "value": support }] });
        publish("offeringPublish", offering);
    }
    for (code, offering, self_service) in [
        ("starter", "starter-yearly", false),
        ("growth", "growth-yearly", false),
        ("enterprise", "enterprise-yearly", false),
        ("analytics", "analytics-yearly", true),
    ] {
        let bundle = json!({ "code": code, "name": code, "offerings": [offering],
            "selfService": self_service });
        publish("bundlePublish", bundle);
    }
}
