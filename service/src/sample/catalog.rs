//! The sample vendor's catalog: the product `orbit` with its features, releases and the three bundles.

use schemas::Timestamp;
use serde_json::{Value, json};

use crate::moment::rfc3339;

/// The code of the sample product.
pub const PRODUCT: &str = "orbit";

/// When what was published.
pub(super) struct Dates {
    pub(super) published: Timestamp,
    pub(super) first_release: Timestamp,
    pub(super) second_release: Timestamp,
}

/// Every object of the catalog file.
pub(super) fn items(dates: &Dates) -> Vec<Value> {
    let mut items = vec![json!({ "type": "product", "name": "Orbit" })];
    items.extend(features());
    items.extend(editions());
    items.extend(plans());
    items.extend(offerings());
    items.extend(bundles());
    let at = rfc3339(dates.published);
    let mut items: Vec<_> = items
        .into_iter()
        .map(|item| with(with(item, "product", json!(PRODUCT)), "at", json!(at)))
        .collect();
    let releases = [("2.3.0", dates.first_release), ("2.4.0", dates.second_release)];
    items.extend(releases.map(|(release, at)| {
        json!({
            "type": "release", "product": PRODUCT, "release": release,
            "released_at": rfc3339(at),
        })
    }));
    items
}

/// The object with one more field.
fn with(mut item: Value, field: &str, value: Value) -> Value {
    if let Some(fields) = item.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
    item
}

fn features() -> Vec<Value> {
    let boolean = |feature: &str, name: &str, module: &str| {
        json!({
            "type": "feature", "feature": feature, "name": name, "module": module,
            "kind": "boolean",
        })
    };
    vec![
        boolean("core", "Core features", "Core"),
        json!({
            "type": "feature", "feature": "model_detail", "name": "Model detail", "module": "Core",
            "kind": "enum", "values": ["basic", "fine", "ultra"],
        }),
        boolean("advanced_analytics", "Advanced analytics", "Analytics"),
        json!({
            "type": "feature", "feature": "dashboards", "name": "Dashboards",
            "module": "Analytics", "kind": "config",
        }),
        json!({
            "type": "feature", "feature": "api_calls", "name": "API calls", "module": "Platform",
            "kind": "metered", "unit": "call",
        }),
        json!({
            "type": "feature", "feature": "storage", "name": "Storage", "module": "Platform",
            "kind": "metered", "unit": "GB",
        }),
        boolean("sso", "Single sign-on", "Security"),
        boolean("audit_export", "Audit export", "Security"),
        boolean("offline_mode", "Offline mode", "Desktop"),
    ]
}

fn editions() -> Vec<Value> {
    let calls = |amount: u64| json!({ "api_calls": { "amount": amount, "reset": "1 month" } });
    let edition = |edition: &str, name: &str, values: Value| json!({ "type": "edition", "edition": edition, "name": name, "values": values });
    let core = json!({ "core": true, "model_detail": "basic", "dashboards": "3" });
    let analytics =
        json!({ "advanced_analytics": true, "model_detail": "fine", "dashboards": "25" });
    let desktop = json!({ "core": true, "model_detail": "fine", "offline_mode": true });
    let trial = json!({
        "core": true, "advanced_analytics": true, "model_detail": "basic",
        "api_calls": { "amount": 500, "reset": "1 month" },
    });
    let full = json!({
        "model_detail": "ultra", "dashboards": "unlimited",
        "api_calls": { "amount": "unlimited" }, "storage": { "amount": "unlimited" },
    });
    vec![
        edition("core", "Core", core),
        edition("analytics", "Advanced analytics", analytics),
        edition("api-10k", "API 10,000", calls(10_000)),
        edition("api-100k", "API 100,000", calls(100_000)),
        edition("desktop", "Desktop", desktop),
        edition("trial", "Trial", trial),
        with(edition("full", "Everything", full), "all_features", json!(true)),
    ]
}

fn plans() -> Vec<Value> {
    vec![
        json!({
            "type": "plan", "plan": "annual", "name": "Annual", "term": "1 year",
            "grace": "14 days",
        }),
        json!({
            "type": "plan", "plan": "perpetual", "name": "Perpetual with a year of updates",
            "maintenance": "1 year",
        }),
        json!({
            "type": "plan", "plan": "trial-30", "name": "30 days to try", "plan_kind": "trial",
            "term": "30 days", "starts": "first_activation",
        }),
    ]
}

fn offerings() -> Vec<Value> {
    let offering = |offering: &str, name: &str, edition: &str, plan: &str| {
        json!({
            "type": "offering", "offering": offering, "name": name, "edition": edition,
            "plan": plan,
        })
    };
    let sized = |offering: Value, seats: Value, devices: Value, domains: Value| {
        with(with(with(offering, "seats", seats), "devices", devices), "domains", domains)
    };
    let unlimited = || json!("unlimited");
    let core_5 = offering("orbit-core-5", "Orbit Core, 5 seats", "core", "annual");
    let core_25 = offering("orbit-core-25", "Orbit Core, 25 seats", "core", "annual");
    let desktop = offering("orbit-desktop", "Orbit Desktop", "desktop", "perpetual");
    let trial = offering("orbit-trial", "Orbit Trial", "trial", "trial-30");
    let enterprise = offering("orbit-enterprise", "Orbit Enterprise", "full", "annual");
    let enterprise = with(enterprise, "services", json!({ "support_tier": "dedicated" }));
    vec![
        sized(core_5, json!(5), json!(2), json!(1)),
        sized(core_25, json!(25), json!(50), json!(3)),
        offering("orbit-analytics", "Advanced analytics", "analytics", "annual"),
        offering("orbit-api-10k", "10,000 API calls a month", "api-10k", "annual"),
        offering("orbit-api-100k", "100,000 API calls a month", "api-100k", "annual"),
        sized(enterprise, unlimited(), unlimited(), unlimited()),
        sized(desktop, json!(3), json!(3), json!(0)),
        sized(trial, json!(3), json!(2), json!(1)),
    ]
}

fn bundles() -> Vec<Value> {
    let bundle = |bundle: &str, name: &str, offerings: &[&str], self_service: bool| {
        let offerings: Vec<_> =
            offerings.iter().map(|offering| json!({ "offering": offering })).collect();
        json!({
            "type": "bundle", "bundle": bundle, "name": name, "offerings": offerings,
            "self_service": self_service,
        })
    };
    let growth = ["orbit-core-25", "orbit-analytics", "orbit-api-100k"];
    vec![
        bundle("starter", "Starter Bundle", &["orbit-core-5", "orbit-api-10k"], true),
        bundle("growth", "Growth Bundle", &growth, true),
        bundle("enterprise", "Enterprise Bundle", &["orbit-enterprise"], false),
    ]
}
