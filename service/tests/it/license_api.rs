//! The license API, as software in the field uses it: the real binary, a license key, and nothing else.

mod abuse;
mod usage;
mod world;

use ledger::proof::licensing::{AnswerError, PublicKey, SignedAnswer, content_digest};
use serde_json::{Value, json};

use self::world::{OTHER, World, key};
use crate::support::{Answer, printed, run};

/// The answer, whose signature was checked with a key that the service publishes.
fn believed(world: &World, answer: &Answer) -> Value {
    let keys = world.get("/v1/keys").json()["keys"].as_array().unwrap().clone();
    let input = answer.header("signature-input").unwrap().to_owned();
    let id = input.split("keyid=\"").nth(1).unwrap().split('"').next().unwrap();
    let known = keys.iter().find(|key| key["kid"] == id).unwrap();
    let public = PublicKey::from_x(known["x"].as_str().unwrap()).unwrap();
    let signed = SignedAnswer {
        content_digest: answer.header("content-digest").unwrap().to_owned(),
        input,
        signature: answer.header("signature").unwrap().to_owned(),
    };
    let checked = public.verify(answer.status, answer.body.as_bytes(), &signed);
    assert_eq!(checked, Ok(()), "{}", answer.body);
    let forged = answer.body.replacen('{', "{\"allowed\":true,", 1);
    let checked = public.verify(answer.status, forged.as_bytes(), &signed);
    assert_eq!(checked, Err(AnswerError::Body), "an answer that somebody altered");
    answer.json()
}

#[test]
fn software_binds_its_device_asks_and_frees_it() {
    let world = World::start();
    let activate = |fingerprint: &str, more: Value| {
        let mut ask = json!({ "fingerprint": fingerprint, "nonce": format!("n-{fingerprint}") });
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.ask("activate", &ask)
    };
    let first = believed(&world, &activate("laptop", json!({ "name": "Ann's laptop" })));
    assert_eq!(first["allowed"], true, "{first}");
    assert_eq!(first["nonce"], "n-laptop");
    assert_eq!(first["operation"], "activate");
    let asked = json!({ "fingerprint": "laptop", "name": "Ann's laptop", "nonce": "n-laptop" });
    let digest = content_digest(asked.to_string().as_bytes());
    assert_eq!(first["requestDigest"], digest, "nobody altered the question on its way");
    assert_eq!(first["product"], "orbit");
    assert_eq!(first["fingerprint"], "laptop");
    assert!(first["at"].as_str().unwrap() < first["notAfter"].as_str().unwrap(), "{first}");
    assert_eq!(first["soldAs"]["version"], 1);
    let calls = first["entitlements"].as_array().unwrap().iter();
    let calls = calls.filter(|row| row["feature"] == "api_calls").collect::<Vec<_>>();
    assert_eq!(calls[0]["limit"], "100", "{first}");

    let again = believed(&world, &activate("laptop", json!({})));
    assert_eq!(again["deviceId"], first["deviceId"], "a bound device keeps its binding");
    let second = believed(&world, &activate("tower", json!({})));
    let third = activate("tablet", json!({}));
    assert_eq!(third.status, 409, "{}", third.body);
    let third = believed(&world, &third);
    assert_eq!(third["code"], "TOO_MANY_DEVICES", "{third}");
    assert!(third["advice"].as_str().unwrap().contains("device"), "{third}");
    assert_eq!(third["nonce"], "n-tablet", "a refusal is bound to its request as well");

    let third = believed(&world, &activate("tablet", json!({ "replace": "oldest" })));
    assert_eq!(third["gaveWay"], json!([first["deviceId"]]), "{third}");
    let gone = believed(&world, &world.ask("validate", &json!({ "fingerprint": "laptop" })));
    assert_eq!(gone["allowed"], false);
    assert_eq!(gone["code"], "FINGERPRINT_MISMATCH", "{gone}");
    assert_eq!(gone["failing"][0]["fix"]["code"], "ACTIVATE", "{gone}");
    let named = json!({ "replace": second["deviceId"] });
    let back = believed(&world, &activate("laptop", named));
    assert_eq!(back["gaveWay"], json!([second["deviceId"]]), "{back}");
    let alone = believed(&world, &activate("tower", json!({ "replace": "all" })));
    assert_eq!(alone["gaveWay"].as_array().unwrap().len(), 2, "{alone}");

    let freed = believed(&world, &world.ask("deactivate", &json!({ "fingerprint": "tower" })));
    assert_eq!(freed["freed"], alone["deviceId"]);
    let nobody = world.ask("deactivate", &json!({ "fingerprint": "never seen" }));
    assert_eq!(believed(&world, &nobody)["code"], "ACTIVATION_NOT_FOUND", "{}", nobody.body);
    let silent = believed(&world, &world.ask("heartbeat", &json!({ "fingerprint": "tower" })));
    assert_eq!(silent["code"], "NO_ACTIVATION", "{silent}");
}

#[test]
fn what_software_did_stands_in_the_history_with_its_right() {
    let world = World::start();
    world.ask("activate", &json!({ "fingerprint": "laptop" }));
    let beat = world.ask("heartbeat", &json!({ "fingerprint": "laptop", "version": "2.4.0" }));
    assert_eq!(beat.json()["allowed"], true, "{}", beat.body);
    let usage = json!({ "events": [{ "id": "1", "feature": "api_calls", "quantity": 3 }] });
    assert_eq!(world.ask("usage", &usage).json()["results"][0]["counted"], true);
    let history = world.console(
        "{ licenses(first: 5, text: \"L-1\") { nodes { history(first: 20) { nodes { fact actor { kind name } } } } } }",
    );
    let told = history["data"]["licenses"]["nodes"][0]["history"]["nodes"].as_array().unwrap();
    let by_software = told.iter().filter(|one| one["actor"]["kind"] == "SOFTWARE");
    assert_eq!(by_software.count(), 4, "bound, seen, opened, counted: {history}");
    let home = world.stop();
    let replayed = printed(&run(&["replay", "--data", home.data(), "--json"]));
    assert_eq!(replayed["rights"]["differing"], 0, "{replayed}");
}

#[test]
fn a_retry_with_the_name_of_its_intent_gets_the_outcome_that_it_had() {
    let world = World::start();
    let named = [("Idempotency-Key", "\"8e03978e\"")];
    let ask = json!({ "fingerprint": "laptop", "nonce": "one" });
    let first = world.ask_with("activate", &ask, &named);
    assert_eq!(first.status, 200, "{}", first.body);
    world.ask("deactivate", &json!({ "fingerprint": "laptop" }));
    let again = world.ask_with("activate", &json!({ "fingerprint": "laptop" }), &named);
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(again.json()["code"], "NO_ACTIVATION", "it is not bound again: {}", again.body);
    let freed = [("Idempotency-Key", "gone")];
    let ended = world.ask("activate", &json!({ "fingerprint": "laptop" })).json();
    let ask = json!({ "fingerprint": "laptop" });
    let first = world.ask_with("deactivate", &ask, &freed).json();
    assert_eq!(first["freed"], ended["deviceId"]);
    world.ask("activate", &ask);
    let again = world.ask_with("deactivate", &ask, &freed).json();
    assert_eq!(again["freed"], first["freed"], "not the one that was bound since");
    assert_eq!(world.ask("validate", &ask).json()["allowed"], true);
    let other = json!({ "fingerprint": "laptop", "version": "2.4.0" });
    assert_eq!(world.ask_with("activate", &other, &named).status, 422);
    let other = world.ask_with("activate", &json!({ "fingerprint": "tower" }), &named);
    assert_eq!(other.status, 422, "{}", other.body);
    assert_eq!(believed(&world, &other)["code"], "IDEMPOTENCY_MISMATCH");
}

#[test]
fn answers_are_checked_with_the_key_before_for_a_while_after_a_change() {
    let world = World::start();
    let before = world.get("/v1/keys").json();
    let home = world.stop();
    let rotated = printed(&run(&["keys", "rotate", "licensing", "--data", home.data(), "--json"]));
    assert_eq!(rotated["before"], before["keys"][0]["kid"]);
    assert_eq!(rotated["now"], before["keys"][1]["kid"], "who looked before knows it already");
    let world = World::on(home);
    let after = world.get("/v1/keys").json();
    assert_eq!(after["keys"][0]["kid"], rotated["now"]);
    assert_eq!(after["keys"][2], before["keys"][0]);
    believed(&world, &world.ask("validate", &json!({})));
}

#[test]
fn another_license_is_another_world() {
    let world = World::start();
    world.ask("activate", &json!({ "fingerprint": "laptop" }));
    let other = world.ask_by(OTHER, "validate", &json!({ "fingerprint": "laptop" }), &[]);
    assert_eq!(other.json()["code"], "NO_ACTIVATION", "{}", other.body);
    let mine = world.ask("activate", &json!({ "fingerprint": "laptop" })).json();
    let ask = json!({ "fingerprint": "tower", "replace": mine["deviceId"] });
    let theirs = world.ask_by(OTHER, "activate", &ask, &[]);
    assert_eq!(theirs.json()["code"], "ACTIVATION_NOT_FOUND", "{}", theirs.body);
    assert_eq!(world.ask("validate", &json!({ "fingerprint": "laptop" })).json()["allowed"], true);
}

#[test]
fn however_a_key_is_typed_it_is_the_same_license() {
    let world = World::start();
    let key = key(world::FIRST);
    for typed in
        [key.to_lowercase(), key.replace('-', ""), key.replace('-', " "), key.replace('0', "o")]
    {
        let answer = world.ask_by(&typed, "validate", &json!({}), &[]);
        assert_eq!(answer.status, 200, "{typed}: {}", answer.body);
    }
    let by_header = world.exchange("POST", "/v1/license/validate", "{}", &[("X-API-Key", &key)]);
    assert_eq!(by_header.status, 200, "{}", by_header.body);
}

#[test]
fn the_description_that_is_served_is_the_one_that_is_published() {
    let world = World::start();
    let served =
        serde_json::to_string_pretty(&world.get("/v1/openapi.json").json()).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/openapi/license-api.json");
    if std::env::var_os("UPDATE_SDL").is_some() {
        std::fs::write(path, &served).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(published, served, "`UPDATE_SDL=1 cargo nextest run` writes it anew");
}
