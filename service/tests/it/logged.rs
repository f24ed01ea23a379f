//! What leaves a line in the log: each attempt against the rules that docs/operate.md lists, and what goes wrong.

use deedbook_service::vain::LINES_MAX;
use serde_json::{Value, json};

use crate::own_ledger::{ANN, PASSWORD as ANNS_PASSWORD, imported, imported_with, password_of};
use crate::password::{CHOSEN, leaked};
use crate::support::{Answer, EMAIL, Home, PASSWORD, Service, exchange, get, graphql, post};

/// The lines of a service that was stopped, each as the object that it is.
fn lines(service: Service) -> Vec<Value> {
    let (_, log) = service.stop();
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn request(address: &str, line: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    exchange(
        address,
        &format!(
            "{line} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        ),
    )
}

/// Whether a line says all of this.
fn says(line: &Value, wanted: &Value) -> bool {
    wanted.as_object().unwrap().iter().all(|(name, value)| line[name] == *value)
}

const JSON: &str = "Content-Type: application/json\r\n";

/// Attempts of somebody who is not let in, and the line that each leaves.
fn by_a_stranger(service: &Service) -> Vec<Value> {
    let (portal, console) = (&service.portal, &service.console);
    let mut left = Vec::new();
    let mut attempt = |answer: Answer, status: u16, line: Value| {
        assert_eq!(answer.status, status, "{line}: {}", answer.body);
        left.push(line);
    };
    let sign_in = |outcome: &str| json!({ "message": "sign-in", "outcome": outcome });
    let refused = |route: &str, status: u16| json!({ "message": "refused", "route": route, "status": status, "from": "127.0.0.1" });
    attempt(
        service.sign_in(console, EMAIL, "a wrong password, too"),
        401,
        sign_in("SIGN_IN_REFUSED"),
    );
    attempt(post(console, "/sign-in", None, &json!({})), 400, refused("/sign-in", 400));
    attempt(graphql(console, Some("ent_console_nonsense"), "{ a }"), 401, refused("/graphql", 401));
    let forged = "ent_live_00000000000000000000000000_000000";
    let checked = post(portal, "/v1/check", Some(forged), &json!({}));
    attempt(checked, 401, refused("/v1/check", 401));
    let ours = service.console_token();
    let elsewhere = json!({ "message": "a token of the other side" });
    attempt(graphql(portal, Some(&ours), "{ a }"), 401, elsewhere);
    let headers = format!("{JSON}X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\n");
    let clear = json!({ "message": "refused", "status": 403, "from": "203.0.113.7" });
    attempt(request(portal, "POST /sign-in", &headers, "{}"), 403, clear);
    let form = "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: cross-site\r\n";
    let stolen = request(portal, "POST /sign-in", form, "email=a&password=b");
    attempt(stolen, 403, refused("/sign-in", 403));
    let large = "x".repeat(70_000);
    attempt(request(portal, "POST /sign-in", JSON, &large[..5_000]), 413, refused("/sign-in", 413));
    attempt(request(portal, "TRACE /graphql", "", ""), 405, refused("/graphql", 405));
    left
}

/// Attempts of somebody who is let in, and the line that each leaves.
fn by_somebody_who_is_in(service: &Service, token: &str) -> Vec<Value> {
    let portal = &service.portal;
    let refused =
        |status: u16| json!({ "message": "refused", "route": "/graphql", "status": status });
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let typed =
        request(portal, "POST /graphql", &format!("{bearer}Content-Type: text/plain\r\n"), "{}");
    assert_eq!(typed.status, 415, "{}", typed.body);
    let changing = "GET /graphql?query=mutation%7Ba%7D";
    let changed = request(portal, changing, &bearer, "");
    assert_eq!(changed.status, 405, "{}", changed.body);
    let proof = json!({ "password": "not the one", "code": null });
    assert_eq!(post(portal, "/confirm", Some(token), &proof).status, 422);
    let mut often = (0..2_000).map(|_| graphql(portal, Some(token), "{ account { name } }").status);
    assert!(often.any(|status| status == 429), "nobody had to wait");
    let wrong = json!({ "message": "proof", "outcome": "WRONG_PASSWORD" });
    vec![refused(415), refused(405), wrong, refused(429)]
}

#[test]
fn each_attempt_against_the_rules_leaves_a_line() {
    let home = imported();
    assert!(password_of(&home, ANN).output().unwrap().status.success());
    let service = Service::start_command(&[
        "serve",
        "--data",
        home.data(),
        "--log-format",
        "json",
        "--trusted-proxy",
        "127.0.0.1",
        "--management-rate",
        "5",
    ]);
    let told = service.sign_in(&service.portal, ANN, ANNS_PASSWORD).json();
    let mut wanted = by_a_stranger(&service);
    wanted.extend(by_somebody_who_is_in(&service, told["token"].as_str().unwrap()));
    let throttled = (0..8)
        .any(|_| service.sign_in(&service.portal, "eve@acme.example", PASSWORD).status == 429);
    assert!(throttled, "somebody guesses on");
    wanted.push(json!({ "message": "sign-in", "outcome": "SIGN_IN_THROTTLED" }));
    let lines = lines(service);
    for wanted in &wanted {
        assert!(lines.iter().any(|line| says(line, wanted)), "{wanted} is not among {lines:#?}");
    }
    for line in &lines {
        let text = line.to_string();
        for secret in [ANNS_PASSWORD, PASSWORD, "a wrong password", "ent_portal_", "ent_console_"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

/// What somebody asks for who is in, that is not there, not theirs, or beyond what they may; and what the line counts.
const IN_VAIN: [(&str, u64, u64); 6] = [
    ("{ license(id: \"lic_00000000000000000000000001\") { id } }", 1, 0),
    ("{ one: account(id: \"acc_00000000000000000000000001\") { id } }", 1, 0),
    (
        "{ nodes(ids: [\"mem_00000000000000000000000001\", \"act_00000000000000000000000001\"]) { __typename } }",
        2,
        0,
    ),
    ("{ licenses(account: \"acc_00000000000000000000000001\") { totalCount } }", 1, 0),
    (
        "mutation { apiTokenRevoke(input: { commandId: \"00000000-0000-4000-8000-000000000001\", \
         tokenId: \"tok_00000000000000000000000001\" }) { position } }",
        1,
        0,
    ),
    (
        "mutation { memberAdd(input: { commandId: \"00000000-0000-4000-8000-000000000002\", \
         accountId: \"acc_00000000000000000000000001\", name: \"x\", email: \"x@x.example\", role: MEMBER }) \
         { position } }",
        0,
        1,
    ),
];

#[test]
fn who_asks_for_what_is_not_there_or_not_theirs_leaves_a_line_and_cannot_fill_the_log() {
    let home = imported_with("acme,bob,Bob Example,bob@acme.example,member\n");
    assert!(password_of(&home, "bob@acme.example").output().unwrap().status.success());
    let service = Service::start_command(&["serve", "--data", home.data(), "--log-format", "json"]);
    let portal = &service.portal;
    let told = service.sign_in(portal, "bob@acme.example", ANNS_PASSWORD).json();
    let (token, person) = (told["token"].as_str().unwrap(), told["person"].clone());
    let mut wanted = Vec::new();
    for (asked, not_found, forbidden) in IN_VAIN {
        let answer = graphql(portal, Some(token), asked);
        assert_eq!(answer.status, 200, "{}", answer.body);
        wanted.push(json!({
            "message": "asked in vain", "listener": "portal", "what": "/graphql", "from": "127.0.0.1",
            "who": person, "not_found": not_found, "forbidden": forbidden, "untold": 0,
        }));
    }
    let check = json!({ "licenseId": "lic_00000000000000000000000001" });
    assert_eq!(post(portal, "/v1/check", Some(token), &check).status, 404);
    wanted.push(json!({ "message": "asked in vain", "what": "/v1/check", "not_found": 1 }));
    // What is there and theirs leaves none, and who goes on and on leaves no more than its lines.
    graphql(
        portal,
        Some(token),
        "{ viewer { member { id } } account { id } licenses { totalCount } }",
    );
    for _ in 0..2 * LINES_MAX {
        graphql(portal, Some(token), IN_VAIN[0].0);
    }
    let metrics = get(&service.console, "/metrics").body;
    let all = lines(service);
    let lines: Vec<&Value> = all.iter().filter(|line| line["message"] == "asked in vain").collect();
    assert_eq!(lines.len(), usize::try_from(LINES_MAX).unwrap(), "{lines:#?}");
    for (line, wanted) in lines.iter().zip(&wanted) {
        assert!(says(line, wanted), "{wanted} is not {line}");
    }
    for line in &lines {
        assert!(!line.to_string().contains("0000000001"), "nothing that was typed: {line}");
    }
    let counted = "deedbook_asked_in_vain_total{listener=\"portal\",outcome=\"NOT_FOUND\"} 67";
    assert!(metrics.contains(counted), "{metrics}");
}

#[test]
fn a_page_that_is_not_there_leaves_none() {
    let home = Home::new();
    let service = Service::start_command(&["serve", "--data", home.data(), "--log-format", "json"]);
    assert_eq!(get(&service.portal, "/wp-login.php").status, 404);
    assert!(!lines(service).iter().any(|line| line["status"] == 404));
}

#[test]
fn what_goes_wrong_on_our_side_leaves_its_cause_and_which_request_it_was() {
    let home = Home::new();
    let list = leaked(&home, &[]);
    let service = Service::start_command(&[
        "serve",
        "--data",
        home.data(),
        "--log-format",
        "json",
        "--breached-passwords",
        &list,
    ]);
    let token = service.console_token();
    // Whoever runs it takes the list away under the service: nobody can tell what leaked, so no password is set.
    std::fs::write(&list, "").unwrap();
    let body = json!({ "password": PASSWORD, "new": CHOSEN });
    let failed = post(&service.console, "/password", Some(&token), &body);
    assert_eq!((failed.status, failed.code()), (503, "INTERNAL".to_owned()));
    assert!(!failed.body.contains("breached"), "{}", failed.body);
    let id = failed.header("x-request-id").unwrap().to_owned();
    let lines = lines(service);
    let wanted = json!({ "message": "failed", "level": "WARN", "status": 503, "request_id": id });
    assert!(lines.iter().any(|line| says(line, &wanted)), "{lines:#?}");
    let cause = lines.iter().find(|line| line["message"] == "no password was set");
    let cause = cause.unwrap_or_else(|| panic!("{lines:#?}"));
    assert_eq!(cause["level"], "ERROR");
    assert!(cause["error"].as_str().unwrap().contains("cannot be read"), "{cause}");
}
