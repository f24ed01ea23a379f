//! Whoever has no key, guesses one, or asks for too much; and many who want the same slot at once.

use std::thread;

use serde_json::json;

use super::world::{OTHER, World, key};

#[test]
fn an_unknown_key_is_told_alike_whatever_it_is_and_guessing_waits() {
    let world = World::start();
    let guess = |key: &str| world.ask_by(key, "validate", &json!({}), &[]);
    let mut told = Vec::new();
    for typed in [key("7F3K9QXZ20ABCDEFGHJKMNPQRS"), "nothing like it".to_owned(), "0".repeat(300)]
    {
        let answer = guess(&typed);
        assert_eq!(answer.status, 404, "{}", answer.body);
        assert_eq!(answer.header("signature"), None);
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("requestId");
        told.push(body);
    }
    assert!(told.windows(2).all(|two| two[0] == two[1]), "{told:?}");
    let statuses: Vec<_> = (0..20).map(|_| guess("one more").status).collect();
    let waits = statuses.iter().position(|status| *status == 429).unwrap();
    assert_eq!(waits, 7, "ten wrong keys, then a wait: {statuses:?}");
    let right = guess(OTHER);
    assert_eq!(right.status, 429, "not even a right key is told apart: {}", right.body);
    assert!(right.header("retry-after").is_some());
}

#[test]
fn a_request_that_is_none_is_told_so() {
    let world = World::start();
    let none = world.exchange("POST", "/v1/license/validate", "{}", &[]);
    assert_eq!((none.status, none.header("www-authenticate")), (401, Some("License")));
    let bearer = [("Authorization", "Bearer ent_portal_x")];
    assert_eq!(world.exchange("POST", "/v1/license/validate", "{}", &bearer).status, 401);
    let get = world.exchange("GET", "/v1/license/validate", "", &[]);
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    assert_eq!(world.exchange("POST", "/v1/license/no-such", "{}", &[]).status, 404);
    let rows = [
        (json!({ "fingerprnt": "laptop" }), "BAD_USER_INPUT"),
        (json!({ "feature": "Not A Key" }), "BAD_USER_INPUT"),
        (json!({ "domain": "exa mple" }), "BAD_USER_INPUT"),
        (json!({ "quantity": -1 }), "BAD_USER_INPUT"),
        (json!({ "nonce": "n".repeat(129) }), "BAD_USER_INPUT"),
        (json!({ "atLeast": "no token" }), "TOKEN_MALFORMED"),
    ];
    for (ask, code) in rows {
        let answer = world.ask("validate", &ask);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some(code)), "{ask}");
        assert!(answer.header("signature").is_some(), "whoever has a key is told so signed");
    }
    let array = world.ask("deactivate", &json!(["laptop", "n1"]));
    assert_eq!(array.json()["code"], "BATCH_NOT_SUPPORTED", "{}", array.body);
    for field in ["fingerprint", "version", "choice"] {
        let long = json!({ field: "x".repeat(257) });
        assert_eq!(world.ask("validate", &long).json()["field"], field);
    }
    for ask in [json!({ "fingerprint": " " }), json!({ "fingerprint": "f".repeat(257) })] {
        assert_eq!(world.ask("activate", &ask).json()["field"], "fingerprint");
    }
    let nobody = json!({ "fingerprint": "f", "memberId": "mem_00000000000000000000000000" });
    assert_eq!(world.ask("activate", &nobody).json()["field"], "memberId");
    let replaced = json!({ "fingerprint": "f", "replace": "newest" });
    assert_eq!(world.ask("activate", &replaced).json()["field"], "replace");
}

#[test]
fn of_64_that_want_one_slot_at_once_exactly_one_gets_it() {
    let world = World::start();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let world = &world;
        let asking: Vec<_> = (0..64)
            .map(|n| {
                let ask = json!({ "fingerprint": format!("device {n}") });
                scope.spawn(move || world.ask_by(OTHER, "activate", &ask, &[]).status)
            })
            .collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(200), count(409)), (1, 63), "{statuses:?}");
}

#[test]
fn usage_is_paid_for_by_the_piece() {
    let world = World::start_with(&["--validation-rate", "2"]);
    let events: Vec<_> =
        (0..100).map(|n| super::world::used(&n.to_string(), "exports", 1)).collect();
    let batch = json!({ "events": events });
    let statuses = [(); 2].map(|()| world.ask("usage", &batch).status);
    assert_eq!(statuses, [200, 429], "a thousand questions at two a second are owed by now");
}

#[test]
fn one_license_that_asks_too_much_keeps_neither_another_nor_its_own_people_out() {
    let world = World::start_with(&["--validation-rate", "2"]);
    let ask = |key: &str| world.ask_by(key, "validate", &json!({}), &[]);
    let first = key(super::world::FIRST);
    let taken = (0..2_000).find(|_| ask(&first).status == 429);
    assert!(taken.is_some_and(|taken| taken > 20), "{taken:?}");
    assert_eq!(ask(OTHER).status, 200);
    let sees = world.console("{ viewer { staff { email } } }");
    assert!(sees["data"]["viewer"]["staff"]["email"].is_string(), "{sees}");
}
