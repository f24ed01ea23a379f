//! Shapes of requests: what is taken, what is turned away, and that what is turned away does
//! nothing.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::world::{World, command, post, send};

const TYPENAME: &str = r#"{"query":"{ __typename }"}"#;

fn code(answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).expect("JSON");
    assert_eq!(answer.get("data"), None, "nothing was executed: {answer}");
    let extensions = &answer["errors"][0]["extensions"];
    assert!(extensions["requestId"].as_str().is_some_and(|id| id.starts_with("req_")), "{answer}");
    extensions["code"].as_str().expect("a code").to_owned()
}

/// A request of ann's with this body, declared as this.
fn shaped(method: Method, uri: &str, kind: Option<&str>, body: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(uri).header("authorization", "Bearer ann");
    let request = match kind {
        Some(kind) => request.header("content-type", kind),
        None => request,
    };
    request.body(Body::from(body.to_owned())).expect("a request")
}

fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encode).collect()
}

#[tokio::test]
async fn the_unsafe_shapes_of_a_mutation_are_all_turned_away_and_do_nothing() {
    let world = World::fixture().await;
    let before = world.facts().await;
    let mutation = format!(
        "mutation {{ seatAssign(input: {{ commandId: \"{}\", licenseId: \"{}\", memberId: \"{}\" }}) \
         {{ replayed }} }}",
        command(),
        world.ids.license,
        world.ids.bob,
    );
    let body = json!({ "query": mutation }).to_string();
    let by_get = format!("/graphql?query={}", percent_encoded(&mutation));
    let form = format!("query={}", percent_encoded(&mutation));
    let multipart = format!(
        "--x\r\ncontent-disposition: form-data; name=\"operations\"\r\n\r\n{body}\r\n--x--\r\n"
    );
    let batch = format!("[{}]", vec![body.as_str(); 200].join(","));
    let json_type = Some("application/json");
    let form_type = Some("application/x-www-form-urlencoded");
    let multipart_type = Some("multipart/form-data; boundary=x");
    for (request, status, refused) in [
        (shaped(Method::GET, &by_get, None, ""), 405, "METHOD_NOT_ALLOWED"),
        (shaped(Method::PUT, "/graphql", json_type, &body), 405, "METHOD_NOT_ALLOWED"),
        (
            shaped(Method::POST, "/graphql", Some("text/plain"), &body),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (shaped(Method::POST, "/graphql", form_type, &form), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (
            shaped(Method::POST, "/graphql", multipart_type, &multipart),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (shaped(Method::POST, "/graphql", None, &body), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (shaped(Method::POST, "/graphql", json_type, &batch), 400, "BATCH_NOT_SUPPORTED"),
    ] {
        let (found, answer) = send(&world.portal, request).await;
        assert_eq!((found.as_u16(), code(&answer).as_str()), (status, refused), "{answer}");
    }
    assert_eq!(world.facts().await, before, "nothing was recorded");
}

#[tokio::test]
async fn nobody_is_answered_without_a_token_of_this_door() {
    let world = World::fixture().await;
    for (door, bearer) in [
        (&world.portal, None),
        (&world.portal, Some("Bearer nobody")),
        (&world.portal, Some("Bearer vera")),
        (&world.console, Some("Bearer ann")),
        (&world.console, Some("Basic vera")),
        (&world.console, None),
    ] {
        let request = Request::post("/graphql").header("content-type", "application/json");
        let request = match bearer {
            Some(bearer) => request.header("authorization", bearer),
            None => request,
        };
        let request = request.body(Body::from(TYPENAME)).expect("a request");
        let answer = door.clone().oneshot(request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{bearer:?}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        assert_eq!(code(&String::from_utf8_lossy(&body)), "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn a_long_body_is_not_read_whether_it_is_announced_or_not() {
    let world = World::empty().await;
    let long = format!("{{\"query\":\"{}\"}}", "x".repeat(70_000));
    let (status, answer) = send(&world.console, post("vera", long.clone())).await;
    assert_eq!((status, code(&answer).as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE"));
    let chunks = long
        .into_bytes()
        .chunks(1_000)
        .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
        .collect::<Vec<_>>();
    let stream = Body::from_stream(futures_util::stream::iter(chunks));
    let (status, answer) = send(&world.console, post("vera", stream)).await;
    assert_eq!((status, code(&answer).as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE"));
}

#[tokio::test]
async fn garbage_is_answered_with_a_code_and_nothing_of_our_insides() {
    let world = World::empty().await;
    for (body, refused) in [
        ("{ \"not a JSON", "MALFORMED_JSON"),
        ("\"text\"", "BAD_REQUEST"),
        ("{}", "BAD_REQUEST"),
        (r#"{"query": 7}"#, "BAD_REQUEST"),
        (r#"{"query": "{__typename}", "variables": [1]}"#, "BAD_REQUEST"),
        (r#"{"query": "{__typename}", "extensions": "x"}"#, "BAD_REQUEST"),
        (r#"{"query": "{__typename}", "operationName": {}}"#, "BAD_REQUEST"),
        (r#"{"query": "{"}"#, "GRAPHQL_PARSE_FAILED"),
        (r#"{"query": "{ vewer { role } }"}"#, "GRAPHQL_VALIDATION_FAILED"),
        (
            r#"{"query": "query A { __typename }", "operationName": "B"}"#,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (r#"{"query": "subscription { accountChanged { fact } }"}"#, "WRONG_TRANSPORT"),
    ] {
        let (status, answer) = send(&world.console, post("vera", body)).await;
        assert_eq!(
            (status, code(&answer).as_str()),
            (StatusCode::BAD_REQUEST, refused),
            "{body}: {answer}"
        );
        for inside in ["::", "Error(", "Did you mean", "viewer", ".rs", " --> "] {
            assert!(!answer.contains(inside), "`{inside}` in {answer}");
        }
    }
}

#[tokio::test]
async fn a_query_by_get_is_answered_in_the_media_type_that_is_liked_best() {
    let world = World::empty().await;
    for (accept, status, kind) in [
        (None, StatusCode::OK, "application/json; charset=utf-8"),
        (Some("*/*"), StatusCode::OK, "application/json; charset=utf-8"),
        (
            Some("application/graphql-response+json"),
            StatusCode::OK,
            "application/graphql-response+json; charset=utf-8",
        ),
        (Some("text/html"), StatusCode::NOT_ACCEPTABLE, "application/json; charset=utf-8"),
    ] {
        let request = Request::get("/graphql?query=%7B__typename%7D&variables=&operationName=");
        let request = request.header("authorization", "Bearer vera");
        let request = match accept {
            Some(accept) => request.header("accept", accept),
            None => request,
        };
        let answer = world.console.clone().oneshot(request.body(Body::empty()).expect("a request"));
        let answer = answer.await.expect("an answer");
        assert_eq!(
            (answer.status(), answer.headers()["content-type"].to_str().expect("text")),
            (status, kind)
        );
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert!(answer.headers().contains_key("x-request-id"));
    }
}

#[tokio::test]
async fn a_request_from_another_sites_page_is_turned_away() {
    let world = World::empty().await;
    let mut request = post("vera", TYPENAME);
    request.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a header"));
    let (status, answer) = send(&world.console, request).await;
    assert_eq!((status, code(&answer).as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN"));
}

#[tokio::test]
async fn a_document_asked_twice_is_answered_alike() {
    let world = World::fixture().await;
    let query = "query Q($first: Int) { licenses(first: $first) { totalCount nodes { id } } }";
    let ask = |first: i32| world.ask(&world.portal, "ann", query, json!({ "first": first }));
    let one = ask(1).await;
    assert_eq!(one, ask(1).await);
    let refused = ask(101).await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED",
        "{refused}"
    );
    assert!(
        refused["errors"][0]["message"].as_str().is_some_and(|text| text.contains("1 to 100")),
        "{refused}"
    );
    assert_eq!(one, ask(1).await);
}
