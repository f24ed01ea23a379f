//! What a provider says of itself is asked for once in a while; a key that it signs with since counts at once.

use serde_json::json;

use super::provider::{DESCRIPTION, Provider, Reply};
use super::stage::{ACCOUNT, Stage, act, codes, connect, session};
use crate::own_ledger::ANN;

/// How often the provider was asked for its description and for its keys.
fn asked(provider: &Provider) -> (usize, usize) {
    (provider.asked(DESCRIPTION), provider.asked("/keys"))
}

#[test]
fn what_a_provider_says_of_itself_is_asked_for_once_and_a_new_key_counts_at_once() {
    let stage = Stage::new();
    let comes = |change: fn(&mut Reply)| {
        let back = stage.travel(ANN, |said, _| change(said));
        session(&back).is_some()
    };
    assert!((0..3).all(|_| comes(|_| {})));
    assert_eq!(asked(&stage.provider), (1, 1), "for three who came in");
    assert_eq!(stage.provider.asked("/token"), 3);

    let with_new_key: fn(&mut Reply) = |said| {
        said.keys = vec![(3, "three")];
        said.head["kid"] = json!("three");
        said.key = Some(3);
    };
    assert!(comes(with_new_key), "signed with a key that was not there before");
    assert_eq!(asked(&stage.provider), (2, 2), "it was asked for once more");
    assert!(comes(with_new_key));
    assert_eq!(asked(&stage.provider), (2, 2), "and then known");
    assert!(!comes(|said| said.keys = vec![(3, "three")]), "the key that it took back");
    assert_eq!(asked(&stage.provider), (3, 3), "each sign-in asks once more at most");
    assert!(!comes(|said| {
        said.keys = vec![(3, "three")];
        said.head["kid"] = json!("three");
        said.key = Some(9);
    }));
    assert_eq!(asked(&stage.provider), (4, 4), "a signature that does not fit");
}

#[test]
fn what_another_connection_was_told_does_not_count() {
    let stage = Stage::new();
    assert!(session(&stage.travel(ANN, |_, _| {})).is_some());
    assert_eq!((asked(&stage.provider), asked(&stage.other)), ((1, 1), (0, 0)));
    let whose = json!({ "accountId": stage.acme });
    let parted = stage.portal(&stage.ann, "accountDisconnectIdentityProvider", &whose);
    assert_eq!(codes(&parted), [""; 0]);
    // Somebody else's address: what the one of before said is not taken for what this one says.
    let (portal, own) = (&stage.service.portal, connect(&stage.acme, &stage.other));
    let name = "accountConnectIdentityProvider";
    assert_eq!(codes(&act(portal, &stage.ann, name, &own, ACCOUNT)), [""; 0]);
    assert_eq!(stage.begin(ANN).status, 200);
    assert_eq!((asked(&stage.provider), asked(&stage.other)), ((1, 1), (1, 1)));
    assert_eq!(
        codes(&stage.portal(&stage.ann, "accountDisconnectIdentityProvider", &whose)),
        [""; 0]
    );
    let own = connect(&stage.acme, &stage.provider);
    assert_eq!(codes(&act(portal, &stage.ann, name, &own, ACCOUNT)), [""; 0]);
    assert!(session(&stage.travel(ANN, |_, _| {})).is_some());
    assert_eq!(asked(&stage.provider), (2, 2), "connected anew, it is asked anew");
}

type Change = fn(&mut Reply);

/// What a provider may say of itself, and as what it is refused.
const LIES: &[(&str, Change, &str)] = &[
    ("a description that is elsewhere", |said| said.redirects = true, "PROVIDER_REDIRECTS"),
    (
        "a description of somebody else",
        |said| said.description = json!({ "issuer": "https://login.example.com" }),
        "PROVIDER_NOT_UNDERSTOOD",
    ),
    ("a description without end", |said| said.padding = 70_000, "PROVIDER_UNREACHABLE"),
    (
        "keys from where this service does not go",
        |said| said.description = json!({ "jwks_uri": "http://169.254.169.254/keys" }),
        "PROVIDER_NOT_ALLOWED",
    ),
];

#[test]
fn a_description_that_is_not_to_be_believed_leads_nobody_anywhere_and_is_not_kept() {
    let stage = Stage::new();
    for (says, change, _) in LIES {
        let mut said = stage.provider.honest("", ANN);
        change(&mut said);
        stage.provider.say(said);
        let answer = stage.begin(ANN);
        assert_eq!(answer.status, 502, "{says}: {}", answer.body);
        assert!(answer.body.contains("role=\"alert\""), "{says}: the person is told");
    }
    assert!(session(&stage.travel(ANN, |_, _| {})).is_some(), "once it is honest again");
    let (_, log) = stage.service.stop();
    for (says, _, code) in LIES {
        assert!(log.contains(code), "{says}: {code} is in the log");
    }
}
