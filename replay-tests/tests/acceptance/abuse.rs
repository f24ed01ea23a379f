//! What people do to a ledger who want more than is theirs, by the numbers of the threat model. Those whose ground is
//! not there yet (resellers, approvals, webhooks, federation) come with it; docs/security.md says where each is
//! tried.

use std::sync::Barrier;

use serde_json::{Value, json};

use crate::client::{document, list};
use crate::isolation::{deeds, world_of_two};
use crate::stage::{Side, text};
use crate::world::{L1_KEY, World, device};

fn seat(license: &str, member: &str) -> Value {
    json!({ "licenseId": license, "memberId": member })
}

/// The status and the code of what somebody without a name is answered.
fn refused(door: &mut replay_tests::http::Door, headers: &[(&str, &str)]) -> (u16, String) {
    let headers = [&[("content-type", "application/json")], headers].concat();
    let body = json!({ "query": "{ __typename }" }).to_string();
    let answer = door.send("POST", "/graphql", &headers, body.as_bytes()).unwrap();
    let code = answer.json()["errors"][0]["extensions"]["code"].clone();
    (answer.status, code.as_str().unwrap_or_default().to_owned())
}

#[test]
fn abuse_02_of_64_devices_at_the_same_instant_as_many_get_in_as_there_are_slots() {
    let world = World::new();
    let granted = world.license("ann", &world.l1, "deviceSlots { granted { limit } }");
    let granted: usize = text(&granted["deviceSlots"]["granted"]["limit"]).parse().unwrap();
    world.token("ann");
    let ready = Barrier::new(64);
    let (world, ready) = (&world, &ready);
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..64)
            .map(|number| {
                let mut input = device(&world.l1, &format!("machine-{number}"));
                input["commandId"] = world.command_id().into();
                scope.spawn(move || {
                    ready.wait();
                    world.once("ann", "deviceActivate", &input, "device { id }")
                })
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let (won, lost): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|payload| payload["userErrors"] == json!([]));
    assert_eq!((won.len(), lost.len()), (granted, 64 - granted));
    for payload in lost {
        assert_eq!(payload["userErrors"][0]["code"], "TOO_MANY_DEVICES", "{payload}");
    }
    let used = world.license("ann", &world.l1, "deviceSlots { used }");
    assert_eq!(used["deviceSlots"]["used"], granted.to_string());
}

#[test]
fn abuse_03_a_sub_account_reads_and_changes_nothing_beside_or_above_it_by_guessed_ids() {
    let world = World::new();
    world.member("acme-eu", "eve", "Eve Lynx", "ORG_ADMIN");
    let theirs = world.issue("globex", "starter", json!({}));
    let unknown = "lic_00000000000000000000000001";
    let read = |id: &str| {
        let document = "query($id: ID!) { license(id: $id) { id } node(id: $id) { id } }";
        world.answer("eve", document, &json!({ "id": id })).to_string()
    };
    for foreign in [&world.l1, &theirs] {
        assert_eq!(read(foreign), read(unknown), "above and beside are as unknown");
        assert_eq!(world.refused_code("eve", "seatAssign", seat(foreign, &world.bob)), "NOT_FOUND");
    }
    let account = "query($id: ID!) { account(id: $id) { id } }";
    let above = world.ask("eve", account, json!({ "id": world.acme }));
    assert_eq!(above["account"], Value::Null);
    let own = world.ask("eve", account, json!({ "id": world.acme_eu }));
    assert_eq!(own["account"]["id"], json!(world.acme_eu));
}

#[test]
fn abuse_06_a_demoted_admin_is_one_no_more_with_the_token_of_before() {
    let world = World::new();
    let amy = world.member("acme", "amy", "Amy Wombat", "ORG_ADMIN");
    let token = world.token("amy");
    world.done("amy", "seatAssign", seat(&world.l1, &world.bob), "license { id }");
    let demote = json!({ "memberId": amy, "role": "MEMBER" });
    world.done("ann", "memberChangeRole", demote, "member { role }");
    assert_eq!(world.token("amy"), token, "the same session");
    let take = seat(&world.l1, &world.bob);
    assert_eq!(world.refused_code("amy", "seatUnassign", take), "FORBIDDEN");
    world.done("ann", "memberSuspend", json!({ "memberId": amy }), "member { id }");
    let mut door = world.nobody(Side::Portal).with_token(&token);
    assert_eq!(refused(&mut door, &[]), (401, "UNAUTHENTICATED".to_owned()));
}

#[test]
fn abuse_09_an_auditor_changes_nothing_by_any_mutation() {
    let (world, names) = world_of_two();
    world.member("acme", "odo", "Odo Wombat", "AUDITOR");
    for (mutation, input) in deeds(&names) {
        if mutation == "sessionEnd" {
            continue; // Everybody ends the own sessions; the one that is named here is another person's.
        }
        let refused = world.refused("odo", mutation, input);
        assert_eq!(refused["code"], "FORBIDDEN", "{mutation}: {refused}");
    }
    let license = world.license("ann", &world.l1, "seats { assigned } deviceSlots { used }");
    assert_eq!(license["seats"]["assigned"], "1");
    assert_eq!(license["deviceSlots"]["used"], "1");
}

#[test]
fn abuse_10_a_session_of_the_portal_is_worth_nothing_at_the_console_in_whatever_it_is_wrapped() {
    let world = World::new();
    let token = world.token("ann");
    let wanted = (401, "UNAUTHENTICATED".to_owned());
    let swapped = token.replacen("portal", "console", 1);
    for token in [&token, &swapped] {
        let mut door = world.nobody(Side::Console).with_token(token);
        assert_eq!(refused(&mut door, &[]), wanted);
        for cookie in ["deedbook_console", "deedbook_portal", "__Host-deedbook_console"] {
            let cookie = format!("{cookie}={token}");
            let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
            assert_eq!(refused(&mut world.nobody(Side::Console), &headers), wanted, "{cookie}");
        }
    }
}

#[test]
fn abuse_11_keys_are_not_tried_by_the_hundred_and_a_foreign_one_is_as_a_wrong_one() {
    let world = World::new();
    let before = world.position();
    let aliased: String = (0..150)
        .map(|number| format!("a{number}: licenses(text: \"ORBT-{number:04}\") {{ totalCount }} "))
        .collect();
    let code = world.error("gil", &format!("{{ {aliased} }}"), json!({}));
    assert!(code.starts_with("TOO_MANY"), "{code}");
    assert_eq!(world.position(), before);
    let found = |who: &str, key: &str| {
        let document = "query($key: String!) { licenses(text: $key) { totalCount nodes { id } } }";
        world.ask(who, document, json!({ "key": key }))
    };
    assert_eq!(list(&found("ann", L1_KEY)["licenses"]["nodes"]).len(), 1);
    assert_eq!(found("gil", L1_KEY), found("gil", "ORBT-0000-0000-0000"));
    let reveals: String = (0..2)
        .map(|number| {
            let input = json!({ "licenseId": world.l1, "commandId": world.command_id() });
            let fields =
                ["licenseId", "commandId"].map(|field| format!("{field}: {}", input[field]));
            format!("r{number}: licenseRevealKey(input: {{ {} }}) {{ key }} ", fields.join(", "))
        })
        .collect();
    let code = world.error("ann", &format!("mutation {{ {reveals} }}"), json!({}));
    assert_eq!(code, "MUST_BE_ALONE", "one look at a key is one request");
    assert_eq!(world.position(), before, "{}", document("licenseRevealKey", ""));
}
