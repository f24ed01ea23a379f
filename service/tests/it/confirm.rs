//! What matters most asks again who one is: a session that is older than five minutes goes on, and proves itself with the
//! password before it is shown a key or gives a role.

use std::path::Path;

use deedbook_service::auth::{Auth, Credentials};
use deedbook_service::engine::{Engine, Sizes};
use deedbook_service::tokens::TokenSecret;
use ledger::access::{AccessRules, Command};
use ledger_log::{CommandMeta, derive};
use schemas::access::Audience;
use schemas::{Actor, CommandId, Digest, StreamName, Timestamp, TokenId};
use serde_json::json;

use crate::second_factor::set_up;
use crate::support::{Answer, EMAIL, Home, PASSWORD, Service, exchange, graphql, post, renewed};

/// Somebody who signed in ten minutes ago, as the ledger then recorded it.
fn signed_in_before(data: &str) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let engine = Engine::open(Path::new(data), Sizes::of_mib(4)).await.unwrap();
        let credentials =
            Credentials { email: EMAIL.to_owned(), password: PASSWORD.to_owned().into() };
        let auth = Auth::new(engine.clone());
        let from = std::net::Ipv4Addr::LOCALHOST.into();
        let grace = auth.sign_in(Audience::Console, credentials, from).await.unwrap().principal;
        let secret = TokenSecret::random().unwrap();
        let now = engine.ledger().clock().now();
        let command = Command::IssueToken {
            token: TokenId::new(derive::new_uuid(now).unwrap()),
            audience: Audience::Console,
            secret_digest: secret.digest(),
            expires_at: now.plus_seconds(3_600),
        };
        let id = CommandId::new(derive::new_uuid(now).unwrap());
        let meta = CommandMeta::new(id, Digest::ZERO, Actor::Operator)
            .effective_at(now.plus_seconds(-600));
        let stream = StreamName::access(grace.uuid());
        engine.ledger().transact::<AccessRules>(stream, command, meta).await.unwrap();
        engine.close().await;
        secret.token(Audience::Console)
    })
}

/// What became of adding a colleague, which gives a role.
fn colleague(service: &Service, token: &str) -> Vec<String> {
    let id = derive::new_uuid(Timestamp::from_micros(0)).unwrap();
    let query = format!(
        "mutation {{ staffAdd(input: {{ commandId: \"{id}\", name: \"Cai\", email: \"{id}@vendor.example\", \
         role: AUDITOR }}) {{ userErrors {{ code }} }} }}"
    );
    let answer = graphql(&service.console, Some(token), &query).json();
    let errors = answer["data"]["staffAdd"]["userErrors"].as_array().unwrap().clone();
    errors.iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect()
}

fn confirm(service: &Service, token: Option<&str>, code: Option<&str>) -> Answer {
    post(&service.console, "/confirm", token, &json!({ "password": PASSWORD, "code": code }))
}

#[test]
fn an_old_session_gives_a_role_once_its_holder_showed_the_password_again() {
    let home = Home::new();
    let old = signed_in_before(home.data());
    let service = Service::start(home.data());
    assert_eq!(colleague(&service, &old), ["STEP_UP_REQUIRED"]);
    assert_eq!(
        colleague(&service, &service.console_token()),
        [""; 0],
        "a new session has just shown it"
    );
    assert_eq!(colleague(&service, &old), ["STEP_UP_REQUIRED"], "which counts there only");

    assert_eq!(confirm(&service, None, None).status, 401);
    let wrong = post(&service.console, "/confirm", Some(&old), &json!({ "password": "not hers" }));
    assert_eq!((wrong.status, wrong.code()), (422, "WRONG_PASSWORD".to_owned()));
    let senseless = post(&service.console, "/confirm", Some(&old), &json!({ "code": "000000" }));
    assert_eq!((senseless.status, senseless.code()), (400, "BODY_NOT_UNDERSTOOD".to_owned()));
    let portal = post(&service.portal, "/confirm", Some(&old), &json!({ "password": PASSWORD }));
    assert_eq!(portal.status, 401, "a session of the console is none of the portal");
    assert_eq!(colleague(&service, &old), ["STEP_UP_REQUIRED"]);

    let new = renewed(&confirm(&service, Some(&old), None));
    assert_eq!(colleague(&service, &new), [""; 0]);
    let asked = "{ viewer { sessions { current } } }";
    let of_old = graphql(&service.console, Some(&old), asked);
    assert_eq!(of_old.status, 401, "what opened the session before opens nothing any more");
    let sessions = graphql(&service.console, Some(&new), asked).json();
    let sessions = sessions["data"]["viewer"]["sessions"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 3, "it is the session of before: {sessions:?}");
    let (_, log) = service.stop();
    assert!(!log.contains(PASSWORD) && !log.contains(&new), "{log}");
    let service = Service::start(home.data());
    assert_eq!(colleague(&service, &new), [""; 0], "a restart forgets nothing");
    assert_eq!(graphql(&service.console, Some(&old), asked).status, 401, "nor brings it back");
}

#[test]
fn who_has_a_second_factor_shows_it_too() {
    let home = Home::new();
    let old = signed_in_before(home.data());
    let service = Service::start(home.data());
    let (_, recovery, _) = set_up(&service, &service.console_token());
    let missing = confirm(&service, Some(&old), None);
    assert_eq!((missing.status, missing.code()), (422, "CODE_NEEDED".to_owned()));
    let wrong = confirm(&service, Some(&old), Some("000000"));
    assert_eq!((wrong.status, wrong.code()), (422, "WRONG_CODE".to_owned()));
    assert_eq!(colleague(&service, &old), ["STEP_UP_REQUIRED"]);
    let new = renewed(&confirm(&service, Some(&old), Some(&recovery[0])));
    assert_eq!(colleague(&service, &new), [""; 0]);
    assert_eq!(confirm(&service, Some(&new), Some(&recovery[0])).status, 422, "each code once");
}

#[test]
fn an_open_browser_is_no_place_to_guess_a_password_in() {
    let home = Home::new();
    let service = Service::start(home.data());
    let token = service.console_token();
    let guess = |_| {
        let body = json!({ "password": "a guess of the finder" });
        post(&service.console, "/confirm", Some(&token), &body).status
    };
    let guesses: Vec<u16> = (0..7).map(guess).collect();
    assert_eq!(guesses.first(), Some(&422));
    assert_eq!(guesses.last(), Some(&429));
    let (_, log) = service.stop();
    let proofs = log.lines().filter(|line| line.contains(" proof "));
    let wrong = proofs.filter(|line| {
        line.contains("WRONG_PASSWORD") && line.contains("who=\"stf_") && line.contains("127.0.0.1")
    });
    assert!(wrong.count() >= 4, "each wrong proof is in the log: {log}");
}

#[test]
fn no_other_site_confirms_with_the_cookie() {
    let home = Home::new();
    let service = Service::start(home.data());
    let token = service.console_token();
    let body = json!({ "password": PASSWORD }).to_string();
    let sent = |site: &str| {
        let address = &service.console;
        let length = body.len();
        let request = format!(
            "POST /confirm HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Cookie: deedbook_console={token}\r\nSec-Fetch-Site: {site}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        );
        exchange(address, &request).status
    };
    assert_eq!(sent("cross-site"), 401);
    assert_eq!(sent("same-site"), 401);
    assert_eq!(sent("same-origin"), 204);
}
