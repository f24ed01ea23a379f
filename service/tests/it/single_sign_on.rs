//! Single sign-on through the door: people come in by who they are at their organization's provider, and nobody by what
//! is not to be believed.

mod described;
mod provider;
mod stage;
mod unlinked;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};

use self::provider::{CLIENT, Provider, Reply, SECRET, certificate, challenge, now};
use self::stage::{
    ACCOUNT, GUS, Stage, Trip, act, codes, connect, form, member, session, with_cookie,
};
use crate::own_ledger::{ANN, PASSWORD as ANNS_PASSWORD, imported_with, password_of};
use crate::passkeys::Browser;
use crate::support::{Answer, Service, graphql, post, renewed};

#[test]
fn somebody_comes_in_by_who_it_is_at_the_provider_and_the_e_mail_counts_once() {
    let stage = Stage::new();
    let trip = Trip::of(&stage.begin(ANN));
    let redirect = format!("http://{}/sign-in/organization/{}", stage.service.portal, stage.acme);
    assert_eq!(trip.field("redirect_uri"), Some(redirect.clone()));
    assert_eq!(trip.field("client_id").as_deref(), Some(CLIENT));
    stage.provider.say(stage.provider.honest(&trip.nonce, "Ann@Acme.example"));
    let answered =
        [("code", "the code"), ("state", trip.state.as_str()), ("iss", &stage.provider.issuer)];
    let back = stage.back(&trip, &stage.acme, &answered);
    assert_eq!((back.status, back.header("location")), (303, Some("/licenses")), "{}", back.body);
    let token = session(&back).expect("a session");
    assert!(stage.is_in(&token));
    // What the provider gives stays here: no token of it (they all begin so) is in what the browser gets.
    let told = back.headers.iter().map(|(_, value)| value).chain([&back.body]);
    assert!(told.into_iter().all(|text| !text.contains("eyJ")), "{}", back.body);
    let seen = stage.provider.seen();
    let sent: Vec<(String, String)> = serde_urlencoded::from_str(&seen[0]).unwrap();
    let sent = |wanted: &str| sent.iter().find(|(name, _)| name == wanted).unwrap().1.clone();
    assert_eq!((sent("code"), sent("redirect_uri")), ("the code".to_owned(), redirect));
    assert_eq!(trip.field("code_challenge"), Some(challenge(&sent("code_verifier"))));

    // Another e-mail, or none: the same person. Somebody else with that e-mail: nobody.
    let again = stage.travel(ANN, |said, _| {
        said.claims["sub"] = json!("subject of Ann@Acme.example");
        said.claims["email"] = json!("bob@acme.example");
    });
    let asked = "{ viewer { member { email } sessions { singleSignOn current } } }";
    let told = graphql(&stage.service.portal, session(&again).as_deref(), asked).json();
    assert_eq!(told["data"]["viewer"]["member"]["email"], ANN);
    let current = told["data"]["viewer"]["sessions"].as_array().unwrap().clone();
    let current = current.iter().find(|one| one["current"] == true).unwrap();
    assert_eq!(current["singleSignOn"], true);
    let stranger = stage.travel(ANN, |said, _| said.claims["sub"] = json!("somebody new"));
    assert_eq!((stranger.status, session(&stranger)), (401, None));
    assert!(stage.service.stop().1.contains("LINKED_OTHERWISE"));
}

type Change = fn(&Stage, &mut Reply, &Trip);

/// What a provider may say of somebody, and as what it is refused.
const LIES: &[(&str, Change, &str)] = &[
    ("another nonce", |_, said, _| said.claims["nonce"] = json!("another"), "TOKEN_NONCE_DIFFERS"),
    (
        "no nonce",
        |_, said, _| _ = said.claims.as_object_mut().unwrap().remove("nonce"),
        "TOKEN_NONCE_DIFFERS",
    ),
    ("for another client", |_, said, _| said.claims["aud"] = json!("another"), "TOKEN_FOR_ANOTHER"),
    (
        "for another client as well",
        |_, said, _| said.claims["aud"] = json!([CLIENT, "another"]),
        "TOKEN_FOR_ANOTHER",
    ),
    (
        "of another issuer",
        |_, said, _| said.claims["iss"] = json!("https://login.example.com"),
        "TOKEN_OF_ANOTHER",
    ),
    (
        "of another tenant's provider",
        |stage, said, _| said.claims["iss"] = json!(stage.other.issuer),
        "TOKEN_OF_ANOTHER",
    ),
    (
        "not signed",
        |_, said, _| {
            said.head = json!({ "alg": "none" });
            said.key = None;
        },
        "TOKEN_SIGNATURE",
    ),
    (
        "signed with what both know",
        |_, said, _| said.head = json!({ "alg": "HS256" }),
        "TOKEN_SIGNATURE",
    ),
    ("signed with a key of nobody", |_, said, _| said.key = Some(9), "TOKEN_SIGNATURE"),
    ("a key under another name", |_, said, _| said.head["kid"] = json!("two"), "TOKEN_SIGNATURE"),
    ("a key that there is not", |_, said, _| said.head["kid"] = json!("three"), "TOKEN_SIGNATURE"),
    ("too old", |_, said, _| said.claims["exp"] = json!(now() - 60), "TOKEN_EXPIRED"),
    (
        "shown to the provider yesterday",
        |_, said, _| said.claims["auth_time"] = json!(now() - 86_400),
        "NOT_SHOWN_AGAIN",
    ),
    ("no token", |_, said, _| said.silent = true, "NO_ID_TOKEN"),
    (
        "an e-mail of which nothing is said",
        |_, said, _| _ = said.claims.as_object_mut().unwrap().remove("email_verified"),
        "EMAIL_NOT_VERIFIED",
    ),
    (
        "an e-mail that is not verified",
        |_, said, _| said.claims["email_verified"] = json!(false),
        "EMAIL_NOT_VERIFIED",
    ),
    (
        "an e-mail of nobody",
        |_, said, _| said.claims["email"] = json!("x@acme.example"),
        "NOT_OF_THIS_ACCOUNT",
    ),
    (
        // Abuse case 19: what one tenant's provider says of another tenant's people.
        "an e-mail of another tenant",
        |_, said, _| said.claims["email"] = json!(GUS),
        "NOT_OF_THIS_ACCOUNT",
    ),
];

#[test]
fn what_a_provider_says_that_is_not_to_be_believed_lets_nobody_in() {
    let stage = Stage::new();
    let before = stage.sessions();
    for (says, change, _) in LIES {
        let answer = stage.travel(ANN, |said, trip| change(&stage, said, trip));
        assert!(matches!(answer.status, 401 | 502), "{says}: {} {}", answer.status, answer.body);
        assert_eq!(session(&answer), None, "{says}");
        assert!(answer.body.contains("role=\"alert\""), "{says}: the person is told");
        assert!(!answer.body.contains(SECRET), "{says}");
    }
    assert_eq!(stage.sessions(), before, "no session was begun");
    let (_, log) = stage.service.stop();
    for (says, _, code) in LIES {
        assert!(log.contains(code), "{says}: {code} is in the log");
    }
    assert!(!log.contains(SECRET));
}

#[test]
fn a_provider_whose_certificate_nobody_vouches_for_is_not_asked_and_the_log_says_why() {
    let root = certificate("root.pem");
    let trusted = [("SSL_CERT_FILE", root.as_os_str())];
    let stage = Stage::with(Provider::start_with(Some("right")), &trusted);
    let answer = stage.travel(ANN, |_, _| {});
    assert!(session(&answer).is_some(), "one that is vouched for: {}", answer.body);
    for (shown, why) in [
        ("nobody", "UnknownIssuer"),
        ("elsewhere", "not valid for name"),
        ("expired", "certificate expired"),
    ] {
        let stage = Stage::with(Provider::start_with(Some(shown)), &trusted);
        let answer = stage.begin(ANN);
        assert_eq!((answer.status, session(&answer)), (502, None), "{shown}: {}", answer.body);
        assert!(stage.provider.seen().is_empty(), "{shown}: nothing was sent");
        let (_, log) = stage.service.stop();
        let told = log.lines().find(|line| line.contains("PROVIDER_UNREACHABLE")).unwrap();
        let refused = log.lines().find(|line| line.contains("single sign-on refused")).unwrap();
        assert!(refused.contains("certificate") && refused.contains(why), "{shown}: {told} {log}");
    }
}

#[test]
fn an_answer_counts_once_in_the_browser_that_asked_and_from_the_provider_that_was_asked() {
    let stage = Stage::new();
    let begin = || {
        let trip = Trip::of(&stage.begin(ANN));
        stage.provider.say(stage.provider.honest(&trip.nonce, ANN));
        trip
    };
    let refused = |says: &str, answer: &Answer| {
        assert_eq!((answer.status, session(answer)), (401, None), "{says}: {}", answer.body);
    };
    let trip = begin();
    let good = [("code", "a code"), ("state", trip.state.as_str())];
    refused("another browser", &stage.back(&begin(), &stage.acme, &good));
    refused(
        "no browser",
        &stage.back(&Trip { cookie: "a=b".to_owned(), ..trip.clone() }, &stage.acme, &good),
    );
    stage.provider.say(stage.provider.honest(&trip.nonce, ANN));
    assert!(session(&stage.back(&trip, &stage.acme, &good)).is_some(), "the right one");
    refused("once more", &stage.back(&trip, &stage.acme, &good));
    let trip = begin();
    refused("no state", &stage.back(&trip, &stage.acme, &[("code", "a code")]));
    let good = [("code", "a code"), ("state", trip.state.as_str())];
    refused("what was begun is used up", &stage.back(&trip, &stage.acme, &good));
    let trip = begin();
    let good = [("code", "a code"), ("state", trip.state.as_str())];
    refused("the address of another tenant's provider", &stage.back(&trip, &stage.globex, &good));
    let trip = begin();
    let other = [("code", "a code"), ("state", trip.state.as_str()), ("iss", &stage.other.issuer)];
    refused("another provider answers", &stage.back(&trip, &stage.acme, &other));
    let trip = begin();
    let denied = [("error", "access_denied"), ("state", trip.state.as_str())];
    refused("the provider refuses", &stage.back(&trip, &stage.acme, &denied));
    assert_eq!(stage.sessions(), 2);
    let (_, log) = stage.service.stop();
    for code in ["NOT_BEGUN", "STATE_DIFFERS", "ANOTHER_PROVIDER_ANSWERS", "REFUSED_BY_PROVIDER"] {
        assert!(log.contains(code), "{code}");
    }
}

#[test]
fn an_e_mail_of_nobody_and_one_without_a_provider_are_one_answer() {
    let stage = Stage::new();
    let vera = stage.service.console_token();
    let lone = act(
        &stage.service.console,
        &vera,
        "accountOpen",
        &json!({ "name": "Lone" }),
        "account { id }",
    );
    let eva = json!({
        "accountId": lone["account"]["id"], "name": "Eva", "email": "eva@lone.example", "role": "MEMBER",
    });
    assert_eq!(
        codes(&act(&stage.service.console, &vera, "memberAdd", &eva, "member { id }")),
        [""; 0]
    );
    let typed = |email: &str| {
        let answer = stage.begin(email);
        (answer.status, answer.body.replace(email, "…"), answer.header("set-cookie").is_some())
    };
    let nobody = typed("nobody@lone.example");
    assert_eq!((nobody.0, nobody.2), (401, false));
    assert_eq!(typed("eva@lone.example"), nobody);
}

#[test]
fn where_it_is_required_no_password_lets_in_until_the_vendor_lifts_it() {
    let stage = Stage::new();
    assert_eq!(stage.require(&stage.ann, true), ["SINGLE_SIGN_ON_FIRST"]);
    let token = session(&stage.travel(ANN, |_, _| {})).unwrap();
    assert_eq!(stage.require(&token, true), [""; 0]);
    assert!(!stage.is_in(&stage.ann), "a session that a password began is over");
    assert!(stage.is_in(&token));
    let signed_in = |password: &str| {
        let answer = stage.service.sign_in(&stage.service.portal, ANN, password);
        (answer.status, if answer.status == 200 { String::new() } else { answer.code() })
    };
    assert_eq!(signed_in(ANNS_PASSWORD), (401, "SINGLE_SIGN_ON_REQUIRED".to_owned()));
    assert_eq!(signed_in("not the password"), (401, "SIGN_IN_REFUSED".to_owned()));
    let proof = json!({ "password": ANNS_PASSWORD });
    let confirmed = post(&stage.service.portal, "/confirm", Some(&token), &proof);
    assert_eq!(confirmed.code(), "SINGLE_SIGN_ON_REQUIRED");
    let disconnect = json!({ "accountId": stage.acme });
    let name = "accountDisconnectIdentityProvider";
    let still = stage.portal(&token, name, &disconnect);
    assert_eq!(codes(&still), ["SINGLE_SIGN_ON_STILL_REQUIRED"]);
    let vera = stage.service.console_token();
    let lift = json!({ "accountId": stage.acme, "required": false });
    let lifted = act(&stage.service.console, &vera, "accountRequireSingleSignOn", &lift, ACCOUNT);
    assert_eq!(codes(&lifted), [""; 0]);
    assert_eq!(signed_in(ANNS_PASSWORD).0, 200);
    assert_eq!(codes(&stage.portal(&token, name, &disconnect)), [""; 0]);
    assert!(!stage.is_in(&token), "who came through it is out with it");
    let again = connect(&stage.acme, &stage.provider);
    let vera = stage.service.console_token();
    let name = "accountConnectIdentityProvider";
    assert_eq!(codes(&act(&stage.service.console, &vera, name, &again, ACCOUNT)), [""; 0]);
    assert!(!stage.is_in(&token), "also when it is connected again");
    let lift = json!({ "accountId": stage.acme, "required": true });
    let early = act(&stage.service.console, &vera, "accountRequireSingleSignOn", &lift, ACCOUNT);
    assert_eq!(codes(&early), ["NO_ADMIN_CAME_THROUGH"]);
}

#[test]
fn a_provider_that_asked_for_no_second_factor_does_not_stand_for_a_passkey() {
    let stage = Stage::new();
    let portal = &stage.service.portal;
    let token = stage.service.sign_in(portal, ANN, ANNS_PASSWORD).json()["token"].clone();
    let browser = Browser::at(portal);
    let (mut laptop, passkey) = browser.added(token.as_str().unwrap(), 1, "laptop");
    let comes = |amr: Value| {
        let came = stage.travel(ANN, |said, _| {
            said.claims["auth_time"] = json!(now());
            said.claims["amr"] = amr;
        });
        session(&came).unwrap()
    };
    let came = comes(json!(["pwd"]));
    let begun = browser.send("/passkeys/begin", Some(&came), &json!({}));
    assert_eq!((begun.status, begun.code()), (403, "PASSKEY_NEEDED".to_owned()));
    let removed = browser.remove(&came, &passkey);
    assert_eq!((removed.status, removed.code()), (403, "PASSKEY_NEEDED".to_owned()));
    let factor = browser.send("/second-factor", Some(&came), &json!({ "password": "" }));
    assert_eq!((factor.status, factor.code()), (422, "PASSKEY_NEEDED".to_owned()));
    let came = renewed(&browser.confirm(&came, &mut laptop));
    browser.begin("/passkeys/begin", Some(&came));
    browser.begin("/passkeys/begin", Some(&comes(json!(["mfa"]))));
}

#[test]
fn what_matters_most_asks_at_the_provider_again_and_believes_only_a_new_proof() {
    let stage = Stage::new();
    let token = session(&stage.travel(ANN, |said, _| {
        said.claims["auth_time"] = json!(now() - 3_600);
    }));
    let token = token.unwrap();
    let asks = |token: &str| stage.require(token, false);
    assert_eq!(asks(&token), ["STEP_UP_REQUIRED"], "the provider knew the person for an hour");
    let how = with_cookie(&stage.service.portal, "/confirm", &format!("deedbook_portal={token}"));
    assert_eq!(how.json(), json!({ "at": "organization", "proven": false, "passkey": false }));
    let again = |change: &dyn Fn(&mut Reply)| {
        let cookie = format!("deedbook_portal={token}");
        let path = "/sign-in/organization/again?next=/sign-in/organization/done";
        let trip = Trip::of(&with_cookie(&stage.service.portal, path, &cookie));
        assert_eq!(trip.field("prompt").as_deref(), Some("login"));
        assert_eq!(trip.field("max_age").as_deref(), Some("0"));
        let mut said = stage.provider.honest(&trip.nonce, ANN);
        change(&mut said);
        stage.provider.say(said);
        stage.back(&trip, &stage.acme, &[("code", "a code"), ("state", &trip.state)])
    };
    let refused = [
        again(&|said| said.claims["auth_time"] = json!(now() - 301)),
        again(&|said| _ = said.claims.as_object_mut().unwrap().remove("auth_time")),
        again(&|said| {
            said.claims["sub"] = json!("bob");
            said.claims["email"] = json!("bob@acme.example");
        }),
    ];
    for answer in &refused {
        assert_eq!((answer.status, session(answer)), (401, None));
    }
    let shown = again(&|_| {});
    assert_eq!(shown.header("location"), Some("/sign-in/organization/done"));
    let fresh = session(&shown).unwrap();
    assert_eq!(asks(&fresh), [""; 0]);
    assert!(!stage.is_in(&token), "the new session takes its place");
    let (_, log) = stage.service.stop();
    assert!(log.contains("NOT_SHOWN_AGAIN") && log.contains("ANOTHER_PERSON"));
}

#[test]
fn a_second_factor_at_the_provider_is_one_and_without_it_the_account_still_demands_its_own() {
    let stage = Stage::new();
    let vera = stage.service.console_token();
    let demand = json!({ "accountId": stage.acme, "demanded": true });
    let done =
        act(&stage.service.console, &vera, "accountDemandSecondFactor", &demand, "account { id }");
    assert_eq!(codes(&done), [""; 0]);
    let plain = session(&stage.travel(ANN, |_, _| {})).unwrap();
    let asked = "{ viewer { member { id } } }";
    let refused = graphql(&stage.service.portal, Some(&plain), asked);
    assert_eq!(refused.status, 403, "{}", refused.body);
    let both = stage.travel(ANN, |said, _| said.claims["amr"] = json!(["pwd", "mfa"]));
    assert!(stage.is_in(&session(&both).unwrap()));
    // Who has no password sets one up in the first minutes.
    let empty = json!({ "password": "" });
    let begun = post(&stage.service.portal, "/second-factor", Some(&plain), &empty);
    assert_eq!(begun.status, 200, "{}", begun.body);
}

#[test]
fn a_suspended_person_does_not_come_in_through_the_provider() {
    let stage = Stage::new();
    assert!(session(&stage.travel("bob@acme.example", |_, _| {})).is_some());
    let bob = member(&stage, "bob@acme.example");
    assert!(bob["linkedSince"].is_string(), "{bob}");
    let suspend = json!({ "memberId": bob["id"] });
    let done = act(&stage.service.portal, &stage.ann, "memberSuspend", &suspend, "member { id }");
    assert_eq!(codes(&done), [""; 0]);
    let refused = stage.travel("bob@acme.example", |_, _| {});
    assert_eq!((refused.status, session(&refused)), (401, None));
}

#[test]
fn a_provider_does_not_speak_for_somebody_who_may_do_something_above_its_account() {
    let stage = Stage::new();
    let (console, vera) = (&stage.service.console, stage.service.console_token());
    let below = json!({ "name": "Acme Europe", "parentId": stage.acme });
    let below = act(console, &vera, "accountOpen", &below, "account { id }");
    let below = below["account"]["id"].as_str().unwrap().to_owned();
    let zoe = json!({
        "accountId": below, "name": "Zoe", "email": "zoe@acme.example", "role": "MEMBER",
    });
    let zoe = act(console, &vera, "memberAdd", &zoe, "member { id }")["member"]["id"].clone();
    let provider = Provider::start();
    let name = "accountConnectIdentityProvider";
    let connected = act(console, &vera, name, &connect(&below, &provider), ACCOUNT);
    assert_eq!(codes(&connected), [""; 0]);
    let trip = Trip::of(&stage.begin("zoe@acme.example"));
    provider.say(provider.honest(&trip.nonce, "zoe@acme.example"));
    let good = [("code", "a code"), ("state", trip.state.as_str())];
    let token = session(&stage.back(&trip, &below, &good)).unwrap();
    assert!(stage.is_in(&token));
    let grant = json!({ "memberId": zoe, "role": "AUDITOR", "accountId": stage.acme });
    let granted = act(&stage.service.portal, &stage.ann, "roleGrant", &grant, "grant { id }");
    assert_eq!(codes(&granted), [""; 0]);
    assert!(!stage.is_in(&token), "else who chooses that provider would see all of Acme");
    assert_eq!(stage.begin("zoe@acme.example").status, 401);
    let end = json!({ "grantId": granted["grant"]["id"] });
    let ended = act(&stage.service.portal, &stage.ann, "roleGrantEnd", &end, "grant { id }");
    assert_eq!(codes(&ended), [""; 0]);
    assert_eq!(stage.begin("zoe@acme.example").status, 200);
}

#[test]
fn no_provider_is_gone_to_inside_of_networks_unless_that_is_allowed() {
    let home = imported_with("");
    assert!(password_of(&home, ANN).output().unwrap().status.success());
    let service = Service::start(home.data());
    let provider = Provider::start();
    let answer = service.sign_in(&service.portal, ANN, ANNS_PASSWORD);
    let ann = answer.json()["token"].as_str().unwrap().to_owned();
    let told = graphql(&service.portal, Some(&ann), "{ account { id } }").json();
    let acme = told["data"]["account"]["id"].as_str().unwrap().to_owned();
    let name = "accountConnectIdentityProvider";
    for issuer in [provider.issuer.as_str(), "https://127.0.0.1", "https://169.254.169.254"] {
        let mut input = connect(&acme, &provider);
        input["issuer"] = json!(issuer);
        act(
            &service.portal,
            &ann,
            "accountDisconnectIdentityProvider",
            &json!({ "accountId": acme }),
            ACCOUNT,
        );
        assert_eq!(codes(&act(&service.portal, &ann, name, &input, ACCOUNT)), [""; 0]);
        assert_eq!(form(&service.portal, &[("email", ANN)]).status, 502, "{issuer}");
    }
    assert!(service.stop().1.contains("PROVIDER_NOT_ALLOWED"));
    assert_eq!(provider.seen(), [""; 0]);
    // The secret is sealed: it lies nowhere in the clear, whatever the encoding of the files.
    for file in files_of(&home.path("")) {
        let bytes = std::fs::read(&file).unwrap();
        for secret in [SECRET.to_owned(), Base64UrlUnpadded::encode_string(SECRET.as_bytes())] {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{}", file.display());
        }
    }
}

fn files_of(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_of(&path) } else { vec![path] }).collect()
}
