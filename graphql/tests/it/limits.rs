//! What one request may cost, seen from outside.

use graphql::Limits;
use http::StatusCode;
use serde_json::{Value, json};

use crate::world::{World, post, send};

async fn refused(world: &World, query: &str) -> String {
    let body = json!({ "query": query }).to_string();
    let (status, answer) = send(&world.portal, post("ann", body)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer.get("data"), None);
    answer["errors"][0]["extensions"]["code"].as_str().expect("a code").to_owned()
}

#[tokio::test]
async fn what_costs_too_much_is_refused_before_it_runs() {
    let world = World::fixture().await;
    let before = world.facts().await;
    let lists =
        "{ licenses(first: 100) { nodes { seatHolders(first: 100) { nodes { memberId } } } } }";
    assert_eq!(refused(&world, lists).await, "TOO_COMPLEX");
    for first in ["0", "-1", "101"] {
        let query = format!("{{ licenses(first: {first}) {{ totalCount }} }}");
        assert_eq!(refused(&world, &query).await, "GRAPHQL_VALIDATION_FAILED", "{first}");
    }
    let aliased: String = (0..150).map(|n| format!("m{n}: seatAssign(input: {{commandId: \"c\", licenseId: \"l\", memberId: \"m\"}}) {{ replayed }} ")).collect();
    let code = refused(&world, &format!("mutation {{ {aliased} }}")).await;
    assert!(
        ["TOO_MANY_ALIASES", "TOO_MANY_ROOT_FIELDS", "TOO_MANY_TOKENS"].contains(&code.as_str()),
        "{code}"
    );
    let eleven = "{ ".to_owned() + &"__typename ".repeat(11) + "}";
    assert_eq!(refused(&world, &eleven).await, "TOO_MANY_ROOT_FIELDS");
    let activations = "mutation { a: deviceDeactivate(input: {commandId: \"c\", licenseId: \"l\", deviceId: \"d\"}) { replayed } \
        deviceActivate(input: {commandId: \"c\", licenseId: \"l\", fingerprint: \"f\", name: \"n\"}) { replayed } }";
    assert_eq!(refused(&world, activations).await, "MUST_BE_ALONE");
    assert_eq!(refused(&world, &"{a".repeat(5_000)).await, "TOO_DEEP");
    let directives = "{ __typename ".to_owned() + &"@skip(if: false) ".repeat(30) + "}";
    assert_eq!(refused(&world, &directives).await, "TOO_MANY_DIRECTIVES");
    assert_eq!(world.facts().await, before, "nothing was recorded");
}

#[tokio::test]
async fn the_schema_is_readable_only_where_it_is_allowed() {
    let world = World::fixture().await;
    let query = "{ __schema { queryType { name } } }";
    assert_eq!(refused(&world, query).await, "INTROSPECTION_DISABLED");
    let open = Limits::portal().with_introspection(true);
    let world = World::with_limits(open, Limits::console().with_introspection(true)).await;
    let answer = world.data(&world.console, "vera", query, json!({})).await;
    assert_eq!(answer["__schema"]["queryType"]["name"], "Query");
}
