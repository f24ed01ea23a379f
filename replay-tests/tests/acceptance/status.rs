//! S1.8, S1.13 and 2.39: how licenses stand, how many, told as it happens, and what stops them.

use std::time::Instant;

use serde_json::{Value, json};

use crate::client::{each, list, with};
use crate::socket::Socket;
use crate::stage::text;
use crate::world::{L1_ENDS, L1_KEY, T0, World};

#[test]
fn s1_08_the_device_s_activation_is_pushed_as_assigned_to_active() {
    let world = World::new();
    let mut socket = Socket::portal(&world, "ann");
    let document = "subscription($id: ID!) { licenseChanged(licenseId: $id) { fact position \
        license { id status keyMasked entitlements { feature isGranted } } } }";
    socket.subscribe("1", document, &json!({ "id": world.l1 }));
    assert_eq!(world.status("ann", &world.l1), "ASSIGNED");
    let began = Instant::now();
    world.activated("ann", &world.l1, "D1");
    let pushed = socket.message();
    println!("pushed {:?} after the activation was sent, its retry included", began.elapsed());
    assert_eq!((&pushed["type"], &pushed["id"]), (&json!("next"), &json!("1")), "{pushed}");
    let change = &pushed["payload"]["data"]["licenseChanged"];
    assert_eq!(change["fact"], "device_activated");
    assert_eq!(change["license"]["status"], "ACTIVE");
    assert_eq!(change["license"]["keyMasked"], "ORBT-****-****-7Q2K");
    assert_eq!(world.status("ann", &world.l1), "ACTIVE");

    let theirs = world.issue("globex", "starter", json!({}));
    let input = json!({ "accountId": world.globex, "name": "Gus Narwhal", "email": "gus@n.example", "role": "MEMBER" });
    world.done("vera", "memberAdd", input, "member { id }");
    world.done(
        "vera",
        "licenseRevoke",
        json!({ "licenseId": theirs, "reason": "narwhals" }),
        "license { id }",
    );
    let seat = json!({ "licenseId": world.l1, "memberId": world.bob });
    world.done("ann", "seatAssign", seat, "license { id }");
    let next = socket.message();
    assert_eq!(
        next["payload"]["data"]["licenseChanged"]["fact"], "seat_assigned",
        "nothing of others: {next}"
    );
    socket.send(&json!({ "type": "complete", "id": "1" }));
}

#[test]
fn s1_08_nobody_subscribes_to_somebody_else_s_license() {
    let world = World::new();
    let mut socket = Socket::portal(&world, "gil");
    let document = "subscription($id: ID!) { licenseChanged(licenseId: $id) { fact } }";
    let mut answers = Vec::new();
    for id in [world.l1.as_str(), "lic_00000000000000000000000001"] {
        let payload = json!({ "query": document, "variables": { "id": id } });
        socket.send(&json!({ "type": "subscribe", "id": "same", "payload": payload }));
        let mut heard = socket.message();
        strip_request_ids(&mut heard);
        answers.push(heard);
        if answers.last().unwrap()["type"] == "next" {
            assert_eq!(socket.message()["type"], "complete");
        }
    }
    assert_eq!(answers[0], answers[1], "foreign and unknown are one answer");
    assert!(answers[0].to_string().contains("NOT_FOUND"), "{}", answers[0]);

    socket.subscribe(
        "2",
        "subscription { accountChanged { accountId fact licenseId } }",
        &json!({}),
    );
    world.activated("ann", &world.l1, "D1");
    let theirs = world.issue("globex", "starter", json!({}));
    let heard = socket.message();
    let change = &heard["payload"]["data"]["accountChanged"];
    assert_eq!(change["licenseId"], json!(theirs), "the first that gil hears is globex's: {heard}");
}

/// Takes away what differs from request to request.
pub fn strip_request_ids(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("requestId");
            members.values_mut().for_each(strip_request_ids);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_request_ids),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn s1_08_status_is_computed_when_it_is_read_and_the_key_is_masked() {
    let world = World::new();
    world.activated("ann", &world.l1, "D1");
    let seen = world.license("ann", &world.l1, "keyMasked");
    assert_eq!(seen["keyMasked"], "ORBT-****-****-7Q2K");
    let history = "history(first: 50) { nodes { text before after } }";
    let whole = world.license("vera", &world.l1, &format!("keyMasked {history}"));
    assert!(!whole.to_string().contains(L1_KEY), "nobody reads the whole key: {whole}");
    let fact_count = || world.license("ann", &world.l1, "factCount changedAt");
    let facts = fact_count();
    for (at, status) in [
        ("2026-12-31T23:59:59Z", "ACTIVE"),
        ("2027-01-01T00:00:00Z", "EXPIRING"),
        (L1_ENDS, "GRACE"),
        ("2027-02-14T00:00:00Z", "EXPIRED"),
    ] {
        world.at(at);
        assert_eq!(world.status("ann", &world.l1), status, "{at}");
    }
    assert_eq!(fact_count(), facts, "no fact was needed for it");
}

#[test]
fn s1_13_counts_by_status_add_up_and_are_the_lengths_of_the_lists() {
    let world = World::new();
    world.activated("ann", &world.l1, "D1");
    let later = json!({ "term": { "from": "2026-10-01T00:00:00Z", "until": L1_ENDS } });
    world.issue("acme", "starter", later);
    let soon = json!({ "term": { "from": T0, "until": "2026-08-20T00:00:00Z" } });
    world.issue("acme", "growth", soon);
    let short = json!({ "term": { "from": T0, "until": "2026-08-03T00:00:00Z" } });
    world.issue("acme", "starter-days-now", short);
    let blocked = world.issue("acme-eu", "growth", json!({}));
    let gone = world.issue("acme", "enterprise", json!({}));
    let comet =
        json!({ "accountId": world.acme, "productId": world.comet, "source": "comet-pack" });
    world.done("vera", "licenseIssue", comet, "license { id }");
    world.issue("globex", "starter", json!({}));
    let block = json!({ "licenseId": blocked, "blocker": "ABUSE", "reason": "scripts" });
    world.done("vera", "licenseSetBlocker", block, "license { id }");
    world.done(
        "vera",
        "licenseRevoke",
        json!({ "licenseId": gone, "reason": "returned" }),
        "license { id }",
    );
    let place = world.ask("ann", "{ viewer { position } }", json!({}))["viewer"]["position"].take();
    world.at("2026-08-05T00:00:00Z");
    for (who, total) in [("ann", 7), ("gil", 1), ("vera", 8)] {
        add_up(&world, who, total, Value::Null);
    }
    let earlier = json!({ "position": place, "at": "2026-08-02T00:00:00Z" });
    add_up(&world, "ann", 7, earlier);
}

fn add_up(world: &World, who: &str, total: usize, as_of: Value) {
    for product in [Value::Null, world.orbit.clone().into(), world.comet.clone().into()] {
        let document = "query($product: ID, $asOf: AsOfInput) { \
            dashboard(product: $product, asOf: $asOf) { total position byStatus { status count } } \
            all: licenses(first: 50, product: $product, asOf: $asOf) { totalCount position nodes { id status } } }";
        let variables = json!({ "product": product, "asOf": as_of });
        let seen = world.ask(who, document, variables);
        let counts = &seen["dashboard"]["byStatus"];
        let counted = |status: &str| with(counts, "status", status)["count"].as_u64().unwrap();
        let sum: u64 = list(counts).iter().map(|one| one["count"].as_u64().unwrap()).sum();
        assert_eq!(seen["dashboard"]["total"], sum, "{seen}");
        assert_eq!(seen["all"]["totalCount"], sum, "{seen}");
        let length = list(&seen["all"]["nodes"]).len();
        assert_eq!(u64::try_from(length).unwrap(), sum, "{seen}");
        if product.is_null() {
            assert_eq!(length, total, "{who}: {seen}");
        }
        assert_eq!(seen["dashboard"]["position"], seen["all"]["position"], "at the same place");
        let statuses = each(&seen["all"]["nodes"], "status");
        for status in list(counts).iter().map(|one| text(&one["status"])) {
            let document = "query($product: ID, $asOf: AsOfInput, $status: [LicenseStatus!]) { \
                licenses(first: 50, product: $product, asOf: $asOf, status: $status) { totalCount nodes { status } } }";
            let variables = json!({ "product": product, "asOf": as_of, "status": [status] });
            let listed = world.ask(who, document, variables)["licenses"].take();
            assert_eq!(listed["totalCount"], counted(&status), "{who} {status} {listed}");
            assert!(each(&listed["nodes"], "status").iter().all(|one| *one == status));
            let same = statuses.iter().filter(|one| **one == status).count();
            assert_eq!(u64::try_from(same).unwrap(), counted(&status), "{who} {status}");
        }
    }
}

#[test]
fn p2_39_a_license_is_free_only_when_every_blocker_is_cleared_and_each_is_seen() {
    let world = World::new();
    world.activated("ann", &world.l1, "D1");
    let block = |kind: &str, reason: &str| {
        let input = json!({ "licenseId": world.l1, "blocker": kind, "reason": reason });
        world.done("vera", "licenseSetBlocker", input, "license { id }");
    };
    let clear = |kind: &str| {
        let input = json!({ "licenseId": world.l1, "blocker": kind });
        world.done("vera", "licenseClearBlocker", input, "license { id }");
    };
    let selection = "status statusParts { blockers } blockers { kind since } history(first: 5) { nodes { text } }";
    let blockers = |seen: &Value| {
        let mut kinds = each(&seen["blockers"], "kind");
        kinds.sort();
        let parts = list(&seen["statusParts"]["blockers"]);
        assert_eq!(parts.len(), kinds.len());
        kinds
    };
    let failing = || {
        let decision =
            world.check("ann", json!({ "licenseId": world.l1, "feature": "core" }), Value::Null);
        assert_eq!(decision["allowed"], decision["code"].is_null());
        each(&decision["failing"], "code")
    };
    block("BILLING", "invoice 17 is open");
    block("ABUSE", "a key on a forum");
    let seen = world.license("ann", &world.l1, selection);
    assert_eq!(
        (&seen["status"], blockers(&seen)),
        (&json!("SUSPENDED"), vec!["ABUSE".into(), "BILLING".into()])
    );
    assert_eq!(failing(), ["SUSPENDED", "SUSPENDED"], "each blocker on its own");
    assert!(seen["history"].to_string().contains("invoice 17 is open"), "{seen}");
    clear("BILLING");
    let seen = world.license("ann", &world.l1, selection);
    assert_eq!((&seen["status"], blockers(&seen)), (&json!("SUSPENDED"), vec!["ABUSE".to_owned()]));
    assert_eq!(failing(), ["SUSPENDED"]);
    clear("ABUSE");
    let seen = world.license("ann", &world.l1, selection);
    assert_eq!((&seen["status"], blockers(&seen)), (&json!("ACTIVE"), Vec::<String>::new()));
    assert_eq!(failing(), Vec::<String>::new());
}
