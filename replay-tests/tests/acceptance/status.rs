//! The status of a license: computed from facts and clock, counted, and pushed.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use replay_tests::vendor::text;
use schemas::access::Audience;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::world::{World, member};

/// Much longer than a push takes; reached only when none comes.
const PUSH_TIME_MAX: Duration = Duration::from_secs(20);

#[test]
fn s0_15_the_timeline_is_what_happens_when_the_clock_moves() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let device = json!({ "licenseId": l1, "fingerprint": "laptop", "name": "Laptop" });
    world.ann.done("deviceActivate", device, "");
    world.at("2026-12-20T00:00:00Z");
    let query = "timeline { at kind daysBefore statusAfter passed }";
    let timeline = world.seen_by_ann(&l1, query)["timeline"].clone();
    let entries = timeline.as_array().unwrap();
    let at = |kind: &str, days: Value| {
        let found = entries.iter().find(|one| one["kind"] == kind && one["daysBefore"] == days);
        text(&found.unwrap_or_else(|| panic!("no {kind} {days} in {timeline}"))["at"])
    };
    assert_eq!(at("NOTICE", json!(30)), "2027-01-01T00:00:00Z");
    assert_eq!(at("NOTICE", json!(7)), "2027-01-24T00:00:00Z");
    assert_eq!(at("NOTICE", json!(1)), "2027-01-30T00:00:00Z");
    assert_eq!(at("EXPIRY", Value::Null), "2027-01-31T00:00:00Z");
    assert_eq!(at("GRACE_END", Value::Null), "2027-02-14T00:00:00Z");
    let notices = entries.iter().filter(|one| one["kind"] == "NOTICE").count();
    assert_eq!(notices, 3, "exactly one for each threshold: {timeline}");

    let now = "2026-12-20T00:00:00Z".to_owned();
    for entry in entries.iter().filter(|entry| text(&entry["at"]) > now) {
        let instant = text(&entry["at"]);
        if entry["kind"] == "EXPIRY" {
            world.at("2027-01-30T23:59:59Z");
            assert_eq!(world.seen_by_ann(&l1, "status")["status"], "EXPIRING");
        }
        world.at(&instant);
        let license = world.seen_by_ann(&l1, &format!("status {query}"));
        assert_eq!(license["status"], entry["statusAfter"], "at {instant}");
        let passed = license["timeline"].as_array().unwrap().iter();
        let passed =
            passed.filter(|one| one["at"] == instant.as_str()).all(|one| one["passed"] == true);
        assert!(passed, "at {instant}: {}", license["timeline"]);
    }
}

#[test]
fn s0_15_a_revocation_stands_in_the_timeline() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    world.at("2026-09-01T00:00:00Z");
    world.vera.done("licenseRevoke", json!({ "licenseId": l1, "reason": "refunded" }), "");
    let license = world.seen_by_ann(&l1, "status timeline { at kind statusAfter }");
    assert_eq!(license["status"], "REVOKED");
    let revoked = license["timeline"].as_array().unwrap().iter();
    let revoked: Vec<_> = revoked.filter(|one| one["kind"] == "REVOCATION").collect();
    assert_eq!(revoked.len(), 1, "{license}");
    assert_eq!(revoked[0]["at"], "2026-09-01T00:00:00Z");
}

#[test]
fn s1_08_status_is_computed_when_it_is_read_and_the_key_is_masked() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let view = "status keyMasked factCount";
    let assigned = world.seen_by_ann(&l1, view);
    assert_eq!(assigned["status"], "ASSIGNED");
    assert_eq!(assigned["keyMasked"], "ORBT-****-****-7Q2K");
    let facts = assigned["factCount"].clone();
    for (instant, status) in [
        ("2027-01-01T00:00:00Z", "EXPIRING"),
        ("2027-01-31T00:00:00Z", "GRACE"),
        ("2027-02-14T00:00:00Z", "EXPIRED"),
    ] {
        world.at(instant);
        let license = world.seen_by_ann(&l1, view);
        assert_eq!(license["status"], status, "at {instant}");
        assert_eq!(license["factCount"], facts, "nothing had to be recorded for it");
    }
}

#[test]
fn s1_08_a_subscription_tells_of_the_first_activation() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let token = world.token_of(member(&world.sample.ann), Audience::Portal);
    let url = format!("ws://{}/graphql", world.addresses.portal);
    let mut socket = world.block_on(async {
        let mut request = url.into_client_request().unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let authorization = format!("Bearer {token}");
        let init =
            json!({ "type": "connection_init", "payload": { "authorization": authorization } });
        socket.send(Message::text(init.to_string())).await.unwrap();
        let query =
            "subscription($id: ID!) { licenseChanged(licenseId: $id) { license { status } } }";
        let payload = json!({ "query": query, "variables": { "id": l1 } });
        let subscribe = json!({ "type": "subscribe", "id": "1", "payload": payload });
        socket.send(Message::text(subscribe.to_string())).await.unwrap();
        // A ping is answered after what was sent before it: then the subscription stands.
        socket.send(Message::text(json!({ "type": "ping" }).to_string())).await.unwrap();
        loop {
            let message = next(&mut socket).await;
            if message["type"] == "pong" {
                return socket;
            }
        }
    });
    let device = json!({ "licenseId": l1, "fingerprint": "laptop", "name": "Laptop" });
    world.ann.done("deviceActivate", device, "");
    let told = world.block_on(async { next(&mut socket).await });
    assert_eq!(told["type"], "next", "{told}");
    let license = &told["payload"]["data"]["licenseChanged"]["license"];
    assert_eq!(license["status"], "ACTIVE", "{told}");
}

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn next(socket: &mut Socket) -> Value {
    loop {
        let message = tokio::time::timeout(PUSH_TIME_MAX, socket.next()).await;
        let message = message.unwrap().unwrap().unwrap();
        if let Message::Text(text) = message {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

#[test]
fn s1_13_counts_by_status_add_up_and_are_those_of_the_lists() {
    let mut world = World::new();
    let acme = world.sample.acme.clone();
    let mut made = Vec::new();
    for number in 0..6 {
        made.push(world.issue(
            &acme,
            "starter",
            &format!("ORBT-{number:04}-{number:04}-{number:04}"),
        ));
    }
    world.vera.done("licenseRevoke", json!({ "licenseId": made[0], "reason": "refunded" }), "");
    let hold = json!({ "licenseId": made[1], "blocker": "VENDOR_HOLD", "reason": "asked for" });
    world.vera.done("licenseSetBlocker", hold, "");
    for license in &made[2..4] {
        let device = json!({ "licenseId": license, "fingerprint": "laptop", "name": "Laptop" });
        world.ann.done("deviceActivate", device, "");
    }
    let query = "{ dashboard { total position byStatus { status count } } }";
    let dashboard = world.ann.query(query, &json!({}))["dashboard"].take();
    let rows = dashboard["byStatus"].as_array().unwrap();
    let counts: BTreeMap<String, i64> =
        rows.iter().map(|row| (text(&row["status"]), row["count"].as_i64().unwrap())).collect();
    assert_eq!(counts.values().sum::<i64>(), dashboard["total"].as_i64().unwrap(), "{dashboard}");
    assert_eq!(dashboard["total"], 7);
    let list = "query($status: [LicenseStatus!], $asOf: AsOfInput) { licenses(first: 100, status: $status, \
        asOf: $asOf) { edges { node { id position } } } }";
    for (status, count) in &counts {
        let data = world.ann.query(list, &json!({ "status": [status] }));
        let edges = data["licenses"]["edges"].as_array().unwrap();
        assert_eq!(i64::try_from(edges.len()).unwrap(), *count, "{status}");
        for edge in edges {
            assert_eq!(edge["node"]["position"], dashboard["position"], "at the same position");
        }
    }
    assert_eq!(counts["ACTIVE"], 2);
    assert_eq!(counts["SUSPENDED"], 1);
    assert_eq!(counts["REVOKED"], 1);
    assert_eq!(counts["ASSIGNED"], 3);
}

#[test]
fn s2_39_a_license_goes_on_only_when_every_blocker_is_cleared() {
    let mut world = World::new();
    let l1 = world.l1.clone();
    let device = json!({ "licenseId": l1, "fingerprint": "laptop", "name": "Laptop" });
    world.ann.done("deviceActivate", device, "");
    let view = "status blockers { kind since }";
    for blocker in ["BILLING", "ABUSE"] {
        let set = json!({ "licenseId": l1, "blocker": blocker, "reason": "as told by mail" });
        world.vera.done("licenseSetBlocker", set, "");
    }
    assert_eq!(world.seen_by_ann(&l1, view)["blockers"].as_array().unwrap().len(), 2);
    world.vera.done("licenseClearBlocker", json!({ "licenseId": l1, "blocker": "BILLING" }), "");
    let one = world.seen_by_ann(&l1, view);
    assert_eq!(one["status"], "SUSPENDED", "one is left");
    assert_eq!(one["blockers"][0]["kind"], "ABUSE");
    world.vera.done("licenseClearBlocker", json!({ "licenseId": l1, "blocker": "ABUSE" }), "");
    assert_eq!(world.seen_by_ann(&l1, view)["status"], "ACTIVE");
}
