//! Who comes in, and what everybody else hears.

use serde_json::json;

use crate::support::{EMAIL, Home, PASSWORD, Service, exchange, graphql, post};

#[test]
fn a_right_password_gives_a_token_of_this_side() {
    let home = Home::new();
    let service = Service::start(home.data());
    let answer = service.sign_in(&service.console, " Grace@Vendor.example ", PASSWORD);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("ent_console_"), "{token}");
    assert_eq!(answer.json()["audience"], json!("console"));
    let asked = graphql(&service.console, Some(&token), "{ __typename }");
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert!(asked.json()["data"].is_object(), "{}", asked.body);
}

#[test]
fn wrong_password_unknown_user_and_the_other_side_are_one_answer() {
    let home = Home::new();
    let service = Service::start(home.data());
    let wrong = service.sign_in(&service.console, EMAIL, "a wrong password, too");
    let unknown = service.sign_in(&service.console, "nobody@vendor.example", PASSWORD);
    let other_side = service.sign_in(&service.portal, EMAIL, PASSWORD);
    for answer in [&wrong, &unknown, &other_side] {
        assert_eq!(answer.status, 401);
        assert_eq!(answer.body, wrong.body);
        let names = |answer: &crate::support::Answer| -> Vec<String> {
            answer.headers.iter().map(|(name, _)| name.clone()).collect()
        };
        assert_eq!(names(answer), names(&wrong));
    }
    assert_eq!(wrong.code(), "SIGN_IN_REFUSED");
}

#[test]
fn a_password_is_taken_as_it_was_typed() {
    let home = Home::new();
    let service = Service::start(home.data());
    let sign_in = |password: &str| service.sign_in(&service.console, EMAIL, password).status;
    for other in [
        format!("{PASSWORD} "),
        format!(" {PASSWORD}"),
        PASSWORD.to_uppercase(),
        PASSWORD[..PASSWORD.len() - 1].to_owned(),
    ] {
        assert_eq!(sign_in(&other), 401, "{other:?}");
    }
    assert_eq!(sign_in(PASSWORD), 200);
}

#[test]
fn nothing_is_answered_without_a_token_of_the_side() {
    let home = Home::new();
    let service = Service::start(home.data());
    let console = service.console_token();
    let forged = console.replace("ent_console_", "ent_portal_");
    let query = "{ __typename }";
    for (address, token) in [
        (&service.console, None),
        (&service.portal, None),
        (&service.portal, Some(console.as_str())),
        (&service.portal, Some(forged.as_str())),
        (&service.console, Some("ent_console_nonsense")),
        (&service.console, Some("")),
    ] {
        let answer = graphql(address, token, query);
        assert_eq!(answer.status, 401, "{token:?}: {}", answer.body);
        assert!(answer.body.contains("UNAUTHENTICATED"), "{}", answer.body);
        assert!(answer.json().get("data").is_none_or(serde_json::Value::is_null));
    }
}

#[test]
fn no_header_says_who_one_is() {
    let home = Home::new();
    let service = Service::start(home.data());
    let body = json!({ "query": "{ __typename }" }).to_string();
    let length = body.len();
    let address = &service.console;
    for header in ["X-User: grace", "X-Forwarded-User: grace@vendor.example", "Cookie: token=x"] {
        let answer = exchange(
            address,
            &format!(
                "POST /graphql HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{header}\r\n\
                 Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            ),
        );
        assert_eq!(answer.status, 401, "{header}");
    }
}

#[test]
fn a_token_ends_with_sign_out_and_only_that_one() {
    let home = Home::new();
    let service = Service::start(home.data());
    let (one, two) = (service.console_token(), service.console_token());
    let out = post(&service.console, "/sign-out", Some(&one), &json!({}));
    assert_eq!(out.status, 204, "{}", out.body);
    assert_eq!(graphql(&service.console, Some(&one), "{ __typename }").status, 401);
    assert_eq!(graphql(&service.console, Some(&two), "{ __typename }").status, 200);
    assert_eq!(post(&service.console, "/sign-out", Some(&one), &json!({})).status, 401);
}

#[test]
fn a_token_outlives_a_restart_and_its_secret_is_nowhere_on_the_disk() {
    let home = Home::new();
    let service = Service::start(home.data());
    let token = service.console_token();
    service.kill();
    let service = Service::start(home.data());
    assert_eq!(graphql(&service.console, Some(&token), "{ __typename }").status, 200);
    assert_eq!(service.stop().0, 0);
    let secret = token.strip_prefix("ent_console_").unwrap();
    for needle in [secret, EMAIL, PASSWORD] {
        assert!(!contains(home.path("").as_path(), needle.as_bytes()), "{needle} is on the disk");
    }
}

#[test]
fn guessing_is_slowed_down_and_says_for_how_long() {
    let home = Home::new();
    let service = Service::start(home.data());
    let guesses: Vec<_> = (0..7)
        .map(|n| service.sign_in(&service.console, EMAIL, &format!("guess number {n} of many")))
        .collect();
    let throttled = guesses.iter().find(|answer| answer.status == 429);
    let throttled = throttled.expect("seven guesses at once are not all taken");
    assert_eq!(throttled.code(), "SIGN_IN_THROTTLED");
    assert!(throttled.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(guesses.iter().filter(|answer| answer.status == 401).count(), 5);
}

#[test]
fn what_is_no_sign_in_is_refused_by_kind() {
    let home = Home::new();
    let service = Service::start(home.data());
    let address = &service.console;
    let raw = |content_type: &str, body: &str| {
        let length = body.len();
        exchange(
            address,
            &format!(
                "POST /sign-in HTTP/1.1\r\nHost: {address}\r\nContent-Type: {content_type}\r\n\
                 Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            ),
        )
    };
    let good = json!({ "email": EMAIL, "password": PASSWORD }).to_string();
    assert_eq!(raw("text/plain", &good).code(), "JSON_ONLY");
    assert_eq!(raw("text/plain", &good).status, 415);
    assert_eq!(raw("application/json", "{").code(), "BODY_NOT_UNDERSTOOD");
    assert_eq!(raw("application/json", "[]").status, 400);
    let extra = json!({ "email": EMAIL, "password": PASSWORD, "role": "operator" }).to_string();
    assert_eq!(raw("application/json", &extra).status, 400);
    let large = json!({ "email": EMAIL, "password": "x".repeat(10_000) }).to_string();
    assert_eq!(raw("application/json", &large).status, 413);
    let got = crate::support::get(address, "/sign-out");
    assert_eq!((got.status, got.code().as_str()), (405, "METHOD_NOT_ALLOWED"));
}

fn contains(path: &std::path::Path, needle: &[u8]) -> bool {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).unwrap();
        return entries.into_iter().any(|entry| contains(&entry.unwrap().path(), needle));
    }
    let bytes = std::fs::read(path).unwrap();
    bytes.windows(needle.len()).any(|window| window == needle)
}
