//! Browsers: signing in with the form, the session in a cookie, and which pages may use it.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::support::{Answer, EMAIL, Home, PASSWORD, Service, exchange, get};

/// What a page of this listener sends along, as browsers do.
const OWN_PAGE: &str = "Sec-Fetch-Site: same-origin\r\n";

/// Sends the form of the sign-in page.
fn submit(address: &str, headers: &str, email: &str, password: &str, next: &str) -> Answer {
    let body =
        serde_urlencoded::to_string([("email", email), ("password", password), ("next", next)]);
    let body = body.unwrap();
    let length = body.len();
    exchange(
        address,
        &format!(
            "POST /sign-in HTTP/1.1\r\nHost: {address}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n{headers}\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ),
    )
}

/// The name and the value of the cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie").expect("a cookie is set");
    set.split(';').next().unwrap().to_owned()
}

/// A page with its slashes as they are.
fn unescaped(page: &Answer) -> String {
    page.body.replace("&#x2f;", "/")
}

/// The cookie of the first person at the console.
fn session(service: &Service) -> String {
    let answer = submit(&service.console, OWN_PAGE, EMAIL, PASSWORD, "/");
    assert_eq!(answer.status, 303, "{}", answer.body);
    cookie(&answer)
}

fn ask(address: &str, headers: &str) -> u16 {
    let body = r#"{"query":"{ __typename }"}"#;
    let length = body.len();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    exchange(address, &request).status
}

#[test]
fn the_form_gives_a_session_and_leads_back_to_where_one_was() {
    let home = Home::new();
    let service = Service::start(home.data());
    let page = get(&service.console, "/sign-in?next=/licenses%3Fstatus%3DEXPIRED");
    assert_eq!(page.status, 200);
    assert!(unescaped(&page).contains("value=\"/licenses?status=EXPIRED\""), "{}", page.body);
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));

    let next = "/licenses?status=EXPIRED";
    let answer = submit(&service.console, OWN_PAGE, EMAIL, PASSWORD, next);
    assert_eq!((answer.status, answer.header("location")), (303, Some(next)));
    assert!(answer.body.is_empty());
    let set = answer.header("set-cookie").unwrap();
    assert!(set.starts_with("deedbook_console=ent_console_"), "{set}");
    for part in ["Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict"] {
        assert!(set.split("; ").any(|known| known == part), "{part} is not in {set}");
    }
    let with_cookie = format!("Cookie: theme=dark; {}\r\n", cookie(&answer));
    assert_eq!(ask(&service.console, &format!("{OWN_PAGE}{with_cookie}")), 200);
    // To another host, nobody is led.
    let elsewhere = submit(&service.console, OWN_PAGE, EMAIL, PASSWORD, "//evil.example/");
    assert_eq!((elsewhere.status, elsewhere.header("location")), (303, Some("/")));
}

#[test]
fn only_pages_of_this_listener_may_use_the_session() {
    let home = Home::new();
    let service = Service::start(home.data());
    let cookie = format!("Cookie: {}\r\n", session(&service));
    let console = &service.console;
    for (headers, status) in [
        (OWN_PAGE.to_owned(), 200),
        (format!("Origin: http://{console}\r\n"), 200),
        (String::new(), 401),
        ("Sec-Fetch-Site: none\r\n".to_owned(), 401),
        ("Origin: http://evil.example\r\n".to_owned(), 401),
        (format!("Origin: http://{}\r\n", service.portal), 401),
        ("Origin: null\r\n".to_owned(), 401),
        ("Sec-Fetch-Site: cross-site\r\n".to_owned(), 403),
        (format!("Sec-Fetch-Site: same-site\r\nOrigin: http://{console}\r\n"), 403),
    ] {
        assert_eq!(ask(console, &format!("{headers}{cookie}")), status, "{headers:?}");
    }
    // The other side's cookie is not even looked at, under either name.
    let value = cookie.trim_end().split_once('=').unwrap().1;
    for name in ["deedbook_console", "deedbook_portal"] {
        let headers = format!("{OWN_PAGE}Cookie: {name}={value}\r\n");
        assert_eq!(ask(&service.portal, &headers), 401, "{name}");
    }
    // A token that is sent counts alone.
    let headers = format!("{OWN_PAGE}{cookie}Authorization: Bearer ent_console_nonsense\r\n");
    assert_eq!(ask(console, &headers), 401);
}

#[test]
fn behind_tls_the_cookie_belongs_to_this_host_alone() {
    let home = Home::new();
    let behind = ["serve", "--data", home.data(), "--trusted-proxy", "127.0.0.0/8"];
    let service = Service::start_command(&behind);
    let tls = format!("{OWN_PAGE}X-Forwarded-Proto: https\r\n");
    let answer = submit(&service.console, &tls, EMAIL, PASSWORD, "/");
    let set = answer.header("set-cookie").unwrap();
    assert!(set.starts_with("__Host-deedbook_console=") && set.ends_with("; Secure"), "{set}");
    let cookie = cookie(&answer);
    assert_eq!(ask(&service.console, &format!("{tls}Cookie: {cookie}\r\n")), 200);
    let planted = cookie.replace("__Host-", "");
    assert_eq!(ask(&service.console, &format!("{tls}Cookie: {planted}\r\n")), 401);
}

#[test]
fn whoever_does_not_come_in_sees_the_page_again_with_the_reason() {
    let home = Home::new();
    let service = Service::start(home.data());
    let console = &service.console;
    let wrong = submit(console, OWN_PAGE, EMAIL, "a wrong password, too", "/licenses");
    let unknown = submit(console, OWN_PAGE, "nobody@vendor.example", PASSWORD, "/licenses");
    for answer in [&wrong, &unknown] {
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("set-cookie"), None);
        assert!(answer.body.contains("role=\"alert\""), "{}", answer.body);
        assert!(unescaped(answer).contains("value=\"/licenses\""), "{}", answer.body);
    }
    assert_eq!(unknown.body.replace("nobody@vendor.example", EMAIL), wrong.body);
    assert!(!wrong.body.contains("a wrong password"));

    let foreign = submit(console, "Sec-Fetch-Site: cross-site\r\n", EMAIL, PASSWORD, "/");
    assert_eq!((foreign.status, foreign.header("set-cookie")), (403, None));
    let silent = submit(console, "", EMAIL, PASSWORD, "/");
    assert_eq!((silent.status, silent.header("set-cookie")), (403, None));

    let throttled = (0..7).map(|_| submit(console, OWN_PAGE, EMAIL, "one more wrong one", "/"));
    let throttled = throttled.into_iter().find(|answer| answer.status == 429).unwrap();
    assert!(throttled.body.contains("Try again in "), "{}", throttled.body);
    assert!(throttled.header("retry-after").is_some());
}

#[test]
fn a_form_without_its_fields_is_answered_with_the_page() {
    let home = Home::new();
    let service = Service::start(home.data());
    let address = &service.console;
    let answer = exchange(
        address,
        &format!(
            "POST /sign-in HTTP/1.1\r\nHost: {address}\r\n{OWN_PAGE}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\
             Connection: close\r\n\r\nemail=a"
        ),
    );
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("Type your e-mail and your password."), "{}", answer.body);
}

/// What a page of the console posts with the session of this cookie.
fn post_json(address: &str, path: &str, cookie: &str, body: &str) -> Answer {
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{OWN_PAGE}\
         Cookie: {cookie}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    exchange(address, &request)
}

#[test]
fn a_proof_gives_the_browser_another_cookie_and_the_one_of_before_is_dead_at_once() {
    let home = Home::new();
    let service = Service::start(home.data());
    let console = &service.console;
    let (mut cookie_now, other) = (session(&service), session(&service));
    let with = |cookie: &str| ask(console, &format!("{OWN_PAGE}Cookie: {cookie}\r\n"));
    let new = "seven grey herons over Malmö";
    for (path, body) in [
        ("/confirm", format!(r#"{{"password":"{PASSWORD}"}}"#)),
        ("/password", format!(r#"{{"password":"{PASSWORD}","new":"{new}"}}"#)),
    ] {
        let answer = post_json(console, path, &cookie_now, &body);
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{path}");
        let set = answer.header("set-cookie").unwrap();
        for part in ["Path=/", "HttpOnly", "SameSite=Strict"] {
            assert!(set.split("; ").any(|known| known == part), "{part} is not in {set}");
        }
        let before = std::mem::replace(&mut cookie_now, cookie(&answer));
        assert_eq!((with(&before), with(&cookie_now)), (401, 200), "{path}");
    }
    assert_eq!(with(&other), 401, "a new password ends every other session");
    // A proof that fails changes nothing.
    let wrong = post_json(console, "/confirm", &cookie_now, r#"{"password":"not hers"}"#);
    assert_eq!((wrong.status, wrong.header("set-cookie")), (422, None));
    assert_eq!(with(&cookie_now), 200);
    let told = post_json(console, "/graphql", &cookie_now, SESSIONS).json();
    let sessions = told["data"]["viewer"]["sessions"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 1, "it is one session all along: {told}");
    let (_, log) = service.stop();
    let secret = cookie_now.split_once('=').unwrap().1.to_owned();
    assert!(!log.contains(&secret), "{log}");
    let service = Service::start(home.data());
    let headers = format!("{OWN_PAGE}Cookie: {cookie_now}\r\n");
    assert_eq!(ask(&service.console, &headers), 200, "a restart forgets nothing");
}

const SESSIONS: &str = r#"{"query":"{ viewer { sessions { id current } } }"}"#;

#[test]
fn signing_in_again_ends_the_session_that_the_browser_had() {
    let home = Home::new();
    let service = Service::start(home.data());
    let console = &service.console;
    let (first, other) = (session(&service), session(&service));
    let with = |cookie: &str| ask(console, &format!("{OWN_PAGE}Cookie: {cookie}\r\n"));
    let had = format!("{OWN_PAGE}Cookie: {first}\r\n");
    let failed = submit(console, &had, EMAIL, "a wrong password, too", "/");
    assert_eq!((failed.status, with(&first)), (401, 200), "who does not come in ends nothing");
    let second = cookie(&submit(console, &had, EMAIL, PASSWORD, "/"));
    assert_eq!([with(&first), with(&second), with(&other)], [401, 200, 200]);
    // A program that shows its session while it signs in goes on with the new one alone.
    let token = second.split_once('=').unwrap().1;
    let body = serde_json::json!({ "email": EMAIL, "password": PASSWORD });
    let third = crate::support::post(console, "/sign-in", Some(token), &body);
    assert_eq!((third.status, with(&second)), (200, 401));
}

#[test]
fn signing_out_ends_the_session_and_takes_the_cookie_away() {
    let home = Home::new();
    let service = Service::start(home.data());
    let address = &service.console;
    let cookie = session(&service);
    let headers = format!("{OWN_PAGE}Cookie: {cookie}\r\n");
    let sign_out = |headers: &str| {
        exchange(
            address,
            &format!(
                "POST /sign-out HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n"
            ),
        )
    };
    // Another site cannot end it.
    let foreign = sign_out(&format!("Origin: http://evil.example\r\nCookie: {cookie}\r\n"));
    assert_eq!(foreign.status, 401);
    assert_eq!(ask(address, &headers), 200);
    let out = sign_out(&headers);
    assert_eq!(out.status, 204);
    let set = out.header("set-cookie").unwrap();
    assert!(set.starts_with("deedbook_console=;") && set.contains("Max-Age=0"), "{set}");
    assert_eq!(ask(address, &headers), 401);
}

/// What is answered first after `connection_init` without a token.
async fn opened(address: &str, cookie: &str, origin: &str) -> Option<Utf8Bytes> {
    let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    headers.insert("cookie", cookie.parse().unwrap());
    headers.insert("origin", origin.parse().unwrap());
    let mut socket = tokio_tungstenite::connect_async(request).await.ok()?.0;
    socket.send(Message::text(r#"{"type":"connection_init"}"#)).await.unwrap();
    match socket.next().await?.unwrap() {
        Message::Text(text) => Some(text),
        Message::Close(frame) => frame.map(|frame| frame.reason),
        other @ (Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {
            panic!("{other}")
        }
    }
}

#[tokio::test]
async fn a_page_subscribes_with_its_session_and_another_sites_page_does_not() {
    let home = Home::new();
    let service = Service::start(home.data());
    let (console, cookie) = (&service.console, session(&service));
    let own = format!("http://{console}");
    let answered = opened(console, &cookie, &own).await;
    assert_eq!(answered.as_deref(), Some(r#"{"type":"connection_ack"}"#));
    let without = opened(console, "theme=dark", &own).await;
    assert_eq!(without.as_deref(), Some("Forbidden"));
    assert_eq!(opened(console, &cookie, "http://evil.example").await, None);
}
