//! What is around every answer: what browsers are told, what is not served, which methods there are, where one request ends,
//! and what happens when a handler breaks off.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::routing::get as on_get;
use deedbook_service::auth::Auth;
use deedbook_service::engine::{Engine, Sizes};
use deedbook_service::http::observe::Observed;
use schemas::access::Audience;
use tower::Service as _;

use crate::support::{Answer, EMAIL, Home, PASSWORD, Service, exchange, get};

/// What browsers are told with every answer, word for word.
const EVERY_ANSWER: [(&str, &str); 5] = [
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

fn ask(address: &str, method: &str, path: &str, headers: &str) -> Answer {
    exchange(
        address,
        &format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n"
        ),
    )
}

#[test]
fn every_answer_tells_browsers_what_they_may_do_with_it() {
    let home = Home::new();
    let service = Service::start(home.data());
    let asked = [
        ("GET", "/"),
        ("GET", "/sign-in"),
        ("GET", "/welcome"),
        ("GET", "/queries"),
        ("GET", "/queries.js"),
        ("GET", "/page.css"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/graphql"),
        ("GET", "/nothing-here"),
        ("POST", "/graphql"),
        ("POST", "/sign-in"),
        ("POST", "/sign-out"),
        ("POST", "/password"),
        ("POST", "/confirm"),
        ("POST", "/v1/check"),
        ("DELETE", "/sign-in"),
    ];
    for address in [&service.portal, &service.console] {
        for (method, path) in asked {
            let answer = ask(address, method, path, "Origin: https://evil.example\r\n");
            for (name, value) in EVERY_ANSWER {
                assert_eq!(answer.header(name), Some(value), "{method} {path}");
            }
            let strict = answer.header("strict-transport-security").unwrap();
            let age = strict.strip_prefix("max-age=").and_then(|age| age.split(';').next());
            assert!(
                age.unwrap().parse::<u64>().unwrap() >= 31_536_000,
                "{method} {path}: {strict}"
            );
            assert!(strict.ends_with("; includeSubDomains"), "{method} {path}: {strict}");
            let referrer = answer.header("referrer-policy").unwrap();
            assert!(["no-referrer", "same-origin"].contains(&referrer), "{path}: {referrer}");
            let shared =
                answer.headers.iter().find(|(name, _)| name.starts_with("access-control-"));
            assert_eq!(shared, None, "{method} {path}: no other site reads this");
            // The first page of an application holds nothing that is anybody's.
            let kept = answer.header("cache-control").unwrap();
            assert!(
                kept == "no-store" || path == "/" && kept == "no-cache",
                "{method} {path}: {kept}"
            );
        }
    }
}

#[test]
fn nothing_is_served_that_was_not_meant_to_be() {
    let home = Home::new();
    let service = Service::start(home.data());
    for address in [&service.portal, &service.console] {
        for path in [
            "/.git/HEAD",
            "/.git/config",
            "/.gitignore",
            "/.env",
            "/.vite/manifest.json",
            "/assets",
            "/assets/",
            "/assets/..%2findex.html",
            "/../../etc/passwd",
            "/..%2f..%2fetc%2fpasswd",
            "/Cargo.toml",
            "/FORMAT",
            "/keys/kek",
            "/log/segment-00000001.log",
        ] {
            let answer = get(address, path);
            assert_eq!((answer.status, answer.code().as_str()), (404, "NOT_FOUND"), "{path}");
        }
    }
}

#[test]
fn no_method_is_taken_but_those_that_an_address_is_for() {
    let home = Home::new();
    let service = Service::start(home.data());
    for address in [&service.portal, &service.console] {
        for path in
            ["/", "/sign-in", "/graphql", "/v1/check", "/healthz", "/assets/index.js", "/nothing"]
        {
            for method in ["TRACE", "TRACK", "OPTIONS", "PATCH", "PROPFIND"] {
                let answer = ask(address, method, path, "X-Marker: come-back\r\n");
                assert!([404, 405].contains(&answer.status), "{method} {path}: {}", answer.status);
                assert!(!answer.body.contains("come-back"), "{method} {path}: {}", answer.body);
            }
        }
    }
}

/// All that a listener says to these bytes until it closes the connection.
fn said(address: &str, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut text = String::new();
    stream
        .read_to_string(&mut text)
        .unwrap_or_else(|error| panic!("{error} after {text:?}: {bytes:?}"));
    text
}

#[test]
fn a_request_ends_where_it_says_and_hides_no_other() {
    let home = Home::new();
    let service = Service::start(home.data());
    let address = &service.console;
    let behind = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let head = format!("POST /sign-out HTTP/1.1\r\nHost: {address}\r\n");
    // Chunks say where the body ends; a length beside them is not believed. What is behind is a request of its own.
    let both = format!(
        "{head}Transfer-Encoding: chunked\r\nContent-Length: {}\r\n\r\n0\r\n\r\n{behind}",
        5 + behind.len()
    );
    let answered = said(address, &both);
    let lines: Vec<&str> = answered.lines().filter(|line| line.starts_with("HTTP/1.1 ")).collect();
    assert!(
        lines == ["HTTP/1.1 400 Bad Request"]
            || lines == ["HTTP/1.1 401 Unauthorized"]
            || lines == ["HTTP/1.1 401 Unauthorized", "HTTP/1.1 200 OK"],
        "{answered}"
    );
    for unclear in [
        format!("Content-Length: 5\r\nContent-Length: {}\r\n", behind.len()),
        format!("Content-Length: {}, 5\r\n", behind.len()),
        "Content-Length: +5\r\n".to_owned(),
        "Content-Length : 5\r\n".to_owned(),
        "Transfer-Encoding: chunked, identity\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n".to_owned(),
    ] {
        let answered = said(address, &format!("{head}{unclear}\r\n{behind}"));
        assert!(answered.starts_with("HTTP/1.1 400 "), "{unclear:?}: {answered}");
        assert_eq!(answered.matches("HTTP/1.1 ").count(), 1, "{unclear:?}: {answered}");
    }
}

#[test]
fn a_parameter_that_is_given_twice_is_refused() {
    let home = Home::new();
    let service = Service::start(home.data());
    let console = &service.console;
    let bearer = format!("Authorization: Bearer {}\r\n", service.console_token());
    let once = "/graphql?query=%7B__typename%7D";
    assert_eq!(ask(console, "GET", once, &bearer).status, 200);
    let twice = ask(console, "GET", &format!("{once}&query=%7B__typename%7D"), &bearer);
    assert_eq!(twice.status, 400);
    assert!(twice.body.contains("given once"), "{}", twice.body);
    let send = |kind: &str, body: &str| {
        let length = body.len();
        let request = format!(
            "POST /sign-in HTTP/1.1\r\nHost: {console}\r\nContent-Type: {kind}\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        exchange(console, &request)
    };
    let typed =
        [("email", EMAIL), ("password", "not this one"), ("password", PASSWORD), ("next", "/")];
    let form = serde_urlencoded::to_string(typed).unwrap();
    let answer = send("application/x-www-form-urlencoded", &form);
    assert_eq!((answer.status, answer.header("set-cookie")), (400, None));
    let json = format!(
        "{{\"email\":\"{EMAIL}\",\"password\":\"not this one\",\"password\":\"{PASSWORD}\"}}"
    );
    assert_eq!(send("application/json", &json).code(), "BODY_NOT_UNDERSTOOD");
}

/// Log lines of a test, kept.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn breaks_off() -> &'static str {
    panic!("the secret is 4711")
}

#[tokio::test]
async fn a_handler_that_breaks_off_is_answered_in_general_words_and_the_next_is_served() {
    let home = Home::new();
    let engine = Engine::open(Path::new(home.data()), Sizes::of_mib(4)).await.unwrap();
    let router = Router::new()
        .route("/breaks-off", on_get(breaks_off))
        .route("/healthz", on_get(async || "ok\n"));
    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false);
    // For this thread alone, on which all of this test runs.
    let _logging = tracing::subscriber::set_default(log.finish());
    let mut side = Observed::new(Audience::Portal, Auth::new(engine.clone()), router);
    for (path, status, says) in [
        ("/breaks-off", 500, "INTERNAL"),
        ("/healthz", 200, "ok"),
        ("/breaks-off", 500, "INTERNAL"),
    ] {
        let answer = side.call(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        for (name, value) in EVERY_ANSWER {
            assert_eq!(answer.headers()[name], value, "{path}");
        }
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains(says), "{path}: {body}");
        assert!(
            !body.contains("4711") && !body.contains(".rs") && !body.contains("panic"),
            "{body}"
        );
    }
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.matches("a request broke off").count(), 2, "{log}");
    assert!(log.contains("4711"), "the log knows the cause: {log}");
    engine.close().await;
}
