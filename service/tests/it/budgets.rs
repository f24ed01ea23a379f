//! Whoever asks for too much waits, and nobody else does: not the same program that asks whether something may be used, not
//! another customer, not the vendor.

use serde_json::{Value, json};

use crate::own_ledger::{ANN, PASSWORD as ANNS_PASSWORD, imported_with, password_of};
use crate::proxies::{mutation, soon};
use crate::support::{Answer, Service, graphql, post};

const LICENSE: &str = "lic_00000000000000000000000000";

/// So many requests until one is turned away, and that answer.
fn until_refused(ask: impl Fn() -> Answer) -> (usize, Answer) {
    for taken in 0..2_000 {
        let answer = ask();
        if answer.status == 429 {
            return (taken, answer);
        }
    }
    panic!("2,000 requests were let through");
}

fn waits(answer: &Answer) -> bool {
    answer.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok_and(|wait| wait > 0))
}

#[test]
fn who_asks_for_too_much_waits_and_nobody_else_does() {
    let home = imported_with("");
    assert!(password_of(&home, ANN).output().unwrap().status.success());
    let rates = ["--management-rate", "20", "--validation-rate", "2"];
    let service =
        Service::start_command(&[&["serve", "--data", home.data()][..], &rates[..]].concat());
    let told = service.sign_in(&service.portal, ANN, ANNS_PASSWORD).json();
    let ann = told["token"].as_str().unwrap().to_owned();
    let vera = service.console_token();

    // A question that costs more is let through less often.
    let small = || graphql(&service.console, Some(&vera), "{ viewer { id } }");
    assert_eq!(small().status, 200);
    let large = "{ licenses(first: 50) { nodes { id status position } } }";
    assert_eq!(graphql(&service.portal, Some(&ann), large).status, 200);
    let (often, refused) = until_refused(|| graphql(&service.portal, Some(&ann), large));
    assert!((1..20).contains(&often), "{often}");
    let error = &refused.json()["errors"][0];
    assert_eq!(error["extensions"]["code"], "RATE_LIMITED", "{}", refused.body);
    assert_eq!(error["extensions"]["retryable"], true);
    assert!(waits(&refused), "{:?}", refused.headers);
    let small_too = graphql(&service.portal, Some(&ann), "{ viewer { id } }");
    assert_eq!(small_too.status, 429, "whoever owes too much, asks for nothing");
    assert_eq!(small().status, 200, "the vendor does not wait");

    let senseless = graphql(&service.portal, Some(&ann), "{ viewer {");
    assert_eq!(senseless.status, 429, "nor for what cannot be understood: {}", senseless.body);

    // Asking whether something may be used is counted apart.
    let body: Value = json!({ "licenseId": LICENSE, "feature": "any" });
    let check = |token: &str| post(&service.portal, "/v1/check", Some(token), &body);
    assert_ne!(check(&ann).status, 429, "{}", check(&ann).body);
    let (often, refused) = until_refused(|| check(&ann));
    assert!((50..2_000).contains(&often), "{often}");
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert_eq!(refused.json()["code"], "RATE_LIMITED", "{}", refused.body);
    assert!(waits(&refused), "{:?}", refused.headers);
    let by_vendor = post(&service.console, "/v1/check", Some(&vera), &body);
    assert_ne!(by_vendor.status, 429, "{}", by_vendor.body);

    let metrics = crate::support::get(&service.console, "/metrics").body;
    assert!(metrics.contains("deedbook_rate_limited_total{by=\"credential\"}"), "{metrics}");
}

#[test]
fn a_program_that_runs_wild_does_not_keep_its_maker_out() {
    let home = imported_with("");
    assert!(password_of(&home, ANN).output().unwrap().status.success());
    let rates = ["--management-rate", "20"];
    let service =
        Service::start_command(&[&["serve", "--data", home.data()][..], &rates[..]].concat());
    let told = service.sign_in(&service.portal, ANN, ANNS_PASSWORD).json();
    let ann = told["token"].as_str().unwrap().to_owned();
    let input = json!({
        "commandId": "00000000-0000-4000-8000-00000000000b", "name": "sync", "scopes": ["READ"],
        "expiresAt": soon(), "networks": null,
    });
    let made = post(&service.portal, "/graphql", Some(&ann), &mutation(&input)).json();
    let secret = made["data"]["apiTokenCreate"]["created"]["secret"].as_str();
    let secret = secret.unwrap_or_else(|| panic!("no token: {made}"));
    let ask = |token: &str| graphql(&service.portal, Some(token), "{ licenses { totalCount } }");
    let (often, _) = until_refused(|| ask(secret));
    assert!(often > 10, "{often}");
    assert_eq!(ask(&ann).status, 200);
}
