//! What a running service says of itself, and how it stops.

use serde_json::{Value, json};

use crate::support::{EMAIL, Home, PASSWORD, Service, exchange, get, graphql, post};

#[test]
fn health_and_readiness_are_told() {
    let home = Home::new();
    let service = Service::start(home.data());
    for address in [&service.portal, &service.console] {
        let alive = get(address, "/healthz");
        assert_eq!((alive.status, alive.body.as_str()), (200, "ok\n"));
        let ready = get(address, "/readyz");
        assert_eq!(ready.status, 200, "{}", ready.body);
        assert_eq!(ready.json()["ready"], serde_json::json!(true));
        assert_eq!(ready.json()["lagEvents"], serde_json::json!(0));
        assert!(ready.json()["position"].as_u64().unwrap() >= 3, "{}", ready.body);
    }
}

#[test]
fn metrics_are_on_the_console_only() {
    let home = Home::new();
    let service = Service::start(home.data());
    let _ = service.console_token();
    let metrics = get(&service.console, "/metrics");
    assert_eq!(metrics.status, 200);
    for line in [
        "deedbook_ready 1",
        "deedbook_log_halted 0",
        "deedbook_sign_ins_total{listener=\"console\",outcome=\"SIGNED_IN\"} 1",
        "deedbook_http_requests_total{listener=\"console\",route=\"/sign-in\",status=\"200\"} 1",
    ] {
        assert!(metrics.body.contains(line), "{line} is not in\n{}", metrics.body);
    }
    assert!(metrics.body.contains("deedbook_http_request_duration_seconds_bucket"));
    let portal = get(&service.portal, "/metrics");
    assert_eq!((portal.status, portal.code().as_str()), (404, "NOT_FOUND"));
}

#[test]
fn every_answer_has_the_security_headers_and_an_id() {
    let home = Home::new();
    let service = Service::start(home.data());
    let mut ids = std::collections::BTreeSet::new();
    for answer in [
        get(&service.portal, "/"),
        get(&service.console, "/"),
        get(&service.portal, "/nothing-here"),
        graphql(&service.portal, None, "{ __typename }"),
    ] {
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
        ids.insert(answer.header("x-request-id").unwrap().to_owned());
    }
    assert_eq!(ids.len(), 4);
}

#[test]
fn sigterm_stops_it_in_order_and_the_snapshot_is_used() {
    let home = Home::new();
    let service = Service::start(home.data());
    let token = service.console_token();
    let (code, said) = service.stop();
    assert_eq!(code, 0, "{said}");
    assert!(std::fs::read_dir(home.path("snapshots")).unwrap().next().is_some());
    let service = Service::start(home.data());
    assert_eq!(graphql(&service.console, Some(&token), "{ __typename }").status, 200);
}

#[test]
fn a_taken_address_is_said_with_advice() {
    let home = Home::new();
    let service = Service::start(home.data());
    let other = Home::new();
    let refused =
        crate::support::run(&["serve", "--data", other.data(), "--portal", &service.portal]);
    assert_eq!(crate::support::code(&refused), 1);
    let said = crate::support::said(&refused);
    assert!(said.contains("ADDRESS_NOT_TAKEN") && said.contains("--portal"), "{said}");
}

#[test]
fn the_console_tells_how_the_ledger_is_and_what_was_signed_last() {
    let home = Home::new();
    // Stopping signs all there is.
    assert_eq!(Service::start(home.data()).stop().0, 0);
    let service = Service::start(home.data());
    let signed = get(&service.console, "/readyz").json()["signedEvents"].clone();
    let token = service.console_token();
    let query = "{ ledger { healthy lag signingFailure checkpoint { events root } } }";
    let ledger = graphql(&service.console, Some(&token), query).json()["data"]["ledger"].clone();
    assert_eq!(ledger["healthy"], serde_json::json!(true));
    assert_eq!(ledger["lag"], "0");
    assert!(ledger["signingFailure"].is_null());
    let events: u64 = ledger["checkpoint"]["events"].as_str().unwrap().parse().unwrap();
    assert!(signed.as_u64().unwrap() >= 3 && events >= signed.as_u64().unwrap(), "{ledger}");
    // As a signed note has it: 32 bytes in base64.
    assert_eq!(ledger["checkpoint"]["root"].as_str().unwrap().len(), 44);
}

/// What a stranger sends who wants a line of the log to say something else, at both listeners.
fn forge(service: &Service) {
    let line = r#"{"level":"ERROR","message":"forged"}"#;
    let encoded = format!("/%0d%0a{}%1b%5b31m", line.replace('"', "%22"));
    for address in [&service.portal, &service.console] {
        let request = format!(
            "GET {encoded} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: curl\t{line}\r\n\
             X-Request-Id: {line}\r\nReferer: http://{address}/{encoded}\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(exchange(address, &request).status, 404);
        let email = format!("a\n{line}\r\n\u{1b}[31m@example.com");
        assert_eq!(service.sign_in(address, &email, &format!("\n{line}")).status, 401);
        let asked =
            post(address, "/graphql", Some(&format!("ent_{line}")), &json!({ "query": line }));
        assert_eq!(asked.status, 401);
    }
}

#[test]
fn nothing_that_a_stranger_sends_forges_a_line_of_the_log() {
    let home = Home::new();
    let arguments = ["serve", "--data", home.data(), "--log-format", "json", "--log", "debug"];
    let service = Service::start_command(&arguments);
    forge(&service);
    let (_, log) = service.stop();
    assert!(log.lines().count() > 6, "{log}");
    for line in log.lines() {
        let parsed: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_ne!(parsed["level"], "ERROR", "{line}");
        assert!(!line.contains('\u{1b}') && !line.contains("forged"), "{line}");
    }
}

#[test]
fn nor_does_it_forge_one_that_is_for_people() {
    let home = Home::new();
    let service = Service::start_command(&["serve", "--data", home.data(), "--log", "debug"]);
    forge(&service);
    let (_, log) = service.stop();
    assert!(log.lines().count() > 6, "{log}");
    for line in log.lines() {
        assert!(line.starts_with("20") && line.contains("Z "), "each begins with its time: {line}");
        assert!(!line.contains('\u{1b}') && !line.contains("forged"), "{line}");
        assert!(!line.contains(" ERROR "), "{line}");
    }
}

#[test]
fn each_sign_in_is_a_line_with_the_time_in_utc_who_where_from_and_how_it_ended() {
    let home = Home::new();
    let service = Service::start_command(&["serve", "--data", home.data(), "--log-format", "json"]);
    assert_eq!(service.sign_in(&service.console, EMAIL, "a wrong password, too").status, 401);
    assert_eq!(service.sign_in(&service.portal, "nobody@acme.example", PASSWORD).status, 401);
    assert_eq!(service.sign_in(&service.console, EMAIL, "another wrong password").status, 401);
    let _ = service.console_token();
    let (_, log) = service.stop();
    assert!(!log.contains(EMAIL) && !log.contains("nobody@acme.example"), "{log}");
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut lines: Vec<Value> = lines.filter(|line| line["message"] == "sign-in").collect();
    let again = lines.remove(2);
    assert_eq!(again["who"], lines[0]["who"], "the same e-mail, without saying it");
    assert_ne!(again["who"], lines[1]["who"]);
    assert!(again["who"].as_str().unwrap().starts_with("email:"), "{again}");
    assert!(lines[2]["who"].as_str().unwrap().starts_with("stf_"), "{}", lines[2]);
    let told: Vec<_> = lines.iter().map(|line| (&line["listener"], &line["outcome"])).collect();
    let (console, portal) = (json!("console"), json!("portal"));
    let (refused, signed_in) = (json!("SIGN_IN_REFUSED"), json!("SIGNED_IN"));
    assert_eq!(told, [(&console, &refused), (&portal, &refused), (&console, &signed_in)], "{log}");
    for line in &lines {
        assert_eq!(line["from"], "127.0.0.1");
        let time = line["timestamp"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.contains('T'), "{time}");
    }
}
