//! Passkeys: a row for each rejection, what a copy looks like, and whose sessions end.

use ledger::access::passkey::{NAME_CHARACTERS_MAX, PER_PERSON_MAX};
use ledger::access::{AccessRules, Command};
use schemas::access::{
    Audience, PasskeyAdded, PasskeyCredential, PasskeyKey, PasskeyUsed, TokenIssued,
};
use schemas::{PasskeyId, Personal, SubjectId, Timestamp, TokenId};

use crate::fixture::*;

fn token(number: u128) -> TokenId {
    TokenId::new(uuid(number))
}

fn passkey(number: u128) -> PasskeyId {
    PasskeyId::new(uuid(number))
}

fn made(number: u128, counter: u32) -> PasskeyAdded {
    let key = PasskeyKey::Es256 { x: "AA".to_owned(), y: "AA".to_owned() };
    let (name, credential) = ("laptop".to_owned(), "AA".to_owned());
    PasskeyAdded {
        passkey: passkey(number),
        token: token(1),
        relying_party: "portal.orbit.example".to_owned(),
        credential: digest(u8::try_from(number).unwrap()),
        counter,
        backup_eligible: false,
        backed_up: false,
        personal: Personal::new(
            SubjectId::new(uuid(8)),
            PasskeyCredential { name, credential, key },
        ),
    }
}

fn issued(number: u128) -> TokenIssued {
    TokenIssued {
        token: token(number),
        audience: Audience::Portal,
        secret_digest: digest(u8::try_from(100 + number).unwrap()),
        expires_at: at("2026-08-12"),
    }
}

fn used(number: u128, session: u128, counter: u32) -> PasskeyUsed {
    PasskeyUsed { passkey: passkey(number), token: token(session), counter, backed_up: false }
}

fn session(number: u128) -> Command {
    let TokenIssued { token, audience, secret_digest, expires_at } = issued(number);
    Command::IssueToken { token, audience, secret_digest, expires_at }
}

fn named(name: &str) -> Command {
    let mut added = made(20, 0);
    added.personal.value.as_mut().unwrap().name = name.to_owned();
    Command::AddPasskey(added)
}

fn told(story: &mut Story<AccessRules>, rows: Vec<(&str, Timestamp, Command, Expected)>) {
    for (says, now, command, expected) in rows {
        let decided = story.ask(now, &command);
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
    }
}

const ADDED: &[&str] = &["passkey_added.v1"];
const CAME_IN: &[&str] = &["token_issued.v1", "passkey_used.v1"];
const CONFIRMED: &[&str] = &["token_confirmed.v1", "passkey_used.v1"];

#[test]
fn a_passkey_is_added_once_in_a_session_that_is_open() {
    let (now, late) = (at("2026-08-10"), at("2026-08-13"));
    let add = |number| Command::AddPasskey(made(number, 0));
    let same_id = Command::AddPasskey(PasskeyAdded { credential: digest(9), ..made(2, 0) });
    let same_key = Command::AddPasskey(PasskeyAdded { passkey: passkey(9), ..made(2, 0) });
    let mut story = Story::<AccessRules>::default();
    story.must(now, &session(1));
    told(
        &mut story,
        vec![
            ("no name", now, named(""), Err("PASSKEY_NAME")),
            ("blanks around it", now, named(" a"), Err("PASSKEY_NAME")),
            ("lines", now, named("a\nb"), Err("PASSKEY_NAME")),
            ("long", now, named(&"x".repeat(NAME_CHARACTERS_MAX + 1)), Err("PASSKEY_NAME")),
            ("over", late, add(2), Err("TOKEN_NOT_FOUND")),
            ("added", now, add(2), Ok(ADDED)),
            ("a retry", now, add(2), Ok(&[])),
            ("its id for another", now, same_id, Err("PASSKEY_ALREADY_KNOWN")),
            ("the same under another id", now, same_key, Err("PASSKEY_ALREADY_KNOWN")),
        ],
    );
    for number in 3..=u128::try_from(PER_PERSON_MAX).unwrap() + 1 {
        story.must(now, &add(number));
    }
    assert_eq!(outcome(&story.ask(now, &add(30))), Err("TOO_MANY_PASSKEYS"));
    assert!(!format!("{:?}", story.state).contains("laptop"), "the state holds no name");
}

#[test]
fn a_count_that_does_not_go_up_is_a_copy() {
    let now = at("2026-08-10");
    let come = |number: u128, passkey: u128, counter| Command::IssueTokenByPasskey {
        issued: issued(number),
        used: used(passkey, number, counter),
    };
    let confirm = |passkey, counter| Command::ConfirmTokenByPasskey(used(passkey, 1, counter));
    let mut story = Story::<AccessRules>::default();
    story.must(now, &session(1));
    story.must(now, &Command::AddPasskey(made(2, 5)));
    story.must(now, &Command::AddPasskey(made(3, 0)));
    told(
        &mut story,
        vec![
            ("unknown", now, come(10, 9, 6), Err("PASSKEY_NOT_FOUND")),
            ("the count it was made with", now, come(10, 2, 5), Err("PASSKEY_COPIED")),
            ("none, where it counted", now, come(10, 2, 0), Err("PASSKEY_COPIED")),
            ("the next", now, come(10, 2, 6), Ok(CAME_IN)),
            ("the same sign-in again", now, come(10, 2, 6), Ok(&[])),
            ("two at the same instant", now, come(11, 2, 6), Err("PASSKEY_COPIED")),
            ("to confirm", now, confirm(2, 6), Err("PASSKEY_COPIED")),
            ("to confirm, the next", now, confirm(2, 8), Ok(CONFIRMED)),
            ("one that does not count", now, come(12, 3, 0), Ok(CAME_IN)),
            ("as often as it likes", now, come(13, 3, 0), Ok(CAME_IN)),
            (
                "a session that is not",
                now,
                { Command::ConfirmTokenByPasskey(used(3, 99, 0)) },
                Err("TOKEN_NOT_FOUND"),
            ),
        ],
    );
}

#[test]
fn a_passkey_that_goes_ends_the_sessions_it_was_shown_in() {
    let now = at("2026-08-10");
    let come = |number: u128, passkey: u128| Command::IssueTokenByPasskey {
        issued: issued(number),
        used: used(passkey, number, 0),
    };
    let remove = |number, kept: Option<u128>| Command::RemovePasskey {
        passkey: passkey(number),
        kept: kept.map(token),
    };
    const GONE: &[&str] = &["passkey_removed.v1", "token_revoked.v1", "token_revoked.v1"];
    let mut story = Story::<AccessRules>::default();
    for number in [1, 2] {
        story.must(now, &session(number));
    }
    story.must(now, &Command::AddPasskey(made(3, 0)));
    story.must(now, &Command::AddPasskey(made(4, 0)));
    for (number, passkey) in [(10, 3), (11, 3), (12, 4)] {
        story.must(now, &come(number, passkey));
    }
    // Session 1 made both, so it showed both; 2 knows only the password.
    told(
        &mut story,
        vec![
            ("unknown", now, remove(9, None), Err("PASSKEY_NOT_FOUND")),
            ("one of those goes on", now, remove(3, Some(10)), Ok(GONE)),
            ("twice", now, remove(3, Some(10)), Err("PASSKEY_NOT_FOUND")),
        ],
    );
    assert!(story.state.tokens[&token(11)].revoked.is_some(), "the other one");
    let all = story.ask(now, &Command::RemoveAllFactors);
    assert!(story.state.tokens[&token(1)].revoked.is_some(), "it showed the other one last");
    assert!(story.state.tokens[&token(10)].passkeys.is_empty(), "it goes on and has shown none");
    let ended = ["passkey_removed.v1", "token_revoked.v1"];
    assert_eq!(outcome(&all), Ok(ended.to_vec()), "and session 12");
    assert!(story.state.tokens[&token(2)].revoked.is_none(), "it showed none");
    assert_eq!(outcome(&story.ask(now, &Command::RemoveAllFactors)), Ok(vec![]));
}
