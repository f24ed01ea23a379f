//! Bad input: every refusal is typed, says what happened, and leaves nothing behind.

use replay_tests::http::Answer;
use serde_json::{Value, json};

use crate::stage::Side;
use crate::world::World;

/// The code of a refusal, which must be whole.
fn code(answer: &Answer) -> String {
    let body = answer.json();
    let error = &body["errors"][0];
    assert!(!error["message"].as_str().unwrap_or_default().is_empty(), "{body}");
    assert!(error["extensions"]["requestId"].is_string(), "the refusal can be found again: {body}");
    assert!(body.get("data").is_none() || body["data"].is_null(), "{body}");
    for inside in ["::", "Error(", "/work", ".rs", "panicked", "thread '"] {
        assert!(!body.to_string().contains(inside), "our insides: {body}");
    }
    error["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no code in {body}")).to_owned()
}

/// The answer to a body, for a client that takes GraphQL's own media type: then the status tells how it went.
fn send(world: &World, body: &str) -> Answer {
    let mut door = world.take_door("ann");
    let headers =
        [("content-type", "application/json"), ("accept", "application/graphql-response+json")];
    let answer = door.send("POST", "/graphql", &headers, body.as_bytes()).unwrap();
    world.scan("ann", body, &answer.text());
    answer
}

/// A body that holds this document.
fn query(document: &str) -> String {
    format!("{{\"query\":\"{document}\"}}")
}

/// Bodies, and the status and code that each is refused with.
fn bodies() -> Vec<(String, u16, &'static str)> {
    let deep =
        format!("account {{ {}id{} }}", "subAccounts { nodes { ".repeat(5), " } }".repeat(5));
    let many = (0..40).map(|n| format!("a{n}: position ")).collect::<String>();
    let wide = (0..200).map(|_| "__typename ").collect::<String>();
    vec![
        (query("{ viewer { "), 400, "GRAPHQL_PARSE_FAILED"),
        (query("{ viewr { position } }"), 400, "GRAPHQL_VALIDATION_FAILED"),
        (query("{ license { id } }"), 400, "GRAPHQL_VALIDATION_FAILED"),
        (query(&format!("{{ {deep} }}")), 400, "TOO_DEEP"),
        (query(&format!("{{ viewer {{ {many} }} }}")), 400, "TOO_MANY_ALIASES"),
        (query(&format!("{{ {wide} }}")), 400, "TOO_MANY_ROOT_FIELDS"),
        (query(&"x ".repeat(3_000)), 400, "TOO_MANY_TOKENS"),
        (
            query("{ licenses(first: 100) { nodes { devices(first: 100) { nodes { id } } } } }"),
            400,
            "TOO_COMPLEX",
        ),
        (query("subscription { accountChanged { fact } }"), 400, "WRONG_TRANSPORT"),
        ("{\"query\": ".to_owned(), 400, "MALFORMED_JSON"),
        ("not json".to_owned(), 400, "MALFORMED_JSON"),
        (format!("[{}]", query("{ __typename }")), 400, "BATCH_NOT_SUPPORTED"),
        ("{}".to_owned(), 400, "BAD_REQUEST"),
        ("{\"query\": 7}".to_owned(), 400, "BAD_REQUEST"),
        (
            format!(
                "{{\"query\":\"{{ __typename }}\",\"variables\":{{\"x\":\"{}\"}}}}",
                "y".repeat(70_000)
            ),
            413,
            "BODY_TOO_LARGE",
        ),
    ]
}

#[test]
fn bad_documents_and_bodies_are_refused_by_code_and_record_nothing() {
    let world = World::new();
    let mutation = format!(
        "mutation {{ seatAssign(input: {{ commandId: \\\"{}\\\", licenseId: \\\"{}\\\", memberId: \\\"{}\\\" }}) {{ replayed }} }}",
        world.command_id(),
        world.l1,
        world.bob
    );
    world.token("ann");
    let before = world.position();
    for (body, status, wanted) in bodies() {
        let answer = send(&world, &body);
        let head: String = body.chars().take(80).collect();
        assert_eq!((answer.status, code(&answer).as_str()), (status, wanted), "{head}");
    }
    let mut door = world.nobody(Side::Portal).with_token(&world.token("ann"));
    let answer = door
        .send(
            "POST",
            "/graphql",
            &[("content-type", "text/plain")],
            query("{ __typename }").as_bytes(),
        )
        .unwrap();
    assert_eq!((answer.status, code(&answer).as_str()), (415, "UNSUPPORTED_MEDIA_TYPE"));
    let path = format!(
        "/graphql?query={}",
        mutation.replace("\\\"", "%22").replace(' ', "%20").replace('{', "%7B").replace('}', "%7D")
    );
    let answer = door.get(&path).unwrap();
    assert_eq!(
        (answer.status, code(&answer).as_str()),
        (405, "METHOD_NOT_ALLOWED"),
        "a mutation by GET"
    );
    let answer = door.send("DELETE", "/graphql", &[], b"").unwrap();
    assert_eq!(answer.status, 405);
    let answer = world
        .nobody(Side::Portal)
        .send(
            "POST",
            "/graphql",
            &[("content-type", "application/json")],
            query(&mutation).as_bytes(),
        )
        .unwrap();
    assert_eq!((answer.status, code(&answer).as_str()), (401, "UNAUTHENTICATED"));
    assert_eq!(world.position(), before, "nothing is left behind");
    assert_eq!(world.post("ann", &query("{ __typename }")).status, 200, "and the door still opens");
}

#[test]
fn arguments_that_cannot_be_are_refused_in_words() {
    let world = World::new();
    for (document, variables) in [
        ("query($id: ID!) { license(id: $id) { id } }", json!({ "id": "lic_short" })),
        ("query($id: ID!) { license(id: $id) { id } }", json!({ "id": world.acme })),
        ("query($id: ID!) { license(id: $id) { id } }", json!({ "id": "' OR 1=1 --" })),
        ("{ licenses(first: 0) { totalCount } }", json!({})),
        ("{ licenses(first: 101) { totalCount } }", json!({})),
        ("{ licenses(first: -1) { totalCount } }", json!({})),
        ("{ licenses(after: \"zz\") { totalCount } }", json!({})),
        ("{ licenses(atLeast: \"zz\") { totalCount } }", json!({})),
        ("{ dashboard(asOf: { at: \"yesterday\" }) { total } }", json!({})),
        ("{ dashboard(asOf: { position: \"99999999\" }) { total } }", json!({})),
        (
            "{ dashboard(asOf: { position: \"1\", knownAt: \"2026-08-01T00:00:00Z\" }) { total } }",
            json!({}),
        ),
        (
            "query($id: ID!) { check(input: { licenseId: $id, quantity: \"-4\" }) { allowed } }",
            json!({ "id": world.l1 }),
        ),
        (
            "query($id: ID!) { check(input: { licenseId: $id, feature: \"No Such!\" }) { allowed } }",
            json!({ "id": world.l1 }),
        ),
    ] {
        let answer = world.answer("ann", document, &variables);
        let error = &answer["errors"][0];
        let said = error["message"].as_str().unwrap_or_else(|| panic!("{document}: {answer}"));
        let code = error["extensions"]["code"].as_str().unwrap_or_default();
        assert!(
            !said.is_empty() && !code.is_empty() && code != "INTERNAL",
            "{document} {variables}: {answer}"
        );
    }
    let forged = "at1-00000000-0000-0000-0000-000000000000-7-00";
    let code = world.error(
        "ann",
        "query($t: String) { licenses(atLeast: $t) { totalCount } }",
        json!({ "t": forged }),
    );
    assert!(code.starts_with("TOKEN_"), "{code}");
}

/// Somebody's mistake: who, which mutation, its input, and the code it is refused with.
type Mistake = (&'static str, &'static str, Value, &'static str);

fn mistakes(world: &World) -> Vec<Mistake> {
    vec![
        (
            "vera",
            "memberAdd",
            json!({ "accountId": world.acme, "name": "X", "email": "no-mail", "role": "MEMBER" }),
            "BAD_USER_INPUT",
        ),
        (
            "vera",
            "memberAdd",
            json!({ "accountId": world.acme, "name": "X", "email": "ann@acme-wombat.example", "role": "MEMBER" }),
            "EMAIL_TAKEN",
        ),
        (
            "vera",
            "memberAdd",
            json!({ "accountId": "acc_00000000000000000000000007", "name": "X", "email": "x@y.example", "role": "MEMBER" }),
            "NOT_FOUND",
        ),
        (
            "vera",
            "licenseIssue",
            json!({ "accountId": world.acme, "productId": world.orbit, "source": "nothing" }),
            "NOT_FOUND",
        ),
        (
            "vera",
            "licenseIssue",
            json!({ "accountId": world.acme, "productId": world.orbit, "source": "starter", "effectiveAt": "2030-01-01T00:00:00Z" }),
            "EFFECTIVE_IN_FUTURE",
        ),
        (
            "vera",
            "licenseRevoke",
            json!({ "licenseId": world.l1, "reason": "r", "effectiveAt": "2030-01-01T00:00:00Z" }),
            "EFFECTIVE_IN_FUTURE",
        ),
        (
            "vera",
            "licenseRevoke",
            json!({ "licenseId": world.l1, "reason": "r", "effectiveAt": "2020-01-01T00:00:00Z" }),
            "EFFECTIVE_OUT_OF_ORDER",
        ),
        (
            "vera",
            "usageRecord",
            json!({ "licenseId": world.l1, "feature": "nothing", "quantity": "1" }),
            "NOT_FOUND",
        ),
        ("vera", "productPublish", json!({ "code": "Not A Code", "name": "X" }), "BAD_USER_INPUT"),
        (
            "ann",
            "domainActivate",
            json!({ "licenseId": world.l1, "domain": "not a domain" }),
            "BAD_USER_INPUT",
        ),
        (
            "ann",
            "deviceActivate",
            json!({ "licenseId": world.l1, "fingerprint": " ", "name": "n" }),
            "BAD_USER_INPUT",
        ),
        (
            "ann",
            "deviceDeactivate",
            json!({ "licenseId": world.l1, "deviceId": "act_00000000000000000000000007" }),
            "NOT_FOUND",
        ),
    ]
}

#[test]
fn mutations_refuse_what_cannot_be_with_a_field_and_advice() {
    let world = World::new();
    for (who, mutation, input, wanted) in mistakes(&world) {
        let trail =
            |world: &World| world.license("vera", &world.l1, "factCount")["factCount"].clone();
        let before = trail(&world);
        let refused = world.refused(who, mutation, input.clone());
        assert_eq!(refused["code"], wanted, "{mutation} {input}: {refused}");
        assert_eq!(trail(&world), before);
    }
    let taken = world.ask(
        "vera",
        "query($id: ID!) { account(id: $id) { members(first: 50) { totalCount } } }",
        json!({ "id": world.acme }),
    );
    assert_eq!(taken["account"]["members"]["totalCount"], 2, "ann and bob, and nobody half there");
    assert_eq!(world.ask("ann", "{ __typename }", Value::Null)["__typename"], "Query");
}

#[test]
fn an_unsigned_request_gets_no_answer_at_any_address() {
    let world = World::new();
    for side in [Side::Portal, Side::Console] {
        let mut door = world.nobody(side);
        for query in
            ["{ __typename }", "{ __schema { types { name } } }", "{ viewer { expiresAt } }"]
        {
            let answer = door.graphql(query, &json!({})).unwrap();
            assert_eq!(
                (answer.status, code(&answer).as_str()),
                (401, "UNAUTHENTICATED"),
                "{side:?} {query}"
            );
        }
    }
}
