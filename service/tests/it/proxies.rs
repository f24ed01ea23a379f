//! Proxies: what a request says about who is behind it counts from those that are trusted, and from nobody else.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::support::{Answer, Home, Service, code, deedbook, exchange, get, post, said};

/// Whoever is behind the trusted proxy, as a token knows it.
const OFFICE: &str = "203.0.113.0/24";

pub fn mutation(input: &Value) -> Value {
    json!({
        "query": "mutation M($input: ApiTokenCreateInput!) { apiTokenCreate(input: $input) \
                  { created { secret } userErrors { code } } }",
        "variables": { "input": input },
    })
}

/// A token of the first person that is accepted from the office only.
fn token_of_the_office(service: &Service) -> String {
    let input = json!({
        "commandId": "00000000-0000-4000-8000-00000000000a", "name": "office", "scopes": ["READ"],
        "expiresAt": soon(), "networks": [OFFICE],
    });
    let session = service.console_token();
    let made = post(&service.console, "/graphql", Some(&session), &mutation(&input)).json();
    let secret = made["data"]["apiTokenCreate"]["created"]["secret"].as_str();
    secret.unwrap_or_else(|| panic!("no token: {made}")).to_owned()
}

pub fn soon() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let day = i64::try_from(since.as_secs()).unwrap() + 86_400;
    jiff::Timestamp::from_second(day).unwrap().to_string()
}

fn ask(service: &Service, path: &str, token: &str, forwarded: &str) -> Answer {
    let body = if path == "/graphql" { r#"{"query":"{ __typename }"}"# } else { "{}" };
    let (console, length) = (&service.console, body.len());
    // A proxy that says who is behind it also says how that one asked.
    let over_tls = if forwarded.is_empty() { "" } else { "X-Forwarded-Proto: https\r\n" };
    exchange(
        console,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: {console}\r\nContent-Type: application/json\r\n{forwarded}{over_tls}\
             Authorization: Bearer {token}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ),
    )
}

#[test]
fn who_is_behind_a_trusted_proxy_is_who_the_proxy_says() {
    let home = Home::new();
    let trusted = ["serve", "--data", home.data(), "--trusted-proxy", "127.0.0.1"];
    let service = Service::start_command(&trusted);
    let token = token_of_the_office(&service);
    let status = |forwarded: &str| ask(&service, "/graphql", &token, forwarded).status;
    assert_eq!(status("X-Forwarded-For: 203.0.113.7\r\n"), 200);
    assert_eq!(status("X-Forwarded-For: 198.51.100.9, 203.0.113.7\r\n"), 200);
    assert_eq!(status(""), 401, "from the proxy itself");
    assert_eq!(status("X-Forwarded-For: 198.51.100.9\r\n"), 401);
    // What the client wrote stands before what the proxy appended.
    assert_eq!(status("X-Forwarded-For: 203.0.113.7, 198.51.100.9\r\n"), 401);
    let check = |forwarded: &str| ask(&service, "/v1/check", &token, forwarded).status;
    assert_eq!(check("X-Forwarded-For: 203.0.113.7\r\n"), 400, "the question is read");
    assert_eq!(check("X-Forwarded-For: 198.51.100.9\r\n"), 401, "it is not");
}

#[test]
fn what_is_said_from_elsewhere_is_not_heard() {
    let home = Home::new();
    let trusted = ["serve", "--data", home.data(), "--trusted-proxy", "10.0.0.0/8,192.0.2.1"];
    let service = Service::start_command(&trusted);
    let token = token_of_the_office(&service);
    let spoofed = "X-Forwarded-For: 203.0.113.7\r\n";
    assert_eq!(ask(&service, "/graphql", &token, spoofed).status, 401);
    let session = service.console_token();
    let answer = ask(&service, "/sign-out", &session, spoofed);
    let set = answer.header("set-cookie").expect("the cookie is taken away");
    assert!(set.starts_with("deedbook_console=;") && !set.contains("Secure"), "{set}");
}

#[test]
fn a_token_of_a_ledger_for_tests_is_none_of_one_that_counts() {
    let home = Home::new();
    let test =
        ["serve", "--data", home.data(), "--environment", "test", "--trusted-proxy", "127.0.0.1"];
    let service = Service::start_command(&test);
    let token = token_of_the_office(&service);
    assert!(token.starts_with("ent_test_"), "{token}");
    let from_the_office = "X-Forwarded-For: 203.0.113.7\r\n";
    assert_eq!(ask(&service, "/graphql", &token, from_the_office).status, 200);
    service.stop();
    let live = ["serve", "--data", home.data(), "--trusted-proxy", "127.0.0.1"];
    let service = Service::start_command(&live);
    assert_eq!(ask(&service, "/graphql", &token, from_the_office).status, 401);
}

/// Asks as a proxy does that was itself asked in this way.
fn passed_on(address: &str, path: &str, proto: &str) -> Answer {
    exchange(
        address,
        &format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nX-Forwarded-For: 203.0.113.7\r\n\
             X-Forwarded-Proto: {proto}\r\nUpgrade: websocket\r\nConnection: close, upgrade\r\n\r\n"
        ),
    )
}

#[test]
fn behind_a_proxy_nothing_is_answered_that_did_not_come_over_tls() {
    let home = Home::new();
    let behind = ["serve", "--data", home.data(), "--trusted-proxy", "127.0.0.1"];
    let service = Service::start_command(&behind);
    for address in [&service.portal, &service.console] {
        for path in ["/", "/sign-in", "/graphql", "/v1/check", "/metrics", "/tlog/checkpoint"] {
            let refused = passed_on(address, path, "http");
            assert_eq!(
                (refused.status, refused.code()),
                (403, "TLS_REQUIRED".to_owned()),
                "{path}"
            );
            assert_ne!(passed_on(address, path, "https").status, 403, "{path}");
        }
        for path in ["/healthz", "/readyz"] {
            assert_eq!(passed_on(address, path, "http").status, 200, "{path}");
        }
        assert_eq!(get(address, "/sign-in").status, 200, "from this machine itself");
    }
    service.stop();
    let meant =
        ["serve", "--data", home.data(), "--trusted-proxy", "127.0.0.1", "--allow-plain-http"];
    let service = Service::start_command(&meant);
    assert_eq!(passed_on(&service.portal, "/sign-in", "http").status, 200);
}

#[test]
fn nobody_listens_beyond_this_machine_in_plain_http_without_saying_so() {
    let home = Home::new();
    let serve = |more: &[&str]| {
        let arguments = ["serve", "--data", home.data(), "--console", "127.0.0.1:0", "--json"];
        let mut command = deedbook();
        command.args(arguments).args(more).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    for beyond in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = serve(&["--portal", beyond]).output().unwrap();
        assert_eq!(code(&refused), 1, "{beyond}");
        let said = said(&refused);
        assert!(said.contains("PLAIN_HTTP_REFUSED") && said.contains("--trusted-proxy"), "{said}");
        assert!(refused.stdout.is_empty(), "nobody was served");
    }
    for meant in [["--allow-plain-http", ""], ["--trusted-proxy", "10.0.0.1"]] {
        let more = [&["--portal", "0.0.0.0:0"][..], &meant].concat();
        let more: Vec<&str> = more.into_iter().filter(|word| !word.is_empty()).collect();
        let mut served = serve(&more).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(served.stdout.take().unwrap()).read_line(&mut line).unwrap();
        served.kill().unwrap();
        served.wait().unwrap();
        assert!(line.contains("http://0.0.0.0:"), "{line}");
    }
}
