//! Passkeys through the door: made by somebody who just showed who it is, signing in by themselves, each answer good once;
//! and whatever an authenticator that lies, or a thief with the password alone, tries.

mod authenticator;

use serde_json::{Value, json};

pub use self::authenticator::Device;
use crate::own_ledger::{ANN, PASSWORD as ANNS_PASSWORD, imported, password_of};
use crate::support::{Answer, EMAIL, Home, PASSWORD, Service, exchange, graphql, post, renewed};

/// A browser that calls a listener by this name.
pub struct Browser<'a> {
    address: &'a str,
    name: &'a str,
    site: &'a str,
}

impl<'a> Browser<'a> {
    pub fn at(address: &'a str) -> Self {
        Self { address, name: "localhost", site: "same-origin" }
    }

    fn origin(&self) -> String {
        format!("http://{}:{}", self.name, self.address.split(':').nth(1).unwrap())
    }

    pub fn send(&self, path: &str, token: Option<&str>, body: &Value) -> Answer {
        let host = self.origin().replace("http://", "");
        let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let (bearer, site, body) = (bearer.unwrap_or_default(), self.site, body.to_string());
        let length = body.len();
        exchange(
            self.address,
            &format!(
                "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
                 Sec-Fetch-Site: {site}\r\n{bearer}Content-Length: {length}\r\n\
                 Connection: close\r\n\r\n{body}"
            ),
        )
    }

    /// What is asked of the authenticator.
    pub fn begin(&self, path: &str, token: Option<&str>) -> Value {
        let begun = self.send(path, token, &json!({}));
        assert_eq!(begun.status, 200, "{path}: {}", begun.body);
        begun.json()
    }

    fn add(&self, token: &str, device: &mut Device, name: &str) -> Answer {
        let begun = self.begin("/passkeys/begin", Some(token));
        let credential = device.make(&begun["publicKey"]);
        let answer =
            json!({ "ceremony": begun["ceremony"], "name": name, "credential": credential });
        self.send("/passkeys", Some(token), &answer)
    }

    pub fn added(&self, token: &str, number: u8, name: &str) -> (Device, String) {
        let mut device = Device::at(&self.origin(), number);
        let added = self.add(token, &mut device, name);
        assert_eq!(added.status, 200, "{}", added.body);
        (device, added.json()["passkey"].as_str().unwrap().to_owned())
    }

    fn sign_in(&self, device: &mut Device) -> Answer {
        let begun = self.begin("/sign-in/passkey/begin", None);
        let credential = device.show(&begun["publicKey"]);
        let answer = json!({ "ceremony": begun["ceremony"], "credential": credential });
        self.send("/sign-in/passkey", None, &answer)
    }

    pub fn confirm(&self, token: &str, device: &mut Device) -> Answer {
        let begun = self.begin("/confirm/passkey/begin", Some(token));
        let credential = device.show(&begun["publicKey"]);
        let answer = json!({ "ceremony": begun["ceremony"], "credential": credential });
        self.send("/confirm/passkey", Some(token), &answer)
    }

    pub fn remove(&self, token: &str, passkey: &str) -> Answer {
        self.send("/passkeys/remove", Some(token), &json!({ "passkey": passkey }))
    }
}

/// The token in the cookie of whoever came in.
fn token_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let cookie = answer.header("set-cookie").unwrap();
    cookie.split('=').nth(1).unwrap().split(';').next().unwrap().to_owned()
}

fn own_passkeys(address: &str, token: &str) -> Value {
    let asked = "{ viewer { passkeys { id name relyingParty synced usedAt } sessions { passkey current } } }";
    graphql(address, Some(token), asked).json()["data"]["viewer"].clone()
}

#[test]
fn a_passkey_signs_in_by_itself_also_after_a_restart() {
    let home = Home::new();
    let service = Service::start(home.data());
    let browser = Browser::at(&service.console);
    let token = service.console_token();
    let (mut device, passkey) = browser.added(&token, 1, " Grace's laptop ");
    let viewer = own_passkeys(&service.console, &token);
    assert_eq!(viewer["passkeys"][0]["name"], "Grace's laptop");
    assert_eq!(viewer["passkeys"][0]["id"], passkey.as_str());
    assert_eq!(viewer["passkeys"][0]["usedAt"], Value::Null);
    let session = token_of(&browser.sign_in(&mut device));
    let viewer = own_passkeys(&service.console, &session);
    assert!(viewer["passkeys"][0]["usedAt"].is_string(), "{viewer}");
    assert!(viewer["sessions"].as_array().unwrap().iter().all(|one| one["passkey"] == true));
    let (_, log) = service.stop();
    assert!(log.contains("SIGNED_IN") && !log.contains("Grace's laptop"), "{log}");

    let service = Service::start(home.data());
    // Its port is another one, and to the browser that is another page of the same host.
    let browser = Browser::at(&service.console);
    device.origin = browser.origin();
    assert_eq!(browser.sign_in(&mut device).status, 200);
    let portal = Browser::at(&service.portal);
    device.origin = portal.origin();
    let other = portal.sign_in(&mut device);
    assert_eq!((other.status, other.code()), (401, "PASSKEY_NOT_RIGHT".to_owned()), "other door");
}

#[test]
fn what_was_asked_is_answered_once_and_by_whom_it_was_asked() {
    let home = Home::new();
    let service = Service::start(home.data());
    let browser = Browser::at(&service.console);
    let (token, other) = (service.console_token(), service.console_token());
    let (mut device, _) = browser.added(&token, 1, "laptop");
    let begun = browser.begin("/sign-in/passkey/begin", None);
    let shown = device.show(&begun["publicKey"]);
    let answer = json!({ "ceremony": begun["ceremony"], "credential": shown });
    assert_eq!(browser.send("/sign-in/passkey", None, &answer).status, 200);
    assert_eq!(browser.send("/sign-in/passkey", None, &answer).code(), "NOT_BEGUN", "twice");
    let begun = browser.begin("/sign-in/passkey/begin", None);
    let replayed = json!({ "ceremony": begun["ceremony"], "credential": shown });
    let replayed = browser.send("/sign-in/passkey", None, &replayed);
    assert_eq!(replayed.code(), "PASSKEY_NOT_RIGHT", "an answer to another question");

    // What was asked for one step is no answer at another, nor in another session.
    let begun = browser.begin("/confirm/passkey/begin", Some(&token));
    let shown = device.show(&begun["publicKey"]);
    let answer = json!({ "ceremony": begun["ceremony"], "credential": shown });
    assert_eq!(browser.send("/sign-in/passkey", None, &answer).code(), "NOT_BEGUN");
    let begun = browser.begin("/confirm/passkey/begin", Some(&token));
    let shown = device.show(&begun["publicKey"]);
    let answer = json!({ "ceremony": begun["ceremony"], "credential": shown });
    let elsewhere = browser.send("/confirm/passkey", Some(&other), &answer);
    assert_eq!(elsewhere.code(), "NOT_BEGUN", "another session");
    let other = renewed(&browser.confirm(&other, &mut device));
    let begun = browser.begin("/passkeys/begin", Some(&token));
    let made = Device::at(&browser.origin(), 2).make(&begun["publicKey"]);
    let answer = json!({ "ceremony": begun["ceremony"], "name": "x", "credential": made });
    assert_eq!(browser.send("/passkeys", Some(&other), &answer).code(), "NOT_BEGUN");
}

#[test]
fn an_answer_from_another_page_host_key_or_without_a_finger_is_refused() {
    let home = Home::new();
    let service = Service::start(home.data());
    let browser = Browser::at(&service.console);
    let token = service.console_token();
    let (device, _) = browser.added(&token, 1, "laptop");
    type Lie = fn(&mut Device);
    let cases: [(&str, Lie); 4] = [
        ("another page", |device| device.origin = "http://localhost:1".to_owned()),
        ("another host", |device| device.host = "evil.example".to_owned()),
        ("no finger and no PIN", |device| device.verifies = false),
        ("a copy that lags behind", |device| device.counter = 0),
    ];
    for (says, lie) in cases {
        let mut lying = device.clone();
        lie(&mut lying);
        let answer = browser.sign_in(&mut lying);
        assert_eq!((answer.status, answer.code()), (401, "PASSKEY_NOT_RIGHT".to_owned()), "{says}");
        assert_eq!(answer.header("set-cookie"), None, "{says}");
    }
    for (says, mut lying) in [("another key", device.forged(7)), ("unknown", device.renamed(9))] {
        let answer = browser.sign_in(&mut lying);
        assert_eq!((answer.status, answer.code()), (401, "PASSKEY_NOT_RIGHT".to_owned()), "{says}");
    }
    let elsewhere = Browser { site: "cross-site", ..Browser::at(&service.console) };
    let refused = elsewhere.send("/sign-in/passkey/begin", None, &json!({}));
    assert_eq!((refused.status, refused.code()), (403, "FORM_OF_ANOTHER_SITE".to_owned()));
    // Asked for under another name, the passkey of this one is not known.
    let renamed = Browser { name: "other.example", ..Browser::at(&service.console) };
    let mut moved = device.clone();
    (moved.origin, moved.host) = (renamed.origin(), "other.example".to_owned());
    assert_eq!(renamed.sign_in(&mut moved).code(), "PASSKEY_NOT_RIGHT", "another name");
    let number = post(&service.console, "/passkeys/begin", Some(&token), &json!({}));
    assert_eq!((number.status, number.code()), (422, "PASSKEYS_NEED_A_NAME".to_owned()));
    assert_eq!(browser.sign_in(&mut device.clone()).status, 200, "the right one still does");
}

#[test]
fn the_password_alone_makes_no_second_factor_where_there_is_a_passkey() {
    let home = Home::new();
    let service = Service::start(home.data());
    let browser = Browser::at(&service.console);
    let token = service.console_token();
    let (mut device, _) = browser.added(&token, 1, "laptop");
    // Whoever learned the password comes in with it, and shows it again as often as it likes.
    let thief = service.console_token();
    let begun = browser.send("/passkeys/begin", Some(&thief), &json!({}));
    assert_eq!((begun.status, begun.code()), (403, "PASSKEY_NEEDED".to_owned()));
    let factor = json!({ "password": PASSWORD });
    let factor = browser.send("/second-factor", Some(&thief), &factor);
    assert_eq!((factor.status, factor.code()), (422, "PASSKEY_NEEDED".to_owned()));
    let own = own_passkeys(&service.console, &thief);
    let removed = browser.remove(&thief, own["passkeys"][0]["id"].as_str().unwrap());
    assert_eq!((removed.status, removed.code()), (403, "PASSKEY_NEEDED".to_owned()));
    let change = json!({ "password": PASSWORD, "new": "seven grey herons over Malmö" });
    let changed = browser.send("/password", Some(&thief), &change);
    assert_eq!((changed.status, changed.code()), (422, "PASSKEY_NEEDED".to_owned()));
    // The owner shows the passkey, and goes on.
    let thief = renewed(&browser.confirm(&thief, &mut device));
    browser.added(&thief, 2, "phone");
    let again = browser.add(&thief, &mut Device::at(&browser.origin(), 2), "phone");
    // Browsers do not make one that is excluded; nor is it believed.
    assert_eq!((again.status, again.code()), (422, "PASSKEY_NOT_RIGHT".to_owned()));
    let unnamed = browser.add(&thief, &mut Device::at(&browser.origin(), 3), " ");
    assert_eq!((unnamed.status, unnamed.code()), (422, "PASSKEY_NAME".to_owned()));
}

#[test]
fn a_passkey_that_is_removed_takes_its_sessions_along() {
    let home = Home::new();
    let service = Service::start(home.data());
    let browser = Browser::at(&service.console);
    let token = service.console_token();
    let (mut laptop, first) = browser.added(&token, 1, "laptop");
    let (mut phone, second) = browser.added(&token, 2, "phone");
    let on_phone = token_of(&browser.sign_in(&mut phone));
    let on_laptop = token_of(&browser.sign_in(&mut laptop));
    // A session in which another one was shown too is one of the phone all the same.
    let both = token_of(&browser.sign_in(&mut phone));
    let both = renewed(&browser.confirm(&both, &mut laptop));
    let removed = browser.remove(&on_laptop, &second);
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(graphql(&service.console, Some(&on_phone), "{ __typename }").status, 401);
    assert_eq!(graphql(&service.console, Some(&both), "{ __typename }").status, 401, "both");
    assert_eq!(graphql(&service.console, Some(&on_laptop), "{ __typename }").status, 200);
    assert_eq!(browser.sign_in(&mut phone).code(), "PASSKEY_NOT_RIGHT");
    assert_eq!(browser.remove(&on_laptop, &second).code(), "PASSKEY_NOT_FOUND");
    assert_eq!(browser.remove(&on_laptop, "psk_no").code(), "PASSKEY_NOT_FOUND");
    assert_eq!(browser.remove(&on_laptop, &first).status, 204, "the last one");
    assert_eq!(graphql(&service.console, Some(&on_laptop), "{ __typename }").status, 200, "stays");
    let viewer = own_passkeys(&service.console, &on_laptop);
    assert_eq!(viewer["sessions"][0]["passkey"], false, "and has shown none that there is");
    assert_eq!(service.sign_in(&service.console, EMAIL, PASSWORD).status, 200);
}

#[test]
fn a_passkey_is_a_second_factor_where_one_is_demanded_and_shown() {
    let home = imported();
    assert_eq!(crate::support::code(&password_of(&home, ANN).output().unwrap()), 0);
    let service = Service::start(home.data());
    let browser = Browser::at(&service.portal);
    let signed_in = || {
        let answer = service.sign_in(&service.portal, ANN, ANNS_PASSWORD).json();
        answer["token"].as_str().unwrap().to_owned()
    };
    let token = signed_in();
    let account = graphql(&service.portal, Some(&token), "{ account { id } }").json();
    let account = account["data"]["account"]["id"].as_str().unwrap().to_owned();
    let ask = |name: &str, input: &str, number: u128| {
        let id = uuid::Uuid::from_u128(number);
        let asked = format!(
            "mutation {{ {name}(input: {{ commandId: \"{id}\", {input} }}) {{ userErrors {{ code }} }} }}"
        );
        let done = graphql(&service.console, Some(&service.console_token()), &asked).json();
        assert_eq!(done["data"][name]["userErrors"], json!([]), "{done}");
    };
    let demand = format!("accountId: \"{account}\", demanded: true");
    ask("accountDemandSecondFactor", &demand, 17);
    let status = |token: &str| graphql(&service.portal, Some(token), "{ account { id } }").status;
    assert_eq!(status(&token), 403);
    let (mut device, passkey) = browser.added(&token, 1, "laptop");
    assert_eq!(status(&token), 200, "it was shown when it was made");
    let by_password = signed_in();
    assert_eq!(status(&by_password), 403, "a password alone, though there is a passkey");
    let removed = browser.remove(&by_password, &passkey);
    assert_eq!((removed.status, removed.code()), (403, "PASSKEY_NEEDED".to_owned()));
    let before = by_password;
    let by_password = renewed(&browser.confirm(&before, &mut device));
    assert_eq!(status(&before), 401, "the session goes on with another secret");
    assert_eq!(status(&by_password), 200);
    assert_eq!(status(&token_of(&browser.sign_in(&mut device))), 200);

    // An admin lets somebody in who lost the device: the passkey goes, and wherever it was shown.
    let who = graphql(&service.portal, Some(&token), "{ viewer { member { id } } }").json();
    let member = who["data"]["viewer"]["member"]["id"].as_str().unwrap().to_owned();
    ask("memberRemoveSecondFactor", &format!("memberId: \"{member}\""), 18);
    assert_eq!(browser.sign_in(&mut device).code(), "PASSKEY_NOT_RIGHT");
    assert_eq!([status(&token), status(&by_password)], [401, 401]);
    // Nobody who is suspended comes in with one.
    let (mut next, _) = browser.added(&signed_in(), 2, "new laptop");
    ask("memberSuspend", &format!("memberId: \"{member}\""), 19);
    assert_eq!(browser.sign_in(&mut next).code(), "PASSKEY_NOT_RIGHT", "suspended");
}

#[test]
fn a_body_that_is_too_long_or_no_answer_is_refused() {
    let home = Home::new();
    let service = Service::start(home.data());
    let browser = Browser::at(&service.console);
    let long = json!({ "ceremony": "x".repeat(40 * 1024) });
    assert_eq!(browser.send("/sign-in/passkey", None, &long).status, 413);
    let nothing = browser.send("/sign-in/passkey", None, &json!({ "ceremony": "x" }));
    assert_eq!((nothing.status, nothing.code()), (400, "BODY_NOT_UNDERSTOOD".to_owned()));
    let nobody = browser.send("/passkeys/begin", None, &json!({}));
    assert_eq!(nobody.status, 401);
}
