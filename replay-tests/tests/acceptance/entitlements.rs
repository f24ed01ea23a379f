//! S0.1, S0.7, S0.12 and S0.35: what one may use, how much is left, and why.

use serde_json::{Value, json};

use crate::client::{each, list, number, with};
use crate::stage::text;
use crate::world::{ENTITLEMENT, L1_ENDS, World};

fn everything(world: &World, who: &str, selection: &str) -> Value {
    let document = format!(
        "{{ entitlements {{ productCode productName modules {{ module features {{ licenseId {selection} }} }} }} }}"
    );
    world.ask(who, &document, json!({}))["entitlements"].take()
}

fn rows(products: &Value) -> Vec<Value> {
    let modules = list(products).iter().flat_map(|product| list(&product["modules"]).to_vec());
    modules.flat_map(|module| list(&module["features"]).to_vec()).collect()
}

#[test]
fn s0_01_entitlements_are_one_row_per_feature_with_value_source_usage_limit_and_times() {
    let world = World::new();
    let products = everything(&world, "ann", ENTITLEMENT);
    let rows = rows(&products);
    let mut features = each(&json!(rows), "feature");
    features.sort();
    assert_eq!(features, ["api_calls", "core"], "one row per feature");
    let rows = json!(rows);
    let core = with(&rows, "feature", "core");
    assert_eq!(core["value"]["enabled"], true);
    assert_eq!(core["validUntil"], L1_ENDS);
    let calls = with(&rows, "feature", "api_calls");
    assert_eq!(calls["usage"], "0");
    assert_eq!(calls["limit"], json!({ "limit": "10000", "unlimited": false }));
    assert_eq!(calls["remaining"], "10000");
    assert_eq!(calls["resetsAt"], "2026-09-01T00:00:00Z");
    for row in list(&rows) {
        assert_eq!(row["isGranted"], true);
        assert_eq!(list(&row["sources"])[0]["kind"], "PLAN");
        assert_eq!(list(&row["sources"])[0]["offeringCode"], "starter-yearly");
    }
    assert_eq!(everything(&world, "gil", ENTITLEMENT), json!([]), "globex has none of them");
    let theirs = world.issue("globex", "starter", json!({ "key": "ORBT-NARW-HAL1-TUSK" }));
    let licenses = rows_of(&everything(&world, "gil", "feature"), "licenseId");
    assert_eq!(licenses, [theirs.clone(), theirs], "its own and nobody else's");
}

fn rows_of(products: &Value, key: &str) -> Vec<String> {
    each(&json!(rows(products)), key)
}

#[test]
fn s0_01_each_source_names_the_event_that_gave_it() {
    let world = World::new();
    let add = json!({ "licenseId": world.l1, "bundle": "analytics" });
    world.done("ann", "licenseApplyBundle", add, "license { id }");
    let selection = "entitlements { feature sources { kind eventId } } history(first: 20) { nodes { id fact } }";
    let seen = world.license("ann", &world.l1, selection);
    let history = &seen["history"]["nodes"];
    let issued = &with(history, "fact", "license_issued")["id"];
    let applied = &with(history, "fact", "bundle_applied")["id"];
    let source =
        |feature: &str| with(&seen["entitlements"], "feature", feature)["sources"][0].clone();
    assert_eq!(source("core"), json!({ "kind": "PLAN", "eventId": issued }));
    assert_eq!(source("advanced_analytics"), json!({ "kind": "ADD_ON", "eventId": applied }));
}

#[test]
fn s0_07_an_unlocked_module_can_be_used_at_once_by_whoever_reads_at_the_token() {
    let world = World::new();
    let question = json!({ "licenseId": world.l1, "feature": "advanced_analytics" });
    let before = world.check("ann", question.clone(), Value::Null);
    assert_eq!(
        (&before["allowed"], &before["code"]),
        (&json!(false), &json!("FEATURE_NOT_ENTITLED"))
    );

    let add = json!({ "licenseId": world.l1, "bundle": "analytics" });
    let done = world.done("ann", "licenseApplyBundle", add, "license { id }");
    let document = "query($input: CheckInput!, $token: String, $place: LedgerPosition) { \
        now: check(input: $input, atLeast: $token) { allowed position } \
        then: check(input: $input, asOf: { position: $place }) { allowed position } }";
    let variables =
        json!({ "input": question, "token": done["consistencyToken"], "place": done["position"] });
    let answer = world.ask("ann", document, variables);
    assert_eq!(answer["now"]["allowed"], true);
    assert_eq!(answer["then"]["allowed"], true, "also as of the returned place");
    let place = |value: &Value| text(value).parse::<u64>().unwrap();
    assert!(place(&answer["now"]["position"]) >= place(&done["position"]));
    let earlier = (place(&done["position"]) - 1).to_string();
    let past = world.check("ann", question, json!({ "position": earlier }));
    assert_eq!(past["allowed"], false, "and not one place earlier");
}

#[test]
fn s0_07_a_check_says_what_is_left_and_uses_nothing() {
    let world = World::new();
    world.uses(&world.l1, 9_750);
    let before = world.position();
    let question = |quantity: u64| json!({ "licenseId": world.l1, "feature": "api_calls", "quantity": quantity.to_string() });
    let denied = world.check("ann", question(300), Value::Null);
    assert_eq!((&denied["allowed"], &denied["code"]), (&json!(false), &json!("QUOTA_EXCEEDED")));
    let quota = with(&denied["checks"], "code", "QUOTA_EXCEEDED");
    assert_eq!(with(&quota["numbers"], "name", "remaining")["value"], "250");
    assert_eq!(with(&quota["numbers"], "name", "resets_at")["value"], "2026-09-01T00:00:00Z");
    assert_eq!(
        (&denied["remaining"], &denied["resetsAt"]),
        (&json!("250"), &json!("2026-09-01T00:00:00Z"))
    );
    assert_eq!(world.check("ann", question(250), Value::Null)["allowed"], true);
    assert_eq!(
        number(&world.entitlement(&world.l1, "api_calls")["usage"]),
        9_750,
        "usage is unchanged"
    );
    assert_eq!(world.position(), before, "asking records nothing");
}

#[test]
fn s0_12_the_list_groups_by_product_and_module_and_shows_type_state_and_why() {
    let world = World::new();
    let add = json!({ "licenseId": world.l1, "bundle": "power-pack" });
    world.done("ann", "licenseApplyBundle", add, "license { id }");
    let theirs =
        json!({ "accountId": world.acme, "productId": world.comet, "source": "comet-pack" });
    world.done("vera", "licenseIssue", theirs, "license { id }");
    let products = everything(&world, "ann", "feature module type state reason value { text }");
    let orbit = with(&products, "productCode", "orbit");
    let comet = with(&products, "productCode", "comet");
    assert_eq!(rows(&json!([comet])).len(), 1);
    let platform = with(&orbit["modules"], "module", "platform");
    let insight = with(&orbit["modules"], "module", "insight");
    let sorted = |module: &Value| {
        let mut features = each(&module["features"], "feature");
        features.sort();
        features
    };
    assert_eq!(sorted(platform), ["api_calls", "core", "data_region"]);
    assert_eq!(sorted(insight), ["advanced_analytics", "report_depth"]);
    let all = json!(rows(&json!([orbit])));
    for (feature, kind, value) in [
        ("core", "BOOLEAN", "on"),
        ("api_calls", "METERED", "10000"),
        ("data_region", "CONFIG", "eu-central"),
        ("report_depth", "ENUM", "hourly"),
    ] {
        let row = with(&all, "feature", feature);
        assert_eq!(row["type"], kind, "{row}");
        assert!(text(&row["value"]["text"]).starts_with(value), "{row}");
        assert_eq!(row["state"], "ACTIVE");
        assert!(!text(&row["reason"]).is_empty());
    }
}

#[test]
fn s0_12_an_entitlement_is_scheduled_active_expiring_expired_or_suspended_and_says_why() {
    let world = World::new();
    let later = json!({ "term": { "from": "2026-09-01T00:00:00Z", "until": L1_ENDS } });
    let later = world.issue("acme", "starter", later);
    let state = |license: &str| {
        let row = world.entitlement(license, "core");
        assert!(!text(&row["reason"]).is_empty(), "{row}");
        (text(&row["state"]), row["isGranted"] == json!(true))
    };
    let said = |state: &str, granted: bool| (state.to_owned(), granted);
    assert_eq!(state(&world.l1), said("ACTIVE", true));
    assert_eq!(state(&later), said("SCHEDULED", false));
    world.at("2026-09-01T00:00:00Z");
    assert_eq!(state(&later), said("ACTIVE", true));
    let block = json!({ "licenseId": later, "blocker": "BILLING", "reason": "unpaid" });
    world.done("vera", "licenseSetBlocker", block, "license { id }");
    assert_eq!(state(&later), said("SUSPENDED", false));
    world.at("2027-01-01T00:00:00Z");
    assert_eq!(state(&world.l1), said("EXPIRING", true));
    world.at("2027-02-13T23:59:59Z");
    assert_eq!(state(&world.l1), said("EXPIRING", true));
    world.at("2027-02-14T00:00:00Z");
    assert_eq!(state(&world.l1), said("EXPIRED", false));
}

#[test]
fn s0_35_every_answer_has_a_code_words_the_rule_the_numbers_and_the_next_action() {
    let world = World::new();
    world.activated("ann", &world.l1, "D1");
    world.activated("ann", &world.l1, "D2");
    world.uses(&world.l1, 10_000);
    let ask = |question: Value| {
        let mut question = question;
        question["licenseId"] = world.l1.clone().into();
        world.check("ann", question, Value::Null)
    };
    for (question, code) in [
        (json!({ "feature": "advanced_analytics" }), "FEATURE_NOT_ENTITLED"),
        (json!({ "feature": "no_such_feature" }), "FEATURE_NOT_FOUND"),
        (json!({ "feature": "core", "quantity": "3" }), "FEATURE_TYPE_MISMATCH"),
        (json!({ "feature": "api_calls", "quantity": "1" }), "QUOTA_EXCEEDED"),
        (json!({ "memberId": world.bob }), "USER_NOT_SEATED"),
        (json!({ "fingerprint": "D9" }), "FINGERPRINT_MISMATCH"),
        (json!({ "domain": "no.example.com" }), "NO_ACTIVATION"),
        (json!({ "version": "9.9.9" }), "VERSION_NOT_ENTITLED"),
    ] {
        let decision = ask(question.clone());
        assert_eq!(decision["code"], code, "{question}: {decision}");
        assert_eq!(decision["allowed"], false);
        explained(&decision);
    }
    let allowed = ask(json!({ "feature": "core", "fingerprint": "D1", "version": "2.4.0" }));
    assert_eq!((&allowed["allowed"], &allowed["code"]), (&json!(true), &Value::Null));
    assert!(list(&allowed["checks"]).len() >= 5, "an allow names what it looked at: {allowed}");
    explained(&allowed);
    let slots = ask(json!({ "fingerprint": "D9" }));
    let slots = with(&slots["checks"], "code", "TOO_MANY_DEVICES").clone();
    assert_eq!(slots["fix"]["code"], "FREE_DEVICE");
    assert!(text(&slots["message"]).contains("2 of 2"), "{slots}");
}

/// Every check has a code, words, a rule, numbers that people can read; every failing one a next action.
pub fn explained(decision: &Value) {
    assert!(!text(&decision["reason"]).is_empty(), "{decision}");
    for check in list(&decision["checks"]) {
        for part in ["code", "rule", "message"] {
            assert!(!text(&check[part]).is_empty(), "{check}");
        }
        for one in list(&check["numbers"]) {
            let (name, value) = (text(&one["name"]), text(&one["value"]));
            let micros = value.parse::<i64>().is_ok_and(|number| number > 1_000_000_000_000);
            assert!(!micros, "{name} is {value}: an instant that nobody can read");
        }
        if check["passed"] == json!(false) {
            assert!(!text(&check["fix"]["code"]).is_empty(), "what to do about {check}?");
            assert!(!text(&check["fix"]["text"]).is_empty(), "{check}");
        }
    }
}
