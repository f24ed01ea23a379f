//! The fixture of the acceptance sentences, told through the vendor's console: acme with acme-eu and acme-us, globex,
//! their people, and the license L1.

use std::ops::Deref;

use serde_json::{Value, json};

use crate::catalog;
use crate::stage::{Side, Stage, text};

/// When everything begins.
pub const T0: &str = "2026-08-01T00:00:00Z";
/// When the term of L1 is over.
pub const L1_ENDS: &str = "2027-01-31T00:00:00Z";
/// The key of L1, of which only the first and last group are shown.
pub const L1_KEY: &str = "ORBT-W0MB-AT55-7Q2K";

/// A stage with the fixture on it.
pub struct World {
    stage: Stage,
    pub orbit: String,
    pub comet: String,
    pub acme: String,
    pub acme_eu: String,
    pub globex: String,
    pub ann: String,
    pub bob: String,
    pub gil: String,
    pub l1: String,
}

impl Deref for World {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl World {
    /// The fixture at T0.
    pub fn new() -> Self {
        let mut world = Self::without_licenses(T0);
        let term = json!({ "from": T0, "until": L1_ENDS });
        let input = json!({ "source": "starter", "key": L1_KEY, "externalId": "order-wombat-1",
            "term": term, "accountId": world.acme, "productId": world.orbit, "acquired": "ORDER" });
        world.l1 = world.issued("acme", input);
        world
    }

    /// The fixture at another instant, before any license.
    pub fn without_licenses(at: &str) -> Self {
        let stage = Stage::open(at);
        let catalog = catalog::publish(&stage);
        let acme = account(&stage, "acme", "Acme Wombat Holding", "crm-wombat", None);
        let acme_eu = account(&stage, "acme-eu", "Acme Lynx Europe", "crm-lynx", Some(&acme));
        account(&stage, "acme-us", "Acme Puma America", "crm-puma", Some(&acme));
        let globex = account(&stage, "globex", "Globex Narwhal", "crm-narwhal", None);
        let mut world = Self {
            stage,
            orbit: catalog.orbit,
            comet: catalog.comet,
            acme,
            acme_eu,
            globex,
            ann: String::new(),
            bob: String::new(),
            gil: String::new(),
            l1: String::new(),
        };
        world.ann = world.member("acme", "ann", "Ann Wombat", "ORG_ADMIN");
        world.bob = world.member("acme", "bob", "Bob Wombat", "MEMBER");
        world.gil = world.member("globex", "gil", "Gil Narwhal", "ORG_ADMIN");
        world
    }

    fn account_of(&self, tenant: &str) -> &str {
        match tenant {
            "acme" => &self.acme,
            "acme-eu" => &self.acme_eu,
            "globex" => &self.globex,
            other => panic!("no account {other}"),
        }
    }

    /// A person of a tenant, who can sign in; gives the id.
    pub fn member(&self, tenant: &str, short: &str, name: &str, role: &str) -> String {
        let email = format!(
            "{short}@{tenant}-{}.example",
            name.split(' ').next_back().unwrap().to_lowercase()
        );
        let input = json!({ "accountId": self.account_of(tenant), "name": name, "email": email, "role": role });
        let made = self.done("vera", "memberAdd", input, "member { id }");
        let id = text(&made["member"]["id"]);
        self.give_password(&id);
        self.know(short, Side::Portal, &email, tenant);
        for secret in [id.as_str(), name, &email] {
            self.secret(tenant, secret);
        }
        id
    }

    /// So many more members of acme; gives their ids.
    pub fn crowd(&self, count: usize) -> Vec<String> {
        let one = |n: usize| {
            self.member("acme", &format!("crowd{n}"), &format!("Crowd{n} Wombat"), "MEMBER")
        };
        (0..count).map(one).collect()
    }

    /// Issues a license to a tenant from a bundle or offering of orbit; `extra` goes over the input. Gives its id.
    pub fn issue(&self, tenant: &str, source: &str, extra: Value) -> String {
        let mut input = json!({ "accountId": self.account_of(tenant), "productId": self.orbit, "source": source });
        for (key, value) in extra.as_object().unwrap() {
            input[key] = value.clone();
        }
        self.issued(tenant, input)
    }

    fn issued(&self, tenant: &str, input: Value) -> String {
        let made = self.done("vera", "licenseIssue", input.clone(), "license { id }");
        let id = text(&made["license"]["id"]);
        self.secret(tenant, &id);
        for hidden in ["key", "externalId"] {
            if let Some(secret) = input[hidden].as_str() {
                self.secret(tenant, secret);
            }
        }
        id
    }

    /// A license as somebody sees it; null when not at all.
    #[track_caller]
    pub fn license(&self, who: &str, license: &str, selection: &str) -> Value {
        let document = format!("query($id: ID!) {{ license(id: $id) {{ {selection} }} }}");
        self.ask(who, &document, json!({ "id": license }))["license"].take()
    }

    /// The displayed status of a license.
    #[track_caller]
    pub fn status(&self, who: &str, license: &str) -> String {
        text(&self.license(who, license, "status")["status"])
    }

    /// Activates a device; gives the payload.
    #[track_caller]
    pub fn activate(&self, who: &str, license: &str, fingerprint: &str) -> Value {
        self.act(
            who,
            "deviceActivate",
            device(license, fingerprint),
            "device { id status firstSeenAt }",
        )
    }

    /// Activates a device, which must be accepted; gives the id of the activation.
    #[track_caller]
    pub fn activated(&self, who: &str, license: &str, fingerprint: &str) -> String {
        let payload = self.activate(who, license, fingerprint);
        assert_eq!(payload["userErrors"], json!([]), "{fingerprint} on {license}");
        text(&payload["device"]["id"])
    }

    /// The answer of the evaluator to a question about a license.
    #[track_caller]
    pub fn check(&self, who: &str, question: Value, as_of: Value) -> Value {
        let document = format!(
            "query($input: CheckInput!, $asOf: AsOfInput) {{ check(input: $input, asOf: $asOf) {{ {DECISION} }} }}"
        );
        self.ask(who, &document, json!({ "input": question, "asOf": as_of }))["check"].take()
    }

    /// Records usage of `api_calls`.
    #[track_caller]
    pub fn uses(&self, license: &str, calls: u64) {
        let input =
            json!({ "licenseId": license, "feature": "api_calls", "quantity": calls.to_string() });
        self.done("vera", "usageRecord", input, "reading { license { id } }");
    }

    /// What a license gives of a feature, as ann sees it; null when nothing.
    #[track_caller]
    pub fn entitlement(&self, license: &str, feature: &str) -> Value {
        let seen = self.license("ann", license, &format!("entitlements {{ {ENTITLEMENT} }}"));
        let rows = seen["entitlements"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["feature"] == feature).unwrap_or(Value::Null)
    }
}

/// The input of `deviceActivate`.
pub fn device(license: &str, fingerprint: &str) -> Value {
    json!({ "licenseId": license, "fingerprint": fingerprint, "name": format!("The {fingerprint}"),
            "platform": "linux", "version": "2.4.0" })
}

/// Everything that a decision says.
pub const DECISION: &str = "allowed code reason at position status remaining resetsAt activationId \
    checks { code passed rule message numbers { name value } fix { code text } } failing { code } \
    warnings { code message } value { text }";

/// Everything that an entitlement says.
pub const ENTITLEMENT: &str = "feature name module type isGranted usage remaining resetsAt validUntil state reason \
    value { type enabled config choice resetEvery text allowance { limit unlimited } } \
    limit { limit unlimited } sources { kind offeringCode offeringVersion bundleId allFeatures }";

fn account(
    stage: &Stage,
    tenant: &str,
    name: &str,
    external: &str,
    parent: Option<&str>,
) -> String {
    let input = json!({ "name": name, "externalId": external, "parentId": parent });
    let made = stage.done("vera", "accountOpen", input, "account { id }");
    let id = text(&made["account"]["id"]);
    for secret in [id.as_str(), name, external] {
        stage.secret(tenant, secret);
    }
    id
}
